"""Grids with true columns → figures of the form.

Promises: every figure comes from the cell that its row label and its column header name; order on the page only serves
where a header or label is lost, and then the figure says so by a confidence below 0.9. Unknown labels are listed,
never bent. Tables split over grids or pages, merged into one grid, turned on their side or with repeated headers are
read alike. Leaves alone: grids whose columns can't be trusted (loose).

Confidence: 1.0 for a cell named by label and header, 0.92 or 0.85 for a label that is only alike (misprint), 0.85 for a
column and 0.7 for a row filled by position, times the reader's own confidence in the cell.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from extract.figures import is_value
from extract.forms import Form, TableFact
from extract.grids import check, distinct, overlap, transpose
from extract.headers import Head, by_place, dispute_heads, heads_of
from extract.labels import Match, core, normalise
from extract.model import Cell, Figure, Grid
from extract.printed import BY_POSITION, MOST_EXTRA, MOST_ROWS, SHARED, Printed, figure_of, is_blank, is_zero

ROW_BY_POSITION = 0.7
_NUMBERING_LABELS = frozenset({"栏次", "列次", "序号", "行次", "甲", "乙", "丙"})
_FEWEST_NUMBERED = 5


class TableReader:
    """Walks the grids of one document in reading order; `printed` holds what was found."""

    def __init__(self, forms: dict[int, Form]) -> None:
        self.facts = {number: form.table(number) for number, form in forms.items()}
        self.printed = Printed()
        self._heads: dict[int, list[Head]] = {}
        self._header_lines: list[list[Cell | None]] = []
        self._header_table = 0
        self._width = 0
        self._head_width: dict[int, int] = {}
        self._current = 0
        self._group = ""
        """The group (不予公开 …) of the last row read."""
        self._open: _OpenRow | None = None
        self._unplaced: list[tuple[list[Cell], str | None]] = []
        self._above = ""
        """A lone line above a grid's header, which may name the unit of its amounts."""

    def read(self, grids: Iterable[Grid]) -> Printed:
        """What the grids print, in reading order. Raises LimitExceededError for one whose spans make too many places;
        one of more than MOST_ROWS rows is left out with a problem."""
        for grid in grids:
            check(grid)
            if grid.height > MOST_ROWS:
                self.printed.problems.append(f"a table of {grid.height} rows was left out: the form has about sixty")
                continue
            self._read_grid(transpose(grid) if self._on_its_side(grid) else grid)
        self._close_header()
        self._fill_gaps()
        self._settle_closed()
        return self.printed

    # ------------------------------------------------------------ one grid, row by row
    def _read_grid(self, grid: Grid) -> None:
        self._close_header()
        self._width = grid.width
        self._above = ""
        first = True
        for line in grid.rows():
            cells = distinct(line)
            if not cells or all(not normalise(cell.text) and is_blank(cell) for cell in cells):
                if self._table_four_ready() and len(cells) >= 15:
                    self._read_disputes(cells)
                continue
            table = self._header_of(cells)
            if table:
                self._add_header(table, line)
                continue
            self._close_header()
            self._read_row(cells, first)
            first = False

    def _read_row(self, cells: list[Cell], first: bool) -> None:
        if _numbers_columns(cells):
            return
        labelled = self._row_of(cells)
        if labelled and self._stands_elsewhere(*labelled, cells):
            self.printed.extra(labelled[0].table, labelled[2].text.strip())
            return
        if first and self._join_torn(cells, labelled):
            return
        if labelled:
            fact, match, label = labelled
            self.printed.note_unit_line(fact, self._above)
            self._current = fact.table
            self._open = self._enter(fact, match, label, cells)
            return
        values = trailing_values(cells)
        filled = [cell for cell in values if not is_blank(cell)]
        if self._table_four_ready() and filled and self._read_disputes(cells):
            return
        if len(values) == 15 and len(filled) >= 10 and len(cells) == 15 and not self.printed.rows.get(4):
            self._bare_disputes(values)
            return
        labels = [cell for cell in cells if not is_value(cell.text)]
        if filled and self._current in (2, 3):
            named = labels[-1] if labels else None
            self._open = _OpenRow(self.facts[self._current], None, named, cells, False)
            self._unplaced.append((cells, self._last_row(self._current)))
        elif labels and first:
            self._above = labels[-1].text
        if labels and not filled and self._current in (2, 3):
            self.printed.note_unit_line(self.facts[self._current], labels[-1].text)
            self._open = _OpenRow(self.facts[self._current], None, labels[-1], cells, True)

    def _stands_elsewhere(self, fact: TableFact, match: Match, label: Cell, cells: list[Cell]) -> bool:
        """Whether a label that tells nothing alone (其他, 合计) stands where the form has no such row: in another group
        or, bare, below the last row."""
        groups = {row.group for row in fact.rows if row.group}
        told = next((core(cell.text) for cell in reversed(cells) if core(cell.text) in groups), "")
        row = next(row for row in fact.rows if row.key == match.key)
        shared = core(label.text) in SHARED
        if told or not shared:
            self._group = told or row.group
        if not shared or self._current != fact.table or all(is_blank(cell) for cell in trailing_values(cells)):
            return False
        if row.group:
            return bool(self._group) and self._group != row.group
        below = [other.key for other in fact.proper_rows][-1]
        return normalise(label.text) in SHARED and below in self.printed.rows.get(fact.table, ())

    def _last_row(self, table: int) -> str | None:
        rows = self.printed.rows.get(table)
        return rows[-1] if rows else None

    # ------------------------------------------------------------ headers
    def _header_of(self, cells: list[Cell]) -> int:
        """Number of the table whose header this row is; 0 for none."""
        if any(is_value(cell.text) and not is_blank(cell) for cell in cells):
            return 0
        texts = [cell.text for cell in cells if normalise(cell.text)]
        scores = {number: self._header_score(fact, texts) for number, fact in self.facts.items()}
        best = max(scores, key=lambda number: (scores[number], number == self._header_table))
        if not scores[best]:
            return 0
        return best if best == 4 or not self._is_data(texts) else 0

    def _header_score(self, fact: TableFact, texts: Sequence[str]) -> int:
        score = 0
        for text in texts:
            match = fact.column_labels.match(text)
            if match and core(text) not in SHARED:
                score += 2
            elif fact.is_header(text) or (fact.layout == "one_row" and fact.row_labels.match(text)):
                score += 1
        return score

    def _is_data(self, texts: Sequence[str]) -> bool:
        """Whether a row without numbers is still a data row: its label names a row of table 2 or 3."""
        for number in (2, 3):
            fact = self.facts[number]
            if any((match := fact.row_labels.match(text)) and match.quality >= 0.98 and core(text) not in SHARED
                   and not fact.is_header(text) and not fact.is_group(text)
                   and not fact.column_labels.match(text) for text in texts):
                return True
        return False

    def _add_header(self, table: int, line: list[Cell | None]) -> None:
        if table != self._header_table:
            self._close_header()
        self._header_table = table
        self._header_lines.append(line)

    def _close_header(self) -> None:
        """Turn the header rows just read into heads: per column the innermost label."""
        table, lines = self._header_table, self._header_lines
        self._header_table, self._header_lines = 0, []
        if not table:
            return
        fact = self.facts[table]
        self._current = table
        if self._open is not None and self._open.fact.table != table:
            self._open = None  # no row goes on below the header of another table
        heads = dispute_heads(fact, lines) if fact.layout == "one_row" else heads_of(fact, lines)
        if not any(head.key for head in heads):
            return
        self._heads[table] = heads
        self.printed.headed.add(table)
        self._head_width[table] = self._width
        self.printed.pages.setdefault(table, next((cell.page for cell in distinct(lines[0])), None))
        for head in heads:
            if head.key is not None and fact.layout == "items":
                self.printed.note_unit(fact, head.key, head.label)
            if head.key is None:
                labels = self.printed.columns_extra.setdefault(table, [])
                if head.label not in labels:
                    labels.append(head.label)

    # ------------------------------------------------------------ data rows of tables 2 and 3
    def _row_of(self, cells: list[Cell]) -> tuple[TableFact, Match, Cell] | None:
        """Table, row and label cell of a data row: the innermost label that the form knows."""
        for number in (3, 2) if self._current != 2 else (2, 3):
            fact = self.facts[number]
            for cell in reversed(self._label_cells(fact, cells)):
                match = fact.row_labels.match(cell.text)
                if match:
                    return fact, match, cell
        if self._current not in (2, 3) or len(self.printed.rows_extra.get(self._current, ())) >= MOST_EXTRA:
            return None
        fact = self.facts[self._current]
        for cell in reversed(self._label_cells(fact, cells)):
            if not fact.is_header(cell.text) and not fact.is_group(cell.text):
                match = fact.row_labels.alike(cell.text)
                if match:
                    return fact, match, cell
        return None

    def _label_cells(self, fact: TableFact, cells: list[Cell]) -> list[Cell]:
        labels = [cell for cell in cells if not is_value(cell.text)]
        heads = self._heads.get(fact.table)
        if heads and self._head_width.get(fact.table) == self._width:
            # A label behind where the heads begin is still one where all their cells follow it: their place is wrong.
            followed = {id(cell): len(cells) - 1 - place for place, cell in enumerate(cells)}
            left = [cell for cell in labels if cell.column < heads[0].first or followed[id(cell)] == len(heads)]
            return left or labels[:1]
        return labels

    def _enter(self, fact: TableFact, match: Match, label: Cell, cells: list[Cell]) -> _OpenRow:
        values = self._values(fact, label, cells)
        quality = 1.0 if match.quality >= 0.98 else match.quality
        if fact.is_group(label.text) and not any(row.instead_of or not row.group for row in fact.rows
                                                 if row.key == match.key):
            self.printed.extra(fact.table, label.text.strip())
            return _OpenRow(fact, None, label, cells, True)
        assigned = self._assign(fact, match.key, values)
        self.printed.seen(fact.table, match.key, label.page)
        for column, (cell, certainty) in assigned.items():
            self.printed.note_unit(fact, column, label.text)
            if cell is None or _is_shared(cell, label):
                self.printed.put(fact, match.key, column, Figure(None, "absent", "", certainty))
            else:
                self.printed.put(fact, match.key, column, figure_of(cell, fact, column, min(quality, certainty)))
        return _OpenRow(fact, match.key, label, cells, all(is_blank(cell) for cell in values))

    def _values(self, fact: TableFact, label: Cell, cells: list[Cell]) -> list[Cell]:
        """The value cells of a row: all after its label, without notes that still stand in the label columns."""
        values = cells[next(index for index, cell in enumerate(cells) if cell is label) + 1:]
        start = self._first_column(fact)
        while values and not is_value(values[0].text) and (start is None or values[0].column < start):
            values = values[1:]
        return values

    def _first_column(self, fact: TableFact) -> int | None:
        """Where the value columns of this grid begin; None where its own width shows no header."""
        heads = self._heads.get(fact.table)
        return heads[0].first if heads and self._head_width.get(fact.table) == self._width else None

    def _assign(self, fact: TableFact, row: str, values: list[Cell]) -> dict[str, tuple[Cell | None, float]]:
        """Cells by column key: in order where there are as many as heads, else by the columns they cover."""
        wanted = fact.columns_of(row)
        heads = self._heads.get(fact.table, [])
        known = [head for head in heads if head.key in wanted]
        start = self._first_column(fact)
        inside = [cell for cell in values if start is None or cell.column >= start]
        filled = [cell for cell in values if not is_blank(cell)]
        for cells in (values, inside) if known else ():
            if len(cells) == len(heads):
                # Cells beside their heads (a wrong colspan in the label) still stand in order, but that is a guess.
                beside = start is not None and not all(
                    overlap(cell, head.first, head.last) for head, cell in zip(heads, cells, strict=True))
                certainty = BY_POSITION if beside else 1.0
                return {head.key: (cell, min(certainty, head.certainty))
                        for head, cell in zip(heads, cells, strict=True)
                        if head.key is not None and head.key in wanted}
        before = values[:-len(wanted)]  # empty places of labels, where the grid tells its columns
        last = values[-len(wanted):] if all(is_blank(cell) and start is not None for cell in before) else []
        if known and len(heads) < len(wanted) == len(last) and self._fit_the_form(known, wanted, last, start):
            # Part of the header stands on the page before; the rest shows that the form's order holds.
            headed = {head.key: head.certainty for head in known if start is not None}
            return {column: (cell, headed.get(column, BY_POSITION))
                    for column, cell in zip(wanted, last, strict=True)}
        if known and start is not None:
            return by_place(known, heads, inside)
        for cells in (values, filled):
            if not known and len(cells) == len(wanted):
                return {column: (cell, BY_POSITION) for column, cell in zip(wanted, cells, strict=True)}
            if len(cells) == len(known) == len(heads):
                return {head.key: (cell, min(BY_POSITION, head.certainty))
                        for head, cell in zip(known, cells, strict=True)
                        if head.key is not None}
        self.printed.problems.append(f"table {fact.table}: the cells of row {row} could not be told apart")
        return dict.fromkeys(wanted, (None, 0.0))

    @staticmethod
    def _fit_the_form(known: list[Head], wanted: Sequence[str], values: list[Cell], start: int | None) -> bool:
        """Whether the heads that were read stand in the form's order, and over the values that it gives them."""
        places = [wanted.index(str(head.key)) for head in known]
        if places != list(range(places[0], places[0] + len(places))):
            return False
        return start is None or all(overlap(values[place], head.first, head.last)
                                    for place, head in zip(places, known, strict=True))

    # ------------------------------------------------------------ rows torn by a page break, rows without label
    def _join_torn(self, cells: list[Cell], labelled: tuple[TableFact, Match, Cell] | None) -> bool:
        """Join the first row of a grid with the last one before it when a page break tore one row in two."""
        above = self._open
        if above is None or above.label is None:
            return False
        labels = [cell for cell in cells if not is_value(cell.text)]
        tail = labels[-1] if labels else None
        values = trailing_values(cells)
        empty = all(is_blank(cell) for cell in values)
        # The innermost label above may be a mere head that told nothing, so that its row went by its group's label.
        head = next((cell for cell in reversed(above.cells) if cell.text.strip() and not is_value(cell.text)),
                    above.label)
        joined = head.text + (tail.text if tail else "")
        match = above.fact.row_labels.match(joined) or above.fact.row_labels.match(above.label.text)
        # The tail of a long label may tell the row by itself; its figures stand beside the head all the same.
        headless = (match is not None and labelled is not None and labelled[1].key == match.key
                    and (above.row is None or head is not above.label) and not above.empty
                    and not any(cell.text.strip() for cell in values))
        if labelled and not headless and (labelled[1].key != above.row or labelled[1].quality == 1.0):
            return False
        if match is None:
            return False
        if empty and tail is not None:
            if (above.row is None or headless) and not above.empty:
                self._drop_unplaced(above.cells)
                self._enter(above.fact, match, head, above.cells)
            return True
        if not empty and above.empty:
            self._open = self._enter(above.fact, match, tail or cells[0], cells)
            return True
        return False

    def _drop_unplaced(self, cells: list[Cell]) -> None:
        self._unplaced = [entry for entry in self._unplaced if entry[0] is not cells]

    def _fill_gaps(self) -> None:
        """Give a row of numbers without readable label to the one row of the form missing at that place."""
        for cells, before in self._unplaced:
            fact = next((fact for number, fact in self.facts.items()
                         if number in (2, 3) and before in self.printed.rows.get(number, [])), None)
            labels = [cell for cell in cells if not is_value(cell.text)]
            label = labels[-1] if labels else None
            if fact is None:
                continue
            order = [row.key for row in fact.proper_rows]
            found = self.printed.rows[fact.table]
            if before is None:
                continue
            after = found.index(before) + 1
            follower = found[after] if after < len(found) else None
            lost: list[str] = []
            if before in order and (follower is None or follower in order):
                lost = order[order.index(before) + 1: order.index(follower) if follower else len(order)]
            unreadable = label is None or not core(label.text) or fact.is_group(label.text)
            alike = fact.row_labels.alike(label.text, lost) if label and lost else None
            if len(lost) == 1 and (unreadable or alike):
                values = trailing_values(cells)
                for column, (cell, certainty) in self._assign(fact, lost[0], values).items():
                    if cell is not None:
                        confidence = min(certainty, ROW_BY_POSITION)
                        self.printed.put(fact, lost[0], column, figure_of(cell, fact, column, confidence))
            elif label is not None:
                self.printed.extra(fact.table, label.text.strip())

    def _settle_closed(self) -> None:
        """A row that stands in for others counts only where those aren't printed; else it was their group's label."""
        for fact in self.facts.values():
            for row in fact.rows:
                found = self.printed.rows.get(fact.table, [])
                if not row.instead_of or row.key not in found or not set(row.instead_of) & set(found):
                    continue
                printed = [self.printed.figures.get(fact.key(row.key, column))
                           for column in fact.columns_of(row.key)]
                if any(figure and figure.value is not None for figure in printed):
                    self.printed.extra(fact.table, row.label)
                self.printed.forget(fact, row.key)

    # ------------------------------------------------------------ table 4
    def _table_four_ready(self) -> bool:
        return self._current == 4 and bool(self._heads.get(4))

    def _read_disputes(self, cells: list[Cell]) -> bool:
        """One data row of table 4: every value cell is named by route and outcome above it or left of it."""
        fact, heads = self.facts[4], self._heads[4]
        labels = [cell for cell in cells if not is_value(cell.text)]
        route = next((match.key for cell in reversed(labels) if (match := fact.row_labels.match(cell.text))), None)
        if labels and route is None:
            return False
        values = [cell for cell in cells if not labels or cell.column >= labels[-1].column + labels[-1].colspan]
        names = [head.key if route is None else f"{route}.{(head.key or '').split('.')[-1]}"
                 for head in heads if head.key]
        wanted = {name for name in names if name and name.count(".") == 1 and not name.startswith("?")}
        exact = len(wanted) == len(names) and len(heads) == len(names)
        if exact and len(values) == len(heads):
            pairs = [(name, cell, 1.0) for name, cell in zip(names, values, strict=True)]
        elif exact and self._head_width.get(4) == self._width:
            places = by_place(heads, heads, values)
            pairs = [(name, cell, certainty) for name, (cell, certainty)
                     in zip(names, places.values(), strict=True) if cell is not None]
        elif route is None and len(values) == 15:
            return self._bare_disputes(values)
        else:
            return False
        for name, cell, certainty in pairs:
            row, column = str(name).split(".")
            self.printed.put(fact, row, column, figure_of(cell, fact, column, certainty))
        return True

    def _bare_disputes(self, values: list[Cell]) -> bool:
        fact = self.facts[4]
        keys = [(row.key, column) for row in fact.proper_rows for column in fact.columns_of(row.key)]
        for (row, column), cell in zip(keys, values, strict=True):
            self.printed.put(fact, row, column, figure_of(cell, fact, column, BY_POSITION))
        return True

    # ------------------------------------------------------------ orientation
    def _on_its_side(self, grid: Grid) -> bool:
        """Whether rows and columns of this grid are exchanged against the form."""
        if max(grid.height, grid.width) > 200:
            return False
        return self._upright(transpose(grid)) > self._upright(grid)

    def _upright(self, grid: Grid) -> int:
        """How well row labels stand on the left and column labels above the values."""
        score = 0
        for line in grid.rows():
            cells = distinct(line)
            filled = [cell for cell in cells if is_value(cell.text) and not is_blank(cell)]
            labels = [cell for cell in cells if not is_value(cell.text)]
            if filled and labels:
                for number in (2, 3):
                    fact = self.facts[number]
                    match = fact.row_labels.match(labels[-1].text)
                    column = fact.column_labels.match(labels[-1].text)
                    if match and match.quality >= 0.98 and not column:
                        score += 2
                    if column and not match:
                        score -= 2
                outcome = self.facts[4].column_labels.match(labels[-1].text)
                if outcome and outcome.key in ("upheld", "corrected", "pending"):
                    score -= 2
        return score


@dataclass
class _OpenRow:
    """The last row read, in case the next grid continues it."""

    fact: TableFact
    row: str | None
    label: Cell | None
    cells: list[Cell]
    empty: bool


def _is_shared(cell: Cell, label: Cell) -> bool:
    """Whether a number stands over more rows than its label: of which row it is, nobody can tell. 0 is all rows' 0."""
    beyond = cell.row < label.row or cell.row + cell.rowspan > label.row + label.rowspan
    return beyond and not is_blank(cell) and not is_zero(cell)


def _numbers_columns(cells: list[Cell]) -> bool:
    """Whether a row only numbers the columns from 1 up (栏次 1 2 3 …), as statistics do below a header."""
    texts = [cell.text.strip() for cell in cells]
    labels = [normalise(text) for text in texts if text and not is_value(text)]
    printed = [text for text in texts if text and is_value(text)]
    return (all(label in _NUMBERING_LABELS for label in labels) and len(printed) >= _FEWEST_NUMBERED
            and printed == [str(number) for number in range(1, len(printed) + 1)])


def trailing_values(cells: list[Cell]) -> list[Cell]:
    """The value cells right of the last label."""
    start = max((index for index, cell in enumerate(cells) if not is_value(cell.text)), default=-1)
    return cells[start + 1:]
