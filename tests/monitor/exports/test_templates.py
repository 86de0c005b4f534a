"""The form to fill in: official cells, formulas, what is prefilled and what isn't, names of the files."""

from __future__ import annotations

import json
import subprocess
import zipfile

import docx
import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler import clock
from crawler.model import Body, Event
from extract import configuration
from extract.forms import form
from monitor import cli
from monitor.exports import placing, prefill
from tests.monitor.exports.county import County

CARRIED = {f"applications__{row}__{column}": 2 + 3 * (row == "new") for row in ("new", "carried_out")
           for column in ("natural_person", "total")}


@pytest.fixture
def county(tmp_path):
    past = County(tmp_path)
    past.publish("fin", 2024, **CARRIED, disclosure__normative_documents__in_force=7)
    past.publish("edu", 2024, **CARRIED, doubtful=("applications.carried_out.natural_person",))
    past.judged()
    yield past
    configuration.use_office_folder(None)
    clock.simulate(None)


def nianbao(past, *arguments):
    return cli.run(["--config", str(past.settings), *map(str, arguments)])


def filled(past, body, year=2025):
    with past.store.read() as connection:
        return prefill.of(connection, past.roster, past.roster.bodies[body], "own", year, form("2021"), {})


def test_what_last_year_says_with_confidence_is_filled_in(county):
    known = filled(county, "fin")
    assert known.values["applications.carried_in.natural_person"] == 2
    assert known.values["applications.carried_in.business"] == 0
    assert known.stock["disclosure.normative_documents.in_force"] == 7
    assert known.origins["applications.carried_in.total"] == "applications.carried_out.total"


def test_a_row_with_a_doubtful_cell_is_left_to_be_filled_in_as_a_whole(county):
    known = filled(county, "edu")
    assert known.values == {}
    assert known.why == "doubt"
    assert known.stock


def test_figures_on_which_a_finding_stands_are_not_filled_in(tmp_path):
    past = County(tmp_path)
    past.publish("fin", 2024, applications__carried_out__natural_person=2, applications__carried_out__total=2)
    with past.store.write() as connection:
        from monitor import rejudging
        rejudging.judge_store(connection, past.roster, "2026-03-01T09:00:00+08:00", since=2020)
    assert filled(past, "fin").values == {}


def test_nothing_is_filled_in_for_a_body_that_was_reorganised(tmp_path):
    past = County(tmp_path, (Body(id="old", name="示例县粮食局", kind="department", level="county", parent="gov",
                                  portal="p", until=2024, events=(Event("merged_into", "2025-03-01", "fin"),)),))
    past.publish("fin", 2024, **CARRIED)
    assert filled(past, "fin").why == "reorganised"


def test_the_workbook_adds_checks_and_says_where_numbers_come_from(county, tmp_path, capsys):
    out = tmp_path / "t"
    assert nianbao(county, "export", "templates", "--body", "fin", "--year", 2025, "--out", out, "--json") == 0
    told = json.loads(capsys.readouterr().out)["templates"]
    assert [each["files"] for each in told] == [
        ["示例县财政局2025年度报告模板.xlsx", "示例县财政局2025年度报告模板.docx"]]
    book = openpyxl.load_workbook(out / told[0]["files"][0])
    assert book.sheetnames == ["表格", "核对", "预填来源"]
    cells = [cell for row in book["表格"].iter_rows() for cell in row]
    assert sum(str(cell.value).startswith('=IF(COUNT(') for cell in cells) == 25 + 7 - 1 + 3
    sources = [[cell.value for cell in row] for row in book["预填来源"].iter_rows(min_row=3)]
    assert ["fin-own-2024.html" in str(row[3]) for row in sources] == [True] * 9
    shown = openpyxl.load_workbook(out / told[0]["files"][0], data_only=True)["表格"]
    assert "待填" in shown["A4"].value
    paper = docx.Document(str(out / told[0]["files"][1]))
    said = "\n".join(each.text for each in paper.paragraphs)
    assert [title in said for title in ("一、总体情况", "六、其他需要报告的事项", "fin-own-2024.html")] == [True] * 3
    assert "{{" not in said
    assert [len(table.rows) for table in paper.tables] == [14, 28, 4]
    assert paper.tables[1].cell(4, 3).text == "2"


def test_a_batch_is_one_archive_with_chinese_names_flagged_as_utf8(county, tmp_path):
    out = tmp_path / "模板.zip"
    assert nianbao(county, "export", "templates", "--under", "gov", "--year", 2025, "--out", out) == 0
    with zipfile.ZipFile(out) as archive:
        held = archive.infolist()
    names = [each.filename for each in held]
    assert "示例县财政局2025年度报告模板.xlsx" in names
    assert len(names) == len(set(names))
    assert any(name.startswith("示例县人民政府（") and name.endswith(".docx") for name in names)
    assert all(each.flag_bits & 0x800 for each in held)
    assert nianbao(county, "export", "templates", "--under", "gov", "--year", 2025, "--out", out) == 2


def test_markup_and_formulas_in_names_stay_text(tmp_path):
    past = County(tmp_path, (Body(id="evil", name='=HYPERLINK("http://x")<w:p/>&{{title}}', kind="department",
                                  level="county", parent="gov", portal="p"),))
    past.install("2026-03-01T09:00")
    assert nianbao(past, "export", "templates", "--body", "evil", "--year", 2025, "--out", tmp_path / "t") == 0
    clock.simulate(None)
    configuration.use_office_folder(None)
    book = openpyxl.load_workbook(next((tmp_path / "t").glob("*.xlsx")))
    assert book["表格"]["A1"].data_type == "s"
    paper = docx.Document(str(next((tmp_path / "t").glob("*.docx"))))
    assert paper.paragraphs[0].text.startswith('=HYPERLINK("http://x")<w:p/>&')


@given(st.text(max_size=90))
def test_a_file_name_never_leaves_its_folder_or_hides(text):
    name = placing.safe(text)
    assert name
    assert not set(name) & set('/\\:*?"<>|%$#')
    assert name[0] not in ".-=+@~ "
    assert name.casefold().split(".")[0] not in {"con", "nul", "com1"}


def test_equal_names_are_told_apart():
    names = placing.Names()
    assert [names.take("甲", ".pdf"), names.take("甲", ".pdf"), names.take("甲", ".html")] == [
        "甲.pdf", "甲（2）.pdf", "甲.html"]


@pytest.mark.slow
def test_an_office_program_opens_both_and_comes_to_the_same_numbers(county, tmp_path):
    assert nianbao(county, "export", "templates", "--body", "fin", "--year", 2025, "--out", tmp_path / "t") == 0
    book = next((tmp_path / "t").glob("*.xlsx"))
    profile = f"-env:UserInstallation=file://{tmp_path}/profile"
    subprocess.run(["soffice", "--headless", profile, "--convert-to", "xlsx:Calc MS Excel 2007 XML", "--outdir",
                    str(tmp_path / "again"), str(book)], check=True, capture_output=True)
    subprocess.run(["soffice", "--headless", profile, "--convert-to", "pdf", "--outdir", str(tmp_path / "again"),
                    str(next((tmp_path / "t").glob("*.docx")))], check=True, capture_output=True)
    assert next((tmp_path / "again").glob("*.pdf")).stat().st_size > 10_000
    written, again = (openpyxl.load_workbook(path, data_only=True) for path in (book, tmp_path / "again" / book.name))
    for name in ("表格", "核对"):
        for row in written[name].iter_rows():
            for cell in row:
                assert (again[name][cell.coordinate].value or "") == (cell.value or ""), (name, cell.coordinate)
