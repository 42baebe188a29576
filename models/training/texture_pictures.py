"""Draw photos' hands with the texture that was recovered from them.

    python texture_pictures.py ../amvur-texture.onnx OUT.jpg PHOTO [PHOTO ...]

One row a photo: the crop; the colours as they are sampled, grey where none is seen; the texture from the same side; the hand turned
by TURNS, whose far side the photo does not show. Hands are found by ../palm.onnx and recovered by ../camera-space.onnx.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np
import onnxruntime

from crop import Window, sample, window_from_keypoints
from overlay import recover_mesh
from palm import detect, window_from_palm
from recoverer import keypoints_in_image, open_session
from reference import read_rgb
from texture_draw import draw, turned
from texture_view import place, sample_colours, visible

TURNS = np.deg2rad([75, 180])
TILE = 256
RECOVERER = "camera-space.onnx"
WALL = 226  # grey of the background
UNKNOWN = 0.55  # grey of what is not seen


def find_hand(palm: onnxruntime.InferenceSession, session: onnxruntime.InferenceSession, image: np.ndarray) -> Window:
    """The refined window of the surest palm."""
    found = detect(palm, image)
    if not found:
        raise ValueError("no palm was found in the photo: show one whose palm or back is seen")
    window = window_from_palm(found[0])
    hand, _ = recover_mesh(session, image, window)
    return window_from_keypoints(keypoints_in_image(hand, window), mirrored=hand.handedness < 0)


def row(
    palm: onnxruntime.InferenceSession,
    session: onnxruntime.InferenceSession,
    network: onnxruntime.InferenceSession,
    image: np.ndarray,
) -> np.ndarray:
    window = find_hand(palm, session, image)
    hand, vertices = recover_mesh(session, image, window)
    crop = sample(image, window, session.get_inputs()[0].shape[2])
    places = place(vertices, hand.keypoints, hand.crop)
    seen = visible(places, vertices)
    colours = sample_colours(crop, places) * seen[:, None]
    texture = network.run(["texture"], {"colours": np.float32(colours[None]), "seen": np.float32(seen[None])})[0][0, :, :3]
    wall = np.full((TILE, TILE, 3), WALL, np.uint8)
    tiles = [cv2.resize(crop, (TILE, TILE), interpolation=cv2.INTER_CUBIC).clip(0, 255).astype(np.uint8)]
    tiles.append(draw(vertices, places, np.where(seen[:, None], colours, UNKNOWN), wall, shaded=False))
    tiles.append(draw(vertices, places, texture, wall))
    # Turned hands are drawn about the tile's middle, in the scale of the crop.
    centre = (vertices.min(0) + vertices.max(0)) / 2
    scale = np.ptp(places[:, 1]) / np.ptp(vertices[:, 1])
    for angle in TURNS:
        view = turned(vertices, centre, angle)
        tiles.append(draw(view - centre, (view - centre)[:, :2] * scale, texture, wall))
    return np.hstack(tiles)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("photos", type=Path, nargs="+")
    args = parser.parse_args()
    folder = Path(__file__).parents[1]
    palm, session, network = open_session(folder / "palm.json"), open_session(folder / RECOVERER), open_session(args.model)
    rows = [row(palm, session, network, read_rgb(photo)) for photo in args.photos]
    cv2.imwrite(str(args.out), cv2.cvtColor(np.vstack(rows), cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, 85])


if __name__ == "__main__":
    main()
