"""Which bodies' reports on one year read alike, at the size of a country: candidates by MinHash, confirmed exactly.

Promises: each text is signed once (MinHash over character trigrams) and kept; of all pairs only those that share a
band of their signatures are looked at, and only those of reports that changed, or whose look-alike changed, are
confirmed by the rule itself; the nearest `TOLD` other bodies are told. Texts whose Dice share is 0.90 meet with more
than 99.9 %. Leaves alone: what likeness means (rules/similarity.py).
"""

from __future__ import annotations

import functools
import hashlib
import json
import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crawler.store import Store
from monitor import judging, review, workers
from monitor.holdings import Holdings, Kept, Key, hashed
from monitor.model import Finding
from monitor.rules import catalogue, similarity
from monitor.rules.catalogue import Pair

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from crawler.model import Body
    from extract.model import Report

VERSION = 2
"""Raised when texts are signed otherwise: then every text is signed again."""
TOLD = 3
"""Other bodies told for one report, the most alike first."""
_BANDS, _ROWS = 21, 6
_AT_ONCE = 1024
"""Trigrams hashed, and pairs estimated, in one go: what stays in a processor's cache."""
_NEXT = 40
"""In a crowd of texts that share a band, each is held against the next so many."""
_NEAREST = 2 * TOLD + 2
"""Candidates of one report that are confirmed exactly, the nearest by their signatures."""
_SLACK = 0.08
"""How far an estimate of 126 hashes may lie under the true share: four standard deviations."""
_MANY = 400
"""Texts or pairs from which processes of their own are worth their start."""
_LOT, _WRITTEN = 200, 5000
OnProgress = Callable[[int, int], None]


# ---------------------------------------------------------------- signatures
def _spread(numbers: NDArray[np.uint64]) -> NDArray[np.uint32]:
    """Each number spread over 32 bits, as the signatures want them."""
    import numpy as np

    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        numbers = (numbers ^ (numbers >> np.uint64(shift))) * np.uint64(factor)
    return (numbers ^ (numbers >> np.uint64(31))).astype(np.uint32)


@functools.cache
def _permutations() -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
    """Factors and summands of the hash functions, one below the other: x → factor · x + summand modulo 2³², which is a
    permutation where the factor is odd. The stream they are drawn from is the one numpy never changes."""
    import numpy as np

    factors, summands = np.random.RandomState(1).randint(0, 1 << 32, (2, _BANDS * _ROWS, 1), dtype=np.uint32)
    return factors | np.uint32(1), summands


def sign(text: str) -> bytes:
    """The signature of a text as it is compared: of each hash function the least value over its trigrams; empty for a
    text too short to tell."""
    import numpy as np

    if len(text) < similarity.LEAST:
        return b""
    factors, summands = _permutations()
    least = np.full(_BANDS * _ROWS, 0xFFFFFFFF, dtype=np.uint32)
    for part in workers.cut(_spread(similarity.trigrams(text)), _AT_ONCE):
        least = np.minimum(least, (factors * part + summands).min(axis=1))
    return least.astype("<u4").tobytes()


def signature(report: Report) -> bytes:
    """The signature of a report's own words."""
    return sign(similarity.own_words(report).text)


def sign_lot(desk: workers.Desk, lot: tuple[Sequence[tuple[Kept, str]], Mapping[Key, dict[str, Any]]],
             ) -> list[tuple[Key, str, bytes]]:
    """The texts of one lot signed, with their marks."""
    wanted, told = lot
    desk.records.know(told)
    return [(kept[0], mark, signature(desk.records.words(kept))) for kept, mark in wanted]


# ---------------------------------------------------------------- candidates
def candidates(signatures: NDArray[np.uint32]) -> NDArray[np.int64]:
    """Pairs (row, other row) whose signatures agree in a whole band, each once, row < other row."""
    import numpy as np

    total = len(signatures)
    found: list[NDArray[np.int64]] = []
    for band in range(_BANDS):
        values = np.ascontiguousarray(signatures[:, band * _ROWS:(band + 1) * _ROWS])
        keys = values.view(np.dtype((np.void, values.dtype.itemsize * _ROWS))).ravel()
        _, numbers = np.unique(keys, return_inverse=True)
        order = np.argsort(numbers, kind="stable")
        ordered = numbers[order]
        for step in range(1, min(_NEXT, total - 1) + 1):
            same = np.flatnonzero(ordered[step:] == ordered[:-step])
            if not len(same):
                break
            found.append(order[same].astype(np.int64) * total + order[same + step])
    if not found:
        return np.empty((0, 2), dtype=np.int64)
    codes = np.sort(np.concatenate(found))  # np.unique takes five times as long on millions
    codes = codes[np.concatenate(([True], codes[1:] != codes[:-1]))]
    return np.stack((codes // total, codes % total), axis=1)


def estimates(signatures: NDArray[np.uint32], pairs: NDArray[np.int64]) -> NDArray[np.float64]:
    """The Dice share of each pair, as their signatures estimate it."""
    import numpy as np

    shares = np.empty(len(pairs), dtype=np.float64)
    for start in range(0, len(pairs), _AT_ONCE):
        part = pairs[start:start + _AT_ONCE]
        shares[start:start + len(part)] = (signatures[part[:, 0]] == signatures[part[:, 1]]).mean(axis=1)
    return 2 * shares / (1 + shares)


def nearest(pairs: NDArray[np.int64], shares: NDArray[np.float64], least: float) -> NDArray[np.int64]:
    """The pairs that may reach `least`, of each row only the nearest few."""
    import numpy as np

    kept = shares >= least - _SLACK
    pairs, shares = pairs[kept], shares[kept]
    chosen = np.zeros(len(pairs), dtype=bool)
    for side in (0, 1):
        order = np.lexsort((-shares, pairs[:, side]))
        rows = pairs[order, side]
        first = np.concatenate(([True], rows[1:] != rows[:-1])) if len(rows) else np.empty(0, dtype=bool)
        begun = np.maximum.accumulate(np.where(first, np.arange(len(rows)), 0)) if len(rows) else first
        chosen[order[np.arange(len(rows)) - begun < _NEAREST]] = True
    return pairs[chosen]


# ---------------------------------------------------------------- confirming
@dataclass(frozen=True, slots=True)
class Couple:
    """Two reports to hold against each other, with the names findings print."""

    one: Kept
    other: Kept
    names: tuple[str, str]
    own_office: bool = False


def confirm_lot(desk: workers.Desk, lot: tuple[Sequence[Couple], Mapping[Key, dict[str, Any]]],
                ) -> list[tuple[Key, float, Finding]]:
    """What the rule finds for each couple, seen from either side: (key, share, finding)."""
    couples, told = lot
    held = desk.records
    held.know(told)
    found = []
    for couple in couples:
        for mine, theirs, name in ((couple.one, couple.other, couple.names[1]),
                                   (couple.other, couple.one, couple.names[0])):
            pair = Pair(held.load(mine), held.load(theirs), theirs[0], name, couple.own_office)
            for finding in judging.judge_pair(pair, judging.Named(*mine[0], mine[1])).findings:
                found.append((mine[0], float(finding.right or 0), finding))
    return found


# ---------------------------------------------------------------- the store
@dataclass(slots=True)
class Compared:
    """What one comparison did: texts signed, pairs confirmed or refuted, changes of findings."""

    signed: int = 0
    pairs: int = 0
    changes: review.Changes = field(default_factory=lambda: review.Changes([], [], []))


def compare(store: Store, held: Holdings, crew: workers.Crew, at: datetime, *, since: int | None = None,
            on_progress: OnProgress | None = None) -> Compared:
    """Hold every stored report against the other bodies' of its year, as far as anything changed since the last time;
    each year is written in a transaction of its own."""
    done, moment = Compared(), at.isoformat(timespec="seconds")
    texts = text_marks(held, held.rows)
    marks = _marks(held, texts)
    with store.read() as connection:
        compared = {(row["body"], row["scope"], row["year"]): row["mark"]
                    for row in connection.execute("SELECT * FROM compared")}
    changed = {key for key, mark in marks.items() if compared.get(key) != mark}
    gone = {key for key in compared if key not in marks}
    _sign(store, held, texts, crew, done, on_progress)
    for year in sorted({key[2] for key in changed | gone}):
        _compare_year(store, held, year, [{key for key in keys if key[2] == year} for keys in (changed, gone)], marks,
                      moment, since, crew, done)
    with store.write() as connection:
        ids = json.dumps(sorted(catalogue.ids_over("pair")))
        connection.execute("UPDATE finding SET last_seen = ? WHERE cleared IS NULL AND rule IN "
                           "(SELECT value FROM json_each(?))", (moment, ids))
    return done


def text_marks(held: Holdings, keys: Iterable[Key]) -> dict[Key, str]:
    """Marks of what a signature rests on: the report, its reading and its body's names."""
    rows = ((key, held.rows[key]) for key in keys)
    return {key: hashed([VERSION, _program(), row["id"], row["reader_version"], row["sha256"],
                         held.facts(key[0]).get("names")]) for key, row in rows}


def _marks(held: Holdings, texts: Mapping[Key, str]) -> dict[Key, str]:
    """Marks that change with the text's, its body's pack and the rules over pairs."""
    rules = [(each, catalogue.text_of(each).version) for each in sorted(catalogue.ids_over("pair"))]
    return {key: f"{text}.{hashed([rules, held.pack(key[0], key[2])])}" for key, text in texts.items()}


@functools.cache
def _program() -> str:
    """Hash of what a text is before it is signed, so that a version nobody raised leaves no stale signature."""
    return hashlib.sha256(Path(similarity.__file__).read_bytes()).hexdigest()[:16]


def unsigned(connection: sqlite3.Connection, texts: Mapping[Key, str]) -> dict[Key, str]:
    """Which of these `text_marks` have no signature yet."""
    known = {(row["body"], row["scope"], row["year"]): row["mark"] for row in connection.execute(
        "SELECT body, scope, year, mark FROM text_signature")}
    return {key: mark for key, mark in texts.items() if known.get(key) != mark}


def keep_signatures(connection: sqlite3.Connection, signed: Iterable[tuple[Key, str, bytes]]) -> None:
    """Write signatures with their marks; call it inside a write transaction."""
    connection.executemany(
        "INSERT INTO text_signature (body, scope, year, mark, signature) VALUES (?, ?, ?, ?, ?) "
        "ON CONFLICT DO UPDATE SET mark = excluded.mark, signature = excluded.signature",
        [(*key, mark, signature) for key, mark, signature in signed])


def _sign(store: Store, held: Holdings, texts: Mapping[Key, str], crew: workers.Crew, done: Compared,
          on_progress: OnProgress | None) -> None:
    with store.read() as connection:
        wanted = [((key, held.rows[key]["id"]), mark) for key, mark in unsigned(connection, texts).items()]
    lots = ((lot, {kept[0]: held.facts(kept[0][0]) for kept, _ in lot}) for lot in workers.cut(wanted, _LOT))
    results = crew.results(sign_lot, lots, len(wanted) >= _MANY)
    for lot in _lots_of(results, _WRITTEN):
        with store.write() as connection:
            keep_signatures(connection, lot)
        done.signed += len(lot)
        if on_progress:
            on_progress(done.signed, len(wanted))


def _lots_of(results: Iterator[Any], size: int) -> Iterator[list[Any]]:
    lot: list[Any] = []
    for each in results:
        lot.append(each)
        if len(lot) == size:
            yield lot
            lot = []
    if lot:
        yield lot


def _compare_year(store: Store, held: Holdings, year: int, news: Sequence[set[Key]], marks: Mapping[Key, str],
                  at: str, since: int | None, crew: workers.Crew, done: Compared) -> None:
    changed, gone = news
    with store.read() as connection:
        keys, signatures = _signatures(connection, held, year)
        affected = changed | {key for key in _told_of(connection, year, changed | gone) if key in held.rows}
    near = _near(held, keys, signatures)
    # Whoever reads like a changed report is judged again too, with all that it reads like.
    affected |= {key for pair in near if affected.intersection(pair) for key in pair}
    couples = [_couple(held, *pair) for pair in near if affected.intersection(pair)]
    lots = ((lot, {key: held.told(key) for couple in lot for key in (couple.one[0], couple.other[0])})
            for lot in workers.cut(couples, _LOT))
    found: dict[Key, list[tuple[float, Finding]]] = defaultdict(list)
    for key, share, finding in crew.results(confirm_lot, lots, len(couples) >= _MANY):
        if key in affected:
            found[key].append((share, finding))
    done.pairs += len(couples)
    told = [finding for members in found.values()
            for _, finding in sorted(members, key=lambda each: (-each[0], each[1].subject))[:TOLD]]
    with store.write() as connection:
        changes = review.put_findings(connection, told, pairs=sorted(affected | gone), at=at, since=since)
        done.changes.new += changes.new
        done.changes.changed += changes.changed
        done.changes.cleared += changes.cleared
        connection.executemany("INSERT INTO compared (body, scope, year, mark) VALUES (?, ?, ?, ?) ON CONFLICT DO "
                               "UPDATE SET mark = excluded.mark", [(*key, marks[key]) for key in changed])
        for table in ("compared", "text_signature"):
            connection.executemany(f"DELETE FROM {table} WHERE body = ? AND scope = ? AND year = ?", sorted(gone))


def _signatures(connection: sqlite3.Connection, held: Holdings, year: int) -> tuple[list[Key], NDArray[np.uint32]]:
    """Keys of the year whose text is long enough, neighbours together, and their signatures row by row."""
    import numpy as np

    rows = [(key, row["signature"]) for row in connection.execute(
        "SELECT body, scope, year, signature FROM text_signature WHERE year = ? AND signature != x''", (year,))
        if (key := (row["body"], row["scope"], row["year"])) in held.rows]
    rows.sort(key=lambda row: (held.group(row[0]), row[0]))
    values = np.frombuffer(b"".join(signature for _, signature in rows), dtype="<u4").reshape(-1, _BANDS * _ROWS)
    return [key for key, _ in rows], values


def _told_of(connection: sqlite3.Connection, year: int, news: Iterable[Key]) -> Iterator[Key]:
    """Keys whose open findings name one of these reports as the look-alike."""
    subjects = {f"{body}.{scope}" for body, scope, _ in news}
    ids = json.dumps(sorted(catalogue.ids_over("pair")))
    for row in connection.execute("SELECT body, scope, year, subject FROM finding WHERE year = ? AND cleared IS NULL "
                                  "AND rule IN (SELECT value FROM json_each(?))", (year, ids)):
        if row["subject"] in subjects:
            yield row["body"], row["scope"], row["year"]


def _near(held: Holdings, keys: Sequence[Key], signatures: NDArray[np.uint32]) -> list[tuple[Key, Key]]:
    """Pairs of different bodies' reports whose signatures say that they may read alike; one report that serves both
    (a joint one) is no pair."""
    least = min((held.packs.local(held.roster.bodies.get(key[0]), key[2]).thresholds.get("YOY-07", similarity.ANOTHER)
                 for key in keys), default=similarity.ANOTHER) if held.packs.packs else similarity.ANOTHER
    pairs = candidates(signatures)
    near = nearest(pairs, estimates(signatures, pairs), least).tolist()
    return [(keys[one], keys[other]) for one, other in near if keys[one][0] != keys[other][0]
            and held.rows[keys[one]]["id"] != held.rows[keys[other]]["id"]]


def _couple(held: Holdings, one: Key, other: Key) -> Couple:
    first, second = (held.roster.bodies.get(key[0]) for key in (one, other))
    return Couple((one, held.rows[one]["id"]), (other, held.rows[other]["id"]), (_name(first), _name(second)),
                  _own_office(first, second))


def _name(body: Body | None) -> str:
    return body.name if body else ""


def _own_office(one: Body | None, other: Body | None) -> bool:
    """Whether one is the office that acts for the other government."""
    for office, government in ((one, other), (other, one)):
        if office and government and office.kind == "government_office" and (
                office.acts_as == government.id or (office.parent == government.id
                                                    and government.kind in ("government", "township"))):
            return True
    return False
