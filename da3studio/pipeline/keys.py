"""The names of results: a digest of the stage, its settings and the content of its inputs.

Inputs count by content, not by their own key: results made again with another content (an engine
that rounds differently) never meet results of the first, and if the content is the same, nothing
after it is made again.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

from da3studio.base.digest import digest_of
from da3studio.base.params import keyed_fields
from da3studio.edits.table import to_row
from da3studio.pipeline.stages import (
    CAMERAS,
    CLEAN,
    CLOUD,
    DEPTH,
    GAUSSIANS,
    MESH,
    TEXTURE,
    Stage,
)
from da3studio.project.document import Project
from da3studio.scene.view import ViewId

_NETWORK = frozenset(
    {
        "checkpoint",
        "metric_checkpoint",
        "network_px",
        "poses",
        "reference_view",
        "views_per_window",
    }
)
_FEATURES = frozenset({"feature_px", "features"})
_SWEEP = frozenset({"resolution"})

# What has no say in what an engine finds. Features count for depth through the cameras; where the
# network completes or scales the cameras, its settings count for them, too.
_NOT_FOR_CAMERAS = {
    "classical": _SWEEP | _NETWORK,
    "da3": _SWEEP | _FEATURES,
    "colmap+da3": _SWEEP,
    "classical+da3": _SWEEP,
    "classical/da3": _SWEEP,
}
_NOT_FOR_DEPTH = {
    "classical": _FEATURES | _NETWORK,
    "da3": _SWEEP | _FEATURES,
    "colmap+da3": _SWEEP | _FEATURES,
    "classical+da3": _FEATURES,
    "classical/da3": _FEATURES,
}

# Gaussians come from the network alone; whoever found the cameras counts through the cameras.
_NOT_FOR_GAUSSIANS = _SWEEP | _FEATURES | {"engine", "metric_checkpoint", "poses"}


def settings_of(stage: Stage, project: Project) -> dict[str, Any]:
    """The settings that can change what the stage makes; a new setting counts by itself."""
    recipe = project.recipe
    match stage.name:
        case "cameras":
            return _without(_NOT_FOR_CAMERAS[recipe.depth.engine], keyed_fields(recipe.depth))
        case "depth":
            return _without(_NOT_FOR_DEPTH[recipe.depth.engine], keyed_fields(recipe.depth))
        case "cloud":
            return keyed_fields(recipe.fuse)
        case "clean":  # edits only remove, so neither their order nor a second one matters
            rows = {digest_of(row): row for row in map(to_row, project.cuts)}
            return {"edits": [rows[name] for name in sorted(rows)]}
        case "mesh":
            return {**keyed_fields(recipe.mesh), "min_views": recipe.fuse.min_views}
        case "texture":
            return keyed_fields(recipe.texture)
        case "gaussians":
            network = _without(_NOT_FOR_GAUSSIANS, keyed_fields(recipe.depth))
            return {**network, **keyed_fields(recipe.gaussians)}


def cameras_key(project: Project) -> str:
    """Of the cameras of all views."""
    return _key(CAMERAS, project, *_inputs(project))


def depth_keys(project: Project, cameras: str, view_ids: Iterable[ViewId]) -> dict[ViewId, str]:
    """Of the depth map of each view; all photos count, as depth comes from comparing them.

    Args:
        project: asks for them.
        cameras: content digest of the cameras.
        view_ids: the views that have a camera.
    """
    common = _key(DEPTH, project, *_inputs(project), cameras)
    return {view_id: digest_of(common, view_id) for view_id in view_ids}


def gaussian_keys(project: Project, cameras: str, view_ids: Iterable[ViewId]) -> dict[ViewId, str]:
    """Of what each view adds to the Gaussians; arguments as of `depth_keys`."""
    common = _key(GAUSSIANS, project, _photos(project), cameras)
    return {view_id: digest_of(common, view_id) for view_id in view_ids}


def cloud_key(project: Project, cameras: str, depth: Mapping[ViewId, str]) -> str:
    """Of the fused cloud; `cameras` and `depth` are content digests."""
    return _key(CLOUD, project, _photos(project), cameras, dict(depth))


def clean_key(project: Project, cameras: str, cloud: str) -> str:
    """Of what the edits leave; `cameras` and `cloud` are content digests."""
    return _key(CLEAN, project, cameras, cloud)


def mesh_key(
    project: Project, cameras: str, depth: Mapping[ViewId, str], cloud: str, cut: str | None
) -> str:
    """Of the mesh.

    Args:
        project: asks for it.
        cameras: content digest, as those of `depth` and `cloud`.
        depth: of each depth map.
        cloud: of the fused cloud.
        cut: of what was cut away; `None` = nothing, and the key is the same as without edits.
    """
    return _key(MESH, project, cameras, dict(depth), cloud, *_if_cut(cut))


def texture_key(project: Project, cameras: str, mesh: str, cut: str | None) -> str:
    """Of the textured mesh; `cameras` and `mesh` are content digests, `cut` as of `mesh_key`."""
    sharpness = {view.id: view.sharpness for view in project.views}
    return _key(TEXTURE, project, _photos(project), sharpness, cameras, mesh, *_if_cut(cut))


def scratch_key(project: Project) -> str:
    """Of the engine's intermediate files: same photos and settings, same files."""
    return digest_of("scratch", *_inputs(project), keyed_fields(project.recipe.depth))


def _key(stage: Stage, project: Project, *inputs: Any) -> str:
    return digest_of(stage.name, stage.version, settings_of(stage, project), *inputs)


def _inputs(project: Project) -> list[Any]:
    """What cameras and depth are made from: the photos, and known cameras where there are any."""
    known = [
        (
            view_id,
            dataclasses.astuple(camera.intrinsics),
            camera.cam_from_world.rotation.ravel().tolist(),
            camera.cam_from_world.translation.tolist(),
        )
        for view_id, camera in sorted(project.known_cameras.items())
    ]
    return [_photos(project), known] if known else [_photos(project)]


def _photos(project: Project) -> list[tuple[Any, ...]]:
    """What of a view can change a result; its path, name and place on Earth cannot."""
    return [
        (view.id, view.source.digest, view.width, view.height, view.focal_px, view.camera_name)
        for view in project.views
    ]


def _if_cut(cut: str | None) -> tuple[str, ...]:
    return () if cut is None else (cut,)


def _without(names: frozenset[str], settings: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in settings.items() if name not in names}
