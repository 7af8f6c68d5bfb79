"""What the window does with crashes: of last time, of a worker, and of its own."""

from __future__ import annotations

import logging
import sys
import threading

import pytest

from da3studio.app.journal import keep_journal
from da3studio.app.last_time import tell_of_last_time
from da3studio.app.problems import Net, Trouble, worker_died
from da3studio.app.session import Session
from da3studio.base.crash import report_files
from da3studio.base.log import log_folder
from da3studio.base.settings import Settings

NOBODY = 2**22 + 1  # above the largest number of a process


@pytest.fixture
def session(qapp):
    one = Session(Settings())
    yield one
    one.close()


def leave_behind(kind: str, stack: str = "Fatal Python error: Aborted\n") -> None:
    log_folder().mkdir(parents=True)
    (log_folder() / f"watch-{kind}-{NOBODY}.txt").write_text(f"Ran: {kind}\n\nStack:\n{stack}")


def told(session, qtbot):
    lines = []
    tell_of_last_time(session, lambda *line: lines.append(line))
    qtbot.waitUntil(lambda: not session.background.busy)
    return lines


def test_that_the_next_start_says_once_where_the_report_is(session, qtbot):
    leave_behind("window")
    ((words, deeds),) = told(session, qtbot)
    (report,) = report_files()

    assert words.startswith("DA3 Studio stopped unexpectedly last time.")
    assert report.name in words
    assert list(deeds) == ["Show in folder"]
    assert told(session, qtbot) == []


@pytest.mark.parametrize(("kind", "stack"), [("worker", "x"), ("window", "")])
def test_that_a_worker_of_last_time_and_an_end_without_a_trace_are_no_news(
    session, qtbot, kind, stack
):
    leave_behind(kind, stack)
    assert told(session, qtbot) == []


def test_that_the_end_of_a_worker_names_its_report(tmp_path):
    assert worker_died(-9, tmp_path, "", lambda: None).details == ""
    leave_behind("worker")
    trouble = worker_died(-6, tmp_path, "", lambda: None)

    assert trouble.details == f"This is kept in {report_files()[0]}."


def test_that_a_bug_is_shown_each_time_and_written_once(capsys):
    shown: list[Trouble] = []
    net = Net(shown.append)
    net.spread()
    try:
        for _ in range(3):
            try:
                raise ZeroDivisionError("of ours")
            except ZeroDivisionError:
                sys.excepthook(*sys.exc_info())
    finally:
        net.gather()
    (report,) = report_files()

    assert len(shown) == 3
    assert shown[0].details.startswith(f"This is kept in {report}.\n\nTraceback")
    assert "ZeroDivisionError: of ours" in report.read_text("utf-8")
    assert capsys.readouterr().err.count("Traceback") == 1


def test_that_a_bug_in_a_thread_is_written(capsys):
    shown: list[Trouble] = []
    net = Net(shown.append)
    net.spread()
    thread = threading.Thread(target=lambda: {}["nothing"])
    thread.start()
    thread.join()
    net.gather()

    assert shown == []
    assert "KeyError: 'nothing'" in report_files()[0].read_text("utf-8")


def test_that_the_journal_keeps_what_the_person_was_told(session, caplog):
    with caplog.at_level(logging.INFO, "da3studio.app"):
        keep_journal(session)
        session.said.emit("All is well")
        session.problem.emit(Trouble("It failed.", "Because.", "Do this."))

    assert [record.message for record in caplog.records][1:] == [
        "said: All is well", "shown: It failed. Because.",
    ]  # fmt: skip
