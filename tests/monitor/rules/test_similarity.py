"""Texts alike from year to year."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.rules import similarity
from monitor.rules.catalogue import Years
from tests.monitor.reports import FIFTH, FIRST, report

OTHER = ("全年围绕惠农补贴、绩效评价和资产处置完善公开清单，网页按季更新，请居民代表试用并提意见。"
         "疑难申请集体会商，答复书附上救济途径。"
         "过期内容加注标识，遮盖个人隐私。手机页面放大字号，查阅点配备终端。邀请第三方检查两次，问题限期销号。") * 2
OTHER_FIFTH = ("目前仍有短板：栏目层级偏深，查找要点击多次；新来的同志不熟悉流程。"
               "今后把入口放到首页，安排老同志带教，逐月复盘改进成效。")


def chain(now, before, older=None):
    earlier = {2021: report(2021, before)}
    if older:
        earlier[2020] = report(2020, older)
    return Years(report(2022, now), earlier)


def texts(year, fifth=FIFTH):
    return {1: FIRST.format(year=year), 5: fifth}


def test_last_years_text_with_new_numbers_is_the_same_text():
    now = {key: text.replace("210", "345") for key, text in texts(2022).items()}
    (verdict,) = similarity.judge_text(chain(now, texts(2021)))
    assert (verdict.outcome, verdict.right, verdict.parameters["p"]) == ("fail", 1.0, "100.0%")
    assert verdict.parameters["y0"] == "2021"
    assert verdict.evidence["passages"]


def test_another_text_passes_and_shows_its_share():
    (verdict,) = similarity.judge_text(chain({1: OTHER, 5: OTHER_FIFTH}, texts(2021)))
    assert verdict.outcome == "pass"
    assert verdict.parameters["p"].endswith("%")
    assert verdict.expression == f"0.9 ≥ {verdict.right}"


def test_the_bodys_names_do_not_count():
    now = {1: FIRST.format(year=2022).replace("示例县财政局", "示例县财政局" * 30), 5: FIFTH}
    (verdict,) = similarity.judge_text(chain(now, texts(2021)))
    assert verdict.right == pytest.approx(1.0, abs=0.02)


def test_short_texts_and_missing_sections_are_not_compared():
    assert list(similarity.judge_text(chain({1: "很短。", 5: "无"}, {1: "很短。", 5: "无"}))) == []
    assert list(similarity.judge_text(Years(report(2022, without=(1,)), {2021: report(2021)}))) == []
    assert list(similarity.judge_text(Years(report(2022)))) == []


def test_a_damaged_report_is_uncertain():
    seen = chain(texts(2022), texts(2021))
    seen.earlier[2021].damaged = True
    assert [(each.outcome, each.reason) for each in similarity.judge_text(seen)] == [("uncertain", "damaged")]


def test_section_5_is_compared_with_two_years():
    (verdict,) = similarity.judge_problems(chain(texts(2022), texts(2021, OTHER_FIFTH), texts(2020)))
    assert (verdict.outcome, verdict.parameters["y0"]) == ("fail", "2020")
    (verdict,) = similarity.judge_problems(chain(texts(2022), texts(2021, OTHER_FIFTH)))
    assert verdict.outcome == "pass"
    assert list(similarity.judge_problems(chain(texts(2022, "无"), texts(2021, "无")))) == []


@given(st.text(min_size=3, max_size=60), st.text(min_size=3, max_size=60))
def test_alikeness_is_symmetric_and_between_0_and_1(one, other):
    share = similarity.alike(one, other)
    assert 0 <= share <= 1
    assert share == similarity.alike(other, one)
    assert similarity.alike(one, one) == 1
