"""The list of a bundle, which is read as if a stranger had written it, and the choice from it."""

from __future__ import annotations

import dataclasses
import json

import pytest

from da3studio.base.errors import BadInput
from da3studio.runtime.driver import Card
from da3studio.runtime.pack import checked_mirror, editions, read_list, reason_against, suiting
from tests.runtime.little import edition, write_list

CARD = Card("Little Card", 12 * 2**30, "580.126.09", "8.6")
NEW = edition({"a.whl": b"a"})
OLD = dataclasses.replace(
    NEW, id="torch-2.13.0-cu126", cuda="12.6", driver="525.60.13", capability="5.0"
)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "gpu.json"


def test_that_a_list_is_read_as_it_was_written_the_newest_first(path):
    write_list(path, OLD, NEW)

    assert read_list(path) == (NEW, OLD)
    assert NEW.size_bytes == 1
    assert NEW.digest != dataclasses.replace(NEW, wheels=edition({"a.whl": b"b"}).wheels).digest


def test_that_a_source_checkout_has_none():
    assert editions() == ()
    assert "from its sources" in reason_against(CARD, ())


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("id", "../torch"),
        ("id", "torch/cu130"),
        ("id", ""),
        ("cuda", "13.0; rm"),
        ("driver", "580.x"),
        ("capability", 7.5),
        ("wheels", []),
        ("wheels", "a.whl"),
    ],
)
def test_that_an_edition_that_is_not_what_it_has_to_be_is_not_offered(path, field, value):
    write_list(path, NEW)
    document = json.loads(path.read_text())
    document["editions"][0][field] = value
    path.write_text(json.dumps(document))

    assert read_list(path) == ()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("url", "http://example.org/a.whl"),
        ("url", "file:///etc/passwd"),
        ("url", "https://"),
        ("url", "https://["),
        ("url", "https://me:secret@example.org/a.whl"),
        ("name", "../a.whl"),
        ("name", "a/b.whl"),
        ("name", "..whl"),
        ("name", "a.exe"),
        ("sha256", "A" * 64),
        ("sha256", "a" * 63),
        ("size_bytes", 0),
        ("size_bytes", 10**10),
        ("size_bytes", True),
    ],
)
def test_that_a_wheel_that_is_not_what_it_has_to_be_is_not_offered(path, field, value):
    write_list(path, NEW)
    document = json.loads(path.read_text())
    document["editions"][0]["wheels"][0][field] = value
    path.write_text(json.dumps(document))

    assert read_list(path) == ()


@pytest.mark.parametrize("content", ["", "[]", '{"format": 2, "editions": []}', "[" * 100_000])
def test_that_another_file_of_that_name_is_no_list(path, content):
    path.write_text(content)
    assert read_list(path) == ()


def test_that_two_wheels_of_one_name_are_no_edition(path):
    write_list(path, dataclasses.replace(NEW, wheels=NEW.wheels * 2))
    assert read_list(path) == ()


@pytest.mark.parametrize(
    ("driver", "capability", "chosen"),
    [
        ("580.126.09", "8.6", NEW),
        ("580.65", "12.0", NEW),
        ("579.99.99", "8.6", OLD),
        ("1000.1", "7.5", NEW),
        ("580.126.09", "6.1", OLD),
        ("470.42", "8.6", None),
        ("580.126.09", "3.5", None),
        ("", "", None),
        ("[N/A]", "8.6", None),
    ],
)
def test_that_the_newest_that_card_and_driver_can_do_is_chosen(driver, capability, chosen):
    card = dataclasses.replace(CARD, driver=driver, capability=capability)
    assert suiting(card, (NEW, OLD)) == chosen


def test_that_the_reason_against_names_what_is_missing(monkeypatch):
    monkeypatch.setattr("sys.frozen", True, raising=False)
    weak = dataclasses.replace(CARD, capability="3.5")
    stale = dataclasses.replace(CARD, driver="470.42")

    assert "came without the list" in reason_against(CARD, ())
    assert "No NVIDIA graphics card" in reason_against(None, (NEW,))
    assert reason_against(weak, (NEW, OLD)) == (
        "The card is of generation 3.5; 5.0 or later is needed."
    )
    assert reason_against(stale, (NEW, OLD)) == (
        "Its driver 470.42 is too old; 525.60.13 or newer is needed."
    )


def test_that_a_mirror_has_the_files_under_their_names():
    (wheel,) = edition({"torch-2.13.0+cu130.whl": b"a"}).wheels

    assert wheel.address("") == wheel.url
    assert wheel.address("https://m/x/") == "https://m/x/torch-2.13.0%2Bcu130.whl"
    assert checked_mirror("http://127.0.0.1:8000/x") == "http://127.0.0.1:8000/x"


@pytest.mark.parametrize("address", ["folder", "ftp://m/x", "https://", "http://[", "file:///x"])
def test_that_what_is_no_address_is_no_mirror(address):
    with pytest.raises(BadInput, match="no address of a mirror"):
        checked_mirror(address)
