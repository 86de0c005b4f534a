"""Places: by division code from config/divisions.csv (down to counties), and as they lead the names of bodies.

Promises: a code of 6, 9 or 12 digits gives the chain of its places, nearest first; an unknown code gives nothing, never
a guess; 苏州市 and 市中区 are cut as one place each, 城市管理局 is none. Leaves alone: townships, and which body a name
means (roster.py; 62 county names are shared).
"""

from __future__ import annotations

import functools
import re

from extract import configuration

FILE = "divisions.csv"
_LONGEST = 14
# For places that the data doesn't know. A 州 before 市 or 区 belongs to the name; 城市, 社区, 园区 … are words.
_SHAPE = re.compile(r".{1,10}?(?:自治区|自治州|自治县|自治旗|特别行政区|地区|林区|新区|省|(?<!城)市|县|旗|盟"
                    r"|州(?![市区县])|(?<![社园景校小街山城辖牧林灾])区)")


@functools.cache
def names() -> dict[str, str]:
    """Six-digit code → name. Raises ConfigurationError."""
    return {row["code"]: row["name"] for _, row in configuration.read_rows(configuration.path_of(FILE))}


def known(code: str) -> bool:
    """Whether the code, or at least its province, is in the data, and its shape is right."""
    return bool(re.fullmatch(r"\d{6}(\d{3}){0,2}", code)) and (code[:6] in names() or f"{code[:2]}0000" in names())


def places(code: str) -> tuple[str, ...]:
    """Names from the nearest place up to the province: 320106 → 鼓楼区, 南京市, 江苏省."""
    if not known(code):
        return ()
    chain = (code[:6], f"{code[:4]}00", f"{code[:2]}0000")
    return tuple(dict.fromkeys(names()[each] for each in chain if each in names()))


def codes_of(name: str) -> tuple[str, ...]:
    """Every code that carries this name."""
    return _codes().get(name, ())


@functools.cache
def _codes() -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for code, name in names().items():
        found[name] = (*found.get(name, ()), code)
    return found


@functools.cache
def _beginnings() -> frozenset[str]:
    return frozenset(name[:2] for name in _codes())


def level(code: str) -> str:
    """province, prefecture, county or township, as the code is cut; empty for a code of no known shape."""
    if not known(code):
        return ""
    if len(code) > 6 and code[6:].strip("0"):
        return "township"
    if code[2:6] == "0000":
        return "province"
    return "prefecture" if code[4:6] == "00" else "county"


def leading(name: str) -> str:
    """The place a name begins with, while at least two characters follow; empty where it begins with none."""
    if name[:2] in _beginnings():
        codes = _codes()
        for length in range(min(_LONGEST, len(name) - 2), 1, -1):
            if name[:length] in codes:
                return name[:length]
    match = _SHAPE.match(name)
    return match.group() if match and len(name) - match.end() >= 2 else ""


def leading_all(name: str) -> tuple[str, ...]:
    """All places a name begins with, in print order: 苏州市虎丘区教育局 → 苏州市, 虎丘区."""
    found: list[str] = []
    while place := leading(name):
        found.append(place)
        name = name[len(place):]
    return tuple(found)
