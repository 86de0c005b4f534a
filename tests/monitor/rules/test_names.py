"""Other bodies' names where the own one should stand."""

import pytest

from monitor.rules.names import judge_other_names
from tests.monitor.reports import FIRST, outcomes, report


def names(sentence, body="示例县财政局", **more):
    return outcomes(judge_other_names, report(text={1: FIRST.format(year=2021) + sentence}, body=body, **more))


@pytest.mark.parametrize("sentence", [
    "2021年，白石县财政局认真落实条例要求。", "白石区财政局主动公开信息30条。", "2021年，XX局认真落实条例要求。",
    "××县财政局发布信息30条。",
    "某某局按要求公开。", "全年没有针对市财政局申请行政复议的情形。"])
def test_another_place_or_a_blank_in_the_own_places_is_a_query(sentence):
    assert "fail" in names(sentence)
    assert "uncertain" in names(sentence, damaged=True)


@pytest.mark.parametrize("kind", ["住房和城乡建设局", "城市管理局", "城镇发展局", "社区工作局"])
def test_places_inside_a_departments_own_name_are_none(kind):
    assert "fail" in names(f"2021年，白石县{kind}认真落实条例要求。", body=f"示例县{kind}")
    assert names(f"2021年，示例县{kind}认真落实条例要求。", body=f"示例县{kind}") == {"pass"}


@pytest.mark.parametrize("sentence", [
    "示例县财政局认真落实条例要求。", "2021年，示例市财政局认真指导。", "在白石县财政局的协助下完成系统对接。",
    "赴白石县财政局学习先进经验。",
    "各县财政局按要求公开。", "白石县教育局认真落实条例要求。", "我县财政局认真落实要求。",
    "会同白石县财政局认真研究。", "如有疑问，请与示例县财政局联系。",
    "公开2021年XXL项目3个。", "拨打138****5678咨询。", "全年没有针对县财政局申请行政复议的情形。",
    "领导小组认真部署。", "县委党组认真学习。"])
def test_bodies_above_and_beside_helpers_and_the_own_names_are_lawful(sentence):
    assert names(sentence) == {"pass"}


def test_plates_former_names_and_bodies_above_come_from_the_roster():
    sentence = "2021年，白石区财政局认真落实条例要求。"
    for known in ({"names": ["示例县财政局", "白石区财政局"]}, {"above": ["白石区财政局"]},
                  {"plates": ["白石区财政局"]}):
        assert names(sentence, roster=known) == {"pass"}


def test_a_government_may_speak_of_its_own_departments_and_townships():
    assert names("清样镇人民政府认真落实条例要求。", body="示例县人民政府") == {"pass"}
    assert "fail" in names("白石县人民政府认真落实条例要求。", body="示例县人民政府")


def test_without_a_name_of_its_own_a_report_is_not_judged():
    assert names("白石县财政局认真落实。", body=None) == set()
