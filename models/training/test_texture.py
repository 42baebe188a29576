"""The texture network and what it is fed, each against what it claims."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import cv2
import numpy as np
import onnx
import pytest
import torch

import render
from photos import DATA
from recoverer import open_session
from render.rig import HAND
from texture import Exported, TextureNetwork, patch_weights, photometric
from texture_draw import draw, turned
from texture_export import export
from texture_fixture import pose
from texture_truth import on_look, sample_with_colours
from texture_view import keypoint_weights, place, sample_colours, visible

MODEL = Path(__file__).parents[1] / "amvur-texture.onnx"
FIXTURE = Path(__file__).parents[2] / "tests" / "fixtures" / "texture"
# What onnxruntime-web runs on the GPU without falling back, and constants.
PLAIN_OPERATORS = {
    "Add", "Cast", "Clip", "Concat", "Constant", "Div", "LayerNormalization", "MatMul", "Mul", "ReduceSum", "Relu", "Reshape",
    "Sigmoid", "Slice", "Softmax", "Squeeze", "Sub", "Transpose", "Unsqueeze",
}  # fmt: skip
MAX_BYTES = 500_000
OFF = 0.06
needs_data = pytest.mark.skipif(not DATA.exists(), reason="HAND_DATA is not there")


@pytest.fixture(scope="module")
def network() -> TextureNetwork:
    torch.manual_seed(2)
    return TextureNetwork(torch.from_numpy(patch_weights())).eval()


def fixture_arrays() -> dict[str, np.ndarray]:
    stored = json.loads((FIXTURE / "hand.json").read_text())
    arrays = {name: np.frombuffer(base64.b64decode(text), "<f4") for name, text in stored.items() if name != "seen"}
    return {**arrays, "seen": np.array([float(one) for one in stored["seen"]], np.float32)}


def test_every_vertex_belongs_wholly_to_keypoints_and_patches() -> None:
    for weights in (keypoint_weights(), patch_weights()):
        assert (weights >= 0).all()
        assert np.allclose(weights.sum(1), 1, atol=1e-5)
        assert (weights.sum(0) > 0).all()


def test_places_are_exact_for_a_weak_perspective_camera() -> None:
    vertices, keypoints = pose()
    places = place(vertices, keypoints, keypoints[:, :2] * 2.5 + 0.1)
    assert np.allclose(places, vertices[:, :2] * 2.5 + 0.1)


def test_what_is_drawn_is_what_is_sampled() -> None:
    """A hand that is drawn in known colours and sampled again has them where it is seen."""
    vertices, keypoints = (np.float32(points) for points in pose())
    places = place(vertices, keypoints, keypoints[:, :2] * 4)
    colours = 0.5 + 0.3 * np.sin(HAND.vertices * 60)
    image = draw(vertices, places, colours, np.zeros((448, 448, 3), np.uint8), shaded=False)
    seen = visible(places, vertices)
    away = np.abs(sample_colours(image, places) - colours).mean(1)[seen]
    print(f"{seen.sum()} vertices seen, {255 * np.median(away):.1f} of 255 off (median), {100 * (away > 0.1).mean():.1f} % by more than 25")
    assert np.median(away) < 2 / 255
    # A triangle that is partly hidden makes all its vertices seen: those under a finger's edge have the finger's colour.
    assert (away > 0.1).mean() < 0.08


def test_a_turned_hand_shows_what_was_hidden() -> None:
    vertices, _ = (np.float32(points) for points in pose())
    front, back = (visible(view[:, :2] * 3, view) for view in (vertices, np.float32(turned(vertices, np.zeros(3), np.pi))))
    print(f"seen from the front {front.mean():.2f}, from the back {back.mean():.2f}, from both {(front & back).mean():.3f}")
    assert (front & back).mean() < 0.02
    assert (front | back).mean() > 0.6


def test_colours_that_are_not_seen_change_nothing(network: TextureNetwork) -> None:
    torch.manual_seed(5)
    colours, seen = torch.rand(2, len(HAND.vertices), 3), (torch.rand(2, len(HAND.vertices)) < 0.4).float()
    other = torch.where(seen[:, :, None] > 0, colours, torch.rand_like(colours))
    with torch.no_grad():
        first, second = (Exported(network)(given, seen) for given in (colours, other))
    assert torch.equal(first, second)
    assert (first[..., 3][seen == 0] == 0).all()


def test_the_loss_counts_only_where_it_is_known() -> None:
    found, wanted = torch.zeros(1, 4, 3), torch.ones(1, 4, 3)
    assert photometric(found, wanted, torch.tensor([[0.0, 0, 0, 0]])) == 0
    assert photometric(found, wanted, torch.tensor([[1.0, 0, 1, 0]])) == pytest.approx(1, abs=1e-3)


def test_the_exported_file_answers_as_torch(network: TextureNetwork, tmp_path: Path) -> None:
    export(network, tmp_path / "texture.onnx")
    given = fixture_arrays()
    colours, seen = given["colours"].reshape(1, -1, 3), given["seen"][None]
    found = open_session(tmp_path / "texture.onnx").run(["texture"], {"colours": colours, "seen": seen})[0]
    with torch.no_grad():
        expected = Exported(network)(torch.from_numpy(colours.copy()), torch.from_numpy(seen)).numpy()
    worst = np.abs(found - expected).max()
    print(f"{255 * worst:.2f} of 255")
    assert worst < 1 / 255


def test_the_shipped_file_is_small_plain_and_repeats_its_fixture() -> None:
    operators = {node.op_type for node in onnx.load(str(MODEL)).graph.node}
    assert operators <= PLAIN_OPERATORS
    assert MODEL.stat().st_size < MAX_BYTES
    given = fixture_arrays()
    entrance = {"colours": given["colours"].reshape(1, -1, 3), "seen": given["seen"][None]}
    assert np.abs(open_session(MODEL).run(["texture"], entrance)[0].ravel() - given["texture"]).max() < 1e-3


@needs_data
def test_looking_for_the_true_colours_does_not_change_a_sample() -> None:
    for seed in (3, 4):
        plain = render.sample(seed, with_maps=False)
        sample, _, _ = sample_with_colours(seed, 224, "train")
        assert np.array_equal(plain.image, sample.image)
        assert np.array_equal(plain.vertices, sample.vertices)


@needs_data
def test_true_colours_are_those_of_the_picture_on_average() -> None:
    """Where vertices are shown: the light and the camera are found, though highlights and shadows are not in the true colours."""
    away = []
    for seed in range(24):
        sample, colours, shown = sample_with_colours(seed, 224, "train")
        px = (sample.vertices @ sample.projection.T)[shown]
        places = px[:, :2] / px[:, 2:] / 224 - 0.5
        away.append(np.abs(sample_colours(sample.image, places).mean(0) - colours[shown].mean(0)).mean())
    print(f"mean colours of a hand differ by {255 * np.median(away):.1f} of 255 (median), {255 * np.max(away):.1f} at most")
    assert np.median(away) < OFF


@needs_data
def test_the_generic_look_is_the_label_mesh_itself() -> None:
    corners, weights = on_look("generic")
    main = corners[np.arange(len(corners)), weights.argmax(1)]
    assert (HAND.seam_vertex[main] == np.arange(len(corners))).mean() > 0.99


def test_the_fixture_is_a_picture_of_its_hand() -> None:
    given = fixture_arrays()
    image = cv2.cvtColor(cv2.imread(str(FIXTURE / "hand.png")), cv2.COLOR_BGR2RGB)
    found = sample_colours(image, given["places"].reshape(-1, 2)) * given["seen"][:, None]
    assert np.abs(found.ravel() - given["colours"]).max() < 1e-6
