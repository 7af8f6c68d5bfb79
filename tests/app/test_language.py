from __future__ import annotations

import gettext

import pytest
from PySide6.QtCore import QLocale

from da3studio.app.language import speak
from da3studio.base import i18n


@pytest.fixture
def as_before(qapp):
    locale = QLocale()
    yield
    QLocale.setDefault(locale)
    i18n.set_language("en")
    i18n.use_catalogue(gettext.NullTranslations())
    i18n.write_counts(str)


@pytest.mark.parametrize(("code", "text"), [("en", "725,724 points"), ("de", "725.724 points")])
def test_that_plurals_have_the_marks_between_thousands_of_the_language(qapp, as_before, code, text):
    translators = speak(qapp, code)
    i18n.use_catalogue(gettext.NullTranslations())
    assert i18n.trn("{n} point", "{n} points", 725_724) == text
    for one in translators:
        qapp.removeTranslator(one)
