"""Changed inputs: from a well-formed seed to what an attacker, a broken server or a torn file makes of it.

Promises: the same seed number gives the same inputs on every machine. Leaves alone: what is done with them.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

WORDS = {
    "numbers": ["0", "9" * 40, "１２", "万", "亿", "千万", "-", "+", ".", "．", ",", "，", "1e999", "一", "十", "〇",
                "年", "月", "日", "20", "13", "32", "\u200b", "\n", "增", "减", "元", "（", "①", "½", "٣", "²"],
    "prose": ["，", "。", "；", "、", "（", "）", "《", "》", "“", "\n", "\u3000", "申请", "件", "其中", "未收到",
              "结转", "2021年", "99999999999999999999", "100%", "万", "一、", "（一）", "第一部分",
              "同比", "\u202e",
              "\ufeff", "0"],
    "markup": ["<", ">", "&", "\"", "'", "<!--", "-->", "<![CDATA[", "]]>", "&#x0;", "&#1114112;", "<table>", "</td>",
               "<td rowspan=99999999 colspan=-1>", "<script>", "</script>", "<base href='http://[::1'>", "{", "}", "[",
               "<!DOCTYPE x [<!ENTITY a \"b\">]>", "&a;", "99999999999999999999", "-1", "0", "\0", "createPageHTML(",
               "<a href=\"http://[/\">", "<a href=\"//:x/\">", "javascript:", "\\", "%", "\u202e", "\r\n", " ", ":",
               "=", "(", ")", ";", ",", "1e999", "NaN", "http://", "data-total=", "/*", "*/", "//"],
    "script": ["{", "}", "[", "]", "\"", "'", "\\", "\\u", "\\ud800", ":", ",", "null", "true", "NaN", "Infinity",
               "1e999", "-", "9" * 400, "0", "\n", "#", "&a", "*a", "!!python/object", "<<", "|", "\0", "=", "[[", "]]",
               "2021", "1.5", "{}", "[]", "\"\"", "/*", "*/", "`", "::", "@", "//", "?", "%"],
    "bytes": ["\0", "\0\0\0\0", "\x7f\x7f\x7f\x7f", "PK\x03\x04", "PK\x05\x06", "A" * 64, "<", "obj", "stream"],
}
_LARGE = [0, 1, 0x7F, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF]


def changed(seeds: Sequence[bytes], words: str, count: int, number: int = 1) -> Iterator[bytes]:
    """`count` inputs made of the seeds. `words` names what may be inserted: a key of WORDS."""
    chance = random.Random(f"{words} {number}")
    tokens = [word.encode() for word in WORDS[words]]
    if words == "bytes":
        tokens += [value.to_bytes(4, "little") for value in _LARGE]
    for _ in range(count):
        data = bytearray(chance.choice(seeds))
        for _ in range(chance.choice((1, 1, 2, 3, 6, 12))):
            _change(data, chance, tokens, seeds)
        yield bytes(data[:65_536])


def _change(data: bytearray, chance: random.Random, tokens: list[bytes], seeds: Sequence[bytes]) -> None:
    at = chance.randrange(len(data) + 1)
    until = min(len(data), at + chance.choice((1, 2, 4, 16, 64, 256)))
    match chance.randrange(8):
        case 0 if data:
            data[chance.randrange(len(data))] = chance.randrange(256)
        case 1:
            del data[at:until]
        case 2:
            data[at:at] = data[at:until] * chance.choice((1, 2, 20))
        case 3:
            del data[at:]
        case 4:
            other = chance.choice(seeds)
            begin = chance.randrange(len(other) + 1)
            data[at:until] = other[begin:begin + 256]
        case 5:
            data[at:until] = chance.choice(tokens)
        case _:
            data[at:at] = chance.choice(tokens)
