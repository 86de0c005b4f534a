"""Full text: what is found, what isn't, and that the index follows what is read."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crawler.roster import Roster
from monitor import searching
from tests.monitor.office import Office
from tests.monitor.web.library import found, shelve

TEXT = {1: "本机关重视政务新媒体建设，全年推送图解８６篇。依申请公开、复议应诉平稳，占比93.8%。",
        5: "公开。透明仍需加强，与Open Data平台的对接不够。"}


@pytest.fixture
def office(tmp_path):
    made = Office(tmp_path)
    shelve(made, "edu", 2025, TEXT)
    shelve(made, "edu", 2024, {1: "上一年度推送图解12篇。", 5: "问题：培训偏少。"})
    shelve(made, "health", 2025, {1: "院务公开目录更新，图解解读3篇。", 5: "问题：栏目分散。"})
    return made


@pytest.mark.parametrize(("question", "hits"), [
    ("图解", [("health", 2025), ("edu", 2025), ("edu", 2024)]),
    ("院务", [("health", 2025)]),
    ("院务 图解", [("health", 2025)]),
    ("院务 培训", []),
    ("务院", []),
    ("“政务新媒体建设”", [("edu", 2025)]),
    ("86", [("edu", 2025)]),
    ("８６篇", [("edu", 2025)]),
    ("8", []),
    ("93.8%", [("edu", 2025)]),
    ("93.9%", []),
    ("open data", [("edu", 2025)]),
    ("OPEN", [("edu", 2025)]),
    ("ope", []),
    ('"公开、复议"', [("edu", 2025)]),
    ('"公开，复议"', []),
    ("开透", []),
    ("公开、透明", [("edu", 2025)]),
    ("龘", []),
    ("", []),
    ("。，", []),
])
def test_a_phrase_is_found_exactly_where_it_stands(office, question, hits):
    assert sorted(found(office.store, question)) == sorted(hits)


def test_newer_years_come_first_and_one_may_go_on(office):
    with office.store.read() as connection:
        first = searching.search(connection, "图解", limit=2)
        rest = searching.search(connection, "图解", limit=2, before=first.onward)
    assert [hit.year for hit in first.hits] == [2025, 2025]
    assert [(hit.body, hit.year) for hit in rest.hits] == [("edu", 2024)]
    assert rest.onward is None


def test_filters_hold(office):
    assert found(office.store, "图解", year=2024) == [("edu", 2024)]
    assert found(office.store, "图解", body="health") == [("health", 2025)]
    assert found(office.store, "图解", under=["edu"]) == [("edu", 2025), ("edu", 2024)]
    assert found(office.store, "图解", under=["edu"], body="health") == []
    assert found(office.store, "图解", under=[]) == []
    assert found(office.store, "图解", under=[f"b{n}" for n in range(3000)]) == []
    assert found(office.store, "图解", scope="consolidated") == []
    assert len(found(office.store, "图解", scope="own")) == 3


def test_passages_mark_what_was_asked_for(office):
    with office.store.read() as connection:
        hit = searching.search(connection, "新媒体 透明").hits[0]
    assert [piece for passage in hit.passages for piece, marked in passage.pieces if marked] == ["新媒体", "透明"]
    assert len(hit.passages) == 2
    shown = "".join(piece for piece, _ in hit.passages[1].pieces)
    assert TEXT[5].startswith(shown.rpartition(" ")[2]) or TEXT[5] in shown
    assert hit.title.endswith("工作年度报告")


def test_a_report_read_anew_is_found_by_its_new_text_only(office):
    assert searching.update(office.store, Roster.load()) == 0
    shelve(office, "edu", 2025, {1: "改版后的全文。", 5: "问题：无。"}, version=7)
    assert found(office.store, "新媒体") == []
    assert found(office.store, "改版") == [("edu", 2025)]
    # Another version of the page that nobody's status rests on is not found either.
    shelve(office, "edu", 2025, TEXT, content="c2", index=False)
    assert found(office.store, "改版") == []


def test_reading_anew_with_the_same_text_leaves_nothing_dead(office):
    shelve(office, "edu", 2025, TEXT, version=7)
    with office.store.read() as connection:
        assert connection.execute("SELECT count(*) - count(body) FROM text_row").fetchone()[0] == 0
    assert found(office.store, "新媒体") == [("edu", 2025)]


def test_an_index_with_many_dead_rows_is_made_anew(office, monkeypatch):
    shelve(office, "edu", 2025, {1: "改版后的全文。", 5: "问题：无。"}, version=7)
    monkeypatch.setattr(searching, "DEAD", 0)
    monkeypatch.setattr(searching, "DEAD_SHARE", 0.1)
    assert searching.update(office.store, Roster.load()) == 3
    with office.store.read() as connection:
        assert connection.execute("SELECT count(*), count(body) FROM text_row").fetchone()[:] == (3, 3)
    assert found(office.store, "改版") == [("edu", 2025)]
    assert found(office.store, "新媒体") == []


def test_a_body_that_moved_in_the_roster_is_found_under_its_new_superior(office):
    path = office.folder / "facts" / "bodies.csv"
    rows = path.read_text("utf-8").replace("edu,示例市教育局,department,prefecture,,", "edu,示例市教育局,department,"
                                           "prefecture,build,")
    path.write_text(rows, "utf-8")
    assert found(office.store, "新媒体", under=["build"]) == []
    searching.update(office.store, Roster.load())
    assert found(office.store, "新媒体", under=["build"]) == [("edu", 2025)]
    assert found(office.store, "新媒体", under=["edu"]) == [("edu", 2025)]


def test_reports_not_indexed_yet_are_told(tmp_path):
    office = Office(tmp_path)
    shelve(office, "edu", 2025, TEXT, index=False)
    with office.store.read() as connection:
        assert searching.search(connection, "图解").unindexed == 1
    searching.update(office.store, Roster.load())
    with office.store.read() as connection:
        assert searching.search(connection, "图解").unindexed == 0


def test_a_search_whose_time_is_up_says_where_to_go_on(office, monkeypatch):
    monkeypatch.setattr(searching, "SHIFT", 0)
    monkeypatch.setattr(searching, "LAYOUT", 99)
    searching.update(office.store, Roster.load())
    with office.store.read() as connection:
        first = searching.search(connection, "培训偏少", seconds=0)
        assert first.late
        assert not first.hits
        onward, hits = first.onward, []
        while onward is not None:
            later = searching.search(connection, "培训偏少", before=onward, seconds=0)
            onward, hits = later.onward, hits + later.hits
    assert [(hit.body, hit.year) for hit in hits] == [("edu", 2024)]


HOSTILE = st.text(max_size=40) | st.lists(st.sampled_from(
    ['"', "“", "'", "*", "^", "NEAR(", "AND", "OR", "NOT", "-", ":", "words:", "(", ")", "\0", "图解", "公", "%", "\\",
     " ", "\ud800", "{", "+", "place:", "\u3000", "𠀀"]), max_size=30).map("".join)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(question=HOSTILE)
def test_nothing_typed_is_an_error(office, question):
    found(office.store, question)


def test_a_very_long_question_is_no_error(office):
    found(office.store, "图解 " * 5000)
    found(office.store, "公" * 10_000)
