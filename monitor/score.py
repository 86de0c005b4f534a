"""A score of each body's report, for places whose evaluation asks for one; off unless it is switched on.

Promises: every point taken off names its finding (or status), rule, pack and state; each indicator is capped at its own
points; what there is no evidence or no date for is not scored and leaves the whole it is divided by, never zero; notes
and uncertain results cost nothing, and what only a person may raise costs nothing before one has. Order is that of the
roster, never of the points. Leaves alone: what the rules find, and what anybody makes of the number.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from extract import configuration
from extract.exceptions import ConfigurationError
from monitor import records, review
from monitor.model import FindingState, Standing, Status
from monitor.packs import Packs
from monitor.review import StoredFinding
from monitor.rules import catalogue

if TYPE_CHECKING:
    from crawler.roster import Roster
    from crawler.store import Store

FILE = "score.yaml"
Needs = Literal["date", "report", "figures", "last_year", "column"]
_PUBLISHED = frozenset((Status.ON_TIME, Status.LATE_BY_RULE, Status.LATE))
_SEEN = _PUBLISHED | {Status.UNDATED, Status.WITHDRAWN}
_UNTOLD = frozenset((Status.NOT_APPLICABLE, Status.NOT_CONFIRMED, Status.NOT_DUE, Status.DUE_SOON))


class _Facts(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Indicator(_Facts):
    """One part of the score. `rules`: points off for each finding of a rule; `statuses`: for how the obligation stands.
    Together never more than `points`."""

    title: str
    title_en: str
    points: float = Field(gt=0)
    needs: Needs
    rules: dict[str, float] = Field(default_factory=dict)
    statuses: dict[Status, float] = Field(default_factory=dict)


class Scheme(_Facts):
    """config/score.yaml."""

    enabled: bool = False
    states: tuple[FindingState, ...]
    indicators: dict[str, Indicator] = Field(min_length=1)

    @model_validator(mode="after")
    def _refer(self) -> Self:
        taken: dict[str, str] = {}
        for name, indicator in self.indicators.items():
            for rule, points in indicator.rules.items():
                if rule not in catalogue.catalogue().rules:
                    raise ValueError(f"indicators {name}: {rule} is no rule of rules.yaml")
                if rule in taken:
                    raise ValueError(f"indicators {name}: {rule} already costs points under {taken[rule]}; one fault "
                                     "costs once")
                if points < 0:
                    raise ValueError(f"indicators {name}: {rule} takes {points} off; write a positive number")
                taken[rule] = name
        refused = {FindingState.DISMISSED, FindingState.RETRACTED, FindingState.ACCEPTED} & set(self.states)
        if refused:
            raise ValueError(f"states: {', '.join(sorted(refused))} may not cost points: nobody holds them true")
        return self


def scheme() -> Scheme:
    """config/score.yaml. Raises ConfigurationError with file and line."""
    loaded: Scheme = configuration.load(FILE, Scheme)
    return loaded


# ---------------------------------------------------------------- what a score is
@dataclass(frozen=True, slots=True)
class Deduction:
    """Points taken off. `finding` is None where the obligation's status costs them; `asked` is what the rule costs
    where the cap of the indicator left less."""

    rule: str
    points: float
    asked: float
    finding: str | None = None
    state: str | None = None
    status: str | None = None
    pack: str = ""
    stored: StoredFinding | None = field(default=None, compare=False, repr=False)


@dataclass(slots=True)
class Part:
    """One indicator of one report. `reached` is None where it is not scored; `why` says then what was lacking."""

    indicator: str
    points: float
    reached: float | None
    deductions: list[Deduction] = field(default_factory=list)
    why: str = ""
    pack: str = ""
    """The pack whose weight this is; empty for the scheme's own."""


@dataclass(slots=True)
class Score:
    """One report's score: `reached` of `scored` points; None where no indicator could be scored."""

    body: str
    scope: str
    year: int
    parts: list[Part]

    @property
    def scored(self) -> float:
        return round(sum(part.points for part in self.parts if part.reached is not None), 2)

    @property
    def reached(self) -> float | None:
        return round(sum(part.reached for part in self.parts if part.reached is not None), 2) if self.scored else None

    @property
    def percent(self) -> float | None:
        return None if self.reached is None else round(100 * self.reached / self.scored, 1)

    @property
    def unconfirmed(self) -> int:
        """Deductions that rest on findings nobody has looked at yet."""
        return sum(each.state == FindingState.OPEN.value for part in self.parts for each in part.deductions)

    def to_record(self) -> dict[str, Any]:
        parts = [{**_part_record(part), "scored": part.reached is not None} for part in self.parts]
        return {"body": self.body, "scope": self.scope, "year": self.year, "reached": self.reached,
                "scored": self.scored, "percent": self.percent, "unconfirmed": self.unconfirmed, "indicators": parts}


def _part_record(part: Part) -> dict[str, Any]:
    record = asdict(Part(part.indicator, part.points, part.reached, [], part.why, part.pack))
    record["deductions"] = [{name: getattr(each, name) for name in Deduction.__slots__ if name != "stored"}
                            for each in part.deductions]
    return record


# ---------------------------------------------------------------- scoring
def on(roster: Roster, bodies: Collection[str], year: int) -> bool:
    """Whether anybody's score is switched on: by score.yaml, or by a pack's own weights."""
    held = Packs(roster)
    return scheme().enabled or any(held.local(roster.bodies.get(body), year).weights for body in bodies)


def scores(store: Store, roster: Roster, year: int, bodies: Collection[str] | None = None) -> list[Score]:
    """Scores of the owed reports of one year in the order of the roster; bodies whose score is off are left out.

    Raises ConfigurationError where a pack gives weight to an indicator that score.yaml doesn't hold.
    """
    with store.read() as connection:
        standings = [each for each in records.standings(connection, year) if bodies is None or each.body in bodies]
        listed = review.list_findings(connection, year=year, outcomes=["fail"],
                                      bodies=None if bodies is None else list(bodies))
        before = {(row["body"], row["scope"]) for row in connection.execute(
            "SELECT DISTINCT body, scope FROM judged WHERE year = ?", (year - 1,))}
        figured = {row["id"] for row in connection.execute(
            "SELECT id FROM report WHERE year = ? AND form IS NOT NULL AND verdict = 'report'", (year,))}
    found: dict[tuple[str, str], list[StoredFinding]] = defaultdict(list)
    for each in listed:
        found[each.finding.body, each.finding.scope].append(each)
    place = {body: number for number, body in enumerate(roster.bodies)}
    held, made = Packs(roster), []
    for standing in sorted(standings, key=lambda each: (_order(roster, each.body), place.get(each.body, 1 << 30),
                                                        each.scope)):
        local = held.local(roster.bodies.get(standing.body), year)
        if standing.status in _UNTOLD or not (scheme().enabled or local.weights):
            continue
        key = (standing.body, standing.scope)
        made.append(score(standing, found[key], local.weights, local.weights_by, last_year=key in before,
                          figures=standing.report in figured))
    return made


def _order(roster: Roster, body: str) -> int:
    known = roster.bodies.get(body)
    return known.sort_order if known and known.sort_order else 1 << 30


def score(standing: Standing, findings: Sequence[StoredFinding], weights: Mapping[str, float] | None = None,
          pack: str = "", *, last_year: bool = False, figures: bool = False) -> Score:
    """The score of one report as it stands. `weights`: points of indicators by a local pack, and `pack` its name."""
    weights, parts = weights or {}, []
    check_weights(weights, pack)
    for name, indicator in scheme().indicators.items():
        points = weights.get(name, indicator.points)
        part = Part(name, points, None, pack=pack if name in weights else "")
        part.why = _lacking(indicator.needs, standing, last_year, figures)
        if not part.why and points:
            part.deductions = _deductions(indicator, points, standing, findings)
            part.reached = round(points - sum(each.points for each in part.deductions), 2)
        parts.append(part)
    return Score(standing.body, standing.scope, standing.year, parts)


def check_weights(weights: Mapping[str, float], pack: str) -> None:
    """Raises ConfigurationError where a pack gives points to an indicator that score.yaml doesn't hold."""
    unknown = set(weights) - set(scheme().indicators)
    if unknown:
        raise ConfigurationError(
            f"pack {pack}: weights name {', '.join(sorted(unknown))}; {FILE} knows {', '.join(scheme().indicators)}")


def _lacking(needs: Needs, standing: Standing, last_year: bool, figures: bool) -> str:
    """What an indicator can't be scored without; empty where it is there. A key of the vocabulary's `strings`."""
    status = standing.status
    if needs == "date":
        return "" if status in _PUBLISHED or status is Status.MISSING else "score_no_date"
    if status is Status.WITHDRAWN and needs == "column":
        return ""
    if status not in _SEEN or standing.report is None:
        return "score_no_report"
    if needs == "figures" and not figures:
        return "score_no_figures"
    return "score_no_last_year" if needs == "last_year" and not last_year else ""


def _deductions(indicator: Indicator, points: float, standing: Standing,
                findings: Iterable[StoredFinding]) -> list[Deduction]:
    """What is taken off, the dearest first, until nothing is left. Points of a pack scale what each fault costs."""
    scale = points / indicator.points
    asked: list[tuple[float, StoredFinding | None]] = []
    if off := indicator.statuses.get(standing.status):
        asked.append((off * scale, None))
    for each in findings:
        if each.finding.rule in indicator.rules and _counts(each):
            asked.append((indicator.rules[each.finding.rule] * scale, each))
    left, taken = points, []
    for cost, stored in sorted(asked, key=lambda each: (-each[0], each[1].finding.id if each[1] else "")):
        part = round(min(cost, left), 2)
        left -= part
        if stored is None:
            taken.append(Deduction("", part, round(cost, 2), status=standing.status.value))
        else:
            taken.append(Deduction(stored.finding.rule, part, round(cost, 2), stored.finding.id, stored.state.value,
                                   pack=stored.finding.pack, stored=stored))
    return taken


def _counts(stored: StoredFinding) -> bool:
    finding = stored.finding
    if finding.outcome != "fail" or finding.severity == "I" or stored.state not in scheme().states:
        return False
    return stored.state is not FindingState.OPEN or not catalogue.text_of(finding.rule).person_only
