from __future__ import annotations

import pytest

from da3studio.base import i18n
from da3studio.base.i18n import set_language, spoken, system_languages, tr, tr_later, trn


@pytest.fixture(autouse=True)
def english_again():
    yield
    set_language("en")
    i18n.write_counts(str)


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        (["de_AT.UTF-8"], "de"),
        (["de-CH", "en"], "de"),
        (["fr_FR", "de"], "de"),
        (["fr", "it"], "en"),
        (["C"], "en"),
        ([], "en"),
        (["EN_us"], "en"),
    ],
)
def test_that_the_first_language_that_there_is_is_spoken(wanted, code):
    assert spoken(wanted) == code
    assert set_language("", wanted) == code


def test_that_a_choice_counts_more_than_the_system():
    assert set_language("en", ["de"]) == "en"
    assert set_language("de", ["en"]) == "de"


def test_that_german_is_spoken_with_its_plurals():
    set_language("de")

    assert tr("Cancel") == "Abbrechen"
    assert trn("{n} photo", "{n} photos", 1) == "1 Foto"
    assert trn("{n} photo", "{n} photos", 3) == "3 Fotos"
    set_language("en")
    assert tr("Cancel") == "Cancel"


def test_that_nothing_becomes_nothing_and_not_the_catalogue_s_head():
    set_language("de")

    assert tr("") == ""
    assert tr_later("Cancel") == "Cancel"


def test_that_the_system_is_asked_in_the_order_of_gettext(monkeypatch):
    for name in ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "en_GB.UTF-8")
    assert system_languages() == ("en_GB.UTF-8",)
    monkeypatch.setenv("LANGUAGE", "de_DE:en")

    assert system_languages() == ("de_DE", "en")


def test_that_a_window_may_write_the_numbers_of_plurals_its_way():
    assert trn("{n} point", "{n} points", 12345) == "12345 points"
    i18n.write_counts("{:,}".format)
    assert trn("{n} point", "{n} points", 12345) == "12,345 points"
