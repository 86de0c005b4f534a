"""A bound on what an answer may send before its body: some portals' servers, and some that mean harm, send on and on.

Promises: an answer whose status line and headers come to more than MOST bytes, or are more than MOST_LINES lines, ends
with a fault of its own and takes no more memory. Leaves alone: bodies (Scrapy's DOWNLOAD_MAXSIZE bounds them).
"""

from __future__ import annotations

from scrapy.core.downloader.handlers import http11
from twisted.web import _newclient

MOST, MOST_LINES = 256 * 1024, 500
"""Browsers end at 256 KiB; a government portal's head is about 1 KiB."""


class BoundedParser(http11._LenientHTTPClientParser):
    """Scrapy's parser of one answer; it counts what comes before the body, interim answers (1xx) included."""

    received = lines = 0

    def lineReceived(self, line: bytes) -> None:  # noqa: N802 – Twisted's name
        self.received += len(line)
        self.lines += 1
        if self.received > MOST or self.lines > MOST_LINES:
            raise _newclient.ParseError(f"more than {MOST} bytes or {MOST_LINES} lines of headers", line[:100])
        super().lineReceived(line)


def bound() -> None:
    """Let every connection of this process be read so; neither Scrapy nor Twisted offers another place to say it."""
    http11._LenientHTTPClientParser = BoundedParser  # type: ignore[misc]
