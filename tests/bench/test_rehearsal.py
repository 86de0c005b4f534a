"""The rehearsal keeps its word: the truth is what stands on the portals, scores count what they say, and a small nation
is judged without one false absence."""

import re
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from tests.bench.comparison import rivals
from tests.bench.rehearsal import serving, world
from tests.bench.rehearsal.scoring import score
from tests.bench.rehearsal.world import Nation, Truth, truth
from tests.portals.families import FAMILY_PORTALS
from tests.portals.serving import Request

NATION = Nation(60, 900, 3)
LAST = re.compile(r"missing: precision ([\d.]+) % \((\d+) of (\d+)\), recall ([\d.]+) % \((\d+) of (\d+)\)")


def test_a_nation_is_the_same_each_time_and_has_its_size():
    first, second = ([truth(county, body, 3) for county in NATION.counties() for body in county.bodies]
                     for _ in range(2))
    assert first == second
    assert len(first) == len({each.body for each in first}) == 900
    assert {each.fate for each in first} >= {"on_time", "late", "missing", "withdrawn", "moved", "unconfirmed"}


def test_the_truth_is_what_the_lists_show():
    for county in NATION.counties():
        if county.fault:
            continue
        rows = {day: {row.title for row in serving.site(county, 3).rows(day)} for day in world.SCANS}
        for body in county.bodies:
            shown = {day for day, titles in rows.items() if any(
                title.startswith(body.printed + "2025") for title in titles)}
            statuses = truth(county, body, 3).statuses
            if statuses == {"missing"}:
                assert not shown, body
            elif statuses <= {"on_time", "late", "late_by_rule"} and body.fate != "off_the_list":
                assert world.SCANS[-1] in shown, body


def test_every_family_takes_part_and_answers():
    families = set()
    for county in Nation(200, 400, 1).counties():
        host = county.host
        address = county.plan.column(serving.site(county, 1)).split("#")[0].split("?")[0]
        if not county.fault:
            answer = serving.answer(county, 1, Request("GET", address, {}, {}, host, 1, 1), date(2026, 2, 9))
            families.add(county.plan.family)
            assert answer.status in (200, 404), county.plan.id
    assert families == {plan.family for plan in FAMILY_PORTALS.values()}


def test_scores_tell_false_accusations_from_what_the_law_leaves_open():
    truths = [Truth("a", "own", "p", "missing", frozenset({"missing"}), (("PUB-01", "fail"),)),
              Truth("b", "own", "p", "on_time", frozenset({"on_time"})),
              Truth("c", "own", "p", "missing", frozenset({"missing", "unverified"}))]
    rows = [{"body": name, "scope": "own", "year": world.YEAR, "status": "missing"} for name in "abc"]
    said = [{"body": "b", "scope": "own", "year": world.YEAR, "rule": "ARI-01", "outcome": "fail", "severity": "E"}]
    made = score(truths, rows, said)
    assert (made.precision["missing"].right, made.precision["missing"].all) == (2, 3)
    assert (made.recall["missing"].right, made.recall["missing"].all) == (1, 1)
    assert made.recall["on_time"].right == 0
    assert made.rules_recall["PUB-01"].right == 0
    assert (made.rules_precision["ARI-01"].right, made.rules_precision["ARI-01"].all) == (0, 1)
    assert len(made.wrong) == 3


def test_what_tools_of_others_saw_is_read_generously():
    title = "甲县财政局2025年政府信息公开工作年度报告"
    lines = [("首页", "首页"), (title, f"{title}2026-01-15")]
    assert rivals.told(lines, "甲县财政局", 2025) == ("yes", "2026-01-15")
    assert rivals.told(lines, "甲县民政局", 2025) == ("no", None)
    assert rivals.told(None, "甲县财政局", 2025) == ("unknown", None)
    table = [["一、本年新收政府信息公开申请数量", *"3000014"], ["二、上年结转", *"0000000"],
             ["（一）予以公开", *"3000014"], ["（七）总计", *"3000014"], ["四、结转下年度继续办理", *"0000000"]]
    assert rivals.holds([table]) is True
    assert rivals.holds([[[*row[:-1], "9"] if place == 0 else row for place, row in enumerate(table)]]) is False
    assert rivals.holds([table[:2]]) is None


@pytest.mark.slow
def test_a_small_nation_without_a_false_absence():
    done = subprocess.run([sys.executable, "-m", "tests.bench.rehearsal", "--portals", "30", "--bodies", "300",
                           "--delay", "0.02"], capture_output=True, text=True, check=False,
                          cwd=Path(__file__).parents[2], timeout=900)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    said = LAST.fullmatch(done.stdout.strip().splitlines()[-1])
    assert said, done.stdout[-500:]
    right, all_said, found, owed = (int(said[number]) for number in (2, 3, 5, 6))
    assert right == all_said >= 5
    assert found >= 0.99 * owed
    assert owed >= 5
