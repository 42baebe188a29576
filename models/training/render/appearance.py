"""Random looks: skin colours, cloth, metal, object surfaces, lights."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from . import native, rig
from .light import hdri, hdri_names
from .textures import detail_texture, linear, texture

# Back-of-hand skin in CIELAB by individual typology angle, from very dark to very light: (L, a, b).
SKIN_LAB = np.array([[25, 9, 9], [33, 11, 13], [43, 13, 17], [53, 13.5, 18], [62, 13.5, 17], [69, 12.5, 15], [75, 11, 13]])


def lab_to_linear(lab: np.ndarray) -> np.ndarray:
    """Linear sRGB of CIELAB (D65)."""
    fy = (lab[..., 0] + 16) / 116
    f = np.stack([fy + lab[..., 1] / 500, fy, fy - lab[..., 2] / 200], -1)
    xyz = np.where(f > 6 / 29, f**3, (f - 4 / 29) * 3 * (6 / 29) ** 2) * [0.95047, 1, 1.08883]
    m = np.array([[3.2406, -1.5372, -0.4986], [-0.9689, 1.8758, 0.0415], [0.0557, -0.2040, 1.0570]])
    return np.clip(xyz @ m.T, 0.004, 1)


@dataclass
class Skin:
    colour: np.ndarray  # [3] linear albedo of the back of the hand
    palm_tint: np.ndarray  # [3] the palm's albedo over the back's
    flush: np.ndarray  # [3] of finger tips and knuckles
    arm_tint: np.ndarray  # [3]
    nail: np.ndarray  # [3] linear colour of paint
    nail_cover: float
    lightness: float  # 0 very dark .. 1 very light


def draw_skin(random: np.random.Generator) -> Skin:
    at = random.uniform(0, len(SKIN_LAB) - 1.001)
    k = int(at)
    lab = SKIN_LAB[k] + (SKIN_LAB[k + 1] - SKIN_LAB[k]) * (at - k) + random.normal(size=3) * [2, 1.3, 1.8]
    light = (lab[0] - 25) / 50
    palm = lab + [(68 - lab[0]) * random.uniform(0.25, 0.6) * (1 - 0.5 * light), random.uniform(0, 4), random.uniform(-3, 1)]
    back, inside = lab_to_linear(lab), lab_to_linear(palm)
    redness = random.uniform(0, 0.26) * (0.35 + 0.65 * light)
    paint = random.random() < 0.12
    nail = lab_to_linear(np.array([random.uniform(15, 85), random.normal() * 30 + 15, random.normal() * 20]))
    return Skin(
        back, inside / back, np.array([1 + 0.3 * redness, 1 - redness, 1 - 0.9 * redness]),
        np.exp(random.normal() * 0.06 + random.normal(size=3) * 0.015), nail, 0.95 if paint else 0.0, float(np.clip(light, 0, 1)),
    )  # fmt: skip


def _fill(material: native.Material, lut: np.ndarray, **values: float) -> native.Material:
    native.set_lut(material, lut)
    for name, value in values.items():
        setattr(material, name, value)
    return material


RATIOS = np.arange(256) / 128


def skin_material(random: np.random.Generator, skin: Skin, colour: np.ndarray, normal: np.ndarray | None) -> native.Material:
    strength = random.uniform(0.6, 1.25)
    lut = np.clip(skin.colour[:, None] * np.maximum(RATIOS, 0.05) ** strength, 0.002, 0.95)
    material = native.Material(texture(colour), texture(normal), texture(detail_texture("skin")))
    material.nail[:] = skin.nail.tolist()
    wet = random.random() < 0.12
    return _fill(
        material, lut, nail_cover=skin.nail_cover, roughness=random.uniform(0.28, 0.4) if wet else random.uniform(0.42, 0.68),
        nail_roughness=random.uniform(0.12, 0.4), f0=0.03, metal=0, scatter=random.uniform(0.6, 1), bump=random.uniform(0.15, 0.6),
        detail_scale=random.uniform(3, 6), detail_colour=random.uniform(0.02, 0.07), detail_bump=random.uniform(0.0, 0.06),
    )  # fmt: skip


def draw_surface(random: np.random.Generator, picture: np.ndarray | None) -> native.Material:
    """Matter of an object: plain, printed (picture: bytes of a texture with levels), or metal."""
    tint = linear(random.integers(10, 250, 3)) if random.random() < 0.6 else np.full(3, linear(random.integers(5, 240)))
    material = native.Material()
    values = np.arange(256)
    if picture is not None:
        material.colour = texture(picture)
        lut = linear(values)[None] * (0.5 + 0.5 * tint[:, None] / tint.max()) * random.uniform(0.5, 1)
        metal = 0.0
    else:
        lut = np.repeat(tint[:, None], 256, 1)
        metal = float(random.random() < 0.15)
        if metal:
            lut = np.clip(lut * 0.5 + 0.35, 0, 1)
    return _fill(material, lut, roughness=random.uniform(0.12, 0.9), f0=0.04, metal=metal)


def draw_cloth(random: np.random.Generator, picture: np.ndarray | None) -> native.Material:
    """Sleeves: dark and plain more often than bright or printed."""
    material = native.Material()
    value = np.exp(random.normal() * 1.0 - 2.2)
    tint = np.clip(value * np.exp(random.normal(size=3) * random.choice([0.08, 0.5])), 0.008, 0.85)
    lut = np.repeat(tint[:, None], 256, 1)
    if picture is not None:
        material.colour = texture(picture)
        lut = linear(np.arange(256))[None] * (0.3 + 0.7 * random.random((3, 1)))
    material.detail = texture(detail_texture("cloth"))
    return _fill(material, lut, roughness=random.uniform(0.75, 1), f0=0.02, metal=0, detail_scale=random.uniform(1, 4),
                 detail_colour=random.uniform(0.02, 0.25), detail_bump=random.uniform(0.3, 1.0))  # fmt: skip


def plain(colour: np.ndarray, roughness: float, metal: float = 0) -> native.Material:
    return _fill(native.Material(), np.repeat(np.asarray(colour)[:, None], 256, 1), roughness=roughness, f0=0.04, metal=metal)


@dataclass
class Lighting:
    environment: native.Environment
    lights: list[tuple[np.ndarray, np.ndarray]]  # direction toward the light, colour; the first casts shadows
    softness: float
    level: np.ndarray  # [3] mean light on a surface that faces the camera, for the exposure


def temperature(kelvin: float) -> np.ndarray:
    """Linear RGB of a black body, green 1 (fit of Planck's curve over 2000..12000 K, good to some per cent)."""
    t = kelvin / 6500
    return np.array([t**-0.75 if t < 1 else t**-0.45, 1, t**1.05 if t < 1 else t**0.5])


def draw_lighting(random: np.random.Generator, split: str, background: np.ndarray, camera_up: np.ndarray) -> Lighting:
    """background: [3] mean linear colour of the background; camera_up: [3] up in crop camera space."""
    names = hdri_names(split)
    chosen = hdri(names[random.integers(len(names))])
    up = camera_up / np.linalg.norm(camera_up)
    if random.random() < 0.08:
        up = rig.rotation(np.array([0, 0, 1.0]), random.uniform(-np.pi, np.pi)) @ up
    # Camera space to the environment's, whose y points down: rows are its axes in camera space.
    side = rig.cross(up, np.array([0, 0, 1.0]))
    side /= np.linalg.norm(side)
    axes = np.stack([side, -up, rig.cross(side, -up)])
    turn = rig.rotation(np.array([0, 1.0, 0]), random.uniform(-np.pi, np.pi)) @ axes
    # The light's colour leans to the background's: the same room.
    chroma = background / background.mean()
    tint = chroma ** random.uniform(0.1, 0.6) * temperature(np.exp(random.normal() * 0.14) * 6200)
    ambient = random.uniform(0.12, 0.9)
    environment = native.Environment()
    environment.sh[:] = (chosen.sh * tint * ambient).ravel().tolist()
    environment.turn[:] = turn.ravel().tolist()
    picture = chosen.pictures
    environment.picture, environment.height, environment.levels = picture.ctypes.data, picture.shape[1], picture.shape[0]
    environment.gain = 1.0
    environment._pictures = picture  # keeps it alive
    lights = []
    if random.random() < 0.6 and chosen.sun_colour.max() > 0.02:
        lights.append((turn.T @ chosen.sun, chosen.sun_colour * tint * random.uniform(0.5, 1.5)))
    while len(lights) < 1 or (len(lights) < native.MAX_LIGHTS and random.random() < 0.45):
        # Mostly from above and from the camera's side: lamps, windows, screens.
        direction = random.normal(size=3) + 0.9 * up + [0, 0, -0.6]
        strength = np.exp(random.normal() * 0.6 - 0.7) / (1 + len(lights))
        lights.append(
            (direction / np.linalg.norm(direction), strength * tint * temperature(np.exp(random.normal() * 0.25) * 5500))
        )
    if random.random() < 0.1:  # a screen lights the hand from the camera
        lights.append(
            (
                np.array([random.normal() * 0.3, random.normal() * 0.3, -1.0]),
                np.exp(random.normal() * 0.4 - 1) * np.array([0.8, 0.9, 1.2]),
            )
        )
        lights[-1] = (lights[-1][0] / np.linalg.norm(lights[-1][0]), lights[-1][1])
    lights = lights[: native.MAX_LIGHTS]
    # Rooms have walls: the surroundings give at least a tenth to a third of what the lights give.
    around, direct = chosen.sh[0].mean() * 0.282 * ambient, sum(float(colour.mean()) for _, colour in lights)
    more = max(1.0, random.uniform(0.1, 0.33) * direct / around)
    environment.gain, ambient = more, ambient * more
    facing = chosen.sh[0] * 0.282 * tint * ambient + sum(colour * max(0.0, -d[2] * 0.7 + 0.25) for d, colour in lights)
    return Lighting(environment, lights, float(np.exp(random.uniform(np.log(0.6), np.log(5)))), facing)


def set_light(slot: native.Light, direction: np.ndarray, colour: np.ndarray) -> None:
    slot.direction[:] = np.asarray(direction, float).tolist()
    slot.colour[:] = np.asarray(colour, float).tolist()
