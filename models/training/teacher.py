"""What recoverers together say of photos: labels for a student.

    python teacher.py PHOTOS [PHOTOS ...] --teachers MODEL.onnx [MODEL.onnx ...] [--max-spread 12]

Writes into every feature set teacher_keypoints.npy [N, 21, 3] and teacher_log_width.npy [N], the means over recoverers and over the
crops of one photo in all sets, turned and scaled to each crop. NaN where the crops of a photo differ by more than --max-spread mm, or
where there is no hand. Teachers are files that begin with the borrowed network's first part (export.py): the rest of them is run.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import onnx
import onnx.utils
import onnxruntime

from backbone import MODEL, find_taps
from contract import CROP, KEYPOINTS, LOG_WINDOW_WIDTH
from feature_set import FeatureSet
from recoverer import open_session
from self_labels import group_means


def open_behind_stage(path: Path) -> onnxruntime.InferenceSession:
    """From the stage's maps to `state`, one thread."""
    model = onnx.shape_inference.infer_shapes(onnx.load(str(path)))
    stage = find_taps(onnx.load(str(MODEL))).stage
    if all(stage not in node.output for node in model.graph.node):
        raise ValueError(f"{path} has no tensor {stage}: a teacher must begin with the borrowed network's first part")
    behind = onnx.utils.Extractor(model).extract_model([stage], ["state"])
    return open_session(behind.SerializeToString())


def say(teacher: onnxruntime.InferenceSession, one: FeatureSet, hands: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Keypoints and log width of the crops that show a hand."""
    name = teacher.get_inputs()[0].name
    states = np.concatenate([teacher.run(None, {name: one["stage"][row : row + 1].astype(np.float32)})[0] for row in np.flatnonzero(hands)])
    return states[:, KEYPOINTS:CROP].reshape(-1, 21, 3), states[:, LOG_WINDOW_WIDTH]


def spread_in_crop(places: np.ndarray) -> np.ndarray:
    """Logarithm of how much of its crop a hand [N, 21, 2] takes: with the width's, the same in all crops of a photo."""
    return 0.5 * np.log(np.square(places - places.mean(axis=1, keepdims=True)).sum(axis=(1, 2)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos", type=Path, nargs="+")
    parser.add_argument("--teachers", type=Path, nargs="+", required=True, help="files of recoverers")
    parser.add_argument("--max-spread", type=float, default=12)
    args = parser.parse_args()
    sets = [FeatureSet.open(folder) for folder in args.photos]
    # Pictures without a hand carry on the numbers of the groups, differently in each set.
    hands = [np.isfinite(one["crop"]).all(axis=(1, 2)) for one in sets]
    group, roll, places = (np.concatenate([one[name][is_hand] for one, is_hand in zip(sets, hands, strict=True)]) for name in ("group", "roll", "crop"))
    teachers = [open_behind_stage(path) for path in args.teachers]
    said = [[say(teacher, one, is_hand) for one, is_hand in zip(sets, hands, strict=True)] for teacher in teachers]
    keypoints, log_width = (np.mean([np.concatenate([of_set[i] for of_set in of_teacher]) for of_teacher in said], axis=0) for i in range(2))
    labels, spread = group_means(keypoints, group, roll)
    free = log_width + spread_in_crop(places)
    widths = (np.bincount(group, weights=free) / np.maximum(np.bincount(group), 1))[group] - spread_in_crop(places)
    unsure = spread > args.max_spread / 1000
    at = 0
    for one, is_hand in zip(sets, hands, strict=True):
        rows = slice(at, at + is_hand.sum())
        at = rows.stop
        for name, values in (("keypoints", labels), ("log_width", widths)):
            out = np.full((one.filled, *values.shape[1:]), np.nan, np.float32)
            out[is_hand] = np.where(unsure[rows].reshape(-1, *[1] * (values.ndim - 1)), np.nan, values[rows])
            np.save(one.folder / f"teacher_{name}.npy", out)
    print(f"spread: median {1000 * np.median(spread):.1f} mm; {100 * unsure.mean():.1f} % of the crops are left without labels")
    print(f"widths of one photo differ by {100 * np.median(np.abs(widths - log_width)):.1f} % in the median")


if __name__ == "__main__":
    main()
