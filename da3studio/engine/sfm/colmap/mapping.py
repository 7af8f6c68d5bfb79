"""Cameras from matches: COLMAP's incremental and global mapper, the better result kept."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pycolmap

from da3studio.engine.sfm.lenses import Lens

MIN_OBSERVATIONS = 12  # points a view must see, else its camera is a guess
_FREE_PRINCIPAL_POINT_FROM = 8  # views of one lens
_FREE_FOCAL_FROM = 3  # views of one lens: a pair alone cannot tell focal length from depth
_LONG_CAPTURE = 300  # views from which one mapper has to do: minutes become hours


def map_views(database_path: Path, n_views: int, *, seed: int) -> list[Any]:
    """All separate models (`pycolmap.Reconstruction`) of the better mapper, largest first.

    If views are left out, a third try accepts fewer inliers and smaller angles.
    """
    pycolmap.set_random_seed(seed)
    tries = [_global(database_path, seed=seed)]
    if n_views <= _LONG_CAPTURE or not tries[0]:
        tries.append(_incremental(database_path, seed=seed))
        if max(_registered(models) for models in tries) < n_views:
            tries.append(
                _incremental(database_path, seed=seed, relaxed=True, trust_focal=n_views == 2)
            )
    for models in tries:
        for model in models:
            drop_weak_views(model)
        models.sort(key=_quality, reverse=True)
    return max(tries, key=lambda models: _quality(models[0]) if models else (0, 0))


def refine(reconstruction: Any, lenses: Sequence[Lens]) -> None:
    """A last robust bundle adjustment; lenses with enough views get a free principal point.

    The lenses with fewer views keep the intrinsics that the mapper found.
    """
    options = pycolmap.BundleAdjustmentOptions()
    options.print_summary = False
    options.ceres.loss_function_type = pycolmap.LossFunctionType.SOFT_L1
    options.ceres.solver_options.max_num_iterations = 50
    config = pycolmap.BundleAdjustmentConfig()
    registered = set(reconstruction.reg_image_ids())
    for image_id in registered:
        config.add_image(image_id)
    n_views = {
        n + 1: len(registered.intersection(idx + 1 for idx in lens.view_idx))
        for n, lens in enumerate(lenses)
    }
    options.refine_principal_point = max(n_views.values()) >= _FREE_PRINCIPAL_POINT_FROM
    enough = _FREE_PRINCIPAL_POINT_FROM if options.refine_principal_point else _FREE_FOCAL_FROM
    for camera_id, n in n_views.items():
        if n < enough and reconstruction.exists_camera(camera_id):
            config.set_constant_cam_intrinsics(camera_id)
    config.fix_gauge(pycolmap.BundleAdjustmentGauge.TWO_CAMS_FROM_WORLD)
    pycolmap.create_default_bundle_adjuster(options, config, reconstruction).solve()
    reconstruction.update_point_3d_errors()
    drop_weak_views(reconstruction)


def drop_weak_views(reconstruction: Any) -> None:
    """Take back the cameras of views that see too few points: their pose is a guess.

    The weakest first: with each view, its observations leave the others' points too.
    """
    while registered := [reconstruction.image(n) for n in reconstruction.reg_image_ids()]:
        weakest = min(registered, key=lambda image: image.num_points3D)
        if weakest.num_points3D >= MIN_OBSERVATIONS:
            return
        reconstruction.deregister_frame(weakest.frame_id)


def _quality(model: Any) -> tuple[int, int]:
    """Larger is better: views placed, then measurements explained."""
    return model.num_reg_images(), model.compute_num_observations()


def _registered(models: Sequence[Any]) -> int:
    return max((model.num_reg_images() for model in models), default=0)


def _incremental(
    database_path: Path, *, seed: int, relaxed: bool = False, trust_focal: bool = False
) -> list[Any]:
    options = pycolmap.IncrementalPipelineOptions()
    options.random_seed = seed
    options.min_model_size = 2
    options.extract_colors = False
    if relaxed:
        options.mapper.init_min_num_inliers = 30
        options.mapper.init_min_tri_angle = 4.0
        options.mapper.abs_pose_min_num_inliers = 15
        options.mapper.abs_pose_min_inlier_ratio = 0.15
        options.triangulation.ignore_two_view_tracks = False  # a pair has no others
    if trust_focal:
        options.ba_refine_focal_length = False
        options.ba_refine_extra_params = False
    folder = database_path.parent
    found = pycolmap.incremental_mapping(database_path, folder, folder, options)
    return list(found.values())


def _global(database_path: Path, *, seed: int) -> list[Any]:
    options = pycolmap.GlobalPipelineOptions()
    options.random_seed = seed
    folder = database_path.parent
    try:
        found = pycolmap.global_mapping(database_path, folder, folder, options)
    except (RuntimeError, ValueError):  # too few relative poses to average: the other mapper's job
        return []
    return list(found.values())
