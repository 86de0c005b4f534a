"""The made reports must be right themselves: sums hold, every figure is printed in its place, files open."""

import io
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree, html

from tests.documents import making

SEEDS = st.integers(0, 10**6)


def report(year=2021, seed=1, **more):
    figures = making.figures_2019(seed) if year <= 2020 else making.figures_2021(seed)
    return making.ReportText(f"示例县{year}年政府信息公开工作年度报告", "示例县", year, figures, **more)


@given(SEEDS, st.sampled_from(["2019", "2021"]))
@settings(max_examples=30)
def test_sums_hold(seed, form):
    figures = (making.figures_2019 if form == "2019" else making.figures_2021)(seed)
    parts = [row for row in making.PARTS if row not in making.CLOSED] + (
        ["closed"] if form == "2019" else making.CLOSED)
    for column in making.COLUMNS:
        get = {row: figures[f"applications.{row}.{column}"]
               for row in [*parts, "new", "carried_in", "concluded", "carried_out"]}
        assert min(get.values()) >= 0
        assert sum(get[row] for row in parts) == get["concluded"]
        assert get["new"] + get["carried_in"] == get["concluded"] + get["carried_out"]
    assert len([key for key in figures if key.startswith("applications.")]) == 7 * (23 if form == "2019" else 25)
    assert len([key for key in figures if key.startswith("disputes.")]) == 15


def test_a_year_continues_the_one_before():
    first = making.figures_2021(3)
    second = making.figures_2021(4, before=first)
    for column in making.COLUMNS:
        assert second[f"applications.carried_in.{column}"] == first[f"applications.carried_out.{column}"]
    assert (second["disclosure.normative_documents.in_force"] == first["disclosure.normative_documents.in_force"]
            + second["disclosure.normative_documents.issued"] - second["disclosure.normative_documents.repealed"])


@pytest.mark.parametrize("year", [2020, 2021])
def test_html_prints_every_figure_once(year):
    made = report(year)
    page = html.fromstring(making.html_body(made))
    assert len(page.findall(".//table")) == 3
    printed = sorted(cell.text_content() for cell in page.iter("td")
                     if cell.text_content().lstrip("-").replace(".", "").isdigit())
    assert printed == sorted(str(value) for value in made.figures.values())


@pytest.mark.parametrize("table", [2, 3, 4])
@pytest.mark.parametrize("form", ["2019", "2021"])
def test_spans_fill_the_rectangle(table, form):
    spec = making.tables(report(2019 if form == "2019" else 2021), form=form)[table]
    covered = [(row + i, column + j) for row, column, down, across, _ in making.placed(spec)
               for i in range(down) for j in range(across)]
    assert len(covered) == len(set(covered)) == len(spec) * making.width(spec)


def test_docx_and_pdf_open():
    made = report()
    with zipfile.ZipFile(io.BytesIO(making.docx(made))) as archive:
        body = etree.fromstring(archive.read("word/document.xml"))
    assert len(body.findall(".//{*}tbl")) == 3
    data = making.pdf(made)
    assert data.startswith(b"%PDF")
    assert data == making.pdf(made)


def test_images_stand_for_tables():
    made = report()
    page = html.fromstring(making.html_body(made, tables_as_images=True, image_folder="/img/"))
    assert [image.get("src") for image in page.iter("img")] == [f"/img/table{n}.png" for n in (2, 3, 4)]
    assert page.find(".//table") is None
    assert making.table_image(made, 3).startswith(b"\x89PNG")
    assert making.docx(made, tables_as_images=True)
    assert making.pdf(made, tables_as_images=True)


def test_options_change_what_is_printed():
    made = report()
    made.figures["applications.new.research"] = 0
    assert "<td>—</td>" in making.html_body(made, dash_zero=True)
    assert "<td></td>" in making.html_body(made, blank_zero=True)
    assert "3.其他" not in making.html_body(made, one_row_closed=True)
    left_out = making.html_body(making.ReportText("题", "某局", 2021, made.figures, sections={4: None}))
    assert "行政复议、行政诉讼情况" not in left_out
    with pytest.raises(ValueError):
        making.tables(made, form="2014")
