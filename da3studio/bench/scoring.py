"""A reconstruction against its reference: files for the scorer, its run, its figures."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from PIL import Image

from da3studio.base.cancel import CancelToken
from da3studio.bench.photo_sets import SCORER, SPLIT, PhotoSet, key_of
from da3studio.exporters import export
from da3studio.geometry.pose_errors import auc, pair_errors, trusted
from da3studio.geometry.rigid import Rigid3
from da3studio.media.photos import PhotoFiles
from da3studio.recipes.export import ExportRecipe
from da3studio.scene.scene import Scene

_SCENE_AXES = ExportRecipe(content="mesh", origin="scene")  # OBJ keeps the cameras' world then
_JPEG_QUALITY = 95
_LOOK_EVERY_S = 0.2  # how soon a stop is noticed
_TRUSTED_DEG = 5.0


class ScorerFailedError(Exception):
    """The scorer ended with an error; the argument is what it said."""


@dataclass(frozen=True)
class SurfaceFigures:
    """Of the mesh, at one distance; shares of 0 to 100."""

    precision: float
    recall: float
    f1: float


@dataclass(frozen=True)
class Scores:
    """Figures of one set; `None` = could not be computed."""

    n_scored: int  # reference cameras that the scorer compared with
    auc: Mapping[int, float]  # degrees → 0 to 100
    auc_trusted: float | None  # at 5 degrees, against trusted reference cameras only
    rotation_deg: float | None  # medians over the pairs found
    direction_deg: float | None
    focal_percent: float | None  # median difference of the focal length
    surface: Mapping[str, SurfaceFigures]  # "0.5%" → ...
    fitted: Mapping[str, SurfaceFigures]  # the same after ICP; only against a dense reference
    dense: bool  # the surface's reference is dense, so that its precision means something
    photo_psnr_db: float | None
    warnings: tuple[str, ...]


def score(
    photo_set: PhotoSet, scene: Scene, photos: PhotoFiles, folder: Path, token: CancelToken
) -> Scores:
    """Score a scene.

    Args:
        photo_set: what it was made from.
        scene: with cameras; without a mesh only these are scored.
        photos: reads the set's photos.
        folder: empty; for the files that the scorer reads.
        token: checked while the scorer runs.

    Raises:
        ScorerFailedError: the scorer could not do its work.
        UserFacingError: by the exporters and by reading the photos.
        JobCancelled: by the token.
    """
    renamed = tuple(replace(view, name=photo_set.scored_name(view)) for view in scene.views)
    scene = replace(scene, views=renamed)
    poses, upright = folder / "poses.colmap", folder / "upright"
    export(scene, poses, ExportRecipe())
    words = ["--set", f"{SPLIT}/{photo_set.name}", "--root", str(photo_set.root)]
    words += ["--poses", str(poses)]
    if scene.mesh is not None:
        mesh = folder / "mesh.obj"
        export(scene, mesh, _SCENE_AXES)
        _write_upright(photo_set, scene, photos, upright, token)
        words += ["--mesh", str(mesh), "--images", str(upright)]
    said = _run(photo_set.root / SCORER, words, folder / "scores.json", token)
    return _scores(said, photo_set, _found(scene))


def trusted_auc(photo_set: PhotoSet, found: Mapping[str, Rigid3]) -> float | None:
    """AUC at 5 degrees against the reference cameras that rest on enough points, 0 to 100.

    Args:
        photo_set: with its reference.
        found: `cam_from_world` by key. Of a video only the frames in it are compared, as others
            may have been chosen; of photos all.
    """
    reference = trusted(photo_set.reference, photo_set.doubtful)
    if photo_set.is_video:
        reference = {key: pose for key, pose in reference.items() if key in found}
    if len(reference) < 2:
        return None
    return 100 * auc(pair_errors(found, reference), _TRUSTED_DEG)


def _found(scene: Scene) -> dict[str, Rigid3]:
    cameras, names = scene.registration.cameras, {view.id: view.name for view in scene.views}
    return {
        key_of(names[view_id]): cameras[view_id].cam_from_world
        for view_id in scene.registration.view_ids
    }


def _write_upright(
    photo_set: PhotoSet, scene: Scene, photos: PhotoFiles, folder: Path, token: CancelToken
) -> None:
    """Every photo with a reference camera, turned upright, as the scorer names it."""
    folder.mkdir()
    for view in scene.views:
        token.check()
        name = photo_set.upright_names.get(key_of(view.name))
        if name is not None:
            Image.fromarray(photos.read(view)).save(folder / name, quality=_JPEG_QUALITY)


def _run(scorer: Path, words: Sequence[str], result: Path, token: CancelToken) -> dict[str, Any]:
    log = result.with_suffix(".log")
    command = [sys.executable, str(scorer), *words, "--json", str(result)]
    with log.open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT)
        try:
            while process.poll() is None:
                token.check()
                _wait(process)
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
    if process.returncode:
        raise ScorerFailedError(log.read_text("utf-8", errors="replace")[-2000:].strip())
    said: dict[str, Any] = json.loads(result.read_text("utf-8"))
    return said


def _wait(process: subprocess.Popen[bytes]) -> None:
    try:
        process.wait(_LOOK_EVERY_S)
    except subprocess.TimeoutExpired:
        return


def _scores(said: Mapping[str, Any], photo_set: PhotoSet, found: Mapping[str, Rigid3]) -> Scores:
    pose = said["pose"]
    cloud = said.get("cloud", {})
    warnings = [said["warning"]] if "warning" in said else []
    if isinstance(cloud, str):
        cloud = {"error": cloud}
    if "error" in cloud:
        warnings.append(f"surface not scored: {cloud['error']}")
    return Scores(
        n_scored=pose["images"],
        auc={at: pose[f"AUC@{at}"] for at in (3, 5, 30) if f"AUC@{at}" in pose},
        auc_trusted=trusted_auc(photo_set, found),
        rotation_deg=pose["rot_med_deg"],
        direction_deg=pose["trans_dir_med_deg"],
        focal_percent=pose["focal_err_med_pct"],
        surface=_surface(cloud),
        fitted=_surface(said.get("cloud_icp", {})),
        dense=cloud.get("reference") == "dense",
        photo_psnr_db=said.get("photo", {}).get("render_psnr_covered"),
        warnings=tuple(warnings),
    )


def _surface(cloud: Mapping[str, Any]) -> dict[str, SurfaceFigures]:
    return {
        at: SurfaceFigures(row["precision"], row["recall"], row["F1"])
        for at in ("0.5%", "1%")
        if (row := cloud.get(f"@{at}"))
    }
