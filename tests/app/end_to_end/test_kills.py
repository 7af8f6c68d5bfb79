"""Kill -9 of the program and of its worker at random moments: nothing shown as done is lost."""

from __future__ import annotations

import io
import os
import signal
import sys
from pathlib import Path
from types import TracebackType
from typing import Self

import cv2
import pygltflib
import pytest
from PIL import Image

from da3studio.base.digest import digest_of_file
from da3studio.pipeline.plan import plan
from da3studio.project.folder import ProjectFolder
from tests.app.end_to_end.killing import (
    Application,
    Figures,
    Line,
    Moments,
    Victim,
    life_without,
)
from tests.media.pictures import texture, written
from tests.media.test_video import filmed, pan
from tests.pipeline.exact_engine import VIEWS, exact_project, make_photos

PHOTOS, FRAMES = 3, 12  # of a batch
FIRST = "Version 0000"
SHOWN = ("saved", "toast", "stage", "unit", "exported")
PHASES = ("reconstruct", "autosave", "export", "import")

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="NOT TESTED HERE: no SIGKILL")

VICTIMS = pytest.mark.parametrize("victim", ["app", "worker"])
KILLS = pytest.mark.parametrize(
    "kills", [1, pytest.param(10, marks=pytest.mark.slow)], ids=lambda n: f"{n} kills"
)


class Trial:
    """One project and the applications that work on it, one after the other.

    Use it as a context manager: no process is left.

    Args:
        project: closed.
        work: folder for orders, journals and exports.
        victim: what is killed.
    """

    def __init__(self, project: Path, work: Path, victim: Victim) -> None:
        self.project, self.work, self.victim = project, work, victim
        self.figures: dict[str, Figures] = {}
        self._before: list[Line] = []  # journals of applications that are gone
        self._meshes: set[bytes] = set()
        self._killed: set[int] = set()
        (work / "out").mkdir(parents=True)
        (work / "orders").write_text("rest")
        self.app = Application(project, work, victim)
        self._place = self.app.wait_for("opened")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.app.stop()

    def kill_in(self, phase: str, kills: int) -> None:
        """Kill so often while the phase is worked on; every time it goes on to its end."""
        self._phase, self._now = phase, Figures()
        self.figures[phase] = self._now
        self._moments = Moments(self.project, self.work, seed=len(self.figures) + 10 * kills)
        self.app.order(phase)
        while self._now.kills < kills:
            begin = self._moments.wait(self.app, phase, self._place)
            if self.victim == "app":
                self._kill_app()
            elif not self._kill_worker(begin, last=self._now.kills == kills - 1):
                self._now.missed += 1
                assert self._now.missed < 10 * kills, "the work is over before it can be killed"
                continue
            self._now.kills += 1
            self._look_for_all()
        if self.victim == "app":  # what was killed goes on to its end
            self.app.wait_for("begins", self._place, phase=phase)
        self.app.order("rest")
        self._place = self.app.wait_for("rests", self._place)
        self._look_for_all()
        self._moments.wait_for_no_files()

    def close(self) -> ProjectFolder:
        """Close the window; returns the project, open."""
        self.app.close()
        folder = ProjectFolder.open(self.project)
        assert folder.recovered is None
        return folder

    @property
    def lines(self) -> list[Line]:
        return self._before + self.app.read()

    def _kill_app(self) -> None:
        """Nothing outlives it for long, and the next one opens the project and says why."""
        killed = self.app
        killed.kill()
        self._now.in_a_write += bool(self._moments.files_being_made())
        killed.process.wait()
        assert [line for line in self.app.read() if line["kind"] == "trouble"] == []
        self._look_for_all()  # as it lies there, before anybody tidies up
        with ProjectFolder.open(self.project, write=False) as folder:
            found = plan(folder.project, "texture", folder.chunks)
        done = {step.stage.name for step in found.steps if step.done}
        self._before += killed.lines
        self.app = Application(self.project, self.work, self.victim)
        self._now.longest_life_s = max(self._now.longest_life_s, life_without(killed))
        self._place = self.app.wait_for("opened")
        opened = self.app.lines[self._place - 1]
        assert "stopped unexpectedly" in opened["recovered"]
        assert set(opened["done"]) >= done

    def _kill_worker(self, begin: int, *, last: bool) -> bool:
        """The window says so, and its button brings the work to its end; False = it had none."""
        lines = self.app.read()
        busy = [line["kind"] for line in lines if line["kind"] in ("begins", "works", "ends")]
        after = begin if busy[-1] == "works" else len(lines)
        works = self.app.wait(self._is_of_a_living_worker, "a worker", after)
        worker = self.app.lines[works - 1]["worker"]
        place = len(self.app.read())
        os.kill(worker, signal.SIGKILL)
        in_a_write = bool(self._moments.files_being_made())
        self._look_for_all()
        self._killed.add(worker)
        told = self.app.wait(lambda line: line["kind"] in ("trouble", "ends"), "a word", place)
        line = self.app.lines[told - 1]
        self._place = told
        if line["kind"] == "ends":
            return False
        self._now.in_a_write += in_a_write
        assert line["visible"]
        assert "nothing that was finished is lost" in line["text"]
        assert line["button"] == "Try again"
        if last:
            self.app.order("rest")
        self._place = self.app.wait_for("ends", told, phase=self._phase)
        return True

    def _is_of_a_living_worker(self, line: Line) -> bool:
        works = line["kind"] == "works" and line["phase"] == self._phase
        return works and line["worker"] not in self._killed

    def _look_for_all(self) -> None:
        """Fail if anything is not there that was shown."""
        self._now.shown = sum(line["kind"] in SHOWN for line in self.lines)
        self._now.lost += self._lost()
        assert self._now.lost == []

    def _lost(self) -> list[str]:
        """What the window has shown as done and is not there, or not whole, or was made twice."""
        lines = self.lines
        with ProjectFolder.open(self.project, write=False) as folder:
            lost = [f"chunk {key}: {why}" for key, why in folder.chunks.verify()]
            project, has = folder.project, folder.chunks.has
        version = int(project.name.split()[-1])
        views = {(view.source.path, view.source.digest) for view in project.views}
        for path, digest in views:
            if digest_of_file(self.project / path) != digest:
                lost.append(f"photo {path}")
        made: set[str] = set()
        for line in lines:
            match line["kind"]:
                case "saved" if not line["text"].startswith("Saved ") or line["version"] > version:
                    lost.append(f"{line['text']}: version {line['version']}, there is {version}")
                case "toast" if "added" in line["text"]:
                    gone = {tuple(view) for view in line["views"]} - views
                    lost += [f"{line['text']}: {view}" for view in sorted(gone)]
                case "stage" | "unit" if line["key"] in made:
                    lost.append(f"{line} was made twice")
                case "unit" if not has(line["key"]):
                    lost.append(f"{line}")
                case "stage" if line["stage"] != "depth" and not has(line["key"]):
                    lost.append(f"{line}")
            made |= {line.get("key", "")} - {""}
        lost += self._lost_exports([line for line in lines if line["kind"] == "exported"])
        return lost

    def _lost_exports(self, shown: list[Line]) -> list[str]:
        target = self.work / "out" / "model.glb"
        if not target.exists():
            return [str(line) for line in shown]
        glb = pygltflib.GLTF2().load(str(target))
        blob = glb.binary_blob()
        picture = glb.bufferViews[glb.images[0].bufferView]
        start = picture.byteOffset or 0
        Image.open(io.BytesIO(blob[start : start + picture.byteLength])).load()
        self._meshes.add(blob)
        version = int(glb.scenes[0].name.split()[-1])
        lost = [f"{line}: there is {version}" for line in shown if line["version"] > version]
        if len(self._meshes) > 1 or int.from_bytes(target.read_bytes()[8:12], "little") != (
            target.stat().st_size
        ):
            lost.append("the file is not what was written before")
        return lost


@KILLS
@VICTIMS
def test_that_kills_at_random_moments_lose_nothing_that_was_shown_as_done(
    screen, tmp_path, victim, kills, capsys
):
    project = tmp_path / "still.da3"
    with exact_project(project, make_photos(tmp_path / "photos")) as folder:
        folder.save(folder.project.with_name(FIRST))
    make_batches(tmp_path / "work" / "batches", 4 * kills + 4)
    with Trial(project, tmp_path / "work", victim) as one:
        for phase in PHASES:
            one.kill_in(phase, kills)
        with one.close() as folder:
            assert list(folder.chunks.verify()) == []
            added = len(folder.project.views) - VIEWS
    assert added > 0
    assert added % (PHOTOS + FRAMES) == 0
    report(one, capsys)


def make_batches(folder: Path, n: int) -> None:
    """Folders with three photos and a video each, no two of them alike."""
    for number in range(n):
        batch = folder / f"batch {number:02d}"
        for photo in range(PHOTOS):
            content = cv2.imencode(".jpg", texture(PHOTOS * number + photo, 320, 240))[1].tobytes()
            written(batch / f"IMG_{number}_{photo}.jpg", content)
        scene = texture(1000 + number, 640, 240)
        filmed(batch / f"walk {number}.avi", pan([10 * i for i in range(FRAMES)], scene))


def report(trial: Trial, capsys) -> None:
    with capsys.disabled():
        for phase, found in trial.figures.items():
            print(f"\n{trial.victim}, {phase}: {found}", end="")
