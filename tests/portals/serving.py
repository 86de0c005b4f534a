"""Many loopback hosts on one port in one thread: a small HTTP/1.1 server that sites plug their answers into.

Promises: only the addresses of the sites (and 127.0.0.1 for control) listen, so every other 127.x refuses; each request
is logged with host and monotonic time; GET, HEAD and POST, keep-alive, ETag and Last-Modified answered with 304.
Leaves alone: what a page holds (the family modules) and what the world looks like on a day (world.py).
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from urllib.parse import parse_qsl, urlsplit

CONTROL = "127.0.0.1"
REASONS = {200: "OK", 202: "Accepted", 302: "Found", 304: "Not Modified", 404: "Not Found", 412: "Precondition Failed",
           500: "Internal Server Error", 503: "Service Unavailable"}
IDLE_SECONDS = 20


@dataclass(slots=True)
class Request:
    """One request as a site sees it. `query` holds the address's and a posted form's parameters together; a posted JSON
    text is in `body` only."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    host: str
    port: int
    count: int
    """How many requests this host has had: what a visit counter on the page shows."""
    target: str = ""
    """Path and query as they came."""
    body: bytes = b""
    """What was posted."""

    @property
    def base(self) -> str:
        return f"http://{self.host}:{self.port}"


@dataclass(slots=True)
class Response:
    body: bytes = b""
    status: int = 200
    content_type: str = "text/html; charset=utf-8"
    headers: dict[str, str] = field(default_factory=dict)

    @classmethod
    def page(cls, html: str, status: int = 200, **headers: str) -> Response:
        return cls(html.encode(), status, headers={name.replace("_", "-"): text for name, text in headers.items()})


@dataclass(frozen=True, slots=True)
class Visit:
    """One logged request; `at` is time.monotonic() of its arrival."""

    host: str
    at: float
    method: str
    path: str
    status: int
    agent: str
    target: str = ""
    """Path with its query, as asked for."""
    body: bytes = b""
    """What was posted."""
    referer: str = ""


Answer = Callable[[Request, date], Response]


class Portals:
    """The running portals. Use as a context manager, or start() and stop(); `day` is the world's date, settable."""

    def __init__(self, sites: Mapping[str, Answer], day: date, port: int = 0) -> None:
        self.sites = dict(sites)
        self.day = day
        self.port = port or free_port()
        self.log: list[Visit] = []
        self._counts: dict[str, int] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._ready = threading.Event()
        self._fault: OSError | None = None
        self._stop: asyncio.Event | None = None

    def __enter__(self) -> Portals:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Returns once every host listens. Raises OSError where the port is taken."""
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), name="portals", daemon=True)
        self._thread.start()
        self._ready.wait(10)
        if self._fault is not None:
            raise self._fault

    def stop(self) -> None:
        if self._loop is not None and self._stop is not None and self._loop.is_running():
            self._loop.call_soon_threadsafe(self._stop.set)
        if self._thread is not None:
            self._thread.join(10)

    def visits(self, host: str) -> list[Visit]:
        return [visit for visit in list(self.log) if visit.host == host]

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        try:
            server = await asyncio.start_server(self._converse, sorted({CONTROL, *self.sites}), self.port, backlog=256,
                                                limit=2 ** 20)
        except OSError as fault:
            self._fault = fault
            self._ready.set()
            return
        self._ready.set()
        await self._stop.wait()
        server.close()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        host = writer.get_extra_info("sockname")[0]
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, TimeoutError,
                                 asyncio.CancelledError):
            while True:
                head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), IDLE_SECONDS)
                request = self._parse(head, host)
                size = int(request.headers.get("content-length", "0"))
                if size:
                    request.body = await reader.readexactly(size)
                    if "json" not in request.headers.get("content-type", ""):
                        request.query |= dict(parse_qsl(request.body.decode("utf-8", "replace"),
                                                        keep_blank_values=True))
                last = request.headers.get("connection", "").lower() == "close"
                writer.write(self._answer(request, last))
                await writer.drain()
                if last:
                    break
        writer.close()
        with contextlib.suppress(ConnectionError, asyncio.CancelledError):
            await writer.wait_closed()

    def _parse(self, head: bytes, host: str) -> Request:
        first, *lines = head.decode("latin-1").split("\r\n")
        method, target = [*first.split(" "), ""][:2]
        headers = {name.strip().lower(): text.strip()
                   for name, colon, text in (line.partition(":") for line in lines) if colon}
        parts = urlsplit(target)
        self._counts[host] = self._counts.get(host, 0) + 1
        return Request(method, parts.path or "/", dict(parse_qsl(parts.query, keep_blank_values=True)), headers, host,
                       self.port, self._counts[host], target)

    def _answer(self, request: Request, last: bool) -> bytes:
        if request.host == CONTROL:
            response = self._control(request)
        else:
            try:
                response = self.sites[request.host](request, self.day)
            except Exception as fault:  # a fault of the test world must be seen as one, not as a hanging portal
                response = Response(f"test portal failed: {fault!r}".encode(), 500, "text/plain; charset=utf-8")
            if _unchanged(request, response):
                response = Response(b"", 304, response.content_type, response.headers)
            self.log.append(Visit(request.host, time.monotonic(), request.method, request.path, response.status,
                                  request.headers.get("user-agent", ""), request.target, request.body,
                                  request.headers.get("referer", "")))
        headers = {"Content-Type": response.content_type, "Content-Length": str(len(response.body)), "Server": "nginx",
                   "Connection": "close" if last else "keep-alive", **response.headers}
        head = f"HTTP/1.1 {response.status} {REASONS.get(response.status, 'Status')}\r\n"
        head += "".join(f"{name}: {text}\r\n" for name, text in headers.items())
        return head.encode("latin-1") + b"\r\n" + (b"" if request.method == "HEAD" else response.body)

    def _control(self, request: Request) -> Response:
        """GET /day?set=2026-02-09 moves the world, /day tells its date, /log lists the visits."""
        if request.path == "/day":
            try:
                self.day = date.fromisoformat(request.query["set"]) if "set" in request.query else self.day
            except ValueError as fault:
                return Response(f"{fault}\n".encode(), 412, "text/plain; charset=utf-8")
            return Response(f"{self.day}\n".encode(), 200, "text/plain; charset=utf-8")
        if request.path == "/log":
            rows = [[visit.host, round(visit.at, 3), visit.method, visit.path, visit.status] for visit in self.log]
            return Response(json.dumps(rows).encode(), 200, "application/json")
        return Response(b"GET /day?set=YYYY-MM-DD or /log\n", 404, "text/plain; charset=utf-8")


def _unchanged(request: Request, response: Response) -> bool:
    tag, changed = response.headers.get("ETag"), response.headers.get("Last-Modified")
    if response.status != 200 or request.method not in ("GET", "HEAD"):
        return False
    if "if-none-match" in request.headers:
        return bool(tag) and tag in request.headers["if-none-match"]
    return bool(changed) and request.headers.get("if-modified-since") == changed


def free_port() -> int:
    """A port that was free on 127.0.0.1 a moment ago; nobody else uses the other loopback addresses."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind((CONTROL, 0))
        return probe.getsockname()[1]
