"""Local packs: what one place's office has ruled for its own subtree, over the catalogue's severities and thresholds.

Promises: config/packs/<code>.yaml, one pack a file, each entry with the notice it rests on; a pack holds for the bodies
under its division code (or a roster body) and for its years only; where several hold, the nearer place goes before the
wider one; a finding names the pack and version that weighed it. Without a pack nothing changes. Leaves alone: what
rules test (rules/), points (score.py).
"""

from __future__ import annotations

import datetime
import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from extract import configuration
from extract.exceptions import ConfigurationError
from extract.model import Scope
from monitor.model import Severity
from monitor.obligations import DayOfYear, LocalDay
from monitor.rules import catalogue

if TYPE_CHECKING:
    from crawler.model import Body
    from crawler.roster import Roster

FOLDER = "packs"
REQUIRED = "LOC-01"
"""The rule that looks for what a pack requires beside the catalogue."""
THRESHOLDS = ("YOY-05", "YOY-06", "YOY-07")
_LEAST = {"YOY-05": 0.3, "YOY-06": 0.3, "YOY-07": 0.8}
"""Shares below which a threshold would accuse texts that merely follow the same form; for other bodies' texts, also
what the search for look-alikes finds without fail."""
_HIGHEST = 12


class _Facts(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Notice(_Facts):
    """The document a locality rules by. `source`: where it can be read, or how it is known."""

    name: str = Field(min_length=4)
    number: str = ""
    date: datetime.date | None = None
    """Its own day, where it is known."""
    source: str = Field(min_length=1)


class Years(_Facts):
    """Report years a pack holds for; open at the end where nobody has ended it."""

    since: int = Field(ge=2008, le=2100)
    until: int | None = Field(default=None, ge=2008, le=2100)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.until is not None and self.until < self.since:
            raise ValueError(f"until {self.until} lies before since {self.since}; exchange them")
        return self

    def holds(self, year: int) -> bool:
        return self.since <= year <= (self.until or year)


class Overlay(_Facts):
    """Another weight or threshold for one rule."""

    severity: Severity | None = None
    threshold: float | None = Field(default=None, gt=0, le=1)
    notice: str

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.severity is None and self.threshold is None:
            raise ValueError("an entry changes severity or threshold; write one of them or delete the entry")
        return self


class Deadline(_Facts):
    """A day earlier than the national ones, tier local."""

    id: str = Field(pattern=r"^[a-z0-9-]+$")
    day: DayOfYear
    kinds: tuple[str, ...] = ()
    levels: tuple[str, ...] = ()
    scopes: tuple[Scope, ...] = ()
    years: tuple[int, ...] = ()
    """Report years; empty = all the pack holds for."""
    notice: str


class Required(_Facts):
    """A topic or sentence a report must hold beside the form. It is there when one of `words` (regular expressions) is
    found in one of `sections` (all the prose where none is named)."""

    id: str = Field(pattern=r"^[a-z0-9-]+$")
    title: str = Field(min_length=1)
    title_en: str = Field(min_length=1)
    words: tuple[str, ...] = Field(min_length=1)
    sections: tuple[int, ...] = ()
    kinds: tuple[str, ...] = ()
    levels: tuple[str, ...] = ()
    scopes: tuple[Scope, ...] = ()
    severity: Severity = "I"
    notice: str

    @field_validator("words", mode="after")
    @classmethod
    def _compile(cls, words: tuple[str, ...]) -> tuple[str, ...]:
        for each in words:
            try:
                re.compile(each)
            except re.error as fault:
                raise ValueError(f"{each!r} is no regular expression: {fault}") from None
        return words


class Pack(_Facts):
    """One file of config/packs. `code` is the division whose subtree it binds; `under` a roster body instead."""

    id: str = ""
    version: int = Field(ge=1)
    title: str = Field(min_length=1)
    title_en: str = Field(min_length=1)
    code: str = Field(default="", pattern=r"^(\d{6}|\d{9}|\d{12})?$")
    under: str = ""
    years: Years
    notices: dict[str, Notice] = Field(min_length=1)
    rules: dict[str, Overlay] = Field(default_factory=dict)
    deadlines: tuple[Deadline, ...] = ()
    required: tuple[Required, ...] = ()
    weights: dict[str, Annotated[float, Field(ge=0)]] = Field(default_factory=dict)
    """Points of the score's indicators (config/score.yaml) in this place."""
    weights_notice: str = ""
    changes: dict[int, str] = Field(min_length=1)
    """What each version changed, the present one too."""

    @model_validator(mode="after")
    def _refer(self) -> Self:
        if bool(self.code) == bool(self.under):
            raise ValueError("name either code (a division code) or under (a roster id), not both and not neither")
        used = [(f"rules {key}", entry.notice) for key, entry in self.rules.items()]
        used += [(f"deadlines {entry.id}", entry.notice) for entry in self.deadlines]
        used += [(f"required {entry.id}", entry.notice) for entry in self.required]
        used += [("weights_notice", self.weights_notice)] if self.weights else []
        for place, notice in used:
            if notice not in self.notices:
                raise ValueError(f"{place}: notice {notice!r} is not among {', '.join(self.notices)}; nothing may be "
                                 "ruled without its document")
        for key, entry in self.rules.items():
            _check_rule(key, entry)
        for due in self.deadlines:
            wrong = [year for year in due.years if not self.years.holds(year)]
            if wrong:
                raise ValueError(f"deadlines {due.id}: {wrong[0]} is none of the pack's years; widen `years`")
        if self.version not in self.changes:
            raise ValueError(f"changes say nothing of version {self.version}; write what it changed")
        return self

    @property
    def name(self) -> str:
        """How a finding names it: id and version."""
        return f"{self.id}@{self.version}"

    @property
    def prefix(self) -> str:
        """What codes of the subtree begin with: 431200 → 4312."""
        code = self.code[:6] + re.sub(r"(?:000)+$", "", self.code[6:])
        return re.sub(r"(?:00){1,2}$", "", code) if len(code) == 6 else code


def _check_rule(key: str, entry: Overlay) -> None:
    known = catalogue.catalogue().rules
    if key not in known:
        near = difflib.get_close_matches(key, known, n=3)
        raise ValueError(f"rules: {key} is no rule of rules.yaml" + (f"; did you mean {', '.join(near)}?" if near else
                                                                     ""))
    if key.startswith("TXT-") and entry.severity == "E":
        raise ValueError(f"rules: {key} may not weigh E: prose against tables is a question at most; write W or I")
    if entry.threshold is not None:
        if key not in THRESHOLDS:
            raise ValueError(f"rules: {key} has no threshold; only {', '.join(THRESHOLDS)} have one")
        if entry.threshold < _LEAST[key]:
            raise ValueError(f"rules: {key}: threshold {entry.threshold} is under {_LEAST[key]}, which texts reach "
                             "that merely follow the same form")


# ---------------------------------------------------------------- all packs
def packs() -> tuple[Pack, ...]:
    """Every pack, the packaged and the office's own. Raises ConfigurationError with file, line, value and mend."""
    found: list[Pack] = []
    for name in configuration.names_in(FOLDER):
        loaded: Pack = configuration.load(name, Pack)
        found.append(loaded.model_copy(update={"id": PurePosixPath(name).stem}))
    return tuple(found)


def named(name: str) -> Pack | None:
    """The pack a finding names (id@version), whatever its version is by now."""
    return next((pack for pack in packs() if pack.id == name.partition("@")[0]), None)


# ---------------------------------------------------------------- what holds for a body
@dataclass(slots=True)
class Local:
    """What holds for one body in one year, nearer places before wider ones. `by` names the pack of each rule."""

    severities: dict[str, Severity] = field(default_factory=dict)
    thresholds: dict[str, float] = field(default_factory=dict)
    required: list[dict[str, Any]] = field(default_factory=list)
    weights: dict[str, float] = field(default_factory=dict)
    weights_by: str = ""
    by: dict[str, str] = field(default_factory=dict)

    def to_record(self) -> dict[str, Any]:
        """As rules see it in Report.roster["pack"]; empty where no pack holds."""
        if not (self.by or self.required):
            return {}
        return {"severities": self.severities, "thresholds": self.thresholds, "required": self.required, "by": self.by}


class Packs:
    """The packs of one roster: which hold for whom. Raises ConfigurationError where `under` names no body, unless
    `lenient`: then such a pack holds for nobody."""

    def __init__(self, roster: Roster, *, lenient: bool = False) -> None:
        self.roster = roster
        self.packs = packs()
        for pack in self.packs:
            if pack.under and pack.under not in roster.bodies and not lenient:
                path = configuration.path_of(f"{FOLDER}/{pack.id}.yaml")
                near = difflib.get_close_matches(pack.under, roster.bodies, n=3)
                raise ConfigurationError(f"{path}: under {pack.under!r} is no id of the roster"
                                         + (f"; did you mean {', '.join(near)}?" if near else "; name one, or a code"))
        self._local: dict[tuple[str, int], Local] = {}
        self._chains: dict[str, tuple[Pack, ...]] = {}

    def of(self, body: Body | None, year: int | None) -> tuple[Pack, ...]:
        """The packs that bind a body in a report year, the widest place first."""
        if body is None or year is None or not self.packs:
            return ()
        if body.id not in self._chains:
            self._chains[body.id] = tuple(self._bind(body))
        return tuple(pack for pack in self._chains[body.id] if pack.years.holds(year))

    def local(self, body: Body | None, year: int | None) -> Local:
        """What the packs change for a body in a report year."""
        key = (body.id if body else "", year or 0)
        if key not in self._local:
            self._local[key] = self._merged(body, year)
        return self._local[key]

    def local_days(self, body: Body) -> list[LocalDay]:
        """Days the packs set for a body, as obligations knows them."""
        days = []
        for pack in self._chain_of(body):
            for entry in pack.deadlines:
                notice = pack.notices[entry.notice]
                last = pack.years.until or datetime.MAXYEAR
                days.append(LocalDay(
                    id=f"{pack.id}-{entry.id}".lower(), notice=notice.name, number=notice.number, date=notice.date,
                    under=pack.under or pack.code, kinds=entry.kinds, levels=entry.levels, scopes=entry.scopes,
                    day=entry.day,
                    years=entry.years or tuple(range(pack.years.since, min(last, 2100) + 1)),
                    basis=basis_of(pack, entry.notice)))
        return days

    def _chain_of(self, body: Body) -> tuple[Pack, ...]:
        if body.id not in self._chains:
            self._chains[body.id] = tuple(self._bind(body))
        return self._chains[body.id]

    def _bind(self, body: Body) -> list[Pack]:
        above = list(self._above(body))
        code = next((each.division_code for each in above if each.division_code), "")
        depth = {each.id: -place for place, each in enumerate(above)}
        bound = [(len(pack.prefix), 0, pack) for pack in self.packs if pack.code and code.startswith(pack.prefix)]
        # A pack of the office's own subtree is nearer than any division's.
        bound += [(99, depth[pack.under], pack) for pack in self.packs if pack.under in depth]
        return [pack for _, _, pack in sorted(bound, key=lambda each: (each[0], each[1], each[2].id))]

    def _above(self, body: Body) -> Iterator[Body]:
        here: Body | None = body
        for _ in range(_HIGHEST):
            if here is None:
                return
            yield here
            here = self.roster.bodies.get(here.parent)

    def _merged(self, body: Body | None, year: int | None) -> Local:
        local = Local()
        for pack in self.of(body, year):
            for key, entry in pack.rules.items():
                if entry.severity is not None:
                    local.severities[key] = entry.severity
                if entry.threshold is not None:
                    local.thresholds[key] = entry.threshold
                local.by[key] = pack.name
            for required in pack.required:
                if (body is not None and (not required.kinds or body.kind in required.kinds)
                        and (not required.levels or body.level in required.levels)):
                    local.required.append({
                        "id": required.id, "title": required.title, "title_en": required.title_en,
                        "words": list(required.words), "sections": list(required.sections),
                        "scopes": list(required.scopes), "severity": required.severity, "pack": pack.name,
                        "notice": basis_of(pack, required.notice)})
            if pack.weights:
                # A scheme of weights stands as a whole: halves of two places' schemes would be nobody's.
                local.weights, local.weights_by = dict(pack.weights), pack.name
        return local


# ---------------------------------------------------------------- the notices behind it
def basis_of(pack: Pack, notice: str) -> str:
    """The basis key of a pack's notice: L-<pack>@<version>/<notice>."""
    return f"L-{pack.name}/{notice}"


def notice(basis: str) -> Notice | None:
    """The notice behind a basis key; None where the key is no pack's."""
    identity, _, key = basis.removeprefix("L-").partition("/")
    pack = named(identity) if key else None
    return pack.notices.get(key) if pack else None


def behind(name: str, rule: str) -> Notice | None:
    """The notice by which a pack (id@version) changes a rule; None where it doesn't."""
    pack = named(name)
    entry = pack.rules.get(rule) if pack else None
    return pack.notices[entry.notice] if pack and entry else None
