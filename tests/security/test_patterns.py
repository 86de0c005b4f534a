"""Texts made to keep a pattern busy: what reads pages and titles takes time that grows with the page, not its square.

A page comes from whoever runs a portal, at up to 50 MB, and is read in the one thread that asks all portals. Each unit
is what some kind of pattern looks through again and again: runs of blanks, marks that open and never close, halves of
words. Time is the process's own, and bounded so widely that only growth by the square breaks the bound.
"""

from __future__ import annotations

import time

import pytest

from crawler import families
from tests.fuzz.harnesses import HARNESSES

UNITS = [" ", "\n", "\r\n ", "<", "<a ", "a<", "<a href='", "<!--", "<script>", "<script src=", "/*", "//x\n",
         "[", "{", "(", "\"", "'", "\\", "&lt;", "&", "=", "data-", "page(", "createPageHTML(",
         "$('#a').jpage({", "<record>", "<title>", "<td>", "<ul><li>", "id=", "class=\"", "href=", "http://",
         "?page=", "年", "年度报告", "（", "《", "信息公开", "1", "1,", "共1", "2021", "第1页/", "</", "</script",
         "<!DOCTYPE", "{{", "%", "..", "a.html?", "location=", "queryData="]
SIZE = 48_000
LONGEST = 6.0
TEXTS = ["title", "label", "number", "cell", "literals", "address", "robots", "day", "sniffing", "decoding"]
PAGES = ["page", "article", *(f"family_{name}" for name in families.FAMILIES)]


def longest(name: str, size: int, units: list[str]) -> tuple[float, str]:
    harness = HARNESSES[name]
    head = harness.seeds()[0].decode("utf-8", "replace")[:300]
    worst = (0.0, "")
    for unit in units:
        data = (head + unit * (size // len(unit.encode())) + "x").encode()
        before = time.process_time()
        harness(data)
        worst = max(worst, (time.process_time() - before, unit))
    return worst


@pytest.mark.parametrize("name", ["title", "address", "label", "page", "article", "family_static", "family_trs"])
def test_the_commonest_ways_to_hold_a_pattern_up_fail(name):
    taken, unit = longest(name, 24_000, [" ", "\n", "<", "<a ", "<!--", "[", "<script>"])
    assert taken < LONGEST, unit


@pytest.mark.slow
@pytest.mark.parametrize("name", [*TEXTS, *PAGES])
def test_no_unit_however_often_repeated_holds_a_reader_up(name):
    taken, unit = longest(name, SIZE, UNITS)
    assert taken < LONGEST, unit


def test_blanks_of_a_page_are_one_and_its_words_stay():
    from crawler.outcomes import decode

    assert decode(b"a" + b" " * 500 + b"b" + b"\n" * 500 + "年 报".encode()) == "a b\n年 报"
    assert decode(b"a" + b" " * 199 + b"b") == "a" + " " * 199 + "b"
