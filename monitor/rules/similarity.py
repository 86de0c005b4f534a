"""YOY-05, YOY-06 and YOY-07: is the text last year's, or another body's?

Promises: alikeness is the Dice share of character trigrams, of text without blanks, digits and the bodies' names; it is
told whether it passes or fails, with the longest passages both share, each with its place in both reports. Texts too
short to tell are not compared; what a locality's pack says of a threshold goes before the rule's own. Leaves alone:
which bodies are worth comparing (monitor/lookalikes.py).
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from extract.model import Report
from monitor.rules import passages
from monitor.rules.catalogue import Pair, Verdict, Years, rule, threshold

if TYPE_CHECKING:
    # Loaded with the first comparison: most documents are checked without one.
    import numpy as np
    from numpy.typing import NDArray

WHOLE, FIFTH, ANOTHER = 0.90, 0.85, 0.90
"""Shares from which sections 1 and 5, section 5 alone, and two bodies' sections 1 and 5 are called alike."""
LEAST = 100
"""Characters under which two texts may be alike by chance."""
_LEAST_FIFTH = 40
_PASSAGES, _PASSAGE, _SHOWN = 3, 20, 200
_KEPT = re.compile(r"[^\s\u200b\ufeff\d%％．.]+")
_LABEL = re.compile(
    r"(?m)^\s*(?:[（(]?[一二三四五六七八九十]{1,3}[）)、.．]|[（(]?\d{1,2}[）)、.．])[^\n。；，,]{0,30}(?=\n|$)"
    r"|(?<![\u4e00-\u9fff])[一二三四五六七八九十]{1,2}是")
_LAW = re.compile(
    r"(?:根据|按照|依据|依照|贯彻|落实|执行)[^。；\n]{0,30}?《[^》]*》[^，。；\n]{0,40}[，。；]?|《[^》]*》(?:[（(][^（()）]*[）)])?")


@dataclass(frozen=True, slots=True)
class Bare:
    """A text as it is compared. `kept` are the pieces of the report it was put together from: section, the character
    of the section's text it begins with, its length."""

    text: str
    kept: tuple[tuple[int, int, int], ...]

    def place(self, start: int, size: int) -> list[int]:
        """Section and characters from…to of a passage in the report's own text; it ends with its section."""
        passed, begun, end = 0, None, 0
        for section, offset, length in self.kept:
            first, last = max(start, passed), min(start + size, passed + length)
            if first < last and (begun is None or begun[0] == section):
                begun = begun or (section, offset + first - passed)
                end = offset + last - passed
            passed += length
        return [*begun, end] if begun else []


# ---------------------------------------------------------------- the same body, earlier years
@rule("YOY-05", over="years")
def judge_text(years: Years) -> Iterator[Verdict]:
    """Sections 1 and 5 are less than 0.90 alike with last year's; the share is always shown."""
    if years.previous is not None:
        yield from _compare(years.report, years.previous, (1, 5), threshold(years.report, "YOY-05", WHOLE), LEAST)


@rule("YOY-06", over="years")
def judge_problems(years: Years) -> Iterator[Verdict]:
    """Section 5 is less than 0.85 alike with those of the last two years; the more alike of the two is told."""
    year = years.report.year
    earlier = [years.earlier[year - back] for back in (1, 2) if year is not None and year - back in years.earlier]
    limit = threshold(years.report, "YOY-06", FIFTH)
    found = [verdict for each in earlier for verdict in _compare(years.report, each, (5,), limit, _LEAST_FIFTH)]
    if found:
        yield max(found, key=lambda verdict: verdict.right or 0)


def _compare(report: Report, other: Report, sections: tuple[int, ...], limit: float, least: int) -> Iterator[Verdict]:
    if any(each.section(number) is None for each in (report, other) for number in sections):
        return
    own, last = bare(report, sections), bare(other, sections)
    if min(len(own.text), len(last.text)) < least:
        return
    verdict = _verdict(own, last, limit, f"section.{sections[0]}", report.damaged or other.damaged)
    verdict.parameters["y0"] = str(other.year)
    verdict.evidence |= {"year": other.year, "sha256_before": other.sha256}
    if verdict.outcome != "pass":
        verdict.evidence["passages"] = side_by_side(report, other, own, last)
    yield verdict


def _verdict(own: Bare, other: Bare, limit: float, subject: str, damaged: bool) -> Verdict:
    share = alike(own.text, other.text)
    # The relation is written out so that the share is shown where it passes too.
    verdict = Verdict("pass", subject, expression=f"{limit} ≥ {share}", left=limit, right=share,
                      difference=round(limit - share, 4),
                      parameters={"p": f"{share * 100:.1f}%", "threshold": f"{limit * 100:g}%"})
    if share >= limit:
        verdict.outcome, verdict.reason = ("uncertain", "damaged") if damaged else ("fail", "")
    return verdict


# ---------------------------------------------------------------- another body, the same year
@rule("YOY-07", over="pair")
def judge_another_body(pair: Pair) -> Iterator[Verdict]:
    """Sections 1 and 5 are less than 0.90 alike with another body's of the same year, headings, enumerations and
    quotations of law left out; a note between a government and its own office. Ignores one document that stands for
    both bodies, and texts too short to tell."""
    if pair.report.year != pair.other.year or pair.report.sha256 == pair.other.sha256:
        return
    own, another = own_words(pair.report), own_words(pair.other)
    if min(len(own.text), len(another.text)) < LEAST:
        return
    verdict = _verdict(own, another, threshold(pair.report, "YOY-07", ANOTHER), "",
                       pair.report.damaged or pair.other.damaged)
    verdict.subject = f"{pair.other_key[0]}.{pair.other_key[1]}"
    verdict.severity = "I" if pair.own_office else None
    verdict.parameters["other"] = pair.name or pair.other.body or pair.other_key[0]
    verdict.evidence |= {"other": list(pair.other_key), "sha256_other": pair.other.sha256}
    if verdict.outcome != "pass":
        verdict.evidence["passages"] = side_by_side(pair.report, pair.other, own, another)
    yield verdict


def own_words(report: Report) -> Bare:
    """Sections 1 and 5 without what every report says alike: headings, enumerations, quotations of law."""
    return bare(report, (1, 5), quotations=False)


# ---------------------------------------------------------------- texts as they are compared
def bare(report: Report, sections: tuple[int, ...], quotations: bool = True) -> Bare:
    """The text of these sections without blanks, digits and the body's names, with where each piece of it stood."""
    names = {passages.name_of(str(name)) for name in (report.body or "", *report.roster.get("names", ())) if name}
    ordered = sorted(filter(None, names), key=len, reverse=True)
    text: list[str] = []
    kept: list[tuple[int, int, int]] = []
    for section in report.prose(*sections):
        said = section.text
        if not quotations:
            for pattern in (_LABEL, _LAW):
                said = pattern.sub(lambda found: " " * len(found.group()), said)
        pieces = [(found.start(), found.group()) for found in _KEPT.finditer(said)]
        for name in ordered:
            if name in "".join(piece for _, piece in pieces):
                pieces = _without(pieces, name)
        for start, piece in pieces:
            text.append(piece)
            kept.append((section.number, start, len(piece)))
    return Bare("".join(text), tuple(kept))


def _without(pieces: list[tuple[int, str]], name: str) -> list[tuple[int, str]]:
    """The pieces without every occurrence of a name, which may stand across pieces."""
    joined = "".join(piece for _, piece in pieces)
    gone, found = [], joined.find(name)
    while found >= 0:
        gone.append((found, found + len(name)))
        found = joined.find(name, found + len(name))
    left: list[tuple[int, str]] = []
    passed = 0
    for start, piece in pieces:
        end, at = passed + len(piece), passed
        for first, last in gone:
            if last <= at or first >= end:
                continue
            if first > at:
                left.append((start + at - passed, joined[at:first]))
            at = min(last, end)
        if at < end:
            left.append((start + at - passed, joined[at:end]))
        passed = end
    return left


def alike(one: str, other: str) -> float:
    """Dice share of two texts' character trigrams, 0 to 1."""
    return share(trigrams(one), trigrams(other))


def share(first: NDArray[np.uint64], second: NDArray[np.uint64]) -> float:
    """Dice share of `trigrams` of two texts, 0 to 1; 0 where one of them has none."""
    import numpy as np

    if not len(first) or not len(second):
        return 0.0
    both = np.intersect1d(first, second, assume_unique=True)
    return round(2 * len(both) / (len(first) + len(second)), 4)


@functools.lru_cache(maxsize=64)
def trigrams(text: str) -> NDArray[np.uint64]:
    """Every three characters in a row of a text once, each three as one number, in order."""
    import numpy as np

    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32).astype(np.uint64)
    return np.unique((codes[:-2] << np.uint64(42)) | (codes[1:-1] << np.uint64(21)) | codes[2:])


def shared_passages(one: str, other: str) -> list[tuple[int, int, int]]:
    """The longest passages that both texts hold as (place in one, place in the other, length), longest first."""
    index: dict[str, int] = {}
    for place in range(len(other) - _PASSAGE, -1, -1):
        index[other[place:place + _PASSAGE]] = place
    found, place = [], 0
    while place <= len(one) - _PASSAGE:
        there = index.get(one[place:place + _PASSAGE])
        if there is None:
            place += 1
            continue
        size = _PASSAGE
        while place + size < len(one) and there + size < len(other) and one[place + size] == other[there + size]:
            size += 1
        found.append((place, there, size))
        place += size
    return sorted(found, key=lambda passage: (-passage[2], passage[0]))[:_PASSAGES]


def side_by_side(report: Report, other: Report, own: Bare, another: Bare) -> list[dict[str, Any]]:
    """The longest shared passages as both reports print them, each with [section, first character, end]."""
    return [{"own": _printed(report, own.place(here, size)), "other": _printed(other, another.place(there, size))}
            for here, there, size in shared_passages(own.text, another.text)]


def _printed(report: Report, place: list[int]) -> dict[str, Any]:
    section = report.section(place[0]) if place else None
    return {"place": place, "text": section.text[place[1]:place[2]][:_SHOWN] if section else ""}
