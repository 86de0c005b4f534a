"""From an answer or a failure to an Outcome, and from an Outcome to whose job it is.

Promises: a page that protects itself, says it doesn't exist or was served in place of another is never `ok`; the
reason names what was seen, in English technical terms. Patterns and wording live in config/outcomes.yaml. Leaves
alone: whether a list has rows (families) and what an operator is told (monitor).
"""

from __future__ import annotations

import functools
import itertools
import re
import ssl
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict

from crawler.model import Outcome
from extract import decoding, enclosed, sniffing
from extract.configuration import load

Expect = Literal["page", "data", "file"]
"""What was asked for: an HTML page, an answer of an interface (XML, script), or an attachment."""

_FAULT_PAGE_CHARACTERS = 600
"""Visible characters up to which a page may be nothing but a notice; real pages have menus and more."""
_STUB_BYTES = 600
_WORDS_BYTES = 2000
_RUN = re.compile(r"\s{200,}")
_FILE_LINK = re.compile(rf"\.({sniffing.ENDINGS})[\"'?#&]", re.I)
"""A page that carries a file is no notice, however little it says."""
_WORDS = (("challenge_words", Outcome.CHALLENGE), ("rate_words", Outcome.RATE_LIMITED),
          ("soft_404", Outcome.SOFT_404), ("out_of_order", Outcome.SERVER_ERROR))
"""What a page without content may say, in the order in which it is believed."""
_OWN_FAULTS = (TypeError, AttributeError, LookupError, NameError, AssertionError)
"""What no server makes a sound program raise: the operator's to report, and never the site's to mend."""
_REPLACEMENT_SHARE = 0.02
_FILES = (b"%PDF", b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"{\\rtf", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"Rar!", b"BM")
"""Beginnings of documents that some lists link to in place of a page."""


class Failure(Exception):  # noqa: N818 – an outcome, no error of the program
    """Raised by middlewares to end a request with an outcome of their own, e.g. robots_denied, redirect_offsite."""

    def __init__(self, outcome: Outcome, reason: str) -> None:
        super().__init__(f"{outcome}: {reason}")
        self.outcome, self.reason = outcome, reason


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a fetch came to. `text` is the decoded page where one was asked for and came, `visible` what a reader sees
    of it."""

    outcome: Outcome
    reason: str = ""
    text: str = ""
    visible: str = ""


@dataclass(frozen=True, slots=True)
class Received:
    """An answer as it came, after redirects. `headers` with names in lower case."""

    url: str
    final_url: str
    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)


class _Said(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    zh: str
    en: str


class _Advice(_Said):
    job: Literal["none", "competent_office", "site", "operator"]
    mend: _Said


class _Recognition(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    challenge_script: list[str]
    challenge_words: list[str]
    soft_404: list[str]
    rate_words: list[str]
    out_of_order: list[str]
    program_error: list[str] = []
    left_behind: list[str] = []


class OutcomeFacts(BaseModel):
    """config/outcomes.yaml."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    jobs: dict[str, _Said]
    outcomes: dict[Outcome, _Advice]
    recognition: _Recognition


@dataclass(frozen=True, slots=True)
class Advice:
    """Whose job an outcome is and how to mend it, in both languages; job is a key, job_zh and job_en its wording."""

    outcome: Outcome
    zh: str
    en: str
    job: str
    job_zh: str
    job_en: str
    mend_zh: str
    mend_en: str


def advice(outcome: Outcome) -> Advice:
    """Whose job an outcome is and how to mend it. Raises ConfigurationError for a broken outcomes.yaml."""
    facts = load("outcomes.yaml", OutcomeFacts)
    entry = facts.outcomes[outcome]
    job = facts.jobs[entry.job]
    return Advice(outcome, entry.zh, entry.en, entry.job, job.zh, job.en, entry.mend.zh, entry.mend.en)


def of_response(received: Received, expect: Expect = "page") -> Verdict:
    """What this answer is. Status first where it is decisive, then what the body shows."""
    status, body = received.status, received.body
    if expect == "page" and body.startswith(_FILES):
        expect = "file"
    text = decode(body, received.headers.get("content-type", "")) if _textual(received, expect) else ""
    # Cheap questions first: nearly every page is an ordinary one with many links.
    if text and (status in (202, 403, 412, 503, 521) or _thin(text)):
        script = mark("challenge_script", text[:60_000])
        if script:
            return Verdict(Outcome.CHALLENGE, f"status {status}, script {script}")
    by_status = _of_status(status, text)
    if by_status:
        return by_status
    if status == 200 and not body:
        return Verdict(Outcome.SOFT_404, "empty body")
    if expect == "file":
        return _of_file(text) if text else _of_words(body)
    if _undecodable(text):
        return Verdict(Outcome.UNDECODABLE, "neither UTF-8 nor GB18030", text)
    if expect == "data":
        # A whole page in place of an interface's answer is a notice or a check as any other page.
        return _of_page(received, text) if re.match(r"\s*<(!doctype\s+html|html)\b", text[:500], re.I) \
            else Verdict(Outcome.OK, "", text)
    return _of_page(received, text)


def of_failure(fault: BaseException) -> Verdict:
    """What an exception of the downloader or of our middlewares means."""
    # Here: commands that only put outcomes into words needn't load a crawler.
    from scrapy import exceptions

    if isinstance(fault, Failure):
        return Verdict(fault.outcome, fault.reason)
    chain = list(_chain(fault))
    names = " ".join(type(one).__name__ for one in chain)
    detail = f"{type(fault).__name__}: {fault}"[:200]
    if isinstance(fault, exceptions.IgnoreRequest) and "exceed" in str(fault):
        return Verdict(Outcome.TOO_LARGE, detail)
    if isinstance(fault, exceptions.CannotResolveHostError):
        return Verdict(Outcome.DNS, detail)
    if isinstance(fault, exceptions.DownloadTimeoutError) or "TimeoutError" in names or "TCPTimedOutError" in names:
        return Verdict(Outcome.TIMEOUT, detail)
    if isinstance(fault, exceptions.DownloadConnectionRefusedError):
        return Verdict(Outcome.REFUSED, detail)
    if isinstance(fault, exceptions.DownloadCancelledError):
        return Verdict(Outcome.TOO_LARGE, detail)
    if any(isinstance(one, ssl.SSLError) for one in chain) or re.search(
            r"OpenSSL|SSL routines|certificate|VerificationError", " ".join([names, *(f"{one!r}" for one in chain)])):
        return Verdict(Outcome.TLS, detail)
    if re.search(r"NoRouteError|ConnectError|ConnectionRefused|HostUnreachable", names):
        return Verdict(Outcome.REFUSED, detail)
    if isinstance(fault, exceptions.ResponseDataLossError):
        return Verdict(Outcome.SERVER_ERROR, "the answer was cut short")
    if isinstance(fault, _OWN_FAULTS):
        return Verdict(Outcome.UNKNOWN_SHAPE, f"own fault while fetching: {detail}")
    return Verdict(Outcome.SERVER_ERROR, detail)


def decode(body: bytes, content_type: str = "") -> str:
    """Text by bytes, header and meta together (extract.decoding). Runs of hundreds of blanks, as templates leave them,
    are one: they mean nothing, and patterns would look through them again and again."""
    return _RUN.sub(_shortened, decoding.decode(body, content_type)[0].removeprefix("\ufeff"))


def _shortened(run: re.Match[str]) -> str:
    return "\n" if "\n" in run.group() else " "


def _of_status(status: int, text: str) -> Verdict | None:
    if 200 <= status < 300 and status != 202:
        return None
    if status == 304:
        # Answers to a condition of ours are met before (spiders/portal.py): this one confirms nothing we hold.
        return Verdict(Outcome.SERVER_ERROR, "status 304 to a request without a condition")
    words = mark("challenge_words", _visible(text)[:3000]) if text and _thin(text) else ""
    if status in (202, 412, 521):
        return Verdict(Outcome.CHALLENGE, f"status {status}")
    if status == 429:
        return Verdict(Outcome.RATE_LIMITED, f"status {status}")
    if words and status < 600:
        return Verdict(Outcome.CHALLENGE, f"status {status}, the page asks for a check")
    if status in (404, 410):
        return Verdict(Outcome.GONE, f"status {status}")
    if status == 408:
        return Verdict(Outcome.TIMEOUT, f"status {status}")
    if status == 407:
        return Verdict(Outcome.FORBIDDEN, "status 407, the proxy asks for credentials")
    if 300 <= status < 400:
        return Verdict(Outcome.REDIRECT_OFFSITE, f"status {status} leads nowhere")
    # Protections answer with numbers of their own (400, 418, 444, 456): refused, and nothing said of the page.
    return Verdict(Outcome.FORBIDDEN if 400 <= status < 500 else Outcome.SERVER_ERROR, f"status {status}")


def _of_page(received: Received, text: str) -> Verdict:
    visible = _visible(text)
    if (len(visible) <= _FAULT_PAGE_CHARACTERS and not _FILE_LINK.search(text)) or _title_says(text):
        for kind, outcome in _WORDS:
            seen = mark(kind, visible[:3000])
            if seen and (_thin(text) or kind == "soft_404"):
                return Verdict(outcome, f"the page says: {seen[:40]}", text)
    if _led_home(received):
        return Verdict(Outcome.SOFT_404, f"led to the start page {received.final_url}", text)
    if len(received.body) < _STUB_BYTES and len(visible) < 40 and not _shell(text) and not re.search(
            r"<(iframe|frame|datastore|embed|object|img|meta[^<>]+refresh)\b|location\s*[.=]|<a\b", text, re.I):
        if visible:
            # Words we don't know may refuse us as well as tell that nothing is there.
            return Verdict(Outcome.UNKNOWN_SHAPE, f"the page says nothing but: {visible}", text)
        return Verdict(Outcome.SOFT_404, f"a stub of {len(received.body)} bytes", text)
    return Verdict(Outcome.OK, "", text, visible)


def _shell(text: str) -> bool:
    """An empty element with a name beside a script of its own: a page that its script fills."""
    return bool(re.search(r"<script\b[^<>]*\bsrc\s*=", text, re.I)
                and re.search(r"<(div|main|section)\b[^<>]{0,300}\bid\s*=[^<>]{0,300}>\s*</\1>", text, re.I))


def _of_file(text: str) -> Verdict:
    """An attachment that came as a page: a check, or a notice; Word's own HTML under .doc is a document."""
    if not re.match(r"\s*<(!doctype\s+html|html|head|body|script)\b",
                    enclosed.without(text[:2000], enclosed.COMMENT), re.I):
        return Verdict(Outcome.OK)
    if "urn:schemas-microsoft-com" in text[:4000]:
        return Verdict(Outcome.OK)
    if mark("challenge_words", _visible(text)[:3000]) or mark("challenge_script", text[:60_000]):
        return Verdict(Outcome.CHALLENGE, "a check in place of the file", text)
    return Verdict(Outcome.SOFT_404, "a page in place of the file", text)


def _of_words(body: bytes) -> Verdict:
    """A few words or a bit of JSON in place of a file: an interface's way to say that it has none."""
    if len(body) > _WORDS_BYTES or body.startswith(_FILES):
        return Verdict(Outcome.OK)
    text = decode(body).strip()
    if "\ufffd" in text or "\x00" in text:
        return Verdict(Outcome.OK)
    for kind, outcome in _WORDS:
        if seen := mark(kind, text):
            return Verdict(outcome, f"words in place of the file: {seen[:40]}", text)
    if re.match(r"""\{\s*["']?\w+["']?\s*:""", text) and re.search(
            r"""["']?\b(code|status|msg|message|error|success|errcode)["']?\s*:""", text, re.I):
        return Verdict(Outcome.SOFT_404, f"an interface's answer in place of the file: {text[:80]}", text)
    return Verdict(Outcome.OK)


def _textual(received: Received, expect: Expect) -> bool:
    if expect != "file":
        return True
    start = received.body[:512].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return start.startswith((b"<!doctype", b"<html", b"<head", b"<body", b"<script", b"<!--", b"<?xml"))


def _undecodable(text: str) -> bool:
    return bool(text) and text.count("\ufffd") > max(3, _REPLACEMENT_SHARE * len(enclosed.TAG.sub("", text)))


def _led_home(received: Received) -> bool:
    asked, came = urlsplit(received.url), urlsplit(received.final_url)
    return (received.url != received.final_url and re.fullmatch(r"/?((index|default)\.\w+)?", came.path) is not None
            and not came.query and re.fullmatch(r"/?((index|default)\.\w+)?", asked.path) is None)


def _thin(text: str) -> bool:
    """Whether so few links stand on the page that it can be no list and no ordinary page of a portal."""
    links = itertools.islice(re.finditer(r"<a\b[^<>]*href", text, re.I), 5)
    return sum(1 for _ in links) < 5 and "<datastore" not in text


def _visible(text: str) -> str:
    bare = enclosed.without(text, enclosed.SCRIPT, enclosed.STYLE, enclosed.NOSCRIPT, enclosed.COMMENT, put=" ")
    return re.sub(r"\s+", " ", enclosed.TAG.sub(" ", bare).replace("&nbsp;", " ")).strip()


def _title_says(text: str) -> bool:
    title = re.search(r"<title[^<>]*>(.{0,2000}?)</title>", text, re.I | re.S)
    return bool(title and (mark("soft_404", title.group(1)) or re.match(r"\s*404\b", title.group(1))))


def mark(kind: str, text: str) -> str:
    """What of `text` matches a pattern of this kind, empty where nothing does."""
    match = next((found for pattern in _patterns(kind) if (found := pattern.search(text))), None)
    return match.group(0) if match else ""


@functools.cache
def _patterns(kind: str) -> tuple[re.Pattern[str], ...]:
    listed = getattr(load("outcomes.yaml", OutcomeFacts).recognition, kind)
    return tuple(re.compile(pattern, re.I | re.S) for pattern in listed)


def _chain(fault: BaseException | None) -> list[BaseException]:
    """The exception with everything it was raised from or wraps (Twisted keeps reasons in a list)."""
    found: list[BaseException] = []
    waiting = [fault]
    while waiting and len(found) < 20:
        one = waiting.pop()
        if one is None or one in found:
            continue
        found.append(one)
        waiting += [one.__cause__, one.__context__]
        waiting += [getattr(reason, "value", reason) for reason in getattr(one, "reasons", None) or []
                    if isinstance(getattr(reason, "value", reason), BaseException)]
    return found
