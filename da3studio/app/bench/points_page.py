"""`docs/results/viewport.md`."""

from __future__ import annotations

from dataclasses import dataclass

from da3studio.app.bench.points import POINT_PX, SIZE, PointFigures
from da3studio.bench.markdown import table
from da3studio.bench.pages import Made, head

_TEXT = """
One cloud of hills and posts in a window of {width} x {height} px, points of {px:g} px, drawn by
{renderer}. Seconds are wall clock, medians of several; the two
ways of drawing ran one after the other in the same process. **Markers** is VisPy's own visual with
its defaults but for size and edge: it draws every point in every frame. **Ours while turning**
draws as many points as a twelfth of a second allows on a software renderer (a thirtieth on a
graphics card), up to twice as large; any first part of the rows is a fair sample. **Ours standing
still** draws everything, with eye-dome lighting, in parts of a fifth of a second, so that the
window answers meanwhile; the figure is from the change of the view to the finished picture.
**Undo** is the mask of the edits that remain, the hand-over of it and what the next frame while
turning uploads.
"""


@dataclass(frozen=True)
class Aim:
    """One figure against what was asked for."""

    name: str
    value: str
    wanted: str
    is_met: bool


def aims(figures: PointFigures) -> tuple[Aim, ...]:
    """What the issue asks of the viewport, and what it came to."""
    faster = figures.markers_orbit_s / figures.orbit_s
    still = figures.markers_orbit_s / figures.still_s
    return (
        Aim("frame rate while turning", f"{faster:.0f} x Markers", "50 x", faster >= 50),
        Aim("full detail, standing still", f"{still:.1f} x Markers", "1.5 x", still >= 1.5),
        Aim("lasso over all points", _ms(figures.lasso_s), "500 ms", figures.lasso_s < 0.5),
        Aim("undo of it", _ms(figures.undo_s), "50 ms", figures.undo_s < 0.05),
        Aim("another mask", _ms(figures.keep_s), "50 ms", figures.keep_s < 0.05),
        Aim("pick among all points", _ms(figures.pick_s), "400 ms", figures.pick_s <= 0.4),
    )


def viewport_page(figures: PointFigures, made: Made) -> str:
    """The page as Markdown."""
    width, height = SIZE
    rows = [
        (one.name, one.value, one.wanted, "yes" if one.is_met else "NO") for one in aims(figures)
    ]
    text = _TEXT.format(width=width, height=height, px=POINT_PX, renderer=figures.renderer)
    return "\n".join(
        [
            head("Points in the viewport", made),
            text,
            f"## {figures.n_points:,} points",
            "",
            table(("", "VisPy's Markers", "ours"), _figures(figures)),
            "",
            "## Against what was asked for",
            "",
            table(("", "measured", "asked for", "met"), rows),
            "",
        ]
    )


def _figures(figures: PointFigures) -> list[tuple[str, str, str]]:
    markers = figures.markers_orbit_s
    return [
        ("a frame while turning", _ms(markers), _ms(figures.orbit_s)),
        ("frames per second", f"{1 / markers:.2f}", f"{1 / figures.orbit_s:.1f}"),
        ("points in it", f"{figures.n_points:,}", f"{figures.orbit_points:,}"),
        ("standing still, full detail", _ms(markers), _ms(figures.still_s)),
        ("longest wait of input meanwhile", _ms(markers), _ms(figures.longest_wait_s)),
        ("the same in one pass, for a screenshot", "–", _ms(figures.one_pass_s)),
        ("bytes per point on the card", str(figures.markers_bytes), str(figures.bytes_per_point)),
        ("lasso", "–", _ms(figures.lasso_s)),
        ("undo of it", "–", _ms(figures.undo_s)),
        ("another mask", "–", _ms(figures.keep_s)),
        ("pick among all", "–", _ms(figures.pick_s)),
        ("pick while hovering", "–", _ms(figures.hover_s)),
    ]


def _ms(seconds: float) -> str:
    return f"{seconds * 1e3:,.0f} ms" if seconds >= 0.01 else f"{seconds * 1e3:.1f} ms"
