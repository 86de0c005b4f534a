"""The served web: every registered view behind one door that knows who asks and whether they may.

Promises: a view runs with a read-only connection and a person who has its role; a form without the session's token
changes nothing; whatever goes wrong is answered with a page that says what, never with a trace. Leaves alone: what
pages hold (views/), who people are (sessions.py), headers (guarding.py).
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from python_multipart.exceptions import FormParserError
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Route

from crawler.exceptions import CrawlerError, StoreError
from extract.exceptions import ExtractError
from monitor import messages
from monitor.exceptions import MonitorError, UsageError
from monitor.web import pages, sessions, trail
from monitor.web.asked import AbsentError, Asked
from monitor.web.guarding import Guarding, same_site
from monitor.web.rechecks import Rechecks
from monitor.web.views import View, registered

if TYPE_CHECKING:
    from starlette.requests import Request

    from monitor.web.installation import Installation
    from monitor.wording import Lang

MAX_FIELDS = 3000
KEPT = ("action", "state", "finding", "body", "until", "number")
"""Fields of forms that the web's trail tells."""
log = logging.getLogger("nianbao.web")


def application(installation: Installation) -> Starlette:
    """The ASGI application of one installation."""
    views = registered()
    routes = [Route("/style.css", _style)]
    for each in views:
        routes.append(Route(each.path, _answering(each, installation, installation.lang), methods=[*each.methods]))
        if each.both:
            path = f"/{installation.other}{'' if each.path == '/' else each.path}"
            routes.append(Route(path, _answering(each, installation, installation.other), methods=[*each.methods]))
            if each.path == "/":
                routes.append(Route(f"{path}/", _answering(each, installation, installation.other)))
    application = Starlette(
        routes=routes, exception_handlers={HTTPException: _refused(installation), Exception: _fault(installation)},
        middleware=[Middleware(Guarding, hosts=sessions.hosts(installation.settings))])
    application.state.kinds = {"overview", *(each.path.split("/")[1] for each in views)}
    application.state.login = sessions.needed(installation.settings)
    application.state.door = sessions.Door(installation)
    application.state.rechecks = Rechecks(installation)
    return application


def _answering(view: View, installation: Installation, lang: Lang) -> Callable[[Request], Awaitable[Response]]:
    told = _fault(installation)

    async def answer(request: Request) -> Response:
        form: Any = {}
        if request.method == "POST":
            length = request.headers.get("content-length", "")
            if not length.isdigit() or len(length) > 12 or int(length) > view.upload:
                return await run_in_threadpool(_told, installation, request, lang, "too_large", 413)
            try:
                form = await _form(request, view)
            except (HTTPException, FormParserError, UnicodeError, ValueError):
                return await run_in_threadpool(_told, installation, request, lang, "bad_request", 400)
        try:
            return await run_in_threadpool(_made, view, installation, lang, request, form)
        except Exception as fault:  # answered here, inside of Guarding, so that the page has its headers
            return await told(request, fault)
        finally:
            if request.method == "POST":
                await form.close()
    return answer


async def _form(request: Request, view: View) -> FormData:
    """What a form holds; JSON as the one field `json`."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() == "application/json":
        return FormData([("json", (await request.body()).decode("utf-8", "replace"))])
    return await request.form(max_files=20, max_fields=MAX_FIELDS, max_part_size=view.upload)


def _made(view: View, installation: Installation, lang: Lang, request: Request, form: Any) -> Response:
    with installation.read() as connection:
        visit = request.state.visit = sessions.visit(request, installation, connection)
        asked = Asked(request, installation, visit.person, lang, connection, visit.form, form)
        if request.method == "POST" and not same_site(request.headers):
            response = asked.notice("stale_form", asked.t("stale_form_text"), 403)
        elif not view.free and not visit.welcome:
            response = sessions.ask_to_log_in(asked)
        elif not view.free and not visit.person.may(view.role):
            response = asked.notice("not_allowed", asked.t("not_allowed_text"), 403)
        elif request.method == "POST" and view.token and not sessions.token_holds(visit, asked.said("token")):
            response = asked.notice("stale_form", asked.t("stale_form_text"), 403)
        else:
            response = _tried(view, asked)
        if asked.wrote and response.status_code < 400:
            _keep(asked, visit)
        visit.finish(response)
        return response


def _keep(asked: Asked, visit: sessions.Visit) -> None:
    """Who changed something, and what: the form's own short fields, never a secret or a file."""
    told = [f"{name}={value}" for name in KEPT for value in asked.many(name)]
    told += [value.partition(":")[0] for value in asked.many("item")]
    with asked.installation.store.write() as connection:
        trail.record(connection, asked.person.name, visit.address,
                     asked.request.url.path.removeprefix(f"/{asked.installation.other}").split("/")[1],
                     " ".join([asked.key if asked.person.name else "", *told]).strip())


def _tried(view: View, asked: Asked) -> Response:
    try:
        return view.make(asked)
    except AbsentError:
        return asked.notice("absent_page", asked.t("absent_page_text"), 404)
    except UsageError as fault:
        return asked.notice("bad_request", messages.said(str(fault), asked.lang), 400)
    except StoreError as fault:
        log.error("%s: %s", asked.request.url.path, fault)
        return asked.notice("store_busy", messages.said(str(fault), asked.lang), 503)
    except (CrawlerError, ExtractError, MonitorError) as fault:
        log.error("%s: %s", asked.request.url.path, fault)
        return asked.notice("own_fault", messages.said(str(fault), asked.lang), 500)


# ---------------------------------------------------------------- what isn't a view
def _style(request: Request) -> Response:
    forever = {"Cache-Control": "public, max-age=31536000, immutable"} if request.url.query else {}
    return FileResponse(pages.STYLE, media_type="text/css", headers=forever)


def _told(installation: Installation, request: Request, lang: Lang, title: str, status: int) -> Response:
    with installation.read() as connection:
        visit = request.state.visit = sessions.visit(request, installation, connection)
        asked = Asked(request, installation, visit.person, lang, connection, visit.form)
        return asked.notice(title, asked.t(f"{title}_text"), status)


def _lang_of(installation: Installation, request: Request) -> Lang:
    prefix = f"/{installation.other}"
    inside = request.url.path == prefix or request.url.path.startswith(f"{prefix}/")
    return installation.other if inside else installation.lang


def _refused(installation: Installation) -> Callable[[Request, Exception], Awaitable[Response]]:
    async def refused(request: Request, fault: Exception) -> Response:
        status = getattr(fault, "status_code", 400)
        title = {404: "absent_page", 405: "absent_page", 413: "too_large"}.get(status, "bad_request")
        answer = await run_in_threadpool(_told, installation, request, _lang_of(installation, request), title, status)
        answer.headers.update(getattr(fault, "headers", None) or {})  # which methods there are
        return answer
    return refused


def _fault(installation: Installation) -> Callable[[Request, Exception], Awaitable[Response]]:
    async def fault_page(request: Request, fault: Exception) -> Response:
        log.exception("%s", request.url.path, exc_info=fault)
        try:
            return await run_in_threadpool(_told, installation, request, _lang_of(installation, request), "own_fault",
                                           500)
        except Exception:  # the store itself may be what is broken
            return PlainTextResponse("nianbao: own fault, see the log\n", 500)
    return fault_page
