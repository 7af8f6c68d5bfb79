"""The three stages after depth: cloud, mesh, texture; each reads only what was stored."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from da3studio.base.i18n import tr
from da3studio.fusion.alone import Alone
from da3studio.fusion.points import ACCEPTED, Fused, fuse
from da3studio.fusion.relief import photo_as_texture, relief
from da3studio.fusion.surface import Surface, make_surface
from da3studio.fusion.texture.texture import Textured, texture_mesh
from da3studio.pipeline.clean import unpack_cleaned
from da3studio.pipeline.cut import Cut
from da3studio.pipeline.metering import Metered
from da3studio.pipeline.pack import (
    pack_fused,
    pack_mesh,
    unpack_alone,
    unpack_depth,
    unpack_fused,
    unpack_mesh,
    unpack_registration,
)
from da3studio.pipeline.plan import Plan
from da3studio.pipeline.results import read_result
from da3studio.pipeline.stages import CLOUD, MESH, TEXTURE
from da3studio.pipeline.work import Work
from da3studio.scene.depth import DepthMap
from da3studio.scene.mesh import Mesh
from da3studio.scene.view import ViewId


def make_cloud(work: Work, found: Plan) -> None:
    """Fuse the depth maps.

    Raises:
        CannotReconstruct: the depth maps agree nowhere.
    """
    inputs = _Inputs(work, found)
    step = found.step("cloud")
    with Metered(work.emit, CLOUD.name, step.key, 1) as stage:
        fused = fuse(
            inputs.cameras,
            inputs.depth_of,
            inputs.rgb_of,
            work.project.recipe.fuse,
            report=stage.report,
            token=work.token,
        )
        notices = inputs.disagreement(fused.alone)
        packed = pack_fused(fused.cloud, fused.agreement, fused.alone, notices)
        work.store(CLOUD, step.key, packed)


def make_mesh(work: Work, found: Plan) -> None:
    """Make the surface.

    Raises:
        CannotReconstruct: no surface comes out.
    """
    inputs = _Inputs(work, found)
    step, recipe = found.step("mesh"), work.project.recipe
    with Metered(work.emit, MESH.name, step.key, 1) as stage:
        fused, before = inputs.fused(), None
        cut = inputs.cut()
        if cut is not None:
            by_pixel, before = recipe.mesh.method == "tsdf" or inputs.only is not None, fused
            fused = cut.fused(surface=by_pixel, report=stage.report, token=work.token)
        surface = inputs.relief(fused) or make_surface(
            inputs.cameras,
            inputs.depth_of,
            fused,
            recipe.mesh,
            min_views=recipe.fuse.min_views,
            report=stage.report,
            token=work.token,
            before=before,
        )
        work.store(MESH, step.key, pack_mesh(surface.mesh, surface.notices))


def make_texture(work: Work, found: Plan) -> None:
    """Bake the photos onto the mesh."""
    inputs = _Inputs(work, found)
    step = found.step("texture")
    with Metered(work.emit, TEXTURE.name, step.key, 1) as stage:
        cut = inputs.cut()
        textured = inputs.painted_relief(cut) or texture_mesh(
            inputs.mesh(),
            {
                view_id: camera.pinhole()
                for view_id, camera in inputs.cameras.items()
                if cut is None or not cut.hides(view_id)
            },
            inputs.photo_of,
            work.project.recipe.texture,
            sharpness={view.id: view.sharpness for view in work.project.views},
            report=stage.report,
            token=work.token,
            cover_of=cut.cover_of if cut is not None else None,
        )
        work.store(TEXTURE, step.key, pack_mesh(textured.mesh, textured.notices))


class _Inputs:
    """What the stages before made, read when asked for."""

    def __init__(self, work: Work, found: Plan) -> None:
        self._work, self._found = work, found
        self._views = {view.id: view for view in work.project.views}
        header = found.step("cameras").header
        self.cameras = read_result(work.chunks, header, unpack_registration).cameras

    def depth_of(self, view_id: ViewId) -> DepthMap:
        header = self._found.step("depth").stored[view_id]
        return read_result(self._work.chunks, header, unpack_depth)

    def fused(self) -> Fused:
        header = self._found.step("cloud").header
        return Fused(*read_result(self._work.chunks, header, unpack_fused))

    def cut(self) -> Cut | None:
        """What the edits mean for the pixels; `None` if nothing was cut away."""
        work, cuts = self._work, self._found.project.cuts
        if not cuts or not self._found.step("clean").header.meta["cut"]:
            return None
        fused = self.fused()
        unpack = unpack_cleaned(len(fused.cloud))
        cleaned = read_result(work.chunks, self._found.step("clean").header, unpack)
        return Cut(fused, cleaned, cuts, self.cameras, self.depth_of, work.folder.mask)

    def disagreement(self, alone: Alone | None) -> tuple[str, ...]:
        """What to say where one photo stands for several that do not agree."""
        if alone is None or len(self.cameras) == 1:
            return ()
        said = tr(
            "The photos' depths do not agree: only {share:.0%} of what the photos show was seen"
            " alike by two of them. So the model is a relief of {name} alone. Take more photos with"
            " smaller steps in between, or use a larger depth network."
        )
        return (said.format(share=alone.alike, name=self._views[alone.view_id].name),)

    @cached_property
    def only(self) -> ViewId | None:
        """The view that alone counts, if there is one: then the surface is a relief."""
        header = self._found.step("cloud").header
        alone = read_result(self._work.chunks, header, unpack_alone, ())
        return None if alone is None else alone.view_id

    def relief(self, fused: Fused) -> Surface | None:
        """Of the only view, of what is left of it; `None` = several count."""
        if self.only is None:
            return None
        depth, keep = self.depth_of(self.only), fused.agreement[self.only] >= ACCEPTED
        camera = self.cameras[self.only].pinhole().resized(depth.width, depth.height)
        rgb = self.rgb_of(self.only, depth.width, depth.height)
        return relief(camera, depth, keep, rgb, self._work.project.recipe.mesh)

    def painted_relief(self, cut: Cut | None) -> Textured | None:
        """That of the only view, with its photo; `None` = several count, or it is hidden."""
        if self.only is None or (cut is not None and cut.hides(self.only)):
            return None
        camera, photo = self.cameras[self.only].pinhole(), self.photo_of(self.only)
        return photo_as_texture(self.mesh(), camera, photo, self._work.project.recipe.texture)

    def mesh(self) -> Mesh:
        return read_result(self._work.chunks, self._found.step("mesh").header, unpack_mesh)

    def photo_of(self, view_id: ViewId) -> NDArray[np.uint8]:
        """`(H, W, 3)` undistorted, in its full size."""
        view = self._views[view_id]
        return self._work.photos.read_undistorted(view, self.cameras[view_id])

    def rgb_of(self, view_id: ViewId, width: int, height: int) -> NDArray[np.uint8]:
        """`(height, width, 3)` undistorted, in the size of a depth map."""
        view, camera = self._views[view_id], self.cameras[view_id]
        photo = self._work.photos.read_undistorted(view, camera, max(width, height))
        # The reader keeps the aspect; an engine may round a side otherwise, by a pixel or two.
        rows = ((np.arange(height) + 0.5) * photo.shape[0] / height).astype(np.intp)
        columns = ((np.arange(width) + 0.5) * photo.shape[1] / width).astype(np.intp)
        return photo if photo.shape[:2] == (height, width) else photo[rows[:, None], columns]
