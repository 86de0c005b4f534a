"""Reports of different bodies that read alike: found among many, told of both, compared again only where news is."""

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler import clock
from crawler.model import Body
from crawler.roster import Roster
from crawler.store import Store
from monitor import holdings, lookalikes, records, review, workers
from monitor.rules import similarity
from tests.monitor.reports import report

AT, LATER = "2026-02-09T09:00:00+08:00", "2026-02-16T09:00:00+08:00"
LETTERS = [chr(0x4e00 + place) for place in range(900)]


def prose(seed, length=900):
    drawn = random.Random(seed)
    return "".join(drawn.choice(LETTERS) for _ in range(length))


def changed(text, share, seed=0):
    """The text with this share of its characters exchanged."""
    drawn = random.Random(seed)
    return "".join(drawn.choice(LETTERS) if drawn.random() < share else letter for letter in text)


def signatures(texts):
    return np.frombuffer(b"".join(map(lookalikes.sign, texts)), dtype="<u4").reshape(len(texts), -1)


# ---------------------------------------------------------------- signatures and candidates
def test_a_text_too_short_to_tell_has_no_signature():
    assert lookalikes.sign("很短的文字") == b""
    assert len(lookalikes.sign(prose(1))) == 4 * 126


def test_a_signature_depends_on_the_text_alone():
    assert lookalikes.sign(prose(1)) == lookalikes.sign(prose(1)) != lookalikes.sign(prose(2))


def test_the_estimate_comes_near_the_true_share():
    texts = [prose(7), *(changed(prose(7), share, seed) for seed, share in enumerate((0.01, 0.03, 0.1)))]
    pairs = np.array([[0, place] for place in range(1, len(texts))])
    for place, share in enumerate(lookalikes.estimates(signatures(texts), pairs), 1):
        assert share == pytest.approx(similarity.alike(texts[0], texts[place]), abs=lookalikes._SLACK)


def test_texts_alike_by_the_rules_measure_meet_and_others_do_not():
    pairs = [(prose(seed), changed(prose(seed), 0.032, seed)) for seed in range(150)]
    shares = [similarity.alike(*pair) for pair in pairs]
    assert min(shares) < 0.93
    texts = [text for pair in pairs for text in pair]
    found = {tuple(pair) for pair in lookalikes.candidates(signatures(texts)).tolist()}
    alike = {(2 * place, 2 * place + 1) for place, share in enumerate(shares) if share >= similarity.ANOTHER}
    assert len(alike - found) <= len(alike) // 100
    assert len(found) < 2 * len(pairs)


@settings(max_examples=20)
@given(st.lists(st.integers(0, 6), min_size=0, max_size=14))
def test_identical_texts_always_meet_once(seeds):
    texts = [prose(seed, 150) for seed in seeds]
    found = lookalikes.candidates(signatures(texts) if texts else np.empty((0, 126), dtype="<u4")).tolist()
    assert len({tuple(pair) for pair in found}) == len(found)
    wanted = {(one, other) for one in range(len(seeds)) for other in range(one + 1, len(seeds))
              if seeds[one] == seeds[other]}
    assert wanted <= {tuple(pair) for pair in found}


def test_in_a_crowd_each_keeps_its_nearest():
    texts = [prose(1)] * 120
    signed = signatures(texts)
    pairs = lookalikes.candidates(signed)
    near = lookalikes.nearest(pairs, lookalikes.estimates(signed, pairs), 0.9)
    assert set(near.ravel().tolist()) == set(range(120))
    assert len(near) <= 120 * lookalikes._NEAREST * 2


# ---------------------------------------------------------------- the store
class Room:
    def __init__(self, folder, *bodies):
        self.store = Store(folder / "n.db")
        self.store.migrate(records.monitor_schema)
        with self.store.write() as connection:
            records.ensure_figures(connection)
        self.roster = Roster.of(bodies, [])

    def put(self, body, text, version=1, sha="", year=2025, scope="own"):
        fifth = "存在的问题与改进措施：" + text[::-1][:120]
        seen = report(year, {1: text, 5: fifth}, sha256=sha or f"{body}{version}" * 8,
                      body=self.roster.bodies[body].name)
        with self.store.write() as connection:
            records.put_report(connection, seen, address=f"http://x.example/{body}/{scope}", content="c", portal="p",
                               body=body, scope=scope, year=year, verdict="report", reason="", version=version,
                               first=(AT, "r"), last=(AT, "r"))

    def compare(self, at=AT, processes=1):
        with self.store.read() as connection:
            held = holdings.Holdings(connection, self.roster, [])
        with workers.Crew(self.store.path, self.roster, processes) as crew:
            return lookalikes.compare(self.store, held, crew, clock.parse(at))

    def told(self):
        with self.store.read() as connection:
            return {(each.finding.body, each.finding.subject): each
                    for each in review.list_findings(connection, rules=["YOY-07"])}


def body(key, kind="department", **more):
    return Body(id=key, name=f"示例县{key}局", kind=kind, level="county", **more)


@pytest.fixture
def room(tmp_path):
    return Room(tmp_path, body("财政"), body("水利"), body("民政"), body("教育"))


def test_both_sides_are_told_of_each_other_and_nobody_else(room):
    for name, seed in (("财政", 1), ("水利", 1), ("民政", 2), ("教育", 3)):
        room.put(name, prose(seed))
    done = room.compare()
    assert (done.signed, len(done.changes.new)) == (4, 2)
    told = room.told()
    assert set(told) == {("财政", "水利.own"), ("水利", "财政.own")}
    finding = told["财政", "水利.own"].finding
    assert (finding.severity, finding.parameters["other"], finding.parameters["p"]) == ("W", "示例县水利局", "100.0%")
    assert finding.evidence["passages"][0]["other"]["text"]


def test_nothing_is_compared_twice_and_findings_stay_seen(room):
    for name, seed in (("财政", 1), ("水利", 1), ("民政", 2)):
        room.put(name, prose(seed))
    room.compare()
    again = room.compare(LATER)
    assert (again.signed, again.pairs, again.changes.new, again.changes.cleared) == (0, 0, [], [])
    assert {each.last_seen for each in room.told().values()} == {LATER}


def test_a_new_look_alike_leaves_older_findings_of_its_partner(room):
    for name in ("财政", "水利"):
        room.put(name, prose(1))
    room.compare()
    room.put("民政", prose(1))
    done = room.compare(LATER)
    assert (done.signed, len(done.changes.new), done.changes.cleared) == (1, 4, [])
    assert len(room.told()) == 6


def test_a_rewritten_report_clears_both_sides(room):
    for name in ("财政", "水利"):
        room.put(name, prose(1))
    room.compare()
    room.put("水利", prose(9), version=2)
    done = room.compare(LATER)
    assert (done.signed, len(done.changes.cleared)) == (1, 2)
    assert room.told() == {}


def test_a_report_that_is_gone_clears_its_partners_finding(room):
    for name in ("财政", "水利"):
        room.put(name, prose(1))
    room.compare()
    with room.store.write() as connection:
        connection.execute("UPDATE report SET verdict = 'other' WHERE body = '水利'")
    assert len(room.compare(LATER).changes.cleared) == 2
    assert room.told() == {}


def test_one_document_for_two_bodies_other_years_and_own_scopes_accuse_nobody(room):
    room.put("财政", prose(1), sha="ab" * 32)
    room.put("水利", prose(1), sha="ab" * 32)
    room.put("民政", prose(1), year=2024)
    room.put("教育", prose(4))
    room.put("教育", prose(4), scope="consolidated", sha="cd" * 32)
    room.compare()
    assert room.told() == {}


def test_a_government_and_its_own_office_get_a_note(tmp_path):
    made = Room(tmp_path, body("县", kind="government"), body("办", kind="government_office", acts_as="县"))
    made.put("县", prose(1))
    made.put("办", prose(1))
    made.compare()
    assert {each.finding.severity for each in made.told().values()} == {"I"}


def test_of_many_look_alikes_the_nearest_three_are_told(tmp_path):
    made = Room(tmp_path, *(body(f"b{place}") for place in range(8)))
    for place in range(8):
        made.put(f"b{place}", changed(prose(1), 0.001 * place, place))
    made.compare()
    told = made.told()
    assert {sum(key == f"b{place}" for key, _ in told) for place in range(8)} == {lookalikes.TOLD}


@pytest.mark.slow
def test_processes_find_what_one_process_finds(tmp_path, monkeypatch):
    monkeypatch.setattr(lookalikes, "_MANY", 2)
    made = Room(tmp_path, *(body(f"b{place}") for place in range(12)))
    for place in range(12):
        made.put(f"b{place}", prose(place // 2))
    made.compare(processes=2)
    assert len(made.told()) == 12
