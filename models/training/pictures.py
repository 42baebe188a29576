"""Add the pictures that cached features were made of, for networks that see pictures: SET/pictures.npy, uint8 [N, 128, 128, 3], RGB.

    python pictures.py SET --renders FIRST_SEED
    python pictures.py SET --photos [--augmentations 4] [--empty 3000] [--lost 0] [--proposed 0] [--held-out] [--covered] [--found LABELS]

Draws them again as render_features.py and photo_features.py did (with their arguments), makes them as small as a student sees
them, and refuses a set whose borrowed answers are not those of these pictures.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

import cv2
import numpy as np

import render
from backbone import SIZE, features, open_backbone
from contract import CROP, LOG_SIGMA
from feature_set import FeatureSet
from photo_features import Wanted, add_arguments, draw_crops

PICTURE = 128
CHECK_EVERY = 997  # rows
TOLERANCE = 0.02  # of positions in the crop between two machines' renders
REPORT = 5000


def redraw(folder: Path, pictures: Iterator[np.ndarray], take: Callable[[int, np.ndarray], None]) -> None:
    """Hands every row of a set and the picture [224, 224, 3] that it was made of to `take`; a set of other pictures is a ValueError."""
    store = FeatureSet.open(folder)
    session = open_backbone()
    row = -1
    for row, picture in enumerate(islice(pictures, store.filled)):
        take(row, picture)
        if row % CHECK_EVERY == 0:
            off = np.abs(features(session, picture).state - store["state"][row])[CROP:LOG_SIGMA].max()
            if off > TOLERANCE:
                raise ValueError(f"row {row} of {folder} is of another picture: borrowed positions differ by {off:.3f}; say how the set was made")
        if row % REPORT == REPORT - 1:
            print(f"{folder}: {row + 1} of {store.filled}", flush=True)
    if row + 1 != store.filled:
        raise ValueError(f"{folder} has {store.filled} rows, {row + 1} pictures were drawn: say how the set was made")


def add_redraw_arguments(parser: argparse.ArgumentParser) -> None:
    """What `pictures_of` needs: the set, and how it was made."""
    parser.add_argument("set", type=Path)
    kind = parser.add_mutually_exclusive_group(required=True)
    kind.add_argument("--renders", type=int, metavar="FIRST_SEED")
    kind.add_argument("--photos", action="store_true")
    parser.add_argument("--split", choices=("train", "test"), default="train")
    add_arguments(parser)


def pictures_of(args: argparse.Namespace) -> list[tuple[Path, Iterator[np.ndarray]]]:
    """The sets that were made with these arguments, and the pictures of their rows."""
    if not args.photos:
        seeds = range(args.renders, args.renders + FeatureSet.open(args.set).filled)
        return [(args.set, (render.sample(seed, SIZE, args.split).image for seed in seeds))]
    wanted = Wanted.read(args)
    seen = (args.set, (crop.image for crop in draw_crops(wanted)))
    return [seen, (args.set / "bare", (crop.bare for crop in draw_crops(wanted)))] if args.covered else [seen]


def add_pictures(folder: Path, pictures: Iterator[np.ndarray]) -> None:
    path = folder / "pictures.npy"
    out = np.lib.format.open_memmap(path, "w+", dtype=np.uint8, shape=(FeatureSet.open(folder).filled, PICTURE, PICTURE, 3))

    def put(row: int, picture: np.ndarray) -> None:
        out[row] = cv2.resize(picture, (PICTURE, PICTURE), interpolation=cv2.INTER_AREA)

    try:
        redraw(folder, pictures, put)
    except ValueError:
        path.unlink()
        raise
    out.flush()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_redraw_arguments(parser)
    args = parser.parse_args()
    cv2.setNumThreads(1)
    for folder, pictures in pictures_of(args):
        add_pictures(folder, pictures)


if __name__ == "__main__":
    main()
