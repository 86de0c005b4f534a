"""Documents made to reach beyond themselves: entities, links to the outside, scripts, names that climb, bombs.

Each is read as it is read in earnest, under the guard: what is tried is that nothing of the machine shows in the
record, nothing is written, nothing is fetched, and the guard's limits hold.
"""

from __future__ import annotations

import io
import socket
import stat
import zipfile
import zlib

import pytest

from extract.exceptions import UnreadableDocumentError
from extract.limits import Guard, Limits
from extract.model import Hints
from tests.documents import making
from tests.fuzz import small_documents as small

SECRET = "nianbao-canary-4711"
TIGHT = Limits(cpu_seconds=10, memory_bytes=700 << 20)


@pytest.fixture(name="guard", scope="module")
def _guard():
    with Guard(TIGHT) as guard:
        yield guard


def record(guard, data, name):
    try:
        return str(guard.record(data, Hints(name=name)))
    except UnreadableDocumentError as refusal:
        return f"refused: {refusal}"


def parts(name):
    return dict({"docx": small.docx, "xlsx": small.xlsx, "odt": small.odt, "ods": small.ods, "ofd": small.ofd}[name]())


MAIN = {"docx": "word/document.xml", "xlsx": "xl/worksheets/sheet1.xml", "odt": "content.xml", "ods": "content.xml",
        "ofd": "Doc_0/Pages/Page_0/Content.xml"}
WHOLE = {"a.wordml": small.word_xml, "a.spreadsheetml": small.excel_xml, "a.html": small.page}


def declared(text: bytes, doctype: str) -> bytes:
    """The part with a document type before its root and the entity where its words stand."""
    head, mark, rest = text.rpartition(b"?>")
    words = ("示例县", "自然人")
    assert any(word.encode() in rest for word in words)
    for word in words:
        rest = rest.replace(word.encode(), b"&e;")
    return head + mark + doctype.encode() + rest


def files():
    for name, main in MAIN.items():
        yield f"a.{name}", lambda doctype, name=name, main=main: small.stored(
            {**parts(name), main: declared(parts(name)[main], doctype)})
    for name, made in WHOLE.items():
        yield name, lambda doctype, made=made: declared(made(), doctype)


@pytest.mark.parametrize(("name", "made"), list(files()), ids=lambda value: value if isinstance(value, str) else "")
class TestEntities:
    def test_no_file_of_the_machine_comes_in(self, guard, name, made, tmp_path):
        (tmp_path / "secret").write_text(SECRET)
        for target in (f"file://{tmp_path}/secret", f"{tmp_path}/secret"):
            for kind in ("SYSTEM", 'PUBLIC "x"'):
                said = record(guard, made(f'<!DOCTYPE x [<!ENTITY e {kind} "{target}">]>'), name)
                assert SECRET not in said

    def test_nothing_is_fetched(self, guard, name, made):
        with socket.socket() as listening:
            listening.bind(("127.0.0.1", 0))
            listening.listen()
            listening.settimeout(0.2)
            port = listening.getsockname()[1]
            here = f"http://127.0.0.1:{port}"
            record(guard, made(f'<!DOCTYPE x SYSTEM "{here}/x.dtd" [<!ENTITY % p SYSTEM "{here}/p"> %p; '
                               f'<!ENTITY e SYSTEM "{here}/e">]>'), name)
            with pytest.raises(TimeoutError):
                listening.accept()

    def test_a_billion_laughs_are_not_laughed(self, guard, name, made):
        laughs = '<!ENTITY e0 "ha">' + "".join(f'<!ENTITY e{step} "{f"&e{step - 1};" * 10}">' for step in range(1, 10))
        said = record(guard, made(f'<!DOCTYPE x [{laughs}<!ENTITY e "&e9;">]>'), name)
        assert len(said) < 200_000
        assert guard.usage.peak_bytes < 600 << 20


def test_what_a_pdf_would_do_is_not_done(guard, tmp_path):
    """JavaScript, launching, opening of files and addresses, embedded files, forms that are sent."""
    out = tmp_path / "written"
    actions = [f"/S/Launch/F(/bin/sh)/Win<</F(cmd.exe)/P(touch {out})>>", f"/S/URI/URI(file://{out})",
               "/S/JavaScript/JS(app.launchURL\\('http://127.0.0.1:9/'\\);)", "/S/SubmitForm/F(http://127.0.0.1:9/)",
               f"/S/GoToR/F({out})/D[0/Fit]", "/S/ImportData/F(/etc/passwd)"]
    for action in actions:
        acting = f"/Type/Catalog/OpenAction<<{action}>>/AA<</WC<<{action}>>>>"
        data = small.pdf().replace(b"/Type/Catalog", acting.encode())
        said = record(guard, data, "a.pdf")
        assert not said.startswith("refused")
        assert "root:" not in said
    assert not out.exists()


def test_objects_and_pictures_from_elsewhere_are_left_where_they_are(guard, tmp_path):
    (tmp_path / "secret").write_text(SECRET)
    relation = ('<Relationship Id="r9" TargetMode="External" Type="http://schemas.openxmlformats.org/officeDocument/2006/'
                f'relationships/{{}}" Target="file://{tmp_path}/secret"/></Relationships>')
    for kind in ("image", "oleObject", "attachedTemplate", "hyperlink", "frame", "subDocument"):
        made = parts("docx")
        name = "word/_rels/document.xml.rels"
        made[name] = made[name].replace(b"</Relationships>", relation.format(kind).encode())
        made["word/document.xml"] = made["word/document.xml"].replace(
            b"<w:sectPr/>", b'<w:p><w:r><w:object r:id="r9" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/'
                            b'relationships"/></w:r></w:p><w:sectPr/>')
        assert SECRET not in record(guard, small.stored(made), "a.docx")
    page = small.page().replace(b"t.png", f"file://{tmp_path}/secret".encode())
    assert SECRET not in record(guard, page, "a.html")


def test_macros_and_embedded_programs_are_carried_by_nobody(guard):
    made = {**parts("docx"), "word/vbaProject.bin": b"\xd0\xcf\x11\xe0" + bytes(600),
            "word/embeddings/oleObject1.bin": b"MZ" + bytes(600)}
    said = record(guard, small.stored(made), "a.docm")
    assert "MZ" not in said
    assert not said.startswith("refused")


# ---------------------------------------------------------------- archives
CLIMBING = ["../../outside.html", "/tmp/outside.html", "..\\..\\outside.html", "C:\\outside.html",
            "a/../../outside.html", "\\\\server\\share\\outside.html", "outside.html\x00.txt", "....//outside.html",
            "~/outside.html"]


@pytest.mark.parametrize("member", CLIMBING)
def test_no_member_is_written_anywhere(guard, tmp_path, monkeypatch, member):
    monkeypatch.chdir(tmp_path)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(zipfile.ZipInfo(member), small.page())
    said = record(guard, buffer.getvalue(), "a.zip")
    assert not list(tmp_path.rglob("*"))
    assert not [path for path in (tmp_path.parent, tmp_path.parent.parent) if (path / "outside.html").exists()]
    assert said


def test_a_symbolic_link_in_an_archive_is_no_way_out(guard, tmp_path):
    (tmp_path / "secret").write_text(SECRET)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        link = zipfile.ZipInfo("报告.html")
        link.create_system, link.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, str(tmp_path / "secret"))
    assert SECRET not in record(guard, buffer.getvalue(), "a.zip")


def test_bombs_end_within_the_guard(guard):
    huge = bytes(60 << 20)
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(4):
            archive.writestr(f"{number}.html", huge)
    nested = io.BytesIO()
    with zipfile.ZipFile(nested, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(20):
            archive.writestr(f"{number}.zip", inner.getvalue())
    docx = io.BytesIO()
    with zipfile.ZipFile(docx, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts("docx").items():
            archive.writestr(name, content + (b" " * (120 << 20) if name == "word/document.xml" else b""))
    packed = zlib.compress(huge * 3)
    pdf = small.pdf().replace(b"<</Length", b"<</Filter/FlateDecode/Length")
    head, _, tail = pdf.partition(b"stream\n")
    pdf = head + b"stream\n" + packed + b"\nendstream" + tail.partition(b"endstream")[2]
    for name, data in (("a.zip", nested.getvalue()), ("a.docx", docx.getvalue()), ("a.pdf", pdf)):
        said = record(guard, data, name)
        assert guard.usage.peak_bytes < 800 << 20, name
        assert len(said) < 1_000_000, name
    assert record(guard, small.page(), "a.html").count(making.SECTION_TITLES[1][:2])  # and the guard goes on
