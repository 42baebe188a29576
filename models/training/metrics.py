"""Errors of recovered hands. Points are [N, 3], metres in camera space unless said otherwise."""

from __future__ import annotations

import numpy as np
from scipy.spatial import cKDTree


def align_similarity(predicted: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """`predicted` after the rotation (no reflection), scale and translation that bring it nearest to `truth`."""
    mean_p, mean_t = predicted.mean(axis=0), truth.mean(axis=0)
    p, t = predicted - mean_p, truth - mean_t
    u, singular, vt = np.linalg.svd(p.T @ t)
    sign = np.array([1, 1, np.sign(np.linalg.det(u @ vt))])
    rotation = (u * sign) @ vt
    return p @ rotation * (singular @ sign) / np.square(p).sum() + mean_t


def mean_distance_mm(a: np.ndarray, b: np.ndarray) -> float:
    return float(1000 * np.linalg.norm(a - b, axis=-1).mean())


def f_score(predicted: np.ndarray, truth: np.ndarray, threshold: float) -> float:
    """Harmonic mean of the shares of points that have one of the other set within `threshold` metres (FreiHAND's F-score)."""
    near_truth = cKDTree(truth).query(predicted)[0] < threshold
    near_predicted = cKDTree(predicted).query(truth)[0] < threshold
    precision, recall = near_truth.mean(), near_predicted.mean()
    return float(2 * precision * recall / max(precision + recall, 1e-9))


def global_scale(predicted: np.ndarray, truth: np.ndarray) -> float:
    """The one factor on all predictions [F, N, 3] that brings them nearest to the truth."""
    return float((predicted * truth).sum() / np.square(predicted).sum())


def register(points: np.ndarray, rays: np.ndarray) -> np.ndarray:
    """Translation [3] that brings root-relative points onto the viewing rays (u, v, 1) [N, 2], least squares."""
    zero, one = np.zeros(len(rays)), np.ones(len(rays))
    rows = np.concatenate([np.stack([one, zero, -rays[:, 0]], axis=1), np.stack([zero, one, -rays[:, 1]], axis=1)])
    right = (rays * points[:, 2:] - points[:, :2]).T.ravel()
    return np.linalg.lstsq(rows, right, rcond=None)[0]


def turn_to_ray(x: float, y: float) -> np.ndarray:
    """The smallest rotation [3, 3] that takes the optical axis to the ray (x, y, 1)."""
    a, b, c = np.array([x, y, 1]) / np.linalg.norm([x, y, 1])
    k = 1 / (1 + c)
    return np.array([[1 - a * a * k, -a * b * k, a], [-a * b * k, 1 - b * b * k, b], [-a, -b, c]])


def robust_sigma(errors: np.ndarray) -> np.ndarray:
    """Standard deviation about 0 of normal errors with the same median magnitude, along axis 0."""
    return 1.4826 * np.median(np.abs(errors), axis=0)
