"""The frozen program, where one was built: it starts, works in its worker and shows its window.

`packaging/build.py SYSTEM --only bundle` builds it; DA3STUDIO_BUNDLE names one that lies elsewhere.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from PIL import ImageGrab

from tests.conftest import ROOT

BUNDLE = Path(os.environ.get("DA3STUDIO_BUNDLE", ROOT / "dist" / "da3studio")).resolve()
PROGRAM = BUNDLE / ("da3studio.exe" if sys.platform == "win32" else "da3studio")
PATIENCE_S = 60
WORK_PATIENCE_S = 900
COLOURS_OF_A_PAINTED_WINDOW = 64
DEVELOPERS = ("da3studio/bench", "da3studio/train", "pytest", "PyInstaller")

pytestmark = pytest.mark.skipif(
    not PROGRAM.is_file(), reason=f"THE FROZEN PROGRAM IS NOT TESTED: there is none in {BUNDLE}"
)


@pytest.fixture
def run(tmp_path):
    """Run it far from the checkout, for a person who never had it, without Python's variables."""

    def run(*words, patience_s=PATIENCE_S):
        ran = subprocess.run(
            [PROGRAM, *map(str, words)],
            cwd=tmp_path,
            env=environment(tmp_path),
            capture_output=True,
            text=True,
            timeout=patience_s,
        )
        assert ran.returncode == 0, ran.stderr[-4000:]
        return ran.stdout

    return run


def environment(home):
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return {**kept, "DA3STUDIO_HOME": str(home / "home")}


def test_that_every_library_loads(run):
    said = json.loads(run("doctor", "--json").splitlines()[-1])

    assert said["broken"] == {}
    assert {"torch", "open3d", "pycolmap", "cv2"} <= set(said["libraries"])


def test_that_what_belongs_to_developers_is_left_out(run):
    assert not {"bench", "train"}.intersection(run("--help").split())
    inside = BUNDLE / "_internal"
    assert not [name for name in DEVELOPERS if (inside / name).exists()]
    assert (inside / "licences" / "THIRD-PARTY.txt").is_file()


def test_that_it_makes_the_sample_in_its_worker(run, tmp_path):
    run("sample", "--preset", "draft", "-o", "sample", patience_s=WORK_PATIENCE_S)

    (model,) = (tmp_path / "sample").glob("*.glb")
    assert model.read_bytes()[:4] == b"glTF"
    assert model.stat().st_size > 100_000


def test_that_the_window_is_painted_and_closes(tmp_path, request):
    screen = request.getfixturevalue("screen") if sys.platform == "linux" else None
    windowed = BUNDLE / "DA3 Studio.exe"
    began = time.monotonic()
    with subprocess.Popen(
        [windowed if windowed.is_file() else PROGRAM],
        cwd=tmp_path,
        env=environment(tmp_path),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as program:
        try:
            while not is_painted(screen):
                assert program.poll() is None, program.stdout.read()
                assert time.monotonic() - began < PATIENCE_S, "nothing was painted"
                time.sleep(0.02)
            print(f"\nThe window is painted after {time.monotonic() - began:.2f} s")
            keep_picture(screen)
        finally:
            program.terminate()
        said = program.communicate(timeout=PATIENCE_S)[0]
    if sys.platform == "linux":  # elsewhere it cannot be asked to close
        assert program.returncode == 0
        assert said == ""


def is_painted(screen):
    picture = ImageGrab.grab(xdisplay=screen)
    colours = picture.getcolors(maxcolors=COLOURS_OF_A_PAINTED_WINDOW)
    return colours is None  # more than these


def keep_picture(screen):
    folder = os.environ.get("DA3STUDIO_TEST_PICTURES")
    if folder:
        time.sleep(2)  # what comes after the first picture
        ImageGrab.grab(xdisplay=screen).save(Path(folder) / "bundle.png")
