"""Reports as pages, editors and offices put them out: whatever the wrapping, every figure is read as printed."""

from __future__ import annotations

import html
import random
import re

import pytest

from extract.model import Hints, Report
from extract.report import read
from tests.documents import making
from tests.documents.making import TableSpec

_NUMBER = re.compile(r"^-?\d+(\.\d+)?$")
_WIDE = str.maketrans("0123456789", "０１２３４５６７８９")


def report(seed: int, year: int = 2023, scale: int = 40) -> making.ReportText:
    figures = making.figures_2019(seed, scale=scale) if year <= 2020 else making.figures_2021(seed, scale=scale)
    return making.ReportText(f"示例市水务局{year}年政府信息公开工作年度报告", "示例市水务局", year, figures)


def full(table: TableSpec) -> list[list[str]]:
    """The table without merges: a cell's text at its first place, the others empty."""
    held = {(row, column): text for row, column, _, _, text in making.placed(table)}
    return [[held.get((row, column), "") for column in range(making.width(table))]
            for row in range(1 + max(row for row, _ in held))]


def table(rows: TableSpec, cell=html.escape) -> str:  # type: ignore[no-untyped-def]
    lines = ["".join(f'<td rowspan="{down}" colspan="{across}">{cell(text)}</td>' for text, down, across in row)
             for row in rows]
    return f"<table><tr>{'</tr><tr>'.join(lines)}</tr></table>"


def body(made: making.ReportText, drawn=table, line=lambda text: f"<p>{text}</p>", **options) -> str:  # type: ignore
    """Headings, prose and tables of a report, each as a page draws it."""
    tables, parts = making.tables(made, **options), []
    for number in making.SECTION_TITLES:
        parts += [line(text) for text in (made.heading(number), *made.prose(number))]
        parts += [drawn(tables[number])] if number in tables else []
    return "\n".join(parts)


def page(title: str, inner: str, head: str = "") -> str:
    return f'<html><head><meta charset="utf-8"><title>{title}</title>{head}</head><body>{inner}</body></html>'


def held(data: str | bytes, made: making.ReportText, name: str = "page.html") -> Report:
    """The reading, after every printed figure was found in it and no other."""
    reading = read(data.encode() if isinstance(data, str) else data, Hints(name=name))
    told = {key: figure.value for key, figure in reading.figures.items()
            if figure.value is not None and key.startswith(("disclosure.", "applications.", "disputes."))}
    assert told == {key: value for key, value in made.figures.items() if isinstance(value, int | float)}
    assert all(reading.section(number) for number in making.SECTION_TITLES)
    return reading


def spread(text: str) -> str:
    """A number as editors leave it: full width, in groups, cut into spans, with blanks nobody sees."""
    if not _NUMBER.match(text) or "." in text:
        return html.escape(text)
    return random.Random(text).choice([
        text.translate(_WIDE), f"{int(text):,}", "\u2009".join(re.findall(r".{1,3}(?=(?:.{3})*$)", text)),
        f"<span>{text[:1]}</span><span>{text[1:]}</span>", f"\u200b{text}\ufeff", f"&ensp;{text}\u3000", f"{text}件"])


def field(text: str) -> str:
    return f'<input type="text" readonly value="{text}">' if _NUMBER.match(text) else html.escape(text)


def share(rows: TableSpec) -> str:
    """Table 3 with a column of percentages behind its totals."""
    if making.width(rows) != 10:
        return table(rows)
    heads = [[*rows[0][:-1], (rows[0][-1][0], 1, 8)], [*rows[1], ("占比", 2, 1)], rows[2]]
    return table([*heads, *([*row, (f"{place}.5%", 1, 1)] for place, row in enumerate(rows[3:]))])


def by_role(rows: TableSpec) -> str:
    lines = ["".join(f'<div role="cell" aria-rowspan="{down}" aria-colspan="{across}">{text}</div>'
                     for text, down, across in row) for row in rows]
    return f'<div role="table"><div role="row">{"</div><div role=row>".join(lines)}</div></div>'


def by_style(rows: TableSpec) -> str:
    lines = ["".join(f'<span style="width:3%; display: table-cell">{text}</span>' for text in row)
             for row in full(rows)]
    row = '<div style="display:table-row;">'
    return f'<div style="display: table">{row}{f"</div>{row}".join(lines)}</div></div>'


def flat(rows: TableSpec) -> str:
    """Table 3 with one row of headers and its groups written before the labels."""
    if making.width(rows) != 10:
        return table(rows)
    lines: TableSpec = [[(text, 1, 1) for text in ("项目", *making.COLUMNS.values())]]
    for row in rows[3:]:
        texts = [text for text, _, _ in row]
        lines.append([("—".join(texts[:-7]), 1, 1), *((text, 1, 1) for text in texts[-7:])])
    return table(lines)


@pytest.mark.parametrize(("name", "drawn"), [
    ("numbers in disguise", lambda rows: table(rows, spread)),
    ("fields of a form", lambda rows: table(rows, field)),
    ("a column of shares", share),
    ("tables by role", by_role),
    ("tables by style", by_style),
    ("one row of headers", flat),
    ("labels broken over lines", lambda rows: table(
        rows, lambda text: text if _NUMBER.match(text) else "<br>".join(re.findall(r".{1,4}", text)))),
    ("too wide spans", lambda rows: table(rows).replace('colspan="7"', 'colspan="12"')),
])
@pytest.mark.parametrize("year", [2023, 2020])
def test_tables_however_a_page_draws_them(name, drawn, year):
    made = report(year + len(name), year, scale=3000)
    assert held(page(made.title, f"<h1>{made.title}</h1>{body(made, drawn)}"), made).problems == []


def test_fields_that_show_nothing_are_no_text():
    made = report(5)
    hidden = '<input type="hidden" value="7"><input type="submit" value="8">'
    held(page(made.title, body(made, lambda rows: table(rows, lambda text: html.escape(text) + hidden))), made)


def test_an_article_of_a_messenger_has_its_title_and_day():
    made = report(6)
    inner = body(made, lambda rows: f"<section>{table(rows, lambda text: f'<section><span>{text}</span></section>')}"
                 "</section>", line=lambda text: f'<section><strong><span leaf="">{text}</span></strong></section>')
    head = f'<meta property="og:title" content="{made.title}">'
    data = page("", f'<em id="publish_time">2024年01月22日 10:02</em><div id="js_content" style="visibility: hidden">'
                f"{inner}</div>", head)
    reading = held(data, made)
    assert (reading.title, reading.body, reading.year) == (made.title, made.body, 2023)
    assert reading.published
    assert reading.published.date == "2024-01-22"


def test_the_headline_above_the_article_names_the_report_where_the_window_names_the_site():
    made = report(7)
    data = page("示例市人民政府门户网站", f'<div><h1>{made.title}</h1><div id="zoom">{body(made)}</div></div>')
    assert held(data, made).title == made.title


def one_table(made: making.ReportText, width: int = 15) -> TableSpec:
    """A whole report as one table, its prose in rows of one cell, as a sheet saved as a page has it."""
    tables, rows = making.tables(made), [[(made.title, 1, width)]]
    for number in making.SECTION_TITLES:
        rows += [[(text, 1, width)] for text in (made.heading(number), *made.prose(number))]
        rows += tables.get(number, [])
    return rows


@pytest.mark.parametrize("length", [1, 60])
def test_a_report_that_is_one_table_has_its_title_and_sections(length):
    made = report(8)
    made.sections = {1: "为把公开工作做细，逐月核对各个栏目，" * length + "。\n另有一段。"}
    reading = held(page("Sheet1", table(one_table(made))), made)
    assert (reading.title, reading.year) == (made.title, 2023)
    assert reading.section(1).text.endswith("另有一段。")


def test_a_frame_around_the_page_is_no_table():
    made = report(9)
    made.sections = {1: "为把公开工作做细，逐月核对各个栏目，" * 40 + "。"}
    frame = f"<table><tr><td>首页</td></tr><tr><td>{body(made)}</td></tr><tr><td>打印</td><td>关闭</td></tr></table>"
    held(page(made.title, frame), made)


@pytest.mark.parametrize("coding", ["gb18030", "utf-8"])
def test_tables_drawn_with_characters(coding):
    made = report(10)

    def drawn(rows: TableSpec) -> str:
        lines = full(rows)
        rule = f"\n├{'┼'.join(['──'] * len(lines[0]))}┤\n"
        return rule.join(f"│{'│'.join(line)}│" for line in lines)

    text = f"{made.title}\n\n{body(made, drawn, line=lambda text: '    ' + text)}"
    held(text.encode(coding), made, "report.txt")


def test_two_tables_of_one_kind_are_told_once_a_table_and_trusted_nowhere():
    made, whole = report(11), making.tables(report(12, scale=900))
    twice = making.tables(made)
    inner = "".join(f"<p>{made.heading(number)}</p>" + (
        f"<p>（一）本机关</p>{table(twice[number])}<p>（二）汇总</p>{table(whole[number])}" if number in twice else "")
        for number in making.SECTION_TITLES)
    reading = read(page(made.title, inner).encode(), Hints(name="page.html"))
    assert [said[:8] for said in reading.problems] == ["table 2:", "table 3:", "table 4:"]
    assert all("printed twice" in said and "other cells of it" in said for said in reading.problems)
    assert reading.figures["applications.new.total"].confidence <= 0.5
