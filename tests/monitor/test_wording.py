"""Wording: every key has its word, no sentence says None, no forbidden word, everything fits into GBK."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from crawler.model import Outcome
from extract import configuration
from extract.exceptions import ConfigurationError
from monitor import wording
from monitor.model import Finding, Status
from monitor.rules import catalogue

FORBIDDEN = ("未公布", "按期", "发布日期", "错误", "造假", "抄袭", "漏报", "违反", "违规",
             "不合格", "失败", "严重", "伪造", "瞒报")


def sums(outcome: str = "fail", **parameters: object) -> Finding:
    return Finding("ARI-01", 1, "E", outcome, "样例局", "own", 2021, "total",  # type: ignore[arg-type]
                   "31 + 1 = 29 + 4", 32, 33, -1, ["applications.new.total"], {"col": "total", **parameters})


def test_a_finding_is_said_with_its_arithmetic() -> None:
    assert wording.message(sums(), "zh") == "表三“总计”列勾稽关系不符，差1"
    fact = wording.fact_sentence(sums(), "zh")
    assert "新收＋上年结转＝32" in fact
    assert "31＋1≠29＋4，相差1件" in fact
    assert "31 + 1 ≠ 29 + 4" in wording.message(sums(), "en")


def test_a_cell_hint_is_said_only_where_there_is_one() -> None:
    assert "若“" not in wording.request(sums(), "zh")
    hint = {"row": "applications.carried_out", "col": "natural_person", "printed": 4, "fix": 3}
    assert "若“结转下年度继续办理／自然人”由4改为3" in wording.request(sums(cell_hint=hint), "zh")


def test_an_uncertain_finding_accuses_nobody() -> None:
    said = wording.fact_sentence(sums("uncertain"), "zh")
    assert "未作判定" in said
    assert "不符" not in said
    assert "≠" not in wording.expression("1 + 1 = 3", "uncertain", "zh")


@pytest.mark.parametrize(("text", "outcome", "lang", "said"), [
    ("31 + 1 = 29 + 3", "pass", "zh", "31＋1＝29＋3 √"), ("31 + 1 = 29 + 4", "fail", "zh", "31＋1≠29＋4"),
    ("440 + 58 - 45 = 546", "fail", "zh", "440＋58－45≠546"), ("3 ≥ 4", "fail", "zh", "3＜4"),
    ("31 + 1 = 29 + 3", "pass", "en", "31 + 1 = 29 + 3 √"), ("", "fail", "zh", "")])
def test_expressions(text: str, outcome: str, lang: wording.Lang, said: str) -> None:
    assert wording.expression(text, outcome, lang) == said


@pytest.mark.parametrize(("value", "said"), [
    ("2027-01-31", "2027年1月31日"), (date(2027, 1, 31), "2027年1月31日"),
    ("2026-02-02T09:05:00+08:00", "2026年2月2日9时05分"),
    ("soon", "soon"), (None, "")])
def test_days(value: str | date | None, said: str) -> None:
    assert wording.day(value, "zh") == said


@pytest.mark.parametrize(("value", "said"), [(18388, "18388"), (4166.241619, "4166.241619"), (3.0, "3"), (0, "0"),
                                             (26828.74197, "26828.74197"), (0.1, "0.1"), (1e15, "1000000000000000")])
def test_numbers(value: float, said: str) -> None:
    assert wording.number(value) == said


@pytest.mark.parametrize(("key", "said"), [
    ("table.3", "表三"), ("section.5", "存在的主要问题及改进情况"),
    ("column.research", "科研机构"), ("applications.new", "本年新收"),
    ("applications.new.total", "本年新收／总计"), ("disputes.reconsideration.total", "行政复议／总计"),
    ("disclosure.fees.amount", "行政事业性收费／金额（万元）"),
    ("reconsideration", "行政复议"), ("某单位自拟行", "某单位自拟行")])
def test_places(key: str, said: str) -> None:
    assert wording.place(key, "zh") == said


def test_status_phrases() -> None:
    assert wording.status_phrase("late", "zh", 74) == "▲ 逾法定+74天"
    assert wording.status_phrase("late", "zh") == "▲ 逾法定时限公布"
    assert wording.status_phrase("due_soon", "zh", 3) == "◎ 剩3天"
    assert wording.status_phrase("missing", "en") == "× missing"


@given(st.dictionaries(st.sampled_from(["a", "b"]), st.sampled_from(["", "甲", "1"])))
def test_a_sentence_with_an_empty_placeholder_is_left_out(values: dict[str, str]) -> None:
    said = wording.fill("先说{a}。再说{b}。最后。", values)
    assert said.endswith("最后。")
    assert "{" not in said
    assert ("先说" in said) == bool(values.get("a"))
    assert ("再说" in said) == bool(values.get("b"))


@given(st.one_of(st.none(), st.integers(-10**9, 10**9), st.floats(allow_nan=False, allow_infinity=False, width=32),
                 st.text(max_size=5), st.lists(st.one_of(st.none(), st.integers()))))
def test_nothing_is_ever_said_as_none(value: object) -> None:
    assert "None" not in wording.shown(value, "zh")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_rule_can_be_said_without_any_value(lang: wording.Lang) -> None:
    for rule in catalogue.catalogue().rules:
        for outcome in ("fail", "uncertain"):
            finding = Finding(rule, 1, "W", outcome, "样例局", "own", 2024)  # type: ignore[arg-type]
            for said in (wording.message(finding, lang), wording.fact_sentence(finding, lang)):
                assert said
                assert "None" not in said
                assert "{" not in said


def test_every_status_and_outcome_has_its_words() -> None:
    for status in Status:
        assert wording.vocabulary().statuses[status].symbol
    for outcome in Outcome:
        for lang in ("zh", "en"):
            assert all(wording.outcome_words(outcome.value, lang))  # type: ignore[arg-type]


def test_reasons_of_the_code_have_their_words() -> None:
    """Every reason that a standing can carry is a key of the vocabulary."""
    root = Path(wording.__file__).parent
    named: set[str] = set()
    for module in ("standing", "observations", "dating", "obligations", "reading"):
        text = (root / f"{module}.py").read_text("utf-8")
        named |= set(re.findall(r'reason="([a-z]\w+)"', text))
        named |= set(re.findall(r'return "([a-z]+_[a-z_]+)"', text))
    assert named
    assert not sorted(named - set(wording.vocabulary().reasons))


@pytest.mark.parametrize("name", ["vocabulary.yaml", "alerts.yaml"])
def test_what_we_print_fits_into_gbk_and_says_no_forbidden_word(name: str) -> None:
    text = configuration.path_of(name).read_text("utf-8")
    printed = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))
    printed.encode("gbk")
    assert not [word for word in FORBIDDEN if word in printed]


def test_templates_fit_into_gbk_and_say_no_forbidden_word() -> None:
    for path in (Path(wording.__file__).parent / "alerts" / "templates").iterdir():
        text = path.read_text("utf-8")
        text.encode("gbk")
        assert not [word for word in FORBIDDEN if word in text], path


def test_a_vocabulary_without_a_status_is_refused(tmp_path: Path) -> None:
    data = yaml.safe_load(configuration.path_of("vocabulary.yaml").read_text("utf-8"))
    del data["statuses"]["missing"]
    path = tmp_path / "vocabulary.yaml"
    path.write_text(yaml.safe_dump(data, allow_unicode=True), "utf-8")
    with pytest.raises(ConfigurationError, match="statuses: no word for missing"):
        configuration.load_path(path, wording.Vocabulary)


@pytest.mark.parametrize(("due", "note"), [
    ("2027-01-31", "（该日为星期日，时限不顺延）"), ("2026-01-31", "（该日为星期六，时限不顺延）"),
    ("2025-03-31", ""), (None, "")])
def test_a_due_day_on_a_weekend_is_said_not_to_move(due, note):
    assert wording.due_note(due, "zh") == note


def test_every_source_of_a_date_has_its_word():
    for source in ("page", "meta:PubDate", "list", "url", "written", "property:created", "last_modified", "first_seen"):
        assert wording.date_source(source, "zh") != source.split(":")[0]


def test_every_basis_of_a_deadline_has_its_words():
    deadlines = yaml.safe_load(configuration.path_of("deadlines.yaml").read_text("utf-8"))
    named = {day["basis"] for key in deadlines["keys"].values() for day in key["days"]}
    assert named <= set(catalogue.catalogue().basis)
