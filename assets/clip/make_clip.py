"""Makes the sample clip: a real hand that grabs, carries, throws, pinches, carries and lets go.

The source is dex-retargeting's human_hand_video.mp4 (MIT, see NOTICE): a hand that stays in one place. The picture is
cropped by a window that moves, which makes the hand travel; held poses are played forwards and backwards for as long as
the travel takes. Nothing is drawn: every pixel is the camera's.

Usage: python make_clip.py human_hand_video.mp4 OUT   (needs opencv-python-headless and ffmpeg)
Writes OUT/hand.webm (VP9, 640x480, 30 frames a second), OUT/hand.mjpeg (320x240, for a browser's fake camera) and
OUT/clip.json.
"""

import json
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np

WIDTH, HEIGHT, RATE = 640, 480, 30
# Middle of the open hand in the source, px: what the path below moves.
HAND = np.array([745.0, 290.0])
# Focal length of a phone's video camera (63 degrees over 1280 px), px; cropping does not change it.
FOCAL_PX = 1044.0
# Rows of wall that may be added above the picture, mirrored, where the path lowers the hand.
EXTRA_ROWS = 120


def back_and_forth(first: int, last: int, count: int) -> list[int]:
    """`count` frames that run from `first` to `last` and back, as often as it takes, ending at `last`."""
    span = last - first
    steps = [span - abs(span - (i % (2 * span))) for i in range(4 * span + count)]
    end = max(i for i in range(count - 1, len(steps)) if steps[i] == span and i < count - 1 + 2 * span)
    return [first + s for s in steps[end - count + 1 : end + 1]]


# (source frames, place of the hand at their end in the output, px)
PARTS = [
    (back_and_forth(236, 246, 20), (420, 200)),  # open, high
    (back_and_forth(240, 247, 24), (420, 300)),  # open, goes down
    (list(range(248, 264)), (420, 305)),  # closes to a fist
    (back_and_forth(263, 275, 16), (420, 300)),  # holds
    (back_and_forth(263, 275, 40), (410, 195)),  # lifts
    (back_and_forth(263, 275, 26), (290, 195)),  # carries
    (list(range(276, 290)), (200, 200)),  # opens while it moves: a throw
    (list(range(290, 306)), (250, 215)),  # open, goes on
    (list(range(306, 316)), (250, 300)),  # goes down and closes to a pinch
    (back_and_forth(316, 328, 16), (250, 300)),  # holds
    (back_and_forth(316, 328, 40), (275, 200)),  # lifts
    (back_and_forth(316, 328, 40), (440, 200)),  # carries
    (back_and_forth(316, 328, 30), (445, 285)),  # lowers
    (list(range(329, 346)), (445, 280)),  # opens
    (back_and_forth(340, 350, 30), (420, 200)),  # returns
]
START = (420, 200)


def path() -> list[tuple[int, np.ndarray]]:
    """Source frame and place of the hand (px of the output) of every frame, eased between the parts' places."""
    frames: list[tuple[int, np.ndarray]] = []
    place = np.array(START, float)
    for source, target in PARTS:
        goal = np.array(target, float)
        for i, frame in enumerate(source):
            t = (i + 1) / len(source)
            frames.append((frame, place + (goal - place) * (t * t * (3 - 2 * t))))
        place = goal
    return frames


def main(video: str, out: Path) -> None:
    capture = cv2.VideoCapture(video)
    pictures: dict[int, np.ndarray] = {}
    wanted = {frame for frame, _ in path()}
    for index in range(max(wanted) + 1):
        ok, picture = capture.read()
        if not ok:
            raise SystemExit(f"{video} ends at frame {index}, {max(wanted) + 1} are needed")
        if index in wanted:
            pictures[index] = cv2.copyMakeBorder(picture, EXTRA_ROWS, 0, 0, 0, cv2.BORDER_REFLECT_101)
    out.mkdir(parents=True, exist_ok=True)
    size = f"{WIDTH}x{HEIGHT}"
    feed = ["ffmpeg", "-y", "-v", "error", "-f", "rawvideo", "-pix_fmt", "bgr24", "-s", size, "-r", str(RATE), "-i", "-"]
    webm = subprocess.Popen([*feed, "-c:v", "libvpx-vp9", "-b:v", "0", "-crf", "36", "-g", "60", "-an", str(out / "hand.webm")], stdin=subprocess.PIPE)
    mjpeg = subprocess.Popen([*feed, "-vf", "scale=320:240", "-c:v", "mjpeg", "-pix_fmt", "yuvj420p", "-q:v", "7", "-f", "mjpeg", str(out / "hand.mjpeg")], stdin=subprocess.PIPE)
    for frame, place in path():
        x, y = np.round(HAND - place).astype(int)
        y += EXTRA_ROWS
        crop = pictures[frame][y : y + HEIGHT, x : x + WIDTH]
        assert crop.shape == (HEIGHT, WIDTH, 3), f"the window at {x}, {y} leaves the picture"
        for process in (webm, mjpeg):
            process.stdin.write(np.ascontiguousarray(crop).tobytes())
    for process in (webm, mjpeg):
        process.stdin.close()
        if process.wait() != 0:
            raise SystemExit("ffmpeg failed")
    write_description(out / "clip.json", [frame for frame, _ in path()])


def write_description(file: Path, sources: list[int]) -> None:
    """What a person sees in the clip: `events` as output frames at which fingers meet, part, close and open."""

    def first(source: int, after: int = 0) -> int:
        return next(i for i in range(after, len(sources)) if sources[i] == source)

    def last(source: int) -> int:
        return max(i for i, s in enumerate(sources) if s == source)

    events = [
        {"frame": first(258), "kind": "grab-start"},
        {"frame": last(279), "kind": "grab-end"},
        {"frame": first(311), "kind": "pinch-start"},
        {"frame": last(331), "kind": "pinch-end"},
    ]
    clip = {
        "file": "hand.webm",
        "frames": len(sources),
        "framesPerSecond": RATE,
        "width": WIDTH,
        "height": HEIGHT,
        "fieldOfView": round(2 * float(np.arctan(WIDTH / 2 / FOCAL_PX)), 4),
        "side": "right",
        "visible": [[0, len(sources) - 1]],
        "events": events,
        "source": "dexsuite/dex-retargeting, example/vector_retargeting/data/human_hand_video.mp4",
        "licence": "MIT",
    }
    file.write_text(json.dumps(clip, indent=2) + "\n")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
