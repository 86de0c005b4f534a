"""ARI-01 to 07 and 11: the relations the form itself demands, over every column, row and route, from forms/<era>.yaml.

Promises the domain's reading of cells: a blank or dash part counts as 0 beside a part that is a number; a blank total
is never 0 – its row's own sum stands in for it – and is reported as not filled; a sum without a single number isn't
evaluated; a relation that fails is a failure only if no whole numbers in its open cells could make it hold; rows or
columns that look shifted in reading (ARI-10) accuse nobody, nor does a total above its parts beside rows or columns
that the form doesn't know. Leaves alone: severities held back for doubtful reading
(judging.py), and sums between years or bodies.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from extract import configuration, forms
from extract.forms import Identity
from extract.model import Figure, Report
from monitor.rules import structure
from monitor.rules.catalogue import Verdict, rule

Number = int | float
Values = Mapping[str, Number | None]
_SUMS = ("ARI-01", "ARI-02", "ARI-03", "ARI-04", "ARI-05", "ARI-06")
_ORDERS = ("ARI-07", "ARI-11")
_TOTALS = ("ARI-03", "ARI-04", "ARI-05", "ARI-06")
"""Relations whose right side is one printed total of the parts on the left."""
_SHORT_SUM = 4
"""Sums of more terms are written without their zeros."""


def _sums_that_pass(report: Report) -> frozenset[str] | None:
    return _passing(report, _SUMS)


def _orders_that_pass(report: Report) -> frozenset[str] | None:
    return _passing(report, _ORDERS)


@rule(*_SUMS, over="report", passing=_sums_that_pass)
def judge_identities(report: Report) -> Iterator[Verdict]:
    """Every sum printed on the form holds in every column, row and route (tolerance 0); ignores sums without numbers,
    sums that open cells could make right, totals that a row or column unknown to the form may be part of, and tables
    that look shifted in reading."""
    if report.form is None:
        return
    identities = _of_form(report, _SUMS).identities
    rows = _rows_of(identities)
    sums = [_evaluate(each, report.figures, rows) for each in identities]
    _hold_back_shifts(sums, report.figures)
    _hold_back_unknown_parts(sums, report)
    for table in sorted({each.table for each in identities}):
        within = [each for each in sums if each.identity.table == table]
        hint = _cell_hint(within, report.figures)
        yield from (each.verdict(hint) for each in within)


@rule(*_ORDERS, over="report", passing=_orders_that_pass)
def judge_orders(report: Report) -> Iterator[Verdict]:
    """No part of table 2 exceeds its whole: in force ≥ issued − repealed (2021), made and disclosed in all ≥ newly
    disclosed (2019); ignores relations that blank cells could make right."""
    for identity in _of_form(report, _ORDERS).identities if report.form else ():
        found = _evaluate(identity, report.figures, {})
        verdict = found.verdict(None)
        if verdict.outcome != "not_applicable":
            keys = [term.key for term in (*found.right, *found.left)]
            verdict.parameters = {"table": identity.table, "row": keys[0].rpartition(".")[0],
                                  "left": verdict.left, "right": verdict.right}
            verdict.parameters |= {key.rpartition(".")[2]: report.value(key) for key in keys}
            if identity.rule == "ARI-11":
                verdict.parameters |= {"col": keys[-1].rpartition(".")[2]}
            if verdict.outcome == "fail" and not all(report.figures[key].confident for key in verdict.figures):
                verdict.outcome, verdict.reason = "uncertain", "low_confidence"
        yield verdict


# ---------------------------------------------------------------- the relations over what a report has
Numbers = Callable[[Mapping[str, Number | None]], tuple[Any, ...]]
"""Takes the numbers of some figures."""
_NOTHING = ""
"""The key of a nought."""


@dataclass(frozen=True, slots=True)
class _Relations:
    """The relations of some rules over the figures a report has: both sides of every one, arranged so that nothing is
    subtracted, with the sign between; `keys` of all their figures; `rules` that have one."""

    identities: tuple[Identity, ...]
    sides: tuple[tuple[Numbers, Numbers, str], ...]
    keys: tuple[str, ...]
    rules: frozenset[str]


def _of_form(report: Report, wanted: tuple[str, ...]) -> _Relations:
    """The relations of these rules over the figures a report has."""
    absent = tuple([key for key, figure in report.figures.items() if figure.state == "absent"])
    return _relations(report.form or "", configuration.office_folder(), tuple(report.figures), absent, wanted)


@functools.lru_cache(maxsize=256)
def _relations(era: str, office: Path | None, keys: tuple[str, ...], absent: tuple[str, ...],
               wanted: tuple[str, ...]) -> _Relations:
    """The relations of an era; another office's folder may hold another form."""
    if era not in forms.eras():
        return _Relations((), (), (), frozenset())
    identities = tuple(each for each in forms.form(era).identities(frozenset(keys).difference(absent))
                       if each.rule in wanted)
    sides = tuple((_numbers(each.left, each.right), _numbers(each.right, each.left), each.relation)
                  for each in identities)
    used = dict.fromkeys(key.removeprefix("-") for each in identities for key in each.keys)
    return _Relations(identities, sides, tuple(used), frozenset(each.rule for each in identities))


def _numbers(side: Sequence[str], other: Sequence[str]) -> Numbers:
    """What one side adds, and what the other one subtracts; and nothing, twice, since of one key no tuple is made."""
    keys = [key for key in side if not key.startswith("-")] + [key[1:] for key in other if key.startswith("-")]
    return operator.itemgetter(*keys, _NOTHING, _NOTHING)


def _passing(report: Report, wanted: tuple[str, ...]) -> frozenset[str] | None:
    """The rules whose relations all hold; None where one doesn't, or where not all its cells are whole numbers."""
    if report.form is None:
        return frozenset()
    relations = _of_form(report, wanted)
    figures = report.figures
    try:
        values = {key: figures[key].value for key in relations.keys}
        values[_NOTHING] = 0
        for left, right, relation in relations.sides:
            more, less = sum(left(values)), sum(right(values))
            if (more != less and (relation == "=" or more < less)) or type(more) is not int or type(less) is not int:
                return None
    except (KeyError, TypeError):  # a cell that was not found, or holds no number
        return None
    return relations.rules


# ---------------------------------------------------------------- one relation
@dataclass(slots=True)
class Term:
    """One place of a relation: `value` None where nothing is printed; `free` where its cells leave room upwards."""

    sign: int
    key: str
    value: Number | None
    free: bool
    absent: bool = False
    cells: tuple[str, ...] = ()
    """Figures read for it; more than one where a row's sum stands in for its blank total."""


@dataclass(slots=True)
class Sum:
    """One evaluated relation. `off` is left minus right with open cells counted as 0."""

    identity: Identity
    left: list[Term]
    right: list[Term]
    outcome: str = "not_applicable"
    off: Number = 0
    reason: str = ""
    variant: str = ""

    @property
    def terms(self) -> list[Term]:
        return self.left + self.right

    def verdict(self, hint: dict[str, object] | None) -> Verdict:
        identity = self.identity
        verdict = Verdict("not_applicable", identity.subject, identity.rule, reason=self.reason or "no_figures")
        if self.outcome == "not_applicable":
            return verdict
        verdict.outcome = "pass" if self.outcome == "pass" else "fail" if self.outcome == "fail" else "uncertain"
        verdict.reason = self.reason
        verdict.figures = [key for term in self.terms for key in term.cells]
        verdict.parameters = {"table": identity.table, **_place(identity)}
        verdict.expression, verdict.left = _written(_signed(self.left)), _total(self.left)
        if identity.rule != "ARI-01":
            verdict.parameters["sum"] = verdict.left
        if self.variant == "blank_total":
            # Nothing is printed to compare with, so no relation is written and nothing is said to differ.
            verdict.severity = "I"
        else:
            verdict.expression += f" {_sign(identity.relation)} {_written(_signed(self.right))}"
            verdict.right, verdict.difference = _total(self.right), self.off
            if identity.rule != "ARI-01":
                verdict.parameters["printed"] = verdict.right
        if self.variant:
            verdict.parameters["variant"] = self.variant
        if hint and self.outcome == "fail" and not self.variant:
            verdict.parameters["cell_hint"] = hint
        return verdict


def _evaluate(identity: Identity, figures: Mapping[str, Figure], rows: Mapping[str, Sequence[str]]) -> Sum:
    own_total = identity.right[0] if identity.rule in _TOTALS else None
    left, right = _sides(identity, figures, rows)
    found = Sum(identity, left, right)
    if all(term.value is None for term in left):
        return found
    found.off = _tidy(_total(left) - _total(right))
    if all(term.value is None for term in right):
        if own_total and not right[0].absent and found.off > 0:
            found.outcome, found.variant = "fail", "blank_total"
        return found
    if found.off == 0 or (identity.relation == ">=" and found.off > 0):
        # Nothing is said to agree where a cell of it could not even be found.
        found.outcome = "not_applicable" if any(term.absent for term in found.terms) else "pass"
        return found
    if _could_hold(found):
        found.outcome, found.reason = "uncertain", "blanks"
        return found
    found.outcome = "fail"
    if own_total and right[0].value == 0:
        found.variant = "zero_total"
    return found


def _sides(identity: Identity, figures: Mapping[str, Figure],
           rows: Mapping[str, Sequence[str]]) -> tuple[list[Term], list[Term]]:
    own = {} if identity.rule in _TOTALS else rows
    return [_term(key, figures, rows) for key in identity.left], [_term(key, figures, own) for key in identity.right]


def _could_hold(found: Sum) -> bool:
    """Whether non-negative whole numbers in the open cells could close the gap."""
    if not float(found.off).is_integer():
        return False
    needed = -1 if found.off > 0 else 1
    return any(term.free and (term.sign if term in found.left else -term.sign) == needed for term in found.terms)


def _term(signed: str, figures: Mapping[str, Figure], rows: Mapping[str, Sequence[str]]) -> Term:
    sign, key = (-1, signed[1:]) if signed.startswith("-") else (1, signed)
    figure = figures.get(key)
    if figure is not None and figure.value is not None:
        return Term(sign, key, figure.value, False, cells=(key,))
    parts = rows.get(key)
    if parts is None:
        absent = figure is None or figure.state == "absent"
        return Term(sign, key, None, True, absent, () if absent else (key,))
    terms = [_term(part, figures, {}) for part in parts]
    cells = tuple(cell for term in terms for cell in term.cells)
    if all(term.value is None for term in terms):
        return Term(sign, key, None, True, figure is None or figure.state == "absent", cells)
    return Term(sign, key, _total(terms), any(term.free for term in terms), any(term.absent for term in terms), cells)


def _rows_of(identities: Sequence[Identity]) -> dict[str, tuple[str, ...]]:
    """Parts by the total they stand in for when it is blank: the rows of ARI-03."""
    return {each.right[0]: each.left for each in identities if each.rule == "ARI-03"}


# ---------------------------------------------------------------- how it is written
def _total(terms: Sequence[Term]) -> Number:
    return _tidy(sum(_signed(terms)))


def _tidy(value: Number) -> Number:
    """Without the dust of binary fractions; whole numbers as int."""
    if isinstance(value, int):
        return value
    value = round(value, 6)
    return int(value) if float(value).is_integer() else value


def _written(values: Sequence[Number]) -> str:
    shown = [value for value in values if value] or values[:1] if len(values) > _SHORT_SUM else values
    text = " + ".join([str(value) if type(value) is int else str(_tidy(value)) for value in shown])
    return text.replace("+ -", "- ") if "-" in text else text


def _signed(terms: Sequence[Term]) -> list[Number]:
    return [term.sign * (term.value or 0) for term in terms]


def _sign(relation: str) -> str:
    return "≥" if relation == ">=" else relation


def _place(identity: Identity) -> dict[str, object]:
    """Where the relation stands, as row or column key."""
    key = identity.right[0]
    row, _, column = key.rpartition(".")
    if identity.rule == "ARI-03":
        return {"row": row}
    return {"col": row.removeprefix("disputes.") if row.startswith("disputes.") else column}


# ---------------------------------------------------------------- a single cell that explains it all
def _cell_hint(sums: Sequence[Sum], figures: Mapping[str, Figure]) -> dict[str, object] | None:
    """The one cell whose change makes every relation of the table hold, or None where none or several would."""
    failed = [each for each in sums if each.outcome == "fail" and each.variant != "blank_total"]
    if not failed:
        return None
    fixes: list[tuple[str, Number]] = []
    common = set.intersection(*({term.key for term in each.terms} for each in failed))
    for key in common:
        printed = figures[key].value if key in figures else None
        touched = [(each, _weight(each, key)) for each in sums
                   if each.outcome != "not_applicable" and _weight(each, key)]
        changes = {_tidy(-each.off / weight) for each, weight in touched}
        if printed is None or len(changes) != 1:
            continue
        fix = _tidy(printed + changes.pop())
        if fix >= 0 and isinstance(fix, int):
            fixes.append((key, fix))
    if len(fixes) != 1:
        return None
    key, fix = fixes[0]
    row, _, column = key.rpartition(".")
    return {"row": row, "col": column, "printed": figures[key].value, "fix": fix}


def _weight(found: Sum, key: str) -> int:
    return (sum(term.sign for term in found.left if term.key == key)
            - sum(term.sign for term in found.right if term.key == key))


# ---------------------------------------------------------------- parts that the form doesn't know
def _hold_back_unknown_parts(sums: Sequence[Sum], report: Report) -> None:
    """Make failures uncertain where the parts fall short of their total and the table prints a further row (ARI-02) or
    column (ARI-03 to 06) that may count in it: one that its place added, or that a later form has."""
    found = [each for each in report.tables if each.found]
    rows = {each.table for each in found if structure.further(each.rows_extra)}
    columns = {each.table for each in found if structure.further(each.columns_extra)}
    for each in sums:
        further = rows if each.identity.rule == "ARI-02" else columns if each.identity.rule in _TOTALS else ()
        if each.outcome == "fail" and each.off < 0 and each.identity.table in further:
            each.outcome, each.reason, each.variant = "uncertain", "unknown_parts", ""


# ---------------------------------------------------------------- ARI-10: shifted in reading
def _hold_back_shifts(sums: Sequence[Sum], figures: Mapping[str, Figure]) -> None:
    """Make failures of the requests table uncertain where doubtful reading explains them better than the print does:
    most rows with numbers fail, or the relation holds once its row, its column or the whole table is moved by one."""
    table = [each for each in sums if each.identity.rule in ("ARI-01", "ARI-02", "ARI-03")]
    failed = [each for each in table if each.outcome == "fail" and each.variant != "blank_total"]
    if not failed or all(figures[key].confidence >= 1 for each in table for term in each.terms for key in term.cells):
        return
    rows = [each for each in table if each.identity.rule == "ARI-03" and any(term.value for term in each.terms)]
    lost = [each for each in rows if each.outcome == "fail" and each.variant != "blank_total"]
    moved = _Moved(table, figures)
    for each in failed:
        doubtful = any(figures[key].confidence < 1 for term in each.terms for key in term.cells)
        if doubtful and (2 * len(lost) > len(rows) or moved.explains(each)):
            each.outcome, each.reason, each.variant = "uncertain", "shifted", ""


class _Moved:
    """The requests table with its numbers moved by one place."""

    def __init__(self, table: Sequence[Sum], figures: Mapping[str, Figure]) -> None:
        self.table = table
        names: dict[str, None] = {}
        columns: dict[str, None] = {}
        # ARI-03 names the row order and the columns of the form; the others only repeat them.
        for found in table:
            if found.identity.rule == "ARI-03":
                for term in found.terms:
                    row, _, column = term.key.rpartition(".")
                    names[row], columns[column] = None, None
        self.rows, self.columns = list(names), list(columns)
        self.values: dict[str, Number] = {f"{row}.{column}": _number(figures, f"{row}.{column}")
                                          for row in self.rows for column in self.columns}

    def explains(self, found: Sum) -> bool:
        if found.identity.rule == "ARI-03":
            row = found.right[0].key.rpartition(".")[0]
            lines = [[f"{row}.{column}" for column in self.columns]]
        else:
            column = found.right[0].key.rpartition(".")[2]
            lines = [[f"{row}.{column}" for row in self.rows]]
        return self.as_a_whole or any(self._holds([found], self._move(lines, step, 0)) for step in (1, -1))

    @functools.cached_property
    def as_a_whole(self) -> bool:
        """Whether the whole table, moved by one place, holds wherever it can be told, failed relations among it. What
        comes in at its edge was not read and is unknown, so relations with it tell nothing."""
        across = [[f"{row}.{column}" for column in self.columns] for row in self.rows]
        down = [[f"{row}.{column}" for row in self.rows] for column in self.columns]
        for whole, step in ((whole, step) for whole in (across, down) for step in (1, -1)):
            values = self._move(whole, step, None)
            known = [found for found in self.table
                     if all(values.get(term.key, 0) is not None for term in found.terms)]
            mended = [found for found in known if found.outcome == "fail" and self._holds([found], values)]
            if mended and self._holds(known, values):
                return True
        return False

    def _move(self, lines: Sequence[Sequence[str]], step: int, edge: Number | None) -> Values:
        moved: dict[str, Number | None] = dict(self.values)
        for line in lines:
            for place, key in enumerate(line):
                before = place - step
                moved[key] = self.values[line[before]] if 0 <= before < len(line) else edge
        return moved

    @staticmethod
    def _holds(relations: Sequence[Sum], values: Values) -> bool:
        """Whether all hold, and not merely because nothing but zeros is left."""
        told = False
        for found in relations:
            left, right = (sum(term.sign * (values.get(term.key) or 0) for term in side)
                           for side in (found.left, found.right))
            told = told or bool(left or right)
            if _tidy(left - right) != 0:
                return False
        return told


def _number(figures: Mapping[str, Figure], key: str) -> Number:
    figure = figures.get(key)
    return (figure.value if figure is not None else None) or 0
