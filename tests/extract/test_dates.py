from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extract.dates import find_day, publication
from extract.model import Cell, Document, Grid, Hints, Text
from extract.readers import markup


def document(text: str = "", blocks: list[Text | Grid] | None = None, **meta: str) -> Document:
    return Document("", "text/html", "markup", blocks=list(blocks or []), text=text, meta=meta)


@pytest.mark.parametrize(("text", "day"), [
    ("2023-01-13", "2023-01-13"), ("2023- 01- 13 16 : 26", "2023-01-13"), ("2026-\n01-\n23", "2026-01-23"),
    ("2023年1月3日", "2023-01-03"), ("2023 年 1 月 3 日", "2023-01-03"), ("2023/1/3", "2023-01-03"),
    ("2023.01.03 10:00", "2023-01-03"), ("２０２３年１月５日", "2023-01-05"), ("20230105", "2023-01-05"),
    ("二○一四年一月十日", "2014-01-10"), ("二〇二二年十二月三十一日", "2022-12-31"),
    ("二〇二五年二月二十日", "2025-02-20"),
    ("[01-28]", None), ("01-28", None), ("2022-02-30", None), ("1999-12-31", None), ("2023年13月1日", None),
    ("<!--$[发布时间]-->", None), ("{{ pubDate }}", None), ("", None), ("2023-01", None), ("电话05761234567", None),
    ("2022-02-31 2022-03-01", "2022-03-01"), ("2022-01-2810:00:00", "2022-01-28"), ("2022-01-289", None),
])
def test_days_are_found_as_printed(text: str, day: str | None) -> None:
    assert find_day(text) == day


@given(st.dates(date(2008, 1, 1), date(2099, 12, 31)), st.sampled_from([
    "{y}-{m:02}-{d:02}", "{y}年{m}月{d}日", "{y} 年 {m} 月 {d} 日", "{y}/{m}/{d}", "{y}{m:02}{d:02}",
    "{y}- {m:02}- {d:02}"]))
def test_every_real_day_survives_every_way_of_printing(day: date, form: str) -> None:
    assert find_day("x " + form.format(y=day.year, m=day.month, d=day.day) + " y") == day.isoformat()


@given(st.text(max_size=80))
def test_no_text_breaks_the_finder(text: str) -> None:
    found = find_day(text)
    assert found is None or date.fromisoformat(found).year >= 2008


@pytest.mark.parametrize(("address", "day"), [
    ("http://www.example.gov.cn/zfxxgknb/202401/t20240131_123.html", "2024-01-31"),
    ("http://www.example.gov.cn/art/2025/1/16/art_33718_118.html", "2025-01-16"),
    ("http://www.example.gov.cn/2024-01/29/content_77.htm", "2024-01-29"),
    ("http://www.example.gov.cn/a/2026/04-20/11.html", "2026-04-20"),
    ("http://www.example.gov.cn/c/20220128/0f0f.html", "2022-01-28"),
    ("http://www.example.gov.cn/2022/03/05/report.html", "2022-03-05"),
    ("http://www.example.gov.cn/zwgk/202401/0123456789abcdef0123456789abcdef.shtml", None),
    ("http://www.example.gov.cn/art/2025/13/40/art_1.html", None),
    ("http://www.example.gov.cn/list.jsp?day=/20220128/", None),
    ("http://www.example.gov.cn/t19991231_1.html", None),
])
def test_an_address_dates_only_by_a_whole_day_in_its_path(address: str, day: str | None) -> None:
    found = publication(document(), Hints(url=address))
    assert (found.date if found else None) == day
    assert found is None or found.source == "url"


@pytest.mark.parametrize("line", [
    "发布日期：2023-01-13", "发布时间: 2023- 01- 13 16 : 26", "发布时间\n2023年1月13日", "公开日期 2023.1.13",
    "【发布日期】 2023-01-13", "信息来源：某局 发布于 2023-01-13", "日期：2023-01-13 浏览次数：12",
    "时间：2023-01-13 09:00", "发布时间：[2023-01-13]", "【信息时间： 2023/1/13 阅读次数：】", "添加时间：2023-01-13",
    "发布日期：2023-01-1310:30"])
def test_the_pages_own_line(line: str) -> None:
    found = publication(document(text="标题\n" + line), Hints())
    assert found is not None
    assert (found.date, found.source) == ("2023-01-13", "page")


def test_a_time_inside_the_prose_is_no_publication_day() -> None:
    text = "统计时间为2023年1月1日至2023年12月31日，培训时间和日期2023-05-05"
    assert publication(document(text=text), Hints()) is None


def test_a_plain_time_is_not_asked_where_a_line_says_published() -> None:
    found = publication(document(text="发布日期：2023-01-13\n时间：2022-11-01\n"), Hints())
    assert found is not None
    assert [(hint.date, hint.source) for hint in found.all] == [("2023-01-13", "page")]


@pytest.mark.parametrize("clock", ["日期：2024年2月20日 星期二", "时间:2024-02-20 周二 10:20", "今天是2024年2月20日",
                                   "当前时间：2024-02-20 10:20:30"])
def test_the_clock_of_a_page_dates_nothing(clock: str) -> None:
    assert publication(document(text=f"{clock}\n正文"), Hints()) is None
    found = publication(document(text=f"{clock}\n时间：2024-01-25 10:00 来源：某局"), Hints())
    assert found is not None
    assert found.date == "2024-01-25"


@pytest.mark.parametrize("value", ["", "<!--$[发布时间]-->", "{{time}}", "01-28 10:00"])
def test_unfilled_meta_elements_are_no_evidence(value: str) -> None:
    assert publication(document(PubDate=value), Hints()) is None


@pytest.mark.parametrize("never", ["Fri, 31 Dec 9999 23:59:59 GMT", "9999-12-31T23:59:59Z",
                                   "0001-01-01T00:00:00+09:00", "Mon, 01 Jan 99999999999999999999 00:00:00 GMT"])
def test_a_moment_beyond_the_calendar_dates_nothing(never: str) -> None:
    assert publication(document(modified=never), Hints(last_modified=never)) is None


def test_meta_element_keeps_its_name_and_loses_its_clock() -> None:
    found = publication(document(PubDate="2024-01-31 06:23"), Hints())
    assert found is not None
    assert (found.date, found.source) == ("2024-01-31", "meta:PubDate")


def test_text_dumps_carry_the_pages_line_in_meta() -> None:
    found = publication(document(published="2014-01-10 (URL 2014-03-24)"), Hints())
    assert found is not None
    assert (found.date, found.source) == ("2014-01-10", "page")


def test_best_evidence_first_and_all_of_it_kept() -> None:
    seen = document(
        text="成文日期 2022-01-05\n发布日期： 2022-01-28 10:11", PubDate="2022-02-01 06:23",
        modified="2022-02-03T10:00:00Z", blocks=[Text("正文"), Text("2022年1月7日")])
    found = publication(seen, Hints(
        url="http://a.gov.cn/t20220218_1.html", list_date="2022-01-29", last_modified="Fri, 18 Feb 2022 20:00:00 GMT",
        first_seen="2022-03-01T23:30:00+08:00"))
    assert found is not None
    assert [(hint.date, hint.source) for hint in found.all] == [
        ("2022-01-28", "page"), ("2022-02-01", "meta:PubDate"), ("2022-01-29", "list"), ("2022-02-18", "url"),
        ("2022-01-05", "written"), ("2022-01-07", "written"), ("2022-02-03", "property:modified"),
        ("2022-02-19", "last_modified"), ("2022-03-01", "first_seen")]
    assert (found.date, found.source) == ("2022-01-28", "page")


@pytest.mark.parametrize(("last", "day"), [
    ("2022年1月7日", "2022-01-07"), ("二○二二年一月七日", "2022-01-07"), ("（2022年1月7日）", "2022-01-07"),
    ("截至2022年1月7日共收到5件", None), ("2022年1月", None)])
def test_a_lone_day_at_the_end_signs_the_report(last: str, day: str | None) -> None:
    blocks: list[Text | Grid] = [Text("六、其他需要报告的事项"), Text("无。"), Text("柳河镇人民政府"), Text(last)]
    found = publication(document(blocks=blocks), Hints())
    assert (found.date if found else None) == day


def test_index_tables_are_read_across_their_cells() -> None:
    table = Grid([Cell("索引号", 0, 0), Cell("11-22", 0, 1), Cell("成文日期", 0, 2), Cell("2023-01-10", 0, 3),
                  Cell("发布日期", 1, 0), Cell("2023-01-12", 1, 1)])
    found = publication(document(blocks=[table]), Hints())
    assert found is not None
    assert [(hint.date, hint.source) for hint in found.all] == [("2023-01-12", "page"), ("2023-01-10", "written")]


def test_pdf_properties_are_weak_evidence() -> None:
    found = publication(document(CreationDate="D:20240226144123+08'00'"), Hints(first_seen="2024-03-05"))
    assert found is not None
    assert [(hint.date, hint.source) for hint in found.all] == [
        ("2024-02-26", "property:creationdate"), ("2024-03-05", "first_seen")]


def test_a_list_day_without_a_year_is_not_guessed() -> None:
    assert publication(document(), Hints(list_date="[01-28]", year=2022)) is None


def test_a_property_from_before_the_years_end_dates_no_publication() -> None:
    made = document(created="2021-03-02T09:00:00Z", modified="2022-01-10T09:00:00Z")
    found = publication(made, Hints(), 2021)
    assert found is not None
    assert [hint.source for hint in found.all] == ["property:modified"]
    assert publication(document(created="2021-12-31T09:00:00Z"), Hints(), 2021) is None
    assert publication(document(PubDate="2021-12-19"), Hints(), 2021) is not None


@pytest.mark.parametrize(("mark", "day"), [
    ("<span class='pubDate'>2025-01-21 10:00:00</span>", "2025-01-21"),
    ("<em id='publishtime'>2025年1月21日</em>", "2025-01-21"),
    ("<span class='pubDate'></span>", None), ("<span class='pubDate'>{{ date }}</span>", None)])
def test_a_day_without_words_counts_where_its_element_is_called_so(mark, day):
    page = f"<html><body><h1>示例</h1>{mark}<div class='article-content'><p>全文如下。</p></div></body></html>"
    found = publication(markup.read(page.encode(), Hints()), Hints())
    assert (found.date if found else None) == day
    assert found is None or found.source == "page"
