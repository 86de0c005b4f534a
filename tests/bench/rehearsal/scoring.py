"""What was said against the truth: recall and precision by status and by rule.

Promises: a status is right where the truth allows it; recall counts those bodies only whose status the law leaves no
choice in; a failing finding of severity E or W that is neither planted nor implied is false, whatever it says. Leaves
alone: how it was come by.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.bench.rehearsal.world import YEAR, Truth

SEVERE = ("E", "W")


@dataclass(slots=True)
class Share:
    """So many of so many."""

    right: int = 0
    all: int = 0

    @property
    def value(self) -> float:
        return self.right / self.all if self.all else 1.0

    def __str__(self) -> str:
        return f"{self.value:.2%}".replace("%", " %") + f" ({self.right:,} of {self.all:,})"


@dataclass(slots=True)
class Score:
    precision: dict[str, Share] = field(default_factory=lambda: defaultdict(Share))
    recall: dict[str, Share] = field(default_factory=lambda: defaultdict(Share))
    rules_recall: dict[str, Share] = field(default_factory=lambda: defaultdict(Share))
    rules_precision: dict[str, Share] = field(default_factory=lambda: defaultdict(Share))
    wrong: list[str] = field(default_factory=list)
    """Each wrong status, lost or false finding, in words."""
    confused: Counter[tuple[str, str]] = field(default_factory=Counter)


def score(truths: Iterable[Truth], statuses: Iterable[Mapping[str, Any]],
          findings: Iterable[Mapping[str, Any]]) -> Score:
    """statuses: rows of `status --json`; findings: rows of `findings --json`."""
    made, expected = Score(), {(each.body, each.scope): each for each in truths}
    said = {(row["body"], row["scope"]): row["status"] for row in statuses if row["year"] == YEAR}
    for key, each in expected.items():
        status = said.get(key, "absent")
        right = status in each.statuses
        made.precision[status].all += 1
        made.precision[status].right += right
        if len(each.statuses) == 1:
            must = next(iter(each.statuses))
            made.recall[must].all += 1
            made.recall[must].right += status == must
        if not right:
            made.confused["/".join(sorted(each.statuses)), status] += 1
            made.wrong.append(f"{each.body} ({each.portal}, {each.fate}): {status}, not "
                              f"{' or '.join(sorted(each.statuses))}")
    _score_findings(made, expected, findings)
    return made


def _score_findings(made: Score, expected: Mapping[tuple[str, str], Truth],
                    findings: Iterable[Mapping[str, Any]]) -> None:
    said: dict[tuple[str, str], set[tuple[str, str, str]]] = defaultdict(set)
    for row in findings:
        if row["year"] == YEAR:
            said[row["body"], row["scope"]].add((row["rule"], row["outcome"], row["severity"]))
    for key, each in expected.items():
        found = {(rule, outcome) for rule, outcome, _ in said[key]}
        for rule, outcome in each.rules:
            hit = (rule, outcome) in found
            made.rules_recall[rule].all += 1
            made.rules_recall[rule].right += hit
            if not hit:
                made.wrong.append(f"{each.body} ({each.portal}, {each.fate}): {rule} {outcome} not found")
        planted = {rule for rule, _ in each.rules}
        for rule, outcome, severity in said[key]:
            if outcome != "fail":
                continue
            true = rule in planted or rule in each.implied
            if true or severity in SEVERE:
                made.rules_precision[rule].all += 1
                made.rules_precision[rule].right += true
            if not true and severity in SEVERE:
                made.wrong.append(f"{each.body} ({each.portal}, {each.fate}): {rule} {severity} said without reason")
