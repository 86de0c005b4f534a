"""What a re-scan says of findings that a body was told of."""

import pytest

from crawler import clock
from crawler.store import Store
from extract.model import Report
from monitor import audit, records, rectification, review
from monitor.model import Finding, Standing, Status
from tests.monitor.reports import figures

KEY = ("b", "own", 2025)
MONDAY = "2026-02-02T09:00:00+08:00"
TOLD = {"natural_person": 4, "total": 4}


@pytest.fixture(autouse=True)
def today():
    clock.simulate("2026-02-02T09:00")
    yield
    clock.simulate(None)


class Office:
    """One body with its report in a store, judged and decided on by hand."""

    def __init__(self, folder):
        self.store = Store(folder / "n.db")
        self.store.migrate(records.monitor_schema)
        with self.store.write() as connection:
            records.ensure_figures(connection)

    def publish(self, content, at, confident=True, damaged=False, until=None, **values):
        """A version of the report, first seen at `at`; its id."""
        held = figures(**values)
        if not confident:
            for figure in held.values():
                figure.confidence = 0.5
        report = Report("示例市教育局2025年政府信息公开工作年度报告", "示例市教育局", 2025, "own", "2021", "text/html",
                        content * 4, figures=held, damaged=damaged)
        with self.store.write() as connection:
            return records.put_report(connection, report, address="http://x/1.html", content=content, portal="p",
                                      body="b", scope="own", year=2025, verdict="report", reason="", version=1,
                                      first=(at, "r"), last=(until or at, "r"))

    def judge(self, *findings, at, standing=None):
        clock.simulate(at)
        with self.store.write() as connection:
            if standing:
                records.put_standings(connection, [standing], at)
            review.put_findings(connection, findings, reports=[KEY], standings=[KEY], at=at)

    def decide(self, finding, *actions, at=None, **more):
        if at:
            clock.simulate(at)
        with self.store.write() as connection:
            for action in actions:
                review.decide(connection, finding.id, action, author="张", reason="见材料",
                              **(more if action == actions[-1] else {}))

    def listed(self, **filters):
        with self.store.read() as connection:
            return review.list_findings(connection, cleared=True, **filters)

    @property
    def state(self):
        return self.listed()[0].state.value

    def last(self):
        with self.store.read() as connection:
            return audit.steps(connection)[-1]

    def asked(self):
        with self.store.read() as connection:
            return [step.detail["why"] for step in rectification.to_be_asked(connection)]


@pytest.fixture
def office(tmp_path):
    return Office(tmp_path)


def sums(report, left=4):
    keys = ["applications.new.total", "applications.concluded.total"]
    return Finding("ARI-01", 1, "E", "fail", "b", "own", 2025, "total", f"{left} + 0 = 3 + 0", left, 3, left - 3, keys,
                   {"col": "total"}, {"figures": {keys[0]: {"value": left}, keys[1]: {"value": 3}}}, report=report)


def unseen():
    return Finding("PUB-01", 1, "E", "fail", "b", "own", 2025, parameters={"tier": "statutory"})


# ---------------------------------------------------------------- found no more
def test_a_corrected_report_closes_the_case_with_before_and_after(office):
    first = office.publish("a", MONDAY, applications__new__total=4)
    office.judge(sums(first), at=MONDAY)
    office.decide(sums(first), "confirm", "notify", "rectify")
    second = office.publish("b", "2026-02-16T09:00:00+08:00")
    office.judge(at="2026-02-16T09:00:00+08:00")
    assert office.state == "verified"
    step = office.last()
    assert (step.action, step.author, step.before) == ("verify", "", "rectified")
    assert step.detail["before"]["figures"]["applications.new.total"] == 4
    assert step.detail["after"]["figures"]["applications.new.total"] == 3
    assert step.detail["after"]["report"] == second
    with office.store.read() as connection:
        assert review.tally(connection) == {"verified": 1}
        assert review.for_circular(connection) == []


def test_a_body_that_mends_without_a_word_is_verified_too(office):
    first = office.publish("a", MONDAY, applications__new__total=4)
    office.judge(sums(first), at=MONDAY)
    office.decide(sums(first), "confirm", "notify")
    office.publish("b", "2026-02-16T09:00:00+08:00")
    office.judge(at="2026-02-16T09:00:00+08:00")
    assert office.state == "verified"


@pytest.mark.parametrize(("version", "why"), [
    (None, "same_content"), ({"confident": False}, "not_read_with_confidence"),
    ({"damaged": True}, "not_read_with_confidence"),
    ({"applications__new__total": 4}, "same_figures"), ({"applications__new__total": None}, None)])
def test_what_disappears_without_proof_is_asked_not_closed(office, version, why):
    """The same page judged otherwise means that reading or rules changed: then the letter may have been our fault."""
    first = office.publish("a", MONDAY, applications__new__total=4)
    office.judge(sums(first), at=MONDAY)
    office.decide(sums(first), "confirm", "notify", "rectify")
    if version is not None:
        office.publish("b", "2026-02-16T09:00:00+08:00", **version)
    office.judge(at="2026-02-16T09:00:00+08:00")
    if why is None:
        assert office.state == "verified"  # the cell was emptied: read with confidence, and it is another one
        return
    assert office.state == "rectified"
    assert office.asked() == [why]


def test_what_was_only_open_or_confirmed_is_cleared_without_a_letter_s_end(office):
    first = office.publish("a", MONDAY, applications__new__total=4)
    office.judge(sums(first), at=MONDAY)
    office.decide(sums(first), "confirm")
    office.publish("b", "2026-02-16T09:00:00+08:00")
    office.judge(at="2026-02-16T09:00:00+08:00")
    assert office.state == "confirmed"
    assert office.listed()[0].cleared
    assert office.asked() == []


def test_a_fault_that_returns_after_it_was_verified_is_looked_at_by_a_person_again(office):
    first = office.publish("a", MONDAY, applications__new__total=4)
    office.judge(sums(first), at=MONDAY)
    office.decide(sums(first), "confirm", "notify")
    office.publish("b", "2026-02-16T09:00:00+08:00")
    office.judge(at="2026-02-16T09:00:00+08:00")
    office.judge(sums(first), at="2026-02-23T09:00:00+08:00")
    stored = office.listed()[0]
    assert (stored.state, stored.decision_holds, stored.decision.action) == ("open", False, "notify")


@pytest.mark.parametrize(("standing", "state", "why"), [
    ({"status": Status.LATE, "published": "2026-02-10"}, "verified", None),
    ({"status": Status.LATE, "published": "2026-01-20"}, "notified", "published_before"),
    ({"status": Status.NOT_APPLICABLE}, "notified", "not_published")])
def test_a_report_that_appears_closes_the_case_unless_it_was_there_before(office, standing, state, why):
    office.judge(unseen(), at=MONDAY, standing=Standing(*KEY, Status.MISSING))
    office.decide(unseen(), "confirm", "notify")
    office.judge(at="2026-02-16T09:00:00+08:00",
                 standing=Standing(*KEY, last_checked="2026-02-16T09:00:00+08:00", **standing))
    assert office.state == state
    assert office.asked() == ([why] if why else [])


def test_a_late_publication_can_never_be_mended(office):
    late = Finding("PUB-02", 1, "E", "fail", "b", "own", 2025, parameters={"days": 3})
    office.judge(late, at=MONDAY, standing=Standing(*KEY, Status.LATE))
    office.decide(late, "confirm", "notify")
    office.judge(at="2026-02-16T09:00:00+08:00", standing=Standing(*KEY, Status.ON_TIME, published="2026-01-20"))
    assert office.asked() == ["cannot_be_mended"]
    office.decide(late, "retract", cause="column")
    with office.store.read() as connection:
        correction, = review.corrections(connection)
        assert (correction.retracted.detail["cause"], correction.letter.until) == ("column", "2026-02-14")
        assert rectification.to_be_asked(connection) == []


# ---------------------------------------------------------------- still there
def test_no_answer_by_the_day_is_overdue_and_goes_into_the_next_circular(office):
    first = office.publish("a", MONDAY, applications__new__total=4)
    office.judge(sums(first), at=MONDAY)
    office.decide(sums(first), "confirm", "notify", until="2026-02-13", number="〔2026〕3号")
    office.judge(sums(first), at="2026-02-13T23:00:00+08:00")
    assert office.state == "notified"
    office.judge(sums(first), at="2026-02-14T09:00:00+08:00")
    assert office.state == "overdue"
    with office.store.read() as connection:
        due, = review.for_circular(connection)
    assert (due.answer_by, due.number) == ("2026-02-13", "F-2026-000001")


def test_the_day_for_an_answer_counts_working_days():
    assert rectification.answer_day(clock.parse("2026-02-02").date()).isoformat() == "2026-02-14"  # a Saturday worked
    assert rectification.answer_day(clock.parse("2026-03-02").date()).isoformat() == "2026-03-16"


def test_not_fixed_needs_a_look_after_the_body_s_word_and_after_the_day(office):
    first = office.publish("a", MONDAY, applications__new__total=4)
    office.judge(sums(first), at=MONDAY)
    office.decide(sums(first), "confirm", "notify", until="2026-02-13")
    office.decide(sums(first), "rectify", at="2026-02-10T09:00")
    office.judge(sums(first), at="2026-02-16T09:00:00+08:00")
    assert office.state == "rectified"  # judged again, but the page was not fetched since
    office.publish("a", MONDAY, until="2026-02-12T09:00:00+08:00", applications__new__total=4)
    office.judge(sums(first), at="2026-02-16T09:00:00+08:00")
    assert office.state == "rectified"  # fetched since, but the day had not come
    office.publish("a", MONDAY, until="2026-02-16T08:00:00+08:00", applications__new__total=4)
    office.judge(sums(first), at="2026-02-16T09:00:00+08:00")
    assert office.state == "not_fixed"
    assert office.last().detail["after"]["figures"]["applications.new.total"] == 4


def test_a_disputed_finding_waits_for_the_office_s_answer(office):
    first = office.publish("a", MONDAY, applications__new__total=4)
    office.judge(sums(first), at=MONDAY)
    office.decide(sums(first), "confirm", "notify", "dispute")
    office.judge(sums(first), at="2026-06-16T09:00:00+08:00")
    assert office.state == "disputed"
    office.publish("b", "2026-06-20T09:00:00+08:00")
    office.judge(at="2026-06-20T09:00:00+08:00")
    assert office.state == "disputed"
    assert office.asked() == []
