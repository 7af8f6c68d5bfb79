"""Photos whose cameras are known, with what else is known of what they show."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from da3studio.bench.geometry.answers import Answer, SurfaceScore
from da3studio.geometry.camera import Camera
from da3studio.geometry.rigid import Rigid3
from da3studio.scene.view import View

Pixels = NDArray[np.uint8]
Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class SeenDepth:
    """True depth at some places of a photo."""

    xy: Array  # (N, 2) in the photo as it was taken, lens distortion and all [px]
    z: Array  # (N,) > 0, along the optical axis [any unit]
    is_dense: bool  # of pixels all over the photo, so that its surface is known too


@dataclass(frozen=True, eq=False)
class Photo:
    """One photo of a set; pixels and truth are read when they are asked for."""

    view: View  # its name is unique in the set
    camera: Camera  # true, at the photo's size
    read: Callable[[], Pixels]  # (H, W, 3) upright
    depth: Callable[[], SeenDepth | None] = field(default=lambda: None)
    counts: Callable[[], NDArray[np.bool_] | None] = field(default=lambda: None)
    """`(H, W)` where depth takes part in the surface; `None` = everywhere."""

    @property
    def name(self) -> str:
        return self.view.name


class TrueSurface(Protocol):
    """A surface that is known, and how others are compared with it."""

    def score(self, answer: Answer, photos: Sequence[Photo]) -> SurfaceScore:
        """How good an answer about these photos is."""
        ...


@dataclass(frozen=True, eq=False)
class TrueSet:
    """Photos that belong together; a line of the page."""

    group: str  # of sets that are averaged
    name: str
    bases: Callable[[Sequence[int]], Iterable[Sequence[Photo]]]
    """For window sizes, smallest first: longer stretches of photos, in each of which windows of
    all sizes that fit are looked for."""
    is_whole: bool = False  # all photos at once, whatever sizes are asked for
    surface: Callable[[], TrueSurface] | None = None
    """The true surface, where it is known by other means than the depth of its photos."""


def poses_of(photos: Sequence[Photo]) -> dict[str, Rigid3]:
    """The true `cam_from_world` by name."""
    return {photo.name: photo.camera.cam_from_world for photo in photos}


def stretches(photos: Sequence[Photo], sizes: Sequence[int], most: int) -> list[Sequence[Photo]]:
    """Evenly spread stretches of consecutive photos, as long as the largest window that fits.

    Args:
        photos: in the order in which they were taken.
        sizes: of windows, smallest first.
        most: stretches.
    """
    fitting = [size for size in sizes if size <= len(photos)]
    if not fitting:
        return []
    last = len(photos) - fitting[-1]
    starts = np.unique(np.linspace(0, last, min(most, last + 1)).round().astype(int))
    return [photos[start : start + fitting[-1]] for start in starts]


def nested(photos: Sequence[Photo], sizes: Sequence[int]) -> dict[int, list[Sequence[Photo]]]:
    """Windows of each size, every one inside one of the next size.

    Args:
        photos: a stretch; sizes that do not fit get no window.
        sizes: smallest first.
    """
    found: dict[int, list[Sequence[Photo]]] = {}
    outer: list[Sequence[Photo]] = [photos]
    for size in reversed(sizes):
        inner = [w[i : i + size] for w in outer for i in range(0, len(w) - size + 1, size)]
        found[size] = inner
        outer = inner or outer
    return found


def without_distortion(xy: Array, camera: Camera) -> Array:
    """`(N, 2)` pixels of a photo → where its undistorted photo shows the same."""
    lens = camera.intrinsics
    if not (lens.k1 or lens.k2) or not len(xy):
        return xy
    radial = np.array([lens.k1, lens.k2, 0.0, 0.0])
    matrix = lens.matrix()
    moved: Array = cv2.undistortPoints(xy[:, None], matrix, radial, P=matrix)[:, 0]
    return moved


def lifted(photo: Photo) -> Array:
    """`(N, 3)` world points of a photo's true depth; none where it has none."""
    depth = photo.depth()
    if depth is None:
        return np.zeros((0, 3))
    lens = photo.camera.intrinsics
    xy = without_distortion(depth.xy, photo.camera)
    rays = np.column_stack([(xy - (lens.cx, lens.cy)) / (lens.fx, lens.fy), np.ones(len(xy))])
    return photo.camera.cam_from_world.inverse().apply(rays * depth.z[:, None])
