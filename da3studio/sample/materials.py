"""Textures of the room and the furniture: wood, bricks, wallpaper, woven and printed cloth."""

from __future__ import annotations

from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from da3studio.sample import paint
from da3studio.sample.paint import Colour, Gray, chance, mix, noise, srgb

Size = tuple[int, int]  # height, width [px]


def wood(
    size: Size, name: str, dark: str, light: str, *, grain_px: float = 26.0, n_knots: int = 0
) -> Colour:
    """One board, its grain along x: year rings bent around knots, pores, streaks, scratches.

    Args:
        size: height and width [px].
        name: of the texture.
        dark: colour of late wood.
        light: colour of early wood.
        grain_px: width of a year ring.
        n_knots: branches cut through.
    """
    rng, (height, width) = chance(name), size
    bend = noise(size, (height / 2, width / 2), rng, 3)
    x, y = _positions(size)
    push, knots = np.zeros(size, np.float32), np.zeros(size, np.float32)
    for _ in range(n_knots):
        radius = float(rng.uniform(0.5, 1.1)) * grain_px
        away_x, away_y = x - rng.uniform(0, width), y - rng.uniform(0, height)
        push += 3.0 * np.exp(-((away_x / (5 * radius)) ** 2) - (away_y / (2.5 * radius)) ** 2)
        away = np.hypot(away_x * 0.8, away_y) / radius + 0.15 * bend
        knots += np.clip(1.2 - away, 0, 1) * (0.75 + 0.25 * np.cos(14 * away))
    rings = y / grain_px + 2.4 * bend + push + rng.uniform(0, 9)
    ring = np.mod(rings, 1.0)
    late = ring**3 * (1 - np.clip((ring - 0.93) / 0.07, 0, 1))  # slow rise, sudden end
    streaks = noise(size, (4, 300), rng, 2)
    pores = np.maximum(noise(size, (1.8, 22), rng) - 0.30, 0)
    scratches = paint.blank(size)
    for _ in range(height * width // 24_000):
        at = rng.uniform(0, 1, 2) * (width, height)
        reach = rng.normal(0, 1, 2) * (26, 9)
        paint.stroke(scratches, [at, at + reach], 1)
    tone = 0.6 - 0.42 * late + 0.18 * streaks - 0.42 * pores + 0.12 * bend
    colour = mix(srgb(dark), srgb(light), np.clip(tone, 0, 1.1))
    colour = mix(colour, srgb(dark) * 0.45, np.clip(knots, 0, 0.9))
    colour = paint.over(colour, scratches, "e6c79a", 0.28)
    stains = paint.speckle(size, 0.006, rng, 2.0)
    return mix(colour, srgb(dark) * 0.6, stains * 0.55)


def boards(
    size: Size,
    name: str,
    dark: str,
    light: str,
    *,
    n_rows: int,
    board_px: int,
    gap_px: float = 1.6,
    n_knots: int = 5,
) -> Colour:
    """A floor or table top of boards along x, staggered, all cut from one long piece of wood.

    Args:
        size: height and width [px].
        name: of the texture.
        dark: colour of late wood.
        light: colour of early wood.
        n_rows: of boards.
        board_px: length of a board.
        gap_px: width of the joints.
        n_knots: in the piece they are cut from.
    """
    rng, (height, width) = chance(name), size
    edges = np.round(np.linspace(0, height, n_rows + 1)).astype(int)
    stock = wood((edges[1] + 1, width * 2), name + " stock", dark, light, n_knots=n_knots)
    colour = np.zeros((*size, 3), np.float32)
    for low, high in pairwise(edges):
        x = -int(rng.integers(0, board_px))
        while x < width:
            start, piece = max(x, 0), stock[: high - low]
            end = min(x + board_px, width)
            shift = int(rng.integers(0, max(1, 2 * width - (end - start))))
            cut = piece[:, shift : shift + end - start][:: rng.choice([-1, 1])]
            tint = np.float32(rng.uniform(0.80, 1.10)) * (1 + rng.normal(0, 0.02, 3))
            colour[low:high, start:end] = cut * tint.astype(np.float32)
            if x > 0:
                colour[low:high] *= _groove(width, x, gap_px)[None, :, None]
            x += board_px
    rows = np.ones(height, np.float32)
    for edge in edges[1:-1]:
        rows *= _groove(height, edge, gap_px)
    worn = 1 + 0.07 * noise(size, (160, 220), rng, 5)
    return paint.lit(colour, worn * rows[:, None])


def _groove(n: int, at: float, width_px: float) -> Gray:
    """`(n,)` factor on the brightness: dark at a joint, 1 elsewhere."""
    away = np.abs(np.arange(n, dtype=np.float32) + 0.5 - at)
    groove: Gray = 0.35 + 0.65 * np.clip((away - width_px / 2) / width_px, 0, 1)
    return groove


def bricks(size: Size, name: str, *, rows: int, per_row: float) -> Colour:
    """A wall of bricks in running bond with rough joints, every brick of its own clay."""
    rng, (height, width) = chance(name), size
    x, y = _positions(size)
    wobble = noise(size, (9, 9), rng, 2) * 0.9
    row_height, brick_width = height / rows, width / per_row
    row = np.floor((y + wobble) / row_height)
    along = (x + wobble) / brick_width + 0.5 * np.mod(row, 2)
    column = np.floor(along)
    to_joint = np.minimum(
        np.abs(np.mod((y + wobble) / row_height + 0.5, 1) - 0.5) * row_height,
        np.abs(np.mod(along + 0.5, 1) - 0.5) * brick_width,
    )
    clay = rng.uniform(0, 1, (rows + 2, int(per_row) + 3, 2)).astype(np.float32)
    own = clay[row.astype(int) + 1, column.astype(int) + 1]
    stone = mix(srgb("8c4a35"), srgb("c07a58"), own[..., 0])
    stone = mix(stone, srgb("5d3a33"), (own[..., 1] > 0.8) * np.float32(0.6))
    stone = mix(stone, srgb("d8b79a"), np.clip(noise(size, (70, 110), rng, 5) - 0.45, 0, 0.7))
    rough = noise(size, (14, 20), rng, 4)
    stone = paint.lit(stone, 1 + 0.16 * rough)
    mortar = paint.lit(paint.plain(size, "b7ad9f"), 1 + 0.10 * noise(size, (5, 5), rng, 3))
    inside = np.clip((to_joint - 2.2) / 1.6, 0, 1)
    edge = 0.72 + 0.28 * np.clip((to_joint - 2.5) / 4, 0, 1)
    return mix(mortar, paint.lit(stone, edge), inside)


def wallpaper(size: Size, name: str, ground: str, print_: str, *, motif_px: int) -> Colour:
    """Paper printed with a leafy damask; the print is a little worn, never twice the same."""
    rng, (height, width) = chance(name), size
    tile = paint.blank((motif_px, motif_px * 3 // 5))
    middle = tile.shape[1] / 2
    for y, flip in ((0.80, 1), (0.56, 1), (0.32, 1)):
        for side in (-1, 1):
            for k, angle in enumerate((0.35, 0.95, 1.45)):
                root = (middle, y * motif_px)
                turn = np.pi / 2 + side * angle * flip
                length = motif_px * (0.27 - 0.05 * k) * (0.6 + 0.5 * y)
                paint.polygon(tile, paint.leaf(root, length, length * 0.32, turn))
    paint.flower(tile, (middle, 0.20 * motif_px), 0.13 * motif_px, 7, 0.3, closed=False)
    stem = [
        (middle + 3 * np.sin(t * 9), (0.95 - 0.75 * t) * motif_px) for t in np.linspace(0, 1, 20)
    ]
    paint.stroke(tile, stem, 2)
    half = motif_px // 2
    shifted = np.roll(tile, half, axis=0)
    strip = np.concatenate([tile, shifted], axis=1)
    repeats = (height // motif_px + 2, width // strip.shape[1] + 2)
    pattern = np.tile(strip, repeats)[:height, :width]
    worn = np.clip(0.75 + 0.5 * noise(size, (60, 60), rng, 5), 0.25, 1)
    dots = paint.speckle(size, 0.02, rng, 1.6)
    colour = mix(paint.plain(size, ground), srgb(print_), dots * 0.5)
    colour = paint.over(colour, pattern, print_, worn)
    return paint.lit(
        colour, 1 + 0.035 * noise(size, (300, 300), rng, 4) + 0.02 * noise(size, (3, 2), rng)
    )


def plaster(size: Size, name: str, code: str, *, roughness: float = 0.06) -> Colour:
    """Painted plaster or lacquered wood: one colour with brush marks and stains."""
    rng = chance(name)
    marks = noise(size, (size[0] / 3, size[1] / 3), rng, 7) + 0.5 * noise(size, (3, 40), rng, 2)
    return paint.lit(paint.plain(size, code), 1 + roughness * marks)


def woven(knots: NDArray[np.intp], palette: tuple[str, ...], name: str, knot_px: int) -> Colour:
    """Cloth knotted from a chart.

    Args:
        knots: `(rows, columns)` which colour of the palette.
        palette: colour codes.
        name: of the texture.
        knot_px: texture pixels per knot.
    """
    rng = chance(name)
    colours = np.stack([srgb(code) for code in palette]).astype(np.float32)
    # Wool is never dyed evenly: bands of rows differ a little, and so does every knot.
    dye = 1 + 0.07 * noise(knots.shape, (6, 400), rng, 2) + rng.normal(0, 0.06, knots.shape)
    flat = colours[knots] * dye[..., None].astype(np.float32)
    height, width = knots.shape[0] * knot_px, knots.shape[1] * knot_px
    colour = cv2.resize(flat, (width, height), interpolation=cv2.INTER_NEAREST)
    colour = cv2.GaussianBlur(colour, (0, 0), knot_px * 0.22)
    x, y = _positions((height, width))
    ridge = np.cos(2 * np.pi * x / knot_px) * np.cos(2 * np.pi * y / knot_px)
    return paint.lit(colour, 1 - 0.06 * ridge + 0.05 * noise((height, width), (90, 90), rng, 4))


def rug_chart(rows: int, columns: int, name: str) -> NDArray[np.intp]:
    """`(rows, columns)` palette indices 0-6 of a rug: borders, medallions, small figures."""
    rng = chance(name)
    r, c = np.mgrid[:rows, :columns]
    edge = np.minimum(np.minimum(r, rows - 1 - r), np.minimum(c, columns - 1 - c))
    along = np.where(
        np.minimum(r, rows - 1 - r) < np.minimum(c, columns - 1 - c),
        c - columns // 2,
        r - rows // 2,
    )
    chart = np.full((rows, columns), 1)
    _scatter_figures(chart, rng, (3, 5, 6, 0))
    for centre in np.linspace(-0.29, 0.29, 3) * columns:
        away = (np.abs(r - rows / 2) // 3 * 3) + (np.abs(c - columns / 2 - centre) // 3 * 3)
        reach = min(rows * 0.30, columns * 0.15)
        ring = (away / reach * 7).astype(int)
        colours = np.array([6, 2, 3, 4, 6, 0, 5])
        chart = np.where(ring < 7, colours[np.clip(ring, 0, 6)], chart)
        small = (np.abs(r - rows / 2) % 12 - 6).__abs__() + (
            np.abs(c - columns / 2 - centre) % 12 - 6
        ).__abs__()
        chart = np.where((ring < 6) & (small < 2), 3, chart)
    tooth = np.abs(np.mod(along, 22) - 11)
    hook = np.mod(along // 4 + edge // 4, 3)
    bands = ((2, 0), (4, 3), (7, 2), (20, 4), (23, 3), (25, 0))
    border = np.full((rows, columns), 0)
    for limit, code in reversed(bands):
        border = np.where(edge < limit, code, border)
    main = (edge >= 7) & (edge < 20)
    border = np.where(main & (edge - 7 < tooth + 1), 2, border)
    border = np.where(main & (np.abs(edge - 8 - tooth) < 2), 6, border)
    border = np.where(main & (tooth > 8) & (np.abs(edge - 11) < 2), 3, border)
    border = np.where((edge >= 4) & (edge < 7) & (hook == 0), 5, border)
    return np.where(edge < 25, border, chart)


def runner_chart(rows: int, columns: int, name: str) -> NDArray[np.intp]:
    """`(rows, columns)` palette indices 0-4 of a linen table runner: stripes, diamonds, figures."""
    rng = chance(name)
    r, c = np.mgrid[:rows, :columns]
    edge = np.minimum(r, rows - 1 - r)
    chart = np.zeros((rows, columns), int)
    _scatter_figures(chart, rng, (1, 2, 3))
    diamonds = np.abs(np.mod(c, 24) - 12) + np.abs(edge - 15)
    chart = np.where(edge < 28, 0, chart)
    chart = np.where((edge > 3) & (edge < 27) & (diamonds % 5 < 2) & (diamonds < 12), 1, chart)
    chart = np.where(diamonds < 3, 2, chart)
    chart = np.where(np.isin(edge, (2, 3, 27, 28)), 1, chart)
    chart = np.where(np.isin(edge, (0, 30)), 2, chart)
    return np.where((edge == 31) & (np.mod(c, 4) < 2), 3, chart)


def printed_cloth(size: Size, name: str, ground: str, codes: tuple[str, ...]) -> Colour:
    """Curtain cloth: twigs with leaves and blossoms strewn over a fine weave."""
    rng, (height, width) = chance(name), size
    colour = paint.plain(size, ground)
    masks = [paint.blank(size) for _ in codes]
    for _ in range(height * width // 9000):
        x, y, turn = rng.uniform(0, width), rng.uniform(0, height), rng.uniform(0, 2 * np.pi)
        length = rng.uniform(34, 80)
        twig = [(x, y), (x + length * np.cos(turn), y - length * np.sin(turn))]
        paint.stroke(masks[0], twig, 2)
        for k in range(6):
            at = (k + 1) / 7
            root = (x + at * (twig[1][0] - x), y + at * (twig[1][1] - y))
            lean = turn + (0.8 if k % 2 else -0.8)
            outline = paint.leaf(root, length * 0.34, length * 0.13, lean)
            paint.polygon(masks[int(rng.integers(0, 2))], outline)
        paint.flower(masks[-1], twig[1], rng.uniform(8, 16), 5, turn, closed=False)
    for mask, code in zip(masks, codes, strict=True):
        colour = paint.over(colour, mask, code, 0.85)
    x_px, y_px = _positions(size)
    weave = 0.03 * np.cos(x_px * 2.1) * np.cos(y_px * 2.1) + 0.05 * noise(size, (40, 3), rng, 2)
    return paint.lit(colour, 1 + weave)


def _scatter_figures(
    chart: NDArray[np.intp], rng: np.random.Generator, codes: tuple[int, ...]
) -> None:
    """Small symmetric figures, each drawn by chance, in every cell of a staggered lattice."""
    rows, columns = chart.shape
    for k, top in enumerate(range(0, rows - 11, 13)):
        for left in range(6 * (k % 2), columns - 11, 13):
            quarter = rng.random((6, 6)) < np.add.outer(
                np.linspace(0, 0.5, 6), np.linspace(0, 0.5, 6)
            )
            half = np.concatenate([quarter, quarter[-2::-1]])
            figure = np.concatenate([half, half[:, -2::-1]], axis=1)
            cell = chart[top : top + 11, left : left + 11]
            cell[figure] = rng.choice(codes)
            cell[5, 5] = rng.choice(codes)


def _positions(size: Size) -> tuple[Gray, Gray]:
    x, y = np.meshgrid(
        np.arange(size[1], dtype=np.float32) + 0.5, np.arange(size[0], dtype=np.float32) + 0.5
    )
    return x, y
