"""Heads as ONNX graphs of few operators, written as text: what `fast` (fast_graph.py) and `mini` (student_graph.py) have in common.

Calling a small operator takes longer than what it computes, and sessions take time to make of each: torch's exporter needs twice as many
for one crop. So whatever is linear is counted out when the file is written: factors, typical values and the root are in the layers, and
layers that read one vector are one.
"""

from __future__ import annotations

import numpy as np
import onnx
import onnx.parser
import torch
from onnx import numpy_helper
from torch import nn

from contract import REFERENCE_LENGTH, ROOT, STATE_LENGTH
from heads import KEYPOINTS, LEAST_LENGTH, LOG_SIGMA_RANGE
from network import Kind
from render.rig import KEYPOINT_PARENTS

Arrays = dict[str, np.ndarray]

HEADER = '<ir_version: 8, opset_import: ["" : 17]>'
# Of one or several answers `both` [N, 63] in 3D, relative to the root, with bones of the reference's length: their mean `hand` [1, 63],
# by the shares that are in `shares` [N, 1].
HAND = """
    bones = MatMul (both, bone_ends)
    squares = Mul (bones, bones)
    squared = MatMul (squares, bone_sums)
    lengths = Sqrt (squared)
    length = ReduceSum <keepdims = 1> (lengths, last)
    length_or_least = Clip (length, least_length)
    factors = Div (shares, length_or_least)
    hand = Gemm <transA = 1> (factors, both)
"""
SIGMA = """
    deviations = Clip (scales, least_sigma, most_sigma)
    sigma = Add (deviations, sigma_shift)
"""
# Transposed: many columns instead of three are what matrix products are made for.
MESH = """
    hand_points = Reshape (hand, hand_shape)
    corrections_of_axes = Reshape (corrections, coarse_shape)
    coarse = Gemm <transA = 1, transB = 1> (hand_points, mesh_base, corrections_of_axes)
    coarse_batch = Unsqueeze (coarse, batch)
    fine = MatMul (coarse_batch, mesh_fine)
    vertices = Transpose <perm = [0, 2, 1]> (fine)
"""


def constants(shares: list[float], shift: float, coarse: int) -> Arrays:
    """What HAND, SIGMA and MESH need beside weights.

    @param shares of the answers in the mean
    @param shift of the logarithm of sigma (`laplace_shift`)
    @param coarse vertices of the coarse mesh
    """
    children = [k for k, parent in enumerate(KEYPOINT_PARENTS) if parent != k]
    bones = range(len(children))
    bone_ends = np.zeros((KEYPOINTS, len(children)))
    bone_ends[children, bones] = 1
    bone_ends[KEYPOINT_PARENTS[children], bones] = -1
    low, high = LOG_SIGMA_RANGE
    return {
        **integers(last=[1], batch=[0], hand_shape=[KEYPOINTS, 3], coarse_shape=[3, coarse]),
        **floats(
            bone_ends=np.kron(bone_ends, np.eye(3)),
            bone_sums=np.kron(np.eye(len(children)), np.ones((3, 1))),
            shares=REFERENCE_LENGTH * np.array(shares)[:, None],
            least_length=LEAST_LENGTH,
            least_sigma=low,
            most_sigma=high,
            sigma_shift=shift,
        ),
    }


def integers(**values: list[int]) -> Arrays:
    return {name: np.array(value, np.int64) for name, value in values.items()}


def floats(**values: np.ndarray | float) -> Arrays:
    return {name: np.array(value, np.float32, order="C") for name, value in values.items()}


def graph_of(inputs: str, body: str, vertices: int, arrays: Arrays) -> onnx.ModelProto:
    """@param inputs with their shapes, and the nodes, in ONNX's text format"""
    outputs = f"float[1, {STATE_LENGTH}] state, float[1, {vertices}, 3] vertices"
    model = onnx.parser.parse_model(f"{HEADER} heads ({inputs}) => ({outputs}) {{ {body} }}")
    model.graph.initializer.extend(numpy_helper.from_array(values, name) for name, values in arrays.items())
    return model


def rows_of(layer: nn.Linear | nn.Conv2d) -> np.ndarray:
    """[outputs, inputs + 1] of a layer or a convolution of one tap, the bias behind the weights."""
    weight, bias = layer.weight.detach().flatten(1), layer.bias.detach()[:, None]
    return torch.cat([weight, bias], dim=1).double().numpy()


def raised(rows: np.ndarray, by: np.ndarray | float) -> np.ndarray:
    """A layer's rows so that it says so much more."""
    return np.append(rows[:, :-1], (rows[:, -1] + by)[:, None], axis=1)


def apart(layers: Arrays, between: str) -> Arrays:
    """Layers' rows as weights and biases, by the layer's name and what is put between."""
    weights = {f"{name}{between}weight": rows[:, :-1] for name, rows in layers.items()}
    return weights | {f"{name}{between}bias": rows[:, -1] for name, rows in layers.items()}


def written(**layers: np.ndarray) -> Arrays:
    """Layers' rows as the graph has them."""
    return floats(**apart(layers, "_"))


def read(arrays: Arrays, name: str) -> np.ndarray:
    """Undoes `written`."""
    weight = arrays[f"{name}_weight"]
    return np.append(weight.reshape(len(weight), -1), arrays[f"{name}_bias"][:, None], axis=1).astype(np.float64)


def joined(counts: dict[str, int], parts: Arrays) -> np.ndarray:
    """Rows of several layers that read one vector, as one, in the order of `counts`."""
    for name, count in counts.items():
        assert len(parts[name]) == count, f"{name} has {len(parts[name])} rows instead of {count}"
    return np.concatenate([parts[name] for name in counts])


def parted(counts: dict[str, int], rows: np.ndarray) -> Arrays:
    """Undoes `joined`."""
    return dict(zip(counts, np.split(rows, np.cumsum(list(counts.values()))[:-1]), strict=True))


def rooted(rows: np.ndarray) -> np.ndarray:
    """Rows for keypoints [63, ...] so that the layer says them relative to the root."""
    points = rows.reshape(KEYPOINTS, 3, -1)
    return (points - points[ROOT]).reshape(rows.shape)


def axes_first(rows: np.ndarray) -> np.ndarray:
    """Rows of points [3 C, ...], whose coordinates follow one another, so that their axes do."""
    return rows.reshape(-1, 3, rows.shape[1]).swapaxes(0, 1).reshape(rows.shape)


def points_first(rows: np.ndarray) -> np.ndarray:
    """Undoes `axes_first`."""
    return rows.reshape(3, -1, rows.shape[1]).swapaxes(0, 1).reshape(rows.shape)


def loaded(network: Kind, layers: Arrays, buffers: Arrays, prefix: str = "", without: str = "\0") -> Kind:
    """Gives a network all its weights, of names behind the prefix.

    @param without how names of weights begin that it may keep
    @throws ValueError where there are others, or some are missing
    """
    state = network.state_dict()
    given = {prefix + name: torch.from_numpy(np.array(values, np.float32)) for name, values in (buffers | apart(layers, ".")).items()}
    wrong = {name for name in given.keys() ^ state.keys() if not name.startswith(without)}
    if wrong:
        raise ValueError(f"the file is not of {type(network).__name__}: {', '.join(sorted(wrong)[:5])} should not, or should, be in it")
    network.load_state_dict(state | {name: values.reshape(state[name].shape) for name, values in given.items()})
    return network.eval()
