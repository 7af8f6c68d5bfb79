"""The arrays of a case of a whole network, from what the network gave."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from da3studio.bench.parity.cameras import cameras_of, matrices_of
from da3studio.bench.parity.comparison import RELATIVE_L2, SOLVED, Compared, compare
from da3studio.bench.parity.inside import Arrays
from da3studio.bench.parity.network_cases import NetworkCase, Pass
from da3studio.bench.parity.reference import (
    MOST_IN_QUANTILE,
    fill_monocular_sky,
    fill_nested_sky,
    split_ql,
)
from da3studio.geometry.camera_alignment import normalise_for_conditioning
from da3studio.model.camera_heads import Cameras
from da3studio.model.gaussian_head import place_gaussians, scale_to_known
from da3studio.model.metric import SKY, metres_per_unit, to_metres
from da3studio.model.network import DA3Output
from da3studio.model.ray_pose import cameras_from_rays

_INPUTS = frozenset({"images", "extrinsics_in", "intrinsics_in", "ransac_idx"})
_KNOWN = "extrinsics_normalized"  # an input, and an answer where the poses before it are there
_FILLED = ("depth", "depth_conf")  # arrays in which the sky was filled
_IN_METRES = ("depth", "extrinsics", "scale_factor")  # that follow the nested network's scale
_PLACED = ("gaussians_means", "gaussians_scales")  # that follow the scale of known cameras
_AT_RANDOM = 1e-2  # where the reference drew pixels from a generator without a seed
_UNDECIDED = 1e-4  # a sky value this near to the threshold may fall on either side


def compare_network_case(case: NetworkCase, passes: Sequence[Pass]) -> Iterator[Compared]:
    """Compare every array of the file.

    Args:
        case: what was run.
        passes: of its networks, in their order.

    Raises:
        KeyError: the file holds an array that this code does not know.
    """
    stored = case.file.stored
    ours = network_arrays(case, passes)
    tolerances = _tolerances(case, ours, nested=len(passes) > 1)
    undecided = _undecided(case)
    for name in stored:
        if name in _INPUTS or (name == _KNOWN and _KNOWN not in ours):
            continue
        array = ours[name]
        if name in _FILLED and undecided is not None:
            array = np.where(undecided, stored[name], array)
        yield compare(name, array, stored[name], tolerances.get(name, RELATIVE_L2))


def network_arrays(case: NetworkCase, passes: Sequence[Pass]) -> Arrays:
    """Everything that a file may hold, by name."""
    first, *others = passes
    arrays = dict(first.inside) | _maps(first.outputs, case.stride)
    if "extrinsics_in" in case.file.stored:
        arrays[_KNOWN] = _normalised(case.file.stored["extrinsics_in"])
    if first.outputs[0].sky is None:
        arrays |= _cameras(case, first.outputs)
    else:
        arrays |= _monocular(case, first.outputs)
    if case.gaussians:
        arrays |= _gaussians(case, first.outputs)
    for metric in others:
        arrays |= _nested(case, first.outputs, metric, arrays)
    return arrays


def _maps(outputs: Sequence[DA3Output], stride: int) -> Arrays:
    arrays = {"depth": _thinned([output.depth for output in outputs], stride)}
    if outputs[0].sky is not None:
        arrays["sky"] = _thinned([output.sky for output in outputs], stride)
        return arrays
    arrays["depth_conf"] = _thinned([output.confidence for output in outputs], stride)
    rays = _stacked([output.rays for output in outputs])
    sure = _stacked([output.ray_confidence for output in outputs])
    arrays |= {"ray_full": rays, "ray_conf_full": sure}
    arrays["ray"] = rays[:, :, :: 2 * stride, :: 2 * stride]
    arrays["ray_conf"] = sure[..., :: 2 * stride, :: 2 * stride]
    return arrays


def _normalised(poses: NDArray[Any]) -> NDArray[np.float64]:
    """Given poses, as they enter the camera encoder."""
    scenes = poses.reshape(-1, *poses.shape[-3:])
    found = [matrices_of(normalise_for_conditioning(cameras_of(scene))) for scene in scenes]
    return np.stack(found).reshape(poses.shape)


def _cameras(case: NetworkCase, outputs: Sequence[DA3Output]) -> Arrays:
    cameras = [output.cameras for output in outputs]
    if case.ray_pose:
        subsets = torch.from_numpy(case.file.stored["ransac_idx"]).long()
        cameras = [_from_rays(output, subsets) for output in outputs]
    return {
        "pose_enc": np.stack([_numpy(output.camera_encoding) for output in outputs]),
        "extrinsics": np.stack([_numpy(each.cam_from_world) for each in cameras if each]),
        "intrinsics": np.stack([_numpy(each.intrinsics) for each in cameras if each]),
    }


def _from_rays(output: DA3Output, subsets: Tensor) -> Cameras:
    sizes = [(depth.shape[0], depth.shape[1]) for depth in output.depth]
    rays, sure = output.rays or (), output.ray_confidence or ()
    return cameras_from_rays(rays, sure, sizes, subsets=subsets, factorise=split_ql)


def _monocular(case: NetworkCase, outputs: Sequence[DA3Output]) -> Arrays:
    depth = [view for output in outputs for view in output.depth]
    sky = [view for output in outputs for view in output.sky or ()]
    filled = fill_monocular_sky(depth, sky)
    return {
        "raw_depth": _thinned([output.depth for output in outputs], case.stride),
        "depth": _thinned(_per_element(filled, len(outputs)), case.stride),
    }


def _gaussians(case: NetworkCase, outputs: Sequence[DA3Output]) -> Arrays:
    """As lists over the whole batch; cameras are those of the decoder or of the rays."""
    fields = ("means", "scales", "rotations", "harmonics", "opacities")
    lists: dict[str, list[NDArray[Any]]] = {name: [] for name in fields}
    values, opacity = [], []
    found = _cameras(case, outputs)
    for i, output in enumerate(outputs):
        (raw,) = output.raw_gaussians or ()
        device, known = raw.values.device, case.known[i]
        poses, lenses = (torch.from_numpy(found[name][i]) for name in ("extrinsics", "intrinsics"))
        cameras = Cameras(poses.to(device), lenses.to(device))
        scale = 1.0 if known is None else scale_to_known(cameras, known)
        placed = place_gaussians(raw, torch.stack(output.depth), cameras, scale=scale)
        for name in fields:
            lists[name].append(_numpy(getattr(placed, name)))
        values.append(_numpy(raw.values)[:, ::6, ::6])
        opacity.append(_numpy(raw.opacity)[:, ::3, ::3])
    arrays = {f"gaussians_{name}": np.concatenate(parts)[::37] for name, parts in lists.items()}
    return arrays | {"gs_raw": np.stack(values), "gs_raw_conf": np.stack(opacity)}


def _nested(
    case: NetworkCase, outputs: Sequence[DA3Output], metric: Pass, arrays: Arrays
) -> Arrays:
    """The metric branch, and the any-view branch brought to metres: one factor for the batch."""
    found = {f"metric_{name}": value for name, value in metric.inside.items()}
    found["metric_raw_depth"] = _thinned([single.depth for single in metric.outputs], case.stride)
    found["metric_raw_sky"] = _thinned([single.sky for single in metric.outputs], case.stride)
    found["raw_depth"], found["raw_depth_conf"] = arrays["depth"], arrays["depth_conf"]
    relative = [view for output in outputs for view in output.depth]
    confidence = [view for output in outputs for view in output.confidence or ()]
    sky = [view for single in metric.outputs for view in single.sky or ()]
    lenses = torch.from_numpy(arrays["intrinsics"]).to(relative[0].device).reshape(-1, 3, 3)
    metres = [
        to_metres(view, lens)
        for view, lens in zip(
            (view for single in metric.outputs for view in single.depth), lenses, strict=True
        )
    ]
    scale = metres_per_unit(relative, confidence, metres, sky)
    depth, confidence = fill_nested_sky([scale * view for view in relative], confidence, sky)
    found["depth"] = _thinned(_per_element(depth, len(outputs)), case.stride)
    found["depth_conf"] = _thinned(_per_element(confidence, len(outputs)), case.stride)
    found["scale_factor"] = np.asarray(scale)
    found["extrinsics"] = arrays["extrinsics"].copy()
    found["extrinsics"][..., 3] *= scale
    return found


def _tolerances(case: NetworkCase, ours: Arrays, *, nested: bool) -> dict[str, float]:
    """Of the arrays that have another one than most."""
    found: dict[str, float] = {}
    if case.ray_pose:
        found |= dict.fromkeys(("extrinsics", "intrinsics"), SOLVED)
        found |= {name: SOLVED for name in ours if name.startswith("gaussians_")}
        if nested:
            found |= dict.fromkeys(_IN_METRES, SOLVED)
    if case.known[0] is not None:  # the scale to them is that of an alignment of a few centres
        found |= dict.fromkeys(_PLACED, SOLVED)
    sky = ours.get("metric_raw_sky", ours.get("sky"))
    if sky is not None and (sky < SKY).sum() * case.stride**2 > MOST_IN_QUANTILE:
        found |= dict.fromkeys(_IN_METRES if nested else ("depth",), _AT_RANDOM)
    return found


def _undecided(case: NetworkCase) -> NDArray[np.bool_] | None:
    """Pixels of which rounding decides whether they are sky."""
    stored = case.file.stored
    sky = stored.get("metric_raw_sky", stored.get("sky"))
    return None if sky is None else np.abs(sky - SKY) < _UNDECIDED


def _per_element(views: Sequence[Tensor], batch: int) -> list[Sequence[Tensor]]:
    n_views = len(views) // batch
    return [views[start : start + n_views] for start in range(0, len(views), n_views)]


def _thinned(batch: Sequence[Sequence[Tensor] | None], stride: int) -> NDArray[Any]:
    """`(batch, views, H, W)`, every so many rows and columns."""
    return _stacked(batch)[..., ::stride, ::stride]


def _stacked(batch: Sequence[Sequence[Tensor] | None]) -> NDArray[Any]:
    return np.stack([np.stack([_numpy(view) for view in views or ()]) for views in batch])


def _numpy(tensor: Tensor | None) -> NDArray[Any]:
    if tensor is None:
        raise ValueError("this network does not give what the case holds")
    array: NDArray[Any] = tensor.float().cpu().numpy()
    return array
