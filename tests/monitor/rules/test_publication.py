"""Dates against what we saw, versions, copies, columns and scopes, as rules see them."""

import pytest

from monitor import wording
from monitor.model import Finding, Standing, Status
from monitor.rules import catalogue, publication, timing
from monitor.rules.catalogue import Around, Watched
from tests.monitor.reports import FIRST, figures, report

T1, T2 = "2026-04-02T09:05:00+08:00", "2026-04-09T09:05:00+08:00"


def watched(status=Status.ON_TIME, scope="own", evidence=None, **around):
    standing = Standing("b", scope, 2025, status, address="http://a.example/1.html",
                        evidence={"newest": True, "t1": T1, "t2": T2, **(evidence or {})})
    return Watched(standing, None, None, Around(**around))


def told(judge, seen, rule=None):
    return [(each.outcome, each.reason) for each in judge(seen) if rule in (None, each.rule)]


# ---------------------------------------------------------------- PUB-05
def test_a_report_dated_in_time_but_seen_absent_later_is_for_a_person_to_raise():
    absent = {"at": T1, "first_seen": T2, "dated": "2026-01-29", "snapshots": ["s1"], "first_snapshots": ["s2"]}
    (verdict,) = publication.judge_backdating(watched(absent=absent))
    assert verdict.outcome == "fail"
    assert verdict.severity is None
    assert verdict.evidence["snapshots"] == ["s1"]
    assert verdict.evidence["first_snapshots"] == ["s2"]
    assert told(publication.judge_backdating, watched()) == [("pass", "")]
    assert told(publication.judge_backdating, watched(Status.MISSING)) == []


# ---------------------------------------------------------------- PUB-09
def test_past_years_missing_are_one_finding():
    (verdict,) = publication.judge_past_years(watched(years_missing=[2021, 2023]))
    assert (verdict.outcome, verdict.parameters["list"]) == ("fail", ["2021年", "2023年"])
    assert told(publication.judge_past_years, watched()) == [("pass", "")]
    assert told(publication.judge_past_years, watched(Status.UNVERIFIED)) == []
    assert told(publication.judge_past_years, watched(evidence={"newest": False}, years_missing=[2021])) == []


# ---------------------------------------------------------------- PUB-18
def test_the_other_scopes_report_is_asked_about_before_one_is_called_missing():
    other = Standing("b", "consolidated", 2025, Status.ON_TIME, address="http://a.example/2.html", report="r")
    seen = watched(Status.MISSING, sibling=other)
    assert told(publication.judge_other_scope, seen) == [("fail", "")]
    assert told(timing.judge_missing, seen) == [("uncertain", "other_scope")]
    seen.around.sibling_settled = True
    assert told(timing.judge_missing, seen) == [("fail", "")]
    assert told(publication.judge_other_scope, watched(Status.MISSING)) == [("not_applicable", "")]
    assert told(publication.judge_other_scope, watched()) == []
    (verdict,) = publication.judge_other_scope(watched(Status.MISSING, "consolidated", sibling=other))
    assert verdict.parameters["variant"] == "consolidated"


# ---------------------------------------------------------------- PUB-10, PUB-11
def version(penalties=0, text="", **more):
    return report(text={1: FIRST.format(year=2021) + text}, figures=figures(disclosure__penalties__decided=penalties),
                  **more)


def versions(*reports):
    return [{"first_seen": time, "last_seen": time, "report": each} for time, each in zip((T1, T2), reports,
                                                                                          strict=True)]


def copies(*reports, media=("text/html", "text/html")):
    return [{"address": f"http://a.example/{medium}", "medium": medium, "report": each}
            for medium, each in zip(media, reports, strict=True)]


def test_a_changed_figure_and_a_changed_sentence_are_told_with_both_states():
    seen = watched(versions=versions(version(text="全年答复申请三件。"), version(9, "全年答复申请四件。")))
    (verdict,) = publication.judge_changes(seen)
    assert verdict.evidence["differences"] == [["disclosure.penalties.decided", 0, 9],
                                               ["sentence", "全年答复申请三件", "全年答复申请四件"]]
    finding = Finding("PUB-11", 1, "W", "fail", "b", "own", 2025, parameters=verdict.parameters)
    assert "行政处罚／本年处理决定数量 0→9、“全年答复申请三件”→“全年答复申请四件”" in wording.fact_sentence(finding,
                                                                                                            "zh")


def test_layout_is_no_change_and_a_damaged_version_leaves_it_open():
    wrapped = version()
    wrapped.sections = [type(each)(each.number, each.title, each.text.replace("，", "，\n ")) for each in
                        wrapped.sections]
    assert told(publication.judge_changes, watched(versions=versions(version(), wrapped))) == [("pass", "")]
    assert told(publication.judge_changes, watched(versions=versions(version(), version(9, damaged=True)))) == [
        ("uncertain", "damaged")]
    assert told(publication.judge_changes, watched()) == [("pass", "")]
    assert told(publication.judge_changes, watched(Status.MISSING)) == []


def test_two_publications_of_one_report_agree():
    assert told(publication.judge_copies, watched(copies=copies(version(), version()))) == [("pass", "")]
    (verdict,) = publication.judge_copies(watched(copies=copies(version(), version(9))))
    assert (verdict.outcome, verdict.parameters["where"], verdict.parameters["n"]) == ("fail", ["table.2"], 1)
    other = copies(version(), version(text="另有说明一句话。"), media=("text/html", "application/pdf"))
    assert told(publication.judge_copies, watched(copies=other)) == [("pass", "")]
    assert told(publication.judge_copies, watched()) == []


def test_a_table_that_was_not_read_in_one_copy_is_no_difference():
    assert publication.differences(version(), report(figures={}), sentences=False) == []


# ---------------------------------------------------------------- PUB-08, PUB-15, PUB-17
def column(name, role="collective", named=True, listed=False, absent=False, **more):
    return {"portal": "p", "column": name, "name": name, "url": f"http://a.example/{name}/", "role": role,
            "named": named, "listed": listed, "absent": absent, "looked": T2, "owner": True, "out_of_order": 0, **more}


@pytest.mark.parametrize(("columns", "own_only", "elsewhere"), [
    ([column("own", "own", listed=True), column("all", absent=True)], ["fail"], ["pass"]),
    ([column("own", "own", listed=True), column("all", listed=True)], ["pass"], ["pass"]),
    ([column("own", "own", listed=True), column("all")], [], ["pass"]),
    ([column("all", absent=True), column("news", named=False, listed=True)], [], ["fail"]),
    ([column("all"), column("news", named=False, listed=True)], [], []),
    ([column("all", listed=True)], [], ["pass"]), ([], [], [])])
def test_columns_that_ought_to_list_a_report(columns, own_only, elsewhere):
    seen = watched(columns=columns)
    assert [outcome for outcome, _ in told(publication.judge_column, seen, "PUB-17")] == own_only
    assert [outcome for outcome, _ in told(publication.judge_column, seen, "PUB-08")] == elsewhere
    assert told(publication.judge_column, watched(Status.MISSING, columns=columns)) == []


def test_a_list_out_of_order_is_told_to_its_owner_once():
    def order(**more):
        return [outcome for outcome, _ in told(publication.judge_list_order, watched(columns=[column("all", **more)]))]

    assert order(out_of_order=2) == ["fail"]
    assert order(out_of_order=1) == ["pass"]
    assert order(out_of_order=2, owner=False) == []
    assert order(out_of_order=2, named=False) == []


# ---------------------------------------------------------------- PUB-13, LNG-03
def around_of(status=Status.ON_TIME, **parts):
    return Watched(Standing("b", "own", 2025, status, address="http://www.shili.example/1.html", report="r"),
                   around=Around(**parts))


ROW = {"url": "http://copy.example/1", "title": "某局2025年政府信息公开工作年度报告", "host": "copy.example",
       "at": "2026-02-02"}


def test_rows_that_lead_to_an_unregistered_host_are_told_once_a_host():
    other = {**ROW, "url": "http://copy.example/2"}
    (verdict,) = publication.judge_host(around_of(Status.MISSING, outside=[ROW, other]))
    assert (verdict.outcome, verdict.subject, verdict.parameters["n"]) == ("fail", "copy.example", 2)
    assert len(verdict.evidence["rows"]) == 2
    assert catalogue.text_of("PUB-13").operator_only


def test_without_such_rows_the_rule_passes_or_does_not_apply():
    assert [each.outcome for each in publication.judge_host(around_of())] == ["pass"]
    assert list(publication.judge_host(around_of(Status.UNVERIFIED))) == []
    assert list(publication.judge_host(around_of(Status.NOT_APPLICABLE, outside=[ROW]))) == []
    assert list(publication.judge_host(Watched(Standing("b", "own", 2025, Status.ON_TIME)))) == []


def test_links_to_other_hosts_and_dead_ones_are_two_findings():
    links = [{"url": "http://shop.example/", "text": "更多", "kind": "foreign"},
             {"url": "http://x.example/gone", "text": "原文", "kind": "dead", "outcome": "gone", "t1": "2026-02-02",
              "t2": "2026-02-09"}]
    found = {each.subject: each for each in publication.judge_links(around_of(links=links))}
    assert {key: each.outcome for key, each in found.items()} == {"dead": "fail", "foreign": "fail"}
    assert found["dead"].parameters["outcome"] == "gone"
    assert found["foreign"].parameters["list"] == ["http://shop.example/"]


def test_links_in_order_pass_and_unknown_links_say_nothing():
    assert [each.outcome for each in publication.judge_links(around_of(links=[]))] == ["pass", "pass"]
    assert list(publication.judge_links(around_of(links=None))) == []
    assert list(publication.judge_links(around_of(Status.UNVERIFIED, links=[]))) == []
