"""Errors, and what readers note of documents, in the language of whoever reads them.

Promises: code raises its errors and notes its problems in English with the values in place; config/messages.yaml lists
those sentences with placeholders beside their Chinese, and a sentence is found again by its fixed words – so one place
holds every translation, and errors of child processes and of libraries are said too. What isn't listed stays as it is.
Leaves alone: exit codes (cli.py), findings and results (wording.py).
"""

from __future__ import annotations

import functools
import re

from pydantic import BaseModel, ConfigDict, model_validator

from extract import configuration

_FIELD = re.compile(r"\{(\w+)\}")
_PLACE_ENDS = ": "
_CLAUSE_ENDS = "; "
_VALUE = r"""(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|(?:(?!; |: ).)+?(?<!:))"""
"""What Python quoted may hold anything: names and labels as they are printed."""
_FREE = "said"
_DEEPEST = 3
_IN_WORDS = frozenset({"state", "table", "row", "cell", "cells", "pages"})
_GROUPS = ("disclosure", "applications")


class Message(BaseModel):
    """One sentence or clause of one; the placeholders of both languages have the same names."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    en: str
    zh: str

    @model_validator(mode="after")
    def _same_fields(self) -> Message:
        if unknown := set(_FIELD.findall(self.zh)) - set(_FIELD.findall(self.en)):
            raise ValueError(f"zh names {', '.join(sorted(unknown))}, which en doesn't hold")
        return self


class Messages(BaseModel):
    """config/messages.yaml."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    messages: list[Message]


def said(text: str, lang: str) -> str:
    """An error's or a problem's English text in the language asked for, line by line."""
    if lang == "en":
        return text
    return _sentence(text, 0) or _line_by_line(text, 0)


def _line_by_line(text: str, depth: int) -> str:
    return "\n".join(_sentence(line, depth) or line for line in text.splitlines())


@functools.cache
def _sentences(folder: str) -> list[tuple[list[str], Message]]:
    """Every sentence with its fixed words, that with the most of them first. `folder`: whose facts hold."""
    loaded: Messages = configuration.load("messages.yaml", Messages)
    return [(_FIELD.split(each.en)[::2], each)
            for each in sorted(loaded.messages, key=lambda each: -len(_FIELD.sub("", each.en)))]


@functools.cache
def _pattern(english: str) -> re.Pattern[str]:
    pattern, seen = "", set[str]()
    for number, part in enumerate(_FIELD.split(english)):
        if number % 2 == 0:
            pattern += re.escape(part)
        else:
            pattern += f"(?P={part})" if part in seen else f"(?P<{part}>{'.+?' if part == _FREE else _VALUE})"
            seen.add(part)
    return re.compile(pattern, re.DOTALL)


def _sentence(text: str, depth: int) -> str | None:
    """The whole sentence, or its place and what is said of it, or its clauses one by one; None where nothing of it is
    listed."""
    whole = _listed(text, depth)
    if whole is not None or "\n" in text:
        return whole
    starts = [found.end() for found in re.finditer(_PLACE_ENDS, text)]
    # What is wrong stands in the first clause. A place whose fault is a library's own words still tells how to mend it.
    for needed in (1, None):
        for start in [*starts, 0]:
            if (rest := _clauses(text[start:], depth, needed)) is not None:
                return f"{text[:start - len(_PLACE_ENDS)]}：{rest}" if start else rest
    return None


def _clauses(text: str, depth: int, needed: int | None) -> str | None:
    """Every clause that is listed in Chinese, the others as they are; None where none of the first `needed` is."""
    if (whole := _listed(text, depth)) is not None:
        return whole
    clauses = text.split(_CLAUSE_ENDS)
    known = [_listed(clause, depth) for clause in clauses]
    if not any(known[:needed]):
        return None
    return "；".join(chinese or clause for chinese, clause in zip(known, clauses, strict=True))


def _listed(text: str, depth: int) -> str | None:
    for words, message in _sentences(str(configuration.office_folder())):
        # Hundreds of patterns take longer to compile than most commands to run: only those that can match are.
        if all(word in text for word in words) and (found := _pattern(message.en).fullmatch(text)):
            parts = {name: _value(name, value, depth) for name, value in found.groupdict().items()}
            return "".join(parts[part] if number % 2 else part for number, part in enumerate(_FIELD.split(message.zh)))
    return None


def _value(name: str, value: str, depth: int) -> str:
    if name in _IN_WORDS:
        return _in_words(name, value)
    if depth >= _DEEPEST:
        return _quoted(value)
    if "\n" in value:  # several faults of which only the last names a value
        return _line_by_line(value, depth + 1)
    return _sentence(value, depth + 1) or _quoted(value)


def _in_words(name: str, value: str) -> str:
    """A key of ours in the words of the vocabulary; pages and figures may be several."""
    from monitor import wording

    if name in ("state", "table"):
        return wording.term(f"{name}s", value, "zh")
    if name == "row":
        # A row is named within its table there, the vocabulary names it with its table.
        return next((place for each in (value, *(f"{group}.{value}" for group in _GROUPS))
                     if (place := wording.place(each, "zh")) != each), value)
    return wording.term("words", "separator", "zh").join(wording.figure(each, "zh") for each in value.split(", "))


def _quoted(value: str) -> str:
    """A value as Python quotes it, in the marks of Chinese print."""
    return f"“{value[1:-1]}”" if len(value) > 1 and value[0] == value[-1] and value[0] in "'\"" else value
