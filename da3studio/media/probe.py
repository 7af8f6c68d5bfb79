"""What a person adds to a project → views, and a sentence about everything that is not used."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from da3studio.base.cancel import CancelToken
from da3studio.base.digest import digest_of_file
from da3studio.base.errors import BadInput, Missing
from da3studio.base.i18n import tr, trn
from da3studio.base.progress import Report
from da3studio.media.files import refuse_unopenable
from da3studio.media.listing import Refusal, list_files
from da3studio.media.naming import listed, unique_names
from da3studio.media.remarks import remarks
from da3studio.media.scan import Candidate, Scan, scan_all
from da3studio.media.video import read_video_frames
from da3studio.scene.view import View

_REASONS = 3  # refusals in the sentence of an error


@dataclass(frozen=True)
class Import:
    """What was found in the files given."""

    views: tuple[View, ...]  # paths are absolute
    refused: tuple[Refusal, ...]
    notices: tuple[str, ...]  # what the person should know of the views


def probe(
    paths: Iterable[Path],
    *,
    frames_folder: Path,
    n_frames: int,
    known: Collection[str],
    report: Report,
    token: CancelToken,
    taken: Collection[str] = (),
) -> Import:
    """Look through files and folders, read each photo once and take frames from videos.

    A photo that cannot be used never stops the others: it is listed with the reason.

    Args:
        paths: files and folders.
        frames_folder: the frames of each video go into a folder of their own in it.
        n_frames: to take from each video.
        known: digests of photos that the project has already; they are not added again.
        report: told about progress.
        token: checked between photos and frames.
        taken: names that views of the project have already.

    Raises:
        CannotWrite, DiskFull: while writing frames.
        JobCancelled: by the token.
    """
    listing = list_files(paths)
    refused = list(listing.refused)
    candidates = [Candidate(path) for path in listing.photos]
    for video in listing.videos:
        try:
            candidates += _frames(video, frames_folder, n_frames, report, token)
        except (BadInput, Missing) as error:
            refused.append(Refusal(video, error.why))
    scans: list[Scan] = []
    for outcome in scan_all(candidates, report, token):
        if isinstance(outcome, Refusal):
            refused.append(outcome)
        else:
            scans.append(outcome)
    new, notices = _without_copies(scans, known)
    names = unique_names([one.path for one in new], taken)
    views = tuple(replace(one.view, name=name) for one, name in zip(new, names, strict=True))
    notices += remarks(views, [one.fingerprint for one in new])
    return Import(views, tuple(refused), tuple(notices))


def nothing_usable(found: Import) -> BadInput:
    """The error for an import without a single view, for the caller to raise."""
    reasons = [f"{one.path.name}: {one.why}" for one in found.refused[:_REASONS]]
    more = len(found.refused) - len(reasons)
    if more > 0:
        reasons.append(
            trn("{n} more file was refused too.", "{n} more files were refused too.", more)
        )
    return BadInput(
        tr("No new photo could be used."),
        why=" ".join([*reasons, *found.notices]) or tr("No photo or video was found there."),
        fix=tr("Give JPEG, PNG, WebP, TIFF, HEIC or AVIF photos, a folder of them, or a video."),
    )


def _frames(
    video: Path, frames_folder: Path, n_frames: int, report: Report, token: CancelToken
) -> list[Candidate]:
    """Frames in a folder named after the video's content, because two videos may share a name."""
    refuse_unopenable(video)
    folder = frames_folder / f"{video.stem}-{digest_of_file(video)[:8]}"
    frames = read_video_frames(video, folder, n_frames, report=report, token=token)
    return [Candidate(frame.path.absolute(), video.name, frame.time_s) for frame in frames]


def _without_copies(scans: Sequence[Scan], known: Collection[str]) -> tuple[list[Scan], list[str]]:
    """The photos that are new, each content once, and sentences about the others."""
    first: dict[str, Scan] = {}
    copies: list[str] = []
    already: list[str] = []
    for one in scans:
        digest = one.view.source.digest
        if digest in known:
            already.append(one.path.name)
        elif digest in first:
            copies.append(f"{one.path.name} = {first[digest].path.name}")
        else:
            first[digest] = one
    notices = []
    if already:
        said = trn(
            "{n} photo is in the project already:", "{n} photos are in the project already:",
            len(already),
        )  # fmt: skip
        notices.append(f"{said} {listed(already)}.")
    if copies:
        said = trn(
            "{n} file is an exact copy of another and is used once:",
            "{n} files are exact copies of others and are used once:",
            len(copies),
        )
        notices.append(f"{said} {listed(copies)}.")
    return list(first.values()), notices
