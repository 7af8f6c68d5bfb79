"""What this computer computes with, in one line; found without loading anything heavy."""

from __future__ import annotations

from da3studio.base.i18n import tr
from da3studio.base.paths import is_frozen
from da3studio.runtime.driver import Card
from da3studio.runtime.status import Status


def card_text(card: Card) -> str:
    """Name and memory: "NVIDIA GeForce RTX 3060, 12 GB"."""
    return tr("{name}, {n} GB").format(name=card.name, n=round(card.memory_bytes / 2**30))


def hardware_text(status: Status) -> str:
    """One line for the start page."""
    if status.card is None:
        return tr("No supported graphics card: the processor is used, which takes longer.")
    name = card_text(status.card)
    if is_frozen() and not status.is_used:
        if status.installed is None and status.edition is not None:
            words = tr("Graphics card: {name}. It is not used yet: see Model → Networks.")
        elif status.installed is not None and status.verdict is None:
            words = tr("Graphics card: {name}.")  # it is tried when the next work begins
        else:
            words = tr("Graphics card: {name}. It cannot be used: the processor is.")
        return words.format(name=name)
    return tr("Graphics card: {name}.").format(name=name)
