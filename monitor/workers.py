"""Pure work on the store in processes of their own: each reads the database, none writes it.

Promises: results in the order of the lots, with few lots waiting at a time; one process or little work stays in this
one; processes begin with the first work that is worth their start, serve all that comes after it, and end with their
parent however it ends. Leaves alone: what is done with a lot, and writing (standing.py, rejudging.py, lookalikes.py).
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

from crawler.roster import Roster
from crawler.store import Store
from extract import configuration
from monitor.exceptions import MonitorError
from monitor.holdings import Records

Result = TypeVar("Result")
_WAITING = 3
"""Lots a process that are under way at once."""


@dataclass(slots=True)
class Desk:
    """What work has at hand: a connection it only reads from, the roster, stored reports unpacked, and what work of its
    own kind left there for the lots to come."""

    connection: sqlite3.Connection
    roster: Roster
    records: Records = field(init=False)
    left: dict[Any, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.records = Records(self.connection)


Work = Callable[[Desk, Any], list[Result]]
"""A function of a module's top level, so that any process can import it."""


class Crew:
    """So many processes for the work of one judgement; close it, or use it as a context manager."""

    def __init__(self, database: Path, roster: Roster, processes: int = 1) -> None:
        self.database, self.roster, self.processes = database, roster, processes
        self._pool: ProcessPoolExecutor | None = None

    def __enter__(self) -> Crew:
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None,
                 trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Let the processes end; what waits is not begun."""
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
            self._pool = None

    def results(self, work: Work[Result], lots: Iterable[Any], much: bool = True) -> Iterator[Result]:
        """What `work` makes of every lot, in order. `much`: whether it is worth starting processes. Raises MonitorError
        when a process dies."""
        if self.processes < 2 or not (much or self._pool):
            with Store(self.database).read() as connection:
                desk = Desk(connection, self.roster)
                for lot in lots:
                    yield from work(desk, lot)
            return
        waiting: deque[Future[list[Result]]] = deque()
        try:
            pool = self._pool = self._pool or self._opened()
            for lot in lots:
                waiting.append(pool.submit(_do, work, lot))
                if len(waiting) > _WAITING * self.processes:
                    yield from waiting.popleft().result()
            while waiting:
                yield from waiting.popleft().result()
        except BrokenExecutor as fault:
            self.close()
            raise MonitorError(f"a judging process died ({fault}); memory may be short: lower [reading] workers, then "
                               "run it again, what was judged is kept") from fault

    def _opened(self) -> ProcessPoolExecutor:
        # Spawned, not forked: a child must never carry this process's connection.
        return ProcessPoolExecutor(
            self.processes, multiprocessing.get_context("spawn"), _begin,
            (self.database, self.roster, configuration.office_folder(), gc.get_threshold()))


def cut(items: Any, size: int) -> Iterator[Any]:
    """The items, of any kind that can be sliced, in lots of at most `size`."""
    return (items[start:start + size] for start in range(0, len(items), size))


_desk: Desk | None = None


def _begin(database: Path, roster: Roster, office: Path | None, collector: tuple[int, int, int]) -> None:
    """What a process knows for all its lots; it looks for dead objects as seldom as its parent, and never among the
    roster's."""
    global _desk
    threading.Thread(target=_end_with_parent, name="keeper", daemon=True).start()
    gc.set_threshold(*collector)
    gc.freeze()
    configuration.use_office_folder(office)
    _desk = Desk(Store(database).open(), roster)


def _end_with_parent() -> None:
    """A pool whose parent was killed would wait for work for ever, with a roster in its memory."""
    parent = multiprocessing.parent_process()
    assert parent is not None, "a process of a pool has a parent"
    parent.join()
    os._exit(1)


def _do(work: Work[Result], lot: Any) -> list[Result]:
    assert _desk is not None, "a process begins with _begin"
    return work(_desk, lot)
