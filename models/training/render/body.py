"""The hand's part of a scene: skinned mesh, bent wrist, forearm, sleeve, watch and ring, with their skin.

Wrist frame: the wrist joint's, z toward the elbow, y out of the back of the hand, x to the side; metres.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache

import numpy as np

from . import rig
from .looks import Look
from .native import skin as skin_vertices
from .rig import HAND

ARM_RINGS = np.array([0, 0.006, 0.014, 0.025, 0.04, 0.06, 0.09, 0.13, 0.18, 0.24, 0.32, 0.42])  # metres from the rim
AROUND = 28  # vertices of a ring


@dataclass
class Part:
    """A mesh of the scene. attributes: u, v, weight of the texture, tint r, g, b."""

    positions: np.ndarray  # [V, 3] float32
    attributes: np.ndarray  # [V, 6] float32
    triangles: np.ndarray  # [T, 3] int32
    weld: np.ndarray  # [V] int32
    material: int
    kind: int | np.ndarray = 0  # what the mask calls it; one, or one a triangle


@dataclass
class Shape:
    """What one person's hand and arm measure, relative to the look's."""

    size: float = 1.0
    proportions: np.ndarray = field(default_factory=lambda: np.ones(rig.JOINTS))
    girth: np.ndarray = field(default_factory=lambda: np.ones(rig.JOINTS))
    arm: float = 1.0  # girth of the forearm


@dataclass
class Wrist:
    """Angle of the forearm to the hand, radians: flexion (elbow toward the palm's side is negative) and deviation."""

    flexion: float = 0.0
    deviation: float = 0.0


# How far fingers lean from the rig's own toward the runtime's average, which is as MediaPipe marks hands and has short fingers.
# X-rays (Buryanov, Kotiuk 2010, with soft tissue) have fingers as long as the rig's, and tips a little longer.
LEANING = (-0.4, 0.3)


def draw_shape(random: np.random.Generator, look: Look) -> tuple[Shape, np.ndarray]:
    """A person's measures, and the rig's proportions [25] of this look with them."""
    size = float(np.clip(random.normal() * 0.075 + 0.95, 0.72, 1.16))
    finger = np.exp(random.normal(size=6) * 0.03)[rig.FINGER + 1]
    bone = np.exp(random.normal(size=rig.JOINTS) * 0.02)
    average = rig.AVERAGE_PROPORTIONS ** random.uniform(*LEANING)
    thickness = np.exp(random.normal() * 0.07)
    girth = thickness * np.exp(random.normal(size=6) * 0.025)[rig.FINGER + 1]
    shape = Shape(size, finger * bone * average, girth, float(thickness * np.exp(random.normal() * 0.05)))
    return shape, look.proportions * shape.proportions


@dataclass
class Hand:
    """A posed hand before it is cut into parts."""

    look: Look
    affine: np.ndarray  # [25, 3, 4]
    joints: np.ndarray
    rotations: np.ndarray
    vertices: np.ndarray  # [V, 3] of the look
    labels: np.ndarray  # [1159, 3] of the generic hand
    scale: float  # metres of this hand for a metre of the look's


def pose_hand(look: Look, pose: rig.Pose, shape: Shape, wrist: Wrist) -> Hand:
    """Skins the look; `pose.size` and `pose.proportions` include the shape and the look's own."""
    joints, rotations = rig.pose_joints(pose)
    affine = rig.bone_transforms(joints, rotations, pose.size, pose.proportions, look.girth * shape.girth)
    vertices = skin_vertices(look.local, look.bones, look.weights, affine)
    labels = skin_vertices(look.label_local, HAND.bones, HAND.weights, affine)
    turn, origin = rotations[0], joints[0]
    for points in (vertices, labels):
        local = (points - origin) @ turn
        points[:] = bend_wrist(local, wrist) @ turn.T + origin
    return Hand(look, affine, joints, rotations, vertices, labels, pose.size)


def bend_wrist(local: np.ndarray, wrist: Wrist) -> np.ndarray:
    """Points in the wrist frame, turned about the wrist by a share that grows from 22 mm before it to 34 mm behind."""
    share = np.clip((local[:, 2] + 0.022) / 0.056, 0, 1)
    share = share * share * (3 - 2 * share)
    moved = local.copy()
    some = share > 0
    a, b = share[some] * wrist.flexion, share[some] * wrist.deviation
    x, y, z = local[some].T
    y, z = y * np.cos(a) - z * np.sin(a), y * np.sin(a) + z * np.cos(a)
    x, z = x * np.cos(b) + z * np.sin(b), -x * np.sin(b) + z * np.cos(b)
    moved[some] = np.stack([x, y, z], 1)
    return moved


def skin_tints(look: Look, palm_tint: np.ndarray, flush: np.ndarray, blotches: np.ndarray) -> np.ndarray:
    """[V, 3] factors on the skin's colour: palm_tint [3] on palm and finger pads, flush [3] on tips and knuckles.

    blotches: [4, 4] phases of slow changes over the hand.
    """
    palmar, tip, knuckle, _ = _regions(look)
    main, local = look.bones[:, 0], look.local[:, 0]
    tint = palm_tint ** palmar[:, None] * flush ** np.maximum(tip, knuckle)[:, None]
    rest = local + HAND.positions[main]
    waves = np.sin(rest @ blotches[:3] * 90 + blotches[3]).sum(1, keepdims=True)
    return tint * np.exp(0.022 * waves * np.array([0.35, 1.0, 0.9]))


_REGIONS: dict[str, tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]] = {}


def _regions(look: Look) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Per vertex 0..1: palmar side, finger tip, back of a knuckle, away from the rim."""
    if look.name not in _REGIONS:
        from .native import normals

        rest = skin_vertices(look.local, look.bones, look.weights, rig.REST_TRANSFORMS.astype(np.float32))
        n = normals(rest, look.weld, look.triangles)
        up = np.einsum("vk,vka->va", look.weights, HAND.rotations[look.bones][..., 1])
        # The thumb's own palm side faces across the hand: its joints' y tells, as for the fingers.
        height = (n * up).sum(1)
        palmar = np.clip((0.12 - height) / 0.5, 0, 1)
        palmar = palmar * palmar * (3 - 2 * palmar)
        along = (rest - HAND.positions[0]) @ HAND.rotations[0][:, 2]
        palmar *= np.clip((0.005 - along) / 0.03, 0, 1)  # the forearm's inside is not as light
        tips = np.linalg.norm(rest[:, None] - HAND.positions[rig.TIPS], axis=2).min(1)
        joints = HAND.positions[[6, 7, 11, 12, 16, 17, 21, 22, 8, 13, 18, 23, 2, 3]]
        knuckles = np.linalg.norm(rest[:, None] - joints, axis=2).min(1)
        _REGIONS[look.name] = (
            palmar, np.clip(1 - tips / 0.022, 0, 1), np.clip(1 - knuckles / 0.016, 0, 1) * (height > 0.2),
            np.clip((along[look.rim].mean() - 0.002 - along) / 0.035, 0, 1),
        )  # fmt: skip
    return _REGIONS[look.name]


def hand_part(hand: Hand, tints: np.ndarray, material: int, kind: int) -> Part:
    """The texture fades to plain skin toward the rim, where the forearm has none."""
    look = hand.look
    fade = _regions(look)[3][:, None] if look.name != "glove" else np.ones((len(tints), 1))
    attributes = np.concatenate([look.uv, fade, tints], 1).astype(np.float32)
    return Part(hand.vertices, attributes, look.triangles, look.weld, material, kind)


@cache
def rings_mesh(rings: int, around: int) -> np.ndarray:
    """Triangles of a tube of rings x around vertices whose angle and z grow: counter-clockwise as seen from outside."""
    i, r = np.arange(around), np.arange(rings - 1)[:, None]
    a = r * around + i
    b = r * around + (i + 1) % around
    c, d = a + around, b + around
    return np.stack([np.stack([a, b, c], -1), np.stack([b, d, c], -1)], 2).reshape(-1, 3).astype(np.int32)


def rim_in_wrist(hand: Hand) -> np.ndarray:
    """The rim's vertices in the wrist frame before the wrist is bent, [n, 3]."""
    look = hand.look
    rim = look.rim
    straight = skin_vertices(
        np.ascontiguousarray(look.local[rim]), np.ascontiguousarray(look.bones[rim]),
        np.ascontiguousarray(look.weights[rim]), hand.affine)  # fmt: skip
    return (straight - hand.joints[0]) @ hand.rotations[0]


def forearm(
    hand: Hand, shape: Shape, wrist: Wrist, rim_tints: np.ndarray, material: int, shade: np.ndarray
) -> tuple[Part, np.ndarray]:
    """The forearm from the hand's rim on, and its rings [R, n, 3] in the straight wrist frame (for sleeves).

    rim_tints [n, 3] fade along the arm to `shade` [3], the arm's own tint.
    """
    rim = rim_in_wrist(hand)
    n = len(rim)
    centre = rim.mean(0)
    angle = np.arctan2(rim[:, 1] - centre[1], rim[:, 0] - centre[0])
    distances = ARM_RINGS * hand.scale
    # The forearm narrows behind the wrist and swells toward the elbow, where it is half as wide again and round.
    half_width, half_thickness = np.abs(rim - centre)[:, :2].max(0) * shape.arm
    grow = np.clip((distances / hand.scale - 0.03) / 0.2, 0, 1)
    grow = grow * grow * (3 - 2 * grow)
    half_width, half_thickness = (
        min(half_width, 0.031 * hand.scale * shape.arm),
        max(half_thickness, 0.017 * hand.scale * shape.arm),
    )
    width = half_width * (0.95 + 0.42 * grow)
    thick = half_thickness * (0.98 + 0.02 * grow) + (half_width * 1.28 - half_thickness) * grow
    blend = np.clip(distances / (0.05 * hand.scale), 0, 1)
    blend = (blend * blend * (3 - 2 * blend))[:, None]
    x = (rim[:, 0] - centre[0]) * (1 - blend) + width[:, None] * np.cos(angle) * blend
    y = (rim[:, 1] - centre[1]) * (1 - blend) + thick[:, None] * np.sin(angle) * blend
    z = rim[:, 2] * (1 - blend) + centre[2] * blend + distances[:, None]
    rings = np.stack([x + centre[0] * (1 - 0.7 * blend), y + centre[1] * (1 - 0.7 * blend), z], -1)
    positions = _to_camera(bend_wrist(rings.reshape(-1, 3), wrist), hand)
    fade = np.clip(1 - ARM_RINGS / 0.06, 0, 1)[:, None, None]
    tints = np.exp(np.log(rim_tints) * fade + np.log(shade) * (1 - fade))
    turn = np.unwrap(angle)
    u = np.broadcast_to(turn / (2 * np.pi) * 0.45, x.shape)
    v = np.broadcast_to(ARM_RINGS[:, None] / 0.4, x.shape)
    attributes = np.concatenate([np.stack([u, v, np.zeros_like(x)], -1), tints], -1).reshape(-1, 6).astype(np.float32)
    return Part(
        positions, attributes, rings_mesh(len(distances), n), np.arange(len(positions), dtype=np.int32), material
    ), rings


def join(hand: Part, arm: Part, rim: np.ndarray) -> Part:
    """One part of a hand and its arm, whose first ring shares the rim's normals: no seam."""
    start = len(hand.positions)
    weld = arm.weld + start
    weld[: len(rim)] = hand.weld[rim]
    kind = np.concatenate([np.full(len(p.triangles), p.kind, np.uint8) for p in (hand, arm)])
    return Part(np.concatenate([hand.positions, arm.positions]), np.concatenate([hand.attributes, arm.attributes]),
                np.concatenate([hand.triangles, arm.triangles + start]), np.concatenate([hand.weld, weld]), hand.material, kind)  # fmt: skip


def _to_camera(local: np.ndarray, hand: Hand) -> np.ndarray:
    return (local @ hand.rotations[0].T + hand.joints[0]).astype(np.float32)


def tube_part(
    hand: Hand,
    rings: np.ndarray,
    wrist: Wrist,
    start: float,
    end: float,
    grow: np.ndarray,
    material: int,
    folds: np.ndarray,
    scale_uv: float = 2.5,
) -> Part:
    """Sleeve or watch strap: a tube around the arm from `start` to `end` metres behind the rim.

    grow: [R] radius relative to the arm's over the tube's length; folds: [R, AROUND] metres added to the radius.
    """
    count = len(grow)
    at = np.linspace(start, end, count) * hand.scale
    along = ARM_RINGS * hand.scale
    k = np.clip(np.searchsorted(along, at) - 1, 0, len(along) - 2)
    t = ((at - along[k]) / (along[k + 1] - along[k]))[:, None, None]
    shape = rings[k] * (1 - t) + rings[k + 1] * t  # [count, n, 3]
    centre = shape.mean(1, keepdims=True)
    phi = np.linspace(0, 2 * np.pi, AROUND, endpoint=False)
    radius = np.abs(shape - centre)[..., :2].max(1)  # half width and thickness
    ring = np.stack([np.cos(phi) * radius[:, :1], np.sin(phi) * radius[:, 1:]], -1) * grow[:, None, None]
    outward = np.stack([np.cos(phi), np.sin(phi)], -1)
    ring = ring + outward * folds[..., None]
    points = np.concatenate([ring + centre[..., :2], np.broadcast_to(centre[..., 2:], (count, AROUND, 1))], -1)
    # The lip: a first ring turned in, so that the cloth has thickness.
    lip = points[:1] * 1.0
    lip[..., :2] = centre[:1, :, :2] + (points[:1, :, :2] - centre[:1, :, :2]) * 0.93
    lip[..., 2] += 0.004
    points = np.concatenate([lip, points])
    flat = points.reshape(-1, 3)
    u = np.broadcast_to(phi / (2 * np.pi), (count + 1, AROUND))
    v = np.broadcast_to(np.concatenate([[start], at])[:, None], u.shape) * scale_uv
    rest = np.stack([u, v, np.ones_like(u), *[np.ones_like(u)] * 3], -1).reshape(-1, 6).astype(np.float32)
    triangles = rings_mesh(count + 1, AROUND)
    return Part(_to_camera(bend_wrist(flat, wrist), hand), rest, triangles, np.arange(len(flat), dtype=np.int32), material)


def ring_part(hand: Hand, finger: int, place: float, thickness: float, shape: Shape, material: int) -> Part:
    """A ring around the proximal bone of finger 1..4 (index to little), `place` 0..1 along it."""
    joint = 5 * finger + 1
    radius = HAND.radii[joint] * hand.scale * shape.girth[joint] * hand.look.girth[joint] * 1.02
    a, b = hand.joints[joint], hand.joints[joint + 1]
    x, y = hand.rotations[joint][:, 0], hand.rotations[joint][:, 1]
    z = (a - b) / np.linalg.norm(a - b)
    phi, psi = np.linspace(0, 2 * np.pi, 24, endpoint=False), np.linspace(0, 2 * np.pi, 7, endpoint=False)
    tube = radius + thickness * np.cos(psi)[None]
    out = np.cos(phi)[:, None, None] * x + np.sin(phi)[:, None, None] * y
    points = a + (b - a) * place + out * tube[..., None] + (thickness * 1.6 * np.sin(psi))[None, :, None] * z
    flat = points.reshape(-1, 3).astype(np.float32)
    i, j = np.mgrid[:24, :7]
    p, q = i * 7 + j, ((i + 1) % 24) * 7 + j
    r, s = i * 7 + (j + 1) % 7, ((i + 1) % 24) * 7 + (j + 1) % 7
    triangles = np.concatenate([np.stack([p, q, r], -1).reshape(-1, 3), np.stack([q, s, r], -1).reshape(-1, 3)])
    attributes = np.tile(np.float32([0, 0, 0, 1, 1, 1]), (len(flat), 1))
    return Part(flat, attributes, np.ascontiguousarray(triangles, np.int32), np.arange(len(flat), dtype=np.int32), material)
