"""The contract of a model file: where things lie in a recoverer's `state`, and the manifest beside every .onnx."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

# state: float32 [1, 129]; the offset of each part, in order (src/hand/recoveredHand.ts).
KEYPOINTS = 0  # 21 x (x, y, z), metres relative to keypoint 9, axes of the crop: x right, y down, z away from the camera
CROP = 63  # 21 x (u, v), fractions of the crop's side from its centre
LOG_SIGMA = 105  # 21 natural logarithms of metres
LOG_WINDOW_WIDTH = 126  # natural logarithm of metres
PRESENCE = 127  # logit that the crop shows a hand
HANDEDNESS = 128  # logit that the crop shows a right hand
STATE_LENGTH = 129
ROOT = 9  # the middle finger's knuckle
REFERENCE_LENGTH = 0.8  # sum of the 20 bone lengths of a hand of reference size, metres

LAYOUT = {
    "keypoints": KEYPOINTS,
    "crop": CROP,
    "logSigma": LOG_SIGMA,
    "logWindowWidth": LOG_WINDOW_WIDTH,
    "presence": PRESENCE,
    "handedness": HANDEDNESS,
    "length": STATE_LENGTH,
}


def write_manifest(model: Path, manifest: dict[str, Any]) -> None:
    """Writes NAME.json, of the manifest's name, beside MODEL.onnx: `manifest` with the file's name, hash and size.

    `figures` that an earlier manifest of the very same file holds are kept.
    """
    data = model.read_bytes()
    identity = {"file": model.name, "sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
    path = model.with_name(f"{manifest['name']}.json")
    figures: dict[str, Any] = {}
    if path.exists():
        earlier = json.loads(path.read_text())
        if earlier["sha256"] == identity["sha256"]:
            figures = earlier["figures"]
    head = {key: manifest[key] for key in ("name", "kind")}
    rest = {key: value for key, value in manifest.items() if key not in head}
    path.write_text(json.dumps({**head, **identity, **rest, "figures": figures}, indent=2) + "\n")


def update_figures(model: Path, name: str, figures: dict[str, Any]) -> None:
    """Sets figures[name] in the manifest `model`, or beside it; the file must be the one that the manifest names."""
    path = model.with_suffix(".json")
    manifest = json.loads(path.read_text())
    file = path.with_name(manifest["file"])
    found = hashlib.sha256(file.read_bytes()).hexdigest()
    if found != manifest["sha256"]:
        raise ValueError(f"{file} has sha256 {found}, its manifest names {manifest['sha256']}: write the manifest first")
    manifest["figures"][name] = figures
    path.write_text(json.dumps(manifest, indent=2) + "\n")
