"""One request as a view sees it: who asks, in which language, for what, and how to answer.

Promises: answers are pages of pages.py, files told with their name, or a way onward within this server; a body outside
of the person's remit is as unknown as one that doesn't exist. Leaves alone: who may ask at all (server.py).
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from monitor import wording
from monitor.exceptions import UsageError
from monitor.web import pages

if TYPE_CHECKING:
    import sqlite3

    from starlette.datastructures import UploadFile
    from starlette.requests import Request

    from crawler.roster import Roster
    from monitor.settings import Settings
    from monitor.web.installation import Installation
    from monitor.web.people import Person
    from monitor.wording import Lang

NAVIGATION = {"overview": "viewer", "worklist": "viewer", "trends": "viewer", "regions": "viewer", "search": "viewer",
              "runs": "viewer", "method": "viewer", "data": "viewer"}
"""Pages of the head's first row with the least role that sees them there; beneath, those under 更多."""
MORE = {"brief": "viewer", "progress": "viewer", "rectification": "viewer", "precheck": "viewer", "letters": "reviewer",
        "trail": "operator"}


class AbsentError(LookupError):
    """Raised by a view for what isn't there, or isn't this person's; answered with 404."""


@dataclass
class Asked:
    """`connection` only reads; use `write()` to write. `token` goes into every form (parts.html: token)."""

    request: Request
    installation: Installation
    person: Person
    lang: Lang
    connection: sqlite3.Connection
    token: object = ""
    form: Mapping[str, Any] = field(default_factory=dict)
    """Fields of a POST; several of one name by `many`."""
    wrote: bool = False
    """Whether the view has written; such a form stands in the web's trail."""

    # ---------------------------------------------------------------- what is asked
    @property
    def settings(self) -> Settings:
        return self.installation.settings

    @property
    def roster(self) -> Roster:
        return self.installation.roster

    @property
    def key(self) -> str:
        """The last part of the address, as in /report/{key}."""
        return str(self.request.path_params.get("key", ""))

    def query(self, name: str, default: str = "") -> str:
        return self.request.query_params.get(name, default).strip()

    def number(self, name: str, default: int | None = None, *, least: int = 0, most: int = 10**6) -> int | None:
        """A whole number of the query. Raises UsageError naming it."""
        given = self.query(name)
        if not given:
            return default
        if not given.isascii() or not given.isdigit() or len(given) > 7 or not least <= int(given) <= most:
            raise UsageError(f"{name} is {given[:40]!r}; write a whole number from {least} to {most}")
        return int(given)

    def said(self, name: str, default: str = "") -> str:
        """A text field of the form."""
        value = self.form.get(name, default)
        return value.strip() if isinstance(value, str) else default

    def many(self, name: str) -> list[str]:
        listed = self.form.getlist(name) if hasattr(self.form, "getlist") else [self.form.get(name, "")]
        return [each for each in listed if isinstance(each, str) and each]

    def file(self, name: str) -> UploadFile | None:
        """An uploaded file of the form; None where none was chosen."""
        given = self.form.get(name)
        return given if given is not None and not isinstance(given, str) and given.filename else None

    def files(self, name: str) -> list[UploadFile]:
        """All files chosen under one name."""
        listed = self.form.getlist(name) if hasattr(self.form, "getlist") else [self.form.get(name)]
        return [each for each in listed if each is not None and not isinstance(each, str) and each.filename]

    # ---------------------------------------------------------------- whose it is
    @cached_property
    def reach(self) -> frozenset[str] | None:
        """Ids of the bodies this person sees; None: all."""
        if not self.person.under:
            return None
        return self.installation.reach(self.person.under)

    def sees(self, body: str | None) -> bool:
        return self.reach is None or body in self.reach

    def known(self, body: str | None) -> str:
        """The body, where this person sees it. Raises AbsentError."""
        if body is None or not self.sees(body):
            raise AbsentError(body)
        return body

    # ---------------------------------------------------------------- answers
    @cached_property
    def links(self) -> pages.Links:
        return links_of(self.installation, self.lang, self.request.url.path, self.request.url.query)

    @property
    def contact(self) -> str:
        return self.settings.general.contact

    def page(self, kind: str, content: Mapping[str, Any], status: int = 200) -> Response:
        """The page `kind` with `content`; as_of and contact are added where they lack."""
        from monitor.web.views import exports

        whole = {"as_of": "", "contact": self.contact, **content}
        desk = {**self._desk(), "files": exports.of_page(self, kind) if status == 200 else []}
        return HTMLResponse(pages.render(kind, whole, self.lang, self.links, desk), status)

    def notice(self, title: str, text: str, status: int = 200) -> Response:
        """A page that only says something: `title` a key of pages.yaml, `text` ready to read; for programs a problem
        document."""
        if self.request.url.path.startswith("/api/"):
            return problem(self.t(title), text, status)
        return self.page("notice", {"title": title, "text": text}, status)

    def go(self, kind: str, key: str = "", said: str = "", **query: str) -> Response:
        """Onward to another page after a form; `said` is a key of pages.yaml shown there."""
        asked = {name: value for name, value in {**query, "said": said}.items() if value}
        return RedirectResponse(self.links.page(kind, key) + (f"?{urlencode(asked)}" if asked else ""), 303)

    def attachment(self, data: bytes, name: str, media_type: str) -> Response:
        return Response(data, media_type=media_type, headers={
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}"})

    @contextlib.contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        with self.installation.store.write() as connection:
            self.wrote = True
            yield connection

    # ---------------------------------------------------------------- words
    def t(self, key: str, **values: Any) -> str:
        return pages.say(key, self.lang, **values)

    def day(self, value: str | date | None) -> str:
        return wording.day(value, self.lang) if value else ""

    def _desk(self) -> dict[str, Any]:
        said = self.query("said")
        shown = [[kind for kind, role in each.items() if kind in self.request.app.state.kinds and self.person.may(role)]
                 for each in (NAVIGATION, MORE)]
        return {"pages": shown[0], "more": shown[1],
                "person": self.person, "token": self.token,
                "said": self.t(said) if said.startswith("said_") and said in pages.strings().strings else "",
                "login": self.request.app.state.login, "logged_in": self.request.state.visit.logged_in}


def problem(title: str, text: str, status: int, headers: Mapping[str, str] | None = None) -> Response:
    """What a program gets instead of an answer (RFC 9457)."""
    challenge = {"WWW-Authenticate": "Bearer"} if status == 401 else {}
    return JSONResponse({"type": "about:blank", "title": title, "status": status, "detail": text}, status,
                        {**challenge, **(headers or {})}, media_type="application/problem+json")


def links_of(installation: Installation, lang: Lang, path: str, query: str = "") -> pages.Links:
    """How pages of `lang` refer to each other, and to the page at `path` in the other language."""
    prefix = f"/{installation.other}"
    ours = path.removeprefix(prefix) if path == prefix or path.startswith(f"{prefix}/") else path
    root = "/" if lang == installation.lang else f"{prefix}/"
    other = (ours or "/") if lang != installation.lang else prefix + ours
    return pages.Links(root=root, suffix="", index="", style=f"/style.css?v={style_mark()}", files="/data/",
                       other=other + (f"?{query}" if query else ""))


@functools.cache
def style_mark() -> str:
    return hashlib.sha256(pages.STYLE.read_bytes()).hexdigest()[:12]
