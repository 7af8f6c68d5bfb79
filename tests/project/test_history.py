from __future__ import annotations

from dataclasses import replace

import pytest

from da3studio.edits.base import ListedEdit
from da3studio.edits.thresholds import MinViews
from da3studio.project.change import EVERYTHING, NOTHING, Change, difference
from da3studio.project.document import Project
from da3studio.project.history import History
from da3studio.recipes.recipe import PRESETS
from da3studio.scene.measurement import Measurement
from da3studio.scene.placement import Placement
from da3studio.scene.view import ViewId
from tests.project.test_manifest import CAMERA, PROJECT


def named(*names: str) -> History:
    history = History(Project(names[0]))
    for name in names[1:]:
        history.commit(f"Name it {name}", history.present.with_name(name))
    return history


def test_that_undo_and_redo_step_through_the_very_values():
    values = [PROJECT, PROJECT.with_name("b"), PROJECT.with_name("c")]
    history = History(values[0])
    history.commit("b", values[1])
    history.commit("c", values[2])
    assert [history.undo(), history.undo()] == [values[1], values[0]]
    assert not history.can_undo
    assert history.present is values[0]
    assert [history.redo(), history.redo()] == [values[1], values[2]]
    assert not history.can_redo
    assert history.present is values[2]


def test_that_labels_tell_what_undo_and_redo_will_do():
    history = named("a", "b", "c")
    assert (history.undo_label, history.redo_label) == ("Name it c", "")
    history.undo()
    assert (history.undo_label, history.redo_label) == ("Name it b", "Name it c")


def test_that_a_new_step_forgets_what_was_undone():
    history = named("a", "b")
    history.undo()
    history.commit("c", history.present.with_name("c"))
    assert not history.can_redo
    assert history.undo().name == "a"


def test_that_the_steps_of_one_gesture_are_one_to_undo():
    history = named("a")
    for n in range(50):
        history.commit("Drag", history.present.with_name(str(n)), gesture="drag 1")
    history.commit("Drag", history.present.with_name("x"), gesture="drag 2")
    assert history.undo().name == "49"
    assert history.undo().name == "a"


def test_that_an_undo_ends_a_gesture():
    history = named("a")
    history.commit("Drag", history.present.with_name("b"), gesture="drag")
    history.undo()
    history.commit("Drag", history.present.with_name("c"), gesture="drag")
    assert history.undo().name == "a"


def test_that_a_drag_back_to_where_it_began_leaves_no_step():
    history = named("a")
    for name in ("b", "a"):
        history.commit("Drag", history.present.with_name(name), gesture="drag")
    assert not history.can_undo


def test_that_committing_the_same_value_is_no_step_and_keeps_redo():
    history = named("a", "b")
    history.undo()
    history.commit("Nothing", Project("a"))
    assert not history.can_undo
    assert history.can_redo


def test_that_the_oldest_of_many_steps_is_forgotten():
    history = History(Project("start"), most_steps=10)
    for n in range(25):
        history.commit(str(n), history.present.with_name(str(n)))
    for _ in range(10):
        history.undo()
    assert not history.can_undo
    assert history.present.name == "14"


def test_that_there_is_nothing_to_undo_at_the_start():
    history = named("a")
    with pytest.raises(IndexError):
        history.undo()
    with pytest.raises(IndexError):
        history.redo()


@pytest.mark.parametrize(
    ("other", "change"),
    [
        (PROJECT.with_views(PROJECT.views[1:]), Change.VIEWS),
        (PROJECT.with_recipe(PRESETS["draft"]), Change.RECIPE),
        (PROJECT.with_known_cameras({ViewId("b"): CAMERA}), Change.CAMERAS),
        (PROJECT.with_edits([ListedEdit("a", MinViews(3))]), Change.EDITS),
        (PROJECT.with_placement(Placement(up=(0.0, 0.0, 1.0))), Change.PLACEMENT),
        (
            PROJECT.with_measurements([Measurement("m", "height", ((0.0, 0.0, 0.0),))]),
            Change.MEASUREMENTS,
        ),
        (PROJECT.with_name("x"), Change.NAME),
        (replace(PROJECT, name="x", views=()), Change.NAME | Change.VIEWS),
        (replace(PROJECT), NOTHING),
    ],
)
def test_that_a_difference_names_the_parts_that_changed(other, change):
    assert difference(PROJECT, other) == difference(other, PROJECT) == change


def test_that_everything_is_all_parts():
    assert all(change in EVERYTHING for change in Change)


def test_that_replacing_the_present_is_no_step():
    history = named("a", "b", "c")
    history.undo()
    history.replace_present(history.present.with_name("B"))
    assert history.present.name == "B"
    assert history.redo().name == "c"
    assert history.undo().name == "B"
    assert history.undo().name == "a"
