"""Workbooks as offices send them, written as xlsx by hand: title rows, merges, several sheets, hidden ones.

Promises files that spreadsheet programs open; imports nothing of the product.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from xml.sax.saxutils import escape

Rows = Sequence[Sequence[str | int | float]]
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"


def workbook(sheets: dict[str, Rows], merges: dict[str, Sequence[str]] | None = None, hidden: Sequence[str] = (),
             ) -> bytes:
    """`sheets`: name → rows of texts and numbers; `merges`: name → ranges such as A1:F1."""
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        '<Override PartName="/xl/workbook.xml" ContentType='
        '"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>' + "".join(
            f'<Override PartName="/xl/worksheets/sheet{number}.xml" ContentType='
            '"application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>'
            for number in range(1, len(sheets) + 1)) + "</Types>",
        "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="r" Type='
                       f'"{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>' + "".join(
            f'<sheet name="{escape(name)}" sheetId="{number}" r:id="s{number}"'
            f'{" state=" + chr(34) + "hidden" + chr(34) if name in hidden else ""}/>'
            for number, name in enumerate(sheets, 1)) + "</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">' + "".join(
            f'<Relationship Id="s{number}" Type="{_OFFICE}/worksheet" Target="worksheets/sheet{number}.xml"/>'
            for number in range(1, len(sheets) + 1)) + "</Relationships>",
    }
    for number, (name, rows) in enumerate(sheets.items(), 1):
        joined = (merges or {}).get(name, ())
        parts[f"xl/worksheets/sheet{number}.xml"] = (
            f'<worksheet xmlns="{_MAIN}"><sheetData>' + "".join(_row(place, row) for place, row in enumerate(rows, 1))
            + "</sheetData>" + (f'<mergeCells count="{len(joined)}">' + "".join(
                f'<mergeCell ref="{area}"/>' for area in joined) + "</mergeCells>" if joined else "") + "</worksheet>")
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, text in parts.items():
            archive.writestr(path, '<?xml version="1.0" encoding="UTF-8"?>' + text)
    return buffer.getvalue()


def uscc(serial: int, division: str = "330000") -> str:
    """A 统一社会信用代码 with a right check character (GB 32100-2015)."""
    signs = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    base = f"11{division}{serial:08d}X"
    weights = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
    return base + signs[(31 - sum(signs.index(sign) * weight for sign, weight in zip(base, weights, strict=True)) % 31)
                        % 31]


def _row(number: int, cells: Sequence[str | int | float]) -> str:
    return f'<row r="{number}">' + "".join(
        f'<c r="{_letters(place)}{number}"><v>{cell}</v></c>' if not isinstance(cell, str) else
        f'<c r="{_letters(place)}{number}" t="inlineStr"><is><t xml:space="preserve">{escape(cell)}</t></is></c>'
        for place, cell in enumerate(cells) if cell != "") + "</row>"


def _letters(place: int) -> str:
    return chr(65 + place) if place < 26 else chr(64 + place // 26) + chr(65 + place % 26)
