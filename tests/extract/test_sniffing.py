"""Types by content, against wrong names, odd beginnings and hostile bytes."""

import io
import zipfile

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from extract import sniffing
from extract.sniffing import media_type
from tests.documents import making

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
PAGE = "<!DOCTYPE html><html><head><title>年度报告</title></head><body><p>正文</p></body></html>"


def archive(*names, content=b"x"):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as made:
        for name in names:
            # A day of its own: names of tests hold these bytes, and must be the same in every process.
            made.writestr(zipfile.ZipInfo(name), content)
    return buffer.getvalue()


def ole(*streams):
    return OLE + bytes(504) + b"".join(stream.encode("utf-16-le") + bytes(20) for stream in streams)


CASES = [
    (b"", "", sniffing.EMPTY),
    (b"%PDF-1.7\n%\xe2\xe3", "", sniffing.PDF),
    (b"\r\n\r\n%PDF-1.4\n1 0 obj", "a.html", sniffing.PDF),
    (b"junk of a proxy\n" * 10 + b"%PDF-1.4", "", sniffing.PDF),
    (PAGE.encode(), "report.pdf", sniffing.HTML),
    (f"<p>how a %PDF-1.4 begins</p>{PAGE}".encode(), "", sniffing.HTML),
    (PAGE.encode("gb18030"), "", sniffing.HTML),
    (PAGE.encode("utf-16"), "", sniffing.HTML),
    (PAGE.encode("utf-16-be"), "", sniffing.HTML),
    (PAGE.encode("utf-8-sig"), "", sniffing.HTML),
    (("<!-- made by a machine -->\n" * 50 + "<?xml version='1.0'?>" + PAGE).encode(), "", sniffing.HTML),
    (b"<div class='verify'>are you a robot?</div>", "table.docx", sniffing.HTML),
    (b"<?xml version='1.0'?><datastore><record><![CDATA[<a href='x'>t</a>]]></record></datastore>", "", sniffing.XML),
    (b'{"code": 200, "html": "<p>x</p>"}', "", sniffing.JSON),
    (b"[1, 2]", "", sniffing.JSON),
    ("一、总体情况\n正文 3 < 4".encode(), "", sniffing.PLAIN),
    ("一、总体情况".encode("gb18030"), "a.doc", sniffing.PLAIN),
    (b"id,name\n1,x\n", "bodies.csv", sniffing.CSV),
    (archive("[Content_Types].xml", "word/document.xml"), "a.zip", sniffing.DOCX),
    (archive("xl/workbook.xml"), "", sniffing.XLSX),
    (archive("ppt/presentation.xml"), "", sniffing.PPTX),
    (archive("OFD.xml", "Doc_0/Document.xml"), "", sniffing.OFD),
    (archive("mimetype", "content.xml"), "", sniffing.ODT),
    (archive("mimetype", "content.xml", content=b"application/vnd.oasis.opendocument.spreadsheet"), "", sniffing.ODS),
    (archive("content.xml"), "a.ods", sniffing.ODS), (archive("content.xml"), "a.odt", sniffing.ODT),
    (archive("年报.pdf", "附件.doc"), "", sniffing.ZIP),
    (archive("word/document.xml")[:60], "", sniffing.DOCX),
    (ole("Root Entry", "WordDocument"), "a.pdf", sniffing.DOC),
    (ole("Root Entry", "WordDocument"), "a.wps", sniffing.WPS),
    (ole("Root Entry", "Workbook"), "", sniffing.XLS),
    (ole("Root Entry", "PowerPoint Document"), "", sniffing.PPT),
    (ole("EncryptionInfo", "EncryptedPackage"), "a.docx", sniffing.ENCRYPTED),
    (ole("Root Entry"), "a.wps", sniffing.WPS),
    (ole("Root Entry"), "", sniffing.OLE),
    (b"{\\rtf1\\ansi", "a.doc", sniffing.RTF),
    (b"\x89PNG\r\n\x1a\n....", "a.jpg", "image/png"),
    (b"\xff\xd8\xff\xe0..JFIF", "", "image/jpeg"),
    (b"GIF89a..", "", "image/gif"),
    (b"II*\x00....", "", "image/tiff"),
    (b"BM" + bytes(12) + b"\x28" + bytes(40), "", "image/bmp"),
    (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "", "image/webp"),
    (b"Rar!\x1a\x07\x00", "a.zip", "application/vnd.rar"),
    (b"7z\xbc\xaf\x27\x1c", "", "application/x-7z-compressed"),
    (b"\x1f\x8b\x08", "", "application/gzip"),
    (bytes(range(256)) * 4, "a.pdf", sniffing.UNKNOWN),
]


@pytest.mark.parametrize(("data", "name", "kind"), CASES)
def test_type_by_content(data, name, kind):
    assert media_type(data, name) == kind


def test_the_declared_type_only_breaks_ties():
    assert media_type(ole("Root Entry"), declared="application/msword; charset=x") == sniffing.DOC
    assert media_type(PAGE.encode(), declared="application/pdf") == sniffing.HTML


def test_made_documents():
    made = making.ReportText("题", "示例局", 2021, making.figures_2021(1))
    assert media_type(making.pdf(made), "a.docx") == sniffing.PDF
    assert media_type(making.docx(made), "a.pdf") == sniffing.DOCX
    assert media_type(making.html_body(made).encode(), "a.pdf") == sniffing.HTML
    assert media_type(making.table_image(made, 3)) == "image/png"


BEGINNINGS = [b"", b"%PDF-", b"PK\x03\x04", OLE, b"<", b"{", b"\xff\xfe", b"\xfe\xff", b"BM", b"RIFF", b"\xef\xbb\xbf"]


@given(st.sampled_from(BEGINNINGS), st.binary(max_size=300), st.text(max_size=20), st.text(max_size=20))
@example(b"PK\x03\x04", b"\xff" * 30, "", "")
@example(b"{", b'"' + b"[" * 5000, "", "")
def test_never_raises(start, rest, name, declared):
    assert "/" in media_type(start + rest, name, declared)
