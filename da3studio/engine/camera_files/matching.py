"""Which camera of a file is whose, by the names of the photos."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath

from da3studio.base.errors import BadInput
from da3studio.base.i18n import tr
from da3studio.engine.camera_files.found import FoundCamera
from da3studio.scene.view import View, ViewId

_Likeness = tuple[bool, int]  # the whole file name is equal; how many folders above it are


def match(
    path: Path, found: Sequence[FoundCamera], views: Sequence[View]
) -> Mapping[ViewId, FoundCamera]:
    """Each view's camera; views and cameras without a partner are left out.

    Equal file names belong together, and folders decide between equal names. Where no full name
    fits, the stem does: `IMG_1.jpg` for `IMG_1.png`. Upper and lower case are the same.

    Raises:
        BadInput: two cameras fit one photo alike, or two photos one camera.
    """
    index: dict[str, list[int]] = {}
    for i, camera in enumerate(found):
        for key in _keys(_parts(camera.photo)[-1]):
            index.setdefault(key, []).append(i)
    claims: dict[int, list[tuple[_Likeness, View]]] = {}
    for view in views:
        alike = dict(_alike(view, found, index))
        if not alike:
            continue
        most = max(alike.values())
        first, *others = [i for i, likeness in alike.items() if likeness == most]
        if others:
            raise _two_cameras(path, view, found[first], found[others[0]])
        claims.setdefault(first, []).append((most, view))
    matched = {}
    for i, claimants in claims.items():
        most = max(likeness for likeness, _ in claimants)
        owner, *rivals = [view for likeness, view in claimants if likeness == most]
        if rivals:
            raise _two_photos(path, found[i], owner, rivals[0])
        matched[owner.id] = found[i]
    return matched


def _alike(
    view: View, found: Sequence[FoundCamera], index: Mapping[str, list[int]]
) -> Iterator[tuple[int, _Likeness]]:
    names = {_parts(view.name), _parts(view.source.path)}
    keys = {key for name in names for key in _keys(name[-1])}
    for i in sorted({i for key in keys for i in index.get(key, ())}):
        photo = _parts(found[i].photo)
        yield i, max((photo[-1] == name[-1], _folders(photo, name)) for name in names)


def _parts(name: str) -> tuple[str, ...]:
    return PurePosixPath(name.replace("\\", "/").casefold()).parts or (name,)


def _keys(name: str) -> set[str]:
    return {name, PurePosixPath(name).stem}


def _folders(one: tuple[str, ...], other: tuple[str, ...]) -> int:
    n = 0
    for a, b in zip(one[-2::-1], other[-2::-1], strict=False):
        if a != b:
            break
        n += 1
    return n


def _two_cameras(path: Path, view: View, one: FoundCamera, other: FoundCamera) -> BadInput:
    return BadInput(
        tr("{file} has two cameras for the photo {photo}.").format(file=path, photo=view.name),
        why=tr("They are those of {one} and {other}.").format(one=one.photo, other=other.photo),
        fix=tr("Remove the one that is wrong from the file, or name the photos' folders in it."),
    )


def _two_photos(path: Path, camera: FoundCamera, one: View, other: View) -> BadInput:
    return BadInput(
        tr("A camera in {file} fits two photos.").format(file=path),
        why=tr("{camera} may be {one} or {other}.").format(
            camera=camera.photo, one=one.name, other=other.name
        ),
        fix=tr("Name the photos in the file with their folders, or leave one of them out."),
    )
