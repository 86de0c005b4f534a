"""对比: two years of a body, or two bodies, side by side: figures with differences, texts with what changed.

Promises: a figure that is blank, unsure or was not read is told as such and never counted as 0; forms of different eras
are compared where a figure means the same in both; that scopes differ, or that a series breaks, is said. Leaves alone:
what a difference means.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from extract import forms
from monitor import records, wording
from monitor.exceptions import UsageError
from monitor.exports import letters
from monitor.exports.letters import say
from monitor.exports.reminder import one_body
from monitor.rules.similarity import alike
from monitor.session import Session

if TYPE_CHECKING:
    import sqlite3

    from crawler.roster import Roster
    from extract.model import Figure, Report
    from monitor.settings import Settings

_CLAUSES = re.compile(r"[^。；，：！？\n]*[。；，：！？\n]?")
_BREAK = 2024
LONGEST = 60_000
"""Characters of a section that are compared; the rest is left out and said."""


@dataclass(frozen=True, slots=True)
class Side:
    """One report of the two."""

    name: str
    year: int
    scope: str
    report: Report

    @property
    def label(self) -> str:
        return say("comparison_side", body=self.name, year=str(self.year),
                   scope=wording.term("scopes", self.scope, "zh", short=True))


def write(session: Session, year: int, out: Path, body: str, *, with_year: int | None = None,
          with_body: str | None = None, scope: str | None = None, pdf: bool = False, as_json: bool = False) -> None:
    """Two reports side by side as a file; the year before where nothing else is named. Raises UsageError."""
    roster = session.roster()
    if with_body is not None and with_year is not None:
        raise UsageError("name one of --with-year Y and --with-body BODY")
    one = one_body(roster, body)
    other = one_body(roster, with_body) if with_body is not None else one
    other_year = year if with_body is not None else year - 1 if with_year is None else with_year
    if (other, other_year) == (one, year):
        raise UsageError(f"--with-year {other_year}: that is the report itself; name another year or body")
    with session.store().read() as connection:
        right = side(connection, roster, one, year, scope)
        left = side(connection, roster, other, other_year, scope or right.scope)
    made = context_of(left, right, session.settings)
    letters.write(session, out, "comparison", made, pdf=pdf, as_json=as_json, told={
        "left": made["left"], "right": made["right"], "figures": made["figures"],
        "texts": [{"section": each["section"], "share": each["share"]} for each in made["texts"]]})


def side(connection: sqlite3.Connection, roster: Roster, body: str, year: int, scope: str | None) -> Side:
    """The report a body published for a year: that which fulfils its obligation, else the newest. Raises UsageError."""
    name = roster.bodies[body].name if body in roster.bodies else body
    wanted = [each.report for each in records.standings(connection, year)
              if each.body == body and each.report and scope in (None, each.scope)]
    wanted += [row["id"] for row in reversed(records.reports_of(connection, body, "9999"))
               if row["year"] == year and row["verdict"] == "report" and scope in (None, row["scope"])]
    for identity in wanted:
        if row := records.report_row(connection, identity):
            return Side(name, year, row["scope"], records.load_report(row))
    raise UsageError(f"{name} {year}: no report of this body and year was read; `nianbao status` shows what was seen")


def context_of(left: Side, right: Side, settings: Settings) -> dict[str, Any]:
    notes = []
    if left.scope != right.scope:
        notes.append(wording.say("scope_mix", "zh"))
    if left.report.form != right.report.form:
        notes.append(say("comparison_forms", left=left.report.form or "—", right=right.report.form or "—"))
    if min(left.year, right.year) < _BREAK <= max(left.year, right.year):
        notes.append(wording.say("break_2024", "zh"))
    notes.append(say("comparison_states"))
    return {**letters.common(settings), "year": str(right.year), "title": say(
        "comparison_title", left=left.label, right=right.label), "left": left.label, "right": right.label,
        "notes": notes, "figures": figures(left.report, right.report), "texts": texts(left, right)}


# ---------------------------------------------------------------- figures
def figures(left: Report, right: Report) -> list[dict[str, str]]:
    """One row a figure that either report's tables hold, in the order of the right one's form."""
    keys = [key for era in dict.fromkeys([right.form, left.form]) if era in forms.eras()
            for key in forms.form(str(era)).all_keys]
    rows = []
    for key in dict.fromkeys(keys):
        one, other = left.figures.get(key), right.figures.get(key)
        if _silent(one) and _silent(other):
            continue
        rows.append({"key": key, "name": wording.figure(key, "zh"), "left": _shown(one), "right": _shown(other),
                     "difference": _difference(one, other)})
    return rows


def _silent(figure: Figure | None) -> bool:
    """Nothing to compare: not read, blank, or a nought."""
    return figure is None or not figure.value


def _shown(figure: Figure | None) -> str:
    if figure is None or figure.state == "absent":
        return say("figure_absent")
    if figure.value is None:
        return {"dash": "—", "blank": say("figure_blank")}.get(figure.state, figure.raw)
    return wording.number(figure.value) + ("" if figure.confident else "?")


def _difference(left: Figure | None, right: Figure | None) -> str:
    if left is None or right is None or left.value is None or right.value is None:
        return ""
    change = right.value - left.value
    if not change:
        return "0"
    amount = wording.number(abs(round(change, 6)))
    return f"{'+' if change > 0 else '-'}{amount}"


# ---------------------------------------------------------------- texts
def texts(left: Side, right: Side) -> list[dict[str, Any]]:
    """Each section that has prose in either report: how alike, and what went and came."""
    made = []
    for number in range(1, 7):
        one, other = left.report.section(number), right.report.section(number)
        before, after = (one.text if one else ""), (other.text if other else "")
        if not before.strip() and not after.strip():
            continue
        title = wording.place(f"section.{number}", "zh")
        share = alike(before, after) if before.strip() and after.strip() else None
        made.append({"section": title, "share": "" if share is None else f"{share * 100:.1f}%",
                     "cut": say("comparison_cut") if max(len(before), len(after)) > LONGEST else "",
                     "segments": segments(before[:LONGEST], after[:LONGEST])})
    return made


def segments(before: str, after: str) -> list[dict[str, str]]:
    """The two texts as one: pieces with kind same, gone or new; without gone it reads as `after`, without new as
    `before`."""
    old, new = ([piece for piece in _CLAUSES.findall(text) if piece] for text in (before, after))
    made: list[dict[str, str]] = []
    for kind, start, end, first, last in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            made.append({"kind": "same", "text": "".join(old[start:end])})
            continue
        made += [{"kind": name, "text": text} for name, text in (("gone", "".join(old[start:end])),
                                                                 ("new", "".join(new[first:last]))) if text]
    return made
