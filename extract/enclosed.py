"""What stands between an opening and a closing mark of a text – comments, scripts – found in one pass.

Promises: time grows with the text, whatever a page left unclosed: a pattern like <!--.*?--> looks through the whole
rest again at every opening that is never closed, and a page of a megabyte made for it holds a scan up for hours. Leaves
alone: nesting, and what the marks mean.
"""

from __future__ import annotations

import re

Marks = tuple[re.Pattern[str], re.Pattern[str]]
COMMENT: Marks = re.compile(r"<!--"), re.compile(r"-->")
SCRIPT: Marks = re.compile(r"<script\b", re.I), re.compile(r"</script\s{0,99}>", re.I)
STYLE: Marks = re.compile(r"<style\b", re.I), re.compile(r"</style\s{0,99}>", re.I)
NOSCRIPT: Marks = re.compile(r"<noscript\b", re.I), re.compile(r"</noscript\s{0,99}>", re.I)
TAG = re.compile(r"<[^<>]*>")


def without(text: str, *kinds: Marks, put: str = "") -> str:
    """`text` with `put` in the place of everything between two such marks, the marks included. What is opened and never
    closed stays."""
    kept: list[str] = []
    at = 0
    ahead = {kind: kind[0].search(text) for kind in kinds}
    while True:
        for kind, opening in ahead.items():
            if opening is not None and opening.start() < at:
                ahead[kind] = kind[0].search(text, at)
        found = [(opening.start(), kind) for kind, opening in ahead.items() if opening is not None]
        if not found:
            return "".join([*kept, text[at:]])
        start, kind = min(found, key=lambda each: each[0])
        opening = ahead[kind]
        assert opening is not None
        closing = kind[1].search(text, opening.end())
        if closing is None:  # nor will a later one be closed
            ahead[kind] = None
            continue
        kept += [text[at:start], put]
        at = closing.end()


def inside(text: str, opening: re.Pattern[str], closing: re.Pattern[str]) -> list[str]:
    """What stands between each opening and the closing that follows it."""
    found: list[str] = []
    at = 0
    while start := opening.search(text, at):
        end = closing.search(text, start.end())
        if end is None:
            break
        found.append(text[start.end():end.start()])
        at = end.end()
    return found


def up_to_last(text: str, mark: str) -> str:
    """`text` as far as the last `mark` (in any case): behind it nothing is closed any more. Empty without one."""
    at = max(text.rfind(mark), text.lower().rfind(mark.lower()))
    return text[:at + len(mark)] if at >= 0 else ""
