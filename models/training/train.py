"""Train the camera-space head on cached features.

    python train.py OUT --renders DIR [DIR ...] --photos DIR [--trunk-steps 12000] [--steps 2000] [--photo-share 0.3] [--seed 1]

Reads feature sets (feature_set.py), writes OUT/checkpoint.pt (resumed from if it is there), OUT/log.csv and OUT/log.png.
First the trunk alone (3D keypoints from pooled features, fast), then everything with the trunk at a smaller rate. Photos teach
2D keypoints, 3D where self_labels.py has left any, and the width that both mean; renders teach everything.
"""

from __future__ import annotations

import argparse
import csv
import math
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

import losses
from feature_set import FeatureSet
from heads import ROOT, CameraSpaceHead, Prediction
from render.rig import HAND
from upsampling import fit_upsampling

BATCH = 256
RATE = 1e-3
TRUNK_RATE = 2e-4  # of the trunk while the rest is trained
DECAY = 0.02
WARM_UP = 300
REPORT = 1000
SAVE = 2000
# Fingertips are the farthest from what the pooled features tell (METHODS.md §1.3).
TIPS = [4, 8, 12, 16, 20]
TIP_WEIGHT = 1.5
# Weights of the losses that are not likelihoods; lengths are divided by what a good network reaches, metres.
WIDTH, BINS, MESH, EDGE, NORMAL = 1.0, 1.0, 0.5, 0.1, 0.1
MESH_UNIT, EDGE_UNIT = 0.01, 0.002
PHOTO_WIDTH = 0.2  # the width that a photo's keypoints in 3D and 2D mean
# The mesh is judged on this many renders and triangles of a step.
MESH_ROWS = 64
TRIANGLES_PER_STEP = 400


@dataclass
class Batch:
    """Tensors of one step; labels are NaN where unknown."""

    pooled: Tensor
    keypoints: Tensor
    crop: Tensor
    maps: Tensor | None
    state: Tensor | None
    log_width: Tensor | None
    vertices: Tensor | None
    renders: int  # rows before the photos


ALL_NAMES = ("pooled", "keypoints", "crop", "maps", "state", "log_width")


class Source:
    """Feature sets of one kind in memory, of which random rows are drawn."""

    def __init__(self, folders: list[Path], keypoints: str = "keypoints") -> None:
        sets = [FeatureSet.open(folder) for folder in folders]

        def joined(name: str) -> np.ndarray:
            return np.concatenate([np.asarray(one[name]) for one in sets])

        self.arrays = {name: joined(name) for name in ("pooled", "maps", "state", "crop", "log_width", "vertices")}
        self.arrays["keypoints"] = np.concatenate(
            [np.load(f / "self_keypoints.npy") if (f / "self_keypoints.npy").exists() else np.asarray(s[keypoints]) for f, s in zip(folders, sets, strict=True)]
        )
        self.count = len(self.arrays["pooled"])

    def draw(self, rows: np.ndarray, names: tuple[str, ...]) -> dict[str, Tensor]:
        return {name: torch.from_numpy(self.arrays[name][rows].astype(np.float32)) for name in names}


def draw_batch(renders: Source, photos: Source | None, share: float, random: np.random.Generator, trunk: bool) -> Batch:
    """Renders first, then photos; vertices are those of the first renders. trunk: only what the trunk needs."""
    names = ("pooled", "keypoints", "crop") + (() if trunk else ("maps", "state", "log_width"))
    real = round(BATCH * share) if photos else 0
    rows = random.integers(renders.count, size=BATCH - real)
    parts = [renders.draw(rows, names)]
    if photos and real:
        parts.append(photos.draw(random.integers(photos.count, size=real), names))
    joined = {name: torch.cat([part[name] for part in parts]) for name in names}
    vertices = None if trunk else renders.draw(rows[:MESH_ROWS], ("vertices",))["vertices"]
    return Batch(**{name: joined.get(name) for name in ALL_NAMES}, vertices=vertices, renders=BATCH - real)


def known_laplace(error: Tensor, log_scale: Tensor, weight: Tensor) -> Tensor:
    """Laplace likelihood over what is known."""
    known = torch.isfinite(error).all(dim=2)
    scaled = torch.nan_to_num(error).abs() * torch.exp(-log_scale)[..., None] + log_scale[..., None]
    weights = weight * known
    return (scaled.mean(dim=2) * weights).sum() / weights.sum().clamp(min=1)


def joint_weights() -> tuple[Tensor, Tensor]:
    """Of 2D and of 3D keypoints [21]."""
    tips = torch.ones(21)
    tips[TIPS] = TIP_WEIGHT
    relative = tips.clone()
    relative[ROOT] = 0
    return tips, relative


def trunk_loss(keypoints: Tensor, log_scale: Tensor, batch: Batch) -> dict[str, Tensor]:
    return {"keypoints": known_laplace(keypoints - batch.keypoints, log_scale, joint_weights()[1])}


def loss_of(found: Prediction, batch: Batch, triangles: Tensor | None) -> dict[str, Tensor]:
    terms = trunk_loss(found.keypoints, found.log_scale, batch)
    wide = torch.isfinite(batch.log_width)
    terms["crop"] = known_laplace(found.crop - batch.crop, found.log_scale_2d, joint_weights()[0])
    likelihood = losses.laplace((found.log_width - batch.log_width)[wide, None, None], found.log_width_scale[wide, None])
    terms["width"] = WIDTH * (losses.scale_invariant_log(found.log_width[wide], batch.log_width[wide]) + 0.1 * likelihood)
    terms["bins"] = BINS * losses.chamfer(found.bin_centres[wide], batch.log_width[wide].exp())
    photos = slice(batch.renders, None)
    if len(found.keypoints) > batch.renders:
        _, log_width = losses.projection(found.keypoints[photos], batch.crop[photos])
        terms["photo width"] = PHOTO_WIDTH * (found.log_width[photos] - log_width.detach()).abs().mean()
    if found.vertices is not None and batch.vertices is not None and triangles is not None:
        edge, normal = losses.edge_and_normal(found.vertices, batch.vertices, triangles)
        terms["mesh"] = MESH * (found.vertices - batch.vertices).abs().mean() / MESH_UNIT
        terms["edge"] = EDGE * edge / EDGE_UNIT
        terms["normal"] = NORMAL * normal
    return terms


@torch.no_grad()
def predict(head: CameraSpaceHead, of: FeatureSet | dict[str, np.ndarray], size: int = 1024) -> dict[str, np.ndarray]:
    """All rows through the head: keypoints, crop, log_scale, log_width, vertices."""
    head.eval()
    parts: dict[str, list[np.ndarray]] = {}
    inputs = [of[name] for name in ("pooled", "maps", "state")]
    for at in range(0, len(inputs[0]), size):
        found = head(*(torch.from_numpy(np.asarray(x[at : at + size], np.float32)) for x in inputs))
        for name, value in vars(found).items():
            if value is not None:
                parts.setdefault(name, []).append(value.numpy())
    head.train()
    return {name: np.concatenate(values) for name, values in parts.items()}


def judge(head: CameraSpaceHead, test: FeatureSet | None, photos: FeatureSet | None) -> dict[str, float]:
    """Root-relative 3D (mm), 2D (px at 128), width (percent), mesh (mm) on held-out sets."""
    result = {}
    for name, one in (("renders", test), ("photos", photos)):
        if one is None:
            continue
        found = predict(head, one)
        result[f"{name} 2D px"] = 128 * float(np.linalg.norm(found["crop"] - one["crop"], axis=2).mean())
        if name == "renders":
            result["renders 3D mm"] = 1000 * float(np.linalg.norm(found["keypoints"] - one["keypoints"], axis=2).mean())
            result["renders width %"] = 100 * float(np.abs(np.exp(found["log_width"] - one["log_width"]) - 1).mean())
            if "vertices" in found:
                error = found["vertices"] - one["vertices"].astype(np.float32)
                result["renders mesh mm"] = 1000 * float(np.linalg.norm(error, axis=2).mean())
    return result


def write_log(path: Path, rows: list[dict[str, float]]) -> None:
    names = list(dict.fromkeys(name for row in rows for name in row))
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, names, restval="nan")
        writer.writeheader()
        writer.writerows(rows)


def plot(log: Path) -> None:
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    with log.open() as file:
        rows = list(csv.DictReader(file))
    names = [name for name in rows[0] if name not in ("step", "seconds")]
    _, axes = plt.subplots((len(names) + 3) // 4, 4, figsize=(16, 3 * ((len(names) + 3) // 4)), squeeze=False)
    for axis, name in zip(axes.ravel(), names, strict=False):
        axis.plot([int(row["step"]) for row in rows], [float(row[name]) for row in rows])
        axis.set_title(name)
    plt.tight_layout()
    plt.savefig(log.with_suffix(".png"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--renders", type=Path, nargs="+", required=True)
    parser.add_argument("--photos", type=Path)
    parser.add_argument("--test", type=Path, help="rendered test set")
    parser.add_argument("--held-out", type=Path, help="photos kept aside")
    parser.add_argument("--trunk-steps", type=int, default=12000)
    parser.add_argument("--steps", type=int, default=2000)
    parser.add_argument("--photo-share", type=float, default=0.3)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    random = np.random.default_rng(args.seed)
    args.out.mkdir(parents=True, exist_ok=True)

    renders = Source(args.renders)
    photos = Source([args.photos]) if args.photos else None
    test = FeatureSet.open(args.test) if args.test else None
    held_out = FeatureSet.open(args.held_out) if args.held_out else None
    print(f"{renders.count} renders, {photos.count if photos else 0} crops of photos", flush=True)

    statistics = np.concatenate([source.arrays["pooled"][:20000] for source in (renders, photos) if source]).astype(np.float32)
    mean, std = statistics.mean(axis=0), statistics.std(axis=0) + 1e-3
    matrices, triangles = [], None
    if renders.arrays["vertices"].shape[1] > 0:
        fitted = fit_upsampling(renders.arrays["keypoints"], renders.arrays["vertices"], random)
        print(f"coarse mesh from keypoints leaves {1000 * fitted.base_error:.2f} mm, fine {1000 * fitted.fine_error:.2f} mm", flush=True)
        matrices = [torch.from_numpy(matrix.astype(np.float32)) for matrix in (fitted.base, fitted.fine)]
        triangles = torch.from_numpy(HAND.triangles.astype(np.int64))
    head = CameraSpaceHead(torch.from_numpy(mean), torch.from_numpy(std), *matrices)
    trunk = head.trunk_parameters()
    known = {id(parameter) for parameter in trunk}
    rest = [parameter for parameter in head.parameters() if id(parameter) not in known]
    groups = [{"params": trunk, "lr": RATE}, {"params": rest, "lr": RATE}]
    optimizer = torch.optim.AdamW(groups, weight_decay=DECAY)
    last = args.trunk_steps + args.steps

    def cosine(step: int, start: int, end: int) -> float:
        done = min(1, max(0, step - start) / max(1, end - start))
        return min(1, (step - start + 1) / WARM_UP) * 0.5 * (1 + math.cos(math.pi * done))

    def trunk_rate(step: int) -> float:
        if step < args.trunk_steps:
            return cosine(step, 0, args.trunk_steps)
        return TRUNK_RATE / RATE * cosine(step, args.trunk_steps, last)

    def rest_rate(step: int) -> float:
        return 0 if step < args.trunk_steps else cosine(step, args.trunk_steps, last)

    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, [trunk_rate, rest_rate])
    checkpoint = args.out / "checkpoint.pt"
    first = 0
    if checkpoint.exists():
        state = torch.load(checkpoint, weights_only=True)
        head.load_state_dict(state["head"])
        optimizer.load_state_dict(state["optimizer"])
        schedule.load_state_dict(state["schedule"])
        first = state["step"]
    start = time.time()
    sums: dict[str, float] = {}
    rows: list[dict[str, float]] = []
    for step in range(first + 1, last + 1):
        only_trunk = step <= args.trunk_steps
        batch = draw_batch(renders, photos, args.photo_share, random, only_trunk)
        if only_trunk:
            _, keypoints, log_scale = head.trunk(batch.pooled)
            terms = trunk_loss(keypoints, log_scale, batch)
        else:
            found = head(batch.pooled, batch.maps, batch.state, MESH_ROWS)
            some = triangles[torch.randint(len(triangles), (TRIANGLES_PER_STEP,))] if triangles is not None else None
            terms = loss_of(found, batch, some)
        optimizer.zero_grad()
        sum(terms.values()).backward()
        torch.nn.utils.clip_grad_norm_(head.parameters(), 5)
        optimizer.step()
        schedule.step()
        if step == args.trunk_steps + 1:
            sums = {}
        for name, value in terms.items():
            sums[name] = sums.get(name, 0) + float(value.detach()) / REPORT
        if step % REPORT == 0:
            row = {"step": step, "seconds": round(time.time() - start, 1), **sums, **judge(head, test, held_out)}
            rows.append(row)
            write_log(args.out / "log.csv", rows)
            print(" ".join(f"{name} {value:.3f}" if isinstance(value, float) else f"{name} {value}" for name, value in row.items()), flush=True)
            sums = {}
        if step % SAVE == 0 or step == last:
            torch.save(
                {"head": head.state_dict(), "optimizer": optimizer.state_dict(), "schedule": schedule.state_dict(), "step": step},
                checkpoint,
            )
    if (args.out / "log.csv").exists():
        plot(args.out / "log.csv")


if __name__ == "__main__":
    main()
