"""Write a recoverer of a few thousand numbers for tests on slow GPUs: the hand of one photo, moved a little by what it sees.

    python micro_fixture.py ../../tests/fixtures/micro

Its state is that of `ahrnet` on a fixture photo, plus a random linear function of two small convolutions' means, so that every
pixel of the crop counts. It keeps the contract (contract.py) and is no network that anybody should use.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

import contract
from export import NOISE, OPSET

SIZE = 64
OVERSAMPLING = 2
CHANNELS = (8, 16)
PHOTO, STATES = "asl_025.png", Path(__file__).parents[2] / "tests/fixtures/parity/ahrnet.json"
# How far what is seen moves 2D (fractions of the crop) and 3D (metres), about.
MOVES = {"crop": 0.05, "keypoints": 0.01}
IR_VERSION = 8
SEED = 1


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    args = parser.parse_args()
    random = np.random.default_rng(SEED)
    first, second = CHANNELS
    base = np.array(json.loads(STATES.read_text())[PHOTO][0]["plain"])
    move = np.zeros((second, contract.STATE_LENGTH))
    move[:, : contract.CROP] = random.normal(size=(second, contract.CROP)) * MOVES["keypoints"]
    move[:, contract.CROP : contract.LOG_SIGMA] = random.normal(size=(second, contract.LOG_SIGMA - contract.CROP)) * MOVES["crop"]
    weights = {
        "first": random.normal(size=(first, 3, 4, 4)) / 4,
        "second": random.normal(size=(second, first, 3, 3)) / 6,
        "move": move / 2,
        "base": base,
    }
    nodes = [
        helper.make_node("Conv", ["image", "first"], ["a"], strides=[4, 4]),
        helper.make_node("Relu", ["a"], ["b"]),
        helper.make_node("Conv", ["b", "second"], ["c"], strides=[2, 2], pads=[1, 1, 1, 1]),
        helper.make_node("Relu", ["c"], ["d"]),
        helper.make_node("GlobalAveragePool", ["d"], ["e"]),
        helper.make_node("Flatten", ["e"], ["f"]),
        helper.make_node("Gemm", ["f", "move", "base"], ["state"]),
    ]
    graph = helper.make_graph(
        nodes,
        "micro",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, 3, SIZE, SIZE])],
        [helper.make_tensor_value_info("state", TensorProto.FLOAT, [1, contract.STATE_LENGTH])],
        [numpy_helper.from_array(value.astype(np.float32), name) for name, value in weights.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION)
    onnx.checker.check_model(model)
    args.out.mkdir(parents=True, exist_ok=True)
    path = args.out / "micro.onnx"
    onnx.save(model, str(path))
    contract.write_manifest(
        path,
        {
            "name": "micro",
            "kind": "recoverer",
            "input": {"name": "image", "size": SIZE, "oversampling": OVERSAMPLING},
            "outputs": {"state": [1, contract.STATE_LENGTH]},
            "layout": contract.LAYOUT,
            "windowWidth": True,
            "vertices": 0,
            "noise": NOISE,
            "paper": "",
            "licence": "MIT",
            "source": "models/training/micro_fixture.py, random weights: for tests only",
        },
    )
    print(f"{path}: {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
