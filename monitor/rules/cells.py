"""FMT-07 and FMT-08: cells of the three tables that are blank, or hold something that is no count.

Promises: a blank that was read with doubt is nobody's omission; amounts in 万元 may have decimals, changes of 2019 may
be negative. Leaves alone: sums (identities.py) and cells that could not be found at all (structure.py).
"""

from __future__ import annotations

from collections.abc import Iterator

from extract.model import Figure, Report
from monitor.rules.catalogue import Verdict, rule

_TABLES = {2: "disclosure.", 3: "applications.", 4: "disputes."}
_FEW = 5
"""Blank cells of a report up to which they are a note only."""
_SHOWN = 8
"""Cells that a finding names; more are only counted."""


@rule("FMT-07", over="report")
def judge_blanks(report: Report) -> Iterator[Verdict]:
    """No cell of the tables is blank that should hold 0, counted over the report: up to five are I, more W. Ignores
    dashes, and tables of which nothing was read."""
    blank: dict[int, list[str]] = {}
    for number, prefix in _TABLES.items():
        cells = {key: figure for key, figure in report.figures.items() if key.startswith(prefix)}
        if any(figure.state != "absent" for figure in cells.values()):
            blank[number] = [key for key, figure in cells.items() if figure.state == "blank"]
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
    for number, prefix in _TABLES.items():
        worded: list[str] = []
        for key, figure in report.figures.items():
            if not key.startswith(prefix) or figure.state in ("blank", "dash", "absent"):
                continue
            found = True
            if key.endswith(".amount"):
                continue
            if figure.state == "text":
                worded.append(key)
            elif not _whole(figure, key):
                yield Verdict("fail", key, figures=[key], left=figure.value,
                              parameters={"table": number, "list": [key], "printed": figure.raw or str(figure.value)})
        if worded:
            yield Verdict("fail", f"table.{number}.text", severity="I", figures=worded, parameters={
                "table": number, "list": worded[:_SHOWN], "variant": "worded",
                "phrase": "、".join(f"“{report.figures[key].raw.strip()}”" for key in worded[:3])})
    if found:
        yield Verdict("pass", "counts")


def _whole(figure: Figure, key: str) -> bool:
    value = figure.value
    if value is None:
        return True
    return float(value).is_integer() and (value >= 0 or key.endswith(".change"))
