"""Printed numerals → values and states.

Promises: full-width digits, thousands separators, stray blanks, Chinese numerals, 万 and 亿, signs in words (增12/减3)
and units in the cell are read; what isn't printed as a number never becomes one, above all nothing becomes 0 that
wasn't printed as 0. Leaves alone: which figure a cell belongs to (forms, tables) and what prose says (claims).
"""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Literal

from extract.model import State

Kind = Literal["integer", "signed", "decimal"]
"""integer: a count · signed: a change, minus allowed · decimal: an amount in 万元."""
Number = int | float

_BLANK = re.compile(r"[\s\u2028\u2029]+")
NO_WIDTH = re.compile("[\u200b-\u200f\u2060\ufeff\u00ad]+")
"""Characters that print nothing, not even a blank: what stands beside them is one word."""
_DASH = re.compile(r"^[/\\∕⁄╱╲\-–—―‐‑‒−─━ー﹣_·]+$")
_RAISED = re.compile("[\u00b2\u00b3\u00b9\u2070-\u209f\u2460-\u24ff\u2776-\u2793\u3251-\u325f\u32b1-\u32bf]+")
"""Raised, lowered and circled digits: marks of footnotes, which half-width form would join to the number before."""
_THOUSANDS = re.compile(r"^([+-]?\d{1,3})((?:[,，'’]\d{3})+)(\.\d+)?$")
_SPACED_THOUSANDS = re.compile(r"^[+-]?\d{1,3}(?: \d{3})+(?:\.\d+)?$")
_PLAIN = re.compile(r"^[+-]?(?:\d+(?:\.\d+)?|\.\d+)$")
_DIGITS = {"零": 0, "〇": 0, "○": 0, "一": 1, "壹": 1, "二": 2, "贰": 2, "两": 2, "三": 3, "叁": 3, "四": 4, "肆": 4,
           "五": 5, "伍": 5, "六": 6, "陆": 6, "七": 7, "柒": 7, "八": 8, "捌": 8, "九": 9, "玖": 9}
_UNITS = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "仟": 1000}
_MYRIADS = {"万": 10_000, "萬": 10_000, "亿": 100_000_000}
_CHINESE = re.compile(f"^[{''.join(_DIGITS)}{''.join(_UNITS)}{''.join(_MYRIADS)}]+$")
_WITH_MYRIAD = re.compile(r"^([+-]?[\d,，.]+)(百万|千万|万亿|万|萬|亿|千|百)$")
_FACTORS = {"百": 100, "千": 1000, "万": 10_000, "萬": 10_000, "百万": 10**6, "千万": 10**7, "亿": 10**8,
            "万亿": 10**12}
_WORDED = re.compile(r"^(?P<before>[^\d.+\-零〇一二两三四五六七八九十百千万亿]{0,8})(?P<number>[+-]?[\d,，.]+)"
                     r"(?P<factor>百万|千万|万|亿)?(?P<about>[余多]?)"
                     r"(?P<unit>(?:元|圆|人民币|[件条项笔个次份起宗人家例篇部批户]|整|余|多|左右|[(（)）])*)$")
_FOOTNOTE_MARK = re.compile(r"^[\[(（［〔]?\s*(?:注?\s*\d{1,2}|注|[*＊※#†‡]{1,3}|[①-⑳])\s*[\])）］〕]?$")
_MARKED = re.compile(r"^(?P<number>.*\d)\s*(?:[\[【(]注\s*\d{0,2}[\]】)]|[\[【]\d{1,2}[\]】]|[*※])$")
"""A number and, behind it, the mark of a note that can be no part of it."""
_COUNTED = re.compile(f"^([{''.join(_DIGITS)}{''.join(_UNITS)}]+)[件条项笔个次份起宗]$")
_MORE = re.compile(r"增|多|升|\+|↑")
_LESS = re.compile(r"减|少|降|↓")


def clean(text: str) -> str:
    """The text in half-width form without blanks of any kind (nbsp, ideographic, zero-width) at its ends."""
    return _BLANK.sub(" ", unicodedata.normalize("NFKC", NO_WIDTH.sub("", text))).strip()


@lru_cache(maxsize=20_000)
def parse_cell(text: str, kind: Kind = "integer") -> tuple[Number | None, State]:
    """Value and state of one cell. Amounts (kind decimal) come in 万元 whatever unit the cell itself prints.

    blank: nothing printed · dash: only / — － and the like · number · text: a number with words or a footnote's mark,
    or words alone (then the value is None).
    """
    if not clean(text):
        return None, "blank"
    if _RAISED.search(text):
        value, state = parse_cell(_RAISED.sub("#", text).strip("# \t\r\n"), kind)
        return value, "dash" if state == "dash" else "text"
    marked = _MARKED.match(clean(text))
    if marked:
        return parse_cell(marked["number"], kind)[0], "text"
    bare = clean(text).replace("−", "-").replace("﹣", "-")
    if _DASH.match(bare):
        return None, "dash"
    value = _bare_number(text)
    if value is not None:
        return value, "number"
    if bare == "一":  # no table prints one as 一: it is a dash typed or recognised so
        return None, "dash"
    if re.search(r"\d\s+\d", text):
        return None, "text"  # two numbers in one cell, or one torn apart: nobody can tell
    return _worded_number(bare.replace(" ", ""), kind), "text"


def parse_number(text: str) -> Number | None:
    """The number a numeral of prose stands for: 1.15万余 → 11500, 一百二十 → 120, １，２３４ → 1234; None if none."""
    bare = clean(_RAISED.sub("", text)).replace(" ", "").rstrip("余多")
    value = _bare_number(bare)
    if value is not None:
        return value
    match = _WITH_MYRIAD.match(bare)
    if match:
        number = _bare_number(match[1])
        return None if number is None else _scaled(number, _FACTORS[match[2]])
    return _chinese_number(bare) if _CHINESE.match(bare) else None


def is_footnote_mark(text: str) -> bool:
    """Whether raised text is the mark of a footnote: joined to the number it stands at, it would make another."""
    return bool(_FOOTNOTE_MARK.match(text.strip()))


@lru_cache(maxsize=20_000)
def is_value(text: str) -> bool:
    """Whether a cell's text can only be a value: empty, a dash, a number, or a number with a short unit."""
    value, state = parse_cell(text, "signed")
    return state != "text" or value is not None


def _bare_number(text: str) -> Number | None:
    """A number that stands alone. Digits parted by blanks are one number only where the parts show it."""
    lines = [part for part in (clean(line) for line in re.split(r"[\r\n]+", text)) if part]
    if len(lines) > 1:
        # A long number wrapped in a narrow cell fills its first line; two values under each other don't.
        if not all(re.fullmatch(r"[+-]?[\d.,]+", line) for line in lines) or len(lines[0]) < 4:
            return None
        if any(len(line) > len(lines[0]) for line in lines[1:]):
            return None
        bare = "".join(lines)
    else:
        bare = lines[0] if lines else ""
    bare = bare.replace("−", "-").replace("﹣", "-").replace("．", ".").replace("。", ".") if bare else ""
    if " " in bare:
        if _SPACED_THOUSANDS.match(bare) or re.fullmatch(r"(?:[+-] )?[\d.]+", bare):
            bare = bare.replace(" ", "")
        elif re.fullmatch(r"\d(?: [\d.])+", bare):
            # Letter-spaced digits: every digit stands apart ("1 2 3"), never groups of unequal length.
            bare = bare.replace(" ", "")
        elif re.fullmatch(r"\d+ ?\. ?\d+", bare) or re.fullmatch(r"\d{1,3}(?: ?, ?\d{3})+(?: ?\. ?\d+)?", bare):
            bare = bare.replace(" ", "")
        else:
            return None
    match = _THOUSANDS.match(bare)
    if match:
        bare = match[1] + re.sub(r"\D", "", match[2]) + (match[3] or "")
    return _to_number(bare) if _PLAIN.match(bare) else None


def _worded_number(bare: str, kind: Kind) -> Number | None:
    match = _WORDED.match(bare)
    if not match:
        counted = _COUNTED.match(bare)
        return _chinese_number(counted[1] if counted else bare) if counted or _CHINESE.match(bare) else None
    number = _bare_number(match["number"])
    if number is None:
        return None
    before, unit, factor = match["before"], match["unit"], match["factor"] or ""
    if before and not re.fullmatch(r"[共约计合：:（(]*", before) and kind != "signed":
        return None
    if kind == "decimal":
        if not re.match(r"^(?:元|圆|人民币)?$|^元", unit) and unit:
            return None
        if factor == "亿":
            return _scaled(number, 10_000)
        if factor in ("百万", "千万"):
            return _scaled(number, _FACTORS[factor] // 10_000)
        if unit.startswith(("元", "圆")) and not factor:
            return _to_number(str(Decimal(str(number)) / 10_000))
        return number
    if kind == "signed" and before and number >= 0:
        if _LESS.search(before):
            return -number
        if not _MORE.search(before) and not re.fullmatch(r"[共约计合：:（(]*", before):
            return None
    if unit.startswith("元"):
        return None  # money where a count belongs
    return _scaled(number, _FACTORS[factor]) if factor else number


def _chinese_number(text: str) -> Number | None:
    """十五 → 15, 一百二十 → 120, 二〇二一 → 2021. None where the numerals don't form one number."""
    if all(character in _DIGITS for character in text):
        return int("".join(str(_DIGITS[character]) for character in text))
    total = section = digit = 0
    last_unit = 10_000
    seen_digit = False
    for character in text:
        if character in _DIGITS:
            if seen_digit and digit:
                return None
            digit, seen_digit = _DIGITS[character], True
        elif character in _UNITS:
            unit = _UNITS[character]
            if unit >= last_unit:
                return None
            section += (digit if seen_digit and digit else 1) * unit
            digit, seen_digit, last_unit = 0, False, unit
        else:
            section += digit
            if not section:
                return None
            total = (total + section) * _MYRIADS[character] if character == "亿" else total + section * 10_000
            section, digit, seen_digit, last_unit = 0, 0, False, 10_000
    return total + section + digit


def _scaled(number: Number, factor: int) -> Number:
    exact = Decimal(str(number)) * factor
    return int(exact) if exact == exact.to_integral_value() else float(exact)


def _to_number(text: str) -> Number | None:
    """int where no decimals are printed, else float."""
    try:
        exact = Decimal(text)
    except InvalidOperation:
        return None
    return float(exact) if "." in text or "E" in text else int(exact)
