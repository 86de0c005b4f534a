"""Number formats of workbooks: whether a cell prints the number it stores.

Source: ECMA-376 part 1, 18.8.30 and 18.8.31 (xls holds the same codes). Promises: a format that scales, rounds, hides
or adds digits is told; separators, colours, signs, blanks, currencies and counting words change nothing. Leaves alone:
dates (the workbook's reader knows them) and printing itself: what differs is for a person to look at.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from decimal import Decimal

PLAIN = "General"
BUILT_IN: Mapping[int, str] = {
    0: PLAIN, 1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 9: "0%", 10: "0.00%", 11: "0.00E+00", 12: "# ?/?",
    13: "# ??/??", **dict.fromkeys((37, 38, 41, 42), "#,##0"), **dict.fromkeys((39, 40, 43, 44), "#,##0.00"),
    48: "##0.0E+0", 49: "@"}
"""Codes that no workbook writes down, by number; those of dates and times left out."""
_MOST = 30
"""Decimals that programs print at most."""
_SECTION = re.compile(r'(?:"[^"]*"|[\\!].|\[[^\]]*\]|[^;"])*', re.DOTALL)
_CONDITION = re.compile(r"\[[<>=]")
_UNSEEN = re.compile(r"\[[^\]]*\]|[_*].", re.DOTALL)
_LITERAL = re.compile(r'"([^"]*)"|[\\!](.)', re.DOTALL)
_OTHER_NUMBER = re.compile(r"[\d.%‰一二三四五六七八九十百千万亿]")
_PLACES = re.compile(r"^([#0?,]*)(?:\.([#0?]*))?$")


def prints(code: str, value: float) -> bool:
    """Whether a cell of this format shows this number as it is stored."""
    sections = _sections(code)
    if _CONDITION.search(code):
        return False
    number = 2 if value == 0 and len(sections) > 2 else 1 if value < 0 and len(sections) > 1 else 0
    decimals = _decimals(sections[number])
    if decimals is None:
        # Zero may be printed as a stroke or not at all: it means the same here.
        return value == 0 and len(sections) > 2 and not _OTHER_NUMBER.search(sections[number])
    typed = Decimal(f"{value:.15g}")
    return decimals < 0 or Decimal(f"{typed:.{min(decimals, _MOST)}f}") == typed


def _sections(code: str) -> list[str]:
    found, at = [], 0
    while at <= len(code):
        match = _SECTION.match(code, at)
        end = match.end() if match else at
        found.append(code[at:end])
        at = end + 1
    return found


@functools.lru_cache(maxsize=1000)
def _decimals(section: str) -> int | None:
    """Decimals a section prints; -1 as many as there are; None where it doesn't print the number it is given."""
    literals = "".join(one or other for one, other in _LITERAL.findall(section))
    bare = _UNSEEN.sub("", _LITERAL.sub("", section)).replace(" ", "")
    if _OTHER_NUMBER.search(literals):
        return None
    if bare.casefold() in ("general", "@", "g/通用格式"):
        return -1
    placed = _PLACES.match(re.sub(r"[^#0?.,%Ee/]", "", bare))
    # A comma behind the last place divides by a thousand.
    if placed is None or placed[1].endswith(",") or not re.search(r"[#0?]", bare):
        return None
    return len(placed[2] or "")
