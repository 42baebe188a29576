"""Environment light from HDRIs: spherical harmonics of the irradiance and pictures blurred by roughness."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np

from .data import TEST_HDRIS, cached, need

VERSION = 3
HEIGHT, LEVELS = 32, 4  # of the blurred pictures; octahedral maps of OCTAHEDRON px
OCTAHEDRON = 48
BLUR = (0.0, 0.2, 0.45, 0.9)  # radians, of the levels


@dataclass(frozen=True)
class Hdri:
    """Radiance is scaled so that the mean irradiance over all directions is 1 (divided by pi)."""

    sh: np.ndarray  # [9, 3]
    pictures: np.ndarray  # [LEVELS, OCTAHEDRON, OCTAHEDRON, 3], z in the middle, as `reflection` of shade.c has it
    sun: np.ndarray  # [3] direction of the strongest light, y up
    sun_colour: np.ndarray  # [3] its irradiance


def _directions(height: int) -> tuple[np.ndarray, np.ndarray]:
    """Direction [h, 2h, 3] and solid angle [h, 1] of every pixel; environment space, y down."""
    theta = (np.arange(height) + 0.5) / height * np.pi
    phi = ((np.arange(2 * height) + 0.5) / (2 * height) - 0.5) * 2 * np.pi
    st, ct = np.sin(theta)[:, None], np.cos(theta)[:, None]
    # shade.c: column from atan2(x, z), row from acos(-y) in an environment space whose y points down.
    direction = np.stack([st * np.sin(phi), -ct + 0 * phi, st * np.cos(phi)], -1)
    return direction, st * (np.pi / height) ** 2


def basis(d: np.ndarray) -> np.ndarray:
    x, y, z = np.moveaxis(d, -1, 0)
    return np.stack([
        0.282095 + 0 * x, 0.488603 * y, 0.488603 * z, 0.488603 * x, 1.092548 * x * y, 1.092548 * y * z,
        0.315392 * (3 * z * z - 1), 1.092548 * x * z, 0.546274 * (x * x - y * y),
    ], -1)  # fmt: skip


def _octahedral(pictures: np.ndarray) -> np.ndarray:
    """Latitude-longitude pictures [L, h, 2h, 3] as octahedral maps."""
    at = (np.arange(OCTAHEDRON) + 0.5) / OCTAHEDRON * 2 - 1
    x, y = np.meshgrid(at, at)
    z = 1 - np.abs(x) - np.abs(y)
    far = z < 0
    fold_x, fold_y = (1 - np.abs(y)) * np.sign(x), (1 - np.abs(x)) * np.sign(y)
    x, y = np.where(far, fold_x, x), np.where(far, fold_y, y)
    length = np.sqrt(x * x + y * y + z * z)
    column = ((np.arctan2(x, z) / (2 * np.pi) + 0.5) * 2 * HEIGHT).astype(int) % (2 * HEIGHT)
    row = np.minimum((np.arccos(-y / length) / np.pi * HEIGHT).astype(int), HEIGHT - 1)
    return pictures[:, row, column]


def _prepare(name: str) -> dict[str, np.ndarray]:
    image = cv2.imread(str(need(f"hdris/{name}.hdr")), cv2.IMREAD_UNCHANGED)[..., ::-1].astype(np.float32)
    small = cv2.resize(image, (256, 128), interpolation=cv2.INTER_AREA)
    direction, angle = _directions(128)
    luminance = small @ np.array([0.2126, 0.7152, 0.0722], np.float32)
    # The strongest light is taken out and becomes a light of its own, which casts shadows.
    blurred = cv2.GaussianBlur(luminance, (0, 0), 2.5)
    at = np.unravel_index(np.argmax(blurred), blurred.shape)
    sun = direction[at]
    near = (direction @ sun) > np.cos(np.deg2rad(14))
    rest = np.median(small[near], axis=0)
    taken = np.where(near[..., None], np.maximum(small - 2 * rest, 0), 0)
    sun_colour = (taken * angle[..., None]).sum((0, 1)) / np.pi
    small = small - taken
    total = (luminance * angle).sum() / (4 * np.pi)
    small, sun_colour = small / total, sun_colour / total
    project = np.einsum("hwb,hwc,hw->bc", basis(direction), small, np.broadcast_to(angle, luminance.shape))
    lobe = np.array([1.0] + [2 / 3] * 3 + [0.25] * 5)[:, None]
    pictures = []
    low_direction, _ = _directions(HEIGHT)
    base = cv2.resize(small, (2 * HEIGHT, HEIGHT), interpolation=cv2.INTER_AREA)
    _, low_angle = _directions(HEIGHT)
    flat = low_direction.reshape(-1, 3)
    for blur in BLUR:
        if blur == 0:
            pictures.append(base)
            continue
        kernel = np.exp((flat @ flat.T - 1) / (blur * blur / 2)) * np.broadcast_to(low_angle, (HEIGHT, 2 * HEIGHT)).ravel()
        pictures.append(((kernel / kernel.sum(1, keepdims=True)) @ base.reshape(-1, 3)).reshape(base.shape))
    return {"sh": project * lobe, "pictures": _octahedral(np.stack(pictures)), "sun": sun, "sun_colour": sun_colour}


@cache
def hdri(name: str) -> Hdri:
    arrays = cached(f"hdri-{name}-{VERSION}", lambda: _prepare(name))
    pictures = np.ascontiguousarray(np.minimum(arrays["pictures"], 40), np.float32)
    return Hdri(arrays["sh"].astype(np.float32), pictures, arrays["sun"], arrays["sun_colour"])


@cache
def hdri_names(split: str) -> list[str]:
    names = sorted(path.stem for path in need("hdris").glob("*.hdr"))
    return [name for name in names if (name in TEST_HDRIS) == (split == "test")]
