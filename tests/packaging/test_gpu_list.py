"""The list of the card's PyTorch, from a pip that is played and a server of our own."""

from __future__ import annotations

import json
import shutil
import ssl
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from bootstrapping.console import SetupError
from building.gpu_list import cuda_of, write_gpu_list

from da3studio.runtime.pack import read_list

_PIP = """
import json, os, pathlib, sys
here = pathlib.Path(__file__).parent
words = sys.argv[1:]
settings = {name: value for name, value in os.environ.items() if name.startswith("PIP_")}
(here / "asked.json").write_text(json.dumps([words, settings]))
report = json.loads((here / "found.json").read_text())
if not report:
    sys.exit("ERROR: No matching distribution found")
pathlib.Path(words[words.index("--report") + 1]).write_text(json.dumps({"install": report}))
"""


@pytest.fixture
def server(tmp_path, monkeypatch):
    """The address of a server that tells how large its files are: as many bytes as a path has."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("THE LIST IS NOT TESTED: there is no openssl to make a certificate")
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subprocess.run(
        [
            *(openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
            *("-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"),
            *("-keyout", key, "-out", certificate),
        ],
        check=True,
        capture_output=True,
    )
    monkeypatch.setenv("PIP_CERT", str(certificate))

    class Request(BaseHTTPRequestHandler):
        def log_message(self, *_):
            pass

        def do_HEAD(self):
            self.send_response(200)
            self.send_header("Content-Length", str(len(self.path)))
            self.end_headers()

    one = HTTPServer(("127.0.0.1", 0), Request)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    one.socket = context.wrap_socket(one.socket, server_side=True)
    thread = threading.Thread(target=one.serve_forever, args=(0.01,))
    thread.start()
    yield f"https://localhost:{one.server_port}"
    one.shutdown()
    thread.join()
    one.server_close()


@pytest.fixture
def found(environment):
    """Takes what this environment's pip is to find: name → (version, address)."""
    pip = environment.site_packages / "pip"
    pip.mkdir()
    (pip / "__main__.py").write_text(_PIP)
    torch = environment.site_packages / "torch-2.13.0+cpu.dist-info"
    torch.mkdir()
    (torch / "METADATA").write_text("Metadata-Version: 2.1\nName: torch\nVersion: 2.13.0+cpu\n")

    def put(**packages):
        listed = [
            {
                "metadata": {"name": name.replace("_", "-"), "version": version},
                "download_info": {
                    "url": url,
                    "archive_info": {"hashes": {"sha256": name.encode().hex().ljust(64, "0")}},
                },
            }
            for name, (version, url) in packages.items()
        ]
        (pip / "found.json").write_text(json.dumps(listed))
        return lambda: json.loads((pip / "asked.json").read_text())

    return put


def test_that_the_list_holds_what_runs_and_the_program_reads_it(
    environment, found, server, tmp_path, monkeypatch
):
    monkeypatch.setenv("PIP_INDEX_URL", "https://mirror.invalid")
    asked = found(
        torch=("2.13.0", f"{server}/torch-2.13.0-cp311-cp311-linux_x86_64.whl"),
        nvidia_cublas=("13.1", f"{server}/nvidia_cublas-13.1%2Blocal-py3-none-any.whl"),
        cuda_toolkit=("13.0.3.0", f"{server}/cuda_toolkit-13.0.3.0-py3-none-any.whl"),
        triton=("3.7", f"{server}/triton.whl"),
        sympy=("1.14", f"{server}/sympy.whl"),
    )
    out = tmp_path / "gpu.json"

    assert write_gpu_list(environment, out) == ["torch-2.13.0-cu130"]
    (edition,) = read_list(out)
    assert (edition.torch, edition.cuda, edition.capability) == ("2.13.0", "13.0", "7.5")
    assert edition.driver.startswith("580.65")
    assert [wheel.name for wheel in edition.wheels] == [
        "nvidia_cublas-13.1+local-py3-none-any.whl",
        "torch-2.13.0-cp311-cp311-linux_x86_64.whl",
    ]
    for wheel in edition.wheels:
        assert wheel.size_bytes == len(wheel.url.removeprefix(server))
    words, settings = asked()
    assert words[-1] == "torch===2.13.0"  # and not the build for the processor
    assert "PIP_INDEX_URL" not in settings  # a mirror of this machine is nobody else's


def test_that_pytorchs_own_index_gives_an_edition_by_its_label(
    environment, found, server, tmp_path
):
    asked = found(torch=("2.13.0+cu128", f"{server}/torch-2.13.0%2Bcu128.whl"))
    out = tmp_path / "gpu.json"

    assert write_gpu_list(environment, out, torch_index="https://index.invalid/cu128") == [
        "torch-2.13.0-cu128"
    ]
    assert asked()[0][-3:] == ["torch==2.13.0", "--index-url", "https://index.invalid/cu128"]
    assert read_list(out)[0].cuda == "12.8"


def test_that_a_build_without_cuda_makes_no_list(environment, found, server, tmp_path):
    found(torch=("2.13.0", f"{server}/torch.whl"), sympy=("1.14", f"{server}/sympy.whl"))
    assert write_gpu_list(environment, tmp_path / "gpu.json") == []
    assert not (tmp_path / "gpu.json").exists()


@pytest.mark.parametrize("url", ["file:///wheels/torch.whl", "http://index.invalid/torch.whl"])
def test_that_an_address_of_this_machine_ends_the_build(environment, found, tmp_path, url):
    found(torch=("2.13.0+cu130", url))
    with pytest.raises(SetupError, match="no address that a person could fetch from"):
        write_gpu_list(environment, tmp_path / "gpu.json")


def test_that_a_pip_that_finds_nothing_ends_the_build_with_its_words(environment, found, tmp_path):
    found()
    with pytest.raises(SetupError, match="No matching distribution"):
        write_gpu_list(environment, tmp_path / "gpu.json")


@pytest.mark.parametrize(
    ("versions", "cuda"),
    [
        ({"torch": "2.13.0+cu130"}, "13.0"),
        ({"torch": "2.9.1+cu126"}, "12.6"),
        ({"torch": "2.13.0", "cuda-toolkit": "13.0.3.0"}, "13.0"),
        ({"torch": "2.9.1", "nvidia-cuda-runtime-cu12": "12.8.90"}, "12.8"),
        ({"torch": "2.13.0+cpu"}, ""),
        ({"torch": "2.13.0"}, ""),
    ],
)
def test_that_the_version_of_cuda_is_told_from_the_build(versions, cuda):
    assert cuda_of(versions) == cuda
