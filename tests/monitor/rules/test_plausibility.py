"""Figures that hold together but are worth a second look."""

import pytest

from extract.model import Figure
from monitor.rules import plausibility
from tests.monitor.reports import figures, outcomes, report, said


def seen(confidence=1.0, text=None, **values):
    made = figures(**values)
    if confidence < 1:
        made = {key: Figure(figure.value, figure.state, figure.raw, confidence) for key, figure in made.items()}
    return report(figures=made, text=text)


# ---------------------------------------------------------------- ARI-08
@pytest.mark.parametrize(("body", "facts", "answer"), [
    ("示例县财政局", {}, {"fail"}), ("示例市示范县人民政府", {}, {"fail"}), ("示例市白石区人民政府", {}, {"fail"}),
    ("清样镇人民政府", {}, {"fail"}), ("示例市财政局", {}, {"fail"}), ("示例市人民政府", {}, set()),
    ("示例自治区人民政府", {}, set()),
    ("示例市", {"level": "prefecture", "kind": "government"}, {"pass"}),
    ("示例市", {"level": "prefecture", "kind": "department"}, {"fail"}),
    ("示例市", {"level": "county", "kind": "government"}, {"fail"}),
    ("示例市", {"level": "county", "kind": "government", "rulemaking": True}, {"pass"}),
    ("示例市政府办", {"level": "prefecture", "kind": "government_office"}, {"pass"})])
def test_only_who_may_make_regulations_counts_them(body, facts, answer):
    made = report(figures=figures(disclosure__regulations__in_force=3), body=body, roster=facts)
    assert outcomes(plausibility.judge_rulemaking, made) == answer


def test_no_regulations_pass_and_doubtful_ones_are_uncertain():
    assert outcomes(plausibility.judge_rulemaking, report()) == {"pass"}
    assert said(plausibility.judge_rulemaking, seen(0.8, disclosure__regulations__issued=1)) == [
        ("uncertain", "low_confidence")]


# ---------------------------------------------------------------- ARI-13, ARI-14
@pytest.mark.parametrize(("collected", "fees", "answer"), [
    (620, 0.062, {"pass"}), (620, 0.06196, {"pass"}), (620, 0.0619, {"fail"}), (620, 0, {"fail"}), (0, 0, {"pass"}),
    (620, None, set())])
def test_the_processing_fee_is_one_of_all_fees(collected, fees, answer):
    assert outcomes(plausibility.judge_fee_within_fees, seen(
        processing_fee__collected=collected, disclosure__fees__amount=fees)) == answer
    if answer == {"fail"}:
        assert outcomes(plausibility.judge_fee_within_fees, seen(
            0.8, processing_fee__collected=collected, disclosure__fees__amount=fees)) == {"uncertain"}


@pytest.mark.parametrize(("charged", "collected", "answer"), [
    (620, 1, {"pass"}), (625, 620, {"fail"}), (None, 625, {"fail"}), (None, 0, {"pass"}), (62.5, None, {"fail"})])
def test_every_rate_of_the_tariff_is_a_multiple_of_ten(charged, collected, answer):
    made = seen(processing_fee__charged=charged, processing_fee__collected=collected)
    assert outcomes(plausibility.judge_tariff, made) == answer


def test_without_a_fee_there_is_nothing_to_compare():
    assert outcomes(plausibility.judge_tariff, report()) == set()
    assert outcomes(plausibility.judge_fee_within_fees, report()) == set()
    assert outcomes(plausibility.judge_tariff, seen(0.8, processing_fee__charged=625)) == {"uncertain"}


# ---------------------------------------------------------------- ARI-15
@pytest.mark.parametrize(("text", "answer"), [
    ("本年度没有发出收费通知。", {"fail"}), ("未向申请人发出过缴费通知书。", {"fail"}), ("无。", {"fail"}),
    ("本年度未收取信息处理费。", {"pass"}), ("发出收费通知2件，均逾期未缴。", {"pass"})])
def test_unpaid_requests_need_a_notice(text, answer):
    assert outcomes(plausibility.judge_unpaid, seen(text={6: text}, applications__closed_unpaid__total=2)) == answer


def test_unpaid_zero_passes_and_a_lost_section_leaves_it_open():
    assert outcomes(plausibility.judge_unpaid, report()) == {"pass"}
    lost = report(without=(6,), figures=figures(applications__closed_unpaid__total=2))
    assert said(plausibility.judge_unpaid, lost) == [("uncertain", "structure")]
    assert outcomes(plausibility.judge_unpaid, report(figures={})) == set()


# ---------------------------------------------------------------- ARI-16 to ARI-18
@pytest.mark.parametrize(("disputes", "answer"), [(9, {"pass"}), (10, {"fail"}), (None, set())])
def test_many_disputes_against_few_requests(disputes, answer):
    assert outcomes(plausibility.judge_disputes, seen(disputes__reconsideration__total=disputes)) == answer
    assert outcomes(plausibility.judge_disputes, seen(
        disputes__reconsideration__total=disputes, applications__carried_in__total=1)) <= {"pass"}


@pytest.mark.parametrize(("closed", "concluded", "answer"), [(5, 25, {"fail"}), (4, 5, {"pass"}), (5, 26, {"pass"})])
def test_other_handling(closed, concluded, answer):
    made = {"applications__closed_other__total": closed, "applications__concluded__total": concluded}
    made |= {f"applications__{row}__total": 0 for row in ("closed_uncorrected", "closed_unpaid", "closed")}
    assert outcomes(plausibility.judge_other_handling, seen(**made)) == answer
    assert outcomes(plausibility.judge_other_handling, seen(0.5, **made)) == (
        {"uncertain"} if answer == {"fail"} else answer)


@pytest.mark.parametrize(("out", "new", "answer"), [(10, 29, {"fail"}), (10, 30, {"pass"}), (9, 1, {"pass"}),
                                                    (None, 3, set())])
def test_many_carried_out(out, new, answer):
    assert outcomes(plausibility.judge_carried_out, seen(
        applications__carried_out__total=out, applications__new__total=new)) == answer


def test_doubtful_figures_are_uncertain():
    assert outcomes(plausibility.judge_carried_out, seen(
        0.8, applications__carried_out__total=10, applications__new__total=3)) == {"uncertain"}
    assert outcomes(plausibility.judge_disputes, seen(0.8, disputes__reconsideration__total=99)) == {"uncertain"}
