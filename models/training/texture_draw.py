"""Draws a hand's mesh with a colour at each vertex, as seen along a direction: for pictures and for the browser's fixture."""

from __future__ import annotations

import numpy as np

from render import native
from render.rig import HAND
from texture_view import DEPTH_OFFSET, vertex_normals

FACTOR = 3  # samples along a pixel's side
LIGHT = np.array([-0.3, -0.4, -0.87])  # toward the light: from the upper left, behind the viewer
DARKEST = 0.72  # of a surface that is turned from the light: only enough to see its shape


def turned(points: np.ndarray, centre: np.ndarray, angle: float) -> np.ndarray:
    """Points [N, 3] turned about the vertical axis through `centre`, radians."""
    cos, sin = np.cos(angle), np.sin(angle)
    return (points - centre) @ np.array([[cos, 0, -sin], [0, 1, 0], [sin, 0, cos]]) + centre


def draw(vertices: np.ndarray, places: np.ndarray, colours: np.ndarray, back: np.ndarray, shaded: bool = True) -> np.ndarray:
    """[S, S, 3] bytes over `back` [S, S, 3]: vertices [V, 3] (z away) at places [V, 2] (fractions of the side), colours 0..1."""
    size = len(back)
    px = (places + 0.5) * size
    ids, _ = native.rasterise(size, FACTOR, HAND.triangles, native.f32(np.hstack([px, DEPTH_OFFSET - vertices[:, 2:]])))
    y, x = np.nonzero(ids >= 0)
    corners = HAND.triangles[ids[y, x]]
    at = np.stack([x, y], 1) / FACTOR + (0.5 / FACTOR - 0.5)
    a, b, c = (px[corners[:, k]] for k in range(3))
    area = _cross(b - a, c - a)
    weight_b, weight_c = _cross(at - a, c - a) / area, _cross(b - a, at - a) / area
    weights = np.clip(np.stack([1 - weight_b - weight_c, weight_b, weight_c], 1), 0, 1)
    own = np.einsum("nk,nkd->nd", weights, colours[corners])
    if shaded:
        facing = np.einsum("nk,nkd->nd", weights, vertex_normals(vertices)[corners]) @ (LIGHT / np.linalg.norm(LIGHT))
        own = own * (DARKEST + (1 - DARKEST) * np.clip(facing, 0, 1))[:, None]
    samples = np.repeat(np.repeat(back, FACTOR, 0), FACTOR, 1).astype(np.float64)
    samples[y, x] = np.clip(own, 0, 1) * 255
    return np.round(samples.reshape(size, FACTOR, size, FACTOR, 3).mean((1, 3))).astype(np.uint8)


def _cross(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """[N] twice the area between vectors [N, 2]."""
    return a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]
