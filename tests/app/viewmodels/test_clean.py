"""Setting an edit by its numbers: candidates first, then one step."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from da3studio.app.session import Session
from da3studio.app.viewmodels.adjusters import ADJUSTERS, Adjuster, Distribution
from da3studio.app.viewmodels.clean import Clean
from da3studio.edits.base import ListedEdit
from da3studio.edits.planes import RemovePlane
from da3studio.edits.shapes import CropBox
from da3studio.edits.thresholds import MaxIsolation, MaxSlant, MinViews
from tests.app.photo_desk import at_desk, make_desk
from tests.edits.clouds import evidence_of

ROWS: dict[str, Adjuster] = {row.kind: row for row in ADJUSTERS}


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    return make_desk(tmp_path_factory.mktemp("desk"), until="cloud")


@pytest.fixture
def session(made, tmp_path, qtbot) -> Iterator[Session]:
    with at_desk(qtbot, made, tmp_path / "desk") as session:
        yield session


@pytest.fixture
def clean(session) -> Clean:
    return Clean(session)


@pytest.fixture
def started(clean, session, qtbot):
    """Begin to set an edit and wait until it is counted."""

    def start(kind: str) -> Adjuster:
        clean.start(ROWS[kind])
        qtbot.waitUntil(lambda: not clean.busy)
        return ROWS[kind]

    return start


def test_that_every_number_is_tried_before_anything_is_in_the_project(
    clean, session, started, qtbot
):
    cloud = session.scene.cloud
    field = started("min_views").fields[0]
    np.testing.assert_array_equal(session.scene.marked, cloud.n_views < 3)
    clean.set_value(field, 5.2)
    assert clean.value(field) == 5
    assert clean.busy
    qtbot.waitUntil(lambda: not clean.busy)
    n = int((cloud.n_views < 5).sum())
    assert session.scene.marked.sum() == n
    assert clean.count_text.startswith(f"Removes {n:,} of {len(cloud):,} points (")
    assert session.project.edits == ()
    assert not session.can_undo


def test_that_apply_is_one_step_that_takes_the_points_at_once(clean, session, started):
    started("min_views")
    clean.apply()
    assert session.project.edits[0].edit == MinViews(3)
    assert session.undo_label == "Remove points few photos see"
    np.testing.assert_array_equal(session.scene.keep, session.scene.cloud.n_views >= 3)
    assert session.scene.marked is None
    assert clean.row is None
    session.undo()
    assert session.project.edits == ()
    assert session.scene.keep.all()


def test_that_cancel_leaves_nothing(clean, session, started):
    started("max_slant")
    clean.cancel()
    assert session.scene.marked is None
    assert (clean.row, clean.draft, clean.count_text) == (None, None, "")
    assert not session.can_undo


def test_that_only_points_that_are_still_there_are_counted(clean, session, started, qtbot):
    session.commit("x", session.project.with_edits([ListedEdit("a", MinViews(4))]))
    qtbot.waitUntil(lambda: session.scene.keep is not None and not session.background.busy)
    started("min_views")
    assert clean.count_text == f"Removes nothing of {session.scene.keep.sum():,} points"
    assert not session.scene.marked.any()


def test_that_an_entry_of_the_list_is_changed_in_its_place(clean, session, qtbot):
    edits = [ListedEdit("a", MinViews(4)), ListedEdit("b", MaxIsolation(3.0))]
    session.commit("x", session.project.with_edits(edits))
    qtbot.waitUntil(lambda: session.scene.keep is not None and not session.background.busy)
    assert clean.adjust("a")
    qtbot.waitUntil(lambda: not clean.busy)
    assert not clean.is_new
    assert session.scene.keep[session.scene.marked].all()  # back on show, to be seen going
    field = ROWS["min_views"].fields[0]
    clean.set_value(field, 3)
    clean.apply()
    assert session.project.edits == (ListedEdit("a", MinViews(3)), edits[1])
    clean.adjust("b")
    clean.cancel()
    qtbot.waitUntil(lambda: not session.background.busy)
    expected = session.scene.stack.keep(session.project.edits)
    np.testing.assert_array_equal(session.scene.keep, expected)


def test_that_what_was_removed_elsewhere_is_no_longer_set(clean, session, qtbot):
    session.commit("x", session.project.with_edits([ListedEdit("a", MinViews(4))]))
    assert clean.adjust("a")
    session.undo()
    assert clean.row is None
    assert not clean.adjust("a")


def test_that_a_crop_box_is_changed_by_its_tool_which_ends_what_was_set(clean, session, started):
    axes = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))
    crop = ListedEdit("c", CropBox((0.0, 0.0, 0.0), (9.0, 9.0, 9.0), axes))
    session.commit("x", session.project.with_edits([crop]))
    started("max_isolation")
    assert clean.adjust("c")
    assert session.view.tool == "crop"
    assert clean.row is None


def test_that_the_slider_moves_by_the_share_of_points(clean, session, started, qtbot):
    field = started("max_isolation").fields[0]
    for position in (0.0, 0.2, 0.5, 1.0):
        clean.set_position(field, position)
        qtbot.waitUntil(lambda: not clean.busy)
        share = session.scene.marked.mean()
        assert share == pytest.approx(position**2, abs=0.002)
        assert clean.position(field) == pytest.approx(position, abs=0.02)


def test_that_the_newest_number_wins(clean, session, started, qtbot):
    field = started("max_isolation").fields[0]
    for step in range(101):
        clean.set_position(field, step / 100)
    clean.set_value(field, 1.5)
    qtbot.waitUntil(lambda: not clean.busy)
    np.testing.assert_array_equal(session.scene.marked, session.scene.cloud.isolation > 1.5)


def test_that_a_flat_surface_is_found_and_shown_from_every_side(clean, session, started):
    field = started("remove_plane").fields[0]
    draft = clean.draft
    assert isinstance(draft, RemovePlane)
    assert session.scene.marked.mean() > 0.03
    factor, unit, _ = clean.shown_as(field)
    assert (factor, unit) == (1.0, " units")
    clean.set_below(False)
    assert clean.draft == RemovePlane(draft.normal, draft.offset, draft.thickness, False)


def test_that_without_points_nothing_can_be_set(session, qtbot):
    session.leave()
    clean = Clean(session)
    assert not clean.has_cloud
    with qtbot.waitSignal(session.said) as said:
        clean.start(ADJUSTERS[0])
    assert said.args == ["There are no points yet: reconstruct first."]
    assert clean.row is None


def test_that_closing_the_project_ends_it(clean, session, started):
    started("largest_components")
    session.leave()
    assert clean.row is None


@pytest.mark.parametrize("removes", ["below", "above"])
def test_that_a_distribution_knows_which_threshold_cuts_which_share(removes):
    values = np.random.default_rng(0).permutation(10_000).astype(np.float32)
    evidence = evidence_of(np.zeros((10_000, 3)), isolation=values)
    keep = np.ones(10_000, bool)
    spread = Distribution.of(ROWS["max_isolation"].measure, evidence, keep)
    assert spread.counts.sum() == pytest.approx(9960, abs=10)  # the tails are left out
    for share in (0.0, 0.1, 0.9):
        value = spread.at_share(share, removes)
        assert value == pytest.approx(9999 * (share if removes == "below" else 1 - share), abs=1)
        assert spread.share_at(value, removes) == pytest.approx(share, abs=1e-3)


def test_that_whole_numbers_have_a_bar_each_and_nothing_kept_is_no_trouble():
    evidence = evidence_of(np.zeros((6, 3)), n_views=np.uint8([2, 2, 3, 5, 5, 5]))
    spread = Distribution.of(ROWS["min_views"].measure, evidence, np.ones(6, bool))
    assert spread.counts.tolist() == [2, 1, 0, 3]
    assert (spread.low, spread.high) == (1.5, 5.5)
    empty = Distribution.of(ROWS["min_views"].measure, evidence, np.zeros(6, bool))
    assert (empty.at_share(0.5, "below"), empty.share_at(3, "above")) == (0.0, 0.0)


def test_that_the_slant_in_degrees_agrees_with_the_edit():
    rng = np.random.default_rng(1)
    normal = rng.normal(size=(1000, 3))
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)
    evidence = evidence_of(rng.normal(size=(1000, 3)), normal=normal.astype(np.float32))
    degrees = ROWS["max_slant"].measure(evidence, slice(0, 1000))
    clear = np.abs(degrees - 60) > 0.01
    removed = MaxSlant(60.0).removes(evidence)
    np.testing.assert_array_equal(removed[clear], degrees[clear] > 60)
