"""Pages of print → the blocks of a Document, for every reader that sees pages (PDF, scans).

Promises blocks in reading order, wrapped lines joined to paragraphs over pages, tables without rules found where a page
has none with rules, running heads and page numbers dropped, and problems for what no reader read. Leaves alone: where
lines, grids and pictures come from.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter
from dataclasses import dataclass, field

from extract.borderless import Borderless
from extract.layout import Line, paragraphs, tidy
from extract.model import Block, Document, Grid, Image, Text

_PAGE_NUMBER = re.compile(r"^(?:[—\-–－·.‐―\s]*\d{1,3}[—\-–－·.‐―\s]*|第\s*\d{1,3}\s*页(?:[，,\s/]*共\s*\d{1,3}\s*页)?"
                          r"|\d{1,3}\s*/\s*\d{1,3})$")
_MARGIN = 0.08
"""Share of a page's height where running heads and page numbers stand."""


@dataclass(slots=True)
class Sheet:
    """What one page gave."""

    number: int
    height: float
    grids: list[Grid] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    images: list[tuple[float, Image]] = field(default_factory=list)
    """Pictures with their top."""
    problem: str = ""
    lost: bool = False
    """Whether its text layer has no mapping to characters."""
    scanned: bool = False
    """Whether it is only a picture, or a picture with recognised text under it."""
    recognised: bool = False
    """Whether its lines and grids were read from its picture."""
    dpi: float = 0.0
    """Resolution of its picture where it has one."""
    ruleless: bool = False
    """Whether a table on it had to be found without rules."""


def assemble(document: Document, sheets: list[Sheet]) -> None:
    """Put the sheets' contents into the document's blocks, text and problems."""
    _drop_running_lines(sheets)
    document.recognised = document.recognised or any(sheet.recognised for sheet in sheets)
    prose: list[Line] = []
    borderless = Borderless()

    def flush() -> None:
        document.blocks.extend(paragraphs(prose))
        prose.clear()

    for sheet in sheets:
        if sheet.problem and sheet.problem not in document.problems:
            document.problems.append(sheet.problem)
        things: list[tuple[float, Line | Block]] = [(_top(grid), grid) for grid in sheet.grids]
        lines: list[Line] = sheet.lines
        if not sheet.grids:
            grids, lines = borderless.split(sheet.lines)
            things += [(_top(grid), grid) for grid in grids]
            sheet.ruleless = bool(grids)
        things += [(line.top, line) for line in lines]
        things += sheet.images
        for _, thing in sorted(things, key=lambda pair: pair[0]):
            if isinstance(thing, Line):
                prose.append(thing)
            else:
                flush()
                document.blocks.append(thing)
    flush()
    lost = [sheet.number for sheet in sheets if sheet.lost and not sheet.recognised]
    if lost:
        document.problems.append(f"text layer unreadable on page {listed(lost)}: its characters have no mapping")
        document.damaged = True
    pictures = [sheet.number for sheet in sheets if sheet.images and not sheet.lines and not sheet.grids
                and not sheet.lost]
    if pictures:
        document.problems.append(f"page {listed(pictures)} is only a picture: a scan without text")
    elif not document.blocks and not document.problems:
        document.problems.append("the PDF holds no text")
    document.text = "\n".join(_text_of(block) for block in document.blocks)


def _top(grid: Grid) -> float:
    return min((cell.box[1] for cell in grid.cells if cell.box), default=0.0)


def listed(numbers: list[int]) -> str:
    """Page numbers as a sentence names them."""
    return ", ".join(str(number) for number in numbers)


def _text_of(block: Block) -> str:
    if isinstance(block, Text):
        return block.text
    if isinstance(block, Grid):
        return "\n".join("\t".join(cell.text for cell in row)
                         for _, row in itertools.groupby(block.cells, key=lambda cell: cell.row))
    return ""


def _drop_running_lines(sheets: list[Sheet]) -> None:
    """Page numbers, and lines that return at the same edge of three or more pages."""
    def at_edge(sheet: Sheet, line: Line) -> bool:
        return line.bottom < _MARGIN * sheet.height * 1.2 or line.top > (1 - _MARGIN) * sheet.height * 0.99

    def shape(line: Line) -> str:
        return re.sub(r"\d+", "#", line.text)

    seen = Counter(shape(line) for sheet in sheets for line in sheet.lines if at_edge(sheet, line))
    for sheet in sheets:
        sheet.lines = [line for line in sheet.lines
                       if not at_edge(sheet, line)
                       or not (_PAGE_NUMBER.match(tidy(line.text)) or seen[shape(line)] >= 3)]
