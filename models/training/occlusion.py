"""What an object in front of the hand does to recoverers: real crops with truth, each covered by a piece of another photo.

    python occlusion.py SET ../amvur.onnx ... [--share 0.3] [--of crop|hand] [--draws 4]

The object takes 30 % of the crop, more than the hand's own box (22 % of it on stereo), or 30 % of that box.

Every crop is covered several times: which pieces fall where moves the figures of one draw by a millimetre.

For keypoints that the object hides: how sigma and error change. For those still seen: how much more they err, root-relative after
scaling to the truth, and how far they move.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import onnxruntime

from augment import cover, to_crop, under
from contract import ROOT
from eval_crops import true_crops
from recoverer import decode, open_session, see
from render.data import background_names, of_split

SEED = 11
# Objects that hide too little or leave too little say nothing.
HIDDEN, SEEN = 3, 8


# What the object's share is a share of.
OF = ("crop", "hand")


def covered_crops(
    folder: Path, share: float, of: str, stride: int, draws: int
) -> list[tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]]:
    """Crop, covered crop, hidden [21], and truth [21, 3] relative to the root, along the crop's axes, of reference size."""
    random = np.random.default_rng(SEED)
    names = [name for name in background_names() if of_split(name, "test")]
    found = []
    for one in true_crops(folder, stride):
        places = to_crop(one.px, one.window)
        part = share * (np.ptp(places, axis=0).prod() if of == "hand" else 1)
        for _ in range(draws):
            covered, mask = cover(one.image, part, names, random)
            hidden = under(mask, places)
            if not hidden[ROOT] and hidden.sum() >= HIDDEN and (~hidden).sum() >= SEEN:
                found.append((one.image, covered, hidden, one.keypoints))
    return found


def state_of(session: onnxruntime.InferenceSession, crop: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Keypoints [21, 3] and sigma [21]."""
    hand = decode(session.run(["state"], {"image": see(session, crop)})[0][0])
    return hand.keypoints.astype(float), np.exp(hand.log_sigma)


def judge(session: onnxruntime.InferenceSession, crops: list[tuple[np.ndarray, ...]]) -> dict[str, float]:
    columns: dict[str, list[np.ndarray]] = {name: [] for name in ("hidden", "sigma", "sigma covered", "error", "error covered", "moved")}
    for crop, covered, hidden, truth in crops:
        (free, sigma), (after, sigma_after) = state_of(session, crop), state_of(session, covered)
        rows = (hidden, sigma, sigma_after, np.linalg.norm(free - truth, axis=1), np.linalg.norm(after - truth, axis=1))
        for name, row in zip(columns, (*rows, np.linalg.norm(after - free, axis=1)), strict=True):
            columns[name].append(np.delete(row, ROOT))
    all_rows = {name: np.array(rows) for name, rows in columns.items()}
    hidden = all_rows["hidden"].astype(bool)
    return {
        "crops": len(crops),
        "sigma of hidden, times": float(all_rows["sigma covered"][hidden].mean() / all_rows["sigma"][hidden].mean()),
        "error of hidden, times": float(all_rows["error covered"][hidden].mean() / all_rows["error"][hidden].mean()),
        "sigma of seen, times": float(all_rows["sigma covered"][~hidden].mean() / all_rows["sigma"][~hidden].mean()),
        "seen err more, mm": 1000 * float((all_rows["error covered"] - all_rows["error"])[~hidden].mean()),
        "seen move, mm": 1000 * float(all_rows["moved"][~hidden].mean()),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("set", type=Path)
    parser.add_argument("models", type=Path, nargs="+")
    parser.add_argument("--share", type=float, default=0.3)
    parser.add_argument("--of", choices=OF, default=OF[0])
    parser.add_argument("--stride", type=int, default=1)
    parser.add_argument("--draws", type=int, default=4)
    args = parser.parse_args()
    crops = covered_crops(args.set, args.share, args.of, args.stride, args.draws)
    for model in args.models:
        print(model.stem, {name: round(value, 2) for name, value in judge(open_session(model), crops).items()}, flush=True)


if __name__ == "__main__":
    main()
