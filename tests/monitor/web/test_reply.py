"""A body's reply: what it sees, what it may send, that it works once, what becomes of it."""

from __future__ import annotations

import io
import re
import sqlite3
import zipfile
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler import clock
from extract import sniffing
from monitor import audit, proofs, review
from monitor.exceptions import UsageError
from monitor.web import replies
from tests.monitor.office import NEXT_WEEK
from tests.monitor.web.guarded import EDU, TRADE, House, cheap, form_of
from tests.monitor.web.served import token_of

PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\n%%EOF\n"


@pytest.fixture(autouse=True)
def _cheap(monkeypatch):
    cheap(monkeypatch)


@pytest.fixture
def house(tmp_path):
    house = House(tmp_path)
    for finding in (EDU, TRADE):
        house.decide(finding.id, "confirm", "notify", author="qian")
    return house


def link(house, *findings, days=30, body="edu"):
    with house.store.write() as connection:
        return replies.make(connection, body, [(each.id, each.fact) for each in findings or (EDU,)], author="qian",
                            days=days, number="示函3号")[1]


def send(client, secret, files=None, finding=EDU, token=None, **fields):
    page = f"/reply/{secret}"
    form = {f"{name}-{finding.id}" if name != "contact" else name: value for name, value in fields.items()}
    return client.post(page, data={"token": token or token_of(client.get(page).text), "contact": "李四 0571-1", **form},
                       files=[(f"file-{finding.id}", each) for each in files or ()])


def faults(answer):
    return "".join(re.findall(r'class="fault"[^>]*>([^<]*)', answer.text))


# ---------------------------------------------------------------- what a body sees
def test_the_page_holds_the_letter_s_findings_and_nobody_s_name(house):
    secret = link(house)
    answer = house.visitor().get(f"/reply/{secret}")
    assert answer.status_code == 200
    page = answer.text
    assert "示例市教育局" in page
    assert "31＋1" in page
    assert "示函3号" in page
    for hidden in ("qian", "商务局", TRADE.id, "/worklist", "/letters"):
        assert hidden not in page
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert "noindex" in answer.headers["x-robots-tag"]
    assert "Is it true?" in house.visitor().get(f"/en/reply/{secret}").text


@pytest.mark.parametrize("secret", ["x", "0" * 48, "%00", "a" * 3000])
def test_unknown_links_are_nothing(house, secret):
    assert house.visitor().get(f"/reply/{secret}").status_code in (404, 405)


def test_who_guesses_has_to_wait_while_nothing_is_told(house):
    client = house.visitor()
    for number in range(40):
        assert client.get(f"/reply/{number:048}").status_code == 404
    assert client.get(f"/reply/{link(house)}").status_code == 404
    assert house.visitor().get(f"/reply/{link(house)}").status_code == 200


def test_a_secret_has_enough_chance_in_it_and_is_kept_as_a_hash(house):
    made = {link(house) for _ in range(20)}
    assert len(made) == 20
    assert all(re.fullmatch("[0-9a-f]{48}", each) for each in made)
    assert not made & {each for row in house.rows("SELECT * FROM reply_link") for each in row}


# ---------------------------------------------------------------- what becomes of it
@pytest.mark.parametrize(("fields", "after"), [
    ({"answer": "untrue", "text": "原表为32"}, "disputed"), ({"answer": "partly", "text": "仅一处"}, "disputed"),
    ({"answer": "true", "mended": "1"}, "rectified"),
    ({"answer": "true", "fixed": "https://www.city.example/nb/1.html"}, "rectified"),
    ({"answer": "true", "text": "机构合并所致"}, "notified")])
def test_what_is_said_stands_in_the_trail_and_moves_the_state_where_it_fits(house, fields, after):
    secret = link(house)
    answer = send(house.visitor(), secret, **fields)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/reply/{secret}")
    assert house.state(EDU.id) == after
    with house.store.read() as connection:
        steps = audit.steps(connection, [EDU.id], remarks=True)
        assert steps[2].action == "reply"
        assert {step.author for step in steps[2:]} == {"示例市教育局"}
        assert review.list_findings(connection, ids=[EDU.id])[0].number
    office = house.as_("sun")
    page = office.get(f"/decide/{EDU.id}").text
    for said in fields.values():
        assert said in ("untrue", "partly", "true", "1") or said in page
    assert "李四 0571-1" in page
    listed = office.get(f"/worklist?tab={after}&replied=1").text
    assert EDU.id in listed
    assert "有回复" in listed


def test_once_answered_by_the_office_a_reply_waits_no_more(house):
    send(house.visitor(), link(house), answer="untrue", text="x")
    house.decide(EDU.id, "uphold", reason="y", author="sun")
    assert EDU.id not in house.as_("sun").get("/worklist?tab=upheld&replied=1").text


def test_it_works_once_and_shows_what_was_sent(house):
    secret, client = link(house), house.visitor()
    token = token_of(client.get(f"/reply/{secret}").text)
    send(client, secret, answer="untrue", text="第一次", token=token)
    assert send(client, secret, answer="true", text="第二次", token=token).status_code == 409
    page = house.visitor().get(f"/reply/{secret}").text
    assert "第一次" in page
    assert "<textarea" not in page
    assert house.rows("SELECT text FROM reply") == [("第一次",)]


def test_two_at_once_count_once(house):
    secret = link(house)
    with house.store.read() as connection:
        held = replies.find(connection, secret)
    def once():
        with house.store.write() as connection:
            replies.send(connection, None, held, [replies.Said(EDU.id, "untrue", "x")], contact="x", address="",
                         name="示例市教育局")

    once()
    with pytest.raises(UsageError, match="used or taken back"):
        once()
    assert house.rows("SELECT count(*) FROM reply") == [(1,)]


def test_it_ends_with_its_day(house, monkeypatch):
    secret, client = link(house, days=5), house.visitor()
    token = token_of(client.get(f"/reply/{secret}").text)
    later = (clock.now() + timedelta(days=5, hours=1)).isoformat(timespec="seconds")
    monkeypatch.setattr(clock, "stamp", lambda: later)
    assert "到期" in client.get(f"/reply/{secret}").text
    assert send(client, secret, answer="true", token=token).status_code == 409
    assert house.rows("SELECT count(*) FROM reply") == [(0,)]


def test_a_fact_that_changed_since_is_told_and_left_to_the_office(house):
    secret = link(house)
    house.office.judge(NEXT_WEEK, [replace(EDU, right=34, difference=-2, expression="31 + 1 = 30 + 4"), TRADE])
    client = house.visitor()
    assert "发函后事实有变化" in client.get(f"/reply/{secret}").text
    before = house.state(EDU.id)
    assert send(client, secret, answer="untrue", text="x").status_code == 303
    assert house.state(EDU.id) == before
    assert house.rows("SELECT count(*) FROM reply") == [(1,)]


@pytest.mark.parametrize(("fields", "said"), [
    ({}, "是否属实"), ({"answer": "maybe"}, "是否属实"), ({"answer": "untrue"}, "理由"), ({"answer": "partly"}, "理由"),
    ({"answer": "true", "contact": " "}, "填表人"), ({"answer": "true", "fixed": "javascript:alert(1)"}, "http"),
    ({"answer": "true", "text": "x" * 2001}, "2000"), ({"answer": "true", "fixed": "ftp://x"}, "http")])
def test_what_is_lacking_is_told_and_what_was_written_stays_in_the_form(house, fields, said):
    secret = link(house)
    answer = send(house.visitor(), secret, **fields)
    assert answer.status_code == 400
    assert said in faults(answer)
    assert house.rows("SELECT count(*) FROM reply") == [(0,)]
    if fields.get("text"):
        assert fields["text"][:100] in answer.text


def test_several_findings_are_answered_one_by_one(house):
    other = replace(EDU, rule="ARI-02", subject="x")
    house.office.judge(NEXT_WEEK, [EDU, other, TRADE])
    house.decide(other.id, "confirm", "notify", author="qian")
    secret, client = link(house, EDU, other), house.visitor()
    form = form_of(client, f"/reply/{secret}", contact="x", **{
        f"answer-{EDU.id}": "untrue", f"text-{EDU.id}": "a", f"answer-{other.id}": "true", f"mended-{other.id}": "1"})
    assert client.post(f"/reply/{secret}", data=form).status_code == 303
    assert (house.state(EDU.id), house.state(other.id), house.state(TRADE.id)) == ("disputed", "rectified", "notified")


def test_fields_for_findings_of_others_mean_nothing(house):
    secret = link(house)
    client = house.visitor()
    form = form_of(client, f"/reply/{secret}", contact="x", **{
        f"answer-{EDU.id}": "true", f"answer-{TRADE.id}": "untrue", f"text-{TRADE.id}": "x"})
    assert client.post(f"/reply/{secret}", data=form).status_code == 303
    assert house.state(TRADE.id) == "notified"
    assert house.rows("SELECT finding FROM reply") == [(EDU.id,)]


def test_a_reply_stays_as_it_was_sent(house):
    send(house.visitor(), link(house), answer="true", files=[("a.pdf", PDF)])
    for statement in ("UPDATE reply SET text = 'x'", "DELETE FROM reply", "DELETE FROM reply_file",
                      "UPDATE reply_file SET name = 'x'"):
        with sqlite3.connect(house.store.path) as connection, pytest.raises(sqlite3.Error, match="stay as sent"):
            connection.execute(statement)


# ---------------------------------------------------------------- files
def archive(**members):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as made:
        for name, data in {"[Content_Types].xml": b"<Types/>", **members}.items():
            made.writestr(name.replace("__", "/"), data)
    return stream.getvalue()


DOCX = archive(word__document=b"<w/>", **{"word/document.xml": b"<w/>"})


def test_files_are_kept_as_evidence_and_given_only_as_downloads_to_reviewers(house):
    secret = link(house)
    files = [("证明.pdf", PDF), ("b.pdf", PDF + b" ")]
    assert send(house.visitor(), secret, answer="true", files=files).status_code == 303
    page = house.as_("sun").get(f"/decide/{EDU.id}").text
    assert "证明.pdf" in page
    answer = house.as_("sun").get("/reply-file/1")
    assert answer.content == PDF
    assert answer.headers["content-disposition"].startswith("attachment;")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-type"] == "application/octet-stream"
    assert house.as_("edu").get("/reply-file/1").status_code == 200
    assert house.as_("zhao").get("/reply-file/1").status_code == 403
    assert house.visitor().get("/reply-file/1").status_code == 303
    (sha256,), = house.rows("SELECT sha256 FROM reply_file WHERE id = 1")
    with house.store.read() as connection:
        assert sha256 in proofs.everything(connection).hashes


def test_files_of_other_remits_are_not_given(house):
    send(house.visitor(), link(house, TRADE, body="trade"), finding=TRADE, answer="true", files=[("a.pdf", PDF)])
    assert house.as_("sun").get("/reply-file/1").status_code == 200
    assert house.as_("edu").get("/reply-file/1").status_code == 404


@pytest.mark.parametrize("number", ["0", "99", "x", "-1", "1e3", "１", "9" * 30, "../1"])
def test_files_that_are_not_there(house, number):
    assert house.as_("sun").get(f"/reply-file/{number}").status_code == 404


@pytest.mark.parametrize(("name", "data"), [
    ("a.pdf", b"<html><script>alert(1)</script></html>"), ("a.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>"),
    ("a.exe", b"MZ\x90\x00" + b"\0" * 99), ("a.zip", archive(a=b"x")), ("a.pdf", b""),
    ("a.js", b"\x00\x01\x02\x03" * 9),
    ("a.docm", archive(**{"word/document.xml": b"<w/>", "word/vbaProject.bin": b"x"})),
    ("a.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600 + "_VBA_PROJECT".encode("utf-16-le")),
    ("a.docx", lambda: archive(**{"word/document.xml": b"\0" * (replies.INFLATED + 1)})),
    ("a.docx", b"PK\x03\x04 broken word/document.xml"),
    ("a.gif", b"GIF89a" + b"\0" * 20), ("a.xml", b"<?xml version='1.0'?><a/>"), ("a.rar", b"Rar!\x1a\x07\x00xx")],
    ids=["html", "svg", "exe", "zip", "empty", "binary", "macros", "old macros", "bomb", "broken", "gif", "xml", "rar"])
def test_files_that_are_not_taken(house, name, data):
    secret = link(house)
    answer = send(house.visitor(), secret, answer="true", files=[(name, data() if callable(data) else data)])
    assert answer.status_code == 400
    assert name in faults(answer)
    assert house.rows("SELECT count(*) FROM reply") == [(0,)]


@pytest.mark.parametrize(("name", "data"), [
    ("a.pdf", PDF), ("a.docx", DOCX), ("照片.jpeg", b"\xff\xd8\xff\xe0" + b"\0" * 50),
    ("a.png", b"\x89PNG\r\n\x1a\n" + b"\0" * 50), ("说明.txt", "说明文字，逐条列出。".encode())])
def test_files_that_are_taken(name, data):
    assert replies.fit(name, data)[0] == name


def test_a_name_that_says_something_else_gets_its_true_ending():
    assert replies.fit("photo.exe", PDF)[0] == "photo.exe.pdf"
    assert replies.fit("../../etc/passwd", PDF)[0] == "passwd.pdf"
    assert replies.fit("C:\\a\\b.pdf", PDF)[0] == "b.pdf"
    assert replies.fit("x\u202egnp.pdf", PDF)[0] == "x_gnp.pdf"


@given(st.text(max_size=300))
def test_no_name_leads_anywhere_or_breaks_a_header(name):
    shown, kind = replies.fit(name, PDF)
    assert kind == sniffing.PDF
    assert not set(shown) & set("/\\\r\n\0\"<>")
    assert shown.endswith(".pdf")
    assert not shown.startswith("..")
    shown.encode()


def test_too_many_and_too_large_files_are_refused(house):
    client = house.visitor()
    assert send(client, link(house), answer="true", files=[(f"{n}.pdf", PDF) for n in range(11)]).status_code == 400
    large = PDF + b"\0" * (replies.LARGEST + 1)
    assert send(client, link(house), answer="true", files=[("a.pdf", large)]).status_code == 400
    assert send(client, link(house), answer="true", files=[("a.pdf", b"%PDF" + b"\0" * (33 << 20))]).status_code == 413
