"""Put a trained head behind the backbone: one ONNX file that keeps the contract.

    python export.py CHECKPOINT_DIR ../camera-space.onnx [--sigma-factor 1.0]

Outputs `state` (contract.py) and `vertices` [1, V, 3]; presence and handedness are the borrowed network's. Weights are stored as
float16. Prints the largest difference between torch and the file on random crops.
"""

from __future__ import annotations

import argparse
import math
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import TensorProto, helper, numpy_helper

import contract
from backbone import MAPS, MODEL, POOLED, SIZE, features, find_taps, open_backbone
from heads import CameraSpaceHead
from self_labels import load_head

OPSET = 17
# What the rig fit expects: misfit of the rig in the crop (fraction), factor on sigma, error of log W (handSolver.ts).
NOISE = {"crop": 0.03, "sigmaScale": 1.0, "logWidth": 0.08}
PAPER = "3D hand pose and mesh recovery in camera space, Li, Chan, Zhou (shared recipe: METHODS.md 1.2)"


class Exported(torch.nn.Module):
    """The head with the contract's order: everything of `state` before the logits, and the vertices."""

    def __init__(self, head: CameraSpaceHead, sigma_factor: float) -> None:
        super().__init__()
        self.head = head
        # A Laplace distribution of scale b has the standard deviation b sqrt(2).
        self.shift = math.log(math.sqrt(2) * sigma_factor)

    def forward(self, pooled: torch.Tensor, maps: torch.Tensor, borrowed: torch.Tensor) -> tuple[torch.Tensor, ...]:
        found = self.head(pooled, maps, borrowed)
        parts = [
            found.keypoints.flatten(1),
            found.crop.flatten(1),
            found.log_scale + self.shift,
            found.log_width[:, None],
        ]
        state = torch.cat(parts, dim=1)
        return (state,) if found.vertices is None else (state, found.vertices)


def head_graph(head: CameraSpaceHead, sigma_factor: float, path: Path) -> onnx.ModelProto:
    example = (torch.zeros(1, POOLED), torch.zeros(1, *MAPS), torch.rand(1, contract.STATE_LENGTH))
    names = ["head_state"] + (["vertices"] if head.mesh is not None else [])
    torch.onnx.export(
        Exported(head, sigma_factor).eval(),
        example,
        str(path),
        input_names=["head_pooled", "head_maps", "borrowed_state"],
        output_names=names,
        opset_version=OPSET,
        dynamo=False,
    )
    return onnx.load(str(path))


def rename(graph: onnx.GraphProto, given: dict[str, str]) -> None:
    """`given` names as they say, everything else but inputs and outputs under the head's own prefix."""
    kept = {value.name for value in (*graph.input, *graph.output)}

    def new(name: str) -> str:
        return given.get(name) or (name if name in kept or not name else f"head/{name.lstrip('/')}")

    for constant in graph.initializer:
        constant.name = new(constant.name)
    for node in graph.node:
        node.name = f"head/{node.name.lstrip('/')}"
        node.input[:] = [new(name) for name in node.input]
        node.output[:] = [new(name) for name in node.output]


def store_half(graph: onnx.GraphProto) -> None:
    """Weight matrices as float16, cast back when the session is made; biases and scales stay as they are."""
    casts = []
    for constant in graph.initializer:
        values = numpy_helper.to_array(constant)
        if values.dtype != np.float32 or values.ndim < 2:
            continue
        name = constant.name
        constant.CopyFrom(numpy_helper.from_array(values.astype(np.float16), f"{name}_half"))
        casts.append(helper.make_node("Cast", [f"{name}_half"], [name], to=TensorProto.FLOAT))
    for cast in reversed(casts):
        graph.node.insert(0, cast)


def join(backbone: onnx.ModelProto, head: onnx.ModelProto) -> onnx.ModelProto:
    """The head's inputs are the backbone's taps; `state` ends with the borrowed logits."""
    taps = find_taps(backbone)
    rename(head.graph, {"head_maps": taps.maps})
    store_half(head.graph)
    graph = backbone.graph
    for node in graph.node:
        node.output[:] = ["borrowed_state" if name == "state" else name for name in node.output]
    graph.initializer.extend(head.graph.initializer)
    shape = numpy_helper.from_array(np.array([1, POOLED], np.int64), "head_pooled_shape")
    ends = [numpy_helper.from_array(np.array([value], np.int64), name) for name, value in (("logits_from", contract.PRESENCE), ("logits_to", contract.STATE_LENGTH), ("logits_axis", 1))]
    graph.initializer.extend([shape, *ends])
    graph.node.append(helper.make_node("Reshape", [taps.pooled, "head_pooled_shape"], ["head_pooled"]))
    graph.node.extend(head.graph.node)
    graph.node.append(helper.make_node("Slice", ["borrowed_state", "logits_from", "logits_to", "logits_axis"], ["logits"]))
    graph.node.append(helper.make_node("Concat", ["head_state", "logits"], ["state"], axis=1))
    del graph.output[:]
    graph.output.append(helper.make_tensor_value_info("state", TensorProto.FLOAT, [1, contract.STATE_LENGTH]))
    for output in head.graph.output:
        if output.name == "vertices":
            graph.output.append(output)
    onnx.checker.check_model(backbone)
    return backbone


def largest_differences(path: Path, head: CameraSpaceHead, sigma_factor: float, crops: int = 8) -> tuple[float, float]:
    """Of keypoints (mm) and crop positions (px of 224) between torch and the file, on random pictures."""
    random = np.random.default_rng(0)
    ours = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    taps = open_backbone()
    exported = Exported(head, sigma_factor).eval()
    worst = np.zeros(2)
    for _ in range(crops):
        crop = np.clip(random.normal(128, 60, (SIZE // 8, SIZE // 8, 3)), 0, 255).repeat(8, axis=0).repeat(8, axis=1)
        seen = features(taps, crop)
        with torch.no_grad():
            expected = exported(*(torch.from_numpy(x[None]) for x in (seen.pooled, seen.maps, seen.state)))[0][0].numpy()
        image = np.ascontiguousarray(crop.astype(np.float32).transpose(2, 0, 1)[None] / 255)
        state = ours.run(["state"], {"image": image})[0][0]
        difference = np.abs(state[: contract.PRESENCE] - expected)
        worst = np.maximum(worst, [1000 * difference[: contract.CROP].max(), SIZE * difference[contract.CROP : contract.LOG_SIGMA].max()])
    return float(worst[0]), float(worst[1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--sigma-factor", type=float, default=1.0)
    args = parser.parse_args()
    head = load_head(args.checkpoint)
    temporary = args.out.with_suffix(".head.onnx")
    model = join(onnx.load(str(MODEL)), head_graph(head, args.sigma_factor, temporary))
    temporary.unlink()
    onnx.save(model, str(args.out))
    vertices = 0 if head.mesh is None else int(head.mesh.fine.shape[0])
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
            "paper": PAPER,
            "licence": "Apache-2.0",
            "source": "backbone of Google MediaPipe's hand_landmark_full.tflite; head trained by models/training",
        },
    )
    keypoints, crop = largest_differences(args.out, head, args.sigma_factor)
    print(f"{args.out.name}: {args.out.stat().st_size / 1e6:.1f} MB; torch and file differ by {keypoints:.3f} mm, {crop:.3f} px at most")


if __name__ == "__main__":
    main()
