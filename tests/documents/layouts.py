"""Draws annual reports as PDF in layouts of many programs, for tests of the PDF reader.

Every `Layout` is one way to print the form: kinds of rules, shading, type sizes, page sizes, breaks within tables and
rows, labels turned on their side. Figures are exactly those given. Imports nothing of the product.
"""

from __future__ import annotations

import io
import random
from dataclasses import dataclass
from typing import Any

from tests.documents import making

RULES = ("thin", "thick", "hair", "double", "dashed", "dotted", "grey", "pale", "boxes", "pieces", "coloured", "open")
"""Kinds of rules; "open" leaves the outer left and right ones out."""
RULELESS = ("none", "three", "horizontal")
FONT = "STSong-Light"


@dataclass
class Layout:
    """One way to print. Sizes in points."""

    rules: str = "thin"
    size: float = 9
    """Type size in tables."""
    margin: float = 50
    landscape: bool = False
    start: float = 0
    """Where the first table begins below the text before it: pushes tables over page breaks."""
    breaks_rows: bool = False
    """A page break may cut a row, its label's lines on both pages."""
    header_again: bool = False
    shaded: str = ""
    """"head", "zebra" or "" for none."""
    turned: bool = False
    """Labels of groups stand on their side."""
    zero: str = "0"
    """How zero is printed: "0", "" , "—" or "/"."""
    align: str = "centre"
    beside: bool = False
    """A small table of something else stands beside the form's first table."""
    wide_digits: bool = False
    order: str = "rows"
    """Order in which cells are drawn: "rows", "columns" or "shuffled"."""


def some_layout(seed: int, *, ruleless: bool = False) -> Layout:
    """A layout by chance."""
    chance = random.Random(seed)
    rules = chance.choice(RULELESS if ruleless else RULES)
    return Layout(
        rules=rules, size=chance.choice((7.5, 8, 9, 10)), margin=chance.choice((36, 50, 64)),
        landscape=chance.random() < 0.25, start=chance.choice((0, 0, 60, 150, 260, 330)),
        breaks_rows=not ruleless and chance.random() < 0.3, header_again=not ruleless and chance.random() < 0.2,
        shaded="" if ruleless else chance.choice(("", "", "head", "zebra")),
        turned=not ruleless and chance.random() < 0.3, zero=chance.choice(("0", "0", "", "—", "/")),
        align=chance.choice(("centre", "centre", "right")), beside=not ruleless and chance.random() < 0.15,
        wide_digits=chance.random() < 0.15, order=chance.choice(("rows", "rows", "columns", "shuffled")))


def pdf(report: making.ReportText, layout: Layout, *, form: str | None = None) -> bytes:
    """The report printed in that layout."""
    return _Printer(report, layout, form).print()


@dataclass
class _Cell:
    row: int
    column: int
    down: int
    across: int
    lines: list[str]
    turned: bool = False


class _Printer:
    def __init__(self, report: making.ReportText, layout: Layout, form: str | None) -> None:
        from reportlab.lib.pagesizes import A4
        from reportlab.pdfbase import pdfmetrics
        from reportlab.pdfbase.cidfonts import UnicodeCIDFont
        from reportlab.pdfgen.canvas import Canvas

        pdfmetrics.registerFont(UnicodeCIDFont(FONT))
        self.width_of = pdfmetrics.stringWidth
        self.report, self.layout = report, layout
        self.tables = making.tables(report, form=form)
        self.wide, self.high = (A4[1], A4[0]) if layout.landscape else A4
        self.buffer = io.BytesIO()
        self.canvas = Canvas(self.buffer, pagesize=(self.wide, self.high), invariant=1)
        self.page = 1
        self.y = self.high - layout.margin
        self.chance = random.Random(len(report.title))

    def print(self) -> bytes:
        report = self.report
        self._text(report.title, 16, indent=(self.wide - 2 * self.layout.margin - 16 * len(report.title)) / 2)
        self._text(f"根据条例编制{report.body}{report.year}年年度报告。", 11, indent=22)
        for number in making.SECTION_TITLES:
            self._text(report.heading(number), 13)
            for line in report.prose(number):
                self._text(line, 11, indent=22)
            if number in self.tables:
                if number == 2:
                    self.y -= self.layout.start
                    if self.y < 150:
                        self._next_page()
                self._table(self.tables[number], beside=self.layout.beside and number == 2)
                self.y -= 14
        self._finish_page()
        self.canvas.save()
        return self.buffer.getvalue()

    # ------------------------------------------------------------ pages and prose
    def _finish_page(self) -> None:
        self.canvas.setFont(FONT, 9)
        self.canvas.setFillGray(0)
        self.canvas.drawCentredString(self.wide / 2, 22, f"- {self.page} -")
        self.canvas.showPage()

    def _next_page(self) -> None:
        self._finish_page()
        self.page += 1
        self.y = self.high - self.layout.margin

    def _text(self, text: str, size: float, indent: float = 0) -> None:
        width = self.wide - 2 * self.layout.margin
        lines, line, room = [], "", width - indent
        for sign in text:
            step = self.width_of(sign, FONT, size)
            if step > room and sign not in "，。、；：）":
                lines.append(line)
                line, room = "", width
            line += sign
            room -= step
        for position, part in enumerate([*lines, line]):
            if self.y - size * 1.6 < self.layout.margin:
                self._next_page()
            self.y -= size * 1.6
            self.canvas.setFont(FONT, size)
            self.canvas.setFillGray(0)
            self.canvas.drawString(self.layout.margin + (indent if position == 0 else 0), self.y, part)

    # ------------------------------------------------------------ tables
    def _table(self, table: making.TableSpec, beside: bool) -> None:
        layout = self.layout
        columns = making.width(table)
        available = self.wide - 2 * layout.margin - (130 if beside else 0)
        shares = [0.5, 0.9, 2.6, *[1.0] * 7] if columns == 10 else [1.0] * columns
        widths = [available * share / sum(shares) for share in shares]
        xs = [layout.margin]
        for width in widths:
            xs.append(xs[-1] + width)
        cells = [self._cell(*place, widths, columns) for place in making.placed(table)]
        heights = [layout.size * 1.9] * len(table)
        for cell in sorted(cells, key=lambda cell: cell.down):
            need = (len(cell.lines) * layout.size * 1.25 if not cell.turned else len(cell.lines[0]) * layout.size) + 6
            have = sum(heights[cell.row:cell.row + cell.down])
            if need > have:
                heights[cell.row + cell.down - 1] += need - have
        heads = 3 if columns == 10 else 0
        row = 0
        while row < len(table):
            room = self.y - layout.margin
            last, used = row, 0.0
            again = heights[:heads] if layout.header_again and row >= heads > 0 else []
            used += sum(again)
            while last < len(table) and used + heights[last] <= room:
                used += heights[last]
                last += 1
            if last < len(table) and (last == row or last <= heads or columns == 15):
                self._next_page()
                continue
            cut = layout.breaks_rows and last < len(table) and self._can_cut(cells, last)
            if again:
                self._draw(cells, 0, heads, xs, heights, False)
            top = self.y
            self._draw(cells, row, last + cut, xs, heights, bool(cut))
            if beside and row == 0:
                self._beside(xs[-1] + 30, top)
            row = last
            if last < len(table):
                self._next_page()
                if cut:
                    self._draw(cells, row, row + 1, xs, heights, False, tail=True)
                    row += 1

    def _cell(self, row: int, column: int, down: int, across: int, text: str, widths: list[float],
              columns: int) -> _Cell:
        layout = self.layout
        if text == "0":
            text = layout.zero
        if layout.wide_digits and text.isdigit():
            text = text.translate({48 + digit: 0xFF10 + digit for digit in range(10)})
        if layout.turned and columns == 10 and column < 2 and down > 1 and across == 1:
            return _Cell(row, column, down, across, [text], True)
        room = sum(widths[column:column + across]) - 6
        lines, line = [], ""
        for sign in text:
            if line and self.width_of(line + sign, FONT, layout.size) > room:
                lines.append(line)
                line = ""
            line += sign
        return _Cell(row, column, down, across, [*lines, line])

    def _can_cut(self, cells: list[_Cell], row: int) -> bool:
        """Whether a row's label has lines to leave on both sides of a page break."""
        return any(cell.row == row and cell.down == 1 and len(cell.lines) > 1 and cell.column > 0 for cell in cells)

    def _draw(self, cells: list[_Cell], first: int, last: int, xs: list[float], heights: list[float], cut: bool,
              tail: bool = False) -> None:
        """Rows first to last (exclusive) at the place reached; `cut`: of the last row only the labels' first lines;
        `tail`: of a row cut before only what is left."""
        layout = self.layout
        size = layout.size
        ys = [self.y]
        for row in range(first, last):
            part = (cut and row == last - 1) or tail
            ys.append(ys[-1] - (size * 1.9 if part and cut else heights[row]))
        shown = []
        for cell in cells:
            begin, end = max(cell.row, first), min(cell.row + cell.down, last)
            if begin >= end:
                continue
            lines = cell.lines
            if tail:
                lines = lines[1:] if cell.row == first and cell.down == 1 else []
            elif cut and begin == last - 1:
                lines = lines[:1] if cell.row == begin and cell.down == 1 else []
            elif begin > cell.row:
                lines = []  # a label that spans a page break stands on the first page only
            box = (xs[cell.column], ys[end - first], xs[cell.column + cell.across], ys[begin - first])
            shown.append((cell, lines, box))
        if layout.shaded:
            for cell, _, (left, bottom, right, top) in shown:
                if (layout.shaded == "head" and cell.row < 3) or (layout.shaded == "zebra" and cell.row % 2):
                    self.canvas.setFillGray(0.88)
                    self.canvas.rect(left, bottom, right - left, top - bottom, stroke=0, fill=1)
        self._rule([box for _, _, box in shown], xs, ys, first == 0, last)
        if layout.order == "columns":
            shown.sort(key=lambda entry: entry[0].column)
        elif layout.order == "shuffled":
            self.chance.shuffle(shown)
        self.canvas.setFillGray(0)
        for cell, lines, box in shown:
            self._letters(cell, lines, box)
        self.y = ys[-1]

    def _letters(self, cell: _Cell, lines: list[str], box: tuple[float, float, float, float]) -> None:
        left, bottom, right, top = box
        size = self.layout.size
        canvas = self.canvas
        canvas.setFont(FONT, size)
        if cell.turned:
            for text in lines:
                canvas.saveState()
                canvas.translate((left + right) / 2 + size * 0.35, (top + bottom) / 2)
                canvas.rotate(90)
                canvas.drawCentredString(0, 0, text)
                canvas.restoreState()
            return
        y = (top + bottom) / 2 + len(lines) * size * 1.25 / 2 - size
        for text in lines:
            number = text.strip("+-.０１２３４５６７８９0123456789") == ""
            if self.layout.align == "right" and number:
                canvas.drawRightString(right - 3, y, text)
            else:
                canvas.drawCentredString((left + right) / 2, y, text)
            y -= size * 1.25

    def _beside(self, left: float, top: float) -> None:
        """A little table of something else."""
        canvas = self.canvas
        canvas.setFont(FONT, 8)
        for row, (label, value) in enumerate((("栏目", "条数"), ("动态", "12"), ("解读", "7"))):
            for column, text in enumerate((label, value)):
                box = (left + 50 * column, top - 18 * (row + 1), 50, 18)
                canvas.rect(*box, stroke=1, fill=0)
                canvas.drawString(box[0] + 4, box[1] + 5, text)

    # ------------------------------------------------------------ rules
    def _rule(self, boxes: list[tuple[float, float, float, float]], xs: list[float], ys: list[float], first: bool,
              last: int) -> None:
        kind = self.layout.rules
        canvas = self.canvas
        canvas.saveState()
        if kind in ("none", "three", "horizontal"):
            heights = {"none": [], "three": [ys[0], ys[-1], *([ys[min(3, len(ys) - 1)]] if first else [])],
                       "horizontal": ys}[kind]
            canvas.setLineWidth(0.5)
            for y in heights:
                canvas.line(xs[0], y, xs[-1], y)
            canvas.restoreState()
            return
        canvas.setLineWidth({"thick": 2.2, "hair": 0.1}.get(kind, 0.6))
        grey = {"grey": 0.6, "pale": 0.85}.get(kind, 0)
        canvas.setStrokeGray(grey)
        canvas.setFillGray(grey)
        if kind == "coloured":
            canvas.setStrokeColorRGB(0.55, 0.7, 0.9)
        if kind == "dashed":
            canvas.setDash(3, 2)
        elif kind == "dotted":
            canvas.setDash(1, 1.5)
        for left, bottom, right, top in boxes:
            self._box(kind, left, bottom, right, top, xs)
        canvas.restoreState()

    def _box(self, kind: str, left: float, bottom: float, right: float, top: float, xs: list[float]) -> None:
        canvas: Any = self.canvas
        sides = [(left, top, right, top), (left, bottom, right, bottom), (left, bottom, left, top),
                 (right, bottom, right, top)]
        if kind == "boxes":
            canvas.rect(left, bottom, right - left, top - bottom, stroke=1, fill=0)
        elif kind == "pieces":  # thin filled areas, as office programs draw borders
            for x0, y0, x1, y1 in sides:
                canvas.rect(x0 - 0.24, y0 - 0.24, x1 - x0 + 0.48, y1 - y0 + 0.48, stroke=0, fill=1)
        elif kind == "double":
            for x0, y0, x1, y1 in sides:
                dx, dy = (0.0, 0.9) if y0 == y1 else (0.9, 0.0)
                canvas.line(x0 - dx, y0 - dy, x1 - dx, y1 - dy)
                canvas.line(x0 + dx, y0 + dy, x1 + dx, y1 + dy)
        else:
            for x0, y0, x1, y1 in sides:
                if kind == "open" and x0 == x1 and x0 in (xs[0], xs[-1]):
                    continue
                canvas.line(x0, y0, x1, y1)
