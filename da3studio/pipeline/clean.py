"""The stage between cloud and mesh: which points the edits leave.

It exists only where edits are switched on. Its chunk holds two masks of the cloud, a bit a point:
`keep`, what none of the edits cuts away, and `surface`, the same without the edits about single
photos. A place that only a hidden photo's point stands for is no place to leave out: another photo
may have seen it, too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from da3studio.base.errors import CannotReconstruct
from da3studio.base.i18n import tr
from da3studio.base.progress import Progress
from da3studio.edits.base import Edit, Evidence, ListedEdit
from da3studio.edits.stack import EditStack
from da3studio.edits.table import to_row
from da3studio.edits.views import HideView, MaskPhoto
from da3studio.geometry.arrays import frozen
from da3studio.geometry.camera import Camera
from da3studio.pipeline.metering import Metered
from da3studio.pipeline.pack import CLOUD_ARRAYS, Packed, unpack_cloud, unpack_registration
from da3studio.pipeline.plan import Plan
from da3studio.pipeline.results import read_result
from da3studio.pipeline.stages import CLEAN
from da3studio.project.fields import Fields
from da3studio.scene.cloud import PointCloud
from da3studio.scene.view import ViewId

if TYPE_CHECKING:  # it opens photos, whose libraries those who only look at results need not
    from da3studio.pipeline.work import Work

_ABOUT_A_PHOTO = (HideView, MaskPhoto)


@dataclass(frozen=True, eq=False)
class Cleaned:
    """What the edits leave of a cloud."""

    keep: NDArray[np.bool_]  # (N,)
    surface: NDArray[np.bool_]  # (N,) without the edits about single photos


def make_clean(work: Work, found: Plan) -> None:
    """Apply the edits to the whole cloud.

    Raises:
        CannotReconstruct: nothing is left.
        Missing: a painted mask is gone.
    """
    step, cuts = found.step("clean"), found.project.cuts
    with Metered(work.emit, CLEAN.name, step.key, 1) as stage:
        cloud = read_result(work.chunks, found.step("cloud").header, unpack_cloud, CLOUD_ARRAYS)
        header = found.step("cameras").header
        cameras = read_result(work.chunks, header, unpack_registration).cameras
        stack = EditStack(Evidence(cloud, cameras, work.folder.mask))
        for done, edit in enumerate(cuts):
            work.token.check()
            stage.report(Progress(tr("Applying the edits"), done, len(cuts)))
            stack.removed_by(edit)
        cleaned = Cleaned(
            stack.keep(_listed(cuts)),
            stack.keep(_listed([edit for edit in cuts if not is_about_a_photo(edit)])),
        )
        if not cleaned.keep.any():
            raise CannotReconstruct(
                tr("Nothing is left of the model."),
                why=tr("The edits in the list cut away every point of it."),
                fix=tr("Undo the last edit, or switch one off."),
            )
        work.store(CLEAN, step.key, pack_cleaned(cleaned, cuts), asked=found.project)


def is_about_a_photo(edit: Edit) -> bool:
    """Whether an edit says what to take from one photo, not where there is nothing."""
    return isinstance(edit, _ABOUT_A_PHOTO)


def keep_by_place(
    cloud: PointCloud,
    cameras: Mapping[ViewId, Camera],
    cuts: Sequence[Edit],
    mask_of: Callable[[str], NDArray[np.bool_]],
) -> NDArray[np.bool_]:
    """`(N,)` what the edits leave of points without measures, such as the middles of Gaussians.

    Raises:
        Missing: a painted mask is gone.
    """
    evidence = Evidence(cloud, cameras, mask_of)
    keep = np.ones(len(cloud), np.bool_)
    for edit in cuts:
        if edit.about_places or is_about_a_photo(edit):  # the rest is about measures of a cloud
            keep &= ~edit.removes(evidence)
    return keep


def bare_cloud(
    xyz: NDArray[np.float32], view_idx: NDArray[np.int32], view_ids: tuple[ViewId, ...]
) -> PointCloud:
    """Points of which nothing is known but where they are and whose they are."""
    n = len(xyz)
    number = np.broadcast_to(np.float32(0), n)  # no memory for what nobody reads
    small = np.broadcast_to(np.uint8(0), n)
    vector = np.broadcast_to(np.float32(0), (n, 3))
    colour = np.broadcast_to(np.uint8(0), (n, 3))
    return PointCloud(xyz, colour, vector, number, number, small, view_idx, view_ids)


def pack_cleaned(cleaned: Cleaned, cuts: Sequence[Edit]) -> Packed:
    """The masks, a bit a point; `cut` says whether mesh and texture are others because of them."""
    photos = [to_row(edit) for edit in cuts if is_about_a_photo(edit)]
    n, n_kept = len(cleaned.keep), int(np.count_nonzero(cleaned.keep))
    meta = {
        "n_points": n,
        "n_kept": n_kept,
        "photos": sorted(photos, key=str),
        "cut": n_kept < n or bool(photos),
    }
    arrays = {"keep": np.packbits(cleaned.keep), "surface": np.packbits(cleaned.surface)}
    return Packed(arrays, meta)


def unpack_cleaned(n_points: int) -> Callable[[Packed], Cleaned]:
    """The inverse of `pack_cleaned`, for a cloud of so many points."""

    def unpack(packed: Packed) -> Cleaned:
        if Fields(packed.meta, "the cleaning").integer("n_points", 0, 2**40) != n_points:
            raise ValueError("it is of another cloud")
        keep, surface = (_unpacked(packed.arrays[name], n_points) for name in ("keep", "surface"))
        return Cleaned(keep, surface)

    return unpack


def rows_of(cloud: PointCloud, keep: NDArray[np.bool_]) -> PointCloud:
    """The points of a cloud that a `(N,)` mask keeps; the same cloud if it keeps all."""
    if keep.all():
        return cloud
    columns = {name: getattr(cloud, name)[keep] for name in CLOUD_ARRAYS}
    return PointCloud(**columns, view_ids=cloud.view_ids)


def _listed(edits: Sequence[Edit]) -> list[ListedEdit]:
    return [ListedEdit(str(i), edit) for i, edit in enumerate(edits)]


def _unpacked(bits: NDArray[Any], n: int) -> NDArray[np.bool_]:
    packed = frozen(bits, ((n + 7) // 8,), np.uint8)
    return np.unpackbits(packed, count=n).view(np.bool_)
