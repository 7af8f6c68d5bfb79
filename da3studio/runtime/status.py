"""How things stand with the graphics card, for the window and the command line."""

from __future__ import annotations

from dataclasses import dataclass

from da3studio.base.errors import BadInput, Missing
from da3studio.base.i18n import tr
from da3studio.base.paths import is_frozen
from da3studio.runtime import store
from da3studio.runtime.driver import Card, find_card
from da3studio.runtime.pack import Edition, editions, reason_against, suiting
from da3studio.runtime.store import Installed, Verdict


@dataclass(frozen=True)
class Status:
    """What is there, and what could be."""

    card: Card | None
    edition: Edition | None  # that suits the card
    installed: Installed | None
    verdict: Verdict | None  # on what is installed, with the present driver
    fetched_bytes: int  # of a download that was stopped
    why_not: str  # no edition suits, "" = one does

    @property
    def is_used(self) -> bool:
        """Whether jobs compute on the card by what is installed."""
        return self.verdict is not None and self.verdict.works


def look() -> Status:
    """Look at this computer and at what is installed."""
    card, offered = find_card(), editions()
    edition = suiting(card, offered) if card is not None else None
    installed = next(filter(None, map(store.look_up, offered)), None)
    return Status(
        card=card,
        edition=edition,
        installed=installed,
        verdict=store.verdict_on(installed, card.driver) if installed and card else None,
        fetched_bytes=store.fetched_bytes(edition) if edition else 0,
        why_not="" if edition else reason_against(card, offered),
    )


def wanted(status: Status) -> tuple[Edition, Card]:
    """The edition to install and the card it is for.

    Raises:
        BadInput: a source checkout takes its PyTorch another way.
        Missing: no edition suits; the sentence says why.
    """
    if status.edition is not None and status.card is not None:
        return status.edition, status.card
    what = tr("Support for the graphics card cannot be installed here.")
    if not is_frozen():
        raise BadInput(
            what,
            why=status.why_not,
            fix=tr(
                "Run: python3 packaging/bootstrap.py setup --torch-index ADDRESS. The address is in"
                ' PyTorch\'s "Start Locally" page, after "--index-url".'
            ),
        )
    fix = tr("Install NVIDIA's present driver if the card is newer; else the processor is used.")
    raise Missing(what, why=status.why_not, fix=fix)
