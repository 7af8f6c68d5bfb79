from __future__ import annotations

import io
import json
import sys

import pytest

from da3studio.base.errors import DiskFull
from da3studio.base.progress import Notice, Progress
from da3studio.cli.output import Output, make_streams_safe
from da3studio.cli.progress import PlainLines, duration, narrator, progress_line
from da3studio.pipeline.events import Noticed, StageDone, StageKept, StageProgress, StageStarted

EVENTS = (
    StageStarted("cameras", 8),
    StageProgress("cameras", "comparing photos", 1, 28, None),
    StageProgress("cameras", "comparing photos", 28, 28, 0.0),
    Noticed("cameras", "Two photos are blurred."),
    StageDone("cameras", "abc", 12.3, 20.0, 10**9),
    StageKept("depth", "def"),
)


def said_of(events, capsys, **mode) -> tuple[str, str]:
    with narrator(Output(**mode)) as narrate:
        for event in events:
            narrate.event(event)
    return capsys.readouterr()


def test_that_json_is_one_object_per_event_and_nothing_else(capsys):
    out, err = said_of(EVENTS, capsys, as_json=True)
    lines = [json.loads(line) for line in out.splitlines()]

    assert [line["event"] for line in lines] == [
        "stage_started", "stage_progress", "stage_progress", "noticed", "stage_done", "stage_kept",
    ]  # fmt: skip
    assert lines[1] == {
        "event": "stage_progress",
        "stage": "cameras",
        "step": "comparing photos",
        "done": 1,
        "total": 28,
        "seconds_left": None,
    }
    assert err == ""


def test_that_a_log_gets_plain_lines_on_standard_error(capsys):
    out, err = said_of(EVENTS, capsys)

    assert out == ""
    assert err.splitlines() == [
        "Finding cameras ...",
        "Note: Two photos are blurred.",
        "Finding cameras: 12 s",
        "Measuring depth: done before",
    ]


def test_that_quiet_says_nothing_of_progress(capsys):
    assert said_of(EVENTS, capsys, quiet=True) == ("", "")


def test_that_a_log_gets_a_line_at_a_tenth_of_a_step_but_not_more_often_than_every_5_s(
    capsys, monkeypatch
):
    now = 0.0
    monkeypatch.setattr("time.monotonic", lambda: now)
    lines = PlainLines(Output())
    for done in range(101):
        lines.progressed("Measuring depth", Progress("views", done, 100), None)
        now += 1.0
    shown = capsys.readouterr().err.splitlines()

    assert len(shown) == 9  # 10 % to 90 %; the end has a line of its own
    assert shown[0] == "  Measuring depth: views, 10 of 100"


def test_that_work_outside_the_stages_is_told_like_a_stage(capsys):
    with (
        narrator(Output(as_json=True)) as narrate,
        narrate.work("import", "Reading photos") as report,
    ):
        report(Progress("photos", 1, 2))
        report(Notice("One is blurred."))
    first, second = map(json.loads, capsys.readouterr().out.splitlines())

    assert first == {
        "event": "work_progress", "work": "import", "step": "photos", "done": 1, "total": 2,
    }  # fmt: skip
    assert second == {"event": "noticed", "text": "One is blurred."}


def test_that_an_error_is_three_lines_and_an_event(capsys):
    Output(as_json=True).error(DiskFull("What.", why="Why.", fix="Fix."))
    out, err = capsys.readouterr()

    assert err == "Error: What.\n  Why.\n  Fix.\n"
    assert json.loads(out) == {
        "event": "error", "what": "What.", "why": "Why.", "fix": "Fix.", "exit_code": 6,
    }  # fmt: skip


def test_that_a_console_without_the_character_gets_an_escape_and_json_stays_ascii(monkeypatch):
    stream = io.TextIOWrapper(io.BytesIO(), encoding="cp1252")
    monkeypatch.setattr(sys, "stdout", stream)
    make_streams_safe()
    Output().answer("result", "Löwe 狮子.glb", file="Löwe 狮子.glb")
    Output(as_json=True).answer("result", "", file="Löwe 狮子.glb")
    stream.flush()
    text, line = stream.buffer.getvalue().splitlines()

    assert text == "Löwe \\u72ee\\u5b50.glb".encode("cp1252")
    assert line.isascii()
    assert json.loads(line)["file"] == "Löwe 狮子.glb"


@pytest.mark.parametrize("home", ["logs", "a file"])
def test_that_a_bug_is_one_sentence_and_a_report_wherever_there_is_room(
    home, capsys, tmp_path, monkeypatch
):
    monkeypatch.setenv("DA3STUDIO_HOME", str(tmp_path / "home"))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temp"))
    if home == "a file":
        (tmp_path / "home").write_text("in the way")
    Output().bug("Traceback: the whole story", "da3studio info")
    said = capsys.readouterr().err
    (report,) = tmp_path.rglob("crash-*.txt")

    assert len(said.splitlines()) == 1
    assert str(report) in said
    assert "the whole story" in report.read_text("utf-8")
    assert "Ran:     da3studio info\n" in report.read_text("utf-8")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.04, "1 s"), (9.6, "10 s"), (59.4, "59 s"), (59.6, "1 min 0 s"),
     (200, "3 min 20 s"), (3599.7, "1 h 0 min"), (3900, "1 h 5 min")],
)  # fmt: skip
def test_that_durations_read_well(seconds, text):
    assert duration(seconds) == text


def test_that_only_what_is_known_is_shown():
    assert progress_line("Title", Progress("views", 3, 12), 20.2) == "views, 3 of 12, 20 s left"
    assert progress_line("Title", Progress("views", 3, 0), None) == "views, 3"
    assert progress_line("Title", Progress("", 0, 0), None) == ""
    assert progress_line("Title", Progress("Title", 1, 2), None) == "1 of 2"
