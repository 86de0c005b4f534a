"""Texts alike from year to year."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.rules import similarity
from monitor.rules.catalogue import Pair, Years
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
    assert verdict.evidence["passages"][0]["own"]["place"][0] == 1
    for passage in verdict.evidence["passages"]:
        for side, prose in (("own", now), ("other", texts(2021))):
            section, start, end = passage[side]["place"]
            assert passage[side]["text"] == prose[section][start:end][:200]


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


def test_a_passage_that_names_the_body_or_a_year_is_shown_as_printed():
    text = "我们全年共召开例会12次，示例县财政局把预算与决算逐月公开在网站首页并配发图解供群众查阅。"
    own, other = report(2022, {1: text, 5: FIFTH}), report(2021, {1: text.replace("12", "7"), 5: OTHER_FIFTH})
    bare, another = similarity.bare(own, (1,)), similarity.bare(other, (1,))
    assert "示例县财政局" not in bare.text
    (shown,) = similarity.side_by_side(own, other, bare, another)
    assert shown["own"]["text"] == text
    assert "7次" in shown["other"]["text"]


@given(st.text("甲乙丙丁1 \n示例县财政局", max_size=80))
def test_every_kept_character_is_found_again_in_the_report(text):
    seen = report(2022, {1: text, 5: FIFTH})
    bare = similarity.bare(seen, (1, 5))
    for place in range(len(bare.text)):
        section, start, end = bare.place(place, 1)
        assert seen.section(section).text[start:end] == bare.text[place]


# ---------------------------------------------------------------- another body's text
def another(text=None, **more):
    made = report(2022, text or texts(2022), body="示例县水利局", sha256="cd" * 32, **more)
    for section in made.sections:
        section.text = section.text.replace("财政局", "水利局")
    return made


def pair(own=None, other=None, **more):
    return Pair(own or report(2022, texts(2022)), other or another(), ("water", "own", 2022), "示例县水利局", **more)


def test_another_bodys_text_with_the_name_exchanged_is_told_with_both_places():
    (verdict,) = similarity.judge_another_body(pair())
    assert (verdict.outcome, verdict.severity, verdict.subject) == ("fail", None, "water.own")
    assert verdict.right > 0.98
    assert verdict.parameters["other"] == "示例县水利局"
    assert all(passage["own"]["text"] and passage["other"]["text"] for passage in verdict.evidence["passages"])


def test_another_text_of_another_body_passes():
    (verdict,) = similarity.judge_another_body(pair(other=another({1: OTHER, 5: OTHER_FIFTH})))
    assert verdict.outcome == "pass"
    assert verdict.expression.startswith("0.9 ≥ ")


def test_a_government_and_its_own_office_share_a_note_only():
    (verdict,) = similarity.judge_another_body(pair(own_office=True))
    assert (verdict.outcome, verdict.severity) == ("fail", "I")


def test_a_damaged_report_makes_no_accusation_of_likeness():
    (verdict,) = similarity.judge_another_body(pair(other=another(damaged=True)))
    assert (verdict.outcome, verdict.reason) == ("uncertain", "damaged")


@pytest.mark.parametrize("seen", [
    pair(report(2022, {1: "很短。", 5: "无"}), another({1: "很短。", 5: "无"})),
    pair(report(2021, texts(2022))), pair(report(2022, texts(2022), sha256="cd" * 32))])
def test_short_texts_other_years_and_one_document_for_both_are_not_compared(seen):
    assert list(similarity.judge_another_body(seen)) == []


def test_headings_enumerations_and_quotations_of_law_count_for_nothing():
    law = ("一、总体情况\n根据《中华人民共和国政府信息公开条例》第五十条和有关通知要求，现将情况公布如下。\n"
           "（一）主动公开\n"
           "一是加强领导；二是落实《政务公开工作要点》（国办发〔2022〕8号）。\n") * 4
    own, other = report(2022, {1: law + FIRST, 5: FIFTH}), another({1: law + OTHER, 5: OTHER_FIFTH})
    with_law = similarity.alike(similarity.bare(own, (1, 5)).text, similarity.bare(other, (1, 5)).text)
    (verdict,) = similarity.judge_another_body(pair(own, other))
    assert verdict.right < with_law
    assert "条例" not in similarity.own_words(own).text


def test_a_localitys_threshold_goes_before_the_rules_own():
    seen = chain({1: OTHER, 5: OTHER_FIFTH}, texts(2021))
    (verdict,) = similarity.judge_text(seen)
    seen.report.roster["pack"] = {"thresholds": {"YOY-05": verdict.right}}
    (stricter,) = similarity.judge_text(seen)
    assert (verdict.outcome, stricter.outcome, stricter.left) == ("pass", "fail", verdict.right)
