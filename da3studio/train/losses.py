"""The losses of the DA3 paper: depth with confidence, gradients, rays, points, cameras."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import torch
from torch import Tensor
from torch.nn import functional

from da3studio.model.camera_heads import rotation_of
from da3studio.train.forward import CELLS, Prediction
from da3studio.train.matching import matches_of, matching_loss
from da3studio.train.targets import Targets, directions_of, sampled

_SURE = 0.2  # reward of confidence in depth, per logarithm
_SURE_OF_RAYS = 0.05
_GRADIENT_STEPS = (1, 2, 4, 8)  # [px]
_NO_BASELINE = 0.03  # [units of the scene] below it a translation has no direction to learn
_LEAST_SAID = 0.3  # of the true baseline; a shorter one that is said counts as being so long


@dataclass(frozen=True)
class Weights:
    """How much each part counts."""

    depth: float = 1.0
    gradient: float = 0.5
    nothing: float = 0.05  # confidence where nothing is
    rays: float = 2.0
    points: float = 1.0
    position: float = 2.0
    orientation: float = 4.0
    lens: float = 1.0
    direction: float = 0.4
    relative_rotation: float = 0.0
    relative_direction: float = 0.0
    matching: float = 0.2
    token: float = 0.01


@dataclass(frozen=True, eq=False)
class Losses:
    """Parts of the loss, not yet weighted; scalars."""

    depth: Tensor
    gradient: Tensor
    nothing: Tensor
    rays: Tensor
    points: Tensor
    position: Tensor
    orientation: Tensor
    lens: Tensor
    direction: Tensor
    relative_rotation: Tensor
    relative_direction: Tensor
    matching: Tensor
    token: Tensor
    log_depth_error: Tensor  # told, not learned from

    def total(self, weights: Weights) -> Tensor:
        """The sum that is made small."""
        return sum(
            getattr(weights, field.name) * getattr(self, field.name) for field in fields(weights)
        )


def losses(prediction: Prediction, targets: Targets, dense_views: Tensor) -> Losses:
    """All parts.

    Args:
        prediction: of `B` scenes with `V` views, `K` of them dense.
        targets: of all views.
        dense_views: `(B, K)` which views the dense maps are of.
    """
    scenes = torch.arange(len(dense_views), device=dense_views.device)[:, None]
    depth, valid, rotation, position, lens = (
        value[scenes, dense_views] for value in vars(targets).values()
    )
    size, coarse = prediction.log_depth.shape[-2:], prediction.rays.shape[2:4]
    at_size, is_valid = (sampled(x, size) for x in (depth, valid.float()))
    error = (prediction.log_depth - at_size.clamp(min=1e-3).log()) * is_valid
    count = is_valid.sum().clamp(min=1)
    sure = prediction.confidence
    of_depth = ((sure * error.abs() - _SURE * sure.log()) * is_valid).sum() / count
    nothing = ((sure - 1) * (at_size <= 0)).mean()

    directions = directions_of(rotation, lens, *coarse)
    origins = position[:, :, None, None].expand_as(directions)
    off = (prediction.rays - torch.cat([directions, origins], dim=-1)).abs().mean(-1)
    of_rays = (
        prediction.ray_confidence * off - _SURE_OF_RAYS * prediction.ray_confidence.log()
    ).mean()

    depth_there, valid_there = sampled(depth, coarse), sampled(valid.float(), coarse)
    said = sampled(prediction.log_depth, coarse).clamp(-7, 5).exp()
    points = said[..., None] * prediction.rays[..., :3] + prediction.rays[..., 3:]
    truth = depth_there[..., None] * directions + origins
    miss = (points - truth).abs().mean(-1) / (0.5 + truth.norm(dim=-1))
    of_points = (miss * valid_there).sum() / valid_there.sum().clamp(min=1)
    return Losses(
        of_depth,
        _gradient(error, is_valid),
        nothing,
        of_rays,
        of_points,
        *_cameras(prediction.cameras, targets.cameras),
        *_pairs(prediction.cameras, targets),
        _matching(prediction.looks, targets, coarse),
        # Nothing else holds the tokens: they grow, and so does what a step changes in the cameras.
        prediction.camera_tokens.float().square().mean(),
        log_depth_error=(error.abs().sum() / count).detach(),
    )


def _matching(looks: Sequence[Tensor], targets: Targets, coarse: Sequence[int]) -> Tensor:
    if not looks:
        return torch.zeros((), device=targets.depth.device)
    rows, cols = (n // CELLS for n in coarse)
    return matching_loss(looks, matches_of(targets, rows, cols))


def _gradient(error: Tensor, valid: Tensor) -> Tensor:
    """How much the error changes from pixel to pixel, at several scales."""
    total = torch.zeros((), device=error.device)
    for step in _GRADIENT_STEPS:
        e, v = error[..., ::step, ::step], valid[..., ::step, ::step]
        across = (e[..., 1:] - e[..., :-1]).abs() * v[..., 1:] * v[..., :-1]
        down = (e[..., 1:, :] - e[..., :-1, :]).abs() * v[..., 1:, :] * v[..., :-1, :]
        total = total + (across.sum() + down.sum()) / (2 * v.sum() + 1)
    return total


def _cameras(said: Tensor, truth: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Position, orientation, lens, and direction of the position."""
    same_side = torch.where((said[..., 3:7] * truth[..., 3:7]).sum(-1, keepdim=True) < 0, -1.0, 1.0)
    position = (said[..., :3] - truth[..., :3]).abs().mean()
    orientation = (said[..., 3:7] - same_side * truth[..., 3:7]).abs().mean()
    lens = (said[..., 7:] - truth[..., 7:]).abs().mean()
    moved = (truth[..., :3].norm(dim=-1) > _NO_BASELINE).float()
    angle = 1 - functional.cosine_similarity(said[..., :3], truth[..., :3], dim=-1, eps=1e-4)
    return position, orientation, lens, (angle * moved).sum() / moved.sum().clamp(min=1)


def _pairs(said: Tensor, targets: Targets) -> tuple[Tensor, Tensor]:
    """Rotation and direction between all pairs of views, means [rad, for small errors].

    What cameras are judged by. Unlike `1 - cos`, both keep their slope down to the truth, and they
    ask for the difference of two cameras that are both far from the first.
    """
    n_views = said.shape[1]
    if n_views < 2:
        nothing = torch.zeros((), device=said.device)
        return nothing, nothing
    true_turn, true_way = _between(targets.rotation, targets.position)
    turn, way = _between(rotation_of(said[..., 3:7]), said[..., :3])
    other = ~torch.eye(n_views, dtype=torch.bool, device=said.device)
    off = (turn - true_turn).flatten(-2).norm(dim=-1) / 2**0.5
    rotation = (off * other).sum() / (len(said) * n_views * (n_views - 1))
    length = true_way.norm(dim=-1)
    told = way.norm(dim=-1).maximum(_LEAST_SAID * length).clamp(min=1e-3)
    chord = way / told[..., None] - true_way / length.clamp(min=1e-3)[..., None]
    moved = other & (length > _NO_BASELINE)
    missed = chord.norm(dim=-1) * moved
    return rotation, missed.sum() / moved.sum().clamp(min=1)


def _between(rotation: Tensor, position: Tensor) -> tuple[Tensor, Tensor]:
    """`(B, V, V, 3, 3)` turns and `(B, V, V, 3)` ways from each view, in its frame, to each."""
    own = rotation.transpose(-1, -2)[:, :, None]
    step = position[:, None] - position[:, :, None]
    return own @ rotation[:, None], (own @ step[..., None])[..., 0]
