"""The room around the table: floor, walls, rug, sideboard, bookshelf, pictures, curtain."""

from __future__ import annotations

import numpy as np

from da3studio.geometry.rigid import Rigid3
from da3studio.sample import glaze, materials, prints
from da3studio.sample.paint import Colour, chance, finished
from da3studio.sample.patch import Patch
from da3studio.sample.shapes import (
    UPRIGHT_SIDES,
    Albedo,
    box,
    lathe,
    placed,
    rectangle,
    sheet,
    smooth_curve,
)
from da3studio.sample.still_life import TABLE_SIZE

FLOOR_Y = 0.74  # the table top is y = 0, and y points down [m]
_HALF = 1.9  # the room is a square of twice this [m]
_HEIGHT = 2.5  # [m]
_RUG_THICK = 0.008  # [m]
_POT = ((0.150, 0.50), (0.158, 0.49), (0.130, 0.45), (0.125, 0.42), (0.190, 0.30), (0.195, 0.22),
        (0.150, 0.08), (0.120, 0.02), (0.125, 0.0))  # fmt: skip


def room() -> tuple[Patch, ...]:
    """Everything but what is on the table."""
    return (
        *_shell(),
        *_table(),
        *_rug(),
        *_sideboard(),
        *_bookshelf(),
        *_pictures(),
        _curtain(),
        _pot(),
    )


def _shell() -> tuple[Patch, ...]:
    """Floor, ceiling and four walls, seen from inside, and the skirting boards."""
    side, top = 2 * _HALF, FLOOR_Y - _HEIGHT
    floor = materials.boards((2048, 2048), "floor", "6b4326", "b98a55", n_rows=22, board_px=620)
    bricks = materials.bricks((1344, 2048), "bricks", rows=33, per_row=17.0)
    paper = materials.wallpaper((1344, 2048), "wallpaper", "cfd6c4", "7f9a86", motif_px=168)
    white = finished(materials.plaster((512, 512), "plaster", "e8e2d6"))
    skirting = finished(materials.plaster((64, 1024), "skirting", "e9e3d3", roughness=0.10))
    down, h = (0, _HEIGHT, 0), _HALF
    paper_light = finished(paper)
    walls = [
        rectangle("floor", (-h, FLOOR_Y, h), (side, 0, 0), (0, 0, -side), finished(floor), 0.03),
        rectangle("ceiling", (-h, top, -h), (side, 0, 0), (0, 0, side), white, 0.15),
        rectangle("wall/bricks", (-h, top, h), (side, 0, 0), down, finished(bricks), 0.04),
        rectangle("wall/left", (-h, top, -h), (0, 0, side), down, paper_light, 0.04),
        rectangle("wall/right", (h, top, h), (0, 0, -side), down, paper_light, 0.04),
        rectangle("wall/curtain", (h, top, -h), (-side, 0, 0), down, white, 0.08),
    ]
    for k, yaw in enumerate((0.0, 90.0, -90.0)):
        outward = placed(0, 0, 0, yaw).rotation @ np.array([0, 0, h - 0.009])
        strip = placed(outward[0], FLOOR_Y, outward[2], yaw)
        paint = {"front": skirting, "top": skirting}
        walls += box(f"skirting {k}", (side, 0.09, 0.018), strip, paint, 0.03)
    return tuple(walls)


def _table() -> tuple[Patch, ...]:
    width, depth = TABLE_SIZE
    thick, leg = 0.034, 0.062
    top = materials.boards(
        (1366, 2048), "table", "7a4a28", "c8955c", n_rows=6, board_px=9000, gap_px=2.5, n_knots=9
    )
    ends = finished(materials.wood((64, 1536), "table edge", "6b3f22", "b07c48"))
    lengthwise = materials.wood((96, 1024), "table leg", "6b3f22", "b07c48")
    upright = finished(np.ascontiguousarray(np.rot90(lengthwise)))
    board = placed(0.0, thick, 0.0)
    patches = [
        *box("table", (width, thick, depth), board, {"top": finished(top)}, 0.007),
        *box("table", (width, thick, depth), board, dict.fromkeys(UPRIGHT_SIDES, ends), 0.012),
        *box("table", (width, thick, depth), board, {"bottom": ends}, 0.05),
    ]
    length = FLOOR_Y - _RUG_THICK - thick + 0.002
    for k, (x, z) in enumerate(((-1, -1), (1, -1), (-1, 1), (1, 1))):
        foot = placed(x * (width / 2 - 0.08), thick + length, z * (depth / 2 - 0.08))
        sides = dict.fromkeys(UPRIGHT_SIDES, upright)
        patches += box(f"table/leg {k + 1}", (leg, length, leg), foot, sides, 0.02)
    for k, (mid_x, mid_z, long, yaw) in enumerate(
        (
            (0.0, -depth / 2 + 0.08, width - 0.2, 0.0),
            (0.0, depth / 2 - 0.08, width - 0.2, 0.0),
            (-width / 2 + 0.08, 0.0, depth - 0.2, 90.0),
            (width / 2 - 0.08, 0.0, depth - 0.2, 90.0),
        )
    ):
        rail = placed(mid_x, thick + 0.09, mid_z, yaw)
        sides = {"front": ends, "back": ends, "bottom": ends}
        patches += box(f"table/rail {k + 1}", (long, 0.09, 0.024), rail, sides, 0.02)
    return tuple(patches)


def _rug() -> tuple[Patch, ...]:
    palette = ("2a2233", "8f2f2a", "1f3a5c", "d9c090", "c4783c", "4f7a5f", "efe3c8")
    wool = materials.woven(materials.rug_chart(230, 330, "rug"), palette, "rug", 6)
    lying = placed(0.05, FLOOR_Y, -0.05, 4.0)
    edge = finished(materials.plaster((16, 256), "rug edge", "2a2233"))
    return box(
        "rug",
        (2.6, _RUG_THICK, 1.81),
        lying,
        {"top": finished(wool), **dict.fromkeys(UPRIGHT_SIDES, edge)},
        0.02,
    )


def _sideboard() -> tuple[Patch, ...]:
    """A cabinet with two doors and three drawers under the brick wall, and things on it."""
    stand = placed(-0.25, FLOOR_Y, _HALF - 0.24, 0.0)
    front = materials.wood((420, 900), "sideboard", "5b3a20", "a87848", grain_px=34)
    for left, right in ((0.02, 0.34), (0.66, 0.98)):
        _panel(front, left, right, 0.04, 0.94)
    for low in (0.04, 0.35, 0.66):
        _panel(front, 0.36, 0.64, low, low + 0.28)
    top = finished(materials.wood((256, 900), "sideboard top", "5b3a20", "a87848"))
    side = finished(materials.wood((420, 256), "sideboard side", "5b3a20", "a87848"))
    body = box(
        "sideboard",
        (1.45, 0.68, 0.42),
        stand,
        {"front": finished(front), "top": top, "left": side, "right": side},
        0.03,
    )
    row = _row_of_books(
        "sideboard books", stand @ placed(-0.42, -0.68, 0.05, 6.0), (0.34, 0.25, 0.17), 9
    )
    jar_glaze = finished(glaze.vase((384, 512), "jar"))
    jar = lathe(
        "jar", smooth_curve(np.array(_POT) * 0.5, 60), jar_glaze, n_around=96, light_cell=0.012
    )
    return (*body, *row, jar.moved(stand @ placed(0.42, -0.68, 0.02, 10.0)))


def _panel(front: Colour, left: float, right: float, low: float, high: float) -> None:
    """Draw the groove of a door or drawer and its knob into a wooden front."""
    height, width = front.shape[:2]
    x0, x1, y0, y1 = (round(a) for a in (left * width, right * width, low * height, high * height))
    front[y0:y1, x0:x1] *= np.float32(chance(f"panel {left} {low}").uniform(0.9, 1.15))
    for edge in (slice(x0, x0 + 4), slice(x1 - 4, x1)):
        front[y0:y1, edge] *= 0.35
    for edge in (slice(y0, y0 + 4), slice(y1 - 4, y1)):
        front[edge, x0:x1] *= 0.35
    y, x = np.mgrid[:height, :width]
    knob = np.hypot(x - (x0 + x1) / 2, y - (y0 + y1) / 2) < 9
    front[knob] = (0.72, 0.58, 0.30)


def _bookshelf() -> tuple[Patch, ...]:
    """Open shelves full of books along the left wall."""
    width, depth, plank, rows = 2.0, 0.26, 0.028, (0.06, 0.42, 0.76, 1.10, 1.44)
    stand = placed(-_HALF + depth / 2 + 0.005, FLOOR_Y, 0.15, -90.0)
    plank_wood = finished(materials.wood((48, 900), "shelf", "54361f", "946a40"))
    upright = finished(
        np.ascontiguousarray(np.rot90(materials.wood((96, 900), "upright", "54361f", "946a40")))
    )
    panel = finished(materials.wood((400, 700), "panel", "3c2716", "6b4a2c"))
    back = box(
        "shelf/back", (width, 1.8, 0.01), stand @ placed(0, 0, depth / 2), {"front": panel}, 0.05
    )
    patches = [*back]
    for k, x in enumerate((-width / 2, 0.0, width / 2)):
        side = stand @ placed(x, 0, 0)
        patches += box(
            f"shelf/upright {k}",
            (plank, 1.8, depth),
            side,
            {**dict.fromkeys(UPRIGHT_SIDES, upright), "top": upright},
            0.05,
        )
    rng = chance("bookshelf")
    for k, height in enumerate(rows):
        for half in (-1, 1):
            middle, clear = half * width / 4, width / 2 - plank
            board = stand @ placed(middle, -height, 0)
            patches += box(
                f"shelf/board {k}{half:+d}",
                (clear, plank, depth - 0.004),
                board,
                dict.fromkeys(("front", "top", "bottom"), plank_wood),
                0.05,
            )
            x = middle - clear / 2 + 0.012
            end = middle + clear / 2 - 0.01
            while end - x > 0.12:
                size = (
                    min(rng.uniform(0.16, 0.40), end - x),
                    rng.uniform(0.19, 0.285),
                    rng.uniform(0.15, 0.20),
                )
                spot = stand @ placed(x + size[0] / 2, -height - plank, rng.uniform(-0.03, 0.02))
                name = f"books {k}{half:+d} {len(patches)}"
                patches += _row_of_books(name, spot, size, max(3, round(size[0] / 0.036)))
                x += size[0] + (0.008 if rng.random() < 0.6 else rng.uniform(0.05, 0.11))
    return tuple(patches)


def _row_of_books(
    name: str, world_from_row: Rigid3, size: tuple[float, float, float], n_books: int
) -> tuple[Patch, ...]:
    """Books of one height that stand side by side, their spines to the front."""
    width, height, depth = (round(length * 1100) for length in size)
    backs = finished(prints.spines((height, width), name, n_books))
    leaves = finished(prints.page_edges((width, depth), name, "6b4a2c").transpose(1, 0, 2))
    cover = finished(materials.plaster((height, depth), name + " cover", "6e3b2c", roughness=0.15))
    paint = {"front": backs, "top": leaves, "left": cover, "right": cover, "back": cover}
    return box(name, size, world_from_row, paint, 0.03)


def _pictures() -> tuple[Patch, ...]:
    patches: list[Patch] = []
    rim = finished(materials.plaster((32, 256), "picture rim", "3a2a1c", roughness=0.2))
    form = prints.poster((840, 600), "form", "FORM & COLOUR")
    sound = prints.poster((700, 500), "sound", "KLANG 1928")
    hung: tuple[tuple[str, Colour, float, float, float, float, float], ...] = (
        # name, painting, wall (its yaw [deg]), along it, y of the middle, width, height [m]
        ("landscape", prints.landscape((520, 760), "landscape"), 0, -0.30, -0.40, 0.95, 0.65),
        ("poster 1", form, 0, 0.62, -0.28, 0.60, 0.84),
        ("poster 2", sound, 0, -1.35, -0.25, 0.60, 0.84),
        ("map", prints.contour_map((720, 1000), "map"), 90, 0.25, -0.33, 1.10, 0.79),
        ("plate 1", prints.botanical((560, 420), "plate 1"), 90, -0.72, -0.20, 0.42, 0.56),
        ("plate 2", prints.botanical((560, 420), "plate 2"), 90, -1.28, -0.26, 0.42, 0.56),
        ("valley", prints.landscape((480, 640), "valley"), 90, 1.22, -0.24, 0.62, 0.465),
        ("harbour", prints.landscape((480, 640), "harbour"), -90, -1.42, -0.22, 0.60, 0.45),
    )  # fmt: skip
    for name, painting, yaw, along, middle_y, width, height in hung:
        facing = placed(0, 0, 0, yaw)
        spot = facing @ placed(along, middle_y + height / 2, _HALF - 0.016)
        paint: dict[str, Albedo] = {"front": finished(painting)}
        paint |= dict.fromkeys(("left", "right", "top", "bottom"), rim)
        patches += box(name, (width, height, 0.03), spot, paint, 0.03)
    return tuple(patches)


def _curtain() -> Patch:
    """A folded curtain along the whole wall behind the first and last photo."""
    rng = chance("curtain")
    x = np.linspace(_HALF - 0.02, -_HALF + 0.02, 420)
    depth = 0.06 * np.sin(2 * np.pi * x / 0.19 + 1.5 * np.sin(x * 3)) + 0.02 * np.sin(
        x * 11 + rng.uniform(0, 6)
    )
    top = FLOOR_Y - _HEIGHT + 0.03
    section = np.stack([x, np.full_like(x, top), -_HALF + 0.13 + depth], -1)
    cloth = materials.printed_cloth(
        (1344, 2600), "curtain", "d8cfb8", ("6c7f4e", "8fa05f", "b4573f")
    )
    return sheet("curtain", section, (0, _HEIGHT - 0.05, 0), finished(cloth), 0.04)


def _pot() -> Patch:
    glazed = finished(glaze.vase((512, 1024), "pot"))
    body = lathe("pot", smooth_curve(_POT, 80), glazed, n_around=96, light_cell=0.02)
    return body.moved(placed(1.45, FLOOR_Y, 1.45, 30.0))
