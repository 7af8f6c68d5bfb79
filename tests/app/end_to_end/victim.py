"""An application to be killed: it works by itself, and writes down what its window shows as done.

    python -m tests.app.end_to_end.victim PROJECT WORK VICTIM

`WORK` is a folder with `orders`, a file whose last line names the phase to work on, again and
again until there is another, and `batches`, folders of photos to add. What is shown goes line by
line into `journal-N.jsonl` there, each line on the disk before anything else happens; exports go
into `out`. `VICTIM` is "app" or "worker": with the latter, autosaves happen beside a
reconstruction.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.pipeline.exact_engine import slow_engine

if TYPE_CHECKING:
    from da3studio.app.widgets.main_window import MainWindow

LOOK_MS = 20
REST, CLOSE = "rest", "close"


def main() -> None:
    from da3studio.app.main import run

    project, work, victim = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
    kept = []

    def shown(window: MainWindow) -> None:
        from tests.app.end_to_end.script import Script

        kept.append(Script(window, work, Journal(work), beside_work=victim == "worker"))

    sys.exit(run([project], reconstructor_for=slow_engine, on_shown=shown))


class Journal:
    """Lines that are on the disk when `write` returns.

    Args:
        work: folder that it is in, as a new file.
    """

    def __init__(self, work: Path) -> None:
        number = len(list(work.glob("journal-*.jsonl")))
        self._file = (work / f"journal-{number:03d}.jsonl").open("x", encoding="utf-8")

    def write(self, kind: str, **facts: Any) -> None:
        self._file.write(json.dumps({"kind": kind, "at": time.time(), **facts}) + "\n")
        self._file.flush()
        os.fsync(self._file.fileno())


if __name__ == "__main__":
    main()
