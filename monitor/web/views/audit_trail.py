"""The web's own trail, for operators: who logged in, failed to, or changed something, when and from where."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from monitor.web import trail
from monitor.web.views import view

if TYPE_CHECKING:
    from starlette.responses import Response

    from monitor.web.asked import Asked

PAGE = 100


@view("/trail", role="operator")
def trail_page(asked: Asked) -> Response:
    person, action = asked.query("person")[:64], asked.query("action")[:40]
    entries = trail.entries(asked.connection, asked.number("before", most=9_999_999), PAGE, person, action)
    older = ""
    if len(entries) == PAGE:
        kept = {"person": person, "action": action, "before": str(entries[-1]["id"])}
        older = f"{asked.links.page('trail')}?{urlencode({name: value for name, value in kept.items() if value})}"
    return asked.page("trail", {"entries": [{**each, "at": asked.day(each["at"][:16]), "what": _what(asked, each)}
                                            for each in entries],
                                "who": person, "action": action, "older": older})


def _what(asked: Asked, entry: dict[str, str]) -> str:
    from monitor.web import pages

    key = f"did_{entry['action'].replace('-', '_')}"
    return asked.t(key) if key in pages.strings().strings else str(entry["action"])
