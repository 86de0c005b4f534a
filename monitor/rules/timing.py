"""PUB-01 to 04, 06, 07, 12, 14: was the report published, in time, and can it be opened?

Promises: a standing's status decides, never more than it says – a report that couldn't be looked for is nobody's fault
here. Severity of a missing report follows the duty (must E, expected W, voluntary I), also where only a national or
list day exists (townships); but where there is a statutory day it is at most W until that one was found past.
Leaves alone: how a standing is reached (monitor/standing.py), words (config/rules.yaml).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from extract.model import Report
from monitor import dating
from monitor.model import DueDay, Severity, Standing, Status
from monitor.rules.catalogue import Verdict, Watched, rule

_PUBLISHED = (Status.ON_TIME, Status.LATE_BY_RULE, Status.LATE, Status.UNDATED)
_BY_DUTY: dict[str, Severity] = {"must": "E", "expected": "W", "voluntary": "I"}
_PROOF = ("t1", "t2", "runs", "listings", "fetches", "snapshots", "channels", "first_seen", "last_seen")


@rule("PUB-01", over="standing")
def judge_missing(watched: Watched) -> Iterator[Verdict]:
    """The report of the newest due year was not seen in two healthy observations around and after its day; ignores
    older years, and everything that was seen once or couldn't be looked at. Uncertain where the office's report of the
    other scope was found and nobody has said which of the two it is (PUB-18)."""
    standing = watched.standing
    if standing.status in _PUBLISHED:
        yield Verdict("pass")
    if standing.status is not Status.MISSING or not standing.evidence.get("newest", True):
        return
    channels = standing.evidence.get("channels", [])
    asked = watched.around is not None and watched.around.sibling is not None and not watched.around.sibling_settled
    yield Verdict("uncertain" if asked else "fail", severity=_severity(watched), evidence=_proof(standing),
                  reason="other_scope" if asked else "", parameters={
        "t1": standing.evidence["t1"], "t2": standing.evidence["t2"], **_due(standing),
        "days": _days(standing.due, standing.evidence["t2"]), "obligation": _obligation(watched),
        "channel": [channel["name"] for channel in channels], "url": [channel["url"] for channel in channels]})


@rule("PUB-02", "PUB-03", over="standing")
def judge_late(watched: Watched) -> Iterator[Verdict]:
    """The report was published by every day that applies: the statutory one (PUB-02), the national, list or local ones
    (PUB-03); uncertain where its dates stand on both sides of a day, or there are none."""
    standing = watched.standing
    if standing.status not in _PUBLISHED:
        return
    days = watched.obligation.days if watched.obligation else ()
    rules = {"PUB-02": [day for day in days if day.tier == "statutory"],
             "PUB-03": [day for day in days if day.tier != "statutory"]}
    broken = {Status.LATE: "PUB-02", Status.LATE_BY_RULE: "PUB-03"}.get(standing.status)
    doubtful = _doubtful(standing, rules) if standing.status is Status.UNDATED else set()
    for name, applicable in rules.items():
        if name == broken:
            yield Verdict("fail", rule=name, parameters=_lateness(standing), evidence=_dates(standing))
        elif name in doubtful:
            reason = "dates_differ" if standing.reason == "dates_differ" else "no_date"
            yield Verdict("uncertain", rule=name, reason=reason, parameters=_due(standing), evidence=_dates(standing))
        elif applicable and standing.status is not Status.UNDATED and not (
                name == "PUB-03" and standing.status is Status.LATE):
            yield Verdict("pass", rule=name)


@rule("PUB-04", over="report")
def judge_early_date(report: Report) -> Iterator[Verdict]:
    """No report is dated before its year has ended. Where another first-hand date lies after that, or the date lies
    before the year itself, an old page was used again: uncertain."""
    if report.published is None or report.year is None:
        return
    printed = [(each.date, each.source) for each in report.published.all]
    dates = sorted({date.fromisoformat(day[:10]) for day, source in
                    [*printed, (report.published.date, report.published.source)]
                    if source.partition(":")[0] in dating.FIRST_HAND})
    if not dates:
        return
    verdict = Verdict("pass", "published", parameters={"published": report.published.date,
                                                       "date_source": report.published.source})
    ended = date(report.year, 12, 31)
    if dates[0] <= ended:
        verdict.outcome, verdict.parameters["published"] = "fail", dates[0].isoformat()
        if dates[-1] > ended or dates[0].year < report.year:
            verdict.outcome, verdict.reason = "uncertain", "old_page"
    yield verdict


@rule("PUB-06", over="standing")
def judge_empty_column(watched: Watched) -> Iterator[Verdict]:
    """A column found empty on two days after the due day, and never seen filled; one finding a column, addressed to the
    portal's owner; ignores columns that held items before, which is for the operator to look at."""
    standing = watched.standing
    if standing.due is None or not standing.evidence.get("newest", True):
        return
    for column in standing.evidence.get("empty", []):
        times = column["times"]
        if column["filled_before"] or not column["owner"] or times[0][:10] == times[-1][:10]:
            continue
        severity: Severity = "I" if standing.status in _PUBLISHED else _severity(watched)
        yield Verdict("fail", subject=f"{column['portal']}/{column['column']}", severity=severity, parameters={
            "t1": times[0], "t2": times[-1], "channel": column["channel"], "url": column["url"], **_due(standing)},
            evidence={"snapshots": column["snapshots"], "times": times})
    if standing.evidence.get("channels") and not standing.evidence.get("empty"):
        yield Verdict("pass")


@rule("PUB-07", over="standing")
def judge_access(watched: Watched) -> Iterator[Verdict]:
    """The report's page or an attachment could not be opened on two days while its host answered otherwise; ignores
    slowness, challenges and whatever else may be the way there."""
    standing = watched.standing
    for place in standing.evidence.get("unopened", []):
        yield Verdict("fail", subject=place["url"], evidence={"runs": place["runs"], "page": place["page"]},
                      parameters={"t1": place["t1"], "t2": place["t2"], "url": place["url"],
                                  "outcome": place["outcome"]})
    if standing.status in _PUBLISHED and not standing.evidence.get("unopened"):
        yield Verdict("pass")


@rule("PUB-12", over="standing")
def judge_withdrawn(watched: Watched) -> Iterator[Verdict]:
    """A report seen before is in none of two later healthy observations, neither at its address nor elsewhere; a person
    raises it, since a site's move is the usual cause."""
    standing = watched.standing
    if standing.status in _PUBLISHED:
        yield Verdict("pass")
    if standing.status is Status.WITHDRAWN:
        evidence = standing.evidence
        yield Verdict("fail", evidence=_proof(standing), parameters={
            "first_seen": evidence["first_seen"], "last_seen": evidence["last_seen"], "t1": evidence["t1"],
            "t2": evidence["t2"], "url": standing.address})


@rule("PUB-14", over="report")
def judge_images(report: Report) -> Iterator[Verdict]:
    """No table of the report stands as an image only; ignores pictures beside tables that were read as text."""
    images = [table.table for table in report.tables if table.image and not table.found]
    if images:
        yield Verdict("fail", parameters={"where": [f"table.{number}" for number in sorted(set(images))]})
    elif report.damaged and any(not table.found for table in report.tables):
        yield Verdict("uncertain", reason="damaged")
    elif any(table.found for table in report.tables):
        yield Verdict("pass")


# ---------------------------------------------------------------- parts of verdicts
def _severity(watched: Watched) -> Severity:
    """By duty; W at most where a statutory day exists but another day is the one found past."""
    owed = watched.obligation
    by_duty = _BY_DUTY.get(owed.duty if owed else "must", "I")
    statutory = owed is not None and any(day.tier == "statutory" for day in owed.days)
    if by_duty == "E" and statutory and watched.standing.tier != "statutory":
        return "W"
    return by_duty


def _obligation(watched: Watched) -> str:
    """The key by which PUB-01's basis is chosen."""
    if watched.standing.scope == "consolidated":
        return "government"
    return {"national": "township", "list": "listed"}.get(watched.standing.tier or "", "dept")


def _doubtful(standing: Standing, rules: dict[str, list[DueDay]]) -> set[str]:
    """Which of the two rules the report's dates can't settle; without any date the gravest that applies."""
    first_hand = [date.fromisoformat(each["date"][:10]) for each in standing.evidence.get("dates", [])
                  if each["source"].partition(":")[0] in dating.FIRST_HAND]
    split = {name for name, days in rules.items()
             if any(min(first_hand) <= day.day < max(first_hand) for day in days)} if first_hand else set()
    return split or {next((name for name, days in rules.items() if days), "PUB-02")}


def _lateness(standing: Standing) -> dict[str, Any]:
    return {"published": standing.published, "date_source": standing.published_source, "days": standing.days_late,
            **_due(standing)}


def _due(standing: Standing) -> dict[str, Any]:
    return {"due": standing.due.isoformat() if standing.due else None, "tier": standing.tier}


def _dates(standing: Standing) -> dict[str, Any]:
    return {"dates": standing.evidence.get("dates", []), "address": standing.address,
            "first_seen": standing.evidence.get("first_seen")}


def _proof(standing: Standing) -> dict[str, Any]:
    return {name: standing.evidence[name] for name in _PROOF if name in standing.evidence}


def _days(due: date | None, moment: str) -> int | None:
    return (datetime.fromisoformat(moment).date() - due).days if due else None
