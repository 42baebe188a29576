"""Turn public annotated images into the evaluation format: OUT/truth.jsonl beside OUT's images.

    python eval_sets.py stereo SOURCE OUT    # SOURCE: cam0.mp4 and truth.jsonl of the stereo clip
    python eval_sets.py mmpose SOURCE OUT    # SOURCE: mmpose's tests/data, folders freihand, rhd, interhand2.6m, panoptic

`mmpose` has 3D for RHD and InterHand2.6M; FreiHAND's and Panoptic's annotations hold 2D alone, so their intrinsics are
assumed and only their 2D errors mean something. Two hands in one image are two lines.
"""

from __future__ import annotations

import argparse
import json
import math
import shutil
from pathlib import Path
from typing import Any, Iterator

import cv2
import numpy as np

# RHD and InterHand2.6M number every finger from its tip; this project from its base. RHD begins with the wrist,
# InterHand ends with it.
FROM_RHD = [0, *(4 * finger - i for finger in range(1, 6) for i in range(4))]
FROM_INTERHAND = [20, *(4 * finger + 3 - i for finger in range(5) for i in range(4))]

ASSUMED_FOV = 1.1  # radians, of the longer side, where a set does not give intrinsics
MM = 1e-3


def stereo(source: Path, out: Path) -> int:
    """A clip of one moving hand with triangulated truth (true up to one global scale): its frames as JPEG."""
    (out / "frames").mkdir(parents=True, exist_ok=True)
    video = cv2.VideoCapture(str(source / "cam0.mp4"))
    index = 0
    while (read := video.read())[0]:
        cv2.imwrite(str(out / "frames" / f"{index:04d}.jpg"), read[1])
        index += 1
    if index == 0:
        raise SystemExit(f"{source / 'cam0.mp4'} has no frame that OpenCV can read: is it a video?")
    shutil.copyfile(source / "truth.jsonl", out / "truth.jsonl")
    return len((out / "truth.jsonl").read_text().splitlines())


def mmpose(source: Path, out: Path) -> int:
    """Sample images of public hand sets with mmpose's annotations."""
    out.mkdir(parents=True, exist_ok=True)
    lines = []
    for name, read in (("rhd", rhd), ("interhand2.6m", interhand), ("freihand", freihand), ("panoptic", panoptic)):
        for line in read(source / name):
            file = Path(line["file"])
            line["file"] = f"{name}/{file.name}"
            (out / name).mkdir(exist_ok=True)
            shutil.copyfile(source / name / file, out / line["file"])
            lines.append(json.dumps(line))
    (out / "truth.jsonl").write_text("\n".join(lines) + "\n")
    return len(lines)


def annotations(path: Path) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """(image, annotation) pairs of a COCO-style file."""
    data = json.loads(path.read_text())
    images = {image["id"]: image for image in data["images"]}
    for annotation in data["annotations"]:
        yield images[annotation["image_id"]], annotation


def rhd(folder: Path) -> Iterator[dict[str, Any]]:
    for image, annotation in annotations(folder / "test_rhd.json"):
        camera = image["cam_param"]
        yield {
            "file": image["file_name"],
            "intrinsics": [*camera["focal"], *camera["princpt"]],
            "side": annotation["hand_type"],
            "keypoints": (np.array(annotation["joint_cam"])[FROM_RHD] * MM).tolist(),
        }


def interhand(folder: Path) -> Iterator[dict[str, Any]]:
    """World joints X (mm) to camera space R (X - position); hands with a joint that is not valid are left out."""
    cameras = json.loads((folder / "test_interhand2.6m_camera.json").read_text())
    joints = json.loads((folder / "test_interhand2.6m_joint_3d.json").read_text())
    for image, _ in annotations(folder / "test_interhand2.6m_data.json"):
        camera = {key: np.array(value[image["camera"]]) for key, value in cameras[str(image["capture"])].items()}
        frame = joints[str(image["capture"])][str(image["frame_idx"])]
        points = (np.array(frame["world_coord"]) - camera["campos"]) @ camera["camrot"].T * MM
        valid = np.array(frame["joint_valid"]).reshape(2, 21).all(axis=1)
        for side, first in (("right", 0), ("left", 21)):
            if valid[first // 21]:
                yield {
                    "file": image["file_name"],
                    "intrinsics": [*camera["focal"], *camera["princpt"]],
                    "side": side,
                    "keypoints": points[first : first + 21][FROM_INTERHAND].tolist(),
                }


def freihand(folder: Path) -> Iterator[dict[str, Any]]:
    """All of FreiHAND are right hands."""
    for image, annotation in annotations(folder / "test_freihand.json"):
        yield line_2d(image, annotation, "right")


def panoptic(folder: Path) -> Iterator[dict[str, Any]]:
    """The side is the end of the file's name."""
    for image, annotation in annotations(folder / "test_panoptic.json"):
        yield line_2d(image, annotation, "left" if image["file_name"].endswith("_l.jpg") else "right")


def line_2d(image: dict[str, Any], annotation: dict[str, Any], side: str) -> dict[str, Any]:
    width, height = image["width"], image["height"]
    focal = max(width, height) / (2 * math.tan(ASSUMED_FOV / 2))
    keypoints = np.array(annotation["keypoints"]).reshape(21, 3)[:, :2]
    intrinsics = [focal, focal, width / 2, height / 2]
    return {"file": image["file_name"], "intrinsics": intrinsics, "side": side, "keypoints2d": keypoints.tolist()}


def draw(folder: Path, frame: dict[str, Any]) -> np.ndarray:
    """The truth over the image, for a look: fingers from red (thumb) to magenta (little finger)."""
    image = cv2.imread(str(folder / frame["file"]))
    points = truth_2d(frame)
    zoom = 480 / max(image.shape[:2])
    image = cv2.resize(image, None, fx=zoom, fy=zoom)
    colours = [(0, 0, 255), (0, 200, 255), (0, 255, 0), (255, 128, 0), (255, 0, 255)]
    for finger, colour in enumerate(colours):
        chain = np.rint(points[[0, *range(4 * finger + 1, 4 * finger + 5)]] * zoom).astype(int)
        cv2.polylines(image, [chain], False, colour, 1, cv2.LINE_AA)
    cv2.putText(image, frame["side"], (4, 16), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (255, 255, 255), 1)
    return image


def truth_2d(frame: dict[str, Any]) -> np.ndarray:
    """[21, 2], image px."""
    if "keypoints2d" in frame:
        return np.array(frame["keypoints2d"])
    points = np.array(frame["keypoints"])
    fx, fy, cx, cy = frame["intrinsics"]
    return points[:, :2] / points[:, 2:] * (fx, fy) + (cx, cy)


def read_frames(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "truth.jsonl").read_text().splitlines()]


SETS = {"stereo": stereo, "mmpose": mmpose}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("set", choices=sorted(SETS))
    parser.add_argument("source", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--overlays", type=Path, help="folder for pictures of the truth over every 20th frame (all of mmpose)")
    args = parser.parse_args()
    print(f"{args.out}: {SETS[args.set](args.source, args.out)} frames")
    if args.overlays:
        args.overlays.mkdir(parents=True, exist_ok=True)
        frames = [frame for frame in read_frames(args.out) if "keypoints" in frame or "keypoints2d" in frame]
        for index, frame in enumerate(frames[:: 20 if args.set == "stereo" else 1]):
            cv2.imwrite(str(args.overlays / f"{index:03d}.jpg"), draw(args.out, frame))


if __name__ == "__main__":
    main()
