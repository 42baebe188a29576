"""The rig in torch: from its degrees of freedom to keypoints and vertices, differentiable (render/rig.py has the same in numpy)."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from attention import coarse_vertices
from render.rig import (
    ANGLE_AXIS, ANGLE_JOINT, ANGLE_MAX, ANGLE_MIN, ANGLES, AVERAGE_PROPORTIONS, HAND, JOINTS, KEYPOINT_JOINTS, PARENTS,
    REST_TRANSFORMS, TIP_EXTENSION, TIPS, bone_transforms, in_bones, pose_joints, turn_entries, Pose,
)  # fmt: skip


def rotation_from_six(six: Tensor) -> Tensor:
    """[B, 3, 3] of two columns [B, 6], by Gram and Schmidt."""
    first = functional.normalize(six[:, :3], dim=1)
    second = functional.normalize(six[:, 3:] - (first * six[:, 3:]).sum(dim=1, keepdim=True) * first, dim=1)
    return torch.stack([first, second, torch.linalg.cross(first, second)], dim=2)


class RigLayer(nn.Module):
    """A hand of average proportions; only its coarse vertices are skinned."""

    def __init__(self, coarse: int) -> None:
        super().__init__()

        def keep(name: str, values: np.ndarray) -> None:
            self.register_buffer(name, torch.from_numpy(np.ascontiguousarray(values, np.float32)), persistent=False)

        keep("low", ANGLE_MIN)
        keep("high", ANGLE_MAX)
        keep("turns", HAND.turns)
        keep("offsets", HAND.offsets * AVERAGE_PROPORTIONS[:, None])
        chosen = coarse_vertices(coarse)
        bones = HAND.bones[chosen]
        # Bones are stretched to the proportions while the rest pose is bound, so that afterwards they only turn.
        rest = Pose(np.zeros(ANGLES), proportions=AVERAGE_PROPORTIONS)
        joints, frames = pose_joints(rest)
        stretched = bone_transforms(joints, frames, 1.0, AVERAGE_PROPORTIONS, np.ones(JOINTS))
        local = in_bones(HAND.vertices[chosen], bones, REST_TRANSFORMS)
        placed = np.einsum("vkab,vkb->vka", stretched[bones, :, :3], local) + stretched[bones, :, 3]
        keep("local", np.einsum("vkba,vkb->vka", frames[bones], placed - joints[bones]))
        keep("weights", HAND.weights[chosen])
        self.bones = torch.from_numpy(bones.astype(np.int64))

    def limited(self, free: Tensor) -> Tensor:
        """Angles [B, 22] between the rig's anatomical limits of bend, splay and twist, of free numbers; 0 means no bend."""
        middle = torch.logit((-self.low) / (self.high - self.low))
        return self.low + (self.high - self.low) * torch.sigmoid(free + middle)

    def forward(self, angles: Tensor, rotation: Tensor) -> tuple[Tensor, Tensor]:
        """Keypoints [B, 21, 3] and coarse vertices [B, C, 3] with the wrist at 0, of angles [B, 22] and rotations [B, 3, 3]."""
        turned = self.turns @ finger_turns(angles)
        joints: list[Tensor] = [torch.zeros(len(angles), 3)] * JOINTS
        frames: list[Tensor] = [rotation] * JOINTS
        for joint in range(1, JOINTS):  # parents come before their children
            before = PARENTS[joint]
            frames[joint] = frames[before] @ turned[:, joint]
            joints[joint] = joints[before] + frames[before] @ self.offsets[joint]
        all_frames, all_joints = torch.stack(frames, dim=1), torch.stack(joints, dim=1)
        ends = all_joints.clone()
        ends[:, TIPS] = all_joints[:, TIPS] - all_frames[:, TIPS, :, 2] * TIP_EXTENSION
        placed = (all_frames[:, self.bones] @ self.local[..., None]).squeeze(4) + all_joints[:, self.bones]
        return ends[:, KEYPOINT_JOINTS], (placed * self.weights[..., None]).sum(dim=2)


def finger_turns(angles: Tensor) -> Tensor:
    """[B, 25, 3, 3] of angles [B, 22]: each joint's R_y(abduction) R_x(-flexion) R_z(twist)."""
    spread = torch.zeros(ANGLES, JOINTS * 3)
    spread[torch.arange(ANGLES), torch.from_numpy(ANGLE_JOINT * 3 + ANGLE_AXIS)] = 1
    per = (angles @ spread).unflatten(1, (JOINTS, 3))
    sx, sy, sz = torch.sin(per).unbind(2)
    cx, cy, cz = torch.cos(per).unbind(2)
    sx = -sx  # flexion turns about -x
    return torch.stack(turn_entries(sx, sy, sz, cx, cy, cz), dim=2).unflatten(2, (3, 3))
