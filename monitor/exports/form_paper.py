"""The blank report as a Word file: six sections with the tables of the form, for a body to write its report in.

Promises: made once for a form and year, then filled in for each body without Word's help, so that a thousand take
seconds; texts from config/report_template.yaml, which an office may replace. Leaves alone: what is prefilled.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

from pydantic import BaseModel, ConfigDict

from extract import configuration
from monitor.exports import form_layout
from monitor.exports.sheets import clean

if TYPE_CHECKING:
    from extract.forms import Form

_TOKEN = re.compile(r"\{\{([\w.]+)\}\}")
_SERIF, _FANG, _HEI = "方正小标宋简体", "仿宋_GB2312", "黑体"


class ReportTemplate(BaseModel):
    """config/report_template.yaml."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    title: str
    preamble: str
    sections: dict[int, str]
    prefilled: str
    none: str


class Paper:
    """The blank report of one form; `fill` gives a body's own as bytes."""

    def __init__(self, form: Form) -> None:
        self.texts: ReportTemplate = configuration.load("report_template.yaml", ReportTemplate)
        with zipfile.ZipFile(io.BytesIO(_build(form, self.texts))) as archive:
            self._parts = [(each, archive.read(each)) for each in archive.infolist()]

    def fill(self, body: str, year: int, values: Mapping[str, Any], note: str) -> bytes:
        """The paper for one body: `values` by key of figure, blank elsewhere; `note` beneath table 3."""
        known = {"title": self.texts.title.format(body=body, year=year),
                 "preamble": self.texts.preamble.format(body=body, year=year), "note": note,
                 **{key: str(value) for key, value in values.items()}}
        made = io.BytesIO()
        with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED, compresslevel=4) as archive:
            for member, data in self._parts:
                if member.filename == "word/document.xml":
                    text = _TOKEN.sub(lambda found: escape(clean(known.get(found.group(1), ""))), data.decode("utf-8"))
                    data = text.encode("utf-8")
                archive.writestr(member, data)
        return made.getvalue()


def _build(form: Form, texts: ReportTemplate) -> bytes:
    import docx
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.shared import Mm, Pt

    document = docx.Document()
    page = document.sections[0]
    page.page_width, page.page_height = Mm(210), Mm(297)
    page.top_margin, page.bottom_margin, page.left_margin, page.right_margin = Mm(37), Mm(35), Mm(28), Mm(26)
    document.core_properties.author = document.core_properties.comments = ""
    style = document.styles["Normal"]
    _font(style, _FANG, 16)
    style.paragraph_format.space_after = Pt(0)
    style.paragraph_format.line_spacing = Pt(28)
    heading = document.add_paragraph()
    heading.alignment = WD_ALIGN_PARAGRAPH.CENTER
    _font(heading.add_run("{{title}}"), _SERIF, 22)
    document.add_paragraph()
    _body(document, "{{preamble}}")
    numerals = "一二三四五六七八九十"
    for section in form.sections:
        titled = document.add_paragraph(style="Heading 1")
        titled.paragraph_format.first_line_indent = Pt(32)
        titled.paragraph_format.space_before = Pt(0)
        _font(titled.add_run(f"{numerals[section.number - 1]}、{section.title}"), _HEI, 16, "000000", bold=False)
        guide = _body(document, texts.sections.get(section.number, ""))
        if guide.runs:
            _font(guide.runs[0], _FANG, 12, "7F7F7F")
        if section.table:
            _table(document, form, section.table)
            if section.table == 3:
                _font(_body(document, "{{note}}").runs[0], _FANG, 10.5, "0563C1")
    made = io.BytesIO()
    document.save(made)
    return made.getvalue()


def _body(document: Any, text: str) -> Any:
    from docx.shared import Pt

    paragraph = document.add_paragraph(text)
    paragraph.paragraph_format.first_line_indent = Pt(32)
    return paragraph


def _table(document: Any, form: Form, number: int) -> None:
    from docx.enum.table import WD_CELL_VERTICAL_ALIGNMENT, WD_TABLE_ALIGNMENT
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.shared import Mm, Pt

    laid = form_layout.lay_out(form.table(number), "zh")
    table = document.add_table(laid.height, laid.width, style="Table Grid")
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    table.autofit = False
    widths = [Mm(15), Mm(18), Mm(45)][:laid.labels] if laid.labels == 3 else [Mm(36)] * laid.labels
    rest = (156 - sum(width.mm for width in widths)) / (laid.width - laid.labels)
    widths += [Mm(rest)] * (laid.width - laid.labels)
    grid = [list(row.cells) for row in table.rows]
    for column, width in zip(table.columns, widths, strict=True):
        column.width = width
    for row in grid:
        for cell, width in zip(row, widths, strict=True):
            cell.width = width
    for placed in laid.cells:
        cell = grid[placed.row][placed.column]
        if placed.rows > 1 or placed.columns > 1:
            cell = cell.merge(grid[placed.row + placed.rows - 1][placed.column + placed.columns - 1])
        cell.vertical_alignment = WD_CELL_VERTICAL_ALIGNMENT.CENTER
        paragraph = cell.paragraphs[0]
        paragraph.paragraph_format.line_spacing = Pt(14)
        paragraph.alignment = WD_ALIGN_PARAGRAPH.LEFT if placed.side else WD_ALIGN_PARAGRAPH.CENTER
        run = paragraph.add_run(f"{{{{{placed.key}}}}}" if placed.key else placed.text)
        _font(run, "宋体", 9, "0563C1" if placed.key else None)


def _font(what: Any, name: str, size: float, colour: str | None = None, bold: bool | None = None) -> None:
    """Font of a style or run, for Latin and Chinese characters alike."""
    from docx.oxml.ns import qn
    from docx.shared import Pt, RGBColor

    what.font.name, what.font.size = name, Pt(size)
    if bold is not None:
        what.font.bold = bold
    fonts = what.element.get_or_add_rPr().get_or_add_rFonts()
    for place in ("w:eastAsia", "w:ascii", "w:hAnsi"):
        fonts.set(qn(place), name)
    if colour:
        what.font.color.rgb = RGBColor.from_string(colour)
