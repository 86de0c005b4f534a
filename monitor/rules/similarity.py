"""YOY-05 and YOY-06: is the text last year's?

Promises: alikeness is the Dice share of character trigrams, of text without blanks, digits and the body's names; it is
told whether it passes or fails, with the longest passages both share. Texts too short to tell are not compared. Leaves
alone: other bodies' texts, and whether a threshold should be stricter (a locality's pack).
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from difflib import SequenceMatcher

from extract.model import Report
from monitor.rules import passages
from monitor.rules.catalogue import Verdict, Years, rule

WHOLE, FIFTH = 0.90, 0.85
"""Shares from which sections 1 and 5, and section 5 alone, are called alike."""
_LEAST = 100
"""Characters under which two texts may be alike by chance."""
_LEAST_FIFTH = 40
_PASSAGES, _PASSAGE = 3, 20
_NO_TEXT = re.compile(r"[\d\s%．.]+")


@rule("YOY-05", over="years")
def judge_text(years: Years) -> Iterator[Verdict]:
    """Sections 1 and 5 are less than 0.90 alike with last year's; the share is always shown."""
    if years.previous is not None:
        yield from _compare(years.report, years.previous, (1, 5), WHOLE, _LEAST)


@rule("YOY-06", over="years")
def judge_problems(years: Years) -> Iterator[Verdict]:
    """Section 5 is less than 0.85 alike with those of the last two years; the more alike of the two is told."""
    year = years.report.year
    earlier = [years.earlier[year - back] for back in (1, 2) if year is not None and year - back in years.earlier]
    found = [verdict for each in earlier for verdict in _compare(years.report, each, (5,), FIFTH, _LEAST_FIFTH)]
    if found:
        yield max(found, key=lambda verdict: verdict.right or 0)


def _compare(report: Report, other: Report, sections: tuple[int, ...], threshold: float,
             least: int) -> Iterator[Verdict]:
    own, last = (_bare(each, sections) for each in (report, other))
    if min(len(own), len(last)) < least or any(each.section(number) is None for each in (report, other)
                                               for number in sections):
        return
    share = alike(own, last)
    # The relation is written out so that the share is shown where it passes too.
    verdict = Verdict("pass", f"section.{sections[0]}", expression=f"{threshold} ≥ {share}", left=threshold,
                      right=share, difference=round(threshold - share, 4),
                      parameters={"p": f"{share * 100:.1f}%", "y0": str(other.year)},
                      evidence={"year": other.year, "sha256_before": other.sha256})
    if share >= threshold:
        verdict.outcome = "fail"
        verdict.evidence["passages"] = shared_passages(own, last)
        if report.damaged or other.damaged:
            verdict.outcome, verdict.reason = "uncertain", "damaged"
    yield verdict


def _bare(report: Report, sections: tuple[int, ...]) -> str:
    """The text of these sections without blanks, digits and the body's names."""
    text = _NO_TEXT.sub("", passages.said(report, *sections))
    names = {passages.name_of(str(name)) for name in (report.body or "", *report.roster.get("names", ())) if name}
    for name in sorted(names, key=len, reverse=True):
        text = text.replace(name, "")
    return text


def alike(one: str, other: str) -> float:
    """Dice share of two texts' character trigrams, 0 to 1."""
    first, second = _trigrams(one), _trigrams(other)
    if not first or not second:
        return 0.0
    return round(2 * len(first & second) / (len(first) + len(second)), 4)


@functools.lru_cache(maxsize=64)
def _trigrams(text: str) -> frozenset[str]:
    return frozenset(map("".join, zip(text, text[1:], text[2:], strict=False)))


def shared_passages(one: str, other: str) -> list[str]:
    """The longest passages that both texts hold, longest first, cut to what a reader needs to see."""
    blocks = SequenceMatcher(None, one, other, autojunk=False).get_matching_blocks()
    found = sorted((one[block.a:block.a + block.size] for block in blocks if block.size >= _PASSAGE), key=len,
                   reverse=True)
    return [passage[:200] for passage in found[:_PASSAGES]]
