"""The borrowed backbone for a picture of 128 px instead of 224, whose weights training goes on with.

At 128 px a kernel of 3 x 3 sees what 5 x 5 saw at 224, so the larger kernels are resampled to 3 x 3; and the last maps are 4 x 4,
where two of three like blocks are left out, as is one of each pair before. A quarter of the multiply-adds and of the time remain
(docs/performance.md).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from backbone import MODEL, POOLED, STAGE, SIZE
from pictures import PICTURE
from tail import MAPS, Convolution, borrowed_blocks

LEFT_OUT = (6, 9, 12, 13)  # numbers of inverted residual blocks; each adds to what it reads
# Blocks whose results are the maps of 1/8, 1/16 and 1/32 of the picture's size.
TAKEN = (3, 8, 11)
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


def resampled(kernels: np.ndarray) -> np.ndarray:
    """[..., 5, 5] as [..., 3, 3]: taps of the large kernel go to the nearest of the small, by distance; sums stay."""
    places = np.arange(-2, 3) * PICTURE / SIZE
    share = np.maximum(0, 1 - np.abs(np.arange(-1, 2)[:, None] - places[None]))
    share /= share.sum(axis=0)
    return np.einsum("ia,jb,...ab->...ij", share, share, kernels).astype(np.float32)


def small(convolution: Convolution) -> Convolution:
    weight, bias = (p.detach().numpy() for p in (convolution.weight, convolution.bias))
    stride, group = convolution.stride, convolution.group
    if weight.shape[2] == 1:
        return convolution
    weight = resampled(weight) if weight.shape[2] == 5 else weight
    return Convolution(weight, bias, 1, [1, 1, 1, 1], group) if stride == 1 else StridedConvolution(weight, bias, 2, [0, 0, 1, 1], group)


class SmallTrunk(nn.Module):
    """Picture [B, 3, S, S], 0..1, to maps of S / 8, S / 16 and S / 32 px and pooled features [B, 1152]; S a multiple of 32."""

    CELL = 1.0  # every strided convolution pads at the end only: cell i of stride s has its middle at pixel s (i + 1) - 1

    def __init__(self, path: Path = MODEL) -> None:
        super().__init__()
        entrance, blocks = borrowed_blocks(path)
        self.stem, *first = (small(one) for one in entrance)
        self.first = nn.ModuleList(first)
        for block in blocks:
            block.depthwise = small(block.depthwise)
        self.blocks = nn.ModuleDict({str(i): block for i, block in enumerate(blocks) if i not in LEFT_OUT})
        self.channels = (len(self.blocks[str(TAKEN[0])].project.bias), STAGE[0], MAPS[0])
        self.pooled = POOLED

    def forward(self, pictures: Tensor) -> tuple[list[Tensor], Tensor]:
        x = self.entrance(pictures)
        maps = []
        for name, block in self.blocks.items():
            x = block(x)
            if int(name) in TAKEN:
                maps.append(x)
        return maps, x.mean(dim=(2, 3))

    def entrance(self, pictures: Tensor) -> Tensor:
        depthwise, project = self.first
        return project(functional.relu6(depthwise(functional.relu6(self.stem(pictures)))))

    def freeze(self) -> None:
        """Lets training change nothing of the first layers."""
        for part in (self.stem, self.first, *(block for name, block in self.blocks.items() if int(name) < FROZEN)):
            part.requires_grad_(False)

    def believed(self, maps: list[Tensor], pooled: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """What stands for the borrowed features, which these were: the stage's, the maps and the pooled ones."""
        return maps[1], maps[2], pooled

    def fold(self) -> None:
        """Its convolutions have no branches."""
