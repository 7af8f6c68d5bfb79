"""From features to cameras: matches, mapping, a second look, and what to say of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from da3studio.base.i18n import tr, trn
from da3studio.base.progress import Progress, Report
from da3studio.engine.sfm.colmap.asking import Eyes
from da3studio.engine.sfm.colmap.database import fill_with_features, open_database
from da3studio.engine.sfm.colmap.diagnose import (
    compared_pairs,
    explain_failure,
    groups_of,
    is_turned_on_the_spot,
    reasons,
    turned_only,
)
from da3studio.engine.sfm.colmap.localise import localise_left_out
from da3studio.engine.sfm.colmap.mapping import map_views, refine
from da3studio.engine.sfm.colmap.matching import choose_pairs, forget_pairs, match_pairs
from da3studio.engine.sfm.colmap.model import to_model
from da3studio.engine.sfm.messages import Solved, Task
from da3studio.scene.view import View


def solve(task: Task, eyes: Eyes, report: Report) -> Solved:
    """Find the cameras of the task's views.

    Args:
        task: at least two views.
        eyes: looks at the photos.
        report: told about progress.

    Raises:
        CannotReconstruct: fewer than two cameras can be placed; says why.
    """
    views, path = task.views, task.database
    database = open_database(path, views, task.lenses)
    try:
        fill_with_features(database, len(views), eyes)
        pairs = choose_pairs(database, len(views), eyes.codebook, seed=task.seed)
        match_pairs(path, [view.id for view in views], pairs, seed=task.seed, report=report)
        compared = compared_pairs(database)
        if is_turned_on_the_spot(database, compared, task.lenses):
            raise turned_only(views)
        report(Progress(tr("Placing cameras"), 0, 0))
        best = _best_reconstruction(task, database, eyes, pairs, report)
        compared = compared_pairs(database)
    finally:
        database.close()
    if best is None:
        raise explain_failure(views, compared)
    registered = {image_id - 1 for image_id in best.reg_image_ids()}
    left_out = reasons(views, registered, compared)
    notices = _notices(views, registered, groups_of(compared, len(views)))
    return Solved(to_model(best, views), left_out, notices)


def _best_reconstruction(
    task: Task, database: Any, eyes: Eyes, pairs: Sequence[tuple[int, int]], report: Report
) -> Any | None:
    """Map; look again for views left out; then compare their pairs more closely and map again."""
    views, path = task.views, task.database

    def attempt() -> Any | None:
        models = map_views(path, len(views), seed=task.seed)
        if not models or models[0].num_reg_images() < 2:
            return None
        model = models[0]
        if missing := _missing(model, len(views)):
            localise_left_out(model, database, missing, task, eyes, report)
        refine(model, task.lenses)
        return model if model.num_reg_images() >= 2 else None

    first = attempt()
    missing = _missing(first, len(views))
    again = [pair for pair in pairs if not missing.isdisjoint(pair)]
    verified = {(pair.i, pair.j) for pair in compared_pairs(database)}
    again = [pair for pair in again if pair in verified]  # guided matching needs a first guess
    if not again:
        return first
    forget_pairs(database, again)
    names = [view.id for view in views]
    match_pairs(path, names, again, seed=task.seed, guided=True, report=report)
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
