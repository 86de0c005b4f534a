from __future__ import annotations

import pytest

from extract.claims import narrative, stated_period
from extract.model import Section


def told(text: str, year: int | None = 2023) -> dict[str, float | int | None]:
    return {key.removeprefix("narrative."): figure.value
            for key, figure in narrative([Section(1, "一、总体情况", text)], year).items()}


@pytest.mark.parametrize(("text", "figures"), [
    ("全年主动公开政府信息1562条。", {"items_disclosed": 1562}),
    ("全年政府网站共发布政府信息1400条，政务新媒体发布信息120条，通过其他方式公开政府信息42条。",
     {"website_items": 1400, "social_media_items": 120, "other_items": 42}),
    ("开设政务新媒体12个，召开新闻发布会3场，举办业务培训4次。",
     {"social_accounts": 12, "press_conferences": 3, "trainings": 4}),
    ("发布政策解读36条。", {"interpretations": 36}), ("配备专职人员2名。", {"staff": 2}),
    ("群众满意度达98.5%，复议诉讼率7.4%。", {"satisfaction": 98.5, "review_litigation_rate": 7.4}),
    ("关停政务新媒体2个。", {"social_accounts.closed": 2}), ("2022年主动公开政府信息1562条。", {}), ("主动公开政府信息较上年增加12条。", {}),
    ("主动公开重点领域信息52条。", {}), ("第一季度主动公开政府信息52条。", {}),
])
def test_indicators_are_read_where_they_are_plain(text: str, figures: dict[str, float]) -> None:
    assert told(text) == figures


def test_approximate_indicators_are_less_sure_and_keep_their_print() -> None:
    figure = narrative([Section(1, "一", "全年主动公开政府信息1.2万余条。")], 2023)["narrative.items_disclosed"]
    assert (figure.value, figure.raw, figure.confident) == (12000, "1.2万余条", False)


@pytest.mark.parametrize(("text", "period"), [
    ("本报告所列数据的统计期限为2021年1月1日至2021年12月31日。", "2021年1月1日至2021年12月31日"),
    ("统计数据从2019年1月1日到12月31日止。", "2019年1月1日到12月31日"),
    ("统计期限自 2023 年 1 月 1 日\n起至 2023 年 12 月 31 日止。", "2023年1月1日起至2023年12月31日"),
    ("数据统计期限为2021年1月1日-2022年1月1日。", "2021年1月1日-2022年1月1日"),
    ("培训班于2021年3月1日至2021年3月5日举办。", None), ("本报告依据条例编制。", None),
])
def test_the_stated_period_as_printed(text: str, period: str | None) -> None:
    assert stated_period([Section(0, "", text)]) == period


def test_the_preamble_is_asked_before_the_sections() -> None:
    parts = [Section(1, "一", "统计期限为2020年1月1日至2020年12月31日。"),
             Section(0, "", "统计期限为2021年1月1日至2021年12月31日。")]
    assert stated_period(parts) == "2021年1月1日至2021年12月31日"
