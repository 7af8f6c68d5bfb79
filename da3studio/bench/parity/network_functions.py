"""Functions of the network itself: positions, cameras, reference view, metres, Gaussians."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor

from da3studio.bench.parity.case_files import Meta, Stored
from da3studio.bench.parity.comparison import RELATIVE_L2, SOLVED, Compared, compare
from da3studio.bench.parity.comparison import compare_exactly as exactly
from da3studio.bench.parity.reference import (
    fill_monocular_sky,
    fill_nested_sky,
    similarity_range,
    split_ql,
)
from da3studio.model.backbone import Backbone
from da3studio.model.camera_heads import Cameras, decode_cameras, encode_cameras, quaternion_of
from da3studio.model.config import PATCH, BackboneConfig
from da3studio.model.gaussian_head import RawGaussians, place_gaussians, scale_to_known
from da3studio.model.metric import metres_per_unit, to_metres
from da3studio.model.packing import Packing
from da3studio.model.pyramid import add_uv
from da3studio.model.ray_pose import cameras_from_rays
from da3studio.model.reference_view import REFERENCE_STRATEGIES, choose_reference_view
from da3studio.model.rope import rotation_at
from da3studio.model.spherical_harmonics import rotate_harmonics

_MOST_PATCHES = 10**5  # that a file may ask a position embedding for
_TIE = 1e-6


def pieces(stored: Stored, meta: Meta) -> Iterator[Compared]:
    """Rotary positions, the resampled position embedding, positions in the picture."""
    x = _tensor(stored, "rope_in").flatten(0, 1).transpose(0, 1)  # (tokens, batch * heads, 64)
    rows, cols = (int(n) for n in re.findall(r"(\d+)x(\d+)", str(meta["rope"]))[0])
    positions = Packing([(rows * PATCH, cols * PATCH)]).positions()
    plain, none = torch.ones(x.shape[-1]), torch.zeros(x.shape[-1])
    for name, at in (("rope_local", positions), ("rope_global", positions.clamp(max=1))):
        turned = rotation_at(at, torch.float32).turn(x, plain, none)
        yield compare(name, turned.transpose(0, 1).reshape(stored[name].shape), stored[name])
    table = _tensor(stored, "pos_embed")
    for row in meta["pos_rows"]:
        height, width = int(row["H"]), int(row["W"])
        name = f"pos_{height}x{width}"
        embedding = _position_embedding(table, height // PATCH, width // PATCH)
        yield compare(name, embedding[:: int(row["stride"])], stored[name])
    for name in stored:
        if name.startswith("uv_"):
            cells, picture, _ = name.removeprefix("uv_").split("_")
            (n, m), (width, height) = (map(int, size.split("x")) for size in (cells, picture))
            blank = torch.zeros(1, stored[name].shape[-1], m, n)
            yield compare(name, add_uv(blank, width / height)[0].permute(1, 2, 0), stored[name])


def _position_embedding(table: Tensor, rows: int, cols: int) -> Tensor:
    """`(1 + rows * cols, D)` by a backbone that has nothing else."""
    if rows * cols > _MOST_PATCHES:
        raise ValueError(f"{rows} x {cols} patches")
    alone = BackboneConfig(table.shape[1], depth=0, taps=(0, 0, 0, 0), cross_view_from=None)
    backbone = Backbone(alone).requires_grad_(False)
    backbone.pos_embed.data = table[None]
    with torch.inference_mode():
        return backbone.position_embedding(rows, cols)[0]


def pose_encoding(stored: Stored, meta: Meta) -> Iterator[Compared]:
    """Cameras ↔ nine numbers."""
    poses = _tensor(stored, "w2c")[:, :3]
    sizes = torch.tensor(meta["image_hw"], dtype=torch.float32).expand(len(poses), 2)
    known = Cameras(poses, _tensor(stored, "K"))
    yield compare("enc", encode_cameras(known, sizes), stored["enc"])
    yield compare("quat", quaternion_of(poses[:, :, :3]), stored["quat"])
    decoded = decode_cameras(_tensor(stored, "raw"), sizes)
    yield compare("dec_w2c", decoded.cam_from_world, stored["dec_w2c"])
    yield compare("dec_K", decoded.intrinsics, stored["dec_K"])
    yield compare("dec_c2w", _world_from_cam(decoded), stored["dec_c2w"])


def reference_view(stored: Stored, meta: Meta) -> Iterator[Compared]:
    """The choice of every strategy, and the order of views that follows from the balanced one."""
    for row in meta["rows"]:
        case = f"c{row['case']}_"
        tokens = _tensor(stored, case + "x")[:, :, 0]  # (batch, views, channels)
        for strategy in REFERENCE_STRATEGIES:
            chosen = [choose_reference_view(views, strategy) for views in tokens]
            wanted = [int(view) for view in row[strategy]]
            if strategy == "saddle_sim_range":  # rounding decides which of two views it is
                chosen = [_tied(*one) for one in zip(tokens, chosen, wanted, strict=True)]
            yield exactly(f"{case}{strategy}", chosen, wanted)
        reordered = []
        for views in tokens:
            first = choose_reference_view(views, "saddle_balanced")
            order = [first, *(view for view in range(len(views)) if view != first)]
            reordered.append(views[order, 0].numpy())
        name = case + "reordered_col0"
        yield exactly(name, np.stack(reordered), stored[name])


def _tied(views: Tensor, ours: int, wanted: int) -> int:
    """The wanted view, if it has the same range of similarities as ours."""
    ranges = similarity_range(views)
    return wanted if abs(float(ranges[ours] - ranges[wanted])) <= _TIE else ours


def ray_pose(stored: Stored, meta: Meta) -> Iterator[Compared]:
    """Cameras from rays: the reference's answers by its own factorisation, and ours by the truth.

    Rays without noise say what is true, whatever the principal point.
    """
    for row in meta["rows"]:
        case = f"c{row['case']}_"
        height, width = (int(side) for side in row["image_hw"])
        half = np.array([width, height]) / 2
        rays, sure, subsets = (_tensor(stored, case + name) for name in ("ray", "conf", "idx"))
        sizes = [(height, width)] * len(rays)
        theirs = cameras_from_rays(
            tuple(rays), tuple(sure), sizes, subsets=subsets.long(), factorise=split_ql
        )
        seen = _lens_and_place(theirs, half)
        seen |= {"extrinsics": theirs.cam_from_world, "intrinsics": theirs.intrinsics}
        for name, value in seen.items():
            yield compare(case + name, value, stored[case + name], SOLVED)
        if row.get("noise") == 0.0:
            ours = _lens_and_place(cameras_from_rays(tuple(rays), tuple(sure), sizes), half)
            yield compare(f"{case}R, ours", ours["R"], stored[case + "true_R"], SOLVED)
            for name, value in _true_lens(row, len(rays)).items():
                yield compare(f"{case}{name}, ours", ours[name], value, SOLVED)


def _lens_and_place(cameras: Cameras, half: Any) -> dict[str, Any]:
    """As the reference says it: lens for pixels in [-1, 1], its centre from the corner."""
    pose, lens = _world_from_cam(cameras), cameras.intrinsics.numpy()
    return {
        "R": pose[:, :, :3],
        "T": pose[:, :, 3],
        "focal": lens.diagonal(axis1=1, axis2=2)[:, :2] / half,
        "pp": lens[:, :2, 2] / half,
    }


def _true_lens(row: Meta, n_views: int) -> dict[str, Any]:
    focal = [float(row.get("fx", 1.2)), float(row.get("fy", 1.5))]
    centre = [1 + float(row.get("cx", 0.0)), 1 + float(row.get("cy", 0.0))]
    return {"focal": np.tile(focal, (n_views, 1)), "pp": np.tile(centre, (n_views, 1))}


def nested(stored: Stored, meta: Meta) -> Iterator[Compared]:
    """Relative depth to metres, and skies filled."""
    for row in meta["rows"]:
        case = f"c{row['case']}_"
        given = {
            name: tuple(_tensor(stored, f"{case}in_{name}"))
            for name in ("depth", "conf", "K", "metric_depth_raw", "sky")
        }
        metres = [
            to_metres(depth, lens)
            for depth, lens in zip(given["metric_depth_raw"], given["K"], strict=True)
        ]
        scale = metres_per_unit(given["depth"], given["conf"], metres, given["sky"])
        scaled = [depth * scale for depth in given["depth"]]
        depth, confidence = fill_nested_sky(scaled, given["conf"], given["sky"])
        poses = stored[case + "in_ext"].copy()
        poses[..., 3] *= scale
        ours = {
            "metric_scaled": torch.stack(metres),
            "scale": scale,
            "depth": torch.stack(depth),
            "conf": torch.stack(confidence),
            "ext": poses,
            "mono_sky_depth": torch.stack(fill_monocular_sky(given["depth"], given["sky"])),
        }
        for name, value in ours.items():
            yield compare(case + name, value, stored[case + name])


def gaussian_adapter(stored: Stored, _meta: Meta) -> Iterator[Compared]:
    """Gaussians placed in the world, with and without given cameras; turned harmonics."""
    lenses, depth = _tensor(stored, "K"), _tensor(stored, "depth")
    cameras = Cameras(_tensor(stored, "w2c")[:, :3], lenses)
    given = Cameras(_tensor(stored, "gt_w2c")[:, :3], lenses)
    raw = RawGaussians(_tensor(stored, "raw"), _tensor(stored, "opacity"))
    for case, scale in (("free", 1.0), ("gt", scale_to_known(cameras, given))):
        placed = place_gaussians(raw, depth, cameras, scale=scale)
        for name in ("means", "scales", "rotations", "harmonics", "opacities"):
            yield compare(f"{case}_{name}", getattr(placed, name), stored[f"{case}_{name}"])
    turned = rotate_harmonics(_tensor(stored, "sh_in"), _tensor(stored, "sh_R")[:, None])
    yield compare("sh_out", turned, stored["sh_out"], RELATIVE_L2)


def _world_from_cam(cameras: Cameras) -> Any:
    """`(S, 3, 4)`."""
    rotation = cameras.cam_from_world[:, :, :3].transpose(1, 2)
    centre = -(rotation @ cameras.cam_from_world[:, :, 3:])
    return torch.cat([rotation, centre], dim=-1).numpy()


def _tensor(stored: Stored, name: str) -> Tensor:
    return torch.from_numpy(stored[name])
