"""Printed things: pictures for the walls, book covers and spines, the label of a tin."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from da3studio.sample import paint
from da3studio.sample.paint import Colour, chance, mix, noise, srgb

Size = tuple[int, int]  # height, width [px]

_TITLES = (
    "ATLAS OF LIGHT", "THE QUIET SEA", "BEETLES", "STONE AND TIME", "A YEAR OF TEA", "BRIDGES",
    "NORTHERN BIRDS", "ON CLAY", "THE LONG ROAD", "MAPS", "WINTER GARDENS", "LETTERS HOME",
    "GEOMETRY", "TALL SHIPS", "THE POTTER", "SALT", "HARBOURS", "FIELD NOTES", "MOSSES", "GLASS",
)  # fmt: skip
_CLOTH = ("7b2d26", "1f3b57", "2f5d50", "c49a3a", "54324f", "d9cdb8", "8a5a2b", "31363d", "a8503c")


def landscape(size: Size, name: str) -> Colour:
    """A painting of hills in the evening, in a wooden frame."""
    rng, (height, width) = chance(name), size
    y = np.linspace(0, 1, height, dtype=np.float32)[:, None].repeat(width, 1)
    sky = mix(srgb("3f6690"), srgb("f0c48c"), np.clip(y * 1.7, 0, 1))
    clouds = np.clip(noise(size, (height / 5, width / 2.5), rng, 6) - 0.1, 0, 1)
    colour = mix(sky, srgb("fff1dc"), clouds)
    tones = ("7f8fa8", "5f7d78", "56743f", "8a8a3c", "3d4f2a")
    for k, code in enumerate(tones):
        ridge = 0.38 + 0.13 * k + 0.09 * noise((1, width), (1, width / 3), rng, 7)[0]
        hill = np.clip((y - ridge[None]) * height / 2, 0, 1)
        ground = paint.lit(paint.plain(size, code), 1 + 0.3 * noise(size, (16, 40), rng, 5))
        colour = mix(colour, ground, hill)
    trees = paint.blank(size)
    for _ in range(70):
        depth = rng.uniform(0.62, 0.97)
        x, tall = rng.uniform(0, width), 0.16 * height * (depth - 0.45)
        root = (x, depth * height)
        paint.polygon(trees, paint.leaf(root, tall * 1.6, tall * 0.7, np.pi / 2))
    colour = paint.over(colour, trees, "24331f", 0.85)
    colour = paint.lit(colour, 1 + 0.10 * noise(size, (4, 9), rng, 2))
    return _in_frame(colour, "5a3a1e", name)


def contour_map(size: Size, name: str) -> Colour:
    """A hiking map: height lines, woods, a lake, roads and names."""
    rng, (height, width) = chance(name), size
    ground = noise(size, (height / 3, width / 3), rng, 6)
    colour = mix(srgb("dfe7c8"), srgb("c9b48a"), np.clip(ground * 0.8 + 0.4, 0, 1))
    woods = np.clip((noise(size, (60, 60), rng, 4) - 0.25) * 6, 0, 1)
    colour = mix(colour, srgb("9fbf8a"), woods * 0.8)
    slope = np.hypot(*np.gradient(ground)) + 1e-4
    level = ground * 14
    line = np.clip(1.3 - np.abs(level - np.round(level)) / (14 * slope), 0, 1)
    colour = mix(colour, srgb("8a5a34"), line * 0.8)
    colour = mix(colour, srgb("6fa3c7"), np.clip((-0.55 - ground) * 25, 0, 1))
    roads, names = paint.blank(size), paint.blank(size)
    for _ in range(5):
        x = np.linspace(0, width, 60)
        road = rng.uniform(0.1, 0.9) * height + 0.12 * height * noise((1, 60), (1, 14), rng, 3)[0]
        paint.stroke(roads, np.stack([x, road], -1), 4)
    for k, title in enumerate(rng.permutation(_TITLES)[:16]):
        column, row = (k % 4 + rng.uniform(0.25, 0.75)) / 4, (k // 4 + rng.uniform(0.2, 0.8)) / 4
        at = ((0.1 + 0.8 * column) * width, (0.1 + 0.8 * row) * height)
        paint.letters(names, str(title).title(), at, height / 60)
        paint.polygon(names, paint.disc((at[0], at[1] + height / 30), height / 150))
    colour = paint.over(colour, roads, "c8452f")
    colour = paint.over(colour, names, "22252b")
    colour[np.arange(height) % (width // 8) < 2] *= 0.75
    colour[:, np.arange(width) % (width // 8) < 2] *= 0.75
    return _in_frame(colour, "23262b", name)


def botanical(size: Size, name: str) -> Colour:
    """A plate from an old book of plants: a branch with leaves and blossoms, and its name."""
    rng, (height, width) = chance(name), size
    colour = paint.lit(paint.plain(size, "efe4c9"), 1 + 0.05 * noise(size, (90, 90), rng, 6))
    stem, leaves, veins, bloom = (paint.blank(size) for _ in range(4))
    t = np.linspace(0, 1, 40)
    spine = np.stack([width * (0.5 + 0.10 * np.sin(t * 5)), height * (0.84 - 0.68 * t)], axis=-1)
    paint.stroke(stem, spine, max(2, width // 90))
    for k in range(3, 38, 3):
        side = 1 if k % 2 else -1
        turn = np.pi / 2 - side * rng.uniform(0.7, 1.3)
        length = width * rng.uniform(0.22, 0.34)
        paint.polygon(leaves, paint.leaf(tuple(spine[k]), length, length * 0.36, turn))
        tip = spine[k] + 0.92 * length * np.array([np.cos(turn), -np.sin(turn)])
        paint.stroke(veins, [spine[k], tip], 2)
        if k % 2 == 0:
            paint.flower(bloom, tuple(tip), width * 0.07, 6, turn, closed=False)
    paint.flower(bloom, tuple(spine[-1]), width * 0.13, 9, 0.2, closed=False)
    shade = np.clip(0.75 + 0.35 * noise(size, (14, 14), rng, 3), 0, 1)
    for mask, code in ((stem, "5b5a2c"), (leaves, "4f7446"), (veins, "dbe0b0"), (bloom, "b8455a")):
        colour = paint.over(colour, mask, code, shade)
    words = paint.framed(size, ((width * 0.09, 2), (width * 0.105, 1)))
    paint.letters(words, "PLATE XIV", (width * 0.5, height * 0.125), height / 50)
    paint.letters(words, "Rosa imaginata", (width * 0.5, height * 0.89), height / 36)
    return _in_frame(paint.over(colour, words, "3a3128"), "b08d3f", name)


def poster(size: Size, name: str, title: str) -> Colour:
    """An exhibition poster of circles, bars and quarter rings."""
    rng, (height, width) = chance(name), size
    colour = paint.plain(size, "f1e6d2")
    cell = width // 6
    codes = ("d1462f", "1e3a5f", "e3a72f", "2b2b2b", "5b8f86", "e8d3b0")
    for row in range(int(height * 0.80) // cell):
        for column in range(6):
            mask = paint.blank(size)
            x, y = column * cell, row * cell
            square = np.array([(x, y), (x + cell, y), (x + cell, y + cell), (x, y + cell)])
            kind, inner = int(rng.integers(0, 4)), paint.blank(size)
            if kind == 0:
                paint.polygon(mask, paint.disc((x + cell / 2, y + cell / 2), cell * 0.46))
                paint.polygon(inner, paint.disc((x + cell / 2, y + cell / 2), cell * 0.22))
            elif kind == 1:
                paint.polygon(mask, square[np.arange(3) + int(rng.integers(0, 2))])
                paint.polygon(inner, paint.disc((x + cell / 2, y + cell / 2), cell * 0.12))
            elif kind == 2:
                corner = square[int(rng.integers(0, 4))]
                for radius, value in ((0.95, 255), (0.7, 0), (0.5, 255), (0.25, 0)):
                    paint.polygon(mask, paint.disc(tuple(corner), cell * radius), value=value)
                outside = np.ones(size, bool)
                outside[y : y + cell, x : x + cell] = False
                mask[outside] = 0
            else:
                for bar in range(4):
                    mask[y + bar * cell // 4 : y + bar * cell // 4 + cell // 8, x : x + cell] = 255
            first, second = rng.choice(codes, 2, replace=False)
            colour = paint.over(paint.over(colour, mask, str(first)), inner, str(second))
    words = paint.blank(size)
    paint.letters(words, title, (width / 2, height * 0.87), height / 24, serif=False)
    paint.letters(words, "OPEN DAILY 9-18", (width / 2, height * 0.935), height / 60, serif=False)
    colour = paint.over(colour, words, "2b2b2b")
    return paint.lit(colour, 1 + 0.05 * noise(size, (30, 30), rng, 5))


def book_cover(size: Size, name: str, cloth: str, title: str) -> Colour:
    """The front of a bound book: cloth, gilt frame, title, an emblem."""
    rng, (height, width) = chance(name), size
    colour = _cloth(size, cloth, rng)
    gilt = paint.framed(size, ((width * 0.05, 3), (width * 0.075, 1)))
    for x, y in ((0.13, 0.1), (0.87, 0.1), (0.13, 0.9), (0.87, 0.9)):
        paint.flower(gilt, (x * width, y * height), width * 0.05, 8, 0.4, closed=False)
    paint.flower(gilt, (width / 2, height * 0.62), width * 0.17, 12, 0.1, closed=False)
    for k, word in enumerate(title.split()):
        paint.letters(gilt, word, (width / 2, height * (0.2 + 0.11 * k)), height / 17)
    worn = np.clip(0.8 + 0.4 * noise(size, (12, 12), rng, 3), 0.2, 1)
    return paint.over(colour, gilt, "d9b65c", worn)


def spines(size: Size, name: str, n_books: int) -> Colour:
    """Backs of books that stand side by side, with bands and titles."""
    rng, (height, width) = chance(name), size
    colour = np.zeros((*size, 3), np.float32)
    widths = rng.uniform(0.7, 1.4, n_books)
    edges = np.round(np.concatenate([[0], np.cumsum(widths / widths.sum())]) * width).astype(int)
    for low, high in pairwise(edges):
        cloth, title = str(rng.choice(_CLOTH)), str(rng.choice(_TITLES))
        back = spine((height, high - low), f"{name} {low}", cloth, title)
        back[:, :2] *= 0.35
        colour[:, low:high] = back
    return colour


def spine(size: Size, name: str, cloth: str, title: str) -> Colour:
    """The back of one book, its title along it, rounded by a little shading."""
    rng, (height, width) = chance(name), size
    colour = _cloth(size, cloth, rng)
    gilt = paint.blank((width, height))  # lying, turned upright below
    for share in (0.06, 0.09, 0.2, 0.8, 0.91, 0.94):
        at = round(share * height)
        gilt[:, at : at + max(1, height // 130)] = 255
    fitting = min(width * 0.42, height * 0.62 / len(title))
    paint.letters(gilt, title, (height * 0.5, width * 0.5), fitting)
    paint.polygon(gilt, paint.disc((height * 0.145, width / 2), width * 0.2))
    paint.flower(gilt, (height * 0.855, width / 2), width * 0.3, 6, 0.0, closed=False)
    ink = "d9b65c" if srgb(cloth).mean() < 0.6 else "4a2a20"
    colour = paint.over(colour, np.ascontiguousarray(np.rot90(gilt, -1)), ink, 0.9)
    across = np.linspace(-1, 1, width, dtype=np.float32)
    return colour * (1 - 0.25 * across**4)[None, :, None]


def page_edges(size: Size, name: str, cloth: str) -> Colour:
    """A closed book from its side: leaves of paper along x between two boards."""
    rng = chance(name)
    leaves = noise(size, (2.2, 260), rng, 2) + 0.4 * noise(size, (size[0] / 2, 90), rng, 3)
    colour = paint.lit(paint.plain(size, "e6d8b8"), 1 + 0.10 * leaves)
    board = max(2, size[0] // 11)
    colour[:board] = colour[-board:] = srgb(cloth)
    colour[board : board + 2] *= 0.6
    return colour


def tin_side(size: Size, name: str, lines: tuple[str, ...]) -> Colour:
    """One side of a printed tin: a label with text between leaves and dots."""
    rng, (height, width) = chance(name), size
    colour = paint.lit(paint.plain(size, "1f5b52"), 1 + 0.05 * noise(size, (40, 40), rng, 4))
    sprigs = paint.blank(size)
    for _ in range(46):
        root = (rng.uniform(0, width), rng.uniform(0, height))
        length = rng.uniform(0.08, 0.17) * width
        paint.polygon(sprigs, paint.leaf(root, length, length * 0.4, rng.uniform(0, 2 * np.pi)))
    colour = paint.over(colour, sprigs, "4f9a78", 0.8)
    label = paint.blank(size)
    paint.polygon(
        label, paint.disc((0, 0), 1.0) * (width * 0.37, height * 0.31) + (width / 2, height / 2)
    )
    colour = paint.over(colour, label, "f2e4c2")
    ink = paint.framed(size, ((width * 0.03, 3), (width * 0.055, 1)))
    ring = paint.disc((0, 0), 1.0)
    for factor in (0.93, 0.89):
        outline = ring[np.arange(33) % 32] * (width * 0.37 * factor, height * 0.31 * factor)
        paint.stroke(ink, outline + np.array([width / 2, height / 2]), 2)
    colour = paint.over(colour, ink, "c9952f")
    words = paint.blank(size)
    for k, line in enumerate(lines):
        y = height * (0.5 + 0.105 * (k - (len(lines) - 1) / 2))
        paint.letters(words, line, (width / 2, y), height * (0.055 if k == 1 else 0.028))
    return paint.over(colour, words, "3a2418")


def _cloth(size: Size, code: str, rng: np.random.Generator) -> Colour:
    weave = 0.05 * noise(size, (2, 2), rng) + 0.07 * noise(size, (60, 60), rng, 5)
    return paint.lit(paint.plain(size, code), 1 + weave)


def _in_frame(picture: Colour, code: str, name: str) -> Colour:
    """The picture with a border painted as a moulded frame and a pale mount."""
    height, width = picture.shape[:2]
    band = round(min(height, width) * 0.05)
    edge = _distance_to_edge((height, width))
    framed = mix(picture, srgb("f3ecdd"), ((edge >= band) & (edge < band * 1.7)).astype(np.float32))
    grain = 1 + 0.12 * noise((height, width), (6, 30), chance(name + " frame"), 3)
    moulding = 0.7 + 0.45 * np.abs(np.sin(edge / band * np.pi * 1.5)).astype(np.float32)
    wooden = paint.lit(paint.plain((height, width), code), grain * moulding)
    return mix(framed, wooden, (edge < band).astype(np.float32))


def _distance_to_edge(size: Size) -> NDArray[np.float32]:
    y, x = np.mgrid[: size[0], : size[1]]
    nearest = np.minimum(np.minimum(x, size[1] - 1 - x), np.minimum(y, size[0] - 1 - y))
    distance: NDArray[np.float32] = nearest.astype(np.float32)
    return distance
