"""Hands made pages to the product as `nianbao check` does, with what a roster would know, and tells what it said."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from extract import report as reading
from extract.model import Hints, Report
from monitor import judging
from monitor.model import Finding
from tests.bench.mutations.faults import Planted
from tests.bench.mutations.made import Made, page
from tests.bench.mutations.seasons import Season

_UNSURE = 0.7


def read(made: Made, doubtful: Sequence[str] = ()) -> Report:
    """The report as read from its page, placed where the roster places it."""
    found = reading.read(page(made), Hints(name="report.html", title=made.title))
    figures = {key: replace(figure, confidence=_UNSURE) if key.startswith(tuple(doubtful)) else figure
               for key, figure in found.figures.items()} if doubtful else found.figures
    return replace(found, scope=made.scope, figures=figures,  # type: ignore[arg-type]
                   roster={**found.roster, **made.roster})


def findings(planted: Planted) -> list[Finding]:
    """Everything the rules say of a report, failures and doubts."""
    made = planted.made
    report = read(made, planted.doubtful)
    level = judging.Level(report, read(planted.own) if planted.own else None,
                          {each.body: read(each) for each in planted.members}, len(planted.members)) \
        if planted.members else None
    named = judging.Named(made.body, report.scope, made.year)
    return judging.judge(report, named, {each.year: read(each) for each in planted.earlier}, level=level).findings


@dataclass
class Tally:
    """Counts by rule. `missed` and `false` keep what went wrong, to be shown."""

    planted: Counter[str] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)
    raised: Counter[str] = field(default_factory=Counter)
    """False findings on planted reports, by the rule that spoke."""
    accused: Counter[str] = field(default_factory=Counter)
    """False findings on clean reports."""
    clean: int = 0
    missed: list[str] = field(default_factory=list)
    false: list[str] = field(default_factory=list)

    @property
    def recall(self) -> float:
        return sum(self.found.values()) / max(1, sum(self.planted.values()))

    @property
    def precision(self) -> float:
        true = sum(self.found.values())
        return true / max(1, true + sum(self.raised.values()) + sum(self.accused.values()))

    def count_season(self, season: Season, label: str) -> None:
        """Judge one season of publication; what rules over standings leave to a person's look (I) is no accusation."""
        said = [each for each in season.findings() if each.outcome == "fail"]
        hits = [each for each in said if season.rule and each.rule == season.rule]
        if season.rule:
            self.planted[season.rule] += 1
            self.found[season.rule] += bool(hits)
            if not hits:
                self.missed.append(f"{label} {season.rule}: {season.name} – said {[each.rule for each in said]}")
        else:
            self.clean += 1
        for each in said:
            if each in hits or each.severity == "I":
                continue
            (self.raised if season.rule else self.accused)[each.rule] += 1
            self.false.append(f"{label} {season.rule or 'clean'}: {season.name} – {each.rule} {each.parameters}")

    def count(self, planted: Planted, label: str) -> None:
        """Judge one report and count what was found of it, and what was said without reason."""
        said = findings(planted)
        hits = [each for each in said if planted.rule and _is(each, planted)]
        if planted.rule:
            self.planted[planted.rule] += 1
            self.found[planted.rule] += bool(hits)
            if not hits:
                told = [f"{each.rule} {each.outcome} {each.severity} {each.subject}" for each in said]
                self.missed.append(f"{label} {planted.rule} {planted.subject} {planted.severity}: {planted.name} – sai"
                                   f"d {told}")
        else:
            self.clean += 1
        for each in said:
            if each.outcome != "fail" or each in hits or each.rule in planted.implied \
                    or (each.rule in planted.allowed and each.severity == "I"):
                continue
            if planted.rule == each.rule and planted.outcome == "fail" and not planted.severity:
                continue
            (self.raised if planted.rule else self.accused)[each.rule] += 1
            self.false.append(f"{label} {planted.rule or 'clean'}: {planted.name} – {each.rule} {each.severity} "
                              f"{each.subject} {each.expression} {each.parameters}")


def _is(finding: Finding, planted: Planted) -> bool:
    return (finding.rule == planted.rule and finding.outcome == planted.outcome
            and finding.subject.startswith(planted.subject)
            and planted.severity in ("", finding.severity))
