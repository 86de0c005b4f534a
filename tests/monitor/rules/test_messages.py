"""Whatever a rule finds can be said in both languages, and a finding carries what proves it."""

import re

import pytest

from monitor import judging, wording
from monitor.model import Finding
from monitor.rules import catalogue
from monitor.rules.catalogue import Years
from tests.monitor.reports import FIRST, figures, report

FACTS = catalogue.catalogue()
SAMPLES = {
    "table": 3, "section": 1, "row": "applications.new", "col": "natural_person", "list": ["section.5"],
    "where": "table.3", "missing": ["section.5"], "extra": ["column.research"], "phrase": "收到申请3件", "url": "http://a.example/1.html",
    "channel": "年度报告", "due": "2026-01-30", "published": "2026-02-02", "t1": "2026-02-01T09:00:00+08:00",
    "t2": "2026-02-09T09:00:00+08:00", "first_seen": "2026-02-01", "last_seen": "2026-02-09", "tier": "statutory",
    "date_source": "meta:PubDate", "outcome": "gone", "diff_list": [["applications.new.total", 3, 4]], "p": "95.0%",
    "y0": "2024", "years": "2024", "n": 3, "days": 5, "variant": ""}
CASES = [(key, variant) for key, entry in sorted(FACTS.rules.items()) for variant in ("", *entry.variants)]
UNFILLED = re.compile(r"\{\w*\}|None|X{2,}|\[\]|\bnan\b")


def finding(key, variant, outcome="fail"):
    entry = FACTS.rules[key]
    texts = (entry, *entry.variants.values())
    named = {name for text in texts for part in (text.short, text.fact, text.ask, text.room, text.en)
             for name in re.findall(r"\{(\w+)\}", part)}
    known = {name: SAMPLES.get(name, 7) for name in named | {"variant"}}
    known |= {"variant": variant, "other": "示例县水利局", "item": "专题会议", "item_en": "meetings",
              "host": "a.example"}
    return Finding(key, entry.version, entry.severity, outcome, "示例县财政局", "own", 2025, "total", "31 + 1 = 29 + 4",
                   32, 33, -1, ["applications.new.total"], known, reason="low_confidence")


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize(("key", "variant"), CASES)
def test_every_rule_and_variant_is_said_whole_in_both_languages(key, variant, lang):
    found = finding(key, variant)
    texts = [wording.message(found, lang), wording.fact_sentence(found, lang), wording.request(found, lang),
             wording.basis(found, lang), wording.addressee(found, lang)]
    assert texts[0]
    assert texts[1]
    assert texts[0] != key
    assert not any(UNFILLED.search(text) for text in texts)
    if lang == "en":
        # Names of places of the form may be Chinese in a sentence that quotes them, but a sentence is not.
        assert re.search(r"[a-z]{2}", texts[0])
    if lang == "zh" and FACTS.rules[key].severity != "I" and not FACTS.rules[key].operator_only:
        assert texts[2], "a body must be told what it is asked"


@pytest.mark.parametrize("key", sorted(FACTS.rules))
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_an_uncertain_result_says_that_it_judges_nothing(key, lang):
    found = finding(key, "", "uncertain")
    assert wording.message(found, lang) == (FACTS.uncertain.short if lang == "zh" else FACTS.uncertain.en)
    assert "未作判定" in wording.fact_sentence(found, "zh")
    assert wording.request(found, lang) == ""


@pytest.mark.parametrize("key", sorted(FACTS.reasons))
def test_every_reason_is_said_in_both_languages(key):
    assert wording.uncertain_reason(key, "zh") != key
    assert wording.uncertain_reason(key, "en") != key


# ---------------------------------------------------------------- evidence
FAULTS = {
    "sum": report(figures=figures(applications__new__total=9)),
    "dispute": report(figures=figures(disputes__reconsideration__total=2)),
    "in force": report(figures=figures(disclosure__normative_documents__issued=5)),
    "phrase": report(text={1: FIRST.format(year=2021) + "全年收到政府信息公开申请88件。"}),
    "fee": report(text={6: "无其他事项。"}),
    "stale": report(text={5: "问题：解读偏少。2020年，我局认真落实公开要求。措施：按季检查栏目并逐项整改到位。"}),
    "sections": report(without=(5,)), "period": report(period="2020年1月1日至2020年12月31日"),
    "blanks": report(figures=figures(applications__granted__business=None)),
    "title": report(title="2020年政府信息公开工作年度报告")}


@pytest.mark.parametrize("name", sorted(FAULTS))
def test_a_finding_carries_its_figures_with_their_sources_its_document_and_its_words(name):
    seen = FAULTS[name]
    found = judging.judge(seen, judging.Named("b", "own", seen.year, "r1")).findings
    assert found
    for each in found:
        assert each.evidence["sha256"] == seen.sha256
        assert each.report == "r1"
        for key in each.figures:
            if key in seen.figures:
                assert each.evidence["figures"][key] == seen.figures[key].to_record()
                assert "source" in each.evidence["figures"][key]
        assert each.expression or each.parameters or each.evidence["sections"], each.rule
        if each.expression:
            assert not re.search(r"[^\d\s.+\-−=≥≤×÷()]", each.expression), each.expression
        for lang in ("zh", "en"):
            assert not UNFILLED.search(wording.message(each, lang, "示例县财政局"))
            assert not UNFILLED.search(wording.fact_sentence(each, lang, "示例县财政局"))


def test_a_finding_over_two_years_carries_both_years_figures():
    now = report(2022, figures=figures(applications__carried_in__total=5, applications__carried_in__natural_person=5,
                                       applications__concluded__total=8, applications__concluded__natural_person=8,
                                       applications__granted__total=8, applications__granted__natural_person=8))
    before = report(2021, sha256="cd" * 32)
    found = next(each for each in judging.judge(now, judging.Named("b", "own", 2022), {2021: before},
                                                joined=Years(now)).findings
                 if each.rule == "YOY-01" and "applications.carried_in.total" in each.figures)
    assert found.evidence["sha256"] == now.sha256
    assert found.evidence["before"]["sha256"] == before.sha256
    assert found.evidence["before"]["year"] == 2021
    assert "applications.carried_out.total" in found.evidence["before"]["figures"]
