"""JAR: joint-aware regression for 3D hand pose estimation (Zheng, Ren et al.).

The backbone's maps are distributed to the joints, each joint's few maps are decoded by layers that all joints share, several heads
beside each other; further stages see what the stage before found and correct it.
"""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional

from heads import HIDDEN, KEYPOINTS, UNIT, Heads, Prediction, Width
from heatmaps import gaussians
from tail import MAPS
from backbone import STAGE

HEADS = 4  # n; the paper has 8
MAPS_PER_HEAD = 4  # d; the paper has 8
INNER = 128
OUT = 64
STAGES = 2
# Of H in cells of the 14 x 14 stage: a finger's width.
SPOT_SIGMA = 1.0
SQUEEZED, REFINED = 64, 128
# Coordinates, the 2D correction and two scales of a joint.
SAID = 3 + 2 + 2
EARLIER_STAGE = 0.5  # weight of the stages before the last


class Decoder(nn.Module):
    """One stage: maps [B, 192, 7, 7] to what is said of each joint [B, 21, 7], and M [B, 21, n x 64]."""

    def __init__(self, pooled: bool) -> None:
        super().__init__()
        self.pooled = pooled
        self.distribute = nn.Conv2d(MAPS[0], KEYPOINTS * HEADS * MAPS_PER_HEAD, 1)
        size = MAPS_PER_HEAD * (1 if pooled else MAPS[1] * MAPS[2])
        self.inner = nn.ModuleList(nn.Linear(size, INNER) for _ in range(HEADS))
        self.outer = nn.ModuleList(nn.Linear(INNER, OUT) for _ in range(HEADS))
        self.fuse = nn.Sequential(nn.Linear(HEADS * OUT, INNER), nn.ReLU(), nn.Linear(INNER, SAID))
        # A joint's own offset: layers that all joints share cannot tell which joint they decode.
        self.rest = nn.Parameter(torch.zeros(KEYPOINTS, SAID))

    def forward(self, maps: Tensor) -> tuple[Tensor, Tensor]:
        distributed = self.distribute(maps).flatten(2).unflatten(1, (KEYPOINTS, HEADS, MAPS_PER_HEAD))  # eq. 2
        flat = distributed.mean(dim=4) if self.pooled else distributed.flatten(3)
        heads = [
            outer(functional.relu(inner(flat[:, :, head]))) for head, (inner, outer) in enumerate(zip(self.inner, self.outer, strict=True))
        ]  # eq. 3
        joined = torch.cat(heads, dim=2)
        return self.fuse(joined) + self.rest, joined  # eq. 4


class Refinement(nn.Module):
    """Maps for the next stage from the middle maps and what the stage before found."""

    def __init__(self) -> None:
        super().__init__()
        self.maps = nn.Linear(HEADS * OUT, STAGE[1] * STAGE[2])
        self.squeeze = nn.Conv2d(STAGE[0] + 3 * KEYPOINTS, SQUEEZED, 1)
        self.stride = nn.Conv2d(SQUEEZED, REFINED, 3, stride=2, padding=1)
        self.widen = nn.Conv2d(REFINED, MAPS[0], 1)

    def forward(self, maps: Tensor, stage: Tensor, places: Tensor, depths: Tensor, joined: Tensor) -> Tensor:
        """places [B, 21, 2] in the crop, depths [B, 21]."""
        refine = self.maps(joined.detach()).unflatten(2, STAGE[1:])  # eq. 5
        # Eq. 6; the sign and the square are missing in print. Places lie between cells, so depth is splatted as the heat is.
        heat = gaussians(places, STAGE[1], SPOT_SIGMA)
        depth = heat * depths[..., None, None]
        seen = torch.cat([stage, refine, heat, depth], dim=1)  # eq. 7
        again = functional.relu(self.stride(functional.relu(self.squeeze(seen))))
        return maps + self.widen(again)


class JarHeads(Heads):
    # without "maps": a joint's maps are pooled before they are decoded; without "stages": one stage
    ABLATIONS: ClassVar[tuple[str, ...]] = ("maps", "stages")
    PAPER: ClassVar[str] = "Joint-aware regression: rethinking regression-based method for 3D hand pose estimation, Zheng, Ren, Sun, Wang, Qi, Liao"
    READS: ClassVar[tuple[str, ...]] = ("pooled", "maps", "stage")

    def __init__(self, *args: Tensor | None, without: frozenset[str] = frozenset()) -> None:
        super().__init__(*args, without=without)
        stages = 1 if "stages" in without else STAGES
        self.decoders = nn.ModuleList(Decoder("maps" in without) for _ in range(stages))
        self.refinements = nn.ModuleList(Refinement() for _ in range(stages - 1))
        self.width = Width(HIDDEN)

    def forward(self, features: dict[str, Tensor], mesh_rows: int | None = None) -> Prediction:
        pooled, first = features["pooled"], features["maps"]
        latent = self.latent(pooled)
        said, joined = self.decoders[0](first)
        earlier = []
        for refinement, decoder in zip(self.refinements, self.decoders[1:], strict=True):
            earlier.append(said)
            seen = said.detach()
            places = self.places(pooled).detach() + UNIT * seen[..., 3:5]
            maps = refinement(first, features["stage"], places, seen[..., 2], joined)
            said, joined = decoder(maps)
        return self.answer(
            pooled, said[..., :3], said[..., 3:5], (said[..., 5], said[..., 6]), self.width(latent), latent, mesh_rows,
            {f"stage {i}": one for i, one in enumerate(earlier)},
        )  # fmt: skip

    def loss(self, found: Prediction, batch: object) -> dict[str, Tensor]:
        """L1 on the stages before the last, which the common losses judge."""
        borrowed = self.places(batch.pooled).detach()
        terms = {}
        for name, said in found.extras.items():
            in_3d = (UNIT * said[..., :3] - batch.keypoints).abs() / UNIT
            in_2d = (UNIT * said[..., 3:5] + borrowed - batch.crop).abs() / UNIT
            terms[name] = EARLIER_STAGE * sum(torch.nan_to_num(e).sum() / torch.isfinite(e).sum().clamp(min=1) for e in (in_3d, in_2d))
        return terms
