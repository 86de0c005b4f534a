"""What only a person may raise is a question to the operator: no alert and no remark to a body before one has."""

import dataclasses

import pytest

from crawler import clock
from crawler.roster import Roster
from monitor import review, wording
from monitor.alerts import digest, situation
from monitor.model import Finding, FindingState
from monitor.review import StoredFinding
from monitor.rules import catalogue
from tests.monitor.office import ARITHMETIC, NEXT_WEEK, SCANNED, Office

BACKDATED = Finding("PUB-05", 1, "W", "fail", "health", "own", 2025, "", parameters={
    "published": "2026-01-20", "t1": "2026-01-25", "first_seen": "2026-02-02"})
OTHER_NAME = Finding("DOC-05", 1, "W", "fail", "water", "own", 2025, "section.1.x", parameters={
    "section": 1, "phrase": "别处市水利局认真落实", "other": "别处市水利局"})


def test_the_rules_of_the_domain_are_marked():
    marked = {key for key, entry in catalogue.catalogue().rules.items() if entry.person_only}
    assert marked == {"PUB-05", "PUB-12", "DOC-05"}
    assert {key for key, entry in catalogue.catalogue().rules.items() if entry.operator_only} == {"PUB-13"}


def told(office):
    with office.store.read() as connection:
        found = situation.of_remit(connection, ["health", "water", "edu"], 2024, clock.parse(NEXT_WEEK), SCANNED)
        return {each.finding.rule for each in found.findings}, len(found.fresh), found.closed


def test_no_digest_tells_of_them_before_a_person_has_confirmed_one(tmp_path):
    office = Office(tmp_path)
    office.judge(NEXT_WEEK, [ARITHMETIC, BACKDATED, OTHER_NAME])
    assert told(office) == ({"ARI-01"}, 0, 0)
    with office.store.write() as connection:
        review.decide(connection, BACKDATED.id, "confirm", author="经办", reason="已核对两次快照")
    rules, fresh, _ = told(office)
    assert rules == {"ARI-01", "PUB-05"}
    assert fresh == 1


def test_the_text_of_a_digest_holds_no_word_of_them(tmp_path):
    office = Office(tmp_path)
    office.judge(NEXT_WEEK, [ARITHMETIC, BACKDATED, OTHER_NAME])
    with office.store.read() as connection:
        built = digest.build(connection, Roster.load(), office.loaded(), clock.parse("2026-02-16T09:00:00+08:00"))
    assert built
    for alert in built:
        assert "核查记录不一致" not in alert.text + alert.html
        assert "别处市水利局" not in alert.text + alert.html


def test_what_was_cleared_unasked_was_never_a_case(tmp_path):
    office = Office(tmp_path)
    office.judge(NEXT_WEEK, [ARITHMETIC, BACKDATED])
    office.judge("2026-02-10T09:00:00+08:00", [ARITHMETIC])
    assert told(office)[2] == 0


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("finding", [BACKDATED, OTHER_NAME])
def test_the_operator_sees_them_as_a_question(finding, lang):
    remark = wording.addressee(finding, lang)
    assert ("人工" if lang == "zh" else "person") in remark


def test_one_who_was_confirmed_or_another_rule_is_told():
    open_one = StoredFinding(BACKDATED, FindingState.OPEN, "t", "t")
    assert situation.unasked(open_one)
    assert not situation.unasked(dataclasses.replace(open_one, state=FindingState.CONFIRMED))
    assert not situation.unasked(StoredFinding(ARITHMETIC, FindingState.OPEN, "t", "t"))
    assert situation.unasked(StoredFinding(Finding("PUB-13", 1, "I", "fail", "b", "own", 2025), FindingState.CONFIRMED,
                                           "t", "t"))
