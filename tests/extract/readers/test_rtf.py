r"""rtf: characters of every coding, cells by their edges, groups that don't print."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extract import report
from extract.exceptions import LimitExceededError, UnreadableDocumentError
from extract.model import Grid, Hints, Image, Text
from extract.readers import read as read_medium
from extract.sniffing import RTF, media_type
from tests.documents import making
from tests.documents.office_making import rtf, rtf_table, rtf_text

CORPUS = Path(__file__).resolve().parents[3].parent / "shared" / "corpus" / "documents"
HEAD = r"{\rtf1\ansi\ansicpg936\deff0{\fonttbl{\f0\fcharset134 SimSun;}{\f1\fcharset0 Arial;}{\f2\fcharset136 Ming;}}"


def read(body, head=HEAD, end="}"):
    data = (head + body + end).encode("latin-1")
    assert media_type(data, "a.doc") == RTF
    return read_medium(data, RTF, Hints(name="a.doc"))


def texts(document):
    return [block.text for block in document.blocks if isinstance(block, Text)]


def grids(document):
    return [block for block in document.blocks if isinstance(block, Grid)]


def placed(grid):
    return sorted((cell.row, cell.column, cell.rowspan, cell.colspan, cell.text) for cell in grid.cells)


# ---------------------------------------------------------------- whole reports
@pytest.mark.parametrize("coding", [None, "gb18030"])
@pytest.mark.parametrize("year", [2019, 2022])
@pytest.mark.parametrize("zero", [{}, {"blank_zero": True}, {"dash_zero": True}])
def test_made_reports_come_out_cell_by_cell(year, coding, zero):
    figures = making.figures_2019(2) if year == 2019 else making.figures_2021(2)
    made = making.ReportText(f"示例县{year}年政府信息公开工作年度报告", "示例县", year, figures)
    data = rtf(made, coding, **zero)
    document = read_medium(data, media_type(data, "a.doc"), Hints(name="a.doc"))
    for grid, table in zip(grids(document), making.tables(made, **zero).values(), strict=True):
        assert placed(grid) == sorted(making.placed(table))
    assert document.title == made.title
    found = report.build(document)
    for key, value in figures.items():
        figure = found.figures[key]
        assert figure.value == value or (value == 0 and figure.state in ("blank", "dash"))
        assert figure.confidence >= 0.9


@pytest.mark.skipif(not CORPUS.exists(), reason="the shared corpus isn't here")
def test_corpus():
    path = CORPUS / "w2_d03_syn_plain.doc"
    wanted = json.loads(Path(f"{path}.truth.json").read_text("utf-8"))["figures"]
    found = report.read(path.read_bytes(), Hints(name=path.name))
    assert found.reader == "rtf"
    assert {key: found.figures[key].value for key in wanted} == wanted


# ---------------------------------------------------------------- characters
@pytest.mark.parametrize(("body", "wanted"), [
    (r"\u24180?\u24230 ?x", "年度x"),  # the blank after a number belongs to it
    (r"\uc2\u24180\'c4\'ea\uc1\u24230?", "年度"),
    (r"\uc0\u24180\u24230 x", "年度x"),
    (r"\u-10187?\u-8266?", "\U0001d7b6"),
    (r"\'c4\'ea\'b6\'c8", "年度"),
    (r"\'c4" + "\n" + r"\'ea", "年"),
    ("\xc4\xea", "年"),
    (r"\'95\'5c", b"\x95\x5c".decode("gb18030")),
    (r"\'95P", b"\x95P".decode("gb18030")),
    (r"\f2\'a6\'7e", "年"),
    (r"{\f1 \'93x\'94}", "“x”"),
    (r"a\~b\_c\-d\\\{\}", "a b-cd\\{}"),
    (r"a\line b\tab c\emdash\ldblquote d\rdblquote", "a\nb\tc—“d”"),
    (r"\loch\f1 12\dbch\f0 \'c4\'ea", "12年"),
])
def test_characters(body, wanted):
    assert texts(read(body + r"\par")) == [wanted]


def test_bytes_under_a_wrong_code_page_are_told_by_their_pairs():
    head = rb"{\rtf1\ansi\ansicpg1252\deff0{\fonttbl{\f0 SimSun;}} "
    document = read_medium(head + rb"2022\'c4\'ea\par caf\'e9 \'93x\'94\par}", RTF, Hints())
    assert texts(document) == ["2022年", "café “x”"]


def test_characters_without_any_coding_are_counted():
    document = read_medium(rb"{\rtf1\ansi\ansicpg936 \'ff\'ff\'c4\'ea\par}", RTF, Hints())
    assert document.problems
    assert "decoded" in document.problems[0]


# ---------------------------------------------------------------- what doesn't print
def test_groups_that_do_not_print():
    document = read(r"{\header 页眉\par}{\*\unknown{\deep x}}{\info{\author y}{\title T}}甲".encode("gb18030").decode(
        "latin-1") + r"{\v hidden}{\deleted gone}{\field{\*\fldinst HYPERLINK}{\fldrslt link}}{\footnote note\par}\v no"
        r"\v0 yes{\strike old}{\striked1 old}\strike x\strike0 \par{\*\bkmkstart b}{\comment c}\plain end\par")
    assert texts(document) == ["甲linkyes", "end"]
    assert document.title == "T"


def test_unicode_alternatives_and_binary_data():
    document = read(r"{\upr{plain}{\*\ud{\u24180?}}}{\pict\bin5 }}}}}}x\par")
    assert texts(document) == ["年x"]


def test_numbers_of_lists_stay_and_headings_keep_their_level():
    body = r"{\stylesheet{\s0 Normal;}{\s1\outlinelevel0 a;}{\s2 heading 2;}{\*\cs9 heading 3 Char;}}"
    body += r"\pard\s1{\listtext\pard\plain " + rtf_text("一、") + r"\tab}" + rtf_text("总体情况") + r"\par"
    body += r"\pard\s2 b\par\pard\s0 c\par\pard\outlinelevel2 d\par"
    assert [(block.text, block.level) for block in read(body).blocks] == [
        ("一、总体情况", 1), ("b", 2), ("c", None), ("d", 3)]


def test_text_boxes_and_pictures():
    png = making.table_image(making.ReportText("t", "b", 2022, making.figures_2021(1)), 4)
    body = r"before{\shp{\*\shpinst{\sp{\sn name}{\sv value}}{\shptxt\pard boxed\par}}}after\par{\pict\pngblip"
    body += r"\picwgoal1500\pichgoal3000 " + png.hex() + r"}\par{\nonshppict{\pict\wmetafile8 00}}"
    document = read(body)
    assert texts(document) == ["boxed", "beforeafter"]
    (picture,) = [block for block in document.blocks if isinstance(block, Image)]
    assert (picture.data, picture.width, picture.height) == (png, 100, 200)


# ---------------------------------------------------------------- tables
def test_columns_are_the_edges_of_all_rows():
    body = r"\trowd\trleft-108\cellx2000\cellx3000\pard\intbl a\cell b\cell\row"
    body += r"\trowd\trleft-100\cellx1000\cellx2020\cellx3010\pard\intbl 1\cell 2\cell 3\cell\row\pard x\par"
    assert placed(grids(read(body))[0]) == [(0, 0, 1, 2, "a"), (0, 2, 1, 1, "b"), (1, 0, 1, 1, "1"), (1, 1, 1, 1, "2"),
                                            (1, 2, 1, 1, "3")]


def test_merges_across_and_down():
    body = r"\trowd\clvmgf\cellx1000\clmgf\cellx2000\clmrg\cellx3000\pard\intbl a\cell b\cell\cell\row"
    body += r"\trowd\clvmrg\cellx1000\cellx2000\cellx3000\pard\intbl\cell 1\cell 2\cell\row"
    assert placed(grids(read(body))[0]) == [(0, 0, 2, 1, "a"), (0, 1, 1, 2, "b"), (1, 1, 1, 1, "1"), (1, 2, 1, 1, "2")]


def test_nested_tables_follow_what_holds_them():
    inner = r"\pard\intbl\itap2 x\nestcell y\nestcell{\*\nesttableprops\trowd\cellx500\cellx900\nestrow}"
    body = r"\trowd\cellx2000\cellx3000\pard\intbl a\cell " + inner + r"\pard\intbl\itap1 b\cell\row\pard c\par"
    document = read(body)
    assert [placed(grid) for grid in grids(document)] == [
        [(0, 0, 1, 1, "a"), (0, 1, 1, 1, "b")], [(0, 0, 1, 1, "x"), (0, 1, 1, 1, "y")]]
    assert texts(document) == ["c"]


def test_rows_defined_after_their_cells_and_rows_without_end():
    body = r"\pard\intbl a\cell b\cell{\trowd\cellx1000\cellx2000\row}\pard\intbl c\cell d\cell\pard e\par"
    document = read(body)
    assert [cell.text for cell in grids(document)[0].cells] == ["a", "b", "c", "d"]
    assert texts(document) == ["e"]


def test_lines_of_a_cell_are_joined():
    body = r"\trowd\cellx1000\cellx2000\pard\intbl " + rtf_text("本年") + r"\par " + rtf_text("新收")
    body += r"\cell 1\par 2\cell\row\pard"
    assert [cell.text for cell in grids(read(body))[0].cells] == ["本年新收", "1\n2"]


# ---------------------------------------------------------------- damage and bombs
def test_a_file_cut_off_says_so():
    table = rtf_table(making.tables(making.ReportText("t", "b", 2022, making.figures_2021(1)))[3])
    document = read(table[:len(table) // 2], end="")
    assert document.damaged
    assert "cut off" in document.problems[0]
    with pytest.raises(UnreadableDocumentError, match="cut off"):
        read("", head=r"{\rtf1{\fonttbl{\f0 ", end="")


def test_groups_without_end_are_refused():
    with pytest.raises(LimitExceededError, match="deep"):
        read("{" * 100_000)


def test_more_cells_than_a_document_may_have_are_refused():
    with pytest.raises(LimitExceededError, match="cells"):
        read(r"\trowd\cellx100" + r"\cell" * 60_000 + r"\row")
    with pytest.raises(LimitExceededError, match="cells"):
        read(r"\trowd" + r"\cellx100" * 60_000 + r"\row")


@settings(max_examples=150)
@given(st.text("\\{}'*u0159 \nab;\xc4\xea", max_size=120) | st.lists(st.sampled_from(
    ["{", "}", r"\cell", r"\row", r"\trowd", r"\cellx900", r"\nestcell", r"\nestrow", r"\itap3 ", r"\par", "x",
     r"\upr", r"{\*\ud", r"{\*\nesttableprops", r"\shptxt", r"\pict", r"\'c4", r"\u25105?", r"\bin9 "]),
    max_size=60).map("".join))
def test_anything_is_read_or_refused(body):
    try:
        document = read_medium((HEAD + body).encode("latin-1"), RTF, Hints())
    except UnreadableDocumentError:
        return
    for grid in grids(document):
        grid.rows()


@settings(max_examples=80)
@given(st.lists(st.text(st.characters(codec="utf-16", exclude_categories=["C"]), max_size=30), max_size=8),
       st.booleans())
def test_paragraphs_come_back_as_written(lines, grouped):
    body = "".join((f"{{{rtf_text(line)}}}" if grouped else rtf_text(line)) + r"\par" + "\n" for line in lines)
    wanted = [line.replace("\xa0", " ").strip() for line in lines]
    assert texts(read(body)) == [line for line in wanted if line]


@pytest.mark.parametrize(("raised", "shown"), [
    (rb"12{\super 1}\par", "12"), (rb"12\super [2]\nosupersub  x\par", "12 x"), (rb"12{\sub 3}\par", "123"),
    (rb"12{\up8 1}\par", "12"),
    (rb"12{\super a}\par", "12a"), (rb"{\super 7}\par", "7"), (rb"12{\super 1\plain 3}\par", "123")])
def test_raised_marks_of_footnotes_make_no_other_number(raised, shown):
    document = read_medium(rb"{\rtf1\ansi " + raised + b"}", "application/rtf", Hints())
    assert [block.text for block in document.blocks] == [shown]
