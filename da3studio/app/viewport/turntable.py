"""Pictures and videos of the scene: drawn here, written to disk beside the window."""

from __future__ import annotations

import math
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QObject, Signal
from PySide6.QtGui import QImage, QImageWriter, QPainter

from da3studio.app.session import Session
from da3studio.app.viewport.canvas import ViewportCanvas
from da3studio.app.viewport.eye import Eye
from da3studio.app.viewport.layer import Layer
from da3studio.app.viewport.overlay import Overlay
from da3studio.base.atomic import write_atomic, write_bytes_atomic
from da3studio.base.errors import CannotWrite, UserFacingError
from da3studio.base.i18n import tr

FPS = 30
LARGEST_PX = 8192  # longer side of a picture: what every graphics card can draw into
VIDEO_PX = (1920, 1080)


@dataclass(frozen=True)
class PictureWish:
    """How a picture of the viewport is to be."""

    scale: int = 1  # times as large as on the screen
    transparent: bool = False  # no background
    labels: bool = True  # measurements, legend and scale bar
    hidden: tuple[Layer, ...] = ()  # that are not in it


def picture_size(canvas: ViewportCanvas, wish: PictureWish) -> tuple[int, int]:
    """Width and height [px] of the picture, never above `LARGEST_PX`."""
    factor = _factor(canvas, wish)
    return round(canvas.size[0] * factor), round(canvas.size[1] * factor)


def take_picture(canvas: ViewportCanvas, overlay: Overlay, wish: PictureWish) -> QImage:
    """What is seen now, at another size."""
    width, height = picture_size(canvas, wish)
    factor = _factor(canvas, wish)
    with without(wish.hidden):
        pixels = canvas.render(canvas.screen, width, height, factor, wish.transparent)
    image = _image_of(pixels)
    if wish.labels:
        with QPainter(image) as painter:
            painter.scale(factor, factor)
            overlay.paint_notes(painter)
    return image


@contextmanager
def without(layers: Sequence[Layer]) -> Iterator[None]:
    """Draw the block's pictures without these."""
    before = [layer.visible for layer in layers]
    try:
        for layer in layers:
            layer.visible = False
        yield
    finally:
        for layer, visible in zip(layers, before, strict=True):
            layer.visible = visible


def save_picture(image: QImage, path: Path) -> None:
    """Write a PNG; for any thread.

    Raises:
        UserFacingError: the place refuses or is full.
    """
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    QImageWriter(buffer, QByteArray(b"png")).write(image)
    write_bytes_atomic(path, bytes(buffer.data().data()))


@dataclass(frozen=True)
class TurnWish:
    """One round about the subject."""

    seconds: float = 8.0
    clockwise: bool = True  # as the subject turns, seen from above
    size: tuple[int, int] = VIDEO_PX
    hidden: tuple[Layer, ...] = ()  # that are not in it

    @property
    def n_frames(self) -> int:
        return max(2, round(self.seconds * FPS))

    def eye_at(self, frame: int, start: Eye) -> Eye:
        """Where a frame is seen from; the last one leads on to the first."""
        turn = 2 * math.pi * frame / self.n_frames
        return start.orbit(-turn if self.clockwise else turn, 0.0)


class Turntable(QObject):
    """Makes a video: one frame is drawn at a time, and written while the window goes on.

    Args:
        canvas: draws; everything that it shows is in the video.
        session: lends its threads.
        wish: how the video is to be.
        path: of the .mp4 file; it appears whole or not at all.
    """

    progressed = Signal(int, int)  # frames done, of how many
    finished = Signal(object)  # Path
    failed = Signal(object)  # UserFacingError
    cancelled = Signal()

    def __init__(
        self,
        canvas: ViewportCanvas,
        session: Session,
        wish: TurnWish,
        path: Path,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._canvas, self._session, self._wish, self._path = canvas, session, wish, path
        self._start = canvas.eye
        self._ratio = wish.size[1] / canvas.size[1]  # points and lines as thick as on the screen
        self._frame = 0
        self._is_cancelled = False
        self._film: _Film | None = None

    def start(self) -> None:
        """Begin; `finished`, `failed` or `cancelled` follows."""
        size = self._wish.size

        def opened(film: _Film) -> None:
            self._film = film
            self._next()

        self._do(lambda: _Film(size), opened)

    def cancel(self) -> None:
        """Stop after the frame of the moment; nothing is left on the disk."""
        self._is_cancelled = True

    def _next(self) -> None:
        film = self._film
        if film is None:
            return
        if self._is_cancelled:
            self._end(self.cancelled.emit)
            return
        self.progressed.emit(self._frame, self._wish.n_frames)
        if self._frame == self._wish.n_frames:
            path = self._path
            self._do(lambda: film.save(path), lambda _: self._end(lambda: self.finished.emit(path)))
            return
        eye = self._wish.eye_at(self._frame, self._start)
        with without(self._wish.hidden):
            pixels = self._canvas.render(eye, *self._wish.size, self._ratio)
        self._frame += 1
        self._do(lambda: film.add(pixels), lambda _: self._next())

    def _do(self, work: Callable[[], Any], done: Callable[[Any], None]) -> None:
        """`work` beside the window, then `done`; an error ends it all."""

        def attempt() -> Any:
            try:
                return work()
            except UserFacingError as error:
                return error

        def answer(result: Any) -> None:
            if isinstance(result, UserFacingError):
                self._end(lambda: self.failed.emit(result))
            else:
                done(result)

        self._session.in_background(attempt, answer)

    def _end(self, tell: Callable[[], None]) -> None:
        film, self._film = self._film, None
        if film is not None:
            film.close()
        tell()


class _Film:
    """An .mp4 that grows in the system's folder for temporary files.

    Not beside the target: OpenCV refuses some names, and half a video must not lie there.
    """

    def __init__(self, size: tuple[int, int]) -> None:
        import cv2

        self._folder = Path(tempfile.mkdtemp(prefix="da3studio-"))
        self._file = self._folder / "turntable.mp4"
        self._writer = cv2.VideoWriter(
            str(self._file), cv2.VideoWriter.fourcc(*"mp4v"), FPS, size
        )  # fmt: skip
        if not self._writer.isOpened():
            self.close()
            raise CannotWrite(
                tr("The video cannot be made."),
                why=tr("This computer has nothing that writes MP4 videos."),
                fix=tr("Save pictures instead, and make a video of them with another program."),
            )

    def add(self, pixels: NDArray[np.uint8]) -> None:
        """One more frame, `(H, W, 4)` RGBA."""
        self._writer.write(np.ascontiguousarray(pixels[..., 2::-1]))

    def save(self, path: Path) -> None:
        """Put the finished video where it was asked for."""
        self._writer.release()

        def fill(temporary: Path) -> None:
            shutil.copyfile(self._file, temporary)

        write_atomic(path, fill)

    def close(self) -> None:
        self._writer.release()
        shutil.rmtree(self._folder, ignore_errors=True)


def _factor(canvas: ViewportCanvas, wish: PictureWish) -> float:
    """Picture pixels per logical pixel."""
    return min(canvas.ratio * wish.scale, LARGEST_PX / max(canvas.size))


def _image_of(pixels: NDArray[np.uint8]) -> QImage:
    """Blending on nothing leaves colours multiplied with their opacity."""
    rows = np.ascontiguousarray(pixels)
    height, width = rows.shape[:2]
    form = QImage.Format.Format_RGBA8888_Premultiplied
    return QImage(rows.data, width, height, 4 * width, form).copy()
