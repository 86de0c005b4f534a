"""What stands on the web pages, as plain data for pages.py, from the store.

Promises: one page's data at a time (standings and open findings are held, reports are not); false alarms, findings
taken back, those for the operator and unconfirmed ones only a person may raise stay out; no reviewer is named; every
blank, doubtful or absent figure is told as such. Leaves alone: HTML (pages.py), where pages are written
(exports/static_site.py).
"""

from __future__ import annotations

import functools
import itertools
import json
import re
from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from crawler.store import row_dicts
from monitor import cases, compliance, obligations, records, review, wording
from monitor.commands.explaining import basis_words
from monitor.exports.open_tables import reviewed, shown
from monitor.model import FindingState, Standing, Status
from monitor.rules import catalogue, identities
from monitor.web import figures as printed
from monitor.web import pages

if TYPE_CHECKING:
    import sqlite3

    from crawler.roster import Roster
    from extract.model import Report
    from monitor.model import Finding
    from monitor.review import StoredFinding
    from monitor.settings import Settings
    from monitor.wording import Lang

Row = dict[str, Any]
UNSAID = (FindingState.DISMISSED, FindingState.ACCEPTED, FindingState.RETRACTED)
"""States of findings that no page shows: what was no fault of the body."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two years of one body and scope whose reports are compared."""

    body: str
    scope: str
    before: Standing
    after: Standing

    @property
    def key(self) -> str:
        return f"{pages.slug(self.body)}-{self.scope}-{self.before.year}-{self.after.year}"


def visible(stored: StoredFinding, role: str) -> bool:
    """Whether somebody of that role (people.py; empty: anybody at all) may see a finding: whoever decides sees what was
    decided away too."""
    if role in ("reviewer", "operator"):
        entry = catalogue.catalogue().rules.get(stored.finding.rule)
        return role == "operator" or entry is None or not entry.operator_only
    return shown(stored) and stored.state not in UNSAID


def body_named(connection: sqlite3.Connection, roster: Roster, slug: str) -> str | None:
    """The body whose pages stand under that part of an address (pages.slug)."""
    if slug in roster.bodies:
        return slug if pages.slug(slug) == slug else None
    if not re.fullmatch(r"[0-9a-f]{16}", slug):
        return slug if connection.execute("SELECT 1 FROM standing WHERE body = ?1 UNION ALL SELECT 1 FROM finding "
                                          "WHERE body = ?1 LIMIT 1", (slug,)).fetchone() else None
    hashed = (body for body in roster.bodies if pages.slug(body) == slug)
    return next(hashed, None) or next((row[0] for row in connection.execute("SELECT DISTINCT body FROM finding")
                                       if pages.slug(row[0]) == slug), None)


class Contents:
    """The pages' data as last judged. `bodies`: only these. `role`: of whoever looks (visible); `cleared`: findings
    that hold no more have pages too."""

    def __init__(self, connection: sqlite3.Connection, view: compliance.View, roster: Roster, settings: Settings,
                 bodies: Collection[str] | None = None, *, role: str = "", cleared: bool = False) -> None:
        self.connection, self.view, self.roster, self.settings = connection, view, roster, settings
        listed = review.list_findings(connection, bodies=bodies, cleared=cleared)
        self.findings: dict[str, StoredFinding] = {each.finding.id: each for each in listed if visible(each, role)}
        self._of_body: dict[str, list[StoredFinding]] = defaultdict(list)
        self._past: dict[str, list[StoredFinding]] = defaultdict(list)
        for each in self.findings.values():
            (self._of_body if each.cleared is None else self._past)[each.finding.body].append(each)
        self.standings: dict[str, list[Standing]] = defaultdict(list)
        for standing in view.standings:
            self.standings[standing.body].append(standing)
        for body in self._of_body:
            if bodies is None or body in bodies:
                self.standings.setdefault(body, [])
        named = json.dumps([standing.report for standing in view.standings if standing.report])
        held = {row[0] for row in connection.execute(
            "SELECT id FROM report WHERE id IN (SELECT value FROM json_each(?))", (named,))}
        self.reports: dict[str, Standing] = {}
        for standing in view.standings:
            if standing.report in held:
                self.reports.setdefault(str(standing.report), standing)
        self.pairs = {pair.key: pair for body in self.standings for pair in self._pairs(body)}

    # ---------------------------------------------------------------- shared
    def name(self, body: str) -> str:
        return self.roster.bodies[body].name if body in self.roster.bodies else body

    def page(self, **content: Any) -> Row:
        return {"as_of": self.view.as_of[:16], "contact": self.settings.general.contact, **content}

    def _pairs(self, body: str) -> Iterator[Pair]:
        scopes: dict[str, list[Standing]] = defaultdict(list)
        for standing in sorted(self.standings[body], key=lambda each: each.year):
            if standing.report in self.reports:
                scopes[standing.scope].append(standing)
        for scope, read in scopes.items():
            for before, after in itertools.pairwise(read):
                if before.report != after.report:
                    yield Pair(body, scope, before, after)

    def _compared(self, body: str, standing: Standing | None = None) -> list[Row]:
        return [{"key": pair.key, "before": pair.before.year, "after": pair.after.year, "scope": pair.scope}
                for pair in self._pairs(body)
                if standing is None or (pair.scope == standing.scope
                                        and standing.year in (pair.before.year, pair.after.year))]

    def _line(self, stored: StoredFinding, lang: Lang) -> Row:
        one = stored.finding
        return {"id": one.id, "rule": one.rule, "year": one.year,
                "severity": wording.term("severities", one.severity, lang),
                "message": wording.message(one, lang, self.name(one.body)),
                "outcome": wording.term("verdicts", one.outcome, lang), "review": self._review(stored, lang)}

    def _review(self, stored: StoredFinding, lang: Lang) -> str:
        if not reviewed(stored):
            # Who looks into it is the office's affair: others learn only that somebody does.
            return pages.say("under_review" if stored.claimed_by else "not_reviewed", lang)
        state = wording.state_phrase(stored.state.value, lang, stored.decision.until if stored.decision else None)
        when = wording.day(stored.decision.at[:10], lang) if stored.decision else ""
        return pages.say("reviewed_on", lang, state=state, t=when) if when else state

    def _status(self, standing: Standing, lang: Lang) -> Row:
        return {"mark": pages.mark(standing.status.value, lang, _days(standing, self.view.as_of)),
                "due": standing.due, "tier": wording.term("tiers", standing.tier, lang),
                "published": standing.published,
                "published_source": wording.date_source(standing.published_source, lang),
                "days_late": standing.days_late, "address": standing.address,
                "last_checked": _checked(standing, lang),
                "dates": [{"date": each["date"], "source": wording.date_source(each["source"], lang)}
                          for each in standing.evidence.get("dates", ())]}

    # ---------------------------------------------------------------- overview
    def overview(self, lang: Lang) -> Row:
        years = sorted({each.year for each in self.view.standings}, reverse=True)
        totals = {year: compliance.Totals.count(each for each in self.view.standings if each.year == year)
                  for year in years}
        counts = [{"mark": {**pages.mark(status.value, lang), "word": wording.term("statuses", status.value, lang)},
                   "owed": status in compliance.OWED, "numbers": [totals[year][status] for year in years]}
                  for status in (*compliance.OWED, *(each for each in Status if each not in compliance.OWED))
                  if any(totals[year][status] for year in years)]
        return self.page(years=years, counts=counts, rows=self._matrix(years, lang), totals=[
            {"owed": each.owed, "verified": each.verified, "rate": each.rate or pages.say("small_n", lang)}
            for each in totals.values()])

    def _matrix(self, years: list[int], lang: Lang) -> list[Row]:
        found = []
        for body, standings in self.standings.items():
            scopes: list[str] = [*dict.fromkeys(each.scope for each in standings)] or [""]
            for scope in scopes:
                held = {each.year: each for each in standings if each.scope == scope}
                named = wording.term("scopes", scope, lang, short=True) if len(scopes) > 1 or scope != "own" else ""
                found.append({"body": body, "name": self.name(body), "scope": named, "cells": [
                    self._cell(held[year], lang) if year in held else None for year in years]})
        return found

    def _cell(self, standing: Standing, lang: Lang) -> Row:
        return {"mark": pages.mark(standing.status.value, lang, _days(standing, self.view.as_of)),
                "report": standing.report if standing.report in self.reports else "",
                "issues": self.view.open_errors.get((standing.body, standing.scope, standing.year), 0)}

    # ---------------------------------------------------------------- body
    def body(self, body: str, lang: Lang) -> Row:
        standings = sorted(self.standings[body], key=lambda each: (-each.year, each.scope))
        return self.page(
            body=body, name=self.name(body), comparisons=self._compared(body),
            any_read=any(each.report in self.reports for each in standings),
            findings=[self._line(each, lang) for each in self._of_body[body]], parent=None, consolidates=False,
            past=[self._line(each, lang) for each in self._past[body]],
            rows=[{**self._status(each, lang), "year": each.year, "scope": each.scope, "why": _why(each, lang),
                   "flaws": _flaws(each, lang), "report": each.report if each.report in self.reports else ""}
                  for each in standings])

    # ---------------------------------------------------------------- report
    @functools.lru_cache(maxsize=8)  # noqa: B019 - lives as long as one writing of the pages
    def read(self, identity: str) -> tuple[Row, Report, tuple[Any, ...]]:
        """A report's row without its record, the report, and the verdicts on the form's sums. Raises KeyError."""
        row = records.report_row(self.connection, identity)
        if row is None:
            raise KeyError(identity)
        report = records.load_report(row)
        found = (*identities.judge_identities(report), *identities.judge_orders(report))
        return {key: row[key] for key in row if key != "record"}, report, found

    def standing_of(self, identity: str) -> Standing:
        """The obligation a report fulfils, or one that an earlier version of it belongs to. Raises KeyError."""
        if identity in self.reports:
            return self.reports[identity]
        row = self.read(identity)[0]
        owners = [(row["body"], row["scope"], row["year"]), *(tuple(each) for each in self.connection.execute(
            "SELECT body, scope, year FROM report_owner WHERE report = ?", (identity,)))]
        for body, scope, year in owners:
            for standing in self.standings.get(body, ()) if row["verdict"] in ("report", "invalid") else ():
                if standing.year == year and scope in (standing.scope, "unknown"):
                    return standing
        raise KeyError(identity)

    def findings_of(self, standing: Standing) -> list[StoredFinding]:
        """What holds of one report now."""
        return [each for each in self._of_body[standing.body]
                if (each.finding.scope, each.finding.year) == (standing.scope, standing.year)]

    def past_of(self, standing: Standing) -> list[StoredFinding]:
        """What once held of one report and holds no more."""
        return [each for each in self._past[standing.body]
                if (each.finding.scope, each.finding.year) == (standing.scope, standing.year)]

    def concerned(self, identity: str) -> set[str]:
        """The figures that an issue found concerns; notes and doubts mark no cell: the mark says that something doesn't
        add up. Of an earlier version only what was found in it."""
        standing = self.standing_of(identity)
        return {key for each in self.findings_of(standing) for key in each.finding.figures
                if each.finding.outcome == "fail" and each.finding.severity != "I"
                and (identity in self.reports or each.finding.report == identity)}

    def report(self, identity: str, lang: Lang) -> Row:
        """Raises KeyError for a report that belongs to no obligation."""
        standing = self.standing_of(identity)
        row, report, verdicts = self.read(identity)
        own = self.findings_of(standing)
        told = {(each.finding.rule, each.finding.subject): each.finding.outcome for each in own}
        return self.page(**{
            **self._status(standing, lang), "title": row["title"] or self.name(standing.body), "body": standing.body,
            "name": self.name(standing.body), "year": standing.year, "scope": standing.scope, "address": row["address"],
            "first_seen": wording.day(row["first_seen"][:16], lang), "medium": row["medium"], "sha256": row["sha256"],
            "reader_version": row["reader_version"], "comparisons": self._compared(standing.body, standing),
            "due_days": self._due_days(standing, lang), "current": identity in self.reports,
            "problems": len(report.problems), "source": None, "versions": [], "trend": None, "log": [], "id": identity,
            "findings": [self._line(each, lang) for each in own],
            "tables": printed.tables(report, self.concerned(identity), lang),
            "relations": printed.relations(verdicts, told, lang),
            "sections": [{"title": part.title or wording.place(f"section.{part.number}", lang), "text": part.text}
                         for part in report.sections if part.title.strip() or part.text.strip()]})

    def _due_days(self, standing: Standing, lang: Lang) -> list[Row]:
        """Every day the report was due on, with the rule that sets it and how far from it the report was published."""
        body = self.roster.bodies.get(standing.body)
        found = []
        for each in obligations.days_for(self.roster, body, standing.scope, standing.year) if body else ():
            published = standing.published and date.fromisoformat(standing.published[:10])
            found.append({"day": each.day, "tier": wording.term("tiers", each.tier, lang),
                          "basis": basis_words(each.basis, lang), "note": wording.due_note(each.day, lang),
                          "after": (published - each.day).days if published else None})
        return found

    # ---------------------------------------------------------------- finding
    def finding(self, identity: str, lang: Lang) -> Row:
        """Raises KeyError for a finding that no page shows."""
        stored = self.findings[identity]
        one = stored.finding
        standing = self._standing(one)
        text, name = catalogue.text_of(one.rule), self.name(one.body)
        return self.page(
            **self._around(stored, lang), rule_fact=_open(text.fact) if lang == "zh" else "",
            id=one.id, body=one.body, name=name, year=one.year, scope=one.scope, rule=one.rule, version=one.version,
            report=standing.report if standing and standing.report in self.reports else "",
            message=wording.message(one, lang, name), fact=wording.fact_sentence(one, lang, name),
            expression=wording.expression(one.expression, one.outcome, lang),
            symbol=wording.symbol("verdicts", one.outcome),
            severity=f"{one.severity} {wording.term('severities', one.severity, lang)}",
            outcome=wording.term("verdicts", one.outcome, lang), review=self._review(stored, lang),
            reason=wording.uncertain_reason(one.reason, lang) if one.reason else "", explanation=stored.explanation,
            first_seen=wording.day(stored.first_seen[:16], lang), last_seen=wording.day(stored.last_seen[:16], lang),
            rule_text=_open(text.short if lang == "zh" else text.en), test=_tests().get(one.rule, "")
            if lang == "en" else "", basis=wording.basis(one, lang), cells=printed.cells(one, lang),
            address=_first(one.parameters.get("url") or one.evidence.get("address")),
            sha256=str(one.evidence.get("sha256") or ""),
            looks=self._looks(one, lang))

    def _around(self, stored: StoredFinding, lang: Lang) -> Row:
        """What stands beside a finding: others of its cause, the passage it quotes; and what only a server adds."""
        one = stored.finding
        shared = cases.of(one)
        mates = [self._line(each, lang) for each in self._of_body[one.body]
                 if shared and each is not stored and (cases.of(each.finding) or {}).get("id") == shared["id"]]
        return {"case": mates, "number": stored.number or "", "passage": self._passage(one, lang), "source": None,
                "offer": None, "cleared": wording.day(stored.cleared[:10], lang) if stored.cleared else "",
                "before_report": "", "wrong": "", "packed": False}

    def _passage(self, finding: Finding, lang: Lang) -> Row | None:
        """The quoted phrase within its sentence, where the report still says it."""
        phrase = str(finding.parameters.get("phrase") or "")
        try:
            report = self.read(str(finding.report))[1] if phrase and finding.report else None
        except KeyError:
            return None
        for section in report.sections if report else ():
            before, met, after = section.text.partition(phrase)
            if met:
                return {"section": section.title or wording.place(f"section.{section.number}", lang),
                        "before": before[-160:], "phrase": phrase, "after": after[:160]}
        return None

    def listings(self, finding: Finding) -> list[Row]:
        """The looks at columns that a finding rests on, as rows of the table: those it names, and those that brought
        the captured lists it names by their hashes."""
        standing = self._standing(finding)
        named = finding.evidence.get("listings") or (
            standing.evidence.get("listings") if standing and finding.rule in compliance.TOLD_BY_STATUS else None)
        hashes = [] if named else [each for part in ("first_snapshots", "snapshots")
                                   for each in finding.evidence.get(part) or ()]
        return row_dicts(self.connection, """SELECT * FROM listing WHERE id IN (SELECT value FROM json_each(?1))
            OR id IN (SELECT l.id FROM json_each(?2) h JOIN fetch f ON f.sha256 = h.value
                JOIN listing l ON l.run = f.run AND l.portal = f.portal
                WHERE EXISTS (SELECT 1 FROM json_each(l.pages) p WHERE p.value = f.id))
            ORDER BY at, id LIMIT 40""", (json.dumps(list(named or ())), json.dumps(hashes)))

    def _standing(self, finding: Finding) -> Standing | None:
        return next((each for each in self.standings.get(finding.body, ())
                     if (each.scope, each.year) == (finding.scope, finding.year)), None)

    def _looks(self, finding: Finding, lang: Lang) -> list[Row]:
        """The lists that a status rests on, with the hashes of their captured pages."""
        return [{
            "id": row["id"], "page": "", "at": wording.day(row["at"][:16], lang), "url": row["url"],
            "complete": bool(row["complete"]), "listed": row["items"],
            "outcome": wording.outcome_words(row["outcome"], lang)[0],
            "hashes": records.snapshots(self.connection, [
                page for page in json.loads(row["pages"]) if isinstance(page, int)])} for row in self.listings(finding)]

    # ---------------------------------------------------------------- method, comparison
    def method(self, lang: Lang) -> Row:
        return self.page(**method(lang))

    def comparison(self, key: str, lang: Lang) -> Row:
        """Raises KeyError for a pair there isn't."""
        pair = self.pairs[key]
        left, right = (self.read(str(each.report))[1] for each in (pair.before, pair.after))
        years, notes = {"before": str(pair.before.year), "after": str(pair.after.year)}, []
        if left.form != right.form:
            notes.append(pages.say("forms_differ", lang, before=left.form or "—", after=right.form or "—"))
        if pair.before.year < printed.BREAK <= pair.after.year:
            notes.append(wording.say("break_2024", lang))
        notes.append(pages.say("same_zero", lang))
        return self.page(
            body=pair.body, name=self.name(pair.body), notes=notes, texts=[
                {**each, "section": wording.place(f"section.{each['section']}", lang)}
                for each in self._texts(str(pair.before.report), str(pair.after.report))],
            title=pages.say("compare_title", lang, name=self.name(pair.body), **years),
            left={"year": pair.before.year, "report": pair.before.report},
            right={"year": pair.after.year, "report": pair.after.report}, figures=printed.compared(left, right, lang))

    @functools.lru_cache(maxsize=4)  # noqa: B019 - lives as long as one writing of the pages
    def _texts(self, before: str, after: str) -> list[Row]:
        return printed.texts(self.read(before)[1], self.read(after)[1])


def method(lang: Lang) -> Row:
    """What the method page holds: every rule the catalogue shows readers, every status."""
    meanings = pages.strings().meanings
    rules = [{"id": each["id"], "text": _open(each["short"]) if lang == "zh" else "", "severity": each["severity"],
              "category": each["category"], "version": each["version"],
              "sentence": _open(each["fact"] if lang == "zh" else each["en"]), "test": _open(each["test"]),
              "basis": ("；" if lang == "zh" else "; ").join(each["basis" if lang == "zh" else "basis_en"]),
              "history": [{"since": step["since"], "text": step[lang]} for step in each["history"]]}
             for each in _rules()]
    return {"rules": rules, "statuses": [
        {"mark": {**pages.mark(each.value, lang), "word": wording.term("statuses", each.value, lang, short=True)
                  .replace("{n}", "n")}, "name": wording.term("statuses", each.value, lang),
         "meaning": wording.vocabulary().statuses[each.value].meaning if lang == "zh" else meanings[each.value]}
        for each in Status]}


@functools.cache
def _rules() -> list[Row]:
    from monitor import catalogue_page

    listed = catalogue.catalogue().rules
    return [each for each in catalogue_page.data() if not listed[each["id"]].operator_only]


@functools.cache
def _tests() -> dict[str, str]:
    return {each["id"]: _open(each["test"]) for each in _rules()}


def _first(value: Any) -> str:
    """One address, of several the first."""
    return str(next(iter(value), "") if isinstance(value, (list, tuple)) else value or "")


def _open(template: str) -> str:
    """A rule's sentence with its places left open."""
    return re.sub(r"\{\w+\}", "…", template)


def _days(standing: Standing, as_of: str) -> int | None:
    from crawler import clock

    if standing.status is Status.DUE_SOON and standing.due:
        return (standing.due - clock.parse(as_of).date()).days
    return standing.days_late


def _checked(standing: Standing, lang: Lang) -> str:
    """When it was last looked at with success, else when that was tried."""
    if standing.last_checked:
        return wording.day(standing.last_checked[:16], lang)
    tried = str(standing.evidence.get("last_attempt") or "")
    return pages.say("tried", lang, t=tried[:16]) if tried else ""


def _why(standing: Standing, lang: Lang) -> str:
    if standing.status is Status.UNVERIFIED:
        return ("；" if lang == "zh" else "; ").join(
            filter(None, wording.unverified_reason(standing.reason, standing.outcome, lang)[:2]))
    return wording.term("reasons", standing.reason, lang)


def _flaws(standing: Standing, lang: Lang) -> list[Row]:
    """The looks that came to nothing, each with when and what."""
    return [{"at": wording.day(str(each.get("at", ""))[:16], lang), "url": each.get("url", ""),
             "what": wording.unverified_reason(str(each.get("reason") or ""), each.get("outcome"), lang)[0]}
            for each in standing.evidence.get("flaws", ())]
