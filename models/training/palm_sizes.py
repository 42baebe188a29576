"""What the palm detector finds when it sees pictures of other sizes than its own: why most looks are coarse ones (src/tracking/searchViews.ts).

    python palm_sizes.py [--sizes 192 160 128] [--photos 250] [--detector ../palm.json]

Labelled hands of photos that are kept aside, in the whole picture and in a square of `FARTHER` times its side, where hands are as of a
farther camera: share that a palm is found for whose window is the hand's, by the hand's size in the square. And palms in pictures of
faces that are kept aside and show no hand.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np
import onnxruntime

import palm
from augment import sample_fast
from backbone import MODEL
from crop import Window, letterbox, network_input, window_from_keypoints
from photos import read_photos
from recoverer import open_session
from render.data import background_names, need, of_split

FARTHER = 1.6
# A window is a hand's where its centre is at most so far away, sides of the hand's, and its side differs by at most this factor.
NEAR, ALIKE = 0.35, 1.7
EDGES = (0, 0.2, 0.3, 0.45, 0.7, 10)  # of a hand's window over the side of the square
SEED = 1


def palms_in(session: onnxruntime.InferenceSession, image: np.ndarray, square: Window, size: int) -> list[palm.Palm]:
    return palm.found(session, network_input(sample_fast(image, square, size)), square)


def is_of(window: Window, hand: Window) -> bool:
    near = np.hypot(window.cx - hand.cx, window.cy - hand.cy) < NEAR * hand.side
    return bool(near and 1 / ALIKE < window.side / hand.side < ALIKE)


def read_rgb(file: str) -> np.ndarray:
    return cv2.cvtColor(cv2.imread(str(need(file))), cv2.COLOR_BGR2RGB)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[palm.SIZE, 160, palm.COARSE_SIZE])
    parser.add_argument("--photos", type=int, default=250)
    parser.add_argument("--detector", type=Path, default=MODEL.with_name("palm.json"))
    args = parser.parse_args()
    cv2.setNumThreads(1)
    sessions = {size: open_session(args.detector, size) for size in args.sizes}
    photos = [photo for photo in read_photos() if photo.held_out and photo.hands]
    seen: dict[tuple[int, float], list[tuple[float, bool]]] = {(size, factor): [] for size in args.sizes for factor in (1, FARTHER)}
    for index in np.random.default_rng(SEED).permutation(len(photos))[: args.photos]:
        image = read_rgb(photos[index].file)
        hands = [window_from_keypoints(np.array(hand["uv"], np.float64)) for hand in photos[index].hands]
        whole = letterbox(image.shape[1], image.shape[0])
        for (size, factor), found in seen.items():
            square = Window(whole.cx, whole.cy, factor * whole.side, 0)
            windows = [palm.window_from_palm(one) for one in palms_in(sessions[size], image, square, size)]
            found += [(hand.side / square.side, any(is_of(window, hand) for window in windows)) for hand in hands]
    for (size, factor), found in seen.items():
        share, is_found = np.array(found).T
        group = np.digitize(share, EDGES[1:-1])
        parts = [f"{low}-{high}: {100 * is_found[group == i].mean():.0f} % of {(group == i).sum()}"
                 for i, (low, high) in enumerate(zip(EDGES, EDGES[1:], strict=False)) if (group == i).any()]  # fmt: skip
        print(f"{size} px, square of {factor} sides: {100 * is_found.mean():.1f} % of {len(share)} hands; by their share of it {', '.join(parts)}", flush=True)
    faces = [read_rgb(f"backgrounds/{name}") for name in background_names() if name.startswith("faces") and of_split(name, "test")]
    for size, session in sessions.items():
        count = sum(len(palms_in(session, image, letterbox(image.shape[1], image.shape[0]), size)) for image in faces)
        print(f"{size} px: {count} palms in {len(faces)} pictures of faces")


if __name__ == "__main__":
    main()
