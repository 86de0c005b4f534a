"""What the columns held, run by run: the observations on which every statement of absence rests.

Promises: an Observation is one run's look at *every* column a roster row names; it is healthy only when each answered,
was of a known shape, was enumerated to its end (or, in date order, past the season's start) and still held items.
`candidates` gives every listed item that is, or could be, the report looked for. Only rows up to the given moment are
seen. Leaves alone: what follows for a body (standing.py), how lists are read (crawler/).
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from difflib import SequenceMatcher
from itertools import takewhile
from typing import Any

from crawler import clock
from crawler.model import Body, Column, Outcome, Portal
from crawler.store import row_dicts
from extract import titles
from extract.model import Scope

APART = timedelta(hours=6)
"""Two looks count as two when this lies between them."""
FULL_EVERY = timedelta(weeks=8)
"""A list in date order need not be walked to its end each time, but must have been within this time."""
_BODIES_HELD = 200
"""Bodies whose sightings stay in memory: obligations come body by body, and a country's would not fit."""
_OF_COLUMNS = """(SELECT l.id AS listing, l.at, l.portal, l.column_id, s.id, s.url, s.title, s.day, s.route, s.body,
    s.scope, s.year, s.printed_body, s.reason FROM listing l CROSS JOIN sighting s ON s.listing = l.holder)"""
"""`listed`, from the side of the lists."""
_PLACE = re.compile(r"^[^省市县区旗州盟]{0,10}?(?:自治区|自治州|自治县|自治旗|地区|省|市|县|区|旗|州|盟)(?=.{2,})")
_GOVERNMENT = re.compile(r"(?:人民)?政府(?:办公[室厅]|办)?")
_MISPRINTED = 0.75
"""How alike the words of a government are to those of a name that is one of them with a character wrong or lost."""
_OF_MANY = re.compile(
    r"(?:(?:各|所有|全部|[省市县区州旗盟]直)[^、和]{0,6}?(?P<whose>部门|单位|机关|科室|[局委办乡镇]|街道)"
    r"|(?P<places>乡镇(?:街道)?|镇街|街镇|街道乡镇))(?:（(?:街道|乡镇)）)?$")
"""What reports of many bodies are listed under (县直各部门, 各乡镇): it names nobody, and may mean anyone."""
_TOWNSHIP = re.compile(r"[乡镇]|街道")
_KIND = re.compile(r"(?:人民政府|街道办事处|管理委员会|委员会|办公室|办公厅|管委会|管理局|政府|[局厅委办镇乡处院])$")


@dataclass(frozen=True, slots=True)
class Look:
    """One column in one run: what it answered and what its list held."""

    listing: int | None
    run: str
    portal: str
    column: str
    name: str
    url: str
    at: datetime
    outcome: Outcome
    reason: str = ""
    complete: bool = False
    in_order: bool = False
    reached: str = ""
    items: int = 0
    fetches: tuple[int, ...] = ()
    held: datetime | None = None
    """not_modified: when the oldest full body was fetched that its rows were read from."""

    @property
    def key(self) -> tuple[str, str]:
        return self.portal, self.column


@dataclass(frozen=True, slots=True)
class Sighting:
    """One row of a list. `at` is when the list was read."""

    listing: int
    at: datetime
    portal: str
    url: str
    title: str
    day: str
    route: str
    body: str | None
    scope: Scope
    year: int | None
    printed: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Observation:
    """One run's look at all columns of a roster row; `missing` names columns the run has no answer from."""

    run: str
    looks: tuple[Look, ...]
    missing: tuple[tuple[str, str], ...] = ()

    @property
    def begin(self) -> datetime:
        return min(look.at for look in self.looks)

    @property
    def end(self) -> datetime:
        return max(look.at for look in self.looks)


class Observations:
    """Looks and sightings of one store up to `at`. Caches columns; make a new one after rows were written."""

    def __init__(self, connection: sqlite3.Connection, at: datetime) -> None:
        self.connection = connection
        self.at = at
        self.until = at.astimezone(clock.ZONE).isoformat(timespec="seconds")
        self._looks: dict[tuple[str, str], list[Look]] = {}
        self._failures: dict[str, dict[str, tuple[datetime, Outcome, str]]] = {}
        self._loose: dict[tuple[str, str], dict[int, list[Sighting]]] = {}
        self._groups: dict[tuple[tuple[str, str], ...], list[Observation]] = {}
        self._of_body: dict[str, list[Sighting]] = {}
        self._by_listing: dict[str, dict[int, list[Sighting]]] = {}

    # ------------------------------------------------------------ looks
    def of(self, columns: Sequence[tuple[Portal, Column]]) -> list[Observation]:
        """Every run's look at these columns, oldest first; runs that looked at none of them are no observation."""
        keys = tuple((portal.id, column.id) for portal, column in columns)
        if keys not in self._groups:
            by_run: dict[str, dict[tuple[str, str], Look]] = defaultdict(dict)
            for portal, column in columns:
                for look in self.looks(portal, column):
                    by_run[look.run][look.key] = look
            found = [Observation(run, tuple(looks[key] for key in keys if key in looks),
                                 tuple(key for key in keys if key not in looks)) for run, looks in by_run.items()]
            self._groups[keys] = sorted(found, key=lambda each: (each.end, each.run))
        return self._groups[keys]

    def looks(self, portal: Portal, column: Column) -> list[Look]:
        """Every look at one column, oldest first, those included where the portal failed before any list was read."""
        key = (portal.id, column.id)
        if key in self._looks:
            return self._looks[key]
        found = {row["run"]: Look(
            row["id"], row["run"], *key, column.name, row["url"], clock.parse(row["at"]), Outcome(row["outcome"]),
            row["reason"], bool(row["complete"]), bool(row["in_order"]), row["reached"] or "", row["items"],
            tuple(json.loads(row["pages"])), clock.parse(row["held"]) if row["held"] else None)
            for row in row_dicts(self.connection,
                                 "SELECT * FROM listing WHERE portal = ? AND column_id = ? AND at <= ?",
                                 (*key, self.until))}
        for run, (at, outcome, reason) in self._failed(portal.id).items():
            if run not in found and not outcome.supports_absence:
                found[run] = Look(None, run, *key, column.name, column.url, at, outcome, reason)
        self._looks[key] = sorted(found.values(), key=lambda look: (look.at, look.run))
        return self._looks[key]

    def _failed(self, portal: str) -> dict[str, tuple[datetime, Outcome, str]]:
        if portal not in self._failures:
            rows = row_dicts(self.connection, """SELECT run, outcome, reason, coalesce(finished, started) AS at
                FROM run_portal WHERE portal = ? AND outcome IS NOT NULL AND coalesce(finished, started) <= ?""",
                             (portal, self.until))
            self._failures[portal] = {row["run"]: (clock.parse(row["at"]), Outcome(row["outcome"]), row["reason"])
                                      for row in rows if row["outcome"] in Outcome.__members__.values()}
        return self._failures[portal]

    def base(self, look: Look) -> Look | None:
        """The look whose list this one repeats: itself – a not_modified one too that was read from held bodies –, or
        else the last full answer before it."""
        if look.outcome is not Outcome.NOT_MODIFIED or look.held is not None:
            return look
        earlier = [each for each in self._looks.get(look.key, ())
                   if each.outcome is Outcome.OK and each.at <= look.at]
        return earlier[-1] if earlier else None

    def flaw(self, look: Look, year: int) -> str:
        """Why a look can't support the absence of the report on `year`; empty where it can."""
        if look.outcome is Outcome.EMPTY_LISTING:
            return "column_empty"
        if look.outcome is Outcome.UNKNOWN_SHAPE:
            return "unknown_shape"
        if not look.outcome.supports_absence:
            return "portal_unreachable"
        base = self.base(look)
        if base is None:
            return "no_full_answer"
        if not base.items:
            return "column_empty"
        return "" if self._walked(base, year) else "list_incomplete"

    def healthy(self, observation: Observation, year: int) -> bool:
        return not observation.missing and not any(self.flaw(look, year) for look in observation.looks)

    def _walked(self, look: Look, year: int) -> bool:
        """Enumerated to its end, or, in date order, to a page wholly before 1 January of the publication year."""
        if look.complete:
            return True
        full = [each for each in self._looks.get(look.key, ())
                if each.complete and (each.outcome is Outcome.OK or each.held) and each.at <= look.at]
        return bool(look.in_order and look.reached and look.reached < date(year + 1, 1, 1).isoformat()
                    and full and full[-1].in_order and look.at - full[-1].at <= FULL_EVERY)

    # ------------------------------------------------------------ sightings
    def of_body(self, body: str) -> list[Sighting]:
        """Every listed item routed to a body, oldest first."""
        if body not in self._of_body:
            if len(self._of_body) >= _BODIES_HELD:
                self._of_body.clear()
                self._by_listing.clear()
            self._of_body[body] = self._sightings("listed", "body = ?", (body,))
            self._by_listing[body] = _grouped(self._of_body[body])
        return self._of_body[body]

    def candidates(self, observation: Observation, body: Body, scope: Scope, year: int) -> list[Sighting]:
        """Items of this observation that are the report looked for, or that nobody can say are not."""
        self.of_body(body.id)
        own, found = self._by_listing[body.id], []
        for look in observation.looks:
            unowned = self._unowned(look.key)
            for listing in {each.listing for each in (look, self.base(look)) if each is not None}:
                if listing is not None:
                    found += [each for each in own.get(listing, ()) if fits(each.scope, each.year, scope, year)]
                    found += [each for each in unowned.get(listing, ())
                              if fits(each.scope, each.year, scope, year) and could_be(each.printed, body)]
        return found

    def _unowned(self, key: tuple[str, str]) -> dict[int, list[Sighting]]:
        """Report titles of one column that no roster row claims, by listing."""
        if key not in self._loose:
            self._loose[key] = _grouped(self._sightings(
                _OF_COLUMNS, "portal = ? AND column_id = ? AND body IS NULL", key))
        return self._loose[key]

    def _sightings(self, source: str, condition: str, parameters: tuple[Any, ...]) -> list[Sighting]:
        rows = row_dicts(self.connection, f"""SELECT * FROM {source}
            WHERE {condition} AND route IN ('report', 'unrouted', 'foreign', 'note') AND at <= ?
            ORDER BY at, id""", (*parameters, self.until))
        return [Sighting(row["listing"], clock.parse(row["at"]), row["portal"], row["url"], row["title"], row["day"],
                         row["route"], row["body"], row["scope"], row["year"], row["printed_body"], row["reason"])
                for row in rows]


def _grouped(sightings: Iterable[Sighting]) -> dict[int, list[Sighting]]:
    grouped: dict[int, list[Sighting]] = defaultdict(list)
    for each in sightings:
        grouped[each.listing].append(each)
    return grouped


def fits(given_scope: Scope, given_year: int | None, scope: Scope, year: int) -> bool:
    """Whether something of this scope and year can be the report: what is unknown always can."""
    return given_scope in (scope, "unknown") and given_year in (year, None)


def could_be(printed: str, body: Body) -> bool:
    """Whether a printed name nobody claims could be this body's: cut, shortened, misprinted, or not printed at all.

    Compares what is left without places and the kind of body; half of the shorter one's characters in common is enough,
    and so is a name that the other begins with. Errs towards yes: a wrong yes leaves a report unverified, a wrong no
    accuses.
    """
    if not printed:
        return True
    return of_many(printed, body) or any(_alike(printed, name) for name in body.names)


def of_many(printed: str, body: Body) -> bool:
    """Whether a printed name stands for many bodies at once, this one perhaps among them."""
    match = _OF_MANY.search(titles.normalise(printed))
    if match is None:
        return False
    return match["whose"] not in (None, "乡", "镇", "街道") or any(_TOWNSHIP.search(name) for name in body.names)


def _alike(one: str, other: str) -> bool:
    whole, own = titles.normalise(one), titles.normalise(other)
    if whole.startswith(own) or own.startswith(whole):
        return True
    if _one_character_off(whole, own):
        return True
    first, second = _core(whole), _core(own)
    if not first or not second:
        # Governments are told apart by their places alone, which a printed name may leave out; what is left of them
        # without may be misprinted.
        return first == second or SequenceMatcher(None, _placeless(whole), _placeless(own), autojunk=False
                                                  ).ratio() >= _MISPRINTED
    shorter, longer = sorted((first, second), key=len)
    return 2 * sum(character in longer for character in shorter) >= len(shorter)


def _one_character_off(one: str, other: str) -> bool:
    """Whether a character is wrong, lost or too many."""
    shorter, longer = sorted((one, other), key=len)
    begin = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(shorter, longer, strict=False)))
    return longer[begin + 1:] in (shorter[begin:], shorter[begin + 1:])


def _placeless(name: str) -> str:
    rest = name
    while match := _PLACE.match(rest):
        rest = rest[match.end():]
    return rest


def _core(name: str) -> str:
    """The part of a name that tells bodies of one place apart; empty for a government and its office."""
    rest = _placeless(name)
    return "" if _GOVERNMENT.fullmatch(rest) else _KIND.sub("", rest) or rest
