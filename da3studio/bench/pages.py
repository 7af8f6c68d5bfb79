"""What all pages of results have in common."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from da3studio.bench.costs import StageCost
from da3studio.bench.machine import machine_lines
from da3studio.bench.markdown import number, table


@dataclass(frozen=True)
class Made:
    """How a page came about."""

    command: str
    preset: str  # "" = of no influence
    program: str  # digest of the sources and settings, see `machine.made_by`


def head(title: str, made: Made) -> str:
    """Title, date, command, machine and versions."""
    machine, versions = machine_lines()
    settings = [f"- Settings: preset `{made.preset}`"] if made.preset else []
    return "\n".join(
        [
            f"# {title}",
            "",
            f"Made on {datetime.now(UTC):%Y-%m-%d} by this command, not by hand:",
            "",
            "```",
            made.command,
            "```",
            "",
            f"- Machine: {machine}",
            f"- Versions: {versions}",
            *settings,
            f"- Digest of sources and settings: `{made.program[:12]}`",
        ]
    )


def cost_cells(cost: StageCost) -> tuple[str, str, str]:
    """Wall seconds, CPU seconds, peak memory."""
    memory = f"{cost.peak_memory_bytes / 1e9:.2f} GB"
    return number(cost.seconds), number(cost.cpu_seconds), memory


def cost_table(costs: Sequence[StageCost]) -> str:
    """A row per stage."""
    titles = ("stage", "wall s", "CPU s", "peak memory")
    return table(titles, [(cost.stage, *cost_cells(cost)) for cost in costs])
