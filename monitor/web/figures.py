"""Figures, sums and texts of reports as pages show them.

Promises: a blank, a dash, an absent and a doubtful figure are told apart and never become 0; a sum is called broken
only where a finding says so – what the rules hold back is shown as not decided. Leaves alone: HTML, judging.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from extract import forms
from monitor import wording
from monitor.exports.comparison import LONGEST, segments
from monitor.rules.similarity import alike
from monitor.web import pages

if TYPE_CHECKING:
    from extract.model import Figure, Report
    from monitor.model import Finding
    from monitor.rules.catalogue import Verdict
    from monitor.wording import Lang

Row = dict[str, Any]
BREAK = 2024
"""From this year on, refusals go to reconsideration before they can go to court."""


def tables(report: Report, concerned: Collection[str], lang: Lang) -> list[Row]:
    """The form's tables with what the report prints; those of which nothing was read left out."""
    if report.form not in forms.eras():
        return []
    found = []
    for fact in forms.form(str(report.form)).tables:
        columns = list(dict.fromkeys(column for row in fact.rows for column in fact.columns_of(row.key)))
        rows = []
        for row in fact.rows:
            own = fact.columns_of(row.key)
            keys = [fact.key(row.key, column) if column in own else "" for column in columns]
            if row.instead_of and not any(_read(report.figures.get(key)) for key in keys):
                continue
            label = f"{row.group} {row.label}".strip() if lang == "zh" else _row_name(fact.prefix, row.key, keys)
            rows.append({"label": label, "cells": [
                {**cell(report.figures.get(key), key in concerned, lang), "key": key} if key else None
                for key in keys]})
        if any(_read(report.figures.get(fact.key(row.key, column)))
               for row in fact.rows for column in fact.columns_of(row.key)):
            labels = {column.key: column.label for column in fact.columns}
            found.append({"name": wording.place(f"table.{fact.table}", lang), "rows": rows, "columns": [
                labels[column] if lang == "zh" else _column_name(column) for column in columns]})
    return found


def _read(figure: Figure | None) -> bool:
    return figure is not None and figure.state != "absent"


def _row_name(prefix: str, row: str, keys: list[str]) -> str:
    words = wording.vocabulary()
    for name in (f"{prefix}.{row}", row):
        for group in (words.rows, words.columns):
            if name in group:
                return group[name].en
    return wording.figure(next(filter(None, keys), row), "en").partition("／")[0]


def _column_name(column: str) -> str:
    words = wording.vocabulary()
    known = words.columns.get(column) or words.measures.get(column)
    return known.en if known else column.replace("_", " ")


def cell(figure: Figure | None, concerned: bool, lang: Lang) -> Row:
    return {"text": text_of(figure, lang), "concerned": concerned,
            "unsure": figure is not None and figure.state != "absent" and not figure.confident}


def text_of(figure: Figure | None, lang: Lang) -> str:
    if figure is None or figure.state == "absent":
        return pages.say("absent", lang)
    if figure.value is None:
        return {"dash": "—", "blank": pages.say("blank", lang)}.get(figure.state, figure.raw)
    return wording.number(figure.value)


# ---------------------------------------------------------------- sums
def relations(verdicts: Iterable[Verdict], told: Mapping[tuple[str, str], str], lang: Lang) -> list[Row]:
    """The form's sums written out. `told`: outcome of the findings shown by (rule, subject)."""
    found = []
    for each in verdicts:
        if each.outcome == "not_applicable" or not each.expression:
            continue
        outcome = each.outcome if each.outcome == "pass" else told.get((str(each.rule), each.subject), "uncertain")
        place = wording.place(f"table.{each.parameters['table']}", lang) if each.parameters.get("table") else ""
        within = "、".join(filter(None, (wording.parameter(name, each.parameters.get(name), lang)
                                        for name in ("row", "col"))))
        found.append({"rule": str(each.rule), "subject": each.subject, "outcome": outcome,
                      "place": " ".join(filter(None, (place, within))),
                      "text": wording.expression(each.expression, "fail" if outcome == "fail" else "", lang),
                      "symbol": wording.symbol("verdicts", outcome), "word": wording.term("verdicts", outcome, lang)})
    order = {"fail": 0, "uncertain": 1, "pass": 2}
    return sorted(found, key=lambda row: order[row["outcome"]])


def cells(finding: Finding, lang: Lang) -> list[Row]:
    """The figures a finding rests on, of its own year and of the year before."""
    found = []
    before = finding.evidence.get("before")
    for part, year in ((finding.evidence, finding.year),
                       *([(before, before.get("year"))] if isinstance(before, dict) else [])):
        held = part.get("figures")
        for key, figure in held.items() if isinstance(held, dict) else ():
            value = figure.get("value")
            found.append({"name": wording.figure(key, lang), "year": year or "", "text":
                          wording.number(value) if isinstance(value, (int, float)) else
                          str(figure.get("raw") or wording.term("figure_states", figure.get("state"), lang))})
    return found


# ---------------------------------------------------------------- two reports
def compared(left: Report, right: Report, lang: Lang) -> list[Row]:
    """Every figure that either report holds a number other than 0 for, with the difference of two numbers."""
    keys = dict.fromkeys(key for era in (right.form, left.form) if era in forms.eras()
                         for key in forms.form(str(era)).all_keys)
    found = []
    for key in keys:
        one, other = left.figures.get(key), right.figures.get(key)
        if not (one and one.value) and not (other and other.value):
            continue
        found.append({"name": wording.figure(key, lang), "left": _doubted(one, lang), "right": _doubted(other, lang),
                      "difference": difference(one, other)})
    return found


def _doubted(figure: Figure | None, lang: Lang) -> str:
    return text_of(figure, lang) + ("?" if figure is not None and _read(figure) and not figure.confident else "")


def difference(left: Figure | None, right: Figure | None) -> str:
    if left is None or right is None or left.value is None or right.value is None:
        return ""
    change = round(right.value - left.value, 6)
    return ("+" if change > 0 else "−" if change < 0 else "") + wording.number(abs(change))


def texts(left: Report, right: Report) -> list[Row]:
    """Sections with prose in either report: how alike they are, and pieces of kind same, gone or new."""
    found = []
    for number in range(1, 7):
        one, other = left.section(number), right.section(number)
        before, after = (one.text.strip() if one else ""), (other.text.strip() if other else "")
        if before or after:
            found.append({"section": number, "share": f"{alike(before, after) * 100:.1f}%" if before and after else "",
                          "cut": max(len(before), len(after)) > LONGEST,
                          "segments": segments(before[:LONGEST], after[:LONGEST])})
    return found
