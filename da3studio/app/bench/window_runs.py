"""One start of the real program, watched from inside; printed as a line of JSON.

python -m da3studio.app.bench.window_runs start MOMENT    MOMENT: of the start [s since 1970]
python -m da3studio.app.bench.window_runs work PROJECT PHOTOS
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

HEAVY = ("torch", "open3d", "pycolmap", "cv2", "scipy")
TICK_MS = 10
_SETTLE_S = 2.0
_IDLE_S = 5.0


@dataclass(frozen=True)
class Start:
    """From the start of the process to the painted window."""

    seconds: float
    loaded: tuple[str, ...]  # of `HEAVY`

    @staticmethod
    def read(line: str) -> Start:
        """As another process printed it."""
        said = json.loads(line)
        return Start(said["seconds"], tuple(said["loaded"]))


@dataclass(frozen=True)
class Work:
    """How late a timer came that asks every `TICK_MS` [ms]."""

    idle_ms: tuple[float, ...]
    busy_ms: tuple[float, ...]  # from the press of the button to the finished cloud
    loaded: tuple[str, ...]  # of `HEAVY`, at the end
    seconds: float  # of the reconstruction
    n_photos: int
    n_previews: int  # how often the growing cloud was drawn anew

    @staticmethod
    def read(line: str) -> Work:
        """As another process printed it."""
        plain: dict[str, Any] = json.loads(line)
        values: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in plain.items()
        }
        return Work(**values)


def measure_start(moment: float) -> None:
    """Start the program, and end it when it was painted.

    Args:
        moment: when another process started this one [s since 1970]. The system's own record of
            it is of no use: Linux knows when it was switched on to a whole second only.
    """
    from da3studio.app.main import run

    def shown(window: object) -> None:
        seconds = time.time() - moment
        print(json.dumps(asdict(Start(seconds, _loaded()))), flush=True)
        window.close()  # type: ignore[attr-defined]

    run(on_shown=shown)


def measure_work(project: Path, photos: Path) -> None:
    """Drop photos, reconstruct them at draft quality, and watch the clock of the window."""
    from PySide6.QtCore import Qt, QTimer

    from da3studio.app.main import run
    from da3studio.app.viewmodels.scene_state import Part
    from da3studio.app.widgets.main_window import MainWindow
    from da3studio.recipes.recipe import PRESETS

    ticks: list[float] = []
    marks: dict[str, float] = {}
    previews = 0

    def shown(window: MainWindow) -> None:
        session = window.session
        clock = QTimer(window)
        clock.setTimerType(Qt.TimerType.PreciseTimer)
        clock.timeout.connect(lambda: ticks.append(time.monotonic()))
        clock.start(TICK_MS)

        def when(ready: Callable[[], bool], then: Callable[[], None]) -> None:
            look = QTimer(window)

            def check() -> None:
                if ready():
                    look.stop()
                    then()

            look.timeout.connect(check)
            look.start(200)

        def after(seconds: float, then: Callable[[], None]) -> None:
            QTimer.singleShot(int(seconds * 1000), window, then)

        def count(parts: Part) -> None:
            nonlocal previews
            previews += Part.PREVIEW in parts and session.scene.preview is not None

        def photos_there() -> None:
            project_now = session.project.with_recipe(PRESETS["draft"])
            session.commit("Draft", project_now)
            after(_SETTLE_S, settled)

        def settled() -> None:
            marks["idle"] = time.monotonic()
            after(_IDLE_S, start)

        def start() -> None:
            marks["busy"] = time.monotonic()
            session.scene.changed.connect(count)
            session.reconstruct()
            when(lambda: session.scene.cloud is not None and not session.jobs.busy, done)

        def done() -> None:
            marks["end"] = time.monotonic()
            clock.stop()
            work = Work(
                _late(ticks, marks["idle"], marks["busy"]),
                _late(ticks, marks["busy"], marks["end"]),
                _loaded(),
                marks["end"] - marks["busy"],
                len(session.project.views),
                previews,
            )
            print(json.dumps(asdict(work)), flush=True)
            window.close()

        session.create(project, project.stem)
        session.add_files([photos])
        when(lambda: bool(session.project.views) and not session.pending_imports, photos_there)

    run(on_shown=shown)


def _late(ticks: list[float], begin: float, end: float) -> tuple[float, ...]:
    """How much later than asked each tick between two moments came [ms]."""
    inside = [at for at in ticks if begin <= at <= end]
    gaps = (later - earlier for earlier, later in pairwise(inside))
    return tuple(round(max(0.0, gap * 1000 - TICK_MS), 2) for gap in gaps)


def _loaded() -> tuple[str, ...]:
    return tuple(name for name in HEAVY if name in sys.modules)


if __name__ == "__main__":
    if sys.argv[1] == "start":
        measure_start(float(sys.argv[2]))
    else:
        measure_work(Path(sys.argv[2]), Path(sys.argv[3]))
