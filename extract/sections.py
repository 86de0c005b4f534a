"""Cuts a document into the six sections of the form.

Promises: a section begins at a heading known by its words, whatever numeral, level or punctuation it carries; lists of
the six titles in a sentence and sub-headings of the same name are no sections. Leaves alone: what sections say.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path

from extract import configuration, forms
from extract.labels import core
from extract.model import Block, Document, Grid, Image, Section, Text

LONGEST_HEADING = 45
_CHINESE = "一二三四五六七八九十"
_NUMERAL = re.compile(rf"^\s*(?:(?P<top>[{_CHINESE}]{{1,2}})\s*[、.．,，:：\s]|第(?P<part>[{_CHINESE}])(?:部分|章|节)"
                      rf"|[(（]\s*(?P<sub>[{_CHINESE}]{{1,2}})\s*[)）]|(?P<digit>\d{{1,2}})\s*[、.．)）])")


@dataclass(slots=True)
class SectionSpan:
    """One section with the blocks it holds, heading left out. number 0 is what stands before section 1."""

    number: int
    title: str
    blocks: list[Block] = field(default_factory=list)
    page: int | None = None

    @property
    def grids(self) -> list[Grid]:
        return [block for block in self.blocks if isinstance(block, Grid)]

    @property
    def images(self) -> list[Image]:
        return [block for block in self.blocks if isinstance(block, Image)]

    @property
    def text(self) -> str:
        """The prose, one paragraph a line, without table cells."""
        return "\n".join(block.text.strip() for block in self.blocks if isinstance(block, Text) and block.text.strip())

    def section(self) -> Section:
        """The section as the record has it, without its tables and pictures."""
        return Section(self.number, self.title, self.text, self.page)


@dataclass(slots=True)
class _Candidate:
    index: int
    number: int
    weight: float
    strong: bool


def heading(text: str) -> int | None:
    """Number of the section a line is the heading of; None for any other line."""
    return _heading(text.strip())


@lru_cache(maxsize=4096)
def _heading(text: str) -> int | None:
    bare = core(re.sub(r"^第[一二三四五六七八九十](?:部分|章|节)", "", text))
    if not 2 <= len(bare) <= LONGEST_HEADING or text.endswith(("。", "；", ";")) or _listed(text):
        return None
    facts = _facts()
    for number, names, _, _ in facts:
        if bare in names:
            return number
    if len(bare) > 32 or "，" in text:
        return None
    hits = [number for number, _, keywords, without in facts
            if any(all(word in bare for word in words) for words in keywords)
            and not any(word in bare for word in without)]
    return hits[0] if len(hits) == 1 and _is_titular(text, bare) else None


def _is_titular(text: str, bare: str) -> bool:
    """A line known by keywords only is a heading when it is numbered or holds nothing but the words of a title.

    行政复议 行政诉讼 without numeral is the header of table 4, not its section's.
    """
    if _NUMERAL.match(text):
        return True
    return len(bare) <= 28 and bool(re.search(r"情况|事项|措施|改进", bare)) and not re.search(r"\d|的是|我|本", bare)


def _listed(text: str) -> bool:
    return sum(1 for _, names, _, _ in _facts() if any(name in core(text) for name in names)) > 2


_Facts = tuple[tuple[int, frozenset[str], tuple[tuple[str, ...], ...], tuple[str, ...]], ...]


def _facts() -> _Facts:
    return _merged(configuration.office_folder())


@lru_cache(maxsize=4)
def _merged(_office: Path | None) -> _Facts:
    """Number, names, keywords and excluding words of each section over all eras, once for each office folder."""
    merged: dict[int, tuple[set[str], list[tuple[str, ...]], set[str]]] = {}
    for era in forms.eras():
        for fact in forms.form(era).sections:
            names, keywords, without = merged.setdefault(fact.number, (set(), [], set()))
            names.update(core(name) for name in (fact.title, *fact.variants))
            keywords.extend(words for words in fact.keywords if words not in keywords)
            without.update(fact.without)
    return tuple((number, frozenset(names), tuple(keywords), tuple(without))
                 for number, (names, keywords, without) in sorted(merged.items()))


def split(document: Document) -> list[SectionSpan]:
    """The document's sections in printed order, section 0 first (perhaps empty)."""
    blocks = list(_lines(document.blocks))
    candidates = [candidate for index, block in enumerate(blocks)
                  if isinstance(block, Text) and (candidate := _candidate(blocks, index, block))]
    chosen = _best_order(candidates)
    taken = {candidate.number for candidate in chosen}
    for candidate in candidates:
        if candidate.number not in taken and candidate.strong:
            chosen.append(candidate)
            taken.add(candidate.number)
    chosen.sort(key=lambda candidate: candidate.index)
    first = chosen[0].index if chosen else len(blocks)
    spans = [SectionSpan(0, "", blocks[:first], 1 if document.pages else None)]
    for place, candidate in enumerate(chosen):
        end = chosen[place + 1].index if place + 1 < len(chosen) else len(blocks)
        title = blocks[candidate.index]
        assert isinstance(title, Text)
        spans.append(SectionSpan(candidate.number, " ".join(title.text.split()),
                                 blocks[candidate.index + 1:end], title.page))
    return spans


def _lines(blocks: Iterable[Block]) -> Iterable[Block]:
    """Blocks with headings that share a paragraph with other text set apart."""
    for block in blocks:
        if not isinstance(block, Text):
            yield block
            continue
        lines = block.text.split("\n")
        # A heading may wrap inside its own paragraph; as a whole it is still one heading.
        if len(lines) == 1 or heading("".join(line.strip() for line in lines)):
            yield replace(block, text="".join(line.strip() for line in lines)) if len(lines) > 1 else block
            continue
        rest: list[str] = []
        for line in lines:
            if heading(line):
                if rest:
                    yield replace(block, text="\n".join(rest), level=None)
                    rest = []
                yield replace(block, text=line.strip())
            else:
                rest.append(line)
        if rest:
            yield replace(block, text="\n".join(rest))


def _candidate(blocks: list[Block], index: int, block: Text) -> _Candidate | None:
    number = heading(block.text)
    if number is None:
        return None
    weight, strong = 2.0, False
    match = _NUMERAL.match(unicodedata.normalize("NFKC", block.text).replace(",", "、"))
    if match and (match["top"] or match["part"]):
        printed = _CHINESE.find((match["top"] or match["part"])[0]) + 1
        weight, strong = (6.0, True) if printed == number else (4.0, True)
    elif match and match["digit"]:
        weight = 3.0 if int(match["digit"]) == number else 2.0
    elif match and match["sub"]:
        weight = 1.0 + (0.5 if _CHINESE.find(match["sub"][0]) + 1 == number else 0.0)
    if block.level is not None and block.level <= 3:
        weight += 1
    following = blocks[index + 1:index + 4]
    table = {2: True, 3: True, 4: True}.get(number, False)
    if table and any(isinstance(other, Grid) for other in _until_heading(following)):
        weight += 4
    if following and not (isinstance(following[0], Text) and heading(following[0].text)):
        weight += 0.25
    return _Candidate(index, number, weight, strong)


def _until_heading(blocks: list[Block]) -> Iterable[Block]:
    for block in blocks:
        if isinstance(block, Text) and heading(block.text):
            return
        yield block


def _best_order(candidates: list[_Candidate]) -> list[_Candidate]:
    """The heaviest chain of headings whose numbers rise."""
    ending: dict[int, tuple[float, int]] = {}
    """By number: weight of the heaviest chain that ends with it, and the place of its last heading."""
    before: list[int] = []
    for place, candidate in enumerate(candidates):
        lower = [entry for number, entry in ending.items() if number < candidate.number]
        weight, last = max(lower, key=lambda entry: (entry[0], -entry[1]), default=(0.0, -1))
        before.append(last)
        if candidate.number not in ending or weight + candidate.weight > ending[candidate.number][0]:
            ending[candidate.number] = weight + candidate.weight, place
    _, place = max(ending.values(), key=lambda entry: (entry[0], -entry[1]), default=(0.0, -1))
    chain: list[_Candidate] = []
    while place >= 0:
        chain.append(candidates[place])
        place = before[place]
    return chain[::-1]
