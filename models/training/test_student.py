"""The student against what it claims: folded branches, places on its grid, the teacher's maps on the same grid, left hands, its shipped file."""

from __future__ import annotations

import copy
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

import contract
import train_student
from attention import coarse_vertices
from backbone import MODEL, SIZE, features, open_backbone
from crop import Window, network_input, sample
from export import laplace_shift, output_difference
from export_student import CROPS, Exported
from pictures import PICTURE
from small_trunk import SmallTrunk
from storage import stored_weights
from student import BUILDS, COARSE, SIZES, STRIDE, Student, grid
from student_graph import restored, student_graph
from student_lesson import Lesson, motion_blurred, move, other_camera, resample
from teacher import open_behind_stage
from train_student import load_student, loss_of_places, mean_student, only_places, parameter_groups

SHIPPED = MODEL.with_name("mini.onnx")


def student(build: str = "dense") -> Student:
    torch.manual_seed(3)
    network = Student(BUILDS[build], torch.randn(COARSE, 21) / 21, torch.randn(50, COARSE) / COARSE)
    with torch.no_grad():
        for one in network.trunk.borrowed():  # zero until they are
            one.normal_(std=0.1)
        network.train()
        for _ in range(3):  # statistics that are not those of a fresh network
            network(torch.rand(4, 3, PICTURE, PICTURE))
    return network.eval()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("build", BUILDS)
def test_folded_branches_say_the_same(build: str, size: int) -> None:
    network = student(build)
    pictures = torch.rand(2, 3, size, size)
    with torch.no_grad():
        before = network(pictures)[0]
        after = network.fold()(pictures)[0]
    differences = {name: float((getattr(before, name) - getattr(after, name)).abs().max()) for name in ("keypoints", "crop", "log_width", "vertices")}
    print(f"{build} at {size} px: {differences}")
    assert max(differences.values()) < 1e-4


def test_places_are_where_the_crop_has_its_pixels() -> None:
    """A window's pixel u of n lies at u / n - 1/2 of its side, and so does the map's pixel that strides led to it."""
    places = grid(PICTURE // 8).reshape(PICTURE // 8, PICTURE // 8, 2)
    window = Window(50, 40, 80, 0)
    pixel = np.array([24, 40])  # of the crop, multiples of the stride
    in_image = window.to_image(pixel, PICTURE)
    by_map = (window.cx, window.cy) + window.side * places[pixel[1] // 8, pixel[0] // 8].numpy()
    print(f"pixel {pixel} lies at {in_image}, its map's at {by_map}")
    assert np.allclose(in_image, by_map)


def test_teachers_maps_come_to_the_students_places() -> None:
    """A teacher's cell i of stride 16 has its middle at pixel 16 i + 15 of 224, a student's at pixel 16 i + 15 of 128."""
    cells = (16 * torch.arange(14) + 15) / 224
    maps = torch.stack([cells.expand(14, 14), cells[:, None].expand(14, 14)])[None]
    moved = resample(maps, torch.eye(3)[None, :2], 8, 15 / 16, 1 - 14 / SIZE, "border")[0]
    expected = (16 * torch.arange(8) + 15) / 128
    worst = float((moved[0] - expected).abs().max()), float((moved[1] - expected[:, None]).abs().max())
    print(f"ramps along x and y differ by {worst}")
    assert max(worst) < 1e-6


@pytest.mark.parametrize("size", SIZES)
def test_cells_of_the_small_trunk_are_where_its_places_say(size: int) -> None:
    """What a spot changes in the finest maps is centred on the spot."""
    trunk = load_student(SHIPPED).trunk
    places = grid(size // STRIDE, SmallTrunk.CELL * (1 - 1 / STRIDE))
    random = torch.Generator().manual_seed(1)
    worst = 0.0
    for x, y in ((40, 40), (60, 52), (55, 59)):
        plain = torch.nn.functional.interpolate(torch.rand(6, 3, 9, 9, generator=random), size=(size, size), mode="bilinear")
        spotted = plain.clone()
        spotted[:, :, y - 3 : y + 4, x - 3 : x + 4] = 1 - plain[:, :, y - 3 : y + 4, x - 3 : x + 4]
        with torch.no_grad():
            change = (trunk(spotted)[0][0] - trunk(plain)[0][0]).square().sum(dim=1).flatten(1)
        centres = (change @ places) / change.sum(dim=1, keepdim=True)
        off = size * (centres.mean(dim=0) + 0.5) - torch.tensor([x, y])
        worst = max(worst, float(off.abs().max()))
    print(f"at {size} px changes are centred within {worst:.1f} px of their spots; cells are {STRIDE} px apart")
    assert worst < 2.5


def test_a_moved_picture_and_what_is_asked_of_it_move_alike() -> None:
    """A bright spot at a keypoint stays at it, in 2D; 3D turns along, and the window's width grows with it."""
    torch.manual_seed(2)
    count, spot = 24, torch.tensor([70, 50])  # px: x, y
    pictures = torch.zeros(count, 3, PICTURE, PICTURE)
    pictures[:, :, spot[1], spot[0]] = 1
    pictures = torch.nn.functional.avg_pool2d(pictures, 5, 1, 2)
    place = spot / PICTURE - 0.5
    points = torch.zeros(count, 21, 3)
    points[:, :, :2] = place
    lesson = Lesson(
        pictures,
        points.clone(),
        place.expand(count, 21, 2).clone(),
        torch.zeros(count),
        torch.zeros(count, 2),
        {"pooled": torch.zeros(count, 1)},
        points[:4].clone(),
        torch.empty(0),
    )
    move(lesson)
    weights = lesson.pictures[:, 0].flatten(1)
    seen = (weights @ grid(PICTURE)) / weights.sum(dim=1, keepdim=True)
    off = PICTURE * (seen - lesson.crop[:, 0]).norm(dim=1)
    still = torch.isfinite(lesson.features["pooled"][:, 0])
    print(f"spots are within {float(off.max()):.2f} px of their labels; {int(still.sum())} of {count} stay")
    assert float(off.max()) < 0.3
    # What the crop says of a point's direction and what 3D says agree, up to the shift and the scale.
    for row in range(count):
        shown = lesson.window[row, :, :2] @ (lesson.keypoints[row, 0, :2])
        assert torch.allclose(shown, place * lesson.log_width[row].exp(), atol=1e-5)


def test_an_oversampled_crop_is_the_mean_of_a_finer_one() -> None:
    image = np.random.default_rng(0).integers(0, 255, (60, 70, 3), dtype=np.uint8)
    window = Window(30, 31, 44, 0.4, True)
    fine = sample(image, window, 32)
    coarse = sample(image, window, 16, 2)
    expected = (fine[::2, ::2] + fine[1::2, ::2] + fine[::2, 1::2] + fine[1::2, 1::2]) / 4
    assert np.abs(coarse - expected).max() < 1e-3


def test_other_cameras_change_pictures_but_not_their_range() -> None:
    torch.manual_seed(1)
    pictures = torch.rand(16, 3, PICTURE, PICTURE)
    seen = other_camera(pictures)
    change = (seen - pictures).abs().mean(dim=(1, 2, 3))
    print(f"pictures change by {float(change.min()):.3f} to {float(change.max()):.3f}")
    assert seen.min() >= 0 and seen.max() <= 1 and float(change.median()) > 0.02


def test_motion_blurs_along_a_line_and_leaves_things_where_they_are() -> None:
    torch.manual_seed(4)
    spots = torch.zeros(32, 3, PICTURE, PICTURE)
    spots[:, :, 60, 70] = 1
    seen = motion_blurred(spots)
    places = torch.stack(torch.meshgrid(torch.arange(PICTURE), torch.arange(PICTURE), indexing="xy"), dim=-1).reshape(-1, 2).float()
    weights = seen[:, 0].flatten(1)
    off = weights @ places - torch.tensor([70.0, 60.0])
    spread = (weights[:, :, None] * (places - torch.tensor([70.0, 60.0]))).abs().sum(dim=1).norm(dim=1)
    print(f"brightness {float(weights.sum(dim=1).min()):.4f} to {float(weights.sum(dim=1).max()):.4f}, centres within {float(off.abs().max()):.4f} px; spread {float(spread.min()):.2f} to {float(spread.max()):.2f} px")
    assert torch.allclose(weights.sum(dim=1), torch.ones(32), atol=1e-5) and float(off.abs().max()) < 1e-3
    assert float(spread.min()) < 1 < 2 < float(spread.max())


@pytest.mark.parametrize("build", BUILDS)
def test_the_exported_file_keeps_the_contract_and_says_what_torch_says(build: str, tmp_path: Path) -> None:
    network = student(build).fold()
    if network.share is not None:
        torch.nn.init.uniform_(network.share, 0.1, 0.9)
    path = tmp_path / "student.onnx"
    model = student_graph(network, laplace_shift(1.2), path)
    onnx.save(model, str(path))
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    operators = {node.op_type for node in model.graph.node}
    for size in SIZES:
        picture = torch.rand(1, 3, size, size)
        answers = session.run(["state", "vertices"], {"image": picture.numpy()})
        with torch.no_grad():
            expected = Exported(network, 1.2)(picture)
        off = [float(np.abs(found - wanted.numpy()).max()) for found, wanted in zip(answers, expected, strict=True)]
        print(f"{size} px: state {answers[0].shape} differs by {off[0]:.1e}, vertices by {off[1]:.1e}; {sorted(operators)}")
        assert answers[0].shape == (1, contract.STATE_LENGTH) and max(off) < 1e-4
    assert "BatchNormalization" not in operators


def test_several_checkpoints_become_the_mean_of_their_weights_by_shares(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = {name: student() for name in "ab"}
    with torch.no_grad():
        kept["b"].enter.bias += 3
    monkeypatch.setattr(train_student, "load_student", lambda name: copy.deepcopy(kept[name]))
    moved = float((mean_student(["a", "b"], [1, 2]).enter.bias - kept["a"].enter.bias).mean())
    print(f"one of two whose biases are 3 apart, by shares 1 and 2: {moved:.4f} from the first")
    assert abs(moved - 2) < 1e-5
    kept["b"] = load_student(SHIPPED)
    with pytest.raises(ValueError, match="a, b are not checkpoints of one kind"):
        mean_student(["a", "b"], [1, 1])


def test_the_shipped_file_holds_the_student_that_training_starts_from() -> None:
    network = load_student(SHIPPED)
    worst = output_difference(SHIPPED, Exported(network, 1.0).eval(), "state", 0, SIZES * CROPS)
    print(f"state of {SHIPPED.name} and of the student read from it differ by {worst:.1e}")
    assert worst < 1e-4


def test_weights_that_are_not_a_students_are_refused() -> None:
    arrays = stored_weights(onnx.load(str(SHIPPED)).graph)
    for wrong in (arrays | {"network.trunk.more": np.zeros(1)}, {name: one for name, one in arrays.items() if name != "network.smooth.bias"}):
        with pytest.raises(ValueError, match="not of Student: (smooth.bias|trunk.more) should"):
            restored(wrong)


def test_only_places_are_learnt_where_only_they_are_taught() -> None:
    network = load_student(SHIPPED)
    pictures = torch.rand(8, 3, PICTURE, PICTURE)
    with torch.no_grad():
        before, _ = network(pictures)
    lesson = Lesson(pictures, before.keypoints, before.crop + 0.02, before.log_width, before.logits, {}, before.vertices, torch.empty(0))
    lesson.crop[0] = torch.nan
    only_places(network)
    optimizer = torch.optim.AdamW(parameter_groups(network, 1e-3, 0))
    off = []
    for _ in range(60):
        term = loss_of_places(network(pictures)[0], lesson)["off px"]
        optimizer.zero_grad()
        term.backward()
        optimizer.step()
        off.append(float(term.detach()))
    with torch.no_grad():
        after, _ = network(pictures)
    print(f"places are {off[0]:.2f} px off, {off[-1]:.2f} px after 60 steps")
    assert off[-1] < 0.3 * off[0]
    for name in ("keypoints", "log_scale", "log_scale_2d", "log_width", "logits", "vertices"):
        assert torch.equal(getattr(before, name), getattr(after, name)), name


def test_a_teacher_says_behind_the_stage_what_the_whole_network_says() -> None:
    model = SHIPPED.with_name("ahrnet.onnx")
    crop = np.clip(np.random.default_rng(2).normal(128, 60, (SIZE, SIZE, 3)), 0, 255)
    behind = open_behind_stage(model)
    said = behind.run(None, {behind.get_inputs()[0].name: features(open_backbone(), crop).stage[None]})[0]
    whole = onnxruntime.InferenceSession(str(model), providers=["CPUExecutionProvider"]).run(["state"], {"image": network_input(crop)})[0]
    print(f"states differ by {np.abs(said - whole).max():.1e}")
    assert np.allclose(said, whole, atol=1e-4)
    with pytest.raises(ValueError, match="must begin with the borrowed network"):
        open_behind_stage(SHIPPED)
