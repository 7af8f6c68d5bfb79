"""Everything a command says: sentences for a person, or JSON lines for a program.

What happens on the way goes to standard error, what was asked for to standard output. With
`--json` standard output carries one JSON object per line and nothing else; errors are said on
standard error as well, in every mode.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TextIO

from da3studio.base.errors import EXIT_BUG, UserFacingError
from da3studio.base.i18n import tr


def make_streams_safe() -> None:
    """A character that the console cannot show is escaped instead of ending the program."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # not so for what a test or an embedder put there
            stream.reconfigure(errors="backslashreplace")


class Output:
    """Where a command speaks.

    Args:
        as_json: JSON lines on standard output instead of sentences.
        quiet: errors only.
    """

    def __init__(self, *, as_json: bool = False, quiet: bool = False) -> None:
        self.as_json = as_json
        self.quiet = quiet and not as_json
        self.comment: Callable[[str], None] = _to_stderr  # a live bar puts itself in between

    @property
    def live(self) -> bool:
        """Whether a person watches standard error on a terminal that can redraw a line."""
        if self.as_json or self.quiet or os.environ.get("TERM") == "dumb":
            return False
        return sys.stderr.isatty()

    def tell(self, event: str, sentence: str = "", **fields: Any) -> None:
        """Say one thing that happened on the way, once, in the words of the mode.

        Args:
            event: its name for a program.
            sentence: its words for a person; "" = not worth a line.
            fields: what a program wants to know of it; plain values.
        """
        if self.as_json:
            self._emit({"event": event, **fields})
        elif sentence and not self.quiet:
            self.comment(sentence)

    def answer(self, event: str, text: str, **fields: Any) -> None:
        """Say what was asked for, on standard output."""
        if self.as_json:
            self._emit({"event": event, **fields})
        elif not self.quiet:
            _print(text, sys.stdout)

    def error(self, error: UserFacingError) -> None:
        """Say in three lines what failed, why, and what to do."""
        if self.as_json:
            self._emit(
                {
                    "event": "error",
                    "what": error.what,
                    "why": error.why,
                    "fix": error.fix,
                    "exit_code": error.exit_code,
                }
            )
        _print(tr("Error: {what}").format(what=error.what), sys.stderr)
        _print(f"  {error.why}", sys.stderr)
        _print(f"  {error.fix}", sys.stderr)

    def stopped(self, exit_code: int) -> None:
        """Say that the work was stopped and how to go on."""
        sentence = tr(
            "Stopped. Finished work is kept; run the same command again to go on from there."
        )
        if self.as_json:
            self._emit({"event": "stopped", "exit_code": exit_code})
        if self.live:  # a bar may not come to clear its line and to show the cursor again
            sys.stderr.write("\r\x1b[2K\x1b[?25h")
        _print(sentence, sys.stderr)

    def bug(self, trace: str, ran: str = "da3studio") -> None:
        """Say that the program has a fault, and keep what finds it in a report.

        Args:
            trace: of the exception.
            ran: the command, without what it was given.
        """
        from da3studio.base.crash import write_report

        log = write_report(ran, trace, with_log=False)
        what = tr("The program made a mistake that is not yours; details are in {log}.").format(
            log=log
        )
        if self.as_json:
            self._emit({"event": "bug", "what": what, "log": str(log), "exit_code": EXIT_BUG})
        _print(what, sys.stderr)

    def crashed(self, report: Path) -> None:
        """Say where it is kept that a process of the program died."""
        self.tell(
            "crashed",
            tr("The program stopped unexpectedly; what is known of it is in {file}.").format(
                file=report
            ),
            report=str(report),
        )

    def _emit(self, fields: dict[str, Any]) -> None:
        _print(json.dumps(fields), sys.stdout)  # ASCII, whatever the console's encoding


def _to_stderr(text: str) -> None:
    _print(text, sys.stderr)


def _print(text: str, stream: TextIO) -> None:
    print(text, file=stream, flush=True)
