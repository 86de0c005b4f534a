"""Where pages lead by themselves."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.navigation import sent_to


@pytest.mark.parametrize(("body", "target"), [
    ("<meta http-equiv='refresh' content='0;url=list.html'>", "list.html"),
    ("<script>window.location.href='/nb/list.html'</script>", "/nb/list.html"),
    ("<script>location.replace(\"a.html\")</script>", "a.html"),
    ("<script>setTimeout(\"location='b.html'\", 9)</script>", "b.html"),
    ("<script>function go() { location.href = 'c.html'; } go();</script>", "c.html"),
    ("<body onload='go()'><script>function go() { location.href = 'c.html'; }</script>", "c.html"),
    ("<iframe src='a.pdf'></iframe><button onclick=\"location.href='/'\">返回首页</button>", ""),
    ("<script>function back() { location.href = '/'; }</script><button onclick='back()'>返回</button>", ""),
    ("<noscript><meta http-equiv='refresh' content='0;url=/nojs.html'></noscript><p>正文</p>", ""),
    ("<!-- <meta http-equiv='refresh' content='0;url=/old.html'> --><p>正文</p>", ""),
    ("<meta http-equiv='refresh' content='300'>", ""),
    ("<script>location.href='/x'</script>" + "<a href=1>a</a>" * 5, ""),
    ("", "")])
def test_where_a_signpost_of_a_page_sends_its_visitor(body, target):
    assert sent_to(f"<html>{body}</html>" if body else "") == target


@given(st.text(max_size=300))
def test_any_page_is_survived(text):
    sent_to(text)
    sent_to(f"<script>function f() {{ {text} location.href='a' }}</script>")
