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
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast

from extract.model import Report, Scope
from monitor import records, review
from monitor.model import Finding, Obligation, Severity, Standing, Status
from monitor.rules import catalogue
from monitor.rules.catalogue import Over, Verdict, Watched

if TYPE_CHECKING:
    from crawler.model import Body
    from crawler.roster import Roster

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
def judge(report: Report, named: Named | None = None) -> Judgement:
    """Every rule over one report, without database. `named` replaces what the report itself says of body, scope, year;
    the rules then see the report under that scope and year too."""
    if named is None:
        named = Named(report.body or "", report.scope, report.year)
    else:
        report = replace(report, scope=named.scope, year=named.year)
    report = with_claims(report)
    return _run("report", report, named, report)


def judge_standing(watched: Watched) -> Judgement:
    """Every rule over one obligation as it stands. Of one that could not be looked at, rules tell only what was seen:
    that its column stood empty, or that the page listed for it would not open."""
    standing = watched.standing
    return _run("standing", watched, Named(standing.body, standing.scope, standing.year, standing.report), None)


def with_claims(report: Report) -> Report:
    """The report with what its prose states, for records that carry sections but no claims."""
    if not report.sections or (report.claims and report.period):
        return report
    from extract import claims

    return replace(report, claims=report.claims or claims.find_claims(report.sections, report.year),
                   period=report.period or claims.stated_period(report.sections))


def _run(over: Over, subject: object, named: Named, report: Report | None) -> Judgement:
    judgement = Judgement()
    said: dict[str, set[str]] = {}
    findings: dict[str, Finding] = {}
    for entry in catalogue.rules(over):
        for each in entry.ids:
            said[each] = set()
        for verdict in entry.judge(subject):
            verdict.rule = verdict.rule or entry.ids[0]
            if verdict.outcome in ("fail", "uncertain"):
                finding = _weigh(verdict, named, report)
                held = findings.get(finding.id)
                if held is None or _rank(finding) < _rank(held):
                    findings[finding.id] = finding
            elif verdict.outcome == "pass" and verdict.expression:
                judgement.relations.append(verdict)
            said[verdict.rule].add(verdict.outcome)
    subsumed = {rule for finding in findings.values() if finding.outcome == "fail"
                for rule in catalogue.text_of(finding.rule).subsumes}
    judgement.findings = sorted((finding for finding in findings.values() if finding.rule not in subsumed), key=_rank)
    judgement.passed = sorted(rule for rule, outcomes in said.items() if outcomes - {"not_applicable"} == {"pass"})
    judgement.not_applicable = sorted(rule for rule, outcomes in said.items() if outcomes <= {"not_applicable"})
    return judgement


def _weigh(verdict: Verdict, named: Named, report: Report | None) -> Finding:
    text = catalogue.text_of(verdict.rule)
    kind = str(report.roster.get("kind", "")) if report is not None else ""
    severity = verdict.severity or text.severity_for(_scope_weighed(named, report, kind), named.year, kind)
    if report is not None:
        _hold_back(verdict, severity, report)
    return _finding(verdict, text.version, severity, named, report)


def _scope_weighed(named: Named, report: Report | None, kind: str) -> str:
    """A government's report of unknown scope may be the consolidated one, and weighs no more than that."""
    if named.scope != "unknown" or report is None:
        return named.scope
    government = kind == "government" if kind else _GOVERNMENT.search(report.body or "") is not None
    return "consolidated" if government else "unknown"


def _hold_back(verdict: Verdict, severity: Severity, report: Report) -> None:
    """Severity E may only fail when every figure it used was read with confidence, and, without figures, when the
    document was read whole. A false accusation is the worst fault this product can have."""
    if verdict.outcome != "fail" or severity != "E":
        return
    if verdict.figures:
        if not all(report.figures[key].confident for key in verdict.figures if key in report.figures):
            verdict.outcome, verdict.reason = "uncertain", "low_confidence"
    elif report.damaged or report.problems:
        verdict.outcome, verdict.reason = "uncertain", "damaged"


def _finding(verdict: Verdict, version: int, severity: Severity, named: Named, report: Report | None) -> Finding:
    evidence = dict(verdict.evidence)
    if report is not None:
        if report.sha256:
            evidence.setdefault("sha256", report.sha256)
        evidence["figures"] = {key: report.figures[key].to_record() for key in verdict.figures if key in report.figures}
    return Finding(
        rule=verdict.rule, version=version, severity=severity, outcome=cast(Any, verdict.outcome), body=named.body,
        scope=named.scope, year=named.year, subject=verdict.subject, expression=verdict.expression, left=verdict.left,
        right=verdict.right, difference=verdict.difference, figures=list(verdict.figures),
        parameters=dict(verdict.parameters), evidence=evidence, reason=verdict.reason, report=named.report)


def _rank(finding: Finding) -> tuple[bool, int, str, str]:
    return finding.outcome != "fail", "EWI".index(finding.severity), finding.rule, finding.subject


# ---------------------------------------------------------------- documents
def judge_documents(reports: Mapping[str, Report]) -> dict[str, Judgement]:
    """Judgements by file, for `nianbao check`: no database, no roster."""
    return {file: judge(report) for file, report in reports.items()}


# ---------------------------------------------------------------- the store
def judge_store(connection: sqlite3.Connection, roster: Roster, at: datetime | str, *,
                obligations: Iterable[Obligation] = (), since: int | None = None) -> review.Changes:
    """Judge what changed since the last judgement, and every standing; call it inside a write transaction.

    A report is judged again when another version fulfils its obligation, it was read by a newer reader, or the rules
    changed. `since`: first report year whose findings are no mere history. `at`: the moment of judging.
    """
    moment = at if isinstance(at, str) else at.isoformat(timespec="seconds")
    owed = {(each.body, each.scope, each.year): each for each in obligations}
    findings: list[Finding] = []
    judged: list[review.Key] = []
    unchanged: list[review.Key] = []
    marks: dict[review.Key, str] = {(row["body"], row["scope"], row["year"]): row["mark"]
                                    for row in connection.execute("SELECT * FROM judged")}
    rules = catalogue.fingerprint()
    for key, row in _current_reports(connection):
        body = roster.bodies.get(key[0])
        mark = _mark(rules, row, body)
        if marks.get(key) == mark:
            unchanged.append(key)
            continue
        report = records.load_report(connection.execute("SELECT record FROM report WHERE id = ?",
                                                        (row["id"],)).fetchone())
        report.roster |= _roster_facts(body)
        findings += judge(report, Named(key[0], key[1], key[2], row["id"])).findings
        judged.append(key)
        connection.execute("INSERT INTO judged (body, scope, year, mark, at) VALUES (?,?,?,?,?) ON CONFLICT DO UPDATE "
                           "SET mark = excluded.mark, at = excluded.at", (*key, mark, moment))
    for key in set(marks) - set(judged) - set(unchanged):
        # No version is held under this key any more, e.g. since its scope has become known.
        judged.append(key)
        connection.execute("DELETE FROM judged WHERE body = ? AND scope = ? AND year = ?", key)
    standings = records.standings(connection)
    for standing in standings:
        watched = Watched(standing, owed.get(_key(standing)), roster.bodies.get(standing.body))
        findings += judge_standing(watched).findings
    # What could not be verified closes nothing: "we couldn't look" is not "it was mended".
    looked = [_key(each) for each in standings if each.status is not Status.UNVERIFIED]
    looked += _no_longer_owed(connection, standings)
    review.touch(connection, unchanged, "report", moment)
    return review.put_findings(connection, findings, reports=judged, standings=looked, at=moment, since=since)


def _current_reports(connection: sqlite3.Connection) -> Iterator[tuple[tuple[str, Scope, int], sqlite3.Row]]:
    """One report version per (body, scope, year): the one its standing names, else the one seen last."""
    rows = connection.execute("""
        SELECT s.report IS NOT NULL AS owed, coalesce(s.scope, r.scope) AS as_scope, r.id, r.body, r.year,
               r.reader_version, r.sha256, r.title, r.form
        FROM report r LEFT JOIN standing s ON s.report = r.id AND s.body = r.body AND s.year = r.year
        WHERE r.verdict = 'report' AND r.body IS NOT NULL AND r.year IS NOT NULL
        ORDER BY owed DESC, r.last_seen DESC, r.first_seen DESC, r.id""")
    done: set[tuple[str, str, int]] = set()
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


def _mark(rules: str, row: sqlite3.Row, body: Body | None) -> str:
    read = [row[name] for name in ("id", "reader_version", "sha256", "title", "form")]
    known = (rules, *read, _roster_facts(body))
    return hashlib.sha256(json.dumps(known, ensure_ascii=False, sort_keys=True).encode()).hexdigest()[:16]


def _key(standing: Standing) -> review.Key:
    return standing.body, standing.scope, standing.year


def _no_longer_owed(connection: sqlite3.Connection, standings: list[Standing]) -> list[review.Key]:
    """Keys of open findings on obligations that the roster has dropped since, in the years that were judged."""
    owed, years = {_key(each) for each in standings}, {each.year for each in standings}
    rows = connection.execute("SELECT DISTINCT body, scope, year FROM finding WHERE cleared IS NULL")
    return [key for key in ((row["body"], row["scope"], row["year"]) for row in rows)
            if key not in owed and key[2] in years]


def _roster_facts(body: Body | None) -> dict[str, Any]:
    """What rules need to know of a body beside its report."""
    if body is None:
        return {}
    return {"kind": body.kind, "level": body.level, "parent": body.parent, "rulemaking": body.rulemaking,
            "since": body.since, "plates": list(body.plates)}

