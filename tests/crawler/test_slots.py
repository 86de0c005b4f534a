"""One place in the queue for each server: shared addresses and platforms, Retry-After, names that lead inside."""

import contextlib
import sqlite3
import threading
import time
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scrapy.resolver import dnscache

from crawler import clock, scan
from crawler.conduct import Robots, retry_after
from crawler.slots import CheckedResolver, PrivateAddressError, is_public
from tests.crawler.small_portals import Case, World, article, listing, name_of
from tests.portals.serving import Response

YEARS = range(2021, 2024)


def pages(name, **answers):
    return {"/nb/": listing(name_of(name), YEARS), **{f"/nb/t{year + 1}0115_{year}.html": article() for year in YEARS},
            **answers}


@contextlib.contextmanager
def slow_host(host, name, log, seconds=0.15):
    """A portal whose every answer takes a while; `log` gets (begin, end, host)."""
    class Answer(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            begun = time.monotonic()
            time.sleep(seconds)
            body = pages(name).get(self.path, "").encode()
            self.send_response(200 if body else 404)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            log.append((begun, time.monotonic(), host))
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

    server = Server((host, 0), Answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.slow
@pytest.mark.parametrize("shared", ["address", "platform"])
def test_portals_of_one_server_are_asked_one_after_the_other(tmp_path, shared):
    log, cases, names = [], {}, ("a", "b", "c")
    with contextlib.ExitStack() as stack:
        for number, name in enumerate(names, 1):
            host = "127.0.12.1" if shared == "address" else f"127.0.12.{number}"
            port = stack.enter_context(slow_host(host, name, log))
            conduct = {"platform": "cloud", "reason": "one machine"} if shared == "platform" else {}
            cases[name] = Case({}, {"hosts": [f"{host}:{port}"], "conduct": conduct, "columns": [
                {"id": "c", "name": "n", "url": f"http://{host}:{port}/nb/"}]})
        world = stack.enter_context(World(tmp_path, cases))
        assert scan.run(world.plan(delay=0.3)).outcomes == {"ok": list(names)}
    log.sort()
    assert len(log) == 15
    for (begun, ended, _), (following, _, _) in pairwise(log):
        assert following >= ended, "two requests at once"
        assert following - begun >= 0.9 * 0.3


def test_a_host_that_asks_for_too_long_is_left_and_tried_the_next_time(tmp_path):
    state = {"busy": True}

    def second(_):
        return Response(status=429, headers={"Retry-After": "7200"}) if state["busy"] else Response.page(article())

    with World(tmp_path, {"a": Case(pages("a", **{"/nb/t20230115_2022.html": second}))}) as world:
        result = scan.run(world.plan(run="r1"))
        assert [path for path in world.paths("a") if path.startswith("/nb/t")] == [
            "/nb/t20240115_2023.html", "/nb/t20230115_2022.html"], "nothing after the refusal"
        with contextlib.closing(sqlite3.connect(tmp_path / "n.db")) as connection:
            assert connection.execute("SELECT substr(url, -9, 4), outcome FROM capture ORDER BY url DESC").fetchall() \
                == [("2023", "ok"), ("2022", "rate_limited"), ("2021", "rate_limited")]
        assert result.captures == 3
        state["busy"] = False
        scan.run(world.plan(run="r2"))
        with contextlib.closing(sqlite3.connect(tmp_path / "n.db")) as connection:
            assert {row[0] for row in connection.execute("SELECT outcome FROM capture WHERE run = 'r2'")} == {"ok"}


def test_a_host_that_says_429_at_every_try_is_left(tmp_path):
    with World(tmp_path, {"a": Case(pages("a", **{"/nb/t20240115_2023.html": Response(status=429)}))}) as world:
        scan.run(world.plan(retries=1))
        assert [path for path in world.paths("a") if path.startswith("/nb/t")] == ["/nb/t20240115_2023.html"] * 2


def test_retry_after_as_a_date_is_waited_for(tmp_path):
    asked = []

    def busy(_):
        asked.append(time.time())
        if len(asked) > 1:
            return Response.page(listing(name_of("a"), YEARS))
        return Response(status=503, headers={"Retry-After": formatdate(time.time() + 3, usegmt=True)})

    with World(tmp_path, {"a": Case(pages("a", **{"/nb/": busy}))}) as world:
        assert scan.run(world.plan()).outcomes == {"ok": ["a"]}
    assert asked[1] - asked[0] >= 1.9


def test_robots_say_how_long_to_wait(tmp_path):
    robots = {"a": b"User-agent: *\nCrawl-delay: 2\n", "b": b"User-agent: *\nRequest-rate: 1/2\n"}
    with World(tmp_path, {name: Case({**pages(name), "/robots.txt": Response(text, content_type="text/plain")})
                          for name, text in robots.items()}) as world:
        scan.run(world.plan(year=2023))
        for name in robots:
            moments = [visit.at for visit in world.portals.visits(world.hosts[name])][1:]
            assert len(moments) == 2, name
            assert all(later - earlier >= 1.8 for earlier, later in pairwise(moments)), name


def test_robots_that_are_not_shown_forbid_nothing(tmp_path):
    # RFC 9309, 2.3.1.3: an answer of the 400s means that no rules are given.
    cases = {f"n{status}": Case({**pages(f"n{status}"), "/robots.txt": Response(status=status)})
             for status in (401, 403, 404, 410)}
    with World(tmp_path, cases) as world:
        assert scan.run(world.plan(year=2023)).outcomes == {"ok": sorted(cases)}


def test_hours_that_end_during_a_visit_end_the_visit(tmp_path):
    clock.simulate("2026-03-02T05:59:56")
    try:
        case = Case(pages("a"), {"conduct": {"hours": "22:00-06:00", "reason": "asked for by its owner"}})
        with World(tmp_path, {"a": case}) as world:
            result = scan.run(world.plan(delay=2.0))
            assert (result.state, result.outcomes) == ("incomplete", {"skipped": ["a"]})
            assert "ended during the visit" in result.reasons["a"] or "outside" in result.reasons["a"]
            assert len(world.paths("a")) < 5
            with contextlib.closing(sqlite3.connect(tmp_path / "n.db")) as connection:
                assert connection.execute("SELECT count(*) FROM listing").fetchone() == (0,)
    finally:
        clock.simulate(None)


def test_a_name_that_leads_into_the_own_network_is_not_asked(tmp_path):
    log = []
    with slow_host("127.0.0.1", "a", log, 0.0) as port:
        case = Case({}, {"hosts": [f"localhost:{port}"], "columns": [
            {"id": "c", "name": "n", "url": f"http://localhost:{port}/nb/"}]})
        with World(tmp_path, {"a": case}) as world:
            result = scan.run(world.plan(allow_private_addresses=False, delay=1.0))
    assert list(result.outcomes) == ["redirect_offsite"]
    assert "no public address" in result.reasons["a"]
    assert log == []


def test_a_name_is_looked_at_again_at_each_use():
    resolver = CheckedResolver(None, 100, 1.0)
    faults, answers = [], []
    dnscache["rebound.example"] = "93.184.216.34"
    resolver.getHostByName("rebound.example").addCallbacks(answers.append, faults.append)
    dnscache["rebound.example"] = "169.254.169.254"
    resolver.getHostByName("rebound.example").addCallbacks(answers.append, lambda failure: faults.append(failure.value))
    del dnscache["rebound.example"]
    assert answers == ["93.184.216.34"]
    assert [type(fault) for fault in faults] == [PrivateAddressError]


@pytest.mark.parametrize(("address", "public"), [
    ("93.184.216.34", True), ("127.0.0.1", False), ("10.1.2.3", False), ("192.168.1.1", False), ("172.16.0.1", False),
    ("169.254.169.254", False), ("100.64.0.1", False), ("224.0.0.1", False), ("0.0.0.0", False), ("::1", False),
    ("fe80::1%eth0", False), ("fd00::1", False), ("2606:2800:220:1::1", True), ("", False), ("x", False)])
def test_public_addresses(address, public):
    assert is_public(address) is public


@pytest.mark.parametrize(("text", "seconds"), [
    ("120", 120), (" 7 ", 7), ("", None), ("soon", None), ("-5", None), ("1.5", None),
    ("Thu, 01 Jan 1970 00:02:00 GMT", 20), ("Thu, 01 Jan 1970 00:00:00 GMT", 0)])
def test_retry_after(text, seconds):
    assert retry_after(text, 100.0) == seconds


@given(st.text(max_size=40))
def test_any_retry_after(text):
    wait = retry_after(text, time.time())
    assert wait is None or wait >= 0


@given(st.integers(0, 100), st.integers(1, 100))
def test_request_rates(requests, seconds):
    delay = Robots(f"User-agent: *\nRequest-rate: {requests}/{seconds}\n").delay
    assert delay == pytest.approx(seconds / requests if requests else 0.0)
