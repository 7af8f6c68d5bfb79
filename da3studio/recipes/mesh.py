"""How the cloud becomes a textured mesh."""

from __future__ import annotations

from dataclasses import dataclass

from da3studio.base.params import check_ranges, param


@dataclass(frozen=True)
class MeshRecipe:
    """Surface and its simplification."""

    method: str = param(
        "tsdf",
        "Method",
        choices=("tsdf", "poisson"),
        choice_labels=("Keep what was seen", "Close all gaps"),
        simple=True,
        help="'tsdf' keeps what was seen; 'poisson' closes gaps into one smooth surface.",
    )
    voxel_footprint: float = param(
        1.6,
        "Voxel size",
        unit="pixel footprints",
        low=0.5,
        high=16.0,
        help="Edge of a cell in units of what one depth pixel covers on the surface.",
    )
    truncation: float = param(
        4.0,
        "Truncation",
        unit="voxels",
        low=2.0,
        high=16.0,
        help="Band around the surface in which depth maps are averaged.",
    )
    min_component: float = param(
        0.01,
        "Smallest piece",
        low=0.0,
        high=0.5,
        help="Loose pieces with a smaller share of all faces are removed.",
    )
    faces: int = param(
        200_000,
        "Faces",
        low=500,
        high=20_000_000,
        simple=True,
        help="Face budget of the finished mesh.",
    )

    def __post_init__(self) -> None:
        check_ranges(self)


@dataclass(frozen=True)
class TextureRecipe:
    """The atlas baked from the photos at their full resolution."""

    max_size: int = param(
        4096,
        "Texture size",
        unit="px",
        low=256,
        high=16384,
        simple=True,
        help="Largest atlas side; smaller when the photos hold no more detail.",
    )
    level: bool = param(
        True, "Even out exposure", help="Level brightness and colour between photos and seams."
    )

    def __post_init__(self) -> None:
        check_ranges(self)
