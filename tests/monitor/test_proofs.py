"""What rests on what; and tidying moves no status: whatever supports one, a finding or a version stays readable."""

import json
import os
import tempfile
import time
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from crawler import clock, retention
from crawler.retention import Policy
from crawler.store import row_dicts
from monitor import proofs, records
from monitor.obligations import obligations
from monitor.standing import stand
from tests.monitor.captured import Pages
from tests.monitor.history import HOST, _Settings, item

URL = f"{HOST}/nb/1.html"
OLD = 4 * 24 * 3600


def protected(connection):
    proof = proofs.everything(connection)
    return proof.fetches, proof.hashes


def aged(past):
    for sha256, _ in past.evidence.kept():
        os.utime(past.evidence.path(sha256), (time.time() - OLD,) * 2)


def tidied(past, at, policy=None):
    aged(past)
    return retention.tidy(past.store, past.evidence, policy or Policy(), protected, clock.parse(at))


def standings(past, at):
    with past.store.read() as connection:
        owed = obligations(past.roster, _Settings(), [2024, 2025])
        found = [records.standing_record(one) for one in stand(connection, past.roster, owed, clock.parse(at))]
    for one in found:
        # Which row proves it may have changed; what was seen, and that it is at hand, may not.
        one["evidence"].pop("fetches", None)
    return found


def test_the_pages_of_a_missing_report_outlive_everything(tmp_path):
    past = Pages(tmp_path)
    past.look("2026-02-02T09:00")
    past.look("2026-02-09T09:00")
    past.look("2026-02-16T09:00")
    past.look("2030-02-02T09:00", item())
    past.judge("2026-02-10T09:00:00+08:00")
    tidied(past, "2031-01-01")
    with past.store.read() as connection:
        (one,) = [each for each in records.standings(connection) if each.year == 2025]
        held = {row["sha256"]: row["released"] for row in connection.execute("SELECT sha256, released FROM fetch")}
    assert len(one.evidence["snapshots"]) == 2
    for sha256 in one.evidence["snapshots"]:
        past.evidence.get(sha256)
    # The look of 16 February proved nothing that the others don't, and it is old.
    assert sum(released is not None for released in held.values()) == 1


def test_every_version_keeps_its_page_attachments_and_the_lists_that_date_it(tmp_path):
    past = Pages(tmp_path)
    for number, day in enumerate(("2026-01-20", "2026-02-20", "2026-03-20"), 1):
        run = past.look(f"{day}T09:00", item(day="2026-01-20"))
        with past.store.write() as connection:
            moment = clock.parse(f"{day}T09:01")
            parts = [{"role": "page", "url": URL, "fetch": past.fetch(connection, run, URL, moment)},
                     {"role": "attachment", "url": f"{URL}.pdf", "fetch": past.fetch(connection, run, f"{URL}.pdf",
                                                                                   moment)}]
            connection.execute("INSERT INTO capture (run, portal, url, at, outcome, content, parts) VALUES "
                               "(?, 'p', ?, ?, 'ok', ?, ?)", (run, URL, moment.isoformat(), f"c{number}",
                                                             json.dumps(parts)))
        past.report(URL, f"{day}T09:01", content=f"c{number}", run=run)
    with past.store.read() as connection:
        proof = proofs.everything(connection)
        parts = {part["fetch"] for row in connection.execute("SELECT parts FROM capture")
                 for part in json.loads(row["parts"])}
        lists = [json.loads(row["pages"])[0] for row in connection.execute("SELECT pages FROM listing ORDER BY at")]
    assert parts <= proof.fetches
    assert {lists[0], lists[-1]} <= proof.fetches
    past.look("2030-01-01T09:00")
    tidied(past, "2031-01-01")
    with past.store.read() as connection:
        for number in parts:
            row = connection.execute("SELECT sha256 FROM fetch WHERE id = ?", (number,)).fetchone()
            past.evidence.get(row["sha256"])


def test_a_page_that_would_not_open_keeps_what_it_answered(tmp_path):
    past = Pages(tmp_path)
    for day in ("2026-02-02", "2026-02-09"):
        past.capture(past.look(f"{day}T09:00", item()), URL, f"{day}T09:01", outcome="gone")
    past.judge("2026-02-10T09:00:00+08:00")
    with past.store.read() as connection:
        finding = row_dicts(connection, "SELECT * FROM finding WHERE rule = 'PUB-07'")
        failed = {row["id"] for row in connection.execute("SELECT id FROM fetch WHERE url = ?", (URL,))}
        proof = proofs.everything(connection)
    assert finding
    assert failed <= proof.fetches


def test_a_capture_not_read_yet_is_protected(tmp_path):
    past = Pages(tmp_path)
    run = past.look("2026-02-02T09:00", item())
    with past.store.write() as connection:
        number = past.fetch(connection, run, URL, clock.parse("2026-02-02T09:01"))
    past.capture(run, URL + "x", "2026-02-02T09:01", content="c1", parts=[{"role": "page", "fetch": number}])
    with past.store.read() as connection:
        assert number in proofs.everything(connection).fetches


LOOKS = st.lists(st.tuples(
    st.integers(0, 24 * 900), st.sampled_from(["ok", "ok", "not_modified", "timeout", "empty_listing", "gone"]),
    st.booleans(), st.sampled_from(["", "report", "unrouted"]), st.booleans()), min_size=2, max_size=9)
START = clock.parse("2025-01-10T09:00")


@settings(max_examples=25, suppress_health_check=list(HealthCheck))
@given(looks=LOOKS, later=st.integers(0, 1500))
# A page that opened while a list named it, between two failures; later it was asked for at its own address.
@example(looks=[(0, "ok", False, "report", True), (12, "ok", False, "report", False), (24, "ok", False, "", False),
                (36, "ok", False, "", False), (48, "ok", False, "report", True)], later=0)
# "Not modified" once, long before the newest full answer.
@example(looks=[(0, "ok", False, "", False), (24, "not_modified", False, "report", False),
                (48, "ok", False, "", False), (72, "ok", False, "", False)], later=0)
# "Not modified" named by nothing but its hash, between a full answer and the look that saw the report.
@example(looks=[(0, "ok", True, "", False), (0, "ok", True, "", False), (9015, "not_modified", False, "", False),
                (9279, "ok", False, "report", False)], later=0)
def test_tidying_moves_no_status_and_loses_nothing_one_rests_on(looks, later):
    with tempfile.TemporaryDirectory() as folder:
        past = Pages(Path(folder))
        for hours, outcome, complete, route, gone in looks:
            at = (START + timedelta(hours=hours)).isoformat()
            listed = [item(route=route, body="b" if route == "report" else None)] if route else []
            run = past.look(at, *listed, outcome=outcome, complete=complete,
                            items_count=0 if outcome == "empty_listing" else None)
            past.capture(run, URL, at, outcome="gone" if gone else "ok", content=None if gone else "c1")
            if route == "report" and not gone:
                past.report(URL, at, dates=[("2026-01-20", "page")], run=run)
        at = (START + timedelta(hours=24 * 900)).isoformat()
        past.judge(at)
        before = standings(past, at)
        # Long after, when every age of the policy has passed.
        tidied(past, (START + timedelta(days=900 + later)).isoformat(), Policy(evidence=400))
        assert standings(past, at) == before
        with past.store.read() as connection:
            proof = proofs.everything(connection)
            needed = {row["sha256"] for row in proofs.rows(connection, proof)} - {None}
            findings = [proofs.of_finding(connection, proofs._finding(row))
                        for row in row_dicts(connection, "SELECT * FROM finding")]
            for each in findings:
                needed |= {row["sha256"] for row in proofs.rows(connection, each)} - {None}
        for sha256 in needed:
            past.evidence.get(sha256)


@pytest.mark.parametrize("asked", ["nothing", "b"])
def test_an_obligation_without_anything_has_no_proof(tmp_path, asked):
    past = Pages(tmp_path)
    with past.store.read() as connection:
        proof = proofs.of_obligation(connection, asked, 2025)
        assert proofs.rows(connection, proof) == []
