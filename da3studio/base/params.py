"""`param`: a recipe field with its default, label, help, unit and range in one place.

Command-line flags, forms and the help page are generated from it, and `keyed` says whether the
field can change a result (and so belongs to the key of the stage).
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

_META = "da3studio.param"


@dataclass(frozen=True)
class ParamInfo:
    """What a form, a flag and the key need to know of a field."""

    label: str
    help: str
    unit: str
    low: float | None
    high: float | None
    choices: tuple[str, ...]
    keyed: bool
    option: str  # a command-line option of another form than the generated ones, "" = generated
    simple: bool = False  # forms show it at once; the others are folded away as "Advanced"
    choice_labels: tuple[str, ...] = ()  # what forms show for `choices`; translated where shown
    is_folder: bool = False  # a text that is the path of a folder

    def choice_label(self, choice: str) -> str:
        """The words for one of the choices, not translated."""
        shown = dict(zip(self.choices, self.choice_labels, strict=False))
        return shown.get(choice, choice)


def param(
    default: Any,
    label: str,
    *,
    help: str,
    unit: str = "",
    low: float | None = None,
    high: float | None = None,
    choices: tuple[str, ...] = (),
    keyed: bool = True,
    option: str = "",
    simple: bool = False,
    choice_labels: tuple[str, ...] = (),
    is_folder: bool = False,
) -> Any:
    """A dataclass field that carries a `ParamInfo`.

    Raises:
        ValueError: there are labels of choices, but not one for each.
    """
    if choice_labels and len(choice_labels) != len(choices):
        raise ValueError(f"{label}: {len(choice_labels)} labels for {len(choices)} choices")
    info = ParamInfo(
        label, help, unit, low, high, choices, keyed, option, simple, choice_labels, is_folder
    )
    return dataclasses.field(default=default, metadata={_META: info})


def params_of(recipe: Any) -> dict[str, ParamInfo]:
    """Field name → `ParamInfo`, in the order of the class."""
    return {f.name: f.metadata[_META] for f in dataclasses.fields(recipe) if _META in f.metadata}


def keyed_fields(recipe: Any) -> dict[str, Any]:
    """The fields that can change the result, with their values."""
    return {name: getattr(recipe, name) for name, info in params_of(recipe).items() if info.keyed}


def check_ranges(recipe: Any) -> None:
    """Refuse values outside their range or choices.

    Raises:
        ValueError: naming the field, the value and what is allowed.
    """
    for name, info in params_of(recipe).items():
        value = getattr(recipe, name)
        if info.choices and value not in info.choices:
            raise ValueError(f"{name} is {value!r}; allowed: {', '.join(info.choices)}")
        if info.low is not None and not value >= info.low:  # so that NaN is refused too
            raise ValueError(f"{name} is {value}; at least {info.low} is needed")
        if info.high is not None and not value <= info.high:
            raise ValueError(f"{name} is {value}; at most {info.high} is allowed")
