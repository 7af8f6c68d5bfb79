from __future__ import annotations

import errno
import json
import os
import struct
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from da3studio.base.errors import CannotWrite
from da3studio.project.chunks import ChunkDamagedError, ChunkStore

KEY = "ab" + "0" * 30
OTHER = "cd" + "1" * 30
ARRAYS = {
    "z": np.linspace(0, 1, 12, dtype=np.float32).reshape(3, 4),
    "sky": np.array([[True, False]]),
    "none": np.zeros((0, 3), np.uint8),
    "turned": np.arange(6, dtype=np.int32).reshape(2, 3).T,
}


@pytest.fixture
def chunks(tmp_path: Path) -> ChunkStore:
    return ChunkStore(tmp_path / "chunks")


def put(chunks: ChunkStore, key: str = KEY) -> Path:
    chunks.put(key, "depth", ARRAYS, {"view_ids": ["a"]}, unit="a", recipe={"seed": 0})
    return next(chunks._folder.glob(f"*/{key}.safetensors"))


def test_that_arrays_come_back_equal_and_read_only(chunks):
    put(chunks)
    found = chunks.read(KEY)

    assert set(found) == set(ARRAYS)
    for name, array in ARRAYS.items():
        assert found[name].dtype == array.dtype
        np.testing.assert_array_equal(found[name], array)
        assert not found[name].flags.writeable
    assert list(chunks.read(KEY, ["sky"])) == ["sky"]


def test_that_the_header_tells_where_a_chunk_comes_from(chunks):
    put(chunks)
    header = chunks.header(KEY)
    assert (header.stage, header.unit, header.recipe) == ("depth", "a", {"seed": 0})
    assert header.meta == {"view_ids": ["a"]}


def test_that_equal_content_has_an_equal_digest_under_any_key(chunks):
    one, other = put(chunks), put(chunks, OTHER)
    assert one != other
    assert chunks.header(KEY).digest == chunks.header(OTHER).digest
    chunks.put(OTHER, "depth", ARRAYS, {"view_ids": ["b"]})
    assert chunks.header(KEY).digest != chunks.header(OTHER).digest


def test_that_a_chunk_that_is_not_there_is_a_key_error(chunks):
    assert not chunks.has(KEY)
    with pytest.raises(KeyError):
        chunks.header(KEY)
    with pytest.raises(KeyError):
        chunks.read(KEY)


def test_that_every_flipped_bit_and_every_cut_is_noticed(chunks):
    path = put(chunks)
    whole = path.read_bytes()
    random = np.random.default_rng(3)
    for place in [0, 7, 8, *random.integers(0, len(whole), 150)]:
        flipped = bytearray(whole)
        flipped[place] ^= 1 << int(random.integers(8))
        for damaged in (whole[:place], bytes(flipped)):
            path.write_bytes(damaged)
            try:
                found = chunks.read(KEY)
            except ChunkDamagedError as damage:
                assert damage.key == KEY  # noqa: PT017
            else:  # a bit of white space or of the program's version
                for name, array in ARRAYS.items():
                    np.testing.assert_array_equal(found[name], array)


def test_that_a_header_of_exabytes_takes_no_memory(chunks):
    path = put(chunks)
    path.write_bytes(struct.pack("<Q", 2**62) + b"{}")
    with pytest.raises(ChunkDamagedError, match="length"):
        chunks.read(KEY)


def test_that_a_tensor_of_exabytes_takes_no_memory(chunks):
    path = put(chunks)
    size = 2**60
    header = json.dumps({"z": {"dtype": "F32", "shape": [size // 4], "data_offsets": [0, size]}})
    path.write_bytes(struct.pack("<Q", len(header)) + header.encode() + b"\0" * 64)
    with pytest.raises(ChunkDamagedError):
        chunks.read(KEY)


@pytest.mark.parametrize(
    "metadata",
    [None, {}, {"da3studio": ""}, {"da3studio": "[1]"}, {"da3studio": "{}"}],
)
def test_that_a_strangers_safetensors_file_is_damage(chunks, metadata):
    path = put(chunks)
    save_file({"z": np.zeros(3)}, path, metadata=metadata)
    with pytest.raises(ChunkDamagedError):
        chunks.header(KEY)


def test_that_a_chunk_under_another_name_is_damage(chunks):
    path = put(chunks)
    other = path.parent.parent / OTHER[:2] / f"{OTHER}.safetensors"
    other.parent.mkdir()
    path.rename(other)
    with pytest.raises(ChunkDamagedError, match="another chunk"):
        chunks.header(OTHER)


def test_that_verify_names_the_damaged_one_of_two(chunks):
    put(chunks)
    path = put(chunks, OTHER)
    content = bytearray(path.read_bytes())
    content[-1] ^= 255
    path.write_bytes(content)
    assert [key for key, _ in chunks.verify()] == [OTHER]


def test_that_collect_keeps_what_it_should_and_says_what_it_freed(chunks):
    put(chunks)
    size = put(chunks, OTHER).stat().st_size
    for left in (".tmp-x.safetensors", ".tmpAbC123"):  # ours, and that of safetensors
        (chunks._folder / "ab" / left).write_bytes(b"half")

    collected = chunks.collect({KEY})

    assert (collected.chunks, collected.size_bytes) == (1, size)
    assert list(chunks.keys()) == [KEY]
    assert not list(chunks._folder.rglob(".tmp*"))


def test_that_a_size_limit_of_the_system_is_an_error_for_people_and_leaves_nothing(chunks):
    resource = pytest.importorskip("resource")
    put(chunks)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    import signal

    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, before[1]))
    try:
        with pytest.raises(CannotWrite, match=os.strerror(errno.EFBIG)):
            chunks.put(OTHER, "depth", {"z": np.zeros(10_000)}, {})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    assert list(chunks.keys()) == [KEY]
    assert not list(chunks._folder.rglob(".tmp*"))
