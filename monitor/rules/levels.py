"""AGG-01 and AGG-02: a consolidated report against those of the bodies below it.

Promises: only members of the roster whose report is held are counted, with figures read with confidence; a request may
move between bodies, so less than their sum is a note. Leaves alone: whether members owe a report.
"""

from __future__ import annotations

from collections.abc import Iterator

from extract.model import Report
from monitor.rules.catalogue import Level, Verdict, rule

_NEW = "applications.new.total"
_TABLES = ("disclosure.", "applications.", "disputes.")
_SHOWN = ("applications.new.total", "applications.concluded.total", "disclosure.licences.decided",
          "disclosure.penalties.decided", "disclosure.normative_documents.in_force", "disputes.reconsideration.total")
_LEAST_ALIKE = 5
"""Figures that aren't zero from which two equal reports are no coincidence."""


@rule("AGG-01", over="levels")
def judge_sum_of_members(level: Level) -> Iterator[Verdict]:
    """A consolidated report counts no fewer new requests than the reports held of the office and the bodies below it
    together; ignores members whose number was not printed."""
    figure = level.report.figures.get(_NEW)
    below = _numbers(level)
    if figure is None or figure.value is None or not below:
        return
    total = sum(below.values())
    verdict = Verdict("pass" if figure.value >= total else "fail", "new", expression=f"{figure.value} ≥ {total}",
                      left=figure.value, right=total, difference=figure.value - total, figures=[_NEW],
                      parameters={"table": 3, "row": "applications.new", "n": len(below), "sum": total,
                                  "printed": figure.value}, evidence={"members": below, "owing": level.owing})
    if verdict.outcome == "fail" and not (figure.confident and _confident(level)):
        verdict.outcome, verdict.reason = "uncertain", "low_confidence"
    yield verdict


@rule("AGG-02", over="levels")
def judge_not_consolidated(level: Level) -> Iterator[Verdict]:
    """A consolidated report is not the office's own one while bodies below report more; ignores reports with fewer than
    five figures that aren't zero, and members that report nothing."""
    own = level.own
    if own is None or not level.members or own.form != level.report.form:
        return
    keys = [key for key in level.report.figures if key.startswith(_TABLES)]
    if sum(bool(level.report.value(key)) for key in keys) < _LEAST_ALIKE:
        return
    if any((level.report.value(key) or 0) != (own.value(key) or 0) for key in keys):
        yield Verdict("pass", "tables")
        return
    more = [[key, total] for key in _SHOWN
            if (total := sum(member.value(key) or 0 for member in level.members.values()))]
    if not more:
        return
    verdict = Verdict("fail", "tables", figures=[key for key in keys if level.report.value(key)],
                      parameters={"diff_list": more, "n": len(level.members)},
                      evidence={"members": sorted(level.members)})
    if not all(report.figures[key].confident for report in (level.report, own) for key in verdict.figures
               if key in report.figures):
        verdict.outcome, verdict.reason = "uncertain", "low_confidence"
    yield verdict


def _held(level: Level) -> dict[str, Report]:
    own = {level.own.body or "": level.own} if level.own is not None else {}
    return {**own, **level.members}


def _numbers(level: Level) -> dict[str, int | float]:
    return {name: value for name, report in _held(level).items() if (value := report.value(_NEW)) is not None}


def _confident(level: Level) -> bool:
    return all(report.figures[_NEW].confident for report in _held(level).values() if report.value(_NEW) is not None)
