"""Attention between tokens, in operators that every backend of onnxruntime-web has, and the graph of the hand that masks it."""

from __future__ import annotations

from functools import cache

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from render.rig import HAND, KEYPOINT_JOINTS, KEYPOINT_PARENTS, keypoints
from upsampling import farthest_points

MASKED = -1e4  # a logit that softmax makes 0, also in float16


class Attention(nn.Module):
    """What tokens [B, Q, D] take from others [B, K, D], by several heads."""

    def __init__(self, width: int, heads: int, width_from: int | None = None) -> None:
        super().__init__()
        self.heads = heads
        self.queries = nn.Linear(width, width)
        self.keys = nn.Linear(width_from or width, width)
        self.values = nn.Linear(width_from or width, width)
        self.out = nn.Linear(width, width)

    def forward(self, tokens: Tensor, others: Tensor, mask: Tensor | None = None) -> Tensor:
        """mask [Q, K] is added to the logits."""
        q, k, v = (
            layer(x).unflatten(2, (self.heads, -1)).transpose(1, 2)
            for layer, x in ((self.queries, tokens), (self.keys, others), (self.values, others))
        )
        logits = q @ k.transpose(2, 3) / q.shape[3] ** 0.5
        found = torch.softmax(logits if mask is None else logits + mask, dim=3) @ v
        return self.out(found.transpose(1, 2).flatten(2))


class Block(nn.Module):
    """Attention, then a layer of its own for each token, both normalised before and added."""

    def __init__(self, width: int, heads: int, width_from: int | None = None) -> None:
        super().__init__()
        self.before = nn.LayerNorm(width)
        self.attention = Attention(width, heads, width_from)
        self.between = nn.LayerNorm(width)
        self.inner = nn.Linear(width, 2 * width)
        self.outer = nn.Linear(2 * width, width)

    def forward(self, tokens: Tensor, others: Tensor | None = None, mask: Tensor | None = None) -> Tensor:
        """others: None for attention of the tokens to each other."""
        x = self.before(tokens)
        tokens = tokens + self.attention(x, x if others is None else others, mask)
        return tokens + self.outer(functional.relu(self.inner(self.between(tokens))))


@cache
def coarse_vertices(count: int) -> np.ndarray:
    """Indices of the rig's vertices that a coarse mesh of so many keeps."""
    return farthest_points(HAND.vertices, count)


@cache
def rest_keypoints() -> np.ndarray:
    """[21, 3] of the rig at rest, rig space, metres."""
    return keypoints(HAND.positions, HAND.rotations, 1.0)


def skeleton_neighbours() -> np.ndarray:
    """[21, 21] which keypoints a bone joins."""
    joined = np.zeros((len(KEYPOINT_JOINTS),) * 2, bool)
    joined[np.arange(len(KEYPOINT_JOINTS)), KEYPOINT_PARENTS] = True
    joined |= joined.T
    np.fill_diagonal(joined, False)
    return joined


def mesh_neighbours(count: int) -> np.ndarray:
    """[C, C] which coarse vertices' patches touch: every vertex of the rig belongs to the nearest coarse one along edges."""
    chosen = coarse_vertices(count)
    edges = np.concatenate([HAND.triangles[:, [0, 1]], HAND.triangles[:, [1, 2]], HAND.triangles[:, [2, 0]]])
    lengths = np.linalg.norm(HAND.vertices[edges[:, 0]] - HAND.vertices[edges[:, 1]], axis=1)
    distance = np.full((count, len(HAND.vertices)), np.inf)
    distance[np.arange(count), chosen] = 0
    settled = False
    while not settled:
        before = distance.copy()
        for a, b in ((0, 1), (1, 0)):
            np.minimum.at(distance.T, edges[:, b], distance.T[edges[:, a]] + lengths[:, None])
        settled = np.array_equal(before, distance)
    owner = distance.argmin(axis=0)
    joined = np.zeros((count, count), bool)
    joined[owner[edges[:, 0]], owner[edges[:, 1]]] = True
    joined |= joined.T
    np.fill_diagonal(joined, False)
    return joined


def hand_graph(count: int) -> np.ndarray:
    """[21 + C, 21 + C] neighbours among keypoints, then coarse vertices; every vertex is joined with the keypoint nearest to it."""
    total = len(KEYPOINT_JOINTS) + count
    joined = np.zeros((total, total), bool)
    joined[:21, :21] = skeleton_neighbours()
    joined[21:, 21:] = mesh_neighbours(count)
    apart = np.linalg.norm(HAND.vertices[coarse_vertices(count)][:, None] - rest_keypoints()[None], axis=2)
    nearest = apart.argmin(axis=1)
    joined[21 + np.arange(count), nearest] = True
    return joined | joined.T


def hop_mask(joined: np.ndarray, hops: int) -> Tensor:
    """[T, T] to add to logits: 0 within so many steps of the graph, and of a token itself."""
    step = joined | np.eye(len(joined), dtype=bool)
    reached = np.eye(len(joined), dtype=bool)
    for _ in range(hops):
        reached = reached @ step
    return torch.from_numpy(np.where(reached, 0, MASKED).astype(np.float32))
