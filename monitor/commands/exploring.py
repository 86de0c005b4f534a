"""`search` and `explore`: look through what is stored, by words or by queries of one's own.

Promises: both read only; what is explored is a copy of the open data (no reviewer's name is in it), served to this
machine alone and gone when the command ends. Leaves alone: what is found (searching.py), what is copied
(exports/database.py).
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from monitor import printing
from monitor.exceptions import UsageError
from monitor.session import Session

if TYPE_CHECKING:
    from monitor.searching import Hit
    from monitor.wording import Lang

PORT = 8501


def register(app: typer.Typer) -> None:
    app.command("search")(search)
    app.command("explore")(explore)


# ---------------------------------------------------------------- search
def search(
    context: typer.Context,
    words: Annotated[list[str], typer.Argument(metavar="WORDS...", help="all must occur; in quotes they are found as "
                                                                       "they stand")],
    under: Annotated[str | None, typer.Option("--under", metavar="BODY", help="only this body and those below")] = None,
    year: Annotated[int | None, typer.Option("--year", metavar="Y", help="only this report year", min=2008,
                                             max=2100)] = None,
    limit: Annotated[int, typer.Option("--limit", metavar="N", min=1, max=10_000, help="at most so many reports, the "
                                                                                       "newest")] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON document on stdout")] = False,
) -> None:
    """Find words in the texts of reports, newest first; two-character words and whole phrases exactly."""
    from monitor import searching, wording
    from monitor.commands.oversight import reach
    from monitor.commands.progress import Teller
    from monitor.patrol import Progress

    session: Session = context.obj
    roster, store, teller = session.roster(), session.store(), Teller(session.lang)
    reach(roster, under)  # a body that isn't known is told
    body = roster.bodies.get(under or "") or (roster.find(under) if under else None)
    question = " ".join(words)
    if not searching.phrases(question):
        raise UsageError(f"{question[:40]!r}: nothing in it can be looked for; name words or numbers")
    searching.update(store, roster, lambda done, total: teller(Progress("index", done, total)))
    with store.read() as connection:
        found = searching.search(connection, question, body=body.id if body else "", year=year, limit=limit,
                                 seconds=float("inf"))
    names = {each.body: roster.bodies[each.body].name if each.body in roster.bodies else each.body
             for each in found.hits}
    if as_json:
        printing.document({"phrases": searching.phrases(question), "more": found.onward is not None, "hits": [
            {"report": hit.report, "body": hit.body, "name": names[hit.body], "scope": hit.scope, "year": hit.year,
             "title": hit.title, "address": hit.address, "passages": [searching.record(each) for each in hit.passages]}
            for hit in found.hits]})
        return
    for hit in found.hits:
        _print(hit, names[hit.body], session.lang)
    if not found.hits:
        printing.line(wording.say("search_nothing", session.lang))
    elif found.onward is not None:
        printing.line(wording.say("search_more", session.lang, n=len(found.hits)))


def _print(hit: Hit, name: str, lang: Lang) -> None:
    from monitor import wording

    scope = "" if hit.scope == "own" else f"（{wording.term('scopes', hit.scope, lang, short=True)}）"
    printing.line(f"{name}{scope} {hit.year}  {hit.address}")
    for each in hit.passages:
        text = "".join(f"【{piece}】" if marked else piece for piece, marked in each.pieces)
        printing.line(f"    {'…' if each.before else ''}{text}{'…' if each.after else ''}")


# ---------------------------------------------------------------- explore
def explore(
    context: typer.Context,
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="0: any free one")] = PORT,
    under: Annotated[str | None, typer.Option("--under", metavar="BODY", help="only this body and those below")] = None,
) -> None:
    """Serve a read-only copy of the open data with Datasette, to this machine only: tables, facets, SQL, full text."""
    from monitor import wording

    session: Session = context.obj
    if importlib.util.find_spec("datasette") is None:
        raise UsageError("explore needs the package datasette, which isn't installed; install nianbao[explore]")
    _ = session.store()
    folder = Path(tempfile.mkdtemp(prefix="nianbao-explore-"))
    try:
        copy = _copied(session, folder, under)
        printing.note(wording.say("exploring", session.lang))
        raise typer.Exit(_served(copy, port))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _copied(session: Session, folder: Path, under: str | None) -> Path:
    """The open data as an SQLite file in `folder`; its description beside it."""
    from monitor.commands.oversight import reach
    from monitor.exports import data, database

    roster = session.roster()
    bodies = reach(roster, under)
    copy, tables = folder / "nianbao.db", folder / "tables"
    tables.mkdir()
    with session.store().read() as connection:
        extract = data.extract_of(connection, roster, bodies)
        database.write(extract, copy, data.fill(extract, tables, under=under).descriptor)
    shutil.rmtree(tables)
    return copy


def _served(copy: Path, port: int) -> int:
    """Datasette in a process of its own until it or this one is told to end; its exit code, 0 when it was told."""
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "datasette", "serve", "--immutable", str(copy), "--metadata",
         str(copy.with_name(f"{copy.name}.metadata.json")), "--host", "127.0.0.1", "--port", str(port),
         "--setting", "sql_time_limit_ms", "5000", "--setting", "default_cache_ttl", "0"],
        env={name: value for name, value in os.environ.items() if not name.startswith("DATASETTE_")})
    before = signal.signal(signal.SIGTERM, lambda *_: process.terminate())
    try:
        code = process.wait()
    except KeyboardInterrupt:
        process.terminate()
        code = process.wait()
    finally:
        signal.signal(signal.SIGTERM, before)
        if process.poll() is None:
            process.kill()
    return 0 if code in (0, -signal.SIGTERM, -signal.SIGINT) else 4
