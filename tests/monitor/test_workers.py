"""A judgement's work by processes of its own: what comes out is what one process finds."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from crawler import clock
from crawler.model import Body
from monitor import circumstances, holdings, rejudging, standing, workers
from monitor.model import Status
from monitor.obligations import obligations
from tests.monitor.captured import Pages
from tests.monitor.history import _Settings, item

ROOT = Path(__file__).resolve().parents[2]
AT = "2026-04-10T09:00:00+08:00"
LIST = [Body(id="b", name="示例市教育局", kind="department", level="county", portal="p"),
        Body(id="g", name="示例县人民政府", kind="government", level="county", portal="p",
             scopes=("own", "consolidated")),
        *(Body(id=f"d{each}", name=f"示例市第{each}局", kind="department", level="county", portal="p")
          for each in range(7)),
        Body(id="o", name="示例县人民政府办公室", kind="government_office", level="county", portal="p", acts_as="g")]


def pid(desk, lot):
    return [os.getpid() for _ in lot]


@pytest.fixture
def past(tmp_path, monkeypatch):
    made = Pages(tmp_path, LIST)
    for day in ("2026-03-31T20:00", "2026-04-02T09:00", "2026-04-05T09:00"):
        made.look(day, item(day="2026-04-02"))
    made.report(item()[0], "2026-04-02T09:00", dates=[("2026-04-02", "page")])
    for module in (standing, rejudging):
        monkeypatch.setattr(module, "_LOT" if module is standing else "_STANDINGS", 2)
    return made


def owed_by(past):
    return obligations(past.roster, _Settings(), [2024, 2025])


def crew(past, processes=1):
    return workers.Crew(past.store.path, past.roster, processes)


def held_by(past, standings):
    with past.store.read() as connection:
        return holdings.Holdings(connection, past.roster, standings)


def found(past, crew):
    owed, at = owed_by(past), clock.parse(AT)
    standings = standing.stand_together(crew, owed, at)
    return standings, sorted((each.id, each.fact)
                             for each in rejudging.of_standings(held_by(past, standings), crew, standings, owed, at))


def alone(past):
    with past.store.read() as connection:
        standings = standing.stand(connection, past.roster, owed_by(past), clock.parse(AT))
        desk = workers.Desk(connection, past.roster)
        owed = {(each.body, each.scope, each.year): each for each in owed_by(past)}
        lot = (standings, owed, [{} for _ in standings], clock.parse(AT))
        return standings, sorted((each.id, each.fact) for each in rejudging.judge_standings(desk, lot))


def test_lots_find_what_is_found_at_once(past):
    with crew(past) as one:
        standings, findings = found(past, one)
    assert (standings, findings) == alone(past)
    assert {each.status for each in standings} >= {Status.LATE, Status.MISSING}
    assert findings


@pytest.mark.slow
def test_processes_find_what_one_process_finds(past, monkeypatch):
    expected = alone(past)
    monkeypatch.setattr(standing, "MANY", 2)
    with crew(past, 2) as two:
        assert found(past, two) == expected


@pytest.mark.slow
def test_processes_begin_with_work_that_is_worth_it_and_serve_all_that_comes_after(past):
    with crew(past, 2) as two:
        assert set(two.results(pid, [[1], [2]], much=False)) == {os.getpid()}
        first = set(two.results(pid, [[1], [2], [3]]))
        assert os.getpid() not in first
        assert set(two.results(pid, [[1]], much=False)) <= first | set(two.results(pid, [[1]] * 20))
        assert os.getpid() not in set(two.results(pid, [[1]], much=False))


@pytest.mark.slow
def test_processes_end_with_a_parent_that_was_killed(past):
    code = ("import sys, time; from pathlib import Path; from crawler.roster import Roster\n"
            "from monitor import workers; from tests.monitor.test_workers import pid\n"
            "if __name__ == '__main__':\n"
            "    crew = workers.Crew(Path(sys.argv[1]), Roster.of([], []), 2)\n"
            "    print(*set(crew.results(pid, [[each] for each in range(200)])), flush=True); time.sleep(600)")
    script = past.store.path.with_name("parent.py")
    script.write_text(code, "utf-8")
    parent = subprocess.Popen([sys.executable, str(script), str(past.store.path)], stdout=subprocess.PIPE, text=True,
                              env={**os.environ, "PYTHONPATH": str(ROOT)})
    assert parent.stdout is not None
    with parent:
        children = parent.stdout.readline().split()
        parent.kill()
    assert children
    until = time.monotonic() + 60
    while any(map(alive, children)) and time.monotonic() < until:
        time.sleep(0.1)
    assert not any(map(alive, children))


def alive(process):
    try:
        return "Z" not in Path(f"/proc/{process}/stat").read_text("utf-8").rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False


def test_an_office_and_its_government_are_judged_together(past):
    standings = alone(past)[0]
    groups = circumstances.together(past.roster, standings)
    assert sorted(map(id, standings)) == sorted(id(each) for group in groups for each in group)
    assert {"g", "o"} in [{each.body for each in group} for group in groups]
    assert all(len({each.body for each in group}) == 1 for group in groups if group[0].body not in "go")
