"""`tr` and `trn`: every sentence a person reads passes through here."""

from __future__ import annotations

import gettext
import locale
import os
import sys
from collections.abc import Callable, Iterable

from da3studio.base.paths import resources

LANGUAGES: dict[str, str] = {"en": "English", "de": "Deutsch"}
"""Code → the language's own name."""

_DOMAIN = "da3studio"
_SOURCE = "en"  # what the messages in the code are written in; needs no catalogue

_catalogue: gettext.NullTranslations = gettext.NullTranslations()
_language = _SOURCE
_written: Callable[[int], str] = str


def tr(message: str) -> str:
    """The message in the person's language; English where no catalogue has it."""
    return _catalogue.gettext(message) if message else ""


def trn(singular: str, plural: str, n: int) -> str:
    """The message for `n` things, with `{n}` filled in."""
    return _catalogue.ngettext(singular, plural, n).format(n=_written(n))


def tr_later(message: str) -> str:
    """The message as it is, marked to be collected for translators; `tr` it where it is shown."""
    return message


def set_language(code: str = "", system: Iterable[str] | None = None) -> str:
    """Speak a language from now on; what was said before stays as it is.

    Args:
        code: one of `LANGUAGES`; "" = the first of those of the system that there is.
        system: the languages that the system prefers; `None` = ask it.

    Returns:
        The code of the language that is spoken, English where the wanted one is not there.
    """
    wanted = [code] if code else system_languages() if system is None else system
    chosen = spoken(wanted)
    folder = str(resources() / "i18n")
    global _language  # noqa: PLW0603  as the catalogue
    _language = chosen
    use_catalogue(
        gettext.NullTranslations()
        if chosen == _SOURCE
        else gettext.translation(_DOMAIN, folder, [chosen], fallback=True)
    )
    return chosen


def write_counts(form: Callable[[int], str]) -> None:
    """Let `trn` write its numbers like this, as with marks between thousands; `str` at first."""
    global _written  # noqa: PLW0603  as the catalogue
    _written = form


def language() -> str:
    """Code of the language that is spoken now."""
    return _language


def use_catalogue(catalogue: gettext.NullTranslations) -> None:
    """Take the texts from this catalogue."""
    global _catalogue  # noqa: PLW0603  gettext's own way: one language per process
    _catalogue = catalogue


def spoken(wanted: Iterable[str]) -> str:
    """The first language that there is; `de_AT.UTF-8` and `de-AT` are `de`."""
    for name in wanted:
        code = name.replace("-", "_").split("_")[0].split(".")[0].lower()
        if code in LANGUAGES:
            return code
    return _SOURCE


def system_languages() -> tuple[str, ...]:
    """Names of the languages that the system is set to, the preferred one first."""
    if sys.platform == "win32":
        import ctypes

        number = ctypes.windll.kernel32.GetUserDefaultUILanguage()
        return (locale.windows_locale.get(number, ""),)
    for variable in ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        value = os.environ.get(variable, "")
        if value:
            return tuple(value.split(":"))
    return ()
