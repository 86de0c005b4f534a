"""Who somebody proves to be: at this machine itself, by a login, or by a proxy that asked before us.

Promises: without accounts and without a proxy only this machine is served, as its operator; a form's token belongs to
one browser's session. Leaves alone: what a person may do (people.py, server.py).
"""

from __future__ import annotations

import getpass
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from monitor.web.people import Person

if TYPE_CHECKING:
    import sqlite3

    from starlette.requests import Request
    from starlette.responses import Response

    from monitor.settings import Settings
    from monitor.web.asked import Asked
    from monitor.web.installation import Installation

COOKIE = "nianbao"
_SECRET = secrets.token_bytes(32)


@dataclass(slots=True)
class Visit:
    """One request's person. `welcome`: may see pages that aren't free."""

    person: Person
    welcome: bool
    session: str
    fresh: bool
    secure: bool = False

    @property
    def token(self) -> str:
        return hmac.new(_SECRET, self.session.encode(), hashlib.sha256).hexdigest()

    def finish(self, response: Response) -> None:
        if self.fresh:
            response.set_cookie(COOKIE, self.session, httponly=True, samesite="strict", secure=self.secure, path="/")


def needed(settings: Settings) -> bool:
    """Whether people log in here."""
    return False


def hosts(settings: Settings) -> list[str]:
    """Names under which this server may be asked, beside loopback."""
    name = urlsplit(settings.general.link).hostname
    return [name] if name else []


def visit(request: Request, installation: Installation, connection: sqlite3.Connection) -> Visit:
    held = request.cookies.get(COOKIE, "")
    fresh = len(held) != 43
    return Visit(Person(getpass.getuser(), "operator", local=True), True, secrets.token_urlsafe(32) if fresh else held,
                 fresh)


def token_holds(visit: Visit, token: str) -> bool:
    return not visit.fresh and hmac.compare_digest(visit.token.encode(), token.encode())


def ask_to_log_in(asked: Asked) -> Response:
    return asked.notice("not_allowed", asked.t("not_allowed_text"), 401)
