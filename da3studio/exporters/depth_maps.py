"""Depth maps of all views for other programs: one file a photo, and one with the cameras.

`cameras.json` says of each file which photo it belongs to, the pinhole camera it was measured with
(pixel centres at half integers, x right, y down, z forward), `cam_from_world` as three rows of
`x_cam = rotation @ x_world + translation`, and the unit. The depth is z along the optical axis.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from da3studio.base.atomic import write_folder_atomic
from da3studio.base.cancel import CancelToken
from da3studio.base.errors import Missing
from da3studio.base.i18n import tr
from da3studio.base.progress import Progress, Report
from da3studio.exporters.base import GENERATOR
from da3studio.exporters.naming import one_line
from da3studio.exporters.replacing import refuse_foreign
from da3studio.geometry.camera import Camera
from da3studio.recipes.export import DepthFormat
from da3studio.scene.depth import DepthMap
from da3studio.scene.scene import Scene
from da3studio.scene.view import View

CAMERAS_FILE = "cameras.json"

_STEPS = 65_535  # of a 16-bit picture; 0 = not measured
_LARGEST_JSON_BYTES = 64 * 2**20


@dataclass(frozen=True)
class DepthSource:
    """Where depth maps come from, one at a time."""

    depth_of: Callable[[View], DepthMap]
    scale: float = 1.0  # [units of the scene's cameras per unit of the depth maps]


def write_depth_maps(
    scene: Scene,
    source: DepthSource,
    folder: Path,
    format: DepthFormat,
    *,
    report: Report,
    token: CancelToken,
) -> tuple[Path, ...]:
    """Write the folder whole or not at all; one written before is replaced.

    Args:
        scene: whose views and cameras.
        source: of the depth maps of its registered views.
        folder: to make.
        format: of each file.
        report: told about progress.
        token: checked between files.

    Raises:
        Missing: no view has a camera.
        BadInput: `folder` exists and holds something that this export did not write.
        DiskFull, CannotWrite: by the place written to.
        JobCancelled: by the token; nothing is left behind.
    """
    refuse_depth_folder(folder)
    cameras = scene.registration.cameras
    views = [view for view in scene.views if view.id in cameras]
    if not views:
        raise Missing(
            tr("There are no depth maps to export."),
            why=tr("No photo of {name} has a known camera.").format(name=scene.name),
            fix=tr("Reconstruct the photos first, then export again."),
        )
    step = _step(views, source, token) if format == "png" else 0.0
    about: dict[str, Any] = {
        "generator": GENERATOR,
        "scene": scene.name,
        "unit": scene.registration.unit,
        "networks": list(scene.networks),
        "depth": "z along the optical axis, 0 = not measured",
        "convention": "x right, y down, z forward; pixel centres at half integers;"
        " x_cam = cam_from_world[:, :3] @ x_world + cam_from_world[:, 3]",
    }
    if format == "png":
        about["depth_per_step"] = step

    def fill(new: Path) -> None:
        rows = []
        for done, (view, name) in enumerate(zip(views, _names(views, format), strict=True)):
            token.check()
            report(Progress(tr("Writing depth maps"), done, len(views)))
            depth = source.depth_of(view)
            (new / name).write_bytes(_content(depth, source.scale, format, step))
            camera = cameras[view.id].pinhole().resized(depth.width, depth.height)
            rows.append(_row(name, view, camera))
        text = json.dumps({**about, "views": rows}, indent=1)
        (new / CAMERAS_FILE).write_text(text + "\n", encoding="utf-8")
        report(Progress(tr("Writing depth maps"), len(views), len(views)))

    write_folder_atomic(folder, fill)
    return (folder,)


def refuse_depth_folder(folder: Path) -> None:
    """Refuse a folder that may not be replaced; ask before the minutes of work.

    Raises:
        BadInput: it holds something that this export did not write.
    """
    refuse_foreign(folder, CAMERAS_FILE, lambda: _written(folder / CAMERAS_FILE))


def _written(cameras_file: Path) -> set[str]:
    """The files that an export before this one made, as it says itself; none if it is not ours."""
    try:
        with cameras_file.open("rb") as file:
            document = json.loads(file.read(_LARGEST_JSON_BYTES))
        if not str(document["generator"]).startswith(GENERATOR.rsplit(" ", 1)[0]):
            return set()
        return {str(row["file"]) for row in document["views"]}
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return set()


def _step(views: Sequence[View], source: DepthSource, token: CancelToken) -> float:
    """The depth of one step of a 16-bit picture, the same for all views [units]."""
    farthest = 0.0
    for view in views:
        token.check()
        farthest = max(farthest, float(source.depth_of(view).z.max(initial=0.0)))
    return (farthest * source.scale / _STEPS) or 1.0


def _content(depth: DepthMap, scale: float, format: DepthFormat, step: float) -> bytes:
    from PIL import Image

    z = depth.z * np.float32(scale)
    file = io.BytesIO()
    if format == "npz":
        np.savez_compressed(file, z=z, confidence=depth.confidence, sky=depth.sky)
    elif format == "tiff":
        Image.fromarray(z).save(file, "TIFF", compression="tiff_deflate")
    else:
        Image.fromarray(_in_steps(z, step)).save(file, "PNG", compress_level=3)
    return file.getvalue()


def _in_steps(z: NDArray[np.float32], step: float) -> NDArray[np.uint16]:
    """Rounded, but what was measured is never 0."""
    steps = np.clip(np.round(z / np.float64(step)), 1, _STEPS).astype(np.uint16)
    return np.where(z > 0, steps, np.uint16(0))


def _names(views: Sequence[View], format: DepthFormat) -> list[str]:
    """File names like those of the photos; the suffix is kept where two differ only by it."""
    flat = [one_line(view.name).replace("/", "_").replace("\\", "_") for view in views]
    stems = [Path(name).stem for name in flat]
    folded = [stem.casefold() for stem in stems]
    taken: set[str] = set()
    names = []
    for name, stem in zip(flat, stems, strict=True):
        base = stem if folded.count(stem.casefold()) == 1 else name
        chosen, number = base, 2
        while chosen.casefold() in taken:
            chosen, number = f"{base} ({number})", number + 1
        taken.add(chosen.casefold())
        names.append(f"{chosen}.{format}")
    return names


def _row(name: str, view: View, camera: Camera) -> dict[str, Any]:
    lens, pose = camera.intrinsics, camera.cam_from_world
    return {
        "file": name,
        "photo": view.name,
        "width": lens.width,
        "height": lens.height,
        "fx": lens.fx,
        "fy": lens.fy,
        "cx": lens.cx,
        "cy": lens.cy,
        "cam_from_world": np.column_stack([pose.rotation, pose.translation]).tolist(),
    }
