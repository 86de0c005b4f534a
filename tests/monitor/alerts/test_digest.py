"""Digests: subject and first screen as the wording demands, one for each remit and week, the unverified apart."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from crawler import clock
from crawler.roster import Roster
from extract import configuration
from extract.exceptions import ConfigurationError
from monitor import review, roster_history
from monitor.alerts import digest, recipients, situation
from monitor.model import Alert, Finding, Status
from tests.monitor.office import ARITHMETIC, DOUBTFUL, NAMES, NEXT_WEEK, SCANNED, STATUSES, UNSEEN, Office

FOUND = [ARITHMETIC, UNSEEN, DOUBTFUL]


@pytest.fixture
def city(tmp_path: Path) -> Iterator[Office]:
    yield Office(tmp_path)
    configuration.use_office_folder(None)


def digests(city: Office, at: str) -> dict[str, Alert]:
    settings = city.loaded()
    with city.store.read() as connection:
        return {alert.kind: alert for alert in digest.build(connection, Roster.load(), settings, clock.parse(at))}


def first_screen(text: str) -> list[str]:
    return text.split("\n附：")[0].split("\n--")[0].rstrip().splitlines()


def test_a_week_with_news(city: Office) -> None:
    alert = digests(city, SCANNED)["digest"]
    assert alert.subject == "【年报监测】全市·第6周：未见公布1家、逾时限1家、新增待核1项；未能核查1家"
    screen = first_screen(alert.text)
    assert screen[0] == "全市  2025年度报告监测  2026年2月2日9时00分"
    assert screen[1] == "应公布 8：按时 5｜逾法定时限 1｜未见公布 1｜未能核查 1"
    assert "按时公布率 71.4%" in alert.text
    assert "一、需要处理（2）" in alert.text
    assert "未见公布 1：示例市商务局   适用时限 2026年1月31日" in alert.text
    assert "31＋1≠29＋4" in alert.text
    assert "（系统比对结果，待人工复核）" in alert.text
    assert len(screen) <= 18


def test_the_unverified_stand_apart_with_reason_and_job(city: Office) -> None:
    text = digests(city, SCANNED)["digest"].text
    line = next(line for line in text.splitlines() if line.startswith("三、"))
    assert line == "三、未能核查 1（不作判断）：示例市公安局，原因 超时1家；处理人 网站承办单位"
    assert text.count("公安局") == 1


def test_doubt_is_no_news(city: Office) -> None:
    assert "FMT-05" not in digests(city, SCANNED)["digest"].text
    assert "读取存疑" not in digests(city, SCANNED)["digest"].text


def test_a_quiet_week_still_says_so(city: Office) -> None:
    city.judge(NEXT_WEEK, FOUND)
    alert = digests(city, NEXT_WEEK)["digest"]
    assert alert.subject == "【年报监测】全市·第7周：无新增问题（在办2项）；另有1家未能核查"
    assert "一、无需要处理的新事项（在办 2）" in alert.text
    assert "附：在办的未见公布\n  示例市商务局" in alert.text
    assert "上期（第6周）尚未发出，请检查发件设置" in alert.text


def test_a_week_without_anything(tmp_path: Path, city: Office) -> None:
    city.judge(NEXT_WEEK, [], dict.fromkeys(NAMES, Status.ON_TIME))
    alert = digests(city, NEXT_WEEK)["digest"]
    assert alert.subject == "【年报监测】全市·第7周：无新增问题"
    assert "已销号 2" in alert.text
    assert "按时公布率 100.0%" in alert.text
    assert "未能核查" not in alert.text
    assert "None" not in alert.text + alert.html


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_roster_nobody_confirmed_is_told_and_never_looks_like_a_quiet_week(city: Office, language: str) -> None:
    city.speak(language)
    city.judge(NEXT_WEEK, [], dict.fromkeys(NAMES, Status.NOT_CONFIRMED))
    alert = digests(city, NEXT_WEEK)["digest"]
    told = {"zh": ("8家名单待确认", "另有 8 家名单待确认"),
            "en": ("8 not confirmed", "not among those owed: 8")}[language]
    assert told[0] in alert.subject
    assert told[1] in alert.text
    assert "<b>8</b>" in alert.html
    later = "2026-02-16T09:00:00+08:00"
    city.judge(later, [], STATUSES | {"edu": Status.NOT_CONFIRMED})
    alert = digests(city, later)["digest"]
    assert told[0] not in alert.subject
    assert told[1].replace("8", "1") in alert.text


def test_the_last_digest_is_named_with_its_day(city: Office) -> None:
    with city.store.write() as connection:
        connection.execute("UPDATE outbox SET state = 'sent', sent = ?", ("2026-02-02T09:30:00+08:00",))
    assert "上期（第6周）已于2026年2月2日发出" in digests(city, NEXT_WEEK)["digest"].text


def test_a_second_scan_of_the_week_adds_no_mail(city: Office) -> None:
    assert city.judge("2026-02-03T09:00:00+08:00", FOUND) == []
    assert len(city.judge(NEXT_WEEK, FOUND)) == 2


def test_a_new_finding_is_new_once(city: Office) -> None:
    more = replace(ARITHMETIC, body="water")
    city.judge(NEXT_WEEK, [*FOUND, more])
    assert "新增待核1项" in digests(city, NEXT_WEEK)["digest"].subject
    later = "2026-02-16T09:00:00+08:00"
    city.judge(later, [*FOUND, more])
    assert "无新增问题" in digests(city, later)["digest"].subject


def test_dismissed_and_snoozed_findings_are_not_told(city: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(clock.ENVIRONMENT, SCANNED)
    clock.simulate(None)
    with city.store.write() as connection:
        review.decide(connection, ARITHMETIC.id, "dismiss", author="经办", reason="读取有误")
        review.decide(connection, UNSEEN.id, "snooze", author="经办", reason="已电话核实", until="2026-03-01")
    alert = digests(city, SCANNED)["digest"]
    clock.simulate(None)
    assert "新增待核" not in alert.subject
    assert "31＋1" not in alert.text
    assert "附：暂缓中（1）" in alert.text
    assert "暂缓至2026年3月1日，事由：已电话核实（经办）" in alert.text
    assert "已电话核实" in alert.html


@pytest.mark.parametrize("language", ["zh", "en"])
def test_no_subject_names_a_body_and_none_is_too_long(city: Office, language: str) -> None:
    city.speak(language)
    for at in (SCANNED, NEXT_WEEK):
        for alert in digests(city, at).values():
            assert not any(name in alert.subject for name in NAMES.values())
            assert language == "en" or len(alert.subject) <= digest.SUBJECT_LENGTH
            assert "{" not in alert.subject + alert.text
            assert "None" not in alert.subject + alert.text + alert.html


def test_a_long_subject_drops_its_tail_not_its_counts(city: Office) -> None:
    path = city.folder / "facts" / "alerts.yaml"
    path.write_text(path.read_text("utf-8").replace("label: 全市", "label: 全市各部门和乡镇街道"), "utf-8")
    configuration.load.cache_clear()
    subject = digests(city, SCANNED)["digest"].subject
    assert len(subject) <= digest.SUBJECT_LENGTH
    assert "未见公布1家" in subject


def test_the_operator_hears_of_portals_not_of_bodies(city: Office) -> None:
    first = digests(city, SCANNED)["operator"]
    assert first.subject == "【年报监测·运维】1个站点未能核查"
    assert "示例市门户（city）  超时" in first.text
    assert "处理人：网站承办单位" in first.text
    assert "商务局" not in first.text
    city.judge(NEXT_WEEK, FOUND)
    assert digests(city, NEXT_WEEK)["operator"].subject == "【年报监测·运维】1个站点未能核查，最长7天"


def test_the_operator_hears_nothing_while_all_portals_answer(city: Office) -> None:
    with city.store.write() as connection:
        connection.execute("UPDATE run_portal SET outcome = 'ok', reason = ''")
    assert "operator" not in digests(city, SCANNED)


def test_a_list_cut_short_is_told_to_the_operator(city: Office) -> None:
    with city.store.write() as connection:
        connection.execute("UPDATE run_portal SET outcome = 'ok', reason = ''")
        connection.execute(
            "INSERT INTO listing (run, portal, column_id, url, family, at, day, outcome, reason, complete, in_order, "
            "items, pages) VALUES (?, 'city', 'nb', 'http://www.city.example/nb/', 'static', ?, '2026-02-02', 'ok', "
            "'page 2 of 2: status 503', 0, 1, 12, '[]')", (f"r{SCANNED}", SCANNED))
        found, = situation.unreachable_portals(connection, clock.parse(SCANNED))
    assert found.outcome == situation.CUT_SHORT
    assert "栏目未能翻阅至末页" in digests(city, SCANNED)["operator"].text


class Balanced(HTMLParser):
    """Fails on a tag that is closed but not open, or open at the end."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_html_says_the_same_and_is_well_formed(city: Office, language: str) -> None:
    city.speak(language)
    for at in (SCANNED, NEXT_WEEK):
        for alert in digests(city, at).values():
            parser = Balanced()
            parser.feed(alert.html)
            assert parser.open == []
            assert "http://" not in alert.html.replace("http://www.city.example", "")
    html = digests(city, SCANNED)["digest"].html
    assert "31＋1≠29＋4" in html or "31 + 1 ≠ 29 + 4" in html
    assert html.index("商务局") < html.index("公安局")


def test_names_are_escaped_in_html(city: Office) -> None:
    path = city.folder / "facts" / "bodies.csv"
    path.write_text(path.read_text("utf-8").replace("示例市商务局", "示例市<b>商务局"), "utf-8")
    assert "示例市&lt;b&gt;商务局" in digests(city, SCANNED)["digest"].html


# ---------------------------------------------------------------- remits
def remit(**fields: object) -> recipients.Recipient:
    return recipients.Recipient(id="x", address="x@y.example", remit={"label": "x", **fields})  # type: ignore[arg-type]


def test_a_remit_is_a_subtree_and_kinds(city: Office) -> None:
    city.loaded()
    roster = Roster.load()
    assert remit().bodies(roster) == set(NAMES)
    assert remit(under=["edu"]).bodies(roster) == {"edu"}
    assert remit(kinds=["township"]).bodies(roster) == set()
    with pytest.raises(ConfigurationError, match=r"alerts.yaml.*under names nobody"):
        remit(under=["nobody"]).bodies(roster)


def test_a_digest_holds_only_its_remit(city: Office) -> None:
    path = city.folder / "facts" / "alerts.yaml"
    path.write_text(path.read_text("utf-8").replace("label: 全市", "label: 一家, under: [edu]"), "utf-8")
    configuration.load.cache_clear()
    alert = digests(city, SCANNED)["digest"]
    assert "应公布 1：按时 1" in alert.text
    assert "商务局" not in alert.text
    assert "按时公布率" not in alert.text


@pytest.mark.parametrize(("text", "words"), [
    ("recipients: [{id: A, address: a@b.c, remit: {label: x}}]", ":1: recipients.0.id"),
    ("recipients:\n  - {id: a, address: nobody, remit: {label: x}}", ":2: recipients.0.address"),
    ("recipients:\n  - {id: a, address: a@b.c, remit: {label: x}}\n  - {id: a, address: d@b.c, remit: {label: x}}",
     "a stands twice"),
    ("recipients:\n  - {id: a, address: a@b.c, rimet: {}}", "rimet"),
    ("channels: [pigeon]\n", "channels"),
    ("channels: []\nrecipients: [{id: a, address: a@b.c, remit: {label: x}}]", "channel"),
])
def test_bad_recipients_are_named(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "alerts.yaml"
    path.write_text(text, "utf-8")
    with pytest.raises(ConfigurationError) as caught:
        configuration.load_path(path, recipients.Alerts)
    assert words in str(caught.value)
    assert str(path) in str(caught.value)


def test_the_packaged_list_is_empty_and_valid() -> None:
    configuration.use_office_folder(None)
    assert recipients.recipients() == ()


def test_a_roster_that_changed_moves_the_denominator_and_says_so(city: Office) -> None:
    bodies = list(Roster.load().bodies.values())
    with city.store.write() as connection:
        before = [*bodies[:-2], replace(bodies[0], id="gone", name="示例市粮食局", line=99)]
        assert roster_history.keep(connection, before, SCANNED, "import")
    city.judge(NEXT_WEEK, FOUND)
    alert = digests(city, NEXT_WEEK)["digest"]
    assert "。名单较上期 +2 −1。\n" in alert.text
    assert "名单较上期 +2 −1</p>" in alert.html
    with city.store.write() as connection:
        roster_history.keep(connection, bodies, SCANNED, "import")
    assert "名单较上期" not in digests(city, NEXT_WEEK)["digest"].text


def test_a_snooze_that_ended_is_told_once(city: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(clock.ENVIRONMENT, SCANNED)
    clock.simulate(None)
    with city.store.write() as connection:
        review.decide(connection, UNSEEN.id, "snooze", author="经办", reason="已电话核实", until="2026-02-06")
        digest.queue_due(connection, Roster.load(), city.loaded(), clock.parse(SCANNED))
    monkeypatch.setenv(clock.ENVIRONMENT, NEXT_WEEK)
    clock.simulate(None)
    city.judge(NEXT_WEEK, [ARITHMETIC, UNSEEN])
    alert = digests(city, NEXT_WEEK)["digest"]
    assert "附：暂缓到期，恢复办理（1）" in alert.text
    assert "2026年2月6日到期，原事由：已电话核实（经办）" in alert.text
    assert "暂缓到期" in alert.html
    with city.store.write() as connection:
        digest.queue_due(connection, Roster.load(), city.loaded(), clock.parse(NEXT_WEEK))
    assert "暂缓到期" not in digests(city, "2026-02-16T09:00:00+08:00")["digest"].text


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_hundreds_of_missing_and_late_are_cut_and_the_rest_is_counted(tmp_path: Path, lang: str) -> None:
    made = Office(tmp_path, lang)
    bodies = [f"b{number}" for number in range(300)]
    with (tmp_path / "facts" / "bodies.csv").open("a", encoding="utf-8") as file:
        file.writelines(f"{body},示例市第{body}局,department,prefecture,,city,own\n" for body in bodies)
    configuration.load.cache_clear()
    made.judge(NEXT_WEEK, [], STATUSES | dict.fromkeys(bodies[:200], Status.MISSING)
               | dict.fromkeys(bodies[200:], Status.LATE))
    with made.store.write() as connection:
        connection.execute("UPDATE finding SET state = 'dismissed'")
    alert = digests(made, NEXT_WEEK)["digest"]
    for text in (alert.text, alert.html):
        assert ("另有 171 家" if lang == "zh" else "and 171 more") in text
        assert ("另有 71 家" if lang == "zh" else "and 71 more") in text
    assert len(alert.text) < 12_000


@pytest.fixture
def quiet(city: Office) -> Office:
    """Every portal answered; whatever the operator hears is about something else."""
    with city.store.write() as connection:
        connection.execute("UPDATE run_portal SET outcome = 'ok', reason = ''")
        connection.execute(
            "INSERT INTO listing (id, run, portal, column_id, url, family, at, day, outcome, complete, in_order, "
            "items, pages) SELECT 1, id, 'city', 'nb', 'http://www.city.example/nb/', 'static', ?, ?, 'ok', 1, 1, 2, "
            "'[]' FROM run LIMIT 1", (SCANNED, SCANNED[:10]))
    return city


def operator(office: Office, at: str = SCANNED) -> Alert:
    return digests(office, at)["operator"]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_operator_hears_of_jobs_that_failed_until_one_ends_well(quiet: Office, lang: str) -> None:
    quiet.speak(lang)
    with quiet.store.write() as connection:
        for job, slot, state, said, again in (
                ("backup", "2026-02-01T04:00+08:00", "failed", "Traceback\nBackupError: disk full\n", None),
                ("digest", "2026-01-26T08:30+08:00", "failed", "x", None),
                ("scan", "2026-02-01T02:00+08:00", "failed", "x", None), ("scan", "2026-02-02T02:00+08:00", "done", "",
                                                                          None)):
            connection.execute("INSERT INTO slot (job, slot, state, started, heartbeat, attempts, said, next_try) "
                               "VALUES (?, ?, ?, ?, ?, 4, ?, ?)", (job, slot, state, slot, slot, said, again))
    alert = operator(quiet)
    assert ("备份" if lang == "zh" else "backup") in alert.text
    assert "BackupError: disk full" in alert.text
    assert "Traceback" not in alert.text
    assert ("巡查  2026年2月1日" if lang == "zh" else "scan  2026-02-01") not in alert.text
    assert alert.subject == ("【年报监测·运维】1项待运维处理" if lang == "zh"
                             else "[nianbao operator] to see to: 1")
    assert "BackupError: disk full" in alert.html


def test_the_operator_hears_of_a_portal_nobody_looked_at(quiet: Office) -> None:
    assert "operator" not in digests(quiet, NEXT_WEEK)
    alert = operator(quiet, "2026-02-16T09:00:00+08:00")
    assert "示例市门户（city）  上次有效核查：2026年2月2日" in alert.text


def test_the_operator_hears_of_questions_only_a_person_may_raise_and_of_titles(quiet: Office) -> None:
    question = Finding("DOC-05", 1, "W", "fail", "edu", "own", 2025, "x", parameters={"t1": SCANNED})
    with quiet.store.write() as connection:
        review.put_findings(connection, [question], at=SCANNED)
        connection.execute(
            "INSERT INTO sighting (listing, url, title, route, scope, year, printed_body, reason) VALUES (1, "
            "'http://www.city.example/1', '示例市某某办2025年政府信息公开工作年度报告', 'unrouted', 'own', 2025, "
            "'示例市某某办', 'unknown_body')")
    alert = operator(quiet)
    assert "待人工核对的疑问 1 项" in alert.text
    assert "nianbao findings --rule DOC-05" in alert.text
    assert "年报标题 1 条" in alert.text
    assert "教育局" not in alert.text
    assert alert.subject == "【年报监测·运维】2项待运维处理"
    assert "DOC-05" not in digests(quiet, SCANNED)["digest"].text


def test_bodies_stand_in_the_order_of_the_roster(tmp_path: Path) -> None:
    made = Office(tmp_path)
    path = tmp_path / "facts" / "bodies.csv"
    head, *rows = path.read_text("utf-8").splitlines()
    path.write_text("\n".join([head, *reversed(rows)]) + "\n", "utf-8")
    configuration.load.cache_clear()
    made.judge(NEXT_WEEK, [], dict.fromkeys(NAMES, Status.MISSING))
    with made.store.write() as connection:
        connection.execute("UPDATE finding SET state = 'dismissed'")
    listed = digests(made, NEXT_WEEK)["digest"].text.split("附：在办的未见公布\n")[1].split("\n\n")[0]
    assert [line.strip() for line in listed.splitlines()] == [f"示例市{name}" for name in reversed(NAMES.values())]
