"""From a recipe's names of checkpoints to networks in memory."""

from __future__ import annotations

from typing import Any

from da3studio.base.errors import Missing
from da3studio.base.i18n import tr
from da3studio.engine.da3.network_pass import Loaded
from da3studio.engine.pinning import find_pinned, id_of
from da3studio.model.checkpoint import Networks, load
from da3studio.model.precision import FULL, HALF, MIXED, Precision
from da3studio.recipes.depth import DepthRecipe
from da3studio.weights.store import Installed

_BFLOAT16_FROM = 8  # compute capability: older cards only emulate it


def load_networks(recipe: DepthRecipe, device: Any) -> Loaded:
    """Load what a recipe asks for.

    Args:
        recipe: `checkpoint` names an any-view network; `metric_checkpoint` one that knows metres,
            which may be the same file, or "" for none.
        device: `torch.device` to load to.

    Raises:
        Missing: a network is not installed, or cannot do what it is to do.
        CheckpointMismatch: a file is not what it should be.
    """
    precision = precision_for(device)
    installed = find_pinned(recipe.checkpoint)
    networks = _networks(installed, device, precision)
    metric = None
    if recipe.metric_checkpoint == recipe.checkpoint:
        metric = networks.metric
    elif recipe.metric_checkpoint:
        metric = _networks(find_pinned(recipe.metric_checkpoint), device, precision).metric
    if networks.any_view is None:
        raise _cannot(recipe.checkpoint, tr("It relates no views."), "--checkpoint")
    if recipe.metric_checkpoint and metric is None:
        raise _cannot(recipe.metric_checkpoint, tr("It knows no metres."), "--metric-checkpoint")
    return Loaded(
        networks.any_view, metric, device, precision, installed.photo_px, installed.references
    )


def precision_for(device: Any) -> Precision:
    """What a `torch.device` computes fast in without harm to depth; measured in da3_parity.md."""
    import torch

    if device.type != "cuda":
        return FULL
    major, _ = torch.cuda.get_device_capability(device)
    return MIXED if major >= _BFLOAT16_FROM else HALF


def _networks(installed: Installed, device: Any, precision: Precision) -> Networks:
    return load(installed.path, variant=installed.variant, device=device, precision=precision)


def _cannot(pin: str, why: str, option: str) -> Missing:
    return Missing(
        tr("The network {id} cannot do what it is to do here.").format(id=id_of(pin)),
        why=why,
        fix=tr("Choose another ({option}); the list of networks says what each can do.").format(
            option=option
        ),
    )
