"""DOC-05: does another body's name, or a blank for one, stand where the report's own name should?

Promises: a name counts only where a clause begins with it – as its subject – and only of the same kind of body and of a
place of the same rank; bodies above and below, helping bodies, plates, former names and leading groups are lawful.
Leaves alone: names in titles (titles are routed by the roster), people's names.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator

from extract.model import Report
from monitor.rules import passages
from monitor.rules.catalogue import Verdict, rule

_BLANK = re.compile(
    r"(?<![A-Za-zＸ×＊*])(?:[XxＸｘ×＊*○〇]{2,4}|某某|某(?=[局委办厅镇乡县区市](?:20|信息|政府信息|认真|高度|严格)))(?![A-Za-z0-9＊*]{2})"
    r"(?=(?:省|市|县|区|镇|乡|街道|局|委员会|委(?!托)|办公室|单位|部门|人民政府|管委会)|(?:年|月|日|件|条)(?![以]))")
_SUSPECT = re.compile("[XxＸｘ×＊*○〇某]")
_PLACE = r"(?:自治区|自治州|自治县|自治旗|实验区|开发区|示范区|新区|地区|街道|省|县|(?<!社)区|旗|州|盟|(?<!城)[市镇乡])"
_OWN_PLACE = re.compile(rf"^.{{1,12}}?{_PLACE}(?=.)")
_RANKS = ({"县", "区", "旗", "自治县", "自治旗"}, {"镇", "乡", "街道"}, {"市", "州", "盟", "地区", "自治州"},
          {"省", "自治区"})
_TIME = r"(?:[（(]?[一二三四五六七八九十\d]{1,3}(?:[）)、.．]|是))?(?:20\d\d年(?:度|以来)?|一年来|今年以来|本年度)?"
_LEAD = rf"^{_TIME}(?:现将|本报告由|由|针对|为)?"
_GENERIC = re.compile(r"^(?:各|全|本|我|该|两|外|每|所|辖|邻|多|其|某|上级|市级|省级|县级|区级|兄弟|周边|先进"
                      r"|对|向|与|和|及|赴|到|按|根据|会同|配合)")
_ACTS_HERE = re.compile(r"^(?:20\d\d年|政府信息公开|信息公开|政务公开|认真|严格|高度重视|坚持|积极|按照|深入"
                        r"|全面|扎实|切实|始终|不断|以|共|存在|编制|主动公开|持续|紧紧|围绕|进一步|网站)")
_CLAUSES = re.compile(r"[，,：:]")
_HELPING = re.compile(r"联系|咨询|考察|学习|交流|协助|联合|会同|先进经验|做法|兄弟|案例|典型")


@rule("DOC-05", over="report")
def judge_other_names(report: Report) -> Iterator[Verdict]:
    """No blank such as XX局 and no body of the same kind from another place stands where the report's own name should;
    a person raises it. Ignores bodies above and below, helping bodies, plates, former names, and tables."""
    own = passages.name_of(report.body or "")
    text_there = False
    for section in report.prose(0, *passages.OWN_WORDS):
        text_there = text_there or bool(passages.cut(section.text))
        for sentence in passages.cut(section.text) if _SUSPECT.search(passages.plain(section.text)) else ():
            found = _BLANK.search(sentence)
            if found:
                yield _verdict(report, section.number, "blank", sentence, found.span(), found.group())
    places, kind = split(own)
    for section, sentence in passages.sentences(report, 0, *passages.OWN_WORDS) if places and len(kind) >= 2 else ():
        if kind not in sentence or _HELPING.search(sentence):
            continue
        for clause in _CLAUSES.split(sentence):
            found = _beginning(kind).match(clause) if kind in clause else None
            if found and _foreign(found["place"], found["name"], report, own) \
                    and _ACTS_HERE.match(clause[found.end():]):
                yield _verdict(report, section.number, found["name"], clause, found.span("name"), found["name"])
    # Disputes over a body's own answers are against itself: 针对市财政局申请行政复议 in a county's report was copied.
    for section, sentence in passages.sentences(report, *passages.OWN_WORDS) if places else ():
        for found in _against(kind).finditer(sentence) if kind in sentence else ():
            if not own.endswith(found["name"]):
                yield _verdict(report, section.number, found["name"], sentence, found.span("name"), found["name"])
    if text_there and own:
        yield Verdict("pass", "names")


def _verdict(report: Report, section: int, subject: str, text: str, span: tuple[int, int], other: str) -> Verdict:
    parameters = {"section": section, "phrase": passages.quoted(text, *span), "other": other}
    if subject == "blank":
        parameters["variant"] = "blank"
    doubtful = report.damaged
    return Verdict("uncertain" if doubtful else "fail", f"section.{section}.{subject}", parameters=parameters,
                   reason="damaged" if doubtful else "")


@functools.lru_cache(maxsize=512)
def split(name: str) -> tuple[tuple[str, ...], str]:
    """(places from the highest to the lowest, what is left) of a body's name."""
    places = []
    while (found := _OWN_PLACE.match(name)) and len(name) > found.end():
        places.append(found.group())
        name = name[found.end():]
    return tuple(places), name


@functools.lru_cache(maxsize=2048)
def _against(kind: str) -> re.Pattern[str]:
    return re.compile(
        rf"(?:针对|对)(?P<name>[省市县区]{re.escape(kind)})(?:申请|提起|提出)的?(?:行政)?(?:复议|诉讼)")


@functools.lru_cache(maxsize=2048)
def _beginning(kind: str) -> re.Pattern[str]:
    """Finds names that end as the own one does behind its place, at the beginning of a clause."""
    return re.compile(rf"{_LEAD}(?P<name>(?P<place>[\u4e00-\u9fff]{{0,11}}?{_PLACE}){re.escape(kind)})")


def _foreign(place: str, name: str, report: Report, own: str) -> bool:
    """Whether this place is another one of the own place's rank."""
    if _GENERIC.match(place):
        return False
    known = [own, *(passages.name_of(str(each)) for group in ("names", "above", "plates")
                    for each in report.roster.get(group, ()) or ())]
    core = (split(place + "局")[0] or (place,))[-1]
    # What stands before a place (请与样例市) is no part of it.
    if any(core in each or name in each or core.endswith(split(each)[0][-1:] or ("\0",)) for each in known if each):
        return False
    return len(core) > 2 and _rank(core) is not None and _rank(core) == _rank(split(own)[0][-1])


def _rank(place: str) -> int | None:
    return next((number for number, units in enumerate(_RANKS)
                 if any(place.endswith(unit) for unit in units)), None)
