"""Train a recoverer on cached features.

    python train.py OUT --renders DIR [DIR ...] [--photos DIR ...] [--covered DIR ...] [--method camera-space] [--without PART ...]
                    [--start DIR ...] [--trunk-steps 4000] [--steps 6000] [--borrowed-rate 0] [--rate-factor 1] [--seed 1]

Reads feature sets (feature_set.py), writes OUT/checkpoint.pt (resumed from if it is there), OUT/log.csv and OUT/log.png.
First the trunk alone (3D keypoints from the borrowed pooled features, fast), or that of --start with the borrowed layers it was trained
on (of several the mean of the weights), then all heads of the method; the borrowed layers too where --borrowed-rate is above 0, which
reads the 14 x 14 stage instead of the maps that cache_maps.py left. Of photos these layers must go on saying what they said (Learning without forgetting, Li and Hoiem 2016), and of photos that an object
covers (--covered: photo_features.py) what they said of the same without it; renders alone change what they see.
Photos teach 2D keypoints, 3D where self_labels.py has left any, the width that both mean and what the borrowed network says of
presence and side; renders teach everything else. What is kept is the moving average of the weights.
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

import logbook
import losses
from contract import CROP, KEYPOINTS, PRESENCE, ROOT
from attention import coarse_vertices
from feature_set import FeatureSet
from heads import Prediction, log_scale_3d
from network import CHECKPOINT, METHODS, Network, Run, add_run_arguments, begin_run, load_network, mean_of
from render.rig import HAND
from upsampling import fit_upsampling

TRUNK_BATCH, BATCH = 256, 128
TRUNK_RATE = 1e-3
# Of the parts while all is trained.
RATES = {"trunk": 2e-4, "rest": 1e-3}
DECAY = 0.02
WARM_UP = 300
AVERAGE = 0.998  # share of the moving average that a step leaves
REPORT = 1000
SAVE = 500
STATISTICS = 20000  # rows that the features' mean and spread are taken from
FEATURES = ("maps", "pooled")  # of the borrowed layers
KEPT, KEPT_STATISTICS = 0.5, 1000  # weight of each, in units of its spread, and rows that is taken from
PHOTO_SHARE, COVERED_SHARE = 0.3, 0.2
# Fingertips are the farthest from what the pooled features tell (EHPE's error rank: tips 100, end joints 80, knuckles 59, wrist 40).
TIPS = [4, 8, 12, 16, 20]
TIP_WEIGHT = 1.5
# Weights of the losses that are not likelihoods; lengths are divided by what a good network reaches, metres.
WIDTH, MESH, EDGE, NORMAL = 1.0, 0.5, 0.1, 0.1
MESH_UNIT, EDGE_UNIT = 0.01, 0.002
PHOTO_WIDTH = 0.2  # the width that a photo's keypoints in 3D and 2D mean
LOGITS, BORROWED = 0.5, 0.3  # presence, side and 3D as the borrowed network has them on photos
BORROWED_UNIT = 0.01
# The mesh is judged on this many renders and triangles of a step.
MESH_ROWS = 48
TRIANGLES_PER_STEP = 400


@dataclass
class Batch:
    """Tensors of one step; labels are NaN where unknown."""

    keypoints: Tensor
    crop: Tensor
    renders: int  # rows before the photos
    pooled: Tensor | None = None
    maps: Tensor | None = None
    stage: Tensor | None = None
    state: Tensor | None = None
    log_width: Tensor | None = None
    vertices: Tensor | None = None
    kept: tuple[Tensor, Tensor] | None = None  # maps and pooled features that all but the renders shall have


class Source:
    """Feature sets of one kind, of which random rows are drawn; large arrays stay on the disk."""

    def __init__(self, folders: list[Path]) -> None:
        self.sets = [FeatureSet.open(folder) for folder in folders]
        self.ends = np.cumsum([one.filled for one in self.sets])
        self.starts = self.ends - [one.filled for one in self.sets]

    @property
    def count(self) -> int:
        return int(self.ends[-1])

    def rows(self, name: str, rows: np.ndarray) -> np.ndarray:
        """float32 [N, ...] of these rows of all sets."""
        of = np.searchsorted(self.ends, rows, side="right")
        return np.stack([self.sets[i].labels(name)[row - self.starts[i]] for i, row in zip(of, rows, strict=True)]).astype(np.float32)

    def draw(self, rows: np.ndarray, names: tuple[str, ...]) -> dict[str, Tensor]:
        return {name: torch.from_numpy(self.rows(name, rows)) for name in names}


class Covered:
    """Photos that an object covers: the stage is theirs, all else that of the same photos without it."""

    def __init__(self, folders: list[Path]) -> None:
        self.seen, self.bare = Source(folders), Source([folder / "bare" for folder in folders])

    @property
    def count(self) -> int:
        return self.seen.count

    def draw(self, rows: np.ndarray, names: tuple[str, ...]) -> dict[str, Tensor]:
        return {name: torch.from_numpy((self.seen if name == "stage" else self.bare).rows(name, rows)) for name in names}


@dataclass(frozen=True)
class Kinds:
    """What batches are made of: renders, and shares of photos of both kinds."""

    renders: Source
    photos: list[tuple[Source | Covered, float]]


def draw_batch(size: int, kinds: Kinds, random: np.random.Generator, features: tuple[str, ...], trunk: bool = False, keep: bool = False) -> Batch:
    """Renders first, then photos; vertices are those of the first renders.

    @param trunk only the labels that the trunk needs
    @param keep with the features that photos shall keep
    """
    names = ("keypoints", "crop", *features, *(() if trunk else ("state", "log_width")))
    counts = [round(size * share) for _, share in kinds.photos]
    rows = random.integers(kinds.renders.count, size=size - sum(counts))
    parts = [kinds.renders.draw(rows, names)]
    kept = []
    for (source, _), count in zip(kinds.photos, counts, strict=True):
        of = random.integers(source.count, size=count)
        parts.append(source.draw(of, names))
        if keep:
            kept.append(source.draw(of, FEATURES))
    joined = {name: torch.cat([part[name] for part in parts]) for name in names}
    vertices = None if trunk else kinds.renders.draw(rows[:MESH_ROWS], ("vertices",))["vertices"]
    wanted = tuple(torch.cat([part[name] for part in kept]) for name in FEATURES) if keep else None
    return Batch(**joined, vertices=vertices, renders=len(rows), kept=wanted)


def spreads_of(source: Source, names: tuple[str, ...], count: int, random: np.random.Generator) -> dict[str, tuple[Tensor, Tensor]]:
    """Mean and standard deviation of every channel of these features, [1, C, 1, 1] or [1, C], from some rows."""
    rows = np.sort(random.permutation(source.count)[:count])
    spreads = {}
    for name in names:
        values = torch.from_numpy(source.rows(name, rows))
        over = (0,) if values.ndim == 2 else (0, 2, 3)
        spreads[name] = values.mean(over, keepdim=True), values.std(over, keepdim=True) + 1e-3
    return spreads


def kept_losses(found: dict[str, Tensor], batch: Batch, spreads: dict[str, tuple[Tensor, Tensor]]) -> dict[str, Tensor]:
    """How far the features of all but the renders are from those that they shall keep."""
    return {
        f"kept {name}": KEPT * ((found[name][batch.renders :] - wanted) / spreads[name][1]).abs().mean()
        for name, wanted in zip(FEATURES, batch.kept, strict=True)
    }


def joint_weights() -> tuple[Tensor, Tensor]:
    """Of 2D and of 3D keypoints [21]."""
    tips = torch.ones(21)
    tips[TIPS] = TIP_WEIGHT
    relative = tips.clone()
    relative[ROOT] = 0
    return tips, relative


def trunk_loss(keypoints: Tensor, log_scale: Tensor, batch: Batch) -> dict[str, Tensor]:
    return {"keypoints": losses.laplace(keypoints - batch.keypoints, log_scale, joint_weights()[1])}


def loss_of(found: Prediction, batch: Batch, triangles: Tensor | None) -> dict[str, Tensor]:
    terms = trunk_loss(found.keypoints, found.log_scale, batch)
    wide = torch.isfinite(batch.log_width)
    terms["crop"] = losses.laplace(found.crop - batch.crop, found.log_scale_2d, joint_weights()[0])
    likelihood = losses.laplace((found.log_width - batch.log_width)[wide, None, None], found.log_width_scale[wide, None])
    terms["width"] = WIDTH * (losses.scale_invariant_log(found.log_width[wide], batch.log_width[wide]) + 0.1 * likelihood)
    if len(found.keypoints) > batch.renders:
        photos = slice(batch.renders, None)
        terms["logits"] = LOGITS * losses.distillation(found.logits[photos], batch.state[photos, PRESENCE:])
        borrowed = batch.state[photos, KEYPOINTS:CROP].reshape(-1, 21, 3)
        difference = found.borrowed[photos] - (borrowed - borrowed[:, ROOT, None])
        terms["borrowed"] = BORROWED * difference.abs().mean() / BORROWED_UNIT
        hand = torch.isfinite(batch.crop[photos]).all(dim=(1, 2))
        meant = losses.projected_log_width(found.keypoints[photos][hand], batch.crop[photos][hand]).detach()
        terms["photo width"] = PHOTO_WIDTH * (found.log_width[photos][hand] - meant).abs().mean()
    if found.vertices is not None and batch.vertices is not None and triangles is not None:
        edge, normal = losses.edge_and_normal(found.vertices, batch.vertices, triangles)
        terms["mesh"] = MESH * (found.vertices - batch.vertices).abs().mean() / MESH_UNIT
        terms["edge"] = EDGE * edge / EDGE_UNIT
        terms["normal"] = NORMAL * normal
    return terms


@torch.no_grad()
def predict(network: nn.Module, *features: np.ndarray, size: int = 256) -> dict[str, np.ndarray]:
    """All crops through the network, which reads these features: what a Prediction has, without extras."""
    network.eval()
    parts: dict[str, list[np.ndarray]] = {}
    for at in range(0, len(features[0]), size):
        rows = (torch.from_numpy(np.asarray(one[at : at + size], np.float32)) for one in features)
        found = network(*(one.to(memory_format=torch.channels_last) if one.ndim == 4 else one for one in rows))
        for name, value in vars(found).items():
            if isinstance(value, Tensor):
                parts.setdefault(name, []).append(value.numpy())
    return {name: np.concatenate(values) for name, values in parts.items()}


def judge(
    network: nn.Module, test: FeatureSet | None, photos: FeatureSet | None, reads: tuple[str, ...] = ("stage",)
) -> dict[str, float]:
    """Root-relative 3D (mm), 2D (px at 128), width (percent), mesh (mm) on held-out sets."""
    result = {}
    for name, one in (("renders", test), ("photos", photos)):
        if one is None:
            continue
        found = predict(network, *(one[feature] for feature in reads))
        known = np.isfinite(one["crop"]).all(axis=(1, 2))
        result[f"{name} 2D px"] = 128 * float(np.linalg.norm(found["crop"] - one["crop"], axis=2)[known].mean())
        if name == "renders":
            result["renders 3D mm"] = 1000 * float(np.linalg.norm(found["keypoints"] - one["keypoints"], axis=2).mean())
            result["renders width %"] = 100 * float(np.abs(np.exp(found["log_width"] - one["log_width"]) - 1).mean())
            if "vertices" in found:
                error = found["vertices"] - one["vertices"].astype(np.float32)
                result["renders mesh mm"] = 1000 * float(np.linalg.norm(error, axis=2).mean())
    return result


def begin_heads(coarse: int, renders: Source, photos: Source | None, random: np.random.Generator) -> tuple[Tensor, ...]:
    """What heads begin with: the features' mean and deviation, and the matrices of a mesh with so many coarse vertices."""

    def some(source: Source) -> np.ndarray:
        return np.sort(random.permutation(source.count)[:STATISTICS])

    pooled = np.concatenate([source.rows("pooled", some(source)) for source in (renders, photos) if source])
    rows = some(renders)[::4]
    fitted = fit_upsampling(renders.rows("keypoints", rows), renders.rows("vertices", rows), coarse_vertices(coarse), random)
    print(f"coarse mesh from keypoints leaves {1000 * fitted.base_error:.2f} mm, fine {1000 * fitted.fine_error:.2f} mm", flush=True)
    arrays = (pooled.mean(axis=0), pooled.std(axis=0) + 1e-3, fitted.base, fitted.fine)
    return tuple(torch.from_numpy(a.astype(np.float32)) for a in arrays)


def take_trunk(network: Network, source: Network) -> None:
    """Another method's trunk and borrowed layers, with the statistics it was trained with."""
    names = {f"heads.{name}" for name in ("mean", "std", "entrance", "blocks", "keypoints", "scales", "landmarks")}
    taken = {name: value for name, value in source.state_dict().items() if name.startswith("tail.") or ".".join(name.split(".")[:2]) in names}
    network.load_state_dict(taken, strict=False)


def cosine(step: int, start: int, end: int) -> float:
    """Warm-up, then half a cosine to 0."""
    done = min(1, max(0, step - start) / max(1, end - start))
    return min(1, max(0, step - start + 1) / WARM_UP) * 0.5 * (1 + math.cos(math.pi * done))


def train_trunk(network: nn.Module, steps: int, draw: Iterator[Batch]) -> None:
    optimizer = torch.optim.AdamW(network.heads.trunk_parameters(), lr=TRUNK_RATE, weight_decay=DECAY)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: cosine(step, 0, steps))
    sums = logbook.Means()
    network.train()
    for step in range(1, steps + 1):
        batch = next(draw)
        _, keypoints, scales = network.heads.trunk(batch.pooled)
        terms = trunk_loss(keypoints, log_scale_3d(scales), batch)
        optimizer.zero_grad()
        sum(terms.values()).backward()
        optimizer.step()
        schedule.step()
        sums.add(terms)
        if step % REPORT == 0:
            print(f"trunk {step}", logbook.line(sums.take()), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--renders", type=Path, nargs="+", required=True)
    parser.add_argument("--photos", type=Path, nargs="*", default=[])
    parser.add_argument("--covered", type=Path, nargs="*", default=[])
    parser.add_argument("--test", type=Path, help="rendered test set")
    parser.add_argument("--held-out", type=Path, help="photos kept aside")
    parser.add_argument("--method", choices=METHODS, default="camera-space")
    parser.add_argument("--without", nargs="*", default=[], help="parts of the method to leave out (ABLATIONS of its heads)")
    parser.add_argument("--start", type=Path, nargs="+", help="checkpoints of one method: the trunk where it is another, else all of the mean")
    parser.add_argument("--trunk-steps", type=int, default=4000)
    parser.add_argument("--steps", type=int, default=6000)
    parser.add_argument("--borrowed-rate", type=float, default=0, help="of the borrowed layers")
    parser.add_argument("--rate-factor", type=float, default=1, help="of all other rates")
    add_run_arguments(parser)
    args = parser.parse_args()
    frozen = args.borrowed_rate == 0
    if not frozen and not args.photos:
        parser.error("--borrowed-rate needs --photos, whose features are kept")
    if frozen and args.covered:
        parser.error("--covered teaches the borrowed layers: say --borrowed-rate")
    random = begin_run(args)

    renders = Source(args.renders)
    photos = Source(args.photos) if args.photos else None
    kinds = Kinds(renders, [(photos, PHOTO_SHARE)] if photos else [])
    if args.covered:
        kinds.photos.append((Covered(args.covered), COVERED_SHARE))
    test = FeatureSet.open(args.test) if args.test else None
    held_out = FeatureSet.open(args.held_out) if args.held_out else None
    print(f"{renders.count} renders, {photos.count if photos else 0} crops of photos", flush=True)

    spreads = None if frozen else spreads_of(photos, FEATURES, KEPT_STATISTICS, random)
    method, without = args.method, frozenset(args.without)

    def draw(size: int, features: tuple[str, ...], trunk: bool = False, keep: bool = False) -> Iterator[Batch]:
        while True:
            yield draw_batch(size, kinds, random, features, trunk, keep)

    resumed = (args.out / CHECKPOINT).exists()
    start = mean_of(load_network, args.start, None) if args.start and not resumed else None
    if resumed:
        network = load_network(args.out)
    elif start and type(start.heads) is METHODS[method] and start.heads.without == without:
        network = start
    else:
        kind = METHODS[method]
        network = Network(kind(*begin_heads(kind.COARSE, renders, photos, random), without=without))
        if start:
            take_trunk(network, start)
        else:
            train_trunk(network, args.trunk_steps, draw(TRUNK_BATCH, ("pooled",), True))
    average = AveragedModel(network, multi_avg_fn=get_ema_multi_avg_fn(AVERAGE))
    borrowed = nn.ModuleList([network.tail, network.heads.landmarks])
    parts = {"borrowed": list(borrowed.parameters()), "trunk": network.heads.trunk_parameters()}
    known = {id(parameter) for part in parts.values() for parameter in part}
    parts["rest"] = [parameter for parameter in network.parameters() if id(parameter) not in known]
    rates = {"borrowed": args.borrowed_rate, **{name: args.rate_factor * rate for name, rate in RATES.items()}}
    borrowed.requires_grad_(not frozen)
    optimizer = torch.optim.AdamW([{"params": parts[name], "lr": rate} for name, rate in rates.items()], weight_decay=DECAY)
    # The other heads first learn what the features say; what they ask for then changes the trunk and the features.
    delay = {"borrowed": WARM_UP, "trunk": WARM_UP, "rest": 0}
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, [lambda step, at=delay[name]: 0 if step < at else cosine(step, at, args.steps) for name in rates]
    )
    run = Run(args.out, method, sorted(without), network=network, average=average, optimizer=optimizer, schedule=schedule)
    first = run.resume()
    if not resumed:
        run.save(0)
    triangles = torch.from_numpy(HAND.triangles.astype(np.int64))
    log = logbook.Logbook(args.out / "log.csv", first)
    sums, started = logbook.Means(), time.process_time()
    reads = network.heads.READS if frozen else ("stage",)
    batches = draw(BATCH, reads, keep=not frozen)
    for step in range(first + 1, args.steps + 1):
        network.train()
        batch = next(batches)
        with torch.autocast("cpu", torch.bfloat16):
            features = {name: getattr(batch, name) for name in reads}
            if not frozen:
                batch.maps, batch.pooled = network.tail(batch.stage)
                features |= {"maps": batch.maps, "pooled": batch.pooled}
            found = network.heads(features, MESH_ROWS)
        found.extras = {name: value.float() for name, value in found.extras.items()}
        terms = loss_of(found, batch, triangles[torch.randint(len(triangles), (TRIANGLES_PER_STEP,))])
        terms |= network.heads.loss(found, batch)
        if spreads:
            terms |= kept_losses(features, batch, spreads)
        run.learn(terms)
        sums.add(terms)
        if step % REPORT == 0 or step == args.steps:
            log.add({"step": step, "CPU seconds": round(time.process_time() - started, 1), **sums.take(), **judge(average.module, test, held_out)})
        if step % SAVE == 0 or step == args.steps:
            run.save(step)
    log.plot()


if __name__ == "__main__":
    main()
