"""Install a .deb into a bare system, use it there as a person would, remove it, look what is left.

    sudo .venv/bin/python packaging/try_deb.py dist/da3studio_0.1.0_amd64.deb

Needs root, debootstrap, Xvfb and Pillow. The bare system is a folder that debootstrap makes (give
one that is there with --root to save the minutes); only what the package declares is installed into
it. The screen is the host's Xvfb, whose socket is lent. At the end a table of sizes and times; the
exit code is 0 if all of it went well and nothing was left.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")
PERSON = "person"
SCREEN = "1280x800x24"
START_LIMIT_S = 60.0
# What apt, dpkg and caches of the system write whatever is installed.
NOT_LOOKED_AT = ("proc", "dev", "sys", "tmp", "run", "var/cache", "var/log", "var/lib/apt",
                 "var/lib/dpkg", "home", "root", "etc/ld.so.cache")  # fmt: skip


class Root:
    """A system in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def run(self, *command: str, person: str = "root", **variables: str) -> str:
        """Run a command in it, as somebody; returns what it says.

        Raises:
            RuntimeError: it failed; with its last words.
        """
        ran = subprocess.run(
            self.command(*command, person=person, **variables), capture_output=True, text=True
        )
        if ran.returncode:
            said = "\n".join((ran.stdout + ran.stderr).splitlines()[-15:])
            raise RuntimeError(f"{' '.join(command)} ended with {ran.returncode}:\n{said}")
        return ran.stdout

    def command(self, *command: str, person: str = "root", **variables: str) -> list[str]:
        """The same as a command of the host."""
        home = "/root" if person == "root" else f"/home/{person}"
        set_up = {"HOME": home, "PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8",
                  "DEBIAN_FRONTEND": "noninteractive", **_proxies(), **variables}  # fmt: skip
        user = "0:0" if person == "root" else "1000:1000"
        words = ["chroot", f"--userspec={user}", str(self.folder), "env", "-i"]
        inside = ["sh", "-c", 'cd "$HOME" && exec "$@"', "sh", *command]
        return [*words, *(f"{name}={value}" for name, value in set_up.items()), *inside]

    def files(self) -> set[str]:
        """Every file, link and folder, without what `NOT_LOOKED_AT` names."""
        found = set()
        for folder, folders, names in os.walk(self.folder):
            place = Path(folder).relative_to(self.folder)
            folders[:] = [name for name in folders if str(place / name) not in NOT_LOOKED_AT]
            found |= {str(place / name) for name in (*folders, *names)}
        return found - set(NOT_LOOKED_AT)

    def packages(self) -> set[str]:
        """Names of what is installed."""
        return set(self.run("dpkg-query", "-W", "-f", "${Package}\n").split())


def _proxies() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name.lower().endswith("_proxy")}


def main() -> int:
    """Try one package.

    Returns:
        The exit code.
    """
    asked = _understand()
    figures: list[tuple[str, str]] = []
    with ExitStack() as stack:
        folder = asked.root or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        root = Root(folder)
        if not (folder / "usr/bin/apt-get").exists():
            command = ["debootstrap", "--variant=minbase", asked.suite, str(folder)]
            command += [asked.mirror] if asked.mirror else []
            _timed(figures, "bare system made", lambda: subprocess.run(command, check=True))
        stack.enter_context(_mounted(folder))
        try:
            left = _try(root, asked.deb, asked.screenshot, figures)
        except RuntimeError as error:
            print(f"\n{error}", file=sys.stderr)
            return 1
        finally:
            print("\n" + "\n".join(f"{name:<48}{value:>24}" for name, value in figures))
    print("\n".join(["Left behind:", *left]) if left else "Nothing was left behind.")
    return 1 if left else 0


def _try(root: Root, deb: Path, screenshot: Path, figures: list[tuple[str, str]]) -> list[str]:
    """From the installation to the purge; returns what was left behind."""
    root.run("apt-get", "update", "-q")
    if (root.folder / "home" / PERSON).is_dir():  # who tried another one here
        root.run("userdel", "--remove", PERSON)
    root.run("useradd", "--create-home", "--uid", "1000", PERSON)
    files, packages = root.files(), root.packages()
    shutil.copy(deb, root.folder / "tmp" / "x.deb")
    figures.append(("the package", f"{deb.stat().st_size / 1e6:.1f} MB"))
    install = ("apt-get", "install", "-y", "--no-install-recommends", "/tmp/x.deb")  # noqa: S108
    _timed(figures, "installed with apt", lambda: root.run(*install))
    figures.append(("packages that came with it", str(len(root.packages() - packages) - 1)))
    size = sum(p.lstat().st_size for p in (root.folder / "opt").rglob("*") if p.is_file())
    figures.append(("in /opt", f"{size / 1e6:.0f} MB"))

    version = _timed(figures, "da3studio --version", lambda: _as_person(root, "--version"))
    figures.append(("version", version.strip()))
    sample = ("sample", "--preset", "draft", "-o", "sample")
    _timed(figures, "the sample, photos to GLB, draft", lambda: _as_person(root, *sample))
    glbs = list((root.folder / "home" / PERSON / "sample").glob("*.glb"))
    if len(glbs) != 1 or glbs[0].read_bytes()[:4] != b"glTF":
        raise RuntimeError(f"The sample made no GLB: {glbs}")
    figures.append(("the GLB", f"{glbs[0].stat().st_size / 1e6:.2f} MB"))
    with _screen(root) as display:
        for which in ("nothing of it in memory", "again"):
            if which != "again":
                _forget_files()
            seconds = _seconds_to_window(root, display, screenshot)
            figures.append((f"window painted, {which}", f"{seconds:.2f} s"))
    _timed(figures, "purged", lambda: root.run("apt-get", "purge", "-y", "da3studio"))
    root.run("apt-get", "autoremove", "--purge", "-y")
    (root.folder / "tmp" / "x.deb").unlink()
    kept = sorted(str(p.relative_to(root.folder)) for p in (root.folder / "home").glob("*/*"))
    figures.append(("the person's own, kept", ", ".join(kept)))
    return sorted(root.files() - files)


def _as_person(root: Root, *arguments: str) -> str:
    return root.run("da3studio", *arguments, person=PERSON)


def _timed(figures: list[tuple[str, str]], name: str, work: Callable[[], T]) -> T:
    start = time.monotonic()
    result = work()
    figures.append((name, f"{time.monotonic() - start:.1f} s"))
    print(f"{name}: {figures[-1][1]}", flush=True)
    return result


@contextmanager
def _mounted(folder: Path) -> Iterator[None]:
    """What every system has besides its files; and the host's way into the internet."""
    shutil.copy("/etc/resolv.conf", folder / "etc" / "resolv.conf")
    with ExitStack() as stack:
        for place in ("proc", "dev", "dev/shm"):
            subprocess.run(["mount", "--bind", f"/{place}", folder / place], check=True)
            stack.callback(subprocess.run, ["umount", folder / place], check=False)
        yield


@contextmanager
def _screen(root: Root) -> Iterator[str]:
    """A screen that nobody sees, whose socket is in the root, too; gives its name."""
    read, write = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(write), "-screen", "0", SCREEN, "-nolisten", "tcp", "-ac"],
        pass_fds=[write], stderr=subprocess.DEVNULL,
    )  # fmt: skip
    os.close(write)
    with os.fdopen(read) as answer:
        display = f":{answer.readline().strip()}"
    sockets = root.folder / "tmp" / ".X11-unix"
    sockets.mkdir(exist_ok=True)
    subprocess.run(["mount", "--bind", "/tmp/.X11-unix", sockets], check=True)  # noqa: S108
    try:
        yield display
    finally:
        subprocess.run(["umount", sockets], check=False)
        server.terminate()
        server.wait()


def _seconds_to_window(root: Root, display: str, screenshot: Path) -> float:
    """How long it takes until the window shows something, and a picture of it a bit later.

    Raises:
        RuntimeError: nothing was shown, or the program ended with an error.
    """
    from PIL import ImageGrab

    command = root.command("da3studio", person=PERSON, DISPLAY=display, XDG_RUNTIME_DIR="/tmp")  # noqa: S108
    start = time.monotonic()
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as program:
        try:
            while True:
                seconds = time.monotonic() - start
                picture = ImageGrab.grab(xdisplay=display)
                colours = picture.getcolors(maxcolors=64)
                if colours is None or len(colours) > 16:  # more than an empty window has
                    break
                if program.poll() is not None or seconds > START_LIMIT_S:
                    raise RuntimeError(f"No window: {program.stdout and program.stdout.read()!r}")
                time.sleep(0.02)
            time.sleep(4)  # pictures of cards and what else comes after
            ImageGrab.grab(xdisplay=display).save(screenshot)
        finally:
            program.terminate()
        if program.wait(20) != 0:
            raise RuntimeError(f"The window ended with {program.returncode}.")
    return seconds


def _forget_files() -> None:
    """Let the system read files from the disk again, as after it was switched on."""
    os.sync()
    Path("/proc/sys/vm/drop_caches").write_text("3", "ascii")


def _understand() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Try a .deb in a bare system.")
    parser.add_argument("deb", type=Path)
    parser.add_argument("--root", type=Path, help="folder of a bare system [default: a new one]")
    parser.add_argument("--suite", default="bookworm", help="[default: bookworm]")
    parser.add_argument("--mirror", help="where the packages are [default: debootstrap's own]")
    parser.add_argument("--screenshot", type=Path, default=Path("window.png"))
    asked = parser.parse_args()
    if os.geteuid() != 0:
        parser.error("only root can make a system in a folder")
    return asked


if __name__ == "__main__":
    sys.exit(main())
