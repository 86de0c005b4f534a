"""Scores: every point off has its reason, what was not seen costs nothing, nobody is ranked."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.model import Body
from crawler.roster import Roster
from extract import configuration
from extract.exceptions import ConfigurationError
from monitor import score
from monitor.model import Finding, FindingState, Standing, Status
from monitor.review import StoredFinding
from tests.monitor.office import Office

INDICATORS = score.scheme().indicators


def standing(status=Status.ON_TIME, report="r", **more):
    return Standing("b", "own", 2025, status, date(2026, 1, 31), "statutory", "2026-01-20", report=report, **more)


def stored(rule="ARI-01", severity="E", outcome="fail", state=FindingState.CONFIRMED, subject="total", **more):
    return StoredFinding(Finding(rule, 1, severity, outcome, "b", "own", 2025, subject, **more), state, "t", "t")


def parts(*findings, given=None, **more):
    made = score.score(given or standing(), findings, last_year=True, figures=True, **more)
    return made, {part.indicator: part for part in made.parts}


def test_a_report_without_findings_reaches_all_points():
    made, _ = parts()
    assert (made.reached, made.scored, made.percent) == (100, 100, 100.0)


def test_every_deduction_names_rule_finding_points_and_pack():
    fault = stored(pack="990100@2")
    made, by = parts(fault)
    assert made.reached == 100 - INDICATORS["arithmetic"].rules["ARI-01"]
    (off,) = by["arithmetic"].deductions
    assert (off.rule, off.points, off.finding, off.state, off.pack) == (
        "ARI-01", 6, fault.finding.id, "confirmed", "990100@2")
    record = made.to_record()
    assert [each["deductions"] for each in record["indicators"] if each["deductions"]] == [[{
        "rule": "ARI-01", "points": 6, "asked": 6, "finding": fault.finding.id, "state": "confirmed", "status": None,
        "pack": "990100@2"}]]


@pytest.mark.parametrize("harmless", [
    stored(severity="I"), stored(outcome="uncertain"), stored(state=FindingState.DISMISSED),
    stored(state=FindingState.EXPLAINED), stored(state=FindingState.HISTORIC), stored(state=FindingState.VERIFIED),
    stored("PUB-05", "W", state=FindingState.OPEN), stored("DOC-05", "W", state=FindingState.OPEN),
    stored("FMT-13", "W")])
def test_notes_doubts_false_alarms_and_unasked_questions_cost_nothing(harmless):
    assert parts(harmless)[0].reached == 100


def test_what_only_a_person_may_raise_costs_once_one_has():
    assert parts(stored("PUB-05", "W"))[0].reached == 90


def test_an_indicator_is_capped_at_its_own_points():
    made, by = parts(*(stored(subject=f"c{each}") for each in range(20)))
    assert by["arithmetic"].reached == 0
    assert made.reached == 75
    assert sum(each.points for each in by["arithmetic"].deductions) == 25
    assert [each.points for each in by["arithmetic"].deductions][-1] == 0


@pytest.mark.parametrize(("status", "report", "scored"), [
    (Status.UNVERIFIED, None, set()), (Status.NOT_SEEN, None, set()), (Status.INVALID, None, set()),
    (Status.MISSING, None, {"timeliness"}),
    (Status.UNDATED, "r", {"completeness", "arithmetic", "continuity", "findability"}),
    (Status.WITHDRAWN, "r", {"completeness", "arithmetic", "continuity", "findability"})])
def test_without_evidence_or_date_nothing_is_scored(status, report, scored):
    made, by = parts(given=standing(status, report))
    assert {name for name, part in by.items() if part.reached is not None} == scored
    assert all(part.why for name, part in by.items() if name not in scored)
    assert (made.percent is None) == (not scored)
    if status is Status.MISSING:
        assert made.percent == 0


def test_a_late_report_loses_what_its_status_costs():
    assert parts(given=standing(Status.LATE))[0].reached == 85
    assert parts(given=standing(Status.LATE_BY_RULE))[0].reached == 95


def test_without_last_years_report_continuity_is_not_scored():
    made = score.score(standing(), [], last_year=False, figures=True)
    assert (made.reached, made.scored) == (85, 85)
    made = score.score(standing(), [], last_year=True, figures=False)
    assert made.scored == 75


def test_a_packs_weights_scale_what_each_fault_costs():
    made, by = parts(stored(), weights={"arithmetic": 50}, pack="p@1")
    assert (by["arithmetic"].reached, by["arithmetic"].pack, made.scored) == (38, "p@1", 125)
    assert parts(weights={"findability": 0})[0].scored == 90
    with pytest.raises(ConfigurationError, match="elegance"):
        parts(weights={"elegance": 5}, pack="p@1")


@given(st.lists(st.sampled_from([rule for each in INDICATORS.values() for rule in each.rules]), max_size=30),
       st.sampled_from(list(Status)))
def test_a_score_never_leaves_its_bounds_and_adds_up(faults, status):
    made, by = parts(*(stored(rule, subject=str(place)) for place, rule in enumerate(faults)),
                     given=standing(status, "r" if status not in (Status.MISSING, Status.UNVERIFIED) else None))
    for part in by.values():
        if part.reached is None:
            assert not part.deductions
            continue
        assert 0 <= part.reached <= part.points
        assert part.reached == pytest.approx(part.points - sum(each.points for each in part.deductions))
    assert made.reached is None or 0 <= made.reached <= made.scored


@pytest.mark.parametrize(("old", "new", "said"), [
    ("ARI-01: 6", "ARI-99: 6", "no rule"), ("ARI-01: 6", "FMT-01: 6", "costs once"),
    ("ARI-01: 6", "ARI-01: -6", "positive"), ("[open, confirmed", "[dismissed, confirmed", "nobody holds them true"),
    ("points: 15", "points: 0", "greater than 0")])
def test_a_mistake_in_the_scheme_is_told_with_its_file(tmp_path, old, new, said):
    text = configuration.path_of("score.yaml").read_text("utf-8")
    assert old in text
    (tmp_path / "score.yaml").write_text(text.replace(old, new, 1), "utf-8")
    with pytest.raises(ConfigurationError, match=said) as fault:
        configuration.load_path(tmp_path / "score.yaml", score.Scheme)
    assert "score.yaml:" in str(fault.value)


# ---------------------------------------------------------------- of a store
def test_scoring_is_off_until_somebody_switches_it_on(tmp_path):
    office = Office(tmp_path)
    office.loaded()
    roster = Roster.load()
    assert not score.on(roster, roster.bodies, 2025)
    assert score.scores(office.store, roster, 2025) == []
    text = configuration.path_of("score.yaml").read_text("utf-8")
    (office.folder / "facts" / "score.yaml").write_text(text.replace("enabled: false", "enabled: true"), "utf-8")
    configuration.load.cache_clear()
    assert score.on(roster, roster.bodies, 2025)
    found = score.scores(office.store, roster, 2025)
    assert [each.body for each in found] == list(roster.bodies)
    by = {each.body: each for each in found}
    assert (by["trade"].percent, by["police"].percent, by["culture"].reached) == (0, None, 10)
    assert [each.body for each in score.scores(office.store, roster, 2025, {"edu"})] == ["edu"]
    configuration.use_office_folder(None)


def test_order_is_the_rosters_and_not_the_points(tmp_path):
    bodies = [Body(id=key, name=key, kind="department", level="county", sort_order=order)
              for key, order in (("c", 3), ("a", 1), ("b", 2), ("z", 0))]
    roster = Roster.of(bodies, [])
    assert sorted(roster.bodies, key=lambda body: score._order(roster, body)) == ["a", "b", "c", "z"]
