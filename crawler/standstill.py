"""A watch over the crawl's own computing: one page may not hold up every other portal.

The crawl is one thread; a page on which one of our patterns computes for hours would stop it, and a resumed scan would
stop at the same page again. Promises: a task that computes for `seconds` of processor time while it asks for nothing is
ended with StandstillError, which costs its list or its page and no more. Leaves alone: waiting (timeouts of the
download), documents (read under extract.limits).
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Callable, Iterator
from types import FrameType

SECONDS = 30
"""Of processor time; the largest pages seen take a tenth of a second."""


class StandstillError(Exception):
    """Raised inside a task that computed for too long. No CrawlerError: the scan goes on."""


@contextlib.contextmanager
def watched(progress: Callable[[], int], seconds: int = SECONDS, tick: float = 1.0) -> Iterator[None]:
    """Watch the tasks of this thread's event loop (the main one: it is done by a signal) until the block ends.
    `progress` is a number that grows whenever something is asked for; `seconds` counts in ticks."""
    seen: tuple[int, int] | None = None
    times = 0

    def look(_number: int, _frame: FrameType | None) -> None:
        nonlocal seen, times
        try:
            task = asyncio.current_task()
        except RuntimeError:  # no loop is running
            task = None
        now = None if task is None else (id(task), progress())
        times = times + 1 if now is not None and now == seen else 0
        seen = now
        if times >= seconds:
            seen, times = None, 0
            raise StandstillError(f"more than {seconds * tick:g} s of computing without asking for anything; "
                                  "the page is made to break readers, or shows a fault of nianbao")

    before = signal.signal(signal.SIGVTALRM, look)
    signal.setitimer(signal.ITIMER_VIRTUAL, tick, tick)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
