"""The operator is told at once of columns that held items and now show none: usually a redesign, never an absence.

Promises: each emptying is told once to each operator whose remit it touches, grouped by portal and run; what stood
there before is said with its time, and who has to look first. Leaves alone: what follows for bodies (an empty list
supports nothing, standing.py), sending (outbox.py).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Any

from crawler.roster import Roster
from monitor import wording
from monitor.alerts import situation
from monitor.alerts.composing import alert, footer
from monitor.alerts.recipients import Recipient
from monitor.alerts.situation import Emptied
from monitor.model import Alert
from monitor.settings import Settings

KIND = "emptied"


def alerts(connection: sqlite3.Connection, roster: Roster, settings: Settings, recipient: Recipient,
           bodies: Collection[str], at: datetime) -> Iterator[Alert]:
    """One alert for each portal and run that found columns empty which were not before. Reads only."""
    wanted, lang = set(bodies), recipient.language
    groups: dict[tuple[str, str], list[Emptied]] = {}
    for each in situation.emptied_columns(connection, at):
        if each.portal in roster.portals and roster.bodies_of(each.portal, each.column) & wanted:
            groups.setdefault((each.portal, each.run), []).append(each)
    for (portal, run), columns in groups.items():
        values = {"lang": lang, "label": recipient.remit.label, "as_of": wording.day(
            at.isoformat(timespec="seconds"), lang), "portal": roster.portals[portal].name, "id": portal,
            "columns": [_told(each, roster, wanted, lang) for each in columns], **footer(settings)}
        yield alert(KIND, recipient, at, wording.say("subject_emptied", lang, n=len(columns)), values,
                    period=f"{portal}/{run}")


def _told(each: Emptied, roster: Roster, bodies: set[str], lang: wording.Lang) -> dict[str, Any]:
    named = {column.id: column.name for column in roster.portals[each.portal].columns}
    outcome, job, mend = wording.outcome_words(each.outcome, lang)
    return {"name": named.get(each.column, each.column), "url": each.url, "rows": each.items,
            "filled": wording.day(each.filled, lang), "since": wording.day(each.since, lang), "looks": each.looks,
            "outcome": outcome, "bodies": len(roster.bodies_of(each.portal, each.column) & bodies),
            "job": job or wording.say("job_operator", lang), "mend": mend}
