"""Maps over the crop: where their cells lie, Gaussians on them, and the losses of heat maps."""

from __future__ import annotations

import torch
from torch import Tensor

EPSILON = 1e-6


def cell_centres(size: int) -> Tensor:
    """[size] fractions of the crop's side from its centre."""
    return (torch.arange(size) + 0.5) / size - 0.5


def gaussians(places: Tensor, size: int, sigma: float) -> Tensor:
    """[B, K, size, size], 1 at the places [B, K, 2]; sigma in cells."""
    cells = cell_centres(size).to(places)
    x, y = (torch.exp(-((cells - places[..., i, None]) * (size / sigma)).square() / 2) for i in (0, 1))
    return y[..., :, None] * x[..., None, :]


def pooled_at(weights: Tensor, features: Tensor) -> Tensor:
    """[B, K, C] features [B, C, P] summed with weights [B, K, P]: a matrix product instead of GridSample."""
    return weights @ features.transpose(1, 2)


def expected_places(probability: Tensor, size: int) -> Tensor:
    """[B, K, 2] soft-argmax of maps [B, K, size, size] that sum to 1."""
    cells = cell_centres(size).to(probability)
    return torch.stack([(probability.sum(dim=2) * cells).sum(dim=2), (probability.sum(dim=3) * cells).sum(dim=2)], dim=2)


def dice(found: Tensor, truth: Tensor) -> Tensor:
    """One less the overlap of maps [N, P] in 0..1, [N]."""
    shared = 2 * (found * truth).sum(dim=1)
    return 1 - (shared + EPSILON) / (found.square().sum(dim=1) + truth.square().sum(dim=1) + EPSILON)


def weak_perspective_places(points: Tensor, keypoints: Tensor, crop: Tensor, log_width: Tensor, follow: Tensor) -> Tensor:
    """Places in the crop [B, C, 2] of points [B, C, 3] on a hand whose keypoints [B, 21, 3] are seen at crop [B, 21, 2].

    Scaled by the window's width; what perspective within the hand adds is taken from the keypoints that a point follows [C, 21].
    """
    scale = torch.exp(-log_width)[:, None, None]
    return points[..., :2] * scale + follow @ (crop - keypoints[..., :2] * scale)
