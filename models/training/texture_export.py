"""Write the texture network as an ONNX file with its manifest.

    python texture_export.py CHECKPOINT.pt ../amvur-texture.onnx [--test TEST.npz]

Inputs `colours` [1, V, 3] (0..1) and `seen` [1, V] (0 or 1); output `texture` [1, V, 4]: RGB 0..1 and confidence. Weights are stored
as float16. With --test prints the largest and mean difference of torch and the file over rows of that set, and the time of a run, and
writes the network's errors (of 255) into the manifest.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
import onnx
import torch

import contract
from export import write_graph
from recoverer import open_session
from storage import store_half
from texture import Exported, TextureNetwork
from train_texture import load, load_network, report, rows_of

PAPER = "AMVUR: A Probabilistic Attention Model with Occlusion-aware Texture Regression (Jiang, Rahmani, Black, Williams)"
TRIED = 200  # rows of the test set


def export(network: TextureNetwork, path: Path) -> None:
    vertices = network.patches.shape[0]
    example = (torch.zeros(1, vertices, 3), torch.zeros(1, vertices))
    model = write_graph(Exported(network), example, path, ["colours", "seen"], ["texture"])
    store_half(model.graph)
    onnx.checker.check_model(model)
    onnx.save(model, str(path))
    contract.write_manifest(
        path,
        {
            "name": path.stem,
            "kind": "texture",
            "inputs": {"colours": [1, vertices, 3], "seen": [1, vertices]},
            "outputs": {"texture": [1, vertices, 4]},
            "vertices": vertices,
            "paper": PAPER,
            "licence": "MIT",
            "source": "trained by models/training/train_texture.py on its own renders and the photos of docs/datasets.md",
        },
    )


def compare(network: TextureNetwork, path: Path, test: Path) -> None:
    session = open_session(path)
    data = load(test)
    rows = rows_of(data, torch.arange(min(TRIED, len(data["seen"]))))
    with torch.no_grad():
        expected = Exported(network)(rows["colours"], rows["seen"]).numpy()
    start = time.time()
    found = [
        session.run(None, {"colours": colours[None].numpy(), "seen": seen[None].numpy()})[0][0]
        for colours, seen in zip(rows["colours"], rows["seen"], strict=True)
    ]
    spent = (time.time() - start) / len(found)
    away = np.abs(np.stack(found) - expected)
    print(f"torch and file differ by {255 * away.max():.1f} of 255 at most, {255 * away.mean():.3f} on average")
    print(f"{1000 * spent:.2f} ms a run")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--test", type=Path)
    args = parser.parse_args()
    torch.set_num_threads(1)
    network = load_network(args.checkpoint)
    export(network, args.out)
    print(f"{args.out.name}: {args.out.stat().st_size / 1e6:.2f} MB")
    if args.test:
        compare(network, args.out, args.test)
        errors = report(network, load(args.test))
        contract.update_figures(args.out, "rendered and photos", {name: round(value, 2) for name, value in errors.items()})


if __name__ == "__main__":
    main()
