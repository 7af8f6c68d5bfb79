"""The window from start to end; everything is wired here and in `MainWindow`, nowhere else."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import cast

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtWidgets import QApplication

from da3studio import __version__
from da3studio.app.first_picture import FirstPicture
from da3studio.app.icons import icon
from da3studio.app.journal import keep_journal
from da3studio.app.language import speak
from da3studio.app.last_time import tell_of_last_time
from da3studio.app.problems import Net
from da3studio.app.session import Session
from da3studio.app.stop_signals import StopSignals
from da3studio.app.taskbar import DESKTOP_FILE
from da3studio.app.theme import Theme, ThemeChoice
from da3studio.app.widgets.main_window import MainWindow
from da3studio.base.crash import CrashWatch
from da3studio.base.log import LogFile
from da3studio.base.settings import load_settings
from da3studio.pipeline.engines import ReconstructorFor, registered_engine


def run(
    paths: Sequence[Path] = (),
    *,
    reconstructor_for: ReconstructorFor = registered_engine,
    on_shown: Callable[[MainWindow], None] = lambda _: None,
) -> int:
    """Show the window until it is closed.

    Args:
        paths: a project to open, or photos, folders and videos to start a new one with.
        reconstructor_for: gives the engine of an id, in the worker.
        on_shown: called right after the window was painted for the first time.

    Returns:
        The exit code.
    """
    QCoreApplication.setAttribute(Qt.ApplicationAttribute.AA_ShareOpenGLContexts)
    application = QApplication(sys.argv[:1])
    application.setApplicationName("da3studio")
    application.setApplicationDisplayName("DA3 Studio")
    application.setApplicationVersion(__version__)
    application.setDesktopFileName(DESKTOP_FILE.removesuffix(".desktop"))
    log, watch = LogFile(), CrashWatch("window", "window")
    loaded = load_settings()
    translators = speak(application, loaded.settings.language)
    theme = Theme(application, cast("ThemeChoice", loaded.settings.theme))
    application.setWindowIcon(icon("app", "own"))
    session = Session(loaded.settings, reconstructor_for)
    keep_journal(session)
    window = MainWindow(session, theme)
    net = Net(window.show_trouble)
    net.spread()
    signals = StopSignals(window.close)

    def shown() -> None:
        session.jobs.main.warm()  # not before: the disk is busy with what the person waits for
        if paths:
            session.add_files(paths)
        tell_of_last_time(session, window.desk.say_on_top)
        window.desk.updates.begin()
        on_shown(window)

    FirstPicture(window, shown)
    window.show()
    for complaint in loaded.complaints:
        window.toast.say(complaint)
    code = application.exec()
    signals.close()
    net.gather()
    session.close()
    watch.close()
    log.close()
    del translators  # Qt keeps no reference of its own
    return code
