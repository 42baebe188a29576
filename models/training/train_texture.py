"""Train the texture network on what texture_data.py wrote.

    python train_texture.py OUT.pt --train TRAIN.npz --test TEST.npz [--minutes 12] [--steps N] [--without-attention] [--start EARLIER.pt]
        [--rate 2e-3] [--seed 0]

Prints mean absolute errors of 255 on the test set: on renders where the hand was recovered, for vertices that the crop shows and
those it hides; on photos for patches that were hidden from the network. Without --steps it trains for --minutes.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from texture import TextureNetwork, patch_weights, photo_loss, render_loss, trustworthy
from texture_data import PHOTO, RECOVERED
from render.rig import HAND

BATCH, PHOTOS = 24, 6  # renders and photos of a batch
RATE, DECAY = 2e-3, 1e-2
SAID_EVERY = 500  # steps between two lines, and two checkpoints
# What differs between two cameras' pictures of the same: deviations of the logarithms of gain (of a channel) and gamma.
GAIN, GAMMA = 0.15, 0.2
HIDE_CHANCE, OBJECT_CHANCE = 0.5, 0.3  # of a part of the hand being hidden, or covered by something that is no hand
PART = (0.01, 0.09)  # metres around a vertex
OBJECT_NOISE = 0.06
PHOTO_PART = (0.015, 0.05)
REPORT_SEED = 17

Batch = dict[str, Tensor]


def load(path: Path) -> Batch:
    with np.load(path) as arrays:
        return {name: torch.from_numpy(arrays[name]) for name in arrays.files}


def rows_of(data: Batch, rows: Tensor) -> Batch:
    """As floats: colours 0..1, masks 0 or 1."""
    out = {name: data[name][rows].float() for name in ("colours", "seen", "truth", "shown")}
    return {**out, "colours": out["colours"] / 255, "truth": out["truth"] / 255}


def some_part(count: int, size: tuple[float, float], random: torch.Generator) -> Tensor:
    """[count, V] bool: vertices within a random distance of a random one, at rest."""
    points = torch.from_numpy(HAND.vertices).float()
    centre = points[torch.randint(len(points), (count,), generator=random)]
    radius = size[0] + (size[1] - size[0]) * torch.rand(count, 1, generator=random)
    return torch.cdist(centre, points) < radius


def as_other_camera(batch: Batch, random: torch.Generator) -> None:
    count = len(batch["seen"])
    gain = torch.exp(GAIN * torch.randn(count, 1, 3, generator=random))
    gamma = torch.exp(GAMMA * torch.randn(count, 1, 1, generator=random))
    for name in ("colours", "truth"):
        batch[name] = (batch[name].clamp(min=1e-3) ** gamma * gain).clamp(0, 1)


def cover(batch: Batch, random: torch.Generator) -> None:
    """Hides a part of some hands, and lays a foreign colour over a part of others."""
    count = len(batch["seen"])
    hidden = some_part(count, PART, random) & (torch.rand(count, 1, generator=random) < HIDE_CHANCE)
    batch["seen"] = batch["seen"] * ~hidden
    covered = some_part(count, PART, random) & (torch.rand(count, 1, generator=random) < OBJECT_CHANCE)
    foreign = torch.rand(count, 1, 3, generator=random) + OBJECT_NOISE * torch.randn(batch["colours"].shape, generator=random)
    batch["colours"] = torch.where(covered[:, :, None], foreign.clamp(0, 1), batch["colours"])
    batch["shown"] = batch["shown"] * ~covered


def hide_part(batch: Batch, random: torch.Generator) -> Tensor:
    """Takes a part of what is seen from a photo's input; returns it [B, V]."""
    part = some_part(len(batch["seen"]), PHOTO_PART, random).float() * batch["seen"]
    batch["seen"] = batch["seen"] - part
    return part


def train(
    network: TextureNetwork, data: Batch, rate: float, steps: int | None, minutes: float, random: torch.Generator, out: Path
) -> int:
    """Returns the number of steps."""
    renders, photos = (torch.nonzero(mask)[:, 0] for mask in (data["kind"] != PHOTO, data["kind"] == PHOTO))
    optimiser = torch.optim.AdamW(network.parameters(), lr=rate, weight_decay=DECAY)
    start, step, total, sums = time.time(), 0, steps, 0.0
    network.train()
    while total is None or step < total:
        batch = rows_of(data, renders[torch.randint(len(renders), (BATCH,), generator=random)])
        as_other_camera(batch, random)
        cover(batch, random)
        real = rows_of(data, photos[torch.randint(len(photos), (PHOTOS,), generator=random)])
        as_other_camera(real, random)
        wanted = real["colours"]
        hidden = hide_part(real, random)
        done = step / total if total else (time.time() - start) / (60 * minutes)
        for group in optimiser.param_groups:
            group["lr"] = rate * 0.5 * (1 + np.cos(np.pi * min(done, 1)))
        found = network(batch["colours"], batch["seen"])
        loss = render_loss(network.patches, found, batch["colours"], batch["seen"], batch["truth"], batch["shown"])
        loss = loss + photo_loss(network(real["colours"], real["seen"]), wanted, real["seen"], hidden)
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        step, sums = step + 1, sums + loss.item()
        if step % SAID_EVERY == 0:
            print(f"step {step}, {time.time() - start:.0f} s, loss {sums / SAID_EVERY:.4f}", flush=True)
            save(network, out)
            sums = 0.0
        if total is None and done >= 1:
            break
    return step


def error(found: Tensor, wanted: Tensor, where: Tensor) -> float:
    """Mean over hands of the mean |difference| of 255 over the masked vertices."""
    each = ((found - wanted).abs().mean(dim=2) * where).sum(dim=1) / where.sum(dim=1).clamp(min=1)
    return 255 * float(each[where.sum(dim=1) > 0].mean())


def answer(network: TextureNetwork, batch: Batch) -> tuple[Tensor, Tensor, Tensor]:
    """Colours, slow colours, confidence."""
    with torch.no_grad():
        found = network(batch["colours"], batch["seen"])
    return found.colours, found.slow, torch.sigmoid(found.trust)


def report(network: TextureNetwork, data: Batch) -> dict[str, float]:
    network.eval()
    batch = rows_of(data, torch.nonzero(data["kind"] == RECOVERED)[:, 0])
    colours, slow, trust = answer(network, batch)
    seen, shown = batch["seen"], batch["shown"]
    mean = (batch["colours"] * seen[..., None]).sum(1, keepdim=True) / seen.sum(1)[:, None, None]
    figures = {}
    for name, where in (("seen", seen), ("seen rightly", seen * shown), ("seen wrongly", seen * (1 - shown)), ("hidden", 1 - seen)):
        figures[name] = error(colours, batch["truth"], where)
        figures[f"{name}, slow"] = error(slow, batch["truth"], where)
        if name != "hidden":
            figures[f"{name}, as sampled"] = error(batch["colours"], batch["truth"], where)
        figures[f"{name}, mean colour"] = error(mean.expand_as(colours), batch["truth"], where)
    right = trustworthy(network.patches, batch["colours"], seen, batch["truth"], shown)
    figures["share of colours that are right"] = float(right.sum() / seen.sum())
    figures["confidence where the colour is right"] = float((trust * right).sum() / right.sum())
    figures["confidence where it is not"] = float((trust * (seen - right)).sum() / (seen - right).sum())
    real = rows_of(data, torch.nonzero(data["kind"] == PHOTO)[:, 0])
    found, _, trust = answer(network, real)
    figures["photos, trusted"] = error(found, real["colours"], real["seen"] * (trust > 0.5))
    figures["photos, share trusted"] = float((real["seen"] * (trust > 0.5)).sum() / real["seen"].sum())
    hidden = hide_part(real, torch.Generator().manual_seed(REPORT_SEED))
    figures["photos, masked"] = error(answer(network, real)[0], real["colours"], hidden)
    rest = (real["colours"] * real["seen"][..., None]).sum(1, keepdim=True) / real["seen"].sum(1)[:, None, None]
    figures["photos, mean colour"] = error(rest.expand_as(real["colours"]), real["colours"], hidden)
    return figures


def save(network: TextureNetwork, path: Path) -> None:
    torch.save({"attention": network.attention, "weights": network.state_dict()}, path)


def load_network(path: Path) -> TextureNetwork:
    saved = torch.load(path, weights_only=True)
    network = TextureNetwork(saved["weights"]["patches"], saved["attention"])
    network.load_state_dict(saved["weights"])
    return network.eval()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--train", type=Path, required=True)
    parser.add_argument("--test", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=12)
    parser.add_argument("--steps", type=int)
    parser.add_argument("--without-attention", action="store_true")
    parser.add_argument("--start", type=Path)
    parser.add_argument("--rate", type=float, default=RATE)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(args.seed)
    network = load_network(args.start) if args.start else TextureNetwork(torch.from_numpy(patch_weights()), not args.without_attention)
    count = sum(parameter.numel() for parameter in network.parameters())
    start = time.time()
    steps = train(network, load(args.train), args.rate, args.steps, args.minutes, torch.Generator().manual_seed(args.seed), args.out)
    save(network, args.out)
    print(f"{count} parameters, {steps} steps in {time.time() - start:.0f} s")
    for name, value in report(network, load(args.test)).items():
        print(f"{name}: {value:.2f}")


if __name__ == "__main__":
    main()
