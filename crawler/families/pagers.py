"""What a list's pager shows: its links by their words, what only a script can follow, what its script states (layui,
pagination plug-ins, kkpager, data attributes of a pager element).

Promises: rows or pages where the setting's name says which of the two it counts; a bare `total`, and a count that only
the running script knows, tell no more than that there may be more than what is shown. Leaves alone: visible lines
(paging.stated) and calls of known systems (trs, vsb).
"""

from __future__ import annotations

import functools
import itertools
import re
from dataclasses import dataclass

from lxml import html

from crawler.families.rows import absolute, base_of
from extract import enclosed, literals

_CALL = re.compile(r"\b(laypage\s*\.\s*render|laypage|pagination|twbsPagination|kkpager\.\w+|jqPaginator|"
                   r"bootstrapPaginator|simplePaging|simplePagination|jPages|paging|pager|page|pageNav|pageTool|"
                   r"createPager?)\s*\(\s*(?:(?:[\"'][^\"']*[\"']|\d+)\s*,\s*)*", re.I)
_FIRST_NUMBER = re.compile(r"\bpagination\s*\(\s*(\d{1,6})\s*,", re.I)
_ATTRIBUTE = re.compile(r"""\bdata-(total|count|pages|totals|total-?pages?|page-?count|total-?count|page-?total)"""
                        r"""\s*=\s*["']?(\d{1,6})""", re.I)
_ELEMENT = re.compile(r"""<\w+[^<>]{0,500}\b(?:id|class)\s*=\s*["'](?:[^"'<>]{0,200}[\s_-])?"""
                      r"""(?:pager|paging|pagination|pagebar|pages?)(?:\s[^"'<>]{0,200})?["'][^<>]{0,1000}>""", re.I)
_ROWS = frozenset({"count", "totalcount", "totalrecord", "totalrecords", "recordcount", "totalnum", "totaldata",
                   "totalcounts", "totalrows", "rowcount", "totalitems", "items"})
_PAGES = frozenset({"pagecount", "totalpage", "totalpages", "pages", "pagetotal", "countpage", "maxpage"})
_UNCLEAR = frozenset({"total", "num", "totals", "sum"})
_SIZES = frozenset({"limit", "pagesize", "perpage", "itemsperpage", "items_per_page", "size", "rows"})
_COUNTED_BY = re.compile(r"\bpagination\s*\(\s*([A-Za-z_$][\w$.]*)\s*,", re.I)
_NEXT = re.compile(r"^(下一?[页頁]|后一?[页頁]|next( page)?)$", re.I)
_NEXT_SIGN = re.compile(r"^(>|›|»|>>)$")
_LAST = re.compile(r"^(尾页|末页|最后一?页|最末页|last( page)?)$", re.I)
_LOAD_MORE = re.compile(r"^(点击|查看|下拉|上拉)?(加载|显示|载入|查看)?更多(数据|内容|信息)?$")
_UNFOLD = re.compile(r"^(?:(?:展开|显示)(?:全部|更多|剩余|其余)|查看(?:剩余|其余))")
_OF = re.compile(r"(?<![\d/])\d{1,4}\s*/\s*(\d{1,4})(?![\d/])")
"""1 / 3 between the words for back and forth."""
_ON_SCROLL = re.compile(r"""\bonscroll\b|\bscroll\s*\(\s*(?:function|\(|\w+\s*=>)|['"]scroll['"]|IntersectionObserver"""
                        r"""|infiniteScroll""", re.I)
_ASKS = re.compile(r"\$\.(?:get|post|ajax|getJSON)\b|\bfetch\s*\(|\baxios\b|XMLHttpRequest"
                   r"|\bload(?:More|Next|Data|List|Page)\w*\s*\(", re.I)
_BEHIND_SCROLL = 800
"""Characters behind a script's word for scrolling in which it asks for more rows; most such scripts move a button."""
_PAGER_NAME = re.compile(r"(?:^|[\s_-])(?:pages?|pager|paging|pagination|pagebar|fenye)(?:[\s_-]|$)"
                         r"|[a-z]Page(?:r|s|Box|Nav|Bar)?$|^page[A-Z]")
"""Names of an element that a pager is put into."""
_NUMBER = re.compile(r"^第?\s*(\d{1,4})\s*页?$")
_AROUND = re.compile(r"^(|\d{1,4}|首页|上一?页|前一?页|prev(ious)?|first|第|页|go|跳转?到?|转到|确定|共.{0,20})$", re.I)
"""What else may stand among the numbers of a pager."""
_WORTH = re.compile(r"[页頁多全余2>›»]|next|last", re.I)
"""Without one of these an element says nothing of pages."""
_LONGEST_WORDS = 40
_MOST_NAMES, _MOST_CONTROLS, _MOST_CALLS = 6, 10, 20
"""Of one page; a page with more is none that people turn."""
_NEAR = 80
"""Characters between what a script selects and the click it binds to it."""
_EDGES = " \t\r\n\u3000\xa0[]()（）【】<>《》«»‹›→▶►|·.…-—"
_SCRIPT = re.compile(r"<script\b[^<>]*>", re.I), re.compile("</script>", re.I)
_COMPONENT = re.compile(r"<\w+-pagination\b", re.I)
_NUMBERS_SHOWN = 16
"""More numbers in a row are the days of a calendar."""


@dataclass(frozen=True, slots=True)
class Stated:
    """Rows and pages in all where a pager's script says so; `more` = a count it states exceeds what is shown."""

    rows: int | None = None
    pages: int | None = None
    more: bool = False


def label(link: html.HtmlElement) -> str:
    """The words of a pager's link: its text, else its title or its picture's."""
    shown = "".join(link.itertext()).strip()
    if shown or link.tag != "a":
        return shown
    picture = link.find(".//img")
    return (link.get("title") or link.get("aria-label") or "" if picture is None else picture.get("alt") or "").strip()


def is_next(words: str) -> bool:
    """Whether a link's words lead to the next page, whatever stands around them: [下一页], 下一页 »."""
    return bool(_NEXT.match(words.strip(_EDGES)) or _NEXT_SIGN.match(words.strip()))


def page_number(words: str) -> int | None:
    """The page that a link's words name (2, [2], 第2页); None where they name none."""
    match = _NUMBER.match(words.strip(_EDGES)) if len(words) < 20 else None
    return int(match.group(1)) if match else None


def turned_by_script(root: html.HtmlElement, text: str, url: str) -> bool:
    """Whether further pages are offered that only a script opens: a call or a bound click behind 下一页, 尾页 or
    加载更多, or numbers without addresses. A next link that does nothing is none: pagers print it on last pages too."""
    if _COMPONENT.search(text) or any(_chooses_pages(chooser) for chooser in root.iter("select")):
        return True
    if _loads_by_scrolling(text) or _numbered_by_data(root) or _filled_by_script(root, text):
        return True
    base, leads_on, to_the_last = base_of(root, url), False, False
    idle: list[html.HtmlElement] = []
    for node in root.iter("a", "span", "li", "button", "div", "em"):
        words = label(node) if len(node) <= 3 else ""
        if len(words) > _LONGEST_WORDS or not _WORTH.search(words):
            continue
        bare, address = words.strip(_EDGES), absolute(base, node.get("href") or "")
        if address:
            leads_on = leads_on or is_next(words)
            to_the_last = to_the_last or (bool(_LAST.match(bare)) and address != url)
        elif (_opens_more(node, words, bare) or (_UNFOLD.match(bare) and _under_rows(node))
              or (_NEXT.match(bare) and _one_of_several(node))):
            return True
        elif _NEXT.match(bare):
            idle.append(node)  # a mere arrow that a script binds turns pictures as often as pages
    return (to_the_last and not leads_on) or any(_bound(node, text) for node in idle[:_MOST_CONTROLS])


def _loads_by_scrolling(text: str) -> bool:
    """Whether a script of the page asks for more when somebody scrolls."""
    scripts = "\n".join(enclosed.inside(text, *_SCRIPT))
    return any(_ASKS.search(scripts, found.end(), found.end() + _BEHIND_SCROLL)
               for found in itertools.islice(_ON_SCROLL.finditer(scripts), _MOST_CALLS))


def _numbered_by_data(root: html.HtmlElement) -> bool:
    """Whether elements beside each other carry page numbers 1 and 2 as data and no address."""
    for name in ("data-page", "data-pageno", "data-page-no", "data-pagenum", "data-pageindex"):
        for node in root.xpath(f"//*[@{name}='2'][not(self::a[@href and not(starts-with(@href, 'javascript')) "
                               f"and not(starts-with(@href, '#'))])]"):
            before = [one.get(name) for one in node.itersiblings(preceding=True)]
            if "1" in before:
                return True
    return False


def _filled_by_script(root: html.HtmlElement, text: str) -> bool:
    """Whether an empty element that is called a pager is named in a call of the page's own scripts that states no
    count we know: its numbers are made when the page is shown."""
    scripts = ""
    for node in root.iter("div", "ul", "span", "p", "nav", "td"):
        name = node.get("id") or ""
        empty = not len(node) and not (node.text or "").strip()
        if not name or not empty or not _PAGER_NAME.search(f"{name} {node.get('class') or ''}"):
            continue
        scripts = scripts or "\n".join(enclosed.inside(text, *_SCRIPT))
        if re.search(rf"""\b[A-Za-z]\w*\(\s*["']#?{re.escape(name)}["']\s*,\s*["'\w]""", scripts):
            return True
    return False


def _under_rows(node: html.HtmlElement) -> bool:
    """Whether 展开全部 stands beside rows that name reports rather than in a menu."""
    around = next(itertools.islice(node.iterancestors(), 1, 2), None)
    return around is not None and bool(re.search(r"20\d\d.{0,40}(?:报告|年报)", around.text_content()[:20_000]))


def _one_of_several(node: html.HtmlElement) -> bool:
    """Whether 1 / 3 stands beside a next control, so that something is bound to it."""
    parent = node.getparent()
    words = "" if parent is None else parent.text_content()
    match = _OF.search(words) if len(words) <= _LONGEST_WORDS else None
    return match is not None and int(match.group(1)) > 1


def _opens_more(node: html.HtmlElement, words: str, bare: str) -> bool:
    """Whether an element without an address opens a further page by a call of its own, or as a number behind 1."""
    if _LOAD_MORE.match(bare):
        return (bare != "更多" and not bare.startswith("查看")) or bool(_called(node))
    if is_next(words):
        return bool(_called(node))
    if _LAST.match(bare):
        return bool(re.search(r"""[(,'"]\s*(?:[2-9]|[1-9]\d+)\s*[),'"]""", _called(node)))
    return page_number(words) == 2 and _among_numbers(node)


def _chooses_pages(chooser: html.HtmlElement) -> bool:
    """Whether a choice offers pages 1 to N by number, beside the word for page."""
    numbers = [page_number("".join(option.itertext())) for option in chooser.iter("option")]
    around = chooser.getparent()
    return len(numbers) > 1 and numbers == [*range(1, len(numbers) + 1)] and "页" in (
        "" if around is None else around.text_content()[:2000])


def _called(node: html.HtmlElement) -> str:
    """What a click calls; empty where it calls nothing (href="#", javascript:void(0))."""
    return str(node.get("onclick") or re.sub(r"(?i)^\s*javascript:\s*(void\s*\(?\s*0?\s*\)?)?;?\s*|^#.*", "",
                                             node.get("href") or ""))


def _bound(node: html.HtmlElement, text: str) -> bool:
    """Whether a script of the page binds a click to the element by its class or id."""
    names = [f".{name}" for name in (node.get("class") or "").split()]
    names += [f"#{node.get('id')}"] if node.get("id") else []
    return bool(names) and _clicked(text, tuple(names[:_MOST_NAMES]))


@functools.lru_cache(maxsize=4)
def _clicked(text: str, names: tuple[str, ...]) -> bool:
    """Whether a click is bound to one of these selectors in a page's scripts; kept, since a page asks for few."""
    scripts = "\n".join(enclosed.inside(text, *_SCRIPT))
    return any("click" in scripts[max(0, found.start() - _NEAR):found.end() + _NEAR] for name in names
               for found in re.finditer(rf"""["'][^"'\n]{{0,80}}{re.escape(name)}(?![\w-])""", scripts))


def _among_numbers(node: html.HtmlElement) -> bool:
    """Whether 2 stands behind 1 in a row of page numbers."""
    parent = node.getparent()
    while (parent is not None and parent.tag not in ("td", "th", "body")
           and len(parent) < 4 and len(_elements(parent)) == 1):
        node, parent = parent, parent.getparent()
    if parent is None or parent.tag == "tr" or len(parent) > 3 * _NUMBERS_SHOWN:
        return False
    row = _elements(parent)
    shown = ["".join(each.itertext()).strip(_EDGES) for each in row]
    here = row.index(node)
    return (shown[max(0, here - 1)] == "1" and sum(each.isdigit() for each in shown) <= _NUMBERS_SHOWN
            and all(_AROUND.match(each) or is_next(each) or _LAST.match(each) for each in shown))


def _elements(parent: html.HtmlElement) -> list[html.HtmlElement]:
    """Children without comments and the like, which stand in many a pager."""
    return [each for each in parent if isinstance(each.tag, str)]


def script_pager(text: str, shown: int) -> Stated:
    """What the pagers of a page state; `shown` is the number of rows on it."""
    rows: int | None = None
    pages: int | None = None
    more = False
    for name, value in _settings(text, shown):
        key = re.sub(r"[-_]", "", name).lower()
        if value is None:
            more = more or key in _ROWS | _PAGES | _UNCLEAR
        elif key in _ROWS and rows is None:
            rows = value
        elif key in _PAGES and pages is None:
            pages = value
        elif key in _UNCLEAR and value not in (0, 1, shown):
            more = True
    return Stated(rows, pages, more and rows is None and pages is None)


def _settings(text: str, shown: int) -> list[tuple[str, int | None]]:
    """Names and numbers that pagers are given; None for a number that only the running script knows, unless the page
    is shorter than the pager's pages are."""
    found: list[tuple[str, int | None]] = [("count", int(number)) for number in _FIRST_NUMBER.findall(text)]
    counted = list(dict.fromkeys(_COUNTED_BY.findall(text)))[:_MOST_CALLS]
    found += [("count", _known(text, name)) for name in counted]
    for call in itertools.islice(_CALL.finditer(text), _MOST_CALLS):
        if text[call.end():call.end() + 1] != "{":
            continue
        try:
            options, end = literals.read(text, call.end())
        except literals.LiteralError:
            continue
        given = {str(key): _whole(value) for key, value in options.items()} if isinstance(options, dict) else {}
        size = next((value for key, value in given.items() if key.lower() in _SIZES and value), 0)
        for key, value in given.items():
            if value is None and shown >= size:
                named = re.search(rf"""\b{re.escape(key)}["']?\s*:\s*([A-Za-z_$][\w$.]*)\s*[,}}]""",
                                  text[call.end():min(end, call.end() + 5000)])
                if named and named.group(1) not in ("true", "false", "null", "function"):
                    found.append((key, _known(text, named.group(1))))
            elif value is not None:
                found.append((key, value))
    for tag in _ELEMENT.findall(text):
        found += [(name, int(number)) for name, number in _ATTRIBUTE.findall(tag)]
    return found


def _whole(value: object) -> int | None:
    if isinstance(value, str) and value.isdigit():
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _known(text: str, name: str) -> int | None:
    """The number that a variable of the page's script is given."""
    return None if "." in name else _whole(literals.literal_after(text, name))
