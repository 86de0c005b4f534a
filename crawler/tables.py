"""Lists of any office as rows of text: xlsx, xls, xlsb, ods by python-calamine in a guarded child, CSV in any encoding.

Promises: every cell as text (331002, not 331002.0; days as ISO), merged cells filled, hidden sheets left out, the row
numbers that the office's own program shows; a damaged, locked or endless file ends with an ImportingError. Leaves
alone: what the columns mean (importing.py).
"""

from __future__ import annotations

import contextlib
import csv
import io
import json
import os
import re
import resource
import subprocess
import sys
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from lxml import etree

from crawler.exceptions import ImportingError
from extract import sniffing
from extract.limits import without_ours

SECONDS = 60
_CELLS = 2_000_000
_COLUMNS = 200
_MEMORY = 2 << 30
_INFLATED = 300 << 20
_BOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
_NO_TABLES = {sniffing.DOCX: "a Word document", sniffing.DOC: "a Word document", sniffing.WPS: "a Word document",
              sniffing.RTF: "a Word document", sniffing.PDF: "a PDF", sniffing.OFD: "an OFD"}
_DELIMITERS = ",\t;|，"
_HIDDEN_ROW = re.compile(rb"<(?:\w+:)?row\b[^>]*\bhidden=\"(?:1|true)\"[^>]*>")
_ROW_NUMBER = re.compile(rb'\br="(\d+)"')


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet's filled rows: (row number as the office's program counts, cells)."""

    name: str
    rows: list[tuple[int, list[str]]]
    hidden: frozenset[int] = frozenset()
    """Numbers of rows that the office's program does not show (a filter, or hidden by hand); xlsx only."""


def read(path: Path) -> list[Sheet]:
    """The visible sheets of a workbook, or one unnamed sheet of a CSV. Raises ImportingError naming file and mend."""
    try:
        data = path.read_bytes()
    except OSError as fault:
        raise ImportingError(f"{path}: {fault.strerror}") from None
    if not data:
        raise ImportingError(f"{path}: the file is empty")
    kind = _NO_TABLES.get(sniffing.media_type(data, path.name))
    if kind:
        raise ImportingError(f"{path}: {kind}, no table of rows and columns; save it as xlsx or CSV UTF-8")
    return _workbook(path, data) if data.startswith(_BOOKS) else [Sheet("", _csv(path, data))]


def _csv(path: Path, data: bytes) -> list[tuple[int, list[str]]]:
    for encoding in ("utf-16",) if data[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise ImportingError(f"{path}: neither UTF-8 nor GB18030, nor a workbook; save it as xlsx or CSV UTF-8")
    if "\x00" in text:
        raise ImportingError(f"{path}: no text; save it as xlsx or CSV UTF-8")
    head = text[:20_000]
    delimiter = max(_DELIMITERS, key=head.count)
    rows, reader = [], csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        begun = 1
        for cells in reader:
            if any(cell.strip() for cell in cells):
                rows.append((begun, cells[:_COLUMNS]))
            begun = reader.line_num + 1
    except csv.Error as fault:
        raise ImportingError(f"{path}:{reader.line_num}: {fault}; save the file again as CSV UTF-8") from None
    return rows


def _workbook(path: Path, data: bytes) -> list[Sheet]:
    try:
        done = subprocess.run([sys.executable, "-m", "crawler.tables"], input=data, capture_output=True,
                              timeout=SECONDS, cwd=Path(__file__).resolve().parent.parent, check=False,
                              env=without_ours(os.environ))
    except subprocess.TimeoutExpired:
        raise ImportingError(f"{path}: not read within {SECONDS} s; save the list alone in a new workbook") from None
    try:
        answer = json.loads(done.stdout)
    except ValueError:
        raise ImportingError(f"{path}: damaged workbook, or too large to read; save it as a new xlsx") from None
    if "fault" in answer:
        raise ImportingError(f"{path}: {answer['fault']}")
    return [Sheet(sheet["name"], [(number, cells) for number, cells in sheet["rows"]], frozenset(sheet["hidden"]))
            for sheet in answer["sheets"]]


# ---------------------------------------------------------------- the guarded child
def main() -> int:
    """The workbook on stdin as JSON on stdout."""
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    try:
        answer: dict[str, Any] = {"sheets": _sheets(sys.stdin.buffer.read())}
    except Exception as fault:
        locked = "password" in f"{type(fault).__name__}{fault}".lower() or "encrypt" in str(fault).lower()
        said = "locked with a password; save a copy without one" if locked else f"damaged workbook ({fault})"
        answer = {"fault": said}
    json.dump(answer, sys.stdout)
    return 0


def _sheets(data: bytes) -> list[dict[str, Any]]:
    import python_calamine

    hidden: dict[str, list[int]] = {}
    if data.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if sum(member.file_size for member in archive.infolist()) > _INFLATED:
                raise ValueError("it inflates to more than 300 MB")
            with contextlib.suppress(KeyError, etree.XMLSyntaxError):  # xlsb, ods: no such parts
                hidden = _hidden(archive)
    found = []
    with python_calamine.load_workbook(io.BytesIO(data)) as book:
        for meta in book.sheets_metadata:
            if (meta.typ != python_calamine.SheetTypeEnum.WorkSheet
                    or meta.visible != python_calamine.SheetVisibleEnum.Visible):
                continue
            sheet = book.get_sheet_by_name(meta.name)
            if sheet.height * min(sheet.width, _COLUMNS) > _CELLS:
                raise ValueError(f"sheet {meta.name} holds more than {_CELLS} cells")
            found.append({"name": meta.name, "rows": _rows(sheet), "hidden": hidden.get(meta.name, [])})
    return found


def _hidden(archive: zipfile.ZipFile) -> dict[str, list[int]]:
    """Numbers of the rows of each sheet that are not shown."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    parts = {each.get("Id"): each.get("Target", "") for each in etree.fromstring(
        archive.read("xl/_rels/workbook.xml.rels"), parser)}
    found = {}
    for sheet in etree.fromstring(archive.read("xl/workbook.xml"), parser).iterfind("{*}sheets/{*}sheet"):
        target = next((parts.get(value) for name, value in sheet.items() if str(name).endswith("}id")), None)
        if target:
            text = archive.read(target.lstrip("/") if target.startswith("/") else f"xl/{target}")
            rows = (_ROW_NUMBER.search(row) for row in _HIDDEN_ROW.findall(text))
            found[sheet.get("name", "")] = [int(row[1]) for row in rows if row]
    return found


def _rows(sheet: Any) -> list[tuple[int, list[str]]]:
    top, left = sheet.start or (0, 0)
    grid = [[_text(value) for value in row[:_COLUMNS]] for row in sheet.to_python(skip_empty_area=True)]
    for (first_row, first_column), (last_row, last_column) in sheet.merged_cell_ranges or ():
        if first_row < top or first_column < left or first_row - top >= len(grid):
            continue
        row = grid[first_row - top]
        value = row[first_column - left] if first_column - left < len(row) else ""
        for number in range(first_row - top, min(last_row - top + 1, len(grid))) if value else ():
            for place in range(first_column - left, min(last_column - left + 1, len(grid[number]))):
                grid[number][place] = value
    return [(number, cells) for number, cells in enumerate(grid, top + 1) if any(cell.strip() for cell in cells)]


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    if isinstance(value, datetime):
        return value.date().isoformat()
    return value.isoformat() if isinstance(value, date) else str(value)


def filled(cells: Iterable[str]) -> list[str]:
    return [cell for cell in cells if cell.strip()]


if __name__ == "__main__":
    sys.exit(main())
