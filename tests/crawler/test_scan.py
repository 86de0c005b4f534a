"""A whole scan of small portals, one a case: outcomes, conduct on the wire, captures, comparison of runs."""

import contextlib
import json
import socket
import sqlite3
import threading
from datetime import timedelta
from email.utils import format_datetime
from itertools import pairwise

import pytest

from crawler import clock, scan, shorthand
from crawler.evidence import Evidence
from crawler.exceptions import ClockError, ScanError
from crawler.pipelines import GONE_FOR_GOOD
from crawler.store import Store
from tests.crawler.small_portals import Case, World, article, listing, name_of
from tests.portals.serving import Response

PDF = Response(b"%PDF-1.4 one", content_type="application/pdf")


def articles(page=None):
    return {f"/nb/t{year + 1}0115_{year}.html": page or article() for year in range(2021, 2024)}


def plain(name, **answers):
    return {"/nb/": listing(name_of(name)), **articles(), **answers}


def counted(*responses):
    """Answers in turn, the last one for ever."""
    def answer(request):
        answer.asked += 1
        return responses[min(answer.asked, len(responses)) - 1]
    answer.asked = 0
    return answer


def needs_referer(request):
    return PDF if request.headers.get("referer", "").endswith("_2021.html") else Response.page("no", 403)


def redirect(target):
    return Response(status=302, headers={"Location": target})


def huge(request):
    return Response(b"%PDF" + bytes(51 * 1024 * 1024), content_type="application/pdf")


def robots(text):
    return {"/robots.txt": Response(f"User-agent: *\n{text}\n".encode(), content_type="text/plain")}


def dated(request):
    """The list of a server that lives three days ahead of us."""
    there = format_datetime(clock.now() + timedelta(days=3))
    return Response(listing(name_of("dated")).encode(), headers={"Date": there})


NOT_NOW = f"{(clock.now() + timedelta(hours=6)):%H:%M}-{(clock.now() + timedelta(hours=7)):%H:%M}"
LISTED = Response.page(listing(name_of("busy")))
CASES = {
    "plain": Case(plain("plain")),
    "dated": Case({"/nb/": dated, **articles()}),
    "denied": Case(plain("denied", **robots("Disallow: /nb/"))),
    "agreed": Case(plain("agreed", **robots("Disallow: /")),
                   {"quirks": [{"name": "robots_agreed", "value": True, "reason": "letter of the site"}]}),
    "norobots": Case(plain("norobots", **{"/robots.txt": Response(status=503)})),
    "offsite": Case({"/nb/": redirect("http://127.0.99.1/copy/")}),
    "circle": Case({"/nb/": redirect("/nb/")}),
    "moved": Case({"/nb/": redirect("/new/"), "/new/": redirect("/nb/index.html"),
                   "/nb/index.html": listing(name_of("moved")), **articles()}),
    "busy": Case({"/nb/": counted(Response(status=429, headers={"Retry-After": "1"}), LISTED), **articles()}),
    "toobusy": Case({"/nb/": Response(status=429, headers={"Retry-After": "7200"})}),
    "hiccup": Case({"/nb/": counted(Response(status=500), Response.page(listing(name_of("hiccup")))), **articles()}),
    "framed": Case({"/nb/": "<html><body><iframe src='/visitcount.html'></iframe><iframe src='/nb/list.html'></iframe>"
                            "</body></html>", "/nb/list.html": listing(name_of("framed")), **articles()}),
    "refreshed": Case({"/nb/": "<html><script>window.location.href='/nb/list.html'</script></html>",
                       "/nb/list.html": listing(name_of("refreshed")), **articles()}),
    "untaught": Case({"/nb/": listing(name_of("untaught"),
                                      after="<script src='/x/AuthorizedRead/unitbuild.js'></script>")}),
    "redesigned": Case({"/nb/": listing(name_of("redesigned")).replace("./t", "x"), **articles()}, {"family": "trs"}),
    "short": Case(plain("short"), {"expectations": {"min_items": 9}}),
    "elsewhere": Case({"/nb/": "<ul><li><a href='t20220101_1.html'>放假通知</a><span>2022-01-01</span></li></ul>"}),
    "othernews": Case({"/nb/": "<ul><li><a href='t20260101_1.html'>全市一季度经济形势分析会召开</a><b>2026-01-01</b>"
                       "</li><li><a href='t20260102_2.html'>市政府工作报告解读</a><span>2026-01-02</span></li></ul>"}),
    "empty": Case({"/nb/": "<html><a href='/'>首页</a><div class=list>暂无信息</div></html>"}),
    "twice": Case(plain("twice", **{"/b/": listing(name_of("twice")).replace("./t", "/nb/t")}),
                  columns=("/nb/", "/b/")),
    "hours": Case(plain("hours"), {"conduct": {"hours": NOT_NOW, "reason": "asked for by the site"}}),
    "files": Case({
        "/nb/": listing(name_of("files")),
        "/nb/t20220115_2021.html": article(
            inside="<a href='/a/need.pdf'>need.pdf</a><a href='/down.jsp?x=1.pdf'>a</a>"
                   "<a href='/module/download/downfile.jsp?showname=%E6%8A%A5.pdf'>b</a>"),
        "/a/need.pdf": needs_referer, "/module/download/downfile.jsp": redirect("/attach/0/0a.pdf"),
        "/attach/0/0a.pdf": PDF,
        "/nb/t20230115_2022.html": article(inside="<a href='/a/page.pdf'>x</a><a href='/a/huge.pdf'>y</a>"),
        "/a/page.pdf": "<html><body>下载失败</body></html>", "/a/huge.pdf": huge,
        "/nb/t20240115_2023.html": article(inside="<a href='/a/down.pdf'>x</a>"), "/a/down.pdf": Response(status=503)}),
    "homeward": Case({"/nb/": listing(name_of("homeward")), "/": "<html><a href=/nb/>年报</a></html>",
                      "/nb/t20220115_2021.html": redirect("/"),
                      "/nb/t20230115_2022.html": "<html><body>您访问的页面不存在</body></html>",
                      "/nb/t20240115_2023.html": article()}),
}
EXPECTED = {
    "plain": "ok", "dated": "ok", "denied": "robots_denied", "agreed": "ok", "norobots": "robots_unreachable",
    "offsite": "redirect_offsite", "circle": "challenge", "moved": "ok", "busy": "ok", "toobusy": "rate_limited",
    "hiccup": "ok", "framed": "ok", "refreshed": "ok", "untaught": "unknown_shape",
    "redesigned": "unknown_shape", "short": "unknown_shape",
    "elsewhere": "unknown_shape", "othernews": "unknown_shape", "empty": "empty_listing", "twice": "ok",
    "hours": None, "files": "ok",
    "homeward": "ok",
}


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    with World(tmp_path_factory.mktemp("scan"), CASES) as made:
        made.events = []
        made.result = scan.run(made.plan(run="first", progress=True), made.events.append)
        yield made


def rows(world, query, *values):
    connection = sqlite3.connect(world.folder / "n.db")
    connection.row_factory = sqlite3.Row
    try:
        return [dict(row) for row in connection.execute(query, values)]
    finally:
        connection.close()


@pytest.mark.parametrize("case", CASES)
def test_each_portal_comes_to_its_outcome(world, case):
    row = rows(world, "SELECT * FROM run_portal WHERE run = 'first' AND portal = ?", case)[0]
    assert (row["state"], row["outcome"]) == ("done", EXPECTED[case]), row["reason"]
    assert (row["reason"] == "") == (EXPECTED[case] == "ok")


def test_what_a_portal_s_clock_told_is_kept(world):
    offs = {row["portal"]: row["clock_off"] for row in rows(world, "SELECT portal, clock_off FROM run_portal")}
    assert abs(offs["dated"] - timedelta(days=3).total_seconds()) < 60
    assert offs["plain"] is None


def test_the_run_says_that_it_is_incomplete(world):
    assert world.result.state == "incomplete"
    assert world.result.outcomes["robots_denied"] == ["denied"]
    assert world.result.outcomes["skipped"] == ["hours"]
    assert rows(world, "SELECT state FROM run") == [{"state": "incomplete"}]
    assert scan.unfinished_run(Store(world.folder / "n.db")) is None


@pytest.mark.parametrize("case", ["plain", "agreed", "moved", "busy", "hiccup", "framed", "refreshed"])
def test_lists_are_read_in_full_and_their_reports_captured(world, case):
    found = rows(world, "SELECT * FROM listing WHERE run = 'first' AND portal = ?", case)[0]
    assert (found["complete"], found["items"], found["in_order"], found["reached"]) == (1, 3, 1, "2022-01-15")
    seen = rows(world, "SELECT * FROM listed WHERE listing = ? ORDER BY year", found["id"])
    assert [(row["route"], row["body"], row["year"]) for row in seen] == [
        ("report", f"body-{case}", year) for year in (2021, 2022, 2023)]
    captured = rows(world, "SELECT * FROM capture WHERE run = 'first' AND portal = ?", case)
    assert [row["outcome"] for row in captured] == ["ok"] * 3
    assert all(row["content"] for row in captured)


def test_pages_name_the_fetches_that_prove_the_list(world):
    for found in rows(world, "SELECT * FROM listing WHERE outcome = 'ok'"):
        pages = json.loads(found["pages"])
        assert pages
        for page in pages:
            fetch = rows(world, "SELECT * FROM fetch WHERE id = ?", page)[0]
            assert Evidence(world.folder / "evidence").get(fetch["sha256"])


def test_nothing_is_fetched_against_robots(world):
    assert world.paths("denied") == ["/robots.txt"]
    assert set(world.paths("norobots")) == {"/robots.txt"}


def test_retry_after_is_respected(world):
    waited = [visit.at for visit in world.portals.visits(world.hosts["busy"]) if visit.path == "/nb/"][:2]
    assert waited[1] - waited[0] >= 1.0
    assert world.paths("toobusy").count("/nb/") == 1


def test_an_article_in_two_columns_is_fetched_once(world):
    assert world.paths("twice").count("/nb/t20220115_2021.html") == 1
    assert len(rows(world, "SELECT * FROM capture WHERE run = 'first' AND portal = 'twice'")) == 3
    assert len(rows(world, "SELECT * FROM listing WHERE run = 'first' AND portal = 'twice' AND complete = 1")) == 2


def parts_of(world, year, run="first"):
    url = world.address("files", f"/nb/t{year + 1}0115_{year}.html")
    row = rows(world, "SELECT * FROM capture WHERE run = ? AND url = ?", run, url)[0]
    return row, [(part["role"], part["outcome"], part["name"]) for part in shorthand.parts_of(row)]


def test_attachments_with_referer_redirect_and_shown_name(world):
    row, parts = parts_of(world, 2021)
    assert row["content"]
    assert [part for part in parts if part[0] == "attachment"] == [
        ("attachment", "ok", "need.pdf"), ("attachment", "ok", "报.pdf")]


def test_wrong_and_too_large_attachments_are_said(world):
    row, parts = parts_of(world, 2022)
    assert row["outcome"] == "ok"
    assert row["content"]
    assert [outcome for _, outcome, _ in parts] == ["ok", "soft_404", "too_large"]


def test_a_report_whose_attachment_fails_today_is_not_read_today(world):
    row, _ = parts_of(world, 2023)
    assert (row["outcome"], row["content"]) == ("server_error", None)
    assert "attachment" in row["reason"]


def test_articles_that_are_not_there(world):
    found = {row["url"][-9:]: (row["outcome"], row["content"] is None)
             for row in rows(world, "SELECT * FROM capture WHERE run = 'first' AND portal = 'homeward'")}
    assert found == {"2021.html": ("soft_404", True), "2022.html": ("soft_404", True), "2023.html": ("ok", False)}


def test_progress_tells_every_portal_once(world):
    finished = [event for event in world.events if event.event == "portal_finished"]
    assert sorted(event.portal for event in finished) == sorted(CASES)
    assert finished[-1].done == finished[-1].portals == len(CASES)
    assert any(event.event == "page" for event in world.events)


def test_requests_carry_our_name(world):
    assert all(visit.agent.startswith("nianbao/") and "+test@office.example" in visit.agent
               for visit in world.portals.log)


# ---------------------------------------------------------------- several runs
def changing(state):
    """A portal that follows `state`: which years it lists, the text of 2021, whether the attachment works."""
    def attached(_):
        file = Response(b"%PDF " + state["file"], content_type="application/pdf")
        return file if state["up"] else Response(status=500)
    return {"/nb/": lambda _: Response.page(listing(name_of("a"), range(2021, state["until"]))), **articles(),
            "/nb/t20220115_2021.html": lambda _: Response.page(article(state["text"])),
            "/nb/t20230115_2022.html": article(inside="<a href='/x.pdf'>x.pdf</a>"), "/x.pdf": attached,
            "/nb/t20240115_2023.html": article("2023年报告正文。")}


def test_runs_are_compared(tmp_path):
    state = {"until": 2023, "text": "甲", "file": b"1", "up": True}
    with World(tmp_path, {"a": Case(changing(state))}) as world:
        def once():
            result = scan.run(world.plan())
            return [[url[-9:-5] for url in found] for found in (result.new, result.changed, result.withdrawn)]
        assert once() == [["2022", "2021"], [], []]
        assert once() == [[], [], []]
        state["up"] = False
        assert once() == [[], [], []], "an attachment that fails for a day is no new version"
        state |= {"up": True, "file": b"2", "text": "乙", "until": 2024}
        assert once() == [["2023"], ["2022", "2021"], []]
        state["until"] = 2023
        assert once() == [[], [], ["2023"]]
        assert once() == [[], [], []]


@pytest.mark.slow
def test_a_report_that_left_its_list_is_asked_for_at_its_own_address_until_gone_for_good(tmp_path):
    state = {"until": 2024, "text": "甲", "file": b"1", "up": True}
    answers = changing(state)
    page, state["page"] = answers["/nb/t20240115_2023.html"], True
    answers["/nb/t20240115_2023.html"] = lambda _: Response.page(page) if state["page"] else Response(status=404)
    with World(tmp_path, {"a": Case(answers)}) as world:
        def asked():
            before = len(world.paths("a"))
            scan.run(world.plan())
            return "/nb/t20240115_2023.html" in world.paths("a")[before:]
        assert asked()
        state["until"] = 2023
        assert [asked(), asked(), asked()] == [True, True, True], "it still answers"
        state["page"] = False
        assert [asked() for _ in range(GONE_FOR_GOOD + 1)] == [True] * GONE_FOR_GOOD + [False]
        state["until"] = 2024
        assert asked(), "listed again, asked again"


def test_a_report_that_left_its_list_keeps_the_files_that_only_the_list_named(tmp_path):
    shown = {"file": True}
    page = "/nb/t20240115_2023.html"
    whole = listing(name_of("a"))
    answers = {"/nb/": lambda _: Response.page(whole if shown["file"] else whole.replace(page.rpartition("/")[2], "#")),
               page: lambda _: Response.page(article(inside="<a href='/a/x.pdf'>x.pdf</a>" if shown["file"] else "")),
               "/a/x.pdf": PDF}
    with World(tmp_path, {"a": Case({**articles(), **answers})}) as world:
        for shown["file"] in (True, False):
            scan.run(world.plan())
        parts = [shorthand.parts_of(row) for row in rows(
            world, "SELECT parts, url, list_title FROM capture WHERE url LIKE ? ORDER BY id", f"%{page}")]
    assert [[part["role"] for part in each] for each in parts] == [["page", "attachment"]] * 2


@pytest.mark.slow
def test_a_list_that_lost_most_of_its_reports_is_not_the_list(tmp_path):
    state = {"from": 2016, "news": 0}

    def column(_):
        news = "".join(f"<li><a href='/xw/{number}.html'>召开第{number}次会议</a>2024-05-06</li>"
                       for number in range(state["news"]))
        return Response.page(listing(name_of("a"), range(state["from"], 2024)).replace("</ul>", f"{news}</ul>", 1))
    answers = {"/nb/": column}
    with World(tmp_path, {"a": Case(answers)}) as world:
        def seen(begin):
            state["from"] = begin
            scan.run(world.plan())
            return [(row["outcome"], row["items"]) for row in rows(world, "SELECT * FROM listing ORDER BY id")][-1]
        assert [seen(2016), seen(2020), seen(1990), seen(2016)] == [("ok", 8), ("ok", 4), ("ok", 34), ("ok", 8)], (
            "half of them is a list still, and rows that were there but once are missed by nobody")
        assert [seen(2021), seen(2021)] == [("unknown_shape", 3)] * 2
        state["news"] = 20
        assert [seen(2021), seen(2018)] == [("unknown_shape", 23), ("ok", 26)], "a start page has many rows of others"
        state["news"] = 0
        assert [seen(2018), seen(2021)] == [("ok", 6), ("unknown_shape", 3)], "news come and go"
        assert rows(world, "SELECT reason FROM listing ORDER BY id")[-1]["reason"].startswith("3 reports where 8 stood")
        entry = next((world.folder / "facts" / "portals").iterdir())
        as_it_was = entry.read_text("utf-8")
        entry.write_text(f"{as_it_was}expectations: {{min_items: 1}}\n", "utf-8")
        assert seen(2022) == ("ok", 2), "the operator says that this is the list"
        entry.write_text(f"{as_it_was}expectations: {{min_items: 3}}\n", "utf-8")
        state["news"] = 9
        assert seen(2022) == ("unknown_shape", 11), "rows enough, but reports fewer than the operator allows"
        state["news"] = 0
        entry.write_text(as_it_was, "utf-8")
        with Store(world.folder / "n.db").write() as connection:
            connection.execute("UPDATE listing SET at = '2020-01-01T00:00:00+08:00', day = '2020-01-01'")
        assert seen(2022) == ("ok", 2), "what stood there long ago"


def test_a_start_page_at_every_address_is_no_list_even_when_first_looked_at(tmp_path):
    news = "".join(f"<li><a href='xw/{number}.html'>召开第{number}次会议</a>2024-05-06</li>" for number in range(20))
    start = listing(name_of("home"), range(2023, 2024)).replace("</ul>", f"{news}</ul>", 1)
    mixed = start.replace("召开第", "传达第")
    tagged = Response(start.encode(), headers={"ETag": '"1"'})
    cases = {"home": {"/": start, "/nb/": start}, "tagged": {"/": tagged, "/nb/": tagged},
             "mixed": {"/": start, "/nb/": mixed},
             "alone": {"/": Response(status=404), "/nb/": mixed}, "few": {"/": listing("x"), "/nb/": listing("x")}}
    with World(tmp_path, {name: Case({**articles(), **pages}) for name, pages in cases.items()}) as world:
        for _ in range(2):
            scan.run(world.plan())
            seen = {row["portal"]: (row["outcome"], row["complete"]) for row in rows(
                world, "SELECT portal, outcome, complete FROM listing ORDER BY id")}
            assert (seen.pop("home")[0], seen.pop("tagged")[0]) == ("soft_404",) * 2, "unchanged or not"
            assert set(seen.values()) == {("ok", 1)}, "no other list is taken for a start page"
        asked = {name for name in cases if "/" in world.paths(name)}
    assert asked == {*cases} - {"few"}, "asked for only where reports are few"


def test_a_title_without_an_address_keeps_a_list_from_being_whole(tmp_path):
    named = f"<li><a href='javascript:;' data-id='7'>{name_of('a')}2024年政府信息公开工作年度报告</a></li>"
    column = listing(name_of("a"), after=f"<ul>{named}</ul>")
    with World(tmp_path, {"a": Case({"/nb/": column, **articles()})}) as world:
        scan.run(world.plan())
        found = rows(world, "SELECT * FROM listing")[0]
    assert (found["outcome"], found["complete"], found["in_order"], found["items"]) == ("ok", 0, 0, 3)
    assert "without an address" in found["reason"]


def test_restricting_to_a_year(tmp_path):
    with World(tmp_path, {"plain": CASES["plain"]}) as world:
        result = scan.run(world.plan(year=2022))
        assert [url[-9:] for url in result.new] == ["2022.html"]
        assert rows(world, "SELECT count(*) AS n FROM sighting") == [{"n": 3}]


def test_crawl_delay_and_own_delay_are_kept(tmp_path):
    with World(tmp_path, {"plain": Case(plain("plain", **robots("Crawl-delay: 1")))}) as world:
        scan.run(world.plan(year=2021))
        times = [visit.at for visit in world.portals.visits(world.hosts["plain"])][1:]
        assert len(times) == 2
        assert min(later - earlier for earlier, later in pairwise(times)) >= 0.95


def test_a_plan_may_not_be_impolite_to_real_hosts(tmp_path):
    with World(tmp_path, {"plain": CASES["plain"]}) as world, pytest.raises(ScanError, match="at least 1 s"):
        scan.run(world.plan(allow_private_addresses=False))


def test_private_addresses_are_refused_without_leave(tmp_path):
    with World(tmp_path, {"plain": CASES["plain"]}) as world:
        result = scan.run(world.plan(allow_private_addresses=False, delay=1.0))
        assert result.outcomes == {"redirect_offsite": ["plain"]}
        assert world.portals.log == []


def behaving(kind):
    """A listening socket that never answers, hangs up at once, or speaks no TLS; its port."""
    listener = socket.create_server(("127.0.9.200", 0))

    def serve():
        with contextlib.suppress(OSError):
            while kind != "silent":
                connection, _ = listener.accept()
                with connection:
                    if kind == "no_tls":
                        connection.recv(100)
                        connection.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")

    threading.Thread(target=serve, daemon=True).start()
    return listener


def at(port, scheme="http"):
    return Case({}, {"hosts": [f"127.0.9.200:{port}"],
                     "columns": [{"id": "c", "name": "n", "url": f"{scheme}://127.0.9.200:{port}/nb/"}]})


def test_hosts_that_do_not_answer(tmp_path):
    with contextlib.ExitStack() as stack:
        ports = {kind: stack.enter_context(behaving(kind)).getsockname()[1]
                 for kind in ("silent", "hangs_up", "no_tls")}
        closed = behaving("silent")
        ports["closed"] = closed.getsockname()[1]
        closed.close()
        cases = {kind: at(port, "https" if kind == "no_tls" else "http") for kind, port in ports.items()}
        world = stack.enter_context(World(tmp_path, cases))
        result = scan.run(world.plan(timeout=1.0, retries=0))
        assert result.outcomes == {"timeout": ["silent"], "tls": ["no_tls"], "refused": ["closed"],
                                   "robots_unreachable": ["hangs_up"]}
        assert result.state == "incomplete"


def test_an_unknown_portal_is_named(tmp_path):
    with World(tmp_path, {"plain": CASES["plain"]}) as world, pytest.raises(ScanError, match="nowhere"):
        scan.run(world.plan(portals=["plain", "nowhere"]))


def test_a_simulated_clock_is_refused_where_real_runs_are(tmp_path):
    with World(tmp_path, {"plain": CASES["plain"]}) as world:
        scan.run(world.plan())
        clock.simulate("2026-02-02T09:00")
        try:
            with pytest.raises(ClockError, match="real days"):
                scan.run(world.plan())
        finally:
            clock.simulate(None)


def test_the_child_lives_in_the_simulated_time(tmp_path):
    with World(tmp_path, {"plain": CASES["plain"]}) as world:
        clock.simulate("2026-02-02T09:00")
        try:
            scan.run(world.plan())
        finally:
            clock.simulate(None)
        assert {row["day"] for row in rows(world, "SELECT day FROM listing")} == {"2026-02-02"}
        assert rows(world, "SELECT simulated FROM run") == [{"simulated": 1}]


def test_evidence_that_cannot_be_written_ends_the_scan_and_is_said(tmp_path):
    with World(tmp_path, {"plain": CASES["plain"]}) as world:
        (tmp_path / "evidence").write_text("in the way")
        plan = world.plan(run="r")
        with pytest.raises(ScanError, match="resume"):
            scan.run(plan)
        assert rows(world, "SELECT state FROM run") == [{"state": "failed"}]
        assert scan.unfinished_run(Store(plan.database)) == "r"
        (tmp_path / "evidence").unlink()
        assert scan.run(plan).state == "done"
        assert scan.stored_plan(Store(plan.database), "r") == plan


def test_a_finished_run_run_again_fetches_nothing(tmp_path):
    with World(tmp_path, {"plain": CASES["plain"]}) as world:
        first = scan.run(world.plan(run="r"))
        asked = len(world.portals.log)
        assert scan.run(world.plan(run="r")) == first
        assert len(world.portals.log) == asked
