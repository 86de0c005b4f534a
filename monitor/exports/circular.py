"""`export circular`: the 通报 of a report year with its four annexes.

Promises: counts are those of `status` and the ledger; a finding is counted only once a person has confirmed it, and a
body is named only for what it left unanswered or unmended past its day – what was mended in time is a number; our own
corrections stand in it. No ranking, no number, no seal: a draft. Leaves alone: sending.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crawler import clock
from monitor import rectification, review, wording
from monitor.exceptions import UsageError
from monitor.exports import letters, reviewed
from monitor.exports.letters import say
from monitor.model import FindingState, Status
from monitor.rules import catalogue
from monitor.session import Session

if TYPE_CHECKING:
    from crawler.roster import Roster
    from monitor.exports.reviewed import Picture
    from monitor.review import StoredFinding
    from monitor.settings import Settings

CATEGORIES = ("timeliness", "completeness", "data", "content", "access")
_REST = (Status.NOT_SEEN, Status.INVALID, Status.UNDATED, Status.WITHDRAWN)


def write(session: Session, year: int, out: Path, *, under: str | None = None, label: str | None = None,
          last: str | None = None, at_most: int = 10, pdf: bool = False, as_json: bool = False) -> None:
    """The circular as a file. `last`: the day of the last circular. Raises UsageError where nothing was judged."""
    from monitor.commands.oversight import reach

    letters.ready(out, ".docx", pdf)
    roster = session.roster()
    try:
        since = date.fromisoformat(last).isoformat() if last else None
    except ValueError:
        raise UsageError(f"--last {last}: write a day like 2026-05-31") from None
    seen = reviewed.picture(session.store(), roster, session.settings, year, reach(roster, under), since)
    if not seen.standings:
        raise UsageError(f"--year {year}: no report of this year is owed or was judged; `nianbao status` shows those "
                         "there are")
    made = context_of(seen, roster, session.settings, reviewed.area(roster, under, label), at_most, since)
    named, lang = to_be_named(seen), session.lang
    letters.write(session, out, "circular", made, pdf=pdf, as_json=as_json, told={
        "year": year, "as_of": seen.as_of, "totals": {**seen.totals.of, "owed": seen.totals.owed,
                                                     "verified": seen.totals.verified,
                                                     "on_time_rate": seen.totals.rate or None},
        "confirmed": len(seen.findings), "named": [each.finding.id for each in named],
        "unreviewed": len(seen.unreviewed), "corrections": len(seen.corrections)},
        lines=[wording.say("circular_told", lang, n=seen.totals.owed, confirmed=len(seen.findings), named=len(named)),
               *([wording.say("circular_unreviewed", lang, n=len(seen.unreviewed))] if seen.unreviewed else [])])


def to_be_named(seen: Picture) -> list[StoredFinding]:
    """Findings a circular names bodies for: told, and unanswered past the day or still there when looked at again."""
    return [each for each in seen.findings if each.state in reviewed.UNANSWERED]


def context_of(seen: Picture, roster: Roster, settings: Settings, area: str, at_most: int = 10,
               since: str | None = None) -> dict[str, Any]:
    """Every field of the template."""
    office = settings.general.office
    named = to_be_named(seen)
    shared = {**letters.common(settings), "year": str(seen.year), "scope": area, "recipients": say("recipients"),
              "as_of": wording.day(seen.as_of[:16], "zh"), "local_basis": _local(seen),
              "deadline": wording.day(rectification.answer_day(clock.today()), "zh"),
              "title": say("circular_title", office=office, year=str(seen.year)) if office
              else say("circular_title_plain", year=str(seen.year))}
    names = reviewed.names_of(roster)
    return {**shared, "overall": overall(seen, area, since),
            "problems": [_problem(category, place, seen, named, names, at_most)
                         for place, category in enumerate(CATEGORIES, 1)],
            "corrections": _corrections(seen.corrections, names),
            "publication": reviewed.listing(seen, roster),
            "issues": [_issue(item, names, roster) for item in _items(named, names)],
            "unanswered": [_unanswered(each, names) for each in named if each.state is FindingState.OVERDUE],
            "objections": [_objection(each, names) for each in seen.objections]}


def _local(seen: Picture) -> str:
    """The local notices that weighed one of the findings, each led by a comma."""
    return "".join(f"、{text}" for text in dict.fromkeys(
        wording.local_notice(each.finding, "zh") for each in seen.findings) if text)


# ---------------------------------------------------------------- the numbers
def overall(seen: Picture, area: str, since: str | None = None) -> str:
    """一、总体情况: the same numbers as `status`, last year's share, the tables, the last round."""
    totals, moved = seen.totals, reviewed.compared(seen.totals, seen.before)
    numbers = {"scope": area, "n": totals.owed, "m": seen.bodies, "x": totals[Status.ON_TIME], "year0": str(
        seen.year - 1), "u": totals[Status.UNVERIFIED], **moved}
    parts = [say("overall_on_time", **numbers) + (
        say("overall_rate_moved", **numbers) if moved["rate0"] else say("overall_rate", **numbers) if moved["rate"]
        else say("overall_small") if totals.owed else "")]
    for key, status in (("overall_rule", Status.LATE_BY_RULE), ("overall_late", Status.LATE),
                        ("overall_missing", Status.MISSING)):
        parts.append(say(key, n=str(totals[status])))
    if rest := reviewed.counted(totals, *_REST):
        parts.append(rest)
    parts.append(say("overall_unverified", u=str(totals[Status.UNVERIFIED])))
    told = say("overall_owed", **numbers) + "；".join(parts) + "。"
    if seen.unreviewed:
        told += say("overall_pending", n=len(seen.unreviewed))
    if seen.read:
        rate = reviewed.share(seen.consistent, seen.read)
        told += say("overall_tables_share" if rate else "overall_tables", t=seen.read, s=seen.consistent, rate2=rate)
    if seen.round.told:
        told += say("overall_round_since" if since else "overall_round", k=seen.round.told,
                    k1=str(seen.round.verified), k3=str(seen.round.explained), k2=str(seen.round.unfinished))
    return told


# ---------------------------------------------------------------- what was found
def _items(found: Sequence[StoredFinding], names: dict[str, str]) -> list[reviewed.Item]:
    by_body: dict[str, list[StoredFinding]] = {}
    for each in found:
        by_body.setdefault(each.finding.body, []).append(each)
    return [item for body, members in by_body.items() for item in reviewed.items(members, names.get(body, body))]


def _category(each: StoredFinding) -> str:
    return str(catalogue.text_of(each.finding.rule).category)


def _problem(category: str, place: int, seen: Picture, named: Sequence[StoredFinding], names: dict[str, str],
             at_most: int) -> dict[str, Any]:
    """One heading of 二、主要问题: first numbers, then at most so many bodies with what was seen."""
    found = [each for each in seen.findings if _category(each) == category]
    states = Counter(each.state for each in found)
    text = say("problem_none") if not found else say(
        "problem_found", n=len(found), m=len({each.finding.body for each in found})) + "".join(
            say(key, n=states[state]) for key, state in (("problem_mended", FindingState.VERIFIED),
                                                         ("problem_explained", FindingState.EXPLAINED))
            if states[state])
    listed = _items([each for each in named if _category(each) == category], names)
    bodies = list(dict.fromkeys(item.first.finding.body for item in listed))
    shown = bodies[:at_most]
    lines = [say("problem_named", body=names.get(body, body), fact="；".join(
        item.fact.rstrip("。") for item in listed if item.first.finding.body == body)) for body in shown]
    if len(bodies) > len(shown):
        lines.append(say("problem_more", n=len(bodies) - len(shown)))
    return {"heading": say("problem_heading", numeral=say("numerals").split()[place - 1],
                           name=say(f"problem_{category}")), "text": text, "lines": lines}


def _corrections(corrections: Sequence[review.Correction], names: dict[str, str]) -> list[str]:
    return [say("correction_line", body=names.get(each.stored.finding.body, each.stored.finding.body),
                item=wording.message(each.stored.finding, "zh", names.get(each.stored.finding.body, "")),
                case=each.stored.number or "—") for each in corrections]


def _issue(item: reviewed.Item, names: dict[str, str], roster: Roster) -> dict[str, str]:
    finding = item.first.finding
    return {"case": item.number, "body": names.get(finding.body, finding.body),
            "category": wording.term("categories", _category(item.first), "zh"), "place": reviewed.place_of(finding),
            "fact": item.fact, "basis": item.basis, "level": wording.term("severities", item.severity, "zh"),
            "state": wording.state_phrase(item.first.state.value, "zh"), "answer": item.first.explanation}


def _unanswered(each: StoredFinding, names: dict[str, str]) -> dict[str, str]:
    return {"case": each.number or "", "body": names.get(each.finding.body, each.finding.body),
            "deadline": wording.day(each.answer_by or "", "zh")}


def _objection(each: StoredFinding, names: dict[str, str]) -> dict[str, str]:
    return {"case": each.number or "", "body": names.get(each.finding.body, each.finding.body),
            "objection": each.explanation, "result": wording.term("states", each.state.value, "zh"),
            "reason": each.decision.reason if each.decision else ""}
