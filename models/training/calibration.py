"""Plot how well sigma says how large errors are, on rendered test crops and on a set with truth.

    python calibration.py OUT.png ../amvur.onnx [MODEL ...] --set STEREO [--crops 600]

Left: coordinates sorted by the sigma that was said, in ten groups: sigma against the root mean square of the errors. Right: the share
of errors within so many sigma, beside that of Laplace's and Gauss's distributions.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import matplotlib
import numpy as np
import onnxruntime
from scipy import stats

import render
from backbone import SIZE
from compare import TEST_SEED
from contract import ROOT
from eval_crops import true_crops
from recoverer import decode, open_session, see
from render_features import size_of

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402

GROUPS = 10
SIGMAS = np.linspace(0, 4, 41)


def judged(session: onnxruntime.InferenceSession, crop: np.ndarray, truth: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Sigma and errors of coordinates [20, 3] of a crop; truth [21, 3] relative to the root, of reference size."""
    hand = decode(session.run(["state"], {"image": see(session, crop)})[0][0])
    sigma = np.exp(hand.log_sigma)[:, None].repeat(3, axis=1)
    return np.delete(sigma, ROOT, axis=0), np.delete(np.abs(hand.keypoints - truth), ROOT, axis=0)


def of_renders(count: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Crops and their truths."""
    found = []
    for index in range(count):
        one = render.sample(TEST_SEED + index, SIZE, "test")
        found.append((one.image, (one.keypoints - one.keypoints[ROOT]) / size_of(one.keypoints)))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("models", type=Path, nargs="+")
    parser.add_argument("--set", type=Path, required=True)
    parser.add_argument("--crops", type=int, default=600)
    args = parser.parse_args()
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4.2), layout="constrained")
    places = {"renders": of_renders(args.crops), args.set.name: [(one.image, one.keypoints) for one in true_crops(args.set)]}
    for model in args.models:
        session = open_session(model)
        for name, crops in places.items():
            sigma, error = (np.array(x).ravel() for x in zip(*(judged(session, *crop) for crop in crops), strict=True))
            order = np.array_split(np.argsort(sigma), GROUPS)
            said = [1000 * sigma[rows].mean() for rows in order]
            found = [1000 * np.sqrt(np.square(error[rows]).mean()) for rows in order]
            left.plot(said, found, "o-", markersize=4, label=f"{model.stem}, {name}")
            right.plot(SIGMAS, [100 * (error < k * sigma).mean() for k in SIGMAS], label=f"{model.stem}, {name}")
            within = 100 * (error < sigma).mean()
            print(f"{model.stem} on {name}: {within:.1f} % within one sigma; correlation {np.corrcoef(sigma, error)[0, 1]:.2f}", flush=True)
    end = max(left.get_xlim()[1], left.get_ylim()[1])
    left.plot([0, end], [0, end], "k:", linewidth=1)
    left.set(xlabel="sigma that was said, mm", ylabel="root mean square error, mm", xlim=(0, None), ylim=(0, None))
    right.plot(SIGMAS, 100 * (1 - np.exp(-np.sqrt(2) * SIGMAS)), "k:", linewidth=1, label="Laplace")
    right.plot(SIGMAS, 100 * (2 * stats.norm.cdf(SIGMAS) - 1), "k--", linewidth=1, label="Gauss")
    right.set(xlabel="times sigma", ylabel="errors within, %")
    for axes in (left, right):
        axes.grid(alpha=0.3)
        axes.legend(fontsize=8)
    figure.savefig(args.out, dpi=110)


if __name__ == "__main__":
    main()
