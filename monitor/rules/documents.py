"""DOC-01, 02, 03, 07 and PUB-16: title, stated period, opening and the documents a report cites.

Leaves alone: whether the title is a report's at all (extract.titles), other bodies' names (names.py), text of other
years (leftovers.py).
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from extract import titles
from extract.model import Report
from monitor.rules import passages
from monitor.rules.catalogue import Verdict, rule

_DAY = re.compile(r"(?:(?P<year>\d{1,4})年)?(?P<month>\d{1,2})月(?:(?P<day>\d{1,2})日|底|末)?")
_YEAR_ONLY = re.compile(r"^\D*(?P<year>\d{4})年度?\D*$")
_CHINESE = str.maketrans("〇○零一二三四五六七八九", "000123456789")
_CHINESE_YEAR = re.compile(r"二[〇○零][〇○零一二三四五六七八九]{2}(?=年)")
_LOST = re.compile(r"[\ufffd…]|\.{3}|□")
_OPENING = 3
"""Sentences of section 1 that open the report."""
_NAMED_DOCUMENT = re.compile(r"《[^》]*》|[〔（(\[][^〕）)\]]{0,12}20\d\d[^〕）)\]]{0,12}[〕）)\]]|“[^”]*”")
_DATED = re.compile(r"20\d\d年\d{1,2}月(?:\d{1,2}日)?")
_NAMED_YEAR = re.compile(r"(?<!\d)(20\d\d)年")
_CITED = (("decree", ("492号", re.compile(r"第?492号")), ("711号", re.compile(r"第?711号"))),
          ("format", ("60号", re.compile(r"[〔［\[（(]2019[〕］\])）]第?60号")),
           ("30号", re.compile(r"[〔［\[（(]2021[〕］\])）]第?30号"))))
"""What a report cites: the one replaced and the one in force, each with its number, which every hit holds."""


@functools.lru_cache(maxsize=256)
def _years(title: str) -> tuple[int, ...]:
    return titles.years_of(title)


@rule("DOC-01", over="report")
def judge_title_form(report: Report) -> Iterator[Verdict]:
    """The title reads {body}{year}年政府信息公开工作年度报告; ignores blanks, the width of characters and what a site
    puts behind it. A cut title says nothing."""
    title = titles.normalise(report.title)
    if not title or report.year is None:
        return
    verdict = Verdict("pass", "title", parameters={"phrase": report.title.strip()})
    if not re.fullmatch(rf".{{2,}}{report.year}年政府信息公开工作年度报告", title):
        cut = _LOST.search(report.title) is not None
        verdict.outcome, verdict.reason = ("uncertain", "lost_characters") if cut else ("fail", "")
    yield verdict


@rule("DOC-02", over="report")
def judge_title_years(report: Report) -> Iterator[Verdict]:
    """The title names one year, the report's own; ignores days of publication, document numbers, years in （…公布）."""
    years = _years(report.title)
    if not years or report.year is None:
        return
    parameters = {"phrase": report.title.strip(), "list": [f"{year}年" for year in years]}
    if len(years) > 1:
        yield Verdict("fail", "title", parameters={**parameters, "variant": "two_years"})
    elif years[0] != report.year:
        yield Verdict("fail", "title", parameters=parameters)
    else:
        yield Verdict("pass", "title")


@dataclass(frozen=True, slots=True)
class Period:
    """A stated period; day None where the text ends at the month, at its end (底) or was cut off (`cut`)."""

    start: tuple[int, int, int | None]
    end: tuple[int, int, int | None]
    cut: bool = False


@rule("DOC-03", over="report")
def judge_period(report: Report) -> Iterator[Verdict]:
    """The period the report says it covers is 1 January to 31 December of its year: another starting year is E, another
    end W. A later start within the year suits a body founded in it; lost characters accuse nobody."""
    if report.year is None or not report.period:
        return
    year = report.year
    parameters = {"phrase": re.sub(r"\s+", "", report.period)[:40]}
    found = period_of(report.period)
    if found is None:
        stated = _YEAR_ONLY.match(_plain(report.period))
        if stated and int(stated["year"]) == year:
            yield Verdict("pass", "period", parameters=parameters)
        else:
            yield Verdict("uncertain", "period", parameters=parameters, reason="lost_characters")
    elif found.start[0] != year:
        # A title of two years (DOC-02) doesn't tell which of them is the report's.
        reason = "lost_characters" if not 2000 < found.start[0] < 2100 else \
            "ambiguous" if found.start[0] in _years(report.title) else ""
        yield Verdict("uncertain" if reason else "fail",
                      "period", parameters=parameters, reason=reason)
    elif found.start[1:] not in ((1, 1), (1, None)):
        since = report.roster.get("since")
        founded_before = isinstance(since, int) and since < year
        yield Verdict("fail" if founded_before else "uncertain", "period", severity="W", parameters=parameters,
                      reason="" if founded_before else "ambiguous")
    elif found.end[0] == year and found.end[1] == 12 and found.end[2] in (31, None) and not found.cut:
        yield Verdict("pass", "period", parameters=parameters)
    elif found.cut or not 2000 < found.end[0] < 2100:
        yield Verdict("uncertain", "period", parameters=parameters, reason="lost_characters")
    else:
        yield Verdict("fail", "period", severity="W", parameters=parameters)


@functools.lru_cache(maxsize=256)
def period_of(text: str) -> Period | None:
    """First and last day of a stated period such as 2021年1月1日至12月31日; None where no start can be made out."""
    days = list(_DAY.finditer(_plain(text)))
    if not days or days[0]["year"] is None:
        return None
    start = _parts(days[0], int(days[0]["year"]))
    if len(days) == 1:
        return Period(start, (start[0], 0, None), cut=True)
    last = days[1]
    # 12月3 without 日: the text was cut within the day, and what is left says nothing.
    cut = last["day"] is None and re.match(r"\d", _plain(text)[last.end():]) is not None
    return Period(start, _parts(last, start[0]), cut)


def _parts(day: re.Match[str], year: int) -> tuple[int, int, int | None]:
    return int(day["year"] or year), int(day["month"]), int(day["day"]) if day["day"] else None


def _plain(text: str) -> str:
    """Without blanks, ASCII digits, years in digits; dotted and dashed days written with 年月日."""
    text = re.sub(r"\s+", "", unicodedata.normalize("NFKC", text))
    text = _CHINESE_YEAR.sub(lambda year: "2" + year.group()[1:].translate(_CHINESE), text)
    return re.sub(r"(\d{4})[-./](\d{1,2})[-./](\d{1,2})(?!\d)", r"\1年\2月\3日", text)


# ---------------------------------------------------------------- another year's report under this title
@rule("PUB-16", over="report")
def judge_year_of_content(report: Report) -> Iterator[Verdict]:
    """The stated period and the opening of section 1 don't agree on a year that isn't the title's; ignores reports
    whose period or opening alone is off (DOC-03, DOC-04), and years in names of documents and in dates."""
    named = _years(report.title)
    title_year = named[0] if len(named) == 1 else report.year
    found = period_of(report.period) if report.period else None
    opening = _opening_year(report)
    if title_year is None or found is None or opening is None:
        return
    start = found.start[0]
    if not 2000 < start < 2100:
        yield Verdict("uncertain", "year", reason="lost_characters")
    elif start == opening != title_year and start not in named:
        yield Verdict("fail", "year", left=opening, right=title_year, parameters={
            "phrase": re.sub(r"\s+", "", report.period or "")[:passages.PHRASE], "printed": str(opening),
            "title": str(title_year)})
    else:
        yield Verdict("pass", "year")


def _opening_year(report: Report) -> int | None:
    """The one year that the first sentences of section 1 speak of; None where they name none or several."""
    section = report.section(1)
    if section is None:
        return None
    opening = "。".join(passages.cut(section.text)[:_OPENING])
    years = set(_NAMED_YEAR.findall(_DATED.sub("", _NAMED_DOCUMENT.sub("", opening))))
    return int(years.pop()) if len(years) == 1 else None


# ---------------------------------------------------------------- what it cites
@rule("DOC-07", over="report")
def judge_citations(report: Report) -> Iterator[Verdict]:
    """A report cites the decree and the form in force: not Decree 492 alone, nor, from 2021 on, document 60 of 2019
    alone. Ignores reports that cite neither by number."""
    if report.year is None or report.year < 2019:
        return
    text = passages.said(report)
    for subject, old, new in _CITED[:1 if report.year < 2021 else None]:
        cited, current = (pattern.search(text) if number in text else None for number, pattern in (old, new))
        if cited and not current:
            doubtful = report.damaged
            yield Verdict("uncertain" if doubtful else "fail", subject, reason="damaged" if doubtful else "",
                          parameters={"phrase": passages.quoted(text, *cited.span()), "variant": subject})
        elif cited or current:
            yield Verdict("pass", subject)
