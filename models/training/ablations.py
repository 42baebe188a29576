"""What each paper's key idea brings: checkpoints trained with and without it, on the same budget, in the tables of compare.py.

    python ablations.py OUT.md CHECKPOINT_DIR ... --sets MMPOSE STEREO [--crops 1000]
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import cv2
import onnx

from backbone import MODEL
from compare import tables
from export import join, network_graph
from network import load_network, read_checkpoint
from recoverer import open_session


def title(folder: Path) -> str:
    """The method, what it was trained without, and for how long."""
    kept = read_checkpoint(folder)
    left_out = f" without {', '.join(kept['without'])}" if kept["without"] else ""
    return f"{kept['method']}{left_out} ({kept['step']} steps)"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("checkpoints", type=Path, nargs="+")
    parser.add_argument("--sets", type=Path, nargs="*", default=[])
    parser.add_argument("--crops", type=int, default=1000)
    args = parser.parse_args()
    cv2.setNumThreads(1)
    sessions = {}
    with tempfile.TemporaryDirectory() as temporary:
        for folder in args.checkpoints:
            path = Path(temporary) / "model.onnx"
            onnx.save(join(onnx.load(str(MODEL)), network_graph(load_network(folder), 1.0, path)), str(path))
            sessions[title(folder)] = open_session(path)
    head = (
        "# What each paper's key idea brings\n\nWritten by `models/training/ablations.py`: every network trained from the same trunk, on the "
        "same crops in the same order, for the same number of steps. Lengths in mm, 2D in px of a 128 px crop.\n"
    )
    args.out.write_text("\n".join([head, *tables(sessions, args.sets, args.crops)]))
    print(args.out.read_text())


if __name__ == "__main__":
    main()
