"""What a recoverer says of the fixture photos' windows, as the runtime must repeat it.

    python reference_states.py ../camera-space.onnx ../../tests/fixtures/parity

Reads FOLDER/reference.json (reference.py) and writes FOLDER/MODEL.json: for each photo, for each palm, the `state` [129] of the
plain and of the mirrored window.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import onnxruntime

from crop import Window
from recoverer import look, open_session
from reference import numbers, read_rgb


def state_of(session: onnxruntime.InferenceSession, image: np.ndarray, window: dict[str, float]) -> list[float]:
    return numbers(session.run(["state"], {"image": look(session, image, Window(**window))})[0][0], 5)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("folder", type=Path)
    args = parser.parse_args()
    session = open_session(args.model)
    photos = json.loads((args.folder / "reference.json").read_text())["photos"]
    states = {}
    for name, photo in photos.items():
        image = read_rgb(args.folder / name)
        states[name] = [{kind: state_of(session, image, hand[kind]["window"]) for kind in ("plain", "mirrored")} for hand in photo["hands"]]
    out = args.folder / f"{args.model.stem}.json"
    out.write_text(json.dumps(states) + "\n")
    print(f"{sum(len(hands) for hands in states.values()) * 2} states in {out.name}")


if __name__ == "__main__":
    main()
