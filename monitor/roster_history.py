"""Every state the roster was in: which rows stood there from when to when, and how that moved what is owed.

Promises: a state is kept once, when something of a row changed, with its day, its hash and every row as it stood; rows
that stay are held once. A former state gives its bodies back, so that "名单较上期 +2 −1" counts obligations and not
lines. Leaves alone: the file itself (crawler/importing.py), who changed it and why (its own history).
"""

from __future__ import annotations

import functools
import hashlib
import json
import sqlite3
from collections.abc import Callable, Collection, Iterable
from dataclasses import MISSING, asdict, dataclass, field, fields
from typing import TYPE_CHECKING, Any

from crawler.model import Body, Event
from crawler.roster import Roster
from crawler.store import row_dicts
from monitor import obligations

if TYPE_CHECKING:
    from monitor.settings import Settings

_KNOWN = frozenset(each.name for each in fields(Body))
_DEFAULTS = {each.name: each.default for each in fields(Body) if each.default is not MISSING}
_NAMES = sorted(_KNOWN - {"line"})
Key = tuple[str, str]
"""An obligation of one year: body and scope."""


@dataclass(frozen=True, slots=True)
class State:
    """One state of the roster. `at`: ISO moment from which it held, as far as we know."""

    id: int
    at: str
    source: str
    hash: str
    bodies: int


@dataclass(slots=True)
class Difference:
    """What changed between two states, by id; `changed` gives the columns as (before, after)."""

    added: list[Body] = field(default_factory=list)
    removed: list[Body] = field(default_factory=list)
    changed: dict[str, dict[str, tuple[Any, Any]]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Moved:
    """How what is owed for one year moved since a former state: obligations that came and went."""

    since: str
    came: tuple[Key, ...] = ()
    went: tuple[Key, ...] = ()

    @property
    def told(self) -> str:
        """+2 −1; empty where nothing moved."""
        parts = [f"+{len(self.came)}"] * bool(self.came) + [f"−{len(self.went)}"] * bool(self.went)
        return " ".join(parts)


def keep(connection: sqlite3.Connection, bodies: Iterable[Body], at: str, source: str) -> State | None:
    """Keep this state if it is another than the newest one; None where nothing changed. Call it inside a write.

    `source`: judgement, import or confirm.
    """
    rows = {body.id: _packed(body) for body in bodies}
    held = {row["body"]: (row["hash"], row["since"]) for row in connection.execute(
        "SELECT body, hash, since FROM roster_row WHERE until IS NULL")}
    hashes = {body: _hash(text) for body, text in rows.items()}
    whole = _hash(json.dumps(sorted(hashes.items())))
    newest = newest_state(connection)
    if newest is not None and newest.hash == whole:
        return None
    number = int(connection.execute("INSERT INTO roster_state (at, source, hash, bodies) VALUES (?, ?, ?, ?)",
                                    (at, source, whole, len(rows))).lastrowid or 0)
    gone = [body for body, (known, _) in held.items() if hashes.get(body) != known]
    connection.executemany("UPDATE roster_row SET until = ? WHERE body = ? AND until IS NULL",
                           [(number, body) for body in gone])
    connection.executemany("INSERT INTO roster_row (body, since, hash, row) VALUES (?, ?, ?, ?)",
                           [(body, number, hashes[body], text) for body, text in rows.items()
                            if body not in held or body in gone])
    return State(number, at, source, whole, len(rows))


def states(connection: sqlite3.Connection) -> list[State]:
    """Every state kept, oldest first."""
    return [State(**row) for row in row_dicts(connection, "SELECT id, at, source, hash, bodies FROM roster_state "
                                                          "ORDER BY id")]


def newest_state(connection: sqlite3.Connection, until: str = "9999") -> State | None:
    """The state that held at `until` (ISO moment); None where none was kept by then."""
    rows = row_dicts(connection, "SELECT id, at, source, hash, bodies FROM roster_state WHERE at <= ? "
                                 "ORDER BY id DESC LIMIT 1", (until,))
    return State(**rows[0]) if rows else None


def bodies_of(connection: sqlite3.Connection, state: int) -> list[Body]:
    """The bodies as they stood in a state, by id."""
    return [_unpacked(row["row"]) for row in connection.execute(
        "SELECT row FROM roster_row WHERE since <= ? AND (until IS NULL OR until > ?) ORDER BY body", (state, state))]


def difference(connection: sqlite3.Connection, before: int, after: int) -> Difference:
    """What changed from one state to another; only rows that were touched are read."""
    old = {body.id: body for body in bodies_of(connection, before)}
    new = {body.id: body for body in bodies_of(connection, after)}
    found = Difference([body for key, body in new.items() if key not in old],
                       [body for key, body in old.items() if key not in new])
    for key in old.keys() & new.keys():
        one, other = json.loads(_packed(old[key])), json.loads(_packed(new[key]))
        changed = {name: (one.get(name), other.get(name)) for name in one.keys() | other.keys()
                   if one.get(name) != other.get(name)}
        if changed:
            found.changed[key] = dict(sorted(changed.items()))
    return found


def moved(connection: sqlite3.Connection, roster: Roster, settings: Settings, year: int, since: str,
          remit: Callable[[Roster], Collection[str]] | None = None) -> Moved | None:
    """How the obligations of one year moved from the state that held at `since` (ISO moment) to this roster.

    `remit` gives the bodies that count, of the roster as it was and as it is. None where no state was kept by `since`.
    """
    return Movements(connection, roster, settings).since(year, since, remit)


class Movements:
    """The same question asked for many remits at one moment: what all of them need is worked out once."""

    def __init__(self, connection: sqlite3.Connection, roster: Roster, settings: Settings) -> None:
        self._connection, self._roster, self._settings = connection, roster, settings
        self._former: dict[tuple[int, int], tuple[Roster, set[Key]]] = {}

    def since(self, year: int, since: str, remit: Callable[[Roster], Collection[str]] | None = None) -> Moved | None:
        former = newest_state(self._connection, since)
        if former is None:
            return None
        newest = newest_state(self._connection)
        if newest is not None and newest.id == former.id and newest.hash == self._hash:
            return Moved(former.at)
        if (former.id, year) not in self._former:
            before = Roster.of(bodies_of(self._connection, former.id), [])
            self._former[former.id, year] = before, self._owed(before, year)
        before, owed_then = self._former[former.id, year]
        then, now = _inside(owed_then, before, remit), _inside(self._now(year), self._roster, remit)
        return Moved(former.at, tuple(sorted(now - then)), tuple(sorted(then - now)))

    @functools.cached_property
    def _hash(self) -> str:
        """Of the roster as it is."""
        return _hash(json.dumps(sorted((body.id, _hash(_packed(body))) for body in self._roster.bodies.values())))

    def _now(self, year: int) -> set[Key]:
        if (0, year) not in self._former:
            self._former[0, year] = self._roster, self._owed(self._roster, year)
        return self._former[0, year][1]

    def _owed(self, roster: Roster, year: int) -> set[Key]:
        """Obligations that hold for the year; local notices that name a body which has left the roster are passed
        over."""
        return {(one.body, one.scope)
                for one in obligations.obligations(roster, self._settings, [year], lenient=True) if one.applicable}


def _inside(owed: set[Key], roster: Roster, remit: Callable[[Roster], Collection[str]] | None) -> set[Key]:
    inside = None if remit is None else remit(roster)
    return owed if inside is None else {key for key in owed if key[0] in inside}


def _packed(body: Body) -> str:
    """A row as JSON with only what it says: what every row says by default, and the line in the file, are left out."""
    # By hand: dataclasses.asdict copies every value deeply, which a country's roster can't afford at each judgement.
    row = {name: value for name in _NAMES if (value := getattr(body, name)) != _DEFAULTS.get(name, MISSING)}
    if body.events:
        row["events"] = [asdict(event) for event in body.events]
    return json.dumps(row, ensure_ascii=False, sort_keys=True)


def _unpacked(text: str) -> Body:
    row: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value
                           for name, value in json.loads(text).items() if name in _KNOWN}
    return Body(**{**row, "events": tuple(Event(**event) for event in row.get("events", ()))})


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]
