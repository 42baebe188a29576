"""The camera-space recoverer's heads on the tail's features (after Li, Chan and Zhou, seeds/001; METHODS.md §1.2).

2D by MapReg (maps of each joint, flattened, through one shared regressor), a mesh in the rig's topology from a coarse one, and
the window's width from adaptive depth bins with cross-attention. All in the crop's frame, for a hand of reference size.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from backbone import POOLED
from contract import REFERENCE_LENGTH, ROOT
from render.rig import KEYPOINT_PARENTS
from tail import MAPS, Tail, borrowed_landmarks, borrowed_tail

KEYPOINTS = 21
HIDDEN = 768
DROPOUT = 0.1
# Share in the answer of 3D as the borrowed network has it, which learnt from other data and errs otherwise. Chosen on dev-eval:
# 0.3 to 0.5 are alike, and better than either alone. Training judges the two apart.
BORROWED_SHARE = 0.3
# Share in the answer of MapReg's correction to the borrowed 2D. Chosen on dev-eval too: marks of people gain by all of it, as renders
# do, MediaPipe's own marks lose.
CORRECTION_SHARE = 0.8
MAPS_PER_JOINT = 2
MAPREG_HIDDEN = 64
TOKEN = 32
BINS = 32
# Windows are between these wide, metres (METHODS.md §4, with room for jitter).
WIDTH_RANGE = (0.08, 0.9)
# Sigma stays between a tenth of a millimetre and ten centimetres.
LOG_SIGMA_RANGE = (-9.2, -2.3)

@dataclass
class Prediction:
    """[B, ...] of a batch; metres and fractions as in feature_set.py."""

    keypoints: Tensor  # [B, 21, 3]
    crop: Tensor  # [B, 21, 2]
    log_scale: Tensor  # [B, 21] of the Laplace distribution of a coordinate in 3D, log metres
    log_scale_2d: Tensor  # [B, 21] likewise in the crop, log fractions
    log_width: Tensor  # [B]
    log_width_scale: Tensor  # [B]
    bin_centres: Tensor  # [B, 32], metres
    logits: Tensor  # [B, 2]: presence, handedness
    borrowed: Tensor  # [B, 21, 3]: keypoints as the borrowed network would have them
    vertices: Tensor | None  # [B, V, 3]


def reference_size(keypoints: Tensor) -> Tensor:
    """[B, 21, 3] relative to the root and scaled to the reference's bones: unsure networks say small hands, which would be
    placed too near."""
    bones = (keypoints - keypoints[:, KEYPOINT_PARENTS]).square().sum(dim=2).clamp(min=1e-10).sqrt().sum(dim=1)
    scaled = keypoints * (REFERENCE_LENGTH / bones.clamp(min=0.1))[:, None, None]
    return scaled - scaled[:, ROOT, None]


class Residual(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.inner = nn.Linear(width, width)
        self.outer = nn.Linear(width, width)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.outer(functional.relu(self.inner(x)))


class MapReg(nn.Module):
    """Joint positions from maps: flatten, regress, the same regressor for all joints, and a global guess."""

    def __init__(self) -> None:
        super().__init__()
        self.maps = nn.Conv2d(MAPS[0], KEYPOINTS * MAPS_PER_JOINT, 1)
        self.inner = nn.Linear(MAPS_PER_JOINT * MAPS[1] * MAPS[2], MAPREG_HIDDEN)
        self.outer = nn.Linear(MAPREG_HIDDEN, 2)
        self.guess = nn.Linear(HIDDEN, KEYPOINTS * 2)

    def forward(self, maps: Tensor, latent: Tensor) -> Tensor:
        joints = self.maps(maps).flatten(2).reshape(-1, KEYPOINTS, MAPS_PER_JOINT * MAPS[1] * MAPS[2])
        local = self.outer(functional.relu(self.inner(joints)))
        return local + self.guess(latent).reshape(-1, KEYPOINTS, 2)


class DepthBins(nn.Module):
    """The window's width as the mean of adaptive bins: widths and probabilities from queries that look at the maps."""

    def __init__(self) -> None:
        super().__init__()
        self.tokens = nn.Conv2d(MAPS[0], 2 * TOKEN, 1)
        self.position = nn.Parameter(0.02 * torch.randn(MAPS[1] * MAPS[2], TOKEN))
        self.queries = nn.Parameter(0.02 * torch.randn(BINS, TOKEN))
        self.shift = nn.Linear(HIDDEN, TOKEN)
        self.mix = nn.Linear(TOKEN, TOKEN)
        self.sizes = nn.Linear(HIDDEN, BINS)
        self.score = nn.Linear(TOKEN, 1)
        self.bias = nn.Linear(HIDDEN, BINS)

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


class Mesh(nn.Module):
    """A coarse mesh that follows the keypoints, corrected from the latent vector; the rig's vertices from it (upsampling.py)."""

    def __init__(self, base: Tensor, fine: Tensor) -> None:
        super().__init__()
        self.correction = nn.Linear(HIDDEN, fine.shape[1] * 3)
        self.register_buffer("base", base)
        self.register_buffer("fine", fine)

    def forward(self, keypoints: Tensor, latent: Tensor) -> Tensor:
        coarse = self.base @ keypoints + 0.1 * self.correction(latent).reshape(-1, self.base.shape[0], 3)
        return self.fine @ coarse


class CameraSpaceHeads(nn.Module):
    """
    @param mean, std [1152] of the pooled features
    @param base, fine [C, 21], [V, C] of the mesh (upsampling.py); None leaves it out
    """

    def __init__(self, mean: Tensor, std: Tensor, base: Tensor | None = None, fine: Tensor | None = None) -> None:
        super().__init__()
        self.register_buffer("mean", mean)
        self.register_buffer("std", std)
        self.entrance = nn.Linear(POOLED, HIDDEN)
        self.blocks = nn.Sequential(Residual(HIDDEN))
        self.dropout = nn.Dropout(DROPOUT)
        self.keypoints = nn.Linear(HIDDEN, KEYPOINTS * 3)
        self.scales = nn.Linear(HIDDEN, KEYPOINTS * 2 + 1)
        self.landmarks = borrowed_landmarks()
        self.mapreg = MapReg()
        self.bins = DepthBins()
        self.mesh = None if base is None or fine is None else Mesh(base, fine)

    def trunk(self, pooled: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """What needs no maps: latent vector [B, 768], keypoints [B, 21, 3] and scales [B, 43] of pooled features."""
        entered = self.dropout(functional.relu(self.entrance((pooled - self.mean) / self.std)))
        latent = functional.relu(self.blocks(entered))
        keypoints = reference_size(0.1 * self.keypoints(latent).reshape(-1, KEYPOINTS, 3))
        return latent, keypoints, self.scales(latent)

    def forward(self, pooled: Tensor, maps: Tensor, mesh_rows: int | None = None) -> Prediction:
        """mesh_rows: vertices of that many first rows only, as they cost as much as all other heads; None: of all."""
        latent, keypoints, scales = self.trunk(pooled)
        width, centres = self.bins(maps, latent)
        borrowed, positions, logits = self.landmarks(pooled).split([KEYPOINTS * 3, KEYPOINTS * 2, 2], dim=1)
        borrowed = reference_size(borrowed.reshape(-1, KEYPOINTS, 3))
        correction = 0.1 * self.mapreg(maps, latent)
        if not self.training:
            keypoints = keypoints + BORROWED_SHARE * (borrowed - keypoints)
            correction = CORRECTION_SHARE * correction
        return Prediction(
            keypoints,
            positions.reshape(-1, KEYPOINTS, 2) + correction,
            log_scale_3d(scales),
            (scales[:, KEYPOINTS : 2 * KEYPOINTS] - 4).clamp(*LOG_SIGMA_RANGE),
            width.log(),
            (scales[:, -1] - 3).clamp(*LOG_SIGMA_RANGE),
            centres,
            logits,
            borrowed,
            self.mesh(keypoints[:mesh_rows], latent[:mesh_rows]) if self.mesh is not None else None,
        )

    def trunk_parameters(self) -> list[nn.Parameter]:
        return [p for part in (self.entrance, self.blocks, self.keypoints, self.scales) for p in part.parameters()]


def log_scale_3d(scales: Tensor) -> Tensor:
    """[B, 21] of the trunk's scales [B, 43]."""
    return (scales[:, :KEYPOINTS] - 5).clamp(*LOG_SIGMA_RANGE)


class CameraSpaceNetwork(nn.Module):
    """Stage [B, 112, 14, 14] (backbone.py) to a prediction."""

    def __init__(self, heads: CameraSpaceHeads) -> None:
        super().__init__()
        self.tail: Tail = borrowed_tail()
        self.heads = heads

    def forward(self, stage: Tensor, mesh_rows: int | None = None) -> Prediction:
        maps, pooled = self.tail(stage)
        return self.heads(pooled, maps, mesh_rows)
