"""Squares of pictures as a tracker searches them, and the palms that MediaPipe's detector sees there, for train_palm.py.

    python palm_pictures.py OUT --detector PALM.onnx [--found LABELS] [--count 20000] [--held-out] [--seed 1]

Writes OUT/pictures.npy, uint8 [N, 128, 128, 3], RGB; OUT/logits.npy, float16 [N, 2016], the detector's (palm.py has the anchors); and
OUT/palms.npy, float32 [N, 4, 18], what it makes of them: boxes' centres and sizes and 7 keypoints, fractions of the square, NaN where
there is none. In pictures that show no hand, but for those of --found (find_hands.py), it is not believed.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np

import palm
from augment import sample_fast
from crop import Window, letterbox, network_input
from photo_features import shows_no_hand
from photos import found_files, read_photos
from quick_palm import PICTURE, SAMPLES
from recoverer import open_session
from render.data import background_names, need, of_split

MOST = 4  # palms in a square
MIN_SCORE = 0.2
NO_PALM = -8.0  # logit
PHOTOS = 0.6  # share of the squares; the others are of backgrounds
# Squares: side over the picture's longer one; share that is turned any way, the others' deviation, radians.
SIDE, TURNED, TURN = (0.45, 2.2), 0.25, 0.25


def draw_square(image: np.ndarray, about: np.ndarray | None, random: np.random.Generator) -> Window:
    """@param about a hand's keypoints [21, 2], which then lies in the square"""
    whole = letterbox(image.shape[1], image.shape[0])
    side = whole.side * float(np.exp(random.uniform(*np.log(SIDE))))
    if about is None:
        centre = (whole.cx, whole.cy) + random.uniform(-0.5, 0.5, 2) * abs(whole.side - side)
    else:
        reach = max(0.0, side - 1.3 * np.ptp(about, axis=0).max())
        centre = about.mean(axis=0) + random.uniform(-0.5, 0.5, 2) * reach
    turn = random.uniform(-np.pi, np.pi) if random.random() < TURNED else TURN * random.normal()
    return Window(float(centre[0]), float(centre[1]), side, float(turn), bool(random.random() < 0.5))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--detector", type=Path, required=True, help="MediaPipe's: ../palm.onnx")
    parser.add_argument("--found", type=Path)
    parser.add_argument("--count", type=int, default=20000)
    parser.add_argument("--held-out", action="store_true")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    cv2.setNumThreads(1)
    random = np.random.default_rng(args.seed)
    photos = [photo for photo in read_photos() if photo.held_out == args.held_out]
    backgrounds = [name for name in background_names() if of_split(name, "test" if args.held_out else "train")]
    with_hands = found_files(args.found) if args.found else set()
    detector = open_session(args.detector)
    own = palm.anchors()
    arrays = {
        "pictures": (np.uint8, (PICTURE, PICTURE, 3)),
        "logits": (np.float16, (len(own),)),
        "palms": (np.float32, (MOST, 18)),
    }
    out = {name: np.lib.format.open_memmap(args.out / f"{name}.npy", "w+", dtype=kind, shape=(args.count, *shape)) for name, (kind, shape) in arrays.items()}
    seen = 0
    for row in range(args.count):
        about, handless = None, False
        if random.random() < PHOTOS:
            photo = photos[random.integers(len(photos))]
            file = photo.file
            if photo.hands:
                about = np.array(photo.hands[random.integers(len(photo.hands))]["uv"], np.float64)
        else:
            name = backgrounds[random.integers(len(backgrounds))]
            file = f"backgrounds/{name}"
            handless = shows_no_hand(name, with_hands)
        image = cv2.cvtColor(cv2.imread(str(need(file))), cv2.COLOR_BGR2RGB)
        square = draw_square(image, about, random)
        boxes, logits = detector.run(["boxes", "scores"], {"image": network_input(sample_fast(image, square, palm.SIZE))})
        unit = Window(0.5, 0.5, 1.0, 0.0)
        palms = [] if handless else palm.suppress(palm.decode(boxes[0], logits[0], unit, MIN_SCORE))[:MOST]
        out["pictures"][row] = cv2.resize(sample_fast(image, square, SAMPLES * PICTURE), (PICTURE, PICTURE), interpolation=cv2.INTER_AREA)
        out["logits"][row] = np.minimum(logits[0], NO_PALM) if handless else logits[0]
        out["palms"][row] = np.nan
        for index, one in enumerate(palms):
            out["palms"][row, index] = np.r_[one.box, one.keypoints.ravel()]
        seen += bool(palms)
        if row % 2000 == 1999:
            print(f"{row + 1} of {args.count} squares, palms in {seen}", flush=True)
    for array in out.values():
        array.flush()


if __name__ == "__main__":
    main()
