"""What a camera sees of the sample scene: the photo, without noise, and the exact depth."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from da3studio.geometry.camera import Camera, Intrinsics, pixel_centres
from da3studio.sample.paint import srgb_from_linear
from da3studio.sample.scene import SampleScene
from da3studio.sample.tracer import Hits

_EXPOSURE = 1.12  # display light per scene light
_KNEE = 0.70  # display light above which highlights are compressed
_EDGE_SAMPLES = 4  # times the samples of other pixels


def render(scene: SampleScene, camera: Camera, *, samples: int = 4) -> NDArray[np.uint8]:
    """The photo of a perfect sensor.

    Args:
        scene: from `sample_scene`.
        camera: its lens distortion is in the picture.
        samples: rays per pixel; pixels on an edge of something get four times as many.

    Returns:
        `(H, W, 3)` sRGB.
    """
    return np.round(255 * developed(radiance(scene, camera, samples=samples))).astype(np.uint8)


def developed(light: NDArray[np.float32]) -> NDArray[np.float32]:
    """Linear scene light → sRGB display values 0 to 1, with a soft shoulder instead of clipping."""
    shown = light * np.float32(_EXPOSURE)
    room = np.float32(1 - _KNEE)
    bent = _KNEE + room * (1 - np.exp(-np.maximum(shown - _KNEE, 0) / room))
    return srgb_from_linear(np.where(shown < _KNEE, shown, bent).astype(np.float32))


def radiance(scene: SampleScene, camera: Camera, *, samples: int = 4) -> NDArray[np.float32]:
    """`(H, W, 3)` linear light, averaged over each pixel; see `render`."""
    lens = camera.intrinsics
    centres = pixel_centres(lens.width, lens.height).reshape(-1, 2)
    light, on_edge = _averaged(scene, camera, centres, samples)
    edge = np.flatnonzero(on_edge)
    if len(edge):
        light[edge] = _averaged(scene, camera, centres[edge], _EDGE_SAMPLES * samples)[0]
    return light.reshape(lens.height, lens.width, 3)


def true_depth(scene: SampleScene, camera: Camera) -> NDArray[np.float32]:
    """`(H, W)` z along the optical axis at every pixel's centre [m], 0 where there is nothing.

    Give `camera.pinhole()` for the depth of the undistorted photo.
    """
    lens = camera.intrinsics
    hits = _seen(scene, camera, pixel_centres(lens.width, lens.height).reshape(-1, 2))[0]
    z = np.where(np.isfinite(hits.t), hits.t, 0).astype(np.float32)
    return z.reshape(lens.height, lens.width)


def through_lens(lens: Intrinsics, pixels: NDArray[np.float32]) -> NDArray[np.float32]:
    """`(N, 3)` directions with z = 1 in the camera frame that are seen at `(N, 2)` pixels.

    The radial distortion is inverted by Newton's method along the radius, to 1e-9 of it.
    """
    seen = (pixels.astype(np.float64) - (lens.cx, lens.cy)) / (lens.fx, lens.fy)
    distorted = np.hypot(seen[:, 0], seen[:, 1])
    radii = np.linspace(0, distorted.max() + 1e-6, 4096)
    true = radii.copy()
    for _ in range(8):
        r2 = true**2
        excess = true * (1 + lens.k1 * r2 + lens.k2 * r2**2) - radii
        true -= excess / (1 + 3 * lens.k1 * r2 + 5 * lens.k2 * r2**2)
    factor = np.interp(distorted, radii[1:], true[1:] / radii[1:])
    directions = np.ones((len(pixels), 3), np.float32)
    directions[:, :2] = seen * factor[:, None]
    return directions


def _seen(
    scene: SampleScene, camera: Camera, pixels: NDArray[np.float32]
) -> tuple[Hits, NDArray[np.float32]]:
    """First hits, `t` being z, and `(N, 3)` world directions of the rays through these pixels."""
    directions = through_lens(camera.intrinsics, pixels)
    # World from camera, column by column: a matrix product of this shape is twenty times slower.
    x, y = directions[:, 0].copy(), directions[:, 1].copy()
    for column, (a, b, c) in enumerate(camera.cam_from_world.rotation.astype(np.float32).T):
        directions[:, column] = x * a + y * b + c
    return scene.tracer.first_hits(camera.centre.astype(np.float32), directions), directions


def _averaged(
    scene: SampleScene, camera: Camera, centres: NDArray[np.float32], samples: int
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Mean light `(N, 3)` of rays spread over each pixel, and whether they met different things."""
    total = np.zeros((len(centres), 3), np.float32)
    on_edge = np.zeros(len(centres), np.bool_)
    first: Hits | None = None
    for k, offset in enumerate(_offsets(samples)):
        hits, directions = _seen(scene, camera, centres + offset)
        if first is None:
            first = hits
        else:
            on_edge |= _differ(scene, first, hits)
        met = np.isfinite(hits.t)
        # A pixel covers 1 / focal of the distance, more where the surface is seen at a slant; the
        # rays of a pixel share it. Different rays lean to sharper or softer levels of the texture.
        facing = np.abs(np.einsum("ij,ij->i", directions, hits.normal))
        facing /= np.sqrt(np.einsum("ij,ij->i", directions, directions))
        share = 2 ** ((k + 0.5) / samples) / np.sqrt(samples)
        slant = np.sqrt(1 / np.maximum(facing, 0.05))
        footprint = hits.t * slant * np.float32(share / camera.intrinsics.fx)
        total[met] += scene.shading.radiance(
            hits.face_idx[met], hits.corner_weights[met], footprint[met]
        )
    return total / np.float32(samples), on_edge


def _offsets(n: int) -> NDArray[np.float32]:
    """`(n, 2)` places in a pixel, from its centre: n rooks on a board, none attacks another."""
    row = np.argsort(np.argsort(np.arange(1, n + 1) * 0.6180339887 % 1))
    return ((np.stack([np.arange(n), row], -1) + 0.5) / n - 0.5).astype(np.float32)


def _differ(scene: SampleScene, a: Hits, b: Hits) -> NDArray[np.bool_]:
    """`(N,)` whether two rays of a pixel met different surfaces, or one at different depths."""
    owner = scene.triangles.patch_idx
    differ: NDArray[np.bool_] = owner[a.face_idx] != owner[b.face_idx]
    differ |= np.einsum("ij,ij->i", a.normal, b.normal) < 0.9
    with np.errstate(invalid="ignore"):  # two misses are not apart
        differ |= np.abs(a.t - b.t) > 0.03 * a.t
    return differ
