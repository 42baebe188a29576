"""Write what the browser's texture code must repeat: a hand of the rig that is drawn here, and what Python makes of it.

    python texture_fixture.py ../../tests/fixtures/texture

hand.png: a crop, the rig's mesh in made-up colours before a plain wall. hand.json: keypoints, crop, vertices (base64 of float32) as a
recoverer would give them; places, seen, colours as texture_view.py finds them; texture as ../amvur-texture.onnx completes them.
"""

from __future__ import annotations

import argparse
import base64
import json
from pathlib import Path

import cv2
import numpy as np

from recoverer import open_session
from render import native, rig
from render.rig import HAND
from texture_draw import draw
from texture_view import place, sample_colours, visible

MODEL = Path(__file__).parents[1] / "amvur-texture.onnx"
SIZE = 160  # px of the crop
VIEW = (0.35, -0.5, 0.15)  # turns about x, y and z from the palm's view, radians: some of the palm and of two fingers' sides
CURL = 0.25  # of the range of every flexion: the finger tips hide some of the palm
SCALE = 4.0  # of the crop's side for a metre of the hand
OFF = 0.012  # deviation of the 2D keypoints from the 3D ones, fractions of the side: what networks disagree with themselves
SEED = 4


def pose() -> tuple[np.ndarray, np.ndarray]:
    """Vertices and keypoints relative to the root, the crop's axes."""
    angles = np.where(rig.ANGLE_AXIS == 0, rig.ANGLE_MAX * CURL, 0.0)
    joints, frames = rig.pose_joints(rig.Pose(angles, np.zeros(3), np.eye(3), 1.0, np.ones(rig.JOINTS)))
    affine = rig.bone_transforms(joints, frames, 1.0, np.ones(rig.JOINTS), np.ones(rig.JOINTS))
    local = rig.in_bones(HAND.vertices, HAND.bones, rig.REST_TRANSFORMS)
    vertices = native.skin(local, HAND.bones, HAND.weights, affine).astype(np.float64)
    keypoints = rig.keypoints(joints, frames, 1.0)
    # The wrist's frame has the fingers along -z and the back along y: fingers up, palm toward the camera.
    turn = np.array([[1.0, 0, 0], [0, 0, 1], [0, 1, 0]]) * np.array([[-1.0], [1.0], [1.0]])
    for axis, angle in enumerate(VIEW):
        turn = rig.rotation(np.eye(3)[axis], angle) @ turn
    root = keypoints[rig.ROOT]
    return (vertices - root) @ turn.T, (keypoints - root) @ turn.T


def packed(values: np.ndarray) -> str:
    return base64.b64encode(np.ascontiguousarray(values, "<f4").tobytes()).decode()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    args = parser.parse_args()
    random = np.random.default_rng(SEED)
    vertices, keypoints = (np.float32(points) for points in pose())
    middle = keypoints[:, :2].mean(0)
    crop = np.float32((keypoints[:, :2] - middle) * SCALE + random.normal(size=(21, 2)) * OFF)
    places = place(vertices, keypoints, crop)
    made_up = 0.5 + 0.35 * np.sin(HAND.vertices * (90, 110, 70) + (0, 1, 2))
    wall = np.linspace((70, 90, 120), (120, 100, 80), SIZE)[:, None] + np.zeros((1, SIZE, 1))
    image = draw(vertices, places, made_up, wall.astype(np.uint8))
    seen = visible(places, vertices)
    colours = sample_colours(image, places) * seen[:, None]
    entrance = {"colours": np.float32(colours[None]), "seen": np.float32(seen[None])}
    texture = open_session(MODEL).run(["texture"], entrance)[0][0]
    args.out.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(args.out / "hand.png"), cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
    arrays = {"keypoints": keypoints, "crop": crop, "vertices": vertices, "places": places, "colours": colours, "texture": texture}
    fixture = {name: packed(values) for name, values in arrays.items()}
    fixture["seen"] = "".join("01"[int(one)] for one in seen)
    (args.out / "hand.json").write_text(json.dumps(fixture, indent=2) + "\n")
    print(f"{seen.sum()} of {len(seen)} vertices are seen")


if __name__ == "__main__":
    main()
