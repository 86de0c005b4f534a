"""Makes annual reports of our own as HTML, docx and PDF, for tests and for the loopback portals.

Promises documents whose tables have the official form's shape (real spans, both eras) and whose figures are exactly
those given, by canonical key. Imports nothing of the product, so that a fault there can't hide here; the labels below
are this file's own copy of the form.
"""

from __future__ import annotations

import html
import io
import random
import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field

Figures = dict[str, "int | float | str | None"]
"""Canonical key → what is printed: a number; text as it stands ("2笔"); None for a blank cell."""

COLUMNS = {
    "natural_person": "自然人", "business": "商业企业", "research": "科研机构", "public_interest": "社会公益组织",
    "legal_service": "法律服务机构", "other_organisation": "其他", "total": "总计",
}
OUTCOMES = {"upheld": "结果维持", "corrected": "结果纠正", "other": "其他结果", "pending": "尚未审结", "total": "总计"}
ROUTES = {"reconsideration": "行政复议", "litigation_direct": "未经复议直接起诉",
          "litigation_after_reconsideration": "复议后起诉"}
BLOCKS: dict[str, dict[str, str]] = {
    "（一）予以公开": {"granted": ""},
    "（二）部分公开（区分处理的，只计这一情形，不计其他情形）": {"partly_granted": ""},
    "（三）不予公开": {
        "refused_state_secret": "1.属于国家秘密", "refused_other_law": "2.其他法律行政法规禁止公开",
        "refused_security_stability": "3.危及“三安全一稳定”", "refused_third_party": "4.保护第三方合法权益",
        "refused_internal_affairs": "5.属于三类内部事务信息", "refused_deliberative": "6.属于四类过程性信息",
        "refused_enforcement_file": "7.属于行政执法案卷", "refused_inquiry": "8.属于行政查询事项"},
    "（四）无法提供": {
        "unable_not_held": "1.本机关不掌握相关政府信息", "unable_needs_creation": "2.没有现成信息需要另行制作",
        "unable_unclear": "3.补正后申请内容仍不明确"},
    "（五）不予处理": {
        "declined_petition": "1.信访举报投诉类申请", "declined_duplicate": "2.重复申请",
        "declined_publication": "3.要求提供公开出版物", "declined_excessive": "4.无正当理由大量反复申请",
        "declined_reconfirmation": "5.要求行政机关确认或重新出具已获取信息"},
    "（六）其他处理": {
        "closed_uncorrected": "1.申请人无正当理由逾期不补正、行政机关不再处理其政府信息公开申请",
        "closed_unpaid": "2.申请人逾期未按收费通知要求缴纳费用、行政机关不再处理其政府信息公开申请",
        "closed_other": "3.其他"},
    "（七）总计": {"concluded": ""},
}
PARTS = [key for rows in BLOCKS.values() for key in rows if key != "concluded"]
CLOSED = list(BLOCKS["（六）其他处理"])
SECTION_TITLES = {
    1: "一、总体情况", 2: "二、主动公开政府信息情况", 3: "三、收到和处理政府信息公开申请情况",
    4: "四、政府信息公开行政复议、行政诉讼情况", 5: "五、存在的主要问题及改进情况", 6: "六、其他需要报告的事项",
}


@dataclass
class ReportText:
    """One report to be made. Everything but title, body and year may be left out."""

    title: str
    body: str
    year: int
    figures: Figures = field(default_factory=dict)
    published: str = ""
    """ISO day; printed as 发布日期 line by html_page and docx/pdf only when given."""
    sections: Mapping[int, str | None] = field(default_factory=dict)
    """Section number → prose, paragraphs split by newlines. Missing numbers get prose that agrees with the figures;
    None leaves the section out with its heading and its table."""
    section_titles: Mapping[int, str] = field(default_factory=dict)
    """Replaces canonical headings."""
    preamble: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    """Printed label → label to print instead, to make variants and misprints."""
    signature: str = ""

    def heading(self, number: int) -> str:
        return self.section_titles.get(number, SECTION_TITLES[number])

    def prose(self, number: int) -> list[str]:
        given = self.sections.get(number, self._default_prose(number))
        return [line for line in (given or "").split("\n") if line.strip()]

    def has_section(self, number: int) -> bool:
        return number not in self.sections or self.sections[number] is not None

    def _default_prose(self, number: int) -> str:
        get = self.figures.get
        if number == 1:
            lines = [f"{self.year}年，{self.body}围绕群众关心的事项推进政务公开，栏目按月检查、按季更新。"]
            if get("applications.new.total") is not None:
                lines.append(
                    f"全年新收政府信息公开申请{get('applications.new.total')}件，"
                    f"上年结转{get('applications.carried_in.total')}件，"
                    f"办结{get('applications.concluded.total')}件，"
                    f"结转下年度继续办理{get('applications.carried_out.total')}件。")
            return "\n".join(lines)
        if number == 5:
            return (f"{self.year}年工作中的不足：部分栏目更新偏慢，解读形式较单一。\n"
                    f"下一步，{self.body}将细化公开目录，丰富解读形式，并加强对经办人员的指导。")
        if number == 6:
            return "本年度未收取信息处理费。无其他需要报告的事项。"
        return ""


# ---------------------------------------------------------------- tables as rows of (text, rowspan, colspan)
CellSpec = tuple[str, int, int]
TableSpec = list[list[CellSpec]]


def tables(report: ReportText, *, form: str | None = None, blank_zero: bool = False, dash_zero: bool = False,
           one_row_closed: bool = False) -> dict[int, TableSpec]:
    """The form's tables 2, 3, 4; each row lists only the cells that begin in it, as an HTML table does.

    form: "2021" or "2019", by the report year where None. blank_zero and dash_zero print zeros as "" or "—".
    """
    form = form or ("2019" if report.year <= 2020 else "2021")
    if form not in ("2019", "2021"):
        raise ValueError(f"form {form!r} is neither 2019 nor 2021")

    def shown(key: str) -> str:
        value = report.figures.get(key)
        if value is None:
            return ""
        if value == 0 and blank_zero:
            return ""
        if value == 0 and dash_zero:
            return "—"
        return str(value)

    disclosure = _disclosure_2019(shown) if form == "2019" else _disclosure_2021(shown)
    made = {2: disclosure, 3: _applications(shown, one_row_closed or form == "2019"), 4: _disputes(shown)}
    return {number: [[(report.labels.get(text, text), down, across) for text, down, across in row] for row in table]
            for number, table in made.items()}


def _disclosure_2021(shown) -> TableSpec:  # type: ignore[no-untyped-def]
    def block(item: str, heading: str, rows: dict[str, str]) -> TableSpec:
        return [[(item, 1, 4)], [("信息内容", 1, 1), (heading, 1, 3)],
                *[[(label, 1, 1), (shown(key), 1, 3)] for label, key in rows.items()]]

    documents: TableSpec = [
        [("第二十条第（一）项", 1, 4)],
        [("信息内容", 1, 1), ("本年制发件数", 1, 1), ("本年废止件数", 1, 1), ("现行有效件数", 1, 1)]]
    for label, key in (("规章", "regulations"), ("行政规范性文件", "normative_documents")):
        documents.append([(label, 1, 1), *[(shown(f"disclosure.{key}.{column}"), 1, 1)
                                           for column in ("issued", "repealed", "in_force")]])
    return [
        *documents,
        *block("第二十条第（五）项", "本年处理决定数量", {"行政许可": "disclosure.licences.decided"}),
        *block("第二十条第（六）项", "本年处理决定数量", {"行政处罚": "disclosure.penalties.decided",
                                                 "行政强制": "disclosure.coercive_measures.decided"}),
        *block("第二十条第（八）项", "本年收费金额（单位：万元）", {"行政事业性收费": "disclosure.fees.amount"}),
    ]


def _disclosure_2019(shown) -> TableSpec:  # type: ignore[no-untyped-def]
    def block(item: str, headings: tuple[str, ...], rows: dict[str, tuple[str, ...]]) -> TableSpec:
        wide = [1, 1, 1] if len(headings) == 3 else [1, 2]
        return [[(item, 1, 4)],
                [("信息内容", 1, 1), *[(text, 1, span) for text, span in zip(headings, wide, strict=True)]],
                *[[(label, 1, 1), *[(shown(f"disclosure.{key}"), 1, span)
                                    for key, span in zip(keys, wide, strict=True)]] for label, keys in rows.items()]]

    def three(name: str) -> tuple[str, ...]:
        return (f"{name}.items_last_year", f"{name}.change", f"{name}.decided")

    def made(name: str) -> tuple[str, ...]:
        return (f"{name}.made", f"{name}.newly_disclosed", f"{name}.disclosed_total")

    items = ("上一年项目数量", "本年增/减", "处理决定数量")
    return [
        *block("第二十条第（一）项", ("本年新制作数量", "本年新公开数量", "对外公开总数量"),
               {"规章": made("regulations"), "规范性文件": made("normative_documents")}),
        *block("第二十条第（五）项", items, {"行政许可": three("licences"),
                                       "其他对外管理服务事项": three("other_services")}),
        *block("第二十条第（六）项", items, {"行政处罚": three("penalties"), "行政强制": three("coercive_measures")}),
        *block("第二十条第（八）项", items[:2], {"行政事业性收费": three("fees")[:2]}),
        *block("第二十条第（九）项", ("采购项目数量", "采购总金额"),
               {"政府集中采购": ("procurement.projects", "procurement.amount")}),
    ]


def _applications(shown, one_row_closed: bool) -> TableSpec:  # type: ignore[no-untyped-def]
    def values(row: str) -> list[CellSpec]:
        return [(shown(f"applications.{row}.{column}"), 1, 1) for column in COLUMNS]

    classes = list(COLUMNS.values())
    made: TableSpec = [
        [("（本列数据的勾稽关系为：第一项加第二项之和，等于第三项加第四项之和）", 3, 3), ("申请人情况", 1, 7)],
        [(classes[0], 2, 1), ("法人或其他组织", 1, 5), (classes[6], 2, 1)],
        [(label, 1, 1) for label in classes[1:6]],
        [("一、本年新收政府信息公开申请数量", 1, 3), *values("new")],
        [("二、上年结转政府信息公开申请数量", 1, 3), *values("carried_in")],
    ]
    results: TableSpec = []
    for block, rows in BLOCKS.items():
        if block == "（六）其他处理" and one_row_closed:
            rows = {"closed": ""}
        if len(rows) == 1:
            results.append([(block, 1, 2), *values(next(iter(rows)))])
            continue
        for position, (row, label) in enumerate(rows.items()):
            results.append([*([(block, len(rows), 1)] if position == 0 else []), (label, 1, 1), *values(row)])
    results[0].insert(0, ("三、本年度办理结果", len(results), 1))
    return [*made, *results, [("四、结转下年度继续办理", 1, 3), *values("carried_out")]]


def _disputes(shown) -> TableSpec:  # type: ignore[no-untyped-def]
    outcomes = list(OUTCOMES.values())
    return [
        [("行政复议", 1, 5), ("行政诉讼", 1, 10)],
        [*[(label, 2, 1) for label in outcomes], (ROUTES["litigation_direct"], 1, 5),
         (ROUTES["litigation_after_reconsideration"], 1, 5)],
        [(label, 1, 1) for label in outcomes * 2],
        [(shown(f"disputes.{route}.{outcome}"), 1, 1) for route in ROUTES for outcome in OUTCOMES],
    ]


def placed(table: TableSpec) -> list[tuple[int, int, int, int, str]]:
    """Every cell as (row, column, rowspan, colspan, text)."""
    taken: set[tuple[int, int]] = set()
    cells = []
    for row, specs in enumerate(table):
        column = 0
        for text, down, across in specs:
            while (row, column) in taken:
                column += 1
            taken.update((row + i, column + j) for i in range(down) for j in range(across))
            cells.append((row, column, down, across, text))
    return cells


def width(table: TableSpec) -> int:
    return max(column + across for _, column, _, across, _ in placed(table))


# ---------------------------------------------------------------- figures that hold
def figures_2021(seed: int, *, scale: int = 12, before: Mapping[str, int | float | str | None] | None = None
                 ) -> Figures:
    """Random figures of the 2021 form in which every sum of the form holds.

    before: last year's figures, continued (carried over requests, normative documents in force).
    """
    chance = random.Random(seed)
    figures: Figures = {}
    for name in ("regulations", "normative_documents"):
        issued, repealed = chance.randint(0, scale), chance.randint(0, scale // 3)
        start = int((before or {}).get(f"disclosure.{name}.in_force") or chance.randint(scale, 5 * scale))
        repealed = min(repealed, start)
        figures |= {f"disclosure.{name}.issued": issued, f"disclosure.{name}.repealed": repealed,
                    f"disclosure.{name}.in_force": start + issued - repealed}
    for name in ("licences", "penalties", "coercive_measures"):
        figures[f"disclosure.{name}.decided"] = chance.randint(0, 60 * scale)
    figures["disclosure.fees.amount"] = chance.randint(0, 10**6) / 100
    return figures | _applications_figures(chance, scale, PARTS, before) | _disputes_figures(chance, scale)


def figures_2019(seed: int, *, scale: int = 12, before: Mapping[str, int | float | str | None] | None = None
                 ) -> Figures:
    """Random figures of the 2019 form in which every sum of the form holds; `change` is printed with its sign."""
    chance = random.Random(seed)
    figures: Figures = {}
    for name in ("regulations", "normative_documents"):
        made = chance.randint(0, scale)
        figures |= {f"disclosure.{name}.made": made, f"disclosure.{name}.newly_disclosed": chance.randint(0, made),
                    f"disclosure.{name}.disclosed_total": made + chance.randint(0, 5 * scale)}
    for name in ("licences", "other_services", "penalties", "coercive_measures", "fees"):
        figures |= {f"disclosure.{name}.items_last_year": chance.randint(scale, 20 * scale),
                    f"disclosure.{name}.change": chance.randint(-scale, scale)}
        if name != "fees":
            figures[f"disclosure.{name}.decided"] = chance.randint(0, 60 * scale)
    figures |= {"disclosure.procurement.projects": chance.randint(0, 3 * scale),
                "disclosure.procurement.amount": chance.randint(0, 10**6) / 100}
    rows = [row for row in PARTS if row not in CLOSED] + ["closed"]
    return figures | _applications_figures(chance, scale, rows, before) | _disputes_figures(chance, scale)


def _applications_figures(chance: random.Random, scale: int, rows: list[str],
                          before: Mapping[str, int | float | str | None] | None) -> Figures:
    figures: Figures = {}
    for position, column in enumerate(list(COLUMNS)[:6]):
        most = max(1, scale // (1 if position == 0 else 6))
        parts = {row: chance.randint(0, most) if chance.random() < 0.5 else 0 for row in rows}
        carried_in = int((before or {}).get(f"applications.carried_out.{column}") or 0) if before else (
            chance.randint(0, 2))
        carried_out = chance.randint(0, 2)
        short = carried_in - carried_out - sum(parts.values())
        if short > 0:
            parts["granted"] += short
        concluded = sum(parts.values())
        column_figures = {"new": concluded + carried_out - carried_in, "carried_in": carried_in, **parts,
                          "concluded": concluded, "carried_out": carried_out}
        figures |= {f"applications.{row}.{column}": value for row, value in column_figures.items()}
    for row in ("new", "carried_in", *rows, "concluded", "carried_out"):
        figures[f"applications.{row}.total"] = sum(
            int(figures[f"applications.{row}.{column}"] or 0) for column in list(COLUMNS)[:6])
    return figures


def _disputes_figures(chance: random.Random, scale: int) -> Figures:
    figures: Figures = {}
    for route in ROUTES:
        parts = {outcome: chance.randint(0, max(1, scale // 4)) for outcome in list(OUTCOMES)[:4]}
        figures |= {f"disputes.{route}.{outcome}": value for outcome, value in parts.items()}
        figures[f"disputes.{route}.total"] = sum(parts.values())
    return figures


# ---------------------------------------------------------------- media
def html_body(report: ReportText, *, form: str | None = None, blank_zero: bool = False, dash_zero: bool = False,
              tables_as_images: bool = False, one_row_closed: bool = False, image_folder: str = "") -> str:
    """The inner HTML of the report: headings, paragraphs and three tables with their spans.

    tables_as_images puts <img src="{image_folder}table3.png"> in their place; serve table_image(report, 3) there.
    """
    made = tables(report, form=form, blank_zero=blank_zero, dash_zero=dash_zero, one_row_closed=one_row_closed)
    lines = [f"<h1>{html.escape(report.title)}</h1>"]
    lines += [f"<p>{html.escape(line)}</p>" for line in _preamble(report)]
    for number in SECTION_TITLES:
        if not report.has_section(number):
            continue
        lines.append(f"<h2>{html.escape(report.heading(number))}</h2>")
        lines += [f"<p>{html.escape(line)}</p>" for line in report.prose(number)]
        if number in made and tables_as_images:
            lines.append(f'<p><img src="{html.escape(image_folder)}table{number}.png" width="640"></p>')
        elif number in made:
            lines.append(_html_table(made[number]))
    lines += [f'<p style="text-align:right">{html.escape(line)}</p>' for line in report.signature.split("\n") if line]
    return "\n".join(lines)


def _html_table(table: TableSpec) -> str:
    lines = ['<table border="1">']
    for row in table:
        cells = []
        for text, down, across in row:
            spans = (f' rowspan="{down}"' if down > 1 else "") + (f' colspan="{across}"' if across > 1 else "")
            cells.append(f"<td{spans}>{html.escape(text)}</td>")
        lines.append(f"<tr>{''.join(cells)}</tr>")
    return "\n".join([*lines, "</table>"])


def docx(report: ReportText, *, form: str | None = None, blank_zero: bool = False, dash_zero: bool = False,
         tables_as_images: bool = False, one_row_closed: bool = False) -> bytes:
    """The report as a Word file with merged cells."""
    import docx as python_docx
    from docx.shared import Cm

    made = tables(report, form=form, blank_zero=blank_zero, dash_zero=dash_zero, one_row_closed=one_row_closed)
    document = python_docx.Document()
    document.core_properties.title = report.title
    document.add_heading(report.title, level=0)
    for line in _preamble(report):
        document.add_paragraph(line)
    for number in SECTION_TITLES:
        if not report.has_section(number):
            continue
        document.add_heading(report.heading(number), level=1)
        for line in report.prose(number):
            document.add_paragraph(line)
        if number in made and tables_as_images:
            document.add_picture(io.BytesIO(table_image(report, number)), width=Cm(15))
        elif number in made:
            table = made[number]
            grid = document.add_table(rows=len(table), cols=width(table), style="Table Grid")
            places = [list(row.cells) for row in grid.rows]
            for row, column, down, across, text in placed(table):
                cell = places[row][column]
                if down > 1 or across > 1:
                    cell = cell.merge(places[row + down - 1][column + across - 1])
                cell.text = text
    for line in report.signature.split("\n"):
        if line:
            document.add_paragraph(line)
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def pdf(report: ReportText, *, form: str | None = None, blank_zero: bool = False, dash_zero: bool = False,
        tables_as_images: bool = False, one_row_closed: bool = False, borders: bool | str = True) -> bytes:
    """The report as a PDF with ruled tables; table 3 runs over a page break.

    borders: True or "all", False or "none", "horizontal" for rules between rows only, "three" for top, head and foot.
    """
    from reportlab.lib.pagesizes import A4
    from reportlab.lib.styles import ParagraphStyle
    from reportlab.lib.units import mm
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont
    from reportlab.platypus import Image, KeepTogether, PageBreak, Paragraph, SimpleDocTemplate, Spacer, Table

    pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
    base = {"fontName": "STSong-Light", "wordWrap": "CJK"}
    prose = ParagraphStyle("prose", fontSize=12, leading=20, firstLineIndent=24, **base)
    head = ParagraphStyle("head", fontSize=14, leading=26, **base)
    title = ParagraphStyle("title", fontSize=18, leading=30, alignment=1, **base)
    small = ParagraphStyle("cell", fontSize=8, leading=10, alignment=1, **base)
    available = A4[0] - 40 * mm
    rules = {"all": [("GRID", 0, -1)], "none": [], "horizontal": [("LINEABOVE", 0, -1), ("LINEBELOW", -1, -1)],
             "three": [("LINEABOVE", 0, 0), ("LINEBELOW", 0, 0), ("LINEBELOW", -1, -1)]}[
        borders if isinstance(borders, str) else "all" if borders else "none"]

    def ruled(table: TableSpec) -> Table:
        columns = width(table)
        matrix: list[list[object]] = [[""] * columns for _ in table]
        style: list[tuple[object, ...]] = [("VALIGN", (0, 0), (-1, -1), "MIDDLE")]
        style += [(rule, (0, first), (-1, last), 0.5, "black") for rule, first, last in rules]
        for row, column, down, across, text in placed(table):
            matrix[row][column] = Paragraph(html.escape(text), small)
            if down > 1 or across > 1:
                style.append(("SPAN", (column, row), (column + across - 1, row + down - 1)))
        shares = [0.6, 0.9, 2.4, *[1.0] * 7] if columns == 10 else [1.0] * columns
        return Table(matrix, colWidths=[available * share / sum(shares) for share in shares], style=style)

    made = tables(report, form=form, blank_zero=blank_zero, dash_zero=dash_zero, one_row_closed=one_row_closed)
    story: list[object] = [Paragraph(html.escape(report.title), title), Spacer(1, 6)]
    story += [Paragraph(html.escape(line), prose) for line in _preamble(report)]
    for number in SECTION_TITLES:
        if not report.has_section(number):
            continue
        story.append(Paragraph(html.escape(report.heading(number)), head))
        story += [Paragraph(html.escape(line), prose) for line in report.prose(number)]
        if number in made and tables_as_images:
            story.append(Image(io.BytesIO(table_image(report, number)), width=available, height=available / 3))
        elif number == 3:
            before, after = _cut(made[number], 14)
            story += [KeepTogether([ruled(before)]), PageBreak(), ruled(after)]
        elif number in made:
            story.append(KeepTogether([ruled(made[number])]))
        story.append(Spacer(1, 6))
    story += [Paragraph(html.escape(line), prose) for line in report.signature.split("\n") if line]

    def number_page(canvas, _document) -> None:  # type: ignore[no-untyped-def]
        canvas.setFont("STSong-Light", 10)
        canvas.drawCentredString(A4[0] / 2, 12 * mm, f"— {canvas.getPageNumber()} —")

    buffer = io.BytesIO()
    SimpleDocTemplate(buffer, pagesize=A4, leftMargin=20 * mm, rightMargin=20 * mm, topMargin=20 * mm,
                      bottomMargin=20 * mm, title=report.title, invariant=1).build(
        story, onFirstPage=number_page, onLaterPages=number_page)
    return buffer.getvalue()


def table_image(report: ReportText, number: int) -> bytes:
    """A PNG that stands for table `number`: its rules drawn with plain zlib, no text in it."""
    table = tables(report)[number]
    rows, columns = len(table), width(table)
    wide, high = 64 * columns, 24 * rows
    pixels = bytearray(b"\xff" * (wide + 1) * (high + 1))
    for row, column, down, across, text in placed(table):
        top, left, bottom, right = 24 * row, 64 * column, 24 * (row + down), 64 * (column + across)
        for x in range(left, right + 1):
            pixels[top * (wide + 1) + x] = pixels[bottom * (wide + 1) + x] = 0
        for y in range(top, bottom + 1):
            pixels[y * (wide + 1) + left] = pixels[y * (wide + 1) + right] = 0
        for x in range(left + 6, min(right - 6, left + 6 + 5 * len(text))):
            pixels[(top + 12) * (wide + 1) + x] = 64
    scan = b"".join(b"\0" + bytes(pixels[y * (wide + 1):(y + 1) * (wide + 1)]) for y in range(high + 1))

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", wide + 1, high + 1, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(scan)) + chunk(b"IEND", b"")


def _preamble(report: ReportText) -> list[str]:
    given = report.preamble
    if given is None:
        given = f"根据《中华人民共和国政府信息公开条例》，编制{report.body}{report.year}年政府信息公开工作年度报告。"
    lines = [line for line in given.split("\n") if line]
    return ([f"发布日期：{report.published}"] if report.published else []) + lines


def _cut(table: TableSpec, at: int) -> tuple[TableSpec, TableSpec]:
    """The table cut before row `at` as Word cuts it: a label that spans the cut goes on as an empty cell."""
    before: list[list[tuple[int, CellSpec]]] = [[] for _ in table[:at]]
    after: list[list[tuple[int, CellSpec]]] = [[] for _ in table[at:]]
    for row, column, down, across, text in placed(table):
        if row >= at:
            after[row - at].append((column, (text, down, across)))
            continue
        before[row].append((column, (text, min(down, at - row), across)))
        if row + down > at:
            after[0].append((column, ("", row + down - at, across)))
    return tuple([[cell for _, cell in sorted(row)] for row in part] for part in (before, after))  # type: ignore[return-value]
