"""How weights lie in a file: as float16, or large ones as int8 with a scale for each output; float32 when a session is made."""

from __future__ import annotations

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

INT8_MAX = 127
BYTES_FROM = 30_000  # numbers of a weight


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


def store_bytes(graph: onnx.GraphProto, but: tuple[str, ...] = ()) -> None:
    """Large weights of convolutions and layers as int8 with a scale for each output, multiplied out when the session is made.

    Cast and Mul, not DequantizeLinear: onnxruntime folds those, but keeps that for kernels that compute in int8.

    @param but parts of the names of weights that are kept: what an answer is made of directly loses more by it than it saves
    """
    weights = {node.input[1] for node in graph.node if node.op_type in ("Conv", "Gemm")}
    nodes = []
    for constant in list(graph.initializer):
        name = constant.name
        values = numpy_helper.to_array(constant)
        if name not in weights or values.dtype != np.float32 or values.size < BYTES_FROM or any(part in name for part in but):
            continue
        over = tuple(range(1, values.ndim))
        scale = np.maximum(np.abs(values).max(axis=over, keepdims=True), np.finfo(np.float32).tiny) / INT8_MAX
        constant.CopyFrom(numpy_helper.from_array(np.round(values / scale).astype(np.int8), f"{name}_bytes"))
        graph.initializer.append(numpy_helper.from_array(scale.astype(np.float32), f"{name}_scale"))
        nodes.append(helper.make_node("Cast", [f"{name}_bytes"], [f"{name}_whole"], to=TensorProto.FLOAT))
        nodes.append(helper.make_node("Mul", [f"{name}_whole", f"{name}_scale"], [name]))
    for node in reversed(nodes):
        graph.node.insert(0, node)


def stored_weights(graph: onnx.GraphProto) -> dict[str, np.ndarray]:
    """What `store_half` and `store_bytes` put away, by the names that it had before, float32."""
    arrays = {constant.name: numpy_helper.to_array(constant).astype(np.float32) for constant in graph.initializer}
    half = {name.removesuffix("_half"): values for name, values in arrays.items()}
    scales = {name: values for name, values in half.items() if name.endswith("_scale")}
    whole = {name.removesuffix("_bytes"): values for name, values in half.items() if name not in scales}
    return {name: values * scales.get(f"{name}_scale", 1) for name, values in whole.items()}
