"""Bundles: the report among the members, names in Chinese code pages, and what lies beside it."""

import io
import json
import sys
import zipfile
from pathlib import Path

import pytest

from extract import report
from extract.exceptions import LimitExceededError, UnreadableDocumentError
from extract.model import Grid, Hints, Image
from extract.readers import bundle
from extract.readers import read as read_medium
from extract.sniffing import ZIP, media_type
from tests.documents import making
from tests.documents.office_making import odt, package, rtf, xlsx

RAR = "application/vnd.rar"
SAMPLES = Path(__file__).resolve().parents[2] / "documents" / "samples"


def made(year=2022, seed=16, **more):
    figures = making.figures_2019(seed) if year == 2019 else making.figures_2021(seed)
    return making.ReportText(f"示例县{year}年政府信息公开工作年度报告", "示例县", year, figures, **more)


def read(parts, **hints):
    data = parts if isinstance(parts, bytes) else package(parts)
    assert media_type(data) == ZIP
    hinted = Hints(name="a.zip", **hints)
    document = read_medium(data, ZIP, hinted)
    return document, report.build(document, hinted)


def exact(found, text):
    return all(found.figures[key].value == value and found.figures[key].confidence >= 0.9
               for key, value in text.figures.items())


@pytest.mark.parametrize("name", ["county_2023.doc", "bureau_2019.wps", "county_2022.xls"])
def test_members_are_told_by_their_bytes(name):
    wanted = json.loads((SAMPLES / f"{name}.figures.json").read_text("utf-8"))
    document, found = read({"附件/年报.bin": (SAMPLES / name).read_bytes(), "__MACOSX/._x": b"x", "Thumbs.db": b"y"})
    assert {key: found.figures[key].value for key in wanted} == wanted
    assert (document.medium, document.reader, document.problems) == (ZIP, "bundle", [])


def test_the_report_is_chosen_and_the_rest_said():
    text = made()
    notice = "关于公布年度报告的通知。请查收附件。".encode("gb18030")
    document, found = read({"1 通知.txt": notice, "2 年报.rtf": rtf(text), "logo.png": making.table_image(text, 3)})
    assert exact(found, text)
    assert found.title == text.title
    assert document.problems == ["left aside: 1 通知.txt (text/plain, 0 figures, 0 sections)"]
    assert not any(isinstance(block, Image) for block in document.blocks)


def test_a_member_whose_name_damage_has_taken_is_read_too():
    text = made()
    _, found = read(package({"@name": rtf(text)}).replace(b"@name", b"\0name"))
    assert exact(found, text)
    with pytest.raises(UnreadableDocumentError, match="nameless"):
        read(package({"@name": b"PK\x03\x04" + bytes(60)}).replace(b"@name", b"\0name"))


@pytest.mark.parametrize("year", [2019, 2022])
def test_the_year_asked_for_is_chosen(year):
    texts = {2019: made(2019), 2022: made(2022)}
    _, found = read({f"{one}.rtf": rtf(text) for one, text in texts.items()}, year=year)
    assert found.year == year
    assert exact(found, texts[year])


def test_several_reports_are_no_secret():
    document, _ = read({"2019.rtf": rtf(made(2019)), "2022.rtf": rtf(made(2022))})
    assert any("holds 2 reports" in problem for problem in document.problems)


def test_tables_in_a_workbook_beside_the_prose():
    text = made()
    prose = made(sections={2: "见附表。", 3: "见附表。", 4: "见附表。"})
    data = package({"word.odt": _without_tables(odt(prose)), "tables.xlsx": xlsx(text)})
    document, found = read(data)
    assert exact(found, text)
    assert [section.number for section in found.sections if section.number] == [1, 2, 3, 4, 5, 6]
    assert sum(isinstance(block, Grid) for block in document.blocks) == 3


def _without_tables(data):
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        content = archive.read("content.xml").decode()
    while "<table:table " in content:
        start, end = content.index("<table:table "), content.index("</table:table>") + len("</table:table>")
        content = content[:start] + content[end:]
    return package({"mimetype": "application/vnd.oasis.opendocument.text", "content.xml": content}, compressed=False)


def test_pictures_alone_are_pages_in_the_order_of_their_names():
    text = made()
    document = read_medium(package({f"第{number}页.png": making.table_image(text, 2 + number % 3)
                                    for number in (10, 9, 1)}), ZIP, Hints())
    assert [(block.source, block.page) for block in document.blocks] == [("第1页.png", 1), ("第9页.png", 2),
                                                                         ("第10页.png", 3)]


def test_a_saved_page_finds_its_pictures_beside_it():
    text = made()
    page = f"<html><body>{making.html_body(text, tables_as_images=True, image_folder='年报.files/')}</body></html>"
    pictures = {f"年报.files/table{number}.png": making.table_image(text, number) for number in (2, 3, 4)}
    document, _ = read({"年报.htm": page.encode(), **pictures, "logo.png": b"\x89PNG\r\n\x1a\n" + bytes(50)})
    held = [block.data for block in document.blocks if isinstance(block, Image)]
    assert held[:3] == list(pictures.values())


@pytest.mark.parametrize(("stored", "flags"), [("年报.doc".encode("gb18030").decode("cp437"), 0), ("年报.doc", 0x800),
                                               ("report.doc", 0)])
def test_names_of_chinese_windows(stored, flags):
    entry = zipfile.ZipInfo(stored)
    entry.flag_bits = flags
    assert bundle._name(entry) in ("年报.doc", "report.doc")


def test_what_cannot_be_read_of_it_is_said():
    inner = package({"a.txt": "x"})
    document, found = read({"年报.rtf": rtf(made(sections={3: None})), "内.zip": inner, "x.dat": bytes(range(256)),
                            "坏.xlsx": xlsx(made())[:900]})
    assert document.damaged
    said = " ".join(document.problems)
    assert "内.zip is a bundle within the bundle" in said
    assert "x.dat (application/octet-stream) has no reader" in said
    assert not next(table for table in found.tables if table.table == 3).found


@pytest.mark.parametrize(("parts", "said"), [({}, "empty"), ({"a.bin": bytes(range(256))}, "has no reader")])
def test_nothing_readable_is_an_error(parts, said):
    with pytest.raises(UnreadableDocumentError, match=said):
        read_medium(package(parts), ZIP, Hints(name="a.zip"))


def test_locked_bundles_are_told():
    data = bytearray(package({"a.txt": "x"}))
    data[6] |= 1
    data[data.rindex(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(UnreadableDocumentError, match="password"):
        read_medium(bytes(data), ZIP, Hints(name="a.zip"))


def test_bombs_are_refused():
    with pytest.raises(LimitExceededError, match="inflates"):
        read_medium(package({"a.txt": b"0" * (8 << 20)}), ZIP, Hints(name="a.zip"))


# ---------------------------------------------------------------- rar and 7z
def test_rar_without_an_unpacker_says_what_would_be_needed(monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(UnreadableDocumentError, match="libarchive-tools"):
        read_medium(b"Rar!\x1a\x07\x01\x00" + bytes(99), RAR, Hints(name="a.rar"))


def _unpacker(folder, monkeypatch, script):
    tool = folder / "bsdtar"
    tool.write_text(f"#!{sys.executable}\nimport sys\n{script}\n", "utf-8")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))


def test_rar_is_unpacked_where_the_system_can(tmp_path, monkeypatch):
    text = made()
    (tmp_path / "made.zip").write_bytes(package({"年报.rtf": rtf(text)}))
    _unpacker(tmp_path, monkeypatch, "assert open(sys.argv[-1][1:], 'rb').read(4) == b'Rar!'\n"
              f"sys.stdout.buffer.write(open({str(tmp_path / 'made.zip')!r}, 'rb').read())")
    document = read_medium(b"Rar!\x1a\x07\x01\x00" + bytes(99), RAR, Hints(name="a.rar"))
    assert exact(report.build(document), text)
    assert document.medium == RAR


@pytest.mark.parametrize(("said", "wanted"), [("Passphrase required", "password"), ("Truncated RAR", "damaged")])
def test_what_the_unpacker_refuses_is_told(tmp_path, monkeypatch, said, wanted):
    _unpacker(tmp_path, monkeypatch, f"sys.exit({said!r})")
    with pytest.raises(UnreadableDocumentError, match=wanted):
        read_medium(b"Rar!\x1a\x07\x01\x00" + bytes(99), RAR, Hints(name="a.rar"))
