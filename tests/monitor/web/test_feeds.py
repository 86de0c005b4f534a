"""Feed and calendar: what they hold, who may subscribe."""

from __future__ import annotations

import base64

import pytest
from lxml import etree

from crawler import clock
from crawler.roster import Roster
from monitor import review
from monitor import settings as settings_of
from monitor.exports import feed
from monitor.web import accounts
from monitor.web.people import Person
from tests.monitor.office import Office
from tests.monitor.web.library import shelve
from tests.monitor.web.served import visitor

ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture
def office(tmp_path):
    made = Office(tmp_path)
    shelve(made, "edu", 2025, index=False)
    shelve(made, "culture", 2025, index=False)
    return made


def titles(answer):
    assert answer.status_code == 200
    return [each.findtext(f"{ATOM}title") for each in etree.fromstring(answer.content).iter(f"{ATOM}entry")]


def test_the_feed_tells_publications_and_findings_in_both_languages(office):
    client = visitor(office.settings)
    answer = client.get("/feed.atom")
    assert answer.headers["content-type"].startswith("application/atom+xml")
    assert any("教育局" in title for title in titles(answer))
    assert any("商务局" in title for title in titles(answer))
    assert 'xml:lang="en"' in client.get("/en/feed.atom").text


def test_the_newest_are_those_of_the_whole_feed(office):
    loaded = office.loaded()
    with office.store.write() as connection:
        finding = connection.execute("SELECT id FROM finding WHERE rule = 'ARI-01'").fetchone()[0]
        review.decide(connection, finding, "dismiss", author="甲", reason="读取有误")
    roster = Roster.load()
    for bodies in (None, {"edu", "trade"}):
        whole = feed.entries(office.store, roster, loaded, "zh", bodies)
        with office.store.read() as connection:
            assert feed.newest(connection, roster, loaded, "zh", bodies) == whole[:feed.ENTRIES]
            assert feed.newest(connection, roster, loaded, "zh", bodies, 1) == whole[:1]
    assert {each.kind for each in feed.entries(office.store, roster, loaded, "zh")} >= {"publication", "correction"}


def test_a_decision_and_a_judgement_show_at_once_and_nothing_else_is_sent_twice(office):
    client = visitor(office.settings)
    mark = client.get("/feed.atom").headers["etag"]
    assert client.get("/feed.atom", headers={"If-None-Match": mark}).status_code == 304
    with office.store.write() as connection:
        finding = connection.execute("SELECT id FROM finding WHERE rule = 'ARI-01'").fetchone()[0]
        review.decide(connection, finding, "confirm", author="审核人甲", reason="见原文")
    again = client.get("/feed.atom", headers={"If-None-Match": mark})
    assert again.status_code == 200
    assert "审核人甲" not in again.text


def test_the_calendar_holds_the_due_days(office):
    answer = visitor(office.settings).get("/due.ics")
    assert answer.headers["content-type"].startswith("text/calendar")
    assert b"DTSTART;VALUE=DATE:20260131" in answer.content
    assert clock.today().year == 2026


def test_a_remit_has_a_feed_of_its_own(office, monkeypatch):
    client = visitor(office.settings)
    whole = client.get("/feed.atom")
    monkeypatch.setattr("monitor.web.sessions.Person",
                        lambda name, _role, local=False: Person(name, "viewer", ("edu",)))
    own = client.get("/feed.atom")
    assert titles(own)
    assert not any("商务局" in title or "文化" in title for title in titles(own))
    identity = etree.fromstring(own.content).findtext(f"{ATOM}id")
    assert identity != etree.fromstring(whole.content).findtext(f"{ATOM}id")
    assert "商务局" not in client.get("/due.ics").text


@pytest.fixture
def token(office):
    text = office.settings.read_text("utf-8")
    office.settings.write_text(f'{text}\n[web]\naccounts = "accounts.toml"\n', "utf-8")
    path = settings_of.load(office.settings).web.accounts
    accounts.add(path, "kan", "viewer", ("edu",), "")
    return accounts.make_token(path, "kan", 30)


def basic(secret):
    return {"Authorization": "Basic " + base64.b64encode(f"kan:{secret}".encode()).decode()}


@pytest.mark.parametrize("path", ["/feed.atom", "/due.ics"])
def test_behind_a_login_a_token_opens_the_feed_and_nothing_else(office, token, path):
    client = visitor(office.settings)
    refused = client.get(path)
    assert refused.status_code == 401
    assert refused.headers["www-authenticate"].startswith("Basic")
    for wrong in ({"Authorization": "Basic %%%"}, basic("nbt_wrong"), basic(""), {"Authorization": "Basic"},
                  {"Authorization": "Basic " + base64.b64encode(b"\xff\xfe").decode()}):
        assert client.get(path, headers=wrong).status_code == 401
    answer = client.get(path, headers=basic(token))
    assert answer.status_code == 200
    assert "商务局" not in answer.text
    assert client.get(path, headers={"Authorization": f"Bearer {token}"}).status_code == 200
    assert client.get("/api/v1/statuses", headers=basic(token)).status_code == 401
    assert client.get("/", headers=basic(token)).status_code in (303, 401)
