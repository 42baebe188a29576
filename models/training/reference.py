"""What the detector, the window and the landmark network say about the fixture photos, as the runtime must repeat it.

    python reference.py FOLDER [--models ..]

Writes FOLDER/reference.json over all FOLDER/*.png, and exact inputs of both networks for two photos (FOLDER/exact).

Pipeline: letterbox to the square of side max(W, H), border 0 -> palm detector -> candidates of score >= 0.5 -> weighted
non-maximum suppression -> window of each palm -> landmark network in that window, once plain and once mirrored.

Sampling, everywhere: crop pixel (u, v), integers 0..N-1, is the bilinear sample of the image at
s = c + R(rotation) ((u, v) - N/2) side / N, where image pixel (i, j)'s value sits at s = (i, j) (no half-pixel offset on
either side) and pixels outside of the image are 0, so that a sample up to one pixel outside blends with 0. Where the
window is mirrored, u is N - u first. Values are not rounded between sampling and the network.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnxruntime

import palm
from crop import Window, letterbox, network_input, sample
from recoverer import Recovered, decode, keypoints_in_image, look, open_session, recover

EXACT_PHOTOS = ("desk_000", "street_120")
HAND_SIZE = 224


def read_rgb(path: Path) -> np.ndarray:
    image = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if image is None:
        raise FileNotFoundError(f"{path} is not an image that OpenCV reads")
    return image[..., ::-1]


def numbers(values: Any, digits: int) -> Any:
    return np.round(np.asarray(values, np.float64), digits).tolist()


def describe_palm(found: palm.Palm) -> dict[str, Any]:
    """box: centre x, centre y, width, height, px; keypoints: 7 x (x, y), px."""
    return {
        "box": numbers(found.box, 3),
        "keypoints": numbers(found.keypoints, 3),
        "score": round(found.score, 5),
    }


def describe_hand(hand: Recovered, window: Window) -> dict[str, Any]:
    """keypointsPx in the image; cropKeypoints as in `state`; keypoints along the image's axes; logits."""
    return {
        "window": {
            "cx": round(window.cx, 4),
            "cy": round(window.cy, 4),
            "side": round(window.side, 4),
            "rotation": round(window.rotation, 6),
            "mirrored": window.mirrored,
        },
        "keypointsPx": numbers(keypoints_in_image(hand, window), 3),
        "cropKeypoints": numbers(hand.keypoints, 6),
        "keypoints": numbers(window.to_image_axes(hand.keypoints), 6),
        "presence": round(hand.presence, 4),
        "handedness": round(hand.handedness, 4),
    }


def describe_photo(image: np.ndarray, detector: onnxruntime.InferenceSession, network: onnxruntime.InferenceSession) -> dict:
    palms = palm.detect(detector, image)
    hands = []
    for found in palms:
        window = palm.window_from_palm(found)
        mirrored = Window(window.cx, window.cy, window.side, window.rotation, mirrored=True)
        views = [describe_hand(recover(network, image, view), view) for view in (window, mirrored)]
        hands.append({"plain": views[0], "mirrored": views[1]})
    height, width = image.shape[:2]
    return {"size": [width, height], "palms": [describe_palm(found) for found in palms], "hands": hands}


def write_exact(
    folder: Path, name: str, image: np.ndarray, detector: onnxruntime.InferenceSession, network: onnxruntime.InferenceSession
) -> dict[str, Any]:
    """Both networks' inputs as PNG, rounded to bytes, and their outputs for just these bytes (palms in px of the first)."""
    height, width = image.shape[:2]
    seen = look(detector, image, letterbox(width, height))[0].transpose(1, 2, 0)
    square = np.rint(255 * seen).astype(np.uint8)
    window = palm.window_from_palm(palm.detect(detector, image)[0])
    crop = np.rint(sample(image, window, HAND_SIZE)).astype(np.uint8)
    folder.mkdir(exist_ok=True)
    files = {"palm": f"exact/{name}_palm{len(square)}.png", "hand": f"exact/{name}_hand224.png"}
    cv2.imwrite(str(folder.parent / files["palm"]), square[..., ::-1])
    cv2.imwrite(str(folder.parent / files["hand"]), crop[..., ::-1])
    palms = palm.found(detector, network_input(square), letterbox(*square.shape[:2]))
    state = network.run(["state"], {"image": network_input(crop)})[0][0]
    decode(state)
    return {"files": files, "palms": [describe_palm(found) for found in palms], "state": numbers(state, 6)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--models", type=Path, default=Path(__file__).parent.parent)
    args = parser.parse_args()
    detector, network = (open_session(args.models / f"{name}.json") for name in ("palm", "mediapipe"))
    photos, exact = {}, {}
    for path in sorted(args.folder.glob("*.png")):
        image = read_rgb(path)
        photos[path.name] = describe_photo(image, detector, network)
        if path.stem in EXACT_PHOTOS:
            exact[path.name] = write_exact(args.folder / "exact", path.stem, image, detector, network)
    lines = [f"  {json.dumps(name)}: {json.dumps(value)}" for name, value in photos.items()]
    exact_lines = [f"  {json.dumps(name)}: {json.dumps(value)}" for name, value in exact.items()]
    text = '{"photos": {\n' + ",\n".join(lines) + '\n}, "exact": {\n' + ",\n".join(exact_lines) + "\n}}\n"
    (args.folder / "reference.json").write_text(text)
    for name, photo in photos.items():
        hands = photo["hands"]
        print(name, [p["score"] for p in photo["palms"]], [(h["plain"]["presence"], h["plain"]["handedness"]) for h in hands])


if __name__ == "__main__":
    main()
