"""Opinions on drafts as a Word document: an overview, then one opinion a draft, each on a page of its own.

Promises: A4 with the margins, sizes and line spacing of GB/T 9704 (title 22 pt, text 16 pt on 28 pt lines, page number
— 1 —), real Word tables whose headings repeat; names can hold anything. Leaves alone: what is said (precheck.py).
"""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, Any

from monitor import precheck, wording

if TYPE_CHECKING:
    from monitor.precheck import Aside, Opinion, Precheck
    from monitor.wording import Lang

_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_TITLE, _TEXT, _HEADING, _LATIN = "方正小标宋简体", "仿宋_GB2312", "黑体", "Times New Roman"
_BODY_SIZE, _TITLE_SIZE, _CELL_SIZE, _LINE = 16, 22, 10.5, 28
_OVERVIEW = (13, 42, 21, 18, 16, 13, 33)
_OPINION = (13, 30, 35, 44, 34)


def paper(checked: Precheck, lang: Lang) -> bytes:
    """The document's bytes."""
    from docx import Document

    document = Document()
    _set_up(document)
    title = wording.say("precheck_heading", lang, year=str(checked.year))
    document.core_properties.title = title
    document.core_properties.author = document.core_properties.comments = ""
    _title(document, title)
    _paragraph(document, precheck.summary(checked, lang) + "。")
    _paragraph(document, f"{wording.say('precheck_made', lang, t=checked.at)}。{wording.say('machine_only', lang)}。")
    rows = [[str(number), opinion.body, wording.term("scopes", opinion.scope, lang, short=True),
             *(str(len(opinion.of(level))) for level in precheck.LEVELS), precheck.conclusion(opinion, lang)]
            for number, opinion in enumerate(checked.opinions, 1)]
    _table(document, [wording.say(key, lang) for key in (
        "precheck_no", "body", "scope", "precheck_must", "precheck_verify", "precheck_note", "precheck_conclusion")],
        rows, _OVERVIEW, centred={0, 2, 3, 4, 5})
    _asides(document, "precheck_unread", checked.unread, lang)
    _asides(document, "precheck_others", checked.others, lang)
    for opinion in checked.opinions:
        document.add_page_break()
        _opinion(document, opinion, lang)
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue()


def _opinion(document: Any, opinion: Opinion, lang: Lang) -> None:
    _title(document, precheck.title(opinion, lang))
    for key, value in (("precheck_file", opinion.file), ("scope", wording.term("scopes", opinion.scope, lang)),
                       ("precheck_last_year", opinion.last_year)):
        _paragraph(document, f"{wording.say(key, lang)}：{value}", size=12)
    numerals = wording.say("precheck_numerals", lang).split()
    for number, level in enumerate(precheck.LEVELS):
        entries = opinion.of(level)
        _paragraph(document, numerals[number] + wording.say(
            "precheck_group", lang, level=wording.say(f"precheck_{level}", lang), n=len(entries)), font=_HEADING)
        if entries:
            _table(document, [wording.say(f"precheck_{key}", lang) for key in ("no", "place", "printed", "relation",
                                                                               "advice")],
                   [[str(place), entry.place, entry.printed, entry.relation, entry.advice]
                    for place, entry in enumerate(entries, 1)], _OPINION, centred={0})
    if opinion.passed:
        _paragraph(document, numerals[3] + wording.say("precheck_passed", lang, n=len(opinion.passed)), font=_HEADING)
        for text in opinion.passed:
            _paragraph(document, text, size=12, spacing=18)
    _paragraph(document, wording.say("precheck_ending", lang))


def _asides(document: Any, key: str, asides: list[Aside], lang: Lang) -> None:
    if not asides:
        return
    _paragraph(document, wording.say(key, lang, n=len(asides)), font=_HEADING)
    _table(document, [wording.say("file", lang), wording.say("reason", lang)],
           [[aside.file, aside.reason] for aside in asides], (86, 70))


# ---------------------------------------------------------------- layout
def _set_up(document: Any) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.shared import Mm, Pt

    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin, section.bottom_margin = Mm(37), Mm(35)
    section.left_margin, section.right_margin = Mm(28), Mm(26)
    section.footer_distance = Mm(25)
    style = document.styles["Normal"]
    style.font.name, style.font.size = _LATIN, Pt(_BODY_SIZE)
    _east_asian(style.element.get_or_add_rPr(), _TEXT)
    footer = section.footer.paragraphs[0]
    footer.alignment = WD_ALIGN_PARAGRAPH.CENTER
    _field(footer, "PAGE")


def _field(paragraph: Any, code: str) -> None:
    """— 1 —"""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    for kind in ("— ", "begin", code, "end", " —"):
        run = paragraph.add_run()
        _look(run, "宋体", 14)
        if kind == code:
            instruction = OxmlElement("w:instrText")
            instruction.set(qn("xml:space"), "preserve")
            instruction.text = code
            run._r.append(instruction)
        elif kind in ("begin", "end"):
            mark = OxmlElement("w:fldChar")
            mark.set(qn("w:fldCharType"), kind)
            run._r.append(mark)
        else:
            run.text = kind


def _east_asian(properties: Any, font: str) -> None:
    from docx.oxml.ns import qn

    fonts = properties.get_or_add_rFonts()
    fonts.set(qn("w:eastAsia"), font)
    # Quotation marks and dots belong to both scripts: without the hint Word draws them narrow.
    fonts.set(qn("w:hint"), "eastAsia")


def _look(run: Any, font: str, size: float, bold: bool = False) -> None:
    from docx.shared import Pt

    run.font.name, run.font.size, run.font.bold = _LATIN, Pt(size), bold
    _east_asian(run._r.get_or_add_rPr(), font)


def _title(document: Any, text: str) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.shared import Pt

    paragraph = document.add_paragraph()
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    paragraph.paragraph_format.line_spacing = Pt(36)
    paragraph.paragraph_format.space_after = Pt(_LINE)
    paragraph.paragraph_format.keep_with_next = True
    _look(paragraph.add_run(_clean(text)), _TITLE, _TITLE_SIZE)


def _paragraph(document: Any, text: str, *, font: str = _TEXT, size: float = _BODY_SIZE,
               spacing: float = _LINE) -> None:
    from docx.shared import Pt

    paragraph = document.add_paragraph()
    layout = paragraph.paragraph_format
    layout.line_spacing, layout.space_after, layout.space_before = Pt(spacing), Pt(0), Pt(0)
    layout.first_line_indent = Pt(2 * size)
    layout.keep_with_next = font == _HEADING
    _look(paragraph.add_run(_clean(text)), font, size)


def _table(document: Any, headings: list[str], rows: list[list[str]], widths: tuple[int, ...],
           centred: set[int] | frozenset[int] = frozenset()) -> None:
    """A ruled table; `widths` in millimetres, the heading repeats on every page and no row breaks over pages."""
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.oxml import OxmlElement
    from docx.shared import Mm, Pt

    table = document.add_table(rows=0, cols=len(headings))
    table.style = "Table Grid"
    table.autofit = False
    for number, texts in enumerate([headings, *rows]):
        row = table.add_row()
        properties = row._tr.get_or_add_trPr()
        properties.append(OxmlElement("w:cantSplit"))
        if not number:
            properties.append(OxmlElement("w:tblHeader"))
        for column, (cell, text) in enumerate(zip(row.cells, texts, strict=True)):
            cell.width = Mm(widths[column])
            paragraph = cell.paragraphs[0]
            layout = paragraph.paragraph_format
            layout.line_spacing, layout.space_after = Pt(15), Pt(0)
            if not number or column in centred:
                paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
            _look(paragraph.add_run(_clean(text)), _HEADING if not number else "宋体", _CELL_SIZE)
    for column, width in enumerate(widths):
        table.columns[column].width = Mm(width)


def _clean(text: str) -> str:
    return _UNPRINTABLE.sub("", text)
