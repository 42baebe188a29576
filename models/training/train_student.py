"""Teach a student (student.py) what the recoverers know, on renders with their truth and on photos.

    python train_student.py OUT --build mini --renders DIR [DIR ...] --photos DIR [DIR ...] [--covered DIR ...] [--lost DIR ...]
                            [--lite FILE.onnx | --start DIR|FILE.onnx ... [--shares 1 2]] [--presence | --places] [--steps 6000] [--keep STEP ...]
                            [--rate 2e-3] [--threads 1] [--seed 1]

All are feature sets with pictures (pictures.py) and maps (cache_maps.py); photos have labels of teacher.py, as has the `bare` set
in a folder of covered ones: what an object hides is asked for as the teachers see it without the object. Writes OUT/checkpoint.pt
(resumed from if it is there), OUT/STEP/checkpoint.pt of the steps to keep, OUT/log.csv and OUT/log.png. What is kept is the moving
average of the weights. It begins with the mean of the weights of several checkpoints of one training, by shares: early ones know more
of hands that are not in the training photos, late ones more of those that are, and their mean errs less than either (model soups,
Wortsman et al. 2022). With --presence only the layer that says presence and side is trained, on many windows without a hand;
with --places only what says where keypoints are seen, by marks in photos and, on renders, half the larger borrowed network's answers and
half the truth (train_places.py says why): neither asks for features or maps.

The student learns the teachers' answers and, as hints (FitNets), the borrowed features that these are made of: features say far more
of a picture than 21 places, so few photos teach more.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
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
from student import BUILDS, COARSE, HINTS_OF_TRUNK, PAIR_PICTURE, SIZES, Hints, Student
from student_graph import read_student
from student_lesson import BATCH, FEATURES, Kind, Lesson, draw_lesson, resample, shrunk
from train import DECAY, EDGE, EDGE_UNIT, MESH, MESH_UNIT, NORMAL, TRIANGLES_PER_STEP, Source, cosine, joint_weights, spreads_of
from train_places import PX, learn_places_only, places_off
from upsampling import fit_upsampling

# Shares of a batch; those of kinds that are not given fall to renders.
SHARES = {"photos": 0.44, "covered": 0.12, "lost": 0.08}
PRESENCE_SHARES = {"photos": 0.3, "covered": 0.15, "lost": 0.4}
PLACES_SHARES = {"photos": 0.6}
SMALLER = 0.4  # share of the steps that are at the size for pairs
AVERAGE = 0.998
SAVE = REPORT = 500
# Weights of the losses and what lengths are divided by, metres and fractions.
PLACES, PLACES_UNIT = 0.3, 0.02
LOGITS, WIDTH = 0.5, 1.0
BORROWED_RATE = 0.25  # of borrowed weights, against the others'
HINTS = {"stage": 0.5, "maps": 0.5, "pooled": 0.5}
STATISTICS = 2000  # rows that the spreads of features are taken from


def hint_losses(hints: Hints, lesson: Lesson, spreads: dict[str, tuple[Tensor, Tensor]], cell: float) -> dict[str, Tensor]:
    """
    @param spreads of the teacher's features (`spreads_of`)
    @param cell the trunk's `CELL`
    """
    terms = {}
    for name, weight in HINTS.items():
        features = lesson.features[name]
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


def loss_of_places(found: Prediction, lesson: Lesson) -> dict[str, Tensor]:
    """That of --places."""
    known = torch.isfinite(lesson.crop).all(dim=(1, 2))
    return {"off px": places_off(found.crop[known], lesson.crop[known])}


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
        result[f"{name} 2D px borrowed"] = PX * float(np.linalg.norm(borrowed - one["crop"], axis=2)[known].mean())
        for size in SIZES:
            crop, keypoints, log_width, logits = answers(network, one, size)
            of = f"{name} {size}"
            result[f"{of} 2D px"] = PX * float(np.linalg.norm(crop - one["crop"], axis=2)[known].mean())
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


def only_places(network: Student) -> None:
    """Only what 2D is made of from the trunk's features and the heat maps learns: without weight decay all else stays, bit by bit."""
    network.requires_grad_(False)
    for learner in (network.correction, network.share):
        learner.requires_grad_(True)
    learn_places_only(network.landmarks)


def parameter_groups(network: Student, rate: float, decay: float) -> list[dict[str, object]]:
    """What is new, and more slowly what was borrowed; matrices decay, biases and factors do not."""
    borrowed = set() if network.landmarks is None else {*network.trunk.borrowed(), *network.landmarks.parameters()}
    return [
        {
            "params": [p for p in network.parameters() if p.requires_grad and (p in borrowed) == old and (p.ndim > 1) == matrix],
            "lr": rate * (BORROWED_RATE if old else 1),
            "weight_decay": decay if matrix else 0,
        }
        for old in (False, True)
        for matrix in (False, True)
    ]


def load_student(source: Path) -> Student:
    """The averaged weights of OUT/checkpoint.pt, or those of a shipped file of the build `mini`, which has no hints."""
    if source.suffix == ".onnx":
        return read_student(source)
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
    part = parser.add_mutually_exclusive_group()
    part.add_argument("--presence", action="store_true", help="train presence and side only")
    part.add_argument("--places", action="store_true", help="train where keypoints are seen only")
    parser.add_argument("--steps", type=int, default=6000)
    parser.add_argument("--keep", type=int, nargs="+", default=[], metavar="STEP", help="keep the checkpoints of these steps as well")
    parser.add_argument("--rate", type=float, default=2e-3)
    add_run_arguments(parser)
    args = parser.parse_args()
    if not (args.start or args.lite or BUILDS[args.build].dense):
        parser.error(f"--build {args.build} begins with borrowed weights: say --lite or --start")
    if args.places and BUILDS[args.build].dense:
        parser.error(f"--build {args.build} has no borrowed layer for --places to teach")
    random = begin_run(args)
    hints = not (args.presence or args.places)
    kinds = {
        "renders": Kind(args.renders, certain=True, halved=args.places, hints=hints),
        "photos": Kind(args.photos, taught=True, hints=hints),
    }
    if args.covered:
        kinds["covered"] = Kind(args.covered, "bare", taught=True, hints=hints)
    if args.lost:
        kinds["lost"] = Kind(args.lost, hints=hints)
    print(", ".join(f"{kind.labels.count} {name}" for name, kind in kinds.items()), flush=True)
    aside = {name: FeatureSet.open(folder) for name, folder in (("renders", args.test), ("photos", args.held_out)) if folder}
    network = mean_student(args.start, args.shares) if args.start else new_student(args.build, args.lite, kinds["renders"].labels, random)
    network = network.to(memory_format=torch.channels_last)
    network.trunk.freeze()
    if args.presence:
        network.requires_grad_(False).logits.requires_grad_(True)
    if args.places:
        only_places(network)
    shares = PRESENCE_SHARES if args.presence else PLACES_SHARES if args.places else SHARES
    spreads = spreads_of(kinds["photos"].labels, FEATURES, STATISTICS, random) if hints else {}
    if hints and (not args.start or args.start[0].suffix == ".onnx"):
        network.trunk.begin_hints(spreads["pooled"][0][0])
    average = AveragedModel(network, multi_avg_fn=get_ema_multi_avg_fn(AVERAGE), use_buffers=True)
    optimizer = torch.optim.AdamW(parameter_groups(network, args.rate, 0 if args.places else DECAY))
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
            found, believed = network(lesson.pictures.contiguous(memory_format=torch.channels_last), len(lesson.vertices))
        terms = loss_of_places(found, lesson) if args.places else {"logits": LOGITS * losses.distillation(found.logits, lesson.logits)}
        if hints:
            terms |= loss_of(found, lesson, triangles[torch.randint(len(triangles), (TRIANGLES_PER_STEP,))])
            terms |= hint_losses(believed, lesson, spreads, network.trunk.CELL)
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
