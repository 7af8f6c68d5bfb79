"""Takes out of a text what tells who somebody is and what lies on their disk.

It would rather take too much than too little: where a path ends that is not in quotes, nobody can
know, as names hold spaces. So such a path goes with the rest of its line.
"""

from __future__ import annotations

import getpass
import platform
import re
import sys
import sysconfig
import unicodedata
from collections.abc import Iterable
from functools import partial
from pathlib import Path, PurePath

import da3studio

NAMED = (
    "jpg|jpeg|jpe|jfif|mpo|png|webp|tif|tiff|bmp|heic|heif|hif|avif|gif|svg|pdf"
    "|mp4|m4v|mov|avi|mkv|webm|mts|m2ts|mpg|mpeg|wmv|3gp"
    "|dng|cr2|cr3|crw|nef|nrw|arw|srf|sr2|raf|orf|rw2|pef|srw|x3f|3fr|iiq|rwl|gpr"
    "|da3|glb|gltf|obj|mtl|ply|stl|fbx|usdz|colmap|npz|xmp|zip"
)
"""Suffixes of files that a person has named, as a pattern."""

_OPEN, _CLOSE = "\ue000", "\ue001"  # around a placeholder until the end: no text has them
_CLOSERS = {'"': '"', "'": "'", "`": "`"}
_CLOSERS |= {"“": "”", "„": "“", "‘": "’", "‚": "‘", "«": "»", "‹": "›"}

_CODE = re.compile(r'(?P<lead>\b[Ff]ile )"(?P<path>[^\n]*)"(?P<tail>, (?:line \d|at [+0-9(]))')
_URL = re.compile(r"\b(?:https?|s?ftp|wss?)://[^\s\"'<>]+", re.IGNORECASE)
_MAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_START = r"(?:(?<=\\[nrt])|(?<!{not_behind}))"  # also after a line break that is spelled out: \n
_PATH = re.compile(
    "|".join(
        (
            _START.format(not_behind="[A-Za-z0-9]") + r"[A-Za-z]:[\\/]",  # C:\ and C:/
            r"\\{2,}[^\s\\]",  # \\server\share, \\?\C:
            _START.format(not_behind=r"[\w~]") + r"~\w*[\\/]",  # ~/, ~name/
            _START.format(not_behind=rf"[\w.}}~/{_CLOSE}]")
            + r"/{1,3}[^\s/]",  # /a, //a/b, file:///a
        )
    )
)
_DONE = re.compile(  # what a scrubber has put into a text before
    r"<(program|python|home|user|host|(?:path|name|url|mail|address)-\d+)>"
)
_HEAD = re.compile(  # of a line: what is never a name
    r"(?:\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} [A-Z]+ [\w.]+: )?"
    r"(?:da3studio[\w.]*: |[\w.]*(?:Error|Exception|Warning): )?"
)
_NAME = re.compile(
    rf"[^\s{_OPEN}{_CLOSE}][^{_OPEN}{_CLOSE}]*\.(?:{NAMED})(?![A-Za-z0-9])", re.IGNORECASE
)
_IP4 = re.compile(r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?!\w|\.\d)")
_HEX = "[0-9a-f]{1,4}"
_IP6 = re.compile(
    rf"(?<![\w:])(?:{_HEX}(?::{_HEX}){{4,7}}|(?:{_HEX}(?::{_HEX})*)?::{_HEX}(?::{_HEX})*)(?![\w:])",
    re.IGNORECASE,
)
_ORDINARY = re.compile(  # names of folders that tell nothing, and would be missed in sentences
    "app|bilder|captures?|daten|data|desktop|dcim|documents|dokumente|downloads|exports?|files?"
    "|fotos?|frames|home|images?|img|library|local|media|mnt|models?|new|photos?|pictures?"
    "|projects?|projekte?|root|scans?|(da3[ -]?)?studio|te?mp|tests?|users?|usr|var|videos?|work"
)
_SHORTEST = 3


class Scrubber:
    """Replaces what is personal by placeholders, the same thing by the same one.

    `<home>`, `<user>`, `<host>`, `<path-1>`, `<name-1>`, `<url-1>`, `<mail-1>`, `<address-1>`.
    Files of the program and of its Python keep their place in it: `<program>/app/main.py`.

    Args:
        names: what else has to go wherever it stands, see `names_in`.
        home: of the person; `None` = of who runs this.
        user: their name; `None` = as `home`.
        host: name of the computer; `None` = of this one.
    """

    def __init__(
        self,
        names: Iterable[str] = (),
        *,
        home: Path | None = None,
        user: str | None = None,
        host: str | None = None,
    ) -> None:
        home = _home() if home is None else home
        self._home = _key(str(home)) if home else ""
        self._numbers: dict[str, dict[str, int]] = {}  # kind → thing → its number
        users = {_user() if user is None else user, home.name if home else ""}
        host = platform.node() if host is None else host
        self._known = _words(
            dict.fromkeys(names, "")
            | dict.fromkeys(users, "user")
            | dict.fromkeys((host, host.partition(".")[0]), "host")
        )

    def text(self, text: str) -> str:
        """The text without anything personal; lines stay lines, and placeholders stay theirs."""
        text = unicodedata.normalize("NFC", text)
        text = text.replace(_OPEN, "?").replace(_CLOSE, "?").replace("\r", "\n")
        text = _DONE.sub(rf"{_OPEN}\1{_CLOSE}", text)
        lines = (self._line(line) for line in text.split("\n"))
        return "\n".join(lines).replace(_OPEN, "<").replace(_CLOSE, ">")

    def _line(self, line: str) -> str:
        line = _CODE.sub(self._code, line)
        line = _URL.sub(partial(self._number, "url"), line)
        line = _MAIL.sub(partial(self._number, "mail"), line)
        line = self._paths(line)
        head = _HEAD.match(line)
        begins = head.end() if head else 0
        line = line[:begins] + _NAME.sub(partial(self._number, "name"), line[begins:])
        pattern, kinds = self._known
        if pattern is not None:
            line = pattern.sub(partial(self._word, kinds), line)
        line = _IP4.sub(partial(self._number, "address"), line)
        return _IP6.sub(partial(self._number, "address"), line)

    def _number(self, kind: str, found: re.Match[str] | str) -> str:
        """The placeholder of a thing."""
        what = found if isinstance(found, str) else found.group()
        known = self._numbers.setdefault(kind, {})
        return f"{_OPEN}{kind}-{known.setdefault(what, len(known) + 1)}{_CLOSE}"

    def _word(self, kinds: dict[str, str], found: re.Match[str]) -> str:
        what = found.group()
        if what.startswith(_OPEN):  # a placeholder is no text
            return what
        kind = kinds.get(what.casefold(), "")
        return f"{_OPEN}{kind}{_CLOSE}" if kind else self._number("name", what)

    def _code(self, found: re.Match[str]) -> str:
        """`File "…", line 3` of a trace."""
        path = found["path"]
        short = _in_program(path)
        if not short and _PATH.match(path):
            short = self._path(path)
        return f'{found["lead"]}"{short or path}"{found["tail"]}'

    def _paths(self, line: str) -> str:
        done = 0
        while (found := _PATH.search(line, done)) is not None:
            start, end = found.start(), len(line)
            closer = _CLOSERS.get(line[start - 1]) if start else None
            if closer and (last := line.rfind(closer, found.end())) > 0:
                end = last
            placeholder = self._path(line[start:end])
            line = line[:start] + placeholder + line[end:]
            done = start + len(placeholder)
        return line

    def _path(self, path: str) -> str:
        key = _key(path)
        return f"{_OPEN}home{_CLOSE}" if key == self._home else self._number("path", key)


def names_in(paths: Iterable[str]) -> set[str]:
    """The names in paths that a person gave: of files, with and without suffix, and of folders.

    What any folder may be called ("photos") is left out; it would be missed in sentences.
    """
    found: set[str] = set()
    for path in paths:
        for part in re.split(r"[\\/]+", path):
            found |= {part, PurePath(part).stem}
    return {name for name in found if _is_telling(name)}


def _is_telling(name: str) -> bool:
    return (
        len(name) >= _SHORTEST and not _ORDINARY.fullmatch(name.casefold()) and not name.isdigit()
    )


def _words(kinds: dict[str, str]) -> tuple[re.Pattern[str] | None, dict[str, str]]:
    """What finds these words, longest first, and the kind of each."""
    kinds = {unicodedata.normalize("NFC", word): kind for word, kind in kinds.items()}
    kinds = {word: kind for word, kind in kinds.items() if len(word) >= _SHORTEST - 1}
    if not kinds:
        return None, {}
    longest_first = sorted(kinds, key=len, reverse=True)
    words = "|".join(map(re.escape, longest_first))
    pattern = rf"{_OPEN}[^{_CLOSE}]*{_CLOSE}|(?<![^\W_])(?:{words})(?![^\W_])"
    return re.compile(pattern, re.IGNORECASE), {
        word.casefold(): kind for word, kind in kinds.items()
    }


def _key(path: str) -> str:
    """A path as it is told apart from others."""
    path = re.sub(r"\\{2,}", r"\\", path)
    return path.rstrip(" .,;:!?)]}\"'/\\")


def _in_program(path: str) -> str:
    """Where a file of the program or of its Python lies in it, "" for any other file."""
    for root, word in _code_roots():
        if path.startswith(root) and path[len(root) : len(root) + 1] in ("/", "\\"):
            return f"{_OPEN}{word}{_CLOSE}{path[len(root) :]}".replace("\\", "/")
    return ""


def _code_roots() -> list[tuple[str, str]]:
    bundle = getattr(sys, "_MEIPASS", None)
    ours = [str(Path(da3studio.__file__).parent), *([str(bundle)] if bundle else [])]
    places = sysconfig.get_paths()
    pythons = {places[name] for name in ("platlib", "purelib", "platstdlib", "stdlib")}
    roots = [(root, "program") for root in ours] + [(root, "python") for root in pythons]
    return sorted(roots, key=lambda root: -len(root[0]))


def _home() -> Path | None:
    try:
        return Path.home()
    except RuntimeError:  # nobody knows where
        return None


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, ImportError, KeyError):  # no such user, as in a container
        return ""
