"""The true size of the scene: lengths that a person knows, and how well they agree."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from PySide6.QtCore import QObject, Signal

from da3studio.app.session import Session
from da3studio.app.units import UnitSystem, length_text, number_text, parse_length, system_of
from da3studio.app.viewmodels.scene_state import Part
from da3studio.base.errors import BadInput
from da3studio.base.i18n import tr
from da3studio.geometry.measuring import SurfacePoint, distance, relative_scale_error
from da3studio.project.change import Change
from da3studio.scene.placement import KnownLength, Placement, Vec3

ScaleState = Literal["unknown", "estimated", "set"]

_SUSPICIOUS = 0.03  # difference between a length and the others above which one of them is wrong


@dataclass(frozen=True)
class LengthRow:
    """A known length as the table shows it; translated."""

    measured: str  # in the model, with the scale of all
    known: str
    difference: str
    is_suspicious: bool


class KnownLengths(QObject):
    """Pick two ends, type the length; every further length checks and steadies the scale."""

    changed = Signal()

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session, self._scene = session, session.scene
        self._ends: tuple[SurfacePoint, ...] = ()
        self._problem = ""
        session.changed.connect(self._follow)
        session.folder_changed.connect(self.drop_ends)
        session.settings_changed.connect(self.changed)
        session.scene.changed.connect(self._scene_changed)

    # The next length

    @property
    def ends(self) -> tuple[SurfacePoint, ...]:
        """Picked for the next length: none, one or two."""
        return self._ends

    @property
    def problem(self) -> str:
        """Why what was typed was not taken, in sentences; empty = all is well."""
        return self._problem

    def pick_end(self, point: SurfacePoint) -> None:
        """One end, or with two picked already the first of another length."""
        self._ends = (point,) if len(self._ends) >= 2 else (*self._ends, point)
        self._problem = ""
        if len(self._ends) == 2 and not distance([p.xyz for p in self._ends]).value > 0:
            self._ends = self._ends[:1]
        self.changed.emit()

    def drop_ends(self) -> None:
        self._ends, self._problem = (), ""
        self.changed.emit()

    @property
    def ends_text(self) -> str:
        """How long it is in the model as it is scaled now; empty before two ends are picked."""
        if len(self._ends) < 2:
            return ""
        found = distance([end.xyz for end in self._ends])
        sigmas = [
            end.sigma_along(gradient)
            for end, gradient in zip(self._ends, found.gradient, strict=True)
        ]
        return length_text(
            found.value, self._scene.metres_per_unit, found.sigma(sigmas), system=self._system
        )

    def set_length(self, text: str) -> bool:
        """Take what was typed as the true length of the picked one; False = it was refused."""
        if len(self._ends) < 2:
            return False
        try:
            metres = parse_length(text, system=self._system)
        except BadInput as error:
            self._problem = str(error)
            self.changed.emit()
            return False
        a, b = (_vec3(end) for end in self._ends)
        self._ends, self._problem = (), ""
        self._commit(
            tr("Set the size"), (*self._placement.known_lengths, KnownLength(a, b, metres))
        )
        return True

    # Those that are known

    @property
    def lengths(self) -> tuple[KnownLength, ...]:
        return self._placement.known_lengths

    @property
    def rows(self) -> tuple[LengthRow, ...]:
        placement = self._placement
        scale = placement.metres_per_unit()
        rows = []
        for known, residual in zip(
            placement.known_lengths, placement.residuals(), strict=True
        ):  # fmt: skip
            share = residual / known.metres
            sign = "+" if share > 0.0005 else "−" if share < -0.0005 else ""
            rows.append(
                LengthRow(
                    length_text(known.units, scale, system=self._system),
                    length_text(known.metres, 1.0, system=self._system),
                    f"{sign}{number_text(100 * abs(share), 1)} %",
                    abs(share) > _SUSPICIOUS,
                )
            )
        return tuple(rows)

    def remove(self, i: int) -> None:
        """Forget one of them."""
        left = tuple(known for j, known in enumerate(self.lengths) if j != i)
        self._commit(tr("Remove a known length"), left)

    # The scale

    @property
    def state(self) -> ScaleState:
        if self.lengths:
            return "set"
        return "unknown" if self._scene.metres_per_unit is None else "estimated"

    @property
    def is_doubtful(self) -> bool:
        """Whether one of the known lengths does not fit the others."""
        return any(row.is_suspicious for row in self.rows)

    @property
    def state_text(self) -> str:
        """Where the size is from, in a sentence."""
        if self.state == "unknown":
            return tr("The size is not known: pick two points and type their true distance.")
        if self.state == "estimated":
            return tr("The size is only estimated. A length you know makes it exact.")
        if len(self.lengths) == 1:
            return tr("The size follows from one length. A second one would check it.")
        error = relative_scale_error(
            [one.units for one in self.lengths], [one.metres for one in self.lengths]
        )
        if self.is_doubtful:
            return tr("The lengths contradict each other: remove the wrong one.")
        return tr("The size follows from {n} lengths and is good to {error} %.").format(
            n=len(self.lengths), error=number_text(max(100 * error, 0.01), 2)
        )

    # Parts

    @property
    def _placement(self) -> Placement:
        return self._session.project.placement

    @property
    def _system(self) -> UnitSystem:
        return system_of(self._session.settings)

    def _commit(self, label: str, lengths: tuple[KnownLength, ...]) -> None:
        placement = replace(self._placement, known_lengths=lengths)
        self._session.commit(label, self._session.project.with_placement(placement))
        self.changed.emit()

    def _follow(self, change: Change) -> None:
        if Change.PLACEMENT in change:
            self.changed.emit()

    def _scene_changed(self, parts: Part) -> None:
        if parts & (Part.CAMERAS | Part.CLOUD):
            self.changed.emit()


def _vec3(point: SurfacePoint) -> Vec3:
    x, y, z = (float(value) for value in point.xyz)
    return x, y, z
