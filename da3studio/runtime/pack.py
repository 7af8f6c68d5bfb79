"""The editions of PyTorch that a bundle may fetch, and which of them suits this computer.

The list is `resources/gpu.json` of a bundle, made when the bundle is: the very version that it came
with, built for CUDA. A source checkout has none, as its environment holds the PyTorch that counts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit

from da3studio.base.digest import digest_of
from da3studio.base.errors import BadInput
from da3studio.base.i18n import tr
from da3studio.base.paths import is_frozen, resources
from da3studio.project.fields import Fields, MalformedError, parse_json
from da3studio.runtime.driver import Card

FORMAT = 1
_LIST = "gpu.json"
_LARGEST_LIST_BYTES = 2**20
_MOST_EDITIONS, _MOST_WHEELS = 8, 64
_LARGEST_WHEEL_BYTES = 8 * 10**9
_ID = re.compile(r"[a-z0-9]+([.-][a-z0-9]+)*")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.+-]{0,200}\.whl")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_VERSION = re.compile(r"\d{1,6}(\.\d{1,6}){0,4}")


@dataclass(frozen=True)
class Wheel:
    """One file that is fetched and unpacked."""

    name: str  # of the file
    url: str  # https
    sha256: str
    size_bytes: int

    def address(self, mirror: str) -> str:
        """Where it is fetched from: a mirror's folder, "" = the list's own place."""
        return f"{mirror.rstrip('/')}/{quote(self.name)}" if mirror else self.url


@dataclass(frozen=True)
class Edition:
    """PyTorch for one version of CUDA."""

    id: str  # "torch-2.13.0-cu130": also the name of its folder
    torch: str
    cuda: str  # "13.0"
    driver: str  # the oldest that it works with
    capability: str  # the least that a card needs
    wheels: tuple[Wheel, ...]

    @property
    def size_bytes(self) -> int:
        """Of the download."""
        return sum(wheel.size_bytes for wheel in self.wheels)

    @property
    def digest(self) -> str:
        """Names its content."""
        return digest_of([(wheel.name, wheel.sha256) for wheel in self.wheels])


def editions() -> tuple[Edition, ...]:
    """Those that this program may fetch, the newest CUDA first; none in a source checkout."""
    return read_list(resources() / _LIST) if is_frozen() else ()


def read_list(path: Path) -> tuple[Edition, ...]:
    """The editions of a list; none if there is no list or it is not what was agreed."""
    try:
        with path.open("rb") as file:
            fields = Fields(parse_json(file.read(_LARGEST_LIST_BYTES)), "the list")
        fields.integer("format", FORMAT, FORMAT)
        read = [_edition(one) for one in fields.items("editions", _MOST_EDITIONS)]
    except (OSError, MalformedError):
        return ()
    return tuple(sorted(read, key=lambda one: _numbers(one.cuda), reverse=True))


def suiting(card: Card, offered: tuple[Edition, ...]) -> Edition | None:
    """The newest edition that card and driver can do."""
    for one in offered:
        if _numbers(card.driver) >= _numbers(one.driver) and _numbers(card.capability) >= _numbers(
            one.capability
        ):
            return one
    return None


def reason_against(card: Card | None, offered: tuple[Edition, ...]) -> str:
    """Why no edition suits, in a sentence."""
    if not is_frozen():
        return tr("The program runs from its sources, with the PyTorch of its environment.")
    if not offered:
        return tr("This copy of the program came without the list of what to fetch.")
    if card is None:
        return tr("No NVIDIA graphics card was found, or its driver does not answer.")
    easiest = min(offered, key=lambda one: _numbers(one.capability))
    if _numbers(card.capability) < _numbers(easiest.capability):
        return tr("The card is of generation {seen}; {needed} or later is needed.").format(
            seen=card.capability, needed=easiest.capability
        )
    return tr("Its driver {seen} is too old; {needed} or newer is needed.").format(
        seen=card.driver, needed=min((one.driver for one in offered), key=_numbers)
    )


def checked_mirror(address: str) -> str:
    """The address of a folder with the files, as a person gives it.

    Raises:
        BadInput: it is none.
    """
    try:
        parts = urlsplit(address)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        usable = False
    if not usable:
        raise BadInput(
            tr("{address} is no address of a mirror.").format(address=address),
            why=tr("It does not begin with https:// or http:// and a computer's name."),
            fix=tr("Give the address of the folder that holds the files."),
        )
    return address


def _numbers(version: str) -> tuple[int, ...]:
    """To compare versions; one that is not understood is the oldest of all."""
    return tuple(map(int, version.split("."))) if _VERSION.fullmatch(version) else ()


def _edition(value: object) -> Edition:
    fields = Fields(value, "an edition")
    wheels = tuple(_wheel(one) for one in fields.items("wheels", _MOST_WHEELS))
    if len({wheel.name for wheel in wheels}) != len(wheels) or not wheels:
        raise MalformedError("an edition has no wheels, or one twice")
    return Edition(
        id=_matching(fields, "id", _ID),
        torch=_matching(fields, "torch", _VERSION),
        cuda=_matching(fields, "cuda", _VERSION),
        driver=_matching(fields, "driver", _VERSION),
        capability=_matching(fields, "capability", _VERSION),
        wheels=wheels,
    )


def _wheel(value: object) -> Wheel:
    fields = Fields(value, "a wheel")
    url = fields.text("url", longest=2000, empty=False)
    try:
        parts = urlsplit(url)
        safe = parts.scheme == "https" and bool(parts.hostname) and not parts.username
    except ValueError:
        safe = False
    if not safe:
        raise MalformedError("a wheel's address is not https")
    return Wheel(
        name=_matching(fields, "name", _NAME),
        url=url,
        sha256=_matching(fields, "sha256", _SHA256),
        size_bytes=fields.integer("size_bytes", 1, _LARGEST_WHEEL_BYTES),
    )


def _matching(fields: Fields, name: str, pattern: re.Pattern[str]) -> str:
    value = fields.text(name)
    if not pattern.fullmatch(value) or ".." in value:
        raise MalformedError(f"{name!r} of {fields.where} is not what it has to be")
    return value
