"""`mini`: a small network for slow machines, taught by the best recoverers, on pictures of 128 px, or 96 where there are two hands.

A trunk (small_trunk.py, dense.py) makes maps of 16 and 8 px, perhaps 4, and pooled features. From the maps, each added to the finer
one as in feature pyramids, come a heat map of each keypoint, whose softmax gives its place (as AHRNet and EHPE read theirs), and what
is seen there; with the pooled features these go through one small MLP that says everything else. Where the trunk was borrowed, its
network's own layer for 2D and 3D stays beside these.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from dense import DenseTrunk, Widths
from heads import KEYPOINTS, LOG_SCALE, LOG_SCALE_2D, LOG_SIGMA_RANGE, LOG_WIDTH, LOG_WIDTH_SCALE, UNIT, Mesh, Prediction, reference_size
from pictures import PICTURE
from small_trunk import SmallTrunk
from tail import borrowed_landmarks

# Sides of the pictures that it is trained for: each of two hands in a frame is looked at in a smaller one, in 0.7 of the time.
PAIR_PICTURE = 96
SIZES = (PICTURE, PAIR_PICTURE)
STRIDE = 8  # of the heat maps, px
COARSE = 49  # vertices of the coarse mesh, 1 mm off the fine one
SEEN_AT_KEYPOINT = 16  # numbers of what is seen at each keypoint
HINTS_OF_TRUNK = "trunk.hints."  # names of weights that only training has
MILLIMETRE = 1e-3  # what the borrowed layer says 3D in


@dataclass(frozen=True)
class Build:
    """Widths of the keypoints' maps and of the MLP; those of the dense trunk, or the borrowed one."""

    seen: int
    hidden: int
    dense: Widths | None = None

    def trunk(self) -> DenseTrunk | SmallTrunk:
        return DenseTrunk(self.dense) if self.dense else SmallTrunk()


BUILDS = {
    "mini": Build(48, 384),
    "dense": Build(64, 384, Widths(24, (48, 48), (96, 96, 96), (192, 192, 192), 384)),
}


def grid(size: int, middle: float = 0.0) -> Tensor:
    """[size^2, 2] places of a map's cells in the crop, fractions from its centre: a window's pixel u of n lies at u / n - 1/2
    (crop.py).

    @param middle where a cell's middle lies, in cells from its first pixel
    """
    steps = (torch.arange(size) + middle) / size - 0.5
    return torch.stack(torch.meshgrid(steps, steps, indexing="xy"), dim=-1).reshape(-1, 2)


class Hints(NamedTuple):
    """What the student believes the teacher's features to be."""

    stage: Tensor  # [B, 112, N, N], cells of the student's
    maps: Tensor  # [B, 192, N / 2, N / 2]
    pooled: Tensor  # [B, 1152]


class Student(nn.Module):
    """@param base, fine [49, 21], [V, 49] of the mesh (upsampling.py)"""

    def __init__(self, build: Build, base: Tensor, fine: Tensor) -> None:
        super().__init__()
        width, seen = build.hidden, build.seen
        self.trunk = build.trunk()
        self.laterals = nn.ModuleList(nn.Conv2d(channels, seen, 1) for channels in self.trunk.channels)
        self.smooth = nn.Conv2d(seen, seen, 3, padding=1)
        self.heat = nn.Conv2d(seen, KEYPOINTS, 1)
        self.look = nn.Conv2d(seen, SEEN_AT_KEYPOINT, 1)
        self.enter = nn.Linear(self.trunk.pooled + KEYPOINTS * (SEEN_AT_KEYPOINT + 2), width)
        self.inner = nn.Linear(width, width)
        self.keypoints = nn.Linear(width, KEYPOINTS * 3)
        self.correction = nn.Linear(width, KEYPOINTS * 2)
        self.scales = nn.Linear(width, KEYPOINTS * 2)
        self.width = nn.Linear(width, 2)
        self.logits = nn.Linear(width, 2)
        self.mesh_latent = nn.Linear(width, COARSE * 3)
        self.mesh = Mesh(base, fine, latent=None)
        self.landmarks = None if build.dense else nn.Linear(self.trunk.pooled, KEYPOINTS * 5 + 2)
        # Share of the borrowed layer's 2D against that of the heat maps, for each keypoint.
        self.share = None if build.dense else nn.Parameter(torch.full((KEYPOINTS, 1), 0.5))

    def borrow(self, path: Path) -> None:
        """Takes the weights of lite.onnx, where it can."""
        if self.landmarks is not None:
            self.trunk.borrow(path)
            self.landmarks.load_state_dict(borrowed_landmarks(path).state_dict())

    def forward(self, pictures: Tensor, mesh_rows: int | None = None) -> tuple[Prediction, Hints | None]:
        """pictures [B, 3, S, S] of a size of `SIZES`, 0..1; hints in training only."""
        maps, pooled = self.trunk(pictures)
        seen = self.pyramid(maps)
        heat = torch.softmax(self.heat(seen).flatten(2).float(), dim=2)
        places = heat @ grid(seen.shape[3], self.trunk.CELL * (1 - 1 / STRIDE))
        at_keypoints = heat @ self.look(seen).flatten(2).transpose(1, 2).float()
        latent = functional.relu(self.enter(torch.cat([pooled.float(), at_keypoints.flatten(1), places.flatten(1)], dim=1)))
        latent = functional.relu(latent + self.inner(latent))
        with torch.autocast("cpu", enabled=False):
            found = self.answer(latent.float(), places, pooled.float(), mesh_rows)
        hints = Hints(*self.trunk.believed(maps, pooled)) if self.training else None
        return found, hints

    def pyramid(self, maps: list[Tensor]) -> Tensor:
        """What heads see of the trunk's maps: [B, seen, S / 8, S / 8]."""
        seen = self.laterals[-1](maps[-1])
        for lateral, finer in zip(self.laterals[-2::-1], maps[-2::-1], strict=True):
            seen = lateral(finer) + functional.interpolate(seen, scale_factor=2.0, mode="nearest")
        return functional.relu(self.smooth(functional.relu(seen)))

    def answer(self, latent: Tensor, places: Tensor, pooled: Tensor, mesh_rows: int | None) -> Prediction:
        keypoints = UNIT * self.keypoints(latent).reshape(-1, KEYPOINTS, 3)
        crop = places + UNIT * self.correction(latent).reshape(-1, KEYPOINTS, 2)
        logits = self.logits(latent)
        if self.landmarks is not None:
            borrowed_3d, borrowed_2d, borrowed_logits = self.landmarks(pooled).split((KEYPOINTS * 3, KEYPOINTS * 2, 2), dim=1)
            keypoints = keypoints + MILLIMETRE * borrowed_3d.reshape(-1, KEYPOINTS, 3)
            crop = crop + self.share * (borrowed_2d.reshape(-1, KEYPOINTS, 2) - places)
            logits = logits + borrowed_logits
        keypoints = reference_size(keypoints)
        scales = self.scales(latent).reshape(-1, 2, KEYPOINTS)
        width = self.width(latent)
        return Prediction(
            keypoints,
            crop,
            (scales[:, 0] + LOG_SCALE).clamp(*LOG_SIGMA_RANGE),
            (scales[:, 1] + LOG_SCALE_2D).clamp(*LOG_SIGMA_RANGE),
            width[:, 0] + LOG_WIDTH,
            (width[:, 1] + LOG_WIDTH_SCALE).clamp(*LOG_SIGMA_RANGE),
            logits,
            keypoints,
            self.mesh(keypoints[:mesh_rows], self.mesh_latent(latent[:mesh_rows]).reshape(-1, COARSE, 3)),
            {"places": places},
        )

    def fold(self) -> Student:
        """Every convolution as one kernel, and without what only training needs; changes this network."""
        self.trunk.fold()
        return self.eval()
