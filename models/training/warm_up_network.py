"""Write the network that the runtime runs while models are on their way, so that the browser compiles what they will need.

    python warm_up_network.py ../../src/recovery/warmUpNetwork.ts

A browser starts WASM with code that is quickly made and slow, and makes better of what runs often, one function after another; the
first picture would wait for it. This network has the operators that detector and recoverers spend their time in, small, with
weights that it makes itself.
"""

from __future__ import annotations

import argparse
import base64
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from export import OPSET

SIZE = 64
CHANNELS, WIDE = 16, 64
WEIGHT = 0.05
IR_VERSION = 8
HEADER = """// Written by models/training/warm_up_network.py, which says what it is: an ONNX file, base64.

/** Its input `x` is [1, 3, {size}, {size}]. */
export const WARM_UP_SIZE = {size};
export const WARM_UP_NETWORK =
"""
LINE = 120


def network() -> onnx.ModelProto:
    shapes = {
        "first": (CHANNELS, 3, 5, 5),
        "deep5": (CHANNELS, 1, 5, 5),
        "point": (CHANNELS, CHANNELS, 1, 1),
        "widen": (WIDE, CHANNELS, 1, 1),
        "deep3": (WIDE, 1, 3, 3),
        "narrow": (CHANNELS, WIDE, 1, 1),
        "slope": (CHANNELS, 1, 1),
        "bias": (CHANNELS,),
        "biases": (WIDE,),
    }
    value = numpy_helper.from_array(np.array([WEIGHT], np.float32))
    nodes = [helper.make_node("ConstantOfShape", [f"{name}?"], [name], value=value) for name in shapes]
    constants = [numpy_helper.from_array(np.array(shape, np.int64), f"{name}?") for name, shape in shapes.items()]
    constants += [numpy_helper.from_array(np.float32(limit), name) for name, limit in (("low", 0), ("high", 6))]

    def convolution(inputs: list[str], output: str, kernel: int, stride: int = 1, group: int = 1) -> onnx.NodeProto:
        return helper.make_node(
            "Conv", inputs, [output], kernel_shape=[kernel] * 2, strides=[stride] * 2, pads=[kernel // 2] * 4, group=group
        )

    nodes += [
        # As the detector's blocks, and its way to the next resolution.
        convolution(["x", "first", "bias"], "a", 5, 2),
        helper.make_node("PRelu", ["a", "slope"], ["b"]),
        convolution(["b", "deep5", "bias"], "c", 5, 1, CHANNELS),
        convolution(["c", "point", "bias"], "d", 1),
        helper.make_node("Add", ["b", "d"], ["e"]),
        helper.make_node("PRelu", ["e", "slope"], ["f"]),
        helper.make_node("MaxPool", ["f"], ["g"], kernel_shape=[2, 2], strides=[2, 2]),
        # As the recoverers' blocks.
        convolution(["g", "widen", "biases"], "h", 1),
        helper.make_node("Clip", ["h", "low", "high"], ["i"]),
        convolution(["i", "deep3", "biases"], "j", 3, 1, WIDE),
        helper.make_node("Clip", ["j", "low", "high"], ["k"]),
        convolution(["k", "narrow", "bias"], "l", 1),
        helper.make_node("Add", ["g", "l"], ["y"]),
    ]
    graph = helper.make_graph(
        nodes,
        "w",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 3, SIZE, SIZE])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, CHANNELS, SIZE // 4, SIZE // 4])],
        constants,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], producer_name="")
    model.ir_version = IR_VERSION
    onnx.checker.check_model(model)
    return model


def source() -> str:
    """The runtime's file."""
    text = base64.b64encode(network().SerializeToString()).decode()
    lines = [f'    "{text[at : at + LINE]}"' for at in range(0, len(text), LINE)]
    return HEADER.format(size=SIZE) + " +\n".join(lines) + ";\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    args = parser.parse_args()
    args.out.write_text(source())


if __name__ == "__main__":
    main()
