"""The published networks, those installed, and what is being fetched."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal

from PySide6.QtCore import QObject, Signal

from da3studio.app.job_bridge import Refused, Task
from da3studio.app.problems import Trouble
from da3studio.app.session import Session
from da3studio.app.viewmodels.targets import size_text
from da3studio.base.errors import LicenceNotAccepted, UserFacingError
from da3studio.base.i18n import tr
from da3studio.engine.choice import built_in_words
from da3studio.jobs.messages import AdoptJob, Cancelled, DownloadJob, Failed, Job, VerifyJob
from da3studio.weights import store
from da3studio.weights.catalog import DEFAULT_IDS, ModelInfo, catalogue, licences, model
from da3studio.weights.licence import accept_licence, is_accepted
from da3studio.weights.store import Installed

ModelState = Literal["absent", "part", "waiting", "working", "installed"]

_HUB = "https://huggingface.co"


@dataclass(frozen=True)
class ModelRow:
    """One network as the window shows it; texts are in the person's language."""

    id: str
    name: str
    good_for: str
    size: str
    licence: str
    free: bool  # for any use
    source: str
    state: ModelState
    step: str = ""  # what is being done
    fraction: float | None = None  # None = not known
    advised: bool = False
    built_in: bool = False  # a part of the program: always there


class ModelList(QObject):
    """Binds the catalogue, the folder of models, and the worker that fetches."""

    changed = Signal()
    licence_asked = Signal(str)  # id of a model whose licence is to be accepted first
    agreement_asked = Signal(str, object)  # the licence in sentences; Path of the file to be added

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._lane = session.jobs.models
        self._installed: dict[str, Installed] = {}
        self._parts: frozenset[str] = frozenset()
        self.said = ""  # how the last piece of work ended
        self.is_seen = False  # else a question goes to the banner of the window
        self._lane.changed.connect(self.changed)
        self._lane.ended.connect(self._ended)
        self.refresh()

    @property
    def rows(self) -> tuple[ModelRow, ...]:
        """What is built in, the catalogue without what was replaced, and what a person added."""
        listed = [
            self._listed(info)
            for info in catalogue()
            if not info.superseded_by or info.id in self._installed
        ]
        known = {info.id for info in catalogue()}
        others = [one for one in self._installed.values() if one.id not in known]
        own = [self._built_in(one) for one in others if one.built_in]
        return (*own, *listed, *(self._added(one) for one in others if not one.built_in))

    @property
    def hub(self) -> str:
        """Where downloads come from: the hub, or the mirror that is set."""
        return os.environ.get("HF_ENDPOINT") or _HUB

    @property
    def _queue(self) -> list[str]:
        """Ids of what is fetched or checked, the first is at work."""
        return [getattr(job, "model_id", "") for job in self._lane.jobs]

    def refresh(self) -> None:
        """Look again at what is installed."""

        def look() -> tuple[tuple[Installed, ...], frozenset[str]]:
            parts = store.models_folder().glob("*/*.part")
            return store.installed(), frozenset(path.parent.name for path in parts)

        def take(found: tuple[tuple[Installed, ...], frozenset[str]]) -> None:
            self._installed = {one.id: one for one in found[0]}
            self._parts = found[1]
            self.changed.emit()

        self._session.in_background(look, take)

    def download(self, model_id: str) -> None:
        """Fetch a network; goes on where it was paused. Asks for the licence where it has to."""
        info = model(model_id)
        if not is_accepted(info):
            self.licence_asked.emit(model_id)
            return
        title = tr("Downloading {model}").format(model=info.label)
        self._submit(DownloadJob(model_id), title, model_id)

    def accept(self, model_id: str) -> None:
        """The person accepts the licence; the download begins."""
        try:
            accept_licence(model(model_id))
        except UserFacingError as error:
            self._session.report(error)
            return
        self.download(model_id)

    def pause(self) -> None:
        """Stop; what came is kept, and the next download goes on from there."""
        self._lane.cancel()

    def remove(self, model_id: str) -> None:
        """Remove a network from this computer; a file that was added stays where it was."""

        def done(n_bytes: int) -> None:
            self.said = tr("{size} are free again.").format(size=size_text(n_bytes))
            self.refresh()
            self._lane.changed.emit()

        self._session.in_background(lambda: store.remove(model_id), done)

    def verify(self, model_id: str) -> None:
        """Read all of a network and compare it with what was installed."""
        self._submit(VerifyJob(model_id), tr("Checking {model}").format(model=model_id), model_id)

    def adopt(self, path: Path, *, agreed: bool = False) -> None:
        """Install a file, or a folder with one, that is on this computer.

        Args:
            path: of the file or folder.
            agreed: the person has read its licence and accepts it; else it may be asked for.
        """
        title = tr("Adding {file}").format(file=path.name)
        self._submit(AdoptJob(path, agreed), title, "", lambda failed: self._ask(path, failed))

    def _ask(self, path: Path, failed: Failed) -> bool:
        """Where only the licence was missing, ask for it; it is known once the file was read."""
        if not _is_about_a_licence(failed):
            return False
        if self.is_seen:
            self.agreement_asked.emit(f"{failed.what} {failed.why}", path)
        else:
            words, agree = tr("I agree, add it"), partial(self.adopt, path, agreed=True)
            self._session.problem.emit(Trouble(failed.what, failed.why, "", "", words, agree))
        return True

    def _submit(self, job: Job, title: str, model_id: str, refused: Refused | None = None) -> None:
        if model_id and model_id in self._queue:
            return
        self.said = ""
        self._lane.submit(Task(job, title, refused=refused))
        self.changed.emit()

    def _ended(self, job: object, outcome: object) -> None:
        if not isinstance(job, DownloadJob | AdoptJob | VerifyJob):
            return  # the lane fetches what the graphics card needs, too
        model_id = getattr(job, "model_id", "")
        match outcome:
            case Cancelled():
                self.said = tr("Stopped. What was fetched is kept.")
            case Failed() if _is_about_a_licence(outcome):
                self.said = ""
            case Failed():
                self.said = f"{outcome.what} {outcome.why} {outcome.fix}"
            case _:
                self.said = _success(job, model_id)
        self.refresh()

    def _listed(self, info: ModelInfo) -> ModelRow:
        return ModelRow(
            info.id,
            info.label,
            good_for(info),
            size_text(info.tensor_bytes),
            tr(info.terms),
            info.commercial,
            info.repo,
            advised=info.id in DEFAULT_IDS,
            **self._progress(info.id),
        )

    def _built_in(self, one: Installed) -> ModelRow:
        licence = licences()[one.licence]
        return ModelRow(
            one.id,
            one.id,
            f"{tr('Cameras and depth of photos of anything.')} {built_in_words()}",
            size_text(one.size_bytes),
            tr(licence.terms),
            licence.commercial,
            one.source,
            built_in=True,
            **self._progress(one.id),
        )

    def _added(self, one: Installed) -> ModelRow:
        known = one.licence != store.UNKNOWN_LICENCE
        licence = one.licence if known else tr("Its licence is not known to us.")
        words = tr("A network that you added.")
        size = size_text(one.size_bytes)
        return ModelRow(
            one.id, one.id, words, size, licence, one.commercial, one.source,
            **self._progress(one.id),
        )  # fmt: skip

    def _progress(self, model_id: str) -> dict[str, Any]:
        """State, step and fraction of a model."""
        if model_id in self._queue:
            status = self._lane.status
            if self._queue[0] != model_id:
                return {"state": "waiting", "step": tr("waiting")}
            return {"state": "working", "step": status.step, "fraction": status.fraction}
        if model_id in self._installed:
            return {"state": "installed"}
        return {"state": "part" if model_id in self._parts else "absent"}


def good_for(info: ModelInfo) -> str:
    """What a network is for, in one or two sentences."""
    words = []
    if "poses" in info.abilities:
        words.append(tr("Cameras and depth of photos of anything."))
    if "metric" in info.abilities:
        words.append(tr("Knows how large things are, in metres."))
    if "gaussians" in info.abilities:
        words.append(tr("Also makes Gaussians."))
    if "sky" in info.abilities and "metric" not in info.abilities:
        words.append(tr("Depth of single photos, with sky."))
    return " ".join(words)


def _is_about_a_licence(failed: Failed) -> bool:
    return isinstance(failed.error(), LicenceNotAccepted)


def _success(job: object, model_id: str) -> str:
    if isinstance(job, VerifyJob):
        return tr("{model} is whole.").format(model=model_id)
    if isinstance(job, DownloadJob):
        return tr("{model} is installed.").format(model=model(model_id).label)
    return tr("The network is installed.")
