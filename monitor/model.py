"""The nouns of watching: what is owed (Obligation), how it stands (Standing), what doesn't add up (Finding), what a
person decided (Decision), what is sent (Alert). Leaves alone: wording (config/), storage (records.py)."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any, Literal

from extract.model import Scope

Severity = Literal["E", "W", "I"]
RuleOutcome = Literal["pass", "fail", "uncertain", "not_applicable"]
Tier = Literal["statutory", "national", "local", "list"]


class Status(StrEnum):
    """Publication status of one (body, scope, year); wording in config/vocabulary.yaml."""

    NOT_APPLICABLE = "not_applicable"
    NOT_CONFIRMED = "not_confirmed"
    NOT_DUE = "not_due"
    DUE_SOON = "due_soon"
    ON_TIME = "on_time"
    LATE_BY_RULE = "late_by_rule"
    LATE = "late"
    NOT_SEEN = "not_seen"
    MISSING = "missing"
    UNVERIFIED = "unverified"
    INVALID = "invalid"
    UNDATED = "undated"
    WITHDRAWN = "withdrawn"


class FindingState(StrEnum):
    """Where a finding is on its way; wording in config/vocabulary.yaml, transitions in config/review.yaml."""

    OPEN = "open"
    CONFIRMED = "confirmed"
    DISMISSED = "dismissed"
    APPROVED = "approved"
    NOTIFIED = "notified"
    DISPUTED = "disputed"
    UPHELD = "upheld"
    PARTLY_ACCEPTED = "partly_accepted"
    ACCEPTED = "accepted"
    RECTIFIED = "rectified"
    VERIFIED = "verified"
    NOT_FIXED = "not_fixed"
    OVERDUE = "overdue"
    SNOOZED = "snoozed"
    EXPLAINED = "explained"
    RETRACTED = "retracted"
    HISTORIC = "historic"


@dataclass(frozen=True, slots=True)
class DueDay:
    """One deadline. The day itself counts: due until 24:00 Asia/Shanghai."""

    day: date
    tier: Tier
    basis: str


@dataclass(frozen=True, slots=True)
class Obligation:
    """One report that is owed: (body, scope, year) with every applicable day, earliest first."""

    body: str
    scope: Scope
    year: int
    days: tuple[DueDay, ...]
    duty: str = "must"
    confirmed: bool = True
    applicable: bool = True
    reason: str = ""
    """Why it is not applicable or not confirmed."""

    @property
    def due(self) -> DueDay | None:
        """The last day after which a report is missing: the statutory one, else the latest there is."""
        statutory = [day for day in self.days if day.tier == "statutory"]
        return max(statutory or list(self.days), key=lambda day: day.day, default=None)


@dataclass(slots=True)
class Standing:
    """How one obligation stands, and why: `reason` is a sentence's key facts, `evidence` the rows that prove it."""

    body: str
    scope: Scope
    year: int
    status: Status
    due: date | None = None
    tier: str | None = None
    published: str | None = None
    published_source: str | None = None
    days_late: int | None = None
    address: str | None = None
    report: str | None = None
    """Id of the stored report that fulfils the obligation."""
    last_checked: str | None = None
    reason: str = ""
    """Key of config/vocabulary.yaml `reasons`, e.g. portal_unreachable, list_incomplete."""
    outcome: str | None = None
    """Fetch outcome that kept us from looking, for unverified."""
    evidence: dict[str, Any] = field(default_factory=dict)


WHEN_LOOKED = frozenset({"t1", "t2", "days", "last_seen"})
"""Parameters that say when we looked (days: counted to that moment, or told by two other parameters). Looking again and
seeing the same is no new fact, so a person's decision outlives it."""


@dataclass(slots=True)
class Finding:
    """One rule's verdict on one subject. Numbers and keys only; text is rendered per language from rules.yaml.

    `id` = hash of (rule, body, scope, year, subject); `fact` = hash of the normalised figures and expression. A
    person's decision holds for (id, fact).
    """

    rule: str
    version: int
    severity: Severity
    outcome: Literal["fail", "uncertain"]
    body: str
    """Roster id where known, else the printed name."""
    scope: Scope
    year: int | None
    subject: str = ""
    expression: str = ""
    """Arithmetic written out with numbers, e.g. 31 + 1 = 29 + 4 (the relation the form demands)."""
    left: int | float | None = None
    right: int | float | None = None
    difference: int | float | None = None
    figures: list[str] = field(default_factory=list)
    parameters: dict[str, Any] = field(default_factory=dict)
    """Values for the placeholders of the rule's wording."""
    evidence: dict[str, Any] = field(default_factory=dict)
    """Figures with sources, snapshots' hashes, days."""
    reason: str = ""
    """Why uncertain (key of rules.yaml `reasons`)."""
    report: str | None = None
    pack: str = ""
    """The local pack (id@version) that weighed it or set its threshold or day; empty where none did."""

    @property
    def id(self) -> str:
        return _hash("id", self.rule, self.body, self.scope, self.year, self.subject)

    @property
    def fact(self) -> str:
        lasting = {name: value for name, value in self.parameters.items() if name not in WHEN_LOOKED}
        return _hash("fact", self.severity, self.outcome, self.expression, self.left, self.right,
                     sorted(self.figures), lasting)


def _hash(*parts: object) -> str:
    text = json.dumps(parts, ensure_ascii=False, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Decision:
    """One step in a finding's life: what a person decided or, with no author, what a run saw; for (finding, fact).
    `action` as in config/review.yaml; `before` and `after` are states; `detail` what the action carries: cause, number
    and day of a letter, figures before and after."""

    finding: str
    fact: str
    action: str
    author: str
    at: str
    reason: str = ""
    until: str | None = None
    before: str = ""
    after: str = ""
    detail: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Alert:
    """One message to one recipient; `key` (kind, scope, recipient, period) makes it unique for ever."""

    key: str
    kind: str
    recipient: str
    channel: str
    subject: str
    text: str
    html: str
    created: str
    scope: str = ""
    period: str = ""
