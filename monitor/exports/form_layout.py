"""Tables 2 to 4 of an era's form as they are printed: which label, head or figure stands in which cell.

Promises: made from config/forms/<era>.yaml alone, with the merged cells of the official form; every proper figure of a
table has one place. Leaves alone: what is written into the figures' cells (consolidated.py, templates.py).
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from extract import forms
from monitor import wording
from monitor.exceptions import UsageError

if TYPE_CHECKING:
    from xlsxwriter.worksheet import Worksheet

    from extract.forms import Form, RowFact, TableFact
    from monitor.wording import Lang

TABLES = (2, 3, 4)
WIDTHS = (14, 12, 30, *(9,) * 12)
"""Widths in characters of a sheet's columns: ten for table 3, fifteen for table 4."""
_NUMERALS = "一二三四五六七八九十"
_TOP = re.compile(rf"[{_NUMERALS}]+、")
_SECOND = re.compile(rf"（[{_NUMERALS}]+）")


@dataclass(frozen=True, slots=True)
class Placed:
    """One printed cell; `key` names the figure that belongs there, else `text` is its label."""

    row: int
    column: int
    text: str = ""
    rows: int = 1
    columns: int = 1
    key: str = ""
    side: bool = False
    """A row's label, set flush left."""


@dataclass(slots=True)
class Laid:
    """One table: its cells, and how many columns at the left hold labels."""

    cells: list[Placed] = field(default_factory=list)
    labels: int = 1

    @property
    def height(self) -> int:
        return max(cell.row + cell.rows for cell in self.cells)

    @property
    def width(self) -> int:
        return max(cell.column + cell.columns for cell in self.cells)

    @property
    def figures(self) -> list[Placed]:
        return [cell for cell in self.cells if cell.key]


def form_of(year: int) -> Form:
    """The form of a report year that has the three tables. Raises UsageError for years before them."""
    era = forms.era_of_year(year)
    form = forms.form(era) if era else None
    if form is None or not {each.table for each in form.tables} >= set(TABLES):
        first = min(forms.form(each).years.first for each in forms.eras()
                    if {table.table for table in forms.form(each).tables} >= set(TABLES))
        raise UsageError(f"--year {year}: the form of that year has no tables 2 to 4; name a year from {first}")
    return form


def keys_of(form: Form, present: Collection[str] = ()) -> list[str]:
    """The figures of tables 2 to 4 in the form's order; rows that stand in for others only where `present` has them."""
    return [table.key(row.key, column) for number in TABLES for table in (form.table(number),) for row in table.rows
            for column in table.columns_of(row.key)
            if not row.instead_of or any(table.key(row.key, each) in present for each in table.columns_of(row.key))]


def lay_out(table: TableFact, lang: Lang, present: Collection[str] = ()) -> Laid:
    """The cells of one table."""
    if table.layout == "items":
        return _items(table, lang)
    if table.layout == "rows":
        return _rows(table, lang, present)
    return _one_row(table)


def _items(table: TableFact, lang: Lang) -> Laid:
    laid, row = Laid(), 0
    width = max(len(table.columns_of(each.key)) for each in table.proper_rows)
    label = {each.key: each.label for each in table.columns}
    for (block, columns), members in itertools.groupby(
            table.proper_rows, lambda each: (each.block, table.columns_of(each.key))):
        places = list(_spread(len(columns), width))
        laid.cells.append(Placed(row, 0, block, columns=width + 1))
        laid.cells.append(Placed(row + 1, 0, table.headers[0]))
        for key, (start, span) in zip(columns, places, strict=True):
            text = label[key]
            if table.kind(key) == "decimal":
                text = wording.say("form_amount", lang, label=text)
            laid.cells.append(Placed(row + 1, start, text, columns=span))
        row += 2
        for member in members:
            laid.cells.append(Placed(row, 0, member.label, side=True))
            laid.cells += [Placed(row, start, columns=span, key=table.key(member.key, key))
                           for key, (start, span) in zip(columns, places, strict=True)]
            row += 1
    return laid


def _spread(count: int, width: int) -> Iterator[tuple[int, int]]:
    """Places of `count` columns over `width`, the last taking what is left; column 0 holds the labels."""
    for number in range(count):
        yield 1 + number, (1 if number < count - 1 else width - count + 1)


def _rows(table: TableFact, lang: Lang, present: Collection[str]) -> Laid:
    laid = Laid(labels=3)
    last = 3 + len(table.columns) - 1
    laid.cells += [
        Placed(0, 0, wording.say("form_sums", lang), rows=3, columns=3),
        Placed(0, 3, wording.say("form_applicants", lang), columns=len(table.columns)),
        Placed(1, 3, table.columns[0].label, rows=2), Placed(1, last, table.columns[-1].label, rows=2),
        Placed(1, 4, wording.say("form_organisations", lang), columns=len(table.columns) - 2)]
    laid.cells += [Placed(2, 4 + number, each.label) for number, each in enumerate(table.columns[1:-1])]
    shown = [each for each in table.rows if not each.instead_of
             or any(table.key(each.key, column.key) in present for column in table.columns)]
    results: list[int] = []
    groups: list[tuple[str, int]] = []
    for row, fact in enumerate(shown, 3):
        if _TOP.match(fact.label):
            laid.cells.append(Placed(row, 0, fact.label, columns=3, side=True))
        else:
            results.append(row)
            group = _group(table, fact)
            if group:
                laid.cells.append(Placed(row, 2, fact.label, side=True))
            else:
                text = wording.say("form_undivided", lang, label=fact.label) if fact.instead_of else fact.label
                laid.cells.append(Placed(row, 1, text, columns=2, side=True))
            if not fact.instead_of:
                groups.append((group or fact.label, row))
        laid.cells += [Placed(row, 3 + number, key=table.key(fact.key, each.key))
                       for number, each in enumerate(table.columns)]
    tops = sum(1 for each in shown[:results[0] - 3])
    laid.cells.append(Placed(results[0], 0, f"{_NUMERALS[tops]}、{table.groups[0]}", rows=len(results), side=True))
    second = 0
    for group, members in itertools.groupby(groups, lambda each: each[0]):
        rows = [row for _, row in members]
        second += 1
        if any(each.text == group for each in laid.cells):
            continue  # a row of its own, which carries its numeral already
        text = group if _SECOND.match(group) else f"（{_NUMERALS[second - 1]}）{group}"
        laid.cells.append(Placed(rows[0], 1, text, rows=len(rows), side=True))
    return laid


def _group(table: TableFact, fact: RowFact) -> str:
    """The label under which a row stands with its siblings; empty where it stands alone."""
    if fact.group:
        return fact.group
    return next((other.label for other in table.rows if fact.key in other.instead_of), "")


def _one_row(table: TableFact) -> Laid:
    laid, width = Laid(labels=0), len(table.columns)
    first, *others = table.proper_rows
    laid.cells += [Placed(0, 0, first.label, columns=width),
                   Placed(0, width, table.headers[0], columns=width * len(others))]
    for number, each in enumerate(table.columns):
        laid.cells.append(Placed(1, number, each.label, rows=2))
    for place, row in enumerate(others, 1):
        laid.cells.append(Placed(1, place * width, row.label, columns=width))
        laid.cells += [Placed(2, place * width + number, each.label) for number, each in enumerate(table.columns)]
    laid.cells += [Placed(3, place * width + number, key=table.key(row.key, each.key))
                   for place, row in enumerate(table.proper_rows) for number, each in enumerate(table.columns)]
    return laid


# ---------------------------------------------------------------- on a sheet
def set_up(sheet: Worksheet) -> None:
    """Columns and paper of a sheet that holds the three tables."""
    for column, width in enumerate(WIDTHS):
        sheet.set_column(column, column, width)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.set_margins(left=0.4, right=0.4, top=0.6, bottom=0.6)
    sheet.hide_gridlines(2)


def title_of(form: Form, number: int) -> str:
    """The title of the section in which a table stands."""
    return next((section.title for section in form.sections if section.table == number), "")


def draw(sheet: Worksheet, laid: Laid, top: int, styles: dict[str, Any],
         figure: Callable[[str, int, int], Any]) -> dict[str, tuple[int, int]]:
    """Draw the table from row `top`; `figure(key, row, column)` writes a figure's cell. Places of the figures."""
    places = {}
    lines: dict[int, int] = {}
    for cell in laid.cells:
        row, column = top + cell.row, cell.column
        style = styles["side" if cell.side else "head" if not cell.key else "number"]
        if cell.rows > 1 or cell.columns > 1:
            sheet.merge_range(row, column, row + cell.rows - 1, column + cell.columns - 1, "", style)
        if cell.key:
            places[cell.key] = (row, column)
            figure(cell.key, row, column)
        else:
            sheet.write_string(row, column, cell.text, style)
        # Wrapped text in merged cells never widens its row by itself.
        room = sum(WIDTHS[column:column + cell.columns]) * cell.rows
        wide = sum(2 if ord(character) > 0x2000 else 1 for character in cell.text) + 1
        lines[row] = max(lines.get(row, 1), -(-wide // room))
    for row, count in lines.items():
        sheet.set_row(row, 15 * count + 2)
    return places
