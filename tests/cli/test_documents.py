"""What README and docs/cli.md say is true."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from da3studio.base import errors
from da3studio.cli.parsing import build_parser
from tests.cli.conftest import ENVIRONMENT
from tests.conftest import ROOT

README = (ROOT / "README.md").read_text("utf-8")
MANUAL = (ROOT / "docs" / "cli.md").read_text("utf-8")


def test_that_the_manual_lists_exactly_the_exit_codes_there_are():
    ours = {errors.EXIT_OK, errors.EXIT_BUG, errors.EXIT_USAGE, errors.EXIT_CANCELLED, 141}
    table = MANUAL.split("## Exit codes")[1].split("##")[0]
    listed = {int(code) for code in re.findall(r"^\| (\d+) \|", table, re.MULTILINE)}

    assert listed == ours | {family.exit_code for family in errors.FAMILIES}


def test_that_the_manual_lists_exactly_the_commands_there_are():
    (commands,) = (a for a in build_parser()._actions if a.dest == "command")
    table = MANUAL.split("| command |")[1].split("\n\n")[0]

    assert re.findall(r"^\| `(\w+)", table, re.MULTILINE) == list(commands.choices)


def test_that_every_command_line_in_the_documents_is_understood():
    lines = re.findall(r"^(?:\$ )?da3studio (?!COMMAND)(.*)$", MANUAL, re.MULTILINE)
    lines += re.findall(r"bootstrap\.py run -- (?!COMMAND)(.*)$", README + MANUAL, re.MULTILINE)
    for line in lines:
        words = re.split(r" \||  |`", line)[0]  # without pipe, remark or end of quotation
        build_parser().parse_args(words.split())
    assert len(lines) >= 7


@pytest.mark.parametrize(
    ("text", "folder"), [(README, ROOT), (MANUAL, ROOT / "docs")], ids=["README", "manual"]
)
def test_that_every_link_leads_somewhere(text, folder):
    for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", text):
        assert (folder / target).exists(), target


@pytest.mark.slow
def test_that_the_python_example_of_the_readme_runs(tmp_path, sample_photos):
    (code,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    (tmp_path / "photos").symlink_to(sample_photos)
    ran = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=ENVIRONMENT, capture_output=True, text=True
    )

    assert ran.returncode == 0, ran.stderr
    assert (tmp_path / "scan.glb").stat().st_size > 100_000
