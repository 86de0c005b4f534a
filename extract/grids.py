"""Tables as grids: spans expanded within limits, orientation, distinct cells of a row.

Promises: a grid built here has every cell at its true place, spans clipped to the table, and never more than
MAX_CELLS places. Leaves alone: what the cells mean (tables, loose).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from extract.exceptions import LimitExceededError
from extract.model import Cell, Grid

MAX_ROWSPAN = 500
MAX_COLSPAN = 60
MAX_CELLS = 200_000
_HTML_MAX_SPAN = 1000
"""Browsers read no larger colspan; a larger one is no slip but a bomb."""


@dataclass(slots=True)
class RawCell:
    """A cell as the medium lists it, before its place is known. rowspan 0 = to the end of the table (HTML)."""

    text: str
    rowspan: int = 1
    colspan: int = 1
    page: int | None = None
    confidence: float = 1.0


def build(rows: Sequence[Sequence[RawCell]], page: int | None = None, loose: bool = False) -> Grid:
    """The grid of rows as HTML and Word list them: each cell takes the first free place of its row.

    Raises LimitExceededError when spans or the number of places pass the limits.
    """
    taken: dict[int, set[int]] = {}
    cells: list[Cell] = []
    places = 0
    for number, raw_row in enumerate(rows):
        occupied = taken.pop(number, set())
        column = 0
        for raw in raw_row:
            while column in occupied:
                column += 1
            if raw.colspan > _HTML_MAX_SPAN:
                raise LimitExceededError(f"table row {number + 1}: colspan {raw.colspan}, at most {_HTML_MAX_SPAN}")
            height = min(raw.rowspan or len(rows), len(rows) - number)
            width = max(1, min(raw.colspan, MAX_COLSPAN))
            if height > MAX_ROWSPAN:
                raise LimitExceededError(f"table row {number + 1}: rowspan {height}, the limit is {MAX_ROWSPAN}")
            places += height * width
            if places > MAX_CELLS:
                raise LimitExceededError(f"table of more than {MAX_CELLS} cells")
            cells.append(Cell(raw.text, number, column, height, width, raw.page if raw.page is not None else page,
                              confidence=raw.confidence))
            for below in range(number + 1, number + height):
                taken.setdefault(below, set()).update(range(column, column + width))
            column += width
    return Grid(cells, page, loose)


def check(grid: Grid) -> None:
    """Raise LimitExceededError for a grid whose full matrix would pass the limits."""
    if grid.height * grid.width > MAX_CELLS:
        raise LimitExceededError(f"table of {grid.height} rows and {grid.width} columns: more than {MAX_CELLS} cells")


def transpose(grid: Grid) -> Grid:
    """The grid with rows and columns exchanged."""
    return Grid([replace(cell, row=cell.column, column=cell.row, rowspan=cell.colspan, colspan=cell.rowspan)
                 for cell in grid.cells], grid.page, grid.loose)


def distinct(line: Iterable[Cell | None]) -> list[Cell]:
    """The cells of one row of `Grid.rows()`, each once, left to right; cells that span in from above included."""
    found: list[Cell] = []
    for cell in line:
        if cell is not None and not any(cell is other for other in found):
            found.append(cell)
    return found


def overlap(cell: Cell, first: int, last: int) -> int:
    """How many columns of first…last (inclusive) a cell covers."""
    return max(0, min(cell.column + cell.colspan - 1, last) - max(cell.column, first) + 1)
