"""The whole network: photos of a scene → depth, cameras and more, of every photo."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from da3studio.model.backbone import Backbone, Tap
from da3studio.model.camera_heads import CameraDecoder, CameraEncoder, Cameras, decode_cameras
from da3studio.model.config import DA3Config
from da3studio.model.dense_heads import DenseMaps, DepthAndRays, DepthAndSky, joined
from da3studio.model.gaussian_head import GaussianHead, RawGaussians
from da3studio.model.packing import Packing
from da3studio.model.pyramid import LEVELS, Grid, Pyramid
from da3studio.model.reference_view import ReferenceStrategy


@dataclass(frozen=True)
class Ask:
    """What to compute, and how."""

    rays: bool = False
    gaussians: bool = False
    reference: ReferenceStrategy | int = "saddle_balanced"
    head_views: int = 4  # views that a dense head works on at a time: bounds its memory


@dataclass(frozen=True, eq=False)
class DA3Output:
    """Of `S` views in the caller's order; maps are float32 and of the view's own size.

    The world is the reference view's camera frame, nearly; its scale is the network's own, for
    the metric network see `metric.to_metres`.
    """

    depth: tuple[Tensor, ...]  # (H, W) along the optical axis
    confidence: tuple[Tensor, ...] | None  # (H, W) >= 1; None for monocular networks
    sky: tuple[Tensor, ...] | None  # (H, W) >= 0; None for any-view networks
    rays: tuple[Tensor, ...] | None  # (8 rows, 8 cols, 6) direction, origin in the world
    ray_confidence: tuple[Tensor, ...] | None  # (8 rows, 8 cols) >= 1
    camera_encoding: Tensor | None  # (S, 9) see camera_heads; None for monocular networks
    cameras: Cameras | None  # decoded from it
    raw_gaussians: tuple[RawGaussians, ...] | None  # per size group
    reference: int  # index of the reference view
    descriptors: Tensor  # (S, 2 D) unit length, of each photo alone


class DA3(nn.Module):
    """Depth Anything 3.

    Args:
        config: which variant.
    """

    def __init__(self, config: DA3Config) -> None:
        super().__init__()
        self.config = config
        self.backbone = Backbone(config.backbone)
        self.head = DepthAndRays(config) if config.any_view else DepthAndSky(config)
        if config.any_view:
            self.camera_decoder = CameraDecoder(config.backbone.tap_width)
        if config.pose_conditioning:
            self.camera_encoder = CameraEncoder(config.backbone.width)
        if config.gaussians:
            self.gaussian_head = GaussianHead(config)

    def forward(
        self, images: Sequence[Tensor], known: Cameras | None = None, ask: Ask | None = None
    ) -> DA3Output:
        """One pass over views of one scene.

        Args:
            images: `(3, H, W)` per view, see `preprocess.normalised`; sizes may differ.
            known: cameras of all views, see `CameraEncoder.forward`.
            ask: what to compute.

        Raises:
            ValueError: cameras for a network that takes none, or a size that is no multiple of 14.
        """
        ask = ask or Ask()
        packing = Packing([tuple(image.shape[-2:]) for image in images])
        groups = [torch.stack([images[i] for i in group.view_idx]) for group in packing.groups]
        sizes = torch.tensor(packing.sizes, dtype=torch.float32, device=groups[0].device)
        if known is not None and not self.config.pose_conditioning:
            raise ValueError(f"{self.config.name} takes no known cameras")
        tokens = None if known is None else self.camera_encoder(known, sizes)

        taken = _Taken(packing, self.head.pyramid)
        gaussian_taken = _Taken(packing, self.gaussian_head.pyramid) if ask.gaussians else None

        def on_tap(level: int, tap: Tap) -> None:
            taken.add(level, tap)
            if gaussian_taken is not None:
                gaussian_taken.add(level, tap)

        encoded = self.backbone(
            groups, packing, on_tap, known_cameras=tokens, strategy=ask.reference
        )
        maps = [self._maps(levels, ask) for levels in taken.by_group]
        raw_gaussians = None
        if gaussian_taken is not None:
            raw_gaussians = tuple(
                self._gaussians(levels, group, ask)
                for levels, group in zip(gaussian_taken.by_group, groups, strict=True)
            )
        encoding = self.camera_decoder(encoded.camera) if self.config.any_view else None
        return DA3Output(
            depth=packing.in_order([group.depth for group in maps]),
            confidence=_in_order(packing, [group.confidence for group in maps]),
            sky=_in_order(packing, [group.sky for group in maps]),
            rays=_in_order(packing, [group.rays for group in maps]),
            ray_confidence=_in_order(packing, [group.ray_confidence for group in maps]),
            camera_encoding=encoding,
            cameras=None if encoding is None else decode_cameras(encoding, sizes),
            raw_gaussians=raw_gaussians,
            reference=encoded.reference,
            descriptors=encoded.descriptors,
        )

    def _maps(self, levels: Sequence[Tensor], ask: Ask) -> DenseMaps:
        """The head over a few views at a time."""
        parts = zip(*(level.split(ask.head_views) for level in levels), strict=True)
        if isinstance(self.head, DepthAndRays):
            return joined([self.head(part, rays=ask.rays) for part in parts])
        return joined([self.head(part) for part in parts])

    def _gaussians(self, levels: Sequence[Tensor], photos: Tensor, ask: Ask) -> RawGaussians:
        """The head for Gaussians over a few views at a time."""
        parts = zip(*(each.split(ask.head_views) for each in (*levels, photos)), strict=True)
        made = [self.gaussian_head(part[:-1], part[-1]) for part in parts]
        values, opacity = ([getattr(one, name) for one in made] for name in ("values", "opacity"))
        return RawGaussians(torch.cat(values), torch.cat(opacity))


class _Taken:
    """What a pyramid has taken from the taps so far, per size group and level."""

    def __init__(self, packing: Packing, pyramid: Pyramid) -> None:
        self._packing, self._pyramid = packing, pyramid
        self.by_group: list[list[Tensor]] = [[] for _ in packing.groups]

    def add(self, level: int, tap: Tap) -> None:
        assert all(len(levels) == level < LEVELS for levels in self.by_group)  # noqa: S101
        for group, patches, levels in zip(
            self._packing.groups, tap.patches, self.by_group, strict=True
        ):
            levels.append(self._pyramid.take(level, patches, Grid(group.rows, group.cols)))


def _in_order(packing: Packing, maps: Sequence[Tensor | None]) -> tuple[Tensor, ...] | None:
    present = [group for group in maps if group is not None]
    return packing.in_order(present) if present else None
