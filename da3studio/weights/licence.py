"""A checkpoint that is not free for commercial use asks once; the answer is kept."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from da3studio.base.atomic import write_bytes_atomic
from da3studio.base.errors import LicenceNotAccepted
from da3studio.base.i18n import tr
from da3studio.base.paths import data_folder
from da3studio.weights.catalog import ModelInfo

_FILE = "licences.json"


def is_accepted(info: ModelInfo) -> bool:
    """Whether nothing is to be asked: any use is free, or the person said yes before."""
    entry = _answers().get(info.id)
    return info.commercial or (isinstance(entry, dict) and entry.get("licence") == info.licence)


def accept_licence(info: ModelInfo) -> None:
    """Record that the person accepts the licence of a checkpoint.

    Raises:
        DiskFull, CannotWrite: the data folder takes no files.
    """
    entry = {"licence": info.licence, "when": datetime.now(UTC).isoformat(timespec="seconds")}
    content = json.dumps({**_answers(), info.id: entry}, indent=1)
    write_bytes_atomic(_path(), content.encode())


def require_accepted(info: ModelInfo) -> None:
    """Refuse a checkpoint whose licence was not accepted.

    Raises:
        LicenceNotAccepted: saying what the licence allows and how to accept it.
    """
    if not is_accepted(info):
        raise LicenceNotAccepted(
            tr("The licence of {model} has to be accepted first.").format(model=info.label),
            why=tr("It is {licence}. {terms}").format(licence=info.licence, terms=tr(info.terms)),
            fix=tr("If you agree, accept it and try again (--accept-licence)."),
        )


def _path() -> Path:
    return data_folder() / _FILE


def _answers() -> dict[str, Any]:
    try:
        answers = json.loads(_path().read_bytes())
    except (OSError, ValueError):  # not there, or damaged: then it is asked again
        return {}
    return answers if isinstance(answers, dict) else {}
