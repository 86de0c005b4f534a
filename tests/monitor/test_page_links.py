"""Links of report pages: taken once from the text, told only where a person should look."""

import json

import pytest

from crawler import articles, clock
from crawler.evidence import Evidence
from crawler.model import Body
from crawler.roster import Roster
from monitor import page_links
from tests.monitor.history import HOST, History, stamp

PAGE = """<html><body><div class="nav"><a href="http://menu.example/">菜单</a></div>
<div id="zoom"><p>本报告可在<a href="http://www.shili.example/nb/">本网站</a>查阅，也可关注
<a href="https://weibo.com/shili">微博</a>、<a href="http://cheap.shop.example/x#top">更多 资讯</a>，
原文见<a href="https://www.gov.cn/zhengce/1.htm">国务院网站</a>。</p>
<div class="share"><a href="http://share.example/to">分享</a></div>
<a href="mailto:a@b.example">邮箱</a><a href="http://cheap.shop.example/x">再次</a></div>
<div class="footer"><a href="http://maker.example/">技术支持</a></div></body></html>"""
URL = f"{HOST}/nb/1.html"
AT, LATER, LAST = "2026-02-02T09:00:00+08:00", "2026-02-09T09:00:00+08:00", "2026-02-16T09:00:00+08:00"


def test_only_links_of_the_text_to_other_hosts_are_taken_once():
    assert articles.links_of(PAGE, URL) == [
        ("https://weibo.com/shili", "微博"), ("http://cheap.shop.example/x", "更多资讯"),
        ("https://www.gov.cn/zhengce/1.htm", "国务院网站")]


def test_a_page_whose_text_is_not_told_from_its_menus_gives_none():
    assert articles.links_of("<html><body><a href='http://menu.example/'>菜单</a></body></html>", URL) == []
    assert articles.links_of("", URL) == []


@pytest.fixture
def past(tmp_path):
    made = History(tmp_path)
    made.evidence = Evidence(tmp_path / "evidence")
    run = made.look(AT)
    made.sha = made.evidence.put(PAGE.encode())
    made.capture(run, URL, AT, content="c1", parts=[{"role": "page", "sha256": made.sha, "media_type": "text/html"}])
    made.identity = made.report(URL, AT)
    return made


def doubtful(past, until=LAST, roster=None):
    with past.store.read() as connection:
        return page_links.doubtful(connection, page_links.registered(roster or past.roster), past.identity, until)


def fetched(past, url, at, outcome):
    run = past.look(at, columns=())
    with past.store.write() as connection:
        past.fetch(connection, run, url, clock.parse(at), outcome)


def test_each_page_is_taken_once_and_only_doubtful_links_are_told(past):
    assert doubtful(past) is None
    assert page_links.gather(past.store, past.evidence) == 1
    assert page_links.gather(past.store, past.evidence) == 0
    assert doubtful(past) == [{"url": "http://cheap.shop.example/x", "text": "更多资讯", "kind": "foreign"}]


def test_a_registered_host_is_in_order(past):
    page_links.gather(past.store, past.evidence)
    roster = Roster.of([Body(id="x", name="某局", kind="department", level="county", hosts=("cheap.shop.example",))],
                       [past.portal])
    assert doubtful(past, roster=roster) == []


def test_a_link_is_dead_only_after_two_days_without_an_answer_between(past):
    page_links.gather(past.store, past.evidence)
    url = "https://www.gov.cn/zhengce/1.htm"
    fetched(past, url, AT, "gone")
    assert [each["kind"] for each in doubtful(past)] == ["foreign"]
    fetched(past, url, "2026-02-02T15:00:00+08:00", "gone")
    assert [each["kind"] for each in doubtful(past)] == ["foreign"]
    fetched(past, url, LATER, "soft_404")
    dead = [each for each in doubtful(past) if each["kind"] == "dead"]
    assert [(each["url"], each["outcome"], each["t1"], each["t2"]) for each in dead] == [
        (url, "soft_404", stamp(clock.parse(AT)), stamp(clock.parse(LATER)))]
    assert [each["kind"] for each in doubtful(past, until=AT)] == ["foreign"]
    fetched(past, url, LAST, "ok")
    assert [each["kind"] for each in doubtful(past)] == ["foreign"]


@pytest.mark.parametrize("outcome", ["timeout", "forbidden", "challenge", "server_error", "refused"])
def test_what_keeps_us_out_is_no_dead_link(past, outcome):
    page_links.gather(past.store, past.evidence)
    for at in (AT, LATER):
        fetched(past, "https://www.gov.cn/zhengce/1.htm", at, outcome)
    assert [each["kind"] for each in doubtful(past)] == ["foreign"]


def test_a_page_gone_from_the_evidence_says_nothing(past, tmp_path):
    assert page_links.gather(past.store, Evidence(tmp_path / "elsewhere")) == 0
    assert doubtful(past) is None


def test_an_attachment_alone_has_no_links(past):
    with past.store.write() as connection:
        connection.execute("UPDATE capture SET parts = ?", (json.dumps([{"role": "attachment", "sha256": "x"}]),))
    assert page_links.gather(past.store, past.evidence) == 1
    assert doubtful(past) == []
