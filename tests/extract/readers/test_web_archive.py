"""Web pages saved in one file: the page, its coding and its pictures."""

from email.message import EmailMessage

import pytest

from extract import report
from extract.exceptions import UnreadableDocumentError
from extract.model import Hints, Image
from extract.readers import read as read_medium
from extract.sniffing import DOC, WEB_ARCHIVE, media_type
from tests.documents import making


def made():
    return making.ReportText("示例县2022年政府信息公开工作年度报告", "示例县", 2022, making.figures_2021(19))


def archive(page, pictures=(), coding="utf-8", transfer="quoted-printable"):
    message = EmailMessage()
    message["Subject"] = "x"
    message.set_content(page, subtype="html", charset=coding, cte=transfer)
    message.make_related()
    for name, data in pictures:
        message.add_related(data, "image", "png")
        message.get_payload()[-1]["Content-Location"] = name
    return bytes(message)


def read(data):
    assert media_type(data, "a.doc", DOC) == WEB_ARCHIVE
    return read_medium(data, WEB_ARCHIVE, Hints(name="a.doc"))


@pytest.mark.parametrize(("coding", "transfer"), [("utf-8", "quoted-printable"), ("gb18030", "base64")])
def test_reports_are_read(coding, transfer):
    text = made()
    page = f"<html><head><title>{text.title}</title></head><body>{making.html_body(text)}</body></html>"
    document = read(archive(page, [("logo.png", b"\x89PNG")], coding, transfer))
    found = report.build(document)
    assert {key: found.figures[key].value for key in text.figures} == text.figures
    assert (found.title, document.problems) == (text.title, [])


def test_pictures_come_with_their_bytes():
    text = made()
    pictures = [(f"file:///C:/x/a.files/table{number}.png", making.table_image(text, number)) for number in (2, 3, 4)]
    page = f"<html><body>{making.html_body(text, tables_as_images=True, image_folder='a.files/')}</body></html>"
    document = read(archive(page, pictures))
    assert [block.data for block in document.blocks if isinstance(block, Image)] == [data for _, data in pictures]


def test_a_cut_archive_says_so():
    text = made()
    data = archive(f"<html><body>{making.html_body(text)}</body></html>", [("a.png", b"\x89PNG" * 999)])
    document = read(data[:-500])
    assert document.damaged
    assert any("cut off" in problem for problem in document.problems)


def test_an_archive_without_a_page():
    with pytest.raises(UnreadableDocumentError, match="without a page"):
        read(b"MIME-Version: 1.0\r\nContent-Type: multipart/related;\r\n boundary=x\r\n\r\n--x\r\n"
             b"Content-Type: image/png\r\n\r\nabc\r\n--x--")
