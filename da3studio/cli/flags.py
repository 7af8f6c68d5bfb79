"""Recipe dataclasses as command-line flags: one default, one help text, one range.

A recipe of sections (`Recipe`) gives `--SECTION-FIELD` flags, a flat one (`ExportRecipe`) gives
`--FIELD` flags. A flag that is not given leaves no trace in the namespace, so that it can be told
from one that repeats the default: only what was typed changes a preset.
"""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from da3studio.base.i18n import tr
from da3studio.base.params import ParamInfo, params_of

R = TypeVar("R")


@dataclass(frozen=True)
class Flag:
    """One field of a recipe on the command line."""

    section: str  # the field of the outer recipe, "" for a flat recipe
    field: str
    info: ParamInfo
    default: Any

    @property
    def path(self) -> str:
        """`mesh.faces`, as in the project's manifest."""
        return f"{self.section}.{self.field}" if self.section else self.field

    @property
    def option(self) -> str:
        """`--mesh-faces`."""
        return self.info.option or "--" + self.path.replace(".", "-").replace("_", "-")

    @property
    def dest(self) -> str:
        """Name in the namespace; cannot be that of an ordinary argument."""
        return f"recipe:{self.path}"

    @property
    def help(self) -> str:
        """The field's help with its range, unit and default."""
        shown = f"{self.default:g}" if isinstance(self.default, float) else str(self.default)
        if isinstance(self.default, bool):
            shown = tr("on") if self.default else tr("off")
        details = tr("default {default}").format(default=shown)
        allowed = _range(self.info)
        if allowed:
            details = f"{allowed}, {details}"
        return f"{tr(self.info.help)} [{details}]".replace("%", "%%")


def flags_of(recipe: Any) -> Iterator[Flag]:
    """The flags of a recipe, section after section, in the order of the classes."""
    for outer in dataclasses.fields(recipe):
        value = getattr(recipe, outer.name)
        if dataclasses.is_dataclass(value):
            for name, info in params_of(value).items():
                yield Flag(outer.name, name, info, getattr(value, name))
    for name, info in params_of(recipe).items():
        yield Flag("", name, info, getattr(recipe, name))


def add_flags(group: argparse._ActionsContainer, flags: Sequence[Flag]) -> list[argparse.Action]:
    """Add one option per flag to a parser or an argument group."""
    return [_add(group, flag) for flag in flags]


def typed(args: argparse.Namespace, recipe: R) -> R:
    """The recipe with the fields replaced that were typed on the command line."""
    for flag in list(flags_of(recipe)):
        if not hasattr(args, flag.dest):
            continue
        change = {flag.field: getattr(args, flag.dest)}
        if flag.section:
            inner = dataclasses.replace(getattr(recipe, flag.section), **change)
            change = {flag.section: inner}
        recipe = dataclasses.replace(recipe, **change)  # type: ignore[type-var]
    return recipe


def _add(group: argparse._ActionsContainer, flag: Flag) -> argparse.Action:
    settings: dict[str, Any] = {
        "dest": flag.dest,
        "default": argparse.SUPPRESS,
        "help": flag.help,
    }
    if isinstance(flag.default, bool):
        return group.add_argument(flag.option, action=argparse.BooleanOptionalAction, **settings)
    if flag.info.choices:
        return group.add_argument(flag.option, choices=flag.info.choices, **settings)
    metavar = "N" if isinstance(flag.default, int) else "TEXT"
    if isinstance(flag.default, float):
        metavar = "X"
    return group.add_argument(flag.option, type=_reader(flag), metavar=metavar, **settings)


def _reader(flag: Flag) -> Callable[[str], Any]:
    """What argparse turns the typed text into a value with."""
    kind = type(flag.default)

    def read(text: str) -> Any:
        try:
            value = kind(text)
        except ValueError:
            wanted = tr("a whole number") if kind is int else tr("a number")
            raise argparse.ArgumentTypeError(
                tr("{text!r} is not {wanted}").format(text=text, wanted=wanted)
            ) from None
        low, high = flag.info.low, flag.info.high
        # The comparisons are written so that NaN fails them.
        if (low is not None and not value >= low) or (high is not None and not value <= high):
            raise argparse.ArgumentTypeError(
                tr("{text} is outside the range {range}").format(text=text, range=_range(flag.info))
            )
        return value

    return read


def _range(info: ParamInfo) -> str:
    """`500 to 20000000 px`, or "" where everything goes."""
    unit = f" {tr(info.unit)}" if info.unit else ""
    low, high = (None if end is None else f"{end:.10g}" for end in (info.low, info.high))
    if low is not None and high is not None:
        return tr("{low} to {high}").format(low=low, high=high) + unit
    if low is not None:
        return tr("at least {low}").format(low=low) + unit
    if high is not None:
        return tr("at most {high}").format(high=high) + unit
    return unit.strip()
