"""Errors a person can act on; anything else that escapes is a bug of ours."""

from __future__ import annotations

from typing import ClassVar


class UserFacingError(Exception):
    """Something the person can understand and mend.

    Args:
        what: what failed, one sentence.
        why: what was seen, one sentence.
        fix: what to do now, one sentence.

    `exit_code` is the process exit status of the family, the same for every command.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, what: str, *, why: str, fix: str) -> None:
        super().__init__(what, why, fix)
        self.what, self.why, self.fix = what, why, fix

    def __str__(self) -> str:
        return f"{self.what} {self.why} {self.fix}"

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild, (type(self), self.what, self.why, self.fix)


def _rebuild(family: type[UserFacingError], what: str, why: str, fix: str) -> UserFacingError:
    return family(what, why=why, fix=fix)


class BadInput(UserFacingError):
    """The photos, file or values given cannot be used."""

    exit_code = 3


class LicenceNotAccepted(BadInput):
    """The person has to accept the licence of a network first."""


class Missing(UserFacingError):
    """A file, folder or result that is needed is not there."""

    exit_code = 4


class CannotWrite(UserFacingError):
    """The place to write to refuses: read-only, no permission, in use."""

    exit_code = 5


class DiskFull(UserFacingError):
    """No space is left where a result has to be written."""

    exit_code = 6


class OutOfMemory(UserFacingError):
    """The work needs more memory than there is, after every fallback."""

    exit_code = 7


class CannotReconstruct(UserFacingError):
    """The photos are readable but no scene could be made from them."""

    exit_code = 8


class ProjectDamaged(UserFacingError):
    """The project folder's manifest cannot be understood."""

    exit_code = 9


class ProjectTooNew(UserFacingError):
    """The project was written by a newer program."""

    exit_code = 10


class ProjectBusy(UserFacingError):
    """Another program holds the project folder."""

    exit_code = 11


class ProcessDied(UserFacingError):
    """A process that works for the program is gone: a fault in native code, or ended by the system.

    Nothing that was finished is lost.
    """

    exit_code = 12


class CheckpointMismatch(UserFacingError):
    """A file of weights, or one that was fetched, is not what it has to be or is unsafe."""

    exit_code = 13


class NetworkTrouble(UserFacingError):
    """A download cannot be made or finished; what was fetched is kept."""

    exit_code = 14


FAMILIES: tuple[type[UserFacingError], ...] = (
    BadInput,
    Missing,
    CannotWrite,
    DiskFull,
    OutOfMemory,
    CannotReconstruct,
    ProjectDamaged,
    ProjectTooNew,
    ProjectBusy,
    ProcessDied,
    CheckpointMismatch,
    NetworkTrouble,
)


def rebuilt_error(family: str, what: str, why: str, fix: str) -> UserFacingError:
    """The error that another process met, by the name of its class."""
    known: tuple[type[UserFacingError], ...] = (*FAMILIES, LicenceNotAccepted)
    families = {one.__name__: one for one in known}
    return families[family](what, why=why, fix=fix)


EXIT_OK = 0
EXIT_BUG = 1
EXIT_USAGE = 2  # argparse's own
EXIT_CANCELLED = 130  # 128 + SIGINT, as shells expect
