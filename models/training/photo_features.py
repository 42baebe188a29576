"""Run the frozen backbone over the photos and keep its features.

    python photo_features.py OUT [--augmentations 4] [--empty 3000] [--held-out] [--covered]

OUT becomes a feature set (feature_set.py) of every hand of the photos: first its own window, then jittered ones with another
camera's look; and of pictures without a hand, so that presence is not forgotten. With --held-out the hands kept aside, in their
own windows only. With --covered a piece of another photo covers 10 to 40 % of each, windows are jittered (but for hands kept aside), and
OUT/bare becomes a set of the same crops without it, row by row.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import cv2
import numpy as np

from augment import camera_noise, cover, jitter, sample_fast, to_crop, under
from backbone import SIZE, features, open_backbone
from crop import Window, window_from_keypoints
from feature_set import FeatureSet
from photos import as_right, read_hands
from render.data import background_names, need, of_split

SEED = 5
COVERED_SHARE = (0.1, 0.4)
EMPTY_SIDE = (0.3, 1.0)  # windows without a hand, over the picture's shorter side


def empty_crop(names: list[str], random: np.random.Generator) -> np.ndarray:
    """Some square of a background."""
    path = need(f"backgrounds/{names[random.integers(len(names))]}")
    image = cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB)
    height, width = image.shape[:2]
    side = min(height, width) * random.uniform(*EMPTY_SIDE)
    centre = random.uniform((side / 2, side / 2), (width - side / 2, height - side / 2))
    return sample_fast(image, Window(*centre, side, random.uniform(-np.pi, np.pi), False), SIZE)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--augmentations", type=int, default=4)
    parser.add_argument("--empty", type=int, default=3000)
    parser.add_argument("--held-out", action="store_true")
    parser.add_argument("--covered", action="store_true")
    args = parser.parse_args()
    cv2.setNumThreads(1)
    hands = [hand for hand in read_hands() if hand.held_out == args.held_out]
    backgrounds = [name for name in background_names() if of_split(name, "test" if args.held_out else "train")]
    copies = 1 if args.held_out else args.augmentations
    session = open_backbone()
    random = np.random.default_rng(SEED)
    capacity = len(hands) * copies + args.empty
    store = FeatureSet.create(args.out, capacity, 0)
    bare = FeatureSet.create(args.out / "bare", capacity, 0) if args.covered else None
    sets = [one for one in (store, bare) if one]
    start = time.time()

    def append(
        to: FeatureSet, crop: np.ndarray, group: int, roll: float = 0.0, places: np.ndarray | float = np.nan, visible: np.ndarray | float = np.nan
    ) -> None:
        found = features(session, crop)
        labels = {"keypoints": np.nan, "crop": places, "visible": visible, "log_width": np.nan, "vertices": np.empty((0, 3))}
        to.append(pooled=found.pooled, stage=found.stage, state=found.state, group=group, roll=roll, **labels)

    for group, hand in enumerate(hands):
        image, uv = as_right(hand, cv2.cvtColor(cv2.imread(str(hand.path)), cv2.COLOR_BGR2RGB))
        ideal = window_from_keypoints(uv)
        for copy in range(copies):
            other = copy > 0 or (args.covered and not args.held_out)
            window = jitter(ideal, random) if other else ideal
            crop = sample_fast(image, window, SIZE)
            if other:
                crop = camera_noise(crop, random)
            where = (group, window.rotation - ideal.rotation, places := to_crop(uv, window))
            if bare:
                append(bare, crop, *where)
                crop, mask = cover(crop, random.uniform(*COVERED_SHARE), backgrounds, random)
                append(store, crop, *where, ~under(mask, places))
            else:
                append(store, crop, *where)
        if group % 500 == 499:
            for one in sets:
                one.flush()
            print(f"{group + 1} of {len(hands)} hands, {store.filled / (time.time() - start):.0f} crops/s", flush=True)
    for index in range(args.empty):
        crop = camera_noise(empty_crop(backgrounds, random), random)
        for one in sets:
            append(one, crop, len(hands) + index)
    for one in sets:
        one.flush()
    print(f"{store.filled} crops: {len(hands)} hands, {args.empty} without one")


if __name__ == "__main__":
    main()
