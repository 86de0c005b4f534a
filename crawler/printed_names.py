"""How one name is spelt: with or without 人民政府, 街道办事处 or 街道, 委员会 or 委, a bracket behind, its places cut.

Promises: pure functions over one name; every form of a name means the same body wherever the name's places are known.
Leaves alone: which body a form means (roster.py), several bodies in one name (joint_names.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from crawler import divisions

OFFICES = ("人民政府办公厅", "人民政府办公室", "政府办公厅", "政府办公室", "政府办")
_ALIKE = (("街道办事处", "街道办", "街道"), ("管理委员会", "管委会"), ("人民政府", "政府", ""), ("委员会", "委"))
"""Endings that mean the same: the first one that fits is replaced by each of the others."""
_PARTY = re.compile(r"^(?:中国共产党|中共)(?=.{3,})")
_JOINING = re.compile(r"(?<=..)[和与](?=..)")
"""发展和改革局 and 发展改革局, 住房和城乡建设局 and 住房城乡建设局 are one name each."""
_TOWNSHIP = re.compile(r"[^省市县区旗]{1,8}(?:镇|乡|苏木|街道)(?:人民政府|政府|办事处|办)?")
_BRACKETED = re.compile(r"(.+)[（(][^（()）]+[）)]$")


def spellings(name: str) -> list[str]:
    """The same name as a body may print it, the name itself first."""
    forms = [name]
    if bracketed := _BRACKETED.match(name):
        forms.append(bracketed[1])
    forms += [rest for form in forms if (rest := _PARTY.sub("", form)) != form]
    forms += [plain for form in forms if (plain := _unjoined(form)) != form]
    for office in OFFICES:
        if name.endswith(office):
            return [*forms, name.removesuffix(office) + "政府办公室", name.removesuffix(office) + "人民政府办公室"]
    return list(dict.fromkeys([*forms, *(each for form in forms for each in _endings(form))]))


def _unjoined(name: str) -> str:
    """The name without joining words; those of its places (和平区) stay."""
    if not _JOINING.search(name):
        return name
    places = "".join(divisions.leading_all(name))
    return places + _JOINING.sub("", name[len(places):])


def _endings(name: str) -> list[str]:
    for group in _ALIKE:
        ending = next((each for each in group if each and name.endswith(each)), "")
        base = name.removesuffix(ending)
        if ending and len(base) >= 2:
            return [base + other for other in group if other != ending]
    return []


def shortened(name: str) -> Iterator[str]:
    """A roster name with its places cut from the front one by one: 白石区教育局, 区教育局, 教育局."""
    for form in spellings(name):
        yield form
        while place := divisions.leading(form):
            form = form[len(place):]
            yield place[-1] + form
            yield form


def printed(name: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """A printed name with places cut from its front, and the places cut, as long as a place or a township's own name
    still says where: a 白石区教育局 of another city is never cut down to any 教育局."""
    for form in spellings(name):
        yield form, ()
        cut: tuple[str, ...] = ()
        while (place := divisions.leading(form)) and (
                divisions.leading(form[len(place):]) or _TOWNSHIP.fullmatch(form[len(place):])):
            form, cut = form[len(place):], (*cut, place)
            yield form, cut
