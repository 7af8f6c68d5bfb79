"""How depth maps become one cloud."""

from __future__ import annotations

from dataclasses import dataclass

from da3studio.base.params import check_ranges, param


@dataclass(frozen=True)
class FuseRecipe:
    """A pixel becomes a point when enough other views measured the same place."""

    min_views: int = param(
        2,
        "Agreeing views",
        low=2,
        high=10,
        help="Views, its own included, that must agree on a point; fewer when few overlap.",
    )
    depth_tolerance: float = param(
        0.01,
        "Depth tolerance",
        low=0.001,
        high=0.1,
        help="Relative depth difference up to which two views agree.",
    )
    pixel_tolerance: float = param(
        1.5,
        "Pixel tolerance",
        unit="px",
        low=0.25,
        high=8.0,
        help="Reprojection error up to which two views agree, in pixels of the depth map.",
    )

    def __post_init__(self) -> None:
        check_ranges(self)
