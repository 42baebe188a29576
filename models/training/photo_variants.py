"""Photos as they never were taken: stretched, seen aslant, before another background. Teachers say what they show then."""

from __future__ import annotations

import cv2
import numpy as np

from augment import to_crop
from crop import Window, rotation_matrix
from render.data import need
from render.rig import KEYPOINT_PARENTS

# Deviation of the logarithm of how much longer a picture gets along some line and shorter across it, and of its perspective: by
# how much what lies a window's side from the centre is nearer or farther.
STRETCH, ASLANT, MOST_ASLANT = 0.15, 0.2, 0.5
PALM = [0, 1, 5, 9, 13, 17]
# What counts as hand around its bones and how far the forearm goes, of the hand's extent; how softly the mask ends, of the crop's side.
GIRTH, FOREARM, SOFT = 0.2, 0.9, 0.015
EDGE = 5  # px


def aslant(window: Window, random: np.random.Generator) -> np.ndarray:
    """Photo px to those of a picture stretched along some line and seen aslant [3, 3]; the window's centre stays."""
    turn = rotation_matrix(random.uniform(-np.pi, np.pi))
    stretch = np.exp(random.normal() * STRETCH)
    change = np.eye(3)
    change[:2, :2] = turn @ np.diag([stretch, 1 / stretch]) @ turn.T
    change[2, :2] = np.clip(random.normal(size=2) * ASLANT, -MOST_ASLANT, MOST_ASLANT)
    place = np.diag([window.side, window.side, 1])
    place[:2, 2] = window.cx, window.cy
    return place @ change @ np.linalg.inv(place)


def changed(points: np.ndarray, change: np.ndarray) -> np.ndarray:
    """Points [N, 2], px, in the changed picture."""
    return cv2.perspectiveTransform(points[None], change)[0]


def sample_changed(photo: np.ndarray, change: np.ndarray, window: Window, size: int) -> np.ndarray:
    """A window of the changed picture [size, size, 3], of an unmirrored window."""
    crop = np.eye(3)
    crop[:2, :2] = rotation_matrix(window.rotation) * (window.side / size)
    crop[:2, 2] = (window.cx, window.cy) - crop[:2, :2] @ np.full(2, size / 2)
    return cv2.warpPerspective(photo, np.linalg.inv(change) @ crop, (size, size), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)


def hand_mask(places: np.ndarray, size: int) -> np.ndarray:
    """About where hand and forearm are in a crop [size, size], 0..255, from keypoints in fractions from its centre [21, 2]."""
    at = ((places + 0.5) * size).round().astype(np.int32)
    extent = np.ptp(places, axis=0).max() * size
    girth = round(GIRTH * extent)
    mask = np.zeros((size, size), np.uint8)
    for joint, parent in enumerate(KEYPOINT_PARENTS):
        cv2.line(mask, at[parent].tolist(), at[joint].tolist(), 255, girth)
    cv2.fillConvexPoly(mask, cv2.convexHull(at[PALM]), 255)
    along = (at[0] - at[9]).astype(float)
    elbow = at[0] + along / max(np.linalg.norm(along), 1) * FOREARM * extent
    cv2.line(mask, at[0].tolist(), elbow.round().astype(int).tolist(), 255, 2 * girth)
    return mask


def elsewhere(crop: np.ndarray, mask: np.ndarray, names: list[str], random: np.random.Generator) -> np.ndarray:
    """The crop [S, S, 3] where the mask is [S, S], 0..255, softly; a background photo elsewhere."""
    size = len(crop)
    path = need(f"backgrounds/{names[random.integers(len(names))]}")
    background = cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB)
    side = min(background.shape[:2])
    top, left = (random.integers(extent - side + 1) for extent in background.shape[:2])
    background = cv2.resize(background[top : top + side, left : left + side], (size, size), interpolation=cv2.INTER_AREA)
    soft = cv2.GaussianBlur(mask, (0, 0), SOFT * size).astype(np.float32)[..., None] / 255
    return (soft * crop + (1 - soft) * background).round().astype(np.uint8)


def variant(
    photo: np.ndarray, uv: np.ndarray, change: np.ndarray, window: Window, size: int, names: list[str] | None, random: np.random.Generator
) -> np.ndarray:
    """A window of the changed picture [size, size, 3], before another background where there are names of some.

    @param uv the hand's keypoints in the photo, px
    """
    crop = sample_changed(photo, change, window, size)
    if not names:
        return crop
    inside = sample_changed(np.full(photo.shape[:2], 255, np.uint8), change, window, size)
    # A photo's last pixels blend with the black beyond.
    inside = cv2.erode(inside, np.ones((EDGE, EDGE), np.uint8))
    return elsewhere(crop, np.minimum(inside, hand_mask(to_crop(changed(uv, change), window), size)), names, random)
