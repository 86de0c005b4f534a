"""Web pages as publishing systems and Word make them."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extract import report
from extract.exceptions import LimitExceededError, UnreadableDocumentError
from extract.model import Document, Grid, Hints, Image, Text
from extract.readers.markup import read
from tests.extract.form_tables import TITLES, html, numbers, table_four, table_three, table_two, unmerged

TRUTH = numbers()
TABLES = {2: html(table_two(TRUTH)), 3: html(table_three(TRUTH)), 4: html(table_four(TRUTH))}
NAV = "<div id='nav'>" + "".join(f"<a href='/col{i}/'>栏目{i}</a>" for i in range(60)) + "</div>"


def body(tables=TABLES, paragraph="p") -> str:
    parts = [f"<{paragraph}>某县2021年政府信息公开工作年度报告</{paragraph}>"]
    for number, title in TITLES.items():
        prose = f"<{paragraph}>本节无其他情况。</{paragraph}>"
        parts.append(f"<{paragraph}>{title}</{paragraph}>" + tables.get(number, prose))
    return "".join(parts)


def page(inner: str, head: str = "") -> bytes:
    return f"<html><head><meta charset=utf-8>{head}</head><body>{NAV}{inner}<div>版权所有</div></body></html>".encode()


def open_page(data: bytes, **hints) -> Document:
    return read(data, Hints(**hints))


def exact(data: bytes) -> bool:
    built = report.build(open_page(data))
    return {key: figure.value for key, figure in built.figures.items() if figure.source.table} == \
        {key: float(value) for key, value in TRUTH.items()} and \
        [section.number for section in built.sections if section.number] == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize("frame", [
    "<div class='TRS_Editor'>{}</div>", "<div id='zoom'>{}</div>",
    "<div id='UCAP-CONTENT'><UCAPCONTENT>{}</UCAPCONTENT></div>",
    "<!--<$[信息内容]>begin-->{}<!--<$[信息内容]>end-->", "<meta name='ContentStart'>{}<meta name='ContentEnd'>",
    "<div class='v_news_content'>{}</div>", "<div><div><section>{}</section></div></div>",
    "<table width='100%'><tr><td>位置</td></tr><tr><td>{}</td></tr></table>",
    "<table><tr><td><table><tr><td>{}</td></tr></table></td></tr></table>",
    "<div class='Custom_UnionStyle'><span><font>{}</font></span></div>", "{}"])
def test_containers(frame):
    assert exact(page(frame.format(body())))


def test_container_that_holds_only_the_prose_is_widened_to_the_tables():
    prose = "".join(f"<p>{title}</p><p>一些文字说明，足够长以便被认为是正文内容。</p>" for title in TITLES.values())
    inner = f"<div class='box'><div class='TRS_Editor'>{prose * 3}</div>{''.join(TABLES.values())}</div>"
    assert len([block for block in open_page(page(inner)).blocks if isinstance(block, Grid)]) == 3


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "gbk", "utf-16"])
@pytest.mark.parametrize("claimed", ["utf-8", "gb2312", "", "nonsense"])
def test_bytes_decide_the_encoding(encoding, claimed):
    text = page(body(), "").decode().replace("charset=utf-8", f"charset={claimed}")
    assert exact(text.encode(encoding))


def test_declared_charset_of_the_server_is_weighed_too():
    assert open_page("<p>公開年度報告</p>".encode("big5"), media_type="text/html; charset=big5").text == "公開年度報告"


def test_word_export():
    def wrap(text: str) -> str:
        return (f"<p class=MsoNormal style='text-indent:32.0pt'><span lang=EN-US style='font-size:16pt'>"
                f"<o:p></o:p><!--[if !supportLists]--><span>{text}&nbsp;</span></span></p>")
    tables = {number: html([[type(c)(wrap(c.text) if c.text else "&nbsp;", c.rowspan, c.colspan) for c in row]
                            for row in rows])
              for number, rows in {2: table_two(TRUTH), 3: table_three(TRUTH), 4: table_four(TRUTH)}.items()}
    assert exact(page(body(tables)))
    assert exact(page(body(tables).upper().replace("&NBSP;", "&nbsp;").replace("STYLE", "style")))


def test_header_text_over_paragraphs_and_breaks():
    broken = TABLES[3].replace("商业企业", "<p>商业</p><p>企业</p>").replace("社会公益组织", "社会<br>公益<br/>组织")
    broken = broken.replace("三、本年度办理结果", "<p>三、本&nbsp;&nbsp;年度</p><p>办 理</p><p>结果</p>")
    assert exact(page(body({**TABLES, 3: broken})))


def test_headings_by_level_and_bold():
    assert exact(page(body(paragraph="h2")))
    assert exact(page(body().replace("<p>", "<p><b>").replace("</p>", "</b></p>")))
    blocks = open_page(page(f"<div id=zoom>{body(paragraph='h3')}</div>")).blocks
    levels = [block.level for block in blocks if isinstance(block, Text)]
    assert set(levels) == {3}


def test_figures_without_any_merged_cell():
    tables = {2: html(unmerged(table_two(TRUTH))), 3: html(unmerged(table_three(TRUTH))),
              4: html(unmerged(table_four(TRUTH)))}
    assert exact(page(body(tables)))


def test_hidden_text_and_scripts_are_no_text():
    inner = (body() + "<script>var a='脚本'</script><div style='display:none'>旧稿</div><p hidden>旧稿</p>"
             "<style>p{}</style>")
    found = open_page(page(inner))
    assert "脚本" not in found.text
    assert "旧稿" not in found.text
    assert not any(isinstance(block, Text) and "旧稿" in block.text for block in found.blocks)


@pytest.mark.parametrize(("sheet", "part", "text", "confidence"), [
    (".x{display:none}", "12<span class='x'>3</span>", "12", 1), ("p, span.x { visibility: hidden }",
                                                                 "12<span class='a x'>3</span>", "12", 1),
    (".x{display:none} .x.on{display:inline}", "12<span class='x on'>3</span>", "123", 1),
    (".x{display:none} .x{display:block}", "12<span class='x'>3</span>", "123", 1),
    ("@media print{.x{display:none}}", "12<span class='x'>3</span>", "123", 1),
    ("@import url(a.css);.x{display:none}", "12<span class='x'>3</span>", "12", 1),
    (".menu .x{display:none}", "12<span class='x'>3</span>", "123", 1),
    ("/* .x{display:none} */", "12<span class='x'>3</span>", "123", 1),
    ("", "12<span style='font-size:0'>3</span>", "12", 1), ("", "12<span style='font-size:0.8em'>3</span>", "123", 1),
    ("", "<span style='font-size:0'><b style='font-size:12px'>12</b></span>", "12", 1),
    ("", "12<span style='color:#FFF'>3</span>", "123", 0.5), ("", "12<font style='color: white'>3</font>", "123", 0.5),
    ("", "<span style='color:#fff'>12</span>", "12", 1), ("", "12<b style='color:#fff;background:red'>3</b>", "123", 1),
    ("", "<p style='color:#fff'></p>12", "12", 1)])
def test_what_a_cell_holds_and_never_shows(sheet, part, text, confidence):
    page = f"<style>{sheet}</style><table><tr><td>新收</td><td>{part}</td></tr><tr><td>结转</td><td>4</td></tr></table>"
    (grid,) = [block for block in read(page.encode(), Hints()).blocks if isinstance(block, Grid)]
    cell = next(cell for cell in grid.cells if (cell.row, cell.column) == (0, 1))
    assert (cell.text, cell.confidence) == (text, confidence)


def test_article_hidden_until_a_script_shows_it_is_read():
    assert exact(page(f"<div id='vsb_content' style='display:none'>{body()}</div>"))


def test_text_of_the_whole_page_keeps_lines_beside_the_body():
    found = open_page(page(f"<div>发布日期：2022-01-28</div><div id=zoom>{body()}</div>"))
    assert "发布日期：2022-01-28" in found.text.split("\n")
    assert not any(isinstance(block, Text) and "栏目3" in block.text for block in found.blocks)


def test_meta_and_title():
    head = ("<meta name='ArticleTitle' content='某县2021年政府信息公开工作年度报告'>"
            "<META NAME=PubDate CONTENT='2022-01-28 10:00'>"
            "<title>某县2021年政府信息公开工作年度报告_年报_某县人民政府</title>")
    found = open_page(page(body(), head))
    assert found.meta["PubDate"] == "2022-01-28 10:00"
    assert found.title == "某县2021年政府信息公开工作年度报告"


@pytest.mark.parametrize(("markup", "address"), [
    ("<a href='/files/2021年报.docx'>下载</a>", "/files/2021年报.docx"),
    ("<a href='P020220128.PDF'>年报</a>", "P020220128.PDF"),
    ("<a href='/module/download/down.jsp?i_ID=7&colid=3'>附件.doc</a>", "/module/download/down.jsp?i_ID=7&colid=3"),
    ("<iframe src='/pdfjs/web/viewer.html?file=/att/0/a1.pdf'></iframe>", "/att/0/a1.pdf"),
    ("<iframe src='/pdfjs/viewer.html?file=https%3A%2F%2Fwww.example.gov.cn%2Fa.pdf'></iframe>",
     "https://www.example.gov.cn/a.pdf"),
    ("<embed src='a.ofd'>", "a.ofd"), ("<object data='a.pdf'></object>", "a.pdf"),
    ("<div class='pdf' data-value='/u/cms/a.pdf'></div>", "/u/cms/a.pdf"), ("<a href='a.zip'>打包</a>", "a.zip")])
def test_attachments(markup, address):
    assert address in [link.address for link in open_page(page(f"<div id=zoom><p>详见附件</p>{markup}</div>")).links]


def test_pages_linked_are_no_attachments():
    assert open_page(page("<a href='javascript:void(0)'>a.pdf</a><a href='/art/1.html'>下一篇</a>")).links == []


def test_tables_as_pictures():
    pictures = {number: f"<p><img src='t{number}.png' width='600' height='400' alt='表'></p>" for number in (2, 3, 4)}
    found = open_page(page(f"<div id=zoom>{body(pictures)}</div>"))
    images = [block for block in found.blocks if isinstance(block, Image)]
    assert [(image.source, image.width, image.alt) for image in images] == [(f"t{n}.png", 600, "表") for n in (2, 3, 4)]
    built = report.build(found)
    assert [(reading.found, reading.image) for reading in built.tables] == [(False, True)] * 3
    assert not any(figure.source.table for figure in built.figures.values())


def test_picture_written_into_the_page_keeps_its_bytes():
    picture = "<img src='data:image/png;base64,iVBORw0KGgo='>"
    found = open_page(page(f"<div id=zoom><p>二、主动公开政府信息情况</p>{picture}</div>"))
    image = next(block for block in found.blocks if isinstance(block, Image))
    assert image.data == b"\x89PNG\r\n\x1a\n"
    assert image.source == "data:image/png;base64"


def test_icons_and_small_pictures_are_no_tables():
    found = open_page(page("<div id=zoom><img src='/icon_pdf.gif'><img src='a.png' width=16><p>正文</p></div>"))
    assert not any(isinstance(block, Image) for block in found.blocks)


def test_data_table_with_a_table_in_a_cell():
    inner = TABLES[2].replace(">规章<", ">规章<table><tr><td>附注</td><td>1</td></tr></table><")
    built = report.build(open_page(page(body({**TABLES, 2: inner}))))
    assert built.figures["disclosure.regulations.issued"].value == float(TRUTH["disclosure.regulations.issued"])


def test_deep_nesting_is_refused_not_read_as_empty():
    deep = b"<html><body>" + b"<div>" * 200_000 + "正文".encode() + b"</div>" * 200_000
    begun = time.process_time()
    with pytest.raises(UnreadableDocumentError, match="nested deeper"):
        open_page(deep)
    assert time.process_time() - begun < 3


def test_many_unclosed_paragraphs_are_no_depth():
    found = open_page(("<html><body>" + "<p>段落" * 5000 + "<br>行" * 5000).encode())
    assert len([block for block in found.blocks if isinstance(block, Text)]) >= 4999


def test_span_bombs_are_refused():
    for bomb in ("<td colspan=999999>规章</td><td>1</td>", "<td>规章</td>" + "<td colspan=60 rowspan=499>1</td>" * 20):
        rows = f"<tr>{bomb}</tr>" + "<tr><td>x</td></tr>" * 600
        with pytest.raises(LimitExceededError):
            open_page(page(f"<table>{rows}</table>"))


def test_spans_beyond_the_table_are_clipped():
    rows = "<tr><td rowspan=400>规章</td><td colspan=100>1</td></tr><tr><td>2</td></tr>"
    found = open_page(page(f"<table>{rows}</table>"))
    grid = next(block for block in found.blocks if isinstance(block, Grid))
    assert (grid.height, grid.width) == (2, 61)


def test_page_that_breaks_off_is_damaged():
    whole = page(f"<div id=zoom>{body()}</div>")
    cut = whole[:whole.rfind("第二十条第（六）".encode()) + 200]
    found = open_page(cut)
    assert found.damaged
    assert not open_page(whole).damaged
    built = report.build(found)
    assert built.damaged
    assert any("damaged" in problem for problem in built.problems)


def test_empty_page_says_so():
    assert open_page(b"<html><body></body></html>").problems == ["the page holds no text"]


@settings(max_examples=60)
@given(st.binary(max_size=400))
def test_any_bytes_give_a_document(data):
    found = open_page(b"<html><body>" + data)  # so little markup passes no limit, so nothing may be refused
    assert isinstance(found.text, str)
    assert not any(figure.source.table for figure in report.build(found).figures.values())


@settings(max_examples=60)
@given(st.recursive(st.sampled_from(["规章", "1", "<br>", "一、总体情况", "&nbsp;"]),
                    lambda inner: st.builds(lambda tag, parts: f"<{tag}>{''.join(parts)}</{tag}>",
                                            st.sampled_from(["div", "p", "table", "tr", "td", "span", "b", "ul"]),
                                            st.lists(inner, max_size=4)), max_leaves=30))
def test_any_nesting_builds_a_report(markup):
    built = report.build(open_page(f"<html><body>{markup}</body></html>".encode()))
    assert all(figure.value in (None, 1) for figure in built.figures.values())


KEY = "applications.new.natural_person"


@pytest.mark.parametrize("inner", [
    "<s>12</s>{}", "<strike>12</strike>{}", "<del>12</del><ins>{}</ins>", "<ruby>{}<rt>9</rt></ruby>",
    "<span style='text-decoration: line-through'>12</span>{}", "{}<span class=MsoFootnoteReference>1</span>",
    "{}<a href='#_ftn1' name='_ftnref1'><span>1</span></a>", "<a href='#note'>{}</a>",
    "<table><tr><td>{}</td></tr></table>", "<table><tr><td></td><td><p>{}</p></td></tr></table>"])
def test_a_figure_beside_what_is_struck_or_a_mark_and_in_a_frame_of_its_own(inner):
    assert f">{TRUTH[KEY]}<" in TABLES[3]
    three = TABLES[3].replace(f">{TRUTH[KEY]}<", f">{inner.format(TRUTH[KEY])}<")
    assert exact(page(body({**TABLES, 3: three})))


def test_two_figures_framed_within_one_cell_are_no_figure():
    three = TABLES[3].replace(f">{TRUTH[KEY]}<", f"><table><tr><td>{TRUTH[KEY]}</td><td>5</td></tr></table><")
    assert report.build(open_page(page(body({**TABLES, 3: three})))).figures[KEY].value is None
