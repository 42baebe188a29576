"""A fixed matrix from a coarse mesh to the rig's vertices, fitted on rendered hands."""

from __future__ import annotations

import numpy as np

COARSE = 98
SAMPLES = 2000
RIDGE = 1e-6


def farthest_points(points: np.ndarray, count: int) -> np.ndarray:
    """Indices of `count` of the points [V, 3], each the farthest from those before it."""
    chosen = [int(np.argmax(np.linalg.norm(points - points.mean(axis=0), axis=1)))]
    distance = np.full(len(points), np.inf)
    while len(chosen) < count:
        distance = np.minimum(distance, np.linalg.norm(points - points[chosen[-1]], axis=1))
        chosen.append(int(distance.argmax()))
    return np.array(sorted(chosen))


def fit_upsampling(vertices: np.ndarray, random: np.random.Generator) -> tuple[np.ndarray, float]:
    """From vertices [N, V, 3]: the matrix [V, 98] and the mean distance that it leaves, metres."""
    rows = random.permutation(len(vertices))
    hands = vertices[rows[:SAMPLES]].astype(np.float64)
    coarse = farthest_points(hands[0], COARSE)
    source = hands[:, coarse].transpose(1, 0, 2).reshape(COARSE, -1)
    target = hands.transpose(1, 0, 2).reshape(hands.shape[1], -1)
    gram = source @ source.T
    matrix = np.linalg.solve(gram + RIDGE * np.trace(gram) * np.eye(COARSE), source @ target.T).T
    kept = vertices[rows[SAMPLES : SAMPLES + 500]].astype(np.float64) if len(rows) > SAMPLES else hands
    return matrix, float(np.linalg.norm(matrix @ kept[:, coarse] - kept, axis=2).mean())
