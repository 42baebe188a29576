"""The second part of the borrowed network in torch: inverted residual blocks from the stage's maps to pooled features.

Starts with the borrowed weights, which training may change.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import Tensor, nn
from torch.nn import functional

from backbone import MODEL, POOLED, find_taps
from contract import CROP, LOG_SIGMA, PRESENCE, STATE_LENGTH

MAPS = (192, 7, 7)


class Convolution(nn.Module):
    """As the graph has it: padding may differ between the sides (TensorFlow's "same")."""

    def __init__(self, weight: np.ndarray, bias: np.ndarray, stride: int, pads: list[int], group: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.from_numpy(weight.astype(np.float32)))
        self.bias = nn.Parameter(torch.from_numpy(bias.astype(np.float32)))
        top, left, bottom, right = pads
        self.pads = (left, right, top, bottom)
        self.stride, self.group = stride, group

    def forward(self, x: Tensor) -> Tensor:
        if self.pads[0] == self.pads[1] and self.pads[2] == self.pads[3]:
            return functional.conv2d(x, self.weight, self.bias, self.stride, (self.pads[2], self.pads[0]), groups=self.group)
        return functional.conv2d(functional.pad(x, self.pads), self.weight, self.bias, self.stride, groups=self.group)


class InvertedResidual(nn.Module):
    """Expansion, depthwise convolution and, but for the last block, projection."""

    def __init__(self, convolutions: list[Convolution], adds: bool) -> None:
        super().__init__()
        self.expand, self.depthwise = convolutions[:2]
        self.project = convolutions[2] if len(convolutions) > 2 else None
        self.adds = adds

    def forward(self, x: Tensor) -> Tensor:
        wide = functional.relu6(self.depthwise(functional.relu6(self.expand(x))))
        if self.project is None:
            return wide
        narrow = self.project(wide)
        return x + narrow if self.adds else narrow


class Tail(nn.Module):
    """Stage [B, 112, 14, 14] to maps [B, 192, 7, 7] and pooled features [B, 1152]."""

    def __init__(self, blocks: list[InvertedResidual]) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(blocks)

    def forward(self, stage: Tensor) -> tuple[Tensor, Tensor]:
        maps = stage
        for block in self.blocks[:-1]:
            maps = block(maps)
        return maps, self.blocks[-1](maps).mean(dim=(2, 3))


def _constants(model: onnx.ModelProto) -> dict[str, np.ndarray]:
    """By name, those stored as float16 under the name they have after the cast."""
    found = {constant.name: numpy_helper.to_array(constant) for constant in model.graph.initializer}
    for node in model.graph.node:
        if node.op_type == "Cast" and node.input[0] in found:
            found[node.output[0]] = found[node.input[0]].astype(np.float32)
    return found


def borrowed_tail(path: Path = MODEL) -> Tail:
    model = onnx.load(str(path))
    constants, taps = _constants(model), find_taps(model)
    nodes = [node for node in model.graph.node if node.op_type != "Cast"]
    names = [node.output[0] for node in nodes]
    blocks: list[InvertedResidual] = []
    pending: list[Convolution] = []
    for node in nodes[names.index(taps.stage) + 1 : names.index(taps.pooled) + 1]:
        if node.op_type == "Conv":
            said = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
            weight, bias = (constants[name] for name in node.input[1:3])
            pending.append(Convolution(weight, bias, said["strides"][0], list(said["pads"]), said["group"]))
            if len(pending) == 3:
                blocks.append(InvertedResidual(pending, False))
                pending = []
        elif node.op_type == "Add":
            blocks[-1].adds = True
    return Tail([*blocks, InvertedResidual(pending, False)])


def borrowed_landmarks(path: Path = MODEL) -> nn.Linear:
    """The borrowed positions in the crop [42] and logits [2] as one layer on the pooled features.

    The graph's `state` is linear in them, but for the 3D keypoints: two matrices in a row, divided by one.
    """
    model = onnx.load(str(path))
    constants = _constants(model)
    first, second = [node for node in model.graph.node if node.op_type == "Gemm"][:2]
    columns = [*range(CROP, LOG_SIGMA), *range(PRESENCE, STATE_LENGTH)]
    w1, b1 = (constants[name].astype(np.float64) for name in first.input[1:3])
    w2, b2 = (constants[name].astype(np.float64) for name in second.input[1:3])
    w2, b2 = w2[:, columns], b2[columns]
    layer = nn.Linear(POOLED, len(columns))
    with torch.no_grad():
        layer.weight.copy_(torch.from_numpy((w1 @ w2).T))
        layer.bias.copy_(torch.from_numpy(b1 @ w2 + b2))
    return layer
