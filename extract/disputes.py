"""Claims on reconsideration and litigation over disclosure, and on their absence.

Promises and metrics: extract.claims. The clause itself must tie them to disclosure: an office's own caseload is none.
Leaves alone: whether it fits table 4.
"""

from __future__ import annotations

import re

from extract.clauses import Quantity, Sentence
from extract.model import Claim
from extract.statements import (
    ABOUT_DISCLOSURE,
    COMPARISON,
    PART_OF_YEAR,
    claim_of,
    of_others,
    of_this_year,
    say_why,
    speaks_of,
    statement_of,
)

_CASELOAD = re.compile(r"受理|审理|办理|审结|新收|收到|承办|代理|审查|立案|结案|指导|化解|调解")
_RECONSIDERED = re.compile(r"复议")
_SUED = re.compile(r"诉讼|起诉|应诉")
_RESULTS = (("upheld", re.compile(r"维持")), ("corrected", re.compile(r"纠正|纠错")),
            ("pending", re.compile(r"尚未审结|未审结|正在审理|尚在审理|审理中")), ("other", re.compile(r"其他结果")))
_OTHER_RESULT = re.compile(r"撤销|驳回|败诉|胜诉|撤回|终止|审结|确认违法|责令|调解|和解|开庭|应诉率|听证|[一二再]审")
_ALL_UPHELD = re.compile(r"(?:全部|均|都)(?:获得?|被|予以|为|得到)?(?:结果)?维持")
_NO_DISPUTE = re.compile(
    r"(?:未发生过?|没有发生过?|未出现|没有出现|未产生|没有产生|未引发|未引起|未收到过?|没有收到|未接到|未涉及|不存在|未有|没有|未被|无|零)"
    r"(?P<what>[^，,。;；\d]{0,60}?(?:复议|诉讼|起诉)[^，,。;；\d]{0,14}?)(?=[，,。;；]|$)"
    r"|(?P<zero>[^，,。;；\d]{0,40}?(?:复议|诉讼)[^，,。;；\d]{0,10}?)(?:实现|保持)?(?:零发生|均?为(?:零|0)[件起]?)(?=[，,。;；]|$)")
_NOT_ALL = re.compile(
    r"败诉|纠错|纠正|撤销|违法|主动公开|自身原因|本机关原因|我[局办委]原因|过错|审结|上一?年|去年|结转|逾期|超期|"
    r"导致|造成|及时|按时|充分|到位|不当|不及时|不到位|不规范|严格|重大|严重|负面|新增|其他|目前|至今|期间")
_NO_LOSS = re.compile(r"零(?:败诉|纠错)|(?:未发生|未出现|没有|无|未被)[^，,。;；\d]{0,24}?(?:败诉|纠错|纠正)")
_LOSSES = (("none_lost", "败诉"), ("none_corrected", "纠错|纠正"))
_BY_A_COURT = re.compile(
    r"(?:^(?:(?!复议).)*|复议后[^，,。;；]{0,6})(?:诉讼|起诉|法院|判决)[^，,。;；]{0,8}(?:纠错|纠正)")
"""Corrected in a lawsuit, be it one after reconsideration: the reconsideration's own cell tells nothing of it."""
_OWN_FAULT = re.compile(r"自身|主动公开|本机关原因|程序|上一?年|去年")


def disputes(sentence: Sentence, year: int | None) -> list[Claim]:
    """Claims disputes.* of one sentence."""
    if not ABOUT_DISCLOSURE.search(sentence.context):
        return []
    found: list[Claim] = []
    route = ""
    for quantity in sentence.quantities:
        if quantity.unit not in ("件", "起", "宗", "份", "例"):
            continue
        own = _route(quantity.left) or _route(re.split(r"[，,、]", quantity.right)[0])
        if own and not _tied(sentence, quantity):
            continue
        result = next((name for name, pattern in _RESULTS if pattern.search(quantity.left)), "")
        if not own and not (result and route):
            continue
        told = {claim.metric.split(".")[1] for claim in found}
        if not own and result and told & {"reconsideration"} and told - {"reconsideration"}:
            route = "all"  # 复议3件、诉讼2件，其中被纠错1件: of either
        route = own or route
        around = quantity.left if _route(quantity.left) or result else quantity.clause
        instance = re.match(r"[（(][^）)]*[一二再]审", sentence.text[quantity.end:])
        if instance or _OTHER_RESULT.search(around.replace("尚未审结", "").replace("未审结", "")) \
                or COMPARISON.search(quantity.left) or re.search(r"上一?年|去年", quantity.clause) \
                or not of_this_year(sentence, quantity, year) or ("分别" in quantity.left and not result):
            continue
        for name in ("reconsideration", "litigation") if "各" in quantity.left and route == "all" else (route,):
            metric = f"disputes.{name}" + (f".{result}" if result else "")
            found.append(claim_of(sentence, quantity, metric))
    upheld = _ALL_UPHELD.search(sentence.text)
    resolved = any("." in claim.metric.removeprefix("disputes.") for claim in found)
    if upheld and not resolved and _of_all(sentence, upheld, found):
        found += [statement_of(sentence, upheld, claim.metric + ".upheld", claim.value) for claim in found
                  if claim.metric in ("disputes.reconsideration", "disputes.litigation", "disputes.all")]
    for claim in found:
        claim.detail.pop("_end", None)
        claim.detail.pop("_start", None)
    return say_why(found + _dispute_statements(sentence, year), sentence, ABOUT_DISCLOSURE)


def _of_all(sentence: Sentence, upheld: re.Match[str], found: list[Claim]) -> bool:
    """Whether 均维持 speaks of the disputes claimed: of 3件，已审结2件，均维持 it is only the two that were upheld."""
    last = [quantity for quantity in sentence.quantities if quantity.end <= upheld.start()][-1:]
    return any(claim.detail.get("_end") == quantity.end for quantity in last for claim in found)


def _tied(sentence: Sentence, quantity: Quantity) -> bool:
    """Whether the disputes are about disclosure. An office that hears disputes tells its whole caseload in the same
    breath, so beside such a verb the clause itself must say so; a heading alone ties only what befell the body."""
    if ABOUT_DISCLOSURE.search(quantity.clause):
        return True
    if _CASELOAD.search(quantity.clause):
        return False
    lead = sentence.before + sentence.text[:quantity.end] + quantity.right
    return bool(ABOUT_DISCLOSURE.search(lead) or re.search(r"被|引起|引发|提起|因", quantity.clause))


def _route(text: str) -> str:
    if re.search(r"未经复议|直接(?:提起)?(?:行政)?(?:诉讼|起诉)", text):
        return "litigation_direct"
    if re.search(r"复议后|(?<!未)经(?:过)?(?:行政)?复议", text):
        return "litigation_after_reconsideration"
    reconsidered, sued = bool(_RECONSIDERED.search(text)), bool(_SUED.search(text))
    if reconsidered and sued:
        return "all"
    return "reconsideration" if reconsidered else "litigation" if sued else ""


def _dispute_statements(sentence: Sentence, year: int | None) -> list[Claim]:
    said = []
    for match in _NO_DISPUTE.finditer(sentence.text):
        what = match["what"] or match["zero"]
        clause = re.split(r"[，,。;；]", sentence.text[:match.start()])[-1] + what
        if _NOT_ALL.search(clause) or not ABOUT_DISCLOSURE.search(sentence.before + sentence.text) \
                or PART_OF_YEAR.search(clause) or not speaks_of(sentence.text[:match.start()], year) \
                or of_others(sentence.text[:match.start()]):
            continue
        if what.startswith(("法", "论")):  # 无法, 无论
            continue
        routes = [name for name, pattern in (("reconsideration", _RECONSIDERED), ("litigation", _SUED))
                  if pattern.search(what)]
        if (what.startswith("复议") and "直接" in what) or "复议后" in what or "未经复议" in what:
            continue
        said.append(statement_of(sentence, match, "disputes.none", 0, routes=routes))
    for match in _NO_LOSS.finditer(sentence.text):
        told = match.group() + re.split(r"[，,。;；]", sentence.text[match.end():])[0]
        clause = re.split(r"[，,。;；]", sentence.text[:match.start()])[-1] + told
        if not _OWN_FAULT.search(clause) and ABOUT_DISCLOSURE.search(sentence.context) \
                and speaks_of(sentence.text[:match.start()], year) and not of_others(sentence.text[:match.start()]):
            said += [statement_of(sentence, match, f"disputes.{name}") for name, words in _LOSSES
                     if re.search(words, told) and (name == "none_lost" or not _BY_A_COURT.search(told))]
    return said
