"""Train where `fast` (fast.py) sees keypoints in the picture, all else as it is.

    python train_places.py OUT --start CACHE/fast|../fast.onnx --lite CACHE/lite.onnx --renders DIR [DIR ...] --photos DIR [DIR ...]
                           [--keep] [--test DIR] [--held-out DIR] [--steps 5000] [--seed 1]

Reads sets of small_features.py, of both sizes at once; writes OUT/checkpoint.pt. Begins with the borrowed layer as it was borrowed and
no correction. Photos teach what the larger borrowed network sees in them. So do renders, half: the other half is the truth, where the
two are near each other. Taught by the truth alone, as train_fast.py does, the layer learns what rendered hands look like and forgets
what it knew of real ones.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

import logbook
from contract import CROP, LOG_SIGMA, PRESENCE
from fast import POOLED, READS, Fast, landmarks, load_fast
from fast_graph import read_fast
from feature_set import FeatureSet
from heads import KEYPOINTS, UNIT
from network import CHECKPOINT, add_run_arguments, begin_run
from train import DECAY, REPORT, Source, cosine, joint_weights, judge

BATCH = 256
RENDER_SHARE = 0.4  # of a batch
# Share of the truth in what renders teach, and how far the larger network's answer may be from it, px at 128, in the mean.
TRUTH_SHARE, NEAR = 0.5, 12
LAYER_RATE, CORRECTION_RATE = 2e-4, 1e-3
PX = 128
# Rows of the borrowed layer that say places.
PLACES = slice(CROP, LOG_SIGMA)


@dataclass(frozen=True)
class Lesson:
    """Crops and where their keypoints shall be seen."""

    source: Source
    rows: np.ndarray  # those of the source that teach
    targets: np.ndarray  # [N, 21, 2] of all of its rows, fractions as in feature_set.py

    def draw(self, count: int, random: np.random.Generator) -> tuple[Tensor, ...]:
        """Maps, pooled features and targets of some rows."""
        rows = random.choice(self.rows, count)
        features = self.source.draw(rows, READS)
        return features["maps"], features["pooled"], torch.from_numpy(self.targets[rows])


def lesson_of(source: Source, targets: np.ndarray) -> Lesson:
    return Lesson(source, np.flatnonzero(np.isfinite(targets).all(axis=(1, 2))), targets)


def photo_lesson(photos: Source) -> Lesson:
    return lesson_of(photos, photos.rows("crop", np.arange(photos.count)))


def render_lesson(renders: Source) -> Lesson:
    every = np.arange(renders.count)
    return lesson_of(renders, half_answers(renders.rows("crop", every), renders.rows("state", every)))


def half_answers(truth: np.ndarray, state: np.ndarray) -> np.ndarray:
    """[N, 21, 2] places between the truth of renders and the larger network's answers [N, 129]; NaN where they are far from each other."""
    seen = state[:, CROP:LOG_SIGMA].reshape(-1, KEYPOINTS, 2)
    off = PX * np.linalg.norm(seen - truth, axis=2).mean(axis=1)
    places = seen + TRUTH_SHARE * (truth - seen)
    places[~((off < NEAR) & (state[:, PRESENCE] > 0))] = np.nan
    return places


def begin_again(network: Fast, lite: Path) -> None:
    """The borrowed layer's places as they were borrowed, no correction."""
    borrowed, layer = landmarks(lite), network.heads.landmarks
    with torch.no_grad():
        layer.weight[PLACES] = borrowed.weight[PLACES]
        layer.bias[PLACES] = borrowed.bias[PLACES]
        for part in (network.heads.mapreg.outer, network.heads.mapreg.guess):
            part.weight.zero_()
            part.bias.zero_()


def places_off(found: Tensor, targets: Tensor) -> Tensor:
    """How far places [B, 21, 2] are off, px at 128, fingertips counted more."""
    return PX * ((found - targets).abs().mean(dim=2) * joint_weights()[0]).mean()


def learn_places_only(landmarks: nn.Linear, first: int = 0) -> None:
    """Lets only the rows that say places learn, of their weights those from the column `first` on. Weight decay would move the others."""
    for values, learning in ((landmarks.weight, (PLACES, slice(first, None))), (landmarks.bias, (PLACES,))):
        mask = torch.zeros_like(values)
        mask[learning] = 1
        values.requires_grad_(True).register_hook(lambda gradient, mask=mask: gradient * mask)


def train_places(
    network: Fast, steps: int, lessons: list[tuple[Lesson, int]], keep: bool, random: np.random.Generator
) -> list[float]:
    """How far off places are in each step, px at 128, fingertips counted more.

    @param lessons with the crops of each in a step
    @param keep whether the layer's weights for pictures of 224 px stay
    """
    network.eval()  # without dropout: what is between features and places changes little
    network.requires_grad_(False)
    heads = network.heads
    layer, correction = heads.landmarks, heads.mapreg.requires_grad_(True)
    learn_places_only(layer, POOLED if keep else 0)
    optimizer = torch.optim.AdamW(
        [{"params": layer.parameters(), "lr": LAYER_RATE, "weight_decay": 0}, {"params": correction.parameters(), "lr": CORRECTION_RATE}],
        weight_decay=DECAY,
    )
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: cosine(step, 0, steps))
    off = []
    for step in range(1, steps + 1):
        maps, pooled, targets = (torch.cat(parts) for parts in zip(*(lesson.draw(count, random) for lesson, count in lessons), strict=True))
        found = heads.places(pooled) + UNIT * correction(maps, heads.latent(pooled))
        loss = places_off(found, targets)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        off.append(float(loss.detach()))
        if step % REPORT == 0:
            print(f"places {step} off {np.mean(off[-REPORT:]):.3f} px", flush=True)
    return off


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--start", type=Path, required=True, help="a folder of train_fast.py, or a file of export_fast.py")
    parser.add_argument("--lite", type=Path, required=True)
    parser.add_argument("--renders", type=Path, nargs="+", required=True)
    parser.add_argument("--photos", type=Path, nargs="+", required=True)
    parser.add_argument("--keep", action="store_true", help="the borrowed layer's weights for pictures of 224 px")
    parser.add_argument("--test", type=Path, help="rendered test set")
    parser.add_argument("--held-out", type=Path, help="photos kept aside")
    parser.add_argument("--steps", type=int, default=5000)
    add_run_arguments(parser)
    args = parser.parse_args()
    random = begin_run(args)
    network = load_fast(args.start) if args.start.is_dir() else read_fast(args.start)
    begin_again(network, args.lite)
    renders, photos = render_lesson(Source(args.renders)), photo_lesson(Source(args.photos))
    print(f"{len(renders.rows)} renders, {len(photos.rows)} crops of photos", flush=True)
    of_renders = round(RENDER_SHARE * BATCH)
    train_places(network, args.steps, [(renders, of_renders), (photos, BATCH - of_renders)], args.keep, random)
    test, held_out = (FeatureSet.open(folder) if folder else None for folder in (args.test, args.held_out))
    print(logbook.line(judge(network, test, held_out, READS)))
    torch.save({"average": network.state_dict()}, args.out / CHECKPOINT)


if __name__ == "__main__":
    main()
