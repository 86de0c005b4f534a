"""Thousands of loopback portals in one process, for the bench of the crawl: a list, its reports, robots.txt.

Promises: host n answers on 127.x.y.z (`host_of`), every page takes LATENCY seconds and carries ETag and Last-Modified
as a server of static files gives them; the log (host, begin, end, status, bytes of each answer, in seconds of this
process's monotonic clock) is written when the process is told to end. Leaves alone: what is made of it (crawl.py).
"""

from __future__ import annotations

import array
import asyncio
import signal
import sys
import time
from email.utils import formatdate
from pathlib import Path

LATENCY = 0.02
FIELDS = 5
"""Numbers of one log entry: host, begin, end, status, bytes."""
_TABLE = "".join(f"<tr><td>{row}</td>" + "".join(f"<td>{(row * column) % 9}</td>" for column in range(8)) + "</tr>"
                 for row in range(40))


def host_of(number: int) -> str:
    return f"127.{20 + number // 62500}.{number // 250 % 250}.{number % 250 + 1}"


def name_of(number: int) -> str:
    return f"示例第{number}局"


def number_of(address: str) -> int:
    _, first, second, third = (int(part) for part in address.split("."))
    return (first - 20) * 62500 + second * 250 + third - 1


def page(number: int, path: str, pages: int) -> bytes | None:
    """What host `number` shows under `path`; None where nothing stands."""
    name, first = name_of(number), 2025 - pages + 2
    around = "".join(f"<li><a href='/lm{each}/'>栏目{each}</a></li>" for each in range(40))
    if path == "/nb/":
        rows = "".join(f"<li><a href='./t{year + 1}0115_{year}.html'>{name}{year}年政府信息公开工作年度报告</a>"
                       f"<span>{year + 1}-01-15</span></li>" for year in range(2025, first - 1, -1))
        return f"<html><body><div class='nav'><ul>{around}</ul></div><div class='list'><ul>{rows}</ul></div>" \
               f"</body></html>".encode()
    year = path[-9:-5]
    if not (path.endswith(".html") and year.isdigit() and first <= int(year) <= 2025):
        return None
    title = f"{name}{year}年政府信息公开工作年度报告"
    text = f"{name}{year}年共收到政府信息公开申请{number % 50}件，均已办结，未收取费用，没有因此被申请行政复议。" * 30
    return (f"<html><head><title>{title}</title><meta name='ArticleTitle' content='{title}'>"
            f"<meta name='PubDate' content='{int(year) + 1}-01-15'></head><body>"
            f"<div class='nav'><ul>{around}</ul></div>"
            f"<div class='TRS_Editor'><p>{text}</p><table>{_TABLE}</table><p>{text}</p></div></body></html>").encode()


class Conversation(asyncio.Protocol):
    """One connection: a request at a time, as the portals' own servers would count them."""

    def __init__(self, pages: int, log: array.array[float]) -> None:
        self.pages, self.log = pages, log
        self._read = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.host = number_of(transport.get_extra_info("sockname")[0])

    def data_received(self, data: bytes) -> None:
        self._read += data
        while b"\r\n\r\n" in self._read:
            head, self._read = self._read.split(b"\r\n\r\n", 1)
            begun = time.monotonic()
            asyncio.get_running_loop().call_later(LATENCY, self._answer, head.decode("latin-1"), begun)

    def _answer(self, head: str, begun: float) -> None:
        path = head.split(" ", 2)[1]
        body = page(self.host, path, self.pages)
        tag = f'"{self.host}-{path}"'
        if body is None:
            status, body = 404, b"<html>404</html>"
        else:
            status = 304 if f"\r\nif-none-match: {tag}".lower() in head.lower() else 200
        body = b"" if status == 304 else body
        answer = (f"HTTP/1.1 {status} X\r\nServer: nginx\r\nDate: {formatdate(usegmt=True)}\r\nETag: {tag}\r\n"
                  "Last-Modified: Thu, 15 Jan 2026 08:00:00 GMT\r\nContent-Type: text/html; charset=utf-8\r\n"
                  + ("" if status == 304 else f"Content-Length: {len(body)}\r\n") + "\r\n").encode() + body
        self.transport.write(answer)  # type: ignore[attr-defined]
        self.log.extend((self.host, begun, time.monotonic(), status, len(answer)))


async def serve(port: int, pages: int, log_path: Path) -> None:
    log: array.array[float] = array.array("d")
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, ended.set)
    server = await loop.create_server(lambda: Conversation(pages, log), "0.0.0.0", port, backlog=4096)
    print("ready", flush=True)
    await ended.wait()
    server.close()
    log_path.write_bytes(log.tobytes())


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])))
