"""The palm detector: decoding, weighted non-maximum suppression, and the window that a palm gives."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import onnxruntime

from augment import sample_fast
from crop import Window, letterbox
from recoverer import look, oversampling_of, see

# Of what the detector sees, px, and where a coarse look will do (src/tracking/searchViews.ts).
SIZE, COARSE_SIZE = 192, 128
MIN_SCORE = 0.5
MIN_OVERLAP = 0.3


@dataclass(frozen=True)
class Palm:
    """box: centre x, centre y, width, height; keypoints [7, 2] (hand keypoints 0, 5, 9, 13, 17, 1, 2); image px."""

    box: np.ndarray
    keypoints: np.ndarray
    score: float


def anchors(size: int = SIZE) -> np.ndarray:
    """Anchor centres [N, 2], 0..1: two for every 8 px of a picture of this size, by rows, then six for every 16 px."""
    grids = []
    for cells, count in ((size // 8, 2), (size // 16, 6)):
        y, x = np.divmod(np.arange(cells * cells), cells)
        grids.append(np.repeat((np.stack([x, y], axis=1) + 0.5) / cells, count, axis=0))
    return np.concatenate(grids)


def detect(session: onnxruntime.InferenceSession, image: np.ndarray) -> list[Palm]:
    """Palms in an image [H, W, 3], RGB uint8, best first."""
    height, width = image.shape[:2]
    square = letterbox(width, height)
    return found(session, look(session, image, square), square)


def search(session: onnxruntime.InferenceSession, image: np.ndarray, square: Window) -> list[Palm]:
    """Palms in a square of an image, which OpenCV samples."""
    size = session.get_inputs()[0].shape[2] * oversampling_of(session)
    return found(session, see(session, sample_fast(image, square, size)), square)


def found(session: onnxruntime.InferenceSession, seen: np.ndarray, square: Window) -> list[Palm]:
    """Palms in what is seen of a square: [1, 3, S, S], RGB 0..1."""
    boxes, scores = session.run(["boxes", "scores"], {"image": seen})
    return suppress(decode(boxes[0], scores[0], square, size=seen.shape[2]))


def decode(boxes: np.ndarray, logits: np.ndarray, square: Window, min_score: float = MIN_SCORE, size: int = SIZE) -> list[Palm]:
    """Candidates with at least this score from boxes [N, 18] and logits [N] of the `anchors`; `square` is what was seen.

    @param size of the picture that the detector saw, px
    """
    scores = 1 / (1 + np.exp(-np.clip(logits.astype(np.float64), -100, 100)))
    kept = np.flatnonzero(scores >= min_score)
    raw = boxes[kept].astype(np.float64).reshape(-1, 9, 2)
    points = raw + size * anchors(size)[kept][:, None]
    centres = square.to_image(points[:, 0], size)
    sizes = raw[:, 1] * square.side / size
    keypoints = square.to_image(points[:, 2:], size)
    return [Palm(np.r_[centres[i], sizes[i]], keypoints[i], float(scores[kept[i]])) for i in range(len(kept))]


def suppress(candidates: list[Palm]) -> list[Palm]:
    """Weighted non-maximum suppression: each best candidate becomes the score-weighted mean of all that overlap it."""
    rest = sorted(candidates, key=lambda palm: -palm.score)
    palms = []
    while rest:
        overlapping = [palm for palm in rest if palm is rest[0] or overlap(rest[0].box, palm.box) > MIN_OVERLAP]
        weights = np.array([palm.score for palm in overlapping])
        mean_box = np.average([palm.box for palm in overlapping], axis=0, weights=weights)
        mean_keypoints = np.average([palm.keypoints for palm in overlapping], axis=0, weights=weights)
        palms.append(Palm(mean_box, mean_keypoints, rest[0].score))
        rest = [palm for palm in rest if not any(palm is other for other in overlapping)]
    return palms


def overlap(a: np.ndarray, b: np.ndarray) -> float:
    """Intersection over union of two boxes (centre x, centre y, width, height)."""
    low = np.maximum(a[:2] - a[2:] / 2, b[:2] - b[2:] / 2)
    high = np.minimum(a[:2] + a[2:] / 2, b[:2] + b[2:] / 2)
    common = np.prod(np.maximum(high - low, 0))
    return float(common / (np.prod(a[2:]) + np.prod(b[2:]) - common))


def window_from_palm(palm: Palm) -> Window:
    """MediaPipe's palm_detection_detection_to_roi: upright along wrist to middle knuckle, 2.6 times the palm."""
    axis = palm.keypoints[2] - palm.keypoints[0]
    angle = np.pi / 2 - np.arctan2(-axis[1], axis[0])
    rotation = angle - 2 * np.pi * np.floor((angle + np.pi) / (2 * np.pi))
    width, height = palm.box[2:]
    cx, cy = palm.box[:2] + 0.5 * height * np.array([np.sin(rotation), -np.cos(rotation)])
    return Window(float(cx), float(cy), float(2.6 * max(width, height)), float(rotation))
