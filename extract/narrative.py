"""Indicators told in the prose (narrative.*) and the stated statistical period.

Promises: every indicator of config/indicators.yaml that one clause says plainly and for the whole year; approximate
numbers (7700余) keep their sign in `raw` and a lower confidence; where the text names several numbers for one
indicator, the first is kept, its confidence says that it is ambiguous, and the claim names the others. Leaves alone:
judging them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from extract.clauses import Quantity, Sentence, sentences
from extract.model import Claim, Figure, Section, Source
from extract.spoken import spoken

_SECTIONS = (1, 2, 5, 6)
_APPROXIMATE, _AMBIGUOUS = 0.8, 0.5
_DATE = r"(?:20\d\d\s*年\s*)?\d{1,2}\s*月\s*\d{1,2}\s*日|20\d\d\.\d{1,2}\.\d{1,2}(?!\d)"
_DASH = r"(?:至|到|—+|－+|-+|–|~|～|止于)"
_PERIOD = re.compile(
    rf"(20\d\d\s*年\s*\d{{1,2}}\s*月\s*\d{{1,2}}\s*日|20\d\d\.\d{{1,2}}\.\d{{1,2}})\s*(?:起|开始)?\s*[，,]?\s*{_DASH}\s*({_DATE})")
_OF_THE_FIGURES = re.compile(
    r"统计|所列|(?:报告|年报|使用|数据)[^，,。；;]{0,10}(?:期限|时限|期间|时段|起止|时间|范围|周期)|(?:报告|年报)(?:反映|涵盖|汇总)")
"""Words before a period that tie it to the report's own figures."""
_STATES_PERIOD = re.compile(r"期限|时限|起止|时间|数据|报告|截止|范围")
"""Words that may as well begin the period of a campaign or a notice: only a whole calendar year is believed them."""
_CALENDAR_YEAR = re.compile(r"(20\d\d)年0?1月0?1日[^\d]{1,4}(?:\1年)?12月31日")
_OTHER_PERIOD = re.compile(
    r"征求|征集|公示|公告|培训|整治|行动|活动|规划|试行|试点|施行|调查|测评|评议|抽查|采集|升级|改版|有效|电子|任期|创建"
    r"|处罚|许可|收费")
_SHOWN_FOR = re.compile(r"公示|展示|查[询阅看]|下载|浏览|获取")


def stated_period(parts: Iterable[Section]) -> str | None:
    """The statistical period as printed, e.g. 2021年1月1日至2021年12月31日; None where none is stated.

    Blanks and breaks inside it are dropped. The preamble is asked first, then section 1 and the others. The period of
    a consultation, a campaign or a plan, or for which the report is on display, is none.
    """
    for section in sorted(parts, key=lambda part: part.number):
        text = re.sub(r"\s+", "", section.text)
        weaker = None
        for match in _PERIOD.finditer(text):
            lead, behind = text[max(0, match.start() - 24):match.start()], text[match.end():match.end() + 24]
            clause = re.split(r"[，,。；;]", lead)[-1]
            if _OTHER_PERIOD.search(clause) or _SHOWN_FOR.search(re.split(r"[，,。；;]", behind)[0]):
                continue
            if _OF_THE_FIGURES.search(re.split(r"[。；;]", lead)[-1]):
                return match.group()
            if _STATES_PERIOD.search(lead) and _CALENDAR_YEAR.match(match.group()):
                weaker = weaker or match.group()
        if weaker:
            return weaker
    return None


@dataclass(slots=True)
class _Told:
    """One indicator with the clause that told it, and what else the text says of it."""

    sentence: Sentence
    quantity: Quantity
    others: list[int | float] = field(default_factory=list)

    @property
    def confidence(self) -> float:
        return _AMBIGUOUS if self.others else _APPROXIMATE if self.quantity.qualifier else 1.0

    def span(self) -> tuple[int, int]:
        return self.sentence.span(self.quantity.start, self.quantity.end)


def narrative(parts: Iterable[Section], year: int | None) -> dict[str, Figure]:
    """Figures narrative.* with the number as printed (`raw`) and its place; keys as in config/indicators.yaml."""
    return {key: Figure(told.quantity.value, "number", told.quantity.printed, told.confidence, Source(span=told.span()))
            for key, told in _collected(parts, year).items()}


def narrative_claims(parts: Iterable[Section], year: int | None) -> list[Claim]:
    """The same as claims: phrase, section and span. detail.others: further numbers the text names for it."""
    claims = []
    for key, told in _collected(parts, year).items():
        quantity = told.quantity
        lead = quantity.left.lstrip("）)、:：")
        start = quantity.start - len(lead)
        end = quantity.end + len(quantity.right[:12])
        claims.append(Claim(
            told.sentence.text[start:end], quantity.value, quantity.unit, key, told.sentence.section,
            told.sentence.span(start, end), qualifier=quantity.qualifier,
            detail={"others": told.others} if told.others else {}))
    return claims


def _collected(parts: Iterable[Section], year: int | None) -> dict[str, _Told]:
    found: dict[str, _Told] = {}
    for sentence in sentences(parts, _SECTIONS):
        for key, quantity in _read(sentence, year):
            if key not in found:
                found[key] = _Told(sentence, quantity)
            elif quantity.value not in (found[key].quantity.value, *found[key].others):
                found[key].others.append(quantity.value)
    return found


def _read(sentence: Sentence, year: int | None) -> Iterator[tuple[str, Quantity]]:
    """Indicators of one sentence. Kinds told after a number (其中微信30个) belong to that number's indicator."""
    kinds_of = ""
    for quantity in sentence.quantities:
        if not _of(sentence, quantity, year):
            continue
        key = _key(quantity)
        kind = _kind(kinds_of, quantity) if kinds_of and not key else ""
        if key:
            kinds_of = key if key in spoken().kinds else ""
        if key or kind:
            yield key or kind, quantity


def _kind(kinds_of: str, quantity: Quantity) -> str:
    for name, pattern in spoken().kinds[kinds_of]:
        if pattern.search(quantity.left) and quantity.unit != "%":
            return f"{kinds_of}.{name}"
    return ""


def _key(quantity: Quantity) -> str:
    if spoken().elsewhere.search(quantity.left):
        return ""
    return next((each.key for each in spoken().indicators
                 if each.told(quantity.left, quantity.printed, quantity.right, quantity.unit)), "")


def _of(sentence: Sentence, quantity: Quantity, year: int | None) -> bool:
    named = re.findall(r"(20\d\d)年", re.sub(r"《[^》]*》|〔\d+〕", "", sentence.text[:quantity.start]))
    return not named or year is None or int(named[-1]) == year
