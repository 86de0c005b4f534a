"""`serve`: the pages for people who look every week, on this machine or behind a login.

Promises: an address that others reach is refused without a login; the server ends at once when told to. Leaves alone:
what the pages are (web/).
"""

from __future__ import annotations

import gc
import ipaddress
import socket
from typing import TYPE_CHECKING, Annotated

import typer

from monitor import printing
from monitor.exceptions import UsageError
from monitor.session import Session

if TYPE_CHECKING:
    from monitor.settings import Settings

PORT = 8500


def register(app: typer.Typer) -> None:
    app.command("serve")(serve)


def serve(
    context: typer.Context,
    host: Annotated[str, typer.Option("--host", help="address to listen at; others than this machine's own need a "
                                                     "login")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="0: any free one")] = PORT,
) -> None:
    """Serve the pages: overview, reports, findings, worklist, search."""
    import uvicorn

    from monitor import logs, wording
    from monitor.web.installation import Installation
    from monitor.web.server import application

    session: Session = context.obj
    refuse_open_doors(session.settings, host)
    installation = Installation(session.settings, session.store(create=True), session.lang)
    # So that nobody who asks first waits for them; what is held from now on needs no look by the collector.
    _ = installation.roster, installation.board
    gc.freeze()
    gc.set_threshold(700, 10, 10)  # Python's own: a service must not let dead rings pile up for weeks
    logs.begin()
    served = application(installation)
    served.state.rechecks.begin()
    server = uvicorn.Server(uvicorn.Config(
        served, host=host, port=port, log_config=None, access_log=False, server_header=False,
        proxy_headers=False, timeout_keep_alive=10, limit_concurrency=200, timeout_graceful_shutdown=5))
    listening = server.config.bind_socket()
    # Connections take this over; asyncio leaves it out for such a socket, and kept ones then wait 40 ms a page.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    shown = f"[{host}]" if ":" in host else host
    printing.line(wording.say("serving", session.lang, address=f"http://{shown}:{listening.getsockname()[1]}/"))
    server.run(sockets=[listening])


def refuse_open_doors(settings: Settings, host: str) -> None:
    """Raises UsageError for an address that other machines reach while nobody has to log in, and where nobody can."""
    from monitor.web import accounts, sessions

    if not loopback(host) and not sessions.needed(settings):
        raise UsageError(f"--host {host}: other machines reach this address; name accounts or a trusted proxy under "
                         "[web] in settings.toml first, or leave --host out")
    path = settings.web.accounts
    if path is not None and not settings.web.user_header and not accounts.load(path).people:
        raise UsageError(f"{path}: there is no account yet, nobody could log in; run `nianbao account add NAME --role "
                         "operator` first")


def loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"
