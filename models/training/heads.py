"""What all recoverers of ours share: the answer's form, the trunk on the borrowed pooled features, what is borrowed, the mesh.

A recoverer is a subclass of Heads in a file named after its paper: camera_space.py, ahrnet.py, ehpe.py, amvur.py, jar.py. All is in
the crop's frame, for a hand of reference size.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional

from backbone import POOLED
from contract import REFERENCE_LENGTH, ROOT
from render.rig import KEYPOINT_PARENTS
from tail import MAPS, borrowed_landmarks

KEYPOINTS = 21
HIDDEN = 768
DROPOUT = 0.1
# Share in the answer of 3D as the borrowed network has it, which learnt from other data and errs otherwise. Chosen on dev-eval:
# 0.3 to 0.5 are alike, and better than either alone. Training judges the two apart.
BORROWED_SHARE = 0.3
# Share in the answer of the correction to the borrowed 2D. Chosen on dev-eval too: marks of people gain by all of it, as renders
# do, MediaPipe's own marks lose.
CORRECTION_SHARE = 0.8
# What layers say is in units of this, metres in 3D and fractions in the crop: weights as they are drawn then start near a hand.
UNIT = 0.1
# Bones of a hand before it is scaled sum up to this at least, metres.
LEAST_LENGTH = 0.1
# Sigma stays between a tenth of a millimetre and ten centimetres.
LOG_SIGMA_RANGE = (-9.2, -2.3)
# Typical logarithms, which a layer that says 0 means: of a scale in 3D and in the crop, of the window's width and its scale.
LOG_SCALE, LOG_SCALE_2D, LOG_WIDTH, LOG_WIDTH_SCALE = -5.0, -4.0, -1.2, -3.0


@dataclass(frozen=True)
class Shapes:
    """Of the features that heads read (feature_set.py), and of their own latent vector."""

    pooled: int = POOLED
    maps: tuple[int, int, int] = MAPS
    hidden: int = HIDDEN


@dataclass
class Prediction:
    """[B, ...] of a batch; metres and fractions as in feature_set.py."""

    keypoints: Tensor  # [B, 21, 3]
    crop: Tensor  # [B, 21, 2]
    log_scale: Tensor  # [B, 21] of the Laplace distribution of a coordinate in 3D, log metres
    log_scale_2d: Tensor  # [B, 21] likewise in the crop, log fractions
    log_width: Tensor  # [B]
    log_width_scale: Tensor  # [B]
    logits: Tensor  # [B, 2]: presence, handedness
    borrowed: Tensor  # [B, 21, 3]: keypoints as the borrowed network would have them
    vertices: Tensor | None  # [B, V, 3]
    extras: dict[str, Tensor] = field(default_factory=dict)  # what the recoverer's own losses judge


def reference_size(keypoints: Tensor) -> Tensor:
    """[B, 21, 3] relative to the root and scaled to the reference's bones: unsure networks say small hands, which would be
    placed too near."""
    bones = (keypoints - keypoints[:, KEYPOINT_PARENTS]).square().sum(dim=2).clamp(min=1e-10).sqrt().sum(dim=1)
    scaled = keypoints * (REFERENCE_LENGTH / bones.clamp(min=LEAST_LENGTH))[:, None, None]
    return scaled - scaled[:, ROOT, None]


class Residual(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.inner = nn.Linear(width, width)
        self.outer = nn.Linear(width, width)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.outer(functional.relu(self.inner(x)))


class Mesh(nn.Module):
    """A coarse mesh that follows the keypoints, corrected by the network; the rig's vertices from it (upsampling.py)."""

    def __init__(self, base: Tensor, fine: Tensor, latent: int | None) -> None:
        """latent: length of the vector that corrections are read from; None where they come as they are."""
        super().__init__()
        self.correction = nn.Linear(latent, fine.shape[1] * 3) if latent else None
        self.register_buffer("base", base)
        self.register_buffer("fine", fine)

    def forward(self, keypoints: Tensor, source: Tensor) -> Tensor:
        """source: the latent vector, or the corrections themselves [B, C, 3]."""
        corrections = self.correction(source).reshape(-1, self.base.shape[0], 3) if self.correction else source
        coarse = self.base @ keypoints + UNIT * corrections
        return (coarse.transpose(1, 2) @ self.fine.T).transpose(1, 2)  # many columns instead of three: what matrix products are made for


class Heads(nn.Module):
    """
    @param mean, std [1152] of the pooled features
    @param base, fine [C, 21], [V, C] of the mesh (upsampling.py); None leaves it out
    @param without names of ABLATIONS that are switched off
    @param shapes those of the larger borrowed network if not given
    @param landmarks the borrowed layer on the pooled features (`borrowed_landmarks`), that network's if not given
    """

    ABLATIONS: ClassVar[tuple[str, ...]] = ()
    PAPER: ClassVar[str] = ""
    READS: ClassVar[tuple[str, ...]] = ("pooled", "maps")  # features of feature_set.py
    COARSE: ClassVar[int] = 98  # vertices of the coarse mesh
    MESH_FROM_LATENT: ClassVar[bool] = True

    def __init__(
        self,
        mean: Tensor,
        std: Tensor,
        base: Tensor | None = None,
        fine: Tensor | None = None,
        without: frozenset[str] = frozenset(),
        shapes: Shapes | None = None,
        landmarks: nn.Linear | None = None,
    ) -> None:
        super().__init__()
        unknown = without.difference(self.ABLATIONS)
        if unknown:
            raise ValueError(f"{type(self).__name__} has no {sorted(unknown)} to leave out; it has {self.ABLATIONS}")
        shapes = shapes or Shapes()
        self.without = without
        self.register_buffer("mean", mean)
        self.register_buffer("std", std)
        self.entrance = nn.Linear(shapes.pooled, shapes.hidden)
        self.blocks = nn.Sequential(Residual(shapes.hidden))
        self.dropout = nn.Dropout(DROPOUT)
        self.keypoints = nn.Linear(shapes.hidden, KEYPOINTS * 3)
        self.scales = nn.Linear(shapes.hidden, KEYPOINTS * 2 + 1)
        self.landmarks = landmarks or borrowed_landmarks()
        self.mesh = None if base is None or fine is None else Mesh(base, fine, shapes.hidden if self.MESH_FROM_LATENT else None)

    def latent(self, pooled: Tensor) -> Tensor:
        """[B, 768] of pooled features."""
        entered = self.dropout(functional.relu(self.entrance((pooled - self.mean) / self.std)))
        return functional.relu(self.blocks(entered))

    def trunk(self, pooled: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """What needs no maps: latent vector [B, 768], keypoints [B, 21, 3] and scales [B, 43] of pooled features."""
        latent = self.latent(pooled)
        return latent, reference_size(UNIT * self.keypoints(latent).reshape(-1, KEYPOINTS, 3)), self.scales(latent)

    def forward(self, features: dict[str, Tensor], mesh_rows: int | None = None) -> Prediction:
        """features: those of READS. mesh_rows: vertices of that many first rows only, as they cost as much as all else."""
        raise NotImplementedError

    def loss(self, found: Prediction, batch: object) -> dict[str, Tensor]:
        """What the paper adds to the losses that all have (train.py)."""
        return {}

    def coarse_guess(self, keypoints: Tensor) -> Tensor:
        """[B, C, 3] the coarse mesh that follows keypoints [B, 21, 3]."""
        return self.mesh.base @ keypoints

    def places(self, pooled: Tensor) -> Tensor:
        """Where the borrowed network sees the keypoints: [B, 21, 2], fractions of the crop."""
        return self.landmarks(pooled)[:, KEYPOINTS * 3 : KEYPOINTS * 5].reshape(-1, KEYPOINTS, 2)

    def answer(
        self,
        pooled: Tensor,
        keypoints: Tensor,
        correction: Tensor,
        log_scales: tuple[Tensor, Tensor],
        log_width: tuple[Tensor, Tensor],
        mesh_source: Tensor,
        mesh_rows: int | None,
        extras: dict[str, Tensor],
    ) -> Prediction:
        """The prediction of what a recoverer found: keypoints [B, 21, 3] in UNIT, of any size; correction of the borrowed places
        [B, 21, 2] in UNIT; scales [B, 21] of both and the width [B] with its scale, relative to what is typical."""
        # What is exact to a millimetre is not computed in bfloat16, as training computes the rest.
        with torch.autocast("cpu", enabled=False):
            borrowed, positions, logits = self.landmarks(pooled).split([KEYPOINTS * 3, KEYPOINTS * 2, 2], dim=1)
            # Both at once: small operators take longer to call than to run.
            keypoints, borrowed = reference_size(torch.cat([UNIT * keypoints.float(), borrowed.reshape(-1, KEYPOINTS, 3)])).chunk(2)
            correction = UNIT * correction.float()
            if not self.training:
                keypoints = keypoints + BORROWED_SHARE * (borrowed - keypoints)
                correction = CORRECTION_SHARE * correction
            return Prediction(
                keypoints,
                positions.reshape(-1, KEYPOINTS, 2) + correction,
                (log_scales[0].float() + LOG_SCALE).clamp(*LOG_SIGMA_RANGE),
                (log_scales[1].float() + LOG_SCALE_2D).clamp(*LOG_SIGMA_RANGE),
                log_width[0].float(),
                (log_width[1].float() + LOG_WIDTH_SCALE).clamp(*LOG_SIGMA_RANGE),
                logits,
                borrowed,
                self.mesh(keypoints[:mesh_rows], mesh_source[:mesh_rows].float()) if self.mesh is not None else None,
                extras,
            )

    def trunk_parameters(self) -> list[nn.Parameter]:
        return [p for part in (self.entrance, self.blocks, self.keypoints, self.scales) for p in part.parameters()]


class TokenEntrance(nn.Module):
    """What tokens of keypoints and coarse vertices know at first: the trunk's guess of where they are, numbers of their own from the
    latent vector, and what the recoverer has seen of each. Returns tokens [B, T, D]."""

    OWN = 16

    def __init__(self, coarse: int, width: int, seen: int = 0) -> None:
        super().__init__()
        self.tokens = KEYPOINTS + coarse
        self.own = nn.Linear(HIDDEN, self.tokens * self.OWN)
        self.enter = nn.Linear(3 + self.OWN + seen, width)
        self.name = nn.Parameter(0.02 * torch.randn(self.tokens, width))

    def forward(self, guess: Tensor, latent: Tensor, *seen: Tensor) -> Tensor:
        """guess [B, T, 3] metres; seen [B, T, S]."""
        own = self.own(latent).unflatten(1, (self.tokens, self.OWN))
        return self.enter(torch.cat([guess / UNIT, own, *seen], dim=2)) + self.name


class Width(nn.Module):
    """The logarithm of the window's width and of its scale from a vector [B, D]."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.layer = nn.Linear(width, 2)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        said = self.layer(x)
        return said[:, 0] + LOG_WIDTH, said[:, 1]


def log_scale_3d(scales: Tensor) -> Tensor:
    """[B, 21] of the trunk's scales [B, 43]."""
    return (scales[:, :KEYPOINTS] + LOG_SCALE).clamp(*LOG_SIGMA_RANGE)
