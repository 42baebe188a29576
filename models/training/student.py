"""A small dense network for high frame rates, taught by the best recoverer: plain 3 x 3 convolutions on a 128 px picture.

Depthwise networks have few multiply-adds but many small kernels, which neither WASM nor GPUs run well; dense ones run at nearly
twice the multiply-adds a millisecond (docs/performance.md). As in RepVGG every convolution is trained as the sum of a 3 x 3, a
1 x 1 and an identity branch and folded to one kernel; here the branches are summed before they are applied and share one batch
norm (as in OREPA), so training costs what the folded network does.

Heads: a map of each keypoint on the 16 x 16 grid, from both stages, whose softmax gives its place (as AHRNet and EHPE read theirs)
and what is seen there; with the pooled features these go through one small MLP that says everything else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from backbone import POOLED, STAGE
from heads import KEYPOINTS, LOG_SCALE, LOG_SCALE_2D, LOG_SIGMA_RANGE, LOG_WIDTH, LOG_WIDTH_SCALE, UNIT, Mesh, Prediction, reference_size
from pictures import PICTURE
from tail import MAPS

COARSE = 49  # vertices of the coarse mesh, 1 mm off the fine one


@dataclass(frozen=True)
class Build:
    """Widths of the convolutions at 64, 32, 16 and 8 px, of the keypoints' maps and of the MLP."""

    stem: int
    early: tuple[int, ...]
    middle: tuple[int, ...]
    late: tuple[int, ...]
    seen: int
    hidden: int


BUILDS = {
    "fast": Build(24, (48, 48), (96, 96, 96), (192, 192, 192), 64, 384),
    "mini": Build(16, (32, 32), (64, 64, 64), (128, 128), 48, 256),
}
SEEN_AT_KEYPOINT = 16  # numbers of what is seen at each keypoint


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


def grid(size: int) -> Tensor:
    """[size^2, 2] places of a map's pixels in the crop, fractions from its centre: a window's pixel u of n lies at u / n - 1/2
    (crop.py), and strided convolutions with one pixel of padding keep pixel 0 where it is."""
    steps = torch.arange(size) / size - 0.5
    return torch.stack(torch.meshgrid(steps, steps, indexing="xy"), dim=-1).reshape(-1, 2)


class Hints(NamedTuple):
    """What the student believes the teacher's features to be, in units of their spread."""

    stage: Tensor  # [B, 112, 16, 16], the student's grid
    maps: Tensor  # [B, 192, 8, 8]
    pooled: Tensor  # [B, 1152]


class Student(nn.Module):
    """@param base, fine [49, 21], [V, 49] of the mesh (upsampling.py)"""

    def __init__(self, build: Build, base: Tensor, fine: Tensor) -> None:
        super().__init__()
        middle, late, width = build.middle[-1], build.late[-1], build.hidden
        self.stem = Convolution(3, build.stem, 2)
        self.early = stage(build.stem, build.early)
        self.middle = stage(self.early[-1].norm.num_features, build.middle)
        self.late = stage(middle, build.late)
        self.lateral = nn.Conv2d(middle, build.seen, 1)
        self.down = nn.Conv2d(late, build.seen, 1)
        self.heat = nn.Conv2d(build.seen, KEYPOINTS, 1)
        self.look = nn.Conv2d(build.seen, SEEN_AT_KEYPOINT, 1)
        self.widen = nn.Conv2d(late, width, 1)
        self.enter = nn.Linear(width + KEYPOINTS * (SEEN_AT_KEYPOINT + 2), width)
        self.inner = nn.Linear(width, width)
        self.keypoints = nn.Linear(width, KEYPOINTS * 3)
        self.correction = nn.Linear(width, KEYPOINTS * 2)
        self.scales = nn.Linear(width, KEYPOINTS * 2)
        self.width = nn.Linear(width, 2)
        self.logits = nn.Linear(width, 2)
        self.mesh_latent = nn.Linear(width, COARSE * 3)
        self.mesh = Mesh(base, fine, from_latent=False)
        self.register_buffer("grid", grid(PICTURE // 8))
        # Used in training only.
        self.hint_stage = nn.Conv2d(middle, STAGE[0], 1)
        self.hint_maps = nn.Conv2d(late, MAPS[0], 1)
        self.hint_pooled = nn.Linear(width, POOLED)

    def forward(self, pictures: Tensor, mesh_rows: int | None = None) -> tuple[Prediction, Hints | None]:
        """pictures [B, 3, 128, 128], 0..1; hints in training only."""
        middle = self.middle(self.early(self.stem(pictures - 0.5)))
        late = self.late(middle)
        seen = functional.relu(self.lateral(middle) + functional.interpolate(self.down(late), scale_factor=2.0, mode="nearest"))
        heat = torch.softmax(self.heat(seen).flatten(2).float(), dim=2)
        places = heat @ self.grid
        at_keypoints = heat @ self.look(seen).flatten(2).transpose(1, 2).float()
        pooled = functional.relu(self.widen(late)).mean(dim=(2, 3))
        latent = functional.relu(self.enter(torch.cat([pooled.float(), at_keypoints.flatten(1), places.flatten(1)], dim=1)))
        latent = functional.relu(latent + self.inner(latent))
        with torch.autocast("cpu", enabled=False):
            latent = latent.float()
            keypoints = reference_size(UNIT * self.keypoints(latent).reshape(-1, KEYPOINTS, 3))
            scales = self.scales(latent).reshape(-1, 2, KEYPOINTS)
            width = self.width(latent)
            found = Prediction(
                keypoints,
                places + UNIT * self.correction(latent).reshape(-1, KEYPOINTS, 2),
                (scales[:, 0] + LOG_SCALE).clamp(*LOG_SIGMA_RANGE),
                (scales[:, 1] + LOG_SCALE_2D).clamp(*LOG_SIGMA_RANGE),
                width[:, 0] + LOG_WIDTH,
                (width[:, 1] + LOG_WIDTH_SCALE).clamp(*LOG_SIGMA_RANGE),
                self.logits(latent),
                keypoints,
                self.mesh(keypoints[:mesh_rows], self.mesh_latent(latent[:mesh_rows]).reshape(-1, COARSE, 3)),
                {"places": places},
            )
        hints = Hints(self.hint_stage(middle), self.hint_maps(late), self.hint_pooled(pooled)) if self.training else None
        return found, hints

    def fold(self) -> Student:
        """Every convolution as one kernel, and without what only training needs; changes this network."""
        for name in ("stem", "early", "middle", "late"):
            part = getattr(self, name)
            setattr(self, name, part.folded() if isinstance(part, Convolution) else nn.Sequential(*(one.folded() for one in part)))
        for name in ("hint_stage", "hint_maps", "hint_pooled"):
            setattr(self, name, None)
        return self.eval()
