"""One page as a picture for the phone: PNG, drawn with a Chinese font of the machine.

Promises: the picture says what it is given and nothing else, every line wrapped to its width; where the machine has no
font with Chinese characters there is no picture rather than one of boxes. Leaves alone: what it says (views/brief.py).
"""

from __future__ import annotations

import functools
import io
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PIL import Image, ImageDraw, ImageFont

if TYPE_CHECKING:
    from monitor.web.views.progress import Curve

WIDTH, _EDGE = 1080, 64
_FOLDERS = ("/usr/share/fonts", "/usr/local/share/fonts", "~/.local/share/fonts", "~/.fonts", "/System/Library/Fonts",
            "/Library/Fonts", "C:/Windows/Fonts")
_FONTS = {"NotoSansCJK-Regular.ttc": 2, "NotoSansCJKsc-Regular.otf": 0, "NotoSansSC-Regular.otf": 0,
          "NotoSansSC-Regular.ttf": 0, "SourceHanSansSC-Regular.otf": 0, "SourceHanSansCN-Regular.otf": 0,
          "wqy-microhei.ttc": 0, "wqy-zenhei.ttc": 0, "msyh.ttc": 0, "PingFang.ttc": 0, "simhei.ttf": 0,
          "DroidSansFallbackFull.ttf": 0, "uming.ttc": 0, "simsun.ttc": 0}
"""Fonts that hold Chinese, by file name, with the face to take; the first that is found is used."""
_INK, _QUIET, _LINE, _FIRST, _SECOND = "#1b1f24", "#57606a", "#c9ced6", "#0b57a4", "#a4470b"


@dataclass(frozen=True)
class Page:
    """What stands on the picture from the top down. `numbers`: four (name, value); `lines`: paragraphs."""

    title: str
    note: str
    numbers: Sequence[tuple[str, str]]
    curves: Sequence[Curve]
    legend: Sequence[str]
    lines: Sequence[str]
    foot: str


@functools.cache
def font_file() -> tuple[str, int] | None:
    """A font of this machine that holds Chinese, with its face; None where there is none."""
    found: dict[str, str] = {}
    for folder in _FOLDERS:
        for _, _, names in os.walk(Path(folder).expanduser()):
            found |= {name: "" for name in names if name in _FONTS and name not in found}
    for folder in _FOLDERS:
        for place, _, names in os.walk(Path(folder).expanduser()):
            for name in names:
                if found.get(name) == "":
                    found[name] = str(Path(place) / name)
    for name, face in _FONTS.items():
        if name in found:
            return found[name], face
    return None


def drawn(page: Page) -> bytes | None:
    """The page as PNG; None where no font can write it."""
    file = font_file()
    if file is None:
        return None
    large, middle, plain, small = (ImageFont.truetype(file[0], size, index=file[1]) for size in (50, 60, 34, 27))
    texts = [(wrapped(line, plain, WIDTH - 2 * _EDGE), plain) for line in page.lines]
    titles, foot = wrapped(page.title, large, WIDTH - 2 * _EDGE), wrapped(page.foot, small, WIDTH - 2 * _EDGE)
    height = (_EDGE + 66 * len(titles) + 70 + 300 + (380 if page.curves else 0)
              + sum(48 * len(lines) + 16 for lines, _ in texts) + 30 + 38 * len(foot) + _EDGE)
    picture = Image.new("RGB", (WIDTH, height), "#ffffff")
    draw = ImageDraw.Draw(picture)
    top = _written(draw, titles, large, _EDGE, 66, _INK)
    top = _written(draw, [page.note], small, top + 8, 62, _QUIET)
    for number, (name, value) in enumerate(page.numbers):
        left, down = _EDGE + number % 2 * (WIDTH - 2 * _EDGE) // 2, top + number // 2 * 140
        draw.text((left, down), value, font=middle, fill=_INK)
        draw.text((left, down + 76), name, font=small, fill=_QUIET)
    top += 300
    if page.curves:
        _curves(draw, page, small, top)
        top += 380
    for lines, font in texts:
        top = _written(draw, lines, font, top, 48, _INK) + 16
    draw.line((_EDGE, top + 8, WIDTH - _EDGE, top + 8), fill=_LINE, width=2)
    _written(draw, foot, small, top + 30, 38, _QUIET)
    stream = io.BytesIO()
    picture.save(stream, "PNG")
    return stream.getvalue()


def wrapped(text: str, font: Any, width: int) -> list[str]:
    """A text in lines no wider than `width`, broken between any two characters but within no number."""
    lines, line = [], ""
    for piece in _pieces(text):
        if line and font.getlength(line + piece) > width:
            lines.append(line)
            line = piece.lstrip()
        else:
            line += piece
    return [*lines, line] if line else lines


def _pieces(text: str) -> Iterable[str]:
    """Characters, with runs of ASCII kept together up to a blank."""
    run = ""
    for each in text:
        if each.isascii() and each.isprintable() and each != " " and len(run) < 40:
            run += each
            continue
        if run:
            yield run
        run = each if each.isascii() and each.isprintable() and each != " " else ""
        if not run:
            yield each if each.isprintable() else " "
    if run:
        yield run


def _written(draw: Any, lines: Sequence[str], font: Any, top: int, step: int, colour: str) -> int:
    for line in lines:
        draw.text((_EDGE, top), line, font=font, fill=colour)
        top += step
    return top


def _curves(draw: Any, page: Page, font: Any, top: int) -> None:
    left, right, base, roof = _EDGE + 90, WIDTH - _EDGE, top + 290, top + 50
    for share in (0, 50, 100):
        height = base - share / 100 * (base - roof)
        draw.line((left, height, right, height), fill=_LINE, width=2)
        draw.text((left - 12, height), f"{share}%", font=font, fill=_QUIET, anchor="rm")
    for month in (1, 2, 3, 4):
        draw.text((left + (date(2024, month, 1).toordinal() - date(2024, 1, 1).toordinal()) / 120 * (right - left),
                   base + 10), f"{month}-1", font=font, fill=_QUIET, anchor="ma")
    for number, curve in reversed(list(enumerate(page.curves))):
        points = [(float(left), float(base))]
        for day in range(121):
            moment = date.fromordinal(date(curve.year + 1, 1, 1).toordinal() + day)
            reached = curve.share(curve.by(moment))
            if reached is None:
                break
            along = left + day / 120 * (right - left)
            points += [(along, points[-1][1]), (along, base - min(reached, 100) / 100 * (base - roof))]
        draw.line(points, fill=(_FIRST, _SECOND)[number % 2], width=7 if number == 0 else 3)
        along = left + 20 + 320 * number
        draw.line((along, top + 14, along + 60, top + 14), fill=(_FIRST, _SECOND)[number % 2],
                  width=7 if number == 0 else 3)
        draw.text((along + 72, top + 14), page.legend[number], font=font, fill=_INK, anchor="lm")
