"""What an answer sends before its body has a bound, however it is sent."""

import pytest
from scrapy.core.downloader.handlers import http11
from twisted.web import _newclient

from crawler import header_bound
from crawler.header_bound import MOST, MOST_LINES, BoundedParser


def parser():
    made = BoundedParser(_newclient.Request(b"GET", b"/", _newclient.Headers({b"host": [b"h"]}), None), lambda _: None)
    made.makeConnection(_newclient.TransportProxyProducer(None))
    return made


HEAD = b"HTTP/1.1 200 OK\r\n"
FLOODS = {"many": HEAD + b"X: 1\r\n" * (MOST_LINES + 1),
          "long": HEAD + (b"X: " + b"a" * 8000 + b"\r\n") * (MOST // 8000 + 1),
          "interim": b"HTTP/1.1 103 Early Hints\r\nX: 1\r\n\r\n" * MOST_LINES}


@pytest.mark.parametrize("kind", FLOODS)
def test_a_flood_of_headers_ends_at_the_bound(kind):
    made, data = parser(), FLOODS[kind]
    with pytest.raises(_newclient.ParseError, match="lines of headers"):
        for place in range(0, len(data), 4096):
            made.dataReceived(data[place:place + 4096])


def test_a_usual_head_passes():
    made = parser()
    made.dataReceived(HEAD + b"X: 1\r\n" * 100)
    assert made.lines == 101


def test_every_connection_of_a_crawl_is_read_so(monkeypatch):
    monkeypatch.setattr(http11, "_LenientHTTPClientParser", object)
    header_bound.bound()
    assert http11._LenientHTTPClientParser is BoundedParser
