"""Add what the borrowed last blocks make of the cached stage: SET/maps.npy, float16 [N, 192, 7, 7].

    python cache_maps.py SET [SET ...]

For training with the borrowed layers as they are, where running them again at every step would be most of the work.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch

from feature_set import FeatureSet
from tail import MAPS, borrowed_tail

ROWS = 256


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", type=Path, nargs="+")
    args = parser.parse_args()
    torch.set_num_threads(1)
    tail = borrowed_tail().eval().to(memory_format=torch.channels_last)
    for folder in args.sets:
        stage = FeatureSet.open(folder)["stage"]
        maps = np.lib.format.open_memmap(folder / "maps.npy", "w+", dtype=np.float16, shape=(len(stage), *MAPS))
        for at in range(0, len(stage), ROWS):
            rows = torch.from_numpy(stage[at : at + ROWS].astype(np.float32)).to(memory_format=torch.channels_last)
            with torch.inference_mode():
                maps[at : at + ROWS] = tail(rows)[0].numpy()
        maps.flush()
        print(f"{folder}: {len(stage)} crops", flush=True)


if __name__ == "__main__":
    main()
