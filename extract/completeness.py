"""What became of tables 2, 3 and 4: found, complete, printed as picture, unreadable.

Promises: one TableReading a table of the form, always; a missing row or column is named by its key, an unknown label by
its print. Leaves alone: whether a gap is a fault (the monitor's rules).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from extract import forms as eras
from extract.forms import Form, TableFact
from extract.model import Figure, TableReading
from extract.printed import Printed
from extract.sections import SectionSpan


def readings(printed: Printed, forms: Mapping[int, Form], tagged: Mapping[int, str],
             spans: Sequence[SectionSpan]) -> list[TableReading]:
    """The state of each table. `forms` used to read, `tagged` the era each table's own labels tell ("" if none)."""
    return [_reading(form.table(number), printed, tagged.get(number, ""), spans)
            for number, form in sorted(forms.items())]


def statistic_readings(printed: Printed, year: int | None, spans: Sequence[SectionSpan]) -> list[TableReading]:
    """The state of the statistics form, where it is printed or the report year owes it; its rows are free, so that none
    is called missing."""
    governing = eras.era_of_year(year) if year else None
    found = []
    for era in eras.eras():
        for fact in eras.form(era).tables:
            if fact.layout != "list" or not (printed.rows.get(fact.table) or era == governing):
                continue
            shown = bool(printed.rows.get(fact.table))
            found.append(TableReading(
                fact.table, shown, image=not shown and any(span.images for span in spans),
                page=printed.pages.get(fact.table), form=era if shown else "",
                rows_extra=list(printed.rows_extra.get(fact.table, []))))
    return found


def _reading(fact: TableFact, printed: Printed, era: str, spans: Sequence[SectionSpan]) -> TableReading:
    rows = printed.rows.get(fact.table, [])
    stand_ins = [row for row in fact.rows if row.instead_of and row.key in rows]
    replaced = {key for row in stand_ins for key in row.instead_of}
    wanted = [row.key for row in fact.proper_rows if row.key not in replaced]
    found = bool(rows) or fact.table in printed.pages
    reading = TableReading(
        fact.table, found, page=printed.pages.get(fact.table), form=era if found else "",
        rows_extra=list(printed.rows_extra.get(fact.table, [])) if found else [],
        columns_extra=list(printed.columns_extra.get(fact.table, [])) if found else [],
        one_row_closed="closed" in rows and bool(stand_ins or not any(row.instead_of for row in fact.rows)))
    if not found:
        reading.image = _pictured(fact.table, spans)
        return reading
    reading.rows_missing = [f"{fact.prefix}.{key}" for key in wanted if key not in rows]
    if rows:
        reading.columns_missing = _columns_missing(fact, printed.figures, rows)
    return reading


def _columns_missing(fact: TableFact, figures: Mapping[str, Figure], rows: Sequence[str]) -> list[str]:
    """Columns no row of the table shows, though rows that have them were found."""
    missing = []
    for column in fact.columns:
        keys = [fact.key(row, column.key) for row in rows if column.key in fact.columns_of(row)]
        if keys and not any(key in figures and figures[key].state != "absent" for key in keys):
            missing.append(column.key)
    return missing


def _pictured(table: int, spans: Sequence[SectionSpan]) -> bool:
    """Whether a picture stands where this table should: in its section, or before it where its heading is gone too."""
    numbers = [span.number for span in spans]
    if table in numbers:
        own = next(span for span in spans if span.number == table)
        if own.images:
            return True
        if own.blocks:
            return False
    if numbers == [0]:
        return bool(spans[0].images)  # a page or file of pictures only: a scan
    earlier = [span for span in spans if 1 < span.number < table or span.number == table]
    return any(span.images for span in earlier) and (table not in numbers)
