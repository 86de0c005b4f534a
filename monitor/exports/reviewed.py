"""What papers for others may say: only what a person has found true and what still stands.

Promises: totals are those of `status` and of the ledger, by the same denominators; a status that says something to a
body's disadvantage is told with the body's name only where a person confirmed the finding behind it, else it counts as
pending; objections that are open, false alarms, snoozes and findings that disappeared without proof are left out.
Leaves alone: which words say it (the papers' own modules).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from extract import forms
from monitor import audit, cases, compliance, proofs, records, review, transitions, wording
from monitor.compliance import FEWEST, Totals
from monitor.exports.letters import say
from monitor.model import Finding, FindingState, Standing, Status
from monitor.review import Correction, StoredFinding
from monitor.rules import catalogue

if TYPE_CHECKING:
    from crawler.roster import Roster
    from crawler.store import Store
    from monitor.settings import Settings

BEHIND = {Status.MISSING: frozenset({"PUB-01", "PUB-09"}), Status.LATE: frozenset({"PUB-02"}),
          Status.LATE_BY_RULE: frozenset({"PUB-03"}), Status.WITHDRAWN: frozenset({"PUB-12"})}
"""Statuses to a body's disadvantage, and the rules of whose findings one must be confirmed before it is named."""
SETTLED = frozenset({FindingState.VERIFIED, FindingState.EXPLAINED})
UNANSWERED = frozenset({FindingState.OVERDUE, FindingState.NOT_FIXED})
"""States in which a circular names a body: it was told, its time is over."""
_NOT_SEEN = frozenset({Status.MISSING, Status.NOT_SEEN, Status.UNVERIFIED})
_RELATIONS = frozenset(f"ARI-0{number}" for number in range(1, 7))
_TABLES = ("applications.new.total", "applications.concluded.total")


@dataclass(frozen=True, slots=True)
class Round:
    """What became of findings told before: all of them, verified, explained, the rest."""

    told: int = 0
    verified: int = 0
    explained: int = 0

    @property
    def unfinished(self) -> int:
        return self.told - self.verified - self.explained


@dataclass(slots=True)
class Picture:
    """One year of some bodies as papers may tell it. `findings`: true ones, settled or not; `unreviewed`: standings to
    a body's disadvantage that nobody has confirmed."""

    year: int
    as_of: str
    standings: list[Standing]
    totals: Totals
    before: Totals
    findings: list[StoredFinding] = field(default_factory=list)
    unreviewed: set[tuple[str, str]] = field(default_factory=set)
    read: int = 0
    consistent: int = 0
    round: Round = field(default_factory=Round)
    corrections: list[Correction] = field(default_factory=list)
    objections: list[StoredFinding] = field(default_factory=list)
    objections_open: int = 0

    @property
    def bodies(self) -> int:
        owed = {status.value for status in compliance.OWED}
        return len({each.body for each in self.standings if each.status.value in owed})


def picture(store: Store, roster: Roster, settings: Settings, year: int, bodies: Collection[str] | None = None,
            since: str | None = None) -> Picture:
    """Everything an overview of report year `year` is made of. `since`: the day of the last circular (ISO); what was
    told up to then is the last round, corrections count from then on."""
    view = compliance.view(store, roster, settings, bodies=bodies)
    standings = [each for each in view.standings if each.year == year]
    before = Totals.count(each for each in view.standings if each.year == year - 1)
    made = Picture(year, view.as_of, standings, Totals.count(standings), before)
    with store.read() as connection:
        everything = review.list_findings(connection, bodies=bodies, cleared=True, outcomes=["fail"])
        of_year = [each for each in everything if each.finding.year == year]
        made.findings = [each for each in of_year if stands(each) and may_be_told(each.finding)]
        confirmed = {(each.finding.body, each.finding.scope, each.finding.rule) for each in of_year if stands(each)}
        made.unreviewed = {(each.body, each.scope) for each in standings if each.status in BEHIND and not any(
            (each.body, each.scope, rule) in confirmed for rule in BEHIND[each.status])}
        made.read, made.consistent = _consistent(connection, standings, year)
        made.round = _round(connection, everything, since)
        made.corrections = [each for each in review.corrections(connection, since) if each.letter is not None
                            and (bodies is None or each.stored.finding.body in bodies)]
    disputed = [each for each in of_year if each.decision and each.explanation]
    made.objections = [each for each in disputed if each.state in (
        FindingState.UPHELD, FindingState.PARTLY_ACCEPTED, FindingState.ACCEPTED)]
    made.objections_open = sum(each.state is FindingState.DISPUTED for each in of_year)
    return made


def stands(stored: StoredFinding) -> bool:
    """Whether a person's word that it is true holds and the fault is there still, or was proven to be mended."""
    return stored.state.value in transitions.TRUE and (stored.cleared is None or stored.state is FindingState.VERIFIED)


def may_be_told(finding: Finding) -> bool:
    """Whether it is for letters at all: an issue or a query of the body's own."""
    rule = catalogue.text_of(finding.rule)
    return (finding.outcome == "fail" and finding.severity in ("E", "W") and rule.addressee == "body"
            and not rule.operator_only)


def _consistent(connection: sqlite3.Connection, standings: Sequence[Standing], year: int) -> tuple[int, int]:
    """How many reports' tables were read well enough to check their sums, and in how many every sum holds."""
    era = forms.era_of_year(year)
    if era is None or year < 2019:
        return 0, 0
    reports = {each.report: (each.body, each.scope) for each in standings if each.report}
    read = {reports[row["report"]] for row in records.figure_rows(connection, era, list(reports))
            if all(row[key] is not None for key in _TABLES)}
    wrong = set[tuple[str, str]]()
    for each in review.list_findings(connection, year=year, rules=sorted(_RELATIONS)):
        key = (each.finding.body, each.finding.scope)
        if each.finding.outcome == "uncertain":
            read.discard(key)
        elif each.state.value not in transitions.FALSE_ALARMS:
            wrong.add(key)
    return len(read), len(read - wrong)


def _round(connection: sqlite3.Connection, everything: Iterable[StoredFinding], since: str | None) -> Round:
    told = {step.finding for step in audit.steps(connection, actions=["notify"])
            if since is None or step.at[:10] <= since}
    states = [each.state for each in everything if each.finding.id in told and stands(each)]
    return Round(len(states), states.count(FindingState.VERIFIED), states.count(FindingState.EXPLAINED))


# ---------------------------------------------------------------- numbers in words
def share(part: int, whole: int) -> str:
    """In per cent, e.g. 93.8%; empty under five."""
    return f"{100 * part / whole:.1f}%" if whole >= FEWEST else ""


def compared(now: Totals, before: Totals) -> dict[str, str]:
    """Rates of this year and last, and how they moved; empty where either is not given."""
    if not now.rate or not before.rate:
        return {"rate": now.rate, "rate0": "", "up_down": "", "pp": ""}
    points = round(float(now.rate[:-1]) - float(before.rate[:-1]), 1)
    return {"rate": now.rate, "rate0": before.rate, "up_down": say("up" if points >= 0 else "down"),
            "pp": wording.number(abs(points))}


def counted(totals: Totals, *statuses: Status) -> str:
    """Statuses with their numbers, zeros left out: 逾法定时限公布1份；未见公布2份."""
    return "；".join(say("status_count", status=wording.term("statuses", each.value, "zh"), n=totals[each])
                    for each in statuses if totals[each])


# ---------------------------------------------------------------- findings in words
@dataclass(frozen=True, slots=True)
class Item:
    """Findings of one cause as one point of a letter."""

    together: tuple[StoredFinding, ...]
    severity: str
    text: str
    short: str
    fact: str
    basis: str
    number: str

    @property
    def first(self) -> StoredFinding:
        return self.together[0]


def items(found: Sequence[StoredFinding], name: str, deadline: str = "") -> list[Item]:
    """Points of one body's letter, issues first; findings of one cause are one point."""
    made = []
    for together in cases.together(found, lambda each: each.finding):
        ordered = sorted(together, key=lambda each: "EWI".index(each.finding.severity))
        first = ordered[0].finding
        asked = replace(first, parameters={**first.parameters, "deadline": deadline})
        numbers = list(dict.fromkeys(each.number for each in ordered if each.number))
        bases = list(dict.fromkeys(text for each in ordered if (text := wording.basis(each.finding, "zh"))))
        if len(ordered) == 1:
            fact, short = wording.fact_sentence(first, "zh", name), wording.message(first, "zh", name)
        else:
            fact = short = _case([each.finding for each in ordered], name)
            asked.parameters.pop("cell_hint", None)
        basis = wording.shown(bases, "zh")
        text = "".join((_sentence(fact), say("basis_sentence", basis=basis), wording.request(asked, "zh", name)))
        made.append(Item(tuple(ordered), first.severity, text, short, fact, basis, wording.shown(numbers, "zh")))
    return sorted(made, key=lambda each: "EWI".index(each.severity))


def _sentence(text: str) -> str:
    return text if not text or text.endswith(("。", "。”", "。）")) else f"{text}。"


def _case(found: Sequence[Finding], name: str) -> str:
    """Several findings of one cause in one sentence, as findings and pages tell them too."""
    told = catalogue.catalogue().case
    tables = {each.parameters.get("table") for each in found}
    hint = next((hint for each in found if (hint := wording.values_of(each, "zh").get("cell_hint"))), "")
    return wording.fill(told.zh, {
        "table": wording.parameter("table", tables.pop(), "zh") if len(tables) == 1 else "", "n": str(len(found)),
        "list": "；".join(wording.message(each, "zh", name) for each in found), "cell_hint": hint},
        frozenset({"table", "cell_hint"}))


def place_of(finding: Finding) -> str:
    """Where in the report, or on which page, it is."""
    values = wording.values_of(finding, "zh")
    parts = [values.get(name, "") for name in ("table", "section", "row", "col", "channel")]
    if finding.rule[:3] in ("ARI", "FMT", "YOY") and not any(parts) and finding.subject:
        parts = [wording.place(finding.subject, "zh")]
    return "／".join(dict.fromkeys(part for part in parts if part))


def kept_pages(connection: sqlite3.Connection, finding: Finding) -> dict[str, str]:
    """The page a finding rests on: its address, when it was last seen so, and the first signs of its kept bytes."""
    if finding.report and (row := records.report_row(connection, finding.report)):
        return {"address": str(row["address"]), "seen": wording.day(str(row["last_seen"])[:16], "zh"),
                "kept": str(row["sha256"] or "")[:12]}
    hashes = records.snapshots(connection, proofs.of_finding(connection, finding).fetches)
    seen = finding.parameters.get("t2") or finding.parameters.get("last_seen") or ""
    return {"address": str(finding.parameters.get("url") or finding.evidence.get("address") or ""),
            "seen": wording.day(str(seen)[:16], "zh"),
            "kept": wording.shown([str(each)[:12] for each in hashes[-2:]], "zh")}


# ---------------------------------------------------------------- bodies in words
def names_of(roster: Roster) -> dict[str, str]:
    return {body.id: body.name for body in roster.bodies.values()}


def address_of(roster: Roster, body: str) -> dict[str, str]:
    """How a letter names and addresses a body."""
    known = roster.bodies.get(body)
    return {"body": known.name if known else body, "letter_name": (known.letter_name or known.name) if known else body,
            "you": (known.salutation if known else "") or say("you")}


def area(roster: Roster, under: str | None, label: str | None) -> str:
    """How a paper calls what it is about: as told, the body with those below it, or the whole roster."""
    if label:
        return label
    body = roster.bodies.get(under or "") or (roster.find(under) if under else None)
    return say("area_under", body=body.name) if body else say("area_all")


def listing(picture: Picture, roster: Roster) -> list[dict[str, Any]]:
    """公布情况一览 by row. What nobody has confirmed is told as pending, without day or days late."""
    names = names_of(roster)
    rows = []
    for number, each in enumerate(picture.standings, 1):
        hidden = (each.body, each.scope) in picture.unreviewed
        rows.append({
            "number": str(number), "body": names.get(each.body, each.body),
            "scope": wording.term("scopes", each.scope, "zh", short=True),
            "due": wording.day(each.due, "zh") if each.due else "",
            "published": "" if hidden else wording.day((each.published or "")[:10], "zh"),
            "status": say("pending") if hidden else
            f"{wording.symbol('statuses', each.status.value)} {wording.term('statuses', each.status.value, 'zh')}",
            "days": "" if hidden or not each.days_late else str(each.days_late),
            "address": "" if each.status in _NOT_SEEN else each.address or "",
            "remark": wording.unverified_reason(each.reason, each.outcome, "zh")[0]
            if each.status is Status.UNVERIFIED else ""})
    return rows
