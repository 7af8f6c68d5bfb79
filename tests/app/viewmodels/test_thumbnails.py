"""Pictures made on demand: last wanted first, nothing twice, nothing after closing."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from da3studio.app.viewmodels.thumbnails import Thumbnails, Wish
from da3studio.base.errors import Missing


def grey(side: int = 4):
    return np.full((side, side, 3), 128, np.uint8)


@pytest.fixture
def thumbnails(qapp):
    thumbnails = Thumbnails()
    yield thumbnails
    thumbnails.close()


def test_that_what_was_wanted_last_is_made_first(thumbnails, qtbot):
    gate, taken, order = threading.Event(), threading.Semaphore(0), []

    def hold():
        taken.release()
        gate.wait(10)
        return grey()

    def note(slot):
        order.append(slot)
        return grey()

    for slot in ("first", "second"):
        assert thumbnails.picture(Wish(slot, 1, hold)) is None
    for _ in range(2):
        assert taken.acquire(timeout=10)  # both threads are busy
    for slot in range(8):
        thumbnails.picture(Wish(slot, 1, lambda slot=slot: note(slot)))
    gate.set()
    qtbot.waitUntil(lambda: not thumbnails.busy)

    assert sorted(order) == list(range(8))
    assert order[0] >= 6  # the other thread may be a little faster
    assert order[-1] <= 1


def test_that_a_picture_is_made_once_and_anew_for_another_version(thumbnails, qtbot):
    made = []

    def make():
        made.append(1)
        return grey()

    for _ in range(5):
        thumbnails.picture(Wish("a", 1, make))
    qtbot.waitUntil(lambda: not thumbnails.busy)
    first = thumbnails.picture(Wish("a", 1, make))
    assert (first.width(), len(made)) == (4, 1)

    before = thumbnails.picture(Wish("a", 2, lambda: grey(8)))
    assert before.width() == 4  # until the new one is there
    qtbot.waitUntil(lambda: not thumbnails.busy)
    assert thumbnails.picture(Wish("a", 2, make)).width() == 8
    assert len(made) == 1


def test_that_an_error_for_the_person_is_told_and_leaves_an_empty_picture(thumbnails, qtbot):
    def make():
        raise Missing("It is gone.", why="No file.", fix="Put it back.")

    with qtbot.waitSignal(thumbnails.failed) as told:
        thumbnails.picture(Wish("a", 1, make))

    assert told.args[0] == "a"
    assert told.args[1].what == "It is gone."
    assert thumbnails.picture(Wish("a", 1, make)).isNull()


def test_that_a_wish_of_the_project_before_never_arrives(thumbnails, qtbot):
    gate, arrived = threading.Event(), []
    thumbnails.arrived.connect(arrived.append)

    def make():
        gate.wait(10)
        return grey()

    thumbnails.picture(Wish("old", 1, make))
    thumbnails.forget()
    gate.set()
    thumbnails.picture(Wish("new", 1, grey))
    qtbot.waitUntil(lambda: arrived == ["new"])
    assert not thumbnails.busy


def test_that_memory_is_bounded_and_the_longest_unseen_goes_first(qapp, qtbot):
    small = Thumbnails(limit_bytes=3 * 4 * 4 * 3)
    for slot in "abcd":
        small.picture(Wish(slot, 1, grey))
        qtbot.waitUntil(lambda: not small.busy)
    assert small.picture(Wish("b", 1, grey)) is not None
    assert small.picture(Wish("a", 1, grey)) is None
    small.close()


def test_that_nothing_is_begun_after_closing(thumbnails):
    thumbnails.close()
    assert thumbnails.picture(Wish("a", 1, grey)) is None
    assert not thumbnails.busy


def test_that_the_threads_end_with_the_object(qapp, qtbot):
    forgotten = Thumbnails()
    forgotten.picture(Wish("a", 1, grey))
    qtbot.waitUntil(lambda: not forgotten.busy)
    forgotten.deleteLater()  # the fixture of all tests fails if a thread is left
