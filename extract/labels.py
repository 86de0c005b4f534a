"""Recognises printed labels.

Promises: a label is found by its words whatever numerals, blanks, quotes and punctuation stand around them; an unknown
label is never bent into a known one without saying so (`quality` below 0.9). Leaves alone: which labels exist (forms).
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

_NUMBERING = re.compile(r"^\s*(?:[(（〔【]\s*[一二三四五六七八九十\d]{1,3}\s*[)）〕】]"
                        r"|[一二三四五六七八九十]{1,3}\s*[、.．,，:：]"
                        r"|\d{1,2}\s*(?:[、.．,，:：)）]|(?=[^\d\s.]))|[①-⑳])\s*[、.．]?\s*")
_NOISE = re.compile(r"[\W_]+")
_FUZZY = 0.62
_MARGIN = 0.12
_LONGEST = 60
"""No label of a form is longer; comparing paragraphs with labels would only cost time."""
_MOST_REMEMBERED = 5000


@lru_cache(maxsize=20_000)
def normalise(text: str) -> str:
    """Half-width, without blanks, quotes and punctuation: （三）不予公开 → 三不予公开."""
    return _NOISE.sub("", unicodedata.normalize("NFKC", text))


@lru_cache(maxsize=20_000)
def core(text: str) -> str:
    """`normalise` without the leading numeral: （三）不予公开 → 不予公开, 3.危及“三安全一稳定” → 危及三安全一稳定."""
    squeezed = re.sub(r"\s+", "", unicodedata.normalize("NFKC", text)).lstrip("、.,:：·")
    return normalise(_NUMBERING.sub("", squeezed, count=1))


@dataclass(frozen=True)
class Match:
    """A recognised label. quality 1: equal; 0.98: its keywords; below: alike only. `at`: where it begins."""

    key: str
    quality: float
    at: int = 0
    resemblance: float = 1.0


@dataclass(frozen=True)
class Label:
    """What one key may be printed as."""

    key: str
    names: tuple[str, ...]
    """Normalised full labels, the canonical one first."""
    keywords: tuple[tuple[str, ...], ...] = ()
    without: tuple[str, ...] = ()

    @classmethod
    def of(cls, key: str, label: str, variants: Iterable[str] = (), keywords: Iterable[Sequence[str]] = (),
           without: Iterable[str] = ()) -> Label:
        """A label as its fact states it, made ready for comparing."""
        return cls(key, tuple(dict.fromkeys(core(name) for name in (label, *variants))),
                   tuple(tuple(normalise(word) for word in words) for words in keywords),
                   tuple(normalise(word) for word in without))


@dataclass
class Labels:
    """The labels of one axis of a table."""

    entries: Sequence[Label]
    _names: dict[str, str] = field(init=False, repr=False)
    _matched: dict[str, Match | None] = field(init=False, repr=False, default_factory=dict)
    """What was asked before: header, row and orientation of a table ask for the same labels."""

    _hint: re.Pattern[str] = field(init=False, repr=False)
    """One word of every keyword list: a text without any is no label by keywords. Long texts ask often."""

    def __post_init__(self) -> None:
        words = {re.escape(listed[0]) for entry in self.entries for listed in entry.keywords}
        self._hint = re.compile("|".join(sorted(words)) or r"(?!)")
        self._names = {}
        for entry in self.entries:
            for name in entry.names:
                self._names.setdefault(name, entry.key)

    def match(self, text: str) -> Match | None:
        """The key of a label that fills the whole text; None for an unknown or ambiguous one."""
        if text not in self._matched:
            if len(self._matched) >= _MOST_REMEMBERED:
                self._matched.clear()
            self._matched[text] = self._match(text)
        return self._matched[text]

    def _match(self, text: str) -> Match | None:
        bare = core(text)
        if not bare:
            return None
        if bare in self._names:
            return Match(self._names[bare], 1.0)
        if not self._hint.search(bare):
            return None
        found = [match for match in (self._by_keywords(entry, bare) for entry in self.entries) if match]
        if not found:
            return None
        # The word that stands last is the innermost label where group and row share one cell.
        best = max(found, key=lambda match: match.at)
        rivals = {match.key for match in found if match.at == best.at}
        return best if len(rivals) == 1 else None

    def alike(self, text: str, among: Iterable[str] | None = None) -> Match | None:
        """The key whose name resembles the text most (misprints, lost characters), or None where none stands out."""
        bare = core(text)
        if len(bare) < 2:
            return None
        wanted = set(among) if among is not None else None
        if len(bare) > _LONGEST:
            return None
        ranked = sorted(((max(ratio(bare, name) for name in entry.names), entry.key) for entry in self.entries
                         if wanted is None or entry.key in wanted), reverse=True)
        if not ranked or ranked[0][0] < _FUZZY or (len(ranked) > 1 and ranked[0][0] - ranked[1][0] < _MARGIN):
            return None
        return Match(ranked[0][1], 0.92 if ranked[0][0] >= 0.75 else 0.85, resemblance=ranked[0][0])

    @staticmethod
    def _by_keywords(entry: Label, bare: str) -> Match | None:
        if any(word in bare for word in entry.without):
            return None
        hits = [max(bare.rfind(word) for word in words)
                for words in entry.keywords if all(word in bare for word in words)]
        return Match(entry.key, 0.98, max(hits)) if hits else None


@lru_cache(maxsize=20_000)
def ratio(left: str, right: str) -> float:
    """How much two labels resemble each other, 0 to 1; 0 where their lengths alone forbid it."""
    if 2 * min(len(left), len(right)) < _FUZZY * (len(left) + len(right)):
        return 0.0
    return difflib.SequenceMatcher(None, left, right, autojunk=False).ratio()
