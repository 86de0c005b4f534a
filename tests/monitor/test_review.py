"""Findings and decisions over many runs."""

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler import clock
from crawler.store import Store
from monitor import audit, records, review, transitions
from monitor.exceptions import UsageError
from monitor.model import Finding, FindingState

KEY = ("b", "own", 2025)
DAYS = [f"2026-02-{day:02}T09:00:00+08:00" for day in range(2, 28, 7)]


def finding(subject="total", left=4, rule="ARI-01", severity="E", outcome="fail", year=2025, body="b"):
    return Finding(rule, 1, severity, outcome, body, "own", year, subject, f"{left} + 0 = 3 + 0", left, 3, left - 3,
                   ["applications.new.total"], {"table": 3, "col": subject})


@pytest.fixture(autouse=True)
def today():
    clock.simulate("2026-02-10")
    yield
    clock.simulate(None)


@pytest.fixture
def store(tmp_path):
    made = Store(tmp_path / "n.db")
    made.migrate(records.monitor_schema)
    return made


class Run:
    """Judgements and decisions on one store, each in its own transaction."""

    def __init__(self, store):
        self.store = store

    def put(self, *findings, at=DAYS[0], judged=(KEY,), **more):
        with self.store.write() as connection:
            return review.put_findings(connection, findings, reports=judged, at=at, **more)

    def decide(self, identity, action, author="李四", **more):
        with self.store.write() as connection:
            return review.decide(connection, identity, action, author=author, **more)

    def listed(self, **filters):
        with self.store.read() as connection:
            return review.list_findings(connection, **filters)

    def state(self):
        return [(each.state, each.decision_holds) for each in self.listed()]


@pytest.fixture
def run(store):
    return Run(store)


# ---------------------------------------------------------------- what runs do
def test_a_finding_opens_once_and_is_then_only_seen_again(run):
    one = finding()
    assert run.put(one).new == [one.id]
    again = run.put(finding(), at=DAYS[1])
    assert (again.new, again.changed, again.cleared) == ([], [], [])
    stored = run.listed()[0]
    assert (stored.state, stored.first_seen, stored.last_seen) == (FindingState.OPEN, DAYS[0], DAYS[1])
    assert stored.finding == one


def test_what_is_not_found_any_more_is_cleared_only_where_it_was_judged_again(run):
    one, other = finding(), finding(rule="PUB-02", subject="")
    run.put(one, other)
    assert run.put(at=DAYS[1], judged=()).cleared == []
    assert run.put(at=DAYS[1]).cleared == [one.id]
    assert [each.finding.rule for each in run.listed()] == ["PUB-02"]
    with run.store.write() as connection:
        assert review.put_findings(connection, [], standings=[KEY], at=DAYS[2]).cleared == [other.id]
    back = run.put(one, at=DAYS[3])
    assert (back.new, back.changed) == ([], [one.id])
    assert [(each.state, each.cleared, each.first_seen) for each in run.listed()] == [
        (FindingState.OPEN, None, DAYS[0])]


def test_years_before_monitoring_are_historic_and_stay_so(run):
    run.put(finding(year=2020), judged=[("b", "own", 2020)], since=2021)
    run.put(finding(year=2020, left=9), judged=[("b", "own", 2020)], since=2021, at=DAYS[1])
    assert run.state() == [(FindingState.HISTORIC, False)]


def test_a_changed_first_year_moves_only_what_nobody_has_decided_on(run):
    run.put(finding(year=2020), finding("a", year=2020), judged=(), since=2021)
    run.put(judged=(), since=2020)
    assert {state for state, _ in run.state()} == {FindingState.OPEN}
    run.decide(finding(year=2020).id, "confirm")
    run.put(judged=(), since=2021)
    assert {state for state, _ in run.state()} == {FindingState.CONFIRMED, FindingState.HISTORIC}
    with pytest.raises(UsageError, match="since"):
        run.decide(finding("a", year=2020).id, "confirm")


def test_a_snooze_gives_back_the_state_it_put_off_even_when_made_longer(run):
    one = finding()
    run.put(one)
    run.decide(one.id, "confirm")
    run.decide(one.id, "snooze", reason="待核", until="2026-02-20")
    run.decide(one.id, "snooze", reason="再等", until="2026-03-20")
    clock.simulate("2026-03-20")
    assert [state for state, _ in run.state()] == [FindingState.CONFIRMED]
    run.put(one, at="2026-03-20T09:00:00+08:00")
    assert [state for state, _ in run.state()] == [FindingState.CONFIRMED]
    with run.store.read() as connection:
        assert [step.action for step in audit.steps(connection)] == ["confirm", "snooze", "snooze", "wake"]


@settings(max_examples=60)
@given(st.lists(st.sampled_from([*transitions.of_person(), "run", "gone", "other"]), max_size=12))
def test_whatever_people_and_runs_do_the_trail_leads_from_state_to_state(tmp_path_factory, acts):
    """Every step starts where the one before ended, and the last one ends where the finding is."""
    run = Run(Store(tmp_path_factory.mktemp("life") / "n.db"))
    run.store.migrate(records.monitor_schema)
    left, day = 4, 2
    run.put(finding(left=left), standings=[KEY])
    for act in acts:
        day += 1
        at = f"2026-03-{day:02}T09:00:00+08:00"
        if act in ("run", "gone", "other"):
            left = left + 1 if act == "other" else left
            run.put(*([] if act == "gone" else [finding(left=left)]), at=at, standings=[KEY])
            continue
        with contextlib.suppress(UsageError):
            run.decide(finding().id, act, reason="理由", until="2026-09-01" if act in ("snooze", "notify") else None)
    with run.store.read() as connection:
        steps = audit.steps(connection)
        stored, = review.list_findings(connection, cleared=True)
    state = "open"
    for step in steps:
        assert step.before == state
        state = step.after
    assert stored.state == state


# ---------------------------------------------------------------- what people decide
def test_a_decision_survives_runs_and_binds_only_its_fact(run):
    one = finding()
    run.put(one)
    made = run.decide(one.id, "dismiss", reason="读取差错")
    assert (made.fact, made.author, made.at[:10]) == (one.fact, "李四", "2026-02-10")
    run.put(one, at=DAYS[1])
    assert run.state() == [(FindingState.DISMISSED, True)]
    changed = run.put(finding(left=5), at=DAYS[2])
    assert changed.changed == [one.id]
    assert run.state() == [(FindingState.OPEN, False)]
    assert run.listed()[0].decision.reason == "读取差错"
    run.put(one, at=DAYS[3])
    assert run.state() == [(FindingState.DISMISSED, True)]


def test_a_decision_survives_being_cleared_in_between(run):
    one = finding()
    run.put(one)
    run.decide(one.id, "confirm")
    run.put(at=DAYS[1])
    run.put(one, at=DAYS[2])
    assert run.state() == [(FindingState.CONFIRMED, True)]


def test_a_snooze_ends_on_its_day_and_returns_to_open(run):
    one = finding()
    run.put(one)
    run.decide(one.id, "snooze", reason="等待说明", until="2026-02-20")
    assert run.state() == [(FindingState.SNOOZED, True)]
    clock.simulate("2026-02-19T23:00")
    run.put(one, at="2026-02-19T23:00:00+08:00")
    assert run.state() == [(FindingState.SNOOZED, True)]
    clock.simulate("2026-02-20")
    assert run.state() == [(FindingState.OPEN, False)]
    assert run.listed(states=["snoozed"]) == []
    run.put(one, at="2026-02-20T09:00:00+08:00")
    assert run.state() == [(FindingState.OPEN, False)]
    run.decide(one.id, "confirm")
    assert run.state() == [(FindingState.CONFIRMED, True)]


def test_the_newest_decision_holds(run):
    one = finding()
    run.put(one)
    run.decide(one.id, "dismiss", reason="误读")
    run.decide(one.id, "confirm", author="王五")
    assert run.state() == [(FindingState.CONFIRMED, True)]
    assert run.listed()[0].decision.author == "王五"


@pytest.mark.parametrize(("action", "more", "said"), [
    ("dismiss", {}, "--reason"), ("dismiss", {"reason": "  "}, "--reason"),
    ("snooze", {"until": "2026-03-01"}, "--reason"), ("snooze", {"reason": "等待"}, "--until"),
    ("snooze", {"reason": "等待", "until": "soon"}, "soon"),
    ("snooze", {"reason": "等待", "until": "2026-02-10"}, "future"),
    ("confirm", {"author": " "}, "--author"), ("confirm", {"until": "2026-03-01"}, "--until"), ("close", {}, "close"),
])
def test_a_decision_that_lacks_something_is_refused_and_nothing_is_kept(run, action, more, said):
    one = finding()
    run.put(one)
    with pytest.raises(UsageError, match=said):
        run.decide(one.id, action, **more)
    assert run.state() == [(FindingState.OPEN, False)]
    assert run.listed()[0].decision is None


def test_an_unknown_id_is_answered_with_near_ones(run):
    one = finding()
    with pytest.raises(UsageError, match="nianbao findings"):
        run.decide("0123456789abcdef", "confirm")
    run.put(one)
    with pytest.raises(UsageError, match=one.id):
        run.decide(one.id[:6], "confirm")
    with pytest.raises(UsageError, match=one.id):
        run.decide(one.id[:-1] + "z", "confirm")


def test_a_cleared_finding_takes_no_decision(run):
    one = finding()
    run.put(one)
    run.put(at=DAYS[1])
    with pytest.raises(UsageError, match="2026-02-09"):
        run.decide(one.id, "confirm")


# ---------------------------------------------------------------- lists
def test_lists_are_filtered_and_errors_come_first(run):
    run.put(finding("a", severity="I", rule="TXT-01"), finding("b"), finding("c", severity="W", outcome="uncertain"),
            finding(body="c"), judged=())
    assert [each.finding.severity for each in run.listed()] == ["E", "E", "W", "I"]
    assert [each.finding.subject for each in run.listed(bodies=["b"], severities=["E"])] == ["b"]
    assert len(run.listed(rules=["TXT-01"])) == len(run.listed(outcomes=["uncertain"])) == 1
    assert run.listed(year=2024) == run.listed(states=["confirmed"]) == run.listed(ids=[]) == []
    assert len(run.listed(states=["open"])) == 4


@settings(max_examples=40)
@given(st.lists(st.tuples(st.booleans(), st.integers(4, 6), st.sampled_from(["", "confirm", "dismiss"])), max_size=8))
def test_whatever_happens_a_decided_fact_is_never_open_again_and_an_undecided_one_always(tmp_path_factory, steps):
    run = Run(Store(tmp_path_factory.mktemp("review") / "n.db"))
    run.store.migrate(records.monitor_schema)
    decided = {}
    for number, (found, left, action) in enumerate(steps):
        run.put(*([finding(left=left)] if found else []), at=f"2026-01-{number + 1:02}T09:00:00+08:00")
        if not found:
            assert run.listed() == []
            continue
        expected = decided.get(left, FindingState.OPEN)
        assert [each.state for each in run.listed()] == [expected]
        if action:
            run.decide(finding().id, action, reason="理由")
            decided[left] = FindingState.CONFIRMED if action == "confirm" else FindingState.DISMISSED


# ---------------------------------------------------------------- who looks into it
def test_a_claim_decides_nothing_and_ends_with_the_decision(run):
    run.put(one := finding())
    run.decide(one.id, "claim", author="张三")
    (held,) = run.listed()
    assert (held.state, held.claimed_by, held.decision) == (FindingState.OPEN, "张三", None)
    run.decide(one.id, "claim", author="李四")
    assert run.listed()[0].claimed_by == "李四"
    run.decide(one.id, "confirm", author="李四")
    (held,) = run.listed()
    assert (held.state, held.claimed_by, held.decision.action) == (FindingState.CONFIRMED, "", "confirm")
    run.decide(one.id, "reopen", author="李四", reason="再看")
    assert run.listed()[0].claimed_by == ""


def test_what_was_put_back_or_changed_is_nobody_s(run):
    run.put(one := finding())
    with pytest.raises(UsageError, match="nobody has taken it up"):
        run.decide(one.id, "release")
    run.decide(one.id, "claim")
    run.decide(one.id, "release", author="张三")
    assert run.listed()[0].claimed_by == ""
    run.decide(one.id, "claim")
    run.put(finding(left=7), at=DAYS[1])
    assert run.listed()[0].claimed_by == ""


def test_a_claim_hides_no_earlier_decision_that_no_longer_holds(run):
    run.put(one := finding())
    run.decide(one.id, "dismiss", reason="误读")
    run.put(finding(left=7), at=DAYS[1])
    run.decide(one.id, "claim")
    (held,) = run.listed()
    assert (held.state, held.decision.action, held.decision_holds) == (FindingState.OPEN, "dismiss", False)
