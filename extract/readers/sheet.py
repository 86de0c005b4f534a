"""Workbooks (xls, xlsx, xlsb) by python-calamine: sheet by sheet what a reader of the print sees.

Hands over: per sheet its blocks (extract.worksheets) with merged cells, numbers as printed (31, not 31.0), cells of
text as they stand. Hidden sheets, rows and columns, and cells far from everything else, are left out and said; a
formula saved without its result is said and never read as blank. Pictures come where no sheet holds a table.
A number whose format prints another one (scaled, rounded, hidden) is kept as it is stored, doubted and said.
Promises: clear errors for locked and damaged files. Leaves alone: charts and notes.
"""

from __future__ import annotations

import datetime
import io
import posixpath
import re
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import python_calamine
from lxml import etree

from extract import biff, number_formats, office, worksheets
from extract.exceptions import UnreadableDocumentError
from extract.limits import current_limits, open_zip
from extract.model import Cell, Document, Grid, Hints, Image, Text
from extract.readers import reader

_MOST_PICTURES = 20
_DOUBT = 0.5
"""Confidence of what stands where a formula's result is missing, or where another number is printed."""
_REFERENCE = re.compile(r"([A-Z]{1,3})(\d{1,7})")


@dataclass(slots=True)
class _Marks:
    """What the XML of one sheet says beside its values."""

    far: int = 0
    unsolved: set[tuple[int, int]] = field(default_factory=set)
    """Places of formulas without a result."""
    formulas: int = 0
    zeros: set[tuple[int, int]] = field(default_factory=set)
    """Places of formulas whose result is 0."""
    unseen: worksheets.Hidden = field(default_factory=worksheets.Hidden)
    formats: dict[tuple[int, int], str] = field(default_factory=dict)
    """Number formats that aren't the plain one, by place."""


@reader("application/vnd.ms-excel", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", name="sheet")
def read(data: bytes, hints: Hints) -> Document:
    """The workbook in `data`. Raises UnreadableDocumentError: locked, damaged; LimitExceededError: a bomb."""
    named = hints.name or "workbook"
    document = Document("", "", "sheet")
    marks: dict[str, _Marks] = {}
    pictures: list[Image] = []
    unread = 0
    try:
        if data.startswith(b"PK"):
            pictures = _pictures(open_zip(data, named))
            data, marks, document.title = _prepared(data, named)
        else:
            records = biff.stream_of(data)
            formats = biff.formats(records)
            marks = {name: _Marks(unseen=sheet, formats=formats[name]) for name, sheet in biff.hidden(records).items()}
            unread = biff.pictures(records)
        with python_calamine.load_workbook(io.BytesIO(data)) as book:
            sheets = [sheet for sheet in book.sheets_metadata
                      if sheet.typ == python_calamine.SheetTypeEnum.WorkSheet]
            for number, sheet in enumerate(sheets, 1):
                if sheet.visible != python_calamine.SheetVisibleEnum.Visible:
                    document.problems.append(f"the sheet {sheet.name!r} is hidden; it was not read")
                    continue
                _sheet(document, book.get_sheet_by_name(sheet.name), number, marks.get(sheet.name, _Marks()))
    except python_calamine.PasswordError:
        raise UnreadableDocumentError(f"{named}: locked with a password; ask for a copy without one") from None
    except (python_calamine.CalamineError, etree.XMLSyntaxError, *office.BROKEN_MEMBER) as fault:
        if biff.is_locked(biff.stream_of(data)):
            raise UnreadableDocumentError(f"{named}: locked with a password; ask for a copy without one") from None
        raise UnreadableDocumentError(f"{named}: damaged workbook ({fault}); ask for another copy") from None
    except BaseException as fault:  # what calamine itself didn't foresee reaches us as a panic, which is no Exception
        if type(fault).__name__ != "PanicException":
            raise
        raise UnreadableDocumentError(f"{named}: damaged workbook ({fault}); ask for another copy") from None
    if not any(isinstance(block, Grid) for block in document.blocks):
        document.blocks += pictures
        if unread:
            document.problems.append(f"{unread} pictures stand on the sheets and no table; the pictures of an xls file "
                                     "are not read: save it as xlsx or PDF")
    if not document.blocks and not document.problems:
        document.problems.append("the workbook holds no text")
    document.pages = len(sheets)
    document.text = office.visible_text(document.blocks)
    return document


def _sheet(document: Document, sheet: Any, number: int, marks: _Marks) -> None:
    merges = {(top, left): (min(bottom, top + current_limits().rowspan - 1) - top + 1,
                            min(right, left + current_limits().colspan - 1) - left + 1)
              for (top, left), (bottom, right) in sheet.merged_cell_ranges or ()}
    cells, far = worksheets.near(_cells(sheet, merges, marks.formats))
    otherwise = sum(cell.confidence < 1 for cell in cells)
    hidden = sum(marks.unseen.hides(cell) for cell in cells)
    made = worksheets.blocks(cells, number, marks.unseen)
    for block in made:
        for cell in block.cells if isinstance(block, Grid) else ():
            if (cell.row, cell.column) in marks.unsolved:
                cell.confidence = _DOUBT
    if made and isinstance(made[0], Grid) and not worksheets.is_plain_name(sheet.name):
        document.blocks.append(Text(sheet.name, page=number))
    document.blocks += made
    if far + marks.far:
        document.problems.append(f"sheet {sheet.name!r}: {far + marks.far} cells far from all others were left out")
    if hidden:
        document.problems.append(f"sheet {sheet.name!r}: {hidden} cells of hidden rows or columns were left out")
    if otherwise:
        document.problems.append(f"sheet {sheet.name!r}: {otherwise} cells print another number than they hold")
    if marks.unsolved:
        document.problems.append(f"sheet {sheet.name!r}: {len(marks.unsolved)} formulas were saved without their "
                                 "results; open and save the file to have them counted")
        document.damaged = True


def _cells(sheet: Any, merges: dict[tuple[int, int], tuple[int, int]],
           formats: dict[tuple[int, int], str]) -> Iterator[Cell]:
    if sheet.start is None:
        return
    top, left = sheet.start
    # One row more than is kept: `near` then says that something stands beyond.
    for row, values in enumerate(sheet.to_python(nrows=max(1, worksheets.MOST_ROWS + 1 - top)), top):
        for column, value in enumerate(values, left):
            if value is None or value == "":
                continue
            down, across = merges.get((row, column), (1, 1))
            shown = isinstance(value, bool) or not isinstance(value, (int, float)) or number_formats.prints(
                formats.get((row, column), number_formats.PLAIN), value)
            yield Cell(printed(value), row, column, down, across, confidence=1.0 if shown else _DOUBT)


def printed(value: Any) -> str:
    """A cell's value as print shows it: whole numbers without point, no binary noise (0.30000000000000004 → 0.3)."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return worksheets.number(value)
    if isinstance(value, datetime.datetime) and value.time() == datetime.time():
        return value.date().isoformat()
    if isinstance(value, (datetime.datetime, datetime.date, datetime.time)):
        return value.isoformat()
    return worksheets.text(str(value))


# ---------------------------------------------------------------- xlsx before calamine sees it
def _prepared(data: bytes, named: str) -> tuple[bytes, dict[str, _Marks], str]:
    """The package without far cells, what its sheets' XML says, and its title.

    calamine lays every sheet out in full, so one cell in the last row would take all memory. The package is only
    written anew where there is such a cell.
    """
    archive = open_zip(data, named)
    names = set(archive.namelist())
    marks: dict[str, _Marks] = {}
    changed: dict[str, bytes] = {}
    uncounted = "xl/workbook.xml" in names and b'fullCalcOnLoad="1"' in archive.read("xl/workbook.xml")
    styles = _styles(office.parse(archive.read("xl/styles.xml"))) if "xl/styles.xml" in names else []
    for name, path in _sheet_parts(archive, names):
        if path.endswith(".bin") or path not in names:
            continue
        marks[name], drop = _survey(archive.read(path), styles)
        if uncounted and marks[name].formulas == len(marks[name].zeros):
            # Programs that can't count write 0 for every formula and leave the counting to Excel.
            marks[name].unsolved |= marks[name].zeros
        if drop:
            changed[path] = _without(archive.read(path), drop)
    title = ""
    if "docProps/core.xml" in names:
        title = next((item.text or "" for item in office.parse(archive.read("docProps/core.xml"), recover=True)
                      if office.local(item) == "title"), "").strip()
    if not changed:
        return data, marks, title
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as copy:
        for name in names:
            copy.writestr(name, changed.get(name) or archive.read(name))
    return buffer.getvalue(), marks, title


def _pictures(archive: zipfile.ZipFile) -> list[Image]:
    """The pictures that stand on the sheets, whose places are their drawings' secret."""
    names = sorted((name for name in archive.namelist() if name.startswith("xl/media/")),
                   key=lambda name: (len(name), name))
    return [Image(name, data=archive.read(name)) for name in names[:_MOST_PICTURES]]


def _sheet_parts(archive: zipfile.ZipFile, names: set[str]) -> list[tuple[str, str]]:
    """(sheet's name, its part) as the workbook lists them."""
    if "xl/workbook.xml" not in names or "xl/_rels/workbook.xml.rels" not in names:
        return []
    targets = {}
    for relation in office.parse(archive.read("xl/_rels/workbook.xml.rels")):
        target = relation.get("Target") or ""
        targets[relation.get("Id")] = target.lstrip("/") if target.startswith("/") else posixpath.normpath(
            posixpath.join("xl", target))
    workbook = office.parse(archive.read("xl/workbook.xml"))
    found = []
    for sheet in workbook.iter():
        if office.local(sheet) == "sheet":
            found.append((sheet.get("name") or "", targets.get(office.attribute(sheet, "id") or "", "")))
    return found


def _styles(root: etree._Element) -> list[str]:
    """The number format of each style of cells, in their order."""
    codes, styles = dict(number_formats.BUILT_IN), list[str]()
    for item in root.iter():
        if office.local(item) == "numFmt":
            codes[office.whole(item.get("numFmtId"), -1)] = item.get("formatCode") or number_formats.PLAIN
    for group in root:
        if office.local(group) == "cellXfs":
            styles = [codes.get(office.whole(item.get("numFmtId"), 0), number_formats.PLAIN) for item in group]
    return styles


def _survey(data: bytes, styles: list[str]) -> tuple[_Marks, set[str]]:
    """What one sheet's XML says, and the references of the cells to leave out."""
    marks, drop = _Marks(), set[str]()
    events = etree.iterparse(io.BytesIO(data), events=("start", "end"), resolve_entities=False, no_network=True,
                             huge_tree=False, load_dtd=False)
    seen = row = column = 0
    for event, element in events:
        name = office.local(element)
        if event == "start" and name == "row":
            row, column = office.whole(element.get("r"), row + 1), 0
            if element.get("hidden") in ("1", "true"):
                marks.unseen.rows.add(row - 1)
        elif event == "end" and name == "col" and element.get("hidden") in ("1", "true"):
            marks.unseen.columns.append((office.whole(element.get("min"), 1) - 1,
                                         office.whole(element.get("max"), 1) - 1))
        elif event == "end" and name == "c":
            match = _REFERENCE.fullmatch(element.get("r") or "")
            column = _column(match[1]) if match else column + 1
            parts = {office.local(child): child.text for child in element}
            filled, place = parts.get("v") is not None or "is" in parts, ((int(match[2]) if match else row), column)
            if place[0] > worksheets.MOST_ROWS or column > worksheets.MOST_COLUMNS:
                marks.far += filled
                drop.add(element.get("r") or "")
            else:
                place, style = (place[0] - 1, column - 1), office.whole(element.get("s"), 0)
                if style < len(styles) and styles[style] != number_formats.PLAIN:
                    marks.formats[place] = styles[style]
                if "f" in parts:
                    marks.formulas += 1
                    if not filled or parts.get("v") == "0":
                        (marks.zeros if filled else marks.unsolved).add(place)
            seen += filled
            office.count_cells(seen)
            element.clear()
        elif event == "end" and name == "row":
            element.clear()
            parent = element.getparent()
            if parent is not None:
                while element.getprevious() is not None:
                    del parent[0]
    return marks, drop - {""}


def _without(data: bytes, drop: Iterable[str]) -> bytes:
    """A sheet's XML without the named cells."""
    root, gone = office.parse(data), set(drop)
    for cell in [cell for cell in root.iter() if office.local(cell) == "c" and cell.get("r") in gone]:
        parent = cell.getparent()
        if parent is not None:
            parent.remove(cell)
    for size in [item for item in root if office.local(item) == "dimension"]:
        root.remove(size)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = 26 * number + ord(letter) - 64
    return number
