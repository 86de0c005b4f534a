"""Who somebody proves to be: at this machine itself, by a login, by a token, or by a proxy that asked before us.

Promises: without accounts and without a proxy only this machine is served, as its operator; sessions live in the store
(hashes only) and end with logout, time, or any change of the account; a login always gets a new session; a form's token
belongs to one browser; who gets no form gets no cookie. Leaves alone: what a person may do (people.py, server.py),
passwords (accounts.py).
"""

from __future__ import annotations

import contextlib
import getpass
import hashlib
import hmac
import ipaddress
import secrets
import sqlite3
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

from starlette.responses import RedirectResponse

from crawler import clock
from monitor.web import accounts
from monitor.web.attempts import Attempts
from monitor.web.guarding import host_of
from monitor.web.people import GUEST, ROLES, Person

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from monitor.settings import Settings
    from monitor.web.asked import Asked
    from monitor.web.installation import Installation

COOKIE = "nianbao"
SECURE_COOKIE = f"__Host-{COOKIE}"
_LENGTH = 43
"""Characters of a session: 256 random bits."""
SEEN_EVERY = timedelta(minutes=1)
_FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip")


class Door:
    """What the serving process keeps about logins: failures, and the secret that forms' tokens are made with."""

    def __init__(self, installation: Installation) -> None:
        self.installation = installation
        self.by_address = Attempts(free=10, longest=300)
        self.by_name = Attempts(free=10, longest=60)
        self.replies = Attempts(free=30, longest=120)

    @cached_property
    def secret(self) -> bytes:
        with self.installation.read() as connection:
            return bytes(connection.execute("SELECT value FROM web_secret").fetchone()[0])


class _Token:
    """The token of a form; asking for its text says that a form was given, so that a cookie is owed."""

    def __init__(self, visit: Visit) -> None:
        self._visit = visit

    def __str__(self) -> str:
        self._visit.owed = True
        return self._visit.token


@dataclass(slots=True)
class Visit:
    """One request's person. `welcome`: may see pages that aren't free; `bearer`: by a token, which no other site can
    make a browser send; `stranger`: the name a proxy vouches for that no account knows."""

    person: Person
    welcome: bool
    door: Door
    session: str
    fresh: bool
    address: str = ""
    secure: bool = False
    bearer: bool = False
    logged_in: bool = False
    stranger: str = ""
    owed: bool = False
    ended: bool = False
    form: _Token = field(init=False)

    def __post_init__(self) -> None:
        self.form = _Token(self)

    @property
    def token(self) -> str:
        return hmac.new(self.door.secret, self.session.encode(), hashlib.sha256).hexdigest()

    def finish(self, response: Response) -> None:
        name = SECURE_COOKIE if self.secure else COOKIE
        if self.ended:
            response.delete_cookie(name, path="/", secure=self.secure, httponly=True, samesite="lax")
        elif self.fresh and self.owed:
            # Lax: a link in a mail opens the page it names for who is logged in; forms carry the token all the same.
            response.set_cookie(name, self.session, httponly=True, samesite="lax", secure=self.secure, path="/")


def needed(settings: Settings) -> bool:
    """Whether people log in here."""
    return settings.web.accounts is not None or bool(settings.web.user_header)


def hosts(settings: Settings) -> list[str]:
    """Names under which this server may be asked, beside loopback."""
    name = urlsplit(settings.general.link).hostname
    return [*([name] if name else []), *settings.web.hosts]


# ---------------------------------------------------------------- who asks
def visit(request: Request, installation: Installation, connection: sqlite3.Connection) -> Visit:
    """Who this request comes from. Raises SettingsError where the file of accounts can't be read."""
    settings = installation.settings
    peer = request.client.host if request.client else ""
    trusted = _trusted(settings, peer)
    link = urlsplit(settings.general.link)
    secure = (request.url.scheme == "https"
              or (link.scheme == "https" and host_of(request.headers.get("host", "")) == link.hostname)
              or (trusted and request.headers.get("x-forwarded-proto", "").lower() == "https"))
    held = request.cookies.get(SECURE_COOKIE if secure else COOKIE, "")
    fresh = len(held) != _LENGTH or not held.isascii()
    made = Visit(GUEST, settings.web.public, request.app.state.door, secrets.token_urlsafe(32) if fresh else held,
                 fresh, _address(request, settings, peer, trusted), secure)
    if not needed(settings):
        # A proxy before a server that asks nobody for a name would let everybody in as its operator.
        if not any(name in request.headers for name in _FORWARDED):
            made.person, made.welcome = Person(_user(), "operator", local=True), True
        return made
    known = accounts.load(settings.web.accounts)
    said = request.headers.get("authorization", "")
    if said[:7].lower() == "bearer ":
        person = known.bearer(said[7:].strip())
        made.bearer, made.person, made.welcome = True, person or GUEST, person is not None
    elif trusted and settings.web.user_header and (name := request.headers.get(settings.web.user_header, "").strip()):
        _vouched(made, known, _decoded(name), request.headers.get(settings.web.role_header or "-", "").strip())
    elif not fresh and (person := _session(connection, known, settings, made)):
        made.person, made.welcome, made.logged_in = person, True, True
    return made


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "local"


def _trusted(settings: Settings, peer: str) -> bool:
    try:
        address = ipaddress.ip_address(peer)
    except ValueError:
        return False
    return any(address in ipaddress.ip_network(each, strict=False) for each in settings.web.trusted_proxies)


def _address(request: Request, settings: Settings, peer: str, trusted: bool) -> str:
    """Where the request comes from: behind trusted proxies the last address that none of them is."""
    if trusted:
        for each in reversed(request.headers.get("x-forwarded-for", "").split(",")):
            with contextlib.suppress(ValueError):
                found = str(ipaddress.ip_address(each.strip()))
                if not _trusted(settings, found):
                    return found
    return peer[:64]


def _decoded(name: str) -> str:
    """A header's name: proxies send UTF-8, the server hands it on as Latin-1."""
    with contextlib.suppress(UnicodeError):
        return name.encode("latin-1").decode("utf-8")
    return name


def _vouched(made: Visit, known: accounts.Accounts, name: str, role: str) -> None:
    account = known.find(name)
    if account is not None:
        made.person, made.welcome = account.person, True
    elif role in ROLES and name not in known.people and name.isprintable() and len(name) <= 64:
        made.person, made.welcome = Person(name, role), True
    else:
        made.welcome, made.stranger = False, name[:64]


def _session(connection: sqlite3.Connection, known: accounts.Accounts, settings: Settings,
             made: Visit) -> Person | None:
    key = accounts.digest(made.session)
    row = connection.execute("SELECT * FROM web_session WHERE hash = ?", (key,)).fetchone()
    account = known.find(row["person"]) if row else None
    now = clock.now()
    if account is None or row["mark"] != account.mark or clock.parse(row["expires"]) <= now:
        return None
    since = now - clock.parse(row["seen"])
    if since > timedelta(minutes=settings.web.idle_minutes):
        return None
    if abs(since) > SEEN_EVERY:
        _seen(made.door.installation, key)
    return account.person


def _seen(installation: Installation, key: str) -> None:
    """Note that a session is in use; a store that is being written to is asked again with the next page."""
    connection = installation.store.open()
    with contextlib.suppress(sqlite3.OperationalError), contextlib.closing(connection):
        connection.execute("PRAGMA busy_timeout = 20")
        connection.execute("UPDATE web_session SET seen = ? WHERE hash = ?", (clock.stamp(), key))


# ---------------------------------------------------------------- coming and going
def begin(connection: sqlite3.Connection, made: Visit, account: accounts.Account, hours: float) -> None:
    """A new session for who just proved to be this account; call it inside a write transaction."""
    now = clock.now()
    connection.execute("DELETE FROM web_session WHERE hash = ? OR expires <= ?",
                       (accounts.digest(made.session), now.isoformat(timespec="seconds")))
    made.session, made.fresh, made.owed = secrets.token_urlsafe(32), True, True
    made.person, made.welcome, made.logged_in = account.person, True, True
    connection.execute("INSERT INTO web_session (hash, person, mark, address, created, seen, expires) "
                       "VALUES (?,?,?,?,?,?,?)",
                       (accounts.digest(made.session), account.name, account.mark, made.address, clock.stamp(),
                        clock.stamp(), (now + timedelta(hours=hours)).isoformat(timespec="seconds")))


def end(connection: sqlite3.Connection, made: Visit) -> None:
    connection.execute("DELETE FROM web_session WHERE hash = ?", (accounts.digest(made.session),))
    made.ended = True


def token_holds(made: Visit, token: str) -> bool:
    """Whether a form that was sent is one we gave to this very browser."""
    return made.bearer or (not made.fresh and hmac.compare_digest(made.token.encode(), token.encode()))


def ask_to_log_in(asked: Asked) -> Response:
    """What who isn't known here gets instead of a page."""
    path = asked.request.url.path
    made: Visit = asked.request.state.visit
    if path.removeprefix(f"/{asked.installation.other}").startswith("/api/"):
        return asked.notice("not_allowed", asked.t("login_needed"), 401)
    if made.stranger:
        return asked.notice("not_allowed", asked.t("stranger_text", name=made.stranger), 403)
    if not needed(asked.settings):
        return asked.notice("not_allowed", asked.t("proxy_text"), 403)
    if asked.request.method != "GET" or asked.settings.web.accounts is None:
        return asked.notice("not_allowed", asked.t("login_needed"), 401)
    whole = f"{path}?{asked.request.url.query}" if asked.request.url.query else path
    return RedirectResponse(f"{asked.links.page('login')}?{urlencode({'next': whole})}", 303)


def safe_next(given: str) -> str:
    """A page of this server to go on to; the front page for anything else."""
    try:
        parts = urlsplit(given)
    except ValueError:
        return "/"
    fit = (given.startswith("/") and not given.startswith("//") and "\\" not in given and given.isprintable()
           and not parts.scheme and not parts.netloc and len(given) <= 2000)
    return given if fit else "/"
