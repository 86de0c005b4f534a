"""Totals with listed parts, and percentages with the pair they come from.

Promises: parts are taken only from the total's own sentence, with its unit; a sentence that goes on listing after a
full stop is followed only where the parts then add up exactly – doubt never accuses. `exhaustive` is set where the
words say that the list is complete (分别为, 其余). Leaves alone: whether a gap matters (monitor.rules.prose).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from extract.clauses import Quantity, Sentence
from extract.model import Claim

_LISTED = re.compile(r"其中|分别[为是]|包括|包含|含")
_COMPLETE = re.compile(r"分别[为是]")
_OVERLAP = re.compile(r"兼[有具]|同步(?:发布|推送|公开)|重复(?:计|统计)|交叉|一[稿文]多[发投]"
                      r"|同时(?:计入|采用|发布|配)|既[^，。]{1,10}又")
"""A thing may stand under several of the parts: they need not add up."""
_REST = re.compile(r"^(?:其余|剩余|余下)(?:的)?$")
_SUM = re.compile(r"共|总|合计")
_APART = re.compile(
    r"同比|环比|较上|较去|比上|比去|增加|减少|增长|下降|其中|累计|另|此外|去年|平均|每|分别|已|至今|上一?年度?(?!度?结转|度?转结)")
_OWN_VERB = re.compile(
    r"举办|开展|组织|召开|印发|制定|出台|回应|办理|处理|收到|受理|答复|办结|发出|整改|关停|培训|浏览|阅读|点击|关注|粉丝|转发|"
    r"覆盖|涉及|惠及|参与|参加|通过|利用|依托|发布|推送|编发|制作|刊登|公布|回复|解读")
_ORGANISATIONS = re.compile(r"(?:其他|其它|公益|社会|法人|群团|民间)组织")
_PERCENT = re.compile(r"占[^，,。;；\d]*$")
_SHARE_OF_WHOLE = re.compile(r"占(?:比|总|全部|申请|信息|的|数|量|到|为)*$")
"""Words that name no base but the whole of which the part was just told."""
_AMONG = re.compile(r"[^，,。;；\d]{0,14}(?:[，,（(：:]其中|中[，,])[^。;；\d]{0,24}$")
_RATES = (("复议诉讼率", "disputes", "received"), ("复议和诉讼率", "disputes", "received"))


def totals(prose: Sequence[Sentence], known: Sequence[Claim]) -> list[Claim]:
    """Claims of metric total; detail.part_metrics names what each part was read as, "" where as nothing."""
    found = []
    for index, sentence in enumerate(prose):
        following = prose[index + 1] if index + 1 < len(prose) else None
        quantities = sentence.quantities
        for place, _quantity in enumerate(quantities[:-1]):
            claim = _total(sentence, place, following, known)
            if claim is not None:
                found.append(claim)
        across = _across(sentence, prose[index + 1:index + 3])
        if across is not None:
            found.append(across)
        implicit = _implicit(sentence)
        if implicit is not None:
            found.append(implicit)
    return found


def _total(sentence: Sentence, place: int, following: Sentence | None, known: Sequence[Claim]) -> Claim | None:
    whole, rest = sentence.quantities[place], sentence.quantities[place + 1:]
    between = sentence.text[whole.end:rest[0].start]
    marker = _LISTED.search(between)
    if whole.unit == "%" or whole.qualifier or not marker or re.search(r"[。;；]", between) \
            or re.match(r"[^（(]*[）)]", between) \
            or not re.match(r"^[^，,。;；（(：:]{0,16}[，,（(：:]?[^，,。;；（(]{0,6}$", between[:marker.start()]) \
            or re.search(r"另|同比|较上|比上", between[:marker.start()]):
        return None
    bracket = re.search(r"[（(]", between[:marker.start() + 1])
    limit = _closing(sentence.text, whole.end + bracket.start()) if bracket else len(sentence.text)
    parts: list[Quantity] = []
    complete = bool(_COMPLETE.search(between))
    rest_named = False
    for index, quantity in enumerate(rest):
        gap = sentence.text[(rest[index - 1].end if index else whole.end + marker.end()):quantity.start]
        if quantity.start >= limit or quantity.unit != whole.unit or (index and re.search(r"其中|[。;；]|另", gap)):
            break
        if _depth(sentence.text[whole.end + marker.end():quantity.start]) > 0:
            continue  # a part's own parts
        if _APART.search(quantity.left.replace("其中", "", 1).replace("分别", "", 1)) or quantity.qualifier \
                or quantity.value > whole.value:
            break
        parts.append(quantity)
        if _REST.match(quantity.left.replace("其中", "")):
            rest_named = True
            break
    if not parts or (len(parts) < 2 and not following):
        return None
    complete = complete and len(parts) >= 2 and bool(_SUM.search(whole.left))
    values = [quantity.value for quantity in parts]
    last = parts[-1]
    span_end = last.end
    # A list that ends in 其余 is whole: no shorter piece of it counts.
    least = len(parts) if rest_named else 2
    exact = next((count for count in range(least, len(parts) + 1) if sum(values[:count]) == whole.value), 0)
    if exact:
        parts, values, span_end = parts[:exact], values[:exact], parts[exact - 1].end
    elif not complete and not rest_named:
        more = _continued(whole, values, following) if not bracket and last is rest[-1] else None
        if more:
            values = [*values, *more]
        elif len(parts) < 2 or (sum(values) > whole.value and any(_acts(part.left, whole) for part in parts[1:])):
            return None
    elif any(_acts(part.left, whole) for part in parts[1:-1]) and not rest_named:
        return None
    if sum(values) > whole.value and _OVERLAP.search(sentence.text[span_end:]):
        return None
    start = whole.start - len(whole.left)
    metrics = [_metric_at(known, sentence, part) for part in parts]
    return Claim(sentence.text[start:span_end], whole.value, whole.unit, "total", sentence.section,
                 sentence.span(start, span_end), parts=list(values), exhaustive=complete or rest_named,
                 detail={"part_metrics": metrics, "metric": _metric_at(known, sentence, whole)})


def _acts(text: str, whole: Quantity) -> bool:
    """Whether a clause tells of something done that the whole doesn't count; 其他组织 names applicants."""
    return any(verb not in whole.left for verb in _OWN_VERB.findall(_ORGANISATIONS.sub("", text)))


def _across(sentence: Sentence, following: Sequence[Sentence]) -> Claim | None:
    """A total, a full stop, then 其中 and the parts in one or two sentences: only where they add up exactly."""
    if not sentence.quantities or not following or not following[0].text.startswith("其中"):
        return None
    whole, parts = sentence.quantities[-1], list[int | float]()
    if whole.unit == "%" or whole.qualifier or following[0].section != sentence.section:
        return None
    for near in following:
        for quantity in near.quantities:
            if quantity.unit != whole.unit or quantity.qualifier or sum(parts) >= whole.value:
                continue
            parts.append(quantity.value)
    if len(parts) < 2 or sum(parts) != whole.value:
        return None
    start = whole.start - len(whole.left)
    return Claim(sentence.text[start:whole.end], whole.value, whole.unit, "total", sentence.section,
                 sentence.span(start, whole.end), parts=parts, detail={"part_metrics": [""] * len(parts), "metric": ""})


def _continued(whole: Quantity, values: list[int | float], following: Sentence | None) -> list[int | float]:
    """Further parts told after the full stop, only as many as make the sum exact; else none."""
    missing = whole.value - sum(values)
    more: list[int | float] = []
    for quantity in following.quantities if following else ():
        if quantity.unit != whole.unit or quantity.qualifier or missing <= 0:
            return []
        more.append(quantity.value)
        missing -= quantity.value
        if missing == 0:
            return more
    return []


def _implicit(sentence: Sentence) -> Claim | None:
    """"33个部门、9个街道…确定42名": two counts joined by 、 or 和 whose sum stands further on in persons. Made only
    where it holds, since nothing in the words demands it."""
    for first, second in zip(sentence.quantities, sentence.quantities[1:], strict=False):
        joined = re.fullmatch(r"[^，,。;；]{1,10}[、和]", sentence.text[first.end:second.start])
        if not joined or first.unit != second.unit:
            continue
        for third in sentence.quantities:
            if third.start > second.end and third.unit in ("名", "人") and first.value + second.value == third.value:
                start = first.start - len(first.left)
                return Claim(sentence.text[start:third.end], third.value, third.unit, "total", sentence.section,
                             sentence.span(start, third.end), parts=[first.value, second.value],
                             detail={"implicit": True, "part_metrics": ["", ""], "metric": ""})
    return None


def percentages(prose: Sequence[Sentence], known: Sequence[Claim]) -> list[Claim]:
    """Claims of metric percentage where the pair is named, or another share of the same list proves the base.

    detail: numerator, denominators (every base the words allow), decimals (printed places)."""
    found = []
    for index, sentence in enumerate(prose):
        shares: list[tuple[Quantity, Quantity, list[int | float]]] = []
        for place, quantity in enumerate(sentence.quantities):
            if quantity.unit != "%" or quantity.qualifier:
                continue
            claim = _rate(sentence, quantity, known)
            if claim is not None:
                found.append(claim)
            elif place and _PERCENT.search(quantity.left) and sentence.quantities[place - 1].unit != "%":
                part = sentence.quantities[place - 1]
                gap = sentence.text[part.end:quantity.start]
                if re.fullmatch(r"[^，,。;；\d]{0,8}[，,（(、]?[^，,。;；\d]{0,20}", gap):
                    shares.append((quantity, part, _bases(prose, index, part)))
                    if (named := _part_of(sentence, place)) is not None:
                        found.append(named)
        told = {claim.span[1] for claim in found}
        found += [claim for claim in _shares(sentence, shares, prose, index) if claim.span[1] not in told]
    return found


def _part_of(sentence: Sentence, place: int) -> Claim | None:
    """N件，其中…M件，占P%: the whole is told right before its part, so no other base is meant. Any greater number of
    the sentence is allowed beside it."""
    percent, part = sentence.quantities[place], sentence.quantities[place - 1]
    if part.qualifier or not _SHARE_OF_WHOLE.search(percent.left):
        return None
    index = _whole_of(sentence, place - 1)
    if index is None:
        return None
    bases = [other.value for other in sentence.quantities[index::-1]
             if other.unit == part.unit and other.value >= part.value]
    start = part.start - len(part.left)
    return Claim(sentence.text[start:percent.end], percent.value, "%", "percentage", sentence.section,
                 sentence.span(start, percent.end),
                 detail={"numerator": part.value, "denominators": list(dict.fromkeys(bases)),
                         "decimals": places(percent.printed)})


def _whole_of(sentence: Sentence, place: int) -> int | None:
    """Where the whole stands of which the number at `place` is one of the listed parts; None where none is told."""
    part = sentence.quantities[place]
    for index in range(place - 1, -1, -1):
        whole, following = sentence.quantities[index], sentence.quantities[index + 1]
        if _AMONG.match(sentence.text[whole.end:following.start]):
            plain = whole.unit == part.unit and not whole.qualifier and 0 < whole.value >= part.value
            return index if plain else None
        if whole.unit not in (part.unit, "%"):
            return None
    return None


def _shares(sentence: Sentence, shares: list[tuple[Quantity, Quantity, list[int | float]]], prose: Sequence[Sentence],
            index: int) -> list[Claim]:
    """A base counts as named when at least one share of the same paragraph's list fits it."""
    group = [share for near in prose[max(0, index - 8):index + 9] if near.section == sentence.section
             for share in _raw_shares(near)]
    claims = []
    for quantity, part, bases in shares:
        proven = [base for base in bases
                  if any(fits(percent.value, other.value, base, places(percent.printed)) for percent, other in group)]
        if proven:
            start = part.start - len(part.left)
            claims.append(Claim(sentence.text[start:quantity.end], quantity.value, "%", "percentage", sentence.section,
                                sentence.span(start, quantity.end),
                                detail={"numerator": part.value, "denominators": proven,
                                        "decimals": places(quantity.printed)}))
    return claims


def _raw_shares(sentence: Sentence) -> list[tuple[Quantity, Quantity]]:
    pairs = zip(sentence.quantities, sentence.quantities[1:], strict=False)
    return [(percent, part) for part, percent in pairs
            if percent.unit == "%" and part.unit != "%" and _PERCENT.search(percent.left)]


def _bases(prose: Sequence[Sentence], index: int, part: Quantity) -> list[int | float]:
    """Greater counts of the same unit told before the part, in this sentence or the few before it."""
    bases = [quantity.value for near in prose[max(0, index - 8):index] if near.section == prose[index].section
             for quantity in near.quantities if quantity.unit == part.unit and quantity.value > part.value]
    bases += [quantity.value for quantity in prose[index].quantities
              if quantity.unit == part.unit and quantity.start < part.start and quantity.value > part.value]
    return list(dict.fromkeys(bases))


def _rate(sentence: Sentence, quantity: Quantity, known: Sequence[Claim]) -> Claim | None:
    name = next((rate for rate in _RATES if quantity.left.rstrip("为约是达").endswith(rate[0])), None)
    if name is None:
        return None
    start = quantity.start - len(quantity.left)
    place = sentence.span(quantity.start, quantity.end)[0]
    earlier = [claim for claim in known if claim.section == sentence.section and claim.span[0] < place]
    disputes = [claim.value for claim in earlier if claim.metric == "disputes.all"]
    if not disputes:
        both = [[claim.value for claim in earlier if claim.metric == f"disputes.{route}"][-1:]
                for route in ("reconsideration", "litigation")]
        disputes = [sum(value for values in both for value in values)] if all(both) else []
    bases = [claim.value for claim in earlier if claim.metric in ("applications.received", "applications.new",
                                                                  "applications.answered", "applications.handled")]
    if not disputes or not bases:
        return None
    return Claim(sentence.text[start:quantity.end], quantity.value, "%", "percentage", sentence.section,
                 sentence.span(start, quantity.end),
                 detail={"numerator": disputes[-1], "denominators": list(dict.fromkeys(bases)),
                         "decimals": places(quantity.printed), "name": name[0]})


def places(printed: str) -> int:
    """Decimal places a number is printed with."""
    match = re.search(r"\.(\d+)", printed)
    return len(match[1]) if match else 0


def fits(percent: float, numerator: float, denominator: float, decimals: int) -> bool:
    """Whether numerator/denominator gives the percentage, within the larger of 0.1 and one unit of the last place."""
    if not denominator:
        return False
    tolerance = max(0.1, 10.0 ** -decimals)
    return bool(abs(numerator * 100 / denominator - percent) <= tolerance + 1e-9)


def _depth(text: str) -> int:
    """How many brackets are still open at the end of `text`."""
    return len(re.findall(r"[（(]", text)) - len(re.findall(r"[)）]", text))


def _closing(text: str, opening: int) -> int:
    depth = 0
    for place in range(opening, len(text)):
        depth += (text[place] in "（(") - (text[place] in "）)")
        if depth == 0:
            return place
    return len(text)


def _metric_at(known: Sequence[Claim], sentence: Sentence, quantity: Quantity) -> str:
    """Metric under which this very number was read, if any."""
    begin, end = sentence.span(quantity.start, quantity.end)
    return next((claim.metric for claim in known
                 if claim.section == sentence.section and claim.value == quantity.value
                 and claim.metric.startswith("applications.") and claim.span[0] <= begin and claim.span[1] >= end), "")
