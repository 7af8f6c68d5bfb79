"""Cameras that are known already, from another program's file, for the project's photos."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from da3studio.base.errors import BadInput, Missing
from da3studio.base.i18n import tr
from da3studio.engine.camera_files.colmap_model import model_folder, read_model
from da3studio.engine.camera_files.found import FoundCamera
from da3studio.engine.camera_files.matching import match
from da3studio.engine.camera_files.transforms_json import read_transforms
from da3studio.geometry.camera import Camera, Intrinsics
from da3studio.geometry.rigid import Rigid3
from da3studio.scene.view import View, ViewId

_TRANSFORMS = "transforms.json"
_REPAIRED = 1e-3  # a matrix this far from a rotation is one, rounded; farther, it is none
_ASPECT = 0.01  # resizing to whole or even pixels changes the ratio of the sides by less
_LARGEST_SIDE_PX = 1_000_000
_LONGEST_FOCAL_PX = 1e9
_LARGEST_NUMBER = 1e12  # that a project's file holds
_HELD = {"f", "fx", "fy", "cx", "cy", "angle_x", "angle_y"}
# Lens models that `Intrinsics` is where all terms but these are 0
_RADIAL = {
    "SIMPLE_PINHOLE": (), "PINHOLE": (), "SIMPLE_RADIAL": ("k", "k1"), "RADIAL": ("k1", "k2"),
    "OPENCV": ("k1", "k2"), "FULL_OPENCV": ("k1", "k2"), "SIMPLE_DIVISION": (), "DIVISION": (),
}  # fmt: skip


def read_known_cameras(
    path: Path, views: Sequence[View], *, allow_missing: bool = False
) -> Mapping[ViewId, Camera]:
    """The views' cameras, each at its photo's own upright size, in the file's world.

    Photos and cameras are brought together by name, see `camera_files.matching`.

    Args:
        path: the folder of a COLMAP model (`cameras` and `images`, .bin or .txt, there or in
            `sparse/0`), or a `transforms.json` or its folder.
        views: all of the project.
        allow_missing: views without a camera are left out instead of refused.

    Raises:
        Missing: there is no such file or folder.
        BadInput: it holds no cameras, too few, two for one photo, or one that cannot be: mirrored,
            no rotation, not a number, without focal length, of another shape of photo, or with a
            lens that `Intrinsics` cannot be.
    """
    found = _read(path)
    matched = match(path, found, views)
    missing = [view for view in views if view.id not in matched]
    if missing and (not matched or not allow_missing):
        raise _too_few(path, found, views, missing)
    return {
        view.id: _camera(path, matched[view.id], view) for view in views if view.id in matched
    }  # fmt: skip


def _read(path: Path) -> list[FoundCamera]:
    if not path.exists():
        raise Missing(
            tr("The known cameras are not there."),
            why=tr("No file or folder is called {path}.").format(path=path),
            fix=tr("Give the place where the COLMAP model or transforms.json is now."),
        )
    try:
        folder = model_folder(path)
        if folder is not None:
            return read_model(folder)
        file = path / _TRANSFORMS if path.is_dir() else path
        if file.suffix.lower() == ".json" and file.is_file():
            return read_transforms(file)
    except OSError as error:
        raise BadInput(
            tr("The cameras in {file} cannot be opened.").format(file=path),
            why=tr("The system says: {reason}.").format(reason=error.strerror or str(error)),
            fix=tr("Allow reading the files (their permissions, the drive they are on)."),
        ) from error
    raise BadInput(
        tr("There are no cameras in {file}.").format(file=path),
        why=tr("It is neither the folder of a COLMAP model nor a transforms.json."),
        fix=tr("Give the folder that holds COLMAP's cameras and images, or a transforms.json."),
    )


def _too_few(
    path: Path, found: Sequence[FoundCamera], views: Sequence[View], missing: Sequence[View]
) -> BadInput:
    n_known = len(views) - len(missing)
    why = tr("The first photo without one is {photo}.").format(photo=missing[0].name)
    if not n_known:
        why = tr("No photo has the name of one of its {n} cameras; yours begin with {photo}.")
        why = why.format(n=len(found), photo=missing[0].name)
        if found:
            why += " " + tr("The file's begin with {photo}.").format(photo=found[0].photo)
    return BadInput(
        tr("{file} knows the cameras of {known} of {n} photos.").format(
            file=path, known=n_known, n=len(views)
        ),
        why=why,
        fix=tr("Leave out the photos without a camera, or give a file with all of them."),
    )


class _ImpossibleError(ValueError):
    """A camera that cannot be used: why, and what mends it."""

    def __init__(self, why: str, fix: str = "") -> None:
        super().__init__(why)
        self.fix = fix or tr("Write the file again with the program that found the cameras.")


def _camera(path: Path, found: FoundCamera, view: View) -> Camera:
    """The checked camera.

    Raises:
        BadInput: it cannot be one.
    """
    try:
        numbers = [*found.terms.values(), *(found.size or ())]
        numbers += [*found.rotation.ravel(), *found.centre]
        if not all(abs(number) <= _LARGEST_NUMBER for number in numbers):
            raise _ImpossibleError(tr("A number of it is not a number (NaN) or beyond 1e12."))
        rotation = _rotation(found.rotation)
        lens = _lens(found, view).resized(view.width, view.height)
    except _ImpossibleError as error:
        raise BadInput(
            tr("{file} has an impossible camera for {photo}.").format(file=path, photo=view.name),
            why=str(error),
            fix=error.fix,
        ) from error
    return Camera(lens, Rigid3(rotation, -rotation @ found.centre))


def _rotation(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """The nearest rotation, where it is near.

    Source: orthogonal Procrustes; of all rotations u @ vt differs least in least squares.
    """
    u, stretch, vt = np.linalg.svd(matrix)
    off = float(np.abs(stretch - 1).max())
    if off > _REPAIRED:
        raise _ImpossibleError(
            tr("Its rotation is {percent:.3g} % off: axes are not of length 1 or not at right"
               " angles.").format(percent=100 * off)
        )  # fmt: skip
    rotation: NDArray[np.float64] = u @ vt
    if np.linalg.det(rotation) < 0:
        raise _ImpossibleError(
            tr("Its rotation is mirrored (determinant -1)."),
            tr("Write the cameras in a right-handed world: turn the sign of one axis of both"
               " cameras and world, or switch mirroring off where they come from."),
        )  # fmt: skip
    return rotation


def _lens(found: FoundCamera, view: View) -> Intrinsics:
    """At the size that the file's numbers are for."""
    width, height = found.size or (view.width, view.height)
    if not all(1 <= side <= _LARGEST_SIDE_PX and side == int(side) for side in (width, height)):
        size = f"{width:g} x {height:g}"
        raise _ImpossibleError(tr("It is for a photo of {size} px.").format(size=size))
    _check_shape(width, height, view)
    k1, k2 = _radial_terms(found)
    terms = {**_focal_lengths(found.terms, width, height), **found.terms}
    if "fx" not in terms:
        raise _ImpossibleError(tr("It has no focal length."))
    fx, fy = terms["fx"], terms["fy"]
    if not (0 < fx <= _LONGEST_FOCAL_PX and 0 < fy <= _LONGEST_FOCAL_PX):
        size = f"{fx:g} x {fy:g}"
        raise _ImpossibleError(tr("Its focal length is {size} px.").format(size=size))
    cx, cy = terms.get("cx", width / 2), terms.get("cy", height / 2)
    return Intrinsics(fx, fy, cx, cy, int(width), int(height), k1, k2)


def _check_shape(width: float, height: float, view: View) -> None:
    ratio = (width / height) / (view.width / view.height)
    if abs(math.log(ratio)) <= _ASPECT:
        return
    why = tr("It is for a photo of {width:g} x {height:g} px, and yours has {x} x {y} px.").format(
        width=width, height=height, x=view.width, y=view.height
    )
    if abs(math.log((height / width) / (view.width / view.height))) <= _ASPECT:
        raise _ImpossibleError(
            why,
            tr("Find the cameras with the photos turned upright: the file's are of photos that"
               " lie on their side."),
        )  # fmt: skip
    raise _ImpossibleError(
        why, tr("Give the photos that the cameras were found with; larger or smaller is fine.")
    )


def _radial_terms(found: FoundCamera) -> tuple[float, float]:
    radial = _RADIAL.get(found.model.upper())
    if radial is None:
        raise _lens_not_held(found.model)
    kept = {name: found.terms[name] for name in radial if name in found.terms}
    extra = [name for name in found.terms if name not in _HELD and name not in kept]
    odd = [f"{name} = {found.terms[name]:g}" for name in extra if found.terms[name] != 0]
    if odd:
        raise _lens_not_held(f"{found.model}, {', '.join(odd)}")
    return kept.get("k1", kept.get("k", 0.0)), kept.get("k2", 0.0)


def _lens_not_held(what: str) -> _ImpossibleError:
    return _ImpossibleError(
        tr("Its lens ({lens}) has more than the two radial terms known here.").format(lens=what),
        tr("Undistort the photos first (colmap image_undistorter), and give those photos and the"
           " cameras made with them."),
    )  # fmt: skip


def _focal_lengths(terms: Mapping[str, float], width: float, height: float) -> dict[str, float]:
    """Fx and fy [px] where the file gives one for both, or angles of view; pixels are square."""
    given = dict(terms)
    if "f" in terms:
        given |= {"fx": terms["f"], "fy": terms["f"]}
    for focal, angle, side in (("fx", "angle_x", width), ("fy", "angle_y", height)):
        if focal not in given and angle in terms:
            tangent = math.tan(min(max(terms[angle], 0.0), math.pi) / 2)
            given[focal] = side / 2 / tangent if tangent > 0 else 0.0
    only = given.get("fx", given.get("fy"))
    return (
        {}
        if only is None
        else {"fx": only, "fy": only}
        | {name: given[name] for name in ("fx", "fy") if name in given}
    )
