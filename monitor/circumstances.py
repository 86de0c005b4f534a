"""What the store holds around a standing beyond its own evidence: absences, versions, copies, columns, siblings.

Promises: only what rows prove – an observation counts where it is healthy and holds nothing that is or could be the
report; a version or copy counts where its page was read as a report; each is looked up only where the standing gives
reason to ask. Leaves alone: what follows from it (rules/publication.py), how a standing is reached (standing.py).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from monitor.model import Obligation, Standing
from monitor.rules.catalogue import Around, Watched

if TYPE_CHECKING:
    from crawler.roster import Roster


def watch(connection: sqlite3.Connection, roster: Roster, standings: Sequence[Standing],
          owed: Mapping[tuple[str, str, int], Obligation], at: datetime) -> Iterator[Watched]:
    """Every standing with its obligation, its roster row and what else the store holds of it as of `at`."""
    for standing in standings:
        yield Watched(standing, owed.get((standing.body, standing.scope, standing.year)),
                      roster.bodies.get(standing.body), Around())
