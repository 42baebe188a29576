"""python -m render.make --count N --out DIR [--size 224] [--seed S] [--split train|test]: writes training shards.

A shard holds 2,000 samples: NAME.jpg.bin (the crops as JPEGs of quality 95 one after the other) and NAME.npz with
offsets [N + 1], and an array [N, ...] for each label of `Sample`, float32; vertices float16, relative to the root.
Shards that are complete are kept: the command resumes where it stopped. Sample i of the set has seed S + i.
"""

from __future__ import annotations

import argparse
import os
import time
from pathlib import Path

import cv2
import numpy as np

from . import rig
from .sample import Sample, sample

SHARD = 2000
FIELDS = ("keypoints", "crop", "visibility", "joints", "rotations", "window_width", "projection", "angles", "size",
          "proportions", "frame", "window", "axes")  # fmt: skip


def labels(made: Sample) -> dict[str, np.ndarray]:
    arrays = {name: np.asarray(getattr(made, name)) for name in FIELDS}
    arrays = {name: a.astype(np.float32) if a.dtype == np.float64 else a for name, a in arrays.items()}
    arrays["vertices"] = (made.vertices - made.keypoints[rig.ROOT]).astype(np.float16)
    arrays["look"] = np.array(made.look)
    return arrays


def write_shard(path: Path, first_seed: int, count: int, size: int, split: str) -> None:
    """PATH.jpg.bin, then PATH.npz, which makes the shard complete."""
    pictures, rows = [], []
    for seed in range(first_seed, first_seed + count):
        made = sample(seed, size, split, with_maps=False)
        _, data = cv2.imencode(".jpg", made.image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 95])
        pictures.append(data.tobytes())
        rows.append(labels(made))
    offsets = np.cumsum([0] + [len(p) for p in pictures])
    path.with_suffix(".jpg.bin").write_bytes(b"".join(pictures))
    partial = path.with_suffix(".tmp.npz")
    np.savez(partial, offsets=offsets, seed=np.arange(first_seed, first_seed + count),
             **{name: np.stack([row[name] for row in rows]) for name in rows[0]})  # fmt: skip
    os.replace(partial, path.with_suffix(".npz"))


def read_shard(path: Path) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Crops [N, S, S, 3] uint8 RGB and labels of PATH.npz."""
    with np.load(path) as arrays:
        found = dict(arrays)
    data = path.with_suffix(".jpg.bin").read_bytes()
    offsets = found.pop("offsets")
    pictures = [
        cv2.imdecode(np.frombuffer(data, np.uint8, int(end - start), int(start)), cv2.IMREAD_COLOR)[..., ::-1]
        for start, end in zip(offsets, offsets[1:], strict=False)
    ]
    return np.stack(pictures), found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, required=True)
    parser.add_argument("--size", type=int, default=224, help="side of the crops, px")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--split", choices=("train", "test"), default="train")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    for first in range(0, args.count, SHARD):
        count = min(SHARD, args.count - first)
        path = args.out / f"{args.split}-{args.seed + first:08d}-{count}"
        if path.with_suffix(".npz").exists():
            continue
        start = time.perf_counter()
        write_shard(path, args.seed + first, count, args.size, args.split)
        seconds = time.perf_counter() - start
        print(f"{path.name}: {count / seconds:.0f} crops a second ({first + count} of {args.count})", flush=True)


if __name__ == "__main__":
    main()
