"""Tables that list indicators, a unit and a number a row (the statistics form of 2014) → figures.

Promises: a row is known by its own words and, where the same words stand twice, by the head of its group; labels that
are merely alike are never taken, since the free tables of earlier years print many such; a number belongs to a column
only where header, place or count leave no choice, else the figure is absent and the reason among the problems.
Leaves alone: tables of rows and columns (tables, loose) and which form governs a year (forms).

Confidence: 1.0 where row and column are named by print; 0.95 where a single number stands behind its unit without any
header; 0.85 where nothing but being alone tells what it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from extract.figures import is_value, parse_cell
from extract.forms import TableFact
from extract.grids import check, distinct, overlap
from extract.labels import core, normalise
from extract.model import Cell, Figure, Grid
from extract.printed import BY_POSITION, MOST_EXTRA, MOST_ROWS, Printed, figure_from, is_blank

FEWEST = 5
"""Indicators that make a table the statistics form."""
BY_UNIT = 0.95
_UNITS = frozenset({"条", "件", "次", "篇", "个", "人", "人次", "万元", "元", "期", "份", "场", "场次",
                    "条次", "件次", "名"})
_AMONG = re.compile(r"^\s*其中\s*[:：、，,]?\s*")
_NOTE = re.compile(r"[(（][^()（）]*[)）]?\s*$")
_YEAR = re.compile(r"^(20\d\d)年?度?(?:统计)?(?:数量|数据|合计|数)?$")


@dataclass
class _Line:
    """One printed row: its label, and the cells right of (or below) it."""

    label: Cell | None
    rest: list[Cell] = field(default_factory=list)
    width: int = 0
    """Fields of its line; 0 where every cell has a line of its own."""


@dataclass
class _Heads:
    """Column headers met last: key by the columns they cover, unknown ones with key None."""

    places: list[tuple[str | None, Cell]] = field(default_factory=list)
    width: int = 0

    @property
    def keys(self) -> list[str]:
        return [key for key, _ in self.places if key]


class IndicatorReader:
    """Reads the grids of one document in order; `printed` holds what was found."""

    def __init__(self, fact: TableFact, year: int | None = None) -> None:
        self.fact = fact
        self.year = year
        self.printed = Printed()
        self._names: dict[str, list[str]] = {}
        for row in fact.rows:
            for name in (row.label, *row.variants):
                for text in (core(name), core(_NOTE.sub("", name))):
                    keys = self._names.setdefault(text, [])
                    if row.key not in keys:
                        keys.append(row.key)
        self._groups = {row.key: row.group for row in fact.rows}
        self._order = {row.key: place for place, row in enumerate(fact.rows)}
        self._kinds = {row.key: row.type for row in fact.rows}
        self._heads = _Heads()
        self._group = ""
        self._last = -1

    # ------------------------------------------------------------ which grids
    def select(self, grids: Iterable[Grid]) -> list[Grid]:
        """The grids that print the form; none where they don't together hold enough of its indicators."""
        chosen: list[Grid] = []
        known: set[str] = set()
        told = False
        for grid in grids:
            check(grid)
            if grid.height > MOST_ROWS:
                continue
            labels = {core(cell.text): rows for cell in grid.cells if (rows := self._rows_named(cell.text))}
            headed = sum(self.fact.is_header(cell.text) for cell in grid.cells)
            if len(labels) < 2 and not (labels and len(grid.cells) <= 8):
                continue
            chosen.append(grid)
            known.update(labels)
            units = sum(normalise(cell.text) in _UNITS for cell in grid.cells)
            told = told or headed > 1 or 2 * units >= len(labels)
        return chosen if len(known) >= FEWEST and told else []

    def _rows_named(self, text: str) -> list[str]:
        """Keys of the rows a label may name, by its words alone."""
        if is_value(text) or len(text) > 120:
            return []
        bare = _AMONG.sub("", _AMONG.sub("", text.strip()))
        bare = re.sub(r"^\d{1,2}\s*[.．、]\s*", "", bare)
        return self._names.get(core(bare)) or self._names.get(core(_NOTE.sub("", bare))) or []

    # ------------------------------------------------------------ reading
    def read(self, grids: Iterable[Grid]) -> Printed:
        """What the chosen grids print, with figures by key; grids that `select` left out should not be given."""
        for grid in grids:
            for line in self._lines(grid):
                self._read(line, grid)
        self._settle_groups()
        return self.printed

    def _lines(self, grid: Grid) -> Iterator[_Line]:
        """The printed rows; in a dump with one cell a line, a row goes on until the next label."""
        waiting: _Line | None = None
        for cells in _rows(grid):
            if self._is_header(cells):
                if waiting:
                    yield waiting
                waiting = None
                self._note_header(cells, single=len(cells) == 1)
                continue
            if len(cells) > 1:
                if waiting:
                    yield waiting
                waiting = None
                yield self._line(cells)
            elif self._is_rest(cells[0]):
                if waiting:
                    waiting.rest.append(cells[0])
            elif waiting and waiting.label and not waiting.rest and not self._rows_named(cells[0].text):
                # A label wrapped over lines; only together it may be one the form knows.
                waiting.label = _joined(waiting.label, cells[0])
            else:
                if waiting:
                    yield waiting
                waiting = _Line(cells[0])
        if waiting:
            yield waiting

    def _line(self, cells: list[Cell]) -> _Line:
        """A row of several cells. Its label is the innermost one left of unit and number; a running number may lead."""
        start = next((place for place, cell in enumerate(cells) if not self._is_rest(cell)), len(cells))
        end = start
        while end < len(cells) and not self._is_rest(cells[end]):
            end += 1
        labels = cells[start:end]
        if len(labels) > 1 and len(normalise(labels[-1].text)) <= 2 and not self._rows_named(labels[-1].text):
            labels.pop()  # a unit that no form knows
        return _Line(labels[-1] if labels else None, cells[end:], _end(cells))

    @staticmethod
    def _is_rest(cell: Cell) -> bool:
        return is_value(cell.text) or normalise(cell.text) in _UNITS

    def _read(self, line: _Line, grid: Grid) -> None:
        if line.label is None:
            return
        row = self._row_of(line.label)
        values = [cell for cell in line.rest if is_value(cell.text)]
        if row is None:
            if any(parse_cell(cell.text)[0] is not None for cell in values):
                self._extra(line.label.text)
            return
        self.printed.seen(self.fact.table, row, line.label.page if line.label.page is not None else grid.page)
        united = any(normalise(cell.text) in _UNITS for cell in line.rest)
        for column, (cell, certainty) in self._assign(row, line, values, united).items():
            self.printed.put(self.fact, row, column, self._figure(row, cell, certainty))

    def _row_of(self, label: Cell) -> str | None:
        keys = self._rows_named(label.text)
        if len(keys) > 1:
            keys = [key for key in keys if self._groups[key] == self._group and self._order[key] > self._last]
            if not keys:
                self._group = ""  # what follows belongs to a group whose head isn't printed
        if len(keys) != 1:
            return None
        self._group, self._last = keys[0].partition(".")[0], self._order[keys[0]]
        return keys[0]

    def _settle_groups(self) -> None:
        """Give up rows whose label stands in several groups, where the head of another group was not found: they may
        be that group's."""
        found = self.printed.rows.get(self.fact.table, [])
        heads = {group: next(row.key for row in self.fact.rows if row.key.startswith(group + ".") and not row.group)
                 for group in self._groups.values() if group}
        shared = {key for keys in self._names.values() if len(keys) > 1 for key in keys}
        for key in [key for key in found if key in shared]:
            if not all(head in found for head in heads.values()):
                self.printed.forget(self.fact, key)
                self.printed.problems.append(f"table {self.fact.table}: row {key} could not be told from another "
                                             "group's; its figures were left out")

    def _figure(self, row: str, cell: Cell | None, certainty: float) -> Figure:
        if cell is None:
            return Figure(None, "absent", "", certainty)
        return figure_from(cell, self.fact.table, self._kinds[row], certainty)

    def _extra(self, label: str) -> None:
        if len(self.printed.rows_extra.get(self.fact.table, ())) < MOST_EXTRA:
            self.printed.extra(self.fact.table, label.strip())

    # ------------------------------------------------------------ columns
    def _is_header(self, cells: list[Cell]) -> bool:
        texts = [cell.text for cell in cells if normalise(cell.text)]
        if not texts or any(self._rows_named(text) or parse_cell(text)[1] == "number" for text in texts):
            return False
        known = sum(self.fact.is_header(text) or self._column_of(text) is not None for text in texts)
        return 2 * known >= len(texts) and not any(parse_cell(text)[1] == "dash" for text in texts)

    def _column_of(self, text: str) -> str | None:
        """Key of a column header; "" for a year that isn't the report's."""
        bare = normalise(text)
        year = _YEAR.match(bare)
        if year:
            return self.fact.columns[0].key if self.year in (None, int(year[1])) else ""
        match = self.fact.column_labels.match(text)
        return match.key if match else None

    def _note_header(self, cells: list[Cell], single: bool) -> None:
        named = [(self._column_of(cell.text), cell) for cell in cells
                 if normalise(cell.text) and not self.fact.is_header(cell.text)]
        if not any(key is not None for key, _ in named):
            return
        if single and self._heads.width == 0:
            self._heads.places.extend((key or None, cell) for key, cell in named)
        else:
            self._heads = _Heads([(key or None, cell) for key, cell in named], 0 if single else _end(cells))
        self.printed.headed.add(self.fact.table)

    def _assign(self, row: str, line: _Line, values: list[Cell], united: bool) -> dict[str, tuple[Cell | None, float]]:
        heads, first = self._heads, self.fact.columns[0].key
        filled = [cell for cell in values if not is_blank(cell)]
        keys = heads.keys
        if len(set(keys)) < len(keys):
            # Two columns for the same year, e.g. one for each level of offices: neither is the whole.
            return self._unclear(row, dict.fromkeys(keys), len(filled))
        if keys and line.width and all(cell.column < heads.width for cell in line.rest):
            places = {key: [cell for cell in line.rest if overlap(cell, head.column, head.column + head.colspan - 1)]
                      for key, head in heads.places if key}
            if all(len(cells) == 1 and is_value(cells[0].text) for cells in places.values()):
                return {key: (cells[0], 1.0) for key, cells in places.items()}
        if keys and len(heads.places) == len(keys):
            for cells in (filled, values):
                if len(cells) == len(keys):
                    return {key: (cell, 1.0) for key, cell in zip(keys, cells, strict=True)}
        elif not heads.places and len(filled) <= 1 and (filled or values):
            return {first: ((filled or values)[0], BY_UNIT if united else BY_POSITION)}
        return self._unclear(row, dict.fromkeys(keys or [first]), len(filled))

    def _unclear(self, row: str, columns: dict[str, None], count: int) -> dict[str, tuple[Cell | None, float]]:
        if count:
            self.printed.problems.append(f"table {self.fact.table}: row {row} prints {count} values for "
                                         f"{len(columns)} columns; which is which can't be told")
        return dict.fromkeys(columns, (None, 0.0))


def _rows(grid: Grid) -> Iterator[list[Cell]]:
    """Printed cells row by row, lines without any print left out."""
    if not grid.loose:
        lines: Iterable[list[Cell]] = (distinct(line) for line in grid.rows())
    else:
        by_row: dict[int, list[Cell]] = {}
        for cell in grid.cells:
            by_row.setdefault(cell.row, []).append(cell)
        lines = (sorted(by_row[row], key=lambda cell: cell.column) for row in sorted(by_row))
    return (cells for cells in lines if any(normalise(cell.text) or not is_blank(cell) for cell in cells))


def _end(cells: list[Cell]) -> int:
    return max(cell.column + cell.colspan for cell in cells)


def _joined(first: Cell, second: Cell) -> Cell:
    return Cell(first.text + second.text, first.row, first.column, page=first.page, box=first.box, span=first.span,
                confidence=min(first.confidence, second.confidence))
