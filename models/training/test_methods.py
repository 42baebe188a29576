"""The papers' recoverers: each part against what it claims."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import amvur
import ehpe
import jar
from attention import coarse_vertices, hand_graph, hop_mask
from backbone import POOLED, STAGE
from heatmaps import dice, expected_places, gaussians, pooled_at, weak_perspective_places
from network import METHODS
from render.rig import ANGLE_MAX, ANGLE_MIN, ANGLES, AVERAGE_PROPORTIONS, HAND, JOINTS, REST_TRANSFORMS, Pose, bone_transforms, in_bones, keypoints, pose_joints
from rig_layer import RigLayer, rotation_from_six
from tail import MAPS

COARSE = 49


def heads_of(method: str, *without: str) -> torch.nn.Module:
    torch.manual_seed(1)
    kind = METHODS[method]
    matrices = (torch.zeros(POOLED), torch.ones(POOLED), torch.randn(kind.COARSE, 21), torch.randn(30, kind.COARSE))
    return kind(*matrices, without=frozenset(without))


def some_features(count: int = 3) -> dict[str, torch.Tensor]:
    random = torch.Generator().manual_seed(2)
    shapes = {"pooled": (POOLED,), "maps": MAPS, "stage": STAGE}
    return {name: torch.randn(count, *shape, generator=random) for name, shape in shapes.items()}


def test_the_rig_layer_is_the_rig() -> None:
    random = np.random.default_rng(3)
    angles = random.uniform(ANGLE_MIN, ANGLE_MAX)
    rotation = rotation_from_six(torch.from_numpy(random.normal(size=(1, 6)).astype(np.float32)))
    found, vertices = RigLayer(COARSE)(torch.from_numpy(angles[None].astype(np.float32)), rotation)
    pose = Pose(angles, rotation=rotation[0].numpy().astype(float), proportions=AVERAGE_PROPORTIONS)
    joints, frames = pose_joints(pose)
    off = np.abs(found[0].numpy() - keypoints(joints, frames, 1.0)).max()
    affine = bone_transforms(joints, frames, 1.0, AVERAGE_PROPORTIONS, np.ones(JOINTS))
    chosen = coarse_vertices(COARSE)
    bones = HAND.bones[chosen]
    local = in_bones(HAND.vertices[chosen], bones, REST_TRANSFORMS)
    placed = np.einsum("vkab,vkb->vka", affine[bones, :, :3], local) + affine[bones, :, 3]
    mesh = np.abs(vertices[0].numpy() - np.einsum("vka,vk->va", placed, HAND.weights[chosen])).max()
    print(f"keypoints differ by {1000 * off:.5f} mm, coarse vertices by {1000 * mesh:.5f} mm")
    assert off < 1e-6 and mesh < 1e-6


def test_free_numbers_stay_between_the_limits_and_zero_is_straight() -> None:
    rig = RigLayer(COARSE)
    wild = rig.limited(100 * torch.randn(50, ANGLES))
    assert torch.all(wild >= rig.low - 1e-6) and torch.all(wild <= rig.high + 1e-6)
    assert torch.allclose(rig.limited(torch.zeros(1, ANGLES)), torch.zeros(1, ANGLES), atol=1e-6)


def test_masks_widen_along_the_hand() -> None:
    joined = hand_graph(COARSE)
    assert np.array_equal(joined, joined.T) and not joined.diagonal().any()
    seen = [float((hop_mask(joined, hops) == 0).float().mean()) for hops in (1, 2, 4, 6)]
    print("share of tokens within 1, 2, 4, 6 steps:", [round(share, 2) for share in seen])
    assert all(a < b for a, b in zip(seen, seen[1:], strict=False)) and seen[-1] < 1
    assert (hop_mask(joined, 40) == 0).all(), "no part of the hand is cut off"


def test_soft_argmax_finds_a_spot_between_cells_and_pooling_reads_there() -> None:
    places = torch.tensor([[[0.113, -0.271], [-0.02, 0.3]]])
    maps = gaussians(places, 28, 1.5)
    found = expected_places(maps / maps.sum(dim=(2, 3), keepdim=True), 28)
    print(f"off by {float((found - places).abs().max()) * 224:.3f} px of 224")
    assert torch.allclose(found, places, atol=1e-3)
    ramp = (torch.arange(28) + 0.5).div(28).sub(0.5).repeat(28).reshape(1, 1, -1)
    read = pooled_at((maps / maps.sum(dim=(2, 3), keepdim=True)).flatten(2), ramp)
    assert torch.allclose(read[..., 0], places[..., 0], atol=1e-3)


def test_dice_is_nothing_for_the_same_map_and_one_for_disjoint_ones() -> None:
    one = torch.tensor([[1.0, 0.5, 0, 0], [0, 0, 1, 1]])
    assert torch.allclose(dice(one, one), torch.zeros(2), atol=1e-5)
    assert torch.allclose(dice(one, one.flip(0)), torch.ones(2), atol=1e-5)


def test_weak_perspective_puts_keypoints_where_they_are_seen() -> None:
    random = torch.Generator().manual_seed(4)
    points, seen = torch.randn(2, 21, 3, generator=random) * 0.05, torch.randn(2, 21, 2, generator=random) * 0.2
    places = weak_perspective_places(points, points, seen, torch.tensor([-1.2, -1.0]), torch.eye(21))
    assert torch.allclose(places, seen, atol=1e-6)


@pytest.mark.parametrize(("method", "part"), [(name, part) for name, kind in METHODS.items() for part in kind.ABLATIONS])
def test_what_is_left_out_changes_the_answer_and_the_rest_still_works(method: str, part: str) -> None:
    features = some_features()
    whole, less = heads_of(method).eval(), heads_of(method, part).eval()
    found = less(features)
    assert all(torch.isfinite(value).all() for value in (found.keypoints, found.crop, found.vertices, found.log_width))
    kept = dict(less.named_parameters())
    shared = {name: value for name, value in whole.named_parameters() if name in kept and value.shape == kept[name].shape}
    less.load_state_dict(shared, strict=False)
    if method == "amvur" and part == "prior":
        assert not any(name.startswith("prior") for name in less.state_dict()), "the prior works in training only"
        return
    before, after = whole(features), less(features)
    difference = (before.keypoints - after.keypoints).abs().max() + (before.log_width - after.log_width).abs().max()
    print(f"{method} without {part}: differs by {difference.item():.4f}")
    assert difference > 1e-4


def test_a_part_that_is_not_there_cannot_be_left_out() -> None:
    with pytest.raises(ValueError, match="has no"):
        heads_of("jar", "tips")


def test_jar_shares_its_decoder_and_stops_gradients_between_stages() -> None:
    heads = heads_of("jar")
    features = some_features()
    decoder = heads.decoders[0]
    with torch.no_grad():  # the same maps for two joints are decoded to the same numbers
        count = jar.HEADS * jar.MAPS_PER_HEAD
        decoder.distribute.weight[count : 2 * count] = decoder.distribute.weight[:count]
        decoder.distribute.bias[count : 2 * count] = decoder.distribute.bias[:count]
    said, _ = decoder(features["maps"])
    assert torch.allclose(said[:, 0], said[:, 1], atol=1e-5)
    found = heads(features)
    (found.keypoints.sum() + found.crop.sum() + found.log_scale.sum()).backward()
    assert all(p.grad is None or not p.grad.any() for p in heads.decoders[0].parameters()), "eq. 5 detaches"
    assert any(p.grad is not None and p.grad.any() for p in heads.decoders[1].parameters())


def test_ehpe_lays_joints_on_the_way_from_wrist_to_tip() -> None:
    between = ehpe.laid_between()
    assert torch.allclose(between.sum(dim=1), torch.ones(21))
    assert torch.equal(between[list(ehpe.TIPS_AND_WRIST)], torch.eye(6))
    first = ehpe.laid_between() @ torch.arange(6.0)[:, None]
    assert torch.all(first[5:9].diff(dim=0) > 0)


def test_ehpe_sees_one_bone_far_and_two_bones_far() -> None:
    layer = ehpe.GraphAttention()
    tokens = torch.randn(1, 21, ehpe.TOKEN)
    _, weights = layer(tokens, tokens)
    reach = (weights[0] > 1e-6).sum(dim=2)
    print(f"fingertip sees {reach[:, 8].tolist()} keypoints by head, wrist {reach[:, 0].tolist()}")
    assert reach[:, 8].tolist() == [2, 2, 3, 3] and reach[:, 0].tolist() == [6, 6, 11, 11]
    assert torch.allclose(weights.sum(dim=3), torch.ones(1, 4, 21), atol=1e-5)


def test_amvur_pulls_to_its_prior_and_no_further() -> None:
    """The divergence is least, and 0, where mean and spread are the prior's."""
    _, vertices = heads_of("amvur").prior(torch.randn(2, 768, generator=torch.Generator().manual_seed(5)))

    def divergence(offset: float, sigma: float) -> float:
        apart = offset**2 + sigma**2
        return 0.5 * (apart / amvur.PRIOR_SIGMA**2 - 1 - 2 * np.log(sigma) + 2 * np.log(amvur.PRIOR_SIGMA))

    def measured(offset: float, sigma: float) -> float:
        mean = vertices + offset
        return float(amvur.divergence(mean, torch.full_like(mean, 2 * np.log(sigma)), vertices).detach())

    for offset, sigma in ((0.0, amvur.PRIOR_SIGMA), (0.01, 0.005), (0.003, 0.03)):
        assert measured(offset, sigma) == pytest.approx(divergence(offset, sigma), rel=1e-3, abs=1e-5)
    assert measured(0.0, amvur.PRIOR_SIGMA) == pytest.approx(0, abs=1e-5)


def test_amvur_draws_in_training_and_says_means_in_use() -> None:
    heads = heads_of("amvur").eval()
    features = some_features()
    assert torch.equal(heads(features).vertices, heads(features).vertices)
    assert "coarse" not in heads(features).extras
