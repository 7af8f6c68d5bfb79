"""The page about real photos: a table for cameras, surface and cost each, and notes per set.

Pages are documents of the project, in English like all its documentation: nothing here passes
through `tr`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from da3studio.bench.appearance import Likeness
from da3studio.bench.costs import RunRecord
from da3studio.bench.markdown import decibels, number, table
from da3studio.bench.pages import Made, cost_cells, head
from da3studio.bench.photo_sets import FEWEST_OBSERVATIONS, PhotoSet
from da3studio.bench.scoring import Scores, SurfaceFigures
from da3studio.pipeline.stages import STAGES
from da3studio.scene.scene import Scene

_ABOUT = f"""\
Each set is reconstructed in a fresh project and compared with its reference by the scorer of the
sets, in the reference's world (a similarity found from the cameras).

- **AUC@t**: area under the recall curve of the pairwise camera error up to t degrees, 0 to 100.
  The error of a pair is the larger of its rotation error and the error of its direction of
  translation; a camera that was not found fails in all its pairs. The reference of most sets was
  made by COLMAP from the same photos and is not the truth.
- **AUC@5 trusted**: the same without reference cameras that COLMAP bases on fewer than
  {FEWEST_OBSERVATIONS} points; the list is below the table.
- **rotation, direction**: medians of the two errors over the pairs found, in degrees.
  **focal**: median difference of the focal length from the reference's, in percent.
- **P, R, F1**: share of the mesh near the reference surface, share of the reference surface near
  the mesh, and their harmonic mean, at 0.5 % and 1 % of the scene diameter (the diagonal of the
  box of the inner 90 % of the reference). In brackets where the reference is a sparse point cloud:
  a mesh is right in many places where such a cloud has no point, so there P and F1 only serve to
  compare versions of the program. **Fitted**: after an ICP that may change the scale by 2 %, where
  the reference is dense: without what is wrong with the alignment, ours or the reference's own.
- **photo PSNR**: the textured mesh drawn from the reference cameras at 480 px against the photos
  themselves, where the mesh covers them; one constant colour offset per photo is allowed. It falls
  with every error of the alignment, above all for sets of few photos.
- **own PSNR, cover**: the same from the cameras that the program found itself, without any offset
  of colours, and the share of these photos that the mesh covers.
- **Seconds** are wall time / CPU time of the worker process. Other programs ran at the same time:
  trust the CPU time. Memory is the worker's peak of resident memory."""


@dataclass(frozen=True)
class SetResult:
    """All that is told of a set; `None` = it was not reached."""

    photo_set: PhotoSet
    n_photos: int
    scene: Scene | None
    scores: Scores | None
    run: RunRecord
    own: Likeness | None = None  # the mesh from its own cameras against the photos
    failure: str = ""  # why there is no finished scene, or no score

    @property
    def n_registered(self) -> int:
        return len(self.scene.registration.view_ids) if self.scene is not None else 0


def photos_page(results: Sequence[SetResult], made: Made) -> str:
    """The whole page as Markdown."""
    doubts = list(_doubts(results))
    later = [r.photo_set.name for r in results if r.run.made_by not in ("", made.program)]
    parts = [
        head("Real photos", made),
        _ABOUT,
        "## Cameras",
        table(_CAMERA_TITLES, [_camera_row(result) for result in results]),
        "Reference cameras that are not trusted, with the points they rest on: "
        + ("; ".join(doubts) if doubts else "none")
        + ".",
        "## Surface and texture",
        table(_SURFACE_TITLES, [row for result in results for row in _surface_rows(result)]),
        "## Cost",
        table(_COST_TITLES, [_cost_row(result) for result in results]),
        "## Notes",
        *([f"Made by other sources, changed meanwhile: {', '.join(later)}."] if later else []),
        *(_notes(result) for result in results),
    ]
    return "\n\n".join(parts) + "\n"


_CAMERA_TITLES = (
    "set", "photos", "found", "reference", "compared", "AUC@3", "AUC@5", "AUC@30", "AUC@5 trusted",
    "rotation", "direction", "focal",
)  # fmt: skip


def _camera_row(result: SetResult) -> Sequence[str]:
    scores, photo_set = result.scores, result.photo_set
    made_from, found = photo_set.n_reference_photos, len(photo_set.upright_names)
    who = (
        photo_set.name,
        str(result.n_photos),
        str(result.n_registered),
        "device" if photo_set.has_true_cameras else f"{found} of {made_from}",
    )
    if scores is None:
        return (*who, *["–"] * (len(_CAMERA_TITLES) - len(who)))
    return (
        *who,
        str(scores.n_scored),
        *(number(scores.auc.get(at)) for at in (3, 5, 30)),
        number(scores.auc_trusted),
        number(scores.rotation_deg, 2),
        number(scores.direction_deg, 2),
        number(scores.focal_percent, 2),
    )


_SURFACE_TITLES = (
    "set", "P 0.5 %", "R 0.5 %", "F1 0.5 %", "P 1 %", "R 1 %", "F1 1 %", "photo PSNR", "own PSNR",
    "cover", "faces", "atlas",
)  # fmt: skip


def _surface_rows(result: SetResult) -> Iterator[Sequence[str]]:
    scores, own = result.scores, result.own
    mesh = result.scene.mesh if result.scene is not None else None
    texture = mesh.texture if mesh is not None else None
    yield (
        result.photo_set.name,
        *_surface_cells(scores.surface if scores else {}, sure=scores is None or scores.dense),
        decibels(scores.photo_psnr_db if scores else None),
        decibels(own.psnr_db if own is not None else None),
        f"{own.coverage:.0%}" if own is not None else "–",
        f"{len(mesh.faces):,}" if mesh is not None else "–",
        "x".join(map(str, texture.image.shape[1::-1])) if texture is not None else "–",
    )
    if scores is not None and scores.fitted:
        fitted = _surface_cells(scores.fitted, sure=True)
        yield (f"{result.photo_set.name}, fitted", *fitted, *[""] * 5)


def _surface_cells(surface: Mapping[str, SurfaceFigures], *, sure: bool) -> Iterator[str]:
    """Precision, recall and F1 at both distances; in brackets what only serves to compare."""
    for at in ("0.5%", "1%"):
        if at not in surface:
            yield from ("–", "–", "–")
            continue
        row = surface[at]
        for figure, is_sure in ((row.precision, sure), (row.recall, True), (row.f1, sure)):
            yield number(figure) if is_sure else f"({number(figure)})"


_COST_TITLES = ("set", *(stage.name for stage in STAGES), "total", "memory")


def _cost_row(result: SetResult) -> Sequence[str]:
    by_stage = {cost.stage: cost for cost in result.run.costs}
    stages = (by_stage.get(stage.name) for stage in STAGES)
    seconds = ("–" if cost is None else " / ".join(cost_cells(cost)[:2]) for cost in stages)
    total = cost_cells(result.run.total)
    return (result.photo_set.name, *seconds, " / ".join(total[:2]), total[2])


def _doubts(results: Sequence[SetResult]) -> Iterator[str]:
    for result in results:
        doubtful: Mapping[str, int] = result.photo_set.doubtful
        if doubtful:
            of_file = result.photo_set.upright_names
            names = ", ".join(f"{of_file[key]} ({n})" for key, n in sorted(doubtful.items()))
            yield f"{result.photo_set.name}: {names}"


def _notes(result: SetResult) -> str:
    lines = []
    if result.failure:
        lines.append(f"failed: {result.failure}")
    if result.scores is not None:
        lines += result.scores.warnings
    if result.scene is not None:
        names = {view.id: view.name for view in result.scene.views}
        left_out = result.scene.registration.left_out
        lines += [f"left out: {names[view_id]}: {why}" for view_id, why in left_out.items()]
    lines += result.run.notices
    bullets = "\n".join(f"- {line}" for line in lines or ["nothing to note"])
    return f"**{result.photo_set.name}**\n\n{bullets}"
