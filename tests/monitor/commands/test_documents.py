"""read and check: records, the arithmetic written out, files that can't be read."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from tests.documents import making
from tests.monitor import problem_sentences
from tests.monitor.records_of_files import record, written


def test_read_prints_one_record_or_an_array(nianbao: Any, tmp_path: Path) -> None:
    first, second = (written(tmp_path, name, record()) for name in ("a.json", "b.json"))
    assert nianbao("read", first, "--json").json["body"] == "样例市教育局"
    records = nianbao("read", first, second, "--json").json
    assert [each["file"] for each in records] == [str(first), str(second)]


def test_read_reads_a_document_and_shows_its_sums(nianbao: Any, tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    figures = {key: figure["value"] for key, figure in record()["figures"].items()}  # type: ignore[attr-defined]
    report = making.ReportText("示例市教育局2024年政府信息公开工作年度报告", "示例市教育局", 2024, figures)
    path.write_text(f"<html><meta charset='utf-8'><body>{making.html_body(report)}</body></html>", "utf-8")
    said = nianbao("read", path)
    assert said.code == 0
    assert "31＋1＝29＋3 √" in said.out
    assert "示例市教育局" in said.out
    read = nianbao("read", path, "--json").json
    assert read["figures"]["applications.concluded.total"]["value"] == 29


def _noted(name: str) -> bytes:
    """A made document of which a reader has something to note."""
    figures = {key: figure["value"] for key, figure in record()["figures"].items()}  # type: ignore[attr-defined]
    report = making.ReportText("示例市教育局2024年政府信息公开工作年度报告", "示例市教育局", 2024, figures)
    if name == "scan.png":
        return making.table_image(report, 3)
    if name == "hidden.xlsx":
        held = io.BytesIO()
        with xlsxwriter.Workbook(held) as book:
            book.add_worksheet("说明").write(0, 0, "附表")
            book.add_worksheet("甲; 乙").hide()
        return held.getvalue()
    if name == "cut.rtf":
        return rb"{\rtf1 report"
    body = {"cut.html": making.html_body(report).rpartition("<td")[0], "empty.html": "<p></p>",
            "hanging.html": f"<h1>{report.title}</h1><a href='表格.xlsx'>附件: 表格; 说明</a>"}[name]
    return f"<html><meta charset='utf-8'><body>{body}".encode()


@pytest.mark.parametrize("name", ["scan.png", "hidden.xlsx", "cut.rtf", "cut.html", "empty.html", "hanging.html"])
def test_what_a_reader_notes_is_shown_in_the_language_asked_for_and_kept_in_english(
        nianbao: Any, tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(_noted(name))
    said = nianbao("read", path)
    notes = [line for line in said.out.splitlines() if line.startswith("读取说明")]
    assert notes
    assert not problem_sentences.ENGLISH.search(said.out.replace(str(path), ""))
    problems = nianbao("read", path, "--json").json["problems"]
    assert len(problems) == len(notes)
    assert all(problem_sentences.ENGLISH.search(problem) for problem in problems)
    english = nianbao("--lang", "en", "read", path).out
    assert all(f"reading notes  {problem}" in english for problem in problems)


@pytest.mark.parametrize(("name", "content"), [
    ("broken.json", "{"), ("list.json", "[1]"), ("schema.json", '{"schema": 9}'), ("empty.pdf", ""),
    ("rubbish.pdf", "%PDF-1.7 rubbish"), ("nowhere.html", None)])
def test_an_unreadable_file_is_still_an_entry_and_2(nianbao: Any, tmp_path: Path, name: str,
                                                    content: str | None) -> None:
    good = written(tmp_path, "good.json", record())
    bad = tmp_path / name
    if content is not None:
        bad.write_text(content, "utf-8")
    said = nianbao("read", bad, good, "--json")
    assert said.code == 2
    assert name in said.err
    broken, whole = said.json
    assert broken["file"] == str(bad)
    assert broken["figures"] == {}
    assert broken["problems"]
    assert whole["body"] == "样例市教育局"
    checked = nianbao("check", bad, good, "--json")
    assert checked.code == 2
    assert checked.json["files"][str(bad)]["fault"]
    assert "ARI-01" in checked.json["files"][str(good)]["passed"]


def test_check_writes_the_arithmetic_out(nianbao: Any, tmp_path: Path) -> None:
    path = written(tmp_path, "a.json", record({"applications.new.total": 33}))
    said = nianbao("check", path)
    assert said.code == 0
    assert "33＋1≠29＋3" in said.out
    assert "31＋1＝29＋3 √" in said.out
    assert "33 + 1 ≠ 29 + 3" in nianbao("--lang", "en", "check", path).out


def test_check_json_has_the_contract_s_shape(nianbao: Any, tmp_path: Path) -> None:
    clean = written(tmp_path, "clean.json", record())
    faulty = written(tmp_path, "faulty.json", record({"applications.new.total": 33}))
    said = nianbao("check", clean, faulty, "--json").json
    assert set(said["files"]) == {str(clean), str(faulty)}
    assert set(said["files"][str(clean)]) == {"passed", "not_applicable"}
    severe = [each for each in said["findings"] if each["severity"] == "E"]
    assert {each["rule"] for each in severe} == {"ARI-01", "ARI-03"}
    assert {each["file"] for each in severe} == {str(faulty)}
    finding = next(each for each in severe if each["rule"] == "ARI-01")
    assert set(finding) >= {"id", "fact", "file", "rule", "version", "severity", "outcome", "body", "scope", "year",
                            "subject", "expression", "left", "right", "difference", "figures", "message"}
    assert "applications.new.total" in finding["figures"]
    assert (finding["left"], finding["right"], finding["difference"]) == (34, 32, 2)


@pytest.mark.parametrize(("figures", "level", "code"), [
    ({}, "E", 0), ({"applications.new.total": 33}, "E", 1), ({"applications.new.total": 33}, "W", 1),
    ({"applications.new.total": 33}, None, 0)])
def test_fail_on(nianbao: Any, tmp_path: Path, figures: dict[str, int], level: str | None, code: int) -> None:
    path = written(tmp_path, "a.json", record(figures))
    assert nianbao("check", path, *(["--fail-on", level] if level else [])).code == code


def test_a_page_that_is_no_report_is_not_called_clean(nianbao: Any, tmp_path: Path) -> None:
    page = written(tmp_path, "x.html", "<html><body><p>通知公告</p></body></html>")
    said = nianbao("check", page)
    assert said.code == 0
    assert "未见年度报告的各部分和表格" in said.out
    assert "未见不符事项" not in said.out


@pytest.mark.parametrize("more", [[], ["--out", "意见.xlsx"]])
def test_a_folder_without_a_file_is_not_called_clean(nianbao: Any, more: list[str]) -> None:
    Path("送审稿").mkdir()
    said = nianbao("check", "送审稿", *more)
    assert said.code == 2
    assert "没有可核对的文件" in said.err
    assert not Path("意见.xlsx").exists()


def test_a_pre_check_names_what_it_did_not_take_for_a_report(nianbao: Any) -> None:
    Path("通知.html").write_text("<p>关于召开会议的通知</p>", "utf-8")
    assert "通知.html　不像年度报告，未核对" in nianbao("check", "通知.html", "--out", "意见.xlsx").out
