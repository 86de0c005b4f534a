"""Plain text: dumps of pages and PDFs, one cell a line, tabs, or markdown rules.

Promises: lines that look like a table of the form become loose grids in their printed order with their blanks kept;
everything else stays prose. Leaves alone: which value belongs to which column (extract.loose).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from extract import forms
from extract.decoding import decode
from extract.figures import is_value
from extract.model import Block, Cell, Document, Grid, Hints, Text
from extract.readers import reader
from extract.sections import heading

_META = {"标题": "title", "文章标题": "title", "发布时间": "published", "发布日期": "published", "来源": "source",
         "信息来源": "source", "网址": "url", "链接": "url"}
_META_LINE = re.compile(rf"^\s*(?P<name>{'|'.join(_META)})\s*[:：]\s*(?P<value>\S.*)$")
_MARKER = re.compile(r"^\s*[=＝*#-]{2,}\s*\S{0,6}\s*[=＝*#-]{2,}\s*$")
_RULE = re.compile(r"^[\s|+:=—─-]*[-—─=]{3,}[\s|+:=—─-]*$")
_DRAWN = {**dict.fromkeys(map(ord, "│┃║"), "|"), **dict.fromkeys(map(ord, "━═"), "─"),
          **dict.fromkeys([*range(0x250C, 0x254C), *range(0x2552, 0x256D)], "+")}
"""Frames drawn with characters, as pipes and rules of one character each."""
_SPACED = re.compile(r"^(?P<label>\S*[^\W\d]\S*(?:\s.*?)??)(?P<values>"
                     r"(?:\s+(?:[+-]?[\d０-９][\d,.，０-９]*|[/—－-]))+)\s*$")
_SENTENCE = re.compile(r"[。；！？]|，.*，.*，")
_AMONG = re.compile(r"^\s*其中\s*[:：]?\s*(?=\S)")
_PIPE_BEHIND = re.compile(r"^[^|]*[^|\s][^|]*\|\s*$")
_PIPED = 10
"""Lines with a pipe behind one cell, or with nothing but a pipe, from which on a dump is taken to be printed so."""
_SHORT = 30
_LONGEST_LABEL = 60
_LONGEST_PRINT = 150
"""Characters of the longest print that can be a label with its note; longer lines are prose."""
_COUNTED = re.compile(r"\d\s*件|。")


@dataclass(slots=True)
class _Line:
    fields: list[str]
    start: int
    end: int
    starts: list[int]
    kind: str
    """cell: surely of a table · maybe: short, may be a label · text: prose · empty."""


@reader("text/plain", name="plain")
def read(data: bytes, hints: Hints) -> Document:
    """One text file as a document; Cell.span counts characters of the decoded text."""
    text, lost = decode(data, hints.media_type)
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    document = Document("", "text/plain", "plain", text=text)
    if lost:
        document.problems.append(f"{lost} characters could not be decoded")
    lines = list(_scan(text, document.meta))
    document.title = document.meta.get("title", "")
    document.blocks = list(_blocks(lines))
    return document


def _scan(text: str, meta: dict[str, str]) -> Iterator[_Line]:
    at, leading = 0, True
    for number, raw in enumerate(_unpiped(text.translate(_DRAWN).split("\n"))):
        start, at = at, at + len(raw) + 1
        if leading and number < 20:
            match = _META_LINE.match(raw)
            if match:
                meta.setdefault(_META[match["name"]], match["value"].strip())
                continue
            if raw.strip() and not _MARKER.match(raw):
                leading = False
        if _MARKER.match(raw) or (_RULE.match(raw) and raw.strip()):
            continue
        yield _line(raw, start)


def _unpiped(lines: list[str]) -> Iterator[str]:
    """Lines of a dump that gives every cell a line of its own and a pipe behind it or on the next line, as if printed
    one cell a line: of equal length, the pipes gone, a tab where a cell stands empty."""
    behind = sum(bool(_PIPE_BEHIND.match(line)) for line in lines)
    alone = sum(line.strip() == "|" for line in lines)
    if max(behind, alone) < _PIPED:
        yield from lines
        return
    between, open_cell = alone > behind, False
    for line in lines:
        if line.strip() == "|":
            # Between cells the first pipe ends the cell above it; every further one is an empty cell.
            yield line.replace("|", " " if between and open_cell else "\t")
            open_cell = False
        elif line.strip() and not line.strip(" |"):
            yield " " * len(line)
        else:
            yield line.replace("|", " ") if _PIPE_BEHIND.match(line) else line
            open_cell = bool(line.strip())


def _line(raw: str, start: int) -> _Line:
    fields, starts = _fields(raw)
    end = start + len(raw)
    starts = [start + offset for offset in starts]
    printed = [text for text in fields if text.strip()]
    if not printed:
        return _Line(fields, start, end, starts, "cell" if "\t" in raw else "empty")
    if len(printed) == 1 and ((heading(raw) and not _names_row(printed[0]))
                              or (_SENTENCE.search(printed[0]) and not _known(printed[0]))):
        return _Line([raw.strip()], start, end, starts[:1], "text")
    if len(printed) > 1 and not any(_SENTENCE.search(text) and not _known(text) for text in printed):
        certain = any(is_value(text) or _known(text) for text in printed)
        return _Line(fields, start, end, starts, "cell" if certain else "maybe")
    if all(is_value(text) or _known(text) for text in printed):
        return _Line(fields, start, end, starts, "cell")
    return _Line(fields, start, end, starts, "maybe" if len(raw.strip()) <= _SHORT else "text")


def _fields(raw: str) -> tuple[list[str], list[int]]:
    """A line's fields and where they begin. One leading tab before a single field only indents it."""
    if "|" in raw and raw.count("|") >= 2:
        inner = raw.strip().strip("|")
        return _cut(inner, "|", raw.find(inner))
    if "\t" in raw:
        if raw.startswith("\t") and "\t" not in raw[1:]:
            return [raw[1:]], [1]
        return _cut(raw, "\t", 0)
    match = _SPACED.match(raw.strip())
    if match and (_known(match["label"]) or len(match["values"].split()) >= 3):
        values = [(found.group(), match.start("values") + found.start())
                  for found in re.finditer(r"\S+", match["values"])]
        indent = len(raw) - len(raw.lstrip())
        return ([match["label"], *(value for value, _ in values)],
                [indent, *(indent + offset for _, offset in values)])
    bare = raw.split()
    if len(bare) >= 5 and all(is_value(text) for text in bare):
        return bare, [found.start() for found in re.finditer(r"\S+", raw)]
    if len(bare) >= 3 and all(_known(text) for text in bare):
        return bare, [found.start() for found in re.finditer(r"\S+", raw)]
    return [raw], [0]


def _cut(raw: str, mark: str, offset: int) -> tuple[list[str], list[int]]:
    fields, starts = raw.split(mark), []
    for text in fields:
        starts.append(offset)
        offset += len(text) + len(mark)
    return fields, starts


@lru_cache(maxsize=10_000)
def _known(text: str) -> bool:
    """Whether a text is a label of some era's tables."""
    if len(text) > _LONGEST_PRINT:
        return False
    text = _AMONG.sub("", text)
    for era in forms.eras():
        for table in forms.form(era).tables:
            if table.is_header(text) or table.is_group(text):
                return True
            for labels in (table.row_labels, table.column_labels):
                match = labels.match(text)
                if match and (match.quality == 1.0 or (len(text) <= _LONGEST_LABEL and not _COUNTED.search(text))):
                    return True
    return False


@lru_cache(maxsize=10_000)
def _names_row(text: str) -> bool:
    """Whether a text is exactly a row's label: words of a heading may stand in it (（一）主动公开政府信息数)."""
    return any((match := table.row_labels.match(text)) and match.quality == 1.0
               for era in forms.eras() for table in forms.form(era).tables)


def _blocks(lines: list[_Line]) -> Iterator[Block]:
    index = 0
    while index < len(lines):
        if lines[index].kind != "cell":
            if lines[index].kind != "empty":
                yield Text(" ".join(text.strip() for text in lines[index].fields if text.strip()))
            index += 1
            continue
        end = index
        for place in range(index, len(lines)):
            if lines[place].kind == "text":
                break
            if lines[place].kind == "cell":
                end = place
        region = lines[index:end + 1]
        if _is_table(region):
            yield _grid(region)
        else:
            for line in region:
                printed = " ".join(text.strip() for text in line.fields if text.strip())
                if printed:
                    yield Text(printed)
        index = end + 1


def _is_table(region: list[_Line]) -> bool:
    """A region is a table when it prints headers, or numbers beside labels of the form, or a bare row of numbers."""
    fields = [text for line in region for text in line.fields if text.strip()]
    labels = sum(_known(text) for text in fields)
    values = sum(is_value(text) for text in fields)
    return labels >= 2 or (labels >= 1 and values >= 1) or values >= 10


def _grid(region: list[_Line]) -> Grid:
    """A loose grid. Where every cell is a line indented by a tab, an empty line ends a row; else each line is a row."""
    single = [line for line in region if line.kind != "empty"]
    by_paragraph = (sum(line.starts[:1] == [line.start + 1] for line in single) > len(single) * 0.7
                    and any(line.kind == "empty" for line in region))
    cells: list[Cell] = []
    row = column = 0
    for line in region:
        if line.kind == "empty":
            if by_paragraph and column:
                row, column = row + 1, 0
            continue
        if not by_paragraph:
            column = 0
        indented = line.starts[:1] == [line.start + 1]
        if by_paragraph and not indented and cells and len(line.fields) == 1 and not is_value(line.fields[0]):
            cells[-1].text += line.fields[0].strip()  # a label that goes on in the next line of its cell
            continue
        for text, start in zip(line.fields, line.starts, strict=True):
            cells.append(Cell(text.strip(), row, column, span=(start, start + len(text))))
            column += 1
        if not by_paragraph:
            row += 1
    return Grid(cells, loose=True)
