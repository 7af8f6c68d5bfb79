"""From sets and competitors to lines, and from lines to a page with charts."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from pathlib import Path
from xml.dom.minidom import parseString

import pytest

from da3studio.base.cancel import NEVER
from da3studio.base.errors import BadInput, Missing
from da3studio.bench.charts import bar_chart, line_chart
from da3studio.bench.geometry.answers import Answer
from da3studio.bench.geometry.competitors import EngineCompetitor, Nothing, TwoViewPoints
from da3studio.bench.geometry.measure import WHOLE, Line, averaged, measure
from da3studio.bench.geometry.page import geometry_page
from da3studio.bench.geometry.photo_truth import photo_truth
from da3studio.bench.geometry.synthetic import synthetic_truth
from da3studio.bench.geometry.truth import TrueSet
from da3studio.bench.pages import Made
from da3studio.cli import bench_geometry
from da3studio.cli.output import Output
from da3studio.cli.parsing import build_parser
from da3studio.engine.da3.engine import NetworkEngine
from da3studio.recipes.depth import DepthRecipe
from tests.bench.geometry.made import perfect, table
from tests.cli.conftest import run_program
from tests.engine.da3.little import CONDITIONED, Ready, loaded

PHOTOS = table(8)
TABLE = TrueSet("tables", "oak", lambda sizes: [PHOTOS[: sizes[-1]]])
MADE = Made("da3studio bench geometry", "normal", "digest" * 3)


@dataclass(frozen=True)
class Knowing:
    """Knows everything, but turns every second camera by so much for each photo it does not see."""

    label: str = "knowing"
    wrong_deg: float = 0.0

    def answer(self, photos, _token, /) -> Answer:
        return perfect(photos, turned_deg=self.wrong_deg * (8 - len(photos)))


def lines_of(*competitors, sizes=(2, 4, 8), of: TrueSet = TABLE) -> list[Line]:
    return measure(of, competitors, sizes, NEVER, lambda _: None)


def test_that_a_perfect_answer_scores_100_in_windows_of_every_size():
    lines = lines_of(Knowing())

    assert [(one.size, one.n_windows, one.n_pairs) for one in lines] == [
        (2, 4, 4), (4, 2, 12), (8, 1, 28)
    ]  # fmt: skip
    for line in lines:
        one = line.figures
        assert min(*one.auc, *one.published_auc, one.same_auc) > 99.99
        assert max(one.rotation_deg, one.direction_deg, one.same_direction_deg) < 1e-4
        assert (one.found, one.cover, one.delta1) == (100, 100, 100)
        assert one.abs_rel < 1e-6
    assert math.isnan(lines[0].figures.f_score)  # two cameras fix no world
    assert min(line.figures.f_score for line in lines[1:]) > 95


def test_that_the_same_pairs_are_scored_in_larger_windows():
    two, four, eight = (line.figures for line in lines_of(Knowing(wrong_deg=1.0)))

    assert two.same_rotation_deg == pytest.approx(6, abs=1e-4)
    assert four.same_rotation_deg == pytest.approx(4, abs=1e-4)
    assert eight.same_rotation_deg == pytest.approx(0, abs=1e-4)
    assert two.same_auc == two.auc[-1] < four.same_auc < eight.same_auc
    assert four.rotation_deg == pytest.approx(4, abs=1e-4)  # two of three pairs are turned


def test_that_a_group_is_averaged_and_the_same_pairs_over_whole_sets_only():
    small = replace(TABLE, name="elm", bases=lambda sizes: [PHOTOS[:2]])

    lines = lines_of(Knowing(wrong_deg=1.0)) + lines_of(Nothing(), Knowing(), of=small)
    means = {(one.competitor, one.size): one for one in averaged(lines, 3)}

    assert means["knowing", 2].name == "2"
    assert means["knowing", 2].figures.rotation_deg == pytest.approx(3, abs=1e-4)
    assert means["knowing", 2].figures.same_rotation_deg == pytest.approx(6, abs=1e-4)
    assert means["knowing", 8].name == "1"
    assert math.isnan(means["no knowledge", 2].figures.same_auc)


def test_that_made_scenes_are_measured_with_a_network_and_told_on_a_page():
    (made,) = synthetic_truth(56, 1, {"tables": {"table": 1.0}})
    recipe = DepthRecipe(engine="da3", network_px=56)
    engine = NetworkEngine(Ready(loaded(CONDITIONED)))
    network = EngineCompetitor("da3", engine, recipe)
    told = replace(network, label="da3, true cameras", knows_cameras=True)

    lines = lines_of(network, told, TwoViewPoints(56), Nothing(), sizes=(2, 4), of=made)
    page = geometry_page(lines, 56, "tiny, 56 px", "geometry", MADE)

    by = {(one.competitor, one.size): one.figures for one in lines}
    assert by["da3", 4].found == 100
    assert 0 < by["da3", 4].abs_rel < 2
    assert math.isnan(by["da3, true cameras", 4].auc[0])
    assert not math.isnan(by["da3, true cameras", 4].f_score)
    assert by["no knowledge", 2].abs_rel == pytest.approx(by["no knowledge", 4].abs_rel)
    assert ("SIFT, true lenses", 4) not in by
    assert "## Made scenes" in page.text
    assert "| da3, true cameras |      4 |    1 |     0 |     – |" in page.text
    assert set(page.charts) == {
        "made-scenes-same-pairs.svg", "made-scenes-auc.svg", "made-scenes-abs-rel.svg"
    }  # fmt: skip
    for name, drawing in page.charts.items():
        assert f"(geometry/{name})" in page.text
        assert parseString(drawing).documentElement.tagName == "svg"  # noqa: S318  ours


def test_that_whole_sets_and_their_units_are_told_as_published():
    scan = TrueSet("ETH3D", "office", lambda _: [PHOTOS[:4]], is_whole=True)

    lines = lines_of(Knowing(), of=scan)
    page = geometry_page(lines, 504, "", "geometry", MADE)

    assert [(line.size, line.n_pairs) for line in lines] == [(WHOLE, 6)]
    assert "| office | knowing |    all |     6 |" in page.text
    assert " m |" in page.text
    assert "Network:" not in page.text


def test_that_a_failure_is_told_with_its_reason():
    failing = replace(PHOTOS[0], read=lambda: 0 * PHOTOS[0].read())
    dark = replace(TABLE, bases=lambda _: [[failing, PHOTOS[1]]])

    lines = lines_of(TwoViewPoints(140), sizes=(2,), of=dark)

    assert lines[0].failures == {"too few points in common": 1}
    assert lines[0].figures.auc == (0, 0, 0, 0)
    assert lines[0].figures.found == 0
    text = geometry_page(lines, 140, "", "geometry", MADE).text
    assert "- oak, SIFT, true lenses, 2 photos: 1 of 1 times: too few points in common" in text


@dataclass(frozen=True)
class Silent:
    """An engine that finds no scene."""

    label: str = "silent"

    def answer(self, photos, _token, /) -> Answer:
        return Answer({}, {}, 1.0, "nothing in common")


def test_that_an_engine_without_an_answer_covers_nothing_and_has_no_surface():
    (line,) = lines_of(Silent(), sizes=(4,))

    assert (line.figures.cover, line.figures.f_score, line.figures.auc[-1]) == (0, 0, 0)
    assert (line.figures.rotation_deg, line.failures) == (180, {"nothing in common": 1})
    assert math.isnan(line.figures.abs_rel)


def test_that_the_made_scenes_are_the_same_every_time_and_none_of_training():
    (one,), (other,) = (synthetic_truth(56, 1, {"tables": {"table": 1.0}}) for _ in range(2))

    (first,), (second,) = (tuple(sets.bases((2,))) for sets in (one, other))

    assert [(a.read() == b.read()).all() for a, b in zip(first, second, strict=True)] == [True] * 2
    assert first[0].view.height == 42


def test_that_real_sets_are_found_with_their_depth_and_their_distorted_lenses(shared_photos: Path):
    names = ("facade_berlin", "mixed_exif", "object_banana", "room_hololens", "video_robot")
    found = {one.name: one for one in photo_truth(shared_photos, names, 2)}

    assert set(found) == set(names)
    for name, is_dense in (("facade_berlin", False), ("object_banana", True)):
        first, *_ = found[name].bases((2,))[0]
        depth = first.depth()
        assert depth.is_dense is is_dense
        assert len(depth.z) > 1000
        assert (depth.z > 0).all()
        assert first.camera.intrinsics.k1 != 0
        assert first.view.focal_px is not None
    frame = found["video_robot"].bases((2, 4))[1][0]
    assert frame.read().shape == (576, 1024, 3)
    assert len(found["facade_berlin"].bases((2, 4, 8))) == 2  # 3 photos: windows of 2 alone
    assert len(found["room_hololens"].bases((2, 4, 8))[0]) == 8


def test_that_charts_show_every_point_and_every_bar():
    lines = line_chart("t", "x", "y", {"a & b": [(2, 10.0), (4, 33.0)], "c": [(2, 5.0)]})
    bars = bar_chart("t", "y", ["one", "two"], {"a": [1.0, math.nan], "b": [0.5, 0.25]})

    assert lines.count("<circle") == 3
    assert "a &amp; b" in lines
    assert ">40</text>" in lines  # the axis ends at a round number
    assert bars.count('fill="#2563a8"') == 1 + 1  # a bar, and in the legend
    assert bars.count('fill="#c2571a"') == 2 + 1
    tall, low = (f'height="{256 * share:.1f}"' for share in (1, 0.25))
    assert bars.count(tall) == bars.count(low) == 1


def test_that_the_command_writes_page_and_charts(tmp_path: Path):
    words = ("bench", "geometry", "synthetic", "--engines", "", "--scenes", "1", "--views", "2")

    ran = run_program(tmp_path, *words, "--size", "56", "--out", "page.md", "--json")

    assert ran.code == 0
    lines = ran.named("geometry")
    assert {(one["name"], one["competitor"]) for one in lines} >= {
        ("unseen patterns", "no knowledge"), ("unseen kind", "SIFT, true lenses")
    }  # fmt: skip
    assert "NaN" not in ran.out
    assert lines[0]["auc"] != lines[0]["f_score"] is None
    assert (tmp_path / "page" / "made-scenes-abs-rel.svg").is_file()
    assert "--size 56 --reference auto" in (tmp_path / "page.md").read_text("utf-8")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--engines", "magic"), "There is no engine magic"),
        (("--checkpoint", "da3-unheard-of"), "The model da3-unheard-of is not"),
        (("--engines", "classical"), "holds nothing to measure on"),
    ],
)
def test_that_what_cannot_be_measured_is_said(tmp_path: Path, words, said: str):
    args = build_parser().parse_args(["bench", "geometry", str(tmp_path), *words])

    with pytest.raises((BadInput, Missing), match=said):
        bench_geometry.run(args, Output(quiet=True), NEVER)


@pytest.mark.parametrize("words", [("--size", "20"), ("--views", "1,2"), ("--windows", "0")])
def test_that_numbers_out_of_range_are_refused(words, capsys):
    with pytest.raises(SystemExit) as refused:
        build_parser().parse_args(["bench", "geometry", "synthetic", *words])

    assert refused.value.code == 2
    assert words[0] in capsys.readouterr().err
