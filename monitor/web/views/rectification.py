"""What bodies were told of in letters, by how it stands and how long ago, and where: the whole remit or one place.

Promises: counted from the findings' states and the days their letters named; a finding found no more without proof is
told apart from one that was mended; names only within the person's remit. Leaves alone: what a re-scan proves
(monitor/rectification.py), deciding (worklist).
"""

from __future__ import annotations

import itertools
import json
import sqlite3
import threading
import time
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import numpy

from crawler import clock
from monitor import review, transitions, wording
from monitor.web.views import view
from monitor.web.views.bodies import body_asked

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray
    from starlette.responses import Response

    from monitor.web.asked import Asked
    from monitor.web.bodies import Bodies

Row = dict[str, Any]
GROUPS = ("awaited", "overdue", "disputed", "rectified", "not_fixed", "gone", "verified")
_GROUP = {"notified": "awaited", "upheld": "awaited", "partly_accepted": "awaited"}
AGES = (10, 30, 60)
"""Days since the letter: up to the first, up to the next …, and more."""
LISTED = 100
KEPT = 20.0
"""Seconds for which a count is shared by all who ask."""
_lock = threading.Lock()
_kept: dict[str, tuple[float, tuple[Any, ...], Letters]] = {}


@dataclass(frozen=True, slots=True)
class Letters:
    """Findings that letters told bodies of, the oldest open ones first. By finding: the body's number in the roster's
    order, the group's in GROUPS, days since the letter (-1: the trail names no letter)."""

    rows: list[tuple[str, str, str, str, bool]]
    """Finding, state, day of the letter, day to answer by, whether it is found no more."""
    body: NDArray[Any]
    group: NDArray[Any]
    age: NDArray[Any]


def letters(asked: Asked) -> Letters:
    """Counted anew when the trail went on, at most every few seconds; at once on another day or roster."""
    last = asked.connection.execute("SELECT max(id) FROM audit").fetchone()[0]
    bodies, today = asked.installation.board.bodies, clock.today()
    mark, path = (bodies, today, last), str(asked.installation.store.path.resolve())
    with _lock:
        held = _kept.get(path)
        if held and (held[1] == mark or (held[1][:2] == mark[:2] and time.monotonic() - held[0] < KEPT)):
            return held[2]
        found = load(asked.connection, bodies, today)
        _kept[path] = (time.monotonic(), mark, found)
        return found


def load(connection: sqlite3.Connection, bodies: Bodies, today: date) -> Letters:
    states = json.dumps(sorted({*transitions.IN_LETTERS, "verified"}))
    found = []
    for row in connection.execute("""
            SELECT f.id, f.body, f.state, f.cleared, a.at AS sent, a.until FROM finding f LEFT JOIN audit a ON a.id = (
                SELECT max(n.id) FROM audit n WHERE n.finding = f.id AND n.action = 'notify')
            WHERE f.state IN (SELECT value FROM json_each(?))""", (states,)):
        gone = row["cleared"] is not None and row["state"] != "verified"
        sent, until = (row["sent"] or "")[:10], (row["until"] or "")[:10]
        group = "gone" if gone else _GROUP.get(row["state"], row["state"])
        if group == "awaited" and until and today.isoformat() > until:
            group = "overdue"
        found.append((group == "verified", sent or "9", row["id"], row["state"], until, gone, group,
                      bodies.index.get(row["body"], -1), (today - date.fromisoformat(sent)).days if sent else -1))
    found.sort()
    return Letters([(each[2], each[3], "" if each[1] == "9" else each[1], each[4], each[5]) for each in found],
                   numpy.array([each[7] for each in found], numpy.int64),
                   numpy.array([GROUPS.index(each[6]) for each in found], numpy.int64),
                   numpy.array([each[8] for each in found], numpy.int64))


def _asked(asked: Asked) -> tuple[str, str, Letters, NDArray[Any], NDArray[Any]]:
    """The place and the group asked for, all letters, which of them lie in the place, and which in the group too."""
    under = asked.query("under")
    if under:
        under = body_asked(asked, under)
    group = asked.query("group") if asked.query("group") in GROUPS else ""
    bodies, held = asked.installation.board.bodies, letters(asked)
    mine = bodies.within(asked.reach) & (bodies.under(under) if under else True)
    seen = (held.body >= 0) & mine[held.body] if len(held.rows) else numpy.zeros(0, bool)
    chosen = numpy.flatnonzero(seen & (held.group == GROUPS.index(group) if group else True))
    return under, group, held, seen, chosen


def every(asked: Asked) -> Iterator[Row]:
    """The page's findings, all of them."""
    *_, held, _, chosen = _asked(asked)
    for start in range(0, len(chosen), LISTED):
        yield from _rows(asked, [held.rows[number] for number in chosen[start:start + LISTED]])


@view("/rectification")
def rectification(asked: Asked) -> Response:
    under, group, held, seen, chosen = _asked(asked)
    bodies = asked.installation.board.bodies
    here = asked.links.page("rectification")

    def to(**query: str) -> str:
        given = {name: value for name, value in {"under": under, "group": group, **query}.items() if value}
        return here + (f"?{urlencode(given)}" if given else "")

    return asked.page("rectification", {
        "as_of": "", "under": under, "name": asked.roster.bodies[under].name if under in asked.roster.bodies else under,
        "path": [{"name": asked.roster.bodies[each].name, "page": to(under=each, group="")}
                 for each in (bodies.path(under)[:-1] if under else ())
                 if asked.sees(each) and each in asked.roster.bodies],
        "all": here, "group": group, "ages": _ages(asked), "total": int(seen.sum()),
        "groups": [_counted(asked, name, held.age[seen & (held.group == number)], to(group=name), group)
                   for number, name in enumerate(GROUPS)],
        "every": {"page": to(group=""), "chosen": not group}, "places": _places(asked, under, held, seen, to),
        "rows": _rows(asked, [held.rows[number] for number in chosen[:LISTED]]),
        "more": max(0, len(chosen) - LISTED)})


def _ages(asked: Asked) -> list[str]:
    first = [asked.t("age_to", n=str(AGES[0]))]
    first += [asked.t("age_between", a=str(a + 1), b=str(b)) for a, b in itertools.pairwise(AGES)]
    return [*first, asked.t("age_over", n=str(AGES[-1]))]


def _counted(asked: Asked, group: str, ages: NDArray[Any], page: str, chosen: str) -> Row:
    dated = ages[ages >= 0]
    numbers = numpy.bincount(numpy.searchsorted(AGES, dated), minlength=len(AGES) + 1)
    return {"name": asked.t(f"letters_{group}"), "hint": asked.t(f"letters_{group}_hint"),
            "numbers": [int(each) for each in numbers], "total": len(ages), "page": page, "chosen": group == chosen}


def _places(asked: Asked, under: str, held: Letters, seen: NDArray[Any], to: Any) -> list[Row]:
    """The places directly below, those with anything in letters only."""
    bodies = asked.installation.board.bodies
    if not seen.any():
        return []
    body, group = held.body[seen], held.group[seen]
    some = numpy.zeros(len(bodies), bool)
    some[body] = True
    found = []
    for top in bodies.below(under) if under else bodies.tops(bodies.within(asked.reach)):
        mask = bodies.under(top)
        if not asked.sees(top) or not (mask & some).any():
            continue
        numbers = numpy.bincount(group[mask[body]], minlength=len(GROUPS))
        found.append({"name": asked.roster.bodies[top].name if top in asked.roster.bodies else top,
                      "page": to(under=top, group="") if bodies.has_below(top) else asked.links.page("body", top),
                      "numbers": [int(each) for each in numbers], "total": int(numbers.sum())})
    return found


def _rows(asked: Asked, wanted: list[tuple[str, str, str, str, bool]]) -> list[Row]:
    held = {each.finding.id: each for each in review.list_findings(
        asked.connection, ids=[each[0] for each in wanted], cleared=True)}
    rows = []
    for identity, state, sent, until, gone in wanted:
        stored = held.get(identity)
        if stored is None:
            continue
        one = stored.finding
        name = asked.roster.bodies[one.body].name if one.body in asked.roster.bodies else one.body
        rows.append({"id": one.id, "name": name, "body": one.body, "year": one.year, "number": stored.number or "",
                     "message": wording.message(one, asked.lang, name), "sent": asked.day(sent),
                     "until": asked.day(until), "age": str((clock.today() - date.fromisoformat(sent)).days) if sent
                     else "", "state": wording.state_phrase(state, asked.lang), "gone": gone})
    return rows
