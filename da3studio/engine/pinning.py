"""How a recipe names a network: by its id, and by which file that was."""

from __future__ import annotations

from da3studio.base.errors import Missing
from da3studio.base.i18n import tr
from da3studio.weights import store
from da3studio.weights.store import Installed

_DIGITS = 16  # of a file's SHA-256: enough to notice another file


def pinned(installed: Installed) -> str:
    """What a recipe says of a network: its id, and the sum of its file."""
    return f"{installed.id}:{installed.sha256[:_DIGITS]}"


def id_of(pin: str) -> str:
    """The id in what `pinned` gave."""
    return pin.partition(":")[0]


def find_pinned(pin: str) -> Installed:
    """The installed network that a recipe names.

    Raises:
        Missing: it is not installed, or another one is under its name.
        CheckpointMismatch: its file is not the one that was installed.
    """
    model_id, _, digest = pin.partition(":")
    installed = store.find(model_id)
    if not store.is_untouched(installed):
        store.verify(model_id)
    if not installed.sha256.startswith(digest):
        raise Missing(
            tr("The network {id} is another one than the project was made with.").format(
                id=model_id
            ),
            why=tr("Its file has the sum {now}, the project names {then}.").format(
                now=installed.sha256[:_DIGITS], then=digest
            ),
            fix=tr("Choose the network again (--checkpoint), or put the old file back."),
        )
    return installed
