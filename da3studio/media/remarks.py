"""What a person should know of the photos they add, in sentences."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from da3studio.base.i18n import tr, trn
from da3studio.media.duplicates import Fingerprint, groups_of_same
from da3studio.media.naming import listed
from da3studio.media.sharpness import blurred
from da3studio.scene.view import View

_FOCAL_STEP = 0.05  # of the photo's longer side; smaller changes are focusing, not zooming


def remarks(views: Sequence[View], prints: Sequence[Fingerprint]) -> list[str]:
    """Sentences about pictures that repeat, blurred photos and mixed cameras.

    Args:
        views: to be added together.
        prints: their fingerprints, in the same order.
    """
    return [*_repeated(views, prints), *_blurred(views), *_mixed_cameras(views)]


def _repeated(views: Sequence[View], prints: Sequence[Fingerprint]) -> list[str]:
    groups = groups_of_same(prints)
    if not groups:
        return []
    extra = sum(len(group) - 1 for group in groups)
    examples = [" = ".join(views[i].name for i in group[:3]) for group in groups]
    counted = trn(
        "{n} photo shows the same picture as another one:",
        "{n} photos show the same picture as another one:",
        extra,
    )
    advice = tr("They are used, but add nothing: move the camera between photos.")
    return [f"{counted} {listed(examples)}. {advice}"]


def _blurred(views: Sequence[View]) -> list[str]:
    verdicts = blurred([view.sharpness for view in views])
    names = [view.name for view, bad in zip(views, verdicts, strict=True) if bad]
    if not names:
        return []
    counted = trn("{n} photo is blurred:", "{n} photos are blurred:", len(names))
    advice = tr("They are used; taking them again, held still, gives a sharper result.")
    return [f"{counted} {listed(names)}. {advice}"]


def _mixed_cameras(views: Sequence[View]) -> list[str]:
    cameras = Counter(view.camera_name for view in views if view.camera_name)
    if len(cameras) > 1:
        counts = [
            tr("{camera} ({n})").format(camera=name, n=n) for name, n in cameras.most_common()
        ]
        advice = tr("That works; photos of one camera with one setting match best.")
        return [
            tr("Several cameras are mixed: {names}.").format(names=listed(counts)) + f" {advice}"
        ]
    focals = [view.focal_px / max(view.width, view.height) for view in views if view.focal_px]
    if focals and max(focals) / min(focals) > 1 + _FOCAL_STEP:
        return [tr("The zoom was changed between photos. That works; one zoom setting is better.")]
    return []
