"""Finger angles from 21 keypoints: damped Gauss-Newton over many hands at once."""

from __future__ import annotations

import numpy as np

from . import rig
from .rig import HAND

PALM = [0, 5, 9, 13, 17]  # keypoints that give the hand's orientation
REST = np.array([0, 0, 0, 0, 0.2, 0.2] + [0, 0.3, 0.3, 0.2] * 4)  # of a relaxed hand (degreesOfFreedom.ts)
# [21, 22]: whether an angle moves a keypoint.
MOVES = np.array([
    [rig.FINGER[joint] == rig.FINGER[rig.ANGLE_JOINT[a]] and joint > rig.ANGLE_JOINT[a] for a in range(rig.ANGLES)]
    for joint in rig.KEYPOINT_JOINTS
])  # fmt: skip


def kabsch(source: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Rotations [B, 3, 3] that take centred source [.., N, 3] nearest to centred target [B, N, 3]."""
    a = source - source.mean(-2, keepdims=True)
    b = target - target.mean(-2, keepdims=True)
    u, _, vt = np.linalg.svd(np.swapaxes(b, -1, -2) @ a)
    sign = np.ones((len(target), 1, 3))
    sign[:, 0, 2] = np.sign(np.linalg.det(u @ vt))
    return (u * sign) @ vt


def _axes(angles: np.ndarray, frames: np.ndarray) -> np.ndarray:
    """[B, 22, 3] the axis that each angle turns about."""
    joint = rig.ANGLE_JOINT
    base = frames[:, rig.PARENTS[joint]] @ HAND.turns[joint]
    abduction = np.zeros((len(angles), rig.JOINTS))
    only = rig.ANGLE_AXIS == 1
    abduction[:, joint[only]] = angles[:, only]
    a = abduction[:, joint]
    # Flexion's axis, -x, after the abduction about y: -(cos, 0, -sin).
    flexion = -base[..., 0] * np.cos(a)[..., None] + base[..., 2] * np.sin(a)[..., None]
    axis = rig.ANGLE_AXIS
    return np.where(axis[:, None] == 1, base[..., 1], np.where(axis[:, None] == 0, flexion, frames[:, joint][..., 2]))


CHUNK = 128  # hands that are fitted together: their matrices stay in the processor's cache


def fit(
    targets: np.ndarray, weights: np.ndarray, proportions: np.ndarray, start: np.ndarray | None = None, steps: int = 40
) -> dict[str, np.ndarray]:
    """Poses of B hands whose keypoints come nearest to targets [B, 21, 3], metres.

    weights [B, 21, 3] are 1 / standard deviation. Returns angles [B, 22], rotation [B, 3, 3] (wrist joint to the targets'
    space), translation [B, 3], size [B] and error [B], the weighted root mean square.
    """
    parts = [
        _fit(
            targets[i : i + CHUNK], weights[i : i + CHUNK], proportions, None if start is None else start[i : i + CHUNK], steps
        )
        for i in range(0, len(targets), CHUNK)
    ]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _fit(
    targets: np.ndarray, weights: np.ndarray, proportions: np.ndarray, start: np.ndarray | None, steps: int
) -> dict[str, np.ndarray]:
    count = len(targets)
    angles = np.tile(REST, (count, 1)) if start is None else start.copy()
    rest_joints, rest_frames = rig.forward(
        angles, HAND.rotations[0], HAND.positions[0], np.ones((count, rig.JOINTS)) * proportions
    )
    rest = rig.keypoints(rest_joints, rest_frames, np.ones(count))
    rotation = kabsch(rest[:, PALM], targets[:, PALM]) @ HAND.rotations[0]
    size = np.linalg.norm(targets[:, PALM] - targets[:, :1], axis=2).sum(1) / np.linalg.norm(
        rest[:, PALM] - rest[:, :1], axis=2
    ).sum(1)
    translation = targets[:, 0].copy()
    damping = np.full(count, 1e-2)

    def evaluate(a, r, t, s):  # type: ignore[no-untyped-def]
        joints, frames = rig.forward(a, r, t, s[:, None] * proportions)
        found = rig.keypoints(joints, frames, s)
        prior = (a - REST) * 0.25
        cost = np.square((found - targets) * weights).sum((1, 2)) + np.square(prior).sum(1)
        return joints, frames, found, cost

    joints, frames, found, cost = evaluate(angles, rotation, translation, size)
    for _ in range(steps):
        axes = _axes(angles, frames)
        pivot = joints[:, rig.ANGLE_JOINT]
        arm = found[:, :, None] - pivot[:, None]  # [B, 21, 22, 3]
        by_angle = np.cross(np.broadcast_to(axes[:, None], arm.shape), arm) * MOVES[None, :, :, None]
        from_wrist = found - translation[:, None]
        by_turn = np.cross(np.eye(3)[None, None], from_wrist[:, :, None])  # [B, 21, 3, 3]
        by_move = np.broadcast_to(np.eye(3), by_turn.shape)
        by_size = from_wrist[:, :, None]  # per unit of log size
        jacobian = np.concatenate([by_angle, by_turn, by_move, by_size], 2) * weights[:, :, None]  # [B, 21, 29, 3]
        flat = jacobian.transpose(0, 1, 3, 2).reshape(count, 63, 29)
        residual = ((found - targets) * weights).reshape(count, 63)
        normal = flat.transpose(0, 2, 1) @ flat
        right = (flat.transpose(0, 2, 1) @ residual[..., None])[..., 0]
        index = np.arange(22)
        normal[:, index, index] += 0.0625
        right[:, :22] += 0.0625 * (angles - REST)
        diagonal = np.arange(29)
        normal[:, diagonal, diagonal] += damping[:, None] * normal[:, diagonal, diagonal] + 1e-9
        step = -np.linalg.solve(normal, right[..., None])[..., 0]
        new_angles = np.clip(angles + step[:, :22], rig.ANGLE_MIN, rig.ANGLE_MAX)
        turn = step[:, 22:25]
        amount = np.linalg.norm(turn, axis=1)
        new_rotation = rig.rotation(turn / (amount[:, None] + 1e-12), amount) @ rotation
        new_translation, new_size = translation + step[:, 25:28], size * np.exp(np.clip(step[:, 28], -0.2, 0.2))
        trial = evaluate(new_angles, new_rotation, new_translation, new_size)
        better = trial[3] < cost
        damping = np.clip(np.where(better, damping * 0.4, damping * 4), 1e-6, 1e6)
        pick = lambda new, old: np.where(better.reshape(-1, *[1] * (old.ndim - 1)), new, old)  # noqa: E731
        angles, rotation = pick(new_angles, angles), pick(new_rotation, rotation)
        translation, size = pick(new_translation, translation), pick(new_size, size)
        joints, frames, found, cost = (pick(n, o) for n, o in zip(trial, (joints, frames, found, cost), strict=True))
    error = np.sqrt(np.square((found - targets) * weights).mean((1, 2)))
    return {"angles": angles, "rotation": rotation, "translation": translation, "size": size, "error": error,
            "distance": np.linalg.norm(found - targets, axis=2).mean(1)}  # fmt: skip
