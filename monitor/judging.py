"""Runs the rules: over one report, one obligation, two bodies' texts, or documents; no database.

Promises: the one place that holds back doubtful accusations – severity E fails only on figures read with confidence,
or, where it rests on no figure, on a document read whole; findings that another one subsumes are dropped; what a
local pack weighs otherwise is weighed so, and the finding names the pack. Leaves alone: what rules test (rules/), the
store (rejudging.py), decisions (review.py), words (wording.py).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, cast

from extract import titles
from extract.model import Report, Scope
from monitor import cases
from monitor.model import Finding, Severity
from monitor.rules import catalogue
from monitor.rules.catalogue import Level, Over, Pair, RuleText, Verdict, Watched, Years

_GOVERNMENT = re.compile(r"(?:人民政府|[省市区县州盟旗])$")
_TWO_REPORTS = re.compile(r"(?:政府|[省市区县州盟旗乡镇])$")
_SILENT = frozenset(("not_applicable",))
_IN_ORDER = _SILENT | {"pass"}


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
          joined: Years | None = None, level: Level | None = None, stored: bool = False) -> Judgement:
    """Every rule over one report, without database. `named` replaces what the report itself says of body, scope, year;
    the rules then see the report under that scope and year too.

    `earlier`: reports of the same body and scope by year; `joined`: what the roster tells of bodies merged into it
    since last year; `level`: what is held of the bodies below, for consolidated reports; `stored`: the record is as
    reading made it, so that claims it lacks are not in its prose, and is judged for what is wrong with it: relations
    of rules that a quick look shows to pass are not written out.
    """
    if named is None:
        named = Named(report.body or "", report.scope, report.year)
    else:
        report = replace(report, scope=named.scope, year=named.year)
    report = report if stored else with_claims(report)
    # A report of unknown scope joins no chain: last year's might be another one.
    chain = Years(report)
    if named.scope != "unknown":
        chain = replace(joined or chain, report=report, earlier=earlier or {})
    parts: list[tuple[Over, object]] = [("report", report), ("years", chain)]
    if level is not None:
        parts.append(("levels", replace(level, report=report)))
    return _run(parts, named, report, chain.previous, relations=not stored)


def judge_standing(watched: Watched, pack: Mapping[str, Any] | None = None) -> Judgement:
    """Every rule over one obligation as it stands. Of one that could not be looked at, rules tell only what was seen:
    that its column stood empty, or that the page listed for it would not open. `pack`: what local packs change for its
    body and year, as packs.Local.to_record tells it."""
    standing = watched.standing
    judgement = _run([("standing", watched)], Named(standing.body, standing.scope, standing.year, standing.report),
                     pack=pack or {})
    ruled = {day.day.isoformat(): day.basis for day in (watched.obligation.days if watched.obligation else ())
             if day.tier == "local"}
    for finding in judgement.findings:
        # What was looked at and when, beside what the rule itself brings.
        for name, value in (("address", standing.address), ("last_checked", standing.last_checked),
                            ("dates", standing.evidence.get("dates"))):
            if value:
                finding.evidence.setdefault(name, value)
        basis = ruled.get(str(finding.parameters.get("due", "")))
        if basis and finding.parameters.get("tier") == "local":
            finding.evidence["notice"] = basis
            finding.pack = finding.pack or catalogue.pack_of(basis)
    return judgement


def judge_pair(pair: Pair, named: Named) -> Judgement:
    """Every rule over a report and one of another body on the same year; findings stand under the first."""
    return _run([("pair", pair)], named, pair.report)


def with_claims(report: Report) -> Report:
    """The report with what its prose states, for records that carry sections but no claims."""
    if not report.sections or (report.claims and report.period):
        return report
    from extract import claims

    return replace(report, claims=report.claims or claims.find_claims(report.sections, report.year),
                   period=report.period or claims.stated_period(report.sections))


def _run(parts: Sequence[tuple[Over, object]], named: Named, report: Report | None = None,
         previous: Report | None = None, pack: Mapping[str, Any] | None = None, relations: bool = True) -> Judgement:
    judgement = Judgement()
    pack = report.roster.get("pack", {}) if report is not None else pack or {}
    said: dict[str, set[str]] = {}
    findings: dict[str, Finding] = {}
    for entry, subject in ((entry, subject) for over, subject in parts for entry in catalogue.rules(over)):
        for each in entry.ids:
            said[each] = set()
        passing = entry.passing(subject) if entry.passing and not relations else None
        if passing is not None:
            said.update((each, {"pass"}) for each in passing)
            continue
        for verdict in entry.judge(subject):
            verdict.rule = verdict.rule or entry.ids[0]
            if verdict.outcome in ("fail", "uncertain"):
                finding = _weigh(verdict, named, report, previous, pack)
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
    judgement.passed = sorted(rule for rule, outcomes in said.items() if "pass" in outcomes and outcomes <= _IN_ORDER)
    judgement.not_applicable = sorted(rule for rule, outcomes in said.items() if outcomes <= _SILENT)
    return judgement


def _weigh(verdict: Verdict, named: Named, report: Report | None, previous: Report | None,
           pack: Mapping[str, Any]) -> Finding:
    text = catalogue.text_of(verdict.rule)
    kind = str(report.roster.get("kind", "")) if report is not None else ""
    severity = verdict.severity or text.severity_for(_scope_weighed(named, report, kind), named.year, kind)
    local = pack.get("severities", {}).get(verdict.rule)
    if local is not None:
        severity = _local_severity(local, verdict.severity, text, _scope_weighed(named, report, kind), kind)
    if verdict.rule in pack.get("by", {}):
        verdict.evidence.setdefault("pack", pack["by"][verdict.rule])
    if report is not None:
        _hold_back(verdict, severity, report, previous)
    finding = _finding(verdict, text.version, severity, named, report, previous)
    # Beside the fact, not in it: a pack's new version alone reopens no decision.
    finding.pack = str(finding.evidence.pop("pack", ""))
    return finding


def _local_severity(local: Severity, told: Severity | None, text: RuleText, scope: str, kind: str) -> Severity:
    """A pack replaces the rule's own severity, within what a scope or kind of body weighs at most; a case that the rule
    itself weighs less than its own keeps the lesser weight."""
    weights = [local, *(text.at_most[each] for each in (scope, kind) if each in text.at_most)]
    if told is not None and "EWI".index(told) > "EWI".index(text.severity):
        weights.append(told)
    return max(weights, key="EWI".index)


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
        if not verdict.figures:
            # Of something not found: where it was looked for.
            evidence.setdefault("sections", [section.number for section in report.sections])
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
        if report.body and report.year is not None and scope_of(report) != "unknown":
            chains[_chain(report)][report.year].append(report)
    earlier = {chain: {year: held[0] for year, held in years.items() if _same_numbers(held)}
               for chain, years in chains.items()}
    return {file: judge(report, Named(report.body or "", scope_of(report), report.year),
                        earlier.get(_chain(report))) for file, report in reports.items()}


def scope_of(report: Report) -> Scope:
    """The scope of a report that no roster routed: only a government has two reports that one title fits; anybody
    else's is its own."""
    return "own" if report.scope == "unknown" and report.body and not _TWO_REPORTS.search(report.body) else report.scope


def _chain(report: Report) -> tuple[str, Scope]:
    return titles.normalise(report.body or ""), scope_of(report)


def _same_numbers(held: Sequence[Report]) -> bool:
    return all(each.value(key) == held[0].value(key) for each in held[1:] for key in {*each.figures, *held[0].figures})
