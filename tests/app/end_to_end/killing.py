"""An application in a process of its own, its journal, and the moments to kill at."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
import psutil

from tests.conftest import ROOT

Victim = Literal["app", "worker"]
Line = dict[str, Any]

PATIENCE_S = 120.0
LIFE_WITHOUT_PARENT_S = 5.0  # of a worker
LOOK_S = 0.01
_BLINK_S = 0.0002  # files are made in milliseconds
# Of how many files in a round one is chosen.
FILES = {"import": 8, "reconstruct": 10, "autosave": 2, "export": 1}
_KINDS = ("in the round", "while a file is made", "in the work", "while a file is made")
_MARK = "DA3STUDIO_TEST_KILLS"

# How long a round takes here from its begin, with a worker that has to start.
ROUND_S = {"import": 1.8, "reconstruct": 5.0, "autosave": 1.8, "export": 2.5}


class Application:
    """The program of `victim`, running.

    Args:
        project: that it opens.
        work: folder with its orders and batches.
        victim: what will be killed.
    """

    def __init__(self, project: Path, work: Path, victim: Victim) -> None:
        self.project, self.work = project, work
        self.lines: list[Line] = []
        self._journal = work / f"journal-{len(list(work.glob('journal-*.jsonl'))):03d}.jsonl"
        self._read_up_to = 0
        self.killed_at = 0.0
        command = [sys.executable, "-m", "tests.app.end_to_end.victim", project, work, victim]
        shadow = work / "shadow" / "torch.py"  # not needed here, and slow to load at every start
        shadow.parent.mkdir(exist_ok=True)
        shadow.write_text("raise ImportError")
        # inherited by all that it starts
        more = {_MARK: str(self._journal), "PYTHONPATH": str(shadow.parent)}
        with (work / "said.txt").open("ab") as said:
            self.process = subprocess.Popen(
                command, cwd=ROOT, stdout=said, stderr=said, env=os.environ | more
            )

    def order(self, phase: str) -> None:
        """What to do from the next round on."""
        (self.work / "next-orders").write_text(phase, "utf-8")
        (self.work / "next-orders").replace(self.work / "orders")

    def read(self) -> list[Line]:
        """All whole lines of the journal so far."""
        with suppress(FileNotFoundError), self._journal.open("rb") as file:
            file.seek(self._read_up_to)
            content = file.read()
            whole = content[: content.rfind(b"\n") + 1]
            self._read_up_to += len(whole)
            self.lines += [json.loads(line) for line in whole.splitlines()]
        return self.lines

    def wait(self, wanted: Callable[[Line], bool], what: str, after: int = 0) -> int:
        """Wait for a line; returns how many lines there are up to it."""
        deadline = time.monotonic() + PATIENCE_S
        while True:
            for place, line in enumerate(self.read()[after:], after + 1):
                if wanted(line):
                    return place
            if self.process.poll() is not None or time.monotonic() > deadline:
                said = (self.work / "said.txt").read_text("utf-8", "replace")[-4000:]
                raise AssertionError(f"waited in vain for {what}: {self.lines[-5:]}\n{said}")
            time.sleep(LOOK_S)

    def wait_for(self, kind: str, after: int = 0, **facts: Any) -> int:
        """Wait for a line of a kind with these values."""
        wanted = {"kind": kind, **facts}
        return self.wait(lambda line: wanted.items() <= line.items(), str(wanted), after)

    def kill(self) -> None:
        """SIGKILL to the application alone."""
        self.process.kill()
        self.killed_at = time.monotonic()

    def descendants(self) -> list[psutil.Process]:
        """The processes that it or its children started and that live, also after its death."""
        found = []
        for process in psutil.process_iter():
            with suppress(psutil.Error):  # ended, or another person's
                mine = process.environ().get(_MARK) == str(self._journal)
                if mine and process.pid != self.process.pid:
                    found.append(process)
        return found

    def close(self) -> None:
        """Let the window be closed; the program ends in order."""
        self.order("close")
        assert self.process.wait(PATIENCE_S) == 0

    def stop(self) -> None:
        """Whatever happened, nothing stays."""
        if self.process.poll() is None:
            self.kill()
            self.process.wait()
        for child in self.descendants():
            with suppress(psutil.Error):
                child.kill()


@dataclass
class Figures:
    """What came of the kills of one phase."""

    kills: int = 0
    in_a_write: int = 0  # a temporary file was there right after it
    missed: int = 0  # the worker had nothing to do just then: not counted as a kill
    longest_life_s: float = 0.0  # of a worker without its application
    shown: int = 0  # things that were shown as done up to the kills and looked for after them
    lost: list[str] = field(default_factory=list)


class Moments:
    """When to kill, drawn at random: at any time of a round, of its work, or while a file is made.

    Args:
        project: where files are made.
        work: folder with the folder of exports.
        seed: of the draws.
    """

    def __init__(self, project: Path, work: Path, seed: int) -> None:
        self._project, self._work = project, work
        self._chance = np.random.default_rng(seed)
        self._draws = int(self._chance.integers(len(_KINDS)))

    def wait(self, app: Application, phase: str, after: int) -> int:
        """Wait for a moment in the next round after a line; returns the place of its begin."""
        begin = app.wait_for("begins", after, phase=phase)
        kind, self._draws = _KINDS[self._draws % len(_KINDS)], self._draws + 1
        if kind == "while a file is made":
            self._until_a_file_is_made(app, phase, begin)
            return begin
        longest = ROUND_S[phase]
        if kind == "in the work" and phase != "autosave":  # what saves is no other process
            app.wait_for("works", begin, phase=phase)
            longest /= 2
        time.sleep(self._chance.uniform(0, longest))  # the moment is the point of this test
        return begin

    def files_being_made(self) -> list[Path]:
        """Temporary files of the project and the exports, there in this instant."""
        return [path for pattern in self._patterns("") for path in pattern]

    def wait_for_no_files(self) -> None:
        """Wait until nothing half-made is there: the window keeps a picture in its own time."""
        deadline = time.monotonic() + PATIENCE_S
        while left := self.files_being_made():
            assert time.monotonic() < deadline, f"left behind: {left}"
            time.sleep(LOOK_S)

    def _until_a_file_is_made(self, app: Application, phase: str, begin: int) -> None:
        over = {"kind": "ends", "phase": phase}
        skipped = int(self._chance.integers(FILES[phase]))  # not always the first
        seen: set[Path] = set()
        while not any(over.items() <= line.items() for line in app.read()[begin:]):
            for _ in range(20):
                for pattern in self._patterns(phase):
                    seen.update(pattern)
                if len(seen) > skipped:
                    return
                time.sleep(_BLINK_S)

    def _patterns(self, phase: str) -> Iterator[Iterator[Path]]:
        if phase in ("import", ""):
            yield self._project.glob("frames/*/.tmp-*")
        if phase in ("reconstruct", ""):
            yield self._project.glob("chunks/??/.tmp-*")
        if phase in ("autosave", ""):
            yield self._project.glob(".tmp-*")
            yield self._project.glob("earlier/.tmp-*")
        if phase in ("export", ""):
            yield self._work.glob("out/.tmp-*")


def life_without(app: Application) -> float:
    """Wait until nothing lives that a killed application had started.

    Returns:
        How long that took at most since its death [s].
    """
    left = app.descendants()
    while left := [one for one in left if _is_alive(one)]:
        lived_s = time.monotonic() - app.killed_at
        assert lived_s < LIFE_WITHOUT_PARENT_S, f"after {lived_s:.1f} s still there: {left}"
        time.sleep(LOOK_S)
    return time.monotonic() - app.killed_at


def _is_alive(process: psutil.Process) -> bool:
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
