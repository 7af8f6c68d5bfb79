"""The program as a person starts it: a process of its own, its exit code and its words."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from da3studio.sample.photos import write_photos
from tests.conftest import ROOT

PROGRAM = (sys.executable, "-m", "da3studio")
ENVIRONMENT = {
    **os.environ,
    "PYTHONPATH": str(ROOT),
    "OMP_NUM_THREADS": "2",
    "LC_ALL": "C.UTF-8",
    "DA3STUDIO_HOME": str(ROOT / "build" / "no-models"),  # not the networks of whoever runs this
}

QUICK = (
    "--depth-feature-px=480",
    "--depth-features=1024",
    "--depth-resolution=240",
    "--mesh-voxel-footprint=3",
    "--mesh-faces=3000",
    "--texture-max-size=512",
)  # settings with which the small sample takes seconds


@dataclass(frozen=True)
class Ran:
    """What is left of a process."""

    code: int
    out: str
    err: str

    @property
    def events(self) -> list[dict[str, Any]]:
        """The JSON lines of standard output; fails if it holds anything else."""
        return [json.loads(line) for line in self.out.splitlines()]

    def named(self, event: str) -> list[dict[str, Any]]:
        return [one for one in self.events if one["event"] == event]

    @property
    def error(self) -> tuple[str, str, str]:
        """What, why and fix, which have to be the last three lines of standard error."""
        what, why, fix = self.err.splitlines()[-3:]
        assert what.startswith("Error: ")
        assert why.startswith("  ")
        assert fix.startswith("  ")
        return what.removeprefix("Error: "), why.strip(), fix.strip()


def run_program(folder: Path, *words: object, timeout_s: float = 300) -> Ran:
    """Run a command in a folder to its end."""
    done = subprocess.run(
        [*PROGRAM, *map(str, words)],
        cwd=folder,
        env=ENVIRONMENT,
        capture_output=True,
        encoding="utf-8",
        timeout=timeout_s,
        stdin=subprocess.DEVNULL,
    )
    ran = Ran(done.returncode, done.stdout, done.stderr)
    assert "Traceback" not in ran.out + ran.err, ran.err
    return ran


class Running:
    """A command with `--json` that still runs, in a process group of its own."""

    def __init__(self, folder: Path, *words: object) -> None:
        self.seen: list[dict[str, Any]] = []
        self._process = subprocess.Popen(
            [*PROGRAM, *map(str, words), "--json"],
            cwd=folder,
            env=ENVIRONMENT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            encoding="utf-8",
            start_new_session=True,
        )

    @property
    def pid(self) -> int:
        """Of the command."""
        return self._process.pid

    def events(self) -> Iterator[dict[str, Any]]:
        """Events as they come; ends with the process."""
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self.seen.append(json.loads(line))
            yield self.seen[-1]

    def until(self, event: str, stage: str) -> bool:
        """Read up to an event of a stage; False if the process ended without it."""
        return any(e["event"] == event and e.get("stage") == stage for e in self.events())

    def signal(self, number: signal.Signals) -> None:
        """To the whole group, as a terminal does it."""
        os.killpg(self._process.pid, number)

    def signal_only_the_command(self, number: signal.Signals) -> None:
        """As `kill PID` does it."""
        self._process.send_signal(number)

    def end(self, timeout_s: float = 60) -> Ran:
        """Wait for the end; what was not read yet is in `out`."""
        out, err = self._process.communicate(timeout=timeout_s)
        return Ran(self._process.returncode, out, err)


@pytest.fixture(scope="session")
def sample_photos(request: pytest.FixtureRequest) -> Path:
    """Eight photos of the sample, 480 px wide; rendered once and kept in pytest's cache."""
    folder = request.config.cache.mkdir("sample-photos-8-480")
    write_photos(folder, n_views=8, width=480)
    return folder
