"""What the edits mean for the pixels of the depth maps: for mesh and texture.

An edit is about points, and a point of the cloud stands for several pixels in several photos: an
accepted pixel goes where the nearest point of the cloud went. Edits about one photo are asked
about that photo's own pixels.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from da3studio.base.cancel import CancelToken
from da3studio.base.i18n import tr
from da3studio.base.progress import Progress, Report
from da3studio.edits.base import Edit, Evidence
from da3studio.fusion.belonging import Belonging
from da3studio.fusion.points import DepthOf, Fused
from da3studio.geometry.camera import Camera, unproject
from da3studio.pipeline.clean import Cleaned, bare_cloud, is_about_a_photo, rows_of
from da3studio.scene.view import ViewId


class Cut:
    """What is cut away of a fused capture.

    Args:
        fused: as it was before.
        cleaned: which points of its cloud are left.
        edits: those that are switched on.
        cameras: of the registration.
        depth_of: gives the depth map of each.
        mask_of: gives the painted mask of a digest.
    """

    def __init__(
        self,
        fused: Fused,
        cleaned: Cleaned,
        edits: tuple[Edit, ...],
        cameras: Mapping[ViewId, Camera],
        depth_of: DepthOf,
        mask_of: Callable[[str], NDArray[np.bool_]],
    ) -> None:
        self._fused, self._cleaned = fused, cleaned
        self._of_photos = tuple(edit for edit in edits if is_about_a_photo(edit))
        self._cameras, self._depth_of, self._mask_of = cameras, depth_of, mask_of

    def hides(self, view_id: ViewId) -> bool:
        """Whether a whole view is out."""
        return any(edit.removes_view(view_id) for edit in self._of_photos)

    def fused(self, *, surface: bool, report: Report, token: CancelToken) -> Fused:
        """What is left: fewer points, and a pixel that was cut away counts as not confirmed.

        Args:
            surface: keep points that only an edit about their photo cut away: they tell where
                other photos may have seen something.
            report: told about progress.
            token: checked between views.

        Raises:
            JobCancelled: by the token.
        """
        agreement = {}
        for done, (view_id, agree) in enumerate(self._fused.agreement.items()):
            token.check()
            report(Progress(tr("Cleaning depth maps"), done, len(self._fused.agreement)))
            gone = self._gone(view_id)
            agreement[view_id] = np.where(gone, np.minimum(agree, 1), agree)
        keep = self._cleaned.surface if surface else self._cleaned.keep
        return Fused(rows_of(self._fused.cloud, keep), agreement)

    def cover_of(self, view_id: ViewId) -> NDArray[np.float32]:
        """`(H, W)` how far away a photo shows something that is no part of the model any more.

        Along the optical axis [world units], in the size of the depth map: what lies behind it
        cannot be seen in the photo. Infinite = nothing is in the way; 0 = the pixel is masked.
        """
        agree, z = self._fused.agreement[view_id], self._depth_of(view_id).z
        masked = self._masked(view_id)
        cover = np.where(self._gone(view_id) & (agree >= 2), z, np.float32(np.inf))
        return np.where(masked, np.float32(0), cover)

    def _gone(self, view_id: ViewId) -> NDArray[np.bool_]:
        """`(H, W)` accepted pixels that are cut away, and all that are masked."""
        agree = self._fused.agreement[view_id]
        if self.hides(view_id):
            return np.ones(agree.shape, np.bool_)
        gone = self._masked(view_id)
        if self._belonging is None:
            return gone
        accepted = agree >= 2
        z = np.where(accepted, self._depth_of(view_id).z, np.float32(0))
        points = unproject(z, self._camera(view_id))[accepted]
        if len(points):
            gone[accepted] |= self._belonging.of(points)
        return gone

    def _masked(self, view_id: ViewId) -> NDArray[np.bool_]:
        """`(H, W)` the pixels that an edit about this photo leaves out."""
        camera = self._camera(view_id)
        lens = camera.intrinsics
        masked = np.zeros((lens.height, lens.width), np.bool_)
        if not self._of_photos:
            return masked
        # A mask is of the photo as taken; any depth leads through the lens to the same pixel.
        ahead = unproject(np.ones_like(masked, np.float32), camera).reshape(-1, 3)
        own = np.zeros(len(ahead), np.int32)
        evidence = Evidence(bare_cloud(ahead, own, (view_id,)), self._cameras, self._mask_of)
        for edit in self._of_photos:
            masked |= edit.removes(evidence).reshape(masked.shape)
        return masked

    def _camera(self, view_id: ViewId) -> Camera:
        height, width = self._fused.agreement[view_id].shape
        return self._cameras[view_id].pinhole().resized(width, height)

    @cached_property
    def _belonging(self) -> Belonging | None:
        """Tells whether the nearest point of the cloud is cut away; `None` if no place is."""
        if self._cleaned.surface.all():
            return None
        return Belonging(self._fused.cloud.xyz, ~self._cleaned.surface)
