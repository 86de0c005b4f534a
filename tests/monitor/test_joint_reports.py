"""One piece of evidence, several bodies: joint reports, a shared address, copies; nobody is missing by it."""

from dataclasses import replace

import pytest

from crawler.evidence import Evidence
from crawler.model import Body, Column, Event, Portal
from crawler.roster import Roster
from monitor import reading, records, rejudging
from monitor.model import Status
from tests.documents import making
from tests.monitor.history import HOST, History, item

URL = f"{HOST}/nb/t20260120_1.html"
OTHER = f"{HOST}/nb/t20260220_2.html"
BODIES = [Body(id=key, name=name, kind="department", level="county", portal="p")
          for key, name in (("b", "示例市教育局"), ("w", "示例市水利局"), ("g", "示例市林业局"))]
TITLE = "{}2025年政府信息公开工作年度报告"


@pytest.fixture
def past(tmp_path):
    made = History(tmp_path, BODIES)
    made.evidence = Evidence(tmp_path / "evidence")
    return made


def page(name, day="2026-01-20"):
    report = making.ReportText(TITLE.format(name), name or "示例市教育局", 2025, making.figures_2021(7))
    return (f"<html><head><meta charset='utf-8'><meta name='PubDate' content='{day}'></head><body>"
            f"<div class='TRS_Editor'>{making.html_body(report)}</div></body></html>").encode()


def routed(past, *titled):
    """Rows of a list as the scan would keep them: routed by the roster."""
    from crawler.model import Item

    return [item(one.url, one.title, route.kind, route.body, route.scope, route.year, one.day, route.printed_body,
                 route.reason)
            for one, route in past.roster.route_all([Item(url, title) for url, title in titled], past.portal)]


def look(past, at, *titled, pages=()):
    """One run that listed these rows and captured these pages (address, bytes, content)."""
    run = past.look(at, *routed(past, *titled))
    for url, data, content in pages:
        past.capture(run, url, at, content=content, parts=[
            {"role": "page", "url": url, "name": "", "outcome": "ok", "sha256": past.evidence.put(data)}])
    reading.read_captures(past.store, past.evidence, past.roster)
    reading.reroute(past.store, past.roster)
    return run


def twice(past, *titled, pages=()):
    for at in ("2026-02-02T09:00", "2026-02-09T09:00"):
        look(past, at, *titled, pages=pages)
    return {body.id: past.stand("2026-02-10", body=body.id) for body in past.bodies}


def owners(past):
    with past.store.read() as connection:
        return sorted((row["address"], row["body"], row["verdict"], row["reason"], row["further"]) for row in
                      connection.execute("SELECT * FROM owned_report"))


def test_a_joint_report_fulfils_the_duty_of_each_body_it_names(past):
    joint = TITLE.format("示例市教育局、水利局")
    found = twice(past, (URL, joint), pages=[(URL, page("示例市教育局、水利局"), "c1")])
    assert {key: one.status for key, one in found.items()} == {
        "b": Status.ON_TIME, "w": Status.ON_TIME, "g": Status.MISSING}
    assert found["b"].report == found["w"].report is not None
    assert found["w"].evidence["addresses"] == [URL]
    assert [(body, further) for _, body, _, _, further in owners(past)] == [("b", 0), ("w", 1)]


def test_its_figures_are_judged_for_each_of_them(past):
    data = page("示例市教育局、水利局").replace(b">7<", b">8<")
    found = twice(past, (URL, TITLE.format("示例市教育局、水利局")), pages=[(URL, data, "c1")])
    with past.store.write() as connection:
        records.put_standings(connection, found.values(), "2026-02-10T00:00:00+08:00")
        rejudging.judge_store(connection, past.roster, "2026-02-10T00:00:00+08:00")
        said = {body: sorted(row["rule"] for row in connection.execute(
            "SELECT rule FROM finding WHERE body = ? AND rule LIKE 'ARI%'", (body,))) for body in ("b", "w")}
        judged = {row["body"] for row in connection.execute("SELECT body FROM judged")}
    assert said["b"] == said["w"] != []
    assert judged == {"b", "w"}


def test_one_report_of_two_bodies_is_no_copy_of_itself(past):
    from crawler import clock
    from monitor import holdings, lookalikes, workers

    found = twice(past, (URL, TITLE.format("示例市教育局、水利局")), (OTHER, TITLE.format("示例市林业局")),
                  pages=[(URL, page("示例市教育局、水利局"), "c1"), (OTHER, page("示例市林业局"), "c2")])
    with past.store.read() as connection:
        held = holdings.Holdings(connection, past.roster, list(found.values()))
    with workers.Crew(past.store.path, past.roster) as crew:
        lookalikes.compare(past.store, held, crew, clock.parse("2026-02-10"))
    with past.store.read() as connection:
        told = {(row["body"], row["subject"].split(".")[0]) for row in connection.execute(
            "SELECT body, subject FROM finding WHERE rule = 'YOY-07'")}
    assert not told & {("b", "w"), ("w", "b")}
    assert ("b", "g") in told, "the same text under a third body's name is told"


def test_a_page_that_prints_one_of_the_two_contradicts_neither(past):
    found = twice(past, (URL, TITLE.format("示例市教育局、示例市水利局")), pages=[(URL, page("示例市教育局"), "c1")])
    assert {found[key].status for key in ("b", "w")} == {Status.ON_TIME}


def test_one_address_under_two_names_is_read_for_both_and_what_the_page_denies_a_person_decides(past):
    rows = ((URL, TITLE.format("示例市教育局")), (URL, TITLE.format("示例市水利局")))
    found = twice(past, *rows, pages=[(URL, page("示例市教育局"), "c1")])
    assert found["b"].status is Status.ON_TIME
    assert (found["w"].status, found["w"].reason) == (Status.INVALID, "wrong_body")


def test_one_address_under_two_names_whose_page_names_nobody_serves_both(past):
    rows = ((URL, TITLE.format("示例市教育局")), (URL, TITLE.format("示例市水利局")))
    found = twice(past, *rows, pages=[(URL, page(""), "c1")])
    assert {found[key].status for key in ("b", "w")} == {Status.ON_TIME}


def test_a_joint_report_whose_page_was_not_read_yet_leaves_nobody_missing(past):
    found = twice(past, (URL, TITLE.format("示例市教育局、水利局")))
    assert {key: found[key].status for key in ("b", "w")} == {"b": Status.UNVERIFIED, "w": Status.UNVERIFIED}


def test_the_part_of_a_joint_title_that_nobody_claims_blocks_whom_it_could_mean(past):
    title = TITLE.format("示例市教育局、林业和草原局")
    found = twice(past, (URL, title), pages=[(URL, page("示例市教育局、林业和草原局"), "c1")])
    assert found["b"].status is Status.ON_TIME
    assert (found["g"].status, found["g"].reason) == (Status.UNVERIFIED, "unrouted_title")
    assert found["w"].status is Status.MISSING


def test_a_body_that_another_covers_has_its_report_in_that_one(tmp_path):
    bodies = [BODIES[0], Body(id="w", name="示例市水利局", kind="department", level="county", portal="p"),
              Body(id="lead", name="示例市农业农村局", kind="department", level="county", portal="p", covers=("w",))]
    past = History(tmp_path, bodies)
    past.evidence = Evidence(tmp_path / "evidence")
    found = twice(past, (URL, TITLE.format("示例市农业农村局")), pages=[(URL, page("示例市农业农村局"), "c1")])
    assert {key: one.status for key, one in found.items()} == {
        "b": Status.MISSING, "w": Status.ON_TIME, "lead": Status.ON_TIME}


def test_the_roster_may_learn_of_the_second_body_after_the_page_was_read(past):
    """A name added to the roster makes the stored page the second body's too, without reading or fetching it again."""
    title = TITLE.format("示例市教育局、林草局")
    look(past, "2026-02-02T09:00", (URL, title), pages=[(URL, page("示例市教育局、林草局"), "c1")])
    assert past.stand("2026-02-03", body="g").status is Status.UNVERIFIED
    bodies = [*BODIES[:2], replace(BODIES[2], aliases=("示例市林草局",))]
    past.roster, past.bodies = Roster.of(bodies, [past.portal]), bodies
    look(past, "2026-02-09T09:00", (URL, title))
    assert past.stand("2026-02-10", body="g").status is Status.ON_TIME
    with past.store.write() as connection:
        assert not records.put_owners(connection, past.stand("2026-02-10", body="g").report,
                                      [("g", "own", 2025, "report", "")])
    assert reading.reroute(past.store, past.roster) == 0, "nothing moves twice"


@pytest.mark.parametrize(("heir", "others"), [
    # Founded with the merger: it owes what the old one owed, and the old one's report is it.
    ({"events": (Event("founded", "2026-01-10"),)}, Status.ON_TIME),
    # It stood before and owes a report of its own: the old one's is not that.
    ({}, Status.MISSING)])
def test_a_report_of_a_body_that_merged_is_its_successors_where_that_one_is_new(tmp_path, heir, others):
    bodies = [replace(BODIES[0], events=(Event("merged_into", "2026-01-25", "new"),)),
              Body(id="new", name="示例市科教局", kind="department", level="county", portal="p", **heir)]
    past = History(tmp_path, bodies)
    past.evidence = Evidence(tmp_path / "evidence")
    found = twice(past, (URL, TITLE.format("示例市教育局")), pages=[(URL, page("示例市教育局"), "c1")])
    assert found["b"].status is Status.NOT_APPLICABLE
    assert found["new"].status is others


# ---------------------------------------------------------------- copies
def test_a_report_posted_twice_is_one_publication_with_its_first_day_and_both_addresses(past):
    rows = ((OTHER, TITLE.format("示例市教育局")), (URL, TITLE.format("示例市教育局")))
    found = twice(past, *rows, pages=[(OTHER, page("示例市教育局", "2026-02-20"), "c1"),
                                      (URL, page("示例市教育局"), "c1")])
    one = found["b"]
    assert (one.status, one.published, one.address) == (Status.ON_TIME, "2026-01-20", URL)
    assert sorted(one.evidence["addresses"]) == [URL, OTHER]


def test_a_nameless_copy_of_a_claimed_report_is_its_bodys_and_blocks_nobody_else(past):
    rows = ((URL, TITLE.format("示例市教育局")), (OTHER, TITLE.format("")))
    found = twice(past, *rows, pages=[(URL, page("示例市教育局"), "c1"), (OTHER, page(""), "c1")])
    assert sorted(found["b"].evidence["addresses"]) == [URL, OTHER]
    assert found["w"].status is Status.MISSING
    (folder := past.store.path.parent / "alone").mkdir()
    alone = History(folder, BODIES)
    alone.evidence = past.evidence
    other = twice(alone, (URL, TITLE.format("示例市教育局")), (OTHER, TITLE.format("")),
                  pages=[(URL, page("示例市教育局"), "c1"), (OTHER, page(""), "c2")])
    assert other["w"].status is Status.UNVERIFIED, "of other content it could be anybody's"


def test_two_columns_and_a_mobile_twin_are_one_publication(tmp_path):
    past = History(tmp_path, BODIES[:1], columns=("nb", "bm"))
    past.evidence = Evidence(tmp_path / "evidence")
    portal = Portal(id="p", name="示例市门户", hosts=["www.shili.example", "m.shili.example"], columns=[
        Column(id=name, name=name, url=f"{HOST}/{name}/") for name in ("nb", "bm")])
    past.portal, past.roster = portal, Roster.of(BODIES[:1], [portal])
    mobile = "http://m.shili.example/nb/2.html"
    one = twice(past, (URL, TITLE.format("示例市教育局")), (mobile, TITLE.format("示例市教育局")), pages=[
        (URL, page("示例市教育局", "2026-01-28"), "c1"), (mobile, page("示例市教育局", "2026-01-25"), "c1")])["b"]
    assert (one.status, one.published) == (Status.ON_TIME, "2026-01-25")
    assert sorted(one.evidence["addresses"]) == sorted([URL, mobile])
