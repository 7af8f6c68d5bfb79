"""Progress on the program's icon, and a message of the system when the window is behind.

Linux: the Unity launcher's signal on the session bus, which GNOME docks, KDE and Unity read.
Windows: ITaskbarList3, called through ctypes; it has not been run on Windows by us.
"""

from __future__ import annotations

import sys
from typing import Any, Protocol

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication, QSystemTrayIcon, QWidget

from da3studio.app.icons import icon
from da3studio.app.viewmodels.job_status import JobStatus

DESKTOP_FILE = "da3studio.desktop"


class _Bar(Protocol):
    def show(self, fraction: float | None) -> None:
        """The fraction 0...1 on the icon; `None` = no progress."""
        ...


class Taskbar(QObject):
    """Follows the work for those who look at another window.

    Args:
        window: the program's.
        notify: whether the person wants messages of the system.
    """

    def __init__(self, window: QWidget, *, notify: bool) -> None:
        super().__init__(window)
        self._window = window
        self._was_busy = False
        self._bar = _bar_of_this_system(window)
        self._tray: QSystemTrayIcon | None = None
        self.notify = notify

    def follow(self, status: JobStatus) -> None:
        """Show this moment of the work."""
        self._bar.show(status.fraction if status.busy else None)
        ended = self._was_busy and not status.busy and status.title  # not when a project is closed
        if ended and not self._window.isActiveWindow():
            self._tell(status)
        self._was_busy = status.busy

    def close(self) -> None:
        """Take the progress off the icon."""
        self._bar.show(None)
        if self._tray is not None:
            self._tray.hide()

    def _tell(self, status: JobStatus) -> None:
        if not self.notify:
            return
        QApplication.alert(self._window)
        if QSystemTrayIcon.isSystemTrayAvailable() and QSystemTrayIcon.supportsMessages():
            if self._tray is None:
                self._tray = QSystemTrayIcon(icon("app", "own"), self)
            self._tray.show()
            self._tray.showMessage(status.title, status.step, self._tray.icon())


class _NoBar:
    def show(self, fraction: float | None) -> None:
        """This system has none that we know."""


class _LauncherBar:
    """The launcher's entry, by its signal on the session bus."""

    def __init__(self) -> None:
        self._shown: float | None = None

    def show(self, fraction: float | None) -> None:
        from PySide6.QtDBus import QDBusConnection, QDBusMessage

        rounded = None if fraction is None else round(fraction, 2)
        bus = QDBusConnection.sessionBus()
        if rounded == self._shown or not bus.isConnected():
            return
        self._shown = rounded
        message = QDBusMessage.createSignal(
            "/da3studio", "com.canonical.Unity.LauncherEntry", "Update"
        )
        entry = {"progress": rounded or 0.0, "progress-visible": rounded is not None}
        message.setArguments([f"application://{DESKTOP_FILE}", entry])
        bus.send(message)


class _WindowsBar:
    """The taskbar button, by the interface ITaskbarList3 of the shell."""

    _SET_VALUE, _SET_STATE, _INIT = 9, 10, 3  # places in the table of its functions
    _NONE, _NORMAL = 0, 2
    _STEPS = 1000

    def __init__(self, window: QWidget) -> None:
        import ctypes
        import uuid

        self._window = window
        self._ctypes: Any = ctypes  # its names for Windows are known on Windows only
        self._object = ctypes.c_void_p()
        list_class = uuid.UUID("56fdf344-fd6d-11d0-958a-006097c9a090").bytes_le
        interface = uuid.UUID("ea1afb91-9e28-4b86-90e9-9e9f8a5eefaf").bytes_le
        ole = self._ctypes.WinDLL("ole32")
        ole.CoInitialize(None)
        in_process = 1
        ole.CoCreateInstance(list_class, None, in_process, interface, ctypes.byref(self._object))
        if self._object:
            self._call(self._INIT)

    def show(self, fraction: float | None) -> None:
        if not self._object:
            return
        handle = self._ctypes.c_void_p(int(self._window.winId()))
        state = self._NONE if fraction is None else self._NORMAL
        self._call(self._SET_STATE, handle, self._ctypes.c_int(state))
        if fraction is not None:
            done = self._ctypes.c_uint64(round(fraction * self._STEPS))
            self._call(self._SET_VALUE, handle, done, self._ctypes.c_uint64(self._STEPS))

    def _call(self, place: int, *arguments: object) -> None:
        pointer = self._ctypes.POINTER(self._ctypes.c_void_p)
        table = self._ctypes.cast(self._object, self._ctypes.POINTER(pointer)).contents
        kinds = [type(argument) for argument in arguments]
        kind = self._ctypes.WINFUNCTYPE(self._ctypes.c_long, self._ctypes.c_void_p, *kinds)
        kind(table[place])(self._object, *arguments)


def _bar_of_this_system(window: QWidget) -> _Bar:
    if sys.platform == "win32":
        return _WindowsBar(window)
    return _LauncherBar() if sys.platform == "linux" else _NoBar()
