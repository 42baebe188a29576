"""A network that follows the contract, run on windows of images."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import onnxruntime

import contract
from crop import Window, network_input, sample
from storage import FOLDED

# Property of a model file: samples along each side of a crop's pixel (crop.py); 1 where it is missing.
OVERSAMPLING = "oversampling"
# Dimension of those networks that see pictures of several sizes; what it is where nobody says.
SIDE, USUAL_SIDE = "side", 128


@dataclass(frozen=True)
class Recovered:
    """A decoded `state`, in the crop's frame (contract.py); presence and handedness are logits."""

    keypoints: np.ndarray  # [21, 3], m
    crop: np.ndarray  # [21, 2], -0.5..0.5
    log_sigma: np.ndarray  # [21]
    log_window_width: float
    presence: float
    handedness: float


def file_and_side(model: Path) -> tuple[Path, int]:
    """The .onnx of a manifest and the side of the pictures that it says, px; or of an .onnx, with or without one beside it."""
    path = model.with_suffix(".json")
    if not path.exists():
        return model, USUAL_SIDE
    manifest = json.loads(path.read_text())
    # A network that reads something else than a picture has no side (amvur-texture.onnx).
    return path.with_name(manifest["file"]), manifest.get("input", {}).get("size", USUAL_SIDE)


def open_session(model: Path | bytes, side: int | None = None) -> onnxruntime.InferenceSession:
    """Of a model file, of its bytes or of a manifest, one thread.

    @param side of the pictures that it shall see, px, of a network that leaves it open; else the manifest's
    """
    source, usual = (model, USUAL_SIDE) if isinstance(model, bytes) else file_and_side(model)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.add_free_dimension_override_by_name(SIDE, side or usual)
    for key, value in FOLDED.items():
        options.add_session_config_entry(key, value)
    return onnxruntime.InferenceSession(source if isinstance(source, bytes) else str(source), options, providers=["CPUExecutionProvider"])


def decode(state: np.ndarray) -> Recovered:
    if state.shape != (contract.STATE_LENGTH,):
        raise ValueError(f"a state has {contract.STATE_LENGTH} numbers, found shape {state.shape}")
    return Recovered(
        state[contract.KEYPOINTS : contract.CROP].reshape(21, 3),
        state[contract.CROP : contract.LOG_SIGMA].reshape(21, 2),
        state[contract.LOG_SIGMA : contract.LOG_WINDOW_WIDTH],
        float(state[contract.LOG_WINDOW_WIDTH]),
        float(state[contract.PRESENCE]),
        float(state[contract.HANDEDNESS]),
    )


def oversampling_of(session: onnxruntime.InferenceSession) -> int:
    return int(session.get_modelmeta().custom_metadata_map.get(OVERSAMPLING, 1))


def look(session: onnxruntime.InferenceSession, image: np.ndarray, window: Window) -> np.ndarray:
    """A window of an image as the network sees it: [1, 3, S, S]."""
    return network_input(sample(image, window, session.get_inputs()[0].shape[2], oversampling_of(session)))


def see(session: onnxruntime.InferenceSession, crop: np.ndarray) -> np.ndarray:
    """A crop of at least the network's size as the network sees it: [1, 3, S, S]."""
    size = session.get_inputs()[0].shape[2]
    return network_input(crop if len(crop) == size else cv2.resize(crop, (size, size), interpolation=cv2.INTER_AREA))


def recover(session: onnxruntime.InferenceSession, image: np.ndarray, window: Window) -> Recovered:
    """The hand in a window of an image [H, W, 3], RGB uint8."""
    return decode(session.run(["state"], {"image": look(session, image, window)})[0][0])


def keypoints_in_image(hand: Recovered, window: Window) -> np.ndarray:
    """[21, 2], image px."""
    return window.to_image(hand.crop + 0.5, 1)
