"""The Windows installer, compiled over a small bundle: what the compiler put in, and the result.

What it does on a computer is for a Windows host to show, see packaging/README.md.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
from building.product import Product
from building.windows import make_installer

from da3studio.base.log import log_folder
from da3studio.base.settings import settings_file
from da3studio.cli.parsing import build_parser
from da3studio.media.thumbs import thumbs_folder
from da3studio.runtime.store import runtimes_folder
from da3studio.weights import store
from tests.packaging.stub_bundle import ROOT, linux_bundle, windows_bundle

CLASSES = r"HKCU\Software\Classes"
WINDOWS = r"HKCU\Software\Microsoft\Windows\CurrentVersion"
DATA = r"$LOCALAPPDATA\da3studio"

pytestmark = pytest.mark.skipif(
    shutil.which("makensis") is None, reason="THE WINDOWS INSTALLER IS NOT TESTED: no makensis"
)


@dataclass(frozen=True)
class Made:
    """An installer, and what the compiler says that is in it."""

    bundle: Path
    path: Path
    install: list[str]
    uninstall: list[str]

    @property
    def values(self) -> dict[str, str]:
        """What is written to the registry, `key\\name` → value."""
        rows = (re.match(r"WriteReg\w+: ([^=]*)=(.*)", line) for line in self.install)
        return {row[1]: row[2] for row in rows if row}


@pytest.fixture(scope="module")
def product() -> Product:
    return Product.of(ROOT)


@pytest.fixture(scope="module")
def made(product, tmp_path_factory) -> Made:
    folder = tmp_path_factory.mktemp("installer")
    bundle = windows_bundle(folder / "da3studio")
    path = make_installer(bundle, folder / "out", product, quick=True)
    lines = path.with_suffix(".log").read_text("utf-8").splitlines()
    end = lines.index("SectionEnd")
    start = max(n for n in range(end) if lines[n].startswith("Section: "))
    before = next(n for n in range(end, len(lines)) if lines[n].startswith('Section: "un.'))
    return Made(bundle, path, lines[start:end], lines[before:])


def said(lines: list[str], instruction: str) -> list[str]:
    """What follows an instruction, in quotes or not."""
    found = (re.fullmatch(rf'{instruction}: "?(.*?)"?', line) for line in lines)
    return [row[1].replace("$$", "$") for row in found if row]


def installed_files(made: Made) -> set[str]:
    """Where the bundle's files go, from the instructions as they follow each other."""
    folder, files = "", set()
    for line in made.install:
        if line.startswith("SetOutPath: "):
            (folder,) = said([line], "SetOutPath")
        elif line.startswith("File: ") and "$PLUGINSDIR" not in line:
            files.add(f"{folder}\\{line.split('->')[1].split(chr(34))[1]}".replace("$$", "$"))
    return files


def test_that_every_file_of_the_bundle_is_installed_in_its_place(made):
    places = {p.relative_to(made.bundle) for p in made.bundle.rglob("*") if p.is_file()}
    assert len(places) == 4
    assert installed_files(made) == {"$INSTDIR\\" + "\\".join(place.parts) for place in places}


@pytest.mark.skipif(shutil.which("7z") is None, reason="THE INSTALLER IS NOT UNPACKED: no 7z")
def test_that_what_the_installer_holds_is_the_bundle(made, tmp_path):
    subprocess.run(["7z", "x", f"-o{tmp_path}", made.path], check=True, stdout=subprocess.DEVNULL)
    names = {p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*") if p.is_file()}
    own = {name for name in names if not name.startswith("$PLUGINSDIR/")} - {"uninstall.exe"}
    bundled = [path for path in made.bundle.rglob("*") if path.is_file()]
    assert own == {path.relative_to(made.bundle).as_posix() for path in bundled}
    for path in bundled:
        there = tmp_path / path.relative_to(made.bundle)
        assert there.read_bytes().startswith(path.read_bytes()[:1000])


def test_that_exactly_what_was_installed_is_removed(made):
    files = installed_files(made) | {"$INSTDIR\\uninstall.exe"}
    removed = said(made.uninstall, "Delete")
    assert {file for file in removed if file.startswith("$INSTDIR")} == files
    folders = said(made.uninstall, "RMDir")
    inside = [folder for folder in folders if folder.startswith("$INSTDIR")]
    assert inside == [
        r"$INSTDIR\_internal\torch\lib",
        r"$INSTDIR\_internal\torch",
        r"$INSTDIR\_internal",
        "$INSTDIR",
    ]  # and not with what else is in them


def test_that_the_start_menu_has_the_window_and_loses_it_again(made):
    (shortcut,) = (line for line in made.install if line.startswith("CreateShortcut"))
    assert '"$SMPROGRAMS\\DA3 Studio.lnk"->"$INSTDIR\\DA3 Studio.exe"' in shortcut
    assert r"$SMPROGRAMS\DA3 Studio.lnk" in said(made.uninstall, "Delete")


def test_that_it_is_for_one_person_without_an_administrator(made):
    content = made.path.read_bytes()
    assert b'requestedExecutionLevel level="asInvoker"' in content
    assert all(key.startswith("HKCU\\Software\\") for key in made.values)
    assert not [line for line in (*made.install, *made.uninstall) if "HKLM" in line]


def test_that_a_project_is_opened_by_its_file_and_by_its_folder(made):
    values = made.values
    assert values[rf"{CLASSES}\.da3" + "\\"] == "DA3Studio.Project"
    verb = rf"{CLASSES}\Directory\shell\DA3Studio"
    assert values[rf"{verb}\AppliesTo"] == 'System.FileName:~"*.da3"'
    command = '"$INSTDIR\\DA3 Studio.exe" app "%1"'
    assert values[rf"{CLASSES}\DA3Studio.Project\shell\open\command" + "\\"] == command
    assert values[rf"{verb}\command" + "\\"] == command
    words = ["app", "Statue.da3/open.da3"]
    assert build_parser().parse_args(words).paths == [Path(words[1])]  # it is understood


def test_that_windows_can_list_start_and_remove_it(made, product):
    values = made.values
    uninstall = rf"{WINDOWS}\Uninstall\da3studio"
    assert values[rf"{uninstall}\DisplayName"] == "DA3 Studio"
    assert values[rf"{uninstall}\DisplayVersion"] == product.version
    assert values[rf"{uninstall}\QuietUninstallString"] == '"$INSTDIR\\uninstall.exe" /S'
    size = sum(path.stat().st_size for path in made.bundle.rglob("*") if path.is_file())
    assert int(values[rf"{uninstall}\EstimatedSize"]) == size // 1024
    for program in ("da3studio.exe", "DA3 Studio.exe"):
        assert values[rf"{WINDOWS}\App Paths\{program}" + "\\"] == f"$INSTDIR\\{program}"


def test_that_everything_written_to_the_registry_is_taken_out_again(made):
    keys = said(made.uninstall, "DeleteRegKey")
    values = said(made.uninstall, "DeleteRegValue")
    assert len(made.values) >= 18
    for written in made.values:
        assert written in values or any(written.startswith(key + "\\") for key in keys), written
    ours = ("da3studio", "DA3Studio", "DA3 Studio", ".da3", "OpenWithProgids")
    assert all(any(f"\\{name}" in key for name in ours) for key in keys)


def test_that_only_models_and_settings_go_besides_and_only_if_wanted(made, monkeypatch, tmp_path):
    start = made.uninstall.index('Section: "un.$(T_DATA)" ->(UN_DATA)')
    program, data = made.uninstall[:start], made.uninstall[start:]
    assert not [line for line in program if "RMDir: /r" in line or DATA in line]

    whole = {line.split('"')[1] for line in data if line.startswith("RMDir: /r")}
    files = set(said(data, "Delete"))
    monkeypatch.setenv("DA3STUDIO_HOME", str(tmp_path))
    kept = (store.models_folder(), thumbs_folder(), log_folder(), runtimes_folder())
    assert whole == {f"{DATA}\\{folder.name}" for folder in kept}
    names = {settings_file().name, "licences.json", "updates.json", "window.ini"}
    assert files == {f"{DATA}\\{name}" for name in names}


def test_that_an_older_version_is_asked_to_remove_itself_before(made, product):
    log = made.path.with_suffix(".log").read_text("utf-8")
    assert 'ExecWait: ""$PLUGINSDIR\\older.exe" /S _?=$0" (->$1)' in log
    calls = [line for line in made.install if line.startswith(("Call", "File"))]
    assert calls[0] == 'Call "RemoveOlder"'
    assert calls[1] == 'Call "Close"'  # before the first file


def test_that_a_bundle_that_is_not_for_windows_is_refused(product, tmp_path):
    with pytest.raises(ValueError, match="not built on Windows"):
        make_installer(linux_bundle(tmp_path / "linux"), tmp_path, product)


def test_that_a_path_that_windows_could_not_hold_is_refused(product, tmp_path):
    bundle = windows_bundle(tmp_path / "da3studio")
    deep = bundle.joinpath(*["a folder with a long name"] * 8)
    deep.mkdir(parents=True)
    (deep / "x.dll").touch()
    with pytest.raises(ValueError, match="too long for Windows"):
        make_installer(bundle, tmp_path, product)
