"""What a finished scene becomes when it is written to a file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from da3studio.base.params import check_ranges, param

DepthFormat = Literal["png", "tiff", "npz"]
"""Of exported depth maps: 16 bit in steps, 32 bit float, or with confidence and sky for NumPy."""


@dataclass(frozen=True)
class ExportRecipe:
    """Choices of a person at export; a format ignores what it has no use for."""

    content: str = param(
        "auto",
        "Content",
        choices=("auto", "mesh", "cloud"),
        choice_labels=("Automatic", "Mesh", "Point cloud"),
        simple=True,
        keyed=False,
        help="What to write; 'auto' takes the mesh where the format holds one.",
    )
    origin: str = param(
        "centred",
        "Origin",
        choices=("centred", "scene"),
        choice_labels=("Stand it on the origin", "As in the scene"),
        simple=True,
        keyed=False,
        help="For GLB and OBJ: 'centred' stands the model on the origin, y up; 'scene' keeps the"
        " scene's origin, the one that was set or else the reconstruction's, which PLY and COLMAP"
        " files always do, and in OBJ its axes.",
    )
    texture: str = param(
        "jpeg",
        "Texture format",
        choices=("jpeg", "png"),
        choice_labels=("JPEG, small", "PNG, exact"),
        keyed=False,
        help="'jpeg' is about eight times smaller; 'png' keeps every texel as it was baked.",
    )
    jpeg_quality: int = param(
        92,
        "JPEG quality",
        low=50,
        high=100,
        keyed=False,
        help="Quality of a JPEG texture; differences are invisible from about 90.",
    )
    unlit: bool = param(
        True,
        "Show as photographed",
        keyed=False,
        simple=True,
        help="For GLB: show the photographed colours as they are, without lamps; they hold the"
        " light of the day already. Off: the viewer's lamps shade the model.",
    )

    def __post_init__(self) -> None:
        check_ranges(self)
