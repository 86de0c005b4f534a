"""The loopback server: addresses, keep-alive, conditional requests, the log and the world's date."""

from __future__ import annotations

import http.client
import json
import socket
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest

from tests.portals import truth, world
from tests.portals.serving import Portals, Request, Response


def ask(portals: Portals, host: str, path: str, method: str = "GET", **headers: str) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection(host, portals.port, timeout=5)
    connection.request(method, path, headers={name.replace("_", "-"): text for name, text in headers.items()})
    response = connection.getresponse()
    response.text = response.read().decode("utf-8", "replace")  # type: ignore[attr-defined]
    connection.close()
    return response


@pytest.fixture(scope="module")
def portals():
    with world.portals() as running:
        yield running


def test_a_host_without_answers_refuses(portals):
    with pytest.raises(ConnectionRefusedError), socket.create_connection((truth.UNREACHABLE, portals.port), timeout=5):
        pass


def test_each_host_answers_for_itself(portals):
    first = ask(portals, "127.0.1.1", "/")
    second = ask(portals, "127.0.2.1", "/")
    assert first.status == second.status == 200
    assert "示例市人民政府门户网站" in first.text
    assert "样例区人民政府门户网站" in second.text


def test_one_connection_serves_several_requests(portals):
    connection = http.client.HTTPConnection("127.0.1.1", portals.port, timeout=5)
    for _ in range(3):
        connection.request("GET", "/robots.txt")
        assert connection.getresponse().read().startswith(b"User-agent: *")
    connection.close()


def test_head_sends_no_body(portals):
    answer = ask(portals, "127.0.1.1", "/zfxxgknb/", "HEAD")
    assert answer.status == 200
    assert int(answer.headers["Content-Length"]) > 1000
    assert answer.text == ""


def test_an_unchanged_page_is_304(portals):
    first = ask(portals, "127.0.1.1", "/zfxxgknb/")
    again = ask(portals, "127.0.1.1", "/zfxxgknb/", If_None_Match=first.headers["ETag"])
    assert (again.status, again.text) == (304, "")
    assert ask(portals, "127.0.1.1", "/zfxxgknb/", If_None_Match='"other"').status == 200


def test_the_world_is_moved_and_logged_through_the_control_address(portals):
    assert ask(portals, "127.0.0.1", "/day?set=2026-04-07").text.strip() == "2026-04-07"
    assert portals.day == date(2026, 4, 7)
    assert ask(portals, "127.0.0.1", "/day?set=tomorrow").status == 412
    portals.day = world.SCANS[0]
    before = len(portals.visits("127.0.4.1"))
    ask(portals, "127.0.4.1", "/xxgk/ndbg/?page=2")
    assert [visit.path for visit in portals.visits("127.0.4.1")[before:]] == ["/xxgk/ndbg/"]
    assert ["127.0.4.1", "GET", "/xxgk/ndbg/", 200] in [
        [host, method, path, status] for host, _, method, path, status in json.loads(
            ask(portals, "127.0.0.1", "/log").text)]


def test_many_clients_at_once(portals):
    hosts = ["127.0.1.1", "127.0.2.1", "127.0.3.1", "127.0.4.1"] * 25
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda host: ask(portals, host, "/").status, hosts))
    assert answers == [200] * len(hosts)


def test_a_fault_of_the_world_is_an_answer():
    def broken(request: Request, today: date) -> Response:
        raise ValueError("no such page maker")

    with Portals({"127.0.7.7": broken}, date(2026, 2, 2)) as running:
        answer = ask(running, "127.0.7.7", "/")
        assert answer.status == 500
        assert "no such page maker" in answer.text


def test_a_taken_port_is_told():
    with Portals({}, date(2026, 2, 2)) as running, pytest.raises(OSError, match="address already in use"):
        Portals({}, date(2026, 2, 2), running.port).start()
