"""What is true of a drawn scene: which keypoints are seen, and its maps."""

from __future__ import annotations

import numpy as np

from . import native, rig, scene

VISIBLE, BEHIND_HAND, BEHIND_OBJECT, OUTSIDE = range(4)
NOTHING, HAND, ARM, OBJECT, OTHER_HAND = range(5)  # of the mask


def project(projection: np.ndarray, points: np.ndarray) -> np.ndarray:
    """[N, 2] crop px of points [N, 3]."""
    seen = points @ projection.T
    return seen[:, :2] / seen[:, 2:]


def sampled(image: np.ndarray, uv: np.ndarray) -> np.ndarray:
    """[N] values of [S, S] at crop px, 0 outside."""
    at = np.round(uv).astype(int)
    inside = np.all((at >= 0) & (at < len(image)), axis=1)
    x, y = np.clip(at, 0, len(image) - 1).T
    return np.where(inside, image[y, x], 0)


def keypoint_visibility(view: scene.View, points: np.ndarray, scale: float) -> np.ndarray:
    """[21] what hides each keypoint; those lie inside the hand, so skin within a finger's thickness in front does not count."""
    seen = points @ view.projection.T
    factor, samples = scene.SUPERSAMPLING, len(view.ids)
    at = np.floor((seen[:, :2] / seen[:, 2:] + 0.5) * factor).astype(int)
    inside = np.all((at >= 0) & (at < samples), axis=1)
    x, y = np.clip(at, 0, samples - 1).T
    triangle, inverse = view.ids[y, x], view.depth[y, x]
    kind = np.where(triangle >= 0, view.kind[triangle], NOTHING)
    gap = seen[:, 2] - 1 / np.maximum(inverse, 1e-9)  # how far before the keypoint the seen surface lies
    thickness = (rig.HAND.radii[rig.KEYPOINT_JOINTS] * 1.7 + 0.004) * scale
    own = (kind == HAND) | (kind == ARM)
    shown = (kind == NOTHING) | (gap <= 0) | (own & (gap < thickness))
    hidden = np.where(kind == HAND, BEHIND_HAND, BEHIND_OBJECT)
    return np.where(inside, np.where(shown, VISIBLE, hidden), OUTSIDE).astype(np.uint8)


def maps(view: scene.View, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Depth, mask and texture coordinates of `Sample`; the latter from the generic hand laid onto the drawn surface."""
    size = len(view.ids) // scene.SUPERSAMPLING
    unproject = np.linalg.inv(view.projection)
    depth, mask = native.maps(scene.SUPERSAMPLING, view.ids, view.depth, view.kind, unproject)
    corners = native.project(labels[rig.HAND.seam_vertex], view.projection)
    triangles = rig.HAND.seam_triangles
    ids, inverse = native.rasterise(size, 1, triangles, corners)
    a, b, c = (corners[triangles[ids]][..., k, :] for k in range(3))
    v, u = np.mgrid[:size, :size].astype(np.float32)
    with np.errstate(divide="ignore", invalid="ignore"):
        area = (b[..., 0] - a[..., 0]) * (c[..., 1] - a[..., 1]) - (c[..., 0] - a[..., 0]) * (b[..., 1] - a[..., 1])
        wb = ((u - a[..., 0]) * (c[..., 1] - a[..., 1]) - (c[..., 0] - a[..., 0]) * (v - a[..., 1])) / area
        wc = ((b[..., 0] - a[..., 0]) * (v - a[..., 1]) - (u - a[..., 0]) * (b[..., 1] - a[..., 1])) / area
        weights = np.stack([(1 - wb - wc) * a[..., 2], wb * b[..., 2], wc * c[..., 2]], -1)  # perspective-correct
        weights /= weights.sum(-1, keepdims=True)
    uv = np.einsum("hwk,hwkd->hwd", weights, rig.HAND.seam_uv[triangles[ids]])
    uv[(mask != HAND) | (ids < 0)] = np.nan
    return depth, mask, uv.astype(np.float32)
