"""Tables as text with separators (csv, tsv): one sheet, read as extract.worksheets reads sheets.

Leaves alone: types; a cell is what is written.
"""

from __future__ import annotations

import csv

from extract import office, worksheets
from extract.decoding import decode
from extract.exceptions import LimitExceededError
from extract.model import Cell, Document, Hints
from extract.readers import reader


@reader("text/csv", "text/tab-separated-values", name="delimited")
def read(data: bytes, hints: Hints) -> Document:
    """The table in a text file. Raises LimitExceededError for one with too many or too long cells."""
    text, lost = decode(data, hints.media_type)
    document = Document("", "", "delimited", pages=1)
    if lost:
        document.problems.append(f"{lost} characters could not be decoded")
    lines = text.replace("\x00", "").splitlines(keepends=True)
    mark = max((",", "\t", ";", "，"), key=lambda sign: sum(line.count(sign) for line in lines[:200]))
    cells: list[Cell] = []
    try:
        for row, fields in enumerate(csv.reader(lines, delimiter=mark)):
            cells += [Cell(worksheets.text(field), row, column) for column, field in enumerate(fields) if field.strip()]
            office.count_cells(len(cells))
    except csv.Error as fault:
        raise LimitExceededError(f"{hints.name or 'table'}: a cell of it never ends ({fault})") from None
    kept, far = worksheets.near(cells)
    if far:
        document.problems.append(f"{far} cells far from all others were left out")
    document.blocks = worksheets.blocks(kept, 1)
    if not document.blocks and not document.problems:
        document.problems.append("the file holds no text")
    document.text = office.visible_text(document.blocks)
    return document
