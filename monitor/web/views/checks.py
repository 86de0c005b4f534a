"""勾稽核对单: every relation of the form for one report, with its figures, to look through or to print.

Promises: a relation is called broken only where a finding says so; what was read with doubt or left blank is told as
not decided; relations without a number are counted, not hidden. Leaves alone: judging (rules/), the workbook of checks
(exports/checks.py).
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from extract import forms
from monitor import wording
from monitor.exports.checks import describe
from monitor.exports.form_layout import title_of
from monitor.web import figures as printed
from monitor.web.views import view
from monitor.web.views.reports import Seen, report_asked

if TYPE_CHECKING:
    from starlette.responses import Response

    from monitor.web.asked import Asked
    from monitor.wording import Lang

Row = dict[str, Any]
OUTCOMES = ("fail", "uncertain", "pass", "not_applicable")


@view("/checks/{key}")
def checks(asked: Asked) -> Response:
    seen = report_asked(asked)
    row, standing = seen.row, seen.standing
    tables = sheet(seen, asked.lang)
    counted = Counter(each["outcome"] for table in tables for each in table["rows"])
    return asked.page("checks", {
        "id": seen.identity, "title": row["title"] or seen.contents.name(standing.body), "body": standing.body,
        "name": seen.contents.name(standing.body), "year": standing.year, "scope": standing.scope,
        "address": row["address"], "sha256": row["sha256"], "reader_version": row["reader_version"],
        "form": seen.report.form or "", "tables": tables, "as_of": seen.contents.view.as_of[:16],
        "counts": [{"word": wording.term("verdicts", each, asked.lang), "symbol": wording.symbol("verdicts", each),
                    "n": counted[each]} for each in OUTCOMES if counted[each]]})


def sheet(seen: Seen, lang: Lang) -> list[Row]:
    """The form's relations table by table: in words, with the figures, and how they stand."""
    report, verdicts = seen.report, seen.contents.read(seen.identity)[2]
    if report.form not in forms.eras():
        return []
    told = {(each.finding.rule, each.finding.subject): each for each in seen.contents.findings_of(seen.standing)}
    known = {(str(each.rule), each.subject): each for each in verdicts}
    form, found = forms.form(str(report.form)), dict[int, list[Row]]()
    for number, one in enumerate(form.identities(report.figures), 1):
        verdict = known.get((one.rule, one.subject))
        if verdict is None:
            continue
        stored = told.get((one.rule, one.subject))
        outcome = verdict.outcome if verdict.outcome in ("pass", "not_applicable") else \
            stored.finding.outcome if stored else "uncertain"
        text = wording.expression(verdict.expression, "fail" if outcome == "fail" else "", lang)
        found.setdefault(one.table, []).append({
            "number": number, "rule": one.rule, "words": describe(one, lang), "text": text or "—", "outcome": outcome,
            "symbol": wording.symbol("verdicts", outcome), "word": wording.term("verdicts", outcome, lang),
            "finding": stored.finding.id if stored else "",
            "unsure": any(not report.figures[key].confident for key in one.keys
                          if key in report.figures and report.figures[key].state != "absent"),
            "figures": [printed.text_of(report.figures.get(key), lang) for key in one.keys]})
    return [{"name": wording.place(f"table.{table}", lang), "title": title_of(form, table), "table": table,
             "rows": rows} for table, rows in sorted(found.items())]
