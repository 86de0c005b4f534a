"""config/indicators.yaml: the words by which each indicator narrative.* is known, compiled once.

Promises: a pattern that is none is refused with file, place and value. Leaves alone: sentences and years
(narrative.py).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict, model_validator

from extract import configuration


class _Facts(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Entry(_Facts):
    units: tuple[str, ...]
    before: str
    behind: str = ""
    verb: str = ""
    never: str = ""


class Indicators(_Facts):
    """The file as it stands, `pieces` put in."""

    pieces: dict[str, str]
    elsewhere: str
    indicators: dict[str, _Entry]
    kinds: dict[str, dict[str, str]]

    @model_validator(mode="before")
    @classmethod
    def _put_in(cls, data: dict[str, object]) -> dict[str, object]:
        pieces = data.get("pieces") if isinstance(data, dict) else None

        def filled(value: object) -> object:
            if isinstance(value, dict):
                return {key: filled(each) for key, each in value.items()}
            if isinstance(value, str) and isinstance(pieces, dict):
                for name, piece in pieces.items():
                    value = value.replace(f"{{{name}}}", str(piece))
            return value

        return {**data, "indicators": filled(data.get("indicators"))}

    @model_validator(mode="after")
    def _compile(self) -> Indicators:
        texts = [("elsewhere", self.elsewhere)]
        for key, entry in self.indicators.items():
            texts += [(f"{key}.{name}", getattr(entry, name)) for name in ("before", "behind", "verb", "never")]
        texts += [(f"kinds.{key}.{name}", text) for key, kinds in self.kinds.items() for name, text in kinds.items()]
        for place, text in texts:
            try:
                re.compile(text)
            except re.error as fault:
                raise ValueError(f"{place}: {text!r} is no regular expression: {fault}") from None
        for key in self.kinds:
            if key not in self.indicators:
                raise ValueError(f"kinds.{key}: {key} is no indicator of this file")
        return self


@dataclass(frozen=True, slots=True)
class Indicator:
    """One key: units it comes in; `before` ends at the number; `behind` starts behind it, after a `verb`."""

    key: str
    units: frozenset[str]
    before: re.Pattern[str]
    behind: re.Pattern[str] | None
    verb: re.Pattern[str]
    never: re.Pattern[str] | None

    def told(self, left: str, printed: str, right: str, unit: str) -> bool:
        """Whether a number with these words around it counts this."""
        if unit not in self.units:
            return False
        behind = self.behind is not None and self.behind.match(right) and self.verb.search(left)
        return bool((self.before.search(left) or behind)
                    and not (self.never and self.never.search(left + printed + right)))


@dataclass(frozen=True, slots=True)
class Spoken:
    """All indicators, special ones first; `kinds` by the key they belong to; `elsewhere`: no total of the year."""

    indicators: tuple[Indicator, ...]
    kinds: Mapping[str, tuple[tuple[str, re.Pattern[str]], ...]]
    elsewhere: re.Pattern[str]

    @property
    def keys(self) -> tuple[str, ...]:
        """Every key there can be, kinds included."""
        own = [each.key for each in self.indicators]
        return tuple(dict.fromkeys([*own, *(f"{key}.{name}" for key, kinds in self.kinds.items()
                                            for name, _ in kinds)]))


def spoken() -> Spoken:
    """config/indicators.yaml. Raises ConfigurationError with file and line."""
    return _compiled(configuration.office_folder())


@lru_cache(maxsize=4)
def _compiled(_office: Path | None) -> Spoken:
    facts: Indicators = configuration.load("indicators.yaml", Indicators)
    return Spoken(
        tuple(Indicator(f"narrative.{key}", frozenset(entry.units), re.compile(entry.before),
                        re.compile(entry.behind) if entry.behind else None, re.compile(entry.verb),
                        re.compile(entry.never) if entry.never else None)
              for key, entry in facts.indicators.items()),
        {f"narrative.{key}": tuple((name, re.compile(text)) for name, text in kinds.items())
         for key, kinds in facts.kinds.items()},
        re.compile(facts.elsewhere))
