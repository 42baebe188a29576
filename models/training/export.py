"""Put a trained network behind the borrowed first part: one ONNX file that keeps the contract.

    python export.py ../camera-space.onnx CHECKPOINT_DIR [CHECKPOINT_DIR ... --shares 1 2] [--sigma-factor 1.0]

Several checkpoints of one training become the mean of their weights. Outputs `state` (contract.py) and `vertices` [1, V, 3]. Weights
are stored as float16. Prints the largest difference between torch and the file on random crops.
"""

from __future__ import annotations

import argparse
import math
import tempfile
from pathlib import Path

import numpy as np
import onnx
import onnx.compose
import onnx.utils
import onnxruntime
import torch

import contract
from backbone import MODEL, SIZE, STAGE, features, find_taps, open_backbone
from crop import network_input
from heads import Prediction
from network import Network, load_network, mean_of
from storage import DOMAIN, store_half
from tail import borrowed_tail

OPSET = 17
# Into operators that WebGPU does not have.
FUSIONS_OF_THE_CPU = ["GemmActivationFusion", "MatmulTransposeFusion", "MatMulScaleFusion"]
SOURCE = "convolutions of Google MediaPipe's hand_landmark_full.tflite"
TRAINED = ", the last blocks trained further"
# What the rig fit expects: misfit of the rig in the crop (fraction), factor on sigma, error of log W (handSolver.ts).
NOISE = {"crop": 0.03, "sigmaScale": 1.0, "logWidth": 0.15}


def laplace_shift(sigma_factor: float) -> float:
    """From the logarithm of a Laplace distribution's scale b to that of its standard deviation, b sqrt(2), times the factor."""
    return math.log(math.sqrt(2) * sigma_factor)


def state_of(found: Prediction, shift: float) -> torch.Tensor:
    """[B, 129] in the contract's order."""
    parts = [
        found.keypoints.flatten(1),
        found.crop.flatten(1),
        found.log_scale + shift,
        found.log_width[:, None],
        found.logits,
    ]
    return torch.cat(parts, dim=1)


class Exported(torch.nn.Module):
    """The network with the contract's order of `state`, and the vertices."""

    def __init__(self, network: Network, sigma_factor: float) -> None:
        super().__init__()
        self.network = network
        self.shift = laplace_shift(sigma_factor)

    def forward(self, stage: torch.Tensor) -> tuple[torch.Tensor, ...]:
        found = self.network(stage)
        state = state_of(found, self.shift)
        return (state,) if found.vertices is None else (state, found.vertices)


def write_graph(
    module: torch.nn.Module,
    example: tuple[torch.Tensor, ...],
    path: Path,
    inputs: list[str],
    outputs: list[str],
    open_axes: dict[str, dict[int, str]] | None = None,
) -> onnx.ModelProto:
    """A module as ONNX with the operators that the runtime is tested with, as it is for this example.

    @param open_axes names of the dimensions that may be others than the example's, by input and axis
    """
    torch.onnx.export(
        module.eval(),
        example,
        str(path),
        input_names=inputs,
        output_names=outputs,
        opset_version=OPSET,
        dynamic_axes=open_axes,
        dynamo=False,
    )
    return onnx.load(str(path))


def simplified(model: onnx.ModelProto) -> onnx.ModelProto:
    """With all that is the same for every picture counted out, and activations in their convolutions: sessions are made sooner of it."""
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
    with tempfile.TemporaryDirectory() as folder:
        options.optimized_model_filepath = f"{folder}/model.onnx"
        onnxruntime.InferenceSession(
            model.SerializeToString(), options, providers=["CPUExecutionProvider"], disabled_optimizers=FUSIONS_OF_THE_CPU
        )
        made = onnx.load(options.optimized_model_filepath)
    del made.opset_import[:]
    made.opset_import.extend([*model.opset_import, onnx.helper.make_opsetid(DOMAIN, 1)])
    made.producer_name, made.producer_version, made.ir_version = model.producer_name, model.producer_version, model.ir_version
    return made


def network_graph(network: Network, sigma_factor: float, path: Path) -> onnx.ModelProto:
    names = ["state"] + (["vertices"] if network.heads.mesh is not None else [])
    return write_graph(Exported(network, sigma_factor), (torch.zeros(1, *STAGE),), path, ["stage"], names)


def join(borrowed: onnx.ModelProto, network: onnx.ModelProto) -> onnx.ModelProto:
    """The network's input is the last tensor of the borrowed part that is kept."""
    stage = find_taps(borrowed).stage
    first = onnx.utils.Extractor(onnx.shape_inference.infer_shapes(borrowed)).extract_model(["image"], [stage])
    store_half(network.graph)
    network.ir_version = first.ir_version
    joined = onnx.compose.merge_models(first, network, [(stage, "stage")])
    onnx.checker.check_model(joined)
    return joined


def random_picture(size: int, random: np.random.Generator) -> np.ndarray:
    """[size, size, 3] of squares of any colour, 0..255."""
    return np.clip(random.normal(128, 60, (size // 8, size // 8, 3)), 0, 255).repeat(8, axis=0).repeat(8, axis=1)


def output_difference(path: Path, module: torch.nn.Module, output: str, index: int, sizes: tuple[int, ...]) -> float:
    """Largest of all numbers of an output, the module's by index, between torch and the file, on random pictures of these sizes."""
    random = np.random.default_rng(0)
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    worst = 0.0
    for size in sizes:
        image = network_input(random_picture(size, random))
        with torch.no_grad():
            expected = module(torch.from_numpy(image))[index].numpy()
        worst = max(worst, float(np.abs(session.run([output], {"image": image})[0] - expected).max()))
    return worst


def largest_differences(path: Path, network: Network, sigma_factor: float, crops: int = 8) -> tuple[float, float]:
    """Of keypoints (mm) and crop positions (px of 224) between torch and the file, on random pictures."""
    random = np.random.default_rng(0)
    ours = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    taps = open_backbone()
    exported = Exported(network, sigma_factor).eval()
    worst = np.zeros(2)
    for _ in range(crops):
        crop = random_picture(SIZE, random)
        seen = features(taps, crop)
        with torch.no_grad():
            expected = exported(torch.from_numpy(seen.stage[None]))[0][0].numpy()
        state = ours.run(["state"], {"image": network_input(crop)})[0][0]
        difference = np.abs(state - expected)
        worst = np.maximum(worst, [1000 * difference[: contract.CROP].max(), SIZE * difference[contract.CROP : contract.LOG_SIGMA].max()])
    return float(worst[0]), float(worst[1])


def is_trained(network: Network) -> bool:
    """Whether the borrowed blocks have other weights than they were borrowed with."""
    borrowed = borrowed_tail().state_dict()
    return any(not torch.equal(values, borrowed[name]) for name, values in network.tail.state_dict().items())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("checkpoints", type=Path, nargs="+")
    parser.add_argument("--shares", type=float, nargs="+", help="of the checkpoints in the mean; equal if not given")
    parser.add_argument("--sigma-factor", type=float, default=1.0)
    args = parser.parse_args()
    network = mean_of(load_network, args.checkpoints, args.shares)
    with torch.no_grad():  # to what is stored, so that torch and the file differ by arithmetic alone
        for parameter in network.parameters():
            if parameter.ndim > 1:
                parameter.copy_(parameter.half())
    temporary = args.out.with_suffix(".network.onnx")
    model = join(onnx.load(str(MODEL)), network_graph(network, args.sigma_factor, temporary))
    temporary.unlink()
    onnx.save(model, str(args.out))
    mesh = network.heads.mesh
    vertices = 0 if mesh is None else int(mesh.fine.shape[0])
    outputs: dict[str, list[int]] = {"state": [1, contract.STATE_LENGTH]}
    if vertices:
        outputs["vertices"] = [1, vertices, 3]
    contract.write_manifest(
        args.out,
        {
            "name": args.out.stem,
            "kind": "recoverer",
            "input": {"name": "image", "size": SIZE},
            "outputs": outputs,
            "layout": contract.LAYOUT,
            "windowWidth": True,
            "vertices": vertices,
            "noise": NOISE,
            "paper": network.heads.PAPER,
            "licence": "Apache-2.0",
            "source": f"{SOURCE}{TRAINED if is_trained(network) else ''}; heads trained by models/training",
        },
    )
    keypoints, crop = largest_differences(args.out, network, args.sigma_factor)
    print(f"{args.out.name}: {args.out.stat().st_size / 1e6:.1f} MB; torch and file differ by {keypoints:.3f} mm, {crop:.3f} px at most")


if __name__ == "__main__":
    main()
