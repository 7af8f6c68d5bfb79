"""How good a network is on scenes that are never trained on: unseen patterns, and unseen kinds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from da3studio.base.cancel import NEVER, CancelToken
from da3studio.geometry.depth_errors import depth_errors
from da3studio.geometry.pose_errors import auc, larger_of, pair_angles, pair_errors
from da3studio.geometry.rigid import Rigid3
from da3studio.model.camera_heads import rotation_of
from da3studio.model.network import DA3
from da3studio.train.forward import Prediction, predict
from da3studio.train.scenes.batch import batch, shares
from da3studio.train.scenes.parts import Draw
from da3studio.train.scenes.patterns import HELD_OUT
from da3studio.train.targets import Targets, given_cameras, normalised, targets_of

SETS: Mapping[str, Mapping[str, float]] = {
    "unseen patterns": {
        "room": 2, "table": 2, "figure": 1, "street": 2, "aerial": 1, "terrain": 1,
    },
    "unseen kind": {"colonnade": 1},
}  # fmt: skip
VIEWS = (2, 4, 8)
_THRESHOLDS = (5, 15, 30)  # [degrees]
_PHOTOS = 32  # at a time
_SEED = 424242


@dataclass(frozen=True)
class Scores:
    """Of one set with one number of views."""

    of: str
    views: int
    auc: Mapping[int, float]  # threshold [degrees] → of pose pairs, in 0 to 100
    identity: Mapping[int, float]  # the same of cameras that never turn and step to the right
    rotation_deg: float  # median error of pairs
    direction_deg: float  # likewise, of the translation
    abs_rel: float  # of depth, each photo scaled by its median
    delta1: float  # share of pixels within a factor of 1.25
    constant_abs_rel: float  # of a constant depth
    constant_delta1: float
    auc_known: float  # at 30 degrees, with all cameras given


def evaluate(
    network: DA3,
    scenes: int,
    size: tuple[int, int],
    device: torch.device | str,
    *,
    sets: Mapping[str, Mapping[str, float]] = SETS,
    views: Sequence[int] = VIEWS,
    token: CancelToken = NEVER,
) -> list[Scores]:
    """Scores on all sets; the same scenes every time.

    Args:
        network: on the device.
        scenes: of each set and number of views.
        size: height and width of the photos [px].
        device: where the network is.
        sets: name → how often scenes are of each kind.
        views: photos of a scene.
        token: checked between batches of scenes.

    Raises:
        JobCancelled: by the token.
    """
    state = torch.random.get_rng_state()
    result = []
    for of, kinds in sets.items():
        for n_views in views:
            torch.manual_seed(_SEED)
            result.append(_scores(network, of, kinds, n_views, scenes, size, device, token))
    torch.random.set_rng_state(state)
    return result


def _scores(
    network: DA3,
    of: str,
    kinds: Mapping[str, float],
    n_views: int,
    scenes: int,
    size: tuple[int, int],
    device: torch.device | str,
    token: CancelToken,
) -> Scores:
    at_once = min(scenes, max(len(kinds), _PHOTOS // n_views))
    counts = shares(kinds, at_once)
    poses, still, angles, depth, constant, known_poses = [], [], [], [], [], []
    with torch.no_grad():
        for _ in range(-(-scenes // at_once)):
            token.check()
            made = batch(counts, n_views, *size, device, families=HELD_OUT)
            targets, photos = targets_of(made), normalised(made.photos)
            dense = torch.arange(n_views, device=device).expand(len(photos), -1)
            said = _said(network, photos, dense)
            for found, true in zip(_poses(said.cameras), _poses(targets.cameras), strict=True):
                angles.append(pair_angles(found, true))
                poses.append(larger_of(angles[-1]))
                aside = {name: _steps_aside(i) for i, name in enumerate(sorted(true))}
                still.append(pair_errors(aside, true))
            depth.append(_depth_errors(said.log_depth.exp(), targets))
            constant.append(_depth_errors(torch.ones_like(targets.depth), targets))
            if network.config.pose_conditioning:
                given = given_cameras(targets, Draw(len(photos), device))
                all_known = torch.ones(len(photos), dtype=torch.bool, device=device)
                told = _said(network, photos, dense, known=given, is_known=all_known)
                pairs = zip(_poses(told.cameras), _poses(targets.cameras), strict=True)
                known_poses += [pair_errors(found, true) for found, true in pairs]
    rotation, direction = np.nanmedian(np.concatenate(angles), axis=0)
    abs_rel, delta1 = np.mean(np.concatenate(depth), axis=0)
    constant_abs_rel, constant_delta1 = np.mean(np.concatenate(constant), axis=0)
    return Scores(
        of,
        n_views,
        _aucs(poses),
        _aucs(still),
        float(rotation),
        float(direction),
        float(abs_rel),
        float(delta1),
        float(constant_abs_rel),
        float(constant_delta1),
        _aucs(known_poses)[_THRESHOLDS[-1]] if known_poses else 0.0,
    )


def _said(network: DA3, photos: Tensor, dense: Tensor, **known: Tensor) -> Prediction:
    """In half precision where it is fast, as in training; scenes and truth are never made so."""
    with torch.autocast(photos.device.type, torch.bfloat16, enabled=photos.is_cuda):
        return predict(network, photos, dense, **known)


def _aucs(errors: Sequence[NDArray[np.float64]]) -> dict[int, float]:
    together = np.concatenate(errors)
    return {threshold: 100 * auc(together, threshold) for threshold in _THRESHOLDS}


def _poses(cameras: Tensor) -> list[dict[str, Rigid3]]:
    """`cam_from_world` of each scene's views, of `(B, V, 9)` encoded cameras."""
    cameras = cameras.double().cpu()
    rotation = rotation_of(cameras[..., 3:7]).transpose(-1, -2)
    translation = -(rotation @ cameras[..., :3, None])[..., 0]
    return [
        {f"{i:02}": Rigid3(r, t) for i, (r, t) in enumerate(zip(rs, ts, strict=True))}
        for rs, ts in zip(rotation.numpy(), translation.numpy(), strict=True)
    ]


def _steps_aside(step: int) -> Rigid3:
    """A camera that never turns and takes steps to the right."""
    return Rigid3(np.eye(3), np.array([-float(step), 0.0, 0.0]))


def _depth_errors(depth: Tensor, targets: Targets) -> NDArray[np.float64]:
    """`(photos, 2)` absolute relative error, and share within a factor; each scaled by median."""
    rows = []
    maps = (depth, targets.depth, targets.valid)
    for said, truth, valid in zip(*(m.flatten(0, 1) for m in maps), strict=True):
        if int(valid.sum()) < valid.numel() // 50:
            continue
        rows.append(depth_errors(*(x[valid].double().cpu().numpy() for x in (said, truth))))
    return np.array(rows).reshape(-1, 2)
