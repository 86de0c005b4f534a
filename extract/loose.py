"""Grids whose columns can't be trusted → figures: a label, then its values in printed order.

Promises: values are only given to columns when their number fits exactly, or when blanks can be counted because rows of
the same shape show where the columns are; otherwise the row's cells are absent. Leaves alone: true grids (tables).

Confidence: 1.0 where label, number of values and printed header agree; 0.95 where blanks were counted by sibling rows;
0.85 where no header told the columns; 0.92 for a bare row of disputes that keeps all its sums.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from extract.figures import is_value
from extract.forms import Form, TableFact
from extract.labels import Match, core, normalise
from extract.model import Cell, Figure, Grid
from extract.printed import BY_POSITION, MOST_ROWS, SHARED, Printed, figure_of, is_blank

_NUMBERED = re.compile(r"\d|[(（][一二三四五六七八九十]|[一二三四五六七八九十]、")
COUNTED = 0.95
CONFIRMED = 0.92
MISPRINTED = 0.92
_FEWEST_COLUMNS = 3


@dataclass
class _Entry:
    """Labels and the values printed after them."""

    labels: list[Cell] = field(default_factory=list)
    values: list[Cell] = field(default_factory=list)
    fields: int = 0
    """Number of fields of the line where the values stand in one line, else 0."""
    widths: dict[int, int] = field(default_factory=dict)
    """Number of fields of each line the labels stand in."""


class LooseReader:
    """Reads the loose grids of one document in order; `printed` holds what was found."""

    def __init__(self, forms: dict[int, Form], printed: Printed | None = None) -> None:
        self.facts = {number: form.table(number) for number, form in forms.items()}
        self.printed = printed or Printed()
        self._headers: dict[int, list[str]] = {}
        self._routes: list[str] = []
        self._shapes: dict[tuple[int, int, int], list[int]] = {}
        """(table, fields of a line, values) → places of the values, as full rows and headers show them."""
        self._waiting: list[tuple[TableFact, Match, _Entry]] = []
        self._usual: dict[int, int] = {}
        """Most values that rows of a table print, one row's own oddity left out: as many columns the table has."""
        self._in_disputes = False
        self._strange: list[int] = []
        """Tables with a column header that names nothing."""
        self._guessed: dict[int, float] = {}
        """How sure the columns of a table are, where a header is only alike."""

    def read(self, grids: Iterable[Grid]) -> Printed:
        """What the loose grids of a document print. Grids of thousands of lines are left out with a problem."""
        entries: list[_Entry] = []
        for grid in grids:
            if len({cell.row for cell in grid.cells}) > MOST_ROWS:
                self.printed.problems.append("a list of thousands of lines was left out: the form has about sixty")
                continue
            entries.extend(_entries(grid))
        self._count(entries)
        for entry in entries:
            self._read(entry)
        for fact, match, entry in self._waiting:
            self._enter(fact, match, entry, last=True)
        self._confirm_disputes()
        return self.printed

    def _count(self, entries: Iterable[_Entry]) -> None:
        """How many values rows print: a table that lacks a column has fewer in every row, a row with a blank alone."""
        counts: dict[int, list[int]] = {}
        for entry in entries:
            filled = sum(not is_blank(cell) for cell in entry.values)
            fact, match, _ = self._row_of(entry.labels)
            if fact and match and filled and core(entry.labels[-1].text) not in SHARED:
                counts.setdefault(fact.table, []).append(filled)
        for table, found in counts.items():
            often = [count for count in found if found.count(count) > 1] or found
            self._usual[table] = max(often)

    def _read(self, entry: _Entry) -> None:
        filled = [cell for cell in entry.values if not is_blank(cell)]
        fact, match, used = self._row_of(entry.labels)
        if match and core(entry.labels[-1].text) in SHARED and self._ends_dispute_header(entry.labels):
            fact, match = None, None
        if filled and self._disputes_row(entry, filled):
            return
        disputes = self._note_headers(entry.labels[:-used] if match else entry.labels, entry.widths)
        if not filled and not match:
            return
        bare = len(filled) == 15 and match is None and not self.printed.rows.get(4)
        if bare or (disputes and 15 in (len(filled), len(entry.values))):
            self._disputes(filled if len(filled) == 15 else entry.values)
            return
        if match is None or fact is None:
            if filled:
                self._unknown(entry)
            return
        self._enter(fact, match, entry)

    # ------------------------------------------------------------ rows of tables 2 and 3
    def _row_of(self, labels: Sequence[Cell]) -> tuple[TableFact | None, Match | None, int]:
        """The row the last label names; labels wrapped over lines are joined (up to three)."""
        for count in range(1, min(3, len(labels)) + 1):
            text = "".join(label.text for label in labels[-count:])
            for number in (3, 2):
                fact = self.facts[number]
                match = fact.row_labels.match(text)
                if match and count > 1 and (_NUMBERED.match(labels[-1].text.strip())
                                            or any(fact.is_group(label.text) for label in labels[-count:-1])):
                    continue  # words of the group or of the row above, before a label that can't be read
                if match:
                    return fact, match, count
        if labels:
            for number in (3, 2):
                fact = self.facts[number]
                if not fact.is_header(labels[-1].text) and not fact.is_group(labels[-1].text):
                    match = fact.row_labels.alike(labels[-1].text)
                    if match:
                        return fact, match, 1
        return None, None, 0

    def _ends_dispute_header(self, labels: Sequence[Cell]) -> bool:
        """Whether the last label, 总计, is the end of table 4's header and no row of table 3."""
        outcomes = self.facts[4].column_labels
        return any(core(cell.text) not in SHARED and outcomes.match(cell.text) for cell in labels[-5:])

    def _enter(self, fact: TableFact, match: Match, entry: _Entry, last: bool = False) -> None:
        order, certainty = self._order(fact, match.key)
        values, filled = entry.values, [cell for cell in entry.values if not is_blank(cell)]
        wanted = len(order)
        shape = (fact.table, entry.fields, wanted)
        chosen: list[Cell] | None = None
        if len(filled) == wanted:
            chosen = filled
            if entry.fields:
                self._shapes[shape] = [cell.column for cell in filled]
        elif entry.fields and shape in self._shapes:
            by_place = {cell.column: cell for cell in values}
            chosen = [by_place[place] for place in self._shapes[shape] if place in by_place]
            if len(chosen) != wanted or any(cell not in chosen for cell in filled):
                chosen = None
            certainty = min(certainty, COUNTED)
        elif len(values) == wanted:
            chosen, certainty = values, min(certainty, COUNTED)
        elif not last and entry.fields:
            self._waiting.append((fact, match, entry))
            self.printed.seen(fact.table, match.key)
            return
        self.printed.seen(fact.table, match.key)
        if chosen is None or not certainty:
            if filled or entry.values:
                self.printed.problems.append(
                    f"table {fact.table}: row {match.key} prints {len(filled)} values for {wanted} columns; "
                    "which is which can't be told")
            for column in order:
                self.printed.put(fact, match.key, column, Figure(None, "absent"))
            return
        certainty = min(certainty, 1.0 if match.quality >= 0.98 else match.quality)
        for column, cell in zip(order, chosen, strict=True):
            if column:
                self.printed.put(fact, match.key, column, figure_of(cell, fact, column, certainty))

    def _order(self, fact: TableFact, row: str) -> tuple[list[str], float]:
        """The row's columns in printed order, and how sure that order is."""
        wanted = list(fact.columns_of(row))
        printed = [key for key in self._headers.get(fact.table, []) if key in wanted]
        sure = self._guessed.get(fact.table, 1.0)
        if fact.layout == "rows" and self._usual.get(fact.table, 0) > len(wanted):
            return wanted, 0.0  # a column the form doesn't know: where blanks stand can't be told
        if len(printed) == len(wanted):
            return printed, sure
        if fact.layout == "rows" and len(printed) == self._usual.get(fact.table, 0) >= _FEWEST_COLUMNS:
            return printed, sure  # neither header nor any row has the others
        if fact.table in self._strange or printed != [key for key in wanted if key in printed]:
            return wanted, 0.0  # a header is lost, and another is unknown or stands in another order than the form's
        return wanted, BY_POSITION

    def _unknown(self, entry: _Entry) -> None:
        if entry.labels:
            label = entry.labels[-1].text.strip()
            table = 3 if self.printed.rows.get(3) else 2
            self.printed.extra(table, label)
        else:
            shown = ", ".join(cell.text.strip() for cell in entry.values if not is_blank(cell))
            self.printed.problems.append(f"numbers without a label were left out: {shown[:80]}")

    # ------------------------------------------------------------ headers
    def _note_headers(self, labels: Sequence[Cell], widths: dict[int, int]) -> bool:
        """Remember column headers in their printed order; tells whether these were headers of table 4."""
        scores = {number: sum(1 for cell in labels if core(cell.text) not in SHARED
                              and (fact.column_labels.match(cell.text) or fact.is_header(cell.text)
                                   or (fact.layout == "one_row" and fact.row_labels.match(cell.text))))
                  for number, fact in self.facts.items()}
        number = max(scores, key=lambda table: scores[table])
        if not scores[number]:
            return False
        fact = self.facts[number]
        self.printed.headed.add(number)
        self.printed.pages.setdefault(number, labels[0].page)
        keys = [match.key for cell in labels if (match := fact.column_labels.match(cell.text))]
        self._in_disputes = fact.layout == "one_row"
        if fact.layout == "one_row":
            routes = [match.key for cell in labels if (match := fact.row_labels.match(cell.text))]
            if len(keys) <= 2:
                if len(set(routes)) == len(fact.proper_rows):
                    self._headers[number], self._routes = [], routes
                return False
            self._headers[number], self._routes = keys, routes
            return True
        if fact.layout == "rows":
            if len(keys) > 2:
                self._headers[number] = self._applicants(fact, labels)
        elif keys:
            self._headers[number] = keys
            for cell in labels:
                if match := fact.column_labels.match(cell.text):
                    self.printed.note_unit(fact, match.key, cell.text)
            self._learn(fact, labels, widths)
        return False

    def _learn(self, fact: TableFact, labels: Sequence[Cell], widths: dict[int, int]) -> None:
        """A tabbed header line shows where the columns of the rows below stand."""
        for row, fields in widths.items():
            places = [cell.column for cell in labels if cell.row == row and fact.column_labels.match(cell.text)]
            if fields > 1 and places:
                self._shapes.setdefault((fact.table, fields, len(places)), places)

    def _applicants(self, fact: TableFact, labels: Sequence[Cell]) -> list[str]:
        """Column order of table 3: the classes under 法人或其他组织 stand where that header stands."""
        first: list[str] = []
        inner: list[str] = []
        guessed = False
        for cell in labels:
            match = fact.column_labels.match(cell.text)
            if match and match.key in ("natural_person", "total"):
                first.append(match.key)
            elif match:
                inner.append(match.key)
            elif fact.is_header(cell.text) or fact.like_header(cell.text):
                if "法人" in normalise(cell.text) or "组织" in normalise(cell.text):
                    first.append("")
            elif misprint := fact.column_labels.alike(cell.text):
                inner.append(misprint.key)
                guessed = True
            elif first and fact.table not in self._strange:
                self._strange.append(fact.table)
        first, inner = list(dict.fromkeys(first)), list(dict.fromkeys(inner))
        if "" not in first:
            first.insert(first.index("natural_person") + 1 if "natural_person" in first else 0, "")
        order: list[str] = []
        for key in first:
            order.extend(inner if not key else [key])
        if guessed:
            usual = [column.key for column in fact.columns if column.key in order]
            self._guessed[fact.table] = MISPRINTED if order == usual else BY_POSITION
        return order

    # ------------------------------------------------------------ table 4
    def _disputes(self, values: Sequence[Cell]) -> None:
        fact = self.facts[4]
        rows = [row.key for row in fact.proper_rows]
        columns = [column.key for column in fact.columns]
        outcomes = self._headers.get(4, [])
        groups = [outcomes[start:start + 5] for start in range(0, len(outcomes), 5)]
        exact = len(outcomes) == 15 and all(set(group) == set(columns) for group in groups)
        routes = self._routes if set(self._routes) == set(rows) and len(self._routes) == 3 else rows
        order = [(route, outcome) for route, group in zip(routes, groups if exact else [columns] * 3, strict=True)
                 for outcome in group]
        for (row, column), cell in zip(order, values, strict=True):
            self.printed.put(fact, row, column, figure_of(cell, fact, column, 1.0 if exact else BY_POSITION))

    def _disputes_row(self, entry: _Entry, filled: Sequence[Cell]) -> bool:
        """A row of table 4 that prints one route under outcomes, or one outcome under the three routes."""
        fact, label = self.facts[4], entry.labels[-1].text if entry.labels else ""
        route, outcome = fact.row_labels.match(label), fact.column_labels.match(label)
        if not (route or outcome) or len(filled) not in (len(fact.proper_rows), len(fact.columns)):
            return False
        if len(entry.labels) > 1:
            self._note_headers(entry.labels[:-1], entry.widths)
        outcomes = self._headers.get(4, [])
        if not self._in_disputes:
            return False
        if route and len(outcomes) == len(filled) == len(fact.columns) == len(set(outcomes)):
            names = [(route.key, key) for key in outcomes]
        elif outcome and not outcomes and len(self._routes) == len(filled) == len(fact.proper_rows):
            names = [(key, outcome.key) for key in self._routes]
        else:
            return False
        for (row, column), cell in zip(names, filled, strict=True):
            self.printed.put(fact, row, column, figure_of(cell, fact, column, 1.0))
        return True

    def _confirm_disputes(self) -> None:
        """A row of 15 read by position is confirmed when every route keeps its sum and one of them isn't zero."""
        fact = self.facts[4]
        figures = [[self.printed.figures.get(fact.key(row.key, column.key)) for column in fact.columns]
                   for row in fact.proper_rows]
        values = [[figure.value if figure else None for figure in group] for group in figures]
        if any(value is None for group in values for value in group):
            return
        holds = all(sum(group[:-1]) == group[-1] for group in values)  # type: ignore[arg-type]
        if holds and any(group[-1] for group in values):
            for group in figures:
                for figure in group:
                    if figure:
                        figure.confidence = max(figure.confidence, CONFIRMED)


def _entries(grid: Grid) -> list[_Entry]:
    """The grid's cells in order, cut where a label follows values or a line of several fields ends."""
    lines: dict[int, list[Cell]] = {}
    for cell in grid.cells:
        lines.setdefault(cell.row, []).append(cell)
    entries: list[_Entry] = []
    entry = _Entry()

    def flush() -> None:
        nonlocal entry
        if entry.labels or entry.values:
            entries.append(entry)
        entry = _Entry()

    for number in sorted(lines):
        cells = sorted(lines[number], key=lambda cell: cell.column)
        labels = [cell for cell in cells if not is_value(cell.text)]
        if len(cells) == 1:
            if labels:
                if any(not is_blank(cell) for cell in entry.values):
                    flush()
                entry.values = []
                entry.labels.append(cells[0])
            else:
                entry.values.append(cells[0])
            continue
        start = max((index for index, cell in enumerate(cells) if not is_value(cell.text)), default=-1)
        values = cells[start + 1:]
        filled = [cell for cell in values if not is_blank(cell)]
        if any(not is_blank(cell) for cell in entry.values):
            flush()
        entry.values = []
        entry.labels.extend(labels)
        entry.widths[number] = len(cells)
        known = len(labels) == 1 and values
        if filled or known:
            entry.values, entry.fields = values, len(cells)
            flush()
    flush()
    return entries
