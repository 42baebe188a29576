"""`fast`'s heads as a graph for one crop (graph.py), and back: what is shipped can be trained further.

`restored` reads a network that says the same as the one that was `stored`, though its weights may be shared out otherwise between layers
that nothing stands between, and what the answer does not depend on is 0.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import torch

from camera_space import BINS, MAPS_PER_JOINT, TOKEN, WIDTH_RANGE
from fast import POOLED, SHAPES, Fast, told_apart
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
from heads import BORROWED_SHARE, CORRECTION_SHARE, KEYPOINTS, LOG_SCALE, UNIT
from storage import stored_weights

CELLS = 32  # most of a picture's maps along each side, of 1024 px
CELL_COUNT = SHAPES.maps[1] * SHAPES.maps[2]
COARSE = Fast.HEADS.COARSE
# Rows of the one layer on the latent vector, of the one convolution on the maps, and of the borrowed layer.
ANSWERS = {"keypoints": 63, "mesh": 3 * COARSE, "guess": 42, "shift": TOKEN, "sizes": BINS, "bias": BINS, "scales": 21, "scales_2d": 22}
LOOKS = {"keys": TOKEN, "values": TOKEN, "joints": KEYPOINTS * MAPS_PER_JOINT}
SAYS = {"keypoints": 63, "crop": 42, "logits": 2}
CORRECTED = UNIT * CORRECTION_SHARE

INPUTS = f"float[1, {SHAPES.maps[0]}, cells, cells] maps, float[1, {POOLED}, 1, 1] pooled"
BODY = f"""
    # The latent vector. Features of the smaller pictures stand in columns of their own.
    cells = Shape <start = 3> (maps)
    smaller = Gather (is_smaller, cells)
    flat = Flatten (pooled)
    told = Mul (flat, smaller)
    features = Concat <axis = 1> (flat, told, smaller)
    centred = Sub (features, mean)
    normal = Div (centred, std)
    entered = Gemm <transB = 1> (normal, entrance_weight, entrance_bias)
    first = Relu (entered)
    inner = Gemm <transB = 1> (first, inner_weight, inner_bias)
    active = Relu (inner)
    outer = Gemm <transB = 1> (active, outer_weight, outer_bias)
    sum = Add (first, outer)
    latent = Relu (sum)
    answers = Gemm <transB = 1> (latent, answers_weight, answers_bias)
    keypoints, corrections, guess, shift, sizes, bias, scales, scales_2d = Split <axis = 1> (answers, answers_rows)
    says = Gemm <transB = 1> (features, landmarks_weight, landmarks_bias)
    borrowed, places, logits = Split <axis = 1> (says, landmarks_rows)

    # 3D: the mean of both answers.
    both = Concat <axis = 0> (keypoints, borrowed)
    {HAND}
    {SIGMA}

    # 2D: the borrowed places, corrected from each joint's maps.
    spread = Resize <mode = "linear", coordinate_transformation_mode = "half_pixel"> (maps, , , spread_shape)
    looks = Conv (spread, looks_weight, looks_bias)
    looks_flat = Reshape (looks, looks_shape)
    keys, values, joints = Split <axis = 0> (looks_flat, looks_rows)
    of_joint = Reshape (joints, joints_shape)
    joint_inner = Gemm <transB = 1> (of_joint, mapreg_inner_weight, mapreg_inner_bias)
    joint_active = Relu (joint_inner)
    guessed = Add (places, guess)
    guessed_points = Reshape (guessed, points_shape)
    crop_points = Gemm <transB = 1> (joint_active, mapreg_outer_weight, guessed_points)
    crop = Reshape (crop_points, row_shape)

    # The window's width: the mean of adaptive bins.
    queries = Add (bins_queries, shift)
    placed = Add (keys, bins_position)
    alike = MatMul (queries, placed)
    attention = Softmax <axis = 1> (alike)
    seen = Gemm <transB = 1> (attention, values, queries)
    seen_active = Relu (seen)
    scores = Gemm <transB = 1> (bins_score, seen_active, bias)
    probability = Softmax <axis = 1> (scores)
    bin_sizes = Softmax <axis = 1> (sizes)
    centres = MatMul (bin_sizes, bins_before)
    width = Gemm <transB = 1, alpha = {WIDTH_RANGE[1] - WIDTH_RANGE[0]}> (centres, probability, bins_low)
    log_width = Log (width)
    state = Concat <axis = 1> (hand, crop, sigma, log_width, logits)
    {MESH}
"""


def fast_constants() -> Arrays:
    maps = [torch.zeros(1, 1, cells, cells) for cells in range(CELLS + 1)]
    return {
        **integers(
            answers_rows=list(ANSWERS.values()),
            landmarks_rows=list(SAYS.values()),
            looks_rows=list(LOOKS.values()),
            spread_shape=[1, *SHAPES.maps],
            looks_shape=[sum(LOOKS.values()), CELL_COUNT],
            joints_shape=[KEYPOINTS, MAPS_PER_JOINT * CELL_COUNT],
            points_shape=[KEYPOINTS, 2],
            row_shape=[1, KEYPOINTS * 2],
        ),
        **floats(
            is_smaller=np.array([told_apart(one, torch.zeros(1, 0))[0, -1].item() for one in maps])[:, None],
            bins_before=np.triu(np.ones((BINS, BINS)), 1) + np.eye(BINS) / 2,
            bins_low=[WIDTH_RANGE[0]],
        ),
    }


def stored(network: Fast) -> Arrays:
    """The network's weights as the graph has them."""
    heads = network.heads
    bins, mapreg, mesh = heads.bins, heads.mapreg, heads.mesh
    outer, mix, scales = rows_of(mapreg.outer), rows_of(bins.mix), rows_of(heads.scales)
    keys, values = np.split(rows_of(bins.tokens), 2)
    said = parted(SAYS, rows_of(heads.landmarks))
    answers = {
        "keypoints": UNIT * rooted(rows_of(heads.keypoints)),
        "mesh": UNIT * axes_first(rows_of(mesh.correction)),
        "guess": CORRECTED * raised(rows_of(mapreg.guess), np.tile(outer[:, -1], KEYPOINTS)),
        "shift": rows_of(bins.shift),
        "sizes": rows_of(bins.sizes),
        "bias": rows_of(bins.bias),
        "scales": raised(scales[:KEYPOINTS], LOG_SCALE),
        "scales_2d": scales[KEYPOINTS:],
    }
    # Attention's shares sum to 1, so that what is mixed of the values may get its bias before.
    looks = {"keys": keys / TOKEN**0.5, "values": raised(mix[:, :-1] @ values, mix[:, -1]), "joints": rows_of(mapreg.maps)}
    layers = written(
        entrance=rows_of(heads.entrance),
        inner=rows_of(heads.blocks[0].inner),
        outer=rows_of(heads.blocks[0].outer),
        answers=joined(ANSWERS, answers),
        landmarks=joined(SAYS, said | {"keypoints": rooted(said["keypoints"])}),
        looks=joined(LOOKS, looks),
        mapreg_inner=rows_of(mapreg.inner),
    )
    return layers | floats(
        looks_weight=layers["looks_weight"][:, :, None, None],
        mapreg_outer_weight=CORRECTED * outer[:, :-1],
        mean=heads.mean,
        std=heads.std,
        bins_queries=bins.queries.detach(),
        bins_position=bins.position.detach().T / TOKEN**0.5,
        bins_score=bins.score.weight.detach(),
        mesh_base=mesh.base,
        mesh_fine=mesh.fine.T,
    )


def restored(arrays: Arrays) -> Fast:
    """The network of `stored` weights."""
    answers, looks = parted(ANSWERS, read(arrays, "answers")), parted(LOOKS, read(arrays, "looks"))
    layers = {
        "entrance": read(arrays, "entrance"),
        "blocks.0.inner": read(arrays, "inner"),
        "blocks.0.outer": read(arrays, "outer"),
        "keypoints": answers["keypoints"] / UNIT,
        "scales": np.concatenate([raised(answers["scales"], -LOG_SCALE), answers["scales_2d"]]),
        "landmarks": read(arrays, "landmarks"),
        "mesh.correction": points_first(answers["mesh"]) / UNIT,
        "mapreg.maps": looks["joints"],
        "mapreg.inner": read(arrays, "mapreg_inner"),
        "mapreg.outer": np.append(arrays["mapreg_outer_weight"] / CORRECTED, np.zeros((2, 1)), axis=1),
        "mapreg.guess": answers["guess"] / CORRECTED,
        "bins.tokens": np.concatenate([looks["keys"] * TOKEN**0.5, looks["values"]]),
        "bins.shift": answers["shift"],
        "bins.mix": np.eye(TOKEN, TOKEN + 1),
        "bins.sizes": answers["sizes"],
        "bins.score": np.append(arrays["bins_score"], np.zeros((1, 1)), axis=1),
        "bins.bias": answers["bias"],
    }
    buffers = {
        "mean": arrays["mean"],
        "std": arrays["std"],
        "mesh.base": arrays["mesh_base"],
        "mesh.fine": arrays["mesh_fine"].T,
        "bins.position": arrays["bins_position"].T * TOKEN**0.5,
        "bins.queries": arrays["bins_queries"],
    }
    network = Fast(*(torch.from_numpy(np.array(buffers[name])) for name in ("mean", "std", "mesh.base", "mesh.fine")))
    return loaded(network, layers, buffers, "heads.")


def heads_graph(network: Fast, shift: float) -> onnx.ModelProto:
    """Maps of any size and pooled features to `state` and `vertices`.

    @param shift of the logarithm of sigma (`laplace_shift`)
    """
    arrays = constants([1 - BORROWED_SHARE, BORROWED_SHARE], shift, COARSE) | fast_constants() | stored(network)
    return graph_of(INPUTS, BODY, len(network.heads.mesh.fine), arrays)


def read_fast(path: Path) -> Fast:
    """The network of a file of export_fast.py, its weights as they are stored."""
    return restored(stored_weights(onnx.load(str(path)).graph))
