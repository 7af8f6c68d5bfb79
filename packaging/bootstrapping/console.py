"""What a newcomer sees: one line per step, and on failure the end of the log and what to do."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

LAST_LINES = 15  # of the log, shown on failure: enough for pip's message and its context

# What pip writes when the cause is not in the project, and the sentence that helps then.
KNOWN_CAUSES = (
    ("No space left on device", "The disk is full: free some space (about 4 GB are needed)."),
    ("There is not enough space", "The disk is full: free some space (about 4 GB are needed)."),
    ("Connection", "The download was cut: check the internet connection."),
    ("Temporary failure in name resolution", "No internet: check the connection."),
    ("getaddrinfo failed", "No internet: check the connection."),
    ("Read timed out", "The download was cut: check the internet connection."),
    (  # behind the network's, for pip ends with this when it is offline, too
        "No matching distribution found",
        "A library has no build for this Python or this system: try Python 3.12, 64 bit.",
    ),
)


class SetupError(Exception):
    """Something outside this program is in the way: what failed, why, what to do."""

    def __init__(self, what: str, *, why: str = "", fix: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.why = why
        self.fix = fix

    def __str__(self) -> str:
        return "\n".join(part for part in (self.what, self.why, self.fix) if part)


def say(line: str) -> None:
    """Print a line now: before a long step, and before another program takes over the screen."""
    print(line, flush=True)


@contextmanager
def timed(title: str) -> Iterator[None]:
    """Show `title ... 12 s` around a step."""
    print(f"{title} ... ", end="", flush=True)
    started = time.monotonic()
    try:
        yield
    except BaseException:
        print("stopped", flush=True)
        raise
    print(f"{time.monotonic() - started:.0f} s", flush=True)


class Steps:
    """Runs the programs of a set-up one after another, their output going to a log file."""

    def __init__(self, log: Path, folder: Path) -> None:
        self._log = log
        self._folder = folder

    def run(self, title: str, command: Sequence[str | Path]) -> None:
        """Run one step to its end.

        Args:
            title: what is done and how long it usually takes.
            command: the program and its arguments.

        Raises:
            SetupError: the program failed; says why with the end of its output.
        """
        with timed(title):
            begin = self._log.stat().st_size if self._log.exists() else 0
            code = self._wait_for(command)
        if code != 0:
            output = self._log.read_bytes()[begin:].decode(errors="replace")
            raise self._failure(title, output)

    def succeeds(self, command: Sequence[str | Path]) -> bool:
        """Run a program whose failure is an answer and not a fault; its output is logged too."""
        return self._wait_for(command) == 0

    def _wait_for(self, command: Sequence[str | Path]) -> int:
        with self._log.open("ab") as log:
            log.write(f"\n$ {' '.join(map(str, command))}\n".encode())
            log.flush()
            # close_fds=False: the child keeps our lock. Should we be killed while pip lives on,
            # the next start waits for that pip instead of working against it.
            child = subprocess.Popen(
                [str(part) for part in command],
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                close_fds=os.name == "nt",
            )
            return wait_through_interrupt(child)

    def _failure(self, title: str, output: str) -> SetupError:
        end = "\n".join("    " + line for line in output.splitlines()[-LAST_LINES:])
        return SetupError(
            f"This step failed: {title}. The end of its output:",
            why=end,
            fix=f"{likely_cause(output)}Then run the same command again, it goes on where it "
            f"stopped. The full output is in {self._log}",
        )


def likely_cause(output: str) -> str:
    """The sentence that helps with a known cause, ending in a blank, or nothing."""
    return next((f"{advice} " for sign, advice in KNOWN_CAUSES if sign in output), "")


def run_live(command: Sequence[str], folder: Path | None = None) -> int:
    """Run a program on this terminal and return its exit code; Ctrl+C is the program's."""
    sys.stdout.flush()
    return wait_through_interrupt(subprocess.Popen(command, cwd=folder))


def wait_through_interrupt(child: subprocess.Popen[bytes]) -> int:
    """Wait for a child; after Ctrl+C, which reaches it as well, let it end in its own way.

    Raises:
        KeyboardInterrupt: Ctrl+C was pressed; the child has ended.
    """
    try:
        return child.wait()
    except KeyboardInterrupt:
        child.wait()
        raise
