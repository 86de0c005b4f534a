"""The 台账: how publication stands, every finding, what became of those told, the figures.

Promises: sheets as officials keep them; what people fill in (decision, reason, day, who) sits in marked columns with
hidden ids and the fact it was exported with, so that `review import` brings it back and knows what has changed since;
machine results that nobody has reviewed say so. Leaves alone: reading it back (returned.py), letters.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crawler import clock
from extract import forms
from monitor import compliance, records, review, transitions, wording
from monitor.exports.sheets import Book, Head, Link
from monitor.model import FindingState, Standing, Status
from monitor.review import StoredFinding
from monitor.rules import catalogue

if TYPE_CHECKING:
    from crawler.roster import Roster
    from crawler.store import Store
    from monitor.settings import Settings
    from monitor.wording import Lang

DECIDABLE = ("confirm", "dismiss", "snooze", "dispute", "rectify", "explain")
"""Actions of config/review.yaml that the ledger's drop-down offers."""
KEY_COLUMNS = ("finding", "fact", "state")
"""Hidden columns of the finding sheets, in this order at their end."""
HIDDEN_HEADS = ("nianbao:finding", "nianbao:fact", "nianbao:state")
_TOLD = (FindingState.NOTIFIED, FindingState.DISPUTED, FindingState.UPHELD, FindingState.PARTLY_ACCEPTED,
         FindingState.ACCEPTED, FindingState.RECTIFIED, FindingState.VERIFIED, FindingState.NOT_FIXED,
         FindingState.OVERDUE, FindingState.EXPLAINED, FindingState.RETRACTED)


@dataclass(slots=True)
class Written:
    """What a ledger holds, in rows."""

    standings: int = 0
    findings: int = 0
    told: int = 0
    reports: int = 0


def write(store: Store, roster: Roster, settings: Settings, path: Path, lang: Lang, *, year: int | None = None,
          bodies: Collection[str] | None = None, all_years: bool = False) -> Written:
    """Write the workbook to `path`. Raises OSError where it can't be written."""
    view = compliance.view(store, roster, settings, bodies=bodies)
    newest = year or max((standing.year for standing in view.standings), default=clock.today().year - 1)
    chosen = [each for each in view.standings if all_years or each.year == newest]
    title = wording.say("ledger_title", lang, year=newest)
    book, written = Book(path, title), Written()
    names = {body.id: body.name for body in roster.bodies.values()}
    page = f"{title}  {wording.day(view.as_of, lang)}"
    note = wording.say("ledger_note", lang, t=wording.day(view.as_of[:16], lang))
    with store.read() as connection:
        findings = review.list_findings(connection, bodies=bodies, year=None if all_years else newest)
        told = [each for each in review.list_findings(connection, bodies=bodies, cleared=True)
                if each.state in _TOLD and (all_years or each.finding.year == newest)]
        written.standings = _standings(book, chosen, names, note, page, lang)
        written.findings = _findings(book, findings, roster, settings, note, page, lang)
        written.told = _told(book, told, names, note, page, lang)
        written.reports = _figures(book, connection, chosen, newest, names, note, page, lang)
    _about(book, view, newest, title, lang)
    book.close()
    return written


# ---------------------------------------------------------------- 发布情况一览
def _standings(book: Book, standings: Sequence[Standing], names: dict[str, str], note: str, page: str,
               lang: Lang) -> int:
    def say(key: str) -> str:
        return wording.say(f"ledger_{key}", lang)

    sheet = book.sheet(say("publication"), [
        Head(say("number"), 6, "centre"), Head(say("body"), 30), Head(say("scope"), 12, "centre"),
        Head(say("year"), 8, "centre"), Head(say("due"), 12, "date"), Head(say("tier"), 14, "centre"),
        Head(say("published"), 12, "date"), Head(say("date_source"), 14), Head(say("status"), 22),
        Head(say("days"), 8, "number"), Head(say("address"), 40), Head(say("checked"), 18), Head(say("remark"), 30)],
        note=note, page=page)
    for number, each in enumerate(standings, 1):
        symbol = wording.symbol("statuses", each.status.value)
        sheet.add([
            number, names.get(each.body, each.body), wording.term("scopes", each.scope, lang), each.year,
            each.due, wording.term("tiers", each.tier, lang) if each.tier else "",
            _day(each.published), wording.date_source(each.published_source, lang),
            f"{symbol} {wording.term('statuses', each.status.value, lang)}", each.days_late,
            Link(each.address) if each.address else "", wording.day((each.last_checked or "")[:16], lang),
            wording.unverified_reason(each.reason, each.outcome, lang)[0] if each.status is Status.UNVERIFIED
            else wording.term("reasons", each.reason, lang) if each.reason else ""])
    sheet.tint(8, wording.symbol("statuses", "missing"), "solid")
    for status in (Status.LATE, Status.LATE_BY_RULE, Status.WITHDRAWN):
        sheet.tint(8, wording.symbol("statuses", status.value), "warm")
    for status in (Status.UNVERIFIED, Status.NOT_SEEN, Status.UNDATED, Status.INVALID):
        sheet.tint(8, wording.symbol("statuses", status.value), "pale")
    sheet.finish()
    return len(standings)


def _day(text: str | None) -> date | str:
    try:
        return date.fromisoformat((text or "")[:10])
    except ValueError:
        return text or ""


# ---------------------------------------------------------------- 问题明细
def _findings(book: Book, findings: Sequence[StoredFinding], roster: Roster, settings: Settings, note: str, page: str,
              lang: Lang) -> int:
    """In the evaluators' order: what is asked for, what was found, what was done."""
    def say(key: str) -> str:
        return wording.say(f"ledger_{key}", lang)

    actions = transitions.of_person()
    choices = tuple(actions[name].zh if lang == "zh" else actions[name].en for name in DECIDABLE)
    hidden = [Head(text, 4, hidden=True) for text in HIDDEN_HEADS]
    sheet = book.sheet(say("findings"), [
        Head(say("number"), 6, "centre"), Head(say("case"), 18), Head(say("body"), 26), Head(say("scope"), 12),
        Head(say("year"), 8, "centre"), Head(say("category"), 10, "centre"), Head(say("standard"), 40, "wrap"),
        Head(say("fact"), 60, "wrap"), Head(say("severity"), 16, "centre"), Head(say("outcome"), 12, "centre"),
        Head(say("state"), 14, "centre"), Head(say("decision"), 14, "input", choices),
        Head(say("reason"), 30, "input"), Head(say("until"), 12, "input"), Head(say("author"), 12, "input"),
        Head(say("evidence"), 30), *hidden], note=f"{note}{wording.say('ledger_fill_in', lang)}", page=page)
    places = {body.id: (body.sort_order, place) for place, body in enumerate(roster.bodies.values())}
    listed = sorted(findings, key=lambda each: (places.get(each.finding.body, (10**9, 0)), -(each.finding.year or 0),
                                                "EWI".index(each.finding.severity), each.finding.rule))
    for number, each in enumerate(listed, 1):
        finding = each.finding
        name = roster.bodies[finding.body].name if finding.body in roster.bodies else finding.body
        reviewed = each.state is not FindingState.OPEN
        outcome = wording.term("verdicts", finding.outcome, lang)
        sheet.add([
            number, each.number or "", name, wording.term("scopes", finding.scope, lang), finding.year,
            wording.term("categories", catalogue.text_of(finding.rule).category, lang),
            wording.basis(finding, lang) or finding.rule,
            wording.fact_sentence(finding, lang, name) or wording.message(finding, lang, name),
            wording.term("severities", finding.severity, lang), outcome if reviewed else f"{outcome}*",
            wording.review_phrase(each, lang, named=False),
            "", "", "", "",
            _evidence(each, settings), finding.id, finding.fact, each.state.value])
    sheet.finish()
    return len(listed)


def _evidence(each: StoredFinding, settings: Settings) -> Link | str:
    """The finding's page where the office serves its pages, else the page it was found on."""
    if settings.general.link:
        return Link(f"{settings.general.link.rstrip('/')}/finding/{each.finding.id}")
    address = each.finding.parameters.get("url") or each.finding.evidence.get("address")
    return Link(str(address)) if address else ""


# ---------------------------------------------------------------- 整改结果
def _told(book: Book, told: Sequence[StoredFinding], names: dict[str, str], note: str, page: str, lang: Lang) -> int:
    def say(key: str) -> str:
        return wording.say(f"ledger_{key}", lang)

    sheet = book.sheet(say("rectification"), [
        Head(say("number"), 6, "centre"), Head(say("case"), 18), Head(say("body"), 26), Head(say("year"), 8, "centre"),
        Head(say("summary"), 40, "wrap"), Head(say("state"), 16, "centre"), Head(say("answer_by"), 12, "date"),
        Head(say("answer"), 40, "wrap"), Head(say("decided"), 12, "date"), Head(say("cleared"), 12, "date")],
        note=note, page=page)
    for number, each in enumerate(told, 1):
        finding = each.finding
        name = names.get(finding.body, finding.body)
        sheet.add([number, each.number or "", name, finding.year, wording.message(finding, lang, name),
                   wording.state_phrase(each.state.value, lang), _day(each.answer_by),
                   each.explanation or (each.decision.reason if each.decision else ""),
                   _day(each.decision.at if each.decision else None), _day(each.cleared)])
    sheet.finish()
    return len(told)


# ---------------------------------------------------------------- 数据
def _figures(book: Book, connection: sqlite3.Connection, standings: Sequence[Standing], year: int,
             names: dict[str, str], note: str, page: str, lang: Lang) -> int:
    """One row a report of `year`, one column a figure of that year's form, in the form's own order."""
    era = forms.era_of_year(year)
    assert era, "no year before the first form is asked for"
    keys = records.figure_columns(connection, era) or list(forms.form(era).all_keys)
    wanted = {each.report: each for each in standings if each.year == year and each.report}
    sheet = book.sheet(wording.say("ledger_figures", lang), [
        Head(wording.say("ledger_number", lang), 6, "centre"), Head(wording.say("ledger_body", lang), 26),
        Head(wording.say("ledger_scope", lang), 12), *(Head(wording.figure(key, lang), 10, "number") for key in keys)],
        note=note + wording.say("ledger_figures_note", lang), page=page)
    number = 0
    absent = wording.say("ledger_absent", lang)
    for row in records.figure_rows(connection, era, list(wanted)):
        each, letters = wanted[row["report"]], row["states"]
        number += 1
        values: list[Any] = [number, names.get(each.body, each.body), wording.term("scopes", each.scope, lang)]
        values += [row[key] if row[key] is not None else {"d": "—", "a": absent}.get(letter.lower(), "")
                   for key, letter in zip(keys, letters, strict=True)]
        sheet.add(values, ["centre", "cell", "cell", *(
            "unsure" if letter.isupper() and letter != "A" else None for letter in letters)])
    sheet.finish()
    return number


# ---------------------------------------------------------------- 说明
def _about(book: Book, view: compliance.View, year: int, title: str, lang: Lang) -> None:
    sheet = book.sheet(wording.say("ledger_about", lang), [Head(title, 26, "cell"), Head("", 90, "wrap")])
    totals = compliance.Totals.count(each for each in view.standings if each.year == year)
    lines: list[tuple[str, str]] = [
        (wording.say("ledger_as_of", lang), wording.day(view.as_of[:16], lang)),
        (wording.say("ledger_owed", lang), _sum(totals, lang)),
        (wording.say("ledger_rate", lang), totals.rate or wording.say("small_n", lang)),
        *((f"{wording.symbol('statuses', each.value)} {wording.term('statuses', each.value, lang)}",
           (wording.vocabulary().statuses[each.value].meaning if lang == "zh" else "")) for each in Status),
        (wording.say("ledger_fill_in_head", lang), wording.say("ledger_fill_in_text", lang)),
        (wording.say("ledger_machine_head", lang), wording.say("machine_only", lang)),
        (wording.say("ledger_remark", lang), wording.say("one_case", lang))]
    for pair in lines:
        sheet.add(pair)


def _sum(totals: compliance.Totals, lang: Lang) -> str:
    """应公布 = 按时 + …, zeros left out."""
    parts: Iterable[str] = (f"{wording.term('statuses', each.value, lang)}{totals[each]}" for each in compliance.OWED
                            if totals[each])
    return f"{totals.owed} = {' + '.join(parts)}" if totals.owed else "0"
