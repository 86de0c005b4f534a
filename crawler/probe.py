"""`probe`: from a home page to the portal's YAML – what was seen, what was decided, how it is written.

Promises: an entry is proposed only where one way of reading it is left; two columns that hold different reports,
columns by year, a sibling that couldn't be looked at or a page of unknown shape are refused, each with its reason.
Nothing is stored but the YAML, and that never over an existing file unless asked. Leaves alone: walking
(spiders/probe.py), words (navigation.py, monitor).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import yaml

from crawler import child, clock
from crawler.exceptions import ProbeError
from crawler.model import Column, Expectations, Outcome, Portal
from crawler.navigation import class_of, plain
from crawler.replacing import replace_text
from extract import configuration, titles

SEVERAL, YEARS, UNREAD = "several_columns", "year_columns", "unread_column"
"""Refusals that are no outcome of a fetch: several columns with different reports, one column a year, a sibling column
that could not be looked at."""
_SECOND_LEVELS = frozenset({"gov", "com", "org", "net", "edu", "ac", "mil"})
_TWIN_SHARE = 0.6


@dataclass(slots=True)
class Target:
    """One home page to probe. `columns`: addresses an operator names instead of a walk; `hosts` beside the home's."""

    id: str
    home: str
    name: str = ""
    hosts: list[str] = field(default_factory=list)
    columns: list[str] = field(default_factory=list)
    browser: bool = False
    """Pages that only a script draws are drawn by a browser."""


@dataclass(slots=True)
class ProbePlan:
    """Everything the child process needs, JSON-serialisable. Units as in ScanPlan."""

    targets: list[Target]
    facts: str | None = None
    contact: str = ""
    delay: float = 1.2
    timeout: float = 30.0
    retries: int = 1
    allow_private_addresses: bool = False


@dataclass(slots=True)
class Step:
    """One page on the way: what the link said, where it led, what came."""

    text: str
    url: str
    outcome: str = "ok"
    reason: str = ""


@dataclass(slots=True)
class Candidate:
    """One column as the scan would read it. `reports` are titles of annual reports among `items` rows (first pages
    only), `twins` the addresses of those rows, `tabs` years that the page divides its list into."""

    name: str
    url: str
    kind: str
    outcome: str
    reason: str = ""
    family: str = ""
    items: int = 0
    reports: int = 0
    total: int | None = None
    complete: bool = False
    titles: list[str] = field(default_factory=list)
    """Of every report row."""
    bodies: list[str] = field(default_factory=list)
    years: list[int] = field(default_factory=list)
    tabs: list[int] = field(default_factory=list)
    twins: list[str] = field(default_factory=list)
    hosts: list[str] = field(default_factory=list)
    path: list[Step] = field(default_factory=list)
    parent: str = ""
    divided: bool = False
    """The list is cut into further columns (by year, by class), which a scan reads with it."""
    needs_browser: bool = False
    """No list was found, and the page looks like one that its script draws."""

    @property
    def readable(self) -> bool:
        return self.outcome == Outcome.OK and self.reports > 0

    @property
    def offsite(self) -> bool:
        return self.outcome == Outcome.REDIRECT_OFFSITE


@dataclass(slots=True)
class Probe:
    """What probing one home page came to. `refusal` is empty where a portal is proposed, else an outcome or one of
    SEVERAL, YEARS, UNREAD."""

    target: Target
    name: str = ""
    refusal: str = ""
    reason: str = ""
    columns: list[Candidate] = field(default_factory=list)
    """The columns of the entry, or those between which we could not decide."""
    steps: list[Step] = field(default_factory=list)
    requests: int = 0
    shell: bool = False
    """The home page itself looks like one that its script draws."""

    @property
    def needs_browser(self) -> bool:
        """Whether a browser may find what no family does; `browser_portal` is the entry that switches it on."""
        return bool(self.refusal) and not self.target.browser and (
            self.shell or any(column.needs_browser for column in self.columns))

    def browser_portal(self) -> Portal | None:
        """The entry by which a scan draws the columns that need it; None where none of them was found."""
        drawn = [column for column in self.columns if column.needs_browser]
        return self._entry(drawn, "browser") if drawn and self.needs_browser else None

    @property
    def outcome(self) -> str:
        """The outcome in the words of config/outcomes.yaml: what was refused for doubt is unknown_shape."""
        known = {str(outcome) for outcome in Outcome}
        return self.refusal if self.refusal in known else str(Outcome.UNKNOWN_SHAPE if self.refusal else Outcome.OK)

    def portal(self) -> Portal:
        """The proposed entry. Raises ProbeError where the probe was refused."""
        if self.refusal:
            raise ProbeError(f"{self.target.home}: refused, {self.refusal}: {self.reason}")
        drawn = any(column.family == "browser" for column in self.columns)
        return self._entry(self.columns, "browser" if drawn else "none")

    def _entry(self, columns: list[Candidate], rendering: Literal["none", "browser"]) -> Portal:
        # Every part of a divided column may be of another system.
        families = {"auto" if column.divided or rendering == "browser" else column.family for column in columns}
        read = not any(column.needs_browser for column in columns)
        own = read and len({name for column in columns for name in column.bodies}) <= 1
        hosts = [place_of(self.target.home), *self.target.hosts,
                 *(host for column in columns for host in (place_of(column.url), *column.hosts))]
        # A list of annual reports only grows: one that shrinks to half was redesigned.
        least = min((column.items // 2 for column in columns), default=1)
        return Portal(
            id=self.target.id, name=self.target.name or self.name or self.target.id, hosts=list(dict.fromkeys(hosts)),
            family=families.pop() if len(families) == 1 else "auto",
            columns=[Column(id="annual" if number == 1 else f"annual-{number}", name=column.name or "年报",
                            url=column.url, role="own" if own and len(columns) == 1 else "collective")
                     for number, column in enumerate(columns, 1)],
            expectations=Expectations(min_items=max(1, least)), rendering=rendering,
            rendering_reason=f"probe {clock.today()}: a script draws the rows, no known data call"
            if rendering == "browser" else "")

    def to_yaml(self) -> str:
        """The entry as its file holds it, with the way it was found."""
        portal = as_yaml(self.portal())
        way = " → ".join(step.text or step.url for step in self.columns[0].path)
        return (f"# nianbao probe {clock.today()}: {self.target.home}" + (f" ({way})" if way else "") + "\n" + portal)

    def to_record(self) -> dict[str, Any]:
        """The probe as JSON-serialisable data; `portal` is None where it was refused."""
        columns = [{name: value for name, value in asdict(column).items() if name not in ("twins", "hosts", "parent")}
                   for column in self.columns]
        return {"home": self.target.home, "id": self.target.id, "outcome": self.outcome,
                "refusal": self.refusal or None, "reason": self.reason, "requests": self.requests,
                "steps": [asdict(step) for step in self.steps], "columns": columns,
                "needs_browser": self.needs_browser,
                "browser_portal": drawn.model_dump(exclude_defaults=True) if (drawn := self.browser_portal()) else None,
                "portal": None if self.refusal else self.portal().model_dump(exclude_defaults=True)}


def as_yaml(portal: Portal) -> str:
    """A portal as its file holds it."""
    return yaml.safe_dump(portal.model_dump(exclude_defaults=True), allow_unicode=True, sort_keys=False, width=120)


# ---------------------------------------------------------------- deciding
def decide(probe: Probe, tried: list[Candidate], named: bool = False) -> None:
    """Fill refusal, reason and columns from every candidate that was tried. `named`: an operator named them all."""
    if named:
        probe.columns = tried
        bad = next((one for one in tried if not one.readable), None)
        if bad:
            _refuse(probe, bad)
        return
    good = _without_twins([one for one in tried if one.readable and one.kind != "year"])
    yearly = [one for one in tried if one.kind == "year" and (one.readable or one.items)]
    for one in good:
        if len(one.tabs) > 1 and not set(one.tabs) <= set(one.years):
            probe.columns = [one, *yearly]
            probe.refusal, probe.reason = YEARS, f"the list is divided by year ({_listed(sorted(one.tabs))}); {one.url}"
            return
    if yearly and not good:
        probe.columns = yearly
        probe.refusal = YEARS
        probe.reason = f"every year has its own list ({_listed(one.name for one in yearly)}), another comes each year"
        return
    if not good:
        _refuse_unread(probe, tried)
        return
    unread = [one for one in tried if not one.readable and _could_hold_more(one, good)]
    probe.columns = good
    if unread:
        one = unread[0]
        probe.columns = [*good, *unread]
        probe.refusal = UNREAD
        probe.reason = f"{one.name or one.url} beside it could not be read: {one.outcome} {one.reason}".strip()
    elif len(good) > 1 and not _classes_apart(good):
        probe.refusal = SEVERAL
        probe.reason = f"{len(good)} columns hold different reports: {_listed(one.url for one in good)}"


def _refuse(probe: Probe, one: Candidate) -> None:
    probe.refusal = one.outcome if one.outcome != Outcome.OK else str(Outcome.UNKNOWN_SHAPE)
    probe.reason = f"{one.url}: {one.reason or 'no annual report among its rows'}"


def _refuse_unread(probe: Probe, tried: list[Candidate]) -> None:
    """No column could be read: the most telling of those that were tried says why."""
    order = [Outcome.EMPTY_LISTING, Outcome.UNKNOWN_SHAPE, Outcome.OK]
    looked = sorted((one for one in tried if one.outcome not in (Outcome.GONE, Outcome.SOFT_404)),
                    key=lambda one: (one.outcome in order, one.offsite))
    if looked:
        _refuse(probe, looked[0])
    elif tried:
        _refuse(probe, tried[0])
    probe.columns = tried[:5]


def _could_hold_more(one: Candidate, good: list[Candidate]) -> bool:
    """Whether an unread column may hold reports that the read ones lack: then an entry without it could accuse."""
    if one.outcome in (Outcome.GONE, Outcome.SOFT_404) or one.offsite or one.kind != "column":
        return False
    # A page that only leads to the columns that were read is no column itself.
    if any(one.url in (other.parent, *(step.url for step in other.path)) for other in good):
        return False
    if one.outcome in (Outcome.OK, Outcome.EMPTY_LISTING, Outcome.UNKNOWN_SHAPE):
        return bool(class_of(one.name))
    return True


def _classes_apart(good: list[Candidate]) -> bool:
    """Whether columns stand side by side, each for another class of bodies; one without a class may be the own one."""
    classes = [class_of(one.name) for one in good]
    return len(set(classes)) == len(classes)


def _without_twins(good: list[Candidate]) -> list[Candidate]:
    """One of each set of columns that show the same list at two addresses; the fuller one stays."""
    kept: list[Candidate] = []
    for one in sorted(good, key=lambda each: -each.reports):
        own = {plain(url) for url in one.twins}
        if not any(_alike(own, {plain(url) for url in other.twins}) or
                   _alike(_named(one), _named(other)) for other in kept):
            kept.append(one)
    return [one for one in good if one in kept]


def _named(one: Candidate) -> set[str]:
    """Titles that say whose report they are; 2024年政府信息公开工作年度报告 stands in every office's column."""
    return {parsed.normalised for title in one.titles if (parsed := titles.parse(title)).body}


def _alike(first: set[str], second: set[str]) -> bool:
    smaller = min(len(first), len(second))
    return smaller > 0 and len(first & second) >= _TWIN_SHARE * smaller


def _listed(values: Iterable[Any]) -> str:
    return ", ".join(str(value) for value in values)


# ---------------------------------------------------------------- addresses
def place_of(url: str) -> str:
    """host or host:port, as a portal registers it."""
    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    return host if parts.port in (None, 80, 443) else f"{host}:{parts.port}"


def site_of(host: str) -> str:
    """The part of a host name that one owner holds: zwgk.shili.gov.cn → shili.gov.cn; addresses in numbers stay."""
    labels = host.lower().split(".")
    if len(labels) <= 2 or re.fullmatch(r"[\d.]+", host) or ":" in host:
        return host.lower()
    wide = labels[-1] == "cn" and (labels[-2] in _SECOND_LEVELS or len(labels[-2]) == 2)
    return ".".join(labels[-3 if wide else -2:])


def id_of(home: str) -> str:
    """A portal's id from its address: http://www.shili.gov.cn/jyj/ → shili-gov-cn-jyj."""
    parts = urlsplit(home)
    folder = re.sub(r"(index|default)\.\w+$", "", parts.path)
    return re.sub(r"[^a-z0-9]+", "-", f"{place_of(home).removeprefix('www.')}{folder}".lower()).strip("-")[:60]


# ---------------------------------------------------------------- writing
def write(probe: Probe, force: bool = False) -> Path:
    """Write the entry into the office's facts folder. Raises ProbeError where there is none or the file exists."""
    folder = configuration.office_folder()
    if folder is None:
        raise ProbeError("no facts folder to write into; run nianbao init and name its settings with --config")
    path = folder / "portals" / f"{probe.target.id}.yaml"
    text = probe.to_yaml()
    if path.exists() and not force:
        raise ProbeError(f"{path}: stands there already and was left alone; compare it, then use --force")
    path.parent.mkdir(parents=True, exist_ok=True)
    replace_text(path, text)
    configuration.use_office_folder(folder)
    return path


# ---------------------------------------------------------------- the child process
def run(plan: ProbePlan, progress: Callable[[Probe], None] | None = None) -> list[Probe]:
    """Probe every target of the plan in a child process, in the plan's order. Raises ProbeError."""
    if plan.delay < 1.0 and not plan.allow_private_addresses:
        raise ProbeError(f"delay {plan.delay:g} s: at least 1 s must pass between requests to a host")
    found: dict[str, Probe] = {}
    fault = ""

    def on_event(event: dict[str, Any]) -> None:
        nonlocal fault
        if "fault" in event:
            fault = event["fault"]
            return
        probe = _restored(event)
        found[probe.target.id] = probe
        if progress:
            progress(probe)

    fault = child.run("crawler.spiders.probe", asdict(plan), on_event) or fault
    if fault:
        raise ProbeError(fault)
    return [found[target.id] for target in plan.targets if target.id in found]


def _restored(event: dict[str, Any]) -> Probe:
    def steps(rows: list[dict[str, Any]]) -> list[Step]:
        return [Step(**row) for row in rows]

    columns = [Candidate(**{**row, "path": steps(row["path"])}) for row in event["columns"]]
    return Probe(**{**event, "target": Target(**event["target"]), "columns": columns, "steps": steps(event["steps"])})
