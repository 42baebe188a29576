"""How far the reference lies from MediaPipe's own pipeline, on the fixture photos.

    python compare_mediapipe.py ../../tests/fixtures/parity

Needs an environment of its own: `pip install mediapipe==0.10.14`. MediaPipe's handedness is named for mirrored images: its
"Left" is a right hand. It repeats the border pixels outside of the image for the landmark network where the reference has
black, so hands at the border differ by up to 2 px.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import cv2
import numpy as np
from mediapipe.python.solutions.hands import Hands

SIZE = 224


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    args = parser.parse_args()
    photos = json.loads((args.folder / "reference.json").read_text())["photos"]
    medians = []
    for name, photo in photos.items():
        image = np.ascontiguousarray(cv2.imread(str(args.folder / name))[..., ::-1])
        with Hands(static_image_mode=True, max_num_hands=2, min_detection_confidence=0.5) as hands:
            found = hands.process(image)
        for hand, side in zip(found.multi_hand_landmarks or [], found.multi_handedness or [], strict=True):
            points = np.array([[point.x, point.y] for point in hand.landmark]) * photo["size"]
            nearest = min(
                (np.linalg.norm(np.array(mine["plain"]["keypointsPx"]) - points, axis=1) * SIZE / mine["plain"]["window"]["side"]
                 for mine in photo["hands"]),
                key=np.max,
            )  # fmt: skip
            medians.append(np.median(nearest))
            print(f"{name}: {side.classification[0].label}, px of {SIZE}: median {medians[-1]:.2f}, largest {nearest.max():.2f}")
    print(f"median over {len(medians)} hands {np.median(medians):.2f} px of {SIZE}")


if __name__ == "__main__":
    main()
