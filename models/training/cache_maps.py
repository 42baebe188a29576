"""Add what the borrowed last blocks make of the cached stage: SET/maps.npy, float16 [N, 192, 7, 7].

    python cache_maps.py SET [SET ...] [--of CHECKPOINT_DIR [CHECKPOINT_DIR ...] --into FOLDER]

For training with the borrowed layers as they are, where running them again at every step would be most of the work. With --of they
are as a recoverer has trained them, or the mean of several: FOLDER gets a set for each, of the same name, with its own maps and
pooled features and links to all else.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch

from backbone import POOLED
from feature_set import FeatureSet
from network import load_network, mean_of
from tail import MAPS, Tail, borrowed_tail

ROWS = 256
SHAPES = {"maps": MAPS, "pooled": (POOLED,)}


def cache(tail: Tail, stage: np.ndarray, folder: Path, names: tuple[str, ...]) -> None:
    """Writes these of maps and pooled features."""
    arrays = {name: np.lib.format.open_memmap(folder / f"{name}.npy", "w+", dtype=np.float16, shape=(len(stage), *SHAPES[name])) for name in names}
    for at in range(0, len(stage), ROWS):
        rows = torch.from_numpy(stage[at : at + ROWS].astype(np.float32)).to(memory_format=torch.channels_last)
        with torch.inference_mode():
            made = dict(zip(SHAPES, tail(rows), strict=True))
        for name, array in arrays.items():
            array[at : at + ROWS] = made[name].numpy()
    for array in arrays.values():
        array.flush()


def linked(folder: Path, into: Path) -> Path:
    """A set that has all of another but what depends on the last blocks."""
    own = into / folder.name
    own.mkdir(parents=True)
    for path in folder.iterdir():
        if path.is_file() and path.stem not in SHAPES:
            (own / path.name).symlink_to(path.resolve())
    return own


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", type=Path, nargs="+")
    parser.add_argument("--of", type=Path, nargs="+", help="recoverers whose last blocks are taken instead of the borrowed ones")
    parser.add_argument("--into", type=Path, help="where the sets of --of are made")
    args = parser.parse_args()
    if bool(args.of) != bool(args.into):
        parser.error("--of and --into belong together")
    torch.set_num_threads(1)
    tail = mean_of(load_network, args.of, None).tail if args.of else borrowed_tail()
    tail = tail.eval().to(memory_format=torch.channels_last)
    for folder in args.sets:
        stage = FeatureSet.open(folder)["stage"]
        if args.into:
            cache(tail, stage, linked(folder, args.into), ("maps", "pooled"))
        else:
            cache(tail, stage, folder, ("maps",))
        print(f"{folder}: {len(stage)} crops", flush=True)


if __name__ == "__main__":
    main()
