"""Collecting texts on a small program of our own, and the real catalogues."""

from __future__ import annotations

import gettext
import io
from pathlib import Path

import polib
import pytest
import translate  # beside bootstrap.py, see conftest.py

from da3studio.base.i18n import LANGUAGES

ROOT = Path(__file__).resolve().parents[2]

PROGRAM = """
from dataclasses import dataclass
from typing import ClassVar
WORDS = {1: tr_later("not yet")}
@dataclass(frozen=True)
class Row:
    id: str
    label: str
    n: int = 0
    help: str = ""
class Tool:
    title: ClassVar[str] = "Crop box"
    label = "Measure"
    other = "not shown"
def _row(text: str, label: str) -> Row: ...
ROWS = (Row("a", "First row", help="Helps."), Row(id="b", label="Second row"), _row("T", "Third"))
size: int = param(3, "Size", help="How large.", unit="px", choices=("a",), choice_labels=("An A",))
print(tr("Hello {name}").format(name=1), trn("{n} cat", "{n} cats", 2), tr("x" if 1 else "y"))
tr(variable)
"""


@pytest.fixture
def program(tmp_path):
    (tmp_path / "da3studio" / "bench").mkdir(parents=True)
    (tmp_path / "da3studio" / "rows.py").write_text(PROGRAM)
    (tmp_path / "da3studio" / "bench" / "page.py").write_text('tr("never shown")')
    (tmp_path / "resources" / "i18n").mkdir(parents=True)
    return tmp_path


def test_that_texts_labels_and_plurals_are_found_and_nothing_else(program):
    found = translate.collected(program)

    assert set(found) == {
        "not yet", "Crop box", "Measure", "First row", "Helps.", "Second row", "T", "Third", "Size",
        "How large.", "px", "An A", "Hello {name}", "{n} cat", "x", "y",
    }  # fmt: skip
    assert found["{n} cat"].plural == "{n} cats"


def test_that_translations_survive_a_new_extraction_and_gone_texts_leave(program):
    translate.extract(program)
    path = program / "resources" / "i18n" / "de" / "LC_MESSAGES" / "da3studio.po"
    catalogue = polib.pofile(str(path))
    catalogue.find("First row").msgstr = "Erste Zeile"
    catalogue.append(polib.POEntry(msgid="Gone", msgstr="Weg"))
    catalogue.save()
    translate.extract(program)
    catalogue = polib.pofile(str(path))

    assert catalogue.find("First row").msgstr == "Erste Zeile"
    assert catalogue.find("Gone") is None
    translate.compile_all(program)
    spoken = gettext.GNUTranslations(io.BytesIO(path.with_suffix(".mo").read_bytes()))
    assert spoken.gettext("First row") == "Erste Zeile"


def test_that_a_translator_is_told_what_does_not_fit(program):
    messages = translate.collected(program)
    catalogue = translate.template(messages)
    for entry in catalogue:
        entry.msgstr = entry.msgid
        if entry.msgid_plural:
            entry.msgstr_plural = {0: "eine Katze", 1: "{n} Katzen"}
    assert list(translate.complaints(catalogue, messages)) == []
    catalogue.find("Hello {name}").msgstr = "Hallo {nmae}"
    catalogue.find("Size").flags.append("fuzzy")
    catalogue.find("Third").msgstr = ""

    assert sorted(translate.complaints(catalogue, messages)) == [
        "not translated: Third",
        "other fields: Hello {name} → Hallo {nmae}",
        "unsure: Size",
    ]


def test_that_there_is_a_catalogue_for_each_language_but_our_own():
    assert {"en", *translate.LANGUAGES} == set(LANGUAGES)


@pytest.mark.parametrize("code", translate.LANGUAGES)
def test_that_what_is_translated_fits_and_is_compiled(code):
    path = ROOT / "resources" / "i18n" / code / "LC_MESSAGES" / "da3studio.po"
    catalogue = polib.pofile(str(path))
    done = {entry.msgid for entry in catalogue.translated_entries()}
    messages = {text: one for text, one in translate.collected().items() if text in done}
    wrong = translate.complaints(catalogue, messages)

    assert [line for line in wrong if not line.startswith("not in the program")] == []
    assert path.with_suffix(".mo").read_bytes() == translate.compiled(path)


def test_that_every_text_of_the_program_is_there_in_german(capsys):
    assert translate.check() == 0, capsys.readouterr().out
