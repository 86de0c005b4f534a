"""Captured pages become reports: once, routed by the list, doubtful ones left to a person, damaged ones kept."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from crawler.evidence import Evidence
from crawler.model import Body
from extract.model import Figure, Report, Section, TableReading
from monitor import captures, reading, records
from monitor.exceptions import MonitorError
from tests.documents import making
from tests.monitor.history import HOST, History, item

URL = f"{HOST}/nb/t20260120_1.html"
NAME = "示例市教育局"
BODIES = [
    Body(id="b", name=NAME, kind="department", level="county", portal="p"),
    Body(id="w", name="示例市水利局", kind="department", level="county", portal="p"),
    Body(id="gov", name="示例市人民政府", kind="government", level="county", portal="p", scopes=("consolidated",)),
    Body(id="office", name="示例市人民政府办公室", kind="government_office", level="county", portal="p", parent="gov"),
]


@pytest.fixture
def past(tmp_path):
    made = History(tmp_path, BODIES)
    made.evidence = Evidence(tmp_path / "evidence")
    return made


def text(year=2025, name=NAME, **more):
    return making.ReportText(f"{name}{year}年政府信息公开工作年度报告", name, year, making.figures_2021(7), **more)


def page(body: str) -> bytes:
    return f"<html><head><meta charset='utf-8'></head><body><div class='TRS_Editor'>{body}</div></body></html>".encode()


def captured(past, *parts, at="2026-02-02T09:00", listed=None, content="c1", url=URL):
    """One run that listed and captured a page; parts are (role, name, bytes or None, outcome)."""
    run = past.look(at, listed or item(url))
    kept = [{"role": role, "url": f"{url}#{number}", "name": name, "outcome": outcome,
             "sha256": past.evidence.put(data) if data is not None else None}
            for number, (role, name, data, outcome) in enumerate(parts)]
    past.capture(run, url, at, parts=kept, content=content)
    return run


def read(past, **more):
    return reading.read_captures(past.store, past.evidence, past.roster, **more)


def stored(past):
    with past.store.read() as connection:
        return [dict(row) for row in connection.execute("SELECT * FROM report ORDER BY address, content")]


def html(report=None, **more):
    return ("page", "", page(making.html_body(report or text(**more))), "ok")


def test_a_page_becomes_a_report_with_its_figures(past):
    captured(past, html())
    result = read(past)
    (row,) = stored(past)
    assert (row["body"], row["scope"], row["year"], row["verdict"], row["form"]) == ("b", "own", 2025, "report", "2021")
    assert result.new == [row["id"]]
    assert {hint["source"] for hint in json.loads(row["dates"])} >= {"url", "first_seen"}
    with past.store.read() as connection:
        figures = dict(connection.execute("SELECT * FROM figures_2021").fetchone())
    wanted = making.figures_2021(7)
    assert {key: figures[key] for key in wanted} == wanted
    assert figures["states"].count("n") == len(wanted)
    assert records.load_report(row).value("applications.new.total") == wanted["applications.new.total"]


def test_reading_again_changes_nothing_and_only_widens_when_it_was_seen(past):
    captured(past, html())
    read(past)
    (before,) = stored(past)
    captured(past, html(), at="2026-02-09T09:00")
    again = read(past)
    (after,) = stored(past)
    assert (again.read, again.new, again.changed) == (0, [], [])
    assert (after["first_seen"], after["last_seen"][:10]) == (before["first_seen"], "2026-02-09")
    assert after["record"] == before["record"]


def test_other_content_at_the_address_is_a_changed_report(past):
    captured(past, html())
    read(past)
    captured(past, html(), at="2026-02-09T09:00", content="c2")
    result = read(past)
    assert (len(result.changed), result.new) == (1, [])
    assert len(stored(past)) == 2


def test_a_newer_reader_reads_again(past, monkeypatch):
    captured(past, html())
    read(past)
    monkeypatch.setattr(reading, "VERSION", reading.VERSION + 1)
    result = read(past)
    assert (result.read, result.new, result.changed) == (1, [], [])
    assert [row["reader_version"] for row in stored(past)] == [reading.VERSION]
    assert read(past).read == 0


def test_the_attachment_that_is_the_report_is_read(past):
    captured(past, ("page", "", page(f"<p>{NAME}2025年政府信息公开工作年度报告详见附件。</p>"), "ok"),
             ("attachment", "报告.docx", making.docx(text()), "ok"))
    read(past)
    (row,) = stored(past)
    assert (row["verdict"], row["year"]) == ("report", 2025)
    assert records.load_report(row).value("applications.new.total") is not None


@pytest.mark.parametrize(("parts", "reason"), [
    ([("page", "", page(f"<p>现将《{NAME}2025年政府信息公开工作年度报告》予以公布，请社会各界监督。</p>"), "ok")],
     "cover_letter"),
    ([("page", "", page(f"<h1>{NAME}2025年政府信息公开工作年度报告</h1>"), "ok")], "empty_page"),
    ([("page", "", page(f"<p>{NAME}2025年政府信息公开工作年度报告见附件。</p>"), "ok"),
      ("attachment", "a.pdf", None, "gone")], "attachment_not_opened"),
    ([("page", "a.pdf", b"%PDF-1.4\nbroken", "ok")], "unreadable"),
    ([html(year=2024)], "wrong_year"),
    ([html(name="示例市水利局")], "wrong_body"),
])
def test_what_stands_there_but_is_not_surely_the_report_is_invalid(past, parts, reason):
    captured(past, *parts)
    read(past)
    (row,) = stored(past)
    assert (row["body"], row["year"], row["verdict"], row["reason"]) == ("b", 2025, "invalid", reason)


def test_a_damaged_document_keeps_its_problem(past):
    captured(past, ("page", "a.docx", b"PK\x03\x04 no archive", "ok"))
    result = read(past)
    (row,) = stored(past)
    assert result.faults == {}
    assert "a.docx" in " ".join(records.load_report(row).problems)


def test_the_offices_report_may_bear_the_governments_name(past):
    captured(past, html(name="示例市人民政府"), listed=item(URL, body="office"))
    read(past)
    assert [(row["body"], row["verdict"]) for row in stored(past)] == [("office", "report")]


def test_a_page_nobody_claims_is_routed_by_its_content(past):
    captured(past, html(name="示例市水利局"),
             listed=item(URL, "2025年度报告", route="unrouted", body=None, scope="unknown", year=None))
    read(past)
    assert [(row["body"], row["scope"], row["year"]) for row in stored(past)] == [("w", "own", 2025)]


def test_a_page_nobody_claims_that_is_no_report_is_other(past):
    captured(past, ("page", "", page("<p>关于召开会议的通知</p>"), "ok"),
             listed=item(URL, "关于召开会议的通知", route="unrouted", body=None, scope="unknown", year=None))
    result = read(past)
    assert [(row["body"], row["verdict"]) for row in stored(past)] == [(None, "other")]
    assert result.new == []


def test_a_roster_that_has_learnt_a_name_moves_the_report(past):
    captured(past, html(name="示例市住房局"),
             listed=item(URL, "2025年度报告", route="unrouted", body=None, scope="unknown", year=None))
    read(past)
    assert [row["body"] for row in stored(past)] == [None]
    wider = type(past.roster).of(
        [*BODIES, Body(id="h", name="示例市住房局", kind="department", level="county", portal="p")], [past.portal])
    assert reading.reroute(past.store, wider) == 1
    assert [(row["body"], row["verdict"]) for row in stored(past)] == [("h", "report")]
    assert reading.reroute(past.store, wider) == 0


def test_evidence_that_is_gone_is_our_fault_and_stays_to_be_read(past):
    captured(past, html())
    file = next(past.evidence.folder.glob("??/*.gz"))
    kept = file.read_bytes()
    file.unlink()
    result = read(past)
    assert "restore it from a backup" in result.faults[URL]
    assert stored(past) == []
    file.write_bytes(kept)
    assert read(past).read == 1


@pytest.mark.parametrize("how", ["workers", "executor"])
def test_many_pages_at_once_come_to_the_same(past, how):
    for number in range(6):
        captured(past, html(), url=f"{HOST}/nb/{number}.html", at=f"2026-02-0{number + 1}T09:00", content=f"c{number}")
    seen = []
    if how == "workers":
        result = read(past, workers=3, on_progress=lambda done, total: seen.append((done, total)))
        assert seen[-1] == (6, 6)
    else:
        with ThreadPoolExecutor(2) as executor:
            result = read(past, executor=executor)
    assert (result.read, len(result.new), len(stored(past))) == (6, 6, 6)


def test_a_worker_that_dies_is_said(past):
    from concurrent.futures import BrokenExecutor, Future

    class Dying:
        def submit(self, *_):
            future = Future()
            future.set_exception(BrokenExecutor())
            return future

    captured(past, html())
    with pytest.raises(MonitorError, match="was killed"):
        read(past, executor=Dying())


def test_pages_of_one_article_are_put_together():
    def part(number, *sections, table, found, value):
        return Report("t", NAME, 2025 if number == 1 else None, "own", "2021" if number == 1 else None, "text/html",
                      "0", sections=list(sections), tables=[TableReading(table, found)],
                      figures={f"k{number}": Figure(value, "number")})

    whole = captures.joined([
        part(1, Section(1, "一、总体情况", "全年新收政府信息公开申请3件。"), table=2, found=True, value=1),
        part(2, Section(0, "", "续上页。"), Section(5, "五、问题", "不足。"), table=2, found=False, value=2)])
    assert [(section.number, section.text) for section in whole.sections] == [
        (1, "全年新收政府信息公开申请3件。\n续上页。"), (5, "不足。")]
    assert whole.tables[0].found
    assert (whole.value("k1"), whole.value("k2"), whole.year) == (1, 2, 2025)
    assert [claim.value for claim in whole.claims] == [3]
