"""The palm detector: what it is asked, what it begins with, and its file."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

import convert_mediapipe as convert
import palm
from augment import to_crop
from export_palm import palm_graph
from palm_pictures import draw_square
from quick_palm import PICTURE, VALUES, QuickPalm, original_palm
from recoverer import open_session
from storage import store_bytes, store_half
from train_palm import loss_of, mirror, scores_asked

WHEEL = os.environ.get("MEDIAPIPE_WHEEL")
ANCHORS = torch.from_numpy(palm.anchors(PICTURE)).float()
THEIRS = torch.from_numpy(palm.anchors()).float()


def palms_at(*places: tuple[float, float], width: float = 0.25) -> torch.Tensor:
    """[1, 4, 18] palms around these places."""
    palms = torch.full((1, 4, VALUES), torch.nan)
    for index, place in enumerate(places):
        palms[0, index] = torch.tensor([*place, width, width, *(np.array(place) + np.linspace(-0.1, 0.1, 14).reshape(7, 2)).ravel()])
    return palms


def answer(palms: torch.Tensor) -> torch.Tensor:
    """Boxes [1, 896, 18] that say the first of these palms at every anchor, px."""
    off = palms[0, 0].repeat(len(ANCHORS), 1)
    off[:, :2] -= ANCHORS
    off[:, 4:] -= ANCHORS.repeat(1, 7)
    return PICTURE * off[None]


@pytest.mark.parametrize("anchor", [0, 777, 1151, 1152, 1700, 2015])
def test_a_palm_of_the_larger_detector_is_asked_for_around_its_place(anchor: int) -> None:
    logits = torch.full((1, len(THEIRS)), -20.0)
    logits[0, anchor] = 3
    asked = scores_asked(logits)[0]
    where = ANCHORS[asked > 0.5]
    cell = 8 / PICTURE if anchor < 1152 else 16 / PICTURE
    print(f"anchor at {THEIRS[anchor].tolist()} is asked for at {where.tolist()}")
    assert 1 <= len(where) <= 4
    assert (where - THEIRS[anchor]).abs().max() <= cell
    assert asked.max() == pytest.approx(float(torch.sigmoid(torch.tensor(3.0))))


def test_what_is_asked_costs_nothing_and_what_is_not_costs_more_the_farther_it_is() -> None:
    palms = palms_at((0.4, 0.55))
    asked = torch.zeros(1, len(ANCHORS))
    asked[0, (ANCHORS - palms[0, 0, :2]).norm(dim=1).topk(6, largest=False).indices] = 0.9
    logits = torch.logit(asked.clamp(1e-6, 1 - 1e-6))
    boxes = answer(palms)
    right, near, far = (loss_of(boxes + off, logits, asked, palms, ANCHORS) for off in (0, 2, 20))
    wrong = loss_of(boxes, -logits, asked, palms, ANCHORS)
    print({name: [round(float(terms[name]), 4) for terms in (right, near, far, wrong)] for name in right})
    assert float(right["scores"]) < 1e-4 and float(right["boxes"]) < 1e-5
    assert 1e-3 < float(near["boxes"]) < float(far["boxes"]) and float(wrong["scores"]) > 1


def test_a_mirrored_batch_asks_for_what_the_mirrored_picture_shows() -> None:
    pictures = torch.rand(2, 3, PICTURE, PICTURE)
    palms = palms_at((0.3, 0.6)).repeat(2, 1, 1)
    asked = (ANCHORS - torch.tensor([0.3, 0.6])).norm(dim=1).lt(0.06).float().repeat(2, 1)
    seen, before = pictures.clone(), palms.clone()
    mirror(pictures, asked, palms, torch.tensor([True, False]))
    where = [ANCHORS[row > 0.5].mean(dim=0).tolist() for row in asked]
    print(f"asked for at {where}, palms at {palms[:, 0, :2].tolist()}")
    assert torch.equal(pictures[0], seen[0].flip(2)) and torch.equal(pictures[1], seen[1])
    np.testing.assert_allclose(palms[0, 0, :2], [0.7, 0.6], atol=1e-6)
    np.testing.assert_allclose(palms[0, 0, 4::2], 1 - before[0, 0, 4::2], atol=1e-6)
    np.testing.assert_allclose(where[0], [1 - where[1][0], where[1][1]], atol=1e-6)


def test_squares_show_the_hand_that_they_are_drawn_about() -> None:
    random = np.random.default_rng(3)
    image = np.zeros((480, 640, 3), np.uint8)
    about = np.array([300.0, 200.0]) + random.uniform(-60, 60, (21, 2))
    reach = [float(np.abs(to_crop(about, draw_square(image, about, random))).max()) for _ in range(200)]
    print(f"farthest keypoint {max(reach):.2f} sides from the centre of 200 squares")
    assert max(reach) < 0.75 and np.mean(np.array(reach) <= 0.5) > 0.8


def test_the_file_says_what_torch_says(tmp_path: Path) -> None:
    torch.manual_seed(5)
    network = QuickPalm()
    with torch.no_grad():
        for parameter in network.parameters():
            if parameter.ndim == 4:
                parameter.normal_(std=0.6 / parameter[0].numel() ** 0.5)
    network.eval()
    model = palm_graph(network)
    store_bytes(model.graph)
    store_half(model.graph)
    onnx.save(model, tmp_path / "palm.onnx")
    image = np.random.default_rng(6).random((1, 3, PICTURE, PICTURE), np.float32)
    said = onnxruntime.InferenceSession(str(tmp_path / "palm.onnx")).run(["boxes", "scores"], {"image": image})
    with torch.no_grad():
        expected = [values.numpy() for values in network(torch.from_numpy(image))]
    off = [float(np.abs(a - b).max() / np.abs(b).max()) for a, b in zip(said, expected, strict=True)]
    print(f"{len(model.graph.node)} nodes; boxes and scores differ by {off} of the largest")
    assert [values.shape for values in said] == [(1, 896, VALUES), (1, 896)] and max(off) < 0.03


@pytest.mark.skipif(not WHEEL, reason="set MEDIAPIPE_WHEEL to the path of the mediapipe 0.10.14 wheel")
def test_it_is_mediapipes_but_for_the_size_of_kernels(tmp_path: Path) -> None:
    """With MediaPipe's own kernels it makes MediaPipe's answers of MediaPipe's pictures."""
    path = tmp_path / "palm.onnx"
    model = convert.rewrite_palm(convert.convert_tflite(Path(WHEEL), convert.PALM_TFLITE))
    onnx.save(model, path)
    network, session = original_palm(path), open_session(path)
    image = np.random.default_rng(7).random((1, 3, palm.SIZE, palm.SIZE), np.float32)
    boxes, scores = session.run(["boxes", "scores"], {"image": image})
    with torch.no_grad():
        mine = [values.numpy() for values in network(torch.from_numpy(image))]
    off = float(np.abs(mine[0] * palm.SIZE / PICTURE - boxes).max()), float(np.abs(mine[1] - scores).max())
    print(f"boxes differ by {off[0]:.1e} px of 192, scores by {off[1]:.1e}")
    assert max(off) < 1e-2
