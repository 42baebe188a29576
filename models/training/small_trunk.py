"""MediaPipe's smaller landmark network ("lite") for a picture of 128 px instead of 224, whose weights training goes on with.

At 128 px a kernel of 3 x 3 sees what 5 x 5 saw at 224, so the larger kernels are resampled to 3 x 3. 47 million multiply-adds
remain of 145 (docs/performance.md).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from backbone import POOLED, SIZE, STAGE
from pictures import PICTURE
from tail import MAPS, Convolution, InvertedResidual, borrowed_blocks

STEM, ENTRANCE = 24, 16  # channels of the first convolutions
# Inverted residual blocks: channels inside and after, stride. Those that keep their channels add what they read.
BLOCKS = (
    *((64, 16, 2), (96, 16, 1)),
    *((96, 24, 2), (144, 24, 1)),
    *((144, 48, 2), (288, 48, 1), (288, 48, 1), (288, 64, 1), (384, 64, 1), (384, 64, 1)),
    *((384, 112, 2), (672, 112, 1), (672, 112, 1), (672, 112, 1)),
)
WIDE = 672  # channels of the last block, which are pooled
# Blocks whose results are the maps of 1/8, 1/16 and 1/32 of the picture's size.
TAKEN = (3, 9, 13)
FROZEN = 1  # blocks that training leaves as they are: edges at 128 px are edges at 224, and these cost a third of a step


class PaddedAtEnd(torch.autograd.Function):
    """A convolution of 3 x 3 and stride 2 that pads after the last row and column: ONNX has it as one node, torch as two."""

    @staticmethod
    def forward(_: object, x: Tensor, weight: Tensor, bias: Tensor, group: int) -> Tensor:
        return functional.conv2d(functional.pad(x, (0, 1, 0, 1)), weight, bias, 2, groups=group)

    @staticmethod
    def symbolic(graph: torch.Graph, x: torch.Value, weight: torch.Value, bias: torch.Value, group: int) -> torch.Value:
        return graph.op("Conv", x, weight, bias, kernel_shape_i=[3, 3], strides_i=[2, 2], pads_i=[0, 0, 1, 1], group_i=group)


class StridedConvolution(Convolution):
    """Of 3 x 3 and stride 2."""

    def forward(self, x: Tensor) -> Tensor:
        if self.training:
            # Every second place of stride 1: four times the work, but torch has no fast way back through strided ones on a CPU.
            return functional.conv2d(x, self.weight, self.bias, 1, 1, groups=self.group)[:, :, 1::2, 1::2]
        return PaddedAtEnd.apply(x, self.weight, self.bias, self.group)


class Block(InvertedResidual):
    """One that adds what it reads also where it halves its size: the largest of four."""

    def forward(self, x: Tensor) -> Tensor:
        wide = functional.relu6(self.depthwise(functional.relu6(self.expand(x))))
        if self.project is None:
            return wide
        narrow = self.project(wide)
        if not self.adds:
            return narrow
        return narrow + (functional.max_pool2d(x, 2) if self.depthwise.stride == 2 else x)


def square(before: int, after: int, stride: int, group: int = 1) -> Convolution:
    """Of 3 x 3, all zero."""
    weight, bias = np.zeros((after, before // group, 3, 3)), np.zeros(after)
    return Convolution(weight, bias, 1, [1, 1, 1, 1], group) if stride == 1 else StridedConvolution(weight, bias, 2, [0, 0, 1, 1], group)


def point(before: int, after: int) -> Convolution:
    return Convolution(np.zeros((after, before, 1, 1)), np.zeros(after), 1, [0, 0, 0, 0], 1)


def block(before: int, inside: int, after: int, stride: int) -> Block:
    return Block([point(before, inside), square(inside, inside, stride, inside), point(inside, after)], before == after)


def resampled(kernels: np.ndarray, smaller: float) -> np.ndarray:
    """[..., 5, 5] as [..., 3, 3] for pictures so much smaller: taps of the large kernel go to the nearest of the small, by distance;
    sums stay."""
    places = np.arange(-2, 3) * smaller
    share = np.maximum(0, 1 - np.abs(np.arange(-1, 2)[:, None] - places[None]))
    share /= share.sum(axis=0)
    return np.einsum("ia,jb,...ab->...ij", share, share, kernels).astype(np.float32)


class SmallTrunk(nn.Module):
    """Picture [B, 3, S, S], 0..1, to maps of S / 8, S / 16 and S / 32 px and pooled features [B, 672]; S a multiple of 32."""

    CELL = 1.0  # every strided convolution pads at the end only: cell i of stride s has its middle at pixel s (i + 1) - 1

    def __init__(self) -> None:
        super().__init__()
        self.stem = square(3, STEM, 2)
        self.first = nn.ModuleList((square(STEM, STEM, 1, STEM), point(STEM, ENTRANCE)))
        widths = (ENTRANCE, *(after for _, after, _ in BLOCKS))
        blocks = [block(before, *rest) for before, rest in zip(widths[:-1], BLOCKS, strict=True)]
        blocks.append(Block([point(widths[-1], WIDE), square(WIDE, WIDE, 1, WIDE)], False))
        self.blocks = nn.ModuleList(blocks)
        self.channels = tuple(BLOCKS[i][1] for i in TAKEN)
        self.pooled = WIDE
        # Used in training only: the features of the larger network as this one believes them to be.
        self.hints = nn.ModuleList((nn.Conv2d(self.channels[1], STAGE[0], 1), nn.Conv2d(self.channels[2], MAPS[0], 1), nn.Linear(WIDE, POOLED)))

    def borrow(self, path: Path) -> None:
        """Takes the weights of lite.onnx (convert_mediapipe.py)."""
        entrance, blocks = borrowed_blocks(path)
        theirs = [*entrance, *(convolution for one in blocks for convolution in one.convolutions())]
        mine = [self.stem, *self.first, *(convolution for one in self.blocks for convolution in one.convolutions())]
        with torch.no_grad():
            for to, of in zip(mine, theirs, strict=True):
                weight = of.weight if of.weight.shape[2] < 5 else torch.from_numpy(resampled(of.weight.numpy(), PICTURE / SIZE))
                to.weight.copy_(weight)
                to.bias.copy_(of.bias)

    def forward(self, pictures: Tensor) -> tuple[list[Tensor], Tensor]:
        x = self.entrance(pictures)
        maps = []
        for index, one in enumerate(self.blocks):
            x = one(x)
            if index in TAKEN:
                maps.append(x)
        return maps, x.mean(dim=(2, 3))

    def entrance(self, pictures: Tensor) -> Tensor:
        depthwise, project = self.first
        return project(functional.relu6(depthwise(functional.relu6(self.stem(pictures)))))

    def freeze(self) -> None:
        """Lets training change nothing of the first layers."""
        for part in (self.stem, self.first, *self.blocks[:FROZEN]):
            part.requires_grad_(False)

    def borrowed(self) -> Iterator[nn.Parameter]:
        """What training begins with."""
        for part in (self.stem, self.first, self.blocks):
            yield from part.parameters()

    def begin_hints(self, pooled: Tensor) -> None:
        """Lets it believe at first that the larger network's pooled features are these means [1152], as some hardly vary."""
        with torch.no_grad():
            self.hints[2].weight.zero_()
            self.hints[2].bias.copy_(pooled)

    def believed(self, maps: list[Tensor], pooled: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        return self.hints[0](maps[1]), self.hints[1](maps[2]), self.hints[2](pooled)

    def fold(self) -> None:
        """Without what only training needs."""
        self.hints = None
