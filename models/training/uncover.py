"""Teach a trained recoverer to see past objects: of a covered photo it must say what it said of the same photo without the object.

    python uncover.py OUT --start DIR --pairs DIR [--held-out DIR] [--steps 4000] [--rate 2e-4] [--seed 1]

--pairs, --held-out: folders of photo_features.py --covered. Trains the borrowed last blocks and the heads of the checkpoint in
--start against that checkpoint itself, which sees the bare crops, so no labels are needed and what it knows of bare crops is kept.
Writes OUT/checkpoint.pt (resumed from if it is there), OUT/log.csv and OUT/log.png.
"""

from __future__ import annotations

import argparse
import copy
import time
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

import logbook
from contract import ROOT
from feature_set import FeatureSet
from heads import Prediction
from network import Network, Run, add_run_arguments, begin_run, load_network, read_checkpoint
from train import AVERAGE, DECAY, REPORT, SAVE, cosine, joint_weights

BATCH, BARE_SHARE = 96, 0.33
# What a difference of each is divided by: metres in 3D and of the mesh, fractions in the crop, logarithms.
KEYPOINT_UNIT, VERTEX_UNIT, CROP_UNIT, WIDTH_UNIT, LOGIT_UNIT = 0.01, 0.01, 0.02, 0.1, 1.0
FEATURES = 0.2  # weight of the features' differences, in units of their spread


def spreads(network: Network, bare: FeatureSet, rows: np.ndarray) -> tuple[Tensor, Tensor]:
    """Standard deviations of the channels of maps [192, 1, 1] and pooled features [1152]."""
    with torch.inference_mode():
        maps, pooled = network.tail(stage_of(bare, rows))
    return maps.std(dim=(0, 2, 3))[:, None, None] + 1e-3, pooled.std(dim=0) + 1e-3


def stage_of(one: FeatureSet, rows: np.ndarray) -> Tensor:
    return torch.from_numpy(one["stage"][rows].astype(np.float32)).to(memory_format=torch.channels_last)


def teach(found: Prediction, wanted: Prediction, weights: Tensor) -> dict[str, Tensor]:
    """weights [B, 21] of the joints. Scales are the Laplace distribution's that both errors together ask for: the teacher's own, and
    how far the pupil is from the teacher."""
    off = (found.keypoints - wanted.keypoints).abs().mean(dim=2)
    off_2d = (found.crop - wanted.crop).abs().mean(dim=2)
    scales = 0.0
    for log_scale, taught, error in ((found.log_scale, wanted.log_scale, off), (found.log_scale_2d, wanted.log_scale_2d, off_2d)):
        scales = scales + (log_scale + (error.detach() + taught.exp()) / log_scale.exp())[:, 1:].mean()
    relative = weights.clone()
    relative[:, ROOT] = 0
    terms = {
        "keypoints": (relative * off).mean() / KEYPOINT_UNIT,
        "crop": (weights * off_2d).mean() / CROP_UNIT,
        "scales": 0.1 * scales,
        "width": (found.log_width - wanted.log_width).abs().mean() / WIDTH_UNIT,
        "logits": 0.1 * (found.logits - wanted.logits).abs().mean() / LOGIT_UNIT,
        "borrowed": 0.3 * (found.borrowed - wanted.borrowed).abs().mean() / KEYPOINT_UNIT,
    }
    if found.vertices is not None:
        terms["mesh"] = 0.5 * (found.vertices - wanted.vertices).abs().mean() / VERTEX_UNIT
    return terms


def as_in_training(network: Network) -> None:
    """Without what only the shipped answer mixes in (heads.py), but with nothing dropped: both shall say the same of the same crop."""
    network.train()
    network.heads.dropout.eval()


def judge(teacher: Network, pupil: Network, bare: FeatureSet, covered: FeatureSet) -> dict[str, float]:
    """How far keypoints that are still seen move, root-relative, mm: the teacher's and the pupil's; and what the pupil lost of bare crops."""
    moved: dict[str, list[np.ndarray]] = {"seen moved by": [], "seen moved by before": [], "hidden moved by": [], "bare moved by": []}
    for at in range(0, bare.filled, 256):
        rows = np.arange(at, min(at + 256, bare.filled))
        with torch.inference_mode():
            wanted = teacher(stage_of(bare, rows), 0).keypoints
            before, after = teacher(stage_of(covered, rows), 0).keypoints, pupil(stage_of(covered, rows), 0).keypoints
            kept = pupil(stage_of(bare, rows), 0).keypoints
        seen = covered["visible"][rows] == 1
        hidden = covered["visible"][rows] == 0
        for name, found, which in zip(moved, (after, before, after, kept), (seen, seen, hidden, seen | hidden), strict=True):
            moved[name].append((found - wanted).norm(dim=2).numpy()[which])
    return {f"{name}, mm": 1000 * float(np.concatenate(parts).mean()) for name, parts in moved.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--start", type=Path, required=True)
    parser.add_argument("--pairs", type=Path, required=True)
    parser.add_argument("--held-out", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=4000)
    parser.add_argument("--rate", type=float, default=2e-4)
    add_run_arguments(parser)
    args = parser.parse_args()
    random = begin_run(args)
    covered, bare = FeatureSet.open(args.pairs), FeatureSet.open(args.pairs / "bare")
    aside = FeatureSet.open(args.held_out / "bare"), FeatureSet.open(args.held_out)

    teacher = load_network(args.start).requires_grad_(False)
    begun = read_checkpoint(args.start)
    pupil = copy.deepcopy(teacher).requires_grad_(True)
    average = AveragedModel(pupil, multi_avg_fn=get_ema_multi_avg_fn(AVERAGE))
    optimizer = torch.optim.AdamW(pupil.parameters(), lr=args.rate, weight_decay=DECAY)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: cosine(step, 0, args.steps))
    run = Run(args.out, begun["method"], begun["without"], network=pupil, average=average, optimizer=optimizer, schedule=schedule)
    first = run.resume()
    maps_spread, pooled_spread = spreads(teacher, bare, np.arange(0, bare.filled, max(1, bare.filled // 500)))
    log = logbook.Logbook(args.out / "log.csv", first)
    log.add({"step": first, "CPU seconds": 0.0, **judge(teacher, average.module.eval(), *aside)})
    sums, started = logbook.Means(), time.process_time()
    tips = joint_weights()[0]
    as_in_training(teacher)
    as_in_training(pupil)
    bare_rows = round(BATCH * BARE_SHARE)
    for step in range(first + 1, args.steps + 1):
        rows = random.integers(bare.filled, size=BATCH)
        clean = stage_of(bare, rows)
        stage = torch.cat([clean[:bare_rows], stage_of(covered, rows[bare_rows:])])
        with torch.autocast("cpu", torch.bfloat16):
            with torch.no_grad():
                wanted_maps, wanted_pooled = teacher.tail(clean)
                wanted = teacher.heads({"stage": clean, "maps": wanted_maps, "pooled": wanted_pooled})
            maps, pooled = pupil.tail(stage)
            found = pupil.heads({"stage": stage, "maps": maps, "pooled": pooled})
        terms = teach(found, wanted, tips.expand(BATCH, -1))
        terms["maps"] = FEATURES * ((maps - wanted_maps) / maps_spread).abs().mean()
        terms["pooled"] = FEATURES * ((pooled - wanted_pooled) / pooled_spread).abs().mean()
        optimizer.zero_grad()
        sum(terms.values()).backward()
        torch.nn.utils.clip_grad_norm_(pupil.parameters(), 5)
        optimizer.step()
        schedule.step()
        average.update_parameters(pupil)
        sums.add(terms)
        if step % (REPORT // 2) == 0 or step == args.steps:
            seconds = round(time.process_time() - started, 1)
            log.add({"step": step, "CPU seconds": seconds, **sums.take(), **judge(teacher.eval(), average.module.eval(), *aside)})
            as_in_training(teacher)
        if step % SAVE == 0 or step == args.steps:
            run.save(step)
    log.plot()


if __name__ == "__main__":
    main()
