"""Workbooks as offices know them: ruled cells, frozen heads, filters, drop-downs, print set-up.

Promises: every text stands as text – what looks like a formula, a link or a number is none; characters Excel refuses
are dropped and texts cut to what a cell holds; links are real until a sheet may hold no more, then plain text. Leaves
alone: what the sheets say.
"""

from __future__ import annotations

import errno
import os
import re
import shutil
import weakref
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from xlsxwriter.workbook import Workbook
    from xlsxwriter.worksheet import Worksheet

FONT = "宋体"
LONGEST_CELL = 32_000
LINKS = 60_000
"""Links that one sheet may hold (Excel: 65,530)."""
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_WEB = re.compile(r"https?://[\x21-\x7e]{3,2000}")


@dataclass(frozen=True, slots=True)
class Link:
    """A cell that leads somewhere; only http(s) addresses become links."""

    address: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class Head:
    """One column: heading, width in characters, style of its cells, choices of its drop-down."""

    text: str
    width: float = 12
    style: str = "cell"
    choices: tuple[str, ...] = ()
    hidden: bool = False


class Book:
    """A workbook being written, row after row, without holding it in memory; `in_order` false: cells in any order. It
    stands at `path` once it is whole; until then all of it lies beside, and nothing is left of one that fails. What one
    that was killed left is taken away by the next at this path. Raises OSError naming what can't be written."""

    def __init__(self, path: Path, title: str, *, in_order: bool = True) -> None:
        import xlsxwriter

        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
        if not path.parent.is_dir():
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path.parent))
        self._path, self._partial = path, path.with_name(f".{path.name}.partial")
        parts = path.with_name(f".{path.name}.parts")
        _discard(self._partial, parts)
        parts.mkdir(mode=0o700)
        self._discard = weakref.finalize(self, _discard, self._partial, parts)
        self.book: Workbook = xlsxwriter.Workbook(str(self._partial), {
            "tmpdir": str(parts), "constant_memory": in_order, "strings_to_formulas": False, "strings_to_urls": False,
            "strings_to_numbers": False, "default_date_format": "yyyy-mm-dd"})
        self.book.set_properties({"title": clean(title)})
        self.styles = _styles(self.book)

    def sheet(self, name: str, heads: Sequence[Head], *, note: str = "", page: str = "") -> Sheet:
        """A sheet with its heads in the first row, or under one line of `note`."""
        return Sheet(self, self.book.add_worksheet(name), heads, note, page)

    def close(self) -> None:
        try:
            self.book.close()
            self._partial.replace(self._path)
        finally:
            self._discard()


def _discard(partial: Path, parts: Path) -> None:
    partial.unlink(missing_ok=True)
    shutil.rmtree(parts, ignore_errors=True)


class Sheet:
    """One sheet; rows are written in order, once."""

    def __init__(self, book: Book, sheet: Worksheet, heads: Sequence[Head], note: str, page: str) -> None:
        self.book, self.sheet, self.heads = book, sheet, heads
        self.top = 1 if note else 0
        self.row = self.top
        self.links = 0
        for column, head in enumerate(heads):
            sheet.set_column(column, column, head.width, None, {"hidden": 1} if head.hidden else None)
        if note:
            sheet.write_string(0, 0, clean(note), book.styles["line"])
        for column, head in enumerate(heads):
            sheet.write_string(self.top, column, clean(head.text), book.styles["head"])
        sheet.freeze_panes(self.top + 1, min(3, len(heads)))
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        sheet.set_margins(left=0.4, right=0.4, top=0.6, bottom=0.7)
        sheet.repeat_rows(self.top)
        sheet.set_footer(f"&L{clean(page).replace('&', '&&')[:90]}&R&P / &N")

    def add(self, values: Sequence[Any], styles: Sequence[str | None] | None = None) -> None:
        """One row: str, int, float, date, Link or None a cell. `styles` replaces the columns' own where given."""
        self.row += 1
        row, sheet, formats = self.row, self.sheet, self.book.styles
        for column, value in enumerate(values):
            style = formats[(styles[column] if styles else None) or self.heads[column].style]
            if value is None or value == "":
                sheet.write_blank(row, column, None, style)
            elif isinstance(value, (int, float)):
                sheet.write_number(row, column, value, style)
            elif isinstance(value, date):
                sheet.write_datetime(row, column, value, formats["date"])
            elif isinstance(value, Link):
                self._link(row, column, value)
            else:
                sheet.write_string(row, column, clean(value), style)

    def finish(self) -> None:
        """Filter over all rows, drop-downs in their columns."""
        last = max(self.row, self.top + 1)
        self.sheet.autofilter(self.top, 0, last, len(self.heads) - 1)
        for column, head in enumerate(self.heads):
            if head.choices:
                self.sheet.data_validation(self.top + 1, column, last, column, {
                    "validate": "list", "source": list(head.choices), "error_type": "warning"})

    def tint(self, column: int, begins: str, style: str) -> None:
        """Cells of a column whose text begins so get this style; call it before `finish`."""
        self.sheet.conditional_format(self.top + 1, column, max(self.row, self.top + 1), column, {
            "type": "text", "criteria": "begins with", "value": begins, "format": self.book.styles[style]})

    def _link(self, row: int, column: int, link: Link) -> None:
        text = clean(link.text or link.address)
        if self.links < LINKS and _WEB.fullmatch(link.address):
            self.links += 1
            self.sheet.write_url(row, column, link.address, self.book.styles["link"], text[:250])
        else:
            self.sheet.write_string(row, column, text, self.book.styles["cell"])


def clean(text: str) -> str:
    return _UNPRINTABLE.sub("", str(text))[:LONGEST_CELL]


def _styles(book: Workbook) -> dict[str, Any]:
    plain = {"font_name": FONT, "font_size": 10.5, "valign": "top"}
    ruled = {**plain, "border": 1, "border_color": "#A6A6A6"}
    made: dict[str, dict[str, Any]] = {
        "line": {**plain, "italic": True, "font_color": "#595959"}, "plain": {**plain, "text_wrap": True},
        "bare": {**plain, "bold": True},
        "title": {**plain, "bold": True, "font_size": 16},
        "head": {**ruled, "bold": True, "align": "center", "valign": "vcenter", "bg_color": "#D9E1F2",
                 "text_wrap": True},
        "cell": ruled, "wrap": {**ruled, "text_wrap": True}, "centre": {**ruled, "align": "center"},
        "side": {**ruled, "valign": "vcenter", "text_wrap": True},
        "number": {**ruled, "align": "right"}, "unsure": {**ruled, "align": "right", "italic": True,
                                                           "font_color": "#7F7F7F"},
        "careful": {**ruled, "align": "right", "bg_color": "#FFF2CC"},
        "formula": {**ruled, "align": "right", "bg_color": "#EDEDED"},
        "given": {**ruled, "align": "right", "font_color": "#0563C1", "bg_color": "#DDEBF7"},
        "date": {**ruled, "num_format": "yyyy-mm-dd", "align": "center"},
        "input": {**ruled, "bg_color": "#FFFBE6", "text_wrap": True},
        "link": {**ruled, "font_color": "#0563C1", "underline": 1},
        # Conditional: only what was not seen is filled solid; the others are told by symbol and word.
        "solid": {"bg_color": "#404040", "font_color": "#FFFFFF", "bold": True},
        "warm": {"bg_color": "#FCE4D6"}, "pale": {"bg_color": "#EDEDED"},
    }
    return {name: book.add_format(style) for name, style in made.items()}
