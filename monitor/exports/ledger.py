"""`export ledger`: the command that writes the 台账.

Leaves alone: what stands in it (ledger_book.py), reading it back (returned.py).
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from monitor import printing
from monitor.session import Session


def register(group: typer.Typer) -> None:
    group.command("ledger")(ledger)


def ledger(
    context: typer.Context,
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="the workbook to write, .xlsx")],
    year: Annotated[int | None, typer.Option("--year", metavar="Y", help="figures of this report year, and nothing "
                                                                         "older; default: the newest",
                                             min=2008, max=2100)] = None,
    under: Annotated[str | None, typer.Option("--under", metavar="BODY", help="only this body and those below")] = None,
    history: Annotated[bool, typer.Option("--all-years", help="every year in the sheets of publication and "
                                                              "findings")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON document on stdout")] = False,
) -> None:
    """Write the ledger (台账): publication, findings, rectification, figures; returned copies can be read back."""
    from monitor import wording
    from monitor.commands.oversight import reach
    from monitor.exceptions import UsageError
    from monitor.exports import ledger_book

    if out.suffix.lower() != ".xlsx":
        raise UsageError(f"--out {out}: the ledger is a workbook; name a file that ends in .xlsx")
    session: Session = context.obj
    roster = session.roster()
    written = ledger_book.write(session.store(), roster, session.settings, out, session.lang, year=year,
                                bodies=reach(roster, under), all_years=history)
    if as_json:
        printing.document({"path": str(out), "size": out.stat().st_size, "standings": written.standings,
                           "findings": written.findings, "told": written.told, "reports": written.reports})
    else:
        printing.line(wording.say("ledger_written", session.lang, path=out, standings=written.standings,
                                  findings=written.findings, reports=written.reports))
