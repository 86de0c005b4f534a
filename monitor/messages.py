"""Errors in the language of whoever reads them.

Promises: code raises its errors in English with the values in place; config/messages.yaml lists those sentences with
placeholders beside their Chinese, and a raised sentence is found again by its fixed words, so one place holds every
translation and errors of child processes are said too; parts that are sentences themselves are translated as well.
What isn't listed is said in English. Leaves alone: exit codes (cli.py), findings and results (wording.py).
"""

from __future__ import annotations

import functools
import re

from pydantic import BaseModel, ConfigDict, model_validator

from extract import configuration

_FIELD = re.compile(r"\{(\w+)\}")
_DEEPEST = 3


class Message(BaseModel):
    """One sentence. Placeholders of both languages have the same names; one named `list` or `said` may hold sentences
    that are translated themselves."""

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


@functools.cache
def _patterns(folder: str) -> list[tuple[re.Pattern[str], str]]:
    """Every sentence as a pattern, that with the most fixed words first."""
    loaded: Messages = configuration.load("messages.yaml", Messages)
    made = []
    for message in sorted(loaded.messages, key=lambda each: -len(_FIELD.sub("", each.en))):
        pattern, seen = "", set[str]()
        for number, part in enumerate(_FIELD.split(message.en)):
            if number % 2 == 0:
                pattern += re.escape(part)
            else:
                pattern += f"(?P={part})" if part in seen else f"(?P<{part}>.+?)"
                seen.add(part)
        made.append((re.compile(pattern, re.DOTALL), message.zh))
    return made


def said(text: str, lang: str) -> str:
    """An error's English text in the language asked for; lines of a list are said one by one."""
    if lang == "en" or not text:
        return text
    return _translated(text, depth=0) or "\n".join(_translated(line, depth=0) or line for line in text.splitlines())


def _translated(text: str, depth: int) -> str | None:
    for pattern, chinese in _patterns(str(configuration.office_folder())):
        if found := pattern.fullmatch(text):
            parts = {name: (_translated(value, depth + 1) if depth < _DEEPEST else None) or value
                     for name, value in found.groupdict().items()}
            return "".join(parts[part] if number % 2 else part for number, part in enumerate(_FIELD.split(chinese)))
    return None
