"""The nouns of crawling: bodies, portals, columns, what a fetch came to, what a list held, what was captured.

Leaves alone: how bodies.csv and portals/*.yaml are read (roster.py), how rows are stored (store.py).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from extract.model import Scope


class Outcome(StrEnum):
    """What a fetch or the listing of a column came to; config/outcomes.yaml says whose job it is and how to mend it."""

    OK = "ok"
    NOT_MODIFIED = "not_modified"
    EMPTY_LISTING = "empty_listing"
    UNKNOWN_SHAPE = "unknown_shape"
    SOFT_404 = "soft_404"
    GONE = "gone"
    CHALLENGE = "challenge"
    FORBIDDEN = "forbidden"
    RATE_LIMITED = "rate_limited"
    SERVER_ERROR = "server_error"
    TIMEOUT = "timeout"
    DNS = "dns"
    REFUSED = "refused"
    TLS = "tls"
    REDIRECT_OFFSITE = "redirect_offsite"
    TOO_LARGE = "too_large"
    UNDECODABLE = "undecodable"
    ROBOTS_DENIED = "robots_denied"
    ROBOTS_UNREACHABLE = "robots_unreachable"

    @property
    def supports_absence(self) -> bool:
        """Only these two can support "no report here"; an empty list never does."""
        return self in (Outcome.OK, Outcome.NOT_MODIFIED)


QuirkValue = str | int | bool | list[str]
Exemption = Literal["legacy_renegotiation", "old_protocols", "no_elliptic_curves", "expired_certificate",
                    "foreign_certificate", "unknown_authority"]
Duty = Literal["must", "expected", "voluntary", "none"]


class _Facts(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Column(_Facts):
    """One annual-report column of a portal, by its entry address."""

    id: str = Field(pattern=r"^[a-z0-9_-]+$")
    name: str
    url: str
    role: Literal["own", "collective", "upper"] = "collective"


class Conduct(_Facts):
    """A portal's deviations from the general conduct, with the reason that an auditor will ask for."""

    delay: float | None = Field(default=None, ge=1.0)
    download_timeout: float | None = Field(default=None, gt=0)
    hours: str | None = Field(default=None, pattern=r"^\d{2}:\d{2}-\d{2}:\d{2}$")
    platform: str = ""
    """Portals of one platform share one place in the queue, whatever their addresses."""
    proxy: str = ""
    """A proxy of the settings by name, or `direct`; empty: the settings' default."""
    tls: list[Exemption] = []
    """Faults of the hosts' TLS that are accepted (crawler/tls.py); each fetch says so."""
    reason: str = ""

    @model_validator(mode="after")
    def _insecure_with_a_reason(self) -> Conduct:
        if self.tls and not self.reason.strip():
            raise ValueError(f"conduct: tls: [{', '.join(self.tls)}] needs its reason")
        return self


class Expectations(_Facts):
    """What a healthy list of this portal holds; a list below it is `unknown_shape`, never absence."""

    min_items: int = Field(default=1, ge=1)
    max_pages: int = Field(default=200, ge=1)


class Quirk(_Facts):
    """Something about a portal that the code must know, with the reason an operator wrote down."""

    name: str
    value: QuirkValue
    reason: str


class Portal(_Facts):
    """config/portals/<id>.yaml. `hosts` are the only hosts (host or host:port) whose pages count as evidence."""

    id: str = Field(pattern=r"^[a-z0-9_-]+$")
    name: str
    hosts: list[str] = Field(min_length=1)
    family: str = "auto"
    columns: list[Column] = Field(min_length=1)
    conduct: Conduct = Conduct()
    expectations: Expectations = Expectations()
    quirks: list[Quirk] = []
    rendering: Literal["none", "browser"] = "none"
    """browser: pages whose rows only a script draws are drawn by a real browser, as the last resort."""
    rendering_reason: str = ""
    note: str = ""

    @model_validator(mode="after")
    def _rendering_has_its_reason(self) -> Portal:
        if self.rendering != "none" and not self.rendering_reason.strip():
            raise ValueError(f"rendering: {self.rendering} needs rendering_reason, why no family reads this portal")
        return self

    def quirk(self, name: str) -> QuirkValue | None:
        """The value of one quirk by its name; None where the portal has none of that name."""
        return next((quirk.value for quirk in self.quirks if quirk.name == name), None)


@dataclass(frozen=True, slots=True)
class Event:
    """founded, merged_into, split_from, renamed, function_moved, abolished."""

    kind: str
    day: str
    other: str = ""
    document: str = ""


@dataclass(frozen=True, slots=True)
class Body:
    """One row of bodies.csv; see domain §1 for what each column means. `since`/`until` are report years."""

    id: str
    name: str
    kind: str
    level: str
    obligation: Duty = "must"
    basis: str = ""
    uscc: str = ""
    division_code: str = ""
    aliases: tuple[str, ...] = ()
    former_names: tuple[str, ...] = ()
    plates: tuple[str, ...] = ()
    publishes_as: str = ""
    parent: str = ""
    acts_as: str = ""
    leads: tuple[str, ...] = ()
    reports_to: str = ""
    covers: tuple[str, ...] = ()
    sort_order: int = 0
    scopes: tuple[Scope, ...] = ("own",)
    due_key: str = ""
    rulemaking: bool = False
    portal: str = ""
    home: str = ""
    """Address of the body's or its portal's front page: where `nianbao probe --roster` begins."""
    channels: tuple[str, ...] = ()
    """portal/column ids that must all answer before absence may be stated; empty = all columns of `portal`."""
    hosts: tuple[str, ...] = ()
    since: int | None = None
    until: int | None = None
    events: tuple[Event, ...] = ()
    successor: str = ""
    letter_name: str = ""
    salutation: str = ""
    contact: str = ""
    reply_mail: str = ""
    confirmed_by: str = ""
    confirmed_on: str = ""
    note: str = ""
    line: int = 0
    """Line in the roster file, for messages."""

    @property
    def names(self) -> tuple[str, ...]:
        """Every name under which this body may print a report, the own name first."""
        listed = (self.name, self.publishes_as, *self.aliases, *self.former_names, *self.plates)
        return tuple(dict.fromkeys(name for name in listed if name))


@dataclass(frozen=True, slots=True)
class Item:
    """One row of a list page, as a family read it: absolute address, full title, ISO day or empty."""

    url: str
    title: str
    day: str = ""
    files: tuple[tuple[str, str], ...] = ()
    """Attachments that the list itself names (address, name); the article's page may not show them."""


@dataclass(frozen=True, slots=True)
class Route:
    """Where an item belongs. kind: report (routed), unrouted (a report title nobody owns), reject, foreign (host not
    registered), note ("新成立单位，无年度报告"), other (no report title at all)."""

    kind: Literal["report", "unrouted", "reject", "foreign", "note", "other"]
    body: str | None = None
    scope: Scope = "unknown"
    year: int | None = None
    printed_body: str = ""
    reason: str = ""


@dataclass(slots=True)
class ScanPlan:
    """Everything a scan's child process needs, JSON-serialisable; built by the monitor from the settings."""

    run: str
    database: str
    evidence: str
    facts: str | None
    portals: list[str]
    bodies: list[str] = field(default_factory=list)
    """Restrict captures to these bodies; empty = all."""
    year: int | None = None
    """Restrict captures to this report year; None = every year listed."""
    contact: str = ""
    delay: float = 1.2
    timeout: float = 30.0
    retries: int = 2
    allow_private_addresses: bool = False
    """Loopback and private addresses are refused otherwise; the test portals need them."""
    proxies: dict[str, str] = field(default_factory=dict)
    """Proxies by name, without credentials (crawler/proxies.py); `proxy` is the one for portals that name none."""
    proxy: str = ""
    proxy_secrets: str | None = None
    full_after: str | None = None
    """Lists last fetched in full before this moment come in full: the due day behind us (domain.md §1)."""
    progress: bool = False
