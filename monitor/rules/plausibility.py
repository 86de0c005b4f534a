"""ARI-08 and ARI-13 to 18: figures that hold together but are worth a second look.

Promises: notes, not accusations (ARI-08 is W); a figure that wasn't printed or was read with doubt proves nothing.
Leaves alone: the form's sums (identities.py), other years (years.py).
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Sequence

from extract.model import Report
from monitor.rules import passages
from monitor.rules.catalogue import Verdict, rule

Number = int | float
_NEW, _IN, _DONE, _OUT = (f"applications.{row}.total" for row in ("new", "carried_in", "concluded", "carried_out"))
_DISPUTES = ("disputes.reconsideration.total", "disputes.litigation_direct.total",
             "disputes.litigation_after_reconsideration.total")
_CLOSED = ("applications.closed_uncorrected.total", "applications.closed_unpaid.total",
           "applications.closed_other.total", "applications.closed.total")
_FEE, _CHARGED, _COLLECTED = "disclosure.fees.amount", "processing_fee.charged", "processing_fee.collected"
_YUAN = 10_000
_ROUNDING = 0.00005
"""The fee is printed in 万元 to four decimals."""
_COUNTY = re.compile(r"(?:县|(?<!新)(?<!验)(?<!发)(?<!范)(?<!治)(?<!地)区|旗)(?:人民)?(?:政府)?$")
_BELOW = re.compile(r"[镇乡](?:人民政府)?$|街道(?:办事处)?$")
_DEPARTMENT = re.compile(r"(?:局|委员会|厅|办公室|中心|大队|支队)$")
_OFFICE = re.compile(r"(?:人民)?政府办(?:公[室厅])?$")
_DENIED = re.compile(r"(?:未|没有|无|不存在)[^，,。；]{0,14}(?:收费通知|缴费通知|缴款通知)")
_MENTIONED = re.compile(r"收费|缴费|收取|处理费|通知")


@rule("ARI-08", over="report")
def judge_rulemaking(report: Report) -> Iterator[Verdict]:
    """A body without power to make regulations (county level and below; departments of cities and provinces) counts
    none; ignores bodies of which neither roster nor name tells."""
    keys = _regulations(tuple(report.figures))
    counted = [key for key in keys if (report.figures[key].value or 0) > 0]
    power = _may_make_rules(report)
    if power is None or not any(report.figures[key].value is not None for key in keys):
        return
    if power or not counted:
        yield Verdict("pass", "regulations")
        return
    yield _sure(report, Verdict("fail", "regulations", figures=counted, parameters={
        "table": 2, "list": counted, "printed": max(report.value(key) or 0 for key in counted)}))


@functools.lru_cache(maxsize=64)
def _regulations(keys: tuple[str, ...]) -> tuple[str, ...]:
    # Most reports have the same figures.
    return tuple(key for key in keys if key.startswith("disclosure.regulations."))


def _may_make_rules(report: Report) -> bool | None:
    facts = report.roster
    if facts.get("rulemaking"):
        return True
    level, kind = facts.get("level"), facts.get("kind")
    if level in ("county", "township"):
        return False
    if level in ("prefecture", "province"):
        return kind in ("government", "government_office", "corps")
    if level:
        return None
    body = passages.name_of(report.body or "")
    if _COUNTY.search(body) or _BELOW.search(body):
        # 区 may be an autonomous region, or a district that makes rules for itself: only a place above it tells.
        return False if "县" in body or _BELOW.search(body) or re.search(r"[市州].+区", body) else None
    if _OFFICE.search(body):
        return False if _COUNTY.search(_OFFICE.sub("", body)) else None
    return False if _DEPARTMENT.search(body) and re.search(r"[市县区].+", body) else None


@rule("ARI-13", over="report")
def judge_fee_within_fees(report: Report) -> Iterator[Verdict]:
    """The processing fee collected (元 ÷ 10 000) is no more than all administrative fees of table 2; it is one of them,
    but often left out there."""
    collected, fees = report.value(_COLLECTED), report.value(_FEE)
    if collected is None or fees is None:
        return
    share = round(collected / _YUAN, 6)
    verdict = Verdict("pass" if share <= fees + _ROUNDING else "fail", "processing_fee",
                      expression=f"{fees:g} ≥ {collected:g} ÷ {_YUAN}", left=fees, right=share,
                      difference=round(fees - share, 6), figures=[_COLLECTED, _FEE],
                      parameters={"collected": collected, "printed": fees})
    yield _sure(report, verdict)


@rule("ARI-14", over="report")
def judge_tariff(report: Report) -> Iterator[Verdict]:
    """The processing fee charged, else collected, is a multiple of 10 元, as every rate of the tariff is."""
    key = _CHARGED if report.value(_CHARGED) is not None else _COLLECTED
    fee = report.value(key)
    if fee is None:
        return
    yield _sure(report, Verdict("fail" if fee % 10 else "pass", "processing_fee", left=fee, figures=[key],
                                parameters={"printed": fee}))


@rule("ARI-15", over="report")
def judge_unpaid(report: Report) -> Iterator[Verdict]:
    """Where requests were closed since a fee wasn't paid, section 6 doesn't deny that a notice was sent and mentions
    notice or fee; ignores 未收取, which is no contradiction."""
    key = "applications.closed_unpaid.total"
    unpaid, section = report.value(key), report.section(6)
    if unpaid is None or not report.sections:
        return
    if unpaid == 0:
        yield Verdict("pass", "closed_unpaid")
        return
    if section is None:
        yield Verdict("uncertain", "closed_unpaid", figures=[key], parameters={"table": 3}, reason="structure")
        return
    text = passages.plain(section.text)
    denied = _DENIED.search(text)
    if not denied and _MENTIONED.search(text):
        yield Verdict("pass", "closed_unpaid")
        return
    parameters = {"table": 3, "row": "applications.closed_unpaid", "printed": unpaid}
    parameters |= {"phrase": passages.quoted(text, *denied.span())} if denied else {"variant": "silent"}
    yield _sure(report, Verdict("fail", "closed_unpaid", left=unpaid, figures=[key], parameters=parameters))


@rule("ARI-16", over="report")
def judge_disputes(report: Report) -> Iterator[Verdict]:
    """Disputes are at most three times the requests of the year, or fewer than 10; they also arise from elsewhere, and
    from 2024 on reconsideration comes first, so more is only a note."""
    disputes, requests = _sum(report, _DISPUTES), _sum(report, (_NEW, _IN))
    if disputes is None or requests is None:
        return
    verdict = Verdict("pass", "disputes", left=disputes, right=requests, figures=[*_DISPUTES, _NEW, _IN],
                      parameters={"printed": disputes, "sum": requests})
    if disputes >= 10 and disputes > 3 * requests:
        verdict.outcome = "fail"
    yield _sure(report, verdict)


@rule("ARI-17", over="report")
def judge_other_handling(report: Report) -> Iterator[Verdict]:
    """（六）其他处理 is under a fifth of all outcomes, or fewer than 5 cases: offices are asked to watch it."""
    done = report.value(_DONE)
    keys = [key for key in _CLOSED if report.value(key) is not None]
    closed = _sum(report, keys)
    if closed is None or not done:
        return
    verdict = Verdict("pass", "closed", left=closed, right=done, figures=[*keys, _DONE],
                      parameters={"table": 3, "sum": closed, "printed": done, "p": f"{closed * 100 / done:.1f}%"})
    if closed >= 5 and closed * 5 >= done:
        verdict.outcome = "fail"
    yield _sure(report, verdict)


@rule("ARI-18", over="report")
def judge_carried_out(report: Report) -> Iterator[Verdict]:
    """At most a third of the year's new requests are carried out into the next, or fewer than 10."""
    out, new = report.value(_OUT), report.value(_NEW)
    if out is None or new is None:
        return
    verdict = Verdict("fail" if out >= 10 and out * 3 > new else "pass", "carried_out", left=out, right=new,
                      figures=[_OUT, _NEW], parameters={"table": 3, "printed": out, "sum": new})
    yield _sure(report, verdict)


def _sum(report: Report, keys: Sequence[str]) -> Number | None:
    """The sum of figures all of which are printed; None where one isn't."""
    values = [report.value(key) for key in keys]
    if not values or any(value is None for value in values):
        return None
    return sum(value for value in values if value is not None)


def _sure(report: Report, verdict: Verdict) -> Verdict:
    """The verdict, but uncertain where it fails on a figure read with doubt."""
    if verdict.outcome == "fail" and not all(report.figures[key].confident for key in verdict.figures
                                             if key in report.figures):
        verdict.outcome, verdict.reason = "uncertain", "low_confidence"
    return verdict
