"""FMT-02 and FMT-03: order and titles of the sections, and the sentence that counts them.

Promises: both official sets of titles and the variants of forms/<era>.yaml pass; the count is compared with the list in
the same sentence, never with six. Leaves alone: whether a section is there at all (structure.py).
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from pathlib import Path

from extract import configuration, forms
from extract.figures import parse_number
from extract.forms import Form
from extract.labels import core
from extract.model import Report, Section
from monitor.rules import passages
from monitor.rules.catalogue import Verdict, rule
from monitor.rules.structure import unknown_heading

_LONGEST = 30
"""Characters of a heading; more is a heading with prose behind it."""
_COUNTED = re.compile(r"(?:由|包括|包含|分为|共|分)(?P<between>[^。；]*?)(?P<count>[一二三四五六七八九十]|\d{1,2})"
                      r"个?(?:大)?(?:部分|方面)")
_NUMBERED = re.compile(r"[（(]?[一二三四五六][）)]?\s*[、.．)）]")
_JOINTS = re.compile(r"[、，,；;和及与以]+")
_LEFT = re.compile(r"^(?:[一二三四五六七八九十\d]|[（(](?=[一二三四五六七八九十\d])"
                   r"|(?<=[一二三四五六七八九十\d])[）)、.．]|等|内容|共|包括|为|即|[:：]|由|部分|组成|主要"
                   r"|分别|个|年度|报告|的|全文|全|分|如下|共计|本|行政机关|政府信息公开工作|[“”\"《》])*$")


@rule("FMT-02", over="report")
def judge_order(report: Report) -> Iterator[Verdict]:
    """The sections stand in the order of the form under titles known from it; ignores numerals, punctuation and titles
    that run on into prose."""
    form = _form(report)
    printed = [section for section in report.sections if section.number]
    if form is None or len(printed) < 3:
        return
    numbers = [section.number for section in printed]
    known = _known_titles(form.era, configuration.office_folder())
    unknown = [section.title for section in printed
               if section.title and (bare := core(section.title)) and len(bare) <= _LONGEST
               and not any(bare == title or bare.endswith(title) for title in known.get(section.number, ()))]
    missing = [section.number for section in form.sections if section.number not in numbers]
    unknown += [title for number in missing if (title := unknown_heading(report, number))]
    numbers = [number for section in report.sections
               for number in (section.number, *_displaced(section, missing, known)) if number]
    if numbers != sorted(numbers):
        yield Verdict("fail", "order", parameters={"list": [f"section.{number}" for number in numbers],
                                                   "variant": "order"})
    if unknown:
        lost = any("\ufffd" in title or "□" in title for title in unknown)
        yield Verdict("uncertain" if lost else "fail", "titles", reason="lost_characters" if lost else "",
                      parameters={"list": [f"“{title.strip()}”" for title in unknown]})
    if numbers == sorted(numbers) and not unknown:
        yield Verdict("pass", "titles")


def _displaced(section: Section, missing: list[int], known: dict[int, set[str]]) -> list[int]:
    """Sections not found as such whose exact title stands, numbered, inside this one: out of its order, or reading
    would have begun a section there."""
    if not missing:
        return []
    lines = {core(line) for line in section.text.splitlines() if _NUMBERED.match(line.strip())}
    return [number for number in missing if known[number] & lines]


@rule("FMT-03", over="report")
def judge_count(report: Report) -> Iterator[Verdict]:
    """A sentence such as 由…六部分组成 counts the titles it lists; ignores how many there ought to be, and
    sentences that list nothing. A piece that is no known title leaves the count open."""
    form = _form(report)
    if form is None:
        return
    for section, sentence in passages.sentences(report, 0, 1):
        found = _COUNTED.search(sentence) if "部分" in sentence or "方面" in sentence else None
        if not found:
            continue
        titles = sorted({core(each.title) for each in report.sections if each.title}.union(
            *_known_titles(form.era, configuration.office_folder()).values()), key=len, reverse=True)
        listed, rest = 0, core(found["between"] + sentence[found.end():])
        for title in titles:
            if title and title in rest:
                listed += rest.count(title)
                rest = rest.replace(title, "|")
        if listed < 2:
            continue
        count = parse_number(found["count"])
        # A piece beside the known titles is one more title where it holds the words of one; else it may be anything.
        pieces = [joined for piece in rest.split("|") if not _LEFT.match(joined := _JOINTS.sub("", piece))]
        listed += sum(_is_title(piece, form) for piece in pieces)
        open_pieces = [piece for piece in pieces if not _is_title(piece, form)]
        parameters = {"phrase": passages.quoted(sentence, *found.span()), "printed": count, "n": listed,
                      "section": section.number}
        if count == listed:
            yield Verdict("pass", "count", parameters=parameters)
        elif open_pieces:
            yield Verdict("uncertain", "count", reason="ambiguous", parameters=parameters)
        else:
            yield Verdict("fail", "count", parameters=parameters)
        return


@functools.lru_cache(maxsize=16)
def _known_titles(era: str, office: Path | None) -> dict[int, set[str]]:
    """The titles of the form's sections by their numbers; another office's folder may hold another form."""
    return {fact.number: {core(title) for title in (fact.title, *fact.variants)} for fact in forms.form(era).sections}


def _is_title(piece: str, form: Form) -> bool:
    return any(all(word in piece for word in words) and not any(word in piece for word in section.without)
               for section in form.sections for words in section.keywords)


def _form(report: Report) -> Form | None:
    era = forms.era_of_year(report.year) if report.year is not None else None
    form = forms.form(era) if era else None
    return form if form and form.sections else None
