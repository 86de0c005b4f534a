"""What the serving process holds for all who ask: settings, store, evidence, roster.

Promises: the roster follows its files without a restart (looked at once in a few seconds; a broken file keeps the last
good roster and is logged); board and sums follow every judgement, large ones behind the readers' backs. Leaves alone:
who asks (asked.py), what they hold (board.py, sums.py).
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crawler.evidence import Evidence
from crawler.exceptions import CrawlerError
from crawler.roster import Roster
from crawler.store import Store
from extract import configuration
from extract.exceptions import ExtractError
from monitor.web import board, sums

if TYPE_CHECKING:
    import sqlite3

    from monitor.settings import Settings
    from monitor.web.board import Board
    from monitor.web.sums import Sums
    from monitor.wording import Lang

LOOK = 5.0
"""Seconds between two looks at whether the facts have changed."""
AT_ONCE = 50_000
"""Standings up to which a board is loaded while its reader waits; more are loaded while the old board serves."""
log = logging.getLogger("nianbao.web")


class Installation:
    """One office's settings, store and roster. `lang` is the language without a prefix in addresses."""

    def __init__(self, settings: Settings, store: Store, lang: Lang) -> None:
        self.settings, self.store, self.lang = settings, store, lang
        self._lock = threading.Lock()
        self._looked = 0.0
        self._mark: tuple[tuple[str, int, int], ...] = ()
        self._roster: Roster | None = None
        self._reaches: dict[tuple[str, ...], tuple[Roster, frozenset[str]]] = {}
        self._loading = threading.Lock()
        self._board: Board | None = None
        self._board_mark: tuple[Any, ...] = ()
        self._board_roster: Roster | None = None
        self._adding = threading.Lock()
        self._sums: Sums | None = None

    @property
    def other(self) -> Lang:
        return "en" if self.lang == "zh" else "zh"

    @cached_property
    def evidence(self) -> Evidence:
        return Evidence(self.settings.store.evidence)

    @contextlib.contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        with self.store.read() as connection:
            connection.execute("PRAGMA query_only = ON")
            yield connection

    @property
    def roster(self) -> Roster:
        """The roster as its files say now. Raises CrawlerError or ExtractError only when none could ever be read."""
        with self._lock:
            if self._roster is not None and time.monotonic() - self._looked < LOOK:
                return self._roster
            self._looked = time.monotonic()
            mark = self._facts()
            if self._roster is None:
                self._roster, self._mark = Roster.load(), mark
            elif mark != self._mark:
                self._mark = mark
                try:
                    configuration.load.cache_clear()
                    self._roster = Roster.load()
                except (CrawlerError, ExtractError) as fault:
                    log.error("the roster as it was stays in use: %s", fault)
            return self._roster

    def reach(self, tops: tuple[str, ...]) -> frozenset[str]:
        """Ids of these bodies and all below them; walked once for each state of the roster."""
        roster = self.roster
        held = self._reaches.get(tops)
        if held is None or held[0] is not roster:
            found = frozenset(body.id for top in tops if top in roster.bodies for body in roster.under(top))
            held = self._reaches[tops] = (roster, found)
        return held[1]

    @property
    def board(self) -> Board:
        """How everything stands as last judged. A newer large judgement shows once it is loaded."""
        roster = self.roster
        with self.read() as connection:
            mark = board.mark(connection)
        held = self._board
        if held is not None and self._current(roster, mark):
            return held
        if held is None or held.size <= AT_ONCE:
            with self._loading:
                return self._loaded(roster, mark)
        if self._loading.acquire(blocking=False):
            threading.Thread(target=self._behind, args=(roster, mark), daemon=True).start()
        return held

    def _behind(self, roster: Roster, mark: tuple[Any, ...]) -> None:
        try:
            self._loaded(roster, mark)
        except Exception as fault:
            log.error("the board as it was stays in use: %s", fault)
        finally:
            self._loading.release()

    def _loaded(self, roster: Roster, mark: tuple[Any, ...]) -> Board:
        if self._board is None or not self._current(roster, mark):
            with self.read() as connection:
                connection.execute("BEGIN")  # one state for the mark and the rows
                mark = board.mark(connection)
                self._board = board.load(connection, roster)
            self._board_mark, self._board_roster = mark, roster
        return self._board

    def _current(self, roster: Roster, mark: tuple[Any, ...]) -> bool:
        return self._board_roster is roster and mark == self._board_mark

    @property
    def sums(self) -> Sums | None:
        """What the reports' tables hold, added up; of a large board the last ones until they are added up anew, None
        before they first were."""
        current, held = self.board, self._sums
        if held is not None and held.board is current:
            return held
        if current.size <= AT_ONCE:
            with self._adding:
                self._add(current)
        elif self._adding.acquire(blocking=False):
            threading.Thread(target=self._add_behind, args=(current,), daemon=True).start()
        return self._sums

    def _add_behind(self, current: Board) -> None:
        try:
            self._add(current)
        except Exception as fault:
            log.error("the sums as they were stay in use: %s", fault)
        finally:
            self._adding.release()

    def _add(self, current: Board) -> None:
        if self._sums is None or self._sums.board is not current:
            with self.read() as connection:
                self._sums = sums.load(connection, current)

    def _facts(self) -> tuple[tuple[str, int, int], ...]:
        folder = self.settings.facts.folder
        paths = sorted(path for path in Path(folder).rglob("*") if path.is_file()) if folder else []
        marks = []
        for path in paths:
            with contextlib.suppress(OSError):
                found = path.stat()
                marks.append((str(path), found.st_mtime_ns, found.st_size))
        return tuple(marks)
