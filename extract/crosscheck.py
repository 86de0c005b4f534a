"""Doubts a mapping that breaks the form's sums where a shift by one place would mend them.

Promises: confidence only falls here, and only for figures that order, not labels, had placed; real faults of a report
read by its labels stay as sure as they were. Leaves alone: judging sums (the monitor's rules).
"""

from __future__ import annotations

from collections.abc import Mapping

from extract.forms import Form, Identity
from extract.model import Figure

SHIFTED = 0.6


def lower_shifted(figures: dict[str, Figure], forms: Mapping[int, Form]) -> None:
    """Lower to 0.6 the unsure figures of every failing sum of table 3 that a move by one place would mend."""
    form = forms[3]
    keys = [key for key in figures if key.startswith(form.table(3).prefix + ".")]
    if not keys or all(figures[key].confidence >= 1 for key in keys):
        return
    order = [key for key in form.all_keys if key in figures]
    doubted: set[str] = set()
    for identity in form.identities(figures):
        if identity.table != 3 or identity.relation != "=" or _holds(identity, figures, {}) is not False:
            continue
        if any(_holds(identity, figures, _moved(order, form, step)) for step in (-1, 1)):
            doubted.update(identity.keys)
    for key in doubted:
        figure = figures.get(key)
        if figure and figure.confidence < 1:
            figure.confidence = min(figure.confidence, SHIFTED)


def _moved(order: list[str], form: Form, step: int) -> dict[str, str]:
    """Every key → the key one column aside in its row."""
    table = form.table(3)
    moved = {}
    for key in order:
        prefix, _, rest = key.partition(".")
        if prefix != table.prefix:
            continue
        row, _, column = rest.partition(".")
        columns = table.columns_of(row)
        place = columns.index(column) + step
        if 0 <= place < len(columns):
            moved[key] = table.key(row, columns[place])
    return moved


def _holds(identity: Identity, figures: Mapping[str, Figure], moved: Mapping[str, str]) -> bool | None:
    """Whether a sum holds with blanks as 0; None where no number stands in it or its total is missing."""
    def side(keys: tuple[str, ...]) -> float | None:
        values = [(figures[place].value, key.startswith("-")) for key in keys
                  if (place := moved.get(key.lstrip("-"), key.lstrip("-"))) in figures]
        if not any(value is not None for value, _ in values):
            return None
        return sum((-value if minus else value) for value, minus in values if value is not None)

    left, right = side(identity.left), side(identity.right)
    return None if left is None or right is None else abs(left - right) < 1e-9
