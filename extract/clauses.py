"""Prose cut into sentences, clauses and quantities, each with its place in the section's own text.

Promises: blanks and line breaks inside a sentence (dumps and PDFs break anywhere) don't matter, yet every span points
into the section's text as it stands. Leaves alone: what a quantity counts (claims, totals, fees, narrative).
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from extract.figures import parse_number
from extract.model import Section

_ASCII = str.maketrans("０１２３４５６７８９．％：；！？", "0123456789.%:;!?")
_ENUMERATOR = re.compile(
    r"^(?:[（(][一二三四五六七八九十\d]{1,3}[)）]|[一二三四五六七八九十]{1,3}[、.．是]|\d{1,2}[、.．](?!\d)|"
    r"第[一二三四五六七八九十][，、])")
_HEADING_LENGTH = 32
_STOP = "。!?！？"

UNITS = ("批次", "人次", "件次", "万元", "件", "条", "个", "份", "起", "宗", "例", "笔", "项", "场", "期", "篇", "名",
         "人", "家", "部", "封", "次", "元", "%", "种", "类")
_DIGITS = r"(?<![\d.第])\d+(?:,\d{3})*(?:\.\d+)?(?:百万|千万|万|亿)?"
_WORDS = r"(?<![每第逐任何唯其十百千万一二三四五六七八九几数])[一二两三四五六七八九十百千零〇]{1,7}"
_QUANTITY = re.compile(
    rf"(?P<before>约|近|逾|超过|将近|不足|超)?(?P<number>{_DIGITS}|{_WORDS})(?P<after>余|多|来)?"
    rf"(?P<unit>{'|'.join(UNITS)})(?P<behind>余|多|左右|以上)?")
# A number with one of these behind it counts no things: working days, 26 fields, months, points, 一件事, 一类事项.
_NO_COUNT = re.compile(
    r"^(?:工作日|自然日|领域|百分点|月|小时|季度|年|方面|环节|部分(?!公开)|层面|维度|阶段|步骤|专题|一(?!件|条|份)|事(?!项))")


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number with its unit; `start`/`end` count in Sentence.text, `left`/`right` are the rest of its clause."""

    value: int | float
    unit: str
    qualifier: str
    start: int
    end: int
    left: str
    right: str
    printed: str

    @property
    def clause(self) -> str:
        return self.left + self.printed + self.right


@dataclass(slots=True)
class Sentence:
    """One sentence (cut at 。 and ；), squeezed. `topic` is the heading it stands under, `before` what precedes it up
    to the last 。, `previous` the whole sentence before that, where it stands under the same heading."""

    section: int
    text: str
    places: list[int]
    topic: str = ""
    before: str = ""
    previous: str = ""
    quantities: list[Quantity] = field(default_factory=list)

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Place in the section's text of the characters start..end of this sentence."""
        return (self.places[start], self.places[end - 1] + 1) if end > start else (self.places[start],) * 2

    @property
    def context(self) -> str:
        return self.topic + "\n" + self.before + self.text


def sentences(sections: Iterable[Section], numbers: tuple[int, ...] | None = None) -> Iterator[Sentence]:
    """All sentences of these sections in order, quantities found."""
    for section in sections:
        if numbers is not None and section.number not in numbers:
            continue
        topic, before, previous = section.title, "", ""
        for text, places in _pieces(section.text):
            if _ENUMERATOR.match(text) or (len(text) < 14 and "方面" in text):
                topic = re.split(r"[。，,:;；]", text, maxsplit=1)[0][:40]
                if section.number in (3, 4):
                    topic = section.title + topic
                before = previous = ""
            sentence = Sentence(section.number, text, places, topic, before, previous)
            sentence.quantities = list(_quantities(text))
            yield sentence
            if text[-1:] in _STOP:
                before, previous = "", before + text
            else:
                before += text


@functools.lru_cache(maxsize=64)
def _pieces(text: str) -> list[tuple[str, list[int]]]:
    """The sentences of one section's text; every kind of claim asks for them."""
    return list(_cut(text))


def _cut(text: str) -> Iterator[tuple[str, list[int]]]:
    kept: list[str] = []
    places: list[int] = []
    depth = 0
    offset = 0
    for line in text.splitlines(keepends=True):
        bare = re.sub(r"\s+", "", line)
        heading = bool(_ENUMERATOR.match(bare)) and len(bare) <= _HEADING_LENGTH and not re.search(r"[，,。；;]", bare)
        if (heading or _ENUMERATOR.match(bare)) and kept and depth <= 0 and _starts_paragraph(bare):
            yield "".join(kept), places
            kept, places, depth = [], [], 0
        for index, sign in enumerate(line):
            if sign.isspace() or sign in "\u200b\ufeff\u3000":
                continue
            kept.append(sign.translate(_ASCII))
            places.append(offset + index)
            depth += (sign in "（(《“") - (sign in "）)》”")
            if sign in _STOP or (sign in "；;" and depth <= 0):
                yield "".join(kept), places
                kept, places, depth = [], [], 0
        offset += len(line)
        if heading and kept:
            yield "".join(kept), places
            kept, places, depth = [], [], 0
    if kept:
        yield "".join(kept), places


def _starts_paragraph(line: str) -> bool:
    """A line that starts with （一） or 一、 starts a paragraph; with 一是 or 1. it may be a broken line."""
    return bool(re.match(r"^(?:[（(][一二三四五六七八九十]{1,3}[)）]|[一二三四五六七八九十]{1,3}、)", line))


def _quantities(text: str) -> Iterator[Quantity]:
    hits = []
    for match in _QUANTITY.finditer(text):
        value = parse_number(match["number"].replace(",", ""))
        if value is None or (_NO_COUNT.match(text[match.end("unit"):]) and match["unit"] in "个项件类次种部"):
            continue
        hits.append((match, value))
    for index, (match, value) in enumerate(hits):
        floor = hits[index - 1][0].end() if index else 0
        ceiling = hits[index + 1][0].start() if index + 1 < len(hits) else len(text)
        left = re.split(r"[，,;；。:（(]", text[floor:match.start()])[-1]
        right = re.split(r"[，,;；。:（()）]", text[match.end():ceiling])[0]
        qualifier = "".join(match[name] or "" for name in ("before", "after", "behind"))
        yield Quantity(value, match["unit"], qualifier, match.start(), match.end(), left, right, match.group())
