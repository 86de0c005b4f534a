"""检索: what reports say, found by any phrase, newest first, each place shown with its words marked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from monitor import searching, wording
from monitor.exceptions import UsageError
from monitor.web.asked import AbsentError
from monitor.web.views import view

if TYPE_CHECKING:
    from starlette.responses import Response

    from monitor.searching import Found, Hit
    from monitor.web.asked import Asked

SCOPES = ("own", "consolidated", "system", "unknown")
FIELDS = ("q", "under", "year", "scope")
ONWARD = 5
_CURSOR = 1 << 45
"""Above every id of the index."""


@view("/search")
def search_page(asked: Asked) -> Response:
    question = asked.query("q")
    places: dict[str, Any] = {"q": question, "under": asked.query("under"), "year": asked.query("year"),
                              "scope": asked.query("scope"), "unknown_body": ""}
    content = {**places, "asked": False, "hits": [], "onward": "", "files": [], "years": years(asked),
               "scopes": [(scope, wording.term("scopes", scope, asked.lang)) for scope in SCOPES]}
    if question:
        try:
            found = search(asked)
        except AbsentError:
            content["unknown_body"] = asked.query("under")
        else:
            from monitor.web.views import exports

            content |= {"asked": True, "phrases": searching.phrases(question), "late": found.late,
                        "looked": found.looked, "unindexed": found.unindexed, "hits": shown(found, asked),
                        "onward": found.onward if found.onward is not None else "",
                        "files": exports.files(asked, "search", {name: places[name] for name in FIELDS}),
                        "query": {name: value for name in FIELDS if (value := places[name])}}
    return asked.page("search", content)


def search(asked: Asked) -> Found:
    """What this person may find with the query q, under, year, scope, before; whoever asks to go on gets more time.
    Raises UsageError, AbsentError for a body that isn't known or not theirs."""
    scope = asked.query("scope")
    if scope and scope not in SCOPES:
        raise UsageError(f"scope is {scope[:40]!r}; write one of {', '.join(SCOPES)}")
    return searching.search(
        asked.connection, asked.query("q"), under=list(asked.person.under) or None, body=body_asked(asked),
        scope=scope, year=asked.number("year", least=2000, most=2100), before=_cursor(asked.query("before")),
        limit=searching.LISTED, seconds=searching.SECONDS * (ONWARD if asked.query("before") else 1))


def body_asked(asked: Asked) -> str:
    """The id of the body named by `under`, as id or by any of its names; empty where none is. Raises AbsentError."""
    named = asked.query("under")
    if not named:
        return ""
    body = asked.roster.bodies.get(named) or asked.roster.find(named[:100])
    return asked.known(body.id if body else None)


def _cursor(given: str) -> int | None:
    if not given:
        return None
    if not given.isascii() or not given.isdigit() or len(given) > 14 or int(given) > _CURSOR:
        raise UsageError(f"before is {given[:40]!r}; follow the page's own link to what is older")
    return int(given)


def years(asked: Asked) -> list[int]:
    """The report years there are, newest first; found without looking at every standing."""
    found: list[int] = []
    bound = 1 << 45
    while (row := asked.connection.execute("SELECT max(id) AS id FROM text_row WHERE id < ?", (bound,)).fetchone()
           )["id"] is not None:
        found.append(row["id"] >> 32)
        bound = found[-1] << 32
    return found


def shown(found: Found, asked: Asked) -> list[dict[str, Any]]:
    """Hits as the page shows them; those of a body that isn't this person's are left out."""
    bodies = asked.roster.bodies
    return [{"report": hit.report, "body": hit.body, "year": hit.year, "title": hit.title, "address": hit.address,
             "name": bodies[hit.body].name if hit.body in bodies else hit.body,
             "scope": wording.term("scopes", hit.scope, asked.lang), "passages": hit.passages}
            for hit in found.hits if asked.sees(hit.body)]


def shown_text(hit: Hit) -> str:
    """The passages of a hit as one text."""
    return " ".join(f"{'…' if each.before else ''}{''.join(text for text, _ in each.pieces)}{'…' if each.after else ''}"
                    for each in hit.passages)
