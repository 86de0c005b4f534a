"""Texts made to keep a pattern busy: what reads pages and titles takes time that grows with the page, not its square.

A page comes from whoever runs a portal, at up to 50 MB, and is read in the one thread that asks all portals. Each unit
is what some kind of pattern looks through again and again: runs of blanks, marks that open and never close, halves of
words. Time is the process's own, and bounded so widely that only growth by the square breaks the bound.
"""

from __future__ import annotations

import ast
import dataclasses
import functools
import importlib
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from crawler import families
from tests.fuzz.harnesses import HARNESSES
from tests.security.ambiguity import exponential

ROOT = Path(__file__).parents[2]

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


# ---------------------------------------------------------------- patterns themselves
@functools.cache
def modules() -> list[Path]:
    return sorted(path for package in ("extract", "crawler", "monitor") for path in (ROOT / package).rglob("*.py")
                  if path.name != "__main__.py")


def held(value: Any) -> Iterator[re.Pattern[str]]:
    """Patterns of a module's value, however deep in lists and tables."""
    if isinstance(value, re.Pattern):
        yield value
    elif isinstance(value, dict):
        yield from held([*value, *value.values()])
    elif isinstance(value, list | tuple | set | frozenset):
        for each in value:
            yield from held(each)
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        for each in dataclasses.fields(value):
            yield from held(getattr(value, each.name, None))


def patterns(path: Path) -> Iterator[tuple[str, re.Pattern[str], bool]]:
    """Those a module keeps under a name, and those written where they are used; whether whole texts are asked for."""
    source = path.read_text("utf-8")
    module = importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"))
    for name, value in vars(module).items():
        for pattern in held(value):
            yield name, pattern, f"{name}.fullmatch" in source
    for node in ast.walk(ast.parse(source)):
        if (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args
                and isinstance(node.func.value, ast.Name) and node.func.value.id == "re"
                and isinstance(node.args[0], ast.Constant)):
            flags = 0
            for each in ast.walk(ast.Module([ast.Expr(given) for given in (
                    *node.args[1:], *(one.value for one in node.keywords))], [])):
                if isinstance(each, ast.Attribute) and hasattr(re.RegexFlag, each.attr):
                    flags |= getattr(re, each.attr)
            yield f"line {node.lineno}", re.compile(node.args[0].value, flags), node.func.attr == "fullmatch"


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_no_pattern_can_be_read_in_exponentially_many_ways(path):
    for name, pattern, whole in patterns(path):
        if isinstance(pattern.pattern, str):
            assert not (ways := exponential(pattern, whole)), f"{name} = {pattern.pattern}: {ways}"


def test_nor_can_any_of_the_facts():
    def words(value: Any) -> Iterator[str]:
        if isinstance(value, str):
            yield value
        for each in (*value, *value.values()) if isinstance(value, dict) else value if isinstance(value, list) else ():
            yield from words(each)

    tried = 0
    for path in sorted((ROOT / "config").rglob("*.yaml")):
        for text in words(yaml.load(path.read_text("utf-8"), yaml.CSafeLoader)):
            if re.search(r"[*+{]", text):
                try:
                    pattern = re.compile(text, re.I | re.S)
                except re.error:
                    continue
                tried += 1
                assert not (ways := exponential(pattern, anchored=True)), f"{path.name}: {text}: {ways}"
    assert tried > 50


@pytest.mark.parametrize(("text", "found"), [
    (r"(a+)+b", True), (r"(?:\w+\s?)*$", True), (r"占(?:比|全部|[^，\d]{1,14})*$", True), (r"(?:总数|总|数)*$", True),
    (r"^(?:x|[一二]{1,2}、?)*$", True), (r"(?:\.?pdf(?=\()|[.()])*$", True), (r"(?:a|b|ab)*c", True), (r"(a*)*b", True),
    (r"a*b*c", False), (r"(?:ab|ac)*d", False), (r"(?:a{1,3}b)*c", False), (r"<[^<>]*>", False),
    (r"(?:x|\s+y)*$", False), (r"(?:a|b|ab)*", False), (r"(?>(?:a|b|ab)*)c", False), (r"a+a+b", False)])
def test_ambiguity_is_told(text, found):
    assert bool(exponential(re.compile(text))) is found


def test_what_is_open_at_its_end_is_not_where_whole_texts_are_asked_for():
    assert exponential(re.compile(r"(?:a|b|ab)*"), anchored=True)
