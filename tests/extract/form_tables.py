"""Tables of the form built cell by cell, every figure a different number, so that any swap shows in a test."""

from __future__ import annotations

from collections.abc import Sequence

from extract import forms
from extract.grids import RawCell, build
from extract.model import Block, Document, Grid, Text

Rows = list[list[RawCell]]
HINT = "（本列数据的勾稽关系为：第一项加第二项之和，等于第三项加第四项之和）"
COLUMNS = {column.key: column.label for column in forms.form("2021").table(3).columns}
TITLES = {1: "一、总体情况", 2: "二、主动公开政府信息情况", 3: "三、收到和处理政府信息公开申请情况",
          4: "四、政府信息公开行政复议、行政诉讼情况", 5: "五、存在的主要问题及改进情况", 6: "六、其他需要报告的事项"}


def numbers(era: str = "2021", start: int = 101) -> dict[str, str]:
    """A different number for every figure of an era."""
    return {key: str(start + 7 * place) for place, key in enumerate(forms.form(era).keys)}


def cell(text: str, rowspan: int = 1, colspan: int = 1) -> RawCell:
    return RawCell(text, rowspan, colspan)


def table_two(figures: dict[str, str], era: str = "2021") -> Rows:
    fact = forms.form(era).table(2)
    rows: Rows = []
    block = columns = None
    for row in fact.rows:
        names = fact.columns_of(row.key)
        if row.block != block:
            rows.append([cell(row.block, 1, 4)])
            block, columns = row.block, None
        if names != columns:
            heads = [next(c.label for c in fact.columns if c.key == name) for name in names]
            rows.append([cell("信息内容"), *_stretched(heads)])
            columns = names
        rows.append([cell(row.label), *_stretched([figures[fact.key(row.key, name)] for name in names])])
    return rows


def _stretched(texts: Sequence[str]) -> list[RawCell]:
    """Cells over three columns: 1 → one of three, 2 → one and two."""
    if len(texts) == 1:
        return [cell(texts[0], 1, 3)]
    if len(texts) == 2:
        return [cell(texts[0]), cell(texts[1], 1, 2)]
    return [cell(text) for text in texts]


def table_three(figures: dict[str, str], columns: Sequence[str] = tuple(COLUMNS), era: str = "2021",
                header: bool = True, one_row: bool = False) -> Rows:
    fact = forms.form(era).table(3)
    rows = header_three(columns) if header else []
    keys = [row for row in fact.rows if not (row.group == "其他处理" if one_row else row.instead_of)]
    outcomes = [row for row in keys if row.key not in ("new", "carried_in", "carried_out")]
    sizes: dict[str, int] = {}
    for row in outcomes:
        sizes[row.group] = sizes.get(row.group, 0) + 1
    groups = {"不予公开": "（三）不予公开", "无法提供": "（四）无法提供", "不予处理": "（五）不予处理",
              "其他处理": "（六）其他处理"}
    begun: set[str] = set()
    for row in keys:
        values = [cell(figures.get(fact.key(row.key, column), "")) for column in columns]
        if row not in outcomes:
            rows.append([cell(row.label, 1, 3), *values])
            continue
        labels = [] if begun else [cell("三、本年度办理结果", len(outcomes))]
        begun.add("all")
        if row.group and row.group not in begun:
            labels.append(cell(groups[row.group], sizes[row.group]))
            begun.add(row.group)
        labels.append(cell(row.label) if row.group else cell(row.label, 1, 2))
        rows.append([*labels, *values])
    return rows


def header_three(columns: Sequence[str]) -> Rows:
    inner = [column for column in columns if column not in ("natural_person", "total")]
    first: list[RawCell] = []
    for column in columns:
        if column in ("natural_person", "total"):
            first.append(cell(COLUMNS[column], 2))
        elif column == inner[0]:
            first.append(cell("法人或其他组织", 1, len(inner)))
    return [[cell(HINT, 3, 3), cell("申请人情况", 1, len(columns))], first,
            [cell(COLUMNS[column]) for column in inner]]


def table_four(figures: dict[str, str]) -> Rows:
    fact = forms.form("2021").table(4)
    outcomes = [column.label for column in fact.columns]
    values = [cell(figures[fact.key(row.key, column.key)]) for row in fact.rows for column in fact.columns]
    return [[cell("行政复议", 1, 5), cell("行政诉讼", 1, 10)],
            [*(cell(text, 2) for text in outcomes), cell("未经复议直接起诉", 1, 5), cell("复议后起诉", 1, 5)],
            [cell(text) for text in outcomes * 2], values]


def unmerged(rows: Rows, repeat: bool = False) -> Rows:
    """The same table without any merged cell: covered places are empty, or repeat the text."""
    matrix = build(rows).rows()
    return [[cell(found.text if found and (repeat or (found.row, found.column) == (y, x)) else "")
             for x, found in enumerate(line)] for y, line in enumerate(matrix)]


def document(*grids: Grid | Block | Rows, medium: str = "text/html", year: int = 2021) -> Document:
    """A document with six headings; each of the given tables under the heading of its number, the rest under 4."""
    blocks: list[Block] = [Text(f"某县{year}年政府信息公开工作年度报告"), Text(TITLES[1]), Text("本年工作有序开展。")]
    given = [build(part) if isinstance(part, list) else part for part in grids]
    for number in (2, 3, 4):
        blocks.append(Text(TITLES[number]))
        if number <= len(given) + 1:
            blocks.append(given[number - 2])
    blocks.extend(given[3:])
    blocks.extend([Text(TITLES[5]), Text("存在一些不足。"), Text(TITLES[6]), Text("无。")])
    return Document("0" * 64, medium, "test", blocks)


def html(rows: Rows) -> str:
    body = "".join("<tr>" + "".join(
        f"<td rowspan={c.rowspan} colspan={c.colspan}>{c.text}</td>" for c in row) + "</tr>" for row in rows)
    return f"<table border=1>{body}</table>"
