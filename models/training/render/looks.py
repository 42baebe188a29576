"""Hands to draw: the generic hand and the CC0 hands of GodotVR/godot-xr-tools, all moved by the generic hand's rig.

The generic rig is fitted to each CC0 mesh at rest (angles, bone lengths, thickness). The mesh is then bound to the fitted
rig, so that one pose moves any look and its labels are the rig's joints. The generic hand's vertices, laid onto the look's
surface, are bound with it: vertex labels have one topology for all looks.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy.optimize import least_squares
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree
from scipy.spatial.transform import Rotation

from . import rig
from .data import cached, need
from .native import normals, skin
from .rig import HAND

VERSION = 6  # of the cached fits: raise it when the fit changes
MESHES = {"nails": "Hand_Nails", "plain": "hand", "glove": "Hand_Glove"}
GLTF_JOINTS = ["Wrist", "Thumb_Metacarpal", "Thumb_Proximal", "Thumb_Distal", "Thumb_Tip"] + [
    f"{finger}_{bone}" for finger in ("Index", "Middle", "Ring", "Little")
    for bone in ("Metacarpal", "Proximal", "Intermediate", "Distal", "Tip")
]  # fmt: skip


@dataclass(frozen=True)
class Look:
    """A mesh bound to the rig."""

    name: str
    local: np.ndarray  # [V, 4, 3] vertices in their bones' frames
    bones: np.ndarray  # [V, 4]
    weights: np.ndarray  # [V, 4]
    uv: np.ndarray  # [V, 2]
    triangles: np.ndarray  # [T, 3]
    weld: np.ndarray  # [V] the vertex that each shares its place with
    label_local: np.ndarray  # [1159, 4, 3] the generic hand's vertices on this look's surface
    proportions: np.ndarray  # [25] of the hand that the look is of: the rig's own are 1
    girth: np.ndarray  # [25]
    rim: np.ndarray  # vertices around the open end at the wrist, in order, counter-clockwise as seen from the elbow


def read_gltf(path: str) -> dict[str, np.ndarray]:
    """Arrays of a mesh in a .gltf of the data folder, and its joints at rest [26, 4, 4], glTF space."""
    gltf = json.loads(need(path).read_text())
    data = base64.b64decode(gltf["buffers"][0]["uri"].split(",", 1)[1])

    def array(index: int) -> np.ndarray:
        accessor = gltf["accessors"][index]
        view = gltf["bufferViews"][accessor["bufferView"]]
        width = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4, "MAT4": 16}[accessor["type"]]
        kind = {5121: "u1", 5123: "<u2", 5125: "<u4", 5126: "<f4"}[accessor["componentType"]]
        start = view.get("byteOffset", 0) + accessor.get("byteOffset", 0)
        return np.frombuffer(data, kind, accessor["count"] * width, start).reshape(-1, width)

    primitive = gltf["meshes"][0]["primitives"][0]
    attributes = primitive["attributes"]
    skin_of = gltf["skins"][0]
    rest = np.linalg.inv(array(skin_of["inverseBindMatrices"]).reshape(-1, 4, 4).transpose(0, 2, 1).astype(np.float64))
    names = [gltf["nodes"][node]["name"][:-2] for node in skin_of["joints"]]
    return {
        "positions": array(attributes["POSITION"]).astype(np.float64),
        "uv": array(attributes["TEXCOORD_0"]).astype(np.float32),
        "bones": array(attributes["JOINTS_0"]).astype(np.int32),
        "weights": array(attributes["WEIGHTS_0"]).astype(np.float64),
        "triangles": array(primitive["indices"]).reshape(-1, 3).astype(np.int32),
        "joints": rest[[names.index(name) for name in GLTF_JOINTS], :3, 3],
    }


def weld_of(positions: np.ndarray) -> np.ndarray:
    """[V] the first vertex at the same place (to 10 micrometres)."""
    _, first, inverse = np.unique(np.round(positions, 5), axis=0, return_index=True, return_inverse=True)
    return first[inverse.ravel()].astype(np.int32)


def open_wrist(
    positions: np.ndarray, triangles: np.ndarray, weld: np.ndarray, wrist: np.ndarray, back: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Triangles without the lid that closes the mesh toward the elbow, and the rim that is left, in order around `back`."""
    along = (positions - wrist) @ back
    a, b, c = (positions[triangles[:, k]] for k in range(3))
    face = np.cross(b - a, c - a)
    face /= np.linalg.norm(face, axis=1, keepdims=True) + 1e-12
    lid = (face @ back > 0.6) & (along[triangles].mean(1) > along.max() - 0.012)
    triangles = np.ascontiguousarray(triangles[~lid])
    edges = np.sort(weld[triangles][:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2), axis=1)
    edges, count = np.unique(edges[edges[:, 0] != edges[:, 1]], axis=0, return_counts=True)
    # Of the open loops (nails have some) the one nearest to the elbow.
    loops = connected_components(coo_matrix((np.ones((count == 1).sum()), edges[count == 1].T), shape=(len(weld),) * 2), False)[
        1
    ]
    border = np.unique(edges[count == 1])
    nearest = max(np.unique(loops[border]), key=lambda loop: along[border[loops[border] == loop]].mean())
    border = border[loops[border] == nearest]
    side = np.cross(back, [0.3, 0.5, 0.8])
    side /= np.linalg.norm(side)
    offset = positions[border] - positions[border].mean(0)
    order = np.argsort(np.arctan2(offset @ np.cross(back, side), offset @ side))
    return triangles, border[order].astype(np.int32)


def _posed(values: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Bone transforms, joints, rotations, proportions and girth of a fit's parameters [60]."""
    size, angles = float(np.exp(values[6])), values[7:29]
    proportions = np.concatenate([[1.0], np.exp(values[29:53])])
    girth = np.exp(values[53:59])[rig.FINGER + 1]
    joints, frames = rig.forward(angles, Rotation.from_rotvec(values[3:6]).as_matrix(), values[:3], size * proportions)
    return rig.bone_transforms(joints, frames, size, proportions, girth), joints, frames, proportions, girth


def fit_rig(positions: np.ndarray, surface_normals: np.ndarray, joints: np.ndarray) -> np.ndarray:
    """Parameters of the generic hand laid onto a mesh: first its joints, then its surface (closest points, both ways)."""
    local = rig.in_bones(HAND.vertices, HAND.bones, rig.REST_TRANSFORMS)
    weld = np.arange(len(HAND.vertices), dtype=np.int32)
    a, b = HAND.positions - HAND.positions.mean(0), joints - joints.mean(0)
    turn = Rotation.align_vectors(b, a)[0].as_matrix()
    values = np.zeros(59)
    values[3:6] = Rotation.from_matrix(turn @ HAND.rotations[0]).as_rotvec()
    values[:3] = joints[0]
    values[6] = np.log(np.linalg.norm(b) / np.linalg.norm(a))
    tree = cKDTree(positions)

    def prior(v: np.ndarray) -> np.ndarray:
        outside = np.maximum(v[7:29] - rig.ANGLE_MAX, 0) + np.maximum(rig.ANGLE_MIN - v[7:29], 0)
        return np.concatenate([v[7:29] * 0.3, outside * 50, v[29:53] / 0.05, v[53:59] / 0.2])

    def by_joints(v: np.ndarray) -> np.ndarray:
        _, found, frames, _, _ = _posed(v)
        return np.concatenate([(found - joints).ravel() / 0.004, prior(v)])

    values = least_squares(by_joints, values).x
    for _ in range(18):
        vertices = skin(local, HAND.bones, HAND.weights, _posed(values)[0])
        own_normals = normals(vertices, weld, HAND.triangles)
        _, to = tree.query(vertices)
        _, back = cKDTree(vertices).query(positions)
        keep = (own_normals * surface_normals[to]).sum(1) > 0.3
        keep &= np.linalg.norm(vertices - positions[to], axis=1) < 0.015
        keep_back = (own_normals[back] * surface_normals).sum(1) > 0.3
        keep_back &= np.linalg.norm(vertices[back] - positions, axis=1) < 0.02

        def by_surface(v: np.ndarray) -> np.ndarray:
            affine, found, _, _, _ = _posed(v)
            now = skin(local, HAND.bones, HAND.weights, affine).astype(np.float64)
            forth = ((now - positions[to]) * surface_normals[to]).sum(1)[keep]
            other = ((now[back] - positions) * surface_normals).sum(1)[keep_back]
            far = np.concatenate([forth, other]) / 0.003
            return np.concatenate([far, (found - joints).ravel() / 0.03, prior(v)])

        values = least_squares(by_surface, values, max_nfev=8).x
    return values


def _bind(name: str) -> dict[str, np.ndarray]:
    """A CC0 mesh bound to the fitted rig (cached)."""
    kind, _, left = name.partition("_")
    side = ("l" if left else "r") if kind == "plain" else ("L" if left else "R")
    gltf = read_gltf(f"rigs/godot_hands/model/{MESHES[kind]}_{side}.gltf")
    positions, triangles, joints = gltf["positions"], gltf["triangles"], gltf["joints"]
    if left:  # its mirror image is a right hand, with the left one's own paint
        positions, joints, triangles = positions * (-1, 1, 1), joints * (-1, 1, 1), np.ascontiguousarray(triangles[:, ::-1])
    weld = weld_of(positions)
    surface_normals = normals(positions.astype(np.float32), weld, triangles).astype(np.float64)
    values = fit_rig(positions, surface_normals, joints)
    affine, _, frames, proportions, girth = _posed(values)
    # The look's own skin weights: its joints are the rig's, in GLTF_JOINTS' order; its palm joint moves with the wrist.
    local = rig.in_bones(HAND.vertices, HAND.bones, rig.REST_TRANSFORMS)
    generic = skin(local, HAND.bones, HAND.weights, affine).astype(np.float64)
    dense = np.zeros((len(generic), rig.JOINTS))
    np.add.at(dense, (np.arange(len(generic))[:, None], HAND.bones), HAND.weights)
    # Weights come from the generic hand's nearest vertices that face the same way: the same creases bend.
    generic_normals = normals(generic.astype(np.float32), np.arange(len(generic), dtype=np.int32), HAND.triangles)
    _, near = cKDTree(np.hstack([generic, generic_normals * 0.008])).query(
        np.hstack([positions, surface_normals * 0.008]), k=5)  # fmt: skip
    gap = np.linalg.norm(generic[near] - positions[:, None], axis=2) + 0.0005
    blend = np.einsum("vk,vkj->vj", 1 / gap**2, dense[near])
    blend = blend[weld]
    bones = np.argsort(-blend, axis=1)[:, :4].astype(np.int32)
    weights = np.take_along_axis(blend, bones, 1)
    weights = (weights / weights.sum(1, keepdims=True)).astype(np.float32)
    # Vertex labels: the generic hand's vertices moved onto the look's surface, along its normals.
    _, to = cKDTree(positions).query(generic)
    step = ((positions[to] - generic) * surface_normals[to]).sum(1, keepdims=True)
    agree = (generic_normals * surface_normals[to]).sum(1, keepdims=True) > 0.3
    laid = generic + np.clip(step, -0.006, 0.006) * surface_normals[to] * agree
    near_surface = np.linalg.norm(positions[to] - generic, axis=1) < 0.015  # not the wrist that the look lacks
    print(f"{name}: generic hand fitted to {1000 * np.abs(step[near_surface]).mean():.2f} mm, mean distance from the surface")
    triangles, rim = open_wrist(positions, triangles, weld, affine[0, :, 3], frames[0][:, 2])
    return {
        "local": rig.in_bones(positions, bones, affine), "bones": bones, "weights": weights, "uv": gltf["uv"],
        "triangles": triangles, "weld": weld, "label_local": rig.in_bones(laid, HAND.bones, affine),
        "proportions": proportions, "girth": girth, "rim": rim,
    }  # fmt: skip


def _generic() -> Look:
    """The generic hand with its texture seams."""
    seam = HAND.seam_vertex
    positions = HAND.vertices[seam]
    local = rig.in_bones(HAND.vertices, HAND.bones, rig.REST_TRANSFORMS)
    weld = weld_of(positions)
    triangles, rim = open_wrist(positions, HAND.seam_triangles, weld, HAND.positions[0], HAND.rotations[0][:, 2])
    return Look("generic", np.ascontiguousarray(local[seam]), np.ascontiguousarray(HAND.bones[seam]),
                np.ascontiguousarray(HAND.weights[seam]), HAND.seam_uv, triangles, weld, local,
                np.ones(rig.JOINTS), np.ones(rig.JOINTS), rim)  # fmt: skip


@cache
def look(name: str) -> Look:
    """ "generic", or a CC0 mesh: "nails", "plain", "glove"; with "_left": the left one's mirror image."""
    if name == "generic":
        return _generic()
    return Look(name, **cached(f"look-{name}-{VERSION}", lambda: _bind(name)))
