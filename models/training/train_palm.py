"""Train the small palm detector (quick_palm.py) to see what MediaPipe's sees.

    python train_palm.py OUT --begin PALM.onnx --set DIR [--held-out DIR] [--steps 8000] [--rate 1.5e-4] [--threads 1] [--seed 1]

--set and --held-out are folders of palm_pictures.py. Writes OUT/checkpoint.pt (resumed from if it is there), OUT/log.csv and
OUT/log.png. What is kept is the moving average of the weights.

The maps are asked to be those of the larger detector, which sees the same picture enlarged and without another camera's noise: both
have the same layers, so maps say far more than a few boxes. An anchor's score is asked to be what the larger one's anchors around it
say at most, by the quality focal loss (Li et al. 2020, eq. 6); where that is likely a palm, box and keypoints are those of the nearest.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

import logbook
import palm
from crop import Window
from network import CHECKPOINT, Run, add_run_arguments, averaged, begin_run
from quick_palm import FAR, NEAR, PICTURE, QuickPalm, original_palm
from train import DECAY, cosine
from train_student import other_camera, resample

BATCH = 32
AVERAGE = 0.998
SAVE = REPORT = 500
LIKELY = 0.3  # score of anchors that are asked for a box
FOCUS = 2  # exponent of the quality focal loss
MIRRORED = 1  # stages before these maps are free
MAPS_WEIGHT = 1.0
BOXES = 5.0  # weight, of differences in units of the palm's size
# Maps of MediaPipe's detector and of the small one: cells a side, and anchors a cell.
MAPS = ((palm.SIZE // 8, PICTURE // 8, NEAR), (palm.SIZE // 16, PICTURE // 16, FAR))


def scores_asked(logits: Tensor) -> Tensor:
    """MediaPipe's logits [B, 2016] to probabilities of the small one's anchors [B, 896]: the largest around each."""
    parts = []
    for layer, (theirs, mine, anchors) in zip(logits.split([a * cells**2 for cells, _, a in MAPS], dim=1), MAPS, strict=True):
        cells = layer.reshape(-1, theirs, theirs, anchors).permute(0, 3, 1, 2)
        parts.append(functional.adaptive_max_pool2d(cells, mine).permute(0, 2, 3, 1).flatten(1))
    return torch.sigmoid(torch.cat(parts, dim=1))


def loss_of(boxes: Tensor, logits: Tensor, asked: Tensor, palms: Tensor, anchors: Tensor) -> dict[str, Tensor]:
    """
    @param asked [B, A] probabilities
    @param palms [B, 4, 18] centres, sizes and keypoints, fractions of the square; NaN where there is none
    @param anchors [A, 2] fractions
    """
    positive = asked.sum().clamp(min=1)
    said = torch.sigmoid(logits)
    terms = {"scores": ((asked - said).abs() ** FOCUS * functional.binary_cross_entropy_with_logits(logits, asked, reduction="none")).sum() / positive}
    away = (palms[:, None, :, :2] - anchors[None, :, None]).norm(dim=3).nan_to_num(torch.inf)  # [B, A, 4]
    distance, nearest = away.min(dim=2)
    likely = (asked > LIKELY) & torch.isfinite(distance)
    row, anchor = likely.nonzero(as_tuple=True)
    of = palms[row, nearest[row, anchor]]
    found = boxes[row, anchor] / PICTURE
    places = found.reshape(-1, 9, 2) + anchors[anchor][:, None]
    places = torch.cat([places[:, :1], found[:, None, 2:4], places[:, 2:]], dim=1)
    off = (places - of.reshape(-1, 9, 2)).abs().mean(dim=(1, 2)) / of[:, 2:4].amax(dim=1)
    terms["boxes"] = BOXES * (asked[row, anchor] * off).sum() / positive
    return terms


class Mirror:
    """The larger detector, of whose maps the small one's are to be copies."""

    def __init__(self, path: Path) -> None:
        self.network = original_palm(path).to(memory_format=torch.channels_last)
        self.spreads: list[Tensor] = []

    @torch.no_grad()
    def look(self, pictures: Tensor) -> list[Tensor]:
        larger = functional.interpolate(pictures, size=(palm.SIZE, palm.SIZE), mode="bilinear")
        with torch.autocast("cpu", torch.bfloat16):
            maps = self.network.maps(larger.contiguous(memory_format=torch.channels_last))[MIRRORED:]
        maps = [one.float() for one in maps]
        self.spreads = self.spreads or [one.std(dim=(0, 2, 3))[:, None, None] + 1e-3 for one in maps]
        return maps

    def loss(self, maps: list[Tensor], wanted: list[Tensor]) -> Tensor:
        """@param maps all of the small one's"""
        total = torch.zeros(())
        same = torch.eye(3)[None, :2].expand(len(wanted[0]), -1, -1)
        for mine, theirs, spread in zip(maps[MIRRORED:], wanted, self.spreads, strict=True):
            size = mine.shape[3]
            at = resample(theirs, same, size, 1 - size / PICTURE, 1 - theirs.shape[3] / palm.SIZE, "border")
            total = total + functional.smooth_l1_loss(mine.float() / spread, at / spread)
        return MAPS_WEIGHT * total


class Set:
    def __init__(self, folder: Path) -> None:
        self.arrays = {name: np.load(folder / f"{name}.npy", mmap_mode="r") for name in ("pictures", "logits", "palms")}
        self.count = len(self.arrays["palms"])

    def draw(self, rows: np.ndarray) -> tuple[Tensor, Tensor, Tensor]:
        """Pictures [B, 3, S, S], 0..1, logits and palms."""
        pictures, logits, palms = (torch.from_numpy(np.asarray(self.arrays[name][rows])) for name in ("pictures", "logits", "palms"))
        return pictures.permute(0, 3, 1, 2) / 255, logits.float(), palms


def mirror(pictures: Tensor, asked: Tensor, palms: Tensor, which: Tensor) -> None:
    """Mirrors some of a batch, in place."""
    pictures[which] = pictures[which].flip(3)
    for layer, (_, cells, anchors) in zip(asked.split([a * cells**2 for _, cells, a in MAPS], dim=1), MAPS, strict=True):
        part = layer.view(-1, cells, cells, anchors)
        part[which] = part[which].flip(2)
    palms[which, :, 0] = 1 - palms[which, :, 0]
    palms[which, :, 4::2] = 1 - palms[which, :, 4::2]


@torch.no_grad()
def judge(network: QuickPalm, one: Set) -> dict[str, float]:
    """Of MediaPipe's surest palm of each square (score of at least 0.5): how many are found, how far their keypoints are off, percent of the palm; and how
    many that are found are none of MediaPipe's, a thousand squares."""
    network.eval()
    unit = Window(0.5, 0.5, 1.0, 0.0)
    wanted = hit = extra = 0
    off: list[float] = []
    for at in range(0, one.count, BATCH):
        rows = np.arange(at, min(at + BATCH, one.count))
        pictures, logits, palms = one.draw(rows)
        boxes, scores = network(pictures.contiguous(memory_format=torch.channels_last))
        for row in range(len(rows)):
            found = palm.suppress(palm.decode(boxes[row].numpy(), scores[row].numpy(), unit, size=PICTURE))
            truth = [values for values in palms[row].numpy() if np.isfinite(values[0])]
            sure = float(logits[row].max()) >= 0
            for values in truth[: 1 if sure else 0]:
                wanted += 1
                overlaps = [palm.overlap(values[:4], other.box) for other in found]
                if overlaps and max(overlaps) > palm.MIN_OVERLAP:
                    hit += 1
                    best = int(np.argmax(overlaps))
                    off.append(float(np.linalg.norm(found[best].keypoints - values[4:].reshape(7, 2), axis=1).mean() / values[2:4].max()))
            extra += sum(all(palm.overlap(values[:4], other.box) <= palm.MIN_OVERLAP for values in truth) for other in found)
    return {"found %": 100 * hit / max(1, wanted), "keypoints off %": 100 * float(np.mean(off)), "others a thousand": 1000 * extra / one.count}


def load_palm(folder: Path) -> QuickPalm:
    """The averaged weights of OUT/checkpoint.pt."""
    network = QuickPalm()
    network.load_state_dict(averaged(torch.load(folder / CHECKPOINT, weights_only=True)))
    return network.eval()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--begin", type=Path, required=True, help="MediaPipe's detector, whose weights it begins with")
    parser.add_argument("--set", type=Path, required=True)
    parser.add_argument("--held-out", type=Path)
    parser.add_argument("--steps", type=int, default=8000)
    parser.add_argument("--rate", type=float, default=1.5e-4)
    add_run_arguments(parser)
    args = parser.parse_args()
    random = begin_run(args)
    pictures = Set(args.set)
    aside = Set(args.held_out) if args.held_out else None
    network = QuickPalm()
    network.borrow(args.begin)
    network = network.to(memory_format=torch.channels_last)
    copied = Mirror(args.begin)
    average = AveragedModel(network, multi_avg_fn=get_ema_multi_avg_fn(AVERAGE))
    optimizer = torch.optim.AdamW(network.parameters(), lr=args.rate, weight_decay=DECAY)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: cosine(step, 0, args.steps))
    run = Run(args.out, "palm", [], network=network, average=average, optimizer=optimizer, schedule=schedule)
    first = run.resume()
    anchors = torch.from_numpy(palm.anchors(PICTURE)).float()
    log = logbook.Logbook(args.out / "log.csv", first)
    sums, started = logbook.Means(), time.process_time()
    for step in range(first + 1, args.steps + 1):
        network.train()
        seen, theirs, palms = pictures.draw(np.sort(random.integers(pictures.count, size=BATCH)))
        asked = scores_asked(theirs)
        mirror(seen, asked, palms, torch.rand(BATCH) < 0.5)
        wanted = copied.look(seen)
        seen = other_camera(seen)
        with torch.autocast("cpu", torch.bfloat16):
            maps = network.maps(seen.contiguous(memory_format=torch.channels_last))
            boxes, logits = network.answer(maps)
        terms = {"maps": copied.loss(maps, wanted), **loss_of(boxes.float(), logits.float(), asked, palms, anchors)}
        run.learn(terms)
        sums.add(terms)
        if step % REPORT == 0 or step == args.steps:
            figures = judge(average.module, aside) if aside else {}
            log.add({"step": step, "CPU seconds": round(time.process_time() - started, 1), **sums.take(), **figures})
        if step % SAVE == 0 or step == args.steps:
            run.save(step)
    log.plot()


if __name__ == "__main__":
    main()
