"""The information-processing fee of section 6 (and wherever else it is told): notices, charged, collected.

Promises: only amounts that are printed; "未收取" is a claim (processing_fee.none), never a figure 0. A sentence counts
when it speaks of 信息处理费 or of charging for requests. Leaves alone: tariffs and whether the fee is due.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from extract.clauses import Quantity, Sentence, sentences
from extract.model import Claim, Figure, Section, Source

_PROSE = (0, 1, 2, 5, 6)
"""Sections 3 and 4 hold the tables, whose row labels speak of 收费通知 too."""
_FEE = re.compile(
    r"信息处理费|处理费|(?:申请|信息公开)[^。;；]{0,20}(?:收费|收取[^。;；]{0,12}费|费用)|收费通知|缴费通知")
_NONE = re.compile(
    r"(?:未(?!按|经|在)|没有|无|不存在|未发生|未产生)[^，,。;；\d]{0,24}?(?:收取|收费|收到|产生|发出|费用收取|收缴|处理费)[^，,。;；\d]{0,24}")
_NOTICE = re.compile(r"(?:收费|缴费)通知(?:书|单)?")
_COLLECTED = re.compile(r"实收|实际收取|实缴|收缴|已收|到账|入库|实际收缴|收到|上缴|已缴")
_CHARGED = re.compile(r"涉及|应收|收费金额|总金额|金额|共计|合计|收取|核定|需缴|费用")
_EARLIER = re.compile(r"上一?年|去年|以来|季度|标准|每[件页份]|元/|按照|超过|以上部分")


def processing_fee(parts: Iterable[Section]) -> dict[str, Figure]:
    """Figures processing_fee.notices (count), .charged and .collected (元), as far as the prose prints them."""
    found: dict[str, Figure] = {}
    for sentence in sentences(parts, _PROSE):
        if not _FEE.search(sentence.before + sentence.text):
            continue
        for quantity in sentence.quantities:
            key = _key(sentence, quantity)
            if key and key not in found:
                value = round(quantity.value * 10_000, 2) if quantity.unit == "万元" else quantity.value
                span = sentence.span(quantity.start, quantity.end)
                found[key] = Figure(int(value) if float(value).is_integer() else value, "number", quantity.printed,
                                    source=Source(span=span))
    return found


def fee_claims(parts: Iterable[Section]) -> list[Claim]:
    """processing_fee.none where the prose says that no fee was charged."""
    said = []
    for sentence in sentences(parts, _PROSE):
        match = _NONE.search(sentence.text)
        if match and _FEE.search(sentence.before + sentence.text) and re.search(r"费|收费通知", match.group()) \
                and not re.search(r"上一?年|去年", sentence.text[:match.start()]):
            said.append(Claim(match.group(), 0, "元", "processing_fee.none", sentence.section,
                              sentence.span(match.start(), match.end())))
    return said


def _key(sentence: Sentence, quantity: Quantity) -> str:
    """processing_fee.notices, .charged or .collected; empty where the number is none of them."""
    left = quantity.left
    # 收费标准, last year's fee and amounts per item are no sums of the year.
    if _EARLIER.search(left) or quantity.qualifier:
        return ""
    if quantity.unit in ("件", "份", "次", "个", "张", "笔"):
        behind = re.sub(r"^(?:政府)?(?:信息公开)?(?:信息处理费)?", "", quantity.right)
        return "processing_fee.notices" if _NOTICE.search(left) or _NOTICE.match(behind) else ""
    if quantity.unit not in ("元", "万元"):
        return ""
    if _COLLECTED.search(left):
        return "processing_fee.collected"
    if not _FEE.search(left) and not _CHARGED.search(left):
        return ""
    # "收取…费 N 元" says what was taken; an amount that a notice "涉及" is what was asked for.
    lead = re.split(r"应收|通知", sentence.text[:quantity.start])[-1]
    taken = "收取" in lead and not re.search(r"涉及|核定|需缴", left)
    return "processing_fee.collected" if taken else "processing_fee.charged"
