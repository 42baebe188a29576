"""Real photos with 2D pseudo-labels: which there are, what is trained on and what is kept aside."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from render.data import DATA

# Sets whose licence allows training a shipped model (SOURCES.md beside the data).
SETS = ("rps_sxsw", "sign_digits", "finger_counting", "webcam_hand", "webcam_body")
MIN_SCORE = 0.6
# The last part of every set in the order of file names is kept aside: neighbours in a recording stay together.
HELD_OUT = 0.15
LEFT_AS_RIGHT = np.array([-1, 1])


@dataclass(frozen=True)
class PhotoHand:
    """One hand of one photo."""

    set: str
    path: Path
    width: int
    side: str
    uv: np.ndarray  # [21, 2], px
    score: float
    held_out: bool


def read_hands(sets: tuple[str, ...] = SETS, data: Path = DATA) -> list[PhotoHand]:
    """All labelled hands, in order."""
    hands = []
    for name in sets:
        photos = sorted((json.loads(line) for line in (data / "labels" / f"{name}.jsonl").open()), key=lambda p: p["file"])
        for index, photo in enumerate(photos):
            for hand in photo["hands"]:
                if hand["score"] >= MIN_SCORE:
                    hands.append(
                        PhotoHand(
                            name,
                            data / "photos" / name / photo["file"],
                            photo["size"][0],
                            hand["side"],
                            np.array(hand["uv"], np.float64),
                            hand["score"],
                            index >= len(photos) * (1 - HELD_OUT),
                        )
                    )
    return hands


def read_found(labels: Path, data: Path = DATA) -> list[PhotoHand]:
    """Hands that find_hands.py labelled, in order; none is kept aside."""
    return [
        PhotoHand("found", data / photo["file"], photo["size"][0], hand["side"], np.array(hand["uv"], np.float64), hand["score"], False)
        for photo in map(json.loads, labels.open())
        for hand in photo["hands"]
    ]


def found_files(labels: Path) -> set[str]:
    """Pictures in which find_hands.py found hands."""
    return {json.loads(line)["file"] for line in labels.open()}


def as_right(hand: PhotoHand, image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Image [H, W, 3] and keypoints [21, 2] of the hand, both mirrored if it is a left one."""
    if hand.side == "right":
        return image, hand.uv
    mirrored = hand.uv * LEFT_AS_RIGHT + (image.shape[1] - 1, 0)
    return np.ascontiguousarray(image[:, ::-1]), mirrored
