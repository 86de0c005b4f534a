"""YOY-04 and YOY-08: figures that jump from year to year, and tables that don't move at all.

Promises: only printed numbers read with confidence are compared, of the same keys; a jump is worth a look, no fault.
Leaves alone: what one year hands over to the next (years.py).
"""

from __future__ import annotations

from collections.abc import Iterator

from extract.model import Report
from monitor.rules.catalogue import Verdict, Years, rule

Number = int | float
_TABLES = {2: "disclosure.", 3: "applications.", 4: "disputes."}
_FEE = "disclosure.fees.amount"
_LARGE, _TIMES = 50, 5
_MIXED_UNITS = (3_000, 30_000)
"""Ratio of fees around 10 000 that a mixing of 元 and 万元 makes."""
_BREAK = 2024
"""Since then refusals go to reconsideration first: disputes of 2023 and 2024 can't be compared."""
_NON_ZERO = 5
_SHOWN = 6


@rule("YOY-04", over="years")
def judge_jumps(years: Years) -> Iterator[Verdict]:
    """No count of tables 2 to 4 is more than five times last year's or the reverse (the larger at least 50, the smaller
    at least 1), and no fee differs about ten thousandfold, as 元 for 万元 would make it (W). Ignores disputes from 2023
    to 2024."""
    report, previous = years.report, years.previous
    if previous is None:
        return
    fees, before = report.value(_FEE), previous.value(_FEE)
    if fees and before:
        larger, smaller = max(fees, before), min(fees, before)
        if _MIXED_UNITS[0] <= larger / smaller <= _MIXED_UNITS[1]:
            yield Verdict("fail", "fees", severity="W", left=fees, right=before, figures=[_FEE], before=[_FEE],
                          parameters={"y0": str(previous.year), "table": 2, "row": _FEE, "printed": fees,
                                      "prev": before, "variant": "units"})
        else:
            yield Verdict("pass", "fees")
    for number, prefix in _TABLES.items():
        if number == 4 and report.year == _BREAK:
            continue
        shared = [key for key, figure in report.figures.items() if key.startswith(prefix) and key != _FEE
                  and not key.endswith((".change", ".amount")) and figure.value is not None
                  and previous.value(key) is not None]
        jumped = [key for key in shared if _jumps(report.value(key), previous.value(key))]
        if jumped:
            # A row's total says it for its columns.
            shown = [key for key in jumped if key.endswith(".total") or number != 3] or jumped
            yield Verdict("fail", f"table.{number}", figures=jumped, before=jumped, parameters={
                "y0": str(previous.year), "table": number, "n": len(shown),
                "diff_list": [[key, previous.value(key), report.value(key)] for key in shown[:_SHOWN]]})
        elif shared:
            yield Verdict("pass", f"table.{number}")


def _jumps(one: Number | None, other: Number | None) -> bool:
    larger, smaller = max(one or 0, other or 0), min(one or 0, other or 0)
    return larger >= _LARGE and smaller >= 1 and larger > _TIMES * smaller


@rule("YOY-08", over="years")
def judge_same_tables(years: Years) -> Iterator[Verdict]:
    """The three tables don't all equal last year's, where at least five figures aren't zero; ignores reports of another
    form, and those of which a table was not read."""
    report, previous = years.report, years.previous
    if previous is None or report.form != previous.form:
        return
    keys = [key for key in report.figures if key.startswith(tuple(_TABLES.values()))]
    if not all(any(key.startswith(prefix) and _read(report, key) and _read(previous, key) for key in keys)
               for prefix in _TABLES.values()):
        return
    printed = [key for key in keys if report.value(key)]
    if len(printed) < _NON_ZERO:
        return
    if any((report.value(key) or 0) != (previous.value(key) or 0) for key in keys):
        yield Verdict("pass", "tables")
        return
    yield Verdict("fail", "tables", figures=printed, before=printed,
                  parameters={"y0": str(previous.year), "n": len(printed)})


def _read(report: Report, key: str) -> bool:
    return key in report.figures and report.figures[key].state != "absent"
