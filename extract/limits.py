"""Bounds on documents."""
from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a document may take."""

    file_bytes: int = 50 << 20
    member_bytes: int = 200 << 20
    ratio: int = 100
    members: int = 5000
    pages: int = 300
    page_characters: int = 100_000
    page_edges: int = 20_000


_current = Limits()


def current_limits() -> Limits:
    return _current
