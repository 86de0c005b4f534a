from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extract.clauses import Sentence, sentences
from extract.model import Section


def cut(text: str, number: int = 1, title: str = "一、总体情况") -> list[Sentence]:
    return list(sentences([Section(number, title, text)]))


def test_sentences_end_at_full_stops_and_semicolons_outside_brackets() -> None:
    assert [each.text for each in cut("收到3件；答复2件（含上年；共一件）。无。")] == [
        "收到3件;", "答复2件（含上年;共一件）。", "无。"]


def test_broken_lines_are_joined_but_headings_stand_alone() -> None:
    found = cut("（一）主动公开情况\n全年公开\n信息 12\n条。\n（二）依申请公开情况\n收到3件。")
    assert [each.text for each in found] == [
        "（一）主动公开情况", "全年公开信息12条。", "（二）依申请公开情况", "收到3件。"]
    assert found[3].topic == "（二）依申请公开情况"
    assert found[1].topic == "（一）主动公开情况"


def test_what_precedes_is_kept_within_its_heading() -> None:
    found = cut("收到3件。答复2件；结转1件。（二）其他。")
    assert (found[2].before, found[2].previous) == ("答复2件;", "收到3件。")
    assert found[3].previous == ""


@pytest.mark.parametrize(("text", "values"), [
    ("收到12件", [12]), ("收到1,207件", [1207]), ("共1.15万余条", [11500]), ("二十三件", [23]), ("１２件", [12]),
    ("第20条", []), ("20个工作日", []), ("26个领域", []), ("3个月", []), ("六个部分", []), ("每一件", []),
    ("一件事项", [1]), ("一件事", []), ("增长3个百分点", []), ("2021年", []), ("占7.4%", [7.4]),
    ("费用0.38万元", [3800]), ("5人次", [5]),
])
def test_quantities_count_things(text: str, values: list[float]) -> None:
    assert [quantity.value for quantity in cut(text)[0].quantities] == values


def test_a_quantity_knows_the_rest_of_its_clause() -> None:
    quantity = cut("全年，收到申请12件（含上年结转2件），已办结")[0].quantities[1]
    assert (quantity.left, quantity.right, quantity.clause) == ("含上年结转", "", "含上年结转2件")


@given(st.text(alphabet="（）()。；;\n 　一二、1.2件收到《》年，", max_size=60))
def test_nothing_is_lost_and_every_place_is_true(text: str) -> None:
    found = cut(text)
    assert "".join(each.text for each in found) == "".join(text.split()).translate(str.maketrans("；", ";"))
    for each in found:
        assert [text[place] for place in each.places] == list(each.text.replace(";", "；")) or ";" in text
        for quantity in each.quantities:
            start, end = each.span(quantity.start, quantity.end)
            assert "".join(text[start:end].split()) == quantity.printed
