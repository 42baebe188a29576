"""Real photos with 2D pseudo-labels: which there are, what is trained on and what is kept aside."""

from __future__ import annotations

import json
from collections.abc import Iterator
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


@dataclass(frozen=True)
class Photo:
    """One photo; `hands` are the labels of those that were seen for certain."""

    set: str
    file: str  # in the data
    width: int
    hands: list[dict]
    held_out: bool


def read_photos(sets: tuple[str, ...] = SETS, data: Path = DATA) -> Iterator[Photo]:
    """All photos that were searched for hands, in order."""
    for name in sets:
        photos = sorted((json.loads(line) for line in (data / "labels" / f"{name}.jsonl").open()), key=lambda p: p["file"])
        for index, photo in enumerate(photos):
            hands = [hand for hand in photo["hands"] if hand["score"] >= MIN_SCORE]
            yield Photo(name, f"photos/{name}/{photo['file']}", photo["size"][0], hands, index >= len(photos) * (1 - HELD_OUT))


def read_hands(sets: tuple[str, ...] = SETS, data: Path = DATA) -> list[PhotoHand]:
    """All labelled hands, in order."""
    hands = []
    for photo in read_photos(sets, data):
        for hand in photo.hands:
            uv = np.array(hand["uv"], np.float64)
            hands.append(PhotoHand(photo.set, data / photo.file, photo.width, hand["side"], uv, hand["score"], photo.held_out))
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
