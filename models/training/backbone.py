"""The borrowed network up to its pooled features: what our own heads are trained on, frozen."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import onnxruntime

MODEL = Path(__file__).parent.parent / "mediapipe.onnx"
SIZE = 224
POOLED = 1152
MAPS = (192, 7, 7)


@dataclass(frozen=True)
class Taps:
    """Names of tensors inside the graph."""

    maps: str  # [1, 192, 7, 7]: what the last block reads
    pooled: str  # [1, 1152, 1, 1]: what the fully connected layers read


@dataclass(frozen=True)
class Features:
    pooled: np.ndarray  # [1152]
    maps: np.ndarray  # [192, 7, 7]
    state: np.ndarray  # [129], the borrowed network's own answer


def find_taps(model: onnx.ModelProto) -> Taps:
    """The pooled features, and the narrow maps from which the last expansion (192 to 1152 channels) is made."""
    nodes = list(model.graph.node)
    at = next(i for i, node in enumerate(nodes) if node.op_type == "GlobalAveragePool")
    convolutions = [node for node in nodes[:at] if node.op_type == "Conv"]
    expansion = convolutions[-2]  # then comes the depthwise one
    return Taps(expansion.input[0], nodes[at].output[0])


def open_backbone(path: Path = MODEL) -> onnxruntime.InferenceSession:
    """A session with outputs pooled, maps and state, one thread."""
    model = onnx.load(str(path))
    taps = find_taps(model)
    for name in (taps.pooled, taps.maps):
        model.graph.output.append(onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None))
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])


def features(session: onnxruntime.InferenceSession, crop: np.ndarray) -> Features:
    """Of a crop [224, 224, 3], RGB, 0..255."""
    image = np.ascontiguousarray(np.asarray(crop, np.float32).transpose(2, 0, 1)[None] / 255)
    state, pooled, maps = session.run(None, {session.get_inputs()[0].name: image})
    return Features(pooled.reshape(POOLED), maps.reshape(MAPS), state[0])
