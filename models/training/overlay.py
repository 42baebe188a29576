"""Draw a recoverer's mesh over photos.

    python overlay.py OUT.jpg PHOTO [PHOTO ...] --models ../camera-space.onnx [MODEL ...]

The detector finds palms, the recoverer gives vertices; the mesh is placed by registration (the field of view is assumed, which
does not change where it lies in the picture) and shaded by its normals. One tile a photo, without and with the mesh; of several models one row a photo and one column a model.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np
import onnxruntime

import metrics
from contract import ROOT
from crop import Window, window_from_keypoints
from palm import detect, window_from_palm
from recoverer import decode, keypoints_in_image, look, open_session
from reference import read_rgb
from render.rig import HAND

FIELD_OF_VIEW = np.deg2rad(60)
TILE = 320
COLUMNS = 4
OPACITY = 0.75
MIN_PRESENCE = 0.0  # logit
COLOUR = np.array([235, 190, 160], np.float64)  # RGB


def recover_mesh(session: onnxruntime.InferenceSession, image: np.ndarray, window: Window) -> tuple[object, np.ndarray]:
    state, vertices = session.run(["state", "vertices"], {"image": look(session, image, window)})
    return decode(state[0]), vertices[0]


def place(hand: object, vertices: np.ndarray, window: Window, image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Vertices in camera space [V, 3], and their px [V, 2]."""
    height, width = image.shape[:2]
    focal = max(width, height) / 2 / np.tan(FIELD_OF_VIEW / 2)
    centre = np.array([width, height]) / 2
    turn = metrics.turn_to_ray(*((np.array([window.cx, window.cy]) - centre) / focal))
    px = keypoints_in_image(hand, window)
    points = window.to_image_axes(hand.keypoints) @ turn.T
    shift = metrics.register(points, (px - centre) / focal)
    placed = window.to_image_axes(vertices) @ turn.T + shift
    return placed, placed[:, :2] / placed[:, 2:] * focal + centre


def draw(image: np.ndarray, placed: np.ndarray, px: np.ndarray, mirrored: bool) -> np.ndarray:
    """The mesh over the image, far triangles first."""
    out = image.copy()
    triangles = HAND.triangles
    corners = placed[triangles]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normals /= np.linalg.norm(normals, axis=1, keepdims=True) + 1e-12
    facing = (normals * corners.mean(axis=1)).sum(axis=1) * (-1 if mirrored else 1)
    light = np.abs(normals @ np.array([0.3, -0.5, -0.8]))
    order = np.argsort(-corners[:, :, 2].mean(axis=1))
    for t in order[facing[order] < 0]:
        colour = (COLOUR * (0.35 + 0.65 * light[t])).tolist()
        cv2.fillConvexPoly(out, np.round(px[triangles[t]] * 16).astype(np.int32), colour, cv2.LINE_AA, 4)
    return cv2.addWeighted(out, OPACITY, image, 1 - OPACITY, 0)


def tile(image: np.ndarray) -> np.ndarray:
    """Fitted into TILE x TILE."""
    scale = TILE / max(image.shape[:2])
    small = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    out = np.zeros((TILE, TILE, 3), np.uint8)
    y, x = ((TILE - np.array(small.shape[:2])) / 2).astype(int)
    out[y : y + small.shape[0], x : x + small.shape[1]] = small
    return out


def with_meshes(palm: onnxruntime.InferenceSession, session: onnxruntime.InferenceSession, image: np.ndarray) -> np.ndarray:
    out = image
    for found in detect(palm, image):
        window = window_from_palm(found)
        hand, _ = recover_mesh(session, image, window)
        if hand.presence < MIN_PRESENCE:
            continue
        # The second look is from the hand's own window, mirrored if it is a left one.
        refined = window_from_keypoints(keypoints_in_image(hand, window), mirrored=hand.handedness < 0)
        hand, vertices = recover_mesh(session, image, refined)
        placed, px = place(hand, vertices, refined, image)
        out = draw(out, placed, px, refined.mirrored)
    return out


def sheet(palm: onnxruntime.InferenceSession, session: onnxruntime.InferenceSession, images: list[np.ndarray]) -> np.ndarray:
    """Hands above their meshes."""
    parts = [close_up(palm, image) for image in images]
    pairs = [np.vstack([tile(image[part]), tile(with_meshes(palm, session, image)[part])]) for image, part in zip(images, parts, strict=True)]
    rows = []
    for at in range(0, len(pairs), COLUMNS):
        cells = pairs[at : at + COLUMNS]
        cells += [np.zeros_like(cells[0])] * (COLUMNS - len(cells))
        rows.append(np.hstack(cells))
    return np.vstack(rows)


def titled(name: str, height: int = 36) -> np.ndarray:
    """A strip of a tile's width."""
    strip = np.zeros((height, TILE, 3), np.uint8)
    cv2.putText(strip, name, (10, height - 11), cv2.FONT_HERSHEY_SIMPLEX, 0.7, (255, 255, 255), 1, cv2.LINE_AA)
    return strip


def side_by_side(palm: onnxruntime.InferenceSession, sessions: dict[str, onnxruntime.InferenceSession], images: list[np.ndarray]) -> np.ndarray:
    """A row a photo, a column a model."""
    rows = [np.hstack([titled("photo"), *map(titled, sessions)])]
    for image in images:
        part = close_up(palm, image)
        drawn = (with_meshes(palm, session, image) for session in sessions.values())
        rows.append(np.hstack([tile(image[part]), *(tile(one[part]) for one in drawn)]))
    return np.vstack(rows)


def close_up(palm: onnxruntime.InferenceSession, image: np.ndarray) -> tuple[slice, slice]:
    """Rows and columns around the first hand; all where none is found."""
    found = detect(palm, image)
    if not found:
        return slice(None), slice(None)
    window = window_from_palm(found[0])
    low = np.maximum(np.array([window.cy, window.cx]) - window.side / 2, 0).astype(int)
    high = np.ceil(np.array([window.cy, window.cx]) + window.side / 2).astype(int)
    return slice(low[0], high[0]), slice(low[1], high[1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("photos", type=Path, nargs="+")
    parser.add_argument("--models", type=Path, nargs="+", required=True)
    args = parser.parse_args()
    palm = open_session(args.models[0].parent / "palm.json")
    images = [read_rgb(photo) for photo in args.photos]
    sessions = {model.stem: open_session(model) for model in args.models}
    made = sheet(palm, next(iter(sessions.values())), images) if len(sessions) == 1 else side_by_side(palm, sessions, images)
    cv2.imwrite(str(args.out), cv2.cvtColor(made, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, 82])


if __name__ == "__main__":
    main()
