"""Losses of the recoverers (METHODS.md §1.2: weights of the paper where it has the term)."""

from __future__ import annotations

import torch
from torch import Tensor

# SI-log as in AdaBins: how much of a common factor of all widths is forgiven.
SCALE_FORGIVENESS = 0.5


def laplace(error: Tensor, log_scale: Tensor) -> Tensor:
    """Negative log likelihood of coordinates [B, K, D] under Laplace distributions of scale exp(log_scale) [B, K], mean."""
    scaled = error.abs() * torch.exp(-log_scale)[..., None] + log_scale[..., None]
    return scaled.mean()


def scale_invariant_log(predicted: Tensor, truth: Tensor) -> Tensor:
    """Root of the mean squared log ratio, less a share of the squared mean: [B] natural logarithms of widths."""
    ratio = predicted - truth
    return torch.sqrt((ratio.square().mean() - SCALE_FORGIVENESS * ratio.mean().square()).clamp(min=1e-8))


def chamfer(centres: Tensor, truth: Tensor) -> Tensor:
    """Distance of every true width [B] to the nearest bin centre [B, N] of its sample, and of the bins to the truths, metres."""
    nearest = (centres - truth[:, None]).abs().min(dim=1).values.mean()
    spread = (centres[:, :, None] - truth[None, None]).abs().min(dim=2).values.mean()
    return nearest + 0.1 * spread


def edge_and_normal(predicted: Tensor, truth: Tensor, triangles: Tensor) -> tuple[Tensor, Tensor]:
    """Difference of edge lengths (metres), and cosine of predicted edges with true normals. Vertices [B, V, 3]."""
    corners_p, corners_t = predicted[:, triangles], truth[:, triangles]  # [B, T, 3, 3]
    edges_p = corners_p.roll(-1, dims=2) - corners_p
    edges_t = corners_t.roll(-1, dims=2) - corners_t
    lengths_p, lengths_t = edges_p.norm(dim=3), edges_t.norm(dim=3)
    normals = torch.cross(edges_t[:, :, 0], edges_t[:, :, 1], dim=2)
    normals = normals / normals.norm(dim=2, keepdim=True).clamp(min=1e-9)
    cosine = (edges_p / lengths_p[..., None].clamp(min=1e-6) * normals[:, :, None]).sum(dim=3).abs()
    return (lengths_p - lengths_t).abs().mean(), cosine.mean()


def projection(keypoints: Tensor, crop: Tensor) -> tuple[Tensor, Tensor]:
    """What is left of keypoints [B, K, 3] on their places in the crop [B, K, 2] (fractions) after the best scale and shift.

    Returns the residuals [B, K, 2] and the natural logarithm of the window's width that the scale means [B]. Perspective within
    the hand is left out: photos do not say how far they were taken from.
    """
    x = keypoints[..., :2] - keypoints[..., :2].mean(dim=1, keepdim=True)
    y = crop - crop.mean(dim=1, keepdim=True)
    # The scale that makes both spreads equal, not the least squares one, which unsure keypoints pull toward 0.
    scale = (y.square().sum(dim=(1, 2)) / x.square().sum(dim=(1, 2)).clamp(min=1e-6)).sqrt()
    return x * scale[:, None, None] - y, -scale.log()
