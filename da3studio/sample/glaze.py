"""Textures of the things on the table that are turned: the vase, the bowl, the ball, the fruit."""

from __future__ import annotations

import cv2
import numpy as np

from da3studio.sample import paint
from da3studio.sample.paint import Colour, Mask, chance, mix, noise, srgb

Size = tuple[int, int]  # height, width [px]; the width goes once around


def vase(size: Size, name: str) -> Colour:
    """Cream glaze with a cobalt vine between bands of leaves, waves and dots, and gilt lines."""
    rng = chance(name)
    cobalt, pale, gilt, rust = (paint.blank(size) for _ in range(4))
    _ring(gilt, 0.012, 0.012)
    _ring(cobalt, 0.035, 0.020)
    _waves(cobalt, 0.085, 0.018, 26)
    _ring(cobalt, 0.125, 0.006)
    _leaf_band(cobalt, 0.235, 0.10, 22)
    _dots(rust, 0.145, 0.006, 44)
    for at in (0.25, 0.265, 0.325):
        _ring(cobalt, at, 0.005)
    _ring(gilt, 0.295, 0.02)
    _lattice(rust, 0.295, 0.016, 40)
    _vine(cobalt, pale, rust, (0.34, 0.70), rng)
    for at in (0.715, 0.725, 0.765):
        _ring(cobalt, at, 0.005)
    _dots(rust, 0.745, 0.010, 40)
    _waves(cobalt, 0.79, 0.010, 30)
    _leaf_band(cobalt, 0.925, 0.14, 18)
    _leaf_band(pale, 0.90, 0.07, 36)
    _ring(cobalt, 0.945, 0.012)
    _ring(gilt, 0.965, 0.008)
    body = mix(
        srgb("f0e6cf"), srgb("e2d3b4"), np.clip(noise(size, (200, 200), rng, 5, closed=True), 0, 1)
    )
    brush = np.clip(0.82 + 0.30 * noise(size, (26, 26), rng, 4, closed=True), 0.35, 1)
    colour = paint.over(body, pale, "7fa0c9", brush * 0.9)
    colour = paint.over(colour, cobalt, "1f3f86", brush)
    colour = paint.over(colour, rust, "b2502e", brush)
    colour = paint.over(colour, gilt, "c39a3e", 0.95)
    crackle = noise(size, (46, 46), rng, 2, closed=True)
    lines = np.clip(1 - np.abs(crackle) / 0.02, 0, 1)
    colour = mix(colour, srgb("8a7453"), lines * 0.45)
    specks = paint.speckle(size, 0.008, rng, 1.2)
    colour = mix(colour, srgb("6b4a2c"), specks * 0.6)
    return paint.lit(colour, 1 + 0.03 * noise(size, (5, 5), rng, 2, closed=True))


def glazed(size: Size, name: str, code: str, specks: str) -> Colour:
    """A plain running glaze with specks."""
    rng = chance(name)
    flow = noise(size, (size[0] / 2, 40), rng, 5, closed=True)
    colour = paint.lit(paint.plain(size, code), 1 + 0.14 * flow)
    for share, radius in ((0.02, 1.0), (0.012, 2.2)):
        colour = mix(colour, srgb(specks), 0.7 * paint.speckle(size, share, rng, radius))
    return colour


def bowl(size: Size, name: str) -> Colour:
    """Turquoise glaze with a scratched zigzag and dots."""
    colour = glazed(size, name, "3f8f8c", "16403f")
    marks = paint.blank(size)
    _waves(marks, 0.30, 0.09, 18)
    _waves(marks, 0.42, 0.09, 18)
    _dots(marks, 0.62, 0.03, 30)
    _ring(marks, 0.08, 0.03)
    return paint.over(colour, marks, "efe3c4", 0.85)


def orange(size: Size, name: str) -> Colour:
    """The peel of an orange: pores, a stalk, a paler flank."""
    rng, (height, width) = chance(name), size
    tone = np.clip(0.5 + 0.6 * noise(size, (height / 3, width / 4), rng, 4, closed=True), 0, 1)
    colour = mix(srgb("d9741a"), srgb("f0a03a"), tone)
    pores = noise(size, (5, 7), rng, 2, closed=True)
    colour = paint.lit(colour, 1 + 0.13 * np.minimum(pores + 0.3, 0.2))
    stalk = paint.blank(size)
    _ring(stalk, 0.0, 0.05)
    colour = paint.over(colour, stalk, "5c5a24", 0.8)
    return mix(colour, srgb("7a4a18"), 0.6 * paint.speckle(size, 0.006, rng, 1.5))


def apple(size: Size, name: str) -> Colour:
    """Red streaks over yellow, from the stalk down, with pale dots."""
    rng, (height, width) = chance(name), size
    down = np.linspace(0, 1, height, dtype=np.float32)[:, None]
    streaks = noise(size, (height / 2.5, 9), rng, 2, closed=True)
    side = noise(size, (height, width / 2), rng, 2, closed=True)
    red = np.clip(0.85 + 0.40 * streaks + 0.70 * side - 0.5 * np.abs(down - 0.45), 0, 1)
    colour = mix(srgb("d9b44a"), srgb("9c1f22"), red)
    colour = mix(colour, srgb("8f9440"), np.clip(1 - down / 0.10, 0, 1) * np.ones(size, np.float32))
    return mix(colour, srgb("f0d9a0"), 0.7 * paint.speckle(size, 0.010, rng, 1.0))


def ball(size: Size, name: str) -> Colour:
    """A patchwork ball: eight gores of printed felt with stitched seams."""
    rng, (height, width) = chance(name), size
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    gore = np.floor(x / width * 8).astype(int) % 8
    pairs = (("d94f3d", "f3e3c0"), ("f3e3c0", "2d5d8a"), ("e6ad3c", "7a2f3a"), ("2d5d8a", "f3e3c0"))
    colour = np.zeros((*size, 3), np.float32)
    prints = [paint.blank(size) for _ in range(4)]
    _scatter_flowers(prints[0], rng, 90)
    for row in np.linspace(0.12, 0.88, 11):
        _dots(prints[1], float(row), 0.014, 56)
    for row in np.linspace(0.05, 0.95, 16):
        _waves(prints[2], float(row), 0.016, 40)
    _lattice(prints[3], 0.5, 0.36, 64)
    for k in range(8):
        ground, ink = pairs[k % 4]
        dressed = paint.over(paint.plain(size, ground), prints[(k * 3) % 4], ink, 0.92)
        colour = np.where((gore == k)[..., None], dressed, colour)
    seam = np.abs(np.mod(x / width * 8 + 0.5, 1) - 0.5) * width / 8
    colour = mix(colour, srgb("4a3226"), np.clip(2.5 - seam, 0, 1))
    stitches = (np.mod(y, 12) < 7) & (np.abs(seam - 6) < 1.2)
    colour = mix(colour, srgb("f6efdc"), stitches.astype(np.float32) * 0.9)
    return paint.lit(colour, 1 + 0.08 * noise(size, (3, 3), rng, 2, closed=True))


def _ring(mask: Mask, at: float, share: float) -> None:
    """A band around, centred at `at` of the height, `share` of the height wide."""
    height = mask.shape[0]
    low, high = round((at - share / 2) * height), round((at + share / 2) * height)
    cv2.rectangle(mask, (0, max(low, 0)), (mask.shape[1], high), 255, -1)


def _waves(mask: Mask, at: float, swing: float, n: int) -> None:
    height, width = mask.shape
    x = np.linspace(0, width, 12 * n + 1)
    y = height * (at + swing * np.sin(2 * np.pi * n * x / width))
    paint.stroke(mask, np.stack([x, y], -1), max(2, round(height * 0.006)), closed=True)


def _dots(mask: Mask, at: float, radius: float, n: int) -> None:
    height, width = mask.shape
    for k in range(n):
        centre = ((k + 0.5) * width / n, at * height)
        paint.polygon(mask, paint.disc(centre, radius * height), closed=True)


def _lattice(mask: Mask, at: float, half: float, n: int) -> None:
    height, width = mask.shape
    low, high, step = (at - half) * height, (at + half) * height, width / n
    for k in range(n):
        paint.stroke(mask, [(k * step, low), ((k + 2) * step, high)], 2, closed=True)
        paint.stroke(mask, [(k * step, high), ((k + 2) * step, low)], 2, closed=True)


def _leaf_band(mask: Mask, root: float, length: float, n: int) -> None:
    """Upright leaves side by side that grow from `root`, up."""
    height, width = mask.shape
    for k in range(n):
        x, tall = (k + 0.5) * width / n, length * height
        paint.polygon(
            mask, paint.leaf((x, root * height), tall, width / n * 0.95, np.pi / 2), closed=True
        )
    for k in range(n):
        x = (k + 0.5) * width / n
        rib = [(x, root * height), (x, (root - length * 0.7) * height)]
        for shift in (-width, 0, width):
            fixed = [(round(px + shift), round(py)) for px, py in rib]
            cv2.line(mask, fixed[0], fixed[1], 60, 2, cv2.LINE_AA)


def _vine(
    dark: Mask, pale: Mask, bloom: Mask, zone: tuple[float, float], rng: np.random.Generator
) -> None:
    """A winding stem around the belly with leaves, tendrils and blossoms on both sides."""
    height, width = dark.shape
    middle, swing = (zone[0] + zone[1]) / 2 * height, (zone[1] - zone[0]) * 0.24 * height
    n_turns = 5
    x = np.linspace(0, width, 240, endpoint=False)
    phase = 2 * np.pi * n_turns * x / width
    y = middle + swing * np.sin(phase)
    paint.stroke(dark, np.stack([np.append(x, width), np.append(y, y[0])], -1), 4, closed=True)
    slope = np.arctan2(-np.gradient(y), np.gradient(x))
    for k in range(0, 240, 5):
        side = 1 if (k // 5) % 2 else -1
        turn = slope[k] + side * rng.uniform(0.6, 1.2)
        length = rng.uniform(0.035, 0.065) * height
        outline = paint.leaf((x[k], y[k]), length, length * 0.42, turn)
        paint.polygon(dark if rng.random() < 0.6 else pale, outline, closed=True)
    for k in range(2 * n_turns):
        at = ((k + 0.5) / (2 * n_turns) * width, middle - swing * 0.62 * (1 if k % 2 == 0 else -1))
        radius = (0.075 if k % 2 == 0 else 0.062) * height * rng.uniform(0.85, 1.1)
        n_petals = int(rng.integers(6, 12))
        paint.flower(pale, at, radius * 1.25, n_petals, rng.uniform(0, 1), closed=True)
        inner = bloom if k % 2 else dark
        paint.flower(inner, at, radius * 0.8, n_petals, rng.uniform(0, 1), closed=True)
        for turn in rng.uniform(0, 2 * np.pi, 5):
            root = (at[0] + 1.3 * radius * np.cos(turn), at[1] - 1.3 * radius * np.sin(turn))
            length = rng.uniform(0.025, 0.045) * height
            paint.polygon(dark, paint.leaf(root, length, length * 0.4, turn), closed=True)
    for _ in range(140):
        at = (rng.uniform(0, width), rng.uniform(zone[0] + 0.01, zone[1] - 0.01) * height)
        paint.polygon(pale, paint.disc(at, rng.uniform(1.5, 4.0)), closed=True)


def _scatter_flowers(mask: Mask, rng: np.random.Generator, n: int) -> None:
    height, width = mask.shape
    for _ in range(n):
        at = (rng.uniform(0, width), rng.uniform(0, height))
        paint.flower(mask, at, rng.uniform(0.02, 0.045) * height, 6, rng.uniform(0, 3), closed=True)
