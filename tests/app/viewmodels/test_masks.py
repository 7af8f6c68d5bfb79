"""Masks: painting exactly, undoing, saving into the project, importing from other programs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from da3studio.app.viewmodels.mask_import import import_masks, matched, read_mask, resized
from da3studio.app.viewmodels.mask_painting import MaskPainting
from da3studio.app.viewmodels.photo_commands import mask_digest, set_masks
from da3studio.base.errors import BadInput
from da3studio.edits.base import ListedEdit
from da3studio.edits.views import MaskPhoto
from da3studio.scene.view import PhotoSource, View, ViewId
from tests.app.photo_desk import at_desk, make_desk


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    return make_desk(tmp_path_factory.mktemp("desk"), until="")


@pytest.fixture
def session(made, tmp_path, qtbot):
    with at_desk(qtbot, made, tmp_path / "desk") as session:
        yield session


def settled(session, qtbot):
    qtbot.waitUntil(lambda: not session.background.busy)


@pytest.fixture
def painting(session, qtbot):
    painting = MaskPainting(session)
    painting.open(session.project.views[0].id)
    settled(session, qtbot)
    return painting


def view(name: str, width: int = 128, height: int = 96) -> View:
    return View(ViewId(name), name, PhotoSource(name, "0"), width, height, None, "", 1.0)


def test_that_a_dab_covers_the_pixels_within_its_radius(painting):
    painting.set_brush_px(10)
    painting.begin(64, 48, erase=False)
    painting.end()

    y, x = np.mgrid[:96, :128] + 0.5
    inside = (x - 64) ** 2 + (y - 48) ** 2 <= 100
    np.testing.assert_array_equal(painting.mask == 1, inside)


def test_that_a_stroke_has_no_gaps_however_fast_it_is(painting):
    painting.set_brush_px(5)
    painting.begin(20, 48, erase=False)
    painting.extend(108, 48)
    painting.end()

    assert painting.mask[43:53, 20:108].all()
    assert not painting.mask[:42].any()
    assert not painting.mask[:, :14].any()


def test_that_the_right_button_erases_and_paints_while_erasing(painting):
    painting.invert()
    painting.begin(64, 48, erase=True)
    painting.end()
    assert painting.mask[48, 64] == 0
    painting.set_erasing(True)
    painting.begin(64, 48, erase=True)
    painting.end()
    assert painting.mask.all()


def test_that_an_outline_fills_its_inside(painting):
    painting.fill([(10, 10), (50, 10), (50, 40), (10, 40)], erase=False)

    assert painting.mask[10:40, 10:50].all()
    assert int(painting.mask.sum()) == pytest.approx(40 * 30, abs=2 * (40 + 30))


def test_that_strokes_are_undone_and_redone_one_by_one(painting):
    for x in (20, 60, 100):
        painting.begin(x, 48, erase=False)
        painting.extend(x, 50)
        painting.end()
    all_three = painting.mask.copy()

    painting.undo()
    painting.undo()
    assert painting.mask[48, 20]
    assert not painting.mask[48, 100]
    painting.redo()
    painting.redo()
    np.testing.assert_array_equal(painting.mask, all_three)
    assert not painting.can_redo


def test_that_the_brush_grows_and_shrinks_within_bounds(painting):
    for _ in range(60):
        painting.grow_brush()
    assert painting.brush_px == 300
    for _ in range(60):
        painting.shrink_brush()
    assert painting.brush_px == 2


def test_that_a_saved_mask_is_an_edit_and_opens_again(painting, session, qtbot):
    view_id = session.project.views[0].id
    painting.begin(64, 48, erase=False)
    painting.end()
    assert painting.unsaved
    painting.save()
    settled(session, qtbot)

    digest = mask_digest(session.project, view_id)
    np.testing.assert_array_equal(session.folder.mask(digest), painting.mask == 1)
    assert session.undo_label == "Mask 1 photo"
    again = MaskPainting(session)
    again.open(view_id)
    settled(session, qtbot)
    np.testing.assert_array_equal(again.mask, painting.mask)
    assert not again.unsaved


def test_that_saving_what_did_not_change_is_no_step(painting, session):
    painting.save()
    assert not session.can_undo


def test_that_a_cleared_mask_is_taken_off_the_list(session, qtbot):
    first, second = (view.id for view in session.project.views[:2])
    painted = np.ones((9, 12), np.bool_)
    set_masks(session, {first: painted, second: painted})
    settled(session, qtbot)
    assert len(session.project.edits) == 2

    set_masks(session, {first: np.zeros((9, 12), np.bool_)})
    settled(session, qtbot)

    assert [one.edit.view_id for one in session.project.edits] == [second]


def test_that_a_new_mask_takes_the_place_of_the_one_before(session, qtbot):
    view_id = session.project.views[0].id
    old = ListedEdit("mine", MaskPhoto(view_id, "0123456789abcdef"), on=False)
    session.commit("List", session.project.with_edits([old]))

    set_masks(session, {view_id: np.ones((9, 12), np.bool_)})
    settled(session, qtbot)

    assert [(one.id, one.on) for one in session.project.edits] == [("mine", True)]
    assert session.project.edits[0].edit != old.edit


def test_that_going_on_to_another_photo_uses_what_was_painted(painting, session, qtbot):
    first, second = (view.id for view in session.project.views[:2])
    painting.invert()
    painting.open(first)
    assert painting.mask.all()  # opened already: nothing is lost
    painting.open(second)
    settled(session, qtbot)

    assert mask_digest(session.project, first)
    assert painting.view.id == second
    assert not painting.mask.any()


def test_that_removing_the_photo_ends_the_painting(painting, session):
    session.commit("Remove", session.project.with_views(session.project.views[1:]))
    assert painting.view is None
    assert painting.message


@pytest.mark.parametrize("white", [1, 255])
@pytest.mark.parametrize("size", [(128, 96), (64, 48), (1280, 960)])
def test_that_a_mask_of_any_size_and_depth_is_read(tmp_path, white, size):
    pixels = np.zeros((size[1], size[0]), np.uint8)
    pixels[: size[1] // 2] = white
    path = tmp_path / "mask.png"
    Image.fromarray(pixels).save(path)

    mask = resized(read_mask(path, view("a.jpg"), white_is_kept=True), 128, 96)

    assert not mask[:48].any()
    assert mask[48:].all()
    assert read_mask(path, view("a.jpg"), white_is_kept=False)[0, 0]


def test_that_a_mask_of_another_shape_is_refused(tmp_path):
    path = tmp_path / "mask.png"
    Image.new("L", (96, 128)).save(path)

    with pytest.raises(BadInput, match="the shapes differ"):
        read_mask(path, view("a.jpg"), white_is_kept=True)


def test_that_masks_find_their_photos_by_name():
    views = [view("IMG_1.jpg"), view("IMG_2.jpg"), view("IMG_3.jpg"), view("IMG_4.jpg")]
    paths = [Path(n) for n in ("m/IMG_1.png", "m/img_2.JPG.png", "m/IMG_3_mask.png", "m/x.png")]

    found = matched(views, paths)

    assert {key: path.name for key, path in found.items()} == {
        "IMG_1.jpg": "IMG_1.png",
        "IMG_2.jpg": "img_2.JPG.png",
        "IMG_3.jpg": "IMG_3_mask.png",
    }


def test_that_the_folder_tells_photos_of_one_name_apart():
    views = [view("a/IMG_1.jpg"), view("b/IMG_1.jpg")]

    found = matched(views, [Path("masks/a/IMG_1.png"), Path("masks/b/IMG_1.png")])

    assert found[views[0].id].parts[1] == "a"
    assert found[views[1].id].parts[1] == "b"


def test_that_a_folder_of_masks_is_one_step_and_says_what_was_refused(session, tmp_path, qtbot):
    folder = tmp_path / "masks"
    folder.mkdir()
    for i, one in enumerate(session.project.views[:3]):
        size = (96, 128) if i == 2 else (128, 96)
        Image.new("L", size, 0).save(folder / f"{Path(one.name).stem}.png")

    with qtbot.waitSignal(session.said) as said:
        import_masks(session, folder, white_is_kept=True)

    assert said.args[0].startswith("2 masks imported, 1 left out")
    assert len(session.project.edits) == 2
    session.undo()
    assert session.project.edits == ()


def test_that_a_folder_without_masks_is_told(session, tmp_path, qtbot):
    empty = tmp_path / "empty"
    empty.mkdir()
    with qtbot.waitSignal(session.problem) as told:
        import_masks(session, empty, white_is_kept=True)
    assert "No mask was found" in told.args[0].what
