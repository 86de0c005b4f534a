"""Pages come as text whatever their headers claim."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extract.decoding import decode

PAGE = "<html><title>青石县水务局年报</title>政府公开信息</html>"
CLAIMS = ["", "text/html", "text/html; charset=utf-8", "text/html; charset=GBK", "text/html;charset=gb2312",
          "text/html; charset=ISO-8859-1", "application/json; charset=windows-1252", "text/html; charset=none-such"]


@pytest.mark.parametrize("claim", CLAIMS)
@pytest.mark.parametrize("written", ["utf-8", "gb18030", "utf-8-sig"])
@pytest.mark.parametrize("text", [
    PAGE, f'<meta charset="gb2312">{PAGE}', f'<meta charset="utf-8">{PAGE}', "公开", "plain"])
def test_neither_header_nor_meta_makes_garbage_of_a_page(text: str, written: str, claim: str) -> None:
    if text == "公开" and written == "gb18030" and "gb" not in claim.lower():
        return  # two characters alone may be either
    assert decode(text.encode(written), claim) == (text, 0)


def test_a_declared_encoding_of_another_kind_is_believed_where_it_fits() -> None:
    assert decode("政府資訊公開".encode("big5"), "text/html; charset=big5") == ("政府資訊公開", 0)
    assert decode("年报".encode("utf-16")) == ("年报", 0)


def test_a_short_text_in_gbk_that_utf_8_could_be_is_read_as_declared() -> None:
    data = "聯通".encode("gbk")
    assert decode(data, "text/html; charset=gbk") == ("聯通", 0)


@given(st.binary(max_size=200), st.sampled_from(CLAIMS))
def test_any_bytes_come_as_text(data: bytes, claim: str) -> None:
    text, lost = decode(data, claim)
    assert 0 <= lost <= len(text)
