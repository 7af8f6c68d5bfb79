"""How many Gaussians a scene gets."""

from __future__ import annotations

from dataclasses import dataclass

from da3studio.base.params import check_ranges, param


@dataclass(frozen=True)
class GaussiansRecipe:
    """The network says one Gaussian per pixel of every photo: far more than a viewer needs."""

    budget: int = param(
        3_000_000,
        "Gaussians",
        low=1_000,
        high=50_000_000,
        help="Most Gaussians of the whole scene, the same number for each photo; where there are"
        " more, some are left out evenly and the rest enlarged to close the gaps.",
    )

    def __post_init__(self) -> None:
        check_ranges(self)
