"""Trying an edition on the card: in a process of its own, which may crash or hang."""

from __future__ import annotations

import dataclasses
import json
import logging
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from da3studio.base.cancel import NEVER, CancelToken
from da3studio.base.i18n import tr_later
from da3studio.base.paths import is_frozen
from da3studio.project.fields import Fields, MalformedError, parse_json
from da3studio.runtime import store
from da3studio.runtime.store import Installed, Verdict

_log = logging.getLogger("da3studio.runtime")

LONGEST_S = 240.0  # a card's first use compiles for it: half a minute is usual on a slow disk
_LOOK_EVERY_S = 0.05
_SIDE = 256  # of the matrices
_TOLERANCE = 1e-3  # relative; the card adds in another order
_LARGEST_NOTE_BYTES = 65_536
_LONGEST_WHY = 500  # characters


def try_out(installed: Installed, driver: str, token: CancelToken = NEVER) -> Verdict:
    """Have another process of this program compute on the card, and remember what came of it.

    Args:
        installed: the edition.
        driver: version of the driver that runs.
        token: ends the other process.

    Raises:
        JobCancelled: by the token; nothing is remembered.
        DiskFull, CannotWrite: the verdict cannot be kept.
    """
    with tempfile.TemporaryDirectory(prefix="da3studio-") as folder:
        note = Path(folder) / "verdict.json"
        process = subprocess.Popen(
            [*_this_program(), "gpu", "probe", str(installed.tree), str(note)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
        why = _wait(process, token)
        found = _read(note, driver)
    if why or found is None:
        _log.warning("the trial of the graphics card ended with code %s", process.returncode)
        found = Verdict(False, why or tr_later("It ended the process that tried it."), "", driver)
    store.keep_verdict(installed, found)
    return found


def _this_program() -> list[str]:
    if is_frozen():
        return [sys.executable]
    return [sys.executable, "-m", "da3studio"]


def _wait(process: subprocess.Popen[bytes], token: CancelToken) -> str:
    """Wait for its end; returns why it was ended, if it was."""
    deadline = time.monotonic() + LONGEST_S
    try:
        while process.poll() is None:
            token.check()
            if time.monotonic() > deadline:
                return tr_later("It did not answer in time.")
            time.sleep(_LOOK_EVERY_S)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
    return ""


def _read(note: Path, driver: str) -> Verdict | None:
    try:
        with note.open("rb") as file:
            fields = Fields(parse_json(file.read(_LARGEST_NOTE_BYTES)), "the verdict")
        return Verdict(fields.flag("works"), fields.text("why"), fields.text("device"), driver)
    except (OSError, MalformedError):
        return None


def put_first(tree: Path) -> None:
    """Let imports find what is in this folder before anything else.

    A frozen program looks for modules path by path as any other does: its archive only counts for
    the path of the bundle. Its own way of never writing compiled modules would make each start
    compile torch anew.
    """
    sys.path.insert(0, str(tree))
    sys.dont_write_bytecode = False


def compute(tree: Path) -> Verdict:
    """Import the edition here, multiply two matrices on the card, and compare with the processor.

    Only for a process that does nothing else.
    """
    put_first(tree)
    try:
        import torch

        if not Path(torch.__file__).is_relative_to(tree):
            return _fails(tr_later("Another PyTorch came first."))
        if not torch.cuda.is_available():
            return _fails(tr_later("PyTorch finds no card that it can use."))
        torch.manual_seed(0)
        left, right = torch.rand(_SIDE, _SIDE), torch.rand(_SIDE, _SIDE)
        made = (left.to("cuda") @ right.to("cuda")).cpu()
        if not torch.allclose(made, left @ right, rtol=_TOLERANCE):
            return _fails(tr_later("The card and the processor differ in their result."))
        return Verdict(True, "", str(torch.cuda.get_device_name(0)), "")
    except Exception as error:  # noqa: BLE001 - whatever it is, the processor is used
        return _fails(" ".join(str(error).split())[:_LONGEST_WHY] or type(error).__name__)


def _fails(why: str) -> Verdict:
    return Verdict(False, why, "", "")


def answer(tree: Path, note: Path) -> None:
    """What the other process does: compute, and leave the verdict in a file."""
    content = json.dumps(dataclasses.asdict(compute(tree))).encode()
    note.write_bytes(content)
    os._exit(0)  # a driver's own tidying up can hang
