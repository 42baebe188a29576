"""python -m render.contact_sheet --out FILE [--seed S] [--split train|test]: 6 x 8 crops, keypoints drawn on half of them."""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np

from . import rig
from .sample import Sample, sample
from .truth import VISIBLE

ROWS, COLUMNS, CELL = 6, 8, 200


def draw_keypoints(image: np.ndarray, made: Sample, cell: int) -> None:
    """Bones in green, hidden keypoints red, in place on the BGR image [cell, cell, 3]."""
    at = np.round(((made.crop + 0.5) * cell) * 8).astype(int)
    for k in range(1, rig.KEYPOINTS):
        cv2.line(image, at[rig.KEYPOINT_PARENTS[k]].tolist(), at[k].tolist(), (60, 220, 60), 1, cv2.LINE_AA, 3)
    for k in range(rig.KEYPOINTS):
        colour = (60, 220, 60) if made.visibility[k] == VISIBLE else (40, 40, 255)
        cv2.circle(image, at[k].tolist(), 16, colour, -1, cv2.LINE_AA, 3)


def sheet(seed: int, split: str, plain: bool = False) -> np.ndarray:
    rows = []
    for row in range(ROWS):
        cells = []
        for column in range(COLUMNS):
            made = sample(seed + row * COLUMNS + column, split=split, with_maps=False)
            cell = cv2.resize(made.image[..., ::-1], (CELL, CELL), interpolation=cv2.INTER_AREA)
            if column % 2 and not plain:
                draw_keypoints(cell, made, CELL)
            cells.append(cell)
        rows.append(np.hstack(cells))
    return np.vstack(rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--split", choices=("train", "test"), default="train")
    parser.add_argument("--plain", action="store_true", help="no keypoints")
    args = parser.parse_args()
    cv2.imwrite(str(args.out), sheet(args.seed, args.split, args.plain), [cv2.IMWRITE_JPEG_QUALITY, 80])


if __name__ == "__main__":
    main()
