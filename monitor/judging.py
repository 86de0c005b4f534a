"""Runs the rules: over one report, over documents, over what changed in the store.

Promises: the one place that holds back doubtful accusations – severity E fails only on figures read with confidence,
or, where it rests on no figure, on a document read whole; findings that another one subsumes are dropped; an
obligation that could not be verified closes no finding. Leaves alone: what rules test (rules/), decisions
(review.py), words (wording.py).
"""

from __future__ import annotations

import hashlib
import json
import re
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast

from crawler import clock
from extract import titles
from extract.model import Report, Scope
from monitor import cases, circumstances, records, review
from monitor.model import Finding, Obligation, Severity, Standing, Status
from monitor.rules import catalogue
from monitor.rules.catalogue import Level, Over, Verdict, Watched, Years

if TYPE_CHECKING:
    from crawler.model import Body
    from crawler.roster import Roster

_REORGANISED = ("merged_into", "split_from", "function_moved")
_LOADED = 400
"""Unpacked records kept at hand; a county's bodies with their years."""
_HIGHEST = 12
"""Names of bodies above that are told to the rules, so that a roster whose parents run in a ring ends."""
_GOVERNMENT = re.compile(r"(?:人民政府|[省市区县州盟旗])$")


@dataclass(slots=True)
class Judgement:
    """What all rules of one kind said. `findings` holds fail and uncertain, worst first; `passed` and `not_applicable`
    are ids of rules; `relations` are the verdicts that passed, with their arithmetic written out."""

    findings: list[Finding] = field(default_factory=list)
    passed: list[str] = field(default_factory=list)
    not_applicable: list[str] = field(default_factory=list)
    relations: list[Verdict] = field(default_factory=list)

    @property
    def uncertain(self) -> list[Finding]:
        return [finding for finding in self.findings if finding.outcome == "uncertain"]


@dataclass(frozen=True, slots=True)
class Named:
    """Under which key findings stand: roster id (else the printed name), scope, year, and the stored report's id."""

    body: str
    scope: Scope
    year: int | None
    report: str | None = None


# ---------------------------------------------------------------- one report, one standing
def judge(report: Report, named: Named | None = None, earlier: Mapping[int, Report] | None = None, *,
          joined: Years | None = None, level: Level | None = None) -> Judgement:
    """Every rule over one report, without database. `named` replaces what the report itself says of body, scope, year;
    the rules then see the report under that scope and year too.

    `earlier`: reports of the same body and scope by year; `joined`: what the roster tells of bodies merged into it
    since last year; `level`: what is held of the bodies below, for consolidated reports.
    """
    if named is None:
        named = Named(report.body or "", report.scope, report.year)
    else:
        report = replace(report, scope=named.scope, year=named.year)
    report = with_claims(report)
    # A report of unknown scope joins no chain: last year's might be another one.
    chain = Years(report)
    if named.scope != "unknown":
        chain = replace(joined or chain, report=report, earlier=earlier or {})
    parts: list[tuple[Over, object]] = [("report", report), ("years", chain)]
    if level is not None:
        parts.append(("levels", replace(level, report=report)))
    return _run(parts, named, report, chain.previous)


def judge_standing(watched: Watched) -> Judgement:
    """Every rule over one obligation as it stands. Of one that could not be looked at, rules tell only what was seen:
    that its column stood empty, or that the page listed for it would not open."""
    standing = watched.standing
    return _run([("standing", watched)], Named(standing.body, standing.scope, standing.year, standing.report))


def with_claims(report: Report) -> Report:
    """The report with what its prose states, for records that carry sections but no claims."""
    if not report.sections or (report.claims and report.period):
        return report
    from extract import claims

    return replace(report, claims=report.claims or claims.find_claims(report.sections, report.year),
                   period=report.period or claims.stated_period(report.sections))


def _run(parts: Sequence[tuple[Over, object]], named: Named, report: Report | None = None,
         previous: Report | None = None) -> Judgement:
    judgement = Judgement()
    said: dict[str, set[str]] = {}
    findings: dict[str, Finding] = {}
    for entry, subject in ((entry, subject) for over, subject in parts for entry in catalogue.rules(over)):
        for each in entry.ids:
            said[each] = set()
        for verdict in entry.judge(subject):
            verdict.rule = verdict.rule or entry.ids[0]
            if verdict.outcome in ("fail", "uncertain"):
                finding = _weigh(verdict, named, report, previous)
                held = findings.get(finding.id)
                if held is None or _rank(finding) < _rank(held):
                    findings[finding.id] = finding
            elif verdict.outcome == "pass" and verdict.expression:
                judgement.relations.append(verdict)
            said[verdict.rule].add(verdict.outcome)
    subsumed = {rule for finding in findings.values() if finding.outcome == "fail"
                for rule in catalogue.text_of(finding.rule).subsumes}
    judgement.findings = cases.group(sorted(
        (finding for finding in findings.values() if finding.rule not in subsumed), key=_rank))
    judgement.passed = sorted(rule for rule, outcomes in said.items() if outcomes - {"not_applicable"} == {"pass"})
    judgement.not_applicable = sorted(rule for rule, outcomes in said.items() if outcomes <= {"not_applicable"})
    return judgement


def _weigh(verdict: Verdict, named: Named, report: Report | None, previous: Report | None) -> Finding:
    text = catalogue.text_of(verdict.rule)
    kind = str(report.roster.get("kind", "")) if report is not None else ""
    severity = verdict.severity or text.severity_for(_scope_weighed(named, report, kind), named.year, kind)
    if report is not None:
        _hold_back(verdict, severity, report, previous)
    return _finding(verdict, text.version, severity, named, report, previous)


def _scope_weighed(named: Named, report: Report | None, kind: str) -> str:
    """A government's report of unknown scope may be the consolidated one, and weighs no more than that."""
    if named.scope != "unknown" or report is None:
        return named.scope
    government = kind == "government" if kind else _GOVERNMENT.search(report.body or "") is not None
    return "consolidated" if government else "unknown"


def _hold_back(verdict: Verdict, severity: Severity, report: Report, previous: Report | None) -> None:
    """Severity E may only fail when every figure it used was read with confidence, and, without figures, when the
    document was read whole; a figure of last year's report must be sure whatever the severity, since two readings meet
    there. A false accusation is the worst fault this product can have."""
    if verdict.outcome != "fail" or (severity != "E" and not verdict.before):
        return
    if verdict.figures or verdict.before:
        if not (_confident(verdict.figures, report) and _confident(verdict.before, previous)):
            verdict.outcome, verdict.reason = "uncertain", "low_confidence"
    elif report.damaged or report.problems:
        verdict.outcome, verdict.reason = "uncertain", "damaged"


def _confident(keys: Iterable[str], report: Report | None) -> bool:
    figures = report.figures if report is not None else {}
    return all(figures[key].confident for key in keys if key in figures)


def _finding(verdict: Verdict, version: int, severity: Severity, named: Named, report: Report | None,
             previous: Report | None) -> Finding:
    evidence = dict(verdict.evidence)
    if report is not None:
        if report.sha256:
            evidence.setdefault("sha256", report.sha256)
        evidence["figures"] = _figures(verdict.figures, report)
    if verdict.before and previous is not None:
        evidence["before"] = {"year": previous.year, "sha256": previous.sha256,
                              "figures": _figures(verdict.before, previous)}
    return Finding(
        rule=verdict.rule, version=version, severity=severity, outcome=cast(Any, verdict.outcome), body=named.body,
        scope=named.scope, year=named.year, subject=verdict.subject, expression=verdict.expression, left=verdict.left,
        right=verdict.right, difference=verdict.difference, figures=list(verdict.figures),
        parameters=dict(verdict.parameters), evidence=evidence, reason=verdict.reason, report=named.report)


def _figures(keys: Iterable[str], report: Report) -> dict[str, Any]:
    return {key: report.figures[key].to_record() for key in keys if key in report.figures}


def _rank(finding: Finding) -> tuple[bool, int, str, str]:
    return finding.outcome != "fail", "EWI".index(finding.severity), finding.rule, finding.subject


# ---------------------------------------------------------------- documents
def judge_documents(reports: Mapping[str, Report]) -> dict[str, Judgement]:
    """Judgements by file, for `nianbao check`: no database, no roster. Reports of one body and scope form a chain of
    years; a year of which two differing reports are given is nobody's last year, since either may be the true one."""
    chains: dict[tuple[str, Scope], dict[int, list[Report]]] = defaultdict(lambda: defaultdict(list))
    for report in reports.values():
        if report.body and report.year is not None and report.scope != "unknown":
            chains[_chain(report)][report.year].append(report)
    earlier = {chain: {year: held[0] for year, held in years.items() if _same_numbers(held)}
               for chain, years in chains.items()}
    return {file: judge(report, earlier=earlier.get(_chain(report))) for file, report in reports.items()}


def _chain(report: Report) -> tuple[str, Scope]:
    return titles.normalise(report.body or ""), report.scope


def _same_numbers(held: Sequence[Report]) -> bool:
    return all(each.value(key) == held[0].value(key) for each in held[1:] for key in {*each.figures, *held[0].figures})


# ---------------------------------------------------------------- the store
def judge_store(connection: sqlite3.Connection, roster: Roster, at: datetime | str, *,
                obligations: Iterable[Obligation] = (), since: int | None = None) -> review.Changes:
    """Judge what changed since the last judgement, and every standing; call it inside a write transaction.

    A report is judged again when another version fulfils its obligation, it was read by a newer reader, the rules
    changed, or a report changed that its chain of years or its level rests on. `since`: first report year whose
    findings are no mere history. `at`: the moment of judging.
    """
    moment = at if isinstance(at, str) else at.isoformat(timespec="seconds")
    held = _Held(connection, roster)
    findings: list[Finding] = []
    judged: list[review.Key] = []
    unchanged: list[review.Key] = []
    marks: dict[review.Key, str] = {(row["body"], row["scope"], row["year"]): row["mark"]
                                    for row in connection.execute("SELECT * FROM judged")}
    for key in held.rows:
        mark = held.mark(key)
        if marks.get(key) == mark:
            unchanged.append(key)
            continue
        findings += held.judge(key).findings
        judged.append(key)
        connection.execute("INSERT INTO judged (body, scope, year, mark, at) VALUES (?,?,?,?,?) ON CONFLICT DO UPDATE "
                           "SET mark = excluded.mark, at = excluded.at", (*key, mark, moment))
    for key in set(marks) - set(judged) - set(unchanged):
        # No version is held under this key any more, e.g. since its scope has become known.
        judged.append(key)
        connection.execute("DELETE FROM judged WHERE body = ? AND scope = ? AND year = ?", key)
    standings = records.standings(connection)
    owed = {(each.body, each.scope, each.year): each for each in obligations}
    for watched in circumstances.watch(connection, roster, standings, owed, clock.parse(moment)):
        findings += judge_standing(watched).findings
    # What could not be verified closes nothing: "we couldn't look" is not "it was mended".
    looked = [_key(each) for each in standings if each.status is not Status.UNVERIFIED]
    looked += _no_longer_owed(connection, standings)
    review.touch(connection, unchanged, moment)
    return review.put_findings(connection, findings, reports=judged, standings=looked, at=moment, since=since)


Held = tuple[str, Scope, int]


class _Held:
    """Every current report of the store with what its rules look at beside it: earlier years, the bodies below.

    Rows are light; records are unpacked only where a report is judged, and kept while its chain is walked.
    """

    def __init__(self, connection: sqlite3.Connection, roster: Roster) -> None:
        self.connection, self.roster = connection, roster
        self.rows: dict[Held, sqlite3.Row] = dict(sorted(_current_reports(connection), key=lambda each: each[0]))
        self._rules = catalogue.fingerprint()
        self._facts: dict[str, dict[str, Any]] = {}
        self._below: dict[str, list[Body]] = defaultdict(list)
        self._merged: dict[str, list[tuple[int, str]]] = defaultdict(list)
        for body in roster.bodies.values():
            if body.parent:
                self._below[body.parent].append(body)
            for event in body.events:
                if event.kind == "merged_into" and event.other:
                    self._merged[event.other].append((int(event.day[:4]), body.id))
        self._loaded: dict[tuple[str, str], Report] = {}

    def judge(self, key: Held) -> Judgement:
        body, scope, year = key
        members = self._members(key)
        level = None
        if scope == "consolidated":
            own = self._own(key)
            level = Level(self._load(key), self._load(own) if own else None,
                          {each.name: self._load(held) for each, held in members if held}, len(members))
        return judge(self._load(key), Named(body, scope, year, self.rows[key]["id"]),
                     {each[2]: self._load(each) for each in self._earlier(key)},
                     joined=self._years(key), level=level)

    def mark(self, key: Held) -> str:
        """Changes with the report, the facts of its body, the rules, and every report its rules look at beside it."""
        beside = [self._read(each) for each in self._earlier(key)]
        beside += [self._read(each) if each in self.rows else list(each) for each in self._joined(key)]
        if key[1] == "consolidated":
            own = self._own(key)
            beside += [self._read(own) if own else [], *(self._read(held) if held else [body.id]
                                                         for body, held in self._members(key))]
        known = (self._rules, self._read(key), self._facts_of(key[0]), beside)
        return hashlib.sha256(json.dumps(known, ensure_ascii=False, sort_keys=True).encode()).hexdigest()[:16]

    def _read(self, key: Held) -> list[Any]:
        row = self.rows[key]
        return [row[name] for name in ("id", "reader_version", "sha256", "title", "form")]

    def _earlier(self, key: Held) -> list[Held]:
        """The two years before, of the same scope; a report of unknown scope joins no chain."""
        if key[1] == "unknown":
            return []
        return [each for back in (2, 1) if (each := (key[0], key[1], key[2] - back)) in self.rows]

    def _joined(self, key: Held) -> list[Held]:
        """Keys of last year's reports of bodies that were merged into this one in the course of the year."""
        return [(other, key[1], key[2] - 1) for when, other in self._merged.get(key[0], ()) if when == key[2]]

    def _years(self, key: Held) -> Years:
        joined = self._joined(key)
        held = [each for each in joined if each in self.rows]
        body = self.roster.bodies.get(key[0])
        moved = [event for event in (body.events if body else ()) if event.kind in _REORGANISED
                 and int(event.day[:4]) == key[2]]
        return Years(self._load(key), joined=[self._load(each) for each in held], reorganised=bool(joined or moved),
                     unheld=len(held) < len(joined))

    def _members(self, key: Held) -> list[tuple[Body, Held | None]]:
        """Bodies straight below one with the report that goes into its consolidated one, where it is held; a report of
        several bodies stands there once."""
        if key[1] != "consolidated":
            return []
        found: list[tuple[Body, Held | None]] = []
        counted: set[str] = set()
        for body in self._below.get(key[0], ()):
            if body.kind == "government_office" or body.obligation == "none" or not _existed(body, key[2]):
                continue
            wanted: Held = (body.id, "consolidated" if body.kind == "government" else "own", key[2])
            if wanted in self.rows:
                if self.rows[wanted]["id"] in counted:
                    continue
                counted.add(self.rows[wanted]["id"])
            found.append((body, wanted if wanted in self.rows else None))
        return found

    def _own(self, key: Held) -> Held | None:
        """The office's own report beside a consolidated one: the body's own, else that of its office."""
        offices = [body.id for body in self._below.get(key[0], ()) if body.kind == "government_office"]
        keys: list[Held] = [(body, "own", key[2]) for body in (key[0], *offices)]
        return next((each for each in keys if each in self.rows), None)

    def _load(self, key: Held) -> Report:
        identity = self.rows[key]["id"]
        held = identity, key[0]
        if held not in self._loaded:
            if len(self._loaded) >= _LOADED:
                self._loaded.clear()
            row = self.connection.execute("SELECT record FROM report WHERE id = ?", (identity,)).fetchone()
            report = records.load_report(row)
            report.scope, report.year = key[1], key[2]
            report.roster |= self._facts_of(key[0])
            self._loaded[held] = report
        return self._loaded[held]

    def _facts_of(self, body: str) -> dict[str, Any]:
        if body not in self._facts:
            self._facts[body] = _roster_facts(self.roster, self.roster.bodies.get(body))
        return self._facts[body]


def _existed(body: Body, year: int) -> bool:
    return (body.since or 0) <= year <= (body.until or year)


def _current_reports(connection: sqlite3.Connection) -> Iterator[tuple[Held, sqlite3.Row]]:
    """One report version per (body, scope, year): the one its standing names, else the one seen last."""
    rows = connection.execute("""
        SELECT s.report IS NOT NULL AS owed, coalesce(s.scope, r.scope) AS as_scope, r.id, r.body, r.year,
               r.reader_version, r.sha256, r.title, r.form
        FROM owned_report r LEFT JOIN standing s ON s.report = r.id AND s.body = r.body AND s.year = r.year
        WHERE r.verdict = 'report' AND r.body IS NOT NULL AND r.year IS NOT NULL
        ORDER BY owed DESC, r.last_seen DESC, r.first_seen DESC, r.id""")
    done: set[Held] = set()
    settled: set[tuple[str, int]] = set()
    for row in rows:
        key = (row["body"], cast(Scope, row["as_scope"]), row["year"])
        if row["owed"]:
            settled.add((row["body"], row["year"]))
        elif key[1] == "unknown" and (row["body"], row["year"]) in settled:
            # An older version of a page whose scope the standing has settled by now.
            continue
        if key not in done:
            done.add(key)
            yield key, row


def _key(standing: Standing) -> review.Key:
    return standing.body, standing.scope, standing.year


def _no_longer_owed(connection: sqlite3.Connection, standings: list[Standing]) -> list[review.Key]:
    """Keys of open findings on obligations that the roster has dropped since, in the years that were judged."""
    owed, years = {_key(each) for each in standings}, {each.year for each in standings}
    rows = connection.execute("SELECT DISTINCT body, scope, year FROM finding WHERE cleared IS NULL")
    return [key for key in ((row["body"], row["scope"], row["year"]) for row in rows)
            if key not in owed and key[2] in years]


def _roster_facts(roster: Roster, body: Body | None) -> dict[str, Any]:
    """What rules need to know of a body beside its report."""
    if body is None:
        return {}
    above, parent = [], body.parent
    while parent in roster.bodies and len(above) < _HIGHEST:
        above += roster.bodies[parent].names
        parent = roster.bodies[parent].parent
    return {"kind": body.kind, "level": body.level, "parent": body.parent, "rulemaking": body.rulemaking,
            "since": body.since, "plates": list(body.plates), "names": list(body.names), "above": above}
