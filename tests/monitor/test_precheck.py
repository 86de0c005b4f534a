"""预审: which files are drafts, what is said of them, and what the workbook and the paper hold."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import openpyxl
import pytest
from docx import Document
from hypothesis import given
from hypothesis import strategies as st

from crawler import clock
from crawler.roster import Roster
from crawler.store import Store
from extract import configuration
from extract.model import Report
from monitor import cli, opinion_paper, opinion_workbook, precheck, records
from tests.documents import making
from tests.monitor.reports import figures, report


@pytest.fixture(autouse=True)
def january():
    clock.simulate("2026-01-10T09:00")
    yield
    clock.simulate(None)
    configuration.use_office_folder(None)


@dataclass
class Read:
    file: str
    report: Report
    fault: str = ""


def draft(year=2025, body="示例县财政局", file=None, **more):
    made = report(year, title=f"{body}{year}年政府信息公开工作年度报告", body=body, **more)
    return Read(file or f"{body}{year}.docx", made)


def wrong(**more):
    """Outcomes that add up to one more than the total says, in the column of totals only."""
    return draft(figures=figures(applications__granted__total=4), **more)


# ---------------------------------------------------------------- which files
def test_folders_are_walked_and_leftovers_of_the_system_left_out(tmp_path):
    for name in ("b/2.docx", "a/1.pdf", "a/~$1.docx", ".hidden/3.pdf", "Thumbs.db", "a/.DS_Store", "out.xlsx"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"x")
    found = precheck.files_in([tmp_path], tmp_path / "out.xlsx")
    assert [path.name for path in found] == ["1.pdf", "2.docx"]
    assert precheck.files_in([tmp_path / "a" / "1.pdf", tmp_path / "nowhere"]) == [
        tmp_path / "a" / "1.pdf", tmp_path / "nowhere"]


@pytest.mark.parametrize(("years", "expected"), [
    ([2025, 2025, 2024], 2025), ([2024, 2024], 2024), ([2025] * 20 + [2024] * 22, 2025), ([2024] * 30 + [2052], 2024),
    ([], 2025), ([2026, 2025], 2025)])
def test_the_year_of_the_drafts_is_the_newest_of_which_there_are_some(years, expected):
    assert precheck.year_of_drafts(report(year) for year in years) == expected


def test_every_file_is_accounted_for():
    letter = Read("通知.docx", Report("关于报送年度报告的通知", None, None, "unknown", None, "", ""))
    checked = precheck.check([draft(), draft(2024), draft(2024, "示例县水利局"), letter,
                              Read("坏.pdf", letter.report, "damaged archive (no zip); ask for another copy")], "zh")
    assert [opinion.body for opinion in checked.opinions] == ["示例县财政局"]
    assert [aside.file for aside in checked.unread] == ["坏.pdf"]
    said = {aside.file: aside.reason for aside in checked.others}
    assert "衔接" in said["示例县财政局2024.docx"]
    assert "未见该单位2025年度送审稿" in said["示例县水利局2024.docx"]
    assert "不像" in said["通知.docx"]


def test_a_draft_without_year_or_of_a_year_to_come_is_judged_as_one_of_this_season():
    misprinted = draft(2052)
    checked = precheck.check([draft(), draft(body="示例县教育局"), misprinted], "zh")
    assert [(opinion.file, opinion.year) for opinion in checked.opinions][-1] == (misprinted.file, 2025)
    assert any("DOC-02" in entry.rules for entry in checked.opinions[-1].entries)


# ---------------------------------------------------------------- what is said
def test_a_clean_draft_may_be_published_and_shows_what_holds():
    opinion, = precheck.check([draft()], "zh").opinions
    assert opinion.of("must") == opinion.of("verify") == []
    assert any("3＋0＝3＋0 √" in text for text in opinion.passed)
    assert "未见2024年度报告" in opinion.last_year


def test_a_wrong_sum_names_cell_print_relation_and_hint():
    opinion, = precheck.check([wrong()], "zh").opinions
    entry, = opinion.of("must")
    assert entry.rules == ("ARI-02", "ARI-03")
    assert "表三“总计”列" in entry.place
    assert "（一）予以公开 4" in entry.printed
    assert "合计4件" in entry.relation
    assert entry.advice.count("若“") == 1
    assert "由4改为3" in entry.advice


def test_last_year_of_the_same_folder_is_held_against_the_draft():
    before = draft(2024, figures=figures(
        applications__carried_out__total=2, applications__carried_out__natural_person=2,
        applications__new__total=5, applications__new__natural_person=5))
    opinion, = precheck.check([draft(), before], "zh").opinions
    assert "取自同一文件夹（示例县财政局2024.docx）" in opinion.last_year
    entry = next(entry for entry in opinion.entries if "YOY-01" in entry.rules)
    assert "2024年度结转下年度继续办理／总计 2" in entry.printed


def test_a_government_s_two_reports_are_not_taken_for_each_other():
    opinion = precheck.check([draft(body="示例县人民政府", scope="unknown"),
                              draft(2024, "示例县人民政府", scope="unknown")], "zh").opinions[0]
    assert opinion.scope == "unknown"
    assert "口径待定" in opinion.last_year


def test_what_could_not_be_read_with_confidence_is_a_note():
    held = wrong()
    for figure in held.report.figures.values():
        figure.confidence = 0.5
    opinion, = precheck.check([held], "zh").opinions
    assert opinion.of("must") == []
    assert any("人工核对" in entry.advice for entry in opinion.of("note"))


def test_the_store_gives_last_year_and_the_roster(tmp_path):
    (tmp_path / "facts").mkdir()
    (tmp_path / "facts" / "bodies.csv").write_text(
        "id,name,kind,level,parent,portal,scopes\nfin,示例县财政局,department,county,,,own\n", "utf-8")
    configuration.use_office_folder(tmp_path / "facts")
    store = Store(tmp_path / "n.db")
    store.migrate(records.monitor_schema)
    last = report(2024, figures=figures(applications__carried_out__total=2,
                                        applications__carried_out__natural_person=2))
    with store.write() as connection:
        records.ensure_figures(connection)
        records.put_report(connection, last, address="http://x/1", content="c", portal="p", body="fin", scope="own",
                           year=2024, verdict="report", reason="", version=1, first=("2025-01-20T09:00:00+08:00", "r"),
                           last=("2025-01-20T09:00:00+08:00", "r"))
    with store.read() as connection:
        stored = precheck.Stored(connection, Roster.load())
        opinion, = precheck.check([draft(scope="unknown")], "zh", earlier=stored).opinions
        assert (opinion.scope, "取自已采集的公布版" in opinion.last_year) == ("own", True)
        assert any("YOY-01" in entry.rules for entry in opinion.entries)
        assert connection.execute("SELECT count(*) FROM report").fetchone()[0] == 1


# ---------------------------------------------------------------- the workbook
HOSTILE = ['=HYPERLINK("http://x","a")', "甲[乙]:*?/\\丙", "'引号'", "局" * 60, "局" * 60, "History", "\x01\x0b控制符",
           "<w:t>&amp;", "http://x.example/"]


def test_sheets_hold_any_name_as_text():
    checked = precheck.check([wrong(body=name, file=f"{name}.docx") for name in HOSTILE], "zh")
    assert len(checked.opinions) == len(HOSTILE)
    book = openpyxl.load_workbook(io.BytesIO(opinion_workbook.workbook(checked, "zh")))
    assert book.sheetnames[0] == "总览"
    assert len(book.sheetnames) == len(HOSTILE) + 1
    for sheet in book:
        assert sheet.freeze_panes
        assert sheet.page_setup.orientation == "landscape"
        assert sheet.page_setup.fitToHeight == 0
        assert sheet.print_title_rows
        assert all(cell.data_type != "f" for row in sheet for cell in row)
    assert book["总览"]["B6"].value == HOSTILE[0]
    assert book["总览"]["E6"].value == 1


@given(st.lists(st.text(max_size=40), max_size=12))
def test_sheet_names_are_always_allowed_and_never_twice(wanted):
    names = opinion_workbook.sheet_names(wanted, {"总览"})
    assert len({name.casefold() for name in names} | {"总览"}) == len(wanted) + 1
    for name in names:
        assert 1 <= len(name) <= 31
        assert not set(name) & set("[]:*?/\\")
        assert not name.startswith("'")
        assert not name.endswith("'")


def test_the_paper_holds_any_name_and_one_page_a_draft():
    checked = precheck.check([wrong(body=name, file=f"{name}.docx") for name in HOSTILE], "zh")
    document = Document(io.BytesIO(opinion_paper.paper(checked, "zh")))
    text = "\n".join(paragraph.text for paragraph in document.paragraphs)
    assert text.count("预审意见") == len(HOSTILE) + 1
    assert text.count("本意见依据送审稿生成") == len(HOSTILE)
    assert '=HYPERLINK("http://x","a")2025年' in text
    section = document.sections[0]
    assert (round(section.page_width.mm), round(section.top_margin.mm), round(section.left_margin.mm)) == (210, 37, 28)
    assert [cell.text for cell in document.tables[1].rows[0].cells] == ["序号", "位置", "现写法", "核对结果", "建议"]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_an_empty_folder_still_makes_both(lang):
    checked = precheck.check([], lang)
    assert openpyxl.load_workbook(io.BytesIO(opinion_workbook.workbook(checked, lang))).sheetnames
    assert Document(io.BytesIO(opinion_paper.paper(checked, lang))).tables


# ---------------------------------------------------------------- the command
@pytest.fixture
def folder(tmp_path):
    drafts = tmp_path / "送审稿"
    drafts.mkdir()
    values = making.figures_2021(3)
    for year in (2024, 2025):
        made = making.ReportText(f"示例市教育局{year}年政府信息公开工作年度报告", "示例市教育局", year, dict(values))
        made.figures["disputes.reconsideration.total"] = 99
        (drafts / f"{year}.docx").write_bytes(making.docx(made))
    return drafts


@pytest.mark.parametrize("suffix", [".xlsx", ".docx"])
def test_check_writes_the_opinions_and_stores_nothing(folder, capsys, suffix):
    out = folder / f"审核意见{suffix}"
    assert cli.run(["check", str(folder), "--out", str(out)]) == 0
    assert "送审稿1份：须修改1份" in capsys.readouterr().out
    assert out.stat().st_size > 4000
    assert sorted(path.name for path in folder.iterdir()) == sorted(["2024.docx", "2025.docx", out.name])
    assert cli.run(["check", str(folder), "--out", str(out), "--fail-on", "E", "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert (told["year"], told["opinions"][0]["file"]) == (2025, "2025.docx")


def test_an_unreadable_draft_is_listed_and_the_others_judged(folder, capsys):
    (folder / "坏.docx").write_bytes(b"PK\x03\x04rubbish")
    assert cli.run(["check", str(folder), "--out", str(folder / "o.xlsx"), "--json"]) == 2
    told = json.loads(capsys.readouterr().out)
    assert [aside["file"] for aside in told["unread"]] == ["坏.docx"]
    assert len(told["opinions"]) == 1


@pytest.mark.parametrize("arguments", [["--out", "o.pdf"], ["--year", "2025"], ["--with-store"]])
def test_wrong_options_are_refused(folder, capsys, arguments):
    assert cli.run(["check", str(folder), *arguments]) == 2
    assert "--out" in capsys.readouterr().err


def test_check_takes_folders_without_out_too(folder, capsys):
    assert cli.run(["check", str(folder), "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["files"]) == 2


@pytest.mark.slow
@pytest.mark.parametrize("suffix", [".xlsx", ".docx"])
def test_an_office_suite_opens_what_was_written(folder, tmp_path, suffix):
    office = shutil.which("soffice")
    assert office, "soffice is not installed; make test-all installs it"
    out = tmp_path / f"审核意见{suffix}"
    assert cli.run(["check", str(folder), "--out", str(out)]) == 0
    subprocess.run([office, f"-env:UserInstallation=file://{tmp_path}/profile", "--headless", "--convert-to", "pdf",
                    "--outdir", str(tmp_path), str(out)], check=True, capture_output=True, timeout=180)
    assert Path(tmp_path / "审核意见.pdf").stat().st_size > 5000
