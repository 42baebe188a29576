"""What a student (student.py) is shown and asked: batches of cached pictures as other cameras and other windows would have them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from contract import PRESENCE
from pictures import PICTURE
from student import grid
from train import Source
from train_places import half_answers

BATCH = 128
FLIPPED = 0.12  # share of the pictures that are shown mirrored: left hands, of which only presence and side are asked
# Other windows than those that are cached: share that keeps its own, deviations of turn (radians), scale (its logarithm) and shift
# (sides of the window) of the others.
STILL, MOVED_ANGLE, MOVED_LOG_SCALE, MOVED_SHIFT = 0.4, 0.2, 0.08, 0.03
LONGEST_BLUR = 11  # px of the picture
MESH_ROWS = 32
CERTAIN = 6.0  # logit of what is known to be so
FEATURES = ("stage", "maps", "pooled")


@dataclass
class Lesson:
    """One batch; labels are NaN where unknown."""

    pictures: Tensor  # [B, 3, S, S], 0..1
    keypoints: Tensor  # [B, 21, 3]
    crop: Tensor  # [B, 21, 2]
    log_width: Tensor  # [B]
    logits: Tensor  # [B, 2] the teacher's
    features: dict[str, Tensor]  # the teacher's, of `FEATURES`; none where nobody asks for them
    vertices: Tensor  # [R, V, 3] of the first rows, which are renders
    window: Tensor  # [B, 2, 3] places of the set's crop from places of this one (`move`)


class Kind:
    """Sets of one kind: where the pictures lie, and where what shall be said of them."""

    def __init__(self, folders: list[Path], seen: str = "", certain: bool = False, taught: bool = False, halved: bool = False, hints: bool = True) -> None:
        """
        @param seen the folder beside the pictures that has labels and features, such as `bare`
        @param certain all show a right hand, whatever the teacher says
        @param taught 3D is the teachers', not the set's own
        @param halved places are `half_answers`
        @param hints the teacher's features are asked for
        """
        self.pictures = Source(folders)
        self.labels = Source([folder / seen for folder in folders])
        self.certain = certain
        self.prefix = "teacher_" if taught else ""
        self.halved = halved
        self.features = FEATURES if hints else ()

    def draw(self, rows: np.ndarray) -> dict[str, Tensor]:
        drawn = {name: torch.from_numpy(self.labels.rows(self.prefix + name, rows)) for name in ("keypoints", "log_width")}
        drawn |= {name: torch.from_numpy(self.labels.rows(name, rows)) for name in self.features}
        crop, state = self.labels.rows("crop", rows), self.labels.rows("state", rows)
        drawn["crop"] = torch.from_numpy(half_answers(crop, state) if self.halved else crop)
        logits = torch.from_numpy(state[:, PRESENCE:])
        drawn["logits"] = torch.full_like(logits, CERTAIN) if self.certain else logits
        drawn["pictures"] = torch.from_numpy(self.pictures.rows("pictures", rows)).permute(0, 3, 1, 2) / 255
        return drawn


def other_camera(pictures: Tensor) -> Tensor:
    """Pictures [B, 3, S, S] as other cameras would have them: sharpness, exposure, colour, contrast, noise."""
    count, _, size, _ = pictures.shape
    out = pictures.clone()
    some = torch.rand(count) < 0.2
    out[some] = functional.avg_pool2d(out[some], 3, 1, 1)
    some = torch.rand(count) < 0.12
    if some.any():
        out[some] = motion_blurred(out[some])
    some = torch.rand(count) < 0.1
    small = functional.interpolate(out[some], scale_factor=0.5, mode="area")
    out[some] = functional.interpolate(small, size=(size, size), mode="bilinear")
    gain = torch.exp(0.2 * torch.randn(count, 1, 1, 1) + 0.07 * torch.randn(count, 3, 1, 1))
    contrast = torch.exp(0.15 * torch.randn(count, 1, 1, 1))
    out = (out * gain - 0.5) * contrast + 0.5 + 0.04 * torch.randn(count, 1, 1, 1)
    grey = torch.rand(count) < 0.1
    out[grey] = out[grey].mean(dim=1, keepdim=True).expand(-1, 3, -1, -1)
    out = out + 0.03 * torch.rand(count, 1, 1, 1) * (torch.rand(count, 1, 1, 1) < 0.5) * torch.randn_like(out)
    return out.clamp(0, 1)


def motion_blurred(pictures: Tensor) -> Tensor:
    """Pictures [B, 3, S, S] as of a camera that moves along a line while it is exposed, B at least 1."""
    count, channels, size, _ = pictures.shape
    angle, length = math.pi * torch.rand(count, 1, 1), LONGEST_BLUR * torch.rand(count, 1, 1)
    taps = torch.arange(LONGEST_BLUR) - LONGEST_BLUR // 2
    x, y = taps[None, None], taps[None, :, None]
    along, across = x * torch.cos(angle) + y * torch.sin(angle), y * torch.cos(angle) - x * torch.sin(angle)
    kernels = (1 - across.abs()).clamp(min=0) * ((length + 1) / 2 - along.abs()).clamp(0, 1)
    kernels = (kernels / kernels.sum(dim=(1, 2), keepdim=True))[:, None].repeat_interleave(channels, dim=0)
    flat = functional.pad(pictures.reshape(1, count * channels, size, size), (LONGEST_BLUR // 2,) * 4, mode="replicate")
    return functional.conv2d(flat, kernels, groups=count * channels).reshape(pictures.shape)


def move(lesson: Lesson) -> None:
    """Takes half of the pictures in other windows of the crops that there are, and turns what is asked along."""
    count = len(lesson.pictures)
    angle = MOVED_ANGLE * torch.randn(count)
    scale = torch.exp(MOVED_LOG_SCALE * torch.randn(count))
    shift = MOVED_SHIFT * torch.randn(count, 2)
    still = torch.rand(count) < STILL
    angle[still], scale[still], shift[still] = 0, 1, 0
    cos, sin = torch.cos(angle), torch.sin(angle)
    turn = torch.stack([torch.stack([cos, -sin], dim=1), torch.stack([sin, cos], dim=1)], dim=1)
    lesson.window = torch.cat([scale[:, None, None] * turn, shift[:, :, None]], dim=2)
    lesson.pictures = resample(lesson.pictures, lesson.window, PICTURE)
    lesson.crop = ((lesson.crop - shift[:, None]) @ turn) / scale[:, None, None]
    for points in (lesson.keypoints, lesson.vertices):
        points[..., :2] = points[..., :2] @ turn[: len(points)]
    lesson.log_width += scale.log()
    if "pooled" in lesson.features:
        lesson.features["pooled"][~still] = torch.nan


def resample(arrays: Tensor, window: Tensor, size: int, middle: float = 0.0, source: float = 0.0, outside: str = "zeros") -> Tensor:
    """[B, C, size, size] what arrays [B, C, N, N] of the set's crops have at the cells of a window [B, 2, 3] of each.

    @param middle, source where the middles of the window's cells and of the arrays' lie (`grid`)
    @param outside the crop (grid_sample)
    """
    at = grid(size, middle) @ window[:, :, :2].transpose(1, 2) + window[:, None, :, 2]
    # grid_sample has the middle of cell i of N at (2 i + 1) / N - 1.
    here = (2 * at + (1 - 2 * source) / arrays.shape[3]).reshape(-1, size, size, 2)
    return functional.grid_sample(arrays, here, padding_mode=outside, align_corners=False)


def shrunk(pictures: Tensor, size: int) -> Tensor:
    """Pictures [B, 3, N, N] at another size of at most N."""
    same = pictures.shape[3] == size
    return pictures if same else functional.interpolate(pictures, size=(size, size), mode="bilinear", antialias=True)


def draw_lesson(kinds: dict[str, Kind], shares: dict[str, float], random: np.random.Generator, size: int) -> Lesson:
    counts = {name: round(BATCH * share) for name, share in shares.items() if name in kinds}
    counts = {"renders": BATCH - sum(counts.values()), **counts}
    mesh_rows = min(MESH_ROWS, counts["renders"])
    parts = []
    for name, count in counts.items():
        rows = random.integers(kinds[name].labels.count, size=count)
        parts.append(kinds[name].draw(rows))
        if name == "renders":
            vertices = torch.from_numpy(kinds[name].labels.rows("vertices", rows[:mesh_rows]))
    drawn = {name: torch.cat([part[name] for part in parts]) for name in parts[0]}
    features = {name: drawn.pop(name) for name in FEATURES if name in drawn}
    lesson = Lesson(**drawn, features=features, vertices=vertices, window=torch.empty(0))
    move(lesson)
    lesson.pictures = shrunk(other_camera(lesson.pictures), size)
    flipped = torch.from_numpy(random.random(BATCH) < FLIPPED)
    flipped[:mesh_rows] = False
    lesson.pictures[flipped] = lesson.pictures[flipped].flip(3)
    lesson.logits[flipped, 1] *= -1
    for labels in (lesson.keypoints, lesson.crop, lesson.log_width, *lesson.features.values()):
        labels[flipped] = torch.nan
    return lesson
