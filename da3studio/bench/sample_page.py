"""The page about the built-in sample."""

from __future__ import annotations

import numpy as np

from da3studio.bench.costs import RunRecord
from da3studio.bench.markdown import decibels, table
from da3studio.bench.pages import Made, cost_table, head
from da3studio.bench.sample_truth import SampleScores, Surface

_ABOUT = """\
The photos are rendered by the program itself, with lens distortion, noise and JPEG compression, of
a room whose surface, colours and cameras are known exactly. The reconstruction knows nothing of
that; it is brought into the true world by the similarity that fits its camera positions best.

- **Diameter**: diagonal of the box of the inner 90 % of the true surface that at least two photos
  show. The room has one, and so has the table, which is what the photographer aims at.
- **Precision**: share of the mesh that is nearer to the true surface than the distance.
  **Recall**: of the true surface that at least two, or three, photos show, the share that the mesh
  is near to. What two photos show lies at the pictures' edges and often in no pair's reach; README
  advises people to have every part in three.
- **PSNR**: the textured mesh drawn from viewpoints between those of the photos against perfect
  photos from there, without any correction of colours, where both show a surface.
  **Coverage**: the share of the picture that this is."""


def sample_page(scores: SampleScores, run: RunRecord, made: Made) -> str:
    """The whole page as Markdown."""
    cameras = [
        ("cameras found", f"{scores.n_registered} of {scores.n_photos}"),
        ("median position error / diameter of the room", f"{scores.position_error:.4%}"),
        ("largest position error / diameter of the room", f"{max(scores.position_errors):.4%}"),
        ("median rotation error", f"{np.median(scores.rotation_errors_deg):.4f} degrees"),
    ]
    named = [*((str(i), one) for i, one in enumerate(scores.pictures, 1)), ("mean", scores.picture)]
    pictures = [(name, decibels(one.psnr_db), f"{one.coverage:.1%}") for name, one in named]
    parts = [
        head("The built-in sample against its truth", made),
        _ABOUT,
        "## Cameras",
        table(("figure", "value"), cameras),
        "## Surface",
        table(
            _SURFACE_TITLES,
            [
                *_rows("table", scores.table),
                *_rows("room", scores.room_thrice),
                *_rows("room", scores.room),
            ],
        ),
        "## Colours from unseen viewpoints",
        table(("viewpoint", "PSNR", "coverage"), pictures),
        "## Cost",
        cost_table((*run.costs, run.total)),
    ]
    if run.notices:
        parts += ["## Notes", "\n".join(f"- {text}" for text in run.notices)]
    return "\n\n".join(parts) + "\n"


_SURFACE_TITLES = (
    "part", "in photos", "diameter", "distance / diameter", "distance", "precision",
    "recall", "F-score",
)  # fmt: skip


def _rows(part: str, surface: Surface) -> list[tuple[str, ...]]:
    return [
        (
            part,
            str(surface.min_photos),
            f"{surface.diameter_m:.2f} m",
            f"{one.threshold:.1%}",
            f"{1000 * one.threshold * surface.diameter_m:.1f} mm",
            *(f"{share:.1%}" for share in (one.precision, one.recall, one.f_score)),
        )
        for one in surface.scores
    ]
