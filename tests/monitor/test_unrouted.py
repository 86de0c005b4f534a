"""Titles nobody claims are told with the bodies they may mean, until they are claimed or turn out to be no report."""

import pytest

from crawler.model import Body
from monitor.unrouted import nearest, unrouted
from tests.monitor.history import HOST, History, item

BODIES = [Body(id=key, name=name, kind="department", level="county", portal="p") for key, name in (
    ("b", "示例市教育局"), ("w", "示例市水利局"), ("l", "示例市林业和草原局"), ("h", "示例市人力资源和社会保障局"))]
URL = f"{HOST}/nb/9.html"


@pytest.fixture
def past(tmp_path):
    return History(tmp_path, BODIES)


def found(past, **more):
    with past.store.read() as connection:
        return unrouted(connection, past.roster, **more)


def lost(printed="示例市林草局", url=URL, year=2025, reason="unknown_body", body=None):
    return item(url, f"{printed}{year or ''}年政府信息公开工作年度报告", "unrouted", body, "unknown", year, "", printed,
                reason)


def test_a_lost_title_is_told_with_its_place_its_age_and_who_it_may_be(past):
    past.look("2026-01-20T09:00", lost())
    past.look("2026-02-02T09:00", lost(), item())
    (one,) = found(past)
    assert (one.portal, one.column, one.url, one.reason, one.printed, one.year) == (
        "p", "nb", URL, "unknown_body", "示例市林草局", 2025)
    assert one.since[:10] == "2026-01-20"
    assert one.nearest[0] == "l"
    assert one.to_record()["nearest"][0] == "l"


def test_only_the_newest_usable_list_counts(past):
    past.look("2026-01-20T09:00", lost())
    past.look("2026-02-02T09:00", item())
    assert found(past) == []
    past.look("2026-02-09T09:00", lost())
    past.look("2026-02-16T09:00", outcome="challenge")
    assert len(found(past)) == 1, "a look that failed hides nothing"


@pytest.mark.parametrize(("known", "count"), [
    ({"body": "l", "year": 2025}, 0), ({"body": None, "verdict": "other"}, 0), ({"body": None, "year": 2025}, 1)])
def test_a_page_that_was_read_and_found_its_body_is_not_told(past, known, count):
    past.look("2026-02-02T09:00", lost())
    past.report(URL, "2026-02-02T09:00", **known)
    assert len(found(past)) == count


def test_the_unknown_part_of_a_joint_report_is_told_though_its_page_has_a_body(past):
    past.look("2026-02-02T09:00", item(URL), lost("粮食和储备局", reason="unknown_part"))
    past.report(URL, "2026-02-02T09:00", body="b")
    assert [one.printed for one in found(past)] == ["粮食和储备局"]


def test_years_and_subtrees_narrow_it(past):
    past.look("2026-02-02T09:00", lost(), lost(url=f"{URL}2", year=2023), lost(url=f"{URL}3", year=None))
    assert [one.year for one in found(past)] == [2025, 2023, None]
    assert [one.year for one in found(past, year=2025)] == [2025, None]
    assert found(past, bodies={"elsewhere"}) == []
    assert len(found(past, bodies={"w"})) == 3


@pytest.mark.parametrize(("printed", "first"), [
    ("示例市人社局", "h"), ("示例市林业局", "l"), ("示例市教体局", "b"), ("示例市水务局", "w"), ("", None),
    ("丹霞县博物馆", None)])
def test_the_nearest_body_comes_first(printed, first):
    suggested = nearest(printed, BODIES)
    assert (suggested[0].id if suggested else None) == first
    assert len(suggested) <= 3
