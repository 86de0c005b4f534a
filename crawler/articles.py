"""An article page: its main text, what hangs on it, and a hash that only a change of content changes.

Promises: what hangs on it (attachments.py), frames that may hold the article of a page that carries nothing itself;
counters, menus and scripts don't enter the main text. Leaves alone: the figures (extract/), fetching.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import cast
from urllib.parse import urlsplit

from lxml import etree, html

from crawler.attachments import Attached, attached, is_around, is_file
from crawler.families.rows import absolute, base_of, parse, rows
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
_NO_ARTICLE_FRAME = re.compile(r"visitcount|count(er)?\b|login|share|foot|head|nav|search|weather|map|comment|video",
                               re.I)
_BESIDE_ROWS = 200
"""Characters beside its rows up to which a page is nothing but a list."""
_NAMED = etree.XPath("//@id | //@class", smart_strings=False)
_PATHS = [(etree.XPath(path), [name.strip() for name in re.findall(r"'([^']+)'", path) if name.strip()])
          for path in _BODIES]
"""Each body with the names of which one must stand on the page."""
_FORM_CHARACTERS = 200
"""Text from which a form is a page wrapped by its system (ASP.NET) rather than a search box."""
_COUNTER = re.compile(r"(浏览|阅读|访问|点击|查看)(次数|数量|人数|量|数)?[:：]?\d+(次|人)?"
                      r"|(浏览|阅读|访问|点击)(次数|量|数)[:：]")
_DATED = re.compile(r"(发布|公布|发文|信息)?(日期|时间)[:：]\s*(20\d\d[-/.年]\s*\d{1,2}[-/.月]\s*\d{1,2})")
BARE = 200
"""Characters of main text below which a page without files carries nothing itself."""
SUBSTANTIAL = 800
"""Characters of main text from which a page carries its report itself, whatever hangs on it."""


@dataclass(slots=True)
class Article:
    """`text` is the main text without blanks; `facts` the title and days that the page states about itself."""

    text: str
    facts: list[str] = field(default_factory=list)
    attached: list[Attached] = field(default_factory=list)
    frames: list[str] = field(default_factory=list)
    """Addresses of this host's frames on a page that carries nothing itself: the article may stand in them."""

    @property
    def bare(self) -> bool:
        """Nothing hangs on it and it says next to nothing: what it carries may be drawn by a script."""
        return not self.attached and len(self.text) < BARE


def read_article(text: str, url: str) -> Article:
    """What an article page holds. Never raises; a page without a known body is read whole, menus left out."""
    root = parse(with_article(text))
    base = base_of(root, url)
    body = _body(root)
    found = attached(root, body, text, base)
    unique = {entry.url: entry for entry in reversed(found) if entry.url and entry.url != url}
    facts = [node.get("content", "").strip() for node in root.iter("meta")
             if (node.get("name") or "").lower() in ("articletitle", "pubdate")]
    dated = _DATED.search(re.sub(r"\s+", " ", root.text_content()))
    order = list(dict.fromkeys(entry.url for entry in found))
    facts.append(re.sub(r"\s+", "", dated.group(3)) if dated else "")
    known = body.tag not in ("body", "html")
    frames = _frames(root, base, url)
    article = Article(_main_text(body, known), facts, [unique[address] for address in order if address in unique])
    if article.bare:
        article.frames = frames
    return article


def _frames(root: html.HtmlElement, base: str, url: str) -> list[str]:
    """Pages of this host that frames of a visible size show."""
    found = []
    for node in root.iter("iframe", "frame"):
        address = absolute(base, node.get("src") or "")
        small = any(re.fullmatch(r"\s*\d{1,2}(px)?\s*", node.get(side) or "") for side in ("width", "height"))
        if address and address != url and urlsplit(address).netloc == urlsplit(url).netloc and not small \
                and not is_file(address) and not _NO_ARTICLE_FRAME.search(address):
            found.append(address)
    return list(dict.fromkeys(found))[:3]


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


def content_hash(articles: Iterable[Article], hanging: Iterable[str]) -> str:
    """sha256 over the main text of all pages of the article and the hashes of what hangs on it, in order."""
    pieces = [piece for article in articles for piece in (article.text, *article.facts)]
    return hashlib.sha256("\n".join([*pieces, *hanging]).encode()).hexdigest()


def links_of(text: str, url: str) -> list[tuple[str, str]]:
    """Where the links of an article's own text lead, to other hosts than its own, with their words. A page whose body
    is not told apart from its menus gives none."""
    root = parse(with_article(text))
    base, own = base_of(root, url), urlsplit(url).hostname
    body = _body(root)
    if body.tag in ("body", "html"):
        return []
    found: dict[str, str] = {}
    for link in body.iter("a"):
        target = absolute(base, (link.get("href") or "").strip())
        around = any(is_around(node) for node in (link, *link.iterancestors()) if node is not body
                     and isinstance(node.tag, str) and body in node.iterancestors())
        if target.startswith("http") and urlsplit(target).hostname != own and not around:
            found.setdefault(target, re.sub(r"\s+", "", link.text_content()))
    return list(found.items())


def _body(root: html.HtmlElement) -> html.HtmlElement:
    named = "\n".join(cast("list[str]", _NAMED(root)))
    for path, names in _PATHS:
        # Looking for names that stand nowhere on the page took more time than all the rest.
        if names and not any(name in named for name in names):
            continue
        for element in cast("list[html.HtmlElement]", path(root)):
            if len(_squeezed(element.text_content())) >= 20 or element.xpath(".//img|.//iframe|.//table|.//a[@href]"):
                return element
    body = root.find("body")
    return root if body is None else body


def _main_text(body: html.HtmlElement, known: bool) -> str:
    """The visible text without blanks; of a page without a known body also without menus and counters.

    Takes the tree apart, so it comes last.
    """
    dropped = list(body.iter("script", "style", "noscript", "select", "button"))
    dropped += [form for form in body.iter("form") if len(_squeezed(form.text_content())) < _FORM_CHARACTERS]
    if not known:
        dropped += [node for node in body.iter() if isinstance(node.tag, str) and node is not body
                    and (node.tag in ("nav", "header", "footer", "aside") or is_around(node))]
    for node in dropped:
        if node is not body and node.getparent() is not None:
            node.drop_tree()
    text = _squeezed(body.text_content())
    return text if known else _COUNTER.sub("", text)


def _squeezed(text: str) -> str:
    return re.sub(r"[\s\u3000\xa0\u200b\ufeff]+", "", text)
