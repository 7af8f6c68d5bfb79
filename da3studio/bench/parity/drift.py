"""How far a network moves when parts of it compute in fewer bits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from da3studio.bench.parity.network_cases import NetworkCase, run_plain
from da3studio.geometry.rigid import angle_between
from da3studio.model.camera_heads import Cameras
from da3studio.model.network import DA3, DA3Output
from da3studio.model.precision import MIXED, Precision, widen_dense

_BF16, _F16, _F32 = torch.bfloat16, torch.float16, torch.float32

RUNGS: Mapping[str, Precision] = {
    "mixed": MIXED,
    "dense float32": Precision(_BF16, _F32, _F32),
    "dense bfloat16": Precision(_BF16, _F32, _BF16),
    "tokens bfloat16": Precision(_BF16, _BF16, _F16),
}
"""What is compared with float32, the product's own choice first."""


@dataclass(frozen=True)
class Drift:
    """Of one case from the same one in float32, over all its views."""

    rung: str
    depth: float  # relative L2, before the sky is filled
    confidence: float | None  # relative L2; None for monocular networks
    angle_deg: float | None  # of the cameras, the largest
    translation: float | None  # largest, over the spread of the cameras or the length of theirs
    focal: float | None  # largest, over the focal length
    other_reference: bool  # another view would have been chosen; the figures are for the same one
    widened: bool  # float16 was too narrow for the dense heads


class Lowering:
    """A float32 network brought from one precision to another, in place."""

    def __init__(self, network: DA3) -> None:
        self._network = network
        self._full = {name: each.data for name, each in network.named_parameters()}

    def to(self, precision: Precision) -> None:
        """Cast every parameter from what it was in float32.

        Those that all rungs cast alike are not kept: the large networks do not fit twice.
        """
        for name, parameter in self._network.named_parameters():
            full = self._full.get(name)
            if full is not None:
                parameter.data = full.to(precision.of(name))
            if len({rung.of(name) for rung in RUNGS.values()}) == 1:
                self._full.pop(name, None)


def drift_of(
    rung: str, network: DA3, case: NetworkCase, exact: Sequence[DA3Output], device: str
) -> Drift:
    """Run a case in the precision that the network has now.

    Args:
        rung: name of that precision.
        network: as it is now.
        case: what to run.
        exact: what the network gave in float32.
        device: where it is.
    """
    outputs = run_plain(network, case, device, case.references)
    chosen = [output.reference for output in exact]
    other = [output.reference for output in outputs] != chosen
    if other:
        outputs = run_plain(network, case, device, chosen)
    widened = not all(bool(depth.isfinite().all()) for each in outputs for depth in each.depth)
    if widened:
        before = {name: each.data for name, each in network.named_parameters()}
        widen_dense(network)
        outputs = run_plain(network, case, device, chosen)
        _restore(network, before)
    pairs = list(zip(outputs, exact, strict=True))
    depth = _relative([(a.depth, b.depth) for a, b in pairs])
    if exact[0].confidence is None:
        return Drift(rung, depth, None, None, None, None, other, widened)
    sure = _relative([(a.confidence or (), b.confidence or ()) for a, b in pairs])
    cameras = [_camera_drift(a.cameras, b.cameras) for a, b in pairs if a.cameras and b.cameras]
    angle, translation, focal = (max(values) for values in zip(*cameras, strict=True))
    return Drift(rung, depth, sure, angle, translation, focal, other, widened)


def _restore(network: nn.Module, parameters: Mapping[str, Tensor]) -> None:
    for name, parameter in network.named_parameters():
        parameter.data = parameters[name]


def _relative(pairs: Sequence[tuple[Sequence[Tensor], Sequence[Tensor]]]) -> float:
    """Relative L2 over all maps."""
    off = sum(
        float((a.double() - b.double()).square().sum())
        for ours, exact in pairs
        for a, b in zip(ours, exact, strict=True)
    )
    size = sum(float(b.double().square().sum()) for _, exact in pairs for b in exact)
    return float(np.sqrt(off / max(size, 1e-300)))


def _camera_drift(ours: Cameras, exact: Cameras) -> tuple[float, float, float]:
    """Largest angle [deg], translation and focal length, the last two relative."""
    a, b = (each.cam_from_world.cpu().double().numpy() for each in (ours, exact))
    angle = max(
        float(np.degrees(angle_between(one[:, :3], other[:, :3])))
        for one, other in zip(a, b, strict=True)
    )
    centres_a, centres_b = _centres(a), _centres(b)
    middle = centres_b.mean(axis=0) if len(b) > 1 else 0.0
    size = float(np.linalg.norm(centres_b - middle, axis=1).max())
    moved = float(np.linalg.norm(centres_a - centres_b, axis=1).max()) / max(size, 1e-30)
    focal_a, focal_b = (
        each.intrinsics.cpu().double().diagonal(dim1=1, dim2=2)[:, :2] for each in (ours, exact)
    )
    return angle, moved, float(((focal_a - focal_b) / focal_b).abs().max())


def _centres(poses: NDArray[np.float64]) -> NDArray[np.float64]:
    centres: NDArray[np.float64] = -np.einsum("nji,nj->ni", poses[:, :, :3], poses[:, :, 3])
    return centres
