"""One training sample from a seed: a crop of a right hand with its exact labels."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from . import appearance, body, camera, native, poses, post, rig, scene
from .clutter import clutter, dress
from .data import backgrounds
from .looks import look
from .native import Material
from .textures import glove_names, glove_texture, grey_normals, normal_texture, skin_names, skin_texture
from .truth import ARM, BEHIND_HAND, HAND, OUTSIDE, VISIBLE, keypoint_visibility, maps, project, sampled

NO_MAP = np.zeros(0, np.float32)
LOOKS = ("generic", "nails", "nails_left", "plain", "plain_left")
MIN_OWN_PX = 72  # least camera pixels across a crop
MIN_VISIBLE = 8  # keypoints that a sample shows at least


@dataclass
class Sample:
    """Lengths in metres; 3D in the crop camera's space (x right, y down, z away), always a right hand.

    The crop camera stands where the frame's camera does, turned to the window's middle and rolled with the window.
    """

    image: np.ndarray  # [S, S, 3] uint8 RGB
    keypoints: np.ndarray  # [21, 3]
    crop: np.ndarray  # [21, 2] fractions of the crop's side from its centre (contract.py)
    visibility: np.ndarray  # [21] uint8: VISIBLE, BEHIND_HAND, BEHIND_OBJECT (or arm, other hand), OUTSIDE the crop
    joints: np.ndarray  # [25, 3]
    rotations: np.ndarray  # [25, 4] (x, y, z, w), joint to crop camera space
    vertices: np.ndarray  # [1159, 3] the generic hand's welded vertices on the drawn surface, whatever the look
    window_width: float  # W = side z / f at the root's depth
    projection: np.ndarray  # [3, 3]: crop px (u w, v w, w) = projection @ point
    mask: np.ndarray  # [S, S] uint8: NOTHING, HAND, ARM, OBJECT, OTHER_HAND
    depth: np.ndarray  # [S, S] float32, z of the nearest surface, 0: none
    uv: np.ndarray  # [S, S, 2] float32, the generic hand's texture coordinates where the hand is seen, else NaN
    angles: np.ndarray  # [22] of the rig
    size: float  # of the hand relative to the rig
    proportions: np.ndarray  # [25]
    frame: np.ndarray  # [4] width, height, focal length of the frame, px; 1 if the crop is the frame's plane, 0 if turned
    window: np.ndarray  # [4] centre x, y, side, frame px; rotation, radians
    axes: np.ndarray  # [3, 3] columns: the crop camera's axes in the frame camera's space
    look: str


def sample(seed: int, size: int = 224, split: str = "train", with_maps: bool = True) -> Sample:
    """The sample of a seed; the same seed gives the same sample on the same machine.

    size: side of the crop, px. Without maps, mask, depth and uv are left empty, which saves time.
    """
    for attempt in range(100):
        random = np.random.default_rng([seed, attempt, {"train": 0, "test": 1}[split]])
        made = _attempt(random, size, split, with_maps)
        if made is not None:
            return made
    raise RuntimeError(f"seed {seed}: no visible hand in 100 attempts")


def _place(
    random: np.random.Generator, bank: poses.Bank, photo: int | None, frame: camera.FrameCamera
) -> tuple[np.ndarray, np.ndarray]:
    """Wrist rotation and middle knuckle's position in the frame camera's space."""
    depth = float(np.exp(random.uniform(np.log(0.2), np.log(1.2))))
    reach = frame.centre * 0.85
    x, y = random.uniform(-1, 1, 2) * reach / frame.focal
    view = poses.draw_view(random, bank, photo)
    return camera.turn_to_ray(x, y) @ view, np.array([x, y, 1]) * depth


def _attempt(random: np.random.Generator, size: int, split: str, with_maps: bool) -> Sample | None:
    bank = poses.bank(split)
    angles, photo = poses.draw_angles(random, bank)
    rod = None  # radius of what is grasped, at size 1
    if random.random() < 0.09:
        rod, photo = float(random.uniform(0.008, 0.036)), None
        angles = poses.grasp_angles(random, rod)
    glove = random.random() < 0.04
    name = "glove" if glove else LOOKS[random.choice(len(LOOKS), p=[0.4, 0.2, 0.15, 0.15, 0.1])]
    shape, proportions = body.draw_shape(random, look(name))
    frame = camera.draw_frame(random)
    rotation, root = _place(random, bank, photo, frame)
    pose = rig.Pose(angles, np.zeros(3), rotation, shape.size, proportions)
    joints, frames = rig.pose_joints(pose)
    pose.translation = root - rig.keypoints(joints, frames, shape.size)[rig.ROOT]
    points = rig.keypoints(joints + pose.translation, frames, shape.size)
    if points[:, 2].min() < 0.07:
        return None
    window = camera.draw_window(frame.project(points), random)
    if window.side > 1.5 * min(frame.width, frame.height):  # a hand so near that most of its window is outside
        return None
    planar = bool(random.random() < 0.5)
    crop = camera.crop_camera(frame, window, size, planar)
    # From here on in the crop camera's space.
    pose.translation, pose.rotation = pose.translation @ crop.axes, crop.axes.T @ pose.rotation
    wrist = body.Wrist(np.deg2rad(np.clip(random.normal() * 22, -60, 60)), np.deg2rad(np.clip(random.normal() * 10, -25, 25)))
    hand = body.pose_hand(look(name), pose, shape, wrist)
    points = rig.keypoints(hand.joints, hand.rotations, pose.size)

    pictures = backgrounds(split)
    materials: list[Material] = []
    skin = appearance.draw_skin(random)
    _hand_materials(random, name, skin, split, materials)
    parts = [body.hand_part(hand, _tints(random, hand, skin, glove), 0, HAND)]
    arm_material = 0 if not glove else len(materials)
    if glove:
        materials.append(appearance.skin_material(random, skin, skin_texture("light_realistic", "cc0"), None))
    rim = np.ones((len(hand.look.rim), 3)) if glove else parts[0].attributes[hand.look.rim, 3:]
    arm, rings = body.forearm(hand, shape, wrist, rim, arm_material, skin.arm_tint)
    arm.kind = ARM
    if glove:
        parts.append(arm)
    else:
        parts[0] = body.join(parts[0], arm, hand.look.rim)
    dress(random, hand, rings, wrist, shape, pictures, parts, materials)
    extras = clutter(random, hand, points, bank, skin, split, pictures, parts, materials, rod)
    # The picture is drawn with the pixels that the camera has here, and enlarged to the crop's at the end.
    own = int(np.clip(window.side * random.choice([1.0, 1.5, 2.0], p=[0.5, 0.2, 0.3]), MIN_OWN_PX, size))
    to_own = np.array([[own / size, 0, (own / size - 1) / 2], [0, own / size, (own / size - 1) / 2], [0, 0, 1]])
    view = scene.see(parts, to_own @ crop.projection, own)
    visibility = keypoint_visibility(view, points, pose.size)
    if extras and (visibility == VISIBLE).sum() < MIN_VISIBLE:
        del parts[extras:]
        view = scene.see(parts, to_own @ crop.projection, own)
        visibility = keypoint_visibility(view, points, pose.size)
    if (visibility == VISIBLE).sum() < MIN_VISIBLE or ((visibility == VISIBLE) | (visibility == BEHIND_HAND)).sum() < 12:
        return None

    back = post.draw_background(random, pictures, own, window.rotation)
    colour = post.DECODE[back[::16, ::16]].mean((0, 1)) + 0.01
    up = crop.axes.T @ np.array([0.0, -1, 0])
    lighting = appearance.draw_lighting(random, split, colour, up)
    _match(random, lighting, colour)
    shaded = scene.shade(view, materials, lighting, hand.joints, random.uniform(0.8, 1.7))
    uv = project(crop.projection, points)
    black = _outside(random, frame, crop, to_own, own, uv)
    if black is not None:
        visibility[sampled(black, project(to_own @ crop.projection, points)) == 0] = OUTSIDE
    image = post.photograph(random, shaded, back, size, black)

    depth, mask, texture_uv = (
        maps(scene.see(parts, crop.projection, size), hand.labels) if with_maps else (NO_MAP, NO_MAP.astype(np.uint8), NO_MAP)
    )
    return Sample(
        image, points.astype(np.float32), ((uv - size / 2) / size).astype(np.float32), visibility,
        hand.joints.astype(np.float32), rig.quaternion_from_matrix(hand.rotations).astype(np.float32),
        hand.labels.astype(np.float32), float(crop.window_width_per_depth * (points[rig.ROOT] @ crop.axes[2])),
        crop.projection, mask, depth, texture_uv, angles, shape.size, proportions,
        np.array([frame.width, frame.height, frame.focal, planar]),
        np.array([window.cx, window.cy, window.side, window.rotation]), crop.axes, name,
    )  # fmt: skip


def _hand_materials(
    random: np.random.Generator, name: str, skin: appearance.Skin, split: str, materials: list[Material]
) -> None:
    """Adds the hand's material: skin or a glove."""
    if name == "glove":
        gloves = glove_names(split)
        data = glove_texture(gloves[random.integers(len(gloves))])
        material = appearance.plain(np.ones(3), random.uniform(0.3, 0.8))
        tint = np.exp(random.normal(size=(3, 1)) * 0.3)
        native.set_lut(material, np.clip(post.DECODE[None] * tint, 0, 0.95))
        material.colour, material.normal = appearance.texture(data), appearance.texture(normal_texture("glove"))
        material.bump = random.uniform(0.5, 1.2)
        materials.append(material)
        return
    names = skin_names(split)
    paint = names[random.integers(len(names))]
    data = skin_texture(paint, "generic" if name == "generic" else "cc0")
    normal = grey_normals(paint) if name == "generic" else normal_texture("hands")
    materials.append(appearance.skin_material(random, skin, data, normal))


def _tints(random: np.random.Generator, hand: body.Hand, skin: appearance.Skin, glove: bool) -> np.ndarray:
    if glove:
        return np.ones((len(hand.vertices), 3))
    blotches = np.concatenate([random.normal(size=(3, 4)), random.uniform(0, 6.28, (1, 4))])
    return body.skin_tints(hand.look, skin.palm_tint, skin.flush, blotches)


def _match(random: np.random.Generator, lighting: appearance.Lighting, background: np.ndarray) -> None:
    """Scales the light to the background's brightness, roughly: a grey of 0.25 there is light 1 here."""
    wanted = (background.mean() / 0.25) ** random.uniform(0.3, 0.9) * np.exp(random.normal() * 0.3)
    factor = wanted / max(lighting.level.mean(), 0.05)
    lighting.environment.gain *= factor
    lighting.lights = [(direction, colour * factor) for direction, colour in lighting.lights]


def _outside(
    random: np.random.Generator,
    frame: camera.FrameCamera,
    crop: camera.CropCamera,
    to_own: np.ndarray,
    own: int,
    uv: np.ndarray,
) -> np.ndarray | None:
    """[own, own] 1 inside of the frame, 0 outside (black in crops); None where nothing is black.

    Most of the crops that reach over the border are filled, as if the frame were larger, and all that would lose most of the
    hand. to_own: crop px to those drawn; uv [21, 2]: keypoints, crop px.
    """
    if random.random() < 0.6:
        return None
    border = np.array([[0, 0], [frame.width, 0], [frame.width, frame.height], [0, frame.height]], float)
    rays = np.concatenate([(border - frame.centre) / frame.focal, np.ones((4, 1))], 1)
    seen = rays @ crop.axes @ (to_own @ crop.projection).T
    if seen[:, 2].min() <= 0.05:
        return None
    inside = np.zeros((own, own), np.uint8)
    cv2.fillConvexPoly(inside, np.round(seen[:, :2] / seen[:, 2:] * 16).astype(np.int32), 1, shift=4)
    if inside.all():
        return None
    return inside if (sampled(inside, uv @ to_own[:2, :2] + to_own[:2, 2]) == 1).sum() >= 16 else None
