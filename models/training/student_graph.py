"""A student's heads as a graph for one crop (graph.py), and back: what is shipped can be trained further.

The trunk and the pyramid of maps behind it are torch's own export (`front_graph`), the heads are text.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import onnx.compose
import torch
from torch import Tensor, nn

from export import write_graph
from graph import (
    HAND,
    MESH,
    SIGMA,
    Arrays,
    axes_first,
    constants,
    floats,
    graph_of,
    integers,
    joined,
    loaded,
    parted,
    points_first,
    raised,
    read,
    rooted,
    rows_of,
    written,
)
from heads import KEYPOINTS, LOG_SCALE, LOG_WIDTH, UNIT
from pictures import PICTURE
from recoverer import SIDE
from storage import stored_weights
from student import BUILDS, COARSE, HINTS_OF_TRUNK, MILLIMETRE, SEEN_AT_KEYPOINT, STRIDE, Student, grid

# Sides of the maps that it has places for; the trunk halves pictures five times.
MAPS = range(4, PICTURE // STRIDE + 1, 4)
FRONT = ("seen", "pooled")
# Rows of the one layer on the latent vector, of the one convolution on the maps, and of the borrowed layer.
ANSWERS = {"said": 107, "scales": 21, "width": 1, "mesh": 3 * COARSE, "scales_2d": 21, "width_scale": 1}
LOOKS = {"heat": KEYPOINTS, "look": SEEN_AT_KEYPOINT}
SAYS = {"keypoints": 63, "crop": 42, "logits": 2}

BODY = f"""
    # Heat maps of the keypoints: where they are, and what is seen there.
    looks = Conv (seen, looks_weight, looks_bias)
    looks_flat = Reshape (looks, looks_shape)
    warmth, look = Split <axis = 0> (looks_flat, looks_rows)
    heat = Softmax <axis = 1> (warmth)
    cells = Shape <start = 3> (seen)
    begin = Gather (grids_begin, cells)
    end = Gather (grids_end, cells)
    grid_flat = Slice (grids, begin, end)
    grid = Reshape (grid_flat, grid_shape)
    places_points = MatMul (heat, grid)
    places = Reshape (places_points, row_shape)
    at_keypoints = Gemm <transB = 1> (heat, look)
    at_keypoints_row = Reshape (at_keypoints, row_shape)

    # The latent vector, and the borrowed layer beside it.
    features = Concat <axis = 1> (pooled, at_keypoints_row, places)
    entered = Gemm <transB = 1> (features, enter_weight, enter_bias)
    first = Relu (entered)
    inner = Gemm <transB = 1> (first, inner_weight, inner_bias)
    sum = Add (first, inner)
    latent = Relu (sum)
    answers = Gemm <transB = 1> (latent, answers_weight, answers_bias)
    said, scales, log_width, corrections, scales_2d, width_scale = Split <axis = 1> (answers, answers_rows)
    says = Gemm <transB = 1> (pooled, landmarks_weight, said)
    both, elsewhere, logits = Split <axis = 1> (says, landmarks_rows)
    own = Mul (places, own_share)
    crop = Add (own, elsewhere)
    {HAND}
    {SIGMA}
    state = Concat <axis = 1> (hand, crop, sigma, log_width, logits)
    {MESH}
"""


class Front(nn.Module):
    """What heads read of a picture: maps of what is seen [B, seen, S / 8, S / 8] and pooled features."""

    def __init__(self, network: Student) -> None:
        super().__init__()
        self.network = network

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        maps, pooled = self.network.trunk(image)
        return self.network.pyramid(maps), pooled


def front_graph(network: Student, path: Path) -> onnx.ModelProto:
    example = (torch.zeros(1, 3, PICTURE, PICTURE),)
    return write_graph(Front(network), example, path, ["image"], list(FRONT), {"image": {2: SIDE, 3: SIDE}})


def student_constants(cell: float) -> Arrays:
    """@param cell as in `grid`, of the trunk"""
    places = {side: grid(side, cell * (1 - 1 / STRIDE)).flatten() for side in MAPS}
    ends = np.cumsum([len(one) for one in places.values()])
    begin, end = np.zeros((2, MAPS[-1] + 1), np.int64)
    begin[list(MAPS)], end[list(MAPS)] = [0, *ends[:-1]], ends
    return {
        **integers(
            answers_rows=list(ANSWERS.values()),
            landmarks_rows=list(SAYS.values()),
            looks_rows=list(LOOKS.values()),
            looks_shape=[sum(LOOKS.values()), -1],
            grids_begin=begin,
            grids_end=end,
            grid_shape=[-1, 2],
            row_shape=[1, -1],
        ),
        **floats(grids=torch.cat(list(places.values()))),
    }


def stored(network: Student) -> Arrays:
    """The heads' weights as the graph has them."""
    said = {
        "keypoints": UNIT * rooted(rows_of(network.keypoints)),
        "crop": UNIT * rows_of(network.correction),
        "logits": rows_of(network.logits),
    }
    pooled, own_share = np.zeros((sum(SAYS.values()), network.trunk.pooled)), np.ones((1, 2 * KEYPOINTS))
    if network.landmarks is not None:
        borrowed = parted(SAYS, rows_of(network.landmarks))
        share = np.repeat(network.share.detach().double().numpy(), 2, axis=0)
        borrowed |= {"keypoints": MILLIMETRE * rooted(borrowed["keypoints"]), "crop": share * borrowed["crop"]}
        pooled, own_share = joined(SAYS, borrowed)[:, :-1], 1 - share.T
        said = {name: raised(rows, borrowed[name][:, -1]) for name, rows in said.items()}
    scales, width = rows_of(network.scales), rows_of(network.width)
    answers = {
        "said": joined(SAYS, said),
        "scales": raised(scales[:KEYPOINTS], LOG_SCALE),
        "width": raised(width[:1], LOG_WIDTH),
        "mesh": UNIT * axes_first(rows_of(network.mesh_latent)),
        "scales_2d": scales[KEYPOINTS:],
        "width_scale": width[1:],
    }
    layers = written(
        enter=rows_of(network.enter),
        inner=rows_of(network.inner),
        answers=joined(ANSWERS, answers),
        looks=joined(LOOKS, {"heat": rows_of(network.heat), "look": rows_of(network.look)}),
    )
    return layers | floats(
        looks_weight=layers["looks_weight"][:, :, None, None],
        landmarks_weight=pooled,
        own_share=own_share,
        mesh_base=network.mesh.base,
        mesh_fine=network.mesh.fine.T,
    )


def restored(arrays: Arrays) -> Student:
    """The student of the build `mini` of a file's weights, without what only training needs. Biases that layers share are with the layer
    on the latent vector."""
    answers, looks = parted(ANSWERS, read(arrays, "answers")), parted(LOOKS, read(arrays, "looks"))
    said = parted(SAYS, answers["said"])
    share = 1 - arrays["own_share"].reshape(KEYPOINTS, 2)[:, :1].astype(np.float64)
    borrowed = parted(SAYS, arrays["landmarks_weight"].astype(np.float64))
    borrowed |= {"keypoints": borrowed["keypoints"] / MILLIMETRE, "crop": borrowed["crop"] / np.repeat(share, 2, axis=0)}
    layers = {
        "heat": looks["heat"],
        "look": looks["look"],
        "enter": read(arrays, "enter"),
        "inner": read(arrays, "inner"),
        "keypoints": said["keypoints"] / UNIT,
        "correction": said["crop"] / UNIT,
        "logits": said["logits"],
        "scales": np.concatenate([raised(answers["scales"], -LOG_SCALE), answers["scales_2d"]]),
        "width": np.concatenate([raised(answers["width"], -LOG_WIDTH), answers["width_scale"]]),
        "mesh_latent": points_first(answers["mesh"]) / UNIT,
        "landmarks": np.pad(joined(SAYS, borrowed), ((0, 0), (0, 1))),
    }
    front = {name.removeprefix("network."): values for name, values in arrays.items() if name.startswith("network.")}
    buffers = front | {"share": share, "mesh.base": arrays["mesh_base"], "mesh.fine": arrays["mesh_fine"].T}
    network = Student(BUILDS["mini"], *(torch.from_numpy(np.array(buffers[name])) for name in ("mesh.base", "mesh.fine")))
    return loaded(network, layers, buffers, without=HINTS_OF_TRUNK)


def student_graph(network: Student, shift: float, path: Path) -> onnx.ModelProto:
    """A picture to `state` and `vertices`.

    @param network folded
    @param shift of the logarithm of sigma (`laplace_shift`)
    @param path of a file that torch may write meanwhile
    """
    inputs = f"float[1, {network.heat.in_channels}, cells, cells] seen, float[1, {network.trunk.pooled}] pooled"
    arrays = constants([1.0], shift, COARSE) | student_constants(network.trunk.CELL) | stored(network)
    heads = graph_of(inputs, BODY, len(network.mesh.fine), arrays)
    front = front_graph(network, path)
    heads.ir_version = front.ir_version
    return onnx.compose.merge_models(front, heads, [(name, name) for name in FRONT])


def read_student(path: Path) -> Student:
    """The student of a file of export_student.py, of the build `mini`."""
    return restored(stored_weights(onnx.load(str(path)).graph))
