"""The C part (native/*.c), compiled with the system's compiler on first use, as functions of numpy arrays."""

from __future__ import annotations

import contextlib
import ctypes
import hashlib
import os
import subprocess
from ctypes import POINTER, Structure, c_float, c_int, c_uint32, c_void_p
from pathlib import Path

import numpy as np

from .data import CACHE

SOURCES = Path(__file__).parent / "native"
# What -ffast-math means, but for its start-up code, which would take subnormal numbers from the whole process.
FLAGS = ["-O3", "-march=native", "-fno-math-errno", "-fno-trapping-math", "-ffinite-math-only", "-fno-signed-zeros",
         "-fassociative-math", "-freciprocal-math", "-shared", "-fPIC"]  # fmt: skip
MAX_LIGHTS = 4

floats = np.ctypeslib.ndpointer(np.float32, flags="C")
integers = np.ctypeslib.ndpointer(np.int32, flags="C")
octets = np.ctypeslib.ndpointer(np.uint8, flags="C")


class Texture(Structure):
    _fields_ = [("data", c_void_p), ("size", c_int)]


class Material(Structure):
    _fields_ = [
        ("colour", Texture), ("normal", Texture), ("detail", Texture), ("lut", c_float * 768), ("nail", c_float * 3),
        ("nail_cover", c_float), ("roughness", c_float), ("nail_roughness", c_float), ("f0", c_float), ("metal", c_float),
        ("scatter", c_float), ("bump", c_float), ("detail_scale", c_float), ("detail_colour", c_float), ("detail_bump", c_float),
    ]  # fmt: skip


class Light(Structure):
    _fields_ = [("direction", c_float * 3), ("colour", c_float * 3)]


class Environment(Structure):
    _fields_ = [
        ("sh", c_float * 27), ("turn", c_float * 9), ("picture", c_void_p), ("height", c_int), ("levels", c_int), ("gain", c_float),
    ]  # fmt: skip


class Shadow(Structure):
    _fields_ = [("frame", c_float * 12), ("map", c_void_p), ("size", c_int), ("softness", c_float), ("bias", c_float)]


class Scene(Structure):
    _fields_ = [
        ("position", c_void_p), ("normal", c_void_p), ("attribute", c_void_p), ("projected", c_void_p), ("triangle", c_void_p),
        ("material", c_void_p), ("materials", POINTER(Material)), ("unproject", c_float * 9), ("depth", c_void_p),
        ("id", c_void_p), ("side", c_int), ("factor", c_int), ("lights", Light * MAX_LIGHTS), ("light_count", c_int),
        ("environment", Environment), ("shadow", Shadow), ("occlusion_radius", c_float), ("occlusion_strength", c_float),
    ]  # fmt: skip


def _library() -> ctypes.CDLL:
    sources = sorted(SOURCES.glob("*.[ch]"))
    machine = Path("/proc/cpuinfo").read_text().split("\n\n")[0] if Path("/proc/cpuinfo").exists() else ""
    model = "".join(line for line in machine.splitlines() if line.startswith(("model name", "flags")))
    key = hashlib.sha256(b"".join(f.read_bytes() for f in sources) + model.encode() + " ".join(FLAGS).encode()).hexdigest()[:16]
    path = CACHE / f"render-{key}.so"
    if not path.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        compiler = os.environ.get("CC", "cc")
        partial = path.with_suffix(f".{os.getpid()}.tmp")
        command = [compiler, *FLAGS, *(str(f) for f in sources if f.suffix == ".c"), "-o", str(partial), "-lm"]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(f"{' '.join(command)} failed:\n{done.stderr}\nA C compiler is needed; name it in CC.")
        os.replace(partial, path)
    return ctypes.CDLL(str(path))


def _keep_freed_memory() -> None:
    """Pictures of half a megabyte come and go: glibc would ask the system for fresh, cleared pages for each."""
    with contextlib.suppress(OSError, AttributeError):
        libc = ctypes.CDLL("libc.so.6")
        libc.mallopt(-3, 1 << 26)  # M_MMAP_THRESHOLD
        libc.mallopt(-1, 1 << 28)  # M_TRIM_THRESHOLD


_keep_freed_memory()
_lib = _library()
_lib.skin.argtypes = [c_int, floats, integers, floats, floats, floats]
_lib.normals.argtypes = [c_int, floats, integers, c_int, integers, floats]
_lib.project.argtypes = [c_int, floats, floats, floats]
_lib.rasterise.argtypes = [c_int, c_int, c_int, integers, floats, integers, floats]
_lib.shadow_map.argtypes = [c_int, c_int, floats, c_int, integers, floats, floats]
_lib.shade.argtypes = [POINTER(Scene), floats]
_lib.shade.restype = c_int
_lib.maps.argtypes = [c_int, c_int, integers, floats, octets, floats, floats, octets]
_lib.compose.argtypes = [c_int, floats, octets, floats, c_void_p, floats, floats]
_lib.finish.argtypes = [c_int, floats, c_float, c_float, c_float, c_uint32, octets]


def set_lut(material: Material, lut: np.ndarray) -> None:
    """lut [3, 256]: linear albedo of texture values."""
    values = np.ascontiguousarray(lut, np.float32)
    if values.shape != (3, 256):
        raise ValueError(f"a material's table is 3 x 256, not {values.shape}")
    ctypes.memmove(material.lut, values.ctypes.data, values.nbytes)


def f32(array: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(array, np.float32)


def skin(local: np.ndarray, bones: np.ndarray, weights: np.ndarray, affine: np.ndarray) -> np.ndarray:
    """[V, 3] from vertices in their bones' frames [V, 4, 3], bones and weights [V, 4], bone transforms [J, 3, 4]."""
    out = np.empty((len(local), 3), np.float32)
    _lib.skin(len(local), local, bones, weights, f32(affine), out)
    return out


def normals(positions: np.ndarray, weld: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    out = np.empty_like(positions)
    _lib.normals(len(positions), positions, weld, len(triangles), triangles, out)
    return out


def project(positions: np.ndarray, projection: np.ndarray) -> np.ndarray:
    """[N, 3] (u, v, 1/w) of points [N, 3]; 1/w is -1 behind the near plane."""
    out = np.empty((len(positions), 3), np.float32)
    _lib.project(len(positions), f32(positions), f32(projection), out)
    return out


def rasterise(side: int, factor: int, triangles: np.ndarray, projected: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The nearest triangle (-1: none) and its 1/w for every sample, each [side * factor, side * factor]."""
    ids = np.empty((side * factor, side * factor), np.int32)
    depth = np.empty((side * factor, side * factor), np.float32)
    _lib.rasterise(side, factor, len(triangles), triangles, projected, ids, depth)
    return ids, depth


def shadow_map(size: int, positions: np.ndarray, triangles: np.ndarray, frame: np.ndarray) -> np.ndarray:
    out = np.empty((size, size), np.float32)
    _lib.shadow_map(size, len(positions), positions, len(triangles), triangles, f32(frame), out)
    return out


def shade(scene: Scene, side: int) -> np.ndarray:
    """[side, side, 4] linear light, premultiplied by coverage."""
    out = np.empty((side, side, 4), np.float32)
    _lib.shade(ctypes.byref(scene), out)
    return out


def compose(front: np.ndarray, back: np.ndarray, decode: np.ndarray, dim: np.ndarray | None, tone: np.ndarray) -> np.ndarray:
    """[side, side, 3], 0..1, display: the foreground over the background through the tone curve."""
    out = np.empty((*front.shape[:2], 3), np.float32)
    pointer = None if dim is None else dim.ctypes.data
    _lib.compose(len(front), f32(front), back, f32(decode), pointer, f32(tone), out)
    return out


def finish(image: np.ndarray, luma: float, floor: float, chroma: float, seed: int) -> np.ndarray:
    out = np.empty(image.shape, np.uint8)
    _lib.finish(len(image), f32(image), luma, floor, chroma, seed, out)
    return out


def maps(
    factor: int, ids: np.ndarray, depth: np.ndarray, kind: np.ndarray, unproject: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Depth along z [S, S] and the kind [S, S] of what is seen; kind [T] bytes, of a triangle."""
    side = len(ids) // factor
    z, mask = np.empty((side, side), np.float32), np.empty((side, side), np.uint8)
    _lib.maps(side, factor, ids, depth, kind, f32(unproject), z, mask)
    return z, mask
