"""Judging much at once: lots ahead of the one transaction find what one judgement finds, and a killed run goes on."""

import pytest

from crawler import clock
from crawler.model import Body
from crawler.roster import Roster
from crawler.store import Store
from monitor import holdings, lookalikes, records, rejudging, review, workers
from monitor.exceptions import MonitorError
from monitor.model import Standing, Status
from monitor.rules import catalogue
from tests.monitor.reports import figures, report

AT = "2026-02-09T09:00:00+08:00"
BODIES = [Body(id="g", name="示例县人民政府", kind="government", level="county", scopes=("consolidated",)),
          Body(id="o", name="示例县人民政府办公室", kind="government_office", level="county", parent="g", acts_as="g"),
          *(Body(id=f"b{each}", name=f"示例县第{each}局", kind="department", level="county", parent="g")
            for each in range(4))]
ROSTER = Roster.of(BODIES, [])
YEARS = (2023, 2024, 2025)


def put(store, body, year, faulty=False, version=1):
    scope = "consolidated" if body == "g" else "own"
    seen = report(year, body=ROSTER.bodies[body].name, scope=scope, sha256=f"{body}{year}".ljust(64, "0"),
                  figures=figures(**({"applications__new__total": 9} if faulty else {})))
    with store.write() as connection:
        records.put_report(connection, seen, address=f"http://x.example/{body}/{year}", content="c", portal="p",
                           body=body, scope=scope, year=year, verdict="report", reason="", version=version,
                           first=(AT, "r"), last=(AT, "r"))


@pytest.fixture
def store(tmp_path, monkeypatch):
    monkeypatch.setattr(rejudging, "MANY", 5)
    monkeypatch.setattr(rejudging, "_LARGEST", 3)
    monkeypatch.setattr(rejudging, "_WRITTEN", 4)
    made = Store(tmp_path / "n.db")
    made.migrate(records.monitor_schema)
    with made.write() as connection:
        records.ensure_figures(connection)
    for number, body in enumerate(ROSTER.bodies):
        for year in YEARS:
            put(made, body, year, faulty=(number + year) % 3 == 0)
    return made


def found(store):
    with store.read() as connection:
        return {(each.finding.id, each.finding.fact) for each in review.list_findings(connection)}


def judged(store, early=None):
    with store.write() as connection:
        return rejudging.judge_store(connection, ROSTER, clock.parse(AT), early=early)


def ahead(store, processes=1, **more):
    with store.read() as connection:
        held = holdings.Holdings(connection, ROSTER, [])
    with workers.Crew(store.path, ROSTER, processes) as crew:
        return rejudging.ahead(store, held, crew, clock.parse(AT), **more)


def clear(store):
    with store.write() as connection:
        connection.execute("DELETE FROM finding")
        connection.execute("DELETE FROM judged")


def test_lots_ahead_find_what_one_judgement_finds(store):
    whole = judged(store)
    expected = found(store)
    assert whole.reports == len(BODIES) * len(YEARS)
    assert any(rule for rule in expected)
    clear(store)
    told = []
    early = ahead(store, on_progress=lambda done, total: told.append((done, total)))
    assert (early.reports, found(store)) == (whole.reports, expected)
    assert told[-1] == (18, 18)
    assert judged(store, early).reports == 18


def test_texts_are_signed_while_their_reports_are_judged(store):
    def signatures():
        with store.read() as connection:
            return list(map(tuple, connection.execute("SELECT * FROM text_signature ORDER BY body, year")))

    def compared():
        with store.read() as connection:
            held = holdings.Holdings(connection, ROSTER, [])
        with workers.Crew(store.path, ROSTER) as crew:
            return lookalikes.compare(store, held, crew, clock.parse(AT)).signed

    ahead(store)
    on_the_way = signatures()
    assert len(on_the_way) == 18
    assert any(row[-1] for row in on_the_way)
    assert compared() == 0
    with store.write() as connection:
        connection.execute("DELETE FROM text_signature")
    assert compared() == 18
    assert signatures() == on_the_way


@pytest.mark.slow
def test_processes_find_what_one_process_finds(store):
    ahead(store)
    expected = found(store)
    clear(store)
    ahead(store, processes=2)
    assert found(store) == expected


def test_little_is_left_to_the_one_transaction(store, monkeypatch):
    monkeypatch.setattr(rejudging, "MANY", 100)
    assert ahead(store).reports == 0
    assert found(store) == set()


def test_a_run_that_was_killed_goes_on_where_it_stopped(store, monkeypatch):
    judge, done = rejudging.judge_task, []

    def dying(task, held):
        if len(done) == 11:
            raise KeyboardInterrupt
        done.append(task.key)
        return judge(task, held)

    monkeypatch.setattr(rejudging, "judge_task", dying)
    with pytest.raises(KeyboardInterrupt):
        ahead(store)
    kept = len(done)
    with store.read() as connection:
        written = connection.execute("SELECT count(*) FROM judged").fetchone()[0]
    assert 0 < written < kept
    monkeypatch.setattr(rejudging, "judge_task", judge)
    assert ahead(store).reports == 18 - written


def test_what_a_changed_rule_moved_is_told_apart_from_changed_reports(store, monkeypatch):
    judged(store)
    facts = catalogue.catalogue()
    lowered = facts.rules["ARI-01"].model_copy(update={"version": 2, "severity": "W"})
    monkeypatch.setattr(catalogue, "catalogue",
                        lambda: facts.model_copy(update={"rules": {**facts.rules, "ARI-01": lowered}}))
    put(store, "b0", 2025, faulty=True, version=2)
    done = judged(store)
    moved = {each.rule: each for each in done.moved}
    assert (moved["ARI-01"].before, moved["ARI-01"].after) == (1, 2)
    assert moved["ARI-01"].changed > 0
    assert set(moved) == {"ARI-01"}
    assert judged(store).moved == []
    with store.read() as connection:
        assert [each["rule"] for each in rejudging.history(connection)] == ["ARI-01"]


def test_a_first_judgement_moves_nothing(store):
    assert judged(store).moved == []


# ---------------------------------------------------------------- what is held
def held_of(store, *standings):
    with store.read() as connection:
        return holdings.Holdings(connection, ROSTER, standings)


def test_a_task_names_every_report_it_rests_on(store):
    held = held_of(store)
    task = held.task(("g", "consolidated", 2025))
    assert [key for key, _ in task.earlier] == [("g", "consolidated", 2023), ("g", "consolidated", 2024)]
    assert task.own[0] == ("o", "own", 2025)
    assert [key[0] for _, key, _ in task.members] == ["b0", "b1", "b2", "b3"]
    assert len(list(task.kept())) == 8


def test_a_mark_changes_with_what_stands_beside_a_report_only_in_its_own_part(store):
    before = held_of(store)
    put(store, "b1", 2025, version=2)
    after = held_of(store)
    changed = {key for key in before.rows if before.mark(key) != after.mark(key)}
    assert changed == {("b1", "own", 2025), ("g", "consolidated", 2025)}
    for key in changed:
        assert before.mark(key).split(".")[:2] == after.mark(key).split(".")[:2]


def test_the_version_that_fulfils_the_obligation_is_the_current_one(store):
    seen = report(2025, body="示例县第0局", sha256="ee" * 32)
    with store.write() as connection:
        identity = records.put_report(connection, seen, address="http://x.example/second", content="c2", portal="p",
                                      body="b0", scope="unknown", year=2025, verdict="report", reason="", version=1,
                                      first=("2026-01-01T09:00:00+08:00", "r"), last=("2026-01-02T09:00:00+08:00", "r"))
    standing = Standing("b0", "own", 2025, Status.ON_TIME, report=identity)
    held = held_of(store, standing)
    assert held.rows["b0", "own", 2025]["id"] == identity
    assert ("b0", "unknown", 2025) not in held.rows
    assert held_of(store).rows["b0", "own", 2025]["id"] != identity


def test_a_worker_that_dies_is_told_with_what_to_do(tmp_path, monkeypatch):
    class Dead:
        def __init__(self, *_):
            pass

        def submit(self, *_):
            raise workers.BrokenExecutor("killed")

        def shutdown(self, **_):
            pass

    monkeypatch.setattr(workers, "ProcessPoolExecutor", Dead)
    with workers.Crew(tmp_path / "n.db", ROSTER, 2) as crew, pytest.raises(MonitorError,
                                                                           match="lower \\[reading\\] workers"):
        list(crew.results(lambda desk, lot: [], [1]))
