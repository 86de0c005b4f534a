"""Indicators told in the prose (narrative.*) and the stated statistical period.

Promises: one figure per key, only where one clause says it plainly and for the whole year; approximate numbers
(7700余) keep their sign in `raw` and a lower confidence. Leaves alone: judging them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from extract.clauses import Quantity, Sentence, sentences
from extract.model import Figure, Section, Source

_APPROXIMATE = 0.8
_DATE = r"(?:20\d\d\s*年\s*)?\d{1,2}\s*月\s*\d{1,2}\s*日"
_PERIOD = re.compile(
    rf"(20\d\d\s*年\s*\d{{1,2}}\s*月\s*\d{{1,2}}\s*日)\s*(?:起|开始)?\s*[，,]?\s*(?:至|到|—+|－+|-+|–|~|～|止于)\s*({_DATE})")
_STATES_PERIOD = re.compile(r"统计|期限|时限|起止|时间|数据|所列|报告|截止|范围")
_INFORMATION = r"(?:各类|各项|各领域|有关|公安|政务|政府|动态|重点领域)*(?:政府信息|政务信息|信息)"
_KEYS: tuple[tuple[str, frozenset[str], re.Pattern[str]], ...] = (
    ("narrative.website_items", frozenset("条件篇"), re.compile(
        rf"(?:网站|网络平台)[^，,。]{{0,16}}(?:公开|发布|公布)(?:各类)?{_INFORMATION}(?:共|共计|总计)?$")),
    ("narrative.social_media_items", frozenset("条件篇"), re.compile(
        rf"(?:新媒体|公众号|微信|微博|两微)[^，,。]{{0,16}}(?:公开|发布|公布|推送)(?:各类)?{_INFORMATION}(?:共|共计|总计)?$")),
    ("narrative.other_items", frozenset("条件篇"), re.compile(
        rf"其他(?:方式|渠道|途径|形式)[^，,。]{{0,8}}(?:公开|发布|公布){_INFORMATION}(?:共|共计)?$")),
    ("narrative.items_disclosed", frozenset("条件篇"), re.compile(
        rf"(?:主动公开|公开|发布)(?:各类|我[区市县]各级单位|全[区县市])*{_INFORMATION}(?:共|共计|总计)?$")),
    ("narrative.social_accounts", frozenset("个家"), re.compile(
        r"(?:开设|开通|运维|在运维|备案|管理|现有|共有|优化调整为)[^，,。]{0,10}(?:政务新媒体|新媒体账号)?(?:账号)?(?:共计|共)?$")),
    ("narrative.interpretations", frozenset("次条篇个件期份"), re.compile(
        r"(?:政策解读|解读材料|解读信息|解读稿件?)(?:材料|信息|稿件|文件)?(?:共|共计)?$")),
    ("narrative.press_conferences", frozenset("场次"), re.compile(r"新闻发布会(?:共|共计)?$")),
    ("narrative.trainings", frozenset("场次期"), re.compile(
        r"(?:业务|专题|政务公开|信息公开|工作)?培训(?:会|班|活动)?(?:共|共计)?$")),
    ("narrative.staff", frozenset("名人"), re.compile(r"(?:专职|专兼职|兼职)(?:工作)?人员(?:共|共计)?$")),
)
_SOCIAL = re.compile(r"新媒体|公众号")
_ELSEWHERE = re.compile(r"同比|较上|比上|较去|比去|以来|季度|上半年|去年|上一?年|增加|减少|累计|每")
_CLOSED = re.compile(r"关停|注销|整合|撤销|清理|归并")
_SATISFIED = re.compile(r"满意(?:度|率)(?:为|达|达到|达到了|高达)?$")
_LITIGATION_RATE = re.compile(r"复议(?:和|及)?诉讼率(?:为|达|约)?$")


def stated_period(parts: Iterable[Section]) -> str | None:
    """The statistical period as printed, e.g. 2021年1月1日至2021年12月31日; None where none is stated.

    Blanks and breaks inside it are dropped. The preamble is asked first, then section 1 and the others.
    """
    for section in sorted(parts, key=lambda part: part.number):
        text = re.sub(r"\s+", "", section.text)
        for match in _PERIOD.finditer(text):
            if _STATES_PERIOD.search(text[max(0, match.start() - 24):match.start()]):
                return match.group()
    return None


def narrative(parts: Iterable[Section], year: int | None) -> dict[str, Figure]:
    """Figures narrative.*: items_disclosed, website_items, social_media_items, other_items, social_accounts,
    interpretations, press_conferences, trainings, staff (counts), satisfaction, review_litigation_rate (percent)."""
    found: dict[str, Figure] = {}
    for sentence in sentences(parts, (1, 2, 5, 6)):
        for quantity in sentence.quantities:
            key = _key(sentence, quantity)
            if key and key not in found and _of(sentence, quantity, year):
                span = sentence.span(quantity.start, quantity.end)
                found[key] = Figure(quantity.value, "number", quantity.printed,
                                    _APPROXIMATE if quantity.qualifier else 1.0, Source(span=span))
    return found


def _key(sentence: Sentence, quantity: Quantity) -> str:
    left = quantity.left
    if _ELSEWHERE.search(left):
        return ""
    if quantity.unit == "%":
        if _LITIGATION_RATE.search(left):
            return "narrative.review_litigation_rate"
        return "narrative.satisfaction" if _SATISFIED.search(left) else ""
    for key, units, pattern in _KEYS:
        if quantity.unit not in units or not pattern.search(left):
            continue
        if key == "narrative.social_accounts" and _CLOSED.search(left):
            return ""
        if key == "narrative.social_accounts" and not _SOCIAL.search(left) \
                and not quantity.right.startswith(("政务新媒体", "新媒体")):
            continue
        if key == "narrative.items_disclosed" and re.search(r"重点领域|其中|专栏|栏目|微|号|依申请", left):
            continue
        if key == "narrative.interpretations" and re.search(r"视频|图片|图文|图解|文字|其中|会", left):
            continue
        return key
    return ""


def _of(sentence: Sentence, quantity: Quantity, year: int | None) -> bool:
    named = re.findall(r"(20\d\d)年", re.sub(r"《[^》]*》|〔\d+〕", "", sentence.text[:quantity.start]))
    return not named or year is None or int(named[-1]) == year
