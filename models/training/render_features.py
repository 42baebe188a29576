"""Render hands, run the frozen backbone over them and keep its features; no picture is stored.

    python render_features.py OUT --count N [--first SEED] [--split train|test]

OUT becomes a feature set (feature_set.py); run again, it goes on where it stopped. Labels are those of a hand of reference size:
a network cannot see how large a hand is, so lengths are divided by the hand's bones over the reference's.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import cv2
import numpy as np

import render
from backbone import SIZE, features, open_backbone
from contract import REFERENCE_LENGTH, ROOT
from feature_set import FeatureSet
from render.rig import KEYPOINT_PARENTS

FLUSH = 500


def size_of(keypoints: np.ndarray) -> float:
    """Of a hand [21, 3] over the reference."""
    return float(np.linalg.norm(keypoints - keypoints[KEYPOINT_PARENTS], axis=1).sum() / REFERENCE_LENGTH)


def labels_of(sample: render.Sample) -> dict[str, object]:
    size = size_of(sample.keypoints)
    root = sample.keypoints[ROOT]
    return {
        "keypoints": (sample.keypoints - root) / size,
        "crop": sample.crop,
        "visible": sample.visibility == 0,
        "log_width": np.log(sample.window_width / size),
        "vertices": (sample.vertices - root) / size,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--count", type=int, required=True)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--split", choices=("train", "test"), default="train")
    args = parser.parse_args()
    cv2.setNumThreads(1)
    session = open_backbone()
    if (args.out / "set.json").exists():
        store = FeatureSet.open(args.out, "r+")
    else:
        store = FeatureSet.create(args.out, args.count, len(render.sample(args.first).vertices))
    start, before = time.time(), store.filled
    while store.filled < min(args.count, store.capacity):
        index = store.filled
        sample = render.sample(args.first + index, SIZE, args.split)
        found = features(session, sample.image)
        store.append(pooled=found.pooled, stage=found.stage, state=found.state, group=index, roll=0, **labels_of(sample))
        if store.filled % FLUSH == 0:
            store.flush()
            print(f"{store.filled} of {args.count}, {(store.filled - before) / (time.time() - start):.0f} a second", flush=True)
    store.flush()


if __name__ == "__main__":
    main()
