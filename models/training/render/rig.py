"""The hand rig that labels are given in: WebXR's generic hand (MIT), as src/hand has it.

Spaces: a joint's frame has its bone along -z and the back of the hand toward +y; rig space is right-handed, metres. Right
hands only: a left hand is its mirror image. Everything is read from src/hand/genericHand.generated.ts, so that the labels
cannot drift from the rig that is shipped; joints, limits and angles follow joints.ts, degreesOfFreedom.ts, kinematics.ts.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

GENERATED = Path(__file__).parents[3] / "src" / "hand" / "genericHand.generated.ts"

JOINTS, KEYPOINTS, ANGLES = 25, 21, 22
PARENTS = np.array([-1, 0, 1, 2, 3, 0, 5, 6, 7, 8, 0, 10, 11, 12, 13, 0, 15, 16, 17, 18, 0, 20, 21, 22, 23])
KEYPOINT_JOINTS = np.array([0, 1, 2, 3, 4, 6, 7, 8, 9, 11, 12, 13, 14, 16, 17, 18, 19, 21, 22, 23, 24])
TIPS = np.array([4, 9, 14, 19, 24])
FINGER = np.array([-1] + [0] * 4 + [finger for finger in (1, 2, 3, 4) for _ in range(5)])  # of a joint; -1: the wrist
ROOT = 9  # keypoint that coordinates are relative to
TIP_EXTENSION = 0.009  # metres at size 1 from a tip joint to the end of the finger, which is what networks mark
MESH_END = 0.0095  # metres at size 1 from a tip joint to the end of the mesh
KEYPOINT_PARENTS = np.array([0, 0, 1, 2, 3, 0, 5, 6, 7, 0, 9, 10, 11, 0, 13, 14, 15, 0, 17, 18, 19])

# The 22 angles: joint, axis (0: flexion about -x, 1: abduction about y, 2: twist about z), limits in radians.
_FINGERS = [(m + j, axis, low, high) for m in (5, 10, 15, 20) for j, axis, low, high in
            ((1, 1, -0.4, 0.4), (1, 0, -0.5, 1.65), (2, 0, -0.1, 1.95), (3, 0, -0.2, 1.4))]  # fmt: skip
DEGREES_OF_FREEDOM = [
    (1, 1, -0.7, 0.7), (1, 0, -0.6, 0.6), (1, 2, -0.5, 0.5), (2, 1, -0.25, 0.25), (2, 0, -0.4, 1.1), (3, 0, -0.5, 1.45),
    *_FINGERS,
]  # fmt: skip
ANGLE_JOINT = np.array([d[0] for d in DEGREES_OF_FREEDOM])
ANGLE_AXIS = np.array([d[1] for d in DEGREES_OF_FREEDOM])
ANGLE_MIN = np.array([d[2] for d in DEGREES_OF_FREEDOM])
ANGLE_MAX = np.array([d[3] for d in DEGREES_OF_FREEDOM])
AXES = np.array([[-1.0, 0, 0], [0, 1, 0], [0, 0, 1]])

# Proportions of an average hand as people mark photos, relative to the rig (AVERAGE_PROPORTIONS of boneLengths.ts).
AVERAGE_PROPORTIONS = np.array([1, 0.85, 1.1, 0.95, 1] + [1, 1, 0.88, 0.95, 0.75] * 4)


@dataclass(frozen=True)
class GenericHand:
    """The rig at rest, rig space, metres. Vertices are welded at texture seams: 1,159 of the mesh's 1,360."""

    positions: np.ndarray  # [25, 3]
    rotations: np.ndarray  # [25, 3, 3] joint to rig space
    radii: np.ndarray  # [25]
    vertices: np.ndarray  # [V, 3]
    triangles: np.ndarray  # [T, 3] int32, counter-clockwise from outside
    bones: np.ndarray  # [V, 4] int32
    weights: np.ndarray  # [V, 4] float32
    seam_vertex: np.ndarray  # [1360] the welded vertex of each vertex of the shipped mesh
    seam_uv: np.ndarray  # [1360, 2]
    seam_triangles: np.ndarray  # [T, 3] into the 1,360
    offsets: np.ndarray  # [25, 3] from the parent, in the parent's frame
    turns: np.ndarray  # [25, 3, 3] joint to parent's frame


def _load() -> GenericHand:
    text = GENERATED.read_text()

    def numbers(name: str) -> np.ndarray:
        found = re.search(rf"{name} = new Float32Array\(\[([^\]]*)\]", text)
        if not found:
            raise ValueError(f"{GENERATED} has no {name}: has tools/build-rig.mjs changed?")
        return np.array([float(v) for v in found[1].split(",")])

    def mesh(name: str, kind: str) -> np.ndarray:
        return np.frombuffer(base64.b64decode(re.search(rf'{name}: "([^"]*)"', text)[1]), kind)  # type: ignore[index]

    positions = numbers("REST_POSITIONS").reshape(JOINTS, 3)
    rotations = matrix_from_quaternion(numbers("REST_ROTATIONS").reshape(JOINTS, 4))
    seam_positions = mesh("positions", "<f4").reshape(-1, 3)
    weights = mesh("jointWeights", "u1").reshape(-1, 4).astype(np.float64)
    triangles = mesh("indices", "<u2").reshape(-1, 3).astype(np.int32)
    # Vertices of a seam have the same position to the last bit but one.
    _, first, seam_vertex = np.unique(np.round(seam_positions, 6), axis=0, return_index=True, return_inverse=True)
    seam_vertex = seam_vertex.ravel().astype(np.int32)
    parents = PARENTS[1:]
    offsets = np.zeros((JOINTS, 3))
    offsets[1:] = np.einsum("jba,jb->ja", rotations[parents], positions[1:] - positions[parents])
    turns = rotations.copy()
    turns[1:] = np.einsum("jba,jbc->jac", rotations[parents], rotations[1:])
    return GenericHand(
        positions, rotations, numbers("JOINT_RADII"), seam_positions[first].astype(np.float64), seam_vertex[triangles],
        mesh("jointIndices", "u1").reshape(-1, 4)[first].astype(np.int32),
        (weights / weights.sum(1, keepdims=True))[first].astype(np.float32),
        seam_vertex, (mesh("uvs", "<u2").reshape(-1, 2) / 65535).astype(np.float32), triangles, offsets, turns,
    )  # fmt: skip


def matrix_from_quaternion(q: np.ndarray) -> np.ndarray:
    """[..., 3, 3] from [..., 4] (x, y, z, w), of any length."""
    x, y, z, w = np.moveaxis(q / np.linalg.norm(q, axis=-1, keepdims=True), -1, 0)
    rows = [
        1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w),
        2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w),
        2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y),
    ]  # fmt: skip
    return np.stack(rows, -1).reshape(*q.shape[:-1], 3, 3)


def quaternion_from_matrix(m: np.ndarray) -> np.ndarray:
    """[..., 4] (x, y, z, w), w >= 0, from rotations [..., 3, 3]."""
    xx, yy, zz = m[..., 0, 0], m[..., 1, 1], m[..., 2, 2]
    # The largest of four forms of the same quaternion, each of which divides by one of its components.
    a, b, c = m[..., 2, 1] - m[..., 1, 2], m[..., 0, 2] - m[..., 2, 0], m[..., 1, 0] - m[..., 0, 1]
    d, e, f = m[..., 0, 1] + m[..., 1, 0], m[..., 0, 2] + m[..., 2, 0], m[..., 1, 2] + m[..., 2, 1]
    forms = np.stack(
        [1 + xx - yy - zz, d, e, a, d, 1 - xx + yy - zz, f, b, e, f, 1 - xx - yy + zz, c, a, b, c, 1 + xx + yy + zz], -1
    )
    forms = forms.reshape(*m.shape[:-2], 4, 4)
    best = np.argmax(forms[..., [0, 1, 2, 3], [0, 1, 2, 3]], axis=-1)
    q = np.take_along_axis(forms, best[..., None, None], -2)[..., 0, :]
    return q / (np.linalg.norm(q, axis=-1, keepdims=True) * np.where(q[..., 3:] < 0, -1, 1))


def cross(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Cross product of two vectors [3]; numpy's takes ten times as long for so few."""
    (ax, ay, az), (bx, by, bz) = a.tolist(), b.tolist()
    return np.array([ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx])


def rotation(axis: np.ndarray, angle: np.ndarray | float) -> np.ndarray:
    """[..., 3, 3] turning by angle [...] about the unit vector axis [..., 3]."""
    half = np.asarray(angle)[..., None] / 2
    vector = np.asarray(axis) * np.sin(half)
    return matrix_from_quaternion(np.concatenate([vector, np.cos(half) + np.zeros_like(vector[..., :1])], -1))


HAND = _load()


@dataclass
class Pose:
    """The rig's degrees of freedom (HandPose of src/hand)."""

    angles: np.ndarray  # [22] radians
    translation: np.ndarray = field(default_factory=lambda: np.zeros(3))  # of the wrist, metres
    rotation: np.ndarray = field(default_factory=lambda: np.eye(3))  # wrist joint to camera space
    size: float = 1.0
    proportions: np.ndarray = field(default_factory=lambda: np.ones(JOINTS))  # of the bone that ends in each joint


def finger_turns(angles: np.ndarray) -> np.ndarray:
    """[..., 25, 3, 3] of angles [..., 22]: each joint's R_y(abduction) R_x(-flexion) R_z(twist)."""
    per = np.zeros((*angles.shape[:-1], JOINTS, 3))
    per[..., ANGLE_JOINT, ANGLE_AXIS] = angles
    sx, sy, sz = np.moveaxis(np.sin(per), -1, 0)
    cx, cy, cz = np.moveaxis(np.cos(per), -1, 0)
    sx = -sx  # flexion turns about -x
    return np.stack(turn_entries(sx, sy, sz, cx, cy, cz), -1).reshape(*per.shape[:-1], 3, 3)


def turn_entries(sx: Any, sy: Any, sz: Any, cx: Any, cy: Any, cz: Any) -> list[Any]:
    """The nine entries, by rows, of R_y R_x R_z from sines and cosines: arrays or tensors."""
    return [
        cy * cz + sy * sx * sz, -cy * sz + sy * sx * cz, sy * cx,
        cx * sz, cx * cz, -sx,
        -sy * cz + cy * sx * sz, sy * sz + cy * sx * cz, cy * cx,
    ]  # fmt: skip


def forward(
    angles: np.ndarray, rotations: np.ndarray, translations: np.ndarray, lengths: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Joints [..., 25, 3] and their rotations [..., 25, 3, 3] of many poses; lengths [..., 25] are size times proportions."""
    turns = HAND.turns @ finger_turns(angles)
    offsets = HAND.offsets * lengths[..., None]
    joints = np.empty((*angles.shape[:-1], JOINTS, 3))
    frames = np.empty((*angles.shape[:-1], JOINTS, 3, 3))
    joints[..., 0, :], frames[..., 0, :, :] = translations, rotations
    # All fingers at once: joints at the same distance from the wrist.
    for level in ((1, 5, 10, 15, 20), (2, 6, 11, 16, 21), (3, 7, 12, 17, 22), (4, 8, 13, 18, 23), (9, 14, 19, 24)):
        now, before = list(level), PARENTS[list(level)]
        frames[..., now, :, :] = frames[..., before, :, :] @ turns[..., now, :, :]
        moved = frames[..., before, :, :] @ offsets[..., now, :, None]
        joints[..., now, :] = joints[..., before, :] + moved[..., 0]
    return joints, frames


def pose_joints(pose: Pose) -> tuple[np.ndarray, np.ndarray]:
    """Joints [25, 3] and rotations [25, 3, 3] in camera space."""
    return forward(pose.angles, pose.rotation, pose.translation, pose.size * pose.proportions)


def keypoints(joints: np.ndarray, rotations: np.ndarray, size: np.ndarray | float) -> np.ndarray:
    """The 21 keypoints [..., 21, 3] of joints and rotations: tips moved to the fingers' ends."""
    moved = joints.copy()
    moved[..., TIPS, :] -= rotations[..., TIPS, :, :][..., 2] * (TIP_EXTENSION * np.asarray(size)[..., None, None])
    return moved[..., KEYPOINT_JOINTS, :]


def in_bones(vertices: np.ndarray, bones: np.ndarray, affine: np.ndarray) -> np.ndarray:
    """[V, 4, 3]: vertices [V, 3] in the frames of their bones, for bone transforms [25, 3, 4] at which they were bound."""
    inverse = np.linalg.inv(affine[:, :, :3])
    from_bone = vertices[:, None] - affine[bones, :, 3]
    return np.ascontiguousarray(np.einsum("vkab,vkb->vka", inverse[bones], from_bone), np.float32)


def bone_transforms(
    joints: np.ndarray, rotations: np.ndarray, size: float, proportions: np.ndarray, girth: np.ndarray
) -> np.ndarray:
    """[25, 3, 4] that skin a mesh: each joint's frame, stretched along its bone and thickened across it by girth [25]."""
    along = np.ones(JOINTS)
    length = np.linalg.norm(HAND.offsets, axis=1)
    along[:-1] = np.where(PARENTS[1:] == np.arange(JOINTS - 1), proportions[1:], 1)
    # The last bone goes on beyond its tip joint, by the same millimetres for all proportions.
    along[TIPS - 1] = (length[TIPS] * proportions[TIPS] + MESH_END) / (length[TIPS] + MESH_END)
    along[0] = proportions[[5, 10, 15, 20]].mean()
    scale = size * np.stack([girth, girth, along], -1)
    return np.concatenate([rotations * scale[:, None, :], joints[:, :, None]], -1)


REST_TRANSFORMS = np.concatenate([HAND.rotations, HAND.positions[:, :, None]], -1)
