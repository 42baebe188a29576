"""AMVUR: attention-based mesh vertices uncertainty regression with a probabilistic prior (Jiang et al.).

Tokens of joints and coarse vertices start from a guessed place and what the picture says as a whole. Vertices take
from joints by cross-attention and from each other by self-attention; each is a Gaussian, drawn from in training and kept near what a
second network says in the rig's own angles, between their anatomical limits. Its texture is in texture.py.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from attention import Attention, Block, coarse_vertices
from contract import ROOT
from heads import HIDDEN, KEYPOINTS, UNIT, Heads, Prediction, Residual, TokenEntrance, Width, reference_size
from render.rig import ANGLES
from rig_layer import RigLayer, rotation_from_six
from tail import MAPS

TOKEN, ATTENTION_HEADS, BLOCKS = 96, 4, 2
# Standard deviation of the prior, metres: about what the prior alone errs. (The paper has 1, in its own units.)
PRIOR_SIGMA = 0.012
DIVERGENCE, PRIOR, DRAWN = 0.1, 0.5, 0.5
LOG_VARIANCE_RANGE = (-14.0, -4.6)  # of a vertex, log square metres: 1 mm to 10 cm
TYPICAL_LOG_VARIANCE = -9.5
ERROR_UNIT = 0.01  # metres that an absolute error is divided by


class PriorNet(nn.Module):
    """The rig's angles and its turn in the crop, from the latent vector; used in training only."""

    def __init__(self, coarse: int) -> None:
        super().__init__()
        self.layer = nn.Linear(HIDDEN, ANGLES + 6)
        self.rig = RigLayer(coarse)

    def forward(self, latent: Tensor) -> tuple[Tensor, Tensor]:
        """Keypoints and coarse vertices of a hand of reference size relative to the root."""
        said = self.layer(latent)
        # The crop's axes: x right, y down, z away; upright palms face away from it or to it, so the turn is learnt as a whole.
        keypoints, vertices = self.rig(self.rig.limited(said[:, :ANGLES]), rotation_from_six(said[:, ANGLES:]))
        sized = reference_size(keypoints)
        root = keypoints[:, ROOT, None]
        scale = (sized - sized[:, :1]).norm(dim=2).sum(dim=1) / (keypoints - keypoints[:, :1]).norm(dim=2).sum(dim=1)
        return sized, (vertices - root) * scale[:, None, None]


class AmvurHeads(Heads):
    # without "prior": no draws, no divergence from the rig; without "attention": every token for itself
    ABLATIONS: ClassVar[tuple[str, ...]] = ("prior", "attention")
    PAPER: ClassVar[str] = "A probabilistic attention model with occlusion-aware texture regression for 3D hand reconstruction, Jiang et al."
    READS: ClassVar[tuple[str, ...]] = ("pooled", "maps")
    COARSE: ClassVar[int] = 49
    MESH_FROM_LATENT: ClassVar[bool] = False

    def __init__(self, *args: Tensor | None, without: frozenset[str] = frozenset()) -> None:
        super().__init__(*args, without=without)
        # The paper's tokens hold the whole vector of the picture and a template's place; ours their own part of it and a guessed place.
        self.enter = TokenEntrance(self.COARSE, TOKEN)
        attentive = range(0 if "attention" in without else BLOCKS)
        self.image = nn.ModuleList(Attention(TOKEN, ATTENTION_HEADS, MAPS[0]) for _ in attentive)
        self.cross = nn.ModuleList(Attention(TOKEN, ATTENTION_HEADS) for _ in attentive)
        self.among = nn.ModuleList(Block(TOKEN, ATTENTION_HEADS) for _ in attentive)
        self.back = nn.ModuleList(Block(TOKEN, ATTENTION_HEADS) for _ in attentive)
        self.joint = nn.Sequential(Residual(TOKEN), nn.Linear(TOKEN, 3 + 2 + 2))
        self.vertex = nn.Sequential(Residual(TOKEN), nn.Linear(TOKEN, 3 + 3))
        self.prior = None if "prior" in without else PriorNet(self.COARSE)
        self.width = Width(HIDDEN)  # the camera, eq. 4

    def forward(self, features: dict[str, Tensor], mesh_rows: int | None = None) -> Prediction:
        pooled = features["pooled"]
        latent, guess, _ = self.trunk(pooled)
        tokens = self.enter(torch.cat([guess, self.coarse_guess(guess)], dim=1), latent)
        joints, vertices = tokens.split([KEYPOINTS, self.COARSE], dim=1)
        image = features["maps"].flatten(2).transpose(1, 2)
        for look, cross, among, back in zip(self.image, self.cross, self.among, self.back, strict=True):
            joints = joints + look(joints, image)
            vertices = vertices + cross(vertices, joints)  # eq. 9
            vertices = among(vertices)  # eq. 10
            joints = back(joints, vertices)
        said, meant = self.joint(joints), self.vertex(vertices)
        extras = {"latent": latent, "log variance": (meant[..., 3:] + TYPICAL_LOG_VARIANCE).clamp(*LOG_VARIANCE_RANGE)}
        if self.mesh is not None and self.training:
            extras["coarse"] = self.mesh.base @ reference_size(UNIT * said[..., :3]) + UNIT * meant[..., :3]
        return self.answer(
            pooled, said[..., :3], said[..., 3:5], (said[..., 5], said[..., 6]), self.width(latent), meant[..., :3], mesh_rows, extras
        )

    def loss(self, found: Prediction, batch: object) -> dict[str, Tensor]:
        """Eq. 3 with its expectation drawn (vertices), and the divergence from the prior, which learns beside it."""
        terms = {}
        mean, log_variance = found.extras["coarse"], found.extras["log variance"]
        rows = slice(len(batch.vertices))
        truth = batch.vertices[:, coarse_vertices(self.COARSE)]
        error = (truth - mean[rows]).square() / log_variance[rows].exp() + log_variance[rows]
        terms["vertices"] = 0.5 * error.mean()
        if self.prior is None:
            return terms
        sigma = (0.5 * log_variance).exp()
        drawn = mean + sigma * torch.randn_like(sigma)
        terms["drawn"] = DRAWN * (drawn[rows] - truth).abs().mean() / ERROR_UNIT
        keypoints, vertices = self.prior(found.extras["latent"])
        known = torch.isfinite(batch.keypoints).all(dim=(1, 2))
        terms["prior"] = PRIOR * ((keypoints[known] - batch.keypoints[known]).abs().mean() / ERROR_UNIT)
        terms["prior mesh"] = PRIOR * (vertices[rows] - truth).abs().mean() / ERROR_UNIT
        # The prior is not pulled to what it is to hold.
        terms["divergence"] = DIVERGENCE * divergence(mean, log_variance, vertices.detach())
        return terms


def divergence(mean: Tensor, log_variance: Tensor, prior: Tensor) -> Tensor:
    """Kullback and Leibler's, of a coordinate's Gaussian from the prior's: the last term of eq. 3."""
    apart = (mean - prior).square() + log_variance.exp()
    return 0.5 * (apart / PRIOR_SIGMA**2 - 1 - log_variance + 2 * float(np.log(PRIOR_SIGMA))).mean()
