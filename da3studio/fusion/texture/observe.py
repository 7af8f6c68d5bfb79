"""What each photo shows of each face: how well, and in which colour.

One pass over the photos; what is kept of a photo is a small copy, and of a face its best views.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from da3studio.base.cancel import CancelToken
from da3studio.base.i18n import tr
from da3studio.base.progress import Progress, Report
from da3studio.fusion.raycast import RayScene
from da3studio.fusion.texture.sampling import sample, shrunk
from da3studio.geometry.camera import Camera, project
from da3studio.scene.mesh import Mesh
from da3studio.scene.view import ViewId

BEST_VIEWS = 8  # views remembered per face
_HIDDEN_MARGIN = 0.003  # of the distance: the roughness of a fused surface
_COVER_MARGIN = 0.02  # of the distance: what was cut off right beside a face hides nothing
_BORDER_PX = 2.0  # faces this close to a photo's border are not seen by it
_EDGE_SIDE_PX = 512  # longer side of the depth images in which occlusion edges are found
_EDGE_JUMP = 0.02  # second difference of inverse depth, relative; 0 on any plane
_EDGE_REACH = 0.01  # of the longer side: a photo's silhouettes bleed this far
_EDGE_WORTH = 0.05  # quality left to a face right at an occlusion edge
_DETAIL_SIDE_PX = 2048  # longer side of the images in which detail is measured
_PLAIN = 16.0  # slope [quarter levels per px] that tells nothing: noise and compression
_KEPT_SIDE_PX = 1024  # longer side of the small copies ...
_KEPT_TOTAL_PX = 64_000_000  # ... and their number of pixels together

CoverOf = Callable[[ViewId], NDArray[np.float32]]
"""Gives of a view, `(h, w)` at any size, how far away it shows what is no part of the mesh, along
the optical axis [world units]: infinite = nothing, 0 = never to be used."""


@dataclass(frozen=True, eq=False)
class Observations:
    """What the photos show of a mesh's `F` faces; each face has up to `K` candidate views."""

    view_idx: NDArray[np.int16]  # (F, K) best first, -1 = no further view
    quality: NDArray[np.float32]  # (F, K) > 0, 0 = no further view; see `_quality`
    rgb: NDArray[np.uint8]  # (F, K, 3) sRGB, the face's mean colour there
    small: tuple[NDArray[np.uint8], ...]  # per view, `(h, w, 3)` sRGB: the photo, shrunk
    cameras: tuple[Camera, ...]  # per view, at the photo's full size


def observe(
    mesh: Mesh,
    cameras: Mapping[ViewId, Camera],
    photo_of: Callable[[ViewId], NDArray[np.uint8]],
    sharpness: Mapping[ViewId, float],
    *,
    report: Report,
    token: CancelToken,
    cover_of: CoverOf | None = None,
) -> Observations:
    """Look at the mesh through every photo, one after the other.

    Args:
        mesh: with faces.
        cameras: pinholes at the photos' full size.
        photo_of: the undistorted photo of exactly that size, `(H, W, 3)` sRGB.
        sharpness: of each photo, comparable among them.
        report: told about progress.
        token: checked before each photo.
        cover_of: what stands in front of the mesh in a photo, though it is no part of it.

    Raises:
        ValueError: a photo and its camera differ in size.
    """
    scene = RayScene(mesh)
    shape = (len(mesh.faces), BEST_VIEWS)
    view_idx = np.full(shape, -1, np.int16)
    quality = np.zeros(shape, np.float32)
    rgb = np.zeros((*shape, 3), np.uint8)
    side = min(_KEPT_SIDE_PX, int((_KEPT_TOTAL_PX / len(cameras)) ** 0.5))
    worth = _worth([sharpness[view] for view in cameras])
    small = []
    for index, (view, camera) in enumerate(cameras.items()):
        token.check()
        report(Progress(tr("Looking at the surface through the photos"), index, len(cameras)))
        copy, detail = _small_copies(photo_of(view), camera, side, view)
        small.append(copy)
        faces, score = _seen(mesh, camera, scene)
        if cover_of is not None:
            clear = ~_is_covered(mesh, faces, camera, cover_of(view))
            faces, score = faces[clear], score[clear]
        if not len(faces):
            continue
        centres = mesh.vertices[mesh.faces[faces]].mean(axis=1)
        pixels = project(centres, camera.resized(copy.shape[1], copy.shape[0]))
        colour = np.rint(sample(copy, pixels)).astype(np.uint8)
        # The weakest of the face's candidates gives way.
        weakest = quality[faces].argmin(axis=1)
        score *= worth[index] * (sample(detail, pixels) + _PLAIN)
        better = score > quality[faces, weakest]
        slot = faces[better], weakest[better]
        view_idx[slot], quality[slot], rgb[slot] = index, score[better], colour[better]
    order = np.argsort(-quality, axis=1, kind="stable")
    return Observations(
        np.take_along_axis(view_idx, order, axis=1),
        np.take_along_axis(quality, order, axis=1),
        np.take_along_axis(rgb, order[..., None], axis=1),
        tuple(small),
        tuple(cameras.values()),
    )


def _worth(sharpness: Sequence[float]) -> NDArray[np.float64]:
    """Factor per photo: blurred ones lose, but what a photo shows also sways its score."""
    values = np.asarray(sharpness, np.float64)
    return np.clip(values / max(float(np.median(values)), 1e-9), 0.25, 1.5)


def _small_copies(
    photo: NDArray[np.uint8], camera: Camera, side: int, view: ViewId
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """`(h, w, 3)` the photo and `(h, w)` its mean slope [levels per px], both shrunk."""
    import cv2

    width, height = camera.intrinsics.width, camera.intrinsics.height
    if photo.shape != (height, width, 3):
        raise ValueError(f"photo {view} is {photo.shape}, its camera {height, width}")
    ratio = min(side / max(width, height), 1.0)
    size = max(round(width * ratio), 1), max(round(height * ratio), 1)
    ratio = min(_DETAIL_SIDE_PX / max(width, height), 1.0)
    work = shrunk(photo, max(round(width * ratio), 1), max(round(height * ratio), 1))
    grey = cv2.cvtColor(work, cv2.COLOR_RGB2GRAY)
    # A Scharr kernel sums to 16 a side and spans 2 px; an eighth is in quarter levels per px.
    across = cv2.convertScaleAbs(cv2.Scharr(grey, cv2.CV_16S, 1, 0), alpha=1 / 8)
    down = cv2.convertScaleAbs(cv2.Scharr(grey, cv2.CV_16S, 0, 1), alpha=1 / 8)
    slope = shrunk(cv2.max(across, down), *size)
    copy = shrunk(photo, *size)
    return copy.copy() if copy is photo else copy, slope


def _seen(
    mesh: Mesh, camera: Camera, scene: RayScene
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Faces that a view sees whole, and how well: `(N,)` indices and `(N,)` qualities.

    Quality is the face's area in the photo [px²] times the cosine of the angle at which it is
    seen, less near occlusion edges, where a small error of the surface paints foreground on
    background.
    """
    lens, viewpoint = camera.intrinsics, camera.centre
    pixels = project(mesh.vertices, camera)
    limit = np.array([lens.width, lens.height]) - _BORDER_PX
    vertex_inside = np.all((pixels > _BORDER_PX) & (pixels < limit), axis=1)
    faces = np.flatnonzero(vertex_inside[mesh.faces].all(axis=1))
    corners = pixels[mesh.faces[faces]]
    ab, ac = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    # Counter-clockwise from outside is clockwise in pixels, whose y points down.
    area = (ab[:, 1] * ac[:, 0] - ab[:, 0] * ac[:, 1]) / 2
    faces, area = faces[area > 0], area[area > 0]

    asked = np.zeros(len(mesh.vertices), bool)
    asked[mesh.faces[faces]] = True
    hidden = np.ones(len(mesh.vertices), bool)
    hidden[asked] = scene.hidden(mesh.vertices[asked], viewpoint, _HIDDEN_MARGIN)
    whole = ~hidden[mesh.faces[faces]].any(axis=1)
    faces, area = faces[whole], area[whole]
    triangles = mesh.vertices[mesh.faces[faces]].astype(np.float64)
    centres = triangles.mean(axis=1)
    open_ = ~scene.hidden(centres, viewpoint, _HIDDEN_MARGIN)
    faces, area, triangles, centres = faces[open_], area[open_], triangles[open_], centres[open_]
    if not len(faces):
        return faces, area.astype(np.float32)

    # Vertex normals: those of single faces are as rough as the surface, and so would be charts.
    normal = mesh.normals[mesh.faces[faces]].mean(axis=1)
    towards = viewpoint - centres
    lengths = np.linalg.norm(normal, axis=1) * np.linalg.norm(towards, axis=1)
    cosine = np.clip((normal * towards).sum(axis=1) / np.maximum(lengths, 1e-30), 0.01, 1)
    near_edge = _edge_worth(camera, scene, project(centres, camera))
    return faces, (area * cosine * near_edge).astype(np.float32)


def _is_covered(
    mesh: Mesh, faces: NDArray[np.int64], camera: Camera, cover: NDArray[np.float32]
) -> NDArray[np.bool_]:
    """`(N,)` faces that the photo shows something else in front of, at any corner."""
    if not np.isfinite(cover).any():
        return np.zeros(len(faces), np.bool_)
    height, width = cover.shape
    vertices, corners = np.unique(mesh.faces[faces], return_inverse=True)
    points = mesh.vertices[vertices]
    column, row = project(points, camera.resized(width, height)).astype(np.intp).T
    in_front = cover[row.clip(0, height - 1), column.clip(0, width - 1)]
    depth = camera.cam_from_world.apply(points)[:, 2]
    vertex_covered = in_front < depth * (1 - _COVER_MARGIN)
    covered: NDArray[np.bool_] = vertex_covered[corners.reshape(-1, 3)].any(axis=1)
    return covered


def _edge_worth(
    camera: Camera, scene: RayScene, pixels: NDArray[np.float64]
) -> NDArray[np.float32]:
    """Factor per pixel position: 1 away from occlusion edges, `_EDGE_WORTH` at them."""
    import cv2

    lens = camera.intrinsics
    ratio = min(_EDGE_SIDE_PX / max(lens.width, lens.height), 1.0)
    reduced = camera.resized(max(round(lens.width * ratio), 1), max(round(lens.height * ratio), 1))
    seen = scene.look(reduced)
    inverse = np.divide(1.0, seen.t, out=np.zeros_like(seen.t), where=seen.found)
    padded = np.pad(inverse, 1, mode="edge")
    across = np.abs(padded[1:-1, 2:] - 2 * inverse + padded[1:-1, :-2])
    down = np.abs(padded[2:, 1:-1] - 2 * inverse + padded[:-2, 1:-1])
    edge = np.maximum(across, down) > _EDGE_JUMP * np.maximum(inverse, np.finfo(np.float32).tiny)
    # At the frame the replicated pixel fakes a bend in the surface.
    edge[[0, -1]], edge[:, [0, -1]] = False, False
    distance = cv2.distanceTransform((~edge).astype(np.uint8), cv2.DIST_L2, 3)
    reach = _EDGE_REACH * max(reduced.intrinsics.width, reduced.intrinsics.height)
    worth = np.clip(distance / reach, _EDGE_WORTH, 1)
    scale = (reduced.intrinsics.width / lens.width, reduced.intrinsics.height / lens.height)
    return sample(worth.astype(np.float32), pixels * scale)
