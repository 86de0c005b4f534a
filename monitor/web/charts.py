"""Charts as SVG, written by the server: lines over years, steps over days, bars, stacked bars.

Promises: well-formed, everything inside the viewBox (a share over 100 per cent is drawn at 100), the same text for the
same data; series differ by dash, marker or pattern as well as by colour; a title and a description for who can't see;
colours come from the stylesheet (classes s0 to s6), nothing is styled inline. What is no finite number from 0 on is
left out as a gap. Leaves alone: the table that stands beneath each chart (templates), what is counted (views).
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element, SubElement, tostring

from markupsafe import Markup

from monitor import wording

WIDTH, HEIGHT = 440, 250
_LEFT, _RIGHT, _TOP, _BOTTOM = 46, 426, 16, 222
"""Edges of the plot; what a legend needs is added on top."""
_EM = 12
_MOST = 1e12
_DASHES = ("", "7 4", "2 3", "10 3 2 3", "4 2", "12 4", "1 2")
KINDS = len(_DASHES)
"""So many series can be told apart."""
_UNPRINTABLE = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Series:
    """One line or one part of every bar: a value for each label, None where there is none."""

    name: str
    values: Sequence[float | None]


@dataclass(frozen=True, slots=True)
class Steps:
    """A share that grows: (day from 0 on, per cent from then on), by day; drawn up to the day `end`."""

    name: str
    points: Sequence[tuple[float, float]]
    end: float


class _Drawing:
    """The frame that all charts share: title, legend, the axis of values. `below`: rows of text beneath the labels."""

    def __init__(self, key: str, title: str, described: str, names: Sequence[str], highest: float, unit: str,
                 below: int = 0) -> None:
        self.root = Element("svg", {
            "xmlns": "http://www.w3.org/2000/svg", "class": "chart", "role": "img",
            "aria-labelledby": f"{key}-title {key}-desc"})
        self.key = key
        _say(SubElement(self.root, "title", id=f"{key}-title"), title)
        _say(SubElement(self.root, "desc", id=f"{key}-desc"), described)
        places = list(_legend(names))
        self.top = _TOP + (places[-1][1] + 1) * 20 if places else _TOP
        self.bottom = _BOTTOM + self.top - _TOP
        self.root.set("viewBox", f"0 0 {WIDTH} {HEIGHT + self.top - _TOP + 17 * below}")
        self.legend = places
        self.scale = 100.0 if unit == "%" else _nice(highest)
        for count in range(5):
            value = self.scale * count / 4
            height = self.height(value)
            self.line(_LEFT, height, _RIGHT, height, "grid")
            self.text(_LEFT - 6, height + 4, wording.number(round(value, 6)) + unit, "end")

    def height(self, value: float) -> float:
        return self.bottom - min(value / self.scale, 1.0) * (self.bottom - self.top)

    def line(self, left: float, top: float, right: float, bottom: float, kind: str, dash: str = "") -> None:
        SubElement(self.root, "line", {"x1": _at(left), "y1": _at(top), "x2": _at(right), "y2": _at(bottom),
                                       "class": kind, **({"stroke-dasharray": dash} if dash else {})})

    def text(self, x: float, y: float, text: str, anchor: str = "middle", room: float = 0) -> None:
        told = _say(SubElement(self.root, "text", {"x": _at(x), "y": _at(y), "text-anchor": anchor,
                                                   "font-size": str(_EM), "fill": "currentColor"}), text)
        if room and _long(text) > room:
            told.set("textLength", _at(max(room, _EM)))
            told.set("lengthAdjust", "spacingAndGlyphs")

    def path(self, points: Sequence[tuple[float, float]], number: int) -> None:
        steps = " ".join(f"{'L' if index else 'M'}{_at(x)} {_at(y)}" for index, (x, y) in enumerate(points))
        dash = _DASHES[number % KINDS]
        SubElement(self.root, "path", {"d": steps, "fill": "none", "class": f"s{number % KINDS}", "stroke-width": "2.5",
                                       **({"stroke-dasharray": dash} if dash else {})})

    def mark(self, x: float, y: float, number: int) -> None:
        """The sign of a series: round, square, and so on, as the legend shows it."""
        number %= KINDS
        filled = {"class": f"s{number} f{number}"}
        if number == 0:
            SubElement(self.root, "circle", {"cx": _at(x), "cy": _at(y), "r": "4", **filled})
            return
        corners = ((), ((-4, -4), (4, -4), (4, 4), (-4, 4)), ((0, -5), (5, 4), (-5, 4)),
                   ((0, -5), (5, 0), (0, 5), (-5, 0)), ((0, 5), (5, -4), (-5, -4)),
                   ((-5, -2), (5, -2), (5, 2), (-5, 2)), ((-2, -5), (2, -5), (2, 5), (-2, 5)))[number]
        SubElement(self.root, "polygon", {"points": " ".join(
            f"{_at(x + across)},{_at(y + down)}" for across, down in corners), **filled})

    def box(self, left: float, top: float, width: float, height: float, number: int) -> None:
        number %= KINDS
        SubElement(self.root, "rect", {
            "x": _at(left), "y": _at(top), "width": _at(width), "height": _at(height), "class": f"s{number}" + (
                f" f{number}" if number == 0 else ""), **({"fill": f"url(#{self.key}-p{number})"} if number else {})})

    def patterns(self, count: int) -> None:
        """The fills of the series after the first, which is solid."""
        held = SubElement(self.root, "defs")
        strokes = ("", "M0 6L6 0", "M1 3L2 3", "M0 3L6 3", "M0 0L6 6M0 6L6 0", "M3 0L3 6", "M0 0L6 6")
        for number in range(1, min(count, KINDS)):
            pattern = SubElement(held, "pattern", {"id": f"{self.key}-p{number}", "width": "6", "height": "6",
                                                   "patternUnits": "userSpaceOnUse"})
            SubElement(pattern, "path", {"d": strokes[number], "class": f"s{number}", "stroke-width": "1.6"})

    def labels(self, labels: Sequence[str]) -> None:
        for number, label in enumerate(labels):
            self.text(_across(number, len(labels)), self.bottom + 20, label,
                      room=(_RIGHT - _LEFT) / max(len(labels), 1) - 4)

    def told(self) -> Markup:
        return Markup(tostring(self.root, encoding="unicode"))


# ---------------------------------------------------------------- charts
def lines(key: str, title: str, described: str, labels: Sequence[str], series: Sequence[Series],
          unit: str = "") -> Markup:
    """A line a series over the labels, with a mark at every value; a gap where there is none."""
    drawn = _Drawing(key, title, described, [each.name for each in series] if len(series) > 1 else [],
                     _highest(series), unit)
    drawn.labels(labels)
    _signs(drawn)
    for number, each in enumerate(series):
        run: list[tuple[float, float]] = []
        for place, value in enumerate((*_held(each, len(labels)), None)):
            if value is None:
                if len(run) > 1:
                    drawn.path(run, number)
                for x, y in run:
                    drawn.mark(x, y, number)
                run = []
            else:
                run.append((_across(place, len(labels)), drawn.height(value)))
    return drawn.told()


def steps(key: str, title: str, described: str, days: float, ticks: Sequence[tuple[float, str]],
          series: Sequence[Steps], dues: Sequence[tuple[float, str]] = ()) -> Markup:
    """Shares in per cent that grow over `days` days, with a line upright at every due day, named at its foot."""
    days = max(_plain(days) or 0.0, 1.0)
    dues = sorted((day, label) for day, label in dues if _plain(day) is not None)
    drawn = _Drawing(key, title, described, [each.name for each in series], 100.0, "%", len(dues))

    def along(day: float) -> float:
        return _LEFT + min(max(day, 0.0), days) / days * (_RIGHT - _LEFT)

    for day, label in ticks:
        drawn.line(along(day), drawn.bottom, along(day), drawn.bottom + 4, "grid")
        drawn.text(along(day), drawn.bottom + 20, label)
    for number, (day, label) in enumerate(dues):
        # The earliest stands lowest, so that no line crosses the name of another.
        place, height = along(day), drawn.bottom + 38 + 17 * (len(dues) - 1 - number)
        drawn.line(place, drawn.top, place, height, "due", "3 3")
        right = _long(label) > _RIGHT - place - 8 and place > (_LEFT + _RIGHT) / 2
        drawn.text(place - 5 if right else place + 5, height, label, "end" if right else "start",
                   room=(place - _LEFT if right else _RIGHT - place) - 8)
    _signs(drawn, marks=False)
    for number, each in enumerate(series):
        points = [(day, value) for day, value in each.points if _plain(day) is not None and _plain(value) is not None
                  and day <= each.end]
        path = [(along(0.0), drawn.height(0.0))]
        for day, value in points:
            path += [(along(day), path[-1][1]), (along(day), drawn.height(value))]
        path.append((along(_plain(each.end) or 0.0), path[-1][1]))
        drawn.path(path, number)
    return drawn.told()


def bars(key: str, title: str, described: str, labels: Sequence[str], series: Sequence[Series],
         unit: str = "") -> Markup:
    """Bars side by side for each label."""
    drawn = _Drawing(key, title, described, [each.name for each in series] if len(series) > 1 else [],
                     _highest(series), unit)
    drawn.patterns(len(series))
    _boxes(drawn)
    drawn.labels(labels)
    wide = (_RIGHT - _LEFT) / max(len(labels), 1) * 0.7 / max(len(series), 1)
    for number, each in enumerate(series):
        for place, value in enumerate(_held(each, len(labels))):
            if value is not None:
                left = _across(place, len(labels)) + (number - len(series) / 2) * wide
                top = drawn.height(value)
                drawn.box(left, top, wide, drawn.bottom - top, number)
                if len(series) * len(labels) <= 12:
                    drawn.text(left + wide / 2, top - 4, wording.number(round(value, 6)) + unit)
    return drawn.told()


def stacked(key: str, title: str, described: str, labels: Sequence[str], series: Sequence[Series],
            unit: str = "") -> Markup:
    """One bar for each label, its parts from the bottom up in the order of the series."""
    held = [_held(each, len(labels)) for each in series]
    sums = [sum(values[place] or 0.0 for values in held) for place in range(len(labels))]
    drawn = _Drawing(key, title, described, [each.name for each in series], max([0.0, *sums]), unit)
    drawn.patterns(len(series))
    _boxes(drawn)
    drawn.labels(labels)
    wide = min((_RIGHT - _LEFT) / max(len(labels), 1) * 0.6, 70)
    for place in range(len(labels)):
        below = 0.0
        for number, values in enumerate(held):
            value = values[place] or 0.0
            if value:
                top, bottom = drawn.height(below + value), drawn.height(below)
                drawn.box(_across(place, len(labels)) - wide / 2, top, wide, bottom - top, number)
                below += value
    return drawn.told()


# ---------------------------------------------------------------- parts
def _signs(drawn: _Drawing, marks: bool = True) -> None:
    for number, (x, row, name) in enumerate(drawn.legend):
        height = _TOP + row * 20 - 4
        drawn.path([(x, height), (x + 28, height)], number)
        if marks:
            drawn.mark(x + 14, height, number)
        drawn.text(x + 34, height + 4, name, "start", room=_RIGHT - x - 34)


def _boxes(drawn: _Drawing) -> None:
    for number, (x, row, name) in enumerate(drawn.legend):
        drawn.box(x, _TOP + row * 20 - 10, 24, 12, number)
        drawn.text(x + 34, _TOP + row * 20, name, "start", room=_RIGHT - x - 34)


def _legend(names: Sequence[str]) -> Iterator[tuple[float, int, str]]:
    """Where each name of a legend stands: x, row, the name."""
    x, row = float(_LEFT), 0
    for name in names:
        wide = 34 + min(_long(name), _RIGHT - _LEFT - 34) + 18
        if x > _LEFT and x + wide > _RIGHT + 18:
            x, row = float(_LEFT), row + 1
        yield x, row, name
        x += wide


def _say(element: Element, text: str) -> Element:
    element.text = _UNPRINTABLE.sub("\ufffd", text)
    return element


def _long(text: str) -> float:
    """About how wide a text is drawn."""
    return sum(_EM if unicodedata.east_asian_width(each) in "WF" else _EM * 0.6 for each in text)


def _across(place: int, count: int) -> float:
    return _LEFT + (place + 0.5) / max(count, 1) * (_RIGHT - _LEFT)


def _held(series: Series, count: int) -> list[float | None]:
    found = [_plain(value) for value in series.values[:count]]
    return found + [None] * (count - len(found))


def _plain(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) or not 0 <= value <= _MOST else float(value)


def _highest(series: Sequence[Series]) -> float:
    return max((value for each in series for value in _held(each, len(each.values)) if value is not None), default=0.0)


def _nice(highest: float) -> float:
    """A round number from `highest` on that four steps divide well."""
    return next(step * 10.0 ** power for power in range(13) for step in (4, 8, 10, 12, 16, 20, 28, 32)
                if step * 10.0 ** power >= min(highest, 4 * _MOST) and step * 10 ** power % 4 == 0)


def _at(value: float) -> str:
    return f"{round(value, 1) + 0.0:g}"
