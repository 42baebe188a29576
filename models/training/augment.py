"""What makes two crops of one photo differ: the tracker's inexactness, and cameras."""

from __future__ import annotations

import cv2
import numpy as np

from crop import JITTER_ROLL, JITTER_SCALE, JITTER_SHIFT, Window, rotation_matrix
from render.data import need

COVER_WITHIN = 0.2  # objects' centres stay this far from the crop's border, over its side


def jitter(window: Window, random: np.random.Generator) -> Window:
    """The window as a tracker might have it."""
    shift = random.normal(size=2) * JITTER_SHIFT * window.side
    scale = np.exp(random.uniform(*np.log(JITTER_SCALE)))
    roll = random.uniform(-JITTER_ROLL, JITTER_ROLL)
    return Window(window.cx + shift[0], window.cy + shift[1], window.side * scale, window.rotation + roll, window.mirrored)


def sample_fast(image: np.ndarray, window: Window, size: int) -> np.ndarray:
    """As crop.sample, to 1/32 px, by OpenCV: [size, size, 3] uint8."""
    scale = window.side / size
    turn = rotation_matrix(window.rotation) * scale
    if window.mirrored:
        turn = turn @ np.diag([-1.0, 1.0])
    to_image = np.column_stack([turn, (window.cx, window.cy) - turn @ np.full(2, size / 2)])
    return cv2.warpAffine(image, to_image, (size, size), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)


def to_crop(points: np.ndarray, window: Window) -> np.ndarray:
    """Image px [..., 2] to fractions of the window's side from its centre."""
    turned = (np.asarray(points) - (window.cx, window.cy)) @ rotation_matrix(window.rotation) / window.side
    return turned * (-1, 1) if window.mirrored else turned


def camera_noise(crop: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Another camera's picture of the same: blur, exposure, white balance, contrast, noise."""
    out = crop.astype(np.float32)
    if random.random() < 0.3:
        out = cv2.GaussianBlur(out, (0, 0), float(random.uniform(0.5, 2.5)))
    if random.random() < 0.15:
        # A small picture that was enlarged.
        size = crop.shape[0]
        small = cv2.resize(out, None, fx=(f := random.uniform(0.25, 0.7)), fy=f, interpolation=cv2.INTER_AREA)
        out = cv2.resize(small, (size, size), interpolation=cv2.INTER_LINEAR)
    gain = np.exp(random.normal() * 0.2 + random.normal(size=3) * 0.07)
    contrast = np.exp(random.normal() * 0.15)
    out = (out * gain - 128) * contrast + 128 + random.normal() * 10
    if random.random() < 0.5:
        out += random.standard_normal(out.shape, np.float32) * np.float32(random.uniform(0, 8))
    if random.random() < 0.1:
        out = np.repeat(out.mean(axis=2, keepdims=True), 3, axis=2)
    return np.clip(out, 0, 255).astype(np.uint8)


def cover(crop: np.ndarray, share: float, names: list[str], random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """The crop [S, S, 3] with an ellipse of some background photo over `share` of it, and where that is [S, S]."""
    size = len(crop)
    photo = cv2.cvtColor(cv2.imread(str(need(f"backgrounds/{names[random.integers(len(names))]}"))), cv2.COLOR_BGR2RGB)
    photo = cv2.resize(photo, (size, size), interpolation=cv2.INTER_AREA)
    slender, radius = random.uniform(0.5, 2), size * np.sqrt(share / np.pi)
    axes = (round(radius * np.sqrt(slender)), round(radius / np.sqrt(slender)))
    centre = random.uniform(COVER_WITHIN * size, (1 - COVER_WITHIN) * size, 2).round().astype(int)
    mask = np.zeros((size, size), np.uint8)
    cv2.ellipse(mask, (int(centre[0]), int(centre[1])), axes, random.uniform(0, 180), 0, 360, 1, -1)
    hides = mask > 0
    return np.where(hides[..., None], photo, crop), hides


def under(mask: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Which places [N, 2] in a crop, fractions from its centre, the mask [S, S] has."""
    size = len(mask)
    at = np.clip(((places + 0.5) * size).astype(int), 0, size - 1)
    return mask[at[:, 1], at[:, 0]]
