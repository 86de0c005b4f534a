"""An article page: its main text, what hangs on it, and a hash that only a change of content changes.

Promises: attachments, embedded viewers and pictures of the body with absolute addresses and the name they are shown
under; counters, menus and scripts don't enter the main text. Leaves alone: the figures (extract/), fetching.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import parse_qs, unquote, urljoin, urlsplit

from lxml import html

from crawler.families.rows import absolute, base_of, parse, rows, title_of
from extract.scripted import with_article

# Body containers of known systems, the narrowest first.
_BODIES = (
    "//*[@id='UCAP-CONTENT']", "//*[contains(concat(' ',@class,' '),' TRS_UEDITOR ')]",
    "//*[contains(concat(' ',@class,' '),' trs_editor_view ')]", "//*[contains(concat(' ',@class,' '),' TRS_Editor ')]",
    "//*[contains(concat(' ',@class,' '),' Custom_UnionStyle ')]", "//*[@id='zoom']",
    "//*[contains(concat(' ',@class,' '),' main-txt ')]", "//*[starts-with(@id,'vsb_content')]",
    "//*[contains(@class,'v_news_content')]", "//*[contains(@class,'j-fontContent') or contains(@class,'wzcon')]",
    "//*[@id='Zoom' or @id='ZOOM' or @id='zoomcon']",
    "//*[@id='con_con' or @id='ccontent']", "//*[contains(concat(' ',@class,' '),' bt_content ')]",
    "//*[contains(@class,'ewb-article-info') or contains(@class,'news-article-para') or contains(@class,'zoomcon')]",
    "//*[@id='content' or @id='article' or @id='mainText' or @id='fontzoom']",
    "//*[contains(@class,'article-content') or contains(@class,'article_content') or contains(@class,'news_content') "
    "or contains(@class,'con_text') or contains(@class,'articleContent') or contains(@class,'pages_content')]",
    "//article",
)
_FILE = re.compile(r"\.(pdf|docx?|wps|wpt|ofd|rtf|xlsx?|et|zip|rar|txt)$", re.I)
_HANDLER = re.compile(r"downfile\.jsp|/download\.jsp|downloadfile|filedown|/attach/|/attachment/|download\.do\b"
                      r"|file-download|attach_?down|downloadZtbAttach|/down(load)?\w*\.(aspx?|ashx|php|action)\b", re.I)
_VIEWER = re.compile(r"""(?:PDFObject\.embed|Pdfh5|pdfjsLib\.getDocument|\b(?:pdf|file|ofd)_?(?:url|path|src))"""
                     r"""[\s(:={]*(?:["'][^"']{0,60}["']\s*,\s*\{[^{}]{0,200}?url["']?\s*:\s*)?"""
                     r"""["']([^"'\s<>]+)["']""", re.I)
"""Calls and settings of script viewers with the file they show."""
_BESIDE_ROWS = 200
"""Characters beside its rows up to which a page is nothing but a list."""
_FORM_CHARACTERS = 200
"""Text from which a form is a page wrapped by its system (ASP.NET) rather than a search box."""
_PICTURE = re.compile(r"\.(jpe?g|png|bmp|tiff?)$", re.I)
_AROUND = re.compile(r"(^|[-_ ])(nav|menu|head(er)?|foot(er)?|side(bar)?|crumbs?|breadcrumb|share|hot|recommend|related"
                     r"|bottom|logo|search|toolbar|friend|links?)([-_ ]|$)", re.I)
_COUNTER = re.compile(r"(浏览|阅读|访问|点击|查看)(次数|数量|人数|量|数)?[:：]?\d+(次|人)?"
                      r"|(浏览|阅读|访问|点击)(次数|量|数)[:：]")
_DATED = re.compile(r"(发布|公布|发文|信息)?(日期|时间)[:：]\s*(20\d\d[-/.年]\s*\d{1,2}[-/.月]\s*\d{1,2})")
BARE = 200
"""Characters of main text below which a page without files carries nothing itself."""
SUBSTANTIAL = 800
"""Characters of main text from which a page carries its report itself, whatever hangs on it."""


@dataclass(frozen=True, slots=True)
class Attached:
    """Something the page carries; role attachment or image."""

    url: str
    name: str
    role: str


@dataclass(slots=True)
class Article:
    """`text` is the main text without blanks; `facts` the title and days that the page states about itself."""

    text: str
    facts: list[str] = field(default_factory=list)
    attached: list[Attached] = field(default_factory=list)

    @property
    def bare(self) -> bool:
        """Nothing hangs on it and it says next to nothing: what it carries may be drawn by a script."""
        return not self.attached and len(self.text) < BARE


def read_article(text: str, url: str) -> Article:
    root = parse(with_article(text))
    base = base_of(root, url)
    body = _body(root)
    found = [*_files(root, body, base), *_viewers(root, base), *_pictures(body, base)]
    if not found:
        found = _script_viewers(text, base)
    unique = {entry.url: entry for entry in reversed(found) if entry.url and entry.url != url}
    facts = [node.get("content", "").strip() for node in root.iter("meta")
             if (node.get("name") or "").lower() in ("articletitle", "pubdate")]
    dated = _DATED.search(re.sub(r"\s+", " ", root.text_content()))
    order = list(dict.fromkeys(entry.url for entry in found))
    facts.append(re.sub(r"\s+", "", dated.group(3)) if dated else "")
    known = body.tag not in ("body", "html")
    return Article(_main_text(body, known), facts, [unique[address] for address in order if address in unique])


def is_list_instead(text: str, url: str, listed: set[str]) -> bool:
    """Whether an article's address answered with the list it stands on (portals do that to whom they throttle).

    `listed` are the addresses of the list's rows. A page with text of its own is an article, whatever it lists beside.
    """
    root = parse(text)
    body = _body(root)
    if body.tag not in ("body", "html"):
        return False
    shown = [row.item for row in rows(root, url)]
    if len({item.url for item in shown} & listed) < 3:
        return False
    in_rows = sum(len(_squeezed(item.title)) + len(item.day) for item in shown)
    return len(_main_text(body, known=False)) - in_rows < _BESIDE_ROWS


def content_hash(articles: Iterable[Article], attached: Iterable[str]) -> str:
    """sha256 over the main text of all pages of the article and the hashes of what hangs on it, in order."""
    pieces = [piece for article in articles for piece in (article.text, *article.facts)]
    return hashlib.sha256("\n".join([*pieces, *attached]).encode()).hexdigest()


def _body(root: html.HtmlElement) -> html.HtmlElement:
    for path in _BODIES:
        for element in root.xpath(path):
            if len(_squeezed(element.text_content())) >= 20 or element.xpath(".//img|.//iframe|.//table|.//a[@href]"):
                return element
    body = root.find("body")
    return root if body is None else body


def _files(root: html.HtmlElement, body: html.HtmlElement, base: str) -> list[Attached]:
    """Links to files in the body; outside it only where the place or the words call them attachments."""
    inside, found = set(body.iter("a")), []
    for link in root.iter("a"):
        address = _shown(base, link.get("href") or "")
        if not address or not (_FILE.search(urlsplit(address).path) or _HANDLER.search(address)
                               or _FILE.search(_query_name(address))):
            continue
        known = body.tag not in ("body", "html")
        belongs = (known or not _surrounds(link)) if link in inside else _called_attachment(link)
        if belongs:
            found.append(Attached(address, _name(link, address), "attachment"))
    return found


def _viewers(root: html.HtmlElement, base: str) -> list[Attached]:
    """Files shown in frames, embedded objects and script viewers."""
    found = []
    for node in root.iter("iframe", "embed", "object", "frame"):
        source = node.get("src") or node.get("data") or ""
        address = _shown(base, source)
        if address and (_FILE.search(urlsplit(address).path) or _HANDLER.search(address)):
            found.append(Attached(address, _file_name(address), "attachment"))
    for value in root.xpath("//*[@id='pdfshow']/@data-value | //*[@data-pdf]/@data-pdf"):
        found.append(Attached(absolute(base, str(value)), _file_name(str(value)), "attachment"))
    return found


def _shown(base: str, source: str) -> str:
    """The address of what a link or frame shows: behind a viewer page (viewer.html?file=…) the file itself."""
    try:
        file = parse_qs(urlsplit(source).query).get("file", [""])[0]
    except ValueError:
        return ""
    return absolute(urljoin(base, source), file) if _FILE.search(urlsplit(file).path) else absolute(base, source)


def _script_viewers(text: str, base: str) -> list[Attached]:
    """Files that a script shows on a page that carries nothing else."""
    found = [absolute(base, unquote(match.group(1))) for match in _VIEWER.finditer(text)]
    return [Attached(address, _file_name(address), "attachment") for address in dict.fromkeys(found)
            if address and (_FILE.search(urlsplit(address).path) or _HANDLER.search(address))]


def _pictures(body: html.HtmlElement, base: str) -> list[Attached]:
    """Pictures in the body that may be a scanned report; icons of file types and small ones are left out."""
    found = []
    for node in body.iter("img"):
        address = absolute(base, node.get("src") or node.get("data-src") or "")
        path = urlsplit(address).path
        width = re.match(r"\d+", node.get("width") or "")
        if not address or not _PICTURE.search(path) or re.search(r"icon|logo|/images?/(ico|bg|btn)", path, re.I):
            continue
        if (width and int(width.group()) < 100) or (body.tag in ("body", "html") and _surrounds(node)):
            continue
        found.append(Attached(address, (node.get("title") or node.get("alt") or "").strip() or _file_name(address),
                              "image"))
    return found[:40]


def _main_text(body: html.HtmlElement, known: bool) -> str:
    """The visible text without blanks; of a page without a known body also without menus and counters.

    Takes the tree apart, so it comes last.
    """
    dropped = list(body.iter("script", "style", "noscript", "select", "button"))
    dropped += [form for form in body.iter("form") if len(_squeezed(form.text_content())) < _FORM_CHARACTERS]
    if not known:
        dropped += [node for node in body.iter() if isinstance(node.tag, str) and node is not body
                    and (node.tag in ("nav", "header", "footer", "aside") or _is_around(node))]
    for node in dropped:
        if node is not body and node.getparent() is not None:
            node.drop_tree()
    text = _squeezed(body.text_content())
    return text if known else _COUNTER.sub("", text)


def _is_around(node: html.HtmlElement) -> bool:
    return bool(_AROUND.search(f"{node.get('class') or ''} {node.get('id') or ''}".strip()))


def _surrounds(node: html.HtmlElement) -> bool:
    return any(ancestor.tag in ("nav", "header", "footer", "aside") or _is_around(ancestor)
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


def _squeezed(text: str) -> str:
    return re.sub(r"[\s\u3000\xa0\u200b\ufeff]+", "", text)
