"""Findings of one report that share cells."""

from hypothesis import given
from hypothesis import strategies as st

from monitor import cases
from monitor.commands import showing
from monitor.model import Finding


def finding(rule, *figures, expression="1 = 2", outcome="fail", subject="total"):
    return Finding(rule, 1, "E", outcome, "b", "own", 2025, subject, expression, figures=list(figures),
                   parameters={"table": 3, "col": "total"})


def test_cells_shared_through_others_make_one_case_behind_its_worst():
    first, alone, second, third = (finding("ARI-01", "a", "b"), finding("ARI-04", "x"), finding("ARI-02", "c", "d"),
                                   finding("ARI-03", "b", "c"))
    grouped = cases.group([first, alone, second, third])
    assert [each.rule for each in grouped] == ["ARI-01", "ARI-02", "ARI-03", "ARI-04"]
    assert cases.of(third) == {"id": first.id, "count": 3, "rules": ["ARI-01", "ARI-02", "ARI-03"]}
    assert cases.of(alone) is None


def off(subject, difference, *figures):
    made = finding("ARI-01", *figures, subject=subject)
    made.difference = difference
    return made


def test_a_column_and_the_totals_that_are_off_by_as_much_are_one_case():
    """Nothing but the sums of rows ties them, and those hold: the same slip was added up."""
    grouped = cases.group([off("natural_person", 1, "a"), off("total", 1, "b"), off("business", 2, "c")])
    assert cases.of(grouped[0]) == cases.of(grouped[1]) is not None
    assert cases.of(grouped[2]) is None


def test_two_columns_off_by_as_much_leave_it_open_which_one_the_totals_follow():
    grouped = cases.group([off("natural_person", 1, "a"), off("total", 1, "b"), off("business", 1, "c")])
    assert not any(map(cases.of, grouped))


def test_lists_of_cells_and_uncertain_ones_join_no_case():
    grouped = cases.group([finding("ARI-01", "a"), finding("FMT-07", "a", expression=""),
                           finding("ARI-02", "a", outcome="uncertain")])
    assert not any(map(cases.of, grouped))


def test_a_case_changes_neither_id_nor_fact():
    one = finding("ARI-01", "a")
    before = one.id, one.fact
    cases.group([one, finding("ARI-02", "a")])
    assert cases.of(one)
    assert (one.id, one.fact) == before


@given(st.lists(st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=3), max_size=8))
def test_no_finding_is_lost_and_those_that_share_a_cell_are_together(cells):
    found = [finding("ARI-01", *keys, subject=str(place)) for place, keys in enumerate(cells)]
    grouped = cases.group(found)
    assert sorted(each.id for each in grouped) == sorted(each.id for each in found)
    for one in found:
        for other in found:
            if one is not other and set(one.figures) & set(other.figures):
                assert cases.of(one) == cases.of(other) is not None


def test_a_case_is_said_once_above_its_findings(capsys):
    together = cases.group([finding("ARI-01", "a"), finding("ARI-02", "a")])
    for group in cases.together(together, lambda each: each):
        showing.print_case(group, "zh")
    assert capsys.readouterr().out.strip() == (
        "表三有2处关系不符，可能由同一单元格引起：ARI-01 总计、ARI-02 总计。")
    row = finding("ARI-03", "a", subject="new")
    row.parameters["row"] = "applications.new"
    showing.print_case([together[0], row], "zh")
    assert "ARI-01 总计、ARI-03 本年新收。" in capsys.readouterr().out
    showing.print_case(together[:1], "zh")
    assert capsys.readouterr().out == ""
