"""Fetching an edition in as many goes as it takes, unpacking it, and trying it on the card."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from da3studio.base.atomic import writing_to
from da3studio.base.cancel import NEVER, CancelToken
from da3studio.base.errors import CheckpointMismatch
from da3studio.base.i18n import tr
from da3studio.base.progress import Progress, Report, silent
from da3studio.runtime import store
from da3studio.runtime.pack import Edition, Wheel, checked_mirror
from da3studio.runtime.probe import try_out
from da3studio.runtime.store import Installed, Verdict
from da3studio.runtime.wheels import unpack, unpacked_bytes
from da3studio.weights.content import Meter, sha256_of
from da3studio.weights.fetch import Interrupted, bring, bytes_in, network_trouble, require_space

_UNPACKED_FACTOR = 1.7  # of what is fetched; 1.55 was measured for PyTorch 2.13 with CUDA 13.0
_DONE = ".done"


def install(
    edition: Edition,
    driver: str,
    *,
    mirror: str = "",
    report: Report = silent,
    token: CancelToken = NEVER,
) -> Verdict:
    """Put an edition in place and try it on the card; see `put_in_place`.

    Args:
        edition: which one.
        driver: version of the driver that runs.
        mirror: address of a folder with the files, "" = where the list says.
        report: hears how much is fetched and unpacked.
        token: looked at between packets and blocks.

    Returns:
        Whether it works on this computer; if not, it stays and the processor is used.
    """
    installed = put_in_place(edition, mirror=mirror, report=report, token=token)
    report(Progress(tr("trying the graphics card"), 0, 0))
    return try_out(installed, driver, token)


def put_in_place(
    edition: Edition,
    *,
    mirror: str = "",
    report: Report = silent,
    token: CancelToken = NEVER,
) -> Installed:
    """Fetch, check and unpack an edition; one that is installed asks no network.

    Nothing of it is used or even imported before all of it is there.

    Raises:
        BadInput: the mirror is no address.
        NetworkTrouble: what came is kept.
        CheckpointMismatch: what came is not what the list says; nothing of that file is kept.
        DiskFull, CannotWrite: before or while it is written; what came is kept.
        JobCancelled: by the token; what came is kept.
    """
    installed = store.look_up(edition)
    if installed is not None:
        return installed
    if mirror:
        checked_mirror(mirror)
    part = store.part_of(edition.id)
    with writing_to(part):
        part.mkdir(parents=True, exist_ok=True)
    left = [wheel for wheel in edition.wheels if not _is_unpacked(wheel, part)]
    _require_space(left, part)
    _fetch_all(edition, left, mirror, part, report, token)
    n_bytes = _unpack_all(left, part, report, token)
    return store.finish(edition, n_bytes)


def _is_unpacked(wheel: Wheel, part: Path) -> bool:
    try:
        return _mark(wheel, part).read_text("ascii") == wheel.sha256
    except (OSError, ValueError):
        return False


def _mark(wheel: Wheel, part: Path) -> Path:
    """A file that is there once a wheel was unpacked."""
    return part / f"{wheel.name}{_DONE}"


def _require_space(left: list[Wheel], part: Path) -> None:
    """For all that is to come; each wheel's own size is asked for again when it is known."""
    fetched = sum(bytes_in(part / wheel.name) for wheel in left)
    whole = sum(wheel.size_bytes for wheel in left)
    smallest = min((wheel.size_bytes for wheel in left), default=0)  # unpacked last, then removed
    need = max(whole - fetched, round(whole * _UNPACKED_FACTOR) + smallest - fetched)
    require_space(part, max(need, 0), tr("The disk has no space for the download."))


def _fetch_all(
    edition: Edition,
    left: list[Wheel],
    mirror: str,
    part: Path,
    report: Report,
    token: CancelToken,
) -> None:
    """Bring all wheels and check each as soon as it is there."""
    total = sum(wheel.size_bytes for wheel in left)
    meter, before = Meter(report, tr("downloading"), total), 0
    for wheel in left:
        at = _beyond(before, meter)
        try:
            bring(wheel.address(mirror), part / wheel.name, wheel.size_bytes, at=at, token=token)
        except Interrupted as error:
            raise network_trouble(
                tr("Support for the graphics card could not be downloaded."),
                error.why,
                tr("If that does not help, check HTTPS_PROXY, or name a mirror (--from)."),
                sum(bytes_in(part / one.name) for one in edition.wheels),
            ) from error
        _check(wheel, part / wheel.name, token)
        before += wheel.size_bytes
        meter.at(before)


def _beyond(before: int, meter: Meter) -> Callable[[int], None]:
    return lambda n_bytes: meter.at(before + n_bytes)


def _check(wheel: Wheel, file: Path, token: CancelToken) -> None:
    """Remove and refuse a file that is not what the list says."""
    sha256 = sha256_of(file, silent, token)
    if sha256 == wheel.sha256 and bytes_in(file) == wheel.size_bytes:
        return
    with writing_to(file):
        file.unlink()
    raise CheckpointMismatch(
        tr("What was sent is not {file}.").format(file=wheel.name),
        why=tr("Its sha256 is {sha}, not {expected}.").format(sha=sha256, expected=wheel.sha256),
        fix=tr("Try again; what was fetched of the other files is kept."),
    )


def _unpack_all(left: list[Wheel], part: Path, report: Report, token: CancelToken) -> int:
    """Unpack the largest first and remove each at once, so that the disk holds the least."""
    tree = store.tree_in(part)
    ordered = sorted(left, key=lambda wheel: -wheel.size_bytes)
    total = sum(unpacked_bytes(part / wheel.name) for wheel in ordered)
    meter, before = Meter(report, tr("unpacking"), total), 0
    for wheel in ordered:
        file = part / wheel.name
        before += unpack(file, tree, at=_beyond(before, meter), token=token)
        with writing_to(file):
            _mark(wheel, part).write_text(wheel.sha256, "ascii")
            file.unlink()
    return sum(path.stat().st_size for path in tree.rglob("*") if path.is_file())
