from __future__ import annotations

import pytest
from PySide6.QtCore import QLocale

from da3studio.app.units import (
    area_text,
    extent_text,
    length_text,
    parse_length,
    parse_number,
    whole_text,
)
from da3studio.base.errors import BadInput


@pytest.fixture
def german():
    before = QLocale()
    QLocale.setDefault(QLocale(QLocale.Language.German))
    yield
    QLocale.setDefault(before)


@pytest.mark.parametrize(
    ("metres", "sigma", "text"),
    [
        (1.2431, 0.0123, "1.24 m ± 0.01"),
        (1.2431, None, "1.24 m"),
        (0.2431, 0.0012, "24.3 cm ± 0.1"),
        (0.0043, None, "4.3 mm"),
        (123.44, 0.5, "123.4 m ± 0.5"),
        (2.0, float("nan"), "2.00 m"),
        (0.0, None, "0.0 mm"),
    ],
)
def test_that_a_metric_length_reads_in_its_natural_unit(metres, sigma, text):
    assert length_text(metres / 2, 2.0, None if sigma is None else sigma / 2) == text


def test_that_feet_and_inches_carry_over_and_never_show_twelve_inches():
    assert length_text(3 * 0.3048 + 4.5 * 0.0254, 1.0, system="imperial") == "3 ft 4.5 in"
    assert length_text(11.98 * 0.0254, 1.0, system="imperial") == "1 ft 0.0 in"
    assert length_text(8 * 0.0254, 1.0, 0.1 * 0.0254, system="imperial") == "8.0 in ± 0.1"


def test_that_a_world_without_scale_says_units():
    assert length_text(1.2431, None) == "1.243 units"
    assert length_text(1.2431, None, 0.02) == "1.24 units ± 0.02"
    assert area_text(0.5, None) == "0.5000 square units"


def test_that_areas_and_extents_read_in_one_unit():
    assert area_text(3.0, 2.0, 0.01) == "12.00 m² ± 0.04"
    assert area_text(0.0042, 1.0) == "42.0 cm²"
    assert area_text(1.0, 1.0, system="imperial") == "10.76 sq ft"
    assert extent_text((1.2, 0.8, 0.05), 1.0) == "1.20 × 0.80 × 0.05 m"


@pytest.mark.parametrize(
    ("locale", "text"), [("C", "725,724"), ("en_GB", "725,724"), ("de_DE", "725.724")]
)
def test_that_large_numbers_have_marks_between_thousands(german, locale, text):
    QLocale.setDefault(QLocale(locale))
    assert whole_text(725_724) == text


def test_that_the_window_language_decides_the_decimal_sign(german):
    assert length_text(1.2431, 1.0, 0.01) == "1,24 m ± 0,01"


@pytest.mark.parametrize(
    ("text", "metres"),
    [
        ("2.05 m", 2.05),
        ("2,05", 2.05),
        ("81 in", 81 * 0.0254),
        ("81in", 81 * 0.0254),
        ("6 ft 8 in", 80 * 0.0254),
        ("6'8\"", 80 * 0.0254),
        ("6′8″", 80 * 0.0254),
        ("6'8", 80 * 0.0254),
        ("1.234,5 mm", 1.2345),
        ("1,234.5 mm", 1.2345),
        (" 40 CM ", 0.4),
        (".5 m", 0.5),
        ("2 m 5 cm", 2.05),
    ],
)
def test_that_a_typed_length_is_understood(text, metres):
    assert parse_length(text) == pytest.approx(metres, rel=1e-12)


def test_that_a_bare_number_is_feet_for_people_who_measure_in_feet():
    assert parse_length("10", system="imperial") == pytest.approx(3.048)


@pytest.mark.parametrize("text", ["", "  ", "abc", "2 furlongs", "-3 m", "0", "1e9999", "99999 km"])
def test_that_what_is_no_length_is_refused_with_a_sentence_and_a_way_out(text):
    with pytest.raises(BadInput) as caught:
        parse_length(text)
    assert caught.value.fix.startswith("Type")


@pytest.mark.parametrize(("text", "value"), [("-1,5", -1.5), ("3", 3.0), ("+0.25", 0.25)])
def test_that_a_plain_number_may_have_either_decimal_sign(text, value):
    assert parse_number(text) == value


def test_that_no_number_is_refused():
    with pytest.raises(ValueError, match="not a number"):
        parse_number("1 m")
