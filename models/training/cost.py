"""What a recoverer costs: multiply-adds, parameters, kernels, and milliseconds in the runtime's own WASM build."""

from __future__ import annotations

import json
import math
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto

from recoverer import SIDE, file_and_side
from storage import FOLDED

PROJECT = Path(__file__).parents[2]
# Operators that move or say where things are, but make no kernel of their own worth the name.
FREE = {"Constant", "Identity", "Reshape", "Squeeze", "Unsqueeze", "Flatten", "Cast", "Shape"}


def optimised(path: Path, side: int) -> onnx.ModelProto:
    """As onnxruntime runs it: constants folded, nodes fused; without the layouts of one processor."""
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
    options.add_free_dimension_override_by_name(SIDE, side)
    for key, value in FOLDED.items():
        options.add_session_config_entry(key, value)
    with tempfile.TemporaryDirectory() as folder:
        options.optimized_model_filepath = f"{folder}/model.onnx"
        onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        return onnx.load(options.optimized_model_filepath)


def shapes_of(model: onnx.ModelProto, side: int) -> dict[str, tuple[int, ...]]:
    """Of every tensor, from a run: what is inferred stops at the joint between the borrowed part and ours."""
    given = {entry.name: [d.dim_value or side for d in entry.type.tensor_type.shape.dim] for entry in model.graph.input}
    found = {c.name: tuple(c.dims) for c in model.graph.initializer}
    made = [name for node in model.graph.node for name in node.output]
    asked = {output.name for output in model.graph.output}
    model.graph.output.extend(onnx.helper.make_empty_tensor_value_info(name) for name in made if name not in asked)
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    values = session.run(made, {name: np.zeros(shape, np.float32) for name, shape in given.items()})
    return found | given | {name: value.shape for name, value in zip(made, values, strict=True)}


def multiply_adds(path: Path, side: int) -> int:
    """Of convolutions and matrix products, for one crop."""
    model = onnx.load(str(path))
    shapes = shapes_of(model, side)
    total = 0
    for node in model.graph.node:
        if node.op_type in ("Conv", "FusedConv"):
            total += math.prod(shapes[node.output[0]]) * math.prod(shapes[node.input[1]][1:])
        elif node.op_type in ("MatMul", "Gemm"):
            transposed = any(a.name == "transA" and a.i for a in node.attribute)
            total += math.prod(shapes[node.output[0]]) * shapes[node.input[0]][-2 if transposed else -1]
    return total


def parameters(path: Path) -> int:
    """Numbers that the file holds, constants of fixed matrices with them."""
    model = onnx.load(str(path))
    counted = (TensorProto.FLOAT, TensorProto.FLOAT16, TensorProto.INT16, TensorProto.INT8)
    return sum(math.prod(c.dims) for c in model.graph.initializer if c.data_type in counted)


def kernels(path: Path, side: int) -> int:
    return sum(node.op_type not in FREE for node in optimised(path, side).graph.node)


def wasm_milliseconds(paths: list[Path], threads: int) -> dict[str, float]:
    """Median a crop of each file or manifest, taking turns, in onnxruntime-web under Node."""
    command = ["npx", "tsx", "tools/timeRecoverers.ts", "--threads", str(threads), *[str(path.resolve()) for path in paths]]
    done = subprocess.run(command, cwd=PROJECT, check=True, capture_output=True, text=True)
    return json.loads(done.stdout.splitlines()[-1])


def cost(model: Path) -> dict[str, float | int]:
    path, side = file_and_side(model)
    return {
        "MMAC": multiply_adds(path, side) / 1e6,
        "parameters, M": parameters(path) / 1e6,
        "MB": path.stat().st_size / 1e6,
        "kernels": kernels(path, side),
    }
