"""Opinions on drafts as a workbook: an overview, then one sheet a draft.

Promises: every text stands as text (a name that looks like a formula or a link is neither), real column widths, frozen
headings that repeat in print, A4 landscape one page wide. Leaves alone: what the opinions say (precheck.py).
"""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, Any

from monitor import precheck, wording

if TYPE_CHECKING:
    from monitor.precheck import Opinion, Precheck
    from monitor.wording import Lang

_UNFIT = re.compile(r"[\[\]:*?/\\\x00-\x1f]")
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_LONGEST_NAME = 31
_LONGEST_CELL = 32_000
_FONT = "宋体"
_TINTS = {"must": "#F8CBAD", "verify": "#FFE699", "note": "#EDEDED"}
_OVERVIEW = (6, 30, 12, 34, 10, 10, 10, 20)
_OPINION = (9, 5, 22, 28, 46, 34, 9)


def workbook(checked: Precheck, lang: Lang) -> bytes:
    """The workbook's bytes."""
    import xlsxwriter

    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False,
                                        "strings_to_numbers": False})
    book.set_properties({"title": wording.say("precheck_heading", lang, year=str(checked.year))})
    styles = _styles(book)
    overview = book.add_worksheet(wording.say("precheck_overview", lang))
    names = sheet_names([opinion.body for opinion in checked.opinions], {overview.get_name()})
    for name, opinion in zip(names, checked.opinions, strict=True):
        _opinion(book.add_worksheet(name), opinion, overview.get_name(), styles, lang)
    _overview(overview, checked, names, styles, lang)
    book.close()
    return stream.getvalue()


def sheet_names(wanted: list[str], taken: set[str]) -> list[str]:
    """A name a sheet may have for each text: no sign that Excel forbids, at most 31 characters, each only once."""
    used = {name.casefold() for name in taken} | {"history"}
    made = []
    for text in wanted:
        stem = _UNFIT.sub("", _UNPRINTABLE.sub("", text)).strip(" '") or "-"
        name, number = stem[:_LONGEST_NAME].rstrip("' "), 1
        while name.casefold() in used:
            number += 1
            tail = f"({number})"
            name = stem[:_LONGEST_NAME - len(tail)] + tail
        used.add(name.casefold())
        made.append(name)
    return made


def _styles(book: Any) -> dict[str, Any]:
    plain = {"font_name": _FONT, "font_size": 10.5, "valign": "top", "text_wrap": True}
    ruled = {**plain, "border": 1, "border_color": "#808080"}
    made = {
        "title": {"font_name": _FONT, "font_size": 16, "bold": True, "valign": "vcenter"},
        "line": {**plain, "text_wrap": False}, "heading": {**plain, "text_wrap": False, "bold": True, "font_size": 12},
        "head": {**ruled, "bold": True, "align": "center", "valign": "vcenter", "bg_color": "#D9E1F2"},
        "cell": ruled, "centre": {**ruled, "align": "center"},
        "link": {**ruled, "font_color": "#0563C1", "underline": 1},
    }
    made |= {level: {**ruled, "align": "center", "bg_color": tint} for level, tint in _TINTS.items()}
    return {name: book.add_format(style) for name, style in made.items()}


def _text(value: str) -> str:
    return _UNPRINTABLE.sub("", value)[:_LONGEST_CELL]


def _lines(value: str, width: float) -> int:
    """Rows of print a text takes in a column: a Chinese character is as wide as two digits."""
    room = max(int(width) - 1, 1)
    return sum(max(1, -(-sum(2 if ord(sign) > 0x2E7F or sign in "“”…—" else 1 for sign in line) // room))
               for line in value.split("\n"))


def _set_up(sheet: Any, widths: tuple[int, ...], head: int, title: str, lang: Lang) -> None:
    for column, width in enumerate(widths):
        sheet.set_column(column, column, width)
    sheet.freeze_panes(head + 1, 0)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.set_margins(left=0.5, right=0.5, top=0.6, bottom=0.7)
    sheet.repeat_rows(head)
    # An ampersand starts a code in footers.
    sheet.set_footer(f"&L{_text(title).replace('&', '&&')[:90]}&R{wording.say('precheck_page', lang)}")


def _row(sheet: Any, number: int, cells: list[tuple[str, Any]], widths: tuple[int, ...]) -> None:
    for column, (value, style) in enumerate(cells):
        sheet.write_string(number, column, _text(value), style)
    lines = max(_lines(value, width) for (value, _), width in zip(cells, widths, strict=True))
    sheet.set_row(number, min(409, 15 * lines + 4))


def _overview(sheet: Any, checked: Precheck, names: list[str], styles: dict[str, Any], lang: Lang) -> None:
    title = wording.say("precheck_heading", lang, year=str(checked.year))
    sheet.write_string(0, 0, title, styles["title"])
    sheet.set_row(0, 28)
    sheet.write_string(1, 0, precheck.summary(checked, lang), styles["line"])
    sheet.write_string(2, 0, "　".join((wording.say("precheck_made", lang, t=checked.at),
                                       wording.say("machine_only", lang))), styles["line"])
    head = 4
    headings = [wording.say(key, lang) for key in ("precheck_no", "body", "scope", "precheck_file", "precheck_must",
                                                   "precheck_verify", "precheck_note", "precheck_conclusion")]
    _row(sheet, head, [(text, styles["head"]) for text in headings], _OVERVIEW)
    row = head
    for number, (name, opinion) in enumerate(zip(names, checked.opinions, strict=True), 1):
        row += 1
        counts = [(str(len(opinion.of(level))), styles[level if opinion.of(level) else "centre"])
                  for level in precheck.LEVELS]
        _row(sheet, row, [(str(number), styles["centre"]), (opinion.body, styles["cell"]),
                          (wording.term("scopes", opinion.scope, lang), styles["centre"]),
                          (opinion.file, styles["cell"]), *counts,
                          (precheck.conclusion(opinion, lang), styles["cell"])], _OVERVIEW)
        sheet.write_number(row, 0, number, styles["centre"])
        for column, level in enumerate(precheck.LEVELS, 4):
            sheet.write_number(row, column, len(opinion.of(level)), counts[column - 4][1])
        quoted = name.replace("'", "''")
        sheet.write_url(row, 1, f"internal:'{quoted}'!A1", styles["link"], _text(opinion.body))
    for key, asides in (("precheck_unread", checked.unread), ("precheck_others", checked.others)):
        if asides:
            row += 2
            sheet.write_string(row, 0, wording.say(key, lang, n=len(asides)), styles["heading"])
            for aside in asides:
                row += 1
                sheet.merge_range(row, 0, row, 3, "", styles["cell"])
                sheet.write_string(row, 0, _text(aside.file), styles["cell"])
                sheet.merge_range(row, 4, row, 7, "", styles["cell"])
                sheet.write_string(row, 4, _text(aside.reason), styles["cell"])
                sheet.set_row(row, 15 * max(_lines(aside.file, 82), _lines(aside.reason, 50)) + 4)
    sheet.write_string(row + 2, 0, wording.say("precheck_ending", lang), styles["line"])
    _set_up(sheet, _OVERVIEW, head, title, lang)


def _opinion(sheet: Any, opinion: Opinion, overview: str, styles: dict[str, Any], lang: Lang) -> None:
    title = precheck.title(opinion, lang)
    sheet.write_string(0, 0, _text(title), styles["title"])
    sheet.set_row(0, 28)
    facts = [("precheck_file", opinion.file), ("scope", wording.term("scopes", opinion.scope, lang)),
             ("precheck_last_year", opinion.last_year)]
    for number, (key, value) in enumerate(facts, 1):
        sheet.write_string(number, 0, _text(f"{wording.say(key, lang)}：{value}"), styles["line"])
    sheet.write_url(0, 6, f"internal:'{overview}'!A1", styles["link"], wording.say("precheck_overview", lang))
    head = len(facts) + 2
    headings = [wording.say(f"precheck_{key}", lang) for key in ("level", "no", "place", "printed", "relation",
                                                                 "advice", "rule")]
    _row(sheet, head, [(text, styles["head"]) for text in headings], _OPINION)
    row = head
    for level in precheck.LEVELS:
        for number, entry in enumerate(opinion.of(level), 1):
            row += 1
            _row(sheet, row, [(wording.say(f"precheck_{level}", lang), styles[level]), (str(number), styles["centre"]),
                              (entry.place, styles["cell"]), (entry.printed, styles["cell"]),
                              (entry.relation, styles["cell"]), (entry.advice, styles["cell"]),
                              ("\n".join(entry.rules), styles["cell"])], _OPINION)
            sheet.write_number(row, 1, number, styles["centre"])
    if not opinion.of("must") and not opinion.of("verify"):
        row += 1
        sheet.write_string(row, 0, wording.say("precheck_none", lang), styles["line"])
    if opinion.passed:
        row += 2
        sheet.write_string(row, 0, wording.say("precheck_passed", lang, n=len(opinion.passed)), styles["heading"])
        for text in opinion.passed:
            row += 1
            sheet.merge_range(row, 0, row, len(_OPINION) - 1, "", styles["cell"])
            sheet.write_string(row, 0, _text(text), styles["cell"])
            sheet.set_row(row, min(409, 15 * _lines(text, sum(_OPINION)) + 4))
    sheet.write_string(row + 2, 0, wording.say("precheck_ending", lang), styles["line"])
    _set_up(sheet, _OPINION, head, title, lang)
