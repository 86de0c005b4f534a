"""Lists that only a script draws: by a browser where the portal asks for it, told as such everywhere else."""

import asyncio
import contextlib
import csv
import json
import os
import sqlite3
import subprocess
import sys
import time
import uuid
from dataclasses import asdict
from datetime import date
from pathlib import Path

import pytest
import yaml
from pydantic import ValidationError

from crawler import probe as probing
from crawler import rendering, scan, shorthand
from crawler.evidence import Evidence
from crawler.families.static import listing
from crawler.model import Outcome, Portal, ScanPlan
from crawler.outcomes import Received, Verdict
from crawler.probe import ProbePlan, Target
from crawler.rendering import Browser, Drawn, Reply, enumerate_drawn, needs_browser
from extract import configuration
from extract import report as reports
from extract.model import Hints
from monitor import diagnosis, wording
from monitor.settings import Settings
from tests.portals import families, spa
from tests.portals.serving import Portals
from tests.portals.sites import Site

DAY = date(2026, 2, 9)
REASON = "rows come from an encoded call"


def site_of(dialect, number):
    """A single-page portal with the reports and announcements of a family portal."""
    model = next(plan for plan in families.FAMILY_PORTALS.values() if plan.bodies == 2 and plan.others == 40)
    entries = [entry for entry in families.site(model, 1).entries if not entry.elsewhere]
    return Site(f"127.0.52.{number}", f"示例单页门户{number}", "政府信息公开年报", entries, "", dialect=dialect), model


SITES = {dialect: site_of(dialect, number) for number, dialect in enumerate(spa.DIALECTS, 1)}


def serve():
    running = Portals({}, DAY)
    for site, _ in SITES.values():
        running.sites[site.host] = lambda request, today, site=site: spa.answer(site, request, today)
    # It listens, so that a request there would be seen.
    running.sites[spa.STRANGER] = lambda request, today: spa.missing_page(SITES[spa.NEXT][0])
    return running


def write_facts(folder, port, rendered, dialects=spa.DIALECTS):
    (folder / "portals").mkdir(parents=True)
    with (folder / "bodies.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "name", "kind", "level", "portal"])
        for dialect in dialects:
            writer.writerows([f"{dialect}-{place}", name, "department", "county", dialect]
                             for place, name in enumerate(SITES[dialect][1].names))
    for dialect in dialects:
        host = f"{SITES[dialect][0].host}:{port}"
        facts = {"id": dialect, "name": dialect, "hosts": [host],
                 "columns": [{"id": "annual", "name": "年报", "url": f"http://{host}/gk/nb"}]}
        facts |= {"rendering": "browser", "rendering_reason": REASON} if rendered else {}
        (folder / "portals" / f"{dialect}.yaml").write_text(yaml.safe_dump(facts, allow_unicode=True), "utf-8")


def plan_of(folder, **changes):
    values = {"run": "first", "database": str(folder / "n.db"), "evidence": str(folder / "evidence"),
              "facts": str(folder / "facts"), "portals": sorted(SITES), "delay": 0.0, "timeout": 5.0, "retries": 0,
              "allow_private_addresses": True, "contact": "test@office.example", "year": families.YEARS[-1]}
    return ScanPlan(**{**values, **changes})


def ask(folder, query, *values):
    with sqlite3.connect(folder / "n.db") as connection:
        connection.row_factory = sqlite3.Row
        return [dict(row) for row in connection.execute(query, values)]


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    folder = tmp_path_factory.mktemp("drawn")
    with serve() as running:
        write_facts(folder / "facts", running.port, rendered=True)
        os.environ["BROWSERS_OF_THIS_TEST"] = MARK
        # Articles of one portal are enough, and of one year.
        scan.run(plan_of(folder, bodies=[f"{spa.NEXT}-{place}" for place in range(2)]))
        del os.environ["BROWSERS_OF_THIS_TEST"]
        yield folder, running


def listed(folder, dialect):
    return ask(folder, "SELECT * FROM listing WHERE portal = ?", dialect)[0]


MARK = f"nianbao-test-{uuid.uuid4().hex}"
"""In the environment of every process that these tests start, so that no other browser is counted."""


def browsers():
    """Process ids of the browsers and drivers of these tests."""
    found = set()
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            line = (entry / "cmdline").read_bytes()
            if (b"chrom" in line or b"playwright" in line) and MARK.encode() in (entry / "environ").read_bytes():
                found.add(int(entry.name))
    return found


needs = pytest.mark.slow


@needs
def test_a_browser_is_there_to_test_with():
    assert rendering.missing() == "", rendering.missing()


@needs
@pytest.mark.parametrize("dialect", [spa.NEXT, spa.MORE, spa.COUNTED, spa.TOKEN])
def test_every_row_of_a_list_that_only_a_script_draws(drawn, dialect):
    folder, _ = drawn
    found = listed(folder, dialect)
    assert (found["family"], found["outcome"], found["complete"]) == ("browser", "ok", 1), found["reason"]
    rows = ask(folder, "SELECT url, title, day FROM listed WHERE listing = ?", found["id"])
    wanted = SITES[dialect][0].rows(DAY)
    assert {(row["title"], row["day"]) for row in rows} == {(entry.title, entry.day.isoformat()) for entry in wanted}
    assert len(rows) == len(wanted) > 2 * spa.PER_PAGE
    routed = ask(folder, "SELECT count(*) AS n FROM listed WHERE listing = ? AND route = 'report'", found["id"])
    assert routed[0]["n"] == 2 * len(families.YEARS)


@needs
@pytest.mark.parametrize(("dialect", "outcome", "reason"), [
    (spa.FROZEN, "ok", "did not turn to its end (unchanged"), (spa.ASKS, "challenge", "412"),
    (spa.BARRED, "robots_denied", "robots.txt disallows"), (spa.ELSEWHERE, "unknown_shape", "is not registered"),
    (spa.VOID, "empty_listing", ""), (spa.HANDLES, "unknown_shape", "no address to follow"),
    (spa.BROKEN, "server_error", "504")])
def test_what_cannot_be_drawn_whole_says_why_and_proves_nothing(drawn, dialect, outcome, reason):
    found = listed(drawn[0], dialect)
    assert (found["outcome"], found["complete"]) == (outcome, 0)
    assert reason in found["reason"]


@needs
def test_the_browser_has_no_way_to_the_network_but_ours(drawn):
    _, running = drawn
    assert running.visits(spa.STRANGER) == []
    visits = [visit for site, _ in SITES.values() for visit in running.visits(site.host)]
    assert {visit.agent.split("/")[0] for visit in visits} == {"nianbao"}
    assert not [visit for visit in visits if visit.path == "/live"], "sockets are closed"
    assert not [visit for visit in running.visits(SITES[spa.BARRED][0].host) if visit.path == "/gw"]


@needs
def test_what_was_drawn_and_what_was_sent_are_both_evidence(drawn):
    folder, _ = drawn
    pages = json.loads(listed(folder, spa.NEXT)["pages"])
    rows = [ask(folder, "SELECT * FROM fetch WHERE id = ?", page)[0] for page in pages]
    assert [row["request"].split(" ")[0] for row in rows] == ["GET", "RENDER", "RENDER", "RENDER", "RENDER"]
    assert rows[1]["transport"] == f"drawn by a browser from {rows[0]['sha256']}, page 1 of 4"
    evidence = Evidence(folder / "evidence")
    assert "年报" not in evidence.get(rows[0]["sha256"]).decode().split("<body")[1]
    assert len(listing(evidence.get(rows[1]["sha256"]).decode(), "http://a.example/").items) == spa.PER_PAGE
    calls = ask(folder, "SELECT * FROM fetch WHERE portal = ? AND request LIKE 'POST %' AND url LIKE '%/gw%'", spa.NEXT)
    assert calls
    assert all(row["outcome"] == "ok" for row in calls)


@needs
def test_articles_that_a_script_draws_are_drawn_and_read(drawn):
    folder, _ = drawn
    names, year = SITES[spa.NEXT][1].names, families.YEARS[-1]
    seen = ask(folder, "SELECT c.* FROM capture c JOIN listed s ON s.url = c.url JOIN listing l ON "
                       "l.id = s.listing WHERE l.portal = ? AND s.year = ? ORDER BY s.body", spa.NEXT, year)
    assert [row["outcome"] for row in seen] == ["ok", "ok"]
    whole, carrier = map(shorthand.parts_of, seen)
    assert [part["role"] for part in whole] == ["page", "original"]
    assert [part["role"] for part in carrier] == ["page", "original", "attachment"]
    read = reports.read(Evidence(folder / "evidence").get(whole[0]["sha256"]),
                        Hints(url=whole[0]["url"], media_type=whole[0]["media_type"], title=names[0]))
    wanted = {key: value for key, value in families.report(names[0], year).figures.items() if value is not None}
    assert {key: figure.value for key, figure in read.figures.items() if key in wanted} == wanted


@needs
def test_no_browser_is_left_and_a_resumed_run_draws_nothing_again(drawn):
    folder, running = drawn
    assert not browsers()
    with sqlite3.connect(folder / "n.db") as connection:
        for table in ("sighting", "listing", "capture"):
            connection.execute(f"DELETE FROM {table} WHERE id IN (SELECT id FROM {table})")
        connection.execute("UPDATE run_portal SET state = 'running', outcome = NULL WHERE portal = ?", (spa.NEXT,))
        connection.execute("UPDATE run SET state = 'running', finished = NULL")
    host = SITES[spa.NEXT][0].host
    asked = len(running.visits(host))
    scan.run(plan_of(folder))
    assert (listed(folder, spa.NEXT)["outcome"], listed(folder, spa.NEXT)["complete"]) == ("ok", 1)
    assert {visit.path for visit in running.visits(host)[asked:]} <= {"/robots.txt"}


@needs
def test_a_killed_scan_leaves_no_browser_behind(tmp_path, monkeypatch):
    monkeypatch.setenv("BROWSERS_OF_THIS_TEST", MARK)
    with serve() as running:
        write_facts(tmp_path / "facts", running.port, True, (spa.NEXT,))
        code = ("import json, sys; from crawler import scan; from crawler.model import ScanPlan; "
                "scan.run(ScanPlan(**json.loads(sys.argv[1])))")
        plan = plan_of(tmp_path, portals=[spa.NEXT], delay=0.4)
        parent = subprocess.Popen([sys.executable, "-c", code, json.dumps(asdict(plan))])
        assert wait_until(browsers), "a browser was at work"
        parent.kill()
        parent.wait()
        assert wait_until(lambda: not browsers())


def wait_until(condition, seconds=30):
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.1)
    return condition()


# ---------------------------------------------------------------- shapes of pages
TITLE = "示例{}局2021年政府信息公开工作年度报告"
ROWS = """function rows(a, b) { var s = ''; for (var n = a; n < b; n++) s += '<li><a href="/nb/' + n + '.html">示例' + n
  + '局2021年政府信息公开工作年度报告</a><i>2022-01-10</i></li>'; return s; }"""


def shell(script, body="<ul id='l'></ul>"):
    return f"<html><body>{body}<script>{ROWS};var l = document.getElementById('l');{script}</script></body></html>"


def draw(pages, url="http://a.example/nb/", most=20):
    """What a browser draws of pages held in memory, and the addresses it asked for."""
    asked = []

    async def send(request, referer):
        asked.append(request.url)
        given = pages.get(request.url.removeprefix("http://a.example").split("?")[0])
        if given is None:
            return Reply(Verdict(Outcome.GONE, "status 404"))
        final = f"http://a.example{given[1]}" if isinstance(given, tuple) else request.url
        text = given[0] if isinstance(given, tuple) else given
        return Reply(Verdict(Outcome.OK), Received(request.url, final, 200, text.encode(), {
            "content-type": "text/html; charset=utf-8"}))

    async def run():
        browser = Browser("nianbao/test")
        try:
            return await browser.draw(url, send, most)
        finally:
            await browser.close()
    return asyncio.run(run()), asked


NUMBERED = """function go(k) { l.innerHTML = rows(k * 10 - 9, Math.min(k * 10, 25) + 1);
  document.getElementById('p').innerHTML = [1, 2, 3].map(function (k) {
    return '<a onclick="go(' + k + ')">' + k + '</a>'; }).join(' '); } go(1);"""
SCROLLED = """var n = 10; l.innerHTML = rows(1, 11); document.body.style.minHeight = '3000px';
  window.onscroll = function () { if (window.scrollY > 0 && n < 25) fetch('/more').then(function () {
    n = Math.min(n + 10, 25); l.innerHTML = rows(1, n + 1) + (n < 25 ? '' : END); }); };"""
ALL = "l.innerHTML = rows(1, 26);"
CAROUSEL = "<div class='swiper'><a class='next'>下一页</a></div><ul id='l'></ul>"
AT = "http://a.example/nb/"


@needs
@pytest.mark.parametrize(("pages", "url", "end"), [
    ({"/nb/": shell(NUMBERED, "<ul id='l'></ul><div id='p'></div>")}, AT, "gone"),
    ({"/nb/": shell(SCROLLED.replace("END", "'<p>没有更多了</p>'")), "/more": "x"}, AT, "scrolled"),
    ({"/nb/": "<html><body><iframe src='/in.html'></iframe></body></html>",
      "/in.html": shell(f"setTimeout(function () {{ {ALL} }}, 300);")}, AT, "none"),
    ({"/": shell(f"if (location.hash == '#/gk/nb') {ALL}")}, "http://a.example/#/gk/nb", "none"),
    ({"/nb/": (shell(""), "/new/"), "/new/": shell(ALL)}, AT, "none"),
    ({"/nb/": shell(f"alert('x'); window.open('/pop'); {ALL}"), "/pop": "x"}, AT, "none"),
    ({"/nb/": shell(ALL, CAROUSEL)}, AT, "none")])
def test_shapes_of_drawn_lists(pages, url, end):
    drawn, _ = draw(pages, url)
    found = enumerate_drawn(drawn, 20)
    assert (len(found.items), found.complete, drawn.end) == (25, True, end), found.reason
    assert {item.url for item in found.items} == {f"http://a.example/nb/{number}.html" for number in range(1, 26)}


@needs
def test_scrolling_proves_no_end_by_itself():
    drawn, _ = draw({"/nb/": shell(SCROLLED.replace("END", "''")), "/more": "x"})
    found = enumerate_drawn(drawn, 20)
    assert (len(found.items), found.complete, drawn.end) == (25, False, "scrolled")


@needs
def test_a_page_that_never_comes_to_an_end_is_given_up(monkeypatch):
    monkeypatch.setattr(rendering, "SCRIPT_SECONDS", 2.0)
    drawn, _ = draw({"/nb/": shell("setTimeout(function () { while (true) {} }, 200);")})
    found = enumerate_drawn(drawn, 20)
    assert (found.outcome, "holds it up" in found.reason) == (Outcome.TIMEOUT, True)


@needs
def test_a_page_that_asks_without_end_is_cut_off(monkeypatch):
    monkeypatch.setattr(rendering, "STEP_SECONDS", 15.0)
    again = "function again(n) { fetch('/a?' + n).then(function () { again(n + 1); }); } again(0);"
    drawn, asked = draw({"/nb/": shell(f"{ALL} {again}"), "/a": "x"}, most=1)
    assert len(asked) == rendering.MOST_REQUESTS
    assert drawn.failure[1].outcome is Outcome.TOO_LARGE


@needs
def test_nothing_is_asked_for_that_a_list_does_not_need():
    _, asked = draw({"/nb/": "<html><head><link rel='stylesheet' href='/a.css'></head><body><img src='/b.png'>"
                             "<video src='/c.mp4'></video><script>fetch('/d', {method: 'PUT'}); "
                             "navigator.sendBeacon('/e', 'x')</script></body></html>"})
    assert asked == ["http://a.example/nb/"]


# ---------------------------------------------------------------- probing
def probed(running, dialect, **changes):
    plan = ProbePlan([Target(dialect, f"http://{SITES[dialect][0].host}:{running.port}/", **changes)], delay=0.0,
                     timeout=5.0, retries=0, allow_private_addresses=True, contact="test@office.example")
    return probing.run(plan)[0]


def test_a_probe_says_that_a_browser_is_needed_and_how_to_switch_it_on():
    with serve() as running:
        done, shell = probed(running, spa.NEXT), probed(running, spa.HANDLES)
    assert (done.refusal, done.needs_browser, shell.refusal, shell.needs_browser) == (
        "unknown_shape", True, "unknown_shape", True)
    entry = done.browser_portal()
    assert entry is not None
    assert (entry.rendering, entry.family, entry.columns[0].role) == ("browser", "auto", "collective")
    assert [column.url for column in entry.columns] == [f"http://{SITES[spa.NEXT][0].host}:{running.port}/gk/nb"]
    assert Portal.model_validate(yaml.safe_load(probing.as_yaml(entry))) == entry
    assert shell.shell
    assert shell.browser_portal() is None, "no column was found yet"
    assert done.to_record()["browser_portal"]["rendering"] == "browser"


def test_an_interface_behind_a_token_is_of_unknown_shape_and_a_browser_is_offered(tmp_path):
    with serve() as running:
        write_facts(tmp_path / "facts", running.port, False, (spa.TOKEN,))
        scan.run(plan_of(tmp_path, portals=[spa.TOKEN]))
        done = probed(running, spa.TOKEN)
    found = listed(tmp_path, spa.TOKEN)
    assert (found["family"], found["outcome"], found["complete"]) == ("kaipu", "unknown_shape", 0)
    assert "no list in the answer" in found["reason"]
    assert (done.refusal, done.needs_browser) == ("unknown_shape", True)


@needs
def test_a_probe_with_a_browser_finds_the_column_and_proposes_its_entry():
    with serve() as running:
        done = probed(running, spa.NEXT, browser=True)
    assert not done.refusal, done.reason
    assert set(done.columns[0].bodies) == set(SITES[spa.NEXT][1].names)
    entry = Portal.model_validate(yaml.safe_load(done.to_yaml()))
    assert (entry.rendering, entry.family, bool(entry.rendering_reason)) == ("browser", "auto", True)
    assert not done.needs_browser


# ---------------------------------------------------------------- without a browser
def test_what_is_missing_is_told_with_its_remedy(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(rendering, "find_spec", lambda name: object())
    assert "package chromium" in rendering.missing()
    monkeypatch.setattr(rendering, "find_spec", lambda name: None)
    assert "nianbao[browser]" in rendering.missing()


def test_an_absent_browser_is_told_and_never_an_empty_list(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with serve() as running:
        write_facts(tmp_path / "facts", running.port, True, (spa.NEXT,))
        scan.run(plan_of(tmp_path, portals=[spa.NEXT]))
    found = listed(tmp_path, spa.NEXT)
    assert (found["outcome"], found["complete"]) == ("unknown_shape", 0)
    assert "needs a browser" in found["reason"]
    assert "install" in found["reason"]


def test_doctor_says_whether_portals_that_need_a_browser_have_one(tmp_path, monkeypatch):
    write_facts(tmp_path / "with" / "facts", 80, True, (spa.NEXT,))
    write_facts(tmp_path / "without" / "facts", 80, False, (spa.NEXT,))

    def seen(folder):
        configuration.use_office_folder(folder / "facts")
        try:
            check = next(check for check in diagnosis.examine(Settings()) if check.name == "browser")
        finally:
            configuration.use_office_folder(None)
        assert wording.vocabulary().doctor_texts[check.text].say("zh")
        return check.level, check.text
    monkeypatch.setattr(rendering, "missing", lambda: "no browser was found")
    assert seen(tmp_path / "without") == ("ok", "browser_unused")
    assert seen(tmp_path / "with") == ("fail", "browser_missing")
    monkeypatch.setattr(rendering, "missing", lambda: "")
    assert seen(tmp_path / "with") == ("ok", "browser_ok")


def test_it_is_off_unless_a_portal_asks_for_it_with_a_reason(tmp_path):
    facts = {"id": "a", "name": "a", "hosts": ["a.example"], "columns": [{"id": "c", "name": "n", "url": "http://a/"}]}
    assert Portal.model_validate(facts).rendering == "none"
    with pytest.raises(ValidationError, match="rendering_reason"):
        Portal.model_validate({**facts, "rendering": "browser", "rendering_reason": " "})
    with serve() as running:
        write_facts(tmp_path / "facts", running.port, False, (spa.NEXT,))
        scan.run(plan_of(tmp_path, portals=[spa.NEXT]))
        assert not [visit for visit in running.visits(SITES[spa.NEXT][0].host) if visit.path == "/gw"]
    assert listed(tmp_path, spa.NEXT)["outcome"] == "unknown_shape"


# ---------------------------------------------------------------- what drawn pages prove
def page(first, last, after=""):
    rows = "".join(f'<li><a href="/nb/{number}.html">{TITLE.format(number)}</a><i>2022-01-10</i></li>'
                   for number in range(first, last))
    return f"<html><body><ul>{rows}</ul>{after}</body></html>"


@pytest.mark.parametrize(("pages", "end", "complete"), [
    ([page(0, 5)], "none", True), ([page(0, 5)], "disabled", True), ([page(0, 5)], "unchanged", False),
    ([page(0, 5), page(0, 9)], "gone", True), ([page(0, 5)], "limit", False),
    ([page(0, 5, "共 9 条")], "disabled", False), ([page(0, 5, "共 9 条"), page(5, 9, "共 9 条")], "unchanged", True),
    ([page(0, 5, "共 3 页"), page(5, 9)], "disabled", False), ([page(0, 5, "共 2 页"), page(5, 9)], "limit", True)])
def test_a_drawn_list_is_whole_only_where_its_end_is_proven(pages, end, complete):
    found = enumerate_drawn(Drawn("http://a.example/nb/", pages, end), 50)
    assert (found.outcome, found.complete, bool(found.reason)) == (Outcome.OK, complete, not complete)


def test_a_list_whose_data_failed_is_no_empty_list():
    failed = [("http://a.example/api", Verdict(Outcome.TIMEOUT, "30 s"))]
    found = enumerate_drawn(Drawn("http://a.example/", ["<html><body>暂无相关信息</body></html>"], "none", failed), 9)
    assert (found.outcome, found.complete) == (Outcome.TIMEOUT, False)


@pytest.mark.parametrize(("text", "needed"), [
    ("<html><body><div id='app'></div><script src='/a.js'></script></body></html>", True),
    ("<html><body><ul><li v-for='a in b'>{{ a.title }}</li></ul><script>x()</script></body></html>", True),
    ("<html><body><p>栏目建设中，敬请期待。</p></body></html>", False)])
def test_pages_that_a_script_draws_look_like_it(text, needed):
    assert needs_browser(text) is needed
