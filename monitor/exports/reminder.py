"""提醒函 to a body, or 核实函 where there is nothing but queries; one, or all of them in a zip.

Promises: only what a person confirmed, and what is still so, goes into a letter; a body without any gets none and is
told so; nothing is recorded as sent unless --notify asks for it, and then only what was written. Leaves alone: sending.
"""

from __future__ import annotations

import csv
import io
import re
import sqlite3
import tempfile
import zipfile
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crawler import clock
from monitor import printing, records, rectification, review, wording
from monitor.exceptions import UsageError
from monitor.exports import letters, reviewed
from monitor.exports.letters import say
from monitor.session import Session

if TYPE_CHECKING:
    from crawler.roster import Roster
    from monitor.review import StoredFinding
    from monitor.settings import Settings

_UNFIT = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*\ud800-\udfff]+|^\.+|[. ]+$')
LIST_HEADS = ("list_number", "list_body", "list_letter", "list_errors", "list_queries", "list_cases", "list_deadline",
              "list_mail", "list_file")


@dataclass(frozen=True, slots=True)
class Letter:
    """One letter to one body, not yet on paper."""

    body: str
    name: str
    items: tuple[reviewed.Item, ...]
    context: dict[str, Any]

    @property
    def file(self) -> str:
        """Its file name without number and ending: the body's name, as file systems bear it."""
        name = _UNFIT.sub("_", self.name).encode()[:120].decode(errors="ignore") or "_"
        return f"{name}-{say('file_query' if self.only_queries else 'file_reminder')}"

    @property
    def only_queries(self) -> bool:
        return not self.count("E")

    def count(self, severity: str) -> int:
        return sum(each.severity == severity for each in self.items)

    @property
    def findings(self) -> list[str]:
        return [each.finding.id for item in self.items for each in item.together]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the command was asked for."""

    year: int
    body: str | None = None
    every: bool = False
    under: str | None = None
    until: str | None = None
    approved: bool = False
    notify: bool = False
    number: str = ""
    author: str | None = None


def write(session: Session, wanted: Wanted, out: Path | None, *, pdf: bool = False, as_json: bool = False) -> None:
    """One letter, all of them, or without `out` only their list. Raises UsageError for what doesn't go together."""
    from monitor.commands.oversight import reach

    year, body, every, under = wanted.year, wanted.body, wanted.every, wanted.under
    if (body is None) != every or (under and not every):
        raise UsageError("name one of --body BODY, or --all, with --under BODY for a part of the roster")
    if wanted.notify and out is None:
        raise UsageError("--notify: there is nothing to record without letters; name their file with --out")
    if out is not None:
        letters.ready(out, ".zip" if every else ".docx", pdf)
    roster, store, lang = session.roster(), session.store(), session.lang
    chosen = {one_body(roster, body)} if body is not None else reach(roster, under)
    answer = _answer_day(wanted.until)
    with store.read() as connection:
        made = list(letters_of(connection, roster, session.settings, year, chosen, answer,
                               approved_only=wanted.approved))
    if not made:
        if as_json:
            printing.document({"path": None, "letters": []})
        else:
            printing.line(wording.say("reminder_none", lang, year=str(year)))
        return
    written = list[str]()
    if out is not None and every:
        put_all(made, out, answer, pdf)
        written = [str(out)]
    elif out is not None:
        letters.put(out, letters.make("reminder", made[0].context))
        written = [str(out), *(str(each) for each in (letters.as_pdf([out], out.absolute().parent) if pdf else []))]
    if wanted.notify:
        with store.write() as connection:
            _record(connection, made, answer, wanted.author, wanted.number)
    if as_json:
        printing.document({"path": str(out) if out else None, "files": written, "recorded": wanted.notify,
                           "letters": [_told(each, answer) for each in made]})
        return
    printing.table([wording.say(key, lang) for key in ("body", "letter_errors", "letter_queries", "letter_cases")],
                   [[each.name, str(each.count("E")), str(each.count("W")), _cases(each)] for each in made])
    if not session.settings.general.office:
        printing.note(wording.say("papers_no_office", lang))
    printing.line(wording.say("reminder_count", lang, n=len(made), day=answer.isoformat()))
    for path in written:
        printing.line(wording.say("paper_written", lang, path=path))
    if wanted.notify:
        printing.line(wording.say("reminder_recorded", lang, n=sum(len(each.findings) for each in made)))


def one_body(roster: Roster, named: str) -> str:
    """The id of the one body meant. Raises UsageError."""
    known = roster.bodies.get(named) or roster.find(named)
    if known is None:
        raise UsageError(f"--body {named}: no body of the roster has this id or name")
    return known.id


def _answer_day(until: str | None) -> date:
    if until is None:
        return rectification.answer_day(clock.today())
    try:
        day = date.fromisoformat(until)
    except ValueError:
        raise UsageError(f"--until {until}: write a day like 2026-05-31") from None
    if day <= clock.today():
        raise UsageError(f"--until {until}: not in the future; today is {clock.today()}")
    return day


def _told(each: Letter, answer: date) -> dict[str, Any]:
    return {"body": each.body, "name": each.name, "title": each.context["title"], "errors": each.count("E"),
            "queries": each.count("W"), "deadline": answer.isoformat(), "findings": each.findings,
            "cases": [item.number for item in each.items]}


def _cases(each: Letter) -> str:
    return wording.shown(list(dict.fromkeys(item.number for item in each.items if item.number)), "zh")


def _record(connection: sqlite3.Connection, made: Sequence[Letter], answer: date, author: str | None,
            number: str) -> None:
    import getpass

    try:
        who = author or getpass.getuser()
    except (OSError, KeyError):
        who = ""
    for each in made:
        for finding in each.findings:
            review.decide(connection, finding, "notify", author=who, until=answer.isoformat(), number=number)


# ---------------------------------------------------------------- what the letters say
def letters_of(connection: sqlite3.Connection, roster: Roster, settings: Settings, year: int,
               bodies: Collection[str] | None, answer: date, *, approved_only: bool = False,
               ids: Collection[str] | None = None) -> Iterator[Letter]:
    """Letters in the roster's order, one a body with confirmed findings on report year `year`; `ids`: only these."""
    found: dict[str, list[StoredFinding]] = {}
    for each in review.for_letters(connection, bodies, approved_only=approved_only):
        fits = each.finding.year == year and (ids is None or each.finding.id in ids)
        if fits and reviewed.may_be_told(each.finding):
            found.setdefault(each.finding.body, []).append(each)
    as_of = wording.day((records.judged_at(connection) or clock.stamp())[:16], "zh")
    shared = {**letters.common(settings), "year": str(year), "as_of": as_of, "deadline": wording.day(answer, "zh"),
              "reply_link": "", "reply_until": ""}
    places = {body.id: (body.sort_order, place) for place, body in enumerate(roster.bodies.values())}
    for body in sorted(found, key=lambda each: (places.get(each, (10**9, 0)), each)):
        yield _letter(connection, roster, body, found[body], shared)


def _letter(connection: sqlite3.Connection, roster: Roster, body: str, found: Sequence[StoredFinding],
            shared: dict[str, Any]) -> Letter:
    named = reviewed.address_of(roster, body)
    points = tuple(reviewed.items(found, named["body"], shared["deadline"]))
    groups = {severity: [each for each in points if each.severity == severity] for severity in "EW"}

    def told(severity: str) -> list[dict[str, str]]:
        listed = groups[severity]
        return [{"number": f"{place}. " if len(points) > 1 else "",
                 "text": each.text + say("case_sentence", case=each.number)} for place, each in enumerate(listed, 1)]

    rows = [{"case": each.number, "category": wording.term("categories", _category(each), "zh"),
             "place": reviewed.place_of(each.first.finding), "short": each.short, "fact": each.fact,
             "basis": each.basis, "level": wording.term("severities", each.severity, "zh"),
             **reviewed.kept_pages(connection, each.first.finding)} for each in points]
    title = say("reminder_title" if groups["E"] else "query_title", year=shared["year"])
    return Letter(body, named["body"], points, {
        **shared, **named, "title": title, "errors": told("E"), "queries": told("W"), "count_errors": len(groups["E"]),
        "count_queries": len(groups["W"]), "issues": rows})


def _category(item: reviewed.Item) -> str:
    from monitor.rules import catalogue

    return str(catalogue.text_of(item.first.finding.rule).category)


# ---------------------------------------------------------------- all of them
def put_all(made: Sequence[Letter], out: Path, answer: date, pdf: bool = False) -> None:
    """A zip with every letter (and its PDF) and the list of them as workbook and CSV; whole or not at all. Names in it
    are marked as UTF-8."""
    from monitor.exports.sheets import Book, Head

    width = max(3, len(str(len(made))))
    names = [f"{place:0{width}}-{each.file}" for place, each in enumerate(made, 1)]
    rows = [[place, each.name, each.context["title"], each.count("E"), each.count("W"), _cases(each), answer,
             each.context["reply_mail"], f"{name}.docx"] for place, (each, name) in enumerate(
                 zip(made, names, strict=True), 1)]
    heads = [say(key) for key in LIST_HEADS]
    with tempfile.TemporaryDirectory(prefix=f".{out.name}-", dir=out.absolute().parent) as temporary:
        folder = Path(temporary)
        with zipfile.ZipFile(folder / "all.zip", "w", zipfile.ZIP_STORED) as archive:
            for name, each in zip(names, made, strict=True):
                data = letters.make("reminder", each.context)
                archive.writestr(_member(f"{name}.docx"), data)
                if pdf:
                    (folder / f"{name}.docx").write_bytes(data)
            if pdf:
                for path in letters.as_pdf([folder / f"{name}.docx" for name in names], folder):
                    archive.writestr(_member(path.name), path.read_bytes())
            book = Book(folder / "list.xlsx", say("list_name"))
            sheet = book.sheet(say("list_name"), [Head(text, width) for text, width in zip(
                heads, (6, 30, 46, 10, 10, 24, 14, 24, 44), strict=True)])
            for row in rows:
                sheet.add(row)
            sheet.finish()
            book.close()
            archive.write(folder / "list.xlsx", f"{say('list_name')}.xlsx")
            archive.writestr(_member(f"{say('list_name')}.csv"), _csv([heads, *rows]))
        (folder / "all.zip").replace(out)


def _csv(rows: Sequence[Sequence[Any]]) -> bytes:
    """utf-8 with the mark that spreadsheets need; a cell that looks like a formula is led by an apostrophe."""
    stream = io.StringIO()
    csv.writer(stream).writerows([[f"'{cell}" if isinstance(cell, str) and cell[:1] in ("=", "+", "-", "@", "\t", "\r")
                                   else cell for cell in row] for row in rows])
    return stream.getvalue().encode("utf-8-sig")


def _member(name: str) -> zipfile.ZipInfo:
    today = clock.today()
    return zipfile.ZipInfo(name, (today.year, today.month, today.day, 0, 0, 0))
