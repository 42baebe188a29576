"""MediaPipe's palm detector for a picture of 128 px instead of 192, whose weights training goes on with (train_palm.py).

At 128 px a kernel of 3 x 3 sees most of what 5 x 5 saw at 192, so kernels are resampled to that, and what is enlarged goes through its
convolution before, which is the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnx
import torch
from torch import Tensor, nn
from torch.nn import functional

import palm
from small_trunk import point, resampled, square
from storage import stored_weights
from tail import Convolution

PICTURE = 128
SAMPLES = 2  # along each side of a pixel, as in training (palm_pictures.py)
VALUES = 18  # of a box: its centre and size, and 7 keypoints
STAGES = (32, 64, 128, 256, 256)  # channels; all but the first begin with a block that halves the size
BLOCKS, MERGED_BLOCKS = 4, 2  # others of a stage, and where two maps are merged
# Anchors a cell of maps of 1/8 and 1/16 of the picture's size.
NEAR, FAR = 2, 6


class Block(nn.Module):
    """Adds what it reads, halved by its stride and with zeros for channels that are new."""

    def __init__(self, before: int, after: int, stride: int = 1) -> None:
        super().__init__()
        self.depthwise = square(before, before, stride, before)
        self.project = point(before, after)
        self.slope = nn.PReLU(after)
        self.stride, self.wider = stride, after - before

    def forward(self, x: Tensor) -> Tensor:
        found = self.project(self.depthwise(x))
        if self.stride == 2:
            x = functional.max_pool2d(x, 2)
        if self.wider:
            x = functional.pad(x, (0, 0, 0, 0, 0, self.wider))
        return self.slope(x + found)


class Merge(nn.Module):
    """A coarser map, enlarged, on a finer one."""

    def __init__(self, coarse: int, fine: int, anchors: int) -> None:
        super().__init__()
        self.enlarged, self.slope = point(coarse, fine), nn.PReLU(fine)
        self.blocks = nn.Sequential(*(Block(fine, fine) for _ in range(MERGED_BLOCKS)))
        self.boxes, self.scores = point(fine, anchors * VALUES), point(fine, anchors)

    def forward(self, coarse: Tensor, fine: Tensor) -> Tensor:
        larger = functional.interpolate(self.enlarged(coarse), scale_factor=2.0, mode="bilinear", align_corners=False)
        return self.blocks(fine + self.slope(larger))

    def answer(self, merged: Tensor) -> tuple[Tensor, Tensor]:
        """Boxes [B, A, 18] and logits [B, A] of a map's anchors, by rows."""
        count = merged.shape[0]
        return tuple(found.permute(0, 2, 3, 1).reshape(count, -1, *rest) for found, rest in ((self.boxes(merged), (VALUES,)), (self.scores(merged), ())))


class QuickPalm(nn.Module):
    """Picture [B, 3, 128, 128], 0..1, to boxes [B, 896, 18], px from the anchors, and logits [B, 896]."""

    def __init__(self) -> None:
        super().__init__()
        self.stem, self.slope = square(3, STAGES[0], 2), nn.PReLU(STAGES[0])
        self.stages = nn.ModuleList()
        for index, channels in enumerate(STAGES):
            halving = [Block(STAGES[index - 1], channels, 2)] if index else []
            self.stages.append(nn.Sequential(*halving, *(Block(channels, channels) for _ in range(BLOCKS))))
        self.far = Merge(STAGES[4], STAGES[3], FAR)
        self.near = Merge(STAGES[3], STAGES[2], NEAR)

    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        return self.answer(self.maps(pictures))

    def maps(self, pictures: Tensor) -> list[Tensor]:
        """Of each stage, 1/2 to 1/32 of the picture's size, and the merged ones, of 1/16 and 1/8."""
        x = self.slope(self.stem(pictures))
        maps = []
        for stage in self.stages:
            x = stage(x)
            maps.append(x)
        far = self.far(maps[4], maps[3])
        return [*maps, far, self.near(far, maps[2])]

    def answer(self, maps: list[Tensor]) -> tuple[Tensor, Tensor]:
        far, near = maps[-2:]
        boxes, scores = zip(self.near.answer(near), self.far.answer(far), strict=True)
        return torch.cat(boxes, dim=1), torch.cat(scores, dim=1)

    def with_kernels(self) -> list[tuple[nn.Module, str]]:
        """Where convolutions of more than a point are, in order: owner and name."""
        blocks = (block for part in (*self.stages, self.far.blocks, self.near.blocks) for block in part)
        return [(self, "stem"), *((block, "depthwise") for block in blocks)]

    def borrow(self, path: Path) -> None:
        """Takes the weights of MediaPipe's detector: palm.onnx of convert_mediapipe.py."""
        graph, weights = read_palm(path)
        rest = iter([weights[name] for name in node.input[1:]] for node in graph.node if node.op_type in ("Conv", "PRelu"))
        with torch.no_grad():
            self._take(rest, self.stem, self.slope)
            for block in (block for stage in self.stages for block in stage):
                self._take(rest, *parts(block))
            for merge in (self.far, self.near):
                self._take(rest, merge.enlarged, merge.slope)
                for block in merge.blocks:
                    self._take(rest, *parts(block))
                self._take(rest, merge.boxes, merge.scores)
                for values in (merge.boxes.weight, merge.boxes.bias):
                    values *= PICTURE / palm.SIZE
        if next(rest, None) is not None:
            raise ValueError(f"{path} has more layers than MediaPipe's palm detector")

    @staticmethod
    def _take(theirs: Iterator[list[np.ndarray]], *mine: nn.Module) -> None:
        """Weights of the next layers."""
        for one in mine:
            weight, *bias = next(theirs)
            if isinstance(one, nn.PReLU):
                one.weight.copy_(torch.from_numpy(weight.reshape(-1)))
            else:
                weight = resampled(weight, PICTURE / palm.SIZE) if weight.shape[2] == 5 else weight
                one.weight.copy_(torch.from_numpy(weight))
                one.bias.copy_(torch.from_numpy(bias[0]))


def read_palm(path: Path) -> tuple[onnx.GraphProto, dict[str, np.ndarray]]:
    """The graph of MediaPipe's detector, and its weights by the names that its nodes have for them."""
    graph = onnx.load(str(path)).graph
    return graph, {name.removesuffix("_f16"): values for name, values in stored_weights(graph).items()}


def original_palm(path: Path) -> QuickPalm:
    """MediaPipe's detector itself, for pictures of 192 px; its boxes are in px of 128."""
    graph, weights = read_palm(path)
    network = QuickPalm()
    network.borrow(path)
    said = [({a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}, node.input) for node in graph.node if node.op_type == "Conv"]
    kernels = [(attributes, inputs) for attributes, inputs in said if attributes["kernel_shape"][0] > 1]
    for (owner, name), (attributes, inputs) in zip(network.with_kernels(), kernels, strict=True):
        pads = list(attributes["pads"])
        setattr(owner, name, Convolution(weights[inputs[1]], weights[inputs[2]], attributes["strides"][0], pads, attributes["group"]))
    return network.requires_grad_(False).eval()


def parts(block: Block) -> tuple[nn.Module, nn.Module, nn.Module]:
    return block.depthwise, block.project, block.slope
