"""3-D Gaussians as the PLY file that splat viewers and editors read, in the scene's coordinates.

All bands of the colour are written: `f_dc_…` the first coefficient of each channel, `f_rest_…` the
other eight of red, then of green, then of blue. Opacities are stored as logit, scales as log.

Source: the files of Kerbl et al. 2023, "3D Gaussian Splatting".
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from da3studio.base.atomic import write_atomic
from da3studio.base.errors import Missing
from da3studio.base.i18n import tr
from da3studio.exporters.base import Carries, Exporter
from da3studio.exporters.ply import ply_header
from da3studio.exporters.surface import finite_rows
from da3studio.recipes.export import ExportRecipe
from da3studio.scene.gaussians import Gaussians
from da3studio.scene.scene import Scene

_NAMES = (
    "x", "y", "z", "nx", "ny", "nz",
    *(f"f_dc_{i}" for i in range(3)), *(f"f_rest_{i}" for i in range(24)),
    "opacity", *(f"scale_{i}" for i in range(3)), *(f"rot_{i}" for i in range(4)),
)  # fmt: skip
_ROW = np.dtype([(name, "<f4") for name in _NAMES])
_BLOCK = 250_000  # Gaussians converted at a time: 40 MB
_OPAQUE = 1 - 1e-6  # the logit of 1 would be infinite


def write_gaussians(scene: Scene, path: Path, recipe: ExportRecipe) -> tuple[Path, ...]:  # noqa: ARG001  every exporter gets the recipe
    """Write the Gaussians that are whole: finite, of some size, with a direction.

    Raises:
        Missing: there are none.
        DiskFull, CannotWrite: by the place.
    """
    gaussians = scene.gaussians
    kept = np.flatnonzero(_whole(gaussians)) if gaussians is not None else np.zeros(0, np.intp)
    if gaussians is None or not len(kept):
        raise Missing(
            tr("There are no Gaussians to export."),
            why=tr("The project {name} was made without them.").format(name=scene.name),
            fix=tr("Reconstruct with a model that makes Gaussians, DA3-GIANT or DA3NESTED."),
        )
    header = ply_header(scene, len(kept), _ROW)

    def fill(temporary: Path) -> None:
        with temporary.open("wb") as file:
            file.write(header)
            for rows in _blocks(gaussians, kept):
                file.write(rows.tobytes())

    write_atomic(path, fill)
    return (path,)


def _whole(gaussians: Gaussians) -> NDArray[np.bool_]:
    whole = np.isfinite(gaussians.opacities) & (gaussians.scales > 0).all(axis=1)
    whole &= (gaussians.rotations != 0).any(axis=1)
    for values in (gaussians.means, gaussians.scales, gaussians.rotations):
        whole &= finite_rows(values)
    result: NDArray[np.bool_] = whole & finite_rows(gaussians.sh.reshape(-1, 27))
    return result


def _blocks(gaussians: Gaussians, kept: NDArray[np.intp]) -> Iterator[NDArray[np.float32]]:
    """`(n, 41)` rows of the file, a block at a time."""
    for start in range(0, len(kept), _BLOCK):
        mine = kept[start : start + _BLOCK]
        sh, rotations = gaussians.sh[mine], gaussians.rotations[mine].astype(np.float64)
        opacity = np.clip(gaussians.opacities[mine].astype(np.float64), 1 - _OPAQUE, _OPAQUE)
        parts = (
            gaussians.means[mine],
            np.zeros((len(mine), 3)),  # normals: the format has them, nobody uses them
            sh[:, :, 0],
            sh[:, :, 1:].reshape(-1, 24),
            np.log(opacity / (1 - opacity))[:, None],
            np.log(gaussians.scales[mine]),
            rotations / np.linalg.norm(rotations, axis=1, keepdims=True),
        )
        yield np.concatenate(parts, axis=1).astype("<f4")


GAUSSIANS = Exporter(
    ".gaussians.ply", "Gaussian splats (3DGS PLY)", Carries.GAUSSIANS, write_gaussians
)
