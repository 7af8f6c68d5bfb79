"""`da3studio gpu`: is there a card, is it used, and fetching what it needs."""

from __future__ import annotations

import argparse
import dataclasses
import sys
from typing import Any

from da3studio.base.cancel import CancelToken
from da3studio.base.errors import BadInput, Missing
from da3studio.base.i18n import tr
from da3studio.cli.info import size_text
from da3studio.cli.output import Output
from da3studio.cli.progress import narrator
from da3studio.runtime import store
from da3studio.runtime.install import install
from da3studio.runtime.pack import Edition
from da3studio.runtime.probe import answer, try_out
from da3studio.runtime.status import Status, look, wanted
from da3studio.runtime.store import Verdict

_YES = {"y", "yes"}


def run(args: argparse.Namespace, output: Output, token: CancelToken) -> int:
    """Do `args.action`; without one, say how things stand.

    Raises:
        Missing: no card, or none that this can be installed for; or it is not installed.
        BadInput: it was not agreed to, the mirror is no address, or this is a source checkout.
        CheckpointMismatch: what was fetched is not what it has to be.
        NetworkTrouble, DiskFull, CannotWrite: what was fetched is kept.
        JobCancelled: by the token; what was fetched is kept.
    """
    match args.action:
        case "install":
            _install(args, output, token)
        case "check":
            _check(output, token)
        case "remove":
            freed = store.remove_all()
            sentence = tr("Removed, {size} freed; the processor is used.")
            output.answer("gpu_removed", sentence.format(size=size_text(freed)), size_bytes=freed)
        case "probe":
            answer(args.tree, args.note)
        case _:
            _tell(look(), output)
    return 0


def _install(args: argparse.Namespace, output: Output, token: CancelToken) -> None:
    status = look()
    edition, card = wanted(status)
    if status.installed is None:
        _agree(edition, output, agreed=args.yes)
    with narrator(output) as narrate, narrate.work("gpu", tr("Graphics card")) as report:
        verdict = install(edition, card.driver, mirror=args.mirror, report=report, token=token)
    _tell_verdict(verdict, output)


def _agree(edition: Edition, output: Output, *, agreed: bool) -> None:
    """Have the download agreed to, by the flag or by an answer.

    Raises:
        BadInput: it is not.
    """
    what = tr(
        "PyTorch {torch} for CUDA {cuda} is a download of {size}, under the licences of PyTorch"
        " (BSD-3-Clause) and of NVIDIA."
    ).format(torch=edition.torch, cuda=edition.cuda, size=size_text(edition.size_bytes))
    if not agreed and sys.stdin.isatty() and not output.as_json and not output.quiet:
        print(what, file=sys.stderr)
        print(tr("Download it? [y/N] "), end="", file=sys.stderr, flush=True)
        agreed = sys.stdin.readline().strip().lower() in _YES
    if not agreed:
        raise BadInput(
            tr("Nothing was downloaded."),
            why=what,
            fix=tr("If you agree, add --yes to the command."),
        )


def _check(output: Output, token: CancelToken) -> None:
    status = look()
    if status.installed is None or status.card is None:
        raise Missing(
            tr("There is nothing to check."),
            why=status.why_not or tr("Support for the graphics card is not installed."),
            fix=tr("Install it with: da3studio gpu install"),
        )
    _tell_verdict(try_out(status.installed, status.card.driver, token), output)


def _tell_verdict(verdict: Verdict, output: Output) -> None:
    if verdict.works:
        sentence = tr("{card} is used from now on.").format(card=verdict.device)
    else:
        sentence = tr(
            "The graphics card does not work with it: {why} The processor is used as before."
        ).format(why=_ended(tr(verdict.why)))
    output.answer("gpu_checked", sentence, **dataclasses.asdict(verdict))


def _ended(text: str) -> str:
    return text if text.endswith(".") else f"{text}."


def _tell(status: Status, output: Output) -> None:
    output.answer("gpu", "\n".join(_lines(status)), **_facts(status))


def _lines(status: Status) -> list[str]:
    card, installed, edition = status.card, status.installed, status.edition
    lines = []
    if card is None:
        lines.append(tr("Graphics card  none found that can be used"))
    else:
        lines += [
            tr("Graphics card  {name}, {size}").format(
                name=card.name, size=size_text(card.memory_bytes)
            ),
            tr("Driver         {version}").format(version=card.driver),
        ]
    if installed is not None:
        lines.append(
            tr("Support        {id}, installed, {size}").format(
                id=installed.id, size=size_text(installed.size_bytes)
            )
        )
        lines.append(_use(status))
    elif edition is not None:
        lines.append(
            tr("Support        {id}, not installed, a download of {size}").format(
                id=edition.id, size=size_text(edition.size_bytes - status.fetched_bytes)
            )
        )
        lines.append(tr("Get it with: da3studio gpu install"))
    else:
        lines.append(tr("Support        none: {why}").format(why=status.why_not))
    return lines


def _use(status: Status) -> str:
    if status.is_used:
        return tr("It is used.")
    if status.verdict is not None:
        return tr("It is not used: {why}").format(why=tr(status.verdict.why))
    return tr("It is tried when the next work begins.")


def _facts(status: Status) -> dict[str, Any]:
    card, edition, installed = status.card, status.edition, status.installed
    offered = None
    if edition is not None:
        offered = {
            "id": edition.id,
            "torch": edition.torch,
            "cuda": edition.cuda,
            "driver": edition.driver,
            "capability": edition.capability,
            "size_bytes": edition.size_bytes,
            "fetched_bytes": status.fetched_bytes,
        }
    return {
        "card": dataclasses.asdict(card) if card else None,
        "offered": offered,
        "installed": {**dataclasses.asdict(installed), "folder": str(installed.tree.parent)}
        if installed
        else None,
        "used": status.is_used,
        "verdict": dataclasses.asdict(status.verdict) if status.verdict else None,
        "why_not": status.why_not,
    }
