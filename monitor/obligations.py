"""What is owed: roster × years × config/deadlines.yaml → obligations.

Promises: one Obligation for every (body, scope, year) asked for, with every applicable day; a row that owes nothing
stands there as not applicable with its reason, so that denominators can be explained. Reasons (vocabulary.yaml
`reasons`): before_since, after_until, not_founded, dissolved, succeeded, no_duty, public_enterprise, unconfirmed.
Leaves alone: whether anything was published (standing.py), the roster's own validity (crawler/roster.py).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING, Annotated, Protocol, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from crawler.model import Body
from extract import configuration
from extract.exceptions import ConfigurationError
from extract.model import Scope
from monitor.model import DueDay, Obligation, Tier

if TYPE_CHECKING:
    from crawler.roster import Roster

FILE = "deadlines.yaml"
_STARTS, _ENDS = ("founded", "split_from"), ("abolished", "merged_into")


def _calendar_day(text: str) -> str:
    """A day such as 01-31. Read in a leap year: 02-29 would not stand in every year and is refused."""
    if text == "02-29":
        raise ValueError("02-29 does not stand in every year; write 02-28")
    date.fromisoformat(f"2024-{text}")
    return text


DayOfYear = Annotated[str, Field(pattern=r"^\d{2}-\d{2}$"), AfterValidator(_calendar_day)]


class _Facts(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Day(_Facts):
    day: DayOfYear
    tier: Tier
    basis: str
    scopes: tuple[Scope, ...] = ()
    """Only for these scopes of the key; empty = all."""


class Key(_Facts):
    """One regime. `until` is the last report year of a regime that replaced every other one up to then."""

    scopes: tuple[Scope, ...]
    until: int | None = None
    days: tuple[Day, ...] = ()


class Default(_Facts):
    scope: Scope
    key: str
    kinds: tuple[str, ...] = ()
    levels: tuple[str, ...] = ()


class LocalDay(_Facts):
    """A day set by a local notice for one subtree of the roster."""

    id: str = Field(pattern=r"^[a-z0-9_-]+$")
    notice: str = Field(min_length=1)
    number: str = ""
    date: date | None
    under: str
    kinds: tuple[str, ...] = ()
    levels: tuple[str, ...] = ()
    scopes: tuple[Scope, ...] = ()
    years: tuple[int, ...] = Field(min_length=1)
    day: DayOfYear
    basis: str = ""


class Deadlines(_Facts):
    """config/deadlines.yaml."""

    keys: dict[str, Key]
    defaults: tuple[Default, ...]
    excluded_kinds: tuple[str, ...] = ()
    season_starts: DayOfYear = "10-01"
    local: tuple[LocalDay, ...] = ()

    @model_validator(mode="after")
    def _refer(self) -> Self:
        for default in self.defaults:
            if default.key not in self.keys:
                raise ValueError(f"defaults name the key {default.key!r}; known are {', '.join(self.keys)}")
            if default.scope not in self.keys[default.key].scopes:
                raise ValueError(f"defaults give {default.key!r} to scope {default.scope}, which it doesn't hold for")
        return self


class Monitoring(Protocol):
    """What this module needs of settings.monitoring."""

    since: int
    require_confirmation: bool


class Settings(Protocol):
    @property
    def monitoring(self) -> Monitoring: ...


def deadlines() -> Deadlines:
    """config/deadlines.yaml, loaded once. Raises ConfigurationError with file and line."""
    loaded: Deadlines = configuration.load(FILE, Deadlines)
    return loaded


def years_watched(settings: Settings, today: date) -> range:
    """Report years that count: from [monitoring] since to the newest year whose season has begun (it begins in
    January of the next year)."""
    return range(settings.monitoring.since, today.year)


def obligations(roster: Roster, settings: Settings, years: Iterable[int], *, lenient: bool = False) -> list[Obligation]:
    """Every obligation of the roster for these report years, in roster order, then by year and scope.

    Raises ConfigurationError where a row's due_key, or a local notice's `under`, names nothing that exists; `lenient`
    passes such a notice over, for a roster as it once was.
    """
    facts = deadlines()
    local = _local_by_body(roster, facts, lenient)
    wanted = list(years)
    owed: dict[tuple[str, Scope, int], Obligation] = {}
    inherited: list[Obligation] = []
    for body in roster.bodies.values():
        for year in wanted:
            for scope in body.scopes:
                one = _obligation(body, scope, year, facts, local, settings.monitoring.require_confirmation)
                owed[one.body, one.scope, one.year] = one
                if one.reason == "succeeded":
                    inherited.append(one)
    for one in inherited:
        _hand_over(one, roster, owed, settings.monitoring.require_confirmation, facts)
    return list(owed.values())


def days_of(body: Body, scope: Scope, year: int, facts: Deadlines | None = None,
            local: Iterable[LocalDay] = ()) -> tuple[DueDay, ...]:
    """The days on which a body's report of one scope and year is due, earliest first; empty where no rule sets one."""
    facts = facts or deadlines()
    key = _key(body, scope, year, facts)
    days = {DueDay(_in_season(each.day, year), each.tier, each.basis)
            for each in key.days if not each.scopes or scope in each.scopes}
    days |= {DueDay(_in_season(rule.day, year), "local", rule.basis or f"L-{rule.id}") for rule in local
             if year in rule.years and (not rule.kinds or body.kind in rule.kinds)
             and (not rule.levels or body.level in rule.levels)
             and (not rule.scopes or scope in rule.scopes)}
    return tuple(sorted(days, key=lambda day: (day.day, day.tier)))


def days_for(roster: Roster, body: Body, scope: Scope, year: int) -> tuple[DueDay, ...]:
    """The days of one body with what local notices and packs set for it, without a look at all the others."""
    from monitor.packs import Packs

    above, upper = {body.id}, body
    while upper.parent in roster.bodies and upper.parent not in above:
        upper = roster.bodies[upper.parent]
        above.add(upper.id)
    facts = deadlines()
    local = [rule for rule in facts.local if rule.under in above]
    bound = Packs(roster, lenient=True)
    return days_of(body, scope, year, facts, [*local, *(bound.local_days(body) if bound.packs else ())])


def _key(body: Body, scope: Scope, year: int, facts: Deadlines) -> Key:
    for key in facts.keys.values():
        if key.until is not None and year <= key.until and scope in key.scopes:
            return key
    if body.due_key:
        if body.due_key not in facts.keys:
            raise ConfigurationError(f"bodies.csv:{body.line}: due_key {body.due_key!r} is no key of {FILE}; known are "
                                     f"{', '.join(facts.keys)}")
        named = facts.keys[body.due_key]
        if scope in named.scopes and (named.until is None or year <= named.until):
            return named
    for default in facts.defaults:
        if (default.scope == scope and (not default.kinds or body.kind in default.kinds)
                and (not default.levels or body.level in default.levels)):
            return facts.keys[default.key]
    raise ConfigurationError(f"{FILE}: no default fits {body.id} (kind {body.kind}, level {body.level}, scope "
                             f"{scope}); add a line, or a due_key in its row")


def _obligation(body: Body, scope: Scope, year: int, facts: Deadlines, local: dict[str, list[LocalDay]],
                require_confirmation: bool) -> Obligation:
    days = days_of(body, scope, year, facts, local.get(body.id, ()))
    reason = _why_not(body, scope, year, days, facts)
    confirmed = not require_confirmation or _confirmed(body, year, facts)
    return Obligation(body.id, scope, year, days, body.obligation, confirmed, not reason,
                      reason or ("" if confirmed else "unconfirmed"))


def _why_not(body: Body, scope: Scope, year: int, days: tuple[DueDay, ...], facts: Deadlines) -> str:
    """Why this body owes nothing for the year; empty where it owes. It must exist on 31 December and on the due day."""
    if body.kind in facts.excluded_kinds:
        return "public_enterprise"
    if body.obligation == "none":
        return "no_duty"
    if body.since is not None and year < body.since:
        return "before_since"
    if body.until is not None and year > body.until:
        return "after_until"
    year_end = date(year, 12, 31)
    born = min((event.day for event in body.events if event.kind in _STARTS), default=None)
    if born is not None and date.fromisoformat(born) > year_end:
        return "not_founded"
    gone = min((event.day for event in body.events if event.kind in _ENDS), default=None)
    if gone is None:
        return ""
    ended = date.fromisoformat(gone)
    if ended <= year_end:
        return "dissolved"
    if days and ended <= days[-1].day:
        return "succeeded" if _successor(body) else "dissolved"
    return ""


def _successor(body: Body) -> str:
    return body.successor or next((event.other for event in body.events
                                   if event.kind in _ENDS and event.other), "")


def _hand_over(one: Obligation, roster: Roster, owed: dict[tuple[str, Scope, int], Obligation],
               require_confirmation: bool, facts: Deadlines) -> None:
    """Let the successor owe the report of a body dissolved between 31 December and the due day.

    A successor that already owes a report of that scope and year keeps its own: the two could not be told apart by
    their key, and a second accusation for one report would be false.
    """
    heir = roster.bodies.get(_successor(roster.bodies[one.body]))
    if heir is None or heir.obligation == "none" or heir.kind in facts.excluded_kinds:
        return
    place = (heir.id, one.scope, one.year)
    standing = owed.get(place)
    if standing is not None and (standing.applicable or standing.reason not in ("not_founded", "before_since")):
        return
    confirmed = not require_confirmation or _confirmed(heir, one.year, facts)
    owed[place] = Obligation(heir.id, one.scope, one.year, one.days, one.duty, confirmed, True,
                             "" if confirmed else "unconfirmed")


def _confirmed(body: Body, year: int, facts: Deadlines) -> bool:
    return bool(body.confirmed_on) and body.confirmed_on[:10] >= f"{year}-{facts.season_starts}"


def _local_by_body(roster: Roster, facts: Deadlines, lenient: bool) -> dict[str, list[LocalDay]]:
    found: dict[str, list[LocalDay]] = {}
    for rule in facts.local:
        if rule.under not in roster.bodies:
            if lenient:
                continue
            raise ConfigurationError(f"{FILE}: local {rule.id}: under {rule.under!r} is no id of the roster")
        for body in roster.under(rule.under):
            found.setdefault(body.id, []).append(rule)
    # Here, since packs are made of what this module defines.
    from monitor.packs import Packs

    bound = Packs(roster, lenient=lenient)
    if bound.packs:
        for body in roster.bodies.values():
            if days := bound.local_days(body):
                found.setdefault(body.id, []).extend(days)
    return found


def _in_season(day: str, year: int) -> date:
    return date.fromisoformat(f"{year + 1}-{day}")
