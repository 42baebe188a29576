"""Train the heads of `fast` (fast.py) on cached features.

    python train_fast.py OUT --lite CACHE/lite.onnx --renders DIR [DIR ...] --photos DIR [DIR ...] [--test DIR] [--held-out DIR]
                         [--trunk-steps 4000] [--steps 2500] [--mesh-steps 4000] [--seed 1]

Reads sets of small_features.py, of both sizes at once; OUT as in train.py, whose losses these are. Photos teach what the recoverers
together say of them (teacher.py) and, of presence and side, what the larger borrowed network does. The borrowed layer for 2D, presence
and side learns too: it was made for other sizes. Last the mesh's corrections alone, on the weights that are shipped: until then they
follow keypoints that still move.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

import logbook
import losses
from fast import READS, Fast, landmarks, load_fast
from feature_set import FeatureSet
from network import CHECKPOINT, Run, add_run_arguments, begin_run
from render.rig import HAND
from train import (
    AVERAGE,
    BATCH,
    DECAY,
    EDGE_UNIT,
    MESH,
    MESH_ROWS,
    MESH_UNIT,
    PHOTO_SHARE,
    RATES,
    REPORT,
    SAVE,
    TRIANGLES_PER_STEP,
    TRUNK_BATCH,
    WARM_UP,
    Batch,
    Kinds,
    Source,
    begin_heads,
    cosine,
    draw_batch,
    judge,
    loss_of,
    train_trunk,
)

LANDMARK_RATE = 2e-4
# Of the mesh alone: rate, renders and triangles of a step, weights of edges and normals.
MESH_RATE, MESH_BATCH, MESH_TRIANGLES = 2e-3, 64, 800
MESH_EDGE, MESH_NORMAL = 0.3, 0.3


def train_mesh(network: Fast, steps: int, renders: Source, random: np.random.Generator) -> None:
    """The corrections of the mesh, all else as it is."""
    network.eval()
    network.requires_grad_(False)
    corrections = network.heads.mesh.correction.requires_grad_(True)
    optimizer = torch.optim.AdamW(corrections.parameters(), lr=MESH_RATE, weight_decay=DECAY)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: cosine(step, 0, steps))
    triangles = torch.from_numpy(HAND.triangles.astype(np.int64))
    sums = logbook.Means()
    for step in range(1, steps + 1):
        batch = renders.draw(random.integers(renders.count, size=MESH_BATCH), (*READS, "vertices"))
        made, truth = network(batch["maps"], batch["pooled"]).vertices, batch["vertices"]
        edge, normal = losses.edge_and_normal(made, truth, triangles[torch.randint(len(triangles), (MESH_TRIANGLES,))])
        terms = {"mesh": MESH * (made - truth).abs().mean() / MESH_UNIT, "edge": MESH_EDGE * edge / EDGE_UNIT, "normal": MESH_NORMAL * normal}
        optimizer.zero_grad()
        sum(terms.values()).backward()
        optimizer.step()
        schedule.step()
        sums.add(terms)
        if step % REPORT == 0:
            print(f"mesh {step}", logbook.line(sums.take()), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--lite", type=Path, required=True)
    parser.add_argument("--renders", type=Path, nargs="+", required=True)
    parser.add_argument("--photos", type=Path, nargs="+", required=True)
    parser.add_argument("--test", type=Path, help="rendered test set")
    parser.add_argument("--held-out", type=Path, help="photos kept aside")
    parser.add_argument("--trunk-steps", type=int, default=4000)
    parser.add_argument("--steps", type=int, default=2500)
    parser.add_argument("--mesh-steps", type=int, default=4000)
    add_run_arguments(parser)
    args = parser.parse_args()
    random = begin_run(args)
    renders, photos = Source(args.renders), Source(args.photos)
    kinds = Kinds(renders, [(photos, PHOTO_SHARE)])
    test, held_out = (FeatureSet.open(folder) if folder else None for folder in (args.test, args.held_out))
    print(f"{renders.count} renders, {photos.count} crops of photos", flush=True)

    def draw(size: int, features: tuple[str, ...], trunk: bool = False) -> Iterator[Batch]:
        while True:
            yield draw_batch(size, kinds, random, features, trunk)

    resumed = (args.out / CHECKPOINT).exists()
    if resumed:
        network = load_fast(args.out)
    else:
        network = Fast(*begin_heads(Fast.HEADS.COARSE, renders, photos, random))
        network.heads.landmarks.load_state_dict(landmarks(args.lite).state_dict())
        train_trunk(network, args.trunk_steps, draw(TRUNK_BATCH, ("pooled",), True))
    average = AveragedModel(network, multi_avg_fn=get_ema_multi_avg_fn(AVERAGE))
    parts = {"landmarks": list(network.heads.landmarks.parameters()), "trunk": network.heads.trunk_parameters()}
    known = {id(parameter) for part in parts.values() for parameter in part}
    parts["rest"] = [parameter for parameter in network.parameters() if id(parameter) not in known]
    rates = {"landmarks": LANDMARK_RATE, **RATES}
    optimizer = torch.optim.AdamW([{"params": parts[name], "lr": rate} for name, rate in rates.items()], weight_decay=DECAY)
    delay = {"landmarks": WARM_UP, "trunk": WARM_UP, "rest": 0}
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, [lambda step, at=delay[name]: 0 if step < at else cosine(step, at, args.steps) for name in rates]
    )
    run = Run(args.out, "fast", [], network=network, average=average, optimizer=optimizer, schedule=schedule)
    first = run.resume()
    if not resumed:
        run.save(0)
    triangles = torch.from_numpy(HAND.triangles.astype(np.int64))
    log = logbook.Logbook(args.out / "log.csv", first)
    sums, started = logbook.Means(), time.process_time()
    batches = draw(BATCH, READS)
    for step in range(first + 1, args.steps + 1):
        network.train()
        batch = next(batches)
        with torch.autocast("cpu", torch.bfloat16):
            found = network(batch.maps, batch.pooled, MESH_ROWS)
        found.extras = {name: value.float() for name, value in found.extras.items()}
        terms = loss_of(found, batch, triangles[torch.randint(len(triangles), (TRIANGLES_PER_STEP,))])
        terms |= network.heads.loss(found, batch)
        run.learn(terms)
        sums.add(terms)
        if step % REPORT == 0 or step == args.steps:
            figures = judge(average.module, test, held_out, READS)
            log.add({"step": step, "CPU seconds": round(time.process_time() - started, 1), **sums.take(), **figures})
        if step % SAVE == 0 or step == args.steps:
            run.save(step)
    log.plot()
    if first < args.steps:
        train_mesh(average.module, args.mesh_steps, renders, random)
        run.save(args.steps)


if __name__ == "__main__":
    main()
