"""Pictures of a mesh without a graphics card: rays, filtered texture, soft edges."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from da3studio.fusion.raycast import Hits, RayScene
from da3studio.fusion.texture.sampling import sample, shrunk
from da3studio.geometry.camera import Camera, Intrinsics, project
from da3studio.geometry.rigid import Rigid3
from da3studio.scene.mesh import Mesh

_SUPERSAMPLE = 2  # rays per pixel and direction
_STRIP_PX = 1_000_000  # rays cast together
_CLAY = np.array([196, 190, 182], np.float32)  # a mesh without colours
_BACK = np.array([120, 120, 124], np.float32)  # the inner side of an open surface
_SKY_TOP, _SKY_BOTTOM = np.array([246, 247, 249]), np.array([214, 217, 222])
_AMBIENT = 0.35  # of a headlight's brightness, on surfaces seen edge-on
_FIELD_OF_VIEW = np.radians(35)  # of a preview's shorter side: little perspective distortion
_ELEVATION = np.radians(24)
_AZIMUTHS = np.radians([32, -32, 75, -75, 120, -120, 165, -165])  # from the front, best first
_BESIDE, _ABOVE = np.radians(16), np.radians(10)  # of the only photo: a relief has no other side
_STEEPEST = np.radians(80)  # from straight above nobody knows what is up in the picture
_LIKING = 0.03  # how much more surface the next viewpoint must show to be taken
_PROBE_SIDE_PX = 96
_INNER = 0.2  # of the shown surface is its inner side: a room, seen from outside
_PHOTO_VIEWPOINTS = 24  # tried for a room
_WIDE_FIELD_OF_VIEW = np.radians(60)  # of the shorter side: a room at a glance
_MARGIN = 1.06  # of the picture around the mesh


def render(mesh: Mesh, camera: Camera) -> NDArray[np.uint8]:
    """Draw a mesh as a pinhole camera sees it, on a soft neutral background.

    A texture or vertex colours are shown as they are; a plain mesh is shaded like clay under a
    light at the camera. The inner side of an open surface is grey.

    Returns:
        `(height, width, 3)` sRGB of the camera's size.
    """
    lens = camera.intrinsics
    fine = camera.resized(lens.width * _SUPERSAMPLE, lens.height * _SUPERSAMPLE)
    scene = RayScene(mesh)
    painter = _Painter(mesh, fine)
    picture = np.empty((lens.height, lens.width, 3), np.uint8)
    rows = max(_STRIP_PX // (fine.intrinsics.width * _SUPERSAMPLE), 1)
    for top in range(0, lens.height, rows):
        n = min(rows, lens.height - top)
        strip = _rows_of(fine, top * _SUPERSAMPLE, n * _SUPERSAMPLE)
        hits = scene.look(strip)
        colour = _background(top, n, lens.height, strip.intrinsics.width)
        colour[hits.found] = painter.colours(hits, strip)
        # Mean of the samples in stored values: what a person expects of a drawn edge.
        samples = colour.reshape(n, _SUPERSAMPLE, lens.width, _SUPERSAMPLE, 3)
        picture[top : top + n] = np.rint(np.clip(samples.mean(axis=(1, 3)), 0, 255))
    return picture


def preview(mesh: Mesh, size: tuple[int, int], cameras: Sequence[Camera] = ()) -> NDArray[np.uint8]:
    """Draw a mesh from a good viewpoint, see `good_camera`; one photo's from a little beside it.

    Args:
        mesh: with faces.
        size: width, height of the picture [px].
        cameras: of the photos that it was made of.
    """
    if len(cameras) == 1:
        return render(mesh, _beside(mesh, size, cameras[0]))
    return render(mesh, good_camera(mesh, size, cameras))


def good_camera(mesh: Mesh, size: tuple[int, int], cameras: Sequence[Camera] = ()) -> Camera:
    """A three-quarter view from above that shows much of the outside and fits the picture.

    A room shows mostly the inner sides of its walls to that view: then it is the viewpoint of the
    photo that shows most of the surface, with a wide lens. Up is -y and the front looks along -z,
    the axes of a finished scene.

    Args:
        mesh: with faces.
        size: width, height of the picture [px].
        cameras: of the photos; without them the view is from outside.
    """
    scene = RayScene(mesh)
    best, most, inner_share = None, -np.inf, 0.0
    for azimuth in _AZIMUTHS:
        camera = _fitted(mesh, float(azimuth), size)
        front, inner = _shares(mesh, scene, camera)
        if front - inner > most + _LIKING:
            best, most = camera, front - inner
            inner_share = inner / max(front + inner, 1e-9)
    if best is None:
        raise ValueError("a preview needs a mesh with faces")
    if inner_share < _INNER or not cameras:
        return best
    step = -(-len(cameras) // _PHOTO_VIEWPOINTS)
    inside = [_wide(camera, size) for camera in cameras[::step]]
    return max(inside, key=lambda camera: np.subtract(*_shares(mesh, scene, camera)))


def _shares(mesh: Mesh, scene: RayScene, camera: Camera) -> tuple[float, float]:
    """Parts of the picture that show the outer and the inner side of the surface."""
    lens = camera.intrinsics
    largest = max(lens.width, lens.height)
    sides = (max(side * _PROBE_SIDE_PX // largest, 1) for side in (lens.width, lens.height))
    probe = camera.resized(*sides)
    hits = scene.look(probe)
    front = _facing(mesh, hits, probe) > 0
    return float(front.sum()) / hits.face.size, float((~front).sum()) / hits.face.size


def _beside(mesh: Mesh, size: tuple[int, int], camera: Camera) -> Camera:
    """A little beside and above the direction that a photo was taken in."""
    x, y, z = camera.cam_from_world.rotation[2]
    azimuth, elevation = np.arctan2(-x, z) + _BESIDE, np.arcsin(np.clip(y, -1, 1)) + _ABOVE
    return _fitted(mesh, float(azimuth), size, float(min(elevation, _STEEPEST)))


def _wide(camera: Camera, size: tuple[int, int]) -> Camera:
    """The viewpoint of a photo through a lens of `_WIDE_FIELD_OF_VIEW`."""
    width, height = size
    focal = min(size) / 2 / np.tan(_WIDE_FIELD_OF_VIEW / 2)
    lens = Intrinsics(focal, focal, width / 2, height / 2, width, height)
    return Camera(lens, camera.cam_from_world)


class _Painter:
    """Colours of hit points; the texture's mip levels are made once."""

    def __init__(self, mesh: Mesh, camera: Camera) -> None:
        self._mesh = mesh
        self._levels: list[NDArray[np.uint8]] = []
        if mesh.texture is None:
            return
        image = mesh.texture.image
        self._levels.append(image)
        self._level_of_face = _mip_levels(mesh, camera)
        for _ in range(int(self._level_of_face.max(initial=0))):
            height, width = (max(side // 2, 1) for side in self._levels[-1].shape[:2])
            self._levels.append(shrunk(self._levels[-1], width, height))

    def colours(self, hits: Hits, camera: Camera) -> NDArray[np.float32]:
        """`(M, 3)` of the rays that hit something, in the order of `hits.found`."""
        face, weights = hits.face[hits.found], hits.weights[hits.found]
        facing = _facing(self._mesh, hits, camera)
        light = (_AMBIENT + (1 - _AMBIENT) * np.abs(facing))[:, None].astype(np.float32)
        if self._mesh.texture is not None:
            colour = self._textured(self._mesh.texture.corner_uv, face, weights)
        elif self._mesh.rgb is not None:
            corners = self._mesh.rgb[self._mesh.faces[face]].astype(np.float32)
            colour = np.einsum("mk,mkc->mc", weights, corners)
        else:
            colour = (_CLAY * light).astype(np.float32)
        shaded: NDArray[np.float32] = np.where((facing > 0)[:, None], colour, _BACK * light)
        return shaded

    def _textured(
        self, corner_uv: NDArray[np.float32], face: NDArray[np.int32], weights: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        uv = np.einsum("mk,mkc->mc", weights, corner_uv[face])
        level = self._level_of_face[face]
        colour = np.zeros((len(face), 3), np.float32)
        for index, image in enumerate(self._levels):
            mine = level == index
            if mine.any():
                colour[mine] = sample(image, uv[mine] * image.shape[1::-1])
        return colour


def _mip_levels(mesh: Mesh, camera: Camera) -> NDArray[np.int64]:
    """`(F,)` halvings of the texture at which a texel is about as large as a ray's footprint."""
    if mesh.texture is None:
        raise ValueError("a mesh without texture has no mip levels")
    height, width = mesh.texture.image.shape[:2]
    texels = _area(mesh.texture.corner_uv) * (width * height)
    pixels = _area(project(mesh.vertices, camera)[mesh.faces])
    with np.errstate(divide="ignore", invalid="ignore"):
        level = np.log2(texels / pixels) / 2
    highest = int(np.log2(min(height, width)))
    rounded: NDArray[np.int64] = np.clip(np.nan_to_num(np.rint(level)), 0, highest).astype(int)
    return rounded


def _area(corners: NDArray[np.floating]) -> NDArray[np.floating]:
    ab, ac = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    area: NDArray[np.floating] = np.abs(ab[:, 0] * ac[:, 1] - ab[:, 1] * ac[:, 0]) / 2
    return area


def _facing(mesh: Mesh, hits: Hits, camera: Camera) -> NDArray[np.float32]:
    """`(M,)` cosine between each hit face's normal and the direction to the camera."""
    corners = mesh.vertices[mesh.faces[hits.face[hits.found]]]
    normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    point = np.einsum("mk,mkc->mc", hits.weights[hits.found], corners)
    towards = camera.centre.astype(np.float32) - point
    lengths = np.linalg.norm(normal, axis=1) * np.linalg.norm(towards, axis=1)
    cosine: NDArray[np.float32] = (normal * towards).sum(axis=1) / np.maximum(lengths, 1e-30)
    return cosine


def _rows_of(camera: Camera, top: int, n: int) -> Camera:
    """The camera of some of a camera's rows."""
    lens = camera.intrinsics
    rows = Intrinsics(lens.fx, lens.fy, lens.cx, lens.cy - top, lens.width, n)
    return Camera(rows, camera.cam_from_world)


def _background(top: int, n: int, height: int, fine_width: int) -> NDArray[np.float32]:
    down = (top + (np.arange(n * _SUPERSAMPLE) + 0.5) / _SUPERSAMPLE) / height
    shade = _SKY_TOP + (_SKY_BOTTOM - _SKY_TOP) * down[:, None]
    return np.repeat(shade[:, None].astype(np.float32), fine_width, axis=1)


def _fitted(
    mesh: Mesh, azimuth: float, size: tuple[int, int], elevation: float = float(_ELEVATION)
) -> Camera:
    """A camera in a direction from the mesh's middle, as near as shows all of it."""
    width, height = size
    focal = min(size) / 2 / np.tan(_FIELD_OF_VIEW / 2)
    used = mesh.vertices[np.unique(mesh.faces)].astype(np.float64)
    if not len(used):
        raise ValueError("a preview needs a mesh with faces")
    middle = (used.min(axis=0) + used.max(axis=0)) / 2
    level = np.cos(elevation)
    back = np.array([np.sin(azimuth) * level, -np.sin(elevation), -np.cos(azimuth) * level])
    right = np.cross([0, 1, 0], -back)
    right /= np.linalg.norm(right)
    rotation = np.stack([right, np.cross(-back, right), -back])
    seen = (used - middle) @ rotation.T
    # Each point asks for the distance at which it just enters the picture, on all four sides;
    # shifting the camera sideways balances left against right and top against bottom.
    shift = np.zeros(2)
    distance = 0.0
    for axis, half in enumerate((width / 2, height / 2)):
        slope = half / focal / _MARGIN
        reach_low = (-seen[:, axis] / slope - seen[:, 2]).max()
        reach_high = (seen[:, axis] / slope - seen[:, 2]).max()
        distance = max(distance, (reach_low + reach_high) / 2)
        shift[axis] = (reach_high - reach_low) * slope / 2
    translation = np.array([-shift[0], -shift[1], distance]) - rotation @ middle
    lens = Intrinsics(focal, focal, width / 2, height / 2, width, height)
    return Camera(lens, Rigid3(rotation, translation))
