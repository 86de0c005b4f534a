"""Sentences of our own making. Every trap the field knows has one that must not become a claim."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extract.claims import find_claims
from extract.model import Claim, Section

YEAR = 2023
HEADING = "（二）依申请公开情况。"


def claims(text: str, year: int | None = YEAR, number: int = 1) -> list[Claim]:
    return find_claims([Section(number, "一、总体情况", text)], year)


def said(text: str, year: int | None = YEAR) -> set[tuple[str, float]]:
    return {(claim.metric, claim.value) for claim in claims(text, year)
            if claim.metric not in ("total", "percentage") and not claim.metric.startswith("narrative.")}


A = "applications."
D = "disputes."

READ = [
    ("全年共收到政府信息公开申请17件。", {(A + "received", 17)}),
    ("2023年，我局受理政府信息公开申请17件。", {(A + "received", 17)}),
    ("2023 年 ，我局受理政府信息\n公开申请 17 件。", {(A + "received", 17)}),
    ("全年共收到政府信息公开申请１７件。", {(A + "received", 17)}),
    ("全年共收到政府信息公开申请十七件。", {(A + "received", 17)}),
    ("全年共收到政府信息公开申请1,207件。", {(A + "received", 1207)}),
    ("全年共接收公民、法人和其他组织提出的政府信息公开申请17件。", {(A + "received", 17)}),
    ("共收到17件政府信息公开申请，全部按时答复。", {(A + "received", 17)}),
    (HEADING + "全县收到申请17件，按时办结15件，2件结转下年度。",
     {(A + "received", 17), (A + "answered", 15), (A + "carried_out", 2)}),
    ("全年新收政府信息公开申请17件，上年结转3件。", {(A + "new", 17), (A + "carried_in", 3)}),
    ("本年度新增依申请公开申请17件。", {(A + "new", 17)}),
    ("全年办理政府信息公开申请17件。", {(A + "handled", 17)}),
    ("全年办理并答复政府信息公开申请20件（包括本年新收17件、上年结转3件）。",
     {(A + "answered", 20), (A + "new", 17), (A + "carried_in", 3)}),
    ("全年受理政府信息公开申请95件，答复98件（含上年转结的8件，另有5件转结下一年度）。",
     {(A + "received", 95), (A + "answered", 98), (A + "carried_in", 8), (A + "carried_out", 5)}),
    ("全市合计处理政府信息公开申请125件（含\n上年结转 2 件），结转下年办理 4 件。",
     {(A + "handled", 125), (A + "carried_in", 2), (A + "carried_out", 4)}),
    ("收到政府信息公开申请31件，其中3件结转下年度办理，其余28件均已依法答复。",
     {(A + "received", 31), (A + "carried_out", 3), (A + "answered", 28)}),
    ("共收到政府信息公开申请9件，已全部办结。", {(A + "received", 9), (A + "carried_out", 0)}),
    ("共收到政府信息公开申请9件，已办结8件，1件正在办理中。",
     {(A + "received", 9), (A + "answered", 8), (A + "carried_out", 1)}),
    ("共收到政府信息公开申请9件，办结9件，无结转下年度申请。",
     {(A + "received", 9), (A + "answered", 9), (A + "carried_out", 0)}),
    ("依申请公开方面，上年无结转，本年新收政府信息公开申请9件。", {(A + "carried_in", 0), (A + "new", 9)}),
    ("2022年结转下年度政府信息公开申请4件，2023年新收12件。", {(A + "carried_in", 4), (A + "new", 12)}),
    ("2022年度结转的政府信息公开申请4件已办结。", {(A + "carried_in", 4)}),
    ("收到政府信息公开申请12件，结转至2024年3件。", {(A + "received", 12), (A + "carried_out", 3)}),
    ("收到政府信息公开申请12件，另有2022年结转至2023年3件。", {(A + "received", 12), (A + "carried_in", 3)}),
    ("2023年1月1日至12月31日，共收到政府信息公开申请12件。", {(A + "received", 12)}),
    ("截至2023年12月31日，全年累计收到政府信息公开申请12件。", {(A + "received", 12)}),
    ("按照《2022年政务公开工作要点》，共收到政府信息公开申请12件。", {(A + "received", 12)}),
    ("收到政府信息公开申请12件，比上年增加3件。", {(A + "received", 12)}),
    ("通过网络、信函等渠道共收到政府信息公开申请12件。", {(A + "received", 12)}),
    ("收到政府信息公开申请12件，其中通过网络收到10件，当面收到2件。", {(A + "received", 12)}),
    (HEADING + "予以公开5件，部分公开2件，不予公开1件，因不掌握相关信息无法提供3件，不予处理1件，"
     "其他处理0件。",
     {(A + "granted", 5), (A + "partly_granted", 2), (A + "refused", 1), (A + "unable", 3), (A + "declined", 1),
      (A + "closed", 0)}),
    (HEADING + "予以公开及部分公开7件。", {(A + "disclosed", 7)}),
    ("本年度未收到政府信息公开申请。", {(A + "none", 0)}),
    ("2023年，我局未收到任何关于政府信息公开的申请。", {(A + "none", 0)}),
    ("全年未收到公民、法人和其他组织提出的政府信息公开申请。", {(A + "none", 0)}),
    ("全年没有收到依申请公开事项。", {(A + "none", 0)}),
    ("2023年政府信息公开申请数为0件。", {(A + "none", 0)}),
    ("全年政府信息公开行政复议3件，行政诉讼2件。", {(D + "reconsideration", 3), (D + "litigation", 2)}),
    ("因政府信息公开引起的行政复议和行政诉讼5件。", {(D + "all", 5)}),
    ("因政府信息公开被申请行政复议、行政诉讼各2件。", {(D + "reconsideration", 2), (D + "litigation", 2)}),
    ("收到2份有关信息公开的行政复议申请。", {(D + "reconsideration", 2)}),
    ("全年发生3起因政府信息公开引发的行政复议。", {(D + "reconsideration", 3)}),
    ("信息公开类行政复议6件，其中结果维持3件，结果纠正1件，其他结果1件，尚未审结1件。",
     {(D + "reconsideration", 6), (D + "reconsideration.upheld", 3), (D + "reconsideration.corrected", 1),
      (D + "reconsideration.other", 1), (D + "reconsideration.pending", 1)}),
    ("涉信息公开行政诉讼4件，均获维持。", {(D + "litigation", 4), (D + "litigation.upheld", 4)}),
    ("因政府信息公开未经复议直接起诉2件，复议后起诉1件。",
     {(D + "litigation_direct", 2), (D + "litigation_after_reconsideration", 1)}),
    ("未发生因政府信息公开引起的行政复议、行政诉讼。", {(D + "none", 0)}),
    ("全年无政府信息公开行政复议案件。", {(D + "none", 0)}),
    ("全年依申请公开“零败诉”“零纠错”。", {(D + "none_corrected", 0), (D + "none_lost", 0)}),
    ("全年制发规范性文件8件，废止规范性文件3件，现行有效规范性文件41件。",
     {("normative.issued", 8), ("normative.repealed", 3), ("normative.in_force", 41)}),
    ("历年文件经逐件梳理，完善41个现行有效的行政规范性文件。", {("normative.in_force", 41)}),
    ("全市共收到政府信息公开申请1503件，下降6.4%。答复1480件，其中，予以公开601件；部分公开99件；不予公开80件。",
     {(A + "received", 1503), (A + "answered", 1480), (A + "granted", 601), (A + "partly_granted", 99),
      (A + "refused", 80)}),
    ("县政府办公室收到政府信息公开申请20件，各部门收到申请105件，全县共收到政府信息公开申请125件。",
     {(A + "received", 125)}),
    (HEADING + "2023年收到申请10件，2022年度结转1件，已答复9件，2件转至2024年度办理。",
     {(A + "received", 10), (A + "carried_in", 1), (A + "answered", 9), (A + "carried_out", 2)}),
    ("收到政府信息公开申请12件，办理行政复议案件230件，其中涉及政府信息公开的行政复议35件。",
     {(A + "received", 12), (D + "reconsideration", 35)}),
    ("收到政府信息公开申请4件，转办3件，答复1件。", {(A + "received", 4)}),
    ("2件申请人因政府信息公开提起行政复议。", {(D + "reconsideration", 2)}),
    ("政府信息公开行政诉讼案件4件，其中3件驳回原告诉讼请求，1件尚未审结。", {(D + "litigation", 4)}),
    ("区级收到政府信息公开申请30件，镇街收到45件，全区共计收到75件。", {(A + "received", 75)}),
    ("2023年，全市各级机关共收到政府信息公开申请2,145件，加上2022年度结转86件，已办结2,170件，结转2024年度61件。",
     {(A + "received", 2145), (A + "carried_in", 86), (A + "answered", 2170), (A + "carried_out", 61)}),
    ("全年收到依申请公开申请事项4项。", {(A + "received", 4)}), ("收到3项政府信息公开申请。", {(A + "received", 3)}),
    ("2023年未收取政府信息公开信息处理费。", {("processing_fee.none", 0)}),
]

NOT_READ = [
    # (a) another procedure
    "全年受理行政许可申请4512件。", "收到行政复议申请12件。", "收到政府信息更正申请1件。", "办理执行申请30件。",
    HEADING + "受理群众咨询56件。", HEADING + "办理人大建议和政协提案12件，均已答复。",
    # (b) money, proposals, messages, working days
    "政府信息公开专项经费上年结转5万元。", HEADING + "结转资金30项。", HEADING + "尚在办理的提案3件。",
    HEADING + "答复网民留言45条。", "政府信息公开申请在20个工作日内答复。", HEADING + "回复12345热线工单300件。",
    # (d) comparisons
    HEADING + "政府信息公开申请比上年增加13件。", HEADING + "申请量较上年减少5件。", HEADING + "同比多收到7件。",
    # (e) parts of a year, several years
    "第三季度收到政府信息公开申请6件。", "上半年共收到政府信息公开申请6件。", "6月收到政府信息公开申请6件。",
    "2020年以来共收到政府信息公开申请60件。", "近三年收到政府信息公开申请60件。", "累计收到政府信息公开申请60件。",
    # another year
    "2022年收到政府信息公开申请8件。", "去年收到政府信息公开申请8件。", "上年度答复政府信息公开申请8件。",
    # (h) classes, channels, kinds
    "未收到法人提出的政府信息公开申请。", "未收到通过信函方式提出的政府信息公开申请。",
    "未收到涉及征地的政府信息公开申请。",
    "第一季度未收到政府信息公开申请。", "2022年未收到政府信息公开申请。", "未收到政府信息公开申请的投诉举报。",
    # (i) document numbers, articles, dates, fields
    "根据国办公开办函〔2021〕30号和第二十七条办理政府信息公开申请。", "依申请公开涉及26个领域。",
    "按照《条例》第20条受理政府信息公开申请。", "政府信息公开申请渠道共有4种。",
    # other things that stand near
    "全年主动公开政府信息1562条，依申请公开信息17条。", HEADING + "公示规范性文件12件。",
    HEADING + "受理行政审批12件。", "处理依申请公开信息25条。", "办理一件事改革事项36项，优化依申请公开流程。",
    "有2件政府信息公开申请未到答复期限。", "区级收到政府信息公开申请30件，镇街收到45件，部门收到20件。",
    "共收到依申请公开信件30封，其中受理25件，不予受理5件。", "超过答复期限的政府信息公开申请2件。",
    "累计受理政府信息公开申请1件、行政复议1件、行政诉讼1件。", "今后力争答复政府信息公开申请一件不差。",
    "新增政府信息公开申请渠道3个。", "办理政府信息公开申请培训2次。", HEADING + "收到申请后组织会商3次。",
    # disputes not tied, not this year, not ours
    "全年受理行政复议案件120件，审结110件。", "办理行政应诉案件35件。", "去年因政府信息公开被申请行政复议3件。",
    "政府信息公开案件未发生因自身原因导致的败诉、纠错。", "2022年未发生因政府信息公开引起的行政复议。",
    "未发生因主动公开政府信息引起的行政复议。", "政府信息公开行政复议案件同比增加3件。",
    "政府信息公开工作未发生因主动公开不当引起的行政复议被纠错情况。",
    "我办承办行政复议案件30件，依申请公开工作平稳有序。", "没有及时答复政府信息公开申请导致行政复议。",
    "全年无法避免因政府信息公开引起的行政复议。", "未发生因政府信息公开引起的重大行政复议。",
    "截至目前未收到政府信息公开申请。", HEADING + "代理行政诉讼案件12件。",
    # normative documents otherwise counted
    "发布规范性文件解读12件。", "公开规范性文件60件。", "清理规范性文件60件。", "备案审查规范性文件9件。",
    "2022年制发规范性文件8件。", "规范性文件制发较上年增加3件。",
    # announced, not counted
    "办理政府信息公开申请做到每一件有登记。", "由六个部分组成，包括政府信息公开行政复议、行政诉讼情况等六个部分。",
]


@pytest.mark.parametrize(("text", "wanted"), READ)
def test_plain_statements_are_read(text: str, wanted: set[tuple[str, float]]) -> None:
    assert said(text) == wanted


@pytest.mark.parametrize("text", NOT_READ)
def test_traps_are_no_claims(text: str) -> None:
    assert said(text) == set()


def test_brackets_split_the_number_they_follow() -> None:
    answered = next(claim for claim in claims("共办理并答复政府信息公开申请20件（包括本年新收17件、上年结转3件）。")
                    if claim.metric == "applications.answered")
    assert answered.detail["new"] == 17
    assert answered.detail["carried_in"] == 3
    assert answered.detail["includes_carry_in"] is True
    assert answered.detail["also"] == ["handled"]


def test_direction_of_a_carry_follows_the_year() -> None:
    text = "2021年结转下年度政府信息公开申请4件。"
    assert said(text, 2021) == {("applications.carried_out", 4)}
    assert said(text, 2022) == {("applications.carried_in", 4)}
    assert said(text, 2023) == set()
    assert said(text, None) == set()
    assert said("政府信息公开申请结转4件。") == set()


@pytest.mark.parametrize(("clause", "applicant"), [
    ("自然人申请15件", ""), ("其中受理自然人申请15件", "natural_person"),
    ("其中收到法人或者其他组织申请15件", "organisations"),
    ("其中收到商业企业申请15件", "business"), ("其中收到科研机构申请15件", "research")])
def test_a_class_of_applicants_names_its_column(clause: str, applicant: str) -> None:
    found = [claim for claim in claims(f"共收到政府信息公开申请20件，{clause}。") if claim.value == 15]
    assert [claim.detail.get("applicant") for claim in found] == ([applicant] if applicant else [])


@pytest.mark.parametrize(("text", "scope"), [
    ("全县共收到政府信息公开申请20件。", "consolidated"), ("我局共收到政府信息公开申请20件。", "own"),
    ("全县各部门积极公开，其中本机关收到政府信息公开申请20件。", "own"), ("共收到政府信息公开申请20件。", "")])
def test_whose_number_it_is(text: str, scope: str) -> None:
    assert claims(text)[0].scope == scope


def test_approximate_numbers_keep_their_sign() -> None:
    found = claims("全市共收到政府信息公开申请1.15万余件。")[0]
    assert (found.value, found.qualifier) == (11500, "余")


def test_spans_point_into_the_text_as_it_stands() -> None:
    text = "　　全年 共收到 政府信息\n公开申请 17 件，结转下年度 2 件。"
    for claim in claims(text):
        start, end = claim.span
        assert "".join(text[start:end].split()) == claim.phrase


def test_no_year_known_means_no_guess_about_other_years() -> None:
    assert said("全年共收到政府信息公开申请17件。", None) == {("applications.received", 17)}


def test_claims_survive_their_record() -> None:
    for text, _ in READ:
        for claim in claims(text):
            assert Claim.from_record(claim.to_record()) == claim


@given(st.text(alphabet="政府信息公开申请收到办结答复转上下年件条其中含（），。；0123456789 \n未复议诉讼", max_size=80))
def test_no_text_breaks_the_reader(text: str) -> None:
    for claim in claims(text):
        assert 0 <= claim.span[0] <= claim.span[1] <= len(text)


@pytest.mark.parametrize("text", [
    "没有" + "公众有关的" * 2000, "政府信息公开申请" * 2000, "其中3件，" * 1500, "政府信息公开行政复议" * 2000,
    "（" * 3000,
    "2023年结转" * 2000, "未发生" * 3000, "公民、法人和" * 2000, "1" * 5000 + "件",
])
def test_no_prose_takes_long(text: str) -> None:
    began = time.process_time()
    claims(text)
    assert time.process_time() - began < 5


@given(st.integers(0, 99999), st.sampled_from(["收到", "受理", "接收"]), st.sampled_from(["件", "条", "份"]))
def test_every_received_number_is_read(number: int, verb: str, unit: str) -> None:
    assert ("applications.received", number) in said(f"全年共{verb}政府信息公开申请{number}{unit}。")


def test_a_claim_says_why_it_was_understood_so() -> None:
    (own,) = claims("全年共收到政府信息公开申请17件。")
    assert "by" not in own.detail
    by_heading = claims("（二）依申请公开情况。\n全县收到申请17件，办结15件。")
    assert {claim.detail["by"] for claim in by_heading} == {"（二）依申请公开情况"}
    _, later = claims("全年共收到政府信息公开申请17件。其中予以公开12件。")
    assert (later.metric, later.detail["by"]) == ("applications.granted", "全年共收到政府信息公开申请17件。")
    (disputes,) = claims("四、政府信息公开行政复议情况\n被申请行政复议2件。")
    assert disputes.detail["by"] == "四、政府信息公开行政复议情况"


@pytest.mark.parametrize("text", [
    "全年收到依申请公开件10件，其中自然人申请9件、法人和其他组织申请4件。",
    "全年收到依申请公开件10件，其中自然人9件、企业4件。"])
def test_applicants_named_without_a_verb_are_counted(text: str) -> None:
    found = {(claim.detail.get("applicant"), claim.value) for claim in claims(text) if claim.metric == A + "received"}
    assert (None, 10) in found
    assert ("natural_person", 9) in found


@pytest.mark.parametrize(("text", "wanted"), [
    ("2023年，我局政府信息公开申请数量共12件。", {(A + "received", 12)}),
    ("年内累计收到政府信息公开申请12宗。", {(A + "received", 12)}),
    ("2023年，共收到依申请公开信息15条。", {(A + "received", 15)}),
    ("申请办理情况：新收申请6件，作出政府信息公开答复5件。", {(A + "new", 6), (A + "answered", 5)}),
    ("全年未收到任何单位和个人提出的政府信息公开申请。", {(A + "none", 0)}),
    ("全年政府信息公开类行政复议、诉讼案件零发生。", {(D + "none", 0)}),
    ("信息公开案件没有败诉、纠错情形。", {(D + "none_lost", 0), (D + "none_corrected", 0)}),
    ("全年制发行政规范性文件3件，废止2件，现行有效31件。",
     {("normative.issued", 3), ("normative.repealed", 2), ("normative.in_force", 31)}),
    ("清理后现行有效行政规范性文件46件。", {("normative.in_force", 46)}),
    ("依申请公开之外，收到公租房申请156件，办结150件。", set()), ("收到不动产变更申请12件，依申请公开有序。", set()),
])
def test_further_wordings(text: str, wanted: set[tuple[str, float]]) -> None:
    assert said(text) == wanted


@pytest.mark.parametrize(("text", "wanted"), [
    ("政府信息公开行政复议案件3件，均维持。", {(D + "reconsideration", 3), (D + "reconsideration.upheld", 3)}),
    ("政府信息公开行政复议案件3件，已审结2件，均维持，1件尚未审结。", {(D + "reconsideration", 3)}),
    ("没有出现因信息公开不当引起的行政诉讼。", set()),
])
def test_what_was_upheld_are_the_disputes_told_right_before(text: str, wanted: set[tuple[str, float]]) -> None:
    assert said(text) == wanted
