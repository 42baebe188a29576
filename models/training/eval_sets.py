"""Turn public annotated images into the evaluation format: OUT/truth.jsonl beside OUT's images.

    python eval_sets.py stereo SOURCE OUT    # SOURCE: cam0.mp4 and truth.jsonl of the stereo clip
    python eval_sets.py mmpose SOURCE OUT    # SOURCE: mmpose's tests/data, folders freihand, rhd, interhand2.6m
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
from pathlib import Path


def stereo(source: Path, out: Path) -> int:
    """A clip of one moving hand with triangulated truth (true up to one global scale): its frames as JPEG."""
    (out / "frames").mkdir(parents=True, exist_ok=True)
    command = ["ffmpeg", "-loglevel", "error", "-y", "-i", str(source / "cam0.mp4"), "-q:v", "2", "-start_number", "0"]
    subprocess.run([*command, str(out / "frames" / "%04d.jpg")], check=True)
    shutil.copyfile(source / "truth.jsonl", out / "truth.jsonl")
    return len((out / "truth.jsonl").read_text().splitlines())


SETS = {"stereo": stereo}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("set", choices=sorted(SETS))
    parser.add_argument("source", type=Path)
    parser.add_argument("out", type=Path)
    args = parser.parse_args()
    print(f"{args.out}: {SETS[args.set](args.source, args.out)} frames")


if __name__ == "__main__":
    main()
