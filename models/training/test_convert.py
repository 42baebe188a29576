"""The committed models against the contract, their manifests, the fixtures and the network that they came from."""

from __future__ import annotations

import hashlib
import json
import os
import zipfile
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper

import contract
import convert_mediapipe as convert
import palm
import reference
from crop import Window, network_input, sample, window_from_keypoints
from recoverer import decode, keypoints_in_image, open_session, recover
from small_trunk import SmallTrunk
from storage import FOLDED, INT8_MAX, store_levels, stored_weights
from tail import borrowed_blocks

MODELS = Path(__file__).parent.parent
FIXTURES = MODELS.parent / "tests" / "fixtures" / "parity"
WHEEL = os.environ.get("MEDIAPIPE_WHEEL")
REFERENCE = json.loads((FIXTURES / "reference.json").read_text())
FREE_OPERATORS = set(
    "Add Cast Clip Concat Conv Div Gemm GlobalAveragePool MatMul MaxPool Mul Reshape Sqrt Transpose".split()
)


@pytest.fixture(scope="module")
def detector():
    return open_session(MODELS / "palm.json")


@pytest.fixture(scope="module")
def network():
    return open_session(MODELS / "mediapipe.onnx")


@pytest.mark.parametrize("name", ["palm", "mediapipe"])
def test_manifest_names_the_file_beside_it(name: str) -> None:
    manifest = json.loads((MODELS / f"{name}.json").read_text())
    data = (MODELS / manifest["file"]).read_bytes()
    assert manifest["bytes"] == len(data) and manifest["sha256"] == hashlib.sha256(data).hexdigest()
    session = open_session(MODELS / f"{name}.json")
    image, size = manifest["input"]["name"], manifest["input"]["size"]
    assert [(i.name, i.shape) for i in session.get_inputs()] == [(image, [1, 3, size, size])]
    said = session.run(list(manifest["outputs"]), {image: np.zeros((1, 3, size, size), np.float32)})
    assert [list(values.shape) for values in said] == list(manifest["outputs"].values())


@pytest.mark.parametrize(("name", "others"), [("palm", {"DequantizeLinear", "PRelu", "Pad", "Resize"}), ("mediapipe", set())])
def test_operators_are_those_that_every_backend_has(name: str, others: set[str]) -> None:
    model = onnx.load(MODELS / f"{name}.onnx")
    assert {node.op_type for node in model.graph.node} <= FREE_OPERATORS | others
    for node in model.graph.node:
        assert not any(attribute.name == "auto_pad" for attribute in node.attribute), f"{node.name} has implicit pads"


def test_float16_weights_give_what_float32_weights_give(tmp_path: Path) -> None:
    """The same graph with its weights stored as float32: 0 px and 0 mm apart, to rounding."""
    model = onnx.load(MODELS / "mediapipe.onnx")
    halves = {tensor.name: tensor for tensor in model.graph.initializer if tensor.data_type == TensorProto.FLOAT16}
    for node in [node for node in model.graph.node if node.op_type == "Cast"]:
        value = numpy_helper.to_array(halves[node.input[0]]).astype(np.float32)
        model.graph.initializer.append(numpy_helper.from_array(value, node.output[0]))
        model.graph.initializer.remove(halves[node.input[0]])
        model.graph.node.remove(node)
    onnx.save(model, tmp_path / "float32.onnx")
    full, half = open_session(tmp_path / "float32.onnx"), open_session(MODELS / "mediapipe.onnx")
    worst = 0.0
    for photo in REFERENCE["exact"].values():
        image = network_input(reference.read_rgb(FIXTURES / photo["files"]["hand"]))
        pairs = zip(half.run(None, {"image": image}), full.run(None, {"image": image}), strict=True)
        worst = max(worst, *(float(np.abs(a - b).max()) for a, b in pairs))
    print(f"largest difference of an output {worst}")
    assert worst < 1e-6


def test_weights_stored_as_bytes_are_within_half_a_step_and_come_back() -> None:
    random = np.random.default_rng(5)
    weight = random.normal(size=(64, 512, 1, 1)).astype(np.float32) * random.uniform(0.01, 10, (64, 1, 1, 1)).astype(np.float32)
    image = helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, 512, 4, 4])
    out = helper.make_tensor_value_info("out", TensorProto.FLOAT, [1, 64, 4, 4])
    graph = helper.make_graph([helper.make_node("Conv", ["image", "weight"], ["out"])], "one", [image], [out], [numpy_helper.from_array(weight, "weight")])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    store_levels(model)
    graph = model.graph
    step = np.abs(weight).max(axis=(1, 2, 3), keepdims=True) / INT8_MAX
    off = np.abs(stored_weights(graph)["weight"] - weight) / step
    picture = random.normal(size=(1, 512, 4, 4)).astype(np.float32)
    said = onnxruntime.InferenceSession(model.SerializeToString()).run(None, {"image": picture})[0]
    expected = np.einsum("oi,bihw->bohw", stored_weights(graph)["weight"][:, :, 0, 0], picture)
    stored = sum(numpy_helper.to_array(c).nbytes for c in graph.initializer)
    print(f"off by {off.max():.3f} steps at most; {stored} bytes of {weight.nbytes}")
    assert off.max() < 0.501 and stored < 0.3 * weight.nbytes
    assert np.abs(said - expected).max() < 1e-4 * np.abs(expected).max()


@pytest.mark.parametrize("name", ["palm", "mediapipe"])
def test_stored_weights_are_folded_when_the_session_is_made(name: str, tmp_path: Path) -> None:
    options = onnxruntime.SessionOptions()
    for key, value in FOLDED.items():
        options.add_session_config_entry(key, value)
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    options.optimized_model_filepath = str(tmp_path / "optimised.onnx")
    onnxruntime.InferenceSession(str(MODELS / f"{name}.onnx"), options, providers=["CPUExecutionProvider"])
    assert not {"Cast", "DequantizeLinear"} & {node.op_type for node in onnx.load(options.optimized_model_filepath).graph.node}


@pytest.mark.parametrize("name", sorted(REFERENCE["photos"]))
def test_photos_give_the_reference(name: str, detector, network) -> None:
    found = reference.describe_photo(reference.read_rgb(FIXTURES / name), detector, network)
    expected = REFERENCE["photos"][name]
    assert len(found["palms"]) == len(expected["palms"])
    for a, b in zip(found["palms"], expected["palms"], strict=True):
        np.testing.assert_allclose(a["keypoints"], b["keypoints"], atol=0.02)
    for a, b in zip(found["hands"], expected["hands"], strict=True):
        for view in ("plain", "mirrored"):
            np.testing.assert_allclose(a[view]["keypointsPx"], b[view]["keypointsPx"], atol=0.02)
            np.testing.assert_allclose(a[view]["keypoints"], b[view]["keypoints"], atol=1e-4)


def test_state_holds_a_hand_of_reference_size(network) -> None:
    for photo in REFERENCE["exact"].values():
        state = network.run(["state"], {"image": network_input(reference.read_rgb(FIXTURES / photo["files"]["hand"]))})[0][0]
        np.testing.assert_allclose(state, photo["state"], atol=1e-4)
        hand = decode(state)
        np.testing.assert_allclose(hand.keypoints[contract.ROOT], 0, atol=1e-6)
        lengths = [np.linalg.norm(hand.keypoints[a] - hand.keypoints[b]) for a, b in convert.BONES]
        assert sum(lengths) == pytest.approx(contract.REFERENCE_LENGTH, rel=1e-4)
        assert hand.log_window_width == 0 and np.allclose(np.exp(hand.log_sigma), convert.SIGMA)


def test_a_mirrored_crop_reads_as_the_other_hand(network) -> None:
    """desk_000 shows a right hand, two_hands two left ones, none of them mirrored."""
    for name, is_right in (("desk_000.png", True), ("two_hands.png", False)):
        for hand in REFERENCE["photos"][name]["hands"]:
            assert (hand["plain"]["handedness"] > 0) == is_right
            assert (hand["mirrored"]["handedness"] > 0) != is_right


def test_a_window_from_what_was_found_finds_it_again(network) -> None:
    image = reference.read_rgb(FIXTURES / "desk_000.png")
    points = np.array(REFERENCE["photos"]["desk_000.png"]["hands"][0]["plain"]["keypointsPx"])
    window = window_from_keypoints(points)
    again = keypoints_in_image(recover(network, image, window), window)
    difference = np.linalg.norm(again - points, axis=1).mean() * 224 / window.side
    print(f"mean difference {difference:.2f} px of 224")
    assert difference < 4


def test_sampling_has_no_half_pixel_offset() -> None:
    image = np.arange(4 * 6 * 3, dtype=np.uint8).reshape(4, 6, 3)
    np.testing.assert_array_equal(sample(image, Window(2, 2, 4, 0), 4), image[:4, :4])
    np.testing.assert_array_equal(sample(image, Window(2, 2, 4, 0, mirrored=True), 4)[:, 1:], image[:4, 3:0:-1])
    half = sample(image, Window(1.5, 2, 4, 0), 4)
    np.testing.assert_allclose(half[:, 0], image[:4, 0] / 2)
    np.testing.assert_allclose(half[:, 1], (image[:4, 0].astype(float) + image[:4, 1]) / 2)


def test_anchors_lie_in_the_order_of_the_outputs() -> None:
    anchors = palm.anchors()
    assert anchors.shape == (2016, 2)
    np.testing.assert_allclose(anchors[[0, 1, 2, 48, 1152, 1158]] * 48, [[1, 1], [1, 1], [3, 1], [1, 3], [2, 2], [6, 2]])
    np.testing.assert_allclose(palm.anchors(128)[[0, 1, 2, 32, 512, 518]] * 32, [[1, 1], [1, 1], [3, 1], [1, 3], [2, 2], [6, 2]])


@pytest.mark.skipif(not WHEEL, reason="set MEDIAPIPE_WHEEL to the path of the mediapipe 0.10.14 wheel")
def test_networks_agree_with_tensorflow_lite(detector, network, tmp_path: Path) -> None:
    from tensorflow import lite

    with zipfile.ZipFile(WHEEL) as archive:
        members = {"palm": convert.PALM_TFLITE, "hand": convert.HAND_TFLITE}
        paths = {key: archive.extract(member, tmp_path) for key, member in members.items()}

    def run_lite(key: str, image: np.ndarray) -> list[np.ndarray]:
        interpreter = lite.Interpreter(paths[key], num_threads=1)
        interpreter.allocate_tensors()
        interpreter.set_tensor(interpreter.get_input_details()[0]["index"], image.transpose(0, 2, 3, 1).copy())
        interpreter.invoke()
        outputs = sorted(interpreter.get_output_details(), key=lambda detail: detail["name"])
        return [interpreter.get_tensor(detail["index"])[0] for detail in outputs]

    worst_palm = worst_score = worst_px = 0.0
    for photo in REFERENCE["exact"].values():
        image = network_input(reference.read_rgb(FIXTURES / photo["files"]["palm"]))
        boxes, scores = detector.run(["boxes", "scores"], {"image": image})
        lite_boxes, lite_scores = run_lite("palm", image)
        palms = lite_scores[:, 0] > 0
        worst_palm = max(worst_palm, np.abs(boxes[0] - lite_boxes)[palms].max())
        worst_score = max(worst_score, np.abs(scores[0] - lite_scores[:, 0])[palms].max())
        image = network_input(reference.read_rgb(FIXTURES / photo["files"]["hand"]))
        hand = decode(network.run(["state"], {"image": image})[0][0])
        landmarks, presence, handedness, _ = run_lite("hand", image)
        worst_px = max(worst_px, np.abs((hand.crop + 0.5) * 224 - landmarks.reshape(21, 3)[:, :2]).max())
        np.testing.assert_allclose(1 / (1 + np.exp([-hand.presence, -hand.handedness])), [presence[0], handedness[0]], atol=1e-5)
    print(f"largest difference: palms {worst_palm:.2f} px of 192, their logits {worst_score:.2f}, landmarks {worst_px:.1e} px")
    # The detector's large weights are int8.
    assert worst_palm < 1 and worst_score < 0.5 and worst_px < 0.01


@pytest.mark.skipif(not WHEEL, reason="set MEDIAPIPE_WHEEL to the path of the mediapipe 0.10.14 wheel")
def test_the_students_trunk_is_lites_but_for_the_size_of_kernels(tmp_path: Path) -> None:
    """With lite's own kernels it makes lite's features of lite's pictures."""
    path = tmp_path / "lite.onnx"
    model = convert.rewrite_hand(convert.convert_tflite(Path(WHEEL), convert.LITE_TFLITE), convert.SIGMA)
    pool = next(node for node in model.graph.node if node.op_type == "GlobalAveragePool")
    model.graph.output.append(helper.make_tensor_value_info(pool.output[0], TensorProto.FLOAT, None))
    onnx.save(model, path)
    trunk = SmallTrunk().eval()
    (trunk.stem, *first), blocks = borrowed_blocks(path)
    trunk.first = torch.nn.ModuleList(first)
    for mine, theirs in zip(trunk.blocks, blocks, strict=True):
        mine.expand, mine.depthwise, mine.project = theirs.expand, theirs.depthwise, theirs.project
    photo = next(iter(REFERENCE["exact"].values()))
    image = network_input(reference.read_rgb(FIXTURES / photo["files"]["hand"]))
    wanted = open_session(path.read_bytes()).run([pool.output[0]], {"image": image})[0].reshape(-1)
    with torch.no_grad():
        found = trunk(torch.from_numpy(image))[1][0].numpy()
    print(f"{len(found)} pooled features differ by {np.abs(found - wanted).max():.1e} at most, the largest is {wanted.max():.1f}")
    assert np.abs(found - wanted).max() < 1e-3
