"""Bytes → text for pages, text files and answers of interfaces.

Promises: bytes that are UTF-8 are read so, whatever header and meta claim; else the reading that loses fewest
characters wins. Leaves alone: markup.
"""

from __future__ import annotations

import re

_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([A-Za-z0-9_\-]+)", re.IGNORECASE)
_CONTROL = re.compile(r"[\x80-\x9f]")
"""Signs that UTF-8 was read as a Western encoding."""
_WESTERN = re.compile(r"^(iso-?8859-?\d*|latin-?1|(windows|cp)-?125\d|us-ascii|ascii)$")
"""What servers say of pages whose encoding nobody told them; any bytes can be read so."""
_CHINESE = re.compile(r"[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]")


def decode(data: bytes, declared: str | None = None) -> tuple[str, int]:
    """Text and the number of characters lost. `declared` is a Content-Type value that may name a charset."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = data.decode("utf-16", "replace")
        return text, text.count("\ufffd")
    proposed = []
    named = re.search(r"charset\s*=\s*[\"']?([\w-]+)", declared or "", re.IGNORECASE)
    if named:
        proposed.append(_canonical(named[1]))
    written = _CHARSET.search(data[:8192])
    if written:
        proposed.append(_canonical(written[1].decode("ascii")))
    proposed = [name for name in proposed if not _WESTERN.match(name)]
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        pass
    else:
        # Half of all short Chinese texts in UTF-8 can be read as GBK too, but hardly any in GBK as Chinese in UTF-8.
        marked = data.startswith(b"\xef\xbb\xbf")
        if "gb18030" not in proposed or marked or data.isascii() or _CHINESE.search(text):
            return text, text.count("\ufffd") + len(_CONTROL.findall(text))
    best, lost = "", -1
    for name in dict.fromkeys([*proposed, "utf-8-sig", "gb18030"]):
        try:
            text = data.decode(name, "replace")
        except LookupError:
            continue
        count = text.count("\ufffd") + len(_CONTROL.findall(text))
        if lost < 0 or count < lost:
            best, lost = text, count
        if not count:
            break
    return best, max(lost, 0)


def _canonical(name: str) -> str:
    lowered = name.lower()
    if lowered in ("gb2312", "gbk", "gb_2312-80", "x-gbk", "gb18030"):
        return "gb18030"
    return "utf-8-sig" if lowered in ("utf-8", "utf8") else lowered
