"""What a body's reports say over the years, and how one report changed while it stood there.

Promises: a figure of a year is that of the report its standing names; blanks, dashes and doubtful figures stay what
they are; versions are told with when they were seen. Leaves alone: which relations should hold between years
(views/chain.py), what a difference means.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from crawler.store import row_dicts
from extract import forms
from monitor import records, wording
from monitor.web import charts, pages

if TYPE_CHECKING:
    import sqlite3

    from monitor.model import Standing
    from monitor.web.contents import Contents
    from monitor.wording import Lang

Row = dict[str, Any]
Number = int | float
DRAWN = ("applications.new.total", "applications.concluded.total", "applications.carried_out.total")
"""Drawn as lines; the table beneath has these and TOLD."""
TOLD = ("applications.carried_in.total", "disclosure.normative_documents.issued",
        "disclosure.normative_documents.in_force", "disputes.reconsideration.total",
        "disputes.litigation_direct.total", "disputes.litigation_after_reconsideration.total")


@dataclass(slots=True)
class Year:
    """One year's report of a body and scope; `figures`: value (None where no number is printed) and the letter of its
    state (records.py), capital where it was read with doubt."""

    standing: Standing
    figures: dict[str, tuple[Number | None, str]] = field(default_factory=dict)

    def value(self, key: str) -> Number | None:
        return self.figures.get(key, (None, "a"))[0]

    def sure(self, key: str) -> bool:
        return self.figures.get(key, (None, "a"))[1].islower()

    def text(self, key: str, lang: Lang) -> str:
        """As a page shows it: a blank is no 0."""
        value, letter = self.figures.get(key, (None, "a"))
        if value is not None:
            return wording.number(value) + ("?" if letter.isupper() else "")
        return {"d": "—", "b": pages.say("blank", lang), "t": pages.say("blank", lang)}.get(
            letter.lower(), pages.say("absent", lang))


def years(connection: sqlite3.Connection, contents: Contents, body: str, scope: str) -> list[Year]:
    """Every year of one body and scope whose report was read, oldest first."""
    held = sorted((each for each in contents.standings.get(body, ())
                   if each.scope == scope and each.report in contents.reports), key=lambda each: each.year)
    found = {str(each.report): Year(each) for each in held}
    for era in forms.eras():
        columns = records.figure_columns(connection, era)
        for row in records.figure_rows(connection, era, list(found)):
            found[row["report"]].figures = {
                key: (row[key], row["states"][place]) for place, key in enumerate(columns)
                if place < len(row["states"])}
    return [found[str(each.report)] for each in held]


def trend(connection: sqlite3.Connection, contents: Contents, standing: Standing, lang: Lang) -> Row | None:
    """A chart and its table of one body's main figures by year; None for a single year."""
    held = years(connection, contents, standing.body, standing.scope)
    shown = [key for key in (*DRAWN, *TOLD) if any(each.value(key) is not None for each in held)]
    if len(held) < 2 or not shown:
        return None
    labels = [str(each.standing.year) for each in held]
    drawn = [charts.Series(wording.figure(key, lang), [each.value(key) for each in held]) for key in DRAWN
             if key in shown]
    title = pages.say("trend_of", lang, name=contents.name(standing.body))
    return {"years": labels, "chart": charts.lines(
        "trend", title, pages.say("trend_desc", lang), labels, drawn) if drawn else "",
        "rows": [{"name": wording.figure(key, lang), "cells": [each.text(key, lang) for each in held]}
                 for key in shown]}


def versions(connection: sqlite3.Connection, row: Row, standing: Standing) -> list[Row]:
    """Every version of every page this report was seen at, newest first: those of its address, and those that stood for
    the same body, scope and year elsewhere."""
    found = row_dicts(connection, """SELECT id, address, title, medium, verdict, sha256, first_seen, last_seen
        FROM report WHERE address = ?1 AND year IS ?2 AND verdict IN ('report', 'invalid')
        UNION SELECT id, address, title, medium, verdict, sha256, first_seen, last_seen FROM owned_report
        WHERE body = ?3 AND scope = ?4 AND year = ?5 AND verdict IN ('report', 'invalid')""",
                      (row["address"], row["year"], standing.body, standing.scope, standing.year))
    pages_of: dict[str, list[Row]] = defaultdict(list)
    for each in sorted(found, key=lambda one: (one["first_seen"], one["last_seen"], one["id"])):
        pages_of[each["address"]].append(each)
    for held in pages_of.values():
        for place, each in enumerate(held):
            each["before"] = held[place - 1]["id"] if place else ""
    return sorted((each for held in pages_of.values() for each in held),
                  key=lambda one: (one["address"] == row["address"], one["first_seen"], one["last_seen"]), reverse=True)
