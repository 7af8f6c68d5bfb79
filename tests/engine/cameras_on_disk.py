"""Files of known cameras as other programs write them, and photos they belong to."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pycolmap

from da3studio.geometry.camera import Camera
from da3studio.scene.view import PhotoSource, View, ViewId
from tests.synthetic.rigs import orbit

RIG = orbit(4, size=(640, 480))
OPENGL = np.diag([1.0, -1.0, -1.0])  # written out here: the test must not share the program's


def view(name: str, width: int = 640, height: int = 480, path: str | None = None) -> View:
    return View(
        ViewId(f"id of {name}"), name, PhotoSource(path or f"/photos/{name}", name), width, height,
        None, "", 1.0,
    )  # fmt: skip


VIEWS = tuple(view(f"IMG_{k}.jpg") for k in range(4))


def assert_same(found: Camera, true: Camera) -> None:
    assert found.intrinsics == true.intrinsics
    np.testing.assert_allclose(
        found.cam_from_world.matrix(), true.cam_from_world.matrix(), atol=1e-12
    )


def colmap(folder: Path, camera: str = "1 PINHOLE 640 480 704 704 320 240", n: int = 4) -> Path:
    """A text model of the rig without points; one lens for all."""
    folder.mkdir(exist_ok=True)
    (folder / "cameras.txt").write_text(f"# lenses\n{camera}\n")
    lines = []
    for k, one in enumerate(list(RIG.values())[:n]):
        pose = pycolmap.Rigid3d(
            pycolmap.Rotation3d(one.cam_from_world.rotation), one.cam_from_world.translation
        )
        x, y, z, w = pose.rotation.quat.tolist()
        numbers = " ".join(repr(float(v)) for v in (w, x, y, z, *pose.translation))
        lines.append(f"{k + 1} {numbers} 1 IMG_{k}.jpg\n\n")
    (folder / "images.txt").write_text("# photos\n" + "".join(lines))
    return folder


def changed(folder: Path, file: str, old: str, new: str) -> Path:
    text = (folder / file).read_text()
    assert old in text
    (folder / file).write_text(text.replace(old, new, 1))
    return folder


def transforms(path: Path, frames: list | None = None, **shared) -> Path:
    """The rig as nerfstudio writes it."""
    if frames is None:
        frames = [frame(k) for k in range(4)]
    if not shared:
        shared = {"fl_x": 704.0, "fl_y": 704.0, "cx": 320.0, "cy": 240.0, "w": 640, "h": 480}
    path.write_text(json.dumps({"camera_model": "OPENCV", **shared, "frames": frames}))
    return path


def frame(k: int, change=lambda matrix: matrix, **own) -> dict:
    matrix = list(RIG.values())[k].cam_from_world.inverse().matrix()
    matrix[:3, :3] = matrix[:3, :3] @ OPENGL
    return {
        "file_path": f"images/IMG_{k}.jpg", "transform_matrix": change(matrix).tolist(), **own,
    }  # fmt: skip
