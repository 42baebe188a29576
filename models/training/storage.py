"""How weights lie in a file: as float16, or in levels with a scale for each output; float32 when a session is made.

Levels are for the files that visitors wait for. The first operator Cast that a browser runs costs it a tenth of a second, as
onnxruntime's is half a megabyte of code; DequantizeLinear's is small. Sessions fold it where `FOLDED` says so.
"""

from __future__ import annotations

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

INT8_MAX, INT16_MAX = 127, 32767
BYTES_FROM = 30_000  # numbers of a weight that lies in int8
LEVELS_FROM = 2048  # in int16; for fewer a scale and an operator are not worth it
# Kernels that compute in integers are else looked for, and DequantizeLinear is kept for them.
FOLDED = {"session.disable_quant_qdq": "1"}
# ai.onnx's DequantizeLinear takes int16 from opset 21 on.
DOMAIN = "com.microsoft"


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


def restore_half(graph: onnx.GraphProto) -> None:
    """Undoes `store_half`: float32 under the names that the weights had."""
    stored = {constant.name: constant for constant in graph.initializer if constant.data_type == TensorProto.FLOAT16}
    for cast in [node for node in graph.node if node.op_type == "Cast" and node.input[0] in stored]:
        constant = stored[cast.input[0]]
        constant.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(constant).astype(np.float32), cast.output[0]))
        graph.node.remove(cast)


def store_levels(model: onnx.ModelProto, but: tuple[str, ...] = ()) -> None:
    """Weight matrices as integers with a scale for each output, multiplied out when the session is made: large ones of convolutions and
    layers as int8, others as int16. Small ones are rounded to float16's values, of which half the bytes are zeros.

    @param but parts of the names of weights that are not for int8: what an answer is made of directly loses more by it than it saves
    """
    graph = model.graph
    large = {node.input[1] for node in graph.node if node.op_type in ("Conv", "FusedConv", "Gemm")}
    nodes = []
    for constant in list(graph.initializer):
        name = constant.name
        values = numpy_helper.to_array(constant)
        if values.dtype != np.float32 or values.ndim < 2:
            continue
        if values.size < LEVELS_FROM:
            constant.CopyFrom(numpy_helper.from_array(values.astype(np.float16).astype(np.float32), name))
            continue
        as_bytes = name in large and values.size >= BYTES_FROM and not any(part in name for part in but)
        most, dtype = (INT8_MAX, np.int8) if as_bytes else (INT16_MAX, np.int16)
        over = tuple(range(1, values.ndim))
        scale = np.maximum(np.abs(values).max(axis=over, keepdims=True), np.finfo(np.float32).tiny) / most
        constant.CopyFrom(numpy_helper.from_array(np.round(values / scale).astype(dtype), f"{name}_levels"))
        graph.initializer.append(numpy_helper.from_array(scale.reshape(-1).astype(np.float32), f"{name}_scale"))
        nodes.append(helper.make_node("DequantizeLinear", [f"{name}_levels", f"{name}_scale"], [name], domain=DOMAIN, axis=0))
    for node in reversed(nodes):
        graph.node.insert(0, node)
    if nodes and not any(opset.domain == DOMAIN for opset in model.opset_import):
        model.opset_import.append(helper.make_opsetid(DOMAIN, 1))


def stored_weights(graph: onnx.GraphProto) -> dict[str, np.ndarray]:
    """What `store_half` and `store_levels` put away, by the names that it had before, float32."""
    arrays = {constant.name: numpy_helper.to_array(constant).astype(np.float32) for constant in graph.initializer}
    for node in graph.node:
        if node.op_type == "Cast" and node.input[0] in arrays:
            arrays[node.output[0]] = arrays.pop(node.input[0])
        elif node.op_type == "DequantizeLinear":
            levels, scale = (arrays.pop(name) for name in node.input)
            arrays[node.output[0]] = levels * scale.reshape(-1, *[1] * (levels.ndim - 1))
    return arrays
