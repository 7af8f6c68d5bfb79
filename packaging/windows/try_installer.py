r"""Install the finished installer of `dist`, use the program as a person would, and remove it.

    .venv\Scripts\python packaging\windows\try_installer.py --screenshot window.png

Only for a Windows host, where nobody's copy is installed. It has not been run where it was written.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

DIST = Path(__file__).resolve().parents[2] / "dist"
START_LIMIT_S = 60.0
UNINSTALL = r"HKCU\Software\Microsoft\Windows\CurrentVersion\Uninstall\da3studio"
KEYS = (UNINSTALL, r"HKCU\Software\Classes\DA3Studio.Project", r"HKCU\Software\Classes\.da3",
        r"HKCU\Software\Classes\Directory\shell\DA3Studio", r"HKCU\Software\da3studio")  # fmt: skip


def main() -> int:
    """Try it.

    Returns:
        The exit code: 0 if all went well and nothing was left.
    """
    parser = argparse.ArgumentParser(description="Try the installer of dist.")
    parser.add_argument("--screenshot", type=Path, default=Path("window.png"))
    screenshot = parser.parse_args().screenshot
    (setup,) = DIST.glob("*-setup.exe")
    place = Path(os.environ["LOCALAPPDATA"]) / "Programs" / "DA3 Studio"
    for _ in range(2):  # the second time over itself, as an upgrade
        _timed("installed", [setup, "/S"])
    problems = [f"not written: {key}" for key in KEYS if not _has(key)]
    with tempfile.TemporaryDirectory() as folder:
        command = [place / "da3studio.exe", "sample", "--preset", "draft", "-o", folder]
        _timed("the sample, photos to GLB, draft", command)
        (glb,) = Path(folder).glob("*.glb")
        if glb.read_bytes()[:4] != b"glTF":
            problems.append("the sample made no GLB")
    _look(place / "DA3 Studio.exe", screenshot)  # and leaves it open, to be closed politely
    _timed("removed", [place / "uninstall.exe", "/S", f"_?={place}"])
    (place / "uninstall.exe").unlink(missing_ok=True)  # with _?= it cannot remove itself
    problems += [f"left behind: {key}" for key in KEYS if _has(key)]
    problems += [f"left behind: {path}" for path in place.rglob("*") if path.is_file()]
    print("\n".join(problems) or "Nothing was left behind.")
    return 1 if problems else 0


def _timed(name: str, command: list[str | Path]) -> None:
    start = time.monotonic()
    # As one line: the installer wants what follows _?= without quotation marks.
    line = " ".join([f'"{command[0]}"', *map(str, command[1:])])
    subprocess.run(line, check=True)
    print(f"{name}: {time.monotonic() - start:.1f} s", flush=True)


def _has(key: str) -> bool:
    return subprocess.run(["reg", "query", key], capture_output=True).returncode == 0


def _look(program: Path, screenshot: Path) -> None:
    """Start the window and take a picture of the screen when it has changed."""
    from PIL import ImageChops, ImageGrab

    before = ImageGrab.grab()
    start = time.monotonic()
    subprocess.Popen([program])
    while time.monotonic() - start < START_LIMIT_S:
        changed = ImageChops.difference(before, ImageGrab.grab()).getbbox()
        if changed and (changed[2] - changed[0]) > 400:
            break
        time.sleep(0.05)
    print(f"window on the screen: {time.monotonic() - start:.2f} s", flush=True)
    time.sleep(4)
    screenshot.parent.mkdir(parents=True, exist_ok=True)
    ImageGrab.grab().save(screenshot)


if __name__ == "__main__":
    sys.exit(main())
