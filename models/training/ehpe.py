"""EHPE: fingertips and wrist first, the other joints from them (Xu, Zheng et al., EHPE: a segmented architecture for enhanced hand pose estimation).

Tips and wrist stand at the ends of the error that accumulates along a finger, so a first stage (TW) finds them alone, by heat maps
with depth. A second (PG) lays the other joints between them and moves them: along the skeleton's graph (SPI) and by what the
picture shows (FEM), fused with learnt weights. Both stages are supervised; they are trained together.
"""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional

from attention import MASKED, Attention, Block, skeleton_neighbours
from backbone import STAGE
from heads import HIDDEN, KEYPOINTS, UNIT, Heads, Prediction, TokenEntrance, Width
from heatmaps import expected_places, gaussians, pooled_at
from tail import MAPS

TIPS_AND_WRIST = (0, 4, 8, 12, 16, 20)
CHANNELS, TOKEN, ATTENTION_HEADS = 64, 96, 4
SIZE = 2 * STAGE[1]  # of heat maps
DEPTHS = 8  # d
DEPTH_RANGE = 0.12  # metres before and behind the root that the depths of a heat map stand for
HEAT_SIGMA = 1.5  # cells
SPOT_SIGMA = 1.0  # cells of the 14 x 14 features that a joint's own are taken from
# Where the joints between wrist and tip lie on the way, as in the paper's code: thumb and fingers.
THUMB_WAY, FINGER_WAY = (0.35, 0.68, 0.88), (0.28, 0.62, 0.85)
HEAT_WEIGHT, PLACE_WEIGHT, DEPTH_WEIGHT, EDGE_WEIGHT = 0.5, 0.5, 0.5, 0.2


def laid_between() -> Tensor:
    """[21, 6] the initial joints from tips and wrist."""
    ways = torch.zeros(KEYPOINTS, len(TIPS_AND_WRIST))
    ways[0, 0] = 1
    for finger in range(5):
        tip = 1 + finger
        for place, way in enumerate(THUMB_WAY if finger == 0 else FINGER_WAY):
            ways[1 + 4 * finger + place, [0, tip]] = torch.tensor([1 - way, way])
        ways[4 + 4 * finger, tip] = 1
    return ways


class GraphAttention(nn.Module):
    """One layer of SPI: heads that see neighbours at one bone's distance, and as many that see two."""

    def __init__(self) -> None:
        super().__init__()
        self.values = nn.Linear(TOKEN, TOKEN)  # W of eq. 8
        self.towards = nn.Linear(TOKEN // ATTENTION_HEADS, 1)  # a of eq. 9, its two halves
        self.away = nn.Linear(TOKEN // ATTENTION_HEADS, 1, bias=False)
        self.next = nn.Linear(TOKEN, TOKEN)
        self.skip = nn.Linear(TOKEN, TOKEN)
        one = torch.from_numpy(skeleton_neighbours()) | torch.eye(KEYPOINTS, dtype=torch.bool)
        two = (one.float() @ one.float()) > 0
        reach = torch.stack([one] * (ATTENTION_HEADS // 2) + [two] * (ATTENTION_HEADS - ATTENTION_HEADS // 2))
        self.register_buffer("mask", torch.where(reach, 0.0, MASKED))

    def forward(self, tokens: Tensor, first: Tensor) -> tuple[Tensor, Tensor]:
        """Tokens [B, 21, D] of this layer and of the first; the next ones and the weights [B, H, 21, 21]."""
        values = self.values(tokens).unflatten(2, (ATTENTION_HEADS, -1)).transpose(1, 2)
        logits = functional.leaky_relu(self.towards(values) + self.away(values).transpose(2, 3), 0.2)
        weights = torch.softmax(logits + self.mask, dim=3)  # eq. 9
        gathered = (weights @ values).transpose(1, 2).flatten(2)  # eq. 8
        return functional.relu(self.next(gathered) + self.skip(first)), weights  # eq. 10


class TipsAndWrist(nn.Module):
    """The TW stage: features [B, 64, 14, 14] to places [B, 6, 2], depths [B, 6] and heat maps [B, 6, 28, 28]."""

    def __init__(self) -> None:
        super().__init__()
        self.heat = nn.Conv2d(CHANNELS, len(TIPS_AND_WRIST) * DEPTHS * 4, 1)
        self.register_buffer("depths", torch.linspace(-DEPTH_RANGE, DEPTH_RANGE, DEPTHS))

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        logits = functional.pixel_shuffle(self.heat(features), 2).unflatten(1, (len(TIPS_AND_WRIST), DEPTHS))
        probability = torch.softmax(logits.flatten(2), dim=2).reshape(logits.shape)  # eq. 2
        heat = probability.sum(dim=2)
        depth = (probability.sum(dim=(3, 4)) * self.depths).sum(dim=2)
        return expected_places(heat, SIZE), depth, heat


class EhpeHeads(Heads):
    # without "tips": joints start at the crop's centre, no first stage; without "graph": no SPI; without "image": no FEM
    ABLATIONS: ClassVar[tuple[str, ...]] = ("tips", "graph", "image")
    PAPER: ClassVar[str] = "EHPE: a segmented architecture for enhanced hand pose estimation, Xu, Zheng, Liu, Zhang, Wang et al."
    READS: ClassVar[tuple[str, ...]] = ("pooled", "maps", "stage")

    def __init__(self, *args: Tensor | None, without: frozenset[str] = frozenset()) -> None:
        super().__init__(*args, without=without)
        self.coarse = nn.Conv2d(MAPS[0], CHANNELS, 1)
        self.fine = nn.Conv2d(STAGE[0], CHANNELS, 1)
        self.mix = nn.Conv2d(CHANNELS, CHANNELS, 3, padding=1)
        self.tips = None if "tips" in without else TipsAndWrist()
        self.register_buffer("between", laid_between())
        self.start = nn.Parameter(torch.zeros(KEYPOINTS, 3))
        self.enter = TokenEntrance(0, TOKEN, CHANNELS + 3)
        self.graph = nn.ModuleList() if "graph" in without else nn.ModuleList(GraphAttention() for _ in range(2))
        self.among = nn.ModuleList() if "image" in without else nn.ModuleList(Block(TOKEN, ATTENTION_HEADS) for _ in range(2))
        self.image = nn.ModuleList() if "image" in without else nn.ModuleList(Attention(TOKEN, ATTENTION_HEADS, MAPS[0]) for _ in range(2))
        self.weight_graph = nn.Parameter(torch.eye(KEYPOINTS))
        self.weight_image = nn.Parameter(torch.ones(KEYPOINTS, 1))
        self.out = nn.Linear(TOKEN, 3 + 2 + 2)
        self.width = Width(HIDDEN)

    def forward(self, features: dict[str, Tensor], mesh_rows: int | None = None) -> Prediction:
        pooled, maps = features["pooled"], features["maps"]
        latent, guess, _ = self.trunk(pooled)
        fused = functional.interpolate(self.coarse(maps), scale_factor=2.0, mode="nearest") + self.fine(features["stage"])
        fused = functional.relu(fused + self.mix(functional.relu(fused)))
        extras = {}
        if self.tips is None:
            first = self.start.expand(len(pooled), -1, -1)
        else:
            places, depth, heat = self.tips(fused)
            extras |= {"places": places, "depth": depth, "heat": heat}
            first = self.between @ torch.cat([places, depth[..., None]], dim=2)
        spots = gaussians(first[..., :2].detach(), STAGE[1], SPOT_SIGMA).flatten(2)
        local = pooled_at(spots, fused.flatten(2))
        tokens = self.enter(guess, latent, local, first / UNIT)
        token = torch.zeros_like(tokens)
        if len(self.graph):
            along = tokens
            for i, layer in enumerate(self.graph):
                along, extras[f"edges {i}"] = layer(along, tokens)
            token = token + self.weight_graph @ along
        if len(self.image):
            seen, image = tokens, maps.flatten(2).transpose(1, 2)
            for among, cross in zip(self.among, self.image, strict=True):  # eq. 7
                seen = among(seen)
                seen = seen + cross(seen, image)
            token = token + self.weight_image * seen
        said = self.out(token)
        return self.answer(pooled, said[..., :3], said[..., 3:5], (said[..., 5], said[..., 6]), self.width(latent), latent, mesh_rows, extras)

    def loss(self, found: Prediction, batch: object) -> dict[str, Tensor]:
        terms = {}
        if self.tips is not None:
            crop, depth = batch.crop[:, TIPS_AND_WRIST], batch.keypoints[:, TIPS_AND_WRIST, 2]
            known = torch.isfinite(crop).all(dim=2) & (crop.abs() < 0.5).all(dim=2)
            truth = gaussians(torch.nan_to_num(crop), SIZE, HEAT_SIGMA)
            heat = found.extras["heat"]
            # Eq. 3 of maps that both sum to 1, over the truth's own square so that it is about 1 at the start.
            truth = truth / truth.sum(dim=(2, 3), keepdim=True).clamp(min=1e-6)
            error = (heat - truth).square().sum(dim=(2, 3)) / truth.square().sum(dim=(2, 3)).clamp(min=1e-6)
            terms["heat"] = HEAT_WEIGHT * mean_of(error, known)
            # Eq. 4, of places and depths apart.
            terms["places"] = PLACE_WEIGHT * mean_of((found.extras["places"] - crop).abs().mean(dim=2) / UNIT, known)
            deep = torch.isfinite(depth)
            terms["depth"] = DEPTH_WEIGHT * mean_of((found.extras["depth"] - depth).abs() / UNIT, deep)
        # No joint hangs on one neighbour alone: weights are kept near those of equal shares.
        edges = [value for name, value in found.extras.items() if name.startswith("edges")]
        if edges:
            terms["edges"] = EDGE_WEIGHT * sum(e.square().sum(dim=3).mean() for e in edges) / len(edges)
        return terms


def mean_of(values: Tensor, known: Tensor) -> Tensor:
    return torch.where(known, values, 0).sum() / known.sum().clamp(min=1)
