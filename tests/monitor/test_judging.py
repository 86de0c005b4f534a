"""Running the rules: doubtful accusations are held back, the store is judged only where something changed."""

import dataclasses
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler import clock
from crawler.model import Body, Event
from crawler.roster import Roster
from crawler.store import Store
from extract.forms import form
from extract.model import Figure, Report, Section, TableReading
from monitor import judging, records, rejudging, review
from monitor.model import DueDay, Obligation, Standing, Status
from monitor.rules import catalogue
from monitor.rules.catalogue import Verdict, Watched
from tests.monitor.reports import FIFTH, FIRST, SIXTH

AT, LATER = "2026-02-09T09:00:00+08:00", "2026-02-16T09:00:00+08:00"
LETTERS = "2021年0我局县市将由六部分组成收到申请3件（）《》XX、，。\n一二是其中另有13812345678"
TITLES = [fact.title for fact in form("2021").sections]


def report(year=2025, fault=0, confidence=1.0, **more):
    figures = {key: Figure(0, "number", "0", confidence) for key in form("2021").keys}
    for row in ("new", "granted", "concluded"):
        for column in ("natural_person", "total"):
            figures[f"applications.{row}.{column}"] = Figure(3, "number", "3", confidence)
    figures["applications.new.total"].value += fault
    prose = {1: FIRST.format(year=year), 5: FIFTH, 6: SIXTH}
    sections = [Section(number, title, prose.get(number, "")) for number, title in enumerate(TITLES, 1)]
    tables = [TableReading(number, True, form="2021") for number in (2, 3, 4)]
    return Report(f"示例县财政局{year}年政府信息公开工作年度报告", "示例县财政局", year, "own", "2021", "text/html",
                  "ab" * 32, sections=sections, tables=tables, figures=figures, **more)


def failing(judgement):
    return {(each.rule, each.subject) for each in judgement.findings if each.outcome == "fail"}


# ---------------------------------------------------------------- one report
def test_a_report_in_order_has_no_finding_and_shows_its_arithmetic():
    judged = judging.judge(report())
    assert judged.findings == []
    assert {"ARI-01", "ARI-04", "DOC-02", "FMT-01", "FMT-13"} <= set(judged.passed)
    assert "TXT-02" in judged.not_applicable
    assert not set(judged.passed) & set(judged.not_applicable)
    assert "3 + 0 = 3 + 0" in {each.expression for each in judged.relations}


@pytest.mark.parametrize("fault", [0, 1])
def test_a_stored_report_is_judged_alike_without_writing_out_what_a_quick_look_passes(fault):
    whole, stored = judging.judge(report(fault=fault)), judging.judge(report(fault=fault), stored=True)
    assert stored.findings == whole.findings
    assert (stored.passed, stored.not_applicable) == (whole.passed, whole.not_applicable)
    assert "ARI-01" not in {each.rule for each in stored.relations} or fault


def test_a_failing_sum_is_a_finding_with_its_figures_and_their_sources():
    judged = judging.judge(report(fault=1), judging.Named("b-1", "own", 2025, "r-1"))
    assert failing(judged) == {("ARI-01", "total"), ("ARI-03", "new")}
    found = next(each for each in judged.findings if each.rule == "ARI-01")
    assert (found.body, found.severity, found.report, found.expression) == ("b-1", "E", "r-1", "4 + 0 = 3 + 0")
    assert found.evidence["figures"]["applications.new.total"]["value"] == 4
    assert found.evidence["sha256"] == "ab" * 32
    assert "ARI-01" not in judged.passed


def test_an_error_on_figures_read_with_doubt_is_uncertain_in_one_place():
    judged = judging.judge(report(fault=1, confidence=0.89))
    assert failing(judged) == set()
    assert {(each.rule, each.reason) for each in judged.uncertain} == {
        ("ARI-01", "low_confidence"), ("ARI-03", "low_confidence")}
    assert failing(judging.judge(report(fault=1, confidence=0.9))) == {("ARI-01", "total"), ("ARI-03", "new")}


@pytest.mark.parametrize("flaw", [{"damaged": True}, {"problems": ["page 3 was not read"]}])
def test_an_error_that_rests_on_no_figure_needs_a_document_read_whole(flaw):
    seen = report(**flaw)
    seen.period = "2023年1月1日至2023年12月31日"
    found = [(each.rule, each.outcome, each.reason) for each in judging.judge(seen).findings]
    assert ("DOC-03", "uncertain", "damaged") in found
    seen = report()
    seen.period = "2023年1月1日至2023年12月31日"
    assert failing(judging.judge(seen)) == {("DOC-03", "period")}


def test_a_finding_that_another_subsumes_is_dropped(monkeypatch):
    def both(seen):
        yield Verdict("fail", "form", "FMT-06")
        yield Verdict("fail", "table.2", "FMT-05")
        yield Verdict("fail", "title", "DOC-02")

    entry = catalogue.Rule(("FMT-06", "FMT-05", "DOC-02"), "report", both)
    monkeypatch.setattr(catalogue, "rules", lambda over: (entry,))
    assert {each.rule for each in judging.judge(report()).findings} == {"FMT-06", "DOC-02"}


def test_of_two_verdicts_on_one_subject_the_worse_is_kept(monkeypatch):
    def twice(seen):
        yield Verdict("uncertain", "x", "DOC-02", reason="ambiguous")
        yield Verdict("fail", "x", "DOC-02", "W")
        yield Verdict("fail", "x", "DOC-02", "I")

    monkeypatch.setattr(catalogue, "rules", lambda over: (catalogue.Rule(("DOC-02",), "report", twice),))
    assert [(each.outcome, each.severity) for each in judging.judge(report()).findings] == [("fail", "W")]


def test_completeness_weighs_less_in_consolidated_reports():
    seen = report()
    seen.sections = seen.sections[:5]
    assert [each.severity for each in judging.judge(seen).findings if each.rule == "FMT-01"] == ["E"]
    consolidated = judging.judge(seen, judging.Named("b", "consolidated", 2025))
    assert [each.severity for each in consolidated.findings if each.rule == "FMT-01"] == ["W"]


@pytest.mark.parametrize(("body", "severity"), [
    ("示例县财政局", "E"), ("示例县人民政府", "W"), ("示例县", "W"), ("示例县人民政府办公室", "E")])
def test_a_governments_report_of_unknown_scope_weighs_no_more_than_a_consolidated_one(body, severity):
    seen = report()
    seen.body, seen.scope, seen.sections = body, "unknown", seen.sections[:5]
    assert [each.severity for each in judging.judge(seen).findings if each.rule == "FMT-01"] == [severity]


def test_claims_and_period_are_derived_where_a_record_has_none():
    seen = report()
    seen.sections[0].text = "本报告统计期限为2024年1月1日至2024年12月31日。全年收到政府信息公开申请9件，均已办结。"
    record = seen.to_record()
    assert record["claims"] == []
    judged = judging.judge_documents({"a.json": Report.from_record(json.loads(json.dumps(record)))})["a.json"]
    assert {"TXT-01", "DOC-03"} <= {each.rule for each in judged.findings if each.outcome == "fail"}
    assert seen.claims == []


def test_missing_data_is_not_applicable_and_never_a_failure():
    bare = Report("", None, None, "unknown", None, "application/json", "")
    judged = judging.judge(bare)
    assert judged.findings == []
    assert set(judged.not_applicable) >= {"FMT-01", "FMT-04", "ARI-01", "DOC-02", "DOC-03", "TXT-01"}


# ---------------------------------------------------------------- the store
class Room:
    """A store with one body, whose report and standing are put as scan, reading and standing would."""

    def __init__(self, folder):
        self.store = Store(folder / "n.db")
        self.store.migrate(records.monitor_schema)
        with self.store.write() as connection:
            records.ensure_figures(connection)
        self.roster = Roster.of([Body(id="b", name="示例县财政局", kind="department", level="county")], [])
        self.owed = [Obligation("b", "own", 2025, (DueDay(clock.parse("2026-01-31").date(), "statutory", "T49-1"),))]

    def put(self, seen, content="c1", version=1, at=AT, scope="own", verdict="report",
            address="http://shili.example/1.html", body="b"):
        with self.store.write() as connection:
            return records.put_report(
                connection, seen, address=address, content=content, portal="p", body=body,
                scope=scope, year=seen.year, verdict=verdict, reason="", version=version, first=(at, "r1"),
                last=(at, "r1"))

    def stand(self, status=Status.ON_TIME, year=2025, **more):
        with self.store.write() as connection:
            records.put_standings(connection, [Standing("b", "own", year, status, self.owed[0].days[0].day, "statutory",
                                                        **more)], AT)

    def judge(self, at=AT, since=None):
        with self.store.write() as connection:
            return rejudging.judge_store(connection, self.roster, clock.parse(at), obligations=self.owed, since=since)

    def rules(self, **filters):
        with self.store.read() as connection:
            return {each.finding.rule: each for each in review.list_findings(connection, **filters)}


@pytest.fixture
def room(tmp_path):
    return Room(tmp_path)


def test_the_store_is_judged_once_and_only_again_when_something_changed(room, monkeypatch):
    identity = room.put(report(fault=1))
    room.stand(report=identity)
    assert sorted(room.rules()) == []
    first = room.judge()
    assert len(first.new) == 2
    judged = []
    monkeypatch.setattr(judging, "judge", lambda seen, named=None, *years, judge=judging.judge, **beside: judged.append(
        named) or judge(seen, named))
    again = room.judge(LATER)
    assert (again.new, again.changed, again.cleared, judged) == ([], [], [], [])
    assert {each.last_seen for each in room.rules().values()} == {LATER}
    room.put(report(fault=1), version=2)
    room.judge(LATER)
    assert len(judged) == 1
    monkeypatch.setattr(catalogue, "fingerprint", lambda: "other")
    room.judge(LATER)
    assert len(judged) == 2


def test_a_corrected_report_clears_what_it_mended(room):
    room.stand(report=room.put(report(fault=1)))
    room.judge()
    room.stand(report=room.put(report(), content="c2", at=LATER))
    assert len(room.judge(LATER).cleared) == 2
    assert room.rules() == {}
    assert {each.cleared for each in room.rules(cleared=True).values()} == {LATER}


def test_only_the_version_that_fulfils_the_obligation_is_judged(room):
    room.put(report(fault=1), scope="unknown")
    room.stand(report=room.put(report(), content="c2", at=LATER, scope="unknown"))
    assert room.judge(LATER).new == []


def test_a_scope_that_became_known_leaves_no_finding_under_the_old_one(room):
    identity = room.put(report(fault=1), scope="unknown")
    room.judge()
    assert {each.finding.scope for each in room.rules().values()} == {"unknown"}
    room.stand(report=identity)
    room.judge(LATER)
    assert {each.finding.scope for each in room.rules().values()} == {"own"}


def test_what_could_not_be_verified_closes_nothing(room):
    seen = {"t1": "2026-01-30T09:00:00+08:00", "t2": AT,
            "channels": [{"name": "年报", "url": "http://shili.example/nb/"}]}
    room.stand(Status.MISSING, evidence=seen)
    room.judge()
    assert room.rules()["PUB-01"].finding.severity == "E"
    room.stand(Status.UNVERIFIED, reason="unreachable")
    assert room.judge(LATER).cleared == []
    assert "PUB-01" in room.rules()
    room.stand(Status.ON_TIME)
    assert len(room.judge(LATER).cleared) == 1


def test_an_obligation_dropped_from_the_roster_takes_its_findings_along(room):
    seen = {"t1": AT, "t2": LATER, "channels": []}
    room.stand(Status.MISSING, evidence=seen)
    room.judge()
    with room.store.write() as connection:
        records.put_standings(connection, [Standing("other", "own", 2025, Status.NOT_DUE)], LATER)
    assert len(room.judge(LATER).cleared) == 1


def test_years_before_monitoring_began_are_history(room):
    room.stand(report=room.put(report(fault=1)))
    room.judge(since=2026)
    assert {each.state.value for each in room.rules().values()} == {"historic"}


def test_the_rosters_kind_weighs_in(room):
    party = dataclasses.replace(room.roster.bodies["b"], kind="party_organ")
    room.roster = Roster.of([party], [])
    seen = report()
    seen.sections = seen.sections[:5]
    room.stand(report=room.put(seen))
    room.judge()
    assert room.rules()["FMT-01"].finding.severity == "W"


# ---------------------------------------------------------------- the reference reports
CORPUS = Path(__file__).parents[2].parent / "shared" / "corpus" / "reports"


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus is not here")
@pytest.mark.parametrize("path", sorted(CORPUS.glob("*.truth.json")), ids=lambda path: path.name.split(".")[0])
def test_no_published_report_is_accused_of_a_sum_that_its_truth_upholds(path):
    truth = json.loads(path.read_text("utf-8"))
    figures = {key: Figure.from_record(key, {"value": value, "state": "number" if value is not None else "blank"})
               for key, value in truth["figures"].items()}
    seen = Report(truth["title"], truth["body"], truth["year"], "own", truth["form"], "text/html", "", figures=figures)
    accused = {(each.rule, each.subject) for each in judging.judge(seen).findings
               if each.outcome == "fail" and each.severity == "E" and each.rule.startswith("ARI")}
    expected = {"hongze_2023": {("ARI-04", "reconsideration"), ("ARI-06", "litigation_after_reconsideration")},
                "pingtan_police_2021": {("ARI-01", "natural_person"), ("ARI-01", "total")}}
    assert accused == expected.get(path.name.split(".")[0], set())


def test_a_watched_obligation_is_judged_without_database():
    watched = Watched(Standing("b", "own", 2025, Status.MISSING, clock.parse("2026-01-31").date(), "statutory",
                               evidence={"t1": AT, "t2": LATER, "channels": []}))
    assert [(each.rule, each.body, each.year) for each in judging.judge_standing(watched).findings] == [
        ("PUB-01", "b", 2025)]


# ---------------------------------------------------------------- chains of years
def carrying(year, carried_in=0, carried_out=0, **more):
    seen = report(year, **more)
    for column in ("natural_person", "total"):
        seen.figures[f"applications.carried_in.{column}"].value = carried_in
        seen.figures[f"applications.carried_out.{column}"].value = carried_out
        for row in ("granted", "concluded"):
            seen.figures[f"applications.{row}.{column}"].value = 3 + carried_in - carried_out
    return seen


def broken(judged):
    return {(file, each.subject) for file, judgement in judged.items() for each in judgement.findings
            if each.rule == "YOY-01" and each.outcome == "fail"}


def test_documents_of_one_body_and_scope_form_a_chain_of_years():
    files = {"a": carrying(2024, carried_out=2), "b": carrying(2025, carried_in=1)}
    assert broken(judging.judge_documents(files)) == {("b", "total"), ("b", "natural_person")}
    for change in ({"scope": "consolidated"}, {"body": "示例县民政局"}, {"year": 2023}):
        assert broken(judging.judge_documents({**files, "a": dataclasses.replace(files["a"], **change)})) == set()


@pytest.mark.parametrize(("body", "chained"), [
    ("示例县财政局", True), ("示例县人民政府办公室", True), ("示例县人民政府", False), ("示例县", False),
    ("示例镇人民政府", False)])
def test_only_a_governments_documents_of_unknown_scope_form_no_chain(body, chained):
    files = {name: dataclasses.replace(seen, body=body, scope="unknown") for name, seen in (
        ("a", carrying(2024, carried_out=2)), ("b", carrying(2025, carried_in=1)))}
    assert bool(broken(judging.judge_documents(files))) is chained
    assert {each.scope for each in judging.judge_documents(files)["b"].findings} <= {"own" if chained else "unknown"}


def test_two_differing_reports_of_last_year_are_nobodys_last_year():
    files = {"a": carrying(2024, carried_out=2), "a2": carrying(2024, carried_out=2),
             "b": carrying(2025, carried_in=1)}
    assert broken(judging.judge_documents(files))
    files["a2"] = carrying(2024, carried_out=1)
    assert broken(judging.judge_documents(files)) == set()


def test_the_store_judges_a_year_again_when_the_year_before_changed(room):
    room.put(carrying(2024, carried_out=2), address="http://shili.example/2024")
    room.put(carrying(2025, carried_in=2), address="http://shili.example/2025")
    room.judge()
    assert "YOY-01" not in room.rules()
    room.put(carrying(2024, carried_out=1), address="http://shili.example/2024", version=2)
    room.judge(LATER)
    found = room.rules(year=2025)["YOY-01"].finding
    assert (found.year, found.evidence["before"]["year"]) == (2025, 2024)
    room.put(carrying(2024, carried_out=2), address="http://shili.example/2024", version=3)
    assert len(room.judge(LATER).cleared) >= 1
    assert "YOY-01" not in room.rules(year=2025)


@pytest.mark.parametrize("end", [{"events": (Event("merged_into", "2025-03-01", "b"),)},
                                 {"events": (Event("abolished", "2025-03-01"),), "successor": "b"}])
def test_a_body_merged_into_another_hands_over_its_requests(room, end):
    gone = dataclasses.replace(room.roster.bodies["b"], id="gone", name="示例县旧局", **end)
    room.roster = Roster.of([room.roster.bodies["b"], gone], [])
    room.put(carrying(2024, carried_out=1), address="http://shili.example/2024")
    room.put(carrying(2025, carried_in=3), address="http://shili.example/2025")
    room.judge()
    assert room.rules()["YOY-01"].finding.reason == "not_held"
    room.put(carrying(2024, carried_out=2), address="http://shili.example/gone", body="gone")
    room.judge(LATER)
    assert "YOY-01" not in room.rules(year=2025)


# ---------------------------------------------------------------- one cause, one case
def test_findings_that_share_cells_are_one_case_behind_its_worst():
    judged = judging.judge(report(fault=1))
    together = [each.rule for each in judged.findings if each.evidence.get("case")]
    assert sorted(together) == ["ARI-01", "ARI-03"]
    assert len({each.evidence["case"]["id"] for each in judged.findings if each.evidence.get("case")}) == 1
    alone = judging.judge(report()).findings
    assert not any(each.evidence.get("case") for each in alone)


@settings(max_examples=80)
@given(st.lists(st.text(st.sampled_from(LETTERS), max_size=80), min_size=7, max_size=7),
       st.sampled_from([None, 2015, 2019, 2021, 2025]))
def test_no_prose_breaks_a_rule_and_prose_alone_is_no_error_of_a_table(texts, year):
    seen = report()
    seen.sections = [Section(number, TITLES[number - 1] if number else "", text) for number, text in enumerate(texts)]
    seen.year, seen.title = year, texts[0][:40]
    earlier = {year - 1: seen} if year else {}
    for finding in judging.judge(seen, earlier=earlier).findings:
        if finding.outcome == "fail" and finding.severity == "E":
            assert finding.rule in ("DOC-03", "PUB-16", "FMT-06")
        assert finding.outcome == "fail" or finding.reason
