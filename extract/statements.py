"""What every reader of claims asks of a clause: is it a total of the report's own year, whose number is it, where.

Leaves alone: what is counted (applications, disputes, normative).
"""

from __future__ import annotations

import re

from extract.clauses import Quantity, Sentence
from extract.model import Claim

COMPARISON = re.compile(
    r"同比|环比|相比|比上|比去|比20|较上|较去|较20|较前|(?:增加|减少|增长|下降|上升|回落|降低|多|少|净增|提高)了?$")
PART_OF_YEAR = re.compile(
    r"季度|以来|目前|至今|疫情期间|上半年|下半年|(?<!\d)\d{1,2}月份?|每月|当月|每年|历年|近[两三四五几\d]年|年均")
WHOLE_YEAR = re.compile(
    r"(?:自|从)?(?:20\d\d年)?1月1日起?(?:至|到|-|—|－)(?:20\d\d年)?12月31日|(?:20\d\d年)?12月(?:31日|底)|(?:20\d\d)?年底")
CARRIED = re.compile(r"结转|转结|顺延|跨年度?办理|延续[到至]|转[至入到](?=[下次]一?年|20\d\d年)")
_OTHER_YEARS = re.compile(
    r"《[^》]*》|〔\d+〕|[（(][^（()）]*[）)]|20\d\d年度?[^，,。]{0,6}(?:结转|转结)|[至到]20\d\d年")
_OWN_SCOPE = re.compile(
    r"我[局办委厅镇乡院会署]|本(?:局|办|机关|单位|委|厅)|(?:区|县|市|省)?(?:政府)?办公?[室厅](?!主任)|本级机关|机关本级")
_WIDE_SCOPE = re.compile(
    r"全[省市县区州盟旗镇乡]|我[省市县区州]|各(?:级|部门|单位|街道|镇|乡)|全系统|系统内|[区县市]直")

_OTHERS = re.compile(
    r"(?:下属|所属|直属|下设|辖内|局属|委属|[省市县区]属|二级|各|个别|部分|多数|其他)[^，,。;；]{0,8}"
    r"(?:单位|机构|中心|部门|科室|股室|处室|站所|大队|分局|街道|村|社区|学校|医院|乡镇)(?:均|都|全年|本年度?|也)*$"
    r"|(?:去年|上一?年度?|往年|前年)(?:同期)?[^，,。;；]{0,6}$")
_AND_OWN = re.compile(r"(?:我|本)[^，,。;；]{1,6}(?:机关)?(?:[及和与、]|以及)|全[省市县区局镇乡系]")
ABOUT_DISCLOSURE = re.compile(r"信息公开|依申请公开|公开申请|申请公开")

_NOUN_BEHIND = re.compile(
    r"(?:政府|政务|信息|申请|依申请|行政|因|现行有效|有关|关于|规范性|"
    r"(?:予以|部分|不予)公开|无法提供|不予处理|其他处理)")
_PHRASE_TAIL = 20
_WHY = 40
"""Characters of a heading or an earlier sentence that a claim names as the reason for its reading."""


def of_this_year(sentence: Sentence, quantity: Quantity, year: int | None) -> bool:
    """Whether the number is a total of the report's own year."""
    lead = WHOLE_YEAR.sub("", sentence.text[:quantity.start])
    near = lead + quantity.right
    if PART_OF_YEAR.search(near):
        return False
    clause = re.split(r"[，,;；。]", sentence.text[:quantity.start])[-1]
    if "累计" in clause and not re.search(r"全年|本年|年内|当年(?!结转)|年度|20\d\d年", lead):
        return False
    if CARRIED.search(quantity.clause):
        return True
    if re.search(r"去年|上一?年度?", quantity.left):
        return False
    return speaks_of(lead, year)


def speaks_of(lead: str, year: int | None) -> bool:
    """No other year was named last. Years inside 《》 name documents, those beside 结转 where a request came from."""
    bare = _OTHER_YEARS.sub("", lead)
    named = re.findall(r"(20\d\d)年", bare)
    return not named or year is None or int(named[-1]) == year


def of_others(lead: str) -> bool:
    """Whether what follows `lead` is said only of units below, or of the year before."""
    clause = re.split(r"[，,。;；]", lead)[-1]
    return bool(_OTHERS.search(clause)) and not _AND_OWN.search(clause)


def _scope(sentence: Sentence, start: int) -> str:
    """Whose number it is, by the nearest word before it in its own sentence."""
    lead = sentence.text[:start]
    own = max((match.end() for match in _OWN_SCOPE.finditer(lead)), default=-1)
    wide = max((match.end() for match in _WIDE_SCOPE.finditer(lead)), default=-1)
    return "" if own == wide else "own" if own > wide else "consolidated"


def say_why(claims: list[Claim], sentence: Sentence, subject: re.Pattern[str]) -> list[Claim]:
    """The claims of a sentence; where it doesn't name their subject itself, detail.by says whence it was taken: the
    heading it stands under, or the words before it."""
    if not subject.search(sentence.text):
        told = sentence.topic if subject.search(sentence.topic) else sentence.before or sentence.previous
        for claim in claims:
            claim.detail["by"] = told[-_WHY:]
    return claims


def claim_of(sentence: Sentence, quantity: Quantity, metric: str, **detail: object) -> Claim:
    """A claim on a number of a sentence; its phrase is the number with the words that say what it counts."""
    lead = quantity.left.lstrip("）)、:：")
    start = quantity.start - len(lead)
    phrase = lead + quantity.printed
    if metric == "applications.carried_out" or not quantity.left or _NOUN_BEHIND.match(quantity.right):
        phrase += quantity.right[:_PHRASE_TAIL].rstrip("、和及与")
    end = start + len(phrase)
    detail.update(_start=quantity.start, _end=quantity.end)
    among = re.search(r"其中|含|包括", quantity.left)
    return Claim(phrase, quantity.value, quantity.unit, metric, sentence.section, sentence.span(start, end),
                 _scope(sentence, quantity.start), quantity.qualifier or (among.group() if among else ""),
                 detail=detail)


def statement_of(sentence: Sentence, match: re.Match[str], metric: str, value: int | float = 0,
               **detail: object) -> Claim:
    """A claim made without a number (未收到, 全部办结): `value` is what the words mean."""
    return Claim(match.group().strip("，,。;；"), value, "件", metric, sentence.section,
                 sentence.span(match.start(), match.end()), _scope(sentence, match.start()), detail=detail)
