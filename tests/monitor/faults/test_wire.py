"""Portals that mean harm on the wire – a byte a second, headers without end, floods, bombs, circles – each beside a
portal that answers: the scan ends in time and in little memory, says what it met, and loses nothing of the good one."""

from __future__ import annotations

import contextlib
import json
import socket
import sqlite3
import subprocess
import sys
import threading
import time
import zlib
from dataclasses import asdict
from pathlib import Path

import brotli
import pytest

from tests.crawler.small_portals import Case, World, article, listing, name_of

pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parents[3]
HOST, TIMEOUT = "127.0.9.211", 4.0
BLOWN = 200 * 2**20
"""Bytes that a bomb comes to."""
MEMORY = 700 * 2**20
"""Bytes a scan may take, whatever is sent to it."""
_SCAN = """
import json, resource, sys
from crawler import scan
from crawler.model import ScanPlan
result = scan.run(ScanPlan(**json.loads(sys.argv[1])))
print(json.dumps({"outcomes": result.outcomes, "reasons": result.reasons,
                  "memory": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024}))
"""


# ---------------------------------------------------------------- what the portals do
def drip(connection):
    """Its body, a byte a second."""
    body = listing(name_of("drip")).encode()
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n" % len(body))
    for place in range(len(body)):
        connection.sendall(body[place:place + 1])
        time.sleep(1)


def no_end_of_headers(connection):
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    while True:
        connection.sendall(b"X-More: 1\r\n")
        time.sleep(0.2)


def flood_of_headers(connection):
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    line = b"X-More: " + b"a" * 8000 + b"\r\n"
    while True:
        connection.sendall(line)


def line_without_end(connection):
    connection.sendall(b"HTTP/1.1 200 OK\r\nX-More: ")
    while True:
        connection.sendall(b"a" * 65536)


def body_without_end(connection):
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n")
    chunk = b"10000\r\n" + b"a" * 65536 + b"\r\n"
    while True:
        connection.sendall(chunk)


def announced_too_large(connection):
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 99999999999\r\n\r\n")
    time.sleep(30)


def bomb(*codings):
    packed = bytes(0)
    first, *outer = codings
    packer = _packers()[first]()
    parts = [packer.compress(bytes(2**20)) if hasattr(packer, "compress") else packer.process(bytes(2**20))
             for _ in range(BLOWN // 2**20)]
    packed = b"".join([*parts, packer.flush() if hasattr(packer, "compress") else packer.finish()])
    for coding in outer:
        packer = _packers()[coding]()
        packed = (packer.compress(packed) + packer.flush() if hasattr(packer, "compress")
                  else packer.process(packed) + packer.finish())
    head = (f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Encoding: {', '.join(codings)}\r\n"
            f"Content-Length: {len(packed)}\r\n\r\n").encode()
    return lambda connection: connection.sendall(head + packed)


def _packers():
    return {"gzip": lambda: zlib.compressobj(9, zlib.DEFLATED, 31), "deflate": lambda: zlib.compressobj(9),
            "br": brotli.Compressor}


def leading(step):
    """Redirects to whatever `step` makes of the path asked for."""
    def answer(connection, path):
        target = step(path)
        connection.sendall(f"HTTP/1.1 302 Found\r\nLocation: {target}\r\nContent-Length: 0\r\n\r\n".encode())
    return answer


def onwards(path):
    return f"/nb/{int(path.strip('/').split('/')[-1] or 0) + 1 if path != '/nb/' else 1}"


HOSTILE = {
    "drip": (drip, {"timeout"}), "no-end-of-headers": (no_end_of_headers, {"timeout", "server_error"}),
    "flood-of-headers": (flood_of_headers, {"timeout", "server_error", "too_large"}),
    "line-without-end": (line_without_end, {"timeout", "server_error", "too_large"}),
    "body-without-end": (body_without_end, {"too_large", "timeout"}),
    "announced-too-large": (announced_too_large, {"too_large"}),
    "gzip-bomb": (("gzip",), {"too_large"}), "deflate-bomb": (("deflate",), {"too_large"}),
    "br-bomb": (("br",), {"too_large"}), "nested-bomb": (("gzip", "gzip"), {"too_large"}),
    "mixed-bomb": (("br", "gzip", "deflate"), {"too_large"}),
    "circle": (leading(lambda path: "/nb/b" if path == "/nb/" else "/nb/"), {"challenge"}),
    "to-itself": (leading(lambda path: path), {"challenge"}),
    "chain": (leading(onwards), {"server_error"}),
    "over-hosts": (leading(lambda path: "http://other-host.invalid/nb/"), {"redirect_offsite"}),
    "inwards": (leading(lambda path: "http://169.254.169.254/latest/meta-data/"), {"redirect_offsite"}),
    "no-http": (leading(lambda path: "file:///etc/passwd"), {"redirect_offsite"}),
}
"""What a portal does, or the codings of the bomb it sends (packed only when it is to be sent: that takes seconds), and
what may be told of it."""


@contextlib.contextmanager
def hostile(behaviour):
    """A host that treats every page so, and whose robots.txt isn't there; its port."""
    listener = socket.create_server((HOST, 0))

    def loop():
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listener.accept()
                threading.Thread(target=handle, args=(connection,), daemon=True).start()

    def handle(connection):
        with contextlib.suppress(OSError, IndexError), connection:
            path = connection.recv(65536).decode("latin-1").split(" ")[1]
            if path == "/robots.txt":
                connection.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            elif behaviour.__code__.co_argcount == 2:
                behaviour(connection, path)
            else:
                behaviour(connection)

    threading.Thread(target=loop, daemon=True).start()
    with listener:
        yield listener.getsockname()[1]


@pytest.fixture(scope="module")
def scanned(tmp_path_factory):
    """All of them in one scan, with a portal that answers."""
    folder = tmp_path_factory.mktemp("wire")
    good = {"/nb/": listing(name_of("good")),
            **{f"/nb/t{year + 1}0115_{year}.html": article() for year in range(2021, 2024)}}
    with contextlib.ExitStack() as stack:
        cases = {"good": Case(good)}
        for kind, (behaviour, _) in HOSTILE.items():
            port = stack.enter_context(hostile(bomb(*behaviour) if isinstance(behaviour, tuple) else behaviour))
            cases[kind] = Case({}, {"hosts": [f"{HOST}:{port}"], "columns": [
                {"id": "c", "name": "n", "url": f"http://{HOST}:{port}/nb/"}]})
        world = stack.enter_context(World(folder, cases))
        plan = world.plan(timeout=TIMEOUT, retries=0)
        begun = time.monotonic()
        done = subprocess.run([sys.executable, "-c", _SCAN, json.dumps(asdict(plan))], cwd=ROOT, capture_output=True,
                              text=True, timeout=300, check=False)
        assert done.returncode == 0, done.stderr
        told = json.loads(done.stdout)
        told["seconds"] = time.monotonic() - begun
        told["of"] = {portal: outcome for outcome, portals in told["outcomes"].items() for portal in portals}
        told["folder"] = folder
        return told


@pytest.mark.parametrize("kind", HOSTILE)
def test_it_is_told_what_was_met(scanned, kind):
    assert scanned["of"][kind] in HOSTILE[kind][1], scanned["reasons"].get(kind)
    assert scanned["reasons"][kind]


def test_the_portal_beside_them_lost_nothing(scanned):
    assert scanned["of"]["good"] == "ok"
    with contextlib.closing(sqlite3.connect(scanned["folder"] / "n.db")) as connection:
        kept = connection.execute("SELECT count(*) FROM capture WHERE portal = 'good' AND outcome = 'ok'")
        assert kept.fetchone() == (3,)
        assert connection.execute("SELECT count(*) FROM listed s JOIN listing l ON l.id = s.listing "
                                  "WHERE l.portal != 'good'").fetchone() == (0,), "nothing is concluded from the others"
        assert connection.execute("SELECT count(*) FROM listing WHERE portal != 'good' AND complete").fetchone() == (0,)


def test_it_ends_in_time_and_in_little_memory(scanned):
    assert scanned["memory"] < MEMORY
    assert scanned["seconds"] < 20 * TIMEOUT * len(HOSTILE) / 4
