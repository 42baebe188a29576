"""A dense trunk: plain 3 x 3 convolutions, which both WASM and GPUs run well.

Depthwise networks have few multiply-adds but many small kernels; dense ones run at nearly twice the multiply-adds a millisecond
(docs/performance.md). As in RepVGG every convolution is trained as the sum of a 3 x 3, a 1 x 1 and an identity branch and folded to
one kernel; here the branches are summed before they are applied and share one batch norm (as in OREPA), so training costs what the
folded network does.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from backbone import POOLED, STAGE
from tail import MAPS


@dataclass(frozen=True)
class Widths:
    """Of the convolutions at 64, 32, 16 and 8 px, and of the pooled features."""

    stem: int
    early: tuple[int, ...]
    middle: tuple[int, ...]
    late: tuple[int, ...]
    pooled: int


class Convolution(nn.Module):
    """3 x 3 of three branches, batch norm, ReLU."""

    def __init__(self, before: int, after: int, stride: int = 1) -> None:
        super().__init__()
        self.stride = stride
        self.square = nn.Parameter(nn.init.kaiming_normal_(torch.empty(after, before, 3, 3), nonlinearity="relu"))
        self.point = nn.Parameter(nn.init.kaiming_normal_(torch.empty(after, before), nonlinearity="relu") / 3)
        self.identity = nn.Parameter(torch.ones(after)) if before == after and stride == 1 else None
        self.norm = nn.BatchNorm2d(after)

    def kernel(self) -> Tensor:
        point = self.point if self.identity is None else self.point + torch.diag(self.identity)
        return self.square + functional.pad(point[:, :, None, None], (1, 1, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        return functional.relu(self.norm(functional.conv2d(x, self.kernel(), stride=self.stride, padding=1)))

    def folded(self) -> nn.Sequential:
        """The same as one convolution, of the statistics that training left."""
        with torch.no_grad():
            kernel = self.kernel()
            factor = self.norm.weight / torch.sqrt(self.norm.running_var + self.norm.eps)
            plain = nn.Conv2d(kernel.shape[1], kernel.shape[0], 3, self.stride, 1)
            plain.weight.copy_(kernel * factor[:, None, None, None])
            plain.bias.copy_(self.norm.bias - self.norm.running_mean * factor)
        return nn.Sequential(plain, nn.ReLU())


def stage(before: int, widths: tuple[int, ...]) -> nn.Sequential:
    """Halves the resolution at its first convolution."""
    pairs = zip((before, *widths[:-1]), widths, strict=True)
    return nn.Sequential(*(Convolution(a, b, 2 if i == 0 else 1) for i, (a, b) in enumerate(pairs)))


class DenseTrunk(nn.Module):
    """Picture [B, 3, 128, 128], 0..1, to maps of 16 and 8 px and pooled features."""

    CELL = 0.0  # strided convolutions with one pixel of padding keep pixel 0 where it is

    def __init__(self, widths: Widths) -> None:
        super().__init__()
        self.channels = (widths.middle[-1], widths.late[-1])
        self.pooled = widths.pooled
        self.stem = Convolution(3, widths.stem, 2)
        self.early = stage(widths.stem, widths.early)
        self.middle = stage(widths.early[-1], widths.middle)
        self.late = stage(widths.middle[-1], widths.late)
        self.widen = nn.Conv2d(widths.late[-1], widths.pooled, 1)
        # Used in training only: the borrowed features as this network believes them to be.
        self.hints = nn.ModuleList((nn.Conv2d(self.channels[0], STAGE[0], 1), nn.Conv2d(self.channels[1], MAPS[0], 1), nn.Linear(widths.pooled, POOLED)))

    def forward(self, pictures: Tensor) -> tuple[list[Tensor], Tensor]:
        middle = self.middle(self.early(self.stem(pictures - 0.5)))
        late = self.late(middle)
        return [middle, late], functional.relu(self.widen(late)).mean(dim=(2, 3))

    def believed(self, maps: list[Tensor], pooled: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        return tuple(hint(x) for hint, x in zip(self.hints, (*maps, pooled), strict=True))

    def freeze(self) -> None:
        """Nothing is known that training should leave as it is."""

    def borrowed(self) -> Iterator[nn.Parameter]:
        """Nothing."""
        return iter(())

    def begin_hints(self, _: Tensor) -> None:
        """They begin with any."""

    def fold(self) -> None:
        """Every convolution as one kernel, and without what only training needs."""
        for name in ("stem", "early", "middle", "late"):
            part = getattr(self, name)
            setattr(self, name, part.folded() if isinstance(part, Convolution) else nn.Sequential(*(one.folded() for one in part)))
        self.hints = None
