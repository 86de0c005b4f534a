"""The search page: what it holds, whose it is, what it withstands."""

from __future__ import annotations

import html
import re

import pytest

from monitor.web.people import Person
from tests.monitor.office import Office
from tests.monitor.web.library import shelve
from tests.monitor.web.served import visitor

TEXT = {1: "本机关重视政务新媒体建设，全年推送图解86篇。<b>x</b>", 5: "公开。透明仍需加强。"}


@pytest.fixture
def office(tmp_path):
    made = Office(tmp_path)
    shelve(made, "edu", 2025, TEXT)
    shelve(made, "health", 2024, {1: "图解解读3篇。"})
    return made


@pytest.mark.parametrize(("path", "year", "hint"), [("/search", "2025年度", "按原句查找"),
                                                   ("/en/search", "2025", "All words must occur")])
def test_hits_are_shown_with_their_words_marked_in_both_languages(office, path, year, hint):
    page = visitor(office.settings).get(path, params={"q": "新媒体"}).text
    assert "<mark>新媒体</mark>" in page
    assert f"示例市教育局 {year}" in page
    assert hint in page
    assert "&lt;b&gt;" in page
    assert "<b>" not in page
    assert 'name="q" value="新媒体"' in page


def test_an_empty_installation_says_that_nothing_was_found(tmp_path):
    client = visitor(Office(tmp_path).settings)
    assert client.get("/search").status_code == 200
    assert "没有找到同时含有这些词语的报告" in client.get("/search?q=图解").text


def test_filters_and_the_body_by_its_name(office):
    client = visitor(office.settings)
    assert client.get("/search?q=图解").text.count("<li><p>") == 2
    assert client.get("/search?q=图解&year=2024").text.count("<li><p>") == 1
    assert "示例市卫生健康局 2024年度" in client.get("/search?q=图解&under=示例市卫生健康局").text
    assert "名单中没有找到“无此单位”" in client.get("/search?q=图解&under=无此单位").text


@pytest.mark.parametrize("query", ["q=x&year=abc", "q=x&scope=nowhere", "q=x&before=-1", "q=x&before=9999999999999999"])
def test_wrong_values_are_told(office, query):
    assert visitor(office.settings).get(f"/search?{query}").status_code == 400


@pytest.mark.parametrize("question", ['"', "NEAR(图 解)", "words : 图", "%00", "图解" * 3000, "' OR 1=1 --",
                                      "a" * 10_000,
                                      "<script>alert(1)</script>", "\ud83d"])
def test_hostile_questions_are_answered(office, question):
    answer = visitor(office.settings).get("/search", params={"q": question.encode("utf-8", "replace").decode()})
    assert answer.status_code == 200
    assert "<script" not in answer.text


def test_onward_leads_to_what_is_older(office, monkeypatch):
    monkeypatch.setattr("monitor.searching.LISTED", 1)
    client = visitor(office.settings)
    first = client.get("/search?q=图解").text
    assert "示例市教育局 2025年度" in first
    onward = re.search(r'href="(/search\?[^"]+)" rel="next"', first)
    second = client.get(html.unescape(onward[1])).text
    assert "示例市卫生健康局 2024年度" in second
    assert "示例市教育局" not in second


def test_another_remit_finds_nothing_of_others(office, monkeypatch):
    client = visitor(office.settings)
    monkeypatch.setattr("monitor.web.sessions._user", lambda: "x")
    monkeypatch.setattr("monitor.web.sessions.Person", lambda name, role, local=False: Person(name, role, ("health",)))
    page = client.get("/search?q=图解").text
    assert "示例市卫生健康局" in page
    assert "示例市教育局" not in page
    assert "名单中没有找到" in client.get("/search?q=图解&under=edu").text
