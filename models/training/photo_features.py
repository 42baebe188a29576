"""Run the frozen backbone over the photos and keep its features.

    python photo_features.py OUT [--augmentations 4] [--held-out]

OUT becomes a feature set (feature_set.py) of every hand of the photos: first its own window, then jittered ones with another
camera's look. With --held-out the hands kept aside, in their own windows only.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import cv2
import numpy as np

from augment import camera_noise, jitter, sample_fast, to_crop
from backbone import SIZE, features, open_backbone
from crop import window_from_keypoints
from feature_set import FeatureSet
from photos import as_right, read_hands

SEED = 5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--augmentations", type=int, default=4)
    parser.add_argument("--held-out", action="store_true")
    args = parser.parse_args()
    cv2.setNumThreads(1)
    hands = [hand for hand in read_hands() if hand.held_out == args.held_out]
    copies = 1 if args.held_out else args.augmentations
    session = open_backbone()
    random = np.random.default_rng(SEED)
    store = FeatureSet.create(args.out, len(hands) * copies, 0)
    start = time.time()
    for group, hand in enumerate(hands):
        image, uv = as_right(hand, cv2.cvtColor(cv2.imread(str(hand.path)), cv2.COLOR_BGR2RGB))
        ideal = window_from_keypoints(uv)
        for copy in range(copies):
            window = jitter(ideal, random) if copy > 0 else ideal
            crop = sample_fast(image, window, SIZE)
            found = features(session, camera_noise(crop, random) if copy > 0 else crop)
            store.append(
                pooled=found.pooled,
                maps=found.maps,
                state=found.state,
                keypoints=np.nan,
                crop=to_crop(uv, window),
                visible=np.nan,
                log_width=np.nan,
                vertices=np.empty((0, 3)),
                group=group,
                roll=window.rotation - ideal.rotation,
            )
        if group % 500 == 499:
            store.flush()
            print(f"{group + 1} of {len(hands)} hands, {store.filled / (time.time() - start):.0f} crops/s", flush=True)
    store.flush()
    print(f"{store.filled} crops of {len(hands)} hands")


if __name__ == "__main__":
    main()
