"""What goes to the terminal: streams that survive any encoding, one JSON document, tables, progress and complaints.

Promises: results on stdout, everything else on stderr; a character the terminal can't show becomes "?" and never an
exception; what would command the terminal or turn the order of signs (titles come from strangers' pages) is shown as
a mark; JSON is lossless under every encoding. Leaves alone: what is said (wording.py).
"""

from __future__ import annotations

import contextlib
import json
import re
import sys
from collections.abc import Sequence
from typing import Any

_COMMANDING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
"""Signs that act on a terminal instead of being shown: control characters, escape, and those that turn the direction of
text. Tab and newline are ours."""


def shown(text: str) -> str:
    """`text` with a mark in place of everything that would command a terminal."""
    return _COMMANDING.sub("\ufffd", text)


def tolerate_encodings() -> None:
    """Let both streams replace what their encoding can't show."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError, ValueError):  # a test's or a server's stream may be no TextIOWrapper
            stream.reconfigure(errors="replace")  # type: ignore[union-attr]


def document(data: Any) -> None:
    """Exactly one JSON document on stdout; characters escaped where the stream isn't UTF-8."""
    unicode = (getattr(sys.stdout, "encoding", "") or "").lower().replace("-", "").startswith("utf8")
    json.dump(data, _Escaping(), ensure_ascii=not unicode, indent=1, default=str)
    sys.stdout.write("\n")
    sys.stdout.flush()


class _Escaping:
    """stdout for JSON: what would command a terminal is written as \\u escapes, which JSON reads as the same."""

    @staticmethod
    def write(text: str) -> None:
        sys.stdout.write(_COMMANDING.sub(lambda sign: f"\\u{ord(sign[0]):04x}", text))


def line(text: str = "") -> None:
    sys.stdout.write(shown(text) + "\n")


def note(text: str) -> None:
    """Progress and remarks, on stderr."""
    sys.stderr.write(shown(text) + "\n")
    sys.stderr.flush()


def complain(text: str) -> None:
    """One error on stderr."""
    note(f"nianbao: {text}")


def table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A table: drawn on a terminal, else plain aligned columns that grep and spreadsheets take."""
    if sys.stdout.isatty():
        from rich import box
        from rich.console import Console
        from rich.table import Table

        drawn = Table(box=box.SIMPLE_HEAD, pad_edge=False)
        for heading in headings:
            drawn.add_column(heading, overflow="fold")
        for row in rows:
            drawn.add_row(*(_plain(cell) for cell in row))
        Console(markup=False, highlight=False).print(drawn)
        return
    from rich.cells import cell_len

    rows = [[shown(cell) for cell in row] for row in rows]
    lines = [list(headings), *rows] if any(headings) else rows
    widths = [max(cell_len(entry[column]) for entry in lines) for column in range(len(headings))] if lines else []
    for entry in lines:
        padded = (cell + " " * (width - cell_len(cell)) for cell, width in zip(entry, widths, strict=True))
        line("  ".join(padded).rstrip())


def _plain(cell: str) -> Any:
    """Cells are data: square brackets in them are no markup."""
    from rich.text import Text

    return Text(shown(cell))
