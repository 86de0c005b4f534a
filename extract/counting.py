"""Numbers as an office program prints them before a paragraph: 一、 (一) 1. ① a. IV.

Promises a text for every number and form; plain digits for a form it doesn't know. Leaves alone: counting itself.
"""

from __future__ import annotations

_DIGITS = "〇一二三四五六七八九"
_FORMAL = "零壹贰叁肆伍陆柒捌玖"


def as_printed(number: int, form: str) -> str:
    """`number` in the form that WordprocessingML names `form` (w:numFmt)."""
    lowered = form.lower()
    if lowered in ("decimalenclosedcircle", "decimalenclosedcirclechinese"):
        return chr(0x2460 + number - 1) if 1 <= number <= 20 else str(number)
    if "legal" in lowered:
        return _chinese(number, _FORMAL, "拾佰仟")
    if any(word in lowered for word in ("chinese", "taiwanese", "japanesecounting", "ideographdigital",
                                        "koreandigital")):
        return _chinese(number, _DIGITS, "十百千")
    if lowered in ("upperletter", "lowerletter"):
        letter = chr(ord("A") + (number - 1) % 26) * ((number - 1) // 26 + 1) if 0 < number < 200 else str(number)
        return letter if lowered == "upperletter" else letter.lower()
    if lowered in ("upperroman", "lowerroman"):
        roman = _roman(number)
        return roman if lowered == "upperroman" else roman.lower()
    if lowered == "decimalfullwidth":
        return str(number).translate({ord("0") + digit: 0xFF10 + digit for digit in range(10)})
    return f"{number:02d}" if lowered == "decimalzero" else str(number)


def _chinese(number: int, digits: str, units: str) -> str:
    """Counting numerals up to 9999: 十, 十一, 二十, 一百零一."""
    if not 0 < number < 10000:
        return str(number)
    text, gap = "", False
    for power in (3, 2, 1, 0):
        digit = number // 10 ** power % 10
        if digit == 0:
            gap = bool(text)
            continue
        text += ("零" if gap else "") + digits[digit] + (units[power - 1] if power else "")
        gap = False
    ten = digits[1] + units[0]
    return text[1:] if text.startswith(ten) else text


def _roman(number: int) -> str:
    if not 0 < number < 4000:
        return str(number)
    made = ""
    for value, sign in ((1000, "M"), (900, "CM"), (500, "D"), (400, "CD"), (100, "C"), (90, "XC"), (50, "L"),
                        (40, "XL"), (10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I")):
        made, number = made + sign * (number // value), number % value
    return made
