"""Cases `net_*.npz`: a pass of a whole network, with what happens inside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from da3studio.bench.parity.case_files import CaseFile, Stored, checked_pattern
from da3studio.bench.parity.inside import Arrays, Inside
from da3studio.model.camera_heads import Cameras
from da3studio.model.config import VARIANTS, DA3Config
from da3studio.model.names import networks_of
from da3studio.model.network import DA3, Ask, DA3Output
from da3studio.model.preprocess import normalised
from da3studio.model.reference_view import ReferenceStrategy

Reference = ReferenceStrategy | int


@dataclass(frozen=True)
class Weights:
    """What a network was filled with; cases of equal weights share one."""

    variant: str
    salt: str
    override: tuple[tuple[str, float], ...]

    @classmethod
    def of(cls, file: CaseFile) -> Weights:
        """As a file of a whole network says.

        Raises:
            KeyError: no such variant, or no salt.
            ValueError: a pattern that is not used.
        """
        case = file.meta.get("case", file.meta)
        variant = str(case["variant"])
        if variant not in VARIANTS:
            raise KeyError(f"variant {variant!r}")
        override = tuple(
            (checked_pattern(str(pattern)), float(factor))
            for pattern, factor in case.get("override", ())
        )
        return cls(variant, str(file.meta["salt"]), override)

    @property
    def networks(self) -> tuple[tuple[str, DA3Config], ...]:
        """Prefix in the file of weights, and network: two of them in nested variants."""
        return tuple(networks_of(VARIANTS[self.variant]))


@dataclass(frozen=True, eq=False)
class NetworkCase:
    """What a file says was run, and on what."""

    file: CaseFile
    images: Sequence[Sequence[Tensor]]  # per batch element and view (3, H, W)
    known: Sequence[Cameras | None]  # per batch element
    references: Sequence[Reference]  # per batch element: strategy, or the view itself
    ray_pose: bool
    gaussians: bool
    features: tuple[int, ...]  # blocks of which the output was stored
    stride: int

    @classmethod
    def of(cls, file: CaseFile) -> NetworkCase:
        """Read the case out of a file.

        Raises:
            KeyError, ValueError, TypeError: the file does not say all that it has to.
        """
        case, stored = file.meta["case"], file.stored
        batch = int(case.get("batch", 1))
        photos = stored["images"].reshape(batch, -1, *stored["images"].shape[-3:])
        if photos.dtype != np.uint8:
            raise ValueError(f"photos are {photos.dtype}")
        images = [[normalised(photo) for photo in element] for element in photos]
        return cls(
            file,
            images,
            _known(stored, batch, len(images[0])),
            _references(stored, case, batch),
            bool(case.get("ray_pose", False)),
            bool(case.get("gs", False)),
            tuple(int(block) for block in case.get("feats", ())),
            int(case.get("stride", 1)),
        )


@dataclass(frozen=True, eq=False)
class Pass:
    """What one network gave for a case."""

    outputs: Sequence[DA3Output]  # per batch element
    inside: Arrays


def run_watched(network: DA3, case: NetworkCase, device: str) -> Pass:
    """A pass per batch element, with what happens inside."""
    with Inside(network) as inside:
        outputs = run_plain(network, case, device, case.references)
    return Pass(outputs, inside.arrays(outputs, case.features))


def run_plain(
    network: DA3, case: NetworkCase, device: str, references: Sequence[Reference]
) -> list[DA3Output]:
    """A pass per batch element; monocular networks take neither cameras nor a reference."""
    any_view = network.config.any_view
    outputs = []
    with torch.inference_mode():
        for images, known, reference in zip(case.images, case.known, references, strict=True):
            ask = Ask(rays=any_view, gaussians=any_view and case.gaussians, reference=reference)
            cameras = _on(known, device) if any_view else None
            outputs.append(network([image.to(device) for image in images], cameras, ask))
    return outputs


def _on(cameras: Cameras | None, device: str) -> Cameras | None:
    if cameras is None:
        return None
    return Cameras(cameras.cam_from_world.to(device), cameras.intrinsics.to(device))


def _references(stored: Stored, case: Mapping[str, Any], batch: int) -> list[Reference]:
    strategy = case.get("strategy", "saddle_balanced")
    if strategy == "saddle_sim_range" and "ref_idx" in stored:  # two views tie but for rounding
        return [int(view) for view in stored["ref_idx"].reshape(batch)]
    return [strategy] * batch


def _known(stored: Stored, batch: int, n_views: int) -> list[Cameras | None]:
    """The known cameras as they enter the encoder; those of one scene serve the whole batch."""
    if "extrinsics_normalized" not in stored:
        return [None] * batch
    poses = torch.from_numpy(stored["extrinsics_normalized"].astype(np.float32))
    lenses = torch.from_numpy(stored["intrinsics_in"].astype(np.float32))
    poses = poses.reshape(-1, n_views, 4, 4)[:, :, :3].expand(batch, -1, -1, -1)
    lenses = lenses.reshape(-1, n_views, 3, 3).expand(batch, -1, -1, -1)
    return [Cameras(pose, lens) for pose, lens in zip(poses, lenses, strict=True)]
