"""`fast`'s heads for one crop as an ONNX graph of half the operators that the network's own steps (camera_space.py) are.

Calling a small operator takes longer than what it computes, and sessions take time to make of each. So whatever is linear is counted
out when the file is written: factors, typical values and the root are in the layers; seven layers that read one vector are one; what the
bins mix of what they have seen is in the layer that makes it. `stored` writes the weights so, `restored` reads them back as a network
that says the same, though its weights may be shared out otherwise between layers that nothing stands between.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import onnx.parser
import torch
from onnx import numpy_helper

from camera_space import MAPREG_HIDDEN, MAPS_PER_JOINT, TOKEN, WIDTH_RANGE
from contract import REFERENCE_LENGTH, ROOT
from fast import SHAPES, Fast, told_apart
from heads import BORROWED_SHARE, CORRECTION_SHARE, KEYPOINTS, LOG_SCALE, LOG_SIGMA_RANGE, UNIT
from render.rig import KEYPOINT_PARENTS
from storage import stored_weights

Weights = dict[str, np.ndarray]

CELLS = 32  # most of a picture's maps along each side, of 1024 px
CELL_COUNT = SHAPES.maps[1] * SHAPES.maps[2]
# Rows of the one layer on the latent vector, of the one convolution on the maps, and of the borrowed layer.
COARSE = Fast.HEADS.COARSE
ANSWERS = {"keypoints": 63, "mesh": 3 * COARSE, "guess": 42, "shift": TOKEN, "sizes": 32, "bias": 32, "scales": 21, "scales_2d": 22}
LOOKS = {"keys": TOKEN, "values": TOKEN, "joints": KEYPOINTS * MAPS_PER_JOINT}
SAYS = {"keypoints": 63, "crop": 42, "logits": 2}

TEXT = """
<ir_version: 8, opset_import: ["" : 17]>
heads (float[1, 112, cells, cells] maps, float[1, 672, 1, 1] pooled) => (float[1, 129] state, float[1, FINE, 3] vertices)
{
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

    # 3D: both answers with bones of the reference's length, and their mean.
    both = Concat <axis = 0> (keypoints, borrowed)
    bones = MatMul (both, bone_ends)
    squares = Mul (bones, bones)
    squared = MatMul (squares, bone_sums)
    lengths = Sqrt (squared)
    length = ReduceSum <keepdims = 1> (lengths, last)
    length_or_least = Clip (length, least_length)
    factors = Div (shares, length_or_least)
    hand = Gemm <transA = 1> (factors, both)
    deviations = Clip (scales, least_sigma, most_sigma)
    sigma = Add (deviations, sigma_shift)

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
    width = Gemm <transB = 1, alpha = RANGE> (centres, probability, bins_low)
    log_width = Log (width)
    state = Concat <axis = 1> (hand, crop, sigma, log_width, logits)

    # The mesh, transposed: many columns instead of three are what matrix products are made for.
    hand_points = Reshape (hand, hand_shape)
    corrections_of_axes = Reshape (corrections, coarse_shape)
    coarse = Gemm <transA = 1, transB = 1> (hand_points, mesh_base, corrections_of_axes)
    coarse_batch = Unsqueeze (coarse, batch)
    fine = MatMul (coarse_batch, mesh_fine)
    vertices = Transpose <perm = [0, 2, 1]> (fine)
}
"""


def offsets(rows: dict[str, int]) -> list[int]:
    return np.cumsum([0, *rows.values()]).tolist()


def parts(rows: dict[str, int], values: np.ndarray) -> Weights:
    """An array's rows by the names that they go by."""
    return dict(zip(rows, np.split(values, offsets(rows)[1:-1]), strict=True))


def rooted(rows: np.ndarray) -> np.ndarray:
    """A layer's rows for keypoints [63, ...], or the bias, so that it says them relative to the root."""
    points = rows.reshape(KEYPOINTS, 3, -1)
    return (points - points[ROOT]).reshape(rows.shape)


def axes_first(rows: np.ndarray) -> np.ndarray:
    """Rows of points [3 C, ...], whose coordinates follow one another, so that their axes do."""
    return rows.reshape(COARSE, 3, -1).swapaxes(0, 1).reshape(rows.shape)


def points_first(rows: np.ndarray) -> np.ndarray:
    """Undoes `axes_first`."""
    return rows.reshape(3, COARSE, -1).swapaxes(0, 1).reshape(rows.shape)


def constants(shift: float) -> Weights:
    """What is the same for every network: shapes, tables, ranges.

    @param shift of the logarithm of sigma (`laplace_shift`)
    """
    maps = [torch.zeros(1, 1, cells, cells) for cells in range(CELLS + 1)]
    is_smaller = [told_apart(one, torch.zeros(1, 0))[0, -1].item() for one in maps]
    children = [k for k, parent in enumerate(KEYPOINT_PARENTS) if parent != k]
    bone_ends = np.zeros((KEYPOINTS, len(children)))
    bone_ends[children, range(len(children))] = 1
    bone_ends[[KEYPOINT_PARENTS[k] for k in children], range(len(children))] = -1
    low, high = LOG_SIGMA_RANGE
    integers = {
        "answers_rows": list(ANSWERS.values()),
        "landmarks_rows": list(SAYS.values()),
        "looks_rows": list(LOOKS.values()),
        "spread_shape": [1, *SHAPES.maps],
        "looks_shape": [sum(LOOKS.values()), CELL_COUNT],
        "joints_shape": [KEYPOINTS, MAPS_PER_JOINT * CELL_COUNT],
        "points_shape": [KEYPOINTS, 2],
        "row_shape": [1, KEYPOINTS * 2],
        "hand_shape": [KEYPOINTS, 3],
        "coarse_shape": [3, COARSE],
        "last": [1],
        "batch": [0],
    }
    numbers = {
        "is_smaller": np.array(is_smaller)[:, None],
        "bone_ends": np.kron(bone_ends, np.eye(3)),
        "bone_sums": np.kron(np.eye(len(children)), np.ones((3, 1))),
        "shares": REFERENCE_LENGTH * np.array([[1 - BORROWED_SHARE], [BORROWED_SHARE]]),
        "least_length": np.array(0.1),
        "least_sigma": np.array(low),
        "most_sigma": np.array(high),
        "sigma_shift": np.array(shift),
        "bins_before": np.triu(np.ones((32, 32)), 1) + np.eye(32) / 2,
        "bins_low": np.array([WIDTH_RANGE[0]]),
    }
    return {
        **{name: np.array(values, np.int64) for name, values in integers.items()},
        **{name: values.astype(np.float32) for name, values in numbers.items()},
    }


def stored(network: Fast) -> Weights:
    """The network's weights as the graph has them."""
    heads = network.heads
    bins, mapreg = heads.bins, heads.mapreg

    def layer(module: torch.nn.Module) -> np.ndarray:
        """[outputs, inputs + 1], the bias behind the weights."""
        weight = module.weight.detach().flatten(1)
        return torch.cat([weight, module.bias.detach()[:, None]], dim=1).double().numpy()

    def vector(row: np.ndarray) -> np.ndarray:
        """Such rows for a layer that says 0 but for its bias."""
        return np.append(np.zeros((len(row), SHAPES.hidden)), row[:, None], axis=1)

    inner, outer, mix = layer(mapreg.inner), layer(mapreg.outer), layer(bins.mix)
    keys, values = np.split(layer(bins.tokens), 2)
    mixed = mix[:, :-1] @ values
    mixed[:, -1] += mix[:, -1]
    scales = layer(heads.scales)
    typical = np.full(KEYPOINTS, LOG_SCALE)
    corrected = UNIT * CORRECTION_SHARE
    answers = {
        "keypoints": UNIT * rooted(layer(heads.keypoints)),
        "mesh": UNIT * axes_first(layer(heads.mesh.correction)),
        "guess": corrected * (layer(mapreg.guess) + vector(np.tile(outer[:, -1], KEYPOINTS))),
        "shift": layer(bins.shift),
        "sizes": layer(bins.sizes),
        "bias": layer(bins.bias),
        "scales": scales[:KEYPOINTS] + vector(typical),
        "scales_2d": scales[KEYPOINTS:],
    }
    looks = {"keys": keys / TOKEN**0.5, "values": mixed, "joints": layer(mapreg.maps)}
    said = layer(heads.landmarks)
    landmarks = np.concatenate([rooted(said[: SAYS["keypoints"]]), said[SAYS["keypoints"] :]])
    layers = {
        "entrance": layer(heads.entrance),
        "inner": layer(heads.blocks[0].inner),
        "outer": layer(heads.blocks[0].outer),
        "answers": np.concatenate([answers[name] for name in ANSWERS]),
        "landmarks": landmarks,
        "looks": np.concatenate([looks[name] for name in LOOKS]),
        "mapreg_inner": inner,
    }
    weights = {f"{name}_weight": rows[:, :-1] for name, rows in layers.items()} | {f"{name}_bias": rows[:, -1] for name, rows in layers.items()}
    weights["looks_weight"] = weights["looks_weight"][:, :, None, None]
    weights |= {
        "mean": heads.mean.numpy(),
        "std": heads.std.numpy(),
        "mapreg_outer_weight": corrected * outer[:, :-1],
        "bins_queries": bins.queries.detach().numpy(),
        "bins_position": bins.position.detach().numpy().T / TOKEN**0.5,
        "bins_score": bins.score.weight.detach().numpy(),
        "mesh_base": heads.mesh.base.numpy(),
        "mesh_fine": heads.mesh.fine.numpy().T,
    }
    return {name: np.ascontiguousarray(values, np.float32) for name, values in weights.items()}


def restored(weights: Weights) -> Fast:
    """The network of `stored` weights: what layers have in common is with one of them, and what the answer does not depend on is 0."""

    def rows(name: str) -> np.ndarray:
        weight = weights[f"{name}_weight"]
        return np.append(weight.reshape(len(weight), -1), weights[f"{name}_bias"][:, None], axis=1).astype(np.float64)

    answers, looks = parts(ANSWERS, rows("answers")), parts(LOOKS, rows("looks"))
    corrected = UNIT * CORRECTION_SHARE
    answers["scales"][:, -1] -= LOG_SCALE
    tokens = np.concatenate([looks["keys"] * TOKEN**0.5, looks["values"]])
    layers = {
        "entrance": rows("entrance"),
        "blocks.0.inner": rows("inner"),
        "blocks.0.outer": rows("outer"),
        "keypoints": answers["keypoints"] / UNIT,
        "scales": np.concatenate([answers["scales"], answers["scales_2d"]]),
        "landmarks": rows("landmarks"),
        "mesh.correction": points_first(answers["mesh"]) / UNIT,
        "mapreg.maps": looks["joints"],
        "mapreg.inner": rows("mapreg_inner"),
        "mapreg.outer": np.append(weights["mapreg_outer_weight"] / corrected, np.zeros((2, 1)), axis=1),
        "mapreg.guess": answers["guess"] / corrected,
        "bins.tokens": tokens,
        "bins.shift": answers["shift"],
        "bins.mix": np.eye(TOKEN, TOKEN + 1),
        "bins.sizes": answers["sizes"],
        "bins.score": np.append(weights["bins_score"], np.zeros((1, 1)), axis=1),
        "bins.bias": answers["bias"],
    }
    buffers = {
        "mean": weights["mean"],
        "std": weights["std"],
        "mesh.base": weights["mesh_base"],
        "mesh.fine": weights["mesh_fine"].T,
        "bins.position": weights["bins_position"].T * TOKEN**0.5,
        "bins.queries": weights["bins_queries"],
    }
    named = buffers | {f"{name}.weight": r[:, :-1] for name, r in layers.items()} | {f"{name}.bias": r[:, -1] for name, r in layers.items()}
    given = {name: torch.from_numpy(np.ascontiguousarray(values, np.float32)) for name, values in named.items()}
    network = Fast(*(given[name] for name in ("mean", "std", "mesh.base", "mesh.fine")))
    state = network.state_dict()
    network.load_state_dict({name: given[name.removeprefix("heads.")].reshape(values.shape) for name, values in state.items()})
    return network.eval()


def heads_graph(network: Fast, shift: float) -> onnx.ModelProto:
    """Maps of any size and pooled features to `state` and `vertices`.

    @param shift of the logarithm of sigma (`laplace_shift`)
    """
    low, high = WIDTH_RANGE
    fine = len(network.heads.mesh.fine)
    model = onnx.parser.parse_model(TEXT.replace("FINE", str(fine)).replace("RANGE", repr(high - low)))
    arrays = constants(shift) | stored(network)
    model.graph.initializer.extend(numpy_helper.from_array(values, name) for name, values in arrays.items())
    return model


def read_fast(path: Path) -> Fast:
    """The network of a file of export_fast.py, its weights as they are stored: so can be trained further what is shipped."""
    return restored(stored_weights(onnx.load(str(path)).graph))
