"""What every answer carries, whatever view made it: the headers that keep a browser from being used against us.

Promises: no script runs, nothing is loaded from elsewhere, nobody frames our pages; a view may tighten its own policy
(a captured page in its sandbox) but not lose the rest; a host name that isn't ours is refused. Leaves alone: who asks.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

POLICY = ("default-src 'none'; style-src 'self'; img-src 'self' data:; font-src 'self'; form-action 'self'; "
          "frame-src 'self'; frame-ancestors 'none'; base-uri 'none'")
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cache-Control": "private, no-cache",
}
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1", "[::1]"})


class Guarding:
    """ASGI middleware. `hosts`: names under which this server is asked, beside loopback; None: any (a proxy checks)."""

    def __init__(self, app: ASGIApp, hosts: Collection[str] | None = ()) -> None:
        self.app = app
        self.hosts = None if hosts is None else LOOPBACK | {host.lower() for host in hosts}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                if "sandbox" in headers["Content-Security-Policy"]:
                    headers["X-Frame-Options"] = "SAMEORIGIN"
            await send(message)

        if self.hosts is not None and host_of(Headers(scope=scope).get("host", "")) not in self.hosts:
            await PlainTextResponse("unknown host name\n", 421)(scope, receive, sending)
            return
        await self.app(scope, receive, sending)


def same_site(headers: Mapping[str, str]) -> bool:
    """Whether a form comes from a page of this server, as far as the browser says. Under our referrer policy browsers
    may say `Origin: null`; the token of the form is what decides then."""
    site = headers.get("sec-fetch-site", "")
    if site:
        return site in ("same-origin", "none")
    origin = headers.get("origin", "null")
    return origin == "null" or origin.partition("://")[2].lower() == headers.get("host", "").strip().lower()


def host_of(header: str) -> str:
    """The host of a Host header without its port."""
    host = header.strip().lower()
    if host.startswith("["):
        return host.partition("]")[0] + "]"
    return host.partition(":")[0]
