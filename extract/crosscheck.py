"""Doubts a mapping that breaks the form's sums where a shift by one place would mend them.

Promises: confidence only falls here, and only for figures that order, not labels, had placed; real faults of a report
read by its labels stay as sure as they were. Leaves alone: judging sums (the monitor's rules).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from extract.forms import Form, Identity
from extract.model import Figure

SHIFTED = 0.6


def lower_shifted(figures: dict[str, Figure], forms: Mapping[int, Form]) -> None:
    """Lower to 0.6 the unsure figures of every failing sum of table 3 that moving one row by one place would mend."""
    form = forms[3]
    table = form.table(3)
    mine = {key: figure for key, figure in figures.items() if key.startswith(table.prefix + ".")}
    if not mine or all(figure.confidence >= 1 for figure in mine.values()):
        return
    doubted: set[str] = set()
    for identity in form.identities(mine):
        if identity.table != 3 or identity.relation != "=" or _holds(identity, mine, {}) is not False:
            continue
        for moved in _moves(identity, form, mine):
            if _holds(identity, mine, moved):
                doubted.update(identity.keys)
                doubted.update(moved)
    for key in doubted & mine.keys():
        if mine[key].confidence < 1:
            mine[key].confidence = min(mine[key].confidence, SHIFTED)


def _moves(identity: Identity, form: Form, figures: Mapping[str, Figure]) -> Iterator[dict[str, str]]:
    """Each way one row of a sum may have slipped by a place: key → the key whose number it may really carry."""
    table = form.table(3)
    order = [row.key for row in table.rows
             if any(table.key(row.key, column.key) in figures for column in table.columns)]
    for row in dict.fromkeys(key.split(".")[1] for key in identity.keys if key in figures):
        columns = table.columns_of(row)
        for step in (-1, 1):
            yield {table.key(row, column): table.key(row, columns[(place + step) % len(columns)])
                   for place, column in enumerate(columns)}
            other = order.index(row) + step
            if 0 <= other < len(order):
                yield {table.key(row, column): table.key(order[other], column) for column in columns}


def _holds(identity: Identity, figures: Mapping[str, Figure], moved: Mapping[str, str]) -> bool | None:
    """Whether a sum holds with blanks as 0; None where a side has no number at all."""

    def side(keys: tuple[str, ...]) -> float | None:
        values: list[float] = []
        for key in keys:
            bare = key.lstrip("-")
            figure = figures.get(moved.get(bare, bare))
            if figure is not None and figure.value is not None:
                values.append(-figure.value if key.startswith("-") else figure.value)
        return sum(values) if values else None

    left, right = side(identity.left), side(identity.right)
    return None if left is None or right is None else abs(left - right) < 1e-9
