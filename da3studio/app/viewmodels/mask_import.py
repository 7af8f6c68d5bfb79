"""Masks made in other programs: reading them, and finding which photo each is for."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from da3studio.app.viewmodels.photo_commands import with_mask_digests
from da3studio.base.errors import BadInput, Missing, UserFacingError
from da3studio.base.i18n import tr, trn
from da3studio.media.formats import is_photo
from da3studio.scene.view import View, ViewId

if TYPE_CHECKING:
    from da3studio.app.session import Session

_ASPECT_SLACK = 0.01  # programs round the smaller side to whole pixels
_MASK_PX = 4000  # longer side that is kept: finer than any depth map
_MASK_WORD = re.compile(r"^masks?[ _.-]+|[ _.-]+masks?$")


def read_mask(path: Path, view: View, *, white_is_kept: bool) -> NDArray[np.bool_]:
    """A mask picture of any size and the photo's aspect.

    Args:
        path: of the picture; what is brighter than the middle between its darkest and brightest
            pixel counts as white, so that masks of 0 and 1 are read as well as 0 and 255.
        view: the photo it is for.
        white_is_kept: False = white is what is not to be used.

    Returns:
        `(H, W)` True = do not use.

    Raises:
        Missing, BadInput: it cannot be read, or has another shape than the photo.
    """
    from da3studio.media.image import read_photo

    decoded = read_photo(path, _MASK_PX)
    size = decoded.header.width, decoded.header.height
    wrong = abs(size[0] * view.height / (size[1] * view.width) - 1)
    if wrong > _ASPECT_SLACK:
        raise BadInput(
            tr("{file} cannot be the mask of {photo}.").format(file=path.name, photo=view.name),
            why=tr("It has {mask} pixels and the photo {size}: the shapes differ.").format(
                mask=f"{size[0]} × {size[1]}", size=f"{view.width} × {view.height}"
            ),
            fix=tr("Choose a mask of the whole photo, turned the same way; its size is free."),
        )
    grey = decoded.pixels.max(axis=-1)
    darkest, brightest = int(grey.min()), int(grey.max())
    middle = (darkest + brightest) / 2 if brightest > darkest else 0.5
    white: NDArray[np.bool_] = grey > middle
    return ~white if white_is_kept else white


def resized(mask: NDArray[np.bool_], width: int, height: int) -> NDArray[np.bool_]:
    """`(height, width)` the mask at another size; True where the nearest pixel is."""
    rows = ((np.arange(height) + 0.5) * mask.shape[0] / height).astype(int)
    columns = ((np.arange(width) + 0.5) * mask.shape[1] / width).astype(int)
    looked_up: NDArray[np.bool_] = mask[rows[:, None], columns[None, :]]
    return looked_up


def matched(views: Sequence[View], paths: Iterable[Path]) -> dict[ViewId, Path]:
    """Which picture is the mask of which photo, by name.

    IMG_1.jpg has the mask IMG_1.png, IMG_1.jpg.png, IMG_1_mask.png or mask-IMG_1.png. Of photos
    with the same file name in different folders, each takes the mask from a folder of that name.
    """
    by_name: defaultdict[str, list[Path]] = defaultdict(list)
    for path in sorted(paths):
        by_name[_plain(path.stem)].append(path)
    found = {}
    for view in views:
        name = PurePosixPath(view.name)
        candidates = by_name[_plain(name.stem)] + by_name[_plain(name.name)]
        if len(name.parts) > 1:
            folder = name.parts[-2].casefold()
            candidates = [one for one in candidates if one.parent.name.casefold() == folder]
        if candidates:
            found[view.id] = candidates[0]
    return found


def _plain(stem: str) -> str:
    return _MASK_WORD.sub("", stem.casefold())


@dataclass(frozen=True)
class _Stored:
    digests: dict[ViewId, str]
    refused: tuple[str, ...]


def import_masks(session: Session, folder: Path, *, white_is_kept: bool) -> None:
    """Take the masks of a folder, and of the folders in it, as one step that can be undone."""
    project_folder, views = session.folder, session.project.views
    if project_folder is None:
        return

    def store() -> _Stored:
        pictures = [path for path in folder.rglob("*") if is_photo(path) and path.is_file()]
        found = matched(views, pictures)
        digests, refused = {}, []
        for view in views:
            if view.id not in found:
                continue
            try:
                mask = read_mask(found[view.id], view, white_is_kept=white_is_kept)
            except (BadInput, Missing) as error:
                refused.append(f"{found[view.id].name}: {error.why}")
            else:
                digests[view.id] = project_folder.put_mask(mask) if mask.any() else ""
        if not digests:
            raise _nothing(folder, refused)
        return _Stored(digests, tuple(refused))

    def use(stored: _Stored) -> None:
        if session.folder is not project_folder:
            return
        n = len(stored.digests)
        label = trn("Import {n} mask", "Import {n} masks", n)
        session.commit(label, with_mask_digests(session.project, stored.digests))
        words = trn("{n} mask imported", "{n} masks imported", n)
        if stored.refused:
            words += ", " + tr("{n} left out ({first})").format(
                n=len(stored.refused), first=stored.refused[0]
            )
        session.said.emit(words)

    session.in_background(store, use)


def _nothing(folder: Path, refused: Sequence[str]) -> UserFacingError:
    return BadInput(
        tr("No mask was found in {folder}.").format(folder=folder),
        why=" ".join(refused[:3]) or tr("No picture there is named like a photo of the project."),
        fix=tr("Name the masks like their photos: IMG_1.jpg and IMG_1.png."),
    )
