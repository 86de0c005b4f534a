"""The consolidated draft: what is added, what isn't, and that its formulas come to what it shows."""

from __future__ import annotations

import json
import subprocess

import openpyxl
import pytest

from crawler import clock
from crawler.model import Body
from extract import configuration
from monitor import cli
from monitor.exports import consolidated, form_layout
from tests.monitor import reports
from tests.monitor.exports.county import County


@pytest.fixture
def county(tmp_path):
    past = County(tmp_path)
    past.publish("office", disclosure__licences__decided=10)
    past.publish("fin", disclosure__licences__decided=5, disclosure__fees__amount=1.25,
                 disclosure__regulations__issued=2)
    past.publish("edu", disclosure__licences__decided=7, doubtful=("disclosure.licences.decided",),
                 disclosure__penalties__decided=None)
    past.publish("tax", disclosure__licences__decided=900)
    past.publish("agri", scope="unknown")
    past.judged()
    yield past
    configuration.use_office_folder(None)
    clock.simulate(None)


def nianbao(past, *arguments):
    return cli.run(["--config", str(past.settings), *map(str, arguments)])


def draft_of(past, year=2025):
    with past.store.read() as connection:
        return consolidated.compile_draft(connection, past.roster, past.roster.bodies["gov"], year)


def test_only_figures_read_with_confidence_of_members_that_report_here_are_added(county):
    draft = draft_of(county)
    assert [each.body.id for each in draft.members] == ["office", "fin", "edu"]
    licences = draft.items["disclosure.licences.decided"]
    assert (licences.sum, licences.unsure) == (15, ["示例县教育局"])
    assert draft.items["applications.new.total"].sum == 9
    assert draft.items["disclosure.fees.amount"].sum == 1.25
    penalties = draft.items["disclosure.penalties.decided"]
    assert (penalties.sum, len(penalties.numbers), penalties.blank) == (0, 2, 1)


def test_whoever_is_not_counted_is_named_with_the_reason(county):
    assert {each.body.id: (each.kind, each.why) for each in draft_of(county).left} == {
        "town": ("missing", "no_report"), "agri": ("uncertain", "scope"), "tax": ("excluded", "vertical"),
        "water": ("excluded", "enterprise")}


def test_what_must_not_be_added_is_left_to_the_office_unless_all_is_zero(county):
    items = draft_of(county).items
    assert items["disclosure.regulations.issued"].sum is None
    assert items["disclosure.regulations.repealed"].sum == 0
    assert items["disclosure.normative_documents.in_force"].caution is not None


def test_a_figure_nobody_prints_is_empty_and_never_zero(tmp_path):
    past = County(tmp_path)
    past.publish("fin", disclosure__penalties__decided=None)
    assert draft_of(past).items["disclosure.penalties.decided"].sum is None


def test_a_joint_report_counts_once_and_a_county_below_hands_in_its_consolidated_one(tmp_path):
    below = Body(id="sub", name="示例区人民政府", kind="government", level="county", parent="gov", portal="p",
                 scopes=("own", "consolidated"))
    past = County(tmp_path, (below, Body(id="deep", name="示例区财政局", kind="department", level="county",
                                         parent="sub", portal="p")))
    joint = past.publish("fin")
    with past.store.write() as connection:
        connection.execute("INSERT INTO report_owner (report, body, scope, year, verdict) "
                           "VALUES (?, 'edu', 'own', 2025, 'report')", (joint,))
    past.publish("sub")
    past.publish("sub", scope="consolidated", disclosure__licences__decided=40)
    past.publish("deep", disclosure__licences__decided=4)
    draft = draft_of(past)
    assert [(each.body.id, each.scope) for each in draft.members] == [("fin", "own"), ("sub", "consolidated")]
    assert {each.body.id: each.why for each in draft.left}["edu"] == "joint"
    assert draft.items["disclosure.licences.decided"].sum == 40


def test_a_report_on_another_form_counts_for_nothing(tmp_path):
    past = County(tmp_path)
    past.publish("fin")
    past.publish("edu", form="2019", all_figures=reports.figures("2019"))
    assert {each.body.id: each.why for each in draft_of(past).left}["edu"] == "form"


@pytest.mark.parametrize("year", [2019, 2025])
def test_every_proper_figure_of_the_form_has_one_place(year):
    form = form_layout.form_of(year)
    for number in form_layout.TABLES:
        table = form.table(number)
        laid = form_layout.lay_out(table, "zh")
        assert sorted(cell.key for cell in laid.figures) == sorted(
            table.key(row.key, column) for row in table.proper_rows for column in table.columns_of(row.key))
        covered = [(row, column) for cell in laid.cells for row in range(cell.row, cell.row + cell.rows)
                   for column in range(cell.column, cell.column + cell.columns)]
        assert len(covered) == len(set(covered)) == laid.height * laid.width


def test_rows_that_stand_in_for_others_are_shown_where_a_report_prints_them(tmp_path):
    past = County(tmp_path)
    figures = reports.figures()
    for row in ("closed_uncorrected", "closed_unpaid", "closed_other"):
        for column in ("natural_person", "total"):
            del figures[f"applications.{row}.{column}"]
    figures |= reports.figures(applications__closed__total=0, applications__closed__natural_person=0)
    for row in ("closed_uncorrected", "closed_unpaid", "closed_other"):
        for column in ("natural_person", "total"):
            figures.pop(f"applications.{row}.{column}")
    past.publish("fin", all_figures=figures)
    laid = form_layout.lay_out(draft_of(past).form.table(3), "zh", draft_of(past).items)
    assert "applications.closed.total" in {cell.key for cell in laid.figures}
    covered = [(row, column) for cell in laid.cells for row in range(cell.row, cell.row + cell.rows)
               for column in range(cell.column, cell.column + cell.columns)]
    assert len(covered) == len(set(covered)) == laid.height * laid.width


def test_the_command_writes_formulas_and_says_that_it_is_a_draft(county, tmp_path, capsys):
    out = tmp_path / "汇总.xlsx"
    assert nianbao(county, "export", "consolidated", "--under", "示例县人民政府", "--year", 2025, "--out", out,
                   "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["draft"] is True
    assert told["figures"]["disclosure.licences.decided"]["sum"] == 15
    assert told["broken"] == 0
    book = openpyxl.load_workbook(out)
    assert book.sheetnames == ["汇总草稿", "成员数据", "核对", "未计入", "逐项情况"]
    draft = book["汇总草稿"]
    assert "草稿" in draft["A1"].value
    assert "不是对任何单位的评价" in draft["A2"].value
    formulas = [cell.value for row in draft.iter_rows() for cell in row
                if isinstance(cell.value, str) and cell.value.startswith("=")]
    assert sum("成员数据" in each for each in formulas) == len(form_layout.keys_of(form_layout.form_of(2025)))
    doubtful = [cell.value for row in book["成员数据"].iter_rows() for cell in row if cell.value == "7（存疑）"]
    assert len(doubtful) == 1


@pytest.mark.parametrize(("options", "said"), [
    (("--under", "无此单位", "--year", 2025, "--out", "a.xlsx"), "--under"),
    (("--under", "gov", "--year", 2025, "--out", "a.pdf"), ".xlsx"),
    (("--under", "gov", "--year", 2015, "--out", "a.xlsx"), "2015"),
    (("--under", "gov", "--year", 2024, "--out", "a.xlsx"), "2024"),
])
def test_what_cannot_be_done_is_said(county, tmp_path, capsys, monkeypatch, options, said):
    monkeypatch.chdir(tmp_path)
    assert nianbao(county, "export", "consolidated", *options) == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "a.xlsx").exists()


@pytest.mark.slow
def test_an_office_program_comes_to_the_same_sums(county, tmp_path):
    out = tmp_path / "draft.xlsx"
    assert nianbao(county, "export", "consolidated", "--under", "gov", "--year", 2025, "--out", out) == 0
    subprocess.run(["soffice", "--headless", f"-env:UserInstallation=file://{tmp_path}/profile", "--convert-to",
                    "xlsx:Calc MS Excel 2007 XML", "--outdir", str(tmp_path / "again"), str(out)], check=True,
                   capture_output=True)
    written, again = (openpyxl.load_workbook(path, data_only=True)
                      for path in (out, tmp_path / "again" / "draft.xlsx"))
    for name in ("汇总草稿", "核对"):
        for row in written[name].iter_rows():
            for cell in row:
                assert (again[name][cell.coordinate].value or "") == (cell.value or ""), (name, cell.coordinate)
