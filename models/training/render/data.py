"""Where training data lies, the cache of what is computed from it, and the split into training and test.

HAND_DATA names the data folder (rigs, poses, labels, photos, backgrounds, hdris); HAND_CACHE the cache.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import cv2
import numpy as np

PACKAGE = Path(__file__).parent
DATA = Path(os.environ.get("HAND_DATA", PACKAGE.parent / "../../../shared/data")).resolve()
CACHE = Path(os.environ.get("HAND_CACHE", PACKAGE / ".cache"))

BACKGROUND_PX = 256  # side that the middle square of each background is stored at
TEST_SHARE = 0.1  # of poses and backgrounds; of HDRIs and skins, those named below
TEST_HDRIS = ("studio-small-3", "lebombo")
SPLITS = ("train", "test")
SHARES = {"office": 0.1, "faces": 0.22}  # of the backgrounds drawn; the rest: all other folders


def need(path: str) -> Path:
    """A file or folder of the data folder; says what to set where it is missing."""
    found = DATA / path
    if not found.exists():
        raise FileNotFoundError(f"{found} is missing: set HAND_DATA to the folder that holds {path}")
    return found


def of_split(name: str, split: str) -> bool:
    """Whether something with this name belongs to the split: by a hash of the name, so that it never moves."""
    if split not in SPLITS:
        raise ValueError(f"split is {split!r}, must be one of {SPLITS}")
    test = int(hashlib.sha256(name.encode()).hexdigest()[:8], 16) / 2**32 < TEST_SHARE
    return test == (split == "test")


def cached(name: str, make: Callable[[], dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """The arrays of CACHE/name.npz, made where the file is missing. Change the name when `make` changes."""
    path = CACHE / f"{name}.npz"
    if not path.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(f".{os.getpid()}.tmp.npz")
        np.savez(partial, **make())
        os.replace(partial, path)
    with np.load(path) as arrays:
        return dict(arrays)


def background_files() -> list[str]:
    """All pictures under backgrounds/."""
    return [
        f"{folder.name}/{file.name}"
        for folder in sorted(need("backgrounds").iterdir())
        for file in sorted(folder.iterdir())
        if file.suffix.lower() in (".jpg", ".jpeg", ".png")
    ]


def background_names() -> list[str]:
    """Files under backgrounds/ that show no hand."""
    leave_out = json.loads(need("labels/backgrounds_with_hands.json").read_text())
    return [name for name in background_files() if name.split("/", 1)[1] not in leave_out.get(name.split("/")[0], ())]


@dataclass(frozen=True)
class Backgrounds:
    """pictures [N, 256, 256, 3] RGB bytes, read from the disk as needed; chance [N] that it or one before is drawn: rooms and faces come often."""

    pictures: np.ndarray
    chance: np.ndarray


@cache
def backgrounds(split: str) -> Backgrounds:
    """The middle squares of the split's backgrounds."""
    path = CACHE / f"backgrounds-{split}-{BACKGROUND_PX}.npy"
    names = [name for name in background_names() if of_split(name, split)]
    if not path.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(f".{os.getpid()}.tmp.npy")
        np.save(partial, np.stack([_square(need(f"backgrounds/{name}")) for name in names]))
        os.replace(partial, path)
    folders = np.array([name.split("/")[0] for name in names])
    chance = np.zeros(len(names))
    for folder in np.unique(folders):
        mine = folders == folder
        share = SHARES.get(folder, (1 - sum(SHARES.values())) * mine.sum() / (~np.isin(folders, list(SHARES))).sum())
        chance[mine] = share / mine.sum()
    return Backgrounds(np.load(path, mmap_mode="r"), np.cumsum(chance / chance.sum()))


def draw_picture(random: np.random.Generator, of: Backgrounds) -> np.ndarray:
    return of.pictures[min(int(np.searchsorted(of.chance, random.random())), len(of.pictures) - 1)]


def _square(path: Path) -> np.ndarray:
    image = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if image is None:
        raise ValueError(f"{path} cannot be read as an image")
    height, width = image.shape[:2]
    side = min(height, width)
    y, x = (height - side) // 2, (width - side) // 2
    shrink = cv2.INTER_AREA if side > BACKGROUND_PX else cv2.INTER_CUBIC
    return cv2.cvtColor(
        cv2.resize(image[y : y + side, x : x + side], (BACKGROUND_PX, BACKGROUND_PX), interpolation=shrink), cv2.COLOR_BGR2RGB
    )
