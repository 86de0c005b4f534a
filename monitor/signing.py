"""经办 → 复核 → 签发: who confirms, who approves and who sends are different persons, where the settings ask for it.

Promises: `[web] sign_off` holds wherever a decision is taken – web, command line, returned ledgers – by the names the
trail keeps; a refusal says who did what before. The web knows names by login; the command line believes `--author`, so
there it guards against mistakes, not against intent. Leaves alone: which states allow what (transitions.py).
"""

from __future__ import annotations

import sqlite3

from monitor import audit
from monitor.exceptions import UsageError

_STEPS = {"approve": {"confirm": "confirmed"}, "notify": {"confirm": "confirmed", "approve": "approved"}}
_required = False


def require(asked: bool) -> None:
    """Whether this process insists on three persons; settings.activate says it."""
    global _required
    _required = asked


def required() -> bool:
    return _required


def check(connection: sqlite3.Connection, finding: str, fact: str, state: str, action: str, author: str) -> None:
    """Raises UsageError where the author took one of the steps before, or a step was left out."""
    if not _required or action not in _STEPS:
        return
    if action == "notify" and state == "confirmed":
        raise UsageError(f"notify {finding}: with [web] sign_off it is approved by another person first")
    for before, told in _STEPS[action].items():
        step = audit.newest(connection, finding, fact, (before,))
        if step is not None and step.author == author:
            raise UsageError(f"{action} {finding}: {author} {told} it; with [web] sign_off another person takes this "
                             "step")
