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
    (200, "<html><script>document.cookie='C=1; path=/'; location.reload();</script></html>", Outcome.CHALLENGE),
    (200, "<html><script>document.cookie='C=1';window.location.href=window.location.href</script></html>",
     Outcome.CHALLENGE),
    (200, "<html><script>document.cookie='seen=1'; location.href='/nb/list.html'</script></html>", Outcome.OK),
    (403, "<html>您的访问请求可能对网站造成威胁，请求已被Web应用防火墙拦截</html>", Outcome.CHALLENGE),
    (403, "<html>Forbidden</html>", Outcome.FORBIDDEN),
    (401, "", Outcome.FORBIDDEN),
    (404, "<html>404</html>", Outcome.GONE),
    (410, "", Outcome.GONE),
    # Protections with numbers of their own, or behind a 404: the page was not looked at, so it is not gone.
    (404, "<html>您的请求疑似攻击行为，已被网站防火墙拦截</html>", Outcome.CHALLENGE),
    (400, "<html>Bad Request</html>", Outcome.FORBIDDEN), (418, "", Outcome.FORBIDDEN), (444, "", Outcome.FORBIDDEN),
    (456, "<html>stop</html>", Outcome.FORBIDDEN), (408, "", Outcome.TIMEOUT),
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


@pytest.mark.parametrize("said", [
    "抱歉，页面走丢了", "该信息已过期或被删除", "404! 您访问的页面去火星了", "无此信息", "信息不存在",
    "对不起，没有找到您要的页面",    "非常抱歉，您请求的内容不存在", "该稿件已被撤下",
    "您要查看的页面已删除或者更改", "没有该文章", "该栏目已停用",
    "Page Not Found",    "The requested URL was not found on this server.", "HTTP Status 404 – Not Found"])
@pytest.mark.parametrize("around", ["", MENU])
def test_ways_to_say_that_a_page_is_gone(said, around):
    assert outcome(f"<html><body>{around}<div>{said}</div></body></html>") is Outcome.SOFT_404


@pytest.mark.parametrize(("said", "expected"), [
    ("您的IP已被封禁", Outcome.CHALLENGE), ("访问被拒绝 Request blocked", Outcome.CHALLENGE),
    ("您的请求带有不合法参数，已被网站管理员设置拦截！", Outcome.CHALLENGE),
    ("请拖动下方滑块完成拼图", Outcome.CHALLENGE),
    ("为了更好的访问体验，请进行验证，通过后即可继续访问网页", Outcome.CHALLENGE),
    ("请开启JavaScript并刷新该页", Outcome.CHALLENGE),
    ("Sorry, your request has been blocked as it may cause potential threats", Outcome.CHALLENGE),
    ("由于您的访问频率过高，请1分钟后重试", Outcome.RATE_LIMITED), ("系统维护中", Outcome.SERVER_ERROR),
    ("网站升级改造中，暂停服务", Outcome.SERVER_ERROR), ("页面无法访问", Outcome.SERVER_ERROR),
    ("敬请期待", Outcome.UNKNOWN_SHAPE)])
def test_a_page_that_refuses_us_or_is_out_of_order_says_nothing_of_what_is_behind_it(said, expected):
    assert outcome(f"<html><body><div>{said}</div></body></html>") is expected


@pytest.mark.parametrize("said", [
    "2025年共办理申请3件，其中政府信息不存在1件。加强政府网站平台建设，提升公开质量。详见附件。",
    "推进政务公开系统升级，整改错链问题，行政规范性文件不存在应公开未公开情形，本机关没有该信息的予以说明。"])
@pytest.mark.parametrize("around", ["", MENU])
def test_short_reports_that_use_such_words_are_reports(said, around):
    assert outcome(f"<html><body>{around}<h1>示例局2025年政府信息公开工作年度报告</h1><p>{said}</p>"
                   f"<p>{'主动公开政府信息若干条。' * 6}</p></body></html>") is Outcome.OK


def test_a_page_that_carries_a_file_is_no_notice():
    assert outcome(f"<html>{MENU}<p>文件不存在错误，请看：</p><a href='/a/2025.pdf'>全文</a></html>") is Outcome.OK


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
    ("文件不存在或已被删除".encode(), Outcome.SOFT_404), ("文件不存在或已被删除".encode("gbk"), Outcome.SOFT_404),
    ('{"code":404,"msg":"参数错误"}'.encode(), Outcome.SOFT_404),
    ("访问过于频繁，请稍后再试".encode(), Outcome.RATE_LIMITED),
    (b"<script>alert('x');history.back();</script>", Outcome.SOFT_404),
    ("示例市教育局2021年政府信息公开工作年度报告\n一、总体情况\n无。".encode(), Outcome.OK),
    (bytes(range(128, 256)), Outcome.OK),
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
    (TypeError("'NoneType' object is not callable"), Outcome.UNKNOWN_SHAPE), (KeyError("rule"), Outcome.UNKNOWN_SHAPE),
])
def test_failures(fault, expected):
    assert of_failure(fault).outcome is expected
    assert of_failure(fault).reason
