"""A program that finds cameras, for tests that look at its processes or kill it.

python -m tests.engine.colmap_host FOLDER          in this process; says each step
python -m tests.engine.colmap_host FOLDER worker   in the worker; each process says what it loaded
"""

from __future__ import annotations

import atexit
import json
import multiprocessing
import sys
from pathlib import Path


def say_what_is_loaded() -> None:
    """One line: this process's name, its modules, and the files that are mapped into it."""
    maps = Path("/proc/self/maps")
    lines = maps.read_text().splitlines() if maps.exists() else []
    said = {
        "process": multiprocessing.current_process().name,
        "modules": sorted(sys.modules),
        "files": sorted({Path(line.split()[-1]).name for line in lines if ".so" in line}),
    }
    print(json.dumps(said), flush=True)


def find_cameras(folder: Path) -> None:
    from da3studio.base.cancel import NEVER
    from da3studio.engine.sfm.solve import register_views
    from tests.engine.sets import RECIPE, orbit_set

    def say(progress: object) -> None:
        print(progress, flush=True)

    photos = orbit_set(6)
    register_views(photos.views, photos, RECIPE, scratch=folder, report=say, token=NEVER)


def find_cameras_in_the_worker(project: Path) -> None:
    import queue

    from da3studio.jobs.client import JobClient
    from da3studio.jobs.messages import Message, Outcome, RunJob

    messages: queue.Queue[Message] = queue.Queue()
    with JobClient(messages.put, grace_s=20.0) as client:
        client.submit(RunJob(project, "cameras"))
        while not isinstance(said := messages.get(timeout=60), Outcome):
            pass
    print(json.dumps({"outcome": repr(said)}), flush=True)


if __name__ == "__mp_main__":
    atexit.register(say_what_is_loaded)
if __name__ == "__main__":
    place = Path(sys.argv[1])
    (find_cameras_in_the_worker if sys.argv[2:] else find_cameras)(place)
