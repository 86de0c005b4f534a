"""What one answer of a list holds (Listing), and what walking it to its end came to (Enumeration).

Promises: `complete` is true only when it is proven that every row was seen: the rows reach the count the portal states,
or every page it states answered, or its paging ended by itself. A page that repeats what was seen proves that the
portal ignored our request; the walk then ends incomplete with that reason. Leaves alone: markup (the families).
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from crawler.families.rows import names_report
from crawler.model import Item, Outcome
from extract.dates import day_in_address
from extract.titles import normalise

if TYPE_CHECKING:
    from crawler.outcomes import Expect

_READABLE_BODY = 300
_CODES = ("code", "status", "state", "errcode", "statuscode", "resultcode")
_FAILED = re.compile(r"[45]\d\d|error|fail(?:ed|ure)?", re.I)
_ORDINARY_HEADERS = frozenset({"accept", "content-type", "referer", "x-requested-with"})


@dataclass(frozen=True, slots=True)
class Ask:
    """One request as a family wants it sent. A `form`, a `json` or a `raw` body makes it a POST, `headers` come on top
    of ours (Referer is the column's page unless given here), `expect` is "data" for an interface that answers no page.
    """

    url: str
    form: Mapping[str, str] | None = None
    json: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    expect: Expect = "page"
    raw: bytes | None = None
    """A body as it stands, its Content-Type among the headers."""

    @property
    def method(self) -> str:
        return "GET" if self.form is None and self.json is None and self.raw is None else "POST"

    @property
    def body(self) -> bytes:
        if self.raw is not None:
            return self.raw
        if self.json is not None:
            return json.dumps(self.json, ensure_ascii=False, separators=(",", ":")).encode()
        return urlencode(self.form or {}).encode()

    @property
    def sent_headers(self) -> dict[str, str]:
        """The headers that belong to the request itself."""
        kind = "application/json" if self.json is not None else "application/x-www-form-urlencoded"
        ours = {"Content-Type": f"{kind}; charset=utf-8"} if self.method == "POST" and self.raw is None else {}
        return {**ours, **self.headers}

    @property
    def key(self) -> tuple[str, str]:
        """What tells this request from any other of a run: address; then method, what was posted (long bodies hashed)
        and headers of the page's own, such as a token."""
        own = sorted((name.lower(), value) for name, value in self.headers.items()
                     if name.lower() not in _ORDINARY_HEADERS)
        mark = f" +{hashlib.sha256(repr(own).encode()).hexdigest()[:16]}" if own else ""
        if self.method == "GET":
            return self.url, f"GET{mark}"
        text = self.body.decode("utf-8", "replace")
        readable = len(text) <= _READABLE_BODY and "\ufffd" not in text
        return self.url, f"POST {text if readable else hashlib.sha256(self.body).hexdigest()}{mark}"


@dataclass(frozen=True, slots=True)
class Answer:
    """One fetched list page, decoded; `url` is where it finally came from, `asked` the address with its fragment."""

    url: str
    text: str
    outcome: Outcome = Outcome.OK
    reason: str = ""
    asked: str = ""

    @property
    def ok(self) -> bool:
        return self.outcome.supports_absence


Get = Callable[[str | Ask], Awaitable[Answer]]
"""How a family fetches: by address, or by an Ask where method, body or headers matter."""


@dataclass(slots=True)
class Listing:
    """One answer of a list. `items` in print order; `main` those of the list itself, without rows of side columns."""

    items: list[Item]
    main: list[Item]
    total: int | None = None
    """Rows the portal says the whole list has."""
    pages: int | None = None
    """Pages the portal says the whole list has."""
    next: list[str] = field(default_factory=list)
    """Addresses of further pages this answer tells of, in order."""
    script_paged: bool = False
    """A next-page link stands there that only a script can follow."""
    preview_of: str = ""
    """Address of the whole list, where the page shows only its newest rows beside a link to more."""
    known_shape: bool = False
    """Something on the page proves that it is a list of this family, even with zero rows."""
    blank: int = 0
    """Rows of an interface that carry no title, or no address and no report's title: counted, but no items."""


@dataclass(slots=True)
class Enumeration:
    """A list as far as it could be walked. `reached` is the oldest day seen; `in_order` newest first throughout."""

    items: list[Item]
    outcome: Outcome
    reason: str = ""
    complete: bool = False
    in_order: bool = False
    reached: str | None = None


class Walk:
    """Collects pages of one list and concludes. Rows are counted as printed (one
    article may stand twice on a page), rows that an earlier page held are not counted again."""

    def __init__(self, max_pages: int) -> None:
        self.max_pages = max_pages
        self.pages = 0
        self.printed = 0
        self.main: list[Item] = []
        self._items: dict[tuple[str, str], Item] = {}
        self._seen: set[str] = set()

    @property
    def full(self) -> bool:
        return self.pages >= self.max_pages

    def add(self, listing: Listing) -> bool:
        """Take one page in. False when its rows were all seen before (or it has none): nothing new came."""
        self.pages += 1
        fresh = [item for item in listing.main if item.url not in self._seen]
        if not fresh:
            return False
        self._seen.update(item.url for item in listing.main)
        self.printed += len(fresh)
        self.main.extend(fresh)
        for item in listing.items:
            # One report may stand under the names of several bodies: each of its titles is a row.
            key = item.url, normalise(item.title) if names_report(item.title) else ""
            known = self._items.get(key)
            if known is None or (not known.day and item.day):
                self._items[key] = item
        return True

    def reaches(self, total: int | None) -> bool:
        """Whether as many rows were seen as the portal states; False where it states none."""
        return total is not None and self.printed >= total

    def breaks_off(self, answer: Answer, where: str) -> Enumeration:
        """The enumeration that ends at an answer without a list: a failure, or something else in a list's place."""
        why = "no list in the answer" if answer.ok else f"{answer.outcome} {answer.reason}".strip()
        reason = f"{where}: {why} ({answer.url})"
        if not answer.ok and not self._items:
            return Enumeration([], answer.outcome, reason)
        return self.conclude(False, reason, known_shape=False, seen=reason)

    def conclude(self, complete: bool, reason: str = "", known_shape: bool = True, seen: str = "") -> Enumeration:
        """The enumeration as it stands now. `seen` says what a page of unknown shape showed instead."""
        days = [day for day in (item.day or day_in_address(item.url) for item in self.main) if day]
        in_order = bool(days) and len(days) == len(self.main) and all(a >= b for a, b in pairwise(days))
        if self._items:
            return Enumeration(list(self._items.values()), Outcome.OK, reason, complete, in_order,
                               min(days, default=None))
        if known_shape:
            return Enumeration([], Outcome.EMPTY_LISTING, reason or "no rows", complete)
        return Enumeration([], Outcome.UNKNOWN_SHAPE, seen or "no list was found on the page")


def refuses(answer: object) -> bool:
    """Whether an interface's answer says of itself that it failed: success false, a code of 4xx or 5xx, the word error.
    The empty list that some hand out all the same is no list."""
    if not isinstance(answer, dict):
        return False
    said = {str(key).lower(): value for key, value in answer.items()}
    codes = [said[key] for key in _CODES if key in said]
    return (any(str(said.get(key)).lower() == "false" for key in ("success", "ok"))
            or any(refuses(code) if isinstance(code, dict) else bool(_FAILED.fullmatch(str(code))) for code in codes))


def ends(page: Listing, previous: Listing, opening: Listing) -> bool:
    """Whether a page past the last new one proves the end of a list that states no count: it holds nothing, or the last
    page again where that is shorter than the first – a portal deaf to the number would show the first."""
    shown, last = [item.url for item in page.main], [item.url for item in previous.main]
    return not shown or (shown == last and len(last) < len(opening.main))


async def by_number(walk: Walk, page: Callable[[int], Awaitable[tuple[Answer, Listing | None]]],
                    first: int = 1) -> Enumeration:
    """Walk numbered answers of an interface from `first` to their proven end.

    `page(number)` gives the answer and what it lists, None where it holds no list. Proven is the end by the stated
    number of rows or pages, by an empty page, or by a last page shorter than the first after which nothing new comes.
    A row that comes again (pinned on every page) counts once; one address under two titles is two rows.
    """
    total: int | None = None
    believed = True
    rows: set[tuple[str, str]] = set()
    blank = 0
    opening: list[str] = []
    previous: list[str] = []
    number = first
    while True:
        if walk.full:
            return walk.conclude(False, f"stopped after {walk.max_pages} requests at {walk.printed} of "
                                        f"{'?' if total is None else total} rows")
        answer, shown = await page(number)
        if shown is None:
            return walk.breaks_off(answer, f"page {number}")
        if total is not None and shown.total is not None and shown.total != total:
            return walk.conclude(False, f"the list changed from {total} to {shown.total} rows while it was read")
        if believed and shown.total is not None:
            total = shown.total
        addresses = [item.url for item in shown.main]
        new = walk.add(shown)
        rows.update((item.url, item.title) for item in shown.main)
        blank += shown.blank if new or not addresses else 0
        distinct = len(rows) + blank
        if total is not None and distinct > total:
            # More came than was stated: that number counts something else.
            believed, total = False, None
        if total is not None and distinct >= total:
            return walk.conclude(True)
        if not addresses:
            return walk.conclude(total is None, "" if total is None else
                                 f"the list ends after {distinct} of {total} rows")
        if not new:
            # Past its end a portal may show an earlier page; a last page as long as the first proves no end.
            if total is None and number > first + 1 and len(previous) < len(opening):
                return walk.conclude(True)
            return walk.conclude(False, f"page {number} repeats earlier rows, {walk.printed} of "
                                        f"{'?' if total is None else total} received ({answer.url})")
        if shown.total is None and shown.pages is not None and number - first + 1 >= shown.pages:
            return walk.conclude(True)
        opening, previous = opening or addresses, addresses
        number += 1


_PAGES = (re.compile(r"(?:共有?|总)\s*(\d{1,5})\s*[页頁]"), re.compile(r"(?:总页数|页数)\s*[:：]\s*(\d{1,5})"),
          re.compile(r"\d{1,5}\s*/\s*(\d{1,5})\s*[页頁]|页[次码]\s*[:：]\s*\d{1,5}\s*/\s*(\d{1,5})"),
          re.compile(r"""["']?\b(?:pageCount|totalPages?|countPage|page_count|pages)["']?\s*[:=]\s*["']?(\d{1,5})\b""",
                     re.I))
_TOTAL = (re.compile(r"(?:共有?|[共总]计|总共?|合计|[查检搜找][询索]?到)\s*(\d{1,6})\s*(?:条|篇|项|则|个?记录)"
                     r"|(?<![\u4e00-\u9fff])(?:总(?:记录|条|信息)?数|记录总?数|信息总数)\s*[:：]\s*(\d{1,6})(?!\d)"),
          re.compile(r"""["']?\b(?:totalRecords?|recordCount|totalCount|total_count)["']?\s*[:=]\s*["']?(\d{1,6})\b""",
                     re.I))


def stated(text: str) -> tuple[int | None, int | None]:
    """(rows, pages) that a page says its list has, by its visible line or its script; None where it doesn't say."""
    plain = re.sub(r"<[^>]{1,200}>|&nbsp;", "", text)
    return (_first(_TOTAL, plain, text), _first(_PAGES, plain, text))


def _first(patterns: tuple[re.Pattern[str], ...], *texts: str) -> int | None:
    for text in texts:
        for pattern in patterns:
            match = pattern.search(text)
            if match:
                return int(next(group for group in match.groups() if group))
    return None
