"""What a crop says about a hand's surface: where each vertex lies in it, which are seen, and their colours (AMVUR §3.4).

src/texture does the same in the browser. A vertex is one of the rig's welded vertices (rig.HAND); places are fractions of the
crop's side from its centre, as `crop` of a recoverer's state.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from render import native
from render.rig import HAND, JOINTS, KEYPOINT_JOINTS, KEYPOINTS, PARENTS

SIDE = 112  # px of the z-buffer: a triangle of the mesh covers two to four of them
# Cosine to the line of sight below which a vertex counts as hidden: there its pixel is half the background's.
GRAZING = 0.25
DEPTH_OFFSET = 1.0  # metres: makes the z-buffer's "greater is nearer" positive, whatever the hand's pose
WRIST = 0


@cache
def keypoint_weights() -> np.ndarray:
    """[V, 21], rows sum to 1: a vertex follows the keypoints at the two ends of its bones, the nearer one more."""
    keypoint_of = np.full(JOINTS, WRIST)  # the joints without a keypoint lie at the wrist
    keypoint_of[KEYPOINT_JOINTS] = np.arange(KEYPOINTS)
    child = np.arange(JOINTS)
    for joint in range(JOINTS - 1, 0, -1):
        if PARENTS[joint] != WRIST:
            child[PARENTS[joint]] = joint
    place = HAND.positions[KEYPOINT_JOINTS][keypoint_of]
    bone = place[child] - place
    weights = np.zeros((len(HAND.vertices), KEYPOINTS))
    rows = np.arange(len(HAND.vertices))
    for joints, share in zip(HAND.bones.T, HAND.weights.T, strict=True):
        along = ((HAND.vertices - place[joints]) * bone[joints]).sum(1) / np.maximum((bone[joints] ** 2).sum(1), 1e-9)
        end = np.clip(along, 0, 1)
        np.add.at(weights, (rows, keypoint_of[joints]), share * (1 - end))
        np.add.at(weights, (rows, keypoint_of[child[joints]]), share * end)
    return weights.astype(np.float32)


def place(vertices: np.ndarray, keypoints: np.ndarray, crop: np.ndarray) -> np.ndarray:
    """[V, 2] places of vertices [V, 3] whose keypoints [21, 3] lie at crop [21, 2].

    Weak perspective (scale and shift, least squares), and then each vertex is carried by what is left at its keypoints.
    """
    flat = keypoints[:, :2]
    centre, middle = flat.mean(0), crop.mean(0)
    away = flat - centre
    scale = (away * (crop - middle)).sum() / max((away**2).sum(), 1e-9)
    left = crop - (middle + scale * away)
    return middle + scale * (vertices[:, :2] - centre) + keypoint_weights() @ left


def vertex_normals(vertices: np.ndarray) -> np.ndarray:
    """[V, 3], unit length, outward."""
    return native.normals(native.f32(vertices), np.arange(len(vertices), dtype=np.int32), HAND.triangles)


def visible(places: np.ndarray, vertices: np.ndarray) -> np.ndarray:
    """[V] whether a vertex is seen: it belongs to a triangle that the z-buffer shows, does not graze, and lies in the crop."""
    depth = DEPTH_OFFSET - vertices[:, 2:]
    ids, _ = native.rasterise(SIDE, 1, HAND.triangles, native.f32(np.hstack([(places + 0.5) * SIDE, depth])))
    shown = np.zeros(len(vertices), bool)
    shown[HAND.triangles[np.unique(ids[ids >= 0])]] = True
    inside = np.all(np.abs(places) < 0.5 - 1 / SIDE, axis=1)
    return shown & inside & (vertex_normals(vertices)[:, 2] < -GRAZING)


def sample_colours(crop: np.ndarray, places: np.ndarray) -> np.ndarray:
    """[V, 3] 0..1: reverse interpolation (eq. 11), the bilinear colour of a crop [S, S, 3] of bytes at each place."""
    size = len(crop)
    at = np.clip((places + 0.5) * size, 0, size - 1)
    low = np.minimum(at.astype(int), size - 2)
    x, y = low.T
    ax, ay = (at - low).T[..., None]
    top = crop[y, x] * (1 - ax) + crop[y, x + 1] * ax
    bottom = crop[y + 1, x] * (1 - ax) + crop[y + 1, x + 1] * ax
    return ((top * (1 - ay) + bottom * ay) / 255).astype(np.float32)
