from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from da3studio.base.atomic import (
    remove_temporary,
    write_atomic,
    write_bytes_atomic,
    write_error,
    write_folder_atomic,
    writing_to,
)
from da3studio.base.errors import BadInput, CannotWrite, DiskFull
from tests.conftest import ROOT


def listing(folder):
    return sorted(path.name for path in folder.iterdir())


def test_that_a_file_is_made_whole_with_its_folder(tmp_path):
    path = tmp_path / "new" / "deeper" / "a.bin"
    write_bytes_atomic(path, b"whole")

    assert path.read_bytes() == b"whole"
    assert listing(path.parent) == ["a.bin"]


@pytest.mark.parametrize("interruption", [RuntimeError, KeyboardInterrupt, SystemExit])
def test_that_an_exception_in_the_middle_leaves_the_old_file_and_nothing_else(
    tmp_path, interruption
):
    path = tmp_path / "a.bin"
    write_bytes_atomic(path, b"old")

    def half(temporary):
        temporary.write_bytes(b"new, but only ha")
        raise interruption

    with pytest.raises(interruption):
        write_atomic(path, half)
    assert path.read_bytes() == b"old"
    assert listing(tmp_path) == ["a.bin"]


KILLED = """
import os, signal, sys
from pathlib import Path
from da3studio.base.atomic import write_atomic

def half(temporary):
    temporary.write_bytes(b"half")
    os.kill(os.getpid(), signal.SIGKILL)

write_atomic(Path(sys.argv[1]), half)
"""


@pytest.mark.skipif(os.name == "nt", reason="NOT TESTED HERE: Windows has no SIGKILL")
def test_that_a_killed_process_leaves_the_old_file(tmp_path):
    path = tmp_path / "a.bin"
    write_bytes_atomic(path, b"old")
    ended = subprocess.run([sys.executable, "-c", KILLED, path], cwd=ROOT, check=False)

    assert ended.returncode == -9
    assert path.read_bytes() == b"old"
    (left,) = (path for path in tmp_path.iterdir() if path.name != "a.bin")
    assert left.name.startswith(".tmp-")  # what clean-up looks for


@pytest.mark.skipif(os.name == "nt", reason="NOT TESTED HERE: Windows has no umask")
def test_that_others_may_read_a_result_as_any_new_file(tmp_path):
    old = os.umask(0o027)
    try:
        write_bytes_atomic(tmp_path / "a.bin", b"")
        write_folder_atomic(tmp_path / "b", lambda folder: None)
    finally:
        os.umask(old)

    assert stat.S_IMODE((tmp_path / "a.bin").stat().st_mode) == 0o640
    assert stat.S_IMODE((tmp_path / "b").stat().st_mode) == 0o750


LIMITED = """
import resource, signal, sys
from pathlib import Path
from da3studio.base.atomic import write_bytes_atomic
from da3studio.base.errors import UserFacingError

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    write_bytes_atomic(Path(sys.argv[1]), bytes(5000))
except UserFacingError as error:
    print(type(error).__name__, error.what, error.why)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="NOT TESTED HERE: needs Linux")
def test_that_a_file_over_the_size_limit_is_refused_in_a_sentence(tmp_path):
    path = tmp_path / "big.bin"
    said = subprocess.run(
        [sys.executable, "-c", LIMITED, path], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout

    assert said.startswith("CannotWrite")
    assert "File too large" in said
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="NOT TESTED HERE: no /dev/full")
def test_that_a_full_disk_is_called_so(tmp_path):
    with pytest.raises(DiskFull, match=r"no space left to write a\.bin") as caught:
        write_atomic(tmp_path / "a.bin", lambda _: write_to_full_disk())

    assert tmp_path.name in caught.value.why
    assert "-o" not in caught.value.fix  # the flag is for another trouble
    assert list(tmp_path.iterdir()) == []


def write_to_full_disk():
    with Path("/dev/full").open("wb", buffering=0) as device:
        device.write(b"x")


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_that_a_full_quota_is_a_full_disk(number):
    error = write_error(Path("a/b.ply"), OSError(number, os.strerror(number)))

    assert isinstance(error, DiskFull)


def test_that_a_library_that_hides_the_error_number_is_read_by_its_text():
    with pytest.raises(DiskFull), writing_to(Path("a/b.ply")):
        raise RuntimeError("write failed: No space left on device (os error 28)")


def test_that_other_errors_pass_through_unchanged():
    known = BadInput("What.", why="Why.", fix="Fix.")
    for error in (known, ValueError("else")):
        with pytest.raises(type(error)) as caught, writing_to(Path("a/b.ply")):
            raise error
        assert caught.value is error


def test_that_a_folder_where_a_file_should_be_is_a_refusal(tmp_path):
    (tmp_path / "a" / "inside").mkdir(parents=True)
    with pytest.raises(CannotWrite, match="cannot be written"):
        write_bytes_atomic(tmp_path / "a", b"")
    (tmp_path / "file").touch()
    with pytest.raises(CannotWrite):
        write_bytes_atomic(tmp_path / "file" / "below", b"")
    assert listing(tmp_path) == ["a", "file"]


def test_that_a_folder_is_replaced_whole_and_old_files_go(tmp_path):
    for name in ("first", "second"):
        write_folder_atomic(tmp_path / "out", lambda folder, name=name: (folder / name).touch())

    assert listing(tmp_path / "out") == ["second"]
    assert listing(tmp_path) == ["out"]


KILLED_BETWEEN = """
import os, signal, sys
from pathlib import Path
from da3studio.base import atomic

replace = atomic._replace

def replace_and_die(source, target):
    replace(source, target)
    os.kill(os.getpid(), signal.SIGKILL)

atomic._replace = replace_and_die
atomic.write_folder_atomic(Path(sys.argv[1]), lambda new: (new / "a.txt").write_text("new"))
"""


@pytest.mark.skipif(os.name == "nt", reason="NOT TESTED HERE: Windows has no SIGKILL")
def test_that_a_folder_whose_writer_was_killed_before_it_replaced_it_is_put_back(tmp_path):
    path = tmp_path / "depth"
    path.mkdir()
    (path / "a.txt").write_text("old")
    child = subprocess.Popen([sys.executable, "-c", KILLED_BETWEEN, path], cwd=ROOT)
    assert child.wait() == -9
    assert not path.exists()
    remove_temporary(tmp_path, child.pid)

    assert listing(tmp_path) == ["depth"]
    assert (path / "a.txt").read_text() == "old"


def test_that_leftovers_of_one_process_are_removed_and_those_of_others_stay(tmp_path):
    for name in (".tmp-2a-aa.jpg", ".tmp-2b-bb.jpg", "photo.jpg"):
        (tmp_path / name).write_bytes(b"half")
    remove_temporary(tmp_path, 0x2A)
    assert listing(tmp_path) == [".tmp-2b-bb.jpg", "photo.jpg"]
    remove_temporary(tmp_path)
    assert listing(tmp_path) == ["photo.jpg"]


def test_that_a_folder_that_fails_half_way_leaves_the_old_one(tmp_path):
    write_folder_atomic(tmp_path / "out", lambda folder: (folder / "old").touch())

    def half(folder):
        (folder / "new").touch()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_folder_atomic(tmp_path / "out", half)
    assert listing(tmp_path / "out") == ["old"]
    assert listing(tmp_path) == ["out"]
