"""One small file is asked for, whatever is answered does no harm, and nobody learns who asked."""

from __future__ import annotations

import json
import socket
import threading

import pytest

from da3studio.base.errors import NetworkTrouble
from da3studio.updates import ask, remembered
from da3studio.updates.ask import newest
from da3studio.updates.release import Release, is_newer, parse
from da3studio.updates.remembered import Remembered
from da3studio.updates.source import announced_at


def why(address: str) -> str:
    with pytest.raises(NetworkTrouble) as trouble:
        newest(address)
    return trouble.value.why


def test_that_a_release_is_read(place):
    place.says(version="0.2.0", notes="Faster\n  and <b>better</b>.", more=[1])

    assert newest(place.address) == Release(
        "0.2.0", "https://example.org/new", "Faster and <b>better</b>."
    )


def test_that_nothing_in_the_request_tells_who_asks(place):
    place.says(version="0.2.0")
    newest(place.address)

    (headers,) = place.asked
    assert headers.pop("host").startswith("127.0.0.1:")
    assert headers == {
        "user-agent": "DA3 Studio",
        "accept": "application/json",
        "accept-encoding": "identity",
        "connection": "keep-alive",
    }


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"[]", b"\xff\xfe", b"[" * 60_000, b'{"version": "0.2.0"}',
        b'{"version": "0.2.0", "page": "http://example.org"}',
        b'{"version": "0.2.0", "page": "file:///etc/passwd"}',
        b'{"version": "0.2.0", "page": "https://you:me@example.org"}',
        b'{"version": 2, "page": "https://example.org"}',
        b'{"version": "0.2.0rc1", "page": "https://example.org"}',
        b'{"version": "0.2.0", "page": "https://example.org", "notes": {}}',
    ],
)  # fmt: skip
def test_that_what_is_no_release_file_is_trouble_and_no_bug(place, body):
    place.body = [body]
    assert "127.0.0.1 could not be asked" in why(place.address)


def test_that_a_huge_answer_is_not_read_to_its_end(place):
    sent = []
    place.body = [b" " * 65_536] * 1000
    place.pause = lambda: sent.append(1)

    assert "too long" in why(place.address)
    assert len(sent) < 200


def test_that_a_redirect_is_followed_but_never_without_encryption(place):
    place.status, place.location = 302, "http://example.org/latest.json"
    assert "example.org is not asked without encryption" in why(place.address)
    assert len(place.asked) == 1

    place.location = place.address
    assert "from one place to the next" in why(place.address)


def test_that_a_failing_server_is_trouble(place):
    place.status = 503
    assert "503" in why(place.address)


def test_that_a_slow_answer_is_given_up(place, monkeypatch):
    monkeypatch.setattr(ask, "_PATIENCE_S", 0.3)
    end = threading.Event()
    place.body = [b" "] * 100
    place.pause = lambda: end.wait(0.05)

    assert "takes too long" in why(place.address)
    place.pause = lambda: end.wait(5)
    assert "timed out" in why(place.address)
    end.set()


def test_that_being_offline_is_trouble():
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        port = nobody.getsockname()[1]
        assert "could not be asked" in why(f"http://127.0.0.1:{port}/")


@pytest.mark.parametrize(
    ("version", "than", "newer"),
    [
        ("0.2.0", "0.1.0", True), ("0.1.0", "0.2.0", False), ("0.1.0", "0.1.0", False),
        ("0.10.0", "0.9.9", True), ("1", "0.99.99", True), ("1.0", "1", False),
        ("1.0.0.1", "1.0", True),
    ],
)  # fmt: skip
def test_that_versions_are_compared_by_numbers(version, than, newer):
    assert is_newer(version, than) is newer


def test_that_notes_are_a_short_line():
    document = {"version": "1.0", "page": "https://example.org", "notes": "word " * 1000}
    assert len(parse(json.dumps(document).encode()).notes) == 300


@pytest.mark.parametrize(
    ("content", "address"),
    [
        ('{"updates": "https://example.org/latest.json"}', "https://example.org/latest.json"),
        ('{"updates": "http://example.org/latest.json"}', ""),
        ('{"updates": 3}', ""), ("[]", ""), ("{", ""), ("", ""),
    ],
)  # fmt: skip
def test_that_only_a_safe_address_of_the_bundle_is_taken(bundle, content, address):
    assert announced_at() == ""
    (bundle / "release.json").write_text(content)
    assert announced_at() == address


def test_that_a_checkout_announces_nothing():
    assert announced_at() == ""


def test_that_what_was_asked_and_skipped_is_remembered(home):
    assert remembered.load() == Remembered()
    remembered.save(Remembered().with_asked(1e9).with_skipped("0.2.0"))
    assert remembered.load() == Remembered(1e9, "0.2.0")

    (home / "updates.json").write_text("{}")
    assert remembered.load() == Remembered()


@pytest.mark.parametrize(
    ("later_s", "due"), [(0, False), (86_399, False), (86_400, True), (-3600, True)]
)
def test_that_it_is_asked_once_a_day(later_s, due):
    assert Remembered(asked=1e9).is_due(1e9 + later_s) is due
