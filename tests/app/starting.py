"""The real program, watched from inside: says as JSON lines what it has loaded, and ends.

python -m tests.app.starting                    after the first painted window
python -m tests.app.starting cloud PROJECT      and once the points of a project are shown
python -m tests.app.starting trouble PROJECT    and once the banner says why there are none

`STARTED` in the environment is the moment at which it was started [s since 1970].
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PySide6.QtGui import QImage

    from da3studio.app.widgets.main_window import MainWindow

HEAVY = ("torch", "open3d", "pycolmap", "cv2", "scipy", "vispy")
LOOK_MS = 20


def say(**facts: object) -> None:
    loaded = [name for name in HEAVY if name in sys.modules]
    print(json.dumps({"loaded": loaded, **facts}), flush=True)


def on_screen(window: MainWindow) -> QImage:
    """What can really be seen of it."""
    frame = window.geometry()
    shot = window.screen().grabWindow(0, frame.x(), frame.y(), frame.width(), frame.height())
    return shot.toImage()


def main() -> None:
    from PySide6.QtCore import QTimer

    from da3studio.app.main import run

    task = sys.argv[1] if len(sys.argv) > 1 else ""
    kept = []

    def shown(window: MainWindow) -> None:
        seconds = time.time() - float(os.environ["STARTED"])
        say(seconds=seconds, cpu_seconds=time.process_time())
        if not task:
            window.close()
            return
        timer = QTimer(window, interval=LOOK_MS)
        timer.timeout.connect(lambda: look(window))
        timer.start()
        kept.append(timer)

    def look(window: MainWindow) -> None:
        session = window.session
        if task == "cloud" and session.scene.cloud is not None:
            say(points=len(session.scene.cloud))
            window.close()
        elif task == "trouble" and window.banner.isVisible():
            why = window.banner.why.text()
            page, is_open = window.welcome.isVisible(), session.folder is not None
            picture = on_screen(window)
            if picture.pixelColor(picture.width() // 2, picture.height() // 2).value() > 0:
                say(what=window.banner.what.text(), why=why, start_page=page, is_open=is_open)
                window.close()

    sys.exit(run([Path(path) for path in sys.argv[2:]], on_shown=shown))


if __name__ == "__main__":
    main()
