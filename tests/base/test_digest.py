from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import Enum

import numpy as np
import pytest

from da3studio.base.digest import digest_of, digest_of_bytes, digest_of_file


class Colour(Enum):
    RED = "red"


@dataclass(frozen=True)
class Recipe:
    size: int
    names: tuple[str, ...]


def test_that_a_digest_is_the_same_for_ever():
    """The names of all results on people's disks depend on it."""
    assert digest_of("depth", 1, {"b": 0.5, "a": None}) == "8e3c366415e411ebf2c6b8c1c22aab09"


def test_that_order_of_a_dict_and_kind_of_sequence_do_not_count():
    assert digest_of({"a": 1, "b": [1, 2]}) == digest_of({"b": (1, 2), "a": 1})
    assert digest_of(Recipe(3, ("a",))) == digest_of({"size": 3, "names": ["a"]})
    assert digest_of(Colour.RED) == digest_of("red")


def test_that_values_that_differ_have_digests_that_differ():
    values = [1, 1.0, True, "1", None, [1], [[1]], {"1": 1}, 0.1, np.nextafter(0.1, 1), "é", "e"]

    assert len({digest_of(value) for value in values}) == len(values)
    assert digest_of("a", "b") != digest_of("ab")
    assert digest_of(0.1) == digest_of(0.1 + 1e-18)  # the same float


@pytest.mark.parametrize("value", [np.zeros(2), {1, 2}, object(), b"bytes", np.float32(1), {1: 2}])
def test_that_what_has_no_canonical_form_is_refused(value):
    with pytest.raises(TypeError, match="no canonical form"):
        digest_of([value])


def test_that_a_files_digest_is_that_of_its_bytes(tmp_path):
    content = bytes(range(256)) * 5000
    (tmp_path / "a").write_bytes(content)

    assert digest_of_file(tmp_path / "a") == digest_of_bytes(content)
    assert digest_of_bytes(b"") == hashlib.blake2b(b"", digest_size=16).hexdigest()
