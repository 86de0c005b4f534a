"""Random lawful and unlawful variations of the form's tables, as HTML, docx and text.

Promises that `truth` holds exactly what is printed, by key, and that `exact` tells whether everything printed can be
known: columns in another order, rows and columns missing or added, tables split, joined, unmerged, on their side or
nested in layout, hidden rows, notes, footnote marks, full-width digits, units, the one-row variant, the old form,
misprinted labels. Every figure is another number, so that a swap of any two shows.
"""

from __future__ import annotations

import html as escaping
import io
import itertools
import random
import zipfile
from dataclasses import dataclass, field, replace

from extract.grids import RawCell, build
from tests.extract.form_tables import (
    COLUMNS,
    TITLES,
    Rows,
    cell,
    header_three,
    numbers,
    table_four,
    table_three,
    table_two,
    unmerged,
)

Truth = dict[str, float]
_WIDE = str.maketrans("0123456789", "０１２３４５６７８９")


@dataclass
class Made:
    """One varied report."""

    truth: Truth
    tables: dict[int, list[Rows]]
    """Grids under each section, in order."""
    done: list[str] = field(default_factory=list)
    """Names of the variations applied."""
    exact: bool = True
    """Whether a reader can know every figure that is printed."""
    year: int = 2021
    nested: int = 0
    """Layout tables around each table, in HTML."""
    marks: set[int] = field(default_factory=set)
    """ids of cells that carry a footnote mark."""


def make(seed: int) -> Made:
    """A report with up to four variations."""
    pick = random.Random(seed)
    era = "2019" if pick.random() < 0.2 else "2021"
    figures = numbers(era, start=pick.randint(101, 999))
    made = Made({}, {}, year=pick.choice([2021, 2022, 2023]) if era == "2021" else pick.choice([2019, 2020, 2021]))
    one_row = era == "2021" and pick.random() < 0.2
    if one_row:
        made.done.append("one row")
        figures = {key: text for key, text in figures.items() if ".closed_" not in key}
        figures |= {f"applications.closed.{column}": str(90001 + place) for place, column in enumerate(COLUMNS)}
    columns = list(COLUMNS)
    if pick.random() < 0.3:
        made.done.append("column order")
        inner = columns[1:-1]
        pick.shuffle(inner)
        columns = pick.choice([["natural_person", *inner, "total"], ["total", "natural_person", *inner]])
    if pick.random() < 0.15:
        lost = pick.choice(columns[1:-1])
        made.done.append(f"without {lost}")
        columns.remove(lost)
        figures = {key: text for key, text in figures.items()
                   if not (key.startswith("applications.") and key.endswith("." + lost))}
    printed = dict(figures)
    for key in printed:
        if pick.random() < 0.1 and not key.endswith(".amount"):
            printed[key] = _dressed(pick, printed[key])
    made.truth = {key: float(text) for key, text in figures.items()}
    if pick.random() < 0.25:
        made.done.append("open cells")
        for key in pick.sample(list(printed), 20):
            if pick.random() < 0.9 and key.startswith(("applications.", "disputes.")):
                printed[key] = pick.choice(["", "", "/", "—", "　"])
                del made.truth[key]
    two, three, four = (table_two(printed, era), table_three(printed, columns, era, one_row=one_row),
                        table_four(printed))
    if pick.random() < 0.2:
        made.done.append("row left out")
        three = unmerged(three)
        at = pick.randrange(3, len(three))
        values = {part.text for part in three[at]}
        rows = {key.split(".")[1] for key, text in printed.items()
                if text.strip("/—　 ") and text in values and key.startswith("applications.")}
        del three[at]
        made.truth = {key: value for key, value in made.truth.items() if key.split(".")[1] not in rows}
    elif pick.random() < 0.3:
        made.done.append("unmerged")
        three = unmerged(three, repeat=pick.random() < 0.5)
    if pick.random() < 0.15:
        made.done.append("column added")
        three = unmerged(three)
        at = len(three[0]) - len(columns) + pick.randrange(len(columns))
        for place, row in enumerate(three):
            row.insert(at, cell(("申请人情况", "境外人士", "境外人士")[place] if place < 3 else "88888"))
        columns = [*columns, "境外人士"]
    if pick.random() < 0.2:
        made.done.append("row added")
        width = build(three).width
        three.append([cell("五、其中网上申请数量", 1, width - len(columns)), *(cell("77777") for _ in columns)])
    if pick.random() < 0.2:
        made.done.append("notes")
        width = build(three).width
        three.append([cell("注：表中数据截至2021年12月31日。", 1, width)])
    if pick.random() < 0.2:
        made.done.append("blank row")
        width = build(three).width
        three.append([cell("") for _ in range(width)])
    if pick.random() < 0.15:
        made.done.append("disputes as rows")
        four = _disputes_as_rows(printed)
    elif pick.random() < 0.15:
        made.done.append("disputes as columns")
        four = [list(column) for column in zip(*_disputes_as_rows(printed), strict=True)]
    made.tables = {2: [two], 3: [three], 4: [four]}
    if pick.random() < 0.2:
        made.done.append("table 2 in blocks")
        made.tables[2] = _blocks(two)
    if pick.random() < 0.25 and "column order" not in made.done:
        made.done.append("table 3 split")
        flat = unmerged(three)
        cut = pick.randrange(5, len(flat) - 2)
        again = unmerged(header_three(columns)) if pick.random() < 0.5 and set(columns) <= set(COLUMNS) else []
        made.tables[3] = [flat[:cut], [*again, *flat[cut:]]]
    if pick.random() < 0.1 and len(made.tables[3]) == 1 and "disputes as columns" not in made.done:
        made.done.append("all in one")
        made.tables = {2: [[*unmerged(two), *unmerged(made.tables[3][0]), *unmerged(four)]], 3: [], 4: []}
    if pick.random() < 0.25:
        made.done.append("misprints")
        made.exact = False
        _misprint(pick, made)
    if pick.random() < 0.25:
        made.nested = pick.randint(1, 3)
        made.done.append(f"nested {made.nested}")
    if pick.random() < 0.25:
        made.done.append("footnote marks")
        parts = [part for grids in made.tables.values() for rows in grids for row in rows for part in row]
        made.marks = {id(part) for part in pick.sample(parts, 6) if part.text.strip()}
    return made


def _dressed(pick: random.Random, text: str) -> str:
    way = pick.randrange(6)
    if way == 0:
        return text.translate(_WIDE)
    if way == 1:
        return f"{int(text):,}" if len(text) > 3 else f" {text} "
    if way == 2:
        return f"{text}件"
    if way == 3:
        return f"\u00a0{text}\u00a0"
    if way == 4:
        return f"\u200b{text}"
    return f"\n{text}\n"


def _disputes_as_rows(printed: dict[str, str]) -> Rows:
    outcomes = {"upheld": "结果维持", "corrected": "结果纠正", "other": "其他结果", "pending": "尚未审结",
                "total": "总计"}
    routes = {"reconsideration": "行政复议", "litigation_direct": "未经复议直接起诉",
              "litigation_after_reconsideration": "复议后起诉"}
    return [[cell("类型"), *(cell(text) for text in outcomes.values())],
            *([cell(label), *(cell(printed[f"disputes.{route}.{outcome}"]) for outcome in outcomes)]
              for route, label in routes.items())]


def _blocks(rows: Rows) -> list[Rows]:
    """Table 2 cut before each block of the law's article."""
    starts = [place for place, row in enumerate(rows) if len(row) == 1] + [len(rows)]
    return [rows[first:last] for first, last in itertools.pairwise(starts)]


def _misprint(pick: random.Random, made: Made) -> None:
    """Spoil one character of a few labels, as recognisers and tired hands do."""
    parts = [(row, place) for grids in made.tables.values() for rows in grids for row in rows
             for place, part in enumerate(row) if len(part.text) > 4 and not any(sign.isdigit() for sign in part.text)]
    for row, place in pick.sample(parts, min(len(parts), 4)):
        part = row[place]
        at = pick.randrange(len(part.text))
        spoilt = part.text[:at] + pick.choice(["", "菩", "囗", " "]) + part.text[at + 1:]
        row[place] = replace(part, text=spoilt)


# ---------------------------------------------------------------- media
def as_html(made: Made) -> bytes:
    body = [f"<h1>某县{made.year}年政府信息公开工作年度报告</h1>"]
    for number, title in TITLES.items():
        body.append(f"<p>{title}</p>")
        for rows in made.tables.get(number, ()):
            table = "<table border=1>" + "".join(
                "<tr>" + "".join(_html_cell(part, made) for part in row) + "</tr>" for row in rows)
            table += "<tr style='display:none'><td>一、本年新收政府信息公开申请数量</td><td>55555</td></tr></table>"
            for _ in range(made.nested):
                table = f"<table><tr><td>{table}</td></tr></table>"
            body.append(table)
        if number not in made.tables:
            body.append("<p>本年度各项工作平稳。</p>")
    return f"<html><body><div id='zoom'>{''.join(body)}</div></body></html>".encode()


def _html_cell(part: RawCell, made: Made) -> str:
    mark = "<sup>1</sup>" if id(part) in made.marks else ""
    inner = "<br>".join(escaping.escape(line) for line in part.text.split("\n")) + mark
    return f"<td rowspan={part.rowspan} colspan={part.colspan}>{inner}</td>"


_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def as_docx(made: Made) -> bytes:
    body = [_paragraph(f"某县{made.year}年政府信息公开工作年度报告")]
    for number, title in TITLES.items():
        body.append(_paragraph(title))
        for rows in made.tables.get(number, ()):
            body.append(_docx_table(rows, made))
            body.append(_paragraph(""))
        if number not in made.tables:
            body.append(_paragraph("本年度各项工作平稳。"))
    document = (f'<?xml version="1.0" encoding="UTF-8"?><w:document xmlns:w="{_W}"><w:body>{"".join(body)}'
                "</w:body></w:document>")
    kinds = ('<?xml version="1.0" encoding="UTF-8"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/'
             'content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.'
             'relationships+xml"/><Override PartName="/word/document.xml" ContentType="application/vnd.'
             'openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>')
    links = ('<?xml version="1.0" encoding="UTF-8"?><Relationships xmlns="http://schemas.openxmlformats.org/package/'
             '2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/'
             'relationships/officeDocument" Target="word/document.xml"/></Relationships>')
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", kinds)
        archive.writestr("_rels/.rels", links)
        archive.writestr("word/document.xml", document)
    return buffer.getvalue()


def _paragraph(text: str, mark: bool = False) -> str:
    runs = "<w:r><w:br/></w:r>".join(
        f'<w:r><w:t xml:space="preserve">{escaping.escape(line)}</w:t></w:r>' for line in text.split("\n"))
    raised = '<w:r><w:rPr><w:vertAlign w:val="superscript"/></w:rPr><w:t>1</w:t></w:r>' if mark else ""
    return f"<w:p>{runs}{raised}</w:p>"


def _docx_table(rows: Rows, made: Made) -> str:
    grid = build(rows)
    marks = {id(part) for row in rows for part in row if id(part) in made.marks}
    sources = iter([part for row in rows for part in row])
    marked = {id(placed): id(part) in marks for placed, part in zip(grid.cells, sources, strict=True)}
    lines = []
    for number, line in enumerate(grid.rows()):
        made_row, column = "", 0
        while column < len(line):
            placed = line[column]
            if placed is None:
                made_row += "<w:tc><w:p/></w:tc>"
                column += 1
                continue
            begins = placed.row == number
            merge = "" if placed.rowspan == 1 else ('<w:vMerge w:val="restart"/>' if begins else "<w:vMerge/>")
            text = _paragraph(placed.text, marked[id(placed)]) if begins else "<w:p/>"
            made_row += f'<w:tc><w:tcPr><w:gridSpan w:val="{placed.colspan}"/>{merge}</w:tcPr>{text}</w:tc>'
            column = placed.column + placed.colspan
        lines.append(f"<w:tr>{made_row}</w:tr>")
    hidden = ('<w:tr><w:trPr><w:hidden/></w:trPr><w:tc><w:p><w:r><w:rPr><w:vanish/></w:rPr><w:t>55555</w:t></w:r></w:p>'
              "</w:tc></w:tr>")
    return f"<w:tbl><w:tblGrid>{'<w:gridCol/>' * grid.width}</w:tblGrid>{''.join(lines)}{hidden}</w:tbl>"


def as_text(made: Made, tabs: bool) -> bytes:
    """A dump: a row a line with tabs, or a cell a line; merged cells are printed once."""
    lines = [f"某县{made.year}年政府信息公开工作年度报告"]
    for number, title in TITLES.items():
        lines.append(title)
        for rows in made.tables.get(number, ()):
            for row in rows:
                texts = [" ".join(part.text.split()) if part.text.strip() else "" for part in row]
                if tabs:
                    lines.append("\t".join(texts))
                else:
                    lines.extend(text for text in texts if text)
        if number not in made.tables:
            lines.append("本年度各项工作平稳。")
    return "\n".join(lines).encode()
