"""The worklist: who sees what, order and filters, several at once, ledgers that came back."""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import replace

import openpyxl
import pytest

from crawler import clock
from crawler.roster import Roster
from monitor import review
from monitor.exports import ledger_book
from monitor.model import Finding
from monitor.web import backlog, deciding
from tests.monitor.exports.test_ledger import fill_in
from tests.monitor.office import DOUBTFUL, NEXT_WEEK
from tests.monitor.web.guarded import EDU, TRADE, House, cheap, form_of
from tests.monitor.web.served import token_of


@pytest.fixture(autouse=True)
def _cheap(monkeypatch):
    cheap(monkeypatch)


@pytest.fixture
def house(tmp_path):
    return House(tmp_path)


def ids(page):
    return [each.split(":")[0] for each in re.findall(r'name="item" value="([^"]+)"', page.text)]


def items(*findings, state="open"):
    return [f"{each.id}:{each.fact}:{state}" for each in findings]


# ---------------------------------------------------------------- what it shows
def test_it_lists_what_is_open_by_severity_and_counts_every_state(house):
    client = house.as_("qian")
    page = client.get("/worklist")
    assert page.status_code == 200
    assert ids(page) == [EDU.id, TRADE.id]
    assert "示例市教育局" in page.text
    house.decide(EDU.id, "confirm")
    page = client.get("/worklist")
    assert ids(page) == [TRADE.id]
    assert ids(client.get("/worklist?tab=confirmed")) == [EDU.id]
    assert re.search(r"属实 <span class=\"count\">1<", page.text)
    english = client.get("/en/worklist").text
    assert "Worklist" in english
    assert "to verify" in english


def test_doubtful_findings_are_shown_only_when_asked_for(house):
    client = house.as_("qian")
    assert DOUBTFUL.id not in ids(client.get("/worklist"))
    assert ids(client.get("/worklist?outcome=uncertain")) == [DOUBTFUL.id]
    assert set(ids(client.get("/worklist?outcome=any"))) == {EDU.id, TRADE.id, DOUBTFUL.id}


@pytest.mark.parametrize(("query", "found"), [
    ("under=edu", [EDU]), ("under=示例市商务局", [TRADE]), ("rule=PUB-01", [TRADE]), ("severity=E", [EDU, TRADE]),
    ("severity=W", []), ("year=2025", [EDU, TRADE]), ("year=2024", []), ("days=7", [EDU, TRADE]), ("days=30", []),
    ("mine=1", []), ("replied=1", []), ("sort=body", [EDU, TRADE]), ("sort=nonsense", [EDU, TRADE]),
    ("tab=nonsense", [EDU, TRADE]), ("page=999", [EDU, TRADE])])
def test_filters_hold(house, query, found):
    assert ids(house.as_("qian").get(f"/worklist?{query}")) == [each.id for each in found]


@pytest.mark.parametrize("query", ["under=nowhere", "rule=X-1", "severity=Z", "year=x", "page=-1", "days=999999"])
def test_wrong_filters_are_told(house, query):
    assert house.as_("qian").get(f"/worklist?{query}").status_code == 400


def test_mine_are_those_i_decided_on(house):
    house.decide(EDU.id, "confirm", author="qian")
    assert ids(house.as_("qian").get("/worklist?tab=confirmed&mine=1")) == [EDU.id]
    assert ids(house.as_("sun").get("/worklist?tab=confirmed&mine=1")) == []


def test_a_remit_sees_its_own_and_may_not_widen_it(house):
    client = house.as_("edu")
    page = client.get("/worklist?outcome=any")
    assert ids(page) == [EDU.id]
    assert "商务局" not in page.text
    assert client.get("/worklist?under=trade").status_code == 400


def test_viewers_look_and_don_t_act(house):
    page = house.as_("zhao").get("/worklist")
    assert page.status_code == 200
    assert 'name="item"' not in page.text
    assert f"/finding/{EDU.id}" in page.text
    answer = house.as_("zhao").post("/worklist", data={"token": token_of(page.text), "item": items(EDU)})
    assert answer.status_code == 403


def test_an_empty_installation_has_an_empty_list(house):
    with house.store.write() as connection:
        connection.execute("DELETE FROM finding")
    page = house.as_("qian").get("/worklist")
    assert page.status_code == 200
    assert "没有符合条件的事项" in page.text


def test_pages_hold_fifty_and_lead_through_all(house):
    many = [replace(EDU, subject=f"column{number}") for number in range(120)]
    house.office.judge(NEXT_WEEK, many)
    client, seen, address = house.as_("qian"), [], "/worklist?sort=oldest"
    while address:
        page = client.get(address)
        seen += ids(page)
        following = re.search(r'href="([^"]+)" rel="next"', page.text)
        address = following[1].replace("&amp;", "&") if following else ""
    assert len(seen) == len(set(seen)) == 120


def test_a_snooze_whose_day_has_come_waits_among_the_open_ones_before_any_run(house, monkeypatch):
    house.decide(EDU.id, "snooze", reason="x", until="2026-02-20")
    client = house.as_("qian")
    assert EDU.id not in ids(client.get("/worklist"))
    assert ids(client.get("/worklist?tab=snoozed")) == [EDU.id]
    later = clock.parse("2026-02-21T09:00")
    monkeypatch.setattr(clock, "now", lambda: later)
    client = house.as_("sun")
    assert EDU.id in ids(client.get("/worklist"))
    page = client.get("/worklist?tab=snoozed")
    assert ids(page) == []
    assert EDU.id in ids(client.get("/worklist"))
    answer = client.post("/worklist", data=form_of(client, "/worklist", item=items(EDU), action="confirm"))
    assert answer.status_code == 303
    assert house.state(EDU.id) == "confirmed"


def test_what_was_told_and_found_no_more_waits_for_a_person(house):
    house.decide(EDU.id, "confirm", "notify")
    house.office.judge(NEXT_WEEK, [TRADE])
    page = house.as_("qian").get("/worklist?tab=gone")
    assert f"/decide/{EDU.id}" in page.text


def test_hostile_words_are_shown_as_words(house):
    hostile = "<img src=x onerror=alert(1)>\"'>"
    bodies = house.office.folder / "facts" / "bodies.csv"
    bodies.write_text(bodies.read_text("utf-8").replace("示例市教育局", '"<b onload=x>局"'), "utf-8")
    house.office.speak("zh")
    with house.store.write() as connection:
        review.put_findings(connection, [Finding("DOC-05", 1, "W", "fail", "edu", "own", 2025, "x", parameters={
            "section": hostile, "phrase": hostile, "other": hostile, "body": hostile})], at=NEXT_WEEK)
    client = house.as_("qian")
    page = client.get("/worklist").text
    assert "<img" not in page
    assert "<b onload" not in page
    assert "&lt;b onload" in page


# ---------------------------------------------------------------- several at once
def test_several_are_decided_with_one_reason_and_the_filter_stays(house):
    client = house.as_("qian")
    answer = client.post("/worklist", data=form_of(
        client, "/worklist?severity=E", item=items(EDU, TRADE), action="dismiss", reason="同一原因", cause="reading",
        kept="severity=E&evil=//x"))
    assert answer.status_code == 303
    assert answer.headers["location"] == "/worklist?severity=E&said=said_decided"
    assert [house.state(each.id) for each in (EDU, TRADE)] == ["dismissed"] * 2
    assert house.rows("SELECT reason, author FROM audit") == [("同一原因", "qian")] * 2
    (detail,), = house.rows("SELECT detail FROM web_trail WHERE action = 'worklist'")
    assert EDU.id in detail
    assert TRADE.id in detail


def test_what_changed_meanwhile_is_left_alone_and_told_the_rest_is_done(house):
    client = house.as_("qian")
    house.decide(EDU.id, "dismiss", reason="x", author="li")
    answer = client.post("/worklist", data=form_of(client, "/worklist", item=items(EDU, TRADE), action="confirm"))
    assert answer.status_code == 200
    assert "li" in answer.text
    assert "已办理1项，未办理1项" in answer.text
    assert (house.state(EDU.id), house.state(TRADE.id)) == ("dismissed", "confirmed")


@pytest.mark.parametrize(("fields", "said"), [
    ({"item": []}, "没有选择"), ({"item": ["x"], "action": "confirm"}, "重新打开"), ({"action": "retract"}, "办理"),
    ({"action": "dismiss"}, "事由"), ({"action": "snooze", "reason": "x"}, "日期"), ({"action": ""}, "办理"),
    ({"item": [f"i{n}:f:open" for n in range(300)], "action": "confirm"}, "最多")])
def test_wrong_bulk_forms_change_nothing(house, fields, said):
    client = house.as_("qian")
    answer = client.post("/worklist", data=form_of(client, "/worklist", **{"item": items(EDU), **fields}))
    assert answer.status_code == 400
    assert said in answer.text
    assert house.rows("SELECT count(*) FROM audit") == [(0,)]


def test_findings_of_others_can_t_be_decided_by_naming_them(house):
    client = house.as_("edu")
    answer = client.post("/worklist", data=form_of(client, "/worklist", item=items(EDU, TRADE), action="confirm"))
    assert "不在您的范围内" in answer.text
    assert "商务局" not in answer.text
    assert (house.state(EDU.id), house.state(TRADE.id)) == ("confirmed", "open")


# ---------------------------------------------------------------- a ledger that came back
def ledger(house, rows):
    path = house.office.folder / "ledger.xlsx"
    ledger_book.write(house.store, Roster.load(), house.office.loaded(), path, "zh")
    return fill_in(path, rows).read_bytes()


def send(client, data, name="台账.xlsx"):
    return client.post("/worklist-ledger", data=form_of(client, "/worklist"), files={"ledger": (name, data)})


def lines(answer):
    import html

    return [html.unescape(each) for each in re.findall(r'name="line" value="([^"]+)"', answer.text)]


def test_a_ledger_is_shown_row_by_row_before_it_counts(house):
    data = ledger(house, {EDU.id: ("属实", "看过", None, "张三"), TRADE.id: ("误报", "", None, "张三")})
    client = house.as_("qian")
    seen = send(client, data)
    assert seen.status_code == 200
    assert "可写入1行" in seen.text
    assert (house.state(EDU.id), house.rows("SELECT count(*) FROM audit")) == ("open", [(0,)])
    answer = client.post("/worklist-bring-in", data={"token": token_of(seen.text), "line": lines(seen)})
    assert answer.status_code == 200
    assert house.state(EDU.id) == "confirmed"
    assert house.state(TRADE.id) == "open"
    (author, reason), = house.rows("SELECT author, reason FROM audit")
    assert author == "qian", "who is logged in answers for it"
    assert "张三" in reason
    again = send(client, data)
    assert lines(again) == []


def test_a_ledger_older_than_a_decision_changes_nothing(house):
    data = ledger(house, {EDU.id: ("属实", "", None, "张三")})
    client = house.as_("qian")
    seen = send(client, data)
    house.decide(EDU.id, "dismiss", reason="x", author="li")
    answer = client.post("/worklist-bring-in", data={"token": token_of(seen.text), "line": lines(seen)})
    assert "li" in answer.text
    assert house.state(EDU.id) == "dismissed"
    assert lines(send(client, data)) == []


def test_rows_of_other_remits_are_only_counted(house):
    data = ledger(house, {EDU.id: ("属实", "", None, "x"), TRADE.id: ("属实", "", None, "x")})
    client = house.as_("edu")
    seen = send(client, data)
    assert "商务局" not in seen.text
    assert "另有1行" in seen.text
    line = f'["{TRADE.id}", "{TRADE.fact}", "open", "confirm", "", "", ""]'
    client.post("/worklist-bring-in", data={"token": token_of(seen.text), "line": [line]})
    assert house.state(TRADE.id) == "open"


def packed(**members):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, data in members.items():
            archive.writestr(name.replace("__", "/"), data)
    return stream.getvalue()


def other_book():
    stream = io.BytesIO()
    openpyxl.Workbook().save(stream)
    return stream.getvalue()


@pytest.mark.parametrize("data", [
    b"", b"hello", b"%PDF-1.4", b"<html>", b"PK\x03\x04 broken", packed(a=b"x"), other_book(),
    packed(xl__vbaProject=b"x") + b"vbaProject.bin", lambda: packed(bomb=b"\0" * (300 << 20))],
    ids=["empty", "text", "pdf", "html", "broken", "zip", "book", "macros", "bomb"])
def test_what_is_no_ledger_is_refused(house, data):
    answer = send(house.as_("qian"), data() if callable(data) else data)
    assert answer.status_code == 400
    assert "/tmp" not in answer.text


def test_a_ledger_too_large_is_refused_unread(house):
    client = house.as_("qian")
    answer = send(client, b"PK\x03\x04" + b"x" * (21 << 20))
    assert answer.status_code == 413


@pytest.mark.parametrize("line", ["", "x", "[]", "{}", "[1,2]", "null", '["a","b","c","d","e","f","g","h"]', "[[[[["])
def test_damaged_rows_are_refused(house, line):
    client = house.as_("qian")
    answer = client.post("/worklist-bring-in", data=form_of(client, "/worklist", line=[line or " "]))
    assert answer.status_code == 400


# ---------------------------------------------------------------- at scale
@pytest.mark.slow
def test_a_page_costs_the_same_among_a_hundred_thousand(house):
    import time

    with house.store.write() as connection:
        row = dict(connection.execute("SELECT * FROM finding WHERE id = ?", (EDU.id,)).fetchone())
        names = [name for name in row if name != "pack"]
        connection.executemany(
            f"INSERT INTO finding ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})",
            [[{**row, "id": f"x{number}", "severity": "EWI"[number % 3], "year": 2019 + number % 7,
               "state": ("open", "confirmed", "notified", "snoozed")[number % 4]}[name] for name in names]
             for number in range(100_000)])
    client = house.as_("qian")
    for query in ("", "?tab=confirmed&sort=oldest", "?under=edu", "?severity=W&year=2024", "?page=400", "?mine=1"):
        client.get(f"/worklist{query}")
        begun = time.process_time()
        page = client.get(f"/worklist{query}")
        spent = time.process_time() - begun
        assert page.status_code == 200
        assert spent < 0.5, f"{query}: {spent:.3f} s"


def test_every_question_to_the_store_goes_by_index(house):
    with house.store.read() as connection:
        for tab in ("open", backlog.GONE, "verified"):
            condition, values = backlog._tab(tab, {})
            plan = " ".join(row["detail"] for row in connection.execute(
                f"EXPLAIN QUERY PLAN SELECT id FROM finding WHERE {condition} ORDER BY {backlog.SORTS['severity']} "
                "LIMIT 50", values))
            assert "USING" in plan
            assert tab != "open" or "TEMP B-TREE" not in plan, plan


def test_what_a_form_carries_is_read_as_it_was_written():
    shown = deciding.Shown("a", "b", "open")
    assert deciding.Shown.read(str(shown)) == shown
