"""Analytic shapes with exact depth, normals, colours and distances; NumPy only, float64.

    shape = Union(Plane(half=(3, 3)), Box(centre=(0, 0, 0.5), half=(0.5, 0.5, 0.5)))
    seen = cast(shape, camera)          # .depth .normal .points .hit, exact, for the camera's size
    rgb = photo(shape, camera)          # (H, W, 3) uint8, antialiased; lens distortion is honoured
    depth = depth_map(shape, camera, noise=0.003, outliers=0.02, seed=1)      # a scene.DepthMap
    gap = shape.distance(points)        # (N,) exact distance to the nearest surface
    mesh = shape.mesh(step=0.1)         # a scene.Mesh, faces counter-clockwise seen from outside

The world's up is +z. Lengths are world units. Every shape wears a solid value-noise texture in
`octaves` of which the coarsest has cells of `cell`; `seed` chooses it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, reduce
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from da3studio.geometry.camera import Camera, pixel_centres
from da3studio.scene.depth import DepthMap
from da3studio.scene.mesh import Mesh

Array = NDArray[np.float64]
Vector = tuple[float, float, float]
_TABLE_SIDE = 32  # the noise repeats after so many cells
_NEAR = 1e-9  # a ray does not hit what it starts on


class Shape(Protocol):
    """Something that can be seen; all arrays are `(N, 3)` or `(N,)`, float64, world units."""

    def hit(self, origin: Array, directions: Array) -> Array:
        """Smallest positive `t` with `origin + t * direction` on the surface, inf = missed."""
        ...

    def normal(self, points: Array) -> Array:
        """Unit outward normals at points on the surface."""
        ...

    def colour(self, points: Array) -> Array:
        """Colours in [0, 1] at points on the surface."""
        ...

    def distance(self, points: ArrayLike) -> Array:
        """Unsigned distances to the surface."""
        ...

    def mesh(self, step: float) -> Mesh:
        """The surface as triangles with edges of about `step`."""
        ...


@dataclass(frozen=True)
class Sphere:
    centre: Vector = (0.0, 0.0, 0.0)
    radius: float = 1.0
    cell: float = 0.3
    seed: int = 1

    def hit(self, origin: Array, directions: Array) -> Array:
        away = origin - np.asarray(self.centre)
        a = (directions**2).sum(-1)
        b = directions @ away
        root = b**2 - a * (away @ away - self.radius**2)
        with np.errstate(invalid="ignore"):
            s = np.sqrt(root)
            near, far = (-b - s) / a, (-b + s) / a
        t = np.where(near > _NEAR, near, far)
        return np.where((root >= 0) & (t > _NEAR), t, np.inf)

    def normal(self, points: Array) -> Array:
        return (points - np.asarray(self.centre)) / self.radius

    def colour(self, points: Array) -> Array:
        return solid_noise(points, self.cell, self.seed)

    def distance(self, points: ArrayLike) -> Array:
        away = np.asarray(points, np.float64) - np.asarray(self.centre)
        return np.abs(np.linalg.norm(away, axis=-1) - self.radius)

    def mesh(self, step: float) -> Mesh:
        n = max(2, round(self.radius * np.pi / 2 / step))
        vertices, faces = _cube(n, n, n)
        # tan spreads the cube's grid evenly over the angle
        unit = np.tan(vertices * np.pi / 4)
        unit /= np.linalg.norm(unit, axis=1, keepdims=True)
        return _mesh(unit * self.radius + self.centre, faces, unit, self)


@dataclass(frozen=True)
class Plane:
    """A rectangle of half sizes `half` in its own plane; seen from both sides, like paper.

    `u` and `v` span it; its outside is `u x v`.
    """

    centre: Vector = (0.0, 0.0, 0.0)
    half: tuple[float, float] = (2.0, 2.0)
    u: Vector = (1.0, 0.0, 0.0)
    v: Vector = (0.0, 1.0, 0.0)
    cell: float = 0.3
    seed: int = 2

    def _axes(self) -> Array:
        u, v = np.asarray(self.u, np.float64), np.asarray(self.v, np.float64)
        axes = np.stack([u, v, np.cross(u, v)])
        return axes / np.linalg.norm(axes, axis=1, keepdims=True)

    def hit(self, origin: Array, directions: Array) -> Array:
        axes = self._axes()
        start, heading = axes @ (origin - self.centre), directions @ axes.T
        with np.errstate(divide="ignore", invalid="ignore"):
            t = -start[2] / heading[:, 2]
            on = start[:2] + t[:, None] * heading[:, :2]
            inside = (np.abs(on) <= np.asarray(self.half)).all(-1)
        return np.where(inside & (t > _NEAR), t, np.inf)

    def normal(self, points: Array) -> Array:
        return np.broadcast_to(self._axes()[2], points.shape)

    def colour(self, points: Array) -> Array:
        return solid_noise(points, self.cell, self.seed)

    def distance(self, points: ArrayLike) -> Array:
        at = (np.asarray(points, np.float64) - self.centre) @ self._axes().T
        over = np.maximum(np.abs(at[..., :2]) - self.half, 0)
        return np.sqrt((over**2).sum(-1) + at[..., 2] ** 2)

    def mesh(self, step: float) -> Mesh:
        nu, nv = (max(1, round(2 * half / step)) for half in self.half)
        flat, faces = _sheet(nu, nv)
        axes = self._axes()
        vertices = (flat * self.half) @ axes[:2] + self.centre
        return _mesh(vertices, faces, self.normal(vertices), self)


@dataclass(frozen=True)
class Box:
    """An axis-aligned box of half sizes `half`."""

    centre: Vector = (0.0, 0.0, 0.0)
    half: Vector = (0.5, 0.5, 0.5)
    cell: float = 0.3
    seed: int = 3

    def hit(self, origin: Array, directions: Array) -> Array:
        with np.errstate(divide="ignore", invalid="ignore"):
            inverse = 1 / directions
            one = (np.asarray(self.centre) - self.half - origin) * inverse
            two = (np.asarray(self.centre) + self.half - origin) * inverse
        enter = np.fmin(one, two).max(-1)
        leave = np.fmax(one, two).min(-1)
        t = np.where(enter > _NEAR, enter, leave)
        return np.where((leave >= enter) & (t > _NEAR), t, np.inf)

    def normal(self, points: Array) -> Array:
        relative = (points - np.asarray(self.centre)) / self.half
        normals = np.zeros_like(relative)
        axis = np.abs(relative).argmax(-1)
        rows = np.arange(len(relative))
        normals[rows, axis] = np.sign(relative[rows, axis])
        return normals

    def colour(self, points: Array) -> Array:
        return solid_noise(points, self.cell, self.seed)

    def distance(self, points: ArrayLike) -> Array:
        over = np.abs(np.asarray(points, np.float64) - self.centre) - self.half
        outside = np.linalg.norm(np.maximum(over, 0), axis=-1)
        return np.abs(outside + np.minimum(over.max(-1), 0))

    def mesh(self, step: float) -> Mesh:
        nx, ny, nz = (max(1, round(2 * half / step)) for half in self.half)
        unit, faces = _cube(nx, ny, nz)
        vertices = unit * self.half + self.centre
        middles = vertices[faces].mean(axis=1)
        normals = np.zeros_like(vertices)  # vertices are not shared between sides
        np.put_along_axis(
            normals, faces.reshape(-1, 1), np.repeat(self.normal(middles), 3, axis=0), axis=0
        )
        return _mesh(vertices, faces, normals, self)


class Union:
    """Several shapes; where they overlap, the inner surfaces stay (nobody sees them)."""

    def __init__(self, *shapes: Shape) -> None:
        self.shapes = shapes

    def hit(self, origin: Array, directions: Array) -> Array:
        return reduce(np.minimum, (shape.hit(origin, directions) for shape in self.shapes))

    def _nearest(self, points: Array) -> NDArray[np.intp]:
        return np.stack([shape.distance(points) for shape in self.shapes]).argmin(axis=0)

    def normal(self, points: Array) -> Array:
        which, normals = self._nearest(points), np.zeros_like(points)
        for i, shape in enumerate(self.shapes):
            normals[which == i] = shape.normal(points[which == i])
        return normals

    def colour(self, points: Array) -> Array:
        which, colours = self._nearest(points), np.zeros_like(points)
        for i, shape in enumerate(self.shapes):
            colours[which == i] = shape.colour(points[which == i])
        return colours

    def distance(self, points: ArrayLike) -> Array:
        return reduce(np.minimum, (shape.distance(points) for shape in self.shapes))

    def mesh(self, step: float) -> Mesh:
        meshes = [shape.mesh(step) for shape in self.shapes]
        starts = np.cumsum([0, *(len(mesh.vertices) for mesh in meshes[:-1])])
        return Mesh(
            np.concatenate([mesh.vertices for mesh in meshes]),
            np.concatenate([m.faces + start for m, start in zip(meshes, starts, strict=True)]),
            np.concatenate([mesh.normals for mesh in meshes]),
            np.concatenate([mesh.rgb for mesh in meshes if mesh.rgb is not None]),
        )


@dataclass(frozen=True, eq=False)
class Cast:
    """What a camera sees, exactly; 0, NaN and black where it sees nothing."""

    hit: NDArray[np.bool_]  # (H, W)
    depth: Array  # (H, W) along the optical axis
    points: Array  # (H, W, 3) world
    normal: Array  # (H, W, 3) world, outward
    rgb: Array  # (H, W, 3) in [0, 1], at the pixel's centre only


def cast(shape: Shape, camera: Camera) -> Cast:
    """One ray through every pixel's centre; the lens distortion of the camera is honoured."""
    lens = camera.intrinsics
    size = (lens.height, lens.width)
    world_from_cam = camera.cam_from_world.inverse()
    headings = _directions(camera).reshape(-1, 3) @ world_from_cam.rotation.T
    t = shape.hit(camera.centre, headings)
    hit = np.isfinite(t)
    points, normal = np.full(headings.shape, np.nan), np.full(headings.shape, np.nan)
    rgb = np.zeros(headings.shape)
    points[hit] = camera.centre + t[hit, None] * headings[hit]
    normal[hit], rgb[hit] = shape.normal(points[hit]), shape.colour(points[hit])
    depth = np.where(hit, t, 0.0)  # directions have z = 1: t is the depth
    return Cast(
        hit.reshape(size), depth.reshape(size),
        points.reshape(*size, 3), normal.reshape(*size, 3), rgb.reshape(*size, 3),
    )  # fmt: skip


def photo(shape: Shape, camera: Camera, samples: int = 2) -> NDArray[np.uint8]:
    """`(H, W, 3)` sRGB as the camera takes it, `samples` x `samples` rays a pixel."""
    lens = camera.intrinsics
    fine = cast(shape, camera.resized(lens.width * samples, lens.height * samples)).rgb
    coarse = fine.reshape(lens.height, samples, lens.width, samples, 3).mean(axis=(1, 3))
    return np.round(coarse * 255).astype(np.uint8)


def depth_map(
    shape: Shape, camera: Camera, *, noise: float = 0.0, outliers: float = 0.0, seed: int = 0
) -> DepthMap:
    """Depth as an engine would measure it, of the undistorted photo in the camera's size.

    Args:
        shape: what is seen.
        camera: its distortion is dropped, as in every depth map.
        noise: standard deviation of the depth, as a share of the depth.
        outliers: share of the measured pixels that get an unrelated depth, 0.5 to 1.5 times the
            true one, and the same confidence as the others.
        seed: of noise and outliers.
    """
    seen = cast(shape, camera.pinhole())
    rng = np.random.default_rng(seed)
    z = seen.depth * (1 + noise * rng.standard_normal(seen.depth.shape))
    wrong = rng.random(z.shape) < outliers
    z = np.where(wrong, seen.depth * rng.uniform(0.5, 1.5, z.shape), z)
    confidence = np.where(seen.hit, 0.9, 0.0)
    return DepthMap(z.astype(np.float32), confidence.astype(np.float32), ~seen.hit)


def solid_noise(points: Array, cell: float, seed: int, octaves: int = 5) -> Array:
    """Value noise, `(N, 3)` points → `(N, 3)` colours in [0, 1]; each octave halves the cell."""
    table, side = _random_table(seed), _TABLE_SIDE
    strides = np.array([side * side, side, 1])
    total, weight = np.zeros((len(points), 3), np.float32), 0.0
    for octave in range(octaves):
        at = points * (2**octave / cell) + 17.3 * octave  # octaves must not share lattice planes
        floor = np.floor(at)
        part = (at - floor).astype(np.float32)
        low = floor.astype(np.int64)
        ends = [[(low[:, i] + end) % side * strides[i] for end in (0, 1)] for i in range(3)]

        def along(axis: int, index: NDArray[np.int64]) -> NDArray[np.float32]:
            if axis == 3:
                return table[index]
            one, two = (along(axis + 1, index + end) for end in ends[axis])  # noqa: B023
            return one + part[:, axis : axis + 1] * (two - one)  # noqa: B023

        amplitude = 0.75**octave
        total += amplitude * along(0, np.zeros(len(points), np.int64))
        weight += amplitude
    # the mean of many octaves is grey: stretch it about its middle
    return np.clip((total / weight - 0.5) * 2.2 + 0.5, 0, 1).astype(np.float64)


@cache
def _random_table(seed: int) -> NDArray[np.float32]:
    return np.random.default_rng(seed).random((_TABLE_SIDE**3, 3), np.float32)


def _directions(camera: Camera) -> Array:
    """`(H, W, 3)` with z = 1; inverts the radial distortion by fixed-point iteration."""
    lens = camera.intrinsics
    seen = (pixel_centres(lens.width, lens.height) - (lens.cx, lens.cy)) / (lens.fx, lens.fy)
    xy = seen.copy()
    for _ in range(30 if lens.k1 or lens.k2 else 0):
        r2 = (xy**2).sum(axis=-1, keepdims=True)
        xy = seen / (1 + lens.k1 * r2 + lens.k2 * r2**2)
    return np.concatenate([xy, np.ones_like(xy[..., :1])], axis=-1)


def _sheet(nu: int, nv: int) -> tuple[Array, NDArray[np.int32]]:
    """A grid on [-1, 1] x [-1, 1], faces counter-clockwise seen from +z."""
    u, v = np.meshgrid(np.linspace(-1, 1, nu + 1), np.linspace(-1, 1, nv + 1), indexing="ij")
    index = np.arange((nu + 1) * (nv + 1)).reshape(nu + 1, nv + 1)
    a, b, c, d = (
        i.ravel() for i in (index[:-1, :-1], index[1:, :-1], index[1:, 1:], index[:-1, 1:])
    )
    faces = np.concatenate([np.stack([a, b, c], -1), np.stack([a, c, d], -1)])
    return np.stack([u.ravel(), v.ravel()], -1), faces.astype(np.int32)


def _cube(nx: int, ny: int, nz: int) -> tuple[Array, NDArray[np.int32]]:
    """Six grids on the surface of [-1, 1]³; sides do not share vertices."""
    counts, vertices, faces, start = (nx, ny, nz), [], [], 0
    for axis in range(3):
        first, second = (axis + 1) % 3, (axis + 2) % 3  # first x second = axis
        flat, sheet = _sheet(counts[first], counts[second])
        for side in (-1.0, 1.0):
            corner = np.empty((len(flat), 3))
            corner[:, first], corner[:, second], corner[:, axis] = flat[:, 0], flat[:, 1], side
            vertices.append(corner)
            faces.append((sheet if side > 0 else sheet[:, ::-1]) + start)
            start += len(flat)
    return np.concatenate(vertices), np.concatenate(faces)


def _mesh(vertices: Array, faces: NDArray[np.int32], normals: Array, shape: Shape) -> Mesh:
    rgb = np.round(shape.colour(vertices) * 255).astype(np.uint8)
    return Mesh(vertices.astype(np.float32), faces, normals.astype(np.float32), rgb)
