"""The warm-up network against what it stands for."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import onnxruntime

from warm_up_network import SIZE, network, source

MODELS = Path(__file__).parent.parent
SOURCE = MODELS.parent / "src/recovery/warmUpNetwork.ts"


def convolution_kinds(model: onnx.ModelProto) -> set[tuple[int, bool]]:
    """(kernel size, depthwise)"""
    kinds = set()
    for node in model.graph.node:
        if node.op_type == "Conv":
            said = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
            kinds.add((said["kernel_shape"][0], said.get("group", 1) > 1))
    return kinds


def test_the_runtime_has_what_the_program_writes() -> None:
    assert SOURCE.read_text() == source()


def test_it_runs_the_convolutions_of_the_detector_and_the_default_recoverer() -> None:
    model = network()
    kinds = convolution_kinds(model)
    needed = convolution_kinds(onnx.load(str(MODELS / "palm.onnx"))) | convolution_kinds(onnx.load(str(MODELS / "ahrnet.onnx")))
    print(f"warm-up {sorted(kinds)}, needed {sorted(needed)}")
    # A stem of 3 x 3 runs as those of 5 x 5 do: columns and a matrix product.
    assert needed - kinds <= {(3, False)}
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    (y,) = session.run(None, {"x": np.ones((1, 3, SIZE, SIZE), np.float32)})
    assert np.isfinite(y).all()
