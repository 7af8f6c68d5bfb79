"""Cases `net_*.npz`: one pass of a whole network, with what happens inside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from da3studio.bench.parity.comparison import RELATIVE_L2, SOLVED, Compared, compare
from da3studio.bench.parity.formula import FormulaWeights
from da3studio.bench.parity.inside import Inside
from da3studio.bench.parity.reference import fill_monocular_sky, fill_nested_sky, split_ql
from da3studio.model.camera_heads import Cameras
from da3studio.model.checkpoint import filled
from da3studio.model.config import VARIANTS, DA3Config
from da3studio.model.gaussian_head import place_gaussians, scale_to_known
from da3studio.model.metric import metres_per_unit, to_metres
from da3studio.model.names import networks_of
from da3studio.model.network import DA3, Ask, DA3Output
from da3studio.model.precision import FULL, Precision
from da3studio.model.preprocess import normalised
from da3studio.model.ray_pose import cameras_from_rays

Stored = Mapping[str, NDArray[Any]]
Arrays = dict[str, NDArray[Any]]

_INPUTS = {"images", "extrinsics_in", "intrinsics_in", "extrinsics_normalized", "ransac_idx"}
_SOLVED = {"extrinsics": SOLVED, "intrinsics": 10 * SOLVED}  # where cameras come from rays


@dataclass(frozen=True)
class NetworkCase:
    """What a file says was run."""

    networks: tuple[tuple[str, DA3Config], ...]  # prefix in the file of weights, network
    salt: str
    override: tuple[tuple[str, float], ...]
    batch: int
    ray_pose: bool
    gaussians: bool
    features: tuple[int, ...]  # blocks of which the output was stored
    stride: int
    reference: Any  # strategy, or the view itself

    @classmethod
    def of(cls, stored: Stored, meta: Mapping[str, Any]) -> NetworkCase:
        """Read the case out of a file."""
        case = meta["case"]
        reference = case.get("strategy", "saddle_balanced")
        if reference == "saddle_sim_range":  # two views tie but for rounding
            reference = int(stored["ref_idx"][0])
        return cls(
            tuple(networks_of(VARIANTS[case["variant"]])),
            meta["salt"],
            tuple((pattern, float(factor)) for pattern, factor in case.get("override", ())),
            int(case.get("batch", 1)),
            bool(case.get("ray_pose", False)),
            bool(case.get("gs", False)),
            tuple(case.get("feats", ())),
            int(case.get("stride", 1)),
            reference,
        )


def run_network_case(
    stored: Stored, meta: Mapping[str, Any], precision: Precision = FULL, device: str = "cpu"
) -> Iterator[Compared]:
    """Run a case and compare every array of its file.

    Raises:
        KeyError: the file holds an array that this code does not know.
    """
    case = NetworkCase.of(stored, meta)
    ours = network_arrays(stored, case, precision, device)
    for name in stored:
        if name in _INPUTS:
            continue
        tolerance = _SOLVED.get(name, RELATIVE_L2) if case.ray_pose else RELATIVE_L2
        yield compare(name, ours[name], stored[name], tolerance)


def network_arrays(
    stored: Stored, case: NetworkCase, precision: Precision, device: str
) -> Arrays:
    """Everything that a file may hold of a case, by name."""
    (prefix, config), *others = case.networks
    network = _network(config, case, prefix, precision, device)
    outputs, inside = _forward(network, case, stored, device)
    arrays = inside.arrays(outputs, case.features)
    arrays |= _maps(outputs, case)
    if config.any_view:
        arrays |= _cameras(outputs, case, stored)
    else:
        arrays["raw_depth"] = arrays["depth"]
        filled_depth = fill_monocular_sky(outputs[0].depth, outputs[0].sky or ())
        arrays["depth"] = _stacked([filled_depth], case.stride)
    if case.gaussians:
        arrays |= _gaussians(outputs[0], case, stored, device)
    for other_prefix, metric in others:
        del network  # of the two only one is in memory
        network = _network(metric, case, other_prefix, precision, device)
        arrays |= _nested(network, outputs[0], arrays, case, stored, device)
    return arrays


def _network(
    config: DA3Config, case: NetworkCase, prefix: str, precision: Precision, device: str
) -> DA3:
    weights = FormulaWeights(config, case.salt, prefix=prefix, override=case.override)
    return filled(config, weights, device=device, precision=precision)


def _forward(
    network: DA3, case: NetworkCase, stored: Stored, device: str
) -> tuple[list[DA3Output], Inside]:
    """One pass per batch element, watched."""
    photos = stored["images"].reshape(-1, *stored["images"].shape[-3:])
    images = [normalised(photo).to(device) for photo in photos]
    n_views = len(images) // case.batch
    any_view = network.config.any_view
    known = _known(stored, device) if any_view else None
    ask = Ask(rays=any_view, gaussians=case.gaussians and any_view, reference=case.reference)
    with Inside(network) as inside, torch.inference_mode():
        outputs = [
            network(images[start : start + n_views], known, ask)
            for start in range(0, len(images), n_views)
        ]
    return outputs, inside


def _known(stored: Stored, device: str) -> Cameras | None:
    """The known cameras of a case, as they enter the encoder."""
    if "extrinsics_normalized" not in stored:
        return None
    poses = torch.from_numpy(stored["extrinsics_normalized"][:, :3].astype(np.float32))
    lenses = torch.from_numpy(stored["intrinsics_in"].astype(np.float32))
    return Cameras(poses.to(device), lenses.to(device))


def _maps(outputs: list[DA3Output], case: NetworkCase) -> Arrays:
    stride = case.stride
    arrays = {"depth": _stacked([output.depth for output in outputs], stride)}
    if outputs[0].sky is not None:
        arrays["sky"] = _stacked([output.sky for output in outputs], stride)
        return arrays
    arrays["depth_conf"] = _stacked([output.confidence for output in outputs], stride)
    rays = np.stack([np.stack([ray.cpu() for ray in output.rays or ()]) for output in outputs])
    sure = _stacked([output.ray_confidence for output in outputs], 1)
    arrays |= {"ray_full": rays, "ray_conf_full": sure}
    arrays["ray"] = rays[:, :, :: 2 * stride, :: 2 * stride]
    arrays["ray_conf"] = sure[..., :: 2 * stride, :: 2 * stride]
    return arrays


def _cameras(outputs: list[DA3Output], case: NetworkCase, stored: Stored) -> Arrays:
    cameras = [output.cameras for output in outputs]
    if case.ray_pose:
        output = outputs[0]
        cameras = [
            cameras_from_rays(
                output.rays or (),
                output.ray_confidence or (),
                [tuple(depth.shape) for depth in output.depth],
                subsets=torch.from_numpy(stored["ransac_idx"]),
                factorise=split_ql,
            )
        ]
    return {
        "pose_enc": np.stack([_numpy(output.camera_encoding) for output in outputs]),
        "extrinsics": np.stack([_numpy(each.cam_from_world) for each in cameras if each]),
        "intrinsics": np.stack([_numpy(each.intrinsics) for each in cameras if each]),
    }


def _gaussians(output: DA3Output, case: NetworkCase, stored: Stored, device: str) -> Arrays:
    assert output.raw_gaussians is not None and output.cameras is not None  # noqa: S101
    (raw,) = output.raw_gaussians
    known = _known(stored, device)
    scale = 1.0 if known is None else scale_to_known(output.cameras, known)
    placed = place_gaussians(raw, torch.stack(output.depth), output.cameras, scale=scale)
    fields = ("means", "scales", "rotations", "harmonics", "opacities")
    arrays = {f"gaussians_{name}": _numpy(getattr(placed, name))[::37] for name in fields}
    arrays["gs_raw"] = _numpy(raw.values)[None, :, ::6, ::6]
    arrays["gs_raw_conf"] = _numpy(raw.opacity)[None, :, ::3, ::3]
    return arrays


def _nested(
    metric: DA3,
    output: DA3Output,
    arrays: Arrays,
    case: NetworkCase,
    stored: Stored,
    device: str,
) -> Arrays:
    """The metric branch, and the any-view branch brought to metres."""
    (single,), inside = _forward(metric, case, stored, device)
    assert output.cameras is not None and single.sky is not None  # noqa: S101
    assert output.confidence is not None  # noqa: S101
    found = {f"metric_{name}": value for name, value in inside.arrays([single], ()).items()}
    found["metric_raw_depth"] = _stacked([single.depth], case.stride)
    found["metric_raw_sky"] = _stacked([single.sky], case.stride)
    lenses = output.cameras.intrinsics
    metres = [to_metres(depth, lens) for depth, lens in zip(single.depth, lenses, strict=True)]
    scale = metres_per_unit(output.depth, output.confidence, metres, single.sky)
    depth = [scale * view for view in output.depth]
    depth, confidence = fill_nested_sky(depth, output.confidence, single.sky)
    found["raw_depth"], found["raw_depth_conf"] = arrays["depth"], arrays["depth_conf"]
    found["depth"] = _stacked([depth], case.stride)
    found["depth_conf"] = _stacked([confidence], case.stride)
    found["scale_factor"] = np.asarray(scale)
    found["extrinsics"] = arrays["extrinsics"].copy()
    found["extrinsics"][..., 3] *= scale
    return found


def _stacked(batch: Any, stride: int) -> NDArray[Any]:
    """`(batch, views, H, W)` thinned out."""
    return np.stack([np.stack([_numpy(view) for view in views]) for views in batch])[
        ..., ::stride, ::stride
    ]


def _numpy(tensor: Tensor | None) -> NDArray[Any]:
    assert tensor is not None  # noqa: S101
    return tensor.float().cpu().numpy()
