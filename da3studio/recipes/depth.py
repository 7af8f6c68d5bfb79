"""How cameras and depth are found."""

from __future__ import annotations

from dataclasses import dataclass

from da3studio.base.params import check_ranges, param


@dataclass(frozen=True)
class DepthRecipe:
    """Settings of the engines; an engine ignores what it has no use for."""

    engine: str = param(
        "classical",
        "Engine",
        choices=("classical",),
        help="What finds cameras and depth; 'classical' needs no download and no graphics card.",
    )
    feature_px: int = param(
        1600,
        "Feature resolution",
        unit="px",
        low=320,
        high=4000,
        help="Longer photo side in which points are matched; more is more precise and slower.",
    )
    features: int = param(
        8192, "Features", low=512, high=16384, help="Most points to match per photo."
    )
    resolution: int = param(
        640,
        "Depth resolution",
        unit="px",
        low=160,
        high=2400,
        help="Longer side of the depth maps; more is finer and slower.",
    )
    seed: int = param(0, "Seed", low=0, help="Start of every random choice.")
    device: str = param(
        "auto",
        "Device",
        choices=("auto", "cpu", "cuda"),
        keyed=False,
        help="Where depth is computed; 'auto' takes a graphics card if there is one.",
    )

    def __post_init__(self) -> None:
        check_ranges(self)
