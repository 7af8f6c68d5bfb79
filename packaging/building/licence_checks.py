"""What stands in the way of shipping: in what a wheel says of itself, in native code, in texts."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from importlib.metadata import Distribution
from pathlib import Path

from building.components import WHEEL, Component
from building.distributions import licence_texts
from building.licence_policy import POLICY_FILE, UNKNOWN, Policy, Trouble
from building.native_code import scan_native_code

# Words in a wheel's licence files that a person has to have read, whatever its metadata says.
_STARTLING = re.compile(
    r"GNU (AFFERO )?GENERAL PUBLIC LICENSE|\bA?GPL[ -]?v?[23]|\bnon-?commercial", re.IGNORECASE
)
_RULES = POLICY_FILE.as_posix()


def wheel_troubles(one: Distribution, policy: Policy, *, replaceable: bool) -> list[Trouble]:
    """What is wrong with a distribution's own statements.

    Args:
        one: as installed.
        policy: the rules.
        replaceable: it has native files, which lie in the bundle as files of their own.
    """
    return [
        *_licence_troubles(one, policy, replaceable=replaceable),
        *_text_troubles(one, policy),
        *_part_troubles(one, policy),
    ]


def code_troubles(bundle: Path, policy: Policy) -> list[Trouble]:
    """Native code in a bundle whose licence does not let us pass it on."""
    return [
        Trouble(
            f"{found.path} holds {found.marker.code}, under {found.marker.licence}.",
            f"{found.seen!r} shows it. {found.marker.reason}",
            "Use a build without it, or leave the file out in building/contents.py.",
        )
        for found in scan_native_code(bundle)
        if not policy.tolerates(found.path, found.marker.code)
    ]


def component_troubles(components: Iterable[Component], policy: Policy) -> list[Trouble]:
    """Libraries and parts of wheels under a licence that no decision can let in; lost texts."""
    troubles = []
    for one in components:
        if one.origin != WHEEL and not policy.allows(one.licence, separate=one.separate):
            troubles.append(
                Trouble(
                    f"{one.name} ({one.origin}) may not be shipped.",
                    f"Its licence is {one.licence or 'not known'}.",
                    "Use another library, or leave it out of the bundle.",
                )
            )
        elif not one.texts:
            troubles.append(
                Trouble(
                    f"{one.name} ({one.origin}) comes without the text of its licence.",
                    f"{one.licence} asks for it to be passed on, and no file of it was found.",
                    "Put the text into packaging/licence_texts under its SPDX name.",
                )
            )
    return troubles


def _licence_troubles(one: Distribution, policy: Policy, *, replaceable: bool) -> Iterator[Trouble]:
    licence = policy.licence_of(one.metadata)
    separate = policy.is_separate(one.name)
    if not policy.allows(licence, replaceable=replaceable, separate=separate):
        yield Trouble(
            f"{_named(one)} may not be shipped.",
            f"Its licence is {licence}." if licence != UNKNOWN else "Its metadata names none.",
            f"Use another library, or read its files and add a [[decision]] to {_RULES}.",
        )


def _text_troubles(one: Distribution, policy: Policy) -> Iterator[Trouble]:
    decided = policy.decision(one.name, one.version)
    if decided and decided.read:
        return
    for file, text in licence_texts(one).items():
        if (met := _STARTLING.search(text)) is not None:
            yield Trouble(
                f"{_named(one)} has to be read by a person.",
                f"Its file {file} says {met.group()!r}.",
                f"Say in a [[decision]] of {_RULES}, field `read`, what that is about.",
            )
            return


def _part_troubles(one: Distribution, policy: Policy) -> Iterator[Trouble]:
    decided = policy.decision(one.name, one.version)
    absent = decided.absent if decided else ()
    for part, terms in _listed_parts(one):
        if part not in absent and not policy.allows(terms):
            yield Trouble(
                f"{_named(one)} may not be shipped.",
                f"Its own list of parts names {part} under {terms}.",
                "Use another library, or, if that part is not in the wheel, say so in `absent` of"
                f" a [[decision]] in {_RULES}.",
            )


def _listed_parts(one: Distribution) -> Iterator[tuple[str, str]]:
    """Names and SPDX licences in the lists of parts that a wheel carries, where they give both."""
    for file in one.files or ():
        if "sboms" in file.parts and file.suffix == ".json":
            content = json.loads(Path(str(file.locate())).read_text("utf-8"))
            for part in content.get("components", ()):
                stated = [
                    entry.get("expression") or entry.get("license", {}).get("id")
                    for entry in part.get("licenses", ())
                ]
                if terms := " AND ".join(f"({each})" for each in stated if each):
                    yield part["name"], terms


def _named(one: Distribution) -> str:
    return f"{one.name} {one.version}"
