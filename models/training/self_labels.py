"""Label photos with a trained head's own 3D: the mean over the crops of one photo, where they agree.

    python self_labels.py CHECKPOINT_DIR PHOTOS [--max-spread 12] [--also COVERED]

Writes PHOTOS/self_keypoints.npy [N, 21, 3], NaN where the crops of a photo differ by more than --max-spread mm or show no hand.
What a network says of four views of one photo errs less than what it says of one, and a network that learns this from photos is
surer on them. --also gives the same labels to another set of the same photos, such as that of covered ones: what an object hides
is known from the picture without it.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch

from feature_set import FeatureSet
from network import load_network
from train import predict

def turned(keypoints: np.ndarray, angle: np.ndarray) -> np.ndarray:
    """[N, 21, 3] turned in the image by angle [N], clockwise as seen."""
    cos, sin = np.cos(angle)[:, None], np.sin(angle)[:, None]
    x, y, z = np.moveaxis(keypoints, -1, 0)
    return np.stack([cos * x - sin * y, sin * x + cos * y, z], axis=-1)


def group_means(keypoints: np.ndarray, group: np.ndarray, roll: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Every crop's keypoints as the mean of its photo's crops [N, 21, 3], and the photo's spread [N], metres."""
    upright = turned(keypoints, roll)
    count = np.bincount(group)
    mean = np.stack([np.bincount(group, weights=column) for column in upright.reshape(len(upright), -1).T], axis=1)
    mean = (mean / count[:, None]).reshape(-1, 21, 3)
    distance = np.linalg.norm(upright - mean[group], axis=2).mean(axis=1)
    spread = np.bincount(group, weights=distance) / count
    return turned(mean[group], -roll), spread[group]


def passed_on(labels: np.ndarray, group: np.ndarray, roll: np.ndarray, to_group: np.ndarray, to_roll: np.ndarray) -> np.ndarray:
    """Labels [N, 21, 3] of crops, turned to other crops [M] of the same photos; NaN for photos that are not among them."""
    upright = np.full((max(group.max(), to_group.max()) + 1, *labels.shape[1:]), np.nan)
    upright[group] = turned(labels, roll)  # all of a group are the same when upright
    return turned(upright[to_group], -to_roll)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("photos", type=Path)
    parser.add_argument("--max-spread", type=float, default=12)
    parser.add_argument("--also", type=Path)
    args = parser.parse_args()
    photos = FeatureSet.open(args.photos)
    found = predict(load_network(args.checkpoint), photos["stage"])["keypoints"]
    labels, spread = group_means(found, photos["group"], photos["roll"])
    unsure = (spread > args.max_spread / 1000) | ~np.isfinite(photos["crop"]).all(axis=(1, 2))
    labels[unsure] = np.nan
    np.save(args.photos / "self_keypoints.npy", labels.astype(np.float32))
    if args.also:
        other = FeatureSet.open(args.also)
        places = passed_on(labels, photos["group"], photos["roll"], other["group"], other["roll"])
        places[~np.isfinite(other["crop"]).all(axis=(1, 2))] = np.nan
        np.save(args.also / "self_keypoints.npy", places.astype(np.float32))
    print(f"spread: median {1000 * np.median(spread):.1f} mm; {100 * unsure.mean():.1f} % of the crops are left without 3D")


if __name__ == "__main__":
    main()
