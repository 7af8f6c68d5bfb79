"""What the makers of all stages need: where to read and store, whom to tell, when to stop."""

from __future__ import annotations

from dataclasses import dataclass, field

from da3studio.base.cancel import CancelToken
from da3studio.engine.protocol import GaussianMaker
from da3studio.media.photos import PhotoFiles
from da3studio.pipeline.engines import ReconstructorFor
from da3studio.pipeline.events import Emit, Noticed, Registered
from da3studio.pipeline.keys import settings_of
from da3studio.pipeline.pack import Packed
from da3studio.pipeline.stages import CAMERAS, Goal, Stage
from da3studio.project.chunks import ChunkHeader, ChunkStore
from da3studio.project.document import Project
from da3studio.project.folder import ProjectFolder
from da3studio.scene.view import ViewId


@dataclass(frozen=True)
class Work:
    """One run of a project."""

    folder: ProjectFolder
    goal: Goal
    emit: Emit
    token: CancelToken
    reconstructor_for: ReconstructorFor
    gaussian_maker: GaussianMaker
    photos: PhotoFiles = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "photos", PhotoFiles(self.folder.path))

    @property
    def project(self) -> Project:
        return self.folder.project

    @property
    def chunks(self) -> ChunkStore:
        return self.folder.chunks

    def store(
        self,
        stage: Stage,
        key: str,
        result: Packed,
        *,
        unit: str = "",
        asked: Project | None = None,
    ) -> None:
        """Put a result on the disk and say what there is to say about it.

        Args:
            stage: that made it.
            key: its name.
            result: what was made.
            unit: id of the view it belongs to.
            asked: the project as it asked for it; `None` = as it was saved.
        """
        header = self.chunks.put(
            key,
            stage.name,
            result.arrays,
            result.meta,
            unit=unit,
            recipe=settings_of(stage, asked or self.project),
        )
        self.announce(stage, header)

    def announce(self, stage: Stage, header: ChunkHeader) -> None:
        """Say what a stored result says of itself: who has a camera, and its notices."""
        if stage is CAMERAS:
            names = {view.id: view.name for view in self.project.views}
            left_out = header.meta["left_out"]
            self.emit(
                Registered(
                    len(header.meta["view_ids"]),
                    len(self.project.views),
                    tuple((names[ViewId(unit)], reason) for unit, reason in left_out.items()),
                )
            )
        for text in header.meta.get("notices", ()):
            self.emit(Noticed(stage.name, text))
