"""`export circular`, `reminder` and the other Word papers: their options.

Promises: what the papers are made of is loaded only when one is asked for. Leaves alone: the papers themselves
(circular.py, reminder.py, overview.py, answers.py, comparison.py, handover.py over letters.py).
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from monitor.session import Session

Out = Annotated[Path, typer.Option("--out", metavar="FILE", help="the document to write, .docx")]
Pdf = Annotated[bool, typer.Option("--pdf", help="also as PDF beside it (needs LibreOffice)")]
AsJson = Annotated[bool, typer.Option("--json", help="one JSON document on stdout")]
Year = Annotated[int, typer.Option("--year", metavar="Y", help="the report year", min=2008, max=2100)]
Under = Annotated[str | None, typer.Option("--under", metavar="BODY", help="only this body and those below")]
Label = Annotated[str | None, typer.Option("--label", metavar="TEXT", help="how it calls its area, e.g. 全市")]
Finding = Annotated[str, typer.Option("--finding", metavar="ID", help="a finding's id or case number")]


def register(group: typer.Typer) -> None:
    for name, command in (("circular", circular), ("reminder", reminder), ("brief", brief), ("statement", statement),
                          ("dunning", dunning), ("reply", reply), ("correction", correction),
                          ("comparison", comparison), ("handover", handover), ("templates-check", templates_check)):
        group.command(name)(command)


def circular(
    context: typer.Context, year: Year, out: Out, under: Under = None, label: Label = None,
    last: Annotated[str | None, typer.Option("--last", metavar="DAY", help="the day of the last circular: what was "
                                             "told up to then is looked at again, corrections since are told")] = None,
    at_most: Annotated[int, typer.Option("--names", metavar="N", help="how many bodies are named under each heading",
                                         min=0, max=200)] = 10,
    pdf: Pdf = False, as_json: AsJson = False,
) -> None:
    """Write the circular (通报) of a year from confirmed findings, with its annexes; a draft without number or seal."""
    from monitor.exports import circular as paper

    session: Session = context.obj
    paper.write(session, year, out, under=under, label=label, last=last, at_most=at_most, pdf=pdf, as_json=as_json)


def reminder(
    context: typer.Context, year: Year,
    out: Annotated[Path | None, typer.Option("--out", metavar="FILE", help="the letter, .docx, or all of them, .zip; "
                                                                           "without it they are only listed")] = None,
    body: Annotated[str | None, typer.Option("--body", metavar="BODY", help="the body's id or name")] = None,
    every: Annotated[bool, typer.Option("--all", help="a letter to every body that has confirmed findings")] = False,
    under: Annotated[str | None, typer.Option("--under", metavar="BODY", help="with --all: only this body and those "
                                                                              "below")] = None,
    until: Annotated[str | None, typer.Option("--until", metavar="DAY", help="the day for an answer; the usual working "
                                                                             "days where none is named")] = None,
    approved: Annotated[bool, typer.Option("--approved-only", help="only findings that were approved too")] = False,
    notify: Annotated[bool, typer.Option("--notify", help="record the letters as sent")] = False,
    number: Annotated[str, typer.Option("--number", metavar="TEXT", help="with --notify: number of the letter")] = "",
    author: Annotated[str | None, typer.Option("--author", metavar="NAME", help="with --notify: who sends it; the "
                                               "user's name where none is named")] = None,
    pdf: Pdf = False, as_json: AsJson = False,
) -> None:
    """Write the letter that reminds a body of its confirmed findings, or all letters with a list of them."""
    from monitor.exports import reminder as paper

    session: Session = context.obj
    paper.write(session, paper.Wanted(year, body, every, under, until, approved, notify, number, author), out, pdf=pdf,
                as_json=as_json)


def brief(context: typer.Context, year: Year, out: Out, under: Under = None, label: Label = None, pdf: Pdf = False,
          as_json: AsJson = False) -> None:
    """Write the one page (一页纸) on a year: numbers, main findings, what to do next."""
    from monitor.exports import overview

    session: Session = context.obj
    overview.brief(session, year, out, under=under, label=label, pdf=pdf, as_json=as_json)


def statement(context: typer.Context, year: Year, out: Out, under: Under = None, label: Label = None, pdf: Pdf = False,
              as_json: AsJson = False) -> None:
    """Write what the competent office may publish (公布情况): counts, and every report seen with its link."""
    from monitor.exports import overview

    session: Session = context.obj
    overview.statement(session, year, out, under=under, label=label, pdf=pdf, as_json=as_json)


def dunning(
    context: typer.Context, year: Year, out: Out, under: Under = None,
    days: Annotated[int, typer.Option("--days", metavar="N", help="whose day is at most so many days ahead", min=0,
                                      max=120)] = 30,
    template: Annotated[str, typer.Option("--template-link", metavar="URL", help="where the form can be had")] = "",
    precheck: Annotated[str, typer.Option("--precheck-link", metavar="URL", help="where drafts can be checked")] = "",
    pdf: Pdf = False, as_json: AsJson = False,
) -> None:
    """Write the friendly word (催报) to bodies whose day is near and whose report wasn't seen yet."""
    from monitor.exports import overview

    session: Session = context.obj
    overview.dunning(session, year, out, under=under, days=days, template=template, precheck=precheck, pdf=pdf,
                     as_json=as_json)


def reply(context: typer.Context, finding: Finding, out: Out, pdf: Pdf = False, as_json: AsJson = False) -> None:
    """Write the answer (异议答复) to a body's objection, once it was decided on."""
    from monitor.exports import answers

    session: Session = context.obj
    answers.reply(session, finding, out, pdf=pdf, as_json=as_json)


def correction(context: typer.Context, finding: Finding, out: Out, pdf: Pdf = False, as_json: AsJson = False) -> None:
    """Write the letter of correction (更正函) for a finding that was retracted after a letter had told it."""
    from monitor.exports import answers

    session: Session = context.obj
    answers.correction(session, finding, out, pdf=pdf, as_json=as_json)


def comparison(
    context: typer.Context, year: Year, out: Out,
    body: Annotated[str, typer.Option("--body", metavar="BODY", help="the body's id or name")],
    with_year: Annotated[int | None, typer.Option("--with-year", metavar="Y", help="the other year; the one before "
                                                  "where neither is named", min=2008, max=2100)] = None,
    with_body: Annotated[str | None, typer.Option("--with-body", metavar="BODY", help="the other body, of the same "
                                                                                      "year")] = None,
    scope: Annotated[str | None, typer.Option("--scope", metavar="own|consolidated|system",
                                              help="only this scope")] = None,
    pdf: Pdf = False, as_json: AsJson = False,
) -> None:
    """Write two reports side by side: figures with their differences, texts with what changed."""
    from monitor.exports import comparison as paper

    session: Session = context.obj
    paper.write(session, year, out, body, with_year=with_year, with_body=with_body, scope=scope, pdf=pdf,
                as_json=as_json)


def handover(context: typer.Context, out: Out, pdf: Pdf = False, as_json: AsJson = False) -> None:
    """Write the list for whoever takes over (交接清单): roster, cases, snoozes, packs, due days, backups."""
    from monitor.exports import handover as paper

    session: Session = context.obj
    paper.write(session, out, pdf=pdf, as_json=as_json)


def templates_check(
    context: typer.Context,
    fields: Annotated[bool, typer.Option("--fields", help="list the fields of each paper")] = False,
    as_json: AsJson = False,
) -> None:
    """Check the templates of all papers, the office's own first, and list the fields they may use."""
    from monitor.exports import letters

    session: Session = context.obj
    letters.check(session, fields=fields, as_json=as_json)
