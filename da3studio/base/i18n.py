"""`tr` and `trn`: every sentence a person reads passes through here."""

from __future__ import annotations

import gettext

_catalogue: gettext.NullTranslations = gettext.NullTranslations()


def tr(message: str) -> str:
    """The message in the person's language; English where no catalogue has it."""
    return _catalogue.gettext(message)


def trn(singular: str, plural: str, n: int) -> str:
    """The message for `n` things, with `{n}` filled in."""
    return _catalogue.ngettext(singular, plural, n).format(n=n)
