"""The true colour of every vertex of a rendered hand, hidden ones too: its albedo in the scene's mean light, through the same camera.

The mean light is that which falls on what is seen of the hand, so that an evenly lit hand in the colours given here is as bright
as the picture of it.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
from scipy.spatial import cKDTree

import render
from render import native, scene
from render.looks import look
from render.native import Material
from render.rig import HAND, REST_TRANSFORMS
from render.truth import HAND as HAND_KIND
from render.truth import project

NORMAL_METRES = 0.008  # what a quite different normal counts as, as in looks.py
STEPS = 4  # a triangle is searched at the points of a grid of so many steps
LEVEL_PX = 256  # level of a texture whose texels are as wide as a few millimetres of skin
BEHIND = 0.006  # metres between a vertex and the drawn surface before it: labels lie on it to some millimetres
CHROMA_BLUR = 3.0  # px: what is compared of two pictures' saturation
LUT_SIZE, MIDDLE, NO_NAIL = 256, 128.0, 255.0  # shade.c's texel values


@dataclass
class Drawn:
    """What passed by while a sample was drawn; the last attempt's is the sample's."""

    view: scene.View | None = None
    materials: list[Material] | None = None
    shaded: np.ndarray | None = None  # [N, N, 4] linear, premultiplied
    tone: np.ndarray | None = None  # [3, 1024]
    composed: np.ndarray | None = None  # [N, N, 3] before blur and noise


@contextmanager
def watching() -> Iterator[Drawn]:
    """Keeps what a sample is made of; draws nothing at random and changes nothing, so that a seed's sample stays what it is."""
    drawn = Drawn()
    shade, compose = scene.shade, native.compose

    def keep_shade(view: scene.View, materials: list[Material], *rest: object) -> np.ndarray:
        drawn.view, drawn.materials, drawn.shaded = view, materials, shade(view, materials, *rest)
        return drawn.shaded

    def keep_compose(front: np.ndarray, back: np.ndarray, decode: np.ndarray, dim: np.ndarray | None, tone: np.ndarray) -> np.ndarray:
        drawn.tone, drawn.composed = tone, compose(front, back, decode, dim, tone)
        return drawn.composed

    _swap(keep_shade, keep_compose)
    try:
        yield drawn
    finally:
        _swap(shade, compose)


def _swap(shade: Callable[..., np.ndarray], compose: Callable[..., np.ndarray]) -> None:
    scene.shade, native.compose = shade, compose


@cache
def on_look(name: str) -> tuple[np.ndarray, np.ndarray]:
    """Corners [V, 3] and their weights [V, 3]: where on a look's surface each vertex of the generic hand lies."""
    of = look(name)
    affine = REST_TRANSFORMS.astype(np.float32)
    positions = native.skin(of.local, of.bones, of.weights, affine)
    normals = native.normals(positions, of.weld, of.triangles)
    labels = native.skin(of.label_local, HAND.bones, HAND.weights, affine)
    own = native.normals(labels, np.arange(len(labels), dtype=np.int32), HAND.triangles)
    grid = np.array([(i, j, STEPS - i - j) for i in range(STEPS + 1) for j in range(STEPS + 1 - i)]) / STEPS
    points, facing = (np.einsum("gk,tkd->tgd", grid, a[of.triangles]).reshape(-1, 3) for a in (positions, normals))
    _, at = cKDTree(np.hstack([points, NORMAL_METRES * facing])).query(np.hstack([labels, NORMAL_METRES * own]))
    return of.triangles[at // len(grid)], grid[at % len(grid)]


def _texels(material: Material, uv: np.ndarray) -> np.ndarray:
    """[V, 4] of a material's colour texture, bilinear, as look_up of shade.c."""
    side, skipped = material.colour.size, 0
    while side > LEVEL_PX:
        skipped += 4 * side * side
        side //= 2
    octets = (ctypes.c_uint8 * (4 * side * side)).from_address(material.colour.data + skipped)
    image = np.frombuffer(octets, np.uint8).reshape(side, side, 4)
    at = uv * side - 0.5
    low = np.floor(at).astype(int)
    (x0, y0), (x1, y1) = (low % side).T, ((low + 1) % side).T
    ax, ay = (at - low).T[..., None]
    return (image[y0, x0] * (1 - ax) + image[y0, x1] * ax) * (1 - ay) + (image[y1, x0] * (1 - ax) + image[y1, x1] * ax) * ay


def albedo(drawn: Drawn, name: str) -> np.ndarray:
    """[V, 3] linear. The hand is the scene's first part, its material the first one (sample.py)."""
    corners, weights = on_look(name)
    attributes = np.einsum("vk,vkd->vd", weights, drawn.view.attributes[corners])
    material = drawn.materials[0]
    plain = np.array([MIDDLE, MIDDLE, MIDDLE, NO_NAIL])
    texel = np.tile(plain, (len(attributes), 1))
    if material.colour.data:
        texel = plain + (_texels(material, attributes[:, :2]) - plain) * attributes[:, 2:3]
    table = np.array(material.lut, np.float32).reshape(3, LUT_SIZE)
    colour = table[np.arange(3), np.clip(np.round(texel[:, :3]), 0, LUT_SIZE - 1).astype(int)] * attributes[:, 3:]
    nail = np.clip((NO_NAIL - texel[:, 3:]) / NO_NAIL, 0, 1) * material.nail_cover
    return colour + (np.array(material.nail) - colour) * nail


def shown_at(drawn: Drawn, vertices: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Whether each vertex [V] is seen in the picture, and the drawn pixel [V, 2] it lies in."""
    view = drawn.view
    size = len(drawn.shaded)
    px = np.round(project(view.projection, vertices)).astype(int)
    inside = np.all((px >= 0) & (px < size), axis=1)
    x, y = np.clip(px, 0, size - 1).T
    sample = (y * scene.SUPERSAMPLING, x * scene.SUPERSAMPLING)
    triangle = view.ids[sample]
    before = (vertices @ view.projection.T)[:, 2] - 1 / np.maximum(view.depth[sample], 1e-9)
    return inside & (triangle >= 0) & (view.kind[triangle] == HAND_KIND) & (np.abs(before) < BEHIND), np.stack([x, y], 1)


def _saturation(composed: np.ndarray, image: np.ndarray) -> float:
    """Of the final picture over the composed one: cameras may have taken colour out."""
    size = (len(image) // 2,) * 2
    chroma = []
    for picture in (np.clip(composed, 0, 1).astype(np.float32), image.astype(np.float32) / 255):
        soft = cv2.GaussianBlur(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), (0, 0), CHROMA_BLUR)
        chroma.append(soft - soft.mean(2, keepdims=True))
    before, after = chroma
    return float(np.clip((before * after).sum() / ((before**2).sum() + 1e-3), 0, 2))


def vertex_colours(drawn: Drawn, sample: render.Sample) -> tuple[np.ndarray, np.ndarray] | None:
    """True display colours [V, 3], 0..1, and which vertices the picture shows [V]; None where it shows none."""
    shown, px = shown_at(drawn, sample.vertices)
    linear = drawn.shaded[px[:, 1], px[:, 0]]
    shown &= linear[:, 3] > 0.99  # wholly covered pixels
    if not shown.any():
        return None
    own = albedo(drawn, sample.look)
    light = linear[shown, :3].mean(0) / np.maximum(own[shown].mean(0), 1e-4)
    entry = np.sqrt(np.clip(own * light, 0, 4)) * 511.5  # of the tone table (post.c)
    colour = np.stack([np.interp(entry[:, k], np.arange(1024), drawn.tone[k]) for k in range(3)], 1)
    grey = colour @ np.array([0.299, 0.587, 0.114])
    colour = grey[:, None] + (colour - grey[:, None]) * _saturation(drawn.composed, sample.image)
    return np.clip(colour, 0, 1).astype(np.float32), shown


def sample_with_colours(seed: int, size: int, split: str) -> tuple[render.Sample, np.ndarray, np.ndarray] | None:
    """render.sample(seed) and `vertex_colours` of it."""
    with watching() as drawn:
        sample = render.sample(seed, size, split, with_maps=False)
    found = vertex_colours(drawn, sample)
    return None if found is None else (sample, *found)
