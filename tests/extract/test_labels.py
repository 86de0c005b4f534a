"""Labels: known ones by their words, unknown ones never bent."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extract.forms import eras, form
from extract.labels import core, normalise

ROWS = form("2021").table(3).row_labels
COLUMNS = form("2021").table(3).column_labels
FACTS = [(table, row) for table in form("2021").tables for row in table.rows]
NOISE = st.text(alphabet=" \u3000\u00a0\n“”\"'、。，（）()：:", max_size=3)


@pytest.mark.parametrize(("text", "bare"), [
    ("（三）不予公开", "不予公开"), ("3.危及“三安全一稳定”", "危及三安全一稳定"), ("3、其他", "其他"),
    ("一、 本年新收", "本年新收"), ("①重复申请", "重复申请"), ("三安全", "三安全"), ("1属于国家秘密", "属于国家秘密"),
    ("", ""), ("（七） 总 计", "总计")])
def test_core(text, bare):
    assert core(text) == bare


@pytest.mark.parametrize("era", eras())
def test_every_printed_label_means_its_own_key(era):
    for table in (table for table in form(era).tables if table.layout != "list"):  # lists: see test_indicators
        for labels, facts in ((table.row_labels, table.rows), (table.column_labels, table.columns)):
            for fact in facts:
                for name in (fact.label, *fact.variants):
                    match = labels.match(name)
                    assert match is not None, name
                    assert match.key == fact.key, name


@pytest.mark.parametrize("text", ["五、其中网上申请数量", "备注", "申请人情况", "法人或其他组织", "本机关", "合同", "",
                                  "123"])
def test_unknown_labels_stay_unknown(text):
    assert ROWS.match(text) is None
    assert COLUMNS.match(text) is None
    assert ROWS.alike(text) is None


@pytest.mark.parametrize(("misprint", "key"), [
    ("6.属于四类过呈性信息", "refused_deliberative"), ("属于行政执法卷", "refused_enforcement_file"),
    ("4.保护第方合法权益", "refused_third_party"), ("四、结传下年度继续办埋", "carried_out")])
def test_misprints_are_alike_but_never_sure(misprint, key):
    assert ROWS.match(misprint) is None
    match = ROWS.alike(misprint)
    assert match is not None
    assert match.key == key
    assert match.quality < 0.98


def test_row_that_stands_behind_its_group_in_one_cell_wins():
    match = ROWS.match("（三）不予公开 1.属于国家秘密")
    assert match is not None
    assert match.key == "refused_state_secret"


@given(st.sampled_from(FACTS), st.data())
def test_blanks_quotes_and_punctuation_change_nothing(fact, data):
    table, row = fact
    noisy = "".join(character + data.draw(NOISE) for character in core(row.label))
    match = table.row_labels.match(noisy)
    assert match is not None
    assert match.key == row.key


@given(st.text(max_size=40))
def test_any_text_is_safe(text):
    assert normalise(core(text)) == core(text)
    ROWS.match(text)
    ROWS.alike(text)
