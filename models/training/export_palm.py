"""Write a trained palm detector (quick_palm.py) as ONNX: large weights as int8, others as float16.

    python export_palm.py CHECKPOINT_DIR ../palm.onnx

Outputs `boxes` [1, 896, 18] and `scores` [1, 896], not decoded (palm.py). Prints the largest difference between torch and the file of
the scores on random pictures.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import onnx
import onnxruntime
import torch

import contract
import palm
from convert_mediapipe import MEDIAPIPE, PAPER, PALM_TFLITE
from export import OPSET, output_difference, write_graph
from quick_palm import PICTURE, SAMPLES, VALUES, QuickPalm
from recoverer import OVERSAMPLING
from storage import store_bytes, store_half
from train_palm import load_palm

CROPS = 8  # on which torch and the file are compared


def palm_graph(network: QuickPalm) -> onnx.ModelProto:
    """With what torch writes for shapes and padding folded to constants."""
    with tempfile.TemporaryDirectory() as folder:
        whole, folded = Path(folder) / "whole.onnx", Path(folder) / "folded.onnx"
        write_graph(network, (torch.zeros(1, 3, PICTURE, PICTURE),), whole, ["image"], ["boxes", "scores"])
        options = onnxruntime.SessionOptions()
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
        options.optimized_model_filepath = str(folded)
        onnxruntime.InferenceSession(str(whole), options, providers=["CPUExecutionProvider"])
        model = onnx.load(str(folded))
    for node in model.graph.node:  # what it writes for pads that are said
        kept = [attribute for attribute in node.attribute if attribute.name != "auto_pad"]
        del node.attribute[:]
        node.attribute.extend(kept)
    del model.opset_import[:]
    model.opset_import.append(onnx.helper.make_opsetid("", OPSET))
    return model


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("out", type=Path)
    args = parser.parse_args()
    network = load_palm(args.checkpoint)
    model = palm_graph(network)
    store_bytes(model.graph)
    store_half(model.graph)
    onnx.helper.set_model_props(model, {OVERSAMPLING: str(SAMPLES)})
    onnx.checker.check_model(model)
    onnx.save(model, str(args.out))
    anchors = len(palm.anchors(PICTURE))
    manifest = {
        "name": args.out.stem,
        "kind": "detector",
        "input": {"name": "image", "size": PICTURE, "oversampling": SAMPLES},
        "outputs": {"boxes": [1, anchors, VALUES], "scores": [1, anchors]},
        "layout": {},
        "windowWidth": False,
        "vertices": 0,
        "paper": PAPER,
        "licence": "Apache-2.0",
        "source": f"models/training/train_palm.py, begun with and taught by Google MediaPipe, {MEDIAPIPE} on PyPI: {PALM_TFLITE}",
    }
    contract.write_manifest(args.out, manifest)
    off = output_difference(args.out, network, "scores", 1, (PICTURE,) * CROPS)
    print(f"{args.out.name}: {args.out.stat().st_size / 1e6:.2f} MB, {len(model.graph.node)} nodes; scores differ by {off:.3f}")


if __name__ == "__main__":
    main()
