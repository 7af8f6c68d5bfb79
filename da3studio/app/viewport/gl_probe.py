"""Whether OpenGL can be used here: asked before anything is built that would crash without."""

from __future__ import annotations

from PySide6.QtGui import QGuiApplication, QOffscreenSurface, QOpenGLContext

from da3studio.base.i18n import tr

_LEAST = (2, 1)
_NO_WIDGETS = ("offscreen", "minimal", "minimalegl", "vnc", "linuxfb", "eglfs")


def gl_works() -> str | None:
    """The reason why nothing can be drawn in three dimensions; `None` if it can."""
    platform = QGuiApplication.platformName()
    if platform in _NO_WIDGETS:
        return tr("The screen system “{name}” cannot show 3D pictures.").format(name=platform)
    surface = QOffscreenSurface()
    surface.create()
    context = QOpenGLContext()
    if not context.create() or not context.makeCurrent(surface):
        return tr("OpenGL could not be started.")
    try:
        version = context.format().version()
        if context.isOpenGLES() or tuple(version) < _LEAST:
            return tr("OpenGL {wanted} is needed, this computer has {found}.").format(
                wanted="2.1", found=f"{version[0]}.{version[1]}"
            )
    finally:
        context.doneCurrent()
    return None
