"""What textures are painted with: seeded noise, colours, shapes and letters."""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from typing import Any

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

Gray = NDArray[np.floating[Any]]  # (H, W)
Colour = NDArray[np.floating[Any]]  # (H, W, 3) sRGB, 0 to 1
Mask = NDArray[np.uint8]  # (H, W) 255 = painted

_SUBPIXEL_BITS = 4  # fixed-point fraction of the coordinates given to OpenCV's drawing


def chance(name: str) -> np.random.Generator:
    """The random numbers that belong to one texture; the same name gives the same numbers."""
    return np.random.default_rng(zlib.crc32(name.encode()))


def srgb(code: str) -> Colour:
    """`(3,)` the colour of a code like "c8a27a"."""
    return np.array([int(code[i : i + 2], 16) for i in (0, 2, 4)], np.float32) / 255


def linear_from_srgb(value: Gray) -> NDArray[np.float32]:
    """Display values 0 to 1 → linear light 0 to 1. Source: IEC 61966-2-1."""
    low, high = value / 12.92, ((np.maximum(value, 0) + 0.055) / 1.055) ** 2.4
    return np.where(value <= 0.04045, low, high).astype(np.float32)


def srgb_from_linear(value: NDArray[np.float32]) -> NDArray[np.float32]:
    """Linear light 0 to 1 → display values 0 to 1. Source: IEC 61966-2-1."""
    low, high = value * 12.92, 1.055 * np.maximum(value, 0.0031308) ** (1 / 2.4) - 0.055
    return np.where(value <= 0.0031308, low, high).astype(np.float32)


def finished(colour: Colour) -> NDArray[np.uint16]:
    """A painted texture → the light it reflects, between that of soot and of white paper."""
    steps = linear_from_srgb(np.linspace(0, 1, 4096, dtype=np.float32))
    table = np.round(65535 * np.clip(steps, 0.012, 0.86)).astype(np.uint16)
    return table[np.round(np.clip(colour, 0, 1) * 4095).astype(np.uint16)]


def plain(size: tuple[int, int], code: str) -> Colour:
    """`(H, W, 3)` of one colour."""
    return np.broadcast_to(srgb(code), (*size, 3)).copy()


def mix(a: ArrayLike, b: ArrayLike, amount: Gray) -> Colour:
    """`a` where `amount` is 0, `b` where it is 1; each a colour or a texture."""
    a, b, share = (np.asarray(values, np.float32) for values in (a, b, amount))
    mixed: Colour = (b - a) * share[..., None]
    mixed += a
    return mixed


def over(colour: Colour, mask: Mask, code: str, strength: Gray | float = 1.0) -> Colour:
    """The texture with one more colour laid on where the mask says."""
    return mix(colour, srgb(code), mask.astype(np.float32) / 255 * strength)


def lit(colour: Colour, factor: Gray) -> Colour:
    """Brighter or darker: the same tint times `factor`."""
    brighter: Colour = colour * factor[..., None].astype(np.float32)
    return brighter


def noise(
    size: tuple[int, int],
    cell: tuple[float, float],
    rng: np.random.Generator,
    octaves: int = 1,
    *,
    closed: bool = False,
) -> Gray:
    """`(H, W)` smooth random values, about -1 to 1, as a sum of ever finer, weaker octaves.

    Args:
        size: height and width.
        cell: height and width of the coarsest bumps [px].
        rng: from `chance`.
        octaves: each has half the cell and half the height of the one before.
        closed: the right edge continues on the left one.
    """
    height, width = size
    total = np.zeros(size, np.float32)
    for octave in range(octaves):
        rows = max(1, round(height / cell[0] * 2**octave))
        columns = max(1, round(width / cell[1] * 2**octave))
        grid = rng.uniform(-1, 1, (rows + 1, columns)).astype(np.float32)
        copies = 3 if closed else 1
        wide = cv2.resize(
            np.tile(grid, (1, copies)), (width * copies, height), interpolation=cv2.INTER_CUBIC
        )
        total += wide[:, width * (copies // 2) :][:, :width] / 2**octave
    return total


def speckle(
    size: tuple[int, int], share: float, rng: np.random.Generator, radius: float = 1.0
) -> Gray:
    """`(H, W)` soft random dots, 0 to 1, that cover about `share` of the area."""
    dots = (rng.random(size, np.float32) < share / (np.pi * radius**2)).astype(np.float32)
    soft: Gray = np.minimum(cv2.GaussianBlur(dots, (0, 0), radius) * (6.3 * radius**2), 1)
    return soft


def blank(size: tuple[int, int]) -> Mask:
    """`(H, W)` nothing painted yet."""
    return np.zeros(size, np.uint8)


def polygon(mask: Mask, points: ArrayLike, *, closed: bool = False, value: int = 255) -> None:
    """Fill a polygon of `(N, 2)` x, y [px]; `closed`: the mask's right edge continues left."""
    outline = np.asarray(points, np.float64)
    for shift in (-mask.shape[1], 0, mask.shape[1]) if closed else (0,):
        fixed = np.round((outline + np.array([shift, 0])) * 2**_SUBPIXEL_BITS).astype(np.int32)
        cv2.fillPoly(mask, [fixed], value, cv2.LINE_AA, _SUBPIXEL_BITS)


def stroke(mask: Mask, points: ArrayLike, width_px: int, *, closed: bool = False) -> None:
    """Draw a line through `(N, 2)` x, y [px]; `closed`: as for `polygon`."""
    line = np.asarray(points, np.float64)
    for shift in (-mask.shape[1], 0, mask.shape[1]) if closed else (0,):
        fixed = np.round((line + np.array([shift, 0])) * 2**_SUBPIXEL_BITS).astype(np.int32)
        cv2.polylines(mask, [fixed], False, 255, width_px, cv2.LINE_AA, _SUBPIXEL_BITS)


def disc(centre: tuple[float, float], radius: float) -> NDArray[np.float64]:
    """`(32, 2)` outline of a disc, for `polygon`."""
    angle = np.linspace(0, 2 * np.pi, 32, endpoint=False)
    ring = np.stack([np.cos(angle), np.sin(angle)], axis=-1)
    outline: NDArray[np.float64] = ring * radius + np.asarray(centre)
    return outline


def leaf(
    root: tuple[float, float], length: float, width: float, angle: float
) -> NDArray[np.float64]:
    """`(24, 2)` outline of a pointed leaf that grows from its root, for `polygon`."""
    t = np.linspace(0, 1, 12)
    half = width / 2 * np.sin(np.pi * t**0.8)
    outline = np.concatenate(
        [np.stack([t * length, half], -1), np.stack([t * length, -half], -1)[::-1]]
    )
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    grown: NDArray[np.float64] = outline @ turn + np.asarray(root)
    return grown


def flower(
    mask: Mask,
    centre: tuple[float, float],
    radius: float,
    n_petals: int,
    angle: float,
    *,
    closed: bool,
) -> None:
    """Petals around an open heart with a dot in it."""
    for turn in angle + np.arange(n_petals) * 2 * np.pi / n_petals:
        root = (centre[0] + 0.28 * radius * np.cos(turn), centre[1] + 0.28 * radius * np.sin(turn))
        polygon(mask, leaf(root, 0.72 * radius, 4.2 * radius / n_petals, turn), closed=closed)
    polygon(mask, disc(centre, 0.18 * radius), closed=closed)


def letters(
    mask: Mask, text: str, middle: tuple[float, float], height_px: float, *, serif: bool = True
) -> None:
    """Write a line of text centred at `middle` (x, y); `height_px` is that of a capital."""
    font = cv2.FONT_HERSHEY_COMPLEX if serif else cv2.FONT_HERSHEY_DUPLEX
    scale = height_px / 22.0  # a capital of these fonts is 22 px high at scale 1
    thick = max(1, round(height_px / 11))
    (width, height), _ = cv2.getTextSize(text, font, scale, thick)
    origin = (round(middle[0] - width / 2), round(middle[1] + height / 2))
    cv2.putText(mask, text, origin, font, scale, 255, thick, cv2.LINE_AA)


def framed(size: tuple[int, int], margins: Iterable[tuple[float, int]]) -> Mask:
    """Rectangular lines inside the edges, each (margin, thickness) [px]."""
    mask = blank(size)
    for margin, thickness in margins:
        far = (round(size[1] - 1 - margin), round(size[0] - 1 - margin))
        cv2.rectangle(mask, (round(margin), round(margin)), far, 255, thickness, cv2.LINE_AA)
    return mask
