"""Letters from the pages: what is ready, the draft, recording it, links for replies by page and by command."""

from __future__ import annotations

import io
import json
import re
import zipfile
from urllib.parse import unquote

import docx
import pytest

from monitor import cli, signing
from monitor.web import replies
from tests.monitor.web.guarded import EDU, TRADE, House, cheap, form_of


@pytest.fixture(autouse=True)
def _cheap(monkeypatch):
    cheap(monkeypatch)
    yield
    signing.require(False)


@pytest.fixture
def house(tmp_path):
    house = House(tmp_path, general='[general]\noffice = "示例市人民政府办公室"\nlink = "https://nb.example"\n')
    house.decide(EDU.id, "confirm", author="sun")
    return house


def item(finding, state="confirmed"):
    return f"{finding.id}:{finding.fact}:{state}"


def send(client, action="draft", body="edu", **fields):
    page = f"/letters/{body}"
    return client.post(page, data={"until": "2026-03-10", "year": "2025", "item": [item(EDU)], "action": action,
                                   **form_of(client, "/letters/edu"), **fields})


def texts(answer):
    return "\n".join(each.text for each in docx.Document(io.BytesIO(answer.content)).paragraphs)


def faults(answer):
    return "".join(re.findall(r'class="fault"[^>]*>([^<]*)', answer.text))


def test_only_confirmed_findings_of_the_remit_are_ready(house):
    page = house.as_("qian", ).get("/letters").text
    assert "/letters/edu?year=2025" in page
    assert "/letters/trade" not in page
    house.decide(TRADE.id, "confirm")
    assert "/letters/trade" in house.as_("qian").get("/letters").text
    assert "/letters/trade" not in house.as_("edu").get("/letters").text
    assert house.as_("edu").get("/letters/trade").status_code == 404
    assert "Letters" in house.as_("qian").get("/en/letters").text
    assert house.as_("zhao").get("/letters").status_code == 403


def test_the_draft_is_the_letter_and_changes_nothing(house):
    answer = send(house.as_("qian"))
    assert answer.status_code == 200
    assert unquote(answer.headers["content-disposition"]).endswith("示例市教育局-提醒函.docx")
    text = texts(answer)
    assert "示例市教育局：" in text
    assert "2026年3月10日前" in text
    assert "/reply/" not in text
    assert house.state(EDU.id) == "confirmed"


def test_a_link_is_printed_in_the_letter_where_asked_for(house):
    text = texts(send(house.as_("qian"), link="1", number="示函3号"))
    secret = re.search(r"https://nb\.example/reply/([0-9a-f]{48})", text)[1]
    with house.store.read() as connection:
        link = replies.find(connection, secret)
    assert (link.body, link.findings, link.number, link.author) == ("edu", ((EDU.id, EDU.fact),), "示函3号", "qian")
    assert secret not in str(house.rows("SELECT * FROM reply_link"))
    assert secret not in str(house.rows("SELECT * FROM web_trail"))


def test_a_link_alone_is_shown_once_and_can_be_taken_back(house):
    client = house.as_("qian")
    answer = send(client, "link")
    secret = re.search(r"/reply/([0-9a-f]{48})", answer.text)[1]
    page = client.get("/letters").text
    assert secret not in page
    assert "待反馈" in page
    assert house.visitor().get(f"/reply/{secret}").status_code == 200
    answer = client.post("/reply-revoke/1", data=form_of(client, "/letters/edu"))
    assert answer.status_code == 303
    assert "已收回" in client.get("/letters").text
    assert "已收回" in house.visitor().get(f"/reply/{secret}").text


def test_others_links_can_t_be_taken_back_or_seen(house):
    house.decide(TRADE.id, "confirm")
    with house.store.write() as connection:
        replies.make(connection, "trade", [(TRADE.id, TRADE.fact)], author="qian", days=5, number="密函9号")
    client = house.as_("edu")
    assert "密函9号" not in client.get("/letters").text
    form = form_of(client, "/letters/edu")
    assert client.post("/reply-revoke/1", data=form).status_code == 404
    assert client.post("/reply-revoke/99", data=form).status_code == 404
    assert client.post("/reply-revoke/x", data=form).status_code == 404
    assert house.rows("SELECT revoked FROM reply_link") == [(None,)]


def test_recording_moves_the_findings_with_number_and_day(house):
    answer = send(house.as_("qian"), "notify", number="示函〔2026〕3号")
    assert answer.headers["location"] == "/letters?said=said_recorded"
    assert house.state(EDU.id) == "notified"
    (author, until, detail), = house.rows("SELECT author, until, detail FROM audit WHERE action = 'notify'")
    assert (author, until, json.loads(detail)) == ("qian", "2026-03-10", {"number": "示函〔2026〕3号"})


@pytest.mark.parametrize(("fields", "said"), [
    ({"item": []}, "没有选择"), ({"until": ""}, "日期"), ({"until": "2020-01-01"}, "日期"),
    ({"item": ["x"]}, "重新打开"),
    ({"item": [item(TRADE)]}, "有变化"), ({"item": [f"{EDU.id}:other:confirmed"]}, "有变化"),
    ({"item": [item(EDU, "approved")]}, "有变化"), ({"year": "1999"}, "有变化")])
def test_wrong_forms_write_no_letter(house, fields, said):
    answer = send(house.as_("qian"), **fields)
    assert answer.status_code == 400
    assert said in faults(answer)


def test_what_was_dismissed_meanwhile_gets_into_no_letter(house):
    client = house.as_("qian")
    form = form_of(client, "/letters/edu", until="2026-03-10", year="2025", item=[item(EDU)])
    house.decide(EDU.id, "dismiss", reason="x", author="li")
    for action in ("draft", "notify", "link"):
        assert client.post("/letters/edu", data={**form, "action": action}).status_code == 400
    assert house.state(EDU.id) == "dismissed"


def test_with_three_persons_only_what_was_approved_goes_out(tmp_path):
    house = House(tmp_path, web="sign_off = true\n")
    house.visitor()
    house.decide(EDU.id, "confirm", author="qian")
    client = house.as_("sun")
    page = client.get("/letters/edu").text
    assert "disabled" in page
    assert "待签发" in page
    assert send(client).status_code == 400
    house.decide(EDU.id, "approve", author="sun")
    assert send(client, item=[item(EDU, "approved")]).status_code == 200
    assert send(client, "notify", item=[item(EDU, "approved")]).status_code == 409, "who approved doesn't send"
    assert send(house.as_("li"), "notify", item=[item(EDU, "approved")]).status_code == 303


@pytest.mark.parametrize("body", ["nowhere", "../../etc", "%2e%2e", "edu;x"])
def test_bodies_that_are_not_there_have_no_letters(house, body):
    assert house.as_("qian").get(f"/letters/{body}").status_code == 404


# ---------------------------------------------------------------- several at once
def bulk(client, items, **fields):
    return client.post("/worklist", data=form_of(client, "/letters/edu", item=items, action="letter", **fields))


def test_drafts_for_several_bodies_come_in_one_archive_and_change_nothing(house):
    house.decide(TRADE.id, "confirm")
    client = house.as_("qian")
    assert 'value="letter"' in client.get("/worklist?tab=confirmed").text
    assert 'value="letter"' not in client.get("/worklist").text
    answer = bulk(client, [item(EDU), item(TRADE)], until="2026-03-10")
    assert answer.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        names = archive.namelist()
        assert sum(each.endswith(".docx") for each in names) == 2
        paper = next(each for each in names if "教育局" in each)
        text = "\n".join(each.text for each in docx.Document(io.BytesIO(archive.read(paper))).paragraphs)
    assert "2026年3月10日前" in text
    assert house.state(EDU.id) == "confirmed"


@pytest.mark.parametrize("items", [[item(TRADE)], [item(EDU), item(TRADE)], [item(EDU, "open")],
                                   [f"{EDU.id}:old:confirmed"]])
def test_no_archive_holds_what_isn_t_confirmed_as_shown(house, items):
    assert bulk(house.as_("qian"), items).status_code == 400


def test_no_archive_reaches_over_a_remit(house):
    house.decide(TRADE.id, "confirm")
    assert bulk(house.as_("edu"), [item(EDU), item(TRADE)]).status_code == 400
    assert bulk(house.as_("edu"), [item(EDU)]).status_code == 200


# ---------------------------------------------------------------- by command
def nianbao(house, *arguments):
    return cli.run(["--config", str(house.office.settings), "--lang", "en", *arguments])


def test_a_link_by_command(house, capsys):
    assert nianbao(house, "review", "reply-link", EDU.id, "--author", "qian", "--number", "3", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["address"].startswith("https://nb.example/reply/")
    assert told["findings"] == [EDU.id]
    assert house.visitor().get(told["address"].removeprefix("https://nb.example")).status_code == 200
    assert nianbao(house, "review", "reply-link", EDU.id, "--author", "qian") == 0
    assert re.fullmatch(r"https://nb\.example/reply/[0-9a-f]{48}\n", capsys.readouterr().out)


@pytest.mark.parametrize(("ids", "said"), [([], "name the findings"), (["nope"], "no finding"),
                                           ([EDU.id, TRADE.id], "2 bodies")])
def test_links_that_can_t_be_made_by_command(house, capsys, ids, said):
    assert nianbao(house, "review", "reply-link", *ids, "--author", "qian") == 2
    assert said in capsys.readouterr().err


def test_a_link_nobody_could_open_is_refused(tmp_path, capsys):
    house = House(tmp_path)
    assert nianbao(house, "review", "reply-link", EDU.id, "--author", "qian") == 2
    assert "[general] link" in capsys.readouterr().err
