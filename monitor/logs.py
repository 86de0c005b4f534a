"""The daemon's log: one line for each event on stderr, as text or as JSON, for journald or whatever keeps it.

Promises: times in Asia/Shanghai as the product's clock has them; one event is one line, whatever a portal put into a
name or an error, and no sign of it commands a terminal; no file, so nothing to rotate. Leaves alone: what is
logged, and the commands' own messages (printing.py).
"""

from __future__ import annotations

import json
import logging

from crawler import clock
from monitor import printing


class _Plain(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return f"{clock.stamp()} {record.levelname.lower()} {record.name}: {_said(record)}"


class _Json(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return json.dumps({"at": clock.stamp(), "level": record.levelname.lower(), "logger": record.name,
                           "message": _said(record)}, ensure_ascii=False)


def begin(*, as_json: bool = False, level: int = logging.INFO) -> None:
    """Let everything under `nianbao` be logged; of the libraries only warnings."""
    handler = logging.StreamHandler()
    handler.setFormatter(_Json() if as_json else _Plain())
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("nianbao").setLevel(level)
    logging.getLogger("nianbao.schedule").setLevel(logging.WARNING)


def _said(record: logging.LogRecord) -> str:
    """The message with its traceback on one line: one event, one line."""
    said = record.getMessage()
    if record.exc_info and record.exc_info[1] is not None:
        said += f" ({type(record.exc_info[1]).__name__}: {record.exc_info[1]})"
    return printing.shown(" ⏎ ".join(said.splitlines()))
