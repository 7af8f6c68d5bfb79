"""What is there and what is still to do; imports nothing heavy.

It reads headers, and two sets of cameras where places have to follow from one world to another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from da3studio.base.digest import digest_of
from da3studio.pipeline.frame import Followed, follow
from da3studio.pipeline.keys import (
    cameras_key,
    clean_key,
    cloud_key,
    depth_keys,
    gaussian_keys,
    mesh_key,
    texture_key,
)
from da3studio.pipeline.stages import (
    CAMERAS,
    CLEAN,
    CLOUD,
    DEPTH,
    GAUSSIANS,
    MESH,
    TEXTURE,
    Goal,
    Stage,
    stages_until,
)
from da3studio.project.chunks import ChunkDamagedError, ChunkHeader, ChunkStore
from da3studio.project.document import Project
from da3studio.project.fields import Fields, MalformedError
from da3studio.scene.view import ViewId

OnDamage = Callable[[ChunkDamagedError], None]


@dataclass(frozen=True)
class Step:
    """A stage with its units: one per view for depth and Gaussians, else one with the id ""."""

    stage: Stage
    known: bool = False  # False = its units depend on an earlier stage that is still to do
    stored: Mapping[str, ChunkHeader] = field(default_factory=dict)  # unit → what is there
    missing: Mapping[str, str] = field(default_factory=dict)  # unit → key it will have

    @property
    def done(self) -> bool:
        """Whether all of it is stored."""
        return self.known and not self.missing

    @property
    def total(self) -> int | None:
        """How many units it has; `None` = not known yet."""
        return len(self.stored) + len(self.missing) if self.known else None

    @property
    def key(self) -> str:
        """Of its result; of a stage with many units, the digest of all their keys.

        Raises:
            ValueError: not known yet.
        """
        if not self.known:
            raise ValueError(f"the key of {self.stage.name} is not known yet")
        keys = {unit: header.key for unit, header in self.stored.items()} | dict(self.missing)
        return keys[""] if list(keys) == [""] else digest_of(keys)

    @property
    def header(self) -> ChunkHeader:
        """Of a finished stage with one unit."""
        return self.stored[""]


@dataclass(frozen=True)
class Plan:
    """The steps up to a goal, in order."""

    goal: Goal
    steps: tuple[Step, ...]
    project: Project  # as asked for, with all places in the world of its present cameras
    notice: str = ""  # one sentence, where the places could not follow

    @property
    def todo(self) -> tuple[Step, ...]:
        """The steps with work left."""
        return tuple(step for step in self.steps if not step.done)

    @property
    def finished(self) -> bool:
        """Whether the goal is reached."""
        return not self.todo

    def step(self, name: Goal) -> Step:
        """The step of a stage.

        Raises:
            KeyError: the goal does not need it, or there is nothing to clean.
        """
        return {step.stage.name: step for step in self.steps}[name]


def plan(
    project: Project, goal: Goal, chunks: ChunkStore, *, on_damage: OnDamage = lambda _: None
) -> Plan:
    """Compare what a goal needs with what is stored.

    Args:
        project: what is asked for.
        goal: the last stage wanted.
        chunks: the stored results.
        on_damage: told of each damaged result; it counts as missing.
    """
    stages = stages_until(goal, cuts=bool(project.cuts))
    reader = _Reader(chunks, on_damage)
    cameras, followed = reader.cameras(project)
    there = followed.project
    steps = {step.stage: step for step in _steps(there, goal, reader, cameras)}
    found = tuple(steps.get(stage, Step(stage)) for stage in stages)
    return Plan(goal, found, there, followed.notice)


def wanted_keys(project: Project, chunks: ChunkStore) -> frozenset[str]:
    """Of every stored result that the project still uses, and of the cameras its places are in."""
    ends: tuple[Goal, ...] = ("texture", "gaussians")
    steps = [step for end in ends for step in plan(project, end, chunks).steps]
    keys = frozenset(header.key for step in steps for header in step.stored.values())
    return keys | {project.frame} if project.frame else keys


@dataclass(frozen=True)
class _Reader:
    chunks: ChunkStore
    on_damage: OnDamage

    def step(self, stage: Stage, units: Iterable[tuple[str, str]]) -> Step:
        """Sort the units of a stage, each with its key, into stored and missing."""
        stored: dict[str, ChunkHeader] = {}
        missing: dict[str, str] = {}
        for unit, key in units:
            try:
                stored[unit] = _checked(self.chunks.header(key))
            except KeyError:
                missing[unit] = key
            except ChunkDamagedError as damage:
                self.on_damage(damage)
                missing[unit] = key
        return Step(stage, True, stored, missing)

    def cameras(self, project: Project) -> tuple[Step, Followed]:
        """The first step, and the project in its world.

        The views that its header names are checked, as all else needs them.
        """
        step = self.step(CAMERAS, [("", cameras_key(project))])
        if not step.done:
            return step, Followed(project)
        meta = Fields(step.header.meta, "the registration")
        known = {view.id for view in project.views}
        try:
            named = {*meta.texts("view_ids", len(known)), *meta.texts_by_name("left_out")}
            if not named <= known:
                raise MalformedError("it is about other photos")
            return step, follow(project, self.chunks, step.header)
        except (MalformedError, ChunkDamagedError) as error:
            damage = ChunkDamagedError(step.header.key, str(error))
            self.on_damage(error if isinstance(error, ChunkDamagedError) else damage)
            return Step(CAMERAS, True, {}, {"": step.header.key}), Followed(project)

    def clean(self, project: Project, cameras: str, cloud: str) -> Step:
        """What the edits leave; whether they cut anything is checked, as the mesh depends on it."""
        step = self.step(CLEAN, [("", clean_key(project, cameras, cloud))])
        if not step.done:
            return step
        try:
            Fields(step.header.meta, "the cleaning").flag("cut")
        except MalformedError as error:
            self.on_damage(ChunkDamagedError(step.header.key, str(error)))
            return Step(CLEAN, True, {}, {"": step.header.key})
        return step


def _checked(header: ChunkHeader) -> ChunkHeader:
    """A header whose notices, if there are any, are texts."""
    try:
        if "notices" in header.meta:
            Fields(header.meta, "the header").texts("notices", most=1000)
    except MalformedError as error:
        raise ChunkDamagedError(header.key, str(error)) from error
    return header


def _steps(project: Project, goal: Goal, reader: _Reader, cameras: Step) -> Iterator[Step]:
    """The steps whose units are known, in order; the first unfinished one is the last."""
    yield cameras
    if not cameras.done:
        return
    lens = cameras.header.digest
    ids = [ViewId(unit) for unit in cameras.header.meta["view_ids"]]
    if goal == "gaussians":
        yield reader.step(GAUSSIANS, gaussian_keys(project, lens, ids).items())
        return
    depth = reader.step(DEPTH, depth_keys(project, lens, ids).items())
    yield depth
    if not depth.done:
        return
    maps = {ViewId(unit): header.digest for unit, header in depth.stored.items()}
    cloud = reader.step(CLOUD, [("", cloud_key(project, lens, maps))])
    yield cloud
    if not cloud.done:
        return
    cut = None
    if project.cuts:
        clean = reader.clean(project, lens, cloud.header.digest)
        yield clean
        if not clean.done:
            return
        cut = clean.header.digest if clean.header.meta["cut"] else None
    mesh = reader.step(MESH, [("", mesh_key(project, lens, maps, cloud.header.digest, cut))])
    yield mesh
    if mesh.done:
        yield reader.step(TEXTURE, [("", texture_key(project, lens, mesh.header.digest, cut))])
