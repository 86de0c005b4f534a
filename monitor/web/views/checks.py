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
from monitor.exports.form_layout import title_of
from monitor.web.views import view
from monitor.web.views.reports import Seen, report_asked

if TYPE_CHECKING:
    from starlette.responses import Response

    from extract.forms import Identity
    from monitor.web.asked import Asked
    from monitor.wording import Lang

Row = dict[str, Any]
LONG = 7
"""Terms of a sum beyond which those in its middle are left out; the figures stand there whole."""
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
    for one in sorted(form.identities(report.figures), key=lambda each: each.table):
        verdict = known.get((one.rule, one.subject))
        if verdict is None:
            continue
        stored = told.get((one.rule, one.subject))
        outcome = verdict.outcome if verdict.outcome in ("pass", "not_applicable") else \
            stored.finding.outcome if stored else "uncertain"
        text = wording.expression(verdict.expression, "fail" if outcome == "fail" else "", lang)
        place, words = relation(one, lang)
        found.setdefault(one.table, []).append({
            "number": 1 + sum(map(len, found.values())), "rule": one.rule, "place": place, "words": words,
            "text": text or "—", "outcome": outcome,
            "symbol": wording.symbol("verdicts", outcome), "word": wording.term("verdicts", outcome, lang),
            "finding": stored.finding.id if stored else "",
            "unsure": any(not report.figures[key].confident for key in one.keys
                          if key in report.figures and report.figures[key].state != "absent")})
    return [{"name": wording.place(f"table.{table}", lang), "title": title_of(form, table), "table": table,
             "rows": rows} for table, rows in sorted(found.items())]


def relation(one: Identity, lang: Lang) -> tuple[str, str]:
    """Where a relation stands and what it says: the row or column that all its cells share, and the others by name,
    those in the middle of a long sum left out."""
    named = {key: wording.figure(key, lang).partition("／") for key in one.keys}
    first, last = ({name[part] for name in named.values()} for part in (0, 2))
    which = 2 if len(first) == 1 else 0
    place = next(iter(first if len(first) == 1 else last)) if 1 in (len(first), len(last)) else ""

    def side(keys: tuple[str, ...]) -> str:
        names = [("－" if key.startswith("-") else "") + (
            named[key.lstrip("-")][which] if place else "／".join(named[key.lstrip("-")][::2])) for key in keys]
        kept = [*names[:2], "……", names[-1]] if len(names) > LONG else names
        return "＋".join(kept).replace("＋－", "－")

    return place, f"{side(one.left)} {'≥' if one.relation == '>=' else '＝'} {side(one.right)}"
