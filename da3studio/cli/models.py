"""`da3studio models`: network weights that are published, and those on this computer."""

from __future__ import annotations

import argparse
import dataclasses
import sys
from pathlib import Path
from typing import Any

from da3studio.base.cancel import CancelToken
from da3studio.base.errors import CheckpointMismatch
from da3studio.base.i18n import tr
from da3studio.cli.info import size_text
from da3studio.cli.output import Output
from da3studio.cli.progress import narrator
from da3studio.weights import store
from da3studio.weights.adopt import adopt
from da3studio.weights.catalog import DEFAULT_IDS, ModelInfo, catalogue, model
from da3studio.weights.download import download
from da3studio.weights.licence import accept_licence, is_accepted, require_accepted
from da3studio.weights.store import Installed

_YES = {"y", "yes"}


def run(args: argparse.Namespace, output: Output, token: CancelToken) -> int:
    """Do `args.action`; without one, list.

    Raises:
        Missing: no such model, or it is not installed.
        BadInput: a licence was not accepted.
        CheckpointMismatch: a file is not what it has to be.
        NetworkTrouble, DiskFull, CannotWrite: what was fetched is kept.
        JobCancelled: by the token; what was fetched is kept.
    """
    match args.action:
        case "download":
            licence = _Licence(output, accepted=args.accept_licence)
            _download(args.models or DEFAULT_IDS, licence, output, token)
        case "add":
            licence = _Licence(output, accepted=args.accept_licence)
            _add(args.path, licence, output, token)
        case "verify":
            _verify(args.model, output, token)
        case "remove":
            freed = store.remove(args.model)
            sentence = tr("{id} removed, {size} freed").format(id=args.model, size=size_text(freed))
            output.answer("model_removed", sentence, id=args.model, size_bytes=freed)
        case _:
            _list(output)
    return 0


class _Licence:
    """Asks the person, once and only where somebody can answer."""

    def __init__(self, output: Output, *, accepted: bool) -> None:
        self._may_ask = sys.stdin.isatty() and not output.as_json and not output.quiet
        self._accepted = accepted

    def agree(self, info: ModelInfo) -> None:
        """Have the licence accepted, by the flag or by an answer, and remember it.

        Raises:
            BadInput: it is not.
        """
        if not is_accepted(info) and (self._accepted or (self._may_ask and _says_yes(info))):
            accept_licence(info)
        require_accepted(info)


def _says_yes(info: ModelInfo) -> bool:
    print(f"{info.label}, {info.licence}: {tr(info.terms)}", file=sys.stderr)
    print(tr("Do you accept this licence? [y/N] "), end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in _YES


def _download(
    ids: list[str] | tuple[str, ...], licence: _Licence, output: Output, token: CancelToken
) -> None:
    wanted = [model(one) for one in dict.fromkeys(ids)]
    for info in wanted:  # questions first, the minutes afterwards
        licence.agree(info)
    for info in wanted:
        if info.superseded_by:
            text = tr("{model} is deprecated by its authors; they advise {other}.").format(
                model=info.label, other=info.superseded_by
            )
            output.tell("noticed", tr("Note: {text}").format(text=text), text=text)
        with narrator(output) as narrate, narrate.work("download", info.label) as report:
            done = download(info, report=report, token=token)
        _tell_installed(done, output)


def _add(path: Path, licence: _Licence, output: Output, token: CancelToken) -> None:
    # No bar: the licence may be asked for in between, and most files are only linked.
    done = adopt(path, agree=licence.agree, token=token)
    _tell_installed(done, output)


def _tell_installed(done: Installed, output: Output) -> None:
    use = tr("any use") if done.commercial else tr("no commercial use")
    sentence = tr("{id} is installed: {licence}, {use}").format(
        id=done.id, licence=done.licence, use=use
    )
    output.answer("model", sentence, **_facts(done))


def _verify(model_id: str | None, output: Output, token: CancelToken) -> None:
    """Check one or all, and tell of all before the first that is damaged ends the command."""
    damaged: CheckpointMismatch | None = None
    for one in [model_id] if model_id else [record.id for record in store.installed()]:
        try:
            with narrator(output) as narrate, narrate.work("verify", one) as report:
                record = store.verify(one, report=report, token=token)
        except CheckpointMismatch as error:
            damaged = damaged or error
            output.answer("model_checked", tr("{id}: damaged").format(id=one), id=one, whole=False)
        else:
            sentence = tr("{id}: whole, sha256 {sha}").format(id=one, sha=record.sha256)
            output.answer("model_checked", sentence, whole=True, **_facts(record))
    if damaged:
        raise damaged


def _list(output: Output) -> None:
    here = {record.id: record for record in store.installed()}
    known = {info.id for info in catalogue()}
    rows = [
        _record_row(record, tr("built in"), tr("small model, a part of the program"))
        for record in here.values()
        if record.built_in
    ]
    rows += [_row(info, here.get(info.id)) for info in catalogue()]
    rows += [
        _adopted_row(record)
        for record in here.values()
        if record.id not in known and not record.built_in
    ]
    published = [
        {
            **dataclasses.asdict(info),
            "abilities": sorted(info.abilities),
            "fp32_bytes": info.fp32_bytes,
            "bf16_bytes": info.bf16_bytes,
        }
        for info in catalogue()
    ]
    head = (tr("id"), tr("size"), tr("here"), tr("licence"), tr("commercial"), tr("can do"))
    output.answer(
        "models",
        "\n".join([_line(head), *map(_line, rows), "", _advice(here)]),
        folder=str(store.models_folder()),
        published=published,
        installed=[_facts(record) for record in here.values()],
    )


def _row(info: ModelInfo, record: Installed | None) -> tuple[str, ...]:
    can_do = ", ".join(sorted(info.abilities))
    if info.superseded_by:
        can_do = tr("deprecated, see {id}").format(id=info.superseded_by)
    return (
        info.id,
        size_text(info.tensor_bytes),
        tr("yes") if record else "",
        info.licence,
        tr("yes") if info.commercial else tr("no"),
        can_do,
    )


def _built_in_row(record: Installed) -> tuple[str, ...]:
    return _record_row(record, tr("built in"), tr("small model, a part of the program"))


def _adopted_row(record: Installed) -> tuple[str, ...]:
    added = tr("added from {source}").format(source=record.source)
    return _record_row(record, tr("yes"), added)


def _record_row(record: Installed, here: str, can_do: str) -> tuple[str, ...]:
    """Of a network that the catalogue does not list."""
    return (
        record.id,
        size_text(record.size_bytes),
        here,
        record.licence,
        tr("yes") if record.commercial else tr("no"),
        can_do,
    )


def _line(cells: tuple[str, ...]) -> str:
    widths = (27, 9, 10, 20, 12)
    padded = (cell.ljust(width) for cell, width in zip(cells, widths, strict=False))
    return "".join([*padded, cells[-1]])


def _advice(here: dict[str, Installed]) -> str:
    if any(not record.built_in for record in here.values()):
        return tr("They lie in {folder}.").format(folder=store.models_folder())
    words = tr("None is here. Get {ids} with: da3studio models download")
    if here:
        words = tr("For best results get {ids} with: da3studio models download")
    return words.format(ids=tr(" and ").join(DEFAULT_IDS))


def _facts(record: Installed) -> dict[str, Any]:
    return {**dataclasses.asdict(record), "file": str(record.path)}
