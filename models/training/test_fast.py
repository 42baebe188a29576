"""`fast` against what it claims: pictures of another size, maps of any size, its file against torch, what training leaves alone."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import onnx
import onnx.numpy_helper
import pytest
import torch
from onnx import TensorProto, helper

import storage
from crop import Window, sample
from contract import CROP, PRESENCE
from export import laplace_shift
from export_fast import join, largest_difference
from fast import POOLED, SHAPES, SIZES, Fast, find_taps, look, open_lite, spread
from fast_graph import heads_graph, read_fast
from feature_set import FeatureSet
from small_features import scaled
from train import Source
from train_places import NEAR, PLACES, PX, TRUTH_SHARE, photo_lesson, render_lesson, train_places

COARSE, FINE = Fast.HEADS.COARSE, 60
CHANNELS = SHAPES.maps[0]


def network() -> Fast:
    torch.manual_seed(3)
    pooled = SHAPES.pooled
    return Fast(torch.zeros(pooled), torch.ones(pooled), torch.randn(COARSE, 21) / 21, torch.randn(FINE, COARSE) / COARSE).eval()


@pytest.fixture
def lite(tmp_path: Path) -> Path:
    """A network that ends as MediaPipe's smaller one does: maps of a 32nd of the picture's size, one block on them, pooled."""
    random = np.random.default_rng(1)
    shapes = {"w0": (CHANNELS, 3, 32, 32), "w1": (POOLED, CHANNELS, 1, 1), "w2": (POOLED, 1, 3, 3)}
    weights = [
        onnx.numpy_helper.from_array((random.normal(size=shape) / np.sqrt(np.prod(shape[1:]))).astype(np.float32), name)
        for name, shape in shapes.items()
    ]
    nodes = [
        helper.make_node("Conv", ["image", "w0"], ["t0"], strides=[32, 32]),
        helper.make_node("Conv", ["t0", "w1"], ["t1"]),
        helper.make_node("Relu", ["t1"], ["t2"]),
        helper.make_node("Conv", ["t2", "w2"], ["t3"], pads=[1, 1, 1, 1], group=POOLED),
        helper.make_node("GlobalAveragePool", ["t3"], ["t4"]),
    ]
    picture = helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, 3, 224, 224])
    state = helper.make_tensor_value_info("t4", TensorProto.FLOAT, None)
    graph = helper.make_graph(nodes, "lite", [picture], [state], weights)
    path = tmp_path / "lite.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), str(path))
    return path


def test_the_features_are_those_before_and_behind_the_last_block(lite: Path) -> None:
    assert find_taps(onnx.load(str(lite))) == ("t0", "t4")
    for side in SIZES:
        seen = look(open_lite(lite, side), np.full((side, side, 3), 128))
        print(f"{side} px: maps {seen.maps.shape}, pooled {seen.pooled.shape}")
        assert (seen.maps.shape, seen.pooled.shape) == (SHAPES.maps, (SHAPES.pooled,))
        own = np.append(seen.pooled[:POOLED], 1)
        assert np.array_equal(seen.pooled[POOLED:], own if side == SIZES[1] else 0 * own)


def test_maps_are_spread_evenly_and_those_of_the_usual_size_stay() -> None:
    maps = torch.rand(1, CHANNELS, *SHAPES.maps[1:])
    assert torch.equal(spread(maps), maps)
    for cells in (6, 5):
        ramp = ((torch.arange(cells) + 0.5) / cells).expand(1, CHANNELS, cells, cells)
        wanted = (torch.arange(7) + 0.5) / 7
        off = float((spread(ramp) - wanted)[..., 1:-1].abs().max())
        print(f"a ramp over {cells} cells is {off:.1e} off over 7")
        assert off < 1e-6


@pytest.mark.parametrize("side", SIZES)
def test_a_scaled_crop_is_the_windows_crop_of_that_size(side: int) -> None:
    x, y = np.meshgrid(np.arange(300), np.arange(260))
    image = np.stack([x * 0.8, y * 0.9, 120 + 60 * np.sin(x / 40) * np.cos(y / 35)], axis=-1).astype(np.uint8)
    window = Window(150, 130, 160, 0.3)
    off = np.abs(scaled(sample(image, window, 224), side) - sample(image, window, side))[2:-2, 2:-2]
    print(f"{side} px: {off.mean():.2f} of 255 in the mean, {off.max():.1f} at most")
    assert off.mean() < 0.4 and off.max() < 4


def test_the_file_says_at_both_sizes_what_torch_says(lite: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shift = laplace_shift(1.2)
    path = tmp_path / "fast.onnx"
    differences = {}
    for kind in ("bytes", "more"):
        if kind == "more":
            monkeypatch.setattr(storage, "BYTES_FROM", sys.maxsize)
        onnx.save(join(onnx.load(str(lite)), heads_graph(network(), shift)), str(path))
        differences[kind] = largest_difference(path, lite, network(), shift)
    print(f"state differs by {differences}")
    assert differences["more"] < 2e-3 < differences["bytes"] < 0.05


def test_a_file_is_read_back_as_a_network_that_says_the_same_and_stores_the_same_weights(lite: Path, tmp_path: Path) -> None:
    path, again, shift = tmp_path / "fast.onnx", tmp_path / "again.onnx", laplace_shift(1.0)
    onnx.save(join(onnx.load(str(lite)), heads_graph(network(), shift)), str(path))
    read = read_fast(path)
    onnx.save(join(onnx.load(str(lite)), heads_graph(read, shift)), str(again))
    first, second = (storage.stored_weights(onnx.load(str(one)).graph) for one in (path, again))
    off = max(float(np.abs(first[name] - second[name]).max()) for name in first)
    random = torch.Generator().manual_seed(4)
    maps, pooled = torch.rand(4, *SHAPES.maps, generator=random), torch.rand(4, SHAPES.pooled, generator=random)
    with torch.no_grad():
        written, now = network()(maps, pooled), read(maps, pooled)
    apart = {
        name: float((getattr(written, name) - getattr(now, name)).abs().max())
        for name in ("keypoints", "crop", "log_scale", "log_scale_2d", "log_width", "log_width_scale", "logits", "vertices")
    }
    print(f"weights differ by {off:.1e} after another round, answers by {apart}")
    assert first.keys() == second.keys() and off < 1e-6
    assert max(apart.values()) < 2e-3


def crops(folder: Path, count: int) -> FeatureSet:
    """Crops of random features, each keypoint where a mix of these says, and the larger network's answer beside it."""
    random = np.random.default_rng(2)
    one = FeatureSet.create(folder, count, 0)
    arrays = one.arrays | {
        name: np.lib.format.open_memmap(folder / f"{name}.npy", "w+", dtype=np.float16, shape=(count, *shape))
        for name, shape in (("maps", SHAPES.maps), ("pooled", (SHAPES.pooled,)))
    }
    arrays["maps"][:], arrays["pooled"][:] = 0, random.normal(size=(count, SHAPES.pooled))
    mix = random.normal(size=(SHAPES.pooled, 42)) / SHAPES.pooled**0.5
    arrays["crop"][:] = 0.1 * (arrays["pooled"].astype(np.float32) @ mix).reshape(-1, 21, 2)
    arrays["state"][:, CROP : CROP + 42] = arrays["crop"].reshape(-1, 42)
    arrays["state"][:, PRESENCE] = 1
    for array in arrays.values():
        array.flush()
    one.filled = count
    one.flush()
    return FeatureSet.open(folder, "r+")


def test_renders_teach_half_of_what_the_larger_network_says_where_it_is_near(tmp_path: Path) -> None:
    one = crops(tmp_path / "renders", 4)
    one["state"][1, CROP] += 21 * 0.9 * NEAR / PX  # one of 21 keypoints
    one["state"][2, CROP] += 21 * 1.1 * NEAR / PX
    one["state"][3, PRESENCE] = -1
    one.flush()
    lesson = render_lesson(Source([one.folder]))
    moved = lesson.targets[1, 0, 0] - one["crop"][1, 0, 0]
    print(f"of 4 renders {lesson.rows.tolist()} teach; a keypoint's target moved {PX * moved:.1f} px with an answer by {PX * moved / (1 - TRUTH_SHARE):.1f}")
    assert lesson.rows.tolist() == [0, 1]
    assert moved == pytest.approx((1 - TRUTH_SHARE) * 21 * 0.9 * NEAR / PX, rel=1e-3)
    one["crop"][0] = np.nan
    one.flush()
    assert photo_lesson(Source([one.folder])).rows.tolist() == [1, 2, 3]


@pytest.mark.parametrize("keep", [True, False])
def test_places_are_learnt_and_nothing_else(tmp_path: Path, keep: bool) -> None:
    lesson = photo_lesson(Source([crops(tmp_path / "photos", 64).folder]))
    learning = network()
    before = {name: values.clone() for name, values in learning.state_dict().items()}
    train_places(learning, 0, [(lesson, 32)], keep, np.random.default_rng(1))
    assert all(torch.equal(values, before[name]) for name, values in learning.state_dict().items())
    off = train_places(learning, 500, [(lesson, 32)], keep, np.random.default_rng(1))
    after = learning.state_dict()
    changed = {name for name, values in after.items() if not torch.equal(values, before[name])}
    print(f"{off[0]:.1f} to {off[-1]:.1f} px; changed: {sorted(changed)}")
    assert off[-1] < 0.1 * off[0]
    assert all(name.startswith(("heads.landmarks.", "heads.mapreg.")) for name in changed)
    weight, was = after["heads.landmarks.weight"], before["heads.landmarks.weight"]
    assert torch.equal(weight[: PLACES.start], was[: PLACES.start]) and torch.equal(weight[PLACES.stop :], was[PLACES.stop :])
    assert torch.equal(weight[:, :POOLED], was[:, :POOLED]) == keep
