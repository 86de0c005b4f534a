"""PUB rules over standings: pass, fail, uncertain and not applicable; who is accused of what, and how gravely."""

from datetime import date

import pytest

from crawler.model import Body
from extract.model import DatedHint, Published, Report, TableReading
from monitor.model import DueDay, Finding, Obligation, Standing, Status
from monitor.rules import timing
from monitor.rules.catalogue import Watched

STATUTORY = DueDay(date(2026, 1, 31), "statutory", "T49-1")
NATIONAL = DueDay(date(2026, 2, 20), "national", "G30-days")
LAST = DueDay(date(2026, 3, 31), "statutory", "T49-2")
TOWNSHIP = DueDay(date(2026, 1, 31), "national", "G30-days")
T1, T2 = "2026-04-02T09:05:00+08:00", "2026-04-09T09:05:00+08:00"


def watched(status, *days, due=None, duty="must", evidence=None, scope="own", **more):
    days = days or (STATUTORY,)
    due = due or days[-1]
    evidence = {"t1": T1, "t2": T2, "snapshots": ["s1", "s2"],
                "channels": [{"name": "年报栏目", "url": "http://www.shili.example/nb/"}], **(evidence or {})}
    standing = Standing("b", scope, 2025, status, due.day, due.tier, evidence=evidence, **more)
    return Watched(standing, Obligation("b", scope, 2025, tuple(days), duty),
                   Body(id="b", name="示例市教育局", kind="department", level="county"))


def verdicts(judge, seen, rule=None):
    return [(each.outcome, each.severity) for each in judge(seen) if rule in (None, each.rule)]


# ---------------------------------------------------------------- PUB-01
@pytest.mark.parametrize(("days", "due", "duty", "severity"), [
    ([STATUTORY], STATUTORY, "must", "E"), ([STATUTORY], STATUTORY, "expected", "W"),
    ([STATUTORY], STATUTORY, "voluntary", "I"), ([NATIONAL, LAST], LAST, "must", "E"),
    ([NATIONAL, LAST], NATIONAL, "must", "W"), ([TOWNSHIP], TOWNSHIP, "must", "E"),
    ([NATIONAL, LAST], NATIONAL, "expected", "W"), ([NATIONAL, LAST], NATIONAL, "voluntary", "I")])
def test_missing_fails_as_gravely_as_duty_and_day_allow(days, due, duty, severity):
    (verdict,) = timing.judge_missing(watched(Status.MISSING, *days, due=due, duty=duty))
    assert (verdict.outcome, verdict.severity) == ("fail", severity)
    assert verdict.parameters["due"] == due.day.isoformat()
    assert verdict.parameters["tier"] == due.tier
    assert verdict.parameters["days"] == (date(2026, 4, 9) - due.day).days
    assert verdict.parameters["channel"] == ["年报栏目"]
    assert verdict.evidence["snapshots"] == ["s1", "s2"]


@pytest.mark.parametrize(("scope", "due", "basis"), [
    ("own", STATUTORY, "dept"), ("consolidated", LAST, "government"), ("own", TOWNSHIP, "township"),
    ("own", DueDay(date(2026, 1, 31), "list", "G30-days"), "listed")])
def test_the_basis_is_that_of_the_obligation(scope, due, basis):
    (verdict,) = timing.judge_missing(watched(Status.MISSING, due, scope=scope))
    assert verdict.parameters["obligation"] == basis


@pytest.mark.parametrize("status", [one for one in Status if one is not Status.MISSING])
def test_nothing_but_missing_is_ever_accused_of_it(status):
    assert {outcome for outcome, _ in verdicts(timing.judge_missing, watched(status))} <= {"pass"}


def test_an_older_year_is_not_for_this_rule():
    assert verdicts(timing.judge_missing, watched(Status.MISSING, evidence={"newest": False})) == []


def test_looking_again_is_no_new_fact():
    def finding(seen):
        (verdict,) = timing.judge_missing(seen)
        return Finding("PUB-01", 1, "E", "fail", "b", "own", 2025, parameters=verdict.parameters)

    first = finding(watched(Status.MISSING))
    later = finding(watched(Status.MISSING, evidence={"t2": "2026-05-01T09:00:00+08:00"}))
    assert first.parameters != later.parameters
    assert (first.id, first.fact) == (later.id, later.fact)
    assert finding(watched(Status.MISSING, NATIONAL, LAST, due=NATIONAL)).fact != finding(
        watched(Status.MISSING, NATIONAL, LAST)).fact


# ---------------------------------------------------------------- PUB-02, PUB-03
LATE = {"published": "2026-02-09", "published_source": "page", "days_late": 9}


def test_late_by_the_statutory_day():
    (verdict,) = timing.judge_late(watched(Status.LATE, **LATE))
    assert (verdict.rule, verdict.outcome) == ("PUB-02", "fail")
    assert verdict.parameters == {"published": "2026-02-09", "date_source": "page", "days": 9, "due": "2026-01-31",
                                  "tier": "statutory"}


def test_late_by_a_national_day_only_breaks_no_statutory_one():
    seen = watched(Status.LATE_BY_RULE, NATIONAL, LAST, due=NATIONAL, published="2026-03-10", published_source="page",
                   days_late=18)
    assert verdicts(timing.judge_late, seen, "PUB-03") == [("fail", None)]
    assert verdicts(timing.judge_late, seen, "PUB-02") == [("pass", None)]


def test_on_time_passes_what_applies():
    assert verdicts(timing.judge_late, watched(Status.ON_TIME, NATIONAL, LAST)) == [("pass", None), ("pass", None)]
    assert verdicts(timing.judge_late, watched(Status.ON_TIME), "PUB-03") == []


@pytest.mark.parametrize(("days", "dates", "reason", "rules"), [
    ([STATUTORY], [("2026-01-29", "page"), ("2026-02-18", "url")], "dates_differ", {"PUB-02"}),
    ([NATIONAL, LAST], [("2026-02-19", "page"), ("2026-02-25", "url")], "dates_differ", {"PUB-03"}),
    ([NATIONAL, LAST], [("2026-02-19", "page"), ("2026-04-25", "url")], "dates_differ", {"PUB-02", "PUB-03"}),
    ([STATUTORY], [("2026-01-29", "written")], "weak_date", {"PUB-02"}), ([TOWNSHIP], [], "no_date", {"PUB-03"})])
def test_dates_on_both_sides_are_a_question(days, dates, reason, rules):
    seen = watched(Status.UNDATED, *days, reason=reason,
                   evidence={"dates": [{"date": day, "source": source} for day, source in dates]})
    found = list(timing.judge_late(seen))
    assert {each.rule for each in found} == rules
    assert {each.outcome for each in found} == {"uncertain"}
    assert {each.reason for each in found} == {"dates_differ" if reason == "dates_differ" else "no_date"}


@pytest.mark.parametrize("status", [Status.MISSING, Status.NOT_SEEN, Status.UNVERIFIED, Status.INVALID, Status.NOT_DUE])
def test_what_was_not_published_is_not_late(status):
    assert verdicts(timing.judge_late, watched(status)) == []


# ---------------------------------------------------------------- PUB-06
def column(**more):
    return {"empty": [{"portal": "p", "column": "nb", "channel": "年报栏目", "url": "http://www.shili.example/nb/",
                       "role": "collective", "times": [T1, T2], "filled_before": False, "owner": True,
                       "snapshots": ["s1"], **more}]}


@pytest.mark.parametrize(("status", "severity"), [(Status.UNVERIFIED, "E"), (Status.ON_TIME, "I")])
def test_an_empty_column_is_the_portals_fault(status, severity):
    (verdict,) = timing.judge_empty_column(watched(status, evidence=column()))
    assert (verdict.outcome, verdict.severity, verdict.subject) == ("fail", severity, "p/nb")
    assert (verdict.parameters["t1"], verdict.parameters["t2"]) == (T1, T2)


@pytest.mark.parametrize("more", [{"filled_before": True}, {"owner": False}, {"times": [T1]},
                                  {"times": [T1, "2026-04-02T21:00:00+08:00"]}])
def test_an_empty_column_is_no_finding_where_it_proves_little(more):
    assert verdicts(timing.judge_empty_column, watched(Status.UNVERIFIED, evidence=column(**more))) == []


def test_a_filled_column_passes_and_an_older_year_is_not_asked():
    assert verdicts(timing.judge_empty_column, watched(Status.ON_TIME)) == [("pass", None)]
    assert verdicts(timing.judge_empty_column,
                    watched(Status.UNVERIFIED, evidence={**column(), "newest": False})) == []


# ---------------------------------------------------------------- PUB-07, PUB-12
def test_a_page_that_could_not_be_opened_twice():
    place = {"url": "http://www.shili.example/a.pdf", "page": "http://www.shili.example/1.html", "role": "attachment",
             "outcome": "gone", "t1": T1, "t2": T2, "runs": ["r1", "r2"]}
    (verdict,) = timing.judge_access(watched(Status.ON_TIME, evidence={"unopened": [place]}))
    assert (verdict.outcome, verdict.subject) == ("fail", place["url"])
    assert verdict.parameters == {"t1": T1, "t2": T2, "url": place["url"], "outcome": "gone"}
    assert verdicts(timing.judge_access, watched(Status.ON_TIME)) == [("pass", None)]
    assert verdicts(timing.judge_access, watched(Status.MISSING)) == []


def test_withdrawn_names_when_it_was_seen_and_when_not():
    seen = watched(Status.WITHDRAWN, address="http://www.shili.example/1.html",
                   evidence={"first_seen": "2026-01-20T09:00:00+08:00", "last_seen": "2026-03-20T09:00:00+08:00"})
    (verdict,) = timing.judge_withdrawn(seen)
    assert verdict.outcome == "fail"
    assert verdict.parameters["url"] == "http://www.shili.example/1.html"
    assert verdict.parameters["first_seen"][:10] == "2026-01-20"
    assert verdicts(timing.judge_withdrawn, watched(Status.ON_TIME)) == [("pass", None)]
    assert verdicts(timing.judge_withdrawn, watched(Status.MISSING)) == []


# ---------------------------------------------------------------- PUB-14
def report(*tables, damaged=False):
    return Report("示例", "示例", 2025, "own", "2021", "text/html", "0", tables=list(tables), damaged=damaged)


@pytest.mark.parametrize(("seen", "outcomes"), [
    (report(TableReading(2, True), TableReading(3, False, image=True)), ["fail"]),
    (report(TableReading(2, True), TableReading(3, True, image=True)), ["pass"]),
    (report(TableReading(2, True), TableReading(3, False), damaged=True), ["uncertain"]),
    (report(TableReading(2, False), TableReading(3, False)), []), (report(), [])])
def test_tables_as_images(seen, outcomes):
    assert [each.outcome for each in timing.judge_images(seen)] == outcomes


def test_which_tables_are_images_is_said():
    (verdict,) = timing.judge_images(report(*(TableReading(number, False, image=True) for number in (4, 3))))
    assert verdict.parameters == {"where": ["table.3", "table.4"]}


# ---------------------------------------------------------------- PUB-04
@pytest.mark.parametrize(("dates", "answer"), [
    ([("2026-01-20", "page")], ("pass", "")), ([("2025-12-19", "page")], ("fail", "")),
    ([("2025-12-31", "meta:PubDate")], ("fail", "")),
    ([("2025-12-19", "page"), ("2026-01-20", "list")], ("uncertain", "old_page")),
    ([("2024-01-19", "page")], ("uncertain", "old_page")), ([("2025-12-19", "written")], None)])
def test_a_report_dated_before_its_year_has_ended(dates, answer):
    seen = report()
    seen.published = Published(*dates[0], [DatedHint(*each) for each in dates])
    found = [(each.outcome, each.reason) for each in timing.judge_early_date(seen)]
    assert found == ([] if answer is None else [answer])


def test_without_any_date_or_year_nothing_is_early():
    assert list(timing.judge_early_date(report())) == []
