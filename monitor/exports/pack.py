"""`export pack`: the evidence of a finding or a report for a third party, who verifies it offline without us.

Promises: all of `export evidence` (captured bytes, WARC, hashes), the headers of every fetch, the documents with the
cells marked, the rule in words, the figures with their sums, README.txt, and verify.py, which needs nothing but Python.
Leaves alone: what proves what (proofs.py), the files of the captures (evidence.py), the renderings (marking.py).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from monitor import printing
from monitor.exceptions import UsageError
from monitor.exports import evidence as captured
from monitor.session import Session

if TYPE_CHECKING:
    from crawler.evidence import Evidence
    from crawler.roster import Roster
    from crawler.store import Store
    from extract.forms import Identity
    from extract.model import Figure, Report
    from monitor.model import Finding
    from monitor.wording import Lang

README, VERIFIER, HEADERS = "README.txt", "verify.py", "headers.json"


def register(group: typer.Typer) -> None:
    group.command("pack")(pack)


def pack(
    context: typer.Context,
    out: Annotated[Path, typer.Option("--out", metavar="PATH", help="a new folder, or a file ending in .zip")],
    finding: Annotated[str | None, typer.Option("--finding", metavar="ID", help="a finding's id")] = None,
    report: Annotated[str | None, typer.Option("--report", metavar="ID", help="a stored report's id")] = None,
    force: Annotated[bool, typer.Option("--force", help="replace what stands at PATH")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON document on stdout")] = False,
) -> None:
    """Write an evidence pack (证据包) that a third party verifies offline: captures, marked cells, rule, verify.py."""
    from crawler.evidence import Evidence
    from monitor import wording
    from monitor.exports import placing

    session: Session = context.obj
    if (finding is None) == (report is None):
        raise UsageError("name one of --finding ID or --report ID; `nianbao findings` lists findings")
    if out.name.endswith((".warc", ".warc.gz")):
        raise UsageError(f"--out {out}: a pack is a folder or a .zip; `nianbao export evidence` writes a WARC file")
    placing.check(out, force=force)
    held = Evidence(session.settings.store.evidence)
    made = build(session.store(), session.roster(), held, out, session.lang, finding=finding, report=report,
                 force=force)
    if as_json:
        printing.document({"path": str(out), "fetches": made.fetches, "files": made.files, "absent": made.absent,
                           "sha256": made.sums, "sums_sha256": made.sums_sha256})
    else:
        printing.line(wording.say("evidence_written", session.lang, path=out, n=made.fetches, files=made.files))
        printing.line(wording.say("pack_sums", session.lang, name=captured.SUMS, hash=made.sums_sha256))
        for each in made.absent:
            printing.line("  " + wording.say("evidence_absent", session.lang, **each))
    if made.absent:
        raise typer.Exit(3)


def build(store: Store, roster: Roster, evidence: Evidence, out: Path, lang: Lang, *, finding: str | None = None,
          report: str | None = None, force: bool = False) -> captured.Packed:
    """Write the pack. Raises UsageError for an unknown finding or report."""
    from monitor import records, review

    subject = captured.subject_of(store, roster, lang, finding=finding, report=report)
    with store.read() as connection:
        stored = next(iter(review.list_findings(connection, ids=[finding], cleared=True)), None) if finding else None
        one = stored.finding if stored else None
        reviewed = finding is not None and review.confirmed(connection, finding)
        named = report or (one.report if one else None)
        row = connection.execute("SELECT record FROM report WHERE id = ?", (named,)).fetchone() if named else None
        read = records.load_report(row) if row is not None else None
    name = roster.bodies[one.body].name if one and one.body in roster.bodies else one.body if one else ""

    def more(folder: Path, names: Mapping[str, str], rows: list[dict[str, Any]]) -> dict[str, Any]:
        return _more(folder, names, rows, evidence, one, read, name, subject.about, reviewed, lang)

    return captured.pack(store, evidence, subject, out, force=force, more=more)


def _more(folder: Path, names: Mapping[str, str], rows: list[dict[str, Any]], evidence: Evidence,
          finding: Finding | None, report: Report | None, name: str, about: str, reviewed: bool,
          lang: Lang) -> dict[str, Any]:
    """What a pack holds beside the captures; what the manifest says of it."""
    from monitor.exports import marking, pack_verifier

    headers = [{"url": row["final_url"] or row["url"], "at": row["at"], "status": row["status"],
                "sent": json.loads(row["sent"]), "received": json.loads(row["headers"]),
                "redirects": json.loads(row["redirects"])} for row in rows]
    (folder / HEADERS).write_text(json.dumps(headers, ensure_ascii=False, indent=1) + "\n", "utf-8")
    source = Path(pack_verifier.__file__).read_text("utf-8")
    (folder / VERIFIER).write_text(source, "utf-8")
    told: dict[str, Any] = {}
    if report is not None:
        sums = _sums(report, finding)
        keys = {part["key"] for each in sums for part in (*each["left"], *each["right"])}
        if finding is not None:
            keys |= set(finding.figures)
        wanted = {key: figure for key, figure in report.figures.items() if finding is None or key in keys}
        phrase = str(finding.parameters.get("phrase") or "") if finding is not None else ""
        rendered = marking.render(folder, report, wanted, evidence.get, names, phrase, about, lang)
        told |= {"figures": {key: _figure(key, figure) for key, figure in wanted.items()}, "arithmetic": sums,
                 "renderings": [asdict(each) for each in rendered]}
    if finding is not None:
        told["expression"] = pack_verifier.expression(finding.expression)
        told["rule"] = {each: _rule(finding, name, each) for each in ("zh", "en")}
    (folder / README).write_text("\n\n".join(_readme(finding, about, told, reviewed, each) for each in ("zh", "en"))
                                 + "\n", "utf-8")
    return told


def _figure(key: str, figure: Figure) -> dict[str, Any]:
    from monitor import wording

    return {"zh": wording.figure(key, "zh"), "en": wording.figure(key, "en"), **figure.to_record()}


def _sums(report: Report, finding: Finding | None) -> list[dict[str, Any]]:
    """The form's sums over the report's figures, those of the finding only; none whose blanks were stood in for."""
    from extract import forms

    if report.form not in forms.eras():
        return []
    found = []
    for one in forms.form(report.form).identities(report.figures):
        if finding is not None and (one.rule, one.subject) != (finding.rule, finding.subject):
            continue
        told = _sum(one, report)
        agrees = finding is None or (told["left_sum"], told["right_sum"]) == (finding.left, finding.right)
        if agrees and any(part["value"] is not None for part in (*told["left"], *told["right"])):
            found.append(told)
    return found


def _sum(one: Identity, report: Report) -> dict[str, Any]:
    sides: dict[str, list[dict[str, Any]]] = {
        name: [{"key": key.lstrip("-"), "sign": -1 if key.startswith("-") else 1,
                     "value": report.value(key.lstrip("-"))} for key in keys if key.lstrip("-") in report.figures]
             for name, keys in (("left", one.left), ("right", one.right))}
    left, right = (sum((part["value"] or 0) * part["sign"] for part in parts) for parts in sides.values())
    return {"rule": one.rule, "subject": one.subject, "relation": one.relation, **sides, "left_sum": left,
            "right_sum": right, "holds": left >= right if one.relation == ">=" else left == right}


def _rule(finding: Finding, name: str, lang: Lang) -> dict[str, str]:
    from monitor import wording

    return {"fact": wording.fact_sentence(finding, lang, name), "basis": wording.basis(finding, lang),
            "request": wording.request(finding, lang, name),
            "arithmetic": wording.expression(finding.expression, finding.outcome, lang),
            "severity": wording.term("severities", finding.severity, lang),
            "outcome": wording.term("verdicts", finding.outcome, lang)}


def _readme(finding: Finding | None, about: str, told: dict[str, Any], reviewed: bool, lang: Lang) -> str:
    from monitor import wording

    parts = [about]
    if finding is not None:
        rule = told["rule"][lang]
        parts.append(wording.say("pack_rule", lang, rule=finding.rule, **{
            key: rule[key] or "—" for key in ("fact", "basis", "arithmetic", "severity", "outcome")}))
        if not reviewed:
            parts.append(wording.say("machine_only", lang))
    if told.get("figures") and finding is not None:
        parts.append("\n".join(f"{wording.figure(key, lang)}: {figure['raw'] or '—'}"
                               f"（{wording.term('figure_states', figure['state'], lang)}）"
                               for key, figure in told["figures"].items()))
    faults = [each for each in told.get("renderings", ()) if each["fault"]]
    parts += [wording.say("pack_not_rendered", lang, hash=each["sha256"][:12], fault=each["fault"]) for each in faults]
    parts.append(wording.say("pack_readme", lang, verifier=VERIFIER, sums=captured.SUMS, headers=HEADERS,
                             manifest=captured.MANIFEST, archive=captured.ARCHIVE))
    return "\n\n".join(parts)
