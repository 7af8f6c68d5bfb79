"""The pixels of a project's views, read from their files on demand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from da3studio.base.digest import digest_of_file
from da3studio.base.errors import BadInput, Missing
from da3studio.base.i18n import tr
from da3studio.geometry.camera import Camera
from da3studio.media.image import read_image
from da3studio.media.undistort import undistort
from da3studio.scene.view import View


class PhotoFiles:
    """Implements `engine.protocol.Photos` on files.

    A file is checked against the digest of its view when it is first read, and again whenever its
    size or date have changed since.

    Args:
        project_folder: relative paths of views start here.
    """

    def __init__(self, project_folder: Path) -> None:
        self._folder = project_folder
        self._checked: dict[Path, tuple[int, int]] = {}  # → size [bytes], date [ns] when checked

    def path(self, view: View) -> Path:
        """Where the view's file is expected."""
        return self._folder / view.source.path

    def read(self, view: View, max_side: int | None = None) -> NDArray[np.uint8]:
        """`(H, W, 3)` upright sRGB, shrunk so that the longer side is at most `max_side` [px].

        Raises:
            Missing: the file is gone, cannot be opened or is no longer the same photo.
        """
        path = self.path(view)
        try:
            unchanged = self._is_unchanged(view, path)
            image = read_image(path, max_side) if unchanged else None
        except (OSError, Missing) as error:
            raise self._missing(view, tr("{file} is not there.").format(file=path)) from error
        except BadInput as error:
            raise self._missing(view, error.why) from error
        if image is None:
            raise self._missing(
                view, tr("{file} was changed since it was added.").format(file=path)
            )
        return image

    def read_undistorted(
        self, view: View, camera: Camera, max_side: int | None = None
    ) -> NDArray[np.uint8]:
        """`(H, W, 3)` as `camera.pinhole()`, resized alike, would have taken it.

        Args:
            view: whose photo.
            camera: of the view, at any size, with its lens distortion.
            max_side: as for `read`.

        Raises:
            Missing: as for `read`.
        """
        image = self.read(view, max_side)
        height, width = image.shape[:2]
        return undistort(image, camera.intrinsics.resized(width, height))

    def _is_unchanged(self, view: View, path: Path) -> bool:
        status = path.stat()
        stamp = (status.st_size, status.st_mtime_ns)
        if self._checked.get(path) != stamp:
            if digest_of_file(path) != view.source.digest:
                return False
            self._checked[path] = stamp
        return True

    @staticmethod
    def _missing(view: View, why: str) -> Missing:
        return Missing(
            tr("The photo {name} is missing.").format(name=view.name),
            why=why,
            fix=tr("Put it back as it was, or add it to the project again."),
        )
