"""What hangs on an article page: files behind links, handlers and script calls, files in viewers, pictures of the body.

Promises: absolute addresses, each with the name it is shown under, behind a viewer's page the file itself; menus,
counters, icons and small pictures are none. Leaves alone: fetching them, and what they hold.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from urllib.parse import parse_qs, parse_qsl, unquote, urlsplit

from lxml import html

from crawler.families.rows import absolute, joined, target_of, title_of
from extract.sniffing import ENDINGS

_ENDING = rf"\.({ENDINGS})"
FILE = re.compile(rf"{_ENDING}$", re.I)
_SAID = re.compile(rf"{_ENDING}[\s】\]）)》”\"']*([(（\[]?[\d.,]+\s*[KMG]i?B?[)）\]]?)?"
                   r"\s*(点击下载|下载|预览|查看)*\s*$", re.I)
"""A link whose words end with a file's name, whatever its address looks like."""
_HANDLER = re.compile(
    r"downfile\.jsp|/download\.jsp|downloadfile|filedown|/attach/|/attachment/|download\.do\b|file-download|attach_?down"
    r"|downloadZtbAttach|/down(load)?\w*\.(aspx?|ashx|php|action)\b|/(down(load)?|getfile|showfile|openfile)\w*/?\?\w"
    r"|/files?/(down(load)?|get|show|view)\b", re.I)
_VIEWER = re.compile(r"""(?:PDFObject\.embed|Pdfh5|pdfjsLib\.getDocument|\b(?:pdf|file|ofd)_?(?:url|path|src))"""
                     r"""[\s(:={]*(?:["'][^"']{0,60}["']\s*,\s*\{[^{}]{0,200}?url["']?\s*:\s*)?"""
                     r"""["']([^"'\s<>]+)["']""", re.I)
"""Calls and settings of script viewers with the file they show."""
_VIEWER_WORDS = ("pdf", "ofd", *(f"file{line}{word}" for line in ("", "_") for word in ("url", "path", "src")))
"""One of these stands in every such call; asking for them first spares most pages the search."""
_OPENED = re.compile(r"""["']([^"'\s]+)["']""")
_PICTURE = re.compile(r"\.(jpe?g|png|bmp|tiff?|gif|webp)$", re.I)
_PICTURE_HANDLER = re.compile(r"/\w*(image|img|pic|photo)\w*[^?]*\?.*(id|name|path|file)=", re.I)
_ICON = re.compile(r"icon|logo|/images?/(ico|bg|btn)|/(line|dot|arrow|file|pdf|docx?|xlsx?|zip|rar|word|excel|spacer"
                   r"|blank|loading)\w{0,4}\.(gif|png)$|/(emot|fileTypeImages?|ueditor/dialogs)/", re.I)
_LAZY = ("data-original", "data-src", "data-lazy-src", "data-url", "original", "src")
"""Attributes of a picture, those of lazily loaded ones first: their src is a spinner."""
_MOST_FILES, _MOST_PICTURES = 60, 40
"""Of one page; one with more is a store of files and no report."""
_AROUND = re.compile(r"(^|[-_ ])(nav|menu|head(er)?|foot(er)?|side(bar)?|crumbs?|breadcrumb|share|hot|recommend|related"
                     r"|bottom|logo|search|toolbar|friend|links?)([-_ ]|$)", re.I)


@dataclass(frozen=True, slots=True)
class Attached:
    """Something the page carries; role attachment or image."""

    url: str
    name: str
    role: str


def attached(root: html.HtmlElement, body: html.HtmlElement, text: str, base: str) -> list[Attached]:
    """Everything that hangs on the page, in print order; script viewers only where nothing else does."""
    return [*_files(root, body, base), *_viewers(root, base), *_pictures(body, base)] or _script_viewers(text, base)


def is_around(node: html.HtmlElement) -> bool:
    """Whether an element is furniture of the site by its name: menus, heads, feet, side columns."""
    return bool(_AROUND.search(f"{node.get('class') or ''} {node.get('id') or ''}".strip()))


def is_file(address: str) -> bool:
    """Whether an address leads to a file by its ending or to what hands files out."""
    return bool(FILE.search(urlsplit(address).path) or _HANDLER.search(address) or FILE.search(_query_name(address)))


def _files(root: html.HtmlElement, body: html.HtmlElement, base: str) -> list[Attached]:
    """Links to files in the body; outside it only where the place or the words call them attachments."""
    inside, known, found = set(body.iter()), body.tag not in ("body", "html"), dict[str, Attached]()
    for link in root.iter("a", "button", "span", "div", "li"):
        address = _led_to(link, base) if link.tag == "a" or len(link.attrib) > 1 or "onclick" in link.attrib else ""
        if not address or not (is_file(address) or (link.tag == "a" and _SAID.search(title_of(link)))):
            continue
        belongs = (known or not _surrounds(link)) if link in inside else _called_attachment(link)
        if belongs:
            found.setdefault(address, Attached(address, _name(link, address), "attachment"))
    return list(found.values())[:_MOST_FILES]


def _led_to(link: html.HtmlElement, base: str) -> str:
    """Where a link leads, behind a viewer's page the file; for calls of a script the first file they name."""
    if link.tag == "a" and (address := _shown(base, link.get("href") or "")):
        return address
    for name in ("data-href", "data-url", "data-file", "data-link"):
        if link.get(name) and is_file(address := _shown(base, str(link.get(name)))):
            return address
    called = f"{link.get('onclick') or ''} {link.get('href') or '' if link.tag == 'a' else ''}"
    for match in _OPENED.finditer(called):
        # A call may name the file after other words: openAttach('12', '/f/a.pdf').
        if is_file(address := absolute(base, match.group(1))):
            return address
    return target_of(link, base) if link.tag == "a" else ""


def _viewers(root: html.HtmlElement, base: str) -> list[Attached]:
    """Files shown in frames, embedded objects and script viewers."""
    found = []
    for node in root.iter("iframe", "embed", "object", "frame", "param"):
        if node.tag == "param" and (node.get("name") or "").lower() not in ("src", "url", "filename", "file", "data"):
            continue
        source = node.get("src") or node.get("data") or node.get("value") or ""
        address = _shown(base, source)
        if address and (FILE.search(urlsplit(address).path) or _HANDLER.search(address)):
            found.append(Attached(address, _file_name(address), "attachment"))
    for value in root.xpath("//*[@id='pdfshow']/@data-value | //*[@data-pdf]/@data-pdf"):
        found.append(Attached(absolute(base, str(value)), _file_name(str(value)), "attachment"))
    return found


def _shown(base: str, source: str) -> str:
    """The address of what a link or frame shows: behind a viewer's page (viewer.html?file=…, onlinePreview?url=…) the
    file itself, also where the viewer gets its address in base64."""
    if "?" not in source:
        return absolute(base, source)
    try:
        given = parse_qsl(urlsplit(source).query)
    except ValueError:
        return ""
    for name, value in given if not _HANDLER.search(source) else ():
        plain = _uncoded(value) or value
        try:
            path = urlsplit(plain).path
        except ValueError:
            continue
        if FILE.search(path) and ("/" in plain or name.lower() == "file"):
            return absolute(joined(base, source), plain)
    return absolute(base, source)


def _uncoded(value: str) -> str:
    """The address that a value holds in base64, empty where it holds none."""
    if not re.fullmatch(r"[A-Za-z0-9+/_ -]{16,}={0,2}", value):
        return ""
    try:
        text = base64.b64decode(value.replace(" ", "+").replace("-", "+").replace("_", "/") + "==").decode()
    except (binascii.Error, ValueError):
        return ""
    return text if re.match(r"https?://|/", text) else ""


def _script_viewers(text: str, base: str) -> list[Attached]:
    """Files that a script shows on a page that carries nothing else."""
    lowered = text.lower()
    if not any(word in lowered for word in _VIEWER_WORDS):
        return []
    found = [absolute(base, unquote(match.group(1))) for match in _VIEWER.finditer(text)]
    return [Attached(address, _file_name(address), "attachment") for address in dict.fromkeys(found)
            if address and (FILE.search(urlsplit(address).path) or _HANDLER.search(address))]


def _pictures(body: html.HtmlElement, base: str) -> list[Attached]:
    """Pictures in the body that may be a scanned report; icons of file types and small ones are left out."""
    found, known = [], body.tag not in ("body", "html")
    for node in body.iter("img"):
        address = next((at for name in _LAZY if (at := absolute(base, node.get(name) or ""))), "")
        path = urlsplit(address).path
        if not address or _ICON.search(path) or _small(node):
            continue
        if not (_PICTURE.search(path) or (known and _PICTURE_HANDLER.search(address))):
            continue
        if not known and _surrounds(node):
            continue
        found.append(Attached(address, (node.get("title") or node.get("alt") or "").strip() or _file_name(address),
                              "image"))
    return found[:_MOST_PICTURES]


def _small(node: html.HtmlElement) -> bool:
    width = re.fullmatch(r"\s*(\d+)(?:\.\d+)?\s*(?:px)?\s*", node.get("width") or "") or re.search(
        r"(?:^|[;\s])width\s*:\s*(\d+)px", node.get("style") or "", re.I)
    return bool(width and int(width.group(1)) < 100)


def _surrounds(node: html.HtmlElement) -> bool:
    return any(ancestor.tag in ("nav", "header", "footer", "aside") or is_around(ancestor)
               for ancestor in node.iterancestors())


def _called_attachment(link: html.HtmlElement) -> bool:
    if re.search(r"附件|年报|报告|下载", title_of(link)) or "/_content/download.jsp" in (link.get("href") or ""):
        return True
    if "附件" in _words_before(link):
        return True
    return any(re.search(r"attach|fujian|(^|[-_ ])fj|annex|appendix", f"{one.get('class') or ''} {one.get('id') or ''}",
                         re.I) for one in link.iterancestors())


def _words_before(link: html.HtmlElement) -> str:
    """The text that stands in front of a link in its own line."""
    parent = link.getparent()
    before = [one.tail or "" for one in link.itersiblings(preceding=True)]
    return "".join([parent.text or "" if parent is not None else "", *before])


def _name(link: html.HtmlElement, address: str) -> str:
    """The name a file is shown under: `showname` of its address, the anchor, or the file's own."""
    return _query_name(address) or title_of(link) or _file_name(address)


def _query_name(address: str) -> str:
    query = parse_qs(urlsplit(address).query)
    return next((query[key][0] for key in ("showname", "filename", "fileName", "name") if query.get(key)), "")


def _file_name(address: str) -> str:
    return unquote(urlsplit(address).path.rsplit("/", 1)[-1])
