"""The table that compares recoverers, written to a Markdown file.

    python compare.py OUT.md --models ../mediapipe.onnx ../camera-space.onnx --sets MMPOSE STEREO [--crops 2000] [--evaluate]

Rendered test crops (held-out poses, skins, lights, backgrounds), sets in the evaluation format with windows from the truth,
held-out photos against their 2D pseudo-labels; milliseconds a crop in Python onnxruntime on one thread, and bytes. --evaluate adds
what `npm run evaluate` says of the sets: detector, tracker, fit and filter included.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
import time
from pathlib import Path

import cv2
import numpy as np
import onnxruntime

import evaluate_raw
import metrics
import render
from augment import sample_fast, to_crop
from backbone import SIZE
from contract import ROOT
from crop import network_input, window_from_keypoints
from photos import as_right, read_hands
from recoverer import decode, open_session
from render_features import size_of

CROP_PX = evaluate_raw.CROP_PX
TEST_SEED = 50_000_000
PROJECT = Path(__file__).parents[2]


def run(session: onnxruntime.InferenceSession, crop: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
    """state [129] and vertices [V, 3] of a crop."""
    outputs = {output.name for output in session.get_outputs()}
    wanted = [name for name in ("state", "vertices") if name in outputs]
    found = session.run(wanted, {"image": network_input(crop)})
    return found[0][0], found[1][0] if len(found) > 1 else None


def on_renders(session: onnxruntime.InferenceSession, count: int, says_width: bool) -> dict[str, float | str]:
    """Errors in mm on rendered crops; camera space and depth from registration with the hand's true size."""
    rows: list[dict[str, float]] = []
    sigma: list[np.ndarray] = []
    for index in range(count):
        sample = render.sample(TEST_SEED + index, SIZE, "test")
        state, vertices = run(session, sample.image)
        hand = decode(state)
        size = size_of(sample.keypoints)
        truth = sample.keypoints.astype(np.float64)
        relative = (hand.keypoints - hand.keypoints[ROOT]).astype(np.float64) * size
        # Crop px to rays of the crop's camera.
        px = (hand.crop + 0.5) * SIZE
        rays = np.column_stack([px, np.ones(len(px))]) @ np.linalg.inv(sample.projection).T
        rays = rays[:, :2] / rays[:, 2:]
        placed = relative + metrics.register(relative, rays)
        row = {
            "PA-MPJPE": metrics.mean_distance_mm(metrics.align_similarity(placed, truth), truth),
            "root-relative": metrics.mean_distance_mm(relative, truth - truth[ROOT]),
            "camera space": metrics.mean_distance_mm(placed, truth),
            "depth %": 100 * abs(placed[ROOT, 2] / truth[ROOT, 2] - 1),
            "2D px": CROP_PX * float(np.linalg.norm(hand.crop - sample.crop, axis=1).mean()),
        }
        if says_width:
            row["width %"] = 100 * abs(np.exp(hand.log_window_width) * size / sample.window_width - 1)
        if vertices is not None:
            aligned = metrics.align_similarity(vertices.astype(np.float64), sample.vertices.astype(np.float64))
            row["PA-MPVPE"] = metrics.mean_distance_mm(aligned, sample.vertices)
        rows.append(row)
        error = np.abs(relative - (truth - truth[ROOT])) / size
        within = (error < np.exp(hand.log_sigma)[:, None]).mean(axis=1)
        sigma.append(np.stack([within, np.exp(hand.log_sigma), np.linalg.norm(error, axis=1), sample.visibility == 0], axis=1))
    result: dict[str, float | str] = {name: float(np.mean([row[name] for row in rows])) for name in rows[0]}
    by_keypoint = np.delete(np.array(sigma), ROOT, axis=1)  # [crops, 20, 4]
    result["within one sigma %"] = 100 * float(by_keypoint[..., 0].mean())
    # Hidden over seen of the same keypoint: tips are hidden more often than knuckles and err more in any case.
    seen = by_keypoint[..., 3] > 0
    for name, column in (("sigma", 1), ("error", 2)):
        values = by_keypoint[..., column]
        ratios = [values[~seen[:, k], k].mean() / values[seen[:, k], k].mean() for k in range(values.shape[1])]
        result[f"{name} hidden / seen"] = f"{np.mean(ratios):.2f}"
    return result


def on_photos(session: onnxruntime.InferenceSession) -> dict[str, float]:
    """2D against pseudo-labels of photos kept aside."""
    errors = []
    for hand in read_hands():
        if hand.held_out:
            image, uv = as_right(hand, cv2.cvtColor(cv2.imread(str(hand.path)), cv2.COLOR_BGR2RGB))
            window = window_from_keypoints(uv)
            state, _ = run(session, sample_fast(image, window, SIZE))
            errors.append(CROP_PX * np.linalg.norm(decode(state).crop - to_crop(uv, window), axis=1).mean())
    return {"2D px": float(np.mean(errors)), "hands": len(errors)}


def speed(session: onnxruntime.InferenceSession, runs: int = 60) -> float:
    """Median ms a crop."""
    crop = np.full((SIZE, SIZE, 3), 128, np.float32)
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        run(session, crop)
        times.append(1000 * (time.perf_counter() - start))
    return float(np.median(times))


def evaluated(folder: Path, recoverer: str, models: Path) -> dict[str, float]:
    """What `npm run evaluate` measures: the shipped code as a whole."""
    with tempfile.NamedTemporaryFile(suffix=".json") as out:
        command = ["npm", "run", "-s", "evaluate", "--", str(folder), "--recoverer", recoverer, "--json", out.name]
        subprocess.run(command, cwd=PROJECT, check=True, stdout=subprocess.DEVNULL)
        return json.loads(Path(out.name).read_text())


def table(title: str, rows: dict[str, dict[str, float]]) -> str:
    columns = list(dict.fromkeys(name for row in rows.values() for name in row))
    lines = [f"## {title}", "", f"| recoverer | {' | '.join(columns)} |", f"| --- |{' ---: |' * len(columns)}"]
    for name, row in rows.items():
        cells = [f"{row[column]:.1f}" if isinstance(row.get(column), float) else str(row.get(column, "-")) for column in columns]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--models", type=Path, nargs="+", required=True)
    parser.add_argument("--sets", type=Path, nargs="*", default=[])
    parser.add_argument("--crops", type=int, default=2000)
    parser.add_argument("--evaluate", action="store_true")
    args = parser.parse_args()
    cv2.setNumThreads(1)
    sessions = {model.stem: open_session(model) for model in args.models}
    parts = [f"# Recoverers compared\n\nWritten by `python {' '.join(['compare.py', args.out.name, '--models', *[m.name for m in args.models], '--sets', *[s.name for s in args.sets], '--crops', str(args.crops)])}`. Lengths in mm, 2D in px of a 128 px crop.\n"]
    parts.append(table(f"Rendered test set, {args.crops} crops", {m.stem: on_renders(sessions[m.stem], args.crops, json.loads(m.with_suffix('.json').read_text())['windowWidth']) for m in args.models}))
    for folder in args.sets:
        rows = {name: evaluate_raw.figures(evaluate_raw.run_set(s, folder)) for name, s in sessions.items()}
        parts.append(table(f"{folder.name}, windows from the truth, network and framewise registration", rows))
        if args.evaluate:
            keys = ["found", "paMpjpeMm", "rootRelativeMm", "cameraSpaceMm", "depthErrorMeanMm", "error2dPx", "accelerationMm", "lagMs", "msPerFrame"]
            full = {m.stem: evaluated(folder, m.stem, m.parent) for m in args.models}
            parts.append(table(f"{folder.name}, `npm run evaluate`", {n: {k: v[k] if v[k] is not None else "-" for k in keys} for n, v in full.items()}))
    parts.append(table("Photos kept aside, 2D against MediaPipe's pseudo-labels", {name: on_photos(s) for name, s in sessions.items()}))
    cost = {m.stem: {"ms a crop (Python onnxruntime, one thread)": speed(sessions[m.stem]), "MB": m.stat().st_size / 1e6} for m in args.models}
    parts.append(table("Cost", cost))
    args.out.write_text("\n".join(parts))
    print(args.out.read_text())


if __name__ == "__main__":
    main()
