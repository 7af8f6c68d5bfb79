"""`da3studio bench`: measures the program and writes pages about it."""

from __future__ import annotations

import argparse
import shutil
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from da3studio.base.atomic import write_bytes_atomic, writing_to
from da3studio.base.cancel import CancelToken
from da3studio.base.errors import (
    BadInput,
    CannotReconstruct,
    Missing,
    OutOfMemory,
    ProcessDied,
)
from da3studio.base.i18n import tr
from da3studio.bench.appearance import likeness_to_photos
from da3studio.bench.costs import UNFINISHED, Listener, RunRecord, is_record_in
from da3studio.bench.machine import check_test_extras, made_by
from da3studio.bench.pages import Made
from da3studio.bench.photo_sets import PhotoSet, photo_sets
from da3studio.bench.photos_page import SetResult, photos_page
from da3studio.bench.sample_page import sample_page
from da3studio.bench.sample_truth import compare
from da3studio.bench.scoring import ScorerFailedError, score
from da3studio.bench.speed_page import speed_page
from da3studio.bench.windows.measure import N_MANY, N_VIEWS, measure_cost, measure_ways
from da3studio.bench.windows.network import REALISTIC
from da3studio.bench.windows.page import windows_page
from da3studio.bench.windows.walk import Walk
from da3studio.cli.importing import Wanted, import_photos
from da3studio.cli.output import Output
from da3studio.cli.parsing import DEFAULT_FRAMES
from da3studio.cli.progress import Narrator, PlainLines
from da3studio.cli.working import WorkerCrashedError, finish
from da3studio.engine.choice import FEWEST, Wish, choose
from da3studio.media.photos import PhotoFiles
from da3studio.pipeline.events import Event
from da3studio.pipeline.load import load_scene
from da3studio.project.folder import ProjectFolder
from da3studio.recipes.recipe import PRESETS, Recipe
from da3studio.sample.photos import cameras_of_photos, write_photos
from da3studio.sample.scene import sample_scene
from da3studio.scene.scene import Scene

_SAMPLE_PX, _SPEED_PX = 1280, 1600  # width of rendered photos

_SETBACKS = (CannotReconstruct, OutOfMemory, ProcessDied, WorkerCrashedError)
"""What can happen to one set and does not stop the others."""


def run(args: argparse.Namespace, output: Output, token: CancelToken) -> int:
    """Measure what the command line says and write the page."""
    if args.subject == "parity":
        from da3studio.cli import bench_parity

        return bench_parity.run(args, output, token)
    if args.subject == "network":
        from da3studio.cli import bench_network

        return bench_network.run(args, output, token)
    if args.subject == "long":
        from da3studio.cli import bench_long

        return bench_long.run(args, output, token)
    if args.subject == "points":
        from da3studio.cli import bench_points

        return bench_points.run(args, output, token)
    if args.subject == "window":
        from da3studio.cli import bench_window

        return bench_window.run(args, output, token)
    if args.subject == "retrieval":
        from da3studio.cli import bench_retrieval

        return bench_retrieval.run(args, output, token)
    if args.subject == "geometry":
        from da3studio.cli import bench_geometry

        return bench_geometry.run(args, output, token)
    if args.subject == "windows":
        made = Made("da3studio bench windows", "", made_by(Recipe()))
        return _written(_windows(made, output, token), args.out, output)
    check_test_extras()
    bench = Bench(args.work, _recipe(args), output, token)
    made = Made(_command(args), args.preset, made_by(bench.recipe))
    match args.subject:
        case "photos":
            page = _photos(args, bench, made)
        case "sample":
            page = _sample(bench, made)
        case _:
            page = _speed(args, bench, made)
    return _written(page, args.out, output)


def _recipe(args: argparse.Namespace) -> Recipe:
    recipe = PRESETS[args.preset]
    if args.subject != "photos":
        return recipe
    chosen = choose(recipe.depth, Wish(args.engine), n_views=FEWEST, cameras_given=False)
    return replace(recipe, depth=chosen.recipe)


def _written(page: str, path: Path, output: Output) -> int:
    write_bytes_atomic(path, page.encode())
    output.answer("page", page, file=str(path))
    return 0


class _Heard(Narrator):
    """Tells the events in plain lines, and a listener hears them, too."""

    def __init__(self, output: Output, listener: Listener) -> None:
        super().__init__(output, PlainLines(output))
        self._listener = listener

    def event(self, event: Event) -> None:
        self._listener.hear(event)
        super().event(event)


@dataclass(frozen=True)
class Bench:
    """Where measurements are made, with which settings, and who is told."""

    work: Path
    recipe: Recipe
    output: Output
    token: CancelToken

    def reconstruct(
        self, paths: Sequence[Path], n_frames: int, project: Path, listener: Listener
    ) -> RunRecord:
        """Run photos to a textured mesh in a fresh project, and say what it cost.

        A project that this very program has finished before is kept.

        Args:
            paths: photos, folders or videos.
            n_frames: to take from a video.
            project: its folder; an earlier one there is removed.
            listener: a new one; what it heard remains if the run fails.

        Raises:
            UserFacingError, WorkerCrashedError: see `import_photos` and `finish`.
            JobCancelled: by the token.
        """
        program = made_by(self.recipe)
        record = RunRecord.of(project, program)
        if record is not None:
            return record
        self.remove(project)
        narrate = _Heard(self.output, listener)
        with ProjectFolder.create(project, project.stem) as folder:
            UNFINISHED.save(project)
            import_photos(folder, Wanted(paths, n_frames), self.output, narrate, self.token)
            folder.save(folder.project.with_recipe(self.recipe))
            finish(folder, "texture", narrate, self.token)
            record = listener.record(program)
            record.save(project)
        return record

    def remove(self, project: Path) -> None:
        """Remove a project that an earlier measurement made.

        Raises:
            BadInput: what is there was not made by a measurement.
            CannotWrite: it cannot be removed.
        """
        if not project.exists():
            return
        if not is_record_in(project):
            raise BadInput(
                tr("{project} is there already and is not replaced.").format(project=project),
                why=tr("It was not made by a measurement."),
                fix=tr("Choose another folder with --work, or move it away."),
            )
        with writing_to(project):
            shutil.rmtree(project)


def _photos(args: argparse.Namespace, bench: Bench, made: Made) -> str:
    sets = photo_sets(args.folder, args.sets)
    results = []
    for number, photo_set in enumerate(sets, 1):
        bench.output.tell(
            "set", tr("Set {i} of {n}: {name}").format(i=number, n=len(sets), name=photo_set.name)
        )
        results.append(_measured(photo_set, bench))
    return photos_page(results, made)


def _measured(photo_set: PhotoSet, bench: Bench) -> SetResult:
    """A set, reconstructed and scored as far as that is possible."""
    project, listener, failure = bench.work / f"{photo_set.name}.da3", Listener(), ""
    n_frames = photo_set.n_reference_photos
    try:
        record = bench.reconstruct(photo_set.media, n_frames, project, listener)
    except _SETBACKS as error:
        failure = str(error)
        bench.output.tell("set_failed", failure, set=photo_set.name)
        record = listener.record("")
    with ProjectFolder.open(project, write=False) as folder:
        n_photos = len(folder.project.views)
        try:
            scene = load_scene(folder, cloud=False)
        except Missing:  # not even cameras
            return SetResult(photo_set, n_photos, None, None, record, failure=failure)
    bench.output.tell("scoring", tr("Scoring {name}").format(name=photo_set.name))
    photos, scores = PhotoFiles(project.absolute()), None
    with tempfile.TemporaryDirectory(dir=bench.work) as temporary:
        try:
            scores = score(photo_set, scene, photos, Path(temporary), bench.token)
        except ScorerFailedError as error:
            failure = f"{failure} {error}".strip()
    own = likeness_to_photos(scene, photos)
    return SetResult(photo_set, n_photos, scene, scores, record, own, failure)


def _sample(bench: Bench, made: Made) -> str:
    paths = _rendered(bench, _SAMPLE_PX)
    project = bench.work / "sample.da3"
    record = bench.reconstruct(paths, DEFAULT_FRAMES, project, Listener())
    bench.output.tell("scoring", tr("Comparing with the truth"))
    true = {path.name: camera for path, camera in zip(paths, cameras_of_photos(), strict=True)}
    scores = compare(_loaded(project), sample_scene(), true, width=_SAMPLE_PX)
    return sample_page(scores, record, made)


def _speed(args: argparse.Namespace, bench: Bench, made: Made) -> str:
    paths = [args.photos] if args.photos is not None else _rendered(bench, _SPEED_PX)
    project, runs = bench.work / "speed.da3", []
    for _ in range(args.repeat):
        bench.remove(project)
        runs.append(bench.reconstruct(paths, DEFAULT_FRAMES, project, Listener()))
    with ProjectFolder.open(project, write=False) as folder:
        sizes = Counter(f"{view.width} x {view.height} px" for view in folder.project.views)
    photos = ", ".join(f"{n} of {size}" for size, n in sizes.items())
    return speed_page(photos, runs, made)


def _windows(made: Made, output: Output, token: CancelToken) -> str:
    walk, costs = Walk(N_VIEWS), []
    output.tell("walk", tr("Walking through two rooms"))
    runs, found = measure_ways(walk, token)
    output.tell("cost", tr("Measuring time and memory"))
    for n_views in (N_VIEWS, N_MANY):
        with tempfile.TemporaryDirectory() as folder:
            costs.append(measure_cost(Walk(n_views), Path(folder), token))
    return windows_page(walk, REALISTIC, runs, found, costs, made)


def _rendered(bench: Bench, width: int) -> tuple[Path, ...]:
    narrate = _Heard(bench.output, Listener())
    with narrate.work("sample", tr("Taking sample photos")) as report:
        return write_photos(
            bench.work / f"sample-{width}", width=width, report=report, token=bench.token
        )


def _loaded(project: Path) -> Scene:
    with ProjectFolder.open(project, write=False) as folder:
        return load_scene(folder, cloud=False)


def _command(args: argparse.Namespace) -> str:
    """The command as it can be typed again; where results and work go is left out."""
    words = ["da3studio", "bench", args.subject]
    if args.subject == "photos":
        words.append(str(args.folder))
        words += ["--sets", ",".join(args.sets)] if args.sets else []
        words += ["--engine", args.engine]
    if args.subject == "speed":
        words += ["--photos", str(args.photos)] if args.photos is not None else []
        words += ["--repeat", str(args.repeat)] if args.repeat > 1 else []
    return " ".join([*words, "--preset", args.preset])
