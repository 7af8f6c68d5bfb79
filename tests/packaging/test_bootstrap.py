"""The command line of `packaging/bootstrap.py`, and what it costs when nothing is to be done."""

import ast
import statistics
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest
from bootstrapping.commands import has_screen, program_arguments, understand
from bootstrapping.stamp import Wish

SCRIPT = Path(__file__).resolve().parents[2] / "packaging/bootstrap.py"


def bootstrap(checkout: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command line on another checkout than the one it lies in."""
    code = textwrap.dedent(
        f"""
        import sys, pathlib
        sys.path.insert(0, {str(SCRIPT.parent)!r})
        from bootstrapping.commands import main
        sys.exit(main({list(arguments)!r}, checkout=pathlib.Path({str(checkout)!r})))
        """
    )
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=checkout, timeout=60
    )


def test_that_what_follows_the_dashes_is_the_programs():
    order = understand(["run", "--", "reconstruct", "my photos", "-o", "scan.glb", "--", "x"])

    assert order.command == "run"
    assert order.arguments == ["reconstruct", "my photos", "-o", "scan.glb", "--", "x"]
    assert order.wish == Wish()


def test_that_options_before_the_dashes_are_ours():
    order = understand(["test", "--torch-index", "https://there.example", "--", "-k", "mesh"])

    assert order.wish == Wish(frozenset({"test"}), torch_index="https://there.example")
    assert order.arguments == ["-k", "mesh"]
    assert understand(["setup", "--fresh"]).wish.fresh


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        ([], "required: COMMAND"),
        (["start"], "invalid choice: 'start'"),
        (["run", "reconstruct", "photos"], "run -- reconstruct photos"),
        (["setup", "--", "x"], "nothing can follow --"),
    ],
)
def test_that_a_wrong_command_line_says_what_is_right(argv, message, capsys):
    with pytest.raises(SystemExit) as left:
        understand(argv)

    assert left.value.code == 2
    assert message in capsys.readouterr().err


def test_that_without_arguments_the_sample_is_shown_until_there_is_a_window(checkout):
    assert program_arguments([], checkout) == ["sample"]
    assert program_arguments(["models"], checkout) == ["models"]


def test_that_a_screen_is_looked_for_on_linux_only():
    assert has_screen("linux", {"DISPLAY": ":0"})
    assert has_screen("linux", {"WAYLAND_DISPLAY": "wayland-0"})
    assert not has_screen("linux", {"DISPLAY": ""})
    assert has_screen("win32", {})


def test_that_the_first_file_can_be_read_by_python_3_8():
    ast.parse(SCRIPT.read_text(), feature_version=(3, 8))


def test_that_arguments_and_exit_code_pass_through(checkout):
    done = bootstrap(checkout, "run", "--", "reconstruct", "my photos", "-o", "a b.glb")

    assert done.stdout.strip() == "['reconstruct', 'my photos', '-o', 'a b.glb']"
    assert done.stderr == ""
    assert done.returncode == 7


def test_that_with_nothing_to_do_a_start_takes_under_a_second(checkout):
    def seconds() -> float:
        started = time.perf_counter()
        assert bootstrap(checkout, "run").returncode == 7
        return time.perf_counter() - started

    # Two interpreter starts included. 0.1 s on an idle machine; the bound allows for a busy one
    # and is still far below anything that starts pip.
    assert statistics.median(seconds() for _ in range(3)) < 1


def test_that_nothing_to_do_writes_nothing(checkout, environment):
    before = environment.contents(), sorted(path.name for path in checkout.iterdir())

    assert bootstrap(checkout, "setup").returncode == 0

    assert (environment.contents(), sorted(path.name for path in checkout.iterdir())) == before
    assert not environment.log.exists()
