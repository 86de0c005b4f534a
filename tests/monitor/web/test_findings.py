"""The page of one finding: its proof, the machine apart from people, the evidence pack, how to object."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import replace

import pytest
from lxml import html

from crawler import clock
from extract import configuration
from monitor import review
from monitor.web.views import findings
from tests.monitor.captured import Pages
from tests.monitor.exports.test_static_site import HOSTILE, City, text
from tests.monitor.history import item
from tests.monitor.office import ARITHMETIC, NEXT_WEEK, UNSEEN
from tests.monitor.web.served import visitor

WEEKS = ["2026-02-09T09:00", "2026-02-16T09:00"]


@pytest.fixture
def city(tmp_path):
    clock.simulate(NEXT_WEEK)
    yield City(tmp_path)
    clock.simulate(None)
    configuration.use_office_folder(None)


@pytest.fixture
def unseen(tmp_path):
    """A body whose column was walked twice without its report, with the captured lists; the finding's id."""
    history = Pages(tmp_path)
    for at in WEEKS:
        history.look(at, item(title="<b>旧</b>\u202e通知", year=None, route="other", body=None))
    history.judge(WEEKS[-1])
    history.install(WEEKS[-1])
    yield history, history.finding("PUB-01")
    clock.simulate(None)
    configuration.use_office_folder(None)


def shown(client, path, status=200):
    answer = client.get(path)
    assert answer.status_code == status, answer.text[-600:]
    return html.fromstring(answer.text)


def test_what_was_found_stands_apart_from_what_people_said(city):
    city.fill()
    client = visitor(city.settings)
    page = shown(client, f"/finding/{ARITHMETIC.id}")
    verdicts, = page.xpath("//section[@class='verdicts']")
    assert [each.text_content() for each in verdicts.xpath(".//h2")] == ["系统判定", "人工复核"]
    assert "尚未人工复核" in text(page)
    assert "31＋1≠29＋4" in text(page)
    english = text(shown(client, f"/en/finding/{ARITHMETIC.id}"))
    assert "not reviewed by a person yet" in english
    assert "31 + 1 ≠ 29 + 4" in english


def test_what_a_person_dismissed_is_for_reviewers_only(city, monkeypatch):
    from monitor.web import sessions
    from monitor.web.people import Person

    with city.store.write() as connection:
        review.decide(connection, ARITHMETIC.id, "dismiss", author="张三", reason="读取差错", cause="reading")
    client = visitor(city.settings)
    assert "误报" in text(shown(client, f"/finding/{ARITHMETIC.id}"))
    built = sessions.visit

    def reader(*given):
        made = built(*given)
        made.person = Person("reader", "viewer")
        return made

    monkeypatch.setattr(sessions, "visit", reader)
    shown(client, f"/finding/{ARITHMETIC.id}", 404)
    page = shown(client, f"/finding/{UNSEEN.id}")
    assert not page.xpath("//form")
    assert "张三" not in text(page)


def test_hostile_words_stay_words(city):
    city.judge(NEXT_WEEK, [replace(ARITHMETIC, subject=HOSTILE, parameters={
        "col": HOSTILE, "url": ["javascript:alert(1)"], "phrase": HOSTILE})])
    identity = replace(ARITHMETIC, subject=HOSTILE).id
    page = shown(visitor(city.settings), f"/finding/{identity}")
    assert not page.xpath("//script | //img | //*[@onerror]")
    assert not [link for link in page.xpath("//a/@href") if "javascript" in link]


def test_what_was_not_seen_is_proven_by_the_lists_as_captured(unseen):
    history, identity = unseen
    client = visitor(history.settings)
    page = shown(client, f"/finding/{identity}")
    assert "已翻阅至末页" in text(page)
    looks = page.xpath("//a[starts-with(@href, '/look/')]/@href")
    assert len(looks) == 2
    look = shown(client, looks[0])
    assert "<b>旧</b>" in text(look)
    frame, = look.xpath("//iframe/@src")
    captured = client.get(frame)
    assert captured.headers["content-security-policy"].startswith("sandbox;")
    assert "栏目" in captured.text
    for other in ("listing=999", "listing=x", "", "listing=-1"):
        assert client.get(f"/look/{identity}?{other}").status_code in (400, 404), other
    assert client.get(frame.replace("page=1", "page=7")).status_code == 404


def test_the_evidence_pack_is_made_on_demand_and_leaves_nothing_behind(unseen, monkeypatch, tmp_path):
    import tempfile

    history, identity = unseen
    (tmp_path / "made").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "made"))
    client = visitor(history.settings)
    answer = client.get(f"/pack/{identity}")
    assert answer.status_code == 200
    assert answer.headers["content-disposition"] == f'attachment; filename="{identity}.zip"'
    names = zipfile.ZipFile(io.BytesIO(answer.content)).namelist()
    assert any(name.endswith("verify.py") for name in names)
    assert any(name.endswith("README.txt") for name in names)
    assert list((tmp_path / "made").iterdir()) == []
    assert client.get("/pack/nothing").status_code == 404


def test_a_second_pack_waits_its_turn(unseen, monkeypatch):
    history, identity = unseen
    monkeypatch.setattr(findings, "_PACKING", type("Taken", (), {"acquire": lambda self, timeout: False})())
    answer = visitor(history.settings).get(f"/pack/{identity}")
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "10"


def test_whoever_sees_a_fault_finds_how_to_tell(city):
    client = visitor(city.settings)
    assert "数据有误？告诉我们" in text(shown(client, f"/finding/{UNSEEN.id}"))
    told = city.settings.read_text("utf-8") + '\n[general]\ncontact = "政务公开科 gk@city.example 000-1234"\n'
    city.settings.write_text(told, "utf-8")
    link, = shown(visitor(city.settings), f"/finding/{UNSEEN.id}").xpath("//a[starts-with(@href, 'mailto:')]/@href")
    assert link.startswith("mailto:gk@city.example?subject=")
    assert "商务局" not in link


def test_findings_of_one_cause_lead_to_each_other(city):
    case = {"id": ARITHMETIC.id, "count": 2, "rules": ["ARI-01", "ARI-03"]}
    other = replace(ARITHMETIC, rule="ARI-03", subject="new", evidence={"case": case})
    city.judge(NEXT_WEEK, [replace(ARITHMETIC, evidence={"case": case}), other])
    page = shown(visitor(city.settings), f"/finding/{ARITHMETIC.id}")
    assert page.xpath(f"//a[@href='/finding/{other.id}']")


def test_a_finding_that_holds_no_more_keeps_its_page(city):
    city.judge("2026-02-10T09:00:00+08:00", [UNSEEN])
    assert "未再检出" in text(shown(visitor(city.settings), f"/finding/{ARITHMETIC.id}"))


def test_only_the_named_findings_own_cells_are_marked_in_its_frame(city):
    from tests.monitor.web.test_sources import Captured

    captured = Captured(city.folder / "b")
    identity = captured.capture()
    with captured.store.write() as connection:
        connection.execute("UPDATE finding SET report = ?, detail = json_set(detail, '$.figures', json(?)) "
                           "WHERE id = ?",
                           (identity, json.dumps(["applications.carried_out.total"]), ARITHMETIC.id))
    client = visitor(captured.settings)
    frame, = shown(client, f"/finding/{ARITHMETIC.id}").xpath("//iframe/@src")
    address, _, fragment = frame.partition("#")
    assert fragment == "f-applications.carried_out.total"
    marked = html.fromstring(client.get(address).text).xpath("//td[@class='concerned']/@id")
    assert marked == ["f-applications.carried_out.total"]


def test_nobody_in_particular_makes_no_packs(unseen, monkeypatch):
    from monitor.web import sessions
    from monitor.web.people import GUEST

    history, identity = unseen
    built = sessions.visit

    def guest(*given):
        made = built(*given)
        made.person = GUEST
        return made

    monkeypatch.setattr(sessions, "visit", guest)
    client = visitor(history.settings)
    assert client.get(f"/pack/{identity}").status_code == 403
    assert not shown(client, f"/finding/{identity}").xpath("//a[starts-with(@href, '/pack/')]")
