"""Parts put together, seen by a camera and lit: the C part's scene."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass

import numpy as np

from . import native
from .appearance import Lighting, set_light
from .body import Part
from .rig import cross

SUPERSAMPLING = 2
SHADOW_PX = 160


@dataclass
class View:
    """What a camera sees of parts: positions to projected are per vertex, the rest per triangle or sample."""

    positions: np.ndarray  # [V, 3] crop camera space, metres
    attributes: np.ndarray  # [V, 6]
    triangles: np.ndarray  # [T, 3]
    weld: np.ndarray  # [V]
    material: np.ndarray  # [T]
    kind: np.ndarray  # [T] what the mask calls a triangle
    projection: np.ndarray  # [3, 3]
    projected: np.ndarray  # [V, 3] u, v, 1/w
    ids: np.ndarray  # [2S, 2S] triangle of every sample, -1: none
    depth: np.ndarray  # [2S, 2S] 1/w of every sample


def merge(parts: list[Part]) -> tuple[np.ndarray, ...]:
    """Positions, attributes, triangles, weld, material and kind of each triangle, of all parts."""
    starts = np.cumsum([0] + [len(p.positions) for p in parts[:-1]])
    return (
        np.concatenate([p.positions for p in parts]).astype(np.float32),
        np.concatenate([p.attributes for p in parts]),
        np.concatenate([p.triangles + s for p, s in zip(parts, starts, strict=True)]).astype(np.int32),
        np.concatenate([p.weld + s for p, s in zip(parts, starts, strict=True)]).astype(np.int32),
        np.concatenate([np.full(len(p.triangles), p.material, np.uint8) for p in parts]),
        np.concatenate([np.full(len(p.triangles), p.kind, np.uint8) for p in parts]),
    )


def shadow_frame(direction: np.ndarray, positions: np.ndarray) -> np.ndarray:
    """[3, 4] camera space to (column, row, distance) of a shadow map that holds all positions."""
    z = -direction
    x = cross(z, np.array([0.31, 0.84, 0.44]))
    x /= np.linalg.norm(x)
    axes = np.stack([x, cross(z, x), z])
    seen = positions @ axes.T
    low, high = seen.min(0), seen.max(0)
    scale = (SHADOW_PX - 5) / max(high[0] - low[0], high[1] - low[1])
    frame = np.concatenate([axes, np.zeros((3, 1))], 1)
    frame[:2] *= scale
    frame[:2, 3] = 2 - low[:2] * scale
    return frame


def see(parts: list[Part], projection: np.ndarray, size: int) -> View:
    positions, attributes, triangles, weld, material, kind = merge(parts)
    projected = native.project(positions, projection)
    ids, depth = native.rasterise(size, SUPERSAMPLING, triangles, projected)
    return View(positions, attributes, triangles, weld, material, kind, projection, projected, ids, depth)


def shade(
    view: View, materials: list[native.Material], lighting: Lighting, focus: np.ndarray, occlusion: float = 1.0
) -> np.ndarray:
    """[S, S, 4] linear light, premultiplied by coverage. focus [N, 3]: points near which shadows are cast (the hand)."""
    size = len(view.ids) // SUPERSAMPLING
    facing = native.normals(view.positions, view.weld, view.triangles)
    # Shadows come from what is within a hand's length of the hand.
    low, high = focus.min(0) - 0.12, focus.max(0) + 0.12
    inside = np.all((view.positions > low) & (view.positions < high), axis=1)
    frame = shadow_frame(lighting.lights[0][0], view.positions[inside]).astype(np.float32)
    shadow_map = native.shadow_map(SHADOW_PX, view.positions, view.triangles, frame)
    table = (native.Material * len(materials))(*materials)
    scene = native.Scene()
    for name, array in (
        ("position", view.positions), ("normal", facing), ("attribute", view.attributes), ("projected", view.projected),
        ("triangle", view.triangles), ("material", view.material), ("depth", view.depth), ("id", view.ids),
    ):  # fmt: skip
        setattr(scene, name, array.ctypes.data)
    scene.materials = ctypes.cast(table, ctypes.POINTER(native.Material))
    scene.unproject[:] = np.linalg.inv(view.projection).ravel().tolist()
    scene.side, scene.factor = size, SUPERSAMPLING
    for i, (toward, colour) in enumerate(lighting.lights):
        set_light(scene.lights[i], toward, colour)
    scene.light_count = len(lighting.lights)
    scene.environment = lighting.environment
    scene.shadow.frame[:] = frame.ravel().tolist()
    scene.shadow.map, scene.shadow.size = shadow_map.ctypes.data, SHADOW_PX
    scene.shadow.softness, scene.shadow.bias = lighting.softness * 0.6, 0.0022
    scene.occlusion_radius, scene.occlusion_strength = 0.035, occlusion
    return native.shade(scene, size)
