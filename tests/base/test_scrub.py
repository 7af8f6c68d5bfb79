"""What has to be gone is gone, wherever it stands, and a trace stays readable."""

from __future__ import annotations

import itertools
import random
import sysconfig
from pathlib import Path

import pytest

import da3studio
from da3studio.base.scrub import NAMED, Scrubber, names_in
from da3studio.media import formats

WORDS = (
    "Zwetschge", "Tante Käthe", "o'Neil", 'the "big" one', "Jürgen & Söhne", "猫の写真",
    "50% (alt)", "a, b; c", "Hochzeit #2", "x=y", "Ellipse…", "it's [mine]", "Löwe: Tag 1",
    "Punkt. Komma",
)  # fmt: skip
ROOTS = (
    "/home/z/", "/", "/mnt/usb stick/", "file:///home/z/", "//nas-quark/share/", "~/", "~zoe/",
    "d:/Bilder/", "C:\\Users\\Zoë Quark\\", "\\\\nas-quark\\share\\", "\\\\?\\C:\\",
    "C:\\\\Users\\\\zoe\\\\",
)  # fmt: skip
FRAMES = (
    "{}", "cannot read {}", "cannot read '{}' now", 'cannot read "{}", line 3',
    "2026-11-26 14:22:33,123 ERROR da3studio.app: {}", "OSError: [Errno 2] no such file: '{}'",
    "PosixPath('{}')", "{{'path': '{}', 'n': 3}}", "[{}", "path={}", "path:{}", "a\\n{}", "({})",
    "„{}“ fehlt", "“{}” is full: 3 MB", "«{}» manque", "<{}>", 'File "{}", line 3, in main',
    "-> {}", "x,{}",
)  # fmt: skip


@pytest.fixture
def scrubber():
    return Scrubber(home=Path("/home/z"), user="zoe", host="quark-laptop")


def separator(root: str) -> str:
    return "\\\\" if root.startswith("C:\\\\") else "\\" if "\\" in root else "/"


def made_paths(n: int):
    """Made paths with the parts that must not be seen of each."""
    dice = random.Random(5)  # noqa: S311
    for root, frame in itertools.product(ROOTS, FRAMES):
        for _ in range(n):
            parts = [dice.choice(WORDS) for _ in range(dice.randint(1, 3))]
            path = root + separator(root).join(parts) + dice.choice(("", ".jpg", ".HEIC", ".da3"))
            yield frame.format(path), parts, root, path


def hidden_words(parts: list[str], root: str):
    for text in (*parts, root):
        for word in text.replace("\\", " ").replace("/", " ").split():
            if len(word) > 3 and word.casefold() not in ("home", "users", "share", "file:"):
                yield word


def test_that_no_part_of_any_made_path_is_left(scrubber):
    left = [
        (text, word)
        for text, parts, root, path in made_paths(12)
        for word in hidden_words(parts, root)
        if word in scrubber.text(text)
    ]
    assert left == []


@pytest.mark.parametrize("suffix", sorted(
    one.removeprefix(".")
    for one in formats.PHOTO_SUFFIXES | formats.VIDEO_SUFFIXES | formats.RAW_SUFFIXES
))  # fmt: skip
def test_that_names_of_photos_go_without_a_path_too(scrubber, suffix):
    assert suffix in NAMED.split("|")
    text = scrubber.text(
        f"2026-11-26 14:22:33,123 INFO da3studio.media: Oma's (2).{suffix} is blurred"
    )

    assert text == "2026-11-26 14:22:33,123 INFO da3studio.media: <name-1> is blurred"


def test_that_the_same_path_has_the_same_placeholder_and_another_another(scrubber):
    text = scrubber.text("'/data/a b/c'\n'/data/d'\n\"/data/a b/c\"\nat /data/a b/c.")

    assert text == "'<path-1>'\n'<path-2>'\n\"<path-1>\"\nat <path-1>"
    assert scrubber.text("'/data/d'") == "'<path-2>'"


def test_that_a_trace_through_the_program_stays_readable(scrubber):
    program, library = Path(da3studio.__file__).parent, sysconfig.get_paths()["purelib"]
    trace = (
        "Traceback (most recent call last):\n"
        f'  File "{program}/app/main.py", line 12, in run\n'
        "    code = application.exec()\n"
        f'  File "{library}/vispy/app/canvas.py", line 3 in draw\n'
        '  File "/home/z/my scripts/start.py", line 9, in <module>\n'
        "FileNotFoundError: [Errno 2] No such file or directory: '/home/z/Oma.jpg'"
    )
    assert scrubber.text(trace) == (
        "Traceback (most recent call last):\n"
        '  File "<program>/app/main.py", line 12, in run\n'
        "    code = application.exec()\n"
        '  File "<python>/vispy/app/canvas.py", line 3 in draw\n'
        '  File "<path-1>", line 9, in <module>\n'
        "FileNotFoundError: [Errno 2] No such file or directory: '<path-2>'"
    )


@pytest.mark.parametrize(
    ("text", "scrubbed"),
    [
        ("'/home/z'", "'<home>'"),
        ("Zoe on quark-laptop, quark-laptop.local", "<user> on <host>, <host>.local"),
        ("zoes zoetrope", "zoes zoetrope"),
        ("mail zoe.q+x@example.co.uk now", "mail <mail-1> now"),
        ("see https://user:pw@mirror.lan:8080/x?y now", "see <url-1> now"),
        ("from 192.168.3.14:80 and fe80::1ff:fe23 to 192.168.3.14",
         "from <address-1>:80 and <address-2> to <address-1>"),
        ("2001:db8:85a3:1:1:8a2e:370:7334", "<address-1>"),
        ("at 14:22:33, 3/4 of 1.2.3, n/a, std::bad_alloc, c10::Error, 5 MB/s",
         "at 14:22:33, 3/4 of 1.2.3, n/a, std::bad_alloc, c10::Error, 5 MB/s"),
        ("a\ue000b", "a?b"),
        ("", ""),
    ],
)  # fmt: skip
def test_that_people_and_computers_go_and_the_rest_stays(scrubber, text, scrubbed):
    assert scrubber.text(text) == scrubbed


def test_that_known_names_go_wherever_they_stand_in_either_spelling():
    names = names_in(["/home/z/Fotos/Burg Käsestein/scan.da3", "C:\\x\\Opas Uhr.glb"])
    scrubber = Scrubber(names, home=Path("/h"), user="u-u", host="h-h")

    assert {"Burg Käsestein", "Opas Uhr", "Opas Uhr.glb"} <= names
    assert {"Fotos", "home", "scan", "x"}.isdisjoint(names)
    assert scrubber.text("Burg Ka\u0308sestein: OPAS UHR, photos") == "<name-1>: <name-2>, photos"


def test_that_a_text_that_was_scrubbed_stays_as_it_is(scrubber):
    path = Path(da3studio.__file__).parent / "app" / "main.py"
    trace = scrubber.text(f'File "{path}", line 3\nno /a b/c\nOma.jpg at 10.0.0.1, zoe@a.bc\n')
    assert Scrubber(["Quark"], home=Path("/h"), user="u-u", host="h-h").text(trace) == trace


def test_that_an_empty_home_user_and_host_are_no_trouble():
    assert Scrubber(home=Path("/"), user="", host="").text("a b / c") == "a b / c"
