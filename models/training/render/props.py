"""Objects to hold or to stand before the hand: boxes, cylinders, spheres, bottles, cups, phones."""

from __future__ import annotations

import numpy as np

from .body import Part

KINDS = ("box", "phone", "cylinder", "bottle", "cup", "sphere", "pen")


def _attributes(uv: np.ndarray) -> np.ndarray:
    return np.concatenate([uv, np.ones((len(uv), 4))], 1).astype(np.float32)


def box(half: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Vertices [24, 3], uv and triangles of a box with these half sides."""
    points, uvs, triangles = [], [], []
    for axis in range(3):
        for sign in (-1.0, 1.0):
            u, v = (axis + 1) % 3, (axis + 2) % 3
            start = len(points) * 4
            corner = np.zeros((4, 3))
            corner[:, axis] = sign * half[axis]
            corner[:, u] = np.array([-1, 1, 1, -1]) * half[u] * sign
            corner[:, v] = np.array([-1, -1, 1, 1]) * half[v]
            points.append(corner)
            uvs.append(np.array([[0, 0], [1, 0], [1, 1], [0, 1]]) * half[[u, v]] / half.max())
            triangles += [[start, start + 1, start + 2], [start, start + 2, start + 3]]
    return np.concatenate(points), np.concatenate(uvs), np.array(triangles)


def turned(profile: np.ndarray, around: int = 28) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A surface of revolution about y through (radius, height) points [N, 2]."""
    phi = np.linspace(0, 2 * np.pi, around + 1)
    radius, height = profile[:, :1], profile[:, 1:]
    points = np.stack([radius * np.cos(phi), np.broadcast_to(height, (len(profile), around + 1)), radius * np.sin(phi)], -1)
    along = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(profile, axis=0), axis=1))])
    uv = np.stack(np.broadcast_arrays(phi / (2 * np.pi) * 2, along[:, None] / (along[-1] + 1e-9)), -1)
    i, r = np.arange(around), np.arange(len(profile) - 1)[:, None]
    a = r * (around + 1) + i
    b, c, d = a + 1, a + around + 1, a + around + 2
    triangles = np.stack([np.stack([a, c, b], -1), np.stack([b, c, d], -1)], 2).reshape(-1, 3)
    return points.reshape(-1, 3), uv.reshape(-1, 2), triangles


def make(kind: str, random: np.random.Generator, radius: float, material: int) -> Part:
    """An object about the origin whose long axis is y and whose thickness is about 2 `radius`."""
    u = random.uniform
    if kind == "box":
        mesh = box(radius * np.array([u(0.6, 1.1), u(0.8, 3), u(0.5, 1)]))
    elif kind == "phone":
        mesh = box(np.array([0.036, 0.075, 0.0045]) * u(0.9, 1.1))
    elif kind == "pen":
        mesh = turned(np.array([[0, -0.07], [0.0015, -0.07], [0.0045, -0.055], [0.0045, 0.06], [0.004, 0.07], [0, 0.07]]))
    elif kind == "sphere":
        t = np.linspace(0, np.pi, 15)
        mesh = turned(radius * u(1, 1.5) * np.stack([np.sin(t), -np.cos(t)], 1))
    elif kind == "bottle":
        h = u(0.06, 0.11)
        neck = radius * u(0.3, 0.5)
        mesh = turned(np.array([[0, -h], [radius * 0.95, -h], [radius, -h + 0.005], [radius, h * 0.4], [radius * 0.85, h * 0.6],
                                [neck, h * 0.85], [neck, h], [neck * 1.2, h], [neck * 1.2, h * 1.15], [0, h * 1.15]]))  # fmt: skip
    elif kind == "cup":
        h = u(0.03, 0.06)
        mesh = turned(
            np.array([[0, -h], [radius * 0.8, -h], [radius, h], [radius * 0.93, h], [radius * 0.75, -h * 0.9], [0, -h * 0.9]])
        )
    elif kind == "cylinder":
        h = u(0.02, 0.1)
        mesh = turned(np.array([[0, -h], [radius, -h], [radius, -h], [radius, h], [radius, h], [0, h]]))
    else:
        raise ValueError(f"object {kind!r} is not one of {KINDS}")
    points, uv, triangles = mesh
    uv = uv * u(0.3, 1.0) + random.random(2)
    points = points.astype(np.float32)
    return Part(
        points, _attributes(uv), np.ascontiguousarray(triangles, np.int32), np.arange(len(points), dtype=np.int32), material
    )


def place(part: Part, rotation: np.ndarray, at: np.ndarray) -> Part:
    part.positions = (part.positions @ rotation.T + at).astype(np.float32)
    return part
