"""How a list names its further pages where no link leads to them: by its script, a chooser, a form – or by guessing.

Promises: an address (or a request to post) for page n, taken from what the page itself does when a visitor turns it:
location.href = "list.jsp?node_id=3&cur_page=" + n, the options of a page chooser, the form that its script fills and
submits; only addresses of this very list. Leaves alone: asking, and telling whether an answer is page n.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial
from html import unescape
from urllib.parse import parse_qsl, urlencode, urlsplit

from lxml import html

from crawler.families.paging import Answer, Ask
from crawler.families.rows import absolute, base_of, joined, parse

NAMES = r"cur_?page|current_?page|page_?no|page_?num|page_?index|page_?number|pages?|pn|p|toPage|gopage"
"""What parameters that carry a page's number are called."""
_BOTH_SIDES = re.compile(rf"""["']([^"'\s<>]*[?&](?:{NAMES})=)["']\s*\+\s*\w+\s*\+\s*["'](&[^"'\s<>]*)["']""", re.I)
_BEHIND = re.compile(rf"""["']([^"'\s<>]*[?&](?:{NAMES})=)["']\s*\+""", re.I)
_FIELD = re.compile(rf"^({NAMES})$", re.I)
_SUBMITS = re.compile(r"\.submit\s*\(")

Number = Callable[[int], str | Ask]
"""The request for page n, counted from 1."""


def numbering(first: Answer) -> Number | None:
    """How this page names its further pages; None where it doesn't say."""
    root = parse(first.text)
    base = base_of(root, first.url)
    return _by_script(first.text, base, first.url) or _by_chooser(root, base, first.url) or _by_form(root, base, first)


def guesses(url: str) -> Iterator[Number]:
    """Ways to call page n that portals use, the most frequent first; some count their files from 0."""
    parts = urlsplit(url)
    folder, _, file = parts.path.rpartition("/")
    stem, dot, ending = file.rpartition(".")
    if not dot:
        stem, dot, ending = file or "index", ".", "html"
    base = f"{parts.scheme}://{parts.netloc}{folder}/"
    for name in dict.fromkeys((stem, "index")):
        for less in (1, 0):
            yield partial(_numbered, f"{base}{name}_{{}}{dot}{ending}", less)
    yield partial(_numbered, f"{base}{stem}/{{}}{dot}{ending}", 0)
    yield partial(_numbered, f"{url.split('?')[0].rstrip('/')}/{{}}", 0)
    yield partial(_numbered, f"{url}{'&' if parts.query else '?'}page={{}}", 0)


def _numbered(template: str, less: int, number: int) -> str:
    return template.replace("{}", str(number - less))


def _by_script(text: str, base: str, url: str) -> Number | None:
    for match in [*_BOTH_SIDES.finditer(text), *_BEHIND.finditer(text)]:
        before, after = unescape(match.group(1)), unescape(match.group(2)) if match.lastindex == 2 else ""
        address = absolute(base, f"{before}1{after}")
        if address and _same_list(address, url):
            return partial(_numbered, f"{joined(base, before)}{{}}{after}", 0)
    return None


def _by_chooser(root: html.HtmlElement, base: str, url: str) -> Number | None:
    """A <select> whose options are the addresses of the pages."""
    for chooser in root.iter("select"):
        values = [absolute(base, option.get("value") or "") for option in chooser.iter("option")]
        if len(values) > 1 and all(value and _same_list(value, url) and "=" in value for value in values):
            return partial(_chosen, values)
    return None


def _chosen(values: list[str], number: int) -> str:
    return values[min(number, len(values)) - 1]


def _by_form(root: html.HtmlElement, base: str, first: Answer) -> Number | None:
    """A form with a page field that the script fills and submits."""
    if not _SUBMITS.search(first.text):
        return None
    for form in root.iter("form"):
        fields = {node.get("name"): node.get("value") or "" for node in form.iter("input") if node.get("name")
                  and (node.get("type") or "text").lower() in ("hidden", "text", "number")}
        field = next((name for name in fields if _FIELD.match(name)), None)
        if field is not None:
            action = joined(base, form.get("action") or first.url)
            posted = (form.get("method") or "get").lower() == "post"
            return partial(_submitted, action, fields, field, posted)
    return None


def _submitted(action: str, fields: dict[str, str], field: str, posted: bool, number: int) -> str | Ask:
    filled = {**fields, field: str(number)}
    if posted:
        return Ask(action, form=filled)
    parts = urlsplit(action)
    return parts._replace(query=urlencode({**dict(parse_qsl(parts.query)), **filled})).geturl()


def _same_list(address: str, url: str) -> bool:
    """Whether an address belongs to this list: same page, and no parameter of the list's own changed or dropped."""
    one, other = urlsplit(url), urlsplit(address)
    mine, theirs = dict(parse_qsl(one.query)), dict(parse_qsl(other.query))
    return (one.netloc, one.path) == (other.netloc, other.path) and all(
        theirs.get(key) == value for key, value in mine.items() if not _FIELD.match(key))
