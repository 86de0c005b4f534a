"""Acting on one finding: what is offered, that it is done to what was shown, who has to sign; looking again."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from crawler import clock
from monitor import audit, review, signing
from monitor.exceptions import UsageError
from monitor.web import rechecks
from monitor.web.rechecks import Rechecks
from tests.monitor.office import NEXT_WEEK
from tests.monitor.web.guarded import EDU, TRADE, House, cheap, form_of


@pytest.fixture(autouse=True)
def _cheap(monkeypatch):
    cheap(monkeypatch)
    yield
    signing.require(False)


@pytest.fixture
def house(tmp_path):
    return House(tmp_path)


def act(client, action, state="open", fact=None, finding=EDU, prefix="", **said):
    page = f"{prefix}/decide/{finding.id}"
    return client.post(page, data=form_of(client, page, action=action, state=state, fact=fact or finding.fact, **said))


def faults(answer):
    return re.findall(r'class="fault"[^>]*>([^<]*)', answer.text)


# ---------------------------------------------------------------- what is offered
def test_the_page_offers_what_the_state_allows_and_tells_the_whole_trail(house):
    client = house.as_("qian")
    page = client.get(f"/decide/{EDU.id}").text
    assert 'name="action" value="confirm"' in page
    assert 'name="action" value="approve"' not in page
    act(client, "confirm", reason="看过原表")
    page = client.get(f"/decide/{EDU.id}").text
    assert 'name="action" value="approve"' in page
    assert "看过原表" in page
    assert "qian" in page
    english = client.get(f"/en/decide/{EDU.id}").text
    assert "approve for a letter" in english


def test_the_finding_s_own_page_offers_it_to_reviewers_alone_and_names_none(house):
    house.decide(EDU.id, "confirm")
    assert 'name="action" value="approve"' in house.as_("qian").get(f"/finding/{EDU.id}").text
    seen = house.as_("zhao").get(f"/finding/{EDU.id}").text
    assert 'name="action"' not in seen
    assert "qian" not in seen
    assert house.as_("zhao").get(f"/decide/{EDU.id}").status_code == 403


def test_who_looks_into_it_is_told_to_reviewers_only(house):
    client = house.as_("qian")
    page = client.get(f"/decide/{EDU.id}").text
    assert 'value="claim"' in page
    assert 'value="release"' not in page
    act(client, "claim")
    page = client.get(f"/decide/{EDU.id}").text
    assert "复核中（qian）" in page
    assert 'value="release"' in page
    assert 'value="claim"' not in page
    assert "复核中（qian）" in client.get("/worklist").text
    seen = house.as_("zhao").get(f"/finding/{EDU.id}").text
    assert "人工复核中" in seen
    assert "qian" not in seen
    told = house.as_("zhao").get(f"/api/v1/findings/{EDU.id}").text
    assert "qian" not in told
    act(client, "release")
    assert "复核中（" not in client.get(f"/decide/{EDU.id}").text


def test_dismissed_findings_have_a_page_to_open_them_again(house):
    client = house.as_("qian")
    assert act(client, "dismiss", reason="读错一行", cause="reading").status_code == 303
    page = client.get(f"/decide/{EDU.id}").text
    assert 'name="action" value="reopen"' in page
    assert act(client, "reopen", "dismissed", reason="再看一次").status_code == 303
    assert house.state(EDU.id) == "open"


# ---------------------------------------------------------------- what is done
@pytest.mark.parametrize(("steps", "action", "said", "after"), [
    ((), "confirm", {}, "confirmed"),
    ((), "dismiss", {"reason": "x", "cause": "column"}, "dismissed"),
    ((), "snooze", {"reason": "x", "until": "2026-05-01"}, "snoozed"),
    ((), "explain", {"reason": "机构合并"}, "explained"),
    (("confirm",), "approve", {}, "approved"),
    (("confirm",), "notify", {"until": "2026-03-01", "number": "3号"}, "notified"),
    (("confirm", "notify"), "dispute", {"reason": "x"}, "disputed"),
    (("confirm", "notify"), "rectify", {}, "rectified"),
    (("confirm", "notify"), "verify", {"reason": "x"}, "verified"),
    (("confirm",), "retract", {"reason": "x", "cause": "roster"}, "retracted")])
def test_every_way_through_a_finding_s_life(house, steps, action, said, after):
    house.decide(EDU.id, *steps)
    state = house.state(EDU.id)
    client = house.as_("sun")
    answer = act(client, action, state, **said)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/decide/{EDU.id}?said=said_decided")
    assert house.state(EDU.id) == after
    with house.store.read() as connection:
        step = audit.steps(connection, [EDU.id])[-1]
    assert (step.author, step.action, step.reason) == ("sun", action, said.get("reason", ""))
    assert step.until == said.get("until")
    assert step.detail.get("cause") == said.get("cause")
    assert "已办理" in client.get(answer.headers["location"]).text
    assert house.rows("SELECT person, action FROM web_trail WHERE action = 'decide'") == [("sun", "decide")]


def test_an_objection_is_accepted_in_part_or_not_with_a_reason(house):
    client = house.as_("qian")
    for action, after in (("uphold", "upheld"), ("accept-partly", "partly_accepted"), ("accept", "accepted")):
        finding = EDU if action != "accept" else TRADE
        house.decide(finding.id, *(["confirm", "notify"] if house.state(finding.id) == "open" else []))
        house.decide(finding.id, "dispute", reason="x") if house.state(finding.id) == "notified" else None
        assert faults(act(client, action, "disputed", finding=finding)) != [], "needs a reason"
        assert act(client, action, "disputed", finding=finding, reason="理由").status_code == 303
        assert house.state(finding.id) == after
        if action == "uphold":
            with house.store.write() as connection:
                connection.execute("UPDATE finding SET state = 'disputed' WHERE id = ?", (EDU.id,))


@pytest.mark.parametrize(("action", "said", "fault"), [
    ("dismiss", {}, "事由"), ("dismiss", {"reason": "   "}, "事由"), ("snooze", {"reason": "x"}, "日期"),
    ("snooze", {"reason": "x", "until": "2020-01-01"}, "日期"), ("snooze", {"reason": "x", "until": "soon"}, "日期"),
    ("approve", {}, "待核实"), ("overdue", {}, "不是可办理的事项"), ("nonsense", {}, "不是可办理的事项"),
    ("dismiss", {"reason": "x", "cause": "devil"}, "devil"), ("confirm", {"reason": "x" * 2001}, "2000"),
    ("note", {}, "事由")])
def test_wrong_forms_change_nothing_and_say_why(house, action, said, fault):
    answer = act(house.as_("qian"), action, **said)
    assert answer.status_code == 400
    assert fault in "".join(faults(answer))
    assert house.state(EDU.id) == "open"
    assert house.rows("SELECT count(*) FROM audit") == [(0,)]


def test_a_note_is_kept_and_changes_neither_state_nor_decision(house):
    client = house.as_("qian")
    act(client, "confirm")
    answer = act(client, "note", "confirmed", reason="已电话联系\n明日再看")
    assert answer.headers["location"].endswith("said=said_noted")
    with house.store.read() as connection:
        stored = review.list_findings(connection, ids=[EDU.id])[0]
        assert (stored.state.value, stored.decision.action, stored.decision_holds) == ("confirmed", "confirm", True)
        assert [step.action for step in audit.steps(connection, [EDU.id])] == ["confirm"]
        assert [step.action for step in audit.steps(connection, [EDU.id], remarks=True)] == ["confirm", "note"]
    assert "明日再看" in client.get(f"/decide/{EDU.id}").text


def test_a_note_by_command_stands_in_the_same_trail(house, capsys):
    from monitor import cli

    def nianbao(*words):
        return cli.run(["--config", str(house.office.settings), "--lang", "en", "review", *words])

    assert nianbao(EDU.id, "note", "--reason", "called them", "--author", "qian") == 0
    assert nianbao("note", "--reason", "x", "--author", "qian") == 2
    assert nianbao(EDU.id, "note", "--author", "qian") == 2
    assert nianbao("nope", "note", "--reason", "x", "--author", "qian") == 2
    assert house.state(EDU.id) == "open"
    capsys.readouterr()
    assert nianbao("log", EDU.id) == 0
    assert "called them" in capsys.readouterr().out
    assert "called them" in house.as_("sun").get(f"/decide/{EDU.id}").text


def test_a_note_on_an_old_year_s_finding_is_no_decision(house):
    act(house.as_("qian"), "note", reason="x")
    with house.store.write() as connection:
        review.put_findings(connection, [], at=NEXT_WEEK, since=2026)
    assert house.state(EDU.id) == "historic"


# ---------------------------------------------------------------- to what was shown
def test_a_stale_page_does_nothing_and_says_who_moved_it_when(house):
    client = house.as_("qian")
    house.decide(EDU.id, "confirm", author="li")
    answer = act(client, "dismiss", "open", reason="x")
    assert answer.status_code == 409
    assert "li" in faults(answer)[0]
    assert "属实" in faults(answer)[0]
    assert house.state(EDU.id) == "confirmed"


def test_sending_twice_decides_once(house):
    client = house.as_("qian")
    form = form_of(client, f"/decide/{EDU.id}", action="confirm", state="open", fact=EDU.fact)
    codes = [client.post(f"/decide/{EDU.id}", data=form).status_code for _ in range(2)]
    assert codes == [303, 409]
    assert house.rows("SELECT count(*) FROM audit") == [(1,)]


def test_a_changed_fact_is_decided_anew(house):
    client = house.as_("qian")
    house.office.judge(NEXT_WEEK, [replace(EDU, right=34, difference=-2, expression="31 + 1 = 30 + 4"), TRADE])
    answer = act(client, "confirm", "open", fact=EDU.fact)
    assert answer.status_code == 409
    assert "事实有变化" in faults(answer)[0]
    assert house.state(EDU.id) == "open"


def test_findings_of_one_cause_are_decided_together_where_asked(house):
    case = {"case": {"id": "c1"}}
    one, two = (replace(EDU, subject=subject, evidence=case) for subject in ("natural_person", "commercial"))
    house.office.judge(NEXT_WEEK, [one, two, TRADE])
    client = house.as_("qian")
    page = client.get(f"/decide/{one.id}").text
    mate = re.search(r'name="mate" value="([^"]+)"', page)[1]
    assert mate.startswith(two.id)
    assert act(client, "confirm", finding=one, mate=mate).status_code == 303
    assert (house.state(one.id), house.state(two.id)) == ("confirmed", "confirmed")


def test_another_s_remit_isn_t_reached_through_the_mates_of_a_case(house):
    client = house.as_("edu")
    answer = act(client, "confirm", mate=f"{TRADE.id}:{TRADE.fact}:open")
    assert faults(answer) != []
    assert house.state(TRADE.id) == "open"


# ---------------------------------------------------------------- three persons
@pytest.fixture
def strict(tmp_path):
    return House(tmp_path, web="sign_off = true\n")


def test_three_persons_confirm_approve_and_send(strict):
    qian, sun, li = strict.as_("qian"), strict.as_("sun"), strict.as_("li")
    assert act(qian, "confirm").status_code == 303
    refused = act(qian, "approve", "confirmed")
    assert refused.status_code == 400
    assert "另一人" in faults(refused)[0]
    assert "签发" in faults(act(sun, "notify", "confirmed"))[0]
    assert act(sun, "approve", "confirmed").status_code == 303
    for client in (qian, sun):
        assert act(client, "notify", "approved", until="2026-03-01").status_code == 400
    assert strict.state(EDU.id) == "approved"
    assert act(li, "notify", "approved", until="2026-03-01").status_code == 303
    assert strict.state(EDU.id) == "notified"


def test_the_page_says_beforehand_who_can_t_sign(strict):
    qian = strict.as_("qian")
    act(qian, "confirm")
    assert 'name="action" value="approve"' not in qian.get(f"/decide/{EDU.id}").text
    assert 'name="action" value="approve"' in strict.as_("sun").get(f"/decide/{EDU.id}").text


def test_the_command_line_and_ledgers_sign_alike(strict):
    strict.visitor()
    strict.decide(EDU.id, "confirm", author="qian")
    with pytest.raises(UsageError, match="another person"):
        strict.decide(EDU.id, "approve", author="qian")
    with pytest.raises(UsageError, match="approved by another person first"):
        strict.decide(EDU.id, "notify", author="sun")
    strict.decide(EDU.id, "approve", author="sun")
    strict.decide(EDU.id, "notify", author="li")


def test_who_confirmed_an_older_fact_may_approve_the_new_one(strict):
    strict.visitor()
    strict.decide(EDU.id, "confirm", author="qian")
    newer = replace(EDU, right=34, difference=-2)
    strict.office.judge(NEXT_WEEK, [newer, TRADE])
    strict.visitor()
    strict.decide(EDU.id, "confirm", author="sun")
    strict.decide(EDU.id, "approve", author="qian")
    assert strict.state(EDU.id) == "approved"


# ---------------------------------------------------------------- looking again
class Child:
    def __init__(self, code=0):
        self.code = code

    def wait(self):
        return self.code


@pytest.fixture
def asked(house):
    """A worker whose scans are only told, in this very thread."""
    import io

    from monitor.web.installation import Installation

    told = []

    def launch(arguments):
        told.append(arguments)
        return Child(), io.BytesIO(b"done")

    made = Rechecks(Installation(house.office.loaded(), house.store, "zh"), launch)
    made.wake = lambda: None
    return made, told


def test_a_body_is_looked_at_once_in_ten_minutes(house, asked, monkeypatch):
    made, told = asked
    assert made.ask("edu", "qian") == "asked"
    assert made.ask("edu", "sun") == "waiting"
    assert made._next()
    assert told == [["scan", "--body", "edu"]]
    assert made.ask("edu", "sun") == "soon"
    assert made.ask("trade", "sun") == "asked"
    assert made._next()
    assert not made._next()
    assert house.rows("SELECT body, person, state, code FROM recheck") == [
        ("edu", "qian", "done", 0), ("trade", "sun", "done", 0)]
    moment = clock.now() + timedelta(minutes=11)
    monkeypatch.setattr(clock, "now", lambda: moment)
    assert made.ask("edu", "sun") == "asked"


def test_a_scan_at_work_is_waited_for(house, asked):
    import fcntl

    made, told = asked
    made.ask("edu", "qian")
    path = house.store.path.with_name(house.store.path.name + ".scan-lock")
    waited = []
    with path.open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)

        def pause(seconds):
            waited.append(seconds)
            assert told == []
            fcntl.flock(lock, fcntl.LOCK_UN)

        made.pause = pause
        assert made._next()
    assert waited == [rechecks.LOOK_SECONDS]
    assert len(told) == 1


def test_so_many_may_wait_and_a_scan_cut_short_is_told(house, asked):
    made, _ = asked
    with house.store.write() as connection:
        connection.executemany("INSERT INTO recheck (body, person, at, state) VALUES (?, '', ?, 'waiting')",
                               [(f"b{number}", clock.stamp()) for number in range(rechecks.WAITING_MOST)])
        connection.execute("INSERT INTO recheck (body, person, at, state) VALUES ('old', '', ?, 'running')",
                           (clock.stamp(),))
    assert made.ask("edu", "qian") == "full"
    made.begin()
    assert house.rows("SELECT state, said FROM recheck WHERE body = 'old'") == [("failed", "interrupted")]


def test_asking_on_a_page_starts_one_and_says_so(house, monkeypatch):
    client = house.as_("qian")
    asked_for = []
    monkeypatch.setattr(Rechecks, "wake", lambda self: asked_for.append(1))
    form = form_of(client, f"/decide/{EDU.id}")
    answer = client.post("/recheck/edu", data=form)
    assert answer.headers["location"] == "/body/edu?said=said_recheck_asked"
    assert client.post("/recheck/edu", data=form).headers["location"].endswith("said_recheck_waiting")
    assert asked_for == [1]
    for page in ("/runs", f"/decide/{EDU.id}"):
        assert "等候中" in client.get(page).text
    with house.store.write() as connection:
        connection.execute("INSERT INTO recheck (body, person, at, state) VALUES ('trade', '', ?, 'failed')",
                           (clock.stamp(),))
    assert "未完成" in client.get("/runs").text
    assert "未完成" not in house.as_("edu").get("/runs").text
    assert client.post("/recheck/nowhere", data=form).status_code == 404
    assert house.rows("SELECT action, detail FROM web_trail WHERE action = 'recheck'") == [("recheck", "edu")]


def test_a_command_that_cannot_be_started_is_told(house):
    from monitor.web.installation import Installation

    def launch(arguments):
        raise OSError("no such program")

    made = Rechecks(Installation(house.office.loaded(), house.store, "zh"), launch)
    made.wake = lambda: None
    made.ask("edu", "qian")
    made._next()
    assert house.rows("SELECT state, said FROM recheck") == [("failed", "no such program")]
