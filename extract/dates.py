"""When was a document published, and who says so?

Promises: every day with its source, best evidence first (domain: page, list, address, written, then weak traces); own
patterns only, since general date parsers read "01-28" as this year. An impossible day or one before 2008, when the
first decree came into force, is dropped. Leaves alone: whether the days contradict each other around a deadline.

Sources: page · meta:<name> · list · url · written (成文日期, or the date that signs the report) · property:<name> ·
last_modified · first_seen.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from extract.model import DatedHint, Document, Grid, Hints, Published, Text

_FIRST_YEAR = 2008
_LAST_YEAR = 2099
_CHINA = timezone(timedelta(hours=8))
_ASCII = str.maketrans("０１２３４５６７８９：－／．", "0123456789:-/.")

_B = r"[\s\u3000]*"
_DAY = re.compile(
    rf"(?<!\d)(20\d\d){_B}(?:年|[-–—./]){_B}(1[0-2]|0?[1-9]){_B}(?:月|[-–—./]){_B}(3[01]|[12]\d|0?[1-9])(?!\d)")
_GLUED = re.compile(r"(?<!\d)(20\d\d)[-./](0[1-9]|1[0-2])[-./](0[1-9]|[12]\d|3[01])(?=\d\d:\d\d)")
"""A day whose clock time follows without a blank."""
_COMPACT = re.compile(r"(?<!\d)(20\d\d)(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])(?!\d)")
_STAMPED = re.compile(r"(?<!\d)(20\d\d)(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])\d{0,6}")
_ZERO = "〇○零ＯO0Ｏ"
_CHINESE = re.compile(
    rf"二{_B}([{_ZERO}]){_B}([{_ZERO}一二三四五六七八九]){_B}([{_ZERO}一二三四五六七八九]){_B}年"
    rf"{_B}([一二三四五六七八九十]{{1,2}}){_B}月{_B}([一二三四五六七八九十]{{1,3}}){_B}日")
_CHINESE_DIGIT = {sign: value for value, sign in enumerate("〇一二三四五六七八九")} | dict.fromkeys(_ZERO, 0)

_ANY_DAY = (rf"(?:20\d\d{_B}(?:年|[-–—./]){_B}\d{{1,2}}{_B}(?:月|[-–—./]){_B}\d{{1,2}}"
            rf"|(?<!\d)20\d{{6}}(?!\d)|二{_B}[{_ZERO}])")
_GAP = r"[\s\u3000:：\]】|\[【（(]{0,12}"
_PUBLISHED = re.compile(
    rf"(?:发布|公开|公布|发稿|上网|刊发|发表){_B}(?:日{_B}期|时{_B}间){_GAP}(?={_ANY_DAY})"
    rf"|发布于{_GAP}(?={_ANY_DAY})")
_PLAIN = re.compile(
    rf"(?:^|[\s\u3000|\[【(（])(?:信息|上传|添加|录入)?(?:日{_B}期|时{_B}间){_B}[:：]{_GAP}(?={_ANY_DAY})",
    re.MULTILINE)
_WRITTEN = re.compile(
    rf"(?:成文|发文|生成|印发|制发|签发|拟稿){_B}(?:日{_B}期|时{_B}间){_GAP}(?={_ANY_DAY})")

_WEEKDAY = re.compile(r"(?:星期|礼拜|周)[一二三四五六日天]")

_META = ("pubdate", "publishdate", "publish-date", "publishtime", "pubtime", "firstpublishedtime",
         "article:published_time", "published")
_PROPERTY = ("created", "creationdate", "creation_date", "dcterms:created", "modified", "moddate", "dcterms:modified")
_URL = (
    re.compile(r"/t(20\d\d)(\d\d)(\d\d)_"),
    re.compile(r"/art/(20\d\d)/(\d{1,2})/(\d{1,2})/"),
    re.compile(r"/(20\d\d)-(\d\d)/(\d\d)/"),
    re.compile(r"/(20\d\d)/(\d\d)-(\d\d)/"),
    re.compile(r"/(20\d\d)/(\d\d)/(\d\d)/"),
    re.compile(r"/(20\d\d)(\d\d)(\d\d)/"),
    re.compile(r"/(20\d\d)-(\d\d)-(\d\d)(?=[/_.])"),
)
_SIGNED_AMONG_LAST = 8
"""How many paragraphs from the end a lone date still signs the report (contact lines and page numbers may follow)."""


def publication(document: Document, hints: Hints, year: int | None = None) -> Published | None:
    """The best publication day with all others; None where nothing at all is dated.

    `year`: the report year. A file's property of a day before that year had ended is no evidence: it dates the
    template, or last year's file that was written over.
    """
    found: list[DatedHint] = []
    for day, source in _evidence(document, hints):
        if day and year and source.startswith("property:") and day <= f"{year}-12-31":
            continue
        if day and not any(hint.date == day and hint.source == source for hint in found):
            found.append(DatedHint(day, source))
    return Published(found[0].date, found[0].source, found) if found else None


def find_day(text: str) -> str | None:
    """The first possible day in `text` as YYYY-MM-DD; None where there is none. A day without a year is none."""
    text = text.translate(_ASCII)
    hits = [(match.start(), _iso(*match.groups())) for pattern in (_DAY, _GLUED, _COMPACT)
            for match in pattern.finditer(text)]
    hits += [(match.start(), _chinese(match)) for match in _CHINESE.finditer(text)]
    return next((day for _, day in sorted(hits, key=lambda hit: hit[0]) if day), None)


def _evidence(document: Document, hints: Hints) -> Iterator[tuple[str | None, str]]:
    text = _visible(document)
    meta = {name.strip().lower(): value for name, value in document.meta.items()}
    # "日期：" and "时间：" alone may date anything; they are asked only where no line says 发布.
    # One with its weekday is the clock that sites print at the top of every page.
    yield _after(_PUBLISHED, text) or _after(_PLAIN, text, without=_WEEKDAY), "page"
    for name in document.meta:
        if name.strip().lower() in _META:
            value = find_day(document.meta[name])
            # Text dumps carry the page's own line under "published"; everything else is a meta element.
            yield value, "page" if name.strip().lower() == "published" else f"meta:{name.strip()}"
    yield find_day(hints.list_date or ""), "list"
    yield day_in_address(hints.url or ""), "url"
    yield _after(_WRITTEN, text), "written"
    yield _signature(document), "written"
    for name in _PROPERTY:
        if name in meta:
            yield _stamped(meta[name]), f"property:{name}"
    yield _moment(hints.last_modified), "last_modified"
    yield _moment(hints.first_seen), "first_seen"


def _visible(document: Document) -> str:
    blocks = [block.text for block in document.blocks if isinstance(block, Text)]
    tables = [" ".join(cell.text for cell in block.cells) for block in document.blocks if isinstance(block, Grid)]
    # The whole visible text comes first: date lines and index tables stand outside the body.
    return "\n".join([document.text, *blocks, *tables]).translate(_ASCII)


def _after(label: re.Pattern[str], text: str, without: re.Pattern[str] | None = None) -> str | None:
    for match in label.finditer(text):
        printed = text[match.end():match.end() + 24]
        day = find_day(printed)
        if day and not (without and without.search(printed)):
            return day
    return None


def day_in_address(address: str) -> str | None:
    """The day that the path of an article's address carries, as YYYY-MM-DD; a month alone (/202401/) is none."""
    try:
        path = urlsplit(address).path
    except ValueError:
        return None
    for pattern in _URL:
        for match in pattern.finditer(path):
            day = _iso(*match.groups())
            if day:
                return day
    return None


def _signature(document: Document) -> str | None:
    paragraphs = [block.text for block in document.blocks if isinstance(block, Text) and block.text.strip()]
    lines = [line.strip() for text in paragraphs[-_SIGNED_AMONG_LAST:] for line in text.splitlines() if line.strip()]
    for line in reversed(lines[-_SIGNED_AMONG_LAST:]):
        plain = line.translate(_ASCII)
        match = re.fullmatch(rf"[（(]?{_B}(?:{_DAY.pattern}{_B}日?|{_CHINESE.pattern}){_B}[）)]?", plain)
        if match:
            return find_day(plain)
    return None


def _stamped(value: str) -> str | None:
    """A document property: ISO, or PDF's D:20240226144123+08'00'."""
    match = _STAMPED.search(value)
    return _iso(*match.groups()) if match else _moment(value) or find_day(value)


def _moment(value: str | None) -> str | None:
    """The day in China of an ISO moment or an HTTP date. A moment without zone is taken as printed."""
    if not value:
        return None
    try:
        moment = datetime.fromisoformat(value.strip())
    except ValueError:
        try:
            moment = parsedate_to_datetime(value)
        except (ValueError, TypeError, OverflowError):
            return find_day(value)
    if moment.tzinfo is not None:
        try:
            moment = moment.astimezone(_CHINA)
        except OverflowError:  # 31 Dec 9999, with which servers say "never"
            return None
    return _iso(str(moment.year), str(moment.month), str(moment.day))


def _iso(year: str, month: str, day: str) -> str | None:
    try:
        found = date(int(year), int(month), int(day))
    except ValueError:
        return None
    return found.isoformat() if _FIRST_YEAR <= found.year <= _LAST_YEAR else None


def _chinese(match: re.Match[str]) -> str | None:
    hundreds, tens, ones, month, day = match.groups()
    year = 2000 + _CHINESE_DIGIT[hundreds] * 100 + _CHINESE_DIGIT[tens] * 10 + _CHINESE_DIGIT[ones]
    return _iso(str(year), str(_small(month)), str(_small(day)))


def _small(text: str) -> int:
    """1–99 in Chinese numerals: 十, 十二, 二十, 三十一."""
    tens, found, ones = text.rpartition("十")
    if not found:
        return _CHINESE_DIGIT[text] if len(text) == 1 else 0
    if len(tens) > 1 or len(ones) > 1:
        return 0
    return (_CHINESE_DIGIT.get(tens, 1) if tens else 1) * 10 + (_CHINESE_DIGIT[ones] if ones else 0)
