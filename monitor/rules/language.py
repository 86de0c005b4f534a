"""LNG-02, 04, 05: slips of the pen, private data, and characters that reading lost.

Promises: private data are never repeated in full by a finding; characters that were lost are a fault of reading and
accuse nobody. Leaves alone: links on the page, style.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from extract.model import Report
from monitor.rules import passages
from monitor.rules.catalogue import Verdict, rule

_DOUBLED = re.compile(r"([\u4e00-\u9fff]{2,5})\1")
_COUNTING = re.compile(r"^[一二三四五六七八九十两几每逐]|^[^\u4e00-\u9fff]")
_ITEM = re.compile(
    r"(?m)^\s*(?:[一二三四五六七八九十]{1,3}|\d{1,2})[)）]|(?<=[。；;：:，,\s])(?:[一二三四五六七八九十]|\d{1,2})[)）]")
_PAIRS = (("（", "）"), ("《", "》"), ("“", "”"), ("〔", "〕"), ("【", "】"))
_ITEM_ENDS = re.compile(
    r"[)）](?<=[一二三四五六七八九十\d][)）])(?<![（(][一二三四五六七八九十\d][)）])")
"""Told at once: a bracket that may end an item, since no numeral in brackets of its own stands before it."""
_WIDE = tuple(zip("()[]﹝﹞", "（）〔〕〔〕", strict=True))
_IDENTITY = re.compile(
    r"(?<![\dA-Za-z])\d{6}(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx](?![\dA-Za-z])")
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_MOBILE = re.compile(r"(?<![\d.\-])1[3-9]\d{9}(?![\d.])")
_LONG_NUMBER = re.compile(r"[12]\d{10}")
"""Part of every number of either kind."""
_CONTACT = re.compile(r"联系|电话|咨询|热线|监督|传真|邮编|邮箱|地址|受理|查询|来电|拨打")
_LOST = re.compile(r"\ufffd|锟斤拷|烫烫烫|屯屯屯|ï»¿|(?:[ÃÂ][\u0080-\u00bf]){2,}|(?:[äåæçèé][\u0080-\u00bf]{2}){2,}")
_SUSPECT = re.compile("[\ufffd锟烫屯ïÃÂäåæçèé]")
_PHRASES = 3


@rule("LNG-02", over="report")
def judge_slips(report: Report) -> Iterator[Verdict]:
    """Sections 1, 5 and 6 hold no slip of the maintained list, no word printed twice in a row and no bracket left open;
    ignores damaged documents, enumerations such as 1）, and words that may stand twice."""
    sections = [section for section in report.prose(*passages.OWN_WORDS) if section.text]
    if not sections or report.damaged:
        return
    known = passages.phrases()
    found: dict[str, list[str]] = {"slips": [], "doubled": [], "brackets": []}
    for section in sections:
        text = passages.plain(section.text)
        found["slips"] += [hit.group() for hit in passages.find(known.slip_patterns, text)]
        found["doubled"] += [hit.group() for hit in _DOUBLED.finditer(section.text) if not _COUNTING.match(hit[1])
                             and hit.group() not in known.doubled_allowed and not _LOST.search(hit.group())]
        bare = _ITEM.sub("", section.text) if _ITEM_ENDS.search(section.text) else section.text
        for narrow, wide in _WIDE:
            bare = bare.replace(narrow, wide)
        found["brackets"] += [left + right for left, right in _PAIRS if bare.count(left) != bare.count(right)]
    for subject, hits in found.items():
        if hits:
            yield Verdict("fail", subject, parameters={
                "n": len(hits), "variant": subject, "phrase": "、".join(f"“{hit}”" for hit in hits[:_PHRASES])})
        else:
            yield Verdict("pass", subject)


@rule("LNG-04", over="report")
def judge_private_data(report: Report) -> Iterator[Verdict]:
    """No identity-card number and no private mobile number stands in the prose; ignores the contact line, whose phones
    are published on purpose, and numbers whose check digit is wrong."""
    hits: list[tuple[str, int, str]] = []
    for section, sentence in passages.sentences(report):
        if not _LONG_NUMBER.search(sentence):
            continue
        hits += [("identity", section.number, hit.group()) for hit in _IDENTITY.finditer(sentence)
                 if _checks(hit.group())]
        if not _CONTACT.search(sentence):
            hits += [("mobile", section.number, hit.group()) for hit in _MOBILE.finditer(sentence)]
    for kind in ("identity", "mobile"):
        of_kind = [(place, number) for each, place, number in hits if each == kind]
        if of_kind:
            place, number = of_kind[0]
            doubtful = report.damaged
            yield Verdict("uncertain" if doubtful else "fail", kind, reason="damaged" if doubtful else "", parameters={
                "section": place, "n": len(of_kind), "phrase": f"{number[:3]}…{number[-2:]}", "variant": kind})
        elif any(each.text for each in report.sections):
            yield Verdict("pass", kind)


def _checks(number: str) -> bool:
    """Whether the eighteenth digit of an identity number follows from the others (GB 11643)."""
    total = sum(int(digit) * weight for digit, weight in zip(number, _WEIGHTS, strict=False))
    return "10X98765432"[total % 11] == number[-1].upper()


@rule("LNG-05", over="report")
def judge_lost_characters(report: Report) -> Iterator[Verdict]:
    """No character of title and prose was lost in decoding; where one was, reading is at fault: always uncertain."""
    texts = [report.title, *(section.title + section.text for section in report.sections)]
    if any(_SUSPECT.search(text) and _LOST.search(text) for text in texts):
        yield Verdict("uncertain", "text", reason="lost_characters")
    elif report.sections:
        yield Verdict("pass", "text")
