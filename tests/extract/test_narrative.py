from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extract.claims import find_claims, narrative, stated_period
from extract.model import Section
from extract.spoken import spoken


def told(text: str, year: int | None = 2023) -> dict[str, float | int | None]:
    return {key.removeprefix("narrative."): figure.value
            for key, figure in narrative([Section(1, "一、总体情况", text)], year).items()}


@pytest.mark.parametrize(("text", "figures"), [
    ("全年主动公开政府信息1562条。", {"items_disclosed": 1562}),
    ("公开各类政务信息 2,100 条。", {"items_disclosed": 2100}),
    ("全年政府网站共发布政府信息1400条，政务新媒体发布信息120条，通过其他方式公开政府信息42条。",
     {"website_items": 1400, "social_media_items": 120, "other_items": 42}),
    ("在政府网站发布信息520条。", {"website_items": 520}), ("微信公众号推送信息632条。", {"social_media_items": 632}),
    ("通过广播、公告栏等其他渠道公开信息85条。", {"other_items": 85}),
    ("开设政务新媒体12个，召开新闻发布会3场，举办业务培训4次。",
     {"social_accounts": 12, "press_conferences": 3, "trainings": 4}),
    ("开设政务新媒体14个，其中微信8个，抖音短视频3个，新浪微博2个，其他1个。",
     {"social_accounts": 14, "social_accounts.wechat": 8, "social_accounts.douyin": 3, "social_accounts.weibo": 2,
      "social_accounts.other": 1}),
    ("全县现有政务新媒体14个（微信公众号8个、微博6个）。",
     {"social_accounts": 14, "social_accounts.wechat": 8, "social_accounts.weibo": 6}),
    ("新开通政务新媒体2个，关停1个。", {"social_accounts.opened": 2, "social_accounts.closed": 1}),
    ("注销关停18个政务新媒体账号，全市政务新媒体优化调整为34个。",
     {"social_accounts.closed": 18, "social_accounts": 34}),
    ("关停政务新媒体2个。", {"social_accounts.closed": 2}), ("清理栏目2个。", {}),
    ("发布政策解读36条。", {"interpretations": 36}), ("全年共发布36篇政策解读。", {"interpretations": 36}),
    ("发布政策解读材料36篇，其中图片解读12篇、视频解读5篇、文字解读19篇。",
     {"interpretations": 36, "interpretations.picture": 12, "interpretations.video": 5, "interpretations.text": 19}),
    ("共发布文字解读6条，图片解读8条，视频解读9条。",
     {"interpretations.text": 6, "interpretations.picture": 8, "interpretations.video": 9}),
    ("组织3场新闻发布会。", {"press_conferences": 3}), ("举办政务公开业务培训班2期，培训320人次。", {"trainings": 2}),
    ("公开人大建议和政协提案办理结果37件。", {"proposals_disclosed": 37}),
    ("开展重大行政决策意见征集12次，收到意见建议56条。", {"consultations": 12, "consultations.opinions": 56}),
    ("开展政府网站检查12次，发现问题23个，下发整改通知单6份。",
     {"inspections": 12, "problems_found": 23, "rectification_notices": 6}),
    ("组织开展专项督查4次，印发督查通报2期。", {"inspections": 4, "circulars": 2}),
    ("配备专职人员2名。", {"staff": 2}), ("目前，我办政务公开专职人员3名。", {"staff": 3}),
    ("群众满意度达98.5%，复议诉讼率7.4%。", {"satisfaction": 98.5, "review_litigation_rate": 7.4}),
    ("社会公众满意率为96%。", {"satisfaction": 96}),
    ("2022年主动公开政府信息1562条。", {}), ("主动公开政府信息较上年增加12条。", {}),
    ("主动公开重点领域信息52条。", {}), ("第一季度主动公开政府信息52条。", {}), ("计划举办业务培训4次。", {}),
    ("2019年以来主动公开政府信息52万条。", {}), ("参加培训人员120人。", {}), ("依申请公开信息17条。", {}),
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
    ("数据统计时间：2021.1.1-2021.12.31。", "2021.1.1-2021.12.31"),
    ("时间范围为2021年1月1日至2021年12月31日。", "2021年1月1日至2021年12月31日"),
    ("预算公开征求意见期限自2020年12月1日至2021年1月5日。", None),
    ("公示时间为2020年12月20日至2021年1月10日。", None),
    ("开展专项整治，时间范围为2020年10月1日至2021年3月31日。", None),
    ("行政处罚数据统计期限为2020年12月1日至2021年11月30日。", None),
    ("规划期限为2020年1月1日至2022年12月31日。", None),
    ("满意度调查数据采集时间为2020年12月1日至2021年11月30日。", None),
    ("本报告自2022年1月25日起至2022年3月31日在专栏公示。", None),
    ("本报告电子版自2022年1月20日起至2022年12月31日可在网站查阅。数据统计期限为2021年1月1日至2021年12月31日。",
     "2021年1月1日至2021年12月31日"),
])
def test_the_stated_period_as_printed(text: str, period: str | None) -> None:
    assert stated_period([Section(0, "", text)]) == period


def test_the_preamble_is_asked_before_the_sections() -> None:
    parts = [Section(1, "一", "统计期限为2020年1月1日至2020年12月31日。"),
             Section(0, "", "统计期限为2021年1月1日至2021年12月31日。")]
    assert stated_period(parts) == "2021年1月1日至2021年12月31日"


def test_every_indicator_of_the_domain_is_known() -> None:
    wanted = {"items_disclosed", "website_items", "social_media_items", "other_items", "social_accounts",
              "social_accounts.wechat", "social_accounts.weibo", "social_accounts.douyin", "social_accounts.opened",
              "social_accounts.closed", "interpretations", "interpretations.text", "interpretations.picture",
              "interpretations.video", "press_conferences", "proposals_disclosed", "consultations",
              "consultations.opinions", "trainings", "inspections", "circulars", "rectification_notices",
              "problems_found", "satisfaction", "review_litigation_rate", "staff"}
    assert wanted <= {key.removeprefix("narrative.") for key in spoken().keys}


def test_phrase_and_place_are_kept_and_ambiguity_is_said() -> None:
    text = "全年主动公开政府信息 1562 条。\n另据统计，公开政务信息1600条。"
    (claim,) = [claim for claim in find_claims([Section(1, "一、总体情况", text)], 2023)
                if claim.metric == "narrative.items_disclosed"]
    assert (claim.value, claim.section, claim.detail) == (1562, 1, {"others": [1600]})
    assert text[slice(*claim.span)].replace(" ", "") == claim.phrase == "全年主动公开政府信息1562条"
    figure = narrative([Section(1, "一、总体情况", text)], 2023)["narrative.items_disclosed"]
    assert not figure.confident
    assert text[slice(*(figure.source.span or (0, 0)))].replace(" ", "") == "1562条"


def test_the_same_number_told_twice_is_not_ambiguous() -> None:
    text = "全年主动公开政府信息1562条。年内公开政务信息1562条。"
    assert narrative([Section(1, "一、总体情况", text)], 2023)["narrative.items_disclosed"].confident


@given(st.text(alphabet="全年主动公开政府信息网站新媒体解读培训，。、其中（）共12 3万余条个次份\n", max_size=120))
def test_whatever_is_read_stands_in_the_text(text: str) -> None:
    for key, figure in narrative([Section(1, "一、总体情况", text)], 2023).items():
        assert key in spoken().keys
        start, end = figure.source.span or (0, 0)
        assert "".join(text[start:end].split()) == figure.raw
