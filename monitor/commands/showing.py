"""How a report, its verdicts and a finding look: as records for --json, and as lines for people.

Promises: the shapes of findings as docs/architecture.md fixes them; arithmetic written out, √ where it holds and ≠
where it doesn't. Leaves alone: the sentences (wording.py) and where they are printed to (printing.py).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from monitor import cases, messages, printing, wording

if TYPE_CHECKING:
    from extract.model import Report
    from monitor.judging import Judgement
    from monitor.model import Finding
    from monitor.review import StoredFinding
    from monitor.rules.catalogue import Verdict
    from monitor.wording import Lang

_TABLES = (2, 3, 4)
PHRASE = 30
"""Characters of a phrase that a line shows."""
RELATIONS = "=≥≤"


# ---------------------------------------------------------------- records
def finding_record(finding: Finding, lang: Lang, body: str = "") -> dict[str, Any]:
    """One finding as check --json prints it; `body` is the name to print in its message."""
    return {
        "id": finding.id, "fact": finding.fact, "rule": finding.rule, "version": finding.version,
        "severity": finding.severity, "outcome": finding.outcome, "body": finding.body, "scope": finding.scope,
        "year": finding.year, "subject": finding.subject, "expression": finding.expression, "left": finding.left,
        "right": finding.right, "difference": finding.difference, "figures": finding.figures,
        "reason": finding.reason, "parameters": finding.parameters, "evidence": finding.evidence,
        "message": wording.message(finding, lang, body),
    }


def stored_record(stored: StoredFinding, lang: Lang, body: str = "") -> dict[str, Any]:
    """One stored finding as findings --json prints it."""
    decision = stored.decision
    return {
        **finding_record(stored.finding, lang, body), "report": stored.finding.report, "state": stored.state.value,
        "first_seen": stored.first_seen, "last_seen": stored.last_seen, "cleared": stored.cleared,
        "decision": None if decision is None else {
            "action": decision.action, "author": decision.author, "at": decision.at, "reason": decision.reason,
            "until": decision.until, "holds": stored.decision_holds},
        "claimed_by": stored.claimed_by,
    }


# ---------------------------------------------------------------- a report
def print_report(report: Report, file: str, lang: Lang) -> None:
    """Title, body, year, form, dates, what became of each table, and the form's own sums."""
    unknown = wording.say("unknown", lang)
    published = unknown
    if report.published:
        published = wording.say("source_of", lang, day=report.published.date,
                                source=wording.date_source(report.published.source, lang))
    sections = [wording.place(f"section.{section.number}", lang) for section in report.sections if section.number]
    facts = [
        ("file", file), ("title", report.title or unknown), ("body", report.body or unknown),
        ("year", str(report.year or unknown)), ("scope", wording.term("scopes", report.scope, lang)),
        ("form", wording.say("form_of", lang, year=report.form) if report.form else unknown), ("medium", report.medium),
        ("published", published), ("sections_found", wording.shown(sections, lang) or unknown)]
    _print_facts([(wording.say(key, lang), value) for key, value in facts]
                 + [(wording.term("tables", str(number), lang), _table_phrase(report, number, lang))
                    for number in ([table.table for table in report.tables] or _TABLES)])
    if rows := _sums(report, lang):
        printing.line()
        printing.table([wording.say("column", lang), wording.say("relation", lang)], rows)
    for problem in report.problems:
        printing.line(f"{wording.say('problems', lang)}  {messages.said(problem, lang)}")


def _print_facts(pairs: list[tuple[str, str]]) -> None:
    printing.table(["", ""], [list(pair) for pair in pairs])


def _table_phrase(report: Report, number: int, lang: Lang) -> str:
    prefix = {1: "statistics2014.", 2: "disclosure.", 3: "applications.", 4: "disputes."}[number]
    read = sum(figure.value is not None for key, figure in report.figures.items() if key.startswith(prefix))
    if read:
        return wording.say("table_read", lang, n=read)
    if any(table.table == number and table.image for table in report.tables):
        return wording.say("table_image", lang)
    return wording.say("table_absent", lang)


def _sums(report: Report, lang: Lang) -> list[list[str]]:
    """The relation printed on the form, column by column, and the totals of table 4."""
    from monitor.rules import identities

    shown = ("ARI-01", "ARI-04", "ARI-05", "ARI-06")
    return [[wording.place(f"column.{verdict.parameters.get('col', verdict.subject)}", lang),
             wording.expression(verdict.expression, verdict.outcome, lang)]
            for verdict in identities.judge_identities(report) if verdict.rule in shown and verdict.expression]


# ---------------------------------------------------------------- verdicts
def print_judgement(report: Report, file: str, judgement: Judgement, lang: Lang) -> None:
    """What doesn't add up in one document, most severe first, then what does, with its arithmetic."""
    body = report.body or file
    printing.line(f"{wording.say('findings_of', lang, body=body, year=str(report.year or '')) or body}  {file}")
    for together in cases.together(judgement.findings, lambda each: each):
        print_case(together, lang)
        for finding in together:
            print_finding(finding, lang, body)
    if not judgement.findings:
        read = any(section.number for section in report.sections) or any(table.found for table in report.tables)
        printing.line(f"  {wording.say('no_findings' if read else 'no_report_seen', lang)}")
    told = [verdict for verdict in judgement.relations if any(digit in verdict.expression for digit in "123456789")]
    if judgement.relations:
        zeros = len(judgement.relations) - len(told)
        printing.line("  " + wording.say("relations_hold" if zeros else "relations_all", lang,
                                         n=len(judgement.relations), zeros=zeros))
    for verdict in told:
        printing.line(f"    {verdict.rule}  {_subject(verdict, lang)}  "
                      + wording.expression(verdict.expression, "pass", lang))
    if judgement.passed:
        printing.line(f"  {wording.symbol('verdicts', 'pass')} "
                      + wording.say("passed_count", lang, n=len(judgement.passed), list=judgement.passed))


def _subject(verdict: Verdict, lang: Lang) -> str:
    """Where a relation stands: table with row or column, or section with the phrase."""
    known = verdict.parameters
    if known.get("table"):
        named = "col" if known.get("col") else "row"
        parts = [wording.parameter("table", known["table"], lang),
                 wording.parameter(named, known.get(named) or verdict.subject, lang)]
    elif known.get("phrase"):
        phrase = str(known["phrase"])
        parts = [wording.parameter("section", known.get("section"), lang),
                 f"“{phrase[:PHRASE]}{'…' if len(phrase) > PHRASE else ''}”"]
    else:
        parts = [wording.place(verdict.subject, lang)]
    return ("" if lang == "zh" else " ").join(filter(None, parts))


def print_case(together: Sequence[Finding], lang: Lang) -> None:
    """A line above findings that share cells; nothing above one that stands alone."""
    if len(together) < 2:
        return
    from monitor.rules import catalogue

    tables = {finding.parameters.get("table") for finding in together}
    hint = next((hint for finding in together if (hint := wording.values_of(finding, lang).get("cell_hint"))), "")
    said = catalogue.catalogue().case
    printing.line("  " + wording.fill(said.zh if lang == "zh" else said.en, {
        "table": wording.parameter("table", tables.pop(), lang) if len(tables) == 1 else "",
        "n": str(len(together)), "cell_hint": hint,
        "list": wording.shown([f"{each.rule} {_spot(each, lang)}" for each in together], lang)},
        frozenset({"table", "cell_hint"})))


def _spot(finding: Finding, lang: Lang) -> str:
    """The row or column a finding is about, in words: its subject is short for a key that only programs know."""
    known = finding.parameters
    return wording.parameter("row", known.get("row") or known.get("col") or finding.subject, lang)


def print_finding(finding: Finding, lang: Lang, body: str = "", remark: str = "") -> None:
    """One finding: severity, rule, short message; then the fact with its arithmetic."""
    mark = wording.symbol("verdicts", finding.outcome)
    severity = (wording.term("severities", finding.severity, lang) if finding.outcome == "fail"
                else wording.term("verdicts", finding.outcome, lang))
    message = wording.message(finding, lang, body)
    remark = wording.addressee(finding, lang) + remark
    printing.line(f"  {mark} {severity}  {finding.rule}  {message}{remark}")
    fact = wording.fact_sentence(finding, lang, body)
    if fact != message:
        printing.line(f"      {fact}")
    if finding.outcome == "uncertain" and finding.reason:
        printing.line(f"      {wording.uncertain_reason(finding.reason, lang)}")
    if any(sign in finding.expression for sign in RELATIONS):
        written = wording.expression(finding.expression, finding.outcome, lang)
        if written not in fact:
            printing.line("      " + wording.say("arithmetic", lang, expression=written))


def severity_totals(findings: Iterable[Finding], lang: Lang) -> str:
    """How many findings of each severity fail, and how many rules could not say."""
    listed = list(findings)
    counts = Counter(finding.severity for finding in listed if finding.outcome == "fail")
    return wording.say("findings_total", lang, n=len(listed), e=counts["E"], w=counts["W"], i=counts["I"],
                       u=sum(finding.outcome == "uncertain" for finding in listed))
