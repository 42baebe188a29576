"""AHRNet: attention and heat-map based regressor for hand pose estimation and mesh recovery (Zhou, Shen et al.).

Features are fused from coarse to fine; heat maps of joints and coarse vertices on them say what each token's query is; a transformer
whose masks widen from stage to stage along the hand's graph, and whose tokens narrow, says joints, mesh and camera.
"""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional

from attention import Block, coarse_vertices, hand_graph, hop_mask
from backbone import STAGE
from heads import HIDDEN, KEYPOINTS, LOG_WIDTH, Heads, Prediction, TokenEntrance
from heatmaps import dice, gaussians, pooled_at, weak_perspective_places
from tail import MAPS

CHANNELS = 64  # of the high-resolution stream
SIZE = 2 * STAGE[1]  # of its maps
WIDE, NARROW = 96, 48  # of tokens, stage by stage
ATTENTION_HEADS = 4
HOPS = (2, 4, 6)  # reach of each block's mask
HEAT_SIGMA = 1.5  # cells
HEAT_WEIGHT = 0.5  # eq. 1: of vertices' and of joints' heat maps
CROSS_ENTROPY = 10.0  # beside Dice, as most cells are empty


class HighResolution(nn.Module):
    """Maps [B, 192, 7, 7] and [B, 112, 14, 14] to one stream [B, 64, 28, 28]."""

    def __init__(self) -> None:
        super().__init__()
        self.coarse = nn.Conv2d(MAPS[0], CHANNELS, 1)
        self.middle = nn.Conv2d(STAGE[0], CHANNELS, 1)
        self.mix = nn.Conv2d(CHANNELS, CHANNELS, 3, padding=1)
        self.fine = nn.Conv2d(CHANNELS, 4 * CHANNELS, 1)

    def forward(self, maps: Tensor, stage: Tensor) -> Tensor:
        fused = functional.interpolate(self.coarse(maps), scale_factor=2.0, mode="nearest") + self.middle(stage)
        fused = functional.relu(fused + self.mix(functional.relu(fused)))
        return functional.relu(functional.pixel_shuffle(self.fine(fused), 2))


class AhrnetHeads(Heads):
    # without "heatmaps": queries see no place of the picture, features come by attention alone;
    # without "masks": every token sees all others at once
    ABLATIONS: ClassVar[tuple[str, ...]] = ("heatmaps", "masks")
    PAPER: ClassVar[str] = "AHRNet: attention and heatmap-based regressor for hand pose estimation and mesh recovery, Zhou, Shen, Dai, Jiang, Hu, Lai, Rosin"
    READS: ClassVar[tuple[str, ...]] = ("pooled", "maps", "stage")
    COARSE: ClassVar[int] = 49
    MESH_FROM_LATENT: ClassVar[bool] = False

    def __init__(self, *args: Tensor | None, without: frozenset[str] = frozenset()) -> None:
        super().__init__(*args, without=without)
        tokens = KEYPOINTS + self.COARSE
        self.stream = None if "heatmaps" in without else HighResolution()
        self.heat = nn.Conv2d(CHANNELS, tokens, 1)
        # The layer that makes A is linear, so it is applied to what was pooled: within the entrance.
        self.enter = TokenEntrance(self.COARSE, WIDE, 0 if "heatmaps" in without else CHANNELS)
        self.camera = nn.Linear(HIDDEN, WIDE)
        self.image = Block(WIDE, ATTENTION_HEADS, MAPS[0])
        self.wide = Block(WIDE, ATTENTION_HEADS)
        self.narrow = nn.Linear(WIDE, NARROW)
        self.later = nn.ModuleList(Block(NARROW, ATTENTION_HEADS) for _ in HOPS[1:])
        self.joints = nn.Linear(NARROW, 3 + 2 + 2)
        self.coarse = nn.Linear(NARROW, 3)
        self.window = nn.Linear(NARROW, 2)
        for i, hops in enumerate(HOPS):
            mask = torch.zeros(tokens + 1, tokens + 1)  # the camera sees all, and all see it
            if "masks" not in without:
                mask[:tokens, :tokens] = hop_mask(hand_graph(self.COARSE), hops)
            self.register_buffer(f"mask{i}", mask)

    def forward(self, features: dict[str, Tensor], mesh_rows: int | None = None) -> Prediction:
        pooled, maps = features["pooled"], features["maps"]
        latent, guess, _ = self.trunk(pooled)
        guess = torch.cat([guess, self.coarse_guess(guess)], dim=1)
        extras, seen = {}, ()
        if self.stream is not None:
            fine = self.stream(maps, features["stage"])
            extras["heat"] = self.heat(fine).flatten(2)
            seen = (pooled_at(torch.softmax(extras["heat"], dim=2), fine.flatten(2)),)
        tokens = torch.cat([self.enter(guess, latent, *seen), self.camera(latent)[:, None]], dim=1)
        tokens = self.image(tokens, maps.flatten(2).transpose(1, 2))
        tokens = self.narrow(self.wide(tokens, mask=self.mask0))
        for i, block in enumerate(self.later):
            tokens = block(tokens, mask=getattr(self, f"mask{i + 1}"))
        joints = self.joints(tokens[:, :KEYPOINTS])
        window = self.window(tokens[:, -1])
        corrections = self.coarse(tokens[:, KEYPOINTS:-1])
        return self.answer(
            pooled, joints[..., :3], joints[..., 3:5], (joints[..., 5], joints[..., 6]),
            (window[:, 0] + LOG_WIDTH, window[:, 1]), corrections, mesh_rows, extras,
        )  # fmt: skip

    def loss(self, found: Prediction, batch: object) -> dict[str, Tensor]:
        """Dice and binary cross entropy of the heat maps (the last two terms of eq. 1); vertices on renders that have them."""
        if "heat" not in found.extras:
            return {}
        terms = {}
        logits = found.extras["heat"]
        seen = torch.isfinite(batch.crop).all(dim=(1, 2))
        joints = gaussians(batch.crop[seen], SIZE, HEAT_SIGMA).flatten(2)
        terms["joint heat"] = HEAT_WEIGHT * heat_loss(logits[seen][:, :KEYPOINTS], joints)
        if batch.vertices is not None and self.mesh is not None:
            rows = slice(len(batch.vertices))
            coarse = batch.vertices[:, coarse_vertices(self.COARSE)]
            places = weak_perspective_places(coarse, batch.keypoints[rows], batch.crop[rows], batch.log_width[rows], self.mesh.base)
            terms["vertex heat"] = HEAT_WEIGHT * heat_loss(logits[rows, KEYPOINTS:], gaussians(places, SIZE, HEAT_SIGMA).flatten(2))
        return terms


def heat_loss(logits: Tensor, truth: Tensor) -> Tensor:
    """Of maps [B, K, P]; those whose place lies outside of the crop teach nothing."""
    inside = truth.amax(dim=2) > 0.5
    logits, truth = logits[inside], truth[inside]
    return dice(torch.sigmoid(logits), truth).mean() + CROSS_ENTROPY * functional.binary_cross_entropy_with_logits(logits, truth)
