"""What a finished set-up was made from, kept inside it: if nothing changed, nothing is to do."""

from __future__ import annotations

import hashlib
import json
import sys
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from bootstrapping.environment import Environment

BOOTSTRAP_VERSION = 1  # raise it when the steps of a set-up change
STAMP = "bootstrap.json"


@dataclass(frozen=True)
class Wish:
    """What a set-up is asked for."""

    extras: frozenset[str] = frozenset()  # of pyproject.toml, "test" for one
    torch_index: str = ""  # empty: whichever PyTorch is there will do
    fresh: bool = False  # make it from scratch, whatever is there


@dataclass(frozen=True)
class Stamp:
    """A finished set-up."""

    bootstrap: int
    checkout: str  # programs in an environment hold its path, so a moved one is made anew
    python: str
    pyproject: str  # digest
    extras: list[str]
    torch_index: str
    contents: list[str]  # see `Environment.contents`

    def fulfils(self, wish: Wish) -> bool:
        """Whether what was asked for then includes what is asked for now."""
        return (
            not wish.fresh
            and wish.extras <= set(self.extras)
            and wish.torch_index in ("", self.torch_index)
        )


def stamp_now(checkout: Path, environment: Environment, wish: Wish) -> Stamp:
    """The stamp of a set-up that has just been finished."""
    return Stamp(
        bootstrap=BOOTSTRAP_VERSION,
        checkout=str(checkout),
        python="{}.{}".format(*sys.version_info[:2]),
        pyproject=digest(checkout / "pyproject.toml"),
        extras=sorted(wish.extras),
        torch_index=wish.torch_index,
        contents=sorted(environment.contents()),
    )


def is_current(checkout: Path, environment: Environment, wish: Wish) -> bool:
    """Whether nothing is to be done; costs two small files and one folder listing."""
    stamp = read_stamp(environment)
    return (
        stamp is not None
        and stamp.bootstrap == BOOTSTRAP_VERSION
        and stamp.checkout == str(checkout)
        and stamp.fulfils(wish)
        and not environment.fault()
        and stamp.pyproject == digest(checkout / "pyproject.toml")
        and environment.contents() >= set(stamp.contents)
    )


def read_stamp(environment: Environment) -> Stamp | None:
    """The stamp of an environment; None where a set-up was never finished, or by another time."""
    try:
        noted = json.loads((environment.folder / STAMP).read_text(encoding="utf-8"))
        return Stamp(**{field.name: noted[field.name] for field in fields(Stamp)})
    except (OSError, ValueError, KeyError, TypeError):
        return None  # a torn or foreign stamp is no stamp: the set-up is gone through again


def write_stamp(environment: Environment, stamp: Stamp) -> None:
    """Note that a set-up is finished: the last thing it does."""
    beside = environment.folder / f"{STAMP}.new"
    beside.write_text(json.dumps(asdict(stamp), indent=1), encoding="utf-8")
    beside.replace(environment.folder / STAMP)


def remove_stamp(environment: Environment) -> None:
    """Note that a set-up is being changed: the first thing it does."""
    (environment.folder / STAMP).unlink(missing_ok=True)


def digest(path: Path) -> str:
    """Of a file's content."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
