"""What find_hands.py takes for hands, and what the detector takes for palms."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from find_hands import MAX_SPREAD, hands_of
from photo_features import PALM, proposed_windows
from recoverer import open_session
from reference import read_rgb

FIXTURES = Path(__file__).parents[2] / "tests" / "fixtures" / "parity"


def keypoints_of(photo: str) -> list[np.ndarray]:
    """Those of the borrowed network in the windows of the detector's palms, the surer side of each."""
    hands = json.loads((FIXTURES / "reference.json").read_text())["photos"][photo]["hands"]
    surer = [max(hand.values(), key=lambda side: side["handedness"]) for hand in hands]
    return [np.array(hand["keypointsPx"]) for hand in surer]


def test_both_hands_of_a_photo_are_found_as_the_left_ones_that_they_are() -> None:
    found, wanted = hands_of(read_rgb(FIXTURES / "two_hands.png")), keypoints_of("two_hands.png")
    assert len(found) == len(wanted) == 2
    off = [min(np.linalg.norm(one.uv - other, axis=1).mean() / one.window.side for other in wanted) for one in found]
    print(f"keypoints are {100 * off[0]:.1f} and {100 * off[1]:.1f} % of the window off the borrowed network's; mirrored {[one.window.mirrored for one in found]}")
    assert max(off) < 0.05
    assert all(one.window.mirrored for one in found)
    assert all(one.spread <= MAX_SPREAD for one in found)


def test_nothing_is_found_where_no_hand_is() -> None:
    assert hands_of(read_rgb(FIXTURES / "office_none.png")) == []


def test_windows_are_proposed_where_the_detector_finds_palms() -> None:
    palms = [palm["box"][:2] for palm in json.loads((FIXTURES / "reference.json").read_text())["photos"]["two_hands.png"]["palms"]]
    windows = list(proposed_windows(read_rgb(FIXTURES / "two_hands.png"), open_session(PALM), np.random.default_rng(3)))
    near = [min(np.hypot(window.cx - x, window.cy - y) / window.side for x, y in palms) for window in windows]
    print(f"{len(windows)} windows around {len(palms)} palms, at most {max(near):.2f} sides away; {sum(w.mirrored for w in windows)} mirrored")
    assert len(windows) >= 4 * len(palms) and max(near) < 0.5
    assert sum(window.mirrored for window in windows) == len(windows) // 2
