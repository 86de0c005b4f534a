"""A WARC of every kind of fetch: redirects, posts, failures, odd addresses and headers; accepted by other tools."""

import io
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from warcio.archiveiterator import ArchiveIterator
from warcio.checker import Checker

from crawler import warc
from crawler.evidence import Evidence

ROW = {"id": 1, "run": "r1", "portal": "p", "url": "http://a.example/年报/", "request": "GET",
       "final_url": "http://a.example/nb/index.html", "redirects": "[]", "at": "2026-02-01T08:00:01+08:00",
       "status": 200, "outcome": "ok", "reason": "", "sha256": None, "size": None, "media_type": "text/html",
       "headers": "{}", "elapsed": 0.25, "sent": "{}", "transport": "", "repeats": 0, "last_at": None, "released": None}


class Args:
    inputs: tuple[str, ...] = ()
    verbose = False


def written(tmp_path, *rows):
    path = tmp_path / "e.warc.gz"
    entries = warc.write(path, rows, Evidence(tmp_path / "evidence"), "about", "nianbao 1")
    args = Args()
    args.inputs = (str(path),)
    checker = Checker(args)
    checker.process_all()
    assert checker.exit_value == 0
    with path.open("rb") as file:
        return entries, [(each.rec_type, each.rec_headers, each.http_headers, each.content_stream().read())
                         for each in ArchiveIterator(file)]


def test_each_hop_is_an_exchange_of_its_own(tmp_path):
    sha256 = Evidence(tmp_path / "evidence").put("<p>年报</p>".encode())
    hops = [["http://a.example/年报/", 301, "2026-02-01T08:00:00+08:00", {"location": "/b"}],
            ["http://a.example/b", 302]]
    entries, held = written(tmp_path, {**ROW, "sha256": sha256, "redirects": json.dumps(hops),
                                       "transport": "tls:legacy",
                                       "headers": json.dumps({"content-encoding": "br", "content-length": "9"})})
    answers = [(headers["WARC-Target-URI"], told.statusline, told.get_header("Location"), body)
               for kind, headers, told, body in held if kind == "response"]
    assert answers == [("http://a.example/%E5%B9%B4%E6%8A%A5/", "301 Moved Permanently", "/b", b""),
                       ("http://a.example/b", "302 Found", None, b""),
                       ("http://a.example/nb/index.html", "200 OK", None, "<p>年报</p>".encode())]
    last = [told for kind, _, told, _ in held if kind == "response"][-1]
    assert (last["X-Archive-Orig-Content-Encoding"], last["X-Archive-Orig-Content-Length"]) == ("br", "9")
    assert last["Content-Length"] == str(len("<p>年报</p>".encode()))
    told = held[-1][3].decode()
    assert "transport: tls:legacy" in told
    assert f"sha256: {sha256}" in told
    assert len(entries[0].records) == 7
    ids = [headers["WARC-Record-ID"] for _, headers, *_ in held]
    assert len(set(ids)) == len(ids)


def test_a_post_keeps_what_was_posted_until_a_redirect_turns_it_into_a_get(tmp_path):
    row = {**ROW, "url": "http://a.example/q", "request": "POST page=2&title=年", "final_url": None,
           "redirects": json.dumps([["http://a.example/q", 302, ROW["at"], {}]])}
    _, held = written(tmp_path, {**row, "final_url": "http://a.example/r"})
    asked = [(told.to_str().split("\r\n")[0], body.decode()) for kind, _, told, body in held if kind == "request"]
    assert asked == [("POST /q HTTP/1.1", "page=2&title=年"), ("GET /r HTTP/1.1", "")]


def test_a_fetch_that_brought_nothing_says_so(tmp_path):
    _, held = written(tmp_path, {**ROW, "status": None, "outcome": "timeout", "reason": "no answer\nin 30 s"})
    assert [kind for kind, *_ in held] == ["warcinfo", "metadata"]
    assert "outcome: timeout\r\nreason: no answer in 30 s" in held[1][3].decode()


@pytest.mark.parametrize(("released", "said"), [(None, "not in the evidence folder"), ("2029-03-01", "let go on 2029")])
def test_bytes_that_are_gone_are_named(tmp_path, released, said):
    entries, held = written(tmp_path, {**ROW, "sha256": "0" * 64, "released": released})
    assert said in entries[0].fault
    assert "response" not in [kind for kind, *_ in held]
    assert said in held[-1][3].decode()


def test_an_empty_file_is_a_file_still(tmp_path):
    _, held = written(tmp_path)
    assert [kind for kind, *_ in held] == ["warcinfo"]


TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=40)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(path=TEXT, name=st.sampled_from(["content-disposition", "location", "server", "etag"]), value=TEXT,
       body=st.binary(max_size=300), status=st.sampled_from([200, 206, 404, 412, 599]))
def test_whatever_came_the_file_is_accepted_and_gives_it_back(tmp_path, path, name, value, body, status):
    sha256 = Evidence(tmp_path / "evidence").put(body)
    url = f"http://a.example/{path}"
    _, held = written(tmp_path, {**ROW, "url": url, "request": "GET", "final_url": url, "sha256": sha256,
                                 "status": status, "headers": json.dumps({name: value})})
    assert [kind for kind, *_ in held] == ["warcinfo", "request", "response", "metadata"]
    assert held[2][3] == body


def test_a_not_modified_brings_no_bytes_of_its_own(tmp_path):
    sha256 = Evidence(tmp_path / "evidence").put(b"page")
    entries, held = written(tmp_path, {**ROW, "sha256": sha256, "status": 304, "outcome": "not_modified"})
    assert [body for kind, *_, body in held if kind == "response"] == [b""]
    assert f"sha256: {sha256}" in held[-1][3].decode()
    assert not entries[0].fault


def test_order_of_rows_makes_no_difference(tmp_path):
    rows = [{**ROW, "id": number, "at": f"2026-02-0{number}T08:00:00+08:00", "request": f"GET {number}"}
            for number in (1, 2, 3)]
    files = []
    for order in (rows, rows[::-1]):
        warc.write(tmp_path / "e.warc.gz", order, Evidence(tmp_path / "evidence"), "about", "nianbao 1")
        files.append(io.BytesIO((tmp_path / "e.warc.gz").read_bytes()).getvalue())
    assert files[0] == files[1]
