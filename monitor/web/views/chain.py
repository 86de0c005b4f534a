"""What one year hands over to the next: figures of a body over the years, and which of the relations between them hold.

Promises: the same relations as the rules YOY-01, 02, 03 and 10; one is called broken only where a finding says so; a
year whose report isn't held breaks the chain and is named. Leaves alone: judging (rules/years.py).
"""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from extract import forms
from monitor import records, wording
from monitor.rules import years as rules
from monitor.rules.catalogue import Years
from monitor.web import figures as printed
from monitor.web import history
from monitor.web.views import view
from monitor.web.views.bodies import body_asked, contents_of

if TYPE_CHECKING:
    from starlette.responses import Response

    from extract.model import Report
    from monitor.web.asked import Asked
    from monitor.web.contents import Contents

Row = dict[str, Any]
SHOWN = ("applications.carried_in.total", "applications.new.total", "applications.concluded.total",
         "applications.carried_out.total", "disclosure.normative_documents.issued",
         "disclosure.normative_documents.repealed", "disclosure.normative_documents.in_force",
         "disclosure.regulations.in_force", "disputes.reconsideration.pending", "disputes.reconsideration.total",
         "disputes.litigation_direct.pending", "disputes.litigation_direct.total",
         "disputes.litigation_after_reconsideration.pending", "disputes.litigation_after_reconsideration.total")
_ROUTES = {"reconsideration": ("reconsideration",),
           "litigation": ("litigation_direct", "litigation_after_reconsideration")}
_JUDGES = {"YOY-01": rules.judge_carry_over, "YOY-02": rules.judge_documents_in_force, "YOY-03": rules.judge_pending,
           "YOY-10": rules.judge_items}


@view("/chain/{key}")
def chain(asked: Asked) -> Response:
    body = body_asked(asked, asked.key)
    contents = contents_of(asked, body)
    scopes = list(dict.fromkeys(each.scope for each in contents.standings.get(body, ())))
    parts = [part for scope in scopes if (part := _of_scope(asked, contents, body, scope))["years"]]
    return asked.page("chain", {"body": body, "name": contents.name(body), "parts": parts,
                                "as_of": contents.view.as_of[:16]})


def _of_scope(asked: Asked, contents: Contents, body: str, scope: str) -> Row:
    held = history.years(asked.connection, contents, body, scope)
    keys = [key for key in SHOWN if any(each.figures.get(key, (None, "a"))[1].lower() != "a" for each in held)]
    links: list[Row] = []
    for before, after in itertools.pairwise(held):
        one, other = before.standing.year, after.standing.year
        if other - one > 1:
            links.append({"years": f"{one}–{other}", "gap": asked.t("chain_gap", years="、".join(
                str(year) for year in range(one + 1, other))), "rows": [], "fitting": 0})
            continue
        links.append({"years": f"{one}–{other}", "gap": "", **_between(asked, contents, before, after)})
    return {"scope": scope, "years": [{"year": each.standing.year, "report": each.standing.report} for each in held],
            "rows": [{"name": wording.figure(key, asked.lang), "cells": [
                each.text(key, asked.lang) if each.figures else "—" for each in held]} for key in keys],
            "links": links}


def _between(asked: Asked, contents: Contents, before: history.Year, after: history.Year) -> Row:
    """The relations of two years; those of single classes of applicants only where they don't fit."""
    earlier, report = (_load(asked, str(each.standing.report), each.standing.year) for each in (before, after))
    if earlier.form not in forms.eras() or report.form not in forms.eras():
        return {"rows": [], "fitting": 0}
    seen = Years(report, {int(earlier.year or 0): earlier})
    own = contents.findings_of(after.standing)
    told = {(each.finding.rule, each.finding.subject): each.finding.outcome for each in own}
    stored = {(each.finding.rule, each.finding.subject): each.finding for each in own}
    verdicts = [replace(verdict, rule=rule) for rule, judge in _JUDGES.items() for verdict in judge(seen)]
    for verdict in verdicts:
        if verdict.rule == "YOY-03":
            verdict.parameters["col"] = _ROUTES[verdict.subject]
        # After a merger the finding adds up the predecessors too, which aren't loaded here.
        if one := stored.get((str(verdict.rule), verdict.subject)):
            verdict.expression = one.expression or verdict.expression
    rows = printed.relations(verdicts, told, asked.lang)
    listed = [row for row in rows if row["outcome"] != "pass" or row["rule"] != "YOY-01" or row["subject"] == "total"]
    for row in listed:
        one = stored.get((row["rule"], row["subject"]))
        row["finding"] = one.id if one else ""
    return {"rows": listed, "fitting": sum(row["outcome"] == "pass" for row in rows)}


def _load(asked: Asked, identity: str, year: int) -> Report:
    row = records.report_row(asked.connection, identity)
    assert row is not None  # standings name only reports that are held (Contents.reports)
    report = records.load_report(row)
    report.year = year
    return report
