"""What a case costs."""

from __future__ import annotations

from dataclasses import dataclass

from da3studio.pipeline.events import Event, StageDone
from da3studio.pipeline.metering import Metered


@dataclass
class Cost:
    """Sum over everything that was metered for it."""

    seconds: float = 0.0
    peak_memory_bytes: int = 0  # of the whole process, looked at four times a second

    def meter(self) -> Metered:
        """Add what the block costs."""
        return Metered(self._hear, "depth", "", 0)

    def _hear(self, event: Event) -> None:
        if isinstance(event, StageDone):
            self.seconds += event.seconds
            self.peak_memory_bytes = max(self.peak_memory_bytes, event.peak_memory_bytes)
