"""Find hands that nobody has labelled: in photos in which MediaPipe found none, in backgrounds that show people, in frames of clips.

    python find_hands.py OUT [--processes 2]

Writes OUT/found.jsonl, labels in the form of those of the photos (photos.py), and the clips' frames that they are of. Palms are looked for in
squares of several sizes, as the tracker does; a hand is believed where the borrowed network and all recoverers, in several windows,
agree on its side and on where its keypoints are.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import onnxruntime

import palm
from augment import jitter, sample_fast
from backbone import MODEL, SIZE
from crop import Window, network_input, window_from_keypoints
from photos import read_photos
from recoverer import decode, keypoints_in_image, open_session
from render.data import DATA, background_files, need, of_split

NETWORKS = ("mediapipe", "camera-space", "ahrnet", "ehpe", "amvur", "jar")
# Squares in which palms are looked for: side over the picture's longer one, and how many there are along each axis.
SQUARES = ((1.0, 1), (2.0, 1), (0.6, 2), (0.4, 3))
LOOKS = 4
WINDOWS = 4  # in which the networks must agree
MIN_PRESENCE = 0.9  # their mean
MIN_SIDE = 0.75  # the mean of how surely it is a right hand, as seen
MAX_SPREAD = 2.5  # px at 128, root of the mean squared distance from the mean of all, over keypoints
MIN_WINDOW = 48  # px
SAME = 0.35  # hands whose windows' centres are closer than this, over the side, are the same
# Clips, and of how many frames one is looked at; the one that the sandbox's is cut from is left out.
CLIPS = {"tfjs_asl_hand_25fps.mp4": 4, "mpsamples_gesture_test.mp4": 5, "mpsamples_hand_landmarker_test.mp4": 5}
SEED = 21


def sigmoid(x: np.ndarray | float) -> np.ndarray | float:
    return 1 / (1 + np.exp(-x))


@cache
def networks() -> tuple[onnxruntime.InferenceSession, list[onnxruntime.InferenceSession]]:
    return open_session(MODEL.with_name("palm.json")), [open_session(MODEL.with_name(f"{name}.onnx")) for name in NETWORKS]


@dataclass(frozen=True)
class Found:
    window: Window
    uv: np.ndarray  # [21, 2], image px
    score: float
    spread: float


def squares(width: int, height: int) -> Iterator[Window]:
    longer = max(width, height)
    for share, count in SQUARES:
        side = share * longer
        for x in np.unique(np.linspace(min(side, width) / 2, width - min(side, width) / 2, count)):
            for y in np.unique(np.linspace(min(side, height) / 2, height - min(side, height) / 2, count)):
                yield Window(float(x), float(y), side, 0)


def follow(image: np.ndarray, window: Window) -> Window | None:
    """Where the borrowed network is led from a window; None where it loses the hand."""
    network = networks()[1][0]
    for _ in range(LOOKS):
        hand = decode(network.run(["state"], {"image": network_input(sample_fast(image, window, SIZE))})[0][0])
        if hand.presence < 0:
            return None
        window = window_from_keypoints(keypoints_in_image(hand, window), window.mirrored)
        if not MIN_WINDOW < window.side < 4 * max(image.shape[:2]):
            return None
    return window


def believe(image: np.ndarray, window: Window) -> Found | None:
    """What all networks see there, where they agree."""
    random = np.random.default_rng(SEED)
    places, presence, side = [], [], []
    for index in range(WINDOWS):
        other = jitter(window, random) if index else window
        seen = network_input(sample_fast(image, other, SIZE))
        for network in networks()[1]:
            hand = decode(network.run(["state"], {"image": seen})[0][0])
            places.append(keypoints_in_image(hand, other))
            presence.append(sigmoid(hand.presence))
            side.append(sigmoid(hand.handedness))
    uv = np.mean(places, axis=0)
    spread = 128 / window.side * float(np.sqrt(np.square(np.array(places) - uv).sum(axis=2).mean()))
    if np.mean(presence) < MIN_PRESENCE or np.mean(side) < MIN_SIDE or spread > MAX_SPREAD:
        return None
    return Found(window, uv, float(np.mean(presence)), spread)


def hands_of(image: np.ndarray) -> list[Found]:
    """Hands in an image [H, W, 3], RGB, the surest first."""
    height, width = image.shape[:2]
    candidates: list[Found] = []
    for square in squares(width, height):
        for one in palm.search(networks()[0], image, square):
            proposed = palm.window_from_palm(one)
            if any(same(proposed, found.window) for found in candidates):
                continue
            for mirrored in (False, True):
                window = follow(image, replace(proposed, mirrored=mirrored))
                found = believe(image, window) if window else None
                if found:
                    candidates.append(found)
    kept: list[Found] = []
    for found in sorted(candidates, key=lambda found: found.spread):
        if not any(same(found.window, other.window) for other in kept):
            kept.append(found)
    return kept


def same(a: Window, b: Window) -> bool:
    return float(np.hypot(a.cx - b.cx, a.cy - b.cy)) < SAME * max(a.side, b.side)


def frames(out: Path) -> Iterator[str]:
    for clip, every in CLIPS.items():
        video = cv2.VideoCapture(str(need(f"clips/{clip}")))
        index = 0
        while (frame := video.read())[0]:
            if index % every == 0:
                path = out / f"{Path(clip).stem}-{index:04d}.png"
                cv2.imwrite(str(path), frame[1])
                yield str(path)
            index += 1


def label(file: str) -> str | None:
    """A line of labels, or None where nothing is found."""
    cv2.setNumThreads(1)
    image = cv2.imread(str(DATA / file))  # an absolute path stays one
    if image is None:
        return None
    hands = [
        {"side": "left" if one.window.mirrored else "right", "score": round(one.score, 3), "uv": one.uv.round(1).tolist(), "spread": round(one.spread, 2)}
        for one in hands_of(cv2.cvtColor(image, cv2.COLOR_BGR2RGB))
    ]
    return json.dumps({"file": file, "size": [image.shape[1], image.shape[0]], "hands": hands}) if hands else None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--processes", type=int, default=1)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    unlabelled = [photo.file for photo in read_photos() if not (photo.hands or photo.held_out)]
    backgrounds = [f"backgrounds/{name}" for name in background_files() if of_split(name, "train")]
    tasks = [*frames(args.out.resolve()), *backgrounds, *unlabelled]
    count = 0
    with ProcessPoolExecutor(args.processes) as pool, (args.out / "found.jsonl").open("w") as lines:
        for index, line in enumerate(pool.map(label, tasks, chunksize=8)):
            if line:
                lines.write(line + "\n")
                count += len(json.loads(line)["hands"])
            if (index + 1) % 200 == 0:
                lines.flush()
                print(f"{count} hands in {index + 1} of {len(tasks)} pictures", flush=True)
    print(f"{count} hands in {len(tasks)} pictures")


if __name__ == "__main__":
    main()
