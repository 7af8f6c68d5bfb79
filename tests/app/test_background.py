"""Functions on threads, answers on the GUI thread."""

from __future__ import annotations

import threading

import pytest

from da3studio.app.background import Background, Newest
from da3studio.base.errors import Missing


@pytest.fixture
def background(qapp):
    one = Background()
    yield one
    one.close()


def test_that_work_runs_beside_and_the_answer_arrives_on_the_gui_thread(background, qtbot):
    where = {}

    def work():
        where["work"] = threading.current_thread()
        return 42

    def done(value):
        where["done"] = threading.current_thread()
        where["value"] = value

    background.run(work, done)
    assert background.busy
    qtbot.waitUntil(lambda: "value" in where)

    assert where["value"] == 42
    assert where["done"] is threading.main_thread()
    assert where["work"] is not threading.main_thread()
    assert not background.busy


def test_that_an_error_for_the_person_is_told_and_nothing_is_delivered(background, qtbot):
    def work():
        raise Missing("It is gone.", why="Somebody took it.", fix="Put it back.")

    with qtbot.waitSignal(background.failed) as told:
        background.run(work, lambda _: pytest.fail("delivered"))

    assert told.args[0].what == "It is gone."


def test_that_a_bug_reaches_the_gui_thread(background, qtbot):
    with qtbot.captureExceptions() as caught:
        background.run(lambda: 1 // 0, lambda _: None)
        qtbot.waitUntil(lambda: bool(caught))

    assert caught[0][0] is ZeroDivisionError


def test_that_nothing_is_delivered_after_the_end(qapp, qtbot):
    background = Background()
    gate = threading.Event()
    background.run(gate.wait, lambda _: pytest.fail("delivered"))
    gate.set()
    background.close()

    qapp.processEvents()


def test_that_of_many_questions_the_first_and_the_last_are_worked_on_and_the_last_is_answered(
    background, qtbot
):
    newest = Newest(background)
    gate = threading.Event()
    worked, answered = [], []

    def question(n):
        def work():
            worked.append(n)
            if n == 0:
                gate.wait()
            return n

        return work

    for n in range(5):
        newest.ask(question(n), answered.append)
    gate.set()
    qtbot.waitUntil(lambda: bool(answered))

    assert worked == [0, 4]
    assert answered == [4]


def test_that_a_question_that_fails_does_not_block_the_next(background, qtbot):
    newest = Newest(background)
    answered = []

    def fails():
        raise Missing("It is gone.", why="Somebody took it.", fix="Put it back.")

    with qtbot.waitSignal(background.failed):
        newest.ask(fails, answered.append)
    newest.ask(lambda: 7, answered.append)
    qtbot.waitUntil(lambda: answered == [7])


def test_that_a_dropped_question_is_not_answered(background, qtbot):
    newest = Newest(background)
    gate = threading.Event()
    newest.ask(gate.wait, lambda _: pytest.fail("answered"))
    newest.drop()
    gate.set()
    qtbot.waitUntil(lambda: not background.busy)
