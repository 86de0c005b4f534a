"""The sums of the form as formulas on a sheet of their own, so that whoever fills or checks a form sees both sides.

Promises: every sum of config/forms/<era>.yaml over figures that stand on the sheet, with the formula of each side, the
difference and √ or ≠; nothing is compared where a side is empty. Leaves alone: which figures stand where.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from monitor import wording
from monitor.exports.sheets import Head

if TYPE_CHECKING:
    from extract.forms import Form, Identity
    from monitor.exports.sheets import Book
    from monitor.wording import Lang

Places = Mapping[str, tuple[int, int]]
Values = Mapping[str, int | float | None]


@dataclass(frozen=True, slots=True)
class Checked:
    """How many sums stand on the sheet, and how many do not hold."""

    checks: int
    broken: int
    unfilled: int
    cells: str
    """Range of the results."""


def write(book: Book, form: Form, sheet_name: str, places: Places, values: Values, lang: Lang,
          page: str = "") -> Checked:
    """The sheet of checks over the figures at `places` of `sheet_name`; `values` are what formulas come to now."""
    def say(key: str) -> str:
        return wording.say(f"form_{key}", lang)

    name = say("checks")
    sheet = book.sheet(name, [Head(say("check_rule"), 9, "centre"), Head(say("check_what"), 78, "wrap"),
                              Head(say("check_left"), 12, "number"), Head(say("check_right"), 12, "number"),
                              Head(say("check_difference"), 10, "number"), Head(say("check_result"), 12, "centre")],
                       note=say("check_note"), page=page)
    broken = unfilled = 0
    identities = [each for each in form.identities(places) if all(key.lstrip("-") in places for key in each.keys)]
    for one in identities:
        row = sheet.row + 1
        sides = (one.left, one.right)
        known = [_numbers(side, values) for side in sides]
        left, right = (sum(each) if each else None for each in known)
        # A side all of whose cells are empty says nothing, as everywhere (domain: blanks).
        difference = None if left is None or right is None else left - right
        empty = difference is None
        holds = difference is not None and (difference == 0 or (one.relation == ">=" and difference > 0))
        shown = ["" if each is None else each for each in (left, right, difference)]
        broken += not empty and not holds
        unfilled += empty
        result = say("to_fill") if empty else wording.symbol("verdicts", "pass" if holds else "fail")
        sheet.add([one.rule, describe(one, lang), *shown, result])
        cells = [f"{column}{row + 1}" for column in "CDE"]
        for place, side in enumerate(sides):
            sheet.sheet.write_formula(row, 2 + place, _sum(side, sheet_name, places), book.styles["number"],
                                      shown[place])
        sheet.sheet.write_formula(row, 4, f'=IF(OR({cells[0]}="",{cells[1]}=""),"",{cells[0]}-{cells[1]})',
                                  book.styles["number"], shown[2])
        test = f"{cells[2]}>=0" if one.relation == ">=" else f"ROUND({cells[2]},6)=0"
        sheet.sheet.write_formula(row, 5, f'=IF({cells[2]}="","{say("to_fill")}",IF({test},"'
                                  f'{wording.symbol("verdicts", "pass")}","{wording.symbol("verdicts", "fail")}"))',
                                  book.styles["centre"], result)
    sheet.tint(5, wording.symbol("verdicts", "fail"), "solid")
    last = max(sheet.row, sheet.top + 1) + 1
    sheet.finish()
    return Checked(len(identities), broken, unfilled, f"'{name}'!F{sheet.top + 2}:F{last}")


def summary(checked: Checked, lang: Lang) -> tuple[str, str]:
    """One line for the top of the form: its formula and what it comes to now."""
    def say(key: str) -> str:
        return wording.say(f"form_{key}", lang)

    broken, unfilled = (f'COUNTIF({checked.cells},"{mark}")'
                        for mark in (wording.symbol("verdicts", "fail"), say("to_fill")))
    formula = (f'=IF({broken}>0,"{say("unbalanced_before")}"&{broken}&"{say("unbalanced_after")}",'
               f'IF({unfilled}>0,"{say("open_before")}"&{unfilled}&"{say("open_after")}","{say("balanced")}"))')
    if checked.broken:
        return formula, f"{say('unbalanced_before')}{checked.broken}{say('unbalanced_after')}"
    if checked.unfilled:
        return formula, f"{say('open_before')}{checked.unfilled}{say('open_after')}"
    return formula, say("balanced")


def describe(one: Identity, lang: Lang) -> str:
    """The sum in words: the cells of each side by their names."""
    sides = [wording.term("words", "separator", lang).join(
        ("－" if key.startswith("-") else "") + wording.figure(key.lstrip("-"), lang) for key in side)
        for side in (one.left, one.right)]
    return f" {'≥' if one.relation == '>=' else '＝'} ".join(sides)


def cell(place: tuple[int, int], sheet: str = "") -> str:
    from xlsxwriter.utility import xl_rowcol_to_cell

    return (f"'{sheet}'!" if sheet else "") + str(xl_rowcol_to_cell(*place))


def _numbers(side: Sequence[str], values: Values) -> list[int | float]:
    return [-value if key.startswith("-") else value for key in side
            if (value := values.get(key.lstrip("-"))) is not None]


def _sum(side: Sequence[str], sheet: str, places: Places) -> str:
    """=IF(COUNT(…)=0,"",SUM(…)-SUM(…)): texts and blanks don't count, and a side of blanks stays empty."""
    added = ",".join(cell(places[key], sheet) for key in side if not key.startswith("-"))
    taken = ",".join(cell(places[key[1:]], sheet) for key in side if key.startswith("-"))
    every = ",".join(part for part in (added, taken) if part)
    return f'=IF(COUNT({every})=0,"",SUM({added}){f"-SUM({taken})" if taken else ""})'
