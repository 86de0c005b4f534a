"""A ledger that came back: what people filled in, brought into the store row by row.

Promises: rows are known by their hidden id and by the fact they were exported with; a decision is taken only where both
still stand as exported, anything newer is told and left alone; the same file brought in twice changes nothing the
second time; no formula is run, nothing outside the marked columns is read. Leaves alone: what a decision means
(review.py).
"""

from __future__ import annotations

import re
import sqlite3
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any, Literal

from monitor import audit, review, transitions, wording
from monitor.exceptions import UsageError
from monitor.exports.ledger_book import DECIDABLE, HIDDEN_HEADS
from monitor.wording import Lang

LARGEST = 64 * 2**20
"""Bytes of a workbook, and ROWS of a sheet, beyond which it is no ledger of ours."""
INFLATED = 1 << 30
ROWS = 400_000
_DAY = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?")
Verdict = Literal["taken", "same", "empty", "conflict", "invalid"]


@dataclass(frozen=True, slots=True)
class Row:
    """What one row of the sheet of findings says. `number` is the row as Excel counts it."""

    number: int
    finding: str
    fact: str
    state: str
    decision: str
    reason: str
    until: str
    author: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of one row: `said` is the reason in words, empty where it was taken."""

    row: Row
    verdict: Verdict
    action: str = ""
    said: str = ""


@dataclass(slots=True)
class Returned:
    """What a returned ledger came to, row by row."""

    answers: list[Answer] = field(default_factory=list)

    def of(self, verdict: Verdict) -> list[Answer]:
        return [each for each in self.answers if each.verdict == verdict]


def take(connection: sqlite3.Connection, path: Path | Iterable[Row], lang: Lang, *, author: str = "",
         dry_run: bool = False) -> Returned:
    """Bring the decisions of the ledger at `path`, or of rows already read from one, in; call it inside a write
    transaction.

    `author` stands in where a row names nobody. Raises UsageError where the file is no ledger of ours.
    """
    returned = Returned()
    for row in rows(path) if isinstance(path, Path) else path:
        connection.execute("SAVEPOINT returned_row")
        answer = _take(connection, row, lang, author)
        if dry_run or answer.verdict != "taken":
            connection.execute("ROLLBACK TO returned_row")
        connection.execute("RELEASE returned_row")
        returned.answers.append(answer)
    return returned


def _take(connection: sqlite3.Connection, row: Row, lang: Lang, author: str) -> Answer:
    if not row.decision:
        return Answer(row, "empty")
    action = _action(row.decision)
    if action is None:
        known = "、".join(transitions.of_person()[name].zh for name in DECIDABLE)
        return Answer(row, "invalid", said=wording.say("returned_unknown", lang, value=row.decision, known=known))
    stored = next(iter(review.list_findings(connection, ids=[row.finding], cleared=True)), None)
    if stored is None:
        return Answer(row, "invalid", action, wording.say("returned_no_finding", lang, value=row.finding))
    who, until = row.author or author, row.until or None
    last = audit.newest(connection, row.finding, stored.finding.fact)
    if last and last.author and (last.action, last.author, last.reason, last.until) == (action, who, row.reason, until):
        return Answer(row, "same", action)
    if stored.finding.fact != row.fact:
        return Answer(row, "conflict", action, wording.say("returned_fact", lang))
    if stored.state.value != row.state:
        return Answer(row, "conflict", action, wording.say(
            "returned_state", lang, before=wording.state_phrase(row.state, lang),
            now=wording.state_phrase(stored.state.value, lang), who=last.author if last else ""))
    try:
        review.decide(connection, row.finding, action, author=who, reason=row.reason, until=until)
    except UsageError as fault:
        return Answer(row, "invalid", action, str(fault))
    return Answer(row, "taken", action)


def _action(text: str) -> str | None:
    for name in DECIDABLE:
        action = transitions.of_person()[name]
        if text in (name, action.zh, action.en):
            return name
    return None


# ---------------------------------------------------------------- the workbook
def rows(path: Path, inflated: int = INFLATED) -> Iterator[Row]:
    """The rows of the sheet of findings, known by its hidden heads wherever they stand. Raises UsageError."""
    try:
        if path.stat().st_size > LARGEST:
            raise UsageError(f"{path}: larger than {LARGEST >> 20} MiB, no ledger of nianbao")
        with zipfile.ZipFile(path) as archive:
            if sum(member.file_size for member in archive.infolist()) > inflated:
                raise UsageError(f"{path}: inflates to more than {inflated >> 20} MiB, no ledger of nianbao")
        yield from _rows(path)
    except FileNotFoundError:
        raise UsageError(f"{path}: no such file") from None
    except zipfile.BadZipFile:
        raise UsageError(f"{path}: no .xlsx workbook; save it as .xlsx and try again") from None
    except OSError as fault:
        raise UsageError(f"{path}: {fault.strerror or fault}") from None


def _rows(path: Path) -> Iterator[Row]:
    import openpyxl
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True, keep_links=False)
    except (InvalidFileException, OSError):  # an archive, but no workbook's: a Word document, maybe named .xlsx
        raise UsageError(f"{path}: no .xlsx workbook; save it as .xlsx and try again") from None
    except (KeyError, ValueError, TypeError, SyntaxError) as fault:
        raise UsageError(f"{path}: damaged workbook ({type(fault).__name__}); ask for it again") from None
    try:
        for sheet in book.worksheets:
            places: dict[str, int] = {}
            for number, cells in enumerate(_cells(sheet, path), 1):
                if number > ROWS:
                    raise UsageError(f"{path}: more than {ROWS} rows, no ledger of nianbao")
                if not places:
                    places = _places(cells)
                    if number > 20 and not places:
                        break
                    continue
                row = _row(number, cells, places)
                if row is not None:
                    yield row
            if places:
                return
    finally:
        book.close()
    raise UsageError(f"{path}: no sheet of findings with its hidden columns; send back the ledger as it was exported")


def _cells(sheet: Any, path: Path) -> Iterator[tuple[Any, ...]]:
    """The sheet's rows; they are read as they are asked for, so a fault of the file shows only here."""
    try:
        yield from sheet.iter_rows(values_only=True)
    except (KeyError, ValueError, TypeError, SyntaxError, OverflowError, AttributeError, IndexError) as fault:
        raise UsageError(f"{path}: damaged workbook ({type(fault).__name__}); ask for it again") from None


def _places(cells: tuple[Any, ...]) -> dict[str, int]:
    """Where the columns stand, told by the hidden heads and the heads people fill in under; empty elsewhere."""
    texts = [str(cell).strip() if cell is not None else "" for cell in cells]
    if not set(HIDDEN_HEADS) <= set(texts):
        return {}
    places = dict(zip(("finding", "fact", "state"), (texts.index(head) for head in HIDDEN_HEADS), strict=True))
    for name in ("decision", "reason", "until", "author"):
        spoken = {wording.say(f"ledger_{name}", lang) for lang in ("zh", "en")}
        found = [place for place, text in enumerate(texts) if text in spoken]
        if not found:
            return {}
        places[name] = found[0]
    return places


def _row(number: int, cells: tuple[Any, ...], places: dict[str, int]) -> Row | None:
    values = {name: _text(cells[place]) if place < len(cells) else "" for name, place in places.items()}
    return Row(number, **values) if values["finding"] else None


def _text(value: Any) -> str:
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    text = "" if value is None else str(value).strip()
    found = _DAY.fullmatch(text)
    return f"{int(found[1]):04}-{int(found[2]):02}-{int(found[3]):02}" if found else text
