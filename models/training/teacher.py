"""What recoverers together say of photos: labels for a student.

    python teacher.py PHOTOS [PHOTOS ...] --teachers CHECKPOINT_DIR [CHECKPOINT_DIR ...] [--max-spread 12]

Writes into every feature set (cache_maps.py first) teacher_keypoints.npy [N, 21, 3] and teacher_log_width.npy [N], the means over
recoverers and over the crops of one photo in all sets, turned and scaled to each crop; teacher_log_scale.npy [N, 21], the
recoverers' mean. NaN where the crops of a photo differ by more than --max-spread mm, or where there is no hand.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch

from feature_set import FeatureSet
from network import load_network
from self_labels import group_means

ROWS = 256


def say(checkpoint: Path, one: FeatureSet) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Keypoints, their log scales and the log width of all crops."""
    heads = load_network(checkpoint).heads.eval()
    parts = []
    for at in range(0, one.filled, ROWS):
        rows = slice(at, min(at + ROWS, one.filled))
        read = {name: torch.from_numpy(one[name][rows].astype(np.float32)) for name in heads.READS}
        with torch.inference_mode():
            found = heads(read, 0)
        parts.append((found.keypoints.numpy(), found.log_scale.numpy(), found.log_width.numpy()))
    return tuple(np.concatenate(part) for part in zip(*parts, strict=True))


def spread_in_crop(places: np.ndarray) -> np.ndarray:
    """Logarithm of how much of its crop a hand [N, 21, 2] takes: with the width's, the same in all crops of a photo."""
    return 0.5 * np.log(np.square(places - places.mean(axis=1, keepdims=True)).sum(axis=(1, 2)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos", type=Path, nargs="+")
    parser.add_argument("--teachers", type=Path, nargs="+", required=True)
    parser.add_argument("--max-spread", type=float, default=12)
    args = parser.parse_args()
    torch.set_num_threads(1)
    sets = [FeatureSet.open(folder) for folder in args.photos]
    # Pictures without a hand carry on the numbers of the groups, differently in each set.
    hands = [np.isfinite(one["crop"]).all(axis=(1, 2)) for one in sets]
    group, roll, places = (np.concatenate([one[name][is_hand] for one, is_hand in zip(sets, hands, strict=True)]) for name in ("group", "roll", "crop"))
    keypoints, log_scale, log_width = (
        np.mean(parts, axis=0)
        for parts in zip(
            *(
                tuple(np.concatenate(part) for part in zip(*([a[h] for a in say(teacher, one)] for one, h in zip(sets, hands, strict=True)), strict=True))
                for teacher in args.teachers
            ),
            strict=True,
        )
    )
    labels, spread = group_means(keypoints, group, roll)
    free = log_width + spread_in_crop(places)
    widths = (np.bincount(group, weights=free) / np.maximum(np.bincount(group), 1))[group] - spread_in_crop(places)
    unsure = spread > args.max_spread / 1000
    at = 0
    for one, is_hand in zip(sets, hands, strict=True):
        rows = slice(at, at + is_hand.sum())
        at = rows.stop
        for name, values in (("keypoints", labels), ("log_scale", log_scale), ("log_width", widths)):
            out = np.full((one.filled, *values.shape[1:]), np.nan, np.float32)
            out[is_hand] = np.where(unsure[rows].reshape(-1, *[1] * (values.ndim - 1)), np.nan, values[rows])
            np.save(one.folder / f"teacher_{name}.npy", out)
    print(f"spread: median {1000 * np.median(spread):.1f} mm; {100 * unsure.mean():.1f} % of the crops are left without labels")
    print(f"widths of one photo differ by {100 * np.median(np.abs(widths - log_width)):.1f} % in the median")


if __name__ == "__main__":
    main()
