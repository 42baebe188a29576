"""Crop windows and their sampling.

A window is a square in the image; pixel (u, v) of an N x N crop is taken at s = c + R(rotation) ((u, v) - N/2) side / N,
R = [[cos, -sin], [sin, cos]], and u is N - u first where the window is mirrored. u and v are integers 0..N-1, and image
pixel (i, j)'s value sits at s = (i, j): no half-pixel offset. Between pixels the value is bilinear; pixels outside of the
image are 0, so that a sample up to one pixel outside blends with 0.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

# The keypoints whose box a window is made of: those that move least when fingers bend.
WINDOW_KEYPOINTS = [0, 1, 2, 3, 5, 6, 9, 10, 13, 14, 17, 18]
# A tracker's windows are off from those of the true keypoints: deviation of the centre over the side, range of the side's
# factor, and of the turn (radians).
JITTER_SHIFT = 0.04
JITTER_SCALE = (0.82, 1.32)
JITTER_ROLL = np.deg2rad(20)


@dataclass(frozen=True)
class Window:
    """Centre and side in image px; rotation in radians, clockwise as seen; mirrored: the crop is flipped."""

    cx: float
    cy: float
    side: float
    rotation: float
    mirrored: bool = False

    def to_image(self, points: np.ndarray, size: int) -> np.ndarray:
        """Crop px [..., 2] of a size x size crop to image px."""
        u = np.asarray(points, np.float64) - size / 2
        if self.mirrored:
            u = u * (-1, 1)
        return (self.cx, self.cy) + u @ rotation_matrix(self.rotation).T * (self.side / size)

    def to_image_axes(self, vectors: np.ndarray) -> np.ndarray:
        """Vectors [..., 3] from the crop's axes to the image's: x right, y down, z away from the camera."""
        turned = np.array(vectors, np.float64)
        if self.mirrored:
            turned[..., 0] *= -1
        turned[..., :2] = turned[..., :2] @ rotation_matrix(self.rotation).T
        return turned


def rotation_matrix(angle: float) -> np.ndarray:
    cos, sin = np.cos(angle), np.sin(angle)
    return np.array([[cos, -sin], [sin, cos]])


def letterbox(width: int, height: int) -> Window:
    """The square around a whole image: what the palm detector sees."""
    return Window(width / 2, height / 2, max(width, height), 0)


def window_from_keypoints(keypoints: np.ndarray, mirrored: bool = False) -> Window:
    """The window around a hand from its 21 keypoints [21, 2], image px (MediaPipe's hand_landmark_landmarks_to_roi)."""
    axis = ((keypoints[5] + keypoints[13]) / 2 + keypoints[9]) / 2 - keypoints[0]
    rotation = float(np.arctan2(axis[0], -axis[1]))
    turn = rotation_matrix(rotation)
    upright = keypoints[WINDOW_KEYPOINTS] @ turn
    low, high = upright.min(axis=0), upright.max(axis=0)
    width, height = high - low
    cx, cy = turn @ ((low + high) / 2 - (0, 0.1 * height))
    return Window(float(cx), float(cy), float(2 * max(width, height)), rotation, mirrored)


def sample(image: np.ndarray, window: Window, size: int, oversampling: int = 1) -> np.ndarray:
    """A crop [size, size, 3] float32 of an image [H, W, 3] uint8, values 0..255: every pixel the mean of oversampling^2 of a finer crop."""
    if oversampling > 1:
        fine = sample(image, window, size * oversampling)
        return fine.reshape(size, oversampling, size, oversampling, 3).mean(axis=(1, 3))
    grid = np.stack(np.meshgrid(np.arange(size), np.arange(size)), axis=-1)
    x, y = np.moveaxis(window.to_image(grid, size), -1, 0)
    x0, y0 = np.floor(x).astype(int), np.floor(y).astype(int)
    ax, ay = (x - x0)[..., None], (y - y0)[..., None]
    return (
        (pixel(image, x0, y0) * (1 - ax) + pixel(image, x0 + 1, y0) * ax) * (1 - ay)
        + (pixel(image, x0, y0 + 1) * (1 - ax) + pixel(image, x0 + 1, y0 + 1) * ax) * ay
    ).astype(np.float32)


def pixel(image: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    height, width = image.shape[:2]
    inside = (x >= 0) & (x < width) & (y >= 0) & (y < height)
    return image[np.clip(y, 0, height - 1), np.clip(x, 0, width - 1)] * inside[..., None]


def network_input(crop: np.ndarray) -> np.ndarray:
    """A crop [S, S, 3], RGB 0..255, as a network's `image` [1, 3, S, S], 0..1."""
    return np.ascontiguousarray(crop.astype(np.float32).transpose(2, 0, 1)[None] / 255)
