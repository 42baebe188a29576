"""Natural poses and views: a bank from photos' pseudo-labels and recordings, and draws from it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache

import numpy as np

from . import rig
from .data import cached, need, of_split
from .ik import fit
from .rig import HAND

VERSION = 5
PHOTO_SETS = ("rps_sxsw", "sign_digits", "finger_counting", "webcam_hand", "webcam_body")
# Leaves a photo set's own people apart: the name's start, so that copies of one picture share a split.
NAME_LENGTH = 24
MAX_PHOTO_ERROR = 1.6  # weighted root mean square of a photo's fit that is kept


@dataclass(frozen=True)
class Bank:
    """angles [N, 22]; views [M, 3, 3] wrist joint to the camera looking at the hand, of the first M poses."""

    angles: np.ndarray
    views: np.ndarray
    photos: int  # the first so many are from photos


def _photo_targets() -> tuple[list[str], np.ndarray, np.ndarray]:
    """Names, targets and weights of the photos' hands, left ones mirrored: x, y from the image, z from the network."""
    names, targets = [], []
    for name in PHOTO_SETS:
        for line in need(f"labels/{name}.jsonl").read_text().splitlines():
            photo = json.loads(line)
            for hand in photo["hands"]:
                if hand["score"] < 0.8:
                    continue
                uv, world = np.array(hand["uv"], float), np.array(hand["world_mm"], float) / 1000
                extent = np.ptp(uv, axis=0).max()
                if extent < 24:
                    continue
                a, b = uv - uv.mean(0), world[:, :2] - world[:, :2].mean(0)
                scale = np.sqrt((b * b).sum() / (a * a).sum())
                point = np.concatenate([a * scale, world[:, 2:]], 1)
                targets.append(point * (-1, 1, 1) if hand["side"] == "left" else point)
                names.append(f"{name}/{photo['file'][:NAME_LENGTH]}")
    target = np.array(targets)
    weights = np.broadcast_to(1 / np.array([0.005, 0.005, 0.014]), target.shape)
    return names, target, weights


def _recorded() -> tuple[list[str], np.ndarray, list[str], np.ndarray]:
    """WebXR recordings [N, 21, 3] and Leap recordings [N, 21, 3], metres, right hands."""
    names, found = [], []
    for side in ("left", "right"):
        for pose in json.loads(need(f"poses/handy_js/{side}.json").read_text()):
            points = np.array(pose["jointPositionsMm"], float) / 1000
            if points.shape == (rig.JOINTS, 3):
                found.append((points * ((-1, 1, 1) if side == "left" else 1))[rig.KEYPOINT_JOINTS])
                names.append(f"handy/{pose['names'][0]}")
    for file in sorted(need("poses/handy_work").glob("*.handpose")):
        data = np.frombuffer(file.read_bytes(), np.float32)
        count = int(data[0])
        if count == rig.JOINTS:  # then a 4 x 4 matrix for each joint of one hand, and its radii; again for the other hand
            matrices = data[1 : 1 + count * 16].reshape(count, 4, 4)
            found.append(matrices[rig.KEYPOINT_JOINTS, 3, :3] * (-1.0, 1, 1))  # left hands
            names.append(f"handy_work/{file.stem}")
    for file in sorted(need("poses/iwer").glob("*.json")):
        joints = list(json.loads(file.read_text()).values())
        points = np.array(
            [np.array(joint["matrixColumnMajor"], float)[12:15] for joint in joints if "matrixColumnMajor" in joint]
        )
        if len(points) == rig.JOINTS:
            found.append(points[rig.KEYPOINT_JOINTS] * (-1, 1, 1))  # left hands
            names.append(f"iwer/{file.stem}")
    leap_names, leap = [], []
    for file in sorted(need("poses/leap_recordings").glob("*.json")):
        points = _leap(json.loads(file.read_text()))
        leap.append(points)
        # Neighbouring frames are alike: a split takes whole stretches.
        leap_names += [f"leap/{file.stem}/{i // 20}" for i in range(len(points))]
    return names, np.array(found), leap_names, np.concatenate(leap)


def _leap(recording: dict) -> np.ndarray:
    """Every 6th frame's hands as keypoints [N, 21, 3]; Leap has no wrist: NaN there and at the thumb's base."""
    found = []
    frames = recording["frames"]
    if isinstance(frames[0], list):  # packed: the first frame is the layout; not used by these recordings' poses
        return np.zeros((0, rig.KEYPOINTS, 3))
    for frame in frames[::6]:
        if not isinstance(frame, dict):
            continue
        sides = {hand["id"]: hand["type"] for hand in frame.get("hands", ()) if hand.get("confidence", 0) > 0.4}
        for hand_id, side in sides.items():
            fingers = {p["type"]: p for p in frame.get("pointables", ()) if p.get("handId") == hand_id and "mcpPosition" in p}
            if len(fingers) < 5:
                continue
            points = np.full((rig.KEYPOINTS, 3), np.nan)
            for finger, p in fingers.items():
                keys = ("mcpPosition", "pipPosition", "dipPosition", "tipPosition")
                points[1 + 4 * finger : 5 + 4 * finger] = [np.array(p[k], float) / 1000 for k in keys]
            found.append(points * ((-1, 1, 1) if side == "left" else 1))
    return np.array(found).reshape(-1, rig.KEYPOINTS, 3)


def _fit_all() -> dict[str, np.ndarray]:
    names, targets, weights = _photo_targets()
    photos = fit(targets, weights, rig.AVERAGE_PROPORTIONS)
    keep = photos["error"] < MAX_PHOTO_ERROR
    xr_names, xr, leap_names, leap = _recorded()
    recorded = fit(xr, np.full(xr.shape, 1 / 0.004), np.ones(rig.JOINTS))
    present = ~np.isnan(leap[:, :, :1])
    filled = np.where(present, leap, np.nanmean(leap, 1, keepdims=True))
    filled[:, 0] = _guess_wrist(leap)
    leap_weights = np.where(present, 1 / 0.005, 0.0) * np.ones(3)
    leap_weights[:, 0] = 1 / 0.03
    played = fit(filled, leap_weights, np.ones(rig.JOINTS))
    good = played["error"] < 1.5
    pinch_names, pinches = _pinches(photos["angles"][keep], [n for n, k in zip(names, keep, strict=True) if k])
    print(f"poses: photos {keep.sum()} of {len(keep)} ({1000 * photos['distance'][keep].mean():.1f} mm), "
          f"WebXR {len(xr)} ({1000 * recorded['distance'].mean():.1f} mm), "
          f"Leap {good.sum()} of {len(good)}, pinches {len(pinches)}")  # fmt: skip
    return {
        "angles": np.concatenate([photos["angles"][keep], recorded["angles"], played["angles"][good], pinches]).astype(np.float32),
        "views": photos["rotation"][keep].astype(np.float32),
        "names": np.array([n for n, k in zip(names, keep, strict=True) if k] + xr_names
                          + [n for n, k in zip(leap_names, good, strict=True) if k] + pinch_names),
        "photos": np.array(keep.sum()),
    }  # fmt: skip


def _pinches(angles: np.ndarray, names: list[str]) -> tuple[list[str], np.ndarray]:
    """Photos' poses bent so that the thumb's tip meets another finger's: names (of the photo, for its split) and angles."""
    random = np.random.default_rng(5)
    chosen = random.choice(len(angles), 1500, replace=False)
    start = angles[chosen]
    count = len(start)
    joints, frames = rig.forward(start, HAND.rotations[0], HAND.positions[0], np.ones((count, rig.JOINTS)))
    targets = rig.keypoints(joints, frames, np.ones(count))
    weights = np.full(targets.shape, 1 / 0.02)
    weights[:, [0, 1, 5, 9, 13, 17]] = 1 / 0.003
    row, tip = np.arange(count), random.choice([8, 12, 16, 20], count, p=[0.6, 0.22, 0.1, 0.08])
    thumb, other = targets[row, 4].copy(), targets[row, tip].copy()
    between = (other - thumb) / np.linalg.norm(other - thumb, axis=1, keepdims=True)
    middle = thumb + (other - thumb) * random.uniform(0.3, 0.7, (count, 1))
    # The tips' middles stay a fingertip's thickness apart.
    targets[row, 4], targets[row, tip] = middle - between * 0.0065, middle + between * 0.0065
    weights[row, 4] = weights[row, tip] = 1 / 0.0015
    found = fit(targets, weights, np.ones(rig.JOINTS), start)
    joints, frames = rig.forward(found["angles"], found["rotation"], found["translation"], np.ones((count, rig.JOINTS)))
    points = rig.keypoints(joints, frames, np.ones(count))
    gap = np.linalg.norm(points[row, 4] - points[row, tip], axis=1)
    free = np.array([penetration(a) < 1.05 for a in found["angles"]])
    good = (gap < 0.018) & free
    return [names[i] for i, g in zip(chosen, good, strict=True) if g], found["angles"][good]


def _guess_wrist(leap: np.ndarray) -> np.ndarray:
    """[N, 3] a wrist for hands that lack it: as far behind the knuckles as the rig's."""
    knuckles = [5, 9, 13, 17]
    rest = rig.keypoints(HAND.positions, HAND.rotations, 1.0)
    across = leap[:, 5] - leap[:, 17]
    width = np.linalg.norm(across, axis=1, keepdims=True) / np.linalg.norm(rest[5] - rest[17])
    # Proximal bones point away from the wrist, on average; the thumb's base lies toward it.
    middle = leap[:, knuckles].mean(1)
    back = leap[:, 1] - middle
    across = across / np.linalg.norm(across, axis=1, keepdims=True)
    back = back - (back * across).sum(1, keepdims=True) * across
    length = np.linalg.norm(rest[knuckles].mean(0) - rest[0])
    return middle + back / np.linalg.norm(back, axis=1, keepdims=True) * length * width


@cache
def bank(split: str) -> Bank:
    arrays = cached(f"poses-{VERSION}", _fit_all)
    photos = int(arrays["photos"])
    mine = np.array([of_split(str(name), split) for name in arrays["names"]])
    return Bank(arrays["angles"][mine].astype(float), arrays["views"][mine[:photos]].astype(float), int(mine[:photos].sum()))


NOISE = np.where(rig.ANGLE_AXIS == 0, 0.12, 0.05)  # radians


def random_angles(random: np.random.Generator) -> np.ndarray:
    """Within the limits, fingers bent together more often than not."""
    angles = np.empty(rig.ANGLES)
    angles[:6] = random.uniform(rig.ANGLE_MIN[:6], rig.ANGLE_MAX[:6]) * 0.85
    common, together, binary = random.beta(0.8, 0.8), random.random() < 0.4, random.random() < 0.15
    for finger in range(4):
        curl = common if together else random.beta(0.6, 0.6)
        if binary:
            curl = float(random.random() < 0.5)
        at = 6 + 4 * finger
        angles[at + 1] = np.deg2rad(-22 + 112 * np.clip(curl + random.normal() * 0.15, 0, 1))
        angles[at + 2] = np.deg2rad(108 * np.clip(curl * random.uniform(0.6, 1.2) + random.normal() * 0.15, 0, 1))
        angles[at + 3] = angles[at + 2] * random.uniform(0.35, 0.9) + random.normal() * 0.09
        spread = random.normal() * 0.14 + (0.10, 0.02, -0.05, -0.13)[finger] * random.normal()
        angles[at] = spread * (1 - 0.75 * np.clip(angles[at + 1], 0, 1))
    return angles


# What a fingertip's joint bends for each radian of the middle one when a finger moves freely, and its spread.
COUPLING = (2 / 3, 0.14)


def couple(angles: np.ndarray, random: np.random.Generator) -> None:
    """Bends the end joints as the middle ones ask, in place: the labels of photos have fists with straight fingertips, since
    what marks photos does not see them."""
    share = random.uniform(0.5, 1)
    factor = random.normal(*COUPLING)
    for end in (9, 13, 17, 21):
        middle = max(angles[end - 1], 0)
        angles[end] += share * (middle * (factor + random.normal() * 0.07) - angles[end])


def draw_angles(random: np.random.Generator, of: Bank) -> tuple[np.ndarray, int | None]:
    """Angles [22] and, if they are a photo's, which: its view is the natural one. Never self-penetrating."""
    for _ in range(40):
        kind = random.random()
        photo = None
        if kind < 0.5:
            photo = int(random.integers(of.photos))
            angles = of.angles[photo].copy()
        elif kind < 0.62:
            angles = of.angles[random.integers(of.photos, len(of.angles))].copy()
        elif kind < 0.78:
            a, b, t = random.integers(len(of.angles)), random.integers(len(of.angles)), random.random()
            angles = of.angles[a] * t + of.angles[b] * (1 - t)
        else:
            angles = random_angles(random)
        if (kind < 0.5 or 0.62 <= kind < 0.78) and random.random() < 0.8:
            couple(angles, random)
        angles = angles + random.normal(size=rig.ANGLES) * NOISE * random.choice([0.4, 1.0])
        if random.random() < 0.25:  # one finger goes its own way
            at = 6 + 4 * random.integers(4)
            angles[at + 1 : at + 4] += random.normal() * 0.35
        angles = np.clip(angles, rig.ANGLE_MIN, rig.ANGLE_MAX)
        if penetration(angles) < 1:
            return angles, photo
    return np.clip(of.angles[0], rig.ANGLE_MIN, rig.ANGLE_MAX), 0


def grasp_angles(random: np.random.Generator, radius: float) -> np.ndarray:
    """Fingers and thumb closed around a rod of this radius (rig size 1, metres) across the palm: `rod_of` says where."""
    steps = 16
    share = np.linspace(0, 1, steps)[:, None]
    angles = np.zeros((steps, rig.ANGLES))
    angles[:, :6] = np.array([random.uniform(-0.2, 0.3), random.uniform(0.1, 0.5), random.uniform(-0.2, 0.2), 0, 0, 0])
    angles[:, [4, 5]] = share * [0.9, 1.2]
    lag = random.uniform(0.6, 1.0)
    for at in (6, 10, 14, 18):
        angles[:, at] = random.normal() * 0.05
        angles[:, [at + 1, at + 2, at + 3]] = share * np.array([1.55, 1.8 * random.uniform(0.85, 1), 1.15]) ** lag
    angles = np.clip(angles, rig.ANGLE_MIN, rig.ANGLE_MAX)
    joints, frames = rig.forward(angles, HAND.rotations[0], HAND.positions[0], np.ones((steps, rig.JOINTS)))
    middle, axis = rod_of(joints[0], frames[0], radius, 1.0)
    out = angles[0].copy()
    for finger, mine in enumerate(([4, 5], [7, 8, 9], [11, 12, 13], [15, 16, 17], [19, 20, 21])):
        last_joint = 4 if finger == 0 else 5 * finger + 4
        bones = [last_joint - 2, last_joint - 1, last_joint]
        ends, middles = joints[:, bones], (joints[:, bones[1:]] + joints[:, bones[:-1]]) / 2
        points = np.concatenate([ends, middles], 1) - middle
        apart = np.linalg.norm(points - (points @ axis)[..., None] * axis, axis=2) - HAND.radii[bones + bones[1:]]
        # Closed as far as it goes before a bone enters the rod.
        inside = np.flatnonzero(apart.min(1) < radius - 0.004 * (1 - share[:, 0]))  # flesh gives way a little
        last = max(int(inside[0]) - 1, 0) if len(inside) else steps - 1
        out[mine] = angles[last, mine]
    return np.clip(out + random.normal(size=rig.ANGLES) * 0.02, rig.ANGLE_MIN, rig.ANGLE_MAX)


def rod_of(joints: np.ndarray, frames: np.ndarray, radius: float, size: float) -> tuple[np.ndarray, np.ndarray]:
    """Middle and direction of a rod that lies in the palm, before the knuckles."""
    knuckles = joints[[6, 11, 16, 21]]
    across = joints[6] - joints[21]
    across = across / np.linalg.norm(across)
    palm_out = -frames[10][:, 1]  # of the middle metacarpal: it does not turn with the fingers
    toward_wrist = frames[10][:, 2]
    return knuckles.mean(0) + palm_out * (radius + 0.0105 * size) + toward_wrist * 0.006 * size, across


def _pairs() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Bones (by their first joint) of different fingers that must keep apart, and the share of their radii that they must."""
    a, b, share = [], [], []
    bones = [[1, 2, 3]] + [[m, m + 1, m + 2, m + 3] for m in (5, 10, 15, 20)]
    for f in range(5):
        for g in range(f + 1, 5):
            for i in bones[f]:
                for j in bones[g]:
                    base = i in (1, 5, 10, 15, 20), j in (1, 5, 10, 15, 20)
                    if all(base) or (g == f + 1 and f > 0 and any(base)) or (f == 0 and j in (5, 6) and i in (1, 2)):
                        continue
                    a.append(i), b.append(j), share.append(0.62 if any(base) else 0.74)
        if f > 0:  # the finger's end and its own palm
            for j in bones[f][2:]:
                a.append(j), b.append(bones[f][0]), share.append(0.6)
    return np.array(a), np.array(b), np.array(share)


_A, _B, _SHARE = _pairs()
_ALLOWED = _SHARE * 0.5 * (HAND.radii[_A] + HAND.radii[_A + 1] + HAND.radii[_B] + HAND.radii[_B + 1])


def penetration(angles: np.ndarray) -> float:
    """Above 1 where capsules of the fingers reach into each other: the largest allowed distance over the distance."""
    joints, frames = rig.forward(angles, HAND.rotations[0], HAND.positions[0], np.ones(rig.JOINTS))
    ends = joints.copy()
    ends[rig.TIPS] -= frames[rig.TIPS][:, :, 2] * 0.003
    p, q = joints[_A], joints[_B]
    u, v, w = ends[_A + 1] - p, ends[_B + 1] - q, p - q
    a, b, c, d, e = (u * u).sum(1), (u * v).sum(1), (v * v).sum(1), (u * w).sum(1), (v * w).sum(1)
    s = np.clip((b * e - c * d) / np.maximum(a * c - b * b, 1e-12), 0, 1)
    t = np.clip((b * s + e) / c, 0, 1)
    s = np.clip((b * t - d) / a, 0, 1)
    distance = np.linalg.norm(w + s[:, None] * u - t[:, None] * v, axis=1)
    return float((_ALLOWED / np.maximum(distance, 1e-6)).max())


def random_rotation(random: np.random.Generator) -> np.ndarray:
    return rig.matrix_from_quaternion(random.normal(size=4))


def turned(random: np.random.Generator, degrees: float) -> np.ndarray:
    """A rotation by a normal angle about a random axis."""
    axis = random.normal(size=3)
    return rig.rotation(axis / np.linalg.norm(axis), np.deg2rad(degrees) * random.normal())


def draw_view(random: np.random.Generator, of: Bank, photo: int | None) -> np.ndarray:
    """Wrist joint's rotation seen along the ray to the hand: x right, y down, z away."""
    kind = random.random()
    if photo is not None and kind < 0.55:
        return turned(random, 18) @ of.views[photo]
    if kind < 0.55:
        return turned(random, 22) @ of.views[random.integers(len(of.views))]
    if kind < 0.8:
        # Fingers up (-y), palm or back or side toward the camera, as before a webcam.
        up = np.stack([[1.0, 0, 0], [0, 0, -1.0], [0, 1.0, 0]], 1)  # joint's -z (fingers) to -y; y (back) to -z, the camera
        yaw = rig.rotation(np.array([0, 1.0, 0]), random.uniform(-np.pi, np.pi))
        tilt = rig.rotation(np.array([1.0, 0, 0]), random.normal() * 0.6)
        roll = rig.rotation(np.array([0, 0, 1.0]), random.normal() * 0.5)
        return roll @ tilt @ yaw @ up
    return random_rotation(random)
