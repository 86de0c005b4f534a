from __future__ import annotations

import pytest

from extract.claims import find_claims, processing_fee
from extract.model import Section


def fee(text: str, number: int = 6) -> dict[str, float | int | None]:
    return {key.removeprefix("processing_fee."): figure.value
            for key, figure in processing_fee([Section(number, "六、其他需要报告的事项", text)]).items()}


def none_said(text: str, number: int = 6) -> bool:
    parts = [Section(number, "六、其他需要报告的事项", text)]
    return any(claim.metric == "processing_fee.none" for claim in find_claims(parts, 2023))


@pytest.mark.parametrize(("text", "figures"), [
    ("发出收费通知2件，涉及信息处理费900元，实收400元。",
     {"notices": 2, "charged": 900, "collected": 400}),
    ("全年发出政府信息公开信息处理费收费通知3份，总金额1,260元，实际收取0元。",
     {"notices": 3, "charged": 1260, "collected": 0}),
    ("全年收取政府信息公开信息处理费 3940 元。", {"collected": 3940}),
    ("依法收取信息处理费共计0.38万元。", {"collected": 3800}),
    ("发出收费通知0件，收取信息处理费0元。", {"notices": 0, "collected": 0}),
    ("信息处理费收费标准为每件超过以上部分40元。", {}),
    ("2023年未收取信息处理费。", {}),
    ("全年行政事业性收费500元。", {}),
    ("上年收取信息处理费300元。", {}),
])
def test_only_printed_amounts_become_figures(text: str, figures: dict[str, float]) -> None:
    assert fee(text) == figures


@pytest.mark.parametrize("text", [
    "2023年未收取信息处理费。", "全年没有收取政府信息公开信息处理费。", "全年无信息处理费收取情况。",
    "我局未向申请人收取任何费用，依申请公开无收费。", "按照信息处理费管理办法，全年未产生收费。"])
def test_no_fee_is_a_statement_and_no_zero(text: str) -> None:
    assert none_said(text)
    assert fee(text) == {}


@pytest.mark.parametrize("text", [
    "无其他需要报告的事项。", "申请人逾期未按收费通知要求缴纳费用。", "全年收取信息处理费40元。"])
def test_other_sentences_deny_nothing(text: str) -> None:
    assert not none_said(text)


def test_row_labels_of_the_tables_are_not_asked() -> None:
    assert fee("发出收费通知2件，收取信息处理费10元。", 3) == {}
    assert not none_said("未收取信息处理费。", 3)


def test_the_source_is_the_place_in_the_text() -> None:
    text = "共发出收费 通知 12 件。"
    figure = processing_fee([Section(6, "六", text)])["processing_fee.notices"]
    assert figure.source.span is not None
    assert text[slice(*figure.source.span)] == "12 件"
