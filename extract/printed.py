"""What the tables of one document print, figure by figure, before anybody judges whether it is complete.

Promises: a cell printed twice must agree or isn't trusted; every figure keeps its cell as source. Leaves alone: how
rows and columns were recognised (tables, loose) and what is missing (completeness).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from extract.figures import Kind, parse_cell
from extract.forms import TableFact
from extract.model import Cell, Figure, Source

BY_POSITION = 0.85
"""Confidence of a figure whose column was filled by order."""
FEWEST_ROWS = 3
"""Rows a table without recognised header must show to be one of the form."""
MOST_EXTRA = 100
"""Unknown labels listed of one table; a table with more is another table."""
MOST_ROWS = 3000
"""Rows of a grid that may hold the form, which prints about sixty; longer ones are other lists and left unread."""
_OTHER_UNIT = re.compile(r"(?<!万)[元圆]|[十百千]万[元圆]|[十百千]万\s*[)）]?$")
"""Any unit of money but 万元, however it is printed: 元, 千元, 百万元, 亿元."""
_UNIT_LINE = re.compile(r"^[（(]?(?:金额)?(?:单位|计量单位)(?:[:：]|为)")
_UNIT_SAID = re.compile(r"(?:单位|金额)(?:[:：]|为)?[(（]?(?:人民币)?(?P<unit>[十百千亿]?万?[元圆])[)）]?$")
"""A unit of money at the end of a heading or of a line above a table."""
_UNIT_UNSURE = 0.5
SHARED = frozenset({"其他", "其它", "总计", "合计", "总数", "共计", "小计"})
"""Labels that name a row and a column, or a column of two tables: alone they tell nothing."""


@dataclass
class Printed:
    """What the tables of one document print, before completeness is judged."""

    figures: dict[str, Figure] = field(default_factory=dict)
    rows: dict[int, list[str]] = field(default_factory=dict)
    """Row keys found, by table, in printed order."""
    columns: dict[int, set[str]] = field(default_factory=dict)
    rows_extra: dict[int, list[str]] = field(default_factory=dict)
    columns_extra: dict[int, list[str]] = field(default_factory=dict)
    pages: dict[int, int | None] = field(default_factory=dict)
    headed: set[int] = field(default_factory=set)
    """Tables whose column headers were found."""
    problems: list[str] = field(default_factory=list)
    doubled: dict[int, list[str]] = field(default_factory=dict)
    """Keys printed twice with two values, by table."""
    yuan: set[int] = field(default_factory=set)
    """Tables that print another unit of money at their amounts than 万元, which the form has."""

    def note_unit(self, table: TableFact, column: str, header: str) -> None:
        """Remember a header or label of an amount that names another unit than the form's."""
        if table.kind(column) == "decimal" and _OTHER_UNIT.search(_bare(header)) and table.table not in self.yuan:
            self.yuan.add(table.table)
            self.problems.append(f"table {table.table}: amounts stand under {' '.join(header.split())!r}; whether they "
                                 "are in that unit or, as the form has it, in 万元 can't be told")

    def note_unit_line(self, table: TableFact, line: str) -> None:
        """Remember a line of its own in a table that names the unit of its amounts (单位：元)."""
        amounts = [column.key for column in table.columns if column.type == "decimal"]
        if amounts and _UNIT_LINE.match(_bare(line)):
            self.note_unit(table, amounts[0], line)

    def note_unit_said(self, table: TableFact, line: str) -> None:
        """Remember a line above a table that was read already and names another unit for its amounts."""
        said = _UNIT_SAID.search(_bare(line))
        amounts = [column.key for column in table.columns if column.type == "decimal"]
        if said and amounts and table.table in self.rows:
            self.note_unit(table, amounts[0], said.group())
        for key, figure in self.figures.items() if table.table in self.yuan else ():
            if figure.source.table == table.table and key.rpartition(".")[2] in amounts:
                self._doubt_unit(figure)

    def _doubt_unit(self, figure: Figure) -> None:
        if figure.state == "number" and figure.value:
            figure.confidence = min(figure.confidence, _UNIT_UNSURE)

    def put(self, table: TableFact, row: str, column: str, figure: Figure) -> None:
        """Enter one figure; a second print of the same cell must agree, or neither is trusted."""
        key = table.key(row, column)
        if table.table in self.yuan and table.kind(column) == "decimal":
            self._doubt_unit(figure)
        self.seen(table.table, row, figure.source.page)
        self.columns.setdefault(table.table, set()).add(column)
        old = self.figures.get(key)
        if old is None or old.state in ("blank", "absent") or figure.confidence > old.confidence + 0.1:
            self.figures[key] = figure  # a cell named by its header outweighs one that order had placed
        elif old.confidence > figure.confidence + 0.1:
            return
        elif figure.state not in ("blank", "absent") and (figure.value, figure.state) != (old.value, old.state):
            old.confidence = min(old.confidence, 0.5)
            self._doubt(table.table, key, old.raw, figure.raw)

    def _doubt(self, table: int, key: str, first: str, second: str) -> None:
        """Say of a table once that it prints two numbers for one cell, and for how many."""
        keys = self.doubled.setdefault(table, [])
        keys += [key] if key not in keys else []
        if len(keys) == 1:
            self.problems.append(f"table {table}: {key} is printed twice, as {first!r} and {second!r}")
            return
        opening = f"table {table}: {keys[0]} "
        said = next(place for place, problem in enumerate(self.problems) if problem.startswith(opening))
        self.problems[said] = (f"{self.problems[said].partition(' (so are ')[0]} (so are {len(keys) - 1} other cells "
                               "of it; does the report print it for two scopes?)")

    def seen(self, table: int, row: str, page: int | None = None) -> None:
        """Note that a row was met, and where its table begins."""
        rows = self.rows.setdefault(table, [])
        if row not in rows:
            rows.append(row)
        self.pages.setdefault(table, page)

    def extra(self, table: int, label: str) -> None:
        """Note a label that the form doesn't know, once, up to MOST_EXTRA of a table."""
        labels = self.rows_extra.setdefault(table, [])
        if len(labels) < MOST_EXTRA and label not in labels:
            labels.append(label)

    def drop_strays(self, tables: Iterable[TableFact]) -> None:
        """Forget tables of which only one or two row labels were met, without any header: words of another table."""
        for table in tables:
            rows = self.rows.get(table.table, [])
            if not rows or table.table in self.headed or len(rows) >= FEWEST_ROWS:
                continue
            for row in list(rows):
                self.forget(table, row)
            for held in (self.rows, self.columns, self.rows_extra, self.columns_extra, self.pages):
                held.pop(table.table, None)
            self.problems.append(f"single words of table {table.table} stand in another table; they were left out")

    def forget(self, table: TableFact, row: str) -> None:
        """Take a row with its figures back."""
        self.rows[table.table].remove(row)
        for column in table.columns_of(row):
            self.figures.pop(table.key(row, column), None)


def figure_of(cell: Cell, table: TableFact, column: str, confidence: float) -> Figure:
    """The figure a cell holds for one column of a table."""
    return figure_from(cell, table.table, table.kind(column), confidence)


def figure_from(cell: Cell, table: int, kind: Kind, confidence: float) -> Figure:
    """The figure a cell holds: `confidence` is that of its place in the form, the cell's own that of its text."""
    value, state = parse_cell(cell.text, kind)
    grid, row, column = cell.place or (None, cell.row, cell.column)
    source = Source(table, row, column, cell.page, cell.box, cell.span, grid=grid)
    return Figure(value, state, cell.text.strip(), confidence * cell.confidence, source,
                  cell.confidence < 1 or bool(cell.alternatives), cell.alternatives, confidence)


def _bare(text: str) -> str:
    return re.sub(r"\s+", "", text)


def is_blank(cell: Cell) -> bool:
    """Whether a cell prints nothing."""
    return parse_cell(cell.text)[1] == "blank"


def is_zero(cell: Cell) -> bool:
    """Whether a cell prints 0."""
    return parse_cell(cell.text)[0] == 0
