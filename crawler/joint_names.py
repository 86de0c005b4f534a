"""One printed name that stands for several bodies: 甲局、乙局 · 甲局和乙局 · 甲局乙局 · 甲局（乙局）.

Promises: a name is taken apart only where the parts are names themselves; a part that nobody knows is told, never
dropped; a later part without a place lies in the place of the first. Leaves alone: which body a name means (roster.py).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from crawler import divisions

if TYPE_CHECKING:
    from crawler.model import Body

Find = Callable[[str], "Body | None"]
_BETWEEN = re.compile(r"[、/／,，;；|｜＋+]+")
_JOINS = "和与及暨"
_BRACKET = re.compile(r"[（(]([^（()）]{3,})[）)]$")
_SHORTEST = 3
_GOVERNMENT = "政府"


def taken_apart(name: str, find: Find) -> tuple[list[Body], list[str]]:
    """The bodies behind a printed name that means no single one, and the parts that mean none; ([], []) where the name
    doesn't come apart."""
    pieces = [piece for piece in _BETWEEN.split(name) if piece]
    places = "".join(divisions.leading_all(pieces[0])) if pieces else ""
    found: list[Body] = []
    unknown: list[str] = []
    bare: list[tuple[str, Body]] = []
    for position, piece in enumerate(pieces):
        whole = piece if not position or divisions.leading(piece) or not places else places + piece
        bodies = _resolved(whole, find, len(pieces) > 1)
        if len(bodies) == 1 and bodies[0].kind == "government" and _GOVERNMENT not in piece:
            bare.append((piece, bodies[0]))
        found += bodies
        unknown += [] if bodies else [piece]
    # 白榆区、朱槿区教育局: the first is no government, it shares the second's last word.
    if bare and len(bare) < len(pieces):
        unknown += [piece for piece, _ in bare]
        found = [body for body in found if body not in [each for _, each in bare]]
    return (list(dict.fromkeys(found)), unknown) if found else ([], [])


def in_brackets(name: str, find: Find) -> Body | None:
    """The body that a bracket at the end of a name names, as 新闻出版局（版权局）."""
    bracket = _BRACKET.search(name)
    return find(bracket[1]) if bracket else None


def _resolved(piece: str, find: Find, several: bool) -> list[Body]:
    body = find(piece) if several else None
    if body:
        return [body]
    for place, character in enumerate(piece):
        if character in _JOINS and _SHORTEST <= place < len(piece) - _SHORTEST:
            both = _both(piece[:place], piece[place + 1:], find)
            if both:
                return both
    for place in range(_SHORTEST, len(piece) - _SHORTEST):
        # Names set side by side, their blank lost: only where each names its place.
        if divisions.leading(piece[place:]) and (both := _both(piece[:place], piece[place:], find)):
            return both
    return []


def _both(first: str, second: str, find: Find) -> list[Body]:
    places = "".join(divisions.leading_all(first))
    one = find(first)
    other = find(second if divisions.leading(second) or not places else places + second) if one else None
    return [one, other] if one and other and one is not other else []
