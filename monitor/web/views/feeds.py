"""What is new as an Atom feed, and the due days as a calendar, for readers and calendars that ask on their own.

Promises: whoever may see the pages may subscribe to them; where people log in, a feed reader gives a token as the
password of HTTP Basic, which opens these two addresses and nothing else; no address holds a secret. What costs much is
made once for a judgement and remit. Leaves alone: what is told (exports/feed.py, exports/due_days.py).
"""

from __future__ import annotations

import base64
import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from starlette.responses import PlainTextResponse, Response

from crawler import clock
from monitor.exports import due_days, feed
from monitor.obligations import obligations
from monitor.web import accounts
from monitor.web.board import mark
from monitor.web.views import view

if TYPE_CHECKING:
    from monitor.web.asked import Asked
    from monitor.web.people import Person

KEPT = 16
_held: OrderedDict[Any, bytes] = OrderedDict()
_lock = threading.Lock()


@view("/feed.atom", free=True)
def newest(asked: Asked) -> Response:
    def made() -> bytes:
        listed = feed.newest(asked.connection, asked.roster, asked.settings, asked.lang, asked.reach)
        return feed.render(listed, asked.settings, asked.lang, *_remit(asked))

    decided = asked.connection.execute("SELECT max(id) FROM audit").fetchone()[0]
    return _answered(asked, (decided,), made, "application/atom+xml; charset=utf-8", "nianbao.atom")


@view("/due.ics", free=True)
def days(asked: Asked) -> Response:
    def made() -> bytes:
        newest = clock.today().year - 1
        owed = obligations(asked.roster, asked.settings, [newest, newest + 1])
        listed = due_days.due_days(owed, asked.roster, asked.lang, asked.reach)
        return due_days.render(listed, asked.settings, asked.lang, clock.now(), *_remit(asked))

    return _answered(asked, (clock.today(),), made, "text/calendar; charset=utf-8", "nianbao.ics")


def _answered(asked: Asked, marks: tuple[Any, ...], make: Callable[[], bytes], media_type: str, name: str) -> Response:
    person = _reader(asked)
    if person is None:
        return PlainTextResponse(asked.t("feed_login") + "\n", 401,
                                 {"WWW-Authenticate": 'Basic realm="nianbao", charset="UTF-8"'})
    asked.person = person
    key = (name, asked.lang, person.under, mark(asked.connection), id(asked.roster), *marks)
    with _lock:
        if key in _held:
            _held.move_to_end(key)
        else:
            _held[key] = make()
            while len(_held) > KEPT:
                _held.popitem(last=False)
        data = _held[key]
    told = f'"{hashlib.sha256(data).hexdigest()[:32]}"'
    headers = {"ETag": told, "Vary": "Authorization, Cookie"}
    if told in asked.request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(data, media_type=media_type, headers={
        **headers, "Content-Disposition": f'inline; filename="{name}"'})


def _reader(asked: Asked) -> Person | None:
    """Who may read pages here anyhow, else whose token the reader gives; None: nobody known."""
    if asked.request.state.visit.welcome:
        return asked.person
    scheme, _, said = asked.request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic" or asked.settings.web.accounts is None:
        return None
    try:
        secret = base64.b64decode(said, validate=True).decode("utf-8").partition(":")[2]
    except ValueError:
        return None
    return accounts.load(asked.settings.web.accounts).bearer(secret)


def _remit(asked: Asked) -> tuple[str, str]:
    """The name of a remit and the key that makes its feed another one; both empty for everything."""
    tops = [asked.roster.bodies[each] for each in asked.person.under if each in asked.roster.bodies]
    return "、".join(body.name for body in tops[:3]), "+".join(sorted(body.id for body in tops))[:200]
