"""Textures as the C part reads them: square RGBA bytes with all smaller levels, and the skins in a form that can be recoloured.

A skin is stored as ratios: a texel of 128 is the hand's mean colour, 64 half of it, in linear light. The material's tables
turn ratios into any skin colour. Alpha is 255 on skin and 0 on nails.
"""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from .data import cached, need
from .looks import Look, look
from .native import Texture, normals, rasterise, skin
from .rig import HAND, REST_TRANSFORMS, TIPS

VERSION = 8
FOLDER = "rigs/godot_hands/textures"
# name: (file of the colours, is a glove)
SKINS = {
    "dark": "african_baseColor.png", "dark_realistic": "african_realistic_baseColor.png",
    "light": "caucasian_baseColor.png", "light_realistic": "caucasian_realistic_baseColor.png",
}  # fmt: skip
GLOVES = {"cleaning": "cleaning_glove_baseColor.png", "lab": "labglove_baseColor.png",
          "camouflage": "glove_caucasian_dark_camo.png"}  # fmt: skip
TEST_SKINS, TEST_GLOVES = ("light",), ("camouflage",)
RATIO_RANGE = 0.3, 1.9
PX = 1024
SLOW_PX = 26  # what changes more slowly than this over the texture is mostly left to `Skin`
DETAIL = 0.075  # deviation of log luminance that stays


def with_levels(image: np.ndarray) -> np.ndarray:
    """Bytes of an RGBA image [N, N, 4] and its halves down to 4 x 4, one after the other."""
    levels = [np.ascontiguousarray(image)]
    while len(levels[-1]) > 4:
        levels.append(cv2.resize(levels[-1], None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA))
    return np.concatenate([level.ravel() for level in levels])


def texture(data: np.ndarray | None) -> Texture:
    """The C structure of bytes from `with_levels`; the caller keeps the array alive."""
    if data is None:
        return Texture(None, 0)
    side = 4
    while data.size > sum(4 * (side >> k) ** 2 for k in range(12) if side >> k >= 4):
        side *= 2
    return Texture(data.ctypes.data, side)


def linear(srgb: np.ndarray) -> np.ndarray:
    """sRGB bytes or 0..255 to linear light 0..1."""
    x = np.asarray(srgb, np.float32) / 255
    return np.where(x <= 0.04045, x / 12.92, ((x + 0.055) / 1.055) ** 2.4)


def _read(file: str) -> np.ndarray:
    return cv2.cvtColor(cv2.imread(str(need(f"{FOLDER}/{file}")), cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)


def _texels(of: Look, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Triangle of every texel [size, size] (-1: none) and its barycentric coordinates [size, size, 3]."""
    place = np.concatenate([of.uv * size - 0.5, np.ones((len(of.uv), 1), np.float32)], 1).astype(np.float32)
    triangle, _ = rasterise(size, 1, of.triangles, np.ascontiguousarray(place))
    a, b, c = (place[of.triangles[triangle]][..., k, :2] for k in range(3))
    y, x = np.mgrid[:size, :size].astype(np.float32)
    area = (b[..., 0] - a[..., 0]) * (c[..., 1] - a[..., 1]) - (c[..., 0] - a[..., 0]) * (b[..., 1] - a[..., 1])
    wb = ((x - a[..., 0]) * (c[..., 1] - a[..., 1]) - (c[..., 0] - a[..., 0]) * (y - a[..., 1])) / area
    wc = ((b[..., 0] - a[..., 0]) * (y - a[..., 1]) - (x - a[..., 0]) * (b[..., 1] - a[..., 1])) / area
    return triangle, np.stack([1 - wb - wc, wb, wc], -1)


def _nail_texels(name: str) -> np.ndarray:
    """[PX, PX] whether a texel is on a nail: the small islands of the unwrapping."""
    of = look(name)
    edges = of.triangles[:, [0, 1, 1, 2]].reshape(-1, 2).T
    piece = connected_components(coo_matrix((np.ones(edges.shape[1]), edges), shape=(len(of.uv),) * 2), False)[1]
    small = np.bincount(piece)[piece[of.triangles[:, 0]]] < 100
    triangle, _ = _texels(of, PX)
    return (triangle >= 0) & small[triangle]


def _skin_ratios(file: str) -> np.ndarray:
    """[PX, PX, 4] ratios of a CC0 skin: slow changes (palm to back, painted shadows) are mostly taken out."""
    colour = linear(_read(file))
    used = np.maximum(*(_texels(look(name), PX)[0] >= 0 for name in ("nails", "nails_left"))).astype(np.float32)
    nails = cv2.dilate(np.maximum(_nail_texels("nails"), _nail_texels("nails_left")).astype(np.uint8), np.ones((3, 3))) > 0
    hand = used * ~nails
    weight = cv2.GaussianBlur(hand, (0, 0), SLOW_PX) + 1e-4
    logs = np.log(np.maximum(colour, 0.004))
    mean = (logs * hand[..., None]).sum((0, 1)) / hand.sum()
    slow = cv2.GaussianBlur(logs * hand[..., None], (0, 0), SLOW_PX) / weight[..., None] - mean
    detail = logs - mean - slow
    # Paint of strong contrast (dark skins: light palms) is taken down to the same deviation as the others'.
    deviation = np.sqrt((np.square(detail.mean(2)) * hand).sum() / hand.sum())
    detail *= min(1, DETAIL / deviation)
    grey = detail.mean(2, keepdims=True)
    kept = grey + (detail - grey) * 0.7 + slow * 0.15
    nail_mean = np.median(logs[nails & (used > 0)], axis=0)
    kept[nails] = (logs[nails] - nail_mean) * 0.5 + np.log([1.15, 1.0, 1.02])
    ratio = np.clip(np.exp(kept), *RATIO_RANGE) * 128
    return np.dstack([ratio, np.where(nails, 0, 255)]).astype(np.uint8)


def _onto_generic(image: np.ndarray, size: int = PX) -> np.ndarray:
    """A texture of the CC0 hand on the generic hand's unwrapping: every texel takes the nearest point's, nails are painted."""
    generic, source = look("generic"), look("plain")
    affine = REST_TRANSFORMS.astype(np.float32)
    points = []
    for of, positions in (
        (source, skin(source.local, source.bones, source.weights, affine)),
        (generic, skin(source.label_local, HAND.bones, HAND.weights, affine)[HAND.seam_vertex]),
    ):
        triangle, weights = _texels(of, size)
        found = triangle >= 0
        corners = of.triangles[triangle[found]]
        at = np.einsum("nk,nkd->nd", weights[found], positions[corners])
        facing = normals(positions, of.weld, of.triangles)
        points.append((found, at, np.einsum("nk,nkd->nd", weights[found], facing[corners])))
    (from_texels, from_points, from_normals), (target, to_points, to_normals) = points
    _, nearest = cKDTree(np.hstack([from_points, from_normals * 0.01])).query(np.hstack([to_points, to_normals * 0.01]))
    out = np.zeros((size, size, image.shape[2]), np.uint8)
    out[target] = _paint_nails(image[from_texels][nearest], target, size)
    # Beyond the islands the nearest texel goes on, so that filtering finds no black.
    _, labels = cv2.distanceTransformWithLabels((~target).astype(np.uint8), cv2.DIST_L2, 3, labelType=cv2.DIST_LABEL_PIXEL)
    lookup = np.zeros((labels.max() + 1, image.shape[2]), np.uint8)
    lookup[labels[target]] = out[target]
    return lookup[labels]


def _paint_nails(values: np.ndarray, target: np.ndarray, size: int) -> np.ndarray:
    """values [N, 4] of the generic hand's texels with nails on the backs of the fingers' ends: rounded squares, a pale edge."""
    generic = look("generic")
    triangle, weights = _texels(generic, size)
    corners = generic.triangles[triangle[target]]
    at = np.einsum("nk,nkd->nd", weights[target], HAND.vertices[HAND.seam_vertex][corners])
    finger = np.linalg.norm(at[:, None] - HAND.positions[TIPS], axis=2).argmin(1)
    local = np.einsum("nba,nb->na", HAND.rotations[TIPS][finger], at - HAND.positions[TIPS][finger])
    radius = HAND.radii[TIPS][finger]
    x, z = local[:, 0] / (0.74 * radius), (local[:, 2] + 0.0036) / (0.95 * radius)
    outside = (x**4 + z**4) ** 0.25
    nail = np.clip((1.06 - outside) / 0.12, 0, 1) * (local[:, 1] > 0.25 * radius) * (np.abs(local[:, 2]) < 0.012)
    edge = np.clip((-z - 0.78) / 0.1, 0, 1)[:, None]
    ratio = np.array([1.12, 0.98, 1.0]) * (1 - edge) + np.array([1.35, 1.4, 1.45]) * edge
    rim = np.exp(-(((outside - 1.08) / 0.09) ** 2)) * (local[:, 1] > 0) * (np.abs(local[:, 2]) < 0.012)  # the fold around it
    out = values.astype(np.float32)
    out[:, :3] *= 1 - 0.16 * rim[:, None]
    out[:, :3] += (ratio * 128 - out[:, :3]) * nail[:, None]
    out[:, 3] = 255 * (1 - nail)
    return np.clip(out, 0, 255).astype(np.uint8)


def skin_names(split: str) -> list[str]:
    return [name for name in SKINS if (name in TEST_SKINS) == (split == "test")]


def glove_names(split: str) -> list[str]:
    return [name for name in GLOVES if (name in TEST_GLOVES) == (split == "test")]


@cache
def skin_texture(name: str, unwrapping: str) -> np.ndarray:
    """Ratios of a skin with levels; unwrapping: "cc0" or "generic"."""

    def make() -> dict[str, np.ndarray]:
        image = _skin_ratios(SKINS[name])
        return {"data": with_levels(_onto_generic(image) if unwrapping == "generic" else image)}

    return cached(f"skin-{name}-{unwrapping}-{VERSION}", make)["data"]


@cache
def glove_texture(name: str) -> np.ndarray:
    image = _read(GLOVES[name])
    return with_levels(np.dstack([image, np.full(image.shape[:2], 255, np.uint8)]))


@cache
def normal_texture(name: str) -> np.ndarray:
    """Tangent-space normals with levels, of the CC0 "hands" or "glove"."""
    image = _read(f"{name}_normal.png")
    return with_levels(np.dstack([image, np.full(image.shape[:2], 255, np.uint8)]))


@cache
def grey_normals(name: str) -> np.ndarray:
    """Normals of the generic hand's unwrapping: what is darker in the skin is taken to lie deeper."""
    image = skin_texture(name, "generic")[: PX * PX * 4].reshape(PX, PX, 4)
    height = cv2.GaussianBlur(image[..., :3].mean(2).astype(np.float32), (0, 0), 1.5)
    dx, dy = cv2.Sobel(height, cv2.CV_32F, 1, 0), cv2.Sobel(height, cv2.CV_32F, 0, 1)
    scale = 22 / np.hypot(dx, dy).std()
    planes = [128 - dx * scale, 128 + dy * scale, np.full_like(dx, 255), np.full_like(dx, 255)]
    return with_levels(np.clip(np.dstack(planes), 30, 225).astype(np.uint8))


def noise(random: np.random.Generator, size: int, first: int, octaves: int, decay: float) -> np.ndarray:
    """Repeating noise [size, size], mean 0, deviation 1: octaves of `first`, 2 first, ... cells across."""
    out = np.zeros((size, size), np.float32)
    for k in range(octaves):
        cells = first << k
        if cells > size:
            break
        grid = np.pad(random.standard_normal((cells, cells)).astype(np.float32), 2, mode="wrap")
        step = size / cells
        big = cv2.resize(grid, None, fx=step, fy=step, interpolation=cv2.INTER_CUBIC)
        edge = round(2 * step)
        out += big[edge : edge + size, edge : edge + size] * decay**k
    return (out - out.mean()) / (out.std() + 1e-9)


@cache
def detail_texture(kind: str) -> np.ndarray:
    """R: albedo factor, G and B: slopes. "skin": mottling and pores; "cloth": a weave with folds."""
    random = np.random.default_rng({"skin": 1, "cloth": 2}[kind])
    size = 256
    if kind == "skin":
        colour = noise(random, size, 4, 5, 0.75)
        height = noise(random, size, 24, 4, 0.8)
    else:
        x = np.arange(size) * (2 * np.pi / size)
        weave = np.sin(64 * x)[None] * np.sin(64 * x)[:, None]
        colour = weave * 0.8 + noise(random, size, 4, 4, 0.6) * 0.6
        height = noise(random, size, 3, 3, 0.5) * 4 + weave * 0.3
    dx = np.roll(height, -1, 1) - np.roll(height, 1, 1)
    dy = np.roll(height, -1, 0) - np.roll(height, 1, 0)
    scale = 40 / max(dx.std(), dy.std())
    planes = [128 + 40 * colour, 128 - dx * scale, 128 + dy * scale, np.full_like(colour, 255)]
    return with_levels(np.clip(np.dstack(planes), 0, 255).astype(np.uint8))
