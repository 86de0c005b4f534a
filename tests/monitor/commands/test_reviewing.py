"""`review`: single, by case, by filter; its lists; what it refuses."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from crawler import clock
from extract import configuration
from monitor import cli, review
from tests.monitor.office import ARITHMETIC, DOUBTFUL, NEXT_WEEK, UNSEEN, Office

COLUMN = replace(ARITHMETIC, subject="natural_person", parameters={"col": "natural_person"})


@pytest.fixture
def city(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    yield Office(tmp_path / "city")
    configuration.use_office_folder(None)
    clock.simulate(None)


@pytest.fixture
def nianbao(city, capsys):
    def call(*arguments: str, code: int = 0) -> Any:
        assert cli.run(["--config", str(city.settings), *arguments]) == code
        out, err = capsys.readouterr()
        if "--json" in arguments and not code:
            return json.loads(out)
        return out + err

    return call


def states(nianbao: Any) -> dict[str, str]:
    return {each["id"]: each["state"] for each in nianbao("findings", "--json", "--cleared")["findings"]}


@pytest.fixture
def case(city):
    """Two findings on the same cells, as judging marks them."""
    shared = {"case": {"id": ARITHMETIC.id, "count": 2, "rules": ["ARI-01"]}}
    members = [replace(each, evidence=shared) for each in (ARITHMETIC, COLUMN)]
    city.judge(NEXT_WEEK, [*members, UNSEEN, DOUBTFUL])
    return members


# ---------------------------------------------------------------- what is decided
def test_a_decision_is_taken_for_the_whole_case_and_gives_it_one_number(nianbao, case):
    told = nianbao("review", ARITHMETIC.id, "confirm", "--author", "张", "--json")
    assert {each["id"] for each in told["findings"]} == {ARITHMETIC.id, COLUMN.id}
    assert {each["number"] for each in told["findings"]} == {"F-2026-000001"}
    assert states(nianbao)[UNSEEN.id] == "open"
    assert nianbao("review", UNSEEN.id, "confirm", "--author", "张", "--json")["number"] == "F-2026-000002"


def test_one_finding_of_a_case_alone(nianbao, case):
    nianbao("review", ARITHMETIC.id, "dismiss", "--reason", "读取有误", "--alone", "--author", "张")
    assert states(nianbao)[COLUMN.id] == "open"


def test_findings_says_what_is_one_case(nianbao, case):
    said = nianbao("findings", "--rule", "ARI-01")
    assert "有2处关系不符，可能由同一单元格引起" in said
    assert "合为1个问题" in said


def test_chinese_words_for_decisions_and_either_order(nianbao):
    nianbao("review", ARITHMETIC.id, "属实", "--author", "张")
    nianbao("review", "误报", UNSEEN.id, "--reason", "已电话核实", "--author", "张")
    assert states(nianbao) | {} == {ARITHMETIC.id: "confirmed", UNSEEN.id: "dismissed", DOUBTFUL.id: "open"}


def test_filters_choose_and_dry_run_keeps_nothing(nianbao):
    said = nianbao("review", "confirm", "--severity", "E", "--dry-run")
    assert "试运行，未记录：属实 将涉及3项" in said
    assert set(states(nianbao).values()) == {"open"}
    assert "没有编号为" in nianbao("review", "0000", "confirm", "--dry-run", code=2)
    assert "--reason" in nianbao("review", UNSEEN.id, "dismiss", "--dry-run", code=2)
    assert "没有人工结论" in nianbao("review", "log", UNSEEN.id)
    nianbao("review", "confirm", "--rule", "PUB-01", "--under", "trade", "--author", "张")
    assert states(nianbao)[UNSEEN.id] == "confirmed"
    assert "已记录0项" in nianbao("review", "confirm", "--rule", "YOY-01", "--author", "张")


def test_several_are_kept_together_or_not_at_all(nianbao):
    nianbao("review", UNSEEN.id, "confirm", "--author", "张")
    nianbao("review", ARITHMETIC.id, UNSEEN.id, "approve", "--author", "张", code=2)
    assert states(nianbao)[UNSEEN.id] == "confirmed"


@pytest.mark.parametrize(("arguments", "said"), [
    (["confirm"], "--rule"), (["confirm", "--rule", "ARI-99"], "ARI-99"), ([UNSEEN.id], "缺少结论"),
    (["0000", "confirm"], "没有编号为"), ([UNSEEN.id, "notify"], "confirm"),
    ([UNSEEN.id, "dismiss", "--reason", "x", "--cause", "weather"], "weather"),
    ([UNSEEN.id, "confirm", "--cause", "reading"], "--cause"), (["log"], "--since"),
    (["log", "--since", "soon"], "soon"), (["log", "0000"], "没有编号为")])
def test_what_cannot_be_is_refused_with_a_hint(nianbao, arguments, said):
    assert said in nianbao("review", *arguments, "--author", "张", code=2)


def test_what_could_not_be_judged_goes_into_no_letter(nianbao):
    nianbao("review", DOUBTFUL.id, "confirm", "--author", "张")
    assert "无法判定的事项不入函" in nianbao("review", DOUBTFUL.id, "notify", "--author", "张", code=2)


# ---------------------------------------------------------------- lists
def test_the_log_tells_who_when_and_why(nianbao):
    nianbao("review", ARITHMETIC.id, "confirm", "--author", "张")
    nianbao("review", ARITHMETIC.id, "notify", "--number", "〔2026〕3号", "--until", "2026-02-27", "--author", "李")
    said = nianbao("review", "log", ARITHMETIC.id)
    assert "首次检出 2026年2月2日" in said
    assert "张　属实：待核实→属实" in said
    assert "李　已发提醒：属实→已提醒" in said
    assert "函号〔2026〕3号，反馈时限2026年2月27日" in said
    steps = nianbao("review", "log", "--since", "2026-02-01", "--json")["steps"]
    assert [step["action"] for step in steps] == ["confirm", "notify"]
    assert "没有人工结论" in nianbao("review", "log", "--since", "2027-01-01")
    assert "confirm: to verify → confirmed" in nianbao("--lang", "en", "review", "log", ARITHMETIC.id)


def test_the_register_counts_false_alarms_by_cause_and_rule(nianbao):
    nianbao("review", ARITHMETIC.id, "dismiss", "--reason", "扫描件误读", "--cause", "reading", "--author", "张")
    nianbao("review", UNSEEN.id, "confirm", "--author", "张")
    nianbao("review", UNSEEN.id, "notify", "--author", "张")
    nianbao("review", UNSEEN.id, "retract", "--reason", "栏目已迁移", "--cause", "column", "--author", "张")
    told = nianbao("review", "register", "--json")
    assert (told["total"], told["causes"]) == (2, {"reading": 1, "column": 1})
    assert told["rules"] == {"ARI-01": 1, "PUB-01": 1}
    said = nianbao("review", "register")
    assert "误报台账2项" in said
    assert "原因：系统读取差错" in said
    nianbao("review", ARITHMETIC.id, "reopen", "--reason", "复看确有差错", "--author", "张")
    assert nianbao("review", "register", "--json")["total"] == 1


def test_overdue_ones_are_collected_for_the_next_circular(nianbao, city):
    nianbao("review", UNSEEN.id, "confirm", "--author", "张")
    nianbao("review", UNSEEN.id, "notify", "--until", "2026-02-10", "--author", "张")
    city.judge("2026-02-11T09:00:00+08:00", [ARITHMETIC, UNSEEN])
    told = nianbao("review", "due", "--json")["findings"]
    assert [(each["id"], each["state"], each["answer_by"]) for each in told] == [
        (UNSEEN.id, "overdue", "2026-02-10")]
    said = nianbao("review", "due")
    assert "反馈时限 2026年2月10日" in said
    assert "1项" in said


def test_what_disappears_without_proof_is_listed_to_be_asked(nianbao, city):
    nianbao("review", ARITHMETIC.id, "confirm", "--author", "张")
    nianbao("review", ARITHMETIC.id, "notify", "--author", "张")
    city.judge("2026-02-16T09:00:00+08:00", [UNSEEN])
    told, = nianbao("review", "ask", "--json")["findings"]
    assert told["id"] == ARITHMETIC.id
    assert "retract" in nianbao("review", "ask")


def test_an_explanation_stays_with_the_finding_when_its_fact_changes(nianbao, city):
    nianbao("review", ARITHMETIC.id, "explain", "--reason", "含上年结转1件", "--author", "张")
    assert "单位说明：含上年结转1件" in nianbao("findings", "--rule", "ARI-01")
    city.judge(NEXT_WEEK, [replace(ARITHMETIC, expression="31 + 2 = 29 + 5", left=33, right=34)])
    said = nianbao("findings", "--rule", "ARI-01")
    assert "待核实" in said
    assert "单位说明：含上年结转1件" in said
    assert "此前的人工结论：已说明" in said


def test_help_lists_every_action_and_list(nianbao):
    said = nianbao("review", "--help")
    from monitor import transitions

    for word in (*transitions.of_person(), "log", "register", "due", "ask"):
        assert word in said, word
    assert "\x08" not in said


def test_letters_take_only_what_a_person_confirmed(nianbao, city):
    with city.store.read() as connection:
        assert review.for_letters(connection) == []
    nianbao("review", "confirm", "--year", "2025", "--author", "张")
    with city.store.read() as connection:
        assert {each.finding.id for each in review.for_letters(connection)} == {ARITHMETIC.id, UNSEEN.id}
        assert review.for_letters(connection, approved_only=True) == []
        assert review.for_letters(connection, ["edu"])[0].finding.id == ARITHMETIC.id
