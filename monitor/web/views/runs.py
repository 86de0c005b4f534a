"""巡查: the runs and how far the present one is, what portals came to, whose job that is and how to mend it.

Promises: a run under way is told with when it last moved; a portal that couldn't be looked at says nothing about its
bodies, and the page says so; which portal, which title and which column is the operator's to see, within their remit;
parts that cost more are asked for apart. Leaves alone: running scans, what follows for a status.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from crawler import clock
from crawler.store import row_dicts
from monitor import unrouted, wording
from monitor.alerts import situation
from monitor.web import api, rechecks, resources
from monitor.web.asked import AbsentError
from monitor.web.views import exports, view

if TYPE_CHECKING:
    import sqlite3

    from starlette.responses import Response

    from monitor.web.asked import Asked

Row = dict[str, Any]
SHOWN, LISTED = 12, 100
SILENT = timedelta(minutes=15)
"""A run that shows no sign of life for longer has probably ended without saying so."""
HEALTHY = ("ok", "not_modified")


@view("/runs")
def runs(asked: Asked) -> Response:
    part = asked.query("part") if asked.person.may("operator") else ""
    call = api.Call(asked, {}, {})
    listed: list[Row] = []
    before: list[Any] | None = [asked.query("before")] if asked.query("before") else None
    for (key,), row in resources.PAGES["runs"](call, before):
        if len(listed) == SHOWN:
            break
        listed.append(_run(asked, row))
        last = key
    older = len(listed) == SHOWN and asked.connection.execute("SELECT 1 FROM run WHERE id < ?", (last,)).fetchone()
    content: Row = {"runs": listed, "older": last if older else "", "part": part, "titles": None, "emptied": None,
                    "portals": [], "outcomes": [], "newest": "", "more": 0,
                    "operator": asked.person.may("operator"), "files": exports.files(asked, "runs")}
    chosen = asked.query("run") or (listed[0]["id"] if listed else "")
    if chosen:
        content |= _portals(asked, chosen)
    if part == "titles":
        content["titles"] = _titles(asked)
    elif part == "emptied":
        content["emptied"] = _emptied(asked)
    return asked.page("runs", {**content, "rechecks": [] if asked.person.guest else rechecks.latest(asked)})


def _run(asked: Asked, row: Row) -> Row:
    alive = max(filter(None, (row["heartbeat"], row["started"], _last_finished(asked.connection, row["id"]))))
    running = row["state"] == "running"
    silent = running and clock.now() - clock.parse(alive) > SILENT
    return {"id": row["id"], "started": asked.day(row["started"][:16]), "portals": row["portals"], "done": row["done"],
            "finished": asked.day((row["finished"] or "")[:16]), "running": running, "silent": silent,
            "alive": asked.day(alive[:16]), "state": asked.t(f"run_{'silent' if silent else row['state']}"),
            "failed": sum(count for outcome, count in row["outcomes"].items() if outcome not in HEALTHY)}


def _last_finished(connection: sqlite3.Connection, run: str) -> str | None:
    row = connection.execute("SELECT max(finished) AS at FROM run_portal WHERE run = ?", (run,)).fetchone()
    found: str | None = row["at"]
    return found


# ---------------------------------------------------------------- portals of one run
def _portals(asked: Asked, run: str) -> Row:
    """What the portals of one run came to, by outcome; for the operator those that need somebody, by name."""
    if asked.connection.execute("SELECT 1 FROM run WHERE id = ?", (run,)).fetchone() is None:
        raise AbsentError(run)
    rows = [row for row in row_dicts(
        asked.connection, "SELECT portal, state, outcome, reason, finished FROM run_portal WHERE run = ? "
        "ORDER BY portal", (run,)) if _theirs(asked, row["portal"])]
    groups: dict[str, list[Row]] = {}
    for row in rows:
        if row["outcome"]:
            groups.setdefault(row["outcome"], []).append(row)
    outcomes = [_outcome(asked, outcome, len(members)) for outcome, members in
                sorted(groups.items(), key=lambda each: (each[0] in HEALTHY, -len(each[1]), each[0]))]
    waiting = sum(1 for row in rows if not row["outcome"])
    found: Row = {"newest": run, "outcomes": outcomes, "waiting": waiting, "portals": [], "more": 0}
    if asked.person.may("operator"):
        wanting = [row for outcome, members in groups.items() if outcome not in HEALTHY for row in members]
        found["portals"] = [_portal(asked, row) for row in wanting[:LISTED]]
        found["more"] = max(0, len(wanting) - LISTED)
        found["portal_files"] = exports.files(asked, "portals", {"id": run})
    return found


def _theirs(asked: Asked, portal: str) -> bool:
    return asked.reach is None or bool(asked.roster.bodies_of(portal) & asked.reach)


def _outcome(asked: Asked, outcome: str, count: int) -> Row:
    words, whose, advice = wording.outcome_words(outcome, asked.lang)
    return {"words": words, "whose": whose, "advice": advice, "count": count, "healthy": outcome in HEALTHY}


def _portal(asked: Asked, row: Row) -> Row:
    known = asked.roster.portals.get(row["portal"])
    success = asked.connection.execute(
        "SELECT max(at) AS at FROM listing WHERE portal = ? AND outcome IN ('ok', 'not_modified') AND items > 0 "
        "AND (complete = 1 OR reason = '')", (row["portal"],)).fetchone()["at"]
    words, whose, advice = wording.outcome_words(row["outcome"], asked.lang)
    days = (clock.now() - clock.parse(success)).days if success else None
    return {"id": row["portal"], "name": known.name if known else row["portal"], "words": words, "whose": whose,
            "advice": advice, "success": asked.day(success[:16]) if success else "",
            "age": asked.t("age_days", n=str(days)) if days else "",
            "address": next((column.url for column in known.columns), "") if known else ""}


# ---------------------------------------------------------------- asked for apart
def _titles(asked: Asked) -> Row:
    listed = unrouted.unrouted(asked.connection, asked.roster, bodies=asked.reach, suggest=False)
    shown = {each.url: each for each in listed[:LISTED]}
    return {"count": len({each.url for each in listed}), "rows": [
        {"title": each.title, "url": each.url, "portal": _portal_name(asked, each.portal), "year": each.year or "",
         "since": asked.day(each.since[:10]), "nearest": _nearest(asked, each),
         "why": wording.say(f"unrouted_{each.reason}", asked.lang, name=each.printed or each.title)}
        for each in shown.values()]}


def _nearest(asked: Asked, title: unrouted.Unrouted) -> str:
    """The bodies a title may mean; the one it names where only the year is unclear."""
    roster = asked.roster
    if title.body:
        meant = [title.body]
    else:
        users = roster.bodies_of(title.portal, title.column) or roster.bodies_of(title.portal)
        meant = [body.id for body in unrouted.nearest(title.printed, [roster.bodies[each] for each in users])]
    return "、".join(roster.bodies[each].name for each in meant if each in roster.bodies and asked.sees(each))


def _emptied(asked: Asked) -> list[Row]:
    listed = [each for each in situation.emptied_columns(asked.connection, clock.now()) if _theirs(asked, each.portal)]
    return [{"portal": _portal_name(asked, each.portal), "column": each.column, "url": each.url, "held": each.items,
             "filled": asked.day(each.filled[:16]), "since": asked.day(each.since[:16]), "looks": each.looks}
            for each in listed]


def _portal_name(asked: Asked, portal: str) -> str:
    known = asked.roster.portals.get(portal)
    return known.name if known else portal

