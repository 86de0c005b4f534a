"""One body with all its years, and two of its years side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

from monitor import compliance
from monitor.web.asked import AbsentError
from monitor.web.contents import Contents, body_named
from monitor.web.views import view

if TYPE_CHECKING:
    from starlette.responses import Response

    from monitor.web.asked import Asked


def contents_of(asked: Asked, body: str) -> Contents:
    """What the pages of one body hold for whoever asks."""
    held = compliance.held(asked.connection, asked.roster, bodies=[body])
    return Contents(asked.connection, held, asked.roster, asked.settings, [body], role=asked.person.role, cleared=True)


def body_asked(asked: Asked, slug: str) -> str:
    """The body that a part of an address names. Raises AbsentError where this person sees none."""
    return asked.known(body_named(asked.connection, asked.roster, slug))


@view("/body/{key}")
def body(asked: Asked) -> Response:
    named = body_asked(asked, asked.key)
    content = contents_of(asked, named).body(named, asked.lang)
    known = asked.roster.bodies.get(named)
    if known is not None:
        content["consolidates"] = "consolidated" in known.scopes
        if known.parent in asked.roster.bodies and asked.sees(known.parent):
            content["parent"] = {"id": known.parent, "name": asked.roster.bodies[known.parent].name}
    return asked.page("body", content)


@view("/compare/{key}")
def compare(asked: Asked) -> Response:
    slug, *rest = asked.key.rsplit("-", 3)
    if len(rest) != 3:
        raise AbsentError(asked.key)
    contents = contents_of(asked, body_asked(asked, slug))
    if asked.key not in contents.pairs:
        raise AbsentError(asked.key)
    return asked.page("comparison", contents.comparison(asked.key, asked.lang))
