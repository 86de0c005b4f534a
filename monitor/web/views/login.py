"""Coming in and going out.

Promises: a wrong name and a wrong password look and last alike; after some failures each further try has to wait;
who came in before from the same place isn't kept out by the failures of others. Leaves alone: sessions themselves
(sessions.py).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import RedirectResponse

from monitor.web import accounts, sessions, trail
from monitor.web.attempts import neighbourhood
from monitor.web.views import view

if TYPE_CHECKING:
    from starlette.responses import Response

    from monitor.web.asked import Asked


@view("/login", free=True)
def login_page(asked: Asked) -> Response:
    goal = sessions.safe_next(asked.query("next", "/"))
    if asked.settings.web.accounts is None or (asked.request.state.visit.welcome and not asked.person.guest):
        return RedirectResponse(goal, 303)
    return _form(asked, goal)


def _form(asked: Asked, goal: str, fault: str = "", status: int = 200) -> Response:
    return asked.page("login", {"next": goal, "fault": fault}, status)


@view("/login", methods=("POST",), free=True, upload=1 << 14)
def log_in(asked: Asked) -> Response:
    visit: sessions.Visit = asked.request.state.visit
    door, settings = visit.door, asked.settings.web
    name, password = asked.said("name"), str(asked.form.get("password", ""))
    goal = sessions.safe_next(asked.said("next"))
    if settings.accounts is None:
        return RedirectResponse(goal, 303)
    place = neighbourhood(visit.address)
    # The failures of strangers don't keep somebody out who came in from here before.
    familiar = trail.known(asked.connection, name, visit.address)
    waits = max(door.by_address.wait(place), 0 if familiar else door.by_name.wait(name[:100]))
    if waits:
        response = _form(asked, goal, asked.t("login_wait", n=waits), 429)
        response.headers["Retry-After"] = str(waits)
        return response
    # Counted before it is looked at: many at once would all come in under the count of before.
    door.by_address.failed(place)
    door.by_name.failed(name[:100])
    account = accounts.load(settings.accounts).find(name)
    if not accounts.holds(account, password) or account is None:
        with asked.installation.store.write() as connection:
            trail.record(connection, name[:64], visit.address, "login_refused")
        return _form(asked, goal, asked.t("login_wrong"), 401)
    door.by_address.succeeded(place)
    door.by_name.succeeded(name[:100])
    with asked.installation.store.write() as connection:
        sessions.begin(connection, visit, account, settings.session_hours)
        trail.record(connection, account.name, visit.address, "login")
    return RedirectResponse(goal, 303)


@view("/logout", methods=("POST",), free=True, upload=1 << 14)
def log_out(asked: Asked) -> Response:
    visit: sessions.Visit = asked.request.state.visit
    with asked.installation.store.write() as connection:
        sessions.end(connection, visit)
        if asked.person.name:
            trail.record(connection, asked.person.name, visit.address, "logout")
    response = asked.go("login", said="said_logged_out")
    response.headers["Clear-Site-Data"] = '"cache"'
    return response
