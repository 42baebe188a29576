"""From linear light over a background to what a webcam's frame shows in the crop."""

from __future__ import annotations

import cv2
import numpy as np

from . import native
from .data import Backgrounds, draw_picture
from .textures import linear

cv2.setNumThreads(1)
DECODE = linear(np.arange(256)).astype(np.float32)
TONE_AT = (np.arange(1024) / 511.5) ** 2  # linear light of the tone table's entries


def draw_background(random: np.random.Generator, pictures: Backgrounds, size: int, rotation: float) -> np.ndarray:
    """[S, S, 3] bytes: part of a picture, upright in the frame (turned against the window), or a plain or mottled wall."""
    kind = random.random()
    if kind < 0.1:
        return _wall(random, size)
    picture = draw_picture(random, pictures)
    if random.random() < 0.5:
        picture = picture[:, ::-1]
    part = len(picture) * random.uniform(0.45, 1.0)
    turn = -np.rad2deg(rotation) if random.random() < 0.8 else random.uniform(-180, 180)
    centre = len(picture) / 2 + random.uniform(-0.5, 0.5, 2) * (len(picture) - part)
    matrix = cv2.getRotationMatrix2D((float(centre[0]), float(centre[1])), -turn, size / part)
    matrix[:, 2] += size / 2 - centre
    back = cv2.warpAffine(
        np.ascontiguousarray(picture), matrix, (size, size), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101
    )
    if random.random() < 0.35:
        back = cv2.GaussianBlur(back, (0, 0), float(np.exp(random.uniform(np.log(0.7), np.log(6)))))
    if random.random() < 0.3:  # colours of another camera or room
        back = np.clip(back * np.exp(random.normal(size=3) * 0.15) * np.exp(random.normal() * 0.25), 0, 255).astype(np.uint8)
    return np.ascontiguousarray(back)


def _wall(random: np.random.Generator, size: int) -> np.ndarray:
    """A plain wall with a soft gradient of light and some grain."""
    colour = np.clip(random.uniform(15, 245) + random.normal(size=3) * 12, 3, 252)
    small = random.normal(size=(4, 4)).astype(np.float32) * random.uniform(0.0, 0.18)
    light = np.exp(cv2.resize(small, (size, size), interpolation=cv2.INTER_CUBIC))
    return np.clip(light[..., None] * colour, 0, 255).astype(np.uint8)


def cast_shadow(random: np.random.Generator, cover: np.ndarray) -> np.ndarray | None:
    """[S, S] bytes: the share of the background's light that the hand takes, now and then."""
    if random.random() > 0.22:
        return None
    size = len(cover)
    matrix = np.float32([[1.03, 0, random.normal() * size * 0.07], [0, 1.03, abs(random.normal()) * size * 0.07]])
    small = size // 4
    quarter = cv2.resize(cover, (small, small), interpolation=cv2.INTER_AREA)
    matrix[:, 2] /= 4
    moved = cv2.GaussianBlur(cv2.warpAffine(quarter, matrix, (small, small)), (0, 0), random.uniform(0.02, 0.09) * small)
    return np.clip(cv2.resize(moved, (size, size)) * random.uniform(60, 200), 0, 255).astype(np.uint8)


def draw_tone(random: np.random.Generator, mean: float, cast: np.ndarray) -> np.ndarray:
    """[3, 1024] tone curves: exposure (mean: linear grey of the picture), white balance (cast [3]: its mean), gamma, contrast."""
    target = np.exp(random.normal() * 0.42) * 0.27
    if random.random() < 0.07:
        target *= random.uniform(0.12, 0.5)  # a dark room
    exposure = target / max(mean, 0.01)
    balance = np.exp(random.normal(size=3) * 0.06) * (cast / cast.mean()) ** -random.uniform(0, 0.45)
    x = TONE_AT[None] * (exposure * balance / balance.mean())[:, None]
    shoulder = random.uniform(0.0, 0.6)  # highlights roll off instead of clipping
    x = x * (1 + shoulder * x * 0.25) / (1 + shoulder * x)
    y = np.where(x <= 0.0031308, 12.92 * x, 1.055 * np.maximum(x, 1e-9) ** (1 / 2.4) - 0.055)
    y = np.maximum(y, 0) ** np.exp(random.normal() * 0.12)
    contrast = random.normal() * 0.25
    y = np.minimum(y, 1.2)
    y = y + contrast * (y - 0.45) * np.maximum(y, 0) * np.maximum(1.1 - y, 0) * 2
    lift = max(0.0, random.normal() * 0.03)
    return (lift + (1 - lift) * y).astype(np.float32)


def motion_kernel(random: np.random.Generator, size: int) -> np.ndarray:
    """A straight stroke, symmetric about its middle, so that labels stay at the middle of the exposure."""
    length = int(random.integers(1, 7) * size / 224 + 0.5) * 2 + 1
    angle = random.uniform(0, np.pi)
    kernel = np.zeros((length, length), np.float32)
    middle = length // 2
    for t in np.linspace(-middle, middle, 4 * length):
        kernel[round(middle + t * np.sin(angle)), round(middle + t * np.cos(angle))] += 1
    return kernel / kernel.sum()


def photograph(
    random: np.random.Generator, front: np.ndarray, back: np.ndarray, size: int, black: np.ndarray | None
) -> np.ndarray:
    """[size, size, 3] bytes of what was drawn with the camera's own pixels [N, N, 4]; black [N, N]: 0 outside the frame."""
    if random.random() < 0.16:
        front = cv2.filter2D(front, -1, motion_kernel(random, len(back)))
    dim = cast_shadow(random, front[..., 3])
    decode = np.repeat(DECODE[None], 3, 0)
    sub = slice(None, None, 4)
    cover = front[sub, sub, 3:]
    cast = (front[sub, sub, :3] + (1 - cover) * DECODE[back[sub, sub]]).mean((0, 1)) + 0.01
    mean = cast.mean()
    # Cameras expose for the whole picture, and for what is in the middle.
    hand = (front[sub, sub, :3].sum() / 3) / max(cover.sum(), 1)
    image = native.compose(front, back, decode, dim, draw_tone(random, mean**0.5 * max(hand, 0.02) ** 0.5, cast))
    if random.random() < 0.5:  # out of focus, or a soft lens
        image = cv2.GaussianBlur(image, (0, 0), float(np.exp(random.uniform(np.log(0.4), np.log(2.0)))))
    if random.random() < 0.05:  # the camera shakes
        image = cv2.filter2D(image, -1, motion_kernel(random, len(back)))
    if random.random() < 0.25:
        grey = image @ np.float32([0.299, 0.587, 0.114])
        share = 0.0 if random.random() < 0.12 else np.float32(np.exp(random.normal() * 0.3))
        image = grey[..., None] + (image - grey[..., None]) * share
    if random.random() < 0.2:  # webcams sharpen
        amount = random.uniform(0.15, 0.65)
        image = image + np.float32(amount) * (image - cv2.GaussianBlur(image, (0, 0), 1.0))
    noisy = random.random() < 0.65
    luma = float(np.exp(random.uniform(np.log(0.002), np.log(0.02)))) if noisy else 0.0
    chroma = luma * random.uniform(0, 1.0) if random.random() < 0.6 else 0.0
    picture = native.finish(image, luma, random.uniform(0.3, 1.5), chroma, int(random.integers(1, 2**31)))
    if random.random() < 0.65:
        quality = int(random.uniform(28, 92))
        _, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
        picture = cv2.imdecode(data, cv2.IMREAD_COLOR)
    if black is not None:
        picture = picture * black[..., None]
    if len(picture) != size:
        picture = cv2.resize(picture, (size, size), interpolation=cv2.INTER_LINEAR)
    return picture
