"""Teach a student (student.py) what the recoverers know, on renders with their truth and on photos.

    python train_student.py OUT --build mini --renders DIR [DIR ...] --photos DIR [DIR ...] [--covered DIR ...] [--lost DIR ...]
                            [--lite FILE.onnx | --start DIR|FILE.onnx ... [--shares 1 2]] [--presence] [--steps 6000] [--keep STEP ...]
                            [--rate 2e-3] [--threads 1] [--seed 1]

All are feature sets with pictures (pictures.py) and maps (cache_maps.py); photos have labels of teacher.py, as has the `bare` set
in a folder of covered ones: what an object hides is asked for as the teachers see it without the object. Writes OUT/checkpoint.pt
(resumed from if it is there), OUT/STEP/checkpoint.pt of the steps to keep, OUT/log.csv and OUT/log.png. What is kept is the moving
average of the weights. It begins with the mean of the weights of several checkpoints of one training, by shares: early ones know more
of hands that are not in the training photos, late ones more of those that are, and their mean errs less than either (model soups,
Wortsman et al. 2022). With --presence only the layer that says presence and side is trained, on many windows without a hand.

The student learns the teachers' answers and, as hints (FitNets), the borrowed features that these are made of: features say far more
of a picture than 21 places, so few photos teach more.
"""

from __future__ import annotations

import argparse
import math
import time
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
import onnx
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

import logbook
import losses
from attention import coarse_vertices
from backbone import SIZE
from contract import CROP, LOG_SIGMA, PRESENCE
from feature_set import FeatureSet
from heads import Prediction
from network import CHECKPOINT, Run, add_run_arguments, averaged, begin_run, mean_of
from pictures import PICTURE
from render.rig import HAND
from storage import stored_weights
from student import BUILDS, COARSE, PAIR_PICTURE, SIZES, Hints, Student, grid
from train import DECAY, EDGE, EDGE_UNIT, MESH, MESH_UNIT, NORMAL, TRIANGLES_PER_STEP, Source, cosine, joint_weights, spreads_of
from upsampling import fit_upsampling

BATCH = 128
# Shares of a batch; those of kinds that are not given fall to renders.
SHARES = {"photos": 0.44, "covered": 0.12, "lost": 0.08}
PRESENCE_SHARES = {"photos": 0.3, "covered": 0.15, "lost": 0.4}
FLIPPED = 0.12  # share of the pictures that are shown mirrored: left hands, of which only presence and side are asked
# Other windows than those that are cached: share that keeps its own, deviations of turn (radians), scale (its logarithm) and shift
# (sides of the window) of the others.
STILL, MOVED_ANGLE, MOVED_LOG_SCALE, MOVED_SHIFT = 0.4, 0.2, 0.08, 0.03
LONGEST_BLUR = 11  # px of the picture
MESH_ROWS = 32
SMALLER = 0.4  # share of the steps that are at the size for pairs
CERTAIN = 6.0  # logit of what is known to be so
AVERAGE = 0.998
SAVE = REPORT = 500
# Weights of the losses and what lengths are divided by, metres and fractions.
PLACES, PLACES_UNIT = 0.3, 0.02
LOGITS, WIDTH = 0.5, 1.0
BORROWED_RATE = 0.25  # of borrowed weights, against the others'
HINTS = {"stage": 0.5, "maps": 0.5, "pooled": 0.5}
FEATURES = ("stage", "maps", "pooled")
HINTS_OF_TRUNK = "trunk.hints."  # names of weights that only training has
STATISTICS = 2000  # rows that the spreads of features are taken from


@dataclass
class Lesson:
    """One batch; labels are NaN where unknown."""

    pictures: Tensor  # [B, 3, S, S], 0..1
    keypoints: Tensor  # [B, 21, 3]
    crop: Tensor  # [B, 21, 2]
    log_width: Tensor  # [B]
    logits: Tensor  # [B, 2] the teacher's
    stage: Tensor
    maps: Tensor
    pooled: Tensor
    vertices: Tensor  # [R, V, 3] of the first rows, which are renders
    window: Tensor  # [B, 2, 3] places of the set's crop from places of this one (`move`)


class Kind:
    """Sets of one kind: where the pictures lie, and where what shall be said of them."""

    def __init__(self, folders: list[Path], seen: str = "", certain: bool = False, taught: bool = False) -> None:
        """
        @param seen the folder beside the pictures that has labels and features, such as `bare`
        @param certain all show a right hand, whatever the teacher says
        @param taught 3D is the teachers', not the set's own
        """
        self.pictures = Source(folders)
        self.labels = Source([folder / seen for folder in folders])
        self.certain = certain
        self.prefix = "teacher_" if taught else ""

    def draw(self, rows: np.ndarray) -> dict[str, Tensor]:
        drawn = {name: torch.from_numpy(self.labels.rows(self.prefix + name, rows)) for name in ("keypoints", "log_width")}
        drawn |= {name: torch.from_numpy(self.labels.rows(name, rows)) for name in ("crop", *FEATURES)}
        logits = torch.from_numpy(self.labels.rows("state", rows)[:, PRESENCE:])
        drawn["logits"] = torch.full_like(logits, CERTAIN) if self.certain else logits
        drawn["pictures"] = torch.from_numpy(self.pictures.rows("pictures", rows)).permute(0, 3, 1, 2) / 255
        return drawn


def other_camera(pictures: Tensor) -> Tensor:
    """Pictures [B, 3, S, S] as other cameras would have them: sharpness, exposure, colour, contrast, noise."""
    count, _, size, _ = pictures.shape
    out = pictures.clone()
    some = torch.rand(count) < 0.2
    out[some] = functional.avg_pool2d(out[some], 3, 1, 1)
    some = torch.rand(count) < 0.12
    if some.any():
        out[some] = motion_blurred(out[some])
    some = torch.rand(count) < 0.1
    small = functional.interpolate(out[some], scale_factor=0.5, mode="area")
    out[some] = functional.interpolate(small, size=(size, size), mode="bilinear")
    gain = torch.exp(0.2 * torch.randn(count, 1, 1, 1) + 0.07 * torch.randn(count, 3, 1, 1))
    contrast = torch.exp(0.15 * torch.randn(count, 1, 1, 1))
    out = (out * gain - 0.5) * contrast + 0.5 + 0.04 * torch.randn(count, 1, 1, 1)
    grey = torch.rand(count) < 0.1
    out[grey] = out[grey].mean(dim=1, keepdim=True).expand(-1, 3, -1, -1)
    out = out + 0.03 * torch.rand(count, 1, 1, 1) * (torch.rand(count, 1, 1, 1) < 0.5) * torch.randn_like(out)
    return out.clamp(0, 1)


def motion_blurred(pictures: Tensor) -> Tensor:
    """Pictures [B, 3, S, S] as of a camera that moves along a line while it is exposed, B at least 1."""
    count, channels, size, _ = pictures.shape
    angle, length = math.pi * torch.rand(count, 1, 1), LONGEST_BLUR * torch.rand(count, 1, 1)
    taps = torch.arange(LONGEST_BLUR) - LONGEST_BLUR // 2
    x, y = taps[None, None], taps[None, :, None]
    along, across = x * torch.cos(angle) + y * torch.sin(angle), y * torch.cos(angle) - x * torch.sin(angle)
    kernels = (1 - across.abs()).clamp(min=0) * ((length + 1) / 2 - along.abs()).clamp(0, 1)
    kernels = (kernels / kernels.sum(dim=(1, 2), keepdim=True))[:, None].repeat_interleave(channels, dim=0)
    flat = functional.pad(pictures.reshape(1, count * channels, size, size), (LONGEST_BLUR // 2,) * 4, mode="replicate")
    return functional.conv2d(flat, kernels, groups=count * channels).reshape(pictures.shape)


def move(lesson: Lesson) -> None:
    """Takes half of the pictures in other windows of the crops that there are, and turns what is asked along."""
    count = len(lesson.pictures)
    angle = MOVED_ANGLE * torch.randn(count)
    scale = torch.exp(MOVED_LOG_SCALE * torch.randn(count))
    shift = MOVED_SHIFT * torch.randn(count, 2)
    still = torch.rand(count) < STILL
    angle[still], scale[still], shift[still] = 0, 1, 0
    cos, sin = torch.cos(angle), torch.sin(angle)
    turn = torch.stack([torch.stack([cos, -sin], dim=1), torch.stack([sin, cos], dim=1)], dim=1)
    lesson.window = torch.cat([scale[:, None, None] * turn, shift[:, :, None]], dim=2)
    lesson.pictures = resample(lesson.pictures, lesson.window, PICTURE)
    lesson.crop = ((lesson.crop - shift[:, None]) @ turn) / scale[:, None, None]
    for points in (lesson.keypoints, lesson.vertices):
        points[..., :2] = points[..., :2] @ turn[: len(points)]
    lesson.log_width += scale.log()
    lesson.pooled[~still] = torch.nan


def resample(arrays: Tensor, window: Tensor, size: int, middle: float = 0.0, source: float = 0.0, outside: str = "zeros") -> Tensor:
    """[B, C, size, size] what arrays [B, C, N, N] of the set's crops have at the cells of a window [B, 2, 3] of each.

    @param middle, source where the middles of the window's cells and of the arrays' lie (`grid`)
    @param outside the crop (grid_sample)
    """
    at = grid(size, middle) @ window[:, :, :2].transpose(1, 2) + window[:, None, :, 2]
    # grid_sample has the middle of cell i of N at (2 i + 1) / N - 1.
    here = (2 * at + (1 - 2 * source) / arrays.shape[3]).reshape(-1, size, size, 2)
    return functional.grid_sample(arrays, here, padding_mode=outside, align_corners=False)


def shrunk(pictures: Tensor, size: int) -> Tensor:
    """Pictures [B, 3, N, N] at another size of at most N."""
    same = pictures.shape[3] == size
    return pictures if same else functional.interpolate(pictures, size=(size, size), mode="bilinear", antialias=True)


def draw_lesson(kinds: dict[str, Kind], shares: dict[str, float], random: np.random.Generator, size: int) -> Lesson:
    counts = {name: round(BATCH * share) for name, share in shares.items() if name in kinds}
    counts = {"renders": BATCH - sum(counts.values()), **counts}
    mesh_rows = min(MESH_ROWS, counts["renders"])
    parts = []
    for name, count in counts.items():
        rows = random.integers(kinds[name].labels.count, size=count)
        parts.append(kinds[name].draw(rows))
        if name == "renders":
            vertices = torch.from_numpy(kinds[name].labels.rows("vertices", rows[:mesh_rows]))
    drawn = [field.name for field in fields(Lesson) if field.name not in ("vertices", "window")]
    lesson = Lesson(**{name: torch.cat([part[name] for part in parts]) for name in drawn}, vertices=vertices, window=torch.empty(0))
    move(lesson)
    lesson.pictures = shrunk(other_camera(lesson.pictures), size)
    flipped = torch.from_numpy(random.random(BATCH) < FLIPPED)
    flipped[:mesh_rows] = False
    lesson.pictures[flipped] = lesson.pictures[flipped].flip(3)
    lesson.logits[flipped, 1] *= -1
    for name in ("keypoints", "crop", "log_width", *FEATURES):
        getattr(lesson, name)[flipped] = torch.nan
    return lesson


def hint_losses(hints: Hints, lesson: Lesson, spreads: dict[str, tuple[Tensor, Tensor]], cell: float) -> dict[str, Tensor]:
    """
    @param spreads of the teacher's features (`spreads_of`)
    @param cell the trunk's `CELL`
    """
    terms = {}
    for name, weight in HINTS.items():
        features = getattr(lesson, name)
        known = torch.isfinite(features.flatten(1)[:, 0])
        believed, wanted = getattr(hints, name)[known].float(), features[known]
        if wanted.ndim == 4:
            size = believed.shape[3]
            middle = cell * (1 - size / lesson.pictures.shape[3])
            wanted = resample(wanted, lesson.window[known], size, middle, 1 - wanted.shape[3] / SIZE, "border")
        terms[f"hint {name}"] = weight * functional.mse_loss(believed / spreads[name][1], wanted / spreads[name][1])
    return terms


def loss_of(found: Prediction, lesson: Lesson, triangles: Tensor) -> dict[str, Tensor]:
    """All but that of presence and side."""
    tips, relative = joint_weights()
    off_2d = found.crop - lesson.crop
    known = torch.isfinite(lesson.crop).all(dim=(1, 2))
    wide = torch.isfinite(lesson.log_width)
    off_width = (found.log_width - lesson.log_width)[wide]
    edge, normal = losses.edge_and_normal(found.vertices, lesson.vertices, triangles)
    return {
        "keypoints": losses.laplace(found.keypoints - lesson.keypoints, found.log_scale, relative),
        "crop": losses.laplace(off_2d, found.log_scale_2d, tips),
        "places": PLACES * (found.extras["places"] - lesson.crop)[known].abs().mean() / PLACES_UNIT,
        "width": WIDTH * (off_width.abs().mean() + 0.1 * losses.laplace(off_width[:, None, None], found.log_width_scale[wide, None])),
        "mesh": MESH * (found.vertices - lesson.vertices).abs().mean() / MESH_UNIT,
        "edge": EDGE * edge / EDGE_UNIT,
        "normal": NORMAL * normal,
    }


def answers(network: Student, one: FeatureSet, size: int) -> tuple[np.ndarray, ...]:
    """Places, keypoints, logarithm of the width and logits for all pictures of a set, at a size."""
    parts = []
    for at in range(0, one.filled, BATCH):
        pictures = torch.from_numpy(one["pictures"][at : at + BATCH]).permute(0, 3, 1, 2) / 255
        found, _ = network(shrunk(pictures, size).contiguous(memory_format=torch.channels_last), 0)
        parts.append((found.crop, found.keypoints, found.log_width, found.logits))
    return tuple(torch.cat(part).numpy() for part in zip(*parts, strict=True))


@torch.no_grad()
def judge(network: Student, sets: dict[str, FeatureSet]) -> dict[str, float]:
    """2D (px at 128) on held-out sets, and where the truth is known 3D (mm) and width (percent); presence (percent that agree)."""
    network.eval()
    result = {}
    for name, one in sets.items():
        known = np.isfinite(one["crop"]).all(axis=(1, 2))
        borrowed = one["state"][:, CROP:LOG_SIGMA].reshape(-1, 21, 2)
        result[f"{name} 2D px borrowed"] = 128 * float(np.linalg.norm(borrowed - one["crop"], axis=2)[known].mean())
        for size in SIZES:
            crop, keypoints, log_width, logits = answers(network, one, size)
            of = f"{name} {size}"
            result[f"{of} 2D px"] = 128 * float(np.linalg.norm(crop - one["crop"], axis=2)[known].mean())
            result[f"{of} presence %"] = 100 * float(((logits[:, 0] > 0) == (one["state"][:, PRESENCE] > 0)).mean())
            if np.isfinite(one["keypoints"]).all():
                result[f"{of} 3D mm"] = 1000 * float(np.linalg.norm(keypoints - one["keypoints"], axis=2).mean())
                result[f"{of} width %"] = 100 * float(np.abs(np.exp(log_width - one["log_width"]) - 1).mean())
    return result


def new_student(build: str, lite: Path | None, renders: Source, random: np.random.Generator) -> Student:
    rows = np.sort(random.permutation(renders.count)[:4000])
    fitted = fit_upsampling(renders.rows("keypoints", rows), renders.rows("vertices", rows), coarse_vertices(COARSE), random)
    network = Student(BUILDS[build], *(torch.from_numpy(a.astype(np.float32)) for a in (fitted.base, fitted.fine)))
    if lite:
        network.borrow(lite)
    return network


def parameter_groups(network: Student, rate: float) -> list[dict[str, object]]:
    """What is new, and more slowly what was borrowed; matrices decay, biases and factors do not."""
    borrowed = set() if network.landmarks is None else {*network.trunk.borrowed(), *network.landmarks.parameters()}
    return [
        {
            "params": [p for p in network.parameters() if p.requires_grad and (p in borrowed) == old and (p.ndim > 1) == matrix],
            "lr": rate * (BORROWED_RATE if old else 1),
            "weight_decay": DECAY if matrix else 0,
        }
        for old in (False, True)
        for matrix in (False, True)
    ]


def load_student(source: Path) -> Student:
    """The averaged weights of OUT/checkpoint.pt, or those of a shipped file of the build `mini`, which has no hints."""
    if source.suffix == ".onnx":
        weights = stored_weights(onnx.load(str(source)).graph)
        prefix = "network."
        build, state = "mini", {name.removeprefix(prefix): torch.from_numpy(values) for name, values in weights.items() if name.startswith(prefix)}
    else:
        checkpoint = torch.load(source / CHECKPOINT, weights_only=True)
        build, state = checkpoint["method"], averaged(checkpoint)
    network = Student(BUILDS[build], state["mesh.base"], state["mesh.fine"])
    missing, unknown = network.load_state_dict(state, strict=False)
    wrong = [*unknown, *(name for name in missing if not name.startswith(HINTS_OF_TRUNK))]
    if wrong:
        raise ValueError(f"{source} holds no student of the build {build}: {', '.join(wrong[:5])} should not, or should, be in it")
    return network.eval()


def mean_student(sources: list[Path], shares: list[float] | None) -> Student:
    """The mean of the weights of students, by these shares."""
    return mean_of(load_student, sources, shares)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--build", choices=BUILDS, default="mini")
    for kind in ("renders", "photos"):
        parser.add_argument(f"--{kind}", type=Path, nargs="+", required=True)
    for kind in ("covered", "lost"):
        parser.add_argument(f"--{kind}", type=Path, nargs="*", default=[])
    parser.add_argument("--test", type=Path, help="rendered test set")
    parser.add_argument("--held-out", type=Path, help="photos kept aside")
    begin = parser.add_mutually_exclusive_group()
    begin.add_argument("--lite", type=Path, help="the network whose weights mini begins with (convert_mediapipe.py --lite)")
    begin.add_argument("--start", type=Path, nargs="+", help="folders of checkpoints of the same build, or the shipped file of mini")
    parser.add_argument("--shares", type=float, nargs="+", help="of the checkpoints in the mean; equal if not given")
    parser.add_argument("--presence", action="store_true", help="train presence and side only")
    parser.add_argument("--steps", type=int, default=6000)
    parser.add_argument("--keep", type=int, nargs="+", default=[], metavar="STEP", help="keep the checkpoints of these steps as well")
    parser.add_argument("--rate", type=float, default=2e-3)
    add_run_arguments(parser)
    args = parser.parse_args()
    if not (args.start or args.lite or BUILDS[args.build].dense):
        parser.error(f"--build {args.build} begins with borrowed weights: say --lite or --start")
    random = begin_run(args)
    kinds = {"renders": Kind(args.renders, certain=True), "photos": Kind(args.photos, taught=True)}
    if args.covered:
        kinds["covered"] = Kind(args.covered, "bare", taught=True)
    if args.lost:
        kinds["lost"] = Kind(args.lost)
    print(", ".join(f"{kind.labels.count} {name}" for name, kind in kinds.items()), flush=True)
    aside = {name: FeatureSet.open(folder) for name, folder in (("renders", args.test), ("photos", args.held_out)) if folder}
    network = mean_student(args.start, args.shares) if args.start else new_student(args.build, args.lite, kinds["renders"].labels, random)
    network = network.to(memory_format=torch.channels_last)
    network.trunk.freeze()
    if args.presence:
        network.requires_grad_(False).logits.requires_grad_(True)
    shares = PRESENCE_SHARES if args.presence else SHARES
    spreads = spreads_of(kinds["photos"].labels, FEATURES, STATISTICS, random)
    if not args.start or args.start[0].suffix == ".onnx":
        network.trunk.begin_hints(spreads["pooled"][0][0])
    average = AveragedModel(network, multi_avg_fn=get_ema_multi_avg_fn(AVERAGE), use_buffers=True)
    optimizer = torch.optim.AdamW(parameter_groups(network, args.rate))
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: cosine(step, 0, args.steps))
    run = Run(args.out, args.build, [], network=network, average=average, optimizer=optimizer, schedule=schedule)
    first = run.resume()
    triangles = torch.from_numpy(HAND.triangles.astype(np.int64))
    log = logbook.Logbook(args.out / "log.csv", first)
    sums, started = logbook.Means(), time.process_time()
    for step in range(first + 1, args.steps + 1):
        network.train()
        lesson = draw_lesson(kinds, shares, random, PAIR_PICTURE if random.random() < SMALLER else PICTURE)
        with torch.autocast("cpu", torch.bfloat16):
            found, hints = network(lesson.pictures.contiguous(memory_format=torch.channels_last), len(lesson.vertices))
        terms = {"logits": LOGITS * losses.distillation(found.logits, lesson.logits)}
        if not args.presence:
            terms |= loss_of(found, lesson, triangles[torch.randint(len(triangles), (TRIANGLES_PER_STEP,))])
            terms |= hint_losses(hints, lesson, spreads, network.trunk.CELL)
        run.learn(terms)
        sums.add(terms)
        if step % REPORT == 0 or step == args.steps:
            log.add({"step": step, "CPU seconds": round(time.process_time() - started, 1), **sums.take(), **judge(average.module, aside)})
        if step % SAVE == 0 or step == args.steps:
            run.save(step)
        if step in args.keep:
            run.save(step, args.out / str(step))
    log.plot()


if __name__ == "__main__":
    main()
