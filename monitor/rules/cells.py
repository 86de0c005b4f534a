"""FMT-07 and FMT-08: cells of the three tables that are blank, or hold something that is no count.

Promises: a blank that was read with doubt is nobody's omission; amounts in 万元 may have decimals, changes of 2019 may
be negative. Leaves alone: sums (identities.py) and cells that could not be found at all (structure.py).
"""

from __future__ import annotations

from collections.abc import Iterator

from extract.model import Figure, Report
from monitor.rules.catalogue import Verdict, rule

_TABLE = {"disc": 2, "appl": 3, "disp": 4}
"""Tables by the first letters of their keys."""
_LEAD = 4
_FEW = 5
"""Blank cells of a report up to which they are a note only."""
_SHOWN = 8
"""Cells that a finding names; more are only counted."""


@rule("FMT-07", over="report")
def judge_blanks(report: Report) -> Iterator[Verdict]:
    """No cell of the tables is blank that should hold 0, counted over the report: up to five are I, more W. Ignores
    dashes, and tables of which nothing was read."""
    blank: dict[int, list[str]] = {}
    for key, figure in report.figures.items():
        if figure.state != "absent" and (number := _TABLE.get(key[:_LEAD])):
            cells = blank.setdefault(number, [])
            if figure.state == "blank":
                cells.append(key)
    total = sum(map(len, blank.values()))
    for number, keys in blank.items():
        subject = f"table.{number}"
        if not keys:
            yield Verdict("pass", subject)
            continue
        verdict = Verdict("fail", subject, severity="I" if total <= _FEW else "W", figures=keys,
                          parameters={"table": number, "n": len(keys), "list": keys[:_SHOWN]})
        if len(keys) > _SHOWN:
            verdict.parameters["variant"] = "many"
        if not all(report.figures[key].confident for key in keys):
            verdict.outcome, verdict.reason = "uncertain", "low_confidence"
        yield verdict


@rule("FMT-08", over="report")
def judge_counts(report: Report) -> Iterator[Verdict]:
    """A count is a whole number from 0 up; a number with words beside it (2笔), or words alone, are I. Ignores amounts
    of money and the changes of the form of 2019."""
    found = False
    words: dict[int, list[str]] = {}
    for key, figure in report.figures.items():
        if figure.state not in ("number", "text") or not (number := _TABLE.get(key[:_LEAD])):
            continue
        found = True
        if key.endswith(".amount"):
            continue
        if figure.state == "text":
            words.setdefault(number, []).append(key)
        elif not _whole(figure, key):
            yield Verdict("fail", key, figures=[key], left=figure.value,
                          parameters={"table": number, "list": [key], "printed": figure.raw or str(figure.value)})
    for number, worded in words.items():
        yield Verdict("fail", f"table.{number}.text", severity="I", figures=worded, parameters={
            "table": number, "list": worded[:_SHOWN], "variant": "worded",
            "phrase": "、".join(f"“{report.figures[key].raw.strip()}”" for key in worded[:3])})
    if found:
        yield Verdict("pass", "counts")


def _whole(figure: Figure, key: str) -> bool:
    value = figure.value
    if value is None or (isinstance(value, int) and value >= 0):
        return True
    return float(value).is_integer() and (value >= 0 or key.endswith(".change"))
