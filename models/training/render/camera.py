"""Cameras, windows, and the projection of a crop.

Frame camera: the camera that took the whole picture. Crop camera: the same place, turned to the window's centre and with the
window's roll; labels are in its space (metres, x right, y down, z away). Crop px follow crop.py: pixel (u, v) of an S x S
crop lies (u - S/2, v - S/2) side / S from the window's centre.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from crop import JITTER_ROLL, JITTER_SCALE, JITTER_SHIFT, Window, rotation_matrix, window_from_keypoints
from metrics import turn_to_ray

PALM_KEYPOINTS = [0, 1, 2, 5, 9, 13, 17]
# The palm detector's box over the longer side of the box around PALM_KEYPOINTS, and its centre's distance from that box's
# centre over the same: mean and deviation on 207 of the photos; rotation is 8 degrees off.
PALM_BOX = (1.03, 0.1)
PALM_SHIFT = 0.07
PALM_TURN = np.deg2rad(8)


@dataclass(frozen=True)
class FrameCamera:
    width: int
    height: int
    focal: float  # px

    @property
    def centre(self) -> np.ndarray:
        return np.array([self.width / 2, self.height / 2])

    def project(self, points: np.ndarray) -> np.ndarray:
        return points[..., :2] / points[..., 2:] * self.focal + self.centre


@dataclass(frozen=True)
class CropCamera:
    """projection [3, 3]: crop px ~ projection @ point in crop camera space; axes [3, 3]: columns in frame camera space."""

    projection: np.ndarray
    axes: np.ndarray
    window: Window
    window_width_per_depth: float  # W / depth of the root in the frame camera: side / focal


def draw_frame(random: np.random.Generator) -> FrameCamera:
    width, height = [(640, 480), (640, 360), (480, 640)][random.choice(3, p=[0.5, 0.4, 0.1])]
    field = np.deg2rad(random.uniform(40, 90))  # across the longer side
    return FrameCamera(width, height, max(width, height) / 2 / np.tan(field / 2))


def window_from_palm(keypoints: np.ndarray, random: np.random.Generator) -> Window:
    """The window that a detected palm gives (windows.ts): its box is imitated by the palm's keypoints' box."""
    palm = keypoints[PALM_KEYPOINTS]
    low, high = palm.min(axis=0), palm.max(axis=0)
    extent = max(high - low)
    box = extent * np.clip(random.normal(*PALM_BOX), 0.8, 1.25)
    direction = keypoints[9] - keypoints[0]
    rotation = float(np.arctan2(direction[0], -direction[1])) + random.normal() * PALM_TURN
    cx, cy = (
        (low + high) / 2
        + random.normal(size=2) * PALM_SHIFT * extent
        + 0.5 * box * np.array([np.sin(rotation), -np.cos(rotation)])
    )
    return Window(float(cx), float(cy), float(2.6 * box), rotation)


def jitter(window: Window, random: np.random.Generator) -> Window:
    """What a tracker's windows are off by, now and then more."""
    wide = random.random() < 0.08
    scale = np.exp(random.uniform(*np.log(JITTER_SCALE))) * (np.exp(random.normal() * 0.15) if wide else 1)
    shift = random.normal(size=2) * window.side * (0.1 if wide else JITTER_SHIFT)
    roll = random.normal() * np.deg2rad(45) if wide else random.uniform(-JITTER_ROLL, JITTER_ROLL)
    return Window(window.cx + shift[0], window.cy + shift[1], window.side * scale, window.rotation + roll)


def crop_camera(frame: FrameCamera, window: Window, size: int, planar: bool) -> CropCamera:
    """planar: the crop is the frame's own pixels (what the tracker cuts out); else a pinhole camera turned to the window."""
    x, y = (np.array([window.cx, window.cy]) - frame.centre) / frame.focal
    roll = np.eye(3)
    roll[:2, :2] = rotation_matrix(window.rotation)
    axes = turn_to_ray(x, y) @ roll
    if planar:
        intrinsics = np.array([[frame.focal, 0, frame.centre[0]], [0, frame.focal, frame.centre[1]], [0, 0, 1]])
        to_crop = np.eye(3)
        linear = rotation_matrix(window.rotation).T * (size / window.side)
        to_crop[:2, :2] = linear
        to_crop[:2, 2] = size / 2 - linear @ (window.cx, window.cy)
        projection = to_crop @ intrinsics @ axes
    else:
        focal = size * frame.focal / window.side * np.sqrt(1 + x * x + y * y)
        projection = np.array([[focal, 0, size / 2], [0, focal, size / 2], [0, 0, 1]])
    return CropCamera(projection, axes, window, window.side / frame.focal)


def draw_window(keypoints_px: np.ndarray, random: np.random.Generator) -> Window:
    """Jittered window around a hand's keypoints [21, 2] in the frame, px."""
    fresh = random.random() < 0.2
    window = window_from_palm(keypoints_px, random) if fresh else window_from_keypoints(keypoints_px)
    return jitter(window, random)
