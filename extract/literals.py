"""JavaScript literals in a page's scripts and attributes: objects and arrays with loose quotes, as Python values.

Promises: unquoted and single-quoted keys, single-quoted strings, trailing commas, comments and undefined are read;
anything that isn't a literal (a call, a variable) reads as None and what stands around it survives. Leaves alone: code
– nothing is executed.
"""

from __future__ import annotations

import itertools
import re
from typing import Any

_SPACE = re.compile(r"(?:\s+|//[^\n]*|/\*.*?\*/)*", re.S)
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")
_WORD = re.compile(r"[\w$.]+")
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "0": "\0"}
_WORDS = {"true": True, "false": False}
_PLAIN = {quote: re.compile(rf"[^\\{quote}]+") for quote in "'\"`"}
_DEEPEST = 100
_MOST_TRIED = 100
"""Places tried: each that breaks off may have been read to the end of the page."""
_LONGEST_NUMBER = 40
_LARGEST_NUMBER = 10 ** 18


class LiteralError(ValueError):
    """Raised where the text ends or breaks off inside a literal."""


def literal_after(text: str, name: str) -> Any:
    """The literal assigned to `name` (name = …, name: …, "name": …); None where there is none that can be read."""
    named = re.finditer(rf"""(?<![\w$]){re.escape(name)}["']?\s*[:=]\s*""", text)
    for match in itertools.islice(named, _MOST_TRIED):
        try:
            return read(text, match.end())[0]
        except LiteralError:
            continue
    return None


def literal(text: str) -> Any:
    """The whole text as one literal; None where it is none."""
    try:
        return read(text, 0)[0]
    except LiteralError:
        return None


def read(text: str, at: int, depth: int = 0) -> tuple[Any, int]:
    """The literal that begins at `at` and the place after it. Raises LiteralError."""
    at = _skip(text, at)
    if at >= len(text) or depth > _DEEPEST:
        raise LiteralError("the text ends inside a literal" if at >= len(text) else "nested too deeply")
    if text[at] == "{":
        return _object(text, at + 1, depth)
    if text[at] == "[":
        return _array(text, at + 1, depth)
    if text[at] in "'\"`":
        return _string(text, at)
    number = _NUMBER.match(text, at)
    if number:
        return _number(number.group()), number.end()
    word = _WORD.match(text, at)
    if word is None:
        raise LiteralError(f"no literal at {text[at:at + 20]!r}")
    return _WORDS.get(word.group()), word.end()


def _number(printed: str) -> int | float | None:
    """None for what no page means as a number: 1e999, or digits without end."""
    if len(printed) > _LONGEST_NUMBER:
        return None
    value = float(printed) if re.search(r"[.eE]", printed) else int(printed)
    return value if abs(value) < _LARGEST_NUMBER else None


def _object(text: str, at: int, depth: int) -> tuple[dict[str, Any], int]:
    found: dict[str, Any] = {}
    while True:
        at = _skip(text, at)
        if text[at:at + 1] == "}":
            return found, at + 1
        if text[at:at + 1] == ",":
            at += 1
            continue
        if text[at:at + 1] in ("'", '"'):
            key, at = _string(text, at)
        else:
            word = _WORD.match(text, at)
            if word is None:
                raise LiteralError(f"no key at {text[at:at + 20]!r}")
            key, at = word.group(), word.end()
        at = _skip(text, at)
        if text[at:at + 1] != ":":
            raise LiteralError(f"no colon after {key!r}")
        found[key], at = read(text, at + 1, depth + 1)
        at = _rest(text, at)


def _array(text: str, at: int, depth: int) -> tuple[list[Any], int]:
    found: list[Any] = []
    while True:
        at = _skip(text, at)
        if text[at:at + 1] == "]":
            return found, at + 1
        if text[at:at + 1] == ",":
            at += 1
            continue
        value, at = read(text, at, depth + 1)
        found.append(value)
        at = _rest(text, at)


def _string(text: str, at: int) -> tuple[str, int]:
    quote = text[at]
    pieces: list[str] = []
    at += 1
    while at < len(text):
        plain = _PLAIN[quote].match(text, at)
        if plain:
            pieces.append(plain.group())
            at = plain.end()
            continue
        if text[at] == quote:
            # Two escapes may be the halves of one character; a half alone would break every writer later.
            return "".join(pieces).encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace"), at + 1
        escaped = text[at + 1:at + 2]
        digits = {"u": 4, "x": 2}.get(escaped, 0)
        code = text[at + 2:at + 2 + digits]
        if digits and re.fullmatch(r"[0-9a-fA-F]+", code) and len(code) == digits:
            pieces.append(chr(int(code, 16)))
        else:
            digits = 0
            pieces.append(_ESCAPES.get(escaped, "" if escaped == "\n" else escaped))
        at += 2 + digits
    raise LiteralError("a string without end")


def _rest(text: str, at: int) -> int:
    """Past what stands between a value and the next comma or bracket: calls and sums we don't read."""
    at = _skip(text, at)
    if text[at:at + 1] in (",", "}", "]", ""):
        return at
    depth = 0
    while at < len(text):
        mark = text[at]
        if depth == 0 and mark in ",}]":
            return at
        if mark in "'\"`":
            _, at = _string(text, at)
            continue
        depth += (mark in "([{") - (mark in ")]}")
        at += 1
    return at


def _skip(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    return match.end() if match else at
