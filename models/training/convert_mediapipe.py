"""Convert MediaPipe's palm detector and hand landmark network to this project's contract.

    python convert_mediapipe.py OUT [--wheel mediapipe-0.10.14-....whl] [--lite CACHE/lite.onnx]

Downloads the wheel mediapipe 0.10.14 from PyPI (its .tflite files are all that is used), converts both networks to
ONNX opset 17, rewrites their inputs and outputs, and writes OUT/palm.onnx, OUT/mediapipe.onnx and their manifests. With --lite the
smaller landmark network too, which is not shipped: `fast` is made of it (fast.py), and `mini` begins with
its weights (small_trunk.py).

Every weight in these .tflite files is a float16 number, so weights are stored as float16 and cast to float32 at load:
half the size, and exactly the same arithmetic. The detector's are integers with a scale for each output (storage.py): every visitor
loads it, and it finds the same palms (model card).
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

import contract
import palm
from recoverer import SIDE
from storage import store_levels

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

MEDIAPIPE = "mediapipe==0.10.14"
OPSET = 17
HAND_SIZE = 224
BOX = 18  # numbers of a palm's box
ANCHORS = "anchors"  # the dimension, which hangs on the picture's size
PALM_TFLITE = "mediapipe/modules/palm_detection/palm_detection_full.tflite"
HAND_TFLITE = "mediapipe/modules/hand_landmark/hand_landmark_full.tflite"
PAPER = "MediaPipe Hands: On-device Real-time Hand Tracking, Zhang et al., arXiv 2006.10214"
LITE_TFLITE = "mediapipe/modules/hand_landmark/hand_landmark_lite.tflite"

# Standard deviation of a root-relative coordinate of each keypoint, mean of x, y and z, metres: `evaluate_raw.py --sigma`.
SIGMA = 1e-3 * np.array(
    [7.8, 8.7, 9.5, 10.3, 14.2, 4.2, 10.3, 15.4, 16.3, 2.5, 14.1, 15.3, 10.2, 2.5, 12.6, 13.1, 10.7, 5.9, 13.0, 13.7, 13.6]
)

# Keypoints in 3D. The network's world keypoints are poor on the back of a hand; its landmarks are precise across the
# image and have a depth of their own. x and y are the landmarks', z is a blend, and all is scaled to a constant sum of
# bone lengths (see the model card for how this was chosen and what it gains).
LANDMARK_DEPTH = 1.5
WORLD_DEPTH = 500.0  # px per metre: half of the 1000 px that a metre measures in a usual crop
BONES = [(0 if bone % 4 == 1 else bone - 1, bone) for bone in range(1, 21)]

MIN_FLOAT16_SIZE = 64


def download_wheel(folder: Path) -> Path:
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:"]
    platform = ["--platform", "manylinux_2_17_x86_64", "--python-version", "3.11", "--dest", str(folder)]
    subprocess.run([*command, *platform, MEDIAPIPE], check=True)
    return next(folder.glob("mediapipe-*.whl"))


def convert_tflite(wheel: Path, member: str) -> onnx.ModelProto:
    """One .tflite of the wheel as ONNX, as tf2onnx writes it: NHWC input behind a Transpose."""
    import tf2onnx

    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(wheel) as archive:
        model, _ = tf2onnx.convert.from_tflite(archive.extract(member, folder), opset=OPSET)
    return model


class Graph:
    """An ONNX graph taken apart: nodes in order, initialisers by name."""

    def __init__(self, model: onnx.ModelProto) -> None:
        self.nodes = list(model.graph.node)
        self.weights = {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}

    def producer(self, name: str) -> onnx.NodeProto:
        return next(node for node in self.nodes if name in node.output)

    def add(self, operator: str, inputs: list[str], output: str, **attributes: object) -> str:
        self.nodes.append(helper.make_node(operator, inputs, [output], **attributes))
        return output

    def constant(self, name: str, value: np.ndarray) -> str:
        self.weights[name] = value
        return name

    def take_nchw_input(self) -> None:
        """Drops the Transpose at the entrance: the input `image` is NCHW."""
        transpose = self.nodes.pop(0)
        if transpose.op_type != "Transpose":
            raise ValueError(f"expected a Transpose at the entrance, found {transpose.op_type}")
        for node in self.nodes:
            node.input[:] = ["image" if name == transpose.output[0] else name for name in node.input]

    def build(self, name: str, size: int | str, outputs: dict[str, list[int | str]], in_levels: bool = False) -> onnx.ModelProto:
        """The model with `outputs` (name to shape): dead nodes dropped, tensors renamed, weights as float16.

        @param size of the picture, px, or the name of a dimension that is left open
        @param in_levels as `store_levels` does it instead
        """
        needed, live = set(outputs), []
        for node in reversed(self.nodes):
            if needed.intersection(node.output):
                live.insert(0, node)
                needed.update(node.input)

        names: dict[str, str] = {"": "", "image": "image", **{output: output for output in outputs}}
        initialisers, casts = [], []
        for index, node in enumerate(live):
            for position, tensor in enumerate(node.input):
                if tensor in self.weights and tensor not in names:
                    names[tensor] = f"w{index}_{position}"
                    value = self.weights[tensor]
                    if not in_levels and value.dtype == np.float32 and value.size >= MIN_FLOAT16_SIZE and fits_float16(value):
                        half = names[tensor] + "_f16"
                        initialisers.append(numpy_helper.from_array(value.astype(np.float16), half))
                        casts.append(helper.make_node("Cast", [half], [names[tensor]], to=TensorProto.FLOAT))
                    else:
                        initialisers.append(numpy_helper.from_array(value, names[tensor]))
            for tensor in node.output:
                names.setdefault(tensor, f"t{index}")
        for index, node in enumerate(live):
            node.name = f"{node.op_type.lower()}{index}"
            node.input[:] = [names[tensor] for tensor in node.input]
            node.output[:] = [names[tensor] for tensor in node.output]

        graph = helper.make_graph(
            casts + live,
            name,
            [helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, 3, size, size])],
            [helper.make_tensor_value_info(key, TensorProto.FLOAT, shape) for key, shape in outputs.items()],
            initialisers,
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=8, producer_name=name)
        if in_levels:
            store_levels(model)
        onnx.checker.check_model(model, full_check=True)
        return model


def fits_float16(value: np.ndarray) -> bool:
    return bool(np.array_equal(value.astype(np.float16).astype(np.float32), value))


def rewrite_palm(model: onnx.ModelProto) -> onnx.ModelProto:
    """image [1,3,S,S] to boxes [1,N,18] and scores [1,N], both as the network gives them (not decoded): 2016 anchors for MediaPipe's
    own 192 px."""
    graph = Graph(model)
    graph.take_nchw_input()
    boxes, scores = (graph.producer(output.name) for output in model.graph.output)
    for concat, width in ((boxes, BOX), (scores, 1)):
        for part in concat.input:
            shape = [1, -1, width] if width > 1 else [1, -1]
            graph.producer(part).input[1] = graph.constant(f"shapeOf{width}", np.array(shape, np.int64))
    boxes.output[0], scores.output[0] = "boxes", "scores"
    return graph.build("palm", SIDE, {"boxes": [1, ANCHORS, BOX], "scores": [1, ANCHORS]}, in_levels=True)


def rewrite_hand(model: onnx.ModelProto, sigma: np.ndarray, world_only: bool = False) -> onnx.ModelProto:
    """image [1,3,224,224] to state [1,129] (contract.py).

    The four heads become one Gemm to [world 63, landmarks 63, presence logit, handedness logit] with the weights as they
    are. A second Gemm maps these 128 numbers to the state, all but the hand's size: the keypoints are divided by the sum
    of their bone lengths over contract.REFERENCE_LENGTH, all else by 1.
    """
    graph = Graph(model)
    graph.take_nchw_input()
    landmarks, presence, handedness, world = (graph.producer(output.name) for output in model.graph.output)
    heads = [world, landmarks, graph.producer(presence.input[0]), graph.producer(handedness.input[0])]
    if any(head.op_type != "Gemm" for head in heads) or len({head.input[0] for head in heads}) != 1:
        raise ValueError(f"expected four Gemm heads on one vector, found {[head.op_type for head in heads]}")
    squeeze = graph.producer(world.input[0])
    weight, bias = (np.concatenate([graph.weights[head.input[i]] for head in heads], axis=-1) for i in (1, 2))
    shape = graph.constant("pooledShape", np.array([1, weight.shape[0]], np.int64))
    pooled = graph.add("Reshape", [squeeze.input[0], shape], "pooled")
    graph.add("Gemm", [pooled, graph.constant("headsW", weight), graph.constant("headsB", bias)], "heads")
    matrix, offset = state_map(sigma, world_only)
    affine = [graph.constant("stateW", matrix), graph.constant("stateB", offset)]
    if world_only:
        graph.add("Gemm", ["heads", *affine], "state")
    else:
        graph.add("Gemm", ["heads", *affine], "unscaled")
        graph.add("MatMul", ["heads", graph.constant("bonesW", matrix[:, :63] @ bone_vectors())], "bones")
        graph.add("Mul", ["bones", "bones"], "squares")
        graph.add("MatMul", ["squares", graph.constant("sumXyz", np.repeat(np.eye(20, dtype=np.float32), 3, axis=0))], "sums")
        graph.add("Sqrt", ["sums"], "lengths")
        share, rest = np.zeros((20, contract.STATE_LENGTH), np.float32), np.ones(contract.STATE_LENGTH, np.float32)
        share[:, :63], rest[:63] = 1 / contract.REFERENCE_LENGTH, 0
        graph.add("Gemm", ["lengths", graph.constant("share", share), graph.constant("rest", rest)], "divisor")
        graph.add("Div", ["unscaled", "divisor"], "state")
    return graph.build("mediapipe", HAND_SIZE, {"state": [1, contract.STATE_LENGTH]})


def bone_vectors() -> np.ndarray:
    """[63, 60]: keypoints to the vectors along the 20 bones."""
    vectors = np.zeros((21, 20), np.float32)
    for index, (start, end) in enumerate(BONES):
        vectors[start, index], vectors[end, index] = -1, 1
    return np.kron(vectors, np.eye(3, dtype=np.float32))


def state_map(sigma: np.ndarray, world_only: bool) -> tuple[np.ndarray, np.ndarray]:
    """The affine map [128,129], [129] from the heads' outputs to the state, keypoints not scaled yet."""
    matrix = np.zeros((128, contract.STATE_LENGTH), np.float32)
    offset = np.zeros(contract.STATE_LENGTH, np.float32)
    to_keypoints = matrix[:, :63]
    for axis in range(3):
        world, landmarks = np.arange(axis, 63, 3), np.arange(63 + axis, 126, 3)
        columns = np.arange(axis, 63, 3)
        if world_only:
            to_keypoints[world, columns] = 1
        else:
            to_keypoints[landmarks, columns] = LANDMARK_DEPTH if axis == 2 else 1
            to_keypoints[world, columns] = WORLD_DEPTH if axis == 2 else 0
    to_keypoints -= np.tile(to_keypoints[:, 3 * contract.ROOT : 3 * contract.ROOT + 3], 21)
    for axis in range(2):
        columns = np.arange(contract.CROP + axis, contract.LOG_SIGMA, 2)
        matrix[np.arange(63 + axis, 126, 3), columns] = 1 / HAND_SIZE
        offset[columns] = -0.5
    offset[contract.LOG_SIGMA : contract.LOG_SIGMA + 21] = np.log(sigma)
    matrix[126, contract.PRESENCE] = 1
    matrix[127, contract.HANDEDNESS] = 1  # positive for an anatomical right hand in an unmirrored image, as it comes
    return matrix, offset


def manifests() -> dict[str, dict[str, object]]:
    anchors = len(palm.anchors())
    origin = {
        "licence": "Apache-2.0",
        "source": f"Google MediaPipe, {MEDIAPIPE} on PyPI: ",
    }
    return {
        "palm": {
            "name": "palm",
            "kind": "detector",
            "input": {"name": "image", "size": palm.SIZE, "coarseSize": palm.COARSE_SIZE},
            "outputs": {"boxes": [1, anchors, BOX], "scores": [1, anchors]},
            "layout": {},
            "windowWidth": False,
            "vertices": 0,
            "paper": PAPER,
            **origin,
            "source": origin["source"] + PALM_TFLITE,
        },
        "mediapipe": {
            "name": "mediapipe",
            "kind": "recoverer",
            "input": {"name": "image", "size": HAND_SIZE},
            "outputs": {"state": [1, contract.STATE_LENGTH]},
            "layout": contract.LAYOUT,
            "windowWidth": False,
            "vertices": 0,
            "paper": PAPER,
            **origin,
            "source": origin["source"] + HAND_TFLITE,
        },
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--wheel", type=Path, help="a wheel that is already here, instead of downloading it")
    parser.add_argument("--lite", type=Path, help="where the smaller landmark network is written")
    parser.add_argument("--world-only", action="store_true", help="write mediapipe-world, whose keypoints are the network's world keypoints as they are, to compare with")
    args = parser.parse_args()
    hand = "mediapipe-world" if args.world_only else "mediapipe"
    with tempfile.TemporaryDirectory() as folder:
        wheel = args.wheel or download_wheel(Path(folder))
        models = {
            "palm": rewrite_palm(convert_tflite(wheel, PALM_TFLITE)),
            hand: rewrite_hand(convert_tflite(wheel, HAND_TFLITE), SIGMA, args.world_only),
        }
        if args.lite:
            onnx.save(rewrite_hand(convert_tflite(wheel, LITE_TFLITE), SIGMA), args.lite)
    for name, model in models.items():
        path = args.out / f"{name}.onnx"
        onnx.save(model, path)
        contract.write_manifest(path, {**manifests()["palm" if name == "palm" else "mediapipe"], "name": name})
        print(f"{path}: {path.stat().st_size / 1e6:.2f} MB, {len(model.graph.node)} nodes")


if __name__ == "__main__":
    main()
