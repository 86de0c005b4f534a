"""What answers and failures come to; every outcome has its advice."""

import ssl

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    ResponseDataLossError,
)

from crawler.model import Outcome
from crawler.outcomes import Failure, OutcomeFacts, Received, advice, decode, of_failure, of_response
from extract.configuration import load

URL = "http://www.shili.example/zfxxgknb/"
MENU = "".join(f'<a href="/{number}/">栏目{number}</a>' for number in range(9))


def outcome(body, status=200, expect="page", final=URL, url=URL, headers=None):
    data = body if isinstance(body, bytes) else body.encode()
    return of_response(Received(url, final, status, data, headers or {}), expect).outcome


def test_every_outcome_has_advice_in_both_languages():
    assert set(load("outcomes.yaml", OutcomeFacts).outcomes) == set(Outcome)
    for each in Outcome:
        told = advice(each)
        assert told.zh
        assert told.en
        assert (told.job == "none") == each.supports_absence
        assert told.job_zh
        assert told.mend_en


@pytest.mark.parametrize(("status", "body", "expected"), [
    (412, "<html><script>$_ts=window['$_ts'];if(!$_ts)$_ts={};$_ts.nsd=1</script></html>", Outcome.CHALLENGE),
    (202, "<html><script>$_ts.cd='x'</script></html>", Outcome.CHALLENGE),
    (412, "", Outcome.CHALLENGE),
    (200, "<html><script>$_ts.cd='x'</script></html>", Outcome.CHALLENGE),
    (521, "<script>document.cookie=('_')+('_jsl_clearance')</script>", Outcome.CHALLENGE),
    (521, "<script>document.cookie='__jsl_clearance_s=1'</script>", Outcome.CHALLENGE),
    (200, "<html><title>网站防火墙</title>请输入验证码后继续访问</html>", Outcome.CHALLENGE),
    (200, "<script src='/WZWSREL3p3/wzwschallenge.js'></script>", Outcome.CHALLENGE),
    (403, "<html>您的访问请求可能对网站造成威胁，请求已被Web应用防火墙拦截</html>", Outcome.CHALLENGE),
    (403, "<html>Forbidden</html>", Outcome.FORBIDDEN),
    (401, "", Outcome.FORBIDDEN),
    (404, "<html>404</html>", Outcome.GONE),
    (410, "", Outcome.GONE),
    (429, "", Outcome.RATE_LIMITED),
    (500, "", Outcome.SERVER_ERROR),
    (502, "<html>bad gateway</html>", Outcome.SERVER_ERROR),
    (304, "", Outcome.SERVER_ERROR),
    (200, "<html><body>您访问的页面不存在或已删除！</body></html>", Outcome.SOFT_404),
    (200, f"<html><title>404 Not Found</title>{MENU}<p>页面找不到了</p></html>", Outcome.SOFT_404),
    (200, f"<html>{MENU}<div>对不起，您要查看的文章已被删除</div></html>", Outcome.SOFT_404),
    (200, "<html><head></head><body><div></div></body></html>", Outcome.SOFT_404),
    (200, "", Outcome.SOFT_404),
    (200, "<html><body>访问过于频繁，请稍后再试</body></html>", Outcome.RATE_LIMITED),
    (200, f"<html>{MENU}<ul><li><a href=t1.html>甲县2021年报告</a></li></ul></html>", Outcome.OK),
    (200, "<html><frameset><frame src='list.html'></frameset></html>", Outcome.OK),
    (200, "<html><body><div id='app'></div><script src='/app.js'></script></body></html>", Outcome.OK),
    (200, "<html><body><div></div><script src='/app.js'></script></body></html>", Outcome.SOFT_404),
])
def test_answers(status, body, expected):
    assert outcome(body, status) is expected


def test_a_report_that_speaks_of_captchas_and_missing_pages_is_a_report():
    text = "完善网站验证码登录功能，整改“您访问的页面不存在”等错链问题。" + "主动公开政府信息情况。" * 120
    assert outcome(f"<html>{MENU}<div>{text}</div></html>") is Outcome.OK


def test_led_to_the_start_page_is_soft_404():
    page = f"<html>{MENU}</html>"
    assert outcome(page, url=URL + "t20220101_1.html", final="http://www.shili.example/") is Outcome.SOFT_404
    assert outcome(page, url="http://www.shili.example/", final="http://www.shili.example/index.html") is Outcome.OK
    assert outcome(page, url=URL, final=URL + "index.html") is Outcome.OK


@pytest.mark.parametrize(("body", "expected"), [
    (b"%PDF-1.7 ...", Outcome.OK), (b"PK\x03\x04...", Outcome.OK), (b"\xd0\xcf\x11\xe0...", Outcome.OK),
    (b"<!DOCTYPE html><html><body>gone</body></html>", Outcome.SOFT_404),
    ("<html>请输入验证码</html>".encode(), Outcome.CHALLENGE),
    (b"<html xmlns:o='urn:schemas-microsoft-com:office:office'><body>x</body></html>", Outcome.OK),
    (b"", Outcome.SOFT_404),
])
def test_a_page_in_place_of_an_attachment_is_no_attachment(body, expected):
    assert outcome(body, expect="file") is expected


def test_a_document_in_place_of_a_page_is_taken_as_it_is():
    assert of_response(Received(URL, URL, 200, b"%PDF-1.4 \xff\xfe"), "page").text == ""
    assert outcome(b"%PDF-1.4 \xff\xfe\xff\xfe\xff\xfe") is Outcome.OK


@pytest.mark.parametrize("said", ["text/html; charset=utf-8", "text/html; charset=gbk", "text/html"])
@pytest.mark.parametrize("written", ["utf-8", "gb18030"])
def test_the_header_may_be_wrong_about_the_encoding(said, written):
    text = '<meta http-equiv="Content-Type" content="text/html; charset=gb2312">政府信息公开工作年度报告：示例市教育局'
    assert decode(text.encode(written), said) == text


def test_bytes_of_no_encoding_are_undecodable():
    noise = b"<html><a href=x>" + bytes(range(128, 256)) * 40 + b"</a></html>"
    assert outcome(noise) is Outcome.UNDECODABLE


@given(st.binary(max_size=400), st.sampled_from(["page", "data", "file"]), st.integers(200, 599))
def test_any_bytes_have_an_outcome(body, expect, status):
    assert isinstance(outcome(body, status, expect), Outcome)


def wrapped(inner):
    fault = DownloadFailedError(repr(inner))
    fault.__cause__ = inner
    return fault


@pytest.mark.parametrize(("fault", "expected"), [
    (CannotResolveHostError("x"), Outcome.DNS), (DownloadTimeoutError("x"), Outcome.TIMEOUT),
    (DownloadConnectionRefusedError("x"), Outcome.REFUSED), (DownloadCancelledError("too big"), Outcome.TOO_LARGE),
    (wrapped(ssl.SSLError("certificate has expired")), Outcome.TLS),
    (wrapped(RuntimeError("[('SSL routines', '', 'unsafe legacy renegotiation disabled')]")), Outcome.TLS),
    (ResponseDataLossError("x"), Outcome.SERVER_ERROR), (wrapped(ConnectionResetError("x")), Outcome.SERVER_ERROR),
    (Failure(Outcome.ROBOTS_DENIED, "x"), Outcome.ROBOTS_DENIED),
])
def test_failures(fault, expected):
    assert of_failure(fault).outcome is expected
    assert of_failure(fault).reason
