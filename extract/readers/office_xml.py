"""Word and Excel files saved as one XML file (often named .doc, .docx or .xls): flat packages, the Word and Excel XML
of 2003.

Hands over: Word's as extract.readers.word reads the package it stands for; Excel's sheets by extract.worksheets.
Promises: no entity is expanded. Leaves alone: what the package readers leave alone.
"""

from __future__ import annotations

import base64
import binascii
import io
import posixpath
import zipfile
from collections.abc import Iterator
from xml.sax.saxutils import quoteattr

from lxml import etree

from extract import office, worksheets
from extract.exceptions import UnreadableDocumentError
from extract.limits import current_limits
from extract.model import Cell, Document, Grid, Hints, Text
from extract.office import Element, attribute, local, whole
from extract.readers import reader, word

_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
_RENAMED = {"vmerge": "vMerge", "hmerge": "hMerge"}
_WRAPPERS = {"sect", "sub-section", "pBdrGroup", "annotation", "content"}
"""Elements around paragraphs and runs that only annotate them."""


@reader("application/vnd.ms-word.document+xml", name="word_xml")
def read_word(data: bytes, hints: Hints) -> Document:
    """The document in a flat package or in Word's XML of 2003. Raises UnreadableDocumentError."""
    root = _root(data, hints)
    return word.read(_flat(root) if local(root) == "package" else _of_2003(root, hints.name or "Word XML"), hints)


@reader("application/vnd.ms-excel.workbook+xml", name="excel_xml")
def read_excel(data: bytes, hints: Hints) -> Document:
    """The workbook in Excel's XML of 2003. Raises UnreadableDocumentError."""
    root = _root(data, hints)
    document = Document("", "", "excel_xml")
    sheets = [sheet for sheet in root if local(sheet) == "Worksheet"]
    for number, sheet in enumerate(sheets, 1):
        name = attribute(sheet, "Name") or ""
        if any(local(item) == "Visible" and (item.text or "").startswith("Sheet") for item in sheet.iter()):
            document.problems.append(f"the sheet {name!r} is hidden; it was not read")
            continue
        cells, far = worksheets.near(_cells(sheet))
        office.count_cells(len(cells))
        made = worksheets.blocks(cells, number)
        if made and isinstance(made[0], Grid) and not worksheets.is_plain_name(name):
            document.blocks.append(Text(name, page=number))
        document.blocks += made
        if far:
            document.problems.append(f"sheet {name!r}: {far} cells far from all others were left out")
    document.pages = len(sheets)
    if not document.blocks and not document.problems:
        document.problems.append("the workbook holds no text")
    document.text = office.visible_text(document.blocks)
    return document


def _root(data: bytes, hints: Hints) -> Element:
    try:
        return office.parse(data)
    except (etree.XMLSyntaxError, ValueError) as fault:
        raise UnreadableDocumentError(f"{hints.name or 'XML file'}: damaged ({fault}); ask for another copy") from None


# ---------------------------------------------------------------- Word
def _flat(root: Element) -> bytes:
    """The zip package that a flat one stands for."""
    parts: dict[str, bytes] = {}
    for part in root:
        name = (attribute(part, "name") or "").lstrip("/")
        content = next((child for child in part if local(child) in ("xmlData", "binaryData")), None)
        if not name or content is None:
            continue
        if local(content) == "binaryData":
            parts[name] = _decoded(content.text)
        elif len(content):
            parts[name] = etree.tostring(content[0], encoding="UTF-8", xml_declaration=True)
    return _zipped(parts)


def _of_2003(root: Element, named: str) -> bytes:
    """A package of the body and styles; names that changed since, wrappers and pictures are put as they are today."""
    body = next((child for child in root if local(child) == "body"), None)
    if body is None:
        raise UnreadableDocumentError(f"{named}: damaged Word XML, it has no body; ask for another copy")
    pictures: dict[str, bytes] = {}
    for gone in [item for item in body.iter() if (attribute(item, "type") or "") == "Word.Deletion"]:
        holder = gone.getparent()
        if holder is not None:
            holder.remove(gone)
    for item in list(body.iter()):
        name = local(item)
        if name == "binData":
            pictures[attribute(item, "name") or ""] = _decoded(item.text)
        elif name == "imagedata":
            item.set(f"{{{_R}}}id", attribute(item, "src") or "")
        elif name == "listPr":
            _print_number(item)
        item.tag = f"{{{_W}}}{_RENAMED.get(name, name)}"
    for wrapper in [item for item in body.iter() if local(item) in _WRAPPERS]:
        parent = wrapper.getparent()
        if parent is not None:
            at = parent.index(wrapper)
            parent[at:at + 1] = list(wrapper)
    relations = "".join(f"<Relationship Id={quoteattr(name)} Type={quoteattr(_R + '/image')} "
                        f"Target={quoteattr('media/' + posixpath.basename(name))}/>" for name in pictures)
    parts = {"word/document.xml": etree.tostring(_within("document", body), encoding="UTF-8"),
             "word/_rels/document.xml.rels": f'<Relationships xmlns="{_PACKAGE}">{relations}</Relationships>'.encode(),
             **{f"word/media/{posixpath.basename(name)}": data for name, data in pictures.items()}}
    styles = next((child for child in root if local(child) == "styles"), None)
    if styles is not None:
        for item in list(styles.iter()):
            for key in list(item.attrib):
                item.set(f"{{{_W}}}{str(key).rpartition('}')[2]}", item.attrib.pop(key))
            item.tag = f"{{{_W}}}{local(item)}"
        parts["word/styles.xml"] = etree.tostring(styles, encoding="UTF-8")
    return _zipped(parts)


def _within(name: str, child: Element) -> Element:
    holder = etree.Element(f"{{{_W}}}{name}")
    holder.append(child)
    return holder


def _print_number(listed: Element) -> None:
    """Put the printed number of a list's paragraph, which this format tells, before its text."""
    shown = next((attribute(item, "val") for item in listed if local(item) == "t"), None)
    properties = listed.getparent()
    paragraph = properties.getparent() if properties is not None else None
    if shown and paragraph is not None and properties is not None:
        run = etree.Element(f"{{{_W}}}r")
        etree.SubElement(run, f"{{{_W}}}t").text = shown
        paragraph.insert(paragraph.index(properties) + 1, run)


def _decoded(text: str | None) -> bytes:
    try:
        return base64.b64decode("".join((text or "").split()))
    except binascii.Error:
        return b""


def _zipped(parts: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return buffer.getvalue()


# ---------------------------------------------------------------- Excel
def _cells(sheet: Element) -> Iterator[Cell]:
    """The sheet's cells; one that names no column takes the first that no cell beside or above it covers."""
    row = -1
    covered: dict[int, int] = {}
    """Column → the last row that a cell above covers."""
    for line in (line for table in sheet if local(table) == "Table" for line in table if local(line) == "Row"):
        row = max(0, whole(attribute(line, "Index"), row + 2) - 1)
        column = 0
        for cell in (cell for cell in line if local(cell) == "Cell"):
            named = attribute(cell, "Index")
            column = max(0, whole(named, 1) - 1) if named else column
            while not named and covered.get(column, -1) >= row:
                column += 1
            across = max(1, min(whole(attribute(cell, "MergeAcross"), 0) + 1, current_limits().colspan))
            down = max(1, min(whole(attribute(cell, "MergeDown"), 0) + 1, current_limits().rowspan))
            data = next((child for child in cell if local(child) == "Data"), None)
            if data is not None and attribute(line, "Hidden") != "1":
                text = "".join(str(part) for part in data.itertext())
                if attribute(data, "Type") == "Number":
                    text = _number(text)
                yield Cell(worksheets.text(text), row, column, down, across)
            if down > 1:
                covered.update(dict.fromkeys(range(column, column + across), row + down - 1))
            column += across
        row += max(0, whole(attribute(line, "Span"), 0))


def _number(text: str) -> str:
    try:
        return worksheets.number(float(text))
    except (ValueError, OverflowError):
        return text
