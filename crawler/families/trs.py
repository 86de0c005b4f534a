"""TRS WCM: static lists `index.html`, `index_1.html` … announced by a script call; the most frequent family.

Promises: the page count of createPageHTML, createPage and Pager in their dialects (count and current page first or
after an element's name; name and ending given or `index`, `html`), whether the file names count from 0 or from 1 (tried
out, since the dialects lie), and the stub past the end taken for what it is. Leaves alone: a list inside an iframe
(the spider follows it), article pages.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from crawler.families import static
from crawler.families.paging import Answer, Enumeration, Get, Listing, Walk, stated
from crawler.families.rows import joined, main_rows, parse, rows
from extract import enclosed, literals

_MARKS = re.compile(r"createPageHTML\s*\(|\bcreatePage\s*\(\s*[\d'\"{]|\bPager\s*\(\s*\{|/t20\d{6}_\d+|TRS_Editor")
_CALL = re.compile(r"(?<!function )\b(createPageHTML|createPage|Pager)\s*\(([^)]{1,400})\)", re.S)
_MOST_CALLS = 20
_CALLED = re.compile(r"(?<!function )\bcreatePageHTML\s*\(")
_COMMENTS = (enclosed.COMMENT, (re.compile(r"/\*"), re.compile(r"\*/")),
             (re.compile(r"^[^\S\n]*//", re.M), re.compile(r"$", re.M)))
_COUNT_KEYS = ("pagecount", "countpage", "totalpage", "totalpages", "pages", "size", "total", "count")
_NAME_KEYS = ("prefix", "name", "pagename", "filename", "currentpagename")
_ENDING_KEYS = ("suffix", "ext", "extension", "pageext")


@dataclass(frozen=True, slots=True)
class Pager:
    """What the paging call states: pages in all, name and ending of the files, rows in all where it says so."""

    pages: int
    name: str = "index"
    ending: str = "html"
    rows: int | None = None

    def plausible_rows(self, on_first: int) -> int | None:
        """`rows` where it fits the page count; some dialects end in a number that means something else."""
        if self.rows is None or self.pages <= 1 or not (self.pages - 1) * on_first < self.rows <= self.pages * on_first:
            return None
        return self.rows

    def address(self, base: str, number: int) -> str:
        """The address of file `number` of the list."""
        return joined(base, f"{self.name}_{number}.{self.ending}")


def recognise(text: str) -> bool:
    return bool(_MARKS.search(text))


def pager(text: str) -> Pager | None:
    """The paging call of a page, in whichever dialect; None where there is none."""
    bare = enclosed.without(text, *_COMMENTS)
    for name, inner in list(dict.fromkeys(_CALL.findall(bare)))[:_MOST_CALLS]:
        found = _from_object(inner) if "{" in inner else _from_arguments(inner, bare)
        if found and (name != "Pager" or "{" in inner):
            return found
    return None


def listing(text: str, url: str) -> Listing:
    """One list page. `next` is left to `enumerate_list`, which finds out how the portal counts."""
    found = rows(parse(text), url)
    paging = pager(text)
    total, pages = stated(text)
    if paging:
        total, pages = paging.rows if paging.rows is not None else total, paging.pages
    return Listing([row.item for row in found], main_rows(found), total, pages, known_shape=paging is not None)


async def enumerate_list(first: Answer, get: Get, max_pages: int) -> Enumeration:
    """Walk the list from its first page to its stated end."""
    opening, paging, walk = listing(first.text, first.url), pager(first.text), Walk(max_pages)
    if paging is None:
        # No call we can read: links, the visible count or trial show whether there is more.
        found = await static.enumerate_list(first, get, max_pages)
        if found.complete and len(found.items) == len(opening.items) and (opening.pages, opening.total) == (
                None, None) and _CALLED.search(enclosed.without(first.text, *_COMMENTS)):
            found.complete, found.reason = False, "how many pages there are only the page's script knows"
        return found
    walk.add(opening)
    if not opening.main:
        return walk.conclude(paging.pages <= 1)
    total = paging.plausible_rows(len(opening.main))
    offset = 0
    for number in range(1, paging.pages):
        if walk.full:
            return walk.conclude(False, f"stopped after {max_pages} pages of {paging.pages}")
        answer = await get(paging.address(first.url, number + offset))
        new = answer.ok and walk.add(listing(answer.text, answer.url))
        if not new and number == 1 and not walk.full:
            # index_1 is absent or page 1 again: this portal counts its files from 1, so page 2 is index_2.
            other = await get(paging.address(first.url, number + 1))
            new = other.ok and walk.add(listing(other.text, other.url))
            offset, answer = (1, other) if new else (0, answer)
        if not new:
            if walk.reaches(total):
                break
            return walk.conclude(False, _why(answer, number + 1, paging.pages))
    if total is not None and not walk.reaches(total):
        return walk.conclude(False, f"{walk.printed} rows of {total} stated")
    return walk.conclude(True)


def article_pages(text: str, url: str) -> list[str]:
    """Addresses of the further pages of a long article (t…_1.shtml …), empty for an article of one page."""
    paging = pager(text)
    stem = urlsplit(url).path.rsplit("/", 1)[-1].rsplit(".", 1)[0]
    if paging is None or paging.name != stem:
        return []
    return [paging.address(url, number) for number in range(1, min(paging.pages, 50))]


def _why(answer: Answer, page: int, pages: int) -> str:
    if answer.ok:
        return f"page {page} of {pages} repeats earlier rows or holds none ({answer.url})"
    return f"page {page} of {pages}: {answer.outcome} {answer.reason} ({answer.url})".replace("  ", " ")


def _from_arguments(inner: str, text: str) -> Pager | None:
    """createPageHTML(12, 0, "index", "html") and createPageHTML("pages", 12, 0, "index", "html", 230), with numbers and
    names as they stand or in variables of the script."""
    printed = [_valued(part.strip(), text) for part in inner.split(",")]
    arguments = [part.strip("'\"") for part in printed]
    numbers = [index for index, part in enumerate(arguments) if part.isdigit()]
    if not numbers or numbers[0] > 1 or (numbers[0] == 1 and printed[0][:1] not in "'\""):
        return None  # something only the running script knows stands where the count should
    start = numbers[0]
    behind = printed[start + 1:]
    if any(part and part[:1] not in "'\"" and not part.isdigit() for part in behind[1:3]):
        return None
    words = [part.strip("'\"") for part in behind if part[:1] in "'\"" and not part.strip("'\"").isdigit()]
    words = [word for word in words if word]
    last = arguments[-1]
    counted = int(last) if last.isdigit() and len(numbers) > 2 and len(words) >= 2 else None
    return Pager(int(arguments[start]), words[0] if words else "index",
                 words[1].lstrip(".") if len(words) > 1 else "html", counted)


def _valued(part: str, text: str) -> str:
    """An argument as printed; for a variable what the script gives it, where that is a number or a text."""
    value = literals.literal_after(text, part) if re.fullmatch(r"[A-Za-z_$][\w$]*", part) else None
    if isinstance(value, bool) or not isinstance(value, str | int):
        return part
    return f"'{value}'" if isinstance(value, str) and not value.isdigit() else str(value)


def _from_object(inner: str) -> Pager | None:
    """Pager({size: 12, current: 0, prefix: 'index', suffix: 'html'})."""
    pairs = {key.lower(): value for key, value in
             re.findall(r"""["']?(\w+)["']?\s*:\s*["']?([^"',}\s]+)""", inner)}
    count = next((pairs[key] for key in _COUNT_KEYS if pairs.get(key, "").isdigit()), None)
    if count is None:
        return None
    return Pager(int(count), next((pairs[key] for key in _NAME_KEYS if key in pairs), "index"),
                 next((pairs[key].lstrip(".") for key in _ENDING_KEYS if key in pairs), "html"))
