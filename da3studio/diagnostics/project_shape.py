"""What a project is made of, in numbers: no names, no places, no pictures."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Any

from da3studio.base.errors import UserFacingError
from da3studio.pipeline.plan import plan
from da3studio.project.folder import ProjectFolder


def project_shape(path: Path) -> dict[str, Any]:
    """The shape of a project; where it cannot be opened, what kind of error says so.

    It only looks: a project that is open elsewhere stays as it is.
    """
    try:
        with ProjectFolder.open(path, write=False) as folder:
            return _shape(folder)
    except UserFacingError as error:  # its sentences hold names
        return {"cannot_be_opened": type(error).__name__}


def _shape(folder: ProjectFolder) -> dict[str, Any]:
    project = folder.project
    sizes = Counter(f"{view.width} x {view.height}" for view in project.views)
    steps = plan(project, "texture", folder.chunks).steps
    return {
        "photos": len(project.views),
        "photos_missing": sum(
            not (folder.path / view.source.path).is_file() for view in project.views
        ),
        "photos_of_videos": sum(bool(view.source.video) for view in project.views),
        "photos_without_focal_length": sum(view.focal_px is None for view in project.views),
        "photo_sizes": dict(sizes.most_common()),
        "cameras": len({view.camera_name for view in project.views}),
        "known_cameras": len(project.known_cameras),
        "recipe": asdict(project.recipe),
        "stages": {
            step.stage.name: {"done": step.done, "stored": len(step.stored), "of": step.total}
            for step in steps
        },
        "edits": dict(
            Counter(f"{one.edit.kind}{'' if one.on else ', off'}" for one in project.edits)
        ),
        "measurements": len(project.measurements),
        "known_lengths": len(project.placement.known_lengths),
        "results_bytes": folder.chunks.size_bytes(),
    }
