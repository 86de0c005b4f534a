"""One cause, one case: findings of one report that share cells belong together.

Promises: findings on relations of figures (an expression with = or ≥) that have a cell in common, directly or through
others, or are a column and the column of totals off by the same amount, get the same `evidence["case"]` – id (that of
its worst finding), how many, which rules – and stand one behind the other; nothing of it enters a finding's id or fact,
so a case that grows reopens no decision. Leaves alone: what is found (rules/), how it is said (wording, commands/).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from monitor.model import Finding

Item = TypeVar("Item")
_RELATIONS = "=≥≤"
_TOTAL = "total"


def group(findings: Sequence[Finding]) -> list[Finding]:
    """The findings of one report, worst first, with those of one case behind its worst and marked as such."""
    leader: dict[int, int] = {}
    owner: dict[str, int] = {}
    for place, finding in enumerate(findings):
        leader[place] = place
        if not _shares_cells(finding):
            continue
        # A cell already seen joins the two cases; the case of the worse finding keeps its name.
        met = {_head(leader, owner[key]) for key in finding.figures if key in owner} | {place}
        first = min(met)
        leader |= dict.fromkeys(met, first)
        owner |= dict.fromkeys(finding.figures, first)
    for pair in _columns_and_totals(findings):
        heads = {_head(leader, place) for place in pair}
        leader |= dict.fromkeys(heads, min(heads))
    members: dict[int, list[Finding]] = {}
    for place, finding in enumerate(findings):
        members.setdefault(_head(leader, place), []).append(finding)
    for together in members.values():
        if len(together) > 1:
            case = {"id": together[0].id, "count": len(together), "rules": sorted({each.rule for each in together})}
            for finding in together:
                finding.evidence["case"] = case
    return [finding for together in members.values() for finding in together]


def of(finding: Finding) -> dict[str, Any] | None:
    """The case a finding belongs to; None where it stands alone."""
    case = finding.evidence.get("case")
    return case if isinstance(case, dict) else None


def together(items: Iterable[Item], finding: Callable[[Item], Finding]) -> list[list[Item]]:
    """What belongs to one case in one list, where its first stands; everything else alone. `finding` takes the finding
    out of an item."""
    gathered: dict[str, list[Item]] = {}
    for item in items:
        found = finding(item)
        gathered.setdefault((of(found) or {}).get("id") or found.id, []).append(item)
    return list(gathered.values())


def _columns_and_totals(findings: Sequence[Finding]) -> list[tuple[int, int]]:
    """Pairs of findings of one rule, the column of totals and the only column that is off by as much: what is wrong in
    the one was added up into the other."""
    found = []
    for place, total in enumerate(findings):
        if total.subject != _TOTAL or not total.difference or not _shares_cells(total):
            continue
        columns = [other for other, finding in enumerate(findings) if other != place and finding.rule == total.rule
                   and _shares_cells(finding) and finding.difference == total.difference]
        if len(columns) == 1:
            found.append((place, columns[0]))
    return found


def _shares_cells(finding: Finding) -> bool:
    return finding.outcome == "fail" and any(sign in finding.expression for sign in _RELATIONS)


def _head(leader: dict[int, int], place: int) -> int:
    while leader[place] != place:
        place = leader[place]
    return place
