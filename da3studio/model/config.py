"""The official variants, spelled out.

Source: Depth Anything 3 (arXiv 2511.10647) and the tensor shapes of its published checkpoints.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

PATCH = 14  # edge of a patch [px]
HEAD_WIDTH = 64  # channels of an attention head of the backbone


@dataclass(frozen=True)
class BackboneConfig:
    """A DINOv2-style vision transformer.

    From block `cross_view_from` on, every second block lets the tokens of all views attend to each
    other; `None` = every view stays on its own.
    """

    width: int  # channels of a token, D
    depth: int  # blocks
    taps: tuple[int, int, int, int]  # blocks whose output the heads see
    cross_view_from: int | None
    swiglu: bool = False  # gated feed-forward instead of an MLP

    @property
    def heads(self) -> int:
        """Attention heads."""
        return self.width // HEAD_WIDTH

    @property
    def hidden(self) -> int:
        """Inner width of the feed-forward part."""
        if not self.swiglu:
            return 4 * self.width
        return -(-(4 * self.width * 2 // 3) // 8) * 8  # two thirds, rounded up to a multiple of 8

    @property
    def tap_width(self) -> int:
        """Channels of a tap: of a local and a cross-view block, or of one block."""
        return self.width if self.cross_view_from is None else 2 * self.width

    def is_cross_view(self, block: int) -> bool:
        """Whether the tokens of all views meet in this block."""
        first = self.cross_view_from
        return first is not None and block >= first and block % 2 == 1


@dataclass(frozen=True)
class DA3Config:
    """One network."""

    name: str
    backbone: BackboneConfig
    features: int  # channels inside the dense heads, F
    channels: tuple[int, int, int, int]  # of the four pyramid levels before they become F
    pose_conditioning: bool = False  # has a camera encoder: takes known cameras
    gaussians: bool = False  # has a head for 3D Gaussians

    @property
    def any_view(self) -> bool:
        """Whether it relates views: depth with confidence, rays and cameras.

        The others look at each photo alone and give depth and sky.
        """
        return self.backbone.cross_view_from is not None


@dataclass(frozen=True)
class NestedConfig:
    """An any-view network and a metric one in one checkpoint."""

    name: str
    any_view: DA3Config
    metric: DA3Config


def _large(name: str) -> DA3Config:
    """The monocular networks: one architecture, two trainings."""
    backbone = BackboneConfig(1024, 24, (4, 11, 17, 23), cross_view_from=None)
    return DA3Config(name, backbone, 256, (256, 512, 1024, 1024))


SMALL = DA3Config(
    "da3-small",
    BackboneConfig(384, 12, (5, 7, 9, 11), cross_view_from=4),
    features=64,
    channels=(48, 96, 192, 384),
    pose_conditioning=True,
)
BASE = DA3Config(
    "da3-base",
    BackboneConfig(768, 12, (5, 7, 9, 11), cross_view_from=4),
    features=128,
    channels=(96, 192, 384, 768),
    pose_conditioning=True,
)
LARGE = DA3Config(
    "da3-large",
    BackboneConfig(1024, 24, (11, 15, 19, 23), cross_view_from=8),
    features=256,
    channels=(256, 512, 1024, 1024),
    pose_conditioning=True,
)
GIANT = DA3Config(
    "da3-giant",
    BackboneConfig(1536, 40, (19, 27, 33, 39), cross_view_from=13, swiglu=True),
    features=256,
    channels=(256, 512, 1024, 1024),
    pose_conditioning=True,
    gaussians=True,
)
METRIC = _large("da3metric-large")
MONO = _large("da3mono-large")
NESTED = NestedConfig("da3nested-giant-large", GIANT, METRIC)
TINY = DA3Config(  # our own experiment, trained from nothing on procedural scenes
    "da3studio-tiny",
    BackboneConfig(192, 12, (5, 7, 9, 11), cross_view_from=4),
    features=32,
    channels=(24, 48, 96, 192),
)
MINI = DA3Config(  # our own, trained from nothing by da3studio.train
    "da3-mini",
    BackboneConfig(256, 12, (5, 7, 9, 11), cross_view_from=4),
    features=48,
    channels=(32, 64, 128, 256),
    pose_conditioning=True,
)

VARIANTS: Mapping[str, DA3Config | NestedConfig] = {
    config.name: config for config in (SMALL, BASE, LARGE, GIANT, METRIC, MONO, NESTED, TINY, MINI)
}
