"""Judging the store: only what changed since the last judgement, in as many processes as there are, with one writer.

Promises: a report is judged again when another version fulfils its obligation, it was read by a newer reader, a rule or
a local pack changed, or a report changed that its chain of years or its level rests on; where rules or packs changed,
it is told what moved by it. A judgement that was killed goes on where it stopped. Leaves alone: what rules test
(rules/), what holds doubt back (judging.py), texts of other bodies (lookalikes.py).
"""

from __future__ import annotations

import itertools
import json
import sqlite3
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from crawler import clock
from crawler.store import Store
from monitor import circumstances, judging, lookalikes, records, review, standing, workers
from monitor.holdings import Holdings, Key, Records, Task
from monitor.model import Finding, Obligation, Standing, Status
from monitor.rules import catalogue
from monitor.rules.catalogue import Level, Years

if TYPE_CHECKING:
    from crawler.roster import Roster

MANY = 300
"""Reports to judge from which processes of their own are worth their start."""
_LOT, _LARGEST, _WRITTEN = 100, 400, 2000
"""Reports judged in one go by a worker, at least and at most, and written in one transaction."""
_STANDINGS = 500
"""Standings judged in one go."""
OnProgress = Callable[[int, int], None]
Lot = tuple[Sequence[Task], dict[Key, dict[str, Any]], set[Key]]
"""Tasks, what the roster tells of every report they need, and those whose text is to be signed."""
StandingsLot = tuple[Sequence[Standing], dict[review.Key, Obligation], list[dict[str, Any]], datetime]
"""Standings, what of them is owed, what local packs change for each, and the moment of judging."""
Result = tuple[Key, list[Finding], bytes | None]
"""What judging one report came to, and its text's signature where it was asked for."""


@dataclass(frozen=True, slots=True)
class Moved:
    """What one rule's findings did on reports that did not change themselves. `before` and `after` are its versions,
    0 where there was, or is, no such rule; equal where a local pack moved it."""

    rule: str
    before: int
    after: int
    new: int = 0
    changed: int = 0
    cleared: int = 0


@dataclass(slots=True)
class Rejudged(review.Changes):
    """What one judgement did: changes of findings by id, how many reports it judged, what rules moved."""

    reports: int = 0
    moved: list[Moved] = field(default_factory=list)
    tally: dict[str, Counter[str]] = field(default_factory=dict)
    """New, changed and cleared by rule, on reports judged again only since rules or packs changed."""

    def take(self, changes: review.Changes) -> None:
        self.new += changes.new
        self.changed += changes.changed
        self.cleared += changes.cleared

    def to_record(self) -> dict[str, Any]:
        return {"new": self.new, "changed": self.changed, "cleared": self.cleared, "reports": self.reports,
                "moved": [asdict(each) for each in self.moved]}


# ---------------------------------------------------------------- one report of the store
def judge_task(task: Task, held: Records) -> list[Finding]:
    """Every rule over one stored report; `held` must know its facts."""
    report = held.load((task.key, task.report))
    level = None
    if task.key[1] == "consolidated":
        level = Level(report, held.load(task.own) if task.own else None,
                      {name: held.load((key, identity)) for name, key, identity in task.members}, task.owing)
    joined = Years(report, joined=[held.load(each) for each in task.joined], reorganised=task.reorganised,
                   unheld=task.unheld)
    named = judging.Named(*task.key, task.report)
    return judging.judge(report, named, {each[0][2]: held.load(each) for each in task.earlier}, joined=joined,
                         level=level, stored=True).findings


# ---------------------------------------------------------------- what is due
@dataclass(slots=True)
class _Due:
    """Keys whose mark differs from the judged one, those that are as they were, and those no report stands for."""

    marks: dict[Key, str]
    only_rules: set[Key]
    unchanged: list[Key]
    gone: list[review.Key]


def _due(connection: sqlite3.Connection, held: Holdings) -> _Due:
    judged: dict[review.Key, str] = {(row["body"], row["scope"], row["year"]): row["mark"]
                                     for row in connection.execute("SELECT * FROM judged")}
    due = _Due({}, set(), [], [])
    for key in held.rows:
        mark = held.mark(key)
        if judged.get(key) == mark:
            due.unchanged.append(key)
            continue
        due.marks[key] = mark
        if judged.get(key, "").rpartition(".")[2] == mark.rpartition(".")[2]:
            due.only_rules.add(key)
    due.gone = [key for key in judged if key not in held.rows]
    return due


def _tasks(held: Holdings, keys: Iterable[Key]) -> list[Task]:
    """Tasks that share reports one after another, so that each report is unpacked once."""
    return [held.task(key) for key in sorted(keys, key=lambda key: (held.group(key), key[1], key[0]))]


# ---------------------------------------------------------------- ahead, in processes
def ahead(store: Store, held: Holdings, crew: workers.Crew, at: datetime, *, since: int | None = None,
          on_progress: OnProgress | None = None) -> Rejudged:
    """Judge what changed where that is much: by a crew, each lot written in a transaction of its own, so that nobody
    waits for the database and a killed run loses no lot. Texts not yet signed (lookalikes) are signed on the way, since
    they are unpacked anyway. Does nothing where little changed."""
    done = Rejudged([], [], [])
    with store.read() as connection:
        due = _due(connection, held)
        if len(due.marks) < MANY:
            return done
        unsigned = lookalikes.unsigned(connection, lookalikes.text_marks(held, due.marks))
    tasks = _tasks(held, due.marks)
    moment = at.isoformat(timespec="seconds")
    results = crew.results(judge_lot, _lots(held, tasks, unsigned))
    for lot in iter(lambda: list(itertools.islice(results, _WRITTEN)), []):
        with store.write() as connection:
            _keep(connection, lot, due, moment, since, done)
            lookalikes.keep_signatures(connection, [(key, unsigned[key], signature) for key, _, signature in lot
                                                    if signature is not None])
        if on_progress:
            on_progress(done.reports, len(tasks))
    return done


def _lots(held: Holdings, tasks: Iterable[Task], unsigned: Collection[Key] = ()) -> Iterator[Lot]:
    """Tasks in lots, each with what the roster tells of every report it needs; what shares reports stays together."""
    lot: list[Task] = []
    for _, together in itertools.groupby(tasks, key=lambda task: held.group(task.key)[0]):
        for task in together:
            lot.append(task)
            if len(lot) >= _LARGEST:
                yield _with_facts(held, lot, unsigned)
                lot = []
        if len(lot) >= _LOT:
            yield _with_facts(held, lot, unsigned)
            lot = []
    if lot:
        yield _with_facts(held, lot, unsigned)


def _with_facts(held: Holdings, lot: Sequence[Task], unsigned: Collection[Key]) -> Lot:
    return (lot, {key: held.told(key) for task in lot for key, _ in task.kept()},
            {task.key for task in lot if task.key in unsigned})


def judge_lot(desk: workers.Desk, lot: Lot) -> list[Result]:
    """Every rule over the reports of one lot."""
    tasks, told, unsigned = lot
    loaded = desk.records
    loaded.know(told)
    return [(task.key, judge_task(task, loaded),
             lookalikes.signature(loaded.load((task.key, task.report))) if task.key in unsigned else None)
            for task in tasks]


# ---------------------------------------------------------------- standings
def of_standings(held: Holdings, crew: workers.Crew, standings: Sequence[Standing], obligations: Iterable[Obligation],
                 at: datetime) -> list[Finding]:
    """What the rules over standings find as of `at`."""
    owed = {_key_of(each): each for each in obligations}
    lots = (_lot_of_standings(held, lot, owed, at)
            for lot in _cut_groups(circumstances.together(held.roster, standings), _STANDINGS))
    return list(crew.results(judge_standings, lots, len(standings) >= standing.MANY))


def _lot_of_standings(held: Holdings, standings: Sequence[Standing], owed: Mapping[review.Key, Obligation],
                      at: datetime) -> StandingsLot:
    return (standings, {key: owed[key] for key in map(_key_of, standings) if key in owed},
            [held.pack(each.body, each.year) for each in standings], at)


def _cut_groups(groups: Iterable[list[Standing]], size: int) -> Iterator[list[Standing]]:
    lot: list[Standing] = []
    for group in groups:
        lot += group
        if len(lot) >= size:
            yield lot
            lot = []
    if lot:
        yield lot


def judge_standings(desk: workers.Desk, lot: StandingsLot) -> list[Finding]:
    """Every rule over the standings of one lot."""
    standings, owed, packs, at = lot
    around = desk.left.get("surroundings")
    if around is None or around.at != at:
        around = desk.left["surroundings"] = circumstances.Surroundings(desk.connection, desk.roster, at)
    return [finding for each, pack in zip(around.over(standings, owed), packs, strict=True)
            for finding in judging.judge_standing(each, pack).findings]


# ---------------------------------------------------------------- writing
def _keep(connection: sqlite3.Connection, lot: Sequence[Result], due: _Due, at: str, since: int | None,
          done: Rejudged) -> None:
    """Write one lot: reports that changed themselves apart from those judged again for changed rules."""
    for again in (False, True):
        part = [(key, findings) for key, findings, _ in lot if (key in due.only_rules) is again]
        if not part:
            continue
        changes = review.put_findings(connection, [each for _, findings in part for each in findings],
                                      reports=[key for key, _ in part], at=at, since=since)
        done.take(changes)
        if again:
            _count(connection, changes, done.tally)
    connection.executemany(
        "INSERT INTO judged (body, scope, year, mark, at) VALUES (?,?,?,?,?) ON CONFLICT DO UPDATE "
        "SET mark = excluded.mark, at = excluded.at", [(*key, due.marks[key], at) for key, _, _ in lot])
    done.reports += len(lot)


def _count(connection: sqlite3.Connection, changes: review.Changes, tally: dict[str, Counter[str]]) -> None:
    for what, ids in (("new", changes.new), ("changed", changes.changed), ("cleared", changes.cleared)):
        for row in connection.execute("SELECT rule, count(*) AS n FROM finding WHERE id IN "
                                      "(SELECT value FROM json_each(?)) GROUP BY rule", (json.dumps(ids),)):
            tally.setdefault(row["rule"], Counter())[what] += row["n"]


def judge_store(connection: sqlite3.Connection, roster: Roster, at: datetime | str, *,
                obligations: Iterable[Obligation] = (), since: int | None = None,
                early: Rejudged | None = None, standings: Sequence[Standing] | None = None,
                found: Sequence[Finding] | None = None) -> Rejudged:
    """Judge what changed since the last judgement, and every standing; call it inside a write transaction.

    `since`: first report year whose findings are no mere history. `at`: the moment of judging. `early`: what `ahead`
    has done already; `standings`: the stored ones, where the caller holds them, and `found`: what `of_standings` has
    found in them.
    """
    moment = at if isinstance(at, str) else at.isoformat(timespec="seconds")
    standings = records.standings(connection) if standings is None else standings
    held, done = Holdings(connection, roster, standings), early or Rejudged([], [], [])
    due, desk = _due(connection, held), workers.Desk(connection, roster)
    for lot in _lots(held, _tasks(held, due.marks)):
        _keep(connection, judge_lot(desk, lot), due, moment, since, done)
    if due.gone:
        # No version is held under these keys any more, e.g. since their scope has become known.
        done.take(review.put_findings(connection, [], reports=due.gone, at=moment, since=since))
        connection.executemany("DELETE FROM judged WHERE body = ? AND scope = ? AND year = ?", due.gone)
    review.touch(connection, due.unchanged, moment)
    if found is None:
        owed = {_key_of(each): each for each in obligations}
        found = judge_standings(desk, _lot_of_standings(held, standings, owed, clock.parse(moment)))
    # What could not be verified closes nothing: "we couldn't look" is not "it was mended".
    looked = [_key_of(each) for each in standings if each.status is not Status.UNVERIFIED]
    looked += _no_longer_owed(connection, standings)
    done.take(review.put_findings(connection, found, standings=looked, at=moment, since=since))
    _remember(connection, done, moment)
    return done


def _key_of(one: Standing | Obligation) -> review.Key:
    return one.body, one.scope, one.year


def _no_longer_owed(connection: sqlite3.Connection, standings: Sequence[Standing]) -> list[review.Key]:
    """Keys of open findings on obligations that the roster has dropped since, in the years that were judged."""
    owed, years = {_key_of(each) for each in standings}, {each.year for each in standings}
    rows = connection.execute("SELECT DISTINCT body, scope, year FROM finding WHERE cleared IS NULL")
    return [key for key in ((row["body"], row["scope"], row["year"]) for row in rows)
            if key not in owed and key[2] in years]


# ---------------------------------------------------------------- what changed rules moved
def _remember(connection: sqlite3.Connection, done: Rejudged, at: str) -> None:
    """Keep the rules this judgement ran, and, where they changed, what moved by it."""
    before = {row["rule"]: row["version"] for row in connection.execute("SELECT rule, version FROM rule_seen")}
    after = {key: catalogue.text_of(key).version for key in catalogue.registered_ids()}
    changed = {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)} if before else set()
    for key in sorted(changed | done.tally.keys()):
        counts = done.tally.get(key, Counter())
        done.moved.append(Moved(key, before.get(key, 0), after.get(key, 0), counts["new"], counts["changed"],
                                counts["cleared"]))
    connection.executemany(
        "INSERT INTO rule_moved (at, rule, before, after, new, changed, cleared) VALUES (?,?,?,?,?,?,?)",
        [(at, each.rule, each.before, each.after, each.new, each.changed, each.cleared) for each in done.moved])
    if changed or not before:
        connection.execute("DELETE FROM rule_seen")
        connection.executemany("INSERT INTO rule_seen (rule, version) VALUES (?, ?)", sorted(after.items()))


def history(connection: sqlite3.Connection) -> list[dict[str, Any]]:
    """What rules moved in this installation, newest first: at, rule, before, after, new, changed, cleared."""
    return [dict(row) for row in connection.execute("SELECT * FROM rule_moved ORDER BY at DESC, rule")]
