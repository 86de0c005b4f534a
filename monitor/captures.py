"""One captured page with its attachments and pictures → one report, wherever that is done.

Promises: a `Capture` holds all that reading needs – bytes and hints, no path, database or roster – so any process of
any machine can read it; `read` returns a report whatever the bytes: what can't be read is a problem of the report.
Leaves alone: which captures are due, whose report it is, storing (reading.py); other machines (cluster.py).
"""

from __future__ import annotations

import atexit
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from crawler.evidence import Evidence
from crawler.exceptions import EvidenceError
from extract import claims
from extract.exceptions import ExtractError, GuardError
from extract.limits import Guard
from extract.model import Hints, Report, TableReading
from extract.report import VERSION, combine
from monitor.exceptions import MonitorError

_own = threading.local()


@dataclass(frozen=True, slots=True)
class Part:
    """One document of a page: its role ("page" or "attachment"), what the scan told of it, and its bytes, or why there
    are none."""

    role: str
    told: dict[str, Any]
    data: bytes | None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Capture:
    """A page as captured. `pictures`: those that stand in it, by address."""

    hints: Hints
    parts: tuple[Part, ...]
    pictures: dict[str, bytes] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """Bytes that go with it."""
        return sum(len(part.data or b"") for part in self.parts) + sum(map(len, self.pictures.values()))


def gather(parts: Iterable[dict[str, Any]], hints: Hints, evidence: Evidence) -> Capture:
    """The bytes of a page from the evidence folder. Raises EvidenceError where a document of it is lost; a picture that
    is lost costs its table, not the page."""
    documents, pictures = [], {}
    for part in parts:
        role, sha256 = str(part.get("role")), part.get("sha256")
        if role == "image" and sha256 and part.get("url"):
            try:
                pictures[part["url"]] = evidence.get(sha256)
            except EvidenceError:
                continue
        if role not in ("page", "attachment"):
            continue
        if not sha256 or part.get("outcome") not in (None, "", "ok", "not_modified"):
            named = part.get("name") or part.get("url") or "page"
            documents.append(Part(role, part, None, f"{role} {named}: {part.get('outcome') or 'nothing captured'}"))
        else:
            documents.append(Part(role, part, evidence.get(sha256)))
    return Capture(hints, tuple(documents), pictures)


def own_guard(guard: Guard) -> None:
    """Let this thread read with a guard whose end its owner sees to."""
    _own.guard = guard


def read(capture: Capture) -> Report:
    """Read one page under this thread's guard, which is kept for the next. Raises GuardError where no process
    could be had for it, MonitorError where the guard's helper turns out to be of another release than this process."""
    if getattr(_own, "guard", None) is None:
        _own.guard = Guard().__enter__()
        atexit.register(_own.guard.__exit__, None, None, None)
    pages: list[Report] = []
    attachments: list[Report] = []
    problems: list[str] = []
    for part in capture.parts:
        if part.data is None:
            problems.append(part.problem)
            continue
        found = pages if part.role == "page" else attachments
        try:
            report = _own.guard.read(part.data, _hints_of(part, capture))
            if report.version != VERSION:
                raise MonitorError(f"the reader was replaced by version {report.version} while version {VERSION} was "
                                   "at work; start it again")
            found.append(report)
        except GuardError:
            raise
        except ExtractError as fault:
            problems.append(f"{part.told.get('name') or part.told.get('url') or 'page'}: {fault}")
            found.append(_unreadable(part.told, capture.hints))
    page = joined(pages) if pages else _unreadable({}, capture.hints)
    report = combine(page, attachments) if attachments else page
    report.problems = [*report.problems, *(problem for problem in problems if problem not in report.problems)]
    return report


def refused(capture: Capture, reason: str) -> Report:
    """The report of a page that nobody can be asked to read."""
    told = next((part.told for part in capture.parts if part.data is not None), {})
    report = _unreadable(told, capture.hints)
    report.problems = [f"{told.get('name') or told.get('url') or 'page'}: {reason}"]
    return report


def _hints_of(part: Part, capture: Capture) -> Hints:
    hints, is_page = capture.hints, part.role == "page"
    return Hints(title=hints.title, year=hints.year, scope=hints.scope, url=hints.url, list_date=hints.list_date,
                 resources=capture.pictures if is_page else {}, last_modified=hints.last_modified if is_page else None,
                 first_seen=hints.first_seen, media_type=part.told.get("media_type"),
                 name=part.told.get("name") or None)


def _unreadable(part: dict[str, Any], hints: Hints) -> Report:
    return Report(title=hints.title or "", body=None, year=hints.year, scope=hints.scope or "unknown", form=None,
                  medium=part.get("media_type") or "", sha256=part.get("sha256") or "", version=VERSION, damaged=True)


# ---------------------------------------------------------------- pages of one article
def joined(pages: list[Report]) -> Report:
    """The pages of one article, in order, as one report: a section or table that runs on is put together again."""
    first, *further = pages
    if not further:
        return first
    sections = [replace(section) for section in first.sections]
    tables = {table.table: table for table in first.tables}
    figures = dict(first.figures)
    for page in further:
        for section in page.sections:
            # What stands before a page's first heading continues the section the page before ended with.
            held = (sections[-1] if section.number == 0 and sections else
                    next((each for each in sections if each.number == section.number), None))
            if held is None:
                sections.append(replace(section))
            else:
                held.text = f"{held.text}\n{section.text}".strip()
        for table in page.tables:
            held_table = tables.get(table.table)
            tables[table.table] = _joined_table(held_table, table) if held_table else table
        for key, figure in page.figures.items():
            if key not in figures or figures[key].state == "absent":
                figures[key] = figure
    year = next((page.year for page in pages if page.year), None)
    return replace(
        first, year=year, body=next((page.body for page in pages if page.body), None),
        form=next((page.form for page in pages if page.form), None), sections=sections, figures=figures,
        tables=[tables[number] for number in sorted(tables)], claims=claims.find_claims(sections, year),
        period=claims.stated_period(sections), damaged=any(page.damaged for page in pages),
        problems=[problem for page in pages for problem in page.problems])


def _joined_table(one: TableReading, other: TableReading) -> TableReading:
    if not (one.found and other.found):
        return one if one.found or (one.image and not other.found) else other
    return replace(one, rows_missing=[row for row in one.rows_missing if row in other.rows_missing],
                   rows_extra=[*one.rows_extra, *other.rows_extra],
                   columns_missing=[column for column in one.columns_missing if column in other.columns_missing])
