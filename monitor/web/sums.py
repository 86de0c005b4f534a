"""What the current reports' tables hold, added up by year for any filter: requests, outcomes, disputes.

Promises: only figures read with confidence count, and how many reports they come from is told beside every sum; a blank
part counts as 0 only beside a printed number; a joint report counts once; only the report that stands for an obligation
counts. Leaves alone: whose sums may stand together (views/trends.py), the figures themselves (records.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy

from extract import forms
from monitor import records

if TYPE_CHECKING:
    import sqlite3

    from numpy.typing import NDArray

    from monitor.web.board import Board, Picked

OUTCOMES = ("granted", "partly_granted", "refused", "unable", "declined", "closed")
DISPUTES = ("reconsideration", "litigation_direct", "litigation_after_reconsideration")
MEASURES = ("new", *OUTCOMES, *DISPUTES)
_OLD = {"new": "requests.received", "granted": "requests.granted", "partly_granted": "requests.partly_granted",
        "refused": "requests.refused", "reconsideration": "reconsideration.total"}
"""Measures that the statistics form of 2014 printed with the same meaning."""
_LOT = 20_000


@dataclass(frozen=True)
class Sum:
    """A measure added up: over `read` of `held` reports, those whose figure was read with confidence."""

    value: int | None
    read: int
    held: int


@dataclass(frozen=True, eq=False)
class Sums:
    """Arrays beside a board's: which report stands for each cell (0: none), which of those several cells share, and
    each measure (NaN: not read with confidence)."""

    board: Board
    report: NDArray[Any]
    shared: NDArray[Any]
    measures: dict[str, NDArray[Any]]

    def of(self, picked: Picked, year: int) -> dict[str, Sum]:
        """Every measure of a year over the lines a filter counts."""
        lines, column = picked.counted, self.board.years.index(year)
        reports = self.report[:, column][lines]
        keep = reports != 0
        several = numpy.flatnonzero(keep & self.shared[:, column][lines])
        if len(several):
            keep[several] = False
            keep[several[numpy.unique(reports[several], return_index=True)[1]]] = True
        lines = lines[keep]
        held = len(lines)
        found = {}
        for name, array in self.measures.items():
            values = array[:, column][lines]
            sure = ~numpy.isnan(values)
            read = int(sure.sum())
            found[name] = Sum(round(float(values[sure].sum(dtype=numpy.float64))) if read else None, read, held)
        return found


def load(connection: sqlite3.Connection, board: Board) -> Sums:
    """The sums of a board's reports; about 15 µs each."""
    lines = {(int(body), int(scope)): number for number, (body, scope) in enumerate(
        zip(board.body, board.scope, strict=True))}
    columns = {year: number for number, year in enumerate(board.years)}
    scopes = {scope: number for number, scope in enumerate(board.scopes)}
    report = numpy.zeros(board.status.shape, numpy.int64, order="F")
    measures = {name: numpy.full(board.status.shape, numpy.nan, numpy.float32, order="F") for name in MEASURES}

    def places(rows: list[Any]) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
        """Which rows the board still has, and their line and column."""
        index = board.bodies.index
        line = numpy.fromiter((lines.get((index.get(row[0], -1), scopes.get(row[1], -1)), -1) for row in rows),
                              numpy.int64, len(rows))
        column = numpy.fromiter((columns.get(row[2], -1) for row in rows), numpy.int64, len(rows))
        known = (line >= 0) & (column >= 0)
        return known, line[known], column[known]

    for rows in _lots(connection, "SELECT body, scope, year, report FROM standing WHERE report IS NOT NULL"):
        known, line, column = places(rows)
        report[line, column] = numpy.fromiter((hash(row[3]) or 1 for row in rows), numpy.int64, len(rows))[known]
    for era in forms.eras():
        wanted = _expressions(era, records.figure_columns(connection, era))
        if not wanted:
            continue
        for rows in _lots(connection, f"SELECT s.body, s.scope, s.year, {', '.join(wanted.values())} "
                          f'FROM standing s JOIN "figures_{era}" f ON f.report = s.report'):
            known, line, column = places(rows)
            for place, name in enumerate(wanted, 3):
                measures[name][line, column] = numpy.fromiter(
                    (numpy.nan if row[place] is None else row[place] for row in rows), numpy.float32, len(rows))[known]
    values, counts = numpy.unique(report, return_counts=True)
    return Sums(board, report, numpy.isin(report, values[(counts > 1) & (values != 0)]), measures)


def _lots(connection: sqlite3.Connection, query: str) -> Any:
    cursor = connection.cursor()
    cursor.row_factory = None
    cursor.execute(query)
    while rows := cursor.fetchmany(_LOT):
        yield rows


# ---------------------------------------------------------------- measures as SQL
def _expressions(era: str, columns: list[str]) -> dict[str, str]:
    """Each measure the form has as an expression over the wide table f; NULL where any part is doubtful or absent."""
    form = forms.form(era)
    found = {}
    for name in MEASURES:
        told = [_sum(keys, columns) for keys in _keys(form, name) if keys and set(keys) <= set(columns)]
        if told:
            found[name] = told[0] if len(told) == 1 else f"coalesce({', '.join(told)})"
    return found


def _keys(form: forms.Form, name: str) -> list[list[str]]:
    """The figures a measure is the sum of; several lists where a form prints one row or its parts."""
    if name in _OLD and f"statistics{form.era}.{_OLD[name]}" in form.all_keys:
        return [[f"statistics{form.era}.{_OLD[name]}"]]
    if name in DISPUTES:
        return [[f"disputes.{name}.total"]]
    single = f"applications.{name}.total"
    parts = [key for key in form.all_keys if key.startswith(f"applications.{name}_") and key.endswith(".total")]
    return [[single] if single in form.all_keys else [], parts]


def _sum(keys: list[str], columns: list[str]) -> str:
    letters = [f"substr(f.states, {columns.index(key) + 1}, 1)" for key in keys]
    if len(keys) == 1:
        return f"CASE WHEN {letters[0]} IN ('n', 't') THEN f.\"{keys[0]}\" END"
    sure = " AND ".join(f"{letter} IN ('n', 't', 'b', 'd')" for letter in letters)
    any_number = ", ".join(f'f."{key}"' for key in keys)
    return (f"CASE WHEN coalesce({any_number}) IS NOT NULL AND {sure} THEN "
            + " + ".join(f'coalesce(f."{key}", 0)' for key in keys) + " END")
