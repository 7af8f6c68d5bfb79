"""The program's icon in the sizes and formats that systems ask for, from its one drawing."""

from __future__ import annotations

import io
import shutil
from pathlib import Path

SIZES = (16, 24, 32, 48, 64, 128, 256, 512)  # of the hicolor theme
_WINDOWS_SIZES = (16, 20, 24, 32, 40, 48, 64, 256)  # 20 and 40: small icons at 125 and 250 %


def png_of(drawing: Path, size: int) -> bytes:
    """An SVG drawing as a PNG picture.

    Args:
        drawing: a square drawing.
        size: width and height [px].
    """
    from PySide6.QtCore import QBuffer, QIODevice
    from PySide6.QtGui import QImage, QPainter
    from PySide6.QtSvg import QSvgRenderer

    image = QImage(size, size, QImage.Format.Format_ARGB32)
    image.fill(0)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    QSvgRenderer(str(drawing)).render(painter)
    painter.end()
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")
    return bytes(buffer.data().data())


def write_theme_icons(drawing: Path, theme: Path, name: str) -> None:
    """The drawing and its pictures in the folders of an icon theme, such as `icons/hicolor`."""
    for size in SIZES:
        path = theme / f"{size}x{size}" / "apps" / f"{name}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(png_of(drawing, size))
    path = theme / "scalable" / "apps" / f"{name}.svg"
    path.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(drawing, path)


def write_windows_icon(drawing: Path, path: Path) -> Path:
    """The drawing as an `.ico` with one picture for each size that Windows shows."""
    from PIL import Image

    pictures = [Image.open(io.BytesIO(png_of(drawing, size))) for size in _WINDOWS_SIZES]
    pictures[-1].save(
        path,
        sizes=[(size, size) for size in _WINDOWS_SIZES],
        append_images=pictures[:-1],
        bitmap_format="bmp",  # small PNG pictures are not shown everywhere
    )
    return path
