"""Main texts that a page carries only in its script, for a browser to put in place (window._CONFIG = {DETAIL: {…}}).

Promises: the text and the files of such an article as markup in the page's body, exactly where the page doesn't show
them already; every other page comes back as it was. Leaves alone: texts that must be fetched separately.
"""

from __future__ import annotations

import re
from html import escape, unescape
from typing import Any

from extract import enclosed
from extract.literals import literal_after

_END = re.compile(r"</body\s*>", re.IGNORECASE)
_PROBE = 40


def with_article(page: str) -> str:
    """The page with the main text of its script in a `div#zoom` at the end of its body."""
    article = hidden_article(page)
    if not article or _shows(page, article):
        return page
    block = f'<div id="zoom">{article}</div>'
    ends = [end.start() for end in _END.finditer(page)]
    return page[:ends[-1]] + block + page[ends[-1]:] if ends else page + block


def hidden_article(page: str) -> str:
    """The main text and the files of the article in the page's script, as markup; empty where there is none."""
    if "_CONFIG" not in page or "DETAIL" not in page:
        return ""
    detail = literal_after(page, "DETAIL")
    if not isinstance(detail, dict):
        return ""
    markup = str(detail.get("content") or "")
    if "<" not in markup and "&lt;" in markup:
        markup = unescape(markup)
    links = "".join(f'<p><a href="{escape(address)}">{escape(name)}</a></p>'
                    for address, name in _files(detail) if address not in markup)
    return markup + (f'<div class="attachment">{links}</div>' if links else "")


def _files(detail: dict[str, Any]) -> list[tuple[str, str]]:
    listed = detail.get("attachment") or detail.get("attachments") or []
    return [(str(entry["url"]), str(entry.get("name") or "")) for entry in listed
            if isinstance(entry, dict) and entry.get("url")] if isinstance(listed, list) else []


def _shows(page: str, article: str) -> bool:
    """Whether the page shows the text outside its scripts too."""
    text = _squeezed(article)
    middle = len(text) // 2
    probes = [text[:_PROBE], text[middle:middle + _PROBE]]
    visible = _squeezed(enclosed.without(page, enclosed.SCRIPT, enclosed.STYLE, put=" "))
    return bool(text) and all(probe in visible for probe in probes)


def _squeezed(markup: str) -> str:
    return re.sub(r"\s+", "", unescape(enclosed.TAG.sub("", markup)))
