"""Where models go, what such places accept, and how large a file becomes."""

from __future__ import annotations

from dataclasses import dataclass

from da3studio.app.units import number_text, whole_text
from da3studio.base.i18n import tr
from da3studio.recipes.export import ExportRecipe


@dataclass(frozen=True)
class Target:
    """One place; 0 = no limit. Texts are translated where they are shown.

    Source: the platforms' own pages, as shared/design/TARGETS.md lists them.
    """

    id: str
    label: str
    help: str
    icon: str
    suffix: str  # of the file
    faces: int  # limit, and what is made for it
    texture_px: int
    file_bytes: int
    method: str = "tsdf"  # of MeshRecipe

    @property
    def limits(self) -> str:
        """The limits in one line."""
        parts = []
        if self.faces:
            parts.append(tr("{n} faces").format(n=whole_text(self.faces)))
        if self.texture_px:
            parts.append(tr("texture {n} px").format(n=self.texture_px))
        if self.file_bytes:
            parts.append(size_text(self.file_bytes))
        return tr("Up to {limits}").format(limits=", ".join(parts)) if parts else tr("No limit")


TARGETS: tuple[Target, ...] = (
    Target(
        "web", "Web and AR", "Loads quickly in a browser and on a phone.", "globe",
        ".glb", 100_000, 2048, 5_000_000,
    ),
    Target(
        "shop", "Shop", "For product pages; larger files are compressed again by the shop.",
        "shop", ".glb", 100_000, 2048, 15_000_000,
    ),
    Target(
        "apple", "Apple Quick Look",
        "Limits for iPhone and iPad; convert the GLB to USDZ to look at it there.",
        "phone", ".glb", 100_000, 2048, 30_000_000,
    ),
    Target(
        "game", "Game or scene", "For Blender, Unity, Unreal or Godot.",
        "game", ".glb", 200_000, 4096, 0,
    ),
    Target(
        "print", "3D print", "One closed surface without holes, for slicing programs.",
        "print", ".obj", 1_000_000, 0, 0, "poisson",
    ),
)  # fmt: skip

_VERTICES_PER_FACE = 0.5
_SEAM_COPIES = 1.25  # vertices after they are split where the texture is cut
_GLB_VERTEX_BYTES = 32  # place, normal, texture place
_SMALL_INDEX_BYTES, _INDEX_BYTES = 6, 12  # a face; the small ones up to 65,535 vertices
_OBJ_FACE_BYTES = 105  # a face with its share of the vertices, as text
_PLY_FACE_BYTES = 13 + 0.5 * 27
_JPEG_BYTES = 0.30  # a texel at quality 92; photographs of things, a quarter of the atlas empty
_PNG_BYTES = 1.4


def target(target_id: str) -> Target | None:
    """The place of that id, `None` = there is none."""
    return next((one for one in TARGETS if one.id == target_id), None)


def file_bytes(suffix: str, n_faces: int, texture_px: int, recipe: ExportRecipe) -> int:
    """About how large the file of a mesh becomes.

    Args:
        suffix: of the format.
        n_faces: of the mesh.
        texture_px: side of its texture, 0 = it has none.
        recipe: of the export.
    """
    if suffix == ".glb":
        vertices = n_faces * _VERTICES_PER_FACE * _SEAM_COPIES
        per_face = _SMALL_INDEX_BYTES if vertices < 65_536 else _INDEX_BYTES
        geometry = vertices * _GLB_VERTEX_BYTES + n_faces * per_face
    elif suffix == ".obj":
        geometry = n_faces * _OBJ_FACE_BYTES
    else:
        return round(n_faces * _PLY_FACE_BYTES)
    texel = (
        _PNG_BYTES
        if recipe.texture == "png"
        else _JPEG_BYTES * 2 ** ((recipe.jpeg_quality - 92) / 8)
    )
    return round(geometry + texture_px**2 * texel)


def cloud_bytes(suffix: str, n_points: int) -> int:
    """About how large the file of a cloud becomes."""
    return n_points * (27 if suffix == ".ply" else 16)


def size_text(n_bytes: float) -> str:
    """A file size for reading."""
    if n_bytes < 1e6:
        text = tr("{n} kB").format(n=max(1, round(n_bytes / 1e3)))
    elif n_bytes < 1e7:
        text = tr("{n} MB").format(n=number_text(n_bytes / 1e6, 1))
    elif n_bytes < 1e9:
        text = tr("{n} MB").format(n=round(n_bytes / 1e6))
    else:
        text = tr("{n} GB").format(n=number_text(n_bytes / 1e9, 1))
    return text.replace(" ", "\u00a0")  # never broken between number and unit
