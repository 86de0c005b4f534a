"""Makes annual reports as rtf, odt, ods, xlsx and ofd by hand, from the tables of tests.documents.making.

Promises files whose cells stand where the tables say, with every merge the format has; writes the formats' own text,
so that readers are not tested against a library's habits. Imports nothing of the product.
"""

from __future__ import annotations

import html
import io
import zipfile
from collections.abc import Mapping, Sequence

from tests.documents.making import SECTION_TITLES, ReportText, TableSpec, placed, tables, width


def package(parts: Mapping[str, str | bytes], *, compressed: bool = True) -> bytes:
    """A zip with these members."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED if compressed else zipfile.ZIP_STORED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def parts_of(report: ReportText, **options: bool) -> list[tuple[str, str | TableSpec]]:
    """The report as ("title" | "heading" | "prose", text) and ("table", table) in printed order."""
    made = tables(report, **options)
    parts: list[tuple[str, str | TableSpec]] = [("title", report.title)]
    for number in SECTION_TITLES:
        if report.has_section(number):
            parts.append(("heading", report.heading(number)))
            parts += [("prose", line) for line in report.prose(number)]
            if number in made:
                parts.append(("table", made[number]))
    return parts


def covering(table: TableSpec) -> list[list[tuple[int, int, int, int, str]]]:
    """For each row the cells that cover it, left to right: (top, left, rows, columns, text)."""
    cells = placed(table)
    return [sorted((cell for cell in cells if cell[0] <= row < cell[0] + cell[2]), key=lambda cell: cell[1])
            for row in range(len(table))]


# ---------------------------------------------------------------- rich text
def rtf_text(text: str, coding: str | None = None) -> str:
    """Text as \\u codes, or as bytes of a code page."""
    if coding is None:
        return "".join(char if " " <= char <= "~" and char not in "\\{}" else
                       "".join(f"\\u{unit - 65536 if unit > 32767 else unit}?" for unit in
                               memoryview(char.encode("utf-16-le")).cast("H")) for char in text)
    return "".join(f"\\'{byte:02x}" for byte in text.encode(coding))


def rtf_table(table: TableSpec, coding: str | None = None, column: int = 900) -> str:
    lines = []
    for row, cells in enumerate(covering(table)):
        definition = "".join(
            ("\\clvmgf" if down > 1 and top == row else "\\clvmrg" if down > 1 else "")
            + f"\\cellx{(left + across) * column}" for top, left, down, across, _ in cells)
        content = "".join(f"\\pard\\intbl {rtf_text(text, coding) if top == row else ''}\\cell " for
                          top, _, _, _, text in cells)
        lines.append(f"\\trowd\\trleft0{definition}\n{content}\\row\n")
    return "".join(lines) + "\\pard\n"


def rtf(report: ReportText, coding: str | None = None, **options: bool) -> bytes:
    """The report as rich text; `coding` "gb18030" writes bytes of code page 936, None \\u codes."""
    lines = ["{\\rtf1\\ansi\\ansicpg936\\deff0\\uc1{\\fonttbl{\\f0\\fnil\\fcharset134 SimSun;}}",
             "{\\stylesheet{\\s0 Normal;}{\\s1\\outlinelevel0 heading 1;}}",
             "{\\info{\\title " + rtf_text(report.title, coding) + "}}"]
    for kind, content in parts_of(report, **options):
        if kind == "table":
            lines.append(rtf_table(content, coding))  # type: ignore[arg-type]
        else:
            style = "\\s1" if kind == "heading" else ""
            lines.append(f"\\pard{style} {rtf_text(str(content), coding)}\\par")
    return "\n".join([*lines, "}"]).encode("ascii")


# ---------------------------------------------------------------- OpenDocument
_ODF = ('xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:table="urn:oasis:names:tc:opendocument'
        ':xmlns:table:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" xmlns:draw="urn:oasis:names:tc'
        ':opendocument:xmlns:drawing:1.0" xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0" xmlns:fo="urn'
        ':oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0" xmlns:xlink="http://www.w3.org/1999/xlink"')


def odf(body: str, *, kind: str = "text", styles: str = "", before: str = "", **parts: str | bytes) -> bytes:
    """An OpenDocument package with that content in <office:text> or <office:spreadsheet>."""
    content = (f'<?xml version="1.0"?>{before}<office:document-content {_ODF}><office:automatic-styles>{styles}'
               f"</office:automatic-styles><office:body><office:{kind}>{body}</office:{kind}></office:body>"
               "</office:document-content>")
    return package({"mimetype": f"application/vnd.oasis.opendocument.{kind}", "content.xml": content,
                    **{name.replace("__", "/").replace("_", "."): text for name, text in parts.items()}},
                   compressed=False)


def odf_table(table: TableSpec, name: str = "表") -> str:
    columns = width(table)
    rows = []
    for row, cells in enumerate(covering(table)):
        line = ""
        for top, _, down, across, text in cells:
            spans = (f' table:number-rows-spanned="{down}"' if down > 1 else "") + (
                f' table:number-columns-spanned="{across}"' if across > 1 else "")
            covered = "<table:covered-table-cell/>" * (across - (top == row))
            line += (f"<table:table-cell{spans}><text:p>{html.escape(text)}</text:p></table:table-cell>"
                     if top == row else "") + covered
        rows.append(f"<table:table-row>{line}</table:table-row>")
    return (f'<table:table table:name="{name}"><table:table-column table:number-columns-repeated="{columns}"/>'
            + "".join(rows) + "</table:table>")


def odt(report: ReportText, **options: bool) -> bytes:
    body = "".join(odf_table(content) if kind == "table" else  # type: ignore[arg-type]
                   f'<text:h text:outline-level="1">{html.escape(str(content))}</text:h>' if kind == "heading" else
                   f"<text:p>{html.escape(str(content))}</text:p>" for kind, content in parts_of(report, **options))
    return odf(body)


def ods(report: ReportText, **options: bool) -> bytes:
    made = tables(report, **options)
    return odf("".join(odf_table(table, f"表{number}") for number, table in made.items()), kind="spreadsheet")


# ---------------------------------------------------------------- workbooks
_SHEET = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
_RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"


def reference(row: int, column: int) -> str:
    """A1 for (0, 0)."""
    letters, number = "", column + 1
    while number:
        number, letter = divmod(number - 1, 26)
        letters = chr(65 + letter) + letters
    return f"{letters}{row + 1}"


def workbook(sheets: Mapping[str, str], states: Mapping[str, str] | None = None) -> bytes:
    """A package with sheets by name, each given as what stands inside <worksheet>."""
    shown = {name: f' state="{state}"' for name, state in (states or {}).items()}
    listed = "".join(f'<sheet name="{html.escape(name)}" sheetId="{number}" r:id="rId{number}"{shown.get(name, "")}/>'
                     for number, name in enumerate(sheets, 1))
    types = "".join(f'<Override PartName="/xl/worksheets/sheet{number}.xml" ContentType="application/vnd.'
                    'openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>'
                    for number in range(1, len(sheets) + 1))
    relations = "".join(f'<Relationship Id="rId{number}" Type="{_RELATION}/worksheet" Target="worksheets/'
                        f'sheet{number}.xml"/>' for number in range(1, len(sheets) + 1))
    return package({
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" ContentType='
                               '"application/vnd.openxmlformats-package.relationships+xml"/><Override PartName='
                               '"/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.'
                               f'spreadsheetml.sheet.main+xml"/>{types}</Types>',
        "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="r" Type="{_RELATION}/'
                       'officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook {_SHEET} xmlns:r="{_RELATION}"><sheets>{listed}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">{relations}</Relationships>',
        **{f"xl/worksheets/sheet{number}.xml": f'<?xml version="1.0"?><worksheet {_SHEET}>{content}</worksheet>'
           for number, content in enumerate(sheets.values(), 1)}})


def sheet_xml(cells: Sequence[tuple[int, int, int, int, str]]) -> str:
    """(row, column, rows, columns, text) as a sheet's XML; what looks like a number is stored as one."""
    rows: dict[int, list[str]] = {}
    merges = []
    for row, column, down, across, text in sorted(cells):
        place = reference(row, column)
        if text.replace(".", "", 1).lstrip("-").isdigit():
            rows.setdefault(row, []).append(f'<c r="{place}"><v>{float(text)!r}</v></c>')
        elif text:
            rows.setdefault(row, []).append(f'<c r="{place}" t="inlineStr"><is><t>{html.escape(text)}</t></is></c>')
        if down * across > 1:
            merges.append(f'<mergeCell ref="{place}:{reference(row + down - 1, column + across - 1)}"/>')
    lines = "".join(f'<row r="{row + 1}">{"".join(held)}</row>' for row, held in sorted(rows.items()))
    return f"<sheetData>{lines}</sheetData>" + (f"<mergeCells>{''.join(merges)}</mergeCells>" if merges else "")


def xlsx(report: ReportText, *, one_sheet: bool = False, **options: bool) -> bytes:
    """The report as a workbook: a sheet for each table, or everything with its prose on one sheet."""
    if not one_sheet:
        return workbook({f"表{number}": sheet_xml(placed(table))
                         for number, table in tables(report, **options).items()})
    cells: list[tuple[int, int, int, int, str]] = []
    at = 0
    for kind, content in parts_of(report, **options):
        if kind == "table":
            cells += [(at + row, column, down, across, text)
                      for row, column, down, across, text in placed(content)]  # type: ignore[arg-type]
            at += len(content) + 1
        else:
            cells.append((at, 0, 1, 10, str(content)))
            at += 1
    return workbook({"Sheet1": sheet_xml(cells)})


# ---------------------------------------------------------------- OFD
_OFD = 'xmlns:ofd="http://www.ofdspec.org/2016"'


def ofd_text(text: str, x: float, y: float, size: float = 3.2, *, runs: bool = False) -> str:
    """Text whose base line begins at (x, y) in millimetres."""
    steps = [size if ord(char) > 255 else size / 2 for char in text[:-1]]
    if runs:
        told, place = [], 0
        while place < len(steps):
            count = next((n for n in range(1, len(steps) - place) if steps[place + n] != steps[place]),
                         len(steps) - place)
            told.append(f"g {count} {steps[place]:g}" if count > 1 else f"{steps[place]:g}")
            place += count
        delta = " ".join(told)
    else:
        delta = " ".join(f"{step:g}" for step in steps)
    return (f'<ofd:TextObject Boundary="{x:g} {y - size:g} 190 {1.3 * size:g}" Font="1" Size="{size:g}">'
            f'<ofd:TextCode X="0" Y="{size:g}" DeltaX="{delta}">{html.escape(text)}</ofd:TextCode></ofd:TextObject>')


def ofd_line(left: float, top: float, right: float, bottom: float) -> str:
    return (f'<ofd:PathObject Boundary="{left:g} {top:g} {right - left:g} {bottom - top:g}" LineWidth="0.2">'
            f"<ofd:AbbreviatedData>M 0 0 L {right - left:g} {bottom - top:g}</ofd:AbbreviatedData></ofd:PathObject>")


def ofd_table(table: TableSpec, top: float, *, boxes: bool = False, runs: bool = False, left: float = 12,
              row_height: float = 8) -> tuple[str, float]:
    """A ruled table drawn from `top`, and where it ends."""
    columns = width(table)
    shares = [2.0 if columns == 10 and column < 3 else 1.0 for column in range(columns)]
    edges = [left]
    for share in shares:
        edges.append(edges[-1] + 186 * share / sum(shares))
    drawn = ""
    for row, column, down, across, text in placed(table):
        x0, x1 = edges[column], edges[column + across]
        y0, y1 = top + row * row_height, top + (row + down) * row_height
        if boxes:
            w, h = x1 - x0, y1 - y0
            drawn += (f'<ofd:PathObject Boundary="{x0:g} {y0:g} {w:g} {h:g}"><ofd:AbbreviatedData>M 0 0 L {w:g} 0 '
                      f"L {w:g} {h:g} L 0 {h:g} C</ofd:AbbreviatedData></ofd:PathObject>")
        else:
            drawn += ofd_line(x0, y0, x1, y0) + ofd_line(x0, y1, x1, y1) + ofd_line(x0, y0, x0, y1) + ofd_line(
                x1, y0, x1, y1)
        size = 2.2
        room = max(1, int((x1 - x0 - 1) / size))
        lines = [text[start:start + room] for start in range(0, len(text), room)]
        size = min(size, (y1 - y0 - 1) / max(1, len(lines)))
        for number, line in enumerate(lines):
            drawn += ofd_text(line, x0 + 0.5, y0 + 0.5 + (number + 1) * size, size, runs=runs)
    return drawn, top + len(table) * row_height


def ofd_pages(pages: Sequence[str], *, absolute: bool = False, more: Mapping[str, str | bytes] | None = None,
              common: str = "") -> bytes:
    """An OFD file of these pages' layers; `absolute` writes addresses from the package's root."""
    base = "/Doc_0/" if absolute else ""
    listed = "".join(f'<ofd:Page ID="{10 + number}" BaseLoc="{base}Pages/Page_{number}/Content.xml"/>'
                     for number in range(len(pages)))
    return package({
        "OFD.xml": f'<?xml version="1.0"?><ofd:OFD {_OFD} DocType="OFD" Version="1.0"><ofd:DocBody><ofd:DocInfo/>'
                   f"<ofd:DocRoot>{'/' if absolute else ''}Doc_0/Document.xml</ofd:DocRoot></ofd:DocBody></ofd:OFD>",
        "Doc_0/Document.xml": f"<ofd:Document {_OFD}><ofd:CommonData><ofd:PageArea><ofd:PhysicalBox>0 0 210 297"
                              f"</ofd:PhysicalBox></ofd:PageArea>{common}</ofd:CommonData><ofd:Pages>{listed}"
                              "</ofd:Pages></ofd:Document>",
        **{f"Doc_0/Pages/Page_{number}/Content.xml": content if content.startswith("<ofd:Page") else
           f"<ofd:Page {_OFD}><ofd:Content><ofd:Layer>{content}</ofd:Layer></ofd:Content></ofd:Page>"
           for number, content in enumerate(pages)},
        **(more or {})})


def ofd(report: ReportText, *, boxes: bool = False, runs: bool = False, absolute: bool = False,
        **options: bool) -> bytes:
    """The report as OFD with ruled tables, each on a page of its own."""
    pages, drawn, y = [], "", 20.0

    def turn() -> None:
        nonlocal drawn, y
        pages.append(drawn)
        drawn, y = "", 20.0

    for kind, content in parts_of(report, **options):
        if kind == "table":
            if y + 8 * len(content) > 285:
                turn()
            table, y = ofd_table(content, y, boxes=boxes, runs=runs)  # type: ignore[arg-type]
            drawn, y = drawn + table, y + 8
            continue
        lines = [str(content)[start:start + 42] for start in range(0, len(str(content)), 42)]
        for line in lines:
            if y > 280:
                turn()
            drawn += ofd_text(line, 20, y, 4, runs=runs)
            y += 7
    turn()
    return ofd_pages(pages, absolute=absolute)
