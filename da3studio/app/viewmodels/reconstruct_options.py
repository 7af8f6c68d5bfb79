"""What a person decides before photos become points: quality, engine, network."""

from __future__ import annotations

import os
from collections.abc import Collection
from dataclasses import dataclass, replace

from PySide6.QtCore import QObject, Signal

from da3studio.app.background import Newest
from da3studio.app.job_bridge import Task
from da3studio.app.session import Session
from da3studio.app.viewmodels.recipe_link import RecipeLink, preset_of, with_preset
from da3studio.app.viewmodels.targets import size_text
from da3studio.base.errors import UserFacingError
from da3studio.base.i18n import tr
from da3studio.base.params import params_of
from da3studio.base.settings import Settings
from da3studio.engine.choice import Wish, built_in_words, choose
from da3studio.engine.pinning import id_of
from da3studio.jobs.messages import DownloadJob
from da3studio.project.change import Change
from da3studio.recipes.depth import DepthRecipe
from da3studio.weights.catalog import DEFAULT_IDS, model
from da3studio.weights.store import added, installed

# Seconds of one core per photo from photos to points: docs/results/speed.md for "normal" with
# photogrammetry, the other presets by their pixels.
_CORE_S = {"draft": 2.6, "normal": 5.5, "fine": 17.0}
_PAIR_CORE_S = 0.02  # more for each other photo that a photo is compared with
_COMPARED = 60  # photos at most, beyond them only likely neighbours are
_USED_CORES = 0.8  # of all, on average
_FEW = 3  # photos for which photogrammetry is of little use


@dataclass(frozen=True)
class Quality:
    """A named set of settings in plain words; texts are translated where they are shown."""

    id: str
    label: str
    help: str
    icon: str


QUALITIES: tuple[Quality, ...] = (
    Quality("draft", "Draft", "A quick look: is everything there, is anything missing?", "clock"),
    Quality("normal", "Normal", "Right for most things and rooms.", "check"),
    Quality("fine", "Fine", "Every detail that the photos hold; takes patience.", "search"),
)


class ReconstructOptions(QObject):
    """The stage "Reconstruct": binds the project's recipe, the wish for an engine, and advice."""

    changed = Signal()

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._questions = Newest(session.background, self)
        own = ("engine", "checkpoint", "metric_checkpoint")  # settled by the choice of the engine
        names = [name for name in params_of(DepthRecipe) if name not in own]
        self.depth = RecipeLink(session, "depth", names, self)
        self.fuse = RecipeLink(session, "fuse", parent=self)
        self.explanation = ""
        self._installed: frozenset[str] = frozenset()  # ids of what the person has got
        self._has_built_in = False
        session.changed.connect(self._follow)
        session.settings_changed.connect(self.refresh)
        session.jobs.models.ended.connect(self.refresh)
        session.jobs.models.changed.connect(self.changed)
        self.refresh()

    @property
    def quality(self) -> str:
        """The preset that is chosen, "" = own settings."""
        return preset_of(self._session.project.recipe)

    def set_quality(self, name: str) -> None:
        project = self._session.project
        label = next(tr(quality.label) for quality in QUALITIES if quality.id == name)
        self._session.commit(
            tr("Quality: {name}").format(name=label),
            project.with_recipe(with_preset(project.recipe, name)),
        )
        self.changed.emit()

    @property
    def engine(self) -> str:
        """The engine that is asked for, "auto" = what fits."""
        return self._session.settings.engine

    @property
    def engines(self) -> tuple[tuple[str, str], ...]:
        """Value and words of each that can be asked for."""
        info = params_of(Settings)["engine"]
        return tuple((one, tr(info.choice_label(one))) for one in info.choices)

    def set_engine(self, engine: str) -> None:
        self._session.set_settings(replace(self._session.settings, engine=engine))
        self.changed.emit()

    def time_text(self, quality: str) -> str:
        """About how long it takes on this computer without a graphics card."""
        n = len(self._session.project.views)
        return about(expected_seconds(n, quality)) if n else ""

    @property
    def advice(self) -> str:
        """Why a network would help, "" = a good one is there, or none is wanted."""
        if self._installed or self.engine == "classical":
            return ""
        info = model(DEFAULT_IDS[0])
        size, terms = size_text(info.tensor_bytes), tr(info.terms)
        if self._has_built_in:
            return tr("{built_in} It takes {size}. {terms}").format(
                built_in=built_in_words(), size=size, terms=terms
            )
        return tr(
            "Plain walls and single photos need a depth network: {name}, {size}. {terms}"
        ).format(name=info.label, size=size, terms=terms)

    @property
    def advised_model(self) -> str:
        """Id of the network to download first."""
        return DEFAULT_IDS[0]

    def download(self) -> None:
        """Fetch the advised network, which is free for any use: nothing has to be accepted."""
        info = model(self.advised_model)
        title = tr("Downloading {model}").format(model=info.label)
        self._session.jobs.models.submit(Task(DownloadJob(info.id), title))
        self.changed.emit()

    @property
    def is_downloading(self) -> bool:
        """Whether the advised network is on its way."""
        return DownloadJob(self.advised_model) in self._session.jobs.models.jobs

    @property
    def download_text(self) -> str:
        """How far that is, in words."""
        status = self._session.jobs.models.status
        if status.fraction is None:
            return status.step
        return tr("{step}: {n} %").format(step=status.step, n=round(100 * status.fraction))

    def _follow(self, change: Change) -> None:
        if change & (Change.VIEWS | Change.CAMERAS | Change.RECIPE):
            self.refresh()

    def refresh(self) -> None:
        """Look again at what is installed, and what would be taken."""
        project, wish = self._session.project, Wish(self._session.settings.engine)
        n, given = len(project.views), bool(project.known_cameras)
        depth = project.recipe.depth

        def look() -> tuple[frozenset[str], bool, str]:
            there = frozenset(one.id for one in added())
            built_in = len(there) < len(installed())
            try:
                choice = choose(depth, wish, n_views=n, cameras_given=given)
            except UserFacingError as error:
                return there, built_in, f"{error.what} {error.why}"
            return there, built_in, reason(choice.recipe, wish, n, given, there)

        self._questions.ask(look, self._take)
        self.changed.emit()

    def _take(self, answer: tuple[frozenset[str], bool, str]) -> None:
        self._installed, self._has_built_in, self.explanation = answer
        self.changed.emit()


def reason(
    chosen: DepthRecipe, wish: Wish, n_views: int, cameras_given: bool, there: Collection[str]
) -> str:
    """What is taken and why, without the words of the command line."""
    network = id_of(chosen.checkpoint)
    if chosen.engine == "classical":
        if wish.engine == "auto" and not there:
            return tr(
                "Photogrammetry will be used: it compares the photos with each other and needs"
                " surfaces with some texture."
            )
        return tr("Photogrammetry will be used, as you asked.")
    if chosen.engine == "classical/da3":
        return tr(
            "Photogrammetry will be used. Where it can place too few photos, the network {name}"
            " finds cameras and depth instead."
        ).format(name=network)
    if chosen.engine == "classical+da3":
        return tr(
            "Photogrammetry will be used, and the network {name} fills the gaps that it leaves,"
            " such as plain walls."
        ).format(name=network)
    if chosen.engine == "colmap+da3":
        return tr(
            "Cameras come from photogrammetry, which is the more precise, and depth from the"
            " network {name}, which also sees plain walls."
        ).format(name=network)
    if wish.engine != "auto":
        return tr("The network {name} will find cameras and depth, as you asked.").format(
            name=network
        )
    if cameras_given:
        return tr("The cameras are known, and the network {name} will find the depth.").format(
            name=network
        )
    if n_views <= _FEW:
        return tr(
            "The network {name} will find cameras and depth: photogrammetry needs more photos."
        ).format(name=network)
    return tr(
        "The network {name} will find cameras and depth: there are too many photos to compare"
        " each with each."
    ).format(name=network)


def expected_seconds(n_views: int, quality: str) -> float:
    """From photos to points on this computer's processor, by measured figures; rough."""
    pairs = min(n_views, _COMPARED) * _PAIR_CORE_S
    cores = max(1.0, (os.cpu_count() or 1) * _USED_CORES)
    return n_views * (_CORE_S[quality] + pairs) / cores


def about(seconds: float) -> str:
    """A rough time in words."""
    minutes = seconds / 60
    if minutes < 1:
        return tr("under a minute")
    if minutes < 10:
        return tr("about {n} min").format(n=round(minutes))
    if minutes < 90:
        return tr("about {n} min").format(n=round(minutes / 5) * 5)
    return tr("about {n} h").format(n=round(minutes / 60))
