"""Proxies by name: which one a portal takes, what credentials never show, and a proxy at work."""

import base64
import contextlib
import json
import socket
import sqlite3
import threading

import pytest

from crawler import proxies, scan
from crawler.exceptions import ScanError
from crawler.proxies import Proxies
from tests.crawler.small_portals import Case, World, article, listing, name_of

SECRET = "nianbao:geheim"


@pytest.mark.parametrize(("address", "fault"), [
    ("http://proxy.office.example:3128", ""), ("http://10.0.0.8:3128/", ""),
    ("http://u:p@proxy.office.example:3128", "credentials"), ("http://u@proxy.office.example:3128", "credentials"),
    ("proxy.office.example:3128", "http://host:port"), ("http://proxy.office.example", "http://host:port"),
    ("socks5://proxy.office.example:1080", "http://host:port"), ("http://h:99999", "valid"), ("", "http://host:port")])
def test_addresses(address, fault):
    assert (fault in proxies.fault_of(address)) if fault else proxies.fault_of(address) == ""


def test_which_proxy_a_portal_takes():
    known = Proxies({"a": "http://a.example:1", "b": "http://b.example:2"}, "b")
    assert known.of("p", "a").address == "http://a.example:1"
    assert known.of("p", "").name == "b"
    assert known.of("p", "direct") is None
    assert Proxies({}).of("p", "") is None
    with pytest.raises(ScanError, match="portal p: proxy 'c'"):
        known.of("p", "c")
    assert known.hosts == {"a.example", "b.example"}


def test_credentials_from_environment_or_file_and_never_shown(monkeypatch, tmp_path):
    file = tmp_path / "secrets"
    file.write_text(f"# ours\n\na = {SECRET}\n")
    known = Proxies({"a": "http://a.example:1", "b_2": "http://b.example:2"}, secrets=str(file))
    assert known.of("p", "a").authorization == f"Basic {base64.b64encode(SECRET.encode()).decode()}"
    assert known.of("p", "b_2").authorization == ""
    monkeypatch.setenv("NIANBAO_PROXY_B_2", "x:y")
    told = Proxies({"b_2": "http://b.example:2"}).of("p", "b_2")
    assert told.authorization
    assert "x:y" not in repr(told)
    assert told.authorization not in repr(told)
    assert proxies.shown({"a": "http://a.example:1", "c": "http://c.example:3"}, file) == {
        "a": "http://a.example:1 ********", "c": "http://c.example:3"}
    file.write_text("a\n")
    with pytest.raises(ScanError, match="secrets:1"):
        Proxies({}, secrets=str(file))
    with pytest.raises(ScanError, match="proxy_secrets"):
        Proxies({}, secrets=str(tmp_path / "none"))


@contextlib.contextmanager
def proxy(secret=""):
    """A plain proxy for http: passes requests on to the loopback portals and keeps what it was asked."""
    asked = []
    listener = socket.create_server(("127.0.0.1", 0))

    def pass_on(client):
        with client:
            data = b""
            while b"\r\n\r\n" not in data:
                more = client.recv(65536)
                if not more:
                    return
                data += more
            head = data.split(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")
            target = head[0].split(" ")[1]
            headers = {line.split(":")[0].lower(): line.split(":", 1)[1].strip() for line in head[1:]}
            asked.append((target, headers.get("proxy-authorization", "")))
            if secret and headers.get("proxy-authorization") != f"Basic {base64.b64encode(secret.encode()).decode()}":
                client.sendall(b"HTTP/1.1 407 X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                return
            host, _, path = target.removeprefix("http://").partition("/")
            name, port = host.split(":")
            with socket.create_connection((name, int(port)), timeout=5) as server:
                server.sendall(f"GET /{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
                answer = b""
                while more := server.recv(65536):
                    answer += more
            client.sendall(answer)

    def serve():
        with contextlib.suppress(OSError):
            while True:
                client, _ = listener.accept()
                threading.Thread(target=pass_on, args=(client,), daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    with listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", asked


def answers(name):
    return {"/nb/": listing(name_of(name)), **{f"/nb/t{year + 1}0115_{year}.html": article() for year in
                                               range(2021, 2024)}}


def test_portals_go_through_their_proxy_and_rows_say_so(tmp_path, monkeypatch):
    monkeypatch.setenv("NIANBAO_PROXY_INLAND", SECRET)
    cases = {"far": Case(answers("far"), {"conduct": {"proxy": "inland", "reason": "answers from inside only"}}),
             "near": Case(answers("near"))}
    with World(tmp_path, cases) as world, proxy(SECRET) as (address, asked):
        result = scan.run(world.plan(proxies={"inland": address}))
        assert result.outcomes == {"ok": ["far", "near"]}
        assert {target.split("/")[2] for target, _ in asked} == {f"{world.hosts['far']}:{world.portals.port}"}
        assert len(asked) == 5
        stored = (tmp_path / "n.db").read_bytes() + b"".join(
            path.read_bytes() for path in tmp_path.glob("n.db-*") if path.is_file())
        assert base64.b64encode(SECRET.encode()) not in stored
        assert SECRET.encode() not in stored
        with contextlib.closing(sqlite3.connect(tmp_path / "n.db")) as connection:
            told = dict(connection.execute("SELECT portal, group_concat(DISTINCT transport) FROM fetch "
                                           "GROUP BY portal"))
            sent = [json.loads(row[0]) for row in connection.execute("SELECT sent FROM fetch")]
        assert told == {"far": "through the proxy inland", "near": ""}
        assert all("proxy-authorization" not in each for each in sent)


def test_a_proxy_that_refuses_us_is_no_word_of_the_portal(tmp_path):
    cases = {"far": Case(answers("far"), {"conduct": {"proxy": "inland", "reason": "r"}})}
    with World(tmp_path, cases) as world, proxy(SECRET) as (address, _):
        result = scan.run(world.plan(proxies={"inland": address}))
        assert list(result.outcomes) == ["forbidden"]
        assert "proxy" in result.reasons["far"]
        result = scan.run(world.plan(proxies={"inland": "http://127.0.0.1:9"}))
        assert list(result.outcomes) == ["refused"]
        assert "proxy inland" in result.reasons["far"]


def test_a_proxy_that_is_not_set_ends_the_scan_before_it_begins(tmp_path):
    cases = {"far": Case(answers("far"), {"conduct": {"proxy": "inland"}})}
    with World(tmp_path, cases) as world, pytest.raises(ScanError, match="proxy 'inland' is not set"):
        scan.run(world.plan())
