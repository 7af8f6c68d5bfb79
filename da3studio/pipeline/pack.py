"""Results ↔ named arrays and small JSON values, as chunks hold them.

Each `unpack_…` raises `ValueError`, `KeyError` or `TypeError` for content that does not fit: a
file may come from a stranger. `results.py` turns that into a damaged chunk.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from da3studio.fusion.alone import Alone
from da3studio.geometry.arrays import frozen
from da3studio.geometry.camera import Camera, Intrinsics
from da3studio.geometry.rigid import Rigid3
from da3studio.project.fields import Fields
from da3studio.scene.cloud import PointCloud
from da3studio.scene.depth import DepthMap
from da3studio.scene.gaussians import Gaussians
from da3studio.scene.mesh import Mesh, Texture
from da3studio.scene.registration import Registration, SparsePoints, Unit
from da3studio.scene.view import ViewId

Arrays = Mapping[str, NDArray[Any]]
Agreement = Mapping[ViewId, NDArray[np.uint8]]
"""Of each depth map, `(H, W)` how many views agree on each pixel."""

CLOUD_ARRAYS = tuple(field.name for field in fields(PointCloud) if field.name != "view_ids")
"""What a cloud needs of a chunk that also holds its agreement maps."""

_MOST_VIEWS = 100_000


@dataclass(frozen=True, eq=False)
class Packed:
    """A result as a chunk holds it."""

    arrays: Arrays
    meta: Mapping[str, Any]


def pack_registration(registration: Registration) -> Packed:
    """Cameras as one row each, in the order of `view_ids`."""
    cameras = [registration.cameras[view_id] for view_id in registration.view_ids]
    poses = [camera.cam_from_world for camera in cameras]
    n = len(cameras)
    arrays = {
        "lens": np.array([_lens_row(camera.intrinsics) for camera in cameras]).reshape(n, 8),
        "rotation": np.array([pose.rotation for pose in poses]).reshape(n, 3, 3),
        "translation": np.array([pose.translation for pose in poses]).reshape(n, 3),
    }
    points = {f"point_{name}": array for name, array in _arrays_of(registration.points).items()}
    meta = {
        "view_ids": list(registration.view_ids),
        "left_out": dict(registration.left_out),
        "notices": list(registration.notices),
        "unit": registration.unit,
    }
    return Packed({**arrays, **points}, meta)


def unpack_registration(packed: Packed) -> Registration:
    """The inverse of `pack_registration`."""
    meta = Fields(packed.meta, "the registration")
    view_ids = tuple(ViewId(view_id) for view_id in meta.texts("view_ids", _MOST_VIEWS))
    n = len(view_ids)
    lens = frozen(packed.arrays["lens"], (n, 8), np.float64)
    rotation = frozen(packed.arrays["rotation"], (n, 3, 3), np.float64)
    translation = frozen(packed.arrays["translation"], (n, 3), np.float64)
    cameras = {
        view_id: Camera(_lens(lens[i]), Rigid3(rotation[i], translation[i]))
        for i, view_id in enumerate(view_ids)
    }
    points = SparsePoints(
        **{field.name: packed.arrays[f"point_{field.name}"] for field in fields(SparsePoints)}
    )
    _check_index(points.point_idx, len(points.xyz))
    _check_index(points.view_idx, n)
    return Registration(
        view_ids,
        cameras,
        points,
        {ViewId(name): why for name, why in meta.texts_by_name("left_out").items()},
        meta.texts("notices", 1000),
        _unit(meta.text("unit")),
    )


def pack_depth(depth: DepthMap) -> Packed:
    """A depth map."""
    return Packed(_arrays_of(depth), {})


def unpack_depth(packed: Packed) -> DepthMap:
    """The inverse of `pack_depth`."""
    return DepthMap(packed.arrays["z"], packed.arrays["confidence"], packed.arrays["sky"])


def pack_cloud(cloud: PointCloud) -> Packed:
    """A cloud."""
    return Packed(_arrays_of(cloud), {"view_ids": list(cloud.view_ids)})


def pack_fused(
    cloud: PointCloud, agreement: Agreement, alone: Alone | None = None, notices: Sequence[str] = ()
) -> Packed:
    """A cloud, how many views agree on each pixel of each depth map, and what there is to say.

    Args:
        cloud: the points.
        agreement: of each depth map.
        alone: the only photo whose depth counts; `None` = all do.
        notices: what the person should know.
    """
    packed = pack_cloud(cloud)
    maps = {f"agreement_{i}": array for i, array in enumerate(agreement.values())}
    meta = {**packed.meta, "agreement_ids": list(agreement)}
    if alone is not None:
        meta |= {"alone": alone.view_id, "alike": alone.alike}
    if notices:
        meta |= {"notices": list(notices)}
    return Packed({**packed.arrays, **maps}, meta)


def unpack_alone(packed: Packed) -> Alone | None:
    """The only photo whose depth counts, of what `pack_fused` made; needs none of its arrays."""
    meta = Fields(packed.meta, "the cloud")
    if "alone" not in meta:
        return None
    view_id = ViewId(meta.text("alone"))
    if view_id not in meta.texts("agreement_ids", _MOST_VIEWS):
        raise ValueError("the photo that stands alone is none of its photos")
    return Alone(view_id, meta.number("alike", 0, 1))


def unpack_fused(packed: Packed) -> tuple[PointCloud, Agreement, Alone | None]:
    """The inverse of `pack_fused`."""
    view_ids = Fields(packed.meta, "the cloud").texts("agreement_ids", _MOST_VIEWS)
    maps = {
        ViewId(view_id): frozen(packed.arrays[f"agreement_{i}"], (None, None), np.uint8)
        for i, view_id in enumerate(view_ids)
    }
    return unpack_cloud(packed), maps, unpack_alone(packed)


def unpack_cloud(packed: Packed) -> PointCloud:
    """The inverse of `pack_cloud`."""
    view_ids = Fields(packed.meta, "the cloud").texts("view_ids", _MOST_VIEWS)
    cloud = PointCloud(
        **{name: packed.arrays[name] for name in CLOUD_ARRAYS},
        view_ids=tuple(ViewId(view_id) for view_id in view_ids),
    )
    _check_index(cloud.view_idx, len(cloud.view_ids))
    return cloud


def pack_mesh(mesh: Mesh, notices: Sequence[str]) -> Packed:
    """A mesh, with its texture if it has one, and what the person should know about it."""
    arrays: dict[str, NDArray[Any]] = {
        "vertices": mesh.vertices,
        "faces": mesh.faces,
        "normals": mesh.normals,
    }
    if mesh.rgb is not None:
        arrays["rgb"] = mesh.rgb
    if mesh.texture is not None:
        arrays |= {"image": mesh.texture.image, "corner_uv": mesh.texture.corner_uv}
    return Packed(arrays, {"notices": list(notices)})


def unpack_mesh(packed: Packed) -> Mesh:
    """The inverse of `pack_mesh`."""
    arrays = packed.arrays
    texture = Texture(arrays["image"], arrays["corner_uv"]) if "image" in arrays else None
    return Mesh(arrays["vertices"], arrays["faces"], arrays["normals"], arrays.get("rgb"), texture)


def pack_gaussians(gaussians: Gaussians) -> Packed:
    """Gaussians, of one view."""
    return Packed(_arrays_of(gaussians), {})


def unpack_gaussians(packed: Packed) -> Gaussians:
    """The inverse of `pack_gaussians`."""
    return Gaussians(**{field.name: packed.arrays[field.name] for field in fields(Gaussians)})


def _arrays_of(value: Any) -> dict[str, NDArray[Any]]:
    """The arrays of a dataclass by field name."""
    values = {field.name: getattr(value, field.name) for field in fields(value)}
    return {name: item for name, item in values.items() if isinstance(item, np.ndarray)}


def _lens_row(lens: Intrinsics) -> list[float]:
    return [lens.fx, lens.fy, lens.cx, lens.cy, lens.width, lens.height, lens.k1, lens.k2]


def _lens(row: NDArray[np.float64]) -> Intrinsics:
    if not np.isfinite(row).all() or (row[4:6] < 1).any():
        raise ValueError("a camera has impossible intrinsics")
    fx, fy, cx, cy, width, height, k1, k2 = (float(value) for value in row)
    return Intrinsics(fx, fy, cx, cy, int(width), int(height), k1, k2)


def _unit(text: str) -> Unit:
    if text not in ("metre", "relative"):
        raise ValueError(f"{text!r} is no unit")
    return "metre" if text == "metre" else "relative"


def _check_index(index: NDArray[np.int32], n: int) -> None:
    if len(index) and (index.min() < 0 or index.max() >= n):
        raise ValueError(f"an index points outside the {n} entries")
