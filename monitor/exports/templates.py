"""`export templates`: the official form for bodies to fill in, as a workbook that adds and checks, and as a Word file.

Promises: sections, tables, rows and columns of config/forms/ for the year; totals and 勾稽 checks are formulas; what
last year's report says with confidence is filled in, marked, with its source; one pair of files for every report owed.
Leaves alone: what may be filled in (prefill.py), how the form looks (form_layout.py, form_paper.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from monitor import printing
from monitor.exceptions import UsageError
from monitor.session import Session

if TYPE_CHECKING:
    from extract.forms import Form
    from monitor.exports.prefill import Prefill
    from monitor.exports.sheets import Book
    from monitor.wording import Lang


@dataclass(frozen=True, slots=True)
class Filled:
    """One body's pair of files, and how much was filled in."""

    body: str
    name: str
    scope: str
    files: tuple[str, ...]
    prefilled: dict[str, int | float]
    why: str
    report: str | None


def register(group: typer.Typer) -> None:
    group.command("templates")(templates)


def templates(
    context: typer.Context,
    year: Annotated[int, typer.Option("--year", metavar="Y", help="the report year", min=2008, max=2100)],
    out: Annotated[Path, typer.Option("--out", metavar="PATH", help="a new folder, or a file ending in .zip")],
    under: Annotated[str | None, typer.Option("--under", metavar="BODY", help="this body and those below, each its "
                                                                              "own")] = None,
    body: Annotated[str | None, typer.Option("--body", metavar="BODY", help="only this body")] = None,
    force: Annotated[bool, typer.Option("--force", help="replace what stands at PATH")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON document on stdout")] = False,
) -> None:
    """Write the form to fill in (编制模板): totals and checks as formulas, last year's carry-over filled in."""
    from monitor import wording
    from monitor.commands.oversight import reach
    from monitor.exports import form_layout, placing

    session: Session = context.obj
    roster = session.roster()
    if (under is None) == (body is None):
        raise UsageError("name one of --under BODY or --body BODY")
    form = form_layout.form_of(year)
    if body is not None:
        known = roster.bodies.get(body) or roster.find(body)
        if known is None:
            raise UsageError(f"--body {body}: no body of the roster has this id or name")
        wanted = {known.id}
    else:
        wanted = reach(roster, under) or set()
    with placing.whole(out, force=force) as folder:
        made = write_all(session, form, wanted, year, folder)
        if not made:
            raise UsageError(f"{under or body}: owes no report for {year} by the roster; see `nianbao roster show`")
    if as_json:
        printing.document({"path": str(out), "year": year, "form": form.era, "templates": [
            {"body": each.body, "name": each.name, "scope": each.scope, "files": list(each.files),
             "prefilled": each.prefilled, "not_prefilled": each.why or None, "report": each.report} for each in made]})
    else:
        printing.line(wording.say("templates_written", session.lang, path=out, n=len(made),
                                  filled=sum(bool(each.prefilled) for each in made)))


def write_all(session: Session, form: Form, wanted: set[str], year: int, folder: Path) -> list[Filled]:
    """A workbook and a Word file for every report that these bodies owe."""
    from monitor import records, wording
    from monitor.exports import placing, prefill
    from monitor.exports.form_paper import Paper
    from monitor.obligations import obligations

    roster, lang = session.roster(), session.lang
    names, paper, made = placing.Names(), Paper(form), list[Filled]()
    with session.store().read() as connection:
        stands = {(each.body, each.scope): each for each in records.standings(connection, year - 1)}
        for owed in obligations(roster, session.settings, [year]):
            if owed.body not in wanted or not owed.applicable or owed.scope == "unknown":
                continue
            body = roster.bodies[owed.body]
            called = body.name if owed.scope == "own" else wording.say(
                "template_scoped", lang, body=body.name, scope=wording.term("scopes", owed.scope, lang))
            known = prefill.of(connection, roster, body, owed.scope, year, form, stands)
            name = names.take(wording.say("template_file", lang, body=called, year=year))
            write(folder / f"{name}.xlsx", form, called, year, known, lang)
            (folder / f"{name}.docx").write_bytes(paper.fill(body.name, year, known.values,
                                                             _note(paper, known, year)))
            prefilled = {**known.values, **known.stock}
            made.append(Filled(body.id, body.name, owed.scope, (f"{name}.xlsx", f"{name}.docx"), prefilled, known.why,
                               known.report.get("id")))
    return made


def _note(paper: Any, known: Prefill, year: int) -> str:
    from monitor import wording

    if known.values:
        return str(paper.texts.prefilled.format(before=year - 1, source=known.report["address"]))
    return str(paper.texts.none.format(why=wording.say(f"template_why_{known.why or 'doubt'}", "zh")))


# ---------------------------------------------------------------- the workbook
def write(path: Path, form: Form, body: str, year: int, known: Prefill, lang: Lang) -> None:
    """One body's workbook."""
    from monitor import wording
    from monitor.exports import checks, form_layout
    from monitor.exports.sheets import Book

    def say(key: str, **values: Any) -> str:
        return wording.say(f"template_{key}", lang, **values)

    title = say("title", body=body, year=year)
    book = Book(path, title, in_order=False)
    sheet = book.book.add_worksheet(say("sheet"))
    form_layout.set_up(sheet)
    places, top, layouts = dict[str, tuple[int, int]](), 5, []
    for number in form_layout.TABLES:
        laid = form_layout.lay_out(form.table(number), lang)
        layouts.append((number, laid, top))
        places |= {each.key: (top + 1 + each.row, each.column) for each in laid.figures}
        top += laid.height + 3
    values: dict[str, Any] = dict(known.values)
    totals = _totals(form, places, values)
    stock = _stock(book, sheet, form, places, known, lang)

    def figure(key: str, row: int, column: int) -> None:
        if key in totals:
            sheet.write_formula(row, column, totals[key], book.styles["formula"],
                                "" if values.get(key) is None else values[key])
        elif key in stock:
            sheet.write_formula(row, column, stock[key], book.styles["given"], known.stock[key])
            values[key] = known.stock[key]
        elif key in known.values:
            sheet.write_number(row, column, known.values[key], book.styles["given"])
        else:
            sheet.write_blank(row, column, None, book.styles["input"])
        sheet.data_validation(row, column, row, column, {
            "validate": "decimal" if form.kind(key) == "decimal" else "integer", "criteria": ">=", "value": 0,
            "error_type": "warning"} if form.kind(key) != "signed" else {"validate": "any"})

    for number, laid, start in layouts:
        sheet.write_string(start, 0, form_layout.title_of(form, number), book.styles["bare"])
        form_layout.draw(sheet, laid, start + 1, book.styles, figure)
    checked = checks.write(book, form, say("sheet"), places, values, lang, title)
    _sources(book, known, title, lang)
    sheet.set_row(0, 26)
    sheet.write_string(0, 0, title, book.styles["title"])
    sheet.set_row(1, 32)
    sheet.merge_range(1, 0, 1, 9, say("note"), book.styles["plain"])
    if not known.known:
        sheet.write_string(2, 0, say("no_prefill", why=say(f"why_{known.why or 'doubt'}")), book.styles["line"])
    sheet.write_formula(3, 0, *_between(checks.summary(checked, lang), book.styles["line"]))
    sheet.activate()
    book.close()


def _between(pair: tuple[str, str], style: Any) -> tuple[str, Any, str]:
    return pair[0], style, pair[1]


def _totals(form: Form, places: dict[str, tuple[int, int]], values: dict[str, Any]) -> dict[str, str]:
    """Formulas of the cells that are sums of others by the form: down the column first, then along the row. What they
    come to with what is filled in goes into `values`."""
    from monitor.exports import checks

    totals: dict[str, str] = {}
    for one in form.identities(places):
        if one.relation != "=" or len(one.right) != 1 or any(key.startswith("-") for key in (*one.left, *one.right)):
            continue
        target = one.right[0]
        if target in totals or target not in places or not all(key in places for key in one.left):
            continue
        cells = ",".join(checks.cell(places[key]) for key in one.left)
        totals[target] = f'=IF(COUNT({cells})=0,"",SUM({cells}))'
        known = [values[key] for key in one.left if values.get(key) is not None]
        values.pop(target, None)
        if known:
            values[target] = sum(known)
    return totals


def _stock(book: Book, sheet: Any, form: Form, places: dict[str, tuple[int, int]], known: Prefill,
           lang: Lang) -> dict[str, str]:
    """Last year's numbers in force beside table 2, and this year's as formulas over them."""
    from monitor import wording
    from monitor.exports import checks, form_layout

    formulas = {}
    beside = form_layout.lay_out(form.table(2), lang).width + 1
    for number, (key, value) in enumerate(known.stock.items()):
        row, _ = places[key]
        if not number:
            sheet.write_string(row - 1, beside, wording.say("template_last_in_force", lang), book.styles["head"])
        sheet.write_number(row, beside, value, book.styles["given"])
        base = key.rpartition(".")[0]
        issued, repealed = (checks.cell(places[f"{base}.{each}"]) for each in ("issued", "repealed"))
        formulas[key] = f"=SUM({checks.cell((row, beside))},{issued})-SUM({repealed})"
    return formulas


def _sources(book: Book, known: Prefill, page: str, lang: Lang) -> None:
    """Where every prefilled number comes from."""
    from monitor import wording
    from monitor.exports.sheets import Head, Link

    def say(key: str) -> str:
        return wording.say(f"template_{key}", lang)

    sheet = book.sheet(say("sources"), [
        Head(say("item"), 34), Head(say("value"), 12, "number"), Head(say("from"), 34), Head(say("report"), 44),
        Head(say("seen"), 20), Head(say("hash"), 66)], note=say("in_force_rule"), page=page)
    for key, value in {**known.values, **known.stock}.items():
        sheet.add([wording.figure(key, lang), value, wording.figure(known.origins[key], lang),
                   Link(known.report["address"]), wording.day(known.report["first_seen"][:16], lang),
                   known.report["sha256"]])
    sheet.finish()
