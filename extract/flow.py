"""Documents told as one flow – paragraph, cell end, row end – to blocks (rtf, doc): cells lie between edges.

Promises: rows of one table become one Grid whose columns are the edges all its rows have, spans from merges and from
edges that a cell passes over; nested tables follow what holds them; a table of one cell is only a frame. A row that
ends without its edges keeps its cells in order. Leaves alone: how a format tells paragraphs and edges.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from extract import office
from extract.limits import current_limits
from extract.model import Block, Cell, Grid, Image, Text

NEAR = 60
"""Edges closer than that many twips (1 mm) are one edge: tables drawn by hand meet that well."""
_WIDTH = 1440
_DEEPEST = 20


@dataclass(slots=True)
class Edge:
    """One cell of a row as the format defines it, between two places in twips."""

    left: int
    right: int
    joined: bool = False
    """Goes on the cell to its left."""
    first: bool = False
    """Begins a merge downwards."""
    under: bool = False
    """Goes on the cell above."""


@dataclass(slots=True)
class _Held:
    edge: Edge
    content: list[Block]

    @property
    def text(self) -> str:
        return office.join_lines(line for block in self.content if isinstance(block, Text)
                                 for line in block.text.split("\n"))


@dataclass(slots=True)
class _Table:
    rows: list[list[_Held]] = field(default_factory=list)
    ended: list[list[Block]] = field(default_factory=list)
    """Contents of the open row's cells that have ended."""
    content: list[Block] = field(default_factory=list)
    """Of the cell that is open."""


class Flow:
    """Takes a document piece by piece; `finish` gives its blocks. Depth 0 is the body, 1 a table, 2 a table in one."""

    def __init__(self) -> None:
        self._blocks: list[Block] = []
        self._tables: list[_Table] = []
        self._cells = 0

    def paragraph(self, text: str, level: int | None = None, depth: int = 0) -> None:
        """A paragraph that ends; empty ones only close the tables before them."""
        holder = self._at(depth)
        if text.strip():
            holder.append(Text(text.strip(), level))

    def image(self, image: Image, depth: int = 0) -> None:
        """A picture within the paragraph that comes next."""
        self._at(depth).append(image)

    def cell(self, text: str, depth: int = 1) -> None:
        """A cell that ends, `text` being its last paragraph."""
        self.paragraph(text, None, max(1, depth))
        table = self._tables[-1]
        table.ended.append(table.content)
        table.content = []
        self._cells += 1
        office.count_cells(self._cells)

    def row(self, edges: Sequence[Edge], depth: int = 1) -> None:
        """A row that ends, with the places of its cells."""
        self._at(max(1, depth))
        self._end_row(self._tables[-1], edges)

    def finish(self) -> list[Block]:
        """All blocks, open tables closed."""
        self._at(0)
        return self._blocks

    def _at(self, depth: int) -> list[Block]:
        """Where content of that depth goes; deeper tables end."""
        depth = min(depth, _DEEPEST)
        while len(self._tables) > depth:
            table = self._tables.pop()
            self._end_row(table, ())
            holder = self._tables[-1].content if self._tables else self._blocks
            holder.extend(_made(table))
            holder.extend(table.content)
        while len(self._tables) < depth:
            self._tables.append(_Table())
        return self._tables[-1].content if self._tables else self._blocks

    def _end_row(self, table: _Table, edges: Sequence[Edge]) -> None:
        contents, table.ended = table.ended, []
        places = list(edges[:len(contents)])
        while len(places) < len(contents):
            left = places[-1].right if places else 0
            places.append(Edge(left, left + _WIDTH))
        if contents:
            table.rows.append([_Held(place, content) for place, content in zip(places, contents, strict=True)])


def _made(table: _Table) -> list[Block]:
    """The table's Grid and what its cells hold beside text; the content alone of a table of one cell."""
    rows = [_together(row) for row in _with_edges(table.rows)]
    if len(rows) == 1 and len(rows[0]) == 1:
        return rows[0][0].content
    beside: list[Block] = [block for row in rows for held in row for block in held.content
                           if not isinstance(block, Text)]
    grid = _grid(rows)
    return [grid, *beside] if any(cell.text for cell in grid.cells) else beside


def _with_edges(rows: list[list[_Held]]) -> list[list[_Held]]:
    """The rows as they are; side by side in order where their edges can't be true."""
    if all(held.edge.left < held.edge.right or not held.text for row in rows for held in row):
        return rows
    return [[_Held(replace(held.edge, left=_WIDTH * at, right=_WIDTH * (at + 1)), held.content)
             for at, held in enumerate(row)] for row in rows]


def _together(row: Iterable[_Held]) -> list[_Held]:
    """The row's cells, those merged sideways as one."""
    made: list[_Held] = []
    for held in row:
        if held.edge.joined and made:
            made[-1] = _Held(replace(made[-1].edge, right=max(made[-1].edge.right, held.edge.right)),
                             [*made[-1].content, *held.content])
        else:
            made.append(held)
    return made


def _grid(rows: Sequence[Sequence[_Held]]) -> Grid:
    edges = _columns([held for row in rows for held in row])
    cells: list[Cell] = []
    open_above: dict[int, Cell] = {}
    for number, row in enumerate(rows):
        going_on: dict[int, Cell] = {}
        for held in row:
            left, right = _index(edges, held.edge.left), _index(edges, held.edge.right)
            if right <= left and not held.text:
                continue  # a hair between two rules
            across = min(max(1, right - left), current_limits().colspan)
            above = open_above.get(left)
            if (held.edge.under and above is not None and above.colspan == across and not held.text
                    and number - above.row < current_limits().rowspan):
                above.rowspan = number - above.row + 1
                going_on[left] = above
                continue
            cells.append(Cell(held.text, number, left, 1, across))
            if held.edge.first or held.edge.under:
                going_on[left] = cells[-1]
        open_above = going_on
    return Grid(cells)


def _columns(held: Sequence[_Held]) -> list[int]:
    """The edges of all rows, near ones as one unless a cell with text stands between them."""
    for near in (NEAR, 0):
        edges: list[int] = []
        for place in sorted({side for one in held for side in (one.edge.left, one.edge.right)}):
            if not edges or place - edges[-1] > near:
                edges.append(place)
        if all(not one.text or _index(edges, one.edge.left) < _index(edges, one.edge.right) for one in held):
            break
    return edges


def _index(edges: Sequence[int], place: int) -> int:
    return max(0, bisect_right(edges, place) - 1)
