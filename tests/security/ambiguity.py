"""Whether a pattern can read one text in exponentially many ways, told from the pattern itself.

A pattern becomes an automaton of its positions (Glushkov). It is ambiguous without bound where a position is come back
to over one word on two ways: a strongly connected part of the automaton's square holds an equal pair and an unequal
one, or one step stands for two ways (Weber and Seidl). Promises: `exponential` names such a position; what stands at
the very end, where every way is as good as another, is none. Leaves alone: growth by the square, which texts made for
it show (test_patterns.py), and what looks behind or negative ones rule out: they are taken to hold.
"""

from __future__ import annotations

import functools
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from re import _constants as op
from re import _parser as parser
from typing import Any

MANY = 16
"""Repeats from which a bounded one counts as endless; one of fewer is written out twice at most."""
_OTHERS = "é\u4e00 \n5x_。"
_SIGNS = frozenset((op.LITERAL, op.NOT_LITERAL, op.IN, op.ANY, op.CATEGORY))
_REPEATS = frozenset((op.MAX_REPEAT, op.MIN_REPEAT))
_WHOLE = frozenset((op.ATOMIC_GROUP, op.POSSESSIVE_REPEAT))
"""Never read in a second way: as good as one sign that nothing reads."""
Part = tuple[bool, set[int], set[int]]
"""Whether it reads nothing at all, positions it begins and ends with."""


class _Automaton:
    def __init__(self, pattern: re.Pattern[str], anchored: bool) -> None:
        self.flags = pattern.flags
        self.tokens: list[tuple[Any, Any]] = []
        self.follow: defaultdict[int, Counter[int]] = defaultdict(Counter)
        self.sealed: set[int] = set()
        """Positions after which the pattern asks for something that isn't a sign: an end, a look ahead."""
        self.ahead: dict[int, set[int]] = {}
        """What must be read next after a position, as positions that read it."""
        self.final = self._sequence(parser.parse(pattern.pattern, pattern.flags & ~re.DEBUG))[2]
        self.open = set[int]() if anchored else self.final - self.sealed
        self.read = self._reading()

    def _sequence(self, items: Any) -> Part:
        nullable, first, last = True, set[int](), set[int]()
        for kind, given in items:
            if kind in (op.ASSERT, op.ASSERT_NOT) or (kind is op.AT and given in (op.AT_END, op.AT_END_STRING)):
                self.sealed |= last
            if kind is op.ASSERT and given[0] > 0 and (signs := self._looked_for(given[1])):
                self.ahead.update(dict.fromkeys(last, signs))
            empty, begin, end = self._part(kind, given)
            self._join(last, begin)
            first |= begin if nullable else set()
            last = last | end if empty else end
            nullable &= empty
        return nullable, first, last

    def _looked_for(self, body: Any) -> set[int]:
        """The signs a look ahead begins with; empty where it may ask for nothing. The end of the text is none."""
        ways = body[0][1][1] if len(body) == 1 and body[0][0] is op.BRANCH else [body]
        parts = [self._sequence(way) for way in ways if way[0] not in ((op.AT, op.AT_END), (op.AT, op.AT_END_STRING))]
        return set().union(*(part[1] for part in parts)) if not any(part[0] for part in parts) else set()

    def next(self, place: int) -> Iterator[tuple[int, int, frozenset[str]]]:
        """Positions that may follow one: each with the number of ways there and the signs it reads then."""
        wanted = self.ahead.get(place)
        allowed = frozenset[str]().union(*(self.read[each] for each in wanted)) if wanted else None
        for target, times in self.follow[place].items():
            yield target, times, self.read[target] if allowed is None else self.read[target] & allowed

    def _part(self, kind: Any, given: Any) -> Part:
        if kind in _SIGNS or kind in _WHOLE:
            place = len(self.tokens)
            self.tokens.append((kind, given))
            return False, {place}, {place}
        if kind is op.SUBPATTERN:
            return self._sequence(given[3])
        if kind is op.BRANCH:
            parts = [self._sequence(each) for each in given[1]]
            return (any(part[0] for part in parts), set().union(*(part[1] for part in parts)),
                    set().union(*(part[2] for part in parts)))
        if kind in _REPEATS:
            return self._repeat(*given)
        return True, set(), set()

    def _repeat(self, least: int, most: Any, body: Any) -> Part:
        if most is not op.MAXREPEAT and most < MANY:
            parts = [self._sequence(body) for _ in range(min(most, 2))]
            nullable, first, last = True, set[int](), set[int]()
            for empty, begin, end in parts:
                self._join(last, begin)
                first |= begin if nullable or least == 0 else set()
                last = last | end if empty or least < len(parts) else end
                nullable &= empty
            return nullable or least == 0, first, last
        empty, begin, end = self._sequence(body)
        self._join(end, begin)
        return empty or least == 0, begin, end

    def _join(self, places: set[int], begin: set[int]) -> None:
        for place in places:
            self.follow[place].update(begin)

    def _reading(self) -> list[frozenset[str]]:
        """The signs each position reads, of those that the pattern tells apart and a few others."""
        signs = set(_OTHERS)
        for kind, given in self.tokens:
            for member, value in given if kind is op.IN else [(kind, given)]:
                signs |= {chr(value)} if member in (op.LITERAL, op.NOT_LITERAL) else set()
                signs |= set(map(chr, value)) if member is op.RANGE else set()
        known: dict[str, frozenset[str]] = {}
        for token in self.tokens:
            if repr(token) not in known:
                read = filter(self._reader(token), signs) if token[0] in _SIGNS else ()
                known[repr(token)] = frozenset(read)
        return [known[repr(token)] for token in self.tokens]

    def _reader(self, token: tuple[Any, Any]) -> Any:
        state = parser.State()
        state.flags, state.str = self.flags, ""
        return re._compiler.compile(parser.SubPattern(state, [token]), self.flags & ~re.DEBUG).fullmatch


@functools.cache
def exponential(pattern: re.Pattern[str], anchored: bool = False) -> str:
    """Where a pattern may be read in exponentially many ways; empty where nowhere. `anchored`: it is asked for whole
    texts (fullmatch)."""
    automaton = _Automaton(pattern, anchored)
    reached = [_reached(automaton, start) for start in range(len(automaton.tokens))]
    known = set[int]()
    for start, there in enumerate(reached):
        loop = {place for place in there if start in reached[place]} if start in there - known else set()
        known |= loop  # what holds of one position of a loop holds of all
        # A loop that may end the pattern wherever it stands is never gone through again.
        if loop and not loop & automaton.open and (ways := _two_ways(automaton, start)):
            return f"over {automaton.tokens[start]}: {ways}"
    return ""


def _reached(automaton: _Automaton, start: int) -> set[int]:
    """Positions that may follow one, sooner or later."""
    found, waiting = set[int](), [start]
    while waiting:
        further = automaton.follow[waiting.pop()].keys() - found
        found |= further
        waiting.extend(further)
    return found


def _two_ways(automaton: _Automaton, start: int) -> str:
    """Pairs that two ways of one word come to from `start` on, and of these an unequal one that leads back to it."""
    before: defaultdict[tuple[int, int], set[tuple[int, int]]] = defaultdict(set)
    seen, waiting = {(start, start)}, [(start, start)]
    while waiting:
        pair = waiting.pop()
        for left, times, signs in automaton.next(pair[0]):
            for right, _, others in automaton.next(pair[1]):
                if signs & others:
                    target = (min(left, right), max(left, right))
                    # Two ways over the same step end in an unequal pair in all but name.
                    before[target].add((-1, pair[0]) if times > 1 and pair[0] == pair[1] and left == right else pair)
                    before[-1, pair[0]].add(pair)
                    if target not in seen:
                        seen.add(target)
                        waiting.append(target)
    back, waiting = set[tuple[int, int]](), [(start, start)]
    while waiting:
        for pair in before[waiting.pop()] - back:
            if pair[0] != pair[1]:
                return " and ".join(str(automaton.tokens[place]) for place in pair if place >= 0)
            back.add(pair)
            waiting.append(pair)
    return ""
