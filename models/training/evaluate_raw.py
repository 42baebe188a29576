"""Measure a recoverer in windows from the truth: no detector, no tracker, no rig fit.

    python evaluate_raw.py SET [SET ...] [--model ../mediapipe.onnx|../mini.json] [--write] [--sigma]

SET is a folder in the evaluation format (eval_sets.py). The crop of a left hand is mirrored. What the network says is
turned to the window's viewing ray; camera-space keypoints come from least-squares registration, each frame for itself.
Sets with `scaleUnknown` are scaled by one factor first. --write puts the figures into the model's manifest; --sigma
prints the sigma of every keypoint, the mean over the sets, for convert_mediapipe.py. The root's error is 0 by definition;
it is given the smallest sigma of the others.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime

import contract
import metrics
from crop import window_from_keypoints
from eval_crops import crop_axes, turn_of
from eval_sets import read_frames, truth_2d
from recoverer import keypoints_in_image, open_session, recover
from reference import read_rgb

CROP_PX = 128  # side of the crop that 2D errors are quoted at


@dataclass
class Errors:
    """Every frame with truth: 2D error, px of a 128 px crop; and those with 3D: predicted and true [F, 21, 3], m."""

    error_2d: np.ndarray
    predicted: np.ndarray
    truth: np.ndarray
    axes: np.ndarray  # [F, 3, 3], columns are the crop's axes in camera space
    presence: np.ndarray
    reads_right: np.ndarray  # whether the crop, mirrored for a left hand, read as a right hand


def run_set(session: onnxruntime.InferenceSession, folder: Path) -> Errors:
    error_2d, predicted, truth, axes, presence, sides = [], [], [], [], [], []
    for frame in read_frames(folder):
        if "keypoints" not in frame and "keypoints2d" not in frame:
            continue
        true_px = truth_2d(frame)
        window = window_from_keypoints(true_px, mirrored=frame["side"] == "left")
        hand = recover(session, read_rgb(folder / frame["file"]), window)
        px = keypoints_in_image(hand, window)
        error_2d.append(np.linalg.norm(px - true_px, axis=1).mean() * CROP_PX / window.side)
        presence.append(hand.presence)
        sides.append(hand.handedness > 0)
        if "keypoints" not in frame:
            continue
        fx, fy, cx, cy = frame["intrinsics"]
        turn = turn_of(window, frame["intrinsics"])
        relative = window.to_image_axes(hand.keypoints) @ turn.T
        predicted.append(relative + metrics.register(relative, (px - (cx, cy)) / (fx, fy)))
        truth.append(np.array(frame["keypoints"]))
        axes.append(crop_axes(window, frame["intrinsics"]))
    scale = 1.0
    if any(frame.get("scaleUnknown") for frame in read_frames(folder)):
        scale = metrics.global_scale(np.array(predicted), np.array(truth))
    return Errors(
        np.array(error_2d), np.array(predicted) * scale, np.array(truth), np.array(axes), np.array(presence), np.array(sides)
    )


def figures(errors: Errors) -> dict[str, Any]:
    roots_p, roots_t = errors.predicted[:, contract.ROOT], errors.truth[:, contract.ROOT]
    aligned = np.array([metrics.align_similarity(p, t) for p, t in zip(errors.predicted, errors.truth, strict=True)])
    return {
        "hands2d": len(errors.error_2d),
        "hands3d": len(errors.truth),
        "paMpjpeMm": round(metrics.mean_distance_mm(aligned, errors.truth), 1),
        "rootRelativeMm": round(metrics.mean_distance_mm(errors.predicted - roots_p[:, None], errors.truth - roots_t[:, None]), 1),
        "cameraSpaceMm": round(metrics.mean_distance_mm(errors.predicted, errors.truth), 1),
        "depthErrorMeanMm": round(float(1000 * np.abs(roots_p[:, 2] - roots_t[:, 2]).mean()), 1),
        "depthErrorPercent": round(float(100 * np.abs(roots_p[:, 2] / roots_t[:, 2] - 1).mean()), 2),
        "error2dPx": round(float(errors.error_2d.mean()), 2),
        "presence": round(float((errors.presence > 0).mean()), 3),
        "handedness": round(float(errors.reads_right.mean()), 3),
    }


def root_relative_errors(errors: Errors) -> np.ndarray:
    """[F, 21, 3], m, along the crop's axes."""
    difference = errors.predicted - errors.truth
    return np.einsum("fki,fij->fkj", difference - difference[:, contract.ROOT, None], errors.axes)


def correlations(errors: Errors) -> np.ndarray:
    """Correlation of predicted and true root-relative coordinates along each of the crop's axes [3]: signs and order."""
    p, t = (np.einsum("fki,fij->fkj", x - x[:, contract.ROOT, None], errors.axes) for x in (errors.predicted, errors.truth))
    return np.array([np.corrcoef(p[..., axis].ravel(), t[..., axis].ravel())[0, 1] for axis in range(3)])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", type=Path, nargs="+")
    parser.add_argument("--model", type=Path, default=Path(__file__).parent.parent / "mediapipe.onnx")
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--sigma", action="store_true")
    args = parser.parse_args()
    session = open_session(args.model)
    results = {folder: run_set(session, folder) for folder in args.sets}
    for folder, errors in results.items():
        values = figures(errors)
        print(folder.name, values)
        print("  correlation with the truth along x, y, z of the crop:", correlations(errors).round(3))
        if args.write:
            contract.update_figures(args.model, f"{folder.name}, truth windows, raw", values)
    if args.sigma:
        per_set = [metrics.robust_sigma(root_relative_errors(errors)) for errors in results.values()]  # [21, 3] each
        sigma = np.mean(per_set, axis=(0, 2))
        sigma[contract.ROOT] = np.delete(sigma, contract.ROOT).min()
        print("sigma x, y, z over all keypoints, mm", (1000 * np.mean(per_set, axis=(0, 1))).round(1))
        print("sigma of every keypoint, mm", (1000 * sigma).round(1).tolist())


if __name__ == "__main__":
    main()
