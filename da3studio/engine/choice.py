"""Which engine and which networks, where the person leaves it to the program.

The rule: without an installed network the classical engine; with one the network alone where
cameras are given, where there are three photos or fewer, and beyond 500 photos, as comparing each
with each gets slow; else photogrammetry and network together. The largest installed network is
taken.

The small network that ships with the program (`MODEST`) stands in for a better one only where there
is no other way: for one or two photos, for given cameras, and where photogrammetry places too few.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

from da3studio.base.errors import BadInput
from da3studio.base.i18n import tr
from da3studio.engine.pinning import find_pinned, pinned
from da3studio.recipes.depth import DepthRecipe
from da3studio.weights import store
from da3studio.weights.catalog import DEFAULT_IDS, model
from da3studio.weights.store import Installed

AUTO, NONE = "auto", "none"

FEWEST = 3  # photos that photogrammetry has to place: two alone are a matter of luck

_FEW, _MANY = 3, 500  # photos
_BEST_FIRST = (
    "da3nested-giant-large",
    "da3-giant",
    "da3-large",
    "da3-base",
    "da3-small",
    "da3-mini",
    "da3studio-tiny",
)
MODEST = frozenset({"da3-mini"})
"""Variants whose depth is worse than photogrammetry's where that works. A variant that measures
better together with photogrammetry than photogrammetry alone does not belong here: without it, the
rule for all others counts, whose answer is both together."""
_METRIC_FIRST = ("da3metric-large", "da3nested-giant-large")  # beside another: the smaller one


@dataclass(frozen=True)
class Wish:
    """What the person asked for."""

    engine: str = AUTO  # or an engine's id
    checkpoint: str = AUTO  # or the id of an installed network
    metric_checkpoint: str = AUTO  # or such an id, or NONE


@dataclass(frozen=True)
class Choice:
    """What is used, and why in one sentence."""

    recipe: DepthRecipe
    reason: str


def choose(recipe: DepthRecipe, wish: Wish, *, n_views: int, cameras_given: bool) -> Choice:
    """Fill in engine and networks.

    Raises:
        Missing: a network was asked for by name, or is needed, and is not installed.
        CheckpointMismatch: its file is not the one that was installed.
        BadInput: a network was asked for that cannot do what it is to do.
    """
    network = _wanted(wish.checkpoint, _BEST_FIRST)
    engine, reason = _engine(wish, network, n_views, cameras_given)
    if engine == "classical":
        return Choice(replace(recipe, engine=engine), reason)
    if network is None:
        network = store.find("da3-base")  # says how to get it
    metric = None
    if wish.metric_checkpoint != NONE:
        metric = _metric(wish.metric_checkpoint, network)
    checkpoint, metric_checkpoint = pinned(network), "" if metric is None else pinned(metric)
    for pin in filter(None, (checkpoint, metric_checkpoint)):
        find_pinned(pin)
    chosen = replace(
        recipe, engine=engine, checkpoint=checkpoint, metric_checkpoint=metric_checkpoint
    )
    said = tr("{reason} Network: {name}.").format(reason=reason, name=network.id)
    return Choice(chosen, f"{said} {built_in_words()}" if network.built_in else said)


def built_in_words() -> str:
    """What has to be said wherever the network that ships with the program is taken."""
    advised = model(DEFAULT_IDS[0]).label
    return tr("Built-in small model; for best results download {name}.").format(name=advised)


def _engine(
    wish: Wish, network: Installed | None, n_views: int, cameras_given: bool
) -> tuple[str, str]:
    if wish.engine != AUTO:
        return wish.engine, tr("Engine {name}, as asked for.").format(name=wish.engine)
    if network is None:
        return "classical", tr(
            "Engine classical, as no network is installed (da3studio models download gets one)."
        )
    if network.variant in MODEST and wish.checkpoint == AUTO and not cameras_given:
        if n_views < FEWEST:
            return "da3", tr("Engine da3, as photogrammetry needs more photos.")
        return "classical/da3", tr(
            "Engine classical; if it places too few photos, the network takes over."
        )
    if cameras_given:
        return "da3", tr("Engine da3, as the cameras are known.")
    if n_views <= _FEW:
        return "da3", tr("Engine da3, as photogrammetry needs more photos.")
    if n_views > _MANY:
        return "da3", tr("Engine da3, as there are too many photos to compare each with each.")
    return "colmap+da3", tr("Engine colmap+da3: cameras by photogrammetry, depth by the network.")


def _wanted(wish: str, variants: Collection[str]) -> Installed | None:
    """The network of this id, or of those installed the first of some variants."""
    if wish == AUTO:
        return _first(variants)
    installed = store.find(wish)
    if installed.variant not in variants:
        raise BadInput(
            tr("The network {id} cannot be used for this.").format(id=wish),
            why=tr("It is of the kind {variant}; {wanted} can.").format(
                variant=installed.variant, wanted=", ".join(variants)
            ),
            fix=tr(
                "Choose one of those that `da3studio models` lists, or leave it to the program."
            ),
        )
    return installed


def _metric(wish: str, network: Installed) -> Installed | None:
    """What knows metres: the network itself, else one beside it."""
    if wish == AUTO and network.variant in _METRIC_FIRST:
        return network
    return _wanted(wish, _METRIC_FIRST)


def _first(variants: Collection[str]) -> Installed | None:
    there = store.installed()
    ranked = (one for variant in variants for one in there if one.variant == variant)
    return next(ranked, None)
