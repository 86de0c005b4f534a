"""TXT-01 to TXT-13: what the prose says in numbers against the tables and against itself. Never above W.

Promises: every claim is compared with a set of allowed readings and passes when any fits; a number of another scope
than the report's weighs no more than a note; a blank, absent or doubtfully read figure accuses nobody. Leaves alone:
what counts as a claim at all (extract.claims).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from extract.model import CONFIDENT, Claim, Report
from extract.totals import fits
from monitor.model import RuleOutcome, Severity
from monitor.rules.catalogue import Verdict, rule

Number = int | float
Reading = tuple[str, ...]
"""Rows to add up, one with "-" before it to subtract; an applications row stands for its total column."""

_NEW, _IN, _DONE, _OUT = "applications.new", "applications.carried_in", "applications.concluded", \
    "applications.carried_out"
_CLOSED = ("applications.closed_uncorrected", "applications.closed_unpaid", "applications.closed_other")
_RECEIVED: tuple[Reading, ...] = ((_NEW,), (_NEW, _IN), (_DONE,), (_DONE, _OUT), (_NEW, "-" + _OUT))
_ANSWERED: tuple[Reading, ...] = ((_DONE,), (_NEW,), (_NEW, "-" + _OUT), (_DONE, *("-" + row for row in _CLOSED)),
                                  (_DONE, "-applications.closed"))
_BLOCKS: dict[str, tuple[Reading, ...]] = {
    "granted": (("granted",), ("granted", "partly_granted")), "partly_granted": (("partly_granted",),),
    "disclosed": (("granted", "partly_granted"),),
    "refused": (("refused_state_secret", "refused_other_law", "refused_security_stability", "refused_third_party",
                 "refused_internal_affairs", "refused_deliberative", "refused_enforcement_file", "refused_inquiry"),),
    "unable": (("unable_not_held", "unable_needs_creation", "unable_unclear"),),
    "declined": (("declined_petition", "declined_duplicate", "declined_publication", "declined_excessive",
                  "declined_reconfirmation"),),
    "closed": (("closed_uncorrected", "closed_unpaid", "closed_other"), ("closed",)),
}
_COLUMNS = ("natural_person", "business", "research", "public_interest", "legal_service", "other_organisation")
_REC, _DIRECT, _AFTER = "disputes.reconsideration", "disputes.litigation_direct", \
    "disputes.litigation_after_reconsideration"
_ROUTES = {"reconsideration": (_REC,), "litigation": (_DIRECT, _AFTER), "litigation_direct": (_DIRECT,),
           "litigation_after_reconsideration": (_AFTER,), "all": (_REC, _DIRECT, _AFTER)}
_USUAL = (frozenset(_RECEIVED[:3]), *(frozenset([(f"{route}.total",), (f"{route}.total", f"-{route}.pending")])
                                     for route in (_REC, _DIRECT, _AFTER)))
"""Readings that the sentence of a failure names; where the words allowed fewer, it names none."""
_NAMES_READINGS = frozenset(("TXT-01", "TXT-04", "TXT-05", "TXT-06", "TXT-07", "TXT-08"))
_AREA = re.compile(r"(?:人民政府|[省市县区州盟旗])$")
_ERA_ROWS = frozenset(("applications.closed", *_CLOSED))
"""Rows that only one era's form has; one that isn't there is not lost."""
_DOCUMENT_ROWS = frozenset(("normative.issued", "normative.repealed", "normative.in_force"))
_APPROXIMATE = 0.1
"""How far above (余, 多) or around (约, 近) an approximate number the table's may lie."""


@dataclass(slots=True)
class _Sum:
    """One reading with its numbers. `open` where a blank counted as 0; `lost` rows of which no cell was found."""

    value: Number = 0
    written: str = ""
    rows: list[str] = field(default_factory=list)
    """Where its terms stand: rows of table 3, figures elsewhere."""
    keys: list[str] = field(default_factory=list)
    open: bool = False
    lost: list[str] = field(default_factory=list)
    sure: bool = True


@rule("TXT-01", "TXT-02", "TXT-03", "TXT-04", "TXT-05", "TXT-10", over="report")
def judge_requests(report: Report) -> Iterator[Verdict]:
    """A number of requests in the prose equals table 3 in one of the readings the words allow; ignores approximate
    numbers that don't fit, and weighs a number of another scope than the report's as a note."""
    for subject, claim in _numbered(report, "applications."):
        name = claim.metric.removeprefix("applications.")
        severity: Severity | None = None
        if name == "none":
            readings: tuple[Reading, ...] = ((_NEW,),)
            rule_id = "TXT-10"
        elif name in ("carried_in", "carried_out"):
            readings, rule_id = ((f"applications.{name}",),), "TXT-02" if name == "carried_in" else "TXT-03"
            if name == "carried_out" and claim.value == 0 and "结" in claim.phrase and "转" not in claim.phrase:
                severity = "I"  # "all dealt with" may leave out what wasn't due yet
        elif name in _BLOCKS:
            rows = _BLOCKS[name]
            if ground := claim.detail.get("row"):
                rows = (*rows, (str(ground),))
            readings, rule_id = tuple(tuple(f"applications.{row}" for row in reading) for reading in rows), "TXT-05"
        elif name == "new":
            readings, rule_id, severity = ((_NEW,),), "TXT-01", "W"
        elif name in ("received", "handled", "answered"):
            readings = _answered(claim) if name == "answered" else _RECEIVED
            rule_id = "TXT-04" if name == "answered" else "TXT-01"
            for also in claim.detail.get("also") or ():
                readings += _answered(claim) if also == "answered" else _RECEIVED
        else:
            continue
        yield _compare(report, claim, rule_id, subject, dict.fromkeys(readings), 3, severity)


@rule("TXT-06", "TXT-07", "TXT-08", "TXT-11", over="report")
def judge_disputes(report: Report) -> Iterator[Verdict]:
    """A number of disputes over disclosure equals table 4 in one of the readings the words allow; ignores caseloads of
    bodies that hear disputes, and clauses on own faults, on proactive disclosure or on last year."""
    for subject, claim in _numbered(report, "disputes."):
        route, _, result = claim.metric.removeprefix("disputes.").partition(".")
        if route == "none":
            named = [cell for each in claim.detail.get("routes") or () for cell in _ROUTES.get(each, ())]
            if named:
                yield _compare(report, claim, "TXT-11", subject, [tuple(f"{cell}.total" for cell in named)], 4)
        elif route in ("none_lost", "none_corrected"):
            lost: tuple[str, ...] = (_DIRECT, _AFTER) if route == "none_lost" else (_REC,)
            yield _compare(report, claim, "TXT-11", subject, [tuple(f"{cell}.corrected" for cell in lost)], 4)
        elif route in _ROUTES:
            cells = _ROUTES[route]
            rule_id = {"reconsideration": "TXT-06", "all": "TXT-08"}.get(route, "TXT-07")
            yield _compare(report, claim, rule_id, subject, _dispute_readings(cells, result), 4)


@rule("TXT-09", over="report")
def judge_normative_documents(report: Report) -> Iterator[Verdict]:
    """A number of normative documents issued, repealed or in force equals table 2; never more than a note, since the
    prose often counts the office's or the site's documents."""
    for subject, claim in _numbered(report, "normative."):
        if claim.metric in _DOCUMENT_ROWS:
            key = claim.metric.replace("normative.", "disclosure.normative_documents.")
            yield _compare(report, claim, "TXT-09", subject, [(key,)], 2, "I")


@rule("TXT-12", over="report")
def judge_percentages(report: Report) -> Iterator[Verdict]:
    """A percentage follows from the pair the words name, within 0.1 or one unit of its last printed place; ignores
    percentages whose base is not told."""
    for subject, claim in _numbered(report, "percentage"):
        numerator, bases = claim.detail.get("numerator"), claim.detail.get("denominators") or []
        bases = [base for base in bases if base]
        if numerator is None or not bases:
            continue
        base = next((base for base in bases if fits(claim.value, numerator, base, claim.detail.get("decimals") or 0)),
                    None)
        shown = bases[0] if base is None else base
        share = round(numerator * 100 / shown, 2)
        yield Verdict(
            _failed(claim) if base is None else "pass", subject, "TXT-12", reason=_doubt(claim, base is None),
            expression=f"{numerator} ÷ {shown} × 100 = {share:g}", left=claim.value, right=share,
            difference=_tidy(claim.value - share),
            parameters={"section": claim.section, "phrase": claim.phrase, "value_text": claim.value,
                        "expr": f"{numerator} ÷ {shown}", "p": f"{share:g}%"},
            evidence=_place(claim))


@rule("TXT-13", over="report")
def judge_totals(report: Report) -> Iterator[Verdict]:
    """Listed parts add up to their total where the list says it is complete, and never exceed it; ignores 其中 that
    names less than the whole, and approximate totals."""
    for subject, claim in _numbered(report, "total"):
        if len(claim.parts) < 2 or claim.qualifier:
            continue
        total = _tidy(sum(claim.parts))
        off = _tidy(total - claim.value)
        written = " + ".join(str(_tidy(part)) for part in claim.parts)
        if off < 0 and not claim.exhaustive:
            continue  # 其中 need not name everything
        verdict = Verdict(
            "pass" if off == 0 else _failed(claim), subject, "TXT-13", reason=_doubt(claim, off != 0),
            expression=f"{claim.value} = {written}", left=claim.value, right=total, difference=off,
            parameters={"section": claim.section, "phrase": claim.phrase, "sum": total, "printed": claim.value,
                        "diff": abs(off)},
            evidence=_place(claim))
        if off:
            _explain(report, claim, total, verdict)
        yield verdict


def _explain(report: Report, claim: Claim, total: Number, verdict: Verdict) -> None:
    """Parts that each equal their own figure and together all open requests: a matter of wording, not of numbers."""
    if _other_scope(report, claim):
        verdict.severity = "I"
    metrics = [str(metric) for metric in claim.detail.get("part_metrics") or ()]
    if not any(metrics) and not str(claim.detail.get("metric", "")).startswith("applications."):
        return
    # Whatever the tables say, requests carried in explain such a gap more often than a slip does.
    verdict.severity = "I"
    opened = _sum(report, (_NEW, _IN))
    if not all(metrics) or opened.lost or opened.value != total:
        return
    rows = {"applications.answered": _DONE, "applications.received": _NEW}
    own = [_sum(report, (rows.get(metric, metric),)) for metric in metrics]
    if all(each.value == part and not each.lost for each, part in zip(own, claim.parts, strict=False)):
        verdict.figures = [*opened.keys, *(key for each in own for key in each.keys)]
        if not opened.open and re.search(r"上一?年|结转.{0,6}含|含.{0,6}结转", claim.phrase):
            verdict.outcome, verdict.severity = "pass", None
            return
        closed = _sum(report, (_DONE, _OUT))
        verdict.parameters |= {"variant": "reconciled", "expr": f"{opened.written} = {closed.written}"}


# ---------------------------------------------------------------- one claim against its readings
def _compare(report: Report, claim: Claim, rule_id: str, subject: str,
             readings: Sequence[Reading] | dict[Reading, None], table: int,
             severity: Severity | None = None) -> Verdict:
    columns = _columns(claim)
    sums: list[_Sum] = []
    fitting = None
    for reading in readings:
        sums.append(each := _sum(report, reading, columns))
        if not each.lost and _agrees(claim, each.value):
            fitting = each
            break
    known = [each for each in sums if not each.lost]
    verdict = Verdict("not_applicable", subject, rule_id, severity, reason="no_figures", evidence=_place(claim))
    if not known:
        return verdict
    # A failure is told by the plainest reading: what the table prints, or a sum of it, but no difference.
    shown = fitting or next((each for each in known if "-" not in each.written), known[0])
    verdict.expression = f"{claim.value} = {shown.written}"
    verdict.left, verdict.right = claim.value, shown.value
    verdict.difference = _tidy(claim.value - shown.value)
    verdict.figures = shown.keys if fitting else list(dict.fromkeys(key for each in known for key in each.keys))
    rows = shown.rows if columns == ("total",) else [f"{row}.{column}" for row in shown.rows for column in columns]
    verdict.parameters = {"section": claim.section, "phrase": claim.phrase, "value_text": claim.value, "table": table,
                          "row": rows if len(rows) > 1 else rows[0], "value_table": shown.value}
    variant = "stated" if claim.value == 0 and not re.search(r"\d", claim.phrase) else ""
    if len(rows) > 1:
        variant += "_several" if variant else "several"
    elif not variant and rule_id in _NAMES_READINGS and not any(usual <= set(readings) for usual in _USUAL):
        variant = "narrow"
    if variant:
        verdict.parameters["variant"] = variant
    verdict.reason = ""
    if fitting:
        verdict.outcome = "pass"
        return verdict
    if claim.qualifier and re.search(r"[约近逾超余多]|左右|以上|不足", claim.qualifier):
        verdict.outcome, verdict.reason = "not_applicable", "ambiguous"
    elif any(each.open for each in sums):
        verdict.outcome, verdict.reason = "uncertain", "blanks"
    elif any(set(each.lost) - _ERA_ROWS for each in sums) or not all(each.sure for each in known) \
            or claim.confidence < CONFIDENT:
        verdict.outcome, verdict.reason = "uncertain", "low_confidence"
    else:
        verdict.outcome = "fail"
        if _other_scope(report, claim):
            verdict.severity = "I"
    return verdict


def _agrees(claim: Claim, value: Number) -> bool:
    if value == claim.value:
        return True
    if re.search(r"[逾超余多]|以上", claim.qualifier):
        return claim.value <= value <= claim.value * (1 + _APPROXIMATE)
    if re.search(r"[约近]|左右|不足", claim.qualifier):
        return abs(value - claim.value) <= claim.value * _APPROXIMATE
    return False


def _sum(report: Report, reading: Reading, columns: Sequence[str] = ("total",)) -> _Sum:
    found = _Sum()
    for signed in reading:
        sign, row = (-1, signed[1:]) if signed.startswith("-") else (1, signed)
        keys = [f"{row}.{column}" for column in columns] if row.startswith("applications.") else [row]
        value: Number | None = None
        for key in keys:
            part = _cell(report, key, found)
            if part is not None:
                value = (value or 0) + part
        if value is None:
            found.lost.append(row)
            continue
        found.value = _tidy(found.value + sign * value)
        found.rows.append(row)
        joint = (" + " if sign > 0 else " - ") if found.written else ""
        found.written += f"{joint}{_tidy(value)}"
    return found


def _cell(report: Report, key: str, found: _Sum) -> Number | None:
    """The cell's number; a blank total's row stands in for it, a blank counts as 0 but leaves the reading open."""
    figure = report.figures.get(key)
    if figure is None or (figure.state in ("absent", "text") and figure.value is None):
        return None
    found.keys.append(key)
    found.sure = found.sure and figure.confidence >= CONFIDENT
    if figure.value is not None:
        return figure.value
    if key.endswith(".total") and key.startswith("applications."):
        row = key.removesuffix("total")
        cells = [report.figures[row + column] for column in _COLUMNS if row + column in report.figures]
        printed = [cell.value for cell in cells if cell.value is not None]
        if printed:
            found.sure = found.sure and all(cell.confidence >= CONFIDENT for cell in cells)
            found.open = found.open or len(printed) < len(cells)
            return _tidy(sum(printed))
    found.open = True
    return 0


def _columns(claim: Claim) -> tuple[str, ...]:
    applicant = str(claim.detail.get("applicant") or "")
    if applicant == "organisations":
        return _COLUMNS[1:]
    return (applicant,) if applicant in _COLUMNS else ("total",)


def _answered(claim: Claim) -> tuple[Reading, ...]:
    """new + carried_in is an answer only where the phrase itself speaks of what was carried in."""
    includes = claim.detail.get("includes_carry_in") or "carried_in" in claim.detail
    return (*_ANSWERED, (_NEW, _IN)) if includes else _ANSWERED


def _dispute_readings(cells: Sequence[str], result: str) -> list[Reading]:
    if result:
        together = tuple(f"{cell}.{result}" for cell in cells)
        return [together, *((cell,) for cell in together if len(together) > 1)]
    totals = tuple(f"{cell}.total" for cell in cells)
    readings: list[Reading] = [totals, (*totals, *(f"-{cell}.pending" for cell in cells))]
    if cells == (_REC,):
        readings.append((f"{_REC}.upheld", f"{_REC}.corrected"))
    elif len(cells) == 2:
        readings += [(total,) for total in totals]
    return readings


# ---------------------------------------------------------------- shared
def _failed(claim: Claim) -> RuleOutcome:
    """A number recognised from pixels accuses nobody."""
    return "fail" if claim.confidence >= CONFIDENT else "uncertain"


def _doubt(claim: Claim, differs: bool) -> str:
    return "low_confidence" if differs and claim.confidence < CONFIDENT else ""


def _numbered(report: Report, prefix: str) -> Iterator[tuple[str, Claim]]:
    """Claims of one kind with a subject that stays the same from run to run: section, metric, which of several."""
    seen: Counter[str] = Counter()
    for claim in report.claims:
        if claim.metric.startswith(prefix):
            name = f"section.{claim.section}.{claim.metric}"
            if applicant := claim.detail.get("applicant"):
                name += f".{applicant}"
            seen[name] += 1
            yield (name if seen[name] == 1 else f"{name}#{seen[name]}"), claim


def _other_scope(report: Report, claim: Claim) -> bool:
    """Whether the clause speaks of another scope than the report; of an unknown one the body's name tells."""
    if not claim.scope or claim.scope == report.scope:
        return False
    if report.scope != "unknown":
        return True
    return (claim.scope == "own") == bool(_AREA.search(report.body or ""))


def _place(claim: Claim) -> dict[str, object]:
    return {"section": claim.section, "span": list(claim.span), "phrase": claim.phrase}


def _tidy(value: Number) -> Number:
    value = round(value, 6)
    return int(value) if float(value).is_integer() else value
