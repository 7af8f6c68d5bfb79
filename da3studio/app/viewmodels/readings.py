"""What a measurement says and the lines that show it; no widgets."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from da3studio.app.units import UnitSystem, area_text, extent_text, length_text
from da3studio.base.i18n import tr
from da3studio.geometry.measuring import (
    Measured,
    area,
    distance,
    extents,
    height,
    relative_scale_error,
)
from da3studio.scene.measurement import Kind, Measurement
from da3studio.scene.placement import ENGINE_UP, Placement


@dataclass(frozen=True)
class KindRow:
    """A kind of measurement as it is offered; the texts are translated where they are shown."""

    kind: Kind
    label: str
    help: str
    most_points: int | None  # that finish it; None = Enter or a double click does


KINDS: tuple[KindRow, ...] = (
    KindRow("distance", "Distance", "Click two points.", 2),
    KindRow("polyline", "Line", "Click along the line. Enter or a double click ends it.", None),
    KindRow("area", "Area", "Click the corners in turn. Enter or a double click ends it.", None),
    KindRow("height", "Height", "Click two points. Enter after the first: above the floor.", 2),
    KindRow("box", "Size", "Width, depth and height of the selection, or of all that is left.", 0),
)


def measured(measurement: Measurement, placement: Placement) -> Measured | None:
    """The value of a measurement [world units]; `None` for a box, which has three."""
    points = measurement.points
    match measurement.kind:
        case "distance" | "polyline":
            return distance(points)
        case "area":
            return area(points)
        case "height":
            return height(points, placement.up or ENGINE_UP, placement.origin or (0.0, 0.0, 0.0))
    return None


def reading(
    measurement: Measurement,
    placement: Placement,
    metres_per_unit: float | None,
    *,
    system: UnitSystem = "metric",
) -> str:
    """What a measurement says: its value with the uncertainty of its points and of the scale.

    Args:
        measurement: in the world.
        placement: up, floor and known lengths.
        metres_per_unit: `None` = not known.
        system: of the units.
    """
    found = measured(measurement, placement)
    if found is None:
        return extent_text(extents(measurement.points), metres_per_unit, system=system)
    sigma = None
    if measurement.sigma:
        known = placement.known_lengths
        scale_error = relative_scale_error(
            [one.units for one in known], [one.metres for one in known]
        )
        sigma = found.sigma(measurement.sigma, scale_error)
    if found.power == 2:
        return area_text(found.value, metres_per_unit, sigma, system=system)
    return length_text(found.value, metres_per_unit, sigma, system=system)


def remark(
    measurement: Measurement,
    placement: Placement,
    metres_per_unit: float | None,
    *,
    system: UnitSystem = "metric",
) -> str:
    """What a person should know besides the value; empty where there is nothing."""
    found = measured(measurement, placement)
    if found is None or measurement.kind != "area":
        return ""
    return tr("The corners lie up to {distance} off one plane.").format(
        distance=length_text(found.off_plane, metres_per_unit, system=system)
    )


def strokes(measurement: Measurement, placement: Placement) -> tuple[NDArray[np.float64], ...]:
    """The lines that show a measurement, each `(M, 3)` world points."""
    points = np.array(measurement.points, np.float64)
    match measurement.kind:
        case "area":
            return (np.concatenate([points, points[:1]]),)
        case "height":
            return (_height_stroke(points, placement),)
        case "box" if len(points) == 4:
            return _box_strokes(points)
    return (points,)


def label_place(measurement: Measurement, placement: Placement) -> NDArray[np.float64]:
    """`(3,)` the world point that its label stands at."""
    place: NDArray[np.float64]
    if measurement.kind in ("distance", "polyline", "height"):
        line = strokes(measurement, placement)[0]
        middle = len(line) // 2
        place = (line[middle - 1] + line[middle]) / 2 if len(line) > 1 else line[0]
    elif measurement.kind == "box":
        points = np.array(measurement.points)
        place = points[0] + (points[1:] - points[0]).sum(axis=0) / 2
    else:
        place = np.mean(measurement.points, axis=0)
    return place


def _height_stroke(points: NDArray[np.float64], placement: Placement) -> NDArray[np.float64]:
    """Up from the lower point to the height of the upper one, then across to it."""
    up = np.array(placement.up or ENGINE_UP)
    if len(points) == 1:
        rise = float((points[0] - np.array(placement.origin or (0.0, 0.0, 0.0))) @ up)
        return np.stack([points[0] - rise * up, points[0]])
    low, high = sorted(points, key=lambda point: float(point @ up))
    return np.stack([low, low + float((high - low) @ up) * up, high])


def _box_strokes(points: NDArray[np.float64]) -> tuple[NDArray[np.float64], ...]:
    first, edges = points[0], points[1:] - points[0]
    lines: list[NDArray[np.float64]] = []
    for axis in range(3):
        across, over = edges[(axis + 1) % 3], edges[(axis + 2) % 3]
        starts = (first, first + across, first + over, first + across + over)
        lines.extend(np.stack([start, start + edges[axis]]) for start in starts)
    return tuple(lines)
