"""A captured document made harmless, with the cells that were read marked: what a guarded child does for the web.

Promises: nothing of the document survives but its text, the shape of its tables and pictures whose bytes are pictures;
no script, style, form, frame, link, event, entity or address that a browser would follow; right-to-left tricks are
taken out. A mark is {key, level: read | concerned | chosen, raw, and box, or grid, row, column, or span}; `placed`
names those for which a place was found. Leaves alone: which bytes, which marks, keeping the result (source.py).
"""

from __future__ import annotations

import base64
import html
import io
import json
import os
import re
import warnings
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin

from bs4 import BeautifulSoup, Tag
from bs4.element import CData, Comment, Declaration, Doctype, NavigableString, ProcessingInstruction

from extract import exhibit, sniffing
from extract.decoding import decode
from extract.exceptions import ExtractError
from extract.grids import RawCell, build
from extract.model import Block, Grid, Hints, Image, Text
from extract.readers.markup import cell_text, refuse_depth
from extract.report import document_of
from extract.scripted import with_article
from extract.webpage import body_of, survey

VERSION = 1
"""Raised whenever the same bytes and marks would be shown otherwise."""
LONGEST = 1_500_000
"""Characters of markup written for one document."""
PICTURES = 6 << 20
"""Bytes of pictures within one page."""
LEVELS = ("read", "concerned", "chosen")
_DROPPED = frozenset({"script", "style", "noscript", "template", "head", "select", "button", "svg", "math", "textarea",
                      "map", "audio", "video", "canvas", "link", "meta", "base", "title", "option", "datalist"})
_FRAMES = frozenset({"iframe", "frame", "embed", "object", "applet", "portal"})
_BLOCKS = frozenset({"address", "article", "aside", "blockquote", "body", "center", "dd", "div", "dl", "dt", "fieldset",
                     "figcaption", "figure", "footer", "header", "li", "main", "nav", "ol", "p", "pre", "section", "ul",
                     "caption", "ucaptitle", "ucapcontent", "legend", "form", "summary", "details"})
_PLAIN = {"b": "b", "strong": "b", "sup": "sup", "sub": "sub"}
_NO_TEXT = (Comment, CData, Declaration, Doctype, ProcessingInstruction)
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden|mso-hide\s*:\s*all", re.IGNORECASE)
_TRICKS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff"
                     "\ud800-\udfff\ufff9-\ufffb]")
_PICTURES = {"image/png", "image/jpeg", "image/gif", "image/webp", "image/bmp"}
_COLOURS = {"read": ((66, 120, 190), 1), "concerned": ((198, 40, 40), 3), "chosen": ((110, 30, 160), 5)}
_BLANKS = re.compile(r"\s+")
_EMPTY = re.compile(r"<div>\s*</div>|<span class=\"link\">\s*</span>|<b>\s*</b>")
_DONE = object()
_LOADED = os.getpid()


@dataclass(slots=True)
class Shown:
    """`body` and `rest` (what stands around the report's own text) are harmless markup; `pages` as the medium counts
    them, 0 where it doesn't; `placed`: keys whose place is marked; `cut`: the document goes on."""

    body: str = ""
    rest: str = ""
    picture: str = ""
    """PNG in base64."""
    pages: int = 0
    placed: list[str] = field(default_factory=list)
    cut: bool = False

    def to_record(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__}


def show(data: bytes, hints: Hints, page: int | None = None, marks: str = "[]", whole: int = 0) -> Shown:
    """One document, or one page of it; `marks` JSON. `whole`: a web page with everything around its report. Raises
    UnreadableDocumentError or LimitExceededError."""
    if os.getpid() != _LOADED:
        os.nice(10)  # a child of the guard: pages that people wait for come first
    wanted = json.loads(marks)
    media_type = sniffing.media_type(data, hints.name or "", hints.media_type or "")
    if media_type in (sniffing.HTML, "application/xhtml+xml"):
        shown = _web_page(data, hints, wanted, bool(whole))
        if whole or not wanted or len(shown.placed) * 2 >= len(wanted):
            return shown
        # Tables that the page builds of other elements, or out of a script: as the reader saw them.
        blocks = document_of(data, Hints(name=hints.name, media_type=hints.media_type)).blocks
        tables = _blocks([block for block in blocks if isinstance(block, Grid)], wanted)
        return shown if len(tables.placed) <= len(shown.placed) else Shown(
            tables.body, shown.body + shown.rest, placed=tables.placed, cut=shown.cut)
    if media_type == sniffing.PDF or media_type.startswith("image/"):
        held = exhibit.show(data, hints, page)
        boxed = [mark for mark in wanted if mark.get("box")]
        picture = _boxed(held.picture, held.scale, boxed)
        return Shown(picture=base64.b64encode(picture).decode("ascii"), pages=held.pages,
                     placed=[mark["key"] for mark in boxed])
    document = document_of(data, hints)
    if media_type == sniffing.PLAIN and any(mark.get("span") for mark in wanted):
        return _text(document.text, wanted)
    return _blocks(document.blocks, wanted)


def safe(text: str) -> str:
    """Text as markup: escaped, without control characters and right-to-left tricks."""
    return html.escape(_TRICKS.sub("", text), quote=True)


# ---------------------------------------------------------------- web pages
def _web_page(data: bytes, hints: Hints, marks: list[dict[str, Any]], whole: bool) -> Shown:
    refuse_depth(data)
    text, _ = decode(data, hints.media_type)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # bs4 wonders about fragments that look like a path or like XML
        soup = BeautifulSoup(with_article(text), "lxml")
    furniture = survey(soup)
    root = soup.body or soup
    inner = body_of(root, furniture)
    nodes = inner if isinstance(inner, list) else [inner]
    marked = _cells_marked(root, marks)
    writer = _Writer(hints, marked)
    if whole or any(node is root for node in nodes):
        return Shown(writer.write([root]), placed=writer.placed, cut=writer.cut)
    body = writer.write(nodes)
    rest = writer.write([root], aside={id(node) for node in nodes})
    return Shown(body, rest, placed=writer.placed, cut=writer.cut)


class _Writer:
    """Writes markup anew from what may stay; keeps its own stack, so depth is no danger."""

    def __init__(self, hints: Hints, marked: dict[int, list[dict[str, Any]]]) -> None:
        self._hints, self._marked = hints, marked
        self._room, self._pictures = LONGEST, PICTURES
        self.placed: list[str] = []
        self.cut = False

    def write(self, nodes: Iterable[object], aside: frozenset[int] | set[int] = frozenset()) -> str:
        pieces: list[str] = []
        stack: list[Iterator[object]] = [iter(nodes)]
        closing: list[str] = [""]

        def put(text: str, room: bool = True) -> None:
            if room:
                self._room -= len(text)
            pieces.append(text)

        while stack:
            node = next(stack[-1], _DONE)
            if node is _DONE or self._room <= 0:
                self.cut = self.cut or self._room <= 0
                stack.pop()
                name = closing.pop()
                if name:
                    put(f"</{name}>")
                continue
            if isinstance(node, NavigableString):
                if not isinstance(node, _NO_TEXT):
                    put(safe(str(node)[:max(0, self._room)]))
                continue
            if not isinstance(node, Tag) or node.name in _DROPPED or id(node) in aside \
                    or (node.attrs and _HIDDEN.search(str(node.get("style") or ""))):
                continue
            if node.name == "br":
                put("<br>")
            elif node.name == "hr":
                put("<hr>")
            elif node.name == "img":
                put(self._image(node), room=False)
            elif node.name == "input":
                put(safe(str(node.get("value") or "")) if str(node.get("type") or "").lower() in ("", "text", "number")
                    else "")
            elif node.name in _FRAMES:
                put(_frame(node))
            else:
                opened, closed = self._opened(node, next((each for each in reversed(closing) if each), ""))
                put(opened)
                stack.append(iter(node.contents))
                closing.append(closed)
        text, emptier = "".join(pieces), ""
        while text != emptier:
            text, emptier = _EMPTY.sub("", text), text
        return text

    def _opened(self, tag: Tag, within: str) -> tuple[str, str]:
        """The start tag that stands for an element and the name that ends it; both empty for one that only wraps."""
        name = tag.name
        if name == "table" or (name == "tr" and within == "table"):
            return f"<{name}>", name
        if name in ("td", "th") and within == "tr":
            return f"<td{_spans(tag)}{self._mark(tag)}>", "td"
        if re.fullmatch(r"h[1-6]", name):
            return '<div class="head">', "div"
        if name == "a":
            address = str(tag.get("href") or "").strip()
            told = f' title="{safe(address[:300])}"' if re.match(r"https?:", address, re.IGNORECASE) else ""
            return f'<span class="link"{told}>', "span"
        if name in _PLAIN:
            return f"<{_PLAIN[name]}>", _PLAIN[name]
        return ("<div>", "div") if name in _BLOCKS or name in ("tr", "td", "th") else ("", "")

    def _mark(self, tag: Tag) -> str:
        marks = self._marked.get(id(tag), [])
        self.placed += [mark["key"] for mark in marks]
        return attributes(marks)

    def _image(self, tag: Tag) -> str:
        alt = str(tag.get("alt") or "").strip()
        for name in ("src", "data-src", "data-original", "oldsrc"):
            source = str(tag.get(name) or "").strip()
            data = self._bytes(source) if source else None
            if data:
                drawn, size = _picture(data, alt, self._pictures)
                self._pictures -= size
                return drawn
        return _picture(None, alt, 0)[0]

    def _bytes(self, source: str) -> bytes | None:
        if source.lower().startswith("data:"):
            _, _, payload = source.partition(",")
            try:
                return base64.b64decode(payload[:PICTURES * 2])
            except ValueError:
                return None
        held = self._hints.resources
        try:
            return held.get(source) or held.get(urljoin(self._hints.url or "", source))
        except ValueError:
            return None


def _spans(tag: Tag) -> str:
    found = ""
    for name in ("rowspan", "colspan"):
        given = re.match(r"\s*(\d{1,3})", str(tag.get(name) or ""))
        if given and int(given[1]) > 1:
            found += f' {name}="{int(given[1])}"'
    return found


def _frame(tag: Tag) -> str:
    address = next((str(tag.get(name)) for name in ("src", "data") if tag.get(name)), "")
    return f'<div class="gone">⧉ {safe(address[:200])}</div>' if not re.match(
        r"\s*(?:javascript|data|about|vbscript):", address, re.IGNORECASE) else ""


def attributes(marks: list[dict[str, Any]]) -> str:
    """Class and id of a cell that carries marks, the strongest of them."""
    if not marks:
        return ""
    strongest = max(marks, key=lambda mark: LEVELS.index(mark["level"]))
    return f' class="{strongest["level"]}" id="f-{safe(marks[0]["key"])}"'


# ---------------------------------------------------------------- which cell a figure stands in
def _cells_marked(root: Tag, marks: list[dict[str, Any]]) -> dict[int, list[dict[str, Any]]]:
    """Marks by the identity of the cell that prints them: each grid of the record is looked for among the tables, as
    the one whose cells print the same at the same places."""
    grids: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for mark in marks:
        if mark.get("grid") is not None and mark.get("row") is not None and mark.get("column") is not None:
            grids[mark["grid"]].append(mark)
    if not grids:
        return {}
    found: dict[int, list[dict[str, Any]]] = defaultdict(list)
    tables = [(number, *_laid(table)) for number, table in enumerate(root.find_all("table"))]
    taken: set[int] = set()
    for number in sorted(grids):
        wanted = grids[number]
        best, chosen, places = 0.0, -1, dict[int, list[dict[str, Any]]]()
        for which, at, texts in tables:
            share, met = (0.0, places) if which in taken else _agreement(wanted, at, texts)
            if share > best:
                best, chosen, places = share, which, met
        if best >= 0.8:
            taken.add(chosen)
            for cell, carried in places.items():
                found[cell] += carried
    return found


def _laid(table: Tag) -> tuple[dict[tuple[int, int], int], dict[int, str]]:
    """Which cell covers each place of a table, and what each cell prints, without blanks."""
    rows, cells = [], list[Tag]()
    for row in table.find_all("tr"):
        if row.find_parent("table") is not table:
            continue
        raw = []
        for cell in row.find_all(["td", "th"], recursive=False):
            spans = [re.match(r"\s*(\d{1,3})", str(cell.get(name) or "")) for name in ("rowspan", "colspan")]
            down, across = (int(each[1]) if each else 1 for each in spans)
            raw.append(RawCell(str(len(cells)), down, max(1, across)))
            cells.append(cell)
        rows.append(raw)
    try:
        laid = build(rows)
    except ExtractError:
        return {}, {}
    at = {(row, column): id(cells[int(cell.text)]) for cell in laid.cells
          for row in range(cell.row, cell.row + cell.rowspan)
          for column in range(cell.column, cell.column + cell.colspan)}
    return at, {id(cell): _BLANKS.sub("", cell_text(cell)) for cell in cells}


def _agreement(wanted: list[dict[str, Any]], at: dict[tuple[int, int], int],
               texts: dict[int, str]) -> tuple[float, dict[int, list[dict[str, Any]]]]:
    """The best share of marks whose print stands at their place, the table's rows perhaps counted from further down;
    and the cells."""
    best: tuple[float, dict[int, list[dict[str, Any]]]] = (0.0, {})
    first = next((mark for mark in wanted if mark["raw"]), wanted[0])
    height = 1 + max((row for row, _ in at), default=-1)
    for offset in range(max(1, height - first["row"])):
        if not _prints(first, offset, at, texts):
            continue
        met: dict[int, list[dict[str, Any]]] = defaultdict(list)
        for mark in wanted:
            if _prints(mark, offset, at, texts):
                met[at[mark["row"] + offset, mark["column"]]].append(mark)
        share = sum(map(len, met.values())) / len(wanted)
        if share > best[0]:
            best = share, met
        if share == 1:
            break
    return best


def _prints(mark: dict[str, Any], offset: int, at: dict[tuple[int, int], int], texts: dict[int, str]) -> bool:
    cell = at.get((mark["row"] + offset, mark["column"]))
    return cell is not None and texts[cell] == _BLANKS.sub("", mark["raw"])


# ---------------------------------------------------------------- other media
def _blocks(blocks: Iterable[Block], marks: list[dict[str, Any]]) -> Shown:
    """Paragraphs, tables and pictures as the reader saw them."""
    at: dict[tuple[Any, Any, Any], list[dict[str, Any]]] = defaultdict(list)
    for mark in marks:
        at[mark.get("grid"), mark.get("row"), mark.get("column")].append(mark)
    shown, pieces, room, pictures, number = Shown(), list[str](), LONGEST, PICTURES, 0
    for block in blocks:
        if isinstance(block, Text):
            head = ' class="head"' if block.level else ""
            pieces.append(f"<div{head}>{safe(block.text)}</div>")
        elif isinstance(block, Image):
            drawn, size = _picture(block.data, block.alt, pictures)
            pictures -= size
            room += len(drawn) if size else 0
            pieces.append(drawn)
        else:
            table, placed = _table(block, at, number)
            pieces.append(table)
            shown.placed += placed
            number += 1
        room -= len(pieces[-1])
        if room <= 0:
            pieces.pop()
            shown.cut = True
            break
    shown.body = "".join(pieces)
    return shown


def _table(grid: Grid, at: dict[tuple[Any, Any, Any], list[dict[str, Any]]], number: int) -> tuple[str, list[str]]:
    rows: dict[int, list[str]] = defaultdict(list)
    placed = list[str]()
    covering = {(row, column): cell for cell in grid.cells for row in range(cell.row, cell.row + cell.rowspan)
                for column in range(cell.column, cell.column + cell.colspan)}
    wanted = [(covering.get((row, column)), mark) for (which, row, column), marks in at.items() if which == number
              for mark in marks]
    agreeing = sum(cell is not None and _BLANKS.sub("", cell.text) == _BLANKS.sub("", mark["raw"])
                   for cell, mark in wanted)
    if agreeing * 2 < len(wanted):
        at = {}  # read otherwise than when these figures were taken from it
    for cell in sorted(grid.cells, key=lambda one: (one.row, one.column)):
        met = [mark for row in range(cell.row, cell.row + cell.rowspan)
               for column in range(cell.column, cell.column + cell.colspan)
               for mark in at.get((number, row, column), ())]
        placed += [mark["key"] for mark in met]
        spans = "".join(f' {name}="{span}"' for name, span in (("rowspan", cell.rowspan), ("colspan", cell.colspan))
                        if span > 1)
        rows[cell.row].append(f"<td{spans}{attributes(met)}>{safe(cell.text)}</td>")
    return "<table>" + "".join(f"<tr>{''.join(rows[row])}</tr>" for row in sorted(rows)) + "</table>", placed


def _picture(data: bytes | None, alt: str, most: int) -> tuple[str, int]:
    """An element for a picture whose bytes are one and no more than `most`, else its description; bytes taken."""
    kind = sniffing.media_type(data, "", "") if data else ""
    if data and kind in _PICTURES and len(data) <= most:
        return (f'<img alt="{safe(alt)}" src="data:{kind};base64,{base64.b64encode(data).decode("ascii")}">', len(data))
    return f'<span class="gone">▧ {safe(alt[:200])}</span>' if alt else "", 0


def _text(text: str, marks: list[dict[str, Any]]) -> Shown:
    shown, at, parts = Shown(cut=len(text) > LONGEST), 0, list[str]()
    for mark in sorted((mark for mark in marks if mark.get("span")), key=lambda mark: mark["span"]):
        start, end = mark["span"]
        if at <= start < end <= LONGEST:
            parts += [safe(text[at:start]), f"<mark{attributes([mark])}>{safe(text[start:end])}</mark>"]
            shown.placed.append(mark["key"])
            at = end
    shown.body = f'<div class="text">{"".join(parts)}{safe(text[at:LONGEST])}</div>'
    return shown


def _boxed(picture: bytes, scale: float, marks: list[dict[str, Any]]) -> bytes:
    """The picture with a frame around each cell: thin for what was read, thick where something doesn't add up, and an
    arrow before the chosen one."""
    from PIL import Image, ImageDraw

    if not marks:
        return picture
    image = Image.open(io.BytesIO(picture)).convert("RGB")
    pen = ImageDraw.Draw(image)
    for mark in sorted(marks, key=lambda mark: LEVELS.index(mark["level"])):
        left, top, right, bottom = (each * scale for each in mark["box"])
        colour, width = _COLOURS[mark["level"]]
        left, top, right, bottom = left - width, top - width, max(left, right) + width, max(top, bottom) + width
        pen.rectangle((left, top, right, bottom), outline=colour, width=width)
        if mark["level"] == "chosen":
            middle = (top + bottom) / 2  # at the edge of the page, where it hides no number
            pen.polygon([(22, middle), (4, middle - 10), (4, middle + 10)], fill=colour)
    made = io.BytesIO()
    image.save(made, "PNG", optimize=False)
    return made.getvalue()
