"""Triangle meshes, plain or with a texture atlas."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from da3studio.geometry.arrays import frozen


@dataclass(frozen=True, eq=False)
class Texture:
    """One atlas for the whole mesh.

    `corner_uv` has its origin at the top-left corner of the image, u right, v down, in [0, 1]
    (glTF's convention): a texel's centre is at ((x + 0.5) / width, (y + 0.5) / height).
    """

    image: NDArray[np.uint8]  # (H, W, 3) sRGB
    corner_uv: NDArray[np.float32]  # (F, 3, 2), one per corner of each face

    def __post_init__(self) -> None:
        object.__setattr__(self, "image", frozen(self.image, (None, None, 3), np.uint8))
        object.__setattr__(self, "corner_uv", frozen(self.corner_uv, (None, 3, 2), np.float32))


@dataclass(frozen=True, eq=False)
class Mesh:
    """Triangles, counter-clockwise seen from outside."""

    vertices: NDArray[np.float32]  # (V, 3) [world units]
    faces: NDArray[np.int32]  # (F, 3)
    normals: NDArray[np.float32]  # (V, 3) unit
    rgb: NDArray[np.uint8] | None = None  # (V, 3) sRGB
    texture: Texture | None = None

    def __post_init__(self) -> None:
        n = len(self.vertices)
        object.__setattr__(self, "vertices", frozen(self.vertices, (n, 3), np.float32))
        object.__setattr__(self, "faces", frozen(self.faces, (None, 3), np.int32))
        object.__setattr__(self, "normals", frozen(self.normals, (n, 3), np.float32))
        if self.rgb is not None:
            object.__setattr__(self, "rgb", frozen(self.rgb, (n, 3), np.uint8))
        if len(self.faces) and (self.faces.min() < 0 or self.faces.max() >= n):
            raise ValueError(f"faces point outside the {n} vertices")
        if self.texture is not None and len(self.texture.corner_uv) != len(self.faces):
            raise ValueError("the texture has UVs for another number of faces")
