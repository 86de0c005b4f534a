"""doc and wps: text from its pieces, rows from their definitions, and nothing that isn't printed."""

import contextlib
import json
import struct
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extract import report, wordbinary
from extract.exceptions import UnreadableDocumentError
from extract.model import Grid, Hints, Image, Text
from extract.readers import read as read_medium
from extract.sniffing import DOC, WPS, media_type
from tests.documents import making
from tests.documents.office_making import parts_of
from tests.documents.word_binary_making import (
    CELL,
    DELETED,
    HIDDEN,
    IN_TABLE,
    ROW,
    ROW_END,
    Part,
    container,
    depth,
    doc,
    heading,
    list_tables,
    listed,
    rows,
    streams,
    style_sheet,
    table_definition,
)

SAMPLES = Path(__file__).resolve().parents[2] / "documents" / "samples"
CORPUS = Path(__file__).resolve().parents[3].parent / "shared" / "corpus" / "documents"


def read(data, name="a.doc"):
    return read_medium(data, DOC, Hints(name=name))


def texts(document):
    return [block.text for block in document.blocks if isinstance(block, Text)]


def grids(document):
    return [block for block in document.blocks if isinstance(block, Grid)]


def placed(grid):
    return sorted((cell.row, cell.column, cell.rowspan, cell.colspan, cell.text) for cell in grid.cells)


def made(year=2022, seed=4):
    figures = making.figures_2019(seed) if year == 2019 else making.figures_2021(seed)
    return making.ReportText(f"示例县{year}年政府信息公开工作年度报告", "示例县", year, figures)


def parts(text, **options):
    found = []
    for kind, content in parts_of(text):
        found += rows(content, **options) if kind == "table" else [
            Part(content + "\r", heading(0) if kind == "heading" else b"")]
    return found


# ---------------------------------------------------------------- whole reports
@pytest.mark.parametrize("name", ["county_2023.doc", "bureau_2019.wps"])
def test_saved_reports_give_every_figure_surely(name):
    data = (SAMPLES / name).read_bytes()
    wanted = json.loads((SAMPLES / f"{name}.figures.json").read_text("utf-8"))
    assert media_type(data, name) == (WPS if name.endswith(".wps") else DOC)
    found = report.read(data, Hints(name=name))
    assert {key: found.figures[key].value for key in wanted} == wanted
    assert min(found.figures[key].confidence for key in wanted) >= 0.9
    assert [section.number for section in found.sections if section.number] == [1, 2, 3, 4, 5, 6]
    assert found.problems == []


@pytest.mark.parametrize("huge", [True, False])
@pytest.mark.parametrize("by_sprm", [True, False])
@pytest.mark.parametrize("year", [2019, 2022])
def test_tables_come_out_cell_by_cell_however_the_file_says_it(year, huge, by_sprm):
    text = made(year)
    document = read(doc(parts(text, by_sprm=by_sprm), huge=huge))
    for grid, table in zip(grids(document), making.tables(text).values(), strict=True):
        assert placed(grid) == sorted(making.placed(table))
    assert [block.text for block in document.blocks if isinstance(block, Text) and block.level == 1] == [
        making.SECTION_TITLES[number] for number in range(1, 7)]
    assert document.problems == []


@pytest.mark.skipif(not CORPUS.exists(), reason="the shared corpus isn't here")
@pytest.mark.parametrize("path", sorted(CORPUS.glob("w*.doc")) if CORPUS.exists() else [], ids=lambda path: path.name)
def test_corpus(path):
    wanted = json.loads(Path(f"{path}.truth.json").read_text("utf-8"))["figures"]
    found = report.read(path.read_bytes(), Hints(name=path.name)).figures
    wrong = {key: (value, found[key].value) for key, value in wanted.items()
             if key not in found or (found[key].value != value and not (value == 0 and found[key].value is None))}
    assert wrong == {}


# ---------------------------------------------------------------- text
def test_pieces_of_one_and_two_bytes_make_one_text():
    document = read(doc([Part("2022 report\r"), Part("年度报告𠮷\r"), Part("caf\xe9 \u201cx\u201d\r", narrow=True)]))
    assert texts(document) == ["2022 report", "年度报告𠮷", "café “x”"]


def test_what_is_not_printed_is_left_out():
    document = read(doc([
        Part("看得见藏起来删掉的尾\r", runs=[(3, 6, HIDDEN), (6, 9, DELETED)]),
        Part("前\x13 HYPERLINK \"x\" \x14链接\x15后\x05\x02。\r"),
        Part("一\x0b二\x1e三\xa0四\x1f\r")]))
    assert texts(document) == ["看得见尾", "前链接后。", "一\n二-三 四"]


@pytest.mark.parametrize("raised", [struct.pack("<HB", 0x2A48, 1), struct.pack("<Hh", 0x4845, 8)])
def test_raised_marks_of_footnotes_make_no_other_number(raised):
    lowered = struct.pack("<HB", 0x2A48, 2)
    document = read(doc([Part("12[1]\r", runs=[(2, 5, raised)]), Part("123\r", runs=[(2, 3, lowered)]),
                         Part("7\r", runs=[(0, 1, raised)])]))
    assert texts(document) == ["12", "123", "7"]


@pytest.mark.parametrize("struck", [struct.pack("<HB", 0x0837, 1), struct.pack("<HB", 0x2A53, 1)])
def test_what_is_struck_through_is_left_out(struck):
    assert texts(read(doc([Part("1213\r", runs=[(0, 2, struck)])]))) == ["13"]


def test_a_field_that_never_ends_swallows_one_paragraph_at_most():
    document = read(doc([Part("甲\x13 PAGE\r"), Part("乙\r")]))
    assert texts(document) == ["甲", "乙"]


def test_headings_by_style_and_numbers_that_word_counts():
    styles = style_sheet([("Normal", 0, b""), ("heading 1", 1, listed()), ("标题 2", 4095, b"")])
    lists = list_tables([(37, "\x00、"), (37, "（\x01）"), (0, "\x00.\x02")])
    document = read(doc([
        Part("总体情况\r", style=1), Part("主动公开\r", listed(1)), Part("依申请公开\r", listed(1)),
        Part("第二部分\r", style=1), Part("小标题\r", style=2), Part("再数\r", listed(1)), Part("细项\r", listed(2)),
        Part("正文\r")], styles=styles, lists=lists))
    assert [(block.text, block.level) for block in document.blocks] == [
        ("一、总体情况", 1), ("（一）主动公开", None), ("（二）依申请公开", None), ("二、第二部分", 1), ("小标题", 2),
        ("（一）再数", None), ("二.1细项", None), ("正文", None)]


def test_text_boxes_come_after_the_text():
    assert texts(read(doc([Part("正文\r")], boxes=[Part("框中\r")]))) == ["正文", "框中"]


# ---------------------------------------------------------------- tables
def cells(*texts_of_row, definition, level=1):
    more = depth(level) if level > 1 else b""
    if level == 1:
        return [*(Part(text + CELL, IN_TABLE) for text in texts_of_row), Part(ROW, IN_TABLE + ROW_END + definition)]
    inner_cell, inner_row = b"\x4b\x24\x01", b"\x4c\x24\x01"
    return [*(Part(text + "\r", IN_TABLE + more + inner_cell) for text in texts_of_row),
            Part("\r", IN_TABLE + more + inner_cell + inner_row + definition)]


def test_columns_are_the_edges_of_all_rows():
    document = read(doc([*cells("宽", "右", definition=table_definition([(0, 2000, 0), (2000, 3000, 0)])),
                         *cells("1", "2", "3", definition=table_definition([(0, 1000, 0), (1000, 2020, 0),
                                                                            (2020, 3010, 0)]))]))
    assert placed(grids(document)[0]) == [(0, 0, 1, 2, "宽"), (0, 2, 1, 1, "右"), (1, 0, 1, 1, "1"), (1, 1, 1, 1, "2"),
                                          (1, 2, 1, 1, "3")]


@pytest.mark.parametrize(("begin", "go_on"), [(1, 2), (2, 1)])
def test_cells_merged_across_by_flags_of_either_convention(begin, go_on):
    definition = table_definition([(0, 1000, begin), (1000, 2000, go_on), (2000, 3000, 0), (3000, 4000, begin),
                                   (4000, 5000, go_on)])
    document = read(doc([*cells("甲", "", "乙", "丙", "", definition=definition),
                         *cells("1", "2", "3", "4", "5", definition=table_definition(
                             [(1000 * at, 1000 * at + 1000, 0) for at in range(5)]))]))
    assert placed(grids(document)[0])[:3] == [(0, 0, 1, 2, "甲"), (0, 2, 1, 1, "乙"), (0, 3, 1, 2, "丙")]


def test_a_nested_table_follows_the_one_that_holds_it():
    two = table_definition([(0, 1000, 0), (1000, 2000, 0)])
    document = read(doc([Part("外一" + CELL, IN_TABLE), *cells("内一", "内二", definition=two, level=2),
                         Part("外二" + CELL, IN_TABLE), Part(ROW, IN_TABLE + ROW_END + two), Part("后\r")]))
    assert [[cell.text for cell in grid.cells] for grid in grids(document)] == [["外一", "外二"], ["内一", "内二"]]
    assert texts(document) == ["后"]


def test_a_table_of_one_cell_is_only_a_frame():
    document = read(doc([Part("标题\r", IN_TABLE), Part("内容" + CELL, IN_TABLE),
                         Part(ROW, IN_TABLE + ROW_END + table_definition([(0, 9000, 0)]))]))
    assert texts(document) == ["标题", "内容"]
    assert grids(document) == []


def test_a_row_without_definition_keeps_its_cells_in_order():
    document = read(doc([*cells("1", "2", "3", definition=b""), Part("后\r")]))
    assert placed(grids(document)[0]) == [(0, 0, 1, 1, "1"), (0, 1, 1, 1, "2"), (0, 2, 1, 1, "3")]


# ---------------------------------------------------------------- pictures
def test_pictures_bring_their_bytes_and_shapes_are_told():
    picture = making.table_image(made(), 3)
    held = streams([Part("\x01\r", runs=[(0, 1, struct.pack("<HI", 0x6A03, 16))]), Part("\x08\r")], huge=False)
    held["Data"] = bytes(16) + struct.pack("<IH", 68 + len(picture), 68) + bytes(62) + picture
    document = read(container(held))
    first, second = [block for block in document.blocks if isinstance(block, Image)]
    assert first.data == picture
    assert first.source.endswith(".png")
    assert second.data is None


# ---------------------------------------------------------------- what can't be read
@pytest.mark.parametrize(("change", "said"), [
    ({"flags": 0x0300}, "password"), ({"version": 0x65}, "Word 95")])
def test_locked_and_old_files_are_told(change, said):
    with pytest.raises(UnreadableDocumentError, match=said):
        read(doc([Part("文\r")], **change))


def test_containers_without_word_document():
    with pytest.raises(UnreadableDocumentError, match="holds no Word document"):
        read(container({"CONTENTS": b"works"}), "a.wps")


def test_damage_is_told():
    whole = streams([Part("一二三四五六\r")])
    for name, change, said in (("1Table", b"", "table of text pieces"),
                               ("WordDocument", whole["WordDocument"][:2050], "beyond the end"),
                               ("WordDocument", b"\xec\xa5", "damaged")):
        with pytest.raises(wordbinary.WordError, match=said):
            held = whole | {name: change}
            wordbinary.load(held["WordDocument"], held, held["Data"])
    with pytest.raises(UnreadableDocumentError, match="damaged"):
        read((SAMPLES / "county_2023.doc").read_bytes()[:5000])


def test_text_that_is_no_text_is_told():
    document = read(doc([Part("甲\x11\ufffe\x1c乙\r")]))
    assert document.damaged
    assert "no characters" in document.problems[0]


@settings(max_examples=30)
@given(st.lists(st.tuples(st.integers(0, 43000), st.integers(0, 255)), min_size=1, max_size=40))
def test_broken_bytes_never_raise_anything_else(changes):
    data = bytearray((SAMPLES / "county_2023.doc").read_bytes())
    for place, byte in changes:
        data[place] = byte
    with contextlib.suppress(UnreadableDocumentError):
        report.read(bytes(data), Hints(name="a.doc"))


@settings(max_examples=40)
@given(st.lists(st.text(st.characters(codec="utf-16", exclude_categories=["C"]), max_size=30), min_size=1, max_size=12))
def test_paragraphs_come_back_as_written(lines):
    wanted = [line.replace("\xa0", " ").strip() for line in lines]
    document = read(doc([Part(line + "\r") for line in lines]))
    assert texts(document) == [line for line in wanted if line]


@pytest.mark.parametrize(("page", "kind", "raw", "wanted"), [
    (936, 0x1E, "年度报告".encode("gb18030"), "年度报告"), (-535, 0x1E, "年度报告".encode(), "年度报告"),
    (1200, 0x1F, "年度报告".encode("utf-16-le"), "年度报告"), (936, 0x1E, b"\xff\xff\xff", "")])
def test_titles_of_property_sets(page, kind, raw, wanted):
    letters = len(raw) // 2 if kind == 0x1F else len(raw)
    body = struct.pack("<IIIIII", 0, 2, 1, 24, 2, 32) + struct.pack("<Ihh", 2, page, 0) + struct.pack(
        "<II", kind, letters) + raw
    properties = struct.pack("<HHI16sI16sI", 0xFFFE, 0, 2, bytes(16), 1, bytes(16), 48) + body
    parts_of_file = streams([Part("x\r")]) | {"\x05SummaryInformation": properties}
    assert read(container(parts_of_file)).title == wanted


def test_property_sets_that_announce_billions_end_at_once():
    body = struct.pack("<IIII", 0, 0xFFFFFFFF, 2, 24) + struct.pack("<II", 0x101E, 0xFFFFFFFF) * 9
    properties = struct.pack("<HHI16sI16sI", 0xFFFE, 0, 2, bytes(16), 1, bytes(16), 48) + body
    assert texts(read(container(streams([Part("x\r")]) | {"\x05SummaryInformation": properties}))) == ["x"]
