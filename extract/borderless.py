"""Tables without rules, from the places of their words."""
from __future__ import annotations

from extract.layout import Line
from extract.model import Grid


def split_off_tables(lines: list[Line]) -> tuple[list[Grid], list[Line]]:
    return [], lines
