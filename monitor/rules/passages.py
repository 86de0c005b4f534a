"""A report's prose as rules search it: without blanks, cut into sentences, with the words of config/phrases.yaml.

Promises: the same text is prepared once, however many rules ask. Leaves alone: numbers and what they count
(extract.clauses).
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator

from pydantic import BaseModel, ConfigDict, field_validator

from extract import configuration, titles
from extract.model import Report, Section

OWN_WORDS = (1, 5, 6)
"""Sections in which a body speaks in its own words; the others hold the tables."""
PHRASE = 40
"""Characters of the print that a finding quotes."""
_NUMBERED = re.compile(r"\s*(?:[（(]?[一二三四五六七八九十]{1,3}[、.．)）]|[（(]?\d{1,2}[、.．)）])")
_MARK = "\ue000"
_WIDE = tuple(zip("０１２３４５６７８９％", "0123456789%", strict=True))
_END = re.compile(r"[。！？；!?;\n]")


Patterns = tuple[tuple[str, re.Pattern[str]], ...]
"""Words a hit must hold, and the pattern itself."""


class _Facts(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Topic(_Facts):
    """A subject with the patterns that tell it."""

    title: str
    words: tuple[str, ...]

    @functools.cached_property
    def patterns(self) -> tuple[re.Pattern[str], ...]:
        return tuple(map(re.compile, self.words))

    def told(self, text: str) -> bool:
        return any(pattern.search(text) for pattern in self.patterns)


class Phrases(_Facts):
    """config/phrases.yaml."""

    topics: tuple[Topic, ...]
    accountability: tuple[Topic, ...]
    instructions: tuple[str, ...]
    instructing: tuple[str, ...]
    slips: dict[str, str]
    doubled_allowed: tuple[str, ...]

    @field_validator("instructions", "slips", mode="after")
    @classmethod
    def _compile(cls, patterns: tuple[str, ...] | dict[str, str]) -> tuple[str, ...] | dict[str, str]:
        for each in patterns:
            try:
                re.compile(each)
            except re.error as fault:
                raise ValueError(f"{each!r} is no regular expression: {fault}") from None
        return patterns

    @functools.cached_property
    def instruction_patterns(self) -> Patterns:
        return _with_words(self.instructions)

    @functools.cached_property
    def slip_patterns(self) -> Patterns:
        return _with_words(self.slips)


def find(patterns: Patterns, text: str) -> Iterator[re.Match[str]]:
    """Every hit of every pattern. One after the other, and only where its words stand in the text: that is many times
    faster than all in one."""
    for words, pattern in patterns:
        if words in text:
            yield from pattern.finditer(text)


def _with_words(patterns: Iterable[str]) -> Patterns:
    return tuple((_words(each), re.compile(each)) for each in patterns)


def _words(pattern: str) -> str:
    """The longest words that stand in a pattern outside of every choice, so that every hit holds them; empty where
    none does, or where brackets are escaped."""
    if re.search(r"\\[\[\](){}|]", pattern):
        return ""
    bare, before = re.sub(r"\[\^?\]?[^\]]*\]", _MARK, pattern), ""
    while bare != before:
        bare, before = re.sub(r"\([^()]*\)", _MARK, bare), bare
    # A character before a quantifier is none that must be there.
    return "" if "|" in bare else max(re.findall(r"[\u4e00-\u9fff]+(?![?*{])", bare), key=len, default="")


@functools.lru_cache(maxsize=4096)
def name_of(printed: str) -> str:
    """A body's name for comparing; bodies come again year by year."""
    return titles.normalise(printed)


def phrases() -> Phrases:
    """config/phrases.yaml, loaded once. Raises ConfigurationError with file and line."""
    loaded: Phrases = configuration.load("phrases.yaml", Phrases)
    return loaded


@functools.lru_cache(maxsize=256)
def plain(text: str) -> str:
    """The text without blanks and line breaks, digits in ASCII; a newline stays before a numbered paragraph."""
    lines = text.strip().split("\n")
    marked = lines[0] + "".join([_MARK + line if _NUMBERED.match(line) else line for line in lines[1:]])
    # One after the other: translating would look up every character of the text.
    for wide, narrow in _WIDE:
        marked = marked.replace(wide, narrow)
    return _without_blanks(marked).replace(_MARK, "\n")


def _without_blanks(text: str) -> str:
    return "".join(text.split()).replace("\u200b", "").replace("\ufeff", "")


@functools.lru_cache(maxsize=256)
def cut(text: str) -> tuple[str, ...]:
    """Sentences of a text, without their ends, blanks left out."""
    return tuple(filter(None, _END.split(plain(text))))


def said(report: Report, *numbers: int) -> str:
    """The prose of these sections (all where none is named) as one text."""
    return "\n".join(plain(section.text) for section in report.prose(*numbers) if section.text)


def sentences(report: Report, *numbers: int) -> Iterator[tuple[Section, str]]:
    """Every sentence of these sections (all where none is named) with its section."""
    for section in report.prose(*numbers):
        for sentence in cut(section.text):
            yield section, sentence


def quoted(text: str, start: int = 0, end: int | None = None) -> str:
    """What a finding quotes: the piece itself with what stands around it, at most PHRASE characters."""
    end = start + 1 if end is None else end
    room = max(0, PHRASE - (end - start))
    first = max(0, start - room // 2)
    return text[first:first + PHRASE]


def length(text: str) -> int:
    """Characters that a reader would count."""
    return len(_without_blanks(text))
