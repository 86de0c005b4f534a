"""How everything stands, in memory: what the overview, progress, regions and trends count, at national size.

Promises: an unchanging snapshot of one judgement, lines (body, scope) in roster order by years, newest first; its
numbers are those of `compliance`; which report, when checked and what is wrong is asked of the store for the few rows
shown. Leaves alone: when to load anew (installation.py), what evidence there is.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy

from monitor.compliance import OWED, TOLD_BY_STATUS, Totals
from monitor.model import Status
from monitor.rules import catalogue
from monitor.transitions import SETTLED
from monitor.web.bodies import Bodies

if TYPE_CHECKING:
    import sqlite3

    from numpy.typing import NDArray

    from crawler.roster import Roster
    from monitor.web.bodies import Mask

Key = tuple[str, str, int]
"""Body, scope, year."""
STATUSES = tuple(Status)
NEVER = -32768
"""Stands where no number of days is known."""
_LOT = 50_000
_CODE = {status.value: number for number, status in enumerate(STATUSES)}
_OWED = numpy.array([status in OWED for status in STATUSES])


class _Codes(dict[Any, int]):
    """Numbers for words, given as they are met."""

    def __missing__(self, key: Any) -> int:
        self[key] = found = len(self)
        return found


class _Days(dict[Any, int]):
    """Ordinals of ISO days, 0 for none or for what is no day."""

    def __missing__(self, key: Any) -> int:
        try:
            found = date.fromisoformat(key[:10]).toordinal() if key else 0
        except ValueError:
            found = 0
        self[key] = found
        return found


@dataclass(frozen=True, slots=True)
class Filter:
    """What of the board is asked for; an empty field asks for everything. `under`: a body and all below it; `year`:
    which year the counts and the status are about, and the only one shown; `search`: words of a name."""

    under: str = ""
    level: str = ""
    kind: str = ""
    scope: str = ""
    year: int | None = None
    status: str = ""
    search: str = ""

    def query(self, **other: Any) -> dict[str, str]:
        """The fields as a query of an address, without the empty ones."""
        held = replace(self, **other)
        named = {"under": held.under, "level": held.level, "kind": held.kind, "scope": held.scope,
                 "year": held.year, "status": held.status, "q": held.search}
        return {name: str(value) for name, value in named.items() if value}


@dataclass(frozen=True, slots=True)
class Cell:
    """How one obligation stands. `days`: late by; `published`, `due`: days, None where not known."""

    year: int
    status: Status
    days: int | None
    published: date | None
    due: date | None


@dataclass(frozen=True, slots=True)
class Line:
    """One body and scope with a cell for each year shown, None where nothing is owed."""

    body: str
    name: str
    scope: str
    cells: tuple[Cell | None, ...]


@dataclass(frozen=True, eq=False)
class Board:
    """`status`, `days`, `published`, `due`, `tier` and `cause` are arrays of lines by years; `body` and `scope` tell
    whose a line is. Days are ordinals, 0 where unknown; `tier`, `scope` and `cause` number the words beside them."""

    at: str
    bodies: Bodies
    years: tuple[int, ...]
    scopes: tuple[str, ...]
    tiers: tuple[str, ...]
    causes: tuple[tuple[str, str | None], ...]
    """Reason and outcome, as standings hold them."""
    body: NDArray[Any]
    scope: NDArray[Any]
    status: NDArray[Any]
    days: NDArray[Any]
    published: NDArray[Any]
    due: NDArray[Any]
    tier: NDArray[Any]
    cause: NDArray[Any]

    @property
    def newest(self) -> int | None:
        return self.years[0] if self.years else None

    @property
    def size(self) -> int:
        """How many cells."""
        return int(self.status.size)

    def pick(self, asked: Filter, reach: Collection[str] | None = None) -> Picked:
        """The lines a filter leaves of those a person sees."""
        mask = self.bodies.within(reach)
        if asked.under:
            mask = mask & self.bodies.under(asked.under)
        if asked.level:
            mask = mask & self.bodies.of_level(asked.level)
        if asked.kind:
            mask = mask & self.bodies.of_kind(asked.kind)
        if asked.search.strip():
            mask = mask & self.bodies.named(asked.search)
        return self.pick_mask(asked, mask)

    def pick_mask(self, asked: Filter, mask: Mask) -> Picked:
        """The lines of the bodies in `mask`, by the filter's scope, year and status."""
        lines = numpy.flatnonzero(mask[self.body]) if self.body.size else numpy.zeros(0, numpy.int64)
        if asked.scope:
            wanted = self.scopes.index(asked.scope) if asked.scope in self.scopes else -1
            lines = lines[self.scope[lines] == wanted]
        return Picked(self, asked, lines)


@dataclass(frozen=True, eq=False)
class Picked:
    """What a filter leaves. Counts follow every part of the filter but the status; `lines` follows that too."""

    board: Board
    asked: Filter
    counted: NDArray[Any]
    _totals: dict[int, Totals] = field(default_factory=dict, repr=False)

    @property
    def year(self) -> int | None:
        """The year the status is about."""
        return self.asked.year if self.asked.year is not None else self.board.newest

    @property
    def years(self) -> tuple[int, ...]:
        """The years shown, newest first."""
        if self.asked.year is None:
            return self.board.years
        return (self.asked.year,) if self.asked.year in self.board.years else ()

    @cached_property
    def lines(self) -> NDArray[Any]:
        """Numbers of the board's lines shown: those with the status in the year, or with any in the year asked for."""
        found = self.counted
        if self.asked.year is None and not self.asked.status:
            return found
        held = self.of_year(self.board.status, self.year)
        return found[held == _CODE.get(self.asked.status, -2)] if self.asked.status else found[held >= 0]

    def of_year(self, array: NDArray[Any], year: int | None) -> NDArray[Any]:
        """What an array of the board holds of one year for the lines counted; nothing (-1) of a year it lacks."""
        if year not in self.board.years:
            return numpy.full(len(self.counted), -1, array.dtype)
        found: NDArray[Any] = array[:, self.board.years.index(year)][self.counted]
        return found

    def totals(self, year: int | None = None) -> Totals:
        """How many obligations of a year stand how, by compliance's denominators."""
        year = self.year if year is None else year
        if year is None:
            return Totals({})
        if year not in self._totals:
            held = self.of_year(self.board.status, year)
            number = numpy.bincount(held[held >= 0], minlength=len(STATUSES))
            self._totals[year] = Totals({status.value: int(number[code]) for code, status in enumerate(STATUSES)
                                         if number[code]})
        return self._totals[year]

    def owed(self, year: int | None) -> NDArray[Any]:
        """Of the lines counted, which owe a report of the year, as a mask."""
        held = self.of_year(self.board.status, year)
        found: NDArray[Any] = (held >= 0) & _OWED[held]
        return found

    def bodies_owing(self, year: int | None) -> int:
        held = self.board.body[self.counted[self.owed(year)]]  # in order, since lines are
        return int(numpy.count_nonzero(held[1:] != held[:-1])) + 1 if len(held) else 0

    def __len__(self) -> int:
        """How many lines are shown."""
        return len(self.lines)

    def rows(self, start: int = 0, stop: int | None = None) -> Iterator[Line]:
        """The lines shown, or a page of them."""
        board, columns = self.board, [self.board.years.index(year) for year in self.years]
        for number in self.lines[start:stop]:
            body = int(board.body[number])
            cells = tuple(self._cell(number, column) for column in columns)
            yield Line(board.bodies.ids[body], board.bodies.names[body], board.scopes[board.scope[number]], cells)

    def _cell(self, number: Any, column: int) -> Cell | None:
        board = self.board
        status = int(board.status[number, column])
        if status < 0:
            return None
        days = int(board.days[number, column])
        return Cell(board.years[column], STATUSES[status], None if days == NEVER else days,
                    *(date.fromordinal(int(each[number, column])) if each[number, column] else None
                      for each in (board.published, board.due)))


# ---------------------------------------------------------------- loading
def mark(connection: sqlite3.Connection) -> tuple[Any, ...]:
    """Changes with every judgement stored; cheap."""
    stamp = connection.execute("SELECT at FROM standing LIMIT 1").fetchone()
    number = connection.execute("SELECT number FROM judgement").fetchone()
    return (stamp and stamp[0], number and number[0])


def load(connection: sqlite3.Connection, roster: Roster) -> Board:
    """The stored standings as a board; about 2 µs each."""
    cursor = connection.cursor()
    cursor.row_factory = None
    cursor.execute("SELECT body, scope, year, status, days_late, published, due, tier, reason, outcome, at "
                   "FROM standing ORDER BY body, scope, year")
    names, scopes, tiers, causes, days = _Codes(), _Codes(), _Codes(), _Codes(), _Days()
    lots: list[list[NDArray[Any]]] = []
    at = ""
    while rows := cursor.fetchmany(_LOT):
        body, scope, year, status, late, published, due, tier, reason, outcome, stamps = zip(*rows, strict=True)
        at = at or stamps[0]
        count = len(rows)
        lots.append([
            _numbers(map(names.__getitem__, body), numpy.int32, count),
            _numbers(map(scopes.__getitem__, scope), numpy.int8, count),
            numpy.array(year, numpy.int16),
            _numbers(map(_CODE.__getitem__, status), numpy.int8, count),
            _numbers((NEVER if each is None else max(min(each, 32767), -32767) for each in late), numpy.int16, count),
            _numbers(map(days.__getitem__, published), numpy.int32, count),
            _numbers(map(days.__getitem__, due), numpy.int32, count),
            _numbers(map(tiers.__getitem__, tier), numpy.int8, count),
            _numbers(map(causes.__getitem__, zip(reason, outcome, strict=True)), numpy.int16, count)])
    held = Bodies(roster, names)
    empty = [numpy.zeros(0, kind) for kind in (numpy.int32, numpy.int8, numpy.int16, numpy.int8, numpy.int16,
                                               numpy.int32, numpy.int32, numpy.int8, numpy.int16)]
    columns = [numpy.concatenate(each) for each in zip(*lots, strict=True)] if lots else empty
    return _laid_out(at, held, [held.index[each] for each in names], tuple(scopes), tuple(each or "" for each in tiers),
                     tuple(causes), columns)


def _numbers(values: Any, kind: Any, count: int) -> NDArray[Any]:
    return numpy.fromiter(values, kind, count)


def _laid_out(at: str, bodies: Bodies, places: list[int], scopes: tuple[str, ...], tiers: tuple[str, ...],
              causes: tuple[tuple[str, str | None], ...], columns: list[NDArray[Any]]) -> Board:
    """Rows by body, scope and year → lines in roster order by years."""
    body, scope, year, *values = columns
    years = numpy.unique(year)[::-1]
    starts = numpy.ones(len(body), bool)
    starts[1:] = (body[1:] != body[:-1]) | (scope[1:] != scope[:-1])
    line = numpy.cumsum(starts) - 1
    column = len(years) - 1 - numpy.searchsorted(years[::-1], year)
    ranks = numpy.array(places, numpy.int32)[body[starts]] if len(body) else numpy.zeros(0, numpy.int32)
    order = numpy.argsort(ranks, kind="stable")
    place = numpy.empty(len(order), numpy.int64)
    place[order] = numpy.arange(len(order))
    laid = []
    for array, blank in zip(values, (-1, NEVER, 0, 0, -1, -1), strict=True):
        wide = numpy.full((len(order), len(years)), blank, array.dtype, order="F")  # a year lies together
        wide[place[line], column] = array
        wide.setflags(write=False)
        laid.append(wide)
    return Board(at, bodies, tuple(int(each) for each in years), scopes, tiers, causes, ranks[order],
                 scope[starts][order], *laid)


# ---------------------------------------------------------------- what the store knows of few bodies
def stored(connection: sqlite3.Connection, bodies: Collection[str]) -> tuple[dict[Key, str], dict[Key, str]]:
    """Of the obligations of few bodies: the report that is held, and when it was last looked for with success."""
    reports, checked = dict[Key, str](), dict[Key, str]()
    for body, scope, year, looked, report in connection.execute(
            "SELECT s.body, s.scope, s.year, s.last_checked, r.id FROM standing s "
            "LEFT JOIN report r ON r.id = s.report WHERE s.body IN (SELECT value FROM json_each(?))",
            (json.dumps(list(bodies)),)):
        if report:
            reports[body, scope, year] = report
        if looked:
            checked[body, scope, year] = looked
    return reports, checked


def open_issues(connection: sqlite3.Connection, bodies: Collection[str]) -> dict[Key, int]:
    """How many issues of their reports are open, of few bodies: what `compliance` marks ≠."""
    return {(body, scope, year): number for body, scope, year, number in connection.execute(
        "SELECT body, scope, year, count(*) FROM finding WHERE body IN (SELECT value FROM json_each(?)) "
        "AND cleared IS NULL AND severity = 'E' AND outcome = 'fail' "
        "AND rule NOT IN (SELECT value FROM json_each(?)) AND state NOT IN (SELECT value FROM json_each(?)) "
        "GROUP BY 1, 2, 3", (json.dumps(list(bodies)), json.dumps(_unmarked()), json.dumps(sorted(SETTLED))))}


def _unmarked() -> list[str]:
    """Rules whose findings the status tells already, or that concern somebody other than the body."""
    return sorted(rule for rule, text in catalogue.catalogue().rules.items()
                  if rule in TOLD_BY_STATUS or text.addressee != "body")
