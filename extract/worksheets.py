"""Worksheets → blocks: a sheet is one endless table in which reports print prose, headings and tables alike.

Promises: rows that print one line of prose become Text, the rest Grids cut at empty rows, every empty place of a table
a blank cell; rows and columns keep the sheet's own numbers (from 0), `page` is the sheet's (from 1). Leaves alone: how
a sheet is stored (readers.sheet, readers.odt).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass, field

from extract import office, titles
from extract.figures import is_value
from extract.model import Block, Cell, Grid, Text
from extract.sections import heading

MOST_ROWS = 3000
MOST_COLUMNS = 256
"""Cells beyond stand far from anything a report prints: strays, or a bomb."""
_LABEL = 200
"""Characters of the longest label, roughly; longer cells hold prose."""
_PLAIN_NAME = re.compile(r"^(?:sheet|工作表|表格?|表[一二三四]|表\d)\s*\d*$", re.IGNORECASE)
_SENTENCE = re.compile(r"。|；$|^.{60,}$", re.DOTALL)


def number(value: float) -> str:
    """A number as print shows it: whole ones without point, no binary noise (0.30000000000000004 → 0.3)."""
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else f"{value:.15g}"


def text(printed: str) -> str:
    """What a cell prints: the lines of a label joined, those of prose kept."""
    return office.join_lines(printed.split("\n")) if len(printed) < _LABEL else printed.strip()


def near(cells: Iterable[Cell]) -> tuple[list[Cell], int]:
    """The filled cells within reach, and how many filled ones are out of it."""
    filled = [cell for cell in cells if cell.text.strip()]
    kept = [cell for cell in filled if cell.row < MOST_ROWS and cell.column < MOST_COLUMNS]
    return kept, len(filled) - len(kept)


@dataclass(slots=True)
class Hidden:
    """Rows and columns of one sheet that aren't shown, counted from 0."""

    rows: set[int] = field(default_factory=set)
    columns: list[tuple[int, int]] = field(default_factory=list)
    """First and last of each run."""

    def hides(self, cell: Cell) -> bool:
        """Whether nothing of a cell is shown; of a merged one all its rows or columns must be hidden."""
        return (all(row in self.rows for row in range(cell.row, cell.row + cell.rowspan))
                or all(any(first <= column <= last for first, last in self.columns)
                       for column in range(cell.column, cell.column + cell.colspan)))


def is_plain_name(name: str) -> bool:
    """Whether a sheet's name says nothing of what it holds."""
    return _PLAIN_NAME.match(name.strip()) is not None


def blocks(cells: Sequence[Cell], page: int | None, unseen: Hidden | None = None) -> list[Block]:
    """The blocks of what one sheet shows; `cells` are its filled cells with their merges."""
    unseen = unseen or Hidden()
    cells = [cell for cell in cells if not unseen.hides(cell)]
    hidden = unseen.rows
    made: list[Block] = []
    region: list[Cell] = []
    reach = -1
    for row, members in _rows(cells):
        alone = len(members) == 1 and row > reach
        if region and any(between not in hidden for between in range(max(reach, region[-1].row) + 1, row)):
            made.append(_grid(region, page, hidden))
            region = []
        if alone and members[0].rowspan == 1 and _is_prose(members[0].text):
            if region:
                made.append(_grid(region, page, hidden))
                region = []
            made.append(Text(members[0].text.strip(), page=page))
            continue
        region += members
        reach = max(reach, *(cell.row + cell.rowspan - 1 for cell in members))
    if region:
        made.append(_grid(region, page, hidden))
    return made


def opened(grid: Grid) -> list[Block]:
    """A table of a page or text that holds several of the report's sections, as the blocks a sheet would give; any
    other table as it is."""
    filled = [cell for cell in grid.cells if cell.text.strip()]
    if grid.loose or any(cell.confidence < 1 or cell.box or cell.span for cell in filled):
        return [grid]
    alone = [members[0].text for _, members in _rows(filled) if len(members) == 1 and members[0].rowspan == 1]
    if len({heading(text.strip()) for text in alone} - {None}) < 2:
        return [grid]
    return blocks(filled, grid.page)


def _rows(cells: Sequence[Cell]) -> list[tuple[int, list[Cell]]]:
    rows: dict[int, list[Cell]] = {}
    for cell in cells:
        rows.setdefault(cell.row, []).append(cell)
    return [(row, sorted(rows[row], key=lambda cell: cell.column)) for row in sorted(rows)]


def _is_prose(text: str) -> bool:
    """Whether a line that stands alone in its row is a heading, a title or a sentence and no label of a table."""
    bare = text.strip()
    if is_value(bare):
        return False
    return heading(bare) is not None or titles.parse(bare).accepted or _SENTENCE.search(bare) is not None


def _grid(region: Sequence[Cell], page: int | None, hidden: Set[int]) -> Grid:
    """The region's cells, and a blank one for each place among them that prints nothing."""
    top, bottom = region[0].row, max(cell.row + cell.rowspan for cell in region)
    left, right = min(cell.column for cell in region), max(cell.column + cell.colspan for cell in region)
    office.count_cells((bottom - top) * (right - left))
    taken = {(row, column) for cell in region for row in range(cell.row, cell.row + cell.rowspan)
             for column in range(cell.column, cell.column + cell.colspan)}
    blank = [Cell("", row, column, page=page) for row in range(top, bottom) for column in range(left, right)
             if (row, column) not in taken and row not in hidden]
    for cell in region:
        cell.page = page
    return Grid(sorted([*region, *blank], key=lambda cell: (cell.row, cell.column)), page)
