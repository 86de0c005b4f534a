"""The eras of the form as data: what a report of an era prints, under which keys, and the sums it must keep.

Promises: everything comes from config/forms/<era>.yaml, validated; keys and sums of a form are generated from it.
Leaves alone: finding the tables in a document (tables, loose) and judging sums (the monitor's rules).
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from extract import configuration
from extract.exceptions import ConfigurationError
from extract.figures import Kind
from extract.labels import Label, Labels, core, normalise, ratio
from extract.model import Grid

Relation = Literal["=", ">="]
HEADER_LIKE = 0.7
"""Resemblance from which a label is a misprinted header."""


class _Fact(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Years(_Fact):
    """Report years an era governs, both included; `last` None while it is in force."""

    first: int
    last: int | None = None


class SectionFact(_Fact):
    """One of the six parts: its printed titles, and the words that make a heading its own."""

    number: int
    title: str
    variants: tuple[str, ...] = ()
    keywords: tuple[tuple[str, ...], ...] = ()
    without: tuple[str, ...] = ()
    table: int | None = None


class ColumnFact(_Fact):
    """A printed column: its key, labels as `Labels` matches them, and what its numbers are."""

    key: str
    label: str
    type: Kind = "integer"
    variants: tuple[str, ...] = ()
    keywords: tuple[tuple[str, ...], ...] = ()
    without: tuple[str, ...] = ()


class RowFact(ColumnFact):
    """A printed row; what it shares with columns, and where it stands."""

    columns: tuple[str, ...] = ()
    """Columns this row has; all of the table's where none is named."""
    block: str = ""
    group: str = ""
    instead_of: tuple[str, ...] = ()
    """Rows this one replaces where it is printed; it is no row of the form proper."""
    unit: str = ""
    """The unit printed beside the label, where the form has a column for it."""


class TableFact(_Fact):
    """One table of an era as it is printed."""

    table: int
    prefix: str
    layout: Literal["items", "rows", "one_row", "list"]
    """items: blocks with their own columns · rows: rows × columns · one_row: all cells in one printed row · list: an
    indicator, its unit and its number a row; the first column bears no name in the key."""
    headers: tuple[str, ...] = ()
    header_keywords: tuple[tuple[str, ...], ...] = ()
    groups: tuple[str, ...] = ()
    columns: tuple[ColumnFact, ...]
    rows: tuple[RowFact, ...]

    def columns_of(self, row: str) -> tuple[str, ...]:
        """Keys of the columns one row has, in the form's order."""
        fact = next(fact for fact in self.rows if fact.key == row)
        return fact.columns or tuple(column.key for column in self.columns)

    def kind(self, column: str) -> Kind:
        """What the numbers of a column are. Raises StopIteration for a column the table doesn't have."""
        return next(fact.type for fact in self.columns if fact.key == column)

    def key(self, row: str, column: str) -> str:
        """The figure's key: prefix.row.column; prefix.row for the first column of a list."""
        if self.layout == "list" and column == self.columns[0].key:
            return f"{self.prefix}.{row}"
        return f"{self.prefix}.{row}.{column}"

    @property
    def proper_rows(self) -> tuple[RowFact, ...]:
        """The rows of the form itself, without those that stand in for others."""
        return tuple(row for row in self.rows if not row.instead_of)

    @functools.cached_property
    def row_labels(self) -> Labels:
        """The labels of its rows, ready to match."""
        return Labels([Label.of(row.key, row.label, row.variants, row.keywords, row.without) for row in self.rows])

    @functools.cached_property
    def column_labels(self) -> Labels:
        """The labels of its columns, ready to match."""
        return Labels([Label.of(fact.key, fact.label, fact.variants, fact.keywords, fact.without)
                       for fact in self.columns])

    @functools.cached_property
    def _plain(self) -> frozenset[str]:
        return frozenset(core(text) for text in self.headers)

    def is_group(self, text: str) -> bool:
        """Whether a label heads a group of rows (不予公开) and names no row itself."""
        return core(text) in {core(group) for group in self.groups}

    def is_header(self, text: str) -> bool:
        """Whether a label belongs to the table without naming a row or column (申请人情况, 信息内容 …)."""
        bare = core(text)
        return bare in self._plain or any(all(word in bare for word in words) for words in self.header_keywords)


    def like_header(self, text: str) -> bool:
        """Whether a label resembles such a header more than any column: a misprint of it."""
        column = self.column_labels.alike(text)
        nearest = max((ratio(core(text), name) for name in self._plain), default=0.0)
        return nearest >= HEADER_LIKE and (column is None or nearest > column.resemblance)


class IdentityFact(_Fact):
    """A sum of the form as its file states it, before it is run over rows or columns."""

    rule: str
    table: int
    relation: Relation = "="
    each: dict[Literal["row", "column"], Literal["all"] | tuple[str, ...]] = Field(default_factory=dict)
    """Over which rows or columns it runs; a single sum without."""
    left: tuple[str, ...]
    right: tuple[str, ...]
    subject: str = ""


@dataclass(frozen=True)
class Identity:
    """One sum over figures a report has: Σ left (=|>=) Σ right; a key with a leading minus is subtracted."""

    rule: str
    subject: str
    table: int
    left: tuple[str, ...]
    right: tuple[str, ...]
    relation: Relation

    @property
    def keys(self) -> tuple[str, ...]:
        return tuple(key.lstrip("-") for key in (*self.left, *self.right))


class Form(_Fact):
    """One era of the form."""

    era: str
    years: Years
    base: str
    sections: tuple[SectionFact, ...]
    signs: dict[int, tuple[str, ...]]
    tables: tuple[TableFact, ...]
    sets: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    sums: tuple[IdentityFact, ...] = Field(default=(), alias="identities")

    @model_validator(mode="after")
    def _consistent(self) -> Form:
        known = set(self.all_keys)
        for table in self.tables:
            columns = {column.key for column in table.columns}
            for row in table.rows:
                for column in row.columns:
                    if column not in columns:
                        raise ValueError(f"table {table.table}, row {row.key}: no column {column}")
        for fact in self.sums:
            for identity in self._expand(fact, None):
                for key in identity.keys:
                    if key not in known:
                        raise ValueError(f"identity {fact.rule}: {key} is no figure of this form")
        return self

    @functools.cached_property
    def keys(self) -> tuple[str, ...]:
        """Every figure of the form in its printed order, without rows that only stand in for others."""
        return tuple(table.key(row.key, column)
                     for table in self.tables for row in table.proper_rows for column in table.columns_of(row.key))

    @functools.cached_property
    def all_keys(self) -> tuple[str, ...]:
        """`keys` and those of stand-in rows."""
        return tuple(table.key(row.key, column)
                     for table in self.tables for row in table.rows for column in table.columns_of(row.key))

    def table(self, number: int) -> TableFact:
        """The table of that number. Raises StopIteration where the era has none."""
        return next(table for table in self.tables if table.table == number)

    def kind(self, key: str) -> Kind:
        """Type of one figure by key."""
        prefix, _, rest = key.partition(".")
        table = next(table for table in self.tables if table.prefix == prefix)
        if table.layout != "list":
            return table.kind(rest.rpartition(".")[2])
        return next(row.type for row in table.rows if rest in (row.key, *(f"{row.key}.{c.key}" for c in table.columns)))

    def identities(self, figures: Iterable[str] | Mapping[str, object]) -> list[Identity]:
        """The form's sums over the figures a report has (keys, or a mapping by key).

        Where a stand-in row is present it takes the place of the rows it replaces. A sum whose keys are all absent is
        left out; a sum with some absent keys is given, so that a rule can say what it lacks.
        """
        present = set(figures)
        replaced = set()
        for table in self.tables:
            for row in table.rows:
                names = {table.key(row.key, column) for column in table.columns_of(row.key)}
                others = {table.key(other, column) for other in row.instead_of for column in table.columns_of(other)}
                if row.instead_of:
                    replaced |= others if names & present and not others & present else names
        known = set(self.all_keys) - replaced
        return [identity for fact in self.sums for identity in self._expand(fact, known)
                if present & set(identity.keys)]

    def _expand(self, fact: IdentityFact, known: set[str] | None) -> list[Identity]:
        table = self.table(fact.table)
        axis, chosen = next(iter(fact.each.items()), ("row", ("",)))
        if chosen != "all":
            runs: Sequence[str] = chosen
        elif axis == "column":
            runs = [column.key for column in table.columns]
        else:
            runs = [row.key for row in table.rows]
        identities = []
        for run in runs:
            left, right = (self._fill(side, {axis: run}) for side in (fact.left, fact.right))
            left, right = (tuple(key for key in side if known is None or key.lstrip("-") in known)
                           for side in (left, right))
            if left and right:
                subject = fact.subject.replace("{" + axis + "}", run) or run
                identities.append(Identity(fact.rule, subject, fact.table, left, right, fact.relation))
        return identities

    def _fill(self, templates: Iterable[str], names: Mapping[str, str]) -> tuple[str, ...]:
        keys: list[str] = []
        for template in templates:
            fields = re.findall(r"\{(\w+)\}", template)
            choices = [self.sets.get(name) or (names[name],) for name in fields]
            for choice in product(*choices):
                key = template
                for name, value in zip(fields, choice, strict=True):
                    key = key.replace("{" + name + "}", value)
                keys.append(key)
        return tuple(keys)


def eras() -> tuple[str, ...]:
    """Names of all eras on file, oldest first."""
    return _eras(configuration.office_folder())


@functools.lru_cache(maxsize=4)
def _eras(_office: Path | None) -> tuple[str, ...]:
    """Listed once for each office folder: headings and labels of every line ask for the eras."""
    return tuple(sorted(name.split("/")[1].removesuffix(".yaml") for name in configuration.names_in("forms")))


def form(era: str) -> Form:
    """The form of one era. Raises ConfigurationError for an unknown one."""
    found: Form = configuration.load(f"forms/{era}.yaml", Form)
    if found.era != era:
        raise ConfigurationError(f"{configuration.path_of(f'forms/{era}.yaml')}: era is {found.era!r}, the file's "
                                 f"name says {era!r}; make them agree")
    return found


def era_of_year(year: int) -> str | None:
    """The era that governs a report year; None for years no form on file covers."""
    for era in eras():
        years = form(era).years
        if years.first <= year and (years.last is None or year <= years.last):
            return era
    return None


def recognise(grids: Iterable[Grid], table: int | None = None,
              likely: Sequence[str] | None = None) -> str | None:
    """The era whose own labels these grids carry most of; None where none is carried or two eras tie.

    A form that follows another prints its signs too. Where eras show the very same signs, these tell nothing between
    them: with `likely` the first of it among them is taken, else the oldest of them.
    """
    text = "\n".join(normalise(cell.text) for grid in grids for cell in grid.cells)
    shown = {era: {sign for number, words in form(era).signs.items() if table in (None, number)
                   for sign in map(normalise, words) if sign in text} for era in eras()}
    best = max(shown.values(), key=len, default=set())
    winners = [era for era, signs in shown.items() if best and len(signs) == len(best)]
    if len(winners) < 2:
        return next(iter(winners), None)
    if likely is None or any(shown[era] != best for era in winners):
        return None
    return next((era for era in likely if era in winners), winners[0])
