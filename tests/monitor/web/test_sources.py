"""What was captured, on the pages: in a frame of its own, as a file to keep, kept once made, never blocking."""

from __future__ import annotations

import json
import re
import threading

import pytest
from lxml import html

from crawler import clock
from crawler.evidence import Evidence
from extract import configuration
from extract.limits import Guard
from extract.model import Hints
from monitor import records
from monitor.web import source
from monitor.web.views import sources
from tests.monitor.exports.test_static_site import City, text
from tests.monitor.office import ARITHMETIC, NEXT_WEEK, SCANNED
from tests.monitor.web.served import visitor

ADDRESS = "http://www.city.example/nb/1.html"
ROWS = {"new": (31, 31), "carried_in": (1, 1), "concluded": (29, 29), "carried_out": (4, 4)}
PAGE = ("<html><head><title>示例市教育局2025年政府信息公开工作年度报告</title><base href='http://attacker.example/'>"
        "<meta http-equiv='refresh' content='0;url=http://attacker.example/'></head><body>"
        "<script>alert(1)</script><h1>示例市教育局2025年政府信息公开工作年度报告</h1>"
        "<p onclick='alert(1)'>一、总体情况</p><p>本年新收31件。<a href='javascript:alert(1)'>链接</a></p>"
        "<p>三、收到和处理政府信息公开申请情况</p><table><tr><td colspan='3'></td><td>自然人</td><td>商业企业</td>"
        "<td>科研机构</td><td>社会公益组织</td><td>法律服务机构</td><td>其他</td><td>总计</td></tr>{rows}</table>"
        "<iframe src='http://attacker.example/'></iframe><img src='x' onerror='alert(1)' alt='章'></body></html>")
LABELS = {"new": "一、本年新收政府信息公开申请数量", "carried_in": "二、上年结转政府信息公开申请数量",
          "concluded": "（七）总计", "carried_out": "四、结转下年度继续办理"}


class Captured(City):
    """The city whose newer report was really captured, with an attachment beside the page."""

    def capture(self, extra=()):
        rows = "".join(f"<tr><td colspan='3'>{LABELS[row]}</td><td>{own}</td>{'<td>0</td>' * 5}<td>{total}</td></tr>"
                       for row, (own, total) in ROWS.items())
        data = PAGE.replace("{rows}", rows).encode()
        evidence = Evidence(self.folder / "evidence")
        with Guard() as guard:
            read = guard.read(data, Hints(name="1.html", year=2025))
        read.year = 2025
        parts = [{"role": "page", "url": ADDRESS, "name": "../../报告<b>\u202e", "sha256": evidence.put(data),
                  "media_type": "text/html", "outcome": "ok"}]
        for name, media, held in extra:
            parts.append({"role": "attachment", "url": f"{ADDRESS}/{name}", "name": name, "sha256": evidence.put(held),
                          "media_type": media, "outcome": "ok"})
        self.fill(address=ADDRESS)
        with self.store.write() as connection:
            identity = records.put_report(
                connection, read, address=ADDRESS, content="c2", portal="city", body="edu", scope="own", year=2025,
                verdict="report", reason="", version=6, first=(NEXT_WEEK, "r2"), last=(NEXT_WEEK, "r2"))
            connection.execute("INSERT INTO capture (run, portal, url, at, outcome, content, parts) VALUES "
                               "('r2', 'city', ?, ?, 'ok', 'c2', ?)", (ADDRESS, NEXT_WEEK, json.dumps(parts)))
            standings = records.standings(connection)
            for each in standings:
                if each.body == "edu" and each.year == 2025:
                    each.report = identity
            records.put_standings(connection, standings, SCANNED)
        return identity


@pytest.fixture
def city(tmp_path):
    clock.simulate(NEXT_WEEK)
    yield Captured(tmp_path)
    clock.simulate(None)
    configuration.use_office_folder(None)


def framed(client, path):
    """The page and its frame's answer."""
    page = html.fromstring(client.get(path).text)
    frame, = page.xpath("//iframe")
    assert frame.get("sandbox") == ""
    assert frame.get("title")
    return page, client.get(frame.get("src"))


# ---------------------------------------------------------------- the frame
def test_a_captured_page_stands_in_a_sandbox_with_its_cells_marked(city):
    identity = city.capture()
    client = visitor(city.settings)
    page, frame = framed(client, f"/source/{identity}")
    assert frame.status_code == 200
    policy = frame.headers["content-security-policy"]
    assert policy.startswith("sandbox; default-src 'none'; img-src data:")
    assert "allow-" not in policy
    assert "script" not in policy
    assert frame.headers["x-frame-options"] == "SAMEORIGIN"
    tree = html.fromstring(frame.text)
    assert not tree.xpath("//script | //iframe | //base | //a | //form | //meta[@http-equiv]")
    assert not tree.xpath("//@*[starts-with(name(), 'on')] | //@href[not(starts-with(., 'data:'))] | //@style")
    assert "attacker.example" not in re.sub(r'<div class="gone">.*?</div>', "", frame.text)
    cells = {each.get("id"): (each.get("class"), each.text_content()) for each in tree.xpath("//td[@id]")}
    assert cells["f-applications.new.total"] == ("concerned", "31")
    assert cells["f-applications.carried_out.total"] == ("read", "4")
    assert "示例市教育局" in text(page)


def test_the_frames_style_is_the_only_one_its_policy_lets_in(city):
    import base64
    import hashlib

    identity = city.capture()
    frame = visitor(city.settings).get(f"/captured/{identity}")
    styles = re.findall(r"<style>(.*?)</style>", frame.text, re.DOTALL)
    assert len(styles) == 1
    allowed = base64.b64encode(hashlib.sha256(styles[0].encode()).digest()).decode()
    assert f"style-src 'sha256-{allowed}'" in frame.headers["content-security-policy"]


def test_a_figure_of_the_report_leads_to_its_place_in_the_frame(city):
    identity = city.capture()
    client = visitor(city.settings)
    page, frame = framed(client, f"/report/{identity}")
    link, = page.xpath("//td[@id='f-applications.new.total']/a")
    assert link.get("target") == page.xpath("//iframe/@name")[0]
    address, _, fragment = link.get("href").partition("#")
    assert html.fromstring(client.get(address).text).xpath("//td[@id=$id]", id=fragment)
    assert "concerned" in page.xpath("//td[@id='f-applications.new.total']/@class")[0]
    assert html.fromstring(frame.text).xpath("//td[@id='f-applications.new.total']/@class") == ["concerned"]


def test_pages_of_pictures_show_the_chosen_cell_and_lead_to_their_neighbours(city, tmp_path):
    from PIL import Image

    Image.new("RGB", (800, 900), "white").save(tmp_path / "a.tiff", save_all=True, append_images=[
        Image.new("RGB", (800, 900), "white")])
    identity = city.capture([("扫描件.tiff", "image/tiff", (tmp_path / "a.tiff").read_bytes())])
    client = visitor(city.settings)
    first, frame = framed(client, f"/source/{identity}?part=1&page=1")
    assert [each.text_content() for each in first.xpath("//nav[@aria-label='页码']//a")] == ["1", "2"]
    assert 'src="data:image/png;base64,' in frame.text
    page, _ = framed(client, f"/source/{identity}?part=1&page=2")
    assert [each.text_content() for each in page.xpath("//nav[@aria-label='页码']//a")] == ["1", "2"]
    assert "扫描件.tiff" in text(page)
    refused = client.get(f"/captured/{identity}?part=1&page=9")
    assert refused.status_code == 200
    assert "无法显示" in refused.text


@pytest.mark.parametrize("query", ["part=7", "part=-1", "part=x", "page=0", "page=99999999999", "finding=nothing"])
def test_what_is_not_there_is_refused(city, query):
    identity = city.capture()
    assert visitor(city.settings).get(f"/captured/{identity}?{query}").status_code in (400, 404)


def test_a_document_that_cannot_be_shown_says_why_and_can_be_downloaded(city):
    identity = city.capture([("坏.pdf", "application/pdf", b"%PDF-1.7 broken")])
    client = visitor(city.settings)
    assert "此文件无法显示" in client.get(f"/captured/{identity}?part=1").text
    assert "Download it to look at it" in client.get(f"/en/captured/{identity}?part=1").text
    assert client.get(f"/download/{identity}?part=1").content == b"%PDF-1.7 broken"


def test_bytes_that_were_let_go_are_told(city):
    identity = city.capture()
    for path in (city.folder / "evidence").glob("??/*.gz"):
        path.unlink()
    client = visitor(city.settings)
    assert "原件未在留存目录中" in client.get(f"/source/{identity}").text
    assert "原件未在留存目录中" in client.get(f"/captured/{identity}").text
    assert client.get(f"/download/{identity}").status_code == 404
    assert client.get(f"/report/{identity}").status_code == 200


# ---------------------------------------------------------------- the file
def test_captured_bytes_are_handed_out_as_a_file_only_under_a_safe_name(city):
    identity = city.capture()
    answer = visitor(city.settings).get(f"/download/{identity}")
    headers = answer.headers
    assert headers["content-disposition"].startswith("attachment; filename*=UTF-8''")
    assert not re.search(r"[/\\<>\u202e]|\.\.|%2F|%3C|%E2%80%AE", headers["content-disposition"].partition("''")[2])
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-type"] == "application/octet-stream"
    assert b"<script>" in answer.content


# ---------------------------------------------------------------- kept, bounded, not blocking
def showing_of(city):
    return source.Showing(city.folder / "cache", Evidence(city.folder / "evidence"))


def document(data, evidence, media="text/html"):
    return source.Document("page", "x", evidence.put(data), media, ADDRESS)


def test_a_document_is_made_once_and_its_fault_too(city, monkeypatch):
    showing, calls = showing_of(city), []
    monkeypatch.setattr(Guard, "record", lambda *_, **__: calls.append(1) or {"body": "x", "placed": []})
    one = document(b"<p>1</p>", showing.evidence)
    assert showing.shown(one, []) == showing.shown(one, [])
    assert len(calls) == 1
    showing.shown(one, [{"key": "a"}])
    assert len(calls) == 2


def test_what_nobody_looked_at_for_longest_goes_first(city):
    import os

    showing = showing_of(city)
    for number in range(10):
        showing._keep(f"{number:064x}", {"body": "x" * 100})
        os.utime(showing._path(f"{number:064x}"), (1_000_000 + number,) * 2)
    size = showing._path(f"{0:064x}").stat().st_size
    showing.tidy(most=size * 5)
    left = [number for number in range(10) if showing._path(f"{number:064x}").exists()]
    assert left == [6, 7, 8, 9]


def test_slow_documents_make_others_wait_a_little_and_never_for_ever(city, monkeypatch):
    monkeypatch.setattr(source, "PATIENCE", 0.05)
    showing, going, begun = showing_of(city), threading.Event(), threading.Semaphore(0)

    def slow(*_, **__):
        begun.release()
        going.wait(20)
        return {"body": "x", "placed": []}

    monkeypatch.setattr(Guard, "record", slow)
    threads = [threading.Thread(target=showing.shown, args=(document(bytes([65 + number]), showing.evidence), []))
               for number in range(source.AT_ONCE)]
    for thread in threads:
        thread.start()
    for _ in threads:
        assert begun.acquire(timeout=10)
    with pytest.raises(source.BusyError):
        showing.shown(document(b"late", showing.evidence), [])
    going.set()
    for thread in threads:
        thread.join(10)
    assert showing.shown(document(b"late", showing.evidence), [])["body"] == "x"


def test_a_busy_server_says_so_on_the_frame(city, monkeypatch):
    identity = city.capture()

    def busy(*_, **__):
        raise source.BusyError("busy")

    monkeypatch.setattr(source.Showing, "shown", busy)
    answer = visitor(city.settings).get(f"/captured/{identity}")
    assert answer.status_code == 503
    assert "稍后刷新" in answer.text
    assert answer.headers["content-security-policy"] == sources.POLICY


# ---------------------------------------------------------------- whose it is
def test_another_remits_documents_are_not_there(city, monkeypatch):
    from monitor.web import sessions
    from monitor.web.people import Person

    identity = city.capture()
    client = visitor(city.settings)
    built = sessions.visit

    def elsewhere(*given):
        made = built(*given)
        made.person = Person("reader", "viewer", under=("water",))
        return made

    monkeypatch.setattr(sessions, "visit", elsewhere)
    for path in (f"/report/{identity}", f"/source/{identity}", f"/captured/{identity}", f"/download/{identity}",
                 f"/versions/{identity}", f"/finding/{ARITHMETIC.id}", f"/pack/{ARITHMETIC.id}", "/body/edu",
                 f"/look/{ARITHMETIC.id}?listing=1", f"/looked/{ARITHMETIC.id}?listing=1", f"/checks/{identity}",
                 "/chain/edu", "/consolidation/edu", "/compare/edu-own-2024-2025"):
        assert client.get(path).status_code == 404, path
    assert client.get("/body/water").status_code == 200


BROWSED = """
import json, sys
from playwright.sync_api import sync_playwright
told = {"requests": [], "said": [], "marked": "", "title": ""}
with sync_playwright() as playwright:
    browser = playwright.chromium.launch(executable_path=sys.argv[1], args=["--no-sandbox", "--disable-gpu"])
    page = browser.new_page(viewport={"width": 1300, "height": 800})
    page.on("request", lambda request: told["requests"].append(request.url))
    page.on("console", lambda message: told["said"].append(message.text))
    page.on("dialog", lambda dialog: (told["said"].append("dialog"), dialog.dismiss()))
    page.goto(sys.argv[2])
    page.click("td[id='f-applications.new.total'] a")
    page.wait_for_timeout(700)
    frame = page.frame(name="source")
    told["marked"] = frame.locator("td:target").inner_text()
    page.goto(sys.argv[3])
    page.wait_for_timeout(700)
    told["title"] = page.title()
    browser.close()
print(json.dumps(told))
"""


@pytest.mark.slow
def test_a_browser_runs_and_loads_nothing_of_a_hostile_page_and_shows_the_chosen_cell(city):
    import socket
    import subprocess
    import sys
    import time
    from urllib.parse import urlsplit

    import uvicorn

    from crawler import rendering

    program = rendering.program()
    assert program, "chromium is missing: install Debian's package chromium"
    identity = city.capture()
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    port = listening.getsockname()[1]
    server = uvicorn.Server(uvicorn.Config(visitor(city.settings).app, log_level="error"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.05)
    try:
        base = f"http://127.0.0.1:{port}"
        done = subprocess.run([sys.executable, "-c", BROWSED, program, f"{base}/report/{identity}",
                               f"{base}/captured/{identity}"], capture_output=True, text=True, check=True, timeout=120)
    finally:
        server.should_exit = True
        thread.join(20)
        listening.close()
    told = json.loads(done.stdout)
    assert {urlsplit(each).netloc for each in told["requests"] if not each.startswith("data:")} == {f"127.0.0.1:{port}"}
    assert [each for each in told["said"] if "favicon" not in each and "404" not in each] == []
    assert "31" in told["marked"]
    assert "attacker" not in told["title"]
