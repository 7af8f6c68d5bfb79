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
        choices=("classical", "da3", "colmap+da3", "classical+da3", "classical/da3"),
        choice_labels=(
            "Photogrammetry",
            "Depth network",
            "Photogrammetry and depth network",
            "Photogrammetry, gaps by depth network",
            "Photogrammetry, else depth network",
        ),
        option="--engine",
        help="What finds cameras and depth; 'classical' needs no download and no graphics card,"
        " 'da3' is the network Depth Anything 3, 'colmap+da3' takes cameras from the one and depth"
        " from the other, 'classical+da3' lets the network fill what photogrammetry leaves open,"
        " 'classical/da3' asks it only where photogrammetry fails.",
    )
    checkpoint: str = param(
        "",
        "Network",
        option="--checkpoint",
        help="Installed network for cameras and depth, and the sum of its file.",
    )
    metric_checkpoint: str = param(
        "",
        "Network for metres",
        option="--metric-checkpoint",
        help="Installed network that knows how large things are; none = unknown scale.",
    )
    network_px: int = param(
        0,
        "Network resolution",
        unit="px",
        low=0,
        high=2016,
        help="Longer photo side that the network sees, rounded to a multiple of 14; 0 = what the"
        " network was made for.",
    )
    poses: str = param(
        "decoder",
        "Cameras from",
        choices=("decoder", "rays"),
        choice_labels=("Network's own answer", "Fitted to its rays"),
        help="How the network tells cameras: 'decoder' is quick, 'rays' fits them to its rays.",
    )
    reference_view: str = param(
        "auto",
        "Reference view",
        choices=("auto", "saddle_balanced", "saddle_sim_range", "first", "middle"),
        choice_labels=(
            "What suits the network",
            "Balanced",
            "Widest likeness",
            "First photo",
            "Middle photo",
        ),
        help="How the network chooses the photo that its world starts from; 'auto' is the balanced"
        " one, and with the built-in network up to eight in turn, whose answers are averaged.",
    )
    views_per_window: int = param(
        0,
        "Photos at once",
        low=0,
        high=100_000,
        help="Photos that the network sees together; 0 = what memory is good for.",
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
        simple=True,
        help="Longer side of the depth maps; more is finer and slower.",
    )
    seed: int = param(0, "Seed", low=0, help="Start of every random choice.")
    device: str = param(
        "auto",
        "Device",
        choices=("auto", "cpu", "cuda", "mps"),
        choice_labels=("Automatic", "Processor", "NVIDIA graphics card", "Apple graphics"),
        keyed=False,
        help="Where depth is computed; 'auto' takes a graphics card if there is one.",
    )

    def __post_init__(self) -> None:
        check_ranges(self)
