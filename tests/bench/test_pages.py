"""Tables, costs and pages."""

from __future__ import annotations

import json
import math
from pathlib import Path

from da3studio.bench.appearance import Likeness
from da3studio.bench.costs import Listener, RunRecord, StageCost, median_costs
from da3studio.bench.machine import made_by
from da3studio.bench.markdown import number, table
from da3studio.bench.pages import Made
from da3studio.bench.photo_sets import PhotoSet
from da3studio.bench.photos_page import SetResult, photos_page
from da3studio.bench.sample_page import sample_page
from da3studio.bench.sample_truth import SampleScores, Surface, SurfaceScore
from da3studio.bench.scoring import Scores, SurfaceFigures
from da3studio.bench.speed_page import speed_page
from da3studio.pipeline.events import Noticed, StageDone, StageStarted
from da3studio.recipes.recipe import PRESETS, Recipe

MADE = Made("da3studio bench speed", "normal", "0123456789abcdef")


def record(seconds: float, memory: int = 10**9) -> RunRecord:
    costs = (StageCost("cameras", seconds, 2 * seconds, memory), StageCost("depth", 1.0, 1.5, 500))
    return RunRecord("program", costs, ())


def test_that_columns_of_a_table_are_aligned():
    lines = table(("set", "AUC@5"), [("banana", "92.25"), ("room", "–")]).splitlines()

    assert lines == [
        "| set    | AUC@5 |",
        "| ------ | ----: |",
        "| banana | 92.25 |",
        "| room   |     – |",
    ]


def test_that_what_is_not_known_is_a_dash():
    assert number(None) == "–"
    assert number(12.345, 2) == "12.35"


def test_that_a_run_costs_the_sum_of_its_seconds_and_its_highest_memory():
    assert record(3.0).total == StageCost("total", 4.0, 7.5, 10**9)


def test_that_events_become_costs_in_the_order_of_the_stages_and_notices_once():
    listener = Listener()
    for event in (
        StageStarted("cameras", 1),
        StageDone("depth", "k2", 2.0, 3.0, 20),
        StageDone("cameras", "k1", 1.0, 1.5, 10),
        Noticed("mesh", "Two holes."),
        Noticed("mesh", "Two holes."),
    ):
        listener.hear(event)

    heard = listener.record("program")

    assert heard.costs == (
        StageCost("cameras", 1.0, 1.5, 10),
        StageCost("depth", 2.0, 3.0, 20),
    )
    assert heard.notices == ("Two holes.",)


def test_that_a_record_is_found_again_by_the_program_that_made_it_only(tmp_path: Path):
    record(3.0).save(tmp_path)

    assert RunRecord.of(tmp_path, "program") == record(3.0)
    assert RunRecord.of(tmp_path, "another program") is None
    assert RunRecord.of(tmp_path / "nowhere", "program") is None


def test_that_a_damaged_record_counts_as_none(tmp_path: Path):
    record(3.0).save(tmp_path)
    (file,) = tmp_path.iterdir()
    stored = json.loads(file.read_text())
    del stored["costs"][0]["seconds"]
    file.write_text(json.dumps(stored))

    assert RunRecord.of(tmp_path, "program") is None


def test_that_medians_are_taken_of_each_stage_and_of_the_totals():
    costs = median_costs([record(1.0), record(9.0), record(2.0)])

    assert [cost.stage for cost in costs] == ["cameras", "depth", "total"]
    assert [cost.seconds for cost in costs] == [2.0, 1.0, 3.0]


def test_that_the_program_is_known_by_its_sources_and_settings():
    assert made_by(Recipe()) == made_by(PRESETS["normal"])
    assert made_by(Recipe()) != made_by(PRESETS["draft"])


def test_that_the_page_about_speed_names_command_machine_and_every_stage():
    page = speed_page("16 of 1600 x 1200 px", [record(3.0)], MADE)

    assert page.startswith("# Speed and memory\n")
    assert "da3studio bench speed" in page
    assert "Figures: one run." in page
    assert "| cameras |    3.0 |   6.0 |     1.00 GB |" in page
    assert "| total   |    4.0 |   7.5 |     1.00 GB |" in page


def test_that_the_page_about_the_sample_tells_every_measure():
    scores = SampleScores(
        n_photos=16,
        position_errors=(0.0002, 0.0004, 0.0009),
        rotation_errors_deg=(0.01, 0.02, 0.03),
        room=Surface(math.inf, 2, 5.0, (SurfaceScore(0.005, 0.5, 0.5),)),
        room_thrice=Surface(math.inf, 3, 4.0, (SurfaceScore(0.005, 0.8, 0.7),)),
        table=Surface(0.7, 2, 2.0, (SurfaceScore(0.005, 0.9, 0.6), SurfaceScore(0.01, 1.0, 1.0))),
        pictures=(Likeness(24.0, 0.9), Likeness(26.0, 0.8)),
    )

    page = sample_page(scores, record(3.0), MADE)

    assert "3 of 16" in page
    assert "0.0400%" in page  # median position error
    assert "10.0 mm" in page
    assert "72.0%" in page  # harmonic mean of 90 and 60
    assert "20.0 mm" in page
    assert "74.7%" in page  # of 80 and 70
    assert "25.0 dB" in page
    assert "85.0%" in page


def test_that_the_page_about_photos_tells_what_was_found_and_what_failed(tmp_path: Path):
    reference = tmp_path / "ref" / "dev" / "chair"
    reference.mkdir(parents=True)
    (reference / "stats.json").write_text('{"images": 5}')
    rows = [{"name": f"{i}.jpg", "upright_name": f"{i}.jpg"} for i in range(4)]
    (reference / "reference.json").write_text(json.dumps({"images": rows}))
    (reference / "images.txt").write_text("1 1 0 0 0 0 0 1 1 0.jpg\n1 2 5\n")
    scores = Scores(
        n_scored=4,
        auc={3: 81.2, 5: 88.8, 30: 97.0},
        auc_trusted=95.55,
        rotation_deg=0.123,
        direction_deg=None,
        focal_percent=0.4,
        surface={"0.5%": SurfaceFigures(50.0, 60.0, 54.5)},
        fitted={},
        dense=False,
        photo_psnr_db=21.0,
        warnings=("poses are turned",),
    )
    chair = PhotoSet(tmp_path, "chair")
    done = SetResult(chair, 5, None, scores, record(3.0), Likeness(25.04, 0.876))
    failed = SetResult(chair, 5, None, None, RunRecord("", (), ()), failure="No two photos match.")

    page = photos_page([done, failed], MADE)

    assert "| chair |      5 |     0 |    4 of 5 |        4 |  81.2 |  88.8 |   97.0 |" in page
    assert "| chair |  (50.0) |    60.0 |   (54.5) |     – |" in page
    assert "25.0 dB |   88% |" in page
    assert "chair: 0.jpg (1)" in page  # doubtful: 1 point
    assert "- failed: No two photos match." in page
    assert "- poses are turned" in page
    assert "Made by other sources, changed meanwhile: chair." in page
