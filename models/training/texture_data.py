"""Write what the texture network learns from: colours at the vertices of recovered hands, and on renders the true ones.

    python texture_data.py OUT.npz [--renders 4800] [--first SEED] [--split train|test] [--photos 1500]

Hands are recovered by ../camera-space.onnx, so that places err as in use; renders give a second row whose places are the true ones
but for a few pixels. With --split test renders of that split and photos that are kept aside (photos.py).

colours  uint8 [N, V, 3]   of the crop at each vertex, 0 where it is not seen
seen     bool  [N, V]      texture_view.visible
truth    uint8 [N, V, 3]   texture_truth.vertex_colours; 0 on photos
shown    bool  [N, V]      whether the picture really shows the vertex; False on photos
kind     uint8 [N]         RECOVERED, PLACED (true places) or PHOTO
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import cv2
import numpy as np
import onnxruntime

from augment import jitter, sample_fast
from contract import ROOT
from crop import network_input, window_from_keypoints
from photos import as_right, read_hands
from recoverer import decode, open_session
from texture_truth import sample_with_colours
from texture_view import place, sample_colours, visible

MODEL = Path(__file__).parents[1] / "camera-space.onnx"
SIZE = 224
RECOVERED, PLACED, PHOTO = range(3)
FIRST_SEED = {"train": 6_000_000, "test": 51_000_000}  # none that the recoverer was trained on
MAX_OFF = 20 / SIZE  # mean 2D error over the crop's side beyond which a recovered hand is another hand, or none
PLACED_SHIFT, PLACED_NOISE = 1.5 / SIZE, 2.0 / SIZE  # of true places: of the hand and of each keypoint
MIN_SEEN = 60  # vertices
SEED = 11

Row = dict[str, np.ndarray | int]


def look_at(image: np.ndarray, vertices: np.ndarray, keypoints: np.ndarray, crop: np.ndarray) -> Row | None:
    """The network's input of a crop [S, S, 3]; None where nearly nothing is seen."""
    places = place(vertices, keypoints, crop)
    seen = visible(places, vertices)
    if seen.sum() < MIN_SEEN:
        return None
    colours = np.round(sample_colours(image, places) * 255 * seen[:, None]).astype(np.uint8)
    return {"colours": colours, "seen": seen}


def recover_vertices(session: onnxruntime.InferenceSession, image: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:
    """Vertices, keypoints, their places and the presence's logit."""
    state, vertices = session.run(["state", "vertices"], {"image": network_input(image)})
    hand = decode(state[0])
    return vertices[0], hand.keypoints, hand.crop, hand.presence


def render_rows(session: onnxruntime.InferenceSession, seed: int, split: str) -> list[Row]:
    made = sample_with_colours(seed, SIZE, split)
    if made is None:
        return []
    sample, colours, shown = made
    random = np.random.default_rng(seed)
    truth = {"truth": np.round(colours * 255).astype(np.uint8), "shown": shown}
    vertices, keypoints, crop, _ = recover_vertices(session, sample.image)
    rows = []
    if np.linalg.norm(crop - sample.crop, axis=1).mean() < MAX_OFF:
        rows.append((look_at(sample.image, vertices, keypoints, crop), RECOVERED))
    root = sample.keypoints[ROOT]
    noisy = sample.crop + random.normal(size=2) * PLACED_SHIFT + random.normal(size=(21, 2)) * PLACED_NOISE
    rows.append((look_at(sample.image, sample.vertices - root, sample.keypoints - root, noisy), PLACED))
    return [{**row, **truth, "kind": kind} for row, kind in rows if row is not None]


def photo_rows(session: onnxruntime.InferenceSession, count: int, held_out: bool) -> list[Row]:
    """Of `count` hands spread over all sets."""
    hands = [hand for hand in read_hands() if hand.held_out == held_out]
    random = np.random.default_rng(SEED)
    rows = []
    for index in np.linspace(0, len(hands) - 1, min(count, len(hands))).astype(int):
        image, uv = as_right(hands[index], cv2.cvtColor(cv2.imread(str(hands[index].path)), cv2.COLOR_BGR2RGB))
        crop = sample_fast(image, jitter(window_from_keypoints(uv), random), SIZE)
        vertices, keypoints, places, presence = recover_vertices(session, crop)
        row = look_at(crop, vertices, keypoints, places) if presence > 0 else None
        if row is not None:
            unknown = np.zeros_like(row["colours"]), np.zeros_like(row["seen"])
            rows.append({**row, "truth": unknown[0], "shown": unknown[1], "kind": PHOTO})
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--renders", type=int, default=4800)
    parser.add_argument("--first", type=int)
    parser.add_argument("--split", choices=("train", "test"), default="train")
    parser.add_argument("--photos", type=int, default=1500)
    args = parser.parse_args()
    cv2.setNumThreads(1)
    session = open_session(MODEL)
    first = FIRST_SEED[args.split] if args.first is None else args.first
    start = time.time()
    rows: list[Row] = []
    for index in range(args.renders):
        rows += render_rows(session, first + index, args.split)
        if index % 500 == 499:
            print(f"{index + 1} of {args.renders} renders, {(index + 1) / (time.time() - start):.0f} a second", flush=True)
    rows += photo_rows(session, args.photos, args.split == "test")
    args.out.parent.mkdir(parents=True, exist_ok=True)
    np.savez(args.out, **{name: np.stack([row[name] for row in rows]) for name in ("colours", "seen", "truth", "shown", "kind")})
    counts = np.bincount([row["kind"] for row in rows], minlength=3)
    print(f"{counts[RECOVERED]} recovered and {counts[PLACED]} placed renders, {counts[PHOTO]} photos in {time.time() - start:.0f} s")


if __name__ == "__main__":
    main()
