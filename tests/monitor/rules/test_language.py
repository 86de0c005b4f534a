"""Slips, private data, lost characters."""

import pytest

from monitor.rules.language import judge_lost_characters, judge_private_data, judge_slips
from tests.monitor.reports import FIRST, outcomes, report, said

IDENTITY = "11010519491231002X"


def with_text(sentence, **more):
    return report(text={1: FIRST.format(year=2021) + sentence}, **more)


def variants(judge, seen):
    return {each.parameters["variant"] for each in judge(seen) if each.outcome == "fail"}


# ---------------------------------------------------------------- LNG-02
@pytest.mark.parametrize(("sentence", "variant"), [
    ("认真布署各项工作。", "slips"), ("截止2021年12月31日，共发布30条。", "slips"), ("做好信息公工开。", "slips"),
    ("规范审核审核发布机制。", "doubled"), ("积极推进（含依申请公开等工作。", "brackets"),
    ("落实《条例要求。", "brackets")])
def test_a_slip_is_a_note(sentence, variant):
    assert variants(judge_slips, with_text(sentence)) == {variant}


@pytest.mark.parametrize("sentence", [
    "截至2021年12月31日，共发布30条。", "一件一件办，一项一项改。", "1）完善机制；2）加强培训。",
    "（一）机制（含制度）更加完善。",
    "分别为12、1212条。", "按照（《条例》）要求(含附件)办理。"])
def test_counting_words_enumerations_and_mixed_brackets_are_no_slips(sentence):
    assert outcomes(judge_slips, with_text(sentence)) == {"pass"}


def test_a_word_at_the_end_of_a_heading_and_at_the_start_of_the_next_line_is_not_doubled():
    assert outcomes(judge_slips,
                    report(text={1: "（一）主动公开\n主动公开信息30条。" + FIRST.format(year=2021)})) == {"pass"}


def test_damaged_documents_are_not_proofread():
    assert outcomes(judge_slips, with_text("认真布署。", damaged=True)) == set()


# ---------------------------------------------------------------- LNG-04
@pytest.mark.parametrize(("sentence", "variant"), [
    (f"申请人张某（{IDENTITY}）已答复。", "identity"), ("申请人13812345678已答复。", "mobile")])
def test_private_data_are_told_but_never_repeated(sentence, variant):
    (verdict,) = [each for each in judge_private_data(with_text(sentence)) if each.outcome == "fail"]
    assert verdict.parameters["variant"] == variant
    assert IDENTITY not in str(verdict)
    assert "13812345678" not in str(verdict)
    assert "uncertain" in outcomes(judge_private_data, with_text(sentence, damaged=True))


@pytest.mark.parametrize("sentence", [
    "联系电话：13812345678。", "咨询请拨打13812345678。", "项目编号110105194912310021已公开。",
    "订单20210101123456789012。",
    "浏览量13812345678901次。"])
def test_contact_lines_and_other_numbers_are_no_private_data(sentence):
    assert outcomes(judge_private_data, with_text(sentence)) == {"pass"}


def test_a_record_without_prose_holds_no_private_data():
    assert outcomes(judge_private_data, report(without=range(7))) == set()


# ---------------------------------------------------------------- LNG-05
@pytest.mark.parametrize("text", ["政府\ufffd信息", "锟斤拷锟斤拷", "æ”¿åº\x9cä¿¡æ\x81¯å…¬å¼€".encode().decode(),
                                  "Ã¤Â¿Â¡Ã¦Â\x81Â¯"])
def test_lost_characters_are_a_fault_of_reading(text):
    assert said(judge_lost_characters, with_text(text)) == [("uncertain", "lost_characters")]


def test_clean_text_passes_and_no_text_is_not_judged():
    assert said(judge_lost_characters, report()) == [("pass", "")]
    assert said(judge_lost_characters, report(sections=[])) == []


def test_characters_lost_in_decoding_are_no_doubled_words():
    seen = report(text={1: FIRST.format(year=2021) + "锟斤拷锟斤拷。"})
    assert outcomes(judge_slips, seen) == {"pass"}
