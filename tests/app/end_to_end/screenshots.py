"""The pictures of docs/screenshots: the tour in dark, in light, and at 150 %.

    xvfb-run -a -s "-screen 0 2400x1500x24" python -m tests.app.end_to_end.screenshots PHOTOS

One process each, as Qt takes the scale when it starts.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image

FOLDER = Path(__file__).resolve().parents[3] / "docs" / "screenshots"
MODES = {"dark": ("dark", "1"), "light": ("light", "1"), "150": ("dark", "1.5")}
SIZE = (1440, 900)
NAMES = {
    "0-start": "start",
    "1-photos": "photos",
    "2-reconstruct": "reconstruct",
    "3-growing": "growing",
    "5-crop": "crop",
    "6-lasso": "lasso",
    "7-clean": "clean",
    "8-scale": "size",
    "10-mesh": "mesh",
    "11-export": "export",
    "13-through-a-photo": "depth",
}


def tour(photos: Path, theme: str, pictures: Path) -> None:
    """The whole way in this process."""
    from PySide6.QtCore import QCoreApplication, Qt
    from PySide6.QtWidgets import QApplication

    QCoreApplication.setAttribute(Qt.ApplicationAttribute.AA_ShareOpenGLContexts)
    application = QApplication(["da3studio"])
    from da3studio.app.language import speak
    from da3studio.app.session import Session
    from da3studio.app.theme import Theme
    from da3studio.app.widgets.main_window import MainWindow
    from da3studio.base.settings import Settings
    from tests.app.end_to_end.person import Person
    from tests.app.end_to_end.tour import Tour

    translators = speak(application, "en")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["DA3STUDIO_HOME"] = str(Path(folder) / "home")
        session = Session(Settings(theme=theme, projects_folder=folder))
        window = MainWindow(session, Theme(application, theme))
        window.resize(*SIZE)
        window.show()
        walk = Tour(window, Person(window, pictures))
        walk.drop_photos(sorted(photos.iterdir()))
        walk.reconstruct()
        walk.crop()
        walk.lasso()
        walk.set_scale("0.25 m", 0.25)
        walk.make_mesh()
        walk.export(Path(folder) / "bananas.glb")
        walk.look_through_a_photo()
        window.close()
        session.close()
    del translators


def main() -> None:
    """Make all pictures and keep those of `NAMES`."""
    photos = Path(sys.argv[1])
    if len(sys.argv) > 2:
        tour(photos, sys.argv[2], Path(sys.argv[3]))
        return
    FOLDER.mkdir(parents=True, exist_ok=True)
    for mode, (theme, scale) in MODES.items():
        with tempfile.TemporaryDirectory() as pictures:
            again = [sys.executable, "-m", "tests.app.end_to_end.screenshots"]
            subprocess.run(
                [*again, str(photos), theme, pictures],
                env={**os.environ, "QT_SCALE_FACTOR": scale},
                check=True,
            )
            for taken, name in NAMES.items():
                with Image.open(Path(pictures) / f"{taken}.png") as picture:
                    few = picture.convert("RGB").quantize(256)
                    few.save(FOLDER / f"{name}-{mode}.png", optimize=True)
        print(mode)


if __name__ == "__main__":
    main()
