"""What else is in the picture: sleeve, watch, rings, objects in and before the hand, a second hand."""

from __future__ import annotations

import numpy as np

from . import appearance, body, poses, props, rig
from .data import Backgrounds, draw_picture
from .looks import look
from .textures import skin_names, skin_texture, with_levels
from .truth import ARM, HAND, OBJECT, OTHER_HAND


def _picture_texture(random: np.random.Generator, pictures: Backgrounds) -> np.ndarray:
    """A background photo's part as a 128 px texture with levels."""
    picture = draw_picture(random, pictures)
    y, x = random.integers(0, len(picture) - 128 + 1, 2)
    part = picture[y : y + 128, x : x + 128]
    return with_levels(np.dstack([part, np.full((128, 128), 255, np.uint8)]))


def dress(random, hand, rings, wrist, shape, pictures, parts, materials) -> None:  # type: ignore[no-untyped-def]
    """Sleeve (half of the samples), watch or bracelet, rings."""
    if random.random() < 0.5:
        start = random.choice([random.uniform(0.0, 0.05), random.uniform(0.03, 0.28)])
        wide = random.uniform(1.12, 1.55)
        count = 18
        folds = random.normal(size=(count, body.AROUND)) * random.uniform(0.0004, 0.0026)
        waves = np.sin(np.linspace(0, random.uniform(4, 14), count)[:, None] + random.uniform(0, 6) + np.sin(
            np.linspace(0, 2 * np.pi, body.AROUND, endpoint=False) * random.integers(1, 4) + random.uniform(0, 6)) * 1.5)  # fmt: skip
        grow = wide * np.linspace(1, random.uniform(0.95, 1.2), count)
        if random.random() < 0.4:
            grow[:2] = np.maximum(grow[:2] * random.uniform(0.85, 1.0), 1.06)  # a cuff
        kept = _picture_texture(random, pictures) if random.random() < 0.3 else None
        materials.append(appearance.draw_cloth(random, kept))
        materials[-1]._kept = kept
        sleeve = body.tube_part(
            hand, rings, wrist, start, 0.41, grow, len(materials) - 1, folds + waves * random.uniform(0.0005, 0.0032)
        )
        sleeve.kind = ARM
        parts.append(sleeve)
    if random.random() < 0.08:  # watch strap or bracelet
        start = random.uniform(0.012, 0.04)
        width = random.uniform(0.004, 0.024)
        materials.append(appearance.draw_surface(random, None))
        strap = body.tube_part(hand, rings, wrist, start, start + width, np.full(3, random.uniform(1.04, 1.12)), len(materials) - 1,
                               np.zeros((3, body.AROUND)))  # fmt: skip
        strap.kind = ARM
        parts.append(strap)
    if random.random() < 0.12:
        gold = np.array([[0.83, 0.6, 0.3], [0.75, 0.75, 0.75], [0.05, 0.05, 0.06]])[random.integers(3)]
        materials.append(appearance.plain(gold, random.uniform(0.15, 0.4), 0.9))
        for finger in random.choice([1, 2, 3, 4], random.integers(1, 3), replace=False, p=[0.2, 0.3, 0.35, 0.15]):
            parts.append(
                body.ring_part(
                    hand, int(finger), random.uniform(0.45, 0.6), random.uniform(0.0006, 0.0016), shape, len(materials) - 1
                )
            )
            parts[-1].kind = HAND


def clutter(random, hand, points, bank, skin, split, pictures, parts, materials, rod) -> int:  # type: ignore[no-untyped-def]
    """Adds objects and a second hand; returns the index of the first part added, 0 if there is none."""
    before = len(parts)
    if rod is not None or random.random() < 0.24:
        kept = _picture_texture(random, pictures) if random.random() < 0.6 else None
        materials.append(appearance.draw_surface(random, kept))
        materials[-1]._kept = kept
        if rod is not None:
            thing = _grasped(random, hand, rod, len(materials) - 1)
        else:
            thing = _held(random, hand, points, len(materials) - 1) if random.random() < 0.6 else None
        if thing is None:
            thing = _in_front(random, points, len(materials) - 1)
        thing.kind = OBJECT
        parts.append(thing)
    if random.random() < 0.12:
        _second_hand(random, hand, points, bank, skin, split, parts, materials)
    return before if len(parts) > before else 0


def _grasped(random: np.random.Generator, hand: body.Hand, radius: float, material: int) -> props.Part:
    """A rod, bottle or the like of this radius (at size 1) where `poses.grasp_angles` closes around one."""
    middle, across = poses.rod_of(hand.joints, hand.rotations, radius * hand.scale, hand.scale)
    kinds = ("cylinder", "bottle", "cup", "box") if radius > 0.014 else ("cylinder",)
    kind = kinds[random.integers(len(kinds))]
    thing = props.make(kind, random, radius * hand.scale * (0.85 if kind == "box" else 1), material)
    thing.positions[:, 1] *= random.uniform(1, 1.8)
    y = across * random.choice([-1, 1])
    x = rig.cross(y, hand.rotations[10][:, 1])
    x /= np.linalg.norm(x)
    axes = np.stack([x, y, rig.cross(x, y)], 1) @ rig.rotation(np.array([0, 1.0, 0]), random.uniform(0, 2 * np.pi))
    return props.place(thing, axes, middle + across * random.normal() * 0.02)


def _held(random: np.random.Generator, hand: body.Hand, points: np.ndarray, material: int) -> props.Part | None:
    """An object between palm and fingers that just fits there; None where there is no room."""
    palm_out = -hand.rotations[11][:, 1]
    across = points[5] - points[17]
    across /= np.linalg.norm(across)
    tips = points[[8, 12, 16, 20]].mean(0)
    inside = (points[[0, 5, 9, 13, 17]].mean(0) + palm_out * 0.012) * 0.5 + (tips * 0.6 + points[4] * 0.4) * 0.5
    # Room: distance of the axis through `inside` along `across` from the fingers' bones, less their thickness.
    bones = np.concatenate([points[1:], (points[1:] + points[rig.KEYPOINT_PARENTS[1:]]) / 2])
    radius = np.concatenate([rig.HAND.radii[rig.KEYPOINT_JOINTS[1:]]] * 2) * hand.scale
    offset = bones - inside
    distance = np.linalg.norm(offset - (offset @ across)[:, None] * across, axis=1) - radius
    room = float(np.sort(distance)[1])
    if room < 0.005:
        return None
    kinds = ["pen"] if room < 0.009 else ["box", "cylinder", "bottle", "cup", "sphere", "pen"]
    thing = props.make(kinds[random.integers(len(kinds))], random, min(room * random.uniform(0.9, 1.1), 0.042), material)
    y = across * random.choice([-1, 1])
    x = rig.cross(y, palm_out)
    x /= np.linalg.norm(x)
    axes = np.stack([x, y, rig.cross(x, y)], 1) @ rig.rotation(np.array([0, 1.0, 0]), random.uniform(0, 2 * np.pi))
    return props.place(thing, poses.turned(random, 8) @ axes, inside)


def _in_front(random: np.random.Generator, points: np.ndarray, material: int) -> props.Part:
    """An object between the camera and some keypoint."""
    thing = props.make(props.KINDS[random.integers(len(props.KINDS))], random, random.uniform(0.008, 0.035), material)
    target = points[random.integers(1, 21)]
    near = 1 - random.uniform(0.03, 0.12) / target[2]
    return props.place(thing, poses.random_rotation(random), target * max(near, 0.4) + random.normal(size=3) * [0.02, 0.02, 0])


def _second_hand(random, hand, points, bank, skin, split, parts, materials) -> None:  # type: ignore[no-untyped-def]
    """The person's other hand (or another right one) beside the first, not through it."""
    name = hand.look.name if hand.look.name != "glove" else "generic"
    angles, photo = poses.draw_angles(random, bank)
    shape, proportions = body.draw_shape(random, look(name))
    pose = rig.Pose(angles, np.zeros(3), poses.draw_view(random, bank, photo), hand.scale, proportions)
    wrist = body.Wrist(random.normal() * 0.3, random.normal() * 0.15)
    other = body.pose_hand(look(name), pose, shape, wrist)
    tints = body.skin_tints(other.look, skin.palm_tint, skin.flush, random.normal(size=(4, 4)))
    names = skin_names(split)
    data = skin_texture(names[random.integers(len(names))], "generic" if name == "generic" else "cc0")
    materials.append(appearance.skin_material(random, skin, data, None))
    part = body.hand_part(other, tints, len(materials) - 1, OTHER_HAND)
    rim = part.attributes[other.look.rim, 3:]
    arm, _ = body.forearm(other, shape, wrist, rim, len(materials) - 1, skin.arm_tint)
    arm.kind = OTHER_HAND
    part = body.join(part, arm, other.look.rim)
    joints = other.joints
    if random.random() < 0.85:  # a left hand
        flip = np.float32([-1, 1, 1])
        joints = joints * flip
        part.positions = part.positions * flip
        part.triangles = np.ascontiguousarray(part.triangles[:, ::-1])
    # Pushed away until its joints keep clear of the first hand's.
    direction = random.normal(size=3) * [1, 1, 0.5]
    direction /= np.linalg.norm(direction)
    shift = points.mean(0) - joints.mean(0)
    for _ in range(20):
        gap = np.linalg.norm(joints[:, None] + shift - hand.joints, axis=2).min()
        if gap > 0.026 * hand.scale:
            break
        shift = shift + direction * 0.012
    shift = shift + direction * random.exponential(0.04)
    part.positions = (part.positions + shift).astype(np.float32)
    parts.append(part)
