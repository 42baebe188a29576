"""The camera-space recoverer (after Li, Chan and Zhou, 3D hand pose and mesh recovery in camera space).

2D by MapReg (maps of each joint, flattened, through one shared regressor), a mesh in the rig's topology from a coarse one, and
the window's width from adaptive depth bins with cross-attention.
"""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional

import losses
from heads import KEYPOINTS, UNIT, Heads, Prediction, Shapes, Width

MAPS_PER_JOINT = 2
MAPREG_HIDDEN = 64
TOKEN = 32
BINS = 32
# Windows are between these wide, metres (hands at arm's length in the tracker's windows, with room for jitter).
WIDTH_RANGE = (0.08, 0.9)
BINS_WEIGHT = 1.0


class MapReg(nn.Module):
    """Joint positions from maps: flatten, regress, the same regressor for all joints, and a global guess."""

    def __init__(self, shapes: Shapes) -> None:
        super().__init__()
        channels, height, width = shapes.maps
        self.maps = nn.Conv2d(channels, KEYPOINTS * MAPS_PER_JOINT, 1)
        self.inner = nn.Linear(MAPS_PER_JOINT * height * width, MAPREG_HIDDEN)
        self.outer = nn.Linear(MAPREG_HIDDEN, 2)
        self.guess = nn.Linear(shapes.hidden, KEYPOINTS * 2)

    def forward(self, maps: Tensor, latent: Tensor) -> Tensor:
        joints = self.maps(maps).flatten(2).reshape(-1, KEYPOINTS, self.inner.in_features)
        local = self.outer(functional.relu(self.inner(joints)))
        return local + self.guess(latent).reshape(-1, KEYPOINTS, 2)


class DepthBins(nn.Module):
    """The window's width as the mean of adaptive bins (eq. 2): widths and probabilities from queries that look at the maps."""

    def __init__(self, shapes: Shapes) -> None:
        super().__init__()
        channels, height, width = shapes.maps
        self.tokens = nn.Conv2d(channels, 2 * TOKEN, 1)
        self.position = nn.Parameter(0.02 * torch.randn(height * width, TOKEN))
        self.queries = nn.Parameter(0.02 * torch.randn(BINS, TOKEN))
        self.shift = nn.Linear(shapes.hidden, TOKEN)
        self.mix = nn.Linear(TOKEN, TOKEN)
        self.sizes = nn.Linear(shapes.hidden, BINS)
        self.score = nn.Linear(TOKEN, 1)
        self.bias = nn.Linear(shapes.hidden, BINS)

    def forward(self, maps: Tensor, latent: Tensor) -> tuple[Tensor, Tensor]:
        keys, values = self.tokens(maps).flatten(2).transpose(1, 2).split(TOKEN, dim=2)
        queries = self.queries + self.shift(latent)[:, None]
        attention = torch.softmax(queries @ (keys + self.position).transpose(1, 2) / TOKEN**0.5, dim=2)
        seen = queries + self.mix(attention @ values)
        low, high = WIDTH_RANGE
        sizes = torch.softmax(self.sizes(latent), dim=1)
        centres = low + (high - low) * (sizes.cumsum(dim=1) - sizes / 2)
        probability = torch.softmax(self.score(functional.relu(seen)).squeeze(2) + self.bias(latent), dim=1)
        return (centres * probability).sum(dim=1), centres


class CameraSpaceHeads(Heads):
    ABLATIONS: ClassVar[tuple[str, ...]] = ("bins",)  # without: the width's logarithm by one layer
    PAPER: ClassVar[str] = "3D hand pose and mesh recovery in camera space, Li, Chan, Zhou"

    def __init__(
        self,
        *args: Tensor | None,
        without: frozenset[str] = frozenset(),
        shapes: Shapes | None = None,
        landmarks: nn.Linear | None = None,
    ) -> None:
        shapes = shapes or Shapes()
        super().__init__(*args, without=without, shapes=shapes, landmarks=landmarks)
        self.mapreg = MapReg(shapes)
        self.bins: nn.Module = Width(shapes.hidden) if "bins" in without else DepthBins(shapes)

    def forward(self, features: dict[str, Tensor], mesh_rows: int | None = None) -> Prediction:
        pooled, maps = features["pooled"], features["maps"]
        latent = self.latent(pooled)
        keypoints, scales = self.keypoints(latent).reshape(-1, KEYPOINTS, 3), self.scales(latent)
        extras = {}
        if isinstance(self.bins, Width):
            log_width = self.bins(latent)[0]
        else:
            width, extras["bin centres"] = self.bins(maps, latent)
            log_width = width.log()
        log_scales = (scales[:, :KEYPOINTS], scales[:, KEYPOINTS : 2 * KEYPOINTS])
        return self.answer(
            pooled, keypoints, self.mapreg(maps, latent), log_scales, (log_width, scales[:, -1]), latent, mesh_rows, extras
        )

    def loss(self, found: Prediction, batch: object) -> dict[str, Tensor]:
        if "bin centres" not in found.extras:
            return {}
        wide = torch.isfinite(batch.log_width)
        return {"bins": BINS_WEIGHT * losses.chamfer(found.extras["bin centres"][wide], batch.log_width[wide].exp())}
