"""`export consolidated`: tables 2 to 4 of a government's report added up from those of its office and the bodies below.

Promises: a draft for the office, never a judgement, and it says so; every number is a formula over the members' sheet,
where each figure stands with the report it comes from; only figures read with confidence count, blanks stay blanks, and
what must not simply be added is marked (config/consolidation.yaml). Leaves alone: whose reports they are (members.py).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from pydantic import BaseModel, ConfigDict

from monitor import printing
from monitor.exceptions import UsageError
from monitor.session import Session

if TYPE_CHECKING:
    import sqlite3

    from crawler.model import Body
    from crawler.roster import Roster
    from extract.forms import Form
    from monitor.exports.checks import Checked
    from monitor.exports.members import Left, Member
    from monitor.exports.sheets import Book
    from monitor.wording import Lang


class Caution(BaseModel):
    """Why figures of these keys need care when added; with `add` false only zeros are added."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    figures: tuple[str, ...]
    add: bool = True
    zh: str
    en: str


class Cautions(BaseModel):
    """config/consolidation.yaml."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    cautions: tuple[Caution, ...]

    def of(self, key: str) -> Caution | None:
        return next((each for each in self.cautions if any(fnmatchcase(key, one) for one in each.figures)), None)


@dataclass(slots=True)
class Item:
    """One figure over all members: those with a number, and how many others left it blank, lack it, or are unsure."""

    key: str
    numbers: list[int | float] = field(default_factory=list)
    blank: int = 0
    absent: int = 0
    unsure: list[str] = field(default_factory=list)
    caution: Caution | None = None

    @property
    def sum(self) -> int | float | None:
        """None where no report prints a number, or where numbers must not be added."""
        if not self.numbers or (self.caution is not None and not self.caution.add and any(self.numbers)):
            return None
        total = sum(self.numbers)
        return round(total, 6) if isinstance(total, float) else total


@dataclass(slots=True)
class Draft:
    body: Body
    year: int
    form: Form
    members: list[Member]
    left: list[Left]
    items: dict[str, Item]


def register(group: typer.Typer) -> None:
    group.command("consolidated")(consolidated)


def consolidated(
    context: typer.Context,
    under: Annotated[str, typer.Option("--under", metavar="BODY", help="the government, by id or name")],
    year: Annotated[int, typer.Option("--year", metavar="Y", help="the report year", min=2008, max=2100)],
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="the workbook to write, .xlsx")],
    as_json: Annotated[bool, typer.Option("--json", help="one JSON document on stdout")] = False,
) -> None:
    """Write a draft of the consolidated figures (汇总草稿): summed over the members, every cell traceable."""
    from crawler import clock
    from monitor import wording
    from monitor.commands.oversight import reach

    session: Session = context.obj
    roster = session.roster()
    reach(roster, under)
    head = roster.bodies.get(under) or roster.find(under)
    assert head is not None  # reach() has refused unknown names
    check_target(out)
    with session.store().read() as connection:
        draft = compile_draft(connection, roster, head, year)
    checked = write(draft, out, session.lang, clock.stamp())
    if as_json:
        printing.document({
            "path": str(out), "body": head.id, "name": head.name, "year": year, "form": draft.form.era,
            "draft": True, "members": [
                {"body": each.body.id, "name": each.body.name, "scope": each.scope, "report": each.report["id"],
                 "address": each.report["address"], "findings": each.findings} for each in draft.members],
            "not_counted": [{"body": each.body.id, "name": each.body.name, "kind": each.kind, "why": each.why,
                             "other": each.other, "status": each.status.status.value if each.status else None}
                            for each in draft.left],
            "figures": {key: {"sum": item.sum, "reports": len(item.numbers), "blank": item.blank,
                              "absent": item.absent, "unsure": item.unsure,
                              "caution": item.caution.en if item.caution else None}
                        for key, item in draft.items.items()},
            "checks": checked.checks, "broken": checked.broken})
    else:
        printing.line(wording.say("consolidated_written", session.lang, path=out, n=len(draft.members),
                                  absent=len(draft.left), checks=checked.checks, broken=checked.broken))


def check_target(out: Path) -> None:
    """Raises UsageError where no workbook can be written."""
    if out.suffix.lower() != ".xlsx":
        raise UsageError(f"--out {out}: the draft is a workbook; name a file that ends in .xlsx")
    if not out.parent.is_dir():
        raise UsageError(f"--out {out}: its folder {out.parent} does not exist")


# ---------------------------------------------------------------- adding up
def compile_draft(connection: sqlite3.Connection, roster: Roster, head: Body, year: int) -> Draft:
    """Gather and add. Raises UsageError where the year's form has no tables, or not one report can be counted."""
    from extract import configuration
    from monitor.exports import form_layout, members

    form = form_layout.form_of(year)
    found = members.gather(connection, roster, head, year, form.era)
    if not found.members:
        raise UsageError(f"--under {head.name} --year {year}: no report of the office or of a body below is held for "
                         "that year; run `nianbao scan` first, or name another year")
    cautions: Cautions = configuration.load("consolidation.yaml", Cautions)
    present = {key for member in found.members for key, (value, _) in member.figures.items() if value is not None}
    items = {}
    for key in form_layout.keys_of(form, present):
        item = items[key] = Item(key, caution=cautions.of(key))
        for member in found.members:
            value, letter = member.figures.get(key, (None, "a"))
            if value is not None and letter.islower():
                item.numbers.append(value)
            elif value is not None or (letter.isupper() and letter != "A"):
                item.unsure.append(member.body.name)
            elif letter in "bdt":
                item.blank += 1
            else:
                item.absent += 1
    return Draft(head, year, form, found.members, found.left, items)


# ---------------------------------------------------------------- the workbook
def write(draft: Draft, path: Path, lang: Lang, at: str) -> Checked:
    """Write the workbook; how its sums stand."""
    from monitor import wording
    from monitor.exports import checks
    from monitor.exports.sheets import Book

    title = wording.say("consolidated_title", lang, body=draft.body.name, year=draft.year)
    note = wording.say("consolidated_note", lang, n=len(draft.members), absent=len(draft.left), t=at[:16])
    book = Book(path, title, in_order=False)
    name = wording.say("consolidated_draft", lang)
    sheet = book.book.add_worksheet(name)
    ranges = _members(book, draft, note, title, lang)
    places = _tables(book, sheet, draft, ranges, lang)
    values = {key: item.sum for key, item in draft.items.items()}
    checked = checks.write(book, draft.form, name, places, values, lang, title)
    _left(book, draft, note, title, lang)
    _items(book, draft, name, places, note, title, lang)
    styles = book.styles
    sheet.write_string(0, 0, title, styles["title"])
    sheet.set_row(1, 32)
    sheet.merge_range(1, 0, 1, 9, note, styles["plain"])
    sheet.set_row(2, 46)
    sheet.merge_range(2, 0, 2, 9, wording.say("consolidated_legend", lang), styles["plain"])
    sheet.write_formula(3, 0, *_with_style(checks.summary(checked, lang), styles["line"]))
    sheet.activate()
    book.close()
    return checked


def _with_style(pair: tuple[str, str], style: Any) -> tuple[str, Any, str]:
    return pair[0], style, pair[1]


def _tables(book: Book, sheet: Any, draft: Draft, ranges: dict[str, str], lang: Lang) -> dict[str, tuple[int, int]]:
    """The three tables below each other; each figure a formula over its column of the members' sheet."""
    from monitor import wording
    from monitor.exports import form_layout

    form_layout.set_up(sheet)
    unsummed = wording.say("consolidated_unsummed", lang)

    def figure(key: str, row: int, column: int) -> None:
        item, column_range = draft.items[key], ranges[key]
        style = "careful" if item.caution else "unsure" if item.blank or item.absent or item.unsure else "number"
        total = f"SUM({column_range})"
        shown: Any = item.sum
        if item.caution is not None and not item.caution.add:
            others = f'COUNTIF({column_range},">0")+COUNTIF({column_range},"<0")'
            total = f'IF({others}=0,0,"{unsummed}")'
            shown = item.sum if item.sum is not None or not item.numbers else unsummed
        sheet.write_formula(row, column, f'=IF(COUNT({column_range})=0,"",{total})', book.styles[style],
                            "" if shown is None else shown)

    top, places = 5, dict[str, tuple[int, int]]()
    for number in form_layout.TABLES:
        laid = form_layout.lay_out(draft.form.table(number), lang, draft.items)
        sheet.write_string(top, 0, form_layout.title_of(draft.form, number), book.styles["bare"])
        places |= form_layout.draw(sheet, laid, top + 1, book.styles, figure)
        top += laid.height + 3
    return places


def _members(book: Book, draft: Draft, note: str, page: str, lang: Lang) -> dict[str, str]:
    """Members × figures; the range of each figure's column."""
    from xlsxwriter.utility import xl_range_abs

    from monitor import wording
    from monitor.exports.sheets import Head, Link

    def say(key: str, **values: Any) -> str:
        return wording.say(key, lang, **values)

    name = say("consolidated_members")
    heads = [Head(say("ledger_number"), 6, "centre"), Head(say("ledger_body"), 30),
             Head(say("ledger_scope"), 12, "centre"), Head(say("ledger_address"), 36),
             Head(say("consolidated_findings"), 18)]
    keys = list(draft.items)
    sheet = book.sheet(name, [*heads, *(Head(wording.figure(key, lang), 11, "number") for key in keys)],
                       note=note, page=page)
    dash, absent = "—", say("ledger_absent")
    for number, member in enumerate(draft.members, 1):
        cells, styles = [], []
        for key in keys:
            value, letter = member.figures.get(key, (None, "a"))
            sure = letter.islower()
            styles.append("number" if sure else "unsure")
            if value is not None:
                # A doubtful number stands as text: SUM passes it over.
                cells.append(value if sure else say("consolidated_doubt", value=value))
            else:
                cells.append({"d": dash, "a": absent}.get(letter.lower(), ""))
        sheet.add([number, member.body.name, wording.term("scopes", member.scope, lang),
                   Link(member.report["address"]), wording.term("words", "separator", lang).join(member.findings),
                   *cells], [*[None] * len(heads), *styles])
    first, last = sheet.top + 1, sheet.row
    sheet.finish()
    return {key: f"'{name}'!{xl_range_abs(first, len(heads) + place, last, len(heads) + place)}"
            for place, key in enumerate(keys)}


def _left(book: Book, draft: Draft, note: str, page: str, lang: Lang) -> None:
    from monitor import wording
    from monitor.exports.sheets import Head

    def say(key: str, **values: Any) -> str:
        return wording.say(key, lang, **values)

    sheet = book.sheet(say("consolidated_absent"), [
        Head(say("ledger_number"), 6, "centre"), Head(say("ledger_body"), 32), Head(say("ledger_category"), 20),
        Head(say("consolidated_why"), 52, "wrap"), Head(say("consolidated_status"), 22)], note=note, page=page)
    order = ("missing", "uncertain", "excluded")
    for number, each in enumerate(sorted(draft.left, key=lambda one: order.index(one.kind)), 1):
        sheet.add([number, each.body.name, say(f"consolidated_kind_{each.kind}"),
                   say(f"consolidated_why_{each.why}", other=each.other),
                   wording.status_phrase(each.status.status.value, lang, each.status.days_late)
                   if each.status else ""])
    sheet.finish()


def _items(book: Book, draft: Draft, sheet_name: str, places: dict[str, tuple[int, int]], note: str, page: str,
           lang: Lang) -> None:
    """Every figure: its sum, how many reports give a number, and what to mind."""
    from monitor import wording
    from monitor.exports import checks
    from monitor.exports.sheets import Head

    def say(key: str) -> str:
        return wording.say(f"consolidated_{key}", lang)

    sheet = book.sheet(say("items"), [
        Head(say("item"), 44), Head(say("sum"), 12, "number"), Head(say("count"), 10, "number"),
        Head(say("blank"), 10, "number"), Head(say("not_found"), 10, "number"), Head(say("unsure"), 30, "wrap"),
        Head(say("caution"), 60, "wrap")], note=note, page=page)
    for key, item in draft.items.items():
        caution = (item.caution.zh if lang == "zh" else item.caution.en) if item.caution else ""
        sheet.add([wording.figure(key, lang), None, len(item.numbers), item.blank, item.absent,
                   wording.names(item.unsure, 10, lang), caution])
        shown: Any = item.sum if item.sum is not None else wording.say("consolidated_unsummed", lang) \
            if item.numbers else ""
        sheet.sheet.write_formula(sheet.row, 1, f"={checks.cell(places[key], sheet_name)}", book.styles["number"],
                                  shown)
    sheet.finish()
