"""The borrowed network: its first part, which stays as it is, and what it says of a crop."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import onnxruntime

from crop import network_input
from recoverer import open_session

MODEL = Path(__file__).parent.parent / "mediapipe.onnx"
SIZE = 224
POOLED = 1152
STAGE = (112, 14, 14)


@dataclass(frozen=True)
class Taps:
    """Names of tensors inside the graph."""

    stage: str  # [1, 112, 14, 14]: what the part that is trained further reads
    pooled: str  # [1, 1152, 1, 1]: what the fully connected layers read


@dataclass(frozen=True)
class Features:
    pooled: np.ndarray  # [1152]
    stage: np.ndarray  # [112, 14, 14]
    state: np.ndarray  # [129], the borrowed network's own answer


def find_taps(model: onnx.ModelProto) -> Taps:
    """The pooled features, and the last sum of a residual block with the stage's number of channels."""
    nodes = list(model.graph.node)
    pool = next(node for node in nodes if node.op_type == "GlobalAveragePool")
    channels = {constant.name: constant.dims[0] for constant in model.graph.initializer if len(constant.dims) == 1}
    made_by = {node.output[0]: node for node in nodes}

    def channels_of(convolution: onnx.NodeProto) -> int:
        bias = convolution.input[2]
        return channels.get(bias) or channels[made_by[bias].input[0]]  # float16 biases are cast first

    sums = [node for node in nodes if node.op_type == "Add" and channels_of(made_by[node.input[0]]) == STAGE[0]]
    return Taps(sums[-1].output[0], pool.output[0])


def open_with(model: onnx.ModelProto, names: tuple[str, ...], side: int | None = None) -> onnxruntime.InferenceSession:
    """A session that says these tensors behind the model's outputs; changes the model.

    @param side of the pictures, px, of a network that leaves it open
    """
    for name in names:
        model.graph.output.append(onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None))
    return open_session(model.SerializeToString(), side)


def open_backbone(path: Path = MODEL) -> onnxruntime.InferenceSession:
    """A session with outputs state, pooled and stage, one thread."""
    model = onnx.load(str(path))
    taps = find_taps(model)
    return open_with(model, (taps.pooled, taps.stage))


def features(session: onnxruntime.InferenceSession, crop: np.ndarray) -> Features:
    """Of a crop [224, 224, 3], RGB, 0..255."""
    state, pooled, stage = session.run(None, {session.get_inputs()[0].name: network_input(np.asarray(crop))})
    return Features(pooled.reshape(POOLED), stage.reshape(STAGE), state[0])
