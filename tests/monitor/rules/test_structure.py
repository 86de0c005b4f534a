"""Sections, tables, rows, era and fee statement: what is missing, and what we merely could not find."""

import pytest

from extract.forms import form
from extract.model import Figure, Report, Section, TableReading
from monitor import judging
from monitor.rules.structure import (
    judge_era,
    judge_fee_statement,
    judge_rows_and_columns,
    judge_sections,
    judge_tables,
)

HTML = "text/html"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
PDF, TEXT = "application/pdf", "text/plain"
TITLES = [fact.title for fact in form("2021").sections]
PROSE = {1: "全年主动公开信息120条，收到申请3件，均已答复。", 5: "解读形式单一。下一步将增加图表解读。",
         6: "本年度未收取信息处理费。"}


def report(medium=HTML, year=2021, without=(), tables=None, prose=None, **more):
    sections = [Section(number, title, {**PROSE, **(prose or {})}.get(number, ""))
                for number, title in enumerate(TITLES, 1) if number not in without]
    if 0 in (prose or {}):
        sections.insert(0, Section(0, "", prose[0]))
    found = [TableReading(number, True, form="2021") for number in (2, 3, 4)] if tables is None else tables
    return Report(title=f"示例县财政局{year}年政府信息公开工作年度报告", body="示例县财政局", year=year, scope="own",
                  form="2021", medium=medium, sha256="", sections=sections, tables=found, **more)


def only(judge, seen):
    found = list(judge(seen))
    assert len(found) == 1
    return found[0]


def tables(*missing, image=(), **more):
    return [TableReading(number, number not in missing, image=number in image, form="" if number in missing else "2021",
                         **more) for number in (2, 3, 4)]


# ---------------------------------------------------------------- FMT-01
def test_six_sections_pass():
    assert only(judge_sections, report()).outcome == "pass"


@pytest.mark.parametrize("medium", [HTML, DOCX, "application/msword", "application/rtf"])
def test_a_section_missing_from_a_medium_that_shows_all_it_holds_is_missing(medium):
    found = only(judge_sections, report(medium, without=(6,)))
    assert (found.outcome, found.parameters["list"]) == ("fail", ["section.6"])


@pytest.mark.parametrize("medium", [PDF, TEXT, "image/png", "application/pdf+scan"])
def test_elsewhere_a_section_not_found_is_uncertain(medium):
    found = only(judge_sections, report(medium, without=(6,)))
    assert (found.outcome, found.reason) == ("uncertain", "medium")


def test_a_section_whose_heading_is_gone_stands_by_its_table_its_words_or_its_prose():
    assert only(judge_sections, report(without=(4,))).outcome == "pass"
    assert only(judge_sections, report(without=(4,), tables=tables(4, image=(4,)))).outcome == "pass"
    for ending in ("\n（三）其他需要报告的事项：无", "无其他需要报告的事项。"):
        assert only(judge_sections, report(without=(6,), prose={5: "解读形式单一。" + ending})).outcome == "pass"
    assert only(judge_sections, report(without=(1,), prose={0: "全年主动公开信息。" * 40})).outcome == "pass"


def test_a_sentence_that_lists_the_parts_is_no_section():
    listing = f"本报告由{'、'.join(TITLES)}六个部分组成。"
    found = only(judge_sections, report(without=(6,), prose={0: listing, 1: listing}))
    assert (found.outcome, found.parameters["list"]) == ("fail", ["section.6"])


def test_a_page_that_is_hardly_the_report_is_not_accused_of_lacking_its_parts():
    letter = report(without=(2, 3, 4, 5, 6), tables=tables(2, 3, 4))
    assert (only(judge_sections, letter).outcome, only(judge_sections, letter).reason) == ("uncertain", "structure")


def test_records_without_sections_years_without_form_and_silent_tables_are_not_judged():
    assert list(judge_sections(report(without=range(1, 7)))) == []
    assert list(judge_sections(report(year=2015))) == []
    assert list(judge_sections(report(year=None))) == []
    assert only(judge_sections, report(without=(4,), tables=[])).reason == "no_tables"


# ---------------------------------------------------------------- FMT-04
def outcomes(seen):
    return {each.subject: (each.outcome, each.reason) for each in judge_tables(seen)}


def test_a_missing_table_is_a_failure_in_html_and_word_and_in_a_pdf_whose_other_tables_were_read():
    for medium in (HTML, DOCX, PDF):
        assert outcomes(report(medium, tables=tables(4))) == {
            "table.2": ("pass", ""), "table.3": ("pass", ""), "table.4": ("fail", "")}


@pytest.mark.parametrize(("seen", "reason"), [
    (report(TEXT, tables=tables(4)), "medium"),
    (report(PDF, tables=tables(2, 3, 4)), "medium"),
    (report(tables=tables(4, image=(4,))), "image"),
    (report(tables=tables(4), damaged=True), "damaged"),
    (report(tables=tables(4), prose={4: "结果维持 结果纠正 其他结果 尚未审结 总计 0 0 0 0 0"}), "unreadable_table"),
])
def test_a_table_that_may_stand_there_all_the_same_is_uncertain(seen, reason):
    assert outcomes(seen)["table.4"] == ("uncertain", reason)


def test_a_table_in_a_part_that_was_not_read_is_uncertain_for_it_alone():
    seen = report(tables=tables(2, 3), problems=["table 3 was not found; 1 files or frames hang on the page "
                                                 "and were not read with it: 附件"])
    assert outcomes(seen)["table.3"] == ("uncertain", "damaged")
    assert outcomes(seen)["table.2"] == ("fail", "")


def test_the_statistics_form_in_a_later_year_is_named():
    old = report(tables=[TableReading(1, True, form="2014"), *tables(2, 3, 4)])
    told = only(judge_era, old)
    assert (told.outcome, told.parameters["form_used"], told.parameters["variant"]) == ("fail", "2014", "no_phrase")
    both = report(tables=[TableReading(1, True, form="2014"), *tables()])
    assert only(judge_era, both).outcome == "pass"


def test_a_table_whose_section_is_missing_is_left_to_the_section():
    assert outcomes(report(tables=tables(4), without=(4,)))["table.4"] == ("not_applicable", "no_sections")
    assert outcomes(report(tables=tables(4, image=(4,)), without=(4,)))["table.4"] == ("uncertain", "image")


def test_figures_prove_a_table_and_silence_says_nothing():
    seen = report(tables=[], figures={"disputes.reconsideration.total": Figure(0, "number")})
    assert outcomes(seen) == {"table.4": ("pass", "")}
    assert outcomes(report(tables=[])) == {}


# ---------------------------------------------------------------- FMT-05, FMT-06
def differing(medium=HTML, **reading):
    return [(each.outcome, each.reason, each.severity, each.parameters.get("variant"))
            for each in judge_rows_and_columns(report(medium, tables=[TableReading(3, True, form="2021", **reading)]))]


def test_rows_and_columns_that_differ_from_the_form():
    assert differing() == [("pass", "", None, None)]
    assert differing(rows_missing=["applications.granted"]) == [("fail", "", None, "missing_only")]
    assert differing(columns_extra=["境外申请人"]) == [("fail", "", None, "extra_only")]
    assert differing(rows_missing=["applications.new", "applications.granted"], rows_extra=["申请渠道"]) == [
        ("fail", "", None, None)]


def test_misprints_notes_and_other_media_accuse_nobody():
    assert differing(rows_missing=["applications.granted"], rows_extra=["（一）予以公升"]) == [
        ("uncertain", "unreadable_table", None, None)]
    assert differing(rows_extra=["注：数据截至年底", "—"]) == [("pass", "", None, None)]
    assert differing(PDF, rows_missing=["applications.granted"]) == [("uncertain", "medium", None, "missing_only")]
    # A row that stands there under its own label, only beside another group's cell, is neither missing nor added.
    assert differing(rows_missing=["applications.refused_inquiry", "applications.unable_not_held"],
                     rows_extra=["1.本机关不掌握相关政府信息"]) == [("fail", "", None, "missing_only")]
    assert differing(rows_missing=["applications.unable_not_held"], rows_extra=["1.本机关不掌握相关政府信息"]) == [
        ("pass", "", None, None)]


def test_the_one_row_of_the_former_form_is_a_note_and_never_another_era():
    reading = {"one_row_closed": True,
               "rows_missing": [f"applications.closed_{kind}" for kind in ("uncorrected", "unpaid", "other")]}
    assert differing(TEXT, **reading) == [("fail", "", "I", "one_row_closed")]
    seen = report(tables=[TableReading(2, True, form="2021"), TableReading(3, True, form="2019", **reading)])
    assert only(judge_era, seen).outcome == "pass"
    former = report(year=2020, tables=[TableReading(3, True, form="2019", one_row_closed=True)])
    assert [each.outcome for each in judge_rows_and_columns(former)] == ["pass"]


def test_a_table_of_a_number_that_the_form_has_not_is_none_of_it():
    assert list(judge_rows_and_columns(report(tables=[TableReading(1, True, rows_extra=["公开率"])]))) == []


def test_the_former_form_in_a_later_year_is_named_and_covers_its_rows():
    figures = {"disclosure.regulations.made": Figure(1, "number")}
    reading = TableReading(2, True, form="2019", rows_missing=["disclosure.fees"])
    seen = report(tables=[reading], figures=figures)
    found = only(judge_era, seen)
    assert found.parameters == {"form_due": "2021", "form_used": "2019", "phrase": "本年新制作数量"}
    assert list(judge_rows_and_columns(seen)) == []
    judged = judging.judge(seen)
    assert [each.rule for each in judged.findings
            if each.outcome == "fail" and each.severity == "E"] == ["FMT-06"]
    seen.form = "2019"
    assert list(judge_era(report(tables=[TableReading(2, False)]))) == []


# ---------------------------------------------------------------- FMT-13
@pytest.mark.parametrize("said", [
    "本年度未收取信息处理费。", "2021年，全区未收取政府信息依申请处理费用。", "依申请公开未收取任何费用。",
    "未发出收费通知。", "本机关办理政府信息公开申请没有收费。", "未收取 信息\u3000处理费"])
def test_any_sentence_on_the_fee_is_enough(said):
    assert only(judge_fee_statement, report(prose={6: said})).outcome == "pass"


@pytest.mark.parametrize("said", [
    "无", "全年公开行政事业性收费12项，受理申请3件。", "落实信息公开要求，公布涉企收费清单。", "停车收费更加规范。",
    "2.申请人逾期未按收费通知要求缴纳费用、行政机关不再处理其政府信息公开申请"])
def test_other_fees_and_rows_of_the_table_are_not(said):
    assert only(judge_fee_statement, report(prose={6: said})).outcome == "fail"


def test_the_fee_is_not_asked_for_before_2021_nor_where_section_6_could_not_be_read():
    silent = {6: "无"}
    assert list(judge_fee_statement(report(year=2020, prose=silent))) == []
    assert list(judge_fee_statement(report(without=range(1, 7)))) == []
    assert only(judge_fee_statement, report(prose=silent, damaged=True)).outcome == "uncertain"
    assert only(judge_fee_statement, report(without=(6,))).outcome == "uncertain"
    assert only(judge_fee_statement, report(PDF, without=(1,), prose=silent)).outcome == "uncertain"
    assert only(judge_fee_statement, report(PDF, prose=silent)).outcome == "fail"
