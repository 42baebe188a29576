"""Write a trained student as one ONNX file that keeps the contract: branches folded, large weights as int8, others as int16
(storage.py).

    python export_student.py CHECKPOINT_DIR ../mini.onnx [--sigma-factor 1.0]

Outputs `state` (contract.py) and `vertices` [1, V, 3]. Prints the largest difference between torch and the file on random crops.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import onnx
import torch

import contract
from export import NOISE, laplace_shift, output_difference, simplified, state_of
from pictures import PICTURE
from recoverer import OVERSAMPLING
from storage import store_levels
from student import PAIR_PICTURE, SIZES, Student
from student_graph import student_graph
from train_student import load_student

# Pictures of training are halved from crops about twice as fine (pictures.py).
SAMPLES = 2
# Not for int8: what an answer is made of directly loses more by int8 than it saves.
KEPT = ("landmarks", "mesh", "answers")
CROPS = 8  # of each size, on which torch and the file are compared
SOURCE = "models/training/train_student.py, taught by the recoverers beside it"
PAPER = "FitNets, Romero et al."


class Exported(torch.nn.Module):
    """The network with the contract's order of `state`, and the vertices."""

    def __init__(self, network: Student, sigma_factor: float) -> None:
        super().__init__()
        self.network = network
        self.shift = laplace_shift(sigma_factor)

    def forward(self, image: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        found, _ = self.network(image)
        return state_of(found, self.shift), found.vertices


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--sigma-factor", type=float, default=1.0)
    args = parser.parse_args()
    network = load_student(args.checkpoint)
    vertices = int(network.mesh.fine.shape[0])
    exported = Exported(network.fold(), args.sigma_factor).eval()
    model = simplified(student_graph(exported.network, exported.shift, args.out))
    store_levels(model, but=KEPT)
    onnx.helper.set_model_props(model, {OVERSAMPLING: str(SAMPLES)})
    onnx.checker.check_model(model)
    onnx.save(model, str(args.out))
    contract.write_manifest(
        args.out,
        {
            "name": args.out.stem,
            "kind": "recoverer",
            "input": {"name": "image", "size": PICTURE, "coarseSize": PAIR_PICTURE, "oversampling": SAMPLES},
            "outputs": {"state": [1, contract.STATE_LENGTH], "vertices": [1, vertices, 3]},
            "layout": contract.LAYOUT,
            "windowWidth": True,
            "vertices": vertices,
            "noise": NOISE,
            "paper": PAPER,
            "licence": "MIT" if network.landmarks is None else "Apache-2.0",
            "source": SOURCE if network.landmarks is None else f"{SOURCE}, begun with MediaPipe's hand_landmark_lite",
        },
    )
    off = output_difference(args.out, exported, "state", 0, SIZES * CROPS)
    print(f"{args.out.name}: {args.out.stat().st_size / 1e6:.1f} MB; torch and file differ by {off:.5f} at most")


if __name__ == "__main__":
    main()
