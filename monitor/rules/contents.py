"""FMT-10, 11, 12, 14 and YOY-09: do sections 1 and 5 say what they are there for?

Promises: topics are looked for by their words over the whole text, never by headings; a section that was not found or
read in part accuses nobody. Leaves alone: whether the sections are there (structure.py), what they say in numbers
(prose.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from extract.model import Report
from monitor.model import Severity
from monitor.rules import names as bodies
from monitor.rules import passages
from monitor.rules.catalogue import Verdict, rule

_LONG, _SHORT = 1500, 150
"""Characters of section 1: 30号 says 1,000 in principle."""
_LEAST = 30
"""Characters under which section 5 holds no problem and no measure."""
_FORM_SINCE = 2019
"""First report year of the six-part form."""
_GOVERNMENT = re.compile(r"(?:人民政府|[省市县区旗州盟镇乡])$")
_NO_GOVERNMENT = re.compile(r"(?:街道|管委会|管理委员会|开发区|新区|实验区|办公[室厅])$")
_TOWNSHIP = re.compile(r"[镇乡](?:人民政府)?$")
_NOTHING = re.compile(r"^(?:存在的主要问题及改进情况[:：]?)?(?:无|暂无|没有|不涉及|无相关情况|无存在问题)[。.]?$")
_BY_PLACE = re.compile(r"(?:人民政府|政府|办事处|管委会|管理委员会)$")
_CUT_SHORT = re.compile(r"(?=([\u4e00-\u9fff]{2,3}[局委办厅院]))")
_A_NUMBER = re.compile(
    r"\d|[一二两三四五六七八九十百千万]+余?[件条次个场篇份人期家项]|二[〇○零][一二三四五六七八九〇○零]{2}")


@rule("FMT-10", over="report")
def judge_topics(report: Report) -> Iterator[Verdict]:
    """Section 1 speaks of the five topics of the form, by topic words over the whole section; ignores its headings, the
    body's own name (社会保障局 tells nothing of 保障) and sections too short to judge (FMT-14)."""
    section = report.section(1)
    if section is None or _before_form(report) or passages.length(section.text) < _SHORT:
        return
    text = _without_names(passages.plain(section.text), report)
    lacking = [topic.title for topic in passages.phrases().topics if not topic.told(text)]
    yield _told(report, "topics", lacking, None)


@rule("FMT-11", over="report")
def judge_accountability(report: Report) -> Iterator[Verdict]:
    """A government's report tells of assessment, public appraisal and accountability anywhere in its prose; none of the
    three is W, one or two lacking I, townships I. Ignores street offices, management committees and offices."""
    if _before_form(report) or not _is_government(report) or not any(section.text for section in report.prose(1, 5)):
        return
    text = _without_names(passages.said(report), report)
    topics = passages.phrases().accountability
    lacking = [topic.title for topic in topics if not topic.told(text)]
    township = report.roster.get("kind") in ("township", "township_like") or bool(_TOWNSHIP.search(report.body or ""))
    verdict = _told(report, "accountability", lacking, "W" if len(lacking) == len(topics) and not township else "I")
    if lacking and report.section(1) is None:
        # What stands in a section that was not found can't be called lacking.
        verdict.outcome, verdict.reason = "uncertain", "structure"
    yield verdict


def _without_names(text: str, report: Report) -> str:
    """The text without the body's names: 社会保障局 tells nothing of 保障."""
    for name in (report.body or "", *report.roster.get("names", ())):
        for form in (passages.name_of(name), _kind_of(name)) if name else ():
            text = text.replace(form, "") if form else text
    return text


def _kind_of(name: str) -> str:
    """A department's name without the places before it, as prose gives it."""
    name = passages.name_of(name)
    while place := re.match(r"^.{1,8}?[省市县区旗州盟](?=.{4,}$)", name):
        name = name[place.end():]
    return name


def _told(report: Report, subject: str, lacking: list[str], severity: Severity | None) -> Verdict:
    if not lacking:
        return Verdict("pass", subject)
    verdict = Verdict("fail", subject, severity=severity, parameters={"list": lacking, "n": len(lacking)})
    if report.damaged:
        verdict.outcome, verdict.reason = "uncertain", "damaged"
    return verdict


@rule("FMT-12", over="report")
def judge_problems(report: Report) -> Iterator[Verdict]:
    """Section 5 holds at least 30 characters and isn't merely 无; ignores reports without a section 5 (FMT-01)."""
    section = report.section(5)
    if section is None or _before_form(report):
        return
    count = passages.length(section.text)
    verdict = Verdict("pass", "section.5", parameters={"n": count})
    if count < _LEAST or _NOTHING.match(passages.plain(section.text)):
        verdict.outcome = "fail"
        if report.damaged or (count == 0 and not re.search("html|word|wps|opendocument|rtf", report.medium)):
            # An empty section of a PDF or a dump is rather text that went elsewhere.
            verdict.outcome, verdict.reason = "uncertain", "damaged" if report.damaged else "medium"
        elif not count:
            verdict.parameters["variant"] = "empty"
    yield verdict


@rule("FMT-14", over="report")
def judge_length(report: Report) -> Iterator[Verdict]:
    """Section 1 has between 150 and 1,500 characters; ignores blanks and tables."""
    section = report.section(1)
    if section is None or _before_form(report):
        return
    count = passages.length(section.text)
    verdict = Verdict("pass", "section.1", parameters={"n": count})
    if count > _LONG:
        verdict.outcome, verdict.parameters["variant"] = "fail", "long"
    elif count < _SHORT:
        verdict.outcome = "fail"
        if report.damaged or count == 0:
            verdict.outcome, verdict.reason = "uncertain", "damaged" if report.damaged else "structure"
    yield verdict


@rule("YOY-09", over="report")
def judge_own_text(report: Report) -> Iterator[Verdict]:
    """Section 1 names the body or the year, and holds a number; a text that fits any body and any year does neither.
    Ignores sections too short to judge."""
    section = report.section(1)
    if section is None or _before_form(report) or passages.length(section.text) < _SHORT:
        return
    text = passages.plain(section.text)
    names = [passages.name_of(each) for each in (report.body or "", *report.roster.get("names", ())) if each]
    named = str(report.year) in text or any(_names(text, name) for name in names) or "二〇" in text or "二○" in text
    numbered = _A_NUMBER.search(text) is not None
    if named and numbered:
        yield Verdict("pass", "section.1")
        return
    verdict = Verdict("fail", "section.1", parameters={} if not named else {"variant": "no_number"})
    if report.damaged or (not named and not names):
        verdict.outcome, verdict.reason = "uncertain", "damaged" if report.damaged else "structure"
    yield verdict


def _names(text: str, name: str) -> bool:
    """Whether the text names the body as its own prose does: without the places in front (县财政局), a government, a
    street office or a committee by its place (白塔镇), or cut short to some of its characters (市人社局)."""
    places, kind = bodies.split(name)
    if name in text or (places and _BY_PLACE.match(kind) and places[-1] in text):
        return True
    if kind.startswith("人民政府办"):
        return "政府办" in text
    if _BY_PLACE.match(kind):
        return False
    return kind in text or any(
        kind.startswith(short[0]) and _holds(kind, short)
        for found in _CUT_SHORT.findall(text) for short in (found[-3:], found[-4:])) if len(kind) > 2 else False


def _holds(kind: str, short: str) -> bool:
    """Whether every character of `short` stands in `kind`, in this order."""
    left = iter(kind)
    return all(character in left for character in short)


def _before_form(report: Report) -> bool:
    return report.year is None or report.year < _FORM_SINCE


def _is_government(report: Report) -> bool:
    kind = report.roster.get("kind")
    if kind:
        return kind in ("government", "township")
    body = passages.name_of(report.body or "")
    return bool(_GOVERNMENT.search(body)) and not _NO_GOVERNMENT.search(body)
