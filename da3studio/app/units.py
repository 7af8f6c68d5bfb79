"""Lengths and areas as people read and write them; files never pass through here.

The decimal sign is that of Qt's default locale, which the window sets with its language.
"""

from __future__ import annotations

import math
import re
from typing import Literal

from PySide6.QtCore import QLocale

from da3studio.base.errors import BadInput
from da3studio.base.i18n import tr
from da3studio.base.settings import Settings

UnitSystem = Literal["metric", "imperial"]

METRES_PER_INCH = 0.0254
METRES_PER_FOOT = 0.3048
_LONGEST_M = 1e7  # more than that is a slip of the keys

_METRES_OF = {
    "": 1.0, "m": 1.0, "metre": 1.0, "metres": 1.0, "meter": 1.0, "meters": 1.0,
    "cm": 0.01, "mm": 0.001, "km": 1000.0,
    "in": METRES_PER_INCH, "inch": METRES_PER_INCH, "inches": METRES_PER_INCH, '"': METRES_PER_INCH,
    "ft": METRES_PER_FOOT, "foot": METRES_PER_FOOT, "feet": METRES_PER_FOOT, "'": METRES_PER_FOOT,
    "yd": 3 * METRES_PER_FOOT,
}  # fmt: skip
_NUMBER = r"\d+(?:[.,]\d+)*|[.,]\d+"
_PART = re.compile(rf"\s*({_NUMBER})\s*([\"']|[^\W\d]*)\.?")
_TYPOGRAPHIC = str.maketrans({"″": '"', "”": '"', "“": '"', "′": "'", "’": "'", "\u00a0": " "})


def system_of(settings: Settings) -> UnitSystem:
    """The units a person chose."""
    return "imperial" if settings.units == "imperial" else "metric"


def length_text(
    length: float,
    metres_per_unit: float | None,
    sigma: float | None = None,
    *,
    system: UnitSystem = "metric",
) -> str:
    """A length for reading: "1.24 m ± 0.01", "3 ft 4.5 in", "1.243 units".

    Args:
        length: [world units].
        metres_per_unit: `None` = the world has no known scale: the text says "units".
        sigma: its standard uncertainty [world units]; decides how many decimals are shown.
        system: of a world with a scale.
    """
    if metres_per_unit is None:
        return _with_sigma(length, sigma, _significant(length, 4), tr("units"))
    metres = length * metres_per_unit
    sigma_m = None if sigma is None else sigma * metres_per_unit
    if system == "imperial":
        return _feet_and_inches(metres, sigma_m)
    name, per_unit, decimals = _metric_step(metres)
    scaled = None if sigma_m is None else sigma_m / per_unit
    return _with_sigma(metres / per_unit, scaled, decimals, name)


def area_text(
    area: float,
    metres_per_unit: float | None,
    sigma: float | None = None,
    *,
    system: UnitSystem = "metric",
) -> str:
    """An area for reading: "12.40 m² ± 0.05", "3.2 sq ft", "0.51 square units".

    Args:
        area: [world units²].
        metres_per_unit: `None` = the world has no known scale.
        sigma: its standard uncertainty [world units²].
        system: of a world with a scale.
    """
    if metres_per_unit is None:
        return _with_sigma(area, sigma, _significant(area, 4), tr("square units"))
    square_metres = area * metres_per_unit**2
    if system == "imperial":
        small = square_metres < METRES_PER_FOOT**2
        name, per_unit = (
            (tr("sq in"), METRES_PER_INCH**2) if small else (tr("sq ft"), METRES_PER_FOOT**2)
        )
        decimals = 2
    elif square_metres >= 0.1:
        name, per_unit, decimals = "m²", 1.0, 2
    elif square_metres >= 1e-4:
        name, per_unit, decimals = "cm²", 1e-4, 1
    else:
        name, per_unit, decimals = "mm²", 1e-6, 1
    scaled = None if sigma is None else sigma * metres_per_unit**2 / per_unit
    return _with_sigma(square_metres / per_unit, scaled, decimals, name)


def extent_text(
    lengths: tuple[float, ...], metres_per_unit: float | None, *, system: UnitSystem = "metric"
) -> str:
    """Several lengths in one unit: "1.20 × 0.80 × 0.75 m".

    Args:
        lengths: [world units].
        metres_per_unit: `None` = the world has no known scale.
        system: of a world with a scale.
    """
    longest = max(lengths, default=0.0)
    if metres_per_unit is None:
        name, per_unit, decimals = tr("units"), 1.0, _significant(longest, 4)
    elif system == "imperial":
        in_feet = longest * metres_per_unit >= METRES_PER_FOOT
        name, metres = (tr("ft"), METRES_PER_FOOT) if in_feet else (tr("in"), METRES_PER_INCH)
        per_unit, decimals = metres / metres_per_unit, 2
    else:
        name, metres, decimals = _metric_step(longest * metres_per_unit)
        per_unit = metres / metres_per_unit
    return " × ".join(number_text(length / per_unit, decimals) for length in lengths) + f" {name}"


def number_text(value: float, decimals: int) -> str:
    """A number with the decimal sign of the window's language."""
    text = f"{value:.{max(0, decimals)}f}"
    if float(text) == 0:
        text = text.removeprefix("-")
    return text.replace(".", QLocale().decimalPoint())


def whole_text(n: int) -> str:
    """A whole number with the marks between thousands of the window's language."""
    locale = QLocale()
    # the C locale leaves them out unless told otherwise
    locale.setNumberOptions(locale.numberOptions() & ~QLocale.NumberOption.OmitGroupSeparator)
    return locale.toString(n)


def percent_text(share: float) -> str:
    """A share of 1 as a percentage with one decimal."""
    return f"{number_text(100 * share, 1)} %"


def parse_length(text: str, *, system: UnitSystem = "metric") -> float:
    """What a person typed as a length: "2.05 m", "2,05", "81 in", "6 ft 8 in", `6'8"`.

    Args:
        text: decimal point or comma; of two different signs the last is the decimal one.
        system: decides what a bare number is: metres or feet.

    Returns:
        The length [m], > 0.

    Raises:
        BadInput: it cannot be understood, or is not a possible length.
    """
    cleaned = text.translate(_TYPOGRAPHIC).strip().lower()
    metres, at, n_parts = 0.0, 0, 0
    while at < len(cleaned):
        part = _PART.match(cleaned, at)
        if part is None or part[2] not in _METRES_OF:
            raise _not_a_length(text)
        bare = METRES_PER_FOOT if system == "imperial" else 1.0
        if not part[2] and n_parts:  # the inches of 6'8
            bare = METRES_PER_INCH
        metres += _decimal(part[1]) * (_METRES_OF[part[2]] if part[2] else bare)
        at, n_parts = part.end(), n_parts + 1
    if not n_parts:
        raise _not_a_length(text)
    if not 0 < metres <= _LONGEST_M:
        raise BadInput(
            tr("{text} cannot be the length.").format(text=text.strip()),
            why=tr("A length has to be more than 0 and less than 10,000 km."),
            fix=tr("Type the true length between the two points, for example 2.05 m."),
        )
    return metres


def parse_number(text: str) -> float:
    """A plain number with decimal point or comma, and a sign.

    Raises:
        ValueError: it is not a number.
    """
    cleaned = text.translate(_TYPOGRAPHIC).strip().replace("−", "-")
    sign = -1.0 if cleaned.startswith("-") else 1.0
    digits = cleaned.lstrip("+-")
    if not re.fullmatch(_NUMBER, digits):
        raise ValueError(f"{text!r} is not a number")
    return sign * _decimal(digits)


def _decimal(digits: str) -> float:
    """Of several signs the last one is the decimal sign, unless it repeats: then it groups."""
    last = max(digits.rfind("."), digits.rfind(","))
    if last < 0 or digits.count(digits[last]) > 1:
        return float(digits.replace(".", "").replace(",", ""))
    whole = digits[:last].replace(".", "").replace(",", "") or "0"
    return float(f"{whole}.{digits[last + 1 :]}")


def _not_a_length(text: str) -> BadInput:
    return BadInput(
        tr("“{text}” is not a length.").format(text=text.strip()),
        why=tr("It has to be a number, with a unit if it is not in metres."),
        fix=tr("Type for example 2.05 m, 81 in or 6 ft 8 in."),
    )


def _metric_step(metres: float) -> tuple[str, float, int]:
    """The unit to show a length in, its metres, and the decimals that make sense."""
    size = abs(metres)
    if size >= 100:
        return "m", 1.0, 1
    if size >= 1:
        return "m", 1.0, 2
    if size >= 0.01:
        return "cm", 0.01, 1
    return "mm", 0.001, 1


def _feet_and_inches(metres: float, sigma_m: float | None) -> str:
    inches = metres / METRES_PER_INCH
    sigma = None if sigma_m is None else sigma_m / METRES_PER_INCH
    decimals = 1 if sigma is None else _decimals_of(sigma, 1)
    rounded = round(inches, decimals)
    if abs(rounded) < 12:
        return _with_sigma(inches, sigma, decimals, tr("in"))
    feet = int(rounded / 12)
    rest = abs(rounded - 12 * feet)
    text = f"{feet} {tr('ft')} {number_text(rest, decimals)} {tr('in')}"
    return text if sigma is None else f"{text} ± {number_text(sigma, decimals)} {tr('in')}"


def _with_sigma(value: float, sigma: float | None, decimals: int, name: str) -> str:
    if sigma is None or not math.isfinite(sigma) or sigma < 0:
        return f"{number_text(value, decimals)} {name}"
    shown = _decimals_of(sigma, decimals)
    return f"{number_text(value, shown)} {name} ± {number_text(sigma, shown)}"


def _decimals_of(sigma: float, without: int) -> int:
    """Decimals that show one significant digit of the uncertainty."""
    if sigma <= 0:
        return without
    return min(6, max(0, -math.floor(math.log10(sigma))))


def _significant(value: float, n: int) -> int:
    """Decimals that show `n` significant digits."""
    if value == 0 or not math.isfinite(value):
        return n - 1
    return min(9, max(0, n - 1 - math.floor(math.log10(abs(value)))))
