"""`scan`: one round of patrol – crawl, read, judge, queue.

Promises: progress on stderr, the result on stdout; exit 3 when some portals could not be looked at.
"""

from __future__ import annotations

from typing import Annotated

import typer

from monitor import printing
from monitor.session import Session


def register(app: typer.Typer) -> None:
    app.command("scan")(scan)


def scan(
    context: typer.Context,
    portals: Annotated[list[str] | None, typer.Option("--portal", metavar="ID", help="only this portal "
                                                                                     "(repeatable)")] = None,
    bodies: Annotated[list[str] | None, typer.Option("--body", metavar="ID",
                                                    help="only this body (repeatable)")] = None,
    year: Annotated[int | None, typer.Option("--year", metavar="Y", help="only this report year", min=2008,
                                             max=2100)] = None,
    resume: Annotated[bool, typer.Option("--resume", help="go on with the last scan that didn't finish")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON document on stdout")] = False,
) -> None:
    """Scan the portals: crawl, read, judge, queue the digests."""
    raise NotImplementedError
