"""What can be chosen about the display, in words, and how sliders map to it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from da3studio.app.viewmodels.view_state import ViewState

STEPS = 100  # of every slider

_POINT_PX = (0.5, 12.0)
_FRUSTUM = (0.1, 10.0)


@dataclass(frozen=True)
class Choice:
    """One choice; its label and its help are translated where they are shown."""

    id: str
    label: str
    help: str = ""


COLOUR_MODES: tuple[Choice, ...] = (
    Choice("photo", "Photo colours"),
    Choice("confidence", "Confidence", help="How sure the reconstruction is of each point."),
    Choice("n_views", "Photos that agree", help="In how many photos each point was found."),
    Choice("view", "By photo", help="Points of the same photo have the same colour."),
    Choice("height", "Height", help="How high each point lies above the lowest."),
    Choice("normal", "Direction", help="Which way the surface faces at each point."),
)
SHADINGS: tuple[Choice, ...] = (
    Choice("textured", "Photo texture"),
    Choice("smooth", "Shaded, smooth"),
    Choice("flat", "Shaded, every triangle"),
    Choice("wireframe", "Wires"),
    Choice("normals", "Direction"),
)
TOGGLES: tuple[Choice, ...] = (
    Choice("cameras", "Cameras"),
    Choice("photos_on_cameras", "Photos on the cameras"),
    Choice("points", "Points"),
    Choice("mesh", "Mesh"),
    Choice("measurements", "Measurements"),
    Choice("grid", "Floor grid and axes"),
    Choice("eye_dome", "Shade the edges of points", help="Makes shapes readable without light."),
    Choice("size_by_distance", "Larger points nearby"),
)


class Display(QObject):
    """Sliders and choices of the display; keeps nothing but how sure the points are."""

    changed = Signal()

    def __init__(self, view: ViewState, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._view = view
        self._marks = np.zeros(STEPS + 1)
        view.changed.connect(self.changed)

    def set_confidence(self, confidence: NDArray[np.float32] | None) -> None:
        """The `(N,)` confidences of the points on show; a fair sample is enough."""
        if confidence is None or not len(confidence):
            self._marks = np.zeros(STEPS + 1)
        else:
            self._marks = np.quantile(confidence, np.linspace(0, 1, STEPS + 1))
            self._marks[0] = 0.0  # at the left end nothing is hidden, however weak
        self.changed.emit()

    @property
    def has_confidence(self) -> bool:
        return bool(self._marks[-1] > self._marks[1])

    @property
    def hidden_percent(self) -> int:
        """How much of the points the confidence slider hides."""
        floor = self._view.settings.floor_confidence
        return (
            min(int(np.searchsorted(self._marks, floor, side="right")) - 1, STEPS) if floor else 0
        )

    def hide_weakest(self, percent: int) -> None:
        """Show only the points that are surer than this share of all."""
        self._view.set(floor_confidence=float(self._marks[min(max(percent, 0), STEPS)]))

    @property
    def colour(self) -> str:
        return self._view.settings.colour

    def set_colour(self, mode: str) -> None:
        self._view.set(colour=mode)

    @property
    def shading(self) -> str:
        return self._view.settings.shading

    def set_shading(self, shading: str) -> None:
        self._view.set(shading=shading)

    @property
    def point_step(self) -> int:
        return _step_of(self._view.settings.point_px, _POINT_PX)

    def set_point_step(self, step: int) -> None:
        self._view.set(point_px=_value_at(step, _POINT_PX))

    def turn_point_size(self, notches: int) -> None:
        """Larger or smaller points, by a wheel."""
        self.set_point_step(self.point_step + 4 * notches)

    @property
    def frustum_step(self) -> int:
        return _step_of(self._view.settings.frustum_size, _FRUSTUM)

    def set_frustum_step(self, step: int) -> None:
        self._view.set(frustum_size=_value_at(step, _FRUSTUM))

    def turn_frustum_size(self, notches: int) -> None:
        """Larger or smaller cameras, by a wheel."""
        self.set_frustum_step(self.frustum_step + 4 * notches)

    def is_on(self, toggle: str) -> bool:
        """Whether one of `TOGGLES` is on."""
        return bool(getattr(self._view.settings, toggle))

    def switch(self, toggle: str, on: bool) -> None:
        self._view.set(**{toggle: on})


def _step_of(value: float, span: tuple[float, float]) -> int:
    """Position of a slider whose steps are equal factors."""
    low, high = np.log(span)
    return int(np.clip(np.rint(STEPS * (np.log(max(value, 1e-9)) - low) / (high - low)), 0, STEPS))


def _value_at(step: int, span: tuple[float, float]) -> float:
    low, high = np.log(span)
    return float(np.exp(low + (high - low) * min(max(step, 0), STEPS) / STEPS))
