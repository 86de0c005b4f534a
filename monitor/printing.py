"""What goes to the terminal: streams that survive any encoding, one JSON document, tables, progress and complaints.

Promises: results on stdout, everything else on stderr; a character the terminal can't show becomes "?" and never an
exception; JSON is lossless under every encoding. Leaves alone: what is said (wording.py).
"""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Sequence
from typing import Any


def tolerate_encodings() -> None:
    """Let both streams replace what their encoding can't show."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError, ValueError):  # a test's or a server's stream may be no TextIOWrapper
            stream.reconfigure(errors="replace")  # type: ignore[union-attr]


def document(data: Any) -> None:
    """Exactly one JSON document on stdout; characters escaped where the stream isn't UTF-8."""
    unicode = (getattr(sys.stdout, "encoding", "") or "").lower().replace("-", "").startswith("utf8")
    json.dump(data, sys.stdout, ensure_ascii=not unicode, indent=1, default=str)
    sys.stdout.write("\n")
    sys.stdout.flush()


def line(text: str = "") -> None:
    sys.stdout.write(text + "\n")


def note(text: str) -> None:
    """Progress and remarks, on stderr."""
    sys.stderr.write(text + "\n")
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

    lines = [list(headings), *[list(row) for row in rows]] if any(headings) else [list(row) for row in rows]
    widths = [max(cell_len(entry[column]) for entry in lines) for column in range(len(headings))] if lines else []
    for entry in lines:
        padded = (cell + " " * (width - cell_len(cell)) for cell, width in zip(entry, widths, strict=True))
        line("  ".join(padded).rstrip())


def _plain(cell: str) -> Any:
    """Cells are data: square brackets in them are no markup."""
    from rich.text import Text

    return Text(cell)
