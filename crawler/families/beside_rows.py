"""What a list page shows of rows that were not read from it: titles without an address, a choice that cuts the list to
one year or one body, tabs of classes (部门年报) that only a script opens; that the page breaks off, holds a program's
error, or says that it is no longer kept.

Promises: `traces` of one page, and of these the reasons `left` open by what the whole list came to; errs towards more
to read, since a list called whole accuses whoever is not in it. Leaves alone: reading such rows, and how a list turns
its pages (pagers.py).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from lxml import html

from crawler import outcomes
from crawler.families.paging import Enumeration
from crawler.families.rows import absolute, base_of, find_day, names_report, parse, target_of
from crawler.families.subcolumns import CLASS, YEAR, address_chosen
from crawler.model import Item, Outcome
from extract import enclosed, titles

Kind = Literal["title", "year", "body", "class", "page"]
_ROWS = frozenset({"li", "tr", "dd", "dt"})
_LONGEST_TITLE, _LONGEST_ROW = 80, 300
_BODY = re.compile(r"[\u4e00-\u9fff（）()]{2,24}(?:政府|办公[室厅]|[局厅委办镇乡]|街道|委员会|办事处|管委会|中心)")
_DEPARTMENTS, _TOWNSHIPS = re.compile(r"部门|单位|局|委办|直属|直"), re.compile(r"[乡镇]|街道?")
_A_DEPARTMENT, _A_TOWNSHIP = re.compile(r"(?:[局厅委办院]|委员会|办公室|中心|大队)$"), re.compile(r"[乡镇]|街道")
_SCRIPT = re.compile(r"<script\b[^<>]*>", re.I), re.compile("</script>", re.I)
_MOST_TRACES = 200
_UNFINISHED = re.compile(r"<[a-z][^<>]*$|<!--(?:(?!-->).)*$", re.I | re.S)
_LONGEST_NOTICE = 120


@dataclass(frozen=True, slots=True)
class Trace:
    """Something that speaks of further rows: a title, the year or body chosen, or the class of a tab."""

    kind: Kind
    words: str


def traces(text: str, url: str) -> list[Trace]:
    """What one page of a list says of rows that no link of it leads to."""
    if "<" not in text:
        return []
    root = parse(text)
    base = base_of(root, url)
    found = [*_page(root, text), *_titles(root, base), *_choices(root, text), *_tabs(root, base)]
    return found[:_MOST_TRACES]


def judged(found: Enumeration, shown: Sequence[Trace], own: bool) -> Enumeration:
    """The enumeration, not whole where traces are left over. `own`: the column is one body's, so that a choice among
    bodies stands on it to lead away."""
    reasons = left(shown, found.items, own) if found.outcome is Outcome.OK else []
    if not reasons:
        return found
    # Not in order either: what is missing may be the newest.
    return replace(found, complete=False, in_order=False, reason="; ".join([*filter(None, [found.reason]), *reasons]))


def left(shown: Sequence[Trace], items: Sequence[Item], own: bool = False) -> list[str]:
    """What of the traces the items read don't answer, in words."""
    if not shown:
        return []
    parsed = [titles.parse(item.title) for item in items]
    read = {title.normalised for title in parsed}
    years, bodies = {year for title in parsed for year in title.years}, {title.body or "" for title in parsed}
    reasons = []
    lost = [each.words for each in shown if each.kind == "title" and titles.normalise(each.words) not in read]
    if lost:
        reasons.append(f"{len(set(lost))} titles stand there without an address, the first: {lost[0]}")
    reasons += dict.fromkeys(each.words for each in shown if each.kind == "page")
    chosen = {each.kind: each.words for each in shown}
    if "year" in chosen and len(years) <= 1:
        reasons.append(f"the list shows only what was chosen by script: {chosen['year']}")
    if "body" in chosen and len(bodies) <= 1 and not own:
        reasons.append(f"the list shows only what was chosen by script: {chosen['body']}")
    for each in dict.fromkeys(each for each in shown if each.kind == "class"):
        of_class = _A_TOWNSHIP if _TOWNSHIPS.search(each.words) else _A_DEPARTMENT
        if not any(of_class.search(body) for body in bodies):
            reasons.append(f"{each.words} opens only by script")
    return reasons


def _page(root: html.HtmlElement, text: str) -> list[Trace]:
    """What makes the page itself doubtful, whatever rows it shows."""
    found = []
    opened, closed = (len(re.findall(rf"<{end}(?:ul|ol|table|tbody|dl)\b", text, re.I)) for end in ("", "/"))
    if re.search(r"<body\b", text, re.I) and not re.search(r"</(?:body|html)\s*>", text, re.I) and (
            opened > closed or _UNFINISHED.search(text[-2000:])):
        found.append(Trace("page", "the page breaks off within its list"))
    visible = enclosed.without(text, enclosed.SCRIPT, enclosed.STYLE, enclosed.COMMENT)
    if error := outcomes.mark("program_error", visible):
        found.append(Trace("page", f"an error of the site's program stands on the page: {error[:60]}"))
    # Few pages hold such words anywhere, and only those are looked through.
    doubtful = outcomes.mark("left_behind", re.sub(r"\s+", "", root.text_content()))
    for node in root.iter("p", "div", "span", "h1", "h2", "h3", "strong", "font", "center") if doubtful else ():
        # A row may report on another site that closed: only what stands outside of rows speaks of this page.
        if any(one.tag == "a" or one.tag in _ROWS for one in (*node.iterancestors(), *node.iterdescendants(*_ROWS))):
            continue
        words = re.sub(r"\s+", "", node.text_content())
        notice = outcomes.mark("left_behind", words) if len(words) <= _LONGEST_NOTICE else ""
        if notice and not any(outcomes.mark("left_behind", link.text_content()) for link in node.iter("a")):
            found.append(Trace("page", f"the page says that it is no longer kept: {notice[:60]}"))
    return found


def _titles(root: html.HtmlElement, base: str) -> list[Trace]:
    """Titles of reports in rows from which nothing leads anywhere that we can read."""
    found = []
    for node in root.iter("a", "span", "b", "em", "i", "div", "p", "font", "strong", "h3", "h4", "td", *_ROWS):
        words = re.sub(r"\s+", " ", "".join(piece for piece in (node.text, *(child.tail for child in node)) if piece))
        if not names_report(words) or len(words) > _LONGEST_TITLE:
            continue
        row = next((one for one in (node, *node.iterancestors()) if one.tag in _ROWS), None)
        if row is None or len(row.text_content()) > _LONGEST_ROW:
            continue
        # Asked before the title is parsed: nearly every row has its link.
        clickable = [row, *row.iter("a", "button", "span", "div", "td", "b", "em", "p")]
        if any(target_of(one, base) for one in clickable if one.tag == "a" or one.get("onclick")):
            continue
        title = titles.parse(words)
        if title.accepted and title.years and (title.body or find_day(row.text_content())):
            found.append(Trace("title", words.strip()))
    return found


def _choices(root: html.HtmlElement, text: str) -> list[Trace]:
    """What is chosen of several years or bodies, where a script fetches what another choice shows."""
    found = []
    for chooser in root.iter("select"):
        options = list(chooser.iter("option"))
        if len(options) < 2 or any(address_chosen(option) for option in options) or not _acted_on(chooser, text):
            continue
        words = [re.sub(r"\s+", "", option.text_content()) for option in options]
        place = next((number for number, option in enumerate(options) if option.get("selected") is not None), 0)
        for kind, pattern in (("year", YEAR), ("body", _BODY)):
            if pattern.fullmatch(words[place]) and sum(bool(pattern.fullmatch(each)) for each in words) > 1:
                found.append(Trace("year" if kind == "year" else "body", words[place]))
                break
    return found


def _acted_on(chooser: html.HtmlElement, text: str) -> bool:
    if chooser.get("onchange"):
        return True
    names = [name for name in (chooser.get("id"), chooser.get("name")) if name]
    scripts = "\n".join(enclosed.inside(text, *_SCRIPT)) if names else ""
    return any(re.search(rf"{re.escape(name)}\b[^\n;]{{0,80}}\bchange\b", scripts) for name in names)


def _tabs(root: html.HtmlElement, base: str) -> list[Trace]:
    """Tabs of classes of bodies without an address, where at least two stand there."""
    found = []
    for node in root.iter("a", "li", "span", "div", "button", "em"):
        words = re.sub(r"\s+", "", node.text_content()) if len(node) <= 2 else ""
        if not 4 <= len(words) <= 20 or not CLASS.match(words) or node.find(".//a[@href]") is not None:
            continue
        linked = any(absolute(base, one.get("href") or "") for one in (node, *node.iterancestors("a")))
        if not linked and (_TOWNSHIPS.search(words) or _DEPARTMENTS.search(words)):
            found.append(Trace("class", words))
    return found
