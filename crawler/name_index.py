"""The names of a roster's bodies by the ways they may be printed.

Promises: all bodies that a whole or shortened name can mean. Leaves alone: which one of them is meant where
(roster.py), how a name is spelt and shortened (printed_names.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet

from crawler import printed_names
from crawler.model import Body
from extract import titles


class NameIndex:
    """Normalised names → ids of the bodies that may be meant."""

    def __init__(self, bodies: Iterable[Body]) -> None:
        self._whole: dict[str, AbstractSet[str]] = {}
        self._shortened: dict[str, AbstractSet[str]] = {}
        for body in bodies:
            alone = frozenset((body.id,))  # one for all its names: nearly every name in a country means one body
            for name in map(titles.normalise, body.names):
                _add(self._whole, name, alone)
                for variant in printed_names.shortened(name):
                    _add(self._shortened, variant, alone)

    def whole(self, name: str) -> AbstractSet[str]:
        """Bodies that bear this name, or bore it."""
        return self._whole.get(name, frozenset())

    def shortened(self, name: str) -> AbstractSet[str]:
        """Bodies one of whose names may be spelt or shortened so."""
        return self._shortened.get(name, frozenset())

    def leading(self, text: str) -> Iterator[str]:
        """The names that a text begins with, the longest first."""
        for length in range(len(text), 0, -1):
            if text[:length] in self._whole or text[:length] in self._shortened:
                yield text[:length]


def _add(index: dict[str, AbstractSet[str]], name: str, body: frozenset[str]) -> None:
    held = index.get(name)
    if held is None:
        index[name] = body
    elif isinstance(held, set):
        held |= body
    elif held != body:
        index[name] = {*held, *body}
