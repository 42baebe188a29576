"""What the smaller borrowed network makes of the crops of cached features, at both sizes that `fast` sees (fast.py).

    python small_features.py SET OUT --lite CACHE/lite.onnx --renders FIRST_SEED
    python small_features.py SET OUT --lite CACHE/lite.onnx --photos [as for photo_features.py]

OUT/224/SET and OUT/192/SET become sets with maps [N, 112, 7, 7] and pooled features [N, 1345] of their own and links to all else of
SET; of a covered one, OUT/224/bare and OUT/192/bare of SET/bare. Draws the crops again, as pictures.py does. Where teacher.py has left labels they are those of
the new sets.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np

from cache_maps import linked
from fast import SHAPES, SIZES, look, open_lite
from feature_set import FeatureSet
from pictures import add_redraw_arguments, pictures_of, redraw

TAUGHT = ("keypoints", "log_width")


def scaled(picture: np.ndarray, side: int) -> np.ndarray:
    """A crop as a window of this many pixels shows it (crop.py): no half-pixel offset."""
    step = picture.shape[0] / side
    how = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return cv2.warpAffine(picture, np.float32([[step, 0, 0], [0, step, 0]]), (side, side), flags=how, borderMode=cv2.BORDER_REPLICATE)


class SmallSet:
    """The set for pictures of one size that is being filled."""

    def __init__(self, source: Path, into: Path, lite: Path, side: int) -> None:
        self.side = side
        self.session = open_lite(lite, side)
        folder = linked(source, into / str(side))
        for name in TAUGHT:
            taught = source / f"teacher_{name}.npy"
            if taught.exists():
                label = folder / f"self_{name}.npy"
                label.unlink(missing_ok=True)
                label.symlink_to(taught.resolve())
        rows = FeatureSet.open(source).filled
        self.maps, self.pooled = (
            np.lib.format.open_memmap(folder / f"{name}.npy", "w+", dtype=np.float16, shape=(rows, *shape))
            for name, shape in (("maps", SHAPES.maps), ("pooled", (SHAPES.pooled,)))
        )

    def put(self, row: int, picture: np.ndarray) -> None:
        self.maps[row], self.pooled[row] = look(self.session, scaled(picture, self.side))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_redraw_arguments(parser)
    parser.add_argument("out", type=Path)
    parser.add_argument("--lite", type=Path, required=True)
    args = parser.parse_args()
    cv2.setNumThreads(1)
    folder, pictures = pictures_of(args)[-1]
    sets = [SmallSet(folder, args.out, args.lite, side) for side in SIZES]

    def put(row: int, picture: np.ndarray) -> None:
        for one in sets:
            one.put(row, picture)

    redraw(folder, pictures, put)
    for one in sets:
        one.maps.flush()
        one.pooled.flush()


if __name__ == "__main__":
    main()
