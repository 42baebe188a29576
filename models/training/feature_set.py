"""Cached features with their labels: a folder of arrays that training reads from disk.

pooled     float16 [N, 1152]
stage      float16 [N, 112, 14, 14]
state      float32 [N, 129]       the borrowed network's answer on the same crop
keypoints  float32 [N, 21, 3]     metres for a hand of reference size, relative to keypoint 9, in the crop's frame; NaN unknown
crop       float32 [N, 21, 2]     fractions of the crop's side from its centre; NaN where there is no hand
visible    float32 [N, 21]        1 seen, 0 hidden or outside; NaN unknown
log_width  float32 [N]            natural logarithm of the window's width at the root's depth, reference size; NaN unknown
vertices   float16 [N, V, 3]      as keypoints (V = 0 where there are none)
group      int32   [N]            crops of one group show the same photo
roll       float32 [N]            how far the crop is turned against the group's first, radians
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from backbone import POOLED, STAGE
from contract import STATE_LENGTH


def fields(vertices: int) -> dict[str, tuple[type, tuple[int, ...]]]:
    return {
        "pooled": (np.float16, (POOLED,)),
        "stage": (np.float16, STAGE),
        "state": (np.float32, (STATE_LENGTH,)),
        "keypoints": (np.float32, (21, 3)),
        "crop": (np.float32, (21, 2)),
        "visible": (np.float32, (21,)),
        "log_width": (np.float32, ()),
        "vertices": (np.float16, (vertices, 3)),
        "group": (np.int32, ()),
        "roll": (np.float32, ()),
    }


class FeatureSet:
    """Rows 0..`filled` - 1 are there; `flush` makes what was written last."""

    def __init__(self, folder: Path, arrays: dict[str, np.ndarray], filled: int) -> None:
        self.folder = folder
        self.arrays = arrays
        self.filled = filled

    @staticmethod
    def create(folder: Path, capacity: int, vertices: int) -> FeatureSet:
        folder.mkdir(parents=True, exist_ok=True)
        arrays = {
            name: np.lib.format.open_memmap(folder / f"{name}.npy", "w+", dtype=kind, shape=(capacity, *shape))
            for name, (kind, shape) in fields(vertices).items()
        }
        return FeatureSet(folder, arrays, 0)

    @staticmethod
    def open(folder: Path, mode: str = "r") -> FeatureSet:
        """Opens for reading, or with "r+" to go on writing."""
        filled = json.loads((folder / "set.json").read_text())["filled"]
        arrays = {path.stem: np.load(path, mmap_mode=mode) for path in folder.glob("*.npy")}
        return FeatureSet(folder, arrays, filled)

    @property
    def capacity(self) -> int:
        return len(self.arrays["pooled"])

    def append(self, **row: object) -> None:
        for name in fields(0):
            self.arrays[name][self.filled] = row[name]
        self.filled += 1

    def flush(self) -> None:
        for array in self.arrays.values():
            if isinstance(array, np.memmap):
                array.flush()
        (self.folder / "set.json").write_text(json.dumps({"filled": self.filled}))

    def labels(self, name: str) -> np.ndarray:
        """As the array of this name, but 3D that self_labels.py has left takes the place of what was unknown."""
        return self.arrays.get(f"self_{name}", self.arrays[name])

    def __getitem__(self, name: str) -> np.ndarray:
        return self.arrays[name][: self.filled]
