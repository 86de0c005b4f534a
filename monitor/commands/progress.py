"""Progress of long commands on a terminal: one line that is rewritten, with the time the rest will take.

Promises: nothing at all where stderr is no terminal, so that logs and pipes hold results only; the time left is
reckoned from what this call has finished, not from what an earlier one had. Leaves alone: results.
"""

from __future__ import annotations

import shutil
import sys
import time
from typing import TYPE_CHECKING

from monitor import printing

if TYPE_CHECKING:
    from monitor.patrol import Progress
    from monitor.wording import Lang

EVERY = 0.2
"""Seconds between two rewritings of the line."""


class Teller:
    """Called with each Progress; the line of a step ends when the step does."""

    def __init__(self, lang: Lang) -> None:
        self.lang = lang
        self._told = 0.0
        self._begun: dict[str, tuple[float, int]] = {}
        self._open = ""

    def __call__(self, progress: Progress) -> None:
        from monitor import wording

        if not sys.stderr.isatty() or not progress.total:
            return
        now = time.monotonic()
        begun, before = self._begun.setdefault(progress.step, (now, progress.done))
        last = progress.done >= progress.total
        if now - self._told < EVERY and not last and self._open == progress.step:
            return
        portal, _, outcome = progress.detail.partition(" ")
        said = wording.outcome_words(outcome, self.lang)[0] if outcome else ""
        text = wording.say(f"{progress.step}_progress", self.lang, done=progress.done, total=progress.total,
                           detail=f"{portal} {said}".strip() or "…")
        finished = progress.done - before
        if finished > 0 and not last:
            text += "  " + wording.say("time_left", self.lang,
                                       t=clock_face((now - begun) / finished * (progress.total - progress.done)))
        self._write(text, progress.step, last)
        self._told = now

    def _write(self, text: str, step: str, last: bool) -> None:
        from rich.cells import set_cell_size

        fresh = "\n" if self._open not in ("", step) else ""
        shown = set_cell_size(printing.shown(text), shutil.get_terminal_size().columns - 1).rstrip()
        sys.stderr.write(f"{fresh}\r\x1b[2K{shown}" + ("\n" if last else ""))
        sys.stderr.flush()
        self._open = "" if last else step


def clock_face(seconds: float) -> str:
    """0:42, 12:05, 3:20:00."""
    whole = round(seconds)
    hours, minutes, rest = whole // 3600, whole // 60 % 60, whole % 60
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
