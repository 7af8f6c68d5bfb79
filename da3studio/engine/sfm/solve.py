"""From photos to cameras: features, matches, mapping, a second look, and what to say of it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from da3studio.base.cancel import CancelToken
from da3studio.base.errors import CannotReconstruct
from da3studio.base.i18n import tr, trn
from da3studio.base.progress import Progress, Report
from da3studio.engine.protocol import Photos
from da3studio.engine.sfm.convert import to_registration
from da3studio.engine.sfm.diagnose import (
    compared_pairs,
    explain_failure,
    groups_of,
    is_turned_on_the_spot,
    reasons,
    turned_only,
)
from da3studio.engine.sfm.features import extract_features, open_database
from da3studio.engine.sfm.lenses import Lens, group_by_lens
from da3studio.engine.sfm.localise import localise_left_out
from da3studio.engine.sfm.mapping import map_views, refine
from da3studio.engine.sfm.matching import choose_pairs, forget_pairs, match_pairs
from da3studio.recipes.depth import DepthRecipe
from da3studio.scene.registration import Registration
from da3studio.scene.view import View


def register_views(
    views: Sequence[View],
    photos: Photos,
    recipe: DepthRecipe,
    *,
    scratch: Path,
    report: Report,
    token: CancelToken,
) -> Registration:
    """Find the cameras of the views.

    Args:
        views: at least two.
        photos: reads their pixels.
        recipe: resolution and number of features, seed.
        scratch: keeps the database of features and matches over an interruption.
        report: told about progress.
        token: checked between photos and blocks of pairs.

    Raises:
        CannotReconstruct: fewer than two cameras can be placed; says why.
        JobCancelled: by the token.
    """
    import pycolmap

    if len(views) < 2:
        raise CannotReconstruct(
            tr("One photo is not enough for a 3D scene."),
            why=tr("Depth comes from seeing the same details from two or more places."),
            fix=tr("Add more photos of the same subject, taken from different places."),
        )
    pycolmap.logging.minloglevel = int(pycolmap.logging.Level.FATAL)
    lenses = group_by_lens(views)
    path = scratch / "matches.db"
    database = open_database(path, views, lenses)
    try:
        extract_features(database, views, lenses, photos, recipe, report=report, token=token)
        pairs = choose_pairs(database, len(views), seed=recipe.seed)
        names = [view.id for view in views]
        match_pairs(path, names, pairs, seed=recipe.seed, report=report, token=token)
        token.check()
        compared = compared_pairs(database)
        if is_turned_on_the_spot(database, compared, lenses):
            raise turned_only(views)
        report(Progress(tr("Placing cameras"), 0, 0))
        model = _best_model(
            path, database, views, lenses, photos, recipe, pairs, report=report, token=token
        )
        compared = compared_pairs(database)
    finally:
        database.close()
    if model is None:
        raise explain_failure(views, compared)
    registered = {image_id - 1 for image_id in model.reg_image_ids()}
    left_out = reasons(views, registered, compared)
    notices = _notices(views, registered, groups_of(compared, len(views)))
    return to_registration(model, views, photos, left_out, notices)


def _best_model(
    path: Path,
    database: Any,
    views: Sequence[View],
    lenses: Sequence[Lens],
    photos: Photos,
    recipe: DepthRecipe,
    pairs: Sequence[tuple[int, int]],
    *,
    report: Report,
    token: CancelToken,
) -> Any | None:
    """Map; look again for views left out; then compare their pairs more closely and map again."""

    def attempt() -> Any | None:
        models = map_views(path, len(views), seed=recipe.seed)
        if not models or models[0].num_reg_images() < 2:
            return None
        model = models[0]
        if missing := _missing(model, len(views)):
            token.check()
            localise_left_out(
                model, database, missing, views, lenses, photos, recipe, report=report, token=token
            )
        refine(model, lenses)
        return model if model.num_reg_images() >= 2 else None

    first = attempt()
    missing = _missing(first, len(views))
    again = [pair for pair in pairs if not missing.isdisjoint(pair)]
    verified = {(pair.i, pair.j) for pair in compared_pairs(database)}
    again = [pair for pair in again if pair in verified]  # guided matching needs a first guess
    if not again:
        return first
    token.check()
    forget_pairs(database, again)
    names = [view.id for view in views]
    match_pairs(path, names, again, seed=recipe.seed, guided=True, report=report, token=token)
    second = attempt()
    if first is None or (second is not None and second.num_reg_images() > first.num_reg_images()):
        return second
    return first


def _missing(model: Any | None, n_views: int) -> set[int]:
    registered = set() if model is None else {image_id - 1 for image_id in model.reg_image_ids()}
    return set(range(n_views)) - registered


def _notices(
    views: Sequence[View], registered: set[int], groups: Sequence[set[int]]
) -> tuple[str, ...]:
    said = []
    if others := [group for group in groups if len(group) > 1 and not group & registered]:
        sizes = ", ".join(str(len(group)) for group in others)
        said.append(
            tr(
                "The photos fall into groups that share no details; the largest, of {n} photos,"
                " was used and others of {sizes} were left. Photos that lead from one to the other"
                " would join them."
            ).format(n=len(registered), sizes=sizes)
        )
    if lone := len(views) - len(registered) - sum(len(group) for group in others):
        said.append(trn("{n} photo could not be placed.", "{n} photos could not be placed.", lone))
    return tuple(said)
