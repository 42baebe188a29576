"""Write `fast` as one ONNX file that keeps the contract: the smaller borrowed network's blocks and the trained heads.

    python export_fast.py ../fast.onnx CHECKPOINT_DIR [CHECKPOINT_DIR ... --shares 1 2] --lite CACHE/lite.onnx [--sigma-factor 1.0]

Large weights are stored as int8, others as int16 (storage.py). Outputs `state` (contract.py) and `vertices` [1, V, 3]. Prints the largest
difference between torch and the file on random crops.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import onnx
import onnx.compose
import onnx.utils
import torch

import contract
from crop import network_input
from export import NOISE, laplace_shift, random_picture, simplified, state_of
from fast import PAIR_PICTURE, PICTURE, SIZES, Fast, any_size, find_taps, load_fast, look, open_lite
from fast_graph import heads_graph
from network import mean_of
from recoverer import open_session
from storage import restore_half, store_levels

LOG_WIDTH_ERROR = 0.08  # on renders 9 %; of 0.05 to 0.4 one of the best on stereo, whose accelerations it keeps near the truth's
CROPS = 8  # of each size, on which torch and the file are compared
SOURCE = "convolutions of Google MediaPipe's hand_landmark_lite.tflite; heads trained by models/training"
# Not for int8: what an answer is made of directly loses more by int8 than it saves.
KEPT = ("landmarks", "mesh", "answers")


def join(lite: onnx.ModelProto, heads: onnx.ModelProto) -> onnx.ModelProto:
    """The heads behind the blocks that they read; changes both."""
    taps = find_taps(lite)
    first = onnx.utils.Extractor(onnx.shape_inference.infer_shapes(any_size(lite))).extract_model(["image"], list(taps))
    heads.ir_version = first.ir_version
    joined = onnx.compose.merge_models(first, heads, list(zip(taps, ("maps", "pooled"), strict=True)))
    restore_half(joined.graph)
    joined = simplified(joined)
    store_levels(joined, but=KEPT)
    onnx.checker.check_model(joined)
    return joined


def largest_difference(path: Path, lite: Path, network: Fast, shift: float) -> float:
    """Of all numbers of `state`, between torch behind the borrowed network and the file, on random pictures."""
    random = np.random.default_rng(0)
    worst = 0.0
    for side in SIZES:
        ours, theirs = open_session(path, side), open_lite(lite, side)
        for _ in range(CROPS):
            picture = random_picture(side, random)
            seen = look(theirs, picture)
            with torch.no_grad():
                found = network(torch.from_numpy(seen.maps[None]), torch.from_numpy(seen.pooled[None]))
                expected = state_of(found, shift).numpy()
            worst = max(worst, float(np.abs(ours.run(["state"], {"image": network_input(picture)})[0] - expected).max()))
    return worst


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("checkpoints", type=Path, nargs="+")
    parser.add_argument("--lite", type=Path, required=True)
    parser.add_argument("--shares", type=float, nargs="+", help="of the checkpoints in the mean; equal if not given")
    parser.add_argument("--sigma-factor", type=float, default=1.0)
    args = parser.parse_args()
    network, shift = mean_of(load_fast, args.checkpoints, args.shares), laplace_shift(args.sigma_factor)
    onnx.save(join(onnx.load(str(args.lite)), heads_graph(network, shift)), str(args.out))
    vertices = int(network.heads.mesh.fine.shape[0])
    contract.write_manifest(
        args.out,
        {
            "name": args.out.stem,
            "kind": "recoverer",
            "input": {"name": "image", "size": PICTURE, "coarseSize": PAIR_PICTURE},
            "outputs": {"state": [1, contract.STATE_LENGTH], "vertices": [1, vertices, 3]},
            "layout": contract.LAYOUT,
            "windowWidth": True,
            "vertices": vertices,
            "noise": {**NOISE, "logWidth": LOG_WIDTH_ERROR},
            "paper": network.HEADS.PAPER,
            "licence": "Apache-2.0",
            "source": SOURCE,
        },
    )
    off = largest_difference(args.out, args.lite, network, shift)
    print(f"{args.out.name}: {args.out.stat().st_size / 1e6:.1f} MB; torch and file differ by {off:.5f} at most")


if __name__ == "__main__":
    main()
