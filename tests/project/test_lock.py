from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from da3studio.base.errors import ProjectBusy
from da3studio.project.lock import FolderLock, Holder


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "lock"


def write(path: Path, holder: Holder) -> None:
    path.write_text(json.dumps(asdict(holder)))


def dead_process() -> int:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_that_a_released_lock_is_free(path):
    FolderLock(path).release()
    FolderLock(path).release()


def test_that_a_lock_of_a_dead_process_is_taken_over(path):
    write(path, replace(Holder.of(os.getpid()), pid=dead_process()))
    FolderLock(path).release()


def test_that_a_lock_of_an_earlier_process_with_the_same_number_is_taken_over(path):
    this = Holder.of(os.getpid())
    write(path, replace(this, started=this.started - 60))
    FolderLock(path).release()


def test_that_a_lock_of_another_living_process_is_respected(path):
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
        write(path, Holder.of(other.pid))
        with pytest.raises(ProjectBusy, match=str(other.pid)):
            FolderLock(path)
        other.communicate(b"\n")
    FolderLock(path).release()


@pytest.mark.skipif(
    sys.platform == "win32", reason="POSIX keeps the dead until they are waited for"
)
def test_that_a_lock_of_a_killed_process_that_nobody_waited_for_is_taken_over(path):
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
        write(path, Holder.of(other.pid))
        other.kill()
        os.waitid(os.P_PID, other.pid, os.WEXITED | os.WNOWAIT)  # dead, and still in the table
        FolderLock(path).release()


def test_that_a_lock_of_another_computer_is_asked_about(path):
    write(path, replace(Holder.of(os.getpid()), host="elsewhere", pid=dead_process()))
    with pytest.raises(ProjectBusy, match="elsewhere") as caught:
        FolderLock(path)
    assert str(path) in caught.value.fix
    path.unlink()
    FolderLock(path).release()


@pytest.mark.parametrize("text", ["", "{", '{"host": 3}', '{"pid": -1}', "null", "\x00\xff"])
def test_that_an_unreadable_lock_is_taken_over(path, text):
    path.write_text(text)
    FolderLock(path).release()


def test_that_releasing_leaves_the_lock_of_somebody_else(path):
    lock = FolderLock(path)
    other = replace(Holder.of(os.getpid()), host="elsewhere")
    write(path, other)
    lock.release()
    assert json.loads(path.read_text())["host"] == "elsewhere"


def test_that_of_16_who_find_a_stale_lock_one_gets_it(path):
    write(path, replace(Holder.of(os.getpid()), pid=dead_process()))
    start = threading.Barrier(16)
    won: list[FolderLock] = []
    busy: list[ProjectBusy] = []

    def take() -> None:
        start.wait()
        try:
            won.append(FolderLock(path))
        except ProjectBusy as error:
            busy.append(error)

    threads = [threading.Thread(target=take) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (len(won), len(busy)) == (1, 15)
