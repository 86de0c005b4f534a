"""Pure work on stored reports in processes of their own: each reads the database, none writes it.

Promises: results in the order of the lots, with few lots waiting at a time; one worker or little work stays in this
process. Leaves alone: what is done with a lot, and writing (rejudging.py, lookalikes.py).
"""

from __future__ import annotations

import gc
import multiprocessing
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from crawler.store import Store
from extract import configuration
from monitor.exceptions import MonitorError
from monitor.holdings import Records

Result = TypeVar("Result")
Work = Callable[[Records, Any], list[Result]]
"""A function of a module's top level, so that any process can import it."""
_WAITING = 3
"""Lots a worker that are under way at once."""


def results(database: Path, work: Work[Result], lots: Iterable[Any], workers: int) -> Iterator[Result]:
    """What `work` makes of every lot, in order; in this process where `workers` is 1. Raises MonitorError when a worker
    dies."""
    if workers < 2:
        with Store(database).read() as connection:
            held = Records(connection)
            for lot in lots:
                yield from work(held, lot)
        return
    # Spawned, not forked: a child must never carry this process's connection.
    context = multiprocessing.get_context("spawn")
    waiting: deque[Future[list[Result]]] = deque()
    with ProcessPoolExecutor(workers, context, _begin,
                             (database, configuration.office_folder(), gc.get_threshold())) as pool:
        try:
            for lot in lots:
                waiting.append(pool.submit(_do, work, lot))
                if len(waiting) > _WAITING * workers:
                    yield from waiting.popleft().result()
            while waiting:
                yield from waiting.popleft().result()
        except BrokenExecutor as fault:
            raise MonitorError(f"a judging process died ({fault}); memory may be short: lower [reading] workers, then "
                               "run it again, what was judged is kept") from fault


def cut(items: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    """The items in lots of at most `size`."""
    return (items[start:start + size] for start in range(0, len(items), size))


_held: Records | None = None


def _begin(database: Path, office: Path | None, collector: tuple[int, int, int]) -> None:
    """What a worker process knows for all its lots; it looks for dead objects as seldom as its parent."""
    global _held
    gc.set_threshold(*collector)
    configuration.use_office_folder(office)
    _held = Records(Store(database).open())


def _do(work: Work[Result], lot: Any) -> list[Result]:
    assert _held is not None, "a worker begins with _begin"
    return work(_held, lot)
