"""One training sample from a seed: a crop of a right hand with its exact labels."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from . import appearance, body, camera, native, poses, post, props, rig, scene
from .data import Backgrounds, backgrounds, draw_picture
from .looks import look
from .native import Material
from .textures import GLOVES, SKINS, TEST_GLOVES, TEST_SKINS, glove_texture, grey_normals, normal_texture, skin_texture, with_levels

NO_MAP = np.zeros(0, np.float32)
VISIBLE, BEHIND_HAND, BEHIND_OBJECT, OUTSIDE = range(4)
NOTHING, HAND, ARM, OBJECT, OTHER_HAND = range(5)  # of the mask
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


def draw_shape(random: np.random.Generator, of: str) -> tuple[body.Shape, np.ndarray]:
    """A person's measures, and the rig's proportions [25] of this look with them."""
    size = float(np.clip(random.normal() * 0.075 + 0.95, 0.72, 1.16))
    finger = np.exp(random.normal(size=6) * 0.03)[rig.FINGER + 1]
    bone = np.exp(random.normal(size=rig.JOINTS) * 0.02)
    average = rig.AVERAGE_PROPORTIONS ** random.uniform(0, 0.8)
    thickness = np.exp(random.normal() * 0.07)
    girth = thickness * np.exp(random.normal(size=6) * 0.025)[rig.FINGER + 1]
    shape = body.Shape(size, finger * bone * average, girth, float(thickness * np.exp(random.normal() * 0.05)))
    return shape, look(of).proportions * shape.proportions


def _place(random: np.random.Generator, bank: poses.Bank, photo: int | None, frame: camera.FrameCamera) -> tuple[np.ndarray, np.ndarray]:
    """Wrist rotation and middle knuckle's position in the frame camera's space."""
    depth = float(np.exp(random.uniform(np.log(0.2), np.log(1.2))))
    reach = frame.centre * 0.85
    x, y = random.uniform(-1, 1, 2) * reach / frame.focal
    view = poses.draw_view(random, bank, photo)
    return camera.turn_to_ray(x, y) @ view, np.array([x, y, 1]) * depth


def _attempt(random: np.random.Generator, size: int, split: str, with_maps: bool) -> Sample | None:
    bank = poses.bank(split)
    angles, photo = poses.draw_angles(random, bank)
    glove = random.random() < 0.04
    name = "glove" if glove else LOOKS[random.choice(len(LOOKS), p=[0.4, 0.2, 0.15, 0.15, 0.1])]
    shape, proportions = draw_shape(random, name)
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
    _dress(random, hand, rings, wrist, shape, pictures, parts, materials)
    extras = _extras(random, hand, points, bank, skin, split, pictures, parts, materials)
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
    uv = rig_project(crop.projection, points)
    black = _outside(random, frame, crop, to_own, own, uv)
    if black is not None:
        visibility[sampled(black, rig_project(to_own @ crop.projection, points)) == 0] = OUTSIDE
    image = post.photograph(random, shaded, back, size, black)

    depth, mask, texture_uv = _maps(scene.see(parts, crop.projection, size), hand.labels) if with_maps else (NO_MAP, NO_MAP.astype(np.uint8), NO_MAP)
    return Sample(
        image, points.astype(np.float32), ((uv - size / 2) / size).astype(np.float32), visibility,
        hand.joints.astype(np.float32), rig.quaternion_from_matrix(hand.rotations).astype(np.float32),
        hand.labels.astype(np.float32), float(crop.window_width_per_depth * (points[rig.ROOT] @ crop.axes[2])),
        crop.projection, mask, depth, texture_uv, angles, shape.size, proportions,
        np.array([frame.width, frame.height, frame.focal, planar]),
        np.array([window.cx, window.cy, window.side, window.rotation]), crop.axes, name,
    )  # fmt: skip


def rig_project(projection: np.ndarray, points: np.ndarray) -> np.ndarray:
    """[N, 2] crop px of points [N, 3]."""
    seen = points @ projection.T
    return seen[:, :2] / seen[:, 2:]


def _hand_materials(
    random: np.random.Generator, name: str, skin: appearance.Skin, split: str, materials: list[Material]
) -> None:
    """Adds the hand's material: skin or a glove."""
    if name == "glove":
        gloves = [g for g in GLOVES if (g in TEST_GLOVES) == (split == "test")]
        data = glove_texture(gloves[random.integers(len(gloves))])
        material = appearance.plain(np.ones(3), random.uniform(0.3, 0.8))
        tint = np.exp(random.normal(size=(3, 1)) * 0.3)
        material.lut[:] = np.clip(post.DECODE[None] * tint, 0, 0.95).ravel().tolist()
        material.colour, material.normal = appearance.texture(data), appearance.texture(normal_texture("glove"))
        material.bump = random.uniform(0.5, 1.2)
        materials.append(material)
        return
    names = [s for s in SKINS if (s in TEST_SKINS) == (split == "test")]
    paint = names[random.integers(len(names))]
    data = skin_texture(paint, "generic" if name == "generic" else "cc0")
    normal = grey_normals(paint) if name == "generic" else normal_texture("hands")
    materials.append(appearance.skin_material(random, skin, data, normal))


def _tints(random: np.random.Generator, hand: body.Hand, skin: appearance.Skin, glove: bool) -> np.ndarray:
    if glove:
        return np.ones((len(hand.vertices), 3))
    blotches = np.concatenate([random.normal(size=(3, 4)), random.uniform(0, 6.28, (1, 4))])
    return body.skin_tints(hand.look, skin.palm_tint, skin.flush, blotches)


def _picture_texture(random: np.random.Generator, pictures: Backgrounds) -> np.ndarray:
    """A background photo's part as a 128 px texture with levels."""
    picture = draw_picture(random, pictures)
    y, x = random.integers(0, len(picture) - 128 + 1, 2)
    part = picture[y : y + 128, x : x + 128]
    return with_levels(np.dstack([part, np.full((128, 128), 255, np.uint8)]))


def _dress(random, hand, rings, wrist, shape, pictures, parts, materials) -> None:  # type: ignore[no-untyped-def]
    """Sleeve (half of the samples), watch or bracelet, rings."""
    if random.random() < 0.5:
        start = random.choice([random.uniform(0.0, 0.05), random.uniform(0.03, 0.28)])
        wide = random.uniform(1.1, 1.5)
        count = 12
        folds = random.normal(size=(count, body.AROUND)) * random.uniform(0, 0.002)
        waves = np.sin(np.linspace(0, random.uniform(4, 14), count)[:, None] + random.uniform(0, 6) + np.sin(
            np.linspace(0, 2 * np.pi, body.AROUND, endpoint=False) * random.integers(1, 4) + random.uniform(0, 6)) * 1.5)  # fmt: skip
        grow = wide * np.linspace(1, random.uniform(0.95, 1.2), count)
        if random.random() < 0.4:
            grow[:2] *= random.uniform(0.88, 1.0)  # a cuff
        kept = _picture_texture(random, pictures) if random.random() < 0.3 else None
        materials.append(appearance.draw_cloth(random, kept))
        materials[-1]._kept = kept
        sleeve = body.tube_part(hand, rings, wrist, start, 0.41, grow, len(materials) - 1, folds + waves * random.uniform(0, 0.0022))
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
            parts.append(body.ring_part(hand, int(finger), random.uniform(0.45, 0.6), random.uniform(0.0006, 0.0016), shape, len(materials) - 1))
            parts[-1].kind = HAND


def _extras(random, hand, points, bank, skin, split, pictures, parts, materials) -> int:  # type: ignore[no-untyped-def]
    """Adds objects and a second hand; returns the index of the first part added, 0 if there is none."""
    before = len(parts)
    if random.random() < 0.3:
        kept = _picture_texture(random, pictures) if random.random() < 0.6 else None
        materials.append(appearance.draw_surface(random, kept))
        materials[-1]._kept = kept
        thing = _held(random, hand, points, len(materials) - 1) if random.random() < 0.65 else None
        if thing is None:
            thing = _in_front(random, points, len(materials) - 1)
        thing.kind = OBJECT
        parts.append(thing)
    if random.random() < 0.12:
        _second_hand(random, hand, points, bank, skin, split, parts, materials)
    return before if len(parts) > before else 0


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
    x = np.cross(y, palm_out)
    x /= np.linalg.norm(x)
    axes = np.stack([x, y, np.cross(x, y)], 1) @ rig.rotation(np.array([0, 1.0, 0]), random.uniform(0, 2 * np.pi))
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
    shape, proportions = draw_shape(random, name)
    pose = rig.Pose(angles, np.zeros(3), poses.draw_view(random, bank, photo), hand.scale, proportions)
    wrist = body.Wrist(random.normal() * 0.3, random.normal() * 0.15)
    other = body.pose_hand(look(name), pose, shape, wrist)
    tints = body.skin_tints(other.look, skin.palm_tint, skin.flush, random.normal(size=(4, 4)))
    names = [s for s in SKINS if (s in TEST_SKINS) == (split == "test")]
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


def _match(random: np.random.Generator, lighting: appearance.Lighting, background: np.ndarray) -> None:
    """Scales the light to the background's brightness, roughly: a grey of 0.25 there is light 1 here."""
    wanted = (background.mean() / 0.25) ** random.uniform(0.3, 0.9) * np.exp(random.normal() * 0.3)
    factor = wanted / max(lighting.level.mean(), 0.05)
    lighting.environment.gain *= factor
    lighting.lights = [(direction, colour * factor) for direction, colour in lighting.lights]


def _outside(
    random: np.random.Generator, frame: camera.FrameCamera, crop: camera.CropCamera, to_own: np.ndarray, own: int, uv: np.ndarray
) -> np.ndarray | None:
    """[own, own] 1 inside of the frame, 0 outside (black in crops); None where nothing is black.

    Half of the crops that reach over the border are filled, as if the frame were larger, and all that would lose most of the
    hand. to_own: crop px to those drawn; uv [21, 2]: keypoints, crop px.
    """
    if random.random() < 0.5:
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


def sampled(image: np.ndarray, uv: np.ndarray) -> np.ndarray:
    """[N] values of [S, S] at crop px, 0 outside."""
    at = np.round(uv).astype(int)
    inside = np.all((at >= 0) & (at < len(image)), axis=1)
    x, y = np.clip(at, 0, len(image) - 1).T
    return np.where(inside, image[y, x], 0)


def _maps(view: scene.View, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Depth, mask and texture coordinates of `Sample`; the latter from the generic hand laid onto the drawn surface."""
    size = len(view.ids) // scene.SUPERSAMPLING
    unproject = np.linalg.inv(view.projection)
    depth, mask = native.maps(scene.SUPERSAMPLING, view.ids, view.depth, view.kind, unproject)
    corners = native.project(labels[rig.HAND.seam_vertex], view.projection)
    triangles = rig.HAND.seam_triangles
    ids, inverse = native.rasterise(size, 1, triangles, corners)
    a, b, c = (corners[triangles[ids]][..., k, :] for k in range(3))
    v, u = np.mgrid[:size, :size].astype(np.float32)
    with np.errstate(divide="ignore", invalid="ignore"):
        area = (b[..., 0] - a[..., 0]) * (c[..., 1] - a[..., 1]) - (c[..., 0] - a[..., 0]) * (b[..., 1] - a[..., 1])
        wb = ((u - a[..., 0]) * (c[..., 1] - a[..., 1]) - (c[..., 0] - a[..., 0]) * (v - a[..., 1])) / area
        wc = ((b[..., 0] - a[..., 0]) * (v - a[..., 1]) - (u - a[..., 0]) * (b[..., 1] - a[..., 1])) / area
        weights = np.stack([(1 - wb - wc) * a[..., 2], wb * b[..., 2], wc * c[..., 2]], -1)  # perspective-correct
        weights /= weights.sum(-1, keepdims=True)
    uv = np.einsum("hwk,hwkd->hwd", weights, rig.HAND.seam_uv[triangles[ids]])
    uv[(mask != HAND) | (ids < 0)] = np.nan
    return depth, mask, uv.astype(np.float32)


def keypoint_visibility(view: scene.View, points: np.ndarray, scale: float) -> np.ndarray:
    """[21] what hides each keypoint; those lie inside the hand, so skin within a finger's thickness in front does not count."""
    seen = points @ view.projection.T
    factor, samples = scene.SUPERSAMPLING, len(view.ids)
    at = np.floor((seen[:, :2] / seen[:, 2:] + 0.5) * factor).astype(int)
    inside = np.all((at >= 0) & (at < samples), axis=1)
    x, y = np.clip(at, 0, samples - 1).T
    triangle, inverse = view.ids[y, x], view.depth[y, x]
    kind = np.where(triangle >= 0, view.kind[triangle], NOTHING)
    gap = seen[:, 2] - 1 / np.maximum(inverse, 1e-9)  # how far before the keypoint the seen surface lies
    thickness = (rig.HAND.radii[rig.KEYPOINT_JOINTS] * 1.7 + 0.004) * scale
    own = (kind == HAND) | (kind == ARM)
    shown = (kind == NOTHING) | (gap <= 0) | (own & (gap < thickness))
    hidden = np.where(kind == HAND, BEHIND_HAND, BEHIND_OBJECT)
    return np.where(inside, np.where(shown, VISIBLE, hidden), OUTSIDE).astype(np.uint8)
