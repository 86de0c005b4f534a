"""The ledger: what stands in it, that nothing in it runs, and the way back."""

from __future__ import annotations

import zipfile
from dataclasses import replace
from datetime import date
from pathlib import Path

import openpyxl
import pytest

from crawler import clock
from crawler.roster import Roster
from extract import configuration
from monitor import review
from monitor.exceptions import UsageError
from monitor.exports import ledger_book, returned
from monitor.model import FindingState
from tests.monitor.office import ARITHMETIC, NEXT_WEEK, UNSEEN, Office


@pytest.fixture
def city(tmp_path: Path):
    clock.simulate(NEXT_WEEK)
    yield Office(tmp_path)
    clock.simulate(None)
    configuration.use_office_folder(None)


def export(city, path=None, **options):
    settings = city.loaded()
    path = path or city.folder / "ledger.xlsx"
    written = ledger_book.write(city.store, Roster.load(), settings, path, "zh", **options)
    return path, written


def fill_in(path, rows, name="returned.xlsx"):
    """Fill rows of the sheet of findings by rule-independent place: {finding id: (decision, reason, until, author)}."""
    book = openpyxl.load_workbook(path)
    sheet = book["问题明细"]
    heads = {cell.value: cell.column for cell in sheet[2]}
    for row in sheet.iter_rows(min_row=3):
        answer = rows.get(row[heads["nianbao:finding"] - 1].value)
        for head, value in zip(("处理意见", "理由或说明", "暂缓至", "经办人"), answer or (), strict=False):
            sheet.cell(row[0].row, heads[head], value)
    out = path.with_name(name)
    book.save(out)
    return out


def bring_in(city, path, **options):
    with city.store.write() as connection:
        return returned.take(connection, path, "zh", **options)


def state(city, finding):
    with city.store.read() as connection:
        return review.list_findings(connection, ids=[finding.id], cleared=True)[0]


# ---------------------------------------------------------------- what stands in it
def test_the_sheets_are_those_of_the_trade(city):
    path, written = export(city)
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == ["发布情况一览", "问题明细", "整改结果", "数据", "说明"]
    assert (written.standings, written.findings) == (8, 3)
    sheet = book["发布情况一览"]
    heads = [cell.value for cell in sheet[2]]
    rows = {row[1]: dict(zip(heads, row, strict=True)) for row in sheet.iter_rows(min_row=3, values_only=True)}
    assert rows["示例市商务局"]["状态"] == "× 未见公布"
    assert rows["示例市公安局"]["状态"] == "? 未能核查"
    assert rows["示例市教育局"]["公布日期"].date() == date(2026, 1, 20)
    assert rows["示例市文化和旅游局"]["天数"] == 1
    assert sheet.freeze_panes == "D3"
    assert sheet.auto_filter.ref == "A2:M10"
    assert sheet.page_setup.orientation == "landscape"
    assert sheet.print_title_rows == "$2:$2"


def test_machine_results_say_so_until_a_person_has_looked(city):
    with city.store.write() as connection:
        review.decide(connection, ARITHMETIC.id, "confirm", author="经办", reason="属实")
    path, _ = export(city)
    sheet = openpyxl.load_workbook(path)["问题明细"]
    heads = [cell.value for cell in sheet[2]]
    outcomes = {row[heads.index("nianbao:finding")]: row[heads.index("系统判定")]
                for row in sheet.iter_rows(min_row=3, values_only=True)}
    assert outcomes[ARITHMETIC.id] == "不符"
    assert outcomes[UNSEEN.id] == "不符*"
    hidden = [name for name, dimension in sheet.column_dimensions.items() if dimension.hidden]
    assert len(hidden) >= 1
    assert sheet.data_validations.dataValidation[0].formula1 == '"属实,误报,暂缓,单位有异议,单位报告已整改,单位已说明"'


@pytest.mark.parametrize("name", ['=HYPERLINK("http://x","y")', "+1+cmd|' /C calc'!A0", "@SUM(1)", "-2+3",
                                  "http://x.example/a", "\x01\x0b坏字符", "<b>粗</b>&amp;", "'单引号"])
def test_nothing_in_a_name_runs_or_breaks(city, name):
    path = city.folder / "facts" / "bodies.csv"
    text = path.read_text("utf-8").splitlines()
    quoted = '"' + name.replace('"', '""') + '"'
    path.write_text("\n".join(line.replace("示例市教育局", quoted) for line in text) + "\n", "utf-8")
    configuration.load.cache_clear()
    made, _ = export(city)
    with zipfile.ZipFile(made) as archive:
        for part in archive.namelist():
            assert b"<f>" not in archive.read(part)
            assert b"<f " not in archive.read(part)
    shown = [row[1] for row in openpyxl.load_workbook(made)["发布情况一览"].iter_rows(min_row=3, values_only=True)]
    assert len(shown) == 8


def test_sums_in_the_notes_agree_with_the_rows(city):
    path, _ = export(city)
    notes = {row[0]: row[1] for row in openpyxl.load_workbook(path)["说明"].iter_rows(values_only=True)}
    assert notes["应公布合计"] == "8 = 按时公布5 + 逾法定时限公布1 + 未见公布1 + 未能核查1"
    assert notes["按时公布率"] == "71.4%"


# ---------------------------------------------------------------- the way back
def test_what_was_filled_in_is_taken_once(city):
    path, _ = export(city)
    came = fill_in(path, {ARITHMETIC.id: ("属实", "与原件相符", None, "李某"),
                          UNSEEN.id: ("暂缓", "已电话核实", date(2026, 3, 1), "王某")})
    first = bring_in(city, came)
    assert (len(first.of("taken")), len(first.of("empty"))) == (2, 1)
    assert state(city, ARITHMETIC).state is FindingState.CONFIRMED
    assert state(city, ARITHMETIC).decision.author == "李某"
    assert state(city, UNSEEN).decision.until == "2026-03-01"
    again = bring_in(city, came)
    assert (len(again.of("taken")), len(again.of("same"))) == (0, 2)


def test_a_newer_decision_is_never_overwritten(city):
    path, _ = export(city)
    came = fill_in(path, {ARITHMETIC.id: ("误报", "读取有误", None, "李某")})
    with city.store.write() as connection:
        review.decide(connection, ARITHMETIC.id, "confirm", author="复核", reason="属实")
    answer = bring_in(city, came).of("conflict")[0]
    assert "待核实" in answer.said
    assert "属实" in answer.said
    assert "复核" in answer.said
    assert state(city, ARITHMETIC).state is FindingState.CONFIRMED


def test_a_fact_that_changed_since_is_decided_anew(city):
    path, _ = export(city)
    came = fill_in(path, {ARITHMETIC.id: ("属实", "属实", None, "李某")})
    city.judge("2026-02-09T10:00:00+08:00", [replace(ARITHMETIC, left=33, difference=-2), UNSEEN])
    assert bring_in(city, came).of("conflict")[0].action == "confirm"
    assert state(city, ARITHMETIC).state is FindingState.OPEN


def test_rows_filled_in_wrongly_are_told_by_number_and_the_others_taken(city):
    path, _ = export(city)
    came = fill_in(path, {ARITHMETIC.id: ("误报", "", None, "李某"), UNSEEN.id: ("属实", "看过", None, "")})
    back = bring_in(city, came, author="科室")
    wrong = back.of("invalid")[0]
    assert wrong.row.finding == ARITHMETIC.id
    assert wrong.row.number >= 3
    assert [each.row.finding for each in back.of("taken")] == [UNSEEN.id]
    assert state(city, UNSEEN).decision.author == "科室"


@pytest.mark.parametrize("until", ["2026-03-01", "2026/3/1", "2026年3月1日", date(2026, 3, 1)])
def test_days_are_understood_as_people_write_them(city, until):
    path, _ = export(city)
    bring_in(city, fill_in(path, {UNSEEN.id: ("暂缓", "核实中", until, "李某")}))
    assert state(city, UNSEEN).decision.until == "2026-03-01"


def test_a_dry_run_keeps_nothing(city):
    path, _ = export(city)
    came = fill_in(path, {ARITHMETIC.id: ("属实", "属实", None, "李某")})
    assert len(bring_in(city, came, dry_run=True).of("taken")) == 1
    assert state(city, ARITHMETIC).state is FindingState.OPEN


def test_sorted_filtered_and_shortened_sheets_are_still_understood(city):
    path, _ = export(city)
    came = fill_in(path, {UNSEEN.id: ("属实", "属实", None, "李某")})
    book = openpyxl.load_workbook(came)
    sheet = book["问题明细"]
    rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=3)]
    sheet.delete_rows(3, len(rows))
    for row in reversed(rows[:-1] if rows[-1][-3] != UNSEEN.id else rows[1:]):
        sheet.append(row)
    sheet.insert_cols(1)
    book.save(came)
    assert [each.row.finding for each in bring_in(city, came).of("taken")] == [UNSEEN.id]


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04broken", b"name,decision\n"])
def test_what_is_no_ledger_is_refused_by_name(city, content):
    path = city.folder / "other.xlsx"
    path.write_bytes(content)
    with pytest.raises(UsageError, match=r"other\.xlsx"):
        bring_in(city, path)


def test_another_workbook_is_no_ledger(city):
    path = city.folder / "other.xlsx"
    book = openpyxl.Workbook()
    book.active.append(["单位", "处理意见"])
    book.save(path)
    with pytest.raises(UsageError, match="hidden columns"):
        bring_in(city, path)


def test_figures_stand_in_the_forms_order_with_what_is_not_printed_left_open(city, tmp_path):
    """Covered end to end by the demo; here the sheet stays well-formed without any report."""
    path, written = export(city)
    sheet = openpyxl.load_workbook(path)["数据"]
    assert written.reports == 0
    heads = [cell.value for cell in sheet[2]]
    assert heads[3].startswith("规章")
    assert len(heads) > 190


@pytest.mark.parametrize("name", ["通知.docx", "其实是通知.xlsx"])
def test_a_word_document_is_told_as_one_mistaken_for_the_ledger(tmp_path, name):
    with zipfile.ZipFile(tmp_path / name, "w") as archive:
        archive.writestr("[Content_Types].xml", '<Types xmlns="http://schemas.openxmlformats.org/package/2006/'
                                                'content-types"/>')
        archive.writestr("word/document.xml", "<w/>")
    with pytest.raises(UsageError, match=r"no \.xlsx workbook"):
        list(returned.rows(tmp_path / name))
