"""The training programs' parts, each against what it claims."""

from __future__ import annotations

import copy
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

import contract
import losses
from augment import camera_noise, cover, jitter, sample_fast, to_crop, under
from backbone import MODEL, POOLED, SIZE, STAGE, features, open_backbone
from cache_maps import cache, linked
from crop import Window, network_input, sample
from export import join, largest_differences, network_graph
from feature_set import FeatureSet
from camera_space import BINS, WIDTH_RANGE
from heads import KEYPOINTS, reference_size
from network import METHODS, Network
from photos import DATA, read_hands
from render.data import background_names
from self_labels import group_means, passed_on, turned
from tail import MAPS, borrowed_landmarks, borrowed_tail
from train import FEATURES, Covered, Kinds, Source, draw_batch, kept_losses, spreads_of, take_trunk
from upsampling import fit_upsampling

WINDOW = Window(150.3, 97.8, 120.5, 0.7, True)


def untrained(method: str = "camera-space", without: frozenset[str] = frozenset(), vertices: int = 40) -> Network:
    torch.manual_seed(3)
    kind = METHODS[method]
    statistics = (torch.zeros(POOLED), torch.ones(POOLED))
    return Network(kind(*statistics, torch.randn(kind.COARSE, 21), torch.randn(vertices, kind.COARSE), without=without)).eval()


def test_fast_sampling_is_sampling() -> None:
    random = np.random.default_rng(0)
    image = np.clip(np.add.outer(np.sin(np.arange(240) / 9), np.cos(np.arange(320) / 7))[..., None] * 60 + random.normal(size=3) * 20 + 120, 0, 255)
    image = image.astype(np.uint8)
    worst = np.abs(sample(image, WINDOW, SIZE) - sample_fast(image, WINDOW, SIZE)).max()
    print(f"largest difference {worst:.2f} of 255")
    assert worst < 4  # OpenCV places samples to 1/32 px


def test_crop_coordinates_are_where_the_window_says() -> None:
    points = np.random.default_rng(1).uniform(50, 200, (21, 2))
    back = WINDOW.to_image(to_crop(points, WINDOW) + 0.5, 1)
    print(f"there and back: {np.abs(back - points).max():.1e} px")
    assert np.allclose(back, points)


def test_augmentation_is_decided_by_its_seed() -> None:
    crop = np.full((SIZE, SIZE, 3), 90, np.uint8)
    for seed in range(3):
        first, second = (np.random.default_rng(seed) for _ in range(2))
        assert jitter(WINDOW, first) == jitter(WINDOW, second)
        assert np.array_equal(camera_noise(crop, first), camera_noise(crop, second))


def test_backbone_answers_as_the_borrowed_network() -> None:
    crop = np.random.default_rng(2).integers(0, 255, (SIZE, SIZE, 3)).astype(np.float32)
    found = features(open_backbone(), crop)
    session = onnxruntime.InferenceSession(str(Path(__file__).parent.parent / "mediapipe.onnx"))
    difference = np.abs(session.run(["state"], {"image": network_input(crop)})[0][0] - found.state).max()
    print(f"state differs by {difference:.1e}")
    assert found.pooled.shape == (POOLED,) and found.stage.shape == STAGE
    assert difference < 1e-4


def test_the_tail_starts_as_the_borrowed_network() -> None:
    found = features(open_backbone(), np.random.default_rng(4).integers(0, 255, (SIZE, SIZE, 3)).astype(np.float32))
    with torch.no_grad():
        _, pooled = borrowed_tail().eval()(torch.from_numpy(found.stage[None]))
        keypoints, *rest = borrowed_landmarks()(pooled).split([63, 42, 2], dim=1)
    borrowed = torch.from_numpy(found.state[: contract.CROP]).reshape(21, 3)
    keypoints = reference_size(keypoints.reshape(1, 21, 3))[0]
    assert torch.allclose(keypoints, borrowed - borrowed[contract.ROOT], atol=1e-5)
    said = torch.cat(rest, dim=1)[0].numpy()
    expected = found.state[[*range(contract.CROP, contract.LOG_SIGMA), contract.PRESENCE, contract.HANDEDNESS]]
    print(f"pooled features differ by {np.abs(pooled[0].numpy() - found.pooled).max():.1e}, positions and logits by {np.abs(said - expected).max():.1e}")
    assert np.allclose(pooled[0].numpy(), found.pooled, atol=1e-4)
    assert np.allclose(said, expected, atol=1e-4)


def test_the_tail_of_training_is_the_tail_of_use() -> None:
    tail, stage = borrowed_tail().eval(), 2 * torch.randn(3, *STAGE, generator=torch.manual_seed(5))
    with torch.no_grad():
        exact, same, near = tail(stage)[1], tail.columns(stage, torch.float32)[1], tail.columns(stage, torch.bfloat16)[1]
    spread = float(exact.std())
    off, rough = (float((other - exact).abs().mean()) / spread for other in (same, near))
    print(f"pooled features differ by {off:.1e} of their spread in float32, {rough:.1e} in bfloat16")
    assert off < 1e-5 and rough < 0.05


def test_a_feature_set_goes_on_where_it_stopped(tmp_path: Path) -> None:
    def row(value: float) -> dict[str, object]:
        return dict.fromkeys(("pooled", "stage", "state", "keypoints", "crop", "visible", "log_width", "vertices", "group", "roll"), value)

    store = FeatureSet.create(tmp_path, 5, 3)
    store.append(**row(1))
    store.flush()
    store = FeatureSet.open(tmp_path, "r+")
    store.append(**row(2))
    store.flush()
    again = FeatureSet.open(tmp_path)
    assert again.filled == 2 and again.capacity == 5
    assert again["keypoints"][:, 0, 0].tolist() == [1, 2]


@pytest.mark.parametrize("method", METHODS)
def test_predictions_keep_the_contract(method: str) -> None:
    found = untrained(method)(torch.randn(4, *STAGE))
    assert found.keypoints.shape == (4, KEYPOINTS, 3) and torch.all(found.keypoints[:, contract.ROOT] == 0)
    assert found.crop.shape == (4, KEYPOINTS, 2) and found.log_scale.shape == (4, KEYPOINTS) and found.log_width.shape == (4,)
    assert found.vertices is not None and found.vertices.shape == (4, 40, 3)
    assert all(torch.isfinite(value).all() for value in vars(found).values() if isinstance(value, torch.Tensor))


def test_bins_are_in_order_and_hold_the_width() -> None:
    found = untrained()(torch.randn(4, *STAGE))
    centres = found.extras["bin centres"]
    assert centres.shape == (4, BINS)
    assert torch.all(centres.diff(dim=1) > 0)
    low, high = WIDTH_RANGE
    assert torch.all((found.log_width.exp() > low) & (found.log_width.exp() < high))


def test_unknown_labels_teach_nothing() -> None:
    error = torch.randn(3, KEYPOINTS, 3)
    scale = torch.zeros(3, KEYPOINTS, requires_grad=True)
    error[1] = float("nan")
    loss = losses.laplace(error, scale, torch.ones(KEYPOINTS))
    loss.backward()
    assert torch.isfinite(loss)
    assert torch.all(scale.grad[1] == 0) and torch.all(scale.grad[0] != 0)


def test_the_likelihood_is_least_at_the_true_scale() -> None:
    error = torch.distributions.Laplace(0.0, 0.02).sample((4000, 1, 3))
    scales = np.log(np.linspace(0.005, 0.06, 56))
    values = [float(losses.laplace(error, torch.full((4000, 1), float(scale)))) for scale in scales]
    best = float(np.exp(scales[int(np.argmin(values))]))
    print(f"least at {best:.4f}, drawn with 0.02")
    assert best == pytest.approx(0.02, abs=0.0011)


def test_the_scale_invariant_loss_forgives_a_common_factor_in_part() -> None:
    truth = torch.randn(100)
    common = float(losses.scale_invariant_log(truth + 0.1, truth))
    mixed = float(losses.scale_invariant_log(truth + 0.1 * torch.sign(torch.randn(100)), truth))
    print(f"common factor {common:.3f}, mixed {mixed:.3f}")
    assert common < 0.8 * mixed


def test_self_labels_are_means_in_each_crops_own_frame() -> None:
    random = np.random.default_rng(4)
    upright = random.normal(size=(2, 21, 3)).repeat(3, axis=0)
    roll = random.uniform(-0.4, 0.4, 6)
    group = np.array([0, 0, 0, 1, 1, 1])
    noise = random.normal(size=upright.shape) * 0.01
    labels, spread = group_means(turned(upright + noise, -roll), group, roll)
    error = np.linalg.norm(turned(labels, roll) - upright, axis=2).mean()
    single = np.linalg.norm(noise, axis=2).mean()
    print(f"labels {error:.4f} off, single crops {single:.4f}, spread {spread.mean():.4f}")
    assert error < 0.75 * single
    assert spread == pytest.approx(single, rel=0.5)


def test_labels_pass_on_to_other_crops_of_the_same_photo() -> None:
    random = np.random.default_rng(8)
    upright = random.normal(size=(3, 21, 3))
    group, other = np.array([0, 0, 2]), np.array([2, 0, 1, 3])
    roll, to_roll = random.uniform(-1, 1, 3), random.uniform(-1, 1, 4)
    found = passed_on(turned(upright[group], -roll), group, roll, other, to_roll)
    assert np.allclose(found[:2], turned(upright[[2, 0]], -to_roll[:2]))
    assert np.isnan(found[2:]).all(), "photos without labels stay so"


def test_an_object_covers_as_much_as_it_is_asked_to() -> None:
    if not (DATA / "backgrounds").exists():
        pytest.skip(f"no backgrounds: {DATA} is missing (set HAND_DATA)")
    crop = np.zeros((SIZE, SIZE, 3), np.uint8)
    names = background_names()
    shares = [cover(crop, 0.25, names, np.random.default_rng(seed))[1].mean() for seed in range(20)]
    print(f"asked for 25 %, covers {100 * min(shares):.0f} to {100 * max(shares):.0f} %")
    assert max(shares) < 0.26 and np.median(shares) > 0.2


def test_upsampling_restores_meshes_that_bend_like_those_it_was_made_from() -> None:
    random = np.random.default_rng(5)
    latent = random.normal(size=(2600, 19, 3))
    mixing = random.normal(size=(300, 19)) / 4
    hands = mixing @ latent
    fitted = fit_upsampling(hands[:, :21], hands.astype(np.float32), np.arange(0, 300, 6), random)
    print(f"of meshes a metre wide the coarse one is {fitted.base_error:.4f} off, the fine one {fitted.fine_error:.4f}")
    assert fitted.fine.shape == (300, 50) and fitted.base.shape == (50, 21)
    assert max(fitted.base_error, fitted.fine_error) < 0.01


@pytest.mark.parametrize("method", METHODS)
def test_the_exported_file_says_what_torch_says(method: str, tmp_path: Path) -> None:
    network = untrained(method)
    path = tmp_path / f"{method}.onnx"
    onnx.save(join(onnx.load(str(MODEL)), network_graph(network, 1.2, tmp_path / "network.onnx")), str(path))
    keypoints, crop = largest_differences(path, network, 1.2)
    print(f"keypoints within {keypoints:.3f} mm, positions within {crop:.3f} px")
    assert keypoints < 0.2 and crop < 0.1
    session = onnxruntime.InferenceSession(str(path))
    image = np.random.default_rng(6).random((1, 3, SIZE, SIZE), np.float32)
    state, vertices = session.run(["state", "vertices"], {"image": image})
    borrowed = onnxruntime.InferenceSession(str(MODEL)).run(["state"], {"image": image})[0]
    assert vertices.shape == (1, 40, 3)
    assert np.allclose(state[0, contract.PRESENCE :], borrowed[0, contract.PRESENCE :], atol=1e-4)


@pytest.mark.skipif(not (DATA / "labels").exists(), reason=f"no photos: {DATA} is missing (set HAND_DATA)")
def test_photos_kept_aside_are_not_trained_on() -> None:
    hands = read_hands()
    aside = {hand.path for hand in hands if hand.held_out}
    trained = {hand.path for hand in hands if not hand.held_out}
    print(f"{len(trained)} photos for training, {len(aside)} kept aside")
    assert not aside & trained
    assert 0.1 < len(aside) / (len(aside) + len(trained)) < 0.2


def test_what_lies_under_an_object_is_known() -> None:
    mask = np.zeros((SIZE, SIZE), bool)
    mask[: SIZE // 2] = True
    places = np.array([[0.0, -0.4], [0.3, 0.4], [-0.9, -0.9]])  # the last one outside: the nearest border's
    print(f"upper half covered: {under(mask, places)}")
    assert under(mask, places).tolist() == [True, False, True]


def feature_set(folder: Path, random: np.random.Generator, rows: int = 12) -> FeatureSet:
    store = FeatureSet.create(folder, rows, 40)
    for _ in range(rows):
        store.append(**{name: random.normal(size=array.shape[1:]).astype(array.dtype) for name, array in store.arrays.items()})
    store.flush()
    np.save(folder / "maps.npy", random.normal(size=(rows, *MAPS)).astype(np.float16))
    return FeatureSet.open(folder)


def test_of_a_covered_photo_the_features_without_the_object_are_kept(tmp_path: Path) -> None:
    random = np.random.default_rng(9)
    sets = {name: feature_set(tmp_path / name, random) for name in ("renders", "photos", "covered", "covered/bare")}
    photos = Source([tmp_path / "photos"])
    kinds = Kinds(Source([tmp_path / "renders"]), [(photos, 0.25), (Covered([tmp_path / "covered"]), 0.25)])
    batch = draw_batch(16, kinds, random, ("stage",), keep=True)
    stages = sets["covered"]["stage"].astype(np.float32)
    for row in range(12, 16):
        of = int(np.abs(stages - batch.stage[row].numpy()).max(axis=(1, 2, 3)).argmin())
        assert np.array_equal(batch.stage[row], stages[of])
        for name, wanted in zip(FEATURES, batch.kept, strict=True):
            assert np.array_equal(wanted[row - batch.renders], sets["covered/bare"][name][of].astype(np.float32))
        assert np.array_equal(batch.crop[row], sets["covered/bare"]["crop"][of])
    before = {
        name: torch.cat([torch.zeros(batch.renders, *wanted.shape[1:]), wanted]) for name, wanted in zip(FEATURES, batch.kept, strict=True)
    }
    spreads = spreads_of(photos, FEATURES, photos.count, random)
    alike, off = (kept_losses({name: values + by for name, values in before.items()}, batch, spreads) for by in (0, 1))
    print({name: (float(alike[name]), round(float(off[name]), 3)) for name in alike})
    assert all(float(value) == 0 for value in alike.values()) and all(float(value) > 0.1 for value in off.values())


def test_maps_of_a_trained_tail_are_another_set_of_the_same_crops(tmp_path: Path) -> None:
    random = np.random.default_rng(10)
    whole = feature_set(tmp_path / "set", random)
    before = {name: whole[name].copy() for name in FEATURES}
    tail = borrowed_tail().eval()
    with torch.no_grad():
        for block in tail.blocks:
            block.depthwise.bias += 0.1
    own = linked(tmp_path / "set", tmp_path / "tuned")
    cache(tail, whole["stage"], own, FEATURES)
    made = FeatureSet.open(own)
    with torch.no_grad():
        wanted = dict(zip(FEATURES, tail(torch.from_numpy(whole["stage"].astype(np.float32))), strict=True))
    off = {name: float(np.abs(made[name] - wanted[name].half().numpy()).max()) for name in FEATURES}
    print(f"differ from the tail's by {off}; {made.filled} rows")
    assert max(off.values()) < 0.01 and made.filled == whole.filled
    assert all(np.array_equal(made[name], whole[name]) for name in ("stage", "crop", "keypoints", "state"))
    after = FeatureSet.open(tmp_path / "set")
    assert all(np.array_equal(after[name], values) for name, values in before.items()), "the set itself is as it was"


def test_another_methods_heads_begin_with_the_trunk_and_the_borrowed_layers_that_it_was_trained_on() -> None:
    first, second = untrained("ahrnet"), untrained("jar")
    with torch.no_grad():
        for parameter in first.parameters():
            parameter *= 1 + 0.05 * torch.randn_like(parameter)
        take_trunk(second, first)
        stage = torch.randn(2, *STAGE)
        pooled = [network.tail(stage)[1] for network in (first, second)]
        said = [network.heads.trunk(one)[1] for network, one in zip((first, second), pooled, strict=True)]
        borrowed = [network.heads.landmarks(one) for network, one in zip((first, second), pooled, strict=True)]
    print(f"keypoints of the trunks differ by {float((said[0] - said[1]).abs().max()):.1e} m")
    assert torch.equal(pooled[0], pooled[1]) and torch.equal(said[0], said[1]) and torch.equal(borrowed[0], borrowed[1])
