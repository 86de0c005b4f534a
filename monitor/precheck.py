"""预审: drafts judged before they are published, one opinion a draft, nothing stored.

Promises: every file of the folders named is accounted for – judged, used as an earlier year's report, or listed with
the reason why not; earlier years come from the same folders, else from the store where one is given, and each opinion
says which; what could not be read with confidence is a note, never a demand. Leaves alone: reading (extract/), judging
(judging.py), how opinions are laid out (opinion_workbook.py, opinion_paper.py).
"""

from __future__ import annotations

import os
import re
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

from crawler import clock
from extract import titles
from extract.model import Report, Scope
from monitor import cases, judging, messages, records, wording
from monitor.judging import Judgement, Named
from monitor.model import Finding

if TYPE_CHECKING:
    from crawler.model import Body
    from crawler.roster import Roster
    from monitor.rules.catalogue import Verdict
    from monitor.wording import Lang

Level = Literal["must", "verify", "note"]
LEVELS: tuple[Level, ...] = ("must", "verify", "note")
_SHARE_OF_DRAFTS = 0.1
_SECTIONS_OF_A_REPORT = 4
_FIGURES_OF_A_REPORT = 10
_MOST_CELLS = 9
"""Cells told one by one; of more, only those that aren't 0."""
_SKIPPED = re.compile(r"^(?:\.|~\$)|^(?:thumbs\.db|desktop\.ini)$", re.IGNORECASE)


class ReadFile(Protocol):
    """What reading one file came to (monitor.commands.documents.Read)."""

    file: str
    report: Report
    fault: str


class Stored:
    """Reports of earlier years as published, and what the roster knows of their bodies; reads only."""

    def __init__(self, connection: sqlite3.Connection, roster: Roster, bodies: Collection[str] | None = None) -> None:
        """`bodies`: only these are known; None: all."""
        from monitor.holdings import Holdings

        self._connection, self._roster, self._bodies = connection, roster, bodies
        self._held = Holdings(connection, roster, records.standings(connection, bodies=bodies), bodies)

    def body(self, printed: str) -> Body | None:
        found = self._roster.find(printed)
        return found if found is not None and (self._bodies is None or found.id in self._bodies) else None

    def facts(self, body: Body, scope: Scope, year: int) -> dict[str, Any]:
        return self._held.told((body.id, scope, year))

    def reports(self, body: Body, scope: Scope, years: Iterable[int]) -> dict[int, Report]:
        found = {}
        for year in years:
            row = self._held.rows.get((body.id, scope, year))
            full = records.report_row(self._connection, row["id"]) if row else None
            if full:
                found[year] = records.load_report(full)
                found[year].scope, found[year].year = scope, year
        return found


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing to be mended or looked at: where, what is printed there, what it was held against, what to do."""

    level: Level
    place: str
    printed: str
    relation: str
    advice: str
    rules: tuple[str, ...]


@dataclass(slots=True)
class Opinion:
    """What the rules say of one draft. `last_year` tells where earlier reports came from, or that there are none."""

    file: str
    body: str
    title: str
    year: int
    scope: Scope
    last_year: str
    entries: list[Entry] = field(default_factory=list)
    passed: list[str] = field(default_factory=list)
    """Relations that hold, with their arithmetic."""

    def of(self, level: Level) -> list[Entry]:
        return [entry for entry in self.entries if entry.level == level]


@dataclass(frozen=True, slots=True)
class Aside:
    """A file that was not judged, and why."""

    file: str
    reason: str


@dataclass(slots=True)
class Precheck:
    """All opinions on the drafts of one year. `unread` couldn't be read; `others` are no drafts of that year."""

    year: int
    at: str
    opinions: list[Opinion] = field(default_factory=list)
    unread: list[Aside] = field(default_factory=list)
    others: list[Aside] = field(default_factory=list)


# ---------------------------------------------------------------- which files
def files_in(paths: Sequence[Path], without: Path | None = None) -> list[Path]:
    """The files named and those in the folders named, in the order of their names; system files and `without`, the
    file the opinions go into, are left out."""
    found: dict[Path, None] = {}
    for path in paths:
        if not path.is_dir():
            found[path] = None
            continue
        for folder, inner, names in os.walk(path):
            inner[:] = sorted(name for name in inner if not _SKIPPED.match(name))
            found |= {Path(folder) / name: None for name in sorted(names) if not _SKIPPED.match(name)}
    mine = without.resolve() if without else None
    return [path for path in found if path.resolve() != mine]


def is_report(report: Report) -> bool:
    """Whether a file reads like an annual report, by its title, its sections or its tables."""
    sections = {section.number for section in report.sections if 1 <= section.number <= 6}
    figures = sum(figure.state != "absent" for figure in report.figures.values())
    return (titles.parse(report.title).accepted or len(sections) >= _SECTIONS_OF_A_REPORT
            or figures >= _FIGURES_OF_A_REPORT)


def year_of_drafts(reports: Iterable[Report]) -> int:
    """The newest report year of which there are more than a few, so that one misprinted title moves nothing; last
    year where no file names one. A year that hasn't ended can't be reported on before its December."""
    today = clock.today()
    latest = today.year if today.month == 12 else today.year - 1
    years = Counter(report.year for report in reports if report.year is not None)
    enough = max(1, round(_SHARE_OF_DRAFTS * years.total()))
    fit = [year for year, count in years.items() if year <= latest and count >= enough]
    return max(fit, default=latest)


# ---------------------------------------------------------------- judging
def check(read: Iterable[ReadFile], lang: Lang, *, year: int | None = None, earlier: Stored | None = None,
          folders: Sequence[Path] = ()) -> Precheck:
    """Judge the drafts among these files. `year`: their report year, else the newest of which there are some. Files of
    `folders` are named as they lie in them."""
    unread: list[Aside] = []
    others: list[Aside] = []
    held: list[ReadFile] = []
    for each in read:
        if each.fault:
            unread.append(Aside(_within(each.file, folders), messages.said(each.fault, lang)))
        elif is_report(each.report):
            held.append(each)
        else:
            others.append(Aside(_within(each.file, folders), wording.say("precheck_no_report", lang)))
    chosen = year or year_of_drafts(each.report for each in held)
    made = Precheck(chosen, clock.stamp(), unread=unread, others=others)
    chains = _chains(held)
    drafted: set[str] = set()
    older: list[ReadFile] = []
    for each in held:
        if _is_draft(each.report, chosen, year is not None):
            made.opinions.append(_opinion(each, chosen, chains, earlier, lang))
            made.opinions[-1].file = _within(each.file, folders)
            drafted.add(titles.normalise(each.report.body or ""))
        else:
            older.append(each)
    for each in older:
        there = titles.normalise(each.report.body or "") in drafted
        key = "precheck_earlier" if there else "precheck_no_draft"
        said = wording.say(key, lang, year=str(each.report.year), draft=str(chosen))
        made.others.append(Aside(_within(each.file, folders), said))
    return made


def _is_draft(report: Report, year: int, named: bool) -> bool:
    """A report of another year is an earlier one; one of no year, or of a year still to come, is a draft misprinted."""
    return report.year is None or report.year == year or (report.year > year and not named)


def _within(file: str, folders: Sequence[Path]) -> str:
    return next((str(Path(file).relative_to(folder)) for folder in folders if Path(file).is_relative_to(folder)), file)


def _chains(held: Sequence[ReadFile]) -> dict[tuple[str, Scope], dict[int, tuple[Report, str]]]:
    """Reports by body, scope and year; a year with two differing ones is nobody's last year."""
    gathered: dict[tuple[str, Scope], dict[int, list[ReadFile]]] = defaultdict(lambda: defaultdict(list))
    for each in held:
        report = each.report
        if report.body and report.year is not None and judging.scope_of(report) != "unknown":
            gathered[titles.normalise(report.body), judging.scope_of(report)][report.year].append(each)
    return {chain: {year: (same[0].report, same[0].file) for year, same in years.items()
                    if all(_figures(each.report) == _figures(same[0].report) for each in same)}
            for chain, years in gathered.items()}


def _figures(report: Report) -> dict[str, int | float | None]:
    return {key: figure.value for key, figure in report.figures.items()}


def _opinion(each: ReadFile, year: int, chains: Mapping[tuple[str, Scope], Mapping[int, tuple[Report, str]]],
             earlier: Stored | None, lang: Lang) -> Opinion:
    report = each.report
    body = earlier.body(report.body) if earlier and report.body else None
    name = body.name if body else report.body or _name_of(each.file)
    scope = judging.scope_of(report)
    if body is not None and scope == "unknown" and len(body.scopes) == 1:
        scope = body.scopes[0]
    before = {held: found for held, (found, _) in
              chains.get((titles.normalise(report.body or ""), scope), {}).items() if held < year}
    source = ""
    if year - 1 in before:
        file = chains[titles.normalise(report.body or ""), scope][year - 1][1]
        source = wording.say("precheck_from_file", lang, year=str(year - 1), file=Path(file).name)
    if earlier is not None and body is not None:
        report.roster |= earlier.facts(body, scope, year)
        if scope != "unknown":
            stored = earlier.reports(body, scope, (year - 1, year - 2))
            if not source and year - 1 in stored:
                source = wording.say("precheck_from_store", lang, year=str(year - 1))
            before = {**stored, **before}
    judgement = judging.judge(report, Named(body.id if body else name, scope, year), before)
    missing = "precheck_no_scope" if scope == "unknown" else "precheck_no_last_year"
    return Opinion(each.file, name, report.title, year, scope,
                   source or wording.say(missing, lang, year=str(year - 1)),
                   _entries(judgement, name, lang), _passed(judgement, lang))


def _name_of(file: str) -> str:
    stem = Path(file.split("#")[0]).stem
    return titles.parse(stem).body or stem


# ---------------------------------------------------------------- in words
def _entries(judgement: Judgement, body: str, lang: Lang) -> list[Entry]:
    made = [_entry(together, body, lang) for together in cases.together(judgement.findings, lambda each: each)]
    return sorted(made, key=lambda entry: LEVELS.index(entry.level))


def _entry(together: Sequence[Finding], body: str, lang: Lang) -> Entry:
    """One case as one entry: every place and relation once, every request once."""
    worst = together[0]
    level: Level = "note" if worst.outcome == "uncertain" else {"E": "must", "W": "verify"}.get(  # type: ignore[assignment]
        worst.severity, "note")
    places, printed, relations, advice = (dict[str, None]() for _ in range(4))
    for finding in together:
        place, cells = cells_of(finding, lang)
        places[place] = None
        printed[f"{place}：{cells}" if cells and len(together) > 1 else cells] = None
        relations[_relation(finding, body, lang)] = None
        advice |= dict.fromkeys(re.findall(r"[^。]+。?", _advice(finding, body, lang)))
    line = "\n"
    return Entry(level, line.join(filter(None, places)), line.join(filter(None, printed)),
                 line.join(filter(None, relations)), "".join(advice), tuple(sorted({each.rule for each in together})))


def _relation(finding: Finding, body: str, lang: Lang) -> str:
    said = wording.fact_sentence(finding, lang, body)
    if finding.outcome == "uncertain" and finding.reason:
        said += f"（{wording.uncertain_reason(finding.reason, lang)}）"
    written = wording.expression(finding.expression, finding.outcome, lang)
    # Two bare numbers stand in the sentence already.
    told = written in said or finding.outcome != "fail" or not any(sign in finding.expression for sign in "+-×÷")
    return said if told or not written else f"{said}{written}"


def _advice(finding: Finding, body: str, lang: Lang) -> str:
    if finding.outcome == "uncertain":
        return wording.say("precheck_look", lang)
    return wording.request(finding, lang, body)


def cells_of(finding: Finding, lang: Lang) -> tuple[str, str]:
    """Where a finding stands, by the labels of row and column, and what is printed there."""
    known = finding.parameters
    figures: Mapping[str, Mapping[str, object]] = finding.evidence.get("figures") or {}
    where = wording.parameter("table", known.get("table"), lang) or wording.parameter(
        "section", known.get("section"), lang)
    phrase = str(known.get("phrase") or "")
    if phrase:
        return where or wording.say("precheck_title", lang), f"“{phrase}”"
    if not figures:
        return where or wording.say("precheck_whole", lang), ""
    common, labels = _labels(list(figures), lang)
    where = where or wording.parameter("table", _table_of(next(iter(figures))), lang)
    shown = [(label, _printed(figures[key], lang)) for key, label in labels.items()]
    if len(shown) > _MOST_CELLS:
        shown = [(label, cell) for label, cell in shown if cell != "0"] or shown[:1]
    told = [f"{label} {cell}".strip() for label, cell in shown]
    before = finding.evidence.get("before") or {}
    if before.get("figures"):
        told += [wording.say("precheck_before", lang, year=str(before["year"]), place=wording.figure(key, lang),
                             value=_printed(figure, lang)) for key, figure in before["figures"].items()]
    return f"{where}{common}", wording.shown(told, lang)


def _labels(keys: Sequence[str], lang: Lang) -> tuple[str, dict[str, str]]:
    """What the cells have in common – a column, a row – and what tells each from the others."""
    parts = {key: key.rpartition(".") for key in keys}
    rows, columns = {row for row, _, _ in parts.values()}, {last for _, _, last in parts.values()}
    if len(rows) == 1 and len(columns) > 1:
        row = rows.pop()
        kind = "col" if row.startswith("disputes.") else "row"
        name = wording.place(row.removeprefix("disputes."), lang)
        return wording.say(f"precheck_{kind}", lang, name=name), {
            key: wording.figure(key, lang).rpartition("／")[2] for key in keys}
    if len(columns) == 1 and all(row.startswith("applications.") for row in rows):
        name = wording.place(f"column.{columns.pop()}", lang)
        return wording.say("precheck_col", lang, name=name), {key: wording.place(parts[key][0], lang) for key in keys}
    return "", {key: wording.figure(key, lang) for key in keys}


def _table_of(key: str) -> int | None:
    return {"statistics2014": 1, "disclosure": 2, "applications": 3, "disputes": 4}.get(key.partition(".")[0])


def _printed(figure: Mapping[str, object], lang: Lang) -> str:
    state = str(figure.get("state", "number"))
    if state in ("blank", "absent"):
        return wording.term("figure_states", state, lang)
    return str(figure.get("raw") or wording.shown(figure.get("value"), lang))


def _passed(judgement: Judgement, lang: Lang) -> list[str]:
    """Relations that hold, those of one rule and table in one line; all zeros aren't worth a word."""
    grouped: dict[tuple[str, str], list[str]] = defaultdict(list)
    for verdict in judgement.relations:
        if any(digit in verdict.expression for digit in "123456789"):
            place, inner = _where(verdict, lang)
            written = wording.expression(verdict.expression, "pass", lang)
            grouped[verdict.rule, place].append(f"{inner} {written}".strip())
    stop = wording.term("words", "semicolon", lang)
    return [f"{place} {rule}　{stop.join(told)}".strip() for (rule, place), told in grouped.items()]


def _where(verdict: Verdict, lang: Lang) -> tuple[str, str]:
    """Table or section of a relation that holds, and the row, column or phrase in it."""
    known = verdict.parameters
    place = wording.parameter("table", known.get("table"), lang) or wording.parameter(
        "section", known.get("section"), lang)
    for name in ("col", "row"):
        if known.get(name):
            return place, wording.parameter(name, known[name], lang)
    if known.get("phrase"):
        return place, f"“{str(known['phrase'])[:30]}”"
    return place, wording.place(verdict.subject, lang) if verdict.subject != known.get("table") else ""


def conclusion(opinion: Opinion, lang: Lang) -> str:
    """One line on a draft for the overview."""
    for level in LEVELS[:2]:
        if opinion.of(level):
            return wording.say(f"precheck_conclude_{level}", lang)
    return wording.say("precheck_conclude_note" if opinion.entries else "precheck_conclude_none", lang)


def title(opinion: Opinion, lang: Lang) -> str:
    scope = opinion.scope if opinion.scope in ("consolidated", "system") else "own"
    return wording.say("precheck_title_of", lang, body=opinion.body,
                       report=wording.say(f"report_{scope}", lang, year=str(opinion.year)))


def summary(checked: Precheck, lang: Lang) -> str:
    """How many drafts there are and what is to be done with them."""
    must = sum(bool(opinion.of("must")) for opinion in checked.opinions)
    verify = sum(not opinion.of("must") and bool(opinion.of("verify")) for opinion in checked.opinions)
    return wording.say("precheck_summary", lang, n=len(checked.opinions), must=must, verify=verify,
                       rest=len(checked.opinions) - must - verify, unread=len(checked.unread))
