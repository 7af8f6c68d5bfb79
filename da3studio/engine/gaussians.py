"""Which networks make Gaussians; known from the recipe, before anything is loaded."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from da3studio.base.cancel import CancelToken
from da3studio.base.errors import BadInput
from da3studio.base.i18n import tr
from da3studio.base.progress import Report
from da3studio.engine.pinning import find_pinned
from da3studio.engine.protocol import Photos, ViewGaussians
from da3studio.model.config import VARIANTS, NestedConfig
from da3studio.recipes.depth import DepthRecipe
from da3studio.scene.registration import Registration
from da3studio.scene.view import View, ViewId
from da3studio.weights.catalog import catalogue


class NetworkGaussians:
    """The network that a recipe names; a `GaussianMaker`."""

    def check(self, recipe: DepthRecipe) -> None:
        """See `GaussianMaker.check`."""
        if recipe.engine == "classical":
            raise _cannot(tr("The engine {name} makes no Gaussians.").format(name=recipe.engine))
        installed = find_pinned(recipe.checkpoint)
        config = VARIANTS[installed.variant]
        any_view = config.any_view if isinstance(config, NestedConfig) else config
        if not any_view.gaussians:
            raise _cannot(tr("The network {name} makes no Gaussians.").format(name=installed.id))

    def make(
        self,
        views: Sequence[View],
        photos: Photos,
        recipe: DepthRecipe,
        registration: Registration,
        *,
        per_view: int,
        scratch: Path,
        finished: Collection[ViewId],
        report: Report,
        token: CancelToken,
    ) -> Iterator[ViewGaussians]:
        """See `GaussianMaker.make`. One window is in memory at a time."""
        from da3studio.engine.da3.engine import ready_network
        from da3studio.engine.da3.gaussians import make_gaussians

        self.check(recipe)
        loaded = ready_network(replace(recipe, metric_checkpoint=""), report)
        yield from make_gaussians(
            loaded,
            recipe,
            views,
            photos,
            registration,
            per_view=per_view,
            scratch=scratch,
            finished=finished,
            report=report,
            token=token,
        )


def _cannot(what: str) -> BadInput:
    able = [one for one in catalogue() if "gaussians" in one.abilities and not one.superseded_by]
    return BadInput(
        what,
        why=tr("Only {ids} can. Their licence is {licence}: {terms}").format(
            ids=tr(" and ").join(one.id for one in able),
            licence=able[0].licence,
            terms=tr(able[0].terms),
        ),
        fix=tr(
            "If that suits you, download {id} (da3studio models download {id}), and reconstruct"
            " with it (--checkpoint {id})."
        ).format(id=able[0].id),
    )
