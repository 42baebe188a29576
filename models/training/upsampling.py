"""Fixed matrices from keypoints to a coarse mesh and from that to the rig's vertices, fitted on rendered hands."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

SAMPLES = 2000
TESTED = 500
RIDGE = 1e-6


def farthest_points(points: np.ndarray, count: int) -> np.ndarray:
    """Indices of `count` of the points [V, 3], each the farthest from those before it."""
    chosen = [int(np.argmax(np.linalg.norm(points - points.mean(axis=0), axis=1)))]
    distance = np.full(len(points), np.inf)
    while len(chosen) < count:
        distance = np.minimum(distance, np.linalg.norm(points - points[chosen[-1]], axis=1))
        chosen.append(int(distance.argmax()))
    return np.array(sorted(chosen))


def linear_map(source: np.ndarray, target: np.ndarray) -> np.ndarray:
    """The matrix [T, S] that takes points [N, S, 3] nearest to points [N, T, 3], the same for x, y and z."""
    x = source.transpose(1, 0, 2).reshape(source.shape[1], -1)
    y = target.transpose(1, 0, 2).reshape(target.shape[1], -1)
    gram = x @ x.T
    return np.linalg.solve(gram + RIDGE * np.trace(gram) * np.eye(len(gram)), x @ y.T).T


@dataclass(frozen=True)
class Upsampling:
    base: np.ndarray  # [C, 21] coarse mesh from keypoints: what is left is for the network to say
    fine: np.ndarray  # [V, C] vertices from the coarse mesh
    base_error: float  # mean distances that are left, metres
    fine_error: float


def fit_upsampling(keypoints: np.ndarray, vertices: np.ndarray, chosen: np.ndarray, random: np.random.Generator) -> Upsampling:
    """From rendered hands: keypoints [N, 21, 3], vertices [N, V, 3], of which the coarse mesh keeps `chosen` [C]; the errors are those of other hands than the fitted ones."""
    rows = random.permutation(len(vertices))
    points, hands = (a[rows[: SAMPLES + TESTED]].astype(np.float64) for a in (keypoints, vertices))
    base = linear_map(points[:SAMPLES], hands[:SAMPLES, chosen])
    fine = linear_map(hands[:SAMPLES, chosen], hands[:SAMPLES])

    def left(found: np.ndarray, truth: np.ndarray) -> float:
        return float(np.linalg.norm(found - truth, axis=2)[-TESTED:].mean())

    return Upsampling(base, fine, left(base @ points, hands[:, chosen]), left(fine @ hands[:, chosen], hands))
