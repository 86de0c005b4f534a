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
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from crawler import clock
from monitor import review, transitions, wording
from monitor.web.views import view
from monitor.web.views.bodies import body_asked

if TYPE_CHECKING:
    from starlette.responses import Response

    from monitor.web.asked import Asked

Row = dict[str, Any]
GROUPS = ("awaited", "overdue", "disputed", "rectified", "not_fixed", "gone", "verified")
_GROUP = {"notified": "awaited", "upheld": "awaited", "partly_accepted": "awaited"}
AGES = (10, 30, 60)
"""Days since the letter: up to the first, up to the next …, and more."""
LISTED = 100
KEPT = 20.0
"""Seconds for which a count is shared by all who ask."""
_lock = threading.Lock()
_kept: dict[str, tuple[float, str, list[Letter]]] = {}


@dataclass(frozen=True, slots=True)
class Letter:
    """One finding that a letter told a body of. `sent`, `until`: ISO days, empty where the trail names none."""

    finding: str
    body: str
    state: str
    sent: str
    until: str
    gone: bool

    def group(self, today: str) -> str:
        if self.gone and self.state != "verified":
            return "gone"
        group = _GROUP.get(self.state, self.state)
        return "overdue" if group == "awaited" and self.until and today > self.until else group

    def age(self, today: date) -> int | None:
        return (today - date.fromisoformat(self.sent[:10])).days if self.sent else None


def letters(asked: Asked) -> list[Letter]:
    """Every finding in letters, and those that were closed; counted anew when the trail went on, at most every few
    seconds."""
    last = asked.connection.execute("SELECT max(id) FROM audit").fetchone()[0]
    mark, path = f"{last} {clock.today()}", str(asked.installation.store.path.resolve())
    with _lock:
        held = _kept.get(path)
        if held and (held[1] == mark or time.monotonic() - held[0] < KEPT) and held[1].split()[1] == mark.split()[1]:
            return held[2]
        found = load(asked.connection)
        _kept[path] = (time.monotonic(), mark, found)
        return found


def load(connection: sqlite3.Connection) -> list[Letter]:
    states = json.dumps(sorted({*transitions.IN_LETTERS, "verified"}))
    return [Letter(row["id"], row["body"], row["state"], row["sent"] or "", row["until"] or "",
                   row["cleared"] is not None) for row in connection.execute("""
        SELECT f.id, f.body, f.state, f.cleared, a.at AS sent, a.until FROM finding f LEFT JOIN audit a ON a.id = (
            SELECT max(n.id) FROM audit n WHERE n.finding = f.id AND n.action = 'notify')
        WHERE f.state IN (SELECT value FROM json_each(?))""", (states,))]


@view("/rectification")
def rectification(asked: Asked) -> Response:
    under = asked.query("under")
    if under:
        under = body_asked(asked, under)
    group = asked.query("group")
    bodies = asked.installation.board.bodies
    today = clock.today()
    seen = [each for each in letters(asked) if asked.sees(each.body)]
    if under:
        below = bodies.under(under)
        seen = [each for each in seen if each.body in bodies.index and below[bodies.index[each.body]]]
    named = [(each, each.group(today.isoformat())) for each in seen]
    here = asked.links.page("rectification")

    def to(**query: str) -> str:
        given = {name: value for name, value in {"under": under, "group": group, **query}.items() if value}
        return here + (f"?{urlencode(given)}" if given else "")

    chosen = [each for each, of in named if group in ("", of)]
    return asked.page("rectification", {
        "as_of": "", "under": under, "name": asked.roster.bodies[under].name if under in asked.roster.bodies else under,
        "path": [{"name": asked.roster.bodies[each].name, "page": to(under=each, group="")}
                 for each in (bodies.path(under)[:-1] if under else ())
                 if asked.sees(each) and each in asked.roster.bodies],
        "all": here, "group": group, "ages": _ages(asked), "total": len(named),
        "groups": [_counted(asked, each, [one for one, of in named if of == each], today, to(group=each), group)
                   for each in GROUPS],
        "every": {"page": to(group=""), "chosen": group not in GROUPS}, "places": _places(asked, under, named, to),
        "rows": _rows(asked, chosen, today), "more": max(0, len(chosen) - LISTED)})


def _ages(asked: Asked) -> list[str]:
    first = [asked.t("age_to", n=str(AGES[0]))]
    first += [asked.t("age_between", a=str(a + 1), b=str(b)) for a, b in itertools.pairwise(AGES)]
    return [*first, asked.t("age_over", n=str(AGES[-1]))]


def _counted(asked: Asked, group: str, held: list[Letter], today: date, page: str, chosen: str) -> Row:
    numbers = [0] * (len(AGES) + 1)
    for each in held:
        age = each.age(today)
        if age is not None:
            numbers[sum(age > most for most in AGES)] += 1
    return {"name": asked.t(f"letters_{group}"), "hint": asked.t(f"letters_{group}_hint"), "numbers": numbers,
            "total": len(held), "page": page, "chosen": group == chosen}


def _places(asked: Asked, under: str, named: list[tuple[Letter, str]], to: Any) -> list[Row]:
    """The places directly below, those with anything in letters only."""
    bodies = asked.installation.board.bodies
    tops = bodies.below(under) if under else bodies.tops(bodies.within(asked.reach))
    found = []
    index = [(bodies.index.get(each.body, -1), group) for each, group in named]
    for top in tops if index else ():
        mask = bodies.under(top)
        groups = [group for number, group in index if number >= 0 and mask[number]]
        if groups and asked.sees(top):
            found.append({"name": asked.roster.bodies[top].name if top in asked.roster.bodies else top,
                          "page": to(under=top, group="") if bodies.has_below(top) else asked.links.page("body", top),
                          "numbers": [groups.count(each) for each in GROUPS], "total": len(groups)})
    return found


def _rows(asked: Asked, chosen: Iterable[Letter], today: date) -> list[Row]:
    """The oldest letters first."""
    wanted = sorted(chosen, key=lambda each: (each.state == "verified", each.sent or "9", each.finding))[:LISTED]
    held = {each.finding.id: each for each in review.list_findings(
        asked.connection, ids=[each.finding for each in wanted], cleared=True)}
    rows = []
    for each in wanted:
        stored = held.get(each.finding)
        if stored is None:
            continue
        one = stored.finding
        name = asked.roster.bodies[one.body].name if one.body in asked.roster.bodies else one.body
        age = each.age(today)
        rows.append({"id": one.id, "name": name, "body": one.body, "year": one.year, "number": stored.number or "",
                     "message": wording.message(one, asked.lang, name), "sent": asked.day(each.sent[:10]),
                     "until": asked.day(each.until[:10]), "age": "" if age is None else str(age),
                     "state": wording.state_phrase(each.state, asked.lang),
                     "gone": each.gone and each.state != "verified"})
    return rows
