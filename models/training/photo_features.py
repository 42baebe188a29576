"""Run the frozen backbone over the photos and keep its features.

    python photo_features.py OUT [--augmentations 4] [--empty 3000] [--lost 0] [--proposed 0] [--held-out] [--covered]
                             [--found LABELS]

OUT becomes a feature set (feature_set.py) of every hand of the photos: first its own window, then jittered ones with another
camera's look; and of pictures without a hand, so that presence is not forgotten. With --held-out the hands kept aside, in their
own windows only; with --found those that find_hands.py labelled, instead. --lost windows beside a hand, with or without a part of it,
teach nothing but presence, as do --proposed ones: what the detector takes for palms in pictures that should show none. With --covered
a piece of another photo covers 10 to 40 % of each, windows are jittered (but for hands kept aside), and OUT/bare becomes a set of the
same crops without it, row by row.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from pathlib import Path

import cv2
import numpy as np
import onnxruntime

import palm
from augment import camera_noise, cover, jitter, sample_fast, to_crop, under
from backbone import MODEL, SIZE, features, open_backbone
from contract import PRESENCE
from crop import Window, network_input, window_from_keypoints
from feature_set import FeatureSet
from photos import PhotoHand, as_right, found_files, read_found, read_hands
from recoverer import open_session
from render.data import background_names, need, of_split

SEED = 5
REPORT = 2000
COVERED_SHARE = (0.1, 0.4)
EMPTY_SIDE = (0.3, 1.0)  # windows without a hand, over the picture's shorter side
# Windows that lost their hand, against the hand's: the centre is off by this many sides, the side by this factor.
ASTRAY_SHIFT, ASTRAY_SCALE = (0.2, 1.2), (0.4, 2.5)
PALM = MODEL.with_name("palm.json")
# Squares in which palms are proposed, over the picture's longer side, and where their centres are off along it (src/tracking/searchViews.ts).
SEARCHED = ((1, 0), (2, 0), (0.6, -0.2), (0.6, 0.2))
HANDLESS = ("faces", "office")  # backgrounds that show no hand but those that find_hands.py found
NO_HAND = -6.0  # logit of presence, at most, where there surely is none


def empty_crop(names: list[str], random: np.random.Generator) -> np.ndarray:
    """Some square of a background."""
    path = need(f"backgrounds/{names[random.integers(len(names))]}")
    image = cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB)
    height, width = image.shape[:2]
    side = min(height, width) * random.uniform(*EMPTY_SIDE)
    centre = random.uniform((side / 2, side / 2), (width - side / 2, height - side / 2))
    return sample_fast(image, Window(*centre, side, random.uniform(-np.pi, np.pi), False), SIZE)


@dataclass(frozen=True)
class Wanted:
    """Which crops a set has: the arguments above."""

    augmentations: int
    empty: int
    lost: int
    proposed: int
    held_out: bool
    covered: bool
    found: Path | None

    @staticmethod
    def read(args: argparse.Namespace) -> Wanted:
        return Wanted(**{field.name: getattr(args, field.name) for field in fields(Wanted)})

    def hands(self) -> list[PhotoHand]:
        return read_found(self.found) if self.found else [hand for hand in read_hands() if hand.held_out == self.held_out]

    def capacity(self) -> int:
        return len(self.hands()) * (1 if self.held_out else self.augmentations) + self.empty + self.lost + self.proposed


@dataclass(frozen=True)
class Drawn:
    """One crop [224, 224, 3], RGB 0..255, and what is known of it (feature_set.py)."""

    image: np.ndarray
    bare: np.ndarray | None  # the same without the object that covers it
    group: int
    roll: float = 0.0
    places: np.ndarray | float = np.nan
    visible: np.ndarray | float = np.nan
    is_empty: bool = False  # surely no hand


def astray(window: Window, random: np.random.Generator) -> Window:
    """A window beside the hand's, as a tracker has that lost it."""
    angle, away = random.uniform(-np.pi, np.pi), random.uniform(*ASTRAY_SHIFT) * window.side
    side = window.side * np.exp(random.uniform(*np.log(ASTRAY_SCALE)))
    return Window(window.cx + away * np.cos(angle), window.cy + away * np.sin(angle), side, random.uniform(-np.pi, np.pi), False)


def proposed_windows(image: np.ndarray, detector: onnxruntime.InferenceSession, random: np.random.Generator) -> Iterator[Window]:
    """Windows of what the detector takes for palms, as a tracker looks at them: plain or mirrored."""
    height, width = image.shape[:2]
    longer = max(width, height)
    for share, off in SEARCHED:
        along = (off * longer, 0) if width >= height else (0, off * longer)
        square = Window(width / 2 + along[0], height / 2 + along[1], share * longer, 0)
        for one in palm.search(detector, image, square):
            for mirrored in (False, True):
                yield replace(jitter(palm.window_from_palm(one), random), mirrored=mirrored)


def shows_no_hand(name: str, with_hands: set[str]) -> bool:
    """Whether a background surely shows none.

    @param with_hands files of pictures in which some were found (`found_files`)
    """
    return name.startswith(HANDLESS) and f"backgrounds/{name}" not in with_hands


def draw_proposed(first: int, wanted: Wanted, backgrounds: list[str], random: np.random.Generator) -> Iterator[Drawn]:
    """As many proposed windows as wanted, or as there are, picture by picture, of groups from `first` on."""
    detector = open_session(PALM)
    with_hands = found_files(wanted.found) if wanted.found else set()
    drawn = 0
    for index, name in enumerate(backgrounds):
        image = cv2.cvtColor(cv2.imread(str(need(f"backgrounds/{name}"))), cv2.COLOR_BGR2RGB)
        is_empty = shows_no_hand(name, with_hands)
        for window in proposed_windows(image, detector, random):
            if drawn == wanted.proposed:
                return
            drawn += 1
            yield Drawn(camera_noise(sample_fast(image, window, SIZE), random), None, first + index, is_empty=is_empty)


def draw_crops(wanted: Wanted) -> Iterator[Drawn]:
    """The crops of a set, always the same ones."""
    hands, held_out, covered = wanted.hands(), wanted.held_out, wanted.covered
    backgrounds = [name for name in background_names() if of_split(name, "test" if held_out else "train")]
    random = np.random.default_rng(SEED)
    for group, hand in enumerate(hands):
        image, uv = as_right(hand, cv2.cvtColor(cv2.imread(str(hand.path)), cv2.COLOR_BGR2RGB))
        ideal = window_from_keypoints(uv)
        for copy in range(1 if held_out else wanted.augmentations):
            other = copy > 0 or (covered and not held_out)
            window = jitter(ideal, random) if other else ideal
            crop = sample_fast(image, window, SIZE)
            if other:
                crop = camera_noise(crop, random)
            where = (group, window.rotation - ideal.rotation, places := to_crop(uv, window))
            if covered:
                hidden, mask = cover(crop, random.uniform(*COVERED_SHARE), backgrounds, random)
                yield Drawn(hidden, crop, *where, ~under(mask, places))
            else:
                yield Drawn(crop, None, *where)
    first = len(hands)
    for index in range(wanted.empty):
        crop = camera_noise(empty_crop(backgrounds, random), random)
        yield Drawn(crop, crop if covered else None, first + index)
    first += wanted.empty
    for index in range(wanted.lost):
        hand = hands[random.integers(len(hands))]
        image, uv = as_right(hand, cv2.cvtColor(cv2.imread(str(hand.path)), cv2.COLOR_BGR2RGB))
        crop = camera_noise(sample_fast(image, astray(window_from_keypoints(uv), random), SIZE), random)
        yield Drawn(crop, crop if covered else None, first + index)
    if wanted.proposed:
        yield from draw_proposed(first + wanted.lost, wanted, backgrounds, random)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Those of `Wanted`."""
    parser.add_argument("--augmentations", type=int, default=4)
    parser.add_argument("--empty", type=int, default=3000)
    parser.add_argument("--lost", type=int, default=0)
    parser.add_argument("--proposed", type=int, default=0)
    parser.add_argument("--held-out", action="store_true")
    parser.add_argument("--found", type=Path, help="labels of find_hands.py, instead of those of the photos")
    parser.add_argument("--covered", action="store_true")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    add_arguments(parser)
    args = parser.parse_args()
    cv2.setNumThreads(1)
    wanted = Wanted.read(args)
    session = open_backbone()
    capacity = wanted.capacity()
    store = FeatureSet.create(args.out, capacity, 0)
    bare = FeatureSet.create(args.out / "bare", capacity, 0) if args.covered else None
    start = time.time()

    def append(to: FeatureSet, crop: np.ndarray, drawn: Drawn, visible: np.ndarray | float) -> None:
        found = features(session, crop)
        if drawn.is_empty:
            found.state[PRESENCE] = min(found.state[PRESENCE], NO_HAND)
        labels = {"keypoints": np.nan, "crop": drawn.places, "visible": visible, "log_width": np.nan, "vertices": np.empty((0, 3))}
        to.append(pooled=found.pooled, stage=found.stage, state=found.state, group=drawn.group, roll=drawn.roll, **labels)

    for drawn in draw_crops(wanted):
        if bare and drawn.bare is not None:
            append(bare, drawn.bare, drawn, np.nan)
        append(store, drawn.image, drawn, drawn.visible)
        if store.filled % REPORT == 0:
            print(f"{store.filled} of {capacity} crops, {store.filled / (time.time() - start):.0f} a second", flush=True)
    for one in (store, bare):
        if one:
            one.flush()
    print(f"{store.filled} crops of {len(wanted.hands())} hands and of windows that lost theirs or never had one")


if __name__ == "__main__":
    main()
