"""What readers of office formats share: XML parsed safely, lines of a cell joined, the visible text of blocks.

Promises: no entity is expanded, nothing fetched, depth and size of XML bounded; a damaged member of a package is told
from a damaged package. Leaves alone: any one format.
"""

from __future__ import annotations

import itertools
import re
import zipfile
import zlib
from collections.abc import Iterable

from lxml import etree

from extract.exceptions import LimitExceededError
from extract.figures import is_footnote_mark
from extract.limits import current_limits
from extract.model import Block, Grid, Text

Element = etree._Element
ENTITIES = "the file declares entities of its own; they were not expanded"
BROKEN_MEMBER = (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError, RuntimeError)
"""What reading a member of an archive raises when it is damaged, encrypted or packed in an unknown way."""


class Raised(str):
    """A piece of a paragraph in superscript."""


def unmarked(pieces: Iterable[str]) -> str:
    """A paragraph's text without raised marks of footnotes, which would make another number of the one they stand at;
    where the paragraph is nothing else, they stay."""
    text, marks = "", ""
    for raised, together in itertools.groupby(filter(None, pieces), key=lambda piece: isinstance(piece, Raised)):
        part = "".join(together)
        if raised and is_footnote_mark(part):
            marks += part
        else:
            text += part
    return text if text.strip() else marks


def parse(data: bytes, recover: bool = False) -> Element:
    """The root of an XML part, with `recover` whatever can be read of it. Raises etree.XMLSyntaxError, ValueError."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False, load_dtd=False,
                             remove_comments=True, remove_pis=True, recover=recover)
    root: Element | None = etree.fromstring(data, parser)
    if root is None:
        raise ValueError("an XML part holds no element")
    return root


def declares_entities(data: bytes) -> bool:
    """Whether an XML part declares entities of its own, which `parse` doesn't expand."""
    return b"<!ENTITY" in data[:65536]


def local(element: Element) -> str:
    """Local name of an element; "" for comments and entities."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def attribute(element: Element | None, name: str) -> str | None:
    """The attribute of that local name, whatever its namespace."""
    if element is None:
        return None
    plain = element.get(name)
    if plain is not None:
        return plain
    return next((str(value) for key, value in element.attrib.items() if str(key).rpartition("}")[2] == name), None)


def whole(text: str | None, default: int) -> int:
    """A whole number as attributes print it; `default` for anything else."""
    return int(text) if text and re.fullmatch(r"-?\d{1,9}", text) else default


def join_lines(lines: Iterable[str]) -> str:
    """Lines of one cell as one text; a newline stays only where joining would make one number or word of two."""
    joined = ""
    for line in (line.strip() for line in lines):
        if not line:
            continue
        apart = joined and re.search(r"[A-Za-z0-9]$", joined) and re.match(r"[A-Za-z0-9]", line)
        joined += ("\n" if apart else "") + line
    return joined


def visible_text(blocks: Iterable[Block]) -> str:
    """Every printed word of the blocks: a paragraph a line, a table's row a line with tabs."""
    lines: list[str] = []
    for block in blocks:
        if isinstance(block, Text):
            lines.append(block.text)
        elif isinstance(block, Grid):
            rows: dict[int, list[str]] = {}
            for cell in block.cells:
                rows.setdefault(cell.row, []).append(cell.text)
            lines.extend("\t".join(rows[row]) for row in sorted(rows))
    return "\n".join(lines)


def count_cells(count: int) -> None:
    """Raise LimitExceededError where a document's tables hold more cells than the limits allow."""
    most = current_limits().cells
    if count > most:
        raise LimitExceededError(f"the tables hold more than {most} cells")
