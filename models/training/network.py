"""A recoverer as a whole: the borrowed last blocks and one paper's heads; which there are, and their checkpoints."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch
from torch import Tensor, nn
from torch.optim.lr_scheduler import LRScheduler

from ahrnet import AhrnetHeads
from amvur import AmvurHeads
from camera_space import CameraSpaceHeads
from ehpe import EhpeHeads
from heads import Heads, Prediction
from jar import JarHeads
from tail import Tail, borrowed_tail

CHECKPOINT = "checkpoint.pt"
LARGEST_GRADIENT = 5.0
Kind = TypeVar("Kind", bound=nn.Module)
METHODS: dict[str, type[Heads]] = {
    "camera-space": CameraSpaceHeads,
    "ahrnet": AhrnetHeads,
    "ehpe": EhpeHeads,
    "amvur": AmvurHeads,
    "jar": JarHeads,
}


class Network(nn.Module):
    """Stage [B, 112, 14, 14] (backbone.py) to a prediction."""

    def __init__(self, heads: Heads) -> None:
        super().__init__()
        self.tail: Tail = borrowed_tail()
        self.heads = heads

    def forward(self, stage: Tensor, mesh_rows: int | None = None) -> Prediction:
        maps, pooled = self.tail(stage)
        return self.heads({"stage": stage, "maps": maps, "pooled": pooled}, mesh_rows)


def read_checkpoint(folder: Path) -> dict[str, object]:
    """OUT/checkpoint.pt; those written before there were several methods are of camera-space."""
    return {"method": "camera-space", "without": [], **torch.load(folder / CHECKPOINT, weights_only=True)}


def averaged(checkpoint: dict[str, object]) -> dict[str, Tensor]:
    """The moving average of the weights."""
    return {name.removeprefix("module."): value for name, value in checkpoint["average"].items() if name != "n_averaged"}


def mean_of(load: Callable[[Path], Kind], sources: list[Path], shares: list[float] | None) -> Kind:
    """The network whose weights are the mean of several's, by shares or of all alike (model soups, Wortsman et al. 2022)."""
    shares = shares or [1.0] * len(sources)
    if len(shares) != len(sources):
        raise ValueError(f"{len(sources)} checkpoints have {len(shares)} shares")
    networks = [load(source) for source in sources]
    states = [network.state_dict() for network in networks]
    shapes = [{name: values.shape for name, values in state.items()} for state in states]
    if any(shape != shapes[0] for shape in shapes):
        raise ValueError(f"{', '.join(map(str, sources))} are not checkpoints of one kind of network")
    mean = {name: sum(share * state[name] for share, state in zip(shares, states, strict=True)) / sum(shares) for name in states[0]}
    networks[0].load_state_dict(mean)
    return networks[0]


def load_network(folder: Path) -> Network:
    """The averaged weights of OUT/checkpoint.pt."""
    checkpoint = read_checkpoint(folder)
    state = averaged(checkpoint)
    buffers = (state.get(f"heads.{name}") for name in ("mean", "std", "mesh.base", "mesh.fine"))
    network = Network(METHODS[checkpoint["method"]](*buffers, without=frozenset(checkpoint["without"])))
    network.load_state_dict(state)
    return network.to(memory_format=torch.channels_last).eval()


def add_run_arguments(parser: argparse.ArgumentParser) -> None:
    """Those of `begin_run`, but for the folder `out`."""
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)


def begin_run(args: argparse.Namespace) -> np.random.Generator:
    """The folder, the threads and the seeds that a training program was started with."""
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    args.out.mkdir(parents=True, exist_ok=True)
    return np.random.default_rng(args.seed)


class Run:
    """What a training run keeps in OUT/checkpoint.pt to be resumed: weights, their moving average, optimizer and schedule."""

    def __init__(self, folder: Path, method: str, without: list[str], **parts: nn.Module | torch.optim.Optimizer | LRScheduler) -> None:
        """parts: network, average, optimizer, schedule."""
        self.folder = folder
        self.parts = parts
        self.names = {"method": method, "without": without}

    def resume(self) -> int:
        """Goes on from the checkpoint; its step, 0 where there is none."""
        if not (self.folder / CHECKPOINT).exists():
            return 0
        checkpoint = read_checkpoint(self.folder)
        for name, part in self.parts.items():
            part.load_state_dict(checkpoint[name])
        return checkpoint["step"]

    def learn(self, terms: dict[str, Tensor]) -> None:
        """One step down the sum of the losses."""
        network, average, optimizer, schedule = (self.parts[name] for name in ("network", "average", "optimizer", "schedule"))
        optimizer.zero_grad()
        sum(terms.values()).backward()
        nn.utils.clip_grad_norm_(network.parameters(), LARGEST_GRADIENT)
        optimizer.step()
        schedule.step()
        average.update_parameters(network)

    def save(self, step: int, folder: Path | None = None) -> None:
        """@param folder another than the run's"""
        folder = folder or self.folder
        folder.mkdir(exist_ok=True)
        states = {name: part.state_dict() for name, part in self.parts.items()}
        torch.save({**states, "step": step, **self.names}, folder / CHECKPOINT)
