"""The texture of a whole hand from the colours of the vertices that one crop shows (after AMVUR §3.4, equations 10 to 12).

The paper's tokens are the mesh's vertices with features of the picture (eq. 11); here vertices are pooled into 98 patches, which
attend to each other (eq. 10) and say the slow colours of the evenly lit hand, hidden parts too. What is finer than a patch is the
vertices' own where they are to be trusted: out = slow + trust (colour - slow - the patch's light).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from render import native
from render.rig import HAND
from upsampling import farthest_points

PATCHES = 98
NEIGHBOURS = 4  # patches that a vertex's slow colour is blended from
NORMAL_METRES = 0.012  # what a quite different normal counts as: the palm is another place than the back
POINT = 16  # features of a vertex
WIDTH = 64  # features of a patch
HEADS = 4
LAYERS = 3
CONTEXT = 8  # features that a patch hands back to its vertices
EPS = 1e-3
SCALE = 8.0  # of colours' differences as features: they are small numbers
FEW = 0.3  # trusted vertices below which a patch's light is not believed
# Of the losses. A vertex is to be trusted if it is shown, its colour is DETAIL_OFF from the true one at most (mean of RGB) once the
# light on its patch is taken away, and that light is LIGHT_OFF at most.
DETAIL_OFF, LIGHT_OFF = 0.06, 0.3
TRUST_SHARE, MASKED_SHARE, PHOTO_SHARE = 0.15, 0.3, 0.1


def patch_weights() -> np.ndarray:
    """[V, 98], rows sum to 1: how much of each patch a vertex is."""
    vertices = HAND.vertices.astype(np.float32)
    normals = native.normals(vertices, np.arange(len(vertices), dtype=np.int32), HAND.triangles)
    points = np.hstack([vertices, NORMAL_METRES * normals])
    distance = np.linalg.norm(points[:, None] - points[farthest_points(points, PATCHES)], axis=2)
    reach = np.sort(distance, axis=1)[:, NEIGHBOURS]  # the first patch that no longer counts
    near = np.maximum(1 - distance / reach[:, None], 0) ** 2
    return (near / near.sum(1, keepdims=True)).astype(np.float32)


class Attention(nn.Module):
    """Self-attention with a residual (eq. 10): softmax(Q K' / sqrt(d)) V."""

    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(WIDTH)
        self.query, self.key, self.value, self.out = (nn.Linear(WIDTH, WIDTH) for _ in range(4))

    def forward(self, tokens: Tensor) -> Tensor:
        x = self.norm(tokens)

        def heads(of: Tensor) -> Tensor:
            return of.reshape(-1, PATCHES, HEADS, WIDTH // HEADS).transpose(1, 2)

        query, key, value = heads(self.query(x)), heads(self.key(x)), heads(self.value(x))
        correlation = torch.softmax(query @ key.transpose(2, 3) * (WIDTH // HEADS) ** -0.5, dim=3)
        return tokens + self.out((correlation @ value).transpose(1, 2).reshape(-1, PATCHES, WIDTH))


class Feed(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(WIDTH)
        self.inner = nn.Linear(WIDTH, 2 * WIDTH)
        self.outer = nn.Linear(2 * WIDTH, WIDTH)

    def forward(self, tokens: Tensor) -> Tensor:
        return tokens + self.outer(functional.relu(self.inner(self.norm(tokens))))


@dataclass
class Texture:
    colours: Tensor  # [B, V, 3], 0..1
    slow: Tensor  # [B, V, 3] before the vertices' own detail
    trust: Tensor  # [B, V] logit that a vertex's colour is the hand's own; means nothing where it is not seen


class TextureNetwork(nn.Module):
    """colours [B, V, 3] (0..1, anything where not seen) and seen [B, V] (0 or 1) to `Texture`."""

    def __init__(self, weights: Tensor, attention: bool = True) -> None:
        super().__init__()
        self.attention = attention
        self.register_buffer("patches", weights)
        self.point = nn.Linear(3, POINT)
        self.point_mean = nn.Linear(3, POINT)
        self.point_out = nn.Linear(POINT, POINT)
        self.embed = nn.Linear(3 + 1 + POINT, WIDTH)
        self.embed_mean = nn.Linear(3, WIDTH)
        self.position = nn.Parameter(0.02 * torch.randn(PATCHES, WIDTH))
        self.layers = nn.ModuleList([nn.ModuleList([Attention() if attention else nn.Identity(), Feed()]) for _ in range(LAYERS)])
        self.slow = nn.Linear(WIDTH, 3)
        self.context = nn.Linear(WIDTH, CONTEXT)
        self.trust = nn.Sequential(nn.Linear(12 + CONTEXT, POINT), nn.ReLU(), nn.Linear(POINT, 1))

    def forward(self, colours: Tensor, seen: Tensor) -> Texture:
        mask = seen[:, :, None]
        count = mask.sum(dim=1, keepdim=True)
        mean = (colours * mask).sum(dim=1, keepdim=True) / (count + EPS)
        away = (colours - mean) * mask
        points = functional.relu(self.point(SCALE * away) + self.point_mean(mean))
        points = functional.relu(self.point_out(points)) * mask
        # Not patches' @ features: the file would hold the matrix twice.
        pooled = (torch.cat([away, mask, points], dim=2).transpose(1, 2) @ self.patches).transpose(1, 2)
        amount = pooled[:, :, 3:4]
        patch = pooled[:, :, :3] / (amount + EPS)
        share = amount / self.patches.sum(dim=0)[None, :, None]
        facts = torch.cat([SCALE * patch, share, pooled[:, :, 4:] / (amount + EPS)], dim=2)
        tokens = self.embed(facts) + self.embed_mean(mean) + self.position
        for mix, feed in self.layers:
            tokens = feed(mix(tokens))
        back = self.patches @ torch.cat([self.slow(tokens), patch, self.context(tokens)], dim=2)
        slow = mean + back[:, :, :3]
        rest = (colours - slow) * mask
        detail = (away - back[:, :, 3:6]) * mask
        off = SCALE * torch.cat([detail, rest], dim=2)
        found = self.trust(torch.cat([off, off * off, back[:, :, 6:]], dim=2))
        weight = torch.sigmoid(found).detach() * mask
        # The hand is as bright, and of the hue, that its trusted vertices have on average.
        level = (weight * rest).sum(dim=1, keepdim=True) / (weight.sum(dim=1, keepdim=True) + FEW)
        slow, rest = slow + level, rest - level * mask
        # What light and shadow add to a patch is not its own: it is found from the trusted vertices, and taken from their colours.
        light = (torch.cat([weight * rest, weight], dim=2).transpose(1, 2) @ self.patches).transpose(1, 2)
        light = self.patches @ (light[:, :, :3] / (light[:, :, 3:] + FEW))
        return Texture((slow + weight * (rest - light)).clamp(0, 1), slow, found.squeeze(2))


class Exported(nn.Module):
    """texture [1, V, 4]: RGB, and the confidence that the crop shows this colour: 0 where a vertex is not seen."""

    def __init__(self, network: TextureNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, colours: Tensor, seen: Tensor) -> Tensor:
        found = self.network(colours, seen)
        return torch.cat([found.colours, (torch.sigmoid(found.trust) * seen)[:, :, None]], dim=2)


def photometric(found: Tensor, wanted: Tensor, where: Tensor) -> Tensor:
    """Eq. 12: |found - wanted| where it is known, [B, V] mask; its mean."""
    return ((found - wanted).abs().mean(dim=2) * where).sum() / (where.sum() + EPS)


def trustworthy(patches: Tensor, colours: Tensor, seen: Tensor, truth: Tensor, shown: Tensor) -> Tensor:
    """[B, V] 0 or 1: which colours of a render are the vertices' own."""
    mask = seen[:, :, None]
    away = (colours - truth) * mask
    pooled = patches.transpose(0, 1) @ torch.cat([away * shown[:, :, None], mask * shown[:, :, None]], dim=2)
    light = patches @ (pooled[:, :, :3] / (pooled[:, :, 3:] + EPS))
    near = ((away - light).abs().mean(dim=2) < DETAIL_OFF) & (light.abs().mean(dim=2) < LIGHT_OFF)
    return near * shown * seen


def render_loss(patches: Tensor, found: Texture, colours: Tensor, seen: Tensor, truth: Tensor, shown: Tensor) -> Tensor:
    """On renders the true colour of every vertex is known, hidden or not: seen and hidden ones count alike."""
    loss = photometric(found.slow, truth, seen) + photometric(found.slow, truth, 1 - seen)
    right = trustworthy(patches, colours, seen, truth, shown)
    trust = functional.binary_cross_entropy_with_logits(found.trust, right, reduction="none")
    return loss + TRUST_SHARE * (trust * seen).sum() / (seen.sum() + EPS)


def photo_loss(found: Texture, colours: Tensor, seen: Tensor, hidden: Tensor) -> Tensor:
    """Eq. 12 on what a photo shows, and masked prediction: `hidden` [B, V] vertices were seen, but not by the network."""
    return MASKED_SHARE * photometric(found.slow, colours, hidden) + PHOTO_SHARE * photometric(found.slow, colours, seen)
