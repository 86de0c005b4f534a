"""`review import`: a ledger that came back, brought in row by row.

Promises: every row that isn't taken is told with its number and why; exit 3 where some were not; --dry-run keeps
nothing. Leaves alone: reading the workbook (exports/returned.py).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from monitor import printing
from monitor.session import Session

if TYPE_CHECKING:
    from monitor.exports.returned import Returned
    from monitor.wording import Lang


def bring_in(session: Session, path: Path, *, author: str, dry_run: bool, as_json: bool) -> None:
    """Bring the ledger at `path` in and tell what became of it."""
    from monitor.exports import returned

    with session.store().write() as connection:
        came = returned.take(connection, path, session.lang, author=author, dry_run=dry_run)
    if as_json:
        printing.document({"path": str(path), "dry_run": dry_run, "rows": [
            {"row": each.row.number, "finding": each.row.finding, "action": each.action, "verdict": each.verdict,
             "said": each.said} for each in came.answers if each.verdict != "empty"]})
    else:
        _tell(came, session.lang, dry_run)
    if came.of("conflict") or came.of("invalid"):
        raise typer.Exit(3)


def _tell(came: Returned, lang: Lang, dry_run: bool) -> None:
    from monitor import wording

    troubled = [*came.of("conflict"), *came.of("invalid")]
    if troubled:
        printing.table([wording.say(key, lang) for key in ("returned_row", "finding", "ledger_decision", "detail")], [
            [str(each.row.number), each.row.finding, each.row.decision, each.said]
            for each in sorted(troubled, key=lambda each: each.row.number)])
    printing.line(wording.say("returned_dry" if dry_run else "returned_done", lang, taken=len(came.of("taken")),
                              same=len(came.of("same")), conflict=len(came.of("conflict")),
                              invalid=len(came.of("invalid"))))
