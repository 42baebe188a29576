"""Crops of an evaluation set in windows from the truth, with the truth in the crop's frame."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import metrics
from backbone import SIZE
from contract import ROOT
from crop import Window, sample, window_from_keypoints
from eval_sets import read_frames, truth_2d
from reference import read_rgb
from render_features import size_of


@dataclass(frozen=True)
class TrueCrop:
    image: np.ndarray  # [224, 224, 3]
    window: Window
    px: np.ndarray  # [21, 2] true places in the whole image
    keypoints: np.ndarray  # [21, 3] along the crop's axes, relative to the root, of reference size


def turn_of(window: Window, intrinsics: list[float]) -> np.ndarray:
    """[3, 3] from the axes of a camera that looks at the window's middle to the camera's own."""
    fx, fy, cx, cy = intrinsics
    return metrics.turn_to_ray((window.cx - cx) / fx, (window.cy - cy) / fy)


def crop_axes(window: Window, intrinsics: list[float]) -> np.ndarray:
    """[3, 3], columns are the crop's axes in camera space."""
    return turn_of(window, intrinsics) @ window.to_image_axes(np.eye(3)).T


def true_crops(folder: Path, stride: int = 1) -> Iterator[TrueCrop]:
    """Of every stride-th frame with true 3D."""
    for frame in [frame for frame in read_frames(folder) if "keypoints" in frame][::stride]:
        px = truth_2d(frame)
        window = window_from_keypoints(px, mirrored=frame["side"] == "left")
        points = np.array(frame["keypoints"])
        keypoints = (points - points[ROOT]) @ crop_axes(window, frame["intrinsics"]) / size_of(points)
        yield TrueCrop(sample(read_rgb(folder / frame["file"]), window, SIZE), window, px, keypoints)
