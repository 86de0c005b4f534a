"""The form's sums: what holds, what fails, what nobody may be accused of."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extract.forms import form
from extract.model import Figure, Report, TableReading
from monitor import judging
from monitor.rules import catalogue
from monitor.rules.identities import judge_identities, judge_orders

FORM = form("2021")
APPLICANTS = ("natural_person", "business", "research", "public_interest", "legal_service", "other_organisation")
BALANCE = ("new", "carried_in", "concluded", "carried_out")
OUTCOMES = tuple(row.key for row in FORM.table(3).proper_rows if row.key not in BALANCE)
ROUTES = ("reconsideration", "litigation_direct", "litigation_after_reconsideration")
PARTS = ("upheld", "corrected", "other", "pending")


def printed(values, confidence=1.0):
    return {key: Figure(value, "number" if value is not None else "blank", str(value or ""), confidence)
            for key, value in values.items()}


def report(figures, **more):
    return Report(title="示例区财政局2021年政府信息公开工作年度报告", body="示例区财政局", year=2021, scope="own",
                  form="2021", medium="text/html", sha256="", figures=figures, **more)


def table(new=None, carried_in=None, carried_out=None, **outcomes):
    """A consistent table 3 for natural persons only, the rest zero; table 4 all zero."""
    values = {key: 0 for key in FORM.keys if not key.startswith("disclosure.")}
    concluded = sum(outcomes.values())
    given = {"new": new, "carried_in": carried_in, "carried_out": carried_out, "concluded": concluded, **outcomes}
    for row, value in given.items():
        for column in ("natural_person", "total"):
            values[f"applications.{row}.{column}"] = value or 0
    return values


def verdicts(values, confidence=1.0):
    return list(judge_identities(report(printed(values, confidence))))


def failed(found):
    return {(each.rule, each.subject) for each in found if each.outcome == "fail"}


def test_a_table_in_order_passes_every_sum_with_its_arithmetic_written_out():
    found = verdicts(table(new=31, carried_in=1, carried_out=3, granted=20, unable_not_held=9))
    assert {each.outcome for each in found} == {"pass"}
    balance = next(each for each in found if each.rule == "ARI-01" and each.subject == "total")
    assert (balance.expression, balance.left, balance.right) == ("31 + 1 = 29 + 3", 32, 32)
    column = next(each for each in found if each.rule == "ARI-02" and each.subject == "total")
    assert column.expression == "20 + 9 = 29"
    assert {each.rule for each in found} == {f"ARI-0{number}" for number in range(1, 7)}
    assert sum(each.rule == "ARI-03" for each in found) == 25


def test_a_balance_that_is_off_says_by_how_much_and_names_no_cell_where_several_would_mend_it():
    found = verdicts(table(new=31, carried_in=1, carried_out=4, granted=29))
    assert failed(found) == {("ARI-01", "natural_person"), ("ARI-01", "total")}
    worst = next(each for each in found if each.subject == "total" and each.outcome == "fail")
    assert (worst.expression, worst.left, worst.right, worst.difference) == ("31 + 1 = 29 + 4", 32, 33, -1)
    assert worst.figures == [f"applications.{row}.total" for row in BALANCE]
    assert "cell_hint" not in worst.parameters


def test_the_only_cell_that_mends_the_whole_table_is_named():
    values = table(new=31, carried_in=1, carried_out=3, granted=29)
    values["applications.granted.business"] = 2
    found = verdicts(values)
    assert failed(found) == {("ARI-02", "business"), ("ARI-03", "granted")}
    hints = [each.parameters.get("cell_hint") for each in found if each.outcome == "fail"]
    assert hints == [{"row": "applications.granted", "col": "business", "printed": 2, "fix": 0}] * 2


def test_no_hint_where_two_cells_would_do():
    values = table(new=0)
    values["disputes.reconsideration.upheld"], values["disputes.reconsideration.total"] = 3, 2
    hints = [each.parameters for each in verdicts(values) if each.outcome == "fail"]
    assert len(hints) == 1
    assert "cell_hint" not in hints[0]


@pytest.mark.parametrize(("blank", "outcome"), [
    (("carried_in",), "pass"),
    (("carried_out",), "uncertain"),
    (("new", "carried_in"), "not_applicable"),
])
def test_blanks_count_as_zero_beside_numbers_and_accuse_nobody(blank, outcome):
    values = table(new=32, carried_in=0, carried_out=3, granted=29)
    for row in blank:
        values[f"applications.{row}.natural_person"] = None
    found = next(each for each in verdicts(values) if (each.rule, each.subject) == ("ARI-01", "natural_person"))
    assert found.outcome == outcome
    assert found.reason == {"uncertain": "blanks", "pass": "", "not_applicable": "no_figures"}[outcome]


def test_what_no_number_in_a_blank_could_mend_fails():
    values = table(new=31, carried_in=1, carried_out=4, granted=29)
    values["applications.concluded.total"] = 40
    values["applications.carried_out.total"] = None
    found = next(each for each in verdicts(values) if (each.rule, each.subject) == ("ARI-01", "total"))
    assert (found.outcome, found.expression) == ("fail", "31 + 1 = 40 + 4")


def test_a_blank_total_is_no_zero_its_row_stands_in_and_it_is_only_a_note():
    values = table(new=31, carried_in=1, carried_out=3, granted=29)
    for row in (*OUTCOMES, *BALANCE):
        values[f"applications.{row}.total"] = None
    found = verdicts(values)
    notes = [each for each in found if each.outcome == "fail"]
    assert {(each.rule, each.severity, each.parameters["variant"]) for each in notes} == {
        ("ARI-03", "I", "blank_total")}
    assert {each.subject for each in notes} == {"new", "carried_in", "granted", "concluded", "carried_out"}
    assert {(each.expression, each.left, each.right) for each in notes if each.subject == "new"} == {("31", 31, None)}
    balance = next(each for each in found if (each.rule, each.subject) == ("ARI-01", "total"))
    assert (balance.outcome, balance.expression) == ("pass", "31 + 1 = 29 + 3")
    assert "applications.new.business" in balance.figures


def test_a_standing_in_total_is_free_only_where_its_row_is_open():
    values = table(new=31, carried_in=1, carried_out=4, granted=29)
    values["applications.carried_out.total"] = None
    found = {(each.rule, each.subject): each.outcome for each in verdicts(values)}
    assert found["ARI-01", "total"] == "fail"
    values["applications.new.total"], values["applications.new.business"] = None, None
    found = {(each.rule, each.subject): each.outcome for each in verdicts(values)}
    assert found["ARI-01", "total"] == "uncertain"


def test_a_total_printed_as_zero_over_parts_is_an_error_of_its_own_wording():
    values = table(new=0)
    values |= {"disputes.reconsideration.upheld": 10, "disputes.reconsideration.corrected": 1}
    found = next(each for each in verdicts(values) if each.rule == "ARI-04")
    assert (found.outcome, found.expression, found.left, found.right) == ("fail", "10 + 1 + 0 + 0 = 0", 11, 0)
    assert found.parameters == {"table": 4, "col": "reconsideration", "sum": 11, "printed": 0, "variant": "zero_total"}


def test_the_one_row_of_the_former_form_takes_the_place_of_three():
    values = {key: value for key, value in table(new=3, granted=1).items() if ".closed_" not in key}
    values |= {f"applications.closed.{column}": 0 for column in (*APPLICANTS, "total")}
    values |= {"applications.closed.natural_person": 2, "applications.closed.total": 2}
    for column in ("natural_person", "total"):
        values[f"applications.concluded.{column}"] = 3
    assert {each.outcome for each in verdicts(values)} == {"pass"}


def test_numbers_with_words_count_and_absent_cells_pass_nothing():
    figures = printed(table(new=31, carried_in=1, carried_out=3, granted=29))
    figures["applications.new.total"] = Figure(31, "text", "31件")
    figures["applications.carried_in.natural_person"] = Figure(None, "absent")
    found = {(each.rule, each.subject): each.outcome for each in judge_identities(report(figures))}
    assert found["ARI-01", "total"] == "pass"
    assert found["ARI-01", "natural_person"] == "uncertain"
    assert found["ARI-01", "business"] == "pass"


def test_a_report_without_figures_or_form_is_not_judged():
    assert list(judge_identities(report({}))) == []
    unknown = report(printed(table(new=1)))
    unknown.form = None
    assert list(judge_identities(unknown)) == []


@pytest.mark.parametrize(("extra", "short", "outcome"), [
    ({"rows_extra": ["6.自动程序批量提交的申请"]}, "applications.unable_not_held", "uncertain"),
    ({"rows_extra": ["注：数据截至年底", "—"]}, "applications.unable_not_held", "fail"),
    ({}, "applications.unable_not_held", "fail"),
    ({"rows_extra": ["6.自动程序批量提交的申请"]}, "applications.concluded", "fail"),
])
def test_parts_short_of_a_total_accuse_nobody_beside_a_row_the_form_does_not_know(extra, short, outcome):
    values = table(new=31, carried_in=1, carried_out=3, granted=20, unable_not_held=9)
    for column in ("natural_person", "total"):
        values[f"{short}.{column}"] -= 4
    seen = report(printed(values), tables=[TableReading(3, True, **extra)])
    found = {each.outcome: each.reason for each in judge_identities(seen) if each.rule == "ARI-02" and each.difference}
    assert found == {outcome: "unknown_parts" if outcome == "uncertain" else ""}


@pytest.mark.parametrize(("number", "off", "outcome"), [(3, 5, "uncertain"), (3, -5, "fail"), (4, 5, "fail")])
def test_a_line_short_of_its_total_accuses_nobody_beside_a_column_the_form_does_not_know(number, off, outcome):
    values = table(new=31, carried_in=1, carried_out=3, granted=20, unable_not_held=9)
    values["applications.new.total"] += off
    seen = report(printed(values), tables=[TableReading(number, True, columns_extra=["个体工商户"])])
    assert [each.outcome for each in judge_identities(seen) if each.rule == "ARI-03" and each.difference] == [outcome]


# ---------------------------------------------------------------- ARI-10
def shifted(values, row, by):
    keys = [f"applications.{row}.{column}" for column in (*APPLICANTS, "total")]
    moved = [values[key] for key in keys]
    moved = ([0] * by + moved)[:len(keys)] if by > 0 else moved[-by:] + [0] * -by
    return values | dict(zip(keys, moved, strict=True))


def test_a_row_read_one_column_too_far_left_accuses_nobody_unless_it_was_read_surely():
    values = table(new=2, granted=2)
    values |= {"applications.granted.business": 1, "applications.granted.total": 3, "applications.new.business": 1,
               "applications.new.total": 3, "applications.concluded.business": 1, "applications.concluded.total": 3}
    values = shifted(values, "granted", 1)
    values["applications.granted.total"] = 0
    values |= {"applications.granted.business": 3, "applications.granted.research": 0}
    sure = [each for each in verdicts(values) if each.outcome == "fail"]
    assert ("ARI-03", "granted") in {(each.rule, each.subject) for each in sure}


def test_most_rows_failing_in_a_doubtful_reading_are_uncertain():
    values = table(new=5, carried_in=2, carried_out=3, granted=4)
    for row in ("new", "carried_in", "granted"):
        values = shifted(values, row, -1)
    doubtful = [each for each in verdicts(values, 0.95) if each.rule == "ARI-03" and each.outcome != "pass"]
    assert {(each.outcome, each.reason) for each in doubtful} == {("uncertain", "shifted")}
    assert {each.outcome for each in verdicts(values, 1.0) if each.rule == "ARI-03"} == {"fail", "pass"}


def test_a_row_moved_by_one_place_is_uncertain_when_read_with_doubt():
    values = table(new=9, carried_in=2, carried_out=3, granted=4, unable_not_held=4)
    keys = [f"applications.carried_in.{column}" for column in (*APPLICANTS, "total")]
    values |= dict(zip(keys, (0, 2, 0, 0, 0, 2, 0), strict=True))
    found = {(each.rule, each.subject): (each.outcome, each.reason) for each in verdicts(values, 0.95)}
    assert found["ARI-03", "carried_in"] == ("uncertain", "shifted")


def test_a_real_double_count_is_no_shift():
    values = table(new=1, carried_out=1, closed_other=1)
    assert failed(verdicts(values, 0.95)) == {("ARI-01", "natural_person"), ("ARI-01", "total")}


# ---------------------------------------------------------------- properties
counts = st.integers(0, 400)


@st.composite
def tables(draw):
    """A consistent table 3 and table 4 with every cell filled."""
    values = {}
    for column in APPLICANTS:
        outcomes = {row: draw(st.sampled_from([0, 0, 0, 1, 2, 7, 31])) for row in OUTCOMES}
        concluded, carried_out = sum(outcomes.values()), draw(counts)
        carried_in = draw(st.integers(0, concluded + carried_out))
        rows = outcomes | {"concluded": concluded, "carried_out": carried_out, "carried_in": carried_in,
                           "new": concluded + carried_out - carried_in}
        values |= {f"applications.{row}.{column}": value for row, value in rows.items()}
    for row in (*OUTCOMES, *BALANCE):
        values[f"applications.{row}.total"] = sum(values[f"applications.{row}.{column}"] for column in APPLICANTS)
    for route in ROUTES:
        parts = {f"disputes.{route}.{part}": draw(counts) for part in PARTS}
        values |= parts | {f"disputes.{route}.total": sum(parts.values())}
    return values


@settings(max_examples=60)
@given(tables(), st.data())
def test_a_consistent_table_with_any_cells_left_blank_never_yields_an_error(values, data):
    figures = printed(values)
    share = data.draw(st.sampled_from([0.02, 0.2, 0.6]))
    rng = data.draw(st.randoms(use_true_random=False))
    for key in values:
        if rng.random() < share:
            figures[key] = Figure(None, rng.choice(["blank", "dash", "absent"]))
    judged = judging.judge(report(figures))
    assert [each for each in judged.findings if each.outcome == "fail" and each.severity == "E"] == []


@settings(max_examples=100)
@given(tables(), st.data())
def test_every_single_fault_in_a_full_table_is_found(values, data):
    key = data.draw(st.sampled_from(sorted(values)))
    values[key] = data.draw(st.integers(0, 900).filter(lambda number: number != values[key]))
    judged = judging.judge(report(printed(values)))
    assert any(key in each.figures for each in judged.findings if each.outcome == "fail" and each.severity == "E")


@settings(max_examples=100)
@given(tables(), st.data())
def test_a_quick_look_passes_what_every_verdict_passes_and_nothing_else(values, data):
    for row in ("disclosure.regulations", "disclosure.normative_documents"):
        values |= {f"{row}.issued": 4, f"{row}.repealed": 1, f"{row}.in_force": data.draw(st.integers(2, 5))}
    figures = printed(values)
    for key in data.draw(st.lists(st.sampled_from(sorted(values)), max_size=2)):
        figures[key] = data.draw(st.sampled_from([
            Figure(None, "blank"), Figure(None, "absent"), Figure(1.5, "number"), Figure(values[key], "absent")]))
    seen = report(figures)
    for entry in catalogue.rules("report"):
        if entry.passing and (passing := entry.passing(seen)) is not None:
            assert {(each.rule, each.outcome) for each in entry.judge(seen)} == {(each, "pass") for each in passing}


def test_a_quick_look_suffices_where_everything_holds():
    seen = report(printed(table(new=31, carried_in=1, carried_out=3, granted=20, unable_not_held=9)))
    (sums,) = (each for each in catalogue.rules("report") if "ARI-01" in each.ids)
    assert sums.passing(seen) == {f"ARI-0{number}" for number in range(1, 7)}
    seen.figures["applications.new.total"].value += 1
    assert sums.passing(seen) is None


# ---------------------------------------------------------------- ARI-07, ARI-11
def orders(values, confidence=1.0, era="2021"):
    seen = report(printed(values, confidence))
    seen.form = era
    return [(each.rule, each.outcome, each.reason) for each in judge_orders(seen) if each.outcome != "not_applicable"]


def documents(issued, repealed, in_force, confidence=1.0):
    name = "disclosure.normative_documents"
    return orders({f"{name}.issued": issued, f"{name}.repealed": repealed, f"{name}.in_force": in_force}, confidence)


@pytest.mark.parametrize(("issued", "repealed", "in_force", "answer"), [
    (5, 2, 3, ("pass", "")), (5, 2, 40, ("pass", "")), (5, 4, 3, ("pass", "")), (5, 1, 3, ("fail", "")),
    (0, 2, 0, ("pass", "")), (5, None, 3, ("uncertain", "blanks")), (5, 1, None, None)])
def test_no_fewer_documents_are_in_force_than_were_issued_and_not_repealed(issued, repealed, in_force, answer):
    assert documents(issued, repealed, in_force) == ([] if answer is None else [("ARI-07", *answer)])


def test_an_order_read_with_doubt_is_uncertain():
    assert documents(5, 1, 3, 0.8) == [("ARI-07", "uncertain", "low_confidence")]


@pytest.mark.parametrize(("made", "disclosed", "total", "answer"), [
    (3, 3, 3, {"pass"}), (3, 4, 9, {"pass", "fail"}), (3, 3, 2, {"pass", "fail"}), (2, 3, 2, {"fail"})])
def test_no_more_is_newly_disclosed_than_made_or_disclosed_in_all(made, disclosed, total, answer):
    name = "disclosure.regulations"
    found = orders({f"{name}.made": made, f"{name}.newly_disclosed": disclosed, f"{name}.disclosed_total": total},
                   era="2019")
    assert {rule for rule, *_ in found} == {"ARI-11"}
    assert {outcome for _, outcome, _ in found} == answer
