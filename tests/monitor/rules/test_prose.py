"""Each rule's passing, failing, uncertain and not-applicable case, and the traps that must accuse nobody."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extract.claims import find_claims
from extract.model import Figure, Report, Scope, Section
from monitor import judging, wording
from monitor.rules import prose
from monitor.rules.catalogue import Verdict, text_of

CORPUS = Path(__file__).resolve().parents[4] / "shared" / "corpus" / "reports"
JUDGES = (prose.judge_requests, prose.judge_disputes, prose.judge_normative_documents, prose.judge_percentages,
          prose.judge_totals)
COLUMNS = ("natural_person", "business", "research", "public_interest", "legal_service", "other_organisation")
ROWS = ("new", "carried_in", "granted", "partly_granted", "refused_state_secret", "refused_other_law",
        "refused_security_stability", "refused_third_party", "refused_internal_affairs", "refused_deliberative",
        "refused_enforcement_file", "refused_inquiry", "unable_not_held", "unable_needs_creation", "unable_unclear",
        "declined_petition", "declined_duplicate", "declined_publication", "declined_excessive",
        "declined_reconfirmation", "closed_uncorrected", "closed_unpaid", "closed_other", "concluded", "carried_out")
ROUTES = ("reconsideration", "litigation_direct", "litigation_after_reconsideration")


def report(text: str, *, scope: Scope = "own", body: str = "青石县财政局", year: int = 2023, **rows: int) -> Report:
    """A report with this section 1; every figure is 0 but the named: new=12, reconsideration_upheld=3, issued=4."""
    figures: dict[str, Figure] = {}
    for row in ROWS:
        value = rows.pop(row, 0)
        for column in COLUMNS:
            figures[f"applications.{row}.{column}"] = Figure(value if column == "natural_person" else 0, "number")
        figures[f"applications.{row}.total"] = Figure(value, "number")
    for route in ROUTES:
        outcomes = {name: rows.pop(f"{route}_{name}", 0) for name in ("upheld", "corrected", "other", "pending")}
        for name, value in {**outcomes, "total": sum(outcomes.values())}.items():
            figures[f"disputes.{route}.{name}"] = Figure(value, "number")
    for name in ("issued", "repealed", "in_force"):
        figures[f"disclosure.normative_documents.{name}"] = Figure(rows.pop(name, 0), "number")
    assert not rows, rows
    sections = [Section(1, "一、总体情况", text)]
    return Report("", body, year, scope, "2021", "", "", sections=sections, figures=figures,
                  claims=find_claims(sections, year))


def verdicts(subject: Report) -> list[Verdict]:
    return [verdict for judge in JUDGES for verdict in judge(subject)]


def said(subject: Report) -> set[tuple[str, str]]:
    """(rule, outcome) of every verdict, a failure with its severity."""
    return {(each.rule, each.outcome if each.outcome != "fail" else each.severity or text_of(each.rule).severity)
            for each in verdicts(subject)}


def failed(subject: Report) -> set[str]:
    return {each.rule for each in verdicts(subject) if each.outcome == "fail"}


T3 = {"new": 12, "carried_in": 2, "granted": 11, "concluded": 11, "carried_out": 3}

HOLDS: list[tuple[str, dict[str, int], set[str]]] = [
    # TXT-01 received: every allowed reading
    ("全年收到政府信息公开申请12件。", T3, {"TXT-01"}),
    ("全年收到政府信息公开申请14件。", T3, {"TXT-01"}),
    ("全年办理政府信息公开申请11件。", T3, {"TXT-01"}),
    ("全年合计处理政府信息公开申请14件（含上年结转2件），结转下年3件。", T3, {"TXT-01", "TXT-02", "TXT-03"}),
    ("全年收到政府信息公开申请9件。", T3, {"TXT-01"}),
    ("全年新收政府信息公开申请12件，上年结转2件，办结11件，结转下年度3件。", T3,
     {"TXT-01", "TXT-02", "TXT-03", "TXT-04"}),
    ("全年收到政府信息公开申请12余件。", T3, {"TXT-01"}),
    ("共收到政府信息公开申请12件，其中收到自然人申请12件。", T3, {"TXT-01"}),
    # TXT-04: new + carried_in only where the phrase says so
    ("全年办理并答复政府信息公开申请14件（包括本年新收12件、上年结转2件）。", T3,
     {"TXT-01", "TXT-02", "TXT-04", "TXT-13"}),
    ("全年答复政府信息公开申请12件。", T3, {"TXT-04"}),
    ("受理政府信息公开申请95件，答复98件（含上年转结的8件，另有5件转结下一年度）。",
     {"new": 95, "carried_in": 8, "concluded": 98, "carried_out": 5}, {"TXT-01", "TXT-02", "TXT-03", "TXT-04"}),
    ("收到政府信息公开申请12件，1件撤回，答复政府信息公开申请10件。", {**T3, "closed_other": 1}, {"TXT-01", "TXT-04"}),
    # TXT-05
    ("依申请公开：予以公开11件，不予公开0件，无法提供0件。", T3, {"TXT-05"}),
    ("依申请公开：予以公开及部分公开13件。", {**T3, "partly_granted": 2}, {"TXT-05"}),
    ("依申请公开：因不掌握相关信息无法提供4件。", {"unable_not_held": 4, "unable_unclear": 2}, {"TXT-05"}),
    ("依申请公开：不予公开5件。", {"refused_inquiry": 3, "refused_deliberative": 2}, {"TXT-05"}),
    # TXT-06, 07, 08
    ("政府信息公开行政复议6件。", {"reconsideration_upheld": 4, "reconsideration_pending": 2}, {"TXT-06"}),
    ("政府信息公开行政复议4件。", {"reconsideration_upheld": 4, "reconsideration_pending": 2}, {"TXT-06"}),
    ("政府信息公开行政复议5件。", {"reconsideration_upheld": 4, "reconsideration_corrected": 1,
                                   "reconsideration_other": 2}, {"TXT-06"}),
    ("政府信息公开行政诉讼9件。",
     {"litigation_direct_upheld": 6, "litigation_after_reconsideration_upheld": 3}, {"TXT-07"}),
    ("政府信息公开行政诉讼6件。",
     {"litigation_direct_upheld": 6, "litigation_after_reconsideration_upheld": 3}, {"TXT-07"}),
    ("政府信息公开行政复议和行政诉讼5件。", {"reconsideration_upheld": 3, "litigation_direct_upheld": 2}, {"TXT-08"}),
    ("涉信息公开行政诉讼3件，均获维持。", {"litigation_direct_upheld": 3}, {"TXT-07"}),
    # TXT-09 to 13
    ("制发规范性文件4件，现行有效规范性文件20件。", {"issued": 4, "in_force": 20}, {"TXT-09"}),
    ("全年未收到政府信息公开申请。", {}, {"TXT-10"}),
    ("未发生因政府信息公开引起的行政复议、行政诉讼。", {}, {"TXT-11"}),
    ("依申请公开实现零败诉、零纠错。", {"litigation_direct_upheld": 3}, {"TXT-11"}),
    ("受理政府信息公开申请284件。因政府信息公开引起的行政复议和诉讼21件，复议诉讼率7.4%。",
     {"new": 284, "reconsideration_upheld": 21}, {"TXT-01", "TXT-08", "TXT-12"}),
    ("开设新媒体12个，其中微信7个，微博5个。", {}, {"TXT-13"}),
]

FAILS: list[tuple[str, dict[str, int], tuple[str, str]]] = [
    ("全年收到政府信息公开申请13件。", T3, ("TXT-01", "I")),
    ("全年新收政府信息公开申请14件。", T3, ("TXT-01", "W")),
    ("政府信息公开申请上年结转1件。", T3, ("TXT-02", "W")),
    ("政府信息公开申请无上年结转。", T3, ("TXT-02", "W")),
    ("政府信息公开申请结转下年度4件。", T3, ("TXT-03", "W")),
    ("收到政府信息公开申请12件，已全部办结。", T3, ("TXT-03", "I")),
    ("全年答复政府信息公开申请14件。", T3, ("TXT-04", "I")),
    ("依申请公开：予以公开7件。", T3, ("TXT-05", "I")),
    ("政府信息公开行政复议7件。", {"reconsideration_upheld": 4}, ("TXT-06", "I")),
    ("信息公开类行政复议6件，其中结果维持5件，结果纠正1件。",
     {"reconsideration_upheld": 4, "reconsideration_corrected": 2}, ("TXT-06", "I")),
    ("政府信息公开行政诉讼8件。", {"litigation_direct_upheld": 6}, ("TXT-07", "I")),
    ("政府信息公开行政复议和行政诉讼6件。",
     {"reconsideration_upheld": 3, "litigation_direct_upheld": 2}, ("TXT-08", "I")),
    ("现行有效规范性文件25件。", {"in_force": 20}, ("TXT-09", "I")),
    ("全年未收到政府信息公开申请。", T3, ("TXT-10", "W")),
    ("未发生因政府信息公开引起的行政复议、行政诉讼。", {"reconsideration_upheld": 1}, ("TXT-11", "W")),
    ("依申请公开实现零败诉。", {"litigation_direct_corrected": 1}, ("TXT-11", "W")),
    ("受理政府信息公开申请200件。因政府信息公开引起的行政复议和诉讼20件，复议诉讼率12.5%。",
     {"new": 200, "reconsideration_upheld": 20}, ("TXT-12", "I")),
    ("公开信息共计1200条，分别为网站800条、公众号300条、其他200条。", {}, ("TXT-13", "W")),
    ("公开信息1200条，其中网站800条，公众号300条，其他200条。", {}, ("TXT-13", "W")),
]


@pytest.mark.parametrize(("text", "rows", "rules"), HOLDS)
def test_every_allowed_reading_passes(text: str, rows: dict[str, int], rules: set[str]) -> None:
    subject = report(text, **rows)
    assert said(subject) == {(rule, "pass") for rule in rules}
    assert all(verdict.expression for verdict in verdicts(subject))


@pytest.mark.parametrize(("text", "rows", "finding"), FAILS)
def test_what_no_reading_explains_fails(text: str, rows: dict[str, int], finding: tuple[str, str]) -> None:
    subject = report(text, **rows)
    assert finding in said(subject)
    assert failed(subject) == {finding[0]}


@pytest.mark.parametrize("text", [case[0] for case in HOLDS + FAILS if "其中微信" not in case[0]])
def test_nothing_is_ever_worse_than_a_query(text: str) -> None:
    for verdict in verdicts(report(text, new=777, concluded=555)):
        assert (verdict.severity or text_of(verdict.rule).severity) in ("W", "I")
        assert re.fullmatch(r"[\d.+\-−=≥×÷ ]*", verdict.expression)


def test_a_missing_table_is_not_applicable() -> None:
    subject = report("全年收到政府信息公开申请13件，上年结转2件，未发生因政府信息公开引起的行政复议。")
    subject.figures.clear()
    assert {outcome for _, outcome in said(subject)} == {"not_applicable"}


def test_doubtful_figures_make_it_uncertain() -> None:
    subject = report("全年收到政府信息公开申请13件。", **T3)
    subject.figures["applications.new.total"].confidence = 0.6
    assert [(each.outcome, each.reason) for each in verdicts(subject)] == [("uncertain", "low_confidence")]


@pytest.mark.parametrize(("text", "rows"), [(case[0], case[1]) for case in FAILS])
def test_numbers_recognised_from_pixels_accuse_nobody(text: str, rows: dict[str, int]) -> None:
    subject = report(text, **rows)
    for claim in subject.claims:
        claim.confidence = 0.85
    assert failed(subject) == set()
    assert "low_confidence" in {each.reason for each in verdicts(subject) if each.outcome == "uncertain"}


def test_blank_cells_make_it_uncertain_unless_zero_fits() -> None:
    for printed, outcome in ((3, "uncertain"), (0, "pass")):
        subject = report(f"政府信息公开申请上年结转{printed}件。", **T3)
        for column in (*COLUMNS, "total"):
            subject.figures[f"applications.carried_in.{column}"] = Figure(None, "blank")
        assert [each.outcome for each in verdicts(subject)] == [outcome]


def test_a_rows_sum_stands_in_for_its_blank_total() -> None:
    subject = report("依申请公开：予以公开11件。", **T3)
    for row in ROWS:
        subject.figures[f"applications.{row}.total"] = Figure(None, "blank")
    assert said(subject) == {("TXT-05", "pass")}


def test_the_one_row_form_of_other_outcomes_is_no_lost_cell() -> None:
    subject = report("全年答复政府信息公开申请10件，依申请公开其他处理1件。", **T3)
    for row in ("closed_uncorrected", "closed_unpaid", "closed_other"):
        for column in (*COLUMNS, "total"):
            del subject.figures[f"applications.{row}.{column}"]
            value = 1 if column in ("natural_person", "total") else 0
            subject.figures[f"applications.closed.{column}"] = Figure(value, "number")
    assert said(subject) == {("TXT-04", "pass"), ("TXT-05", "pass")}


@pytest.mark.parametrize(("scope", "body", "lead", "severity"), [
    ("own", "青石县财政局", "我局", "W"), ("own", "青石县财政局", "全县", "I"),
    ("consolidated", "青石县人民政府", "全县", "W"), ("consolidated", "青石县人民政府", "县政府办公室", "I"),
    ("unknown", "青石县人民政府", "全县", "W"), ("unknown", "青石县人民政府", "本机关", "I"),
    ("unknown", "青石县财政局", "我局", "W"), ("unknown", "青石县财政局", "全县", "I")])
def test_another_scope_is_no_more_than_a_note(scope: Scope, body: str, lead: str, severity: str) -> None:
    subject = report(f"{lead}新收政府信息公开申请14件。", scope=scope, body=body, **T3)
    assert said(subject) == {("TXT-01", severity)}


def test_a_class_of_applicants_is_held_against_its_column() -> None:
    subject = report("共收到政府信息公开申请12件，其中收到自然人申请9件，收到法人或者其他组织申请3件。", **T3)
    assert ("TXT-01", "I") in said(subject)
    subject.figures["applications.new.natural_person"].value = 9
    subject.figures["applications.new.business"].value = 3
    assert failed(subject) == set()


# ---------------------------------------------------------------- carried in, and the sum that doesn't add up
CARRIED = {"new": 31, "carried_in": 1, "concluded": 29, "carried_out": 3}
SPLIT = "收到政府信息公开申请31件，其中3件结转下年办理，其余29件已依法答复。"


def test_parts_that_equal_their_figures_are_a_matter_of_wording() -> None:
    subject = report(SPLIT, **CARRIED)
    total = next(each for each in verdicts(subject) if each.rule == "TXT-13")
    assert (total.outcome, total.severity, total.difference) == ("fail", "I", 1)
    assert total.parameters["variant"] == "reconciled"
    assert total.parameters["expr"] == "31 + 1 = 29 + 3"
    assert failed(subject) == {"TXT-13"}


def test_naming_the_carry_in_settles_it() -> None:
    subject = report(SPLIT.replace("申请31件", "申请31件（另含上年结转）"), **CARRIED)
    assert failed(subject) == set()


def test_parts_that_are_wrong_stay_wrong_but_only_a_note_over_requests() -> None:
    subject = report(SPLIT, **{**CARRIED, "carried_in": 5, "concluded": 33})
    assert ("TXT-13", "I") in said(subject)
    assert all(each.parameters.get("variant") != "reconciled" for each in verdicts(subject))


def test_a_request_list_is_no_more_than_a_note_even_when_its_parts_have_no_figure() -> None:
    subject = report("共计收到政府信息公开申请12件，办结和结转分别为11件、3件。", **T3)
    assert ("TXT-13", "I") in said(subject)
    assert ("TXT-13", "W") not in said(subject)


def test_a_list_that_names_less_than_the_total_is_nothing() -> None:
    assert said(report("公开信息3694条，其中概况45条，动态1438条，目录2032条。")) == set()


def test_a_sum_is_told_as_a_sum_and_a_statement_as_a_statement() -> None:
    several = next(iter(verdicts(report("政府信息公开行政诉讼8件。", litigation_direct_upheld=6))))
    assert several.parameters["row"] == ["disputes.litigation_direct.total",
                                         "disputes.litigation_after_reconsideration.total"]
    assert (several.parameters["variant"], several.parameters["value_table"]) == ("several", 6)
    stated = next(iter(verdicts(report("全年未收到政府信息公开申请。", **T3))))
    assert (stated.parameters["row"], stated.parameters["variant"]) == ("applications.new", "stated")
    for verdict in (several, stated):
        assert verdict.parameters["variant"] in text_of(verdict.rule).variants


# ---------------------------------------------------------------- identity of findings
def test_subjects_are_unique_and_stable() -> None:
    text = "政府信息公开行政复议3件。制发规范性文件2件。政府信息公开行政复议4件。"
    first, again = verdicts(report(text)), verdicts(report(text))
    assert [each.subject for each in first] == [each.subject for each in again]
    assert len({(each.rule, each.subject) for each in first}) == len(first) == 3


def test_parameters_fill_the_wording() -> None:
    for text, rows, finding in FAILS:
        for verdict in verdicts(report(text, **rows)):
            if verdict.rule == finding[0] and verdict.outcome == "fail":
                wording = text_of(verdict.rule)
                named = set(re.findall(r"{(\w+)}", wording.short + wording.fact))
                assert named <= set(verdict.parameters), verdict.rule
                assert verdict.evidence["span"]


@given(st.integers(0, 500), st.integers(0, 500), st.integers(0, 500))
def test_a_true_report_is_never_accused(new: int, carried_in: int, out: int) -> None:
    out = min(out, new + carried_in)
    concluded = new + carried_in - out
    text = (f"全年新收政府信息公开申请{new}件，上年结转{carried_in}件，办结{concluded}件，结转下年度{out}件。"
            f"共收到政府信息公开申请{new}件。")
    subject = report(text, new=new, carried_in=carried_in, concluded=concluded, carried_out=out, granted=concluded)
    assert failed(subject) == set()


@given(st.integers(0, 300), st.integers(0, 300))
def test_a_wrong_carry_is_always_seen(printed: int, table: int) -> None:
    outcome = said(report(f"政府信息公开申请结转下年度{printed}件。", carried_out=table))
    assert outcome == {("TXT-03", "pass" if printed == table else "W")}


# ---------------------------------------------------------------- real reports
def _real(name: str, parts: Iterable[Section]) -> Report:
    truth: dict[str, Any] = json.loads((CORPUS / f"{name}.truth.json").read_text("utf-8"))
    figures = {key: Figure(value, "blank" if value is None else "number") for key, value in truth["figures"].items()}
    sections = list(parts)
    return Report(truth["title"], truth["body"], truth["year"], "unknown", truth["form"], "", "", sections=sections,
                  figures=figures, claims=find_claims(sections, truth["year"]))


def _dump(name: str) -> list[Section]:
    """The prose of a text dump by its numbered headings; lines of cells are left out."""
    parts, heading = [Section(0, "", "")], re.compile(r"^\s*([一二三四五六])、.*(?:情况|事项)\s*$")
    for line in (CORPUS / f"{name}.txt").read_text("utf-8").splitlines():
        if (found := heading.match(line)) and "\t" not in line:
            parts.append(Section("一二三四五六".index(found[1]) + 1, line.strip(), ""))
        elif "\t" not in line and not re.fullmatch(r"[\s\d.]*", line):
            parts[-1].text += line + "\n"
    return parts


@pytest.mark.skipif(not CORPUS.is_dir(), reason="needs the corpus beside the repository")
@pytest.mark.parametrize(("name", "findings"), [
    ("jiaojiang_2021", set()), ("dinghai_2021", {("TXT-13", "I")}), ("yueqing_2021", {("TXT-09", "I")}),
    ("yindu_2021", set()), ("pinghu_2021", set()), ("pingtan_2021", set()), ("pingtan_police_2021", set())])
def test_real_reports_are_judged_as_worked_out_by_hand(name: str, findings: set[tuple[str, str]]) -> None:
    subject = _real(name, _dump(name))
    assert {each for each in said(subject) if each[1] not in ("pass", "not_applicable")} == findings
    if name == "jiaojiang_2021":
        assert {each.expression for each in verdicts(subject) if each.outcome == "pass"} == {
            "18388 = 7054 + 2453 + 3658 + 5223", "40 = 30 + 4 + 3 + 3", "42 = 33 + 9", "21 ÷ 284 × 100 = 7.39"}


# ---------------------------------------------------------------- what other words say
WHOLE = {"new": 12, "carried_in": 2, "granted": 5, "partly_granted": 1, "unable_not_held": 4, "declined_petition": 1,
         "concluded": 11, "carried_out": 3, "reconsideration_upheld": 2, "reconsideration_corrected": 1,
         "litigation_direct_upheld": 1, "litigation_after_reconsideration_pending": 1}


@pytest.mark.parametrize("text", [
    # persons and bodies together are everybody who asked
    "全年接到公民、法人信息公开申请12件。",
    "收到群众、企业政府信息公开申请12件。", "收到单位和个人政府信息公开申请12件。",
    # parts of what was received, of what was carried over, of what is open, of what units below received
    "全年新收政府信息公开申请中涉及土地的5件。",
    "上年结转政府信息公开申请2件，其中1件予以公开、1件不予处理，均已办结。",
    "收到政府信息公开申请12件，其中2件尚在补正期内，1件尚在办理期限内，结转下年度办理。",
    "局机关受理政府信息公开申请8件，下属登记中心受理4件，全局合计12件。",
    "收到县政府转办政府信息公开申请2件，直接受理10件。", "办理全县政府信息公开申请协助调查函30件。",
    # results told in front of their names, and two of them at once
    "办结政府信息公开申请11件，其中5件予以公开、1件部分公开、4件无法提供、1件不予处理。",
    "办结政府信息公开申请11件，其中5件予以公开，1件部分公开，4件无法提供，1件不予处理，结转3件。",
    "共处理14件政府信息公开申请，其中依法公开和部分公开6件。",
    # said of units below or of last year
    "我局下属单位未收到政府信息公开申请。", "去年同期未收到政府信息公开申请。",
    "局属单位未发生因政府信息公开引发的行政复议、行政诉讼。",
    "未发生政府信息公开申请逾期答复的情况。", "没有申请公开政府信息被收费的情况。", "无公民申请公开涉密信息的情况。",
    "本年度无依申请公开收费。", "政府信息公开行政复议纠错、行政诉讼败诉率为0。",
    # disputes: of either route, by the way of reconsideration, corrected by a court
    "因政府信息公开引发行政复议3件、行政诉讼2件，其中被纠错1件。",
    "因政府信息公开申请行政复议3件，提起行政诉讼2件（其中经复议1件、未经复议1件）。",
    "未发生政府信息公开行政复议后提起行政诉讼被判决纠错的情况。",
    "因政府信息公开被提起行政诉讼3件（一审），二审1件，均胜诉。",
    # parts that overlap
    "发布政策解读材料12篇，其中图解8篇、文字解读6篇（部分政策兼有两种形式）。"])
def test_the_same_figures_told_otherwise_accuse_nobody(text: str) -> None:
    assert failed(report(text, **WHOLE)) == set()


@pytest.mark.parametrize(("text", "rule"), [
    ("收到群众、企业政府信息公开申请17件。", "TXT-01"),
    ("办结政府信息公开申请11件，其中7件予以公开、1件部分公开。", "TXT-05"),
    ("办结政府信息公开申请11件，其中5件予以公开，3件部分公开。", "TXT-05"),
    ("我局及下属单位未收到政府信息公开申请。", "TXT-10"),
    ("全年全局未收到政府信息公开申请。", "TXT-10"),
    ("全年无公民、法人或其他组织向我局申请公开政府信息。", "TXT-10"),
    ("未有群众向我局提出政府信息公开申请。", "TXT-10"),
    ("本年度没有发生政府信息公开申请事项。", "TXT-10"), ("本年度无依申请公开事项。", "TXT-10"),
    ("政府信息公开行政复议、行政诉讼件数均为0。", "TXT-11"),
    ("因政府信息公开引发行政复议3件、行政诉讼2件，其中被纠错2件。", "TXT-08"),
    ("未发生政府信息公开行政复议、行政诉讼被纠错的情况。", "TXT-11"),
    ("收到政府信息公开申请12件，其中5件尚在办理中。", "TXT-03")])
def test_false_figures_told_otherwise_are_found(text: str, rule: str) -> None:
    assert rule in failed(report(text, **WHOLE))


@pytest.mark.parametrize(("text", "rule", "said"), [
    ("本年度新收政府信息公开申请14件。", "TXT-01", "载14件，表三“本年新收”为12件。"),
    ("办结政府信息公开申请14件。", "TXT-04", "载14件，表三“（七）总计”为11件。"),
    ("收到自然人政府信息公开申请8件。", "TXT-01",
     "表三“本年新收／自然人”为12件；按新收、含上年结转、已办结等口径计算均不相等。"),
    ("政府信息公开申请中，予以公开12件。", "TXT-05", "载12件，表三“（一）予以公开”为5件。"),
    ("政府信息公开行政复议3件，纠正3件。", "TXT-06", "载3件，表四“行政复议／结果纠正”为1件。"),
    ("制发规范性文件4件。", "TXT-09", "载4件，表二“行政规范性文件／本年制发件数”为3件。")])
def test_the_sentence_names_only_readings_tried_and_the_cell_compared(text: str, rule: str, said: str) -> None:
    found = judging.judge(report(text, **WHOLE, issued=3, in_force=4)).findings
    (fact,) = [wording.fact_sentence(each, "zh") for each in found if (each.rule, each.outcome) == (rule, "fail")]
    assert fact.endswith(said)
