"""status, findings and review: the matrix, filters, decisions that hold."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.monitor.office import ARITHMETIC, DOUBTFUL, NEXT_WEEK, UNSEEN, Office


def test_status_shows_matrix_totals_and_the_unverified(nianbao: Any, city: Office) -> None:
    said = nianbao("--config", city.settings, "status")
    assert said.code == 0
    assert re.search(r"示例市商务局 +× 未见\n", said.out)
    assert re.search(r"示例市文化和旅游局 +▲ 逾法定\+1天\n", said.out)
    assert re.search(r"示例市教育局 +● 按时≠\n", said.out)
    assert "应公布8：● 按时公布 5｜▲ 逾法定时限公布 1｜× 未见公布 1｜? 未能核查 1" in said.out
    assert "按时公布率71.4%（5／7，未能核查、待复查不计入）" in said.out
    unverified = said.out.split("未能核查（不作判断）")[1]
    assert "示例市公安局" in unverified
    assert "网站承办单位" in unverified


def test_status_json_has_the_contract_s_shape(nianbao: Any, city: Office) -> None:
    said = nianbao("--config", city.settings, "status", "--year", "2025", "--json").json
    assert said["as_of"].startswith("2026-02-02T09:00")
    assert said["totals"]["on_time"] == 5
    assert said["totals"]["owed"] == 8
    assert len(said["rows"]) == 8
    row = next(row for row in said["rows"] if row["body"] == "edu")
    assert set(row) >= {"body", "name", "scope", "year", "status", "due", "tier", "published", "days_late", "address",
                        "last_checked", "open_errors", "reason"}
    assert (row["name"], row["status"], row["due"], row["open_errors"]) == ("示例市教育局", "on_time", "2026-01-31", 1)
    assert nianbao("--config", city.settings, "status", "--year", "2020", "--json").json["rows"] == []


def test_status_under_a_body_or_as_of_a_moment(nianbao: Any, city: Office) -> None:
    rows = nianbao("--config", city.settings, "status", "--under", "示例市水利局", "--json").json["rows"]
    assert [row["body"] for row in rows] == ["water"]
    said = nianbao("--config", city.settings, "status", "--under", "watre")
    assert said.code == 2
    assert "water" in said.err
    at = nianbao("--config", city.settings, "status", "--at", "2025-12-01", "--json").json
    assert {row["status"] for row in at["rows"]} <= {"not_due", "unverified"}
    assert at["as_of"] == "2025-12-01T00:00:00+08:00"
    assert nianbao("--config", city.settings, "status", "--at", "yesterday").code == 2


def test_findings_are_grouped_with_their_state(nianbao: Any, city: Office) -> None:
    said = nianbao("--config", city.settings, "findings")
    assert "示例市教育局　2025年度" in said.out
    assert "31＋1≠29＋4" in said.out
    assert f"[待核实  {ARITHMETIC.id}]" in said.out
    assert "共3项：问题2、疑点0、提示0；另有1项无法判定" in said.out


@pytest.mark.parametrize(("filters", "ids"), [
    (["--rule", "ARI-01"], [ARITHMETIC]), (["--severity", "W"], []), (["--outcome", "uncertain"], [DOUBTFUL]),
    (["--under", "trade"], [UNSEEN]), (["--year", "2024"], []), (["--state", "confirmed"], []),
    (["--state", "open", "--outcome", "fail"], [ARITHMETIC, UNSEEN]), (["--state", "属实"], []),
    (["--state", "待核实"], [ARITHMETIC, UNSEEN, DOUBTFUL])])
def test_findings_filters(nianbao: Any, city: Office, filters: list[str], ids: list[Any]) -> None:
    found = nianbao("--config", city.settings, "findings", *filters, "--json").json["findings"]
    assert {each["id"] for each in found} == {each.id for each in ids}


@pytest.mark.parametrize(("filters", "hint"), [(["--rule", "ARI-001"], "ARI-01"), (["--state", "opne"], "open"),
                                               (["--state", "待核"], "待核实"),
                                               (["--severity", "X"], "E, W, I"), (["--outcome", "pass"], "fail")])
def test_wrong_filters_are_answered_with_the_right_ones(nianbao: Any, city: Office, filters: list[str],
                                                        hint: str) -> None:
    said = nianbao("--config", city.settings, "findings", *filters)
    assert said.code == 2
    assert hint in said.err


def test_review_records_a_decision_that_holds(nianbao: Any, city: Office) -> None:
    said = nianbao("--config", city.settings, "review", ARITHMETIC.id, "dismiss", "--reason", "读取有误",
                   "--author", "张")
    assert said.code == 0
    assert "误报" in said.out
    city.judge(NEXT_WEEK, [ARITHMETIC, UNSEEN])
    found, = nianbao("--config", city.settings, "findings", "--rule", "ARI-01", "--json").json["findings"]
    assert found["state"] == "dismissed"
    assert found["decision"] == {"action": "dismiss", "author": "张", "at": found["decision"]["at"],
                                 "reason": "读取有误", "until": None, "holds": True}
    assert re.search(r"示例市教育局 +● 按时\n", nianbao("--config", city.settings, "status").out)


def test_a_changed_fact_shows_the_old_decision(nianbao: Any, city: Office) -> None:
    from dataclasses import replace

    nianbao("--config", city.settings, "review", ARITHMETIC.id, "confirm", "--author", "张", "--reason", "电话核实")
    city.judge(NEXT_WEEK, [replace(ARITHMETIC, expression="31 + 2 = 29 + 5", left=33, right=34)])
    said = nianbao("--config", city.settings, "findings", "--rule", "ARI-01")
    assert "待核实" in said.out
    assert "此前的人工结论：属实（张，2026年2月9日）电话核实" in said.out


@pytest.mark.parametrize(("arguments", "words"), [
    ([ARITHMETIC.id, "dismiss"], "--reason"), ([ARITHMETIC.id, "snooze", "--reason", "x"], "--until"),
    ([ARITHMETIC.id, "snooze", "--reason", "x", "--until", "2020-01-01"], "不晚于今天"),
    ([ARITHMETIC.id, "agree"], "confirm, dismiss, snooze"), (["0000", "confirm"], "没有编号为 “0000” 的问题")])
def test_bad_decisions_are_refused(nianbao: Any, city: Office, arguments: list[str], words: str) -> None:
    said = nianbao("--config", city.settings, "review", *arguments, "--author", "张")
    assert said.code == 2
    assert words in said.err
    found = nianbao("--config", city.settings, "findings", "--json").json["findings"]
    assert {each["state"] for each in found} == {"open"}


def test_snooze_says_until_when(nianbao: Any, city: Office) -> None:
    nianbao("--config", city.settings, "review", UNSEEN.id, "snooze", "--reason", "已联系", "--until", "2026-05-31",
            "--author", "张")
    assert "暂缓至2026年5月31日" in nianbao("--config", city.settings, "findings").out
