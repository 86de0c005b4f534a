"""The pages' tables as files."""

from __future__ import annotations

import csv
import html
import io
import json
import re

import openpyxl
import pytest

from monitor import review
from monitor.web.people import Person
from monitor.web.views import exports
from tests.monitor.office import Office
from tests.monitor.web.library import shelve
from tests.monitor.web.served import visitor


@pytest.fixture
def office(tmp_path):
    made = Office(tmp_path)
    made.report = shelve(made, "edu", 2025, {1: "=图解86篇。全年推送图解。"})
    return made


@pytest.fixture
def client(office):
    return visitor(office.settings)


def rows(client, path):
    answer = client.get(path)
    assert answer.status_code == 200, answer.text
    assert answer.content.startswith(b"\xef\xbb\xbf")
    assert "attachment" in answer.headers["content-disposition"]
    assert int(answer.headers["content-length"]) == len(answer.content)
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))


def notify(office):
    """A letter about the report that isn't there."""
    with office.store.write() as connection:
        finding = connection.execute("SELECT id FROM finding WHERE rule = 'PUB-01'").fetchone()["id"]
        for action in ("confirm", "notify"):
            review.decide(connection, finding, action, author="张三", number="示政公开函〔2026〕3号")


def test_the_overview_with_its_filter(client):
    listed = rows(client, "/export/overview.csv")
    assert len(listed) == 8
    held = {row["单位名称"]: row for row in listed}
    assert held["示例市文化和旅游局"]["状态"] == "逾法定时限公布"
    assert held["示例市文化和旅游局"]["时限依据"] == "法定时限"
    assert held["示例市文化和旅游局"]["公布日期来源"]
    assert held["示例市商务局"]["公布日期"] == ""
    assert [row["单位名称"] for row in rows(client, "/export/overview.csv?status=missing")] == ["示例市商务局"]
    assert [row["name of the body"] for row in rows(client, "/en/export/overview.csv?q=商务")] == ["示例市商务局"]


@pytest.mark.parametrize("name", sorted(exports.TABLES))
def test_every_table_in_every_format_holds_the_same_rows(client, office, name):
    query = {"report": f"id={office.report}", "search": "q=图解", "figures": "key=applications.new.total",
             "portals": "id=" + "r2026-02-02T09%3A00%3A00%2B08%3A00"}.get(name, "")
    if name == "rectification":
        notify(office)
    if name == "portals":
        with office.store.read() as connection:
            from urllib.parse import quote
            query = "id=" + quote(connection.execute("SELECT id FROM run").fetchone()[0], safe="")
    texts = rows(client, f"/export/{name}.csv?{query}")
    items = json.loads(client.get(f"/export/{name}.json?{query}").content)["items"]
    sheet = openpyxl.load_workbook(io.BytesIO(client.get(f"/export/{name}.xlsx?{query}").content)).active
    assert len(texts) == len(items) == sheet.max_row - 1
    assert items
    assert [cell.value for cell in sheet[1]] == list(texts[0])
    for heading in texts[0]:
        assert heading
        assert len(heading) < 30


def test_no_spreadsheet_takes_a_text_for_a_formula(client, office):
    hostile = rows(client, "/export/search.csv?q=图解")[0]
    assert not any(value.startswith(("=", "+", "-", "@", "\t")) for value in hostile.values())
    shelve(office, "health", 2025, {1: "图解2篇。"}, title="=HYPERLINK(1)")
    listed = rows(client, "/export/reports.csv?under=health")
    assert listed[0]["标题"] == "'=HYPERLINK(1)"
    sheet = openpyxl.load_workbook(io.BytesIO(client.get("/export/reports.xlsx?under=health").content)).active
    assert sheet["A2"].value == "=HYPERLINK(1)"
    assert sheet["A2"].data_type == "s"


def test_a_sheet_that_is_cut_says_so(client, monkeypatch):
    monkeypatch.setattr(exports, "ROWS_OF_A_SHEET", 3)
    sheet = openpyxl.load_workbook(io.BytesIO(client.get("/export/overview.xlsx").content)).active
    assert "前3行" in sheet["A1"].value
    assert sheet.max_row == 5
    assert len(rows(client, "/export/overview.csv")) == 8


@pytest.mark.parametrize(("path", "status"), [
    ("/export/nothing.csv", 404), ("/export/overview.pdf", 404), ("/export/overview", 404), ("/export/..%2f.csv", 404),
    ("/export/report.csv", 400), ("/export/report.csv?id=nothing", 404), ("/export/search.csv", 400),
    ("/export/overview.csv?year=x", 400), ("/export/findings.csv?severity=X", 400),
    ("/export/overview.csv?under=x", 404)])
def test_what_there_is_not_is_told(client, path, status):
    assert client.get(path).status_code == status


def test_another_remit_gets_only_its_own_rows(client, office, monkeypatch):
    monkeypatch.setattr("monitor.web.sessions.Person",
                        lambda name, _role, local=False: Person(name, "viewer", ("health",)))
    for name in ("overview", "findings", "reports", "bodies", "search?q=图解", "figures?key=applications.new.total"):
        table, _, query = name.partition("?")
        text = client.get(f"/export/{table}.csv?{query}").content.decode("utf-8-sig")
        assert "教育局" not in text
        assert "edu" not in text
    assert client.get(f"/export/report.csv?id={office.report}").status_code == 404
    assert client.get("/export/portals.csv?id=x").status_code == 403


def test_a_third_file_at_once_has_to_wait(client):
    for _ in range(exports.AT_ONCE):
        exports._making.acquire()
    try:
        answer = client.get("/export/overview.csv")
        assert answer.status_code == 503
        assert answer.headers["retry-after"]
    finally:
        for _ in range(exports.AT_ONCE):
            exports._making.release()
    assert client.get("/export/overview.csv").status_code == 200


@pytest.mark.parametrize("path", ["/trends", "/regions", "/worklist?tab=confirmed", "/method", "/report/{report}",
                                  "/progress?year=2025", "/rectification"])
def test_pages_offer_their_own_table_under_their_own_query(client, office, path):
    page = client.get(path.format(report=office.report)).text
    address = re.search(r'href="(/export/[^"]+\.csv[^"]*)"', page)[1]
    assert ("tab=confirmed" in address) == ("tab=" in path)
    assert client.get(html.unescape(address)).status_code == 200


def test_trends_tell_what_the_page_shows(client):
    held = {(row["内容"], row["年度"], row["项目"]): row["数值"] for row in rows(client, "/export/trends.csv")}
    assert any(year == "2025年度" and value == "8" for (_, year, _), value in held.items())


def test_progress_counts_day_by_day(client):
    held = rows(client, "/export/progress.csv")
    assert {"截至", "年度", "已公布", "比例", "时限"} <= set(held[0])
    counts = [int(row["已公布"]) for row in held if row["年度"] == "2025" and row["已公布"]]
    assert counts == sorted(counts)


def test_rectification_lists_every_finding_in_letters(client, office):
    notify(office)
    held = rows(client, "/export/rectification.csv")
    assert [(row["单位"], row["办理状态"]) for row in held] == [("示例市商务局", "已提醒")]
    assert rows(client, "/export/rectification.csv?group=verified") == []
