"""Any frozen dataclass of `param` fields as editable, validated fields."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from PySide6.QtCore import QObject, Signal

from da3studio.base.i18n import tr
from da3studio.base.params import ParamInfo, params_of

FieldKind = Literal["flag", "choice", "whole", "number", "text", "folder"]

_FINEST = 4  # decimals of a number at most


@dataclass(frozen=True)
class FormField:
    """One field as a form shows it; texts are in the person's language."""

    name: str
    info: ParamInfo
    default: Any

    @property
    def kind(self) -> FieldKind:
        if isinstance(self.default, bool):
            return "flag"
        if self.info.choices:
            return "choice"
        if isinstance(self.default, int):
            return "whole"
        if self.info.is_folder:
            return "folder"
        return "number" if isinstance(self.default, float) else "text"

    @property
    def label(self) -> str:
        return tr(self.info.label)

    @property
    def unit(self) -> str:
        return tr(self.info.unit)

    @property
    def choices(self) -> tuple[tuple[str, str], ...]:
        """Value and words of each choice."""
        return tuple((one, tr(self.info.choice_label(one))) for one in self.info.choices)

    @property
    def help(self) -> str:
        """The sentence about the field; choices in quotes are named as the form names them."""
        text = tr(self.info.help)
        for value, words in self.choices:
            if value:
                text = text.replace(f"'{value}'", f"“{words}”")
        return text

    @property
    def decimals(self) -> int:
        """Decimals that a number is shown with: enough for its default and its lower end."""
        fine = [self.default, self.info.low or 0.0]
        return max(len(f"{value:.{_FINEST}f}".rstrip("0").partition(".")[2]) for value in fine) or 1

    def shown(self, value: Any) -> str:
        """A value in words."""
        if self.kind == "flag":
            return tr("on") if value else tr("off")
        if self.kind == "choice":
            return dict(self.choices).get(value, str(value))
        text = f"{value:.{self.decimals}f}" if self.kind == "number" else str(value)
        return f"{text} {self.unit}".strip()

    def normalised(self, value: Any) -> Any:
        """The nearest value that is allowed.

        Raises:
            ValueError: it cannot be understood at all, or is none of the choices.
        """
        if self.kind == "flag":
            return bool(value)
        if self.kind == "choice":
            if value not in self.info.choices:
                raise ValueError(f"{self.name}: {value!r} is no choice")
            return value
        if self.kind in ("text", "folder"):
            return str(value).strip()
        number: float = round(float(value)) if self.kind == "whole" else float(value)
        if number != number:  # NaN
            raise ValueError(f"{self.name}: not a number")
        low, high = self.info.low, self.info.high
        number = number if low is None else max(number, low)
        number = number if high is None else min(number, high)
        return int(number) if self.kind == "whole" else number


class RecipeForm(QObject):
    """A value of a dataclass that a person edits field by field.

    Args:
        value: the one to begin with.
        default: what a field is reset to; `None` = the defaults of the class.
        names: the fields that are shown, in this order; `None` = all.
    """

    changed = Signal()  # anything a widget shows; also in answer to a value that was not taken
    edited = Signal(object)  # the new value, when a person changed it

    def __init__(
        self,
        value: Any,
        default: Any = None,
        names: Iterable[str] | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._value = value
        self._default = type(value)() if default is None else default
        self._blocked: dict[str, str] = {}
        infos = params_of(value)
        self.fields = tuple(
            FormField(name, infos[name], getattr(self._default, name))
            for name in (infos if names is None else names)
        )

    @property
    def value(self) -> Any:
        return self._value

    def show(self, value: Any, default: Any = None) -> None:
        """Show another value, and reset to other defaults where they are given."""
        self._value = value
        if default is not None and default != self._default:
            self._default = default
            self.fields = tuple(
                dataclasses.replace(field, default=getattr(default, field.name))
                for field in self.fields
            )
        self.changed.emit()

    def field(self, name: str) -> FormField:
        return next(field for field in self.fields if field.name == name)

    def set(self, name: str, raw: Any) -> None:
        """Take what was typed or chosen, brought into its range; always answers `changed`."""
        try:
            value = dataclasses.replace(self._value, **{name: self.field(name).normalised(raw)})
        except ValueError:  # not understood, or the class refuses it: what was there stays
            self.changed.emit()
            return
        differs = value != self._value
        self._value = value
        self.changed.emit()
        if differs:
            self.edited.emit(value)

    def reset(self, name: str) -> None:
        """Back to the default."""
        self.set(name, getattr(self._default, name))

    def is_changed(self, name: str) -> bool:
        """Whether a field is not at its default."""
        return bool(getattr(self._value, name) != getattr(self._default, name))

    @property
    def n_changed(self) -> int:
        """How many of the fields shown are not at their defaults."""
        return sum(self.is_changed(field.name) for field in self.fields)

    def set_blocked(self, reasons: Mapping[str, str]) -> None:
        """Fields that cannot be changed now, each with the reason as one sentence."""
        self._blocked = dict(reasons)
        self.changed.emit()

    def blocked(self, name: str) -> str:
        """Why a field cannot be changed now, "" = it can."""
        return self._blocked.get(name, "")

    def explanation(self, name: str) -> str:
        """All there is to say of a field: what it is for, range, default, why it is grey."""
        field = self.field(name)
        sentences = [field.help]
        low, high = field.info.low, field.info.high
        if low is not None and high is not None:
            sentences.append(
                tr("From {low} to {high}.").format(low=field.shown(low), high=field.shown(high))
            )
        sentences.append(tr("Default: {value}.").format(value=field.shown(field.default)))
        reason = self.blocked(name)
        if reason:
            sentences.append(tr("It cannot be changed now: {reason}").format(reason=reason))
        return "\n".join(sentences)
