"""The page about the built-in sample."""

from __future__ import annotations

import numpy as np

from da3studio.bench.costs import RunRecord
from da3studio.bench.markdown import table
from da3studio.bench.pages import Made, cost_table, head
from da3studio.bench.sample_truth import SampleScores

_ABOUT = """\
The photos are rendered by the program itself, with lens distortion, noise and JPEG compression, of
a room whose surface, colours and cameras are known exactly. The reconstruction knows nothing of
that; it is brought into the true world by the similarity that fits its camera positions best.

- **Scene diameter**: diagonal of the box of the inner 90 % of the true surface that at least two
  photos show.
- **Precision**: share of the mesh that is nearer to the true surface than the distance.
  **Recall**: share of the true surface that at least two photos show, and that the mesh is near to.
- **PSNR**: the textured mesh drawn from viewpoints between those of the photos against perfect
  photos from there, without any correction of colours, where both show a surface.
  **Coverage**: the share of the picture that this is."""


def sample_page(scores: SampleScores, run: RunRecord, made: Made) -> str:
    """The whole page as Markdown."""
    cameras = [
        ("cameras found", f"{scores.n_registered} of {scores.n_photos}"),
        ("median position error / scene diameter", f"{scores.position_error:.4%}"),
        ("largest position error / scene diameter", f"{max(scores.position_errors):.4%}"),
        ("median rotation error", f"{np.median(scores.rotation_errors_deg):.4f} degrees"),
        ("scene diameter", f"{scores.diameter_m:.3f} m"),
    ]
    surface = [
        (
            f"{one.threshold:.1%}",
            f"{one.threshold * scores.diameter_m * 1000:.1f} mm",
            *(f"{share:.1%}" for share in (one.precision, one.recall, one.f_score)),
        )
        for one in scores.surface
    ]
    pictures = [
        (str(i), f"{one.psnr_db:.1f} dB", f"{one.coverage:.1%}")
        for i, one in enumerate(scores.pictures, 1)
    ]
    pictures.append(("mean", f"{scores.psnr_db:.1f} dB", f"{scores.coverage:.1%}"))
    parts = [
        head("The built-in sample against its truth", made),
        _ABOUT,
        "## Cameras",
        table(("figure", "value"), cameras),
        "## Surface",
        table(("distance / diameter", "distance", "precision", "recall", "F-score"), surface),
        "## Colours from unseen viewpoints",
        table(("viewpoint", "PSNR", "coverage"), pictures),
        "## Cost",
        cost_table((*run.costs, run.total)),
    ]
    if run.notices:
        parts += ["## Notes", "\n".join(f"- {text}" for text in run.notices)]
    return "\n\n".join(parts) + "\n"
