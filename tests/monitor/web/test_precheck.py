"""Drafts looked through on a page: what it says, what it withstands, and that nothing stays."""

from __future__ import annotations

import html
import io
import re
from pathlib import Path

import docx
import openpyxl
import pytest

from monitor.web.people import Person
from monitor.web.views import precheck
from tests.monitor.office import Office
from tests.monitor.web.library import shelve
from tests.monitor.web.served import token_of, visitor

DRAFT = """<html><head><title>示例市教育局2025年政府信息公开工作年度报告</title></head><body>
<h1>示例市教育局2025年政府信息公开工作年度报告</h1>
<p>一、总体情况</p><p>本年度收到政府信息公开申请31件。{extra}</p><p>二、主动公开政府信息情况</p>
<table><tr><td>信息内容</td><td>本年制发件数</td><td>本年废止件数</td><td>现行有效件数</td></tr>
<tr><td>规章</td><td>0</td><td>0</td><td>0</td></tr><tr><td>行政规范性文件</td><td>5</td><td>1</td><td>2</td></tr></table>
<p>三、收到和处理政府信息公开申请情况</p><p>四、政府信息公开行政复议、行政诉讼情况</p>
<p>五、存在的主要问题及改进情况</p><p>存在问题：培训偏少。改进措施：每季培训一次。</p>
<p>六、其他需要报告的事项</p><p>无。</p></body></html>"""


@pytest.fixture
def office(tmp_path):
    made = Office(tmp_path)
    shelve(made, "edu", 2024)
    return made


@pytest.fixture
def client(office):
    made = visitor(office.settings)
    made.sent = token_of(made.get("/precheck").text)
    return made


def send(client, *files, path="/precheck", **fields):
    return client.post(path, data={"token": client.sent, **fields},
                       files=[("file", (name, data)) for name, data in files] or None)


def draft(extra=""):
    return DRAFT.format(extra=extra).encode()


@pytest.mark.parametrize(("path", "words"), [("/precheck", "系统比对意见"),
                                             ("/en/precheck", "to be checked by a person")])
def test_an_opinion_tells_what_to_mend_and_what_was_read(client, path, words):
    answer = send(client, ("稿.html", draft("<script>alert(1)</script>&lt;b&gt;")), path=path)
    assert answer.status_code == 200, answer.text
    page = answer.text
    assert words in page
    assert "示例市教育局" in page
    assert "稿.html" in page
    assert "<script" not in page
    assert re.search(r'<td class="number">5</td>', page)


def test_nothing_of_a_draft_stays(client, office, tmp_path, monkeypatch):
    place = tmp_path / "temporary"
    place.mkdir()
    monkeypatch.setenv("TMPDIR", str(place))
    monkeypatch.setattr("tempfile.tempdir", None)
    before = {path: path.stat().st_mtime_ns for path in Path(office.folder).rglob("*")
              if path.is_file() and "nianbao.db" not in path.name}
    with office.store.read() as connection:
        held = [connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
                for table in ("report", "finding", "capture", "standing", "audit")]
    marker = "独有字样甲乙丙丁" * 60_000  # more than what uploads keep in memory
    assert send(client, ("大稿.html", draft(marker))).status_code == 200
    assert list(place.iterdir()) == []
    after = {path: path.stat().st_mtime_ns for path in Path(office.folder).rglob("*")
             if path.is_file() and "nianbao.db" not in path.name and place not in path.parents}
    assert after == before
    with office.store.read() as connection:
        assert held == [connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
                        for table in ("report", "finding", "capture", "standing", "audit")]
    for path in Path(office.folder).glob("nianbao.db*"):
        assert "独有字样".encode() not in path.read_bytes()


def sealed(page):
    return html.unescape(re.search(r'name="opinion" value="([^"]+)"', page)[1])


def test_the_opinion_is_there_as_workbook_and_paper(client):
    page = send(client, ("稿.html", draft())).text
    book = client.post("/opinion", data={"token": client.sent, "opinion": sealed(page), "as": "xlsx"})
    assert book.status_code == 200
    cells = [str(cell.value) for sheet in openpyxl.load_workbook(io.BytesIO(book.content)) for row in sheet
             for cell in row]
    assert any("示例市教育局" in cell for cell in cells)
    paper = client.post("/opinion", data={"token": client.sent, "opinion": sealed(page), "as": "docx"})
    assert "示例市教育局" in "".join(each.text for each in docx.Document(io.BytesIO(paper.content)).paragraphs)


@pytest.mark.parametrize("change", [lambda text: "0" + text[1:], lambda text: text[:-4], lambda text: "",
                                    lambda text: ".", lambda text: "x.y"])
def test_an_opinion_that_was_not_given_is_refused(client, change):
    page = send(client, ("稿.html", draft())).text
    text = sealed(page)
    made = change(text)
    if made == text:
        made = "1" + text[1:]
    assert client.post("/opinion", data={"token": client.sent, "opinion": made, "as": "xlsx"}).status_code == 400


def test_files_that_cannot_be_read_and_that_are_no_report_are_told(client):
    page = send(client, ("坏.docx", b"PK\x03\x04broken"),
                ("a/b\\..\\通知.html", b"<p>" + "关于开会的通知。".encode() * 9)).text
    assert "未能读取的文件" in page
    assert "坏.docx" in page
    assert "通知.html" in page
    assert "a/b" not in page


def test_two_files_of_one_name_are_both_told(client):
    page = send(client, ("稿.html", draft()), ("稿.html", draft("第二稿。"))).text
    assert "2 稿.html" in page


@pytest.mark.parametrize(("files", "fields", "status"), [
    ([], {}, 400), ([("稿.html", draft())], {"year": "abcd"}, 400),
    ([(f"{number}.html", b"x") for number in range(11)], {}, 400)])
def test_wrong_forms_are_told(client, files, fields, status):
    assert send(client, *files, **fields).status_code == status


def test_without_the_token_nothing_is_read(client):
    answer = client.post("/precheck", files=[("file", ("稿.html", draft()))])
    assert answer.status_code == 403


def test_too_large_a_form_is_refused(client, monkeypatch):
    answer = client.post("/precheck", content=b"", headers={"Content-Length": str(precheck.LARGEST + 1),
                                                           "Content-Type": "multipart/form-data; boundary=x"})
    assert answer.status_code == 413


def test_a_third_at_once_is_told_to_wait(client, monkeypatch):
    class Full:
        def acquire(self, timeout):
            return False

    monkeypatch.setattr(precheck, "_reading", Full())
    answer = send(client, ("稿.html", draft()))
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "60"


def test_earlier_reports_of_others_are_not_held_beside_a_draft(client, office, monkeypatch):
    assert "取自已采集的公布版" in send(client, ("稿.html", draft())).text
    monkeypatch.setattr("monitor.web.sessions.Person",
                        lambda name, _role, local=False: Person(name, "viewer", ("health",)))
    page = send(client, ("稿.html", draft())).text
    assert "取自已采集的公布版" not in page
