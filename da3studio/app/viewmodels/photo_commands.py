"""What can be done with photos: changes of the project as one undoable step each."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices

from da3studio.base.i18n import tr, trn
from da3studio.edits.base import Edit, ListedEdit
from da3studio.edits.views import HideView, MaskPhoto
from da3studio.project.document import Project
from da3studio.scene.view import ViewId

if TYPE_CHECKING:
    from da3studio.app.session import Session


def without_views(project: Project, view_ids: Collection[ViewId]) -> Project:
    """The project without these photos and without the edits that are only about them."""
    views = tuple(view for view in project.views if view.id not in view_ids)
    edits = tuple(listed for listed in project.edits if _view_of(listed.edit) not in view_ids)
    return project.with_views(views).with_edits(edits)


def with_hidden(project: Project, view_ids: Collection[ViewId]) -> Project:
    """The project with these photos hidden in the result; each is one entry of the edits."""
    edits = tuple(
        replace(listed, on=True) if _hides(listed.edit, view_ids) else listed
        for listed in project.edits
    )
    listed_already = {listed.edit.view_id for listed in edits if isinstance(listed.edit, HideView)}
    added = [
        ListedEdit(f"hide-{view.id}", HideView(view.id))
        for view in project.views
        if view.id in view_ids and view.id not in listed_already
    ]
    return project.with_edits((*edits, *added))


def with_shown(project: Project, view_ids: Collection[ViewId]) -> Project:
    """The project with these photos no longer hidden."""
    return project.with_edits(
        tuple(listed for listed in project.edits if not _hides(listed.edit, view_ids))
    )


def with_mask_digests(project: Project, digests: Mapping[ViewId, str]) -> Project:
    """The project with these masks, in place of those that the photos had; "" = no mask."""
    edits: list[ListedEdit] = []
    placed: set[ViewId] = set()
    for listed in project.edits:
        if not isinstance(listed.edit, MaskPhoto) or listed.edit.view_id not in digests:
            edits.append(listed)
            continue
        view_id = listed.edit.view_id
        if digests[view_id] and view_id not in placed:
            placed.add(view_id)
            edits.append(ListedEdit(listed.id, MaskPhoto(view_id, digests[view_id])))
    edits += [
        ListedEdit(f"mask-{view.id}", MaskPhoto(view.id, digests[view.id]))
        for view in project.views
        if digests.get(view.id) and view.id not in placed
    ]
    return project.with_edits(edits)


def are_hidden(project: Project, view_ids: Collection[ViewId]) -> bool:
    """Whether all of these photos are hidden in the result."""
    hidden = {
        listed.edit.view_id
        for listed in project.edits
        if listed.on and isinstance(listed.edit, HideView)
    }
    return hidden.issuperset(view_ids)


def mask_digest(project: Project, view_id: ViewId) -> str:
    """Of a photo's mask, "" = it has none."""
    for listed in project.edits:
        if isinstance(listed.edit, MaskPhoto) and listed.edit.view_id == view_id:
            return listed.edit.digest
    return ""


def remove_photos(session: Session, view_ids: Collection[ViewId]) -> None:
    """Take photos out of the project; their files stay."""
    if view_ids:
        label = trn("Remove {n} photo", "Remove {n} photos", len(view_ids))
        session.commit(label, without_views(session.project, view_ids))


def leave_out_blurred(session: Session, view_ids: Collection[ViewId]) -> None:
    """Take the blurred photos out of the project; their files stay."""
    if view_ids:
        label = trn("Leave out {n} blurred photo", "Leave out {n} blurred photos", len(view_ids))
        session.commit(label, without_views(session.project, view_ids))


def hide_photos(session: Session, view_ids: Collection[ViewId]) -> None:
    """Leave out what photos gave, without finding the cameras again."""
    if view_ids:
        label = trn("Hide {n} photo", "Hide {n} photos", len(view_ids))
        session.commit(label, with_hidden(session.project, view_ids))


def show_photos(session: Session, view_ids: Collection[ViewId]) -> None:
    """Undo hiding, whenever it was done."""
    if view_ids:
        label = trn("Show {n} photo again", "Show {n} photos again", len(view_ids))
        session.commit(label, with_shown(session.project, view_ids))


def set_masks(session: Session, masks: Mapping[ViewId, NDArray[np.bool_]]) -> None:
    """Store masks and use them, as one step; a mask without a painted spot means none.

    Args:
        session: its folder gets the files, on a thread.
        masks: `(H, W)` of the upright photo, any size of its aspect, True = do not use.
    """
    folder = session.folder
    if folder is None or not masks:
        return

    def store() -> dict[ViewId, str]:
        return {id_: folder.put_mask(mask) if mask.any() else "" for id_, mask in masks.items()}

    def use(digests: dict[ViewId, str]) -> None:
        if session.folder is folder:
            label = trn("Mask {n} photo", "Mask {n} photos", len(digests))
            session.commit(label, with_mask_digests(session.project, digests))

    session.in_background(store, use)


def look_through(session: Session, view_id: ViewId) -> None:
    """Show the scene from where a photo was taken, or say why that cannot be."""
    registration = session.scene.registration
    if registration is not None and view_id in registration.cameras:
        session.view.look_through(view_id)
    else:
        session.said.emit(tr("This photo has no camera yet: there is nothing to look through."))


def open_folder_of(session: Session, view_id: ViewId) -> None:
    """Show where a photo's file lies, in the system's own program."""
    folder = session.folder
    found = [view for view in session.project.views if view.id == view_id]
    if folder is not None and found:
        place = (folder.path / found[0].source.path).resolve().parent
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(place)))


def _view_of(edit: Edit) -> ViewId | None:
    return edit.view_id if isinstance(edit, HideView | MaskPhoto) else None


def _hides(edit: Edit, view_ids: Collection[ViewId]) -> bool:
    return isinstance(edit, HideView) and edit.view_id in view_ids
