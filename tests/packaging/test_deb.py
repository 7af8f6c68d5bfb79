"""The .deb and the portable archives, made of a small bundle and read back."""

from __future__ import annotations

import gzip
import os
import shutil
import subprocess
import tarfile
import xml.etree.ElementTree as ET
import zipfile
from configparser import ConfigParser
from pathlib import Path

import pytest
from building.deb import debian_version, make_deb
from building.portable import make_portable
from building.product import PROJECT_TYPE, Product
from building.system_libraries import dependencies

from da3studio import __version__
from da3studio.app.taskbar import DESKTOP_FILE
from da3studio.project.door import DOOR
from tests.packaging.stub_bundle import ROOT, linux_bundle, windows_bundle

MIME = "{http://www.freedesktop.org/standards/shared-mime-info}"
TOOLS = ("dpkg-deb", "objdump", "zstd")

pytestmark = pytest.mark.skipif(
    not all(map(shutil.which, TOOLS)), reason=f"THE .DEB IS NOT TESTED: it needs {', '.join(TOOLS)}"
)


@pytest.fixture(scope="module")
def product() -> Product:
    return Product.of(ROOT)


@pytest.fixture(scope="module")
def bundle(tmp_path_factory) -> Path:
    return linux_bundle(tmp_path_factory.mktemp("bundle") / "da3studio")


@pytest.fixture(scope="module")
def deb(bundle, product, tmp_path_factory) -> Path:
    return make_deb(bundle, tmp_path_factory.mktemp("dist"), product)


@pytest.fixture(scope="module")
def unpacked(deb, tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("root")
    subprocess.run(["dpkg-deb", "--raw-extract", deb, root], check=True)
    return root


def fields_of(deb: Path) -> dict[str, str]:
    said = subprocess.run(["dpkg-deb", "-f", deb], capture_output=True, text=True, check=True)
    return dict(line.split(": ", 1) for line in said.stdout.splitlines() if line[0] != " ")


def entry_of(path: Path) -> dict[str, str]:
    parser = ConfigParser(interpolation=None, delimiters="=", strict=True)
    parser.optionxform = str
    parser.read_string(path.read_text("utf-8"))
    return dict(parser["Desktop Entry"])


def test_that_the_package_says_what_it_is(deb, product):
    fields = fields_of(deb)
    assert deb.name == f"da3studio_{__version__}_{fields['Architecture']}.deb"
    assert (fields["Package"], fields["Version"]) == ("da3studio", __version__)
    assert fields["Description"] == product.summary.rstrip(".")
    assert 40 < int(fields["Installed-Size"]) < 2000
    assert "libc6 (>= 2." in fields["Depends"]
    assert fields["Depends"].endswith("libegl1, libgl1")


def test_that_everything_belongs_to_root_and_all_may_read_it(deb):
    listing = subprocess.run(["dpkg-deb", "-c", deb], capture_output=True, text=True, check=True)
    rows = [line.split(maxsplit=5) for line in listing.stdout.splitlines()]
    assert {row[1] for row in rows} == {"root/root"}
    assert {row[0] for row in rows} == {"drwxr-xr-x", "-rwxr-xr-x", "-rw-r--r--", "lrwxrwxrwx"}
    assert [row[5] for row in rows if row[0] == "-rwxr-xr-x"] == ["./opt/da3studio/da3studio"]
    links = {row[5] for row in rows if row[0][0] == "l"}
    assert links == {
        "./usr/bin/da3studio -> /opt/da3studio/da3studio",
        "./opt/da3studio/_internal/torch/one.so -> weights of a net.bin",
    }


def test_that_nothing_runs_when_it_is_installed_or_removed(unpacked):
    assert sorted(path.name for path in (unpacked / "DEBIAN").iterdir()) == ["control"]


def test_that_it_is_nowhere_but_in_its_own_places(unpacked):
    files = {
        path.relative_to(unpacked).as_posix()
        for path in unpacked.rglob("*")
        if not path.is_dir() and "DEBIAN" not in path.parts
    }
    share = {name for name in files if name.startswith("usr/share")}
    assert all("da3studio" in name for name in files)
    sizes = (16, 24, 32, 48, 64, 128, 256, 512)
    assert share == {
        f"usr/share/applications/{DESKTOP_FILE}",
        "usr/share/doc/da3studio/changelog.gz",
        "usr/share/doc/da3studio/copyright",
        *(f"usr/share/icons/hicolor/{n}x{n}/apps/da3studio.png" for n in sizes),
        "usr/share/icons/hicolor/scalable/apps/da3studio.svg",
        "usr/share/man/man1/da3studio.1.gz",
        "usr/share/mime/packages/da3studio.xml",
    }


def test_that_the_menu_entry_starts_the_program_with_what_is_opened(unpacked):
    path = unpacked / "usr/share/applications" / DESKTOP_FILE
    entry = entry_of(path)
    assert entry["Exec"] == '"da3studio" app %F'
    assert entry["Icon"] == "da3studio"
    assert entry["MimeType"].split(";") == [PROJECT_TYPE, "inode/directory", ""]
    if shutil.which("desktop-file-validate"):
        subprocess.run(["desktop-file-validate", path], check=True)


def test_that_the_file_type_is_that_of_the_file_in_a_project(unpacked):
    tree = ET.parse(unpacked / "usr/share/mime/packages/da3studio.xml")  # noqa: S314  our own
    (kind,) = tree.getroot().findall(f"{MIME}mime-type")
    assert kind.get("type") == PROJECT_TYPE
    (glob,) = kind.findall(f"{MIME}glob")
    assert Path(DOOR).match(glob.get("pattern"))


def test_that_the_man_page_has_every_command_and_no_mistake(unpacked, tmp_path):
    packed = unpacked / "usr/share/man/man1/da3studio.1.gz"
    page = tmp_path / "da3studio.1"
    page.write_bytes(gzip.decompress(packed.read_bytes()))
    sections = {line for line in page.read_text().splitlines() if line.startswith(".SS")}
    assert {".SS da3studio reconstruct", ".SS da3studio models download"} < sections
    assert ".SS da3studio bench" not in sections  # a bundle has none
    if shutil.which("mandoc"):
        ran = subprocess.run(
            ["mandoc", "-T", "lint", "-W", "warning", page], capture_output=True, text=True
        )
        assert ran.stdout == ""
        shown = subprocess.run(
            ["mandoc", "-T", "utf8", page], capture_output=True, text=True, check=True
        ).stdout
        assert "'jpeg' is about eight" in " ".join(shown.replace("‐", "-").split())


def test_that_icons_have_the_sizes_that_their_folders_say(unpacked):
    from PIL import Image

    for path in (unpacked / "usr/share/icons/hicolor").glob("*/apps/*.png"):
        with Image.open(path) as image:
            width, height = image.size
            assert f"{width}x{height}" == path.parent.parent.name
            low, high = image.getchannel("A").getextrema()
            assert (low, high) == (0, 255)  # round corners, and something drawn


def test_that_the_same_bundle_at_the_same_time_makes_the_same_package(
    bundle, product, tmp_path, monkeypatch
):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    one, other = (make_deb(bundle, tmp_path / name, product).read_bytes() for name in "ab")
    assert one == other


def test_that_a_library_that_no_package_is_known_for_stops_the_build(tmp_path):
    bundle = linux_bundle(tmp_path / "da3studio")
    program = bundle / "da3studio"
    program.write_bytes(program.read_bytes().replace(b"libc.so.6", b"libq.so.6"))
    with pytest.raises(ValueError, match=r"libq\.so\.6"):
        dependencies(bundle)

    (bundle / "_internal" / "libq.so.6").write_bytes(b"brought along")
    assert dependencies(bundle)


@pytest.mark.parametrize(
    ("ours", "debians"), [("0.2.0rc1", "0.2.0~rc1"), ("1.0.dev3", "1.0~dev3"), ("1.10.2", "1.10.2")]
)
def test_that_what_comes_before_a_release_sorts_before_it(ours, debians):
    assert debian_version(ours) == debians


def test_that_the_portable_archive_runs_and_goes_into_the_menu_and_out_again(
    bundle, product, tmp_path
):
    packed = make_portable(bundle, tmp_path, product, "linux")
    place = tmp_path / "a place & more"
    place.mkdir()
    subprocess.run(["tar", "--zstd", "-xf", packed, "-C", place], check=True)
    (top,) = place.iterdir()
    assert top.name == f"da3studio-{__version__}"
    assert f"DA3 Studio {__version__}" in (top / "README.txt").read_text()
    subprocess.run([top / "da3studio"], check=True)

    home = tmp_path / "home"
    environment = {**os.environ, "XDG_DATA_HOME": str(home)}
    script = top / "install-desktop-entry.sh"
    subprocess.run([script], env=environment, check=True)
    entry = entry_of(home / "applications" / DESKTOP_FILE)
    assert entry["Exec"] == f'"{top}/da3studio" app %F'
    assert entry["TryExec"] == f"{top}/da3studio"
    subprocess.run([script, "--remove"], env=environment, check=True)
    assert not [path for path in home.rglob("*da3studio*") if path.is_file()]


def test_that_the_portable_archive_names_nobody(bundle, product, tmp_path):
    packed = make_portable(bundle, tmp_path, product, "linux")
    plain = tmp_path / "x.tar"
    subprocess.run(["zstd", "-d", "-q", packed, "-o", plain], check=True)
    with tarfile.open(plain) as archive:
        owners = {(entry.uid, entry.uname) for entry in archive}
        modes = {entry.mode for entry in archive if entry.isfile()}
    assert owners == {(0, "root")}
    assert modes == {0o755, 0o644}


def test_that_the_zip_holds_the_bundle_of_windows(product, tmp_path):
    bundle = windows_bundle(tmp_path / "da3studio")
    with zipfile.ZipFile(make_portable(bundle, tmp_path, product, "windows")) as archive:
        assert archive.testzip() is None
        names = {name.removeprefix(f"da3studio-{__version__}/") for name in archive.namelist()}
    expected = {p.relative_to(bundle).as_posix() for p in bundle.rglob("*") if p.is_file()}
    assert names == {*expected, "README.txt"}


def test_that_the_appimage_script_makes_a_whole_folder(deb, tmp_path):
    copy = shutil.copy(deb, tmp_path)
    script = ROOT / "packaging" / "linux" / "appimage.sh"
    ran = subprocess.run(
        [script, copy, "--folder-only"], capture_output=True, text=True, check=True
    )
    folder = Path(ran.stdout.strip())
    subprocess.run([folder / "AppRun"], check=True)
    assert (folder / ".DirIcon").read_bytes()[:4] == b"\x89PNG"
    assert os.access(folder / "usr" / "bin" / "da3studio", os.X_OK)
    assert (folder / DESKTOP_FILE).is_file()
