"""`fast`: the heads of camera_space.py on MediaPipe's smaller landmark network ("lite"), whose blocks stay as they are.

They learn from what it says of pictures of 224 px, which it was made for and as one hand is looked at, and of 192 px, as each of two
is, in 0.75 of the time: its maps are smaller there and are spread to those of 224 px, and its features are others, so the layers that
read them have weights of their own for that size besides.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import onnx
import onnx.shape_inference
import onnxruntime
import torch
from torch import Tensor, nn
from torch.nn import functional

from backbone import open_with
from camera_space import CameraSpaceHeads
from crop import network_input
from heads import KEYPOINTS, Prediction, Shapes
from network import averaged, read_checkpoint
from recoverer import SIDE
from tail import borrowed_landmarks

POOLED = 672
SHAPES = Shapes(pooled=2 * POOLED + 1, maps=(112, 7, 7), hidden=384)
# Sides of the pictures, px: of one hand, and of each of two.
PICTURE, PAIR_PICTURE = 224, 192
SIZES = (PICTURE, PAIR_PICTURE)
READS = ("maps", "pooled")


class Taps(NamedTuple):
    """Names of tensors inside the graph."""

    maps: str  # [1, 112, S / 32, S / 32]: what the last block reads
    pooled: str  # [1, 672, 1, 1]


def find_taps(lite: onnx.ModelProto) -> Taps:
    made_by = {output: node for node in lite.graph.node for output in node.output}
    pool = next(node for node in lite.graph.node if node.op_type == "GlobalAveragePool")
    node, convolutions = made_by[pool.input[0]], []
    while len(convolutions) < 2:  # the depthwise one, and the one before it that widens
        if node.op_type == "Conv":
            convolutions.append(node)
        before, node = node, made_by[node.input[0]]
    return Taps(before.input[0], pool.output[0])


def any_size(lite: onnx.ModelProto) -> onnx.ModelProto:
    """The network with the picture's side left open; changes and returns it."""
    for axis in (2, 3):
        lite.graph.input[0].type.tensor_type.shape.dim[axis].dim_param = SIDE
    del lite.graph.value_info[:]
    return lite


def open_lite(path: Path, side: int) -> onnxruntime.InferenceSession:
    """A session with the outputs maps and pooled, one thread, for pictures of this side."""
    model = any_size(onnx.load(str(path)))
    taps = find_taps(model)
    del model.graph.output[:]
    return open_with(model, taps, side)


def spread(maps: Tensor) -> Tensor:
    """Maps of any size as [B, 112, 7, 7]."""
    return functional.interpolate(maps, size=SHAPES.maps[1:], mode="bilinear", align_corners=False)


def told_apart(maps: Tensor, pooled: Tensor) -> Tensor:
    """Pooled features [B, 672] and, of pictures of 192 px, the same and a one behind them, else zeros [B, 1345]: to a layer on these,
    weights of its own for that size. The maps' size [B, 112, S / 32, S / 32] says which it is.
    """
    cells = torch.ones_like(maps[:, 0]).sum(dim=(1, 2))[:, None]
    usual, smaller = (float(side // 32) ** 2 for side in SIZES)
    is_smaller = ((usual - cells) / (usual - smaller)).clamp(0, 1)
    return torch.cat([pooled, is_smaller * pooled, is_smaller], dim=1)


class Seen(NamedTuple):
    """What the borrowed blocks make of a picture."""

    maps: np.ndarray  # [112, 7, 7]
    pooled: np.ndarray  # [1345]: `told_apart`


def look(session: onnxruntime.InferenceSession, picture: np.ndarray) -> Seen:
    """@param picture [S, S, 3], RGB, 0..255"""
    maps, pooled = (torch.from_numpy(said) for said in session.run(None, {session.get_inputs()[0].name: network_input(picture)}))
    return Seen(spread(maps)[0].numpy(), told_apart(maps, pooled.flatten(1))[0].numpy())


def landmarks(path: Path | None = None) -> nn.Linear:
    """The borrowed layer (tail.py) for both sizes.

    @param path lite.onnx, whose weights it takes
    """
    layer = nn.Linear(SHAPES.pooled, KEYPOINTS * 5 + 2)
    if path:
        borrowed = borrowed_landmarks(path)
        with torch.no_grad():
            layer.weight.zero_()
            layer.weight[:, :POOLED] = borrowed.weight
            layer.bias.copy_(borrowed.bias)
    return layer


class Fast(nn.Module):
    """Maps [B, 112, 7, 7] and pooled features [B, 1345] to a prediction."""

    HEADS = CameraSpaceHeads

    def __init__(self, mean: Tensor, std: Tensor, base: Tensor, fine: Tensor) -> None:
        super().__init__()
        self.heads = self.HEADS(mean, std, base, fine, shapes=SHAPES, landmarks=landmarks())

    def forward(self, maps: Tensor, pooled: Tensor, mesh_rows: int | None = None) -> Prediction:
        return self.heads({"maps": maps, "pooled": pooled}, mesh_rows)


def load_fast(folder: Path) -> Fast:
    """The averaged weights of FOLDER/checkpoint.pt."""
    state = averaged(read_checkpoint(folder))
    network = Fast(*(state[f"heads.{name}"] for name in ("mean", "std", "mesh.base", "mesh.fine")))
    network.load_state_dict(state)
    return network.eval()
