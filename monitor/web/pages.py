"""The pages as HTML: pure functions from plain data (contents.py) by Jinja2; the same for files and for a server.

Promises: everything is escaped; only http and https addresses become links; no script, no request to anywhere; zh and
en. `Links` says how one page refers to another: relative with .html for files, absolute for a server. Leaves alone:
what stands on the pages, where they are written.
"""

from __future__ import annotations

import functools
import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import jinja2
from pydantic import BaseModel, ConfigDict

from extract import configuration
from monitor import wording
from monitor.wording import Lang, Terms

STYLE = Path(__file__).parent / "templates" / "style.css"
TINTS = {"missing": "solid", "late": "warm", "late_by_rule": "warm", "withdrawn": "warm", "unverified": "pale",
         "not_seen": "pale", "undated": "pale", "invalid": "pale"}
_COLON: dict[Lang, str] = {"zh": "：", "en": ": "}
_PLAIN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,80}")


class PageStrings(BaseModel):
    """config/pages.yaml. `meanings`: the statuses explained in English; Chinese is in the vocabulary."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    strings: Terms
    meanings: dict[str, str]


def strings() -> PageStrings:
    """config/pages.yaml, loaded once. Raises ConfigurationError with file and line."""
    loaded: PageStrings = configuration.load("pages.yaml", PageStrings)
    return loaded


@dataclass(frozen=True, slots=True)
class Links:
    """How a page refers to the others. `root` leads to the front page's folder, `other` to this page in the other
    language (empty: there is none), `style` to the stylesheet, `files` to the data package."""

    root: str = ""
    suffix: str = ".html"
    index: str = "index.html"
    style: str = "style.css"
    files: str = "data/"
    other: str = ""

    def page(self, kind: str, key: str = "") -> str:
        if kind == "overview":
            return self.root + self.index
        return f"{self.root}{kind}/{slug(key)}{self.suffix}" if key else f"{self.root}{kind}{self.suffix}"


def slug(key: str) -> str:
    """A key as a file name: itself where that is safe anywhere, else its hash."""
    return key if _PLAIN.fullmatch(key) else hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def render(kind: str, content: dict[str, Any], lang: Lang, links: Links, desk: dict[str, Any] | None = None) -> str:
    """The page `kind` (overview, body, report, finding, method, data, comparison) as HTML. `desk`: what only a server
    has, the person who asks, the other pages there are, the token of forms; without it a page stands for itself."""
    speak = {name: functools.partial(made, lang=lang)
             for name, made in (("t", say), ("word", _word), ("mark", mark), ("day", wording.day))}
    return _template(kind).render(c=content, lang=lang, links=links, kind=kind, colon=_COLON[lang],
                                  desk=desk or _Nobody(), **speak)


class _Nobody(dict[str, Any]):
    """The desk of a page that is a file: falsy, and without anything templates look for on one."""

    def __missing__(self, name: str) -> None:
        return None


def say(key: str, lang: Lang, **values: Any) -> str:
    """One of the strings of pages.yaml, filled."""
    text = strings().strings[key].say(lang)
    return wording.fill(text, {name: wording.shown(value, lang) for name, value in values.items()}) if values else text


def _word(group: str, key: str | None, lang: Lang, short: bool = False) -> str:
    return wording.term(group, key, lang, short=short)


def mark(status: str, lang: Lang, days: int | None = None) -> dict[str, str]:
    """A status as symbol, word and tint."""
    symbol, _, word = wording.status_phrase(status, lang, days).partition(" ")
    return {"symbol": symbol, "word": word, "tint": TINTS.get(status, "none")}


def safe_address(address: object) -> str:
    """An address that may stand in a link; empty for everything but http and https."""
    text = str(address or "")
    try:
        return text if urlsplit(text).scheme.lower() in ("http", "https") and text.isprintable() else ""
    except ValueError:
        return ""


@functools.cache
def _template(kind: str) -> jinja2.Template:
    return _environment().get_template(f"{kind}.html")


@functools.cache
def _environment() -> jinja2.Environment:
    made = jinja2.Environment(loader=jinja2.FileSystemLoader(STYLE.parent), autoescape=True, trim_blocks=True,
                              lstrip_blocks=True, undefined=jinja2.StrictUndefined)
    made.filters["safe_address"] = safe_address
    made.filters["number"] = wording.number
    return made
