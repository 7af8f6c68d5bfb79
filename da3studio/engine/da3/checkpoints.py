"""From a recipe's names of checkpoints to networks in memory."""

from __future__ import annotations

from typing import Any

from da3studio.base.errors import Missing
from da3studio.base.i18n import tr
from da3studio.engine.da3.network_pass import Loaded
from da3studio.model.checkpoint import Networks, load
from da3studio.model.precision import FULL, HALF, MIXED, Precision
from da3studio.recipes.depth import DepthRecipe
from da3studio.weights import store
from da3studio.weights.store import Installed

_DIGEST_DIGITS = 16  # of a file's SHA-256: enough to notice another file
_BFLOAT16_FROM = 8  # compute capability: older cards only emulate it


def pinned(installed: Installed) -> str:
    """What a recipe says of a checkpoint: its id, and which file it was."""
    return f"{installed.id}:{installed.sha256[:_DIGEST_DIGITS]}"


def find_pinned(checkpoint: str) -> Installed:
    """The installed checkpoint that a recipe names.

    Raises:
        Missing: it is not installed, or another file is under its name.
    """
    model_id, _, digest = checkpoint.partition(":")
    installed = store.find(model_id)
    if not installed.sha256.startswith(digest):
        raise Missing(
            tr("The network {id} is another one than the project was made with.").format(
                id=model_id
            ),
            why=tr("Its file has the sum {now}, the project names {then}.").format(
                now=installed.sha256[:_DIGEST_DIGITS], then=digest
            ),
            fix=tr("Choose the network again with --checkpoint, or put the old file back."),
        )
    return installed


def load_networks(recipe: DepthRecipe, device: Any) -> Loaded:
    """Load what a recipe asks for.

    Args:
        recipe: `checkpoint` names an any-view network; `metric_checkpoint` one that knows metres,
            which may be the same file, or "" for none.
        device: `torch.device` to load to.

    Raises:
        Missing: a network is not installed.
        CheckpointMismatch: a file is not what it should be.
    """
    precision = precision_for(device)
    networks = _networks(recipe.checkpoint, device, precision)
    metric = None
    if recipe.metric_checkpoint == recipe.checkpoint:
        metric = networks.metric
    elif recipe.metric_checkpoint:
        metric = _networks(recipe.metric_checkpoint, device, precision).metric
    if networks.any_view is None or (recipe.metric_checkpoint and metric is None):
        raise Missing(
            tr("The network {id} cannot do what it is to do here.").format(id=recipe.checkpoint),
            why=tr("It relates no views, or the one for metres knows none."),
            fix=tr("Choose others with --checkpoint and --scale; `da3studio models` lists them."),
        )
    return Loaded(networks.any_view, metric, device, precision)


def precision_for(device: Any) -> Precision:
    """What a `torch.device` computes fast in without harm to depth; measured in da3_parity.md."""
    import torch

    if device.type != "cuda":
        return FULL
    major, _ = torch.cuda.get_device_capability(device)
    return MIXED if major >= _BFLOAT16_FROM else HALF


def _networks(checkpoint: str, device: Any, precision: Precision) -> Networks:
    installed = find_pinned(checkpoint)
    return load(installed.path, variant=installed.variant, device=device, precision=precision)
