"""The renderer's labels against its pictures, against the TypeScript rig and against the crop convention.

Set HAND_DATA to the data folder (default ../../../shared/data); without it all tests that need data are skipped.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from crop import Window, window_from_keypoints
from crop import sample as cut
from render import data

if not (data.DATA / "rigs").exists():
    pytest.skip(
        f"no training data in {data.DATA}: set HAND_DATA to the folder that holds rigs/, poses/, ...", allow_module_level=True
    )

from render import body, camera, native, poses, props, rig, scene  # noqa: E402
from render.looks import look  # noqa: E402
from render.sample import sample as draw  # noqa: E402
from render.truth import BEHIND_OBJECT, HAND, OBJECT, VISIBLE, keypoint_visibility  # noqa: E402

SRC = Path(__file__).parents[2] / "src" / "hand"
SEEDS = range(40)


@pytest.fixture(scope="module")
def samples():  # type: ignore[no-untyped-def]
    return [draw(seed) for seed in SEEDS]


def px(made, points: np.ndarray) -> np.ndarray:  # type: ignore[no-untyped-def]
    seen = points @ made.projection.T
    return seen[:, :2] / seen[:, 2:]


def open_hand(name: str = "generic", angles: np.ndarray | None = None) -> tuple[body.Hand, rig.Pose]:
    """A flat hand, palm toward the camera, fingers up, 0.5 m away."""
    turn = np.stack([[-1.0, 0, 0], [0, 0, 1.0], [0, 1.0, 0]], 1)
    pose = rig.Pose(np.zeros(22) if angles is None else angles, np.array([0, 0.08, 0.5]), turn, 1.0, look(name).proportions)
    return body.pose_hand(look(name), pose, body.Shape(), body.Wrist()), pose


CAMERA = np.array([[400.0, 0, 112], [0, 400, 112], [0, 0, 1]])


def test_projected_vertices_lie_in_the_mask(samples) -> None:  # type: ignore[no-untyped-def]
    shares = []
    for made in samples:
        at = np.round(px(made, made.vertices)).astype(int)
        at = at[np.all((at >= 2) & (at < 222), axis=1)]
        near = np.max([np.roll(made.mask, shift, (0, 1)) for shift in ((0, 0), (1, 0), (-1, 0), (0, 1), (0, -1))], axis=0)
        shares.append((near[at[:, 1], at[:, 0]] > 0).mean())
    print(f"vertices inside the mask (1 px of tolerance): mean {np.mean(shares):.4f}, worst sample {np.min(shares):.4f}")
    assert np.mean(shares) > 0.99 and np.min(shares) > 0.93


def test_depth_map_is_the_depth_of_visible_vertices(samples) -> None:  # type: ignore[no-untyped-def]
    errors, behind = [], []
    for made in samples:
        if made.look != "generic":
            continue
        at = np.round(px(made, made.vertices)).astype(int)
        normals = native.normals(made.vertices, np.arange(1159, dtype=np.int32), rig.HAND.triangles)
        facing = -(normals * made.vertices).sum(1) / np.linalg.norm(made.vertices, axis=1) > 0.5
        inside = np.all((at >= 0) & (at < 224), axis=1) & facing
        x, y = at[inside].T
        hand = made.mask[y, x] == HAND
        gap = made.vertices[inside][hand, 2] - made.depth[y, x][hand]
        errors += list(np.abs(gap[np.abs(gap) < 0.008]))
        behind.append((gap < -0.004).mean())
    print(f"depth at visible vertices: median {1000 * np.median(errors):.2f} mm off, 95 % {1000 * np.percentile(errors, 95):.2f} mm; "
          f"vertices in front of the map: {100 * np.mean(behind):.2f} %")  # fmt: skip
    assert np.median(errors) < 0.0006 and np.percentile(errors, 95) < 0.003 and np.mean(behind) < 0.01


def test_uv_map_is_the_generic_hands_unwrapping(samples) -> None:  # type: ignore[no-untyped-def]
    known, errors = [], []
    for made in samples:
        hand = made.mask == HAND
        known.append(np.isfinite(made.uv[hand][:, 0]).mean())
        at = np.round(px(made, made.vertices[rig.HAND.seam_vertex])).astype(int)
        inside = np.all((at >= 0) & (at < 224), axis=1)
        x, y = at[inside].T
        seen = np.abs(made.vertices[rig.HAND.seam_vertex][inside, 2] - made.depth[y, x]) < 0.002
        error = np.linalg.norm(made.uv[y, x] - rig.HAND.seam_uv[inside], axis=1)[seen]
        errors.append(np.nanmedian(error))
    print(
        f"uv known on {100 * np.mean(known):.1f} % of the hand's pixels; at visible vertices {np.median(errors):.4f} off (median)"
    )
    assert np.mean(known) > 0.93 and np.median(errors) < 0.012


def test_left_hand_is_the_right_ones_mirror_image() -> None:
    hand, _ = open_hand(angles=rig.ANGLE_MAX * 0.4)
    flip = np.float32([-1, 1, 1])
    right = scene.see(
        [body.Part(hand.vertices, np.zeros((len(hand.vertices), 6), np.float32), hand.look.triangles, hand.look.weld, 0, HAND)],
        CAMERA,
        224,
    )
    left = scene.see([body.Part(hand.vertices * flip, np.zeros((len(hand.vertices), 6), np.float32),
                                np.ascontiguousarray(hand.look.triangles[:, ::-1]), hand.look.weld, 0, HAND)], CAMERA, 224)  # fmt: skip
    # Column u of one is column 224 - u of the other (crop.py).
    z_right, _ = native.maps(2, right.ids, right.depth, right.kind, np.linalg.inv(CAMERA))
    z_left, _ = native.maps(2, left.ids, left.depth, left.kind, np.linalg.inv(CAMERA))
    both = (z_right[:, 1:] > 0) | (z_left[:, :0:-1] > 0)
    error = np.abs(z_right[:, 1:] - z_left[:, :0:-1])[both]
    print(f"right against the left's mirror image: {1000 * np.percentile(error, 99):.4f} mm at 99 % of {both.sum()} pixels")
    assert np.percentile(error, 99) < 1e-4


def test_left_looks_mirrored_fit_the_right_ones() -> None:
    a, _ = open_hand("nails")
    b, _ = open_hand("nails_left")
    from scipy.spatial import cKDTree

    distance, _ = cKDTree(a.labels).query(b.labels)
    print(f"the mirrored left look's surface: {1000 * distance.mean():.2f} mm from the right one's")
    assert distance.mean() < 0.004


def test_same_seed_same_sample() -> None:
    first = draw(7)
    draw(8)
    second = draw(7)
    difference = np.abs(first.image.astype(int) - second.image.astype(int)).max()
    print(f"seed 7 twice: largest difference {difference} of 255, labels {np.abs(first.keypoints - second.keypoints).max()} m")
    assert (
        difference == 0
        and np.array_equal(first.keypoints, second.keypoints)
        and np.array_equal(first.vertices, second.vertices)
    )


def typescript_keypoints(pose: rig.Pose) -> np.ndarray:
    """kinematics.ts step by step, with quaternions and the constants of genericHand.generated.ts."""
    text = (SRC / "genericHand.generated.ts").read_text()
    rest_positions, rest_rotations = (
        np.array([float(v) for v in re.search(rf"{name} = new Float32Array\(\[([^\]]*)\]", text)[1].split(",")]).reshape(
            25, width
        )  # type: ignore[index]
        for name, width in (("REST_POSITIONS", 3), ("REST_ROTATIONS", 4))
    )
    joints_text = (SRC / "joints.ts").read_text()
    parents, keypoint_joints = (
        [
            int(v)
            for v in re.search(rf"{name} = new \w+\(\[([^\]]*)\]", joints_text)[1].replace("\n", " ").rstrip(", ").split(",")
            if v.strip()
        ]  # type: ignore[index]
        for name in ("JOINT_PARENTS", "KEYPOINT_JOINTS")
    )
    extension = float(re.search(r"TIP_EXTENSION = ([\d.]+)", (SRC / "kinematics.ts").read_text())[1])  # type: ignore[index]

    def multiply(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return np.concatenate([a[3] * b[:3] + b[3] * a[:3] + np.cross(a[:3], b[:3]), [a[3] * b[3] - a[:3] @ b[:3]]])

    def rotate(q: np.ndarray, v: np.ndarray) -> np.ndarray:
        return v + 2 * np.cross(q[:3], np.cross(q[:3], v) + q[3] * v)

    conjugate = np.array([-1, -1, -1, 1])
    positions, rotations = [pose.translation], [rig.quaternion_from_matrix(pose.rotation)]
    axis_of = {0: np.array([-1.0, 0, 0]), 1: np.array([0, 1.0, 0]), 2: np.array([0, 0, 1.0])}
    for joint in range(1, 25):
        parent = parents[joint]
        inverse = rest_rotations[parent] * conjugate
        offset = rotate(inverse, rest_positions[joint] - rest_positions[parent]) * pose.size * pose.proportions[joint]
        positions.append(positions[parent] + rotate(rotations[parent], offset))
        q = multiply(rotations[parent], multiply(inverse, rest_rotations[joint]))
        for angle, (of, axis, _, _) in enumerate(rig.DEGREES_OF_FREEDOM):
            if of == joint:
                half = pose.angles[angle] / 2
                q = multiply(q, np.concatenate([axis_of[axis] * np.sin(half), [np.cos(half)]]))
        rotations.append(q / np.linalg.norm(q))
    for tip in (4, 9, 14, 19, 24):
        positions[tip] = positions[tip] - rotate(rotations[tip], np.array([0, 0, 1.0])) * extension * pose.size
    return np.array(positions)[keypoint_joints]


def test_keypoints_agree_with_the_typescript_rig() -> None:
    random = np.random.default_rng(1)
    worst = 0.0
    for _ in range(20):
        pose = rig.Pose(random.uniform(rig.ANGLE_MIN, rig.ANGLE_MAX), random.normal(size=3), poses.random_rotation(random),
                        random.uniform(0.8, 1.1), random.uniform(0.8, 1.2, 25))  # fmt: skip
        joints, frames = rig.pose_joints(pose)
        worst = max(worst, np.abs(rig.keypoints(joints, frames, pose.size) - typescript_keypoints(pose)).max())
    print(f"keypoints against kinematics.ts: {1e6 * worst:.3f} micrometres at most")
    assert worst < 2e-6


def test_pose_of_a_sample_gives_its_keypoints(samples) -> None:  # type: ignore[no-untyped-def]
    worst = 0.0
    for made in samples:
        turn = rig.matrix_from_quaternion(made.rotations[0].astype(float))
        joints, frames = rig.pose_joints(rig.Pose(made.angles, made.joints[0].astype(float), turn, made.size, made.proportions))
        worst = max(worst, np.abs(rig.keypoints(joints, frames, made.size) - made.keypoints).max())
        at = (px(made, made.keypoints) - 112) / 224
        worst = max(worst, 0.1 * np.abs(at - made.crop).max())
    print(f"keypoints from a sample's angles, size and proportions: {1e6 * worst:.2f} micrometres at most")
    assert worst < 1e-5


def test_angles_and_limits_are_those_of_the_typescript_rig() -> None:
    text = (SRC / "degreesOfFreedom.ts").read_text()
    axes = {"flexion": 0, "abduction": 1, "twist": 2}
    single = re.findall(r"dof\((\d), \"(\w+)\", (-?[\d.]+), (-?[\d.]+)", text)
    finger = re.findall(r"dof\(metacarpal \+ (\d), \"(\w+)\", (-?[\d.]+), (-?[\d.]+)", text)
    found = [(int(j), axes[a], float(low), float(high)) for j, a, low, high in single]
    found += [(m + int(j), axes[a], float(low), float(high)) for m in (5, 10, 15, 20) for j, a, low, high in finger]
    print(f"{len(found)} angles in degreesOfFreedom.ts, {len(rig.DEGREES_OF_FREEDOM)} here")
    assert found == rig.DEGREES_OF_FREEDOM


def test_sphere_before_a_fingertip_hides_that_keypoint_only() -> None:
    hand, pose = open_hand()
    points = rig.keypoints(hand.joints, hand.rotations, pose.size)
    mesh = body.Part(hand.vertices, np.zeros((len(hand.vertices), 6), np.float32), hand.look.triangles, hand.look.weld, 0, HAND)
    alone = keypoint_visibility(scene.see([mesh], CAMERA, 224), points, 1.0)
    t = np.linspace(0, np.pi, 15)
    vertices, uv, triangles = props.turned(0.007 * np.stack([np.sin(t), -np.cos(t)], 1))
    ball = body.Part((vertices + points[8] * 0.93).astype(np.float32), np.zeros((len(vertices), 6), np.float32),
                     triangles.astype(np.int32), np.arange(len(vertices), dtype=np.int32), 0, OBJECT)  # fmt: skip
    hidden = keypoint_visibility(scene.see([mesh, ball], CAMERA, 224), points, 1.0)
    changed = np.flatnonzero(hidden != alone)
    print(
        f"flat hand: {(alone == VISIBLE).sum()} of 21 visible; a ball before keypoint 8 changes {changed} to {hidden[changed]}"
    )
    assert (alone == VISIBLE).all() and changed.tolist() == [8] and hidden[8] == BEHIND_OBJECT


def test_fist_hides_its_own_fingertips_from_behind() -> None:
    angles = np.zeros(22)
    angles[[7, 8, 9, 11, 12, 13, 15, 16, 17, 19, 20, 21]] = np.tile([1.4, 1.7, 0.9], 4)
    hand, pose = open_hand(angles=angles)
    back = np.float32([-1, 1, -1])  # seen from behind: turned about y
    vertices = (hand.vertices - [0, 0, 0.5]) * back + [0, 0, 0.5]
    points = (rig.keypoints(hand.joints, hand.rotations, 1.0) - [0, 0, 0.5]) * back + [0, 0, 0.5]
    mesh = body.Part(
        vertices.astype(np.float32), np.zeros((len(vertices), 6), np.float32), hand.look.triangles, hand.look.weld, 0, HAND
    )
    flags = keypoint_visibility(scene.see([mesh], CAMERA, 224), points, 1.0)
    print(
        f"fist from behind: tips {flags[[8, 12, 16, 20]]} (1: behind the hand), knuckles {flags[[5, 9, 13, 17]]} (0: visible)"
    )
    assert (flags[[8, 12, 16, 20]] == 1).all() and (flags[[5, 9, 13, 17]] == 0).all()


def test_no_nan_in_200_samples() -> None:
    bad = 0
    for seed in range(1000, 1200):
        made = draw(seed, size=96)
        arrays = [
            made.keypoints,
            made.crop,
            made.joints,
            made.rotations,
            made.vertices,
            made.projection,
            made.depth,
            made.window_width,
        ]
        bad += not all(np.isfinite(a).all() for a in arrays)
        assert made.image.shape == (96, 96, 3) and 0.02 < made.window_width < 2.5
    print(f"samples with NaN: {bad} of 200")
    assert bad == 0


def test_crop_camera_is_the_trackers_window() -> None:
    """A crop rendered by itself is the crop that crop.py cuts from the rendered frame."""
    hand, pose = open_hand(angles=rig.ANGLE_MAX * 0.3)
    frame = camera.FrameCamera(480, 480, 420.0)
    shift = np.array([0.12, -0.08, 0.0])
    points = rig.keypoints(hand.joints, hand.rotations, pose.size) + shift
    fitted = window_from_keypoints(frame.project(points))
    window = Window(fitted.cx + 7, fitted.cy - 4, fitted.side * 1.1, fitted.rotation + 0.3)
    attributes = np.zeros((len(hand.vertices), 6), np.float32)

    def cover(crop: camera.CropCamera, size: int) -> np.ndarray:
        vertices = ((hand.vertices + shift) @ crop.axes).astype(np.float32)
        view = scene.see([body.Part(vertices, attributes, hand.look.triangles, hand.look.weld, 0, HAND)], crop.projection, size)
        return (view.ids >= 0).reshape(size, 2, size, 2).mean((1, 3))

    whole = cover(camera.crop_camera(frame, Window(240, 240, 480, 0), 480, True), 480)
    expected = cut((whole[..., None] * 255).repeat(3, 2).astype(np.uint8), window, 224)[..., 0] / 255
    crop = camera.crop_camera(frame, window, 224, True)
    found = cover(crop, 224)
    at = [np.array([(np.arange(224) * c.sum(axis)).sum() / c.sum() for axis in (0, 1)]) for c in (expected, found)]
    uv = points @ crop.axes @ crop.projection.T
    error = np.abs(window.to_image(uv[:, :2] / uv[:, 2:], 224) - frame.project(points)).max()
    turned = camera.crop_camera(frame, window, 224, False)
    uv_turned = points @ turned.axes @ turned.projection.T
    apart = np.abs(uv_turned[:, :2] / uv_turned[:, 2:] - uv[:, :2] / uv[:, 2:]).max()
    print(f"keypoints {error:.1e} px off crop.py's window; centroid of the cut and the rendered crop {np.abs(at[0] - at[1]).max():.3f} px "
          f"apart, coverage differs by {np.abs(expected - found).mean():.4f}; turned camera moves keypoints by up to {apart:.1f} px")  # fmt: skip
    assert error < 1e-9 and np.abs(at[0] - at[1]).max() < 0.1 and np.abs(expected - found).mean() < 0.01 and apart < 12


def test_window_width_is_side_times_depth_over_focal_length(samples) -> None:  # type: ignore[no-untyped-def]
    worst = 0.0
    for made in samples:
        depth = (made.axes @ made.keypoints[rig.ROOT])[2]
        worst = max(worst, abs(made.window_width - made.window[2] * depth / made.frame[2]))
    print(f"W against side z / f in the frame's camera: {1e6 * worst:.2f} micrometres at most")
    assert worst < 1e-5


def test_splits_share_nothing() -> None:
    from render.light import hdri_names
    from render.textures import SKINS, TEST_SKINS

    names = {split: {n for n in data.background_names() if data.of_split(n, split)} for split in data.SPLITS}
    train, test = poses.bank("train").angles, poses.bank("test").angles
    same = (np.abs(train[:, None] - test[None, :200]).max(2) < 1e-6).sum()
    print(f"backgrounds {len(names['train'])}/{len(names['test'])}, poses {len(train)}/{len(test)} ({same} in common), "
          f"HDRIs {hdri_names('train')}/{hdri_names('test')}, skins for testing {TEST_SKINS} of {list(SKINS)}")  # fmt: skip
    assert not names["train"] & names["test"] and same == 0 and not set(hdri_names("train")) & set(hdri_names("test"))


def test_poses_do_not_penetrate_and_keep_the_limits() -> None:
    random = np.random.default_rng(3)
    drawn = np.array([poses.draw_angles(random, poses.bank("train"))[0] for _ in range(300)])
    deepest = np.array([poses.penetration(a) for a in drawn])
    print(
        f"300 poses: largest penetration figure {deepest.max():.2f} (1 is touching), spread of angles {drawn.std(0).mean():.2f} rad"
    )
    assert (deepest < 1).mean() > 0.99 and (drawn >= rig.ANGLE_MIN).all() and (drawn <= rig.ANGLE_MAX).all()
