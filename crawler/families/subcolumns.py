"""Columns cut into further columns: one a year (2021年, 2021nb/), one a class of bodies (部门年报, 乡镇年报, szf/).

Promises: such links are followed as parts of the column they stand on, two levels deep; the column is complete only
when each part was walked to its end; a part that can't be read makes it incomplete, with its address. Leaves alone: how
a part is read (each may be of another family), other hosts, and the fixed columns beside an annual-report column.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from lxml import html

from crawler.families.paging import Answer, Enumeration, Get
from crawler.families.rows import absolute, base_of, names_report, parse, title_of
from crawler.families.script_list import drawn_by_script
from crawler.model import Item, Outcome
from extract import titles
from extract.sniffing import ENDINGS

MOST = 60
"""Parts of one column that are followed; more make it incomplete."""
_DEEPEST = 2
YEAR = re.compile(r"^[\[【(（]?\s*(20\d\d)\s*年?度?((政府)?信息公开)?(工作)?(年度)?(报告|年报)?\s*[)）】\]]?$")
CLASS = re.compile(
    r"^(?:历年|往年|历史|(?:各|市|县|区|省|州|旗|盟|本级|本|政府|部门|单位|直属|直|局|委办局|乡|镇|街道?|开发区|园区|及"
    r"|和|、|[()（）]|办事处|办|功能区|管委会|垂直管理|垂管|机构|派出)+)(?:政府)?(?:信息公开)?(?:工作)?"
    r"(?:年度(?:工作)?报告|年报)$")
_OTHER = re.compile(r"^(首页|上一?页|下一?页|尾页|末页|更多.*|返回.*|网站地图|\d{1,3}|[<>«»]+)$"
                    r"|指南|制度|主动公开内容|目录|依申请")
"""Links that turn pages or lead to the other fixed columns."""
_ANNUAL = re.compile(r"/[^/]*(nb|ndbg|gzbg|nianbao|annual|report)[^/]*/$", re.I)
_ANNUAL_WORDS = re.compile(r"年报|年度报告")
"""Only of a column that calls itself one of annual reports is every folder below a part; else by name alone."""
_FOLDER = re.compile(r"^[\w-]+/(?:(?:index|list|default)\.\w+)?$")
_LIST_LIKE = re.compile(r"/(index|list|default)\w*\.\w+$|/col/col\d+/|/public/column/|/channels?/", re.I)
_ARTICLE_LIKE = re.compile(r"t\d{8}_\d+|/art/20\d\d|/info/\d+/\d+|post_\d+|content_?\d+|[0-9a-f]{32}|/\d{4,}\.s?html?$"
                           rf"|\.({ENDINGS})$", re.I)
_AROUND = re.compile(r"foot|crumb|location|position|weizhi|local\b|friend|share", re.I)


@dataclass(frozen=True, slots=True)
class Part:
    """A link to a part of the column. `below` = its address lies in the column's own folder; `row` = its words name a
    year's report, so that it may be an article after all."""

    url: str
    words: str
    below: bool
    row: bool


def parts(text: str, url: str) -> list[Part]:
    """The further columns a column's page links to, in print order."""
    root = parse(text)
    base, found = base_of(root, url), dict[str, Part]()
    home = _folder(url)
    annual = bool(_ANNUAL.search(home) or _ANNUAL_WORDS.search(root.xpath("string(//title)")))
    for link in root.iter("a", "option"):
        target = link.get("href") if link.tag == "a" else address_chosen(link)
        address, words = absolute(base, target or ""), re.sub(r"\s+", "", title_of(link))
        if not address or not words or _OTHER.search(words) or _same(address, url):
            continue
        if urlsplit(address).netloc != urlsplit(url).netloc or _stands_around(link):
            continue
        below = annual and address.startswith(home) and bool(_FOLDER.match(address.removeprefix(home).split("?")[0]))
        named = YEAR.match(words) or CLASS.match(words)
        if (named and _column_like(address)) or (below and not _own_title(words)):
            found.setdefault(address, Part(address, words, below, names_report(words)))
    return list(found.values())


def only_by_script(text: str, items: list[Item]) -> list[str]:
    """Years whose tab only a script opens and of which the list shows no report."""
    root, years = parse(text), []
    for node in root.iter("a", "li", "span", "option"):
        match = YEAR.match(re.sub(r"\s+", "", node.text_content()))
        if match and (_chosen_by_script(node) if node.tag == "option" else _opened_by_script(node)):
            years.append(match.group(1))
    shown = " ".join(item.title for item in items)
    # A title names its report year, a tab that or the year of publication: both must be absent.
    return [year for year in dict.fromkeys(years) if year not in shown and str(int(year) - 1) not in shown]


def _opened_by_script(node: html.HtmlElement) -> bool:
    called = node.get("onclick") or (node.get("href") or "" if node.tag == "a" else "")
    return bool(re.match(r"\s*(javascript:(?!\s*;?\s*$)|\w+\s*\()", called, re.I))


def _chosen_by_script(option: html.HtmlElement) -> bool:
    """Whether a script does something when the option is chosen that its value doesn't tell."""
    return not address_chosen(option) and any(one.get("onchange") for one in option.iterancestors("select"))


def address_chosen(option: html.HtmlElement) -> str:
    """The address that choosing an option leads to; empty where its value is none."""
    value = option.get("value") or ""
    return value if re.search(r"/|\.s?html?$|\.(jsp|aspx?|php)\b", value, re.I) else ""


async def enumerate_parts(page: Answer, whole: Enumeration, get: Get,
                          walk: Callable[[Answer], Awaitable[Enumeration]]) -> Enumeration:
    """`whole` as the column's own page gave it, with everything its parts hold. `walk` reads one part's first page."""
    items = {item.url: item for item in whole.items}
    faults: list[str] = []
    waiting = [(part, 1) for part in parts(page.text, page.url)]
    if not waiting:
        missing = only_by_script(page.text, whole.items) if whole.outcome is Outcome.OK else []
        if len(missing) > 1 and whole.complete:
            whole.complete, whole.reason = False, f"the years {', '.join(missing)} open only by script"
            whole.in_order = False  # one of them may be the newest
        return whole
    asked, seen = {page.url}, False
    while waiting:
        part, depth = waiting.pop(0)
        if part.url in asked:
            continue
        if len(asked) > MOST:
            faults.append(f"more than {MOST} parts")
            break
        asked.add(part.url)
        answer = await get(part.url)
        if not answer.ok:
            faults.append(f"{part.words}: {answer.outcome} {answer.reason} ({part.url})".replace("  ", " "))
            continue
        found = await walk(answer)
        deeper = [one for one in parts(answer.text, answer.url) if one.below] if depth < _DEEPEST else []
        about = any(names_report(item.title) for item in found.items)
        if found.outcome is Outcome.OK and (about or part.below):
            seen = True
            items.pop(part.url, None)
            for item in found.items:
                items.setdefault(item.url, item)
            if not found.complete:
                faults.append(f"{part.words}: {found.reason} ({part.url})")
        elif found.outcome is Outcome.EMPTY_LISTING and part.below:
            seen = True
        elif not part.row and part.below and not deeper:
            faults.append(f"{part.words}: {found.outcome} {found.reason} ({part.url})".replace("  ", " "))
        waiting.extend((one, depth + 1) for one in deeper)
    if not seen and not faults:
        return whole
    return _together(whole, list(items.values()), faults, drawn=drawn_by_script(page.text))


def _together(whole: Enumeration, items: list[Item], faults: list[str], drawn: bool) -> Enumeration:
    """The column's own list and its parts as one; the order of days is lost with the joining."""
    # A front page without a list of its own is whole when its parts are.
    complete = not faults and (whole.complete or (not whole.items and not drawn))
    own = [whole.reason] if whole.items and not whole.complete else []
    reason = "; ".join([*own, *(["the page's own list is drawn by script"] if drawn and not whole.items else []),
                        *faults[:5]])
    if not items:
        outcome = Outcome.EMPTY_LISTING if not faults else whole.outcome
        return Enumeration([], outcome, reason or whole.reason, complete)
    return Enumeration(items, Outcome.OK, reason, complete)


def _folder(url: str) -> str:
    """The folder a column's parts lie in: its own for a folder or an index page, the one named like a page otherwise
    (zfxxgknb.htm → zfxxgknb/)."""
    parts_of = urlsplit(url)._replace(query="", fragment="").geturl()
    head, _, file = parts_of.rpartition("/")
    if not file or re.match(r"(index|list|default)([_-]\d+)?\.\w+$", file, re.I):
        return f"{head}/"
    return f"{head}/{file.rsplit('.', 1)[0]}/"


def _same(address: str, url: str) -> bool:
    def bare(one: str) -> str:
        return re.sub(r"(index|default)\.\w+$", "", urlsplit(one)._replace(scheme="").geturl())
    return bare(address) == bare(url)


def _own_title(words: str) -> bool:
    """Whether the words are the title of somebody's report rather than the name of a column."""
    return names_report(words) and bool(titles.parse(words).body)


def _column_like(address: str) -> bool:
    """No article: a folder, an index or list page, a column of a known system, or a page with a list's parameter."""
    path = urlsplit(address).path
    return bool(path.endswith("/") or _LIST_LIKE.search(path) or not _ARTICLE_LIKE.search(path))


def _stands_around(link: html.HtmlElement) -> bool:
    return any(one.tag == "footer" or _AROUND.search(f"{one.get('class') or ''} {one.get('id') or ''}")
               for one in link.iterancestors())
