"""Hanweb xxgk (大汉信息公开): a table from POST search.jsp, or a page a year from xxgkAnnualReport.jsp.

Promises: search.jsp is asked with the parameters the column page names, page by page to the stated count; where it
answers for the whole area, the rows are narrowed to the column by its number in their addresses. xxgkAnnualReport.jsp
is asked for each year the page offers, else for every year since reports are owed; a year's page that is the report
itself becomes a row. Leaves alone: columns whose rows come from dataproxy.jsp (jpage).
"""

from __future__ import annotations

import re
from html import unescape
from urllib.parse import parse_qsl, urlencode, urlsplit

from lxml import html

from crawler import clock
from crawler.families import static
from crawler.families.paging import Answer, Ask, Enumeration, Get, Listing, Walk, by_number, stated
from crawler.families.rows import find_day, joined, main_rows, names_report, parse, rows, title_of, whole_page
from crawler.model import Item, Outcome
from extract import titles

SEARCH = "/module/xxgk/search.jsp"
FIRST_YEAR = 2008
"""The year of the first reports."""
_MARK = re.compile(r"/module/xxgk/(?:tree|search|subjectinfo)\.jsp|\bxxgkAnnualReport\.jsp", re.I)
_ANNUAL = re.compile(r"/xxgkAnnualReport\.jsp", re.I)
_CALL = re.compile(r"""["'(]([^"'()\s<>]*module/xxgk/(?:search|tree)\.jsp[^"'()\s<>]*)""", re.I)
_PARAMETERS = ("infotypeId", "jdid", "area", "divid", "sortfield", "fbtime", "texttype", "standardXxgk",
               "fieldConfigId")
_BLANK = ("vc_title", "vc_number", "vc_filenumber", "vc_all", "texttype", "fbtime")
_COLUMN = re.compile(r"/col/col(\d+)/")
_ARTICLE_COLUMN = re.compile(r"/art_(\d+)_")
_REPORT = re.compile(r"年报|报告")
_PUBLISHED = re.compile(r"(?:发布|公开|生成)(?:日期|时间)[:：]?(20\d\d[-/.年]\d{1,2}[-/.月]\d{1,2})")
_YEAR = re.compile(r"fbtime=(20\d\d)\b")
_NO_SUCH_YEAR = (Outcome.GONE, Outcome.SOFT_404)
_SUBSTANTIAL = 300
"""Characters of a year's page from which it can be the report itself."""


def recognise(text: str) -> bool:
    return bool(_MARK.search(text)) and "dataproxy.jsp" not in text


def listing(text: str, url: str) -> Listing:
    """The rows of an answer of search.jsp or of a year's page; a column page has none of its own."""
    if _ANNUAL.search(urlsplit(url).path):
        found = _year_rows(text, url)
        return Listing(found, found, known_shape=True)
    found = _table(text, url)
    total, pages = stated(text)
    # Rows alone make no whole page an answer of the search: a start page in its place has some too.
    return Listing(found, found, total, pages, known_shape=bool(_MARK.search(text)) or "tr_main_value" in text
                   or pages is not None or (bool(found) and not whole_page(text)))


async def enumerate_list(first: Answer, get: Get, max_pages: int) -> Enumeration:
    """Walk the search to its stated number of pages, or the years."""
    yearly = _annual_address(first)
    if yearly:
        return await _by_years(yearly, first, get, max_pages)
    call = _call(first)
    if not call.get("area") and not call.get("infotypeId"):
        own = static.listing(first.text, first.url)
        if any(names_report(item.title) for item in own.main):
            return await static.enumerate_list(first, get, max_pages)
        return Walk(max_pages).conclude(False, known_shape=False,
                                        seen="the page names neither area nor infotypeId for search.jsp")
    address = joined(first.url, SEARCH)

    async def page(number: int) -> tuple[Answer, Listing | None]:
        form = {**dict.fromkeys(_BLANK, ""), **call, "currpage": str(number)}
        query = {"infotypeId": form.get("infotypeId", ""), "area": form.get("area", ""), "currpage": str(number)}
        answer = await get(Ask(f"{address}?{urlencode(query)}", form=form, expect="data",
                               headers={"X-Requested-With": "XMLHttpRequest", "Referer": first.url}))
        shown = listing(answer.text, first.url) if answer.ok else None
        return answer, shown if shown is not None and (shown.known_shape or _says_none(answer.text)) else None

    found = await by_number(Walk(max_pages), page)
    found.items = _of_column(found.items, first.url)
    return static.or_own_rows(found, first)


def _call(first: Answer) -> dict[str, str]:
    """The parameters of search.jsp as the column page names them: in a call, in a frame, in its script or a field."""
    text, found = unescape(first.text), {}
    for name in _PARAMETERS:
        spelled = "(?:vc_xxgk)?area" if name == "area" else name
        value = re.search(rf"""\b{spelled}\b["']?\s*[:=]\s*["']([^"'<>]*)["']""", text)
        field = re.search(rf"""<input[^<>]{{0,300}}\bname\s*=\s*["']?{name}\b"""
                          r"""[^<>]{0,300}?\bvalue\s*=\s*["']?([^"'\s>]*)""", text, re.I)
        shown = (field and field.group(1)) or (value and value.group(1)) or ""
        if shown:
            found[name] = shown
    for address in _CALL.findall(text):
        query = dict(parse_qsl(urlsplit(address).query))
        found |= {key: value for key, value in query.items() if key in _PARAMETERS and value and key not in found}
    number = dict(parse_qsl(urlsplit(first.url).query)).get("number", "")
    return {**({"infotypeId": number} if number else {}), **found}


def _of_column(items: list[Item], url: str) -> list[Item]:
    """The rows of the page's own column, and reports whatever column they were filed under: one moved or shared keeps
    the number of another. All rows where none carries its number: then their numbers are others'."""
    column = _COLUMN.search(url)
    numbered = [(item, _ARTICLE_COLUMN.search(item.url)) for item in items]
    if column is None or not any(match and match.group(1) == column.group(1) for _, match in numbered):
        return items
    return [item for item, match in numbered
            if match is None or match.group(1) == column.group(1) or titles.parse(item.title).kind == "report"]


def _table(text: str, url: str) -> list[Item]:
    """Rows of the answer's table by class, the day from the third cell; else whatever rows the markup has."""
    root, found = parse(text), []
    for line in root.xpath("//tr[contains(@class,'tr_main_value')]"):
        links = [link for link in line.iter("a") if link.get("href")]
        named = max(links, key=lambda link: len(title_of(link)), default=None)
        if named is None:
            continue
        row = next(iter(rows(parse(f"<ul><li>{html.tostring(named, encoding='unicode', with_tail=False)}</li></ul>"),
                             url, every=True)), None)
        cells = [cell.text_content() for cell in line.iter("td")]
        day = next((day for cell in [*cells[2:3], *reversed(cells)] if (day := find_day(cell))), "")
        if row is not None:
            found.append(Item(row.item.url, row.item.title, day or row.item.day))
    return found or main_rows(rows(root, url))


def _says_none(text: str) -> bool:
    return bool(re.search(r"共\s*0\s*(页|条)|暂无|没有(相关|找到)?(信息|数据|记录)", text))


# ---------------------------------------------------------------- a page a year
def _annual_address(first: Answer) -> str:
    """xxgkAnnualReport.jsp of the page's own area; empty where the page is a search."""
    if _ANNUAL.search(urlsplit(first.url).path):
        return first.url
    match = re.search(r"""["'(]([^"'()\s<>]*\bxxgkAnnualReport\.jsp\?[^"'()\s<>]*area=[^"'()\s<>]*)""",
                      first.text, re.I)
    return joined(first.url, unescape(match.group(1))) if match else ""


async def _by_years(address: str, first: Answer, get: Get, max_pages: int) -> Enumeration:
    walk, opening = Walk(max_pages), first
    if address != first.url:
        opening = await get(address)
        if not opening.ok:
            return walk.breaks_off(opening, "annual reports by year")
    offered, today = _offered(opening.text), clock.today().year
    # The newest years are asked even where they aren't offered: a choice of years is often written by hand.
    besides = {str(year) for year in range(today - 2 if offered else FIRST_YEAR, today + 1)} - offered
    seen: dict[tuple[str, ...], str] = {}
    for year in [*sorted(offered, reverse=True), *sorted(besides, reverse=True)]:
        if walk.full:
            return walk.conclude(False, f"stopped after {max_pages} years, before {year}")
        answer = await get(_of_year(address, year))
        if not answer.ok:
            if answer.outcome in _NO_SUCH_YEAR and year not in offered:
                continue
            return walk.breaks_off(answer, f"year {year}")
        items = _year_rows(answer.text, answer.url)
        if not items and not (recognise(answer.text) or _offered(answer.text) or _says_none(answer.text)):
            return walk.breaks_off(answer, f"year {year}")
        same = seen.setdefault(tuple(item.title if _ANNUAL.search(item.url) else item.url for item in items), year)
        if items and same != year:
            if offered and not {year, same} <= offered:
                # A year that isn't offered shows another one's page: there is none.
                continue
            return walk.conclude(False, f"the year is ignored: {year} shows the rows of {same} ({answer.url})")
        walk.add(Listing(items, items))
        said = await _further(answer, walk, get, year)
        if said:
            return walk.conclude(False, said)
    return walk.conclude(True)


async def _further(first: Answer, walk: Walk, get: Get, year: str) -> str:
    """Walk a year's further pages: by its links, else by the parameter that search.jsp turns pages with; what keeps the
    year from being whole, empty where every page it states brought new rows."""
    pages = stated(first.text)[1] or 1
    linked = static.listing(first.text, first.url).next
    for number in range(2, pages + 1):
        if walk.full:
            return f"stopped after {walk.max_pages} pages in the year {year}"
        address = linked[number - 2] if number - 2 < len(linked) else _with(first.url, "currpage", str(number))
        answer = await get(address)
        items = _year_rows(answer.text, answer.url) if answer.ok else []
        if not answer.ok or not items or not walk.add(Listing(items, items)):
            why = "repeats earlier rows or holds none" if answer.ok else f"{answer.outcome} {answer.reason}".strip()
            return f"year {year} has {pages} pages, page {number}: {why} ({address})"
    return ""


def _offered(text: str) -> set[str]:
    """The years a page offers: in links, in a choice, in its script's calls."""
    listed = set(_YEAR.findall(unescape(text)))
    for choice in parse(text).iter("option"):
        value = re.fullmatch(r"\s*(20\d\d)\s*(?:年度?)?\s*", choice.get("value") or "".join(choice.itertext()))
        if value:
            listed.add(value.group(1))
    return listed


def _of_year(address: str, year: str) -> str:
    return _with(address, "fbtime", year)


def _with(address: str, name: str, value: str) -> str:
    parts = urlsplit(address)
    kept = [(key, given) for key, given in parse_qsl(parts.query, keep_blank_values=True) if key != name]
    return parts._replace(query=urlencode([*kept, (name, value)])).geturl()


def _year_rows(text: str, url: str) -> list[Item]:
    """The rows of a year's page; the page itself where it is the report."""
    root = parse(text)
    if "tr_main_value" in text:
        found = _table(text, url)
    else:
        # One report in a year is less than the news beside it: the groups that hold reports are the list.
        shown = [row for row in rows(root, url) if not _ANNUAL.search(row.item.url)]
        groups = {row.group for row in shown if row.report}
        found = [row.item for row in shown if row.group in groups] or main_rows(shown)
    if any(_REPORT.search(item.title) for item in found):
        return found
    heads = [re.sub(r"\s+", "", "".join(node.itertext())) for node in root.iter("h1", "h2", "h3", "title")]
    title = next((title for title in heads if names_report(title)), "")
    body = re.sub(r"\s+", "", root.text_content())
    printed = _PUBLISHED.search(body)
    return [Item(url, title, find_day(printed.group(1)) if printed else "")] if title and len(body) >= _SUBSTANTIAL \
        else []
