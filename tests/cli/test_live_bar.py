"""What a person sees on a terminal; a pseudo-terminal stands in for it."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

from tests.cli.conftest import ENVIRONMENT

pty = pytest.importorskip("pty", reason="NO PSEUDO-TERMINALS HERE: the live bar is not tested")

SCRIPT = """
import time
from da3studio.base.progress import Progress
from da3studio.cli.output import Output
from da3studio.cli.progress import narrator
from da3studio.pipeline.events import Noticed, StageDone, StageProgress, StageStarted
output = Output()
with narrator(output) as narrate:
    narrate.event(StageStarted("cameras", 8))
    for done in range(1, 9):
        narrate.event(StageProgress("cameras", "comparing [b]photos[/b]", done, 8, 5.0))
        time.sleep(0.05)
    narrate.event(Noticed("cameras", "Two photos are [red]blurred."))
    narrate.event(StageDone("cameras", "abc", 12.3, 20.0, 10**9))
output.answer("result", "the answer")
"""


def seen_on_terminal(**variables: str) -> tuple[str, str]:
    """What the script writes to a terminal as standard error, and to standard output."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", SCRIPT],
        env={**ENVIRONMENT, "TERM": "xterm-256color", "COLUMNS": "100", **variables},
        stdout=subprocess.PIPE,
        stderr=theirs,
        text=True,
    )
    os.close(theirs)
    seen = b""
    while True:
        try:
            piece = os.read(ours, 65536)
        except OSError:  # Linux: the other end is closed
            break
        if not piece:
            break
        seen += piece
    os.close(ours)
    out, _ = process.communicate(timeout=30)
    assert process.returncode == 0
    return seen.decode(), out


def test_that_a_terminal_shows_stage_count_and_time_left_and_keeps_finished_lines():
    seen, out = seen_on_terminal(NO_COLOR="1")

    assert "Finding cameras" in seen
    # No markup in what is said; which counts are drawn depends on how busy the machine is.
    assert re.search(r"comparing \[b\]photos\[/b\], \d of 8, 5 s left", seen)
    assert "Note: Two photos are [red]blurred." in seen
    assert seen.index("Finding cameras: 12 s") > seen.rindex("comparing")
    assert seen.rstrip().endswith("\x1b[?25h")  # the cursor is back
    assert out == "the answer\n"


def test_that_no_color_is_respected():
    colours = [code for code in ("\x1b[3", "\x1b[9", "\x1b[38;") if code in seen_on_terminal()[0]]
    seen, _ = seen_on_terminal(NO_COLOR="1")

    assert colours  # without the wish there are some
    assert "\x1b[38;" not in seen
    assert "\x1b[3" not in seen
