"""From where hands are seen: photos show palms held up to the camera far more often than backs, sides or pointing hands."""

from __future__ import annotations

import numpy as np

from feature_set import FeatureSet

# Cells of the cosine between the viewing ray and the palm's normal, and likewise its axis.
CELLS = 8
WRIST, INDEX, MIDDLE, LITTLE = 0, 5, 9, 17  # keypoints: the wrist and fingers' knuckles


def view_cells(keypoints: np.ndarray) -> np.ndarray:
    """Which of CELLS^2 views of the palm crops [N, 21, 3] show: [N]."""
    wrist = keypoints[:, WRIST]
    axis = keypoints[:, MIDDLE] - wrist
    normal = np.cross(keypoints[:, INDEX] - wrist, keypoints[:, LITTLE] - wrist)
    cosines = [v[:, 2] / np.maximum(np.linalg.norm(v, axis=1), 1e-9) for v in (normal, axis)]
    first, second = (np.clip(((c + 1) / 2 * CELLS).astype(int), 0, CELLS - 1) for c in cosines)
    return first * CELLS + second


def even_weights(cells: np.ndarray) -> np.ndarray:
    """How often to draw each [N], 1 in the mean: crops of views that have many times their even share are drawn as many times
    less, those of views that have little of it at most twice as often as those that have all of it."""
    share = np.bincount(cells, minlength=CELLS**2) * (CELLS**2 / len(cells))
    weights = 1 / (1 + share[cells])
    return weights / weights.mean()


def weights_of(sets: list[FeatureSet]) -> np.ndarray:
    """Of all rows of some sets together; 1 for those without a hand. Where 3D is not known, the borrowed network's is taken."""
    keypoints = np.concatenate([one["keypoints"] for one in sets])
    borrowed = np.concatenate([one["state"][:, : keypoints[0].size] for one in sets]).reshape(keypoints.shape)
    hands = np.concatenate([np.isfinite(one["crop"]).all(axis=(1, 2)) for one in sets])
    known = np.isfinite(keypoints).all(axis=(1, 2), keepdims=True)
    weights = np.ones(len(keypoints))
    if hands.any():
        weights[hands] = even_weights(view_cells(np.where(known, keypoints, borrowed)[hands]))
    return weights
