"""The tables that compare recoverers, written to a Markdown file.

    python compare.py OUT.md --models ../mediapipe.onnx ../camera-space.onnx ... --sets MMPOSE STEREO [--crops 2000] [--evaluate]

Rendered test crops (held-out poses, skins, lights, backgrounds), sets in the evaluation format with windows from the truth,
held-out photos against their 2D pseudo-labels, and what a crop costs. --evaluate adds what `npm run evaluate` says of the sets:
detector, tracker, fit and filter included.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
from collections.abc import Iterable
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
from cost import cost, wasm_milliseconds
from crop import window_from_keypoints
from photos import as_right, read_hands
from recoverer import decode, open_session, see
from render_features import size_of

CROP_PX = evaluate_raw.CROP_PX
TEST_SEED = 50_000_000
# Of `convert_mediapipe.py --world-only`, not shipped.
WORLD = "mediapipe-world"
PROJECT = Path(__file__).parents[2]
F_THRESHOLDS = {"F@5": 0.005, "F@15": 0.015}
# PA-MPJPE in mm on FreiHAND of the papers themselves, with far larger networks and FreiHAND's own training set.
PAPERS = {"camera-space": 6.9, "ahrnet": 6.7, "ehpe": 5.6, "jar": 6.5}
Row = dict[str, float | str | int]
Sessions = dict[str, onnxruntime.InferenceSession]


def run(session: onnxruntime.InferenceSession, crop: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
    """state [129] and vertices [V, 3] of a crop."""
    outputs = {output.name for output in session.get_outputs()}
    wanted = [name for name in ("state", "vertices") if name in outputs]
    found = session.run(wanted, {"image": see(session, crop)})
    return found[0][0], found[1][0] if len(found) > 1 else None


class RenderErrors:
    """Errors of one recoverer on rendered crops; camera space and depth from registration with the hand's true size."""

    def __init__(self) -> None:
        self.rows: list[dict[str, float]] = []
        self.sigma: list[np.ndarray] = []

    def add(self, sample: render.Sample, state: np.ndarray, vertices: np.ndarray | None) -> None:
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
        if vertices is not None:
            mesh = sample.vertices.astype(np.float64)
            aligned = metrics.align_similarity(vertices.astype(np.float64), mesh)
            row["PA-MPVPE"] = metrics.mean_distance_mm(aligned, mesh)
            row |= {name: metrics.f_score(aligned, mesh, limit) for name, limit in F_THRESHOLDS.items()}
            row["width %"] = 100 * abs(np.exp(hand.log_window_width) * size / sample.window_width - 1)
        self.rows.append(row)
        error = np.abs(relative - (truth - truth[ROOT])) / size
        within = (error < np.exp(hand.log_sigma)[:, None]).mean(axis=1)
        self.sigma.append(np.stack([within, np.exp(hand.log_sigma), np.linalg.norm(error, axis=1), sample.visibility == 0], axis=1))

    def means(self) -> Row:
        result: Row = {name: float(np.mean([row[name] for row in self.rows])) for name in self.rows[0]}
        by_keypoint = np.delete(np.array(self.sigma), ROOT, axis=1)  # [crops, 20, 4]
        result["within one sigma %"] = 100 * float(by_keypoint[..., 0].mean())
        # Hidden over seen of the same keypoint: tips are hidden more often than knuckles and err more in any case.
        seen = by_keypoint[..., 3] > 0
        for name, column in (("sigma", 1), ("error", 2)):
            values = by_keypoint[..., column]
            ratios = [values[~seen[:, k], k].mean() / values[seen[:, k], k].mean() for k in range(values.shape[1])]
            result[f"{name} hidden / seen"] = f"{np.mean(ratios):.2f}"
        return result


def on_renders(sessions: Sessions, count: int) -> dict[str, Row]:
    errors = {name: RenderErrors() for name in sessions}
    for index in range(count):
        sample = render.sample(TEST_SEED + index, SIZE, "test")
        for name, session in sessions.items():
            errors[name].add(sample, *run(session, sample.image))
    return {name: one.means() for name, one in errors.items()}


def on_set(session: onnxruntime.InferenceSession, folder: Path) -> Row:
    values = evaluate_raw.figures(evaluate_raw.run_set(session, folder))
    return {
        "hands (3D)": f"{values['hands2d']} ({values['hands3d']})",
        "PA-MPJPE": values["paMpjpeMm"],
        "root-relative": values["rootRelativeMm"],
        "camera space": values["cameraSpaceMm"],
        "depth %": values["depthErrorPercent"],
        "2D px": values["error2dPx"],
    }


def on_photos(sessions: Sessions) -> dict[str, Row]:
    """2D against pseudo-labels of photos kept aside."""
    errors: dict[str, list[float]] = {name: [] for name in sessions}
    for hand in read_hands():
        if hand.held_out:
            image, uv = as_right(hand, cv2.cvtColor(cv2.imread(str(hand.path)), cv2.COLOR_BGR2RGB))
            window = window_from_keypoints(uv)
            crop = sample_fast(image, window, SIZE)
            for name, session in sessions.items():
                errors[name].append(CROP_PX * np.linalg.norm(decode(run(session, crop)[0]).crop - to_crop(uv, window), axis=1).mean())
    return {name: {"2D px": float(np.mean(values)), "hands": len(values)} for name, values in errors.items()}


def evaluated(folder: Path, model: Path) -> Row:
    """What `npm run evaluate` measures: the shipped code as a whole, with the detector that lies beside the model."""
    with tempfile.NamedTemporaryFile(suffix=".json") as out:
        options = ["--recoverer", model.stem, "--models", str(model.parent.resolve()), "--json", out.name]
        command = ["npm", "run", "-s", "evaluate", "--", str(folder.resolve()), *options]
        subprocess.run(command, cwd=PROJECT, check=True, stdout=subprocess.DEVNULL)
        values = json.loads(Path(out.name).read_text())
    keys = {
        "found": "found", "PA-MPJPE": "paMpjpeMm", "root-relative": "rootRelativeMm", "camera space": "cameraSpaceMm",
        "depth mm": "depthErrorMeanMm", "2D px": "error2dPx", "acceleration mm": "accelerationMm", "lag ms": "lagMs",
    }  # fmt: skip
    return {title: "-" if values[key] is None else values[key] for title, key in keys.items()}


def costs(models: list[Path]) -> dict[str, Row]:
    times = {threads: wasm_milliseconds(models, threads) for threads in (1, 2)}
    return {
        m.stem: {
            **cost(m),
            **{f"ms on WASM, {threads} thread{'s' * (threads > 1)}": times[threads][m.stem] for threads in times},
            "the paper's PA-MPJPE on FreiHAND": PAPERS.get(m.stem, "-"),
        }
        for m in models
    }


def table(title: str, rows: dict[str, Row], note: str = "") -> str:
    columns = list(dict.fromkeys(name for row in rows.values() for name in row))
    lines = [f"## {title}", "", *([note, ""] if note else []), f"| recoverer | {' | '.join(columns)} |", f"| --- |{' ---: |' * len(columns)}"]
    for name, row in rows.items():
        lines.append(f"| {name} | {' | '.join(cell(row.get(column, '-'), column) for column in columns)} |")
    return "\n".join(lines) + "\n"


def cell(value: float | str | int, column: str) -> str:
    digits = 3 if column.startswith("F@") else 1
    return f"{value:.{digits}f}" if isinstance(value, float) else str(value)


def tables(sessions: Sessions, sets: Iterable[Path], crops: int) -> list[str]:
    """Of networks alone: no detector, no fit, no filter."""
    parts = [table(f"Rendered test set, {crops} crops", on_renders(sessions, crops))]
    for folder in sets:
        rows = {name: on_set(session, folder) for name, session in sessions.items()}
        parts.append(table(f"{folder.name}, windows from the truth, network and framewise registration", rows))
    return [*parts, table("Photos kept aside, 2D against MediaPipe's pseudo-labels", on_photos(sessions))]


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
    command = ["compare.py", args.out.name, "--models", *[m.name for m in args.models], "--sets", *[s.name for s in args.sets], "--crops", str(args.crops), *["--evaluate"] * args.evaluate]
    head = f"# Recoverers compared\n\nWritten by `python {' '.join(command)}`. Lengths in mm, 2D in px of a 128 px crop.\n"
    if WORLD in sessions:
        head += f"`{WORLD}` is MediaPipe's network with its world keypoints as they come, `mediapipe` the same with keypoints made of all that it says.\n"
    parts = [head, *tables(sessions, args.sets, args.crops)]
    if args.evaluate:
        for folder in args.sets:
            parts.append(table(f"{folder.name}, `npm run evaluate`", {model.stem: evaluated(folder, model) for model in args.models}))
    how = "Median of networks that take turns, onnxruntime-web under Node; in a browser's worker one thread takes half ([performance.md](performance.md))."
    parts.append(table("What a crop costs", costs(args.models), how))
    args.out.write_text("\n".join(parts))
    print(args.out.read_text())


if __name__ == "__main__":
    main()
