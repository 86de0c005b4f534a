"""Weighs readings by the form's own sums: doubts shifted rows and misread digits, chooses between readings.

Promises: no value is invented: a figure keeps the reading it has, or takes one that the recogniser offered for the same
cell (Cell.alternatives) when that mends every sum it stands in and no other change would. What was read from characters
by its labels stays as sure as it was, whatever the sums say: a real fault of a report is no doubt of its reading.
Leaves alone: judging sums (the monitor's rules).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace

from extract.figures import parse_cell
from extract.forms import Form, Identity
from extract.model import Figure

SHIFTED = 0.6
UNCONFIRMED = 0.6
"""A recognised figure that stands only in sums that fail."""
CHOSEN_BY_ONE, CHOSEN_BY_TWO = 0.85, 0.92
"""A figure chosen by one sum, or by two or more that all failed before."""
BORNE_OUT = 0.95
_UNREADABLE = 0.35
_POINTLESS = 5
"""Digits without a decimal point from which a recognised amount may have lost it; no sum would tell."""
_MOST_ROUNDS = 20


def settle(figures: dict[str, Figure], forms: Iterable[Form]) -> list[str]:
    """Choose between the readings of recognised cells by the sums of the forms, then lower to 0.6 every recognised
    figure that only stands in sums that fail. Tells what was chosen.

    An unsure cell with `alternatives` takes another reading when it is the only cell of a failing sum with exactly one
    reading that makes all sums it stands in hold; two such cells, or two such readings, leave all as they are.
    """
    if not any(figure.recognised for figure in figures.values()):
        return []
    sums = list({identity.keys: identity for form in forms for identity in form.identities(figures)
                 if identity.relation == "="}.values())
    kinds = {key: form for form in forms for key in form.all_keys}
    said: list[str] = []
    for _ in range(_MOST_ROUNDS):
        chosen = next((found for identity in sums if _holds(identity, figures, {}) is False
                       and (found := _mending(identity, sums, figures, kinds))), None)
        if chosen is None:
            break
        key, figure = chosen
        said.append(f"{key}: {figures[key].raw!r} was read as {figure.raw!r}, which the form's sums confirm")
        figures[key] = figure
    for key in _unconfirmed(sums, figures):
        figures[key].confidence = min(figures[key].confidence, UNCONFIRMED)
    for key, figure in figures.items():
        if figure.recognised and key in kinds and kinds[key].kind(key) == "decimal" and _may_lack_point(figure):
            figure.confidence = min(figure.confidence, CHOSEN_BY_ONE)
    return said


def _may_lack_point(figure: Figure) -> bool:
    return isinstance(figure.value, int) and len(str(abs(figure.value))) >= _POINTLESS


def _mending(failing: Identity, sums: Collection[Identity], figures: Mapping[str, Figure],
             forms: Mapping[str, Form]) -> tuple[str, Figure] | None:
    """The one reading of one cell of a failing sum that makes every sum of that cell hold; None where none or several
    do."""
    found: list[tuple[str, Figure]] = []
    for key in failing.keys:
        figure = figures.get(key)
        if figure is None or figure.confident or not figure.alternatives:
            continue  # a clear print stands, even where it breaks a sum: reports do err
        around = [identity for identity in sums if key in identity.keys]
        before = sum(_holds(identity, figures, {}) is False for identity in around)
        seen = {figure.value}
        for text in figure.alternatives:
            value, state = parse_cell(text, forms[key].kind(key))
            if value in seen or (value is None and state == "text"):
                continue
            seen.add(value)
            other = replace(figure, value=value, state=state, raw=text.strip(), alternatives=())
            if all(_holds(identity, {**figures, key: other}, {}) is True for identity in around):
                other.confidence = CHOSEN_BY_TWO if before > 1 else CHOSEN_BY_ONE
                found.append((key, other))
    return found[0] if len(found) == 1 else None


def _unconfirmed(sums: Collection[Identity], figures: Mapping[str, Figure]) -> list[str]:
    """Recognised figures that stand in a failing sum and in none that holds."""
    failing: set[str] = set()
    confirmed: set[str] = set()
    for identity in sums:
        held = _holds(identity, figures, {})
        if held is not None:
            (confirmed if held else failing).update(identity.keys)
    return [key for key in failing - confirmed if key in figures and figures[key].recognised]


def bear_out(figures: Mapping[str, Figure], forms: Iterable[Form]) -> None:
    """Raise recognised figures that two sums confirm to 0.95, or the one sum of a route of table 4 that isn't all zero;
    lower counts with decimals to 0.5. Figures in a failing sum are not raised, nor any beyond how sure its place is:
    columns in the wrong order keep all their sums."""
    for form in forms:
        held: Counter[str] = Counter()
        failing: set[str] = set()
        shown: set[str] = set()
        for identity in form.identities(figures):
            held_here = _holds(identity, figures, {}) if identity.relation == "=" else None
            if held_here:
                held.update(set(identity.keys))
                if any(figures[key].value for key in identity.keys if key in figures):
                    shown.update(identity.keys)
            elif held_here is False:
                failing.update(identity.keys)
        for key in set(form.all_keys) & figures.keys():
            figure = figures[key]
            if not figure.recognised or figure.confidence < _UNREADABLE:
                continue
            borne_out = held[key] >= 2 or (held[key] and key in shown and key.startswith("disputes."))
            if form.kind(key) != "decimal" and isinstance(figure.value, float):
                figure.confidence = min(figure.confidence, 0.5)
            elif key not in failing and borne_out:
                figure.confidence = max(figure.confidence, min(BORNE_OUT, figure.placed))


def broken(figures: Mapping[str, Figure], forms: Iterable[Form]) -> list[Identity]:
    """The sums of the forms that don't hold."""
    return [identity for form in forms for identity in form.identities(figures)
            if identity.relation == "=" and _holds(identity, figures, {}) is False]


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
