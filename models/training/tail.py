"""The second part of the borrowed network in torch: inverted residual blocks from the stage's maps to pooled features.

Starts with the borrowed weights, which training may change. On a CPU, training takes another way than the convolutions of torch,
2.4 times faster: maps as columns [channels, crops, places], all layers as matrix products in bfloat16, the depthwise ones with a
matrix [places, places] for each channel.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import Tensor, nn
from torch.nn import functional

from backbone import MODEL, STAGE
from contract import LOG_SIGMA, PRESENCE, STATE_LENGTH

MAPS = (192, 7, 7)
ENTRANCE = 3  # convolutions before the first block


class Convolution(nn.Module):
    """As the graph has it: padding may differ between the sides (TensorFlow's "same")."""

    def __init__(self, weight: np.ndarray, bias: np.ndarray, stride: int, pads: list[int], group: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.from_numpy(weight.astype(np.float32)))
        self.bias = nn.Parameter(torch.from_numpy(bias.astype(np.float32)))
        self.pads, self.stride, self.group = pads, stride, group

    def forward(self, x: Tensor) -> Tensor:
        top, left, bottom, right = self.pads
        if (top, left) == (bottom, right):
            return functional.conv2d(x, self.weight, self.bias, self.stride, (top, left), groups=self.group)
        return functional.conv2d(functional.pad(x, (left, right, top, bottom)), self.weight, self.bias, self.stride, groups=self.group)

    def pointwise(self, columns: Tensor) -> Tensor:
        """[C, B, P] to [C', B, P], for a kernel of 1 x 1."""
        weight, bias = self.weight.flatten(1).to(columns.dtype), self.bias.to(columns.dtype)
        return torch.addmm(bias[:, None], weight, columns.flatten(1)).reshape(-1, *columns.shape[1:])

    def depthwise(self, columns: Tensor) -> Tensor:
        """[C, B, P] to [C, B, P'], for a kernel for each channel."""
        taps = kernel_taps(round(columns.shape[2] ** 0.5), self.weight.shape[2], self.stride, tuple(self.pads))
        kernels = functional.pad(self.weight.flatten(1), (0, 1))  # the last tap is 0
        matrices = kernels[:, taps.flatten()].reshape(-1, *taps.shape).to(columns.dtype)
        return torch.bmm(columns, matrices) + self.bias.to(columns.dtype)[:, None, None]


@cache
def kernel_taps(size: int, kernel: int, stride: int, pads: tuple[int, int, int, int]) -> Tensor:
    """[size^2, P'] the kernel's tap that joins a place before with a place after; kernel^2 where none does."""
    top, left, bottom, right = pads
    rows, columns = (size + top + bottom - kernel) // stride + 1, (size + left + right - kernel) // stride + 1
    before, after = torch.arange(size**2)[:, None], torch.arange(rows * columns)[None]
    dy = before // size - (after // columns * stride - top)
    dx = before % size - (after % columns * stride - left)
    inside = (dy >= 0) & (dy < kernel) & (dx >= 0) & (dx < kernel)
    return torch.where(inside, dy * kernel + dx, kernel**2)


class InvertedResidual(nn.Module):
    """Expansion, depthwise convolution and, but for the last block, projection."""

    def __init__(self, convolutions: list[Convolution], adds: bool) -> None:
        super().__init__()
        self.expand, self.depthwise = convolutions[:2]
        self.project = convolutions[2] if len(convolutions) > 2 else None
        self.adds = adds

    def convolutions(self) -> list[Convolution]:
        return [one for one in (self.expand, self.depthwise, self.project) if one is not None]

    def forward(self, x: Tensor) -> Tensor:
        wide = functional.relu6(self.depthwise(functional.relu6(self.expand(x))))
        if self.project is None:
            return wide
        narrow = self.project(wide)
        return x + narrow if self.adds else narrow

    def columns(self, x: Tensor, dtype: torch.dtype) -> Tensor:
        """The same of columns [C, B, P]; the sum stays in float32."""
        wide = functional.relu6(self.depthwise.depthwise(functional.relu6(self.expand.pointwise(x.to(dtype)))))
        if self.project is None:
            return wide.float()
        narrow = self.project.pointwise(wide).float()
        return x + narrow if self.adds else narrow


class Tail(nn.Module):
    """Stage [B, 112, 14, 14] to maps [B, 192, 7, 7] and pooled features [B, 1152]."""

    def __init__(self, blocks: list[InvertedResidual]) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(blocks)

    def forward(self, stage: Tensor) -> tuple[Tensor, Tensor]:
        if self.training:
            return self.columns(stage, torch.bfloat16)
        maps = stage
        for block in self.blocks[:-1]:
            maps = block(maps)
        return maps, self.blocks[-1](maps).mean(dim=(2, 3))

    def columns(self, stage: Tensor, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
        """As forward, by matrix products of this type."""
        x = stage.flatten(2).transpose(0, 1)
        for block in self.blocks[:-1]:
            x = block.columns(x, dtype)
        return x.transpose(0, 1).reshape(-1, *MAPS), self.blocks[-1].columns(x, dtype).mean(dim=2).T


def _constants(model: onnx.ModelProto) -> dict[str, np.ndarray]:
    """By name, those stored as float16 under the name they have after the cast."""
    found = {constant.name: numpy_helper.to_array(constant) for constant in model.graph.initializer}
    for node in model.graph.node:
        if node.op_type == "Cast" and node.input[0] in found:
            found[node.output[0]] = found[node.input[0]].astype(np.float32)
    return found


def borrowed_blocks(path: Path = MODEL) -> tuple[list[Convolution], list[InvertedResidual]]:
    """All up to the pooled features: the three convolutions at the entrance, and the blocks."""
    model = onnx.load(str(path))
    constants = _constants(model)
    convolutions: list[Convolution] = []
    adds: set[int] = set()
    for node in model.graph.node:
        if node.op_type == "GlobalAveragePool":
            break
        if node.op_type == "Conv":
            said = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
            weight = constants[node.input[1]]
            bias = constants[node.input[2]] if len(node.input) > 2 else np.zeros(weight.shape[0])
            convolutions.append(Convolution(weight, bias, said["strides"][0], list(said["pads"]), said["group"]))
        elif node.op_type == "Add":
            adds.add(len(convolutions))
    starts = range(ENTRANCE, len(convolutions), 3)
    return convolutions[:ENTRANCE], [InvertedResidual(convolutions[i : i + 3], i + 3 in adds) for i in starts]


def borrowed_tail(path: Path = MODEL) -> Tail:
    _, blocks = borrowed_blocks(path)
    last = max(i for i, block in enumerate(blocks) if block.adds and len(block.project.bias) == STAGE[0])
    return Tail(blocks[last + 1 :])


def borrowed_landmarks(path: Path = MODEL) -> nn.Linear:
    """The borrowed 3D keypoints [63], up to their common scale, positions in the crop [42] and logits [2] as one layer on the
    pooled features: in the graph it is two, and a division that makes the hand one of reference size.

    @param path mediapipe.onnx, or lite.onnx
    """
    model = onnx.load(str(path))
    constants = _constants(model)
    first, second = [node for node in model.graph.node if node.op_type == "Gemm"][:2]
    columns = [*range(LOG_SIGMA), *range(PRESENCE, STATE_LENGTH)]
    w1, b1 = (constants[name].astype(np.float64) for name in first.input[1:3])
    w2, b2 = (constants[name].astype(np.float64) for name in second.input[1:3])
    w2, b2 = w2[:, columns], b2[columns]
    layer = nn.Linear(len(w1), len(columns))
    with torch.no_grad():
        layer.weight.copy_(torch.from_numpy((w1 @ w2).T))
        layer.bias.copy_(torch.from_numpy(b1 @ w2 + b2))
    return layer
