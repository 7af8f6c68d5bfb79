"""Which licences may be shipped, and what was decided where metadata is missing or wrong.

The rules are data: `packaging/licences.toml`. This module reads them and answers questions.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import cache
from importlib.metadata import PackageMetadata
from pathlib import Path
from typing import Any, TypeVar

from bootstrapping.console import SetupError
from license_expression import ExpressionError, LicenseExpression, Licensing, get_spdx_licensing
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

POLICY_FILE = Path("packaging/licences.toml")
UNKNOWN = ""
"""The licence of what says none that we understand."""
_Entry = TypeVar("_Entry")


class MayNotBeShipped(SetupError):
    """The bundle holds something without a licence that lets us pass it on."""


@dataclass(frozen=True)
class Trouble:
    """One thing that may not be shipped as it is; one sentence each."""

    what: str
    why: str
    fix: str


@dataclass(frozen=True)
class Decision:
    """What a person found out about the wheels of one library.

    Args:
        name: of the distribution, normalised; may be a pattern.
        versions: for which it holds; a newer one has to be looked at again.
        reason: how it was found out.
        licence: SPDX, in place of the metadata; empty where the metadata is right.
        read: what the wheel's licence files mean where they name the GPL or non-commercial use.
        absent: parts in the wheel's own list of parts that are not in the wheel.
        source: where its sources are, for licences that ask for that.
    """

    name: str
    versions: str
    reason: str
    licence: str = ""
    read: str = ""
    absent: tuple[str, ...] = ()
    source: str = ""


@dataclass(frozen=True)
class Library:
    """A native library that wheels or the build computer bring along.

    Args:
        name: for people.
        files: patterns of its file name, in lower case.
        licence: SPDX.
        source: where its sources are, for licences that ask for that.
        system: it belongs to Python or to Windows; its terms lie in Python's licence file.
    """

    name: str
    files: tuple[str, ...]
    licence: str
    source: str = ""
    system: bool = False


@dataclass(frozen=True)
class Inside:
    """Code that a library's makers linked into it, or data that lies in it.

    Args:
        of: the distribution, normalised, or a pattern.
        name: what is inside.
        licence: SPDX.
        reason: how it was found, and why it may be shipped.
        source: where its sources are.
    """

    of: str
    name: str
    licence: str
    reason: str
    source: str = ""


@dataclass(frozen=True)
class CodeDecision:
    """A marker of `native_code` that was looked at: it may stay in this library.

    Args:
        file: pattern of the library's place in the bundle.
        code: the marker's `code`.
        reason: why it may stay.
    """

    file: str
    code: str
    reason: str


@dataclass(frozen=True)
class Policy:
    """What `packaging/licences.toml` says."""

    allowed: frozenset[str]
    replaceable: frozenset[str]
    separate: frozenset[str]
    separate_programs: tuple[str, ...]
    names: Mapping[str, str]
    not_inside: tuple[str, ...]
    decisions: tuple[Decision, ...]
    libraries: tuple[Library, ...]
    inside: tuple[Inside, ...]
    code: tuple[CodeDecision, ...]

    @classmethod
    def of(cls, checkout: Path) -> Policy:
        """Read the rules of a checkout.

        Raises:
            TypeError: an entry has a field that is not known.
        """
        document = tomllib.loads((checkout / POLICY_FILE).read_text("utf-8"))
        return cls(
            allowed=frozenset(document["allowed"]),
            replaceable=frozenset(document["allowed_where_replaceable"]),
            separate=frozenset(document["allowed_in_separate_programs"]),
            separate_programs=tuple(document["separate_programs"]),
            names=document["names"],
            not_inside=tuple(document["not_inside"]),
            decisions=tuple(_entries(Decision, document, "decision")),
            libraries=tuple(_entries(Library, document, "library")),
            inside=tuple(_entries(Inside, document, "inside")),
            code=tuple(_entries(CodeDecision, document, "code")),
        )

    def allows(self, licence: str, *, replaceable: bool = True, separate: bool = False) -> bool:
        """Whether something under this licence may be shipped.

        Args:
            licence: SPDX expression; of alternatives one has to be allowed, of parts all.
            replaceable: the person can put another build of it in its place (a file of its
                own), which is what the LGPL asks for.
            separate: it runs as a program of its own, which is where the GPL ends.
        """
        good = self.allowed
        good |= self.replaceable if replaceable else frozenset()
        good |= self.separate if separate else frozenset()
        parsed = _parse(licence)
        return parsed is not None and _is_within(parsed, good)

    def decision(self, name: str, version: str) -> Decision | None:
        """What was decided for this version of a distribution."""
        for decision in self.decisions:
            if fnmatch(canonicalize_name(name), decision.name) and SpecifierSet(
                decision.versions
            ).contains(version, prereleases=True):
                return decision
        return None

    def licence_of(self, metadata: PackageMetadata) -> str:
        """SPDX licence of a distribution: decided, or as its metadata says, or `UNKNOWN`."""
        decided = self.decision(metadata["Name"], metadata["Version"])
        if decided and decided.licence:
            return decided.licence
        expression = str(metadata.get("License-Expression", ""))
        return expression or self._from_words(metadata)

    def is_separate(self, name: str) -> bool:
        """Whether a distribution runs as a program of its own."""
        return canonicalize_name(name) in self.separate_programs

    def tolerates(self, path: str, code: str) -> bool:
        """Whether a person decided that this code may stay in this file of the bundle."""
        return any(fnmatch(path, one.file) and one.code == code for one in self.code)

    def library(self, file_name: str) -> Library | None:
        """The library that a file of this name belongs to."""
        for library in self.libraries:
            if any(fnmatch(file_name.lower(), pattern) for pattern in library.files):
                return library
        return None

    def parts_of(self, name: str) -> tuple[Inside, ...]:
        """What is known to be inside a distribution."""
        return tuple(one for one in self.inside if fnmatch(canonicalize_name(name), one.of))

    def _from_words(self, metadata: PackageMetadata) -> str:
        """The older fields: a word or the whole text, and classifiers."""
        word = str(metadata.get("License", "")).strip()
        if word in self.names:
            return self.names[word]
        if _is_spdx(word):
            return word
        classifiers = [
            entry.rsplit("::", 1)[-1].strip()
            for entry in metadata.get_all("Classifier") or ()
            if entry.startswith("License ::")
        ]
        known = [self.names.get(entry, UNKNOWN) for entry in classifiers]
        return known[0] if len(known) == 1 else UNKNOWN


def refuse(troubles: Iterable[Trouble]) -> None:
    """Stop if there is any trouble.

    Raises:
        MayNotBeShipped: with all of them, so that they can be mended in one go.
    """
    lines = [f"  - {one.what} {one.why} {one.fix}" for one in troubles]
    if lines:
        raise MayNotBeShipped(
            f"The bundle may not be shipped: {len(lines)} obstacle{'s' * (len(lines) > 1)}.",
            why="\n".join(lines),
            fix=f"Mend each as it says; {POLICY_FILE.as_posix()} explains the rules.",
        )


def licence_keys(licence: str) -> frozenset[str]:
    """The single licences in an SPDX expression, an exception together with its licence.

    Empty if it is not SPDX.
    """
    parsed = _parse(licence)
    return frozenset() if parsed is None else frozenset(map(str, parsed.symbols))


def _entries(kind: type[_Entry], document: dict[str, Any], key: str) -> Iterable[_Entry]:
    for entry in document.get(key, ()):
        yield kind(**{
            name: tuple(value) if isinstance(value, list) else value
            for name, value in entry.items()
        })  # fmt: skip


def _is_within(expression: LicenseExpression, good: frozenset[str]) -> bool:
    if not expression.args:
        return str(expression) in good
    parts = [_is_within(part, good) for part in expression.args]
    return any(parts) if expression.operator.strip() == "OR" else all(parts)


def _parse(licence: str) -> LicenseExpression | None:
    """Nothing for what is not an expression: an empty text, a sentence, a whole licence."""
    try:
        return _spdx().parse(licence) if licence else None
    except ExpressionError:
        return None


def _is_spdx(word: str) -> bool:
    parsed = _parse(word)
    return parsed is not None and not _spdx().unknown_license_keys(parsed)


@cache
def _spdx() -> Licensing:
    return get_spdx_licensing()
