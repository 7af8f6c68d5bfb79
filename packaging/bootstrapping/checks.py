"""The whole local check: what has to pass before work is handed in."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

from bootstrapping.console import run_live, say
from bootstrapping.environment import Environment

PROCESSES = "2"  # of pytest: more would not pay on the smallest machines we care about


def check_all(checkout: Path, environment: Environment, pytest_arguments: list[str]) -> int:
    """Run every check, a failed one does not hide the next; pytest is last and speaks live.

    Args:
        checkout: the folder to check.
        environment: with the `test` extra.
        pytest_arguments: put behind our own.

    Returns:
        0 if everything passed, else pytest's exit code, or 1.
    """
    python = str(environment.python)
    checks = {
        "ruff check": [python, "-m", "ruff", "check"],
        "ruff format": [python, "-m", "ruff", "format", "--check"],
        "mypy": [python, "-m", "mypy"],
        "lint-imports": [str(environment.script("lint-imports"))],
    }
    passed = [_passes(title, command, checkout) for title, command in checks.items()]
    say("pytest")
    code = run_live([python, "-m", "pytest", "-n", PROCESSES, "-q", *pytest_arguments], checkout)
    return code or int(not all(passed))


def _passes(title: str, command: list[str], checkout: Path) -> bool:
    """Run one check; show its output only if it fails, then all of it."""
    started = time.monotonic()
    done = subprocess.run(
        command,
        cwd=checkout,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
    )
    passed = done.returncode == 0
    say(f"{title}: {'passed' if passed else 'FAILED'} in {time.monotonic() - started:.1f} s")
    if not passed:
        say(done.stdout)
    return passed
