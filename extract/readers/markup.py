"""Web pages: the report's body as paragraphs, tables and pictures in reading order, with attachments and metadata.

Promises: the bytes are decoded by what they are, not by what the header claims; every span of a table is expanded
within limits; layout tables that only wrap the report dissolve; hidden text and scripts are dropped; a page too deep
to parse is refused, never read as empty. Leaves alone: what the text means, and fetching what it links to.
"""

from __future__ import annotations

import base64
import re
import warnings
from collections.abc import Iterator, Set

from bs4 import BeautifulSoup, Comment, Tag
from bs4.element import CData, Declaration, Doctype, NavigableString, ProcessingInstruction

from extract import titles, unseen
from extract.decoding import decode
from extract.exceptions import LimitExceededError, UnreadableDocumentError
from extract.figures import NO_WIDTH, is_footnote_mark, is_value
from extract.grids import MAX_CELLS, RawCell, build
from extract.labels import normalise
from extract.model import Block, Document, Hints, Image, Text
from extract.readers import reader
from extract.scripted import with_article
from extract.webpage import FORM_WORDS, Nodes, body_of, survey

MAX_DEPTH = 1500
"""Elements within each other; browsers stop near 512, sound pages near 60."""
MAX_TABLES = 40
"""Tables within each other; the oldest layouts seen nest six."""
_DEPTH_TAG = re.compile(rb"<(/?)(div|span|font|section|article|b|strong|i|em|u|center|blockquote|ul|ol|table|tbody|"
                        rb"form|o:p|main|ins|del|sub|sup|big|small|dl|fieldset)\b[^>]*?(/?)>", re.IGNORECASE)
_DROPPED = frozenset({"script", "style", "noscript", "template", "head", "select", "button", "svg", "object", "embed",
                      "iframe", "textarea", "input", "map", "audio", "video", "canvas", "rt", "rp"})
_FLOW = frozenset({"address", "article", "aside", "blockquote", "body", "center", "dd", "div", "dl", "dt", "fieldset",
                   "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li",
                   "main", "nav", "ol", "p", "pre", "section", "ul", "table", "caption", "thead", "tbody", "tfoot",
                   "tr", "td", "th", "html", "ucaptitle", "ucapcontent", "legend"})
_DRAWN_TABLE = re.compile(r"""display\s*:\s*table|role\s*=\s*["']?(?:table|grid)\b""", re.IGNORECASE)
_DISPLAYED = re.compile(r"display\s*:\s*(table(?:-row|-cell)?)\s*(?:;|!|$)", re.IGNORECASE)
_DISPLAYS = {"table": "table", "table-row": "tr", "table-cell": "td"}
_ROLES = {"table": "table", "grid": "table", "row": "tr", "cell": "td", "gridcell": "td", "columnheader": "th",
          "rowheader": "th"}
_LONGEST = 400
"""Characters beyond which a cell is no cell of a form's table but a part of a page."""
_FIGURES = 20
"""Numbers beside other cells by which a table holds data, whatever else it holds."""
_TYPED = ("", "text", "number")
"""Kinds of fields that show what they hold."""
_RAISED = re.compile(r"vertical-align\s*:\s*(?:super|text-top)")
_NOTE_CLASSES = frozenset({"MsoFootnoteReference", "MsoEndnoteReference"})
"""What Word calls its marks of notes; that they are raised stands in the style sheet."""
_DOUBT = 0.5
"""Confidence of a cell of which a part may not be seen."""
_STRUCK = frozenset({"s", "strike", "del"})
_STRUCK_THROUGH = re.compile(r"text-decoration(?:-line)?\s*:[^;]*line-through")
_LONGEST_WRAPPED = 60
"""Characters beyond which a table within a cell is more than the frame of its figure or label."""
_BLANKS = re.compile(r"[ \t\r\f\v\u00a0\u3000]+")
_COMMENTS = (Comment, CData, Declaration, Doctype, ProcessingInstruction)
_DONE = object()
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})


@reader("text/html", "application/xhtml+xml", name="markup")
def read(data: bytes, hints: Hints) -> Document:
    """One web page as a document; hints.media_type may carry the charset the server declared."""
    refuse_depth(data)
    html, lost = decode(data, hints.media_type)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # bs4 wonders about fragments that look like a path or like XML
        soup = BeautifulSoup(with_article(html), "lxml")
    if _DRAWN_TABLE.search(html):
        _name_tables(soup)
    furniture = survey(soup)
    doubtful = unseen.take_out(soup, furniture.styled)
    root = soup.body or soup
    document = Document("", "text/html", "markup", meta=furniture.meta, links=furniture.links)
    if lost:
        document.problems.append(f"{lost} characters could not be decoded")
    document.title = _title(soup, document.meta)
    builder = _Builder(doubtful)
    builder.walk(body_of(root, furniture))
    document.blocks = builder.finish()
    document.text = _visible(root)
    if not document.text and not document.blocks and not document.links:
        if len(data) > 20_000 and not re.search(rb"<script", data, re.IGNORECASE):
            raise UnreadableDocumentError(f"{hints.name or 'page'}: {len(data)} bytes of markup without any text")
        document.problems.append("the page holds no text")
    document.damaged = document.damaged or _cut_short(data)
    if document.damaged:
        document.problems.append("the page ends in the middle of a tag or table; something is lost")
    return document


def _title(soup: BeautifulSoup, meta: dict[str, str]) -> str:
    """The first of the page's own names for itself that is a report's title, else the first there is."""
    headline = soup.find("h1")
    offered = [meta.get("ArticleTitle", ""), soup.title.get_text(strip=True) if soup.title else "",
               meta.get("og:title", ""), headline.get_text(strip=True) if headline else ""]
    return next((text for text in offered if text and titles.parse(text).accepted), next(filter(None, offered), ""))


def _name_tables(soup: BeautifulSoup) -> None:
    """Call by their names the tables that a page builds of other elements, by their style or role."""
    for tag in soup.find_all(["div", "section", "ul", "ol", "li", "p", "span", "dl", "dt", "dd"]):
        style = _DISPLAYED.search(str(tag.get("style") or ""))
        role = str(tag.get("role") or "").lower()
        if role in _ROLES or style:
            tag.name = _ROLES.get(role) or _DISPLAYS[style[1].lower() if style else ""]
            for name in ("rowspan", "colspan"):
                if tag.name == "td" and tag.get(f"aria-{name}"):
                    tag[name] = tag[f"aria-{name}"]


def refuse_depth(data: bytes) -> None:
    """Refuse markup nested so deep that parsers drop it silently or break."""
    if data.count(b"<") < MAX_TABLES:
        return
    depth: dict[bytes, int] = {}
    for match in _DEPTH_TAG.finditer(data):
        name = match[2].lower()
        if match[1]:
            depth[name] = max(0, depth.get(name, 0) - 1)
        elif not match[3]:
            depth[name] = depth.get(name, 0) + 1
            limit = MAX_TABLES if name == b"table" else MAX_DEPTH
            if depth[name] > limit:
                raise UnreadableDocumentError(f"markup nested deeper than {limit} <{name.decode()}> elements; "
                                              "no page made to be read is")


def _cut_short(data: bytes) -> bool:
    """Whether the page breaks off: no closing html tag and an open tag or table at the end."""
    tail = data[-200_000:].lower()
    if b"</html" in tail or b"</body" in tail:
        return False
    last_open, last_close = tail.rfind(b"<"), tail.rfind(b">")
    return last_open > last_close or data.lower().count(b"<table") > data.lower().count(b"</table")


# ---------------------------------------------------------------- blocks in order
class _Builder:
    """Collects text until a block element ends it; keeps its own stack, so depth is no danger."""

    def __init__(self, doubtful: Set[int]) -> None:
        self.blocks: list[Block] = []
        self._doubtful = doubtful
        self._pieces: list[str] = []
        self._level: int | None = None

    def walk(self, start: Tag | Nodes) -> None:
        stack: list[Iterator[object]] = [iter(start if isinstance(start, list) else [start])]
        closing: list[Tag | None] = [None]
        while stack:
            node = next(stack[-1], _DONE)
            if node is _DONE:
                stack.pop()
                tag = closing.pop()
                if tag is not None and tag.name in _FLOW:
                    self._flush()
                    if tag.name in _HEADINGS:
                        self._level = None
                continue
            if isinstance(node, _COMMENTS):
                continue
            if isinstance(node, NavigableString):
                self._pieces.append(str(node).replace("\n", " "))
                continue
            if not isinstance(node, Tag) or node.name in _DROPPED:
                continue
            if node.name == "br":
                self._pieces.append("\n")
            elif node.name == "img":
                self._image(node)
            elif node.name == "table" and (grid := self._table(node)):
                self._flush()
                self.blocks.extend(grid)
            else:
                if node.name in _FLOW:
                    self._flush()
                    if node.name in _HEADINGS:
                        self._level = int(node.name[1])
                stack.append(iter(node.contents))
                closing.append(node)

    def finish(self) -> list[Block]:
        self._flush()
        return self.blocks

    def _flush(self) -> None:
        text = tidy("".join(self._pieces))
        self._pieces = []
        if text:
            self.blocks.append(Text(text, self._level))

    def _image(self, tag: Tag) -> None:
        names = ("src", "data-src", "data-original", "oldsrc")
        source = next((str(tag.get(name)) for name in names if tag.get(name)), "")
        width, height = (_pixels(tag, name) for name in ("width", "height"))
        if not source or re.search(r"icon|logo|qrcode|fileTypeImages|spacer|/ico", source[:500], re.IGNORECASE):
            return
        if any(size is not None and size < 60 for size in (width, height)):
            return
        data = None
        if source.startswith("data:"):
            source, _, payload = source.partition(",")
            data = _embedded(payload) if source.endswith("base64") else None
        self._flush()
        self.blocks.append(Image(source, str(tag.get("alt") or ""), None, width, height, data))

    def _table(self, table: Tag) -> list[Block] | None:
        """The grid of a data table, then its pictures and inner tables; None for one that only lays out the page."""
        inner = table.find("table")
        if inner is not None and not _holds_nested_data(table):
            return None
        if not _is_data_table(table):
            return None
        rows, inside = [], []
        for row in _own(table, "tr"):
            cells = []
            for cell in row.find_all(["td", "th"], recursive=False):
                nested = cell.find_all("table")
                for other in nested:
                    if other.find_parent("table") is table and not _wraps(other):
                        inside.append(other)
                text = cell_text(cell)
                cells.append(RawCell(text, _span(cell, "rowspan"), _span(cell, "colspan"),
                                     confidence=_DOUBT if id(cell) in self._doubtful else 1.0))
                if len(cells) > MAX_CELLS:
                    raise LimitExceededError(f"table row of more than {MAX_CELLS} cells")
            rows.append(cells)
        if not any(rows):
            return None
        blocks: list[Block] = []
        caption = table.find("caption")
        if isinstance(caption, Tag) and tidy(caption.get_text()):
            blocks.append(Text(tidy(caption.get_text())))
        blocks.append(build(rows))
        for other in inside:
            blocks.extend(self._table(other) or [])
        for image in table.find_all("img"):
            before = len(self.blocks)
            self._image(image)
            blocks.extend(self.blocks[before:])
            del self.blocks[before:]
        return blocks


def tidy(text: str) -> str:
    """Lines without blanks at their ends; runs of blanks become one."""
    lines = (_BLANKS.sub(" ", line).strip() for line in NO_WIDTH.sub("", text).split("\n"))
    return "\n".join(line for line in lines if line)


def cell_text(cell: Tag) -> str:
    """A cell's text without inner tables, what is struck through, and footnote marks, paragraphs and breaks as
    newlines. An inner table of one filled cell is but that cell's frame."""
    pieces: list[str] = []
    marks: list[str] = []
    stack: list[Iterator[object]] = [iter(cell.contents)]
    ends: list[bool] = [False]
    while stack:
        node = next(stack[-1], _DONE)
        if node is _DONE:
            stack.pop()
            if ends.pop():
                pieces.append("\n")
            continue
        if isinstance(node, _COMMENTS):
            continue
        if isinstance(node, NavigableString):
            pieces.append(str(node).replace("\n", " "))
        elif isinstance(node, Tag):
            if node.name == "br":
                pieces.append("\n")
            elif node.name == "input" and str(node.get("type") or "").lower() in _TYPED:
                pieces.append(str(node.get("value") or ""))  # a form filled in, saved as it stood
            elif _is_raised(node) and is_footnote_mark(node.get_text()):
                marks.append(node.get_text())
            elif node.name not in _DROPPED and not _is_struck(node) and (node.name != "table" or _wraps(node)):
                if node.name in _FLOW:
                    pieces.append("\n")
                stack.append(iter(node.contents))
                ends.append(node.name in _FLOW)
    return tidy("".join(pieces)) or tidy("".join(marks))


def _is_raised(tag: Tag) -> bool:
    """Whether a mark of a note would be raised here: by its element, its style, Word's class, or as a link to it."""
    if tag.name == "sup":
        return True
    if not tag.attrs:
        return False
    return (bool(_RAISED.search(str(tag.get("style") or ""))) or not _NOTE_CLASSES.isdisjoint(tag.get("class") or ())
            or (tag.name == "a" and re.match(r"#.", str(tag.get("href") or "")) is not None))


def _is_struck(tag: Tag) -> bool:
    return tag.name in _STRUCK or bool(tag.attrs and _STRUCK_THROUGH.search(str(tag.get("style") or "")))


def _wraps(table: Tag) -> bool:
    """Whether a table within a cell holds one filled cell and no more."""
    if table.find("table") is not None or table.find("img") is not None:
        return False
    filled = [text for cell in table.find_all(["td", "th"]) if (text := cell.get_text().strip())]
    return len(filled) == 1 and len(filled[0]) <= _LONGEST_WRAPPED


def _own(table: Tag, name: str) -> Iterator[Tag]:
    """The rows of one table, not those of tables inside it."""
    for tag in table.find_all(name):
        if tag.find_parent("table") is table:
            yield tag


def _is_data_table(table: Tag) -> bool:
    """Whether a table holds data: several rows of short cells, or headers of the form; not one frame around a page."""
    rows = list(_own(table, "tr")) if table.name == "table" else [table]
    cells = [cell for row in rows for cell in row.find_all(["td", "th"], recursive=False)]
    if not cells:
        return False
    if len(cells) == 1:
        text = cells[0].get_text()
        return cells[0].find(["table", "p", "div", "img"]) is None and bool(is_value(text) or FORM_WORDS.search(text))
    beside = [own for row in rows if len(own := [cell for cell in row.find_all(["td", "th"], recursive=False)
                                                 if cell.get_text(strip=True)]) > 1]
    figures = sum(is_value(cell.get_text()) for own in beside for cell in own)
    # A whole report may be one table, its prose in rows of one cell each; a frame around a page has few numbers.
    judged = [cell for own in beside for cell in own] if figures >= _FIGURES else cells
    if max(len(normalise(cell.get_text())) for cell in judged) > _LONGEST:
        return False
    return table.find("table") is None or _holds_nested_data(table)


def _holds_nested_data(table: Tag) -> bool:
    """Whether a table that holds tables is data itself: many own cells with numbers beside the nested ones."""
    own = [cell for row in _own(table, "tr") for cell in row.find_all(["td", "th"], recursive=False)]
    plain = [cell for cell in own if cell.find("table") is None]
    values = sum(1 for cell in plain if cell.get_text().strip() and is_value(cell.get_text()))
    return values >= 5 or (len(plain) >= 6 and bool(FORM_WORDS.search(" ".join(cell.get_text() for cell in plain))))


def _span(cell: Tag, name: str) -> int:
    match = re.match(r"\s*(\d{1,9})", str(cell.get(name) or ""))
    if not match:
        return 1
    value = int(match[1])
    return value if value or name == "rowspan" else 1


def _embedded(payload: str) -> bytes | None:
    """The bytes of a picture written into the page itself; None where they are broken."""
    try:
        return base64.b64decode(payload, validate=False)
    except ValueError:
        return None


def _pixels(tag: Tag, name: str) -> int | None:
    value = str(tag.get(name) or "")
    match = re.match(r"\s*(\d{1,6})(?:px|\.\d+)?\s*$", value) or re.search(
        rf"(?<![-\w]){name}\s*:\s*(\d{{1,6}})(?:\.\d+)?px", str(tag.get("style") or ""))
    return int(match[1]) if match else None


def _visible(root: Tag) -> str:
    """All text of the page, one line a block, scripts and hidden elements left out."""
    pieces: list[str] = []
    for node in root.descendants:
        if isinstance(node, NavigableString) and not isinstance(node, _COMMENTS):
            if node.parent is not None and node.parent.name not in _DROPPED:
                pieces.append(str(node).replace("\n", " "))
        elif isinstance(node, Tag) and (node.name in _FLOW or node.name == "br"):
            pieces.append("\n")
    return tidy("".join(pieces))
