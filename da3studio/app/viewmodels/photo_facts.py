"""What there is to say about each photo: its part in the result, and what is odd about it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from da3studio.app.icons import Tint
from da3studio.app.units import number_text
from da3studio.base.i18n import tr, trn
from da3studio.edits.views import HideView, MaskPhoto
from da3studio.project.document import Project
from da3studio.scene.registration import Registration
from da3studio.scene.view import View, ViewId


class Standing(Enum):
    """What a photo does for the present result."""

    PENDING = "pending"  # its file is still being looked at
    NEW = "new"  # the present result knows nothing of it
    USED = "used"
    NOT_USED = "not_used"  # it got no camera
    HIDDEN = "hidden"  # by the person


@dataclass(frozen=True)
class Badge:
    """A sign on a thumbnail: an icon with a word, and the sentence behind it."""

    icon: str
    tint: Tint
    text: str
    sentence: str


@dataclass(frozen=True)
class PhotoFacts:
    """Of one photo."""

    standing: Standing
    why: str = ""  # it is not used
    masked: bool = False
    blurred: bool = False
    trouble: str = ""  # why its file cannot be read, "" = it can, as far as is known

    @property
    def badges(self) -> tuple[Badge, ...]:
        """The most serious first; a new photo has none, or at first every photo would."""
        found = []
        if self.trouble:
            found.append(Badge("error", "bad", tr("Missing"), self.trouble))
        match self.standing:
            case Standing.PENDING:
                sentence = tr("The file is being looked at.")
                found.append(Badge("clock", "plate_text", tr("Reading"), sentence))
            case Standing.USED:
                found.append(Badge("check", "good", tr("Used"), tr("Its camera was found.")))
            case Standing.NOT_USED:
                found.append(Badge("cross", "warning", tr("Not used"), self.why))
            case Standing.HIDDEN:
                sentence = tr("You hid it: its points and its colours are left out.")
                found.append(Badge("eye-off", "plate_text", tr("Hidden"), sentence))
        if self.blurred:
            sentence = tr("It is much less sharp than the other photos.")
            found.append(Badge("warning", "warning", tr("Blurred"), sentence))
        if self.masked:
            sentence = tr("Parts of it are painted over and give no points.")
            found.append(Badge("mask", "plate_text", tr("Masked"), sentence))
        return tuple(found)


def facts_of_all(
    project: Project,
    registration: Registration | None,
    blurred: Collection[ViewId],
    troubles: Mapping[ViewId, str],
) -> dict[ViewId, PhotoFacts]:
    """The facts of every view of a project.

    Args:
        project: has the views, and the edits that hide and mask them.
        registration: the present result's; it may be about other photos.
        blurred: the views that are.
        troubles: of the files that could not be read.
    """
    on = [listed.edit for listed in project.edits if listed.on]
    hidden = {edit.view_id for edit in on if isinstance(edit, HideView)}
    masked = {edit.view_id for edit in on if isinstance(edit, MaskPhoto)}
    facts = {}
    for view in project.views:
        standing, why = _standing(view.id, registration)
        facts[view.id] = PhotoFacts(
            Standing.HIDDEN if view.id in hidden else standing,
            why,
            view.id in masked,
            view.id in blurred,
            troubles.get(view.id, ""),
        )
    return facts


def _standing(view_id: ViewId, registration: Registration | None) -> tuple[Standing, str]:
    if registration is None:
        return Standing.NEW, ""
    if view_id in registration.cameras:
        return Standing.USED, ""
    if view_id in registration.left_out:
        return Standing.NOT_USED, registration.left_out[view_id]
    return Standing.NEW, ""


def counts_text(facts: Collection[PhotoFacts]) -> str:
    """The photos and what became of them: "14 photos, 13 used, 1 hidden"."""
    pending = sum(one.standing is Standing.PENDING for one in facts)
    parts = [trn("{n} photo", "{n} photos", len(facts) - pending)]
    used = sum(one.standing is Standing.USED for one in facts)
    hidden = sum(one.standing is Standing.HIDDEN for one in facts)
    if used:
        parts.append(trn("{n} used", "{n} used", used))
    if hidden:
        parts.append(trn("{n} hidden", "{n} hidden", hidden))
    if pending:
        parts.append(trn("{n} being read", "{n} being read", pending))
    return ", ".join(parts)


def tooltip(view: View, facts: PhotoFacts) -> str:
    """Everything known of a photo, a line each."""
    size = tr("{width} × {height} px, {megapixels} megapixels").format(
        width=view.width,
        height=view.height,
        megapixels=number_text(view.width * view.height / 1e6, 1),
    )
    lines = [view.name, size]
    if view.camera_name:
        lines.append(tr("Camera: {name}").format(name=view.camera_name))
    if view.focal_px is not None:
        lines.append(tr("Focal length: {focal} px").format(focal=round(view.focal_px)))
    if view.source.video:
        lines.append(
            tr("From the video {name} at {seconds} s").format(
                name=view.source.video, seconds=number_text(view.source.time_s, 1)
            )
        )
    if view.taken_at:
        lines.append(tr("Taken: {time}").format(time=view.taken_at.replace("T", " ")))
    lines.append(tr("Sharpness: {score}").format(score=number_text(view.sharpness, 2)))
    lines += [f"{badge.text}: {badge.sentence}" for badge in facts.badges]
    return "\n".join(lines)


def blurred_views(views: Sequence[View]) -> frozenset[ViewId]:
    """Those much less sharp than the rest; loads image libraries: not for the GUI thread."""
    from da3studio.media.sharpness import blurred

    verdicts = blurred([view.sharpness for view in views])
    return frozenset(view.id for view, bad in zip(views, verdicts, strict=True) if bad)


def remarks_on(views: Sequence[View]) -> tuple[str, ...]:
    """Sentences about blurred photos and mixed cameras; not for the GUI thread.

    Photos that repeat are told apart only while they are imported, from their pixels.
    """
    from da3studio.media.remarks import remarks

    return tuple(remarks(views, []))
