"""Word files (docx): paragraphs, tables and pictures in document order, straight from the XML.

Hands over: Text with heading level (style or outline level) and the numbers Word counts itself put in front (一、, 1.);
one Grid per table with true spans; nested tables and text boxes after what holds them; a table that only frames other
content taken apart; pictures with their bytes. Insertions count; deletions, hidden text and rows, and what is struck
through don't.
Promises: no entity is expanded, no external part loaded, size and spans bounded. Leaves alone: headers, footers,
footnotes and layout.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from lxml import etree

from extract.counting import as_printed
from extract.exceptions import UnreadableDocumentError
from extract.figures import is_footnote_mark
from extract.limits import current_limits, open_zip
from extract.model import Block, Cell, Document, Grid, Hints, Image, Text
from extract.office import (
    BROKEN_MEMBER,
    ENTITIES,
    attribute,
    count_cells,
    declares_entities,
    join_lines,
    local,
    parse,
    visible_text,
    whole,
)
from extract.readers import reader

_TRANSPARENT = {"sdt", "sdtContent", "ins", "moveTo", "customXml", "smartTag", "hyperlink", "fldSimple", "dir", "bdo",
                "rubyBase", "ruby"}
_DROPPED = {"del", "moveFrom", "rt", "instrText", "delText", "delInstrText", "pPr", "rPr", "sectPr", "tblPr", "tblGrid",
            "sdtPr", "sdtEndPr"}
_EMU_PER_PIXEL = 9525
_Element = etree._Element


@dataclass(slots=True)
class _Style:
    level: int | None = None
    numbering: tuple[str, int] | None = None
    hidden: bool = False
    """Not shown, or struck through."""
    raised: bool = False


@dataclass(slots=True)
class _Level:
    form: str = "decimal"
    text: str = ""
    start: int = 1


@dataclass(slots=True)
class _Parts:
    """What a paragraph needs to know of the rest of the file."""

    archive: zipfile.ZipFile
    folder: str
    relations: dict[str, str]
    styles: dict[str, _Style]
    levels: dict[str, dict[int, _Level]]
    """Numbering id → its levels."""
    lists: dict[str, str]
    """Numbering id → the list it counts with; several ids may share one list."""
    counters: dict[tuple[str, int], int] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    cells: int = 0


@reader("application/vnd.openxmlformats-officedocument.wordprocessingml.document", "application/x-encrypted-office",
        name="word")
def read(data: bytes, hints: Hints) -> Document:
    """The document in a docx file. Raises UnreadableDocumentError: locked, damaged; LimitExceededError: a bomb."""
    named = hints.name or "docx"
    if not data.startswith(b"PK"):
        raise UnreadableDocumentError(f"{named}: locked with a password; ask for a copy without one")
    archive = open_zip(data, named)
    try:
        main = _main_part(archive)
        folder = posixpath.dirname(main)
        relations = _relations(archive, main)
        document = Document("", "", "word")
        styles = _styles(archive, f"{folder}/styles.xml")
        levels, lists = _numbering(archive, f"{folder}/numbering.xml")
        parts = _Parts(archive, folder, relations, styles, levels, lists)
        content = archive.read(main)
        root = parse(content)
        document.title, document.meta = _properties(archive)
    except KeyError as fault:
        raise UnreadableDocumentError(f"{named}: damaged docx, {fault.args[0]}; ask for another copy") from None
    except (etree.XMLSyntaxError, *BROKEN_MEMBER) as fault:
        raise UnreadableDocumentError(f"{named}: damaged docx ({type(fault).__name__}: {fault}); "
                                      "ask for another copy") from None
    body = next((child for child in root if local(child) == "body"), None)
    if body is None:
        raise UnreadableDocumentError(f"{named}: damaged docx, {main} has no body; ask for another copy")
    if declares_entities(content):
        parts.problems.append(ENTITIES)
    document.blocks = _joined(_blocks(body, parts))
    document.problems = list(dict.fromkeys(parts.problems))
    document.damaged = any("damaged" in problem or "can't be read" in problem for problem in document.problems)
    document.text = visible_text(document.blocks)
    return document


# ---------------------------------------------------------------- parts of the package
def _value(element: _Element | None, name: str = "val") -> str | None:
    return attribute(element, name)


def _child(element: _Element | None, *path: str) -> _Element | None:
    found: _Element | None = element
    for name in path:
        if found is None:
            return None
        found = next((child for child in found if local(child) == name), None)
    return found


def _on(element: _Element | None) -> bool:
    """Whether a switch like <w:vanish/> is there and not turned off."""
    return element is not None and (_value(element) or "true").lower() not in ("0", "false", "off", "none")


def _gone(properties: _Element | None) -> bool | None:
    """Whether text with these properties is hidden or struck through; None where they say nothing of it."""
    said = [_on(switch) for name in ("vanish", "strike", "dstrike")
            if (switch := _child(properties, name)) is not None]
    return any(said) if said else None


def _lifted(properties: _Element | None) -> bool | None:
    """Whether text with these properties stands above its line; None where they say nothing of it."""
    aligned, moved = _value(_child(properties, "vertAlign")), _value(_child(properties, "position"))
    if aligned is None and moved is None:
        return None
    return aligned == "superscript" or whole(moved, 0) > 0


def _main_part(archive: zipfile.ZipFile) -> str:
    names = set(archive.namelist())
    if "_rels/.rels" in names:
        for relation in parse(archive.read("_rels/.rels")):
            if (relation.get("Type") or "").endswith("/officeDocument"):
                target = (relation.get("Target") or "").lstrip("/")
                if target in names:
                    return target
    return "word/document.xml"


def _relations(archive: zipfile.ZipFile, part: str) -> dict[str, str]:
    folder, name = posixpath.split(part)
    path = f"{folder}/_rels/{name}.rels"
    if path not in archive.namelist():
        return {}
    found = {}
    for relation in parse(archive.read(path)):
        target = relation.get("Target") or ""
        outside = relation.get("TargetMode") == "External"
        found[relation.get("Id") or ""] = target if outside else posixpath.normpath(
            target.lstrip("/") if target.startswith("/") else posixpath.join(folder, target))
    return found


def _properties(archive: zipfile.ZipFile) -> tuple[str, dict[str, str]]:
    if "docProps/core.xml" not in archive.namelist():
        return "", {}
    try:
        core = parse(archive.read("docProps/core.xml"))
    except (etree.XMLSyntaxError, *BROKEN_MEMBER):
        return "", {}
    found = {local(item): (item.text or "").strip() for item in core if (item.text or "").strip()}
    return found.get("title", ""), {name: found[name] for name in ("created", "modified", "creator") if name in found}


def _styles(archive: zipfile.ZipFile, part: str) -> dict[str, _Style]:
    if part not in archive.namelist():
        return {}
    definitions = {_value(style, "styleId") or "": style for style in parse(archive.read(part))
                   if local(style) == "style"}
    made: dict[str, _Style] = {}

    def resolve(identity: str, depth: int) -> _Style:
        if identity in made or identity not in definitions or depth > 20:
            return made.get(identity, _Style())
        style = definitions[identity]
        base = resolve(_value(_child(style, "basedOn")) or "", depth + 1)
        outline = _value(_child(style, "pPr", "outlineLvl"))
        name = (_value(_child(style, "name")) or "").lower()
        heading = re.fullmatch(r"(?:heading|标题)\s*(\d)", name)
        level = base.level
        if outline is not None:
            level = _level(outline)
        elif heading:
            level = min(6, int(heading[1]))
        elif name in ("title", "标题"):
            level = 1
        hidden, raised = _gone(_child(style, "rPr")), _lifted(_child(style, "rPr"))
        made[identity] = _Style(level, _num_pr(_child(style, "pPr", "numPr")) or base.numbering,
                                base.hidden if hidden is None else hidden, base.raised if raised is None else raised)
        return made[identity]

    for identity in definitions:
        resolve(identity, 0)
    return made


def _level(outline: str) -> int | None:
    number = whole(outline, 9)
    return min(6, number + 1) if 0 <= number <= 8 else None


def _num_pr(properties: _Element | None) -> tuple[str, int] | None:
    identity = _value(_child(properties, "numId"))
    return (identity, whole(_value(_child(properties, "ilvl")), 0)) if identity is not None else None


# ---------------------------------------------------------------- automatic numbers
def _numbering(archive: zipfile.ZipFile, part: str) -> tuple[dict[str, dict[int, _Level]], dict[str, str]]:
    if part not in archive.namelist():
        return {}, {}
    root = parse(archive.read(part))
    abstract = {_value(item, "abstractNumId") or "": _levels(item) for item in root if local(item) == "abstractNum"}
    levels: dict[str, dict[int, _Level]] = {}
    lists: dict[str, str] = {}
    for item in root:
        if local(item) != "num":
            continue
        identity, of = _value(item, "numId") or "", _value(_child(item, "abstractNumId")) or ""
        own = dict(abstract.get(of, {}))
        lists[identity] = of
        for override in (child for child in item if local(child) == "lvlOverride"):
            position = whole(_value(override, "ilvl"), 0)
            changed = _levels(override).get(position)
            start = _value(_child(override, "startOverride"))
            if changed or start is not None:
                level = changed or own.get(position, _Level())
                own[position] = _Level(level.form, level.text, whole(start, level.start))
                lists[identity] = f"{of}/{identity}"
        levels[identity] = own
    return levels, lists


def _levels(holder: _Element) -> dict[int, _Level]:
    return {whole(_value(item, "ilvl"), 0): _Level(
        _value(_child(item, "numFmt")) or "decimal", _value(_child(item, "lvlText")) or "",
        whole(_value(_child(item, "start")), 1)) for item in holder if local(item) == "lvl"}


def _counted(properties: _Element | None, style: _Style, parts: _Parts) -> str:
    """The number Word prints before this paragraph; counts on."""
    numbering = _num_pr(_child(properties, "numPr")) or style.numbering
    if numbering is None or numbering[0] == "0" or numbering[0] not in parts.levels:
        return ""
    identity, depth = numbering
    levels, counted = parts.levels[identity], parts.lists[identity]
    level = levels.get(depth)
    if level is None:
        return ""
    parts.counters[counted, depth] = parts.counters.get((counted, depth), level.start - 1) + 1
    for deeper in range(depth + 1, 9):
        parts.counters.pop((counted, deeper), None)
    if level.form in ("bullet", "none"):
        return ""

    def shown(match: re.Match[str]) -> str:
        at = int(match[1]) - 1
        of = levels.get(at, _Level())
        return as_printed(parts.counters.get((counted, at), of.start), of.form)

    return re.sub(r"%([1-9])", shown, level.text)


# ---------------------------------------------------------------- body
def _blocks(holder: _Element, parts: _Parts) -> Iterator[Block]:
    for child in _content(holder):
        name = local(child)
        if name == "p":
            yield from _paragraph(child, parts)
        elif name == "tbl":
            yield from _table(child, parts)
        elif name == "altChunk":
            parts.problems.append("a part embedded as a foreign file can't be read")


def _content(holder: _Element) -> Iterator[_Element]:
    """Children in order, wrappers opened, deletions left out."""
    for child in holder:
        name = local(child)
        if name in _DROPPED or not name:
            continue
        if name == "AlternateContent":
            chosen = _child(child, "Choice")
            chosen = chosen if chosen is not None else _child(child, "Fallback")
            if chosen is not None:
                yield from _content(chosen)
        elif name in _TRANSPARENT:
            yield from _content(child)
        else:
            yield child


def _paragraph(paragraph: _Element, parts: _Parts) -> Iterator[Block]:
    properties = _child(paragraph, "pPr")
    style = parts.styles.get(_value(_child(properties, "pStyle")) or "", _Style())
    pieces: list[str] = []
    marks: list[str] = []
    beside: list[Block] = []
    for run in _content(paragraph):
        if local(run) == "r":
            shown = _child(run, "rPr")
            lifted = _lifted(shown)
            raised = _run_style(shown, parts).raised if lifted is None else lifted
            own: list[str] = []
            _run(run, style, own, beside, parts)
            mark = raised and is_footnote_mark("".join(own))
            (marks if mark else pieces).extend(own)
        elif local(run) == "oMath" or local(run) == "oMathPara":
            pieces.append("".join(str(text.text or "") for text in run.iter() if local(text) == "t"))
    text = "".join(pieces).replace("\xa0", " ").strip() or "".join(marks).strip()
    marked_deleted = _child(properties, "rPr", "del") is not None
    if text:
        outline = _value(_child(properties, "outlineLvl"))
        level = _level(outline) if outline is not None else style.level
        yield Text(_counted(properties, style, parts) + text, level)
    elif not marked_deleted and not beside and _num_pr(_child(properties, "numPr")):
        _counted(properties, style, parts)  # Word counts empty numbered paragraphs too
    yield from beside


def _run_style(properties: _Element | None, parts: _Parts) -> _Style:
    return parts.styles.get(_value(_child(properties, "rStyle")) or "", _Style())


def _run(run: _Element, style: _Style, pieces: list[str], beside: list[Block], parts: _Parts) -> None:
    properties = _child(run, "rPr")
    gone = _gone(properties)
    if (style.hidden or _run_style(properties, parts).hidden) if gone is None else gone:
        return
    for item in _content(run):
        name = local(item)
        if name == "t":
            pieces.append(item.text or "")
        elif name in ("tab", "ptab"):
            pieces.append("\t")
        elif name in ("br", "cr"):
            pieces.append("\n")
        elif name == "noBreakHyphen":
            pieces.append("-")
        elif name == "r":
            _run(item, style, pieces, beside, parts)
        elif name in ("drawing", "pict", "object"):
            beside.extend(_drawing(item, parts))


def _drawing(drawing: _Element, parts: _Parts) -> Iterator[Block]:
    """Text boxes and pictures of one drawing; a text box stands twice in it, for old and new Word."""
    boxes = []
    size = next((item for item in drawing.iter() if local(item) == "extent"), None)
    described = next((item for item in drawing.iter() if local(item) == "docPr"), None)
    for item in drawing.iter():
        name = local(item)
        if any(local(above) == "Fallback" for above in item.iterancestors()):
            continue
        if name == "txbxContent" and not any(local(above) == "txbxContent" and _inside(above, drawing)
                                             for above in item.iterancestors()):
            boxes.append(item)
        elif name in ("blip", "imagedata"):
            target = parts.relations.get(_value(item, "embed") or _value(item, "id") or _value(item, "link") or "", "")
            if target:
                yield _image(target, size, _value(described, "descr") or "", parts)
    for box in boxes:
        yield from _blocks(box, parts)


def _inside(element: _Element, holder: _Element) -> bool:
    return any(above is holder for above in element.iterancestors())


def _image(target: str, size: _Element | None, alt: str, parts: _Parts) -> Image:
    across, down = whole(_value(size, "cx"), 0), whole(_value(size, "cy"), 0)
    data = None
    if target in parts.archive.namelist():
        try:
            data = parts.archive.read(target)
        except BROKEN_MEMBER:
            parts.problems.append(f"the picture {target} is damaged")
    return Image(target, alt, width=across // _EMU_PER_PIXEL or None, height=down // _EMU_PER_PIXEL or None, data=data)


# ---------------------------------------------------------------- tables
def _table(table: _Element, parts: _Parts) -> Iterator[Block]:
    rows = [row for row in _content(table) if local(row) == "tr" and _child(row, "trPr", "del") is None
            and not _on(_child(row, "trPr", "hidden"))]
    held = [[cell for cell in _content(row) if local(cell) == "tc" and _child(cell, "tcPr", "cellDel") is None]
            for row in rows]
    if _is_frame(held):
        for framed in held:
            for cell in framed:
                yield from _blocks(cell, parts)
        return
    cells: list[Cell] = []
    open_below: dict[int, Cell] = {}
    nested: list[Block] = []
    for position, (row, members) in enumerate(zip(rows, held, strict=True)):
        column = whole(_value(_child(row, "trPr", "gridBefore")), 0)
        going_on: dict[int, Cell] = {}
        left: Cell | None = None
        for member in members:
            properties = _child(member, "tcPr")
            across = min(max(1, whole(_value(_child(properties, "gridSpan")), 1)), current_limits().colspan)
            merge, sideways = _child(properties, "vMerge"), _value(_child(properties, "hMerge"))
            above = open_below.get(column)
            if _child(properties, "hMerge") is not None and sideways != "restart" and left is not None:
                left.colspan = max(left.colspan, column + across - left.column)  # grown already by a row above
            elif (merge is not None and _value(merge) != "restart" and above is not None
                  and position - above.row < current_limits().rowspan):
                above.rowspan = position - above.row + 1
                going_on[column] = left = above
            else:
                text, inner = _cell(member, parts)
                left = Cell(text, position, column, 1, across)
                cells.append(left)
                nested += inner
                if merge is not None:
                    going_on[column] = left
            column += across
        parts.cells += len(members)
        count_cells(parts.cells)
        open_below = going_on
    if any(cell.text for cell in cells):
        yield Grid(cells)
    yield from nested


def _is_frame(held: list[list[_Element]]) -> bool:
    """A table that only holds other content in place: one cell in all, or a single column around tables."""
    members = [cell for row in held for cell in row]
    around = any(local(child) == "tbl" for cell in members for child in _content(cell))
    return len(members) == 1 or (around and max((len(row) for row in held), default=0) == 1)


def _cell(cell: _Element, parts: _Parts) -> tuple[str, list[Block]]:
    lines: list[str] = []
    others: list[Block] = []
    for block in _blocks(cell, parts):
        if isinstance(block, Text):
            lines.append(block.text)
        else:
            others.append(block)
    return join_lines(line for text in lines for line in text.split("\n")), others


def _joined(blocks: Iterable[Block]) -> list[Block]:
    return [block for block in blocks if not isinstance(block, Text) or block.text.strip()]
