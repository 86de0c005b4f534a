"""FMT-07 and FMT-08: cells of the three tables that are blank, or hold something that is no count.

Promises: a blank that was read with doubt is nobody's omission; amounts in 万元 may have decimals, changes of 2019 may
be negative. Leaves alone: sums (identities.py) and cells that could not be found at all (structure.py).
"""

from __future__ import annotations

import functools
from collections.abc import Iterator

from extract.model import Figure, Report
from monitor.rules.catalogue import Verdict, rule

_TABLE = {"disclosure": 2, "applications": 3, "disputes": 4}
"""Tables by the first part of their keys."""
_FEW = 5
"""Blank cells of a report up to which they are a note only."""
_SHOWN = 8
"""Cells that a finding names; more are only counted."""


def tables_of(report: Report) -> tuple[tuple[int, tuple[str, ...]], ...]:
    """The three tables, as far as a report has figures of them, with the keys of those."""
    return _tables_of(tuple(report.figures))


@functools.lru_cache(maxsize=64)
def _tables_of(keys: tuple[str, ...]) -> tuple[tuple[int, tuple[str, ...]], ...]:
    # Most reports have the same figures.
    found: dict[int, list[str]] = {}
    for key in keys:
        if number := _TABLE.get(key.partition(".")[0]):
            found.setdefault(number, []).append(key)
    return tuple((number, tuple(inside)) for number, inside in found.items())


@rule("FMT-07", over="report")
def judge_blanks(report: Report) -> Iterator[Verdict]:
    """No cell of the tables is blank that should hold 0, counted over the report: up to five are I, more W. Ignores
    dashes, and tables of which nothing was read."""
    blank: dict[int, list[str]] = {}
    for number, cells in tables_of(report):
        states = {report.figures[key].state for key in cells}
        if states - {"absent"}:
            blank[number] = [key for key in cells if report.figures[key].state == "blank"] if "blank" in states else []
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
        if found and figure.state == "number" and type(figure.value) is int and figure.value >= 0:
            continue  # by far the most
        if figure.state not in ("number", "text") or not (number := _TABLE.get(key.partition(".")[0])):
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
