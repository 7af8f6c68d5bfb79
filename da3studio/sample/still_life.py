"""The things on the table: the vase, a bowl of oranges, books with an apple, a tin, a ball."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from da3studio.geometry.rigid import Rigid3
from da3studio.sample import glaze, materials, prints
from da3studio.sample.paint import finished
from da3studio.sample.patch import Patch
from da3studio.sample.shapes import (
    UPRIGHT_SIDES,
    box,
    lathe,
    placed,
    sheet,
    smooth_curve,
    sphere,
    tube,
)

TABLE_SIZE = (1.20, 0.80)  # along x and z [m]
CLOTH_Y = -0.002  # upper side of the table runner; the table top is y = 0 [m]

# Radius and height above the base [m], from the lip down and from the inner bottom up.
_VASE_OUTSIDE = (
    (0.0400, 0.3000), (0.0440, 0.2970), (0.0385, 0.2850), (0.0300, 0.2620), (0.0280, 0.2450),
    (0.0400, 0.2220), (0.0660, 0.1900), (0.0840, 0.1500), (0.0860, 0.1200), (0.0740, 0.0750),
    (0.0520, 0.0350), (0.0430, 0.0150), (0.0470, 0.0040), (0.0450, 0.0000),
)  # fmt: skip
_VASE_INSIDE = (
    (0.0000, 0.0120), (0.0300, 0.0140), (0.0600, 0.0700), (0.0780, 0.1300), (0.0600, 0.1900),
    (0.0340, 0.2240), (0.0220, 0.2450), (0.0240, 0.2620), (0.0330, 0.2880), (0.0370, 0.2985),
    (0.0400, 0.3000),
)  # fmt: skip
_HANDLE = ((0.029, 0.262), (0.052, 0.276), (0.079, 0.264), (0.086, 0.232), (0.072, 0.185))
_BOWL_OUTSIDE = ((0.1050, 0.062), (0.1060, 0.060), (0.0960, 0.036), (0.0680, 0.013), (0.0460, 0.0))
_BOWL_INSIDE = ((0.0, 0.008), (0.0500, 0.011), (0.0860, 0.033), (0.1010, 0.059), (0.1050, 0.062))
_APPLE = (
    (0.000, 0.056), (0.008, 0.063), (0.020, 0.069), (0.033, 0.062), (0.039, 0.042), (0.034, 0.018),
    (0.022, 0.003), (0.012, 0.000), (0.000, 0.004),
)  # fmt: skip
_N_FLUTES = 14


def still_life() -> tuple[Patch, ...]:
    """Everything that stands or lies on the table, the runner included."""
    return (*_runner(), *_vase(), *_bowl_of_oranges(), *_books(), *_apples(), *_tin(), _ball())


def _runner() -> tuple[Patch, ...]:
    """A woven cloth along the table that hangs over both ends."""
    edge, bend, hang = TABLE_SIZE[0] / 2, 0.012, 0.17
    arc = np.linspace(0, np.pi / 2, 9)
    right = np.stack(
        [
            edge - bend + 0.002 + bend * np.sin(arc),
            CLOTH_Y + bend * (1 - np.cos(arc)),
            np.full(9, 0.16),
        ],
        -1,
    )
    end = np.array([[edge + 0.004, hang, 0.16]])
    half = np.concatenate([right, end])
    section = np.concatenate([half[::-1] * (-1, 1, 1), half])
    chart = materials.runner_chart(94, 450, "runner")
    cloth = materials.woven(chart, ("e9dfc6", "3c5a78", "b5533c", "d3a24a"), "runner", 5)
    return (sheet("runner", section, (0, 0, -0.32), finished(cloth), 0.006),)


def _vase() -> tuple[Patch, ...]:
    stand = placed(0.0, CLOTH_Y, 0.0, 24.0)
    painted = finished(glaze.vase((1100, 1536), "vase"))
    inside = finished(glaze.glazed((256, 256), "vase inside", "d9c9a6", "8a7453"))
    rim = finished(glaze.glazed((96, 192), "handle", "24468c", "c39a3e"))

    def fluted(angle: NDArray[np.float64], v: NDArray[np.float64]) -> NDArray[np.float64]:
        depth = 0.022 * np.exp(-(((v - 0.80) / 0.10) ** 2))
        return 1 + depth * np.cos(_N_FLUTES * angle + 7 * v)

    body = lathe(
        "vase",
        smooth_curve(_VASE_OUTSIDE, 200),
        painted,
        n_around=288,
        light_cell=0.004,
        carve=fluted,
    )
    hollow = lathe("vase/inside", smooth_curve(_VASE_INSIDE, 80), inside, n_around=96)
    foot = lathe("vase/foot", np.array([[0.045, 0.0], [0.0, 0.0]]), inside, n_around=96)
    handles = []
    for side in (1, -1):
        knots = np.array([(side * x, -height, 0.0) for x, height in _HANDLE])
        handles.append(
            tube(
                f"vase/handle {side:+d}", smooth_curve(knots, 48), (0.0085, 0.0055), (0, 0, 1), rim
            )
        )
    return tuple(patch.moved(stand) for patch in (body, hollow, foot, *handles))


def _bowl_of_oranges() -> tuple[Patch, ...]:
    stand = placed(-0.255, 0.0, -0.185, 40.0)
    outside = finished(glaze.bowl((256, 1024), "bowl"))
    inside = finished(glaze.glazed((256, 768), "bowl inside", "57a39c", "1f5250"))
    peel = finished(glaze.orange((256, 512), "orange"))
    patches = [
        lathe("bowl", smooth_curve(_BOWL_OUTSIDE, 48), outside),
        lathe("bowl/inside", smooth_curve(_BOWL_INSIDE, 48), inside),
        lathe("bowl/foot", np.array([[0.046, 0.0], [0.0, 0.0]]), inside),
    ]
    for k, (angle, radius) in enumerate(((0.4, 0.0375), (2.5, 0.0360), (4.6, 0.0385))):
        lying = Rigid3(
            _tilt(0.5 + k, 1.1 * k),
            np.array([0.046 * np.cos(angle), -0.012, 0.046 * np.sin(angle)]),
        )
        patches.append(_rolled(sphere(f"orange {k + 1}", radius, peel), radius, lying))
    return tuple(patch.moved(stand) for patch in patches)


def _books() -> tuple[Patch, ...]:
    lower = _book(
        "lower book", (0.235, 0.036, 0.165), "1f3b57", "THE POTTER", placed(0.30, CLOTH_Y, 0.12, 14)
    )
    upper = _book(
        "upper book",
        (0.200, 0.028, 0.140),
        "7b2d26",
        "ON CLAY",
        placed(0.305, CLOTH_Y - 0.036, 0.125, -9),
    )
    return (*lower, *upper)


def _book(
    name: str, size: tuple[float, float, float], cloth: str, title: str, world_from_book: Rigid3
) -> tuple[Patch, ...]:
    """A book that lies on its back cover, its spine to the front (-z)."""
    width, thick, depth = (round(length * 2400) for length in size)
    # Read from the right-hand side, the cover is upright: painted standing, laid down turned.
    cover = np.ascontiguousarray(np.rot90(prints.book_cover((width, depth), name, cloth, title)))
    back = np.ascontiguousarray(
        np.rot90(prints.spine((width, thick), name + " spine", cloth, title))
    )
    long_side = prints.page_edges((thick, width), name + " long", cloth)
    short_side = prints.page_edges((thick, depth), name + " short", cloth)
    paint_of = {
        "top": cover,
        "front": back,
        "back": long_side,
        "left": short_side,
        "right": short_side,
        "bottom": cover,
    }
    return box(name, size, world_from_book, {k: finished(v) for k, v in paint_of.items()}, 0.005)


def _apples() -> tuple[Patch, ...]:
    skin = finished(glaze.apple((256, 512), "apple"))
    profile = smooth_curve(_APPLE, 72)
    profile[[0, -1], 0] = 0.0
    on_books = lathe("apple 1", profile, skin, light_cell=0.004)
    on_table = lathe("apple 2", profile * 0.95, skin, light_cell=0.004)
    return (
        on_books.moved(placed(0.325, CLOTH_Y - 0.064, 0.13, 70.0)),
        on_table.moved(placed(0.40, 0.0, -0.21, -130.0)),
    )


def _tin() -> tuple[Patch, ...]:
    stand = placed(-0.29, CLOTH_Y, 0.11, -24.0)
    labels = [
        finished(prints.tin_side((420, 300), f"tin {k}", lines))
        for k, lines in enumerate(
            (
                ("FINEST LEAVES", "OOLONG", "250 g"),
                ("PICKED BY HAND", "TEA", "SINCE 1887"),
                ("HARBOUR ROW 9", "OOLONG", "KEEP DRY"),
                ("FINEST LEAVES", "TEA", "250 g"),
            )
        )
    ]
    lid = finished(glaze.glazed((256, 256), "tin lid", "1a4c45", "c9952f"))
    band = finished(glaze.glazed((48, 256), "tin band", "c9952f", "7a5a1c"))
    sides = dict(zip(("front", "left", "right", "back"), labels, strict=True))
    body = box("tin", (0.095, 0.135, 0.095), stand, sides, 0.005)
    on_top = stand @ placed(0.0, -0.135, 0.0)
    cap = box(
        "tin/lid",
        (0.099, 0.016, 0.099),
        on_top,
        {"top": lid, "bottom": lid, **dict.fromkeys(UPRIGHT_SIDES, band)},
        0.005,
    )
    return (*body, *cap)


def _ball() -> Patch:
    radius = 0.055
    felt = finished(glaze.ball((512, 1024), "ball"))
    lying = Rigid3(_tilt(1.0, 0.7), np.array([0.165, 0.0, -0.225]))
    return _rolled(sphere("ball", radius, felt, 128), radius, lying)


def _rolled(ball: Patch, radius: float, world_from_ball: Rigid3) -> Patch:
    """A ball turned about its own middle, then put with its lowest point at the translation."""
    middle_from_base = Rigid3(np.eye(3), np.array([0.0, radius, 0.0]))
    lifted = world_from_ball.translation - middle_from_base.translation
    return ball.moved(Rigid3(world_from_ball.rotation, lifted) @ middle_from_base)


def _tilt(lean_rad: float, yaw_rad: float) -> NDArray[np.float64]:
    """A rotation that leans the vertical axis, then turns about the vertical."""
    c, s = np.cos(lean_rad), np.sin(lean_rad)
    lean = np.array([[1, 0, 0], [0, c, -s], [0, s, c]])
    tilted: NDArray[np.float64] = placed(0, 0, 0, float(np.degrees(yaw_rad))).rotation @ lean
    return tilted
