"""The page of the runs: what they came to, who sees what."""

from __future__ import annotations

import pytest

from monitor.web.people import Person
from tests.monitor.office import Office
from tests.monitor.web.served import visitor

NOW = "2026-02-09T08:58:00+08:00"


@pytest.fixture
def office(tmp_path):
    made = Office(tmp_path)
    with made.store.write() as connection:
        connection.execute("INSERT INTO run (id, kind, state, started, heartbeat, simulated, plan) "
                           "VALUES ('r9', 'scan', 'running', ?, ?, 1, '{}')", (NOW, NOW))
        connection.execute("INSERT INTO run_portal (run, portal, state) VALUES ('r9', 'city', 'running')")
        for run, at, items in (("a", "2026-01-05T09:00:00+08:00", 7), ("b", "2026-02-02T09:00:00+08:00", 0)):
            connection.execute(
                "INSERT INTO listing (run, portal, column_id, url, family, at, day, outcome, complete, in_order, "
                "items, pages) VALUES (?, 'city', 'nb', 'http://www.city.example/nb/', 'x', ?, ?, ?, 1, 1, ?, '[]')",
                (run, at, at[:10], "ok" if items else "empty_listing", items))
        listing = connection.execute("SELECT min(id) FROM listing").fetchone()[0]
        connection.execute(
            "INSERT INTO sighting (listing, url, title, route, scope, year, printed_body, reason) VALUES (?, ?, ?, "
            "'unrouted', 'own', 2025, '示例市卫健局', 'unknown_body')",
            (listing, "http://www.city.example/1.html", "示例市卫健局<2025>年度报告"))
    return made


@pytest.fixture
def client(office):
    return visitor(office.settings)


def test_a_run_under_way_tells_how_far_it_is_and_when_it_last_moved(client):
    page = client.get("/runs").text
    assert "<progress" in page
    assert 'max="1" value="0"' in page
    assert "最近进展" in page
    assert "另有1个站点尚未核查完" in page
    assert "scan --resume" not in page
    assert 'http-equiv="refresh"' not in page


def test_a_run_without_a_sign_of_life_says_how_to_go_on(office, client):
    with office.store.write() as connection:
        connection.execute("UPDATE run SET started = ?1, heartbeat = ?1 WHERE id = 'r9'",
                           ("2026-02-08T01:00:00+08:00",))
    page = client.get("/runs").text
    assert "可能已中断" in page
    assert "scan --resume" in page


@pytest.mark.parametrize(("path", "words"), [("/runs", ("由谁处理", "网站承办单位", "超时")),
                                            ("/en/runs", ("Whose job", "who runs the site"))])
def test_outcomes_with_whose_job_and_how_to_mend(client, path, words):
    page = client.get(path, params={"run": "r2026-02-02T09:00:00+08:00"}).text
    for word in words:
        assert word in page
    assert "2026" in page


def test_the_operator_sees_portals_with_the_age_of_the_last_success(client):
    page = client.get("/runs", params={"run": "r2026-02-02T09:00:00+08:00"}).text
    assert "示例市门户" in page
    assert "35天前" in page
    assert "/export/portals.csv?id=r2026" in page


def test_titles_and_emptied_columns_on_request(client):
    titles = client.get("/runs?part=titles").text
    assert "示例市卫健局&lt;2025&gt;年度报告" in titles
    assert "名单中没有" in titles
    assert "示例市卫生健康局" in titles
    assert "示例市卫健局" not in client.get("/runs").text
    emptied = client.get("/runs?part=emptied").text
    assert "多因网站改版" in emptied
    assert 'class="number">7<' in emptied


def test_a_reader_sees_outcomes_but_neither_portals_nor_titles(client, monkeypatch):
    monkeypatch.setattr("monitor.web.sessions.Person", lambda name, _role, local=False: Person(name, "viewer"))
    page = client.get("/runs?part=titles&run=r2026-02-02T09:00:00%2B08:00").text
    assert "网站承办单位" in page
    assert "示例市门户" not in page
    assert "卫健局" not in page
    assert 'part=titles#part' not in page


def test_a_remit_without_a_portal_sees_none_of_it(client, monkeypatch):
    monkeypatch.setattr("monitor.web.sessions.Person",
                        lambda name, _role, local=False: Person(name, "operator", ("nobody",)))
    page = client.get("/runs?part=titles&run=r2026-02-02T09:00:00%2B08:00").text
    assert "示例市门户" not in page
    assert "卫健局" not in page


def test_no_run_yet_and_a_run_there_is_not(tmp_path, client):
    assert client.get("/runs?run=nothing").status_code == 404
    office = Office(tmp_path / "other")
    with office.store.write() as connection:
        connection.execute("DELETE FROM run_portal")
        connection.execute("DELETE FROM run")
    assert "尚未巡查" in visitor(office.settings).get("/runs").text
