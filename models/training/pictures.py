"""Add the pictures that cached features were made of, for networks that see pictures: SET/pictures.npy, uint8 [N, 128, 128, 3], RGB.

    python pictures.py SET --renders FIRST_SEED
    python pictures.py SET --photos [--augmentations 4] [--empty 3000] [--lost 0] [--proposed 0] [--held-out] [--covered] [--found LABELS]

Draws them again as render_features.py and photo_features.py did (with their arguments), makes them as small as a student sees
them, and refuses a set whose borrowed answers are not those of these pictures.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
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


def add_pictures(folder: Path, pictures: Iterator[np.ndarray]) -> None:
    store = FeatureSet.open(folder)
    session = open_backbone()
    path = folder / "pictures.npy"
    out = np.lib.format.open_memmap(path, "w+", dtype=np.uint8, shape=(store.filled, PICTURE, PICTURE, 3))
    row = -1
    for row, picture in enumerate(islice(pictures, store.filled)):
        out[row] = cv2.resize(picture, (PICTURE, PICTURE), interpolation=cv2.INTER_AREA)
        if row % CHECK_EVERY == 0:
            off = np.abs(features(session, picture).state - store["state"][row])[CROP:LOG_SIGMA].max()
            if off > TOLERANCE:
                path.unlink()
                raise ValueError(f"row {row} of {folder} is of another picture: borrowed positions differ by {off:.3f}; say how the set was made")
        if row % REPORT == REPORT - 1:
            print(f"{folder}: {row + 1} of {store.filled}", flush=True)
    if row + 1 != store.filled:
        path.unlink()
        raise ValueError(f"{folder} has {store.filled} rows, {row + 1} pictures were drawn: say how the set was made")
    out.flush()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("set", type=Path)
    kind = parser.add_mutually_exclusive_group(required=True)
    kind.add_argument("--renders", type=int, metavar="FIRST_SEED")
    kind.add_argument("--photos", action="store_true")
    parser.add_argument("--split", choices=("train", "test"), default="train")
    add_arguments(parser)
    args = parser.parse_args()
    cv2.setNumThreads(1)
    if args.photos:
        sets = [args.set, args.set / "bare"] if args.covered else [args.set]
        for index, folder in enumerate(sets):
            crops = draw_crops(Wanted.read(args))
            add_pictures(folder, (crop.bare if index else crop.image for crop in crops))
    else:
        seeds = range(args.renders, args.renders + FeatureSet.open(args.set).filled)
        add_pictures(args.set, (render.sample(seed, SIZE, args.split).image for seed in seeds))


if __name__ == "__main__":
    main()
