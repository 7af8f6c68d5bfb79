"""What the driver of the screen calls itself."""

from __future__ import annotations

from PySide6.QtGui import QOffscreenSurface, QOpenGLContext

_NAMES = {"vendor": 0x1F00, "renderer": 0x1F01, "version": 0x1F02}  # GL_VENDOR and so on


def gl_names() -> dict[str, str]:
    """`vendor`, `renderer` and `version` of OpenGL; empty where there is none."""
    surface, context = QOffscreenSurface(), QOpenGLContext()
    surface.create()
    if not context.create() or not context.makeCurrent(surface):
        return {}
    try:
        functions = context.functions()
        return {name: str(functions.glGetString(number)) for name, number in _NAMES.items()}
    finally:
        context.doneCurrent()
