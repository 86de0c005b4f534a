"""`evidence verify` and `tidy`: whether what is kept is whole, and letting go of what nothing rests on.

Promises: damaged and missing files are named with the page they hold; tidying never touches what supports a status, a
finding or a version of a report, and says beforehand what it would do. Leaves alone: what is protected (proofs.py).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from monitor import printing
from monitor.session import Session

if TYPE_CHECKING:
    import sqlite3

AsJson = Annotated[bool, typer.Option("--json", help="one JSON document on stdout")]
LISTED = 50


def register(app: typer.Typer) -> None:
    group = typer.Typer(help="The captured pages on file.", no_args_is_help=True)
    group.command("verify")(verify)
    app.add_typer(group, name="evidence")
    app.command("tidy")(tidy)


def verify(context: typer.Context, as_json: AsJson = False) -> None:
    """Read every captured file back and compare its hash; name what is damaged or missing."""
    from crawler.evidence import Evidence
    from monitor import proofs, wording

    session: Session = context.obj
    evidence = Evidence(session.settings.store.evidence)
    with session.store().read() as connection:
        known = {row["sha256"] for row in connection.execute(
            "SELECT DISTINCT sha256 FROM fetch WHERE sha256 IS NOT NULL AND released IS NULL")}
        # Not all of it was fetched: bodies send files with their replies.
        known |= proofs.everything(connection).hashes
        wanted = sorted(known)
        faults = [_fault(connection, sha256, said) for sha256, said in evidence.verify(wanted)]
        faults += [_fault(connection, sha256, said) for sha256, said in evidence.verify(
            sha256 for sha256, _ in evidence.kept() if sha256 not in known)]
    if as_json:
        printing.document({"checked": len(wanted), "faults": faults})
    else:
        for each in faults[:LISTED]:
            printing.line(each["fault"])
            if each["url"]:
                printing.line("  " + wording.say("verify_holds", session.lang, url=each["url"], t=each["at"]))
        printing.line(wording.say("verify_summary", session.lang, n=len(wanted), faults=len(faults)))
    if faults:
        raise typer.Exit(4)


def _fault(connection: sqlite3.Connection, sha256: str, said: str) -> dict[str, Any]:
    row = connection.execute("SELECT url, at FROM fetch WHERE sha256 = ? ORDER BY at LIMIT 1", (sha256,)).fetchone()
    return {"sha256": sha256, "fault": said, "url": row["url"] if row else None, "at": row["at"] if row else None}


def tidy(
    context: typer.Context,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="only say what would be done")] = False,
    as_json: AsJson = False,
) -> None:
    """Roll up old fetches that saw nothing new, and let go of old pages that nothing rests on."""
    from dataclasses import asdict

    from crawler import clock, retention
    from crawler.evidence import Evidence
    from monitor import proofs, wording

    def protected(connection: sqlite3.Connection) -> tuple[set[int], set[str]]:
        proof = proofs.everything(connection)
        return proof.fetches, proof.hashes

    session: Session = context.obj
    kept = session.settings.retention
    policy = retention.Policy(kept.daily_after, kept.weekly_after, kept.monthly_after, kept.evidence,
                              kept.unchanged_after)
    done = retention.tidy(session.store(), Evidence(session.settings.store.evidence), policy, protected, clock.now(),
                          dry_run)
    if as_json:
        printing.document({"dry_run": dry_run, **asdict(done)})
        return
    printing.line(wording.say("tidy_dry" if dry_run else "tidy_done", session.lang, rows=done.rolled_up + done.captures,
                              files=done.files, size=f"{done.bytes / 2**20:.1f} MiB", cleared=done.cleared))
