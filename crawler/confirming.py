"""The yearly confirmation of roster rows: which still lack it, and writing by whom and on which day it was given.

Promises: a confirmation counts from the season's start on (config/deadlines.yaml); rows that owe nothing or have ended
need none; writing touches the two columns only, comments and every other cell keep their characters. Leaves alone: what
an unconfirmed row means for a body (monitor/obligations.py).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from crawler import importing
from crawler.exceptions import ImportingError
from crawler.model import Body
from extract import configuration


def season_begun(starts: str, today: date) -> str:
    """The ISO day on which the season that holds today began; `starts`: month and day, as 10-01."""
    year = today.year if f"{today:%m-%d}" >= starts else today.year - 1
    return f"{year}-{starts}"


def needed(body: Body, today: date) -> bool:
    """Whether this row is to be confirmed at all: it owes a report and has not ended."""
    return (body.obligation != "none" and body.kind != "public_enterprise"
            and (body.until is None or body.until >= today.year - 1))


def unconfirmed(bodies: Iterable[Body], starts: str, today: date) -> list[Body]:
    """The rows that must be confirmed and were not since the season began, in their order."""
    begun = season_begun(starts, today)
    return [body for body in bodies if needed(body, today) and body.confirmed_on[:10] < begun]


def confirm(bodies: Iterable[Body], by: str, on: date) -> list[str]:
    """Write the confirmation into the office's roster; the ids whose rows changed.

    Raises ImportingError where there is no facts folder or no roster in it.
    """
    folder = configuration.office_folder()
    if folder is None or not (folder / "bodies.csv").is_file():
        raise ImportingError("no roster of the office to write into; run nianbao init, put the bodies into "
                             "facts/bodies.csv and name the settings with --config")
    wanted = {body.id: {"confirmed_by": by, "confirmed_on": on.isoformat()} for body in bodies
              if (body.confirmed_by, body.confirmed_on) != (by, on.isoformat())}
    return importing.set_columns(wanted)
