"""The roster as pages walk through it: the order of bodies, what lies below what, names to search.

Promises: the order of `compliance` (sort_order, then the file's), bodies that have left the roster last; a subtree is a
mask over all bodies, made without walking. Leaves alone: how bodies stand (board.py), who may see them (asked.py).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, Any

import numpy

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from crawler.roster import Roster

    Mask = NDArray[numpy.bool_]


class Bodies:
    """Every body of a roster and `others` that only the store knows, by index in their order."""

    def __init__(self, roster: Roster, others: Iterable[str] = ()) -> None:
        listed = sorted(roster.bodies.values(), key=lambda each: each.sort_order)
        gone = sorted(set(others) - roster.bodies.keys())
        self.roster = roster
        self.ids: list[str] = [each.id for each in listed] + gone
        self.index: dict[str, int] = {identity: number for number, identity in enumerate(self.ids)}
        self.names: list[str] = [each.name for each in listed] + gone
        self.levels, self._level = _coded([each.level for each in listed] + [""] * len(gone))
        self.kinds, self._kind = _coded([each.kind for each in listed] + [""] * len(gone))
        _, self._due = _coded([each.due_key for each in listed] + [""] * len(gone))
        self._searched = ["\n".join((*each.names, each.id)).casefold() for each in listed] + [
            each.casefold() for each in gone]
        self.parents: list[int] = [
            self.index.get(each.parent, -1) if each.parent != each.id else -1 for each in listed] + [-1] * len(gone)
        self._above = numpy.array(self.parents, numpy.int32)
        self.children: dict[int, list[int]] = {}
        for number, parent in enumerate(self.parents):
            self.children.setdefault(parent, []).append(number)
        self._enter, self._leave = self._walked()

    def __len__(self) -> int:
        return len(self.ids)

    def _walked(self) -> tuple[NDArray[Any], NDArray[Any]]:
        """When a walk through the tree enters and leaves each body; bodies in a circle are each other's tops."""
        enter, leave = (numpy.full(len(self.ids), -1, numpy.int32) for _ in range(2))
        clock = 0
        for top in (*self.children.get(-1, ()), *range(len(self.ids))):
            if enter[top] >= 0:
                continue
            enter[top], clock = clock, clock + 1
            path = [(top, iter(self.children.get(top, ())))]
            while path:
                here, rest = path[-1]
                below = next((each for each in rest if enter[each] < 0), None)
                if below is None:
                    leave[here] = clock
                    path.pop()
                else:
                    enter[below], clock = clock, clock + 1
                    path.append((below, iter(self.children.get(below, ()))))
        return enter, leave

    # ---------------------------------------------------------------- masks
    def under(self, identity: str) -> Mask:
        """A body and all below it; none for one that isn't known."""
        number = self.index.get(identity)
        if number is None:
            return numpy.zeros(len(self.ids), bool)
        found: Mask = (self._enter >= self._enter[number]) & (self._enter < self._leave[number])
        return found

    def within(self, reach: Collection[str] | None) -> Mask:
        """Those a person sees; None: all."""
        found = numpy.zeros(len(self.ids), bool)
        if reach is None:
            found[:] = True
        else:
            found[[self.index[each] for each in reach if each in self.index]] = True
        return found

    def parted(self, identities: list[str]) -> NDArray[Any]:
        """For each body the number of the one of `identities` it lies under (or is), -1 for none. They lie beside each
        other, or below the first, which then keeps what none of the others holds."""
        found = numpy.full(len(self.ids), -1, numpy.int32)
        if identities:
            tops = numpy.array([self.index[each] for each in identities])
            order = numpy.argsort(self._enter[tops])
            place = numpy.searchsorted(self._enter[tops][order], self._enter, "right") - 1
            inside = (place >= 0) & (self._enter < self._leave[tops][order][place])
            found[inside] = order[place[inside]]
        return found

    def of_level(self, level: str) -> Mask:
        return self._of(self.levels, self._level, level)

    def of_kind(self, kind: str) -> Mask:
        return self._of(self.kinds, self._kind, kind)

    @staticmethod
    def _of(words: list[str], codes: NDArray[Any], wanted: str) -> Mask:
        found: Mask = codes == (words.index(wanted) if wanted in words else -1)
        return found

    def named(self, search: str) -> Mask:
        """Those in one of whose names every word of `search` stands."""
        found = numpy.ones(len(self.ids), bool)
        for word in search.casefold().split():
            found &= numpy.fromiter((word in text for text in self._searched), bool, len(self.ids))
        return found

    def level_of(self, identity: str) -> str:
        return str(self.levels[self._level[self.index[identity]]])

    def present(self, mask: Mask) -> tuple[list[str], list[str]]:
        """Levels and kinds of the bodies in a mask, empty ones left out, in the roster's order of appearance."""
        held = []
        for words, codes in ((self.levels, self._level), (self.kinds, self._kind)):
            found = numpy.bincount(codes[mask], minlength=len(words))
            held.append([word for word, number in zip(words, found, strict=True) if word and number])
        return held[0], held[1]

    def groups(self, bodies: NDArray[Any], scopes: NDArray[Any], *, by_place: bool) -> list[tuple[int, int]]:
        """One body and scope (by index) for each kind, level, own due key and scope among these lines, and for each
        parent where it goes by place."""
        code = (self._level[bodies].astype(numpy.int64) * 64 + self._kind[bodies]) * 256 + self._due[bodies]
        code = code * 8 + scopes
        if by_place:
            code = code + (self._above[bodies].astype(numpy.int64) + 1 << 32)
        _, first = numpy.unique(code, return_index=True)
        return [(int(bodies[number]), int(scopes[number])) for number in first]

    # ---------------------------------------------------------------- the tree
    def path(self, identity: str) -> list[str]:
        """From the top down to the body itself; a circle is cut."""
        found: list[int] = []
        number = self.index.get(identity, -1)
        while number >= 0 and number not in found:
            found.append(number)
            number = self.parents[number]
        return [self.ids[each] for each in reversed(found)]

    def below(self, identity: str) -> list[str]:
        """The bodies directly below; for an empty id the tops."""
        number = self.index.get(identity, -2) if identity else -1
        return [self.ids[each] for each in self.children.get(number, ())]

    def has_below(self, identity: str) -> bool:
        return bool(self.children.get(self.index.get(identity, -2)))

    def tops(self, mask: Mask) -> list[str]:
        """The uppermost bodies of a mask: those whose parent isn't in it."""
        above = self._above
        return [self.ids[number] for number in numpy.flatnonzero(mask & ((above < 0) | ~mask[above]))]


def _coded(words: list[str]) -> tuple[list[str], NDArray[Any]]:
    known: dict[str, int] = {}
    codes = numpy.fromiter((known.setdefault(each, len(known)) for each in words), numpy.int16, len(words))
    return list(known), codes
