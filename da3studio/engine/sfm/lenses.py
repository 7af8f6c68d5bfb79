"""Which views share one physical lens, so that one set of intrinsics is solved for all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from da3studio.scene.view import View

# Without EXIF: a phone's main camera has about this focal length per long image side.
_TYPICAL_FOCAL = 0.85


@dataclass(frozen=True)
class Lens:
    """A group of views of one camera at one focal length, brought to one image size."""

    view_idx: tuple[int, ...]
    width: int  # of the largest photo of the group [px]
    height: int
    focal_px: float  # start value for this size
    focal_known: bool  # from EXIF


def group_by_lens(views: Sequence[View]) -> tuple[Lens, ...]:
    """Views of equal camera, focal length per image side and aspect ratio share a lens.

    Copies of one camera's photos at other sizes (an upload, a messenger) still belong together;
    photos without EXIF do so only at exactly the same size.
    """
    groups: dict[tuple[object, ...], list[int]] = {}
    for idx, view in enumerate(views):
        groups.setdefault(_key(view), []).append(idx)
    return tuple(_lens(members, views) for members in groups.values())


def _key(view: View) -> tuple[object, ...]:
    if view.focal_px is None or not view.camera_name:
        focal = None if view.focal_px is None else round(view.focal_px)
        return (view.width, view.height, focal, view.source.video)
    long_side = max(view.width, view.height)
    return (
        view.camera_name,
        round(view.focal_px / long_side, 2),
        round(view.width / view.height, 2),
    )


def _lens(members: list[int], views: Sequence[View]) -> Lens:
    largest = max((views[idx] for idx in members), key=lambda view: view.width)
    focal_px = largest.focal_px or _TYPICAL_FOCAL * max(largest.width, largest.height)
    return Lens(
        tuple(members), largest.width, largest.height, focal_px, largest.focal_px is not None
    )
