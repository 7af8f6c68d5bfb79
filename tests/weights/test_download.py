"""Downloads from a hub on this computer: whole, cut, refused, and never more than was asked for."""

from __future__ import annotations

import dataclasses
import hashlib
import itertools
import os
import subprocess
import sys
from pathlib import Path

import pytest

from da3studio.base.cancel import CancelToken, JobCancelled
from da3studio.base.errors import BadInput, CheckpointMismatch, NetworkTrouble
from da3studio.weights import store
from da3studio.weights.catalog import model
from da3studio.weights.download import download
from da3studio.weights.licence import accept_licence
from tests.conftest import ROOT
from tests.weights.hub import COMMIT


def parts(data: Path) -> list[Path]:
    return list((data / "models").rglob("*.part"))


def test_that_a_download_is_whole_recorded_and_leaves_nothing_else(data, hub, info):
    said = []
    done = download(info, report=said.append)

    assert done.path.read_bytes() == hub.content
    assert store.find("da3-base") == done
    assert (done.sha256, done.revision, done.licence) == (hub.sha256, COMMIT, "Apache-2.0")
    assert (done.source, done.variant) == ("depth-anything/DA3-BASE", "da3-base")
    names = {path.name for path in done.path.parent.iterdir()}
    assert names == {"model.safetensors", "model.json"}
    assert {progress.step for progress in said} == {"downloading [MB]", "checking [MB]"}
    assert said[-1].done == said[-1].total == 1


def test_that_the_hub_is_asked_for_the_file_and_told_nothing_of_the_person(hub, info, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    download(info)

    assert hub.asked == [("HEAD", ""), ("GET", "bytes=0-")]
    assert hub.paths == {"/depth-anything/DA3-BASE/resolve/main/model.safetensors"}
    assert hub.tokens == {None}


def test_that_a_download_cut_at_37_percent_goes_on_from_there(data, hub, info):
    hub.cut_at = 0.37
    with pytest.raises(NetworkTrouble) as told:
        download(info)
    (part,) = parts(data)
    kept = part.stat().st_size

    assert kept == round(0.37 * len(hub.content))  # every byte that was sent
    assert "0.4 MB are here" in told.value.why
    assert "goes on from" in told.value.fix
    assert store.added() == ()

    hub.cut_at = 1.0
    hub.asked.clear()
    assert download(info).path.read_bytes() == hub.content
    assert hub.asked == [("HEAD", ""), ("GET", f"bytes={kept}-")]
    assert parts(data) == []


def test_that_a_file_on_another_host_is_found_and_gone_on_with(hub, info):
    hub.sends_away, hub.cut_at = True, 0.37
    with pytest.raises(NetworkTrouble):
        download(info)
    hub.cut_at = 1.0
    hub.asked.clear()

    assert download(info).path.read_bytes() == hub.content
    asked = f"bytes={round(0.37 * len(hub.content))}-"
    assert hub.asked == [("HEAD", ""), ("GET", asked), ("GET", asked)]
    assert len(hub.paths) == 2


def test_that_a_server_without_ranges_costs_time_but_not_the_model(hub, info):
    hub.cut_at = 0.37
    with pytest.raises(NetworkTrouble):
        download(info)
    hub.cut_at, hub.takes_ranges = 1.0, False

    assert download(info).path.read_bytes() == hub.content


def test_that_a_part_of_another_content_is_not_gone_on_with(data, hub, info):
    hub.cut_at = 0.37
    with pytest.raises(NetworkTrouble):
        download(info)
    hub.content = hub.content[:-9] + bytes(9)  # published anew
    hub.sha256, hub.cut_at = hashlib.sha256(hub.content).hexdigest(), 1.0
    hub.asked.clear()

    assert download(info).path.read_bytes() == hub.content
    assert hub.asked[1] == ("GET", "bytes=0-")


def test_that_an_unreachable_hub_is_said_with_its_name(data, hub, info, monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")  # the port that discards
    with pytest.raises(NetworkTrouble) as told:
        download(info)

    assert told.value.what == "The model DA3-BASE could not be downloaded."
    assert "127.0.0.1" in told.value.why
    assert "refused" in told.value.why
    assert "HF_ENDPOINT" in told.value.fix
    assert parts(data) == []


@pytest.mark.parametrize("status", [401, 404, 503])
def test_that_a_refusal_is_said_with_its_code(hub, info, status):
    hub.status = status
    with pytest.raises(NetworkTrouble, match=f"error {status}"):
        download(info)


@pytest.mark.parametrize("endpoint", ["hub.invalid", "http://[", "http://"])
def test_that_a_mistyped_mirror_is_no_fault_of_the_program(hub, info, monkeypatch, endpoint):
    monkeypatch.setenv("HF_ENDPOINT", endpoint)
    with pytest.raises(NetworkTrouble):
        download(info)


def test_that_a_proxy_is_used_and_named_if_it_fails(info, hub):
    """In a process of its own: the connections of this one are open already."""
    code = (
        "from da3studio.weights.catalog import model\n"
        "from da3studio.weights.download import download\n"
        "from da3studio.base.errors import NetworkTrouble\n"
        "try: download(model('da3-base'))\n"
        "except NetworkTrouble as error: print(error.why)\n"
    )

    def why(proxy: str) -> str:
        clean = {name: text for name, text in os.environ.items() if "proxy" not in name.lower()}
        env = {**clean, "PYTHONPATH": str(ROOT), "HF_ENDPOINT": "http://hub.invalid"}
        ran = subprocess.run(
            [sys.executable, "-c", code],
            env={**env, "HTTP_PROXY": proxy},
            capture_output=True,
            text=True,
        )
        return ran.stdout + ran.stderr

    hub.status = 418
    assert "hub.invalid answers with error 418." in why(hub.url)
    assert hub.paths == {
        "http://hub.invalid/depth-anything/DA3-BASE/resolve/main/model.safetensors"
    }
    assert "socksio" in why("socks5://127.0.0.1:9")


def test_that_a_wrong_sha256_is_refused_and_nothing_is_kept(data, hub, info):
    hub.content = hub.content[:-1] + bytes([hub.content[-1] ^ 1])
    with pytest.raises(CheckpointMismatch, match="sha256 of what came"):
        download(info)

    assert parts(data) == []
    assert store.added() == ()


def test_that_a_model_with_a_known_sha256_is_taken_from_no_hub_that_states_another(hub, info):
    with pytest.raises(CheckpointMismatch, match="its sha256 is"):
        download(dataclasses.replace(info, sha256="0" * 64))
    assert hub.asked == [("HEAD", "")]


def test_that_a_file_of_another_size_is_not_fetched(hub):
    with pytest.raises(CheckpointMismatch, match=f"{len(hub.content)} bytes"):
        download(model("da3-base"))
    assert hub.asked == [("HEAD", "")]


@pytest.mark.parametrize("said", ["d41d8cd98f00b204e9800998ecf8427e", "../" * 21 + "x"])
def test_that_a_file_without_stated_sha256_is_not_fetched(hub, info, said):
    hub.sha256 = said
    with pytest.raises(NetworkTrouble, match="does not say the file's sha256"):
        download(info)
    assert hub.asked == [("HEAD", "")]


def test_that_a_pickle_called_safetensors_is_refused_from_the_hub_as_well(data, hub, info):
    hub.content = b"\x80\x02}q\x00." + hub.content[6:]
    hub.sha256 = hashlib.sha256(hub.content).hexdigest()
    with pytest.raises(CheckpointMismatch, match="pickle"):
        download(info)
    assert parts(data) == []


def test_that_a_cancelled_download_stops_and_goes_on_later(data, hub, info):
    packets = itertools.count()
    with pytest.raises(JobCancelled):
        download(info, token=CancelToken(lambda: next(packets) == 5))
    kept = parts(data)[0].stat().st_size
    assert 0 < kept < len(hub.content)

    hub.asked.clear()
    assert download(info).path.read_bytes() == hub.content
    assert hub.asked[1] == ("GET", f"bytes={kept}-")


def test_that_an_installed_model_needs_no_network(hub, info, monkeypatch):
    first = download(info)
    hub.asked.clear()
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")

    assert download(info) == first
    assert store.find("da3-base") == store.verify("da3-base") == first
    assert hub.asked == []


def test_that_no_byte_comes_before_the_licence_is_accepted(hub, info):
    large = dataclasses.replace(model("da3-large-1.1"), tensor_bytes=info.tensor_bytes)
    with pytest.raises(BadInput, match="--accept-licence"):
        download(large)
    assert hub.asked == []

    accept_licence(large)
    assert download(large).commercial is False


FULL_DISK = """
import dataclasses, pathlib, sys
from da3studio.base.errors import DiskFull
from da3studio.weights import fetch
from da3studio.weights.catalog import model
from da3studio.weights.download import download
from tests.weights.hub import Hub

folder = pathlib.Path(sys.argv[1])
fetch._ROOM_BYTES = 0
filler = folder / "filler"
with Hub(pathlib.Path(sys.argv[2]).read_bytes()) as hub:
    import os
    os.environ["HF_ENDPOINT"] = hub.url
    def fill_the_disk(at):
        if at >= 400_000 and not filler.exists():
            filler.write_bytes(bytes(1_100_000))
    hub.pause = fill_the_disk
    info = dataclasses.replace(model("da3-base"), tensor_bytes=1_000_000)
    for _ in range(2):
        try:
            download(info)
        except DiskFull as error:
            print(error.what, error.why)
        print(sum(part.stat().st_size for part in folder.rglob("*.part")))
    filler.unlink()
    hub.pause = lambda at: None
    assert download(info).path.read_bytes() == hub.content
    print(hub.asked[-1])
"""


def test_that_a_disk_that_fills_up_ends_in_words_and_keeps_what_came(tmp_path, weights):
    small = tmp_path / "small"
    small.mkdir()
    mount = f"mount -t tmpfs -o size=2m tmpfs {small}"
    try:
        tried = subprocess.run(["unshare", "--mount", "sh", "-c", mount], capture_output=True)
    except FileNotFoundError:
        pytest.skip("FULL DISKS NOT TESTED: there is no `unshare` here")
    if tried.returncode != 0:
        pytest.skip(f"FULL DISKS NOT TESTED: {tried.stderr.decode().strip()}")
    script = f'{mount} && "$@"'
    words = [sys.executable, "-c", FULL_DISK, str(small), str(weights)]
    ran = subprocess.run(
        ["unshare", "--mount", "sh", "-c", script, "sh", *words],
        env={**os.environ, "PYTHONPATH": str(ROOT), "DA3STUDIO_HOME": str(small)},
        capture_output=True,
        encoding="utf-8",
        timeout=60,
    )
    assert ran.returncode == 0, ran.stderr
    in_the_middle, kept, before, still_kept, request = ran.stdout.splitlines()

    assert in_the_middle.startswith("There is no space left to write")
    assert before.startswith("The disk has no space for the model.")
    assert 400_000 <= int(kept) < 1_000_000
    assert still_kept == kept
    assert request == f"('GET', 'bytes={kept}-')"
