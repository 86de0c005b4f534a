"""OpenDocument text and spreadsheets (odt, ods): paragraphs, tables and pictures in document order, from the XML.

Hands over: Text with heading level and the numbers lists put in front; one Grid per table with true spans, of
spreadsheets the blocks of extract.worksheets; pictures with their bytes. Deleted and hidden text, hidden rows and
sheets, notes and tables of contents don't count.
Promises: no entity is expanded, nothing loaded from outside, repeats and spans bounded; a locked file is told from a
damaged one. Leaves alone: headers, footers and layout.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field

from lxml import etree

from extract import office, worksheets
from extract.counting import as_printed
from extract.exceptions import UnreadableDocumentError
from extract.grids import RawCell, build
from extract.limits import current_limits, open_zip
from extract.model import Block, Cell, Document, Grid, Hints, Image, Text
from extract.office import Element, attribute, local, whole
from extract.readers import reader

_DROPPED = {"tracked-changes", "annotation", "annotation-end", "note", "table-of-content", "hidden-text", "ruby-text",
            "sequence-decls", "variable-decls", "user-field-decls", "forms", "change", "change-start", "change-end",
            "index-title", "calculation-settings", "content-validations", "alphabetical-index", "illustration-index"}
_TABLE_PARTS = {"table-header-rows", "table-rows", "table-row-group"}
_FORMS = {"一": "chineseCounting", "壹": "chineseLegal", "①": "decimalEnclosedCircle", "A": "upperLetter",
          "a": "lowerLetter", "I": "upperRoman", "i": "lowerRoman", "１": "decimalFullWidth"}
_DEEPEST = 100


@dataclass(slots=True)
class _Level:
    form: str = ""
    before: str = ""
    after: str = ""
    start: int = 1
    shown: int = 1
    """How many levels its number prints."""


@dataclass(slots=True)
class _Parts:
    """What the content needs to know of the rest of the file."""

    archive: zipfile.ZipFile
    hidden: set[str] = field(default_factory=set)
    """Names of styles whose text, row or table isn't shown."""
    lists: dict[str, dict[int, _Level]] = field(default_factory=dict)
    titles: set[str] = field(default_factory=lambda: {"Title"})
    """Paragraph styles of the document's title."""
    raised: set[str] = field(default_factory=set)
    """Styles of superscript."""
    style_lists: dict[str, str] = field(default_factory=dict)
    """Paragraph style → the list style it brings."""
    counters: dict[tuple[str, int], int] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    cells: int = 0


@reader("application/vnd.oasis.opendocument.text", "application/vnd.oasis.opendocument.spreadsheet", name="odt")
def read(data: bytes, hints: Hints) -> Document:
    """The document in an OpenDocument file. Raises UnreadableDocumentError, LimitExceededError."""
    named = hints.name or "OpenDocument file"
    archive = open_zip(data, named)
    names = set(archive.namelist())
    document = Document("", "", "odt")
    try:
        if "META-INF/manifest.xml" in names and b":encryption-data" in archive.read("META-INF/manifest.xml"):
            raise UnreadableDocumentError(f"{named}: locked with a password; ask for a copy without one")
        parts = _Parts(archive)
        content_xml = archive.read("content.xml")
        root = office.parse(content_xml)
        if office.declares_entities(content_xml):
            parts.problems.append(office.ENTITIES)
        for path in ("styles.xml", "content.xml"):
            if path in names:
                _styles(root if path == "content.xml" else office.parse(archive.read(path), recover=True), parts)
        if "meta.xml" in names:
            document.title = next(((item.text or "").strip() for item in
                                   office.parse(archive.read("meta.xml"), recover=True).iter()
                                   if local(item) == "title"), "")
    except KeyError as fault:
        raise UnreadableDocumentError(f"{named}: damaged, {fault.args[0]}; ask for another copy") from None
    except (etree.XMLSyntaxError, *office.BROKEN_MEMBER) as fault:
        raise UnreadableDocumentError(f"{named}: damaged ({type(fault).__name__}: {fault}); "
                                      "ask for another copy") from None
    content = next((part for body in root if local(body) == "body" for part in body
                    if local(part) in ("text", "spreadsheet")), None)
    if content is None:
        raise UnreadableDocumentError(f"{named}: it holds neither text nor a spreadsheet; ask for another copy")
    if local(content) == "spreadsheet":
        document.pages = sum(local(part) == "table" for part in content)
        document.blocks = list(_sheets(content, parts))
    else:
        document.blocks = list(_blocks(content, parts, 0))
    document.problems = list(dict.fromkeys(parts.problems))
    if not document.blocks and not document.problems:
        document.problems.append("the file holds no text")
    document.text = office.visible_text(document.blocks)
    return document


# ---------------------------------------------------------------- styles
def _styles(root: Element, parts: _Parts) -> None:
    for item in root.iter():
        name, kind = attribute(item, "name") or "", local(item)
        if kind == "style":
            shown = {local(child): child for child in item}
            text, table = shown.get("text-properties"), shown.get("table-properties")
            struck = (attribute(text, "text-line-through-style") or attribute(text, "text-line-through-type") or "none")
            if attribute(text, "display") == "none" or attribute(table, "display") == "false" or struck != "none":
                parts.hidden.add(name)
            if re.match(r"super|[1-9]", attribute(text, "text-position") or ""):
                parts.raised.add(name)
            if attribute(item, "parent-style-name") in parts.titles:
                parts.titles.add(name)
            listed = attribute(item, "list-style-name")
            if listed:
                parts.style_lists[name] = listed
        elif kind in ("list-style", "outline-style"):
            parts.lists[name if kind == "list-style" else ""] = {
                whole(attribute(level, "level"), 1): _Level(
                    attribute(level, "num-format") or "", attribute(level, "num-prefix") or "",
                    attribute(level, "num-suffix") or "", whole(attribute(level, "start-value"), 1),
                    whole(attribute(level, "display-levels"), 1))
                for level in item if local(level) in ("list-level-style-number", "outline-level-style")}


def _is_hidden(element: Element, parts: _Parts) -> bool:
    return (attribute(element, "style-name") or "") in parts.hidden


def _counted(style: str, depth: int, counted: str, parts: _Parts, restart: str | None = None) -> str:
    """The number printed before an item of list `counted`; counts on."""
    levels = parts.lists.get(style, {})
    level = levels.get(depth)
    if level is None or not level.form:
        return ""
    at = parts.counters.get((counted, depth), level.start - 1) + 1
    parts.counters[counted, depth] = whole(restart, at)
    for deeper in range(depth + 1, 11):
        parts.counters.pop((counted, deeper), None)
    shown = [levels.get(upper, _Level()) for upper in range(max(1, depth - level.shown + 1), depth + 1)]
    numbers = [as_printed(parts.counters.get((counted, depth - len(shown) + 1 + place), of.start),
                          _FORMS.get(of.form[:1], "decimal")) for place, of in enumerate(shown)]
    return level.before + ".".join(numbers) + level.after


# ---------------------------------------------------------------- text
def _blocks(holder: Element, parts: _Parts, depth: int, listed: tuple[str, str, int] | None = None) -> Iterator[Block]:
    """Blocks of a body, section, text box or cell. `listed`: style, list and depth that its lists go on with."""
    if depth > _DEEPEST:
        parts.problems.append("parts nested too deep can't be read")
        return
    for child in holder:
        kind = local(child)
        if kind in _DROPPED or not kind:
            continue
        if kind in ("p", "h"):
            yield from _paragraph(child, parts, depth, "")
        elif kind == "list":
            yield from _list(child, parts, depth + 1, listed)
        elif kind == "table":
            yield from _table(child, parts, depth + 1)
        elif kind == "frame" or kind in ("custom-shape", "text-box", "rect", "g"):
            yield from _frame(child, parts, depth + 1)
        elif not _is_hidden(child, parts) and attribute(child, "display") != "none":
            yield from _blocks(child, parts, depth + 1, listed)


def _list(element: Element, parts: _Parts, depth: int, above: tuple[str, str, int] | None) -> Iterator[Block]:
    style = attribute(element, "style-name") or (above[0] if above else "")
    if not style:
        style = next((parts.style_lists[named] for item in element for child in item
                      if (named := attribute(child, "style-name") or "") in parts.style_lists), "")
    level = above[2] + 1 if above else 1
    counted = above[1] if above else style
    if not above and attribute(element, "continue-numbering") != "true" and not attribute(element, "continue-list"):
        for deeper in range(1, 11):
            parts.counters.pop((counted, deeper), None)
    for item in element:
        first = local(item) == "list-item"
        for child in item if local(item) in ("list-item", "list-header") else ():
            kind = local(child)
            if kind in ("p", "h"):
                number = _counted(style, level, counted, parts, attribute(item, "start-value")) if first else ""
                yield from _paragraph(child, parts, depth, number)
                first = False
            elif kind == "list":
                yield from _list(child, parts, depth + 1, (style, counted, level))
            elif kind == "table":
                yield from _table(child, parts, depth + 1)


def _paragraph(paragraph: Element, parts: _Parts, depth: int, number: str) -> Iterator[Block]:
    pieces: list[str] = []
    beside: list[Block] = []
    if not _is_hidden(paragraph, parts):
        _inline(paragraph, parts, pieces, beside, depth)
    text = office.unmarked(pieces).replace("\xa0", " ").strip()
    level = 1 if attribute(paragraph, "style-name") in parts.titles else None
    if local(paragraph) == "h":
        level = whole(attribute(paragraph, "outline-level"), 1)
        if text and not number and attribute(paragraph, "is-list-header") != "true":
            number = _counted("", level, "", parts)
    if text:
        yield Text(number + text, min(6, max(1, level)) if level is not None else None)
    yield from beside


def _inline(element: Element, parts: _Parts, pieces: list[str], beside: list[Block], depth: int) -> None:
    """The text of a paragraph: blanks of the XML count once, as the format has it; text:s stands for the others."""
    if depth > _DEEPEST:
        return
    pieces.append(_squeezed(element.text))
    for child in element:
        kind = local(child)
        if kind == "s":
            pieces.append(" " * min(1000, whole(attribute(child, "c"), 1)))
        elif kind == "tab":
            pieces.append("\t")
        elif kind == "line-break":
            pieces.append("\n")
        elif kind in ("frame", "custom-shape", "rect", "g"):
            beside.extend(_frame(child, parts, depth + 1))
        elif kind and kind not in _DROPPED and not _is_hidden(child, parts) and attribute(child, "display") != "none":
            start = len(pieces)
            _inline(child, parts, pieces, beside, depth + 1)
            if attribute(child, "style-name") in parts.raised:
                pieces[start:] = map(office.Raised, pieces[start:])
        pieces.append(_squeezed(child.tail))


def _squeezed(text: str | None) -> str:
    return re.sub(r"[ \t\r\n]+", " ", text or "")


def _frame(frame: Element, parts: _Parts, depth: int) -> Iterator[Block]:
    """A frame shows the first of its kinds of content that can be shown: a text box or one of several pictures."""
    pictured = False
    for child in frame:
        kind = local(child)
        if kind == "text-box" or (kind in ("p", "h", "list", "table") and local(frame) != "frame"):
            yield from _blocks(child if kind == "text-box" else frame, parts, depth)
            return
        if kind == "image" and not pictured:
            pictured = True
            yield _image(attribute(child, "href") or "", frame, parts)
        elif kind in ("frame", "g", "custom-shape", "rect"):
            yield from _frame(child, parts, depth + 1)


def _image(target: str, frame: Element, parts: _Parts) -> Image:
    path = posixpath.normpath(target.removeprefix("./"))
    data = None
    if path in parts.archive.namelist():
        try:
            data = parts.archive.read(path)
        except office.BROKEN_MEMBER:
            parts.problems.append(f"the picture {path} is damaged")
    return Image(target, attribute(frame, "name") or "", data=data)


# ---------------------------------------------------------------- tables
def _rows(table: Element) -> Iterator[Element]:
    for part in table:
        if local(part) == "table-row":
            yield part
        elif local(part) in _TABLE_PARTS and attribute(part, "display") != "false":
            yield from _rows(part)


def _table(table: Element, parts: _Parts, depth: int) -> Iterator[Block]:
    if _is_hidden(table, parts):
        return
    raw: list[list[RawCell]] = []
    nested: list[Block] = []
    frame = _framed(table)
    if frame is not None:
        yield from _blocks(frame, parts, depth)
        return
    for row in _rows(table):
        members: list[RawCell] = []
        for cell in row:
            if local(cell) != "table-cell":
                continue  # a covered cell stands where a span above or beside it reaches
            text, inner = _cell(cell, parts, depth)
            nested += inner
            times = min(max(1, whole(attribute(cell, "number-columns-repeated"), 1)), current_limits().colspan)
            members += [RawCell(text, min(max(1, whole(attribute(cell, "number-rows-spanned"), 1)),
                                          current_limits().rowspan),
                                max(1, whole(attribute(cell, "number-columns-spanned"), 1)))] * times
        times = min(max(1, whole(attribute(row, "number-rows-repeated"), 1)), current_limits().rowspan)
        parts.cells += times * len(members)
        office.count_cells(parts.cells)
        raw += [members] * times
    grid = build(raw)
    if any(cell.text for cell in grid.cells):
        yield grid
    yield from nested


def _framed(table: Element) -> Element | None:
    """The only cell of a table that just holds other content in place."""
    cells = [cell for row in _rows(table) for cell in row if local(cell) == "table-cell"]
    return cells[0] if len(cells) == 1 else None


def _cell(cell: Element, parts: _Parts, depth: int) -> tuple[str, list[Block]]:
    lines: list[str] = []
    others: list[Block] = []
    for block in _blocks(cell, parts, depth + 1):
        if isinstance(block, Text):
            lines += block.text.split("\n")
        else:
            others.append(block)
    return office.join_lines(lines), others


# ---------------------------------------------------------------- spreadsheets
def _sheets(content: Element, parts: _Parts) -> Iterator[Block]:
    for number, table in enumerate((part for part in content if local(part) == "table"), 1):
        name = attribute(table, "name") or ""
        if _is_hidden(table, parts):
            parts.problems.append(f"the sheet {name!r} is hidden; it was not read")
            continue
        unseen = worksheets.Hidden(columns=_unseen_columns(table))
        cells, far = worksheets.near(_sheet_cells(table, parts, unseen))
        if far:
            parts.problems.append(f"sheet {name!r}: {far} cells far from all others were left out")
        hidden = sum(unseen.hides(cell) for cell in cells)
        if hidden:
            parts.problems.append(f"sheet {name!r}: {hidden} cells of hidden rows or columns were left out")
        made = worksheets.blocks(cells, number, unseen)
        if made and isinstance(made[0], Grid) and not worksheets.is_plain_name(name):
            yield Text(name, page=number)
        yield from made


def _sheet_cells(table: Element, parts: _Parts, unseen: worksheets.Hidden) -> Iterator[Cell]:
    """The sheet's filled cells; `unseen` gets the rows that aren't shown."""
    at = 0
    for row in _rows(table):
        times = max(1, whole(attribute(row, "number-rows-repeated"), 1))
        if attribute(row, "visibility") in ("collapse", "filter"):
            unseen.rows.update(range(at, at + min(times, worksheets.MOST_ROWS)))
        column = 0
        for cell in row:
            if local(cell) not in ("table-cell", "covered-table-cell"):
                continue
            repeated = max(1, whole(attribute(cell, "number-columns-repeated"), 1))
            text = _shown(cell, parts) if local(cell) == "table-cell" else ""
            down = min(max(1, whole(attribute(cell, "number-rows-spanned"), 1)), current_limits().rowspan)
            across = min(max(1, whole(attribute(cell, "number-columns-spanned"), 1)), current_limits().colspan)
            for below in range(min(times, worksheets.MOST_ROWS) if text else 0):
                for beside in range(min(repeated, worksheets.MOST_COLUMNS)):
                    parts.cells += 1
                    office.count_cells(parts.cells)
                    yield Cell(text, at + below, column + beside, down, across)
            column += repeated
        at += times


def _unseen_columns(table: Element) -> list[tuple[int, int]]:
    """Hidden columns, first and last of each run."""
    found, column = [], 0
    for item in table.iter():
        if local(item) == "table-column":
            count = max(1, whole(attribute(item, "number-columns-repeated"), 1))
            if attribute(item, "visibility") in ("collapse", "filter"):
                found.append((column, column + count - 1))
            column += count
        elif local(item) == "table-row":
            break
    return found


def _shown(cell: Element, parts: _Parts) -> str:
    """A cell's print; some programs store only its value."""
    if len(cell):
        return _cell(cell, parts, 0)[0]
    try:
        return worksheets.number(float(attribute(cell, "value") or ""))
    except (ValueError, OverflowError):
        return attribute(cell, "string-value") or ""
