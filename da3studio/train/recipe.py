"""What a training run is: one TOML file."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, TypeVar

from da3studio.base.errors import BadInput, Missing
from da3studio.base.i18n import tr
from da3studio.model.config import PATCH, VARIANTS, BackboneConfig, DA3Config
from da3studio.train.losses import Weights
from da3studio.train.optimiser import Rates
from da3studio.train.scenes.layouts import LAYOUTS

T = TypeVar("T")


@dataclass(frozen=True)
class Stage:
    """A stretch of the run with photos of one class of sizes."""

    until: float  # share of the run at which it ends
    sizes: tuple[tuple[int, int], ...]  # height, width [px], each as likely
    photos: int  # a step and GPU; scenes are these over the views of each
    full: bool  # depth in the photos' size, not only at 8 cells a patch


@dataclass(frozen=True)
class Recipe:
    """A training run."""

    variant: str  # a name of `model.config.VARIANTS`, or "tiny": a network for tests
    seed: int
    steps: int  # of the whole run, over all its pieces
    views: Mapping[int, float]  # how often scenes have so many photos
    scenes: Mapping[str, float]  # how often they are of each kind
    stages: tuple[Stage, ...]
    rates: Rates
    weights: Weights
    warm_up: int  # steps until the learning rate is at its top, also after a rough resume
    decay: float  # last share of the run in which the learning rate falls to nothing
    average: float  # share of the old weights in their moving average, per step
    known: float  # share of scenes whose cameras are given
    strength: float  # how bad photos are, see `scenes.photo`
    compiled: bool  # let torch join small operations; takes a while at the start
    log_every: int  # steps
    evaluate_every: int  # steps; 0 = only at the end
    evaluated: int  # scenes per number of views; 0 = none

    @property
    def config(self) -> DA3Config:
        """Of the network."""
        if self.variant == TINY.name:
            return TINY
        config = VARIANTS[self.variant]
        assert isinstance(config, DA3Config)  # noqa: S101  see `_checked`
        return config

    def stage_at(self, step: int) -> Stage:
        """The stage that a step belongs to."""
        done = step / self.steps
        return next((stage for stage in self.stages if done < stage.until), self.stages[-1])

    def rate_at(self, step: int, since: int = 0) -> float:
        """Share of the top learning rate.

        Args:
            step: of the run, from 0.
            since: the step at which the optimiser started with nothing remembered.
        """
        warm = min(1.0, (step - since + 1) / max(self.warm_up, 1))
        left = (self.steps - step) / (self.decay * self.steps) if self.decay > 0 else 1.0
        return warm * min(1.0, max(left, 0.0))


TINY = DA3Config(
    "tiny", BackboneConfig(64, 6, (2, 3, 4, 5), cross_view_from=2), 8, (8, 8, 16, 16), True
)


def read_recipe(path: Path) -> Recipe:
    """A recipe from its file.

    Raises:
        Missing: no such file.
        BadInput: it is no recipe; what is wrong is named.
    """
    try:
        return parsed(path.read_text("utf-8"))
    except OSError as error:
        raise Missing(
            tr("{file} cannot be opened.").format(file=path),
            why=tr("The system says: {reason}.").format(reason=error.strerror or error),
            fix=tr("Check the path, and that you may read it."),
        ) from error
    except (ValueError, TypeError, KeyError) as error:
        raise BadInput(
            tr("{file} is not a training recipe.").format(file=path),
            why=tr("It says: {reason}.").format(reason=error),
            fix=tr("Compare it with a recipe that comes with the program."),
        ) from error


def parsed(text: str) -> Recipe:
    """A recipe from TOML.

    Raises:
        ValueError: it is none; what is wrong is named.
    """
    document = tomllib.loads(text)
    made = {
        "views": {int(count): float(share) for count, share in document.pop("views").items()},
        "scenes": {kind: float(share) for kind, share in document.pop("scenes").items()},
        "stages": tuple(
            _filled(Stage, {**stage, "sizes": tuple((h, w) for h, w in stage["sizes"])})
            for stage in document.pop("stage")
        ),
        "rates": _filled(Rates, document.pop("rates", {})),
        "weights": _filled(Weights, document.pop("weights", {})),
    }
    return _checked(_filled(Recipe, {**document, **made}))


def _filled(kind: type[T], values: Mapping[str, Any]) -> T:
    known = {field.name for field in fields(kind)}  # type: ignore[arg-type]
    odd = sorted(set(values) - known)
    if odd:
        raise ValueError(f"there is no setting {odd[0]!r}")
    return kind(**values)


def _checked(recipe: Recipe) -> Recipe:
    if recipe.variant != TINY.name and not isinstance(VARIANTS.get(recipe.variant), DA3Config):
        raise ValueError(f"there is no network {recipe.variant!r} to train")
    if not recipe.config.any_view:
        raise ValueError(f"{recipe.variant} looks at each photo alone, which is not trained here")
    for kind in recipe.scenes:
        if kind not in LAYOUTS:
            raise ValueError(f"there are no scenes {kind!r}; there are {', '.join(LAYOUTS)}")
    for stage in recipe.stages:
        for size in stage.sizes:
            if any(side < 2 * PATCH or side % PATCH for side in size):
                raise ValueError(f"photo sides must be multiples of {PATCH}, not {size}")
        if stage.photos < max(recipe.views):
            raise ValueError(f"{stage.photos} photos a step are fewer than a scene may have")
    if not recipe.stages or recipe.steps < 1 or min(recipe.views) < 1:
        raise ValueError("a run needs a stage, steps and views")
    return recipe
