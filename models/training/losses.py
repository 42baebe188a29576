"""Losses of the recoverers, with the weights of the camera-space paper where it has the term."""

from __future__ import annotations

import torch
from torch import Tensor

# SI-log as in AdaBins: how much of a common factor of all widths is forgiven.
SCALE_FORGIVENESS = 0.5


def laplace(error: Tensor, log_scale: Tensor, weight: Tensor | None = None) -> Tensor:
    """Negative log likelihood of coordinates [B, K, D] under Laplace distributions of scale exp(log_scale) [B, K].

    The mean over what is known (finite), weighted by `weight` [K].
    """
    known = torch.isfinite(error).all(dim=2)
    scaled = torch.nan_to_num(error).abs() * torch.exp(-log_scale)[..., None] + log_scale[..., None]
    weights = known if weight is None else weight * known
    return (scaled.mean(dim=2) * weights).sum() / weights.sum().clamp(min=1)


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


def projected_log_width(keypoints: Tensor, crop: Tensor) -> Tensor:
    """Natural logarithm of the window's width [B] that makes the spreads of keypoints [B, K, 3] and of their places in the crop
    [B, K, 2] (fractions) equal; not the least squares one, which unsure keypoints pull toward wide windows.

    Perspective within the hand is left out: photos do not say how far they were taken from.
    """
    x = keypoints[..., :2] - keypoints[..., :2].mean(dim=1, keepdim=True)
    y = crop - crop.mean(dim=1, keepdim=True)
    return 0.5 * (x.square().sum(dim=(1, 2)).clamp(min=1e-6).log() - y.square().sum(dim=(1, 2)).clamp(min=1e-6).log())


def distillation(logits: Tensor, teacher: Tensor) -> Tensor:
    """Cross entropy of logits with what a teacher's logits say."""
    return torch.nn.functional.binary_cross_entropy_with_logits(logits, torch.sigmoid(teacher))
