"""Web pages: the report's body as paragraphs, tables and pictures in reading order, with attachments and metadata.

Promises: the bytes are decoded by what they are, not by what the header claims; every span of a table is expanded
within limits; layout tables that only wrap the report dissolve; hidden text and scripts are dropped; a page too deep
to parse is refused, never read as empty. Leaves alone: what the text means, and fetching what it links to.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

from bs4 import BeautifulSoup, Comment, NavigableString, Tag
from bs4.element import CData, Declaration, Doctype, ProcessingInstruction

from extract.exceptions import LimitExceededError, UnreadableDocumentError
from extract.figures import is_value
from extract.grids import MAX_CELLS, RawCell, build
from extract.labels import normalise
from extract.model import Block, Document, Grid, Hints, Image, Link, Text
from extract.readers import reader

MAX_DEPTH = 1500
"""Elements within each other; browsers stop near 512, sound pages near 60."""
ATTACHMENT = re.compile(r"\.(?:pdf|docx?|wps|xlsx?|et|ofd|rtf|zip|rar|7z)(?:$|[?#&])", re.IGNORECASE)

_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([A-Za-z0-9_\-]+)", re.IGNORECASE)
_DEPTH_TAG = re.compile(rb"<(/?)(div|span|font|section|article|b|strong|i|em|u|center|blockquote|ul|ol|table|tbody|form|o:p|"
                        rb"main|ins|del|sub|sup|big|small|dl|fieldset)\b[^>]*?(/?)>", re.IGNORECASE)
_DROPPED = frozenset({"script", "style", "noscript", "template", "head", "select", "button", "svg", "object", "embed",
                      "iframe", "textarea", "input", "map", "audio", "video", "canvas"})
_FLOW = frozenset({"address", "article", "aside", "blockquote", "body", "center", "dd", "div", "dl", "dt", "fieldset",
                   "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li",
                   "main", "nav", "ol", "p", "pre", "section", "ul", "table", "caption", "thead", "tbody", "tfoot",
                   "tr", "td", "th", "html", "ucaptitle", "ucapcontent", "legend"})
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden|mso-hide\s*:\s*all", re.IGNORECASE)
_BLANKS = re.compile(r"[ \t\r\f\v\u00a0\u3000\u200b-\u200f\u2060\ufeff]+")
_FORM_WORDS = re.compile(r"信息内容|勾稽关系|自然人|法人或其他组织|行政复议|结果维持|本年新收|行政许可|规章|行政处罚|行政事业性收费"
                         r"|予以公开|不予公开|现行有效|统计指标")
_TITLED = re.compile(r"一\s*、\s*\S{0,6}(?:总体|概述)|主动公开政府信息|政府信息公开")

# Containers of the article body in the CMSs seen, most specific first.
_CONTAINERS = (
    "#UCAP-CONTENT", "ucapcontent", ".trs_editor_view", ".TRS_Editor", ".Custom_UnionStyle", ".TRS_UEDITOR",
    "#vsb_content", "#vsb_content_2", "#vsb_content_4", "#vsb_content_500", ".v_news_content", "#zoom", "#Zoom",
    "#zoomcon", "#js_content", ".article_area", ".main-txt", ".article-content", ".article_content",
    ".article-con", ".articleCon", ".news_content", ".content_article", ".pages_content", ".view-content", "#artibody",
    "#content_body", "#ContentRegion", ".bt_content", ".xxgk_content", ".gknb_content", ".wzcon", "#article", ".article",
    "#mainContent", "#content", ".content", "article", "main",
)
_BEGIN = re.compile(r"<\$\[信息内容\]>begin|ZOOM_START|信息内容\s*begin|^\s*正文内容?开始", re.IGNORECASE)
_END = re.compile(r"<\$\[信息内容\]>end|ZOOM_END|信息内容\s*end|^\s*正文内容?结束", re.IGNORECASE)


@reader("text/html", "application/xhtml+xml", name="markup")
def read(data: bytes, hints: Hints) -> Document:
    """One web page as a document; hints.media_type may carry the charset the server declared."""
    _refuse_depth(data)
    html, problems = decode(data, hints.media_type)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        soup = BeautifulSoup(html, "lxml")
    document = Document("", "text/html", "markup", problems=problems)
    document.meta = _meta(soup)
    document.title = document.meta.get("ArticleTitle") or (soup.title.get_text(strip=True) if soup.title else "")
    root = soup.body or soup
    _drop_hidden(root)
    document.links = _links(soup)
    body = _body(root)
    builder = _Builder(problems)
    builder.walk(body)
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


# ---------------------------------------------------------------- bytes to text
def decode(data: bytes, declared: str | None = None) -> tuple[str, list[str]]:
    """Text and problems. Marks, header and meta propose an encoding; the reading that loses fewest characters wins."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace"), []
    proposed = []
    if declared and (match := re.search(r"charset\s*=\s*[\"']?([\w-]+)", declared, re.IGNORECASE)):
        proposed.append(match[1])
    if match := _CHARSET.search(data[:8192]):
        proposed.append(match[1].decode("ascii"))
    names = list(dict.fromkeys([*map(_canonical, proposed), "utf-8-sig", "gb18030"]))
    best, lost = "", None
    for name in names:
        try:
            text = data.decode(name, "replace")
        except LookupError:
            continue
        count = text.count("\ufffd") + _mojibake(text)
        if lost is None or count < lost:
            best, lost = text, count
        if count == 0:
            break
    problems = [] if not lost else [f"{lost} characters could not be decoded"]
    return best, problems


def _canonical(name: str) -> str:
    lowered = name.lower()
    if lowered in ("gb2312", "gbk", "gb_2312-80", "x-gbk", "gb18030"):
        return "gb18030"
    return "utf-8-sig" if lowered in ("utf-8", "utf8") else lowered


def _mojibake(text: str) -> int:
    """Signs that a page in UTF-8 was read as something else: control characters and rows of Latin-1 letters."""
    return len(re.findall(r"[\x80-\x9f]", text))


def _refuse_depth(data: bytes) -> None:
    """Refuse markup nested so deep that parsers drop it silently or break."""
    if data.count(b"<") < MAX_DEPTH:
        return
    depth: dict[bytes, int] = {}
    for match in _DEPTH_TAG.finditer(data):
        name = match[2].lower()
        if match[1]:
            depth[name] = max(0, depth.get(name, 0) - 1)
        elif not match[3]:
            depth[name] = depth.get(name, 0) + 1
            if depth[name] > MAX_DEPTH:
                raise UnreadableDocumentError(f"markup nested deeper than {MAX_DEPTH} <{name.decode()}> elements; "
                                              "no browser shows such a page")


def _cut_short(data: bytes) -> bool:
    """Whether the page breaks off: no closing html tag and an open tag or table at the end."""
    tail = data[-200_000:].lower()
    if b"</html" in tail or b"</body" in tail:
        return False
    last_open, last_close = tail.rfind(b"<"), tail.rfind(b">")
    return last_open > last_close or data.lower().count(b"<table") > data.lower().count(b"</table")


# ---------------------------------------------------------------- page furniture
def _meta(soup: BeautifulSoup) -> dict[str, str]:
    meta: dict[str, str] = {}
    for tag in soup.find_all("meta"):
        name = tag.get("name") or tag.get("property") or tag.get("http-equiv")
        content = tag.get("content")
        if name and content:
            meta.setdefault(str(name).strip(), " ".join(str(content).split()))
    return meta


def _drop_hidden(root: Tag) -> None:
    for tag in root.find_all(style=_HIDDEN):
        if isinstance(tag, Tag) and not tag.decomposed:
            tag.decompose()
    for tag in root.find_all(attrs={"hidden": True}):
        if not tag.decomposed:
            tag.decompose()


def _links(soup: BeautifulSoup) -> list[Link]:
    """Attachments and embedded viewers, each address once, in order."""
    found: dict[str, Link] = {}

    def add(address: str, text: str) -> None:
        address = address.strip()
        if address and not address.lower().startswith(("javascript:", "data:", "#", "mailto:")):
            found.setdefault(address, Link(address, " ".join(text.split())))

    for tag in soup.find_all(["a", "iframe", "embed", "object", "div", "param", "source", "span", "p"]):
        if tag.name == "a":
            href, text = str(tag.get("href") or ""), tag.get_text(" ")
            named = ATTACHMENT.search(text.strip())
            if ATTACHMENT.search(href) or named or re.search(r"(?:down|attach|file)[^?]*\?", href, re.IGNORECASE):
                add(href, text or str(tag.get("title") or ""))
        for attribute in ("src", "data", "data-value", "data-src", "data-url", "data-file", "value"):
            value = str(tag.get(attribute) or "")
            if not value or tag.name == "a" and attribute in ("data", "value"):
                continue
            target = parse_qs(urlsplit(value).query).get("file") if "file=" in value else None
            if target and ATTACHMENT.search(target[0]):
                add(target[0], str(tag.get("title") or ""))
            elif ATTACHMENT.search(value):
                add(value, str(tag.get("title") or ""))
    return list(found.values())


def _body(root: Tag) -> Tag | list[Tag | NavigableString]:
    """The element that holds the report: by comment marks, known containers, else the densest element."""
    marked = _between_marks(root)
    if marked and _measure_all(marked) >= 40:
        return marked
    whole = len(normalise(root.get_text()))
    for selector in _CONTAINERS:
        found = [tag for tag in root.select(selector) if isinstance(tag, Tag)]
        if not found:
            continue
        best = max(found, key=_measure)
        size = _measure(best)
        if size >= 200 and (_TITLED.search(best.get_text()[:20_000]) or size * 2 > whole):
            return _widened(best, root)
        if best.find("img") is not None and size * 4 > whole:
            return best
    return _densest(root)


def _widened(best: Tag, root: Tag) -> Tag:
    """A container cut up by the editor: its parent, where most tables of the page lie beside it."""
    tables = len(root.find_all("table"))
    inside = len(best.find_all("table"))
    parent = best.parent
    if tables and inside == 0 and isinstance(parent, Tag) and parent.name != "body":
        form_tables = [table for table in parent.find_all("table") if _FORM_WORDS.search(table.get_text()[:2000])]
        if form_tables:
            return parent
    return best


def _between_marks(root: Tag) -> list[Tag | NavigableString]:
    begin = root.find(string=lambda text: isinstance(text, Comment) and bool(_BEGIN.search(text)))
    if begin is None:
        start = root.find("meta", attrs={"name": "ContentStart"})
        if not isinstance(start, Tag):
            return []
        begin = start  # type: ignore[assignment]
    held: list[Tag | NavigableString] = []
    if isinstance(begin, Tag) and begin.contents:
        held.extend(child for child in begin.contents if isinstance(child, (Tag, NavigableString)))
    for sibling in begin.next_siblings:  # type: ignore[union-attr]
        if isinstance(sibling, Comment) and _END.search(sibling):
            break
        if isinstance(sibling, Tag) and sibling.name == "meta" and sibling.get("name") == "ContentEnd":
            break
        if isinstance(sibling, (Tag, NavigableString)):
            held.append(sibling)
    return held


def _measure(tag: Tag) -> int:
    return len(normalise(tag.get_text()))


def _measure_all(nodes: list[Tag | NavigableString]) -> int:
    return sum(len(normalise(node.get_text())) for node in nodes)


def _densest(root: Tag) -> Tag:
    """The smallest element that still holds most of the page's prose and tables outside links."""
    def weight(tag: Tag) -> int:
        return _measure(tag) - sum(_measure(link) for link in tag.find_all("a"))

    current = root
    total = weight(root)
    while True:
        children = [child for child in current.find_all(["div", "td", "section", "article", "main", "table", "tbody", "tr",
                                                         "center", "form", "ul", "li", "font", "span"], recursive=False)]
        heavy = max(children, key=weight, default=None)
        if heavy is None or weight(heavy) < total * 0.85 or heavy.name in ("table", "tbody", "tr") \
                and _is_data_table(heavy):
            return current
        current = heavy


# ---------------------------------------------------------------- blocks in order
class _Builder:
    """Collects text until a block element ends it. Iterative over nesting through Python's own stack, bounded by MAX_DEPTH."""

    def __init__(self, problems: list[str]) -> None:
        self.blocks: list[Block] = []
        self.problems = problems
        self._pieces: list[str] = []
        self._level: int | None = None

    def walk(self, start: Tag | list[Tag | NavigableString]) -> None:
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
            if isinstance(node, (Comment, CData, Declaration, Doctype, ProcessingInstruction)):
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
        source = next((str(tag.get(name)) for name in ("src", "data-src", "data-original", "oldsrc") if tag.get(name)), "")
        width, height = (_pixels(tag, name) for name in ("width", "height"))
        if not source or re.search(r"icon|logo|qrcode|fileTypeImages|spacer|/ico", source, re.IGNORECASE):
            return
        if any(size is not None and size < 60 for size in (width, height)):
            return
        self._flush()
        self.blocks.append(Image(source, str(tag.get("alt") or ""), None, width, height))

    def _table(self, table: Tag) -> list[Block] | None:
        """The grid of a data table with pictures and inner tables after it; None for one that only lays out the page."""
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
                    if other.find_parent("table") is table:
                        inside.append(other)
                text = cell_text(cell)
                cells.append(RawCell(text, _span(cell, "rowspan"), _span(cell, "colspan")))
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


_DONE = object()
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})


def tidy(text: str) -> str:
    """Lines without blanks at their ends; runs of blanks become one."""
    lines = (_BLANKS.sub(" ", line).strip() for line in text.split("\n"))
    return "\n".join(line for line in lines if line)


def cell_text(cell: Tag) -> str:
    """A cell's text without inner tables, paragraphs and breaks as newlines."""
    pieces: list[str] = []
    stack: list[Iterator[object]] = [iter(cell.contents)]
    ends: list[bool] = [False]
    while stack:
        node = next(stack[-1], _DONE)
        if node is _DONE:
            stack.pop()
            if ends.pop():
                pieces.append("\n")
            continue
        if isinstance(node, (Comment, CData, Declaration, Doctype, ProcessingInstruction)):
            continue
        if isinstance(node, NavigableString):
            pieces.append(str(node).replace("\n", " "))
        elif isinstance(node, Tag):
            if node.name == "br":
                pieces.append("\n")
            elif node.name not in _DROPPED and node.name != "table":
                if node.name in _FLOW:
                    pieces.append("\n")
                stack.append(iter(node.contents))
                ends.append(node.name in _FLOW)
    return tidy("".join(pieces))


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
        return cells[0].find(["table", "p", "div", "img"]) is None and bool(is_value(text) or _FORM_WORDS.search(text))
    longest = max(len(normalise(cell.get_text())) for cell in cells)
    if longest > 400:
        return False
    return table.find("table") is None or _holds_nested_data(table)


def _holds_nested_data(table: Tag) -> bool:
    """Whether a table that holds tables is data itself: many own cells with numbers beside the nested ones."""
    own = [cell for row in _own(table, "tr") for cell in row.find_all(["td", "th"], recursive=False)]
    plain = [cell for cell in own if cell.find("table") is None]
    values = sum(1 for cell in plain if cell.get_text().strip() and is_value(cell.get_text()))
    return values >= 5 or (len(plain) >= 6 and bool(_FORM_WORDS.search(" ".join(cell.get_text() for cell in plain))))


def _span(cell: Tag, name: str) -> int:
    match = re.match(r"\s*(\d{1,9})", str(cell.get(name) or ""))
    if not match:
        return 1
    value = int(match[1])
    return value if value or name == "rowspan" else 1


def _pixels(tag: Tag, name: str) -> int | None:
    value = str(tag.get(name) or "")
    match = re.match(r"\s*(\d{1,6})(?:px|\.\d+)?\s*$", value) or re.search(
        rf"(?<![-\w]){name}\s*:\s*(\d{{1,6}})(?:\.\d+)?px", str(tag.get("style") or ""))
    return int(match[1]) if match else None


def _visible(root: Tag) -> str:
    """All text of the page, one line a block, scripts and hidden elements left out."""
    builder = _Builder([])
    pieces: list[str] = []
    for node in root.descendants:
        if isinstance(node, NavigableString) and not isinstance(node, (Comment, CData, Declaration, Doctype)):
            if node.parent is not None and node.parent.name not in _DROPPED:
                pieces.append(str(node).replace("\n", " "))
        elif isinstance(node, Tag) and (node.name in _FLOW or node.name == "br"):
            pieces.append("\n")
    del builder
    return tidy("".join(pieces))


def grids_of(blocks: list[Block]) -> list[Grid]:
    """The tables among blocks."""
    return [block for block in blocks if isinstance(block, Grid)]
