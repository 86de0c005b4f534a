"""DOC-04 and DOC-06: what was left in the text from last year's report or from the form.

Promises: a year counts only where a sentence is about it – as the time of its subject – and never in names of
documents, dates, comparisons, carry-overs or accounts of earlier problems. Leaves alone: title and period
(documents.py), texts alike from year to year (similarity.py).
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator

from extract.model import Report
from monitor.rules import passages
from monitor.rules.catalogue import Verdict, rule

_FORM_SINCE = 2019
_QUOTED = re.compile(r"《[^》]*》|[〔［\[][^〕］\]]*[〕］\]]|“[^”]*”|[（(][^（()）]*[)）]")
_ITEM = r"(?:[（(]?[一二三四五六七八九十\d]{1,3}(?:[）)、.．]|是)+[\u4e00-\u9fff]{0,12}?[:：]?)?"
_SUBJECT = (r"(?:我[局委办厅院会区县市省镇乡街处中队单]|街道|局?机关|本[局委办厅院会区县市省镇乡街级机单年]"
            r"|全[区县市省镇乡街局年]|各[级部单区县镇]"
            r"|[\u4e00-\u9fff]{2,12}?(?:局|委员会|办公室|人民政府|管委会|街道|镇|乡)|共|累计|主动公开|通过|收到|受理|认真|坚持|政府信息)")
_ANOTHER_MATTER = re.compile(
    r"比|较|同比|相对|以来|以后|之后|至今|起|上年|往年|历年|以前|此前|结转|问题|整改|不足|反馈|指出|评估|考核|排名|荣获|获评|获得|评为"
    r"|入选|评出|评选|表彰|表扬|归档|本年|今年|跨年|成立|组建|机构改革|批准|印发|出台|制定|修订|施行|实施|建成|启用|上线|开通|计划|规划|至|—|－|-|～|、20\d\d年")
_OF_A_THING = re.compile(
    r"[，,]?(?:共|累计|全年|已|经)?(?:主动公开|公开|发布|收到|受理|办理|答复|认真[^，,。；]{0,6}|通过[^，,。；]{0,6}|坚持)的"
    r"|政府信息公开(?:工作)?(?:年度报告|年报)")
"""2023年受理的2件: the year tells which things are meant, not when the sentence's subject acted."""
_PLAN = (r"(?:度)?[，,]?(?:我们|我[局委办厅院会区县市省镇乡]|本[机单局级][关位]?)?"
         r"(?:将(?=进一步|继续|着力|重点|从|不断|加强|围绕|认真|严格|持续|积极|切实|采取|按照|坚持|通过|努力|着重|深入|大力|加大|全面|做好)|拟(?=采取|从|进一步|重点)|计划(?=从|在|进一步))")
_PUT_INTO = re.compile(r"纳入|作为|列入|列为|融入|贯穿|嵌入|转化|已|了")
_SENTENCE = re.compile(r"[。；\n]")
_STATED = r"年(?:度)?[^，,。；]{0,14}?(?:未|没有|无|不存在|收取|发出|产生|收到|共|不涉及)"


@rule("DOC-04", over="report")
def judge_stale_year(report: Report) -> Iterator[Verdict]:
    """No sentence of sections 1, 5 and 6 speaks of an earlier year as the report's own, no plan in section 5 is for the
    year already over, no statement in section 6 is on last year. Ignores names of documents, comparisons, carry-overs,
    history, earlier problems, plans for next year, and sentences that name the report's year too."""
    year = report.year
    # Before the six-part form the sections hold other things.
    if year is None or year < _FORM_SINCE or not passages.said(report, *passages.OWN_WORDS):
        return
    named, opening, closing, plan, stated = _of_year(year)
    for section in report.prose(*passages.OWN_WORDS):
        hits = []
        for sentence in passages.cut(section.text):
            if "年" not in sentence or not named.search(sentence):
                continue
            text, places = _outside_quotes(sentence)
            found = opening.match(text) or closing.search(text)
            if found and (str(year) in text or _ANOTHER_MATTER.search(text[found.end():][:60])
                          or _OF_A_THING.match(text[found.end():])):
                found = None
            if not found and section.number == 5:
                found = plan.search(text)
                if found and _PUT_INTO.search(re.split(r"[，,]", text[found.end():])[0]):
                    found = None
            if not found and section.number == 6:
                found = stated.search(text)
                if found and (str(year) in text or re.search(r"起|以来|比|较|亦|也|同样|本年|今年", text)):
                    found = None
            if found:
                hits.append(passages.quoted(sentence, places[found.start()], places[found.end() - 1] + 1))
        subject = f"section.{section.number}"
        if not hits:
            yield Verdict("pass", subject)
            continue
        doubtful = report.damaged
        yield Verdict("uncertain" if doubtful else "fail", subject, reason="damaged" if doubtful else "",
                      parameters={"section": section.number, "phrase": hits[0]}, evidence={"phrases": hits})


def _outside_quotes(sentence: str) -> tuple[str, list[int]]:
    """The sentence without names of documents and brackets, and where each character of it stands."""
    inside = {place for found in _QUOTED.finditer(sentence) for place in range(*found.span())}
    places = [place for place in range(len(sentence)) if place not in inside]
    return "".join(sentence[place] for place in places), places


@functools.lru_cache(maxsize=64)
def _of_year(year: int) -> tuple[re.Pattern[str], ...]:
    """One of the years at all, or a bracket whose removal might bring its digits together; an earlier year as the time
    of a subject, as an end of the period; the own year in a plan; last year stated."""
    earlier = "|".join(str(year - back) for back in (1, 2, 3))
    return (re.compile(rf"{year}|{earlier}|[《〔［\[“（(]"),
            re.compile(rf"{_ITEM}(?:我[局委办厅院会镇乡县区市街]|本(?:机关|单位|局))?(?:在)?(?:{earlier})年(?:度)?[，,]?(?={_SUBJECT})"),
            re.compile(rf"截[至止](?:{earlier})年(?:12月31日|年?底|年?末)"),
            re.compile(rf"(?<!\d){year}年{_PLAN}"), re.compile(rf"(?<!\d){year - 1}{_STATED}"))


@rule("DOC-06", over="report")
def judge_instructions(report: Report) -> Iterator[Verdict]:
    """No instruction of the form stands in the prose (填报说明, 保留4位小数, fonts); ignores tables, headings of
    table 2 that a text dump left there, and bodies that tell of instructions they issued themselves."""
    known = passages.phrases()
    hits, any_prose = [], False
    for section in report.prose():
        if not section.text:
            continue
        any_prose = True
        text = passages.plain(section.text)
        for found in passages.find(known.instruction_patterns, text):
            before, behind = _SENTENCE.split(text[:found.start()])[-1], _SENTENCE.split(text[found.start():])[0]
            # An instruction in brackets ends with them: what follows is another clause.
            bracketed = before.count("（") + before.count("(") > before.count("）") + before.count(")")
            around = before + (re.split(r"[）)]", behind)[0] if bracketed else behind)
            header = re.search(r"单位[:：]?万元|收费金额", around)
            if not header and not any(word in around for word in known.instructing):
                hits.append((section.number, passages.quoted(text, *found.span())))
    if hits:
        doubtful = report.damaged
        yield Verdict("uncertain" if doubtful else "fail", "prose", reason="damaged" if doubtful else "",
                      parameters={"section": hits[0][0], "phrase": hits[0][1]},
                      evidence={"phrases": [phrase for _, phrase in hits]})
    elif any_prose:
        yield Verdict("pass", "prose")
