"""Which bodies' reports on one year read alike, at the size of a country: candidates by MinHash, confirmed exactly.

Promises: each text is signed once (datasketch MinHash over character trigrams) and kept; of all pairs only those that
share a band of their signatures are looked at, and only those of reports that changed, or whose look-alike changed, are
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
from monitor.holdings import Holdings, Kept, Key, Records
from monitor.model import Finding, Standing
from monitor.rules import catalogue, similarity
from monitor.rules.catalogue import Pair

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from crawler.model import Body
    from crawler.roster import Roster

VERSION = 1
"""Raised when texts are signed otherwise: then every text is signed again."""
TOLD = 3
"""Other bodies told for one report, the most alike first."""
_BANDS, _ROWS = 21, 6
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
def _spread(numbers: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Each number spread over 32 bits, as the signatures want them."""
    import numpy as np

    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        numbers = (numbers ^ (numbers >> np.uint64(shift))) * np.uint64(factor)
    spread: NDArray[np.uint64] = (numbers ^ (numbers >> np.uint64(31))) & np.uint64(0xFFFFFFFF)
    return spread


@functools.cache
def _unsigned() -> Any:
    """An empty MinHash; making its permutations takes longer than signing a text."""
    from datasketch import MinHash

    return MinHash(num_perm=_BANDS * _ROWS, seed=1, scheme="affine32", hashfunc=_itself)


def _itself(value: Any) -> Any:
    return value


def sign(text: str) -> bytes:
    """The signature of a text as it is compared; empty for one too short to tell."""
    if len(text) < similarity.LEAST:
        return b""
    signed = _unsigned().copy()
    signed.update_batch(_spread(similarity.trigrams(text)))
    return bytes(signed.hashvalues.astype("<u4").tobytes())


def sign_lot(held: Records, lot: tuple[Sequence[tuple[Kept, str]], Mapping[Key, dict[str, Any]]],
             ) -> list[tuple[Kept, str, bytes]]:
    """The texts of one lot signed, with their marks."""
    wanted, told = lot
    held.know(told)
    return [(kept, mark, sign(similarity.own_words(held.words(kept)).text)) for kept, mark in wanted]


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
    for start in range(0, len(pairs), 1 << 16):
        part = pairs[start:start + (1 << 16)]
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


def confirm_lot(held: Records, lot: tuple[Sequence[Couple], Mapping[Key, dict[str, Any]]],
                ) -> list[tuple[Key, float, Finding]]:
    """What the rule finds for each couple, seen from either side: (key, share, finding)."""
    couples, told = lot
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


def compare(store: Store, roster: Roster, standings: Sequence[Standing], at: datetime, *, since: int | None = None,
            processes: int = 1, on_progress: OnProgress | None = None) -> Compared:
    """Hold every stored report against the other bodies' of its year, as far as anything changed since the last time;
    each year is written in a transaction of its own."""
    done, moment = Compared(), at.isoformat(timespec="seconds")
    with store.read() as connection:
        held = Holdings(connection, roster, standings)
        marks = {key: _mark(held, key) for key in held.rows}
        compared = {(row["body"], row["scope"], row["year"]): row["mark"]
                    for row in connection.execute("SELECT * FROM compared")}
    changed = {key for key, mark in marks.items() if compared.get(key) != mark}
    gone = {key for key in compared if key not in marks}
    _sign(store, held, marks, processes, done, on_progress)
    for year in sorted({key[2] for key in changed | gone}):
        _compare_year(store, held, year, [{key for key in keys if key[2] == year} for keys in (changed, gone)], marks,
                      moment, since, processes, done)
    with store.write() as connection:
        ids = json.dumps(sorted(catalogue.ids_over("pair")))
        connection.execute("UPDATE finding SET last_seen = ? WHERE cleared IS NULL AND rule IN "
                           "(SELECT value FROM json_each(?))", (moment, ids))
    return done


def _mark(held: Holdings, key: Key) -> str:
    """Changes with the report, its reading, its body's names, its pack and the rules over pairs."""
    row = held.rows[key]
    rules = [(each, catalogue.text_of(each).version) for each in sorted(catalogue.ids_over("pair"))]
    content = [VERSION, _program(), row["id"], row["reader_version"], row["sha256"], held.facts(key[0]).get("names")]
    return f"{_hash(content)}.{_hash([rules, held.pack(key[0], key[2])])}"


@functools.cache
def _program() -> str:
    """Hash of what a text is before it is signed, so that a version nobody raised leaves no stale signature."""
    return hashlib.sha256(Path(similarity.__file__).read_bytes()).hexdigest()[:16]


def _hash(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, ensure_ascii=False, sort_keys=True).encode()).hexdigest()[:16]


def _sign(store: Store, held: Holdings, marks: Mapping[Key, str], processes: int, done: Compared,
          on_progress: OnProgress | None) -> None:
    with store.read() as connection:
        known = {(row["body"], row["scope"], row["year"]): row["mark"] for row in connection.execute(
            "SELECT body, scope, year, mark FROM text_signature")}
    wanted = [((key, held.rows[key]["id"]), mark.partition(".")[0]) for key, mark in marks.items()
              if known.get(key) != mark.partition(".")[0]]
    lots = ((lot, {kept[0]: held.facts(kept[0][0]) for kept, _ in lot}) for lot in workers.cut(wanted, _LOT))
    results = workers.results(store.path, sign_lot, lots, processes if len(wanted) >= _MANY else 1)
    for lot in _lots_of(results, _WRITTEN):
        with store.write() as connection:
            connection.executemany(
                "INSERT INTO text_signature (body, scope, year, mark, signature) VALUES (?, ?, ?, ?, ?) "
                "ON CONFLICT DO UPDATE SET mark = excluded.mark, signature = excluded.signature",
                [(*kept[0], mark, signature) for kept, mark, signature in lot])
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
                  at: str, since: int | None, processes: int, done: Compared) -> None:
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
    for key, share, finding in workers.results(store.path, confirm_lot, lots,
                                               processes if len(couples) >= _MANY else 1):
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
