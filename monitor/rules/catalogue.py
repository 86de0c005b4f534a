"""The catalogue of rules: which functions judge what (registry), and what the facts say of each rule (rules.yaml).

Promises: one function per rule, or per family of rules evaluated together; every registered rule has its entry in
config/rules.yaml and every entry that isn't `planned` has its function (a test insists on both).
Leaves alone: running the rules and holding back doubtful accusations (judging.py), rendering (wording.py).

Parameters of a verdict are keys, never words, so that one finding can be said in every language: numbers and ISO days
as such; `table` 2–4 and `section` 0–6 as int; `row` "applications.new"; `col` "natural_person" or, in table 4, the
route "reconsideration"; members of `list`, `missing`, `extra` and `where` "section.5", "table.3", a row key,
"column.research", or a label as printed; `phrase` as printed.
"""

from __future__ import annotations

import functools
import hashlib
import importlib
import pkgutil
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, model_validator

from crawler.model import Body
from extract import configuration
from extract.model import Report
from monitor.model import Obligation, RuleOutcome, Severity, Standing

Over = Literal["report", "years", "levels", "standing", "pair"]


# ---------------------------------------------------------------- what rules see and say
@dataclass(slots=True)
class Watched:
    """What a rule over="standing" sees: one obligation as it stands, and the roster row it belongs to."""

    standing: Standing
    obligation: Obligation | None = None
    body: Body | None = None
    around: Around | None = None
    """What else the store holds; None where nobody looked it up."""


@dataclass(slots=True)
class Around:
    """What the store holds around one standing beyond its own evidence. Times are ISO; a part is empty where it was
    not looked up because the standing gives no reason to ask."""

    absent: Mapping[str, Any] = field(default_factory=dict)
    """The last healthy observation without the report before it was first seen, where its own date lies before that
    observation: at, first_seen, dated, snapshots, first_snapshots."""
    versions: Sequence[Mapping[str, Any]] = ()
    """First and newest content of the report's address where they differ: first_seen, last_seen, report."""
    copies: Sequence[Mapping[str, Any]] = ()
    """What stands now at each address of the same publication: address, medium, report."""
    columns: Sequence[Mapping[str, Any]] = ()
    """Columns of the roster row, and others that list the report: portal, column, name, url, role, named, listed,
    looked (the last healthy look since the report was seen and due), absent (from that and every other healthy look),
    out_of_order (rows), owner (whether this standing's body is told of the column's own faults)."""
    links: Sequence[Mapping[str, Any]] | None = None
    """Links of the report page that a person should look at: url, text, kind (foreign, dead), of dead ones outcome, t1,
    t2; None where its links are not known."""
    outside: Sequence[Mapping[str, Any]] = ()
    """Rows of its columns that speak of the report but lead to hosts nobody registered: url, title, host, at."""
    years_missing: Sequence[int] = ()
    """Older report years not seen, on the newest year's standing only."""
    sibling: Standing | None = None
    """The other scope's standing of the same office and year, where that report was found."""
    sibling_settled: bool = False
    """Whether a person has said that the sibling's report really is the sibling's."""


@dataclass(slots=True)
class Years:
    """What a rule over="years" sees: one report and the earlier ones of the same body and scope, by year. Where other
    bodies were merged into it since last year, `joined` holds their last reports."""

    report: Report
    earlier: Mapping[int, Report] = field(default_factory=dict)
    joined: Sequence[Report] = ()
    reorganised: bool = False
    """Whether the roster knows of a merger, a split or moved functions since last year."""
    unheld: bool = False
    """Whether the last report of a body merged into this one is not held."""

    @property
    def previous(self) -> Report | None:
        """Last year's report."""
        return None if self.report.year is None else self.earlier.get(self.report.year - 1)


@dataclass(slots=True)
class Level:
    """What a rule over="levels" sees: a consolidated report, the office's own one of that year where it is held, and
    the reports held of the bodies below it, by name. `owing`: how many of those owe one."""

    report: Report
    own: Report | None = None
    members: Mapping[str, Report] = field(default_factory=dict)
    owing: int = 0


@dataclass(slots=True)
class Pair:
    """What a rule over="pair" sees: a report, and one of another body on the same year. `name` is the other body's by
    the roster, `other_key` its (body, scope, year)."""

    report: Report
    other: Report
    other_key: tuple[str, str, int]
    name: str = ""
    own_office: bool = False
    """Whether one of the two is the other's own office."""


@dataclass(slots=True)
class Verdict:
    """What one rule says on one subject. A passed relation is a verdict too: its expression is shown with a tick."""

    outcome: RuleOutcome
    subject: str = ""
    """What the rule looked at: a column, a row, a section…; stable from run to run, since the finding's id holds it."""
    rule: str = ""
    """Needed only from functions that carry several rules."""
    severity: Severity | None = None
    """Where it isn't the rule's own of rules.yaml."""
    expression: str = ""
    """The relation the rule demands, with its numbers: 31 + 1 = 29 + 4. Numbers, + − = ≥ × ÷ and blanks only."""
    left: int | float | None = None
    right: int | float | None = None
    difference: int | float | None = None
    figures: list[str] = field(default_factory=list)
    """Canonical keys of every figure the verdict rests on."""
    parameters: dict[str, Any] = field(default_factory=dict)
    """Values for the placeholders of the rule's wording; `variant` chooses one of its variants."""
    evidence: dict[str, Any] = field(default_factory=dict)
    """What proves it beside the figures: spans of the prose, fetch ids, days."""
    reason: str = ""
    """Why it is uncertain or not applicable: a key of rules.yaml `reasons`."""
    before: list[str] = field(default_factory=list)
    """Canonical keys of the figures of last year's report that it rests on too."""


Judge = Callable[[Any], Iterable[Verdict]]
JudgeFunction = TypeVar("JudgeFunction", bound=Judge)
Passing = Callable[[Any], Collection[str] | None]
"""Ids of the rules that pass, where a quick look shows that none of the function's verdicts would be anything else;
None where only the verdicts tell."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One registered function with the ids of the rules it evaluates."""

    ids: tuple[str, ...]
    over: Over
    judge: Judge
    passing: Passing | None = None
    """Asked first where nobody reads the relations that hold: most reports are in order."""

    @property
    def name(self) -> str:
        return f"{self.judge.__module__}.{self.judge.__name__}"


_registry: dict[str, Rule] = {}


def rule(*ids: str, over: Over, passing: Passing | None = None) -> Callable[[JudgeFunction], JudgeFunction]:
    """Register a function: over="report" gets an extract.model.Report, over="years" Years, over="levels" a Level,
    over="standing" a Watched, over="pair" a Pair. `passing` gets the same.

    It yields Verdicts; one that yields none of a rule says that the rule is not applicable. Raises ValueError when an
    id is taken or the function has no docstring: the docstring is the rule in one sentence.
    """

    def register(function: JudgeFunction) -> JudgeFunction:
        entry = Rule(ids, over, function, passing)
        if not function.__doc__:
            raise ValueError(f"{entry.name}: a rule's docstring says it in one sentence")
        for each in ids:
            taken = _registry.get(each)
            if taken is not None and taken.name != entry.name:
                raise ValueError(f"{each} is registered by {taken.name} and {entry.name}")
            _registry[each] = entry
        return function

    return register


@functools.cache
def rules(over: Over) -> tuple[Rule, ...]:
    """Every registered function of one kind, in the order of their ids."""
    registered_ids()
    found = {entry.name: entry for _, entry in sorted(_registry.items()) if entry.over == over}
    return tuple(found.values())


@functools.cache
def registered_ids() -> frozenset[str]:
    """Ids of all rules; imports every module of this package first."""
    import monitor.rules

    for module in pkgutil.iter_modules(monitor.rules.__path__):
        importlib.import_module(f"monitor.rules.{module.name}")
    return frozenset(_registry)


# ---------------------------------------------------------------- what the facts say of a rule
class _Facts(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Said(_Facts):
    """One thing in both languages."""

    zh: str
    en: str


class Variant(_Facts):
    """Sentences that replace the rule's own where a verdict names this variant; empty ones fall back."""

    short: str = ""
    fact: str = ""
    ask: str = ""
    room: str = ""
    en: str = ""


class Change(_Facts):
    """What a version of a rule changed, and since when."""

    since: date
    zh: str = Field(min_length=2)
    en: str = Field(min_length=2)


class RuleText(Variant):
    """One entry of rules.yaml: what a rule weighs and how it is said."""

    id: str = ""
    version: int = Field(default=1, ge=1)
    """Raised when the rule's test changes: reports are then judged again, and `history` says what changed."""
    history: dict[int, Change] = Field(default_factory=dict)
    severity: Severity
    severity_in: dict[int, Severity] = Field(default_factory=dict)
    """Another severity for these report years."""
    at_most: dict[str, Severity] = Field(default_factory=dict)
    """The worst severity for a scope or a kind of body (consolidated, party_organ)."""
    category: Literal["timeliness", "completeness", "data", "content", "access"]
    nature: Literal["clerical", "substantive"] = "substantive"
    addressee: Literal["body", "portal_owner", "competent_office"] = "body"
    subsumes: tuple[str, ...] = ()
    """Rules whose findings on the same report are dropped when this one fails."""
    said_like: str = ""
    """A rule further up whose sentences serve where this one has none."""
    person_only: bool = False
    """Whether only a person may raise it: no alert and no point off before one has confirmed it."""
    operator_only: bool = False
    """Whether only the operator is told of it."""
    planned: bool = False
    """Wording that stands ready for a rule that isn't built yet."""
    basis: tuple[str, ...] | dict[str, str] = ()
    """Keys of `basis`, or such a key by kind of obligation."""
    variants: dict[str, Variant] = Field(default_factory=dict)

    def severity_for(self, scope: str, year: int | None, kind: str = "") -> Severity:
        """How much a failure of this rule weighs for a report of this scope and year, of a body of this kind."""
        weights: list[Severity] = [self.severity_in.get(year or 0, self.severity)]
        weights += [self.at_most[each] for each in (scope, kind) if each in self.at_most]
        return max(weights, key="EWI".index)


class Catalogue(_Facts):
    """config/rules.yaml."""

    basis: dict[str, Said]
    reasons: dict[str, Said]
    uncertain: Variant
    """Said instead of every rule's own sentences when its outcome is uncertain."""
    cell_hint: Said
    case: Said
    """Said above findings of one report that share cells."""
    rules: dict[str, RuleText]

    @model_validator(mode="before")
    @classmethod
    def _fill(cls, data: Any) -> Any:
        """Give each entry its id, and the sentences of the rule it is said like."""
        entries = data.get("rules") if isinstance(data, dict) else None
        if not isinstance(entries, dict) or not all(isinstance(entry, dict) for entry in entries.values()):
            return data
        filled: dict[str, Any] = {}
        for key, entry in entries.items():
            model = filled.get(entry.get("said_like"), {})
            lent = {name: model[name] for name in ("short", "fact", "ask", "room", "en", "basis", "variants")
                    if name in model}
            filled[key] = {**lent, **entry, "id": key}
        return {**data, "rules": filled}

    @model_validator(mode="after")
    def _refer(self) -> Catalogue:
        for key, entry in self.rules.items():
            named = entry.basis.values() if isinstance(entry.basis, dict) else entry.basis
            for name in named:
                if name not in self.basis:
                    raise ValueError(f"{key}: basis {name} is not among {', '.join(self.basis)}")
            for name in (*entry.subsumes, *filter(None, [entry.said_like])):
                if name not in self.rules:
                    raise ValueError(f"{key}: {name} is no rule of this file")
            wanted = set(range(2, entry.version + 1))
            if not wanted <= set(entry.history) <= wanted | {1}:
                raise ValueError(f"{key}: history must say what versions {', '.join(map(str, sorted(wanted)))} changed"
                                 ", and nothing of later ones" if wanted else
                                 f"{key}: history tells of versions the rule doesn't have; raise `version`")
            if not (entry.short and entry.fact and entry.en):
                raise ValueError(f"{key}: short, fact and en must not be empty")
        return self


def catalogue() -> Catalogue:
    """config/rules.yaml, loaded once. Raises ConfigurationError with file and line."""
    loaded: Catalogue = configuration.load("rules.yaml", Catalogue)
    return loaded


OF_REPORTS: tuple[Over, ...] = ("report", "years", "levels")
"""Kinds of rules run whenever a report is judged."""


@functools.cache
def ids_over(*kinds: Over) -> frozenset[str]:
    """Ids of all rules of these kinds."""
    return frozenset(each for kind in kinds for entry in rules(kind) for each in entry.ids)


def threshold(report: Report, rule_id: str, default: float) -> float:
    """The limit of a rule for this report: its locality's pack's, else the rule's own."""
    given = report.roster.get("pack", {}).get("thresholds", {}).get(rule_id, default)
    return float(given)


def pack_of(basis: str) -> str:
    """The pack (id@version) whose notice a basis key names, L-431200@2/2021; empty where it is no pack's."""
    identity, _, notice = basis.removeprefix("L-").partition("/")
    return identity if basis.startswith("L-") and notice and "@" in identity else ""


def text_of(rule_id: str) -> RuleText:
    """The entry of one rule. Raises KeyError for an id that rules.yaml doesn't hold."""
    return catalogue().rules[rule_id]


def fingerprint() -> str:
    """Changes whenever a rule is added, dropped, gets another version or severity, or its program or the facts it tests
    by change: then old reports are judged again."""
    entries = catalogue().rules
    listed = [(key, entry.version, entry.severity, sorted(entry.severity_in.items()), sorted(entry.at_most.items()))
              for key, entry in sorted(entries.items()) if key in registered_ids()]
    return hashlib.sha256(repr((listed, _programs(configuration.office_folder()))).encode()).hexdigest()[:16]


@functools.lru_cache(maxsize=4)
def _programs(office: Path | None) -> str:
    """Hash of what rules are made of, so that a version nobody raised leaves no stale finding."""
    paths = sorted(Path(__file__).parent.glob("*.py"))
    paths += [configuration.path_of(name) for name in (*configuration.names_in("forms"), "phrases.yaml")]
    whole = hashlib.sha256()
    for path in paths:
        whole.update(path.name.encode() + b"\0" + path.read_bytes())
    return whole.hexdigest()
